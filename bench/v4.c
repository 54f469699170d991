/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Costs of direct injection on the hypervisor's side. The hardware does everything at once and at no cost; how many
 * commands it is sent is counted beside the instructions. Of a forwarded LPI itself there is nothing to count: no
 * function of the library is called for it (tests/unit/test_v4_basic.c, test_forward).
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define NR      256u
#define CONFIG  BENCH_RAM
#define PENDING (BENCH_RAM + 0x100000)
#define TABLES  (BENCH_RAM + 0x400000)
#define QUEUE   (BENCH_RAM + 0x800000)
#define GITS    0x50000000ull

static uint64_t vpendbaser, commands;
static uint8_t table[65536];

static enum lvgic_status op_its_cmd(void *ctx, uint32_t its, const uint64_t cmd[4])
{
	(void)ctx;
	(void)its;
	(void)cmd;
	commands++;
	return LVGIC_OK;
}

static uint64_t op_vlpi_read(void *ctx, uint32_t cpu, uint32_t offset)
{
	(void)ctx;
	(void)cpu;
	(void)offset;
	return vpendbaser;
}

static void op_vlpi_write(void *ctx, uint32_t cpu, uint32_t offset, uint64_t value)
{
	(void)ctx;
	(void)cpu;
	if (offset == 0x78)
		vpendbaser = value;
}

static enum lvgic_status op_host_mask(void *ctx, const struct lvgic_host_irq *irq, bool mask)
{
	(void)ctx;
	(void)irq;
	(void)mask;
	return LVGIC_OK;
}

static enum lvgic_status op_borrow_cpu(void *ctx, struct lvgic_host_cpu *cpu)
{
	(void)ctx;
	*cpu = (struct lvgic_host_cpu){ .cpu = 2, .rdbase = 2 << 16 };
	return LVGIC_OK;
}

static void op_return_cpu(void *ctx, const struct lvgic_host_cpu *cpu)
{
	(void)ctx;
	(void)cpu;
}

struct bed {
	struct lvgic *vg;
	struct lvgic_vcpu *v;
	struct lvgic_its *its;
	uint32_t tail;
};

static void put(struct bed *b, uint64_t w0, uint64_t w1, uint64_t w2)
{
	const uint64_t cmd[4] = { w0, w1, w2, 0 };

	memcpy(bench_ram(QUEUE + b->tail), cmd, sizeof(cmd));
	b->tail += 32;
}

static void run(struct bed *b)
{
	lvgic_its_write(b->its, NULL, GITS_CWRITER, 8, b->tail);
	while (lvgic_run_deferred(b->vg))
		;
	expect(lvgic_its_read(b->its, NULL, GITS_CREADR, 8) == b->tail, "commands left");
}

static struct bed setup(bool v4_1)
{
	static const struct lvgic_host_vpe vpes[] = { { 0x10000, 1, 8192 },
		                                      { 0x20000, 2, 8193 },
		                                      { 0x30000, 3, 8194 } };
	const struct lvgic_config cfg = { .size = sizeof(cfg),
		                          .nr_vcpus = 2,
		                          .nr_spis = 32,
		                          .lpi_id_bits = 16,
		                          .trap_cmds = 8192,
		                          .trap_lpis = 65536 };
	const struct lvgic_its_config its = { .size = sizeof(its), .gpa = GITS };
	const struct lvgic_v4_config v4 = { .size = sizeof(v4),
		                            .flags = v4_1 ? LVGIC_V4_1 : 0,
		                            .nr_vpes = 2,
		                            .max_events = NR,
		                            .vpe = vpes,
		                            .config_table = table,
		                            .nr_host_its = 1 };
	struct lvgic_ops with = ops;
	struct lvgic_vcpu *v;
	struct bed b = { 0 };
	uint32_t i;

	with.its_cmd = op_its_cmd;
	with.vlpi_read = op_vlpi_read;
	with.vlpi_write = op_vlpi_write;
	with.host_mask = op_host_mask;
	with.borrow_cpu = op_borrow_cpu;
	with.return_cpu = op_return_cpu;
	memset(bench_ram(CONFIG), 0xa1, 0x10000);
	memset(bench_ram(PENDING), 0, 0x20000);
	need(lvgic_create(&cfg, &with, NULL, &b.vg));
	for (i = 0; i < 2; i++)
		need(lvgic_vcpu_create(b.vg, i, i, NULL, &v));
	need(lvgic_its_create(b.vg, &its, &b.its));
	need(lvgic_v4_create(b.vg, &v4));
	need(lvgic_start(b.vg));
	b.v = lvgic_vcpu_by_id(b.vg, 0);
	for (i = 0; i < 2; i++) {
		v = lvgic_vcpu_by_id(b.vg, i);
		lvgic_redist_write(v, NULL, GICR_PROPBASER, 8, CONFIG | 15);
		lvgic_redist_write(v, NULL, GICR_PENDBASER, 8, PENDING + i * 0x10000);
		lvgic_redist_write(v, NULL, GICR_CTLR, 4, GICR_CTLR_EnableLPIs);
	}
	lvgic_dist_write(b.vg, NULL, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	lvgic_its_write(b.its, NULL, GITS_BASER, 8, GITS_BASER_Valid | TABLES | 2 << 8 | 7);
	lvgic_its_write(b.its, NULL, GITS_BASER + 8, 8, GITS_BASER_Valid | (TABLES + 0x100000));
	lvgic_its_write(b.its, NULL, GITS_CBASER, 8, GITS_CBASER_Valid | QUEUE | 255);
	lvgic_its_write(b.its, NULL, GITS_CTLR, 4, GITS_CTLR_Enabled);
	for (i = 0; i < 2; i++)
		put(&b, GITS_CMD_MAPC, 0, 1ull << 63 | i << 16 | i);
	put(&b, 1ull << 32 | GITS_CMD_MAPD, 15, 1ull << 63 | TABLES);
	for (i = 0; i < NR; i++)
		put(&b, 1ull << 32 | GITS_CMD_MAPTI, (uint64_t)(8192 + i) << 32 | i, 0);
	run(&b);
	return b;
}

static void set(struct bed *b, uint32_t event)
{
	const struct lvgic_host_irq host = { .device = 5, .event = event, .intid = 9000 + event };

	need(lvgic_v4_set_forwarding(b->its, 1, event, &host));
}

/* A figure with the commands that it took beside it. */
static void finish(const char *name, uint32_t per)
{
	end(per, "%s", name);
	printf("%s.commands=%llu\n", name, (unsigned long long)commands / per);
}

static void start(void)
{
	commands = 0;
	begin();
}

static void bench_scheduling(bool v4_1)
{
	const struct lvgic_host_cpu cpus[] = { { .cpu = 0, .rdbase = 0 }, { .cpu = 1, .rdbase = 1 << 16 } };
	struct bed b = setup(v4_1);
	const char *version = v4_1 ? "v4.1" : "v4.0";
	char name[64];
	uint32_t i;

	set(&b, 0);
	lvgic_v4_load(b.v, &cpus[0]);
	lvgic_vcpu_flush(b.v);
	lvgic_vcpu_sync(b.v);
	start();
	for (i = 0; i < 1000; i++) {
		lvgic_vcpu_flush(b.v);
		lvgic_vcpu_sync(b.v);
	}
	snprintf(name, sizeof(name), "%s.exit-entry.resident", version);
	finish(name, 1000);
	start();
	for (i = 0; i < 1000; i++) {
		lvgic_v4_put(b.v);
		lvgic_v4_load(b.v, &cpus[0]);
	}
	snprintf(name, sizeof(name), "%s.put-and-load", version);
	finish(name, 1000);
	start();
	for (i = 0; i < 1000; i++) {
		lvgic_v4_put(b.v);
		lvgic_v4_load(b.v, &cpus[(i + 1) % 2]);
	}
	snprintf(name, sizeof(name), "%s.put-and-load.other-cpu", version);
	finish(name, 1000);
	start();
	for (i = 0; i < 1000; i++) {
		lvgic_vcpu_block(b.v);
		lvgic_vcpu_unblock(b.v);
	}
	snprintf(name, sizeof(name), "%s.block-and-unblock", version);
	finish(name, 1000);
	lvgic_vcpu_block(b.v);
	start();
	for (i = 0; i < 1000; i++)
		lvgic_v4_doorbell(b.v);
	snprintf(name, sizeof(name), "%s.doorbell", version);
	finish(name, 1000);
	lvgic_destroy(b.vg);
}

static void bench_forwarding(void)
{
	struct bed b = setup(false);
	uint32_t i;

	set(&b, 0);
	start();
	for (i = 1; i < NR; i++)
		set(&b, i);
	finish("v4.forward", NR - 1);
	for (i = 0; i < NR; i++)
		put(&b, 1ull << 32 | GITS_CMD_MOVI, i, 1);
	start();
	run(&b);
	finish("v4.movi", NR);
	memset(bench_ram(CONFIG), 0x51, NR);
	for (i = 0; i < NR; i++)
		put(&b, 1ull << 32 | GITS_CMD_INV, i, 0);
	start();
	run(&b);
	finish("v4.inv", NR);
	start();
	for (i = 1; i < NR; i++)
		need(lvgic_v4_unset_forwarding(b.its, 1, i));
	finish("v4.take-back", NR - 1);
	/* A message in software, of a VM that has the hardware. */
	start();
	for (i = 1; i < NR; i++)
		need(lvgic_inject_msi(b.its, 1, i));
	end(NR - 1, "v4.software-msi");
	lvgic_destroy(b.vg);
}

void bench_v4(void)
{
	bench_scheduling(false);
	bench_scheduling(true);
	bench_forwarding();
}
