/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * libvgic as a peer of the race: hardware mode, default budgets, no statistics, no trace.
 */
#include <libvgic/libvgic.h>

#include "common.h"

struct peer {
	struct lvgic *vg;
	struct lvgic_vcpu *vcpu[512];
};

static void *op_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return race_alloc(size);
}

static void op_free(void *ctx, void *mem, size_t size)
{
	(void)ctx;
	(void)size;
	race_free(mem);
}

static void *op_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	(void)ctx;
	(void)rank;
	return race_alloc(sizeof(struct race_lock));
}

static void op_lock_destroy(void *ctx, void *lock)
{
	(void)ctx;
	race_free(lock);
}

static uintptr_t op_lock(void *ctx, void *lock)
{
	(void)ctx;
	race_lock(lock);
	return 0;
}

static void op_unlock(void *ctx, void *lock, uintptr_t flags)
{
	(void)ctx;
	(void)flags;
	race_unlock(lock);
}

static void op_kick(void *vctx)
{
	(void)vctx;
	race_kick();
}

static enum lvgic_status op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	(void)ctx;
	return race_ram_read(gpa, buf, len) ? LVGIC_OK : LVGIC_ERR_FAULT;
}

static enum lvgic_status op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	(void)ctx;
	return race_ram_write(gpa, buf, len) ? LVGIC_OK : LVGIC_ERR_FAULT;
}

static void op_defer(void *ctx)
{
	(void)ctx;
}

static const struct lvgic_ops ops = {
	.size = sizeof(ops),
	.alloc = op_alloc,
	.free = op_free,
	.lock_create = op_lock_create,
	.lock_destroy = op_lock_destroy,
	.lock = op_lock,
	.unlock = op_unlock,
	.kick = op_kick,
	.halt = op_kick,
	.resume = op_kick,
	.mem_read = op_mem_read,
	.mem_write = op_mem_write,
	.defer = op_defer,
};

static struct peer *create(unsigned int nr_vcpus, _Bool its)
{
	const struct lvgic_config cfg = { .size = sizeof(cfg),
		                          .nr_vcpus = nr_vcpus,
		                          .nr_spis = 960,
		                          .nr_lrs = RACE_LRS,
		                          .lpi_id_bits = its ? 16 : 0,
		                          .max_lpis = its ? 57344 : 0 };
	const struct lvgic_its_config its_cfg = {
		.size = sizeof(its_cfg), .gpa = RACE_GITS, .max_devices = 1024, .max_events = 65536
	};
	struct peer *p = race_alloc(sizeof(*p));
	struct lvgic_its *unused;
	unsigned int i;

	race_need(lvgic_create(&cfg, &ops, NULL, &p->vg) == LVGIC_OK);
	for (i = 0; i < nr_vcpus; i++)
		race_need(lvgic_vcpu_create(p->vg, i, i % 16 | i / 16 << 8, NULL, &p->vcpu[i]) == LVGIC_OK);
	race_need(lvgic_set_dist(p->vg, RACE_GICD) == LVGIC_OK);
	race_need(lvgic_add_redists(p->vg, RACE_GICR, nr_vcpus) == LVGIC_OK);
	race_need(!its || lvgic_its_create(p->vg, &its_cfg, &unused) == LVGIC_OK);
	race_need(lvgic_start(p->vg) == LVGIC_OK);
	/* What the guest writes into ICC_PMR_EL1 and ICC_IGRPEN1_EL1 arrives in the hardware's ICH_VMCR_EL2. */
	for (i = 0; i < nr_vcpus; i++)
		lvgic_vcpu_ich(p->vcpu[i])->vmcr = 0xf8u << ICH_VMCR_VPMR_SHIFT | ICH_VMCR_VENG1;
	return p;
}

static void destroy(struct peer *p)
{
	lvgic_destroy(p->vg);
	race_free(p);
}

static inline void inject(struct peer *p, unsigned int intid)
{
	race_need(lvgic_inject(p->vg, NULL, intid, true) == LVGIC_OK);
}

static inline void msi(struct peer *p, unsigned int device, unsigned int event)
{
	race_need(lvgic_inject_msi(lvgic_its_by_gpa(p->vg, RACE_GITS + GITS_TRANSLATER), device, event) == LVGIC_OK);
}

static inline void sgi(struct peer *p, unsigned int vcpu, race_u64 value)
{
	race_need(lvgic_icc_write(p->vcpu[vcpu], ICC_SGI1R_EL1, value) == LVGIC_OK);
}

static inline void flush(struct peer *p, unsigned int vcpu)
{
	lvgic_vcpu_flush(p->vcpu[vcpu]);
}

static inline void sync(struct peer *p, unsigned int vcpu)
{
	lvgic_vcpu_sync(p->vcpu[vcpu]);
}

static inline race_u64 *lrs(struct peer *p, unsigned int vcpu)
{
	return (race_u64 *)lvgic_vcpu_ich(p->vcpu[vcpu])->lr;
}

static inline race_u64 load(struct peer *p, unsigned int vcpu, race_u64 gpa, unsigned int size)
{
	uint64_t value;

	race_need(lvgic_mmio_read(p->vg, p->vcpu[vcpu], gpa, size, &value) == LVGIC_OK);
	return value;
}

static inline void store(struct peer *p, unsigned int vcpu, race_u64 gpa, unsigned int size, race_u64 value)
{
	race_need(lvgic_mmio_write(p->vg, p->vcpu[vcpu], gpa, size, value) == LVGIC_OK);
}

static inline void settle(struct peer *p)
{
	while (lvgic_run_deferred(p->vg))
		;
}

/* The pools are allocated at creation: an LPI and an event slot, by the difference between two VMs. */
static unsigned long pools(unsigned int lpis, unsigned int events)
{
	const struct lvgic_config cfg = {
		.size = sizeof(cfg), .nr_vcpus = 1, .nr_spis = 32, .lpi_id_bits = 16, .max_lpis = lpis
	};
	const struct lvgic_its_config its_cfg = {
		.size = sizeof(its_cfg), .gpa = RACE_GITS, .max_devices = 256, .max_events = events
	};
	unsigned long before = race_allocated;
	struct lvgic_its *its;
	struct lvgic *vg;

	race_need(lvgic_create(&cfg, &ops, NULL, &vg) == LVGIC_OK);
	race_need(lvgic_its_create(vg, &its_cfg, &its) == LVGIC_OK);
	before = race_allocated - before;
	lvgic_destroy(vg);
	return before;
}

static unsigned long pool_bytes(void)
{
	return (pools(49152, 49152) - pools(16384, 16384) + 32767) / 32768;
}

#define VCPU_OVERHEAD 0

#include "work.h"

const struct race_peer race_peer_libvgic = { "libvgic", works, NR_WORKS, 0 };
