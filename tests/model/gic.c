/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the model's Distributor and Redistributors: what their registers read and do.
 * Implements: IHI 0069 12.9, 12.11, as plainly as possible.
 */
#include <string.h>

#include <libvgic/gic.h>

#include "model.h"

#define ALL 0xffffffffffffffffull

struct irq *model_find(struct model *g, uint32_t cpu, uint32_t intid)
{
	if (intid < 32)
		return cpu < g->cfg.nr_cpus ? &g->irq[cpu * 32 + intid] : NULL;
	if (intid < 32 + NR_SPIS)
		return intid < 1020 ? &g->irq[MAX_CPUS * 32 + intid - 32] : NULL;
	return g->cfg.its ? model_lpi(g, intid) : NULL;
}

bool model_pending(const struct irq *irq)
{
	return irq->latch || (!irq->edge && irq->line);
}

uint32_t model_implemented(const struct model *g, uint32_t prio)
{
	return prio & 0xff00u >> g->cfg.pri_bits & 0xffu;
}

/*
 * As a guest leaves it that has enabled everything: Redistributors awake, Group 1, priority 0xa0, SPIs to vCPU 0, all
 * CPU interfaces open.
 */
void model_init(struct model *g, const struct model_config *cfg)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
	g->gicd_ctlr = GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1;
	for (uint32_t i = 0; i < NR_IRQS; i++) {
		struct irq *irq = &g->irq[i];
		bool private = i < MAX_CPUS * 32, lpi = i >= MAX_CPUS * 32 + NR_SPIS;

		irq->owner = private ? i / 32 : NOBODY;
		irq->intid = private ? i % 32 : lpi ? i - MAX_CPUS * 32 - NR_SPIS + FIRST_LPI : i - MAX_CPUS * 32 + 32;
		irq->group = 1;
		irq->prio = lpi ? 0 : 0xa0;
		irq->enabled = !lpi;
		irq->edge = lpi || (private && irq->intid < 16);
		irq->at = NOBODY;
	}
	for (uint32_t cpu = 0; cpu < cfg->nr_cpus; cpu++) {
		struct cpu *c = &g->cpu[cpu];

		model_cpu_reset(g, cpu);
		c->pmr = model_implemented(g, 0xff);
		c->igrpen[0] = c->igrpen[1] = true;
	}
	its_init(g);
}

/* A register that has "bits" bits for each interrupt: the interrupt that this byte's field "i" is about. */
static struct irq *banked(struct model *g, enum frame frame, uint32_t n, uint32_t intid)
{
	if (intid >= 1020 || (frame == DIST) == (intid < 32))
		return NULL;
	return model_find(g, n, intid);
}

enum reg {
	GROUPR,
	SENABLER,
	CENABLER,
	SPENDR,
	CPENDR,
	SACTIVER,
	CACTIVER,
	PRIORITYR,
	CFGR,
	OTHER
};

/* Which array does the offset (in the Distributor or SGI_base) belong to, and which interrupt is its first? */
static enum reg find_reg(uint32_t offset, uint32_t *first)
{
	static const struct {
		uint32_t from, to, bits;
	} regs[] = {
		[GROUPR] = { GICD_IGROUPR, 0x100, 1 },     [SENABLER] = { GICD_ISENABLER, 0x180, 1 },
		[CENABLER] = { GICD_ICENABLER, 0x200, 1 }, [SPENDR] = { GICD_ISPENDR, 0x280, 1 },
		[CPENDR] = { GICD_ICPENDR, 0x300, 1 },     [SACTIVER] = { GICD_ISACTIVER, 0x380, 1 },
		[CACTIVER] = { GICD_ICACTIVER, 0x400, 1 }, [PRIORITYR] = { GICD_IPRIORITYR, 0x800, 8 },
		[CFGR] = { GICD_ICFGR, 0xd00, 2 },
	};

	for (uint32_t r = 0; r < OTHER; r++)
		if (offset >= regs[r].from && offset < regs[r].to) {
			*first = (offset - regs[r].from) * 8 / regs[r].bits;
			return (enum reg)r;
		}
	return OTHER;
}

static bool one_bit(const struct irq *irq, enum reg reg)
{
	return reg == GROUPR                      ? irq->group :
	       reg == SENABLER || reg == CENABLER ? irq->enabled :
	       reg == SPENDR || reg == CPENDR     ? model_pending(irq) :
	                                            irq->active;
}

static uint64_t read_array(struct model *g, enum frame frame, uint32_t n, enum reg reg, uint32_t first, uint32_t size)
{
	uint32_t bits = reg == PRIORITYR ? 8 : reg == CFGR ? 2 : 1;
	uint64_t val = 0;

	for (uint32_t i = 0; i < size * 8 / bits; i++) {
		const struct irq *irq = banked(g, frame, n, first + i);

		if (irq)
			val |= (uint64_t)(reg == PRIORITYR ? irq->prio :
			                  reg == CFGR      ? irq->edge * 2u :
			                                     one_bit(irq, reg))
			       << i * bits;
	}
	return val;
}

static void write_one(struct model *g, struct irq *irq, enum reg reg, uint32_t field)
{
	switch (reg) {
	case GROUPR:
		irq->group = field;
		break;
	case PRIORITYR:
		irq->prio = model_implemented(g, field);
		break;
	case CFGR:
		if (irq->intid >= 16)
			irq->edge = field & 2;
		break;
	default:
		if (!field)
			break;
		if (reg == SENABLER || reg == CENABLER)
			irq->enabled = reg == SENABLER;
		else if (reg == SPENDR || reg == CPENDR)
			irq->latch = reg == SPENDR;
		else
			irq->active = reg == SACTIVER;
		break;
	}
}

static void write_array(struct model *g, enum frame frame, uint32_t n, enum reg reg, uint32_t first, uint32_t size,
                        uint64_t val)
{
	uint32_t bits = reg == PRIORITYR ? 8 : reg == CFGR ? 2 : 1;

	for (uint32_t i = 0; i < size * 8 / bits; i++) {
		struct irq *irq = banked(g, frame, n, first + i);

		if (irq)
			write_one(g, irq, reg, (uint32_t)(val >> i * bits) & ((1u << bits) - 1));
	}
}

/* 4 bytes, aligned; priorities also by byte. 64-bit registers: 8 bytes, or each half. */
static bool good_size(enum reg reg, uint32_t offset, uint32_t size, bool wide)
{
	if (offset % size)
		return false;
	return size == 4 || (size == 1 && reg == PRIORITYR) || (size == 8 && wide);
}

static uint64_t dist_read(struct model *g, uint32_t offset, uint32_t size, uint64_t *care)
{
	if (offset >= GICD_IROUTER + 32 * 8 && offset < GICD_IROUTER + (32 + NR_SPIS) * 8) {
		uint64_t irouter = model_find(g, 0, (offset - GICD_IROUTER) / 8)->irouter;

		/* Of 1 of N the affinity is UNKNOWN. */
		if (irouter & GICD_IROUTER_IRM)
			*care &= GICD_IROUTER_IRM >> offset % 8 * 8;
		return irouter >> offset % 8 * 8;
	}
	switch (offset) {
	case GICD_CTLR:
		return g->gicd_ctlr | GICD_CTLR_ARE | GICD_CTLR_DS;
	case GICD_TYPER:
		return NR_SPIS / 32 | (g->cfg.its ? GICD_TYPER_LPIS | (ID_BITS - 1) << 19 : 9u << 19) | GICD_TYPER_A3V |
		       GICD_TYPER_RSS;
	case GICD_IIDR:
	case GICD_STATUSR:
		*care = 0;
		return 0;
	case 0xffe8: /* GICD_PIDR2.ArchRev: GICv3 */
		*care = 0xf0;
		return 0x30;
	}
	if (offset >= 0xffd0)
		*care = 0;
	(void)size;
	return 0;
}

static uint64_t redist_read(struct model *g, uint32_t n, uint32_t offset, uint64_t *care)
{
	const struct cpu *c = &g->cpu[n];

	switch (offset) {
	case GICR_CTLR:
		return (c->lpis ? GICR_CTLR_EnableLPIs : 0) | c->dpg | (g->cfg.its ? GICR_CTLR_CES | GICR_CTLR_IR : 0);
	case GICR_TYPER:
		return (uint64_t)n << 32 | n << 8 | GICR_TYPER_DPGS | (g->cfg.its ? GICR_TYPER_PLPIS : 0) |
		       (n + 1 == g->cfg.nr_cpus ? GICR_TYPER_Last : 0);
	case GICR_TYPER + 4:
		return n;
	case GICR_WAKER:
		return c->waker;
	case GICR_IIDR:
	case GICR_STATUSR:
	case GICR_PROPBASER:
	case GICR_PROPBASER + 4:
	case GICR_PENDBASER:
	case GICR_PENDBASER + 4:
		*care = 0;
		return 0;
	case 0xffe8:
		*care = 0xf0;
		return 0x30;
	}
	if (offset >= 0xffd0 && offset < 0x10000)
		*care = 0;
	return 0;
}

static bool is_wide(enum frame frame, uint32_t offset)
{
	offset &= ~7u;
	if (frame == DIST)
		return offset >= GICD_IROUTER && offset < GICD_IROUTER + 1020 * 8;
	if (frame == REDIST)
		return offset == GICR_TYPER || offset == GICR_PROPBASER || offset == GICR_PENDBASER ||
		       offset == GICR_INVLPIR || offset == GICR_INVALLR;
	return offset == GITS_TYPER || (offset >= GITS_CBASER && offset < 0x140);
}

uint64_t model_read(struct model *g, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, uint64_t *care)
{
	enum reg reg = OTHER;
	uint32_t first = 0;
	uint64_t val;

	*care = ALL;
	if (frame == DIST)
		reg = find_reg(offset, &first);
	else if (frame == REDIST && offset >= GICR_SGI_BASE)
		reg = find_reg(offset - GICR_SGI_BASE, &first);
	if (!good_size(reg, offset, size, is_wide(frame, offset)))
		return 0;
	if (reg != OTHER)
		return read_array(g, frame, n, reg, first, size);
	val = frame == DIST   ? dist_read(g, offset, size, care) :
	      frame == REDIST ? redist_read(g, n, offset, care) :
	                        its_read(g, offset, care);
	return size == 8 ? val : val & ((1ull << size * 8) - 1);
}

static void redist_write(struct model *g, uint32_t n, uint32_t offset, uint64_t val)
{
	struct cpu *c = &g->cpu[n];
	uint32_t waker = val & GICR_WAKER_ProcessorSleep ? GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep : 0;

	switch (offset) {
	case GICR_CTLR:
		c->dpg = val & (GICR_CTLR_DPG0 | GICR_CTLR_DPG1NS);
		if (g->cfg.its)
			lpi_enable(g, n, val & GICR_CTLR_EnableLPIs);
		break;
	case GICR_WAKER:
		/* At power-on it says "asleep", and withholds nothing before software has written it. */
		if (waker != c->waker)
			c->asleep = waker;
		c->waker = waker;
		break;
	case GICR_INVLPIR:
		if (c->lpis)
			lpi_invalidate(g, (uint32_t)val);
		break;
	case GICR_INVALLR:
		if (c->lpis)
			lpi_invalidate_all(g);
		break;
	}
}

void model_write(struct model *g, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, uint64_t val)
{
	uint64_t mask = size == 8 ? ALL : ((1ull << size * 8) - 1) << offset % 8 * 8;
	enum reg reg = OTHER;
	uint32_t first = 0;

	if (frame == DIST)
		reg = find_reg(offset, &first);
	else if (frame == REDIST && offset >= GICR_SGI_BASE)
		reg = find_reg(offset - GICR_SGI_BASE, &first);
	if (!good_size(reg, offset, size, is_wide(frame, offset)))
		return;
	if (reg != OTHER) {
		write_array(g, frame, n, reg, first, size, val);
	} else if (frame == ITS) {
		its_write(g, offset & ~7u, val << offset % 8 * 8, mask);
		its_run(g);
	} else if (frame == REDIST) {
		redist_write(g, n, offset, val);
	} else if (offset == GICD_CTLR) {
		g->gicd_ctlr = val & (GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	} else if (offset >= GICD_IROUTER + 32 * 8 && offset < GICD_IROUTER + (32 + NR_SPIS) * 8) {
		uint64_t *irouter = &model_find(g, 0, (offset - GICD_IROUTER) / 8)->irouter;

		*irouter = ((*irouter & ~mask) | (val << offset % 8 * 8 & mask)) & 0xff80ffffffull;
	}
}

uint64_t model_may_write(struct model *g, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, uint64_t val)
{
	uint32_t first = 0, bits;
	enum reg reg = OTHER;

	if (frame == DIST)
		reg = find_reg(offset, &first);
	else if (frame == REDIST && offset >= GICR_SGI_BASE)
		reg = find_reg(offset - GICR_SGI_BASE, &first);
	if (reg != CACTIVER && reg != CFGR)
		return val;
	bits = reg == CFGR ? 2 : 1;
	for (uint32_t i = 0; i < size * 8 / bits; i++) {
		const struct irq *irq = banked(g, frame, n, first + i);
		uint64_t field = ((1ull << bits) - 1) << i * bits;

		if (!irq)
			continue;
		/* What will be ended by EOIR must be active then. */
		if (reg == CACTIVER && irq->running)
			val &= ~field;
		/* 12.9 GICD_ICFGR<n>: of an enabled interrupt UNPREDICTABLE. */
		if (reg == CFGR && (irq->enabled || irq->active || irq->line || model_pending(irq)))
			val = (val & ~field) | (uint64_t)irq->edge * 2 << i * bits;
	}
	return val;
}

void model_line(struct model *g, uint32_t cpu, uint32_t intid, bool level)
{
	struct irq *irq = model_find(g, cpu, intid);

	irq->line = level;
	if (irq->edge && level)
		irq->latch = true;
}
