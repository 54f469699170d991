/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the state of physical interrupts and the devices behind mapped ones.
 * Locks: none; the state is atomic. The list of mappings is made before threads run.
 * Implements: ops->hw_get, ops->hw_set; what a host does with a physical interrupt that it maps to a virtual one.
 */
#include <stdlib.h>

#include "internal.h"

static atomic_bool *state_of(struct mock_vm *vm, uint32_t cpu, uint32_t pintid, enum lvgic_hw_state which)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu);

	if (pintid >= NR_PHYS) {
		mock_report(vm, "physical INTID %u", pintid);
		pintid = 0;
	}
	if (pintid < 32)
		return which == LVGIC_HW_ACTIVE ? &c->phys_active[pintid] : &c->phys_level[pintid];
	return which == LVGIC_HW_ACTIVE ? &vm->phys_active[pintid] : &vm->phys_level[pintid];
}

bool mock_op_hw_get(void *vctx, uint32_t pintid, enum lvgic_hw_state which)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_HW_GET);
	return atomic_load(state_of(c->vm, c->id, pintid, which));
}

void mock_op_hw_set(void *vctx, uint32_t pintid, enum lvgic_hw_state which, bool value)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_HW_SET);
	if (which != LVGIC_HW_ACTIVE) {
		mock_report(c->vm, "hw_set of a level");
		return;
	}
	atomic_store(state_of(c->vm, c->id, pintid, LVGIC_HW_ACTIVE), value);
	if (!value)
		atomic_store(&c->vm->phys_changed, true);
}

/* The guest's deactivation of a list register with HW=1. */
void mock_phys_deactivate(void *vcpu, uint32_t pintid)
{
	struct mock_vcpu *c = vcpu;

	c->counts.deactivations++;
	atomic_store(state_of(c->vm, c->id, pintid, LVGIC_HW_ACTIVE), false);
	atomic_store(&c->vm->phys_changed, true);
}

bool mock_phys_active(struct mock_vm *vm, uint32_t cpu, uint32_t pintid)
{
	return atomic_load(state_of(vm, cpu, pintid, LVGIC_HW_ACTIVE));
}

bool mock_phys_level(struct mock_vm *vm, uint32_t cpu, uint32_t pintid)
{
	return atomic_load(state_of(vm, cpu, pintid, LVGIC_HW_LEVEL));
}

void mock_phys_set_active(struct mock_vm *vm, uint32_t cpu, uint32_t pintid, bool on)
{
	atomic_store(state_of(vm, cpu, pintid, LVGIC_HW_ACTIVE), on);
}

void mock_phys_map(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t pintid)
{
	struct mock_phys_map *map = calloc(1, sizeof(*map));
	enum lvgic_status status = lvgic_map_hw(vm->vgic, mock_cpu(vm, cpu)->lv, intid, pintid);

	if (!map || status != LVGIC_OK) {
		mock_report(vm, "lvgic_map_hw of %u: %s", intid, lvgic_strstatus(status));
		free(map);
		return;
	}
	map->cpu = cpu;
	map->intid = intid;
	map->pintid = pintid;
	map->next = vm->phys_maps;
	vm->phys_maps = map;
}

void mock_phys_settle(struct mock_vm *vm)
{
	if (!atomic_exchange(&vm->phys_changed, false))
		return;
	for (struct mock_phys_map *map = vm->phys_maps; map; map = map->next) {
		if (!atomic_load(state_of(vm, map->cpu, map->pintid, LVGIC_HW_LEVEL)))
			continue;
		/* Who makes it active has taken the physical interrupt. */
		if (!atomic_exchange(state_of(vm, map->cpu, map->pintid, LVGIC_HW_ACTIVE), true))
			mock_inject(vm, map->cpu, map->intid, true);
	}
}

void mock_phys_set_level(struct mock_vm *vm, uint32_t cpu, uint32_t pintid, bool level)
{
	atomic_store(state_of(vm, cpu, pintid, LVGIC_HW_LEVEL), level);
	if (level)
		atomic_store(&vm->phys_changed, true);
	mock_phys_settle(vm);
}

void mock_on_acked(struct mock_vm *vm, void (*fn)(struct mock_vm *vm, uint32_t cpu, uint32_t intid, void *arg),
                   void *arg)
{
	vm->acked = fn;
	vm->acked_arg = arg;
}

void mock_phys_fini(struct mock_vm *vm)
{
	while (vm->phys_maps) {
		struct mock_phys_map *map = vm->phys_maps;

		vm->phys_maps = map->next;
		free(map);
	}
}
