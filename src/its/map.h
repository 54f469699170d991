/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the private interface between the files of an ITS.
 *
 * What commands map is kept here, not in guest memory: the guest's tables are only checked to be there (its/table.c).
 * DeviceID -> device_root[] -> a node of devices -> a tree of nodes, 5 bits of EventID a level -> event. Slots are
 * 64-bit words that a reader without a lock takes whole:
 *   device  bit 63, generation in 60:29, bits of EventID in 28:24, root node in 23:0
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
#define DEVICE_GEN_SHIFT 29
#define EVENT_GEN(s)     ((uint32_t)((s) >> 24) & 0xffu)
#define EVENT_ICID(s)    ((uint32_t)((s) >> 32) & 0xffffu)

#define LEVEL_BITS 5u

/* EventID bits that are decided above the last level; the levels are as many as the device needs. */
static inline uint32_t top_shift(uint32_t event_bits)
{
	return (event_bits - 1) / LEVEL_BITS * LEVEL_BITS;
}

/* map.c: any thread. The device slot of a DeviceID that is in range; 0: not mapped. */
uint64_t map_device(const struct lvgic_its *its, uint32_t device);
/* The event slot; 0: not mapped, or the EventID is out of range. */
uint64_t map_event(const struct lvgic_its *its, uint64_t device_slot, uint32_t event);
/* vCPU id, or W_NOWHERE. */
uint32_t map_collection(const struct lvgic_its *its, uint32_t icid);

/* map.c: the worker. False: a quota is used up. */
bool map_add_device(struct lvgic_its *its, uint32_t device, uint32_t event_bits);
void map_set_collection(struct lvgic_its *its, uint32_t icid, uint32_t vcpu);
/* The slot of an event of a mapped device, whose EventID is in range; NULL: the quota is used up. */
uint64_t *map_make_event(struct lvgic_its *its, uint64_t device_slot, uint32_t event);
void map_remove_event(struct lvgic_its *its, struct lvgic_vcpu *self, uint64_t *slot);
uint64_t *map_event_slot(const struct lvgic_its *its, uint64_t device_slot, uint32_t event);
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
