/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the state word of an interrupt and all of its transitions, as pure functions old word -> new word.
 * Locks: none; irq.c applies them by compare-and-swap.
 * Implements: interrupt states and their handling, IHI 0069 4.1 and 4.3; the rules of who queues are ours.
 *
 * Where an interrupt is, is said by four bits:
 *   INBOX   linked in the inbox of its home vCPU: the home will look at it
 *   FIFO    in a priority FIFO of its home, waiting for a list register
 *   SPILL   active, in the home's list of what is active outside of the list registers
 *   IN_LR   in a list register of its home
 * The last three are "places", private to the home's owner, at most one at a time. INBOX may come on top of one: then
 * something changed that the owner must act upon. HOME means something only while one of the four is set.
 *
 * The list register is the message: while IN_LR, it holds the pending state that was loaded (for an edge-triggered
 * interrupt the latch moved there; a level-sensitive one keeps latch and line here) and the active state. LATCH of an
 * edge-triggered interrupt in a list register is a new edge. ACTIVE follows at the next fold.
 *
 * Law (checked by tests/unit/test_word.c for every word and event): after word_queue() an interrupt that the oracle
 * sends somewhere is in one of the four.
 */
#ifndef LVGIC_CORE_WORD_H
#define LVGIC_CORE_WORD_H

#include <libvgic/port.h>

#define W_BIT(n) (1ull << (n))

/* Flags that a register read gathers from 32 words at a time are in the low half, see bank_gather(). */
#define W_PEND    W_BIT(0) /* derived: LATCH, or LINE of a level-sensitive interrupt */
#define W_ENABLED W_BIT(1)
#define W_ACTIVE  W_BIT(2)
#define W_GROUP1  W_BIT(3)
#define W_EDGE    W_BIT(4)  /* edge-triggered, else level-sensitive */
#define W_LATCH   W_BIT(5)  /* edge seen, or set pending by software */
#define W_LINE    W_BIT(6)  /* level of the input */
#define W_NMI     W_BIT(7)  /* non-maskable (GICv3.3); not settable yet */
#define W_DEAD    W_BIT(8)  /* unlinked (DISCARD); lives until its home lets go */
#define W_HW      W_BIT(9)  /* mapped to a physical interrupt */
#define W_FORWARD W_BIT(10) /* a vLPI or vSGI: the hardware delivers it, and has its pending state (v4/vlpi.c) */
#define W_INBOX   W_BIT(11)
#define W_FIFO    W_BIT(12)
#define W_SPILL   W_BIT(13)
#define W_IRM     W_BIT(14) /* 1 of N: TARGET was chosen by the library */
#define W_NOTIFY  W_BIT(15) /* ops->acked wanted */
#define W_LPI     W_BIT(16) /* no active state, edge-triggered for ever */
#define W_IN_LR   W_BIT(32) /* exactly 32 above PEND, see bank_gather() */

#define W_ACKED W_BIT(58) /* active, and the guest's acknowledge made it so: it has a running priority */

#define W_PLACES (W_FIFO | W_SPILL | W_IN_LR)
#define W_QUEUED (W_INBOX | W_PLACES)

#define W_GEN_SHIFT 24 /* LPIs: generation of a recycled object, 8 bits */
#define W_GEN_MASK  (0xffull << W_GEN_SHIFT)
#define W_AKEY_SHIFT \
	24 /* others, while active: the priority (bits 7:1) and the group (above) it was acknowledged with */
#define W_TARGET_SHIFT 33 /* where it should go, 13 bits */
#define W_HOME_SHIFT   46 /* where it is, 12 bits */
#define W_PRIO_SHIFT   17 /* bits 7:1 of the priority, 7 bits */
#define W_TARGET_MASK  (0x1fffull << W_TARGET_SHIFT)
#define W_HOME_MASK    (0xfffull << W_HOME_SHIFT)
#define W_PRIO_MASK    (0x7full << W_PRIO_SHIFT)

#define W_AKEY_MASK (0xffull << W_AKEY_SHIFT)

#define W_NOWHERE 0x1fffu /* a TARGET or an oracle's answer that is no vCPU */

/* State bits of a list register: ICH_LR<n>_EL2.State. */
#define LR_P 1u
#define LR_A 2u

static inline uint32_t word_target(uint64_t w)
{
	return (uint32_t)(w >> W_TARGET_SHIFT) & 0x1fffu;
}

static inline uint32_t word_home(uint64_t w)
{
	return (uint32_t)(w >> W_HOME_SHIFT) & 0xfffu;
}

/* The priority as in GICD_IPRIORITYR; unimplemented bits are 0. */
static inline uint32_t word_prio(uint64_t w)
{
	return ((uint32_t)(w >> W_PRIO_SHIFT) & 0x7fu) << 1;
}

/* Priority and group together, as they are now: the form in which they are kept while the interrupt is active. */
static inline uint64_t word_key(uint64_t w)
{
	return ((w >> W_PRIO_SHIFT) & 0x7fu) | (w & W_GROUP1 ? 0x80u : 0);
}

/* The priority and the group that a list register shows: of an active interrupt those it was acknowledged with. */
static inline uint64_t word_lr_key(uint64_t w)
{
	return w & W_ACTIVE ? (w >> W_AKEY_SHIFT) & 0xffu : word_key(w);
}

static inline uint64_t word_with_home(uint64_t w, uint32_t vcpu)
{
	return (w & ~W_HOME_MASK) | ((uint64_t)vcpu << W_HOME_SHIFT);
}

static inline uint64_t word_flag(uint64_t w, uint64_t flag, bool on)
{
	return on ? w | flag : w & ~flag;
}

/* PEND follows from LATCH, LINE and EDGE. */
static inline uint64_t word_settle(uint64_t w)
{
	uint64_t level = w & ~(w << 2); /* bit of LINE: LINE and not EDGE, which is two below */

	return (w & ~W_PEND) | ((w & W_LATCH) >> 5) | ((level & W_LINE) >> 6);
}

/* Pending, enabled, alive, and not active: a vCPU could take it now. */
static inline bool word_deliverable(uint64_t w)
{
	return (w & (W_PEND | W_ENABLED | W_DEAD | W_ACTIVE | W_FORWARD)) == (W_PEND | W_ENABLED);
}

/*
 * The oracle: which vCPU should hold the interrupt now. Active: where it is. Pending and enabled: its target.
 * An interrupt that is active without being anywhere (ISACTIVER) goes to its target.
 */
static inline uint32_t word_oracle(uint64_t w)
{
	if (w & W_ACTIVE)
		return w & W_QUEUED ? word_home(w) : word_target(w);
	return word_deliverable(w) ? word_target(w) : W_NOWHERE;
}

/*
 * Events: what happens to an interrupt from outside. Each takes the old word and an argument and knows nothing of
 * queues; word_queue() does the rest.
 */

/* The input changes (lvgic_inject). An edge-triggered input pends on each call with level true. */
static inline uint64_t word_inject(uint64_t w, uint64_t level)
{
	w = word_flag(w, W_LINE, level != 0);
	if (level && (w & W_EDGE))
		w |= W_LATCH;
	return word_settle(w);
}

/* GICD_ISPENDR, GICR_ISPENDR0, an SGI, an MSI. */
static inline uint64_t word_latch(uint64_t w, uint64_t unused)
{
	(void)unused;
	return word_settle(w | W_LATCH);
}

/* GICD_ICPENDR, GICR_ICPENDR0: an asserted level keeps it pending (IHI 0069, 12.9.12). */
static inline uint64_t word_unlatch(uint64_t w, uint64_t unused)
{
	(void)unused;
	return word_settle(w & ~W_LATCH);
}

/*
 * It becomes active, or ceases to be. LPIs have no active state (IHI 0069, 5.1). A change of priority or group while it
 * is active does not touch the running priority, and the end of interrupt must match what was acknowledged (12.9
 * GICD_IPRIORITYR: implementation specific).
 */
static inline uint64_t word_activity(uint64_t w, bool on, uint64_t key)
{
	if (w & W_LPI)
		return w;
	if (on && !(w & W_ACTIVE))
		w = (w & ~W_AKEY_MASK) | key << W_AKEY_SHIFT;
	return word_flag(w, W_ACTIVE, on) & (on ? ~0ull : ~W_ACKED);
}

/* GICD_ISACTIVER and ICACTIVER. SGIs that the hardware delivers have no active state (IHI 0069, GICD_CTLR.nASSGIreq).
 */
static inline uint64_t word_set_active(uint64_t w, uint64_t on)
{
	if (on && (w & W_FORWARD))
		return w;
	return word_activity(w, on != 0, word_key(w));
}

static inline uint64_t word_set_enabled(uint64_t w, uint64_t on)
{
	return word_flag(w, W_ENABLED, on != 0);
}

static inline uint64_t word_set_group1(uint64_t w, uint64_t on)
{
	return word_flag(w, W_GROUP1, on != 0);
}

static inline uint64_t word_set_edge(uint64_t w, uint64_t on)
{
	return word_settle(word_flag(w, W_EDGE, on != 0));
}

static inline uint64_t word_set_prio(uint64_t w, uint64_t prio)
{
	return (w & ~W_PRIO_MASK) | ((prio << (W_PRIO_SHIFT - 1)) & W_PRIO_MASK);
}

static inline uint64_t word_set_target(uint64_t w, uint64_t vcpu)
{
	return (w & ~W_TARGET_MASK) | ((vcpu << W_TARGET_SHIFT) & W_TARGET_MASK);
}

/* The home shall look at it again although nothing changed (1 of N: another vCPU may take it now). */
static inline uint64_t word_reconsider(uint64_t w, uint64_t unused)
{
	(void)unused;
	return w & W_PLACES ? w | W_INBOX : w;
}

/*
 * Must the home act on the change old -> w of an interrupt that is in a place of its? For one in a list register a rise
 * of the line does not count (the end of interrupt is reported, and finds the line high), nor its fall once it is
 * active, nor a change of PEND as such.
 */
static inline bool word_attention(uint64_t old, uint64_t w)
{
	uint64_t changed = old ^ w;
	uint64_t always = W_ENABLED | W_ACTIVE | W_GROUP1 | W_DEAD | W_NMI | W_EDGE | W_HW | W_NOTIFY | W_FORWARD |
	                  W_IRM | W_PRIO_MASK | W_TARGET_MASK;

	if (changed & always)
		return true;
	if (w & W_IN_LR)
		return (w & ~old & W_LATCH) || (!(w & (W_EDGE | W_ACTIVE)) && (old & ~w & (W_LINE | W_LATCH)));
	return (changed & W_PEND) != 0;
}

/*
 * The one way to finish an event: if the new state needs a vCPU to act and none is going to, put the interrupt in an
 * inbox. Whoever's compare-and-swap sets INBOX owns the push.
 */
static inline uint64_t word_queue(uint64_t old, uint64_t w)
{
	uint32_t to;

	if (w & W_INBOX)
		return w;
	if (w & W_PLACES)
		return word_attention(old, w) ? w | W_INBOX : w;
	to = word_oracle(w);
	return to == W_NOWHERE ? w : word_with_home(w | W_INBOX, to);
}

/*
 * The usual edge, told from the word alone: an interrupt that is nowhere and to which nothing else happens gets its
 * latch, and goes to the inbox of its target. The same as word_latch() and word_queue(), in fewer instructions
 * (tests/unit/test_word.c). Bit 12 of TARGET is set for W_NOWHERE and for no vCPU.
 */
static inline bool word_edge_is_plain(uint64_t w)
{
	return (w & (W_EDGE | W_ENABLED | W_LATCH | W_ACTIVE | W_DEAD | W_FORWARD | W_QUEUED | W_IRM |
	             0x1000ull << W_TARGET_SHIFT)) == (W_EDGE | W_ENABLED);
}

static inline uint64_t word_plain_edge(uint64_t w)
{
	return word_with_home(w | W_LATCH | W_PEND | W_INBOX, word_target(w));
}

/*
 * Transitions of the owner ("self" is the home).
 */

/*
 * Taken from the inbox or from a list, and out of the list registers: stay (FIFO, SPILL), go on to another vCPU's
 * inbox, or be dropped (none of the four).
 */
static inline uint64_t word_take(uint64_t w, uint32_t self)
{
	uint64_t bare = w & ~W_QUEUED;
	uint32_t to;

	if (w & W_ACTIVE)
		return bare | W_SPILL;
	if (!word_deliverable(w))
		return bare;
	to = word_target(w);
	if (to == self)
		return bare | W_FIFO;
	return to == W_NOWHERE ? bare : word_with_home(bare | W_INBOX, to);
}

/*
 * The usual load, told from the word alone: pending, in its group's turn, at its target, not active, in no list. The
 * same as word_load(w & ~W_INBOX, LR_P).
 */
static inline bool word_load_is_plain(uint64_t w, uint32_t self)
{
	return !((w ^ (W_PEND | W_ENABLED | (uint64_t)self << W_TARGET_SHIFT)) &
	         (W_PEND | W_ENABLED | W_DEAD | W_ACTIVE | W_FORWARD | W_IRM | W_PLACES | W_TARGET_MASK));
}

static inline uint64_t word_plain_load(uint64_t w)
{
	return (w & ~(w & W_EDGE ? W_INBOX | W_LATCH | W_PEND : W_INBOX)) | W_IN_LR;
}

/* May an interrupt that waits in FIFO or SPILL go into a list register, and in what state? 0: no. */
static inline uint32_t word_lr_state(uint64_t w, uint32_t self)
{
	if (w & W_ACTIVE) {
		/* Active and pending at once only where that needs no help from us at the end of interrupt. */
		bool pend = (w & (W_LATCH | W_EDGE | W_HW | W_ENABLED | W_DEAD | W_FORWARD)) ==
		            (W_LATCH | W_EDGE | W_ENABLED);

		return pend && word_target(w) == self && word_lr_key(w) == word_key(w) ? LR_A | LR_P : LR_A;
	}
	return word_deliverable(w) && word_target(w) == self ? LR_P : 0;
}

/*
 * Events of LPIs. "gen" is the generation of the object that the caller means: objects are recycled, and one that is
 * dead or belongs to another LPI by now must not be touched (a message that was translated before DISCARD). The
 * argument is made by word_lpi_arg().
 */
static inline uint64_t word_lpi_arg(uint32_t gen, uint32_t value)
{
	return (uint64_t)gen << W_GEN_SHIFT | value;
}

static inline uint32_t word_gen(uint64_t w)
{
	return (uint32_t)(w >> W_GEN_SHIFT) & 0xffu;
}

static inline bool word_means(uint64_t w, uint64_t arg)
{
	return !(((w ^ arg) & W_GEN_MASK) | (w & W_DEAD));
}

/* A message: pending at the Redistributor to which its collection maps it now (value: the vCPU). */
static inline uint64_t word_msi(uint64_t w, uint64_t arg)
{
	return word_means(w, arg) ? word_set_target(word_settle(w | W_LATCH), arg & 0x1fffu) : w;
}

/* Would a message change nothing: is it pending there already? */
static inline bool word_msi_pends(uint64_t w, uint64_t arg)
{
	uint64_t want = (arg & W_GEN_MASK) | W_LATCH | (arg & 0x1fffu) << W_TARGET_SHIFT;

	return !((w ^ want) & (W_GEN_MASK | W_LATCH | W_TARGET_MASK | W_DEAD));
}

/* MOVI, MOVALL: the pending state, if any, goes to another Redistributor (value: the vCPU). */
static inline uint64_t word_move(uint64_t w, uint64_t arg)
{
	return word_means(w, arg) ? word_set_target(w, arg & 0x1fffu) : w;
}

/* The byte of the LPI Configuration table (value), IHI 0069 5.1.1: priority in bits 7:2, enable in bit 0. */
static inline uint64_t word_configure(uint64_t w, uint64_t arg)
{
	return word_means(w, arg) ? word_set_prio(word_set_enabled(w, arg & 1u), arg & 0xfcu) : w;
}

/* Would that change nothing? */
static inline bool word_configured(uint64_t w, uint64_t arg)
{
	uint64_t want = (arg & 0xfcu) << (W_PRIO_SHIFT - 1) | (arg & 1u) << 1;

	return !((w ^ want) & (W_PRIO_MASK | W_ENABLED));
}

/* CLEAR. */
static inline uint64_t word_clear(uint64_t w, uint64_t arg)
{
	return word_means(w, arg) ? word_settle(w & ~W_LATCH) : w;
}

/* Its pending state is in the pending table of the vCPU "value" now. */
static inline uint64_t word_flushed(uint64_t w, uint64_t arg)
{
	return word_target(w) == (arg & 0x1fffu) ? word_clear(w, arg) : w;
}

/* DISCARD of the last event that is mapped to it: dead, for ever. Its home lets go of it when it looks. */
static inline uint64_t word_unlink(uint64_t w, uint64_t arg)
{
	return word_means(w, arg) ? word_settle(w & ~W_LATCH) | W_DEAD : w;
}

/*
 * The hardware delivers the LPI from now on, to the vCPU "value"; LATCH is what is to be handed to it. Not yet if it is
 * in a list register, and not if it is pending somewhere else.
 */
static inline uint64_t word_forward(uint64_t w, uint64_t arg)
{
	uint32_t to = arg & 0x1fffu;

	if (!word_means(w, arg) || (w & W_IN_LR) || ((w & W_LATCH) && word_target(w) != to))
		return w;
	return word_set_target(w | W_FORWARD, to);
}

/* The hardware is told of the LATCH. */
static inline uint64_t word_handed(uint64_t w, uint64_t arg)
{
	return word_means(w, arg) && (w & W_FORWARD) ? word_settle(w & ~W_LATCH) : w;
}

/* The software delivers it again; value: the hardware had it pending. */
static inline uint64_t word_return(uint64_t w, uint64_t arg)
{
	if (!word_means(w, arg) || !(w & W_FORWARD))
		return w;
	return word_settle((w & ~W_FORWARD) | (arg & 1u ? W_LATCH : 0));
}

/* The same for an SGI, which has no generation and whose vCPU never changes: to the hardware (not from a list
 * register), and back (value: pending). */
static inline uint64_t word_forward_sgi(uint64_t w, uint64_t unused)
{
	(void)unused;
	return w & W_IN_LR ? w : word_settle((w | W_FORWARD) & ~W_LATCH);
}

static inline uint64_t word_return_sgi(uint64_t w, uint64_t pending)
{
	return w & W_FORWARD ? word_settle((w & ~W_FORWARD) | (pending ? W_LATCH : 0)) : w;
}

/* A new LPI in a recycled object: Group 1, edge-triggered (5.1), disabled, nowhere. */
static inline uint64_t word_new_lpi(uint32_t gen)
{
	return W_LPI | W_EDGE | W_GROUP1 | (uint64_t)gen << W_GEN_SHIFT | W_TARGET_MASK;
}

/* Into a list register, in that state. An edge moves there. */
static inline uint64_t word_load(uint64_t w, uint32_t state)
{
	w = (w & ~(W_FIFO | W_SPILL)) | W_IN_LR;
	if ((state & LR_P) && (w & W_EDGE))
		w &= ~W_LATCH;
	return word_settle(w);
}

/*
 * The list register was loaded with state "was" and now has state "now": the guest has acknowledged or ended it. A
 * level's latch is consumed by the acknowledge (IHI 0069, 4.3: a software-set pending state of a level-sensitive
 * interrupt). "key" is that of the list register, see word_key().
 */
static inline uint64_t word_fold(uint64_t w, uint32_t was, uint32_t now, uint64_t key)
{
	if ((was & ~now & LR_P) && !(w & W_EDGE))
		w &= ~W_LATCH;
	w = word_activity(w, now & LR_A, key);
	if ((was & ~now & LR_P) && (w & W_ACTIVE))
		w |= W_ACKED;
	return word_settle(w);
}

/*
 * Out of its list register, whose state is "now": what the register held is in the word again. The result is still at
 * home; word_take() says what becomes of it, unless INBOX is set, which makes that happen anyway.
 */
static inline uint64_t word_unload(uint64_t w, uint32_t was, uint32_t now, uint64_t key)
{
	w = word_fold(w, was, now, key);
	if ((now & LR_P) && (w & W_EDGE))
		w |= W_LATCH;
	return word_settle(w & ~W_IN_LR);
}

/*
 * The common end of an interrupt, told from the word alone: edge-triggered, and nothing came meanwhile and nobody wants
 * to know. Then the end is this, and needs no place, no push and no notice (tests/unit/test_word.c: the same as by the
 * long way).
 */
static inline bool word_ends_plainly(uint64_t w)
{
	return (w & (W_EDGE | W_LATCH | W_INBOX | W_HW | W_NOTIFY)) == W_EDGE;
}

static inline uint64_t word_end_plainly(uint64_t w)
{
	return w & ~(W_IN_LR | W_ACTIVE | W_ACKED);
}

#endif
