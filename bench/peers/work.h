/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The works, the same source for every peer: each is run on a VM of its own, and what its guests take and read must be
 * the same for all peers.
 */
#ifndef RACE_WORK_H
#define RACE_WORK_H

#include "guest.h"

/* --- delivery: inject, flush, acknowledge and end, sync --- */

static void work_spi(const struct race_work *w)
{
	unsigned int rounds = (w->k < 16 ? 200 : 4) * race_scale, taken = 0, round, i;
	struct peer *p = boot(1, 0);

	race_begin();
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < w->k; i++)
			inject(p, 32 + i);
		taken += run_guest(p, 0);
	}
	race_end(w->name, rounds * w->k);
	race_need(taken == rounds * w->k);
	destroy(p);
}

static void work_lpi(const struct race_work *w)
{
	unsigned int rounds = (w->k < 16 ? 200 : 4) * race_scale, taken = 0, round;
	struct peer *p = boot_its(2);

	map(p, 0, 0, 1024, 5);
	messages(p, w->k, 5); /* what a peer remembers of translations, it may */
	run_guest(p, 0);
	race_begin();
	for (round = 0; round < rounds; round++) {
		messages(p, w->k, 5);
		taken += run_guest(p, 0);
	}
	race_end(w->name, rounds * w->k);
	race_need(taken == rounds * w->k);
	destroy(p);
}

static void work_sgi(const struct race_work *w)
{
	unsigned int rounds = 200 * race_scale, taken = 0, round;
	struct peer *p = boot(2, 0);

	race_begin();
	for (round = 0; round < rounds; round++) {
		sgi(p, 0, 5ull << 24 | 1u << 1);
		taken += run_guest(p, 1);
	}
	race_end(w->name, rounds);
	race_need(taken == rounds);
	destroy(p);
}

/* Nothing happens in the guest: not even what is in the list registers is taken. */
static void work_idle(const struct race_work *w)
{
	unsigned int rounds = (w->k < 1024 ? 1000 : 20) * race_scale, round;
	struct peer *p = boot_its(2);

	map(p, 0, 0, 1024, 5);
	messages(p, w->k, 5);
	flush(p, 0);
	race_begin();
	for (round = 0; round < rounds; round++) {
		sync(p, 0);
		flush(p, 0);
	}
	race_end(w->name, rounds);
	sync(p, 0);
	run_guest(p, 0);
	destroy(p);
}

/*
 * Not counted: interrupts of sixteen priorities at two vCPUs in random order, some taken before others come. Which of
 * equal priority is first when not all fit is the GIC's choice (IHI 0069, 4.8), and what was taken decides about what
 * is pending twice; so each entry is compared with what has to be in it and not with that of another peer.
 */
#define NR_IDS 2048u
static unsigned char waits[2][NR_IDS]; /* priority by vCPU and INTID, LPIs from 1024 on; 0: not pending */

static unsigned int random_entry(struct peer *p, unsigned int vcpu)
{
	unsigned int i, id, nr = 0, taken = 0, worst = 0;
	race_u64 *lr = lrs(p, vcpu);

	for (i = 0; i < NR_IDS; i++)
		nr += waits[vcpu][i] != 0;
	flush(p, vcpu);
	for (i = 0; i < RACE_LRS; i++) {
		if (lr[i] >> 62 != 1)
			continue;
		id = (unsigned int)lr[i];
		id = id < 1024 ? id : id - 8192 + 1024;
		race_need(id < NR_IDS && waits[vcpu][id] == (lr[i] >> 48 & 0xff));
		worst = waits[vcpu][id] > worst ? waits[vcpu][id] : worst;
		waits[vcpu][id] = 0;
		lr[i] = 0;
		taken++;
	}
	sync(p, vcpu);
	race_need(taken == (nr < RACE_LRS ? nr : RACE_LRS));
	for (i = 0; i < NR_IDS; i++)
		race_need(!waits[vcpu][i] || waits[vcpu][i] >= worst);
	return taken;
}

static void work_random(const struct race_work *w)
{
	unsigned int i, n, seed = 1, step;
	struct peer *p = boot_its(2);
	unsigned char priority;

	for (i = 0; i < 1024; i++) {
		priority = (unsigned char)((i * 7 % 16 * 8 + 0x40) | 1);
		race_need(race_ram_write(CONFIG + i, &priority, 1));
	}
	map(p, 0, 0, 1024, 5);
	for (i = 32; i < 992; i++) {
		store(p, 0, RACE_GICD + 0x400 + i, 1, i * 5 % 16 * 8 + 0x40); /* GICD_IPRIORITYR */
		store(p, 0, RACE_GICD + 0x6000 + 8 * i, 8, i & 1);            /* GICD_IROUTER */
	}
	for (step = 0; step < w->k; step++) {
		seed = seed * 1103515245 + 12345;
		n = seed >> 16;
		switch (seed >> 8 & 7) {
		case 0:
		case 1:
			i = 32 + n % 960;
			inject(p, i);
			waits[i & 1][i] = (unsigned char)(i * 5 % 16 * 8 + 0x40);
			break;
		case 2:
		case 3:
		case 4:
			i = n % 1024;
			msi(p, i / 32 * 7, i % 32);
			waits[0][1024 + i] = (unsigned char)(i * 7 % 16 * 8 + 0x40);
			break;
		case 5:
			i = n >> 1 & 15;
			sgi(p, n & 1, (race_u64)i << 24 | 3);
			waits[0][i] = waits[1][i] = 0xa0;
			break;
		case 6:
			while (n % 32 == 0 && random_entry(p, n >> 5 & 1))
				;
			break;
		default:
			if (n % 16 == 0)
				random_entry(p, n >> 4 & 1);
		}
	}
	for (i = 0; i < 2; i++)
		while (random_entry(p, i))
			;
	destroy(p);
}

/* --- messages and commands --- */

static void work_msi(const struct race_work *w)
{
	unsigned int rounds = 2 * race_scale, round;
	struct peer *p = boot_its(2);

	map(p, 0, 0, w->k, 5);
	messages(p, w->k, 5);
	race_begin();
	for (round = 0; round < rounds; round++)
		messages(p, w->k, 5);
	race_end(w->name, rounds * w->k);
	run_guest(p, 0);
	destroy(p);
}

/* w->k commands that have been written: all in one go. */
static void timed(struct peer *p, const char *name, unsigned int per)
{
	race_begin();
	ring(p);
	race_end(name, per);
}

static void each(unsigned int nr, unsigned int code, unsigned int icid)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		command(device(i >> 5) | code, i & 31, icid);
}

static void work_commands(const struct race_work *w)
{
	struct peer *p = boot_its(2);
	unsigned int i;

	for (i = 0; i < w->k; i++) {
		if (!(i & 31))
			command(device(i >> 5) | MAPD, 4, 1ull << 63 | (TABLES + 0x200000));
		command(device(i >> 5) | MAPTI, (race_u64)(8192 + i) << 32 | (i & 31), 0);
	}
	timed(p, "MAPTI, building 256 devices of 32", w->k);
	each(w->k, MOVI, 1);
	timed(p, "MOVI, no translation used yet", w->k);
	messages(p, 1024, 5);
	run_guest(p, 1);
	each(w->k, INV, 0);
	timed(p, "INV", w->k);
	each(w->k, DISCARD, 0);
	timed(p, "DISCARD", w->k);
	destroy(p);
}

/* All devices signal, all LPIs are taken, then one moves: in a trap of its own. */
static void between_moves(void *ctx)
{
	struct peer *p = ctx;

	messages(p, 2048, 5);
	drain(p, 0);
	drain(p, 1);
	command(device(3) | MOVI, 3, (tail >> 5) & 1);
}

static void work_movi(const struct race_work *w)
{
	unsigned int rounds = 8, round;
	struct peer *p = boot_its(2);

	map(p, 0, 0, 2048, 5);
	race_begin();
	for (round = 0; round < rounds; round++) {
		race_aside(between_moves, p);
		ring(p);
	}
	race_end(w->name, rounds);
	destroy(p);
}

/* 57,344 LPIs of 224 devices. They stay pending: taking them all is work_lpi() with a large k. */
static void work_many(const struct race_work *w)
{
	struct peer *p = boot_its(2);
	unsigned int i;

	for (i = 0; i < w->k; i++) {
		if (!(i & 255))
			command(device(i >> 8) | MAPD, 7, 1ull << 63 | (TABLES + 0x200000));
		command(device(i >> 8) | MAPTI, (race_u64)(8192 + i) << 32 | (i & 255), 0);
		if (i % 16384 == 16383)
			ring(p);
	}
	ring(p);
	race_begin();
	messages(p, w->k, 8);
	race_end("MSI, first of each of 224 x 256", w->k);
	race_begin();
	messages(p, w->k, 8);
	race_end("MSI to a queued LPI, 224 x 256", w->k);
	command(device(3) | MOVI, 3, 0);
	ring(p);
	race_begin();
	messages(p, w->k, 8);
	race_end("MSI to a queued LPI, 224 x 256, after a MOVI", w->k);
	command(INVALL, 0, 0);
	timed(p, "INVALL over 57,344 LPIs", 1);
	destroy(p);
}

/* --- registers --- */

static const struct access {
	const char *name;
	_Bool write;
	race_u64 gpa;
	unsigned int size;
	race_u64 value;
} accesses[] = {
	{ "GICD_ISPENDR read, 32 interrupts", 0, RACE_GICD + 0x208, 4, 0 },
	{ "GICD_ISENABLER read", 0, RACE_GICD + 0x108, 4, 0 },
	{ "GICD_IPRIORITYR read", 0, RACE_GICD + 0x444, 4, 0 },
	{ "GICD_IPRIORITYR write, a byte", 1, RACE_GICD + 0x446, 1, 0xa0 },
	{ "GICD_ICFGR read", 0, RACE_GICD + 0xc10, 4, 0 },
	{ "GICD_IROUTER read", 0, RACE_GICD + 0x6230, 8, 0 },
	{ "GICD_ICENABLER write, one bit", 1, RACE_GICD + 0x188, 4, 32 },
	{ "GICD_ISENABLER write, one bit", 1, RACE_GICD + 0x108, 4, 32 },
	{ "GICD_ISPENDR write, one bit", 1, RACE_GICD + 0x208, 4, 32 },
	{ "GICD_ICPENDR write, one bit", 1, RACE_GICD + 0x288, 4, 32 },
	{ "GICD_CTLR read", 0, RACE_GICD, 4, 0 },
	{ "GICR_ISENABLER0 read", 0, RACE_GICR + 0x10100, 4, 0 },
	{ "GICR_TYPER read", 0, RACE_GICR + 8, 8, 0 },
};

static void work_registers(const struct race_work *w)
{
	unsigned int rounds = w->k * race_scale, round, i;
	struct peer *p = boot(4, 0);
	race_u64 value = 0;

	for (i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		const struct access *a = &accesses[i];

		race_begin();
		for (round = 0; round < rounds; round++)
			if (a->write)
				store(p, 0, a->gpa, a->size, a->value);
			else
				value = load(p, 0, a->gpa, a->size);
		race_end(a->name, rounds);
		race_log(a->gpa == RACE_GICR + 8 ? 0 : value); /* GICR_TYPER tells features */
	}
	destroy(p);
}

static void drain_last(void *ctx)
{
	drain(ctx, 511);
}

static void work_512(const struct race_work *w)
{
	unsigned int rounds = w->k * race_scale, round, i;
	struct peer *p = boot(512, 0);

	race_begin();
	for (round = 0; round < rounds; round++)
		store(p, 0, RACE_GICD + 0x6230, 8, 0x1f0e + (round & 1)); /* GICD_IROUTER: vCPU 510 or 511 */
	race_end("GICD_IROUTER write, last of 512 vCPUs", rounds);
	store(p, 0, RACE_GICD + 0x6230, 8, 0x1f0f);
	race_log(load(p, 0, RACE_GICD + 0x6230, 8));
	inject(p, 0x230 / 8);
	drain_last(p);
	race_begin();
	for (round = 0; round < rounds / 16; round++) {
		for (i = 0; i < 16; i++)
			sgi(p, 0, (race_u64)i << 24 | 31u << 16 | 1u << 15);
		race_aside(drain_last, p);
	}
	race_end("SGI to the last of 512 vCPUs", rounds / 16 * 16);
	race_begin();
	sgi(p, 0, 1ull << 40);
	race_end("SGI to 511 others, each", 511);
	for (i = 0; i < 512; i++)
		drain(p, i);
	destroy(p);
}

/* --- threads --- */

/* Some milliseconds: on a machine that is not ours alone the best of many is an undisturbed one. */
#define EACH (4000 * race_scale)

/* Thread n signals the 16 events of device n again and again; their LPIs wait already. */
static void coalesce(void *ctx, unsigned int thread)
{
	unsigned int i;

	for (i = 0; i < EACH; i++)
		msi(ctx, thread * 7, i & 15);
}

static void work_coalesce(const struct race_work *w)
{
	struct peer *p = boot_its(2);

	map(p, 0, 0, 64, 5);
	messages(p, 64, 5);
	race_threads(w->name, w->k, EACH, coalesce, p);
	run_guest(p, 0);
	destroy(p);
}

/*
 * Thread n has 16 events and a vCPU for itself: 16 messages, then the guest takes them. The events of two threads are
 * those of devices far apart, of neighbours, or every other one of the same device, as of a device with two queues.
 */
static const unsigned int *layout;
static const unsigned int far_apart[] = { 20, 0, 1 }, neighbours[] = { 1, 0, 1 }, interleaved[] = { 0, 1, 2 };

static void pair(void *ctx, unsigned int thread)
{
	unsigned int device = thread * layout[0] * 7, first = thread * layout[1], step = layout[2], i;

	for (i = 0; i < EACH; i++) {
		msi(ctx, device, first + (i & 15) * step);
		if ((i & 15) == 15) {
			flush(ctx, thread);
			race_need(race_guest_thread(lrs(ctx, thread)) == 16);
			sync(ctx, thread);
		}
	}
}

static void pairs(const struct race_work *w, const unsigned int *which)
{
	struct peer *p = boot_its(2);
	unsigned int i;

	layout = which;
	map(p, 0, 0, 1024, 5);
	for (i = 0; i < 16; i++)
		command(device(layout[0]) | MOVI, layout[1] + i * layout[2], 1);
	ring(p);
	messages(p, 1024, 5);
	for (i = 0; i < 2; i++)
		run_guest(p, i);
	race_threads(w->name, w->k, EACH, pair, p);
	destroy(p);
}

static void work_far(const struct race_work *w)
{
	pairs(w, far_apart);
}

static void work_near(const struct race_work *w)
{
	pairs(w, neighbours);
}

static void work_queues(const struct race_work *w)
{
	pairs(w, interleaved);
}

/* --- memory --- */

static void work_memory(const struct race_work *w)
{
	unsigned long before;
	struct peer *p;

	before = race_allocated;
	p = create(1, 0);
	before = race_allocated - before;
	destroy(p);
	p = create(1 + w->k, 0);
	race_bytes("memory per vCPU", (race_allocated - before) / w->k - VCPU_OVERHEAD);
	destroy(p);
	p = boot_its(1);
	before = race_allocated;
	map(p, 0, 0, 8192, 5);
	messages(p, 8192, 5);
	run_guest(p, 0);
	race_bytes("memory per mapped LPI and its event", (race_allocated - before + 8191) / 8192 + pool_bytes());
	destroy(p);
}

static const struct race_work works[] = {
	{ "random", RACE_EQUAL, work_random, 200000 },
	{ "SPI round trip, k=1", RACE_ROUND, work_spi, 1 },
	{ "SPI round trip, k=16", RACE_ROUND, work_spi, 16 },
	{ "SPI round trip, k=256", RACE_ROUND, work_spi, 256 },
	{ "SPI round trip, k=960", RACE_ROUND, work_spi, 960 },
	{ "LPI round trip, k=1", RACE_ROUND, work_lpi, 1 },
	{ "LPI round trip, k=16", RACE_ROUND, work_lpi, 16 },
	{ "LPI round trip, k=256", RACE_ROUND, work_lpi, 256 },
	{ "LPI round trip, k=1024", RACE_ROUND, work_lpi, 1024 },
	{ "SGI round trip, k=1", RACE_ROUND, work_sgi, 1 },
	{ "exit and entry, k=0", RACE_ROUND, work_idle, 0 },
	{ "exit and entry, k=16", RACE_ROUND, work_idle, 16 },
	{ "exit and entry, k=1024", RACE_ROUND, work_idle, 1024 },
	{ "MSI to a queued LPI, 64 x 32", RACE_ROUND, work_msi, 2048 },
	{ "LPIs, 224 x 256", RACE_LARGE, work_many, MANY_LPIS },
	{ "commands", RACE_ROUND, work_commands, 8192 },
	{ "MOVI alone in a trap, 2,048 translations in use", RACE_ROUND, work_movi, 2048 },
	{ "registers", RACE_ROUND, work_registers, 100 },
	{ "512 vCPUs", RACE_ROUND, work_512, 160 },
	{ "MSI to queued LPIs, one thread", RACE_PARALLEL, work_coalesce, 1 },
	{ "MSI to queued LPIs, two threads", RACE_PARALLEL, work_coalesce, 2 },
	{ "LPI round trips, one thread", RACE_PARALLEL, work_far, 1 },
	{ "LPI round trips, two threads, devices far apart", RACE_PARALLEL, work_far, 2 },
	{ "LPI round trips, two threads, neighbouring devices", RACE_PARALLEL, work_near, 2 },
	{ "LPI round trips, two threads, queues of one device", RACE_PARALLEL, work_queues, 2 },
	{ "memory", RACE_SIZE, work_memory, 8 },
};

#define NR_WORKS (sizeof(works) / sizeof(works[0]))

#endif
