/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * LPIs and the ITS of the machine: a driver for the tests, thin and explicit. IHI 0069, chapters 5 and 12.18.
 */
#ifndef GUEST_ITS_H
#define GUEST_ITS_H

#include "guest.h"

#define GITS_BASE 0x08080000ul
#define MSIGEN    0x0b000000ul /* "vgic run" only: signals any message */

#define GITS_CTLR    0x0000u
#define GITS_TYPER   0x0008u
#define GITS_CBASER  0x0080u
#define GITS_CWRITER 0x0088u
#define GITS_CREADR  0x0090u
#define GITS_BASER   0x0100u

#define LPI_BASE   8192u
#define NR_LPIS    2048u /* that are counted */
#define LPI_PRIO   0xa0u
#define ICID(cpu)  (cpu) /* its_setup() maps a collection to each CPU */
#define ITT(n)     (0x44800000ul + (n)*0x100000ul)
#define PROP_TABLE 0x44000000ul
#define PEND_TABLE 0x44100000ul /* 64 KiB each */

/* Commands. */
#define CMD_MOVI    0x01u
#define CMD_INT     0x03u
#define CMD_CLEAR   0x04u
#define CMD_SYNC    0x05u
#define CMD_MAPD    0x08u
#define CMD_MAPC    0x09u
#define CMD_MAPTI   0x0au
#define CMD_MAPI    0x0bu
#define CMD_INV     0x0cu
#define CMD_INVALL  0x0du
#define CMD_MOVALL  0x0eu
#define CMD_DISCARD 0x0fu

/* How often each LPI has been taken, by CPU. */
extern volatile u32 lpi_count[4][NR_LPIS];

/* There is an ITS (its_setup() may be called), and the generator. */
bool its_present(void);
bool msigen_present(void);

/* In each case: hooks that count, groups on; the first time also tables, queue, LPIs on all CPUs (at most 4),
 * collections. */
void its_setup(void);

/* One command, and its end; false: CREADR did not follow. */
bool its_cmd(u64 w0, u64 w1, u64 w2, u64 w3);
void its_mapd(u32 device, u32 event_bits, bool valid);
void its_mapc(u32 icid, u32 cpu, bool valid);
void its_mapti(u32 device, u32 event, u32 intid, u32 icid);
void its_movi(u32 device, u32 event, u32 icid);
void its_event(u32 code, u32 device, u32 event); /* INT, CLEAR, INV, DISCARD */
void its_movall(u32 from, u32 to);
void its_sync(u32 cpu);
/* MAPI, or MAPTI with anything. */
static inline u64 its_word0(u32 code, u32 device)
{
	return (u64)device << 32 | code;
}

/* A byte of the configuration table; nothing notices before INV. */
void lpi_config(u32 intid, u8 byte);
u32 lpi_total(u32 intid);
bool lpi_expect(u32 cpu, u32 intid, u32 n, const char *when); /* n times by this CPU, in all; by no other */
void lpi_forget(void);                                        /* all counts are 0 */

static inline void msigen(u32 device, u32 event)
{
	write64(MSIGEN, (u64)event << 32 | device);
}

#endif
