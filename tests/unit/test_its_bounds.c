/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What one trap may cost, and guests that want more than is theirs: full queues, all LPIs there are, quotas, tables and
 * queues that are not in RAM, commands made of random bits.
 */
#include "hw.h"

#define NR_LPIS    57344u
#define TRAP_CMDS  64u
#define TRAP_LPIS  1024u
#define MANY_BITS  13u /* events of a device */
#define QUEUE_SIZE 32768u

static struct mock_vm *big_vm(void **state, const struct lvgic_its_config *its)
{
	struct mock_config config = hw_config(state, 2);
	struct mock_vm *vm;

	config.nr_its = 1;
	config.its = its;
	config.max_lpis = NR_LPIS;
	vm = hw_vm(config);
	mock_its_setup(vm);
	return vm;
}

/* All LPIs of 16 bits: 7 devices of 8,192 events each, in collection 0. One ring of the bell for many commands. */
static void map_all(struct mock_vm *vm)
{
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		uint32_t device = i >> MANY_BITS, event = i & ((1u << MANY_BITS) - 1);
		const uint64_t mapti[4] = { (uint64_t)device << 32 | GITS_CMD_MAPTI,
			                    (uint64_t)(LVGIC_FIRST_LPI + i) << 32 | event, 0, 0 };

		if (!event)
			mock_its_mapd(vm, 0, device, MANY_BITS, true);
		mock_its_put(vm, 0, mapti);
		if (i % 4096 == 4095) {
			mock_its_ring(vm, 0);
			mock_run_deferred(vm);
		}
	}
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
}

static uint64_t deferrals(struct mock_vm *vm)
{
	struct lvgic_its_stats stats;

	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	return stats.deferrals;
}

static const struct lvgic_its_config big = { .size = sizeof(big), .max_events = 65536 };

/* R26: a queue full of INVALL over all LPIs. No trap reads more guest memory than its budget, and others go on. */
static void invalls_are_bounded(void **state)
{
	const uint64_t invall[4] = { GITS_CMD_INVALL, 0, 0, 0 };
	struct mock_vm *vm = big_vm(state, &big);
	uint64_t reads, creadr, last = 0;
	struct lvgic_its_stats before, after;
	uint32_t runs = 0;

	map_all(vm);
	while (vm && mock_its_r(vm, 0, GITS_CREADR, 8)) {
		/* To the beginning of the queue, so that all of it can be used. */
		mock_its_put(vm, 0, (const uint64_t[4]){ GITS_CMD_SYNC, 0, 0, 0 });
		mock_its_ring(vm, 0);
		mock_run_deferred(vm);
	}
	for (uint32_t i = 0; i < QUEUE_SIZE - 1; i++)
		mock_its_put(vm, 0, invall);
	for (uint32_t i = 0; i < NR_LPIS; i++)
		mock_lpi_config(vm, LVGIC_FIRST_LPI + i, 0x41);
	lvgic_its_get_stats(mock_its(vm, 0), &before);
	reads = mock_calls(vm, MOCK_OP_MEM_READ);
	mock_its_ring(vm, 0);
	assert_true(mock_deferred(vm));
	do {
		uint64_t now = mock_calls(vm, MOCK_OP_MEM_READ);

		assert_in_range(now - reads, 0, TRAP_CMDS + TRAP_LPIS);
		reads = now;
		creadr = mock_its_r(vm, 0, GITS_CREADR, 8);
		assert_true(creadr >= last);
		last = creadr;
		lvgic_its_get_stats(mock_its(vm, 0), &after);
		assert_in_range(after.commands - before.commands, 0, TRAP_CMDS);
		before = after;
		/* Another vCPU goes on. */
		if (runs % 64 == 0) {
			mock_guest_sgi(vm, 1, 1, 3, 1);
			assert_int_equal(hw_take(vm, 1), 3);
		}
		runs++;
	} while (mock_run_deferred_once(vm) || mock_deferred(vm));
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), (QUEUE_SIZE - 1) * 32);
	/* One walk, and the commands. */
	assert_in_range(runs, NR_LPIS / TRAP_LPIS, NR_LPIS / TRAP_LPIS + QUEUE_SIZE / TRAP_CMDS + 4);
	/* It was done: the priority is the new one. */
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 6, 5), LVGIC_OK);
	assert_int_equal(mock_guest_ack(vm, 0, 1), LVGIC_FIRST_LPI + (6u << MANY_BITS) + 5);
	assert_int_equal(mock_guest_rpr(vm, 0), 0x40);
	mock_vm_destroy(vm);
}

/* R8, R9, R16: all LPIs pending, moved to another vCPU, written to its pending table, read in again, and taken. */
static void all_lpis(void **state)
{
	struct mock_vm *vm = big_vm(state, &big);
	static uint8_t taken[NR_LPIS];
	uint64_t traps;

	map_all(vm);
	for (uint32_t i = 0; i < NR_LPIS; i++)
		assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), i >> MANY_BITS, i & ((1u << MANY_BITS) - 1)),
		                 LVGIC_OK);
	mock_guest_nop(vm, 0);
	traps = deferrals(vm);
	mock_its_movall(vm, 0, 0, 1);
	assert_in_range(deferrals(vm) - traps, NR_LPIS / TRAP_LPIS - 1, NR_LPIS / TRAP_LPIS + 1);
	mock_guest_nop(vm, 0);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);

	mock_redist_w(vm, 1, 1, GICR_CTLR, 4, 0);
	/* While the table is written, EnableLPIs keeps its value. */
	assert_true(mock_deferred(vm));
	assert_int_equal(mock_redist_r(vm, 1, 1, GICR_CTLR, 4) & GICR_CTLR_RWP, GICR_CTLR_RWP);
	mock_redist_w(vm, 1, 1, GICR_CTLR, 4, GICR_CTLR_EnableLPIs);
	assert_in_range(mock_run_deferred(vm), NR_LPIS / TRAP_LPIS - 1, NR_LPIS / TRAP_LPIS + 1);
	assert_int_equal(mock_redist_r(vm, 1, 1, GICR_CTLR, 4), GICR_CTLR_CES | GICR_CTLR_IR);
	for (uint32_t i = 0; i < NR_LPIS; i++)
		assert_true(mock_lpi_table_pending(vm, 1, LVGIC_FIRST_LPI + i));
	assert_int_equal(hw_take(vm, 1), SPURIOUS);

	mock_lpi_enable(vm, 1, true);
	mock_run_deferred(vm);
	memset(taken, 0, sizeof(taken));
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		uint32_t intid = hw_take(vm, 1);

		assert_in_range(intid, LVGIC_FIRST_LPI, LVGIC_FIRST_LPI + NR_LPIS - 1);
		assert_int_equal(taken[intid - LVGIC_FIRST_LPI]++, 0);
	}
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	/* A device with all its events goes in pieces; the messages of the others still come. */
	traps = deferrals(vm);
	mock_its_mapd(vm, 0, 6, 1, false);
	assert_in_range(deferrals(vm) - traps, (1u << MANY_BITS) / TRAP_LPIS - 1, (1u << MANY_BITS) / TRAP_LPIS + 1);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 6, 1), LVGIC_ERR_NOENT);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 5, 1), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), LVGIC_FIRST_LPI + (5u << MANY_BITS) + 1);
	mock_vm_destroy(vm);
}

/* All DeviceIDs, and events all over the EventIDs of one: errors within the quota, and it is given back. */
static void quotas_hold(void **state)
{
	const struct lvgic_its_config small = { .size = sizeof(small), .max_devices = 100, .max_events = 2048 };
	struct mock_vm *vm = big_vm(state, &small);
	struct lvgic_its_stats stats;
	uint64_t errors;

	for (uint32_t device = 0; device < 1u << 16; device++)
		mock_its_mapd(vm, 0, device, 16, true);
	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	assert_int_equal(stats.devices, 100);
	assert_int_equal(stats.errors, (1u << 16) - 100);
	assert_int_equal(stats.last_error, 0x010800u | LVGIC_ITS_QUOTA);
	for (uint32_t device = 0; device < 1u << 16; device++)
		mock_its_mapd(vm, 0, device, 16, false);
	(void)mock_its_error(vm, 0, &errors);
	assert_int_equal(errors, stats.errors);

	mock_its_mapd(vm, 0, 0xffff, 16, true);
	for (uint32_t event = 0; event < 1u << 16; event++)
		mock_its_mapti(vm, 0, 0xffff, event * 32 % 65536 + event / 2048, LVGIC_FIRST_LPI + event % NR_LPIS, 0);
	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	assert_int_equal(stats.last_error, 0x010a00u | LVGIC_ITS_QUOTA);
	assert_in_range(stats.events, 32, 65536);
	/* Another device of the quota still can be mapped and used. */
	mock_its_mapd(vm, 0, 0xffff, 16, false);
	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	assert_int_equal(stats.events + stats.devices, 0);
	mock_its_mapd(vm, 0, 3, 11, true);
	for (uint32_t event = 0; event < 2048; event++)
		mock_its_mapti(vm, 0, 3, event, LVGIC_FIRST_LPI + event, 0);
	lvgic_its_get_stats(mock_its(vm, 0), &stats);
	assert_int_equal(stats.events, 2048);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 3, 2047), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), LVGIC_FIRST_LPI + 2047);
	mock_vm_destroy(vm);
}

/* What is given back can be used elsewhere: a device after the other in each part of the table, LPIs all over. */
static void parts_return(void **state)
{
	const struct lvgic_its_config small = { .size = sizeof(small), .max_devices = 4, .max_events = 64 };
	struct mock_config config = hw_config(state, 1);
	struct mock_vm *vm;

	config.nr_its = 1;
	config.its = &small;
	config.max_lpis = 8;
	vm = hw_vm(config);
	mock_its_setup(vm);
	for (uint32_t i = 0; i < 2048; i++) {
		mock_its_mapd(vm, 0, i * 32, 1, true);
		mock_its_mapti(vm, 0, i * 32, 1, LVGIC_FIRST_LPI + i * 64 % NR_LPIS, 0);
		assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), i * 32, 1), LVGIC_OK);
		assert_int_equal(hw_take(vm, 0), LVGIC_FIRST_LPI + i * 64 % NR_LPIS);
		mock_its_mapd(vm, 0, i * 32, 1, false);
	}
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
	mock_vm_destroy(vm);
}

/* R29, R38, R45: tables and queues that are not there; tables that are rewritten make no difference. */
static void hostile_memory(void **state)
{
	const struct lvgic_its_config its = { .size = sizeof(its), .device_bits = 20 };
	struct mock_vm *vm = big_vm(state, &its);
	const uint64_t junk[64] = { [0 ... 63] = 0xdeadbeefdeadbeefull };
	const uint64_t two_level = GITS_BASER_Valid | GITS_BASER_Indirect | MOCK_ITS_TABLES;
	const uint64_t l1[3] = { 1ull << 63 | (MOCK_ITS_TABLES + 0x10000), MOCK_ITS_TABLES + 0x10000,
		                 1ull << 63 | 0x123456780000ull };
	const uint64_t beyond = 1ull << 63 | (MOCK_ITS_TABLES + 0x10000);
	uint64_t count;

	mock_its_mapd(vm, 0, 1, 4, true);
	mock_its_mapti(vm, 0, 1, 1, 8192, 0);
	mock_mem_poke(vm, MOCK_ITS_TABLES, junk, sizeof(junk));
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 1), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), 8192);

	/* Two-level, pages of 4 KiB: 512 devices a page; the second is invalid, the third not in RAM, the ninth beyond.
	 */
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	mock_its_w(vm, 0, GITS_BASER, 8, two_level);
	mock_mem_poke(vm, MOCK_ITS_TABLES, l1, sizeof(l1));
	mock_mem_poke(vm, MOCK_ITS_TABLES + 4096, &beyond, sizeof(beyond));
	mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 1, 1), LVGIC_ERR_NOENT); /* R46 */
	mock_its_mapd(vm, 0, 511, 4, true);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0);
	mock_its_mapd(vm, 0, 512, 4, true);
	mock_its_mapd(vm, 0, 1024, 4, true);
	mock_its_mapd(vm, 0, 512 * 512, 4, true);
	assert_int_equal(mock_its_error(vm, 0, &count), 0x010801);
	assert_int_equal(count, 3);

	/* Flat, outside of RAM, too small, not valid. */
	for (uint32_t i = 0; i < 3; i++) {
		static const uint64_t tables[] = { GITS_BASER_Valid | 0x123456780000ull,
			                           GITS_BASER_Valid | MOCK_ITS_TABLES, MOCK_ITS_TABLES };
		uint64_t before = count;

		mock_its_w(vm, 0, GITS_CTLR, 4, 0);
		mock_its_w(vm, 0, GITS_BASER, 8, tables[i]);
		mock_its_w(vm, 0, GITS_BASER + 8, 8, tables[i]);
		mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
		mock_its_mapd(vm, 0, 512, 4, true);
		mock_its_mapc(vm, 0, i == 1 ? 0xffff : 1, 0, true);
		(void)mock_its_error(vm, 0, &count);
		assert_int_equal(count, before + 2);
	}

	/* A queue whose second half is not in RAM: each command there is an error, and is skipped. */
	mock_its_w(vm, 0, GITS_CTLR, 4, 0);
	mock_its_w(vm, 0, GITS_CBASER, 8, GITS_CBASER_Valid | (MOCK_ITS_TABLES + 0x7ff000) | 1);
	mock_its_w(vm, 0, GITS_CTLR, 4, GITS_CTLR_Enabled);
	mock_its_w(vm, 0, GITS_CWRITER, 8, 8192 - 32);
	mock_run_deferred(vm);
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), 8192 - 32);
	assert_int_equal(mock_its_error(vm, 0, NULL), 0x010000u | LVGIC_ITS_UNREADABLE);
	mock_vm_destroy(vm);
}

/* Commands of random bits: no harm but to the guest's own mappings, and the machine goes on. */
static void random_bits(void **state)
{
	const struct lvgic_its_config its = { .size = sizeof(its) };
	struct mock_vm *vm = big_vm(state, &its);
	uint64_t seed = 1;

	for (uint32_t i = 0; i < 200000; i++) {
		uint64_t cmd[4];

		for (uint32_t j = 0; j < 4; j++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			cmd[j] = seed >> 7 ^ seed << 31;
		}
		/* Most of them in reach of something. */
		cmd[0] = (cmd[0] & 0xfffffff00000000full) & (i % 3 ? 0x0000000f0000000full : ~0ull);
		cmd[1] &= i % 3 ? 0x00002fff0000001full : ~0ull;
		cmd[2] &= i % 3 ? 0x800000000003000full : ~0ull;
		mock_its_put(vm, 0, cmd);
		if (i % 100 == 99) {
			mock_its_ring(vm, 0);
			mock_run_deferred(vm);
			(void)lvgic_inject_msi(mock_its(vm, 0), i / 100 % 16, i / 1600 % 32);
			(void)hw_take(vm, i / 100 % 2);
		}
	}
	assert_int_equal(mock_its_r(vm, 0, GITS_CREADR, 8), mock_its_r(vm, 0, GITS_CWRITER, 8));
	mock_its_mapc(vm, 0, 0, 0, true);
	mock_its_mapd(vm, 0, 0, 5, true);
	mock_its_mapti(vm, 0, 0, 0, 65535, 0);
	for (uint32_t cpu = 0; cpu < 2; cpu++)
		while (hw_take(vm, cpu) != SPURIOUS)
			;
	assert_int_equal(lvgic_inject_msi(mock_its(vm, 0), 0, 0), LVGIC_OK);
	assert_int_equal(hw_take(vm, 0), 65535);
	mock_vm_destroy(vm);
}

int main(void)
{
	static struct mock_config lrs = { .nr_lrs = 4 }, trapped = { .trapped = true };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(invalls_are_bounded, &lrs),
		cmocka_unit_test_prestate(all_lpis, &lrs),
		{ "all_lpis trapped", all_lpis, NULL, NULL, &trapped },
		cmocka_unit_test_prestate(quotas_hold, &lrs),
		cmocka_unit_test_prestate(parts_return, &lrs),
		cmocka_unit_test_prestate(hostile_memory, &lrs),
		cmocka_unit_test_prestate(random_bits, &lrs),
		{ "random_bits trapped", random_bits, NULL, NULL, &trapped },
	};

	return cmocka_run_group_tests_name("its_bounds", tests, NULL, NULL);
}
