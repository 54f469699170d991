/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the private interface between the files of an ITS.
 *
 * What commands map is kept here, not in guest memory: the guest's tables are only checked to be there (its/table.c).
 * DeviceID -> device_root[] -> a node of devices -> a tree of nodes, 5 bits of EventID a level -> event. Slots are
 * 64-bit words that a reader without a lock takes whole:
 *   device  bit 63, generation in 60:31, levels below the root in 30:29, bits of EventID in 28:24, root node in 23:0
 *   child   bit 62, node in 23:0
 *   event   collection in 47:32, generation of the LPI in 31:24, 1 + index of the LPI in 23:0
 * 0 is nothing in each of them.
 */
#ifndef LVGIC_ITS_MAP_H
#define LVGIC_ITS_MAP_H

#include "core/internal.h"

#define SLOT_DEVICE      (1ull << 63)
#define SLOT_CHILD       (1ull << 62)
#define SLOT_INDEX_MASK  0xffffffu
#define DEVICE_BITS(s)   ((uint32_t)((s) >> 24) & 0x1fu)
#define DEVICE_SHIFT(s)  (((uint32_t)((s) >> 29) & 3u) * LEVEL_BITS) /* EventID bits below those of the root */
#define DEVICE_GEN_SHIFT 31
#define DEVICE_GEN_MASK  0x3fffffffu
#define EVENT_GEN(s)     ((uint32_t)((s) >> 24) & 0xffu)
#define EVENT_ICID(s)    ((uint32_t)((s) >> 32) & 0xffffu)

#define LEVEL_BITS 5u

/*
 * Look-ups, by any thread. Indices that a guest or a device gives are masked, which holds under speculation; a node
 * that a slot names is held in bounds too, for a slot may be another thing than it was taken for until its mark is
 * checked.
 */
static inline struct its_node *node_at(const struct lvgic_its *its, uint64_t slot)
{
	return &its->node[index_nospec((uint32_t)slot & SLOT_INDEX_MASK, its->nr_nodes)];
}

/* The device slot of a DeviceID that is in range; NULL: nothing near it is mapped. */
static inline uint64_t *map_device_slot(const struct lvgic_its *its, uint32_t device)
{
	uint32_t root;

	device &= its->device_mask;
	root = load32_acquire(&its->device_root[device / ITS_FANOUT]);
	return root ? &node_at(its, root - 1)->slot[device % ITS_FANOUT] : NULL;
}

/* What it holds; 0: not mapped. */
static inline uint64_t map_device(const struct lvgic_its *its, uint32_t device)
{
	const uint64_t *slot = map_device_slot(its, device);
	uint64_t value = slot ? load64_acquire(slot) : 0;

	/* Else it is being unmapped, or its node is not one of devices any more. */
	return value & SLOT_DEVICE ? value : 0;
}

/* The event slot; NULL: the EventID is out of range, or nothing near it is mapped. */
static inline uint64_t *map_event_slot(const struct lvgic_its *its, uint64_t device, uint32_t event)
{
	struct its_node *node = node_at(its, device);
	uint32_t shift;

	if (unlikely(event >> DEVICE_BITS(device)))
		return NULL;
	for (shift = DEVICE_SHIFT(device); shift; shift -= LEVEL_BITS) {
		uint64_t child = load64_acquire(&node->slot[event >> shift & (ITS_FANOUT - 1)]);

		if (unlikely(!(child & SLOT_CHILD)))
			return NULL;
		node = node_at(its, child);
	}
	return &node->slot[event & (ITS_FANOUT - 1)];
}

/* What it holds; 0: not mapped. If the node is not the device's any more, anything: look at the device again. */
static inline uint64_t map_event(const struct lvgic_its *its, uint64_t device, uint32_t event)
{
	const uint64_t *slot = map_event_slot(its, device, event);
	uint64_t value = slot ? load64_acquire(slot) : 0;

	return likely(!(value & (SLOT_DEVICE | SLOT_CHILD))) ? value : 0;
}

/* vCPU id, or W_NOWHERE. */
static inline uint32_t map_collection(const struct lvgic_its *its, uint32_t icid)
{
	return load16_relaxed(&its->collection[icid & its->collection_mask]);
}

/* map.c: the worker. False: a quota is used up. */
bool map_add_device(struct lvgic_its *its, uint32_t device, uint32_t event_bits);
void map_set_collection(struct lvgic_its *its, uint32_t icid, uint32_t vcpu);
/* The slot of an event of a mapped device, whose EventID is in range; NULL: the quota is used up. */
uint64_t *map_make_event(struct lvgic_its *its, uint64_t device_slot, uint32_t event);
enum progress map_remove_event(struct lvgic_its *its, struct lvgic_vcpu *self, uint64_t *slot, struct budget *budget);
/* Unmap a device with its events: bounded, to be called until it is done. */
enum progress map_remove_device(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t device, struct budget *budget);
/* Unmap all devices. *device is where to go on. */
enum progress map_remove_all(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t *device, struct budget *budget);
void map_reset(struct lvgic_its *its);

/* table.c: is the entry of a DeviceID or an ICID in a table in RAM? OK, FAULT or AGAIN. */
enum lvgic_status table_check_device(const struct lvgic_its *its, uint32_t device);
enum lvgic_status table_check_collection(const struct lvgic_its *its, uint32_t icid);
uint64_t table_baser_value(uint32_t n, uint64_t value);
uint64_t table_baser_fixed(uint32_t n);
bool table_same(uint64_t a, uint64_t b);

/* command.c: do the command in hand. On DONE *error is 0 or the number of the command error. */
enum progress command_run(struct lvgic_its *its, struct lvgic_vcpu *self, struct budget *budget, uint32_t *error);

/* msi.c */
enum lvgic_status msi_signal(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t device, uint32_t event);

#endif
