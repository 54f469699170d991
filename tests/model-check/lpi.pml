/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the life of an LPI (src/core/lpi.c): the worker discards it and maps its INTID again, while messages for the old
 * and the new one are on their way and a vCPU takes them. No object is used after its release, released twice or
 * leaked; no message of the old one pends the new one; two list registers never hold one INTID.
 */
#define LPI
#define DRAIN_MAX 9
#ifndef NR_IRQS
#define NR_IRQS 1 /* max_lpis: objects, all for one INTID */
#endif

#define THREAD_MORE bit sends; short gen /* a message, for this generation */
#define VCPU_MORE
#define SIGNALS     true
#define LEAVES      halt[v]

#define means(w, g) ((((w) ^ (g)) & GEN) == 0 && !((w) & DEAD))

/* What a message that hits and a DISCARD mean for what is to be heard. */
#define APPLIED \
	if \
	:: sends && means(old, gen) -> want[i] = 1; owed[i]++ \
	:: !sends && (w & DEAD) -> want[i] = 0 \
	:: else \
	fi

bit pooled[NR_IRQS]; /* not in C: released */
byte lpi_free;       /* handle of the last retired one */
byte halt[2];        /* handle of what is to be taken out of a list register of this vCPU while it stands still */
bit halted[2];

#define check_alive(i) assert(!pooled[i])
#if NR_IRQS > 1
#define LOADED assert(loaded[0] + loaded[1] <= 1) /* one INTID */
#endif

/* C: src/core/lpi.c lpi_retire: uint32_t head = load32_relaxed(&vg->lpi_free); do irq->inbox_next = head; while (!cas32_seq(&vg->lpi_free, &head, handle)); */
#define lpi_retire(i) \
	d_step { \
		assert(!pooled[i] && !linked[i] && !loaded[i]); \
		pooled[i] = 1; \
		next[i] = lpi_free; \
		lpi_free = i + 1 \
	}

#include "core.pml"

byte finished;
byte mapped = 1;   /* the translation: handle of the living object, and its generation */
short mapped_gen;
byte fresh = 1;    /* objects that have been used */

/* Halted: outside of the guest. The one who halts owns the vCPU; here it asks it to do what it would do. */
/* C: src/core/irq.c irq_own: if (likely(!(load64_relaxed(&irq->word) & W_IN_LR))) return hold; home = pin(vg, self, irq, &hold); if (home) lr_unload(home, irq_slot(irq)); return hold; */
inline irq_own(x)
{
	if
	:: word[x] & IN_LR ->
		halt[home_of(word[x])] = x + 1;
		halted[0] || halted[1]
	:: else
	fi
}

inline irq_release()
{
	if
	:: halt[0] -> halt[0] = 0; !halted[0]
	:: halt[1] -> halt[1] = 0; !halted[1]
	:: else
	fi
}

active [VCPUS] proctype vcpu()
{
	VCPU;

	do
	:: vcpu_enter(_pid);
		vcpu_run(_pid);
		vcpu_sync(_pid);
		if
		:: halt[_pid] ->
			if
			:: lr == halt[_pid] -> lr_unload(_pid)
			:: else
			fi;
			halted[_pid] = 1;
			!halt[_pid];
			halted[_pid] = 0
		:: else
		fi
	od
}

/* C: src/core/word.h word_means: return !(((w ^ arg) & W_GEN_MASK) | (w & W_DEAD)); */
/* C: src/core/word.h word_msi: return word_means(w, arg) ? word_set_target(word_settle(w | W_LATCH), arg & 0x1fffu) : w; */
#ifdef FAULT_NO_GENERATION
#define word_msi(g) (old | LATCH * !(old & DEAD))
#else
#define word_msi(g) (old | LATCH * means(old, g))
#endif

/* Messages: the translation is read, later the object is told. */
/* C: src/its/msi.c signal: irq = &vg->lpi[((uint32_t)mapping & SLOT_INDEX_MASK) - 1]; arg = (mapping & W_GEN_MASK) | target; fence_seq(); */
/* C: src/its/msi.c pend: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/its/msi.c pend: !irq_edge_plainly(vg, self, irq, old, 0)) old = irq_apply(vg, self, irq, word_msi, arg); */
/* not modelled: src/its/msi.c signal: if (likely(word_msi_pends(load64_relaxed(&irq->word), arg) && !OPS(vg)->trace)) */
/* not modelled: src/its/msi.c pend: if (unlikely(!(load32_seq(&vg->vcpu[target]->gicr_ctlr) & GICR_CTLR_EnableLPIs))) */
active [2] proctype device()
{
	THREAD;
	byte n;

	sends = 1;
	for (n : 1 .. MESSAGES) {
		if
		:: atomic { mapped -> i = mapped - 1; gen = mapped_gen };
			irq_apply(NOBODY, i, word_msi(gen));
			d_step { i = 0; gen = 0; old = 0; w = 0 }
		:: else
		fi
	};
	finished++
}

/* C: src/core/lpi.c bury: uint64_t w = irq_apply(vg, self, irq, word_unlink, load64_relaxed(&irq->word) & W_GEN_MASK); */
/* C: src/core/lpi.c bury: if (!(w & W_QUEUED)) lpi_retire(vg, irq); else if (unlikely(w & W_IN_LR)) irq_release(vg, irq_own(vg, self, irq)); */
/* C: src/core/word.h word_unlink: return word_means(w, arg) ? word_settle(w & ~W_LATCH) | W_DEAD : w; */
/* C: src/core/lpi.c lpi_unmap: drop_entry(vg, intid, entry); bury(vg, self, irq); */
/* not modelled: src/core/lpi.c lpi_unmap: store32_relaxed(entry, *entry - (1u << MAPS_SHIFT)); */
inline lpi_unmap()
{
	i = mapped - 1;
	mapped = 0;
	irq_apply(NOBODY, i, ((old & ~LATCH) | DEAD));
	if
#ifdef FAULT_RETIRED_WHILE_QUEUED
	:: true -> lpi_retire(i)
#else
	:: !(old & QUEUED) -> lpi_retire(i)
#endif
#ifndef FAULT_LEFT_IN_LIST_REGISTER
	:: old & IN_LR -> irq_own(i); irq_release()
#endif
	:: else
	fi;
	d_step { old = 0; w = 0 }
}

/* The target and the enable bit come with the object here: without a message they lead nowhere. */
/* C: src/core/lpi.c take_free: head = load32_acquire(&vg->lpi_free); */
/* C: src/core/lpi.c take_free: irq_init(irq, intid, word_new_lpi(word_gen(load64_relaxed(&irq->word)) + 1)); vg->lpi_fresh++; return irq; */
/* C: src/core/lpi.c take_free: if (!head) return NULL; irq = irq_at(vg, head); } while (!cas32_seq(&vg->lpi_free, &head, irq->inbox_next)); */
/* C: src/core/lpi.c take_free: irq_init(irq, intid, word_new_lpi((word_gen(load64_relaxed(&irq->word)) + 1) & 0xffu)); */
/* C: src/core/irq.c irq_init: store64_relaxed(&irq->word, word); */
/* not modelled: src/core/irq.c irq_init: store32_relaxed(&irq->intid_slot, intid); */
#define ANEW (ENABLED | (VCPUS - 1) * TARGET) /* at the other vCPU, if there are two */
inline lpi_map()
{
	if
	:: fresh < NR_IRQS ->
		i = fresh;
		fresh++;
		w = ANEW | 2048
	:: fresh == NR_IRQS && lpi_free ->
		d_step { i = lpi_free - 1; lpi_free = next[i]; pooled[i] = 0 };
		w = ANEW | ((word[i] + 2048) & GEN)
	:: else -> w = 0
	fi;
	if
	:: w ->
		d_step { assert(!linked[i] && !loaded[i]); word[i] = w; owed[i] = 0; want[i] = 0 };
		d_step { mapped = i + 1; mapped_gen = w & GEN }
	:: else
	fi;
	d_step { i = 0; w = 0 }
}

active proctype worker()
{
	THREAD;

	lpi_unmap();
	lpi_map();
	if
	:: mapped -> lpi_unmap(); lpi_map()
	:: else
	fi;
	finished++
}

init {
	byte n;

	timeout ->
	assert(finished == 3 && in_guest[0]);
	for (n : 0 .. NR_IRQS - 1) {
		assert(!want[n] && !linked[n]);
		assert(!(word[n] & DEAD) || pooled[n])
	}
}
