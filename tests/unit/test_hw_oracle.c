/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Random programs against a slow model of a GIC that is written from IHI 0069 alone: flat arrays, no queue, no list
 * registers, no words. What a guest can see must be the same after each step: the lines, HPPIR, RPR, what IAR returns,
 * the pending and active bits, with 5, 6 and 7 priority bits, both groups, both EOI modes and any binary point.
 *
 * Among interrupts of the same priority the architecture leaves the choice to the implementation: then any of them is
 * right. Programs do nothing that is UNPREDICTABLE: an end of interrupt always belongs to the last acknowledge.
 */
#include "hw.h"

#define NR_VCPUS 3u
#define NR_SPIS  12u
#define NR_IRQS  (NR_VCPUS * NR_PRIVATES + NR_SPIS)
#define NOBODY   UINT32_MAX
#define STEPS    1500u
#define SEEDS    400u
#define IDLE     0xffu

static const uint32_t privates[] = { 1, 2, 15, 27, 30 };

#define NR_PRIVATES ((uint32_t)(sizeof(privates) / sizeof(privates[0])))

struct irq {
	uint32_t intid;
	uint32_t owner; /* of a private one; NOBODY: an SPI */
	uint32_t target;
	uint32_t group, prio;
	bool edge, enabled, latch, line, active;
	bool running; /* acknowledged, and its priority not dropped */
};

struct cpu {
	bool off;
	bool eoimode;
	bool cbpr;
	bool igrpen[2];
	uint32_t pmr, bpr[2];
	uint32_t depth;
	struct {
		struct irq *irq;
		uint32_t group, prio; /* as acknowledged; the group priority */
	} stack[128];
};

struct gic {
	struct mock_vm *vm;
	uint32_t seed, seed0, step;
	uint32_t pri_bits;
	bool enable[2];
	struct irq irq[NR_IRQS];
	struct cpu cpu[NR_VCPUS];
	char did[8][80]; /* the last steps, for the report */
};

static uint32_t random32(struct gic *g, uint32_t n)
{
	g->seed = g->seed * 1664525u + 1013904223u;
	return (g->seed >> 8) % n;
}

static void did(struct gic *g, const char *what, uint32_t cpu, uint32_t a, uint32_t b)
{
	snprintf(g->did[g->step % 8], sizeof(g->did[0]), "%s(cpu %d, %u, %#x)", what, (int)cpu, a, b);
}

static void check(struct gic *g, bool ok, const char *what, uint32_t cpu, uint64_t got)
{
	if (ok)
		return;
	for (uint32_t i = g->step < 7 ? 0 : g->step - 7; i <= g->step; i++)
		print_error("%u: %s\n", i, g->did[i % 8]);
	fail_msg("seed %u, step %u, vCPU %u: %s is %#llx", g->seed0, g->step, cpu, what, (unsigned long long)got);
}

/* --- The model --- */

static uint32_t implemented(const struct gic *g, uint32_t prio)
{
	return prio & 0xff00u >> g->pri_bits & 0xffu;
}

static bool is_pending(const struct irq *irq)
{
	return irq->latch || (!irq->edge && irq->line);
}

static bool is_for(const struct irq *irq, uint32_t cpu)
{
	return (irq->owner == NOBODY ? irq->target : irq->owner) == cpu;
}

/* May the Distributor and the CPU interface present it? */
static bool is_candidate(const struct gic *g, const struct irq *irq, uint32_t cpu)
{
	return is_pending(irq) && !irq->active && irq->enabled && is_for(irq, cpu) && g->enable[irq->group] &&
	       g->cpu[cpu].igrpen[irq->group];
}

static uint32_t best_priority(const struct gic *g, uint32_t cpu)
{
	uint32_t best = 0x100;

	for (uint32_t i = 0; i < NR_IRQS; i++)
		if (is_candidate(g, &g->irq[i], cpu) && g->irq[i].prio < best)
			best = g->irq[i].prio;
	return best;
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

/* Every answer is right that one of the best candidates gives; with none of them there is one answer. */
struct answers {
	uint32_t lines;   /* bit n: MOCK_LINE_* value n is right */
	bool spurious[2]; /* IAR<n> */
	bool none[2];     /* HPPIR<n> */
};

static struct answers right_answers(const struct gic *g, uint32_t cpu)
{
	const struct cpu *c = &g->cpu[cpu];
	uint32_t best = best_priority(g, cpu);
	struct answers a = { 0 };

	if (best == 0x100)
		return (struct answers){ 1u, { true, true }, { true, true } };
	for (uint32_t i = 0; i < NR_IRQS; i++) {
		const struct irq *irq = &g->irq[i];
		bool signalled = is_signalled(c, irq);

		if (!is_candidate(g, irq, cpu) || irq->prio != best)
			continue;
		a.lines |= 1u << (!signalled ? 0 : irq->group ? MOCK_LINE_IRQ : MOCK_LINE_FIQ);
		a.none[!irq->group] = true;
		a.spurious[!irq->group] = true;
		if (!signalled)
			a.spurious[irq->group] = true;
	}
	return a;
}

static struct irq *find(struct gic *g, uint32_t cpu, uint32_t intid)
{
	for (uint32_t i = 0; i < NR_IRQS; i++)
		if (g->irq[i].intid == intid && (g->irq[i].owner == NOBODY || g->irq[i].owner == cpu))
			return &g->irq[i];
	return NULL;
}

/* Is this a best candidate of the group? */
static bool is_best(struct gic *g, uint32_t cpu, uint32_t group, const struct irq *irq)
{
	return irq && is_candidate(g, irq, cpu) && irq->group == group && irq->prio == best_priority(g, cpu);
}

/* --- Looking --- */

/*
 * Let all obey their kicks: what changes its target is passed on by the vCPU that has it, perhaps to one that was asked
 * before.
 */
static void settle(struct gic *g)
{
	for (int round = 0; round < 2; round++)
		for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
			if (!g->cpu[cpu].off)
				mock_guest_nop(g->vm, cpu);
}

static void look_cpu(struct gic *g, uint32_t cpu)
{
	struct answers a = right_answers(g, cpu);
	uint32_t val;

	if (g->cpu[cpu].off)
		return;
	settle(g);
	val = mock_guest_lines(g->vm, cpu);
	check(g, a.lines & 1u << val, "lines", cpu, val);
	for (uint32_t group = 0; group < 2; group++) {
		val = mock_guest_hppir(g->vm, cpu, group);
		check(g, val == SPURIOUS ? a.none[group] : is_best(g, cpu, group, find(g, cpu, val)), "HPPIR", cpu,
		      val);
	}
	val = mock_guest_rpr(g->vm, cpu);
	check(g, val == running_priority(&g->cpu[cpu]), "RPR", cpu, val);
}

/* Does WFI fall through? A question for out of the guest. */
static void look_wfi(struct gic *g, uint32_t cpu)
{
	bool pending;

	if (g->cpu[cpu].off)
		return;
	settle(g);
	mock_vcpu_exit(g->vm, cpu);
	pending = lvgic_vcpu_pending(mock_vcpu(g->vm, cpu));
	check(g, right_answers(g, cpu).lines & (pending ? ~1u : 1u), "lvgic_vcpu_pending", cpu, pending);
	check(g, !pending || lvgic_vcpu_has_work(mock_vcpu(g->vm, cpu)), "lvgic_vcpu_has_work", cpu, 0);
}

/* All pending or all active bits, read by anybody. */
static void look_state(struct gic *g, uint32_t who, bool active)
{
	uint32_t reg = active ? GICD_ISACTIVER : GICD_ISPENDR;
	uint64_t spi = mock_dist_r(g->vm, who, reg + 4, 4), val;

	for (uint32_t cpu = 0; cpu <= NR_VCPUS; cpu++) {
		val = cpu < NR_VCPUS ? mock_redist_r(g->vm, who, cpu, GICR_SGI_BASE + reg, 4) : spi;
		for (uint32_t i = 0; i < NR_IRQS; i++) {
			const struct irq *irq = &g->irq[i];

			if (irq->owner != (cpu < NR_VCPUS ? cpu : NOBODY))
				continue;
			check(g, (val >> irq->intid % 32 & 1) == (active ? irq->active : is_pending(irq)),
			      active ? "ISACTIVER" : "ISPENDR", cpu, val);
			val &= ~(1ull << irq->intid % 32);
		}
		check(g, !val, "state of another interrupt", cpu, val);
	}
}

static void look_all(struct gic *g)
{
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
		look_cpu(g, cpu);
	look_state(g, MOCK_DEBUGGER, true);
	look_state(g, MOCK_DEBUGGER, false);
}

/* --- Steps --- */

/* A vCPU that is on, or the debugger. */
static uint32_t somebody(struct gic *g)
{
	uint32_t cpu = random32(g, NR_VCPUS + 1);

	return cpu == NR_VCPUS || g->cpu[cpu].off ? MOCK_DEBUGGER : cpu;
}

static void write_reg(struct gic *g, const struct irq *irq, uint32_t offset, uint32_t size, uint64_t val)
{
	uint32_t who = somebody(g);

	if (irq->owner == NOBODY)
		mock_dist_w(g->vm, who, offset, size, val);
	else
		mock_redist_w(g->vm, who, irq->owner, GICR_SGI_BASE + offset, size, val);
}

static void write_bit(struct gic *g, const struct irq *irq, uint32_t reg)
{
	write_reg(g, irq, reg + irq->intid / 32 * 4, 4, 1u << irq->intid % 32);
}

static void acknowledge(struct gic *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];
	struct answers a = right_answers(g, cpu);
	uint32_t group = random32(g, 4) != 0;
	struct irq *irq;
	uint32_t intid;

	settle(g);
	intid = mock_guest_ack(g->vm, cpu, group);
	irq = find(g, cpu, intid);
	did(g, "ack", cpu, intid, group);
	if (intid == SPURIOUS) {
		check(g, a.spurious[group], "IAR", cpu, intid);
		return;
	}
	check(g, is_best(g, cpu, group, irq) && is_signalled(c, irq), "IAR", cpu, intid);
	irq->latch = false;
	irq->active = irq->running = true;
	c->stack[c->depth].irq = irq;
	c->stack[c->depth].group = group;
	c->stack[c->depth].prio = group_priority(c, irq->prio, group);
	c->depth++;
}

static void end(struct gic *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];
	struct irq *irq;

	if (!c->depth)
		return;
	c->depth--;
	irq = c->stack[c->depth].irq;
	did(g, "eoi", cpu, irq->intid, c->stack[c->depth].prio);
	mock_guest_eoi(g->vm, cpu, c->stack[c->depth].group, irq->intid);
	irq->running = false;
	if (!c->eoimode)
		irq->active = false;
}

/* Also of what is not active, and of what software has made active. */
static void deactivate(struct gic *g, uint32_t cpu, struct irq *irq)
{
	if (!g->cpu[cpu].eoimode || irq->running || (irq->owner != NOBODY && irq->owner != cpu))
		return;
	did(g, "dir", cpu, irq->intid, irq->active);
	mock_guest_dir(g->vm, cpu, irq->intid);
	irq->active = false;
}

/* What resets with the CPU interface has to be set up again. */
static void setup(struct gic *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];

	c->off = false;
	c->cbpr = false;
	c->depth = 0;
	c->pmr = implemented(g, 0xff);
	mock_guest_set_pmr(g->vm, cpu, 0xff);
	c->eoimode = random32(g, 2);
	mock_guest_set_ctlr(g->vm, cpu, c->eoimode ? ICC_CTLR_EOImode : 0);
	for (uint32_t group = 0; group < 2; group++) {
		c->bpr[group] = 7 - g->pri_bits + group;
		c->igrpen[group] = true;
		mock_guest_set_bpr(g->vm, cpu, group, 0);
		mock_guest_set_igrpen(g->vm, cpu, group, true);
	}
}

/* PSCI: what it had acknowledged stays active, without a running priority. */
static void off_or_on(struct gic *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];

	did(g, c->off ? "on" : "off", cpu, 0, 0);
	if (c->off) {
		mock_vcpu_on(g->vm, cpu);
		setup(g, cpu);
		return;
	}
	mock_vcpu_off(g->vm, cpu);
	c->off = true;
	while (c->depth)
		c->stack[--c->depth].irq->running = false;
}

static void write_cpu(struct gic *g, uint32_t cpu)
{
	struct cpu *c = &g->cpu[cpu];
	uint32_t val = random32(g, 256), group = val & 1, min = 7 - g->pri_bits + group;

	switch (random32(g, 5)) {
	case 0:
		did(g, "pmr", cpu, val, 0);
		c->pmr = implemented(g, val | 0x80);
		mock_guest_set_pmr(g->vm, cpu, val | 0x80);
		break;
	case 1:
		did(g, "pmr", cpu, 0xff, 0);
		c->pmr = implemented(g, 0xff);
		mock_guest_set_pmr(g->vm, cpu, 0xff);
		break;
	case 2:
		if (c->depth)
			break;
		val = val >> 1 & 7;
		did(g, "bpr", cpu, val, group);
		mock_guest_set_bpr(g->vm, cpu, group, val);
		if (!group || !c->cbpr)
			c->bpr[group] = val < min ? min : val;
		break;
	case 3:
		if (c->depth)
			break;
		c->cbpr = group;
		did(g, "cbpr", cpu, group, 0);
		mock_guest_set_ctlr(g->vm, cpu, (c->eoimode ? ICC_CTLR_EOImode : 0) | (group ? ICC_CTLR_CBPR : 0));
		break;
	default:
		c->igrpen[group] = val & 6;
		did(g, "igrpen", cpu, group, c->igrpen[group]);
		mock_guest_set_igrpen(g->vm, cpu, group, c->igrpen[group]);
		break;
	}
}

static void drive(struct gic *g, struct irq *irq)
{
	uint32_t sender = random32(g, NR_VCPUS);
	bool level = random32(g, 3) != 0;

	did(g, "inject", irq->owner, irq->intid, level);
	if (irq->intid >= 16) {
		mock_inject(g->vm, irq->owner, irq->intid, level);
		irq->line = level;
		irq->latch |= irq->edge && level;
	} else if (!g->cpu[sender].off) {
		mock_guest_sgi(g->vm, sender, irq->group, irq->intid, irq->owner);
		irq->latch = true;
	}
}

/* A register of one interrupt, written by anybody. */
static void write_irq(struct gic *g, struct irq *irq)
{
	uint32_t val = random32(g, 256), cpu = random32(g, NR_VCPUS + 1);
	uint64_t byte;

	did(g, "write", irq->owner, irq->intid, val);
	switch (random32(g, 9)) {
	case 0:
		write_bit(g, irq, GICD_ISENABLER);
		irq->enabled = true;
		break;
	case 1:
		/* Sometimes only for a moment. */
		write_bit(g, irq, GICD_ICENABLER);
		irq->enabled = val & 1;
		if (irq->enabled)
			write_bit(g, irq, GICD_ISENABLER);
		break;
	case 2:
		write_bit(g, irq, GICD_ISPENDR);
		irq->latch = true;
		break;
	case 3:
		write_bit(g, irq, GICD_ICPENDR);
		irq->latch = false;
		break;
	case 4:
		write_bit(g, irq, GICD_ISACTIVER);
		irq->active = true;
		break;
	case 5:
		/* Of what will be ended by EOIR, this would leave an end without an active interrupt. */
		if (irq->running)
			break;
		write_bit(g, irq, GICD_ICACTIVER);
		irq->active = false;
		break;
	case 6:
		irq->prio = implemented(g, val);
		write_reg(g, irq, GICD_IPRIORITYR + irq->intid, 1, val);
		byte = irq->owner == NOBODY ? mock_dist_r(g->vm, somebody(g), GICD_IPRIORITYR + irq->intid, 1) :
		                              mock_redist_r(g->vm, somebody(g), irq->owner,
		                                            GICR_SGI_BASE + GICD_IPRIORITYR + irq->intid, 1);
		check(g, byte == irq->prio, "IPRIORITYR", 0, byte);
		break;
	case 7:
		irq->group = val & 1;
		byte = 0;
		for (uint32_t i = 0; i < NR_IRQS; i++)
			if (g->irq[i].owner == irq->owner)
				byte |= (uint64_t)g->irq[i].group << g->irq[i].intid % 32;
		write_reg(g, irq, GICD_IGROUPR + irq->intid / 32 * 4, 4, byte);
		break;
	default:
		if (irq->owner != NOBODY)
			break;
		irq->target = cpu < NR_VCPUS ? cpu : NOBODY;
		if (cpu < NR_VCPUS)
			mock_irq_route(g->vm, somebody(g), irq->intid, cpu);
		else
			mock_dist_w(g->vm, somebody(g), GICD_IROUTER + irq->intid * 8, 8, 0x7777);
		break;
	}
}

static void write_ctlr(struct gic *g)
{
	uint32_t val = random32(g, 8);

	/* Mostly both on, or little would happen. */
	g->enable[0] = val != 0 && val != 1;
	g->enable[1] = val != 0 && val != 2;
	did(g, "GICD_CTLR", 0, g->enable[0], g->enable[1]);
	mock_dist_w(g->vm, somebody(g), GICD_CTLR, 4,
	            GICD_CTLR_ARE | (g->enable[0] ? GICD_CTLR_EnableGrp0 : 0) |
	                    (g->enable[1] ? GICD_CTLR_EnableGrp1 : 0));
}

static void step(struct gic *g)
{
	struct irq *irq = &g->irq[random32(g, NR_IRQS)];
	uint32_t cpu = random32(g, NR_VCPUS), what = random32(g, 100);

	did(g, "nothing", cpu, what, 0);
	if (what == 0)
		off_or_on(g, cpu);
	else if (what == 1)
		write_ctlr(g);
	else if (what < 25)
		drive(g, irq);
	else if (what < 45)
		write_irq(g, irq);
	else if (g->cpu[cpu].off)
		return;
	else if (what < 50)
		write_cpu(g, cpu);
	else if (what < 70)
		acknowledge(g, cpu);
	else if (what < 83)
		end(g, cpu);
	else if (what < 95)
		deactivate(g, cpu, irq);
	else
		look_wfi(g, cpu);
}

/* --- One program --- */

static void add(struct gic *g, uint32_t i, uint32_t intid, uint32_t owner)
{
	struct irq *irq = &g->irq[i];

	*irq = (struct irq){ .intid = intid, .owner = owner, .group = 1, .prio = 0xa0, .enabled = true };
	irq->edge = intid < 16 || random32(g, 2);
	if (intid >= 16)
		mock_irq_set_edge(g->vm, owner == NOBODY ? 0 : owner, intid, irq->edge);
}

static void run(struct mock_config config, uint32_t seed)
{
	struct gic g = { .seed = seed, .seed0 = seed, .enable = { true, true } };
	uint32_t n = 0;

	config.nr_vcpus = NR_VCPUS;
	config.pri_bits = g.pri_bits = 5 + seed % 3;
	g.vm = hw_vm(config);
	/* Only these are pending or active ever, so their neighbours may be of group 0. */
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
		for (uint32_t i = 0; i < NR_PRIVATES; i++)
			add(&g, n++, privates[i], cpu);
	for (uint32_t i = 0; i < NR_SPIS; i++)
		add(&g, n++, 40 + i, NOBODY);
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
		setup(&g, cpu);
	for (g.step = 0; g.step < STEPS; g.step++) {
		step(&g);
		/* Not after each step: several changes may be on their way at once. */
		if (random32(&g, 3) == 0)
			look_cpu(&g, random32(&g, NR_VCPUS));
		if (random32(&g, 16) == 0)
			look_state(&g, somebody(&g), random32(&g, 2));
		if (g.step % 100 == 99)
			look_all(&g);
	}
	mock_vm_destroy(g.vm);
}

static void programs(void **state)
{
	for (uint32_t seed = 1; seed <= SEEDS; seed++)
		run(hw_config(state, NR_VCPUS), seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
