/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * From a message to an acknowledged LPI, and what each ITS command does to it.
 */
#include "hw.h"

static struct mock_vm *its_vm(void **state, uint32_t nr_vcpus)
{
	struct mock_config config = hw_config(state, nr_vcpus);
	struct mock_vm *vm;

	config.nr_its = 1;
	config.failure = hw_failure;
	vm = mock_vm_create(&config);
	mock_guest_enable_all(vm);
	mock_its_setup(vm);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
	return vm;
}

static void no_error(struct mock_vm *vm)
{
	uint64_t count;
	uint64_t error = mock_its_error(vm, 0, &count);

	if (count)
		fail_msg("%llu command errors, the last %#llx", (unsigned long long)count, (unsigned long long)error);
}

static void message_is_delivered(void **state)
{
	struct mock_vm *vm = its_vm(state, 2);

	mock_its_mapd(vm, 0, 5, 3, true);
	mock_its_mapti(vm, 0, 5, 2, 8192, 1);
	no_error(vm);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, 2), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(hw_take(vm, 1), 8192);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, 3), LVGIC_ERR_NOENT);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 4, 2), LVGIC_ERR_NOENT);
	mock_vm_destroy(vm);
}

static void commands_act(void **state)
{
	struct mock_vm *vm = its_vm(state, 2);

	mock_its_mapd(vm, 0, 5, 16, true);
	mock_its_mapti(vm, 0, 5, 0xfff1, 9000, 0);
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 0xfff1);
	mock_its_movi(vm, 0, 5, 0xfff1, 1);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(hw_take(vm, 1), 9000);

	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 0xfff1);
	mock_its_event_cmd(vm, 0, GITS_CMD_CLEAR, 5, 0xfff1);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);

	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 0xfff1);
	assert_int_equal(mock_guest_hppir(vm, 1, 1), 9000);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 5, 0xfff1);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	no_error(vm);
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 0xfff1);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010307);

	mock_its_mapti(vm, 0, 5, 1, 9001, 0);
	mock_lpi_config(vm, 9001, 0xa0);
	mock_its_event_cmd(vm, 0, GITS_CMD_INV, 5, 1);
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 1);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_its_movall(vm, 0, 0, 1);
	mock_lpi_config(vm, 9001, 0xa1);
	mock_its_invall(vm, 0, 0);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(hw_take(vm, 1), 9001);
	/* The collection is where it was. */
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 1);
	/* The last one was in a list register of vCPU 1, which is kicked, and passes the new one on. */
	mock_guest_nop(vm, 1);
	assert_int_equal(hw_take(vm, 0), 9001);
	mock_vm_destroy(vm);
}

/*
 * What is in a list register of a running vCPU that has not noticed anything yet: CLEAR, DISCARD, MOVI and EnableLPIs
 * are exact nevertheless (R43).
 */
static void exact_while_running(void **state)
{
	struct mock_vm *vm = its_vm(state, 2);
	uint32_t i;

	mock_its_mapd(vm, 0, 5, 3, true);
	for (i = 0; i < 4; i++) {
		mock_its_mapti(vm, 0, 5, i, 8192 + i, 1);
		mock_guest_nop(vm, 1);
		mock_obey_kicks(vm, true);
		mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, i);
		assert_int_equal(mock_guest_hppir(vm, 1, 1), 8192 + i);
		mock_obey_kicks(vm, false);
		if (i == 0)
			mock_its_event_cmd(vm, 0, GITS_CMD_CLEAR, 5, i);
		else if (i == 1)
			mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 5, i);
		else if (i == 2)
			mock_its_movi(vm, 0, 5, i, 0);
		else
			mock_redist_w(vm, 0, 1, GICR_CTLR, 4, 0);
		assert_int_equal(hw_take(vm, 1), SPURIOUS);
	}
	mock_obey_kicks(vm, true);
	assert_int_equal(hw_take(vm, 0), 8194);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_true(mock_lpi_table_pending(vm, 1, 8195));
	no_error(vm);
	mock_vm_destroy(vm);
}

static void pending_tables(void **state)
{
	struct mock_vm *vm = its_vm(state, 2);
	const uint8_t bits = 0x81;

	mock_its_mapd(vm, 0, 5, 5, true);
	mock_its_mapti(vm, 0, 5, 1, 9001, 0);
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 5, 1);
	mock_guest_nop(vm, 0);
	mock_lpi_enable(vm, 0, false);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_CTLR, 4), GICR_CTLR_CES | GICR_CTLR_IR);
	assert_true(mock_lpi_table_pending(vm, 0, 9001));
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* 8192 and 8199 were pending there for the guest. */
	mock_mem_poke(vm, MOCK_LPI_PEND_GPA + 1024, &bits, 1);
	mock_lpi_enable(vm, 0, true);
	mock_run_deferred(vm);
	assert_false(mock_lpi_table_pending(vm, 0, 9001));
	assert_int_equal(hw_take(vm, 0) + hw_take(vm, 0) + hw_take(vm, 0), 8192 + 8199 + 9001);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* Few LPIs: INVALL is over when the write of GITS_CWRITER is, and nothing is left for later. */
static void invall_at_once(void **state)
{
	struct mock_vm *vm = its_vm(state, 1);
	struct lvgic_its_stats stats;

	mock_its_mapd(vm, 0, 5, 5, true);
	for (uint32_t i = 0; i < 5; i++)
		mock_its_mapti(vm, 0, 5, i, 8192 + i, 0);
	mock_its_invall(vm, 0, 0);
	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	assert_int_equal(stats.deferrals, 0);
	no_error(vm);
	mock_vm_destroy(vm);
}

/* What was on a free list before a reset is not handed out twice after it. */
static void reset_with_free_ones(void **state)
{
	struct mock_vm *vm = its_vm(state, 1);

	mock_its_mapd(vm, 0, 5, 5, true);
	for (uint32_t i = 0; i < 3; i++)
		mock_its_mapti(vm, 0, 5, i, 8192 + 64 * i, 0);
	for (uint32_t i = 0; i < 3; i++)
		mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 5, i);
	mock_vcpu_exit(vm, 0);
	assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 0);
	assert_int_equal(mock_its_r(vm, 0, GITS_CWRITER, 8), 0);
	mock_guest_enable_all(vm);
	mock_its_setup(vm);
	mock_its_mapd(vm, 0, 5, 5, true);
	for (uint32_t i = 0; i < 6; i++) {
		mock_its_mapti(vm, 0, 5, i, 8192 + 64 * i, 0);
		assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, i), LVGIC_OK);
		assert_int_equal(hw_take(vm, 0), 8192 + 64 * i);
	}
	/* Each INTID has an entry of its own. */
	mock_vcpu_exit(vm, 0);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, 0), LVGIC_OK);
	for (uint32_t i = 0; i < 6; i++) {
		struct lvgic_explanation why;

		lvgic_explain(mock_vgic(vm), NULL, 8192 + 64 * i, &why);
		assert_int_equal(why.why == LVGIC_WHY_NOT_PENDING, i != 0);
	}
	for (uint32_t i = 0; i < 6; i++)
		mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 5, i);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, i), LVGIC_ERR_NOENT);
	no_error(vm);
	mock_vm_destroy(vm);
}

/* A pending table that cannot be written is told of, once for what could not be. */
static void table_nowhere(void **state)
{
	struct mock_vm *vm = its_vm(state, 1);
	struct lvgic_guest_error last;
	uint64_t before;

	mock_its_mapd(vm, 0, 5, 5, true);
	mock_its_mapti(vm, 0, 5, 1, 8192, 0);
	mock_lpi_enable(vm, 0, false);
	mock_run_deferred(vm);
	before = mock_guest_errors(vm, NULL);
	assert_false(mock_lpi_table_pending(vm, 0, 8192));
	mock_lpi_enable(vm, 0, true);
	assert_int_equal(mock_guest_errors(vm, NULL), before);
	mock_lpi_enable(vm, 0, false);
	mock_run_deferred(vm);
	/* In a hole of the address space. */
	mock_redist_w(vm, 0, 0, GICR_PENDBASER, 8, 0x7ff0000);
	mock_redist_w(vm, 0, 0, GICR_CTLR, 4, GICR_CTLR_EnableLPIs);
	mock_run_deferred(vm);
	before = mock_guest_errors(vm, NULL);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, 1), LVGIC_OK);
	mock_redist_w(vm, 0, 0, GICR_CTLR, 4, 0);
	mock_run_deferred(vm);
	assert_int_equal(mock_guest_errors(vm, &last), before + 1);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* The embedder is told of devices, before messages of theirs are translated, and may refuse. */
static void devices_are_told(void **state)
{
	struct mock_vm *vm = its_vm(state, 1);
	uint64_t count;

	mock_its_mapd(vm, 0, 5, 3, true);
	assert_int_equal(mock_mapped_device(vm, 0, 5), 3);
	/* Anew: unmapped in between. */
	mock_its_mapd(vm, 0, 5, 7, true);
	assert_int_equal(mock_mapped_device(vm, 0, 5), 7);
	assert_int_equal(mock_calls(vm, MOCK_OP_DEVICE_MAP), 3);
	mock_its_mapd(vm, 0, 5, 0, false);
	assert_int_equal(mock_mapped_device(vm, 0, 5), 0);
	mock_its_mapd(vm, 0, 5, 0, false);
	assert_int_equal(mock_calls(vm, MOCK_OP_DEVICE_MAP), 4);
	no_error(vm);
	mock_fail(vm, MOCK_OP_DEVICE_MAP, 1);
	mock_its_mapd(vm, 0, 5, 3, true);
	assert_int_equal(mock_its_error(vm, 0, &count), 0x0108f0);
	assert_int_equal(count, 1);
	mock_its_mapti(vm, 0, 5, 0, 8192, 0);
	assert_int_equal(mock_its_error(vm, 0, NULL) & 0xff, LVGIC_ITS_UNMAPPED_DEVICE);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(message_is_delivered), HW_EACH(devices_are_told), HW_EACH(commands_act),
		HW_EACH(exact_while_running),  HW_EACH(pending_tables),   HW_EACH(invall_at_once),
		HW_EACH(reset_with_free_ones), HW_EACH(table_nowhere),
	};

	return cmocka_run_group_tests_name("its_basic", tests, NULL, NULL);
}
