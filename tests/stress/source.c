/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the sources of interrupts, and what each of them must keep: nothing lost, nothing twice, in order.
 * Locks: none. "sent" and "payload" are the device's, "last" is the handler's; what is between them is the library.
 *
 * "sent" is stored and loaded relaxed on purpose: what makes it visible to the handler that consumes the interrupt is
 * the library's order (lvgic_inject(): "what the device did before must be visible to the handler").
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

static struct {
	struct source sgi[16][MAX_VCPUS];
	struct source ppi[2][MAX_VCPUS];
	struct source spi[NR_SPIS];
	struct source lpi[NR_ITS][NR_EVENTS];
} sources;

struct source *sgi_source(uint32_t intid, uint32_t to)
{
	return &sources.sgi[intid][to];
}

struct source *ppi_source(uint32_t intid, uint32_t cpu)
{
	return &sources.ppi[intid - PPI_LEVEL][cpu];
}

struct source *spi_source(uint32_t n)
{
	return &sources.spi[n];
}

struct source *lpi_source(uint32_t its, uint32_t event)
{
	return &sources.lpi[its][event];
}

static enum promise spi_promise(uint32_t n)
{
	return n < NR_SPIS / 2 ? EXACT : n < FIRST_CLEARED_SPI ? MERGED : CLEARED;
}

static enum promise lpi_promise(uint32_t event)
{
	return event < NR_EVENTS / 2 ? EXACT : event < FIRST_CLEARED_EVENT ? MERGED : CLEARED;
}

void sources_init(void)
{
	memset(&sources, 0, sizeof(sources));
	for (uint32_t cpu = 0; cpu < MAX_VCPUS; cpu++) {
		for (uint32_t intid = 0; intid < 16; intid++)
			*sgi_source(intid, cpu) = (struct source){ .intid = intid, .cpu = cpu };
		*ppi_source(PPI_LEVEL, cpu) = (struct source){ .intid = PPI_LEVEL, .cpu = cpu, .level = true };
		*ppi_source(PPI_EDGE, cpu) = (struct source){ .intid = PPI_EDGE, .cpu = cpu };
	}
	for (uint32_t n = 0; n < NR_SPIS; n++)
		*spi_source(n) = (struct source){ .intid = LVGIC_FIRST_SPI + n,
			                          .promise = spi_promise(n),
			                          .by_other = n - SPI_BY_WRITE < 2,
			                          .level = spi_promise(n) == EXACT && n % 2 };
	for (uint32_t its = 0; its < NR_ITS; its++)
		for (uint32_t e = 0; e < NR_EVENTS; e++)
			*lpi_source(its, e) = (struct source){ .intid = LVGIC_FIRST_LPI + its * NR_EVENTS + e,
				                               .promise = lpi_promise(e),
				                               .by_other = e - EVENT_BY_INT < 2,
				                               .its = its,
				                               .device = lpi_promise(e) == CLEARED ? CHURNED : STABLE,
				                               .event = e };
}

void for_each_source(void (*fn)(struct source *s, void *arg), void *arg)
{
	struct source *s = (struct source *)&sources;

	for (; s < (struct source *)(&sources + 1); s++)
		fn(s, arg);
}

struct source *device_source(uint32_t n)
{
	if (n < NR_SPIS)
		return spi_source(n);
	n -= NR_SPIS;
	if (n < NR_ITS * NR_EVENTS)
		return lpi_source(n % NR_ITS, n / NR_ITS);
	n -= NR_ITS * NR_EVENTS;
	if (n < 2 * all.config.nr_vcpus)
		return ppi_source(PPI_LEVEL + n % 2, n / 2);
	return NULL;
}

static void explain(const struct source *s, struct lvgic_explanation *e)
{
	if (s->intid >= LVGIC_FIRST_LPI)
		lvgic_explain_msi(mock_its(all.vm, s->its), s->device, s->event, e);
	else
		lvgic_explain(mock_vgic(all.vm), s->intid < LVGIC_NR_PRIVATE ? mock_vcpu(all.vm, s->cpu) : NULL,
		              s->intid, e);
}

/* Not in the thread that could return an error; and what the others do meanwhile would blur the picture. */
void check(bool ok, const char *what, const struct source *s)
{
	struct lvgic_explanation e;

	if (ok)
		return;
	explain(s, &e);
	fprintf(stderr, "INTID %u: %s; sent %u, seen %u, acknowledged %u; vCPU %d: %s (word %#llx)\n", s->intid, what,
	        atomic_load(&s->sent), atomic_load(&s->seen), atomic_load(&s->acks), (int)e.vcpu, lvgic_strwhy(e.why),
	        (unsigned long long)e.word);
	if (all.v4 && s->intid >= LVGIC_FIRST_LPI) {
		struct lvgic_v4_info info;

		(void)lvgic_v4_query(mock_its(all.vm, s->its), s->device, s->event, &info);
		fprintf(stderr, "  direct injection: %s, vPE %d\n", lvgic_v4_strwhy(info.why), (int)info.vpe);
	}
	if (all.trace)
		trace_print(s->cpu, s->intid);
	abort();
}

/* --- The device's side --- */

bool source_settled(struct source *s)
{
	return atomic_load_explicit(&s->seen, memory_order_acquire) ==
	       atomic_load_explicit(&s->sent, memory_order_relaxed);
}

bool source_busy(struct source *s)
{
	if (source_settled(s))
		return false;
	check(now_ms() - s->since < STUCK_MS, "lost", s);
	return true;
}

uint32_t source_send(struct source *s)
{
	uint32_t n = atomic_load_explicit(&s->sent, memory_order_relaxed) + 1;

	if (s->promise == EXACT) {
		s->since = now_ms();
		s->payload = n;
	}
	atomic_store_explicit(&s->sent, n, memory_order_relaxed);
	return n;
}

void source_trigger(struct source *s)
{
	if (s->promise == EXACT && source_busy(s))
		return;
	(void)source_send(s);
	if (s->intid < LVGIC_FIRST_LPI)
		mock_inject(all.vm, s->cpu, s->intid, true);
	else if (all.v4 && s->device == STABLE)
		mock_dev_fire(all.vm, s->its * NR_EVENTS + s->event);
	else
		/* A CLEARED one may be unmapped now. */
		check(lvgic_inject_msi(mock_its(all.vm, s->its), s->device, s->event) == LVGIC_OK ||
		              s->promise == CLEARED,
		      "refused", s);
}

void source_bar(struct source *s)
{
	atomic_store(&s->barred, atomic_fetch_add(&all.epoch, 1) + 1);
}

void source_unbar(struct source *s)
{
	atomic_store(&s->barred, 0);
}

/* --- The handler's side --- */

static struct source *source_of(uint32_t cpu, uint32_t intid)
{
	uint32_t lpi = intid - LVGIC_FIRST_LPI;

	if (intid < 16)
		return sgi_source(intid, cpu);
	if (intid == PPI_LEVEL || intid == PPI_EDGE)
		return ppi_source(intid, cpu);
	if (intid - LVGIC_FIRST_SPI < NR_SPIS)
		return spi_source(intid - LVGIC_FIRST_SPI);
	if (lpi < NR_ITS * NR_EVENTS)
		return lpi_source(lpi / NR_EVENTS, lpi % NR_EVENTS);
	fprintf(stderr, "vCPU %u: nobody sends INTID %u\n", cpu, intid);
	abort();
}

static void handle_exact(struct source *s)
{
	uint32_t n = s->payload;

	check(n != s->last, "twice", s);
	check(n == s->last + 1, "out of order", s);
	s->last = n;
	if (s->level)
		mock_inject(all.vm, s->cpu, s->intid, false);
	atomic_store_explicit(&s->seen, n, memory_order_release);
}

static void handle_merged(struct source *s)
{
	uint32_t n = atomic_load_explicit(&s->sent, memory_order_relaxed);
	uint32_t seen = atomic_load_explicit(&s->seen, memory_order_relaxed);

	check((int32_t)(n - atomic_load(&s->acks)) >= 0, "more interrupts than triggers", s);
	if (s->intid < LVGIC_FIRST_LPI) {
		/* Ordinary memory: of an interrupt that is active there is only one handler. */
		check(n >= s->last, "out of order", s);
		s->last = n;
	}
	while (seen < n && !atomic_compare_exchange_weak(&s->seen, &seen, n))
		;
}

void source_handle(uint32_t cpu, uint32_t intid, uint32_t epoch)
{
	struct source *s = source_of(cpu, intid);
	uint32_t barred = atomic_load(&s->barred);

	atomic_fetch_add(&s->acks, 1);
	/* Over before we looked: it cannot come. */
	check(!barred || barred > epoch, "taken while disabled or unmapped", s);
	if (s->promise == EXACT)
		handle_exact(s);
	else
		handle_merged(s);
	count(HANDLED);
}
