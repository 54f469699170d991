/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the command queues, and the one worker of a VM that reads them and walks over LPIs.
 * Locks: ITS, to look at the registers; none while it works.
 * Implements: IHI 0069 5.3.1 (the command queue: wrap, Stalled, Retry), 12.19 GITS_CTLR.Quiescent.
 *
 * One worker: whoever finds "lpi_worker" clear and sets it. It is no lock: nobody waits for it, so the worker may halt
 * vCPUs, and a vCPU whose CWRITER finds another one at work goes on with its life. Nothing is lost by that: a request
 * is on record (CWRITER, forget, lpi_todo) before its author tries to become the worker; a worker that stops clears
 * "lpi_worker" before it looks for requests once more. Both orders are sequentially consistent, so one of the two sees
 * the other.
 *
 * Bounded: a worker has one trap's budget of commands and of LPIs; what is left then, or what would block, is announced
 * by ops->defer and done from lvgic_run_deferred() with a budget of its own. ITSs take turns.
 */
#include "map.h"
#include "v4/v4.h"

static uint32_t queue_size(const struct lvgic_its *its)
{
	return ((uint32_t)(its->cbaser & GITS_CBASER_SIZE_MASK) + 1) * 4096;
}

/* May a command be run? Stalled until Retry is written. */
__attribute__((__always_inline__)) static inline bool queue_ready(const struct lvgic_its *its)
{
	uint64_t creadr = load64_relaxed(&its->creadr);

	if (!((creadr ^ load64_seq(&its->cwriter)) & GITS_CQ_OFFSET_MASK))
		return false;
	if ((creadr & GITS_CREADR_Stalled) && !load32_seq(&its->retry))
		return false;
	return load32_seq(&its->ctlr) && (load64_relaxed(&its->cbaser) & GITS_CBASER_Valid);
}

__attribute__((__always_inline__)) static inline bool its_has_work(const struct lvgic_its *its)
{
	return load32_seq(&its->forget) || load32_relaxed(&its->in_hand) || queue_ready(its);
}

static bool has_work(const struct lvgic *vg)
{
	uint32_t i;

	if (load32_seq(&vg->lpi_todo) || (vg->v4 && v4_has_work(vg)))
		return true;
	for (i = 0; i < vg->nr_its; i++)
		if (its_has_work(vg->its[i]))
			return true;
	return false;
}

/* The command is over; R27: offsets are multiples of 32 below the size, so they meet. */
static void next_command(struct lvgic_its *its)
{
	uint64_t offset = (its->creadr & GITS_CQ_OFFSET_MASK) + 32;

	if (offset >= queue_size(its))
		offset = 0;
	store32_relaxed(&its->in_hand, 0);
	if (its->covered)
		its->covered--;
	store64_relaxed(&its->creadr, offset);
	(void)add64_relaxed(&its->stats.commands, 1);
}

/* R29: an error is skipped, or stalls the queue if so configured; it never spins. */
static void command_error(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t error)
{
	(void)add64_relaxed(&its->stats.errors, 1);
	store64_relaxed(&its->stats.last_error, error);
	report_guest_error(its->vgic, self, LVGIC_GUEST_ERROR_ITS_COMMAND, 32, its->creadr, error);
	if (its->cfg.flags & LVGIC_ITS_STALL) {
		store32_relaxed(&its->in_hand, 0);
		store64_relaxed(&its->creadr, its->creadr | GITS_CREADR_Stalled);
	} else {
		next_command(its);
	}
}

static enum progress fetch(struct lvgic_its *its, uint32_t *error)
{
	struct lvgic *vg = its->vgic;
	uint64_t gpa = (its->cbaser & GITS_CBASER_ADDR_MASK) + (its->creadr & GITS_CQ_OFFSET_MASK);
	enum lvgic_status status = OPS(vg)->mem_read(vg->ctx, gpa, its->cmd, sizeof(its->cmd));

	*error = 0;
	if (status == LVGIC_ERR_AGAIN)
		return PROGRESS_AGAIN;
	if (status != LVGIC_OK) {
		its->cmd[0] = 0;
		*error = 0x010000u | LVGIC_ITS_UNREADABLE;
	}
	store32_relaxed(&its->in_hand, status == LVGIC_OK);
	return PROGRESS_DONE;
}

/* One command, or the rest of the one in hand. */
static enum progress one_command(struct lvgic_its *its, struct lvgic_vcpu *self, struct budget *budget)
{
	enum progress p = PROGRESS_DONE;
	uint32_t error = 0;

	if (!budget->cmds)
		return PROGRESS_MORE;
	budget->cmds--;
	if (!its->in_hand) {
		/* Stalled: Retry was written, and has been heard (5.3.1). */
		if (its->creadr & GITS_CREADR_Stalled) {
			store32_seq(&its->retry, 0);
			store64_relaxed(&its->creadr, its->creadr & ~(uint64_t)GITS_CREADR_Stalled);
		}
		p = fetch(its, &error);
	}
	if (p == PROGRESS_DONE && !error)
		p = command_run(its, self, budget, &error);
	if (p != PROGRESS_DONE)
		return p;
	trace(its->vgic, LVGIC_EVENT_COMMAND, self ? self->id : UINT32_MAX, (uint32_t)its->cmd[0] & 0xffu, 0, error);
	if (error)
		command_error(its, self, error);
	else
		next_command(its);
	return PROGRESS_DONE;
}

/* What a table described is forgotten: messages may be translated again when all is. */
static void forgotten(struct lvgic_its *its, uint32_t what)
{
	struct lock_token lock = lock_take(its->vgic, its->lock);

	its->cursor = 0;
	(void)and32_seq(&its->forget, ~what);
	store32_seq(&its->live, its->ctlr && !load32_seq(&its->forget));
	lock_drop(lock);
}

/* A table was replaced while the ITS was disabled: what it described is not mapped any more (R46). */
static enum progress forget(struct lvgic_its *its, struct lvgic_vcpu *self, struct budget *budget)
{
	uint32_t i;

	if (load32_seq(&its->forget) & 1u) {
		enum progress p = map_remove_all(its, self, &its->cursor, budget);

		if (p == PROGRESS_DONE)
			forgotten(its, 1u);
		return p;
	}
	/* 64 collections cost about as much as an LPI. */
	for (; its->cursor < 1u << its->cfg.collection_bits; its->cursor += i) {
		if (!budget->lpis)
			return PROGRESS_MORE;
		budget->lpis--;
		for (i = 0; i < 64 && (its->cursor + i) >> its->cfg.collection_bits == 0; i++)
			map_set_collection(its, its->cursor + i, W_NOWHERE);
	}
	forgotten(its, 2u);
	return PROGRESS_DONE;
}

/* Registers that the worker relies on do not change while "working" is set, see gits.c. */
static bool begin(struct lvgic_its *its)
{
	struct lock_token lock = lock_take(its->vgic, its->lock);
	bool work = its_has_work(its);

	if (work)
		store32_seq(&its->working, 1);
	lock_drop(lock);
	return work;
}

static enum progress its_run(struct lvgic_its *its, struct lvgic_vcpu *self, struct budget *budget)
{
	enum progress p = PROGRESS_DONE;

	if (!begin(its))
		return PROGRESS_DONE;
	/* A command in hand goes first, even of an ITS that was disabled meanwhile. */
	do {
		if (!its->in_hand && load32_seq(&its->forget))
			p = forget(its, self, budget);
		else
			p = one_command(its, self, budget);
	} while (p == PROGRESS_DONE && its_has_work(its));
	if (!its->in_hand)
		store32_seq(&its->working, 0);
	return p;
}

/* The Redistributors that have asked (lpi_request()). */
static enum progress redists_run(struct lvgic *vg, struct lvgic_vcpu *self, struct budget *budget)
{
	enum progress p = PROGRESS_DONE;
	uint32_t n;

	if (!load32_seq(&vg->lpi_todo) || !xchg32_seq(&vg->lpi_todo, 0))
		return PROGRESS_DONE;
	for (n = 0; n < vg->nr_vcpus && p == PROGRESS_DONE; n++)
		if (load32_seq(&vg->by_frame[n]->lpi_todo))
			p = lpitab_run(vg->by_frame[n], self, budget);
	if (p != PROGRESS_DONE)
		store32_seq(&vg->lpi_todo, 1);
	return p;
}

static enum progress run_all(struct lvgic *vg, struct lvgic_vcpu *self, struct budget *budget)
{
	enum progress p = redists_run(vg, self, budget), worst = p;
	uint32_t n;

	if (vg->v4 && p != PROGRESS_MORE) {
		p = v4_run(vg, self, budget);
		worst = p != PROGRESS_DONE ? p : worst;
	}
	for (n = 0; n < vg->nr_its && p != PROGRESS_MORE; n++) {
		struct lvgic_its *its = vg->its[(vg->lpi_turn + n) % vg->nr_its];

		p = its_run(its, self, budget);
		if (p == PROGRESS_DONE)
			continue;
		worst = p;
		(void)add64_relaxed(p == PROGRESS_MORE ? &its->stats.deferrals : &its->stats.retries, 1);
	}
	/* The one that used up the budget comes last next time. */
	if (p == PROGRESS_MORE && n)
		vg->lpi_turn = (vg->lpi_turn + n) % vg->nr_its;
	return worst;
}

/* Work off what is on record, at most one trap's worth; true: there is more, and ops->defer has been called. */
static bool work(struct lvgic *vg, struct lvgic_vcpu *self)
{
	struct budget budget = { .cmds = vg->cfg.trap_cmds, .lpis = vg->cfg.trap_lpis };
	enum progress p = PROGRESS_DONE;

	while (p == PROGRESS_DONE && has_work(vg)) {
		if (xchg32_seq(&vg->lpi_worker, 1))
			return false;
		p = run_all(vg, self, &budget);
		store32_seq(&vg->lpi_worker, 0);
	}
	if (p == PROGRESS_DONE)
		return false;
	OPS(vg)->defer(vg->ctx);
	return true;
}

void lpi_work(struct lvgic *vg, struct lvgic_vcpu *self)
{
	(void)work(vg, self);
}

bool lvgic_run_deferred(struct lvgic *vg)
{
	return vg && vg->started && work(vg, NULL);
}

/* On record; lpi_work() does it. Any lock may be held. */
void lpi_request(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t todo)
{
	(void)or32_seq(&v->lpi_todo, todo);
	store32_seq(&vg->lpi_todo, 1);
}
