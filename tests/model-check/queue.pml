/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: two devices that inject, a vCPU that takes their interrupts, one who moves an interrupt to a second vCPU and
 * back, and that one. Nothing is lost, no kick is missed, nothing is linked or loaded twice.
 */
#ifndef DRAIN_MAX
#define DRAIN_MAX 9
#endif
#define NR_IRQS 2
#include "core.pml"

byte finished;

active [2] proctype vcpu()
{
	VCPU;

	do
	:: vcpu_enter(_pid);
		vcpu_run(_pid);
		vcpu_sync(_pid)
	od
}

#ifndef FIRST
#define FIRST 0
#endif
#ifndef SECOND
#define SECOND 0
#endif
active proctype device0()
{
	THREAD;

	inject(FIRST);
#ifdef TWO
	inject(FIRST);
#endif
	finished++
}

active proctype device1()
{
	THREAD;

	inject(SECOND);
	finished++
}

/* As irq_apply(), with a lock around the exchange that keeps other writers of IROUTER away. */
/* C: src/core/route.c route_write: uint64_t old = load64_relaxed(&irq->word); */
/* C: src/core/route.c route_write: w = word_queue(old, set_route(old, target | (uint64_t)irm << 32)); } while (w != old && !cas64_seq(&irq->word, &old, w)); */
/* C: src/core/route.c route_write: if (w & ~old & W_INBOX) queue_push(vg, self, irq, w); else if (w & W_INBOX) queue_recheck(vg, w); */
active proctype mover()
{
	THREAD;

	irq_apply(NOBODY, 0, with_target(old, 1));
#ifdef DISABLE
	irq_apply(NOBODY, 0, (old & ~ENABLED));
	irq_apply(NOBODY, 0, (old | ENABLED));
#endif
#ifdef BACK
	irq_apply(NOBODY, 0, with_target(old, 0));
#endif
	d_step { old = 0; w = 0; finished++ }
}

init {
	byte n;

	/* Nobody can do anything any more. */
	timeout ->
	assert(finished == 3 && !inbox[0] && !inbox[1] && in_guest[0] && in_guest[1]);
	for (n : 0 .. NR_IRQS - 1) {
		assert(!want[n] && !linked[n]);
		/* What has ended unreported is folded at the next exit. */
		assert(!(word[n] & (LATCH | INBOX | FIFO | SPILL)))
	}
}
