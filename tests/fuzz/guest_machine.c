/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what the CPUs of the vgic program need around them (machine.h, irqchip.h, util.h there), small and
 * deterministic: RAM, the GIC of the mock hypervisor, time that is counted in basic blocks, and the loop that runs a
 * CPU.
 * Locks: none; one thread.
 */
#define _GNU_SOURCE
#include "guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "irqchip.h"
#include "util.h"

#define NS_PER_BLOCK 64u

/* An engine grows with all that it has ever translated. */
#define INPUTS_PER_ENGINE 4096u

static uint64_t now;
static uint32_t blocks_left;
static bool loud;

/* An engine frees when it likes, and a search for leaks costs 50 ms: the mock finds those of the library. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

uint64_t host_ns(void)
{
	return now;
}

void complain(const char *format, ...)
{
	va_list args;

	if (!loud)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* --- machine.h --- */

void machine_stop(struct machine *m, enum machine_end end)
{
	if (m->end == MACHINE_RUNS)
		m->end = end;
}

void machine_fail(struct machine *m, const char *format, ...)
{
	va_list args;

	if (loud) {
		va_start(args, format);
		vfprintf(stderr, format, args);
		va_end(args);
		fputc('\n', stderr);
	}
	machine_stop(m, MACHINE_FAILED);
}

void *machine_ram(const struct machine *m, uint64_t gpa, uint64_t size)
{
	uint64_t offset = gpa - MACH_RAM_BASE;

	return offset <= m->ram_size && size <= m->ram_size - offset ? m->ram + offset : NULL;
}

/* What is nowhere reads as zero. */
bool machine_is_device(const struct machine *m, uint64_t gpa)
{
	(void)m;
	(void)gpa;
	return true;
}

static bool is_frame(const struct world *w, uint64_t gpa)
{
	return gpa - MOCK_DIST_GPA < 0x10000 || gpa - MOCK_REDIST_GPA < w->nr_vcpus * 0x20000ull ||
	       gpa - MOCK_ITS_GPA < w->nr_its * 0x20000ull;
}

bool machine_mmio_read(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t *val)
{
	const struct world *w = &m->chip->w;

	*val = is_frame(w, gpa) ? mock_mmio_r(w->vm, cpu, gpa, size) : 0;
	return true;
}

bool machine_mmio_write(struct machine *m, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t val)
{
	const struct world *w = &m->chip->w;

	if (is_frame(w, gpa))
		mock_mmio_w(w->vm, cpu, gpa, size, val);
	return true;
}

/* --- irqchip.h --- */

bool irqchip_sysreg_read(struct irqchip *chip, unsigned int cpu, uint32_t sysreg, uint64_t *val)
{
	return mock_guest_mrs(chip->w.vm, cpu, sysreg, val) == LVGIC_OK;
}

bool irqchip_sysreg_write(struct irqchip *chip, unsigned int cpu, uint32_t sysreg, uint64_t val)
{
	return mock_guest_msr(chip->w.vm, cpu, sysreg, val) == LVGIC_OK;
}

bool irqchip_set_ppi(struct irqchip *chip, unsigned int cpu, unsigned int intid, bool level)
{
	return lvgic_inject(mock_vgic(chip->w.vm), mock_vcpu(chip->w.vm, cpu), intid, level) == LVGIC_OK;
}

unsigned int irqchip_lines(struct irqchip *chip, unsigned int cpu)
{
	uint32_t lines = mock_guest_lines(chip->w.vm, cpu);

	return (lines & MOCK_LINE_IRQ ? IRQCHIP_IRQ : 0) | (lines & MOCK_LINE_FIQ ? IRQCHIP_FIQ : 0);
}

void irqchip_cpu_on(struct irqchip *chip, unsigned int cpu)
{
	chip->w.off[cpu] = false;
	mock_vcpu_on(chip->w.vm, cpu);
}

void irqchip_cpu_off(struct irqchip *chip, unsigned int cpu)
{
	chip->w.off[cpu] = true;
	mock_vcpu_off(chip->w.vm, cpu);
}

/* --- Running --- */

static bool take_interrupt(struct vcpu *v, uint64_t address)
{
	uint32_t pstate = vcpu_pstate(v);
	unsigned int unmasked = (pstate & PSTATE_I ? 0 : IRQCHIP_IRQ) | (pstate & PSTATE_F ? 0 : IRQCHIP_FIQ);

	if (!(v->lines & unmasked))
		return false;
	v->lines = irqchip_lines(v->m->chip, v->id);
	if (!(v->lines & unmasked))
		return false;
	exception_enter(v, v->lines & unmasked & IRQCHIP_FIQ ? VECTOR_FIQ : VECTOR_IRQ, address);
	return true;
}

void sched_block_hook(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
	struct vcpu *v = user;

	(void)uc;
	(void)size;
	now += NS_PER_BLOCK;
	v->exceptions = 0;
	if (v->dirty || mock_kicked(v->m->chip->w.vm, v->id)) {
		v->dirty = false;
		v->lines = irqchip_lines(v->m->chip, v->id);
	}
	/* Where the PC was written there is no stop in the same call. */
	if (v->lines && take_interrupt(v, address))
		return;
	if (!blocks_left || v->yields || v->m->end != MACHINE_RUNS)
		vcpu_stop(v);
	else
		blocks_left--;
}

void guest_machine_run(struct machine *m, uint32_t cpu, uint32_t blocks)
{
	struct vcpu *v = m->cpus[cpu];
	struct world *w = &m->chip->w;
	uc_err err;

	if (v->timers.deadline <= now)
		timer_update(v);
	/* PSCI brings up CPUs without. */
	if (!vcpu_sysreg(v, 3, 0, 12, 0, 0))
		vcpu_set_sysreg(v, 3, 0, 12, 0, 0, GUEST_VECTORS);
	maint_catch_up(v);
	v->stopping = false;
	v->yields = false;
	v->dirty = true;
	blocks_left = blocks;
	err = uc_emu_start(v->uc, vcpu_reg(v, UC_ARM64_REG_PC), 0, 0, 0);
	if (m->end != MACHINE_RUNS || v->stopping)
		return;
	if (err != UC_ERR_OK || !vcpu_reg(v, UC_ARM64_REG_PC))
		machine_fail(m, "CPU %u: %s", cpu, uc_strerror(err));
	else
		w->asleep[cpu] = !mock_guest_wfi(w->vm, cpu);
}

bool guest_machine_skip(struct machine *m)
{
	uint64_t until = TIMER_NEVER;
	uint32_t cpu;

	for (cpu = 0; cpu < m->nr_cpus; cpu++)
		if (!m->chip->w.off[cpu] && m->cpus[cpu]->timers.deadline < until)
			until = m->cpus[cpu]->timers.deadline;
	if (until == TIMER_NEVER)
		return false;
	if (until > now)
		now = until;
	for (cpu = 0; cpu < m->nr_cpus; cpu++)
		if (!m->chip->w.off[cpu] && m->cpus[cpu]->timers.deadline <= now)
			timer_update(m->cpus[cpu]);
	return true;
}

/* --- Making --- */

static void *map_memory(uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fuzz_fail("no memory for a guest");
	return p;
}

/* Stage 2: two blocks of 2 MiB, of normal memory, below the second of two concatenated tables of level 1. */
static void make_stage2(struct machine *m)
{
	uint64_t *level1 = (uint64_t *)(void *)m->stage2, *level2 = level1 + 2 * 512;

	level1[MACH_RAM_BASE >> 30] = (MACH_STAGE2_BASE + 2 * 4096) | 3;
	for (uint64_t i = 0; i < GUEST_RAM_SIZE >> 21; i++)
		level2[i] = (MACH_RAM_BASE + (i << 21)) | 0x7fd;
}

static void make_cpu(struct machine *m, uint32_t cpu)
{
	vcpu_destroy(m->cpus[cpu]);
	m->cpus[cpu] = vcpu_create(m, cpu);
	if (!m->cpus[cpu])
		fuzz_fail("no Unicorn engine");
}

struct machine *guest_machine(void)
{
	static struct machine machine;
	static struct vcpu *cpus[GUEST_MAX_CPUS];
	static uint32_t nr_inputs;
	struct machine *m = &machine;

	if (!m->cpus) {
		m->cpus = cpus;
		m->nr_cpus = GUEST_MAX_CPUS;
		m->ram_size = GUEST_RAM_SIZE;
		m->ram = map_memory(m->ram_size);
		m->stage2 = map_memory(MACH_STAGE2_SIZE);
		m->maint.dma = calloc(m->ram_size / 32768 + 1, 1);
		if (!m->maint.dma)
			fuzz_fail("no memory for a guest");
	}
	if (nr_inputs++ % INPUTS_PER_ENGINE == 0) {
		loud = true;
		for (uint32_t cpu = 0; cpu < GUEST_MAX_CPUS; cpu++)
			make_cpu(m, cpu);
		make_stage2(m);
	}
	return m;
}

void guest_machine_reset(struct machine *m, struct irqchip *chip, uint32_t nr_cpus)
{
	madvise(m->ram, m->ram_size, MADV_DONTNEED);
	now = 0;
	loud = chip->w.trace;
	m->chip = chip;
	m->nr_cpus = nr_cpus;
	m->end = MACHINE_RUNS;
	m->nr_notes = 0;
	m->maint.head = 0;
	m->maint.sealed = 0;
	for (uint32_t cpu = 0; cpu < GUEST_MAX_CPUS; cpu++) {
		struct vcpu *v = m->cpus[cpu];

		for (int i = 0; i < NR_TIMERS; i++)
			v->timers.timer[i].level = false;
		v->maint_seen = 0;
		v->state = VCPU_OFF;
	}
}
