/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * WFI ends when an interrupt is signalled, masked by PSTATE or not, and no
 * wake-up is lost between two CPUs that do nothing but wake each other.
 * Arm ARM: "Wait For Interrupt"; IHI 0069: "Interrupt assignment to IRQ and FIQ
 * signals". The virtual timer is the backstop of each sleep.
 */
#include "guest.h"

const char guest_name[] = "wfi";

#define A (SPI_BASE + 0)

/*
 * Sleep, masked, until something can be acknowledged; acknowledge and end it.
 * Returns its INTID, or INTID_SPURIOUS when the backstop came first.
 */
static u32 sleep_and_acknowledge(bool fiq)
{
	u64 end = now() + ms_to_ticks(WAIT_MS);
	u32 intid = INTID_SPURIOUS;

	watchdog_arm(end);
	for (;;) {
		wfi();
		intid = fiq ? icc_iar0() : icc_iar1();
		if (intid == PPI_VTIMER) {
			icc_eoir1(intid);
			intid = INTID_SPURIOUS;
			break;
		}
		if (intid != INTID_SPURIOUS) {
			if (fiq)
				icc_eoir0(intid);
			else
				icc_eoir1(intid);
			break;
		}
		if (now() >= end)
			break;
		/* a WFI may end for no reason */
	}
	watchdog_disarm();
	return intid;
}

/* Pending before the WFI: it does not sleep. */
static u64 job_pending_before(u64 unused)
{
	struct cpu *c = this_cpu();

	(void)unused;
	int_mask();
	for (u32 i = 0; i < 100; i++) {
		u64 before;

		sgi_send(c->id, 3);
		before = now();
		if (!CHECK_EQ(sleep_and_acknowledge(false), 3, "round %u: woken by", i))
			break;
		CHECK(now() - before < ms_to_ticks(WAIT_MS), "round %u: only the backstop has ended it", i);
	}
	CHECK_EQ(c->nr_taken, 0, "taken while masked");
	int_unmask();
	return 0;
}

static void pending_before(void)
{
	case_begin("pending before WFI");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		irq_setup(i, 3, 0x80);
		run_on(i, job_pending_before, 0);
	}
}

/* Own timer, masked: wakes, is not taken before the unmask. */
static u64 job_timer(u64 unused)
{
	struct cpu *c = this_cpu();

	(void)unused;
	irq_setup(c->id, PPI_PTIMER, 0x80);
	for (u32 i = 1; i <= 20; i++) {
		u64 end = now() + ms_to_ticks(WAIT_MS);

		int_mask();
		sysreg_write("cntp_cval_el0", sysreg_read("cntpct_el0") + us_to_ticks(300));
		sysreg_write("cntp_ctl_el0", 1);
		isb();
		while (icc_hppir1() != PPI_PTIMER && now() < end)
			wfi();
		CHECK_EQ(icc_hppir1(), PPI_PTIMER, "round %u: ICC_HPPIR1_EL1 after WFI", i);
		CHECK_EQ(c->taken[PPI_PTIMER], i - 1, "round %u: taken while masked", i);
		CHECK(sysreg_read("cntp_ctl_el0") & 4, "round %u: woken before the timer", i);
		int_unmask();
		WAIT(c->taken[PPI_PTIMER] >= i);
		int_mask();
		if (!CHECK_EQ(c->taken[PPI_PTIMER], i, "round %u: taken after the unmask", i))
			break;
		int_unmask();
	}
	sysreg_write("cntp_ctl_el0", 0);
	isb();
	int_unmask();
	return 0;
}

static bool hook_ptimer(struct cpu *c, u32 intid, bool fiq)
{
	(void)c;
	(void)fiq;
	if (intid == PPI_PTIMER) {
		sysreg_write("cntp_ctl_el0", 0);
		isb();
	}
	return false;
}

static void timer(void)
{
	case_begin("a timer ends a masked WFI");
	for (unsigned int i = 0; i < nr_cpus; i++)
		cpus[i].hook = hook_ptimer;
	for (unsigned int i = 0; i < nr_cpus; i++)
		run_on(i, job_timer, 0);
	log_clear();
	run_on_all(job_timer, 0);
}

/*
 * Two CPUs wake each other in turn: kind 0 by an SGI, 1 by an SPI that is
 * routed to the other. Masked, so each wake-up is one WFI and one acknowledge.
 */
static u32 game_rounds;
static u32 game_fiq;
static volatile u32 game_over;
static volatile u32 game_ready; /* the other one is masked */

static void serve(u32 to, u32 k)
{
	/* alternate between the ways to make something pending for another CPU */
	switch (k % 3) {
	case 0:
		if (game_fiq)
			icc_sgi0r(sgi_value(cpus[to].mpidr, 1u << (cpus[to].mpidr & 15), 4));
		else
			sgi_send(to, 4);
		break;
	case 1:
		irq_pend(to, A + to);
		break;
	default:
		irq_pend(to, 4); /* GICR_ISPENDR0 of the other */
		break;
	}
}

static u64 job_game(u64 other)
{
	struct cpu *c = this_cpu();
	u32 n = 0;

	int_mask();
	if (c->id == 0)
		WAIT(game_ready);
	else
		game_ready = 1;
	for (u32 k = 0; k < game_rounds && !game_over; k++) {
		u32 got;
		u32 want = k % 3 == 1 ? A + c->id : 4;

		/* CPU 0 serves first */
		if (c->id == 0)
			serve((u32)other, k);
		got = sleep_and_acknowledge(game_fiq);
		if (!CHECK_EQ(got, want, "round %u: CPU %u woken by", k, c->id)) {
			game_over = 1;
			break;
		}
		n++;
		if (c->id != 0)
			serve((u32)other, k);
	}
	CHECK_EQ(c->nr_taken, 0, "taken while masked");
	int_unmask();
	return n;
}

static void play(const char *name, u32 rounds, bool fiq)
{
	case_begin(name);
	if (!need_cpus(2))
		return;
	game_rounds = rounds;
	game_fiq = fiq;
	for (unsigned int k = 1; k<nr_cpus; k += nr_cpus> 2 ? nr_cpus - 2 : 1) {
		game_over = 0;
		game_ready = 0;
		for (unsigned int i = 0; i < nr_cpus; i++) {
			if (fiq) {
				irq_disable(i, 4);
				irq_disable(i, A + i);
				irq_set_group(i, 4, 0);
				irq_set_group(i, A + i, 0);
			}
			irq_setup(i, 4, 0x80);
			irq_setup(i, A + i, 0x80);
		}
		cpu_start(k, job_game, 0);
		CHECK_EQ(job_game(k), rounds, "rounds of CPU 0 against CPU %u", k);
		CHECK_EQ(cpu_finish(k), rounds, "rounds of CPU %u", k);
	}
}

/*
 * Unmasked, by handlers: the usual idle loop. The check and the WFI are masked,
 * so that the interrupt cannot be taken between them.
 */
static u64 job_idle(u64 other)
{
	struct cpu *c = this_cpu();
	u32 rounds = 2000;

	for (u32 i = 1; i <= rounds; i++) {
		if (c->id == 0)
			sgi_send((u32)other, 5);
		if (!WAIT_WFI(c->taken[5] >= i)) {
			CHECK(false, "CPU %u: lost in round %u", c->id, i);
			return i;
		}
		if (c->id != 0)
			sgi_send((u32)other, 5);
	}
	return rounds;
}

static void idle(void)
{
	case_begin("2,000 rounds of two idle loops");
	if (!need_cpus(2))
		return;
	irq_setup(0, 5, 0x80);
	irq_setup(1, 5, 0x80);
	cpu_start(1, job_idle, 0);
	CHECK_EQ(job_idle(1), 2000, "rounds of CPU 0");
	CHECK_EQ(cpu_finish(1), 2000, "rounds of CPU 1");
	CHECK_EQ(cpus[0].taken[5], 2000, "taken by CPU 0");
	CHECK_EQ(cpus[1].taken[5], 2000, "taken by CPU 1");
}

/* One wakes all. */
static u64 job_wait_broadcast(u64 n)
{
	struct cpu *c = this_cpu();

	for (u32 i = 1; i <= n; i++) {
		if (!WAIT_WFI(c->taken[6] >= i)) {
			CHECK(false, "broadcast %u lost", i);
			return i;
		}
		/* CPU 0 sends the next when all have said so */
		sgi_send(0, 8 + c->id % 8);
	}
	return n;
}

static void broadcast(void)
{
	u32 n = 100;
	u32 m = nr_cpus < 8 ? nr_cpus : 8;

	case_begin("100 broadcasts to sleeping CPUs");
	if (!need_cpus(2))
		return;
	for (unsigned int i = 0; i < nr_cpus; i++)
		irq_setup(i, 6, 0x80);
	for (unsigned int i = 1; i < m; i++) {
		irq_setup(0, 8 + i, 0x80);
		cpu_start(i, job_wait_broadcast, n);
	}
	for (u32 k = 1; k <= n; k++) {
		sgi_send_others(6);
		for (unsigned int i = 1; i < m; i++) {
			if (!WAIT_WFI(cpus[0].taken[8 + i] >= k)) {
				CHECK(false, "broadcast %u: no answer of CPU %u", k, i);
				k = n;
				break;
			}
		}
	}
	for (unsigned int i = 1; i < m; i++) {
		CHECK_EQ(cpu_finish(i), n, "broadcasts seen by CPU %u", i);
		CHECK_EQ(cpus[i].taken[6], n, "SGI 6 taken by CPU %u", i);
	}
}

void guest_main(void)
{
	pending_before();
	timer();
	play("1,500 rounds of two masked CPUs", 1500, false);
	/* the backstop is an IRQ: Group 0 rounds wake by FIQ */
	play("600 rounds of two masked CPUs, FIQ", 600, true);
	idle();
	broadcast();
}
