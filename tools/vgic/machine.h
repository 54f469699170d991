/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * machine.h - the virtual machine: its map, its parts and its end.
 *
 * The map is that of QEMU's "virt" board, so that guests need not care which of the two they run on.
 */
#ifndef VGIC_MACHINE_H
#define VGIC_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maint.h"
#include "msigen.h"

#define MACH_GICD_BASE    UINT64_C(0x08000000)
#define MACH_GICD_SIZE    UINT64_C(0x00010000)
#define MACH_GITS_BASE    UINT64_C(0x08080000) /* the first ITS, below the Redistributors */
#define MACH_GITS_SIZE    UINT64_C(0x00020000)
#define MACH_GICR_BASE    UINT64_C(0x080a0000)
#define MACH_GICR_STRIDE  UINT64_C(0x00020000)
#define MACH_UART_BASE    UINT64_C(0x09000000)
#define MACH_UART_SIZE    UINT64_C(0x00001000)
#define MACH_MSIGEN_BASE  UINT64_C(0x0b000000) /* msigen.h */
#define MACH_MSIGEN_SIZE  UINT64_C(0x00001000)
#define MACH_GITS1_BASE   UINT64_C(0x0b100000) /* the other ITSs */
#define MACH_PCI_MEM      UINT64_C(0x10000000) /* window of the PCIe host */
#define MACH_PCI_MEM_SIZE UINT64_C(0x20000000)
#define MACH_ECAM_BASE    UINT64_C(0x3f000000)
#define MACH_ECAM_SIZE    UINT64_C(0x01000000)
#define MACH_RAM_BASE     UINT64_C(0x40000000)

/* Stage-2 tables live at a physical address that stage 2 itself maps nowhere, so the guest cannot reach them. */
#define MACH_STAGE2_BASE UINT64_C(0x30000000)
#define MACH_STAGE2_SIZE UINT64_C(0x00010000)

/* As many Redistributors as fit below the UART: 123. */
#define MACH_MAX_CPUS    ((unsigned int)((MACH_UART_BASE - MACH_GICR_BASE) / MACH_GICR_STRIDE))
#define MACH_MAX_MEM_MIB (UINT64_C(255) * 1024) /* as on QEMU's board */

#define MACH_MAX_ITS    4u
#define MACH_MAX_DRIVES 4u

#define MACH_NR_SPIS      256
#define MACH_INTID_UART   33
#define MACH_INTID_PCI    35 /* INTA to INTD */
#define MACH_INTID_VTIMER 27
#define MACH_INTID_PTIMER 30

struct irqchip;
struct pci_host;
struct pl011;
struct vcpu;
struct virtio_blk;

enum machine_end {
	MACHINE_RUNS,
	MACHINE_OFF,     /* PSCI SYSTEM_OFF */
	MACHINE_RESET,   /* PSCI SYSTEM_RESET */
	MACHINE_TIMEOUT, /* --timeout */
	MACHINE_QUIT,    /* by the user: a signal, or Ctrl-A x */
	MACHINE_FAILED,  /* after a message */
};

struct machine_config {
	unsigned int nr_cpus;
	unsigned int nr_lrs; /* 0: the library's default */
	uint64_t mem_size;   /* bytes */
	const char *image;
	const char *initrd;
	const char *append;
	const char *dtb;
	uint64_t deadline_ns; /* of host_ns(); 0: none */
	bool stats;
	bool trace;
	unsigned int nr_its;
	const char *drives[MACH_MAX_DRIVES];
	unsigned int nr_drives;
};

struct machine {
	const struct machine_config *config;
	unsigned int nr_cpus;
	struct vcpu **cpus;
	uint8_t *ram;
	uint64_t ram_size;
	uint8_t *stage2;
	struct irqchip *chip;
	struct pl011 *uart;
	struct pci_host *pci;
	struct virtio_blk *drives[MACH_MAX_DRIVES];
	struct msigen msigen;
	struct maint maint;
	uint64_t clock_origin; /* host_ns() when the guest's counters read 0 */
	unsigned int nr_notes; /* messages about harmless mistakes of the guest so far */
	enum machine_end end;
};

/* Aff1 and Aff0 of a CPU as in MPIDR_EL1: 16 CPUs a cluster. */
static inline uint32_t machine_affinity(unsigned int cpu)
{
	return (uint32_t)((cpu / 16) << 8 | cpu % 16);
}

/* Everything powered on, the guest's program in RAM. NULL after a message. */
struct machine *machine_create(const struct machine_config *config);
void machine_destroy(struct machine *m);

/* Run until the end, which is returned (sched.c). */
enum machine_end machine_run(struct machine *m);

/* End the run; the first reason counts. */
void machine_stop(struct machine *m, enum machine_end end);

/* End the run because of something that cannot go on. */
void machine_fail(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What each CPU does and which interrupts wait for what: for somebody who wonders why nothing happens (report.c). */
void machine_report(struct machine *m);

/* "size" bytes of RAM at a guest physical address; NULL if not all of it is RAM. */
void *machine_ram(const struct machine *m, uint64_t gpa, uint64_t size);

/* A trapped access of a CPU to a device; false if no device is there. */
bool machine_mmio_read(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t *val);
bool machine_mmio_write(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t val);
bool machine_is_device(const struct machine *m, uint64_t gpa);

/* A device or the interrupt controller has written to RAM: what was translated from there is stale. */
void machine_dirty(struct machine *m, uint64_t gpa, uint64_t size);

/* Where ITS number "its" is. */
uint64_t machine_its_base(unsigned int its);

#endif
