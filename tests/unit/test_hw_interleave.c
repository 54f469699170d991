/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Interleavings of several PEs, found by a seed and repeatable: one thread plays devices, vCPUs and a debugger in
 * turns, and wherever the library reports an event, that is in the middle of what it does, another of them may get a
 * turn.
 *
 * A device triggers its interrupt again only after the handler has run: each trigger must be handled exactly once.
 */
#include "hw.h"

#define NR_VCPUS 3u
#define FIRST    40u
#define NR_SPIS  12u
#define STEPS    1500u
#define SEEDS    200u

struct world {
	struct mock_vm *vm;
	uint32_t seed;
	uint32_t seed0; /* for the report */
	unsigned int depth;
	bool busy[NR_VCPUS];      /* in the library, or its turn is not over */
	bool debugger;            /* likewise */
	bool calm;                /* no more triggers and changes */
	uint32_t doing[NR_VCPUS]; /* the interrupt that its handler is in; 0: none */
	unsigned int triggered[NR_SPIS], handled[NR_SPIS];
	bool driving[NR_SPIS]; /* the device's call is not over */
};

static uint32_t random32(struct world *w, uint32_t n)
{
	w->seed = w->seed * 1664525u + 1013904223u;
	return (w->seed >> 8) % n;
}

static bool is_level(uint32_t intid)
{
	return intid % 3 == 0;
}

static void trigger(struct world *w)
{
	uint32_t i = random32(w, NR_SPIS);

	if (w->calm || w->driving[i] || w->triggered[i] != w->handled[i])
		return;
	w->triggered[i]++;
	w->driving[i] = true;
	mock_inject(w->vm, 0, FIRST + i, true);
	w->driving[i] = false;
}

/* One step of a guest: take an interrupt, or finish the one in hand. */
static void guest(struct world *w, uint32_t cpu)
{
	uint32_t intid = w->doing[cpu], i = intid - FIRST;

	if (w->busy[cpu])
		return;
	w->busy[cpu] = true;
	if (!intid) {
		intid = mock_guest_ack(w->vm, cpu, 1);
		if (intid != SPURIOUS) {
			if (intid < FIRST || intid >= FIRST + NR_SPIS ||
			    w->triggered[intid - FIRST] != w->handled[intid - FIRST] + 1)
				fail_msg("seed %u: vCPU %u took %u, which nobody triggered", w->seed0, cpu, intid);
			w->doing[cpu] = intid;
		}
	} else if (w->driving[i]) {
		/* The line is being raised just now: lower it later. */
	} else {
		w->driving[i] = true;
		if (is_level(intid))
			mock_inject(w->vm, 0, intid, false);
		w->driving[i] = false;
		w->handled[i]++;
		mock_guest_eoi(w->vm, cpu, 1, intid);
		if (cpu == 1)
			mock_guest_dir(w->vm, cpu, intid);
		w->doing[cpu] = 0;
	}
	w->busy[cpu] = false;
}

static void change(struct world *w)
{
	uint32_t intid = FIRST + random32(w, NR_SPIS);

	if (w->calm || w->debugger)
		return;
	w->debugger = true;
	switch (random32(w, 6)) {
	case 0:
	case 1:
		mock_irq_route(w->vm, MOCK_DEBUGGER, intid, random32(w, NR_VCPUS));
		break;
	case 2:
		mock_irq_route(w->vm, MOCK_DEBUGGER, intid, MOCK_DEBUGGER);
		break;
	case 3:
		mock_irq_set_prio(w->vm, MOCK_DEBUGGER, intid, 0x80 + 8 * random32(w, 12));
		break;
	case 4:
		mock_irq_write(w->vm, MOCK_DEBUGGER, GICD_ICENABLER, intid);
		mock_irq_write(w->vm, MOCK_DEBUGGER, GICD_ISENABLER, intid);
		break;
	default:
		(void)mock_irq_read(w->vm, MOCK_DEBUGGER, GICD_ISPENDR, intid);
		(void)mock_irq_read(w->vm, MOCK_DEBUGGER, GICD_ISACTIVER, intid);
		break;
	}
	w->debugger = false;
}

static bool any_busy(const struct world *w)
{
	return w->busy[0] || w->busy[1] || w->busy[2];
}

static void turn(struct world *w)
{
	uint32_t cpu = random32(w, NR_VCPUS);

	switch (random32(w, 4)) {
	case 0:
		trigger(w);
		break;
	case 1:
		/* It may halt a vCPU, which must not be in the middle of something. */
		if (!any_busy(w))
			change(w);
		break;
	default:
		/* One that the debugger has halted is not in the guest. */
		if (!w->debugger || mock_vcpu_in_guest(w->vm, cpu))
			guest(w, cpu);
		break;
	}
}

static void on_event(struct mock_vm *vm, const struct lvgic_event *event, void *arg)
{
	struct world *w = arg;

	(void)vm;
	if (event->kind == LVGIC_EVENT_MMIO || w->depth > 3 || random32(w, 3))
		return;
	w->depth++;
	turn(w);
	w->depth--;
}

static void run(struct mock_config config, uint32_t seed)
{
	struct world w = { .seed = seed, .seed0 = seed };

	config.nr_vcpus = NR_VCPUS;
	w.vm = hw_vm(config);
	for (uint32_t i = 0; i < NR_SPIS; i++)
		mock_irq_set_edge(w.vm, 0, FIRST + i, !is_level(FIRST + i));
	mock_guest_set_ctlr(w.vm, 1, ICC_CTLR_EOImode);
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
		mock_guest_nop(w.vm, cpu);
	mock_on_event(w.vm, on_event, &w);
	for (uint32_t step = 0; step < STEPS; step++)
		turn(&w);
	w.calm = true;
	for (uint32_t step = 0; step < 100; step++)
		for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
			guest(&w, cpu);
	mock_on_event(w.vm, NULL, NULL);
	for (uint32_t i = 0; i < NR_SPIS; i++) {
		if (w.triggered[i] != w.handled[i])
			fail_msg("seed %u: %u is lost", seed, FIRST + i);
		if (mock_irq_read(w.vm, 0, GICD_ISACTIVER, FIRST + i) ||
		    mock_irq_read(w.vm, 0, GICD_ISPENDR, FIRST + i))
			fail_msg("seed %u: %u is left over", seed, FIRST + i);
	}
	mock_vm_destroy(w.vm);
}

static void interleavings(void **state)
{
	for (uint32_t seed = 1; seed <= SEEDS; seed++)
		run(hw_config(state, NR_VCPUS), seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(interleavings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
