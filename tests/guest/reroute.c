/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Where an SPI goes, and what happens when that changes.
 * IHI 0069: "Affinity routing", GICD_IROUTER<n>. An active SPI stays with the
 * CPU that acknowledged it; only what is pending moves.
 */
#include "guest.h"

const char guest_name[] = "reroute";

#define A       (SPI_BASE + 0)
#define NOWHERE 0x00fe00fful /* Aff2.Aff1.Aff0 of no CPU here */

static void each_cpu(void)
{
	u32 end = gic.nr_irqs < SPI_BASE + 24 ? gic.nr_irqs : SPI_BASE + 24;

	case_begin("each SPI to each CPU");
	for (u32 i = SPI_BASE; i < end; i++)
		irq_setup(0, i, 0xa0);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		log_clear();
		for (u32 i = SPI_BASE; i < end; i++) {
			u64 aff = mpidr_to_irouter(cpus[cpu].mpidr);

			spi_route(i, cpu);
			CHECK_EQ(read64(GICD_BASE + GICD_IROUTER + i * 8), aff, "GICD_IROUTER%u", i);
			irq_pend(0, i);
		}
		WAIT(cpus[cpu].nr_taken >= end - SPI_BASE);
		settle();
		for (u32 i = SPI_BASE; i < end; i++) {
			CHECK_EQ(cpus[cpu].taken[i], 1, "INTID %u taken by CPU %u", i, cpu);
			CHECK_EQ(total_taken(i), 1, "INTID %u taken by all", i);
		}
	}
}

/* Signalled to one CPU, which is masked: moves to the other, exactly once. */
static void while_signalled(void)
{
	case_begin("routed elsewhere while signalled");
	if (!need_cpus(2))
		return;
	for (unsigned int from = 0; from < nr_cpus; from++) {
		for (unsigned int to = 0; to < nr_cpus; to++) {
			if (from == to)
				continue;
			log_clear();
			irq_setup(from, A, 0xa0);
			run_on(from, job_mask, 0);
			irq_pend(0, A);
			WAIT(run_on(from, job_hppir1, 0) == A);
			CHECK_EQ(run_on(from, job_hppir1, 0), A, "%u to %u: ICC_HPPIR1_EL1", from, to);
			spi_route(A, to);
			expect_taken(to, A, 1);
			WAIT(run_on(from, job_hppir1, 0) == INTID_SPURIOUS);
			CHECK_EQ(run_on(from, job_hppir1, 0), INTID_SPURIOUS, "%u to %u, moved: ICC_HPPIR1_EL1", from,
			         to);
			run_on(from, job_unmask, 0);
			settle();
			CHECK_EQ(cpus[from].taken[A], 0, "%u to %u: taken by the old one", from, to);
			CHECK_EQ(total_taken(A), 1, "%u to %u: taken by all", from, to);
			CHECK(!irq_pending(0, A), "%u to %u: pending at the end", from, to);
		}
	}
}

static void there_and_back(void)
{
	case_begin("routed elsewhere and back, all masked");
	if (!need_cpus(3))
		return;
	irq_setup(0, A, 0xa0);
	run_on_all(job_mask, 0);
	irq_pend(0, A);
	for (u32 k = 0; k < 30; k++) {
		unsigned int cpu = (k * 7 + 1) % nr_cpus;

		spi_route(A, cpu);
		WAIT(run_on(cpu, job_hppir1, 0) == A);
		for (unsigned int i = 0; i < nr_cpus; i++) {
			WAIT(run_on(i, job_hppir1, 0) == (i == cpu ? A : INTID_SPURIOUS));
			CHECK_EQ(run_on(i, job_hppir1, 0), i == cpu ? A : INTID_SPURIOUS,
			         "step %u: ICC_HPPIR1_EL1 of CPU %u", k, i);
		}
		CHECK(irq_pending(0, A), "step %u: not pending", k);
	}
	spi_route(A, 2);
	run_on_all(job_unmask, 0);
	expect_taken(2, A, 1);
	CHECK_EQ(total_taken(A), 1, "taken by all");
}

static void while_disabled(void)
{
	case_begin("routed elsewhere while disabled");
	if (!need_cpus(2))
		return;
	irq_setup(0, A, 0xa0);
	int_mask();
	irq_pend(0, A);
	expect_hppir1(A, "before");
	irq_disable(0, A);
	spi_route(A, 1);
	expect_nothing("disabled");
	irq_enable(0, A);
	expect_taken(1, A, 1);
	int_unmask();
	settle();
	CHECK_EQ(cpus[0].taken[A], 0, "taken by CPU 0");
}

/* Active on CPU 1, routed to CPU 0: stays active there, comes here after its end. */
static void while_active(void)
{
	case_begin("routed elsewhere while active");
	if (!need_cpus(2))
		return;
	for (u32 repend = 0; repend < 3; repend++) {
		log_clear();
		irq_setup(1, A, 0xa0);
		hold_in_handler(1, A);
		if (repend == 2)
			irq_pend(0, A); /* before the route changes */
		spi_route(A, 0);
		if (repend == 1)
			irq_pend(0, A); /* after it */
		CHECK(irq_active(0, A), "routed: not active");
		CHECK_EQ(irq_pending(0, A), repend != 0, "routed: pending");
		settle();
		spin_us(200);
		CHECK_EQ(cpus[0].taken[A], 0, "active on CPU 1: taken by CPU 0");
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "active on CPU 1: ICC_HPPIR1_EL1 of CPU 0");
		release_handler(1);
		WAIT(!irq_active(0, A));
		if (repend)
			expect_taken(0, A, 1);
		settle();
		CHECK_EQ(cpus[0].taken[A], repend != 0, "after its end: taken by CPU 0");
		CHECK_EQ(cpus[1].taken[A], 1, "after its end: taken by CPU 1");
		CHECK(!irq_active(0, A), "at the end: active");
		CHECK(!irq_pending(0, A), "at the end: pending");
		/* and the route holds */
		irq_pend(0, A);
		expect_taken(0, A, repend ? 2 : 1);
	}
}

/* An affinity that no CPU has: stays pending, until it is routed to one that is. */
static void nowhere(void)
{
	static const u64 absent[] = { NOWHERE, 0xff, 0xff00, 0xff0000, 0x8080 };

	case_begin("routed to a CPU that does not exist");
	for (u32 k = 0; k < 5; k++) {
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
			log_clear();
			irq_setup(cpu, A, 0xa0);
			spi_route_raw(A, absent[k]);
			irq_pend(0, A);
			expect_nothing("routed to no CPU");
			CHECK(irq_pending(0, A), "routed to 0x%lx: not pending", absent[k]);
			spi_route(A, cpu);
			expect_taken(cpu, A, 1);
			CHECK_EQ(total_taken(A), 1, "taken by all");

			/* signalled, then routed to nowhere, then back */
			run_on(cpu, job_mask, 0);
			irq_pend(0, A);
			WAIT(run_on(cpu, job_hppir1, 0) == A);
			spi_route_raw(A, absent[k]);
			WAIT(run_on(cpu, job_hppir1, 0) == INTID_SPURIOUS);
			CHECK_EQ(run_on(cpu, job_hppir1, 0), INTID_SPURIOUS, "routed to 0x%lx: ICC_HPPIR1_EL1",
			         absent[k]);
			run_on(cpu, job_unmask, 0);
			settle();
			CHECK_EQ(total_taken(A), 1, "routed to 0x%lx while signalled: taken by all", absent[k]);
			CHECK(irq_pending(0, A), "routed to 0x%lx while signalled: not pending", absent[k]);
			spi_route(A, cpu);
			expect_taken(cpu, A, 2);
		}
	}
	/* Aff3, when there is one */
	if (gic.typer & GICD_TYPER_A3V) {
		log_clear();
		spi_route_raw(A, 0x100000000ul);
		CHECK_EQ(read64(GICD_BASE + GICD_IROUTER + A * 8), 0x100000000ul, "GICD_IROUTER%u, Aff3", A);
		irq_pend(0, A);
		expect_nothing("routed to Aff3 = 1");
		spi_route(A, 0);
		expect_taken(0, A, 1);
	}
}

/*
 * R19: CPU 0 moves it about without pause while CPU 1 (or the last) makes it
 * pending; taken once for each time, by whichever.
 */
static volatile u32 rounds_done;
static volatile u32 moves;

static u64 job_pend_rounds(u64 n)
{
	for (u32 i = 1; i <= n; i++) {
		u32 seen = moves;

		WAIT(moves != seen);
		irq_pend(0, A);
		if (!WAIT(total_taken(A) >= i)) {
			CHECK(false, "lost in round %u", i);
			break;
		}
		if (!CHECK_EQ(total_taken(A), i, "round %u: taken by all", i))
			break;
	}
	rounds_done = 1;
	return 0;
}

static void race(void)
{
	u32 n = 100;
	u32 state = 20011;

	case_begin("routed about while it comes");
	if (!need_cpus(2))
		return;
	irq_setup(0, A, 0xa0);
	rounds_done = 0;
	moves = 0;
	cpu_start(nr_cpus - 1, job_pend_rounds, n);
	/* by chance, or a scheduler with fixed time slices always sees the same one */
	while (!rounds_done) {
		spi_route(A, rnd(&state) % nr_cpus);
		moves = moves + 1;
	}
	cpu_finish(nr_cpus - 1);
	settle();
	CHECK_EQ(total_taken(A), n, "taken by all");
	CHECK(!irq_pending(0, A), "at the end: pending");
	CHECK(!irq_active(0, A), "at the end: active");
	for (unsigned int i = 0; i < nr_cpus; i++)
		note("CPU %u took %u of %u", i, cpus[i].taken[A], n);
}

/* Many pending ones move together: none is left, none comes twice. */
static void many(void)
{
	u32 n = gic.nr_irqs < SPI_BASE + 40 ? gic.nr_irqs - SPI_BASE : 40;

	case_begin("40 pending routed elsewhere");
	if (!need_cpus(2))
		return;
	int_mask();
	for (u32 i = 0; i < n; i++) {
		irq_setup(0, SPI_BASE + i, prio_level(i % 8));
		irq_pend(0, SPI_BASE + i);
	}
	WAIT(icc_hppir1() != INTID_SPURIOUS);
	for (u32 i = 0; i < n; i++)
		if (i % 2)
			spi_route(SPI_BASE + i, 1 + i / 2 % (nr_cpus - 1));
	settle();
	int_unmask();
	WAIT(cpus[0].nr_taken >= n / 2);
	settle();
	for (u32 i = 0; i < n; i++) {
		unsigned int cpu = i % 2 ? 1 + i / 2 % (nr_cpus - 1) : 0;

		WAIT(cpus[cpu].taken[SPI_BASE + i]);
		CHECK_EQ(cpus[cpu].taken[SPI_BASE + i], 1, "INTID %u taken by CPU %u", SPI_BASE + i, cpu);
		CHECK_EQ(total_taken(SPI_BASE + i), 1, "INTID %u taken by all", SPI_BASE + i);
	}
}

void guest_main(void)
{
	each_cpu();
	while_signalled();
	there_and_back();
	while_disabled();
	while_active();
	nowhere();
	race();
	many();
}
