/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * CPUs that go off and come back, with interrupts on their way.
 * PSCI 1.0: CPU_OFF, CPU_ON, AFFINITY_INFO. IHI 0069: what is pending stays
 * pending in the Distributor and in the Redistributor of a CPU that is off.
 */
#include "guest.h"

const char guest_name[] = "cpu_off";

#define A (SPI_BASE + 0)
#define B (SPI_BASE + 1)

static int32_t affinity_info(unsigned int cpu)
{
	return (int32_t)psci(PSCI_AFFINITY_INFO, cpus[cpu].mpidr, 0, 0);
}

/* After a reset of the CPU interface. */
static u64 job_cpuif(u64 unused)
{
	(void)unused;
	icc_set_pmr(0xff);
	icc_set_bpr0(0);
	icc_set_bpr1(0);
	icc_set_ctlr(0);
	icc_set_igrpen0(1);
	icc_set_igrpen1(1);
	return 0;
}

static void calls(void)
{
	case_begin("PSCI calls");
	CHECK((u32)psci(PSCI_VERSION, 0, 0, 0) >= 0x10000, "PSCI_VERSION 0x%x", (u32)psci(PSCI_VERSION, 0, 0, 0));
	for (unsigned int i = 0; i < nr_cpus; i++) {
		CHECK_EQ(affinity_info(i), 0, "AFFINITY_INFO of CPU %u, on", i);
		CHECK_EQ((int32_t)psci(PSCI_CPU_ON, cpus[i].mpidr, 0x40080000, 0), PSCI_ALREADY_ON,
		         "CPU_ON of CPU %u, on", i);
	}
	CHECK_EQ((int32_t)psci(PSCI_CPU_ON, 0xfe00ff, 0x40080000, 0), PSCI_INVALID_PARAMS, "CPU_ON of no CPU");
	CHECK_EQ((int32_t)psci(PSCI_AFFINITY_INFO, 0xfe00ff, 0, 0), PSCI_INVALID_PARAMS, "AFFINITY_INFO of no CPU");
}

static void off_and_on(void)
{
	case_begin("off and on");
	if (!need_cpus(2))
		return;
	for (u32 round = 0; round < 5; round++) {
		for (unsigned int i = 1; i < nr_cpus; i++) {
			cpu_power_off(i);
			CHECK_EQ(affinity_info(i), 1, "AFFINITY_INFO of CPU %u, off", i);
			if (!cpu_power_on(i))
				return;
			CHECK_EQ(affinity_info(i), 0, "AFFINITY_INFO of CPU %u, on again", i);
		}
	}
	log_clear();
	for (unsigned int i = 1; i < nr_cpus; i++) {
		run_on(i, job_cpuif, 0);
		irq_setup(i, 3, 0xa0);
		sgi_send(i, 3);
		expect_taken(i, 3, 1);
	}
}

/* An SPI, an SGI and a PPI made pending while the CPU is off. */
static void pending_while_off(void)
{
	case_begin("made pending while off");
	if (!need_cpus(2))
		return;
	for (unsigned int i = 1; i < nr_cpus; i++) {
		log_clear();
		irq_setup(i, A, 0xa0);
		irq_setup(i, 3, 0xa0);
		irq_setup(i, 20, 0xa0);
		cpu_power_off(i);
		irq_pend(0, A);
		sgi_send(i, 3);
		irq_pend(i, 20);
		expect_nothing("the CPU is off");
		CHECK(irq_pending(0, A), "CPU %u off: INTID %u not pending", i, A);
		CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ISPENDR), 1u << 3 | 1u << 20, "CPU %u off: GICR_ISPENDR0", i);
		if (!cpu_power_on(i))
			return;
		run_on(i, job_cpuif, 0);
		expect_taken(i, A, 1);
		expect_taken(i, 3, 1);
		expect_taken(i, 20, 1);
		CHECK_EQ(cpus[i].nr_taken, 3, "interrupts of CPU %u", i);
	}
}

/* Signalled already, masked, when the CPU goes off. */
static void signalled_then_off(void)
{
	case_begin("signalled, then off");
	if (!need_cpus(2))
		return;
	for (unsigned int i = 1; i < nr_cpus; i++) {
		log_clear();
		irq_setup(i, A, 0xa0);
		irq_setup(i, 3, 0x80);
		run_on(i, job_mask, 0);
		irq_pend(0, A);
		sgi_send(i, 3);
		WAIT(run_on(i, job_hppir1, 0) == 3);
		CHECK_EQ(run_on(i, job_hppir1, 0), 3, "ICC_HPPIR1_EL1 of CPU %u", i);
		cpu_power_off(i);
		CHECK(irq_pending(0, A), "CPU %u off: INTID %u not pending", i, A);
		CHECK(irq_pending(i, 3), "CPU %u off: SGI 3 not pending", i);
		expect_nothing("the CPU is off");
		if (!cpu_power_on(i))
			return;
		run_on(i, job_cpuif, 0);
		expect_taken(i, A, 1);
		expect_taken(i, 3, 1);
		CHECK_EQ(cpus[i].nr_taken, 2, "interrupts of CPU %u", i);
	}
}

/* An SPI that waits for a CPU that is off can be routed to another one. */
static void rerouted(void)
{
	case_begin("routed away from a CPU that is off");
	if (!need_cpus(2))
		return;
	for (unsigned int i = 1; i < nr_cpus; i++) {
		log_clear();
		irq_setup(i, A, 0xa0);
		irq_setup(i, B, 0xa0);
		run_on(i, job_mask, 0);
		irq_pend(0, A); /* before */
		WAIT(run_on(i, job_hppir1, 0) == A);
		cpu_power_off(i);
		irq_pend(0, B); /* while off */
		expect_nothing("the CPU is off");
		spi_route(A, 0);
		expect_taken(0, A, 1);
		spi_route(B, 0);
		expect_taken(0, B, 1);
		/* disabled, cleared, and enabled while off */
		spi_route(A, i);
		irq_pend(0, A);
		irq_disable(0, A);
		irq_unpend(0, A);
		irq_enable(0, A);
		CHECK(!irq_pending(0, A), "cleared while off: pending");
		if (!cpu_power_on(i))
			return;
		run_on(i, job_cpuif, 0);
		settle();
		CHECK_EQ(cpus[i].nr_taken, 0, "taken by CPU %u", i);
		irq_pend(0, A);
		expect_taken(i, A, 1);
	}
}

/* SGIs to all others, some of which are off. */
static void broadcast(void)
{
	case_begin("broadcast with CPUs off");
	if (!need_cpus(2))
		return;
	for (unsigned int i = 0; i < nr_cpus; i++)
		irq_setup(i, 5, 0xa0);
	cpu_power_off(1);
	sgi_send_others(5);
	for (unsigned int i = 2; i < nr_cpus; i++)
		expect_taken(i, 5, 1);
	CHECK(irq_pending(1, 5), "CPU 1 off: SGI 5 not pending");
	CHECK_EQ(cpus[1].taken[5], 0, "CPU 1 off: SGI 5 taken");
	if (!cpu_power_on(1))
		return;
	run_on(1, job_cpuif, 0);
	expect_taken(1, 5, 1);
	CHECK_EQ(cpus[0].taken[5], 0, "SGI 5 taken by the sender");
}

/* Active when the CPU goes off (no EOI): stays active until it is deactivated. */
static void active(void)
{
	case_begin("active, then off");
	if (!need_cpus(2))
		return;
	irq_setup(1, A, 0xa0);
	run_on(1, job_mask, 0);
	irq_pend(0, A);
	WAIT(run_on(1, job_hppir1, 0) == A);
	CHECK_EQ(run_on(1, job_iar1, 0), A, "ICC_IAR1_EL1 of CPU 1");
	cpu_power_off(1);
	CHECK(irq_active(0, A), "CPU 1 off: not active");
	spi_route(A, 0);
	irq_pend(0, A);
	expect_nothing("active on a CPU that is off");
	irq_deactivate(0, A);
	expect_taken(0, A, 1);
	if (!cpu_power_on(1))
		return;
	run_on(1, job_cpuif, 0);
	/* the CPU interface is reset at CPU_ON: no priority is left active */
	CHECK_EQ(run_on(1, job_rpr, 0), RPR_IDLE, "on again: ICC_RPR_EL1 of CPU 1");
	spi_route(A, 1);
	irq_pend(0, A);
	expect_taken(1, A, 1);
}

void guest_main(void)
{
	calls();
	off_and_on();
	pending_while_off();
	signalled_then_off();
	rerouted();
	broadcast();
	active();
}
