/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: software-generated interrupts: from a value written to one of the three registers to SGIs at vCPUs.
 * Locks: none. Cost: one look-up per target; a broadcast visits each vCPU once.
 * Implements: IHI 0069 12.2 ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1; 8.1.10 (which group each generates when DS =
 * 1).
 *
 * With one Security state ICC_SGI1R_EL1 makes an SGI pending whatever group the target has it in; the other two only if
 * the target has it in Group 0.
 */
#include "sgi.h"
#include "v4/v4.h"

static uint64_t latch_group0(uint64_t w, uint64_t unused)
{
	return w & W_GROUP1 ? w : word_latch(w, unused);
}

static void send(struct lvgic_vcpu *self, struct lvgic_vcpu *to, uint32_t intid, bool group0_only)
{
	struct lvgic_irq *irq = &to->priv[index_nospec(intid, LVGIC_NR_SGIS)];
	uint64_t old = load64_relaxed(&irq->word);

	if (unlikely(old & W_FORWARD)) {
		if (!group0_only || !(old & W_GROUP1))
			v4_vsgi_pend(self->vgic, self, to, irq);
		return;
	}
	if (group0_only)
		(void)irq_apply(self->vgic, self, irq, latch_group0, 0);
	else if (!irq_edge_plainly(self->vgic, self, irq, old, 0))
		(void)irq_apply(self->vgic, self, irq, word_latch, 0);
}

static void sgi_write(struct lvgic_vcpu *self, uint64_t value, bool group0_only)
{
	struct lvgic *vg = self->vgic;
	uint32_t intid = (uint32_t)(value >> ICC_SGIR_INTID_SHIFT) & 0xfu;
	uint32_t cluster = (uint32_t)(value >> ICC_SGIR_Aff3_SHIFT & 0xffu) << 24 |
	                   (uint32_t)(value >> ICC_SGIR_Aff2_SHIFT & 0xffu) << 16 |
	                   (uint32_t)(value >> ICC_SGIR_Aff1_SHIFT & 0xffu) << 8 |
	                   (uint32_t)(value >> ICC_SGIR_RS_SHIFT & 0xfu) << 4;
	uint32_t list;

	/* What the sender wrote before is visible to a handler whose SGI coalesces with this one: see lvgic_inject().
	 */
	fence_seq();
	if (value & ICC_SGIR_IRM) {
		uint32_t n;

		for (n = 0; n < vg->nr_vcpus; n++)
			if (vg->by_frame[n] != self)
				send(self, vg->by_frame[n], intid, group0_only);
		return;
	}
	for (list = value & ICC_SGIR_TargetList_MASK; list; list &= list - 1) {
		uint32_t affinity = cluster | (uint32_t)__builtin_ctz(list);
		struct lvgic_vcpu *to = route_lookup(vg, affinity);

		if (to)
			send(self, to, intid, group0_only);
		else
			report_guest_error(vg, self, LVGIC_GUEST_ERROR_SGI_TARGET, 8, affinity, value);
	}
}

void sgi_write_1(struct lvgic_vcpu *v, uint64_t value)
{
	sgi_write(v, value, false);
}

void sgi_write_0(struct lvgic_vcpu *v, uint64_t value)
{
	sgi_write(v, value, true);
}
