/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the LPI Configuration and Pending tables in guest memory, and the registers that say where they are.
 * Locks: REDIST for the registers. The tables are read and written by the worker (its/work.c) only.
 * Implements: IHI 0069 5.1.1, 5.1.2 (the tables), 12.11 GICR_PROPBASER, GICR_PENDBASER, GICR_INVLPIR, GICR_INVALLR,
 * GICR_SYNCR, GICR_CTLR.EnableLPIs.
 *
 * The configuration of each LPI is cached in its word until it is invalidated; all Redistributors share one table
 * (GICR_TYPER.CommonLPIAff = 0), in force is that of the Redistributor that enabled LPIs last.
 *
 * The pending table belongs to the Redistributor while EnableLPIs is 1. It is read once, when LPIs are enabled, and
 * what was pending is cleared in memory; when they are disabled, what is pending is set in memory. So what the guest
 * finds afterwards is exact, and in between nothing is written.
 */
#include "lpitab.h"
#include "v4/v4.h"

/* Of the tables 12.11 makes IMPLEMENTATION DEFINED or RES0: bits that read as they were written. */
#define PROPBASER_BITS (0x0700000000000f9full | GICR_PROPBASER_ADDR_MASK)
#define PENDBASER_BITS (0x0700000000000f80ull | GICR_PENDBASER_ADDR_MASK)

/* In struct lvgic.lpi_prop: a table is in force. Stays after LPIs were disabled: the next enable reads everything
 * again. */
#define PROP_IN_FORCE (1ull << 63)

/* Configuration of several LPIs that lie side by side, read at once. */
struct window {
	uint32_t first; /* INTID */
	uint32_t nr;    /* 0: nothing read yet */
	uint8_t byte[64];
};

/* INTIDs below this have an entry in the table that GICR_PROPBASER describes. */
static uint32_t table_end(const struct lvgic *vg, uint64_t propbaser)
{
	uint32_t bits = (uint32_t)(propbaser & GICR_PROPBASER_IDbits_MASK) + 1;

	return 1u << (bits < vg->cfg.lpi_id_bits ? bits : vg->cfg.lpi_id_bits);
}

static void complain(struct lvgic *vg, struct lvgic_vcpu *self, uint64_t gpa)
{
	report_guest_error(vg, self, LVGIC_GUEST_ERROR_LPI_TABLE, 0, gpa, 0);
}

/* Move the window to an INTID. Where no RAM is, or beyond the table: disabled. */
__attribute__((__noinline__)) static enum lvgic_status read_window(struct lvgic *vg, struct lvgic_vcpu *self,
                                                                   uint32_t intid, struct window *win)
{
	uint64_t prop = load64_relaxed(&vg->lpi_prop);
	uint64_t gpa;
	enum lvgic_status status = LVGIC_OK;
	uint32_t i;

	win->first = intid & ~(uint32_t)(sizeof(win->byte) - 1);
	gpa = (prop & GICR_PROPBASER_ADDR_MASK) + win->first - LVGIC_FIRST_LPI;
	win->nr = sizeof(win->byte);
	for (i = 0; i < sizeof(win->byte); i++)
		win->byte[i] = 0;
	/* The end of a table is the end of a window, or the start of the LPIs. */
	if (prop && win->first < table_end(vg, prop))
		status = OPS(vg)->mem_read(vg->ctx, gpa, win->byte, win->nr);
	if (status == LVGIC_ERR_AGAIN)
		win->nr = 0;
	else if (status != LVGIC_OK)
		complain(vg, self, gpa);
	return status == LVGIC_ERR_AGAIN ? status : LVGIC_OK;
}

/* The configuration byte of one LPI. AGAIN: would block. */
enum lvgic_status lpitab_config(struct lvgic *vg, uint32_t intid, uint8_t *byte)
{
	uint64_t prop = load64_relaxed(&vg->lpi_prop);
	uint64_t gpa = (prop & GICR_PROPBASER_ADDR_MASK) + (intid - LVGIC_FIRST_LPI);
	enum lvgic_status status;

	*byte = 0;
	if (!prop || intid >= table_end(vg, prop))
		return LVGIC_OK;
	status = OPS(vg)->mem_read(vg->ctx, gpa, byte, 1);
	if (status == LVGIC_OK || status == LVGIC_ERR_AGAIN)
		return status;
	*byte = 0;
	complain(vg, NULL, gpa);
	return LVGIC_OK;
}

/* Read the configuration of all LPIs again, from *cursor (an index of objects) on. Most have not changed. */
enum progress lpitab_config_all(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t *cursor, struct budget *budget)
{
	struct window win = { .nr = 0 };
	enum progress p = PROGRESS_DONE;
	uint32_t i, end;

	if (*cursor >= vg->lpi_fresh)
		return PROGRESS_DONE;
	end = vg->lpi_fresh - *cursor > budget->lpis ? *cursor + budget->lpis : vg->lpi_fresh;
	for (i = *cursor; i < end; i++) {
		struct lvgic_irq *irq = lpi_nth(vg, i);
		uint32_t intid = irq_intid(irq);
		uint64_t w = load64_relaxed(&irq->word);
		uint64_t arg;

		if (unlikely((w & (W_LPI | W_DEAD)) != W_LPI))
			continue;
		if (unlikely(intid - win.first >= win.nr) && read_window(vg, self, intid, &win) == LVGIC_ERR_AGAIN) {
			p = PROGRESS_AGAIN;
			break;
		}
		arg = lpi_config_arg(vg, w, win.byte[intid % sizeof(win.byte)]);
		if (likely(word_configured(w, arg)))
			continue;
		if (unlikely(w & W_FORWARD)) {
			p = v4_configure(vg, self, irq, win.byte[intid % sizeof(win.byte)], budget);
			if (p != PROGRESS_DONE)
				break;
			/* That took its time: perhaps as much as there was. */
			end = i + 1 + budget->lpis < end ? i + 1 + budget->lpis : end;
		}
		irq_apply_withdraw(vg, self, irq, word_configure, arg);
	}
	budget->lpis -= i - *cursor < budget->lpis ? i - *cursor : budget->lpis;
	*cursor = i;
	return p == PROGRESS_DONE && i < vg->lpi_fresh ? PROGRESS_MORE : p;
}

/* Read the configuration of one LPI again: exactly, for one that is disabled is not taken after the command (5.3.13
 * SYNC). */
enum progress lpitab_refresh(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct budget *budget)
{
	enum progress p = PROGRESS_DONE;
	uint8_t byte;

	if (lpitab_config(vg, irq_intid(irq), &byte) == LVGIC_ERR_AGAIN)
		return PROGRESS_AGAIN;
	if (unlikely(load64_relaxed(&irq->word) & W_FORWARD))
		p = v4_configure(vg, self, irq, byte, budget);
	if (p == PROGRESS_DONE)
		irq_apply_withdraw(vg, self, irq, word_configure, lpi_config_arg(vg, load64_relaxed(&irq->word), byte));
	return p;
}

/* GICR_INVLPIR */
static enum progress config_one(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t intid, struct budget *budget)
{
	struct lvgic_irq *irq = lpi_find(vg, intid);

	if (!budget->lpis)
		return PROGRESS_MORE;
	budget->lpis--;
	if (!irq)
		return PROGRESS_DONE;
	return lpitab_refresh(vg, self, irq, budget);
}

/* The LPIs of one byte of the pending table become pending at v. Beyond the quota they are lost, and the guest's. */
static void load_byte(struct lvgic_vcpu *v, struct lvgic_vcpu *self, uint32_t intid, uint8_t pending,
                      const uint8_t config[8])
{
	struct lvgic *vg = v->vgic;
	uint32_t i;

	for (i = 0; i < 8; i++) {
		struct lvgic_irq *irq;
		uint64_t w;

		if (!(pending >> i & 1))
			continue;
		irq = lpi_get(vg, intid + i);
		if (!irq) {
			report_guest_error(vg, self, LVGIC_GUEST_ERROR_LPI_QUOTA, 0, intid + i, 0);
			continue;
		}
		w = load64_relaxed(&irq->word);
		(void)irq_apply(vg, self, irq, word_configure, lpi_config_arg(vg, w, config[i]));
		(void)irq_apply(vg, self, irq, word_msi, word_lpi_arg(word_gen(w), v->id));
	}
}

/* LPIs of that byte that the hardware delivers, at another vCPU perhaps: back to the software first. */
static enum progress take_back(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t intid, uint8_t pending,
                               struct budget *budget)
{
	enum progress p = PROGRESS_DONE;
	uint32_t i;

	for (i = 0; vg->v4 && i < 8 && p == PROGRESS_DONE; i++) {
		struct lvgic_irq *irq = pending >> i & 1 ? lpi_find(vg, intid + i) : NULL;

		if (irq && (load64_relaxed(&irq->word) & W_FORWARD))
			p = v4_take_back(vg, self, irq, false, budget);
	}
	return p;
}

/*
 * Read the pending table of v from byte v->lpi_cursor on. A byte is taken whole: its configuration is read, the bits
 * are cleared in memory, then they are acted upon; so a byte that would block has not been touched.
 */
static enum progress load_pending(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget)
{
	struct lvgic *vg = v->vgic;
	uint64_t base = v->gicr_pendbaser & GICR_PENDBASER_ADDR_MASK;
	uint32_t end = table_end(vg, v->gicr_propbaser) / 8;
	uint8_t chunk[64];

	if (v->lpi_cursor < LVGIC_FIRST_LPI / 8)
		v->lpi_cursor = LVGIC_FIRST_LPI / 8;
	while (v->lpi_cursor < end) {
		enum lvgic_status status;
		uint32_t i;

		if (budget->lpis < sizeof(chunk))
			return PROGRESS_MORE;
		budget->lpis -= (uint32_t)sizeof(chunk) / 8;
		status = OPS(vg)->mem_read(vg->ctx, base + (v->lpi_cursor & ~63u), chunk, sizeof(chunk));
		if (status == LVGIC_ERR_AGAIN)
			return PROGRESS_AGAIN;
		if (status != LVGIC_OK) {
			/* Where no RAM is nothing is pending; the rest will not be better. */
			complain(vg, self, base + v->lpi_cursor);
			v->lpi_cursor = end;
			break;
		}
		for (i = v->lpi_cursor % 64; i < sizeof(chunk) && v->lpi_cursor < end; i++, v->lpi_cursor++) {
			static const uint8_t zero;
			uint64_t prop = load64_relaxed(&vg->lpi_prop) & GICR_PROPBASER_ADDR_MASK;
			uint8_t config[8] = { 0 };
			enum progress p;

			if (!chunk[i])
				continue;
			p = take_back(vg, self, v->lpi_cursor * 8, chunk[i], budget);
			if (p != PROGRESS_DONE)
				return p;
			if (budget->lpis < 8)
				return PROGRESS_MORE;
			budget->lpis -= 8;
			status = OPS(vg)->mem_read(vg->ctx, prop + v->lpi_cursor * 8ull - LVGIC_FIRST_LPI, config,
			                           sizeof(config));
			if (status == LVGIC_OK || status == LVGIC_ERR_FAULT)
				status = OPS(vg)->mem_write(vg->ctx, base + v->lpi_cursor, &zero, 1);
			if (status == LVGIC_ERR_AGAIN)
				return PROGRESS_AGAIN;
			load_byte(v, self, v->lpi_cursor * 8, chunk[i], config);
		}
	}
	return PROGRESS_DONE;
}

/* Set one bit in the pending table of v. */
static enum lvgic_status store_bit(struct lvgic_vcpu *v, struct lvgic_vcpu *self, uint32_t intid)
{
	struct lvgic *vg = v->vgic;
	uint64_t gpa = (v->gicr_pendbaser & GICR_PENDBASER_ADDR_MASK) + intid / 8;
	enum lvgic_status status;
	uint8_t byte;

	status = OPS(vg)->mem_read(vg->ctx, gpa, &byte, 1);
	if (status == LVGIC_OK) {
		byte |= (uint8_t)(1u << intid % 8);
		status = OPS(vg)->mem_write(vg->ctx, gpa, &byte, 1);
	}
	if (status != LVGIC_OK && status != LVGIC_ERR_AGAIN)
		complain(vg, self, gpa);
	return status;
}

/*
 * LPIs were disabled at v: what is pending there goes to its table, from object v->lpi_cursor on. R7, R49: each is
 * taken out of the list registers first, and its target is looked at again when its latch is cleared.
 */
static enum progress store_pending(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget)
{
	struct lvgic *vg = v->vgic;

	for (; v->lpi_cursor < vg->lpi_fresh; v->lpi_cursor++) {
		struct lvgic_irq *irq = lpi_nth(vg, v->lpi_cursor);
		enum lvgic_status status = LVGIC_OK;
		unsigned int tries = 8;
		uint64_t w;

		if (!budget->lpis)
			return PROGRESS_MORE;
		budget->lpis--;
		if (!lpi_alive(irq) || word_target(load64_relaxed(&irq->word)) != v->id)
			continue;
		if (unlikely(load64_relaxed(&irq->word) & W_FORWARD)) {
			enum progress p = v4_take_back(vg, self, irq, false, budget);

			if (p != PROGRESS_DONE)
				return p;
		}
		/* As irq_apply_exactly(), with the table first. */
		do {
			struct irq_hold hold = irq_own(vg, self, irq);

			w = load64_relaxed(&irq->word);
			if (w & W_PEND)
				status = store_bit(v, self, irq_intid(irq));
			if (status != LVGIC_ERR_AGAIN)
				w = irq_apply(vg, self, irq, word_flushed, word_lpi_arg(word_gen(w), v->id));
			irq_release(vg, hold);
		} while (status != LVGIC_ERR_AGAIN && unlikely(w & W_IN_LR) && --tries);
		if (status == LVGIC_ERR_AGAIN)
			return PROGRESS_AGAIN;
		lpi_drop_unmapped(vg, self, irq);
	}
	return PROGRESS_DONE;
}

/* LOAD and STORE exclude each other: EnableLPIs does not change while one of them is to do. */
static void table_done(struct lvgic_vcpu *v, uint32_t todo)
{
	v->lpi_cursor = 0;
	(void)and32_seq(&v->lpi_todo, ~todo);
}

/* A request that came meanwhile may be about what lies behind the cursor: begin anew (TODO_AGAIN). */
static enum progress config_step(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget)
{
	uint32_t todo = and32_seq(&v->lpi_todo, ~TODO_AGAIN);
	enum progress p;

	if (todo & TODO_AGAIN)
		v->config_cursor = 0;
	p = lpitab_config_all(v->vgic, self, &v->config_cursor, budget);
	todo = load32_seq(&v->lpi_todo);
	while (p == PROGRESS_DONE && !(todo & TODO_AGAIN) && !cas32_seq(&v->lpi_todo, &todo, todo & ~TODO_CONFIG))
		;
	return p;
}

/* Do what is to do for v. A bit stays set until its work is done; the registers show it as busy. */
enum progress lpitab_run(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget)
{
	enum progress p = PROGRESS_DONE;
	uint32_t todo;

	while (p == PROGRESS_DONE && (todo = load32_seq(&v->lpi_todo)) != 0) {
		if (todo & TODO_STORE) {
			p = store_pending(v, self, budget);
			if (p == PROGRESS_DONE)
				table_done(v, TODO_STORE);
		} else if (todo & TODO_CONFIG) {
			p = config_step(v, self, budget);
		} else if (todo & (TODO_VSGI | TODO_VSGI_RUN)) {
			/* What is asked for while it is being done is done again. */
			(void)or32_seq(&v->lpi_todo, TODO_VSGI_RUN);
			(void)and32_seq(&v->lpi_todo, ~TODO_VSGI);
			p = v4_vsgi_run(v, self, budget);
			if (p == PROGRESS_DONE)
				(void)and32_seq(&v->lpi_todo, ~TODO_VSGI_RUN);
		} else if (todo & TODO_LOAD) {
			p = load_pending(v, self, budget);
			if (p == PROGRESS_DONE)
				table_done(v, TODO_LOAD);
		} else {
			p = config_one(v->vgic, self, load32_relaxed(&v->lpi_inv), budget);
			if (p == PROGRESS_DONE)
				(void)and32_seq(&v->lpi_todo, ~TODO_INV);
		}
	}
	return p;
}

/* Registers. With LPIs not supported they are RAZ/WI. */

uint64_t lpitab_propbaser_read(const struct mmio *m)
{
	return load64_relaxed(&m->redist->gicr_propbaser);
}

/* Writes are for EnableLPIs = 0 (12.11: else UNPREDICTABLE; here ignored). */
static void write_base(const struct mmio *m, uint64_t *reg, uint64_t value, uint64_t bits)
{
	struct lvgic_vcpu *v = m->redist;
	struct lock_token lock;

	if (!m->vgic->cfg.lpi_id_bits)
		return;
	lock = lock_take(m->vgic, v->redist_lock);
	if (!lpis_enabled(v) && !(load32_seq(&v->lpi_todo) & TODO_STORE))
		store64_relaxed(reg, ((*reg & ~m->mask) | (value & m->mask)) & bits);
	lock_drop(lock);
}

void lpitab_propbaser_write(const struct mmio *m, uint64_t value)
{
	write_base(m, &m->redist->gicr_propbaser, value, PROPBASER_BITS);
}

/* R48: PTZ reads as zero; what it said is kept above the implemented bits. */
#define PTZ_KEPT 0x1ull

uint64_t lpitab_pendbaser_read(const struct mmio *m)
{
	return load64_relaxed(&m->redist->gicr_pendbaser) & ~PTZ_KEPT;
}

void lpitab_pendbaser_write(const struct mmio *m, uint64_t value)
{
	struct mmio kept = *m;

	value &= ~PTZ_KEPT;
	if (m->mask & GICR_PENDBASER_PTZ) {
		/* The half that holds PTZ was written. */
		kept.mask |= PTZ_KEPT;
		value |= value & GICR_PENDBASER_PTZ ? PTZ_KEPT : 0;
	} else {
		kept.mask &= ~PTZ_KEPT;
	}
	write_base(&kept, &m->redist->gicr_pendbaser, value, PENDBASER_BITS | PTZ_KEPT);
}

/*
 * EnableLPIs changes. The pending table is not read if the guest says that it is zero (PTZ). GICR_CTLR.RWP is 1 until
 * the work is done; until then EnableLPIs does not change again (12.11: UNPREDICTABLE).
 */
uint32_t lpitab_enable(struct lvgic_vcpu *v, bool on)
{
	if (!on)
		return TODO_STORE;
	/* An IDbits of less than 14 bits has no LPIs. */
	store64_relaxed(&v->vgic->lpi_prop, v->gicr_propbaser | PROP_IN_FORCE);
	return TODO_CONFIG | TODO_AGAIN | (v->gicr_pendbaser & PTZ_KEPT ? 0 : TODO_LOAD);
}

/* R22: INTIDs below the LPIs are nobody's here. A second one while the first waits for memory: all. */
void lpitab_invlpir_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_vcpu *v = m->redist;
	uint32_t intid = (uint32_t)value;

	if (!lpi_exists(m->vgic, intid) || (value & 1ull << 63) || !lpis_enabled(v))
		return;
	if (load32_seq(&v->lpi_todo) & TODO_INV) {
		lpi_request(m->vgic, v, TODO_CONFIG | TODO_AGAIN);
	} else {
		store32_relaxed(&v->lpi_inv, intid);
		lpi_request(m->vgic, v, TODO_INV);
	}
	lpi_work(m->vgic, m->self);
}

void lpitab_invallr_write(const struct mmio *m, uint64_t value)
{
	if (!m->vgic->cfg.lpi_id_bits || (value & 1ull << 63) || !lpis_enabled(m->redist))
		return;
	lpi_request(m->vgic, m->redist, TODO_CONFIG | TODO_AGAIN);
	lpi_work(m->vgic, m->self);
}

uint64_t lpitab_syncr_read(const struct mmio *m)
{
	return load32_seq(&m->redist->lpi_todo) & (TODO_CONFIG | TODO_INV) ? GICR_SYNCR_Busy : 0;
}
