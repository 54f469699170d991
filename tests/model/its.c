/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the model's LPIs (configuration and pending tables in memory) and its ITS: registers, commands, translation.
 * Implements: IHI 0069 chapter 5, 12.19. IMPLEMENTATION DEFINED choices are those of docs/architecture.md: commands
 * with errors are skipped, INVALL reads the configuration of all LPIs.
 */
#include <string.h>

#include <libvgic/gic.h>
#include <libvgic/its.h>

#include "model.h"

#define ENTRY_SIZE      8u
#define EVENT_BITS      16u
#define DEVICE_BITS     16u
#define COLLECTION_BITS 4u

static const uint32_t device_ids[NR_DEVICES] = { 0, 1, 5, 600, 8191, 40000 };

static uint64_t load(const struct model *g, uint64_t gpa, uint32_t size)
{
	uint64_t val = 0;

	memcpy(&val, &g->ram[gpa - RAM_GPA], size);
	return val;
}

static bool in_ram(uint64_t gpa, uint64_t size)
{
	return gpa >= RAM_GPA && gpa - RAM_GPA <= RAM_SIZE - size;
}

/* --- LPIs --- */

static void configure(struct model *g, struct irq *irq)
{
	uint8_t byte = (uint8_t)load(g, PROP_GPA + irq->intid - FIRST_LPI, 1);

	irq->prio = model_implemented(g, byte & 0xfcu);
	irq->enabled = byte & 1;
}

void lpi_invalidate(struct model *g, uint32_t intid)
{
	struct irq *irq = model_lpi(g, intid);

	if (irq && irq->exists)
		configure(g, irq);
}

void lpi_invalidate_all(struct model *g)
{
	for (uint32_t i = 0; i < NR_LPIS; i++)
		lpi_invalidate(g, FIRST_LPI + i);
}

/* The pending table is read when LPIs are enabled (and what it said is cleared there), written when they are disabled.
 */
void lpi_enable(struct model *g, uint32_t cpu, bool on)
{
	struct cpu *c = &g->cpu[cpu];

	if (c->lpis == on)
		return;
	c->lpis = on;
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		struct irq *irq = model_lpi(g, FIRST_LPI + i);
		uint8_t *byte = &g->ram[PEND_GPA - RAM_GPA + cpu * 0x10000 + (FIRST_LPI + i) / 8];
		uint8_t bit = (uint8_t)(1u << i % 8);

		if (on) {
			if (*byte & bit) {
				irq->exists = true;
				irq->latch = true;
				irq->at = cpu;
			}
			*byte &= (uint8_t)~bit;
		} else if (irq->exists && irq->at == cpu) {
			*byte = irq->latch ? *byte | bit : *byte & (uint8_t)~bit;
			irq->latch = false;
			irq->exists = irq->maps;
		}
	}
	if (on)
		lpi_invalidate_all(g);
}

/* --- Maps --- */

/* NULL: not mapped. */
static struct mapping *find_mapping(struct model *g, uint32_t d, uint32_t event)
{
	for (uint32_t i = 0; i < NR_MAPS; i++)
		if (g->its.map[i].intid && g->its.map[i].device == d && g->its.map[i].event == event)
			return &g->its.map[i];
	return NULL;
}

static struct irq *mapped_lpi(struct model *g, const struct mapping *map)
{
	return model_lpi(g, map->intid);
}

static void drop_mapping(struct model *g, struct mapping *map)
{
	struct irq *irq = mapped_lpi(g, map);

	irq->latch = false;
	irq->exists = --irq->maps;
	map->intid = 0;
}

static void drop_device(struct model *g, uint32_t d)
{
	for (uint32_t i = 0; i < NR_MAPS; i++)
		if (g->its.map[i].intid && g->its.map[i].device == d)
			drop_mapping(g, &g->its.map[i]);
	if (d < NR_DEVICES)
		g->its.device[d].bits = 0;
}

static void drop_collections(struct model *g)
{
	for (uint32_t i = 0; i < NR_ICIDS; i++)
		g->its.collection[i] = NOBODY;
}

static uint32_t find_device(const struct model *g, uint32_t id)
{
	uint32_t d;

	for (d = 0; d < NR_DEVICES && g->its.device[d].id != id; d++)
		;
	return d;
}

/* Has the table of this kind room for the entry, in RAM? */
static bool has_entry(const struct model *g, uint64_t baser, uint32_t id)
{
	uint64_t page = 1ull << (12 + 2 * (baser >> 8 & 3)), size = ((baser & 0xff) + 1) * page;
	uint64_t base = baser & 0xfffffffff000ull & ~(page - 1), l1;

	if (!(baser >> 63))
		return false;
	if (!(baser >> 62 & 1))
		return id < size / ENTRY_SIZE && in_ram(base + id * ENTRY_SIZE, ENTRY_SIZE);
	id /= (uint32_t)(page / ENTRY_SIZE);
	if (id >= size / 8 || !in_ram(base + id * 8, 8))
		return false;
	l1 = load(g, base + id * 8, 8);
	return l1 >> 63 && in_ram(l1 & 0xffffffffff000ull & ~(page - 1), page);
}

/* --- Commands --- */

struct command {
	uint64_t w[4];
	uint32_t code, device, event, icid;
	bool valid;
	uint32_t d;          /* index of the device */
	struct mapping *map; /* of the event, NULL: none */
};

/* Errors that all commands about an event, or about a mapped one, have in common. */
static uint32_t event_error(struct model *g, struct command *c, bool mapped)
{
	if (c->device >> DEVICE_BITS)
		return LVGIC_ITS_DEVICE_OOR;
	if (c->d == NR_DEVICES || !g->its.device[c->d].bits)
		return LVGIC_ITS_UNMAPPED_DEVICE;
	if (c->event >> g->its.device[c->d].bits)
		return LVGIC_ITS_ID_OOR;
	c->map = find_mapping(g, c->d, c->event);
	return mapped && !c->map ? LVGIC_ITS_UNMAPPED_INTERRUPT : 0;
}

static uint32_t rdbase(const struct model *g, uint64_t word)
{
	uint64_t n = (word & 0xfffffffff0000ull) >> 16;

	return n < g->cfg.nr_cpus ? (uint32_t)n : NOBODY;
}

static uint32_t cmd_mapd(struct model *g, struct command *c)
{
	uint32_t size = c->w[1] & 0x1f;

	if (c->device >> DEVICE_BITS)
		return LVGIC_ITS_DEVICE_OOR;
	if (c->valid && size >= EVENT_BITS)
		return LVGIC_ITS_ITT_SIZE_OOR;
	if (c->valid && !has_entry(g, g->its.baser[0], c->device))
		return LVGIC_ITS_DEVICE_OOR;
	drop_device(g, c->d);
	g->its.device[c->d].bits = c->valid ? size + 1 : 0;
	return 0;
}

static uint32_t cmd_mapc(struct model *g, struct command *c)
{
	uint32_t cpu = rdbase(g, c->w[2]);

	if (c->icid >> COLLECTION_BITS)
		return LVGIC_ITS_COLLECTION_OOR;
	if (c->valid && cpu == NOBODY)
		return LVGIC_ITS_ITT_SIZE_OOR;
	if (c->valid && !has_entry(g, g->its.baser[1], c->icid))
		return LVGIC_ITS_COLLECTION_OOR;
	g->its.collection[c->icid] = c->valid ? cpu : NOBODY;
	return 0;
}

static uint32_t cmd_mapti(struct model *g, struct command *c)
{
	uint32_t error = event_error(g, c, false), intid = c->code == GITS_CMD_MAPI ? c->event : c->w[1] >> 32;
	struct irq *irq = model_lpi(g, intid);

	if (error)
		return error;
	if (c->icid >> COLLECTION_BITS)
		return LVGIC_ITS_COLLECTION_OOR;
	if (!irq)
		return LVGIC_ITS_PHYSICAL_ID_OOR;
	if (!c->map || c->map->intid != intid) {
		irq->maps++;
		if (c->map)
			drop_mapping(g, c->map);
		else
			for (c->map = g->its.map; c->map->intid; c->map++)
				;
		if (!irq->exists) {
			irq->exists = true;
			irq->latch = false;
			irq->at = NOBODY;
		}
	}
	configure(g, irq);
	*c->map = (struct mapping){ c->d, c->event, intid, c->icid };
	return 0;
}

static uint32_t cmd_movi(struct model *g, struct command *c)
{
	uint32_t error = event_error(g, c, true);

	if (error)
		return error;
	if (c->icid >> COLLECTION_BITS)
		return LVGIC_ITS_COLLECTION_OOR;
	if (g->its.collection[c->icid] == NOBODY)
		return LVGIC_ITS_UNMAPPED_COLLECTION;
	c->map->icid = c->icid;
	mapped_lpi(g, c->map)->at = g->its.collection[c->icid];
	return 0;
}

static uint32_t cmd_movall(struct model *g, struct command *c)
{
	uint32_t from = rdbase(g, c->w[2]), to = rdbase(g, c->w[3]);

	if (from == NOBODY || to == NOBODY)
		return LVGIC_ITS_DEVICE_OOR;
	for (uint32_t i = 0; i < NR_LPIS; i++) {
		struct irq *irq = model_lpi(g, FIRST_LPI + i);

		if (irq->exists && irq->latch && irq->at == from)
			irq->at = to;
	}
	return 0;
}

static void signal(struct model *g, const struct mapping *map)
{
	uint32_t cpu = g->its.collection[map->icid];

	if (!g->cpu[cpu].lpis)
		return;
	mapped_lpi(g, map)->latch = true;
	mapped_lpi(g, map)->at = cpu;
}

static uint32_t cmd_event(struct model *g, struct command *c)
{
	uint32_t error = event_error(g, c, true);

	if (error)
		return error;
	if (c->code == GITS_CMD_INT) {
		if (g->its.collection[c->map->icid] == NOBODY)
			return LVGIC_ITS_UNMAPPED_COLLECTION;
		signal(g, c->map);
	} else if (c->code == GITS_CMD_CLEAR) {
		mapped_lpi(g, c->map)->latch = false;
	} else if (c->code == GITS_CMD_INV) {
		configure(g, mapped_lpi(g, c->map));
	} else {
		drop_mapping(g, c->map);
	}
	return 0;
}

static uint32_t cmd_invall(struct model *g, struct command *c)
{
	if (c->icid >> COLLECTION_BITS)
		return LVGIC_ITS_COLLECTION_OOR;
	if (g->its.collection[c->icid] == NOBODY)
		return LVGIC_ITS_UNMAPPED_COLLECTION;
	lpi_invalidate_all(g);
	return 0;
}

static uint32_t cmd_sync(struct model *g, struct command *c)
{
	(void)g;
	(void)c;
	return 0;
}

static const struct {
	uint32_t code, number;
	uint32_t (*run)(struct model *g, struct command *c);
} commands[] = {
	{ GITS_CMD_MOVI, 0x01, cmd_movi },     { GITS_CMD_INT, 0x03, cmd_event },
	{ GITS_CMD_CLEAR, 0x05, cmd_event },   { GITS_CMD_SYNC, 0x05, cmd_sync },
	{ GITS_CMD_MAPD, 0x08, cmd_mapd },     { GITS_CMD_MAPC, 0x09, cmd_mapc },
	{ GITS_CMD_MAPTI, 0x0a, cmd_mapti },   { GITS_CMD_MAPI, 0x0b, cmd_mapti },
	{ GITS_CMD_INV, 0x0c, cmd_event },     { GITS_CMD_INVALL, 0x0d, cmd_invall },
	{ GITS_CMD_MOVALL, 0x0e, cmd_movall }, { GITS_CMD_DISCARD, 0x0f, cmd_event },
};

static void run_one(struct model *g, const uint64_t w[4])
{
	struct command c = { .w = { w[0], w[1], w[2], w[3] } };
	uint32_t error = LVGIC_ITS_UNKNOWN_COMMAND, number;

	c.code = number = w[0] & 0xff;
	c.device = (uint32_t)(w[0] >> 32);
	c.event = (uint32_t)w[1];
	c.icid = w[2] & 0xffff;
	c.valid = w[2] >> 63;
	c.d = find_device(g, c.device);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].code == c.code) {
			number = commands[i].number;
			error = commands[i].run(g, &c);
		}
	if (error) {
		g->its.errors++;
		g->its.last_error = 0x010000u | number << 8 | error;
	}
}

void its_run(struct model *g)
{
	struct its *its = &g->its;
	uint64_t size = ((its->cbaser & 0xff) + 1) * 4096, base = its->cbaser & 0xffffffffff000ull;

	while (its->enabled && its->cbaser >> 63 && its->creadr != its->cwriter) {
		uint64_t w[4];

		if (in_ram(base + its->creadr, 32)) {
			memcpy(w, &g->ram[base + its->creadr - RAM_GPA], 32);
			run_one(g, w);
		} else {
			its->errors++;
			its->last_error = 0x010000u | LVGIC_ITS_UNREADABLE;
		}
		its->creadr = (its->creadr + 32) % size;
	}
}

bool its_message(struct model *g, uint32_t device, uint32_t event)
{
	struct command c = { .device = device, .event = event, .d = find_device(g, device) };
	uint32_t cpu;

	if (!g->its.enabled || event_error(g, &c, true))
		return false;
	cpu = g->its.collection[c.map->icid];
	if (cpu == NOBODY || !g->cpu[cpu].lpis)
		return false;
	signal(g, c.map);
	return true;
}

/* --- Registers --- */

void its_init(struct model *g)
{
	for (uint32_t d = 0; d < NR_DEVICES; d++)
		g->its.device[d].id = device_ids[d];
	drop_collections(g);
}

uint64_t its_read(struct model *g, uint32_t offset, uint64_t *care)
{
	const struct its *its = &g->its;
	uint64_t val = 0;

	switch (offset & ~7u) {
	case GITS_CTLR & ~7u:
		if (offset & 4) /* GITS_IIDR */
			*care = 0;
		return its->enabled ? GITS_CTLR_Enabled : GITS_CTLR_Quiescent;
	case GITS_TYPER:
		/* Physical LPIs, entries of 8 bytes, the three sizes, and CIL: CIDbits counts. */
		val = 1 | (ENTRY_SIZE - 1) << 4 | (EVENT_BITS - 1) << 8 | (DEVICE_BITS - 1) << 13 |
		      (uint64_t)(COLLECTION_BITS - 1) << 32 | 1ull << 36;
		break;
	case GITS_CBASER:
		val = its->cbaser;
		break;
	case GITS_CWRITER:
		val = its->cwriter;
		break;
	case GITS_CREADR:
		val = its->creadr;
		break;
	case 0x100: /* GITS_BASER0: devices, GITS_BASER1: collections */
		val = its->baser[0] | 1ull << 56 | (uint64_t)(ENTRY_SIZE - 1) << 48;
		break;
	case 0x108:
		val = its->baser[1] | 4ull << 56 | (uint64_t)(ENTRY_SIZE - 1) << 48;
		break;
	case 0x40: /* GITS_STATUSR */
		*care = 0;
		break;
	case 0xffe8:
		*care = 0xf0;
		return 0x30;
	default:
		if (offset >= 0xffd0 && offset < 0x10000)
			*care = 0;
		break;
	}
	return offset & 4 ? val >> 32 : val;
}

/* What describes the table, apart from attributes of its memory. */
#define TABLE_MASK (3ull << 62 | 0xfffffffff3ffull)

void its_write(struct model *g, uint32_t offset, uint64_t val, uint64_t mask)
{
	struct its *its = &g->its;
	uint32_t n = offset == 0x108;
	uint64_t old;

	switch (offset) {
	case GITS_CTLR:
		if (mask & 1)
			its->enabled = val & GITS_CTLR_Enabled;
		break;
	case GITS_CBASER:
		if (its->enabled)
			break;
		/* Valid, cacheabilities, address, Shareability (3 is reserved, and Non-shareable), Size. */
		its->cbaser = ((its->cbaser & ~mask) | (val & mask)) & (0xb8e0000000000cffull | 0xffffffffff000ull);
		if ((its->cbaser >> 10 & 3) == 3)
			its->cbaser &= ~(3ull << 10);
		its->cwriter = its->creadr = 0;
		break;
	case GITS_CWRITER:
		old = ((its->cwriter & ~mask) | (val & mask)) & 0xfffe0;
		if (old < ((its->cbaser & 0xff) + 1) * 4096)
			its->cwriter = old;
		break;
	case 0x100:
	case 0x108:
		if (its->enabled)
			break;
		old = its->baser[n];
		val = ((old & ~mask) | (val & mask)) & (0xf8e0000000000fffull | 0xfffffffff000ull);
		if ((val >> 10 & 3) == 3)
			val &= ~(3ull << 10);
		if ((val >> 8 & 3) == 3)
			val &= ~(1ull << 8);
		its->baser[n] = val;
		if (!((val ^ old) & TABLE_MASK))
			break;
		/* With the table goes what it described. */
		if (n)
			drop_collections(g);
		for (uint32_t d = 0; !n && d < NR_DEVICES; d++)
			drop_device(g, d);
		break;
	}
}
