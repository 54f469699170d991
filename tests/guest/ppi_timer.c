/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The timer PPIs: a level that the CPU itself holds and drops.
 * IHI 0069: "Interrupt handling state machine" (level-sensitive interrupts),
 * GICR_ISPENDR0, GICR_ICPENDR0, GICR_ISENABLER0. Arm ARM: CNTV_CTL_EL0.
 */
#include "guest.h"

const char guest_name[] = "ppi_timer";

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

struct timer {
	const char *name;
	u32 intid;
	void (*set_ctl)(u64 ctl);
	u64 (*ctl)(void);
	void (*set_cval)(u64 cval);
	u64 (*count)(void);
};

static void v_set_ctl(u64 v)
{
	sysreg_write("cntv_ctl_el0", v);
	isb();
	dsb();
}
static u64 v_ctl(void)
{
	isb();
	return sysreg_read("cntv_ctl_el0");
}
static void v_set_cval(u64 v)
{
	sysreg_write("cntv_cval_el0", v);
	isb();
	dsb();
}
static u64 v_count(void)
{
	isb();
	return sysreg_read("cntvct_el0");
}
static void p_set_ctl(u64 v)
{
	sysreg_write("cntp_ctl_el0", v);
	isb();
	dsb();
}
static u64 p_ctl(void)
{
	isb();
	return sysreg_read("cntp_ctl_el0");
}
static void p_set_cval(u64 v)
{
	sysreg_write("cntp_cval_el0", v);
	isb();
	dsb();
}
static u64 p_count(void)
{
	isb();
	return sysreg_read("cntpct_el0");
}

static const struct timer timers[2] = {
	{ "virtual", PPI_VTIMER, v_set_ctl, v_ctl, v_set_cval, v_count },
	{ "physical", PPI_PTIMER, p_set_ctl, p_ctl, p_set_cval, p_count },
};

/* Per CPU, written by its handler. */
static struct {
	const struct timer *t;
	volatile u64 cval;
	u64 period;
	volatile u32 left; /* more times to fire */
	volatile u32 early;
} state[MAX_CPUS];

static bool hook_periodic(struct cpu *c, u32 intid, bool fiq)
{
	const struct timer *t = state[c->id].t;

	(void)fiq;
	if (intid != t->intid) {
		/* the backstop */
		timers[intid == PPI_PTIMER].set_ctl(0);
		return false;
	}
	if (t->count() < state[c->id].cval)
		state[c->id].early = state[c->id].early + 1;
	state[c->id].left = state[c->id].left - 1;
	if (state[c->id].left) {
		state[c->id].cval = state[c->id].cval + state[c->id].period;
		t->set_cval(state[c->id].cval);
	} else {
		t->set_ctl(0);
	}
	return false;
}

static u64 job_periodic(u64 which)
{
	struct cpu *c = this_cpu();
	const struct timer *t = &timers[which & 1];
	bool sleep = which & 2;
	u32 n = 20;

	state[c->id].t = t;
	state[c->id].left = n;
	state[c->id].early = 0;
	state[c->id].period = us_to_ticks(500);
	state[c->id].cval = t->count() + state[c->id].period;
	c->hook = hook_periodic;
	irq_enable(c->id, t->intid);
	t->set_cval(state[c->id].cval);
	t->set_ctl(CTL_ENABLE);
	if (sleep) {
		/* as WAIT_WFI, with the other timer as the backstop */
		const struct timer *o = &timers[1 - (which & 1)];
		u64 end = o->count() + ms_to_ticks(WAIT_MS);

		irq_enable(c->id, o->intid);
		o->set_cval(end);
		o->set_ctl(CTL_ENABLE);
		for (;;) {
			irq_mask();
			if (!state[c->id].left || o->count() >= end)
				break;
			wfi();
			irq_unmask();
		}
		o->set_ctl(0);
		irq_unmask();
	} else {
		WAIT(!state[c->id].left);
	}
	CHECK_EQ(c->taken[t->intid], n, "%s timer: ticks", t->name);
	CHECK_EQ(state[c->id].early, 0, "%s timer: ticks before CVAL", t->name);
	spin_us(1500);
	CHECK_EQ(c->taken[t->intid], n, "%s timer: ticks after it is stopped", t->name);
	CHECK_EQ(c->nr_taken, n, "%s timer: all interrupts", t->name);
	t->set_ctl(0);
	c->hook = NULL;
	return 0;
}

static void periodic(void)
{
	for (u64 which = 0; which < 4; which++) {
		const struct timer *t = &timers[which & 1];

		case_begin(which == 0 ? "virtual, each CPU" :
		           which == 1 ? "physical, each CPU" :
		           which == 2 ? "virtual, each CPU, WFI" :
		                        "physical, each CPU, WFI");
		for (unsigned int i = 0; i < nr_cpus; i++) {
			log_clear();
			run_on(i, job_periodic, which);
			for (unsigned int k = 0; k < nr_cpus; k++)
				if (k != i)
					CHECK_EQ(cpus[k].nr_taken, 0, "%s timer of CPU %u: CPU %u took", t->name, i, k);
		}
	}
	case_begin("virtual, all CPUs at once");
	run_on_all(job_periodic, 0);
	case_begin("physical, all CPUs at once, WFI");
	run_on_all(job_periodic, 3);
}

static volatile u32 refires;

static bool hook_refire(struct cpu *c, u32 intid, bool fiq)
{
	const struct timer *t = state[c->id].t;

	(void)fiq;
	if (intid != t->intid)
		return false;
	/* line still up: active and pending; the pending bit is the line */
	CHECK(irq_pending(c->id, intid), "line up in the handler: GICR_ISPENDR0 reads 0");
	CHECK(irq_active(c->id, intid), "in the handler: GICR_ISACTIVER0 reads 0");
	if (c->taken[intid] == refires) {
		t->set_ctl(0);
		WAIT(!irq_pending(c->id, intid));
		CHECK(!irq_pending(c->id, intid), "line dropped in the handler: GICR_ISPENDR0 reads 1");
		CHECK(irq_active(c->id, intid), "line dropped in the handler: GICR_ISACTIVER0 reads 0");
	}
	return false;
}

/* A level that is still held when the interrupt ends is pending again. */
static u64 job_refire(u64 which)
{
	struct cpu *c = this_cpu();
	const struct timer *t = &timers[which];

	state[c->id].t = t;
	c->hook = hook_refire;
	irq_enable(c->id, t->intid);
	t->set_cval(0);
	t->set_ctl(CTL_ENABLE);
	WAIT(c->taken[t->intid] >= refires);
	spin_us(200);
	CHECK_EQ(c->taken[t->intid], refires, "%s timer held for %u interrupts: taken", t->name, refires);
	CHECK(!irq_active(c->id, t->intid), "%s timer: active at the end", t->name);
	CHECK(!irq_pending(c->id, t->intid), "%s timer: pending at the end", t->name);
	t->set_ctl(0);
	c->hook = NULL;
	return 0;
}

static void refire(void)
{
	case_begin("a held level fires again after EOI");
	refires = 7;
	for (u64 which = 0; which < 2; which++) {
		for (unsigned int i = 0; i < nr_cpus; i++) {
			log_clear();
			run_on(i, job_refire, which);
		}
	}
	log_clear();
	run_on_all(job_refire, 0);
}

static bool hook_stop(struct cpu *c, u32 intid, bool fiq)
{
	(void)c;
	(void)fiq;
	if (intid == PPI_VTIMER)
		v_set_ctl(0);
	if (intid == PPI_PTIMER)
		p_set_ctl(0);
	return false;
}

/* The condition goes away before the interrupt is taken: so does the pending state. */
static u64 job_drop(u64 which)
{
	struct cpu *c = this_cpu();
	const struct timer *t = &timers[which];

	irq_enable(c->id, t->intid);
	int_mask();
	t->set_cval(0);
	t->set_ctl(CTL_ENABLE);
	CHECK(t->ctl() & CTL_ISTATUS, "%s timer: ISTATUS", t->name);
	expect_hppir1(t->intid, "line up");
	CHECK(irq_pending(c->id, t->intid), "%s timer: line up, GICR_ISPENDR0 reads 0", t->name);
	/* IHI 0069, GICR_ICPENDR0: no effect while the level is held */
	irq_unpend(c->id, t->intid);
	CHECK(irq_pending(c->id, t->intid), "%s timer: GICR_ICPENDR0 cleared a held level", t->name);
	expect_hppir1(t->intid, "line up, after GICR_ICPENDR0");

	/* IMASK keeps ISTATUS and drops the line */
	t->set_ctl(CTL_ENABLE | CTL_IMASK);
	CHECK(t->ctl() & CTL_ISTATUS, "%s timer: ISTATUS with IMASK", t->name);
	expect_hppir1(INTID_SPURIOUS, "IMASK set");
	CHECK(!irq_pending(c->id, t->intid), "%s timer: IMASK set, GICR_ISPENDR0 reads 1", t->name);
	int_unmask();
	spin_us(200);
	CHECK_EQ(c->nr_taken, 0, "%s timer: taken with IMASK set", t->name);

	int_mask();
	t->set_ctl(CTL_ENABLE);
	expect_hppir1(t->intid, "IMASK cleared");
	/* CVAL in the future */
	t->set_cval(~0ull >> 1);
	expect_hppir1(INTID_SPURIOUS, "CVAL in the future");
	int_unmask();
	spin_us(200);
	CHECK_EQ(c->nr_taken, 0, "%s timer: taken with CVAL in the future", t->name);

	c->hook = hook_stop;
	t->set_cval(0);
	WAIT(c->taken[t->intid] > 0);
	CHECK_EQ(c->taken[t->intid], 1, "%s timer: taken with the line up", t->name);
	c->hook = NULL;
	return 0;
}

static void drop(void)
{
	case_begin("a level that drops before it is taken");
	for (u64 which = 0; which < 2; which++) {
		for (unsigned int i = 0; i < nr_cpus; i++) {
			log_clear();
			run_on(i, job_drop, which);
		}
	}
}

/* R23: a level that was up when the interrupt was disabled is seen at the enable. */
static u64 job_enable(u64 which)
{
	struct cpu *c = this_cpu();
	const struct timer *t = &timers[which];

	c->hook = hook_stop;
	irq_disable(c->id, t->intid);
	t->set_cval(0);
	t->set_ctl(CTL_ENABLE);
	spin_us(100);
	CHECK_EQ(c->nr_taken, 0, "%s timer: taken while disabled in the GIC", t->name);
	CHECK(irq_pending(c->id, t->intid), "%s timer: disabled, line up, GICR_ISPENDR0 reads 0", t->name);
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "%s timer disabled: ICC_HPPIR1_EL1", t->name);
	irq_enable(c->id, t->intid);
	WAIT(c->taken[t->intid] > 0);
	CHECK_EQ(c->taken[t->intid], 1, "%s timer: taken after the enable", t->name);

	/* enabled, signalled, disabled before it is taken, line dropped, enabled: nothing */
	int_mask();
	t->set_ctl(CTL_ENABLE);
	expect_hppir1(t->intid, "line up");
	irq_disable(c->id, t->intid);
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "%s timer disabled while signalled: ICC_HPPIR1_EL1", t->name);
	t->set_ctl(0);
	WAIT(!irq_pending(c->id, t->intid));
	irq_enable(c->id, t->intid);
	int_unmask();
	spin_us(100);
	CHECK_EQ(c->taken[t->intid], 1, "%s timer: taken though the line has dropped", t->name);
	c->hook = NULL;
	return 0;
}

static void enable(void)
{
	case_begin("disabled and enabled with the line up");
	for (u64 which = 0; which < 2; which++) {
		for (unsigned int i = 0; i < nr_cpus; i++) {
			log_clear();
			run_on(i, job_enable, which);
		}
	}
}

/*
 * GICR_ISPENDR0 on a level-sensitive PPI latches until it is taken, the line
 * apart. With Group 1 and without a line: exactly once.
 */
static void soft_latch(void)
{
	case_begin("a level PPI made pending by software");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		for (u32 which = 0; which < 2; which++) {
			u32 intid = timers[which].intid;

			CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ICFGR + 4) >> (intid % 16 * 2 + 1) & 1, 0,
			         "PPI %u: GICR_ICFGR1 (edge)", intid);
			irq_enable(i, intid);
			irq_pend(i, intid);
			expect_taken(i, intid, 1);
			CHECK(!irq_pending(i, intid), "PPI %u of CPU %u taken: still pending", intid, i);

			/* and cleared by GICR_ICPENDR0 */
			irq_disable(i, intid);
			irq_pend(i, intid);
			CHECK(irq_pending(i, intid), "PPI %u of CPU %u not pending", intid, i);
			irq_unpend(i, intid);
			CHECK(!irq_pending(i, intid), "PPI %u of CPU %u not cleared", intid, i);
			irq_enable(i, intid);
			expect_taken(i, intid, 1);
		}
	}
}

static void both(void)
{
	struct cpu *c = this_cpu();

	case_begin("both timers up, order by priority");
	c->hook = hook_stop;
	for (u32 first = 0; first < 2; first++) {
		const struct timer *a = &timers[first];
		const struct timer *b = &timers[1 - first];

		log_clear();
		int_mask();
		irq_setup(0, a->intid, prio_level(2));
		irq_setup(0, b->intid, prio_level(4));
		b->set_cval(0);
		b->set_ctl(CTL_ENABLE);
		a->set_cval(0);
		a->set_ctl(CTL_ENABLE);
		expect_hppir1(a->intid, "both up");
		int_unmask();
		WAIT(c->nr_taken >= 2);
		settle();
		CHECK_EQ(c->nr_taken, 2, "interrupts");
		CHECK_EQ(c->log[0].intid, a->intid, "first interrupt");
		CHECK_EQ(c->log[0].rpr, prio_level(2), "running priority in the first");
		CHECK_EQ(c->log[1].intid, b->intid, "second interrupt");
	}
}

void guest_main(void)
{
	periodic();
	refire();
	drop();
	enable();
	soft_latch();
	both();
}
