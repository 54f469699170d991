/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A domain of Xen without an operating system: console, hypercalls, vCPUs, interrupts, memory attributes. Registers
 * and instructions are those of tests/guest/lib.
 */
#ifndef XEN_GUEST_DOMAIN_H
#define XEN_GUEST_DOMAIN_H

#include "cpu.h"
#include "fdt.h"
#include "gic.h"
#include "its_regs.h"
#include "print.h"

struct vcpu {
	u64 stack_top; /* first: known to start.S */
	u32 id;
	u64 mpidr;
	uintptr_t rd; /* RD_base */
	u64 (*volatile job)(u64);
	volatile u64 arg, ret;

	/* An interrupt that was acknowledged and is not ended yet; NULL: it is only ended. */
	void (*volatile hook)(struct vcpu *v, u32 intid);
	bool reckless; /* faults are counted and the instruction skipped; else they are the end */
	volatile u64 nr_irqs, nr_aborts, nr_undefined, nr_serrors;
	volatile u32 nr_in_a_row; /* interrupts since interrupts_on() */
	volatile u32 last_intid;
};

extern struct machine machine;
extern struct vcpu vcpus[MAX_VCPUS], *vcpu_by_aff0[16];

/* The program. */
void domain_main(void);

static inline struct vcpu *this_vcpu(void)
{
	return (struct vcpu *)sysreg_read("tpidr_el1");
}

static inline u64 now(void)
{
	isb();
	return sysreg_read("cntvct_el0");
}
static inline u64 ms_to_ticks(u64 ms)
{
	return ms * sysreg_read("cntfrq_el0") / 1000;
}
static inline u64 ticks_to_ns(u64 ticks)
{
	return ticks * 1000 / (sysreg_read("cntfrq_el0") / 1000000);
}

/* Ends the machine (dom0) or the domain. */
__attribute__((noreturn)) void power_off(void);
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);

int64_t hypercall(u64 nr, u64 a0, u64 a1, u64 a2);
#define HYPERVISOR_CONSOLE_IO 18u
#define HYPERVISOR_EVTCHN_OP  32u

/* Runs fn(arg) on a vCPU that is off, which switches itself off after it; false: CPU_ON was refused. */
bool vcpu_start(u32 id, u64 (*fn)(u64), u64 arg);
bool vcpu_is_off(u32 id);
bool vcpu_join(u32 id, u32 ms); /* false: it is still on then */

/*
 * The CPU interface as programs want it. A vCPU that takes many interrupts without an interrupts_on() in between gets
 * them masked by its handler: a level that nobody drops must not be the end of the program.
 */
void cpu_interface_on(void);
void interrupts_on(void);
void interrupts_off(void);

/* Registers of one interrupt of this vCPU (SGI, PPI) or of the Distributor (SPI), enabled or not, group 1. */
void interrupt_enable(u32 intid, bool on);

/* For ICC_SGI1R_EL1. */
u64 sgi_to(u32 vcpu, u32 intid);

/* Memory below 1 GiB, where the GIC is: Device-nGnRE, or Normal, of which unaligned accesses come to Xen. */
void mmio_is_normal(bool normal);

/* A small generator: reproducible. */
u64 random64(u64 *state);

#endif
