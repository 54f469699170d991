/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * SGIs by GICv4.1 hardware: nASSGIcap and nASSGIreq, switching with pending state, configuration, R62: registers of the
 * pending state reach the hardware, whoever writes.
 */
#include "v4.h"

#define SGI_REG(name) (GICR_SGI_BASE + (name))

static struct mock_vm *sgi_vm(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, (struct mock_config){ .nr_lrs = 2 });

	mock_guest_nop(vm, 0);
	mock_guest_nop(vm, 1);
	return vm;
}

static void request(struct mock_vm *vm, bool on)
{
	mock_dist_w(vm, 0, GICD_CTLR, 4, 0);
	mock_dist_w(vm, 0, GICD_CTLR, 4, on ? GICD_CTLR_nASSGIreq : 0);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1 | (on ? GICD_CTLR_nASSGIreq : 0));
	mock_guest_nop(vm, 1);
	assert_int_equal(mock_dist_r(vm, 0, GICD_CTLR, 4) & GICD_CTLR_RWP, 0);
}

static uint32_t pending(struct mock_vm *vm, uint32_t cpu)
{
	return (uint32_t)mock_redist_r(vm, MOCK_DEBUGGER, cpu, SGI_REG(GICD_ISPENDR), 4) & 0xffff;
}

/* No list register, no exit at the target. */
static void test_sgi(void **state)
{
	struct mock_vm *vm = sgi_vm(state);
	struct lvgic_v4_vcpu_info vpe;
	uint64_t exits, before;

	assert_int_equal(mock_dist_r(vm, 0, GICD_TYPER2, 4), GICD_TYPER2_nASSGIcap);
	request(vm, true);
	mock_guest_nop(vm, 0);
	mock_guest_nop(vm, 1);
	assert_int_equal(lvgic_v4_query_vcpu(mock_vcpu(vm, 1), &vpe), LVGIC_OK);
	assert_true(vpe.sgis);
	/* A clear tells the hardware once, not its configuration as well. */
	before = mock_v4_operations(vm);
	mock_redist_w(vm, 1, 1, SGI_REG(GICD_ICPENDR), 4, 1u << 3);
	assert_true(mock_v4_operations(vm) - before <= 3);
	exits = mock_counts(vm, 1)->exits;
	for (uint32_t i = 0; i < 16; i++) {
		mock_guest_sgi(vm, 0, 1, i, 1);
		assert_int_equal(mock_guest_ack(vm, 1, 1), i);
		/* No active state: it may come again before its end. */
		mock_guest_eoi(vm, 1, 1, i);
		assert_int_equal(hw_take(vm, 1), SPURIOUS);
	}
	assert_int_equal(mock_counts(vm, 1)->exits, exits);
	assert_int_equal(mock_redist_r(vm, 1, 1, SGI_REG(GICD_ISACTIVER), 4) & 0xffff, 0);
	mock_redist_w(vm, 1, 1, SGI_REG(GICD_ISACTIVER), 4, 1);
	assert_int_equal(mock_redist_r(vm, 1, 1, SGI_REG(GICD_ISACTIVER), 4) & 0xffff, 0);
	/* To all but itself; to itself; of the other group. */
	mock_guest_sgi(vm, 0, 1, 5, MOCK_DEBUGGER);
	assert_int_equal(hw_take(vm, 1), 5);
	mock_guest_sgi(vm, 1, 1, 6, 1);
	assert_int_equal(hw_take(vm, 1), 6);
	mock_guest_sgi(vm, 0, 0, 6, 1);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	v4_end(vm);
}

/* nASSGIreq changes only while all groups are disabled. */
static void test_request(void **state)
{
	struct mock_vm *vm = sgi_vm(state);

	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1 | GICD_CTLR_nASSGIreq);
	assert_int_equal(mock_dist_r(vm, 0, GICD_CTLR, 4) & GICD_CTLR_nASSGIreq, 0);
	request(vm, true);
	assert_int_equal(mock_dist_r(vm, 0, GICD_CTLR, 4) & GICD_CTLR_nASSGIreq, GICD_CTLR_nASSGIreq);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	assert_int_equal(mock_dist_r(vm, 0, GICD_CTLR, 4) & GICD_CTLR_nASSGIreq, GICD_CTLR_nASSGIreq);
	v4_end(vm);
}

/* What is pending changes hands with the SGIs, both ways, once. */
static void test_switch(void **state)
{
	struct mock_vm *vm = sgi_vm(state);

	mock_guest_sgi(vm, 0, 1, 3, 1);
	mock_guest_sgi(vm, 0, 1, 4, 1);
	mock_guest_nop(vm, 1);
	request(vm, true);
	assert_int_equal(pending(vm, 1), 1u << 3 | 1u << 4);
	assert_int_equal(v4_take(vm, 1), 3);
	request(vm, false);
	assert_int_equal(pending(vm, 1), 1u << 4);
	assert_int_equal(v4_take(vm, 1), 4);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	request(vm, true);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	/* One that was active when they were switched ends as it began. */
	request(vm, false);
	mock_guest_sgi(vm, 0, 1, 7, 1);
	mock_guest_nop(vm, 1);
	assert_int_equal(mock_guest_ack(vm, 1, 1), 7);
	request(vm, true);
	mock_guest_eoi(vm, 1, 1, 7);
	mock_guest_sgi(vm, 0, 1, 7, 1);
	assert_int_equal(v4_take(vm, 1), 7);
	mock_vcpu_exit(vm, 1);
	assert_int_equal(mock_redist_r(vm, 1, 1, SGI_REG(GICD_ISACTIVER), 4) & 0xffff, 0);
	v4_end(vm);
}

/* R62 and the other registers. */
static void test_registers(void **state)
{
	struct mock_vm *vm = sgi_vm(state);

	request(vm, true);
	for (uint32_t who = 0; who < 2; who++) {
		uint32_t cpu = who ? MOCK_DEBUGGER : 0;

		mock_redist_w(vm, cpu, 1, SGI_REG(GICD_ISPENDR), 4, 0x30);
		assert_int_equal(pending(vm, 1), 0x30);
		mock_redist_w(vm, cpu, 1, SGI_REG(GICD_ICPENDR), 4, 0x10);
		assert_int_equal(pending(vm, 1), 0x20);
		/* Disabled it stays pending. */
		mock_redist_w(vm, cpu, 1, SGI_REG(GICD_ICENABLER), 4, 0x20);
		assert_int_equal(mock_redist_r(vm, cpu, 1, GICR_CTLR, 4) & GICR_CTLR_RWP, 0);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);
		assert_int_equal(pending(vm, 1), 0x20);
		mock_redist_w(vm, cpu, 1, SGI_REG(GICD_ISENABLER), 4, 0x20);
		assert_int_equal(v4_take(vm, 1), 5);
		assert_int_equal(pending(vm, 1), 0);
	}
	/* Priority, group. */
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_IPRIORITYR) + 2, 1, 0x50);
	mock_guest_sgi(vm, 0, 1, 1, 1);
	mock_guest_sgi(vm, 0, 1, 2, 1);
	assert_int_equal(v4_take(vm, 1), 2);
	assert_int_equal(v4_take(vm, 1), 1);
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_IGROUPR), 4, 0xfffffff7);
	mock_guest_sgi(vm, 0, 0, 3, 1);
	assert_int_equal(mock_guest_ack(vm, 1, 1), SPURIOUS);
	assert_int_equal(mock_guest_ack(vm, 1, 0), 3);
	mock_guest_eoi(vm, 1, 0, 3);
	/* PPIs are none of it. */
	mock_inject(vm, 1, 27, true);
	assert_int_equal(v4_take(vm, 1), 27);
	mock_inject(vm, 1, 27, false);
	v4_end(vm);
}

static void send_five(struct mock_vm *vm, void *arg)
{
	uint32_t *n = arg;

	if (!(*n)++)
		mock_guest_sgi(vm, 0, 1, 5, 1);
}

/* Cleared and sent again: before the clear has begun, because the hardware cannot be waited for, and while it is done.
 */
static void test_clear_then_send(void **state)
{
	struct mock_vm *vm = sgi_vm(state);
	uint32_t n = 0;

	request(vm, true);
	mock_guest_sgi(vm, 0, 1, 5, 1);
	mock_v4_fail(vm, 0, 1000, 1);
	mock_redist_w(vm, MOCK_DEBUGGER, 1, SGI_REG(GICD_ICPENDR), 4, 1u << 5);
	mock_guest_sgi(vm, 0, 1, 5, 1);
	mock_v4_fail(vm, 0, 0, 1);
	mock_run_deferred(vm);
	assert_int_equal(pending(vm, 1), 1u << 5);
	assert_int_equal(v4_take(vm, 1), 5);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);

	mock_guest_sgi(vm, 0, 1, 5, 1);
	mock_v4_between(vm, send_five, &n);
	mock_redist_w(vm, MOCK_DEBUGGER, 1, SGI_REG(GICD_ICPENDR), 4, 1u << 5);
	mock_v4_between(vm, NULL, NULL);
	assert_true(n);
	assert_int_equal(pending(vm, 1), 1u << 5);
	assert_int_equal(v4_take(vm, 1), 5);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);

	/* Cleared while the hardware takes no commands, then switched off and on: cleared it is, and nothing after it.
	 */
	mock_guest_sgi(vm, 0, 1, 5, 1);
	mock_v4_fail(vm, 0, 1000, 1);
	mock_redist_w(vm, MOCK_DEBUGGER, 1, SGI_REG(GICD_ICPENDR), 4, 1u << 5);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), false), LVGIC_ERR_AGAIN);
	mock_v4_fail(vm, 0, 0, 1);
	mock_run_deferred(vm);
	assert_int_equal(pending(vm, 1), 0);
	mock_guest_sgi(vm, 0, 1, 5, 1);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true), LVGIC_OK);
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_IPRIORITYR), 1, 0x40);
	assert_int_equal(pending(vm, 1), 1u << 5);
	assert_int_equal(v4_take(vm, 1), 5);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	v4_end(vm);
}

/* One that waits is woken. */
static void test_wfi(void **state)
{
	struct mock_vm *vm = sgi_vm(state);

	request(vm, true);
	mock_guest_nop(vm, 1);
	assert_false(mock_guest_wfi(vm, 1));
	mock_guest_sgi(vm, 0, 1, 9, 1);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), 9);
	/* Disabled it does not, enabled then it does. */
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_ICENABLER), 4, 1u << 9);
	mock_guest_sgi(vm, 0, 1, 9, 1);
	assert_false(mock_guest_wfi(vm, 1));
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_ISENABLER), 4, 1u << 9);
	assert_true(mock_guest_wake(vm, 1));
	assert_int_equal(hw_take(vm, 1), 9);
	v4_end(vm);
}

/* Ends of interrupts that are in no list register are counted (EOIcount): those of SGIs by the hardware must not be. */
static void test_eoicount(void **state)
{
	struct mock_vm *vm = sgi_vm(state);

	request(vm, true);
	/* More active ones than list registers, EOImode 0, and an SGI in between. */
	for (uint32_t i = 0; i < 4; i++) {
		mock_irq_set_prio(vm, 0, 40 + i, 0xa0 - 0x10 * i);
		mock_irq_set_edge(vm, 0, 40 + i, true);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40 + i);
	}
	mock_redist_w(vm, 0, 0, SGI_REG(GICD_IPRIORITYR) + 2, 1, 0x10);
	mock_guest_sgi(vm, 0, 1, 2, 0);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 2);
	mock_guest_eoi(vm, 0, 1, 2);
	for (uint32_t i = 4; i-- > 0;)
		mock_guest_eoi(vm, 0, 1, 40 + i);
	mock_vcpu_exit(vm, 0);
	assert_int_equal(mock_dist_r(vm, 0, GICD_ISACTIVER + 4, 4), 0);
	v4_end(vm);
}

/* The hardware refuses: in software then, nothing lost. */
static void test_failures(void **state)
{
	struct mock_vm *vm = sgi_vm(state);
	uint32_t intid, seen = 0;

	mock_guest_sgi(vm, 0, 1, 3, 1);
	mock_v4_fail(vm, 1000, 0, 1);
	mock_dist_w(vm, 0, GICD_CTLR, 4, 0);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_nASSGIreq);
	mock_run_deferred(vm);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1 | GICD_CTLR_nASSGIreq);
	mock_run_deferred(vm);
	mock_guest_nop(vm, 1);
	assert_int_equal(mock_dist_r(vm, 0, GICD_CTLR, 4) & GICD_CTLR_RWP, 0);
	assert_int_equal(v4_take(vm, 1), 3);
	mock_guest_sgi(vm, 0, 1, 4, 1);
	assert_int_equal(v4_take(vm, 1), 4);
	/* It works again, and is asked. */
	mock_v4_fail(vm, 0, 0, 1);
	mock_guest_sgi(vm, 0, 1, 5, 1);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true), LVGIC_OK);
	assert_int_equal(v4_take(vm, 1), 5);
	mock_guest_sgi(vm, 0, 1, 6, 1);
	assert_int_equal(v4_take(vm, 1), 6);
	/* And fails again, with one pending. */
	mock_guest_sgi(vm, 0, 1, 8, 1);
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_ICENABLER), 4, 1u << 1);
	mock_v4_fail(vm, 1000, 0, 1);
	mock_redist_w(vm, 0, 1, SGI_REG(GICD_ISENABLER), 4, 1u << 1);
	mock_run_deferred(vm);
	mock_v4_fail(vm, 0, 0, 1);
	/* Nobody can say what was pending: what was sent since may come twice, the others do not come. */
	assert_int_equal(v4_stats(vm).guesses, 1);
	for (intid = v4_take(vm, 1); intid != SPURIOUS; intid = v4_take(vm, 1))
		seen |= 1u << intid;
	assert_int_equal(seen & 1u << 8, 1u << 8);
	assert_int_equal(seen & ~(1u << 5 | 1u << 6 | 1u << 8), 0);
	v4_end(vm);
}

/*
 * Switched off in several tries, with the guest at work in between, and in every second run wanted again before it is
 * done: each comes once.
 */
static void test_switch_failures(void **state)
{
	for (uint32_t run = 2; run < 120; run++) {
		struct mock_vm *vm = sgi_vm(state);
		uint32_t n = run / 2;
		bool again = run % 2;
		uint32_t seen = 0;
		enum lvgic_status status;

		request(vm, true);
		mock_guest_nop(vm, 1);
		mock_vcpu_exit(vm, 1);
		mock_guest_sgi(vm, 0, 1, 3, 1);
		mock_guest_sgi(vm, 0, 1, 5, 1);
		mock_v4_fail_nth(vm, n);
		status = lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), false);
		assert_true(status == LVGIC_OK || status == LVGIC_ERR_AGAIN);
		if (again)
			(void)!lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true);
		for (uint32_t i = 0; i < 12; i++) {
			uint32_t intid = hw_take(vm, 1);

			if (intid == SPURIOUS) {
				mock_run_deferred(vm);
				continue;
			}
			assert_false(seen >> intid & 1);
			seen |= 1u << intid;
		}
		assert_int_equal(seen, 1u << 3 | 1u << 5);
		mock_v4_fail_nth(vm, 0);
		if (again) {
			uint64_t kicks;

			while (mock_run_deferred(vm))
				mock_guest_nop(vm, 1);
			mock_guest_nop(vm, 1);
			kicks = mock_counts(vm, 1)->kicks;
			mock_guest_sgi(vm, 0, 1, 4, 1);
			assert_int_equal(mock_counts(vm, 1)->kicks, kicks);
			assert_int_equal(hw_take(vm, 1), 4);
		}
		v4_end(vm);
	}
}

/* A reset while the hardware takes no commands: it ends, and does not ask for ever. */
static void test_reset_broken(void **state)
{
	struct mock_vm *vm = sgi_vm(state);
	uint64_t before;

	request(vm, true);
	v4_forward(vm, 0, 1);
	mock_vcpu_put(vm, 0);
	mock_vcpu_put(vm, 1);
	mock_v4_fail(vm, 1000, 0, 1);
	before = mock_v4_operations(vm);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_true(mock_v4_operations(vm) - before < 1000);
	mock_v4_fail(vm, 0, 0, 1);
	v4_end(vm);
}

static void test_reset(void **state)
{
	struct mock_vm *vm = sgi_vm(state);

	request(vm, true);
	mock_guest_sgi(vm, 0, 1, 3, 1);
	mock_vcpu_put(vm, 0);
	mock_vcpu_put(vm, 1);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_int_equal(pending(vm, 1), 0);
	mock_guest_enable_all(vm);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_guest_sgi(vm, 0, 1, 3, 1);
	assert_int_equal(v4_take(vm, 1), 3);
	v4_end(vm);
}

/* Not offered: GICv4.0; a vCPU without a vPE; not wanted. */
static void test_not_offered(void **state)
{
	struct mock_v4_config few = { .v4_1 = true, .vsgi = true, .nr_vpes = 1 }, no = { .v4_1 = true }, old = { 0 };
	struct mock_v4_config *each[] = { &few, &no, &old };

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		void *v4 = each[i];
		struct mock_vm *vm = v4_vm(&v4, 2, (struct mock_config){ .nr_lrs = 2 });

		assert_int_equal(mock_dist_r(vm, 0, GICD_TYPER2, 4), 0);
		request(vm, true);
		assert_int_equal(mock_dist_r(vm, 0, GICD_CTLR, 4) & GICD_CTLR_nASSGIreq, 0);
		mock_guest_sgi(vm, 0, 1, 3, 1);
		assert_int_equal(v4_take(vm, 1), 3);
		v4_end(vm);
	}
}

/* clang-format off */
#define SGI_EACH(test) \
	{ #test, test, NULL, NULL, &(struct mock_v4_config){ .v4_1 = true, .vsgi = true } }, \
	{ #test " driver", test, NULL, NULL, \
	  &(struct mock_v4_config){ .v4_1 = true, .driver = true, .vsgi = true, .nr_host_its = 2, .vmovp_each = true } }
/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		SGI_EACH(test_sgi),
		SGI_EACH(test_request),
		SGI_EACH(test_switch),
		SGI_EACH(test_registers),
		SGI_EACH(test_clear_then_send),
		SGI_EACH(test_wfi),
		SGI_EACH(test_eoicount),
		SGI_EACH(test_reset),
		SGI_EACH(test_failures),
		SGI_EACH(test_switch_failures),
		SGI_EACH(test_reset_broken),
		cmocka_unit_test(test_not_offered),
	};

	return cmocka_run_group_tests_name("v4_sgi", tests, NULL, NULL);
}
