/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * guest.h - the CPUs of the vgic program (tools/vgic) on the mock hypervisor: a machine of RAM and a GIC, for guests
 * that are made of the bytes of an input.
 */
#ifndef VGIC_TESTS_FUZZ_GUEST_H
#define VGIC_TESTS_FUZZ_GUEST_H

#include "fuzz.h"
#include "vcpu.h"

#define GUEST_MAX_CPUS   2u
#define GUEST_MAX_EVENTS 64u /* bytes of an input */
#define GUEST_RAM_SIZE   0x400000ull
#define GUEST_VECTORS    0x402ff000ull
#define GUEST_CODE       0x40300000ull

/* The machine's interrupt controller is the world of the fuzz targets. */
struct irqchip {
	struct world w;
};

/* Made once, for engines are expensive. Aborts if Unicorn cannot do it. */
struct machine *guest_machine(void);

/* Zeroed RAM, time 0, all CPUs off and with nothing in their caches. */
void guest_machine_reset(struct machine *m, struct irqchip *chip, uint32_t nr_cpus);

/* Run so many basic blocks of a CPU, or until it sleeps, is switched off, or the machine ends. */
void guest_machine_run(struct machine *m, uint32_t cpu, uint32_t blocks);

/* All sleep: go to when the next timer is due; false: none will be. */
bool guest_machine_skip(struct machine *m);

/* What MRS and MSR of a system register look like. */
static inline uint32_t guest_mrs(uint32_t sysreg, uint32_t rt)
{
	return 0xd5200000u | (sysreg & 0xffffu) << 5 | rt;
}

static inline uint32_t guest_msr(uint32_t sysreg, uint32_t rt)
{
	return 0xd5000000u | (sysreg & 0xffffu) << 5 | rt;
}

#endif
