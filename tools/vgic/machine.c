/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * machine.c - the parts of the machine, put together and taken apart; which of them answers at an address.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "boot.h"
#include "irqchip.h"
#include "pci.h"
#include "pl011.h"
#include "util.h"
#include "vcpu.h"
#include "virtio_blk.h"

/* Stage-2 descriptors: normal write-back memory, read, write and execute, accessed. */
#define S2_ATTR  UINT64_C(0x7fc)
#define S2_BLOCK (S2_ATTR | 1)
#define S2_PAGE  (S2_ATTR | 3)
#define S2_TABLE UINT64_C(3)

#define GIB        (UINT64_C(1) << 30)
#define BLOCK_SIZE (UINT64_C(2) << 20)
#define PAGE_SIZE  UINT64_C(4096)

void machine_stop(struct machine *m, enum machine_end end)
{
	if (m->end == MACHINE_RUNS)
		m->end = end;
}

void machine_fail(struct machine *m, const char *fmt, ...)
{
	char text[256];
	va_list args;

	if (m->end != MACHINE_RUNS)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (m->uart)
		pl011_flush(m->uart);
	complain("%s", text);
	m->end = MACHINE_FAILED;
}

void *machine_ram(const struct machine *m, uint64_t gpa, uint64_t size)
{
	uint64_t offset = gpa - MACH_RAM_BASE;

	if (gpa < MACH_RAM_BASE || offset > m->ram_size || size > m->ram_size - offset)
		return NULL;
	return m->ram + offset;
}

static bool within(uint64_t gpa, uint64_t base, uint64_t size)
{
	return gpa >= base && gpa - base < size;
}

static bool is_uart(uint64_t gpa)
{
	return within(gpa, MACH_UART_BASE, MACH_UART_SIZE);
}

static bool is_pci(const struct machine *m, uint64_t gpa)
{
	return m->pci && (within(gpa, MACH_ECAM_BASE, MACH_ECAM_SIZE) || within(gpa, MACH_PCI_MEM, MACH_PCI_MEM_SIZE));
}

static bool is_msigen(const struct machine *m, uint64_t gpa)
{
	return m->config->nr_its && within(gpa, MACH_MSIGEN_BASE, MACH_MSIGEN_SIZE);
}

uint64_t machine_its_base(unsigned int its)
{
	return its ? MACH_GITS1_BASE + (its - 1) * MACH_GITS_SIZE : MACH_GITS_BASE;
}

bool machine_is_device(const struct machine *m, uint64_t gpa)
{
	unsigned int i;

	for (i = 0; i < m->config->nr_its; i++)
		if (within(gpa, machine_its_base(i), MACH_GITS_SIZE))
			return true;
	return is_uart(gpa) || is_pci(m, gpa) || is_msigen(m, gpa) || within(gpa, MACH_GICD_BASE, MACH_GICD_SIZE) ||
	       within(gpa, MACH_GICR_BASE, MACH_GICR_STRIDE * m->nr_cpus);
}

bool machine_mmio_read(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t *val)
{
	if (is_uart(gpa)) {
		/* Registers of 32 bits, at any access width. */
		*val = pl011_read(m->uart, (uint32_t)(gpa - MACH_UART_BASE));
		return true;
	}
	if (is_pci(m, gpa))
		return pci_mmio_read(m->pci, gpa, size, val);
	if (is_msigen(m, gpa)) {
		*val = msigen_read(&m->msigen, (uint32_t)(gpa - MACH_MSIGEN_BASE), size);
		return true;
	}
	return irqchip_mmio_read(m->chip, cpu, gpa, size, val);
}

bool machine_mmio_write(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t val)
{
	if (is_uart(gpa)) {
		pl011_write(m->uart, (uint32_t)(gpa - MACH_UART_BASE), val);
		return true;
	}
	if (is_pci(m, gpa))
		return pci_mmio_write(m->pci, gpa, size, val);
	if (is_msigen(m, gpa)) {
		msigen_write(m, (uint32_t)(gpa - MACH_MSIGEN_BASE), size, val);
		return true;
	}
	return irqchip_mmio_write(m->chip, cpu, gpa, size, val);
}

void machine_dirty(struct machine *m, uint64_t gpa, uint64_t size)
{
	maint_dma(m, gpa, size);
}

/* Stage 2 maps RAM and nothing else: by 1 GiB from two concatenated level 1 tables, and the rest by smaller blocks. */
static void make_stage2(struct machine *m)
{
	uint64_t *level1 = (uint64_t *)(void *)m->stage2;
	uint64_t *level2 = level1 + 2 * PAGE_SIZE / 8;
	uint64_t *level3 = level2 + PAGE_SIZE / 8;
	const uint64_t level2_gpa = MACH_STAGE2_BASE + 2 * PAGE_SIZE;
	const uint64_t end = MACH_RAM_BASE + m->ram_size;
	uint64_t gpa = MACH_RAM_BASE;

	for (; end - gpa >= GIB; gpa += GIB)
		level1[gpa / GIB] = gpa | S2_BLOCK;
	if (gpa == end)
		return;
	level1[gpa / GIB] = level2_gpa | S2_TABLE;
	for (; end - gpa >= BLOCK_SIZE; gpa += BLOCK_SIZE)
		level2[gpa % GIB / BLOCK_SIZE] = gpa | S2_BLOCK;
	if (gpa == end)
		return;
	level2[gpa % GIB / BLOCK_SIZE] = (level2_gpa + PAGE_SIZE) | S2_TABLE;
	for (; gpa < end; gpa += PAGE_SIZE)
		level3[gpa % BLOCK_SIZE / PAGE_SIZE] = gpa | S2_PAGE;
}

static void *map_memory(uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void uart_interrupt(void *opaque, bool level)
{
	struct machine *m = opaque;

	if (!irqchip_set_spi(m->chip, MACH_INTID_UART, level))
		machine_fail(m, "the UART's interrupt %d was refused", MACH_INTID_UART);
}

static void kick(void *opaque, unsigned int cpu)
{
	struct machine *m = opaque;

	/* Before the CPUs exist there is nobody to look. */
	if (m->cpus && m->cpus[cpu])
		vcpu_attention(m->cpus[cpu]);
}

static void *chip_ram(void *opaque, uint64_t gpa, uint64_t size)
{
	return machine_ram(opaque, gpa, size);
}

static void chip_dirty(void *opaque, uint64_t gpa, uint64_t size)
{
	machine_dirty(opaque, gpa, size);
}

/* Drives are the devices 1, 2, ... of the bus. */
static bool make_pci(struct machine *m)
{
	unsigned int i;

	m->pci = pci_create(m);
	for (i = 0; m->pci && i < m->config->nr_drives; i++) {
		m->drives[i] = virtio_blk_create(m, m->pci, i + 1, m->config->drives[i]);
		if (!m->drives[i])
			return false;
	}
	return m->pci != NULL;
}

static bool make_parts(struct machine *m)
{
	const struct irqchip_config chip = {
		.nr_cpus = m->nr_cpus,
		.nr_spis = MACH_NR_SPIS,
		.nr_lrs = m->config->nr_lrs,
		.stats = m->config->stats,
		.trace = m->config->trace,
		.dist_base = MACH_GICD_BASE,
		.redist_base = MACH_GICR_BASE,
		.nr_its = m->config->nr_its,
		.its_base = machine_its_base,
		.affinity = machine_affinity,
		.kick = kick,
		.ram = chip_ram,
		.dirty = chip_dirty,
		.opaque = m,
	};
	unsigned int cpu;

	m->ram = map_memory(m->ram_size);
	m->stage2 = map_memory(MACH_STAGE2_SIZE);
	m->maint.dma = calloc(m->ram_size / 32768 + 1, 1);
	m->cpus = calloc(m->nr_cpus, sizeof(struct vcpu *));
	if (!m->ram || !m->stage2 || !m->maint.dma || !m->cpus) {
		complain("no memory for a guest with %llu MiB", (unsigned long long)(m->ram_size >> 20));
		return false;
	}
	m->uart = pl011_create(uart_interrupt, m);
	m->chip = irqchip_create(&chip);
	if (!m->uart || !m->chip || !make_pci(m))
		return false;
	for (cpu = 0; cpu < m->nr_cpus; cpu++) {
		m->cpus[cpu] = vcpu_create(m, cpu);
		if (!m->cpus[cpu])
			return false;
	}
	make_stage2(m);
	return true;
}

struct machine *machine_create(const struct machine_config *config)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct boot_info info;
	unsigned int cpu;

	if (!m) {
		complain("no memory for the machine");
		return NULL;
	}
	m->config = config;
	m->nr_cpus = config->nr_cpus;
	m->ram_size = config->mem_size;
	if (!make_parts(m) || !boot_load(m, &info)) {
		machine_destroy(m);
		return NULL;
	}
	m->clock_origin = host_ns();
	for (cpu = 1; cpu < m->nr_cpus; cpu++)
		irqchip_cpu_off(m->chip, cpu);
	vcpu_power_on(m->cpus[0], info.entry, info.dtb);
	return m;
}

void machine_destroy(struct machine *m)
{
	unsigned int cpu;

	if (!m)
		return;
	for (cpu = 0; m->cpus && cpu < m->nr_cpus; cpu++)
		vcpu_destroy(m->cpus[cpu]);
	free(m->cpus);
	free(m->maint.dma);
	for (cpu = 0; cpu < MACH_MAX_DRIVES; cpu++)
		virtio_blk_destroy(m->drives[cpu]);
	pci_destroy(m->pci);
	irqchip_destroy(m->chip);
	pl011_destroy(m->uart);
	if (m->ram)
		munmap(m->ram, m->ram_size);
	if (m->stage2)
		munmap(m->stage2, MACH_STAGE2_SIZE);
	free(m);
}
