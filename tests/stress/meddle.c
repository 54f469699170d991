/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: those who change where interrupts go and whether they may, as a debugger does, without being a vCPU.
 * Locks: none.
 *
 * Each step leaves everything enabled and routed somewhere, so that in a lull nothing has a reason to wait.
 */
#include <sched.h>

#include "stress.h"

#define NOWHERE 0x00ffffffu /* an affinity that no vCPU has */

static uint32_t any_spi(uint32_t *seed)
{
	return LVGIC_FIRST_SPI + random32(seed) % NR_SPIS;
}

void *router(void *arg)
{
	struct mock_vm *vm = all.vm;
	uint32_t seed = all.seed * 3;

	(void)arg;
	for (; keep_on(); sched_yield()) {
		uint32_t intid = any_spi(&seed), to = random32(&seed) % all.config.nr_vcpus;

		switch (random32(&seed) % 8) {
		case 0:
		case 1:
			mock_irq_route(vm, MOCK_DEBUGGER, intid, MOCK_DEBUGGER);
			break;
		case 2:
			mock_dist_w(vm, MOCK_DEBUGGER, GICD_IROUTER + intid * 8, 8, NOWHERE);
			if (one_in(2, &seed))
				sched_yield();
			mock_irq_route(vm, MOCK_DEBUGGER, intid, to);
			break;
		default:
			mock_irq_route(vm, MOCK_DEBUGGER, intid, to);
			break;
		}
		count(ROUTES);
	}
	return NULL;
}

static struct source *source_of(uint32_t cpu, uint32_t intid)
{
	if (intid >= LVGIC_FIRST_SPI)
		return spi_source(intid - LVGIC_FIRST_SPI);
	if (intid == PPI_LEVEL || intid == PPI_EDGE)
		return ppi_source(intid, cpu);
	return intid < LVGIC_NR_SGIS ? sgi_source(intid, cpu) : NULL;
}

/* Disable and enable an SPI, or a private interrupt of "cpu". */
static void toggle(uint32_t cpu, uint32_t intid, uint32_t *seed)
{
	struct source *s = source_of(cpu, intid);
	struct mock_vm *vm = all.vm;
	uint32_t offset = intid / 32 * 4, bit = 1u << intid % 32;

	if (intid >= LVGIC_FIRST_SPI)
		mock_dist_w(vm, MOCK_DEBUGGER, GICD_ICENABLER + offset, 4, bit);
	else
		mock_redist_w(vm, MOCK_DEBUGGER, cpu, GICR_SGI_BASE + GICD_ICENABLER, 4, bit);
	while (intid < LVGIC_FIRST_SPI && (mock_redist_r(vm, MOCK_DEBUGGER, cpu, GICR_CTLR, 4) & GICR_CTLR_RWP))
		sched_yield();
	if (s)
		source_bar(s);
	if (one_in(2, seed))
		sched_yield();
	if (s)
		source_unbar(s);
	if (intid >= LVGIC_FIRST_SPI)
		mock_dist_w(vm, MOCK_DEBUGGER, GICD_ISENABLER + offset, 4, bit);
	else
		mock_redist_w(vm, MOCK_DEBUGGER, cpu, GICR_SGI_BASE + GICD_ISENABLER, 4, bit);
}

static void toggle_group(void)
{
	struct mock_vm *vm = all.vm;
	uint64_t ctlr = mock_dist_r(vm, MOCK_DEBUGGER, GICD_CTLR, 4);

	mock_dist_w(vm, MOCK_DEBUGGER, GICD_CTLR, 4, ctlr & ~(uint64_t)GICD_CTLR_EnableGrp1);
	sched_yield();
	mock_dist_w(vm, MOCK_DEBUGGER, GICD_CTLR, 4, ctlr | GICD_CTLR_EnableGrp1);
}

static void clear(uint32_t *seed)
{
	uint32_t n = FIRST_CLEARED_SPI + random32(seed) % (NR_SPIS - FIRST_CLEARED_SPI);

	mock_irq_write(all.vm, MOCK_DEBUGGER, GICD_ICPENDR, LVGIC_FIRST_SPI + n);
	count(CLEARS);
}

static void set_pending(uint32_t *seed)
{
	struct source *s = spi_source(SPI_BY_WRITE + random32(seed) % 2);

	(void)source_send(s);
	mock_irq_write(all.vm, MOCK_DEBUGGER, GICD_ISPENDR, s->intid);
}

/* Whoever looks must change nothing. (lvgic_explain() looks at registers of a vCPU that runs, which is a guess.) */
static void look(uint32_t cpu)
{
	(void)mock_dist_r(all.vm, MOCK_DEBUGGER, GICD_ISPENDR + 4, 4);
	(void)mock_redist_r(all.vm, MOCK_DEBUGGER, cpu, GICR_SGI_BASE + GICD_ISACTIVER, 4);
	(void)lvgic_vcpu_has_work(mock_vcpu(all.vm, cpu));
}

void *enabler(void *arg)
{
	struct mock_vm *vm = all.vm;
	uint32_t seed = all.seed * 5;

	(void)arg;
	for (; keep_on(); sched_yield()) {
		uint32_t intid = any_spi(&seed), cpu = random32(&seed) % all.config.nr_vcpus;
		uint32_t prio = 0x80 + 8 * (random32(&seed) % 12);

		switch (random32(&seed) % 12) {
		case 0:
		case 1:
			mock_irq_set_prio(vm, MOCK_DEBUGGER, intid, prio);
			break;
		case 2:
			mock_redist_w(vm, MOCK_DEBUGGER, cpu, GICR_SGI_BASE + GICD_IPRIORITYR + intid % 32, 1, prio);
			break;
		case 3:
			toggle(cpu, intid % 32, &seed);
			break;
		case 4:
			toggle_group();
			break;
		case 5:
			clear(&seed);
			break;
		case 6:
		case 7:
			set_pending(&seed);
			break;
		case 8:
			look(cpu);
			break;
		default:
			toggle(0, intid, &seed);
			break;
		}
		count(ENABLES);
	}
	return NULL;
}
