/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * hw.h - what the behaviour tests on the mock hypervisor share.
 */
#ifndef VGIC_TESTS_UNIT_HW_H
#define VGIC_TESTS_UNIT_HW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <vgic_mock.h>

#define SPURIOUS GIC_INTID_SPURIOUS

static inline void hw_failure(void *arg, const char *what)
{
	(void)arg;
	print_error("%s\n", what);
	fail();
}

/* A VM whose guest has enabled everything; what the mock finds wrong fails the test. */
static inline struct mock_vm *hw_vm(struct mock_config config)
{
	struct mock_vm *vm;

	config.failure = hw_failure;
	vm = mock_vm_create(&config);
	mock_guest_enable_all(vm);
	return vm;
}

/* Acknowledge, end (with EOImode 0), and say what it was. */
static inline uint32_t hw_take(struct mock_vm *vm, uint32_t cpu)
{
	uint32_t intid = mock_guest_ack(vm, cpu, 1);

	if (intid != SPURIOUS)
		mock_guest_eoi(vm, cpu, 1, intid);
	return intid;
}

/*
 * The ways to run the same test: each is called with struct mock_config in which the number of list registers or the
 * trapped CPU interface is set. A test takes its configuration from *state.
 */
/* R82: 16 list registers are all that this library uses; masks of them must not overflow. */
/* clang-format off */
#define HW_EACH(test) \
	{ #test " 1 LR", test, NULL, NULL, &(struct mock_config){ .nr_lrs = 1 } }, \
	{ #test " 2 LRs", test, NULL, NULL, &(struct mock_config){ .nr_lrs = 2 } }, \
	{ #test " 4 LRs", test, NULL, NULL, &(struct mock_config){ .nr_lrs = 4 } }, \
	{ #test " 16 LRs", test, NULL, NULL, &(struct mock_config){ .nr_lrs = 16 } }, \
	{ #test " trapped", test, NULL, NULL, &(struct mock_config){ .trapped = true } }
/* clang-format on */

static inline struct mock_config hw_config(void **state, uint32_t nr_vcpus)
{
	struct mock_config config = *(struct mock_config *)*state;

	config.nr_vcpus = nr_vcpus;
	return config;
}

#endif
