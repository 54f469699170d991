/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the last events of a round, for those who want to know how it came to a failure (--trace): what the library
 * said to ops->trace, and what the guests did.
 * Locks: none. Threads overwrite each other's oldest events; an order within a few instructions means nothing.
 */
#include <stdio.h>

#include "stress.h"

#define SIZE  (1u << 20)
#define SHOWN 60u

struct note {
	const char *what;
	uint32_t cpu, intid;
	uint64_t word, arg;
};

static struct note ring[SIZE];
static atomic_uint next;

void trace_note(const char *what, uint32_t cpu, uint32_t intid, uint64_t word, uint64_t arg)
{
	uint32_t i = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);

	ring[i % SIZE] = (struct note){ .what = what, .cpu = cpu, .intid = intid, .word = word, .arg = arg };
}

static void from_library(struct mock_vm *vm, const struct lvgic_event *event, void *arg)
{
	(void)vm;
	(void)arg;
	trace_note(lvgic_strevent(event->kind), event->vcpu, event->intid, event->word, event->arg);
}

void trace_begin(void)
{
	mock_on_event(all.vm, from_library, NULL);
}

void trace_print(uint32_t cpu, uint32_t intid)
{
	uint32_t end = atomic_load(&next), begin = end > SIZE ? end - SIZE : 0, first = end, found = 0;

	while (first > begin && found < SHOWN) {
		const struct note *n = &ring[--first % SIZE];

		found += n->intid == intid && (intid >= LVGIC_NR_PRIVATE || n->cpu == cpu);
	}
	for (; first < end; first++) {
		const struct note *n = &ring[first % SIZE];

		if (n->intid == intid && (intid >= LVGIC_NR_PRIVATE || n->cpu == cpu))
			fprintf(stderr, "%8u vCPU %2d %-8s word %#14llx, %#llx\n", first, (int)n->cpu, n->what,
			        (unsigned long long)n->word, (unsigned long long)n->arg);
	}
}
