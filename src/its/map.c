/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what an ITS maps: devices, events, collections; the nodes they are kept in.
 * Locks: none. The worker writes (its/work.c); injectors read without a lock.
 * Implements: IHI 0069 5.2 (tables and translation), in memory of ours.
 *
 * A reader may be overtaken: the device it found is unmapped, its nodes given to others, before it reads the event. So
 * it looks at the device slot again afterwards (map_event()): the slot holds a generation that no two devices share,
 * and words marked as devices are written to device slots only; hence "the same word again" means that this device was
 * mapped all the time, and its nodes were its own. What happens to the event after that is the LPI's business, whose
 * generation is in the event slot.
 */
#include "map.h"
#include "v4/v4.h"

/* A zeroed node: its index + 1; 0: the quota is used up. */
static uint32_t node_take(struct lvgic_its *its)
{
	uint32_t index = its->free_node;
	uint32_t i;

	if (index) {
		its->free_node = (uint32_t)its->node[index - 1].slot[0];
	} else {
		if (its->fresh_node == its->nr_nodes)
			return 0;
		index = ++its->fresh_node;
	}
	for (i = 0; i < ITS_FANOUT; i++)
		store64_relaxed(&its->node[index - 1].slot[i], 0);
	return index;
}

static void node_give(struct lvgic_its *its, uint32_t index)
{
	store64_relaxed(&its->node[index].slot[0], its->free_node);
	its->free_node = index + 1;
}

static bool node_empty(const struct its_node *node)
{
	uint64_t any = 0;
	uint32_t i;

	for (i = 0; i < ITS_FANOUT; i++)
		any |= node->slot[i];
	return !any;
}

void map_set_collection(struct lvgic_its *its, uint32_t icid, uint32_t vcpu)
{
	store16_relaxed(&its->collection[icid], (uint16_t)vcpu);
}

bool map_add_device(struct lvgic_its *its, uint32_t device, uint32_t event_bits)
{
	uint32_t *root = &its->device_root[device / ITS_FANOUT];
	uint32_t leaf = *root;
	uint32_t tree;

	if (its->nr_devices == its->cfg.max_devices)
		return false;
	if (!leaf)
		leaf = node_take(its);
	tree = leaf ? node_take(its) : 0;
	if (!tree) {
		if (leaf && !*root)
			node_give(its, leaf - 1);
		return false;
	}
	its->generation++;
	store64_release(&its->node[leaf - 1].slot[device % ITS_FANOUT],
	                SLOT_DEVICE | (uint64_t)(its->generation & DEVICE_GEN_MASK) << DEVICE_GEN_SHIFT |
	                        (uint64_t)((event_bits - 1) / LEVEL_BITS) << 29 | (uint64_t)event_bits << 24 |
	                        (tree - 1));
	store32_release(root, leaf);
	store32_relaxed(&its->nr_devices, its->nr_devices + 1);
	return true;
}

uint64_t *map_make_event(struct lvgic_its *its, uint64_t device, uint32_t event)
{
	uint32_t shift = DEVICE_SHIFT(device);
	struct its_node *node = node_at(its, device);

	for (; shift; shift -= LEVEL_BITS) {
		uint64_t *slot = &node->slot[event >> shift & (ITS_FANOUT - 1)];

		if (!*slot) {
			uint32_t child = node_take(its);

			/* Nodes above that were made for nothing go with the device. */
			if (!child)
				return NULL;
			store64_release(slot, SLOT_CHILD | (child - 1));
		}
		node = node_at(its, *slot);
	}
	return &node->slot[event & (ITS_FANOUT - 1)];
}

/*
 * The hardware first, if it delivers the LPI; then the mapping, then the LPI: what is translated from now on finds
 * nothing, what was translated finds it dead.
 */
enum progress map_remove_event(struct lvgic_its *its, struct lvgic_vcpu *self, uint64_t *slot, struct budget *budget)
{
	struct lvgic *vg = its->vgic;
	struct lvgic_irq *irq = &vg->lpi[(*slot & SLOT_INDEX_MASK) - 1];

	if (unlikely(vg->v4 != NULL)) {
		enum progress p = v4_unmapped(vg, self, irq, budget);

		if (p != PROGRESS_DONE)
			return p;
	}
	store64_relaxed(slot, 0);
	store32_relaxed(&its->nr_events, its->nr_events - 1);
	lpi_unmap(vg, self, irq);
	return PROGRESS_DONE;
}

/*
 * Empty the tree of a device, depth first from the left: follow the first child until a node of events and empty it, or
 * until a node without anything and take it off its parent. Each call does one of these, so there is no state to keep.
 * DONE: the tree is empty, but for its root.
 */
static enum progress step(struct lvgic_its *its, struct lvgic_vcpu *self, uint64_t device, struct budget *budget)
{
	struct its_node *node = node_at(its, device);
	uint64_t *parent = NULL;
	uint32_t shift, i;

	for (shift = DEVICE_SHIFT(device);; shift -= LEVEL_BITS) {
		for (i = 0; i < ITS_FANOUT && !node->slot[i]; i++)
			;
		if (i == ITS_FANOUT) {
			if (!parent)
				return PROGRESS_DONE;
			store64_relaxed(parent, 0);
			node_give(its, (uint32_t)(node - its->node));
			budget->lpis--;
			return PROGRESS_MORE;
		}
		if (!shift)
			break;
		parent = &node->slot[i];
		node = node_at(its, *parent);
	}
	for (; i < ITS_FANOUT && budget->lpis; i++) {
		enum progress p;

		if (!node->slot[i])
			continue;
		p = map_remove_event(its, self, &node->slot[i], budget);
		if (p != PROGRESS_DONE)
			return p;
		budget->lpis -= budget->lpis != 0;
	}
	return PROGRESS_MORE;
}

/*
 * Its slot is cleared of the mark first, so that no message is translated any more; the rest of the word stays until
 * the tree is empty and tells where it is.
 */
enum progress map_remove_device(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t device, struct budget *budget)
{
	uint64_t *slot = map_device_slot(its, device);
	struct its_node *leaf;
	enum progress p;

	if (!slot || !*slot)
		return PROGRESS_DONE;
	if ((*slot & SLOT_DEVICE) && OPS(its->vgic)->device_map)
		(void)!OPS(its->vgic)->device_map(its->vgic->ctx, its, device, 0);
	store64_relaxed(slot, *slot & ~SLOT_DEVICE);
	do {
		if (!budget->lpis)
			return PROGRESS_MORE;
		p = step(its, self, *slot, budget);
	} while (p == PROGRESS_MORE);
	if (p != PROGRESS_DONE)
		return p;

	node_give(its, (uint32_t)*slot & SLOT_INDEX_MASK);
	store64_relaxed(slot, 0);
	store32_relaxed(&its->nr_devices, its->nr_devices - 1);
	leaf = node_at(its, its->device_root[device / ITS_FANOUT] - 1);
	if (node_empty(leaf)) {
		store32_relaxed(&its->device_root[device / ITS_FANOUT], 0);
		node_give(its, (uint32_t)(leaf - its->node));
	}
	return PROGRESS_DONE;
}

enum progress map_remove_all(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t *device, struct budget *budget)
{
	uint32_t end = 1u << its->cfg.device_bits;

	while (its->nr_devices && *device < end) {
		enum progress p;

		if (!its->device_root[*device / ITS_FANOUT]) {
			/* 32 DeviceIDs at a step; they count, for there may be many. */
			if (!budget->lpis)
				return PROGRESS_MORE;
			budget->lpis--;
			*device = (*device / ITS_FANOUT + 1) * ITS_FANOUT;
			continue;
		}
		p = map_remove_device(its, self, *device, budget);
		if (p != PROGRESS_DONE)
			return p;
		++*device;
	}
	*device = 0;
	return PROGRESS_DONE;
}

void map_reset(struct lvgic_its *its)
{
	uint32_t i;

	for (i = 0; i < ((1u << its->cfg.device_bits) + ITS_FANOUT - 1) / ITS_FANOUT; i++)
		its->device_root[i] = 0;
	for (i = 0; i < 1u << its->cfg.collection_bits; i++)
		its->collection[i] = W_NOWHERE;
	its->fresh_node = 0;
	its->free_node = 0;
	its->nr_devices = 0;
	its->nr_events = 0;
}
