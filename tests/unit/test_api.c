/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What the public headers promise about arguments, states and versions: each status that a header names for a call
 * that comes too early, too late, twice, or with what is out of its range; and the words for all of them.
 */
#include "hw.h"

#define BASE 0x10000000ull

struct api {
	struct mock_vm *vm;
	struct lvgic *vg;
};

/* Created and with two vCPUs, not started. */
static struct api begin(const struct lvgic_config *cfg)
{
	struct api a = { .vm = mock_vm_new(&(struct mock_config){ .nr_vcpus = 2, .failure = hw_failure }) };
	struct lvgic_vcpu *v;

	assert_int_equal(lvgic_create(cfg, mock_ops(a.vm), a.vm, &a.vg), LVGIC_OK);
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		assert_int_equal(lvgic_vcpu_create(a.vg, cpu, cpu, mock_vctx(a.vm, cpu), &v), LVGIC_OK);
		assert_ptr_equal(lvgic_vcpu_ctx(v), mock_vctx(a.vm, cpu));
		assert_int_equal(lvgic_vcpu_id(v), cpu);
	}
	return a;
}

static void end(struct api a)
{
	lvgic_destroy(a.vg);
	mock_vm_destroy(a.vm);
}

static const struct lvgic_config plain = { .size = sizeof(plain), .nr_vcpus = 4 };
static const struct lvgic_config lpis = { .size = sizeof(lpis), .nr_vcpus = 4, .lpi_id_bits = 14 };

/* Different from each other and from what is said of a number that means nothing. */
static void check_words(const char *(*word)(int), int first, int last)
{
	const char *unknown = word(last + 1000);

	assert_string_equal(unknown, word(first - 1000));
	for (int i = first; i <= last; i++) {
		assert_non_null(word(i));
		for (int j = first; j < i; j++)
			if (strcmp(word(i), unknown) != 0)
				assert_string_not_equal(word(i), word(j));
	}
}

static const char *why_word(int i)
{
	return lvgic_strwhy((enum lvgic_why)i);
}

static const char *event_word(int i)
{
	return lvgic_strevent((enum lvgic_event_kind)i);
}

static const char *status_word(int i)
{
	return lvgic_strstatus((enum lvgic_status)i);
}

static const char *v4_word(int i)
{
	return lvgic_v4_strwhy((enum lvgic_v4_why)i);
}

static void test_words(void **state)
{
	static const int statuses[] = {
		LVGIC_OK,        LVGIC_ERR_INVAL, LVGIC_ERR_STATE, LVGIC_ERR_EXIST, LVGIC_ERR_NOENT,
		LVGIC_ERR_NOMEM, LVGIC_ERR_QUOTA, LVGIC_ERR_UNDEF, LVGIC_ERR_FAULT, LVGIC_ERR_AGAIN,
		LVGIC_ERR_HOST,  LVGIC_ERR_OPS,   LVGIC_ERR_BUG,
	};

	(void)state;
	check_words(status_word, LVGIC_ERR_BUG, LVGIC_OK);
	check_words(why_word, 0, LVGIC_WHY_FORWARDED);
	check_words(event_word, 0, LVGIC_NR_EVENTS - 1);
	check_words(v4_word, 0, LVGIC_V4_NR_WHY - 1);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		assert_string_not_equal(status_word(statuses[i]), status_word(1));
	for (int i = 0; i <= LVGIC_WHY_FORWARDED; i++)
		assert_string_not_equal(why_word(i), why_word(1000));
	for (int i = 0; i < LVGIC_NR_EVENTS; i++)
		assert_string_not_equal(event_word(i), event_word(1000));
}

/* A configuration of another version: longer is good if the tail is zero, shorter if what is needed is there. */
static void test_versions(void **state)
{
	struct {
		struct lvgic_config cfg;
		uint8_t tail[8];
	} longer = { .cfg = plain };
	struct {
		struct lvgic_its_config cfg;
		uint8_t tail[8];
	} its = { .cfg = { .gpa = LVGIC_ITS_NO_GPA } };
	struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .failure = hw_failure });
	struct lvgic *vg;
	struct lvgic_its *out;
	struct api a;

	(void)state;
	longer.cfg.size = sizeof(longer);
	assert_int_equal(lvgic_create(&longer.cfg, mock_ops(vm), vm, &vg), LVGIC_OK);
	lvgic_destroy(vg);
	longer.tail[7] = 1;
	assert_int_equal(lvgic_create(&longer.cfg, mock_ops(vm), vm, &vg), LVGIC_ERR_OPS);
	longer.cfg.size = 4;
	assert_int_equal(lvgic_create(&longer.cfg, mock_ops(vm), vm, &vg), LVGIC_ERR_OPS);
	mock_vm_destroy(vm);

	a = begin(&lpis);
	its.cfg.size = sizeof(its);
	assert_int_equal(lvgic_its_create(a.vg, &its.cfg, &out), LVGIC_OK);
	its.tail[0] = 1;
	assert_int_equal(lvgic_its_create(a.vg, &its.cfg, &out), LVGIC_ERR_OPS);
	its.cfg.size = 8;
	assert_int_equal(lvgic_its_create(a.vg, &its.cfg, &out), LVGIC_ERR_OPS);
	end(a);
}

static void test_lpi_config(void **state)
{
	static const struct lvgic_config bad[] = {
		{ .lpi_id_bits = 13 },
		{ .lpi_id_bits = 25 },
		{ .max_lpis = 1 },
		{ .trap_cmds = 1 },
		{ .trap_lpis = 64 },
		{ .lpi_id_bits = 14, .max_lpis = 8193 },
		{ .lpi_id_bits = 14, .trap_cmds = 65537 },
		{ .lpi_id_bits = 14, .trap_lpis = 63 },
		{ .lpi_id_bits = 14, .trap_lpis = 65537 },
	};
	struct mock_vm *vm = mock_vm_new(&(struct mock_config){ .failure = hw_failure });
	struct lvgic *vg;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct lvgic_config cfg = bad[i];

		cfg.size = sizeof(cfg);
		cfg.nr_vcpus = 1;
		assert_int_equal(lvgic_create(&cfg, mock_ops(vm), vm, &vg), LVGIC_ERR_INVAL);
	}
	mock_vm_destroy(vm);
}

static void test_frames(void **state)
{
	struct lvgic_its_config cfg = { .size = sizeof(cfg), .gpa = BASE + 0x200000 };
	struct api a = begin(&lpis);
	struct lvgic_its *its;

	(void)state;
	assert_int_equal(lvgic_set_dist(NULL, BASE), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_set_dist(a.vg, BASE + 0x1000), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_set_dist(a.vg, 1ull << 63), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_set_dist(a.vg, (1ull << 63) - 0x10000), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_add_redists(NULL, BASE, 1), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_add_redists(a.vg, BASE, 0), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_add_redists(a.vg, BASE, LVGIC_MAX_VCPUS + 1), LVGIC_ERR_INVAL);

	assert_int_equal(lvgic_set_dist(a.vg, BASE), LVGIC_OK);
	assert_int_equal(lvgic_set_dist(a.vg, BASE + 0x100000), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_add_redists(a.vg, BASE - 0x10000, 1), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_add_redists(a.vg, BASE + 0x10000, 1), LVGIC_OK);
	assert_int_equal(lvgic_add_redists(a.vg, BASE + 0x20000, 1), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_its_create(a.vg, &cfg, &its), LVGIC_OK);
	assert_int_equal(lvgic_add_redists(a.vg, BASE + 0x1f0000, 1), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_its_create(a.vg, &cfg, &its), LVGIC_ERR_EXIST);
	/* Two vCPUs, one frame. */
	assert_int_equal(lvgic_start(a.vg), LVGIC_ERR_INVAL);
	for (uint64_t i = 1; i < LVGIC_MAX_REDIST_REGIONS; i++)
		assert_int_equal(lvgic_add_redists(a.vg, BASE + 0x1000000 * i, 1), LVGIC_OK);
	assert_int_equal(lvgic_add_redists(a.vg, 2 * BASE + BASE, 1), LVGIC_ERR_QUOTA);
	end(a);
}

static void test_many_its(void **state)
{
	struct lvgic_its_config cfg = { .size = sizeof(cfg), .gpa = LVGIC_ITS_NO_GPA, .max_devices = 1 };
	struct api a = begin(&lpis);
	struct lvgic_its *its;

	(void)state;
	cfg.device_bits = 1;
	cfg.max_events = 1;
	assert_int_equal(lvgic_its_create(NULL, &cfg, &its), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_its_create(a.vg, NULL, &its), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_its_create(a.vg, &cfg, NULL), LVGIC_ERR_INVAL);
	for (uint32_t i = 0; i < LVGIC_MAX_ITS; i++)
		assert_int_equal(lvgic_its_create(a.vg, &cfg, &its), LVGIC_OK);
	assert_int_equal(lvgic_its_create(a.vg, &cfg, &its), LVGIC_ERR_QUOTA);
	assert_int_equal(lvgic_inject_msi(NULL, 0, 0), LVGIC_ERR_INVAL);
	/* Placed nowhere: no address is its. */
	assert_null(lvgic_its_by_gpa(a.vg, LVGIC_ITS_NO_GPA));
	assert_int_equal(lvgic_start(a.vg), LVGIC_OK);
	assert_int_equal(lvgic_its_create(a.vg, &cfg, &its), LVGIC_ERR_STATE);
	end(a);
}

/* Before lvgic_start() and after it. */
static void test_states(void **state)
{
	struct lvgic_v4_config v4 = { .size = sizeof(v4), .nr_vpes = 1, .max_events = 1 };
	struct api a = begin(&plain);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(a.vg, 1);

	(void)state;
	assert_int_equal(lvgic_inject(a.vg, v, 40, true), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_map_hw(a.vg, v, 40, 50), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_unmap_hw(a.vg, v, 40), LVGIC_ERR_NOENT);
	assert_int_equal(lvgic_reset(a.vg), LVGIC_ERR_STATE);
	assert_null(lvgic_vcpu_by_affinity(a.vg, 1));
	assert_false(lvgic_run_deferred(a.vg));
	assert_int_equal(lvgic_start(NULL), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_reset(NULL), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_vcpu_destroy(NULL), LVGIC_ERR_INVAL);

	assert_int_equal(lvgic_vcpu_destroy(v), LVGIC_OK);
	assert_null(lvgic_vcpu_by_id(a.vg, 1));
	assert_null(lvgic_vcpu_by_id(a.vg, 1000));
	assert_int_equal(lvgic_vcpu_create(a.vg, 1, 1, mock_vctx(a.vm, 1), &v), LVGIC_OK);
	assert_int_equal(lvgic_start(a.vg), LVGIC_OK);

	assert_int_equal(lvgic_start(a.vg), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_vcpu_destroy(v), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_vcpu_create(a.vg, 2, 2, NULL, &v), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_set_dist(a.vg, BASE), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_add_redists(a.vg, BASE, 1), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_create(a.vg, &v4), LVGIC_ERR_INVAL); /* it has no LPIs */
	assert_int_equal(lvgic_map_hw(a.vg, v, 40, 15), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_map_hw(a.vg, v, 40, 1020), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_map_hw(a.vg, NULL, 20, 20), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_unmap_hw(a.vg, v, 3), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_notify_eoi(a.vg, v, 3, true), LVGIC_ERR_INVAL);
	end(a);
}

/* Outside of the frames, beyond them, and in a frame that no vCPU has. */
static void test_mmio_nowhere(void **state)
{
	struct lvgic_its_config cfg = { .size = sizeof(cfg), .gpa = LVGIC_ITS_NO_GPA };
	struct api a = begin(&lpis);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(a.vg, 0);
	struct lvgic_guest_error error;
	struct lvgic_its *its;
	uint64_t val = 1;

	(void)state;
	assert_int_equal(lvgic_set_dist(a.vg, BASE), LVGIC_OK);
	assert_int_equal(lvgic_add_redists(a.vg, BASE + 0x100000, 3), LVGIC_OK);
	assert_int_equal(lvgic_its_create(a.vg, &cfg, &its), LVGIC_OK);
	assert_int_equal(lvgic_start(a.vg), LVGIC_OK);
	assert_int_equal(lvgic_mmio_read(a.vg, v, BASE + 0x10000, 4, &val), LVGIC_ERR_NOENT);
	assert_int_equal(val, 0);
	assert_int_equal(lvgic_mmio_write(a.vg, v, BASE - 4, 4, 1), LVGIC_ERR_NOENT);

	assert_int_equal(mock_guest_errors(a.vm, &error), 0);
	val = 1;
	assert_int_equal(lvgic_mmio_read(a.vg, v, BASE + 0x140000, 4, &val), LVGIC_OK);
	assert_int_equal(val, 0);
	assert_int_equal(lvgic_mmio_write(a.vg, v, BASE + 0x140014, 4, 5), LVGIC_OK);
	assert_int_equal(mock_guest_errors(a.vm, &error), 2);
	assert_int_equal(error.kind, LVGIC_GUEST_ERROR_MMIO_RESERVED);
	assert_int_equal(error.address, BASE + 0x140014);
	assert_int_equal(error.value, 5);

	/* An embedder's own mistake. */
	lvgic_dist_write(a.vg, v, 0x10000, 4, 3);
	lvgic_redist_write(v, v, 0x20000, 4, 3);
	lvgic_its_write(its, v, 0x20000, 4, 1);
	assert_int_equal(lvgic_dist_read(a.vg, v, 0x10000, 4), 0);
	assert_int_equal(lvgic_redist_read(v, v, 0x20000, 4), 0);
	assert_int_equal(lvgic_its_read(its, v, 0x20000, 4), 0);
	assert_int_equal(lvgic_dist_read(a.vg, v, GICD_CTLR, 4) & 3, 0);
	assert_int_equal(lvgic_its_read(its, v, GITS_CTLR, 4) & GITS_CTLR_Enabled, 0);
	end(a);
}

/* Direct injection: nobody there, not made, made twice, too late. */
static void test_v4(void **state)
{
	const struct lvgic_host_irq host = { .event = 0 };
	struct lvgic_v4_vcpu_info vinfo;
	struct lvgic_v4_info info;
	struct mock_vm *vm = mock_vm_create(&(struct mock_config){ .nr_its = 1, .failure = hw_failure });
	struct lvgic_v4_driver driver = { .size = sizeof(driver) };
	struct lvgic_v4_config cfg = { .size = sizeof(cfg), .nr_vpes = 1, .max_events = 1, .driver = &driver };
	struct lvgic_its *its = mock_its(vm, 0);

	(void)state;
	assert_int_equal(lvgic_v4_create(NULL, &cfg), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_create(mock_vgic(vm), NULL), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_create(mock_vgic(vm), &cfg), LVGIC_ERR_OPS);
	assert_int_equal(lvgic_v4_set_forwarding(NULL, 0, 0, &host), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_unset_forwarding(NULL, 0, 0), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_allow(NULL, 0, 0, true), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_allow_vcpu(NULL, true), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_invalidate_doorbell(NULL), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_query(NULL, 0, 0, &info), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_v4_query_vcpu(NULL, &vinfo), LVGIC_ERR_INVAL);

	assert_int_equal(lvgic_v4_set_forwarding(its, 0, 0, &host), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_unset_forwarding(its, 0, 0), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_allow(its, 0, 0, true), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_allow_vcpu(mock_vcpu(vm, 0), true), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_invalidate_doorbell(mock_vcpu(vm, 0)), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_query(its, 0, 0, &info), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_v4_query_vcpu(mock_vcpu(vm, 0), &vinfo), LVGIC_ERR_STATE);
	lvgic_v4_doorbell(mock_vcpu(vm, 0));
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),  cmocka_unit_test(test_versions),     cmocka_unit_test(test_lpi_config),
		cmocka_unit_test(test_frames), cmocka_unit_test(test_many_its),     cmocka_unit_test(test_states),
		cmocka_unit_test(test_v4),     cmocka_unit_test(test_mmio_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
