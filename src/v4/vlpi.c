/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: which LPIs the hardware delivers: giving them to it, taking them back, following what the guest does to them.
 * Locks: none while it works; all but vlpi_request(), v4_message() and v4_sweep() is the worker's (its/work.c).
 * Implements: IHI 0069 5.3 and chapter 7 (virtual LPIs) from the hypervisor's side.
 *
 * Where an LPI is delivered is said by FORWARD in its word. A message that arrives in software nevertheless (another
 * event, the guest's INT, a late one of the host) sets LATCH as ever; LATCH under FORWARD means "to be handed to the
 * hardware", and whoever sets it makes a request. LATCH is cleared before the hardware is told, and set again if it
 * refuses, so a message in between is never lost.
 *
 * While an event changes hands the device is masked: nothing falls between the two mappings, and nothing is counted
 * twice. Taking back is exact by the spare vPE: the vLPI is moved there, alone, with its pending state; whether that
 * vPE has anything pending is one bit which the hardware answers.
 */
#include "bridge.h"
#include "its/map.h"

/* What a physical operation came to. A failure is tried again, so often. */
static enum progress answer(struct v4 *b, struct vlpi *vl, enum lvgic_status status)
{
	if (status == LVGIC_OK) {
		vl->failures = 0;
		return PROGRESS_DONE;
	}
	if (status != LVGIC_ERR_AGAIN) {
		store32_relaxed(&vl->failures, vl->failures + 1);
		store32_relaxed(&vl->status, (uint32_t)status);
		(void)add64_relaxed(&b->stats.failures, 1);
	}
	return PROGRESS_AGAIN;
}

static bool gave_up(struct vlpi *vl)
{
	if (vl->failures < MAX_FAILURES)
		return false;
	vl->failures = 0;
	return true;
}

static void set_why(struct vlpi *vl, enum lvgic_v4_why why)
{
	store32_relaxed(&vl->why, (uint32_t)why);
}

static void set_state(struct vlpi *vl, uint32_t bit, bool on)
{
	store32_relaxed(&vl->state, on ? vl->state | bit : vl->state & ~bit);
}

/* Whatever failed is tried again. */
void vlpi_asked_anew(struct vlpi *vl)
{
	set_state(vl, VLPI_REFUSED | VLPI_LOUD | VLPI_STUCK | VLPI_MUTE, false);
	store32_relaxed(&vl->failures, 0);
	if (vl->why == LVGIC_V4_STUCK)
		set_why(vl, LVGIC_V4_BUSY);
}

static struct lvgic_irq *lpi_of(const struct v4 *b, const struct vlpi *vl)
{
	return vl->lpi ? &b->vgic->lpi[vl->lpi - 1] : NULL;
}

static struct vlpi *vlpi_of(const struct lvgic *vg, const struct lvgic_irq *irq)
{
	uint32_t n = load32_relaxed(&vg->v4->of_lpi[irq - vg->lpi]);

	return n ? vlpi_at(vg->v4, n) : NULL;
}

static bool forwarded(const struct lvgic_irq *irq)
{
	return irq && (load64_relaxed(&irq->word) & W_FORWARD);
}

static uint64_t gen_of(const struct lvgic_irq *irq)
{
	return load64_relaxed(&irq->word) & W_GEN_MASK;
}

static void spend(struct budget *budget)
{
	budget->lpis -= budget->lpis < COST_OPERATION ? budget->lpis : COST_OPERATION;
}

/* On record, once. Whoever sets "request" owns the link. */
void vlpi_request(struct v4 *b, struct vlpi *vl)
{
	uint32_t head;

	if (xchg32_seq(&vl->request, 1))
		return;
	head = load32_relaxed(&b->request);
	do
		vl->next_request = head;
	while (!cas32_seq(&b->request, &head, 1 + (uint32_t)(vl - b->vlpi)));
}

void v4_message(struct lvgic *vg, const struct lvgic_irq *irq)
{
	struct vlpi *vl = vlpi_of(vg, irq);

	if (!vl || !(forwarded(irq) || load32_relaxed(&vl->why) == LVGIC_V4_ELSEWHERE))
		return;
	vlpi_request(vg->v4, vl);
	OPS(vg)->defer(vg->ctx);
}

void v4_sweep(struct lvgic *vg)
{
	store32_seq(&vg->v4->sweep, 1);
}

bool v4_has_work(const struct lvgic *vg)
{
	const struct v4 *b = vg->v4;

	return load32_seq(&b->request) || load32_relaxed(&b->todo) || load32_seq(&b->sweep) || load32_seq(&b->sweeping);
}

static enum progress mask(struct v4 *b, struct vlpi *vl, bool on)
{
	const struct lvgic_ops *ops = OPS(b->vgic);
	enum progress p;

	if (!ops->host_mask || !(vl->state & VLPI_MASKED) == !on || (!on && (vl->state & VLPI_MUTE)))
		return PROGRESS_DONE;
	p = answer(b, vl, ops->host_mask(b->vgic->ctx, &vl->hw.host, on));
	if (p == PROGRESS_DONE) {
		set_state(vl, VLPI_MASKED, on);
	} else if (!on && gave_up(vl)) {
		set_state(vl, VLPI_MUTE, true);
		set_why(vl, LVGIC_V4_STUCK);
		return PROGRESS_DONE;
	}
	return p;
}

/* The host has it again; unmasked by the caller. STUCK: it does not want it. */
static enum progress unmap(struct v4 *b, struct vlpi *vl)
{
	enum progress p;

	set_state(vl, VLPI_GOING, true);
	p = answer(b, vl, b->driver.unmap(b->driver_ctx, &vl->hw));
	if (p != PROGRESS_DONE) {
		if (!gave_up(vl))
			return p;
		set_state(vl, VLPI_STUCK, true);
		set_why(vl, LVGIC_V4_STUCK);
		return PROGRESS_DONE;
	}
	if (b->at_spare == 1 + (uint32_t)(vl - b->vlpi))
		b->at_spare = 0;
	set_state(vl, VLPI_VIRT | VLPI_LEAVING, false);
	return p;
}

static bool stuck(const struct vlpi *vl)
{
	return vl->state & VLPI_STUCK;
}

/* To another vPE, with its pending state; if that fails it stays where it is. */
static enum progress move(struct v4 *b, struct vlpi *vl, uint32_t vpe)
{
	uint32_t old = vl->hw.vpe;
	enum progress p;

	vl->hw.vpe = vpe;
	p = answer(b, vl, b->driver.move(b->driver_ctx, &vl->hw));
	if (p != PROGRESS_DONE)
		vl->hw.vpe = old;
	return p;
}

/* The software delivers it from now on. */
static void to_software(struct v4 *b, struct lvgic_vcpu *self, struct lvgic_irq *irq, bool pending)
{
	(void)irq_apply(b->vgic, self, irq, word_return, gen_of(irq) | pending);
	(void)add64_relaxed(&b->stats.returned, 1);
	store64_relaxed(&b->stats.hardware, b->stats.hardware - 1);
}

/* Unknown: a spurious interrupt is better than a lost one. */
static enum progress guess(struct v4 *b, bool *pending)
{
	*pending = true;
	(void)add64_relaxed(&b->stats.guesses, 1);
	return PROGRESS_DONE;
}

/* hw.config is new. If that fails nobody knows what the hardware has read: none, then (bit 1 is always set else). */
static enum progress reconfigure(struct v4 *b, struct vlpi *vl)
{
	enum progress p = answer(b, vl, b->driver.configure(b->driver_ctx, &vl->hw));

	if (p != PROGRESS_DONE)
		vl->hw.config = 0;
	return p;
}

/* Is the one that is on the spare vPE pending? It is alone there, so the vPE's answer is its own. */
static enum progress ask(struct v4 *b, struct vlpi *vl, bool *pending)
{
	enum progress p = PROGRESS_DONE;

	/* A disabled one does not count (GICR_VPENDBASER.PendingLast). */
	if (!(vl->hw.config & 1u)) {
		vl->hw.config |= 3u;
		p = reconfigure(b, vl);
	}
	if (p == PROGRESS_DONE)
		p = answer(b, vl, b->driver.probe(b->driver_ctx, pending));
	return p != PROGRESS_DONE && gave_up(vl) ? guess(b, pending) : p;
}

/* A move that fails may have been made nevertheless: from its beginning on there is no way but ahead. */
static enum progress to_spare(struct v4 *b, struct vlpi *vl)
{
	enum progress p;

	if (vl->state & VLPI_MOVED)
		return PROGRESS_DONE;
	b->at_spare = 1 + (uint32_t)(vl - b->vlpi);
	set_state(vl, VLPI_MOVING, true);
	p = move(b, vl, b->cfg.nr_vpes);
	set_state(vl, VLPI_MOVED, p == PROGRESS_DONE);
	return p;
}

/* Somebody else is on the spare vPE, with whom we did not come to an end: now. STUCK there: it is of no use any more.
 */
static enum progress clear_spare(struct v4 *b, struct lvgic_vcpu *self, const struct vlpi *but)
{
	struct vlpi *vl = b->at_spare ? vlpi_at(b, b->at_spare) : NULL;
	enum progress p;
	bool pending;

	if (!vl || vl == but)
		return PROGRESS_DONE;
	/* One that is being dropped is not asked any more: the hardware may not have it any more. */
	if (forwarded(lpi_of(b, vl)) && !(vl->state & VLPI_DROP)) {
		p = to_spare(b, vl);
		if (p == PROGRESS_DONE)
			p = ask(b, vl, &pending);
		else if (gave_up(vl))
			p = guess(b, &pending);
		if (p != PROGRESS_DONE)
			return p;
		to_software(b, self, lpi_of(b, vl), pending);
		/* Whoever was at it need not come again; the rest is to be done. */
		vlpi_request(b, vl);
	}
	return stuck(vl) ? PROGRESS_DONE : unmap(b, vl);
}

/* Is it pending in the hardware? It goes to the spare vPE for that, and does not come back. */
static enum progress weigh(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, bool *pending)
{
	enum progress p;

	/* Without a mask the answer would be of yesterday; and the hardware may not have it any more. */
	if (!b->driver.probe || (vl->state & (VLPI_MASKED | VLPI_VIRT | VLPI_GOING)) != (VLPI_MASKED | VLPI_VIRT))
		return guess(b, pending);
	p = clear_spare(b, self, vl);
	if (p != PROGRESS_DONE)
		return p;
	/* It has not left. */
	if (b->at_spare && b->at_spare != 1 + (uint32_t)(vl - b->vlpi))
		return guess(b, pending);
	p = to_spare(b, vl);
	if (p == PROGRESS_DONE)
		return ask(b, vl, pending);
	return gave_up(vl) ? guess(b, pending) : p;
}

/*
 * Take it back from the hardware. The guest must not see it twice, nor after it unmapped it: with its pending state it
 * has left the guest's vPE before the software delivers it, dropped it is unmapped before the software forgets it.
 * Without a mask at the device it is unmapped first, and taken for pending: something may have fallen in between.
 * Done, from the guest's point of view, although the host may not have it yet: then a request is on record.
 */
enum progress vlpi_return(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, bool drop, struct budget *budget)
{
	struct lvgic_irq *irq = lpi_of(b, vl);
	bool pending = false;
	enum progress p;

	if (!budget->lpis)
		return PROGRESS_MORE;
	spend(budget);
	/* Begun is begun, also if somebody else goes on with it; and what the hardware has not any more was dropped. */
	drop |= (vl->state & VLPI_DROP) || !(vl->state & VLPI_VIRT);
	set_state(vl, VLPI_DROP, drop && (vl->state & VLPI_VIRT));
	p = vl->state & VLPI_LOUD ? PROGRESS_DONE : mask(b, vl, true);
	if (p != PROGRESS_DONE && !gave_up(vl))
		return p;
	if (p != PROGRESS_DONE)
		set_state(vl, VLPI_LOUD, true);
	if ((drop || !(vl->state & VLPI_MASKED) || (vl->state & VLPI_GOING)) && (vl->state & VLPI_VIRT) && !stuck(vl)) {
		p = unmap(b, vl);
		if (p != PROGRESS_DONE)
			return p;
	}
	if (forwarded(irq)) {
		if (!drop) {
			p = weigh(b, self, vl, &pending);
			if (p != PROGRESS_DONE)
				return p;
		}
		to_software(b, self, irq, pending);
	}
	if ((vl->state & VLPI_VIRT) && !stuck(vl))
		p = unmap(b, vl);
	if (!(vl->state & VLPI_VIRT))
		p = mask(b, vl, false);
	if (p != PROGRESS_DONE)
		vlpi_request(b, vl);
	return PROGRESS_DONE;
}

/* Where the event should be forwarded to: a vCPU, or W_NOWHERE and why not. Finds the LPI on the way. */
static uint32_t wanted(struct v4 *b, struct vlpi *vl, enum lvgic_v4_why *why)
{
	struct lvgic *vg = b->vgic;
	struct lvgic_its *its = vg->its[vl->its];
	uint32_t wish = load32_relaxed(&vl->wish), vcpu = W_NOWHERE;
	uint64_t device, mapping = 0, w;
	struct lvgic_irq *irq;

	device = vl->device <= its->device_mask ? map_device(its, vl->device) : 0;
	if (device && load32_seq(&its->live))
		mapping = map_event(its, device, vl->event);
	*why = LVGIC_V4_NOT_MAPPED;
	if (mapping) {
		vcpu = map_collection(its, EVENT_ICID(mapping));
		irq = &vg->lpi[((uint32_t)mapping & SLOT_INDEX_MASK) - 1];
		*why = vcpu == W_NOWHERE                      ? LVGIC_V4_NO_COLLECTION :
		       !lpis_enabled(vg->vcpu[vcpu])          ? LVGIC_V4_LPIS_OFF :
		       lpi_maps(vg, irq) > 1                  ? LVGIC_V4_SHARED :
		       vcpu >= b->cfg.nr_vpes                 ? LVGIC_V4_NO_VPE :
		       !load32_relaxed(&b->vpe[vcpu].allowed) ? LVGIC_V4_VCPU_NOT_ALLOWED :
		       !vpe_usable(b, vcpu)                   ? LVGIC_V4_VPE_FAILED :
		                                                LVGIC_V4_FORWARDED;
		if (*why != LVGIC_V4_SHARED && !vl->lpi && !load32_relaxed(&b->of_lpi[irq - vg->lpi])) {
			vl->lpi = 1 + (uint32_t)(irq - vg->lpi);
			store32_relaxed(&b->of_lpi[irq - vg->lpi], 1 + (uint32_t)(vl - b->vlpi));
		}
		w = load64_relaxed(&irq->word);
		if (*why == LVGIC_V4_FORWARDED && vl->lpi != 1 + (uint32_t)(irq - vg->lpi))
			*why = LVGIC_V4_BUSY;
		else if (*why == LVGIC_V4_FORWARDED && !(w & W_FORWARD) && (w & (W_LATCH | W_QUEUED)) &&
		         word_target(w) != vcpu)
			*why = LVGIC_V4_ELSEWHERE;
	}
	if (wish & WISH_FORGET)
		*why = LVGIC_V4_NO_HOST_IRQ;
	else if (wish & WISH_OFF)
		*why = LVGIC_V4_NOT_ALLOWED;
	else if (*why == LVGIC_V4_FORWARDED && (vl->state & VLPI_REFUSED))
		*why = LVGIC_V4_HOST_FAILED;
	return *why == LVGIC_V4_FORWARDED ? vcpu : W_NOWHERE;
}

/* A LATCH that is to be handed to the hardware. */
static enum progress hand_over(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, struct lvgic_irq *irq,
                               struct budget *budget)
{
	uint64_t gen = gen_of(irq);
	enum progress p;

	if (!(irq_apply(b->vgic, self, irq, word_handed, gen) & W_LATCH))
		return PROGRESS_DONE;
	spend(budget);
	p = answer(b, vl, b->driver.set_pending(b->driver_ctx, &vl->hw, true));
	if (p == PROGRESS_DONE)
		return p;
	(void)irq_apply(b->vgic, self, irq, word_msi, gen | (uint32_t)word_target(load64_relaxed(&irq->word)));
	return gave_up(vl) ? vlpi_return(b, self, vl, false, budget) : p;
}

/* Before the first of all: the vPEs. Those that are loaded or wait must notice. */
enum lvgic_status vlpi_open(struct v4 *b, struct lvgic_vcpu *self)
{
	enum lvgic_status status;

	if (b->open)
		return LVGIC_OK;
	b->opened = true;
	status = b->driver.open(b->driver_ctx, b->cfg.nr_vpes);
	if (status == LVGIC_OK) {
		store32_seq(&b->open, 1);
		vcpu_request_all(b->vgic, self, REQ_V4);
	}
	return status;
}

/* No message can come: the device is masked, or without that op a message is made up at the end. */
static enum progress map(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, uint32_t vcpu)
{
	struct lvgic_irq *irq = lpi_of(b, vl);
	uint64_t w = load64_relaxed(&irq->word);
	uint32_t tries = 8;
	enum progress p;

	p = answer(b, vl, vlpi_open(b, self));
	if (p != PROGRESS_DONE)
		return p;
	vl->hw.intid = irq_intid(irq);
	vl->hw.vpe = vcpu;
	vl->hw.config = (uint8_t)(word_prio(w) | 2u | (w & W_ENABLED ? 1u : 0));
	set_state(vl, VLPI_VIRT, true);
	p = answer(b, vl, b->driver.map(b->driver_ctx, &vl->hw));
	if (p != PROGRESS_DONE)
		return p;
	do {
		struct irq_hold hold = irq_own(b->vgic, self, irq);

		w = irq_apply(b->vgic, self, irq, word_forward, (w & W_GEN_MASK) | vcpu);
		irq_release(b->vgic, hold);
	} while (unlikely(w & W_IN_LR) && --tries);
	if (!forwarded(irq)) {
		set_why(vl, LVGIC_V4_ELSEWHERE);
		return PROGRESS_DONE;
	}
	if (!OPS(b->vgic)->host_mask) {
		(void)irq_apply(b->vgic, self, irq, word_msi, (w & W_GEN_MASK) | vcpu);
		(void)add64_relaxed(&b->stats.guesses, 1);
	}
	(void)add64_relaxed(&b->stats.forwarded, 1);
	store64_relaxed(&b->stats.hardware, b->stats.hardware + 1);
	return p;
}

/* Give it to the hardware. Any failure ends in software, with the reason; it is not tried again before it is asked. */
static enum progress give(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, uint32_t vcpu, struct budget *budget)
{
	struct lvgic_irq *irq = lpi_of(b, vl);
	uint32_t failures = vl->failures;
	enum progress p;

	spend(budget);
	p = mask(b, vl, true);
	if (p == PROGRESS_DONE)
		p = map(b, self, vl, vcpu);
	if (p == PROGRESS_DONE && forwarded(irq)) {
		p = hand_over(b, self, vl, irq, budget);
		set_why(vl, forwarded(irq) ? LVGIC_V4_FORWARDED : LVGIC_V4_HOST_FAILED);
		return p == PROGRESS_DONE ? mask(b, vl, false) : p;
	}
	if (p != PROGRESS_DONE) {
		if (vl->failures == failures)
			return p;
		set_state(vl, VLPI_REFUSED, true);
		set_why(vl, LVGIC_V4_HOST_FAILED);
	}
	return vlpi_return(b, self, vl, false, budget);
}

/* Over: neither the hardware nor the hash knows it any more. */
static void forget(struct v4 *b, struct vlpi *vl)
{
	struct lock_token lock;

	if (vl->lpi)
		store32_relaxed(&b->of_lpi[vl->lpi - 1], 0);
	vl->lpi = 0;
	lock = lock_take(b->vgic, b->lock);
	host_remove(b, vl);
	lock_drop(lock);
}

/* Make it so that the event is where it should be. */
static enum progress settle(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, struct budget *budget)
{
	enum lvgic_v4_why why;
	enum progress p = PROGRESS_DONE;
	uint32_t wish = and32_seq(&vl->wish, ~WISH_ANEW), vcpu;
	struct lvgic_irq *irq;

	if (!(wish & WISH_USED))
		return PROGRESS_DONE;
	if (wish & WISH_ANEW)
		vlpi_asked_anew(vl);
	vcpu = wanted(b, vl, &why);
	irq = lpi_of(b, vl);
	if (forwarded(irq) && vl->hw.vpe == vcpu && (vl->state & (VLPI_LEAVING | VLPI_VIRT)) == VLPI_VIRT) {
		p = hand_over(b, self, vl, irq, budget);
		if (p == PROGRESS_DONE && forwarded(irq)) {
			if (!(vl->state & VLPI_MUTE))
				set_why(vl, LVGIC_V4_FORWARDED);
			p = mask(b, vl, false);
		}
		return p;
	}
	if (forwarded(irq) || (vl->state & (VLPI_VIRT | VLPI_MASKED))) {
		p = vlpi_return(b, self, vl, false, budget);
		if (p != PROGRESS_DONE)
			return p;
		/* Not all of it yet: a request is on record, or it is stuck. */
		if (vl->state & (VLPI_VIRT | VLPI_MASKED))
			return load32_relaxed(&vl->request) ? PROGRESS_AGAIN : PROGRESS_DONE;
	}
	if (vcpu != W_NOWHERE)
		return budget->lpis ? give(b, self, vl, vcpu, budget) : PROGRESS_MORE;
	set_why(vl, why);
	if (load32_relaxed(&vl->wish) & WISH_FORGET)
		forget(b, vl);
	return PROGRESS_DONE;
}

static enum progress sweep(struct v4 *b, struct lvgic_vcpu *self, struct budget *budget)
{
	if (load32_seq(&b->sweep)) {
		store32_seq(&b->sweeping, 1);
		(void)xchg32_seq(&b->sweep, 0);
	}
	if (!b->sweeping)
		return PROGRESS_DONE;
	for (; b->sweeping <= b->cfg.max_events; store32_relaxed(&b->sweeping, b->sweeping + 1)) {
		struct vlpi *vl = vlpi_at(b, b->sweeping);
		enum progress p;

		if (b->sweeping > load32_acquire(&b->fresh))
			break;
		if (!(load32_acquire(&vl->wish) & WISH_USED))
			continue;
		if (!budget->lpis)
			return PROGRESS_MORE;
		budget->lpis--;
		p = settle(b, self, vl, budget);
		if (p == PROGRESS_MORE)
			return p;
		if (p == PROGRESS_AGAIN)
			vlpi_request(b, vl);
	}
	store32_relaxed(&b->sweeping, 0);
	return PROGRESS_DONE;
}

enum progress v4_run(struct lvgic *vg, struct lvgic_vcpu *self, struct budget *budget)
{
	struct v4 *b = vg->v4;
	enum progress p = sweep(b, self, budget), worst = p;
	uint32_t again = 0;

	if (!b->todo)
		store32_relaxed(&b->todo, xchg32_seq(&b->request, 0));
	while (b->todo && p != PROGRESS_MORE) {
		uint32_t n = b->todo;
		struct vlpi *vl = vlpi_at(b, n);
		uint32_t next = vl->next_request;

		if (!budget->lpis) {
			p = PROGRESS_MORE;
			break;
		}
		budget->lpis--;
		/* Anything that happens from here on makes a new request. */
		store32_seq(&vl->busy, 1);
		(void)xchg32_seq(&vl->request, 0);
		store32_relaxed(&b->todo, next);
		p = settle(b, self, vl, budget);
		if (p != PROGRESS_DONE) {
			worst = p;
			/* Asked again already, by itself: that one is as good. */
			if (!xchg32_seq(&vl->request, 1)) {
				vl->next_request = again;
				again = n;
			}
		}
		store32_seq(&vl->busy, 0);
	}
	/* Those that are to be done again go to the end, or this would be for ever. */
	while (again) {
		struct vlpi *vl = vlpi_at(b, again);

		again = vl->next_request;
		store32_relaxed(&vl->request, 0);
		vlpi_request(b, vl);
	}
	return p == PROGRESS_MORE ? p : worst;
}

void v4_mapped(struct lvgic_its *its, uint32_t device, uint32_t event)
{
	struct lvgic *vg = its->vgic;
	struct v4 *b = vg->v4;
	struct lock_token lock = lock_take(vg, b->lock);
	struct vlpi *vl = host_find(b, its->index, device, event);

	lock_drop(lock);
	if (!vl)
		return;
	vlpi_asked_anew(vl);
	vlpi_request(b, vl);
}

enum progress v4_take_back(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, bool drop,
                           struct budget *budget)
{
	struct vlpi *vl = vlpi_of(vg, irq);

	return vl ? vlpi_return(vg->v4, self, vl, drop, budget) : PROGRESS_DONE;
}

enum progress v4_unmapped(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct budget *budget)
{
	struct vlpi *vl = vlpi_of(vg, irq);

	if (forwarded(irq)) {
		enum progress p = v4_take_back(vg, self, irq, true, budget);

		if (p != PROGRESS_DONE)
			return p;
	}
	/* The other event may be forwarded now. */
	if (lpi_maps(vg, irq) > 1)
		v4_sweep(vg);
	if (!vl)
		return PROGRESS_DONE;
	store32_relaxed(&vg->v4->of_lpi[irq - vg->lpi], 0);
	vl->lpi = 0;
	vlpi_request(vg->v4, vl);
	return PROGRESS_DONE;
}

/* A physical operation on behalf of a command of the guest: if it fails for good the software takes over. */
static enum progress or_take_back(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, enum progress p,
                                  uint32_t failures, struct budget *budget)
{
	if (p == PROGRESS_DONE || vl->failures == failures)
		return p;
	set_state(vl, VLPI_REFUSED, true);
	p = vlpi_return(b, self, vl, false, budget);
	if (p == PROGRESS_DONE)
		set_why(vl, LVGIC_V4_HOST_FAILED);
	return p;
}

enum progress v4_move(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint32_t vcpu,
                      struct budget *budget)
{
	struct v4 *b = vg->v4;
	struct vlpi *vl = vlpi_of(vg, irq);
	enum progress p;
	uint32_t failures;

	if (!vl)
		return PROGRESS_DONE;
	if ((vl->state & VLPI_LEAVING) || !vpe_usable(b, vcpu) || !lpis_enabled(vg->vcpu[vcpu]))
		return vlpi_return(b, self, vl, false, budget);
	if (!budget->lpis)
		return PROGRESS_MORE;
	spend(budget);
	failures = vl->failures;
	p = or_take_back(b, self, vl, vl->hw.vpe == vcpu ? PROGRESS_DONE : move(b, vl, vcpu), failures, budget);
	if (p == PROGRESS_DONE && forwarded(irq)) {
		(void)irq_apply(vg, self, irq, word_move, gen_of(irq) | vcpu);
		(void)add64_relaxed(&b->stats.moved, 1);
		vpe_poke(b, vcpu);
	}
	return p;
}

enum progress v4_configure(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint8_t byte,
                           struct budget *budget)
{
	struct v4 *b = vg->v4;
	struct vlpi *vl = vlpi_of(vg, irq);
	uint8_t config = (uint8_t)(lpi_config_arg(vg, 0, byte) | 2u);
	uint32_t failures;
	enum progress p;

	if (!vl)
		return PROGRESS_DONE;
	if (vl->state & VLPI_LEAVING)
		return vlpi_return(b, self, vl, false, budget);
	if (vl->hw.config == config)
		return PROGRESS_DONE;
	if (!budget->lpis)
		return PROGRESS_MORE;
	spend(budget);
	failures = vl->failures;
	vl->hw.config = config;
	p = reconfigure(b, vl);
	if (p == PROGRESS_DONE)
		vpe_poke(b, vl->hw.vpe);
	return or_take_back(b, self, vl, p, failures, budget);
}

enum progress v4_clear(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct budget *budget)
{
	struct v4 *b = vg->v4;
	struct vlpi *vl = vlpi_of(vg, irq);
	uint32_t failures;
	enum progress p;

	if (!vl)
		return PROGRESS_DONE;
	if (vl->state & VLPI_LEAVING)
		return vlpi_return(b, self, vl, false, budget);
	if (!budget->lpis)
		return PROGRESS_MORE;
	spend(budget);
	failures = vl->failures;
	p = answer(b, vl, b->driver.set_pending(b->driver_ctx, &vl->hw, false));
	return or_take_back(b, self, vl, p, failures, budget);
}

enum progress v4_collection(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t icid, uint32_t *cursor,
                            struct budget *budget)
{
	struct v4 *b = its->vgic->v4;

	for (; *cursor <= load32_acquire(&b->fresh); ++*cursor) {
		struct vlpi *vl = vlpi_at(b, *cursor);
		uint64_t device;
		enum progress p;

		if (!budget->lpis)
			return PROGRESS_MORE;
		budget->lpis--;
		/* First, and acquired: what is not in use may be in the making (host_add()). */
		if (!(load32_acquire(&vl->wish) & WISH_USED) || vl->its != its->index)
			continue;
		device = map_device(its, vl->device);
		if (!device || EVENT_ICID(map_event(its, device, vl->event)) != icid)
			continue;
		p = settle(b, self, vl, budget);
		if (p != PROGRESS_DONE)
			return p;
	}
	return PROGRESS_DONE;
}
