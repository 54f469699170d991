/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the ITSs: a thread for each that makes the guest's commands, and the host, which does deferred work and, with
 * GICv4 hardware, gives LPIs to it and takes them back.
 * Locks: none. Each ITS has one driver, but all of them, the vCPUs and the host want to be the library's worker.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "stress.h"

#define EVENT_BITS 5u
#define DEFAULT    0xa1u /* of a byte of the LPI Configuration table: priority and enable */

/* CREADR is behind until the worker, whoever that is, has done it. */
static void wait_for_commands(uint32_t its)
{
	uint64_t since = now_ms(), end = mock_its_r(all.vm, its, GITS_CWRITER, 8);

	while (mock_its_r(all.vm, its, GITS_CREADR, 8) != end) {
		check(now_ms() - since < STUCK_MS, "the ITS does nothing", lpi_source(its, 0));
		sched_yield();
	}
	count(COMMANDS);
}

static void map(const struct source *s, uint32_t icid)
{
	mock_its_mapti(all.vm, s->its, s->device, s->event, s->intid, icid);
	wait_for_commands(s->its);
}

void its_init(void)
{
	for (uint32_t its = 0; its < NR_ITS; its++) {
		mock_its_mapd(all.vm, its, STABLE, EVENT_BITS, true);
		mock_its_mapd(all.vm, its, CHURNED, EVENT_BITS, true);
		for (uint32_t e = 0; e < NR_EVENTS; e++)
			map(lpi_source(its, e), e % all.config.nr_vcpus);
	}
	for (uint32_t n = 0; all.v4 && n < NR_ITS * NR_EVENTS; n++)
		if (lpi_source(n / NR_EVENTS, n % NR_EVENTS)->device == STABLE)
			mock_dev_add(all.vm, n, n / NR_EVENTS, STABLE, n % NR_EVENTS);
}

/* --- The guest's driver --- */

struct driver {
	uint32_t its, seed;
};

static uint32_t any_vcpu(struct driver *d)
{
	return random32(&d->seed) % all.config.nr_vcpus;
}

static void map_again(struct driver *d, uint32_t first, uint32_t end)
{
	for (uint32_t n = random32(&d->seed) % 20; n; n--)
		sched_yield();
	for (uint32_t e = first; e < end; e++) {
		source_unbar(lpi_source(d->its, e));
		map(lpi_source(d->its, e), any_vcpu(d));
	}
	count(REMAPS);
}

static void remap(struct driver *d, uint32_t e)
{
	mock_its_event_cmd(all.vm, d->its, GITS_CMD_DISCARD, CHURNED, e);
	mock_its_cmd(all.vm, d->its, GITS_CMD_SYNC, 0, 0, 0);
	wait_for_commands(d->its);
	source_bar(lpi_source(d->its, e));
	map_again(d, e, e + 1);
}

static void remap_device(struct driver *d)
{
	mock_its_mapd(all.vm, d->its, CHURNED, EVENT_BITS, false);
	mock_its_cmd(all.vm, d->its, GITS_CMD_SYNC, 0, 0, 0);
	wait_for_commands(d->its);
	for (uint32_t e = FIRST_CLEARED_EVENT; e < NR_EVENTS; e++)
		source_bar(lpi_source(d->its, e));
	mock_its_mapd(all.vm, d->its, CHURNED, EVENT_BITS, true);
	map_again(d, FIRST_CLEARED_EVENT, NR_EVENTS);
}

/* Disabled and enabled again, with another priority: what is pending meanwhile waits. */
static void configure(struct driver *d, struct source *s)
{
	mock_lpi_config(all.vm, s->intid, DEFAULT & ~1u);
	mock_its_event_cmd(all.vm, d->its, GITS_CMD_INV, s->device, s->event);
	wait_for_commands(d->its);
	source_bar(s);
	if (one_in(2, &d->seed))
		sched_yield();
	source_unbar(s);
	mock_lpi_config(all.vm, s->intid, (uint8_t)(0x81 + 8 * (random32(&d->seed) % 12)));
	if (one_in(4, &d->seed))
		mock_its_invall(all.vm, d->its, any_vcpu(d));
	else
		mock_its_event_cmd(all.vm, d->its, GITS_CMD_INV, s->device, s->event);
}

static void send_by_int(struct driver *d)
{
	struct source *s = lpi_source(d->its, EVENT_BY_INT + random32(&d->seed) % 2);

	(void)source_send(s);
	mock_its_event_cmd(all.vm, d->its, GITS_CMD_INT, s->device, s->event);
}

static void command(struct driver *d)
{
	uint32_t e = random32(&d->seed) % FIRST_CLEARED_EVENT;
	uint32_t cleared = FIRST_CLEARED_EVENT + random32(&d->seed) % (NR_EVENTS - FIRST_CLEARED_EVENT);

	switch (random32(&d->seed) % 16) {
	case 0:
	case 1:
	case 2:
		remap(d, cleared);
		break;
	case 3:
		remap_device(d);
		break;
	case 4:
		mock_its_event_cmd(all.vm, d->its, GITS_CMD_CLEAR, CHURNED, cleared);
		break;
	case 5:
		mock_its_movall(all.vm, d->its, any_vcpu(d), any_vcpu(d));
		break;
	case 6:
		mock_its_mapc(all.vm, d->its, any_vcpu(d), any_vcpu(d), true);
		break;
	case 7:
	case 8:
		configure(d, lpi_source(d->its, e));
		break;
	case 9:
	case 10:
		send_by_int(d);
		break;
	default:
		mock_its_movi(all.vm, d->its, STABLE, e, any_vcpu(d));
		break;
	}
	wait_for_commands(d->its);
}

void *commander(void *its)
{
	struct driver d = { .its = *(const uint32_t *)its };

	for (d.seed = all.seed * 7 + d.its; keep_on(); sched_yield())
		command(&d);
	return NULL;
}

/*
 * A MAPTI may have found no free LPI: a vCPU that gets no time does not let go of dead ones. It does when it comes to
 * its turn.
 */
void its_probe(struct source *s)
{
	uint64_t since = now_ms();

	while (lvgic_inject_msi(mock_its(all.vm, s->its), s->device, s->event) != LVGIC_OK) {
		check(now_ms() - since < STUCK_MS, "no free LPI", s);
		nap();
		map(s, s->event % all.config.nr_vcpus);
	}
}

/* --- The host --- */

void *deferred(void *arg)
{
	(void)arg;
	for (; !atomic_load(&all.over); nap())
		mock_run_deferred(all.vm);
	return NULL;
}

/* Never the caller's fault. */
static void expect_host(enum lvgic_status status)
{
	if (status == LVGIC_OK || status == LVGIC_ERR_AGAIN || status == LVGIC_ERR_NOENT)
		return;
	fprintf(stderr, "direct injection: %s\n", lvgic_strstatus(status));
	abort();
}

void *host(void *arg)
{
	bool set[NR_ITS * NR_EVENTS] = { false };
	uint32_t seed = all.seed * 11;

	(void)arg;
	for (; keep_on(); sched_yield()) {
		uint32_t n = random32(&seed) % NR_ITS * NR_EVENTS + random32(&seed) % FIRST_CLEARED_EVENT;
		struct lvgic_its *its = mock_its(all.vm, n / NR_EVENTS);
		uint32_t event = n % NR_EVENTS;

		switch (random32(&seed) % 6) {
		case 0:
			while (set[n] && lvgic_v4_unset_forwarding(its, STABLE, event) == LVGIC_ERR_AGAIN)
				sched_yield();
			set[n] = false;
			break;
		case 1:
			expect_host(lvgic_v4_allow(its, STABLE, event, random32(&seed) % 3));
			break;
		case 2:
			expect_host(lvgic_v4_allow_vcpu(mock_vcpu(all.vm, random32(&seed) % all.config.nr_vcpus),
			                                random32(&seed) % 4));
			break;
		default:
			if (!set[n])
				expect_host(lvgic_v4_set_forwarding(its, STABLE, event, mock_dev_irq(all.vm, n)));
			set[n] = true;
			break;
		}
		count(HOSTED);
	}
	return NULL;
}

/* --- The end --- */

static uint64_t errors(void)
{
	uint64_t n;

	(void)mock_its_error(all.vm, 0, &n);
	return n;
}

static void all_let_go(void)
{
	for (uint32_t i = 0; i < 2 * all.config.nr_vcpus; i++) {
		mock_guest_nop(all.vm, i % all.config.nr_vcpus);
		mock_run_deferred(all.vm);
	}
}

void its_check_pool(void)
{
	uint64_t before;

	for (uint32_t its = 0; its < NR_ITS; its++) {
		mock_its_mapd(all.vm, its, STABLE, EVENT_BITS, false);
		mock_its_mapd(all.vm, its, CHURNED, EVENT_BITS, false);
	}
	all_let_go();
	before = errors();
	mock_its_mapd(all.vm, 0, STABLE, 10, true);
	for (uint32_t e = 0; e < all.config.max_lpis; e++)
		mock_its_mapti(all.vm, 0, STABLE, e, LVGIC_FIRST_LPI + e, 0);
	if (errors() != before) {
		fprintf(stderr, "%llu of %u LPIs are lost\n", (unsigned long long)(errors() - before),
		        all.config.max_lpis);
		abort();
	}
	mock_its_mapti(all.vm, 0, STABLE, all.config.max_lpis, LVGIC_FIRST_LPI + all.config.max_lpis, 0);
	if (errors() == before) {
		fprintf(stderr, "more LPIs than the quota allows\n");
		abort();
	}
}
