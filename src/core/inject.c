/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: interrupts from the embedder: input lines, mappings to physical interrupts, notices of their end.
 * Locks: CONFIG for mappings; injection takes none.
 * Implements: IHI 0069 4.1.1 (edge and level), 6.2 (HW bit).
 */
#include "internal.h"

enum lvgic_status lvgic_inject(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid, bool level)
{
	struct lvgic_irq *irq;
	uint64_t old;

	if (unlikely(!vg || intid < LVGIC_NR_SGIS))
		return LVGIC_ERR_INVAL;
	if (unlikely(!vg->started))
		return LVGIC_ERR_STATE;
	irq = irq_find(vg, v, intid);
	if (unlikely(!irq))
		return LVGIC_ERR_INVAL;
	/*
	 * An edge that finds the latch set changes nothing, not even by a store; but what the device did before must be
	 * visible to the handler that will consume that latch. Without the fence our load could pass the device's
	 * stores, see the latch just before it is consumed, and the handler would not see what we wanted to tell it.
	 */
	fence_seq();
	old = load64_relaxed(&irq->word);
	if (unlikely(!level) || !irq_edge_plainly(vg, NULL, irq, old, W_LINE))
		old = irq_apply(vg, NULL, irq, word_inject, level);
	trace(vg, LVGIC_EVENT_INJECT, v ? v->id : UINT32_MAX, intid, old, level);
	return LVGIC_OK;
}

static struct lvgic_irq *find_mappable(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid)
{
	return vg && intid >= LVGIC_NR_SGIS ? irq_find(vg, v, intid) : NULL;
}

static uint64_t set_hw(uint64_t w, uint64_t on)
{
	return word_flag(w, W_HW, on != 0);
}

static uint64_t set_notify(uint64_t w, uint64_t on)
{
	return word_flag(w, W_NOTIFY, on != 0);
}

enum lvgic_status lvgic_map_hw(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid, uint32_t pintid)
{
	struct lvgic_irq *irq = find_mappable(vg, v, intid);
	enum lvgic_status status = LVGIC_OK;
	struct lock_token lock;
	uint64_t w;

	if (!irq || pintid < 16 || pintid > 1019 || !OPS(vg)->hw_get || !OPS(vg)->hw_set)
		return LVGIC_ERR_INVAL;
	lock = lock_take(vg, vg->config_lock);
	w = load64_relaxed(&irq->word);
	if (w & W_HW)
		status = LVGIC_ERR_EXIST;
	else if (!vg->started || (w & (W_QUEUED | W_ACTIVE)))
		status = LVGIC_ERR_STATE;
	if (status == LVGIC_OK) {
		*irq_pintid(vg, v, intid) = (uint16_t)pintid;
		/* The number is there before the flag that makes others read it. */
		if (!cas64_seq(&irq->word, &w, set_hw(w, true)))
			status = LVGIC_ERR_STATE;
	}
	lock_drop(lock);
	return status;
}

enum lvgic_status lvgic_unmap_hw(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid)
{
	struct lvgic_irq *irq = find_mappable(vg, v, intid);
	enum lvgic_status status = LVGIC_OK;
	struct lock_token lock;
	uint64_t w;

	if (!irq)
		return LVGIC_ERR_INVAL;
	lock = lock_take(vg, vg->config_lock);
	w = load64_relaxed(&irq->word);
	do {
		status = !(w & W_HW) ? LVGIC_ERR_NOENT : w & W_IN_LR ? LVGIC_ERR_STATE : LVGIC_OK;
	} while (status == LVGIC_OK && !cas64_seq(&irq->word, &w, set_hw(w, false)));
	lock_drop(lock);
	return status;
}

enum lvgic_status lvgic_query_hw(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid, struct lvgic_hw_config *config)
{
	struct lvgic_irq *irq = find_mappable(vg, v, intid);
	uint64_t w;

	if (!irq || !config)
		return LVGIC_ERR_INVAL;
	w = load64_seq(&irq->word);
	if (!(w & W_HW))
		return LVGIC_ERR_NOENT;
	*config = (struct lvgic_hw_config){
		.pintid = *irq_pintid(vg, v, intid),
		.enabled = (w & W_ENABLED) != 0,
		.edge = (w & W_EDGE) != 0,
		.vcpu = word_target(w) == W_NOWHERE ? UINT32_MAX : word_target(w),
	};
	return LVGIC_OK;
}

/* The guest has changed "irq", which is mapped. */
void irq_hw_changed(struct lvgic *vg, struct lvgic_irq *irq)
{
	uint32_t intid = irq_intid(irq);
	uint64_t w = load64_relaxed(&irq->word);

	if (OPS(vg)->hw_changed)
		OPS(vg)->hw_changed(vg->ctx, intid < LVGIC_NR_PRIVATE ? vg->vcpu[word_target(w)]->ctx : NULL, intid);
}

enum lvgic_status lvgic_notify_eoi(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid, bool on)
{
	struct lvgic_irq *irq = find_mappable(vg, v, intid);

	if (!irq)
		return LVGIC_ERR_INVAL;
	(void)irq_apply(vg, NULL, irq, set_notify, on);
	return LVGIC_OK;
}
