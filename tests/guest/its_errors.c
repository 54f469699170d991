/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Each error of each ITS command: the command is skipped, nothing that is mapped has changed, the next one works.
 * IHI 0069 5.3, the tables of command errors. The wrong arguments are those of something that is mapped, where the
 * architecture allows it, so that half of a command would be seen.
 */
#include "its.h"

const char guest_name[] = "its_errors";

#define DEV     3u
#define NO_DEV  99u /* in range, not mapped */
#define NO_ICID 9u  /* in range, not mapped */
#define BITS    5u
#define NR_LIVE 4u               /* events 0 to 3 are mapped, */
#define UNUSED  7u               /* this one is not */
#define STRANGE (LPI_BASE + 500) /* INTID that only wrong commands name */

static u32 sent; /* times that each mapped event has been signalled */

static void begin(const char *name)
{
	case_begin(name);
	its_setup();
	lpi_forget();
	sent = 0;
	its_mapd(DEV, BITS, true);
	for (u32 i = 0; i < NR_LIVE; i++)
		its_mapti(DEV, i, LPI_BASE + i, ICID(i % nr_cpus));
}

/* Every mapped event goes where it went, nothing else has come to be. */
static bool unchanged(const char *what)
{
	bool ok = true;

	sent++;
	for (u32 i = 0; i < NR_LIVE; i++)
		its_post(its_word0(CMD_INT, DEV), i, 0, 0);
	its_post(its_word0(CMD_INT, DEV), UNUSED, 0, 0);
	its_post(its_word0(CMD_INT, NO_DEV), 0, 0, 0);
	if (!its_run())
		return false;
	for (u32 i = 0; i < NR_LIVE; i++)
		WAIT(lpi_count[i % nr_cpus][i] >= sent);
	settle();
	for (u32 i = 0; i < NR_LIVE; i++)
		ok &= CHECK(lpi_count[i % nr_cpus][i] == sent && lpi_total(LPI_BASE + i) == sent,
		            "%s: event %u taken %u times by its CPU, %u by all, expected %u", what, i,
		            lpi_count[i % nr_cpus][i], lpi_total(LPI_BASE + i), sent);
	ok &= CHECK_EQ(lpi_total(STRANGE), 0, "%s: an LPI that was never mapped", what);
	return ok;
}

static bool wrong(const char *what, u64 w0, u64 w1, u64 w2, u64 w3)
{
	return its_cmd(w0, w1, w2, w3) && CHECK_EQ(gits_read(GITS_CREADR) & 1, 0, "%s: Stalled", what) &&
	       unchanged(what);
}

/* Commands that name an event. */
static const struct {
	const char *name;
	u32 code;
	bool maps;
	bool icid;
} by_event[] = {
	{ "MAPTI", CMD_MAPTI, true, true },       { "MAPI", CMD_MAPI, true, true },
	{ "MOVI", CMD_MOVI, false, true },        { "INT", CMD_INT, false, false },
	{ "CLEAR", CMD_CLEAR, false, false },     { "INV", CMD_INV, false, false },
	{ "DISCARD", CMD_DISCARD, false, false },
};

#define NR_BY_EVENT ((u32)(sizeof(by_event) / sizeof(by_event[0])))

static void device(void)
{
	u64 intid = (u64)STRANGE << 32;
	u32 dev_bits = (u32)(gits_read(GITS_TYPER) >> 13 & 31) + 1;

	begin("DeviceID out of range or not mapped");
	for (u32 i = 0; i < NR_BY_EVENT; i++) {
		wrong(by_event[i].name, its_word0(by_event[i].code, NO_DEV), intid, ICID(0), 0);
		wrong(by_event[i].name, its_word0(by_event[i].code, 0xffffffff), intid, ICID(0), 0);
		/* the low bits are those of a mapped one */
		if (dev_bits < 32)
			wrong(by_event[i].name, its_word0(by_event[i].code, DEV | 1u << dev_bits), intid, ICID(0), 0);
	}
	wrong("MAPD", its_word0(CMD_MAPD, 0xffffffff), 3, ITS_VALID | ITT(4), 0);
	if (dev_bits < 32) {
		wrong("MAPD", its_word0(CMD_MAPD, DEV | 1u << dev_bits), 3, ITS_VALID | ITT(4), 0);
		wrong("MAPD, V = 0", its_word0(CMD_MAPD, DEV | 1u << dev_bits), 0, 0, 0);
	}
	wrong("MAPD, V = 0, not mapped", its_word0(CMD_MAPD, NO_DEV), 0, 0, 0);
}

/* R31, R32: first and last EventID of the range, and those beyond. */
static void event(void)
{
	static const u32 beyond[] = { 1u << BITS, (1u << BITS) + 1, 0xffff, 0x10000, 0x80000000, 0xffffffff };
	u64 intid = (u64)STRANGE << 32;

	begin("EventID out of range or not mapped");
	for (u32 i = 0; i < NR_BY_EVENT; i++) {
		for (u32 k = 0; k < sizeof(beyond) / sizeof(beyond[0]); k++)
			if (!wrong(by_event[i].name, its_word0(by_event[i].code, DEV), intid | beyond[k], ICID(0), 0))
				break;
		if (!by_event[i].maps)
			wrong(by_event[i].name, its_word0(by_event[i].code, DEV), UNUSED, ICID(0), 0);
	}
	its_mapti(DEV, (1u << BITS) - 1, LPI_BASE + 20, ICID(0));
	its_event(CMD_INT, DEV, (1u << BITS) - 1);
	lpi_expect(0, LPI_BASE + 20, 1, "the last EventID in range");
	/* Twice: the second one finds nothing. */
	its_event(CMD_DISCARD, DEV, (1u << BITS) - 1);
	wrong("DISCARD, done before", its_word0(CMD_DISCARD, DEV), (1u << BITS) - 1, 0, 0);
}

/* R36, R39: what is no LPI. */
static void intid(void)
{
	static const u32 none[] = { 0, 15, 27, 40, 1020, 1023, 1024, 8191, 0x10000, 0x12000, 0x80002000, 0xffffffff };

	begin("INTID out of range");
	for (u32 i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (none[i] != 1023)
			wrong("MAPTI over a mapped event", its_word0(CMD_MAPTI, DEV), (u64)none[i] << 32, ICID(0), 0);
		if (none[i] != 1023)
			wrong("MAPTI of a new event", its_word0(CMD_MAPTI, DEV), (u64)none[i] << 32 | UNUSED, ICID(0),
			      0);
		CHECK(none[i] < NR_INTID ? !total_taken(none[i]) : true, "INTID %u was taken", none[i]);
	}
	/* EventIDs below 8192 of MAPI are no INTIDs of LPIs. */
	for (u32 i = 0; i < 1u << BITS; i++)
		if (!wrong("MAPI", its_word0(CMD_MAPI, DEV), i, ICID(0), 0))
			break;
	/* The first and the last LPI are LPIs. */
	its_mapti(DEV, 30, LPI_BASE, ICID(0));
	its_mapti(DEV, 31, 0xffff, ICID(0));
	its_event(CMD_INT, DEV, 30);
	WAIT(lpi_count[0][0] > sent);
	CHECK_EQ(lpi_count[0][0], sent + 1, "LPI 8192");
	log_clear();
	its_event(CMD_INT, DEV, 31);
	WAIT(cpus[0].nr_taken);
	settle();
	CHECK_EQ(cpus[0].nr_taken, 1, "LPI 65535, times");
	CHECK_EQ(cpus[0].log[0].intid, 0xffff, "LPI 65535");
	its_event(CMD_DISCARD, DEV, 30);
	its_event(CMD_DISCARD, DEV, 31);
}

/* 1023 was the "no doorbell" of another command; here it is an INTID that is no LPI. */
static void intid_1023(void)
{
	begin("INTID 1023");
	wrong("MAPTI over a mapped event", its_word0(CMD_MAPTI, DEV), (u64)1023 << 32, ICID(0), 0);
	wrong("MAPTI of a new event", its_word0(CMD_MAPTI, DEV), (u64)1023 << 32 | UNUSED, ICID(0), 0);
}

static void collection(void)
{
	u64 intid = (u64)STRANGE << 32;

	begin("ICID out of range or not mapped");
	for (u32 i = 0; i < NR_BY_EVENT; i++)
		if (by_event[i].icid) {
			u64 w1 = by_event[i].code == CMD_MOVI ? 0 : intid | UNUSED;

			wrong(by_event[i].name, its_word0(by_event[i].code, DEV), w1, 0xffff, 0);
		}
	wrong("MOVI, not mapped", its_word0(CMD_MOVI, DEV), 0, NO_ICID, 0);
	wrong("MAPC", CMD_MAPC, 0, ITS_VALID | 0xffff, 0);
	wrong("MAPC, V = 0", CMD_MAPC, 0, 0xffff, 0);
	wrong("MAPC, V = 0, not mapped", CMD_MAPC, 0, NO_ICID, 0);
	wrong("INVALL", CMD_INVALL, 0, 0xffff, 0);
	wrong("INVALL, not mapped", CMD_INVALL, 0, NO_ICID, 0); /* R35 */
}

/* R30: the number after the last, and worse. */
static void rdbase(void)
{
	static const u64 worse[] = { 0xff, 0xffff, 0x100000000, 0xfffffffff };

	begin("RDbase that is no Redistributor");
	for (u32 i = 0; i <= sizeof(worse) / sizeof(worse[0]); i++) {
		u64 rd = (i ? worse[i - 1] : nr_cpus) << 16;

		wrong("MAPC of a mapped collection", CMD_MAPC, 0, ITS_VALID | rd | ICID(0), 0);
		wrong("MAPC", CMD_MAPC, 0, ITS_VALID | rd | NO_ICID, 0);
		wrong("MOVI to its collection", its_word0(CMD_MOVI, DEV), 0, NO_ICID, 0);
		wrong("MOVALL from", CMD_MOVALL, 0, rd, 0);
		wrong("MOVALL to", CMD_MOVALL, 0, 0, rd);
		wrong("MOVALL from and to", CMD_MOVALL, 0, rd, rd);
		wrong("SYNC", CMD_SYNC, 0, rd, 0);
	}
	wrong("MOVALL to itself", CMD_MOVALL, 0, 0, 0);
}

static void itt_size(void)
{
	u32 id_bits = (u32)(gits_read(GITS_TYPER) >> 8 & 31) + 1;

	begin("size of the ITT");
	for (u32 size = id_bits; size < 32; size++) {
		wrong("MAPD of a mapped device", its_word0(CMD_MAPD, DEV), size, ITS_VALID | ITT(DEV), 0);
		wrong("MAPD", its_word0(CMD_MAPD, NO_DEV), size, ITS_VALID | ITT(4), 0);
	}
	its_cmd(its_word0(CMD_MAPD, 4), id_bits - 1, ITS_VALID | ITT(4), 0);
	its_mapti(4, (1u << id_bits) - 1, LPI_BASE + 20, ICID(0));
	its_event(CMD_INT, 4, (1u << id_bits) - 1);
	lpi_expect(0, LPI_BASE + 20, 1, "the largest ITT");
	its_mapd(4, id_bits, false);
}

/* All codes that are none, with the worst and the best of arguments. */
static void unknown(void)
{
	u32 known = 1u << CMD_MOVI | 1u << CMD_INT | 1u << CMD_CLEAR | 1u << CMD_SYNC | 1u << CMD_MAPD |
	            1u << CMD_MAPC | 1u << CMD_MAPTI | 1u << CMD_MAPI | 1u << CMD_INV | 1u << CMD_INVALL |
	            1u << CMD_MOVALL | 1u << CMD_DISCARD;

	begin("no such command");
	for (u32 code = 0; code < 256; code++) {
		if (code < 32 && known >> code & 1)
			continue;
		its_post(its_word0(code, DEV), 0, ICID(0), 0);
		its_post(its_word0(code, DEV), (u64)STRANGE << 32 | UNUSED, ITS_VALID | ICID(0), 0);
		its_post(~0ull << 8 | code, ~0ull, ~0ull, ~0ull);
		if (code % 16 == 15 && !(its_run() && unchanged("unknown codes")))
			return;
	}
	its_run();
	unchanged("unknown codes");
}

/* A queue full of errors: the one command that is right is done. */
static void many(void)
{
	begin("a queue full of errors");
	for (u32 round = 0; round < 3; round++) {
		for (u32 i = 0; i < QUEUE_SIZE / 32 - 2; i++)
			its_post(its_word0(i % 32 ? CMD_MAPTI : 0xff, NO_DEV), i, 0xffff, 0);
		its_post(its_word0(CMD_MAPTI, DEV), (u64)(LPI_BASE + 21) << 32 | 21, ICID(0), 0);
		if (!its_run())
			return;
		its_event(CMD_INT, DEV, 21);
		lpi_expect(0, LPI_BASE + 21, round + 1, "after all");
		its_event(CMD_DISCARD, DEV, 21);
	}
	unchanged("after all");
}

/* R42, R44: an event whose collection is not mapped any more. */
static void lost_collection(void)
{
	begin("collection unmapped under an event");
	its_mapc(NO_ICID, 0, true);
	its_mapti(DEV, 20, LPI_BASE + 20, NO_ICID);
	its_mapc(NO_ICID, 0, false);
	wrong("INT", its_word0(CMD_INT, DEV), 20, 0, 0);
	its_event(CMD_INV, DEV, 20);
	its_event(CMD_CLEAR, DEV, 20);
	its_movi(DEV, 20, NO_ICID);
	its_mapc(NO_ICID, 0, true);
	its_event(CMD_INT, DEV, 20);
	lpi_expect(0, LPI_BASE + 20, 1, "mapped again");
	its_mapc(NO_ICID, 0, false);
	unchanged("at the end");
}

static void discard_lost(void)
{
	begin("DISCARD with an unmapped collection");
	its_mapc(NO_ICID, 0, true);
	its_mapti(DEV, 20, LPI_BASE + 20, NO_ICID);
	its_mapc(NO_ICID, 0, false);
	its_event(CMD_DISCARD, DEV, 20);
	its_mapc(NO_ICID, 0, true);
	its_event(CMD_INT, DEV, 20);
	settle();
	CHECK_EQ(lpi_total(LPI_BASE + 20), 0, "an event that was discarded");
	its_mapc(NO_ICID, 0, false);
}

void guest_main(void)
{
	if (!its_present())
		skip_program("no LPIs");
	device();
	event();
	intid();
	intid_1023();
	collection();
	rdbase();
	itt_size();
	unknown();
	many();
	lost_collection();
	discard_lost();
}
