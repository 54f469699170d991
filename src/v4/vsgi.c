/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: SGIs that the hardware delivers (GICv4.1): switching them on and off, keeping their configuration in step.
 * Locks: none. The worker's (its/work.c), but for v4_vsgi_pend(), v4_vsgi_clear() and v4_vsgi_pending().
 * Implements: IHI 0069 chapter 8 (virtual SGIs), 12.9 GICD_TYPER2.nASSGIcap, GICD_CTLR.nASSGIreq.
 *
 * A guest that does without active state for SGIs (nASSGIreq) gets all 16 of each vCPU from the hardware. Enable,
 * priority and group stay in the word; the pending state is the hardware's while FORWARD is set. Who sends one says so,
 * looks at FORWARD, and writes to the hardware or sets LATCH. Switching off clears FORWARD and then waits until nobody
 * is sending (one of the two sees the other) before it asks the hardware what is pending: each SGI is in one of the
 * two.
 */
#include "bridge.h"

bool v4_has_vsgi(const struct lvgic *vg)
{
	/* All vCPUs or none: there is one nASSGIcap. */
	return (vg->v4->cfg.flags & LVGIC_V4_VSGI) && vg->v4->cfg.nr_vpes == vg->cfg.nr_vcpus;
}

/* As struct lvgic_v4_driver.vsgi_configure has it: the four priority bits that a VSGI command has room for. */
static uint8_t config_of(const struct lvgic_irq *irq)
{
	uint64_t w = load64_relaxed(&irq->word);

	return (uint8_t)((word_prio(w) & 0xf0u) | (w & W_GROUP1 ? 2u : 0) | (w & W_ENABLED ? 1u : 0));
}

static enum progress answer(struct lvgic_vcpu *v, enum lvgic_status status)
{
	if (status == LVGIC_OK) {
		v->vpe->vsgi_failures = 0;
		return PROGRESS_DONE;
	}
	if (status != LVGIC_ERR_AGAIN) {
		v->vpe->vsgi_failures++;
		(void)add64_relaxed(&v->vgic->v4->stats.failures, 1);
	}
	return PROGRESS_AGAIN;
}

static bool gave_up(const struct lvgic_vcpu *v)
{
	return v->vpe->vsgi_failures >= MAX_FAILURES;
}

/* An odd vsgi_seq tells senders that what they send may fall under this; what they leave a note of is sent again. */
static enum progress clear(struct lvgic_vcpu *v, uint32_t sgi)
{
	struct v4 *b = v->vgic->v4;
	enum lvgic_status status;
	uint32_t again;

	(void)add32_seq(&v->vpe->vsgi_seq, 1);
	status = b->driver.vsgi_clear(b->driver_ctx, v->id, sgi);
	(void)add32_seq(&v->vpe->vsgi_seq, 1);
	for (again = xchg32_seq(&v->vpe->vsgi_again, 0); again; again &= again - 1)
		v4_vsgi_pend(v->vgic, NULL, v, &v->priv[__builtin_ctz(again)]);
	return answer(v, status);
}

/* What vsgi_told has after a failure, which may have taken effect: no configuration, and enabled. */
#define TOLD_UNKNOWN 0xffu
#define CONFIG_BITS  0xf3u

static enum progress configure(struct lvgic_vcpu *v, uint32_t sgi, uint8_t config)
{
	struct v4 *b = v->vgic->v4;
	enum progress p = answer(v, b->driver.vsgi_configure(b->driver_ctx, v->id, sgi, config));

	v->vpe->vsgi_told[sgi] = p == PROGRESS_DONE ? config : TOLD_UNKNOWN;
	return p;
}

/* To the hardware: nothing of former times, its configuration, then what is pending. */
static enum progress switch_on(struct lvgic_vcpu *v, struct lvgic_vcpu *self)
{
	struct lvgic *vg = v->vgic;
	uint32_t sgi;
	enum progress p = answer(v, vlpi_open(vg->v4, self));

	/* Of a thread that was late when they were switched off last. */
	(void)xchg32_seq(&v->vpe->vsgi_clear, 0);
	store32_seq(&v->vpe->vsgi_sent, 0);
	for (sgi = 0; sgi < LVGIC_NR_SGIS && p == PROGRESS_DONE; sgi++)
		p = clear(v, sgi);
	for (sgi = 0; sgi < LVGIC_NR_SGIS && p == PROGRESS_DONE; sgi++)
		p = configure(v, sgi, config_of(&v->priv[sgi]));
	if (p != PROGRESS_DONE)
		return p;
	store32_seq(&v->vsgi, 1);
	for (sgi = 0; sgi < LVGIC_NR_SGIS; sgi++) {
		struct lvgic_irq *irq = &v->priv[sgi];
		uint32_t tries = 8;
		uint64_t old;

		do {
			struct irq_hold hold = irq_own(vg, self, irq);

			old = irq_apply(vg, self, irq, word_forward_sgi, 0);
			irq_release(vg, hold);
		} while (unlikely(old & W_IN_LR) && --tries);
		if ((old & (W_LATCH | W_IN_LR)) == W_LATCH)
			v4_vsgi_pend(vg, self, v, irq);
	}
	return p;
}

/*
 * Back: no more delivered, then ours, then what was pending, then forgotten by the hardware. If that takes no commands
 * any more, without it: the guest may see one twice.
 */
static enum progress quieten(struct lvgic_vcpu *v, uint32_t sgi, bool pending)
{
	enum progress p = PROGRESS_DONE;

	if (!v->vpe->vsgi_broken)
		p = pending ? clear(v, sgi) : configure(v, sgi, v->vpe->vsgi_told[sgi] & CONFIG_BITS & ~1u);
	if (p == PROGRESS_DONE || !gave_up(v))
		return p;
	v->vpe->vsgi_broken = true;
	return PROGRESS_DONE;
}

static enum progress switch_off(struct lvgic_vcpu *v, struct lvgic_vcpu *self)
{
	struct lvgic *vg = v->vgic;
	struct v4 *b = vg->v4;
	enum progress p = PROGRESS_DONE;
	uint32_t sgi, mask = 0, cleared;

	for (sgi = 0; sgi < LVGIC_NR_SGIS && p == PROGRESS_DONE; sgi++)
		if (v->vpe->vsgi_told[sgi] & 1u)
			p = quieten(v, sgi, false);
	if (p != PROGRESS_DONE)
		return p;
	v->vpe->vsgi_leaving = true;
	for (sgi = 0; sgi < LVGIC_NR_SGIS; sgi++)
		(void)irq_apply(vg, self, &v->priv[sgi], word_return_sgi, false);
	/* They are about to be done. */
	if (load32_seq(&v->vpe->vsgi_senders))
		return PROGRESS_AGAIN;
	p = answer(v, b->driver.vsgi_pending(b->driver_ctx, v->id, &mask));
	if (p != PROGRESS_DONE && !gave_up(v))
		return p;
	if (p != PROGRESS_DONE) {
		/* Unknown. One that was sent may come twice rather than never; one that never was (think of a guest's
		 * "stop this CPU") does not come. */
		mask = load32_seq(&v->vpe->vsgi_sent);
		(void)add64_relaxed(&b->stats.guesses, 1);
	}
	/* What the guest has cleared and the hardware was not told of yet is not pending. */
	cleared = xchg32_seq(&v->vpe->vsgi_clear, 0);
	for (sgi = 0; sgi < LVGIC_NR_SGIS; sgi++) {
		if (!(mask >> sgi & 1))
			continue;
		/* Once, should this have to go on later. */
		if (!((v->vpe->vsgi_taken | cleared) >> sgi & 1))
			(void)irq_apply(vg, self, &v->priv[sgi], word_latch, 0);
		v->vpe->vsgi_taken |= 1u << sgi;
		p = quieten(v, sgi, true);
		if (p != PROGRESS_DONE)
			return p;
	}
	v->vpe->vsgi_taken = 0;
	v->vpe->vsgi_broken = false;
	v->vpe->vsgi_leaving = false;
	store32_seq(&v->vsgi, 0);
	return PROGRESS_DONE;
}

/* Tell the hardware what has changed in the words, and what is to be cleared. */
static enum progress update(struct lvgic_vcpu *v)
{
	uint32_t mask = xchg32_seq(&v->vpe->vsgi_clear, 0), sgi;

	for (sgi = 0; sgi < LVGIC_NR_SGIS; sgi++) {
		uint8_t config = config_of(&v->priv[sgi]);
		enum progress p = PROGRESS_DONE;

		if (config == v->vpe->vsgi_told[sgi] && !(mask >> sgi & 1))
			continue;
		if (mask >> sgi & 1)
			p = clear(v, sgi);
		if (p == PROGRESS_DONE && config != v->vpe->vsgi_told[sgi])
			p = configure(v, sgi, config);
		if (p != PROGRESS_DONE) {
			(void)or32_seq(&v->vpe->vsgi_clear, mask >> sgi << sgi);
			return p;
		}
		vpe_poke(v->vgic->v4, v->id);
	}
	return PROGRESS_DONE;
}

enum progress v4_vsgi_run(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget)
{
	bool want = load32_seq(&v->vgic->nassgireq) && vpe_usable(v->vgic->v4, v->id) &&
	            !load32_relaxed(&v->vpe->vsgi_refused);
	enum progress p = PROGRESS_DONE;

	if (!budget->lpis)
		return PROGRESS_MORE;
	/* Some forty commands. */
	budget->lpis -= budget->lpis < 4 * COST_OPERATION ? budget->lpis : 4 * COST_OPERATION;
	if (unlikely(v->vpe->vsgi_leaving))
		p = switch_off(v, self);
	if (want && p == PROGRESS_DONE)
		p = v->vsgi ? update(v) : switch_on(v, self);
	if (p != PROGRESS_DONE && gave_up(v)) {
		/* The software does it, with active state, which the guest's end of interrupt ends as well. */
		store32_relaxed(&v->vpe->vsgi_refused, 1);
		v->vpe->vsgi_failures = 0;
		want = false;
		p = PROGRESS_DONE;
	}
	if (!want && v->vsgi && p == PROGRESS_DONE)
		p = switch_off(v, self);
	return p;
}

void v4_vsgi_pend(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_vcpu *to, struct lvgic_irq *irq)
{
	uint32_t bit = 1u << irq_intid(irq), seq;
	struct v4 *b = vg->v4;

	(void)add32_seq(&to->vpe->vsgi_senders, 1);
	if (unlikely(!(load64_seq(&irq->word) & W_FORWARD))) {
		(void)add32_seq(&to->vpe->vsgi_senders, ~0u);
		(void)irq_apply(vg, self, irq, word_latch, 0);
		return;
	}
	/* A clear that has not begun is of what came before. */
	if (unlikely(load32_seq(&to->vpe->vsgi_clear) & bit))
		(void)and32_seq(&to->vpe->vsgi_clear, ~bit);
	if (unlikely(!(load32_seq(&to->vpe->vsgi_sent) & bit)))
		(void)or32_seq(&to->vpe->vsgi_sent, bit);
	seq = load32_seq(&to->vpe->vsgi_seq);
	b->driver.vsgi_pend(b->driver_ctx, to->id, irq_intid(irq));
	fence_seq();
	if (unlikely((seq & 1u) || load32_seq(&to->vpe->vsgi_seq) != seq)) {
		/* One that was being done may have swallowed it: who does it sends it again, or we do. */
		(void)or32_seq(&to->vpe->vsgi_again, bit);
		if (!(load32_seq(&to->vpe->vsgi_seq) & 1u) && (and32_seq(&to->vpe->vsgi_again, ~bit) & bit))
			b->driver.vsgi_pend(b->driver_ctx, to->id, irq_intid(irq));
	}
	(void)add32_seq(&to->vpe->vsgi_senders, ~0u);
}

void v4_vsgi_clear(struct lvgic_vcpu *v, struct lvgic_vcpu *self, uint32_t mask)
{
	(void)or32_seq(&v->vpe->vsgi_clear, mask);
	lpi_request(v->vgic, v, TODO_VSGI);
	lpi_work(v->vgic, self);
}

uint32_t v4_vsgi_pending(struct lvgic_vcpu *v)
{
	struct v4 *b = v->vgic->v4;
	uint32_t mask = 0, sgi, ours = 0, tries = MAX_FAILURES;

	for (sgi = 0; sgi < LVGIC_NR_SGIS; sgi++)
		ours |= load64_relaxed(&v->priv[sgi].word) & W_FORWARD ? 1u << sgi : 0;
	while (ours && b->driver.vsgi_pending(b->driver_ctx, v->id, &mask) != LVGIC_OK && --tries)
		;
	return tries ? mask & ours : 0;
}

/* Power on: the guest has not asked for it. */
void vsgi_reset(struct lvgic_vcpu *v)
{
	uint32_t sgi, tries = MAX_FAILURES;

	for (sgi = 0; v->vsgi && sgi < LVGIC_NR_SGIS && tries; sgi++)
		while ((configure(v, sgi, 0) != PROGRESS_DONE || clear(v, sgi) != PROGRESS_DONE) && --tries)
			;
	v->vsgi = 0;
	v->vpe->vsgi_broken = false;
	v->vpe->vsgi_leaving = false;
	v->vpe->vsgi_clear = 0;
	v->vpe->vsgi_again = 0;
	v->vpe->vsgi_sent = 0;
	v->vpe->vsgi_taken = 0;
	v->vpe->vsgi_failures = 0;
	store32_relaxed(&v->vpe->vsgi_refused, 0);
}
