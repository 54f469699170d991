/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: a vCPU as a whole: on and off, blocked or not, requests and kicks, what it may be given.
 * Locks: none.
 * Implements: IHI 0069 12.11 GICR_WAKER (as far as delivery), 4.6.2 (group enables), PSCI's view of a PE.
 */
#include "internal.h"
#include "v4/v4.h"

/* "self" does it anyway before it enters the guest again. */
void vcpu_request_all(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t request)
{
	uint32_t n;

	for (n = 0; n < vg->nr_vcpus; n++) {
		struct lvgic_vcpu *v = vg->by_frame[n];

		/* Even if it was asked by another already, who may not have kicked yet: see rwp() in gicd.c. */
		(void)or32_seq(&v->request, request);
		if (v != self)
			vcpu_kick(v);
	}
}

/* The CPU interface as after a reset: everything disabled, nothing active; the binary points at their minimum. */
static void cpuif_reset(struct lvgic_vcpu *v)
{
	uint32_t bpr0 = 7 - v->vgic->cfg.pri_bits;
	uint32_t i;

	for (i = 0; i < 4; i++) {
		v->ich.ap0r[i] = 0;
		v->ich.ap1r[i] = 0;
	}
	v->ich.hcr = ICH_HCR_En | ICH_HCR_TDIR;
	v->ich.vmcr = ICH_VMCR_VFIQEn | (bpr0 << ICH_VMCR_VBPR0_SHIFT) | ((bpr0 + 1) << ICH_VMCR_VBPR1_SHIFT);
}

/* Power-on state, but for "online" and the words, which lvgic_reset() sets. */
void vcpu_reset(struct lvgic_vcpu *v)
{
	uint32_t i;

	v->inbox = 0;
	v->request = 0;
	v->asleep = 0;
	v->lr_pending = 0;
	v->nr_queued = 0;
	v->running = 0;
	v->gicr_ctlr = 0;
	v->gicr_waker = GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep;
	v->gicr_statusr = 0;
	v->lpi_todo = 0;
	v->gicr_propbaser = 0;
	v->gicr_pendbaser = 0;
	v->lpi_cursor = 0;
	v->config_cursor = 0;
	v->backlog = 0;
	v->lr_used = 0;
	v->lr_hw = 0;
	v->spill = 0;
	for (i = 0; i < LVGIC_MAX_LRS; i++) {
		v->ich.lr[i] = 0;
		v->lr_was[i] = 0;
	}
	for (i = 0; i < NR_GROUPS; i++)
		v->fifo_map[i][0] = v->fifo_map[i][1] = 0;
	for (i = 0; i < NR_GROUPS << v->vgic->cfg.pri_bits; i++)
		v->fifo[i] = 0;
	cpuif_reset(v);
	v->vmcr_seen = v->ich.vmcr;
	v->dirty = true;
}

/*
 * Leave nothing in private places: what waits goes to the inbox, where any thread may look after it (queue_steal).
 * "online" is cleared before the last drain; see queue_push().
 */
void lvgic_vcpu_off(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;

	store32_seq(&v->online, 0);
	store32_release(&v->running, 0);
	(void)and64_seq(&vg->awake[v->id / 64], ~(1ull << (v->id % 64)));
	lr_unload_all(v);
	/* The CPU interface goes: it signals nothing, so it is not eligible. */
	cpuif_reset(v);
	if (v->vpe)
		v4_update(v);
	route_update(v);
	queue_return_all(v);
	queue_steal(vg, v);
}

void lvgic_vcpu_on(struct lvgic_vcpu *v)
{
	struct lvgic *vg = v->vgic;

	cpuif_reset(v);
	v->dirty = true;
	store32_seq(&v->online, 1);
	(void)or64_seq(&vg->awake[v->id / 64], 1ull << (v->id % 64));
	if (v->vpe)
		v4_update(v);
	route_update(v);
}

void lvgic_vcpu_block(struct lvgic_vcpu *v)
{
	(void)and64_seq(&v->vgic->awake[v->id / 64], ~(1ull << (v->id % 64)));
	if (unlikely(v->vpe != NULL))
		v4_block(v, true);
}

void lvgic_vcpu_unblock(struct lvgic_vcpu *v)
{
	(void)or64_seq(&v->vgic->awake[v->id / 64], 1ull << (v->id % 64));
	if (unlikely(v->vpe != NULL))
		v4_block(v, false);
}

bool lvgic_vcpu_has_work(const struct lvgic_vcpu *v)
{
	/* Not vcpu_groups(): a Redistributor that sleeps wakes its PE for what waits (lvgic_vcpu_pending). */
	uint32_t groups = load32_relaxed(&v->vgic->gicd_ctlr);

	if (load32_seq(&v->inbox) || load32_seq(&v->request) || load32_relaxed(&v->lr_pending))
		return true;
	if (unlikely(v->vpe != NULL) && v4_maybe_pending(v))
		return true;
	return ((groups & 1) && (load64_relaxed(&v->fifo_map[0][0]) | load64_relaxed(&v->fifo_map[0][1]))) ||
	       ((groups & 2) && (load64_relaxed(&v->fifo_map[1][0]) | load64_relaxed(&v->fifo_map[1][1])));
}

uint32_t lvgic_vcpu_id(const struct lvgic_vcpu *v)
{
	return v->id;
}

void *lvgic_vcpu_ctx(const struct lvgic_vcpu *v)
{
	return v->ctx;
}
