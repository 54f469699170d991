/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: vCPUs that are switched off and on while an interrupt is injected, with 1 of N routing or with a writer of
 * IROUTER (src/core/vcpu.c, route.c, the thieves of queue.c). What another vCPU may take is not stranded.
 */
#define OFF
#define DRAIN_MAX 9
#define NR_IRQS 1

#define THREAD_MORE bit swapped
#define VCPU_MORE   byte at; bit gained, vmcr = 1, vmcr_seen = 1 /* the group enable of the CPU interface */; bit offs; byte toggles
#define SIGNALS     vmcr
#define PLACED      if :: (w & FIFO) && (w & IRM) && !eligible[v] -> route_park() :: else fi
#define APPLIED     skip
#define LEAVES      ((offs || toggles) && !running)
#define ROUNDS      4
#ifndef TOGGLES0
#define TOGGLES0    0
#endif
#ifndef TOGGLES1
#define TOGGLES1    0
#endif
#ifdef MOVER
#define CALLERS     4
#else
#define CALLERS     3
#define INITIAL     (ENABLED | IRM)
#endif

/* C: src/core/internal.h irq_apply: if (unlikely(w & W_IRM)) w = route_event(vg, old, w); */
/* C: src/core/route.c route_event: return (w & ~old & W_INBOX) && !(w & (W_PLACES | W_ACTIVE)) ? route_one_of_n(vg, w) : w; */
#define route_chooses(old, w) ((w & IRM) && (w & ~old & INBOX) && !(w & PLACES) && !(w & ACTIVE))

/*
 * A call: each process has a thief of its own, that works while it waits. (As an inline it would be in this model a
 * hundred times.)
 */
byte job[CALLERS]; /* 1 + the vCPU that is off */
#define queue_steal(v) job[_pid] = (v) + 1; job[_pid] == 0

#include "core.pml"

bit online[2] = 1, eligible[2] = 1; /* one bitmap in C */
bit parked, request[2];
byte finished;

/* --- route.c --- */

/* "Awake" is a preference only. */
/* C: src/core/route.c next_bit: uint64_t bits = load64_relaxed(&a[word]); */
#define next_bit() (eligible[0] -> 0 : (eligible[1] -> 1 : NOWHERE))
/* not modelled: src/core/route.c next_bit: bits &= load64_relaxed(&b[word]); */

/* C: src/core/route.c route_one_of_n: if (to == W_NOWHERE) to = next_bit(vg, eligible, NULL, start); if (to == W_NOWHERE) to = word_target(word) == W_NOWHERE ? vg->by_frame[0]->id : word_target(word); */
/* C: src/core/route.c route_one_of_n: word = word_set_target(word, to); return word & W_INBOX ? word_with_home(word, to) : word; */
/* not modelled: src/core/route.c route_one_of_n: uint32_t start = add32_relaxed(&vg->rotor, 1) % vg->cfg.nr_vcpus; */
inline route_one_of_n()
{
	to = next_bit();
	d_step { to = (to == NOWHERE -> target_of(w) : to); w = with_target(w, to); w = (w & INBOX -> with_home(w, to) : w); to = 0 }
}

/* C: src/core/route.c route_park: store32_relaxed(&vg->parked, 1); fence_seq(); */
/* C: src/core/route.c route_park: next_bit(vg, vg->eligible[g], NULL, 0) != W_NOWHERE) { vcpu_request_all(vg, NULL, REQ_GROUPS); return; } */
inline route_park()
{
#ifdef FAULT_PARK_LATE
	if
	:: next_bit() != NOWHERE -> vcpu_request_all()
	:: else
	fi;
	parked = 1
#else
	parked = 1;
	if
#ifndef FAULT_PARK_DOES_NOT_LOOK
	:: next_bit() != NOWHERE -> vcpu_request_all()
#endif
	:: else
	fi
#endif
}

/* C: src/core/vcpu.c vcpu_request_all: (void)or32_seq(&v->request, request); if (v != self) vcpu_kick(v); */
inline vcpu_request(v)
{
	request[v] = 1;
	vcpu_kick(v)
}

inline vcpu_request_all()
{
	vcpu_request(0);
	vcpu_request(1)
}

/* C: src/core/queue.c queue_decide: if (unlikely(w & W_IRM) && !(w & W_ACTIVE)) w = route_decide(v, w); return word_take(w, v->id); */
/* C: src/core/route.c route_decide: if (route_eligible(v->vgic, v, w)) return w; w = route_one_of_n(v->vgic, w); */
/* GICR_CTLR.DPG, and with it a 1 of N interrupt that is nowhere, is left out. */
/* not modelled: src/core/route.c route_decide: (load32_relaxed(&v->gicr_ctlr) & (w & W_GROUP1 ? GICR_CTLR_DPG1NS : GICR_CTLR_DPG0))) */
inline queue_decide(v)
{
	if
	:: (w & IRM) && !(w & ACTIVE) && !eligible[v] -> route_one_of_n()
	:: else
	fi;
	w = take(w, v)
}

/* C: src/core/route.c route_reconsider: uint64_t w = load64_relaxed(&irq->word); */
/* C: src/core/route.c route_reconsider: if (!(w & W_IRM)) continue; */
/* C: src/core/route.c route_reconsider: if (!(w & W_QUEUED)) continue; at = vg->vcpu[word_home(w)]; if (home && at != home) continue; (void)irq_apply(vg, NULL, irq, word_reconsider, 0); if (!load32_seq(&at->online)) queue_steal(vg, at); */
/* C: src/core/word.h word_reconsider: return w & W_PLACES ? w | W_INBOX : w; */
inline route_reconsider(home)
{
	d_step { i = 0; w = word[0]; at = home_of(w) };
	if
	:: (w & IRM) && (w & QUEUED) && (home == NOBODY || at == home) ->
		irq_apply(NOBODY, i, (old | INBOX * ((old & PLACES) != 0)));
		if
		:: !online[at] -> queue_steal(at)
		:: else
		fi
	:: else
	fi;
	d_step { at = 0; old = 0; w = 0 }
}

/* C: src/core/route.c route_update: bool may = load32_relaxed(&v->online) && */
/* not modelled: src/core/route.c route_update: !load32_relaxed(&v->asleep) */
/* not modelled: src/core/route.c route_update: !(load32_relaxed(&v->gicr_ctlr) & (g ? GICR_CTLR_DPG1NS : GICR_CTLR_DPG0)); */
/* not modelled: src/core/route.c route_update: if (likely(!load32_relaxed(&vg->nr_irm))) return; */
/* C: src/core/route.c route_update: (void)or64_seq(map, bit); */
/* C: src/core/route.c route_update: lost |= (and64_seq(map, ~bit) & bit) != 0; */
/* C: src/core/route.c route_update: if (lost) route_reconsider(vg, v); if (able && xchg32_seq(&vg->parked, 0)) route_reconsider(vg, NULL); */
inline route_update(v)
{
	vmcr_seen = vmcr;
	if
	:: online[v] && vmcr ->
		eligible[v] = 1;
		d_step { gained = parked; parked = 0 };
		if
		:: gained -> route_reconsider(NOBODY)
		:: else
		fi
	:: else ->
		d_step { gained = eligible[v]; eligible[v] = 0 };
		if
		:: gained -> route_reconsider(v)
		:: else
		fi
	fi;
	gained = 0
}

/* C: src/core/queue.c stranded: uint32_t to = word_oracle(w); return (w & W_QUEUED) == W_INBOX && word_home(w) == off->id && to != off->id && (to != W_NOWHERE || (w & W_DEAD)); */
#define stranded(w, off) (((w) & QUEUED) == INBOX && home_of(w) == (off) && oracle(w) != (off) && (oracle(w) != NOWHERE || ((w) & DEAD)))

/* --- queue.c: whoever takes the inbox of a vCPU that is off --- */

/* C: src/core/queue.c steal_once: uint32_t handle = inbox_take(off); */
/* C: src/core/queue.c steal_once: uint32_t next = irq->inbox_next; uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/queue.c steal_once: w = old; if ((w & (W_IRM | W_ACTIVE)) == W_IRM) w = route_one_of_n(vg, w); */
/* C: src/core/queue.c steal_once: if ((w & W_PLACES) || word_oracle(w) == off->id) w = old; else w = word_take(w, off->id); } while (w != old && !cas64_seq(&irq->word, &old, w)); */
/* C: src/core/queue.c steal_once: uint32_t head = inbox_add(vg, to, irq, w); if (load32_seq(&to->online)) { if (!head) vcpu_kick(to); } else { w = load64_seq(&irq->word); if ((w & (W_IRM | W_ACTIVE)) == W_IRM) parked |= word_group_bit(w); if (stranded(to, w)) again = to; } */
/* C: src/core/queue.c steal_once: if (parked) route_park(vg, parked); return again; */
inline steal_once(off)
{
	inbox_take(off, stolen);
	do
	:: stolen ->
		d_step { i = stolen - 1; stolen = next[i] };
		do
		:: d_step { old = word[i]; w = old };
			if
			:: (old & (IRM | ACTIVE)) == IRM -> route_one_of_n()
			:: else
			fi;
			w = ((w & PLACES) || oracle(w) == off -> old : take(w, off));
			d_step {
				if
				:: w == old || word[i] == old ->
					word[i] = (w == old -> word[i] : w);
					linked[i] = 0;
					swapped = 1
				:: else
				fi
			};
			if
			:: swapped -> break
			:: else
			fi
		od;
		swapped = 0;
		if
		:: w & INBOX ->
			to = home_of(w);
			inbox_add(to, i);
			if
			:: online[to] ->
				if
				:: !head -> vcpu_kick(to)
				:: else
				fi
			:: else ->
				d_step {
#ifndef FAULT_THIEF_DOES_NOT_LOOK_AGAIN
					w = word[i];
#endif
					left = left | ((w & (IRM | ACTIVE)) == IRM);
					again = (stranded(w, to) -> to + 1 : again)
				}
			fi
		:: else
		fi
	:: else -> break
	od;
	head = 0;
	to = 0;
	if
	:: left -> left = 0; route_park()
	:: else
	fi
}

/* C: src/core/queue.c queue_recheck: struct lvgic_vcpu *home = vg->vcpu[word_home(w)]; */
/* C: src/core/queue.c queue_recheck: if (unlikely(!load32_seq(&home->online)) && ((w & W_IRM) || stranded(home, w))) queue_steal(vg, home); */
inline queue_recheck(w)
{
	if
	:: !online[home_of(w)] ->
		if
		:: (w & IRM) || stranded(w, home_of(w)) -> queue_steal(home_of(w))
		:: else
		fi
	:: else
	fi
}

/* --- vcpu.c, queue.c: off and on --- */

/* C: src/core/queue.c give_back: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/queue.c give_back: w = (old & ~(W_FIFO | W_SPILL | W_ACKED)) | W_INBOX; while (!cas64_seq(&irq->word, &old, w)); if (!(old & W_INBOX)) (void)inbox_add(v->vgic, v, irq, w); */
/* C: src/core/queue.c queue_return_all: v->backlog = irq->inbox_next; (void)inbox_add(vg, v, irq, load64_relaxed(&irq->word)); */
inline queue_return_all(v)
{
	do
	:: fifo || spill ->
		i = 0;
		LOAD; UNLINK; w = (old & ~(FIFO | SPILL)) | INBOX; CAS(skip);
		if
		:: !(old & INBOX) -> inbox_add(v, i)
		:: else
		fi
	:: backlog ->
		d_step { i = backlog - 1; backlog = next[i]; linked[i] = 0 };
		inbox_add(v, i)
	:: else -> break
	od
}

/* C: src/core/vcpu.c lvgic_vcpu_off: store32_seq(&v->online, 0); */
/* C: src/core/vcpu.c lvgic_vcpu_off: lr_unload_all(v); cpuif_reset(v); */
/* C: src/core/vcpu.c lvgic_vcpu_off: route_update(v); queue_return_all(v); queue_steal(vg, v); */
/* not modelled: src/core/vcpu.c lvgic_vcpu_off: store32_release(&v->running, 0); (void)and64_seq(&vg->awake[v->id / 64], ~(1ull << (v->id % 64))); */
inline vcpu_off(v)
{
#ifndef FAULT_OFF_LATE
	online[v] = 0;
#endif
	if
	:: lr -> lr_unload(v)
	:: else
	fi;
	vmcr = 0;
	route_update(v);
	queue_return_all(v);
#ifndef FAULT_OFF_DOES_NOT_STEAL
	queue_steal(v);
#endif
#ifdef FAULT_OFF_LATE
	online[v] = 0;
#endif
	i = 0; head = 0; to = 0;
	d_step { old = 0; w = 0; dirty = 0 }
}

/* C: src/core/vcpu.c lvgic_vcpu_on: cpuif_reset(v); v->dirty = true; store32_seq(&v->online, 1); */
/* C: src/core/vcpu.c lvgic_vcpu_on: route_update(v); */
/* not modelled: src/core/vcpu.c lvgic_vcpu_on: (void)or64_seq(&vg->awake[v->id / 64], 1ull << (v->id % 64)); */
inline vcpu_on(v)
{
	dirty = 1;
	online[v] = 1;
	route_update(v)
}

/* --- The programs --- */

/*
 * OFFS: vCPU 0 is switched off, and RETURNS: another vCPU may switch it on again. TOGGLES0, TOGGLES1: how often the guest
 * of each changes its group enable, by an instruction that does not trap but is told of (VGrp1EIE, VGrp1DIE).
 */
active [2] proctype vcpu()
{
	VCPU;

#ifdef OFFS
	offs = (_pid == 0);
#endif
	toggles = (_pid == 0 -> TOGGLES0 + 0 : TOGGLES1 + 0);
	do
	:: vcpu_enter(_pid);
		vcpu_run(_pid);
		vcpu_sync(_pid);
		if
		:: offs && !running ->
			offs = 0;
			vcpu_off(_pid);
#ifdef RETURNS
			if
			:: vcpu_on(_pid); toggles = 1
			:: break
			fi
#else
			break
#endif
		:: toggles && !running -> toggles--; vmcr = !vmcr
		:: else
		fi
	od
}

active proctype device()
{
	THREAD;

	inject(0);
#ifdef TWO
	inject(0);
#endif
	finished++
}

#ifdef MOVER
active proctype mover()
{
	THREAD;

	irq_apply(NOBODY, 0, with_target(old, 1));
	d_step { old = 0; w = 0 }
	finished++
}
#endif

/* C: src/core/queue.c queue_steal: while (off && rounds--) off = steal_once(vg, off); */
active [CALLERS] proctype thief()
{
	THREAD;
	byte again, stolen, rounds;
	bit left;

end_wait:
	do
	:: job[_pid - CALLERS] ->
		rounds++;
		steal_once(job[_pid - CALLERS] - 1);
		d_step {
			rounds = (again -> rounds : 0);
			job[_pid - CALLERS] = again;
			again = 0;
			i = 0; old = 0; w = 0;
			assert(rounds < ROUNDS)
		}
	od
}

init {
	timeout ->
#ifdef MOVER
	finished--;
#endif
	assert(finished == 1);
	if
	:: (word[0] & IRM) -> assert(!want[0] || !(eligible[0] || eligible[1]))
	:: else -> assert(!want[0] || !eligible[target_of(word[0])])
	fi;
	assert(linked[0] == ((word[0] & INBOX) != 0));
	assert(!want[0] || (word[0] & QUEUED))
}
