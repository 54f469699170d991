/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Everything at once, in threads, for about a second each way: devices inject, vCPUs take and end, sleep, go off and
 * on, send SGIs, and somebody changes routes, priorities and enables and reads state all the while.
 *
 * A device triggers its interrupt again only after the handler has run. So each trigger must be handled exactly once,
 * and one that is lost shows as a device that waits for ever.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "hw.h"

#define NR_VCPUS 3u
#define FIRST    40u
#define NR_SPIS  24u
#define RUN_MS   900
#define STUCK_MS 20000

struct device {
	atomic_uint triggered;
	atomic_uint handled;
};

/* One way to run it. */
struct way {
	struct mock_config config;
	bool one_priority; /* never change priorities: many active ones of the same priority outside of list registers
	                    */
};

static struct {
	struct mock_vm *vm;
	bool one_priority;
	struct device spi[NR_SPIS];
	struct device sgi[NR_VCPUS][NR_VCPUS]; /* from, to: INTID is "from" */
	atomic_bool stop;
} all;

static bool is_level(uint32_t intid)
{
	return intid % 3 == 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint32_t random32(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Runs in other threads than the test, so it cannot fail it in the ordinary way. */
static void check(bool ok, const char *what, uint32_t intid)
{
	struct lvgic_explanation e;

	if (ok)
		return;
	lvgic_explain(mock_vgic(all.vm), intid < 32 ? mock_vcpu(all.vm, 0) : NULL, intid, &e);
	fprintf(stderr, "INTID %u: %s; vCPU %d: %s (%#llx)\n", intid, what, (int)e.vcpu, lvgic_strwhy(e.why),
	        (unsigned long long)e.word);
	abort();
}

/* --- Devices --- */

/* Each of the two devices' threads has every other SPI. */
static void *devices(void *arg)
{
	uint32_t which = *(const uint32_t *)arg, seed = which;
	uint64_t since[NR_SPIS] = { 0 };
	bool busy = true;

	while (!atomic_load(&all.stop) || busy) {
		busy = false;
		for (uint32_t i = which; i < NR_SPIS; i += 2) {
			struct device *d = &all.spi[i];

			if (atomic_load(&d->triggered) != atomic_load(&d->handled)) {
				busy = true;
				check(now_ms() - since[i] < STUCK_MS, "stuck", FIRST + i);
				continue;
			}
			if (atomic_load(&all.stop) || random32(&seed) % 4 == 0)
				continue;
			since[i] = now_ms();
			atomic_fetch_add(&d->triggered, 1);
			mock_inject(all.vm, 0, FIRST + i, true);
		}
		sched_yield();
	}
	return NULL;
}

/* --- The one who changes everything, as a debugger and without being a vCPU --- */

static void *meddler(void *arg)
{
	uint32_t seed = 77;

	(void)arg;
	while (!atomic_load(&all.stop)) {
		uint32_t intid = FIRST + random32(&seed) % NR_SPIS;

		switch (random32(&seed) % 6) {
		case 0:
		case 1:
			mock_irq_route(all.vm, MOCK_DEBUGGER, intid, random32(&seed) % NR_VCPUS);
			break;
		case 2:
			mock_irq_route(all.vm, MOCK_DEBUGGER, intid, MOCK_DEBUGGER);
			break;
		case 3:
			if (!all.one_priority)
				mock_irq_set_prio(all.vm, MOCK_DEBUGGER, intid, 0x80 + 8 * (random32(&seed) % 12));
			break;
		case 4:
			mock_irq_write(all.vm, MOCK_DEBUGGER, GICD_ICENABLER, intid);
			mock_irq_write(all.vm, MOCK_DEBUGGER, GICD_ISENABLER, intid);
			break;
		default:
			(void)mock_dist_r(all.vm, MOCK_DEBUGGER, GICD_ISPENDR + 4, 4);
			(void)mock_irq_read(all.vm, MOCK_DEBUGGER, GICD_ISACTIVER, intid);
			break;
		}
		sched_yield();
	}
	return NULL;
}

/* --- Guests --- */

static void handle(struct mock_vm *vm, uint32_t cpu, uint32_t intid)
{
	struct device *d = intid < 16 ? &all.sgi[intid][cpu] : &all.spi[intid - FIRST];

	check(intid < NR_VCPUS || (intid >= FIRST && intid < FIRST + NR_SPIS), "nobody triggered that", intid);
	check(atomic_load(&d->triggered) == atomic_load(&d->handled) + 1, "handled once too often", intid);
	if (intid >= FIRST && is_level(intid))
		mock_inject(vm, 0, intid, false);
	atomic_fetch_add(&d->handled, 1);
}

static void setup(struct mock_vm *vm, uint32_t cpu)
{
	mock_guest_set_pmr(vm, cpu, 0xff);
	mock_guest_set_ctlr(vm, cpu, cpu == 1 ? ICC_CTLR_EOImode : 0);
	mock_guest_set_igrpen(vm, cpu, 1, true);
}

/* Something that a guest does beside taking interrupts. */
static void diversion(struct mock_vm *vm, uint32_t cpu, uint32_t *seed)
{
	uint32_t to = random32(seed) % NR_VCPUS;
	struct device *d = &all.sgi[cpu][to];

	switch (random32(seed) % 8) {
	case 0:
		if (cpu != 2)
			break;
		mock_vcpu_off(vm, cpu);
		mock_vcpu_on(vm, cpu);
		setup(vm, cpu);
		break;
	case 1:
		(void)mock_dist_r(vm, cpu, GICD_ISACTIVER + 4, 4);
		break;
	case 2:
		mock_irq_route(vm, cpu, FIRST + random32(seed) % NR_SPIS, to);
		break;
	case 3:
		mock_guest_set_igrpen(vm, cpu, 1, false);
		mock_guest_set_igrpen(vm, cpu, 1, true);
		break;
	default:
		if (atomic_load(&all.stop) || atomic_load(&d->triggered) != atomic_load(&d->handled))
			break;
		atomic_fetch_add(&d->triggered, 1);
		mock_guest_sgi(vm, cpu, 1, cpu, to);
		break;
	}
}

static void guest(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	uint32_t seed = cpu + 1;

	(void)arg;
	setup(vm, cpu);
	while (!mock_stopping(vm)) {
		uint32_t intid = mock_guest_ack(vm, cpu, 1);

		if (intid == SPURIOUS) {
			diversion(vm, cpu, &seed);
			mock_guest_wfi(vm, cpu);
			continue;
		}
		handle(vm, cpu, intid);
		mock_guest_eoi(vm, cpu, 1, intid);
		if (cpu == 1)
			mock_guest_dir(vm, cpu, intid);
	}
}

static void wait_for_sgis(void)
{
	uint64_t since = now_ms();

	for (uint32_t from = 0; from < NR_VCPUS; from++)
		for (uint32_t to = 0; to < NR_VCPUS; to++)
			while (atomic_load(&all.sgi[from][to].triggered) != atomic_load(&all.sgi[from][to].handled))
				check(now_ms() - since < STUCK_MS, "SGI stuck", from);
}

static void stress(void **state)
{
	const struct way *way = *state;
	struct mock_config config = way->config;
	uint32_t which[] = { 0, 1 };
	struct timespec run = { .tv_nsec = RUN_MS * 1000000L };
	pthread_t device[2], change;
	unsigned int total = 0;

	memset(&all, 0, sizeof(all));
	all.one_priority = way->one_priority;
	config.nr_vcpus = NR_VCPUS;
	config.threaded = true;
	all.vm = mock_vm_create(&config);
	mock_guest_enable_all(all.vm);
	for (uint32_t i = 0; i < NR_SPIS; i++)
		mock_irq_set_edge(all.vm, 0, FIRST + i, !is_level(FIRST + i));
	mock_threads_start(all.vm, guest, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&device[i], NULL, devices, &which[i]), 0);
	assert_int_equal(pthread_create(&change, NULL, meddler, NULL), 0);
	nanosleep(&run, NULL);
	atomic_store(&all.stop, true);
	pthread_join(change, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(device[i], NULL);
	wait_for_sgis();
	mock_threads_stop(all.vm);
	for (uint32_t i = 0; i < NR_SPIS; i++) {
		assert_true(atomic_load(&all.spi[i].handled) > 0);
		total += atomic_load(&all.spi[i].handled);
		assert_false(mock_irq_read(all.vm, 0, GICD_ISPENDR, FIRST + i));
		assert_false(mock_irq_read(all.vm, 0, GICD_ISACTIVER, FIRST + i));
	}
	print_message("%u interrupts\n", total);
	mock_vm_destroy(all.vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "stress, 1 LR", stress, NULL, NULL, &(struct way){ .config.nr_lrs = 1 } },
		{ "stress, 1 LR, one priority", stress, NULL, NULL,
		  &(struct way){ .config.nr_lrs = 1, .one_priority = true } },
		{ "stress, 4 LRs", stress, NULL, NULL, &(struct way){ .config.nr_lrs = 4 } },
		{ "stress, trapped", stress, NULL, NULL, &(struct way){ .config.trapped = true } },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
