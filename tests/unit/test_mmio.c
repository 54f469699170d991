/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The register rows and their dispatch: every offset, every width (R76, R77, R78, R79), what a guest may write
 * anywhere, halves of 64-bit registers, GICx_STATUSR, the limit on reports (R74).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <vgic_mock.h>

#include "core/mmio.h"
#include "v3/icc.h"

static const struct mmio_frame *const frames[] = { &gicd_frame, &gicr_frame };
static const uint64_t bases[] = { 0x08000000, 0x080a0000 };

static struct mock_vm *machine(uint32_t nr_vcpus)
{
	struct mock_config config = { 0 };

	config.nr_vcpus = nr_vcpus;
	config.trapped = true;
	return mock_vm_create(&config);
}

/* Sorted, disjoint, without gaps; a row that does nothing says why. */
static void test_rows(void **state)
{
	size_t f;
	uint32_t i;

	(void)state;
	for (f = 0; f < 2; f++) {
		const struct mmio_row *rows = frames[f]->rows;

		assert_int_equal(rows[0].offset, 0);
		assert_int_equal(rows[frames[f]->nr_rows - 1].end, frames[f]->size);
		for (i = 0; i < frames[f]->nr_rows; i++) {
			const struct mmio_row *r = &rows[i];

			assert_true(r->offset < r->end);
			if (i)
				assert_int_equal(r->offset, rows[i - 1].end);
			if (!r->read || !r->write)
				assert_non_null(r->why);
			if (r->flags & ROW_RESERVED) {
				assert_null(r->read);
				assert_null(r->write);
				continue;
			}
			assert_true(r->bytes == 4 || r->bytes == 8);
			assert_int_equal((r->end - r->offset) % r->bytes, 0);
			assert_true(r->widths != 0);
			/* Nothing wider than the register. */
			if (r->bytes == 4)
				assert_false(r->widths & W64);
		}
	}
	for (i = 1; i < nr_icc_rows; i++)
		assert_true(icc_rows[i - 1].sysreg < icc_rows[i].sysreg);
}

static const struct mmio_row *row_of(const struct mmio_frame *frame, uint32_t offset)
{
	uint32_t i;

	for (i = 0; offset >= frame->rows[i].end; i++)
		;
	return &frame->rows[i];
}

/* Every offset of both frames, every size, aligned or not: read and write never fail, and count as an error exactly
 * where they are one. */
static void test_every_offset(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 4, 8, 0, 3, 16 };
	struct mock_vm *vm = machine(2);
	struct lvgic *vg = mock_vgic(vm);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);
	struct lvgic_stats before, after;
	size_t f, s;
	uint32_t offset;

	(void)state;
	for (f = 0; f < 2; f++)
		for (offset = 0; offset < frames[f]->size; offset++)
			for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
				const struct mmio_row *r = row_of(frames[f], offset);
				uint32_t size = sizes[s];
				bool width = size && size <= 8 && !(size & (size - 1)) && (r->widths & size) &&
				             offset % size == 0 && !(r->flags & ROW_RESERVED);
				uint64_t value = ~0ull;

				lvgic_get_stats(vg, NULL, &before);
				assert_int_equal(lvgic_mmio_read(vg, v, bases[f] + offset, size, &value), LVGIC_OK);
				lvgic_get_stats(vg, NULL, &after);
				assert_int_equal(after.guest_errors - before.guest_errors,
				                 !width || (r->flags & ROW_WO));
				if (!width || !r->read || (r->flags & ROW_WO))
					assert_int_equal(value, 0);
				if (width && size < 8)
					assert_int_equal(value >> (8 * size), 0);
				before = after;
				assert_int_equal(lvgic_mmio_write(vg, v, bases[f] + offset, size,
				                                  offset * 0x9e3779b97f4a7c15ull),
				                 LVGIC_OK);
				lvgic_get_stats(vg, NULL, &after);
				/* An IROUTER that names no PE is reported as well. */
				if (r->offset != 0x6100)
					assert_int_equal(after.guest_errors - before.guest_errors,
					                 !width || (r->flags & ROW_RO));
			}
	mock_vm_destroy(vm);
}

static uint64_t rd(struct mock_vm *vm, uint64_t gpa, uint32_t size)
{
	uint64_t value = ~0ull;

	assert_int_equal(lvgic_mmio_read(mock_vgic(vm), lvgic_vcpu_by_id(mock_vgic(vm), 0), gpa, size, &value),
	                 LVGIC_OK);
	return value;
}

static void wr(struct mock_vm *vm, uint64_t gpa, uint32_t size, uint64_t value)
{
	assert_int_equal(lvgic_mmio_write(mock_vgic(vm), lvgic_vcpu_by_id(mock_vgic(vm), 0), gpa, size, value),
	                 LVGIC_OK);
}

/* R47: IROUTER and TYPER whole and by halves, in either order. */
static void test_halves(void **state)
{
	struct mock_vm *vm = machine(2);
	uint64_t irouter = 0x08006000 + 8 * 40;

	(void)state;
	wr(vm, irouter, 8, 0x1200345678ull);
	assert_int_equal(rd(vm, irouter, 8), 0x1200345678ull);
	assert_int_equal(rd(vm, irouter, 4), 0x00345678);
	assert_int_equal(rd(vm, irouter + 4, 4), 0x12);
	wr(vm, irouter + 4, 4, 0x9a);
	assert_int_equal(rd(vm, irouter, 8), 0x9a00345678ull);
	wr(vm, irouter, 4, 0x80000001);
	assert_int_equal(rd(vm, irouter, 8), 0x9a80000001ull);
	/* Reserved bits are RES0; narrower accesses are not there. */
	wr(vm, irouter, 8, ~0ull);
	assert_int_equal(rd(vm, irouter, 8), 0xff80ffffffull);
	wr(vm, irouter, 2, 0);
	wr(vm, irouter, 1, 0);
	assert_int_equal(rd(vm, irouter, 8), 0xff80ffffffull);
	assert_int_equal(rd(vm, irouter, 1), 0);
	/* GICR_TYPER of the second: affinity 1, number 1, Last. */
	assert_int_equal(rd(vm, 0x080c0008, 8), 1ull << 32 | 1 << 8 | 0x30);
	assert_int_equal(rd(vm, 0x080c000c, 4), 1);
	assert_int_equal(rd(vm, 0x080c0008, 4), 1 << 8 | 0x30);
	assert_int_equal(rd(vm, 0x080a0008, 4), 0x20);
	mock_vm_destroy(vm);
}

/* R80: the number of lines; fields of GICD_TYPER for each configuration; the last INTIDs do not exist. */
static void test_typer(void **state)
{
	uint32_t nr;

	(void)state;
	for (nr = 32; nr <= 992; nr += 32) {
		struct mock_config config = { 0 };
		struct mock_vm *vm;

		config.nr_vcpus = 1;
		config.trapped = true;
		config.nr_spis = nr;
		vm = mock_vm_create(&config);
		assert_int_equal(rd(vm, 0x08000004, 4), 0x05480000 | nr / 32);
		/* The last bank is there, the next is not. */
		wr(vm, 0x08000100 + nr / 32 * 4, 4, 0xffffffff);
		assert_int_equal(rd(vm, 0x08000100 + nr / 32 * 4, 4), nr == 992 ? 0x0fffffff : 0xffffffff);
		if (nr < 992) {
			wr(vm, 0x08000104 + nr / 32 * 4, 4, 0xffffffff);
			assert_int_equal(rd(vm, 0x08000104 + nr / 32 * 4, 4), 0);
		}
		/* Bank 0 is the Redistributors'. */
		wr(vm, 0x08000100, 4, 0xffffffff);
		assert_int_equal(rd(vm, 0x08000100, 4), 0);
		mock_vm_destroy(vm);
	}
}

/* F7: each kind of error sets its bit; writing one clears it. */
static void test_statusr(void **state)
{
	struct mock_vm *vm = machine(1);
	size_t f;

	(void)state;
	for (f = 0; f < 2; f++) {
		uint64_t status = bases[f] + 0x10;

		assert_int_equal(rd(vm, status, 4), 0);
		(void)rd(vm, bases[f] + (f ? 0x50 : 0x14), 4);
		assert_int_equal(rd(vm, status, 4), GIC_STATUSR_RRD);
		wr(vm, bases[f] + (f ? 0x50 : 0x14), 4, 0);
		assert_int_equal(rd(vm, status, 4), GIC_STATUSR_RRD | GIC_STATUSR_WRD);
		(void)rd(vm, bases[f] + 0x40, 4);
		wr(vm, bases[f] + (f ? 0xc0 : 0x04), 4, 0);
		assert_int_equal(rd(vm, status, 4), 0xf);
		wr(vm, status, 4, GIC_STATUSR_RRD | GIC_STATUSR_WROD);
		assert_int_equal(rd(vm, status, 4), GIC_STATUSR_WRD | GIC_STATUSR_RWOD);
	}
	mock_vm_destroy(vm);
}

/* F7: the handshake of GICR_WAKER. */
static void test_waker(void **state)
{
	struct mock_vm *vm = machine(1);

	(void)state;
	assert_int_equal(rd(vm, 0x080a0014, 4), 6);
	wr(vm, 0x080a0014, 4, 0);
	assert_int_equal(rd(vm, 0x080a0014, 4), 0);
	wr(vm, 0x080a0014, 4, 2);
	assert_int_equal(rd(vm, 0x080a0014, 4), 6);
	wr(vm, 0x080a0014, 4, 0xfffffffd);
	assert_int_equal(rd(vm, 0x080a0014, 4), 0);
	mock_vm_destroy(vm);
}

/* F7: RWP is set from the disabling of a group until the last vCPU that was in the guest has left it. */
static void test_rwp(void **state)
{
	struct mock_config config = { 0 };
	struct mock_vm *vm;
	struct lvgic *vg;

	(void)state;
	config.nr_vcpus = 2;
	vm = mock_vm_create(&config);
	vg = mock_vgic(vm);
	mock_guest_enable_all(vm);
	mock_vcpu_exit(vm, 0);
	mock_vcpu_exit(vm, 1);
	lvgic_dist_write(vg, NULL, GICD_CTLR, 4, 3);
	mock_vcpu_enter(vm, 0);
	assert_int_equal(lvgic_dist_read(vg, NULL, GICD_CTLR, 4), 0x53);
	lvgic_dist_write(vg, NULL, GICD_CTLR, 4, 1);
	assert_int_equal(lvgic_dist_read(vg, NULL, GICD_CTLR, 4), GICD_CTLR_RWP | 0x51);
	mock_vcpu_exit(vm, 0);
	assert_int_equal(lvgic_dist_read(vg, NULL, GICD_CTLR, 4), 0x51);
	mock_vcpu_enter(vm, 0);
	assert_int_equal(lvgic_dist_read(vg, NULL, GICD_CTLR, 4), 0x51);
	mock_vm_destroy(vm);
}

static unsigned int reports;

static void count_report(void *ctx, void *vctx, const struct lvgic_guest_error *error)
{
	(void)ctx;
	(void)vctx;
	(void)error;
	reports++;
}

static void *plain_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return test_calloc(1, size);
}

static void plain_free(void *ctx, void *mem, size_t size)
{
	(void)ctx;
	(void)size;
	test_free(mem);
}

static void *plain_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	(void)rank;
	return ctx;
}

static void plain_lock_destroy(void *ctx, void *lock)
{
	(void)ctx;
	(void)lock;
}

static uintptr_t plain_lock(void *ctx, void *lock)
{
	(void)ctx;
	(void)lock;
	return 0;
}

static void plain_unlock(void *ctx, void *lock, uintptr_t flags)
{
	(void)ctx;
	(void)lock;
	(void)flags;
}

static void plain_vcpu(void *vctx)
{
	(void)vctx;
}

static const struct lvgic_ops plain_ops = {
	.size = sizeof(plain_ops),
	.alloc = plain_alloc,
	.free = plain_free,
	.lock_create = plain_lock_create,
	.lock_destroy = plain_lock_destroy,
	.lock = plain_lock,
	.unlock = plain_unlock,
	.kick = plain_vcpu,
	.halt = plain_vcpu,
	.resume = plain_vcpu,
	.guest_error = count_report,
};

/* R74: a guest cannot flood the log. */
static void test_report_limit(void **state)
{
	struct lvgic_config cfg = { .size = sizeof(cfg), .nr_vcpus = 1 };
	struct lvgic_stats stats;
	struct lvgic_vcpu *v;
	struct lvgic *vg;
	int ctx, i;

	(void)state;
	assert_int_equal(lvgic_create(&cfg, &plain_ops, &ctx, &vg), LVGIC_OK);
	assert_int_equal(lvgic_vcpu_create(vg, 0, 0, NULL, &v), LVGIC_OK);
	assert_int_equal(lvgic_start(vg), LVGIC_OK);
	reports = 0;
	for (i = 0; i < 100000; i++)
		(void)lvgic_dist_read(vg, v, 0x14, 4);
	lvgic_get_stats(vg, NULL, &stats);
	assert_int_equal(stats.guest_errors, 100000);
	/* 16, then 32, 64, ... 65536. */
	assert_int_equal(reports, 16 + 12);
	lvgic_destroy(vg);
}

/* The ops table: what cannot be imported is refused, and nothing is allocated. */
static void test_ops_import(void **state)
{
	struct {
		struct lvgic_ops ops;
		void *newer;
	} longer = { .ops = plain_ops };
	struct lvgic_config cfg = { .size = sizeof(cfg), .nr_vcpus = 1 };
	struct lvgic_ops ops;
	struct lvgic *vg = NULL;
	int ctx;
	size_t offset;

	(void)state;
	/* Each of the mandatory ones. */
	for (offset = offsetof(struct lvgic_ops, alloc); offset <= offsetof(struct lvgic_ops, resume);
	     offset += sizeof(void *)) {
		ops = plain_ops;
		memset((char *)&ops + offset, 0, sizeof(void *));
		assert_int_equal(lvgic_create(&cfg, &ops, &ctx, &vg), LVGIC_ERR_OPS);
	}
	ops = plain_ops;
	ops.reserved = 1;
	assert_int_equal(lvgic_create(&cfg, &ops, &ctx, &vg), LVGIC_ERR_OPS);
	/* An older caller: shorter; what it does not know is NULL, whatever stands behind its table. */
	ops = plain_ops;
	ops.size = offsetof(struct lvgic_ops, lr_load);
	assert_int_equal(lvgic_create(&cfg, &ops, &ctx, &vg), LVGIC_OK);
	lvgic_destroy(vg);
	/* Too short for what is mandatory. */
	ops.size = offsetof(struct lvgic_ops, kick);
	assert_int_equal(lvgic_create(&cfg, &ops, &ctx, &vg), LVGIC_ERR_OPS);
	ops.size = 4;
	assert_int_equal(lvgic_create(&cfg, &ops, &ctx, &vg), LVGIC_ERR_OPS);
	/* A newer caller: longer; accepted while it does not use what we do not know. */
	longer.ops.size = sizeof(longer);
	assert_int_equal(lvgic_create(&cfg, &longer.ops, &ctx, &vg), LVGIC_OK);
	lvgic_destroy(vg);
	longer.newer = &ctx;
	assert_int_equal(lvgic_create(&cfg, &longer.ops, &ctx, &vg), LVGIC_ERR_OPS);
	assert_int_equal(lvgic_create(NULL, &plain_ops, &ctx, &vg), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_create(&cfg, NULL, &ctx, &vg), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_create(&cfg, &plain_ops, &ctx, NULL), LVGIC_ERR_INVAL);
}

/* Configuration: each member at and beyond its limits. */
static void test_config(void **state)
{
	static const struct {
		struct lvgic_config cfg;
		enum lvgic_status status;
	} cases[] = {
		{ { .nr_vcpus = 0 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 4097 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 4096 }, LVGIC_OK },
		{ { .nr_vcpus = 1, .nr_spis = 33 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 1, .nr_spis = 1024 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 1, .nr_spis = 992 }, LVGIC_OK },
		{ { .nr_vcpus = 1, .nr_lrs = 17 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 1, .pri_bits = 4 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 1, .pri_bits = 8 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 1, .pri_bits = 7 }, LVGIC_OK },
		{ { .nr_vcpus = 1, .flags = 2 }, LVGIC_ERR_INVAL },
		{ { .nr_vcpus = 1, .reserved = 1 }, LVGIC_ERR_INVAL },
	};
	struct lvgic *vg;
	int ctx;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lvgic_config cfg = cases[i].cfg;

		cfg.size = sizeof(cfg);
		vg = NULL;
		assert_int_equal(lvgic_create(&cfg, &plain_ops, &ctx, &vg), cases[i].status);
		assert_int_equal(vg != NULL, cases[i].status == LVGIC_OK);
		lvgic_destroy(vg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),         cmocka_unit_test(test_every_offset), cmocka_unit_test(test_halves),
		cmocka_unit_test(test_typer),        cmocka_unit_test(test_statusr),      cmocka_unit_test(test_waker),
		cmocka_unit_test(test_report_limit), cmocka_unit_test(test_ops_import),   cmocka_unit_test(test_config),
		cmocka_unit_test(test_rwp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
