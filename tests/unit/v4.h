/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * v4.h - what the tests of direct injection share: each runs on GICv4.0 and GICv4.1 hardware, with commands and with a
 * driver.
 */
#ifndef VGIC_TESTS_UNIT_V4_H
#define VGIC_TESTS_UNIT_V4_H

#include "hw.h"

/* clang-format off */
#define V4_EACH(test) \
	{ #test " 4.0", test, NULL, NULL, &(struct mock_v4_config){ .v4_1 = false } }, \
	{ #test " 4.1", test, NULL, NULL, &(struct mock_v4_config){ .v4_1 = true, .vsgi = true } }, \
	{ #test " 4.0 driver", test, NULL, NULL, &(struct mock_v4_config){ .driver = true } }, \
	{ #test " 4.1 driver", test, NULL, NULL, \
	  &(struct mock_v4_config){ .v4_1 = true, .driver = true, .vsgi = true, .nr_host_its = 2, .vmovp_each = true } }, \
	{ #test " 4.0, two ITSs", test, NULL, NULL, &(struct mock_v4_config){ .nr_host_its = 2, .vmovp_each = true } }
/* clang-format on */

/* One ITS; device 1 of the guest with 32 events; event e is LPI 8192 + e of vCPU e % nr, behind it is device e. */
#define DEV  1u
#define LPI0 LVGIC_FIRST_LPI

static inline struct mock_vm *v4_vm(void **state, uint32_t nr_vcpus, struct mock_config config)
{
	struct mock_vm *vm;

	config.nr_vcpus = nr_vcpus;
	config.nr_its = 1;
	config.v4 = *state;
	vm = hw_vm(config);
	mock_its_setup(vm);
	mock_its_mapd(vm, 0, DEV, 5, true);
	return vm;
}

static inline void v4_end(struct mock_vm *vm)
{
	for (uint32_t cpu = 0; cpu < mock_nr_vcpus(vm); cpu++)
		mock_vcpu_put(vm, cpu);
	mock_vm_fini(vm);
	mock_v4_check_end(vm);
	mock_vm_destroy(vm);
}

static inline enum lvgic_v4_why v4_why(struct mock_vm *vm, uint32_t event)
{
	struct lvgic_v4_info info;

	assert_int_equal(lvgic_v4_query(mock_its(vm, 0), DEV, event, &info), LVGIC_OK);
	return info.why;
}

static inline struct lvgic_v4_stats v4_stats(struct mock_vm *vm)
{
	struct lvgic_v4_stats stats;

	lvgic_v4_get_stats(mock_vgic(vm), &stats);
	return stats;
}

/* All obey their kicks, then one takes an interrupt: what must go from one to another has gone. */
static inline uint32_t v4_take(struct mock_vm *vm, uint32_t cpu)
{
	for (uint32_t i = 0; i < 2 * mock_nr_vcpus(vm); i++) {
		mock_guest_nop(vm, i % mock_nr_vcpus(vm));
		mock_run_deferred(vm);
	}
	return hw_take(vm, cpu);
}

/* Event e, mapped to LPI0 + e of vCPU "cpu", comes from device e and is forwarded. */
static inline void v4_forward(struct mock_vm *vm, uint32_t e, uint32_t cpu)
{
	mock_its_mapti(vm, 0, DEV, e, LPI0 + e, cpu);
	assert_int_equal(lvgic_v4_set_forwarding(mock_its(vm, 0), DEV, e, mock_dev_add(vm, e, 0, DEV, e)), LVGIC_OK);
	assert_int_equal(v4_why(vm, e), LVGIC_V4_FORWARDED);
	assert_true(mock_dev_virtual(vm, e));
}

#endif
