/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * irqchip.h - the boundary between the machine and libvgic.
 *
 * The rest of the machine knows CPUs by number, interrupts by INTID, frames by guest physical address, and nothing of
 * the library. Everything runs on one thread.
 */
#ifndef VGIC_IRQCHIP_H
#define VGIC_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct irqchip;

struct irqchip_config {
	unsigned int nr_cpus;
	unsigned int nr_spis;
	unsigned int nr_lrs; /* 0: the library's default */
	bool stats;
	bool trace; /* print each decision of the library on standard error */
	uint64_t dist_base;
	uint64_t redist_base;
	unsigned int nr_its;
	uint64_t (*its_base)(unsigned int its);
	uint32_t (*affinity)(unsigned int cpu);

	/* The signals of this CPU's interface may have changed: ask irqchip_lines() again. */
	void (*kick)(void *opaque, unsigned int cpu);
	/* Guest RAM, NULL if not all of it is; the library has written there. */
	void *(*ram)(void *opaque, uint64_t gpa, uint64_t size);
	void (*dirty)(void *opaque, uint64_t gpa, uint64_t size);
	void *opaque;
};

/* NULL after a message. */
struct irqchip *irqchip_create(const struct irqchip_config *config);
void irqchip_destroy(struct irqchip *chip);

/* An access to a frame; false if the address is in none. */
bool irqchip_mmio_read(struct irqchip *chip, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t *val);
bool irqchip_mmio_write(struct irqchip *chip, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t val);

/* Encoding of a system register: op0, op1, CRn, CRm, op2. */
#define IRQCHIP_SYSREG(op0, op1, crn, crm, op2)                                                                \
	(((uint32_t)(op0) << 14) | ((uint32_t)(op1) << 11) | ((uint32_t)(crn) << 7) | ((uint32_t)(crm) << 3) | \
	 (uint32_t)(op2))

/* An access to a CPU interface register by EL1; false if it is UNDEFINED. */
bool irqchip_sysreg_read(struct irqchip *chip, unsigned int cpu, uint32_t sysreg, uint64_t *val);
bool irqchip_sysreg_write(struct irqchip *chip, unsigned int cpu, uint32_t sysreg, uint64_t val);

/* Drive an input; false if there is no such one. */
bool irqchip_set_spi(struct irqchip *chip, unsigned int intid, bool level);
bool irqchip_set_ppi(struct irqchip *chip, unsigned int cpu, unsigned int intid, bool level);

/* A device writes an EventID to a doorbell (GITS_TRANSLATER); false if there is none at this address. */
bool irqchip_msi(struct irqchip *chip, uint64_t doorbell, uint32_t device, uint32_t event);

/* Work that a trap has left behind, a piece of it; true if there is more. */
bool irqchip_work(struct irqchip *chip);

/* The signals of the CPU interface to the CPU. */
#define IRQCHIP_IRQ 0x1u
#define IRQCHIP_FIQ 0x2u
unsigned int irqchip_lines(struct irqchip *chip, unsigned int cpu);

/* Is an interrupt signalled that ends a WFI? */
bool irqchip_pending(struct irqchip *chip, unsigned int cpu);

/* The CPU sleeps in WFI, or runs again. */
void irqchip_cpu_sleeps(struct irqchip *chip, unsigned int cpu, bool sleeps);

/* PSCI. All CPUs are on after irqchip_create(). */
void irqchip_cpu_on(struct irqchip *chip, unsigned int cpu);
void irqchip_cpu_off(struct irqchip *chip, unsigned int cpu);

/*
 * One line for each interrupt of this CPU that wants something and why it does not get it (or that it is on its way);
 * the SPIs or LPIs with IRQCHIP_SPIS or IRQCHIP_LPIS for the CPU.
 */
#define IRQCHIP_SPIS UINT32_MAX
#define IRQCHIP_LPIS (UINT32_MAX - 1)
void irqchip_explain(struct irqchip *chip, unsigned int cpu, FILE *stream);

/* What the library saw, in words. */
void irqchip_print_stats(struct irqchip *chip, FILE *stream);

#endif
