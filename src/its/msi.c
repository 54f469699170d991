/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: translation of messages into LPIs.
 * Locks: none; no guest memory, no cache: the maps themselves are what a reader without a lock reads (map.c).
 * Implements: IHI 0069 5.1.3 and 5.2 (from a message to a pending LPI at a Redistributor).
 *
 * A message that is translated while the worker unmaps or moves its event lands before or after that, never elsewhere:
 * the device slot is read twice (map.c), and the LPI takes the message only if it is the one that was mapped
 * (word_msi(), its generation). So after DISCARD nothing comes any more, and after MOVI nothing goes to the old place.
 */
#include "map.h"

static uint64_t translate(const struct lvgic_its *its, uint32_t device, uint32_t event)
{
	uint64_t slot, value;

	if (device >> its->cfg.device_bits)
		return 0;
	slot = map_device(its, device);
	if (!slot)
		return 0;
	value = map_event(its, slot, event);
	/* Acquired after the event: still the same device, so it was its event. */
	return value && map_device(its, device) == slot ? value : 0;
}

enum lvgic_status msi_signal(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t device, uint32_t event)
{
	struct lvgic *vg = its->vgic;
	uint64_t mapping = translate(its, device, event);
	uint32_t target = mapping ? map_collection(its, EVENT_ICID(mapping)) : W_NOWHERE;
	struct lvgic_vcpu *v = target != W_NOWHERE ? vg->vcpu[target] : NULL;
	struct lvgic_irq *irq;
	uint64_t arg, old;

	if (unlikely(!v || !lpis_enabled(v))) {
		(void)add64_relaxed(&its->stats.dropped, 1);
		return LVGIC_ERR_NOENT;
	}
	irq = &vg->lpi[((uint32_t)mapping & SLOT_INDEX_MASK) - 1];
	arg = word_lpi_arg(EVENT_GEN(mapping), target);
	/* As in lvgic_inject(): what the device wrote before is visible to the handler that consumes the latch. */
	fence_seq();
	old = irq_apply(vg, self, irq, word_msi, arg);
	/* LPIs were disabled meanwhile: the pending table has been written, this one came too late (lpitab.c). */
	if (unlikely(!(load32_seq(&v->gicr_ctlr) & GICR_CTLR_EnableLPIs)))
		(void)irq_apply(vg, self, irq, word_flushed, arg);
	trace(vg, LVGIC_EVENT_INJECT, target, irq_intid(irq), old, 1);
	return LVGIC_OK;
}

enum lvgic_status lvgic_inject_msi(struct lvgic_its *its, uint32_t device, uint32_t event)
{
	if (unlikely(!its))
		return LVGIC_ERR_INVAL;
	if (unlikely(!load32_relaxed(&its->live))) {
		(void)add64_relaxed(&its->stats.dropped, 1);
		return LVGIC_ERR_NOENT;
	}
	return msi_signal(its, NULL, device, event);
}

/* The first obstacle on the way of a message; beyond the ITS the LPI itself is asked. */
void lvgic_explain_msi(struct lvgic_its *its, uint32_t device, uint32_t event, struct lvgic_explanation *out)
{
	struct lvgic *vg = its->vgic;
	uint64_t slot = device >> its->cfg.device_bits ? 0 : map_device(its, device);
	uint64_t mapping = translate(its, device, event);
	uint32_t target = mapping ? map_collection(its, EVENT_ICID(mapping)) : W_NOWHERE;

	*out = (struct lvgic_explanation){ .why = LVGIC_WHY_NO_SUCH, .vcpu = UINT32_MAX };
	if (mapping)
		out->intid = irq_intid(&vg->lpi[((uint32_t)mapping & SLOT_INDEX_MASK) - 1]);
	if (target != W_NOWHERE)
		out->vcpu = target;
	if (!load32_relaxed(&its->live))
		out->why = LVGIC_WHY_ITS_DISABLED;
	else if (!slot)
		out->why = LVGIC_WHY_NO_DEVICE;
	else if (!mapping)
		out->why = LVGIC_WHY_NO_EVENT;
	else if (target == W_NOWHERE)
		out->why = LVGIC_WHY_NO_COLLECTION;
	else
		lvgic_explain(vg, NULL, out->intid, out);
}
