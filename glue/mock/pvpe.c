/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the model of Redistributors with vPEs: pending vLPIs and vSGIs, residency, doorbells.
 * Locks: hw_lock is held.
 * Implements: IHI 0069 chapters 7 and 8, 12.11 GICR_VPROPBASER, GICR_VPENDBASER, GICR_VSGIR, GICR_VSGIPENDR.
 */
#include "v4.h"

#define VALID   (1ull << 63)
#define BIT62   (1ull << 62) /* IDAI, or Doorbell */
#define LAST    (1ull << 61)
#define DIRTY   (1ull << 60)
#define GRP0    (1ull << 59)
#define GRP1    (1ull << 58)
#define ADDRESS 0x000fffffffff0000ull

uint32_t hw_vpe_index(const struct mock_v4 *h, const struct hw_vpe *p)
{
	return (uint32_t)(p - h->vpe);
}

struct hw_vpe *hw_vpe(struct mock_v4 *h, uint64_t vpeid, const char *what)
{
	if (vpeid - FIRST_VPEID <= h->nr_vpes)
		return &h->vpe[vpeid - FIRST_VPEID];
	mock_report(h->vm, "physical ITS: %s: no vPE %llu", what, (unsigned long long)vpeid);
	return NULL;
}

void hw_read_config(struct mock_v4 *h, struct hw_vpe *p, uint32_t vintid)
{
	/* Bit 1 is RES1, which tells it from "not read yet". */
	p->config[vintid - FIRST_LPI] = __atomic_load_n(&h->table[vintid - FIRST_LPI], __ATOMIC_RELAXED);
	if (vintid - FIRST_LPI >= h->top)
		h->top = vintid - FIRST_LPI + 1;
	if (!(p->config[vintid - FIRST_LPI] & 2u))
		mock_report(h->vm, "vLPI %u: configuration byte %#x", vintid, p->config[vintid - FIRST_LPI]);
}

static void ring(struct mock_v4 *h, struct hw_vpe *p, uint32_t doorbell, struct effects *effects)
{
	uint32_t vpe = hw_vpe_index(h, p);

	if (p->resident_at >= 0 || doorbell == SPURIOUS_DB)
		return;
	if (doorbell - FIRST_DOORBELL > h->nr_vpes) {
		mock_report(h->vm, "doorbell %u", doorbell);
		return;
	}
	if (h->config.v4_1) {
		if (!p->armed)
			return;
		p->armed = false;
	} else if (!h->doorbell_on[vpe]) {
		h->doorbell_latched[vpe] = true;
		return;
	}
	if (effects->nr < MAX_EFFECTS) {
		effects->of[effects->nr].kind = EFFECT_DOORBELL;
		effects->of[effects->nr++].what = doorbell - FIRST_DOORBELL;
	}
	h->nr_doorbells++;
}

/* May it deliver this one now? */
static bool deliverable(const struct mock_v4 *h, const struct hw_vpe *p, uint32_t intid)
{
	uint32_t config;

	if (intid >= 16)
		return p->pending[intid - FIRST_LPI] && (p->config[intid - FIRST_LPI] & 1u) &&
		       (!h->config.v4_1 || (p->groups & 2u));
	config = p->vsgi_config[intid];
	return h->config.v4_1 && (p->vsgi_pending >> intid & 1) && (config & 1u) &&
	       (p->groups & (config & 2u ? 2u : 1u));
}

void hw_pend(struct mock_v4 *h, struct hw_vpe *p, uint32_t vintid, uint32_t doorbell, struct effects *effects)
{
	p->pending[vintid - FIRST_LPI] = 1;
	if (deliverable(h, p, vintid))
		ring(h, p, h->config.v4_1 ? p->default_doorbell : doorbell, effects);
}

void hw_pend_sgi(struct mock_v4 *h, struct hw_vpe *p, uint32_t sgi, struct effects *effects)
{
	p->vsgi_pending |= 1u << sgi;
	if (deliverable(h, p, sgi))
		ring(h, p, p->default_doorbell, effects);
}

/* The best that the vPE could deliver now. */
static bool best_of(const struct mock_v4 *h, const struct hw_vpe *p, uint32_t *intid, uint32_t *prio, uint32_t *group)
{
	uint32_t best = 0x100;

	for (uint32_t i = 0; i < 16; i++) {
		uint32_t config = p->vsgi_config[i];

		if ((config & 0xf0u) >= best || !deliverable(h, p, i))
			continue;
		best = config & 0xf0u;
		*intid = i;
		*prio = best;
		*group = config >> 1 & 1u;
	}
	for (uint32_t i = 0; i < h->top; i++) {
		if ((p->config[i] & 0xfcu) >= best || !deliverable(h, p, FIRST_LPI + i))
			continue;
		best = p->config[i] & 0xfcu;
		*intid = FIRST_LPI + i;
		*prio = best;
		*group = 1;
	}
	return best < 0x100;
}

static struct hw_vpe *named_by(struct mock_v4 *h, uint64_t value)
{
	if (h->config.v4_1)
		return hw_vpe(h, value & 0xffffu, "GICR_VPENDBASER");
	for (uint32_t i = 0; i <= h->nr_vpes; i++)
		if (h->vpe[i].vpt == (value & ADDRESS))
			return &h->vpe[i];
	mock_report(h->vm, "GICR_VPENDBASER: pending table %#llx of no vPE", (unsigned long long)value);
	return NULL;
}

static void make_resident(struct mock_v4 *h, uint32_t pcpu, uint64_t value)
{
	struct hw_vpe *p = named_by(h, value);
	struct hw_pcpu *c = &h->pcpu[pcpu];
	bool mapped = false;

	if (!p)
		return;
	for (uint32_t i = 0; i < MAX_PITS; i++)
		mapped |= p->mapped[i];
	if (!mapped)
		mock_report(h->vm, "residency of a vPE that is not mapped");
	if (p->resident_at >= 0)
		mock_report(h->vm, "a vPE is resident on two CPUs");
	if (p->pcpu != pcpu)
		mock_report(h->vm, "vPE %u is resident on CPU %u and mapped to %u", hw_vpe_index(h, p), pcpu, p->pcpu);
	if (!h->config.v4_1 && !(value & LAST))
		mock_report(h->vm, "residency with PendingLast = 0: the pending table is taken for empty");
	if (!h->config.v4_1 && (c->vpropbaser & (ADDRESS | 0x1f)) != (CONFIG_PA | (ID_BITS - 1)))
		mock_report(h->vm, "GICR_VPROPBASER %#llx", (unsigned long long)c->vpropbaser);
	/* One that failed is repeated, at leisure. */
	if (p->unsynced && !h->unlucky)
		mock_report(h->vm, "residency of a vPE with effects under way: VSYNC is missing");
	if (p->stale)
		mock_report(h->vm, "residency of a vPE without VINVALL: an earlier one had its number");
	p->resident_at = (int)pcpu;
	p->armed = false;
	p->groups = h->config.v4_1 ? (value & GRP0 ? 1u : 0) | (value & GRP1 ? 2u : 0) : 3u;
	c->vpe = (int)hw_vpe_index(h, p);
	c->vpendbaser = value & ~(LAST | DIRTY);
	c->dirty = 2;
}

static void make_nonresident(struct mock_v4 *h, uint32_t pcpu, uint64_t value)
{
	struct hw_pcpu *c = &h->pcpu[pcpu];
	struct hw_vpe *p = &h->vpe[c->vpe];
	uint32_t intid, prio, group;
	bool last = best_of(h, p, &intid, &prio, &group);

	if (h->config.v4_1 && (value & LAST))
		last = true; /* the host will be back, whatever there is */
	p->armed = h->config.v4_1 && (value & BIT62) && !(value & LAST) && !last;
	p->resident_at = -1;
	c->vpe = -1;
	c->vpendbaser = (value & ~(VALID | LAST | DIRTY)) | (last ? LAST : 0);
	c->dirty = 2;
}

uint64_t hw_vlpi_read(struct mock_v4 *h, uint32_t pcpu, uint32_t offset)
{
	struct hw_pcpu *c = &h->pcpu[pcpu];

	if (offset == 0x70)
		return c->vpropbaser;
	if (offset == 0x78) {
		if (c->dirty) {
			c->dirty--;
			/* What it says besides is not known yet. */
			return (c->vpendbaser ^ LAST) | DIRTY;
		}
		return c->vpendbaser;
	}
	if (offset == 0x88 && h->config.v4_1) {
		struct hw_vpe *p = hw_vpe(h, c->vsgir, "GICR_VSGIR");

		if (c->vsgi_busy) {
			c->vsgi_busy--;
			return 1ull << 31;
		}
		return p ? p->vsgi_pending : 0;
	}
	mock_report(h->vm, "read of VLPI_base + %#x", offset);
	return 0;
}

void hw_vlpi_write(struct mock_v4 *h, uint32_t pcpu, uint32_t offset, uint64_t value)
{
	struct hw_pcpu *c = &h->pcpu[pcpu];

	if (offset == 0x70) {
		if (c->vpe >= 0)
			mock_report(h->vm, "GICR_VPROPBASER is written while a vPE is resident");
		c->vpropbaser = value;
	} else if (offset == 0x78) {
		if (c->dirty)
			mock_report(h->vm, "GICR_VPENDBASER is written while it is Dirty");
		if ((value & VALID) && c->vpe >= 0)
			mock_report(h->vm, "two vPEs resident on CPU %u", pcpu);
		else if (value & VALID)
			make_resident(h, pcpu, value);
		else if (c->vpe >= 0)
			make_nonresident(h, pcpu, value);
		else
			mock_report(h->vm, "no vPE is resident on CPU %u", pcpu);
	} else if (offset == 0x80 && h->config.v4_1) {
		if (c->vsgi_busy)
			mock_report(h->vm, "GICR_VSGIR is written while GICR_VSGIPENDR is Busy");
		c->vsgir = (uint32_t)value & 0xffffu;
		c->vsgi_busy = 1;
	} else {
		mock_report(h->vm, "write of VLPI_base + %#x", offset);
	}
}

/* The virtual CPU interface asks its Redistributor: struct mock_ich. */
static bool presented(void *arg, uint32_t *intid, uint32_t *prio, uint32_t *group)
{
	struct mock_vcpu *c = arg;
	struct mock_v4 *h = c->vm->v4;
	bool any = false;
	int vpe;

	pthread_mutex_lock(&h->hw_lock);
	vpe = h->pcpu[h->pcpu_of[c->id]].vpe;
	if (vpe >= 0 && (uint32_t)vpe != c->id)
		mock_report(c->vm, "vCPU %u runs with the vPE of vCPU %d", c->id, vpe);
	else if (vpe >= 0)
		any = best_of(h, &h->vpe[vpe], intid, prio, group);
	pthread_mutex_unlock(&h->hw_lock);
	return any;
}

/* The acknowledge. What was disabled or taken away since it was presented is not delivered: the hardware does both in
 * one step. */
static bool taken(void *arg, uint32_t intid)
{
	struct mock_vcpu *c = arg;
	struct mock_v4 *h = c->vm->v4;
	struct hw_vpe *p;
	bool was;

	pthread_mutex_lock(&h->hw_lock);
	p = &h->vpe[c->id];
	was = deliverable(h, p, intid);
	if (was && intid < 16)
		p->vsgi_pending &= ~(1u << intid);
	else if (was)
		p->pending[intid - FIRST_LPI] = 0;
	pthread_mutex_unlock(&h->hw_lock);
	return was;
}

void hw_connect(struct mock_vcpu *c)
{
	c->ich.direct = presented;
	c->ich.direct_ack = taken;
}
