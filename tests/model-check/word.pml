/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the state word of an interrupt and its transitions (src/core/word.h) in Promela.
 *
 * All interrupts are edge-triggered, so PEND is LATCH. Levels, priorities and groups are left out: they are functions
 * of the word alone, and tests/unit/test_word.c goes through all words.
 *
 * A comment "C: FILE FUNCTION: TEXT" says what the lines below it are made from. check.py looks whether that function
 * still contains that text, and whether each atomic operation of the functions that are quoted is in some quotation.
 */
#define LATCH   1
#define ENABLED 2
#define ACTIVE  4
#define DEAD    8
#define INBOX   16
#define FIFO    32
#define SPILL   64
#define IN_LR   128
#define TARGET  256 /* one bit: there are two vCPUs */
#define HOME    512
#define IRM     1024
#define GEN     6144 /* two bits */
#define PLACES  (FIFO | SPILL | IN_LR)
#define QUEUED  (INBOX | PLACES)
#define NOWHERE 2 /* as an answer of the oracle */

/* State of a list register. */
#define P 1
#define A 2

#define target_of(w)      (((w) >> 8) & 1)
#define home_of(w)        (((w) >> 9) & 1)
#define with_target(w, v) (((w) & ~TARGET) | ((v) << 8))
#define with_home(w, v)   (((w) & ~HOME) | ((v) << 9))

/* C: src/core/word.h word_deliverable: (w & (W_PEND | W_ENABLED | W_DEAD | W_ACTIVE | W_FORWARD)) == (W_PEND | W_ENABLED) */
#define deliverable(w) (((w) & (LATCH | ENABLED | DEAD | ACTIVE)) == (LATCH | ENABLED))

/* C: src/core/word.h word_oracle: if (w & W_ACTIVE) return w & W_QUEUED ? word_home(w) : word_target(w); */
/* C: src/core/word.h word_oracle: return word_deliverable(w) ? word_target(w) : W_NOWHERE; */
#define oracle(w) \
	(((w) & ACTIVE) -> (((w) & QUEUED) -> home_of(w) : target_of(w)) : (deliverable(w) -> target_of(w) : NOWHERE))

/* C: src/core/word.h word_attention: if (changed & always) return true; */
/* C: src/core/word.h word_attention: return (w & ~old & W_LATCH) || */
/* C: src/core/word.h word_attention: return (changed & W_PEND) != 0; */
#define attention(old, w) \
	((((old) ^ (w)) & (ENABLED | ACTIVE | DEAD | TARGET)) || \
	 (((w) & IN_LR) -> ((w) & ~(old) & LATCH) : (((old) ^ (w)) & LATCH)))

/* C: src/core/word.h word_queue: if (w & W_INBOX) return w; */
/* C: src/core/word.h word_queue: if (w & W_PLACES) return word_attention(old, w) ? w | W_INBOX : w; */
/* C: src/core/word.h word_queue: to = word_oracle(w); return to == W_NOWHERE ? w : word_with_home(w | W_INBOX, to); */
#define queue(old, w) \
	(((w) & INBOX) -> (w) : \
	 (((w) & PLACES) -> (attention(old, w) -> ((w) | INBOX) : (w)) : \
	  ((oracle(w) == NOWHERE) -> (w) : with_home((w) | INBOX, oracle(w)))))

/* C: src/core/word.h word_take: uint64_t bare = w & ~W_QUEUED; */
/* C: src/core/word.h word_take: if (w & W_ACTIVE) return bare | W_SPILL; if (!word_deliverable(w)) return bare; */
/* C: src/core/word.h word_take: to = word_target(w); if (to == self) return bare | W_FIFO; */
/* C: src/core/word.h word_take: return to == W_NOWHERE ? bare : word_with_home(bare | W_INBOX, to); */
#define take(w, self) \
	(((w) & ACTIVE) -> (((w) & ~QUEUED) | SPILL) : \
	 (!deliverable(w) -> ((w) & ~QUEUED) : \
	  ((target_of(w) == (self)) -> (((w) & ~QUEUED) | FIFO) : with_home(((w) & ~QUEUED) | INBOX, target_of(w)))))

/* C: src/core/word.h word_lr_state: (W_LATCH | W_EDGE | W_ENABLED); */
/* C: src/core/word.h word_lr_state: return pend && word_target(w) == self && word_lr_key(w) == word_key(w) ? LR_A | LR_P : LR_A; */
/* C: src/core/word.h word_lr_state: return word_deliverable(w) && word_target(w) == self ? LR_P : 0; */
#define lr_state(w, self) \
	(((w) & ACTIVE) -> \
	 ((((w) & (LATCH | ENABLED | DEAD)) == (LATCH | ENABLED) && target_of(w) == (self)) -> (A | P) : A) : \
	 ((deliverable(w) && target_of(w) == (self)) -> P : 0))

/* C: src/core/word.h word_load: w = (w & ~(W_FIFO | W_SPILL)) | W_IN_LR; */
/* C: src/core/word.h word_load: if ((state & LR_P) && (w & W_EDGE)) w &= ~W_LATCH; */
#define load(w, state) ((((w) & ~(FIFO | SPILL)) | IN_LR) & (((state) & P) -> ~LATCH : ~0))

/* C: src/core/word.h word_fold: w = word_activity(w, now & LR_A, key); */
/* C: src/core/word.h word_activity: if (w & W_LPI) return w; */
/* C: src/core/word.h word_activity: return word_flag(w, W_ACTIVE, on) */
#ifdef LPI
#define fold(w, now) (w)
#else
#define fold(w, now) (((w) & ~ACTIVE) | (((now) & A) -> ACTIVE : 0))
#endif

/* C: src/core/word.h word_unload: w = word_fold(w, was, now, key); if ((now & LR_P) && (w & W_EDGE)) w |= W_LATCH; */
/* C: src/core/word.h word_unload: return word_settle(w & ~W_IN_LR); */
#define unload(w, now) ((fold(w, now) | (((now) & P) -> LATCH : 0)) & ~IN_LR)
