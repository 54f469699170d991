/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the list registers: which interrupts are in them, folding what the guest did into the words, maintenance bits.
 * Locks: none; everything here is the owner's.
 * Implements: IHI 0069 6.1 to 6.3 (list registers and their use), 12.4 (ICH_*).
 *
 * Interrupts stay in their list registers over exits: a sync that finds nothing changed and a flush that has nothing
 * new touch no word. The registers hold the best interrupts there are: as long as one waits in a FIFO, no list register
 * holds a pending interrupt of lower rank, and at least one holds a pending one. So "no pending list register" (NPIE)
 * is the one event to ask the hardware for while something waits, and it cannot come in a storm: there is always
 * something to load then, in the place of an active interrupt if need be. An active interrupt taken out (SPILL) can be
 * ended nevertheless: the hardware counts such ends (EOIcount, LRENPIE), and ICC_DIR_EL1 traps (TDIR).
 */
#include "internal.h"
#include "v4/v4.h"

/* What others may know of list register n: whether it is pending. */
static void set_was(struct lvgic_vcpu *v, uint32_t n, uint32_t state)
{
	uint32_t pending = v->lr_pending & ~(1u << n);

	v->lr_was[n] = (uint8_t)state;
	store32_relaxed(&v->lr_pending, pending | (state & LR_P) << n);
}

/* Priority and group of a list register, as word_key() has them. */
static uint64_t lr_key(uint64_t lr)
{
	return lr_prio(lr) >> 1 | (lr & ICH_LR_GROUP1 ? 0x80u : 0);
}

static inline void lr_free(struct lvgic_vcpu *v, uint32_t n)
{
	v->ich.lr[n] = 0;
	v->lr_used &= ~(1u << n);
	v->lr_hw &= ~(1u << n);
	set_was(v, n, 0);
	/* Somebody may want the place. */
	v->dirty |= v->nr_queued != 0;
}

/* The guest acknowledged something, if the folded transition was -> now shows it. */
static void account(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint64_t w, uint32_t was, uint32_t now)
{
	if (was & ~now & LR_P) {
		if (unlikely(v->stats != NULL))
			stats_delivered(v, irq, w);
		trace(v->vgic, LVGIC_EVENT_ACK, v->id, irq_intid(irq), w, 0);
	}
}

/* Did it end? Acknowledged and ended at once (pending -> nothing) counts. */
static bool ended(uint32_t was, uint32_t now)
{
	return !(now & LR_A) && ((was & LR_A) || (was & ~now & LR_P));
}

/*
 * The guest has asked for SGIs without an active state (GICD_CTLR.nASSGIreq). One whose end we would have to count has
 * none then: nobody could tell its end from that of an SGI that the hardware delivered.
 */
static uint64_t forget_active_sgi(const struct lvgic_vcpu *v, const struct lvgic_irq *irq, uint64_t w)
{
	if (likely(!load32_relaxed(&v->vgic->nassgireq)) || irq_intid(irq) >= LVGIC_NR_SGIS)
		return w;
	return word_activity(w, false, 0);
}

/* Empty list register n: the word says everything again, and the interrupt goes where its word sends it. */
void lr_unload(struct lvgic_vcpu *v, uint32_t n)
{
	uint32_t handle = v->lr_irq[n];
	struct lvgic_irq *irq = irq_at(v->vgic, handle);
	uint32_t was = v->lr_was[n];
	uint32_t now = lr_state(v->ich.lr[n]);
	uint64_t key = lr_key(v->ich.lr[n]);
	uint64_t old = load64_relaxed(&irq->word);
	uint64_t w;

	do {
		w = forget_active_sgi(v, irq, word_unload(old, was, now, key));
		/*
		 * In the inbox as well: then that entry decides. But whoever set INBOX may not have pushed yet, and an
		 * end of an active interrupt must find it meanwhile.
		 */
		if (!(w & W_INBOX))
			w = queue_decide(v, w);
		else if (w & W_ACTIVE)
			w |= W_SPILL;
	} while (!cas64_seq(&irq->word, &old, w));

	account(v, irq, w, was, now);
	STAT_ADD(v, lr_evictions, 1);
	trace(v->vgic, LVGIC_EVENT_EVICT, v->id, irq_intid(irq), w, v->ich.lr[n]);
	lr_free(v, n);
	if (!(old & W_INBOX))
		queue_place(v, irq, handle, w, true);
	else if (w & W_SPILL)
		queue_link(v, irq, handle, w, true);
}

/*
 * A level-sensitive mapped interrupt is in list register n: its level is that of the physical line now. If that fell
 * before the guest took the interrupt, withdraw it, and let the host have the physical one back.
 */
static void sample_hw(struct lvgic_vcpu *v, uint32_t n)
{
	struct lvgic *vg = v->vgic;
	struct lvgic_irq *irq = irq_at(vg, v->lr_irq[n]);
	uint32_t pintid = *irq_pintid(vg, v, irq_intid(irq));
	uint64_t level = OPS(vg)->hw_get(v->ctx, pintid, LVGIC_HW_LEVEL);
	uint64_t old = load64_relaxed(&irq->word);
	uint64_t w;

	do
		w = word_inject(old, level);
	while (w != old && !cas64_seq(&irq->word, &old, w));
	if (lr_state(v->ich.lr[n]) == LR_P && !(w & W_PEND)) {
		lr_unload(v, n);
		OPS(vg)->hw_set(v->ctx, pintid, LVGIC_HW_ACTIVE, false);
	}
}

/* The guest may have changed list register n: fold it into the word; free it if the interrupt has ended. */
void lr_fold(struct lvgic_vcpu *v, uint32_t n)
{
	uint32_t handle = v->lr_irq[n];
	struct lvgic_irq *irq = irq_at(v->vgic, handle);
	uint32_t was = v->lr_was[n];
	uint32_t now = lr_state(v->ich.lr[n]);
	uint64_t old = load64_relaxed(&irq->word);
	uint64_t key, w;

	if (likely(!now && word_ends_plainly(old)) && cas64_seq(&irq->word, &old, word_end_plainly(old))) {
		account(v, irq, old, was, now);
		trace(v->vgic, LVGIC_EVENT_END, v->id, irq_intid(irq), old, 0);
		lr_free(v, n);
		return;
	}
	if (unlikely(v->lr_hw & (1u << n))) {
		sample_hw(v, n);
		if (!(v->lr_used & (1u << n)))
			return;
		old = load64_relaxed(&irq->word);
	}
	key = lr_key(v->ich.lr[n]);
	do {
		w = word_fold(old, was, now, key);
		if (!now) {
			w &= ~W_IN_LR;
			if (!(w & W_INBOX))
				w = queue_decide(v, w);
		}
	} while (!cas64_seq(&irq->word, &old, w));

	account(v, irq, w, was, now);
	if (now) {
		set_was(v, n, now);
		v->dirty |= v->nr_queued != 0;
	} else {
		lr_free(v, n);
		if (!(old & W_INBOX))
			queue_place(v, irq, handle, w, false);
		/* A level that is still asserted is the next interrupt. */
		if (unlikely(v->stats != NULL) && (w & W_FIFO))
			stats_injected(v, irq, handle);
	}
	if (ended(was, now)) {
		trace(v->vgic, LVGIC_EVENT_END, v->id, irq_intid(irq), w, 0);
		if (unlikely(w & W_NOTIFY) && OPS(v->vgic)->acked)
			OPS(v->vgic)->acked(v->ctx, irq_intid(irq));
	}
}

void lr_unload_all(struct lvgic_vcpu *v)
{
	uint32_t used;

	for (used = v->lr_used; used; used &= used - 1)
		lr_unload(v, (uint32_t)__builtin_ctz(used));
}

/* What the list register is to contain (IHI 0069, 12.4 ICH_LR<n>_EL2). */
__attribute__((__always_inline__)) static inline uint64_t lr_value(struct lvgic_vcpu *v, const struct lvgic_irq *irq,
                                                                   uint64_t w, uint32_t state)
{
	uint64_t key = state & LR_A ? word_lr_key(w) : word_key(w);
	uint64_t lr = irq_intid(irq) | (key & 0x7fu) << (ICH_LR_PRIORITY_SHIFT + 1) |
	              (uint64_t)state << ICH_LR_STATE_SHIFT;

	if (key & 0x80u)
		lr |= ICH_LR_GROUP1;
	if (w & W_HW)
		lr |= ICH_LR_HW | (uint64_t)*irq_pintid(v->vgic, v, irq_intid(irq)) << ICH_LR_PINTID_SHIFT;
	else if (!(w & W_EDGE) || (w & W_NOTIFY) || (state == LR_A && (w & W_PEND)))
		/* When it ends we must look at the line, or tell somebody, or deliver the next one that could not be
		 * loaded along. */
		lr |= ICH_LR_EOI;
	return lr;
}

static void stats_loaded(struct lvgic_vcpu *v)
{
	uint32_t used, nr = 0;

	for (used = v->lr_used; used; used &= used - 1)
		nr++;
	STAT_ADD(v, lr_loads, 1);
	if (nr > v->stats->lr_max)
		store64_relaxed(&v->stats->lr_max, nr);
}

/* The word says IN_LR: fill list register n accordingly. */
__attribute__((__always_inline__)) static inline void lr_set(struct lvgic_vcpu *v, uint32_t n, struct lvgic_irq *irq,
                                                             uint32_t handle, uint64_t w, uint32_t state)
{
	irq_set_slot(irq, n);
	v->lr_irq[n] = handle;
	v->lr_used |= 1u << n;
	set_was(v, n, state);
	v->ich.lr[n] = lr_value(v, irq, w, state);
	if (unlikely((w & (W_HW | W_EDGE)) == W_HW))
		v->lr_hw |= 1u << n;
	if (unlikely(v->stats != NULL))
		stats_loaded(v);
	trace(v->vgic, LVGIC_EVENT_LOAD, v->id, irq_intid(irq), w, v->ich.lr[n]);
}

/* The interrupts of "groups" that wait in the FIFOs: is there one? */
static bool waiting(const struct lvgic_vcpu *v, uint32_t groups)
{
	return ((groups & 1u) && (v->fifo_map[0][0] | v->fifo_map[0][1])) ||
	       ((groups & 2u) && (v->fifo_map[1][0] | v->fifo_map[1][1]));
}

/*
 * Move the interrupt from its list into list register n. If what changed since it was queued does not let it go there,
 * it goes where its word sends it instead.
 */
static void lr_load(struct lvgic_vcpu *v, uint32_t n, uint32_t handle)
{
	struct lvgic_irq *irq = irq_at(v->vgic, handle);
	uint64_t old = load64_relaxed(&irq->word);
	uint32_t state;
	uint64_t w;

	queue_unlink(v, irq, handle, old);
	do {
		state = word_lr_state(old, v->id);
		/*
		 * Not pending along with it if its group is not forwarded, or if others wait: then it would be
		 * signalled when it ends, before them.
		 */
		if ((state & LR_A) && (!(vcpu_groups(v) & word_group_bit(old)) || waiting(v, vcpu_groups(v))))
			state = LR_A;
		if (likely(state)) {
			w = word_load(old, state);
		} else {
			w = old & ~(W_FIFO | W_SPILL);
			if (!(w & W_INBOX))
				w = queue_decide(v, w);
		}
	} while (!cas64_seq(&irq->word, &old, w));

	if (likely(state))
		lr_set(v, n, irq, handle, w, state);
	else if (!(old & W_INBOX))
		queue_place(v, irq, handle, w, false);
}

/*
 * The short way of an interrupt that was just taken from the inbox: into a free list register without a stay in a FIFO,
 * if nothing waits there that could have a better claim. False: not possible, nothing changed.
 */
bool lr_load_direct(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t old)
{
	uint32_t free = ~v->lr_used & ((1u << v->vgic->cfg.nr_lrs) - 1);
	uint64_t w = word_plain_load(old);

	if (!free || v->nr_queued || !word_load_is_plain(old, v->id) || !(vcpu_groups(v) & word_group_bit(old)) ||
	    !cas64_seq(&irq->word, &old, w))
		return false;
	lr_set(v, (uint32_t)__builtin_ctz(free), irq, handle, w, LR_P);
	return true;
}

/* Order of pending interrupts: those whose group the CPU interface does not signal come after all others. */
static uint32_t rank(uint32_t prio, bool group1, uint32_t vmcr)
{
	return prio | (vmcr & (group1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0) ? 0 : 0x100u);
}

/*
 * A list register to give up for a pending interrupt of rank "best": the pending one of the lowest rank if that is
 * lower still; if none is pending at all, an active one of the lowest priority, for it ends last (a mapped one only if
 * there is no other: its end would need our help). LVGIC_MAX_LRS: none.
 */
static uint32_t victim(const struct lvgic_vcpu *v, uint32_t best)
{
	uint32_t pending = LVGIC_MAX_LRS, worst = 0;
	uint32_t active = LVGIC_MAX_LRS, active_key = 0;
	uint32_t used;

	for (used = v->lr_used; used; used &= used - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(used);
		uint64_t lr = v->ich.lr[i];

		if (lr & ICH_LR_ACTIVE) {
			uint32_t key = 1 + lr_prio(lr) + (lr & ICH_LR_HW ? 0 : 0x100u);

			if (key > active_key) {
				active_key = key;
				active = i;
			}
		} else {
			uint32_t r = rank(lr_prio(lr), lr & ICH_LR_GROUP1, v->ich.vmcr);

			if (pending == LVGIC_MAX_LRS || r > worst) {
				worst = r;
				pending = i;
			}
		}
	}
	if (pending == LVGIC_MAX_LRS)
		return active;
	return worst > best ? pending : LVGIC_MAX_LRS;
}

/* The best waiting interrupt of the groups that may be presented, and its rank; 0: none. */
static uint32_t best_waiting(const struct lvgic_vcpu *v, uint32_t groups, uint32_t *best)
{
	uint32_t enabled = groups & v->ich.vmcr; /* VENG0 and VENG1 are bits 0 and 1 */
	uint32_t handle = queue_head(v, enabled, best);

	if (handle || groups == enabled)
		return handle;
	handle = queue_head(v, groups & ~enabled, best);
	*best |= 0x100u;
	return handle;
}

/* Group enables at the Distributor changed: withdraw what may not be presented any more. */
static void withdraw_groups(struct lvgic_vcpu *v, uint32_t groups)
{
	uint32_t used;

	for (used = v->lr_used; used; used &= used - 1) {
		uint32_t n = (uint32_t)__builtin_ctz(used);
		uint64_t lr = v->ich.lr[n];

		if ((lr & ICH_LR_PENDING) && !(groups & (lr & ICH_LR_GROUP1 ? 2u : 1u)))
			lr_unload(v, n);
	}
}

/*
 * What to be told of by a maintenance interrupt (IHI 0069, 12.4 ICH_HCR_EL2). VGrp<n>EIE and DIE: while something
 * waits, the best choice depends on the group enables, which the guest changes without a trap; 1 of N routing depends
 * on them always.
 */
static uint32_t maintenance(const struct lvgic_vcpu *v, uint32_t groups)
{
	uint32_t hcr = ICH_HCR_En | ICH_HCR_TDIR;
	bool wait = waiting(v, groups);

	/* The end of an SGI that is in no list register is nobody's. */
	if (unlikely(load32_relaxed(&v->vgic->nassgireq)))
		hcr |= ICH_HCR_vSGIEOICount;
	if (wait)
		hcr |= ICH_HCR_NPIE;
	if (v->spill)
		hcr |= ICH_HCR_LRENPIE;
	if (wait || load32_relaxed(&v->vgic->nr_irm)) {
		hcr |= v->ich.vmcr & ICH_VMCR_VENG0 ? ICH_HCR_VGrp0DIE : ICH_HCR_VGrp0EIE;
		hcr |= v->ich.vmcr & ICH_VMCR_VENG1 ? ICH_HCR_VGrp1DIE : ICH_HCR_VGrp1EIE;
	}
	return hcr;
}

/*
 * Something waits: what is active and pending at once would become the pending one that the guest sees, without our
 * notice, when it ends. So the pending state comes out; the end is reported then.
 */
__attribute__((__noinline__)) static void part(struct lvgic_vcpu *v)
{
	uint32_t used;

	for (used = v->lr_used; used; used &= used - 1) {
		uint32_t n = (uint32_t)__builtin_ctz(used), handle = v->lr_irq[n];

		if (lr_state(v->ich.lr[n]) != (LR_A | LR_P))
			continue;
		lr_unload(v, n);
		lr_load(v, n, handle);
	}
}

/* Fill the list registers with the best there is. Each round loads one interrupt, or removes one that is stale. */
__attribute__((__noinline__)) static void lr_fill(struct lvgic_vcpu *v)
{
	uint32_t all = (1u << v->vgic->cfg.nr_lrs) - 1;
	uint32_t groups = vcpu_groups(v);
	uint32_t handle, best = 0;

	while (v->nr_queued && (handle = best_waiting(v, groups, &best)) != 0) {
		uint32_t n;

		if (v->lr_used != all) {
			n = (uint32_t)__builtin_ctz(~v->lr_used);
		} else {
			n = victim(v, best);
			if (n == LVGIC_MAX_LRS)
				break;
			lr_unload(v, n);
		}
		lr_load(v, n, handle);
	}
	while (v->spill && v->lr_used != all)
		lr_load(v, (uint32_t)__builtin_ctz(~v->lr_used), v->spill);
	if (unlikely(waiting(v, groups)))
		part(v);

	v->ich.hcr = maintenance(v, groups);
	v->dirty = false;
	STAT_ADD(v, overflows, waiting(v, groups) ? 1 : 0);
}

/* Residency first: it follows the groups, and may ask for a commit itself. */
__attribute__((__noinline__, __cold__)) static void heed_requests(struct lvgic_vcpu *v)
{
	uint32_t request = xchg32_seq(&v->request, 0);

	if (v->vpe && (request & (REQ_GROUPS | REQ_V4)))
		v4_update(v);
	if (v->vpe && ((request | and32_seq(&v->request, ~REQ_COMMIT)) & REQ_COMMIT))
		v4_commit(v);
	if (request & REQ_GROUPS) {
		withdraw_groups(v, vcpu_groups(v));
		route_update(v);
		v->dirty = true;
	}
}

__attribute__((__noinline__)) static void refresh(struct lvgic_vcpu *v)
{
	if (unlikely(load32_seq(&v->request)))
		heed_requests(v);
	if (unlikely((v->ich.vmcr ^ v->vmcr_seen) & (ICH_VMCR_VENG0 | ICH_VMCR_VENG1))) {
		route_update(v);
		v->dirty = true;
	}
	if (load32_seq(&v->inbox) || v->backlog)
		queue_drain(v);
	if (v->dirty)
		lr_fill(v);
	/* More than one drain's worth arrived: come back at once. */
	if (unlikely(v->backlog))
		vcpu_kick(v);
}

/*
 * Bring the list registers up to date: requests, what arrived, the best choice. Costs a few tests if nothing happened.
 * The one whose push or request we do not see yet kicks, so we are called again. Both looks are sequentially
 * consistent, so that they come after whatever the hypervisor did to forget the kick that brought us here.
 */
static inline bool needs_refresh(const struct lvgic_vcpu *v)
{
	uint32_t came = load32_seq(&v->request) | load32_seq(&v->inbox);

	return came || v->backlog || v->dirty || ((v->ich.vmcr ^ v->vmcr_seen) & (ICH_VMCR_VENG0 | ICH_VMCR_VENG1));
}

void lr_refresh(struct lvgic_vcpu *v)
{
	if (needs_refresh(v))
		refresh(v);
}

static inline void store(struct lvgic_vcpu *v)
{
	if (OPS(v->vgic)->lr_store)
		OPS(v->vgic)->lr_store(v->ctx, &v->ich, v->lr_used);
}

/* Apart, as in lvgic_vcpu_sync(): an exit and entry to which nothing happened saves no registers. */
__attribute__((__noinline__)) static void refresh_and_store(struct lvgic_vcpu *v)
{
	refresh(v);
	store(v);
}

void lvgic_vcpu_flush(struct lvgic_vcpu *v)
{
	/* See rwp() in gicd.c. */
	store32_release(&v->running, 1);
	if (needs_refresh(v))
		refresh_and_store(v);
	else
		store(v);
}

/*
 * The active interrupt of the highest priority in the spill list, 0 if there is none: of the highest group priority,
 * for the two groups may be split differently, and it is by that part that one preempted the other. An entry may have
 * ceased to be active already and wait for its inbox entry to take it out, which another thread is about to push.
 */
static uint32_t spilled_highest(const struct lvgic_vcpu *v)
{
	uint32_t handle = v->spill, best = 0;
	uint32_t best_prio = ~0u;

	do {
		const struct lvgic_irq *irq = irq_at(v->vgic, handle);
		uint64_t w = load64_relaxed(&irq->word);

		uint32_t key = (uint32_t)word_lr_key(w);
		uint32_t prio = vif_group_priority(v, key >> 7, (key & 0x7fu) << 1);

		if ((w & (W_ACTIVE | W_ACKED)) == (W_ACTIVE | W_ACKED) && prio < best_prio) {
			best_prio = prio;
			best = handle;
		}
		handle = irq->next;
	} while (handle != v->spill);
	return best;
}

/*
 * Ends of interrupts that the hardware found in no list register (EOImode 0; in EOImode 1 ICC_DIR_EL1 traps). The guest
 * ends in the reverse order of acknowledging, so the one meant is the spilled one of the highest priority.
 */
__attribute__((__noinline__, __cold__)) static void fold_eoicount(struct lvgic_vcpu *v, uint32_t count)
{
	while (count-- && v->spill) {
		uint32_t handle = spilled_highest(v);

		if (!handle)
			return;
		irq_deactivate(v->vgic, v, irq_at(v->vgic, handle));
		/* It leaves the spill list by its inbox entry. */
		queue_drain(v);
	}
}

/* Fold what the guest changed. */
__attribute__((__noinline__)) static void load_and_fold(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;
	uint32_t used, count;

	if (OPS(vg)->lr_load)
		OPS(vg)->lr_load(v->ctx, &v->ich, v->lr_used);
	for (used = v->lr_used; used; used &= used - 1) {
		uint32_t n = (uint32_t)__builtin_ctz(used);

		if (lr_state(v->ich.lr[n]) != v->lr_was[n] || unlikely(v->lr_hw & (1u << n)))
			lr_fold(v, n);
	}
	count = v->ich.hcr >> ICH_HCR_EOIcount_SHIFT;
	if (unlikely(count)) {
		v->ich.hcr &= ~ICH_HCR_EOIcount_MASK;
		fold_eoicount(v, count);
	}
}

void lvgic_vcpu_sync(struct lvgic_vcpu *v)
{
	if (OPS(v->vgic)->lr_load || v->lr_used || v->ich.hcr >> ICH_HCR_EOIcount_SHIFT)
		load_and_fold(v);
	store32_release(&v->running, 0);
}

struct lvgic_ich *lvgic_vcpu_ich(struct lvgic_vcpu *v)
{
	return &v->ich;
}
