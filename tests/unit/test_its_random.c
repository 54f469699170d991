/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Random programs of ITS commands, messages, table changes and acknowledges against a flat model of LPIs: what the
 * guest may take next, which commands fail and with which number, what is in the pending tables. Guest memory answers
 * "would block" now and then, quotas are small, and no INTID may ever be in two list registers.
 *
 * R10, R11: MOVALL and the pending tables against LPIs that come and go; R49: against LPIs that were moved meanwhile.
 */
#include <stdlib.h>

#include "hw.h"

#define NR_VCPUS   3u
#define NR_DEVICES 4u
#define EVENT_BITS 6u /* two levels of nodes */
#define NR_EVENTS  (1u << EVENT_BITS)
#define NR_ICIDS   4u
#define NR_LPIS    40u
#define SEEDS      150u
#define STEPS      1500u
#define NOWHERE    UINT32_MAX

struct lpi {
	bool exists, pending;
	uint32_t maps, at;
	uint8_t cached, memory;
};

struct model {
	struct mock_vm *vm;
	uint32_t seed, seed0, step;
	uint32_t bits[NR_DEVICES]; /* 0: not mapped */
	struct {
		uint32_t intid, icid; /* intid 0: not mapped */
	} event[NR_DEVICES][NR_EVENTS];
	uint32_t collection[NR_ICIDS];
	struct lpi lpi[NR_LPIS];
	bool on[NR_VCPUS];
	bool table[NR_VCPUS][NR_LPIS];
	uint64_t errors;
	char did[8][96];
};

static uint32_t roll(struct model *m, uint32_t n)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 8) % n;
}

static void check(struct model *m, bool ok, const char *what, uint64_t got, uint64_t want)
{
	if (ok)
		return;
	for (uint32_t i = m->step < 7 ? 0 : m->step - 7; i <= m->step; i++)
		print_error("%u: %s\n", i, m->did[i % 8]);
	fail_msg("seed %u, step %u: %s: %#llx, the model says %#llx", m->seed0, m->step, what, (unsigned long long)got,
	         (unsigned long long)want);
}

#define DID(m, ...) snprintf((m)->did[(m)->step % 8], sizeof((m)->did[0]), __VA_ARGS__)

static struct lpi *lpi_of(struct model *m, uint32_t intid)
{
	return &m->lpi[intid - LVGIC_FIRST_LPI];
}

static void drop_event(struct model *m, uint32_t device, uint32_t event)
{
	struct lpi *l;

	if (!m->event[device][event].intid)
		return;
	l = lpi_of(m, m->event[device][event].intid);
	l->pending = false;
	if (!--l->maps)
		l->exists = false;
	m->event[device][event].intid = 0;
}

/* A command is over: did it fail as it should? True: apply it to the model. Quotas depend on what is in flight. */
static bool outcome(struct model *m, uint32_t want)
{
	uint64_t count, error = mock_its_error(m->vm, 0, &count);
	bool failed = count != m->errors;

	m->errors = count;
	if (failed && !want && (error & 0xff) == LVGIC_ITS_QUOTA)
		return false;
	check(m, failed == (want != 0) && (!failed || error == want), "command error", failed ? error : 0, want);
	return !failed;
}

static void mapd(struct model *m, uint32_t device)
{
	uint32_t bits = roll(m, EVENT_BITS) + 1;
	bool valid = roll(m, 3);

	DID(m, "MAPD device %u bits %u V %d", device, bits, valid);
	mock_its_mapd(m->vm, 0, device, bits, valid);
	for (uint32_t e = 0; e < NR_EVENTS; e++)
		drop_event(m, device, e);
	/* The quota of devices is for one less than we use; then the old one is gone nevertheless. */
	m->bits[device] = 0;
	if (outcome(m, 0) && valid)
		m->bits[device] = bits;
}

static void mapc(struct model *m)
{
	uint32_t icid = roll(m, NR_ICIDS), cpu = roll(m, NR_VCPUS);
	bool valid = roll(m, 4);

	DID(m, "MAPC %u to vCPU %u V %d", icid, cpu, valid);
	mock_its_mapc(m->vm, 0, icid, cpu, valid);
	if (outcome(m, 0))
		m->collection[icid] = valid ? cpu : NOWHERE;
}

/* The errors that all commands about an event have in common. */
static uint32_t event_error(struct model *m, uint32_t number, uint32_t device, uint32_t event, bool mapped)
{
	uint32_t base = 0x010000u | number << 8;

	if (!m->bits[device])
		return base | LVGIC_ITS_UNMAPPED_DEVICE;
	if (event >> m->bits[device])
		return base | LVGIC_ITS_ID_OOR;
	return mapped && !m->event[device][event].intid ? base | LVGIC_ITS_UNMAPPED_INTERRUPT : 0;
}

static void mapti(struct model *m, uint32_t device, uint32_t event)
{
	uint32_t intid = LVGIC_FIRST_LPI + roll(m, NR_LPIS), icid = roll(m, NR_ICIDS);
	struct lpi *l = lpi_of(m, intid);

	DID(m, "MAPTI device %u event %u to %u collection %u", device, event, intid, icid);
	mock_its_mapti(m->vm, 0, device, event, intid, icid);
	if (!outcome(m, event_error(m, 0x0a, device, event, false)))
		return;
	if (m->event[device][event].intid != intid) {
		drop_event(m, device, event);
		if (!l->exists)
			*l = (struct lpi){ .exists = true, .at = NOWHERE, .memory = l->memory };
		l->maps++;
	}
	l->cached = l->memory;
	m->event[device][event].intid = intid;
	m->event[device][event].icid = icid;
}

static void movi(struct model *m, uint32_t device, uint32_t event)
{
	uint32_t icid = roll(m, NR_ICIDS);
	uint32_t error = event_error(m, 0x01, device, event, true);

	if (!error && m->collection[icid] == NOWHERE)
		error = 0x010100u | LVGIC_ITS_UNMAPPED_COLLECTION;
	DID(m, "MOVI device %u event %u collection %u", device, event, icid);
	mock_its_movi(m->vm, 0, device, event, icid);
	if (!outcome(m, error))
		return;
	m->event[device][event].icid = icid;
	lpi_of(m, m->event[device][event].intid)->at = m->collection[icid];
}

static void signal(struct model *m, uint32_t device, uint32_t event)
{
	uint32_t cpu = m->collection[m->event[device][event].icid];
	struct lpi *l = lpi_of(m, m->event[device][event].intid);

	if (!m->on[cpu])
		return;
	l->pending = true;
	l->at = cpu;
}

static void event_command(struct model *m, uint32_t device, uint32_t event)
{
	static const struct {
		uint32_t code, number;
	} commands[] = { { GITS_CMD_INT, 3 }, { GITS_CMD_CLEAR, 5 }, { GITS_CMD_INV, 0xc }, { GITS_CMD_DISCARD, 0xf } };
	uint32_t i = roll(m, 4);
	uint32_t error = event_error(m, commands[i].number, device, event, true);
	struct lpi *l;

	DID(m, "command %#x device %u event %u", commands[i].code, device, event);
	if (!error && i == 0 && m->collection[m->event[device][event].icid] == NOWHERE)
		error = 0x010300u | LVGIC_ITS_UNMAPPED_COLLECTION;
	mock_its_event_cmd(m->vm, 0, commands[i].code, device, event);
	if (!outcome(m, error))
		return;
	l = lpi_of(m, m->event[device][event].intid);
	switch (commands[i].code) {
	case GITS_CMD_INT:
		signal(m, device, event);
		break;
	case GITS_CMD_CLEAR:
		l->pending = false;
		break;
	case GITS_CMD_INV:
		l->cached = l->memory;
		break;
	default:
		drop_event(m, device, event);
		break;
	}
}

static void message(struct model *m, uint32_t device, uint32_t event)
{
	enum lvgic_status want = LVGIC_ERR_NOENT, got;

	DID(m, "message device %u event %u", device, event);
	if (!event_error(m, 0, device, event, true)) {
		uint32_t cpu = m->collection[m->event[device][event].icid];

		if (cpu != NOWHERE && m->on[cpu]) {
			want = LVGIC_OK;
			signal(m, device, event);
		}
	}
	got = lvgic_inject_msi(mock_its(m->vm, 0), device, event);
	check(m, got == want, "status of a message", (uint64_t)got, (uint64_t)want);
}

static void reread_all(struct model *m)
{
	for (uint32_t i = 0; i < NR_LPIS; i++)
		m->lpi[i].cached = m->lpi[i].memory;
}

static void invall(struct model *m)
{
	uint32_t icid = roll(m, NR_ICIDS);

	DID(m, "INVALL %u", icid);
	if (roll(m, 2)) {
		mock_its_invall(m->vm, 0, icid);
		if (!outcome(m, m->collection[icid] == NOWHERE ? 0x010d00u | LVGIC_ITS_UNMAPPED_COLLECTION : 0))
			return;
	} else {
		uint32_t cpu = roll(m, NR_VCPUS);

		DID(m, "GICR_INVALLR of vCPU %u", cpu);
		mock_redist_w(m->vm, 0, cpu, GICR_INVALLR, 8, 0);
		mock_run_deferred(m->vm);
		check(m, mock_redist_r(m->vm, 0, cpu, GICR_SYNCR, 4) == 0, "SYNCR", 1, 0);
		if (!m->on[cpu])
			return;
	}
	reread_all(m);
}

static void movall(struct model *m)
{
	uint32_t from = roll(m, NR_VCPUS), to = roll(m, NR_VCPUS);

	DID(m, "MOVALL %u to %u", from, to);
	mock_its_movall(m->vm, 0, from, to);
	if (!outcome(m, 0))
		return;
	for (uint32_t i = 0; i < NR_LPIS; i++)
		if (m->lpi[i].exists && m->lpi[i].pending && m->lpi[i].at == from)
			m->lpi[i].at = to;
}

static void configure(struct model *m)
{
	uint32_t i = roll(m, NR_LPIS);

	m->lpi[i].memory = (uint8_t)(roll(m, 16) << 4 | (roll(m, 4) != 0));
	DID(m, "configuration of %u: %#x", LVGIC_FIRST_LPI + i, m->lpi[i].memory);
	mock_lpi_config(m->vm, LVGIC_FIRST_LPI + i, m->lpi[i].memory);
}

static void enable_lpis(struct model *m)
{
	uint32_t cpu = roll(m, NR_VCPUS);
	uint64_t ctlr;

	m->on[cpu] = !m->on[cpu];
	DID(m, "EnableLPIs of vCPU %u: %d", cpu, m->on[cpu]);
	mock_lpi_enable(m->vm, cpu, m->on[cpu]);
	mock_run_deferred(m->vm);
	ctlr = mock_redist_r(m->vm, cpu, cpu, GICR_CTLR, 4);
	check(m, !(ctlr & GICR_CTLR_RWP), "GICR_CTLR", ctlr, m->on[cpu]);
	if (m->on[cpu])
		reread_all(m);
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		struct lpi *l = &m->lpi[i];
		bool memory = mock_lpi_table_pending(m->vm, cpu, LVGIC_FIRST_LPI + i);

		if (m->on[cpu] && m->table[cpu][i]) {
			/* The pool is large enough for all that can be pending, so none is lost here. */
			if (!l->exists)
				*l = (struct lpi){ .exists = true, .memory = l->memory, .cached = l->memory };
			l->pending = true;
			l->at = cpu;
			m->table[cpu][i] = false;
		} else if (!m->on[cpu] && l->exists && l->at == cpu) {
			m->table[cpu][i] = l->pending;
			l->pending = false;
			l->exists = l->maps != 0;
		}
		check(m, memory == m->table[cpu][i], "pending table", memory, m->table[cpu][i]);
	}
}

/*
 * vCPUs that have not obeyed their kicks yet: what DISCARD and CLEAR have withdrawn must not come even so. A message
 * that arrives while the last one sits in a list register may come on its own then, so the rest is taken without
 * asking.
 */
static void take_late(struct model *m)
{
	uint32_t cpu = roll(m, NR_VCPUS), intid;

	DID(m, "vCPU %u acknowledges late", cpu);
	mock_obey_kicks(m->vm, false);
	intid = hw_take(m->vm, cpu);
	if (intid != SPURIOUS) {
		check(m, lpi_of(m, intid)->exists && lpi_of(m, intid)->pending, "taken late", intid, 0);
		lpi_of(m, intid)->pending = false;
	}
	mock_obey_kicks(m->vm, true);
	for (uint32_t i = 0; i < 2 * NR_VCPUS; i++)
		mock_guest_nop(m->vm, i % NR_VCPUS);
	for (cpu = 0; cpu < NR_VCPUS; cpu++)
		while ((intid = hw_take(m->vm, cpu)) != SPURIOUS) {
			check(m, lpi_of(m, intid)->exists, "taken", intid, 0);
			lpi_of(m, intid)->pending = false;
		}
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		const struct lpi *l = &m->lpi[i];

		check(m,
		      !l->exists || !l->pending || !(l->cached & 1) || (l->cached & 0xf8u) == 0xf8u || l->at == NOWHERE,
		      "not delivered", SPURIOUS, LVGIC_FIRST_LPI + i);
	}
}

static void take(struct model *m)
{
	uint32_t cpu = roll(m, NR_VCPUS), best = 0x100, intid;

	DID(m, "vCPU %u acknowledges", cpu);
	/* All obey their kicks: what must go elsewhere goes. */
	for (uint32_t i = 0; i < 2 * NR_VCPUS; i++)
		mock_guest_nop(m->vm, i % NR_VCPUS);
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		const struct lpi *l = &m->lpi[i];

		if (l->exists && l->pending && l->at == cpu && (l->cached & 1) && (l->cached & 0xf8u) < best)
			best = l->cached & 0xf8u;
	}
	/* 0xf8 and above is masked by PMR. */
	intid = hw_take(m->vm, cpu);
	if (best >= 0xf8) {
		check(m, intid == SPURIOUS, "acknowledged", intid, SPURIOUS);
		return;
	}
	check(m, intid - LVGIC_FIRST_LPI < NR_LPIS, "acknowledged", intid, 0);
	check(m, lpi_of(m, intid)->exists && lpi_of(m, intid)->pending && lpi_of(m, intid)->at == cpu,
	      "not pending here", intid, 0);
	check(m, (lpi_of(m, intid)->cached & 0xf9u) == (best | 1), "priority", lpi_of(m, intid)->cached, best);
	lpi_of(m, intid)->pending = false;
}

/* R18 */
static void no_two_list_registers(struct model *m)
{
	uint32_t seen[NR_LPIS] = { 0 };

	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
		for (uint32_t n = 0; n < 16; n++) {
			uint64_t lr = lvgic_vcpu_ich(mock_vcpu(m->vm, cpu))->lr[n];

			if ((uint32_t)lr >= LVGIC_FIRST_LPI)
				check(m, !seen[(uint32_t)lr - LVGIC_FIRST_LPI]++, "in two list registers", (uint32_t)lr,
				      1);
		}
}

static void step(struct model *m)
{
	uint32_t device = roll(m, NR_DEVICES), event = roll(m, roll(m, 2) ? 8 : NR_EVENTS);

	/* Mostly something that is mapped. */
	for (uint32_t i = 0; i < 20 && roll(m, 8) && !m->event[device][event].intid; i++) {
		device = roll(m, NR_DEVICES);
		event = roll(m, NR_EVENTS);
	}
	if (!roll(m, 10))
		mock_mem_again(m->vm, 0, SIZE_MAX, 1 + roll(m, 3));
	switch (roll(m, 24)) {
	case 0:
		if (!roll(m, 4))
			mapd(m, device);
		break;
	case 1:
		mapc(m);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		mapti(m, roll(m, NR_DEVICES), roll(m, roll(m, 2) ? 8 : NR_EVENTS));
		break;
	case 6:
	case 7:
		movi(m, device, event);
		break;
	case 8:
	case 9:
	case 10:
		event_command(m, device, event);
		break;
	case 11:
		invall(m);
		break;
	case 12:
		movall(m);
		break;
	case 13:
		configure(m);
		break;
	case 14:
		enable_lpis(m);
		break;
	case 15:
	case 16:
	case 17:
	case 18:
	case 19:
		message(m, device, event);
		break;
	case 20:
		take_late(m);
		break;
	default:
		take(m);
		break;
	}
	mock_mem_heal(m->vm);
	no_two_list_registers(m);
}

/* Nothing has got lost: when all is unmapped and taken, the whole quota can be had again, and not one more. */
static void quota_is_whole(struct model *m, uint32_t max_lpis)
{
	for (uint32_t d = 0; d < NR_DEVICES; d++)
		mock_its_mapd(m->vm, 0, d, 1, false);
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++) {
		for (uint32_t i = 0; i < 2; i++) {
			mock_lpi_enable(m->vm, cpu, !m->on[cpu]);
			mock_run_deferred(m->vm);
			m->on[cpu] = !m->on[cpu];
		}
		mock_lpi_enable(m->vm, cpu, false);
		mock_run_deferred(m->vm);
		mock_guest_nop(m->vm, cpu);
	}
	mock_its_mapd(m->vm, 0, 0, 7, true);
	(void)mock_its_error(m->vm, 0, &m->errors);
	for (uint32_t i = 0; i <= max_lpis; i++) {
		mock_its_mapti(m->vm, 0, 0, i, LVGIC_FIRST_LPI + i, 0);
		check(m, outcome(m, 0) == (i < max_lpis), "LPIs to be had", i, max_lpis);
	}
}

static void random_programs(void **state)
{
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		const struct lvgic_its_config its = { .size = sizeof(its), .max_devices = 3, .max_events = 8 * 32 };
		struct model *m = calloc(1, sizeof(*m));
		struct mock_config config = hw_config(state, NR_VCPUS);

		config.nr_its = 1;
		config.its = &its;
		config.max_lpis = NR_LPIS + 24;
		config.trap_cmds = 1 + seed % 3;
		config.trap_lpis = 64;
		config.pri_bits = 5;
		m->vm = hw_vm(config);
		m->seed = m->seed0 = seed;
		for (uint32_t i = 0; i < NR_ICIDS; i++)
			m->collection[i] = i < NR_VCPUS ? i : NOWHERE;
		mock_its_setup(m->vm);
		for (uint32_t i = 0; i < NR_VCPUS; i++)
			m->on[i] = true;
		for (uint32_t i = 0; i < NR_LPIS; i++)
			m->lpi[i].memory = 0xa1;
		for (m->step = 0; m->step < STEPS; m->step++)
			step(m);
		quota_is_whole(m, config.max_lpis);
		mock_vm_destroy(m->vm);
		free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { HW_EACH(random_programs) };

	return cmocka_run_group_tests_name("its_random", tests, NULL, NULL);
}
