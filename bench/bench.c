/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What operations cost, in instructions: run under callgrind by run.py, which turns the dump after each measurement
 * into a figure. Built with the library's sources at -O2, hardware mode (flush and sync), no statistics, no trace. The
 * guest's part of an interrupt (acknowledge and end) is what the hardware does to a list register: its state becomes 0.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <string.h>

#include <valgrind/callgrind.h>

#include "bench.h"

#define ROUNDS 200u

/* One thread, and kicks that go nowhere: their cost is the hypervisor's. */
size_t allocated;

static void *op_alloc(void *ctx, size_t size)
{
	(void)ctx;
	allocated += size;
	return calloc(1, size);
}

static void op_free(void *ctx, void *mem, size_t size)
{
	(void)ctx;
	(void)size;
	free(mem);
}

static void *op_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	(void)ctx;
	(void)rank;
	return malloc(1);
}

static void op_lock_destroy(void *ctx, void *lock)
{
	(void)ctx;
	free(lock);
}

static uintptr_t op_lock(void *ctx, void *lock)
{
	(void)ctx;
	(void)lock;
	return 0;
}

static void op_unlock(void *ctx, void *lock, uintptr_t flags)
{
	(void)ctx;
	(void)lock;
	(void)flags;
}

static void op_vcpu(void *vctx)
{
	(void)vctx;
}

void need(enum lvgic_status status)
{
	if (status != LVGIC_OK) {
		fprintf(stderr, "bench: %s\n", lvgic_strstatus(status));
		exit(1);
	}
}

void expect(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s\n", what);
		exit(1);
	}
}

/* Guest memory: one piece, at BENCH_RAM. */
static uint8_t *ram;

uint8_t *bench_ram(uint64_t gpa)
{
	if (!ram)
		ram = calloc(1, BENCH_RAM_SIZE);
	expect(ram != NULL, "no memory");
	return ram + (gpa - BENCH_RAM);
}

static enum lvgic_status op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	if (gpa < BENCH_RAM || gpa - BENCH_RAM > BENCH_RAM_SIZE - len)
		return LVGIC_ERR_FAULT;
	memcpy(buf, ram + (gpa - BENCH_RAM), len);
	return LVGIC_OK;
}

static enum lvgic_status op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	(void)ctx;
	if (gpa < BENCH_RAM || gpa - BENCH_RAM > BENCH_RAM_SIZE - len)
		return LVGIC_ERR_FAULT;
	memcpy(ram + (gpa - BENCH_RAM), buf, len);
	return LVGIC_OK;
}

static void op_defer(void *ctx)
{
	(void)ctx;
}

const struct lvgic_ops ops = {
	.size = sizeof(ops),
	.alloc = op_alloc,
	.free = op_free,
	.lock_create = op_lock_create,
	.lock_destroy = op_lock_destroy,
	.lock = op_lock,
	.unlock = op_unlock,
	.kick = op_vcpu,
	.halt = op_vcpu,
	.resume = op_vcpu,
	.mem_read = op_mem_read,
	.mem_write = op_mem_write,
	.defer = op_defer,
};

/* A VM whose guest has enabled everything: edge-triggered SPIs in Group 1 at vCPU 0, all SGIs. */
static struct lvgic *vm_create(uint32_t nr_vcpus, uint32_t nr_lrs)
{
	struct lvgic_config cfg = { .size = sizeof(cfg), .nr_vcpus = nr_vcpus, .nr_spis = 992, .nr_lrs = nr_lrs };
	struct lvgic_vcpu *v;
	struct lvgic *vg;
	uint32_t i;

	need(lvgic_create(&cfg, &ops, NULL, &vg));
	for (i = 0; i < nr_vcpus; i++)
		need(lvgic_vcpu_create(vg, i, i % 16 | i / 16 << 8, NULL, &v));
	need(lvgic_set_dist(vg, 0x08000000));
	need(lvgic_add_redists(vg, 0x080a0000, nr_vcpus));
	need(lvgic_start(vg));
	for (i = 1; i < 32; i++) {
		lvgic_dist_write(vg, NULL, GICD_IGROUPR + 4 * i, 4, 0xffffffff);
		lvgic_dist_write(vg, NULL, GICD_ISENABLER + 4 * i, 4, 0xffffffff);
	}
	for (i = 2; i < 64; i++)
		lvgic_dist_write(vg, NULL, GICD_ICFGR + 4 * i, 4, 0xaaaaaaaa);
	for (i = 0; i < nr_vcpus; i++) {
		v = lvgic_vcpu_by_id(vg, i);
		lvgic_redist_write(v, NULL, GICR_SGI_BASE + 0x80, 4, 0xffffffff);
		lvgic_redist_write(v, NULL, GICR_SGI_BASE + 0x100, 4, 0xffff);
		need(lvgic_icc_write(v, ICC_PMR_EL1, 0xf8));
		need(lvgic_icc_write(v, ICC_IGRPEN1_EL1, 1));
	}
	lvgic_dist_write(vg, NULL, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	for (i = 0; i < nr_vcpus; i++) {
		lvgic_vcpu_flush(lvgic_vcpu_by_id(vg, i));
		lvgic_vcpu_sync(lvgic_vcpu_by_id(vg, i));
	}
	return vg;
}

/* The guest takes and ends everything that is in its list registers. Returns how many that were. */
static uint32_t guest(struct lvgic_vcpu *v, uint32_t nr_lrs)
{
	struct lvgic_ich *ich = lvgic_vcpu_ich(v);
	uint32_t n, taken = 0;

	for (n = 0; n < nr_lrs; n++)
		if (ich->lr[n]) {
			ich->lr[n] = 0;
			taken++;
		}
	return taken;
}

uint32_t run_guest(struct lvgic_vcpu *v, uint32_t nr_lrs)
{
	uint32_t taken = 0, n;

	do {
		lvgic_vcpu_flush(v);
		/* What the hardware does costs no instructions. */
		CALLGRIND_TOGGLE_COLLECT;
		n = guest(v, nr_lrs);
		CALLGRIND_TOGGLE_COLLECT;
		lvgic_vcpu_sync(v);
		taken += n;
	} while (n == nr_lrs);
	return taken;
}

/* A figure: what ran since begin(), divided by "per". run.py knows the unit and the goal by the name. */
void begin(void)
{
	CALLGRIND_ZERO_STATS;
}

void end(uint32_t per, const char *fmt, ...)
{
	char text[128];
	size_t len;
	va_list ap;

	/* Our own work is not counted. */
	CALLGRIND_TOGGLE_COLLECT;
	va_start(ap, fmt);
	len = (size_t)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(text + len, sizeof(text) - len, "=%" PRIu32, per);
	CALLGRIND_DUMP_STATS_AT(text);
	CALLGRIND_TOGGLE_COLLECT;
}

static void bench_spi(uint32_t k, uint32_t nr_lrs)
{
	struct lvgic *vg = vm_create(1, nr_lrs);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);
	uint32_t round, i, rounds = k < 16 ? ROUNDS : 4, taken = 0;

	begin();
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < k; i++)
			need(lvgic_inject(vg, NULL, 32 + i, true));
		taken += run_guest(v, nr_lrs);
	}
	end(rounds * k, "spi.inject-to-eoi.k%u.lr%u", k, nr_lrs);
	expect(taken == rounds * k, "SPIs lost");
	lvgic_destroy(vg);
}

/* A vCPU has 16 SGIs: more pending ones are at more vCPUs. */
static void bench_sgi(uint32_t k, uint32_t nr_lrs)
{
	uint32_t per_vcpu = k < 16 ? k : 16, nr = k / per_vcpu, rounds = k < 16 ? ROUNDS : 4;
	struct lvgic *vg = vm_create(nr, nr_lrs);
	struct lvgic_vcpu *self = lvgic_vcpu_by_id(vg, 0);
	uint32_t round, i, id, taken = 0;

	begin();
	for (round = 0; round < rounds; round++) {
		for (id = 0; id < nr; id++)
			for (i = 0; i < per_vcpu; i++)
				need(lvgic_icc_write(self, ICC_SGI1R_EL1,
				                     (uint64_t)i << 24 | (id / 16) << 16 | 1u << (id % 16)));
		for (id = 0; id < nr; id++)
			taken += run_guest(lvgic_vcpu_by_id(vg, id), nr_lrs);
	}
	end(rounds * k, "sgi.inject-to-eoi.k%u.lr%u", k, nr_lrs);
	expect(taken == rounds * k, "SGIs lost");
	lvgic_destroy(vg);
}

static void bench_idle(uint32_t k, uint32_t nr_lrs)
{
	struct lvgic *vg = vm_create(1, nr_lrs);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);
	uint32_t i;

	for (i = 0; i < k; i++)
		need(lvgic_inject(vg, NULL, 32 + i, true));
	lvgic_vcpu_flush(v);
	begin();
	for (i = 0; i < ROUNDS; i++) {
		lvgic_vcpu_sync(v);
		lvgic_vcpu_flush(v);
	}
	end(ROUNDS, "idle.exit-entry.k%u.lr%u", k, nr_lrs);
	expect(run_guest(v, nr_lrs) >= (k < nr_lrs ? k : nr_lrs), "interrupts lost");
	lvgic_destroy(vg);
}

static void bench_sgi_many(void)
{
	struct lvgic *vg = vm_create(512, 4);
	struct lvgic_vcpu *self = lvgic_vcpu_by_id(vg, 0);
	uint32_t i, id;

	begin();
	for (i = 0; i < 16; i++)
		need(lvgic_icc_write(self, ICC_SGI1R_EL1, (uint64_t)i << 24 | 31u << 16 | 1u << 15));
	end(16, "sgi.last-of-512");
	expect(run_guest(lvgic_vcpu_by_id(vg, 511), 4) == 16, "SGI to the last vCPU lost");
	begin();
	for (i = 0; i < 8; i++)
		need(lvgic_icc_write(self, ICC_SGI1R_EL1, (uint64_t)i << 24 | ICC_SGIR_IRM));
	end(8 * 511, "sgi.broadcast-512.per-target");
	for (id = 1; id < 512; id++)
		expect(run_guest(lvgic_vcpu_by_id(vg, id), 4) == 8, "broadcast lost");
	lvgic_destroy(vg);
}

static const struct {
	const char *name;
	bool write;
	uint32_t offset; /* Distributor; with 0x100000 Redistributor of vCPU 0 */
	uint32_t size;
	uint64_t value;
} accesses[] = {
	{ "gicd.ctlr.read", false, GICD_CTLR, 4, 0 },
	{ "gicd.ctlr.write-same", true, GICD_CTLR, 4, GICD_CTLR_EnableGrp1 },
	{ "gicd.typer.read", false, GICD_TYPER, 4, 0 },
	{ "gicd.igroupr.read", false, GICD_IGROUPR + 8, 4, 0 },
	{ "gicd.isenabler.read", false, GICD_ISENABLER + 8, 4, 0 },
	{ "gicd.isenabler.write-1", true, GICD_ISENABLER + 8, 4, 1u << 5 },
	{ "gicd.icenabler.write-1", true, GICD_ICENABLER + 8, 4, 1u << 5 },
	{ "gicd.ispendr.read", false, GICD_ISPENDR + 8, 4, 0 },
	{ "gicd.ispendr.write-1", true, GICD_ISPENDR + 8, 4, 1u << 5 },
	{ "gicd.icpendr.write-1", true, GICD_ICPENDR + 8, 4, 1u << 5 },
	{ "gicd.isactiver.read", false, GICD_ISACTIVER + 8, 4, 0 },
	{ "gicd.icactiver.write-1", true, GICD_ICACTIVER + 8, 4, 1u << 5 },
	{ "gicd.ipriorityr.read-byte", false, GICD_IPRIORITYR + 70, 1, 0 },
	{ "gicd.ipriorityr.write-byte", true, GICD_IPRIORITYR + 70, 1, 0xa0 },
	{ "gicd.ipriorityr.read", false, GICD_IPRIORITYR + 68, 4, 0 },
	{ "gicd.icfgr.read", false, GICD_ICFGR + 16, 4, 0 },
	{ "gicd.icfgr.write-same", true, GICD_ICFGR + 16, 4, 0xaaaaaaaa },
	{ "gicd.irouter.read", false, GICD_IROUTER + 8 * 70, 8, 0 },
	{ "gicd.irouter.write", true, GICD_IROUTER + 8 * 70, 8, 0x1f0f },
	{ "gicr.isenabler0.read", false, 0x100000 + GICR_SGI_BASE + 0x100, 4, 0 },
	{ "gicr.typer.read", false, 0x100000 + GICR_TYPER, 8, 0 },
	{ "gicr.waker.read", false, 0x100000 + GICR_WAKER, 4, 0 },
	{ "gicd.reserved.read", false, 0x0d80, 4, 0 },
};

static void bench_mmio(void)
{
	struct lvgic *vg = vm_create(512, 4);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		uint64_t gpa = accesses[i].offset & 0x100000 ? 0x080a0000 + (accesses[i].offset & 0xfffff) :
		                                               0x08000000 + accesses[i].offset;
		uint32_t round;

		begin();
		for (round = 0; round < ROUNDS; round++) {
			if (accesses[i].write)
				need(lvgic_mmio_write(vg, v, gpa, accesses[i].size, accesses[i].value));
			else
				need(lvgic_mmio_read(vg, v, gpa, accesses[i].size, &value));
		}
		end(ROUNDS, "%s", accesses[i].name);
	}
	lvgic_destroy(vg);
}

/* What a VM asks ops->alloc for: per SPI and per vCPU by difference. */
static void bench_memory(void)
{
	struct lvgic_config cfg = { .size = sizeof(cfg), .nr_vcpus = 1, .nr_spis = 32, .nr_lrs = 16 };
	struct lvgic_vcpu *v;
	struct lvgic *vg;
	size_t vm32;

	allocated = 0;
	need(lvgic_create(&cfg, &ops, NULL, &vg));
	vm32 = allocated;
	printf("memory.vm.32-spis=%zu\n", vm32);
	allocated = 0;
	need(lvgic_vcpu_create(vg, 0, 0, NULL, &v));
	printf("memory.vcpu=%zu\n", allocated);
	lvgic_destroy(vg);
	cfg.nr_spis = 992;
	allocated = 0;
	need(lvgic_create(&cfg, &ops, NULL, &vg));
	printf("memory.spi=%zu\n", (allocated - vm32) / 960);
	lvgic_destroy(vg);
}

int main(void)
{
	static const uint32_t ks[] = { 1, 16, 256, 960 }, lrs[] = { 4, 16 };
	size_t i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 2; j++) {
			bench_spi(ks[i], lrs[j]);
			bench_sgi(ks[i], lrs[j]);
		}
	for (j = 0; j < 2; j++) {
		bench_idle(0, lrs[j]);
		bench_idle(960, lrs[j]);
	}
	bench_sgi_many();
	bench_mmio();
	bench_memory();
	bench_its();
	bench_v4();
	free(ram);
	return 0;
}
