/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * LPIs and the ITS: tables at fixed places of RAM, well above the program.
 */
#include "its.h"

#define DEVICE_TABLE     0x44400000ul /* 512 KiB: 2^16 devices of 8 bytes */
#define COLLECTION_TABLE 0x44500000ul
#define QUEUE            0x44600000ul
#define QUEUE_SIZE       0x10000u

#define GICR_CTLR     0x0000u
#define GICR_PROPBASE 0x0070u
#define GICR_PENDBASE 0x0078u

volatile u32 lpi_count[4][NR_LPIS];
static u32 tail;

static bool hook(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid - LPI_BASE < NR_LPIS && c->id < 4)
		lpi_count[c->id][intid - LPI_BASE]++;
	return false;
}

bool its_present(void)
{
	return gicd_read(GICD_TYPER) >> 17 & 1;
}

bool msigen_present(void)
{
	bool there = false;

	/* Another machine has no such page: the access faults, or reads as something else. */
	if (FAULTS(write32(MSIGEN, 0x5a5a)))
		return false;
	if (!FAULTS(there = read32(MSIGEN) == 0x5a5a))
		return there;
	return false;
}

static void zero(uintptr_t from, u32 size)
{
	for (u32 i = 0; i < size; i += 8)
		write64(from + i, 0);
}

static u64 job_enable(u64 unused)
{
	(void)unused;
	icc_set_pmr(0xf8);
	icc_set_igrpen1(1);
	return 0;
}

static void tables(void)
{
	for (u32 i = 0; i < 0x10000; i += 8)
		write64(PROP_TABLE + i, 0x0101010101010101ull * (LPI_PRIO | 1));
	zero(DEVICE_TABLE, 0x80000);
	zero(COLLECTION_TABLE, 0x10000);
	for (u32 i = 0; i < nr_cpus; i++) {
		zero(PEND_TABLE + i * 0x10000, 0x10000);
		write64(cpus[i].rd + GICR_PROPBASE, PROP_TABLE | 15);
		write64(cpus[i].rd + GICR_PENDBASE, (PEND_TABLE + i * 0x10000) | 1ull << 62);
		write32(cpus[i].rd + GICR_CTLR, 1);
	}
	write64(GITS_BASE + GITS_BASER, 1ull << 63 | DEVICE_TABLE | 2u << 8 | 7);
	write64(GITS_BASE + GITS_BASER + 8, 1ull << 63 | COLLECTION_TABLE | 2u << 8);
	write64(GITS_BASE + GITS_CBASER, 1ull << 63 | QUEUE | (QUEUE_SIZE / 4096 - 1));
	write64(GITS_BASE + GITS_CWRITER, 0);
	write32(GITS_BASE + GITS_CTLR, 1);
	for (u32 i = 0; i < nr_cpus; i++)
		its_mapc(ICID(i), i, true);
}

void its_setup(void)
{
	static bool done;

	for (u32 i = 0; i < nr_cpus; i++) {
		cpus[i].hook = hook;
		run_on(i, job_enable, 0);
	}
	gicd_write(GICD_CTLR, gicd_read(GICD_CTLR) | 2);
	if (!done)
		tables();
	done = true;
}

bool its_cmd(u64 w0, u64 w1, u64 w2, u64 w3)
{
	write64(QUEUE + tail, w0);
	write64(QUEUE + tail + 8, w1);
	write64(QUEUE + tail + 16, w2);
	write64(QUEUE + tail + 24, w3);
	dsb();
	tail = (tail + 32) % QUEUE_SIZE;
	write64(GITS_BASE + GITS_CWRITER, tail);
	return CHECK(WAIT(read64(GITS_BASE + GITS_CREADR) == tail), "CREADR 0x%lx does not reach CWRITER 0x%x",
	             read64(GITS_BASE + GITS_CREADR), tail);
}

void its_mapd(u32 device, u32 event_bits, bool valid)
{
	its_cmd(its_word0(CMD_MAPD, device), event_bits - 1, (u64)valid << 63 | ITT(device % 16), 0);
}

void its_mapc(u32 icid, u32 cpu, bool valid)
{
	its_cmd(CMD_MAPC, 0, (u64)valid << 63 | (u64)cpu << 16 | icid, 0);
}

void its_mapti(u32 device, u32 event, u32 intid, u32 icid)
{
	its_cmd(its_word0(CMD_MAPTI, device), (u64)intid << 32 | event, icid, 0);
}

void its_movi(u32 device, u32 event, u32 icid)
{
	its_cmd(its_word0(CMD_MOVI, device), event, icid, 0);
}

void its_event(u32 code, u32 device, u32 event)
{
	its_cmd(its_word0(code, device), event, 0, 0);
}

void its_movall(u32 from, u32 to)
{
	its_cmd(CMD_MOVALL, 0, (u64)from << 16, (u64)to << 16);
}

void its_sync(u32 cpu)
{
	its_cmd(CMD_SYNC, 0, (u64)cpu << 16, 0);
}

void lpi_config(u32 intid, u8 byte)
{
	write8(PROP_TABLE + intid - LPI_BASE, byte);
	dsb();
}

u32 lpi_total(u32 intid)
{
	u32 sum = 0;

	for (u32 i = 0; i < 4; i++)
		sum += lpi_count[i][intid - LPI_BASE];
	return sum;
}

bool lpi_expect(u32 cpu, u32 intid, u32 n, const char *when)
{
	WAIT(lpi_count[cpu][intid - LPI_BASE] >= n);
	settle();
	return CHECK(lpi_count[cpu][intid - LPI_BASE] == n && lpi_total(intid) == n,
	             "%s: LPI %u taken %u times by CPU %u, %u in all; expected %u", when, intid,
	             lpi_count[cpu][intid - LPI_BASE], cpu, lpi_total(intid), n);
}

void lpi_forget(void)
{
	for (u32 i = 0; i < 4; i++)
		for (u32 k = 0; k < NR_LPIS; k++)
			lpi_count[i][k] = 0;
}
