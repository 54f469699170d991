/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Who may take an interrupt: group enables at the Distributor and at the CPU interface, 1 of N routing, vCPUs that are
 * off or blocked. Nothing pending may be stranded by any of it.
 */
#include "hw.h"

#define ALL_GROUPS (GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1)

static void set_groups(struct mock_vm *vm, uint32_t cpu, uint32_t groups)
{
	mock_dist_w(vm, cpu, GICD_CTLR, 4, GICD_CTLR_ARE | groups);
}

/* Hazard: Distributor group enables toggled with interrupts queued, in list registers and active. */
static void distributor_groups(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	for (uint32_t intid = 40; intid < 60; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_irq_set_group(vm, 0, intid, intid % 2);
		if (intid == 50)
			mock_guest_nop(vm, 0);
		mock_inject(vm, 0, intid, true);
	}
	mock_guest_nop(vm, 0);
	set_groups(vm, 1, 0);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	assert_int_equal(mock_guest_ack(vm, 0, 0), SPURIOUS);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	assert_int_equal(mock_dist_r(vm, 1, GICD_ISPENDR + 4, 4), 0x0fffff00u);
	set_groups(vm, 1, GICD_CTLR_EnableGrp1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(hw_take(vm, 0) % 2, 1);
	/* Only group 0 now: the other five wait. */
	set_groups(vm, 1, GICD_CTLR_EnableGrp0);
	for (int i = 0; i < 10; i++) {
		uint32_t intid = mock_guest_ack(vm, 0, 0);

		assert_int_equal(intid % 2, 0);
		if (i == 5) /* off while active: it can be ended */
			set_groups(vm, 1, 0);
		mock_guest_eoi(vm, 0, 0, intid);
		if (i == 5)
			set_groups(vm, 1, GICD_CTLR_EnableGrp0);
	}
	assert_int_equal(mock_guest_ack(vm, 0, 0), SPURIOUS);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	set_groups(vm, 1, ALL_GROUPS);
	for (int i = 0; i < 5; i++)
		assert_int_equal(hw_take(vm, 0) % 2, 1);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* The guest turns a group off at its CPU interface, without a trap, while more of it are pending than list registers.
 */
static void cpu_groups(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	for (uint32_t intid = 40; intid < 60; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_irq_set_group(vm, 0, intid, 0);
		mock_irq_set_prio(vm, 0, intid, 0x20);
		mock_inject(vm, 0, intid, true);
	}
	mock_irq_set_edge(vm, 0, 60, true);
	mock_inject(vm, 0, 60, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_FIQ);
	mock_guest_set_igrpen(vm, 0, 0, false);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	assert_int_equal(hw_take(vm, 0), 60);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	mock_inject(vm, 0, 60, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	mock_guest_set_igrpen(vm, 0, 0, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_FIQ);
	for (int i = 0; i < 20; i++) {
		uint32_t intid = mock_guest_ack(vm, 0, 0);

		assert_in_range(intid, 40, 59);
		mock_guest_eoi(vm, 0, 0, intid);
	}
	assert_int_equal(hw_take(vm, 0), 60);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* The other group off, with nothing waiting; on again. */
	mock_guest_set_igrpen(vm, 0, 1, false);
	mock_inject(vm, 0, 60, true);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	mock_guest_set_igrpen(vm, 0, 1, true);
	assert_int_equal(hw_take(vm, 0), 60);
	mock_vm_destroy(vm);
}

/* --- 1 of N --- */

static struct mock_vm *one_of_n(void **state, uint32_t nr_vcpus)
{
	struct mock_vm *vm = hw_vm(hw_config(state, nr_vcpus));

	mock_irq_set_edge(vm, 0, 40, true);
	mock_irq_route(vm, 0, 40, MOCK_DEBUGGER);
	for (uint32_t cpu = 0; cpu < nr_vcpus; cpu++)
		mock_guest_nop(vm, cpu);
	return vm;
}

/* The vCPU to which IRQ is signalled; there must be exactly one. */
/* UINT32_MAX: nobody. */
static uint32_t taker_if_any(struct mock_vm *vm, uint32_t candidates)
{
	uint32_t who = UINT32_MAX;

	/* Kicks that are under way; one that obeys may pass it on to one that was asked before. */
	for (int round = 0; round < 2; round++)
		for (uint32_t cpu = 0; cpu < mock_nr_vcpus(vm); cpu++)
			if (candidates & 1u << cpu)
				mock_guest_nop(vm, cpu);
	for (uint32_t cpu = 0; cpu < mock_nr_vcpus(vm); cpu++) {
		if (!(candidates & 1u << cpu) || !mock_guest_lines(vm, cpu))
			continue;
		assert_int_equal(who, UINT32_MAX);
		who = cpu;
	}
	return who;
}

static uint32_t taker(struct mock_vm *vm, uint32_t candidates)
{
	uint32_t who = taker_if_any(vm, candidates);

	if (who == UINT32_MAX)
		fail_msg("stranded");
	return who;
}

static void irm_exactly_one(void **state)
{
	struct mock_vm *vm = one_of_n(state, 4);

	for (int i = 0; i < 8; i++) {
		mock_inject(vm, 0, 40, true);
		assert_int_equal(hw_take(vm, taker(vm, 0xf)), 40);
	}
	for (uint32_t cpu = 0; cpu < 4; cpu++)
		assert_int_equal(hw_take(vm, cpu), SPURIOUS);
	mock_vm_destroy(vm);
}

static void irm_off(void **state)
{
	struct mock_vm *vm = one_of_n(state, 4);
	uint32_t cpu, left = 0xf;

	/* Each that holds it goes off: it moves on. */
	mock_inject(vm, 0, 40, true);
	for (int i = 0; i < 3; i++) {
		cpu = taker(vm, left);
		mock_vcpu_off(vm, cpu);
		left &= ~(1u << cpu);
	}
	cpu = taker(vm, left);
	/* The last one goes off: it waits for the first that comes back with its group on. */
	mock_vcpu_off(vm, cpu);
	cpu = (cpu + 1) % 4;
	mock_vcpu_on(vm, cpu);
	assert_int_equal(mock_guest_lines(vm, cpu), 0); /* its CPU interface is reset */
	mock_guest_set_pmr(vm, cpu, 0xff);
	mock_guest_set_igrpen(vm, cpu, 1, true);
	assert_int_equal(hw_take(vm, cpu), 40);
	mock_vm_destroy(vm);
}

/* A vCPU in WFI is chosen last, but chosen. */
static void irm_blocked(void **state)
{
	struct mock_vm *vm = one_of_n(state, 3);

	assert_false(mock_guest_wfi(vm, 0));
	assert_false(mock_guest_wfi(vm, 1));
	for (int i = 0; i < 4; i++) {
		mock_inject(vm, 0, 40, true);
		assert_int_equal(hw_take(vm, 2), 40);
	}
	assert_false(mock_guest_wfi(vm, 2));
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_wake(vm, 0) + mock_guest_wake(vm, 1) + mock_guest_wake(vm, 2), 1);
	for (uint32_t cpu = 0; cpu < 3; cpu++)
		if (mock_vcpu_in_guest(vm, cpu))
			assert_int_equal(hw_take(vm, cpu), 40);
	mock_vm_destroy(vm);
}

/* Blocked with it queued: WFI does not sleep on what it could take itself. */
static void irm_block_with_it(void **state)
{
	struct mock_vm *vm = one_of_n(state, 1);

	mock_vcpu_exit(vm, 0);
	mock_inject(vm, 0, 40, true);
	assert_true(mock_guest_wfi(vm, 0));
	assert_int_equal(hw_take(vm, 0), 40);
	mock_vm_destroy(vm);
}

/* The group goes off at the CPU interface that holds it, without a trap: another takes it; none can: the first that
 * turns it on. */
static void irm_group_off(void **state)
{
	struct mock_vm *vm = one_of_n(state, 3);
	uint32_t first, second;

	mock_inject(vm, 0, 40, true);
	first = taker(vm, 7);
	mock_guest_set_igrpen(vm, first, 1, false);
	second = taker(vm, 7);
	assert_int_not_equal(first, second);
	mock_guest_set_igrpen(vm, second, 1, false);
	mock_guest_set_igrpen(vm, 3 - first - second, 1, false);
	for (uint32_t cpu = 0; cpu < 3; cpu++)
		assert_int_equal(mock_guest_lines(vm, cpu), 0);
	mock_guest_set_igrpen(vm, first, 1, true);
	assert_int_equal(hw_take(vm, taker(vm, 7)), 40);
	/* Injected while all are off. */
	mock_guest_set_igrpen(vm, first, 1, false);
	mock_inject(vm, 0, 40, true);
	mock_guest_set_igrpen(vm, second, 1, true);
	assert_int_equal(hw_take(vm, taker(vm, 7)), 40);
	mock_vm_destroy(vm);
}

/* GICR_WAKER.ProcessorSleep and GICR_CTLR.DPG1NS take a vCPU out of the choice. */
static void irm_sleep_and_dpg(void **state)
{
	struct mock_vm *vm = one_of_n(state, 3);
	uint64_t typer = mock_redist_r(vm, 0, 0, GICR_TYPER, 8);
	uint32_t cpu;

	mock_redist_w(vm, 0, 0, GICR_WAKER, 4, GICR_WAKER_ProcessorSleep);
	for (int i = 0; i < 6; i++) {
		mock_inject(vm, 0, 40, true);
		cpu = taker(vm, 7);
		assert_int_not_equal(cpu, 0);
		assert_int_equal(hw_take(vm, cpu), 40);
	}
	mock_redist_w(vm, 0, 0, GICR_WAKER, 4, 0);
	if (typer & GICR_TYPER_DPGS) {
		mock_redist_w(vm, 1, 1, GICR_CTLR, 4, GICR_CTLR_DPG1NS);
		for (int i = 0; i < 6; i++) {
			mock_inject(vm, 0, 40, true);
			cpu = taker(vm, 7);
			assert_int_not_equal(cpu, 1);
			assert_int_equal(hw_take(vm, cpu), 40);
		}
		/* Set by the one that holds it. */
		mock_inject(vm, 0, 40, true);
		cpu = taker(vm, 5);
		mock_redist_w(vm, cpu, cpu, GICR_CTLR, 4, GICR_CTLR_DPG1NS);
		assert_int_equal(hw_take(vm, taker(vm, 7)), 40);
	}
	mock_vm_destroy(vm);
}

/* With all vCPUs deselected it is nobody's, until one is not any more, or it is of another group. */
static void irm_all_deselected(void **state)
{
	struct mock_vm *vm = one_of_n(state, 2);
	struct lvgic_explanation why;

	mock_inject(vm, 0, 40, true);
	for (uint32_t cpu = 0; cpu < 2; cpu++)
		mock_redist_w(vm, cpu, cpu, GICR_CTLR, 4, GICR_CTLR_DPG1NS);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(taker_if_any(vm, 3), UINT32_MAX);
		mock_guest_nop(vm, 0);
		mock_guest_nop(vm, 1);
		mock_inject(vm, 0, 40, true);
	}
	lvgic_explain(mock_vgic(vm), NULL, 40, &why);
	assert_int_equal(why.why, LVGIC_WHY_NO_TARGET);
	/* Set by a debugger, and so noticed by its vCPU later. */
	mock_redist_w(vm, MOCK_DEBUGGER, 1, GICR_CTLR, 4, 0);
	assert_int_equal(taker(vm, 3), 1);
	assert_int_equal(hw_take(vm, 1), 40);

	mock_redist_w(vm, 1, 1, GICR_CTLR, 4, GICR_CTLR_DPG1NS);
	mock_inject(vm, 0, 40, true);
	assert_int_equal(taker_if_any(vm, 3), UINT32_MAX);
	mock_irq_set_group(vm, 0, 40, 0);
	assert_int_not_equal(taker_if_any(vm, 3), UINT32_MAX);
	mock_irq_set_group(vm, 0, 40, 1);
	assert_int_equal(taker_if_any(vm, 3), UINT32_MAX);
	/* Routed to one it is not 1 of N. */
	mock_irq_route(vm, 0, 40, 1);
	assert_int_equal(hw_take(vm, 1), 40);
	mock_vm_destroy(vm);
}

/* Active at a vCPU that goes off, made inactive and pending by another: not stranded there. */
static void irm_active_at_one_that_is_off(void **state)
{
	struct mock_vm *vm = one_of_n(state, 2);

	mock_dist_w(vm, 1, GICD_ISACTIVER + 4, 4, 1u << 8);
	mock_vcpu_off(vm, 0);
	mock_dist_w(vm, 1, GICD_ICACTIVER + 4, 4, 1u << 8);
	mock_dist_w(vm, 1, GICD_ISPENDR + 4, 4, 1u << 8);
	assert_int_equal(taker(vm, 2), 1);
	assert_int_equal(hw_take(vm, 1), 40);
	mock_vm_destroy(vm);
}

/* From 1 of N to one, and back, while pending. */
static void irm_rerouted(void **state)
{
	struct mock_vm *vm = one_of_n(state, 3);

	for (uint32_t target = 0; target < 3; target++) {
		mock_irq_route(vm, 1, 40, MOCK_DEBUGGER);
		mock_inject(vm, 0, 40, true);
		taker(vm, 7);
		mock_irq_route(vm, 1, 40, target);
		assert_int_equal(taker(vm, 7), target);
		mock_irq_route(vm, 1, 40, MOCK_DEBUGGER);
		assert_int_equal(hw_take(vm, taker(vm, 7)), 40);
	}
	mock_vm_destroy(vm);
}

/* --- Off and on --- */

static void off_and_on(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	mock_irq_set_edge(vm, 0, 40, true);
	mock_irq_set_edge(vm, 0, 41, true);
	mock_irq_route(vm, 0, 40, 1);
	mock_irq_route(vm, 0, 41, 1);
	mock_irq_set_edge(vm, 1, 27, true);
	/* 41 active, 27 pending in a list register, 40 to come. */
	mock_inject(vm, 0, 41, true);
	assert_int_equal(mock_guest_ack(vm, 1, 1), 41);
	mock_inject(vm, 1, 27, true);
	mock_guest_nop(vm, 1);
	mock_vcpu_off(vm, 1);
	mock_inject(vm, 0, 40, true);
	assert_true(mock_irq_read(vm, 0, GICD_ISACTIVER, 41));
	assert_true(mock_irq_read(vm, 0, GICD_ISPENDR, 40));
	assert_int_equal(mock_redist_r(vm, 0, 1, GICR_SGI_BASE + GICD_ISPENDR, 4), 1u << 27);
	assert_int_equal(mock_counts(vm, 1)->halts, 0);
	/* What was for it alone can be sent elsewhere. */
	mock_irq_route(vm, 0, 40, 0);
	assert_int_equal(hw_take(vm, 0), 40);
	mock_inject(vm, 0, 40, true);
	mock_irq_route(vm, 0, 40, 1);
	mock_vcpu_on(vm, 1);
	assert_int_equal(mock_guest_rpr(vm, 1), 0xff);
	assert_int_equal(mock_guest_lines(vm, 1), 0);
	mock_guest_set_pmr(vm, 1, 0xff);
	mock_guest_set_igrpen(vm, 1, 1, true);
	assert_true(hw_take(vm, 1) + hw_take(vm, 1) == 27 + 40);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	/* 41 is active still, as the Redistributor and Distributor were not reset. */
	mock_inject(vm, 0, 41, true);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	mock_irq_write(vm, 0, GICD_ICACTIVER, 41);
	assert_int_equal(hw_take(vm, 1), 41);
	mock_vm_destroy(vm);
}

/* Many spilled active ones, and off. */
static void off_with_overflow(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	mock_guest_set_ctlr(vm, 1, ICC_CTLR_EOImode);
	for (uint32_t intid = 40; intid < 80; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_irq_route(vm, 0, intid, 1);
		mock_inject(vm, 0, intid, true);
		if (intid < 60)
			assert_int_equal(hw_take(vm, 1), intid);
	}
	mock_guest_nop(vm, 1);
	mock_vcpu_off(vm, 1);
	for (uint32_t intid = 40; intid < 80; intid++) {
		assert_int_equal(mock_irq_read(vm, 0, GICD_ISACTIVER, intid), intid < 60);
		assert_int_equal(mock_irq_read(vm, 0, GICD_ISPENDR, intid), intid >= 60);
		mock_irq_route(vm, 0, intid, 0);
	}
	for (uint32_t intid = 60; intid < 80; intid++)
		assert_in_range(hw_take(vm, 0), 60, 79);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	for (uint32_t intid = 40; intid < 60; intid++) {
		mock_irq_write(vm, 0, GICD_ICACTIVER, intid);
		mock_inject(vm, 0, intid, true);
		assert_int_equal(hw_take(vm, 0), intid);
	}
	mock_vm_destroy(vm);
}

static void off_and_route(struct mock_vm *vm, const struct lvgic_event *event, void *arg)
{
	bool *done = arg;

	if (event->kind != LVGIC_EVENT_QUEUE || event->intid != 40 || *done)
		return;
	*done = true;
	mock_vcpu_off(vm, 1);
	mock_irq_route(vm, MOCK_DEBUGGER, 40, 0);
}

/* Between the decision for vCPU 1 and the push to it that one goes off, and the interrupt is routed elsewhere. */
static void off_before_the_push(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));
	bool done = false;

	mock_irq_set_edge(vm, 0, 40, true);
	mock_irq_route(vm, 0, 40, 1);
	mock_on_event(vm, off_and_route, &done);
	mock_inject(vm, 0, 40, true);
	assert_true(done);
	assert_int_equal(hw_take(vm, 0), 40);
	mock_vm_destroy(vm);
}

/* lvgic_reset(): nothing of before is left, lines are as driven. */
static void reset(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	for (uint32_t intid = 40; intid < 70; intid++) {
		mock_irq_set_edge(vm, 0, intid, intid < 60);
		mock_inject(vm, 0, intid, true);
		if (intid < 60)
			mock_inject(vm, 0, intid, false);
	}
	for (int i = 0; i < 6; i++)
		mock_guest_ack(vm, 0, 1);
	mock_vcpu_exit(vm, 0);
	mock_vcpu_exit(vm, 1);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_int_equal(mock_dist_r(vm, 0, GICD_ISACTIVER + 4, 4), 0);
	mock_guest_enable_all(vm);
	for (uint32_t intid = 60; intid < 70; intid++) {
		uint32_t got = mock_guest_ack(vm, 0, 1);

		assert_in_range(got, 60, 69);
		mock_inject(vm, 0, got, false);
		mock_guest_eoi(vm, 0, 1, got);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* After a reset nobody is ready for 1 of N before its guest has enabled a group again, neither group. */
static void reset_of_one_of_n(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	mock_irq_route(vm, 0, 40, MOCK_DEBUGGER);
	mock_guest_nop(vm, 0);
	mock_guest_nop(vm, 1);
	mock_vcpu_exit(vm, 0);
	mock_vcpu_exit(vm, 1);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_int_equal(lvgic_vcpu_ich(mock_vcpu(vm, 0))->hcr, ICH_HCR_En | ICH_HCR_TDIR);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	for (uint32_t group = 0; group < 2; group++) {
		uint32_t intid = 40 + group;

		mock_irq_set_group(vm, 0, intid, group);
		mock_irq_set_edge(vm, 0, intid, true);
		mock_irq_route(vm, 0, intid, MOCK_DEBUGGER);
		mock_dist_w(vm, 0, GICD_ISENABLER + 4, 4, 1u << (intid - 32));
		mock_guest_set_pmr(vm, group, 0xff);
		(void)mock_guest_msr(vm, group, group ? ICC_IGRPEN1_EL1 : ICC_IGRPEN0_EL1, 1);
		mock_guest_nop(vm, group);
		for (int i = 0; i < 4; i++) {
			mock_inject(vm, 0, intid, true);
			assert_int_equal(taker(vm, 3), group);
			assert_int_equal(mock_guest_ack(vm, group, group), intid);
			mock_guest_eoi(vm, group, group, intid);
		}
	}
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(distributor_groups),
		HW_EACH(cpu_groups),
		HW_EACH(irm_exactly_one),
		HW_EACH(irm_off),
		HW_EACH(irm_blocked),
		HW_EACH(irm_block_with_it),
		HW_EACH(irm_group_off),
		HW_EACH(irm_sleep_and_dpg),
		HW_EACH(irm_all_deselected),
		HW_EACH(reset_of_one_of_n),
		HW_EACH(irm_active_at_one_that_is_off),
		HW_EACH(irm_rerouted),
		HW_EACH(off_and_on),
		HW_EACH(off_with_overflow),
		HW_EACH(reset),
		HW_EACH(off_before_the_push),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
