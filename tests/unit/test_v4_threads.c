/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Direct injection with threads: two of devices that keep firing, vCPUs that take, wait in WFI and are preempted, and
 * one that gives LPIs to the hardware, takes them back, moves, unmaps and maps them, and changes its mind about policy;
 * with and without physical operations that fail. As long as nothing is unmapped each message must be seen; in the end
 * the last one of each device has been, in any case.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "v4.h"

#define NR_VCPUS 3u
#define NR_DEVS  12u
#define RUN_MS   300
#define STUCK_MS 20000

static struct {
	struct mock_vm *vm;
	atomic_bool stop;
	atomic_uint ended;
	atomic_uint sent[NR_DEVS], seen[NR_DEVS];
	atomic_uint taken, sgis_sent, sgis_seen[NR_VCPUS];
	bool set[NR_DEVS];
	bool each; /* nothing is unmapped, so each message must be seen */
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

static void lost(uint32_t n)
{
	struct lvgic_v4_info info;
	struct lvgic_explanation e;

	(void)lvgic_v4_query(mock_its(all.vm, 0), DEV, n, &info);
	lvgic_explain_msi(mock_its(all.vm, 0), DEV, n, &e);
	fprintf(stderr, "device %u: %u sent, %u seen: %s, vPE %d; %s, vCPU %d, word %#llx\n", n,
	        atomic_load(&all.sent[n]), atomic_load(&all.seen[n]), lvgic_v4_strwhy(info.why), (int)info.vpe,
	        lvgic_strwhy(e.why), (int)e.vcpu, (unsigned long long)e.word);
	abort();
}

/* The device sends, and waits until the guest has seen it. */
static void wait_for(uint32_t n, uint32_t message)
{
	uint64_t since = now_ms();

	mock_dev_fire(all.vm, n);
	while (all.each && atomic_load(&all.seen[n]) < message) {
		sched_yield();
		if (now_ms() - since > STUCK_MS)
			lost(n);
	}
}

static void *device(void *arg)
{
	uint32_t half = *(const uint32_t *)arg, seed = half + 7;

	for (; !atomic_load(&all.stop); sched_yield()) {
		uint32_t n = random32(&seed) % (NR_DEVS / 2) + half * (NR_DEVS / 2);

		wait_for(n, 1 + atomic_fetch_add(&all.sent[n], 1));
	}
	atomic_fetch_add(&all.ended, 1);
	return NULL;
}

static void guest(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	uint32_t seed = cpu;

	(void)arg;
	mock_guest_set_pmr(vm, cpu, 0xff);
	mock_guest_set_igrpen(vm, cpu, 1, true);
	while (!mock_stopping(vm)) {
		uint32_t intid = mock_guest_ack(vm, cpu, 1), n = intid - LPI0;

		if (intid == SPURIOUS) {
			if (random32(&seed) % 4)
				mock_guest_wfi(vm, cpu);
			else
				mock_vcpu_put(vm, cpu);
			continue;
		}
		if (n < NR_DEVS) {
			/* All that was sent before this is what it stands for; the last one to say so may be late. */
			uint32_t sent = atomic_load(&all.sent[n]), old = atomic_load(&all.seen[n]);

			while (old < sent && !atomic_compare_exchange_weak(&all.seen[n], &old, sent))
				;
			atomic_fetch_add(&all.taken, 1);
		} else if (intid >= 16) {
			fprintf(stderr, "what is %u\n", intid);
			abort();
		}
		mock_guest_eoi(vm, cpu, 1, intid);
	}
}

/* Never the caller's fault. */
static void expect_host(enum lvgic_status status)
{
	if (status != LVGIC_OK && status != LVGIC_ERR_AGAIN && status != LVGIC_ERR_HOST && status != LVGIC_ERR_NOENT)
		fail_msg("%s", lvgic_strstatus(status));
}

static void map(uint32_t n, uint32_t cpu)
{
	mock_its_mapti(all.vm, 0, DEV, n, LPI0 + n, cpu);
}

static void set(uint32_t n)
{
	const struct lvgic_host_irq *host = mock_dev_irq(all.vm, n);

	if (lvgic_v4_set_forwarding(mock_its(all.vm, 0), DEV, n, host) != LVGIC_ERR_EXIST)
		all.set[n] = true;
}

static void command(uint32_t *seed)
{
	struct mock_vm *vm = all.vm;
	struct lvgic_its *its = mock_its(vm, 0);
	uint32_t n = random32(seed) % NR_DEVS, cpu = random32(seed) % NR_VCPUS;

	switch (random32(seed) % 10) {
	case 0:
		if (all.each)
			break;
		mock_its_event_cmd(vm, 0, GITS_CMD_DISCARD, DEV, n);
		map(n, cpu);
		break;
	case 1:
		mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEV, n);
		mock_its_invall(vm, 0, cpu);
		break;
	case 2:
		if (all.set[n])
			while (lvgic_v4_unset_forwarding(its, DEV, n) == LVGIC_ERR_AGAIN)
				mock_run_deferred(vm);
		all.set[n] = false;
		break;
	case 3:
	case 4:
		set(n);
		break;
	case 5:
		expect_host(lvgic_v4_allow(its, DEV, n, random32(seed) % 3));
		break;
	case 6:
		expect_host(lvgic_v4_allow_vcpu(mock_vcpu(vm, cpu), random32(seed) % 4));
		break;
	case 7:
		mock_lpi_config(vm, LPI0 + n, 0xa0);
		mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEV, n);
		mock_lpi_config(vm, LPI0 + n, 0xa1);
		mock_its_event_cmd(vm, 0, GITS_CMD_INV, DEV, n);
		break;
	default:
		mock_its_movi(vm, 0, DEV, n, cpu);
		break;
	}
	mock_run_deferred(vm);
}

static void stress(const struct mock_v4_config *v4, bool fails, bool each)
{
	struct mock_config config = { .nr_vcpus = NR_VCPUS, .nr_its = 1, .threaded = true, .v4 = v4 };
	uint32_t halves[] = { 0, 1 }, seed = 3, commands = 0;
	struct lvgic_v4_stats stats;
	pthread_t devices[2];
	uint64_t since;

	memset(&all, 0, sizeof(all));
	all.each = each;
	all.vm = mock_vm_create(&config);
	mock_guest_enable_all(all.vm);
	mock_its_setup(all.vm);
	mock_its_mapd(all.vm, 0, DEV, 5, true);
	for (uint32_t n = 0; n < NR_DEVS; n++) {
		mock_dev_add(all.vm, n, 0, DEV, n);
		map(n, n % NR_VCPUS);
		set(n);
	}
	if (fails)
		mock_v4_fail(all.vm, 30, 30, 5);
	mock_threads_start(all.vm, guest, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&devices[i], NULL, device, &halves[i]), 0);
	for (since = now_ms(); now_ms() - since < RUN_MS; commands++)
		command(&seed);
	atomic_store(&all.stop, true);
	mock_v4_fail(all.vm, 0, 0, 0);
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
		expect_host(lvgic_v4_allow_vcpu(mock_vcpu(all.vm, cpu), true));
	/* The work that is left may be what a device waits for. */
	for (; atomic_load(&all.ended) < 2; sched_yield())
		mock_run_deferred(all.vm);
	for (int i = 0; i < 2; i++)
		pthread_join(devices[i], NULL);
	mock_run_deferred(all.vm);
	/* A message that came between DISCARD and MAPTI is lost; one more of each must not be. */
	for (uint32_t n = 0; n < NR_DEVS; n++) {
		atomic_fetch_add(&all.sent[n], 1);
		mock_dev_fire(all.vm, n);
	}
	since = now_ms();
	for (uint32_t n = 0; n < NR_DEVS; n++)
		while (atomic_load(&all.seen[n]) != atomic_load(&all.sent[n])) {
			mock_run_deferred(all.vm);
			sched_yield();
			if (now_ms() - since > STUCK_MS)
				lost(n);
		}
	mock_threads_stop(all.vm);
	lvgic_v4_get_stats(mock_vgic(all.vm), &stats);
	print_message("%u commands, %u taken, %llu forwarded, %llu returned, %llu moved, %llu doorbells, %llu loads\n",
	              commands, atomic_load(&all.taken), (unsigned long long)stats.forwarded,
	              (unsigned long long)stats.returned, (unsigned long long)stats.moved,
	              (unsigned long long)stats.doorbells, (unsigned long long)stats.loads);
	assert_int_equal(stats.guesses, 0);
	assert_true(stats.forwarded > NR_DEVS && stats.returned && stats.moved && stats.loads);
	v4_end(all.vm);
}

static void test_threads(void **state)
{
	stress(*state, false, false);
	stress(*state, false, true);
}

static void test_threads_failures(void **state)
{
	stress(*state, true, false);
	stress(*state, true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { V4_EACH(test_threads), V4_EACH(test_threads_failures) };

	return cmocka_run_group_tests_name("v4_threads", tests, NULL, NULL);
}
