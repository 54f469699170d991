/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The registers of an ITS and its command queue: wrap, offsets that are no good, halves of registers, stalls; and what
 * an ITS can be configured to be.
 */
#include "hw.h"

#define QUEUE (MOCK_ITS_TABLES + MOCK_ITS_QUEUE)

static struct mock_vm *vm_with(const struct lvgic_its_config *its, uint32_t nr_its)
{
	struct mock_config config = { .nr_vcpus = 2, .nr_its = nr_its, .its = its };
	struct mock_vm *vm = hw_vm(config);

	mock_its_setup(vm);
	return vm;
}

static void poke_command(struct mock_vm *vm, uint32_t slot, uint64_t w0, uint64_t w1, uint64_t w2)
{
	const uint64_t cmd[4] = { w0, w1, w2, 0 };

	mock_mem_poke(vm, QUEUE + slot * 32, cmd, sizeof(cmd));
}

static uint64_t commands(struct mock_vm *vm)
{
	struct lvgic_its_stats stats;

	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	return stats.commands;
}

/* R27: a queue of 128 commands; the pointer wraps; misaligned bits are RES0, offsets beyond the end ignored. */
static void offsets(void **state)
{
	struct mock_vm *vm = vm_with(NULL, 1);
	uint64_t done;

	(void)state;
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	assert_int_equal(mock_its_r(vm, 0, GITS_CTLR, 4), GITS_CTLR_Quiescent);
	mock_its_w(vm, 0, GITS_CBASER, 8, GITS_CBASER_Valid | QUEUE);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8) | mock_its_r(vm, 0, GITS_CWRITER, 8), 0);
	for (uint32_t i = 0; i < 128; i++)
		poke_command(vm, i, GITS_CMD_SYNC, 0, 0);
	/* R28: kept while disabled, run at enable. */
	mock_its_w(vm, 0, GITS_CWRITER, 8, 96 * 32);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 0);
	done = commands(vm);
	mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
	mock_run_deferred(vm);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 96 * 32);
	assert_int_equal(commands(vm) - done, 96);
	/* Round the end. */
	mock_its_w(vm, 0, GITS_CWRITER, 8, 10 * 32);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 10 * 32);
	assert_int_equal(commands(vm) - done, 96 + 42);
	/* Misaligned: the low bits are not there. */
	mock_its_w(vm, 0, GITS_CWRITER, 8, 11 * 32 + 30);
	assert_int_equal(mock_its_r(vm, 0, GITS_CWRITER, 8), 11 * 32);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 11 * 32);
	/* Outside: ignored, and reported. */
	done = commands(vm);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 128 * 32);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 0xfffe0);
	assert_int_equal(mock_its_r(vm, 0, GITS_CWRITER, 8), 11 * 32);
	assert_int_equal(mock_guest_errors(vm, NULL), 2);
	assert_int_equal(commands(vm), done);
	/* The upper half changes nothing. */
	mock_its_w(vm, 0, GITS_CWRITER + 4, 4, 0xffffffff);
	assert_int_equal(mock_its_r(vm, 0, GITS_CWRITER, 8), 11 * 32);
	/* While enabled the base stays. */
	mock_its_w(vm, 0, GITS_CBASER, 8, 0);
	assert_int_equal(mock_its_r(vm, 0, GITS_CBASER, 8), GITS_CBASER_Valid | QUEUE);
	mock_its_w(vm, 0, GITS_BASER, 8, 0);
	assert_true(mock_its_r(vm, 0, GITS_BASER, 8) & GITS_BASER_Valid);
	/* A queue that is not valid is not read. */
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	mock_its_w(vm, 0, GITS_CBASER, 8, QUEUE);
	mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 64);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 0);
	mock_vm_destroy(vm);
}

/* R47: 64-bit registers by halves, in either order; R48: PTZ reads as zero. */
static void halves(void **state)
{
	struct mock_vm *vm = vm_with(NULL, 1);
	uint64_t typer = mock_its_r(vm, 0, GITS_TYPER, 8);

	(void)state;
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	mock_its_w(vm, 0, GITS_CBASER + 4, 4, 0x80000000u | (uint32_t)(QUEUE >> 32));
	mock_its_w(vm, 0, GITS_CBASER, 4, (uint32_t)QUEUE | 1);
	assert_int_equal(mock_its_r(vm, 0, GITS_CBASER, 8), GITS_CBASER_Valid | QUEUE | 1);
	assert_int_equal(mock_its_r(vm, 0, GITS_CBASER + 4, 4), 0x80000000u | (uint32_t)(QUEUE >> 32));
	mock_its_w(vm, 0, GITS_BASER, 4, (uint32_t)MOCK_ITS_TABLES | 0x203);
	mock_its_w(vm, 0, GITS_BASER + 4, 4, 0xc0000000u);
	assert_int_equal(mock_its_r(vm, 0, GITS_BASER, 8),
	                 GITS_BASER_Valid | GITS_BASER_Indirect | 1ull << 56 | 7ull << 48 | MOCK_ITS_TABLES | 0x203);
	mock_its_w(vm, 0, GITS_BASER + 16, 8, ~0ull);
	assert_int_equal(mock_its_r(vm, 0, GITS_BASER + 16, 8), 0);
	assert_int_equal(mock_its_r(vm, 0, GITS_TYPER, 4), (uint32_t)typer);
	assert_int_equal(mock_its_r(vm, 0, GITS_TYPER + 4, 4), typer >> 32);
	assert_int_equal(mock_its_r(vm, 0, GIC_PIDR2, 4) >> 4 & 0xf, 3);
	/* R34 */
	assert_int_equal(mock_its_r(vm, 0, GITS_TRANSLATER, 4), 0);

	mock_lpi_enable(vm, 0, false);
	mock_redist_w(vm, 0, 0, GICR_PENDBASER + 4, 4, 0x47000001);
	mock_redist_w(vm, 0, 0, GICR_PENDBASER, 4, 0xffffffff);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_PENDBASER, 8), 0x07000001ffff0f80ull);
	mock_redist_w(vm, 0, 0, GICR_PROPBASER, 8, ~0ull);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_PROPBASER, 8), 0x070fffffffffff9full);
	mock_lpi_enable(vm, 0, true);
	mock_run_deferred(vm);
	mock_redist_w(vm, 0, 0, GICR_PENDBASER, 8, 0);
	mock_redist_w(vm, 0, 0, GICR_PROPBASER, 8, 0);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_PENDBASER, 8), 0x07000001ffff0f80ull);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_PROPBASER, 8), 0x070fffffffffff9full);
	mock_vm_destroy(vm);
}

/* R29, R33: an error stalls the queue if so configured; Retry does the command again, which may have been mended. */
static void stall(void **state)
{
	const struct lvgic_its_config its = { .size = sizeof(its), .flags = LVGIC_ITS_STALL };
	struct mock_vm *vm = vm_with(&its, 1);

	(void)state;
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	mock_its_w(vm, 0, GITS_CBASER, 8, GITS_CBASER_Valid | QUEUE);
	mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
	poke_command(vm, 0, GITS_CMD_SYNC, 0, 0);
	poke_command(vm, 1, 0xff, 0, 0);
	poke_command(vm, 2, GITS_CMD_SYNC, 0, 0);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 3 * 32);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 32 | GITS_CREADR_Stalled);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x01ff00u | LVGIC_ITS_UNKNOWN_COMMAND);
	/* More commands do not help, nor does Retry of the same one. */
	mock_its_w(vm, 0, GITS_CWRITER, 8, 3 * 32);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 32 | GITS_CREADR_Stalled);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 3 * 32 | GITS_CWRITER_Retry);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 32 | GITS_CREADR_Stalled);
	assert_int_equal(mock_its_r(vm, 0, GITS_CWRITER, 8), 3 * 32);
	poke_command(vm, 1, GITS_CMD_SYNC, 0, 0);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 3 * 32 | GITS_CWRITER_Retry);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 3 * 32);
	mock_vm_destroy(vm);
}

/* RDbase as an address; collections without memory; few bits of everything; R30, R31: the bounds are exact. */
static void configured(void **state)
{
	const struct lvgic_its_config its = { .size = sizeof(its),
		                              .flags = LVGIC_ITS_PTA,
		                              .device_bits = 6,
		                              .event_bits = 4,
		                              .collection_bits = 3,
		                              .hcc = 2,
		                              .cpu_device = 63 };
	struct mock_vm *vm = vm_with(&its, 1);
	uint64_t count;

	(void)state;
	assert_int_equal(mock_its_r(vm, 0, GITS_TYPER, 8), GITS_TYPER_Physical | 7 << 4 | 3 << 8 | 5 << 13 |
	                                                           GITS_TYPER_PTA | 2 << 24 | 2ull << 32 |
	                                                           GITS_TYPER_CIL);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
	mock_its_mapc(vm, 0, 7, 1, true);
	mock_its_mapd(vm, 0, 63, 4, true);
	mock_its_mapti(vm, 0, 63, 15, 65535, 7);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
	/* A vCPU's own write. */
	mock_its_w(vm, 0, GITS_TRANSLATER, 4, 15);
	assert_int_equal(hw_take(vm, 1), 65535);
	mock_its_mapc(vm, 0, 8, 1, true);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010903);
	mock_its_mapd(vm, 0, 64, 4, true);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010801);
	mock_its_mapd(vm, 0, 62, 5, true);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010802);
	mock_its_mapti(vm, 0, 63, 16, 9000, 7);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010a05);
	/* R36, R39: INTIDs */
	mock_its_mapti(vm, 0, 63, 1, 8191, 7);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010a06);
	mock_its_mapti(vm, 0, 63, 1, 65536, 7);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010a06);
	mock_its_cmd(vm, 0, 63ull << 32 | GITS_CMD_MAPI, 3, 7, 0);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010b06);
	/* An RDbase that is in a frame, but not its beginning; and one that is none. */
	mock_its_cmd(vm, 0, GITS_CMD_MAPC, 0, 1ull << 63 | (MOCK_REDIST_GPA + 0x10000) | 1, 0);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010902);
	mock_its_cmd(vm, 0, GITS_CMD_MAPC, 0, 1ull << 63 | (MOCK_REDIST_GPA + 2 * 0x20000) | 1, 0);
	mock_its_cmd(vm, 0, GITS_CMD_MOVALL, 0, MOCK_REDIST_GPA, MOCK_REDIST_GPA + 2 * 0x20000);
	assert_int_equal(mock_its_error(vm, 0, &count), 0x010e01);
	assert_int_equal(count, 10);
	/* R35 */
	mock_its_mapc(vm, 0, 7, 0, false);
	mock_its_invall(vm, 0, 7);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010d09);
	/* R44: the event is there, its collection is not; the message goes nowhere. R42: DISCARD works all the same. */
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 63, 15), LVGIC_ERR_NOENT);
	mock_its_event_cmd(vm, 0, GITS_CMD_INT, 63, 15);
	assert_int_equal(mock_its_error(vm, 0, &count), 0x010309);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 63, 15);
	mock_its_event_cmd(vm, 0, GITS_CMD_CLEAR, 63, 15);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010507);
	mock_vm_destroy(vm);
}

/* F28: two ITSs that map one LPI; it lives until the last lets go. */
static void two_itss(void **state)
{
	struct mock_vm *vm = vm_with(NULL, 2);

	(void)state;
	for (uint32_t n = 0; n < 2; n++) {
		mock_its_mapd(vm, n, 1, 2, true);
		mock_its_mapti(vm, n, 1, n, 8300, n);
	}
	assert_ptr_equal(lvgic_its_by_gpa(mock_vgic(vm), MOCK_ITS_GPA + 0x20000 + 0x10040), mock_its(vm, 1));
	assert_null(lvgic_its_by_gpa(mock_vgic(vm), MOCK_ITS_GPA + 0x40000));
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 0), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), 8300);
	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 1, 0);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 0), LVGIC_ERR_NOENT);
	mock_guest_nop(vm, 0);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 1), 1, 1), LVGIC_OK);
	assert_int_equal(hw_take(vm, 1), 8300);
	mock_its_event_cmd(vm, 1, GITS_CMD_DISCARD, 1, 1);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 1), 1, 1), LVGIC_ERR_NOENT);
	mock_vm_destroy(vm);
}

/* R22: GICR_INVLPIR takes LPIs only; 24 bits of INTID; LPIs without an ITS. */
static void invalidate(void **state)
{
	struct mock_config config = { .nr_its = 1, .lpi_id_bits = 24, .max_lpis = 100 };
	struct mock_vm *vm = hw_vm(config);
	const uint32_t top = (1u << 24) - 1;

	(void)state;
	mock_its_setup(vm);
	assert_int_equal(mock_dist_r(vm, 0, GICD_TYPER, 4) >> 19 & 31, 23);
	mock_its_mapd(vm, 0, 1, 2, true);
	mock_its_mapti(vm, 0, 1, 0, top, 0);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
	mock_lpi_config(vm, top, 0xa0);
	mock_redist_w(vm, 0, 0, GICR_INVLPIR, 8, 33);
	mock_redist_w(vm, 0, 0, GICR_INVLPIR, 8, top - 1);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 0), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), top);
	mock_redist_w(vm, 0, 0, GICR_INVLPIR, 8, top);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_SYNCR, 4), 0);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 0), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Memory that is not there now: busy until it is. */
	mock_lpi_config(vm, top, 0x21);
	mock_mem_again(vm, 0, SIZE_MAX, 1);
	mock_redist_w(vm, 0, 0, GICR_INVLPIR, 8, top);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_SYNCR, 4), GICR_SYNCR_Busy);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(mock_run_deferred(vm), 1);
	assert_int_equal(mock_redist_r(vm, 0, 0, GICR_SYNCR, 4), 0);
	assert_int_equal(hw_take(vm, 0), top);
	mock_vm_destroy(vm);
}

/* Whatever fails, nothing is left behind. */
static void creation(void **state)
{
	struct mock_config config = { .nr_its = 1, .failure = hw_failure };
	struct lvgic_its_config bad = { .size = sizeof(bad), .gpa = MOCK_ITS_GPA };
	struct lvgic_its *its;
	struct mock_vm *vm;

	(void)state;
	for (uint64_t n = 1;; n++) {
		vm = mock_vm_new(&config);
		mock_fail(vm, MOCK_OP_ALLOC, n);
		if (mock_vm_init(vm) == LVGIC_OK)
			break;
		assert_int_equal(mock_leaks(vm), 0);
		mock_vm_destroy(vm);
	}
	mock_fail(vm, MOCK_OP_ALLOC, 0);
	assert_int_equal(lvgic_its_create(mock_vgic(vm), &bad, &its), LVGIC_ERR_STATE);
	bad.device_bits = 21;
	assert_int_equal(lvgic_its_create(mock_vgic(vm), &bad, &its), LVGIC_ERR_INVAL);
	bad.device_bits = 0;
	bad.flags = 4;
	assert_int_equal(lvgic_its_create(mock_vgic(vm), &bad, &its), LVGIC_ERR_INVAL);
	bad.flags = 0;
	bad.size = 8;
	assert_int_equal(lvgic_its_create(mock_vgic(vm), &bad, &its), LVGIC_ERR_OPS);
	mock_vm_destroy(vm);
	/* No memory, no LPIs. */
	config.omit = 1u << MOCK_OP_MEM_READ;
	vm = mock_vm_new(&config);
	assert_int_equal(mock_vm_init(vm), LVGIC_ERR_OPS);
	mock_vm_destroy(vm);
}

/* LPIs in every place, and then power-on state; R15: or the end. */
static void reset(void **state)
{
	struct mock_vm *vm = vm_with(NULL, 1);

	(void)state;
	for (uint32_t round = 0; round < 2; round++) {
		mock_its_mapd(vm, 0, 1, 4, true);
		for (uint32_t i = 0; i < 16; i++) {
			mock_its_mapti(vm, 0, 1, i, 8192 + i, i % 2);
			assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, i), LVGIC_OK);
		}
		mock_guest_nop(vm, 0);
		assert_in_range(mock_guest_ack(vm, 0, 1), 8192, 8207);
		mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, 1, 3);
		if (round)
			break;
		mock_vcpu_exit(vm, 0);
		mock_vcpu_exit(vm, 1);
		assert_int_equal(lvgic_reset(mock_vgic(vm)), LVGIC_OK);
		assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 1), LVGIC_ERR_NOENT);
		assert_int_equal(mock_its_r(vm, 0, GITS_CBASER, 8), 0);
		assert_int_equal(mock_redist_r(vm, 0, 0, GICR_CTLR, 4), GICR_CTLR_CES | GICR_CTLR_IR);
		mock_guest_enable_all(vm);
		assert_int_equal(hw_take(vm, 0), SPURIOUS);
		for (uint32_t cpu = 0; cpu < 2; cpu++) {
			mock_redist_w(vm, cpu, cpu, GICR_PROPBASER, 8, MOCK_LPI_PROP_GPA | 15);
			mock_redist_w(vm, cpu, cpu, GICR_PENDBASER, 8, MOCK_LPI_PEND_GPA + cpu * MOCK_LPI_PEND_SIZE);
			mock_lpi_enable(vm, cpu, true);
		}
		mock_its_w(vm, 0, GITS_BASER, 8, GITS_BASER_Valid | MOCK_ITS_TABLES | 255);
		mock_its_w(vm, 0, GITS_BASER + 8, 8, GITS_BASER_Valid | (MOCK_ITS_TABLES + 0x400000));
		mock_its_w(vm, 0, GITS_CBASER, 8, GITS_CBASER_Valid | QUEUE | 255);
		mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
		/* The driver goes on where it was in its queue. */
		mock_its_ring(vm, 0);
		mock_run_deferred(vm);
		mock_its_mapc(vm, 0, 0, 0, true);
		mock_its_mapc(vm, 0, 1, 1, true);
	}
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets),    cmocka_unit_test(halves),   cmocka_unit_test(stall),
		cmocka_unit_test(configured), cmocka_unit_test(two_itss), cmocka_unit_test(invalidate),
		cmocka_unit_test(creation),   cmocka_unit_test(reset),
	};

	return cmocka_run_group_tests_name("its_queue", tests, NULL, NULL);
}
