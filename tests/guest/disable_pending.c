/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Enable, disable, pend and clear at every stage of an interrupt's life, on
 * this CPU and from another.
 * IHI 0069: "Enabling the distribution of interrupts" with "Effect of disabling
 * interrupts", GICD_CTLR.RWP, GICR_CTLR.RWP, GICD_ICENABLER<n>, GICD_ICPENDR<n>.
 */
#include "guest.h"

const char guest_name[] = "disable_pending";

#define A (SPI_BASE + 0)
#define B (SPI_BASE + 1)

static const u32 kinds[] = { 3, 20, PPI_VTIMER, A };
#define NR_KINDS 4u

static bool wait_signalled(unsigned int cpu, u32 intid)
{
	WAIT(run_on(cpu, job_hppir1, 0) == intid);
	return CHECK_EQ(run_on(cpu, job_hppir1, 0), intid, "ICC_HPPIR1_EL1 of CPU %u", cpu);
}

/* Signalled to the target, which is masked; then disabled, then enabled again. */
static void while_signalled(void)
{
	case_begin("disabled while signalled, then enabled");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < NR_KINDS; k++) {
			u32 intid = kinds[k];

			log_clear();
			run_on(cpu, job_mask, 0);
			irq_setup(cpu, intid, 0xa0);
			irq_pend(cpu, intid);
			wait_signalled(cpu, intid);
			irq_disable(cpu, intid);
			/* RWP is clear: from here on it is not signalled */
			CHECK(!irq_enabled(cpu, intid), "INTID %u disabled: enabled", intid);
			CHECK(irq_pending(cpu, intid), "INTID %u disabled: not pending", intid);
			CHECK_EQ(run_on(cpu, job_hppir1, 0), INTID_SPURIOUS,
			         "INTID %u disabled: ICC_HPPIR1_EL1 of CPU %u", intid, cpu);
			CHECK_EQ(run_on(cpu, job_iar1, 0), INTID_SPURIOUS, "INTID %u disabled: ICC_IAR1_EL1 of CPU %u",
			         intid, cpu);
			run_on(cpu, job_unmask, 0);
			expect_nothing("disabled while signalled");
			CHECK(irq_pending(cpu, intid), "INTID %u disabled, after a while: not pending", intid);
			irq_enable(cpu, intid);
			expect_taken(cpu, intid, 1);
			CHECK(!irq_pending(cpu, intid), "INTID %u taken: pending", intid);
		}
	}
}

/* R83: injection while disabled, and before the first enable, is not lost. */
static void pend_disabled(void)
{
	case_begin("made pending while disabled");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < NR_KINDS; k++) {
			u32 intid = kinds[k];

			log_clear();
			irq_disable(cpu, intid);
			if (intid >= 32)
				spi_route(intid, cpu);
			irq_pend(cpu, intid);
			CHECK(irq_pending(cpu, intid), "INTID %u: not pending", intid);
			expect_nothing("disabled");
			irq_enable(cpu, intid);
			expect_taken(cpu, intid, 1);

			/* cleared again before the enable */
			irq_disable(cpu, intid);
			irq_pend(cpu, intid);
			irq_unpend(cpu, intid);
			CHECK(!irq_pending(cpu, intid), "INTID %u cleared: pending", intid);
			irq_enable(cpu, intid);
			expect_taken(cpu, intid, 1);

			/* disabled and cleared while signalled */
			run_on(cpu, job_mask, 0);
			irq_pend(cpu, intid);
			wait_signalled(cpu, intid);
			irq_disable(cpu, intid);
			irq_unpend(cpu, intid);
			irq_enable(cpu, intid);
			CHECK(!irq_pending(cpu, intid), "INTID %u disabled, cleared, enabled: pending", intid);
			run_on(cpu, job_unmask, 0);
			expect_taken(cpu, intid, 1);

			/* cleared while signalled and enabled */
			run_on(cpu, job_mask, 0);
			irq_pend(cpu, intid);
			wait_signalled(cpu, intid);
			irq_unpend(cpu, intid);
			CHECK(!irq_pending(cpu, intid), "INTID %u cleared while enabled: pending", intid);
			wait_signalled(cpu, INTID_SPURIOUS);
			run_on(cpu, job_unmask, 0);
			expect_taken(cpu, intid, 1);

			/* and it works as before */
			irq_pend(cpu, intid);
			expect_taken(cpu, intid, 2);
		}
	}
}

static volatile u32 step;

/*
 * R83: the EOI of an interrupt that was disabled in its handler. By the count:
 * 1: disabled; 2: disabled and pended; 3: pended, then cleared.
 */
static bool hook_active(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	switch (step) {
	case 1:
		irq_disable(c->id, intid);
		CHECK(irq_active(c->id, intid), "disabled in its handler: not active");
		break;
	case 2:
		irq_disable(c->id, intid);
		irq_pend(c->id, intid);
		CHECK(irq_active(c->id, intid), "disabled in its handler: not active");
		CHECK(irq_pending(c->id, intid), "pended in its handler: not pending");
		break;
	case 3:
		irq_pend(c->id, intid);
		CHECK(irq_pending(c->id, intid), "pended in its handler: not pending");
		irq_unpend(c->id, intid);
		CHECK(!irq_pending(c->id, intid), "cleared in its handler: pending");
		CHECK(irq_active(c->id, intid), "cleared in its handler: not active");
		break;
	default:
		break;
	}
	step = 0;
	return false;
}

static void while_active(void)
{
	case_begin("disabled and cleared in the handler");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < NR_KINDS; k++) {
			u32 intid = kinds[k];

			log_clear();
			cpus[cpu].hook = hook_active;
			irq_setup(cpu, intid, 0xa0);

			step = 1;
			dsb();
			irq_pend(cpu, intid);
			expect_taken(cpu, intid, 1);
			CHECK(!irq_active(cpu, intid), "INTID %u disabled in its handler, after EOI: active", intid);
			CHECK(!irq_enabled(cpu, intid), "INTID %u disabled in its handler: enabled", intid);
			irq_pend(cpu, intid);
			expect_taken(cpu, intid, 1);
			irq_enable(cpu, intid);
			expect_taken(cpu, intid, 2);

			step = 2;
			dsb();
			irq_pend(cpu, intid);
			expect_taken(cpu, intid, 3);
			CHECK(!irq_active(cpu, intid), "INTID %u disabled and pended in its handler, after EOI: active",
			      intid);
			CHECK(irq_pending(cpu, intid),
			      "INTID %u disabled and pended in its handler, after EOI: not pending", intid);
			irq_enable(cpu, intid);
			expect_taken(cpu, intid, 4);

			step = 3;
			dsb();
			irq_pend(cpu, intid);
			expect_taken(cpu, intid, 5);
			CHECK(!irq_active(cpu, intid), "INTID %u cleared in its handler, after EOI: active", intid);
			CHECK(!irq_pending(cpu, intid), "INTID %u cleared in its handler, after EOI: pending", intid);
			cpus[cpu].hook = NULL;
		}
	}
}

/* The same in the handler of one CPU, done by another. */
static void while_active_remote(void)
{
	case_begin("disabled and cleared by another CPU, in the handler");
	if (!need_cpus(2))
		return;
	for (u32 k = 0; k < NR_KINDS; k++) {
		u32 intid = kinds[k];

		log_clear();
		irq_setup(1, intid, 0xa0);
		hold_in_handler(1, intid);
		irq_disable(1, intid);
		CHECK(irq_active(1, intid), "INTID %u disabled: not active", intid);
		irq_pend(1, intid);
		release_handler(1);
		expect_taken(1, intid, 1);
		CHECK(!irq_active(1, intid), "INTID %u disabled, after EOI: active", intid);
		CHECK(irq_pending(1, intid), "INTID %u pended while disabled: not pending", intid);
		irq_enable(1, intid);
		expect_taken(1, intid, 2);

		hold_in_handler(1, intid);
		irq_pend(1, intid);
		irq_unpend(1, intid);
		CHECK(!irq_pending(1, intid), "INTID %u cleared while active: pending", intid);
		release_handler(1);
		expect_taken(1, intid, 3);
		CHECK(!irq_active(1, intid), "INTID %u cleared, after EOI: active", intid);

		hold_in_handler(1, intid);
		irq_disable(1, intid);
		irq_pend(1, intid);
		irq_enable(1, intid);
		release_handler(1);
		expect_taken(1, intid, 5);
	}
}

/*
 * CPU 1 disables and enables without pause what CPU 0 takes: each time it is
 * made pending it is taken exactly once.
 */
static volatile u32 stop;
static volatile u32 toggles;

static u64 job_toggle(u64 intid)
{
	u32 state = 31337;

	/* for times left to chance, or fixed time slices always end in the same state */
	while (!stop) {
		irq_disable(0, (u32)intid);
		spin_us(rnd(&state) % 16);
		irq_enable(0, (u32)intid);
		spin_us(rnd(&state) % 16);
		toggles = toggles + 1;
	}
	return 0;
}

static void race_enable(void)
{
	case_begin("enable toggled by another CPU while interrupts come");
	if (!need_cpus(2))
		return;
	for (u32 k = 0; k < NR_KINDS; k++) {
		u32 intid = kinds[k];

		log_clear();
		irq_setup(0, intid, 0xa0);
		stop = 0;
		toggles = 0;
		cpu_start(1, job_toggle, intid);
		for (u32 i = 1; i <= 100; i++) {
			u32 seen = toggles;

			/* each round finds the other CPU somewhere else in its loop */
			WAIT(toggles != seen);
			irq_pend(0, intid);
			if (!WAIT(cpus[0].taken[intid] >= i)) {
				CHECK(false, "INTID %u lost in round %u", intid, i);
				break;
			}
			if (!CHECK_EQ(cpus[0].taken[intid], i, "INTID %u: taken", intid))
				break;
		}
		stop = 1;
		cpu_finish(1);
		settle();
		CHECK(toggles >= 100, "CPU 1 toggled %u times", toggles);
		CHECK_EQ(cpus[0].nr_taken, cpus[0].taken[intid], "other interrupts");
	}
}

/*
 * CPU 1 pends and clears at once: taken or not, but nothing is left over, and
 * the next one works.
 */
static volatile u32 flash_us;

static u64 job_flash(u64 intid)
{
	irq_pend(0, (u32)intid);
	spin_us(flash_us);
	irq_unpend(0, (u32)intid);
	return 0;
}

static void race_clear(void)
{
	u32 sometimes = 0;

	case_begin("made pending and cleared at once by another CPU");
	if (!need_cpus(2))
		return;
	for (u32 k = 0; k < NR_KINDS; k++) {
		u32 intid = kinds[k];

		irq_setup(0, intid, 0xa0);
		for (u32 i = 0; i < 60; i++) {
			u32 n;

			log_clear();
			/* within one time slice of a scheduler, and over several */
			flash_us = i < 40 ? i * 4 : i * 50;
			cpu_start(1, job_flash, intid);
			cpu_finish(1);
			settle();
			n = cpus[0].taken[intid];
			CHECK(n <= 1, "INTID %u taken %u times for one edge", intid, n);
			sometimes += n;
			CHECK(!irq_pending(0, intid), "INTID %u cleared: pending", intid);
			CHECK(!irq_active(0, intid), "INTID %u cleared: active", intid);
			irq_pend(0, intid);
			WAIT(cpus[0].taken[intid] > n);
			if (!CHECK_EQ(cpus[0].taken[intid], n + 1, "INTID %u, after the clear: taken", intid))
				return;
		}
	}
	note("taken before the clear %u of %u times", sometimes, 60 * NR_KINDS);
}

/* One write of GICD_ISENABLER<n> enables 32 pending ones; one write disables them. */
static void words(void)
{
	struct cpu *c = this_cpu();
	u32 reg = 2; /* INTIDs 64 to 95 */
	u32 mask = 0x5a5aa5a5;

	case_begin("32 at a time");
	if (gic.nr_irqs < 96) {
		case_skip("INTIDs below %u only", gic.nr_irqs);
		return;
	}
	gicd_write(GICD_ISPENDR + reg * 4, ~0u);
	CHECK_EQ(gicd_read(GICD_ISPENDR + reg * 4), ~0u, "GICD_ISPENDR2");
	expect_nothing("disabled");
	gicd_write(GICD_ISENABLER + reg * 4, mask);
	CHECK_EQ(gicd_read(GICD_ISENABLER + reg * 4), mask, "GICD_ISENABLER2");
	CHECK_EQ(gicd_read(GICD_ICENABLER + reg * 4), mask, "GICD_ICENABLER2");
	WAIT(c->nr_taken >= nr_bits(mask));
	settle();
	for (u32 i = 0; i < 32; i++)
		CHECK_EQ(c->taken[reg * 32 + i], (mask >> i) & 1, "INTID %u", reg * 32 + i);
	CHECK_EQ(gicd_read(GICD_ISPENDR + reg * 4), ~mask, "GICD_ISPENDR2 after those enabled");

	/* the others are signalled while masked, then all are disabled at once */
	int_mask();
	gicd_write(GICD_ISENABLER + reg * 4, ~0u);
	dsb();
	WAIT(icc_hppir1() != INTID_SPURIOUS);
	gicd_write(GICD_ICENABLER + reg * 4, ~0u);
	gicd_wait_rwp();
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "all disabled: ICC_HPPIR1_EL1");
	CHECK_EQ(gicd_read(GICD_ISENABLER + reg * 4), 0, "all disabled: GICD_ISENABLER2");
	int_unmask();
	settle();
	CHECK_EQ(c->nr_taken, nr_bits(mask), "all disabled: taken");
	CHECK_EQ(gicd_read(GICD_ISPENDR + reg * 4), ~mask, "all disabled: GICD_ISPENDR2");

	/* half is cleared, the rest enabled and taken */
	gicd_write(GICD_ICPENDR + reg * 4, 0xffff0000);
	CHECK_EQ(gicd_read(GICD_ICPENDR + reg * 4), ~mask & 0xffff, "GICD_ICPENDR2 after a write");
	gicd_write(GICD_ISENABLER + reg * 4, ~0u);
	WAIT(c->nr_taken >= nr_bits(mask) + nr_bits(~mask & 0xffff));
	settle();
	for (u32 i = 0; i < 32; i++)
		CHECK_EQ(c->taken[reg * 32 + i], i < 16 ? 1 : (mask >> i) & 1, "at the end: INTID %u", reg * 32 + i);
}

/* GICD_CTLR.EnableGrp1 takes all of it away, and gives it back. */
static void distributor(void)
{
	struct cpu *c = this_cpu();

	case_begin("GICD_CTLR.EnableGrp1 while signalled");
	int_mask();
	for (u32 i = 0; i < 20; i++) {
		irq_setup(0, SPI_BASE + i, prio_level(i % 8));
		irq_pend(0, SPI_BASE + i);
	}
	irq_setup(0, 7, 0xa0);
	sgi_send(0, 7);
	WAIT(icc_hppir1() != INTID_SPURIOUS);
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp0);
	gicd_wait_rwp();
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "EnableGrp1 0: ICC_HPPIR1_EL1");
	CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "EnableGrp1 0: ICC_IAR1_EL1");
	int_unmask();
	expect_nothing("EnableGrp1 is 0");
	CHECK(irq_pending(0, SPI_BASE + 19) && irq_pending(0, 7), "EnableGrp1 0: pending state lost");
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	WAIT(c->nr_taken >= 21);
	settle();
	CHECK_EQ(c->nr_taken, 21, "EnableGrp1 1: interrupts");
	CHECK_EQ(c->taken[7], 1, "EnableGrp1 1: SGI 7");
	for (u32 i = 0; i < 20; i++)
		CHECK_EQ(c->taken[SPI_BASE + i], 1, "EnableGrp1 1: INTID %u", SPI_BASE + i);
}

void guest_main(void)
{
	while_signalled();
	pend_disabled();
	while_active();
	while_active_remote();
	race_enable();
	race_clear();
	words();
	distributor();
}
