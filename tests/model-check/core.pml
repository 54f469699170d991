/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the inbox, the owner's part of the queue and the list registers (src/core/queue.c, lr.c, internal.h) in
 * Promela. queue.pml, off.pml and lpi.pml are the programs that run on it.
 *
 * What a step is. A step that touches what others see is one atomic operation of the C code. A load and the
 * compare-and-swap loop behind it are one step: where the exchange succeeds, what was read is what is there (a decision
 * rests on the word alone, and an inbox only grows or is taken whole); where nothing is to change, the load was the
 * operation. What only its process sees goes along with the step before. A relaxed load that may see an old value does
 * so here.
 *
 * What is left out. Memory order: spin interleaves, it does not reorder. What the argument rests on is sequentially
 * consistent in C for that reason: the exchanges of words and inboxes, the loads of inbox, request and online where
 * they are looked at after a store of one's own (docs/testing.md). One list register per vCPU, which is why part() of
 * lr.c has nothing to do. One priority, one group; order of arrival.
 *
 * Each process has the variables of THREAD, each vCPU those of VCPU; they are 0 whenever they do not mean anything.
 */
#include "word.pml"

#define THREAD \
	short old, w; \
	byte i, head, to; \
	THREAD_MORE

#define VCPU \
	THREAD; \
	byte backlog;       /* handles, oldest first, linked by next[] */ \
	byte fifo, spill;   /* bit n: interrupt n waits there */ \
	byte lr;            /* handle of what is in the list register */ \
	byte was, now;      /* its state as loaded or last folded; as the guest has made it */ \
	bit lr_eoi;         /* its end is reported */ \
	bit dirty; \
	byte running;       /* handle of what the guest has acknowledged and not ended */ \
	byte eoicount;      /* ends of interrupts that were in no list register */ \
	byte budget, state; \
	bit seen;           /* that something is in the inbox: what is coherent is not unseen again */ \
	bit first; \
	VCPU_MORE

/* --- What all see --- */

#ifndef INITIAL
#define INITIAL ENABLED
#endif

short word[NR_IRQS] = INITIAL;
byte next[NR_IRQS];   /* inbox_next; a handle is 1 + the number of the interrupt */
byte inbox[2];        /* by vCPU: handle of the newest entry */
bit kicked[2];        /* ops->kick has been called, and the vCPU has not obeyed yet */

/* What is checked; not in C. */
bit in_guest[2];
bit linked[NR_IRQS];  /* in an inbox, a backlog, or in the hand of who took it from there */
bit loaded[NR_IRQS];  /* in a list register */
byte owed[NR_IRQS];   /* edges that were sent less those that were acknowledged */
bit want[NR_IRQS];    /* the device has something to say that no handler has heard yet */

/*
 * LOAD; ...; CAS(...) is the load of a word, what is made of it, and the compare-and-swap; what stands in CAS() goes along
 * with its success. DECIDE(c): queue_decide(), if c. For 1 of N interrupts something lies between load and
 * compare-and-swap, so there, in off.pml, they are two steps.
 */
#ifndef LEAVES
#define THREAD_MORE
#define VCPU_MORE
#define SIGNALS     true
#define LEAVES      false
#define APPLIED     skip
#endif
#ifndef OFF
#define PLACED      skip
#define LOAD        d_step { old = word[i]
#define DECIDE(v, c) w = ((c) -> take(w, v) : w)
#define CHOOSE      skip
#define CAS(done)   word[i] = w; done }
#else
#define LOAD        do :: d_step { old = word[i]
#define DECIDE(v, c) }; if :: c -> queue_decide(v) :: else fi; d_step { skip
#define CHOOSE      }; if :: route_chooses(old, w) -> route_one_of_n() :: else fi; d_step { skip
#define CAS(done)   if :: word[i] == old -> word[i] = w; swapped = 1; done :: else fi }; \
		    if :: swapped -> break :: else fi od; swapped = 0
#endif

#ifndef LOADED
#define LOADED skip
#endif
#ifndef LPI
#define check_alive(i) skip
#define lpi_retire(i)  assert(false)
#endif

/* --- Any thread: queue.c, internal.h --- */

/* C: src/core/internal.h vcpu_kick: OPS(v->vgic)->kick(v->ctx); */
#ifdef FAULT_NO_KICK
#define vcpu_kick(v) skip
#else
#define vcpu_kick(v) kicked[v] = 1
#endif

/* C: src/core/queue.c inbox_add: uint32_t head = load32_relaxed(&v->inbox); */
/* C: src/core/queue.c inbox_add: do irq->inbox_next = head; while (!cas32_seq(&v->inbox, &head, handle)); return head; */
inline inbox_add(v, i)
{
#ifdef FAULT_PUSH_NOT_ATOMIC
	d_step { head = inbox[v]; next[i] = head };
	d_step { assert(!linked[i]); linked[i] = 1; inbox[v] = i + 1 }
#else
	d_step { assert(!linked[i]); linked[i] = 1; head = inbox[v]; next[i] = head; inbox[v] = i + 1 }
#endif
}

/* "self" is the vCPU that pushes, if one does. */
/* C: src/core/queue.c queue_push: struct lvgic_vcpu *v = vg->vcpu[word_home(word)]; */
/* C: src/core/queue.c queue_push: head = inbox_add(vg, v, irq, word); if (unlikely(!load32_seq(&v->online))) { pushed_off(vg, irq); return; } */
/* C: src/core/queue.c pushed_off: uint64_t w = load64_seq(&irq->word); if (w & W_INBOX) queue_recheck(vg, w); */
/* C: src/core/queue.c queue_push: if (!head && v != self) vcpu_kick(v); */
inline queue_push(self, i, w)
{
	to = home_of(w);
#ifdef FAULT_KICK_FIRST
	if
	:: !inbox[to] && to != self -> vcpu_kick(to)
	:: else
	fi;
	inbox_add(to, i);
#else
	inbox_add(to, i);
#ifdef OFF
	if
	:: !online[to] ->
#ifndef FAULT_PUSH_NOT_RECHECKED
		w = word[i];
#endif
		if
		:: w & INBOX -> queue_recheck(w)
		:: else
		fi
	:: else ->
#endif
	if
	:: !head && to != self -> vcpu_kick(to)
	:: else
	fi
#ifdef OFF
	fi
#endif
	;
#endif
	d_step { head = 0; to = 0 }
}

/* An event: "event" is the new word as an expression of "old". */
/* C: src/core/internal.h irq_apply: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/internal.h irq_apply: w = word_queue(old, event(old, arg)); if (w == old) return old; */
/* C: src/core/internal.h irq_apply: while (!cas64_seq(&irq->word, &old, w)); */
/* C: src/core/internal.h irq_apply: if (w & ~old & W_INBOX) queue_push(vg, self, irq, w); else if (unlikely(w & W_INBOX)) queue_recheck(vg, w); */
inline irq_apply(self, i, event)
{
#ifdef FAULT_APPLY_NOT_ATOMIC
	d_step { old = word[i]; w = event; w = queue(old, w) };
	word[i] = w;
#else
	LOAD; w = event; w = queue(old, w); CHOOSE; CAS(APPLIED);
#endif
	if
#ifdef FAULT_PUSH_NOT_OWNED
	:: w != old && (w & INBOX) -> queue_push(self, i, w)
#else
	:: w & ~old & INBOX -> queue_push(self, i, w)
#endif
#ifdef OFF
	:: w != old && (old & w & INBOX) -> queue_recheck(w)
#endif
	:: else
	fi
}

/* --- The owner: queue.c --- */

/* The inbox whole, turned around. The links of what was taken are ours. */
/* C: src/core/queue.c inbox_take: uint32_t handle = xchg32_seq(&v->inbox, 0); uint32_t list = 0; */
/* C: src/core/queue.c inbox_take: uint32_t next = irq->inbox_next; */
/* C: src/core/queue.c inbox_take: irq->inbox_next = list; list = handle; handle = next; */
inline inbox_take(v, list)
{
#ifdef FAULT_TAKE_NOT_ATOMIC
	head = inbox[v];
#endif
	d_step {
#ifndef FAULT_TAKE_NOT_ATOMIC
		head = inbox[v];
#endif
		inbox[v] = 0;
		list = 0;
		do
		:: head ->
			to = next[head - 1];
			next[head - 1] = list;
			list = head;
			head = to
		:: else -> break
		od
	}
}

/* Which list is said by the word. "dirty" as in queue_link() and queue_unlink(). */
/* C: src/core/queue.c queue_link: if (word & W_SPILL) { ring_add(v->vgic, &v->spill, handle, first); } */
/* C: src/core/queue.c queue_link: v->dirty = true; */
/* C: src/core/queue.c queue_unlink: v->dirty = true; */
#define LINK   fifo = ((w & FIFO) -> fifo | (1 << i) : fifo); spill = ((w & SPILL) -> spill | (1 << i) : spill); dirty = 1
#define UNLINK fifo = fifo & ~(1 << i); spill = spill & ~(1 << i); dirty = 1

/* C: src/core/queue.c queue_place: if (w & (W_FIFO | W_SPILL)) { queue_link(v, irq, handle, w, first); */
/* C: src/core/queue.c queue_place: if (unlikely((w & (W_IRM | W_FIFO)) == (W_IRM | W_FIFO)) && !route_eligible(v->vgic, v, w)) route_park(v->vgic, word_group_bit(w)); */
/* C: src/core/queue.c queue_place: } else if (w & W_INBOX) { */
/* C: src/core/queue.c queue_place: queue_push(v->vgic, v, irq, w); */
/* C: src/core/queue.c queue_place: } else if (unlikely(w & W_DEAD)) { lpi_retire(v->vgic, irq); } */
inline queue_place(v, i, w)
{
	if
	:: w & (FIFO | SPILL) -> d_step { LINK }; PLACED
#ifndef FAULT_FORWARD_NOT_PUSHED
	:: !(w & (FIFO | SPILL)) && (w & INBOX) -> queue_push(v, i, w)
#endif
	:: !(w & QUEUED) && (w & DEAD) -> lpi_retire(i)
	:: else
	fi
}

/* C: src/core/queue.c queue_drain: if (!v->backlog) v->backlog = inbox_take(v); */
/* C: src/core/queue.c queue_drain: while (v->backlog && budget--) */
/* C: src/core/queue.c queue_drain: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/queue.c queue_drain: v->backlog = irq->inbox_next; */
/* C: src/core/queue.c queue_drain: if (!v->backlog && unlikely(load32_relaxed(&v->inbox))) v->backlog = inbox_take(v); */
/* C: src/core/queue.c queue_drain: lr_unload(v, irq_slot(irq)); old = load64_relaxed(&irq->word); first = true; */
/* C: src/core/queue.c queue_drain: if (unlikely(old & (W_FIFO | W_SPILL))) queue_unlink(v, irq, handle, old); */
/* C: src/core/queue.c queue_drain: else if (likely(!first) && lr_load_direct(v, irq, handle, old)) continue; */
/* C: src/core/queue.c queue_drain: old = load64_relaxed(&irq->word); do w = queue_decide(v, old); while (!cas64_seq(&irq->word, &old, w)); */
/* C: src/core/queue.c queue_drain: queue_place(v, irq, handle, w, first); */
inline queue_drain(v)
{
	budget = DRAIN_MAX;
	if
	:: !backlog -> inbox_take(v, backlog); seen = 0
	:: else
	fi;
	do
	:: backlog && budget ->
		d_step { budget--; i = backlog - 1; old = word[i]; backlog = next[i] };
		check_alive(i);
#ifdef FAULT_CLEAR_INBOX_FIRST
		d_step { word[i] = word[i] & ~INBOX; linked[i] = 0 };
#endif
		if
		:: !backlog && inbox[v] -> inbox_take(v, backlog); seen = 0
#ifndef OFF
		:: !backlog && !seen /* came since: its kick is to come */
#endif
		:: else
		fi;
		if
		:: old & IN_LR ->
			assert(lr == i + 1);
			lr_unload(v);
			first = 1
		:: else
		fi;
		if
		:: word[i] & (FIFO | SPILL) -> d_step { UNLINK; first = 1 }
		:: else ->
			if
			:: !first -> lr_load_direct(v)
			:: else
			fi
		fi;
		if
		:: first || !lr || lr != i + 1 ->
#ifdef FAULT_DECIDE_NOT_ATOMIC
			d_step { old = word[i]; w = take(old, v) };
			d_step { word[i] = w; linked[i] = 0 };
#elif defined(FAULT_WORD_BEFORE_INBOX)
			d_step { w = take(old, v); word[i] = (word[i] & ~(QUEUED | HOME)) | (w & (QUEUED | HOME)); linked[i] = 0 };
#else
			LOAD; w = old; DECIDE(v, true); CAS(linked[i] = 0);
#endif
			queue_place(v, i, w)
		:: else
		fi;
		first = 0
	:: else -> break
	od;
	budget = 0;
	seen = 0;
	d_step { i = 0; old = 0; w = 0; head = 0; to = 0 }
}

/* --- The owner: lr.c --- */

/* C: src/core/lr.c lr_free: v->dirty |= v->nr_queued != 0; */
#ifdef FAULT_FREE_NOT_DIRTY
#define LR_FREE loaded[lr - 1] = 0; lr = 0; was = 0; now = 0; lr_eoi = 0
#else
#define LR_FREE loaded[lr - 1] = 0; lr = 0; was = 0; now = 0; lr_eoi = 0; dirty = (fifo | spill -> 1 : dirty)
#endif

/* The word says IN_LR already. */
/* C: src/core/lr.c lr_set: set_was(v, n, state); v->ich.lr[n] = lr_value(v, irq, w, state); */
/* C: src/core/lr.c lr_value: (state == LR_A && (w & W_PEND))) */
#ifdef FAULT_END_NOT_REPORTED
#define LR_SET assert(!loaded[i] && !(w & DEAD)); loaded[i] = 1; LOADED; lr = i + 1; was = state; now = state
#else
#define LR_SET assert(!loaded[i] && !(w & DEAD)); loaded[i] = 1; LOADED; lr = i + 1; was = state; now = state; lr_eoi = (state == A && (w & LATCH))
#endif

/* Out of the list register. */
/* C: src/core/lr.c lr_unload: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/lr.c lr_unload: w = forget_active_sgi(v, irq, word_unload(old, was, now, key)); */
/* C: src/core/lr.c lr_unload: if (!(w & W_INBOX)) w = queue_decide(v, w); else if (w & W_ACTIVE) w |= W_SPILL; } while (!cas64_seq(&irq->word, &old, w)); */
/* C: src/core/lr.c lr_unload: lr_free(v, n); if (!(old & W_INBOX)) queue_place(v, irq, handle, w, true); else if (w & W_SPILL) queue_link(v, irq, handle, w, true); */
inline lr_unload(v)
{
	i = lr - 1;
	LOAD;
		assert(old & IN_LR && home_of(old) == v);
#ifdef FAULT_UNLOAD_DROPS_EDGE
		w = fold(old, now) & ~IN_LR;
#else
		w = unload(old, now);
#endif
		w = (w & INBOX && w & ACTIVE -> w | SPILL : w);
		DECIDE(v, !(w & INBOX));
	CAS(LR_FREE);
	if
	:: !(old & INBOX) -> queue_place(v, i, w)
	:: (old & INBOX) && (w & SPILL) -> d_step { LINK }
	:: else
	fi
}

/* C: src/core/lr.c lr_fold: uint32_t was = v->lr_was[n]; uint32_t now = lr_state(v->ich.lr[n]); */
/* C: src/core/lr.c lr_fold: uint64_t old = load64_relaxed(&irq->word); uint64_t key, w; if (likely(!now && word_ends_plainly(old)) && cas64_seq(&irq->word, &old, word_end_plainly(old))) */
/* not modelled: src/core/lr.c lr_fold: if (!(v->lr_used & (1u << n))) return; old = load64_relaxed(&irq->word); } */
/* C: src/core/lr.c lr_fold: w = word_fold(old, was, now, key); if (!now) { w &= ~W_IN_LR; if (!(w & W_INBOX)) w = queue_decide(v, w); } } while (!cas64_seq(&irq->word, &old, w)); */
/* C: src/core/lr.c lr_fold: if (now) { set_was(v, n, now); v->dirty |= v->nr_queued != 0; } */
/* C: src/core/lr.c lr_fold: lr_free(v, n); if (!(old & W_INBOX)) queue_place(v, irq, handle, w, false); */
inline lr_fold(v)
{
	i = lr - 1;
	LOAD;
#ifdef FAULT_FOLD_NOT_ATOMIC
	}; d_step {
#endif
		assert(old & IN_LR && home_of(old) == v);
		w = (now -> fold(old, now) : fold(old, now) & ~IN_LR);
		DECIDE(v, !now && !(w & INBOX));
	CAS(if
	    :: now -> was = now; dirty = (fifo | spill -> 1 : dirty)
	    :: else -> LR_FREE
	    fi);
	if
	:: !lr && !(old & INBOX) -> queue_place(v, i, w)
	:: else
	fi
}

/* From a list into the list register, or where its word sends it instead. */
/* C: src/core/lr.c lr_load: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/lr.c lr_load: queue_unlink(v, irq, handle, old); do { state = word_lr_state(old, v->id); */
/* C: src/core/lr.c lr_load: if (likely(state)) { w = word_load(old, state); } else { w = old & ~(W_FIFO | W_SPILL); if (!(w & W_INBOX)) w = queue_decide(v, w); } } while (!cas64_seq(&irq->word, &old, w)); */
/* C: src/core/lr.c lr_load: if (likely(state)) lr_set(v, n, irq, handle, w, state); else if (!(old & W_INBOX)) queue_place(v, irq, handle, w, false); */
inline lr_load(v)
{
	LOAD;
		UNLINK;
#ifdef FAULT_LOAD_NOT_CHECKED
		state = ((old & ACTIVE) -> A : P);
#else
		state = lr_state(old, v);
#endif
		w = (state -> load(old, state) : old & ~(FIFO | SPILL));
		DECIDE(v, !state && !(w & INBOX));
	CAS(if
	    :: state -> LR_SET
	    :: else
	    fi);
	check_alive(i);
	if
	:: !state && !(old & INBOX) -> queue_place(v, i, w)
	:: else
	fi;
	state = 0
}

/* The short way of what was just taken from the inbox. */
/* C: src/core/lr.c lr_load_direct: uint64_t w = word_plain_load(old); */
/* C: src/core/lr.c lr_load_direct: if (!free || v->nr_queued || !word_load_is_plain(old, v->id) || !(vcpu_groups(v) & word_group_bit(old)) || !cas64_seq(&irq->word, &old, w)) return false; lr_set(v, (uint32_t)__builtin_ctz(free), irq, handle, w, LR_P); */
/* "else" is also for a compare-and-swap that fails: the long way sees the word as it is then. */
inline lr_load_direct(v)
{
	if
	:: !lr && !fifo && !spill ->
		d_step {
			old = word[i];
			if
			:: !(old & (IRM | PLACES)) && lr_state(old, v) == P ->
				state = P;
				w = load(old & ~INBOX, P);
				word[i] = w;
				linked[i] = 0;
				LR_SET;
				state = 0
			:: else
			fi
		}
	:: true
	fi
}

/* What waits in a FIFO takes the place of what is active; then what is active goes back, if there is room. */
/* C: src/core/lr.c lr_fill: while (v->nr_queued && (handle = best_waiting(v, groups, &best)) != 0) { */
/* C: src/core/lr.c lr_fill: n = victim(v, best); if (n == LVGIC_MAX_LRS) break; lr_unload(v, n); } lr_load(v, n, handle); } */
/* C: src/core/lr.c lr_fill: while (v->spill && v->lr_used != all) lr_load(v, (uint32_t)__builtin_ctz(~v->lr_used), v->spill); */
/* C: src/core/lr.c lr_fill: v->dirty = false; */
/* C: src/core/lr.c victim: if (pending == LVGIC_MAX_LRS) return active; return worst > best ? pending : LVGIC_MAX_LRS; */
inline lr_fill(v)
{
	do
#if NR_IRQS > 1
	:: fifo && lr && (now & A) -> lr_unload(v)
#endif
	:: fifo && !lr ->
		i = (fifo & 1 -> 0 : 1);
		lr_load(v)
	:: !fifo && spill && !lr ->
		i = (spill & 1 -> 0 : 1);
		lr_load(v)
	:: else -> break
	od;
	dirty = 0;
	d_step { i = 0; old = 0; w = 0 }
}

/* C: src/core/lr.c refresh: if (unlikely(load32_seq(&v->request))) heed_requests(v); */
/* C: src/core/lr.c heed_requests: uint32_t request = xchg32_seq(&v->request, 0); */
/* C: src/core/lr.c heed_requests: route_update(v); v->dirty = true; */
/* C: src/core/lr.c refresh: route_update(v); v->dirty = true; */
/* not modelled: src/core/lr.c heed_requests: if (v->vpe && ((request | and32_seq(&v->request, ~REQ_COMMIT)) & REQ_COMMIT)) */
/* C: src/core/lr.c refresh: if (load32_seq(&v->inbox) || v->backlog) queue_drain(v); if (v->dirty) lr_fill(v); */
/* C: src/core/lr.c refresh: if (unlikely(v->backlog)) vcpu_kick(v); */
/* C: src/core/lr.c needs_refresh: uint32_t came = load32_seq(&v->request) | load32_seq(&v->inbox); return came || v->backlog || v->dirty || */
inline lr_refresh(v)
{
#ifdef OFF
	if
	:: request[v] -> request[v] = 0; route_update(v); dirty = 1
	:: else
	fi;
	if
	:: vmcr != vmcr_seen -> route_update(v); dirty = 1
	:: else
	fi;
#endif
	if
	:: d_step { inbox[v] || backlog -> seen = (inbox[v] != 0) } -> queue_drain(v)
	:: else
	fi;
	if
	:: dirty -> lr_fill(v)
	:: else
	fi;
	if
#ifndef FAULT_BACKLOG_FORGOTTEN
	:: backlog -> vcpu_kick(v)
#endif
	:: else
	fi
}

/* One end that the hardware found in no list register: of the one that is in the spill list. */
/* C: src/core/lr.c fold_eoicount: uint32_t handle = spilled_highest(v); if (!handle) return; */
/* C: src/core/lr.c fold_eoicount: irq_deactivate(v->vgic, v, irq_at(v->vgic, handle)); */
/* C: src/core/lr.c fold_eoicount: queue_drain(v); */
/* C: src/core/lr.c spilled_highest: uint64_t w = load64_relaxed(&irq->word); */
/* C: src/core/lr.c spilled_highest: if ((w & (W_ACTIVE | W_ACKED)) == (W_ACTIVE | W_ACKED) && prio < best_prio) { */
/* C: src/core/irq.c irq_deactivate: struct irq_hold hold; uint64_t old = irq_apply_held(vg, self, irq, word_set_active, false, &hold); */
inline fold_eoicount(v)
{
	i = ((spill & 1) && (word[0] & ACTIVE) -> 0 : 1);
	assert((spill & (1 << i)) && (word[i] & ACTIVE));
	irq_apply(v, i, (old & ~ACTIVE));
	queue_drain(v)
}

/* C: src/core/lr.c load_and_fold: if (lr_state(v->ich.lr[n]) != v->lr_was[n] || unlikely(v->lr_hw & (1u << n))) lr_fold(v, n); */
/* C: src/core/lr.c load_and_fold: fold_eoicount(v, count); */
inline vcpu_sync(v)
{
	if
	:: now != was -> lr_fold(v)
	:: else
	fi;
#if NR_IRQS > 1
	if
	:: eoicount ->
		eoicount = 0;
		fold_eoicount(v)
	:: else
	fi;
#endif
	d_step { i = 0; old = 0; w = 0 }
}

/* --- The embedder and the guest --- */

/*
 * The kick is forgotten before lvgic_vcpu_flush() looks (ops.h, kick: "A request that comes while flush runs must not be
 * lost").
 */
inline vcpu_enter(v)
{
#ifdef FAULT_FORGET_KICK_LATE
	lr_refresh(v);
	kicked[v] = 0
#else
	kicked[v] = 0;
	lr_refresh(v)
#endif
}

/* The handler hears what the device has said so far. */
inline guest_ack()
{
	d_step {
		running = lr;
		want[lr - 1] = 0;
		assert(owed[lr - 1]);
		owed[lr - 1]--;
#ifdef LPI
		now = 0;
		running = 0
#else
		now = A
#endif
	}
}

/* EOImode 0: an end of what is in no list register is counted. */
inline guest_end()
{
	d_step {
		if
		:: lr == running -> now = now & ~A
		:: else -> eoicount++
		fi;
		running = 0
	}
}

/*
 * In the guest, until it is kicked or a maintenance interrupt comes: the end that was to be reported; LRENPIE; NPIE. A
 * guest with nothing to do stays here for ever. That is WFI too: the embedder asks lvgic_vcpu_pending(), which is
 * lr_refresh() and a look at the list registers, and sleeps until a kick.
 */
/* C: src/core/lr.c maintenance: if (wait) hcr |= ICH_HCR_NPIE; if (v->spill) hcr |= ICH_HCR_LRENPIE; */
/* C: src/core/vif.c lvgic_vcpu_lines: lr_refresh(v); */
inline vcpu_run(v)
{
	/* What the head of lr.c promises: no storm of maintenance interrupts. */
	d_step { assert((!fifo || (now & P)) && (!spill || lr)); in_guest[v] = 1 };
end_guest:
	do
	:: atomic { !kicked[v] && now == P && !running && SIGNALS -> guest_ack() }
	:: atomic { !kicked[v] && running -> guest_end() }
	:: kicked[v] || (lr && !now && lr_eoi) || (spill && eoicount) || (fifo && !(now & P)) || LEAVES -> in_guest[v] = 0; break
	od
}

/* --- Devices --- */

/* C: src/core/inject.c lvgic_inject: fence_seq(); old = load64_relaxed(&irq->word); if (unlikely(!level) || !irq_edge_plainly(vg, NULL, irq, old, W_LINE)) old = irq_apply(vg, NULL, irq, word_inject, level); */
/* C: src/core/internal.h irq_edge_plainly: if (!word_edge_is_plain(old) || !cas64_seq(&irq->word, &old, w)) return false; queue_push(vg, self, irq, w); */
/* C: src/core/word.h word_inject: if (level && (w & W_EDGE)) w |= W_LATCH; */
#define NOBODY 9
inline inject(i)
{
#ifdef FAULT_NO_FENCE
	d_step { old = word[i]; owed[i]++ };
	if
	:: old & LATCH -> want[i] = 1
	:: else ->
		want[i] = 1;
		irq_apply(NOBODY, i, (old | LATCH))
	fi;
#else
	d_step { want[i] = 1; owed[i]++ };
	irq_apply(NOBODY, i, (old | LATCH));
#endif
	d_step { old = 0; w = 0 }
}

/*
 * What the models leave out of functions that they quote: statistics, GICv4, registers that are no part of the word, the
 * maps that lvgic_vcpu_has_work() reads.
 */
/* not modelled: src/core/queue.c fifo_mark: store64_relaxed(map, on ? *map | bit : *map & ~bit); */
/* not modelled: src/core/lr.c lvgic_vcpu_sync: store32_release(&v->running, 0); */
/* not modelled: src/core/lr.c maintenance: if (unlikely(load32_relaxed(&v->vgic->nassgireq))) hcr |= ICH_HCR_vSGIEOICount; */
/* not modelled: src/core/lr.c maintenance: if (wait || load32_relaxed(&v->vgic->nr_irm)) */
/* not modelled: src/core/route.c route_write: store32_relaxed(&vg->irouter[irq_intid(irq) - LVGIC_FIRST_SPI], aff); */
/* not modelled: src/core/route.c route_write: if (irm && !(old & W_IRM)) first = !add32_relaxed(&vg->nr_irm, 1); */
/* not modelled: src/core/route.c route_write: if (!irm && (old & W_IRM)) (void)add32_relaxed(&vg->nr_irm, ~0u); */
