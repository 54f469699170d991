/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: making random programs from a seed. The choices are those that hurt: few interrupts, so that events meet;
 * mostly what makes sense, sometimes what does not.
 */
#include <stdlib.h>
#include <string.h>

#include <libvgic/gic.h>

#include "program.h"

struct maker {
	struct program *p;
	uint64_t state;
};

static uint32_t roll(struct maker *m, uint32_t n)
{
	/* xorshift64* (Vigna) */
	m->state ^= m->state >> 12;
	m->state ^= m->state << 25;
	m->state ^= m->state >> 27;
	return (uint32_t)((m->state * 0x2545f4914f6cdd1dull) >> 33) % n;
}

static struct event *add(struct maker *m, enum op op)
{
	struct event *e = &m->p->event[m->p->nr_events++];

	*e = (struct event){ .op = op, .cpu = roll(m, m->p->cfg.nr_cpus) };
	return e;
}

static void mmio(struct maker *m, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, bool write,
                 uint64_t val)
{
	struct event *e = add(m, write ? OP_WRITE : OP_READ);

	if (!roll(m, 4))
		e->cpu = NOBODY;
	e->frame = frame;
	e->n = n;
	e->offset = offset;
	e->size = size;
	e->val = size == 8 ? val : val & ((1ull << size * 8) - 1);
}

/* Few of them: all kinds, first and last, neighbours. */
static uint32_t some_intid(struct maker *m)
{
	static const uint32_t intids[] = { 0, 1, 7, 15, 16, 20, 27, 31, 32, 33, 34, 35, 36, 60, 63, 64, 95, 286, 287 };

	return intids[roll(m, sizeof(intids) / sizeof(intids[0]))];
}

static uint32_t some_prio(struct maker *m)
{
	return roll(m, 4) ? roll(m, 8) * 0x20 + roll(m, 2) * 8 : roll(m, 256);
}

static uint64_t some_bits(struct maker *m, uint32_t bit)
{
	uint64_t val = 1ull << bit;

	while (!roll(m, 3))
		val |= 1ull << some_intid(m) % 32;
	return roll(m, 24) ? val : ((uint64_t)roll(m, 65536) << 16 | roll(m, 65536));
}

/* A register that has something to do with an interrupt. */
static void array(struct maker *m, bool write)
{
	static const struct {
		uint32_t offset, bits, weight;
	} regs[] = { { GICD_IGROUPR, 1, 3 },   { GICD_ISENABLER, 1, 8 },  { GICD_ICENABLER, 1, 6 },
		     { GICD_ISPENDR, 1, 9 },   { GICD_ICPENDR, 1, 8 },    { GICD_ISACTIVER, 1, 5 },
		     { GICD_ICACTIVER, 1, 6 }, { GICD_IPRIORITYR, 8, 9 }, { GICD_ICFGR, 2, 3 },
		     { 0xd00, 1, 1 },          { GICD_IROUTER, 64, 7 } };
	uint32_t intid = some_intid(m), n = roll(m, m->p->cfg.nr_cpus), pick = roll(m, 65), r = 0, base, size, offset;
	enum frame frame = intid < 32 && roll(m, 32) ? REDIST : DIST;
	uint64_t val;

	while (r < 10 && pick >= regs[r].weight)
		pick -= regs[r++].weight;
	if (r == 10) {
		static const uint64_t routes[] = { 0x100, 0x100000000, 0xffff, 0x80000000, 0x80000001 };

		intid = intid < 32 ? 32 + intid % 5 : intid;
		val = roll(m, 4) ? roll(m, m->p->cfg.nr_cpus) : routes[roll(m, 5)];
		size = roll(m, 4) ? 8 : 4;
		mmio(m, DIST, 0, GICD_IROUTER + intid * 8 + (size == 4 && !roll(m, 4) ? 4 : 0), size, write, val);
		return;
	}
	base = (frame == REDIST ? GICR_SGI_BASE : 0) + regs[r].offset;
	size = regs[r].bits == 8 && roll(m, 3) ? 1 : 4;
	offset = intid * regs[r].bits / 8 / size * size;
	if (regs[r].bits == 8)
		val = size == 1 ? some_prio(m) :
		                  some_prio(m) | some_prio(m) << 8 | some_prio(m) << 16 | (uint64_t)some_prio(m) << 24;
	else if (regs[r].offset == GICD_IGROUPR)
		val = (uint64_t)roll(m, 65536) << 16 | roll(m, 65536) | (roll(m, 2) ? 0xffffffffu : 0);
	else if (regs[r].bits == 2)
		val = (uint64_t)roll(m, 65536) << 16 | roll(m, 65536);
	else
		val = some_bits(m, intid % 32);
	mmio(m, frame, n, base + offset, size, write, val);
}

/* Any other register, any offset, any width. */
static void other(struct maker *m, bool write)
{
	static const struct {
		enum frame frame;
		uint32_t offset, size;
	} regs[] = { { DIST, GICD_CTLR, 4 },        { DIST, GICD_TYPER, 4 },    { DIST, 0xffe8, 4 },
		     { REDIST, GICR_CTLR, 4 },      { REDIST, GICR_TYPER, 8 },  { REDIST, GICR_TYPER, 4 },
		     { REDIST, GICR_TYPER + 4, 4 }, { REDIST, GICR_WAKER, 4 },  { REDIST, 0xffe8, 4 },
		     { REDIST, GICR_SYNCR, 4 },     { ITS, GITS_CTLR, 4 },      { ITS, GITS_TYPER, 8 },
		     { ITS, GITS_CBASER, 8 },       { ITS, GITS_CWRITER, 8 },   { ITS, GITS_CREADR, 8 },
		     { ITS, GITS_BASER, 8 },        { ITS, GITS_BASER + 8, 8 }, { ITS, GITS_BASER + 12, 4 } };
	uint32_t r = roll(m, m->p->cfg.its ? 18 : 10), n = roll(m, m->p->cfg.nr_cpus);
	enum frame frame = regs[r].frame;

	if (!write && roll(m, 2)) {
		mmio(m, frame, n, regs[r].offset, regs[r].size, false, 0);
		return;
	}
	if (!write) {
		uint32_t size = 1u << roll(m, 4);

		mmio(m, frame, n, roll(m, frame == DIST ? 0x10000 : 0x20000), size, false, 0);
		return;
	}
	switch (roll(m, 8)) {
	case 0:
	case 1:
		mmio(m, DIST, 0, GICD_CTLR, 4, true, roll(m, 3) ? 3 : roll(m, 65536));
		break;
	case 2:
		mmio(m, REDIST, n, GICR_WAKER, 4, true, roll(m, 3) ? 0 : roll(m, 8));
		break;
	case 3:
		mmio(m, REDIST, n, GICR_CTLR, 4, true,
		     (uint64_t)(roll(m, 4) ? 0 : roll(m, 4)) << 24 | (roll(m, 2) ? 1 : roll(m, 16)));
		break;
	case 4:
		/* Read-only, reserved, or of a wrong width. */
		mmio(m, frame, n, regs[r].offset, 1u << roll(m, 2), true, roll(m, 65536));
		break;
	default:
		array(m, true);
		break;
	}
}

static void icc(struct maker *m)
{
	static const uint32_t regs[] = { ICC_PMR_EL1,  ICC_PMR_EL1,     ICC_BPR0_EL1,   ICC_BPR1_EL1,
		                         ICC_CTLR_EL1, ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1 };
	struct event *e = add(m, OP_ICC);

	e->n = regs[roll(m, 7)];
	e->val = e->n == ICC_PMR_EL1                                ? (roll(m, 2) ? 0xff : roll(m, 256)) :
	         e->n == ICC_IGRPEN0_EL1 || e->n == ICC_IGRPEN1_EL1 ? roll(m, 4) != 0 :
	                                                              roll(m, 8);
}

static void sgi(struct maker *m)
{
	static const uint32_t regs[] = { ICC_SGI1R_EL1, ICC_SGI1R_EL1, ICC_SGI0R_EL1, ICC_ASGI1R_EL1 };
	struct event *e = add(m, OP_ICC);

	e->n = regs[roll(m, 4)];
	e->val = (uint64_t)(some_intid(m) & 15) << 24 |
	         (roll(m, 2) ? 1u << roll(m, m->p->cfg.nr_cpus) : roll(m, 65536));
	if (!roll(m, 6))
		e->val |= 1ull << 40;
	if (!roll(m, 8))
		e->val |= 1ull << (roll(m, 2) ? 16 + roll(m, 8) : 32 + roll(m, 24));
}

/* --- The ITS --- */

static uint32_t some_device(struct maker *m)
{
	static const uint32_t ids[] = { 0, 1, 5, 600, 8191, 40000, 0x10000, 0x12345678 };

	return ids[roll(m, 3) ? roll(m, 4) : roll(m, 8)];
}

static uint32_t some_event(struct maker *m)
{
	return roll(m, 4) ? roll(m, 6) : roll(m, 2) ? roll(m, NR_EVENTS) : NR_EVENTS << roll(m, 24);
}

static uint32_t some_lpi(struct maker *m)
{
	static const uint32_t bad[] = { 0, 31, 1023, FIRST_LPI - 1, 1u << ID_BITS, UINT32_MAX };

	return roll(m, 24) ? FIRST_LPI + roll(m, roll(m, 2) ? 6 : NR_LPIS) : bad[roll(m, 6)];
}

static uint32_t some_icid(struct maker *m)
{
	return roll(m, 16) ? roll(m, m->p->cfg.nr_cpus + 2) : roll(m, 2) ? NR_ICIDS - 1 : NR_ICIDS << roll(m, 12);
}

static uint64_t some_rdbase(struct maker *m)
{
	return (uint64_t)(roll(m, 16) ? roll(m, m->p->cfg.nr_cpus) : m->p->cfg.nr_cpus << roll(m, 30)) << 16;
}

static void command(struct maker *m)
{
	static const uint32_t codes[] = {
		GITS_CMD_MAPD,    GITS_CMD_MAPC,  GITS_CMD_MAPTI,  GITS_CMD_MAPTI, GITS_CMD_MAPTI,
		GITS_CMD_MAPTI,   GITS_CMD_MAPI,  GITS_CMD_MOVI,   GITS_CMD_MOVI,  GITS_CMD_INT,
		GITS_CMD_INT,     GITS_CMD_CLEAR, GITS_CMD_INV,    GITS_CMD_INV,   GITS_CMD_INVALL,
		GITS_CMD_DISCARD, GITS_CMD_SYNC,  GITS_CMD_MOVALL, 0x00,           0x22
	};
	uint32_t code = codes[roll(m, 20)];
	struct event *e = add(m, OP_COMMAND);

	e->w[0] = code | (uint64_t)some_device(m) << 32;
	e->w[1] = some_event(m) | (uint64_t)some_lpi(m) << 32;
	e->w[2] = some_icid(m);
	if (code == GITS_CMD_MAPD)
		e->w[1] = roll(m, 8) ? 4 + roll(m, 3) : roll(m, 32);
	if (code == GITS_CMD_MAPI && roll(m, 2))
		e->w[1] = some_lpi(m);
	if (code == GITS_CMD_MAPD || code == GITS_CMD_MAPC)
		e->w[2] |= (uint64_t)(roll(m, 6) != 0) << 63;
	if (code == GITS_CMD_MAPC || code == GITS_CMD_MOVALL)
		e->w[2] |= some_rdbase(m);
	if (code == GITS_CMD_MOVALL)
		e->w[3] = some_rdbase(m);
	/* Bits that are RES0 do not matter. */
	if (!roll(m, 8))
		e->w[0] |= (uint64_t)roll(m, 65536) << 8;
}

static void poke(struct maker *m, uint64_t gpa, uint32_t size, uint64_t val)
{
	struct event *e = add(m, OP_POKE);

	e->val = gpa;
	e->size = size;
	e->w[0] = val;
}

static void memory(struct maker *m)
{
	uint32_t lpi = roll(m, NR_LPIS);
	uint64_t gpa;

	switch (roll(m, 8)) {
	case 0:
		gpa = PEND_GPA + roll(m, m->p->cfg.nr_cpus) * 0x10000 + (FIRST_LPI + lpi) / 8;
		poke(m, gpa, 1, roll(m, 4) ? 0 : roll(m, 256));
		break;
	case 1: /* Level 2 comes and goes. */
		poke(m, DT_GPA + roll(m, 16) * 8, 8,
		     roll(m, 2) ? 1ull << 63 | DT2_GPA :
		     roll(m, 2) ? 1ull << 63 | 0x1000 :
		                  0);
		break;
	default:
		poke(m, PROP_GPA + lpi, 1, some_prio(m) | (roll(m, 4) != 0));
		break;
	}
}

static void its_registers(struct maker *m)
{
	static const uint64_t dt[] = { 1ull << 63 | DT_GPA | 2 << 8,
		                       1ull << 63 | DT_GPA | 2 << 8,
		                       1ull << 63 | DT_GPA | 2 << 8 | 3ull << 59,
		                       3ull << 62 | DT_GPA | 0,
		                       DT_GPA | 2 << 8,
		                       1ull << 63 | 0x1000 };
	static const uint64_t ct[] = { 1ull << 63 | CT_GPA | 2 << 8, 1ull << 63 | CT_GPA | 2 << 8, 1ull << 63 | CT_GPA,
		                       1ull << 63 | CT_GPA | 3 << 8 | 0xc00, 0 };
	static const uint64_t cq[] = { 1ull << 63 | QUEUE_GPA, 1ull << 63 | QUEUE_GPA, 1ull << 63 | QUEUE_GPA | 3,
		                       1ull << 63 | QUEUE_GPA | 0xc00, QUEUE_GPA };

	switch (roll(m, 5)) {
	case 0:
		mmio(m, ITS, 0, GITS_BASER, 8, true, dt[roll(m, 6)]);
		break;
	case 1:
		mmio(m, ITS, 0, GITS_BASER + 8, 8, true, ct[roll(m, 5)]);
		break;
	case 2:
		mmio(m, ITS, 0, GITS_CBASER, 8, true, cq[roll(m, 5)]);
		break;
	default:
		mmio(m, ITS, 0, GITS_CTLR, 4, true, roll(m, 3) != 0);
		break;
	}
}

static void its_event(struct maker *m)
{
	struct event *e;

	switch (roll(m, 10)) {
	case 0:
	case 1:
	case 2:
		command(m);
		break;
	case 3:
		if (!roll(m, 4))
			its_registers(m);
		else
			mmio(m, REDIST, roll(m, m->p->cfg.nr_cpus), roll(m, 2) ? GICR_INVALLR : GICR_INVLPIR,
			     roll(m, 2) ? 8 : 4, true, FIRST_LPI + roll(m, NR_LPIS));
		break;
	case 4:
	case 5:
		memory(m);
		break;
	default:
		e = add(m, OP_MSI);
		e->n = some_device(m);
		e->val = some_event(m);
		break;
	}
}

static void line(struct maker *m)
{
	struct event *e = add(m, OP_LINE);

	e->n = some_intid(m);
	if (e->n < 16)
		e->n += 16;
	e->val = roll(m, 3) != 0;
}

static void setup_its(struct maker *m)
{
	for (uint32_t cpu = 0; cpu < m->p->cfg.nr_cpus; cpu++) {
		mmio(m, REDIST, cpu, GICR_PROPBASER, 8, true, PROP_GPA | (ID_BITS - 1));
		mmio(m, REDIST, cpu, GICR_PENDBASER, 8, true, PEND_GPA + cpu * 0x10000);
		mmio(m, REDIST, cpu, GICR_CTLR, 4, true, GICR_CTLR_EnableLPIs);
	}
	mmio(m, ITS, 0, GITS_BASER, 8, true, 1ull << 63 | DT_GPA | 2 << 8);
	mmio(m, ITS, 0, GITS_BASER + 8, 8, true, 1ull << 63 | CT_GPA | 2 << 8);
	mmio(m, ITS, 0, GITS_CBASER, 8, true, 1ull << 63 | QUEUE_GPA);
	mmio(m, ITS, 0, GITS_CTLR, 4, true, GITS_CTLR_Enabled);
	for (uint32_t cpu = 0; cpu < m->p->cfg.nr_cpus; cpu++) {
		struct event *e = add(m, OP_COMMAND);

		e->w[0] = GITS_CMD_MAPC;
		e->w[2] = 1ull << 63 | (uint64_t)cpu << 16 | cpu;
	}
	for (uint32_t d = 0; d < 3; d++) {
		static const uint32_t ids[] = { 0, 1, 5 };
		struct event *e = add(m, OP_COMMAND);

		e->w[0] = GITS_CMD_MAPD | (uint64_t)ids[d] << 32;
		e->w[1] = 5;
		e->w[2] = 1ull << 63;
	}
	for (uint32_t i = 0; i < NR_LPIS; i++)
		poke(m, PROP_GPA + i, 1, 0xa0 | 1);
}

void program_make(struct program *p, uint32_t seed, uint32_t steps)
{
	struct maker m = { .p = p, .state = 0x9e3779b97f4a7c15ull * (seed + 1) };

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	p->event = calloc(steps + 256, sizeof(*p->event));
	if (!p->event)
		abort();
	p->cfg.nr_cpus = 1 + roll(&m, roll(&m, 2) ? 3 : MAX_CPUS);
	p->cfg.pri_bits = 5 + roll(&m, 3);
	p->cfg.its = roll(&m, 3);
	p->nr_lrs = roll(&m, 5) ? 1 + roll(&m, roll(&m, 2) ? 4 : 16) : 0;
	if (p->cfg.its)
		setup_its(&m);
	p->nr_setup = p->nr_events;
	while (p->nr_events < p->nr_setup + steps) {
		uint32_t what = roll(&m, 100);

		if (p->cfg.its && what % 3 == 0)
			its_event(&m);
		else if (what < 14)
			line(&m);
		else if (what < 20)
			sgi(&m);
		else if (what < 36)
			array(&m, true);
		else if (what < 42)
			array(&m, false);
		else if (what < 46)
			other(&m, true);
		else if (what < 50)
			other(&m, false);
		else if (what < 54)
			icc(&m);
		else if (what < 70)
			add(&m, OP_ACK)->n = roll(&m, 4) != 0;
		else if (what < 80)
			add(&m, OP_EOI);
		else if (what < 86)
			add(&m, OP_DIR)->n = some_intid(&m);
		else if (what < 87)
			add(&m, OP_POWER);
		else if (what < 89)
			add(&m, OP_WFI);
		else
			add(&m, OP_LOOK);
	}
}

void program_free(struct program *p)
{
	free(p->event);
	p->event = NULL;
}
