/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the vCPUs: they take interrupts, also while they handle others, end them, and do all that a guest does beside.
 * Locks: none.
 */
#include <sched.h>

#include "stress.h"

#define MAX_DEPTH  6u
#define MAX_UNDONE 6u

struct vcpu {
	struct mock_vm *vm;
	uint32_t cpu, seed;
	bool eoimode1;
	uint32_t depth;
	uint32_t active[MAX_DEPTH]; /* in the order of acknowledging */
	/* EOImode 1: ended, and active still. */
	uint32_t nr_undone;
	uint32_t undone[MAX_UNDONE];
};

static void note(const struct vcpu *c, const char *what, uint32_t intid)
{
	if (all.trace)
		trace_note(what, c->cpu, intid, 0, c->depth);
}

static void setup(const struct vcpu *c)
{
	mock_guest_set_pmr(c->vm, c->cpu, 0xff);
	mock_guest_set_ctlr(c->vm, c->cpu, c->eoimode1 ? ICC_CTLR_EOImode : 0);
	mock_guest_set_igrpen(c->vm, c->cpu, 1, true);
}

/* Of those that are ended one, in any order. An SPI may be left to any vCPU, and that of another is done instead. */
static void deactivate(struct vcpu *c)
{
	uint32_t n = random32(&c->seed) % c->nr_undone, intid = c->undone[n];

	c->undone[n] = c->undone[--c->nr_undone];
	if (intid >= LVGIC_FIRST_SPI && one_in(2, &c->seed)) {
		intid = atomic_exchange(&all.dir, intid);
		if (!intid)
			return;
	}
	note(c, "(dir)", intid);
	mock_guest_dir(c->vm, c->cpu, intid);
}

static void deactivate_all(struct vcpu *c)
{
	uint32_t intid;

	while (c->nr_undone)
		deactivate(c);
	intid = c->eoimode1 ? atomic_exchange(&all.dir, 0) : 0;
	if (intid)
		note(c, "(dir)", intid);
	mock_guest_dir(c->vm, c->cpu, intid);
}

/* In EOImode 1 an end is in two parts. */
static void end(struct vcpu *c)
{
	uint32_t intid = c->active[--c->depth];

	note(c, "(eoi)", intid);
	mock_guest_eoi(c->vm, c->cpu, 1, intid);
	note(c, "(eoid)", intid);
	if (!c->eoimode1 || intid >= LVGIC_FIRST_LPI)
		return;
	c->undone[c->nr_undone++] = intid;
	if (c->nr_undone == MAX_UNDONE || !one_in(4, &c->seed))
		deactivate(c);
}

static void send_to_one(struct vcpu *c)
{
	uint32_t to = random32(&c->seed) % all.config.nr_vcpus;
	struct source *s = sgi_source(c->cpu, to);

	if (source_busy(s))
		return;
	(void)source_send(s);
	mock_guest_sgi(c->vm, c->cpu, 1, c->cpu, to);
	count(SGIS);
}

static void send_to_others(struct vcpu *c)
{
	uint32_t intid = MAX_VCPUS + c->cpu;

	for (uint32_t to = 0; to < all.config.nr_vcpus; to++)
		if (to != c->cpu && source_busy(sgi_source(intid, to)))
			return;
	for (uint32_t to = 0; to < all.config.nr_vcpus; to++)
		if (to != c->cpu)
			(void)source_send(sgi_source(intid, to));
	mock_guest_sgi(c->vm, c->cpu, 1, intid, MOCK_DEBUGGER);
	count(SGIS);
}

static void off_and_on(struct vcpu *c)
{
	mock_vcpu_off(c->vm, c->cpu);
	for (uint32_t n = random32(&c->seed) % 4; n; n--)
		nap();
	mock_vcpu_on(c->vm, c->cpu);
	setup(c);
	count(OFFS);
}

/* Until it is wanted again. */
static void stay_off(struct vcpu *c)
{
	mock_vcpu_off(c->vm, c->cpu);
	atomic_store(&all.off_now, c->cpu + 1);
	while (atomic_load(&all.off_wanted) == c->cpu + 1)
		nap();
	mock_vcpu_on(c->vm, c->cpu);
	setup(c);
	atomic_store(&all.off_now, 0);
}

/* Redistributor to sleep and back, as before and after a power-off. */
static void sleep_and_wake(struct vcpu *c)
{
	mock_redist_w(c->vm, c->cpu, c->cpu, GICR_WAKER, 4, GICR_WAKER_ProcessorSleep);
	if (one_in(2, &c->seed))
		off_and_on(c);
	mock_redist_w(c->vm, c->cpu, c->cpu, GICR_WAKER, 4, 0);
}

static void diversion(struct vcpu *c)
{
	struct mock_vm *vm = c->vm;
	uint32_t cpu = c->cpu;

	switch (random32(&c->seed) % 16) {
	case 0:
		off_and_on(c);
		break;
	case 1:
		mock_guest_set_igrpen(vm, cpu, 1, false);
		mock_guest_nop(vm, cpu);
		mock_guest_set_igrpen(vm, cpu, 1, true);
		break;
	case 2:
		mock_guest_set_pmr(vm, cpu, 0x80);
		mock_guest_nop(vm, cpu);
		mock_guest_set_pmr(vm, cpu, 0xff);
		break;
	case 3:
		(void)mock_dist_r(vm, cpu, GICD_ISACTIVER + 4, 4);
		break;
	case 4:
		mock_irq_route(vm, cpu, LVGIC_FIRST_SPI + random32(&c->seed) % NR_SPIS, cpu);
		break;
	case 5:
		sleep_and_wake(c);
		break;
	case 6:
		/* Preempted by the host. */
		if (all.v4)
			mock_vcpu_put(vm, cpu);
		break;
	case 7:
		mock_redist_w(vm, cpu, cpu, GICR_INVALLR, 8, 0);
		break;
	case 8:
	case 9:
		send_to_others(c);
		break;
	default:
		send_to_one(c);
		break;
	}
}

void guest(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	struct vcpu c = { .vm = vm, .cpu = cpu, .seed = all.seed + cpu, .eoimode1 = cpu % 2 };

	(void)arg;
	setup(&c);
	while (!mock_stopping(vm)) {
		uint32_t epoch = atomic_load(&all.epoch), intid = mock_guest_ack(vm, cpu, 1);

		if (intid != GIC_INTID_SPURIOUS) {
			note(&c, "(ack)", intid);
			c.active[c.depth++] = intid;
			source_handle(cpu, intid, epoch);
			if (c.depth > 1)
				count(NESTED);
			if (c.depth == MAX_DEPTH || !one_in(4, &c.seed))
				end(&c);
			else
				/* A long handler: time for those of higher priority to come. */
				sched_yield();
		} else if (c.depth) {
			end(&c);
		} else {
			deactivate_all(&c);
			if (atomic_load(&all.off_wanted) == cpu + 1)
				stay_off(&c);
			else if (!atomic_load(&all.lull) && !atomic_load(&all.stop))
				diversion(&c);
			/* In a lull it sleeps until somebody wakes it for a reason. */
			if (atomic_load(&all.lull) || !one_in(4, &c.seed))
				mock_guest_wfi(vm, cpu);
		}
	}
}
