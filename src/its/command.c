/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the ITS commands, a row each: what is checked, then what is done.
 * Locks: none. The worker's (its/work.c).
 * Implements: IHI 0069 5.3 (ITS commands and their errors).
 *
 * All arguments that a row names are checked, in the order of the architecture's tables, before its handler runs; a
 * handler reads guest memory before it changes anything. So a command that fails or would block has changed nothing.
 * One that is long (DONE not reached) is called again with the same words, which are not read from memory a second
 * time.
 */
#include "map.h"
#include "v4/v4.h"

struct command {
	struct lvgic_its *its;
	struct lvgic_vcpu *self;
	struct budget *budget;
	const struct row *row;

	/* Arguments, as far as the row asks for them. */
	uint32_t device;
	uint32_t event;
	uint32_t icid;
	uint64_t device_slot;
	uint64_t *event_slot;
	uint32_t target; /* vCPU of the collection, or of RDbase; W_NOWHERE: unmapped */
	bool valid;      /* V */
	uint32_t error;
};

/* What a row wants checked. */
#define ARG_DEVICE     0x01u /* DeviceID in range */
#define ARG_MAPPED_DEV 0x02u /* and mapped, and EventID in its range */
#define ARG_EVENT      0x04u /* and the event mapped */
#define ARG_ICID       0x08u /* ICID in range */
#define ARG_COLLECTION 0x10u /* and mapped */

struct row {
	const char *name;
	uint8_t number; /* of the command in the numbers of its errors; that of CLEAR is not its code (5.3.3) */
	uint8_t args;
	enum progress (*run)(struct command *c);
};

static enum progress fail(struct command *c, enum lvgic_its_error error)
{
	c->error = 0x010000u | (uint32_t)c->row->number << 8 | (uint32_t)error;
	return PROGRESS_DONE;
}

/* The hardware delivers it (src/v4). */
static bool forwarded(const struct lvgic_irq *irq)
{
	return unlikely(load64_relaxed(&irq->word) & W_FORWARD);
}

static struct lvgic_irq *lpi_of(const struct command *c)
{
	return &c->its->vgic->lpi[(*c->event_slot & SLOT_INDEX_MASK) - 1];
}

/* RDbase in bits 51:16 of a word: a number, or with PTA an address. W_NOWHERE: no such Redistributor (R30). */
static uint32_t rdbase(const struct command *c, uint64_t word)
{
	struct lvgic *vg = c->its->vgic;
	uint64_t field = word & 0x000fffffffff0000ull;
	struct lvgic_vcpu *v;

	if (c->its->cfg.flags & LVGIC_ITS_PTA)
		v = redist_at(vg, field);
	else
		v = field >> 16 < vg->cfg.nr_vcpus ? lvgic_vcpu_by_id(vg, (uint32_t)(field >> 16)) : NULL;
	return v ? v->id : W_NOWHERE;
}

/* The physical one first, so that one which cannot be had is an error of the command. */
static enum progress add_device(struct command *c, uint32_t event_bits)
{
	struct lvgic_its *its = c->its;
	const struct lvgic *vg = its->vgic;
	enum lvgic_status status = LVGIC_OK;

	if (OPS(vg)->device_map)
		status = OPS(vg)->device_map(vg->ctx, its, c->device, event_bits);
	if (status == LVGIC_ERR_AGAIN)
		return PROGRESS_AGAIN;
	if (status != LVGIC_OK)
		return fail(c, LVGIC_ITS_QUOTA);
	if (map_add_device(its, c->device, event_bits))
		return PROGRESS_DONE;
	if (OPS(vg)->device_map)
		(void)!OPS(vg)->device_map(vg->ctx, its, c->device, 0);
	return fail(c, LVGIC_ITS_QUOTA);
}

/*
 * MAPD over a mapped device maps it anew, without events; V = 0 of one that is not mapped does nothing. The ITT itself
 * is never touched: what it would hold is in map.c.
 */
static enum progress mapd(struct command *c)
{
	struct lvgic_its *its = c->its;
	uint32_t size = (uint32_t)its->cmd[1] & 0x1fu;
	enum progress p;

	if (c->valid && size >= its->cfg.event_bits)
		return fail(c, LVGIC_ITS_ITT_SIZE_OOR);
	/* Going on with the removal: the table was looked at before. */
	if (c->valid && !its->cursor) {
		enum lvgic_status status = table_check_device(its, c->device);

		if (status == LVGIC_ERR_AGAIN)
			return PROGRESS_AGAIN;
		if (status != LVGIC_OK)
			return fail(c, LVGIC_ITS_DEVICE_OOR);
	}
	its->cursor = 1;
	p = map_remove_device(its, c->self, c->device, c->budget);
	if (p != PROGRESS_DONE)
		return p;
	return c->valid ? add_device(c, size + 1) : PROGRESS_DONE;
}

/*
 * What is pending stays where it is (MOVALL moves it); messages go to the new Redistributor from now on. The LPIs of
 * the collection that the hardware delivers follow one after the other, going on at its->cursor.
 */
static enum progress mapc(struct command *c)
{
	struct lvgic_its *its = c->its;
	uint32_t target = W_NOWHERE;

	if (c->valid && !its->cursor) {
		enum lvgic_status status;

		target = rdbase(c, its->cmd[2]);
		if (target == W_NOWHERE)
			return fail(c, LVGIC_ITS_ITT_SIZE_OOR);
		status = table_check_collection(its, c->icid);
		if (status == LVGIC_ERR_AGAIN)
			return PROGRESS_AGAIN;
		if (status != LVGIC_OK)
			return fail(c, LVGIC_ITS_COLLECTION_OOR);
	}
	if (!its->cursor)
		map_set_collection(its, c->icid, target);
	if (likely(!its->vgic->v4))
		return PROGRESS_DONE;
	its->cursor += !its->cursor;
	return v4_collection(its, c->self, c->icid, &its->cursor, c->budget);
}

static uint64_t event_slot(const struct command *c, const struct lvgic_irq *irq)
{
	uint32_t gen = word_gen(load64_relaxed(&irq->word));

	return (uint64_t)c->icid << 32 | (uint64_t)gen << 24 | (1 + (uint32_t)(irq - c->its->vgic->lpi));
}

/*
 * MAPTI and MAPI. Over a mapped event it takes its place (R39); the LPI keeps its state if it is the same. The
 * collection may be unmapped (R44). The new LPI is there before the old one goes, so that a quota that is used up
 * changes nothing.
 */
static enum progress map_interrupt(struct command *c, uint32_t intid)
{
	struct lvgic_its *its = c->its;
	struct lvgic *vg = its->vgic;
	struct lvgic_irq *irq;
	uint64_t *slot;
	uint8_t config;

	if (!lpi_exists(vg, intid))
		return fail(c, LVGIC_ITS_PHYSICAL_ID_OOR);
	if (lpitab_config(vg, intid, &config) == LVGIC_ERR_AGAIN)
		return PROGRESS_AGAIN;
	slot = map_make_event(its, c->device_slot, c->event);
	irq = vg->v4 || (slot && *slot) ? lpi_find(vg, intid) : NULL;
	/* What the hardware delivers comes back first, both the LPI that is mapped and the one that was. */
	if (vg->v4) {
		struct lvgic_irq *old = slot && *slot ? &vg->lpi[(*slot & SLOT_INDEX_MASK) - 1] : NULL;
		enum progress p = PROGRESS_DONE;

		if (irq && forwarded(irq))
			p = v4_take_back(vg, c->self, irq, false, c->budget);
		if (p == PROGRESS_DONE && old && forwarded(old))
			p = v4_take_back(vg, c->self, old, false, c->budget);
		if (p != PROGRESS_DONE)
			return p;
		v4_mapped(its, c->device, c->event);
	}
	if (slot && *slot && &vg->lpi[(*slot & SLOT_INDEX_MASK) - 1] == irq) {
		store64_release(slot, event_slot(c, irq));
	} else {
		irq = slot ? lpi_map(vg, intid) : NULL;
		if (!irq)
			return fail(c, LVGIC_ITS_QUOTA);
		if (*slot)
			(void)map_remove_event(its, c->self, slot, c->budget);
		store64_release(slot, event_slot(c, irq));
		store32_relaxed(&its->nr_events, its->nr_events + 1);
	}
	(void)irq_apply(vg, c->self, irq, word_configure, lpi_config_arg(vg, load64_relaxed(&irq->word), config));
	/* The other event is not forwarded any more. */
	if (vg->v4 && lpi_maps(vg, irq) > 1)
		v4_sweep(vg);
	return PROGRESS_DONE;
}

static enum progress mapti(struct command *c)
{
	return map_interrupt(c, (uint32_t)(c->its->cmd[1] >> 32));
}

static enum progress mapi(struct command *c)
{
	return map_interrupt(c, c->event);
}

/* The mapping first: what is translated from now on goes to the new collection, what is pending follows. */
static enum progress movi(struct command *c)
{
	struct lvgic *vg = c->its->vgic;
	struct lvgic_irq *irq = lpi_of(c);

	if (forwarded(irq)) {
		enum progress p = v4_move(vg, c->self, irq, c->target, c->budget);

		if (p != PROGRESS_DONE)
			return p;
	}
	store64_relaxed(c->event_slot, (*c->event_slot & ~(0xffffull << 32)) | (uint64_t)c->icid << 32);
	lpi_move(vg, c->self, irq, c->target);
	/* Perhaps it can be forwarded there. */
	if (vg->v4 && !forwarded(irq))
		v4_mapped(c->its, c->device, c->event);
	return PROGRESS_DONE;
}

static enum progress discard(struct command *c)
{
	return map_remove_event(c->its, c->self, c->event_slot, c->budget);
}

static enum progress int_(struct command *c)
{
	if (map_collection(c->its, EVENT_ICID(*c->event_slot)) == W_NOWHERE)
		return fail(c, LVGIC_ITS_UNMAPPED_COLLECTION);
	(void)msi_signal(c->its, c->self, c->device, c->event);
	return PROGRESS_DONE;
}

static enum progress clear(struct command *c)
{
	enum progress p = PROGRESS_DONE;

	if (forwarded(lpi_of(c)))
		p = v4_clear(c->its->vgic, c->self, lpi_of(c), c->budget);
	if (p == PROGRESS_DONE)
		lpi_clear(c->its->vgic, c->self, lpi_of(c));
	return p;
}

static enum progress inv(struct command *c)
{
	return lpitab_refresh(c->its->vgic, c->self, lpi_of(c), c->budget);
}

/*
 * INVALL reads the configuration of all LPIs again, whatever their collection: caches may be forgotten at any time. So
 * one that begins after CWRITER was read does the work of all that are in the queue up to there, whose configuration
 * had been written before CWRITER was: they cost nothing (R26: a queue full of them is one walk).
 */
static enum progress invall(struct command *c)
{
	struct lvgic_its *its = c->its;
	enum progress p;

	if (its->covered)
		return PROGRESS_DONE;
	if (!its->cursor) {
		uint32_t size = ((uint32_t)(its->cbaser & GITS_CBASER_SIZE_MASK) + 1) * 4096;
		uint32_t to = (uint32_t)load64_acquire(&its->cwriter), from = (uint32_t)its->creadr;

		its->cover = (uint32_t)GITS_CQ_OFFSET_MASK & (to >= from ? to - from : to + size - from);
		its->cover /= 32;
	}
	p = lpitab_config_all(its->vgic, c->self, &its->cursor, c->budget);
	if (p == PROGRESS_DONE)
		its->covered = its->cover;
	return p;
}

/* What is pending at RDbase1 goes to RDbase2; which collections are mapped where does not change (R8). */
static enum progress movall(struct command *c)
{
	struct lvgic *vg = c->its->vgic;
	uint32_t from = rdbase(c, c->its->cmd[2]), to = rdbase(c, c->its->cmd[3]);

	if (from == W_NOWHERE || to == W_NOWHERE)
		return fail(c, LVGIC_ITS_DEVICE_OOR);
	for (; c->its->cursor < vg->lpi_fresh && from != to; c->its->cursor++) {
		struct lvgic_irq *irq = lpi_nth(vg, c->its->cursor);
		uint64_t w = load64_relaxed(&irq->word);

		if (!c->budget->lpis)
			return PROGRESS_MORE;
		c->budget->lpis--;
		if (!lpi_alive(irq) || word_target(w) != from || !(w & (W_PEND | W_QUEUED | W_FORWARD)))
			continue;
		/* Where it is pending is not where its messages go: software, until they meet again. */
		if (unlikely(w & W_FORWARD)) {
			enum progress p = v4_take_back(vg, c->self, irq, false, c->budget);

			if (p != PROGRESS_DONE)
				return p;
		}
		lpi_move(vg, c->self, irq, to);
	}
	if (vg->v4)
		v4_sweep(vg);
	return PROGRESS_DONE;
}

/* Every command is complete when it has been done. */
static enum progress sync(struct command *c)
{
	(void)c;
	return PROGRESS_DONE;
}

/* By code. */
/* clang-format off */
static const struct row rows[] = {
	[GITS_CMD_MOVI] = { .name = "MOVI", .number = 0x01,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_EVENT | ARG_ICID | ARG_COLLECTION, .run = movi },
	[GITS_CMD_INT] = { .name = "INT", .number = 0x03,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_EVENT, .run = int_ },
	[GITS_CMD_CLEAR] = { .name = "CLEAR", .number = 0x05,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_EVENT, .run = clear },
	[GITS_CMD_SYNC] = { .name = "SYNC", .number = 0x05, .run = sync },
	[GITS_CMD_MAPD] = { .name = "MAPD", .number = 0x08, .args = ARG_DEVICE, .run = mapd },
	[GITS_CMD_MAPC] = { .name = "MAPC", .number = 0x09, .args = ARG_ICID, .run = mapc },
	[GITS_CMD_MAPTI] = { .name = "MAPTI", .number = 0x0a,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_ICID, .run = mapti },
	[GITS_CMD_MAPI] = { .name = "MAPI", .number = 0x0b,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_ICID, .run = mapi },
	[GITS_CMD_INV] = { .name = "INV", .number = 0x0c,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_EVENT, .run = inv },
	[GITS_CMD_INVALL] = { .name = "INVALL", .number = 0x0d, .args = ARG_ICID | ARG_COLLECTION, .run = invall },
	[GITS_CMD_MOVALL] = { .name = "MOVALL", .number = 0x0e, .run = movall },
	[GITS_CMD_DISCARD] = { .name = "DISCARD", .number = 0x0f,
	  .args = ARG_DEVICE | ARG_MAPPED_DEV | ARG_EVENT, .run = discard },
};
/* clang-format on */

static const struct row *find_row(uint32_t code)
{
	uint32_t nr = sizeof(rows) / sizeof(rows[0]);

	return code < nr && rows[index_nospec(code, nr)].run ? &rows[index_nospec(code, nr)] : NULL;
}

/* The arguments that the row names; false: an error was found. Of a long command they were checked the first time. */
static bool check(struct command *c)
{
	struct lvgic_its *its = c->its;
	uint32_t args = c->row->args;

	c->valid = its->cmd[2] >> 63;
	c->device = (uint32_t)(its->cmd[0] >> 32);
	c->event = (uint32_t)its->cmd[1];
	c->icid = (uint32_t)its->cmd[2] & 0xffffu;
	if ((args & ARG_DEVICE) && c->device >> its->cfg.device_bits)
		return fail(c, LVGIC_ITS_DEVICE_OOR), false;
	if (args & ARG_MAPPED_DEV) {
		c->device_slot = map_device(its, c->device);
		if (!c->device_slot)
			return fail(c, LVGIC_ITS_UNMAPPED_DEVICE), false;
		/* R31: bounds before the table is looked at. */
		if (c->event >> DEVICE_BITS(c->device_slot))
			return fail(c, LVGIC_ITS_ID_OOR), false;
	}
	if (args & ARG_EVENT) {
		c->event_slot = map_event_slot(its, c->device_slot, c->event);
		if (!c->event_slot || !*c->event_slot)
			return fail(c, LVGIC_ITS_UNMAPPED_INTERRUPT), false;
	}
	if ((args & ARG_ICID) && c->icid >> its->cfg.collection_bits)
		return fail(c, LVGIC_ITS_COLLECTION_OOR), false;
	if (args & ARG_COLLECTION) {
		c->target = map_collection(its, c->icid);
		if (c->target == W_NOWHERE)
			return fail(c, LVGIC_ITS_UNMAPPED_COLLECTION), false;
	}
	return true;
}

enum progress command_run(struct lvgic_its *its, struct lvgic_vcpu *self, struct budget *budget, uint32_t *error)
{
	struct command c = {
		.its = its, .self = self, .budget = budget, .row = find_row((uint32_t)its->cmd[0] & 0xffu)
	};
	enum progress p = PROGRESS_DONE;

	if (!c.row)
		c.error = 0x010000u | ((uint32_t)its->cmd[0] & 0xffu) << 8 | LVGIC_ITS_UNKNOWN_COMMAND;
	else if (check(&c))
		p = c.row->run(&c);
	*error = c.error;
	if (p == PROGRESS_DONE)
		its->cursor = 0;
	return p;
}
