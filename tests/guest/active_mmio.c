/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The active and pending registers are exact, whoever reads or writes them,
 * also for an interrupt that another CPU is handling right now.
 * IHI 0069: GICD_ISACTIVER<n>, GICD_ICACTIVER<n>, GICD_ISPENDR<n>,
 * GICD_ICPENDR<n> and their GICR counterparts; "Interrupt handling state machine".
 */
#include "guest.h"

const char guest_name[] = "active_mmio";

#define A (SPI_BASE + 0)

static const u32 kinds[] = { 3, 20, PPI_PTIMER, A, SPI_BASE + 55 };
#define NR_KINDS 5u

static uintptr_t bit_reg(unsigned int cpu, u32 group, u32 intid)
{
	return intid < 32 ? cpus[cpu].rd + GICR_SGI + group : GICD_BASE + group + intid / 32 * 4;
}

/* Both registers of the pair give the whole word; nothing else is set in it. */
static void check_state(unsigned int cpu, u32 intid, bool pending, bool active, const char *when)
{
	u32 bit = 1u << (intid % 32);

	dsb();
	CHECK_EQ(read32(bit_reg(cpu, GICD_ISPENDR, intid)), pending ? bit : 0, "%s, INTID %u of CPU %u: ISPENDR", when,
	         intid, cpu);
	CHECK_EQ(read32(bit_reg(cpu, GICD_ICPENDR, intid)), pending ? bit : 0, "%s, INTID %u of CPU %u: ICPENDR", when,
	         intid, cpu);
	CHECK_EQ(read32(bit_reg(cpu, GICD_ISACTIVER, intid)), active ? bit : 0, "%s, INTID %u of CPU %u: ISACTIVER",
	         when, intid, cpu);
	CHECK_EQ(read32(bit_reg(cpu, GICD_ICACTIVER, intid)), active ? bit : 0, "%s, INTID %u of CPU %u: ICACTIVER",
	         when, intid, cpu);
}

static void in_handler(void)
{
	case_begin("read and written from outside the handler");
	if (!need_cpus(2))
		return;
	for (unsigned int cpu = 1; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < NR_KINDS; k++) {
			u32 intid = kinds[k];

			log_clear();
			irq_setup(cpu, intid, 0xa0);
			check_state(cpu, intid, false, false, "before");
			hold_in_handler(cpu, intid);
			check_state(cpu, intid, false, true, "in the handler");
			if (intid < 32)
				check_state(0, intid, false, false, "the same INTID elsewhere");
			irq_pend(cpu, intid);
			check_state(cpu, intid, true, true, "made pending");
			irq_unpend(cpu, intid);
			check_state(cpu, intid, false, true, "cleared");
			release_handler(cpu);
			check_state(cpu, intid, false, false, "after EOI");
			CHECK_EQ(cpus[cpu].taken[intid], 1, "INTID %u taken by CPU %u", intid, cpu);

			hold_in_handler(cpu, intid);
			irq_pend(cpu, intid);
			release_handler(cpu);
			expect_taken(cpu, intid, 3);
			check_state(cpu, intid, false, false, "at the end");
			/* set what is set already, clear what is clear already */
			hold_in_handler(cpu, intid);
			irq_activate(cpu, intid);
			irq_unpend(cpu, intid);
			check_state(cpu, intid, false, true, "active, set again");
			release_handler(cpu);
			check_state(cpu, intid, false, false, "active, set again, after EOI");
			CHECK_EQ(cpus[cpu].taken[intid], 4, "INTID %u taken by CPU %u", intid, cpu);
		}
	}
}

/*
 * Deactivated from outside while in the handler. The running priority stays, so
 * it is not taken again before the EOI; after it, it is.
 */
static void deactivated(void)
{
	case_begin("deactivated from outside the handler");
	if (!need_cpus(2))
		return;
	for (u32 k = 0; k < NR_KINDS; k++) {
		u32 intid = kinds[k];

		log_clear();
		irq_setup(1, intid, 0xa0);
		hold_in_handler(1, intid);
		irq_deactivate(1, intid);
		check_state(1, intid, false, false, "deactivated");
		irq_pend(1, intid);
		check_state(1, intid, true, false, "deactivated, made pending");
		spin_us(200);
		CHECK_EQ(cpus[1].taken[intid], 1, "INTID %u, priority not dropped: taken", intid);
		release_handler(1);
		expect_taken(1, intid, 2);
		check_state(1, intid, false, false, "at the end");
		CHECK_EQ(run_on(1, job_rpr, 0), RPR_IDLE, "INTID %u: ICC_RPR_EL1 at the end", intid);
		irq_pend(1, intid);
		expect_taken(1, intid, 3);
	}
	/* deactivated and activated again: the EOI ends it */
	for (u32 k = 0; k < NR_KINDS; k++) {
		u32 intid = kinds[k];

		log_clear();
		hold_in_handler(1, intid);
		irq_deactivate(1, intid);
		irq_activate(1, intid);
		check_state(1, intid, false, true, "deactivated, activated");
		release_handler(1);
		check_state(1, intid, false, false, "deactivated, activated, after EOI");
		irq_pend(1, intid);
		expect_taken(1, intid, 2);
	}
}

/* Made active by a register, an interrupt is not signalled. */
static void blocked(void)
{
	case_begin("made active by a register");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		for (u32 k = 0; k < NR_KINDS; k++) {
			u32 intid = kinds[k];

			log_clear();
			irq_setup(cpu, intid, 0xa0);
			irq_activate(cpu, intid);
			check_state(cpu, intid, false, true, "made active");
			irq_pend(cpu, intid);
			check_state(cpu, intid, true, true, "made active, then pending");
			expect_nothing("made active");
			CHECK_EQ(run_on(cpu, job_rpr, 0), RPR_IDLE, "INTID %u made active: ICC_RPR_EL1", intid);
			irq_deactivate(cpu, intid);
			expect_taken(cpu, intid, 1);
			check_state(cpu, intid, false, false, "deactivated, taken");

			/* made active when it is signalled already, then cleared */
			run_on(cpu, job_mask, 0);
			irq_pend(cpu, intid);
			WAIT(run_on(cpu, job_hppir1, 0) == intid);
			irq_activate(cpu, intid);
			check_state(cpu, intid, true, true, "signalled, made active");
			WAIT(run_on(cpu, job_hppir1, 0) == INTID_SPURIOUS);
			CHECK_EQ(run_on(cpu, job_hppir1, 0), INTID_SPURIOUS,
			         "INTID %u signalled, made active: ICC_HPPIR1_EL1", intid);
			CHECK_EQ(run_on(cpu, job_iar1, 0), INTID_SPURIOUS,
			         "INTID %u signalled, made active: ICC_IAR1_EL1", intid);
			irq_unpend(cpu, intid);
			check_state(cpu, intid, false, true, "made active, cleared");
			irq_deactivate(cpu, intid);
			check_state(cpu, intid, false, false, "made active, cleared, deactivated");
			irq_pend(cpu, intid);
			run_on(cpu, job_unmask, 0);
			expect_taken(cpu, intid, 2);
			check_state(cpu, intid, false, false, "at the end");
		}
	}
}

/* A level that is held stays pending through ISACTIVER and ICACTIVER. */
static volatile u32 level_taken;

static bool hook_level(struct cpu *c, u32 intid, bool fiq)
{
	(void)c;
	(void)fiq;
	if (intid == PPI_PTIMER) {
		sysreg_write("cntp_ctl_el0", 0);
		isb();
		level_taken = level_taken + 1;
	}
	return false;
}

static u64 job_level_up(u64 unused)
{
	(void)unused;
	sysreg_write("cntp_cval_el0", 0);
	sysreg_write("cntp_ctl_el0", 1);
	isb();
	return 0;
}

static void held_level(void)
{
	case_begin("a held level made active and inactive");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		log_clear();
		level_taken = 0;
		cpus[cpu].hook = hook_level;
		irq_setup(cpu, PPI_PTIMER, 0xa0);
		irq_activate(cpu, PPI_PTIMER);
		run_on(cpu, job_level_up, 0);
		WAIT(irq_pending(cpu, PPI_PTIMER));
		check_state(cpu, PPI_PTIMER, true, true, "made active, line up");
		expect_nothing("made active, line up");
		irq_unpend(cpu, PPI_PTIMER);
		check_state(cpu, PPI_PTIMER, true, true, "made active, line up, ICPENDR written");
		irq_deactivate(cpu, PPI_PTIMER);
		expect_taken(cpu, PPI_PTIMER, 1);
		check_state(cpu, PPI_PTIMER, false, false, "at the end");
		cpus[cpu].hook = NULL;
	}
}

/* CPU 0 follows each step of CPU 1: exact, every time. */
static void exactness(void)
{
	case_begin("100 times: active in the handler, not after it");
	if (!need_cpus(2))
		return;
	irq_setup(1, A, 0xa0);
	irq_setup(1, 3, 0xa0);
	for (u32 round = 1; round <= 50; round++) {
		for (u32 k = 0; k < 2; k++) {
			u32 intid = k ? 3 : A;

			hold_in_handler(1, intid);
			if (!CHECK(irq_active(1, intid), "round %u, INTID %u in the handler: not active", round, intid))
				return;
			release_handler(1);
			if (!CHECK(!irq_active(1, intid), "round %u, INTID %u after it: active", round, intid))
				return;
			CHECK_EQ(cpus[1].taken[intid], round, "INTID %u taken", intid);
		}
	}
}

/*
 * Many states in one word at once: 8 active, 8 pending, 8 both, 8 none; written
 * as words, read as words, then all is delivered that should be.
 */
static void word(void)
{
	struct cpu *c = this_cpu();
	u32 reg = 2;

	case_begin("a word of 32 in all states");
	if (gic.nr_irqs < 96) {
		case_skip("INTIDs below %u only", gic.nr_irqs);
		return;
	}
	gicd_write(GICD_ISPENDR + reg * 4, 0xcccccccc);
	gicd_write(GICD_ISACTIVER + reg * 4, 0xaaaaaaaa);
	gicd_write(GICD_ISENABLER + reg * 4, ~0u);
	dsb();
	WAIT(c->nr_taken >= 8);
	settle();
	CHECK_EQ(c->nr_taken, 8, "pending and not active: taken");
	CHECK_EQ(gicd_read(GICD_ISPENDR + reg * 4), 0x88888888, "GICD_ISPENDR2");
	CHECK_EQ(gicd_read(GICD_ISACTIVER + reg * 4), 0xaaaaaaaa, "GICD_ISACTIVER2");
	gicd_write(GICD_ICACTIVER + reg * 4, 0x0000ffff);
	dsb();
	WAIT(c->nr_taken >= 12);
	settle();
	CHECK_EQ(c->nr_taken, 12, "half deactivated: taken");
	CHECK_EQ(gicd_read(GICD_ISPENDR + reg * 4), 0x88880000, "half deactivated: GICD_ISPENDR2");
	CHECK_EQ(gicd_read(GICD_ISACTIVER + reg * 4), 0xaaaa0000, "half deactivated: GICD_ISACTIVER2");
	gicd_write(GICD_ICPENDR + reg * 4, 0xff000000);
	gicd_write(GICD_ICACTIVER + reg * 4, ~0u);
	dsb();
	WAIT(c->nr_taken >= 14);
	settle();
	CHECK_EQ(c->nr_taken, 14, "half of the rest cleared: taken");
	for (u32 i = 0; i < 32; i++)
		CHECK_EQ(c->taken[reg * 32 + i], (0x00888888u | 0x44444444u) >> i & 1, "INTID %u taken", reg * 32 + i);
	CHECK_EQ(gicd_read(GICD_ISPENDR + reg * 4), 0, "at the end: GICD_ISPENDR2");
	CHECK_EQ(gicd_read(GICD_ISACTIVER + reg * 4), 0, "at the end: GICD_ISACTIVER2");
}

void guest_main(void)
{
	in_handler();
	deactivated();
	blocked();
	held_level();
	exactness();
	word();
}
