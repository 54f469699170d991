/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: deferred work, and what a guest's driver for LPIs and ITSs does, in short words for tests.
 * Locks: none; one thread.
 * Implements: IHI 0069 5.1 and 5.3 (the tables and commands as software makes them).
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PRIORITY 0xa0u

struct lvgic_its *mock_its(struct mock_vm *vm, uint32_t its)
{
	return its < vm->config.nr_its ? vm->its[its] : NULL;
}

bool mock_deferred(const struct mock_vm *vm)
{
	return atomic_load(&vm->deferred);
}

bool mock_run_deferred_once(struct mock_vm *vm)
{
	bool more = false;

	if (atomic_exchange(&vm->deferred, false))
		more = lvgic_run_deferred(vm->vgic);
	/* With threads another one may have heard it already. */
	if (more && !mock_deferred(vm) && !atomic_load(&vm->running))
		mock_report(vm, "work is left, and ops->defer was not called");
	return mock_deferred(vm);
}

uint32_t mock_run_deferred(struct mock_vm *vm)
{
	uint32_t n;

	for (n = 0; mock_deferred(vm); n++)
		(void)mock_run_deferred_once(vm);
	return n;
}

static uint32_t id_bits(const struct mock_vm *vm)
{
	return vm->config.lpi_id_bits ? vm->config.lpi_id_bits : 16;
}

static uint64_t pending_table(uint32_t cpu)
{
	return MOCK_LPI_PEND_GPA + cpu * MOCK_LPI_PEND_SIZE;
}

static uint64_t tables(uint32_t its)
{
	return MOCK_ITS_TABLES + its * 0x800000ull;
}

/* While vCPUs have threads of their own, or vCPU 0 sleeps, a debugger drives. */
static uint32_t driver(struct mock_vm *vm)
{
	return atomic_load(&vm->running) || vm->vcpus[0].asleep ? MOCK_DEBUGGER : 0;
}

uint64_t mock_its_r(struct mock_vm *vm, uint32_t its, uint32_t offset, uint32_t size)
{
	return mock_mmio_r(vm, driver(vm), MOCK_ITS_GPA + its * 0x20000ull + offset, size);
}

void mock_its_w(struct mock_vm *vm, uint32_t its, uint32_t offset, uint32_t size, uint64_t val)
{
	mock_mmio_w(vm, driver(vm), MOCK_ITS_GPA + its * 0x20000ull + offset, size, val);
}

void mock_lpi_config(struct mock_vm *vm, uint32_t intid, uint8_t byte)
{
	mock_mem_poke(vm, MOCK_LPI_PROP_GPA + intid - LVGIC_FIRST_LPI, &byte, 1);
}

bool mock_lpi_table_pending(struct mock_vm *vm, uint32_t cpu, uint32_t intid)
{
	uint8_t byte = 0;

	mock_mem_peek(vm, pending_table(cpu) + intid / 8, &byte, 1);
	return byte >> intid % 8 & 1;
}

void mock_lpi_enable(struct mock_vm *vm, uint32_t cpu, bool on)
{
	mock_redist_w(vm, cpu, cpu, GICR_CTLR, 4, on ? GICR_CTLR_EnableLPIs : 0);
}

void mock_its_memory(struct mock_vm *vm)
{
	size_t size = 1ul << id_bits(vm);
	uint8_t *config = malloc(size);

	mock_mem_add(vm, MOCK_LPI_PROP_GPA, size);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		mock_mem_add(vm, pending_table(cpu), size / 8 < 0x10000 ? 0x10000 : size / 8);
	for (uint32_t n = 0; n < vm->config.nr_its; n++)
		mock_mem_add(vm, tables(n), 0x800000);
	if (config) {
		memset(config, PRIORITY | 1, size);
		mock_mem_poke(vm, MOCK_LPI_PROP_GPA, config, size - LVGIC_FIRST_LPI);
	}
	free(config);
}

void mock_its_setup(struct mock_vm *vm)
{
	mock_its_memory(vm);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++) {
		mock_redist_w(vm, cpu, cpu, GICR_PROPBASER, 8, MOCK_LPI_PROP_GPA | (id_bits(vm) - 1));
		mock_redist_w(vm, cpu, cpu, GICR_PENDBASER, 8, pending_table(cpu));
		mock_lpi_enable(vm, cpu, true);
		mock_run_deferred(vm);
	}
	for (uint32_t n = 0; n < vm->config.nr_its; n++) {
		/* Pages of 64 KiB: 64 for 2^19 devices, 8 for 2^16 collections. */
		mock_its_w(vm, n, GITS_BASER, 8, GITS_BASER_Valid | tables(n) | 2 << GITS_BASER_Page_Size_SHIFT | 63);
		mock_its_w(vm, n, GITS_BASER + 8, 8,
		           GITS_BASER_Valid | (tables(n) + 0x400000) | 2 << GITS_BASER_Page_Size_SHIFT | 7);
		mock_its_w(vm, n, GITS_CBASER, 8, GITS_CBASER_Valid | (tables(n) + MOCK_ITS_QUEUE) | 255);
		vm->its_tail[n] = 0;
		mock_its_w(vm, n, GITS_CTLR, 4, GITS_CTLR_Enabled);
		mock_run_deferred(vm);
		for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
			mock_its_mapc(vm, n, cpu, cpu, true);
	}
}

void mock_its_put(struct mock_vm *vm, uint32_t its, const uint64_t cmd[4])
{
	mock_mem_poke(vm, tables(its) + MOCK_ITS_QUEUE + vm->its_tail[its], cmd, 32);
	vm->its_tail[its] = (vm->its_tail[its] + 32) % 0x100000;
}

void mock_its_ring(struct mock_vm *vm, uint32_t its)
{
	mock_its_w(vm, its, GITS_CWRITER, 8, vm->its_tail[its]);
}

void mock_its_rewind(struct mock_vm *vm, uint32_t its)
{
	vm->its_tail[its] = 0;
}

void mock_its_cmd(struct mock_vm *vm, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	const uint64_t cmd[4] = { w0, w1, w2, w3 };

	mock_its_put(vm, its, cmd);
	mock_its_ring(vm, its);
	mock_run_deferred(vm);
}

static uint64_t rdbase(const struct mock_vm *vm, uint32_t cpu)
{
	if (vm->config.its && (vm->config.its->flags & LVGIC_ITS_PTA))
		return MOCK_REDIST_GPA + cpu * 0x20000ull;
	return (uint64_t)cpu << 16;
}

static uint64_t word0(uint32_t code, uint32_t device)
{
	return (uint64_t)device << 32 | code;
}

void mock_its_mapd(struct mock_vm *vm, uint32_t its, uint32_t device, uint32_t event_bits, bool valid)
{
	mock_its_cmd(vm, its, word0(GITS_CMD_MAPD, device), event_bits - 1, valid ? 1ull << 63 | MOCK_ITS_TABLES : 0,
	             0);
}

void mock_its_mapc(struct mock_vm *vm, uint32_t its, uint32_t icid, uint32_t cpu, bool valid)
{
	mock_its_cmd(vm, its, GITS_CMD_MAPC, 0, (uint64_t)valid << 63 | rdbase(vm, cpu) | icid, 0);
}

void mock_its_mapti(struct mock_vm *vm, uint32_t its, uint32_t device, uint32_t event, uint32_t intid, uint32_t icid)
{
	mock_its_cmd(vm, its, word0(GITS_CMD_MAPTI, device), (uint64_t)intid << 32 | event, icid, 0);
}

void mock_its_movi(struct mock_vm *vm, uint32_t its, uint32_t device, uint32_t event, uint32_t icid)
{
	mock_its_cmd(vm, its, word0(GITS_CMD_MOVI, device), event, icid, 0);
}

void mock_its_movall(struct mock_vm *vm, uint32_t its, uint32_t from, uint32_t to)
{
	mock_its_cmd(vm, its, GITS_CMD_MOVALL, 0, rdbase(vm, from), rdbase(vm, to));
}

void mock_its_event_cmd(struct mock_vm *vm, uint32_t its, uint32_t code, uint32_t device, uint32_t event)
{
	mock_its_cmd(vm, its, word0(code, device), event, 0, 0);
}

void mock_its_invall(struct mock_vm *vm, uint32_t its, uint32_t icid)
{
	mock_its_cmd(vm, its, GITS_CMD_INVALL, 0, icid, 0);
}

uint64_t mock_its_error(struct mock_vm *vm, uint32_t its, uint64_t *count)
{
	struct lvgic_its_stats stats;

	lvgic_its_get_stats(vm->its[its], &stats);
	if (count)
		*count = stats.errors;
	return stats.last_error;
}
