/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Far more interrupts pending and active than any implementation has list
 * registers. To the architecture this is nothing special: IHI 0069, "Interrupt
 * prioritization" and "Interrupt lifecycle"; to a virtual GIC it is chapter
 * "Virtual interrupt handling and prioritization" (ICH_HCR_EL2.UIE, NPIE,
 * LRENPIE, EOIcount).
 */
#include "guest.h"

const char guest_name[] = "overflow";

#define NR_SPI 60u
#define NR     (NR_SPI + 16u) /* and the SGIs */

static u32 prio_of[NR_INTID];

static u32 nth(u32 i)
{
	return i < NR_SPI ? SPI_BASE + i : i - NR_SPI;
}

/* The priorities that are ever signalled. */
static u32 nr_levels(void)
{
	return (1u << gic.pri_bits) - 1;
}

static void setup(u32 i, u32 prio)
{
	irq_setup(0, nth(i), prio);
	prio_of[nth(i)] = prio;
}

static void pend_all(u32 n, u32 seed)
{
	u32 order[NR];

	for (u32 i = 0; i < n; i++)
		order[i] = i;
	shuffle(order, n, seed);
	for (u32 i = 0; i < n; i++)
		irq_pend(0, nth(order[i]));
}

/* The log of CPU 0: each of the first n once, in order of priority. */
static void check_log(u32 n, const char *when)
{
	struct cpu *c = this_cpu();

	WAIT(c->nr_taken >= n);
	settle();
	CHECK_EQ(c->nr_taken, n, "%s: interrupts", when);
	for (u32 i = 0; i < n; i++)
		CHECK_EQ(c->taken[nth(i)], 1, "%s: INTID %u taken", when, nth(i));
	for (u32 k = 1; k < n && k < c->nr_log; k++)
		CHECK(prio_of[c->log[k - 1].intid] <= prio_of[c->log[k].intid],
		      "%s: number %u is INTID %u of priority 0x%x, number %u is INTID %u of 0x%x", when, k - 1,
		      c->log[k - 1].intid, prio_of[c->log[k - 1].intid], k, c->log[k].intid, prio_of[c->log[k].intid]);
	for (u32 i = 0; i < n; i++) {
		CHECK(!irq_pending(0, nth(i)), "%s: INTID %u pending at the end", when, nth(i));
		CHECK(!irq_active(0, nth(i)), "%s: INTID %u active at the end", when, nth(i));
	}
}

static void pending_handler(void)
{
	case_begin("76 pending, several of each priority");
	for (u32 seed = 1; seed <= 5; seed++) {
		log_clear();
		int_mask();
		for (u32 i = 0; i < NR; i++)
			setup(i, prio_level((i * 37 + seed) % nr_levels()));
		pend_all(NR, seed * 104729);
		int_unmask();
		check_log(NR, "mixed");
	}

	case_begin("76 pending of one priority");
	int_mask();
	for (u32 i = 0; i < NR; i++)
		setup(i, 0x80);
	pend_all(NR, 3);
	int_unmask();
	check_log(NR, "equal");

	/* not masked: taken as they come, each once */
	case_begin("76 made pending with interrupts unmasked");
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level(i % nr_levels()));
	for (u32 i = 0; i < NR; i++)
		irq_pend(0, nth(i));
	WAIT(this_cpu()->nr_taken >= NR);
	settle();
	CHECK_EQ(this_cpu()->nr_taken, NR, "interrupts");
	for (u32 i = 0; i < NR; i++)
		CHECK_EQ(this_cpu()->taken[nth(i)], 1, "INTID %u taken", nth(i));
}

static u64 job_pend_all(u64 seed)
{
	pend_all(NR, (u32)seed);
	return 0;
}

static void pending_remote(void)
{
	case_begin("76 made pending by another CPU, CPU 0 unmasked");
	if (!need_cpus(2))
		return;
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level((i * 11) % nr_levels()));
	for (u32 round = 1; round <= 5; round++) {
		cpu_start(1, job_pend_all, round * 31);
		WAIT(this_cpu()->nr_taken >= NR * round);
		cpu_finish(1);
		settle();
		for (u32 i = 0; i < NR; i++)
			CHECK_EQ(this_cpu()->taken[nth(i)], round, "round %u: INTID %u taken", round, nth(i));
	}

	case_begin("76 made pending by another CPU, CPU 0 in WFI");
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level((i * 11) % nr_levels()));
	cpu_start(1, job_pend_all, 5);
	CHECK(WAIT_WFI(this_cpu()->nr_taken >= NR), "not all came");
	cpu_finish(1);
	settle();
	for (u32 i = 0; i < NR; i++)
		CHECK_EQ(this_cpu()->taken[nth(i)], 1, "INTID %u taken", nth(i));
}

static void pending_polled(void)
{
	u32 last = 0;
	u32 count[NR_INTID] = { 0 };

	case_begin("76 pending, acknowledged by polling");
	int_mask();
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level((i * 37) % nr_levels()));
	pend_all(NR, 99);
	for (u32 k = 0; k < NR; k++) {
		u32 hppi;
		u32 iar;

		WAIT(icc_hppir1() != INTID_SPURIOUS);
		hppi = icc_hppir1();
		iar = icc_iar1();
		if (!CHECK(iar < NR_INTID && iar != INTID_SPURIOUS, "number %u: ICC_IAR1_EL1 reads %u", k, iar))
			break;
		CHECK(hppi < NR_INTID && prio_of[hppi] == prio_of[iar],
		      "number %u: ICC_HPPIR1_EL1 was %u, ICC_IAR1_EL1 %u", k, hppi, iar);
		CHECK(prio_of[iar] >= last, "number %u: INTID %u of priority 0x%x after 0x%x", k, iar, prio_of[iar],
		      last);
		CHECK_EQ(icc_rpr(), prio_of[iar] & ((0xff00u >> gic.pre_bits) & 0xff), "number %u: ICC_RPR_EL1", k);
		last = prio_of[iar];
		count[iar]++;
		CHECK(irq_active(0, iar), "number %u: INTID %u not active", k, iar);
		icc_eoir1(iar);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "number %u ended: ICC_RPR_EL1", k);
		CHECK(!irq_active(0, iar), "number %u ended: INTID %u active", k, iar);
	}
	for (u32 i = 0; i < NR; i++)
		CHECK_EQ(count[nth(i)], 1, "INTID %u acknowledged", nth(i));
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "ICC_IAR1_EL1 at the end");
	int_unmask();
}

/* A higher one comes when the list registers are full of lower ones. */
static void late_higher(void)
{
	case_begin("a higher one comes late");
	int_mask();
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level(20 % nr_levels()));
	pend_all(NR_SPI - 4, 17);
	WAIT(icc_hppir1() != INTID_SPURIOUS);
	for (u32 k = 0; k < 4; k++) {
		u32 intid = nth(NR_SPI - 4 + k);

		irq_set_prio(0, intid, prio_level(8 - 2 * k));
		prio_of[intid] = prio_level(8 - 2 * k);
		irq_pend(0, intid);
		expect_hppir1(intid, "late one");
	}
	for (u32 k = 4; k-- > 0;) {
		u32 iar = icc_iar1();

		CHECK_EQ(iar, nth(NR_SPI - 4 + k), "late one %u: ICC_IAR1_EL1", k);
		icc_eoir1(iar);
	}
	int_unmask();
	WAIT(this_cpu()->nr_taken >= NR_SPI - 4);
	settle();
	CHECK_EQ(this_cpu()->nr_taken, NR_SPI - 4, "the others");

	/* the priority of one that waits behind is raised */
	case_begin("one of many is raised while pending");
	int_mask();
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level(10 + i % 8));
	pend_all(NR, 23);
	WAIT(icc_hppir1() != INTID_SPURIOUS);
	for (u32 i = 7; i < NR; i += 13) {
		setup(i, prio_level(4));
		WAIT(prio_of[icc_hppir1() & 0x3ff] == prio_level(4));
	}
	int_unmask();
	check_log(NR, "raised");
}

/* What waits behind is disabled, cleared, moved to another CPU. */
static void taken_back(void)
{
	struct cpu *c = this_cpu();

	case_begin("half of 76 disabled, cleared or moved");
	int_mask();
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level((i * 7) % nr_levels()));
	pend_all(NR, 41);
	WAIT(icc_hppir1() != INTID_SPURIOUS);
	for (u32 i = 0; i < NR; i++) {
		if (i % 4 == 0)
			irq_disable(0, nth(i));
		if (i % 4 == 1)
			irq_unpend(0, nth(i));
		if (i % 4 == 2 && nr_cpus > 1 && nth(i) >= 32)
			spi_route(nth(i), 1);
	}
	int_unmask();
	settle();
	WAIT(c->nr_taken + cpus[1].nr_taken >= NR / 2);
	settle();
	for (u32 i = 0; i < NR; i++) {
		bool moved = i % 4 == 2 && nr_cpus > 1 && nth(i) >= 32;

		CHECK_EQ(c->taken[nth(i)], i % 4 >= 2 && !moved, "INTID %u (%u) taken by CPU 0", nth(i), i % 4);
		if (nr_cpus > 1)
			CHECK_EQ(cpus[1].taken[nth(i)], moved, "INTID %u (%u) taken by CPU 1", nth(i), i % 4);
		CHECK_EQ(irq_pending(0, nth(i)), i % 4 == 0, "INTID %u (%u) pending", nth(i), i % 4);
	}
	for (u32 i = 0; i < NR; i += 4)
		irq_enable(0, nth(i));
	WAIT(irq_pending(0, nth(0)) == false);
	settle();
	for (u32 i = 0; i < NR; i += 4) {
		WAIT(c->taken[nth(i)]);
		CHECK_EQ(c->taken[nth(i)], 1, "INTID %u enabled again: taken", nth(i));
	}
}

/* EOImode 1: all acknowledged and dropped before any is deactivated. R5 R6 R84 */
static void active_mode1(u32 order, bool repend)
{
	u32 count[NR_INTID] = { 0 };
	u32 last = 0;

	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level((i * 37) % nr_levels()));
	pend_all(NR, 7 + order);
	for (u32 k = 0; k < NR; k++) {
		u32 iar;

		/* R84: however many are active, the next pending one must come */
		WAIT(icc_hppir1() != INTID_SPURIOUS);
		iar = icc_iar1();
		if (!CHECK(iar != INTID_SPURIOUS && iar < NR_INTID, "%u active: ICC_IAR1_EL1 reads %u", k, iar))
			break;
		CHECK(prio_of[iar] >= last, "number %u: INTID %u of priority 0x%x after 0x%x", k, iar, prio_of[iar],
		      last);
		last = prio_of[iar];
		count[iar]++;
		icc_eoir1(iar);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "number %u: ICC_RPR_EL1 after the drop", k);
	}
	for (u32 i = 0; i < NR; i++) {
		CHECK_EQ(count[nth(i)], 1, "INTID %u acknowledged", nth(i));
		CHECK(irq_active(0, nth(i)), "INTID %u before DIR: not active", nth(i));
		CHECK(!irq_pending(0, nth(i)), "INTID %u before DIR: pending", nth(i));
	}
	if (repend) {
		/* all of them again, while active: none comes before its DIR */
		pend_all(NR, 77);
		settle();
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "all active and pending: ICC_HPPIR1_EL1");
		CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "all active and pending: ICC_IAR1_EL1");
		for (u32 i = 0; i < NR; i++)
			CHECK(irq_active(0, nth(i)) && irq_pending(0, nth(i)), "INTID %u: not active and pending",
			      nth(i));
	}
	for (u32 k = 0; k < NR; k++) {
		u32 i = order == 0 ? k : order == 1 ? NR - 1 - k : (k * 31) % NR;

		icc_dir(nth(i));
		CHECK(!irq_active(0, nth(i)), "INTID %u after DIR: active", nth(i));
		if (repend) {
			expect_hppir1(nth(i), "deactivated while pending");
			CHECK_EQ(icc_iar1(), nth(i), "INTID %u again: ICC_IAR1_EL1", nth(i));
			icc_eoir1(nth(i));
			icc_dir(nth(i));
			CHECK(!irq_active(0, nth(i)), "INTID %u again, after DIR: active", nth(i));
		}
	}
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "ICC_IAR1_EL1 at the end");
	/* and all of it works again */
	icc_set_ctlr(0);
	log_clear();
	pend_all(NR, 5);
	int_unmask();
	check_log(NR, "afterwards");
}

static void active(void)
{
	case_begin("76 active at once, DIR in INTID order");
	active_mode1(0, false);
	case_begin("76 active at once, DIR backwards");
	active_mode1(1, false);
	case_begin("76 active at once, DIR scattered");
	active_mode1(2, false);
	case_begin("76 active and pending at once");
	active_mode1(2, true);
}

/* Active ones that have dropped their priority block nobody. */
static void active_then_higher(void)
{
	case_begin("many active, then new ones by interrupt");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level(6));
	for (u32 i = 0; i < 40; i++)
		irq_pend(0, nth(i));
	for (u32 k = 0; k < 40; k++) {
		u32 iar;

		WAIT(icc_hppir1() != INTID_SPURIOUS);
		iar = icc_iar1();
		if (!CHECK(iar != INTID_SPURIOUS, "%u active: nothing to acknowledge", k))
			break;
		icc_eoir1(iar);
	}
	/* R84: all list registers hold active ones; lower and higher ones must come, by exception */
	int_unmask();
	for (u32 i = 40; i < NR; i++) {
		irq_set_prio(0, nth(i), prio_level(i % 12));
		irq_pend(0, nth(i));
		if (!WAIT(this_cpu()->taken[nth(i)])) {
			CHECK(false, "40 active: INTID %u is not taken", nth(i));
			break;
		}
	}
	settle();
	CHECK_EQ(this_cpu()->nr_taken, NR - 40, "new ones taken");
	for (u32 i = 0; i < 40; i++) {
		CHECK(irq_active(0, nth(i)), "INTID %u before DIR: not active", nth(i));
		icc_dir(nth(i));
		CHECK(!irq_active(0, nth(i)), "INTID %u after DIR: active", nth(i));
	}
	icc_set_ctlr(0);
}

/*
 * EOImode 0: as many active as there are preemption levels, with pending ones
 * behind; then the EOIs, inside out. The active ones that have no list register
 * end by EOIcount (R5).
 */
static void nested(void)
{
	u32 depth = (1u << gic.pre_bits) - 1;

	case_begin("nested to every level, more pending behind");
	if (depth > 31)
		depth = 31;
	int_mask();
	/* SPI d preempts SPI d - 1; SPI 31 + d and the SGIs wait behind */
	for (u32 d = 0; d < depth; d++) {
		setup(d, prio_group(depth - 1 - d));
		irq_pend(0, nth(d));
		expect_hppir1(nth(d), "next level");
		CHECK_EQ(icc_iar1(), nth(d), "level %u: ICC_IAR1_EL1", d);
		CHECK_EQ(icc_rpr(), prio_group(depth - 1 - d), "level %u: ICC_RPR_EL1", d);
		/* one that waits, of the same priority */
		if (d < NR_SPI - 31) {
			setup(31 + d, prio_group(depth - 1 - d));
			irq_pend(0, nth(31 + d));
			CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "level %u, an equal one: ICC_IAR1_EL1", d);
		}
	}
	for (u32 d = 0; d < depth; d++)
		CHECK(irq_active(0, nth(d)), "level %u: not active", d);
	for (u32 d = depth; d-- > 0;) {
		u32 behind = 31 + d;

		CHECK_EQ(icc_rpr(), prio_group(depth - 1 - d), "back at level %u: ICC_RPR_EL1", d);
		icc_eoir1(nth(d));
		CHECK(!irq_active(0, nth(d)), "level %u ended: active", d);
		/* the one that waited preempts the level outside */
		if (behind < NR_SPI) {
			expect_hppir1(nth(behind), "the equal one, now");
			CHECK_EQ(icc_iar1(), nth(behind), "level %u ended: ICC_IAR1_EL1", d);
			CHECK_EQ(icc_rpr(), prio_group(depth - 1 - d), "level %u, the equal one: ICC_RPR_EL1", d);
			icc_eoir1(nth(behind));
			CHECK(!irq_active(0, nth(behind)), "level %u, the equal one ended: active", d);
		}
	}
	CHECK_EQ(icc_rpr(), RPR_IDLE, "at the end: ICC_RPR_EL1");
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "at the end: ICC_IAR1_EL1");
	for (u32 i = 0; i < NR; i++) {
		CHECK(!irq_active(0, nth(i)), "INTID %u at the end: active", nth(i));
		CHECK(!irq_pending(0, nth(i)), "INTID %u at the end: pending", nth(i));
	}
	int_unmask();
}

/* By exception, with a burst of lower ones in each handler. */
static u32 burst_depth;
static volatile u32 burst_done;

static bool hook_burst(struct cpu *c, u32 intid, bool fiq)
{
	u32 d = intid - SPI_BASE;

	(void)fiq;
	if (intid < SPI_BASE || d >= burst_depth)
		return false;
	for (u32 i = 0; i < 4; i++)
		irq_pend(0, nth(20 + d * 4 + i));
	if (d + 1 < burst_depth) {
		irq_pend(0, intid + 1);
		int_unmask();
		WAIT(c->taken[intid + 1]);
		int_mask();
		CHECK_EQ(icc_rpr(), prio_of[intid], "depth %u, back: ICC_RPR_EL1", d);
	}
	for (u32 i = 0; i < 4; i++)
		CHECK_EQ(c->taken[nth(20 + d * 4 + i)], 0, "depth %u: a lower one taken", d);
	burst_done = burst_done + 1;
	return false;
}

static void nested_bursts(void)
{
	struct cpu *c = this_cpu();

	case_begin("10 nested handlers, 40 lower ones pending");
	burst_depth = 10;
	burst_done = 0;
	for (u32 d = 0; d < burst_depth; d++)
		setup(d, prio_group(14 - d));
	for (u32 i = 20; i < NR_SPI; i++)
		setup(i, prio_level(nr_levels() - 1 - i % 4));
	c->hook = hook_burst;
	irq_pend(0, nth(0));
	WAIT(c->nr_taken >= 50);
	settle();
	c->hook = NULL;
	CHECK_EQ(burst_done, burst_depth, "handlers ended");
	CHECK_EQ(c->nr_taken, 50, "interrupts");
	for (u32 i = 0; i < NR_SPI; i++)
		CHECK_EQ(c->taken[nth(i)], i < 10 || i >= 20, "INTID %u taken", nth(i));
	for (u32 k = 11; k < 50 && k < c->nr_log; k++)
		CHECK(prio_of[c->log[k - 1].intid] <= prio_of[c->log[k].intid], "number %u and the next out of order",
		      k - 1);
}

/* The same load over and over: nothing is lost as time goes by. */
static void endurance(void)
{
	struct cpu *c = this_cpu();

	case_begin("50 rounds of 76");
	for (u32 i = 0; i < NR; i++)
		setup(i, prio_level((i * 5) % nr_levels()));
	for (u32 round = 1; round <= 50; round++) {
		if (round % 2)
			int_mask();
		pend_all(NR, round);
		int_unmask();
		WAIT(c->nr_taken >= round * NR);
		for (u32 i = 0; i < NR; i++)
			if (!CHECK_EQ(c->taken[nth(i)], round, "round %u: INTID %u taken", round, nth(i)))
				return;
	}
}

void guest_main(void)
{
	if (gic.nr_irqs < SPI_BASE + NR_SPI)
		die("INTIDs below %u needed, there are %u", SPI_BASE + NR_SPI, gic.nr_irqs);
	pending_handler();
	pending_remote();
	pending_polled();
	late_higher();
	taken_back();
	active();
	active_then_higher();
	nested();
	nested_bursts();
	endurance();
}
