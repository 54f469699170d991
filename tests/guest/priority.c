/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Priorities: order, masking, grouping, preemption, the running priority and
 * the active priorities.
 * IHI 0069: "Interrupt prioritization" with "Priority grouping", "Preemption",
 * "Priority masking"; ICC_PMR_EL1, ICC_BPR0_EL1, ICC_BPR1_EL1, ICC_RPR_EL1,
 * ICC_HPPIR1_EL1, ICC_AP1R<n>_EL1, ICC_CTLR_EL1.CBPR.
 */
#include "guest.h"

const char guest_name[] = "priority";

#define NR_SPI 32u /* used here, from SPI_BASE on */

/* ICC_BPR1_EL1 in one Security state: n leaves bits [7:n]; ICC_BPR0_EL1: [7:n+1]. */
static u32 group_mask1(u32 bpr)
{
	return (0xffu << bpr) & 0xff;
}
static u32 group_mask0(u32 bpr)
{
	return (0xffu << (bpr + 1)) & 0xff;
}

/* Bit i of the active priorities of Group 1, over all registers that exist. */
static bool apr1_bit(u32 i)
{
	u64 reg;

	switch (i / 32) {
	case 0:
		reg = icc_ap1r0();
		break;
	case 1:
		reg = sysreg_read("s3_0_c12_c9_1");
		break;
	case 2:
		reg = sysreg_read("s3_0_c12_c9_2");
		break;
	default:
		reg = sysreg_read("s3_0_c12_c9_3");
		break;
	}
	return (reg >> (i % 32)) & 1;
}

/*
 * The contents of ICC_AP1R<n>_EL1 are said to be implementation defined but for
 * "zero: nothing active"; every implementation uses the layout of
 * ICH_AP1R<n>_EL2, one bit for each preemption level, so that is checked.
 */
static void check_apr1(const u32 *prio, u32 n, const char *when)
{
	for (u32 i = 0; i < 1u << gic.pre_bits; i++) {
		bool want = false;

		for (u32 k = 0; k < n; k++)
			want = want || (prio[k] >> (8 - gic.pre_bits)) == i;
		CHECK_EQ(apr1_bit(i), want, "%s: ICC_AP1R<n>_EL1, level %u", when, i);
	}
}

static void implemented_bits(void)
{
	u32 mask = (0xff00u >> gic.pri_bits) & 0xff;
	u32 dist;

	case_begin("implemented bits and limits");
	CHECK(gic.pri_bits >= 4, "ICC_CTLR_EL1.PRIbits: %u bits, fewer than 16 levels", gic.pri_bits);
	/*
	 * The Distributor may implement more bits than the CPU interface, never
	 * fewer, and the same number for every interrupt.
	 */
	irq_set_prio(0, SPI_BASE, 0xff);
	dist = irq_prio(0, SPI_BASE);
	CHECK_EQ(dist & mask, mask, "priority bits of the CPU interface in GICD_IPRIORITYR");
	CHECK_EQ((dist | (dist - 1)) & 0xff, 0xff, "GICD_IPRIORITYR 0x%x: hole in the priority bits", dist);
	if (dist != mask)
		note("GICD_IPRIORITYR implements 0x%x, ICC_PMR_EL1 0x%x", dist, mask);
	for (u32 i = 0; i < SPI_BASE + NR_SPI; i++) {
		irq_set_prio(0, i, 0xff);
		CHECK_EQ(irq_prio(0, i), dist, "INTID %u: priority 0xff reads", i);
		irq_set_prio(0, i, 0);
		CHECK_EQ(irq_prio(0, i), 0, "INTID %u: priority 0 reads", i);
	}
	for (u32 v = 0; v < 256; v++) {
		icc_set_pmr(v);
		CHECK_EQ(icc_pmr(), v & mask, "ICC_PMR_EL1 after %u", v);
	}
	/* "Priority grouping": a value under the minimum sets the minimum */
	CHECK_EQ(gic.min_bpr1, gic.min_bpr0 + 1, "minimum of ICC_BPR1_EL1");
	CHECK(gic.pre_bits <= gic.pri_bits, "more preemption bits (%u) than priority bits (%u)", gic.pre_bits,
	      gic.pri_bits);
	for (u32 v = 0; v < 8; v++) {
		icc_set_bpr0(v);
		CHECK_EQ(icc_bpr0(), v < gic.min_bpr0 ? gic.min_bpr0 : v, "ICC_BPR0_EL1 after %u", v);
		icc_set_bpr1(v);
		CHECK_EQ(icc_bpr1(), v < gic.min_bpr1 ? gic.min_bpr1 : v, "ICC_BPR1_EL1 after %u", v);
	}
	CHECK_EQ(icc_rpr(), RPR_IDLE, "idle: ICC_RPR_EL1");
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "idle: ICC_HPPIR1_EL1");
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "idle: ICC_IAR1_EL1");
	CHECK_EQ(icc_rpr(), RPR_IDLE, "after a spurious acknowledge: ICC_RPR_EL1");
	check_apr1(NULL, 0, "idle");
}

/* Nothing preempts here: priorities decide which of the pending ones is next. */
static void order(void)
{
	struct cpu *c = this_cpu();
	/* the lowest level is at PMR's highest value and never signalled */
	u32 levels = (1u << gic.pri_bits) - 1 < NR_SPI ? (1u << gic.pri_bits) - 1 : NR_SPI;
	u32 rank[NR_SPI];

	case_begin("order of pending interrupts, handler");
	for (u32 seed = 1; seed <= 10; seed++) {
		log_clear();
		for (u32 i = 0; i < levels; i++)
			rank[i] = i;
		shuffle(rank, levels, seed * 7919);
		int_mask();
		for (u32 i = 0; i < levels; i++) {
			irq_setup(0, SPI_BASE + i, prio_level(rank[i]));
			irq_pend(0, SPI_BASE + i);
		}
		int_unmask();
		WAIT(c->nr_taken >= levels);
		settle();
		CHECK_EQ(c->nr_taken, levels, "seed %u: interrupts", seed);
		for (u32 k = 0; k < levels && k < c->nr_log; k++) {
			u32 i = c->log[k].intid - SPI_BASE;

			if (!CHECK(i < levels && rank[i] == k, "seed %u: INTID %u taken as number %u", seed,
			           c->log[k].intid, k))
				break;
			/* the running priority is the group priority */
			CHECK_EQ(c->log[k].rpr, prio_level(k) & group_mask1(gic.min_bpr1),
			         "seed %u: ICC_RPR_EL1 in number %u", seed, k);
		}
	}

	case_begin("order of pending interrupts, polled");
	int_mask();
	for (u32 i = 0; i < levels; i++) {
		irq_setup(0, SPI_BASE + i, prio_level(rank[i]));
		irq_pend(0, SPI_BASE + i);
	}
	for (u32 k = 0; k < levels; k++) {
		u32 want = 0;
		u32 iar;

		while (rank[want] != k)
			want++;
		CHECK_EQ(icc_hppir1(), SPI_BASE + want, "number %u: ICC_HPPIR1_EL1", k);
		iar = icc_iar1();
		CHECK_EQ(iar, SPI_BASE + want, "number %u: ICC_IAR1_EL1", k);
		if (iar == INTID_SPURIOUS)
			break;
		/* what is left is lower: seen, but not acknowledged */
		if (k + 1 < levels) {
			CHECK(icc_hppir1() != INTID_SPURIOUS, "number %u active: ICC_HPPIR1_EL1 sees no other", k);
			CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "number %u active: ICC_IAR1_EL1 of a lower one", k);
		}
		icc_eoir1(iar);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "number %u ended: ICC_RPR_EL1", k);
	}
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "ICC_IAR1_EL1 at the end");
	int_unmask();
}

/* "Priority masking": signalled if and only if higher than ICC_PMR_EL1. */
static void masking(void)
{
	struct cpu *c = this_cpu();
	u32 levels = 1u << gic.pri_bits;
	u32 step = levels > 32 ? levels / 32 : 1;
	u32 n = 0;

	case_begin("ICC_PMR_EL1");
	irq_setup(0, SPI_BASE, 0);
	for (u32 l = 0; l < levels; l += step) {
		int_mask();
		irq_set_prio(0, SPI_BASE, prio_level(l));
		icc_set_pmr(prio_level(l));
		irq_pend(0, SPI_BASE);
		/* ICC_HPPIR1_EL1 does not regard the mask, ICC_IAR1_EL1 does */
		expect_hppir1(SPI_BASE, "masked by priority");
		CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "priority and mask 0x%x: ICC_IAR1_EL1", prio_level(l));
		int_unmask();
		settle();
		CHECK_EQ(c->taken[SPI_BASE], n, "priority and mask 0x%x: taken", prio_level(l));
		CHECK(irq_pending(0, SPI_BASE), "priority and mask 0x%x: not pending", prio_level(l));
		if (l + 1 < levels) {
			/* one level more, with interrupts unmasked: at once */
			icc_set_pmr(prio_level(l + 1));
			n++;
			expect_taken(0, SPI_BASE, n);
		} else {
			/* the lowest priority is never signalled */
			icc_set_pmr(0xff);
			settle();
			CHECK_EQ(c->taken[SPI_BASE], n, "lowest priority, ICC_PMR_EL1 0xff: taken");
			irq_unpend(0, SPI_BASE);
		}
	}

	/* of several, those above the mask only */
	icc_set_pmr(prio_level(8));
	log_clear();
	for (u32 i = 0; i < 16; i++) {
		irq_setup(0, SPI_BASE + i, prio_level(15 - i));
		irq_pend(0, SPI_BASE + i);
	}
	WAIT(c->nr_taken >= 8);
	settle();
	for (u32 i = 0; i < 16; i++)
		CHECK_EQ(c->taken[SPI_BASE + i], i >= 8, "mask 0x%x: priority 0x%x taken", prio_level(8),
		         prio_level(15 - i));
	icc_set_pmr(0);
	irq_set_prio(0, SPI_BASE + 15, 0);
	irq_pend(0, SPI_BASE + 15);
	settle();
	CHECK_EQ(c->taken[SPI_BASE + 15], 1, "mask 0: priority 0 taken");
	icc_set_pmr(0xff);
	WAIT(c->nr_taken >= 17);
	settle();
	for (u32 i = 0; i < 16; i++)
		CHECK_EQ(c->taken[SPI_BASE + i], i == 15 ? 2 : 1, "mask 0xff: INTID %u taken", SPI_BASE + i);
}

/* Nested to one handler for each preemption level. */

static u32 nest_depth;
static volatile u32 nest_now;
static u32 nest_prio[NR_SPI];

static bool hook_nest(struct cpu *c, u32 intid, bool fiq)
{
	u32 d = intid - SPI_BASE;
	u32 prio;

	(void)fiq;
	if (d >= nest_depth)
		return false;
	prio = prio_group(nest_depth - 1 - d);
	CHECK_EQ(nest_now, d, "depth at INTID %u", intid);
	nest_prio[d] = prio;
	nest_now = d + 1;
	CHECK_EQ(icc_rpr(), prio, "depth %u: ICC_RPR_EL1", d);
	check_apr1(nest_prio, d + 1, "nested");
	if (d + 1 < nest_depth) {
		/* the same priority again does not preempt, the next higher does */
		irq_pend(0, intid + 1);
		int_unmask();
		WAIT(c->taken[intid + 1]);
		int_mask();
		CHECK_EQ(c->taken[intid + 1], 1, "depth %u: the next one taken", d);
		CHECK(!irq_active(0, intid + 1), "depth %u: the next one still active", d);
	}
	CHECK_EQ(nest_now, d + 1, "depth after the return to INTID %u", intid);
	CHECK_EQ(icc_rpr(), prio, "depth %u, after the return: ICC_RPR_EL1", d);
	check_apr1(nest_prio, d + 1, "returned");
	CHECK(irq_active(0, intid), "depth %u: not active", d);
	nest_now = d;
	return false;
}

static void nesting(void)
{
	struct cpu *c = this_cpu();

	case_begin("preemption nested through all levels");
	nest_depth = (1u << gic.pre_bits) - 1;
	if (nest_depth > NR_SPI)
		nest_depth = NR_SPI;
	nest_now = 0;
	for (u32 d = 0; d < nest_depth; d++)
		irq_setup(0, SPI_BASE + d, prio_group(nest_depth - 1 - d));
	c->hook = hook_nest;
	irq_pend(0, SPI_BASE);
	WAIT(c->taken[SPI_BASE] && !irq_active(0, SPI_BASE));
	for (u32 d = 0; d < nest_depth; d++)
		CHECK_EQ(c->taken[SPI_BASE + d], 1, "INTID %u taken", SPI_BASE + d);
	CHECK_EQ(c->nr_taken, nest_depth, "all interrupts");
	CHECK_EQ(icc_rpr(), RPR_IDLE, "at the end: ICC_RPR_EL1");
	check_apr1(NULL, 0, "at the end");
	c->hook = NULL;
}

/* Lower and equal ones arrive in a handler with interrupts unmasked. */
static bool hook_no_preempt(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid != SPI_BASE)
		return false;
	irq_pend(0, SPI_BASE + 1); /* equal */
	irq_pend(0, SPI_BASE + 2); /* lower */
	int_unmask();
	settle();
	spin_us(100);
	int_mask();
	CHECK_EQ(c->nr_taken, 1, "equal and lower priority pending in a handler: taken");
	irq_pend(0, SPI_BASE + 3); /* higher */
	int_unmask();
	WAIT(c->taken[SPI_BASE + 3]);
	int_mask();
	CHECK_EQ(c->taken[SPI_BASE + 3], 1, "higher priority pending in a handler: taken");
	CHECK_EQ(c->nr_taken, 2, "higher priority pending in a handler: all taken");
	return false;
}

static void no_preemption(void)
{
	struct cpu *c = this_cpu();

	case_begin("equal and lower priorities wait");
	irq_setup(0, SPI_BASE, prio_group(4));
	irq_setup(0, SPI_BASE + 1, prio_group(4));
	irq_setup(0, SPI_BASE + 2, prio_group(6));
	irq_setup(0, SPI_BASE + 3, prio_group(2));
	c->hook = hook_no_preempt;
	irq_pend(0, SPI_BASE);
	WAIT(c->nr_taken >= 4);
	settle();
	CHECK_EQ(c->nr_taken, 4, "interrupts");
	for (u32 k = 0; k < 4 && k < c->nr_log; k++) {
		static const u32 want[] = { 0, 3, 1, 2 };

		CHECK_EQ(c->log[k].intid, SPI_BASE + want[k], "number %u", k);
	}
	c->hook = NULL;
}

/* Every pair of priorities, acknowledged one on top of the other, polled. */
static void check_pair(u32 active, u32 pending, u32 mask, const char *what)
{
	bool preempts = (pending & mask) < (active & mask);
	u32 iar;

	irq_set_prio(0, SPI_BASE, active);
	irq_set_prio(0, SPI_BASE + 1, pending);
	irq_pend(0, SPI_BASE);
	expect_hppir1(SPI_BASE, what);
	CHECK_EQ(icc_iar1(), SPI_BASE, "%s: ICC_IAR1_EL1", what);
	CHECK_EQ(icc_rpr(), active & mask, "%s: ICC_RPR_EL1, priority 0x%x", what, active);
	irq_pend(0, SPI_BASE + 1);
	expect_hppir1(SPI_BASE + 1, what);
	iar = icc_iar1();
	CHECK_EQ(iar, preempts ? SPI_BASE + 1 : INTID_SPURIOUS, "%s: 0x%x active, 0x%x pending: ICC_IAR1_EL1", what,
	         active, pending);
	if (iar == SPI_BASE + 1) {
		CHECK_EQ(icc_rpr(), pending & mask, "%s: ICC_RPR_EL1, preempted by 0x%x", what, pending);
		icc_eoir1(SPI_BASE + 1);
	}
	CHECK_EQ(icc_rpr(), active & mask, "%s: ICC_RPR_EL1, priority 0x%x, again", what, active);
	icc_eoir1(SPI_BASE);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "%s: ICC_RPR_EL1 at the end", what);
	if (iar != SPI_BASE + 1) {
		CHECK_EQ(icc_iar1(), SPI_BASE + 1, "%s: the other, after EOI: ICC_IAR1_EL1", what);
		icc_eoir1(SPI_BASE + 1);
	}
}

static void grouping(void)
{
	/* in steps of the implemented priority, up to one below the lowest */
	static const u32 level[] = { 0, 1, 2, 3, 4, 7, 8, 11, 15, 16, 23, 30 };
	u32 shift = 8 - (gic.pri_bits < 5 ? gic.pri_bits : 5);

	case_begin("priority groups, ICC_BPR1_EL1");
	int_mask();
	irq_setup(0, SPI_BASE, 0);
	irq_setup(0, SPI_BASE + 1, 0);
	for (u32 bpr = gic.min_bpr1; bpr < 8; bpr++) {
		icc_set_bpr1(bpr);
		for (u32 i = 0; i < 12; i++)
			for (u32 k = 0; k < 12; k++)
				if (level[i] < 1u << (8 - shift) && level[k] < 1u << (8 - shift) && i != k)
					check_pair(level[i] << shift, level[k] << shift, group_mask1(bpr), "BPR1");
	}

	/* CBPR: ICC_BPR0_EL1 decides, ICC_BPR1_EL1 reads as it + 1 and ignores writes */
	case_begin("priority groups, ICC_CTLR_EL1.CBPR");
	int_mask();
	irq_setup(0, SPI_BASE, 0);
	irq_setup(0, SPI_BASE + 1, 0);
	icc_set_bpr1(5);
	icc_set_ctlr(ICC_CTLR_CBPR);
	CHECK_EQ(icc_ctlr() & ICC_CTLR_CBPR, ICC_CTLR_CBPR, "ICC_CTLR_EL1.CBPR");
	for (u32 bpr = gic.min_bpr0; bpr < 8; bpr++) {
		icc_set_bpr0(bpr);
		CHECK_EQ(icc_bpr1(), bpr == 7 ? 7 : bpr + 1, "CBPR, ICC_BPR0_EL1 %u: ICC_BPR1_EL1", bpr);
		icc_set_bpr1(bpr == 4 ? 6 : 4);
		CHECK_EQ(icc_bpr1(), bpr == 7 ? 7 : bpr + 1, "CBPR, ICC_BPR1_EL1 written: ICC_BPR1_EL1");
		for (u32 i = 0; i < 12; i += 2)
			for (u32 k = 1; k < 12; k += 2)
				if (level[i] < 1u << (8 - shift) && level[k] < 1u << (8 - shift) && i != k)
					check_pair(level[i] << shift, level[k] << shift, group_mask0(bpr), "CBPR");
	}
	icc_set_ctlr(0);
	/* the writes while CBPR was 1 have not reached it */
	CHECK_EQ(icc_bpr1(), 5, "ICC_BPR1_EL1 after CBPR");
	int_unmask();

	/* a sub-priority orders, though it does not preempt */
	case_begin("sub-priorities order within a group");
	int_mask();
	icc_set_bpr1(7);
	for (u32 i = 0; i < 8; i++) {
		irq_setup(0, SPI_BASE + i, prio_level((i * 3) & 7));
		irq_pend(0, SPI_BASE + i);
	}
	for (u32 k = 0; k < 8; k++) {
		u32 iar = icc_iar1();

		CHECK_EQ(iar, SPI_BASE + ((k * 3) & 7), "number %u: ICC_IAR1_EL1", k);
		CHECK_EQ(icc_rpr(), 0, "number %u: ICC_RPR_EL1", k);
		CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "number %u active: ICC_IAR1_EL1", k);
		icc_eoir1(iar);
	}
	int_unmask();
}

/* "Changing the priority": takes effect in finite time, not on what is active. */
static void changed(void)
{
	struct cpu *c = this_cpu();

	case_begin("priority changed while pending");
	int_mask();
	irq_setup(0, SPI_BASE, prio_level(4));
	irq_setup(0, SPI_BASE + 1, prio_level(6));
	irq_pend(0, SPI_BASE);
	irq_pend(0, SPI_BASE + 1);
	expect_hppir1(SPI_BASE, "before");
	irq_set_prio(0, SPI_BASE, prio_level(8));
	expect_hppir1(SPI_BASE + 1, "first one lowered");
	irq_set_prio(0, SPI_BASE, prio_level(2));
	expect_hppir1(SPI_BASE, "first one raised");
	irq_set_prio(0, SPI_BASE + 1, prio_level(0));
	expect_hppir1(SPI_BASE + 1, "second one raised");
	int_unmask();
	WAIT(c->nr_taken >= 2);
	settle();
	CHECK_EQ(c->nr_taken, 2, "interrupts");
	CHECK_EQ(c->log[0].intid, SPI_BASE + 1, "first");
	CHECK_EQ(c->log[0].rpr, prio_level(0), "running priority in the first");
	CHECK_EQ(c->log[1].intid, SPI_BASE, "second");
	CHECK_EQ(c->log[1].rpr, prio_level(2), "running priority in the second");

	case_begin("priority changed while active");
	int_mask();
	irq_setup(0, SPI_BASE, prio_group(4));
	irq_setup(0, SPI_BASE + 1, prio_group(2));
	irq_pend(0, SPI_BASE);
	expect_hppir1(SPI_BASE, "before");
	CHECK_EQ(icc_iar1(), SPI_BASE, "ICC_IAR1_EL1");
	irq_set_prio(0, SPI_BASE, prio_group(1));
	CHECK_EQ(icc_rpr(), prio_group(4), "priority raised while active: ICC_RPR_EL1");
	irq_pend(0, SPI_BASE + 1);
	expect_hppir1(SPI_BASE + 1, "pending");
	CHECK_EQ(icc_iar1(), SPI_BASE + 1, "preempts the priority at acknowledge: ICC_IAR1_EL1");
	icc_eoir1(SPI_BASE + 1);
	CHECK_EQ(icc_rpr(), prio_group(4), "after the first EOI: ICC_RPR_EL1");
	icc_eoir1(SPI_BASE);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "after the second EOI: ICC_RPR_EL1");
	CHECK(!irq_active(0, SPI_BASE), "active after EOI");
	irq_pend(0, SPI_BASE);
	expect_hppir1(SPI_BASE, "again");
	CHECK_EQ(icc_iar1(), SPI_BASE, "again: ICC_IAR1_EL1");
	CHECK_EQ(icc_rpr(), prio_group(1), "again: ICC_RPR_EL1");
	icc_eoir1(SPI_BASE);
	int_unmask();
}

/* SGI, PPI and SPI compete; and a higher one comes from another CPU. */
static bool hook_remote(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid != SPI_BASE)
		return false;
	int_unmask();
	WAIT(c->taken[SPI_BASE + 1] && c->taken[3]);
	int_mask();
	CHECK_EQ(icc_rpr(), prio_group(8), "preempted by two: ICC_RPR_EL1");
	return false;
}

static u64 job_preempt_other(u64 cpu)
{
	irq_pend((unsigned int)cpu, SPI_BASE + 1);
	sgi_send((unsigned int)cpu, 3);
	return 0;
}

static void kinds(void)
{
	struct cpu *c = this_cpu();

	case_begin("SGI, PPI and SPI by priority");
	int_mask();
	irq_setup(0, SPI_BASE, prio_level(3));
	irq_setup(0, 20, prio_level(1));
	irq_setup(0, 5, prio_level(2));
	irq_setup(0, PPI_VTIMER, prio_level(4));
	irq_setup(0, 6, prio_level(0));
	irq_pend(0, PPI_VTIMER);
	irq_pend(0, SPI_BASE);
	sgi_send(0, 5);
	irq_pend(0, 20);
	sgi_send(0, 6);
	expect_hppir1(6, "all pending");
	int_unmask();
	WAIT(c->nr_taken >= 5);
	settle();
	CHECK_EQ(c->nr_taken, 5, "interrupts");
	for (u32 k = 0; k < 5 && k < c->nr_log; k++) {
		static const u32 want[] = { 6, 20, 5, SPI_BASE, PPI_VTIMER };

		CHECK_EQ(c->log[k].intid, want[k], "number %u", k);
	}

	case_begin("preemption from another CPU");
	if (!need_cpus(2))
		return;
	for (u32 round = 0; round < 20; round++) {
		log_clear();
		irq_setup(0, SPI_BASE, prio_group(8));
		irq_setup(0, SPI_BASE + 1, prio_group(4));
		irq_setup(0, 3, prio_group(2));
		c->hook = hook_remote;
		irq_mask();
		irq_pend(0, SPI_BASE);
		cpu_start(1, job_preempt_other, 0);
		irq_unmask();
		WAIT(c->nr_taken >= 3);
		cpu_finish(1);
		settle();
		CHECK_EQ(c->taken[SPI_BASE], 1, "round %u: INTID %u", round, SPI_BASE);
		CHECK_EQ(c->taken[SPI_BASE + 1], 1, "round %u: INTID %u", round, SPI_BASE + 1);
		CHECK_EQ(c->taken[3], 1, "round %u: SGI 3", round);
		if (!CHECK_EQ(icc_rpr(), RPR_IDLE, "round %u: ICC_RPR_EL1 at the end", round))
			break;
	}
	c->hook = NULL;
}

void guest_main(void)
{
	implemented_bits();
	order();
	masking();
	nesting();
	no_preemption();
	grouping();
	changed();
	kinds();
}
