/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the virtual CPU interface in software: what the hardware does with list registers when the guest acknowledges
 * and ends interrupts, done on the image of the same registers. For hypervisors without virtualization hardware, and
 * for what traps with it. Locks: none; everything here is the owner's. Implements: IHI 0069 4.8 (prioritization,
 * preemption, priority grouping), 4.4 (priority drop, deactivation), 12.2 and 12.5 ICV_*.
 *
 * Unlike the hardware it knows the INTID that is ended, so what was spilled from the list registers is ended exactly.
 */
#include "v4/v4.h"
#include "vif.h"

#define IDLE_PRIORITY 0xffu

static uint32_t nr_aprs(const struct lvgic_vcpu *v)
{
	return 1u << (v->vgic->cfg.pri_bits - 5);
}

/* The binary point that splits priorities of this group, as the number of subpriority bits (IHI 0069, 4.8.3). */
static uint32_t subpriority_bits(const struct lvgic_vcpu *v, uint32_t group)
{
	uint32_t bpr0 = (v->ich.vmcr >> ICH_VMCR_VBPR0_SHIFT) & 7u;

	if (group && !(v->ich.vmcr & ICH_VMCR_VCBPR))
		return (v->ich.vmcr >> ICH_VMCR_VBPR1_SHIFT) & 7u;
	/* Group 0, and Group 1 that shares its register: the split is one bit above. */
	return bpr0 + 1;
}

uint32_t vif_group_priority(const struct lvgic_vcpu *v, uint32_t group, uint32_t prio)
{
	return prio & ~((1u << subpriority_bits(v, group)) - 1) & 0xffu;
}

/* What ICC_BPR<n>_EL1 reads: with CBPR, BPR1 is BPR0 plus one, saturated (12.2 ICV_BPR1_EL1). */
uint32_t vif_bpr(const struct lvgic_vcpu *v, uint32_t group)
{
	uint32_t bpr0 = (v->ich.vmcr >> ICH_VMCR_VBPR0_SHIFT) & 7u;

	if (!group)
		return bpr0;
	if (v->ich.vmcr & ICH_VMCR_VCBPR)
		return bpr0 < 7 ? bpr0 + 1 : 7;
	return (v->ich.vmcr >> ICH_VMCR_VBPR1_SHIFT) & 7u;
}

/* Values below the minimum set the minimum; with CBPR writes of BPR1 are ignored. */
void vif_set_bpr(struct lvgic_vcpu *v, uint32_t group, uint32_t value)
{
	uint32_t shift = group ? ICH_VMCR_VBPR1_SHIFT : ICH_VMCR_VBPR0_SHIFT;
	uint32_t min = 7 - v->vgic->cfg.pri_bits + group;

	if (group && (v->ich.vmcr & ICH_VMCR_VCBPR))
		return;
	value &= 7u;
	if (value < min)
		value = min;
	v->ich.vmcr = (v->ich.vmcr & ~(7u << shift)) | value << shift;
}

/* The first active priority of a group's registers: its bit number, or 128. */
static uint32_t first_active(const struct lvgic_vcpu *v, const uint32_t *apr)
{
	uint32_t i;

	for (i = 0; i < nr_aprs(v); i++)
		if (apr[i])
			return 32 * i + (uint32_t)__builtin_ctz(apr[i]);
	return 128;
}

/* ICC_RPR_EL1: the group priority of the highest active interrupt. */
uint32_t vif_running(const struct lvgic_vcpu *v)
{
	uint32_t a0 = first_active(v, v->ich.ap0r);
	uint32_t a1 = first_active(v, v->ich.ap1r);
	uint32_t first = a0 < a1 ? a0 : a1;

	return first == 128 ? IDLE_PRIORITY : first << (8 - v->vgic->cfg.pri_bits);
}

bool vif_preempts(const struct lvgic_vcpu *v, uint32_t prio, bool group1)
{
	return vif_group_priority(v, group1, prio) < vif_running(v);
}

/* The list register with the highest priority pending interrupt of the groups that the guest enabled; LVGIC_MAX_LRS if
 * none. */
static uint32_t highest_pending(const struct lvgic_vcpu *v)
{
	uint32_t best = LVGIC_MAX_LRS, best_prio = 0x100, used;

	for (used = v->lr_used; used; used &= used - 1) {
		uint32_t n = (uint32_t)__builtin_ctz(used);
		uint64_t lr = v->ich.lr[n];

		if (lr_state(lr) != LR_P || lr_prio(lr) >= best_prio)
			continue;
		if (!(v->ich.vmcr & (lr & ICH_LR_GROUP1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0)))
			continue;
		best = n;
		best_prio = lr_prio(lr);
	}
	return best;
}

/* Is it signalled to the PE: above the mask, and high enough to preempt? */
static bool signalled(const struct lvgic_vcpu *v, uint64_t lr)
{
	return lr_prio(lr) < v->ich.vmcr >> ICH_VMCR_VPMR_SHIFT && vif_preempts(v, lr_prio(lr), lr & ICH_LR_GROUP1);
}

uint32_t lvgic_vcpu_lines(struct lvgic_vcpu *v)
{
	uint32_t n;

	lr_refresh(v);
	n = highest_pending(v);
	if (n == LVGIC_MAX_LRS || !signalled(v, v->ich.lr[n]))
		return 0;
	return v->ich.lr[n] & ICH_LR_GROUP1 ? LVGIC_LINE_IRQ : LVGIC_LINE_FIQ;
}

bool lvgic_vcpu_pending(struct lvgic_vcpu *v)
{
	uint32_t prio;

	/* A Redistributor that sleeps asks for its PE to be woken if it has something for it (12.11 GICR_WAKER). */
	if (unlikely(load32_relaxed(&v->asleep))) {
		lr_refresh(v);
		return queue_head(v, load32_relaxed(&v->vgic->gicd_ctlr) & 3u, &prio) != 0;
	}
	return lvgic_vcpu_lines(v) != 0 || (unlikely(v->vpe != NULL) && v4_pending(v));
}

/* ICC_HPPIR<n>_EL1: regardless of mask and running priority. */
uint32_t vif_hppi(struct lvgic_vcpu *v, uint32_t group)
{
	uint32_t n;

	lr_refresh(v);
	n = highest_pending(v);
	if (n == LVGIC_MAX_LRS || !(v->ich.lr[n] & ICH_LR_GROUP1) != !group)
		return GIC_INTID_SPURIOUS;
	return (uint32_t)v->ich.lr[n];
}

/* ICC_IAR<n>_EL1 */
uint32_t vif_ack(struct lvgic_vcpu *v, uint32_t group)
{
	uint32_t n, intid, bit;
	uint64_t lr;

	lr_refresh(v);
	n = highest_pending(v);
	if (n == LVGIC_MAX_LRS)
		return GIC_INTID_SPURIOUS;
	lr = v->ich.lr[n];
	if (!(lr & ICH_LR_GROUP1) != !group || !signalled(v, lr))
		return GIC_INTID_SPURIOUS;

	intid = (uint32_t)lr;
	bit = vif_group_priority(v, group, lr_prio(lr)) >> (8 - v->vgic->cfg.pri_bits);
	(group ? v->ich.ap1r : v->ich.ap0r)[bit / 32] |= 1u << (bit % 32);
	/* LPIs have no active state (5.1). */
	v->ich.lr[n] = intid >= LVGIC_FIRST_LPI ? 0 : (lr & ~ICH_LR_PENDING) | ICH_LR_ACTIVE;
	lr_fold(v, n);
	return intid;
}

/* The list register in which the INTID is active; LVGIC_MAX_LRS: none. */
static uint32_t active_lr(const struct lvgic_vcpu *v, uint32_t intid)
{
	uint32_t used;

	for (used = v->lr_used; used; used &= used - 1) {
		uint32_t n = (uint32_t)__builtin_ctz(used);

		if ((uint32_t)v->ich.lr[n] == intid && (v->ich.lr[n] & ICH_LR_ACTIVE))
			return n;
	}
	return LVGIC_MAX_LRS;
}

/* Deactivate, wherever it is active: DIR may name an SPI that another vCPU has acknowledged (4.4.3). */
static void deactivate(struct lvgic_vcpu *v, uint32_t intid)
{
	uint32_t n = active_lr(v, intid);
	struct lvgic_irq *irq;
	uint64_t lr;

	if (n != LVGIC_MAX_LRS) {
		lr = v->ich.lr[n];
		/* What the hardware does for HW=1. */
		if ((lr & ICH_LR_HW) && OPS(v->vgic)->hw_set)
			OPS(v->vgic)->hw_set(v->ctx, (uint32_t)(lr >> ICH_LR_PINTID_SHIFT) & 0x1fffu, LVGIC_HW_ACTIVE,
			                     false);
		lr &= ~ICH_LR_ACTIVE;
		v->ich.lr[n] = lr & ICH_LR_PENDING ? lr : 0;
		lr_fold(v, n);
		return;
	}
	irq = irq_find(v->vgic, v, intid);
	if (irq && (load64_relaxed(&irq->word) & (W_ACTIVE | W_IN_LR)))
		irq_deactivate(v->vgic, v, irq);
}

/*
 * ICC_EOIR<n>_EL1: drop the running priority, and deactivate if EOImode is 0. An end of the wrong group, without
 * anything active, or of an INTID that cannot have been acknowledged is ignored (UNPREDICTABLE, 12.2 ICC_EOIR1_EL1).
 */
void vif_eoi(struct lvgic_vcpu *v, uint32_t group, uint32_t intid)
{
	uint32_t a0 = first_active(v, v->ich.ap0r);
	uint32_t a1 = first_active(v, v->ich.ap1r);
	uint32_t *apr = group ? v->ich.ap1r : v->ich.ap0r;
	uint32_t mine = group ? a1 : a0;
	uint32_t i;

	if (intid >= 1020 && intid < LVGIC_FIRST_LPI)
		return;
	if (mine == 128 || mine > (group ? a0 : a1))
		return;
	i = mine / 32;
	apr[i] &= apr[i] - 1;
	if (intid < LVGIC_FIRST_LPI && !(v->ich.vmcr & ICH_VMCR_VEOIM))
		deactivate(v, intid);
}

/* ICC_DIR_EL1: with EOImode 0 the write is ignored (UNPREDICTABLE, 12.2 ICC_DIR_EL1). */
void vif_deactivate(struct lvgic_vcpu *v, uint32_t intid)
{
	if (intid < 1020 && (v->ich.vmcr & ICH_VMCR_VEOIM))
		deactivate(v, intid);
}
