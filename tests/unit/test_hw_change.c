/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What a guest changes of an interrupt while it is on its way: in the queue, in a list register of another vCPU that
 * runs. And exact reads and writes of its state there, stopping at most that vCPU.
 */
#include "hw.h"

/* vCPU 0 takes the interrupts, vCPU 1 makes the changes, vCPU 2 must not be disturbed. */
static struct mock_vm *three(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 3));

	for (uint32_t intid = 40; intid < 60; intid++)
		mock_irq_set_edge(vm, 0, intid, true);
	mock_vcpu_enter(vm, 0);
	mock_vcpu_enter(vm, 1);
	mock_vcpu_enter(vm, 2);
	return vm;
}

/* At most one halt of vCPU 0 since "before", none of the others. */
static void assert_halts(struct mock_vm *vm, uint64_t *before)
{
	uint64_t halts = mock_counts(vm, 0)->halts;

	assert_true(halts - *before <= 1);
	assert_int_equal(mock_counts(vm, 1)->halts, 0);
	assert_int_equal(mock_counts(vm, 2)->halts, 0);
	*before = halts;
}

static void disable_queued(void **state)
{
	struct mock_vm *vm = three(state);

	mock_vcpu_exit(vm, 0);
	mock_inject(vm, 0, 40, true);
	mock_irq_write(vm, 1, GICD_ICENABLER, 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_true(mock_irq_read(vm, 1, GICD_ISPENDR, 40));
	mock_irq_write(vm, 1, GICD_ISENABLER, 40);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* R7: disabled while pending in a list register of a running vCPU. */
static void disable_in_lr(void **state)
{
	struct mock_vm *vm = three(state);

	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	mock_irq_write(vm, 1, GICD_ICENABLER, 40);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_true(mock_irq_read(vm, 1, GICD_ISPENDR, 40));
	mock_irq_write(vm, 1, GICD_ISENABLER, 40);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* The vCPU is slow to obey: it may still take it, once. */
static void disable_in_lr_late(void **state)
{
	struct mock_vm *vm = three(state);
	uint32_t first;

	mock_inject(vm, 0, 40, true);
	mock_guest_nop(vm, 0);
	mock_obey_kicks(vm, false);
	mock_irq_write(vm, 1, GICD_ICENABLER, 40);
	first = hw_take(vm, 0);
	mock_irq_write(vm, 1, GICD_ISENABLER, 40);
	mock_obey_kicks(vm, true);
	assert_int_equal(hw_take(vm, 0), first == SPURIOUS ? 40 : SPURIOUS);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* R84: what waited behind full list registers goes away: nothing may be asked of the hardware for its sake any more. */
static void disable_waiting(void **state)
{
	struct mock_vm *vm = three(state);

	for (uint32_t intid = 40; intid < 60; intid++) {
		mock_irq_set_prio(vm, 0, intid, 0x40 + 8 * (intid - 40));
		mock_inject(vm, 0, intid, true);
	}
	mock_guest_nop(vm, 0);
	for (uint32_t intid = 41; intid < 60; intid++)
		mock_irq_write(vm, 1, GICD_ICENABLER, intid);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40); /* with one list register: none pending now */
	mock_guest_nop(vm, 0);
	mock_guest_eoi(vm, 0, 1, 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	for (uint32_t intid = 59; intid > 40; intid--) {
		mock_irq_write(vm, 1, GICD_ISENABLER, intid);
		assert_int_equal(hw_take(vm, 0), intid);
	}
	mock_vm_destroy(vm);
}

static void priority_queued(void **state)
{
	struct mock_vm *vm = three(state);

	/* Twenty of the same priority; some in list registers, all raised or lowered from last to first. */
	for (uint32_t intid = 40; intid < 60; intid++)
		mock_inject(vm, 0, intid, true);
	mock_guest_nop(vm, 0);
	mock_vcpu_exit(vm, 0);
	for (uint32_t intid = 40; intid < 60; intid++)
		mock_irq_set_prio(vm, 1, intid, 0xf0 - 8 * (intid - 40));
	for (uint32_t intid = 59; intid >= 40; intid--)
		assert_int_equal(hw_take(vm, 0), intid);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* Raised above the mask while queued behind full list registers: it must come forward. */
static void priority_raised(void **state)
{
	struct mock_vm *vm = three(state);

	mock_guest_set_pmr(vm, 0, 0x80);
	for (uint32_t intid = 40; intid < 60; intid++)
		mock_inject(vm, 0, intid, true);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	mock_irq_set_prio(vm, 1, 58, 0x20);
	assert_int_equal(hw_take(vm, 0), 58);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_irq_set_prio(vm, 1, 41, 0x20);
	assert_int_equal(hw_take(vm, 0), 41);
	mock_guest_set_pmr(vm, 0, 0xf8);
	for (uint32_t i = 0; i < 18; i++)
		assert_in_range(hw_take(vm, 0), 40, 59);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/*
 * The priority changes while it is active: the running priority stays, and the end of interrupt must find it. Hardware
 * compares the priority that it drops with that of the list register (IHI 0069, ICV_EOIR<n>_EL1).
 */
static void priority_active(void **state)
{
	static const uint32_t prios[] = { 0x40, 0xe0, 0xa0 };
	struct mock_vm *vm = three(state);

	for (size_t i = 0; i < sizeof(prios) / sizeof(prios[0]); i++) {
		uint32_t rpr;

		mock_inject(vm, 0, 40, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
		rpr = mock_guest_rpr(vm, 0);
		mock_irq_set_prio(vm, 1, 40, prios[i]);
		mock_guest_nop(vm, 0);
		assert_int_equal(mock_guest_rpr(vm, 0), rpr);
		mock_guest_eoi(vm, 0, 1, 40);
		assert_int_equal(mock_guest_rpr(vm, 0), 0xff);
		assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, 40));
	}
	mock_vm_destroy(vm);
}

/* The same with many active at once, most of them outside of the list registers: each end must end its own. */
static void priority_active_nested(void **state)
{
	struct mock_vm *vm = three(state);

	for (uint32_t i = 0; i < 20; i++) {
		mock_irq_set_prio(vm, 0, 40 + i, 0xf0 - 8 * i);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40 + i);
	}
	for (uint32_t i = 0; i < 20; i++)
		mock_irq_set_prio(vm, 1, 40 + i, 0x40 + 8 * i);
	for (uint32_t i = 20; i-- > 0;) {
		mock_guest_eoi(vm, 0, 1, 40 + i);
		for (uint32_t k = 0; k < 20; k++)
			assert_int_equal(mock_irq_read(vm, 1, GICD_ISACTIVER, 40 + k), k < i);
	}
	mock_vm_destroy(vm);
}

/*
 * An interrupt that software made active has no running priority: ends of others that the guest has acknowledged must
 * not hit it, as urgent as it may be, when only their number is known (EOIcount).
 */
static void made_active_and_nested(void **state)
{
	struct mock_vm *vm = three(state);

	mock_irq_set_prio(vm, 0, 59, 0);
	mock_irq_write(vm, 1, GICD_ISACTIVER, 59);
	for (uint32_t i = 0; i < 18; i++) {
		mock_irq_set_prio(vm, 0, 40 + i, 0xf0 - 8 * i);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40 + i);
	}
	for (uint32_t i = 18; i-- > 0;) {
		mock_guest_eoi(vm, 0, 1, 40 + i);
		for (uint32_t k = 0; k < 18; k++)
			assert_int_equal(mock_irq_read(vm, 1, GICD_ISACTIVER, 40 + k), k < i);
		assert_true(mock_irq_read(vm, 1, GICD_ISACTIVER, 59));
	}
	mock_irq_write(vm, 1, GICD_ICACTIVER, 59);
	assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, 59));
	mock_vm_destroy(vm);
}

/* R19: the target changes while queued, while in a list register, while active. */
static void reroute(void **state)
{
	struct mock_vm *vm = three(state);

	mock_vcpu_exit(vm, 0);
	mock_inject(vm, 0, 40, true);
	mock_irq_route(vm, 1, 40, 2);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(hw_take(vm, 2), 40);
	assert_int_equal(hw_take(vm, 2), SPURIOUS);
	/* In a list register of vCPU 2, which runs. */
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_lines(vm, 2), MOCK_LINE_IRQ);
	mock_irq_route(vm, 1, 40, 0);
	assert_int_equal(mock_guest_lines(vm, 2), 0);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 2), SPURIOUS);
	/* Active: ends where it is; the next one, which comes meanwhile, goes to the new target. */
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_irq_route(vm, 1, 40, 2);
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_lines(vm, 2), 0);
	assert_true(mock_irq_read(vm, 1, GICD_ISACTIVER, 40));
	mock_guest_eoi(vm, 0, 1, 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(hw_take(vm, 2), 40);
	/* To nobody, and back. */
	mock_dist_w(vm, 1, GICD_IROUTER + 40 * 8, 8, 0x7777);
	mock_inject(vm, 0, 40, true);
	for (uint32_t cpu = 0; cpu < 3; cpu++)
		assert_int_equal(hw_take(vm, cpu), SPURIOUS);
	mock_irq_route(vm, 1, 40, 0);
	assert_int_equal(hw_take(vm, 0), 40);
	mock_vm_destroy(vm);
}

static void exact_reads(void **state)
{
	struct mock_vm *vm = three(state);
	uint64_t halts = 0;

	mock_inject(vm, 0, 40, true);
	mock_guest_nop(vm, 0);
	for (uint32_t who = 1; who != 0; who = who == 1 ? MOCK_DEBUGGER : 0) {
		assert_true(mock_irq_read(vm, who, GICD_ISPENDR, 40));
		assert_halts(vm, &halts);
		assert_false(mock_irq_read(vm, who, GICD_ISACTIVER, 40));
		assert_halts(vm, &halts);
		assert_true(mock_vcpu_in_guest(vm, 0));
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
		assert_false(mock_irq_read(vm, who, GICD_ICPENDR, 40));
		assert_halts(vm, &halts);
		assert_true(mock_irq_read(vm, who, GICD_ICACTIVER, 40));
		assert_halts(vm, &halts);
		mock_inject(vm, 0, 40, true);
		assert_true(mock_irq_read(vm, who, GICD_ISPENDR, 40));
		assert_true(mock_irq_read(vm, who, GICD_ISACTIVER, 40));
		halts = mock_counts(vm, 0)->halts;
		mock_guest_eoi(vm, 0, 1, 40);
		assert_true(mock_irq_read(vm, who, GICD_ISPENDR, 40));
		assert_halts(vm, &halts);
		assert_false(mock_irq_read(vm, who, GICD_ISACTIVER, 40));
		assert_halts(vm, &halts);
	}
	assert_int_equal(hw_take(vm, 0), 40);
	mock_vm_destroy(vm);
}

/* One read over interrupts that sit in list registers of several vCPUs: each stopped at most once for each, one at a
 * time. */
static void exact_reads_of_many(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 4));

	for (uint32_t cpu = 0; cpu < 4; cpu++) {
		mock_irq_set_edge(vm, 0, 40 + cpu, true);
		mock_irq_set_edge(vm, 0, 50 + cpu, true);
		mock_irq_route(vm, 0, 40 + cpu, cpu);
		mock_irq_route(vm, 0, 50 + cpu, cpu);
		mock_inject(vm, 0, 40 + cpu, true);
		assert_int_equal(mock_guest_ack(vm, cpu, 1), 40 + cpu);
		mock_inject(vm, 0, 50 + cpu, true);
		mock_guest_nop(vm, cpu);
	}
	assert_int_equal(mock_dist_r(vm, 0, GICD_ISACTIVER + 4, 4), 0xfull << 8);
	assert_int_equal(mock_dist_r(vm, 0, GICD_ISPENDR + 4, 4), 0xfull << 18);
	assert_int_equal(mock_counts(vm, 0)->halts, 0);
	for (uint32_t cpu = 1; cpu < 4; cpu++)
		assert_true(mock_counts(vm, cpu)->halts <= 4); /* two reads, two interrupts in list registers */
	mock_vm_destroy(vm);
}

static void exact_pending_writes(void **state)
{
	struct mock_vm *vm = three(state);
	uint64_t halts = 0;

	/* Cleared under the eyes of the vCPU. */
	mock_inject(vm, 0, 40, true);
	mock_guest_nop(vm, 0);
	mock_irq_write(vm, 1, GICD_ICPENDR, 40);
	assert_halts(vm, &halts);
	assert_false(mock_irq_read(vm, 1, GICD_ISPENDR, 40));
	halts = mock_counts(vm, 0)->halts;
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Set while active: pending and active. Then cleared again. */
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_irq_write(vm, 1, GICD_ISPENDR, 40);
	assert_halts(vm, &halts);
	assert_true(mock_irq_read(vm, 1, GICD_ISPENDR, 40));
	halts = mock_counts(vm, 0)->halts;
	mock_guest_nop(vm, 0);
	mock_irq_write(vm, 1, GICD_ICPENDR, 40);
	assert_halts(vm, &halts);
	mock_guest_eoi(vm, 0, 1, 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Set while active, and taken after the end. */
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_irq_write(vm, 1, GICD_ISPENDR, 40);
	mock_guest_eoi(vm, 0, 1, 40);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

static void exact_active_writes(void **state)
{
	struct mock_vm *vm = three(state);
	uint64_t halts = 0;

	/* Made active while pending in a list register: not signalled until made inactive. */
	mock_inject(vm, 0, 40, true);
	mock_guest_nop(vm, 0);
	mock_irq_write(vm, 1, GICD_ISACTIVER, 40);
	assert_halts(vm, &halts);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	assert_true(mock_irq_read(vm, 1, GICD_ISPENDR, 40));
	assert_true(mock_irq_read(vm, 1, GICD_ISACTIVER, 40));
	halts = mock_counts(vm, 0)->halts;
	mock_irq_write(vm, 1, GICD_ICACTIVER, 40);
	assert_halts(vm, &halts);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Made inactive while active in a list register: the next edge is signalled. */
	mock_guest_set_ctlr(vm, 0, ICC_CTLR_EOImode);
	mock_inject(vm, 0, 40, true);
	assert_int_equal(hw_take(vm, 0), 40);
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	halts = mock_counts(vm, 0)->halts;
	mock_irq_write(vm, 1, GICD_ICACTIVER, 40);
	assert_halts(vm, &halts);
	assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, 40));
	assert_int_equal(hw_take(vm, 0), 40);
	mock_guest_dir(vm, 0, 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Idle, made active out of nothing, and ended by DIR. */
	mock_irq_write(vm, 1, GICD_ISACTIVER, 41);
	mock_inject(vm, 0, 41, true);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_guest_dir(vm, 0, 41);
	assert_int_equal(hw_take(vm, 0), 41);
	mock_guest_dir(vm, 0, 41);
	assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, 41));
	mock_vm_destroy(vm);
}

/* Private interrupts of another vCPU, through its Redistributor. */
static void exact_private(void **state)
{
	struct mock_vm *vm = three(state);
	uint64_t halts = 0;

	mock_guest_sgi(vm, 2, 1, 3, 0);
	mock_guest_nop(vm, 0);
	assert_int_equal(mock_redist_r(vm, 1, 0, GICR_SGI_BASE + GICD_ISPENDR, 4), 8);
	assert_halts(vm, &halts);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 3);
	assert_int_equal(mock_redist_r(vm, 1, 0, GICR_SGI_BASE + GICD_ISPENDR, 4), 0);
	assert_halts(vm, &halts);
	assert_int_equal(mock_redist_r(vm, 1, 0, GICR_SGI_BASE + GICD_ISACTIVER, 4), 8);
	assert_halts(vm, &halts);
	mock_redist_w(vm, 1, 0, GICR_SGI_BASE + GICD_ISPENDR, 4, 0x18);
	assert_halts(vm, &halts);
	mock_redist_w(vm, 1, 0, GICR_SGI_BASE + GICD_ICPENDR, 4, 0x8);
	assert_halts(vm, &halts);
	mock_guest_eoi(vm, 0, 1, 3);
	assert_int_equal(hw_take(vm, 0), 4);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* One's own: nobody is stopped. */
	mock_guest_sgi(vm, 0, 1, 5, 0);
	halts = mock_counts(vm, 0)->halts;
	assert_true(mock_irq_read(vm, 0, GICD_ISPENDR, 5));
	mock_irq_write(vm, 0, GICD_ICPENDR, 5);
	assert_int_equal(mock_counts(vm, 0)->halts, halts);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* Group 0 or 1 changes while pending in a list register. */
static void group_change(void **state)
{
	struct mock_vm *vm = three(state);

	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	mock_irq_set_group(vm, 1, 40, 0);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_FIQ);
	assert_int_equal(mock_guest_ack(vm, 0, 0), 40);
	mock_guest_eoi(vm, 0, 0, 40);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(disable_queued),
		HW_EACH(disable_in_lr),
		HW_EACH(disable_in_lr_late),
		HW_EACH(disable_waiting),
		HW_EACH(priority_queued),
		HW_EACH(priority_raised),
		HW_EACH(priority_active),
		HW_EACH(priority_active_nested),
		HW_EACH(made_active_and_nested),
		HW_EACH(reroute),
		HW_EACH(exact_reads),
		HW_EACH(exact_reads_of_many),
		HW_EACH(exact_pending_writes),
		HW_EACH(exact_active_writes),
		HW_EACH(exact_private),
		HW_EACH(group_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
