/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * LPIs and the ITS: tables at fixed places of RAM, well above the program.
 */
#include "its.h"

volatile u32 lpi_count[4][NR_LPIS];
static uintptr_t queue;
static u32 queue_size;
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

void lpis_off(u32 cpu)
{
	write32(cpus[cpu].rd + GICR_CTLR, read32(cpus[cpu].rd + GICR_CTLR) & ~GICR_CTLR_LPIS);
	gicr_wait_rwp(cpu);
}

void lpis_on(u32 cpu, bool zeroed)
{
	write64(cpus[cpu].rd + GICR_PENDBASER, (PEND_TABLE + cpu * 0x10000) | (zeroed ? GICR_PENDBASER_PTZ : 0));
	write32(cpus[cpu].rd + GICR_CTLR, read32(cpus[cpu].rd + GICR_CTLR) | GICR_CTLR_LPIS);
	gicr_wait_rwp(cpu);
}

void its_off(void)
{
	write32(GITS_BASE + GITS_CTLR, 0);
	CHECK(WAIT(read32(GITS_BASE + GITS_CTLR) & GITS_CTLR_Quiescent), "GITS_CTLR.Quiescent stays 0");
}

void its_on(void)
{
	write32(GITS_BASE + GITS_CTLR, 1);
}

void its_queue(uintptr_t base, u32 size)
{
	queue = base;
	queue_size = size;
	tail = 0;
	gits_write(GITS_CBASER, ITS_VALID | base | (size / 4096 - 1));
	gits_write(GITS_CWRITER, 0);
}

/* Invalid in between: a table that is written again as it was may keep its contents. */
void its_table(u32 n, u64 baser)
{
	gits_write(GITS_BASER + n * 8, 0);
	WAIT(read32(GITS_BASE + GITS_CTLR) & GITS_CTLR_Quiescent);
	gits_write(GITS_BASER + n * 8, baser);
}

static void tables(void)
{
	for (u32 i = 0; i < 0x10000; i += 8)
		write64(PROP_TABLE + i, 0x0101010101010101ull * (LPI_PRIO | 1));
	zero(DEVICE_TABLE, 0x80000);
	zero(COLLECTION_TABLE, 0x10000);
	for (u32 i = 0; i < nr_cpus; i++) {
		zero(PEND_TABLE + i * 0x10000, 0x10000);
		write64(cpus[i].rd + GICR_PROPBASER, PROP_TABLE | 15);
		lpis_on(i, true);
	}
	its_table(0, ITS_VALID | DEVICE_TABLE | 2u << 8 | 7);
	its_table(1, ITS_VALID | COLLECTION_TABLE | 2u << 8);
	its_queue(QUEUE, QUEUE_SIZE);
	its_on();
	for (u32 i = 0; i < nr_cpus; i++)
		its_mapc(ICID(i), i, true);
}

static void its_hooks(void)
{
	for (u32 i = 0; i < nr_cpus; i++) {
		cpus[i].hook = hook;
		run_on(i, job_enable, 0);
	}
	gicd_write(GICD_CTLR, gicd_read(GICD_CTLR) | 2);
}

void its_setup(void)
{
	static bool done;

	its_hooks();
	if (!done)
		tables();
	done = true;
}

void its_reset(void)
{
	its_hooks();
	its_off();
	for (u32 i = 0; i < nr_cpus; i++)
		lpis_off(i);
	tables();
	settle();
	lpi_forget();
}

bool its_works(const char *when)
{
	bool ok = true;

	its_mapd(15, 5, true);
	for (u32 i = 0; i < nr_cpus; i++) {
		u32 intid = LPI_BASE + 2000 + i, before = lpi_count[i][intid - LPI_BASE];

		its_mapti(15, i, intid, ICID(i));
		its_event(CMD_INT, 15, i);
		WAIT(lpi_count[i][intid - LPI_BASE] == before + 1);
		ok &= CHECK_EQ(lpi_count[i][intid - LPI_BASE], before + 1, "%s: an event for CPU %u", when, i);
	}
	its_mapd(15, 5, false);
	return ok;
}

void its_post(u64 w0, u64 w1, u64 w2, u64 w3)
{
	write64(queue + tail, w0);
	write64(queue + tail + 8, w1);
	write64(queue + tail + 16, w2);
	write64(queue + tail + 24, w3);
	tail = (tail + 32) % queue_size;
}

u32 its_tail(void)
{
	return tail;
}

bool its_run(void)
{
	dsb();
	gits_write(GITS_CWRITER, tail);
	return CHECK(WAIT(gits_read(GITS_CREADR) == tail), "CREADR 0x%lx does not reach CWRITER 0x%x",
	             gits_read(GITS_CREADR), tail);
}

bool its_cmd(u64 w0, u64 w1, u64 w2, u64 w3)
{
	its_post(w0, w1, w2, w3);
	return its_run();
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
