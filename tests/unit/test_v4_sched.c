/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Direct injection: where the vPEs are, doorbells, WFI. R91: no doorbell is lost between the wish for it and the put,
 * none is stuck on, and what was pending long ago does not wake anybody for ever.
 */
#include "v4.h"

static const struct mock_config plain = { .nr_lrs = 4 };

/* A vCPU that waits has its doorbell on; one that is preempted has not. */
static void test_wfi(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	uint64_t bells;

	v4_forward(vm, 0, 1);
	mock_guest_nop(vm, 1);
	assert_true(mock_vcpu_resident(vm, 1));
	assert_false(mock_doorbell_on(vm, 1));
	for (uint32_t i = 0; i < 3; i++) {
		bells = mock_v4_doorbells(vm);
		assert_false(mock_guest_wfi(vm, 1));
		assert_true(mock_doorbell_on(vm, 1));
		assert_false(mock_vcpu_resident(vm, 1));
		assert_false(mock_guest_wake(vm, 1));
		mock_dev_fire(vm, 0);
		assert_int_equal(mock_v4_doorbells(vm), bells + 1);
		assert_true(mock_guest_wake(vm, 1));
		assert_false(mock_doorbell_on(vm, 1));
		assert_true(mock_vcpu_resident(vm, 1));
		assert_int_equal(hw_take(vm, 1), LPI0);
		assert_int_equal(hw_take(vm, 1), SPURIOUS);
	}
	/* Pending already: it does not sleep, PendingLast says so. */
	mock_dev_fire(vm, 0);
	assert_true(mock_guest_wfi(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* Preempted: nobody is told, and it finds its interrupt. */
	mock_vcpu_put(vm, 1);
	assert_false(mock_doorbell_on(vm, 1));
	bells = mock_v4_doorbells(vm);
	mock_dev_fire(vm, 0);
	assert_int_equal(mock_v4_doorbells(vm), bells);
	assert_true(lvgic_vcpu_has_work(mock_vcpu(vm, 1)));
	assert_int_equal(hw_take(vm, 1), LPI0);
	v4_end(vm);
}

/* The thread is scheduled out and in while its guest waits, at each of the places where that can be. */
static void test_preempted_waiting(void **state)
{
	for (uint32_t how = 0; how < 4; how++) {
		struct mock_vm *vm = v4_vm(state, 1, plain);
		struct lvgic_vcpu *v;

		v4_forward(vm, 0, 0);
		mock_guest_nop(vm, 0);
		mock_vcpu_exit(vm, 0);
		v = mock_vcpu(vm, 0);
		if (how == 0) {
			/* Between the decision to wait and the wish for a doorbell. */
			mock_vcpu_put(vm, 0);
			mock_vcpu_load(vm, 0);
		}
		lvgic_vcpu_block(v);
		assert_true(mock_doorbell_on(vm, 0));
		assert_false(lvgic_vcpu_pending(v));
		if (how >= 1) {
			/* Between the wish and the sleep. */
			mock_vcpu_put(vm, 0);
			assert_true(mock_doorbell_on(vm, 0));
		}
		if (how >= 2) {
			mock_vcpu_load(vm, 0);
			/* Still waiting: not resident, the bell still on. */
			assert_false(mock_vcpu_resident(vm, 0));
			assert_true(mock_doorbell_on(vm, 0));
		}
		if (how == 3)
			mock_vcpu_migrate(vm, 0, 1);
		mock_dev_fire(vm, 0);
		assert_true(mock_kicked(vm, 0));
		mock_vcpu_load(vm, 0);
		assert_true(lvgic_vcpu_pending(v));
		lvgic_vcpu_unblock(v);
		assert_true(mock_vcpu_resident(vm, 0));
		assert_false(mock_doorbell_on(vm, 0));
		assert_int_equal(hw_take(vm, 0), LPI0);
		v4_end(vm);
	}
}

/* Doorbells that come when they are not wanted any more. */
static void test_late_doorbell(void **state)
{
	struct mock_vm *vm = v4_vm(state, 1, plain);
	struct lvgic_vcpu *v;
	uint64_t kicks;

	v4_forward(vm, 0, 0);
	mock_guest_nop(vm, 0);
	v = mock_vcpu(vm, 0);
	kicks = mock_counts(vm, 0)->kicks;
	/* Resident: not heard, and forgotten. */
	lvgic_v4_doorbell(v);
	assert_int_equal(mock_counts(vm, 0)->kicks, kicks);
	mock_vcpu_exit(vm, 0);
	assert_false(lvgic_vcpu_pending(v));
	assert_false(mock_guest_wfi(vm, 0));
	/* Waiting: it wakes for nothing, once. */
	lvgic_v4_doorbell(v);
	assert_int_equal(mock_counts(vm, 0)->kicks, kicks + 1);
	assert_true(mock_guest_wake(vm, 0));
	assert_false(mock_guest_wfi(vm, 0));
	/* Of a vCPU without a vPE, or of none. */
	lvgic_v4_doorbell(NULL);
	v4_end(vm);
}

/* Groups that the guest's Distributor does not forward are not delivered behind its back. */
static void test_groups(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	mock_guest_nop(vm, 1);
	mock_dist_w(vm, 0, GICD_CTLR, 4, 0);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	assert_int_equal(v4_take(vm, 1), LPI0);
	/* Of a vCPU that waits: it sleeps, and wakes when the group comes. */
	mock_dist_w(vm, 0, GICD_CTLR, 4, 0);
	mock_guest_nop(vm, 1);
	mock_dev_fire(vm, 0);
	assert_false(mock_guest_wfi(vm, 1));
	assert_false(mock_guest_wake(vm, 1));
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* The group goes while it waits. */
	assert_false(mock_guest_wfi(vm, 1));
	mock_dist_w(vm, 0, GICD_CTLR, 4, 0);
	(void)mock_guest_wake(vm, 1);
	mock_dev_fire(vm, 0);
	assert_false(mock_guest_wake(vm, 1));
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* It wakes for another reason while the group is off: no doorbell is left on. */
	assert_false(mock_guest_wfi(vm, 1));
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0);
	mock_redist_w(vm, 0, 1, GICR_SGI_BASE + GICD_IGROUPR, 4, 0xfffffffe);
	mock_redist_w(vm, 0, 1, GICR_SGI_BASE + GICD_ISPENDR, 4, 1);
	assert_true(mock_guest_wake(vm, 1));
	assert_false(mock_doorbell_on(vm, 1));
	assert_int_equal(mock_guest_ack(vm, 1, 0), 0);
	mock_guest_eoi(vm, 1, 0, 0);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	/* It waits with one group, and the other comes: the doorbell must hear of that (GICv4.1). */
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0);
	mock_guest_nop(vm, 1);
	assert_false(mock_guest_wfi(vm, 1));
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	assert_false(mock_guest_wake(vm, 1));
	mock_dev_fire(vm, 0);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* GICR_WAKER */
	mock_redist_w(vm, 1, 1, GICR_WAKER, 4, 0);
	mock_redist_w(vm, 1, 1, GICR_WAKER, 4, GICR_WAKER_ProcessorSleep);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_redist_w(vm, 1, 1, GICR_WAKER, 4, 0);
	assert_int_equal(v4_take(vm, 1), LPI0);
	v4_end(vm);
}

/* Pending state that comes to a vCPU that waits by other ways than a message. */
static void test_wake_by_commands(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	struct lvgic_its *its = mock_its(vm, 0);

	/* The first host interrupt of all, while both wait: the vPEs were never resident. */
	mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
	mock_its_mapti(vm, 0, DEV, 1, LPI0 + 1, 1);
	assert_false(mock_guest_wfi(vm, 1));
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0)), LVGIC_OK);
	(void)mock_guest_wake(vm, 1);
	mock_dev_fire(vm, 0);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* INT */
	assert_false(mock_guest_wfi(vm, 1));
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, DEV, 0);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* MOVI of one that is pending elsewhere */
	mock_its_movi(vm, 0, DEV, 0, 0);
	mock_dev_fire(vm, 0);
	assert_false(mock_guest_wfi(vm, 1));
	mock_its_movi(vm, 0, DEV, 0, 1);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* INV that enables one that is pending */
	mock_lpi_config(vm, LPI0, 0xa0);
	mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEV, 0);
	mock_dev_fire(vm, 0);
	assert_false(mock_guest_wfi(vm, 1));
	mock_lpi_config(vm, LPI0, 0xa1);
	mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEV, 0);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0);
	/* One that becomes forwarded while it is pending */
	mock_dev_add(vm, 1, 0, DEV, 1);
	assert_false(mock_guest_wfi(vm, 1));
	mock_dev_fire(vm, 1);
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 1, mock_dev_add(vm, 1, 0, DEV, 1)), LVGIC_OK);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0 + 1);
	/* One that is taken back while it is pending */
	assert_false(mock_guest_wfi(vm, 1));
	mock_dev_fire(vm, 1);
	assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 1), LVGIC_OK);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(v4_take(vm, 1), LPI0 + 1);
	v4_end(vm);
}

/* To another CPU: a VMOVP, if it is another one, before residency (the model checks the rest). */
static void test_migrate(void **state)
{
	const struct mock_v4_config *v4 = *state;
	struct mock_vm *vm = v4_vm(state, 2, plain);
	uint64_t moves;

	v4_forward(vm, 0, 0);
	v4_forward(vm, 1, 1);
	mock_guest_nop(vm, 0);
	mock_guest_nop(vm, 1);
	moves = mock_v4_commands(vm, 0x22);
	mock_vcpu_put(vm, 0);
	mock_guest_nop(vm, 0);
	assert_int_equal(mock_v4_commands(vm, 0x22), moves);
	/* Both on CPU 0, in turns. */
	mock_vcpu_migrate(vm, 1, 0);
	for (uint32_t i = 0; i < 4; i++) {
		mock_dev_fire(vm, i % 2);
		assert_int_equal(hw_take(vm, i % 2), LPI0 + i % 2);
		assert_true(mock_vcpu_resident(vm, i % 2));
		assert_false(mock_vcpu_resident(vm, 1 - i % 2));
	}
	assert_int_equal(mock_v4_commands(vm, 0x22), moves + (v4->vmovp_each ? 2 : 1));
	/* While it waits. */
	assert_false(mock_guest_wfi(vm, 1));
	mock_vcpu_migrate(vm, 1, 1);
	mock_dev_fire(vm, 1);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), LPI0 + 1);
	v4_end(vm);
}

/* Switched off, what it has waits in the hardware. */
static void test_off(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	mock_guest_nop(vm, 1);
	mock_vcpu_off(vm, 1);
	assert_false(mock_vcpu_resident(vm, 1));
	assert_false(mock_doorbell_on(vm, 1));
	mock_dev_fire(vm, 0);
	mock_vcpu_on(vm, 1);
	mock_guest_set_igrpen(vm, 1, 1, true);
	mock_guest_set_pmr(vm, 1, 0xf8);
	assert_int_equal(hw_take(vm, 1), LPI0);
	v4_end(vm);
}

/* It cannot be made resident: the software takes over, with what is pending, until it is asked for again. */
static void test_residency_fails(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	mock_guest_nop(vm, 1);
	mock_vcpu_migrate(vm, 1, 2);
	mock_dev_fire(vm, 0);
	mock_v4_fail_nth(vm, 1);
	mock_guest_nop(vm, 1);
	assert_false(mock_vcpu_resident(vm, 1));
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_VPE_FAILED);
	assert_int_equal(v4_take(vm, 1), LPI0);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), LPI0);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), LPI0);
	assert_true(mock_vcpu_resident(vm, 1));
	v4_end(vm);
}

static void disable_groups(struct mock_vm *vm, void *arg)
{
	bool *done = arg;

	if (!*done)
		mock_dist_w(vm, MOCK_DEBUGGER, GICD_CTLR, 4, 0);
	*done = true;
}

/* A request that comes while an earlier one is heeded, in the middle of residency, is not swallowed with it. */
static void test_request_meets_request(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	bool done = false;

	v4_forward(vm, 0, 1);
	mock_guest_nop(vm, 1);
	/* A vPE that failed, and an SPI in a list register. */
	mock_vcpu_migrate(vm, 1, 2);
	mock_v4_fail_nth(vm, 1);
	mock_irq_route(vm, 0, 40, 1);
	mock_inject(vm, 0, 40, true);
	mock_guest_nop(vm, 1);
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_VPE_FAILED);
	mock_obey_kicks(vm, false);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true), LVGIC_OK);
	mock_vcpu_exit(vm, 1);
	mock_v4_between(vm, disable_groups, &done);
	mock_vcpu_enter(vm, 1);
	mock_v4_between(vm, NULL, NULL);
	assert_true(done);
	mock_obey_kicks(vm, true);
	mock_guest_nop(vm, 1);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	v4_end(vm);
}

/* A reset, and the guest comes up again. */
static void test_reset(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	mock_guest_nop(vm, 1);
	mock_dev_fire(vm, 0);
	for (uint32_t cpu = 0; cpu < 2; cpu++)
		mock_vcpu_put(vm, cpu);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0) == LVGIC_V4_FORWARDED, false);
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		mock_redist_w(vm, MOCK_DEBUGGER, cpu, GICR_PROPBASER, 8, MOCK_LPI_PROP_GPA | 15);
		mock_redist_w(vm, MOCK_DEBUGGER, cpu, GICR_PENDBASER, 8, MOCK_LPI_PEND_GPA + cpu * MOCK_LPI_PEND_SIZE);
		mock_lpi_enable(vm, cpu, true);
		mock_run_deferred(vm);
	}
	mock_guest_enable_all(vm);
	mock_its_w(vm, 0, GITS_BASER, 8, GITS_BASER_Valid | MOCK_ITS_TABLES | 2 << GITS_BASER_Page_Size_SHIFT | 63);
	mock_its_w(vm, 0, GITS_BASER + 8, 8,
	           GITS_BASER_Valid | (MOCK_ITS_TABLES + 0x400000) | 2 << GITS_BASER_Page_Size_SHIFT | 7);
	mock_its_w(vm, 0, GITS_CBASER, 8, GITS_CBASER_Valid | (MOCK_ITS_TABLES + MOCK_ITS_QUEUE) | 255);
	mock_its_rewind(vm, 0);
	mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
	mock_its_mapc(vm, 0, 1, 1, true);
	mock_its_mapd(vm, 0, DEV, 5, true);
	mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), LPI0);
	v4_end(vm);
}

static void test_invalidate_doorbell(void **state)
{
	const struct mock_v4_config *v4 = *state;
	struct mock_vm *vm = v4_vm(state, 2, plain);
	uint64_t before;

	assert_int_equal(lvgic_v4_invalidate_doorbell(mock_vcpu(vm, 1)), LVGIC_OK);
	v4_forward(vm, 0, 1);
	before = mock_v4_commands(vm, 0x2e);
	assert_int_equal(lvgic_v4_invalidate_doorbell(mock_vcpu(vm, 1)), LVGIC_OK);
	assert_int_equal(mock_v4_commands(vm, 0x2e), before + (v4->v4_1 ? 1 : 0));
	assert_int_equal(lvgic_v4_invalidate_doorbell(NULL), LVGIC_ERR_INVAL);
	v4_end(vm);
}

/* Without the hardware nothing of this does anything. */
static void test_without(void **state)
{
	struct mock_vm *vm = hw_vm((struct mock_config){ .nr_vcpus = 1, .nr_its = 1 });
	struct lvgic_host_cpu cpu = { .cpu = 0 };
	struct lvgic_host_irq irq = { .its = 0 };
	struct lvgic_v4_stats stats = { .forwarded = 7 };

	(void)state;
	lvgic_v4_load(mock_vcpu(vm, 0), &cpu);
	lvgic_v4_put(mock_vcpu(vm, 0));
	lvgic_v4_doorbell(mock_vcpu(vm, 0));
	assert_int_equal(lvgic_v4_set_forwarding(mock_its(vm, 0), 1, 1, &irq), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_unset_forwarding(mock_its(vm, 0), 1, 1), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_allow(mock_its(vm, 0), 1, 1, true), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 0), true), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_invalidate_doorbell(mock_vcpu(vm, 0)), LVGIC_ERR_STATE);
	lvgic_v4_get_stats(mock_vgic(vm), &stats);
	assert_int_equal(stats.forwarded, 0);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		V4_EACH(test_wfi),    V4_EACH(test_preempted_waiting),   V4_EACH(test_late_doorbell),
		V4_EACH(test_groups), V4_EACH(test_wake_by_commands),    V4_EACH(test_migrate),
		V4_EACH(test_off),    V4_EACH(test_residency_fails),     V4_EACH(test_request_meets_request),
		V4_EACH(test_reset),  V4_EACH(test_invalidate_doorbell), cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests_name("v4_sched", tests, NULL, NULL);
}
