/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * 1 of N: an SPI with GICD_IROUTER<n>.Interrupt_Routing_Mode 1 goes to any one
 * CPU that participates.
 * IHI 0069: "Routing SPIs and SGIs by PE affinity" and "Participating nodes",
 * GICD_TYPER.No1N, GICR_CTLR.DPG1NS, ICC_IGRPEN1_EL1 (the change from 1 to 0
 * makes a pending 1 of N interrupt target another CPU).
 */
#include "guest.h"

const char guest_name[] = "one_of_n";

#define A         (SPI_BASE + 0)
#define NR        60u
#define UART_IMSC 0x09000038ul
#define UART_TX   (1u << 5)

static void route_any(u32 intid)
{
	spi_route_raw(intid, GICD_IROUTER_IRM);
}

static void setup_any(u32 intid)
{
	irq_set_prio(0, intid, 0xa0);
	route_any(intid);
	irq_enable(0, intid);
}

static void report_spread(void)
{
	for (unsigned int i = 0; i < nr_cpus; i++)
		note("CPU %u took %u", i, cpus[i].nr_taken);
}

/* Each of the NR SPIs taken n times in all, none by the CPUs of a mask. */
static bool check_all(u32 n, u64 none, const char *when)
{
	bool ok = true;

	for (u32 i = 0; i < NR; i++) {
		WAIT(total_taken(SPI_BASE + i) >= n);
		ok &= CHECK_EQ(total_taken(SPI_BASE + i), n, "%s: INTID %u taken by all", when, SPI_BASE + i);
	}
	settle();
	for (u32 i = 0; i < NR; i++) {
		ok &= CHECK_EQ(total_taken(SPI_BASE + i), n, "%s: INTID %u taken by all, in the end", when,
		               SPI_BASE + i);
		CHECK(!irq_pending(0, SPI_BASE + i), "%s: INTID %u pending", when, SPI_BASE + i);
		CHECK(!irq_active(0, SPI_BASE + i), "%s: INTID %u active", when, SPI_BASE + i);
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (none & (1ull << cpu))
			ok &= CHECK_EQ(cpus[cpu].nr_taken, 0, "%s: CPU %u does not participate, took", when, cpu);
	return ok;
}

static void setup_all(void)
{
	for (u32 i = 0; i < NR; i++)
		setup_any(SPI_BASE + i);
}

static void pend_all(void)
{
	for (u32 i = 0; i < NR; i++)
		irq_pend(0, SPI_BASE + i);
}

static void exactly_one(void)
{
	case_begin("each SPI is taken by one CPU");
	setup_all();
	CHECK_EQ(read64(GICD_BASE + GICD_IROUTER + A * 8) & GICD_IROUTER_IRM, GICD_IROUTER_IRM, "GICD_IROUTER%u.IRM",
	         A);
	for (u32 round = 1; round <= 5; round++) {
		pend_all();
		if (!check_all(round, 0, "all pended at once"))
			break;
	}
	report_spread();

	case_begin("one after the other");
	setup_any(A);
	for (u32 round = 1; round <= 100; round++) {
		irq_pend(0, A);
		WAIT(total_taken(A) >= round);
		if (!CHECK_EQ(total_taken(A), round, "round %u: taken by all", round))
			break;
	}
	settle();
	CHECK_EQ(total_taken(A), 100, "taken by all");
	report_spread();
}

static u64 job_sleep(u64 unused)
{
	(void)unused;
	/* until the total is there; the harness wakes with an SGI */
	WAIT_WFI(this_cpu()->taken[1] > 0);
	return 0;
}

static void asleep(void)
{
	case_begin("all CPUs in WFI");
	setup_all();
	for (unsigned int i = 0; i < nr_cpus; i++)
		irq_setup(i, 1, 0xa0);
	for (unsigned int i = 1; i < nr_cpus; i++)
		cpu_start(i, job_sleep, 0);
	for (u32 i = 0; i < NR; i++) {
		irq_pend(0, SPI_BASE + i);
		WAIT(total_taken(SPI_BASE + i));
		CHECK_EQ(total_taken(SPI_BASE + i), 1, "INTID %u taken by all", SPI_BASE + i);
	}
	report_spread();
	sgi_send_others(1);
	for (unsigned int i = 1; i < nr_cpus; i++)
		cpu_finish(i);
}

/* A CPU with its group disabled is not chosen, and never strands one. */
static void group_disabled(void)
{
	case_begin("CPUs with Group 1 disabled");
	if (!need_cpus(2))
		return;
	setup_all();
	for (unsigned int off = 0; off < nr_cpus; off++) {
		log_clear();
		run_on(off, job_set_igrpen1, 0);
		pend_all();
		check_all(1, 1ull << off, "one CPU disabled");
		run_on(off, job_set_igrpen1, 1);
	}
	/* all but one */
	for (unsigned int on = 0; on < nr_cpus; on++) {
		log_clear();
		for (unsigned int i = 0; i < nr_cpus; i++)
			run_on(i, job_set_igrpen1, i == on);
		pend_all();
		check_all(1, ((1ull << nr_cpus) - 1) & ~(1ull << on), "all but one CPU disabled");
	}
	/* nobody: pending, until somebody enables */
	for (unsigned int on = 0; on < nr_cpus; on++) {
		log_clear();
		for (unsigned int i = 0; i < nr_cpus; i++)
			run_on(i, job_set_igrpen1, 0);
		pend_all();
		expect_nothing("all CPUs disabled");
		CHECK(irq_pending(0, A), "all CPUs disabled: not pending");
		run_on(on, job_set_igrpen1, 1);
		check_all(1, ((1ull << nr_cpus) - 1) & ~(1ull << on), "then one CPU enabled");
	}
	run_on_all(job_set_igrpen1, 1);
}

/* Signalled to the only one that participates; then that one stops to. */
static void retarget(void)
{
	case_begin("a CPU that stops to participate gives it back");
	if (!need_cpus(2))
		return;
	setup_all();
	for (unsigned int first = 0; first < nr_cpus; first++) {
		log_clear();
		run_on(first, job_mask, 0);
		for (unsigned int i = 0; i < nr_cpus; i++)
			run_on(i, job_set_igrpen1, i == first);
		pend_all();
		WAIT(run_on(first, job_hppir1, 0) != INTID_SPURIOUS);
		CHECK(run_on(first, job_hppir1, 0) != INTID_SPURIOUS, "nothing signalled to CPU %u", first);
		for (unsigned int i = 0; i < nr_cpus; i++)
			if (i != first)
				run_on(i, job_set_igrpen1, 1);
		/* ICC_IGRPEN1_EL1, 1 to 0: the others get what was signalled here */
		run_on(first, job_set_igrpen1, 0);
		check_all(1, 1ull << first, "Group 1 disabled with 60 signalled");
		CHECK_EQ(run_on(first, job_hppir1, 0), INTID_SPURIOUS, "afterwards: ICC_HPPIR1_EL1 of CPU %u", first);
		run_on(first, job_unmask, 0);
		run_on(first, job_set_igrpen1, 1);
	}
}

/* GICR_CTLR.DPG1NS: not chosen for Group 1. */
static void dpg(void)
{
	case_begin("GICR_CTLR.DPG1NS");
	if (!need_cpus(2))
		return;
	if (!(read64(cpus[0].rd + GICR_TYPER) & GICR_TYPER_DPGS)) {
		case_skip("GICR_TYPER.DPGS = 0");
		return;
	}
	setup_all();
	for (unsigned int off = 0; off < nr_cpus; off++) {
		u32 ctlr = gicr_read(off, GICR_CTLR);

		log_clear();
		gicr_write(off, GICR_CTLR, ctlr | GICR_CTLR_DPG1NS);
		gicr_wait_rwp(off);
		CHECK(gicr_read(off, GICR_CTLR) & GICR_CTLR_DPG1NS, "GICR_CTLR.DPG1NS of CPU %u reads 0", off);
		pend_all();
		check_all(1, 1ull << off, "DPG1NS of one CPU");
		/* it is about 1 of N only */
		spi_route(A, off);
		irq_pend(0, A);
		WAIT(cpus[off].taken[A]);
		CHECK_EQ(cpus[off].taken[A], 1, "DPG1NS, routed to CPU %u: taken", off);
		settle();
		route_any(A);
		gicr_write(off, GICR_CTLR, ctlr & ~GICR_CTLR_DPG1NS);
	}
}

static u64 job_power_off_abruptly(u64 unused)
{
	(void)unused;
	int_mask();
	this_cpu()->online = 0;
	psci(PSCI_CPU_OFF, 0, 0, 0);
	die("CPU_OFF has returned");
}

static u64 job_cpuif(u64 unused)
{
	(void)unused;
	icc_set_pmr(0xff);
	icc_set_igrpen0(1);
	icc_set_igrpen1(1);
	return 0;
}

static void powered_off(void)
{
	case_begin("CPUs that are off");
	if (!need_cpus(2))
		return;
	setup_all();
	for (u32 abrupt = 0; abrupt < 2; abrupt++) {
		for (unsigned int off = 1; off < nr_cpus; off++) {
			log_clear();
			if (abrupt) {
				/* signalled to it, masked, when it goes off without a word */
				run_on(off, job_mask, 0);
				for (unsigned int i = 0; i < nr_cpus; i++)
					run_on(i, job_set_igrpen1, i == off);
				pend_all();
				for (unsigned int i = 0; i < nr_cpus; i++)
					run_on(i, job_set_igrpen1, 1);
				cpu_start(off, job_power_off_abruptly, 0);
				WAIT((int)psci(PSCI_AFFINITY_INFO, cpus[off].mpidr, 0, 0) == 1);
			} else {
				cpu_power_off(off);
				pend_all();
			}
			check_all(1, 1ull << off, abrupt ? "off with 60 signalled" : "off");
			if (!cpu_power_on(off))
				return;
			run_on(off, job_cpuif, 0);
			pend_all();
			check_all(2, 0, "on again");
		}
	}
}

static void mode_changes(void)
{
	case_begin("from 1 of N to one CPU and back, pending");
	if (!need_cpus(2))
		return;
	setup_any(A);
	for (unsigned int to = 0; to < nr_cpus; to++) {
		log_clear();
		for (unsigned int i = 0; i < nr_cpus; i++)
			run_on(i, job_mask, 0);
		route_any(A);
		irq_pend(0, A);
		settle();
		spi_route(A, to);
		for (unsigned int i = 0; i < nr_cpus; i++) {
			WAIT(run_on(i, job_hppir1, 0) == (i == to ? A : INTID_SPURIOUS));
			CHECK_EQ(run_on(i, job_hppir1, 0), i == to ? A : INTID_SPURIOUS,
			         "routed to CPU %u: ICC_HPPIR1_EL1 of CPU %u", to, i);
		}
		run_on_all(job_unmask, 0);
		expect_taken(to, A, 1);
		CHECK_EQ(total_taken(A), 1, "taken by all");

		/* routed to a CPU that does not take it, then to any */
		run_on(to, job_set_igrpen1, 0);
		irq_pend(0, A);
		settle();
		CHECK_EQ(total_taken(A), 1, "CPU %u has Group 1 disabled: taken by all", to);
		route_any(A);
		WAIT(total_taken(A) >= 2);
		settle();
		CHECK_EQ(total_taken(A), 2, "then 1 of N: taken by all");
		CHECK_EQ(cpus[to].taken[A], 1, "then 1 of N: taken by CPU %u", to);
		run_on(to, job_set_igrpen1, 1);
	}
}

/* Active on one CPU: not signalled to any other before its end. */
static void active(void)
{
	case_begin("pending again while active");
	if (!need_cpus(2))
		return;
	setup_any(A);
	/* only CPU 1 participates, so it is the one that takes it */
	for (unsigned int i = 0; i < nr_cpus; i++)
		run_on(i, job_set_igrpen1, i == 1);
	hold_in_handler(1, A);
	for (unsigned int i = 0; i < nr_cpus; i++)
		if (i != 1)
			run_on(i, job_set_igrpen1, 1);
	irq_pend(0, A);
	settle();
	spin_us(200);
	CHECK_EQ(total_taken(A), 1, "active on CPU 1: taken by all");
	release_handler(1);
	WAIT(total_taken(A) >= 2);
	settle();
	CHECK_EQ(total_taken(A), 2, "after its end: taken by all");
	CHECK(!irq_active(0, A), "at the end: active");
}

static volatile u32 line_left;

static bool hook_line(struct cpu *c, u32 intid, bool fiq)
{
	(void)c;
	(void)fiq;
	if (intid == SPI_UART) {
		line_left = line_left - 1;
		if (!line_left)
			write32(UART_IMSC, 0);
		dsb();
	}
	return false;
}

static void level(void)
{
	case_begin("a held line");
	irq_set_edge(0, SPI_UART, false);
	setup_any(SPI_UART);
	for (unsigned int i = 0; i < nr_cpus; i++)
		cpus[i].hook = hook_line;
	line_left = 30;
	/* a character has been printed by now, so TXRIS is set */
	uart_putc(' ');
	dsb();
	write32(UART_IMSC, UART_TX);
	WAIT(total_taken(SPI_UART) >= 30);
	settle();
	CHECK_EQ(total_taken(SPI_UART), 30, "held for 30 interrupts: taken by all");
	write32(UART_IMSC, 0);
	report_spread();
}

void guest_main(void)
{
	u64 irm;

	spi_route_raw(A, GICD_IROUTER_IRM);
	irm = read64(GICD_BASE + GICD_IROUTER + A * 8) & GICD_IROUTER_IRM;
	if (gic.typer & GICD_TYPER_No1N)
		skip_program("GICD_TYPER.No1N = 1 (GICD_IROUTER<n>.IRM reads back %u)", irm != 0);
	if (gic.nr_irqs < SPI_BASE + NR)
		die("INTIDs below %u needed, there are %u", SPI_BASE + NR, gic.nr_irqs);
	exactly_one();
	asleep();
	group_disabled();
	retarget();
	dpg();
	powered_off();
	mode_changes();
	active();
	level();
}
