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
#include "pl011.h"
#include "util.h"
#include "vcpu.h"

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

static bool is_uart(uint64_t gpa)
{
	return gpa >= MACH_UART_BASE && gpa - MACH_UART_BASE < MACH_UART_SIZE;
}

bool machine_is_device(uint64_t gpa, unsigned int nr_cpus)
{
	return is_uart(gpa) || (gpa >= MACH_GICD_BASE && gpa - MACH_GICD_BASE < MACH_GICD_SIZE) ||
	       (gpa >= MACH_GICR_BASE && gpa - MACH_GICR_BASE < MACH_GICR_STRIDE * nr_cpus);
}

bool machine_mmio_read(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t *val)
{
	if (is_uart(gpa)) {
		/* Registers of 32 bits, at any access width. */
		*val = pl011_read(m->uart, (uint32_t)(gpa - MACH_UART_BASE));
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
	return irqchip_mmio_write(m->chip, cpu, gpa, size, val);
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
		.affinity = machine_affinity,
		.kick = kick,
		.opaque = m,
	};
	unsigned int cpu;

	m->ram = map_memory(m->ram_size);
	m->stage2 = map_memory(MACH_STAGE2_SIZE);
	m->cpus = calloc(m->nr_cpus, sizeof(struct vcpu *));
	if (!m->ram || !m->stage2 || !m->cpus) {
		complain("no memory for a guest with %llu MiB", (unsigned long long)(m->ram_size >> 20));
		return false;
	}
	m->uart = pl011_create(uart_interrupt, m);
	m->chip = irqchip_create(&chip);
	if (!m->uart || !m->chip)
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
	irqchip_destroy(m->chip);
	pl011_destroy(m->uart);
	if (m->ram)
		munmap(m->ram, m->ram_size);
	if (m->stage2)
		munmap(m->stage2, MACH_STAGE2_SIZE);
	free(m);
}
