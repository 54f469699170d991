/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Direct injection, one thing at a time: forwarding and its end, what the guest's commands do to it, policy, failures.
 * R52: nothing is translated in software once the hardware has it; R61: pending state is read back on GICv4.0 too.
 */
#include <stdlib.h>

#include "v4.h"

static const struct mock_config plain = { .nr_lrs = 4 };

static uint64_t all_calls(struct mock_vm *vm)
{
	uint64_t sum = 0;

	for (uint32_t op = 0; op < MOCK_NR_OPS; op++)
		sum += mock_calls(vm, (enum mock_op)op);
	return sum;
}

/* Forwarded: no instruction of the library between device and guest. */
static void test_forward(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	uint64_t exits, calls;

	v4_forward(vm, 3, 1);
	mock_guest_nop(vm, 1);
	exits = mock_counts(vm, 1)->exits;
	calls = all_calls(vm);
	for (uint32_t i = 0; i < 10; i++) {
		mock_dev_fire(vm, 3);
		assert_int_equal(hw_take(vm, 1), LPI0 + 3);
		assert_int_equal(hw_take(vm, 1), SPURIOUS);
	}
	assert_int_equal(mock_counts(vm, 1)->exits, exits);
	assert_int_equal(all_calls(vm), calls);
	assert_int_equal(v4_stats(vm).hardware, 1);
	assert_int_equal(lvgic_v4_unset_forwarding(mock_its(vm, 0), DEV, 3), LVGIC_OK);
	assert_int_equal(v4_stats(vm).hardware, 0);
	assert_false(mock_dev_virtual(vm, 3));
	mock_dev_fire(vm, 3);
	assert_int_equal(hw_take(vm, 1), LPI0 + 3);
	assert_int_equal(lvgic_v4_unset_forwarding(mock_its(vm, 0), DEV, 3), LVGIC_ERR_NOENT);
	mock_dev_remove(vm, 3);
	v4_end(vm);
}

/* What is pending changes hands, both ways, and comes once. */
static void test_pending(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	struct lvgic_its *its = mock_its(vm, 0);

	for (uint32_t in_lr = 0; in_lr < 2; in_lr++) {
		mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
		mock_dev_add(vm, 0, 0, DEV, 0);
		mock_dev_fire(vm, 0);
		if (in_lr)
			mock_guest_nop(vm, 1);
		assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0)), LVGIC_OK);
		assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
		assert_int_equal(v4_take(vm, 1), LPI0);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);

		mock_dev_fire(vm, 0);
		if (in_lr)
			mock_guest_nop(vm, 1);
		assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 0), LVGIC_OK);
		assert_int_equal(v4_take(vm, 1), LPI0);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);

		/* Nothing pending, nothing comes. */
		assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0)), LVGIC_OK);
		assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 0), LVGIC_OK);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);
	}
	assert_int_equal(v4_stats(vm).guesses, 0);
	v4_end(vm);
}

/* A device that fires between any two physical operations of a switch. */
static void fire(struct mock_vm *vm, void *arg)
{
	uint32_t *n = arg;

	++*n;
	mock_dev_fire(vm, 0);
}

static void test_gap(void **state)
{
	struct mock_vm *vm = v4_vm(state, 1, plain);
	struct lvgic_its *its = mock_its(vm, 0);
	uint32_t n = 0;

	mock_its_mapti(vm, 0, DEV, 0, LPI0, 0);
	mock_dev_add(vm, 0, 0, DEV, 0);
	mock_v4_between(vm, fire, &n);
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t before = n;

		if (i % 2)
			assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 0), LVGIC_OK);
		else
			assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0)),
			                 LVGIC_OK);
		assert_true(n > before + 3);
		assert_int_equal(v4_take(vm, 0), LPI0);
		assert_int_equal(v4_take(vm, 0), SPURIOUS);
	}
	assert_int_equal(mock_v4_lost(vm, false), 0);
	mock_v4_between(vm, NULL, NULL);
	v4_end(vm);
}

/* The guest's commands, one after the other. */
static void test_follow(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 0);
	v4_forward(vm, 1, 0);
	/* INT, CLEAR */
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, DEV, 0);
	assert_int_equal(v4_take(vm, 0), LPI0);
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, DEV, 0);
	mock_its_event_cmd(vm, 0, GITS_CMD_CLEAR, DEV, 0);
	assert_int_equal(v4_take(vm, 0), SPURIOUS);
	/* INV: disabled, enabled, priority */
	mock_lpi_config(vm, LPI0, 0xa0);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 0), LPI0);
	mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEV, 0);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 0), SPURIOUS);
	mock_lpi_config(vm, LPI0, 0xa1);
	mock_redist_w(vm, 0, 0, GICR_INVLPIR, 8, LPI0);
	assert_int_equal(v4_take(vm, 0), LPI0);
	mock_lpi_config(vm, LPI0, 0xa1);
	mock_lpi_config(vm, LPI0 + 1, 0x91);
	mock_its_invall(vm, 0, 0);
	mock_dev_fire(vm, 0);
	mock_dev_fire(vm, 1);
	assert_int_equal(v4_take(vm, 0), LPI0 + 1);
	assert_int_equal(v4_take(vm, 0), LPI0);
	mock_lpi_config(vm, LPI0 + 1, 0xb1);
	mock_redist_w(vm, 0, 0, GICR_INVALLR, 8, 0);
	mock_dev_fire(vm, 0);
	mock_dev_fire(vm, 1);
	assert_int_equal(v4_take(vm, 0), LPI0);
	assert_int_equal(v4_take(vm, 0), LPI0 + 1);
	/* MOVI, with what is pending */
	mock_dev_fire(vm, 0);
	mock_its_movi(vm, 0, DEV, 0, 1);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	assert_int_equal(v4_take(vm, 0), SPURIOUS);
	assert_int_equal(v4_take(vm, 1), LPI0);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), LPI0);
	/* MOVALL: what is pending goes, the mapping does not */
	mock_dev_fire(vm, 0);
	mock_its_movall(vm, 0, 1, 0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_ELSEWHERE);
	assert_int_equal(v4_take(vm, 0), LPI0);
	mock_dev_fire(vm, 0);
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	assert_int_equal(v4_take(vm, 0), SPURIOUS);
	assert_int_equal(v4_take(vm, 1), LPI0);
	/* DISCARD withdraws what is pending; MAPTI forwards again (F35), at once */
	mock_dev_fire(vm, 0);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEV, 0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	assert_false(mock_dev_virtual(vm, 0));
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_NOT_MAPPED);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_its_mapti(vm, 0, DEV, 0, LPI0 + 7, 0);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 0), LPI0 + 7);
	/* A hint that was revoked is one no more. */
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEV, 0);
	assert_int_equal(lvgic_v4_unset_forwarding(mock_its(vm, 0), DEV, 0), LVGIC_OK);
	mock_its_mapti(vm, 0, DEV, 0, LPI0 + 7, 0);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_NO_HOST_IRQ);
	assert_false(mock_dev_virtual(vm, 0));
	/* MAPC off and on, to another vCPU, MAPD */
	mock_dev_fire(vm, 1);
	mock_its_mapc(vm, 0, 0, 0, false);
	assert_false(mock_dev_virtual(vm, 1));
	assert_int_equal(v4_why(vm, 1), LVGIC_V4_NO_COLLECTION);
	mock_dev_fire(vm, 1);
	assert_int_equal(v4_take(vm, 0), LPI0 + 1);
	assert_int_equal(v4_take(vm, 0), SPURIOUS);
	mock_its_mapc(vm, 0, 0, 0, true);
	assert_int_equal(v4_why(vm, 1), LVGIC_V4_FORWARDED);
	mock_dev_fire(vm, 1);
	mock_its_mapc(vm, 0, 0, 1, true);
	assert_int_equal(v4_take(vm, 0), LPI0 + 1);
	mock_dev_fire(vm, 1);
	assert_int_equal(v4_take(vm, 1), LPI0 + 1);
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 1), LVGIC_V4_FORWARDED);
	mock_dev_fire(vm, 1);
	mock_its_mapd(vm, 0, DEV, 5, false);
	assert_false(mock_dev_virtual(vm, 1));
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	assert_int_equal(v4_stats(vm).guesses, 0);
	v4_end(vm);
}

/* EnableLPIs and GITS_CTLR: what is pending is where it belongs. */
static void test_disable(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	v4_forward(vm, 1, 1);
	mock_dev_fire(vm, 1);
	mock_lpi_enable(vm, 1, false);
	mock_run_deferred(vm);
	assert_false(mock_dev_virtual(vm, 0));
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_LPIS_OFF);
	assert_false(mock_lpi_table_pending(vm, 1, LPI0));
	assert_true(mock_lpi_table_pending(vm, 1, LPI0 + 1));
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_dev_fire(vm, 0);
	mock_lpi_enable(vm, 1, true);
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	assert_int_equal(v4_why(vm, 1), LVGIC_V4_FORWARDED);
	assert_int_equal(v4_take(vm, 1), LPI0 + 1);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);

	mock_dev_fire(vm, 0);
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	mock_run_deferred(vm);
	assert_true(mock_its_r(vm, 0, GITS_CTLR, 4) & GITS_CTLR_Quiescent);
	assert_false(mock_dev_virtual(vm, 0));
	mock_dev_fire(vm, 1);
	assert_int_equal(v4_take(vm, 1), LPI0);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	mock_its_w(vm, 0, GITS_CTLR, 4, 1);
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	mock_dev_fire(vm, 1);
	assert_int_equal(v4_take(vm, 1), LPI0 + 1);
	v4_end(vm);
}

/* Who may, and why not. */
static void test_policy(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	struct lvgic_its *its = mock_its(vm, 0);
	struct lvgic_v4_info info;

	assert_int_equal(lvgic_v4_query(its, DEV, 0, &info), LVGIC_OK);
	assert_int_equal(info.why, LVGIC_V4_NO_HOST_IRQ);
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0)), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_NOT_MAPPED);
	mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
	assert_int_equal(lvgic_v4_query(its, DEV, 0, &info), LVGIC_OK);
	assert_int_equal(info.why, LVGIC_V4_FORWARDED);
	assert_int_equal(info.intid, LPI0);
	assert_int_equal(info.vpe, 1);
	mock_dev_fire(vm, 0);
	assert_int_equal(lvgic_v4_allow(its, DEV, 0, false), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_NOT_ALLOWED);
	assert_false(mock_dev_virtual(vm, 0));
	assert_int_equal(v4_take(vm, 1), LPI0);
	assert_int_equal(lvgic_v4_allow(its, DEV, 0, true), LVGIC_OK);
	assert_true(mock_dev_virtual(vm, 0));
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), false), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_VCPU_NOT_ALLOWED);
	/* MOVI to one that may, and back. */
	mock_its_movi(vm, 0, DEV, 0, 0);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	mock_dev_fire(vm, 0);
	mock_its_movi(vm, 0, DEV, 0, 1);
	assert_false(mock_dev_virtual(vm, 0));
	assert_int_equal(v4_take(vm, 1), LPI0);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	/* A second event of the same LPI. */
	mock_dev_fire(vm, 0);
	mock_its_mapti(vm, 0, DEV, 9, LPI0, 1);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_SHARED);
	assert_int_equal(v4_take(vm, 1), LPI0);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEV, 9);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	/* The library says so too, where it is asked about the interrupt. */
	{
		struct lvgic_explanation e;

		lvgic_explain(mock_vgic(vm), NULL, LPI0, &e);
		assert_int_equal(e.why, LVGIC_WHY_FORWARDED);
	}
	for (int why = 0; why <= LVGIC_V4_NR_WHY; why++)
		assert_non_null(lvgic_v4_strwhy((enum lvgic_v4_why)why));
	v4_end(vm);
}

static struct lvgic_v4_vcpu_info about(struct mock_vm *vm, uint32_t cpu)
{
	struct lvgic_v4_vcpu_info info;

	assert_int_equal(lvgic_v4_query_vcpu(mock_vcpu(vm, cpu), &info), LVGIC_OK);
	return info;
}

static void test_query_vcpu(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	assert_int_equal(about(vm, 1).why, LVGIC_V4_BUSY);
	v4_forward(vm, 0, 1);
	v4_forward(vm, 1, 1);
	mock_guest_nop(vm, 1);
	assert_int_equal(about(vm, 1).why, LVGIC_V4_FORWARDED);
	assert_int_equal(about(vm, 1).events, 2);
	assert_int_equal(about(vm, 0).events, 0);
	assert_true(about(vm, 1).resident && !about(vm, 1).doorbell && !about(vm, 1).pending && !about(vm, 1).sgis);
	assert_false(mock_guest_wfi(vm, 1));
	assert_true(!about(vm, 1).resident && about(vm, 1).doorbell && !about(vm, 1).pending);
	mock_dev_fire(vm, 0);
	assert_true(about(vm, 1).pending);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), false), LVGIC_OK);
	assert_int_equal(about(vm, 1).why, LVGIC_V4_VCPU_NOT_ALLOWED);
	assert_int_equal(about(vm, 1).events, 0);
	assert_int_equal(lvgic_v4_query_vcpu(NULL, NULL), LVGIC_ERR_INVAL);
	v4_end(vm);
}

/* What one trap does to the hardware is bounded, however many LPIs the guest's command is about. */
static void test_bounded(void **state)
{
	struct mock_config config = { .nr_lrs = 4, .trap_lpis = 64 };
	struct mock_vm *vm = v4_vm(state, 2, config);
	uint64_t done, worst = 0, all = 0;

	for (uint32_t e = 0; e < 32; e++)
		mock_its_mapti(vm, 0, DEV, e, LPI0 + e, 0);
	for (uint32_t e = 0; e < 32; e++) {
		enum lvgic_status status = lvgic_v4_set_forwarding(mock_its(vm, 0), DEV, e,
		                                                   mock_dev_add(vm, e, 0, DEV, e));

		assert_true(status == LVGIC_OK || status == LVGIC_ERR_AGAIN);
		mock_run_deferred(vm);
		assert_int_equal(v4_why(vm, e), LVGIC_V4_FORWARDED);
	}
	for (uint32_t what = 0; what < 6; what++) {
		const uint64_t movall[4] = { GITS_CMD_MOVALL, 0, 0, 1 << 16 };
		const uint64_t invall[4] = { GITS_CMD_INVALL, 0, 0, 0 };
		const uint64_t mapc[4] = { GITS_CMD_MAPC, 0, 1ull << 63 | 1 << 16, 0 };
		const uint64_t mapd[4] = { 1ull << 32 | GITS_CMD_MAPD, 0, 0, 0 };
		uint32_t rounds = 0;

		for (uint32_t e = 0; e < 32; e++) {
			mock_dev_fire(vm, e);
			mock_lpi_config(vm, LPI0 + e, what % 2 ? 0x91 : 0xa1);
		}
		if (what == 3) {
			mock_redist_w(vm, 0, 0, GICR_CTLR, 4, 0);
			mock_run_deferred(vm);
			mock_redist_w(vm, 0, 0, GICR_CTLR, 4, GICR_CTLR_EnableLPIs);
		} else {
			mock_its_put(vm, 0, what == 0 ? movall : what < 3 ? invall : what == 4 ? mapc : mapd);
		}
		done = mock_v4_commands(vm, 0);
		if (what != 3)
			mock_its_ring(vm, 0);
		do {
			uint64_t now = mock_v4_commands(vm, 0);

			worst = now - done > worst ? now - done : worst;
			all += now - done;
			done = now;
			rounds++;
		} while (mock_deferred(vm) && (mock_run_deferred_once(vm) || true));
		assert_true(rounds > 4);
		for (uint32_t i = 0; i < 64; i++)
			(void)hw_take(vm, i % 2);
		mock_run_deferred(vm);
	}
	/* Two operations, each of some commands (of a driver that syncs too much: more), and their end. */
	print_message("%llu commands, at most %llu a trap\n", (unsigned long long)all, (unsigned long long)worst);
	assert_true(all > 500 && worst <= 30);
	v4_end(vm);
}

/* vCPU 1 has no vPE. */
static void test_few_vpes(void **state)
{
	struct mock_v4_config v4 = *(struct mock_v4_config *)*state;
	void *few = &v4;
	struct mock_vm *vm;

	v4.nr_vpes = 1;
	v4.vsgi = false;
	vm = v4_vm(&few, 2, plain);
	v4_forward(vm, 0, 0);
	mock_dev_fire(vm, 0);
	mock_its_movi(vm, 0, DEV, 0, 1);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_NO_VPE);
	assert_int_equal(v4_take(vm, 1), LPI0);
	mock_dev_fire(vm, 0);
	assert_int_equal(v4_take(vm, 1), LPI0);
	mock_its_movi(vm, 0, DEV, 0, 0);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 1), true), LVGIC_ERR_NOENT);
	v4_end(vm);
}

/* Each physical operation of a switch fails once, and then all of them for ever. */
static void test_failures(void **state)
{
	uint32_t n, hit = 0;

	for (n = 1; n < 40; n++) {
		struct mock_vm *vm = v4_vm(state, 2, plain);
		struct lvgic_its *its = mock_its(vm, 0);
		struct lvgic_v4_info info;
		enum lvgic_status status;
		bool before;

		mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
		before = n % 2;
		if (before) {
			mock_dev_add(vm, 0, 0, DEV, 0);
			mock_dev_fire(vm, 0);
		}
		mock_v4_fail_nth(vm, n);
		status = lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0));
		mock_run_deferred(vm);
		assert_int_equal(lvgic_v4_query(its, DEV, 0, &info), LVGIC_OK);
		if (status == LVGIC_ERR_HOST) {
			hit++;
			assert_int_equal(info.why, LVGIC_V4_HOST_FAILED);
			assert_int_equal(info.status, LVGIC_ERR_HOST);
			assert_false(mock_dev_virtual(vm, 0));
		} else {
			assert_int_equal(info.why, LVGIC_V4_FORWARDED);
		}
		assert_false(mock_dev_masked(vm, 0));
		/* Delivered, one way or the other, once. */
		assert_int_equal(v4_take(vm, 1), before ? LPI0 : SPURIOUS);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);
		mock_dev_fire(vm, 0);
		assert_int_equal(v4_take(vm, 1), LPI0);
		/* Asked again. */
		status = lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0));
		mock_v4_fail_nth(vm, 0);
		if (info.why == LVGIC_V4_HOST_FAILED)
			assert_int_equal(status, LVGIC_OK);
		v4_end(vm);
	}
	assert_true(hit >= 2);
}

/* The operation behind a command of the guest fails: the command is done, in software, and stays there until MAPTI. */
static void test_command_failures(void **state)
{
	static const uint32_t commands[] = { GITS_CMD_MOVI, GITS_CMD_INV, GITS_CMD_CLEAR, GITS_CMD_INT };

	for (uint32_t i = 0; i < 4; i++) {
		struct mock_vm *vm = v4_vm(state, 2, plain);
		uint32_t to = commands[i] == GITS_CMD_MOVI ? 0 : 1;

		v4_forward(vm, 0, 1);
		if (commands[i] != GITS_CMD_INT)
			mock_dev_fire(vm, 0);
		mock_lpi_config(vm, LPI0, 0x91);
		mock_v4_fail_nth(vm, 1);
		if (commands[i] == GITS_CMD_MOVI)
			mock_its_movi(vm, 0, DEV, 0, 0);
		else
			mock_its_event_cmd(vm, 0, commands[i], DEV, 0);
		mock_run_deferred(vm);
		assert_false(mock_dev_masked(vm, 0));
		if (commands[i] == GITS_CMD_INT) {
			/* Tried again. */
			assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
		} else if (commands[i] != GITS_CMD_MOVI) {
			assert_int_equal(v4_why(vm, 0), LVGIC_V4_HOST_FAILED);
			assert_false(mock_dev_virtual(vm, 0));
		}
		assert_int_equal(v4_take(vm, to), commands[i] == GITS_CMD_CLEAR ? SPURIOUS : LPI0);
		assert_int_equal(v4_take(vm, to), SPURIOUS);
		mock_dev_fire(vm, 0);
		assert_int_equal(v4_take(vm, to), LPI0);
		mock_its_mapti(vm, 0, DEV, 0, LPI0, to);
		assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
		v4_end(vm);
	}
}

/* Taking back: each operation fails once; the pending state is not lost, and not made up. */
static void test_return_failures(void **state)
{
	for (uint32_t n = 1; n < 80; n++) {
		struct mock_vm *vm = v4_vm(state, 2, plain);
		struct lvgic_its *its = mock_its(vm, 0);
		bool pending = n % 2;
		enum lvgic_status status;

		v4_forward(vm, 0, 1);
		if (pending)
			mock_dev_fire(vm, 0);
		mock_v4_fail_nth(vm, n / 2 + 1);
		status = lvgic_v4_unset_forwarding(its, DEV, 0);
		assert_true(status == LVGIC_OK || status == LVGIC_ERR_AGAIN);
		mock_run_deferred(vm);
		assert_false(mock_dev_virtual(vm, 0));
		assert_false(mock_dev_masked(vm, 0));
		assert_int_equal(v4_why(vm, 0), LVGIC_V4_NO_HOST_IRQ);
		assert_int_equal(v4_take(vm, 1), pending ? LPI0 : SPURIOUS);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);
		mock_v4_fail_nth(vm, 0);
		v4_end(vm);
	}
}

/* An ITS that does nothing any more: the library gives up, says so, and goes on. */
static void test_broken(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	struct lvgic_its *its = mock_its(vm, 0);

	v4_forward(vm, 0, 1);
	mock_v4_fail(vm, 1000, 0, 1);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEV, 0);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), mock_its_r(vm, 0, GITS_CWRITER, 8));
	assert_false(mock_deferred(vm));
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_STUCK);
	/* It may be asked for again, and recovers. */
	assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 0), LVGIC_ERR_AGAIN);
	mock_run_deferred(vm);
	assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 0), LVGIC_ERR_AGAIN);
	mock_v4_fail(vm, 0, 0, 1);
	assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, 0), LVGIC_OK);
	assert_false(mock_dev_virtual(vm, 0));
	assert_false(mock_dev_masked(vm, 0));
	v4_end(vm);
}

/* A device that cannot be unmasked any more (removed by surprise): the guest's commands end, the worker rests. */
static void test_broken_device(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);
	struct lvgic_its *its = mock_its(vm, 0);

	mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
	mock_dev_add(vm, 0, 0, DEV, 0);
	mock_dev_broken(vm, 0, true);
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, mock_dev_irq(vm, 0)), LVGIC_ERR_AGAIN);
	mock_run_deferred(vm);
	assert_false(mock_deferred(vm));
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_STUCK);
	assert_int_equal(lvgic_v4_allow(its, DEV, 0, true), LVGIC_ERR_AGAIN);
	mock_run_deferred(vm);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_STUCK);
	/* The guest moves and maps on; the event can still be told of by software. */
	mock_its_mapc(vm, 0, 1, 0, true);
	mock_dev_fire(vm, 0);
	(void)lvgic_inject_msi(its, DEV, 0);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEV, 0);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), mock_its_r(vm, 0, GITS_CWRITER, 8));
	mock_run_deferred(vm);
	assert_false(mock_deferred(vm));
	assert_false(mock_dev_virtual(vm, 0));
	assert_int_equal(v4_take(vm, 0), SPURIOUS);
	assert_int_equal(v4_take(vm, 1), SPURIOUS);
	/* Well again: whoever asks finds it so. The message it remembered comes. */
	mock_dev_broken(vm, 0, false);
	mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
	assert_int_equal(lvgic_v4_allow(its, DEV, 0, true), LVGIC_OK);
	assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
	assert_false(mock_dev_masked(vm, 0));
	assert_int_equal(v4_take(vm, 0), LPI0);
	v4_end(vm);
}

/* A reset in the middle of everything; then the guest maps anew. */
static void test_reset(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	mock_dev_fire(vm, 0);
	for (uint32_t cpu = 0; cpu < 2; cpu++)
		mock_vcpu_put(vm, cpu);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_false(mock_dev_virtual(vm, 0));
	assert_false(mock_dev_masked(vm, 0));
	v4_end(vm);
}

/* What cannot be done at once is asked for. */
static void test_reset_defers(void **state)
{
	struct mock_vm *vm = v4_vm(state, 2, plain);

	v4_forward(vm, 0, 1);
	mock_run_deferred(vm);
	for (uint32_t cpu = 0; cpu < 2; cpu++)
		mock_vcpu_put(vm, cpu);
	mock_dev_broken(vm, 0, true);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_true(mock_deferred(vm));
	mock_run_deferred(vm);
	mock_dev_broken(vm, 0, false);
	v4_end(vm);
}

/* Operations "from" and the "count" after it fail. */
struct bad_luck {
	uint32_t from, count, n;
};

static void bad_luck(struct mock_vm *vm, void *arg)
{
	struct bad_luck *b = arg;

	if (b->n++ - b->from < b->count)
		mock_v4_fail_nth(vm, 1);
}

/* While it is being taken back, and the hardware may not have it any more, the hardware is told nothing of it. */
static void test_half_unmapped(void **state)
{
	static const uint32_t commands[] = { GITS_CMD_CLEAR, GITS_CMD_INV, GITS_CMD_MOVI };

	for (uint32_t i = 0; i < 2 * 3 * 8 * 4; i++) {
		struct mock_v4_config v4 = *(struct mock_v4_config *)*state;
		struct bad_luck luck = { .from = i / 2 / 3 % 8, .count = 1 + i / 2 / 3 / 8 };
		uint32_t command = commands[i / 2 % 3], to = command == GITS_CMD_MOVI ? 0 : 1;
		void *poor = &v4;
		struct mock_vm *vm;

		v4.no_mask = i & 1;
		vm = v4_vm(&poor, 2, plain);
		(void)mock_v4_lost(vm, v4.no_mask);
		v4_forward(vm, 0, 1);
		assert_int_equal(v4_take(vm, 1), v4.no_mask ? LPI0 : SPURIOUS);
		mock_lpi_config(vm, LPI0, 0x91);
		mock_v4_between(vm, bad_luck, &luck);
		(void)!lvgic_v4_allow(mock_its(vm, 0), DEV, 0, false);
		if (command == GITS_CMD_MOVI)
			mock_its_movi(vm, 0, DEV, 0, 0);
		else
			mock_its_event_cmd(vm, 0, command, DEV, 0);
		mock_run_deferred(vm);
		mock_v4_between(vm, NULL, NULL);
		assert_false(mock_dev_virtual(vm, 0));
		assert_int_equal(v4_why(vm, 0), LVGIC_V4_NOT_ALLOWED);
		mock_dev_fire(vm, 0);
		assert_int_equal(v4_take(vm, to), LPI0);
		v4_end(vm);
	}
}

/* Without a mask at the device, or without a way to ask: one interrupt too many, never one too few; and it is said. */
static void test_without_mask(void **state)
{
	for (uint32_t i = 1; i < 4; i++) {
		struct mock_v4_config v4 = *(struct mock_v4_config *)*state;
		void *poor = &v4;
		struct mock_vm *vm;
		uint32_t n = 0;

		v4.no_mask = i & 1;
		v4.no_probe = i & 2;
		vm = v4_vm(&poor, 2, plain);
		(void)mock_v4_lost(vm, v4.no_mask);
		mock_its_mapti(vm, 0, DEV, 0, LPI0, 1);
		mock_dev_add(vm, 0, 0, DEV, 0);
		mock_v4_between(vm, fire, &n);
		assert_int_equal(lvgic_v4_set_forwarding(mock_its(vm, 0), DEV, 0, mock_dev_add(vm, 0, 0, DEV, 0)),
		                 LVGIC_OK);
		mock_v4_between(vm, NULL, NULL);
		mock_run_deferred(vm);
		assert_int_equal(v4_why(vm, 0), LVGIC_V4_FORWARDED);
		assert_int_equal(v4_take(vm, 1), LPI0);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);
		mock_v4_between(vm, fire, &n);
		assert_int_equal(lvgic_v4_unset_forwarding(mock_its(vm, 0), DEV, 0), LVGIC_OK);
		mock_v4_between(vm, NULL, NULL);
		assert_int_equal(v4_take(vm, 1), LPI0);
		assert_int_equal(v4_take(vm, 1), SPURIOUS);
		assert_true(v4_stats(vm).guesses);
		assert_int_equal(mock_v4_lost(vm, v4.no_mask) != 0, v4.no_mask);
		v4_end(vm);
	}
}

/* No memory: nothing is left behind, at each of the allocations. */
static void test_nomem(void **state)
{
	const struct mock_v4_config v4 = { .v4_1 = false };
	enum lvgic_status status = LVGIC_ERR_NOMEM;
	uint32_t n, locks;

	(void)state;
	for (n = 1; status != LVGIC_OK; n++) {
		struct mock_vm *vm = mock_vm_new(
			&(struct mock_config){ .nr_vcpus = 2, .nr_its = 1, .v4 = &v4, .failure = hw_failure });

		mock_fail(vm, MOCK_OP_ALLOC, n);
		status = mock_vm_init(vm);
		assert_true(status == LVGIC_OK || status == LVGIC_ERR_NOMEM);
		mock_fail(vm, MOCK_OP_ALLOC, 0);
		mock_vm_destroy(vm);
	}
	assert_true(n > 16);
	status = LVGIC_ERR_NOMEM;
	for (locks = 1; status != LVGIC_OK; locks++) {
		struct mock_vm *vm = mock_vm_new(
			&(struct mock_config){ .nr_vcpus = 2, .nr_its = 1, .v4 = &v4, .failure = hw_failure });

		mock_fail(vm, MOCK_OP_LOCK_CREATE, locks);
		status = mock_vm_init(vm);
		mock_fail(vm, MOCK_OP_LOCK_CREATE, 0);
		mock_vm_destroy(vm);
	}
	assert_int_equal(locks, 8 + 1);
}

/* The quota of host interrupts, and arguments that cannot be. */
static void test_quota(void **state)
{
	struct mock_v4_config v4 = *(struct mock_v4_config *)*state;
	void *small = &v4;
	struct mock_vm *vm;
	struct lvgic_its *its;
	struct lvgic_host_irq host;

	v4.max_events = 3;
	vm = v4_vm(&small, 1, plain);
	its = mock_its(vm, 0);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t e = 0; e < 3; e++)
			v4_forward(vm, e, 0);
		assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 3, mock_dev_add(vm, 3, 0, DEV, 3)), LVGIC_ERR_QUOTA);
		/* The same one again is no error, another one for the same event is. */
		host = *mock_dev_irq(vm, 0);
		assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, &host), LVGIC_OK);
		host.event++;
		assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, &host), LVGIC_ERR_EXIST);
		for (uint32_t e = 0; e < 3; e++)
			assert_int_equal(lvgic_v4_unset_forwarding(its, DEV, e), LVGIC_OK);
	}
	assert_int_equal(lvgic_v4_set_forwarding(NULL, DEV, 0, &host), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, NULL), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_set_forwarding(its, 1u << 16, 0, &host), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 1u << 16, &host), LVGIC_ERR_INVAL);
	host.reserved = 1;
	assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, &host), LVGIC_ERR_INVAL);
	host.reserved = 0;
	host.its = 5;
	if (!v4.driver)
		assert_int_equal(lvgic_v4_set_forwarding(its, DEV, 0, &host), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_allow(its, DEV, 9, true), LVGIC_ERR_NOENT);
	v4_end(vm);
}

/* The model itself: what it must not let pass. */
static uint32_t complaints;

static void count(void *arg, const char *what)
{
	(void)arg;
	(void)what;
	complaints++;
}

static uint32_t wrong(struct mock_vm *vm, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	const uint64_t cmd[4] = { w0, w1, w2, w3 };
	uint32_t before = complaints;

	(void)mock_ops(vm)->its_cmd(vm, 0, cmd);
	return complaints - before;
}

static void test_model(void **state)
{
	const struct mock_v4_config v4 = { .v4_1 = false };
	struct mock_config config = { .nr_vcpus = 2, .nr_its = 1, .v4 = &v4, .failure = count };
	const uint64_t device = 100ull << 32, vpe0 = 40ull << 32, vpe1 = 41ull << 32, valid = 1ull << 63;
	const uint64_t vpt = 0x900000000ull, doorbell = 20000ull << 32;
	struct mock_vm *vm = mock_vm_create(&config);

	(void)state;
	mock_dev_add(vm, 0, 0, 1, 0);
	complaints = 0;
	mock_fail(vm, MOCK_OP_ITS_CMD, 1);
	{
		const uint64_t cmd[4] = { 0x05, 0, 0, 0 };

		assert_int_equal(mock_ops(vm)->its_cmd(vm, 0, cmd), LVGIC_ERR_HOST);
		assert_int_equal(mock_ops(vm)->its_cmd(vm, 0, cmd), LVGIC_OK);
	}
	assert_int_equal(wrong(vm, 0x25, vpe0, 0, 0), 1);                   /* VSYNC, not mapped */
	assert_int_equal(wrong(vm, 0x29, 99ull << 32, valid, vpt | 15), 1); /* no such vPE */
	assert_int_equal(wrong(vm, 0x29, vpe0, 0, 0), 1);                   /* V = 0, not mapped */
	assert_int_equal(wrong(vm, 0x29, vpe0, valid, vpt | 14), 1);        /* VPT_size */
	assert_int_equal(wrong(vm, 0x29, vpe0, valid, vpt | 15), 0);
	assert_int_equal(wrong(vm, 0x29, vpe0, valid, vpt | 15), 1);             /* twice */
	assert_int_equal(wrong(vm, 0x2a, vpe0, doorbell | 8192, 0), 1);          /* no such device */
	assert_int_equal(wrong(vm, device | 0x2a, vpe0, doorbell | 8192, 0), 1); /* mapped to the host */
	assert_int_equal(wrong(vm, device | 0x21, vpe0, 0, 0), 1);               /* VMOVI of the host's */
	assert_int_equal(wrong(vm, device | 0x0f, 0, 0, 0), 0);
	assert_int_equal(wrong(vm, device | 0x0f, 0, 0, 0), 1); /* DISCARD twice */
	assert_int_equal(wrong(vm, device | 0x0c, 0, 0, 0), 1); /* INV, not mapped */
	mock_dev_fire(vm, 0);
	assert_int_equal(complaints, 10 + 1);                                         /* a message into the gap */
	assert_int_equal(wrong(vm, device | 0x2a, vpe1, doorbell | 8192, 0), 1);      /* vPE not mapped */
	assert_int_equal(wrong(vm, device | 0x2a, vpe0, doorbell | 100, 0), 1);       /* no LPI */
	assert_int_equal(wrong(vm, device | 0x2a, vpe0, 1023ull << 32 | 8192, 0), 1); /* no doorbell */
	assert_int_equal(wrong(vm, device | 0x2a, vpe0, doorbell | 8192, 0), 1); /* nobody wrote its configuration */
	assert_int_equal(wrong(vm, 0x29, vpe0, 0, 0), 1);                        /* V = 0 with events */
	assert_int_equal(wrong(vm, 0x23, vpe0, 0, 0), 1);                        /* VSGI, GICv4.0 */
	assert_int_equal(wrong(vm, 0x2e, vpe0, 0, 0), 1);                        /* INVDB, GICv4.0 */
	assert_int_equal(wrong(vm, 0x7f, 0, 0, 0), 1);
	complaints = 0;
	mock_ops(vm)->vlpi_write(vm, 0, 0x78, valid | 1ull << 61 | vpt); /* PROPBASER; VSYNC and VINVALL are missing */
	assert_int_equal(complaints, 3);
	assert_int_equal(wrong(vm, 0x22, vpe0, 1ull << 16, 0), 1); /* VMOVP while resident */
	mock_ops(vm)->vlpi_write(vm, 1, 0x78, valid | vpt);        /* on two CPUs, not mapped here */
	assert_true(complaints >= 5);
	complaints = 0;
	mock_ops(vm)->vlpi_write(vm, 0, 0x78, valid | 1ull << 61 | (vpt + (1 << 20))); /* a second one on this CPU */
	assert_true(complaints >= 1);
	complaints = 0;
	mock_ops(vm)->vlpi_write(vm, 2, 0x70, 0x800000000ull | 15);
	mock_ops(vm)->vlpi_write(vm, 2, 0x78, valid | 1ull << 61 | (vpt + (1 << 20))); /* one that is not mapped */
	assert_true(complaints >= 1);
	mock_vm_destroy(vm);
}

/* Tables and arguments that cannot be. */
static void test_create(void **state)
{
	struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .nr_vcpus = 2, .nr_its = 1, .failure = hw_failure });
	const struct lvgic_config config = { .size = sizeof(config), .nr_vcpus = 2, .lpi_id_bits = 16 };
	struct lvgic_host_vpe vpe[3] = { { .vpeid = 1 }, { .vpeid = 2 }, { .vpeid = 3 } };
	struct lvgic_v4_config v4 = { .size = sizeof(v4),
		                      .nr_vpes = 2,
		                      .max_events = 4,
		                      .vpe = vpe,
		                      .config_table = (uint8_t *)vpe,
		                      .nr_host_its = 1 };
	struct lvgic_v4_config bad;
	struct lvgic_v4_driver driver = { .size = sizeof(driver) };
	struct lvgic *vg;

	(void)state;
	assert_int_equal(lvgic_create(&config, mock_ops(vm), vm, &vg), LVGIC_OK);
	assert_int_equal(lvgic_v4_create(vg, NULL), LVGIC_ERR_INVAL);
	/* No its_cmd. */
	assert_int_equal(lvgic_v4_create(vg, &v4), LVGIC_ERR_OPS);
	bad = v4;
	bad.flags = 0x80;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_INVAL);
	bad = v4;
	bad.flags = LVGIC_V4_VSGI;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_INVAL);
	bad = v4;
	bad.nr_vpes = 3;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_INVAL);
	bad = v4;
	bad.max_events = 0;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_INVAL);
	bad = v4;
	bad.nr_host_its = 17;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_INVAL);
	/* The greatest number passes; what is wrong then is the driver. */
	vpe[2].vpeid = 0xffff;
	bad = v4;
	bad.driver = &driver;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_OPS);
	vpe[2].vpeid = 0x10000;
	assert_int_equal(lvgic_v4_create(vg, &v4), LVGIC_ERR_INVAL);
	bad = v4;
	bad.driver = &driver;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_OPS);
	bad.size = 8;
	assert_int_equal(lvgic_v4_create(vg, &bad), LVGIC_ERR_OPS);
	lvgic_destroy(vg);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		V4_EACH(test_forward),         V4_EACH(test_pending),         V4_EACH(test_gap),
		V4_EACH(test_follow),          V4_EACH(test_disable),         V4_EACH(test_policy),
		V4_EACH(test_few_vpes),        V4_EACH(test_failures),        V4_EACH(test_broken),
		V4_EACH(test_broken_device),   V4_EACH(test_reset),           V4_EACH(test_reset_defers),
		V4_EACH(test_half_unmapped),   V4_EACH(test_return_failures), V4_EACH(test_command_failures),
		cmocka_unit_test(test_create), cmocka_unit_test(test_model),  V4_EACH(test_without_mask),
		V4_EACH(test_query_vcpu),      V4_EACH(test_bounded),         V4_EACH(test_quota),
		cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
