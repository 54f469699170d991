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
#include "v4/v4.h"

/* The event slot of a message; 0: not mapped. */
__attribute__((__always_inline__)) static inline uint64_t translate(const struct lvgic_its *its, uint32_t device,
                                                                    uint32_t event)
{
	const uint32_t *root_at = &its->device_root[(device & its->device_mask) / ITS_FANOUT];
	uint32_t root = load32_acquire(root_at);
	const uint64_t *slot_at;
	uint64_t slot, value;

	if (unlikely(!root || device > its->device_mask))
		return 0;
	slot_at = &node_at(its, root - 1)->slot[device % ITS_FANOUT];
	slot = load64_acquire(slot_at);
	if (unlikely(!(slot & SLOT_DEVICE)))
		return 0;
	value = map_event(its, slot, event);
	/* Acquired after the event: still the same device, so it was its event. */
	return likely(load32_relaxed(root_at) == root && load64_relaxed(slot_at) == slot) ? value : 0;
}

__attribute__((__noinline__, __cold__)) static enum lvgic_status drop(struct lvgic_its *its)
{
	(void)add64_relaxed(&its->stats.dropped, 1);
	return LVGIC_ERR_NOENT;
}

/* The message arrives at its Redistributor. Apart, so that the common case above it needs few registers. */
__attribute__((__noinline__)) static enum lvgic_status pend(struct lvgic *vg, struct lvgic_vcpu *self,
                                                            struct lvgic_irq *irq, uint64_t arg)
{
	uint32_t target = (uint32_t)arg & 0x1fffu;
	uint64_t old = load64_relaxed(&irq->word);

	/* Its target is the right one already: the usual case. */
	if (((old ^ word_set_target(arg, target)) & (W_GEN_MASK | W_TARGET_MASK)) ||
	    !irq_edge_plainly(vg, self, irq, old, 0))
		old = irq_apply(vg, self, irq, word_msi, arg);

	/* LPIs were disabled meanwhile: the pending table has been written, this one came too late (lpitab.c). */
	if (unlikely(!(load32_seq(&vg->vcpu[target]->gicr_ctlr) & GICR_CTLR_EnableLPIs)))
		(void)irq_apply(vg, self, irq, word_flushed, arg);
	if (unlikely(vg->v4 != NULL))
		v4_message(vg, irq);
	trace(vg, LVGIC_EVENT_INJECT, target, irq_intid(irq), old, 1);
	return LVGIC_OK;
}

__attribute__((__always_inline__)) static inline enum lvgic_status signal(struct lvgic_its *its,
                                                                          struct lvgic_vcpu *self, uint32_t device,
                                                                          uint32_t event)
{
	struct lvgic *vg = its->vgic;
	uint64_t mapping = translate(its, device, event);
	struct lvgic_irq *irq;
	uint32_t target;
	uint64_t arg;

	if (unlikely(!mapping))
		return drop(its);
	target = map_collection(its, EVENT_ICID(mapping));
	if (unlikely(target == W_NOWHERE || !lpis_enabled(vg->vcpu[target])))
		return drop(its);
	irq = &vg->lpi[((uint32_t)mapping & SLOT_INDEX_MASK) - 1];
	arg = (mapping & W_GEN_MASK) | target;
	/* As in lvgic_inject(): what the device wrote before is visible to the handler that consumes the latch. */
	fence_seq();
	/* It is pending there already: nothing changes, and whoever made it so has told the vCPU. */
	if (likely(word_msi_pends(load64_relaxed(&irq->word), arg) && !OPS(vg)->trace))
		return LVGIC_OK;
	return pend(vg, self, irq, arg);
}

enum lvgic_status msi_signal(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t device, uint32_t event)
{
	return signal(its, self, device, event);
}

enum lvgic_status lvgic_inject_msi(struct lvgic_its *its, uint32_t device, uint32_t event)
{
	if (unlikely(!its))
		return LVGIC_ERR_INVAL;
	if (unlikely(!load32_relaxed(&its->live)))
		return drop(its);
	return signal(its, NULL, device, event);
}

/* The first obstacle on the way of a message; beyond the ITS the LPI itself is asked. */
void lvgic_explain_msi(struct lvgic_its *its, uint32_t device, uint32_t event, struct lvgic_explanation *out)
{
	struct lvgic *vg = its->vgic;
	uint64_t slot = device > its->device_mask ? 0 : map_device(its, device);
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
