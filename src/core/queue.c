/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the queue of a vCPU: the inbox that any thread pushes to, and the owner's FIFOs, one per group and priority.
 * Locks: none. The inbox is push-only and is taken whole, so its compare-and-swap has no ABA problem.
 * Implements: the order in which pending interrupts are presented, IHI 0069 4.1.2 and 4.8 (priority, then arrival).
 *
 * Who does what, for one interrupt: the transition that sets INBOX owns inbox_next and pushes. The push that finds the
 * inbox empty kicks. The owner exchanges the inbox with "empty" and then reads each word, so:
 *  - a push that comes before the exchange is taken by it; one that comes after finds the inbox empty and kicks. No
 * third case, hence no flag "kicked" that could be cleared at the wrong time.
 *  - the owner clears INBOX by compare-and-swap in the same step in which it decides, so an event on another thread
 * either is seen by the decision or finds INBOX clear and pushes again.
 */
#include "internal.h"

void ring_add(struct lvgic *vg, ring_t *ring, uint32_t handle, bool first)
{
	struct lvgic_irq *irq = irq_at(vg, handle);

	if (!*ring) {
		irq->next = handle;
		irq->prev = handle;
		*ring = handle;
		return;
	}
	struct lvgic_irq *head = irq_at(vg, *ring);

	irq->next = *ring;
	irq->prev = head->prev;
	irq_at(vg, head->prev)->next = handle;
	head->prev = handle;
	if (first)
		*ring = handle;
}

void ring_remove(struct lvgic *vg, ring_t *ring, uint32_t handle)
{
	struct lvgic_irq *irq = irq_at(vg, handle);

	if (irq->next == handle) {
		*ring = 0;
		return;
	}
	irq_at(vg, irq->prev)->next = irq->next;
	irq_at(vg, irq->next)->prev = irq->prev;
	if (*ring == handle)
		*ring = irq->next;
}

/* Which FIFO: group, then level; a level is the implemented part of a priority. */
static uint32_t fifo_index(const struct lvgic_vcpu *v, uint64_t word)
{
	uint32_t bits = v->vgic->cfg.pri_bits;

	return ((word & W_GROUP1) ? 1u << bits : 0) | word_prio(word) >> (8 - bits);
}

/* The owner alone writes the maps; lvgic_vcpu_has_work() reads them from any thread. */
static void fifo_mark(uint64_t *map, uint64_t bit, bool on)
{
	store64_relaxed(map, on ? *map | bit : *map & ~bit);
}

/* Put an interrupt whose word says FIFO or SPILL where it says. "first": before its equals, because it was there
 * before. */
void queue_link(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t word, bool first)
{
	if (word & W_SPILL) {
		ring_add(v->vgic, &v->spill, handle, first);
	} else {
		uint32_t bits = v->vgic->cfg.pri_bits;
		uint32_t i = fifo_index(v, word);
		uint32_t level = i & ((1u << bits) - 1);

		irq_set_slot(irq, i);
		ring_add(v->vgic, &v->fifo[i], handle, first);
		fifo_mark(&v->fifo_map[i >> bits][level / 64], 1ull << (level % 64), true);
	}
	v->nr_queued++;
	v->dirty = true;
}

/* Take it out of the list that "word" (as it was when linked, or since) says. The FIFO is the one it was put in: its
 * slot. */
void queue_unlink(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t word)
{
	if (word & W_SPILL) {
		ring_remove(v->vgic, &v->spill, handle);
	} else {
		uint32_t bits = v->vgic->cfg.pri_bits;
		uint32_t i = irq_slot(irq);
		uint32_t level = i & ((1u << bits) - 1);

		ring_remove(v->vgic, &v->fifo[i], handle);
		if (!v->fifo[i])
			fifo_mark(&v->fifo_map[i >> bits][level / 64], 1ull << (level % 64), false);
	}
	v->nr_queued--;
	/* What the hardware is asked for depends on what waits. */
	v->dirty = true;
}

/*
 * The first interrupt of the highest priority among "groups" (bit 0: Group 0, bit 1: Group 1), and in *prio its
 * priority; 0 if there is none. Of two groups with equal priority Group 0 is first.
 */
uint32_t queue_head(const struct lvgic_vcpu *v, uint32_t groups, uint32_t *prio)
{
	uint32_t bits = v->vgic->cfg.pri_bits;
	uint32_t best = ~0u, at = 0, g;

	for (g = 0; g < NR_GROUPS; g++) {
		const uint64_t *map = v->fifo_map[g];
		uint32_t level;

		if (!(groups >> g & 1) || !(map[0] | map[1]))
			continue;
		level = map[0] ? (uint32_t)__builtin_ctzll(map[0]) : 64 + (uint32_t)__builtin_ctzll(map[1]);
		if (level < best) {
			best = level;
			at = g << bits | level;
		}
	}
	if (best == ~0u)
		return 0;
	*prio = best << (8 - bits);
	return v->fifo[at];
}

__attribute__((__always_inline__)) static inline uint32_t inbox_add(struct lvgic *vg, struct lvgic_vcpu *v,
                                                                    struct lvgic_irq *irq, uint64_t word)
{
	uint32_t handle = irq_handle(vg, irq, word);
	uint32_t head = load32_relaxed(&v->inbox);

	do
		irq->inbox_next = head;
	while (!cas32_seq(&v->inbox, &head, handle));
	return head;
}

/* To a vCPU that is off: who changed the interrupt before our push has looked into the inbox in vain. */
__attribute__((__noinline__, __cold__)) static void pushed_off(struct lvgic *vg, struct lvgic_irq *irq)
{
	uint64_t w = load64_seq(&irq->word);

	if (w & W_INBOX)
		queue_recheck(vg, w);
}

/*
 * The caller's transition has set INBOX in "word": push to its home. A vCPU that pushes to itself is outside of the
 * guest and flushes before it enters again, so it needs no kick.
 *
 * A vCPU that goes off clears "online" before it drains for the last time; we push before we look at "online": one of
 * the two sees the other (both are sequentially consistent), and what others may take is not stranded.
 */
void queue_push(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint64_t word)
{
	struct lvgic_vcpu *v = vg->vcpu[word_home(word)];
	uint32_t head;

	/* Not if it is in a list already and is only to be looked at again. */
	if (unlikely(v->stats != NULL) && (word & W_PEND) && !(word & (W_FIFO | W_SPILL)))
		stats_injected(v, irq, irq_handle(vg, irq, word));
	trace(vg, LVGIC_EVENT_QUEUE, v->id, irq_intid(irq), word, 0);
	head = inbox_add(vg, v, irq, word);
	if (unlikely(!load32_seq(&v->online))) {
		pushed_off(vg, irq);
		return;
	}
	if (!head && v != self)
		vcpu_kick(v);
}

/*
 * What becomes of an interrupt that its owner has in hand, in no list and no list register: stay here, go on, or be
 * dropped. Goes into the compare-and-swap; queue_place() then acts on it.
 */
uint64_t queue_decide(struct lvgic_vcpu *v, uint64_t w)
{
	if (unlikely(w & W_IRM) && !(w & W_ACTIVE))
		w = route_decide(v, w);
	return word_take(w, v->id);
}

/*
 * Put it where the word that was decided says. "first": before its equals, because it was there before. One that is
 * dead and nowhere is the pool's after this.
 */
void queue_place(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t w, bool first)
{
	if (w & (W_FIFO | W_SPILL)) {
		queue_link(v, irq, handle, w, first);
		if (unlikely((w & (W_IRM | W_FIFO)) == (W_IRM | W_FIFO)) && !route_eligible(v->vgic, v, w))
			route_park(v->vgic, word_group_bit(w));
	} else if (w & W_INBOX) {
		STAT_ADD(v, forwards, 1);
		trace(v->vgic, LVGIC_EVENT_FORWARD, v->id, irq_intid(irq), w, word_home(w));
		queue_push(v->vgic, v, irq, w);
	} else if (unlikely(w & W_DEAD)) {
		lpi_retire(v->vgic, irq);
	} else if (unlikely(w & W_IRM) && word_target(w) == W_NOWHERE) {
		route_park(v->vgic, word_group_bit(w));
	}
}

/* Take the inbox whole; it is newest first, we want the oldest first. Its entries are ours until we clear their INBOX.
 */
static uint32_t inbox_take(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;
	uint32_t handle = xchg32_seq(&v->inbox, 0);
	uint32_t list = 0;

	while (handle) {
		struct lvgic_irq *irq = irq_at(vg, handle);
		uint32_t next = irq->inbox_next;

		irq->inbox_next = list;
		list = handle;
		handle = next;
	}
	return list;
}

/*
 * Look at what arrived, oldest first. An entry that is in a list register or a list is taken out of there first: what
 * is put back is put back by its new state. At most DRAIN_MAX entries at a time, which is more than a vCPU has SPIs,
 * PPIs and SGIs; the rest (LPIs) stays in the backlog, and lr_refresh() asks for another round.
 */
#define DRAIN_MAX 1100u

void queue_drain(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;
	uint32_t budget = DRAIN_MAX;

	if (!v->backlog)
		v->backlog = inbox_take(v);
	while (v->backlog && budget--) {
		uint32_t handle = v->backlog;
		struct lvgic_irq *irq = irq_at(vg, handle);
		uint64_t old = load64_relaxed(&irq->word);
		bool first = false;
		uint64_t w;

		v->backlog = irq->inbox_next;
		/* Relaxed: one that we do not see yet is kicked for. */
		if (!v->backlog && unlikely(load32_relaxed(&v->inbox)))
			v->backlog = inbox_take(v);
		if (unlikely(old & W_IN_LR)) {
			/* The word keeps INBOX over this: we still hold the entry. */
			lr_unload(v, irq_slot(irq));
			old = load64_relaxed(&irq->word);
			first = true;
		}
		if (unlikely(old & (W_FIFO | W_SPILL)))
			queue_unlink(v, irq, handle, old);
		else if (likely(!first) && lr_load_direct(v, irq, handle, old))
			continue;
		old = load64_relaxed(&irq->word);
		do
			w = queue_decide(v, old);
		while (!cas64_seq(&irq->word, &old, w));
		if (!(w & W_QUEUED)) {
			STAT_ADD(v, drops, 1);
			trace(vg, LVGIC_EVENT_DROP, v->id, irq_intid(irq), w, 0);
		}
		queue_place(v, irq, handle, w, first);
	}
}

/* Back from a list into the inbox. */
static void give_back(struct lvgic_vcpu *v, uint32_t handle)
{
	struct lvgic_irq *irq = irq_at(v->vgic, handle);
	uint64_t old = load64_relaxed(&irq->word);
	uint64_t w;

	queue_unlink(v, irq, handle, old);
	do
		w = (old & ~(W_FIFO | W_SPILL | W_ACKED)) | W_INBOX;
	while (!cas64_seq(&irq->word, &old, w));
	if (!(old & W_INBOX))
		(void)inbox_add(v->vgic, v, irq, w);
}

/* The vCPU goes off: leave everything in the inbox, where queue_steal() can get at it. */
void queue_return_all(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;
	uint32_t handle, prio;

	while ((handle = queue_head(v, 3u, &prio)) != 0)
		give_back(v, handle);
	while (v->spill)
		give_back(v, v->spill);
	while (v->backlog) {
		struct lvgic_irq *irq = irq_at(vg, v->backlog);

		v->backlog = irq->inbox_next;
		(void)inbox_add(vg, v, irq, load64_relaxed(&irq->word));
	}
}

/*
 * Is this in the inbox of "off", and nowhere else, although it is another vCPU's now, or dead? Where a 1 of N interrupt
 * belongs is not in its word. What is in a list too is still to be given back, and looked after then.
 */
static bool stranded(const struct lvgic_vcpu *off, uint64_t w)
{
	uint32_t to = word_oracle(w);

	return (w & W_QUEUED) == W_INBOX && word_home(w) == off->id && to != off->id &&
	       (to != W_NOWHERE || (w & W_DEAD));
}

/*
 * One pass over the inbox of a vCPU that is off: pass on what another vCPU may take. Who changes an entry while it is
 * in our hands finds the inbox empty, so we look again when it is back. Returns the vCPU whose inbox needs another
 * pass, or NULL.
 */
static struct lvgic_vcpu *steal_once(struct lvgic *vg, struct lvgic_vcpu *off)
{
	struct lvgic_vcpu *again = NULL;
	uint32_t handle = inbox_take(off);
	uint32_t parked = 0;

	while (handle) {
		struct lvgic_irq *irq = irq_at(vg, handle);
		uint32_t next = irq->inbox_next;
		uint64_t old = load64_relaxed(&irq->word);
		uint64_t w;

		do {
			w = old;
			if ((w & (W_IRM | W_ACTIVE)) == W_IRM)
				w = route_one_of_n(vg, w);
			/* Not ours to move: it is in a list (the vCPU has been on meanwhile), or it stays. */
			if ((w & W_PLACES) || word_oracle(w) == off->id)
				w = old;
			else
				w = word_take(w, off->id);
		} while (w != old && !cas64_seq(&irq->word, &old, w));

		if (w & W_INBOX) {
			struct lvgic_vcpu *to = vg->vcpu[word_home(w)];
			uint32_t head = inbox_add(vg, to, irq, w);

			if (load32_seq(&to->online)) {
				if (!head)
					vcpu_kick(to);
			} else {
				w = load64_seq(&irq->word);
				if ((w & (W_IRM | W_ACTIVE)) == W_IRM)
					parked |= word_group_bit(w);
				if (stranded(to, w))
					again = to;
			}
		} else if (unlikely(w & W_DEAD) && !(w & W_QUEUED)) {
			lpi_retire(vg, irq);
		}
		handle = next;
	}
	if (parked)
		route_park(vg, parked);
	return again;
}

/*
 * The inbox of a vCPU that is off holds what waits for it (lvgic_vcpu_off() leaves nothing in its lists); some of it
 * may have become another's since: 1 of N, or re-routed. Whoever takes an inbox whole owns its entries, so any thread
 * may do this. What stays goes back: if the vCPU is switched on meanwhile, it is kicked and finds it there. Each round
 * more takes somebody who re-routes what is in our hands, so they are bounded: a guest that does that sixteen times in
 * a row may keep waiting until it writes again.
 */
void queue_steal(struct lvgic *vg, struct lvgic_vcpu *off)
{
	unsigned int rounds = 16;

	while (off && rounds--)
		off = steal_once(vg, off);
}

/*
 * An interrupt that was in an inbox already has changed: if its home is off and it is for another vCPU now (1 of N:
 * perhaps), or dead, nobody else would notice.
 */
void queue_recheck(struct lvgic *vg, uint64_t w)
{
	struct lvgic_vcpu *home = vg->vcpu[word_home(w)];

	if (unlikely(!load32_seq(&home->online)) && ((w & W_IRM) || stranded(home, w)))
		queue_steal(vg, home);
}
