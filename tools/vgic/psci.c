/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * psci.c - Power State Coordination Interface 1.0 (DEN 0022) by HVC: CPUs on and off, the machine off and reset.
 */
#include "irqchip.h"
#include "vcpu.h"

#define PSCI_SMC64 UINT32_C(0x40000000)

#define PSCI_VERSION       UINT32_C(0x84000000)
#define PSCI_CPU_OFF       UINT32_C(0x84000002)
#define PSCI_CPU_ON        UINT32_C(0x84000003)
#define PSCI_AFFINITY_INFO UINT32_C(0x84000004)
#define PSCI_SYSTEM_OFF    UINT32_C(0x84000008)
#define PSCI_SYSTEM_RESET  UINT32_C(0x84000009)
#define PSCI_FEATURES      UINT32_C(0x8400000a)

#define PSCI_SUCCESS         0
#define PSCI_NOT_SUPPORTED   (-1)
#define PSCI_INVALID_PARAMS  (-2)
#define PSCI_ALREADY_ON      (-4)
#define PSCI_INVALID_ADDRESS (-9)

#define PSCI_1_0 0x10000

static struct vcpu *find_cpu(struct machine *m, uint64_t affinity)
{
	unsigned int cpu;

	for (cpu = 0; cpu < m->nr_cpus; cpu++)
		if (machine_affinity(cpu) == affinity)
			return m->cpus[cpu];
	return NULL;
}

static int64_t cpu_on(struct machine *m, uint64_t affinity, uint64_t entry, uint64_t context)
{
	struct vcpu *target = find_cpu(m, affinity);

	if (!target)
		return PSCI_INVALID_PARAMS;
	if (target->state != VCPU_OFF)
		return PSCI_ALREADY_ON;
	if (entry % 4 != 0 || !machine_ram(m, entry, 4))
		return PSCI_INVALID_ADDRESS;
	irqchip_cpu_on(m->chip, target->id);
	vcpu_power_on(target, entry, context);
	return PSCI_SUCCESS;
}

static int64_t affinity_info(struct machine *m, uint64_t affinity, uint64_t level)
{
	unsigned int shift = 8 * (unsigned int)(level & 3), cpu;
	bool found = false;

	if (level > 3)
		return PSCI_INVALID_PARAMS;
	for (cpu = 0; cpu < m->nr_cpus; cpu++) {
		if (machine_affinity(cpu) >> shift != affinity >> shift)
			continue;
		if (m->cpus[cpu]->state != VCPU_OFF)
			return 0; /* ON */
		found = true;
	}
	return found ? 1 : PSCI_INVALID_PARAMS;
}

static int64_t features(uint32_t function)
{
	switch (function) {
	case PSCI_VERSION:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_SMC64:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_SMC64:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
		return PSCI_SUCCESS;
	}
	return PSCI_NOT_SUPPORTED;
}

static void cpu_off(struct vcpu *v)
{
	struct machine *m = v->m;
	unsigned int cpu;

	v->state = VCPU_OFF;
	timer_reset(v);
	irqchip_cpu_off(m->chip, v->id);
	vcpu_stop(v);
	for (cpu = 0; cpu < m->nr_cpus; cpu++)
		if (m->cpus[cpu]->state != VCPU_OFF)
			return;
	machine_fail(m, "the guest has switched off its last CPU, but not the machine");
}

void psci_call(struct vcpu *v)
{
	uint32_t function = (uint32_t)vcpu_x(v, 0);
	uint64_t mask = function & PSCI_SMC64 ? UINT64_MAX : UINT32_MAX;
	uint64_t x1 = vcpu_x(v, 1) & mask;
	uint64_t x2 = vcpu_x(v, 2) & mask;
	uint64_t x3 = vcpu_x(v, 3) & mask;
	int64_t result;

	switch (function) {
	case PSCI_CPU_OFF:
		cpu_off(v);
		return;
	case PSCI_SYSTEM_OFF:
		machine_stop(v->m, MACHINE_OFF);
		return;
	case PSCI_SYSTEM_RESET:
		machine_stop(v->m, MACHINE_RESET);
		return;
	case PSCI_VERSION:
		result = PSCI_1_0;
		break;
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_SMC64:
		result = cpu_on(v->m, x1, x2, x3);
		break;
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_SMC64:
		result = affinity_info(v->m, x1, x2);
		break;
	case PSCI_FEATURES:
		result = features((uint32_t)x1);
		break;
	default:
		result = PSCI_NOT_SUPPORTED;
		break;
	}
	vcpu_set_x(v, 0, (uint64_t)result);
}
