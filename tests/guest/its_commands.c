/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Each ITS command: what it does, and that it does nothing but be skipped when it is wrong (IHI 0069, 5.3).
 */
#include "its.h"

const char guest_name[] = "its_commands";

#define DEV 3u

static u32 other; /* another CPU, or the only one */

static void begin(const char *name)
{
	case_begin(name);
	its_setup();
	lpi_forget();
	its_mapd(DEV, 5, false);
	its_mapd(DEV, 5, true);
}

static void int_delivers(void)
{
	begin("MAPD MAPTI MAPI INT");
	for (u32 i = 0; i < 32; i++)
		its_mapti(DEV, i, LPI_BASE + 100 + i, ICID(i % nr_cpus));
	for (u32 round = 1; round <= 3; round++)
		for (u32 i = 0; i < 32; i++) {
			its_event(CMD_INT, DEV, i);
			if (!lpi_expect(i % nr_cpus, LPI_BASE + 100 + i, round, "INT"))
				return;
		}
	/* MAPI: EventID and INTID are one; it needs more bits of EventID. */
	its_mapd(DEV + 1, 14, true);
	its_cmd(its_word0(CMD_MAPI, DEV + 1), LPI_BASE + 7, ICID(other), 0);
	its_event(CMD_INT, DEV + 1, LPI_BASE + 7);
	lpi_expect(other, LPI_BASE + 7, 1, "MAPI");
	its_mapd(DEV + 1, 14, false);
	its_event(CMD_INT, DEV + 1, LPI_BASE + 7);
	lpi_expect(other, LPI_BASE + 7, 1, "after MAPD with V = 0");
}

static void movi_moves(void)
{
	begin("MOVI MOVALL SYNC");
	if (!need_cpus(2))
		return;
	its_mapti(DEV, 0, LPI_BASE + 1, ICID(1));
	for (u32 i = 0; i < 10; i++) {
		its_movi(DEV, 0, ICID(i % nr_cpus));
		its_sync(i % nr_cpus);
		its_event(CMD_INT, DEV, 0);
		lpi_expect(i % nr_cpus, LPI_BASE + 1, 1, "after MOVI");
		lpi_forget();
	}
	/* What is pending goes with it: CPU 1 looks away meanwhile. */
	its_movi(DEV, 0, ICID(1));
	run_on(1, job_mask, 0);
	its_event(CMD_INT, DEV, 0);
	its_movi(DEV, 0, ICID(0));
	its_sync(1);
	run_on(1, job_unmask, 0);
	lpi_expect(0, LPI_BASE + 1, 1, "pending while MOVI");
	lpi_forget();
	/* MOVALL moves what is pending; the collection stays (R8). */
	its_movi(DEV, 0, ICID(1));
	run_on(1, job_mask, 0);
	its_event(CMD_INT, DEV, 0);
	its_movall(1, 0);
	run_on(1, job_unmask, 0);
	lpi_expect(0, LPI_BASE + 1, 1, "pending while MOVALL");
	lpi_forget();
	its_event(CMD_INT, DEV, 0);
	lpi_expect(1, LPI_BASE + 1, 1, "after MOVALL");
}

static void clear_and_discard(void)
{
	begin("CLEAR DISCARD");
	its_mapti(DEV, 0, LPI_BASE + 1, ICID(other));
	for (u32 i = 0; i < 2; i++) {
		run_on(other, job_mask, 0);
		its_event(CMD_INT, DEV, 0);
		CHECK_EQ(run_on(other, job_hppir1, 0), LPI_BASE + 1, "pending");
		its_event(i ? CMD_DISCARD : CMD_CLEAR, DEV, 0);
		its_sync(other);
		CHECK_EQ(run_on(other, job_hppir1, 0), INTID_SPURIOUS, "after %s", i ? "DISCARD" : "CLEAR");
		run_on(other, job_unmask, 0);
		lpi_expect(other, LPI_BASE + 1, 0, i ? "DISCARD" : "CLEAR");
	}
	its_event(CMD_INT, DEV, 0);
	lpi_expect(other, LPI_BASE + 1, 0, "INT after DISCARD");
	/* The INTID can be mapped again, to another event. */
	its_mapti(DEV, 9, LPI_BASE + 1, ICID(0));
	its_event(CMD_INT, DEV, 9);
	lpi_expect(0, LPI_BASE + 1, 1, "mapped again");
}

static void inv_rereads(void)
{
	begin("INV INVALL");
	its_mapti(DEV, 0, LPI_BASE + 1, ICID(other));
	its_mapti(DEV, 1, LPI_BASE + 2, ICID(other));
	lpi_config(LPI_BASE + 1, LPI_PRIO);
	its_event(CMD_INV, DEV, 0);
	its_event(CMD_INT, DEV, 0);
	lpi_expect(other, LPI_BASE + 1, 0, "disabled");
	lpi_config(LPI_BASE + 1, LPI_PRIO | 1);
	its_event(CMD_INV, DEV, 0);
	lpi_expect(other, LPI_BASE + 1, 1, "enabled while pending");
	/* Priorities: of two that wait the higher one is first. */
	lpi_config(LPI_BASE + 2, 0x41);
	its_cmd(CMD_INVALL, 0, ICID(other), 0);
	run_on(other, job_mask, 0);
	its_event(CMD_INT, DEV, 0);
	its_event(CMD_INT, DEV, 1);
	CHECK_EQ(run_on(other, job_hppir1, 0), LPI_BASE + 2, "of the higher priority");
	lpi_config(LPI_BASE + 2, 0xc1);
	its_cmd(CMD_INVALL, 0, ICID(other), 0);
	CHECK_EQ(run_on(other, job_hppir1, 0), LPI_BASE + 1, "after INVALL");
	run_on(other, job_unmask, 0);
	lpi_expect(other, LPI_BASE + 1, 2, "both");
	lpi_expect(other, LPI_BASE + 2, 1, "both");
	lpi_config(LPI_BASE + 2, LPI_PRIO | 1);
}

static void unmapped_collection(void)
{
	begin("MAPC");
	its_mapti(DEV, 0, LPI_BASE + 1, 7); /* R44: not mapped yet */
	its_event(CMD_INT, DEV, 0);
	lpi_expect(other, LPI_BASE + 1, 0, "collection not mapped");
	its_mapc(7, other, true);
	its_event(CMD_INT, DEV, 0);
	lpi_expect(other, LPI_BASE + 1, 1, "collection mapped");
	its_mapc(7, 0, true);
	its_event(CMD_INT, DEV, 0);
	WAIT(lpi_total(LPI_BASE + 1) == 2);
	settle();
	CHECK_EQ(lpi_total(LPI_BASE + 1), 2, "collection moved");
	its_mapc(7, 0, false);
	its_event(CMD_INT, DEV, 0);
	settle();
	CHECK_EQ(lpi_total(LPI_BASE + 1), 2, "collection unmapped");
}

/* Wrong in every way there is: skipped, and what is mapped still works. */
static void errors(void)
{
	static const struct {
		u64 w[4];
		const char *what;
	} wrong[] = {
		{ { 0xff, 0, 0, 0 }, "no such command" },
		{ { 0, 0, 0, 0 }, "command 0" },
		{ { 99ull << 32 | CMD_MAPTI, (u64)(LPI_BASE + 50) << 32, 0, 0 }, "MAPTI, device not mapped" },
		{ { (u64)DEV << 32 | CMD_MAPTI, (u64)(LPI_BASE + 50) << 32 | 32, 0, 0 },
		  "MAPTI, EventID out of range" },
		{ { (u64)DEV << 32 | CMD_MAPTI, (u64)8191 << 32 | 5, 0, 0 }, "MAPTI, INTID below the LPIs" },
		{ { (u64)DEV << 32 | CMD_MAPTI, (u64)1023 << 32 | 5, 0, 0 }, "MAPTI, INTID 1023" },
		{ { (u64)DEV << 32 | CMD_MAPTI, (u64)0x10000 << 32 | 5, 0, 0 }, "MAPTI, INTID above the LPIs" },
		{ { (u64)DEV << 32 | CMD_MAPI, 5, 0, 0 }, "MAPI, EventID is no LPI" },
		{ { (u64)DEV << 32 | CMD_MOVI, 6, 0, 0 }, "MOVI, event not mapped" },
		{ { (u64)DEV << 32 | CMD_MOVI, 0, 9, 0 }, "MOVI, collection not mapped" },
		{ { (u64)DEV << 32 | CMD_INT, 6, 0, 0 }, "INT, event not mapped" },
		{ { (u64)DEV << 32 | CMD_INT, 32, 0, 0 }, "INT, EventID out of range" },
		{ { 99ull << 32 | CMD_INT, 0, 0, 0 }, "INT, device not mapped" },
		{ { (u64)DEV << 32 | CMD_CLEAR, 6, 0, 0 }, "CLEAR, event not mapped" },
		{ { (u64)DEV << 32 | CMD_INV, 6, 0, 0 }, "INV, event not mapped" },
		{ { (u64)DEV << 32 | CMD_DISCARD, 6, 0, 0 }, "DISCARD, event not mapped" },
		{ { CMD_INVALL, 0, 9, 0 }, "INVALL, collection not mapped" },
		{ { CMD_MAPC, 0, 1ull << 63 | 0xffffull << 16 | 9, 0 }, "MAPC, no such Redistributor" },
		{ { CMD_MOVALL, 0, 0, 0xffffull << 16 }, "MOVALL, no such Redistributor" },
		{ { 98ull << 32 | CMD_MAPD, 31, 1ull << 63 | ITT(5), 0 }, "MAPD, too many events" },
		{ { 0xffffffffull << 32 | CMD_MAPD, 3, 1ull << 63 | ITT(5), 0 }, "MAPD, DeviceID out of range" },
	};

	begin("errors");
	its_mapti(DEV, 0, LPI_BASE + 1, ICID(other));
	for (u32 i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		its_cmd(wrong[i].w[0], wrong[i].w[1], wrong[i].w[2], wrong[i].w[3]);
		its_event(CMD_INT, DEV, 0);
		if (!lpi_expect(other, LPI_BASE + 1, i + 1, wrong[i].what))
			return;
	}
	/* Nothing of it was done. */
	its_event(CMD_INT, DEV, 5);
	its_event(CMD_INT, 98, 0);
	settle();
	CHECK_EQ(lpi_total(LPI_BASE + 50), 0, "an LPI that was never mapped");
}

static void tables(void)
{
	uintptr_t rd = cpus[other].rd, byte = PEND_TABLE + other * 0x10000 + (LPI_BASE + 8) / 8;

	begin("EnableLPIs off and on");
	if (!(read32(rd) & 2)) {
		case_skip("GICR_CTLR.CES is 0");
		return;
	}
	its_mapti(DEV, 0, LPI_BASE + 9, ICID(other));
	run_on(other, job_mask, 0);
	its_event(CMD_INT, DEV, 0);
	write32(rd, 0);
	CHECK(WAIT(!(read32(rd) & 8)), "RWP stays");
	CHECK_EQ(read8(byte), 2, "the pending bit in memory");
	CHECK_EQ(run_on(other, job_hppir1, 0), INTID_SPURIOUS, "LPIs are off");
	run_on(other, job_unmask, 0);
	its_event(CMD_INT, DEV, 0);
	lpi_expect(other, LPI_BASE + 9, 0, "while LPIs are off");
	/* The guest adds one of its own. */
	write8(byte, 2 | 1);
	write64(rd + 0x78, PEND_TABLE + other * 0x10000);
	CHECK_EQ(read64(rd + 0x78) >> 62, 0, "PTZ reads as zero (R48)");
	write32(rd, 1);
	CHECK(WAIT(!(read32(rd) & 8)), "RWP stays");
	lpi_expect(other, LPI_BASE + 9, 1, "read in again");
	lpi_expect(other, LPI_BASE + 8, 1, "set by the guest, not mapped");
}

void guest_main(void)
{
	if (!its_present())
		skip_program("no LPIs");
	other = nr_cpus > 1 ? 1 : 0;
	int_delivers();
	movi_moves();
	clear_and_discard();
	inv_rereads();
	unmapped_collection();
	errors();
	tables();
}
