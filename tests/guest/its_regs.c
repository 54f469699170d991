/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The registers of an ITS and those of a Redistributor that are about LPIs: what reads as written, in any halves, what
 * is ignored when, and the command queue's pointers. IHI 0069 12.18, 12.19, 12.11.
 */
#include "its.h"

const char guest_name[] = "its_regs";

#define DEV        3u
#define SMALL      0x1000u /* a queue of 128 commands */
#define ADDRESS    0x0000fffffffff000ull
#define BASER_TYPE (7ull << 56)

static void begin(const char *name)
{
	case_begin(name);
	its_reset();
}

static void identification(void)
{
	u64 typer = gits_read(GITS_TYPER);
	u32 iidr = read32(GITS_BASE + GITS_IIDR);

	begin("identification");
	CHECK(typer & 1, "GITS_TYPER.Physical is 0");
	CHECK_EQ(read32(GITS_BASE + GITS_TYPER), (u32)typer, "GITS_TYPER, low half");
	CHECK_EQ(read32(GITS_BASE + GITS_TYPER + 4), typer >> 32, "GITS_TYPER, high half");
	CHECK((read32(GITS_BASE + GIC_PIDR2) >> 4 & 15) >= 3, "GITS_PIDR2.ArchRev is %u",
	      read32(GITS_BASE + GIC_PIDR2) >> 4 & 15);
	CHECK((iidr & 0xfff) != 0, "GITS_IIDR.Implementer is 0");
	gits_write(GITS_TYPER, ~0ull);
	write32(GITS_BASE + GITS_TYPER, 0);
	write32(GITS_BASE + GITS_IIDR, ~0u);
	write32(GITS_BASE + GIC_PIDR2, ~0u);
	CHECK_EQ(gits_read(GITS_TYPER), typer, "GITS_TYPER after writes");
	CHECK_EQ(read32(GITS_BASE + GITS_IIDR), iidr, "GITS_IIDR after a write");
	note("GITS_TYPER 0x%lx, GITS_IIDR 0x%x, GITS_PIDR2 0x%x", typer, iidr, read32(GITS_BASE + GIC_PIDR2));
	its_works("after it");
}

/* R47: as 64 bits, as halves in both orders, and read back as both. */
static void halves_of(const char *name, uintptr_t reg, u64 mask)
{
	static const u64 value[] = { 0x0000000046000000, 0x00000000461f0003, 0x0000000045ab0000 };

	for (u32 i = 0; i < 9; i++) {
		u64 want = value[i / 3] & mask;

		write64(reg, i % 2 ? mask : 0);
		switch (i % 3) {
		case 0:
			write64(reg, value[i / 3]);
			break;
		case 1:
			write32(reg, (u32)value[i / 3]);
			write32(reg + 4, (u32)(value[i / 3] >> 32));
			break;
		default:
			write32(reg + 4, (u32)(value[i / 3] >> 32));
			write32(reg, (u32)value[i / 3]);
			break;
		}
		CHECK_EQ(read64(reg) & mask, want, "%s, order %u", name, i % 3);
		CHECK_EQ((u64)read32(reg + 4) << 32 | (read32(reg) & mask), (read64(reg) & ~0xffffffffull) | want,
		         "%s, its halves, order %u", name, i % 3);
	}
	write64(reg, 0);
	write32(reg + 4, 0x80000000);
	CHECK_EQ(read64(reg) >> 63, reg >= GICR_BASE ? 0 : 1, "%s, only the high half", name);
	write64(reg, 0);
}

static void halves(void)
{
	begin("64-bit registers by halves");
	its_off();
	lpis_off(0);
	halves_of("GITS_CBASER", GITS_BASE + GITS_CBASER, 0xfffff0ff);
	halves_of("GITS_BASER0", GITS_BASE + GITS_BASER, 0xfffff0ff);
	halves_of("GITS_BASER1", GITS_BASE + GITS_BASER + 8, 0xfffff0ff);
	halves_of("GICR_PROPBASER", cpus[0].rd + GICR_PROPBASER, 0xfffff01f);
	halves_of("GICR_PENDBASER", cpus[0].rd + GICR_PENDBASER, 0xffff0000);
	/* Each half of the queue's pointer moves it, and only the low one has anything to say. */
	its_reset();
	its_off();
	its_queue(QUEUE, QUEUE_SIZE);
	its_on();
	for (u32 i = 1; i < 4; i++) {
		its_post(CMD_SYNC, 0, 0, 0);
		dsb();
		write32(GITS_BASE + GITS_CWRITER, its_tail());
		write32(GITS_BASE + GITS_CWRITER + 4, 0);
		CHECK(WAIT(read32(GITS_BASE + GITS_CREADR) == its_tail()), "GITS_CREADR, low half");
		CHECK_EQ(read32(GITS_BASE + GITS_CREADR + 4), 0, "GITS_CREADR, high half");
		CHECK_EQ(gits_read(GITS_CWRITER), its_tail(), "GITS_CWRITER");
	}
	write32(GITS_BASE + GITS_CWRITER + 4, ~0u);
	CHECK_EQ(gits_read(GITS_CREADR), its_tail(), "GITS_CREADR after the high half of GITS_CWRITER");
	its_reset();
	its_works("after it");
}

static void baser_rows(void)
{
	begin("rows of GITS_BASER");
	its_off();
	for (u32 i = 0; i < 8; i++) {
		uintptr_t reg = GITS_BASE + GITS_BASER + i * 8;
		u64 old = read64(reg), type = old >> 56 & 7, page;

		write64(reg, ~0ull);
		if (!type) {
			CHECK_EQ(read64(reg), 0, "GITS_BASER%u is RAZ/WI", i);
			continue;
		}
		CHECK(type == 1 || type == 4, "GITS_BASER%u.Type is %lu", i, type);
		CHECK_EQ(read64(reg) & BASER_TYPE, old & BASER_TYPE, "GITS_BASER%u.Type", i);
		CHECK_EQ(read64(reg) >> 48 & 31, old >> 48 & 31, "GITS_BASER%u.Entry_Size", i);
		page = read64(reg) >> 8 & 3;
		CHECK(page != 3, "GITS_BASER%u.Page_Size is 3", i);
		write64(reg, 0);
		CHECK_EQ(read64(reg) & ~(BASER_TYPE | 31ull << 48 | 3u << 8), 0, "GITS_BASER%u, 0 written", i);
		CHECK_EQ(read64(reg) & BASER_TYPE, old & BASER_TYPE, "GITS_BASER%u.Type, 0 written", i);
		for (page = 0; page < 3; page++) {
			write64(reg, ITS_VALID | SCRATCH | page << 8 | 7);
			CHECK_EQ(read64(reg) & (ITS_VALID | ADDRESS | 0xff), ITS_VALID | SCRATCH | 7,
			         "GITS_BASER%u with page size %lu", i, page);
		}
		write64(reg, 0);
	}
	its_reset();
	its_works("after it");
}

/* Enabled: queue and tables stay what they are (UNPREDICTABLE, here ignored). */
static void while_enabled(void)
{
	u64 cbaser, baser[2];

	begin("GITS_CBASER and GITS_BASER while enabled");
	cbaser = gits_read(GITS_CBASER);
	for (u32 i = 0; i < 2; i++)
		baser[i] = gits_read(GITS_BASER + i * 8);
	for (u32 i = 0; i < 3; i++) {
		for (u32 off = GITS_CBASER; off <= GITS_BASER + 8; off += 8) {
			if (off != GITS_CBASER && off < GITS_BASER)
				continue;
			if (i == 0)
				gits_write(off, 0);
			if (i == 1)
				gits_write(off, ITS_VALID | SCRATCH);
			if (i == 2)
				write32(GITS_BASE + off + 4, 0);
		}
		CHECK_EQ(gits_read(GITS_CBASER), cbaser, "GITS_CBASER");
		CHECK_EQ(gits_read(GITS_BASER), baser[0], "GITS_BASER0");
		CHECK_EQ(gits_read(GITS_BASER + 8), baser[1], "GITS_BASER1");
		CHECK_EQ(gits_read(GITS_CREADR), its_tail(), "GITS_CREADR");
		its_works("after it");
	}
	gits_write(GITS_CREADR, 0x40);
	CHECK_EQ(gits_read(GITS_CREADR), its_tail(), "GITS_CREADR after a write");
	its_works("after a write of GITS_CREADR");
}

static void queue_restarts(void)
{
	begin("GITS_CBASER written, CREADR is zero");
	for (u32 i = 0; i < 3; i++)
		its_cmd(CMD_SYNC, 0, 0, 0);
	its_off();
	gits_write(GITS_CBASER, ITS_VALID | QUEUE | (QUEUE_SIZE / 4096 - 1));
	CHECK_EQ(gits_read(GITS_CREADR), 0, "GITS_CREADR");
	its_queue(QUEUE, QUEUE_SIZE);
	its_on();
	its_works("after it");
}

/* R27: else a queue that begins anew would be one that is nearly full. */
static void queue_is_empty(void)
{
	begin("GITS_CBASER written, CWRITER is zero");
	for (u32 i = 0; i < 3; i++)
		its_cmd(CMD_SYNC, 0, 0, 0);
	its_off();
	write32(GITS_BASE + GITS_CBASER, (u32)(QUEUE | (QUEUE_SIZE / 4096 - 1)));
	CHECK_EQ(gits_read(GITS_CWRITER), 0, "GITS_CWRITER");
	its_queue(QUEUE, QUEUE_SIZE);
	its_on();
	its_works("after it");
}

/* R28: written while disabled, run when enabled, in order. */
static void kept_until_enabled(void)
{
	begin("GITS_CWRITER while disabled");
	its_mapd(DEV, 5, true);
	for (u32 round = 1; round <= 3; round++) {
		u64 before;

		its_off();
		before = gits_read(GITS_CREADR);
		its_post(its_word0(CMD_MAPTI, DEV), (u64)(LPI_BASE + round) << 32 | round, ICID(0), 0);
		its_post(its_word0(CMD_INT, DEV), round, 0, 0);
		dsb();
		gits_write(GITS_CWRITER, its_tail());
		settle();
		CHECK_EQ(gits_read(GITS_CREADR), before, "GITS_CREADR while disabled");
		CHECK_EQ(gits_read(GITS_CWRITER), its_tail(), "GITS_CWRITER while disabled");
		CHECK_EQ(lpi_total(LPI_BASE + round), 0, "an event while disabled");
		its_on();
		CHECK(WAIT(gits_read(GITS_CREADR) == its_tail()), "enabled: GITS_CREADR does not move");
		lpi_expect(0, LPI_BASE + round, 1, "enabled");
	}
	its_off();
	write32(GITS_BASE + GITS_TRANSLATER, 1);
	settle();
	CHECK_EQ(lpi_total(LPI_BASE + 1), 1, "a message while disabled");
	its_on();
	/* No queue, no commands. */
	its_off();
	gits_write(GITS_CBASER, QUEUE);
	its_on();
	gits_write(GITS_CWRITER, 0x40);
	settle();
	CHECK_EQ(gits_read(GITS_CREADR), 0, "GITS_CREADR with Valid = 0");
	its_reset();
	its_works("after it");
}

/* R27: 128 commands in a page; batches of all lengths cross the end, and meet it. */
static void wrap(void)
{
	u32 seed = 4711, total = 0;

	begin("the queue wraps");
	its_off();
	its_queue(QUEUE, SMALL);
	its_on();
	its_mapd(DEV, 5, true);
	its_mapti(DEV, 0, LPI_BASE, ICID(0));
	for (u32 batch = 0; batch < 200; batch++) {
		u32 n = batch % 8 == 7 ? (SMALL - its_tail()) / 32 : rnd(&seed) % 127 + 1;

		if (n > 127)
			n = 127;
		for (u32 i = 1; i < n; i++)
			its_post(CMD_SYNC, 0, 0, 0);
		its_post(its_word0(CMD_INT, DEV), 0, 0, 0);
		if (!its_run())
			return;
		CHECK(gits_read(GITS_CREADR) < SMALL, "GITS_CREADR is 0x%lx", gits_read(GITS_CREADR));
		total++;
		if (!WAIT(lpi_count[0][0] == total)) {
			CHECK_EQ(lpi_count[0][0], total, "the last command of batch %u", batch);
			return;
		}
	}
}

/* R27: pointers that are no multiple of 32, or beyond the queue: no command that was not there is run, none is lost. */
static void odd_pointers(void)
{
	static const u32 beyond[] = { SMALL, SMALL + 32, 0x2000, 0xfffe0 };

	begin("GITS_CWRITER that is misaligned or beyond the queue");
	its_off();
	its_queue(QUEUE, SMALL);
	its_on();
	its_mapd(DEV, 5, true);
	its_mapti(DEV, 0, LPI_BASE, ICID(0));
	for (u32 i = 0; i < 4; i++) {
		u64 before = gits_read(GITS_CREADR);

		gits_write(GITS_CWRITER, beyond[i]);
		settle();
		CHECK_EQ(gits_read(GITS_CREADR), before, "GITS_CREADR after GITS_CWRITER 0x%x", beyond[i]);
		its_event(CMD_INT, DEV, 0);
		lpi_expect(0, LPI_BASE, i + 1, "after it");
	}
	for (u32 low = 2; low < 32; low <<= 1) {
		u64 before = gits_read(GITS_CREADR);

		gits_write(GITS_CWRITER, before | low);
		settle();
		CHECK_EQ(gits_read(GITS_CREADR), before, "GITS_CREADR after GITS_CWRITER with 0x%x", low);
	}
	its_event(CMD_INT, DEV, 0);
	lpi_expect(0, LPI_BASE, 5, "after all");
}

static void quiescent(void)
{
	begin("GITS_CTLR");
	CHECK_EQ(read32(GITS_BASE + GITS_CTLR) & 1, 1, "Enabled");
	its_off();
	CHECK_EQ(read32(GITS_BASE + GITS_CTLR), GITS_CTLR_Quiescent, "disabled");
	write32(GITS_BASE + GITS_CTLR, ~1u); /* Quiescent is read-only */
	CHECK_EQ(read32(GITS_BASE + GITS_CTLR) & 1, 0, "Enabled");
	its_on();
	its_works("after it");
}

static void not_quiescent(void)
{
	begin("GITS_CTLR.Quiescent while enabled");
	CHECK_EQ(read32(GITS_BASE + GITS_CTLR), 1, "GITS_CTLR");
}

/* R34; and what a CPU writes there is a message of device 0. */
static void translater(void)
{
	begin("GITS_TRANSLATER");
	its_mapd(0, 5, true);
	its_mapti(0, 5, LPI_BASE + 5, ICID(nr_cpus - 1));
	for (u32 off = 0; off < 4; off++) {
		u32 val;
		bool fault = FAULTS(val = read32(GITS_BASE + GITS_TRANSLATER + (off % 2 ? 0x40 * off : 0)));

		CHECK(fault || !val, "a read of the translation frame");
	}
	write32(GITS_BASE + GITS_TRANSLATER, 5);
	lpi_expect(nr_cpus - 1, LPI_BASE + 5, 1, "32 bits written");
	write16(GITS_BASE + GITS_TRANSLATER, 5);
	lpi_expect(nr_cpus - 1, LPI_BASE + 5, 2, "16 bits written");
	write32(GITS_BASE + GITS_TRANSLATER, 6);
	write32(GITS_BASE + GITS_TRANSLATER, 32 + 5);
	write32(GITS_BASE + GITS_TRANSLATER, ~0u);
	settle();
	CHECK_EQ(cpus[nr_cpus - 1].nr_taken, 2, "events that are not mapped");
	its_works("after it");
}

/* R77, R78: every offset can be read, and what is read-only or reserved written: no fault that matters, no effect. */
static void every_offset(void)
{
	u32 faults = 0;
	u64 typer = gits_read(GITS_TYPER), baser = gits_read(GITS_BASER);

	begin("every offset");
	for (u32 off = 0; off < 0x20000; off += 4) {
		u64 val;

		if (off >= 0x400 && off < 0xff00 && off % 0x3c)
			continue;
		if (off >= 0x10100 && off % 0x3c)
			continue;
		faults += (u32)FAULTS(val = read32(GITS_BASE + off));
		if (off % 8 == 0)
			faults += (u32)FAULTS(val = read64(GITS_BASE + off));
		faults += (u32)FAULTS(val = read8(GITS_BASE + off + 1));
		faults += (u32)FAULTS(val = read16(GITS_BASE + off + 2));
		/* These mean something. */
		if (off == GITS_CTLR || (off >= GITS_CBASER && off < GITS_CREADR) || off / 4 == GITS_TRANSLATER / 4)
			continue;
		faults += (u32)FAULTS(write32(GITS_BASE + off, ~0u));
		if (off % 8 == 0)
			faults += (u32)FAULTS(write64(GITS_BASE + off, ~0ull));
		faults += (u32)FAULTS(write8(GITS_BASE + off + 1, 0xff));
		faults += (u32)FAULTS(write16(GITS_BASE + off + 2, 0xffff));
		(void)val;
	}
	/* The wrong width is as good as no access. */
	faults += (u32)FAULTS(write8(GITS_BASE + GITS_CTLR, 0));
	faults += (u32)FAULTS(write16(GITS_BASE + GITS_CTLR, 0));
	faults += (u32)FAULTS(write64(GITS_BASE + GITS_CTLR, 0));
	faults += (u32)FAULTS(write8(GITS_BASE + GITS_CWRITER + 1, 0xff));
	faults += (u32)FAULTS(write16(GITS_BASE + GITS_CWRITER, 0xff0));
	CHECK_EQ(read32(GITS_BASE + GITS_CTLR) & 1, 1, "GITS_CTLR.Enabled");
	CHECK_EQ(gits_read(GITS_TYPER), typer, "GITS_TYPER");
	CHECK_EQ(gits_read(GITS_BASER), baser, "GITS_BASER0");
	CHECK_EQ(gits_read(GITS_CWRITER), its_tail(), "GITS_CWRITER");
	if (faults)
		note("%u accesses faulted", faults);
	its_works("after it");
}

static void redistributor(void)
{
	begin("GICR_PROPBASER and GICR_PENDBASER");
	for (u32 i = 0; i < nr_cpus; i++) {
		uintptr_t rd = cpus[i].rd;
		u64 prop = read64(rd + GICR_PROPBASER), pend = read64(rd + GICR_PENDBASER);

		CHECK(read64(rd + GICR_TYPER) & GICR_TYPER_PLPIS, "GICR_TYPER.PLPIS of CPU %u", i);
		CHECK_EQ(read32(rd + GICR_CTLR) & GICR_CTLR_LPIS, GICR_CTLR_LPIS, "GICR_CTLR.EnableLPIs of CPU %u", i);
		CHECK_EQ(prop & (ADDRESS | 31), PROP_TABLE | 15, "GICR_PROPBASER of CPU %u", i);
		CHECK_EQ(pend & ADDRESS, PEND_TABLE + i * 0x10000, "GICR_PENDBASER of CPU %u", i);
		CHECK_EQ(pend & GICR_PENDBASER_PTZ, 0, "GICR_PENDBASER.PTZ of CPU %u (R48)", i);
		if (!(read32(rd + GICR_CTLR) & GICR_CTLR_CES))
			continue;
		lpis_off(i);
		write32(rd + GICR_PENDBASER + 4, (u32)(GICR_PENDBASER_PTZ >> 32));
		CHECK_EQ(read64(rd + GICR_PENDBASER) >> 62, 0, "GICR_PENDBASER.PTZ of CPU %u, half", i);
		CHECK_EQ(read64(rd + GICR_PENDBASER) & ADDRESS, PEND_TABLE + i * 0x10000, "the other half");
		write64(rd + GICR_PROPBASER, SCRATCH | 13);
		CHECK_EQ(read64(rd + GICR_PROPBASER) & (ADDRESS | 31), SCRATCH | 13, "GICR_PROPBASER, disabled");
		write64(rd + GICR_PROPBASER, PROP_TABLE | 15);
		lpis_on(i, true);
	}
	its_works("after it");
}

static void redistributor_enabled(void)
{
	begin("GICR_PROPBASER and GICR_PENDBASER while enabled");
	for (u32 i = 0; i < nr_cpus; i++) {
		uintptr_t rd = cpus[i].rd;
		u64 prop = read64(rd + GICR_PROPBASER), pend = read64(rd + GICR_PENDBASER);

		write64(rd + GICR_PROPBASER, SCRATCH | 13);
		write64(rd + GICR_PENDBASER, SCRATCH | GICR_PENDBASER_PTZ);
		write32(rd + GICR_PENDBASER, 0);
		CHECK_EQ(read64(rd + GICR_PROPBASER), prop, "GICR_PROPBASER of CPU %u, enabled", i);
		CHECK_EQ(read64(rd + GICR_PENDBASER), pend, "GICR_PENDBASER of CPU %u, enabled", i);
	}
	its_works("after it");
}

void guest_main(void)
{
	if (!its_present())
		skip_program("no LPIs");
	its_setup();
	if (!(read32(cpus[0].rd + GICR_CTLR) & GICR_CTLR_CES))
		skip_program("LPIs cannot be disabled");
	identification();
	halves();
	baser_rows();
	while_enabled();
	queue_restarts();
	queue_is_empty();
	kept_until_enabled();
	wrap();
	odd_pointers();
	quiescent();
	not_quiescent();
	translater();
	every_offset();
	redistributor();
	redistributor_enabled();
}
