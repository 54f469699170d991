/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Costs of messages, of ITS commands and of walks over LPIs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define CONFIG     BENCH_RAM
#define PENDING    (BENCH_RAM + 0x100000)
#define TABLES     (BENCH_RAM + 0x400000)
#define QUEUE      (BENCH_RAM + 0x800000)
#define QUEUE_SIZE 0x100000u
#define GITS       0x50000000ull
#define MAX_LPIS   57344u

struct bed {
	struct lvgic *vg;
	struct lvgic_vcpu *v;
	struct lvgic_its *its;
	uint32_t nr_lrs;
	uint32_t tail;
	uint32_t devices, bits; /* mapped: devices of 2^bits events, LPIs in order */
};

static void gits(struct bed *b, uint32_t offset, uint64_t value)
{
	lvgic_its_write(b->its, NULL, offset, offset == GITS_CTLR ? 4 : 8, value);
}

static void put(struct bed *b, uint64_t w0, uint64_t w1, uint64_t w2)
{
	const uint64_t cmd[4] = { w0, w1, w2, w2 };

	memcpy(bench_ram(QUEUE + b->tail), cmd, sizeof(cmd));
	b->tail = (b->tail + 32) % QUEUE_SIZE;
}

static void run(struct bed *b)
{
	gits(b, GITS_CWRITER, b->tail);
	while (lvgic_run_deferred(b->vg))
		;
	expect(lvgic_its_read(b->its, NULL, GITS_CREADR, 8) == b->tail, "commands left");
}

static uint64_t device(uint32_t d)
{
	return (uint64_t)(d * 7) << 32;
}

static struct bed setup(uint32_t nr_lrs, uint32_t trap_cmds)
{
	const struct lvgic_config cfg = { .size = sizeof(cfg),
		                          .nr_vcpus = 2,
		                          .nr_spis = 32,
		                          .nr_lrs = nr_lrs,
		                          .lpi_id_bits = 16,
		                          .max_lpis = MAX_LPIS,
		                          .trap_cmds = trap_cmds };
	const struct lvgic_its_config its = {
		.size = sizeof(its), .gpa = GITS, .max_devices = 1024, .max_events = 65536
	};
	struct bed b = { .nr_lrs = nr_lrs };
	struct lvgic_vcpu *v;
	uint32_t i;

	memset(bench_ram(CONFIG), 0xa1, MAX_LPIS);
	need(lvgic_create(&cfg, &ops, NULL, &b.vg));
	for (i = 0; i < 2; i++)
		need(lvgic_vcpu_create(b.vg, i, i, NULL, &v));
	need(lvgic_set_dist(b.vg, 0x08000000));
	need(lvgic_add_redists(b.vg, 0x080a0000, 2));
	need(lvgic_its_create(b.vg, &its, &b.its));
	need(lvgic_start(b.vg));
	b.v = lvgic_vcpu_by_id(b.vg, 0);
	for (i = 0; i < 2; i++) {
		v = lvgic_vcpu_by_id(b.vg, i);
		need(lvgic_icc_write(v, ICC_PMR_EL1, 0xf8));
		need(lvgic_icc_write(v, ICC_IGRPEN1_EL1, 1));
		lvgic_redist_write(v, NULL, GICR_PROPBASER, 8, CONFIG | 15);
		lvgic_redist_write(v, NULL, GICR_PENDBASER, 8, PENDING + i * 0x10000);
		lvgic_redist_write(v, NULL, GICR_CTLR, 4, GICR_CTLR_EnableLPIs);
		while (lvgic_run_deferred(b.vg))
			;
	}
	lvgic_dist_write(b.vg, NULL, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	gits(&b, GITS_BASER, GITS_BASER_Valid | TABLES | 2 << 8 | 7);
	gits(&b, GITS_BASER + 8, GITS_BASER_Valid | (TABLES + 0x100000));
	gits(&b, GITS_CBASER, GITS_CBASER_Valid | QUEUE | (QUEUE_SIZE / 4096 - 1));
	gits(&b, GITS_CTLR, GITS_CTLR_Enabled);
	for (i = 0; i < 2; i++)
		put(&b, GITS_CMD_MAPC, 0, 1ull << 63 | i << 16 | i);
	run(&b);
	lvgic_vcpu_flush(b.v);
	lvgic_vcpu_sync(b.v);
	return b;
}

static void map(struct bed *b, uint32_t devices, uint32_t bits)
{
	uint32_t i;

	b->devices = devices;
	b->bits = bits;
	for (i = 0; i < devices << bits && i < MAX_LPIS; i++) {
		if (!(i & ((1u << bits) - 1)))
			put(b, device(i >> bits) | GITS_CMD_MAPD, bits ? bits - 1 : 0, 1ull << 63 | TABLES);
		put(b, device(i >> bits) | GITS_CMD_MAPTI, (uint64_t)(8192 + i) << 32 | (i & ((1u << bits) - 1)), 0);
		if (i % 8192 == 8191)
			run(b);
	}
	run(b);
}

static void messages(struct bed *b, uint32_t n)
{
	uint32_t i, mask = (1u << b->bits) - 1;

	for (i = 0; i < n; i++)
		need(lvgic_inject_msi(b->its, (i >> b->bits) * 7, i & mask));
}

/* A message to an LPI that waits already. */
static void bench_message(uint32_t devices, uint32_t bits)
{
	struct bed b = setup(4, 0);
	uint32_t nr = devices << bits < MAX_LPIS ? devices << bits : MAX_LPIS;
	uint32_t rounds = nr < 1000 ? 1000 : 1, i;

	map(&b, devices, bits);
	messages(&b, nr);
	begin();
	for (i = 0; i < rounds; i++)
		messages(&b, nr);
	end(rounds * nr, "msi.queued.%ux%u", devices, 1u << bits);
	lvgic_destroy(b.vg);
}

static void bench_delivery(uint32_t k, uint32_t nr_lrs)
{
	struct bed b = setup(nr_lrs, 0);
	uint32_t rounds = k < 16 ? 200 : 4, round, taken = 0;

	map(&b, 32, 5);
	begin();
	for (round = 0; round < rounds; round++) {
		messages(&b, k);
		taken += run_guest(b.v, nr_lrs);
	}
	end(rounds * k, "msi.inject-to-eoi.k%u.lr%u", k, nr_lrs);
	expect(taken == rounds * k, "LPIs lost");
	lvgic_destroy(b.vg);
}

/* The average of many in one trap each: fetch, check, do. */
static void bench_command(const char *name, uint32_t others, uint32_t code)
{
	struct bed b = setup(4, 8192);
	uint32_t i;

	map(&b, others >> 10, 10);
	/* 256 devices of 32 events for MAPTI; the others act upon what is mapped. */
	for (i = 0; i < 256; i++)
		put(&b, device(128 + i) | GITS_CMD_MAPD, 4, 1ull << 63 | TABLES);
	run(&b);
	for (i = 0; i < 8192; i++)
		put(&b, device(128 + i / 32) | GITS_CMD_MAPTI, (uint64_t)(8192 + others + i) << 32 | i % 32, 0);
	if (code == GITS_CMD_MAPTI)
		begin();
	run(&b);
	for (i = 0; i < 8192 && code != GITS_CMD_MAPTI; i++)
		put(&b, device(128 + i / 32) | code, i % 32, 1);
	if (code != GITS_CMD_MAPTI)
		begin();
	run(&b);
	end(8192, "%s", name);
	lvgic_destroy(b.vg);
}

/* INVALL over all LPIs: per LPI, and the longest of the traps it takes. */
static void bench_invall(void)
{
	struct bed b = setup(4, 0);
	uint32_t i;

	map(&b, 56, 10);
	put(&b, GITS_CMD_INVALL, 0, 0);
	begin();
	run(&b);
	end(MAX_LPIS, "its.invall.57344.per-lpi");
	put(&b, GITS_CMD_INVALL, 0, 0);
	for (i = 0; i < 100; i++)
		put(&b, GITS_CMD_SYNC, 0, 0);
	/* One trap with all of its budget: configuration that changed, for the dearest. */
	memset(bench_ram(CONFIG), 0x51, MAX_LPIS);
	begin();
	gits(&b, GITS_CWRITER, b.tail);
	end(1, "its.trap.invall");
	run(&b);
	messages(&b, 1024);
	put(&b, GITS_CMD_MOVALL, 0, 0);
	*(uint64_t *)(void *)bench_ram(QUEUE + (b.tail + QUEUE_SIZE - 8) % QUEUE_SIZE) = 1 << 16;
	begin();
	gits(&b, GITS_CWRITER, b.tail);
	end(1, "its.trap.movall");
	run(&b);
	messages(&b, 1024);
	begin();
	lvgic_redist_write(b.v, NULL, GICR_CTLR, 4, 0);
	end(1, "its.trap.disable-lpis");
	while (lvgic_run_deferred(b.vg))
		;
	put(&b, device(0) | GITS_CMD_MAPD, 0, 0);
	begin();
	gits(&b, GITS_CWRITER, b.tail);
	end(1, "its.trap.mapd-off");
	run(&b);
	for (i = 0; i < 64; i++)
		put(&b, device(200) | GITS_CMD_MAPD, 15, 1ull << 63 | TABLES);
	begin();
	gits(&b, GITS_CWRITER, b.tail);
	end(1, "its.trap.64-commands");
	lvgic_destroy(b.vg);
}

static size_t bytes(uint32_t max_lpis, uint32_t max_devices, uint32_t max_events)
{
	const struct lvgic_config cfg = {
		.size = sizeof(cfg), .nr_vcpus = 1, .nr_spis = 32, .lpi_id_bits = 16, .max_lpis = max_lpis
	};
	const struct lvgic_its_config config = {
		.size = sizeof(config), .gpa = GITS, .max_devices = max_devices, .max_events = max_events
	};
	struct lvgic_its *its;
	struct lvgic *vg;

	allocated = 0;
	need(lvgic_create(&cfg, &ops, NULL, &vg));
	need(lvgic_its_create(vg, &config, &its));
	lvgic_destroy(vg);
	return allocated;
}

static void bench_memory(void)
{
	size_t base = bytes(16384, 256, 8192);

	printf("memory.lpi=%zu\n", (bytes(16384 + 32768, 256, 8192) - base + 32767) / 32768);
	printf("memory.event=%zu\n", (bytes(16384, 256, 8192 + 65536) - base + 65535) / 65536);
	printf("memory.device=%zu\n", (bytes(16384, 256 + 1024, 8192) - base) / 1024);
	printf("memory.vm.default-quotas=%zu\n", bytes(0, 0, 0));
}

void bench_its(void)
{
	static const uint32_t ks[] = { 1, 16, 256, 1024 }, lrs[] = { 4, 16 };
	size_t i, j;

	bench_message(1, 0);
	bench_message(64, 5);
	bench_message(224, 8);
	for (i = 0; i < 4; i++)
		for (j = 0; j < 2; j++)
			bench_delivery(ks[i], lrs[j]);
	bench_command("its.mapti", 0, GITS_CMD_MAPTI);
	bench_command("its.mapti.49k-mapped", 49152, GITS_CMD_MAPTI);
	bench_command("its.movi", 0, GITS_CMD_MOVI);
	bench_command("its.movi.49k-mapped", 49152, GITS_CMD_MOVI);
	bench_command("its.discard", 0, GITS_CMD_DISCARD);
	bench_command("its.discard.49k-mapped", 49152, GITS_CMD_DISCARD);
	bench_invall();
	bench_memory();
}
