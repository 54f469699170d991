/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the life cycle of a VM of the mock.
 * Locks: none; one thread.
 * Implements: the order of calls in <libvgic/vgic.h>.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "v4.h"

static void *must_calloc(size_t n, size_t size)
{
	void *mem = calloc(n, size);

	if (!mem) {
		fprintf(stderr, "mock: out of memory\n");
		abort();
	}
	return mem;
}

static void init_vcpu(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = &vm->vcpus[cpu];
	const uint32_t *affinity = vm->config.affinity;

	c->vm = vm;
	c->id = cpu;
	c->stopped = true;
	mock_ich_init(&c->ich, vm->config.nr_lrs, vm->config.pri_bits);
	c->ich.lpi_active = vm->config.lpi_active;
	c->ich.hw_deactivate = mock_phys_deactivate;
	c->ich.hw_arg = c;
	pthread_cond_init(&c->wake, NULL);
	vm->affinity[cpu] = affinity ? affinity[cpu] : (cpu % 16) | (cpu / 16) << 8;
}

struct mock_vm *mock_vm_new(const struct mock_config *config)
{
	struct mock_vm *vm = must_calloc(1, sizeof(*vm));

	if (config)
		vm->config = *config;
	vm->config.nr_vcpus = vm->config.nr_vcpus ? vm->config.nr_vcpus : 1;
	vm->config.nr_spis = vm->config.nr_spis ? vm->config.nr_spis : 256;
	vm->config.nr_lrs = vm->config.nr_lrs ? vm->config.nr_lrs : 4;
	vm->config.pri_bits = vm->config.pri_bits ? vm->config.pri_bits : 5;
	vm->obey_kicks = true;
	pthread_mutex_init(&vm->account_lock, NULL);
	pthread_mutex_init(&vm->run_lock, NULL);
	pthread_cond_init(&vm->run_cond, NULL);
	vm->vcpus = must_calloc(vm->config.nr_vcpus, sizeof(*vm->vcpus));
	vm->affinity = must_calloc(vm->config.nr_vcpus, sizeof(*vm->affinity));
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		init_vcpu(vm, cpu);
	vm->config.affinity = vm->affinity;
	if (vm->config.v4)
		mock_v4_new(vm);
	mock_ops_init(vm);
	return vm;
}

static enum lvgic_status build(struct mock_vm *vm)
{
	const struct lvgic_config config = {
		.size = sizeof(config),
		.flags = vm->config.flags,
		.nr_vcpus = vm->config.nr_vcpus,
		.nr_spis = vm->config.nr_spis,
		.nr_lrs = vm->config.nr_lrs,
		.pri_bits = vm->config.pri_bits,
		.lpi_id_bits = vm->config.lpi_id_bits ? vm->config.lpi_id_bits :
		               vm->config.nr_its      ? 16 :
		                                        0,
		.max_lpis = vm->config.max_lpis,
		.trap_cmds = vm->config.trap_cmds,
		.trap_lpis = vm->config.trap_lpis,
	};
	enum lvgic_status status = lvgic_create(&config, &vm->ops, vm, &vm->vgic);

	for (uint32_t cpu = 0; status == LVGIC_OK && cpu < vm->config.nr_vcpus; cpu++) {
		struct mock_vcpu *c = &vm->vcpus[cpu];

		status = lvgic_vcpu_create(vm->vgic, cpu, vm->affinity[cpu], c, &c->lv);
	}
	if (status == LVGIC_OK && !vm->config.no_frames)
		status = lvgic_set_dist(vm->vgic, MOCK_DIST_GPA);
	if (status == LVGIC_OK && !vm->config.no_frames)
		status = lvgic_add_redists(vm->vgic, MOCK_REDIST_GPA, vm->config.nr_vcpus);
	for (uint32_t n = 0; status == LVGIC_OK && n < vm->config.nr_its; n++) {
		struct lvgic_its_config its = { .size = sizeof(its) };

		if (vm->config.its)
			its = *vm->config.its;
		its.gpa = vm->config.no_frames ? LVGIC_ITS_NO_GPA : MOCK_ITS_GPA + n * 0x20000ull;
		status = lvgic_its_create(vm->vgic, &its, &vm->its[n]);
	}
	if (status == LVGIC_OK && vm->v4)
		status = mock_v4_init(vm);
	return status == LVGIC_OK ? lvgic_start(vm->vgic) : status;
}

enum lvgic_status mock_vm_init(struct mock_vm *vm)
{
	enum lvgic_status status = build(vm);

	if (status != LVGIC_OK)
		mock_vm_fini(vm);
	return status;
}

struct mock_vm *mock_vm_create(const struct mock_config *config)
{
	struct mock_vm *vm = mock_vm_new(config);
	enum lvgic_status status = mock_vm_init(vm);

	if (status != LVGIC_OK)
		mock_report(vm, "no virtual GIC: %s", lvgic_strstatus(status));
	return vm;
}

void mock_vm_fini(struct mock_vm *vm)
{
	if (atomic_load(&vm->running))
		mock_threads_stop(vm);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		vm->vcpus[cpu].lv = NULL;
	lvgic_destroy(vm->vgic);
	vm->vgic = NULL;
}

void mock_vm_destroy(struct mock_vm *vm)
{
	mock_vm_fini(vm);
	if (mock_leaks(vm))
		mock_report(vm, "%zu leaks, %zu bytes", mock_leaks(vm), mock_leaked_bytes(vm));
	mock_loans_fini(vm);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		pthread_cond_destroy(&vm->vcpus[cpu].wake);
	mock_mem_fini(vm);
	mock_phys_fini(vm);
	if (vm->v4)
		mock_v4_free(vm);
	pthread_cond_destroy(&vm->run_cond);
	pthread_mutex_destroy(&vm->run_lock);
	pthread_mutex_destroy(&vm->account_lock);
	for (uint32_t n = 0; n < MOCK_MAX_ITS; n++)
		free(vm->device_bits[n]);
	free(vm->affinity);
	free(vm->vcpus);
	free(vm);
}

struct mock_vcpu *mock_cpu(const struct mock_vm *vm, uint32_t cpu)
{
	if (cpu >= vm->config.nr_vcpus) {
		fprintf(stderr, "mock: no vCPU %u\n", cpu);
		abort();
	}
	return &vm->vcpus[cpu];
}

struct lvgic *mock_vgic(struct mock_vm *vm)
{
	return vm->vgic;
}

struct lvgic_vcpu *mock_vcpu(struct mock_vm *vm, uint32_t cpu)
{
	return mock_cpu(vm, cpu)->lv;
}

struct mock_ich *mock_ich(struct mock_vm *vm, uint32_t cpu)
{
	return &mock_cpu(vm, cpu)->ich;
}

const struct mock_counts *mock_counts(const struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu);

	c->counts.kicks = atomic_load(&c->nr_kicks);
	c->counts.halts = c->nr_halts;
	return &c->counts;
}

uint32_t mock_nr_vcpus(const struct mock_vm *vm)
{
	return vm->config.nr_vcpus;
}

const struct lvgic_ops *mock_ops(const struct mock_vm *vm)
{
	return &vm->ops;
}

void *mock_vctx(struct mock_vm *vm, uint32_t cpu)
{
	return mock_cpu(vm, cpu);
}
