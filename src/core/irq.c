/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: interrupts as objects: look-up, and making one exact that sits in another vCPU's list register.
 * Locks: none; halts at most one vCPU at a time.
 * Implements: IHI 0069 2.2 (INTIDs); exactness of ISPENDR, ICPENDR, ISACTIVER, ICACTIVER (12.9).
 */
#include "internal.h"

void irq_init(struct lvgic_irq *irq, uint32_t intid, uint64_t word)
{
	store32_relaxed(&irq->intid_slot, intid);
	store64_relaxed(&irq->word, word);
}

/* NULL: there is no such interrupt. */
struct lvgic_irq *irq_find(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid)
{
	if (spi_exists(vg, intid))
		return &vg->spi[index_nospec(intid - LVGIC_FIRST_SPI, vg->cfg.nr_spis)];
	if (intid < LVGIC_NR_PRIVATE && v)
		return &v->priv[index_nospec(intid, LVGIC_NR_PRIVATE)];
	return NULL;
}

/* Where the physical INTID of a mapped PPI or SPI is kept. */
uint16_t *irq_pintid(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid)
{
	return intid < LVGIC_NR_PRIVATE ? &v->hw_pintid[intid & 15] : &vg->spi_pintid[intid - LVGIC_FIRST_SPI];
}

/*
 * Get the right to touch the list registers that hold "irq": our own vCPU's are ours; another's are when it is halted.
 * Returns the vCPU that holds it now; NULL: it is in none (any more). *hold says which vCPU is halted; one that is
 * halted already is used as it is, and never is more than one halted at a time, so that two vCPUs that look at each
 * other cannot wait for each other.
 *
 * Between reading the word and halting, the interrupt may move on, so look again. Each round needs the guest to have
 * moved it meanwhile: bounded, so that vCPUs of one guest cannot play with us for ever; after that the word as it is
 * decides.
 */
static struct lvgic_vcpu *pin(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct irq_hold *hold)
{
	unsigned int tries;

	for (tries = 0; tries < 8; tries++) {
		uint64_t w = load64_relaxed(&irq->word);
		struct lvgic_vcpu *home;

		if (!(w & W_IN_LR))
			return NULL;
		home = vg->vcpu[word_home(w)];
		if (home == self || home == hold->halted)
			return home;
		irq_release(vg, *hold);
		STAT_ADD(home, halts, 1);
		OPS(vg)->halt(home->ctx);
		hold->halted = home;
	}
	return NULL;
}

/*
 * Take the interrupt out of whatever list register it is in, so that its word tells everything, and hold its vCPU until
 * irq_release(): an event applied in between is exact.
 */
struct irq_hold irq_own(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq)
{
	struct irq_hold hold = { .halted = NULL };
	struct lvgic_vcpu *home;

	/* The usual case first: it is in none. */
	if (likely(!(load64_relaxed(&irq->word) & W_IN_LR)))
		return hold;
	home = pin(vg, self, irq, &hold);
	if (home)
		lr_unload(home, irq_slot(irq));
	return hold;
}

/*
 * The state bits (LR_P, LR_A) of the list register that holds it; 0 if none does. *hold is kept from one call to the
 * next and released by the caller: a register read stops each vCPU once, not once per interrupt.
 */
uint32_t irq_peek(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct irq_hold *hold)
{
	struct lvgic_vcpu *home = pin(vg, self, irq, hold);

	return home ? lr_state(home->ich.lr[irq_slot(irq)]) : 0;
}

void irq_release(struct lvgic *vg, struct irq_hold hold)
{
	if (unlikely(hold.halted != NULL))
		OPS(vg)->resume(hold.halted->ctx);
}

/*
 * End an active interrupt by INTID, wherever it is active (ICC_DIR_EL1, ICC_EOIR<n>_EL1 of one that is in no list
 * register, ICACTIVER). What the hardware would have done for one in a list register is done here: the physical
 * deactivation and the notice.
 */
void irq_deactivate(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq)
{
	struct irq_hold hold;
	uint64_t old = irq_apply_held(vg, self, irq, word_set_active, false, &hold);

	if (old & W_ACTIVE) {
		uint32_t intid = irq_intid(irq);
		uint32_t at = old & W_QUEUED ? word_home(old) : word_target(old);
		struct lvgic_vcpu *v;

		v = at < vg->cfg.nr_vcpus ? vg->vcpu[at] : self;
		trace(vg, LVGIC_EVENT_END, at, intid, old, 0);
		if (v && (old & W_HW) && OPS(vg)->hw_set) {
			OPS(vg)->hw_set(v->ctx, *irq_pintid(vg, v, intid), LVGIC_HW_ACTIVE, false);
			if (!(old & W_EDGE))
				(void)irq_apply(vg, self, irq, word_inject,
				                OPS(vg)->hw_get(v->ctx, *irq_pintid(vg, v, intid), LVGIC_HW_LEVEL));
		}
		irq_release(vg, hold);
		if (v && (old & W_NOTIFY) && OPS(vg)->acked)
			OPS(vg)->acked(v->ctx, intid);
		return;
	}
	irq_release(vg, hold);
}
