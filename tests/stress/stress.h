/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * stress.h - what the files of the stress program share: the sources of interrupts and their accounts, and the threads
 * that do everything at once.
 *
 * A round is the life of one VM: built, run with all actors, now and then brought to rest (a "lull", in which every
 * account is settled), and destroyed, at rest or in the middle of everything.
 */
#ifndef VGIC_TESTS_STRESS_H
#define VGIC_TESTS_STRESS_H

#include <stdalign.h>
#include <stdatomic.h>

#include <vgic_mock.h>

#define MAX_VCPUS     8u
#define MAX_INJECTORS 8u
#define NR_ITS        2u
#ifndef STUCK_MS
#define STUCK_MS 30000u
#endif

/* --- Sources of interrupts and their accounts (source.c) --- */

enum promise {
	/*
	 * Triggered again only after the handler has run: each trigger is handled once, no more and no less, and in
	 * order. The payload is ordinary memory. What orders the device's write before the handler's read is the
	 * library, and ThreadSanitizer says so if it does not.
	 */
	EXACT,
	/* Triggered at will, edges merge: no more interrupts than triggers, and the last trigger is seen. */
	MERGED,
	/* As MERGED, but now and then somebody clears or unmaps it, and a trigger may be lost. */
	CLEARED,
};

struct source {
	uint32_t intid;
	uint32_t cpu; /* of an SGI or PPI */
	enum promise promise;
	bool level;
	bool by_other;               /* triggered by others than injectors: a write of ISPENDR, INT */
	uint32_t its, device, event; /* of an LPI */
	/* Accounts. "sent" has one writer. */
	alignas(64) atomic_uint sent; /* triggers begun */
	atomic_uint seen;             /* the last trigger that a handler knows of */
	atomic_uint acks;
	atomic_uint
		barred;   /* the epoch from which on it may not be taken (disabled, unmapped); 0: it may, or soon may */
	uint64_t since;   /* EXACT: when it was triggered */
	uint32_t payload; /* EXACT: the number of the trigger */
	uint32_t last;    /* what the handler before saw; not for MERGED LPIs, which have no active state */
};

/*
 * SGI n of vCPU n to one other, SGI 8 + n to all others; two PPIs each; SPIs; events of two ITSs with a device that
 * stays and one that comes and goes.
 */
#define NR_SPIS             32u
#define NR_EVENTS           24u
#define PPI_LEVEL           27u
#define PPI_EDGE            28u
#define STABLE              9u /* DeviceIDs */
#define CHURNED             20u
#define FIRST_CLEARED_EVENT 20u
#define FIRST_CLEARED_SPI   26u
/* The last two that are MERGED are triggered by others than injectors. */
#define SPI_BY_WRITE (FIRST_CLEARED_SPI - 2)
#define EVENT_BY_INT (FIRST_CLEARED_EVENT - 2)

struct source *sgi_source(uint32_t intid, uint32_t to);
struct source *ppi_source(uint32_t intid, uint32_t cpu);
struct source *spi_source(uint32_t n);
struct source *lpi_source(uint32_t its, uint32_t event);
void sources_init(void);
/* The n-th of the SPIs, LPIs and PPIs; NULL: there are no more. */
struct source *device_source(uint32_t n);
/* One more trigger is on record; its number. Then make it. */
uint32_t source_send(struct source *s);
/* An EXACT one that has not been handled yet; aborts if that takes too long. */
bool source_busy(struct source *s);
/* It has been disabled or unmapped: whoever acknowledges from now on must not get it. And before that is undone. */
void source_bar(struct source *s);
void source_unbar(struct source *s);
/* All triggers have been seen. */
bool source_settled(struct source *s);
/* By an injector: trigger it, if it may be. */
void source_trigger(struct source *s);
/* The handler of the guest. "epoch" is from before the acknowledge. */
void source_handle(uint32_t cpu, uint32_t intid, uint32_t epoch);
/* If not ok: say what and why, and abort. */
void check(bool ok, const char *what, const struct source *s);
void for_each_source(void (*fn)(struct source *s, void *arg), void *arg);

/* --- A round (main.c) --- */

enum count {
	HANDLED,
	NESTED,
	SGIS,
	OFFS,
	ROUTES,
	ENABLES,
	CLEARS,
	COMMANDS,
	REMAPS,
	HOSTED,
	LULLS,
	NR_COUNTS
};

struct round {
	struct mock_vm *vm;
	struct mock_config config;
	bool v4, trace;
	uint32_t seed;
	atomic_bool stop, lull, over;
	atomic_uint parked;
	atomic_uint epoch;               /* disables and DISCARDs that are over */
	atomic_uint dir;                 /* an SPI that any vCPU in EOImode 1 may deactivate; 0: none */
	atomic_uint off_wanted, off_now; /* 1 + the vCPU that is to stay off, and the one that does; 0: none */
	atomic_ullong count[NR_COUNTS];
};

extern struct round all;

static inline void count(enum count what)
{
	atomic_fetch_add_explicit(&all.count[what], 1, memory_order_relaxed);
}

/* Each actor's loop begins with it: rests during a lull; false: the round ends. */
bool keep_on(void);
void nap(void);
uint64_t now_ms(void);
uint32_t random32(uint32_t *seed);
static inline bool one_in(uint32_t n, uint32_t *seed)
{
	return random32(seed) % n == 0;
}

/* trace.c: with --trace, for failures */
void trace_begin(void);
void trace_note(const char *what, uint32_t cpu, uint32_t intid, uint64_t word, uint64_t arg);
void trace_print(uint32_t cpu, uint32_t intid);

/* --- Actors --- */

/* guest.c */
void guest(struct mock_vm *vm, uint32_t cpu, void *arg);

/* meddle.c: changes routes; changes enables, priorities, group enables, clears; looks at everything. */
void *router(void *arg);
void *enabler(void *arg);

/* its.c: the guest's commands, one thread an ITS; the host, which has work to do and hardware to lend. */
void *commander(void *its);
void *deferred(void *arg);
void *host(void *arg);
void its_init(void);
/* In a lull: map what could not be mapped, and trigger it. */
void its_probe(struct source *s);
/* In a lull: let everything go where it should. */
void host_settle(void);
/* All vCPUs are stopped: unmap everything, and see that every LPI comes back. */
void its_check_pool(void);

#endif
