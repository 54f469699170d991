/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: physical interrupts behind virtual ones (SPIs, the virtual timer): connecting them, their state, and what of
 * the virtual one they follow. Locks: desc->lock of the physical interrupt, outside of all locks of the library.
 * Implements: the HW bit (IHI 0069 6.2): the guest's end of interrupt deactivates the physical one, without Xen.
 *
 * Xen drops the priority of such an interrupt when it comes (it stays active, so it does not come again) and injects
 * it. It is connected while the domain is built, which may be before its vCPUs are there: then the library is told by
 * vgic_map_host_irqs().
 */
#include "vgic.h"

#include <xen/irq.h>

#include <asm/time.h>
#include <asm/vtimer.h>

#include "compat.h"
#include "ops.h"

static uint16_t *host_irq(struct domain *d, unsigned int virq)
{
	return virq - NR_LOCAL_IRQS < d->arch.vgic.nr_spis ? &d->arch.vgic.host_irq[virq - NR_LOCAL_IRQS] : NULL;
}

/* The physical SPI follows: enabled with the virtual one, of its trigger, on the CPU of the vCPU that takes it. */
static void follow(struct domain *d, unsigned int virq, struct irq_desc *desc)
{
	struct lvgic_hw_config config;

	ASSERT(spin_is_locked(&desc->lock));
	if (lvgic_query_hw(d->arch.vgic.lv, NULL, virq, &config) != LVGIC_OK)
		return;
	if (!config.enabled) {
		desc->handler->disable(desc);
		return;
	}
	if (irq_type_set_by_domain(d) && test_bit(_IRQ_DISABLED, &desc->status))
		gic_set_irq_type(desc, config.edge ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_LEVEL_HIGH);
	if (config.vcpu < d->max_vcpus)
		irq_set_affinity(desc, cpumask_of(d->vcpu[config.vcpu]->processor));
	desc->handler->enable(desc);
}

void vgic_op_hw_changed(void *ctx, void *vctx, uint32_t intid)
{
	struct domain *d = ctx;
	uint16_t *irq = vctx ? NULL : host_irq(d, intid);
	struct irq_desc *desc;
	unsigned long flags;

	if (!irq || !*irq)
		return;
	desc = irq_to_desc(*irq);
	spin_lock_irqsave(&desc->lock, flags);
	if (test_bit(_IRQ_GUEST, &desc->status))
		follow(d, intid, desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/*
 * The virtual timer: its physical interrupt is Xen's, which masks the timer and injects, and ends it itself. It has the
 * HW bit all the same: the guest's end of interrupt needs no exit then, because the line falls, or is raised again, by
 * the timer alone. The mask is Xen's, or the guest has looked at the timer: it does not count.
 */
static bool timer_level(const struct vcpu *v)
{
	register_t ctl = v == current ? READ_SYSREG(CNTV_CTL_EL0) : v->arch.virt_timer.ctl;

	return (ctl & (CNTx_CTL_ENABLE | CNTx_CTL_PENDING)) == (CNTx_CTL_ENABLE | CNTx_CTL_PENDING);
}

void vgic_map_timer(struct vcpu *v)
{
	unsigned int physical = timer_get_irq(TIMER_VIRT_PPI);
	unsigned int virq = is_hardware_domain(v->domain) ? physical : GUEST_TIMER_VIRT_PPI;

	(void)!lvgic_map_hw(vgic_dist(v)->lv, v->arch.vgic.lv, virq, physical);
}

/* A pending bit of a level-sensitive physical interrupt is its line, also while it is active. */
bool vgic_op_hw_get(void *vctx, uint32_t pintid, enum lvgic_hw_state which)
{
	struct irq_desc *desc;

	if (pintid < NR_LOCAL_IRQS)
		return which == LVGIC_HW_LEVEL && timer_level(vctx);
	desc = irq_to_desc(pintid);
	return which == LVGIC_HW_LEVEL ? gic_read_pending_state(desc) : test_bit(_IRQ_INPROGRESS, &desc->status);
}

void vgic_op_hw_set(void *vctx, uint32_t pintid, enum lvgic_hw_state which, bool value)
{
	struct irq_desc *desc;
	unsigned long flags;

	if (pintid < NR_LOCAL_IRQS || which != LVGIC_HW_ACTIVE)
		return;
	desc = irq_to_desc(pintid);
	spin_lock_irqsave(&desc->lock, flags);
	gic_set_active_state(desc, value);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/* Called with desc->lock held, while the domain is built or torn down. */
int vgic_connect_hw_irq(struct domain *d, struct vcpu *v, unsigned int virq, struct irq_desc *desc, bool connect)
{
	uint16_t *irq = host_irq(d, virq);
	enum lvgic_status status = LVGIC_OK;

	if (!irq)
		return -EINVAL;
	if (connect) {
		if (*irq)
			return -EBUSY;
		if (d->arch.vgic.started)
			status = lvgic_map_hw(d->arch.vgic.lv, NULL, virq, desc->irq);
		if (status == LVGIC_OK)
			*irq = desc->irq;
		return vgic_errno(status);
	}
	if (desc && *irq != desc->irq)
		return -EINVAL;
	/* The domain is dying: what is in a list register goes with it. */
	(void)!lvgic_unmap_hw(d->arch.vgic.lv, NULL, virq);
	*irq = 0;
	return 0;
}

struct irq_desc *vgic_get_hw_irq_desc(struct domain *d, struct vcpu *v, unsigned int virq)
{
	const uint16_t *irq = host_irq(d, virq);

	return irq && *irq ? irq_to_desc(*irq) : NULL;
}

void vgic_map_host_irqs(struct domain *d)
{
	for (unsigned int n = 0; n < d->arch.vgic.nr_spis; n++) {
		unsigned int virq = n + NR_LOCAL_IRQS;

		if (d->arch.vgic.host_irq[n] &&
		    lvgic_map_hw(d->arch.vgic.lv, NULL, virq, d->arch.vgic.host_irq[n]) != LVGIC_OK)
			printk(XENLOG_G_ERR "%pd: vGIC: IRQ %u cannot be mapped to SPI %u\n", d,
			       d->arch.vgic.host_irq[n], virq);
	}
}

void vgic_release_host_irqs(struct domain *d)
{
	for (unsigned int n = 0; d->arch.vgic.host_irq && n < d->arch.vgic.nr_spis; n++) {
		int ret = d->arch.vgic.host_irq[n] ? release_guest_irq(d, n + NR_LOCAL_IRQS) : 0;

		if (ret)
			printk(XENLOG_G_WARNING "%pd: vGIC: SPI %u is not released: %d\n", d, n + NR_LOCAL_IRQS, ret);
	}
}

/* The vCPU has moved to another physical CPU: its physical interrupts move along. */
void arch_move_irqs(struct vcpu *v)
{
	struct domain *d = v->domain;

	if (!d->arch.vgic.started)
		return;
	for (unsigned int n = 0; n < d->arch.vgic.nr_spis; n++) {
		struct lvgic_hw_config config;

		if (d->arch.vgic.host_irq[n] &&
		    lvgic_query_hw(d->arch.vgic.lv, NULL, n + NR_LOCAL_IRQS, &config) == LVGIC_OK &&
		    config.vcpu == v->vcpu_id)
			irq_set_affinity(irq_to_desc(d->arch.vgic.host_irq[n]), cpumask_of(v->processor));
	}
}
