/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The state word, exhaustively: every combination of fields that can exist, times every event, against the invariants
 * of word.h. Targets and homes are drawn from three vCPUs and "nowhere", priorities from two: the functions treat all
 * others alike (they only compare them for equality), which test_fields shows for every value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/word.h"

#define SELF 1u

static const uint64_t flags[] = { W_ENABLED, W_ACTIVE, W_GROUP1,  W_EDGE, W_LATCH,  W_LINE,
	                          W_DEAD,    W_HW,     W_FORWARD, W_IRM,  W_NOTIFY, W_LPI };
#define NR_FLAGS (sizeof(flags) / sizeof(flags[0]))

static const uint64_t places[] = { 0, W_FIFO, W_SPILL, W_IN_LR };
static const uint32_t targets[] = { 0, SELF, 2, W_NOWHERE };

/* The word says by itself what cannot exist. */
static bool can_exist(uint64_t w)
{
	if ((w & W_LPI) && (w & (W_ACTIVE | W_LINE | W_IRM | W_HW | W_NOTIFY)))
		return false; /* LPIs have no active state, no line, no 1 of N, no mapping */
	if ((w & W_LPI) && !(w & W_EDGE))
		return false;
	if ((w & W_DEAD) && !(w & W_LPI))
		return false; /* only LPIs are discarded */
	if ((w & W_FORWARD) && (!(w & W_EDGE) || (w & (W_LINE | W_IRM | W_HW | W_NOTIFY))))
		return false; /* only LPIs and SGIs are forwarded */
	return true;
}

static bool pend(uint64_t w)
{
	return (w & W_LATCH) || ((w & W_LINE) && !(w & W_EDGE));
}

static unsigned int nr_places(uint64_t w)
{
	return (w & W_FIFO ? 1u : 0) + (w & W_SPILL ? 1u : 0) + (w & W_IN_LR ? 1u : 0);
}

/* Wants to be somewhere: what the law says must then be queued. */
static bool wants(uint64_t w)
{
	uint32_t target = word_target(w);

	if (w & W_ACTIVE)
		return (w & W_QUEUED) || target != W_NOWHERE;
	return pend(w) && (w & W_ENABLED) && !(w & (W_DEAD | W_FORWARD)) && target != W_NOWHERE;
}

/*
 * A settled word is one that word_queue() would leave alone: then a FIFO holds only what may be in a FIFO, unless the
 * inbox says that the owner will look.
 */
static bool consistent(uint64_t w)
{
	if (!(w & W_INBOX)) {
		if ((w & W_FIFO) && !(word_deliverable(w) && word_target(w) == word_home(w)))
			return false;
		if ((w & W_SPILL) && !(w & W_ACTIVE))
			return false;
		if (!(w & W_PLACES) && wants(w))
			return false;
	}
	return !!(w & W_PEND) == pend(w);
}

typedef void (*visit_t)(uint64_t w);

/* Every word that can exist, with home SELF if it is anywhere. */
static unsigned long for_all_words(visit_t visit)
{
	unsigned long n = 0;
	uint64_t bits;
	size_t f, p, t, inbox, prio;

	for (bits = 0; bits < 1ull << NR_FLAGS; bits++) {
		uint64_t base = 0;

		for (f = 0; f < NR_FLAGS; f++)
			if (bits >> f & 1)
				base |= flags[f];
		if (!can_exist(base))
			continue;
		for (p = 0; p < 4; p++)
			for (inbox = 0; inbox < 2; inbox++)
				for (t = 0; t < 4; t++)
					for (prio = 0; prio < 2; prio++) {
						uint64_t w = base | places[p] | (inbox ? W_INBOX : 0);

						w = word_set_target(word_settle(w), targets[t]);
						w = word_set_prio(word_with_home(w, SELF), prio ? 0xa0 : 0x40);
						w |= (bits & 1 ? word_key(w) : 0x7full) << W_AKEY_SHIFT;
						if (!consistent(w))
							continue;
						visit(w);
						n++;
					}
	}
	return n;
}

/* What holds after every event of the outside, whatever the event. */
static void check_event(uint64_t old, uint64_t w)
{
	/* The law: what wants to be somewhere is. "Pending and enabled and not queued" is impossible. */
	if (wants(w))
		assert_true(w & W_QUEUED);
	assert_true(consistent(w));
	/* An event never takes an interrupt out of a place, nor puts it into one: that is the owner's. */
	assert_int_equal(w & W_PLACES, old & W_PLACES);
	/* Once in the inbox, only the owner takes it out. */
	if (old & W_INBOX)
		assert_true(w & W_INBOX);
	/* Where it is does not change while it is there: active stays home, and so does what waits until its home has
	 * looked. */
	if (old & W_QUEUED)
		assert_int_equal(word_home(w), word_home(old));
	else if (w & W_QUEUED)
		assert_int_equal(word_home(w), word_target(w));
	/* Events do not touch what is not theirs. */
	assert_int_equal((w ^ old) & (W_LPI | W_FORWARD), 0);
	/* The generation of an LPI, and the key of what is active, are not an event's to change. */
	if ((old & W_LPI) || (old & w & W_ACTIVE))
		assert_int_equal((w ^ old) & W_AKEY_MASK, 0);
	/* An interrupt that is nowhere needs nobody: nothing is pushed for it. */
	if (!(old & W_QUEUED) && (w & W_INBOX))
		assert_true(wants(w));
}

static void events(uint64_t old)
{
	static const uint64_t prios[] = { 0x40, 0xa0 };
	uint64_t w, on;
	size_t i;

	for (on = 0; on < 2; on++) {
		if (!(old & W_LPI)) {
			w = word_queue(old, word_inject(old, on));
			check_event(old, w);
			assert_int_equal(!!(w & W_LINE), on);
			/* A level whose line fell and whose latch is clear is not pending. */
			if (!(old & W_EDGE) && !on && !(w & W_LATCH))
				assert_false(w & W_PEND);
			if (!(old & W_EDGE) && on)
				assert_true(w & W_PEND);
			/* Every edge is latched; a level never is. */
			if (on && (old & W_EDGE))
				assert_true(w & W_LATCH);
			else
				assert_int_equal(w & W_LATCH, old & W_LATCH);
			/* An edge that comes while a list register holds the last one: the owner hears of it (R20). */
			if (on && (old & W_EDGE) && (old & W_IN_LR) && !(old & W_LATCH))
				assert_true(w & W_INBOX);
			/* A line that falls while a list register holds it pending: the owner hears of it. */
			if (!on && !(old & (W_EDGE | W_ACTIVE)) && (old & W_IN_LR) && (old & W_LINE))
				assert_true(w & W_INBOX);

			w = word_queue(old, word_set_active(old, on));
			check_event(old, w);
			/* What the hardware delivers becomes active by nobody's hand. */
			assert_int_equal(!!(w & W_ACTIVE), on && (!(old & W_FORWARD) || (old & W_ACTIVE)));
			if (on && (w & W_ACTIVE) && !(old & W_ACTIVE))
				assert_int_equal(word_lr_key(w), word_key(old));

			w = word_queue(old, word_set_edge(old, on));
			check_event(old, w);
			assert_int_equal(w & (W_LATCH | W_LINE), old & (W_LATCH | W_LINE));
		} else {
			assert_int_equal(word_set_active(old, on) & W_ACTIVE, 0);
		}
		w = word_queue(old, word_set_enabled(old, on));
		check_event(old, w);
		/* Enabling looks at the level again, not only at an edge of it (R23). */
		if (on && pend(old) && !(old & (W_DEAD | W_FORWARD)) && word_target(old) != W_NOWHERE)
			assert_true(w & W_QUEUED);
		/* Disabling is noticed wherever it is (R7). */
		if (!on && (old & W_PLACES) && (old & W_ENABLED))
			assert_true(w & W_INBOX);

		w = word_queue(old, word_set_group1(old, on));
		check_event(old, w);
		if ((old & W_PLACES) && !!(old & W_GROUP1) != on)
			assert_true(w & W_INBOX);
	}

	w = word_queue(old, word_latch(old, 0));
	check_event(old, w);
	assert_true(w & W_PEND);
	w = word_queue(old, word_unlatch(old, 0));
	check_event(old, w);
	assert_false(w & W_LATCH);
	assert_int_equal(!!(w & W_PEND), (old & W_LINE) && !(old & W_EDGE));

	for (i = 0; i < 2; i++) {
		w = word_queue(old, word_set_prio(old, prios[i]));
		check_event(old, w);
		assert_int_equal(word_prio(w), prios[i]);
		/* A changed priority is queued anew. */
		if ((old & W_PLACES) && word_prio(old) != prios[i])
			assert_true(w & W_INBOX);
	}
	for (i = 0; i < 4; i++) {
		w = word_queue(old, word_set_target(old, targets[i]));
		check_event(old, w);
		assert_int_equal(word_target(w), targets[i]);
		if ((old & W_PLACES) && word_target(old) != targets[i])
			assert_true(w & W_INBOX);
	}
	w = word_queue(old, word_reconsider(old, 0));
	check_event(old, w);
	if (old & W_QUEUED)
		assert_true(w & W_INBOX);
	/* DISCARD. */
	if (old & W_LPI) {
		w = word_queue(old, old | W_DEAD);
		check_event(old, w);
		if ((old & W_PLACES) && !(old & W_DEAD))
			assert_true(w & W_INBOX);
	}
	/* The oracle: active stays home; pending and enabled goes to its target; else nowhere. */
	if (old & W_ACTIVE)
		assert_int_equal(word_oracle(old), old & W_QUEUED ? SELF : word_target(old));
	else if (pend(old) && (old & W_ENABLED) && !(old & (W_DEAD | W_FORWARD)))
		assert_int_equal(word_oracle(old), word_target(old));
	else
		assert_int_equal(word_oracle(old), W_NOWHERE);
	/* Nothing happened: nothing changes. */
	assert_int_equal(word_queue(old, old), old);
}

/* The owner takes it from the inbox or a list. */
static void check_taken(uint64_t old, uint64_t w)
{
	assert_true(nr_places(w) + (w & W_INBOX ? 1u : 0) <= 1);
	assert_false(w & W_IN_LR);
	assert_true(consistent(w));
	if (wants(w))
		assert_true(w & W_QUEUED);
	else
		assert_int_equal(w & W_QUEUED, 0);
	if (old & W_ACTIVE) {
		assert_true(w & W_SPILL);
		assert_int_equal(word_home(w), SELF);
	}
	if (w & W_FIFO)
		assert_int_equal(word_home(w), SELF);
	if (w & W_INBOX)
		assert_int_not_equal(word_home(w), SELF);
	/* Nothing is lost. */
	assert_int_equal((w ^ old) & ~(W_QUEUED | W_HOME_MASK), 0);
}

/* The short ways of the usual cases are the long ways, and are taken for nothing else. */
static void plain(uint64_t old)
{
	if (word_edge_is_plain(old)) {
		uint64_t w = word_plain_edge(old);

		assert_int_equal(w, word_queue(old, word_latch(old, 0)));
		assert_int_equal(w, word_queue(old, word_msi(old, (old & W_GEN_MASK) | word_target(old))));
		assert_int_equal(w | W_LINE, word_queue(old, word_inject(old, 1)));
		assert_true(w & ~old & W_INBOX);
		/* The vCPU of such a one is yet to be chosen. */
		assert_false(old & W_IRM);
	}
	assert_int_equal(word_load_is_plain(old, SELF),
	                 !(old & (W_PLACES | W_IRM)) && word_lr_state(old, SELF) == LR_P);
	if (word_load_is_plain(old, SELF))
		assert_int_equal(word_plain_load(old), word_load(old & ~W_INBOX, LR_P));
}

static void owner(uint64_t old)
{
	uint32_t state, was, now;
	uint64_t w;

	if (!(old & W_IN_LR)) {
		if (!(old & W_QUEUED))
			return;
		check_taken(old, word_take(old, SELF));
		if (!(old & (W_FIFO | W_SPILL)))
			return;
		state = word_lr_state(old, SELF);
		/* A mapped interrupt is never pending and active at once in a list register, nor is a level-sensitive
		 * one (R92). */
		if (state == (LR_A | LR_P)) {
			assert_int_equal(word_lr_key(old), word_key(old));
			assert_false(old & W_HW);
			assert_true(old & W_EDGE);
			assert_true(old & W_ENABLED);
		}
		/* What is disabled, dead, or elsewhere's is not presented. */
		if ((state & LR_P) && (!(old & W_ENABLED) || (old & (W_DEAD | W_FORWARD)) || word_target(old) != SELF))
			fail();
		assert_int_equal(!!(state & LR_A), !!(old & W_ACTIVE));
		if (!state)
			return;
		w = word_load(old, state);
		assert_int_equal(w & W_PLACES, W_IN_LR);
		assert_int_equal(w & W_INBOX, old & W_INBOX);
		/* The latch of an edge moves into the list register, that of a level stays. */
		if (old & W_EDGE)
			assert_int_equal(w & W_LATCH, state & LR_P ? 0 : old & W_LATCH);
		else
			assert_int_equal(w & W_LATCH, old & W_LATCH);
		assert_int_equal(!!(w & W_PEND), pend(w));
		/* Unloaded untouched, it is as before: an exit and entry loses nothing and makes nothing up. */
		w = word_unload(w, state, state, word_key(w));
		assert_int_equal(w, old & ~(W_FIFO | W_SPILL));
		return;
	}

	for (was = 1; was < 4; was++)
		for (now = 0; now < 4; now++) {
			/* The guest acknowledges (P -> A, or P -> 0) and ends (A -> 0): it never makes pending. */
			if (now & LR_P & ~was)
				continue;
			w = word_fold(old, was, now, 0xd0);
			/* What it was acknowledged with is kept from the acknowledge to the end. */
			if ((w & W_ACTIVE) && !(old & W_ACTIVE))
				assert_int_equal(word_lr_key(w), 0xd0);
			if (w & old & W_ACTIVE)
				assert_int_equal(word_lr_key(w), word_lr_key(old));
			/* LPIs are never active, though there is hardware whose list registers say so. */
			assert_int_equal(!!(w & W_ACTIVE), (now & LR_A) && !(old & W_LPI));
			assert_true(!(w & W_ACKED) || (w & W_ACTIVE));
			assert_int_equal(!!(w & W_PEND), pend(w));
			assert_int_equal(w & W_QUEUED, old & W_QUEUED);
			/* A new edge survives the end of the last; a level's latch is consumed by the acknowledge
			 * (R25). */
			if (old & W_EDGE)
				assert_int_equal(w & W_LATCH, old & W_LATCH);
			else if (was & ~now & LR_P)
				assert_false(w & W_LATCH);
			else
				assert_int_equal(w & W_LATCH, old & W_LATCH);
			/* LPIs have no active state (R24). */
			if (old & W_LPI)
				assert_false(w & W_ACTIVE);

			/* The short way is the long way, here and in plain(). */
			if (!now && word_ends_plainly(old))
				assert_int_equal(word_end_plainly(old),
				                 word_take(word_fold(old, was, now, 0xd0) & ~W_IN_LR, SELF));

			w = word_unload(old, was, now, 0xd0);
			assert_false(w & W_IN_LR);
			assert_int_equal(!!(w & W_PEND), pend(w));
			/* A pending state that the guest has not taken is not lost. */
			if ((now & LR_P) && (old & W_EDGE))
				assert_true(w & W_LATCH);
			if (!(w & W_INBOX)) {
				uint64_t taken = word_take(w, SELF);

				assert_true(consistent(taken));
				if (wants(taken))
					assert_true(taken & W_QUEUED);
			}
		}
}

/* An interrupt goes to the hardware and comes back. */
static void handover(uint64_t old)
{
	uint64_t gen = old & W_GEN_MASK, w;
	uint32_t i;

	if (old & W_LPI) {
		for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
			bool may = !(old & (W_DEAD | W_IN_LR)) && !((old & W_LATCH) && word_target(old) != targets[i]);

			w = word_forward(old, gen | targets[i]);
			assert_true(may || w == old);
			if (!may)
				continue;
			/* The pending state is not touched, so that it can be handed over; the rest neither. */
			assert_int_equal(w, word_set_target(old | W_FORWARD, targets[i]));
			w = word_queue(old, w);
			assert_true(consistent(w));
			assert_false(wants(w));
			if ((old & W_PLACES) && !(old & W_FORWARD))
				assert_true(w & W_INBOX);
			/* Of another generation: not meant. */
			assert_true(word_forward(old, (gen ^ 1ull << W_GEN_SHIFT) | targets[i]) == old);
		}
		w = word_handed(old, gen);
		assert_int_equal(w, old & W_FORWARD && !(old & W_DEAD) ? word_settle(old & ~W_LATCH) : old);
		assert_true(word_handed(old, gen ^ 1ull << W_GEN_SHIFT) == old);
		for (i = 0; i < 2; i++) {
			w = word_return(old, gen | i);
			assert_true(word_return(old, (gen ^ 1ull << W_GEN_SHIFT) | i) == old);
			if (!(old & W_FORWARD) || (old & W_DEAD)) {
				assert_true(w == old);
				continue;
			}
			assert_int_equal(w, word_settle((old & ~W_FORWARD) | (i ? W_LATCH : 0)));
			w = word_queue(old, w);
			assert_true(consistent(w));
			if (wants(w))
				assert_true(w & W_QUEUED);
		}
		return;
	}
	if (!(old & W_EDGE) || (old & (W_LINE | W_IRM | W_HW | W_NOTIFY)))
		return;
	w = word_forward_sgi(old, 0);
	if (old & W_IN_LR)
		assert_true(w == old);
	else
		assert_int_equal(w, word_settle((old | W_FORWARD) & ~W_LATCH));
	assert_true(consistent(word_queue(old, w)));
	for (i = 0; i < 2; i++) {
		w = word_return_sgi(old, i);
		assert_int_equal(w, old & W_FORWARD ? word_settle((old & ~W_FORWARD) | (i ? W_LATCH : 0)) : old);
		w = word_queue(old, w);
		assert_true(consistent(w));
		if (wants(w))
			assert_true(w & W_QUEUED);
	}
}

static void test_handover(void **state)
{
	(void)state;
	assert_true(for_all_words(handover) > 8000);
}

static void test_events(void **state)
{
	(void)state;
	/* The number is a check of the enumeration itself: a generator that visits nothing proves nothing. */
	assert_true(for_all_words(events) > 8000);
}

static void test_owner(void **state)
{
	(void)state;
	assert_true(for_all_words(owner) > 8000);
}

static unsigned long nr_plain;

static void count_plain(uint64_t w)
{
	plain(w);
	nr_plain += word_edge_is_plain(w) + word_load_is_plain(w, SELF);
}

static void test_plain(void **state)
{
	(void)state;
	assert_true(for_all_words(count_plain) > 8000);
	assert_true(nr_plain > 100);
}

/* Fields hold every value of their range and leave the others alone. */
static void test_fields(void **state)
{
	uint64_t all = ~0ull, w;
	uint32_t i;

	(void)state;
	for (i = 0; i < 4096; i++) {
		assert_int_equal(word_home(word_with_home(0, i)), i);
		assert_int_equal(word_with_home(0, i) & ~W_HOME_MASK, 0);
		assert_int_equal(word_with_home(all, i) | W_HOME_MASK, all);
		w = word_set_target(all, i);
		assert_int_equal(word_target(w), i);
		assert_int_equal(w | W_TARGET_MASK, all);
	}
	assert_int_equal(word_target(word_set_target(0, W_NOWHERE)), W_NOWHERE);
	for (i = 0; i < 256; i += 2) {
		assert_int_equal(word_prio(word_set_prio(0, i)), i);
		assert_int_equal(word_set_prio(all, i) | W_PRIO_MASK, all);
	}
	/* No two fields share a bit. */
	assert_int_equal(W_TARGET_MASK & W_HOME_MASK, 0);
	assert_int_equal((W_TARGET_MASK | W_HOME_MASK) & (W_PRIO_MASK | W_IN_LR | 0xffull << W_GEN_SHIFT), 0);
	assert_int_equal(W_PRIO_MASK & (0x1ffffull | 0xffull << W_GEN_SHIFT), 0);
}

typedef uint64_t (*word_event_fn)(uint64_t w, uint64_t arg);

/* A message, or another event of an LPI, that means an object of another generation or a dead one changes nothing. */
static void lpi_events_know_whom_they_mean(void **state)
{
	static const word_event_fn events[] = { word_msi,    word_move,    word_configure, word_clear, word_flushed,
		                                word_unlink, word_forward, word_handed,    word_return };
	uint64_t seed = 1;

	(void)state;
	for (uint32_t i = 0; i < 1000000; i++) {
		uint64_t w, arg;
		uint32_t e, gen;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		w = word_settle((seed ^ seed >> 23) | W_LPI | W_EDGE);
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		/* Often the right generation, and often the target that is there. */
		gen = seed >> 60 & 3 ? word_gen(w) : (uint32_t)(seed >> 40) & 0xffu;
		arg = word_lpi_arg(gen, seed >> 58 & 1 ? word_target(w) : (uint32_t)(seed >> 20) & 0x1fffu);
		for (e = 0; e < sizeof(events) / sizeof(events[0]); e++) {
			uint64_t after = events[e](w, arg);

			assert_int_equal(word_gen(after), word_gen(w));
			if (gen != word_gen(w) || (w & W_DEAD))
				assert_true(after == w);
			assert_int_equal(after & (W_QUEUED | W_HOME_MASK | W_LPI | W_EDGE),
			                 w & (W_QUEUED | W_HOME_MASK | W_LPI | W_EDGE));
		}
		if (gen != word_gen(w) || (w & W_DEAD))
			continue;
		/* The short ways say what the long ones do. */
		assert_int_equal(word_msi_pends(w, arg), word_msi(w, arg) == w);
		assert_int_equal(word_configured(w, arg), word_configure(w, arg) == w);
		assert_true(word_msi(w, arg) & W_PEND);
		assert_int_equal(word_target(word_msi(w, arg)), arg & 0x1fffu);
		assert_false(word_clear(w, arg) & (W_PEND | W_LATCH));
		assert_false(word_deliverable(word_unlink(w, arg)));
		assert_true(word_unlink(w, arg) & W_DEAD);
		assert_int_equal(word_flushed(w, arg) == word_clear(w, arg),
		                 word_target(w) == (arg & 0x1fffu) || !(w & W_LATCH));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),   cmocka_unit_test(test_events),
		cmocka_unit_test(test_owner),    cmocka_unit_test(test_plain),
		cmocka_unit_test(test_handover), cmocka_unit_test(lpi_events_know_whom_they_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
