/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: which vCPU an interrupt is for: affinity look-up, GICD_IROUTER, 1 of N.
 * Locks: ROUTE for the value of IROUTER together with the target in the word; look-ups take none.
 * Implements: IHI 0069 2.3 (affinity routing), 3.2 (1 of N), 12.9.22 GICD_IROUTER<n>, 12.11 GICR_CTLR.DPG*, GICR_WAKER.
 *
 * 1 of N: the vCPU is chosen when the interrupt becomes deliverable: of those that may take its group (on, not asleep,
 * group enabled at the CPU interface, not deselected by DPG), an awake one rather than a blocked one, in turn. If there
 * is none, the interrupt waits at some vCPU that cannot be given it, "parked" is set, and the next vCPU that becomes
 * eligible has all such interrupts looked at again. A vCPU that ceases to be eligible does the same for its own. DPG
 * alone does not keep a vCPU from taking what waits there: what would wait at one that is deselected is nowhere
 * (TARGET) until a vCPU becomes eligible or an event changes it.
 */
#include "internal.h"

static uint32_t hash(uint32_t affinity)
{
	return affinity * 0x9e3779b1u >> 8;
}

/* NULL: no such vCPU. The table is at most half full, and affinities are the embedder's, so probes are few. */
struct lvgic_vcpu *route_lookup(const struct lvgic *vg, uint32_t affinity)
{
	uint32_t i;

	for (i = hash(affinity) & vg->hash_mask; vg->hash[i]; i = (i + 1) & vg->hash_mask) {
		struct lvgic_vcpu *v = vg->vcpu[vg->hash[i] - 1];

		if (v->affinity == affinity)
			return v;
	}
	return NULL;
}

enum lvgic_status route_start(struct lvgic *vg)
{
	uint32_t size = 4, id;

	while (size < 2 * vg->nr_vcpus)
		size *= 2;
	vg->hash = OPS(vg)->alloc(vg->ctx, size * sizeof(*vg->hash));
	if (!vg->hash)
		return LVGIC_ERR_NOMEM;
	vg->hash_mask = size - 1;
	for (id = 0; id < vg->cfg.nr_vcpus; id++) {
		uint32_t i;

		if (!vg->vcpu[id])
			continue;
		i = hash(vg->vcpu[id]->affinity) & vg->hash_mask;
		while (vg->hash[i])
			i = (i + 1) & vg->hash_mask;
		vg->hash[i] = (uint16_t)(id + 1);
	}
	return LVGIC_OK;
}

void route_stop(struct lvgic *vg)
{
	if (vg->hash)
		OPS(vg)->free(vg->ctx, vg->hash, (vg->hash_mask + 1) * sizeof(*vg->hash));
	vg->hash = NULL;
}

static bool bit_get(const uint64_t *map, uint32_t n)
{
	return (load64_relaxed(&map[n / 64]) >> (n % 64)) & 1;
}

/* The first bit set in a & b (b may be NULL) at or after "start", cyclically; W_NOWHERE if there is none. */
static uint32_t next_bit(const struct lvgic *vg, const uint64_t *a, const uint64_t *b, uint32_t start)
{
	uint32_t word = start / 64, n;
	uint64_t first = ~0ull << (start % 64);

	for (n = 0; n <= vg->nr_words; n++) {
		uint64_t bits = load64_relaxed(&a[word]);

		if (b)
			bits &= load64_relaxed(&b[word]);
		if (n == 0)
			bits &= first;
		if (bits)
			return word * 64 + (uint32_t)__builtin_ctzll(bits);
		word = word + 1 == vg->nr_words ? 0 : word + 1;
	}
	return W_NOWHERE;
}

/* Choose a vCPU for a 1 of N interrupt; the result names it as target and, if in an inbox, as home. */
uint64_t route_one_of_n(struct lvgic *vg, uint64_t word)
{
	const uint64_t *eligible = vg->eligible[word & W_GROUP1 ? 1 : 0];
	uint32_t start = add32_relaxed(&vg->rotor, 1) % vg->cfg.nr_vcpus;
	uint32_t to = next_bit(vg, eligible, vg->awake, start);

	if (to == W_NOWHERE)
		to = next_bit(vg, eligible, NULL, start);
	if (to == W_NOWHERE)
		to = word_target(word) == W_NOWHERE ? vg->by_frame[0]->id : word_target(word);
	word = word_set_target(word, to);
	return word & W_INBOX ? word_with_home(word, to) : word;
}

/* An event of a 1 of N interrupt, as word_queue() finished it: if it was nowhere, it gets its vCPU now. */
uint64_t route_event(struct lvgic *vg, uint64_t old, uint64_t w)
{
	if (word_target(w) == W_NOWHERE)
		w = word_queue(old, word_set_target(w, vg->by_frame[0]->id));
	return (w & ~old & W_INBOX) && !(w & (W_PLACES | W_ACTIVE)) ? route_one_of_n(vg, w) : w;
}

/* May this vCPU take this 1 of N interrupt? */
bool route_eligible(const struct lvgic *vg, const struct lvgic_vcpu *v, uint64_t word)
{
	return bit_get(vg->eligible[word & W_GROUP1 ? 1 : 0], v->id);
}

/*
 * The vCPU has a 1 of N interrupt in hand that is not active: another may be a better place. If there is none, it
 * stays, or is nowhere if this vCPU is deselected.
 */
uint64_t route_decide(struct lvgic_vcpu *v, uint64_t w)
{
	if (route_eligible(v->vgic, v, w))
		return w;
	w = route_one_of_n(v->vgic, w);
	if (word_target(w) == v->id && word_deliverable(w) &&
	    (load32_relaxed(&v->gicr_ctlr) & (w & W_GROUP1 ? GICR_CTLR_DPG1NS : GICR_CTLR_DPG0)))
		w = word_set_target(w, W_NOWHERE);
	return w;
}

/*
 * A 1 of N interrupt of one of "groups" waits where it cannot be taken: in a FIFO of a vCPU that is not eligible, in
 * the inbox of one that is off, or nowhere. Called when it is there for all to see, so that it is found: a vCPU that
 * becomes eligible after our look sees "parked"; if one is already, the vCPUs are asked to look at all of them again.
 */
void route_park(struct lvgic *vg, uint32_t groups)
{
	uint32_t g;

	store32_relaxed(&vg->parked, 1);
	fence_seq();
	for (g = 0; g < NR_GROUPS; g++)
		if ((groups >> g & 1) && next_bit(vg, vg->eligible[g], NULL, 0) != W_NOWHERE) {
			vcpu_request_all(vg, NULL, REQ_GROUPS);
			return;
		}
}

/* A vCPU for what was nowhere. */
static uint64_t unpark(uint64_t w, uint64_t vcpu)
{
	return (w & W_IRM) && word_target(w) == W_NOWHERE ? word_set_target(w, vcpu) : w;
}

/*
 * Have all 1 of N interrupts that are at "home" (NULL: anywhere) looked at again. Bounded by the number of SPIs, not by
 * what waits.
 */
void route_reconsider(struct lvgic *vg, struct lvgic_vcpu *home)
{
	uint32_t i;

	for (i = 0; i < vg->cfg.nr_spis; i++) {
		struct lvgic_irq *irq = &vg->spi[i];
		uint64_t w = load64_relaxed(&irq->word);
		struct lvgic_vcpu *at;

		if (!(w & W_IRM))
			continue;
		if (!home && word_target(w) == W_NOWHERE)
			(void)irq_apply(vg, NULL, irq, unpark, vg->by_frame[0]->id);
		if (!(w & W_QUEUED))
			continue;
		at = vg->vcpu[word_home(w)];
		if (home && at != home)
			continue;
		(void)irq_apply(vg, NULL, irq, word_reconsider, 0);
		if (!load32_seq(&at->online))
			queue_steal(vg, at);
	}
}

/*
 * The vCPU went on or off, to sleep or awake, or its guest changed group enables or DPG bits: see for which groups it
 * may take 1 of N interrupts now. Called by the owner of the vCPU; others ask it by REQ_GROUPS.
 */
void route_update(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;
	uint32_t vmcr = v->ich.vmcr;
	uint64_t bit = 1ull << (v->id % 64);
	bool able = false, lost = false;
	uint32_t g;

	v->vmcr_seen = vmcr;
	for (g = 0; g < NR_GROUPS; g++) {
		bool may = load32_relaxed(&v->online) && !load32_relaxed(&v->asleep) && (vmcr & (1u << g)) &&
		           !(load32_relaxed(&v->gicr_ctlr) & (g ? GICR_CTLR_DPG1NS : GICR_CTLR_DPG0));
		uint64_t *map = &vg->eligible[g][v->id / 64];

		if (may)
			(void)or64_seq(map, bit);
		else
			lost |= (and64_seq(map, ~bit) & bit) != 0;
		able |= may;
	}
	if (likely(!load32_relaxed(&vg->nr_irm)))
		return;
	if (lost)
		route_reconsider(vg, v);
	if (able && xchg32_seq(&vg->parked, 0))
		route_reconsider(vg, NULL);
}

/* Both halves of an event: the target, and whether the library may choose it. */
static uint64_t set_route(uint64_t w, uint64_t arg)
{
	w = word_flag(w, W_IRM, (arg >> 32) != 0);
	return word_set_target(w, arg & 0xffffffffu);
}

/* GICD_IROUTER<n>: Aff3 in bits 39:32, IRM in bit 31, Aff2 to Aff0 below. */
uint64_t route_read(const struct lvgic *vg, const struct lvgic_irq *irq)
{
	uint32_t aff = load32_relaxed(&vg->irouter[irq_intid(irq) - LVGIC_FIRST_SPI]);

	return (uint64_t)(aff >> 24) << 32 | (aff & 0xffffffu) |
	       (load64_relaxed(&irq->word) & W_IRM ? GICD_IROUTER_IRM : 0);
}

/*
 * GICD_IROUTER<n> written (the bits in "mask"). An active interrupt stays where it is (its home); a pending one goes to
 * the new target. An affinity that names no PE routes to nowhere until it is written again: "the interrupt is not
 * delivered" is among what 12.9.22 permits.
 */
void route_write(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint64_t value, uint64_t mask)
{
	struct lock_token lock = lock_take(vg, vg->route_lock);
	uint64_t old = load64_relaxed(&irq->word);
	uint64_t irouter = (route_read(vg, irq) & ~mask) | (value & mask);
	uint32_t aff = (uint32_t)(irouter & 0xffffffu) | (uint32_t)(irouter >> 32 & 0xffu) << 24;
	bool irm = irouter & GICD_IROUTER_IRM;
	struct lvgic_vcpu *v = route_lookup(vg, aff);
	uint32_t target = v ? v->id : W_NOWHERE;
	bool first = false;
	uint64_t w;

	store32_relaxed(&vg->irouter[irq_intid(irq) - LVGIC_FIRST_SPI], aff);
	if (irm && !(old & W_IRM))
		first = !add32_relaxed(&vg->nr_irm, 1);
	if (!irm && (old & W_IRM))
		(void)add32_relaxed(&vg->nr_irm, ~0u);
	/* As irq_apply(), but a push kicks, and that is not done with a lock held. */
	do {
		if (irm)
			target = word_target(route_one_of_n(vg, old));
		w = word_queue(old, set_route(old, target | (uint64_t)irm << 32));
	} while (w != old && !cas64_seq(&irq->word, &old, w));
	lock_drop(lock);

	/* From now on vCPUs must be told of their group enables: see maintenance() in lr.c. */
	if (first)
		vcpu_request_all(vg, self, REQ_GROUPS);
	if (w & ~old & W_INBOX)
		queue_push(vg, self, irq, w);
	else if (w & W_INBOX)
		queue_recheck(vg, w);
	if (irm && !route_eligible(vg, vg->vcpu[target], w))
		route_park(vg, word_group_bit(w));
	if (unlikely(w & W_HW))
		irq_hw_changed(vg, irq);
	if (!irm && !v)
		report_guest_error(vg, self, LVGIC_GUEST_ERROR_ROUTE, 8, irq_intid(irq), irouter);
}
