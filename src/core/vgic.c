/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the life cycle of a VM's GIC and of its vCPUs, the places of the frames.
 * Locks: CONFIG.
 * Implements: reset values of IHI 0069 chapter 12; frame layout 12.1 (64 KiB Distributor, 128 KiB per Redistributor).
 */
#include "internal.h"
#include "v4/v4.h"

#define DIST_SIZE   0x10000ull
#define REDIST_SIZE 0x20000ull
#define ITS_SIZE    0x20000ull

static void *alloc(struct lvgic *vg, size_t size)
{
	return OPS(vg)->alloc(vg->ctx, size);
}

static void release(struct lvgic *vg, void *mem, size_t size)
{
	if (mem)
		OPS(vg)->free(vg->ctx, mem, size);
}

static size_t nr_handles(const struct lvgic *vg)
{
	return 1 + (size_t)vg->nr_shared + (size_t)vg->cfg.nr_vcpus * LVGIC_NR_PRIVATE;
}

/* The members about LPIs; all 0 without. */
static enum lvgic_status import_lpi_config(struct lvgic_config *cfg)
{
	uint32_t nr;

	if (!cfg->lpi_id_bits)
		return cfg->max_lpis || cfg->trap_cmds || cfg->trap_lpis ? LVGIC_ERR_INVAL : LVGIC_OK;
	if (cfg->lpi_id_bits < 14 || cfg->lpi_id_bits > 24)
		return LVGIC_ERR_INVAL;
	nr = (1u << cfg->lpi_id_bits) - LVGIC_FIRST_LPI;
	if (!cfg->max_lpis)
		cfg->max_lpis = nr < 8192 ? nr : 8192;
	if (!cfg->trap_cmds)
		cfg->trap_cmds = 64;
	if (!cfg->trap_lpis)
		cfg->trap_lpis = 1024;
	if (cfg->max_lpis > nr || cfg->trap_cmds > 65536 || cfg->trap_lpis < 64 || cfg->trap_lpis > 65536)
		return LVGIC_ERR_INVAL;
	return LVGIC_OK;
}

/* Fill in the defaults and check the ranges. */
static enum lvgic_status import_config(struct lvgic_config *cfg, const struct lvgic_config *in)
{
	const unsigned char *bytes = (const unsigned char *)in;
	size_t i;

	if (in->size < offsetof(struct lvgic_config, nr_vcpus) + sizeof(in->nr_vcpus))
		return LVGIC_ERR_OPS;
	*cfg = (struct lvgic_config){ .size = sizeof(*cfg) };
	for (i = sizeof(in->size); i < in->size; i++) {
		if (i < sizeof(*cfg))
			((unsigned char *)cfg)[i] = bytes[i];
		else if (bytes[i])
			return LVGIC_ERR_OPS;
	}
	if (!cfg->nr_spis)
		cfg->nr_spis = 256;
	if (!cfg->nr_lrs)
		cfg->nr_lrs = 4;
	if (!cfg->pri_bits)
		cfg->pri_bits = 5;
	if (!cfg->iidr)
		cfg->iidr = 0x4c00043bu;
	if ((cfg->flags & ~LVGIC_CONFIG_STATS) || cfg->reserved || !cfg->nr_vcpus || cfg->nr_vcpus > LVGIC_MAX_VCPUS ||
	    cfg->nr_spis % 32 || cfg->nr_spis > 992 || cfg->nr_lrs > LVGIC_MAX_LRS ||
	    cfg->pri_bits < LVGIC_MIN_PRI_BITS || cfg->pri_bits > LVGIC_MAX_PRI_BITS)
		return LVGIC_ERR_INVAL;
	return import_lpi_config(cfg);
}

static enum lvgic_status alloc_all(struct lvgic *vg)
{
	uint32_t nr = vg->cfg.nr_vcpus, g;
	bool ok;

	vg->nr_words = (nr + 63) / 64;
	vg->vcpu = alloc(vg, nr * sizeof(struct lvgic_vcpu *));
	vg->by_frame = alloc(vg, nr * sizeof(struct lvgic_vcpu *));
	vg->nr_shared = vg->cfg.nr_spis + vg->cfg.max_lpis;
	vg->spi = alloc(vg, vg->nr_shared * sizeof(*vg->spi));
	vg->lpi = vg->spi ? vg->spi + vg->cfg.nr_spis : NULL;
	vg->irouter = alloc(vg, vg->cfg.nr_spis * sizeof(*vg->irouter));
	vg->spi_pintid = alloc(vg, vg->cfg.nr_spis * sizeof(*vg->spi_pintid));
	vg->awake = alloc(vg, vg->nr_words * sizeof(*vg->awake));
	ok = vg->vcpu && vg->by_frame && vg->spi && vg->irouter && vg->spi_pintid && vg->awake;
	for (g = 0; g < NR_GROUPS; g++) {
		vg->eligible[g] = alloc(vg, vg->nr_words * sizeof(*vg->eligible[g]));
		ok = ok && vg->eligible[g];
	}
	if ((vg->cfg.flags & LVGIC_CONFIG_STATS) && OPS(vg)->clock) {
		vg->stamp = alloc(vg, nr_handles(vg) * sizeof(*vg->stamp));
		ok = ok && vg->stamp;
	}
	vg->config_lock = OPS(vg)->lock_create(vg->ctx, LVGIC_LOCK_CONFIG);
	vg->dist_lock = OPS(vg)->lock_create(vg->ctx, LVGIC_LOCK_DIST);
	vg->route_lock = OPS(vg)->lock_create(vg->ctx, LVGIC_LOCK_ROUTE);
	if (!ok || !vg->config_lock || !vg->dist_lock || !vg->route_lock)
		return LVGIC_ERR_NOMEM;
	return lpi_start(vg);
}

enum lvgic_status lvgic_create(const struct lvgic_config *cfg, const struct lvgic_ops *ops, void *ctx,
                               struct lvgic **out)
{
	struct lvgic_config config;
	struct lvgic_ops table;
	enum lvgic_status status;
	struct lvgic *vg;

	if (!cfg || !ops || !out)
		return LVGIC_ERR_INVAL;
	status = ops_import(&table, ops);
	if (status == LVGIC_OK)
		status = import_config(&config, cfg);
	if (status == LVGIC_OK && config.lpi_id_bits && (!table.mem_read || !table.mem_write || !table.defer))
		status = LVGIC_ERR_OPS;
	if (status != LVGIC_OK)
		return status;

	vg = table.alloc(ctx, sizeof(*vg));
	if (!vg)
		return LVGIC_ERR_NOMEM;
	vg->ops = table;
	vg->ctx = ctx;
	vg->cfg = config;
	mmio_start(vg);
	icc_start(vg);
	status = alloc_all(vg);
	if (status != LVGIC_OK) {
		lvgic_destroy(vg);
		return status;
	}
	*out = vg;
	return LVGIC_OK;
}

static size_t vcpu_size(const struct lvgic *vg)
{
	return sizeof(struct lvgic_vcpu) + (NR_GROUPS << vg->cfg.pri_bits) * sizeof(ring_t);
}

static void vcpu_free(struct lvgic *vg, struct lvgic_vcpu *v)
{
	if (!v)
		return;
	if (v->redist_lock)
		OPS(vg)->lock_destroy(vg->ctx, v->redist_lock);
	release(vg, v->stats, sizeof(*v->stats));
	release(vg, v, vcpu_size(vg));
}

void lvgic_destroy(struct lvgic *vg)
{
	uint32_t i, nr;

	if (!vg)
		return;
	nr = vg->cfg.nr_vcpus;
	v4_stop(vg);
	route_stop(vg);
	its_stop(vg);
	lpi_stop(vg);
	for (i = 0; vg->vcpu && i < nr; i++)
		vcpu_free(vg, vg->vcpu[i]);
	release(vg, vg->vcpu, nr * sizeof(struct lvgic_vcpu *));
	release(vg, vg->by_frame, nr * sizeof(struct lvgic_vcpu *));
	release(vg, vg->spi, vg->nr_shared * sizeof(*vg->spi));
	release(vg, vg->irouter, vg->cfg.nr_spis * sizeof(*vg->irouter));
	release(vg, vg->spi_pintid, vg->cfg.nr_spis * sizeof(*vg->spi_pintid));
	release(vg, vg->awake, vg->nr_words * sizeof(*vg->awake));
	for (i = 0; i < NR_GROUPS; i++)
		release(vg, vg->eligible[i], vg->nr_words * sizeof(*vg->eligible[i]));
	release(vg, vg->stamp, nr_handles(vg) * sizeof(*vg->stamp));
	if (vg->config_lock)
		OPS(vg)->lock_destroy(vg->ctx, vg->config_lock);
	if (vg->dist_lock)
		OPS(vg)->lock_destroy(vg->ctx, vg->dist_lock);
	if (vg->route_lock)
		OPS(vg)->lock_destroy(vg->ctx, vg->route_lock);
	release(vg, vg, sizeof(*vg));
}

/*
 * Power-on words. Group 0, priority 0, disabled (IHI 0069, 12.9: reset values that are not UNKNOWN; UNKNOWN ones are 0
 * here, and IROUTER names the PE with affinity 0, or none). SGIs are edge-triggered (12.11 GICR_ICFGR0).
 */
static uint64_t power_on_word(uint64_t old, bool edge, uint32_t target)
{
	uint64_t w = old & (W_LINE | W_HW | W_NOTIFY);

	return word_settle(word_set_target(word_flag(w, W_EDGE, edge), target));
}

static void private_reset(struct lvgic_vcpu *v)
{
	uint32_t i;

	for (i = 0; i < LVGIC_NR_PRIVATE; i++)
		irq_init(&v->priv[i], i, power_on_word(v->priv[i].word, i < LVGIC_NR_SGIS, v->id));
}

enum lvgic_status lvgic_vcpu_create(struct lvgic *vg, uint32_t id, uint32_t affinity, void *vctx,
                                    struct lvgic_vcpu **out)
{
	enum lvgic_status status = LVGIC_OK;
	struct lock_token lock;
	struct lvgic_vcpu *v;
	uint32_t i;

	if (!vg || !out || id >= vg->cfg.nr_vcpus)
		return LVGIC_ERR_INVAL;
	v = alloc(vg, vcpu_size(vg));
	if (!v)
		return LVGIC_ERR_NOMEM;
	v->vgic = vg;
	v->ctx = vctx;
	v->id = id;
	v->affinity = affinity;
	v->online = 1;
	v->fifo = (ring_t *)(v + 1);
	v->redist_lock = OPS(vg)->lock_create(vg->ctx, LVGIC_LOCK_REDIST);
	if (vg->cfg.flags & LVGIC_CONFIG_STATS)
		v->stats = alloc(vg, sizeof(*v->stats));
	if (!v->redist_lock || ((vg->cfg.flags & LVGIC_CONFIG_STATS) && !v->stats)) {
		vcpu_free(vg, v);
		return LVGIC_ERR_NOMEM;
	}
	vcpu_reset(v);
	private_reset(v);

	lock = lock_take(vg, vg->config_lock);
	if (vg->started)
		status = LVGIC_ERR_STATE;
	else if (vg->vcpu[id])
		status = LVGIC_ERR_EXIST;
	for (i = 0; status == LVGIC_OK && i < vg->cfg.nr_vcpus; i++)
		if (vg->vcpu[i] && vg->vcpu[i]->affinity == affinity)
			status = LVGIC_ERR_EXIST;
	if (status == LVGIC_OK) {
		vg->vcpu[id] = v;
		vg->nr_vcpus++;
		vg->awake[id / 64] |= 1ull << (id % 64);
		*out = v;
	}
	lock_drop(lock);
	if (status != LVGIC_OK)
		vcpu_free(vg, v);
	return status;
}

enum lvgic_status lvgic_vcpu_destroy(struct lvgic_vcpu *v)
{
	struct lvgic *vg;
	struct lock_token lock;
	bool started;

	if (!v)
		return LVGIC_ERR_INVAL;
	vg = v->vgic;
	lock = lock_take(vg, vg->config_lock);
	started = vg->started;
	if (!started) {
		vg->vcpu[v->id] = NULL;
		vg->nr_vcpus--;
		vg->awake[v->id / 64] &= ~(1ull << (v->id % 64));
	}
	lock_drop(lock);
	if (started)
		return LVGIC_ERR_STATE;
	vcpu_free(vg, v);
	return LVGIC_OK;
}

struct lvgic_vcpu *lvgic_vcpu_by_id(struct lvgic *vg, uint32_t id)
{
	return id < vg->cfg.nr_vcpus ? vg->vcpu[index_nospec(id, vg->cfg.nr_vcpus)] : NULL;
}

struct lvgic_vcpu *lvgic_vcpu_by_affinity(struct lvgic *vg, uint32_t affinity)
{
	return vg->started ? route_lookup(vg, affinity) : NULL;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* May a frame of "size" bytes be placed at gpa? CONFIG lock held. */
enum lvgic_status frame_check(const struct lvgic *vg, uint64_t gpa, uint64_t size)
{
	uint32_t i;

	if (vg->started)
		return LVGIC_ERR_STATE;
	/* Ends below 2^63, so that sums of two cannot wrap. */
	if (gpa % 0x10000 || gpa >> 63 || (gpa + size) >> 63)
		return LVGIC_ERR_INVAL;
	if (vg->has_dist && overlap(gpa, size, vg->dist_gpa, DIST_SIZE))
		return LVGIC_ERR_EXIST;
	for (i = 0; i < vg->nr_regions; i++)
		if (overlap(gpa, size, vg->region[i].gpa, vg->region[i].count * REDIST_SIZE))
			return LVGIC_ERR_EXIST;
	for (i = 0; i < vg->nr_its; i++)
		if (vg->its[i]->cfg.gpa != LVGIC_ITS_NO_GPA && overlap(gpa, size, vg->its[i]->cfg.gpa, ITS_SIZE))
			return LVGIC_ERR_EXIST;
	return LVGIC_OK;
}

enum lvgic_status lvgic_set_dist(struct lvgic *vg, uint64_t gpa)
{
	struct lock_token lock;
	enum lvgic_status status;

	if (!vg)
		return LVGIC_ERR_INVAL;
	lock = lock_take(vg, vg->config_lock);
	status = frame_check(vg, gpa, DIST_SIZE);
	if (status == LVGIC_OK && vg->has_dist)
		status = LVGIC_ERR_EXIST;
	if (status == LVGIC_OK) {
		vg->has_dist = true;
		vg->dist_gpa = gpa;
	}
	lock_drop(lock);
	return status;
}

enum lvgic_status lvgic_add_redists(struct lvgic *vg, uint64_t gpa, uint32_t count)
{
	struct lock_token lock;
	enum lvgic_status status;

	if (!vg || !count || count > LVGIC_MAX_VCPUS)
		return LVGIC_ERR_INVAL;
	lock = lock_take(vg, vg->config_lock);
	status = frame_check(vg, gpa, count * REDIST_SIZE);
	if (status == LVGIC_OK && vg->nr_regions == LVGIC_MAX_REDIST_REGIONS)
		status = LVGIC_ERR_QUOTA;
	if (status == LVGIC_OK) {
		vg->region[vg->nr_regions].gpa = gpa;
		vg->region[vg->nr_regions].count = count;
		vg->nr_regions++;
	}
	lock_drop(lock);
	return status;
}

/* SPIs at power-on: IROUTER 0.0.0.0. */
static void spi_reset(struct lvgic *vg)
{
	struct lvgic_vcpu *v = route_lookup(vg, 0);
	uint32_t i;

	for (i = 0; i < vg->cfg.nr_spis; i++) {
		vg->irouter[i] = 0;
		irq_init(&vg->spi[i], LVGIC_FIRST_SPI + i,
		         power_on_word(vg->spi[i].word, false, v ? v->id : W_NOWHERE));
	}
}

enum lvgic_status lvgic_start(struct lvgic *vg)
{
	enum lvgic_status status = LVGIC_OK;
	uint32_t capacity = 0, id, frame = 0, i;
	struct lock_token lock;

	if (!vg)
		return LVGIC_ERR_INVAL;
	for (i = 0; i < vg->nr_regions; i++)
		capacity += vg->region[i].count;
	if (vg->started)
		return LVGIC_ERR_STATE;
	if (!vg->nr_vcpus || (vg->nr_regions && capacity < vg->nr_vcpus))
		return LVGIC_ERR_INVAL;
	status = route_start(vg);
	if (status != LVGIC_OK)
		return status;

	lock = lock_take(vg, vg->config_lock);
	for (id = 0; id < vg->cfg.nr_vcpus; id++)
		if (vg->vcpu[id])
			vg->by_frame[frame++] = vg->vcpu[id];
	for (i = 0, frame = 0; i < vg->nr_regions; i++) {
		struct redist_region *r = &vg->region[i];

		r->first = frame;
		r->used = vg->nr_vcpus - frame < r->count ? vg->nr_vcpus - frame : r->count;
		frame += r->used;
	}
	spi_reset(vg);
	if (vg->v4)
		v4_start(vg);
	vg->started = true;
	lock_drop(lock);
	return LVGIC_OK;
}

enum lvgic_status lvgic_reset(struct lvgic *vg)
{
	struct lock_token lock;
	uint32_t i, g;

	if (!vg)
		return LVGIC_ERR_INVAL;
	if (!vg->started)
		return LVGIC_ERR_STATE;
	if (vg->v4)
		v4_reset(vg);
	lock = lock_take(vg, vg->config_lock);
	vg->gicd_ctlr = 0;
	vg->nassgireq = 0;
	vg->gicd_statusr = 0;
	vg->parked = 0;
	vg->nr_irm = 0;
	spi_reset(vg);
	for (i = 0; i < vg->nr_words; i++)
		for (g = 0; g < NR_GROUPS; g++)
			vg->eligible[g][i] = 0;
	for (i = 0; i < vg->nr_vcpus; i++) {
		vcpu_reset(vg->by_frame[i]);
		private_reset(vg->by_frame[i]);
	}
	lpi_reset(vg);
	its_reset(vg);
	lock_drop(lock);
	/* What the host would not take back at once is on record. */
	if (vg->v4 && v4_has_work(vg))
		OPS(vg)->defer(vg->ctx);
	return LVGIC_OK;
}
