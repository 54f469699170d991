/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Devices signal from two threads while their events are moved, discarded, mapped again and invalidated, and vCPUs take
 * the LPIs. No LPI is acknowledged after its DISCARD and SYNC are over (R1, R2: translations that are under way miss),
 * and when all is quiet, each last message has been delivered.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "hw.h"

#define NR_VCPUS  3u
#define NR_EVENTS 24u
#define DEVICE    9u
#define RUN_MS    700
#define STUCK_MS  20000

static struct {
	struct mock_vm *vm;
	atomic_bool stop;
	atomic_uint epoch;                 /* DISCARDs that are over */
	atomic_uint dead_since[NR_EVENTS]; /* the epoch of the event's last DISCARD; 0: mapped, or about to be */
	atomic_uint taken[NR_EVENTS];
} all;

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

/* Not in the thread of the test, so it cannot fail it in the ordinary way. */
static void check(bool ok, const char *what, uint32_t event)
{
	struct lvgic_explanation e;

	if (ok)
		return;
	lvgic_explain_msi(mock_its(all.vm, 0), DEVICE, event, &e);
	fprintf(stderr, "event %u: %s; vCPU %d: %s (%#llx)\n", event, what, (int)e.vcpu, lvgic_strwhy(e.why),
	        (unsigned long long)e.word);
	abort();
}

static void *device(void *arg)
{
	uint32_t seed = *(const uint32_t *)arg;

	/* There are more threads than PEs: let the others come to their turn. */
	for (; !atomic_load(&all.stop); sched_yield())
		for (uint32_t i = 0; i < 4; i++)
			(void)lvgic_inject_msi(mock_its(all.vm, 0), DEVICE, random32(&seed) % NR_EVENTS);
	return NULL;
}

static void guest(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	(void)arg;
	mock_guest_set_pmr(vm, cpu, 0xff);
	mock_guest_set_igrpen(vm, cpu, 1, true);
	while (!mock_stopping(vm)) {
		uint32_t epoch = atomic_load(&all.epoch);
		uint32_t intid = mock_guest_ack(vm, cpu, 1), event = intid - LVGIC_FIRST_LPI, dead;

		if (intid == SPURIOUS) {
			mock_guest_wfi(vm, cpu);
			continue;
		}
		check(event < NR_EVENTS, "what is that", event);
		/* Over before we looked: it cannot come. */
		dead = atomic_load(&all.dead_since[event]);
		check(!dead || dead > epoch, "taken after its DISCARD", event);
		atomic_fetch_add(&all.taken[event], 1);
		mock_guest_eoi(vm, cpu, 1, intid);
	}
}

static void remap(uint32_t event, uint32_t *seed)
{
	struct mock_vm *vm = all.vm;
	uint32_t i;

	mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEVICE, event);
	mock_its_cmd(vm, 0, GITS_CMD_SYNC, 0, 0, 0);
	atomic_store(&all.dead_since[event], atomic_fetch_add(&all.epoch, 1) + 1);
	for (i = random32(seed) % 20; i; i--)
		sched_yield();
	atomic_store(&all.dead_since[event], 0);
	mock_its_mapti(vm, 0, DEVICE, event, LVGIC_FIRST_LPI + event, random32(seed) % NR_VCPUS);
}

static void command(uint32_t *seed)
{
	uint32_t event = random32(seed) % NR_EVENTS;
	struct mock_vm *vm = all.vm;

	switch (random32(seed) % 6) {
	case 0:
	case 1:
		remap(event, seed);
		break;
	case 2:
		mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEVICE, event);
		break;
	case 3:
		mock_its_movall(vm, 0, random32(seed) % NR_VCPUS, random32(seed) % NR_VCPUS);
		break;
	default:
		mock_its_movi(vm, 0, DEVICE, event, random32(seed) % NR_VCPUS);
		break;
	}
}

static void stress(void **state)
{
	struct mock_config config = hw_config(state, NR_VCPUS);
	uint32_t seeds[] = { 1, 2 }, seed = 3, commands = 0, before[NR_EVENTS];
	pthread_t devices[2];
	uint64_t since;

	memset(&all, 0, sizeof(all));
	config.nr_its = 1;
	config.threaded = true;
	config.max_lpis = 2 * NR_EVENTS;
	all.vm = mock_vm_create(&config);
	mock_guest_enable_all(all.vm);
	mock_its_setup(all.vm);
	mock_its_mapd(all.vm, 0, DEVICE, 5, true);
	for (uint32_t i = 0; i < NR_EVENTS; i++)
		mock_its_mapti(all.vm, 0, DEVICE, i, LVGIC_FIRST_LPI + i, i % NR_VCPUS);
	mock_threads_start(all.vm, guest, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&devices[i], NULL, device, &seeds[i]), 0);
	for (since = now_ms(); now_ms() - since < RUN_MS; commands++)
		command(&seed);
	atomic_store(&all.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(devices[i], NULL);
	/*
	 * The quota is small: a MAPTI may have found no free object, for vCPUs that get no time do not let go of dead
	 * ones. They do when they come to their turn.
	 */
	for (uint32_t i = 0; i < NR_EVENTS; i++) {
		before[i] = atomic_load(&all.taken[i]);
		for (since = now_ms(); lvgic_inject_msi(mock_its(all.vm, 0), DEVICE, i) != LVGIC_OK; sched_yield()) {
			check(now_ms() - since < STUCK_MS, "no free LPI", i);
			mock_its_mapti(all.vm, 0, DEVICE, i, LVGIC_FIRST_LPI + i, i % NR_VCPUS);
		}
	}
	for (uint32_t i = 0; i < NR_EVENTS; i++)
		for (since = now_ms(); atomic_load(&all.taken[i]) == before[i];)
			check(now_ms() - since < STUCK_MS, "lost", i);
	mock_threads_stop(all.vm);
	print_message("%u commands\n", commands);
	mock_vm_destroy(all.vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = { HW_EACH(stress) };

	return cmocka_run_group_tests_name("its_threads", tests, NULL, NULL);
}
