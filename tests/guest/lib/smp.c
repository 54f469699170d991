/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The CPUs: finding and starting them, jobs, the exception handler, waits.
 */
#include "guest.h"

#define STORM  100000u /* no case takes so many: a level that nobody drops */
#define JOB_MS 30000u  /* a job that waits for several things may take several WAIT_MS */

struct cpu cpus[MAX_CPUS] __attribute__((aligned(64)));
unsigned int nr_cpus;

static u8 stacks[MAX_CPUS][STACK_SIZE] __attribute__((aligned(64), section(".noinit,\"aw\",@nobits//")));

void secondary_entry(void);
void secondary_main(void);

int64_t psci(u64 fn, u64 a, u64 b, u64 c)
{
	register u64 x0 __asm__("x0") = fn;
	register u64 x1 __asm__("x1") = a;
	register u64 x2 __asm__("x2") = b;
	register u64 x3 __asm__("x3") = c;

	/* SMCCC 1.0: x4 to x17 may be clobbered */
	__asm__ volatile("dsb sy\n\thvc #0"
	                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
	                 :
	                 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
	                   "memory");
	return (int64_t)x0;
}

/* PSCI returns an int32 for most functions; upper half is not to be trusted. */
static int32_t psci32(u64 fn, u64 a, u64 b, u64 c)
{
	return (int32_t)psci(fn, a, b, c);
}

void secondary_main(void)
{
	struct cpu *c = this_cpu();

	sysreg_write("icc_sre_el1", 7);
	isb();
	dmb();
	c->online = 1;
	int_unmask();
	for (;;) {
		u32 n = c->posted;

		if (n == c->done)
			continue;
		dmb();
		c->ret = c->job(c->arg);
		dmb();
		c->done = n;
	}
}

void cpu_start(unsigned int cpu, u64 (*fn)(u64), u64 arg)
{
	struct cpu *c = &cpus[cpu];

	if (c->posted != c->done)
		die("CPU %u is given a job while it has one", cpu);
	c->job = fn;
	c->arg = arg;
	dsb();
	c->posted = c->posted + 1;
}

u64 cpu_finish(unsigned int cpu)
{
	struct cpu *c = &cpus[cpu];
	u64 end = now() + ms_to_ticks(JOB_MS);

	while (c->done != c->posted)
		if (now() >= end)
			die("CPU %u does not end its job", cpu);
	dmb();
	return c->ret;
}

u64 run_on(unsigned int cpu, u64 (*fn)(u64), u64 arg)
{
	if (cpu == this_cpu()->id)
		return fn(arg);
	cpu_start(cpu, fn, arg);
	return cpu_finish(cpu);
}

void run_on_all(u64 (*fn)(u64), u64 arg)
{
	for (unsigned int i = 1; i < nr_cpus; i++)
		if (cpus[i].online)
			cpu_start(i, fn, arg);
	fn(arg);
	for (unsigned int i = 1; i < nr_cpus; i++)
		if (cpus[i].online)
			cpu_finish(i);
}

static u64 job_nothing(u64 unused)
{
	(void)unused;
	isb();
	spin_us(5);
	return 0;
}

void settle(void)
{
	u64 asked = 0;

	dsb();
	isb();
	/*
	 * What was signalled to a CPU before it was given the job has been
	 * taken when the job ends. A CPU that has a job of its own, or is held in
	 * a handler, is left alone.
	 */
	for (unsigned int i = 1; i < nr_cpus; i++) {
		if (cpus[i].online && !cpus[i].held && cpus[i].posted == cpus[i].done) {
			cpu_start(i, job_nothing, 0);
			asked |= 1ull << i;
		}
	}
	for (unsigned int i = 1; i < nr_cpus; i++)
		if (asked & (1ull << i))
			cpu_finish(i);
	spin_us(20);
}

bool hold_in_handler(unsigned int cpu, u32 intid)
{
	cpus[cpu].hold = true;
	dsb();
	irq_pend(cpu, intid);
	return CHECK(WAIT(cpus[cpu].held), "CPU %u does not take INTID %u", cpu, intid);
}

void release_handler(unsigned int cpu)
{
	cpus[cpu].hold = false;
	WAIT(!cpus[cpu].held);
	/* the CPU runs a job only after the return from the handler */
	settle();
}

u64 job_mask(u64 unused)
{
	(void)unused;
	int_mask();
	return 0;
}

u64 job_unmask(u64 unused)
{
	(void)unused;
	int_unmask();
	return 0;
}

u64 job_iar1(u64 unused)
{
	(void)unused;
	return icc_iar1();
}

u64 job_eoir1(u64 intid)
{
	icc_eoir1((u32)intid);
	return 0;
}

u64 job_dir(u64 intid)
{
	icc_dir((u32)intid);
	return 0;
}

u64 job_hppir1(u64 unused)
{
	(void)unused;
	return icc_hppir1();
}

u64 job_rpr(u64 unused)
{
	(void)unused;
	return icc_rpr();
}

u64 job_set_pmr(u64 pmr)
{
	icc_set_pmr((u32)pmr);
	return 0;
}

u64 job_set_igrpen1(u64 enable)
{
	icc_set_igrpen1((u32)enable);
	return 0;
}

u64 job_set_eoimode(u64 eoimode)
{
	icc_set_ctlr(eoimode ? ICC_CTLR_EOImode : 0);
	return 0;
}

static volatile u32 arrived[MAX_CPUS];

void barrier(unsigned int n)
{
	u32 me = this_cpu()->id;
	u32 mine = arrived[me] + 1;
	u64 end = now() + ms_to_ticks(JOB_MS);

	dmb();
	arrived[me] = mine;
	for (unsigned int i = 0; i < n; i++)
		while (arrived[i] < mine)
			if (now() >= end)
				die("CPU %u waits for CPU %u at a barrier", me, i);
	dmb();
}

void log_clear(void)
{
	for (unsigned int i = 0; i < nr_cpus; i++) {
		struct cpu *c = &cpus[i];

		for (u32 k = 0; k < NR_INTID; k++)
			if (c->taken[k])
				c->taken[k] = 0;
		c->nr_taken = 0;
		c->nr_log = 0;
		c->spurious = 0;
		arrived[i] = 0;
	}
	dmb();
}

u32 total_taken(u32 intid)
{
	u32 n = 0;

	for (unsigned int i = 0; i < nr_cpus; i++)
		n += cpus[i].taken[intid];
	return n;
}

bool expect_taken(unsigned int cpu, u32 intid, u32 n)
{
	WAIT(cpus[cpu].taken[intid] >= n);
	settle();
	return CHECK_EQ(cpus[cpu].taken[intid], n, "INTID %u taken by CPU %u, times", intid, cpu);
}

bool expect_nothing(const char *when)
{
	bool ok = true;

	settle();
	for (unsigned int i = 0; i < nr_cpus; i++)
		if (cpus[i].nr_taken)
			ok = CHECK(false, "%s: CPU %u took %u interrupts, first %u; expected none", when, i,
			           cpus[i].nr_taken, cpus[i].log[0].intid);
	return ok;
}

bool expect_hppir1(u32 intid, const char *when)
{
	dsb();
	isb();
	WAIT(icc_hppir1() == intid);
	return CHECK_EQ(icc_hppir1(), intid, "%s: ICC_HPPIR1_EL1", when);
}

/* Exceptions */

void watchdog_arm(u64 deadline)
{
	struct cpu *c = this_cpu();

	c->watchdog = true;
	irq_set_prio(c->id, PPI_VTIMER, 0);
	irq_enable(c->id, PPI_VTIMER);
	sysreg_write("cntv_cval_el0", deadline);
	sysreg_write("cntv_ctl_el0", 1);
	isb();
}

void watchdog_disarm(void)
{
	struct cpu *c = this_cpu();

	sysreg_write("cntv_ctl_el0", 0);
	isb();
	irq_disable(c->id, PPI_VTIMER);
	c->watchdog = false;
}

static void take_interrupt(struct cpu *c, bool fiq)
{
	u32 intid = fiq ? icc_iar0() : icc_iar1();
	u32 n;

	if (intid >= 1020 && intid <= 1023) {
		c->spurious = c->spurious + 1;
		if (c->spurious > STORM)
			die("CPU %u: storm of spurious interrupts (%u)", c->id, intid);
		return;
	}
	if (c->watchdog && intid == PPI_VTIMER) {
		/* not logged: it belongs to the harness */
		sysreg_write("cntv_ctl_el0", 0);
		isb();
	} else {
		n = c->nr_log;
		if (n < LOG_SIZE)
			c->log[n] = (struct record){ intid, (u8)icc_rpr(), fiq };
		dmb();
		c->nr_log = n + 1;
		c->nr_taken = c->nr_taken + 1;
		if (c->nr_taken > STORM)
			die("CPU %u: interrupt storm, INTID %u", c->id, intid);
		if (intid < NR_INTID)
			c->taken[intid] = c->taken[intid] + 1;
		if (c->hold) {
			c->held = true;
			WAIT(!c->hold);
			dmb();
			c->held = false;
		}
		if (c->hook && c->hook(c, intid, fiq))
			return;
	}
	if (fiq)
		icc_eoir0(intid);
	else
		icc_eoir1(intid);
	if (icc_ctlr() & ICC_CTLR_EOImode)
		icc_dir(intid);
}

void guest_exception(u64 kind, struct frame *f)
{
	struct cpu *c = this_cpu();

	if (kind == 1 || kind == 2) {
		take_interrupt(c, kind == 2);
		return;
	}
	if ((kind == 0 || kind == 3) && c->expect_fault) {
		c->expect_fault = false;
		/* EC 0 (UNDEFINED) and IL 0 would read as no fault at all */
		c->fault_esr = f->esr | (1ull << 63);
		if (kind == 0)
			f->elr += 4;
		return;
	}
	die("CPU %u: unexpected exception, kind %lu ESR 0x%lx ELR 0x%lx FAR 0x%lx SPSR 0x%lx", c->id, kind, f->esr,
	    f->elr, f->far, f->spsr);
}

/* Power */

bool cpu_power_on(unsigned int cpu)
{
	struct cpu *c = &cpus[cpu];
	int32_t ret;

	c->posted = 0;
	c->done = 0;
	c->online = 0;
	c->stack_top = (u64)&stacks[cpu][STACK_SIZE];
	dsb();
	ret = psci32(PSCI_CPU_ON, c->mpidr, (u64)&secondary_entry, (u64)c);
	if (!CHECK_EQ(ret, PSCI_SUCCESS, "CPU_ON of CPU %u", cpu))
		return false;
	if (!WAIT(c->online))
		return CHECK(false, "CPU %u does not start after CPU_ON", cpu);
	return true;
}

static u64 job_power_off(u64 unused)
{
	(void)unused;
	int_mask();
	icc_set_igrpen0(0);
	icc_set_igrpen1(0);
	this_cpu()->online = 0;
	psci(PSCI_CPU_OFF, 0, 0, 0);
	die("CPU_OFF has returned");
}

void cpu_power_off(unsigned int cpu)
{
	cpu_start(cpu, job_power_off, 0);
	if (!WAIT(psci32(PSCI_AFFINITY_INFO, cpus[cpu].mpidr, 0, 0) == 1))
		die("CPU %u is not OFF after CPU_OFF", cpu);
}

void smp_boot(void)
{
	uintptr_t rd = GICR_BASE;
	u64 mpidr = sysreg_read("mpidr_el1") & 0xff00fffffful;
	bool last = false;

	/* The Redistributors are contiguous, GICR_TYPER.Last ends them. */
	while (!last && nr_cpus < MAX_CPUS) {
		u64 typer = read64(rd + GICR_TYPER);
		u64 aff = typer >> 32;
		struct cpu *c = &cpus[nr_cpus];

		c->id = nr_cpus;
		c->rd = rd;
		c->mpidr = (aff & 0xffffff) | ((aff >> 24) << 32);
		nr_cpus++;
		last = (typer & GICR_TYPER_Last) != 0;
		rd += typer & GICR_TYPER_VLPIS ? 0x40000u : 0x20000u;
	}
	if (!last)
		die("no Redistributor says Last");
	if (cpus[0].mpidr != mpidr)
		die("first Redistributor is of 0x%lx, boot CPU is 0x%lx", cpus[0].mpidr, mpidr);
	cpus[0].online = 1;
	for (unsigned int i = 0; i < nr_cpus; i++)
		gic_wake(i);
	for (unsigned int i = 1; i < nr_cpus; i++)
		if (!cpu_power_on(i))
			die("CPU %u of %u does not start", i, nr_cpus);
}
