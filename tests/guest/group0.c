/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Group 0 beside Group 1, one Security state: Group 0 is FIQ, Group 1 is IRQ.
 * IHI 0069: "Interrupt grouping" with "Interrupt assignment to IRQ and FIQ
 * signals", "Special INTIDs", "Interaction of group and individual interrupt
 * enables"; ICC_IAR0_EL1, ICC_EOIR0_EL1, ICC_HPPIR0_EL1, ICC_BPR0_EL1,
 * ICC_AP0R<n>_EL1, ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1, GICD_IGROUPR<n>.
 */
#include "guest.h"

const char guest_name[] = "group0";

#define A (SPI_BASE + 0)
#define B (SPI_BASE + 1)
#define C (SPI_BASE + 2)

static void setup(unsigned int cpu, u32 intid, u32 group, u32 prio)
{
	irq_disable(cpu, intid);
	irq_set_group(cpu, intid, group);
	irq_setup(cpu, intid, prio);
}

static bool expect_hppir(u32 hppir0, u32 hppir1, const char *when)
{
	bool ok;

	dsb();
	isb();
	WAIT(icc_hppir0() == hppir0 && icc_hppir1() == hppir1);
	ok = CHECK_EQ(icc_hppir0(), hppir0, "%s: ICC_HPPIR0_EL1", when);
	ok &= CHECK_EQ(icc_hppir1(), hppir1, "%s: ICC_HPPIR1_EL1", when);
	return ok;
}

static void fiq_or_irq(void)
{
	static const u32 intids[] = { 3, 20, A };

	case_begin("Group 0 is FIQ, Group 1 is IRQ");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < 3; k++) {
			for (u32 group = 0; group < 2; group++) {
				log_clear();
				setup(cpu, intids[k], group, 0xa0);
				irq_pend(cpu, intids[k]);
				if (!expect_taken(cpu, intids[k], 1))
					continue;
				CHECK_EQ(cpus[cpu].log[0].fiq, group == 0, "INTID %u of group %u taken as FIQ",
				         intids[k], group);
				CHECK_EQ(cpus[cpu].log[0].rpr, 0xa0, "INTID %u of group %u: running priority",
				         intids[k], group);
				CHECK(!irq_active(cpu, intids[k]), "INTID %u of group %u after EOI: active", intids[k],
				      group);
				CHECK_EQ(cpus[cpu].nr_taken, 1, "interrupts of CPU %u", cpu);
			}
		}
	}
}

/* Each of PSTATE.I and PSTATE.F masks its own. */
static void masks(void)
{
	struct cpu *c = this_cpu();

	case_begin("PSTATE.I and PSTATE.F");
	setup(0, A, 0, 0x80);
	setup(0, B, 1, 0xa0);
	int_mask();
	irq_pend(0, A);
	irq_pend(0, B);
	irq_unmask();
	settle();
	/* the FIQ is the higher: the IRQ is not signalled before it is done */
	CHECK_EQ(c->nr_taken, 0, "PSTATE.F set, a higher Group 0 pending: taken");
	fiq_unmask();
	WAIT(c->nr_taken >= 2);
	settle();
	CHECK_EQ(c->nr_taken, 2, "taken");
	CHECK_EQ(c->log[0].intid, A, "first");
	CHECK(c->log[0].fiq, "the first is not an FIQ");
	CHECK_EQ(c->log[1].intid, B, "second");
	CHECK(!c->log[1].fiq, "the second is not an IRQ");

	log_clear();
	irq_mask();
	irq_pend(0, B);
	settle();
	CHECK_EQ(c->nr_taken, 0, "PSTATE.I set, Group 1 pending: taken");
	irq_set_prio(0, A, 0x40);
	irq_pend(0, A);
	WAIT(c->nr_taken >= 1);
	settle();
	CHECK_EQ(c->nr_taken, 1, "PSTATE.I set, both pending: taken");
	CHECK_EQ(c->taken[A], 1, "PSTATE.I set: Group 0 taken");
	irq_unmask();
	WAIT(c->nr_taken >= 2);
	CHECK_EQ(c->taken[B], 1, "PSTATE.I clear: Group 1 taken");
	settle();
}

/* ICC_IAR0_EL1 and ICC_IAR1_EL1 give the highest one of all, or 1023 for the other group's. */
static void acknowledge(void)
{
	case_begin("acknowledge and HPPIR of each group");
	int_mask();
	expect_hppir(INTID_SPURIOUS, INTID_SPURIOUS, "idle");
	CHECK_EQ(icc_iar0(), INTID_SPURIOUS, "idle: ICC_IAR0_EL1");

	setup(0, A, 0, 0x80);
	irq_pend(0, A);
	expect_hppir(A, INTID_SPURIOUS, "Group 0 pending");
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "Group 0 pending: ICC_IAR1_EL1");
	CHECK(irq_pending(0, A) && !irq_active(0, A), "ICC_IAR1_EL1 has acknowledged a Group 0 interrupt");
	CHECK_EQ(icc_iar0(), A, "Group 0 pending: ICC_IAR0_EL1");
	CHECK_EQ(icc_rpr(), 0x80, "Group 0 active: ICC_RPR_EL1");
	/* special INTIDs end nothing */
	for (u32 intid = 1020; intid < 1024; intid++)
		icc_eoir0(intid);
	CHECK_EQ(icc_rpr(), 0x80, "ICC_EOIR0_EL1 of special INTIDs: ICC_RPR_EL1");
	CHECK(irq_active(0, A), "ICC_EOIR0_EL1 of special INTIDs: not active");
	icc_eoir0(A);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "ended: ICC_RPR_EL1");
	CHECK(!irq_active(0, A), "ended: active");

	setup(0, B, 1, 0x80);
	irq_pend(0, B);
	expect_hppir(INTID_SPURIOUS, B, "Group 1 pending");
	CHECK_EQ(icc_iar0(), INTID_SPURIOUS, "Group 1 pending: ICC_IAR0_EL1");
	CHECK(irq_pending(0, B) && !irq_active(0, B), "ICC_IAR0_EL1 has acknowledged a Group 1 interrupt");

	/* both: the higher one hides the other */
	irq_set_prio(0, A, 0x60);
	irq_pend(0, A);
	expect_hppir(A, INTID_SPURIOUS, "both pending, Group 0 higher");
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "both pending, Group 0 higher: ICC_IAR1_EL1");
	irq_set_prio(0, A, 0xa0);
	expect_hppir(INTID_SPURIOUS, B, "both pending, Group 1 higher");
	CHECK_EQ(icc_iar0(), INTID_SPURIOUS, "both pending, Group 1 higher: ICC_IAR0_EL1");
	CHECK_EQ(icc_iar1(), B, "both pending, Group 1 higher: ICC_IAR1_EL1");
	expect_hppir(A, INTID_SPURIOUS, "Group 1 active, Group 0 pending");
	CHECK_EQ(icc_iar0(), INTID_SPURIOUS, "Group 1 active, lower Group 0 pending: ICC_IAR0_EL1");
	icc_eoir1(B);
	CHECK_EQ(icc_iar0(), A, "Group 1 ended: ICC_IAR0_EL1");
	icc_eoir0(A);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "at the end: ICC_RPR_EL1");
	CHECK(!irq_active(0, A) && !irq_active(0, B), "at the end: active");
	int_unmask();
}

/* One running priority, two sets of active priorities. */
static void active_priorities(void)
{
	u32 p[4];

	case_begin("active priorities of both groups");
	int_mask();
	for (u32 i = 0; i < 4; i++) {
		p[i] = prio_group(8 - 2 * i);
		setup(0, A + i, i & 1, p[i]);
		irq_pend(0, A + i);
		expect_hppir(i & 1 ? INTID_SPURIOUS : A + i, i & 1 ? A + i : INTID_SPURIOUS, "next level");
		if (i & 1)
			CHECK_EQ(icc_iar1(), A + i, "level %u: ICC_IAR1_EL1", i);
		else
			CHECK_EQ(icc_iar0(), A + i, "level %u: ICC_IAR0_EL1", i);
		CHECK_EQ(icc_rpr(), p[i], "level %u: ICC_RPR_EL1", i);
	}
	/* the layout: see priority.c; the registers n > 0 hold levels of 32 and more */
	CHECK_EQ(icc_ap0r0(), 1u << 8 | 1u << 4, "ICC_AP0R0_EL1");
	CHECK_EQ(icc_ap1r0(), 1u << 6 | 1u << 2, "ICC_AP1R0_EL1");
	for (u32 i = 4; i-- > 0;) {
		CHECK_EQ(icc_rpr(), p[i], "back at level %u: ICC_RPR_EL1", i);
		if (i & 1)
			icc_eoir1(A + i);
		else
			icc_eoir0(A + i);
		CHECK(!irq_active(0, A + i), "level %u ended: active", i);
	}
	CHECK_EQ(icc_rpr(), RPR_IDLE, "at the end: ICC_RPR_EL1");
	CHECK_EQ(icc_ap0r0(), 0, "at the end: ICC_AP0R0_EL1");
	CHECK_EQ(icc_ap1r0(), 0, "at the end: ICC_AP1R0_EL1");

	/* ICC_BPR0_EL1 groups Group 0, ICC_BPR1_EL1 groups Group 1 */
	icc_set_bpr0(6); /* bit 7 only */
	icc_set_bpr1(gic.min_bpr1);
	irq_set_prio(0, A, prio_group(8));
	irq_set_prio(0, C, prio_group(4));
	irq_set_prio(0, B, prio_group(4));
	irq_pend(0, A);
	WAIT(icc_hppir0() == A);
	CHECK_EQ(icc_iar0(), A, "ICC_BPR0_EL1 6: ICC_IAR0_EL1");
	CHECK_EQ(icc_rpr(), prio_group(8) & 0x80, "ICC_BPR0_EL1 6: ICC_RPR_EL1");
	irq_pend(0, C);
	WAIT(icc_hppir0() == C);
	CHECK_EQ(icc_iar0(), INTID_SPURIOUS, "ICC_BPR0_EL1 6, the same group priority: ICC_IAR0_EL1");
	icc_eoir0(A);
	CHECK_EQ(icc_iar0(), C, "ICC_BPR0_EL1 6, after EOI: ICC_IAR0_EL1");
	icc_eoir0(C);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "ICC_BPR0_EL1 6, at the end: ICC_RPR_EL1");
	int_unmask();
}

/* An FIQ preempts an IRQ handler and the other way round, by priority alone. */
static u32 inner;

static bool hook_nest(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid != A)
		return false;
	irq_pend(0, B);     /* the other group, lower */
	irq_pend(0, inner); /* the other group, higher */
	int_unmask();
	WAIT(c->taken[inner]);
	settle();
	int_mask();
	CHECK_EQ(c->taken[inner], 1, "higher one of the other group taken in the handler");
	CHECK_EQ(c->taken[B], 0, "lower one of the other group taken in the handler");
	return false;
}

static void nesting(void)
{
	struct cpu *c = this_cpu();

	case_begin("FIQ in an IRQ handler and IRQ in an FIQ handler");
	for (u32 group = 0; group < 2; group++) {
		log_clear();
		setup(0, A, group, 0x80);
		setup(0, B, !group, 0xa0);
		setup(0, C, !group, 0x40);
		inner = C;
		c->hook = hook_nest;
		irq_pend(0, A);
		WAIT(c->nr_taken >= 3);
		settle();
		CHECK_EQ(c->nr_taken, 3, "group %u outside: taken", group);
		CHECK_EQ(c->log[0].intid, A, "group %u outside: first", group);
		CHECK_EQ(c->log[0].fiq, group == 0, "group %u outside: first is an FIQ", group);
		CHECK_EQ(c->log[1].intid, C, "group %u outside: second", group);
		CHECK_EQ(c->log[1].fiq, group == 1, "group %u outside: second is an FIQ", group);
		CHECK_EQ(c->log[2].intid, B, "group %u outside: third", group);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "group %u outside: ICC_RPR_EL1 at the end", group);
		c->hook = NULL;
	}
}

/* ICC_IGRPEN0_EL1 and ICC_IGRPEN1_EL1 */
static void cpu_enables(void)
{
	struct cpu *c = this_cpu();

	case_begin("ICC_IGRPEN0_EL1 and ICC_IGRPEN1_EL1");
	setup(0, A, 0, 0xa0);
	setup(0, B, 1, 0xa0);
	for (u32 group = 0; group < 2; group++) {
		u32 own = group ? B : A;
		u32 other = group ? A : B;

		log_clear();
		if (group)
			icc_set_igrpen1(0);
		else
			icc_set_igrpen0(0);
		irq_pend(0, own);
		expect_nothing("group disabled in the CPU interface");
		CHECK_EQ(group ? icc_iar1() : icc_iar0(), INTID_SPURIOUS, "group %u disabled: ICC_IAR", group);
		CHECK(irq_pending(0, own), "group %u disabled: not pending", group);
		/*
		 * of the same priority, so that none hides the other; of a higher
		 * one see the note below
		 */
		irq_unpend(0, own);
		irq_pend(0, other);
		expect_taken(0, other, 1);
		irq_pend(0, own);
		if (group)
			icc_set_igrpen1(1);
		else
			icc_set_igrpen0(1);
		expect_taken(0, own, 1);

		/* disabled while signalled */
		int_mask();
		irq_pend(0, own);
		WAIT((group ? icc_hppir1() : icc_hppir0()) == own);
		if (group)
			icc_set_igrpen1(0);
		else
			icc_set_igrpen0(0);
		CHECK_EQ(group ? icc_iar1() : icc_iar0(), INTID_SPURIOUS, "group %u disabled while signalled: ICC_IAR",
		         group);
		int_unmask();
		settle();
		CHECK_EQ(c->taken[own], 1, "group %u disabled while signalled: taken", group);
		if (group)
			icc_set_igrpen1(1);
		else
			icc_set_igrpen0(1);
		expect_taken(0, own, 2);

		/* disabled while active: the EOI works */
		int_mask();
		irq_pend(0, own);
		WAIT((group ? icc_hppir1() : icc_hppir0()) == own);
		CHECK_EQ(group ? icc_iar1() : icc_iar0(), own, "group %u: ICC_IAR", group);
		if (group)
			icc_set_igrpen1(0);
		else
			icc_set_igrpen0(0);
		CHECK_EQ(icc_rpr(), 0xa0, "group %u disabled while active: ICC_RPR_EL1", group);
		if (group)
			icc_eoir1(own);
		else
			icc_eoir0(own);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "group %u disabled, ended: ICC_RPR_EL1", group);
		CHECK(!irq_active(0, own), "group %u disabled, ended: active", group);
		if (group)
			icc_set_igrpen1(1);
		else
			icc_set_igrpen0(1);
		int_unmask();
	}

	/*
	 * A higher Group 0 interrupt whose group is disabled in the CPU interface
	 * may hide a Group 1 interrupt or not: said, not judged. In the end both come.
	 */
	log_clear();
	irq_set_prio(0, A, 0x40);
	icc_set_igrpen0(0);
	irq_pend(0, A);
	irq_pend(0, B);
	settle();
	spin_us(100);
	note("Group 1 is %s by a higher Group 0 interrupt with ICC_IGRPEN0_EL1 0",
	     c->taken[B] ? "not hidden" : "hidden");
	CHECK_EQ(c->taken[A], 0, "ICC_IGRPEN0_EL1 0: Group 0 taken");
	icc_set_igrpen0(1);
	expect_taken(0, A, 1);
	expect_taken(0, B, 1);
}

/* GICD_CTLR.EnableGrp0 and EnableGrp1, with many queued. */
static void distributor_enables(void)
{
	struct cpu *c = this_cpu();
	u32 n = 24;

	case_begin("GICD_CTLR.EnableGrp0 and EnableGrp1, 24 queued");
	for (u32 round = 0; round < 6; round++) {
		u32 first = round & 1;

		log_clear();
		int_mask();
		for (u32 i = 0; i < n; i++) {
			setup(0, SPI_BASE + i, i & 1, prio_level((i / 2) % 16 + 4));
			irq_pend(0, SPI_BASE + i);
		}
		WAIT(icc_hppir0() != INTID_SPURIOUS || icc_hppir1() != INTID_SPURIOUS);
		/* both off */
		gicd_write(GICD_CTLR, GICD_CTLR_ARE);
		gicd_wait_rwp();
		CHECK_EQ(icc_hppir0(), INTID_SPURIOUS, "round %u, both off: ICC_HPPIR0_EL1", round);
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "round %u, both off: ICC_HPPIR1_EL1", round);
		int_unmask();
		expect_nothing("both groups off");
		/* one on, off again while masked, on */
		int_mask();
		gicd_write(GICD_CTLR, GICD_CTLR_ARE | (first ? GICD_CTLR_EnableGrp1 : GICD_CTLR_EnableGrp0));
		WAIT((first ? icc_hppir1() : icc_hppir0()) != INTID_SPURIOUS);
		CHECK_EQ(first ? icc_hppir0() : icc_hppir1(), INTID_SPURIOUS,
		         "round %u, group %u on: ICC_HPPIR of the other", round, first);
		gicd_write(GICD_CTLR, GICD_CTLR_ARE);
		gicd_wait_rwp();
		CHECK_EQ(first ? icc_hppir1() : icc_hppir0(), INTID_SPURIOUS, "round %u, off again: ICC_HPPIR", round);
		gicd_write(GICD_CTLR, GICD_CTLR_ARE | (first ? GICD_CTLR_EnableGrp1 : GICD_CTLR_EnableGrp0));
		int_unmask();
		WAIT(c->nr_taken >= n / 2);
		settle();
		CHECK_EQ(c->nr_taken, n / 2, "round %u, group %u on: taken", round, first);
		for (u32 i = 0; i < n; i++)
			CHECK_EQ(c->taken[SPI_BASE + i], (i & 1) == first, "round %u, group %u on: INTID %u taken",
			         round, first, SPI_BASE + i);
		for (u32 k = 0; k < n / 2 && k < c->nr_log; k++)
			CHECK_EQ(c->log[k].fiq, first == 0, "round %u: number %u is an FIQ", round, k);
		gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
		WAIT(c->nr_taken >= n);
		settle();
		for (u32 i = 0; i < n; i++)
			CHECK_EQ(c->taken[SPI_BASE + i], 1, "round %u, both on: INTID %u taken", round, SPI_BASE + i);
		for (u32 k = 1; k < n && k < c->nr_log; k++)
			if (k != n / 2)
				CHECK(c->log[k - 1].rpr <= c->log[k].rpr,
				      "round %u: number %u and the next out of order", round, k - 1);
	}
}

/* Both groups in one queue: by priority, whichever the group. */
static void mixed_order(void)
{
	struct cpu *c = this_cpu();
	u32 n = 28;

	case_begin("28 pending of both groups, order by priority");
	for (u32 seed = 1; seed <= 5; seed++) {
		u32 rank[28];

		log_clear();
		for (u32 i = 0; i < n; i++)
			rank[i] = i;
		shuffle(rank, n, seed * 65537);
		int_mask();
		for (u32 i = 0; i < n; i++) {
			setup(0, SPI_BASE + i, (rank[i] * 5 / 3) & 1, prio_level(rank[i]));
			irq_pend(0, SPI_BASE + i);
		}
		int_unmask();
		WAIT(c->nr_taken >= n);
		settle();
		CHECK_EQ(c->nr_taken, n, "seed %u: taken", seed);
		for (u32 k = 0; k < n && k < c->nr_log; k++) {
			u32 i = c->log[k].intid - SPI_BASE;

			if (!CHECK(i < n && rank[i] == k, "seed %u: INTID %u taken as number %u", seed, c->log[k].intid,
			           k))
				break;
			CHECK_EQ(c->log[k].fiq, ((k * 5 / 3) & 1) == 0, "seed %u: number %u is an FIQ", seed, k);
		}
	}
}

/* The group changes while it is pending and disabled. */
static void regroup(void)
{
	static const u32 intids[] = { 3, 20, A };

	case_begin("group changed while pending");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < 3; k++) {
			for (u32 to = 0; to < 2; to++) {
				log_clear();
				setup(cpu, intids[k], !to, 0xa0);
				run_on(cpu, job_mask, 0);
				irq_pend(cpu, intids[k]);
				WAIT(run_on(cpu, job_hppir1, 0) == (to ? INTID_SPURIOUS : intids[k]));
				irq_disable(cpu, intids[k]);
				irq_set_group(cpu, intids[k], to);
				irq_enable(cpu, intids[k]);
				WAIT(run_on(cpu, job_hppir1, 0) == (to ? intids[k] : INTID_SPURIOUS));
				CHECK_EQ(run_on(cpu, job_hppir1, 0), to ? intids[k] : INTID_SPURIOUS,
				         "INTID %u now of group %u: ICC_HPPIR1_EL1 of CPU %u", intids[k], to, cpu);
				run_on(cpu, job_unmask, 0);
				if (expect_taken(cpu, intids[k], 1))
					CHECK_EQ(cpus[cpu].log[0].fiq, to == 0,
					         "INTID %u now of group %u: taken as FIQ", intids[k], to);
			}
		}
	}
}

/* ICC_SGI0R_EL1 to a Group 0 SGI: an FIQ there. */
static void sgi0(void)
{
	case_begin("SGIs by ICC_SGI0R_EL1");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		for (u32 id = 0; id < 16; id++)
			setup(i, id, id & 1, 0xa0);
	}
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		for (u32 id = 0; id < 16; id++)
			icc_sgi0r(sgi_value(cpus[i].mpidr, 1u << (cpus[i].mpidr & 15), id));
		WAIT(cpus[i].nr_taken >= 8);
		settle();
		for (u32 id = 0; id < 16; id++)
			CHECK_EQ(cpus[i].taken[id], !(id & 1), "SGI %u of group %u: taken by CPU %u", id, id & 1, i);
		for (u32 k = 0; k < cpus[i].nr_log; k++)
			CHECK(cpus[i].log[k].fiq, "SGI %u taken as IRQ", cpus[i].log[k].intid);
		CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ISPENDR), 0, "GICR_ISPENDR0 of CPU %u", i);
	}
	log_clear();
	icc_sgi0r((1ull << 40) | (2ull << 24));
	WAIT(total_taken(2) >= nr_cpus - 1);
	settle();
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(cpus[i].taken[2], i != 0, "IRM=1: SGI 2 taken by CPU %u", i);
}

static void eoimode(void)
{
	case_begin("EOImode 1 and Group 0");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	setup(0, A, 0, 0xa0);
	irq_pend(0, A);
	WAIT(icc_hppir0() == A);
	CHECK_EQ(icc_iar0(), A, "ICC_IAR0_EL1");
	icc_eoir0(A);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "after EOI: ICC_RPR_EL1");
	CHECK(irq_active(0, A), "after EOI: not active");
	irq_pend(0, A);
	settle();
	CHECK_EQ(icc_iar0(), INTID_SPURIOUS, "active and pending: ICC_IAR0_EL1");
	icc_dir(A);
	CHECK(!irq_active(0, A), "after DIR: active");
	WAIT(icc_hppir0() == A);
	CHECK_EQ(icc_iar0(), A, "after DIR: ICC_IAR0_EL1");
	icc_eoir0(A);
	icc_dir(A);
	int_unmask();
}

void guest_main(void)
{
	fiq_or_irq();
	masks();
	acknowledge();
	active_priorities();
	nesting();
	cpu_enables();
	distributor_enables();
	mixed_order();
	regroup();
	sgi0();
	eoimode();
}
