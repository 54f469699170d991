/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: where the vPEs are: resident, not resident, waiting with the doorbell on.
 * Locks: none; the vCPU's owner, on the physical CPU that it is loaded on. Doorbells come from anywhere.
 * Implements: IHI 0069 chapters 7 and 8: residency of vPEs, doorbells; 12.11 GICR_VPENDBASER.
 *
 * One function decides where a vPE should be, from what is known, and one makes it so; lvgic_v4_load(), lvgic_v4_put(),
 * lvgic_vcpu_block() and a change of the guest's group enables only change what is known. So a thread that is preempted
 * between "the guest waits" and "the doorbell is on" finds the wish for a doorbell still there (R91).
 *
 * "away" is for others. AWAY is set before the hardware makes the vPE non-resident and cleared after it has made it
 * resident, so a doorbell that comes in between counts; PendingLast is added to it, so neither wipes out the other. A
 * doorbell that comes late, when the vPE is resident again, is not wanted and not seen; one that is later still and
 * meets the next absence wakes the vCPU once for nothing.
 */
#include "bridge.h"

/* The groups that the guest's Distributor forwards to it: none while its Redistributor sleeps. */
static uint32_t groups_now(const struct lvgic_vcpu *v)
{
	return vcpu_groups(v);
}

/* GICv4.0 does not know the group enables of the guest's Distributor: LPIs are Group 1, so without it, not resident. */
static bool can_deliver(const struct v4 *b, uint32_t groups)
{
	return b->cfg.flags & LVGIC_V4_1 ? groups != 0 : (groups & GICD_CTLR_EnableGrp1) != 0;
}

static uint32_t place_wanted(struct lvgic_vcpu *v)
{
	const struct v4 *b = v->vgic->v4;
	const struct vpe *p = v->vpe;

	if (!load32_seq(&b->open) || load32_relaxed(&p->failed) || !load32_relaxed(&v->online) ||
	    !can_deliver(b, groups_now(v)))
		return VPE_OFF;
	if (p->blocked)
		return VPE_ARMED;
	return p->loaded ? VPE_RESIDENT : VPE_OFF;
}

static bool make_resident(struct lvgic_vcpu *v)
{
	struct v4 *b = v->vgic->v4;
	struct vpe *p = v->vpe;

	p->groups = groups_now(v);
	if (b->driver.resident(b->driver_ctx, v->id, &p->cpu, p->groups) != LVGIC_OK) {
		/* The worker takes back what it has; until then it waits in the hardware. Whatever it was, it is anew.
		 */
		store32_relaxed(&p->place, VPE_OFF);
		(void)add64_relaxed(&b->stats.failures, 1);
		store32_seq(&p->failed, 1);
		v4_sweep(v->vgic);
		if (v4_has_vsgi(v->vgic))
			lpi_request(v->vgic, v, TODO_VSGI);
		OPS(v->vgic)->defer(v->vgic->ctx);
		return false;
	}
	(void)add64_relaxed(&b->stats.loads, 1);
	store32_relaxed(&p->place, VPE_RESIDENT);
	store32_seq(&p->away, 0);
	(void)or32_seq(&v->request, REQ_COMMIT);
	return true;
}

static void make_nonresident(struct lvgic_vcpu *v, bool doorbell)
{
	struct v4 *b = v->vgic->v4;
	struct vpe *p = v->vpe;

	store32_seq(&p->away, AWAY_YES);
	if (b->driver.nonresident(b->driver_ctx, v->id, &p->cpu, doorbell))
		(void)or32_seq(&p->away, AWAY_PENDING);
	store32_relaxed(&p->place, doorbell ? VPE_ARMED : VPE_OFF);
}

/*
 * From armed to off there is no way but through residency, which needs a CPU; where there is none (the thread is not
 * running) the doorbell stays on, and its ring is not listened to. The same for arming: a vPE that was not resident
 * when it should have been armed (it was opened, or allowed, while its vCPU waited) is made so for a moment. And one
 * that was armed with other groups: its doorbell does not ring for what came since.
 */
void v4_update(struct lvgic_vcpu *v)
{
	struct vpe *p = v->vpe;
	uint32_t to;

	if (!p)
		return;
	to = place_wanted(v);
	/* Told of other groups: anew. */
	if (p->place == VPE_RESIDENT && to == VPE_RESIDENT && p->groups != groups_now(v))
		make_nonresident(v, false);
	if (p->place == to && (to != VPE_ARMED || p->groups == groups_now(v)))
		return;
	if (p->place == VPE_RESIDENT) {
		make_nonresident(v, to == VPE_ARMED);
		return;
	}
	if (!p->loaded || (p->place == VPE_ARMED && to == VPE_OFF && !load32_relaxed(&p->failed) && p->blocked))
		return;
	if (to == VPE_OFF && load32_relaxed(&p->failed)) {
		store32_relaxed(&p->place, VPE_OFF);
		return;
	}
	if (make_resident(v) && to != VPE_RESIDENT)
		make_nonresident(v, to == VPE_ARMED);
}

void v4_commit(struct lvgic_vcpu *v)
{
	struct v4 *b = v->vgic->v4;

	if (v->vpe && v->vpe->place == VPE_RESIDENT)
		b->driver.commit(b->driver_ctx, v->id, &v->vpe->cpu);
}

void lvgic_v4_load(struct lvgic_vcpu *v, const struct lvgic_host_cpu *cpu)
{
	struct vpe *p = v->vpe;

	if (!p)
		return;
	p->cpu = *cpu;
	p->loaded = true;
	v4_update(v);
}

void lvgic_v4_put(struct lvgic_vcpu *v)
{
	struct vpe *p = v->vpe;

	if (!p)
		return;
	p->loaded = false;
	v4_update(v);
}

void v4_block(struct lvgic_vcpu *v, bool block)
{
	store32_seq(&v->vpe->blocked, block);
	v4_update(v);
}

/* Pending in the hardware, or not known: it may be that it should be armed and could not be. */
bool v4_pending(const struct lvgic_vcpu *v)
{
	const struct vpe *p = v->vpe;

	/* Of one that failed the worker takes all back. */
	if ((load32_seq(&p->away) & AWAY_PENDING) && !load32_relaxed(&p->failed))
		return can_deliver(v->vgic->v4, groups_now(v));
	return false;
}

/* From any thread: of a vPE that is away and has no doorbell, nobody can know. */
bool v4_maybe_pending(const struct lvgic_vcpu *v)
{
	const struct vpe *p = v->vpe;

	return load32_seq(&v->vgic->v4->open) && !load32_relaxed(&p->failed) &&
	       (load32_seq(&p->away) == (AWAY_YES | AWAY_PENDING) ||
	        (load32_seq(&p->away) && !load32_seq(&p->blocked)));
}

void lvgic_v4_doorbell(struct lvgic_vcpu *v)
{
	struct vpe *p = v ? v->vpe : NULL;
	uint32_t away;

	if (!p)
		return;
	away = load32_seq(&p->away);
	do {
		if (!(away & AWAY_YES))
			return;
	} while (!cas32_seq(&p->away, &away, away | AWAY_PENDING));
	if (load32_seq(&p->blocked)) {
		(void)add64_relaxed(&v->vgic->v4->stats.doorbells, 1);
		vcpu_kick(v);
	}
}

/* Pending state came to a vPE by other ways than a message: do not count on a doorbell for that. */
void vpe_poke(const struct v4 *b, uint32_t vcpu)
{
	if (vcpu < b->cfg.nr_vpes && load32_seq(&b->vpe[vcpu].blocked))
		lvgic_v4_doorbell(b->vgic->vcpu[vcpu]);
}

enum lvgic_status lvgic_v4_invalidate_doorbell(struct lvgic_vcpu *v)
{
	struct v4 *b;

	if (!v)
		return LVGIC_ERR_INVAL;
	b = v->vgic->v4;
	if (!b)
		return LVGIC_ERR_STATE;
	if (!v->vpe)
		return LVGIC_ERR_NOENT;
	/* Not open yet: the vPE will be new to the hardware. */
	if (!load32_seq(&b->open) || !b->driver.invalidate_doorbell)
		return LVGIC_OK;
	return b->driver.invalidate_doorbell(b->driver_ctx, v->id);
}
