/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Priority drop and deactivation, together and apart.
 * IHI 0069: "Interrupt lifecycle" (priority drop and deactivation),
 * ICC_CTLR_EL1.EOImode, ICC_EOIR1_EL1, ICC_DIR_EL1.
 */
#include "guest.h"

const char guest_name[] = "eoimode";

#define A (SPI_BASE + 0)
#define B (SPI_BASE + 1)
#define C (SPI_BASE + 2)

/* Made pending, acknowledged on this CPU. PSTATE.I is set. */
static bool acknowledge(u32 intid)
{
	irq_pend(this_cpu()->id, intid);
	if (!expect_hppir1(intid, "to be acknowledged"))
		return false;
	return CHECK_EQ(icc_iar1(), intid, "ICC_IAR1_EL1");
}

static void mode0(void)
{
	case_begin("EOImode 0: EOI drops and deactivates");
	int_mask();
	irq_setup(0, A, prio_group(4));
	for (u32 i = 0; i < 3; i++) {
		acknowledge(A);
		CHECK_EQ(icc_rpr(), prio_group(4), "acknowledged: ICC_RPR_EL1");
		CHECK(irq_active(0, A), "acknowledged: not active");
		CHECK(!irq_pending(0, A), "acknowledged: pending");
		icc_eoir1(A);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "after EOI: ICC_RPR_EL1");
		CHECK(!irq_active(0, A), "after EOI: active");
	}
	int_unmask();
}

static void mode1(void)
{
	static const u32 intids[] = { 3, PPI_VTIMER, A };

	case_begin("EOImode 1: EOI drops, DIR deactivates");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	CHECK_EQ(icc_ctlr() & ICC_CTLR_EOImode, ICC_CTLR_EOImode, "ICC_CTLR_EL1.EOImode");
	/* an SGI, a PPI, an SPI */
	for (u32 k = 0; k < 3; k++) {
		u32 intid = intids[k];

		irq_setup(0, intid, prio_group(4));
		irq_setup(0, B, prio_group(6));
		acknowledge(intid);
		CHECK_EQ(icc_rpr(), prio_group(4), "INTID %u acknowledged: ICC_RPR_EL1", intid);
		icc_eoir1(intid);
		CHECK_EQ(icc_rpr(), RPR_IDLE, "INTID %u after EOI: ICC_RPR_EL1", intid);
		CHECK(irq_active(0, intid), "INTID %u after EOI: not active", intid);

		/* active and pending: not again before DIR */
		irq_pend(0, intid);
		CHECK(irq_pending(0, intid), "INTID %u active, pended: not pending", intid);
		settle();
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "INTID %u active and pending: ICC_HPPIR1_EL1", intid);
		CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "INTID %u active and pending: ICC_IAR1_EL1", intid);

		/* a lower one is delivered meanwhile: the priority has been dropped */
		acknowledge(B);
		CHECK_EQ(icc_rpr(), prio_group(6), "lower one: ICC_RPR_EL1");
		icc_eoir1(B);
		icc_dir(B);
		CHECK(!irq_active(0, B), "lower one after DIR: active");
		CHECK(irq_active(0, intid), "INTID %u after the lower one: not active", intid);

		icc_dir(intid);
		CHECK(!irq_active(0, intid), "INTID %u after DIR: active", intid);
		expect_hppir1(intid, "pending when deactivated");
		CHECK_EQ(icc_iar1(), intid, "pending when deactivated: ICC_IAR1_EL1");
		icc_eoir1(intid);
		icc_dir(intid);
		CHECK(!irq_active(0, intid), "INTID %u at the end: active", intid);
		CHECK(!irq_pending(0, intid), "INTID %u at the end: pending", intid);
	}
	int_unmask();
}

static void orders(void)
{
	static const u32 order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	case_begin("DIR in every order");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	for (u32 i = 0; i < 3; i++)
		irq_setup(0, A + i, prio_group(4));
	for (u32 o = 0; o < 6; o++) {
		/* equal priorities: each is dropped before the next is acknowledged */
		for (u32 i = 0; i < 3; i++) {
			acknowledge(A + i);
			icc_eoir1(A + i);
			CHECK_EQ(icc_rpr(), RPR_IDLE, "INTID %u after EOI: ICC_RPR_EL1", A + i);
		}
		for (u32 k = 0; k < 3; k++) {
			icc_dir(A + order[o][k]);
			for (u32 i = 0; i < 3; i++) {
				bool ended = false;

				for (u32 j = 0; j <= k; j++)
					ended = ended || order[o][j] == i;
				CHECK_EQ(irq_active(0, A + i), !ended, "order %u, step %u: INTID %u active", o, k,
				         A + i);
			}
		}
	}

	/* nested by preemption, EOI inside out, DIR outside in */
	for (u32 i = 0; i < 3; i++) {
		irq_set_prio(0, A + i, prio_group(8 - 2 * i));
		acknowledge(A + i);
		CHECK_EQ(icc_rpr(), prio_group(8 - 2 * i), "nested %u: ICC_RPR_EL1", i);
	}
	for (u32 i = 3; i-- > 0;) {
		CHECK_EQ(icc_rpr(), prio_group(8 - 2 * i), "before EOI %u: ICC_RPR_EL1", i);
		icc_eoir1(A + i);
	}
	CHECK_EQ(icc_rpr(), RPR_IDLE, "after the EOIs: ICC_RPR_EL1");
	for (u32 i = 0; i < 3; i++) {
		CHECK(irq_active(0, A + i), "before DIR %u: not active", i);
		icc_dir(A + i);
		CHECK(!irq_active(0, A + i), "after DIR %u: active", i);
	}
	int_unmask();
}

/* "An SPI can be deactivated by any PE" - an SGI or PPI only by its own. */
static void dir_elsewhere(void)
{
	case_begin("DIR of an SPI on another CPU");
	if (!need_cpus(2))
		return;
	run_on_all(job_mask, 0);
	run_on_all(job_set_eoimode, 1);
	for (unsigned int from = 0; from < nr_cpus; from++) {
		for (unsigned int to = 0; to < nr_cpus; to++) {
			irq_setup(from, A, prio_group(4));
			irq_pend(0, A);
			WAIT(run_on(from, job_hppir1, 0) == A);
			CHECK_EQ(run_on(from, job_iar1, 0), A, "ICC_IAR1_EL1 of CPU %u", from);
			run_on(from, job_eoir1, A);
			CHECK(irq_active(0, A), "%u to %u: not active after EOI", from, to);
			/* pending meanwhile: delivered when the other CPU deactivates */
			irq_pend(0, A);
			settle();
			CHECK_EQ(run_on(from, job_hppir1, 0), INTID_SPURIOUS,
			         "%u to %u, active and pending: ICC_HPPIR1_EL1", from, to);
			run_on(to, job_dir, A);
			WAIT(!irq_active(0, A));
			CHECK(!irq_active(0, A), "%u to %u: active after DIR", from, to);
			WAIT(run_on(from, job_hppir1, 0) == A);
			CHECK_EQ(run_on(from, job_iar1, 0), A, "%u to %u, again: ICC_IAR1_EL1", from, to);
			CHECK_EQ(run_on(from, job_rpr, 0), prio_group(4), "%u to %u, again: ICC_RPR_EL1", from, to);
			run_on(from, job_eoir1, A);
			run_on(from, job_dir, A);
			CHECK(!irq_active(0, A), "%u to %u: active at the end", from, to);
			CHECK(!irq_pending(0, A), "%u to %u: pending at the end", from, to);
		}
	}
	run_on_all(job_unmask, 0);

	case_begin("DIR of an SGI or PPI on another CPU");
	run_on_all(job_mask, 0);
	run_on_all(job_set_eoimode, 1);
	for (u32 intid = 2; intid < 32; intid += 25) {
		/* active on CPUs 0 and 1; the DIR of each acts on its own */
		for (unsigned int i = 0; i < 2; i++) {
			irq_setup(i, intid, prio_group(4));
			irq_pend(i, intid);
			WAIT(run_on(i, job_hppir1, 0) == intid);
			CHECK_EQ(run_on(i, job_iar1, 0), intid, "ICC_IAR1_EL1 of CPU %u", i);
			run_on(i, job_eoir1, intid);
		}
		run_on(1, job_dir, intid);
		WAIT(!irq_active(1, intid));
		CHECK(!irq_active(1, intid), "INTID %u of CPU 1 after its DIR: active", intid);
		CHECK(irq_active(0, intid), "INTID %u of CPU 0 after the DIR of CPU 1: not active", intid);
		run_on(1, job_dir, intid);
		settle();
		CHECK(irq_active(0, intid), "INTID %u of CPU 0 after a second DIR of CPU 1: not active", intid);
		run_on(0, job_dir, intid);
		CHECK(!irq_active(0, intid), "INTID %u of CPU 0 after its DIR: active", intid);
	}
	run_on_all(job_unmask, 0);
}

static void ignored(void)
{
	case_begin("writes that have no effect");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	irq_setup(0, A, prio_group(4));
	irq_setup(0, B, prio_group(2));
	acknowledge(A);
	/* special INTIDs */
	for (u32 intid = 1020; intid < 1024; intid++) {
		icc_eoir1(intid);
		icc_dir(intid);
	}
	CHECK_EQ(icc_rpr(), prio_group(4), "EOI of special INTIDs: ICC_RPR_EL1");
	CHECK(irq_active(0, A), "DIR of special INTIDs: not active");
	icc_eoir1(A);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "after EOI: ICC_RPR_EL1");
	/* not active, not enabled, not there */
	icc_dir(B);
	icc_dir(C);
	icc_dir(0);
	icc_dir(31);
	icc_dir(gic.nr_irqs - 1);
	if (gic.nr_irqs < 1020)
		icc_dir(gic.nr_irqs);
	icc_dir(1019);
	CHECK(irq_active(0, A), "DIR of others: not active");
	icc_dir(A);
	CHECK(!irq_active(0, A), "after DIR: active");
	icc_dir(A);
	/* all well */
	acknowledge(B);
	icc_eoir1(B);
	icc_dir(B);
	acknowledge(A);
	icc_eoir1(A);
	icc_dir(A);
	CHECK(!irq_active(0, A) && !irq_active(0, B), "at the end: active");
	int_unmask();
}

static void by_register(void)
{
	case_begin("GICD_ICACTIVER instead of DIR");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	irq_setup(0, A, prio_group(4));
	irq_setup(0, 4, prio_group(4));
	for (u32 i = 0; i < 2; i++) {
		u32 intid = i ? 4 : A;

		acknowledge(intid);
		icc_eoir1(intid);
		irq_pend(0, intid);
		irq_deactivate(0, intid);
		CHECK(!irq_active(0, intid), "INTID %u after ICACTIVER: active", intid);
		expect_hppir1(intid, "pending when deactivated");
		CHECK_EQ(icc_iar1(), intid, "INTID %u pending when deactivated: ICC_IAR1_EL1", intid);
		icc_eoir1(intid);
		icc_dir(intid);

		/* and DIR of what only ISACTIVER made active */
		irq_activate(0, intid);
		irq_pend(0, intid);
		settle();
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "INTID %u made active: ICC_HPPIR1_EL1", intid);
		icc_dir(intid);
		CHECK(!irq_active(0, intid), "INTID %u made active, after DIR: active", intid);
		expect_hppir1(intid, "pending when deactivated");
		CHECK_EQ(icc_iar1(), intid, "INTID %u: ICC_IAR1_EL1", intid);
		icc_eoir1(intid);
		icc_dir(intid);
	}
	int_unmask();
}

/* A level that is held fires again at DIR, not at EOI. */
static volatile u32 level_eoi_ok;

static bool hook_level(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	icc_eoir1(intid);
	CHECK_EQ(icc_rpr(), RPR_IDLE, "held level after EOI: ICC_RPR_EL1");
	CHECK(irq_active(c->id, intid), "held level after EOI: not active");
	CHECK(irq_pending(c->id, intid), "held level after EOI: not pending");
	int_unmask();
	spin_us(50);
	int_mask();
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "held level before DIR: ICC_HPPIR1_EL1");
	if (c->taken[intid] == 5) {
		sysreg_write("cntp_ctl_el0", 0);
		isb();
		WAIT(!irq_pending(c->id, intid));
	}
	level_eoi_ok = level_eoi_ok + 1;
	icc_dir(intid);
	return true;
}

static u64 job_level(u64 unused)
{
	struct cpu *c = this_cpu();

	(void)unused;
	icc_set_ctlr(ICC_CTLR_EOImode);
	c->hook = hook_level;
	irq_setup(c->id, PPI_PTIMER, prio_group(4));
	sysreg_write("cntp_cval_el0", 0);
	sysreg_write("cntp_ctl_el0", 1);
	isb();
	WAIT(c->taken[PPI_PTIMER] >= 5);
	spin_us(100);
	CHECK_EQ(c->taken[PPI_PTIMER], 5, "held level: taken");
	CHECK_EQ(level_eoi_ok, c->taken[PPI_PTIMER], "held level: taken again before DIR");
	CHECK(!irq_active(c->id, PPI_PTIMER), "held level: active at the end");
	sysreg_write("cntp_ctl_el0", 0);
	isb();
	c->hook = NULL;
	return 0;
}

static void level(void)
{
	case_begin("EOImode 1 and a held level");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		level_eoi_ok = 0;
		run_on(i, job_level, 0);
	}
}

static void many_equal(void)
{
	u32 n = 24;

	case_begin("24 of equal priority active at once");
	int_mask();
	icc_set_ctlr(ICC_CTLR_EOImode);
	for (u32 i = 0; i < n; i++) {
		irq_setup(0, SPI_BASE + i, prio_group(4));
		acknowledge(SPI_BASE + i);
		icc_eoir1(SPI_BASE + i);
		for (u32 k = 0; k <= i; k++)
			CHECK(irq_active(0, SPI_BASE + k), "%u acknowledged: INTID %u not active", i + 1, SPI_BASE + k);
	}
	for (u32 i = 0; i < n; i++) {
		u32 k = (i * 7) % n;

		icc_dir(SPI_BASE + k);
		CHECK(!irq_active(0, SPI_BASE + k), "INTID %u after DIR: active", SPI_BASE + k);
	}
	for (u32 i = 0; i < n; i++)
		CHECK(!irq_active(0, SPI_BASE + i), "INTID %u at the end: active", SPI_BASE + i);
	int_unmask();
}

void guest_main(void)
{
	mode0();
	mode1();
	orders();
	dir_elsewhere();
	ignored();
	by_register();
	level();
	many_equal();
}
