/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the stress program: its options, its rounds, and the lulls in which all accounts are settled.
 *
 * One VM at a time, on the threaded mock hypervisor, with all actors at once: injectors of lines and messages; vCPUs
 * that take, nest and end interrupts, send SGIs, sleep, go off and on; writers of routes, enables, priorities and
 * pending bits; a driver for each ITS; the host with deferred work and GICv4. The threads make every run different:
 * "--seed" chooses what each actor does, not when.
 *
 * In a lull the actors rest, all that was sent must have been seen, and nothing may be pending or active. Only then is
 * a wake-up that was lost visible, because otherwise the next one makes up for it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stress.h"

#include <pthread.h>
#include <sched.h>

#define ROUND_MS 600u
#define LULL_MS  10u /* mean time between two */
#define TRAPPED  0u  /* as a number of list registers */

struct round all;

static struct {
	uint32_t seconds, seed, vcpus, injectors;
	int lrs; /* -1: all, in turn */
	int v4;  /* -1: none */
	bool trace;
} options = { .seconds = 3, .seed = 1, .injectors = 2, .lrs = -1, .v4 = -1 };

/* GICv4 hardware by number; 5: all, in turn. */
static const struct mock_v4_config v4_kinds[] = {
	{ .v4_1 = false },
	{ .v4_1 = true, .vsgi = true },
	{ .driver = true },
	{ .v4_1 = true, .driver = true, .vsgi = true, .nr_host_its = 2, .vmovp_each = true },
	{ .nr_host_its = 2, .vmovp_each = true },
};
#define NR_V4_KINDS (sizeof(v4_kinds) / sizeof(v4_kinds[0]))

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void nap(void)
{
	struct timespec t = { .tv_nsec = 50000 };

	nanosleep(&t, NULL);
}

static void wait_ms(uint32_t ms)
{
	uint64_t since = now_ms();

	while (now_ms() - since < ms)
		nap();
}

uint32_t random32(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

bool keep_on(void)
{
	if (!atomic_load(&all.lull))
		return !atomic_load(&all.stop);
	atomic_fetch_add(&all.parked, 1);
	while (atomic_load(&all.lull))
		nap();
	atomic_fetch_sub(&all.parked, 1);
	return !atomic_load(&all.stop);
}

/* --- Threads other than vCPUs --- */

struct worker {
	pthread_t thread;
	uint32_t number;
};

static struct worker workers[MAX_INJECTORS + NR_ITS + 3], deferred_worker;
static uint32_t nr_workers;

/* A share of all lines and messages; often the same one several times. */
static void *injector(void *arg)
{
	uint32_t number = *(const uint32_t *)arg, seed = all.seed * 13 + number, nr = 0;

	while (device_source(nr))
		nr++;
	for (; keep_on(); sched_yield()) {
		for (uint32_t i = 0; i < 8; i++) {
			uint32_t n = random32(&seed) % nr;
			struct source *s = device_source(n - n % options.injectors + number);

			if (!s || s->by_other)
				continue;
			for (uint32_t times = 1 + random32(&seed) % 4; times; times--)
				source_trigger(s);
		}
	}
	return NULL;
}

static void begin_thread(struct worker *w, void *(*fn)(void *), uint32_t number)
{
	w->number = number;
	if (pthread_create(&w->thread, NULL, fn, &w->number)) {
		fprintf(stderr, "no thread\n");
		abort();
	}
}

static void begin_workers(void)
{
	nr_workers = 0;
	begin_thread(&deferred_worker, deferred, 0);
	for (uint32_t i = 0; i < options.injectors; i++)
		begin_thread(&workers[nr_workers++], injector, i);
	for (uint32_t i = 0; i < NR_ITS; i++)
		begin_thread(&workers[nr_workers++], commander, i);
	begin_thread(&workers[nr_workers++], router, 0);
	begin_thread(&workers[nr_workers++], enabler, 0);
	if (all.v4)
		begin_thread(&workers[nr_workers++], host, 0);
}

static void end_workers(void)
{
	atomic_store(&all.stop, true);
	for (uint32_t i = 0; i < nr_workers; i++)
		pthread_join(workers[i].thread, NULL);
	atomic_store(&all.over, true);
	pthread_join(deferred_worker.thread, NULL);
}

/* --- A lull --- */

static void wait_for_parked(uint32_t n)
{
	uint64_t since = now_ms();

	while (atomic_load(&all.parked) != n) {
		check(now_ms() - since < STUCK_MS, "an actor does not come to rest (this one is innocent)",
		      spi_source(0));
		nap();
	}
}

/* Of what may have been lost by design: once more, now that nobody clears it. */
static void probe(struct source *s, void *arg)
{
	(void)arg;
	if (s->promise != CLEARED)
		return;
	(void)source_send(s);
	if (s->intid >= LVGIC_FIRST_LPI)
		its_probe(s);
	else
		mock_inject(all.vm, 0, s->intid, true);
}

static void settle(struct source *s, void *since)
{
	while (!source_settled(s)) {
		check(now_ms() - *(const uint64_t *)since < STUCK_MS, "lost", s);
		nap();
	}
}

/* Handled is not ended: the guest has a while to do that. */
static void wait_for_zero(uint32_t cpu, uint32_t offset, const char *what, struct source *s)
{
	uint64_t since = now_ms();
	bool spi = cpu == MOCK_DEBUGGER;

	while (spi ? mock_dist_r(all.vm, MOCK_DEBUGGER, offset + 4, 4) :
	             mock_redist_r(all.vm, MOCK_DEBUGGER, cpu, GICR_SGI_BASE + offset, 4)) {
		check(now_ms() - since < STUCK_MS, what, s);
		nap();
	}
}

/*
 * A vCPU stays off: what is sent to it waits, and when it is sent to another one, or to whoever may take it, it must
 * not be stranded there.
 */
static void strand(uint32_t *seed)
{
	uint32_t cpu = random32(seed) % all.config.nr_vcpus, other = (cpu + 1) % all.config.nr_vcpus;
	uint64_t since = now_ms();

	if (cpu == other)
		return;
	for (uint32_t n = 0; n < NR_SPIS; n += 2)
		mock_irq_route(all.vm, MOCK_DEBUGGER, LVGIC_FIRST_SPI + n, MOCK_DEBUGGER);
	atomic_store(&all.off_wanted, cpu + 1);
	source_trigger(ppi_source(PPI_EDGE, cpu)); /* it may sleep */
	while (atomic_load(&all.off_now) != cpu + 1) {
		check(now_ms() - since < STUCK_MS, "its vCPU does not go off", ppi_source(PPI_EDGE, cpu));
		/* On the way: it may be chosen when it is on, and be off when the interrupt arrives. */
		source_trigger(spi_source(random32(seed) % NR_SPIS));
	}
	for (uint32_t n = 0; n < NR_SPIS; n++) {
		if (one_in(2, seed))
			mock_irq_route(all.vm, MOCK_DEBUGGER, LVGIC_FIRST_SPI + n, cpu);
		source_trigger(spi_source(n));
		mock_irq_route(all.vm, MOCK_DEBUGGER, LVGIC_FIRST_SPI + n, one_in(2, seed) ? MOCK_DEBUGGER : other);
	}
	since = now_ms();
	for (uint32_t n = 0; n < NR_SPIS; n++)
		settle(spi_source(n), &since);
	atomic_store(&all.off_wanted, 0);
	while (atomic_load(&all.off_now))
		nap();
}

static void lull(uint32_t *seed)
{
	uint64_t since;

	atomic_store(&all.lull, true);
	wait_for_parked(nr_workers);
	if (one_in(2, seed))
		strand(seed);
	for (uint32_t cpu = 0; all.v4 && cpu < all.config.nr_vcpus; cpu++)
		(void)!lvgic_v4_allow_vcpu(mock_vcpu(all.vm, cpu), true);
	for_each_source(probe, NULL);
	since = now_ms();
	for_each_source(settle, &since);
	wait_for_zero(MOCK_DEBUGGER, GICD_ISPENDR, "an SPI stays pending", spi_source(0));
	wait_for_zero(MOCK_DEBUGGER, GICD_ISACTIVER, "an SPI stays active", spi_source(0));
	for (uint32_t cpu = 0; cpu < all.config.nr_vcpus; cpu++) {
		wait_for_zero(cpu, GICD_ISPENDR, "an SGI or PPI stays pending", sgi_source(0, cpu));
		wait_for_zero(cpu, GICD_ISACTIVER, "an SGI or PPI stays active", sgi_source(0, cpu));
	}
}

static void lull_ends(void)
{
	atomic_store(&all.lull, false);
	wait_for_parked(0);
}

/* --- A round --- */

static struct mock_config choose(uint32_t number, uint32_t *seed)
{
	static const uint32_t lrs[] = { 4, 1, TRAPPED, 2, 16 };
	struct mock_config c = { .nr_spis = NR_SPIS, .nr_its = NR_ITS, .threaded = true };
	uint32_t nr_lrs = options.lrs < 0 ? lrs[number % 5] : (uint32_t)options.lrs;

	c.max_lpis = 3 * NR_ITS * NR_EVENTS;
	c.nr_vcpus = options.vcpus ? options.vcpus : 2 + random32(seed) % 4;
	c.pri_bits = one_in(2, seed) ? 5 : 7;
	c.trap_cmds = one_in(2, seed) ? 1 : 0;
	c.trap_lpis = one_in(2, seed) ? 64 : 0;
	c.slow_kicks = one_in(2, seed) ? 6 : 0;
	c.lpi_active = one_in(2, seed);
	c.flags = one_in(2, seed) ? LVGIC_CONFIG_STATS : 0;
	if (options.v4 >= 0)
		c.v4 = &v4_kinds[options.v4 < (int)NR_V4_KINDS ? (uint32_t)options.v4 : random32(seed) % NR_V4_KINDS];
	/* GICv4 is nothing without list registers. */
	c.trapped = nr_lrs == TRAPPED && !c.v4;
	c.nr_lrs = nr_lrs == TRAPPED && c.v4 ? 3 : nr_lrs;
	return c;
}

static void build(uint32_t number)
{
	uint32_t seed = options.seed * 1000 + number;

	memset(&all, 0, sizeof(all));
	all.seed = random32(&seed);
	all.config = choose(number, &seed);
	all.v4 = all.config.v4;
	all.vm = mock_vm_create(&all.config);
	all.trace = options.trace;
	if (all.trace)
		trace_begin();
	sources_init();
	mock_guest_enable_all(all.vm);
	for (uint32_t n = 0; n < NR_SPIS; n++)
		mock_irq_set_edge(all.vm, 0, LVGIC_FIRST_SPI + n, !spi_source(n)->level);
	for (uint32_t cpu = 0; cpu < all.config.nr_vcpus; cpu++)
		mock_irq_set_edge(all.vm, cpu, PPI_EDGE, true);
	/* Half of the rounds with SGIs by the hardware, where it can. */
	if (all.v4 && all.config.v4->vsgi && one_in(2, &seed)) {
		mock_dist_w(all.vm, 0, GICD_CTLR, 4, 0);
		mock_dist_w(all.vm, 0, GICD_CTLR, 4, GICD_CTLR_nASSGIreq);
		mock_dist_w(all.vm, 0, GICD_CTLR, 4, GICD_CTLR_nASSGIreq | GICD_CTLR_EnableGrp1);
	}
	mock_its_setup(all.vm);
	its_init();
}

static void destroy(bool at_rest)
{
	for (uint32_t cpu = 0; all.v4 && cpu < all.config.nr_vcpus; cpu++)
		mock_vcpu_put(all.vm, cpu);
	if (at_rest)
		its_check_pool();
	for (uint32_t cpu = 0; all.v4 && cpu < all.config.nr_vcpus; cpu++)
		mock_vcpu_put(all.vm, cpu);
	mock_vm_fini(all.vm);
	if (all.v4)
		mock_v4_check_end(all.vm);
	mock_vm_destroy(all.vm);
}

static const char *const count_names[NR_COUNTS] = {
	[HANDLED] = "handled", [NESTED] = "nested",      [SGIS] = "SGIs",      [OFFS] = "off",
	[ROUTES] = "routes",   [ENABLES] = "enables",    [CLEARS] = "cleared", [COMMANDS] = "commands",
	[REMAPS] = "remapped", [HOSTED] = "by the host", [LULLS] = "lulls",
};
static unsigned long long total[NR_COUNTS];

static void report(uint32_t number, bool at_rest)
{
	printf("round %u: %u vCPUs, %u LRs%s, ended %s:", number, all.config.nr_vcpus, all.config.nr_lrs,
	       all.config.trapped ? " (trapped)" : "", at_rest ? "at rest" : "in the middle");
	for (uint32_t i = 0; i < NR_COUNTS; i++) {
		unsigned long long n = atomic_load(&all.count[i]);

		total[i] += n;
		printf("%s %llu %s", i ? "," : "", n, count_names[i]);
	}
	printf("\n");
	fflush(stdout);
}

/* One that ends in the middle of everything leaves interrupts in every place there is (R15, R16). */
static void run_round(uint32_t number, bool at_rest)
{
	uint64_t since = now_ms();
	uint32_t seed = options.seed + number;

	build(number);
	mock_threads_start(all.vm, guest, NULL);
	begin_workers();
	do {
		wait_ms(1 + random32(&seed) % (2 * LULL_MS));
		lull(&seed);
		count(LULLS);
		lull_ends();
	} while (now_ms() - since < ROUND_MS);
	if (at_rest)
		lull(&seed); /* which nobody leaves but to end */
	else
		wait_ms(1 + random32(&seed) % LULL_MS);
	atomic_store(&all.stop, true);
	atomic_store(&all.lull, false);
	end_workers();
	mock_threads_stop(all.vm);
	destroy(at_rest);
	report(number, at_rest);
}

/* An actor that has done nothing proves nothing. */
static void check_busy(void)
{
	for (uint32_t i = 0; i < NR_COUNTS; i++) {
		if (total[i] || (i == HOSTED && options.v4 < 0))
			continue;
		fprintf(stderr, "%s: none at all\n", count_names[i]);
		exit(1);
	}
}

static uint32_t number(const char *text, uint32_t max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || *end || end == text || n > max) {
		fprintf(stderr, "stress: %s: not a number, or more than %u\n", text, max);
		exit(2);
	}
	return (uint32_t)n;
}

static void usage(FILE *out)
{
	fputs("usage: stress [OPTION...]\n"
	      "  --seconds N    at least two rounds, and until so many seconds are over (3)\n"
	      "  --seed N       what the actors do (1)\n"
	      "  --vcpus N      1 to 8; default: by round\n"
	      "  --lrs N        list registers, 0: trapped CPU interface; default: by round\n"
	      "  --injectors N  threads of devices, 1 to 8 (2)\n"
	      "  --v4[=KIND]    with GICv4: 0 4.0, 1 4.1, 2 and 3 the same with a driver, 4 4.0 with two ITSs; default: by round\n"
	      "  --trace        show what led to a failure\n",
	      out);
}

static void parse(int argc, char **argv)
{
	static const struct option table[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ "vcpus", required_argument, NULL, 'c' },
		{ "lrs", required_argument, NULL, 'l' },
		{ "injectors", required_argument, NULL, 'i' },
		{ "v4", optional_argument, NULL, '4' },
		{ "trace", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (option) {
		case 's':
			options.seconds = number(optarg, 1000000);
			break;
		case 'r':
			options.seed = number(optarg, UINT32_MAX);
			break;
		case 'c':
			options.vcpus = number(optarg, MAX_VCPUS);
			break;
		case 'l':
			options.lrs = (int)number(optarg, LVGIC_MAX_LRS);
			break;
		case 'i':
			options.injectors = number(optarg, MAX_INJECTORS);
			break;
		case '4':
			options.v4 = optarg ? (int)number(optarg, NR_V4_KINDS - 1) : (int)NR_V4_KINDS;
			break;
		case 't':
			options.trace = true;
			break;
		default:
			usage(option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc || !options.injectors) {
		usage(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	uint64_t since = now_ms();

	parse(argc, argv);
	for (uint32_t n = 0; n < 2 || now_ms() - since < options.seconds * 1000ull; n++)
		run_round(n, n % 2);
	check_busy();
	return 0;
}
