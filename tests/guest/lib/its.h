/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * LPIs and the ITS of the machine: a driver for the tests, thin and explicit. IHI 0069, chapters 5 and 12.18.
 */
#ifndef GUEST_ITS_H
#define GUEST_ITS_H

#include "guest.h"
#include "its_regs.h"

#define GITS_BASE 0x08080000ul
#define MSIGEN    0x0b000000ul /* "vgic run" only: signals any message */

#define LPI_BASE   8192u
#define NR_LPIS    4096u /* that are counted */
#define LPI_PRIO   0xa0u
#define ICID(cpu)  (cpu) /* its_setup() maps a collection to each CPU */
#define ITT(n)     (0x44800000ul + (n)*0x100000ul)
#define PROP_TABLE 0x44000000ul
#define PEND_TABLE 0x44100000ul /* 64 KiB each */

#define DEVICE_TABLE     0x44400000ul /* 512 KiB: 2^16 devices of 8 bytes */
#define COLLECTION_TABLE 0x44500000ul /* 64 KiB */
#define QUEUE            0x44600000ul
#define QUEUE_SIZE       0x10000u
#define SCRATCH          0x46000000ul /* 32 MiB that are a program's own */

/* How often each LPI has been taken, by CPU. */
extern volatile u32 lpi_count[4][NR_LPIS];

/* There is an ITS (its_setup() may be called), and the generator. */
bool its_present(void);
bool msigen_present(void);

/* In each case: hooks that count, groups on; the first time also tables, queue, LPIs on all CPUs (at most 4),
 * collections. */
void its_setup(void);

/* For a program that has taken tables or queue apart: all off, all memory clean, then as its_setup() leaves it. */
void its_reset(void);
void its_off(void); /* returns when quiescent */
void its_on(void);
/* While off: another queue, empty; another table, what it described is not mapped any more. */
void its_queue(uintptr_t base, u32 size);
void its_table(u32 n, u64 baser);
/* LPIs of a CPU; return when the change has its effect. */
void lpis_off(u32 cpu);
void lpis_on(u32 cpu, bool zero); /* zero: so is the pending table (PTZ) */

/* A command put in the queue; all that were put are run, and ended. its_tail(): the offset of the next. */
void its_post(u64 w0, u64 w1, u64 w2, u64 w3);
bool its_run(void);
u32 its_tail(void);
/* One command, and its end; false: CREADR did not follow. */
bool its_cmd(u64 w0, u64 w1, u64 w2, u64 w3);
void its_mapd(u32 device, u32 event_bits, bool valid);
void its_mapc(u32 icid, u32 cpu, bool valid);
void its_mapti(u32 device, u32 event, u32 intid, u32 icid);
void its_movi(u32 device, u32 event, u32 icid);
void its_event(u32 code, u32 device, u32 event); /* INT, CLEAR, INV, DISCARD */
void its_movall(u32 from, u32 to);
void its_sync(u32 cpu);
/* A byte of the configuration table; nothing notices before INV. */
void lpi_config(u32 intid, u8 byte);
u32 lpi_total(u32 intid);
bool lpi_expect(u32 cpu, u32 intid, u32 n, const char *when); /* n times by this CPU, in all; by no other */
void lpi_forget(void);                                        /* all counts are 0 */

/* After whatever was done, everything works: a mapped event reaches each CPU. Uses device 15. */
bool its_works(const char *when);

static inline uintptr_t lpi_pend_byte(u32 cpu, u32 intid)
{
	return PEND_TABLE + cpu * 0x10000ul + intid / 8;
}

static inline u64 gits_read(u32 off)
{
	return read64(GITS_BASE + off);
}

static inline void gits_write(u32 off, u64 val)
{
	write64(GITS_BASE + off, val);
}

static inline void msigen(u32 device, u32 event)
{
	write64(MSIGEN, (u64)event << 32 | device);
}

#endif
