/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the life cycle of ITSs.
 * Locks: CONFIG.
 * Implements: reset values of IHI 0069 12.19.
 */
#include "map.h"

static size_t nr_roots(const struct lvgic_its *its)
{
	return ((1u << its->cfg.device_bits) + ITS_FANOUT - 1) / ITS_FANOUT;
}

/*
 * Nodes for the quotas: for each device its place in a node of devices and the root of its events, and for each 32
 * events one. What lies above in a tree of more than 32 events is at most 1/32 of that and a node a level.
 */
static uint32_t count_nodes(const struct lvgic_its_config *cfg)
{
	uint32_t leaves = (cfg->max_events + ITS_FANOUT - 1) / ITS_FANOUT;

	return 2 * cfg->max_devices + leaves + leaves / ITS_FANOUT + 4;
}

/* Fill in the defaults and check the ranges. */
static enum lvgic_status import_config(const struct lvgic *vg, struct lvgic_its_config *cfg,
                                       const struct lvgic_its_config *in)
{
	const unsigned char *bytes = (const unsigned char *)in;
	uint32_t bits = 4;
	size_t i;

	if (in->size < offsetof(struct lvgic_its_config, device_bits))
		return LVGIC_ERR_OPS;
	*cfg = (struct lvgic_its_config){ .size = sizeof(*cfg) };
	for (i = sizeof(in->size); i < in->size; i++) {
		if (i < sizeof(*cfg))
			((unsigned char *)cfg)[i] = bytes[i];
		else if (bytes[i])
			return LVGIC_ERR_OPS;
	}
	while (1u << bits < vg->cfg.nr_vcpus + 1)
		bits++;
	if (!cfg->device_bits)
		cfg->device_bits = 16;
	if (!cfg->event_bits)
		cfg->event_bits = 16;
	if (!cfg->collection_bits)
		cfg->collection_bits = bits;
	if (!cfg->max_devices)
		cfg->max_devices = cfg->device_bits < 8 ? 1u << cfg->device_bits : 256;
	if (!cfg->max_events)
		cfg->max_events = 8192;
	if ((cfg->flags & ~(LVGIC_ITS_PTA | LVGIC_ITS_STALL)) || cfg->reserved || !vg->cfg.lpi_id_bits ||
	    cfg->device_bits > LVGIC_ITS_MAX_DEVICE_BITS || cfg->event_bits > 16 || cfg->collection_bits > 16 ||
	    cfg->hcc > 255 || cfg->hcc > 1u << cfg->collection_bits || cfg->max_devices > 1u << cfg->device_bits ||
	    cfg->max_events > 1u << 24 || cfg->cpu_device >> cfg->device_bits)
		return LVGIC_ERR_INVAL;
	return LVGIC_OK;
}

static void destroy(struct lvgic *vg, struct lvgic_its *its)
{
	const struct lvgic_ops *ops = OPS(vg);

	if (its->device_root)
		ops->free(vg->ctx, its->device_root, nr_roots(its) * sizeof(*its->device_root));
	if (its->collection)
		ops->free(vg->ctx, its->collection, sizeof(*its->collection) << its->cfg.collection_bits);
	if (its->node)
		ops->free(vg->ctx, its->node, its->nr_nodes * sizeof(*its->node));
	if (its->lock)
		ops->lock_destroy(vg->ctx, its->lock);
	ops->free(vg->ctx, its, sizeof(*its));
}

static void reset(struct lvgic_its *its)
{
	its->ctlr = 0;
	its->statusr = 0;
	its->live = 0;
	its->working = 0;
	its->forget = 0;
	its->retry = 0;
	its->baser[0] = 0;
	its->baser[1] = 0;
	its->cbaser = 0;
	its->cwriter = 0;
	its->creadr = 0;
	its->in_hand = 0;
	its->cursor = 0;
	its->covered = 0;
	map_reset(its);
}

enum lvgic_status lvgic_its_create(struct lvgic *vg, const struct lvgic_its_config *cfg, struct lvgic_its **out)
{
	struct lvgic_its_config config;
	enum lvgic_status status;
	struct lock_token lock;
	struct lvgic_its *its;

	if (!vg || !cfg || !out)
		return LVGIC_ERR_INVAL;
	status = import_config(vg, &config, cfg);
	if (status != LVGIC_OK)
		return status;
	its = OPS(vg)->alloc(vg->ctx, sizeof(*its));
	if (!its)
		return LVGIC_ERR_NOMEM;
	its->vgic = vg;
	its->cfg = config;
	its->device_mask = (1u << config.device_bits) - 1;
	its->collection_mask = (1u << config.collection_bits) - 1;
	its->nr_nodes = count_nodes(&config);
	its->device_root = OPS(vg)->alloc(vg->ctx, nr_roots(its) * sizeof(*its->device_root));
	its->collection = OPS(vg)->alloc(vg->ctx, sizeof(*its->collection) << config.collection_bits);
	its->node = OPS(vg)->alloc(vg->ctx, its->nr_nodes * sizeof(*its->node));
	its->lock = OPS(vg)->lock_create(vg->ctx, LVGIC_LOCK_ITS);
	if (!its->device_root || !its->collection || !its->node || !its->lock) {
		destroy(vg, its);
		return LVGIC_ERR_NOMEM;
	}
	reset(its);

	lock = lock_take(vg, vg->config_lock);
	if (vg->started)
		status = LVGIC_ERR_STATE;
	else if (vg->nr_its == LVGIC_MAX_ITS)
		status = LVGIC_ERR_QUOTA;
	else if (config.gpa != LVGIC_ITS_NO_GPA)
		status = frame_check(vg, config.gpa, 0x20000);
	if (status == LVGIC_OK) {
		its->index = vg->nr_its;
		vg->its[vg->nr_its++] = its;
		*out = its;
	}
	lock_drop(lock);
	if (status != LVGIC_OK)
		destroy(vg, its);
	return status;
}

void its_stop(struct lvgic *vg)
{
	while (vg->nr_its)
		destroy(vg, vg->its[--vg->nr_its]);
}

void its_reset(struct lvgic *vg)
{
	uint32_t i;

	for (i = 0; i < vg->nr_its; i++)
		reset(vg->its[i]);
}

void lvgic_its_get_stats(const struct lvgic_its *its, struct lvgic_its_stats *stats)
{
	*stats = (struct lvgic_its_stats){
		.commands = load64_relaxed(&its->stats.commands),
		.errors = load64_relaxed(&its->stats.errors),
		.last_error = load64_relaxed(&its->stats.last_error),
		.deferrals = load64_relaxed(&its->stats.deferrals),
		.retries = load64_relaxed(&its->stats.retries),
		.dropped = load64_relaxed(&its->stats.dropped),
		.devices = load32_relaxed(&its->nr_devices),
		.events = load32_relaxed(&its->nr_events),
	};
}
