/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What every peer of the race gets from the harness (race.c), whatever headers it is compiled with: memory, guest
 * memory, a spin lock, a kick, the hardware's half of a list register, and the stop-watch. The same code for all, so
 * that none is charged for another's surroundings.
 */
#ifndef RACE_COMMON_H
#define RACE_COMMON_H

typedef unsigned long long race_u64;

/* Where the frames are: Distributor, Redistributors (128 KiB a vCPU), ITS. */
#define RACE_GICD 0x08000000ull
#define RACE_GICR 0x0a000000ull
#define RACE_GITS 0x20000000ull

/* Host memory, zeroed, from free lists by size; not for two threads at once. race_allocated: bytes asked for, in use.
 */
void *race_alloc(unsigned long size);
void race_free(const void *mem);
extern unsigned long race_allocated;

/* Guest memory: one piece. False: not all of the range is in it. */
#define RACE_RAM      0x40000000ull
#define RACE_RAM_SIZE 0x2000000ull
_Bool race_ram_read(race_u64 gpa, void *buf, unsigned long len);
_Bool race_ram_write(race_u64 gpa, const void *buf, unsigned long len);

/* A vCPU is told to look at its interrupts: a hypervisor's own cost, here one store to a place of the thread's own. */
extern _Thread_local unsigned long race_kicks;
static inline void race_kick(void)
{
	*(volatile unsigned long *)&race_kicks = 1;
}

_Noreturn void race_die(const char *file, int line, const char *what);
#define race_need(cond) ((cond) ? (void)0 : race_die(__FILE__, __LINE__, #cond))

/* One atomic operation to take it if it is free, a plain store to release it. */
struct race_lock {
	unsigned int held;
};

static inline void race_lock(struct race_lock *lock)
{
	unsigned int was = 0;

	while (__builtin_expect(
		!__atomic_compare_exchange_n(&lock->held, &was, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED), 0)) {
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			__builtin_ia32_pause();
		was = 0;
	}
}

static inline void race_unlock(struct race_lock *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

/*
 * The guest between an entry and an exit: it acknowledges and ends what is pending in its list registers (16 of them),
 * highest priority first. Returns how many. Never counted; what it took goes into the log. Within race_aside(): the
 * other.
 */
#define RACE_LRS 16u
unsigned int race_guest(race_u64 *lr);
unsigned int race_guest_aside(race_u64 *lr);
/* In a thread of race_threads(): without a log. */
unsigned int race_guest_thread(race_u64 *lr);

/* A value that all peers must agree about. */
void race_log(race_u64 value);

/*
 * A figure is what happens between begin and end, divided by "per"; race_aside() does something in between that does
 * not count. Works repeat what is short race_scale times more often when time is taken.
 */
extern unsigned int race_scale;
void race_begin(void);
void race_end(const char *name, unsigned int per);
void race_aside(void (*what)(void *ctx), void *ctx);
void race_bytes(const char *name, unsigned long bytes);

/* Run body(ctx, 0) to body(ctx, nr - 1) in threads of their own; the rate is "each" x nr by the time that they took. */
void race_threads(const char *name, unsigned int nr, unsigned int each, void (*body)(void *ctx, unsigned int thread),
                  void *ctx);

/* What a peer is to race.c: its works, the same table for each (work.h). */
enum race_kind {
	RACE_ROUND = 1,    /* instructions and time */
	RACE_LARGE = 2,    /* 57,344 LPIs: time, and instructions where building them takes no seconds */
	RACE_PARALLEL = 4, /* throughput of threads */
	RACE_SIZE = 8,     /* bytes */
	RACE_EQUAL = 16,   /* only for comparison */
};

struct race_work {
	const char *name;
	enum race_kind kind;
	void (*run)(const struct race_work *work);
	unsigned int k;
};

struct race_peer {
	const char *name;
	const struct race_work *works;
	unsigned int nr_works;
	_Bool quadratic; /* building 57,344 LPIs takes seconds */
};

#endif
