/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Creation with an op that fails at each of its calls: nothing is left behind, nothing is half done, a second try
 * succeeds. And what may be left out of the ops.
 */
#include "hw.h"

static const enum mock_op fallible[] = { MOCK_OP_ALLOC, MOCK_OP_LOCK_CREATE };

/* R88: any failure while the VM is built: what was built is taken down again. */
static void nothing_leaks(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(fallible) / sizeof(fallible[0]); i++) {
		uint64_t n;

		for (n = 1;; n++) {
			struct mock_vm *vm = mock_vm_new(&(struct mock_config){
				.nr_vcpus = 3, .failure = hw_failure, .flags = LVGIC_CONFIG_STATS });
			enum lvgic_status status;

			mock_fail(vm, fallible[i], n);
			status = mock_vm_init(vm);
			if (status == LVGIC_OK)
				assert_true(mock_calls(vm, fallible[i]) < n);
			else
				assert_int_equal(status, LVGIC_ERR_NOMEM);
			if (status != LVGIC_OK)
				assert_int_equal(mock_leaks(vm), 0);
			mock_vm_destroy(vm);
			if (status == LVGIC_OK)
				break;
		}
		assert_true(n > 3);
	}
}

/* "A call that does not return LVGIC_OK has changed nothing": so the same call again does it. */
#define TWICE(call)                                \
	do {                                       \
		enum lvgic_status twice = (call);  \
		if (twice == LVGIC_ERR_NOMEM)      \
			twice = (call);            \
		assert_int_equal(twice, LVGIC_OK); \
	} while (0)

static void try_again(void **unused)
{
	const struct lvgic_config config = {
		.size = sizeof(config), .nr_vcpus = 2, .nr_spis = 64, .flags = LVGIC_CONFIG_STATS
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(fallible) / sizeof(fallible[0]); i++) {
		for (uint64_t n = 1;; n++) {
			struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .nr_vcpus = 2, .failure = hw_failure });
			struct lvgic *vg = NULL;
			struct lvgic_vcpu *v[2];
			uint64_t val;
			bool done;

			mock_fail(vm, fallible[i], n);
			TWICE(lvgic_create(&config, mock_ops(vm), vm, &vg));
			TWICE(lvgic_vcpu_create(vg, 1, 1, mock_vctx(vm, 1), &v[1]));
			TWICE(lvgic_vcpu_create(vg, 0, 0, mock_vctx(vm, 0), &v[0]));
			TWICE(lvgic_set_dist(vg, MOCK_DIST_GPA));
			TWICE(lvgic_add_redists(vg, MOCK_REDIST_GPA, 1));
			TWICE(lvgic_add_redists(vg, MOCK_REDIST_GPA + 0x20000, 1));
			TWICE(lvgic_start(vg));
			assert_int_equal(lvgic_mmio_read(vg, v[0], MOCK_DIST_GPA + GICD_TYPER, 4, &val), LVGIC_OK);
			assert_int_equal(val & GICD_TYPER_ITLinesNumber_MASK, 2); /* R80 */
			for (uint32_t cpu = 0; cpu < 2; cpu++) {
				assert_int_equal(lvgic_mmio_read(vg, v[0], MOCK_REDIST_GPA + cpu * 0x20000 + GICR_TYPER,
				                                 8, &val),
				                 LVGIC_OK);
				assert_int_equal(val >> 32, cpu);
				assert_int_equal(val >> 8 & 0xffff, cpu);
				assert_true(val & GICR_TYPER_Last);
			}
			done = mock_calls(vm, fallible[i]) < n;
			lvgic_destroy(vg);
			assert_int_equal(mock_leaks(vm), 0);
			mock_vm_destroy(vm);
			if (done)
				break;
		}
	}
}

/* R88: vCPUs made and taken back, in any order, before the start. */
static void taken_back(void **unused)
{
	const struct lvgic_config config = { .size = sizeof(config), .nr_vcpus = 4 };
	struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .nr_vcpus = 4, .failure = hw_failure });
	struct lvgic *vg;
	struct lvgic_vcpu *v[4];

	(void)unused;
	assert_int_equal(lvgic_create(&config, mock_ops(vm), vm, &vg), LVGIC_OK);
	assert_int_equal(lvgic_start(vg), LVGIC_ERR_INVAL); /* no vCPU */
	for (uint32_t id = 0; id < 3; id++)
		assert_int_equal(lvgic_vcpu_create(vg, id, id, mock_vctx(vm, id), &v[id]), LVGIC_OK);
	assert_int_equal(lvgic_vcpu_create(vg, 1, 9, mock_vctx(vm, 1), &v[3]), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_vcpu_create(vg, 3, 2, mock_vctx(vm, 3), &v[3]), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_vcpu_create(vg, 4, 4, mock_vctx(vm, 3), &v[3]), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_vcpu_destroy(v[1]), LVGIC_OK);
	assert_null(lvgic_vcpu_by_id(vg, 1));
	/* Its id and its affinity are free again. */
	assert_int_equal(lvgic_vcpu_create(vg, 3, 1, mock_vctx(vm, 3), &v[3]), LVGIC_OK);
	/* A gap in the ids (R71). */
	assert_int_equal(lvgic_start(vg), LVGIC_OK);
	assert_null(lvgic_vcpu_by_id(vg, 1));
	assert_null(lvgic_vcpu_by_id(vg, 4));
	assert_null(lvgic_vcpu_by_id(vg, UINT32_MAX));
	assert_ptr_equal(lvgic_vcpu_by_affinity(vg, 1), v[3]);
	assert_null(lvgic_vcpu_by_affinity(vg, 3));
	assert_int_equal(lvgic_vcpu_destroy(v[0]), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_vcpu_create(vg, 1, 5, mock_vctx(vm, 1), &v[1]), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_start(vg), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_set_dist(vg, MOCK_DIST_GPA), LVGIC_ERR_STATE);
	/* R70, R71: an SGI to the missing one and to all. */
	assert_int_equal(lvgic_icc_write(v[0], ICC_SGI1R_EL1, 1u << 3), LVGIC_OK);
	assert_int_equal(lvgic_icc_write(v[0], ICC_SGI1R_EL1, ICC_SGIR_IRM), LVGIC_OK);
	assert_int_equal(lvgic_inject(vg, NULL, 32, true), LVGIC_OK);
	lvgic_destroy(vg);
	lvgic_destroy(NULL);
	mock_vm_destroy(vm);
}

static void before_start(void **unused)
{
	const struct lvgic_config config = { .size = sizeof(config), .nr_vcpus = 1 };
	struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .failure = hw_failure });
	struct lvgic *vg;
	struct lvgic_vcpu *v;

	(void)unused;
	assert_int_equal(lvgic_create(&config, mock_ops(vm), vm, &vg), LVGIC_OK);
	assert_int_equal(lvgic_vcpu_create(vg, 0, 0, mock_vctx(vm, 0), &v), LVGIC_OK);
	assert_int_equal(lvgic_inject(vg, NULL, 40, true), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_map_hw(vg, NULL, 40, 40), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_reset(vg), LVGIC_ERR_STATE);
	assert_int_equal(mock_calls(vm, MOCK_OP_KICK), 0);
	lvgic_destroy(vg);
	mock_vm_destroy(vm);
}

/* Each op that may be NULL, and all of them: an edge is delivered all the same. */
static void optional_ops(void **state)
{
	static const uint32_t optional = 1u << MOCK_OP_LR_LOAD | 1u << MOCK_OP_LR_STORE | 1u << MOCK_OP_MEM_READ |
	                                 1u << MOCK_OP_MEM_WRITE | 1u << MOCK_OP_ITS_CMD | 1u << MOCK_OP_HW_GET |
	                                 1u << MOCK_OP_HW_SET | 1u << MOCK_OP_ACKED | 1u << MOCK_OP_DEFER |
	                                 1u << MOCK_OP_CLOCK | 1u << MOCK_OP_GUEST_ERROR | 1u << MOCK_OP_TRACE;

	for (uint32_t op = 0; op <= MOCK_NR_OPS; op++) {
		struct mock_config config = hw_config(state, 2);
		struct mock_vm *vm;

		config.omit = op < MOCK_NR_OPS ? optional & 1u << op : optional;
		config.flags = LVGIC_CONFIG_STATS;
		vm = hw_vm(config);
		for (uint32_t i = 0; i < 20; i++) {
			mock_irq_set_edge(vm, 0, 40 + i, true);
			assert_int_equal(lvgic_notify_eoi(mock_vgic(vm), NULL, 40 + i, true), LVGIC_OK);
			mock_inject(vm, 0, 40 + i, true);
		}
		for (uint32_t i = 0; i < 20; i++)
			assert_in_range(hw_take(vm, 0), 40, 59);
		assert_int_equal(hw_take(vm, 0), SPURIOUS);
		mock_dist_w(vm, 1, GICD_TYPER, 4, 1); /* a guest error */
		mock_guest_sgi(vm, 0, 1, 3, 1);
		assert_int_equal(hw_take(vm, 1), 3);
		mock_vm_destroy(vm);
	}
}

/* Each op that may not be NULL. */
static void required_ops(void **unused)
{
	static const enum mock_op required[] = { MOCK_OP_ALLOC,        MOCK_OP_FREE, MOCK_OP_LOCK_CREATE,
		                                 MOCK_OP_LOCK_DESTROY, MOCK_OP_LOCK, MOCK_OP_UNLOCK,
		                                 MOCK_OP_KICK };

	(void)unused;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		struct mock_vm *vm =
			mock_vm_new(&(struct mock_config){ .failure = hw_failure, .omit = 1u << required[i] });

		assert_int_equal(mock_vm_init(vm), LVGIC_ERR_OPS);
		mock_vm_destroy(vm);
	}
}

/* A table from another version of the header. */
static void other_versions(void **unused)
{
	const struct lvgic_config config = { .size = sizeof(config), .nr_vcpus = 1 };
	struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .failure = hw_failure });
	struct {
		struct lvgic_ops ops;
		void *later[2];
	} longer = { .ops = *mock_ops(vm) };
	struct lvgic *vg = NULL;

	(void)unused;
	longer.ops.size = sizeof(longer);
	assert_int_equal(lvgic_create(&config, &longer.ops, vm, &vg), LVGIC_OK);
	lvgic_destroy(vg);
	longer.later[1] = &longer;
	assert_int_equal(lvgic_create(&config, &longer.ops, vm, &vg), LVGIC_ERR_OPS);
	longer.ops.size = (uint32_t)offsetof(struct lvgic_ops, trace);
	assert_int_equal(lvgic_create(&config, &longer.ops, vm, &vg), LVGIC_OK);
	lvgic_destroy(vg);
	longer.ops.size = 8;
	assert_int_equal(lvgic_create(&config, &longer.ops, vm, &vg), LVGIC_ERR_OPS);
	longer.ops.size = 0;
	assert_int_equal(lvgic_create(&config, &longer.ops, vm, &vg), LVGIC_ERR_OPS);
	longer.ops.size = sizeof(struct lvgic_ops);
	longer.ops.reserved = 1;
	assert_int_equal(lvgic_create(&config, &longer.ops, vm, &vg), LVGIC_ERR_OPS);
	assert_int_equal(mock_leaks(vm), 0);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaks),  cmocka_unit_test(try_again), cmocka_unit_test(taken_back),
		cmocka_unit_test(before_start),   HW_EACH(optional_ops),       cmocka_unit_test(required_ops),
		cmocka_unit_test(other_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
