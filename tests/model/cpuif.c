/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the model's CPU interfaces: which interrupt is signalled, acknowledge, end; software-generated interrupts.
 * Implements: IHI 0069 4.8 (priorities), 12.2 (ICC_*), 8.1.10 (which group an SGI register generates with DS = 1).
 */
#include <libvgic/gic.h>

#include "model.h"

#define IDLE 0xffu

/* GICR_CTLR.DPG<n>, 12.11: only for 1 of N. */
static bool takes_one_of_n(const struct cpu *c, const struct irq *irq)
{
	return !(c->dpg & (irq->group ? GICR_CTLR_DPG1NS : GICR_CTLR_DPG0));
}

static bool is_one_of_n(const struct irq *irq)
{
	return irq->intid >= 32 && irq->intid < FIRST_LPI && (irq->irouter & GICD_IROUTER_IRM);
}

/* Might this vCPU be given it? Of 1 of N any of several might. */
static bool is_for(const struct model *g, const struct irq *irq, uint32_t cpu)
{
	if (irq->owner != NOBODY)
		return irq->owner == cpu;
	if (irq->intid >= FIRST_LPI)
		return irq->exists && irq->at == cpu;
	if (is_one_of_n(irq))
		return takes_one_of_n(&g->cpu[cpu], irq);
	return irq->irouter == cpu;
}

static bool is_candidate(const struct model *g, const struct irq *irq, uint32_t cpu)
{
	const struct cpu *c = &g->cpu[cpu];

	return model_pending(irq) && !irq->active && irq->enabled && (g->gicd_ctlr >> irq->group & 1) && !c->off &&
	       !c->asleep && c->igrpen[irq->group] && is_for(g, irq, cpu);
}

/* The best priority among those that no other vCPU might have been given. */
static uint32_t sure_priority(const struct model *g, uint32_t cpu)
{
	uint32_t best = 0x100;

	for (uint32_t i = 0; i < NR_IRQS; i++)
		if (!is_one_of_n(&g->irq[i]) && g->irq[i].prio < best && is_candidate(g, &g->irq[i], cpu))
			best = g->irq[i].prio;
	return best;
}

/* May it be the one that is presented? */
static bool may_be_best(const struct model *g, const struct irq *irq, uint32_t cpu, uint32_t sure)
{
	return irq->prio <= sure && is_candidate(g, irq, cpu);
}

static uint32_t running_priority(const struct cpu *c)
{
	return c->depth ? c->stack[c->depth - 1].prio : IDLE;
}

static uint32_t group_priority(const struct cpu *c, uint32_t prio, uint32_t group)
{
	uint32_t bits = group && !c->cbpr ? c->bpr[1] : c->bpr[0] + 1;

	return prio >> bits << bits;
}

static bool is_signalled(const struct cpu *c, const struct irq *irq)
{
	return irq->prio < c->pmr && group_priority(c, irq->prio, irq->group) < running_priority(c);
}

/* Bit 0 of lines: that nothing is signalled is right; bit 1: IRQ (Group 1), bit 2: FIQ (Group 0). HPPIR, IAR. */
struct answers {
	uint32_t lines;
	bool none[2], spurious[2];
};

static struct answers right_answers(const struct model *g, uint32_t cpu)
{
	uint32_t sure = sure_priority(g, cpu);
	struct answers a = { 0 };

	if (sure == 0x100)
		a = (struct answers){ 1, { true, true }, { true, true } };
	for (uint32_t i = 0; i < NR_IRQS; i++) {
		const struct irq *irq = &g->irq[i];
		bool signalled = is_signalled(&g->cpu[cpu], irq);

		if (!may_be_best(g, irq, cpu, sure))
			continue;
		a.lines |= !signalled ? 1u : irq->group ? 2u : 4u;
		a.none[!irq->group] = true;
		a.spurious[!irq->group] = true;
		a.spurious[irq->group] |= !signalled;
	}
	return a;
}

/* 12.11 GICR_WAKER: a Redistributor that sleeps asks for its PE to be woken, whatever the CPU interface masks. */
static bool may_wake(struct model *g, uint32_t cpu, bool pending)
{
	const struct cpu was = g->cpu[cpu];
	bool any = false, sure = false;

	g->cpu[cpu].asleep = false;
	g->cpu[cpu].igrpen[0] = g->cpu[cpu].igrpen[1] = true;
	for (uint32_t i = 0; i < NR_IRQS; i++)
		if (is_candidate(g, &g->irq[i], cpu)) {
			any = true;
			sure |= !is_one_of_n(&g->irq[i]);
		}
	g->cpu[cpu] = was;
	return pending ? any : !sure;
}

bool model_wfi(struct model *g, uint32_t cpu, bool pending)
{
	uint32_t lines = right_answers(g, cpu).lines;

	if (g->cpu[cpu].asleep)
		return may_wake(g, cpu, pending);
	return pending ? lines & 6 : lines & 1;
}

bool model_lines(struct model *g, uint32_t cpu, uint32_t lines)
{
	return right_answers(g, cpu).lines >> lines & 1;
}

static bool may_be(struct model *g, uint32_t cpu, uint32_t group, const struct irq *irq)
{
	return irq && irq->group == group && may_be_best(g, irq, cpu, sure_priority(g, cpu));
}

bool model_hppir(struct model *g, uint32_t cpu, uint32_t group, uint32_t intid)
{
	return intid == SPURIOUS ? right_answers(g, cpu).none[group] : may_be(g, cpu, group, model_find(g, cpu, intid));
}

uint32_t model_rpr(const struct model *g, uint32_t cpu)
{
	return running_priority(&g->cpu[cpu]);
}

bool model_ack(struct model *g, uint32_t cpu, uint32_t group, uint32_t intid)
{
	struct irq *irq = model_find(g, cpu, intid);
	struct cpu *c = &g->cpu[cpu];

	if (intid == SPURIOUS)
		return right_answers(g, cpu).spurious[group];
	if (!may_be(g, cpu, group, irq) || !is_signalled(c, irq))
		return false;
	irq->latch = false;
	if (intid < FIRST_LPI)
		irq->active = irq->running = true;
	c->stack[c->depth].irq = irq;
	c->stack[c->depth].group = group;
	c->stack[c->depth].prio = group_priority(c, irq->prio, group);
	c->depth++;
	return true;
}

struct irq *model_end(struct model *g, uint32_t cpu, uint32_t *group)
{
	struct cpu *c = &g->cpu[cpu];
	struct irq *irq;

	if (!c->depth)
		return NULL;
	c->depth--;
	irq = c->stack[c->depth].irq;
	*group = c->stack[c->depth].group;
	irq->running = false;
	if (!c->eoimode)
		irq->active = false;
	return irq;
}

bool model_may_deactivate(struct model *g, uint32_t cpu, uint32_t intid)
{
	const struct irq *irq = model_find(g, cpu, intid);

	return irq && g->cpu[cpu].eoimode && !irq->running && intid < FIRST_LPI;
}

void model_deactivate(struct model *g, uint32_t cpu, uint32_t intid)
{
	model_find(g, cpu, intid)->active = false;
}

/* ICC_SGI1R_EL1 whatever the group is at the target, the other two only for Group 0 there. */
void model_sgi(struct model *g, uint32_t cpu, uint32_t reg, uint64_t val)
{
	uint32_t cluster = (uint32_t)(val >> 48 & 0xff) << 24 | (uint32_t)(val >> 32 & 0xff) << 16 |
	                   (uint32_t)(val >> 16 & 0xff) << 8 | (uint32_t)(val >> 44 & 0xf) << 4;

	for (uint32_t to = 0; to < g->cfg.nr_cpus; to++) {
		bool named = (to & ~15u) == cluster && (val >> to % 16 & 1);
		struct irq *irq = model_find(g, to, val >> 24 & 15);

		if (val >> 40 & 1 ? to == cpu : !named)
			continue;
		if (reg == ICC_SGI1R_EL1 || !irq->group)
			irq->latch = true;
	}
}

void model_cpu_reset(struct model *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];

	c->off = c->eoimode = c->cbpr = c->igrpen[0] = c->igrpen[1] = false;
	c->pmr = c->depth = 0;
	c->bpr[0] = 7 - g->cfg.pri_bits;
	c->bpr[1] = 8 - g->cfg.pri_bits;
}

/* What it had acknowledged stays active, without a running priority. */
void model_off(struct model *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];

	c->off = true;
	while (c->depth)
		c->stack[--c->depth].irq->running = false;
}

bool model_any_candidate(struct model *g)
{
	for (uint32_t cpu = 0; cpu < g->cfg.nr_cpus; cpu++)
		for (uint32_t i = 0; i < NR_IRQS; i++)
			if (is_candidate(g, &g->irq[i], cpu) && is_signalled(&g->cpu[cpu], &g->irq[i]))
				return true;
	return false;
}
