/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The harness of the race: runs the works of work.h on each peer and compares what the guest saw. run.py calls it:
 *
 *	race check         all works on all peers; exit status 1 if their logs differ
 *	race count         under callgrind: a dump for each figure, the uncounted parts left out by
 *--toggle-collect=race_aside race time REPEATS  nanoseconds and rates, peers by turns, the same work by each in turn
 *
 * Each line of output is "peer|figure|unit|value"; a dump's description is "peer|figure|instructions|per".
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <valgrind/callgrind.h>

#include "common.h"

extern const struct race_peer *const race_peers[]; /* made by build.sh: libvgic first, NULL last */

static enum {
	CHECK,
	COUNT,
	TIME
} mode;
static const struct race_peer *peer;

void race_die(const char *file, int line, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "race: %s: %s:%d: %s\n", peer ? peer->name : "-", file, line, what);
	exit(1);
}

/* --- memory --- */

#define LINE    64u
#define CLASSES 128u /* sizes that are multiples of a cache line, each block on lines of its own; larger: calloc */

struct block {
	_Alignas(LINE) size_t size;
	struct block *next;
};

static struct block *pool[CLASSES];
unsigned long race_allocated;

static void *lines(size_t size)
{
	void *mem = aligned_alloc(LINE, size);

	race_need(mem != NULL);
	memset(mem, 0, size);
	return mem;
}

void *race_alloc(unsigned long size)
{
	size_t class = (size + sizeof(struct block) + LINE - 1) / LINE;
	struct block *b;

	race_allocated += size;
	if (class >= CLASSES) {
		b = lines(class * LINE);
	} else if (pool[class]) {
		b = pool[class];
		pool[class] = b->next;
		memset(b, 0, class * LINE);
	} else {
		unsigned char *slab = lines(64 * class * LINE);
		unsigned int i;

		for (i = 63; i; i--) {
			b = (struct block *)(void *)(slab + i * class * LINE);
			b->next = pool[class];
			pool[class] = b;
		}
		b = (struct block *)(void *)slab;
	}
	b->size = size;
	return b + 1;
}

void race_free(const void *mem)
{
	struct block *b = (struct block *)mem - 1;
	size_t class;

	if (!mem)
		return;
	race_allocated -= b->size;
	class = (b->size + sizeof(*b) + LINE - 1) / LINE;
	if (class >= CLASSES) {
		free(b);
		return;
	}
	b->next = pool[class];
	pool[class] = b;
}

static unsigned char ram[RACE_RAM_SIZE];

_Bool race_ram_read(race_u64 gpa, void *buf, unsigned long len)
{
	if (gpa < RACE_RAM || gpa - RACE_RAM > RACE_RAM_SIZE - len)
		return false;
	memcpy(buf, ram + (gpa - RACE_RAM), len);
	return true;
}

_Bool race_ram_write(race_u64 gpa, const void *buf, unsigned long len)
{
	if (gpa < RACE_RAM || gpa - RACE_RAM > RACE_RAM_SIZE - len)
		return false;
	memcpy(ram + (gpa - RACE_RAM), buf, len);
	return true;
}

_Thread_local unsigned long race_kicks;

/* --- the log --- */

#define MAX_LOG (1u << 22)

static race_u64 *log_of, log_of_first[MAX_LOG], log_of_other[MAX_LOG];
static uint32_t logged, logged_first;

void race_log(race_u64 value)
{
	if (mode == TIME)
		return;
	race_need(logged < MAX_LOG);
	log_of[logged++] = value;
}

static void log_begin(bool first)
{
	logged = 0;
	log_of = first ? log_of_first : log_of_other;
}

static bool log_same(const struct race_work *work)
{
	uint32_t i;

	for (i = 0; i < logged && i < logged_first; i++)
		if (log_of_first[i] != log_of_other[i])
			break;
	if (i == logged && i == logged_first)
		return true;
	fprintf(stderr, "race: %s: entry %u of the log differs: %s %llx of %u, %s %llx of %u\n", work->name, i,
	        race_peers[0]->name, i < logged_first ? log_of_first[i] : 0, logged_first, peer->name,
	        i < logged ? log_of_other[i] : 0, logged);
	return false;
}

/* --- the guest --- */

/* By priority, among equals by INTID: the same for peers that fill the list registers in different order. */
static void guest(void *ctx)
{
	race_u64 *lr = ctx, best;
	unsigned int i, n, at = 0;

	for (n = 0; n < RACE_LRS; n++) {
		best = ~0ull;
		for (i = 0; i < RACE_LRS; i++) {
			race_u64 rank = (lr[i] >> 48 & 0xff) << 32 | (lr[i] & 0xffffffff);

			if (lr[i] >> 62 == 1 && rank < best) {
				best = rank;
				at = i;
			}
		}
		if (best == ~0ull)
			return;
		race_log(best);
		lr[at] = 0;
	}
}

static unsigned int pending(const race_u64 *lr)
{
	unsigned int i, n = 0;

	for (i = 0; i < RACE_LRS; i++)
		n += lr[i] >> 62 == 1;
	return n;
}

unsigned int race_guest_thread(race_u64 *lr)
{
	unsigned int n = pending(lr), i;

	for (i = 0; i < RACE_LRS; i++)
		lr[i] = 0;
	return n;
}

unsigned int race_guest_aside(race_u64 *lr)
{
	unsigned int n = pending(lr);

	if (mode == TIME)
		return race_guest_thread(lr);
	guest(lr);
	return n;
}

__attribute__((noinline)) unsigned int race_guest(race_u64 *lr)
{
	return race_guest_aside(lr);
}

/* --- the stop-watch --- */

unsigned int race_scale = 1;
static uint64_t started, aside, aside_cost;

static uint64_t clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What this thread has used of a CPU: others may run on the machine. */
static uint64_t now(void)
{
	return clock_now(CLOCK_THREAD_CPUTIME_ID);
}

static void say(const char *name, const char *unit, double value)
{
	printf("%s|%s|%s|%.3f\n", peer->name, name, unit, value);
	fflush(stdout);
}

void race_begin(void)
{
	aside = 0;
	started = now();
	if (mode == COUNT) {
		CALLGRIND_START_INSTRUMENTATION;
		CALLGRIND_ZERO_STATS;
	}
}

void race_end(const char *name, unsigned int per)
{
	uint64_t took;
	char text[160];

	if (mode == COUNT) {
		CALLGRIND_TOGGLE_COLLECT;
		snprintf(text, sizeof(text), "%s|%s|instructions|%u", peer->name, name, per);
		CALLGRIND_DUMP_STATS_AT(text);
		CALLGRIND_TOGGLE_COLLECT;
		CALLGRIND_STOP_INSTRUMENTATION;
	}
	took = now() - started - aside;
	if (mode == TIME)
		say(name, "ns", (double)took / per);
}

__attribute__((noinline)) void race_aside(void (*what)(void *ctx), void *ctx)
{
	uint64_t from = now();

	what(ctx);
	aside += now() - from + aside_cost;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

/* What remains of race_aside() in the time. */
static void calibrate(void)
{
	unsigned int i, n = 10000;
	uint64_t from = now();

	aside = 0;
	for (i = 0; i < n; i++)
		race_aside(nothing, NULL);
	aside_cost = (now() - from - aside) / n;
}

void race_bytes(const char *name, unsigned long bytes)
{
	if (mode == COUNT)
		say(name, "bytes", (double)bytes);
}

/* --- threads --- */

struct crew {
	atomic_uint missing;
	void (*body)(void *ctx, unsigned int thread);
	void *ctx;
};

struct member {
	struct crew *crew;
	unsigned int thread;
	uint64_t from, to;
};

static void *member(void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct member *m = arg;

	/* Both at once and nobody else, for some milliseconds; who may not has to be lucky. */
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &first);
	atomic_fetch_sub(&m->crew->missing, 1);
	while (atomic_load(&m->crew->missing))
		sched_yield();
	m->from = clock_now(CLOCK_MONOTONIC);
	m->crew->body(m->crew->ctx, m->thread);
	m->to = clock_now(CLOCK_MONOTONIC);
	return NULL;
}

/* From the first to start to the last to end. */
void race_threads(const char *name, unsigned int nr, unsigned int each, void (*body)(void *ctx, unsigned int thread),
                  void *ctx)
{
	struct crew crew = { .body = body, .ctx = ctx };
	uint64_t from = UINT64_MAX, to = 0;
	struct member members[8];
	pthread_t threads[8];
	unsigned int i;

	race_need(nr <= 8);
	atomic_init(&crew.missing, nr);
	for (i = 0; i < nr; i++) {
		members[i] = (struct member){ .crew = &crew, .thread = i };
		race_need(!pthread_create(&threads[i], NULL, member, &members[i]));
	}
	for (i = 0; i < nr; i++) {
		pthread_join(threads[i], NULL);
		from = members[i].from < from ? members[i].from : from;
		to = members[i].to > to ? members[i].to : to;
	}
	if (mode == TIME)
		say(name, "M/s", (double)nr * each * 1e3 / (double)(to - from));
}

/* --- the race --- */

static void run(unsigned int n, const struct race_peer *who)
{
	uint64_t from;

	peer = who;
	log_begin(who == race_peers[0]);
	from = now();
	who->works[n].run(&who->works[n]);
	if (getenv("RACE_VERBOSE"))
		fprintf(stderr, "race: %s: %s: %.1f s\n", who->name, who->works[n].name, (double)(now() - from) / 1e9);
	if (who == race_peers[0])
		logged_first = logged;
}

static bool wanted(const struct race_work *work, const struct race_peer *who)
{
	switch (mode) {
	case CHECK:
		return work->kind != RACE_SIZE && !(work->kind == RACE_LARGE && who->quadratic);
	case COUNT:
		return work->kind == RACE_ROUND || work->kind == RACE_SIZE ||
		       (work->kind == RACE_LARGE && !who->quadratic);
	default:
		return work->kind == RACE_ROUND || work->kind == RACE_LARGE || work->kind == RACE_PARALLEL;
	}
}

int main(int argc, char **argv)
{
	unsigned int n, turn, turns = 1;
	const char *name = argc > 1 ? argv[1] : "";
	bool ok = true;
	size_t i;

	if (!strcmp(name, "count"))
		mode = COUNT;
	else if (!strcmp(name, "time") && argc > 2) {
		mode = TIME;
		turns = (unsigned int)atoi(argv[2]);
		race_scale = 50;
		calibrate();
	} else if (strcmp(name, "check")) {
		fprintf(stderr, "usage: race check | count | time REPEATS [WORK]\n");
		return 2;
	}
	for (n = 0; n < race_peers[0]->nr_works; n++) {
		if (argc > 3 && !strstr(race_peers[0]->works[n].name, argv[3]))
			continue;
		for (turn = 0; turn < turns * (race_peers[0]->works[n].kind == RACE_PARALLEL ? 10 : 1); turn++)
			for (i = 0; race_peers[i]; i++) {
				/* What takes seconds is done once. */
				if (!wanted(&race_peers[i]->works[n], race_peers[i]) ||
				    (turn && race_peers[i]->works[n].kind == RACE_LARGE && race_peers[i]->quadratic))
					continue;
				run(n, race_peers[i]);
				if (mode != TIME && i && !log_same(&race_peers[i]->works[n]))
					ok = false;
			}
	}
	return ok ? 0 : 1;
}
