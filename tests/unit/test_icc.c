/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The trapped CPU interface, register by register, for each number of priority bits; affinities and SGIs for up to
 * 4,096 vCPUs; what lvgic_explain() answers. One thread, the smallest ops table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libvgic/libvgic.h>

static unsigned long held, kicks;

static void *op_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return test_calloc(1, size);
}

static void op_free(void *ctx, void *mem, size_t size)
{
	(void)ctx;
	(void)size;
	test_free(mem);
}

static void *op_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	uint64_t *lock = test_calloc(1, sizeof(*lock));

	(void)ctx;
	*lock = rank;
	return lock;
}

static void op_lock_destroy(void *ctx, void *lock)
{
	(void)ctx;
	test_free(lock);
}

/* R81: unlock must get the flags that this lock returned, in the right order. */
static uintptr_t op_lock(void *ctx, void *lock)
{
	(void)ctx;
	held++;
	return (uintptr_t)lock ^ 0x5a5a ^ held;
}

static void op_unlock(void *ctx, void *lock, uintptr_t flags)
{
	(void)ctx;
	assert_int_equal(flags, (uintptr_t)lock ^ 0x5a5a ^ held);
	held--;
}

static void op_kick(void *vctx)
{
	(void)vctx;
	assert_int_equal(held, 0);
	kicks++;
}

static void op_stop(void *vctx)
{
	(void)vctx;
	assert_int_equal(held, 0);
}

static const struct lvgic_ops ops = {
	.size = sizeof(ops),
	.alloc = op_alloc,
	.free = op_free,
	.lock_create = op_lock_create,
	.lock_destroy = op_lock_destroy,
	.lock = op_lock,
	.unlock = op_unlock,
	.kick = op_kick,
	.halt = op_stop,
	.resume = op_stop,
};

static struct lvgic *machine(uint32_t nr_vcpus, uint32_t pri_bits, uint32_t (*affinity)(uint32_t))
{
	struct lvgic_config cfg = { .size = sizeof(cfg), .nr_vcpus = nr_vcpus, .pri_bits = pri_bits };
	struct lvgic_vcpu *v;
	struct lvgic *vg;
	uint32_t i;

	held = 0;
	assert_int_equal(lvgic_create(&cfg, &ops, NULL, &vg), LVGIC_OK);
	for (i = 0; i < nr_vcpus; i++)
		assert_int_equal(lvgic_vcpu_create(vg, i, affinity ? affinity(i) : i, NULL, &v), LVGIC_OK);
	assert_int_equal(lvgic_start(vg), LVGIC_OK);
	return vg;
}

static uint64_t rd(struct lvgic_vcpu *v, uint32_t reg)
{
	uint64_t value = 0;

	assert_int_equal(lvgic_icc_read(v, reg, &value), LVGIC_OK);
	return value;
}

static void wr(struct lvgic_vcpu *v, uint32_t reg, uint64_t value)
{
	assert_int_equal(lvgic_icc_write(v, reg, value), LVGIC_OK);
}

/* 12.2: fields and their limits follow from the number of priority bits. R93: BPR writes below the minimum. */
static void test_fields(void **state)
{
	uint32_t bits, i;

	(void)state;
	for (bits = 5; bits <= 7; bits++) {
		struct lvgic *vg = machine(1, bits, NULL);
		struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);
		uint32_t mask = 0xff << (8 - bits) & 0xff;
		uint64_t value;

		assert_int_equal(rd(v, ICC_PMR_EL1), 0);
		for (i = 0; i < 256; i++) {
			wr(v, ICC_PMR_EL1, i | 0xabc00);
			assert_int_equal(rd(v, ICC_PMR_EL1), i & mask);
		}
		assert_int_equal(rd(v, ICC_CTLR_EL1), (bits - 1) << 8 | 1 << 15 | 1 << 18);
		for (i = 0; i < 8; i++) {
			wr(v, ICC_BPR0_EL1, i);
			assert_int_equal(rd(v, ICC_BPR0_EL1), i < 7 - bits ? 7 - bits : i);
			wr(v, ICC_BPR1_EL1, i);
			assert_int_equal(rd(v, ICC_BPR1_EL1), i < 8 - bits ? 8 - bits : i);
		}
		/* CBPR: BPR1 reads BPR0 + 1, saturated, and ignores writes; its own value comes back. */
		wr(v, ICC_BPR1_EL1, 4);
		wr(v, ICC_CTLR_EL1, ~0ull);
		assert_int_equal(rd(v, ICC_CTLR_EL1), (bits - 1) << 8 | 1 << 15 | 1 << 18 | 3);
		for (i = 7 - bits; i < 8; i++) {
			wr(v, ICC_BPR0_EL1, i);
			wr(v, ICC_BPR1_EL1, 5);
			assert_int_equal(rd(v, ICC_BPR1_EL1), i < 7 ? i + 1 : 7);
		}
		wr(v, ICC_CTLR_EL1, 0);
		assert_int_equal(rd(v, ICC_BPR1_EL1), 4);
		/* As many active priority registers as the bits need. */
		for (i = 0; i < 4; i++) {
			bool there = i == 0 || (i == 1 && bits >= 6) || bits == 7;
			enum lvgic_status status = there ? LVGIC_OK : LVGIC_ERR_UNDEF;

			assert_int_equal(lvgic_icc_read(v, ICC_AP0R0_EL1 + i, &value), status);
			assert_int_equal(lvgic_icc_write(v, ICC_AP1R0_EL1 + i, 0x10), status);
			assert_int_equal(lvgic_icc_read(v, ICC_AP1R0_EL1 + i, &value), status);
			assert_int_equal(value, there ? 0x10 : 0);
			if (there) {
				assert_int_equal(rd(v, ICC_RPR_EL1), (32 * i + 4) << (8 - bits));
				wr(v, ICC_AP1R0_EL1 + i, 0);
			}
		}
		assert_int_equal(rd(v, ICC_RPR_EL1), 0xff);
		wr(v, ICC_SRE_EL1, 0);
		assert_int_equal(rd(v, ICC_SRE_EL1), 7);
		lvgic_destroy(vg);
	}
}

/* Every encoding there is, in both directions: UNDEFINED, or a row; never anything else. */
static void test_every_encoding(void **state)
{
	static const uint32_t read_only[] = { ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_HPPIR0_EL1, ICC_HPPIR1_EL1, ICC_RPR_EL1 };
	static const uint32_t write_only[] = { ICC_EOIR0_EL1, ICC_EOIR1_EL1, ICC_DIR_EL1,
		                               ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1 };
	struct lvgic *vg = machine(1, 5, NULL);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);
	uint32_t reads = 0, writes = 0, i;
	uint64_t value;

	(void)state;
	for (i = 0; i < 0x20000; i++) {
		reads += lvgic_icc_read(v, i, &value) == LVGIC_OK;
		writes += lvgic_icc_write(v, i, 0) == LVGIC_OK;
	}
	/* PMR, BPR0, BPR1, AP0R0, AP1R0, CTLR, SRE, IGRPEN0, IGRPEN1 both ways. */
	assert_int_equal(reads, 9 + 5);
	assert_int_equal(writes, 9 + 6);
	for (i = 0; i < 5; i++)
		assert_int_equal(lvgic_icc_write(v, read_only[i], 0), LVGIC_ERR_UNDEF);
	for (i = 0; i < 6; i++)
		assert_int_equal(lvgic_icc_read(v, write_only[i], &value), LVGIC_ERR_UNDEF);
	lvgic_destroy(vg);
}

/* R72: whatever is written to the three SGI registers, and R83: EOIs and DIRs of anything. */
static void test_any_value(void **state)
{
	static const uint32_t regs[] = { ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1,
		                         ICC_EOIR0_EL1, ICC_EOIR1_EL1, ICC_DIR_EL1 };
	struct lvgic *vg = machine(3, 5, NULL);
	uint64_t x = 88172645463325252ull;
	uint32_t i;

	(void)state;
	for (i = 0; i < 200000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		wr(lvgic_vcpu_by_id(vg, i % 3), regs[x >> 60 > 9 ? i % 3 : i % 6],
		   i & 1 ? x : x & 0x0000f0010f000007ull);
		if (i % 64 == 0)
			wr(lvgic_vcpu_by_id(vg, i % 3), ICC_CTLR_EL1, x & 3);
		(void)lvgic_vcpu_lines(lvgic_vcpu_by_id(vg, i % 3));
	}
	assert_int_equal(held, 0);
	lvgic_destroy(vg);
}

static uint32_t spread(uint32_t i)
{
	/* All four levels: Aff3.Aff2.Aff1.Aff0. */
	return (i & 15) | (i >> 4 & 3) << 8 | (i >> 6 & 7) << 16 | (i >> 9) << 24;
}

static void enable_sgis(struct lvgic *vg, uint32_t nr)
{
	uint32_t i;

	lvgic_dist_write(vg, NULL, GICD_CTLR, 4, 3);
	for (i = 0; i < nr; i++) {
		struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, i);

		lvgic_redist_write(v, v, GICR_SGI_BASE + 0x80, 4, 0xffff);
		lvgic_redist_write(v, v, GICR_SGI_BASE + 0x100, 4, 0xffff);
		wr(v, ICC_PMR_EL1, 0xf8);
		wr(v, ICC_IGRPEN1_EL1, 1);
	}
}

/* F9, F11, F15: 4,096 vCPUs, each reached by its own SGI and by IROUTER; broadcast reaches all but the sender. */
static void test_4096(void **state)
{
	const uint32_t nr = 4096;
	struct lvgic *vg = machine(nr, 5, spread);
	struct lvgic_vcpu *v, *sender = lvgic_vcpu_by_id(vg, 77);
	uint32_t i, aff;

	(void)state;
	enable_sgis(vg, nr);
	for (i = 0; i < nr; i++) {
		aff = spread(i);
		assert_ptr_equal(lvgic_vcpu_by_affinity(vg, aff), lvgic_vcpu_by_id(vg, i));
		wr(sender, ICC_SGI1R_EL1,
		   (uint64_t)(i & 15) << 24 | 1ull << (aff & 15) | (uint64_t)(aff >> 8 & 0xff) << 16 |
		           (uint64_t)(aff >> 16 & 0xff) << 32 | (uint64_t)(aff >> 24) << 48);
		v = lvgic_vcpu_by_id(vg, i);
		assert_int_equal(rd(v, ICC_IAR1_EL1), i & 15);
		wr(v, ICC_EOIR1_EL1, i & 15);
		assert_int_equal(rd(v, ICC_IAR1_EL1), 1023);
	}
	wr(sender, ICC_SGI1R_EL1, 5ull << 24 | ICC_SGIR_IRM);
	for (i = 0; i < nr; i++)
		assert_int_equal(rd(lvgic_vcpu_by_id(vg, i), ICC_IAR1_EL1), i == 77 ? 1023 : 5);
	assert_null(lvgic_vcpu_by_affinity(vg, 0x01020399));
	/* A3V: an SPI routed by all four levels. */
	lvgic_dist_write(vg, NULL, GICD_IGROUPR + 4, 4, ~0u);
	lvgic_dist_write(vg, NULL, GICD_ISENABLER + 4, 4, 1);
	aff = spread(3333);
	lvgic_dist_write(vg, NULL, GICD_IROUTER + 8 * 32, 8, (uint64_t)(aff >> 24) << 32 | (aff & 0xffffff));
	assert_int_equal(lvgic_inject(vg, NULL, 32, true), LVGIC_OK);
	v = lvgic_vcpu_by_id(vg, 3333);
	wr(v, ICC_EOIR1_EL1, 5);
	assert_int_equal(rd(v, ICC_IAR1_EL1), 32);
	lvgic_destroy(vg);
}

static uint32_t flat(uint32_t i)
{
	return i;
}

/* F11: RS: one cluster of 200 PEs, Aff0 beyond 15. */
static void test_range_selector(void **state)
{
	struct lvgic *vg = machine(200, 5, flat);
	uint32_t i;

	(void)state;
	enable_sgis(vg, 200);
	for (i = 0; i < 200; i++) {
		struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, i);

		wr(v, ICC_SGI1R_EL1, 3ull << 24 | (uint64_t)(i / 16) << ICC_SGIR_RS_SHIFT | 1u << (i % 16));
		assert_int_equal(rd(v, ICC_IAR1_EL1), 3);
		wr(v, ICC_EOIR1_EL1, 3);
	}
	/* Sixteen at once; those that do not exist are left out (R70). */
	wr(lvgic_vcpu_by_id(vg, 0), ICC_SGI1R_EL1, 4ull << 24 | 12ull << ICC_SGIR_RS_SHIFT | 0xffff);
	for (i = 0; i < 200; i++)
		assert_int_equal(rd(lvgic_vcpu_by_id(vg, i), ICC_IAR1_EL1), i >= 192 ? 4 : 1023);
	lvgic_destroy(vg);
}

/* R75: each IROUTER is its own. */
static void test_irouter_of_each(void **state)
{
	struct lvgic *vg = machine(2, 5, NULL);
	uint32_t i;

	(void)state;
	for (i = 32; i < 288; i++)
		lvgic_dist_write(vg, NULL, GICD_IROUTER + 8 * i, 8, (uint64_t)(i & 0xff) << 32 | i * 3);
	for (i = 32; i < 288; i++)
		assert_int_equal(lvgic_dist_read(vg, NULL, GICD_IROUTER + 8 * i, 8),
		                 (uint64_t)(i & 0xff) << 32 | i * 3);
	for (i = 288; i < 1020; i++) {
		lvgic_dist_write(vg, NULL, GICD_IROUTER + 8 * i, 8, ~0ull);
		assert_int_equal(lvgic_dist_read(vg, NULL, GICD_IROUTER + 8 * i, 8), 0);
	}
	lvgic_destroy(vg);
}

static enum lvgic_why why(struct lvgic *vg, uint32_t intid)
{
	struct lvgic_explanation e;

	lvgic_explain(vg, lvgic_vcpu_by_id(vg, 0), intid, &e);
	assert_int_equal(e.intid, intid);
	assert_true(*lvgic_strwhy(e.why) != '\0');
	return e.why;
}

/* Why is it not delivered: every obstacle in its turn, from the device to the PE. */
static void test_explain(void **state)
{
	struct lvgic *vg = machine(1, 5, NULL);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);

	(void)state;
	assert_int_equal(why(vg, 2000), LVGIC_WHY_NO_SUCH);
	assert_int_equal(why(vg, 40), LVGIC_WHY_NOT_PENDING);
	lvgic_dist_write(vg, v, GICD_IGROUPR + 4, 4, ~0u);
	lvgic_dist_write(vg, v, GICD_IPRIORITYR + 40, 1, 0x80);
	lvgic_dist_write(vg, v, GICD_IPRIORITYR + 41, 1, 0x80);
	lvgic_dist_write(vg, v, GICD_IROUTER + 8 * 40, 8, 0x123);
	assert_int_equal(lvgic_inject(vg, NULL, 40, true), LVGIC_OK);
	assert_int_equal(why(vg, 40), LVGIC_WHY_DISABLED);
	lvgic_dist_write(vg, v, GICD_ISENABLER + 4, 4, 3u << 8);
	assert_int_equal(why(vg, 40), LVGIC_WHY_NO_TARGET);
	lvgic_dist_write(vg, v, GICD_IROUTER + 8 * 40, 8, 0);
	lvgic_vcpu_off(v);
	assert_int_equal(why(vg, 40), LVGIC_WHY_VCPU_OFF);
	lvgic_vcpu_on(v);
	assert_int_equal(why(vg, 40), LVGIC_WHY_GROUP_DIST);
	lvgic_dist_write(vg, v, GICD_CTLR, 4, 2);
	lvgic_redist_write(v, v, GICR_WAKER, 4, 0);
	lvgic_redist_write(v, v, GICR_WAKER, 4, 2);
	assert_int_equal(why(vg, 40), LVGIC_WHY_ASLEEP);
	/* A sleeping Redistributor asks for its PE to be woken. */
	assert_true(lvgic_vcpu_pending(v));
	assert_int_equal(lvgic_vcpu_lines(v), 0);
	lvgic_redist_write(v, v, GICR_WAKER, 4, 0);
	assert_int_equal(why(vg, 40), LVGIC_WHY_GROUP_CPU);
	wr(v, ICC_IGRPEN1_EL1, 1);
	assert_int_equal(why(vg, 40), LVGIC_WHY_PMR);
	assert_false(lvgic_vcpu_pending(v));
	wr(v, ICC_PMR_EL1, 0xf8);
	assert_int_equal(lvgic_vcpu_lines(v), LVGIC_LINE_IRQ);
	assert_int_equal(why(vg, 40), LVGIC_WHY_SIGNALLED);
	assert_true(lvgic_vcpu_pending(v));
	assert_true(lvgic_vcpu_has_work(v));
	assert_int_equal(rd(v, ICC_IAR1_EL1), 40);
	assert_int_equal(why(vg, 40), LVGIC_WHY_ACTIVE);
	assert_int_equal(lvgic_inject(vg, NULL, 41, true), LVGIC_OK);
	assert_int_equal(why(vg, 41), LVGIC_WHY_QUEUED);
	(void)lvgic_vcpu_lines(v);
	assert_int_equal(why(vg, 41), LVGIC_WHY_RUNNING);
	lvgic_destroy(vg);
}

/* Power-on state again, with the line of a device still high. */
static void test_reset(void **state)
{
	struct lvgic *vg = machine(2, 5, NULL);
	struct lvgic_vcpu *v = lvgic_vcpu_by_id(vg, 0);

	(void)state;
	enable_sgis(vg, 2);
	lvgic_dist_write(vg, v, GICD_IGROUPR + 4, 4, ~0u);
	lvgic_dist_write(vg, v, GICD_ISENABLER + 4, 4, 3);
	lvgic_dist_write(vg, v, GICD_IROUTER + 8 * 33, 8, GICD_IROUTER_IRM);
	assert_int_equal(lvgic_inject(vg, NULL, 32, true), LVGIC_OK);
	assert_int_equal(lvgic_inject(vg, NULL, 33, true), LVGIC_OK);
	assert_int_equal(rd(v, ICC_IAR1_EL1), 32);
	wr(v, ICC_SGI1R_EL1, ICC_SGIR_IRM);
	assert_int_equal(lvgic_reset(vg), LVGIC_OK);
	assert_int_equal(lvgic_dist_read(vg, v, GICD_CTLR, 4), 0x50);
	assert_int_equal(lvgic_dist_read(vg, v, GICD_ISENABLER + 4, 4), 0);
	assert_int_equal(lvgic_dist_read(vg, v, GICD_ISACTIVER + 4, 4), 0);
	assert_int_equal(lvgic_dist_read(vg, v, GICD_ISPENDR + 4, 4), 3);
	assert_int_equal(lvgic_dist_read(vg, v, GICD_IROUTER + 8 * 33, 8), 0);
	assert_int_equal(lvgic_redist_read(v, v, GICR_WAKER, 4), 6);
	assert_int_equal(rd(v, ICC_PMR_EL1), 0);
	assert_int_equal(rd(v, ICC_RPR_EL1), 0xff);
	/* And it works again. */
	enable_sgis(vg, 2);
	lvgic_dist_write(vg, v, GICD_IGROUPR + 4, 4, ~0u);
	lvgic_dist_write(vg, v, GICD_ISENABLER + 4, 4, 3);
	assert_int_equal(rd(v, ICC_IAR1_EL1), 32);
	lvgic_destroy(vg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),         cmocka_unit_test(test_every_encoding),
		cmocka_unit_test(test_any_value),      cmocka_unit_test(test_4096),
		cmocka_unit_test(test_range_selector), cmocka_unit_test(test_irouter_of_each),
		cmocka_unit_test(test_explain),        cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
