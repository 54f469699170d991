/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: registers that hold a field of each interrupt: group, enable, pending, active, priority, configuration; and the
 * few registers that Distributor and Redistributor have alike. Locks: none; each interrupt changes by its own
 * compare-and-swap. Pending and active state halt at most the vCPU concerned. Implements: IHI 0069 12.9 GICD_IGROUPR<n>
 * to GICD_ICFGR<n>, 12.11 GICR_IGROUPR0 to GICR_ICFGR1.
 */
#include "bank.h"
#include "v4/v4.h"

/*
 * The interrupts from "first" (a multiple of 16, in this frame's numbering) on; NULL if there are none. With affinity
 * routing, which is always on, the first 32 of the Distributor are RAZ/WI: they are the Redistributors'.
 */
static struct lvgic_irq *bank(const struct mmio *m, uint32_t first)
{
	if (m->redist)
		return first < LVGIC_NR_PRIVATE ? &m->redist->priv[index_nospec(first, LVGIC_NR_PRIVATE)] : NULL;
	if (first - LVGIC_FIRST_SPI >= m->vgic->cfg.nr_spis)
		return NULL;
	return &m->vgic->spi[index_nospec(first - LVGIC_FIRST_SPI, m->vgic->cfg.nr_spis)];
}

/* The 32 interrupts of a one-bit register, and which of them exist (not INTIDs 1020 to 1023). */
static struct lvgic_irq *bank32(const struct mmio *m, uint64_t *exist)
{
	uint32_t first = m->index * 8;
	struct lvgic_irq *irq = bank(m, first);

	*exist = first + 32 > 1020 ? 0x0fffffffu : 0xffffffffu;
	return irq;
}

/*
 * Bits "mask" of 32 words at once, bit n of the result from word n, by Horner's rule: three instructions an interrupt.
 * A flag below bit 32 comes out at its own place upwards; PEND (bit 0) and IN_LR (bit 32) can be had in one pass, in
 * the low and in the high half.
 */
static uint64_t gather(const struct lvgic_irq *irq, uint64_t mask)
{
	uint64_t sum = 0;
	uint32_t i;

#pragma GCC unroll 32
	for (i = 32; i-- > 0;)
		sum = 2 * sum + (load64_relaxed(&irq[i].word) & mask);
	return sum;
}

static uint64_t read_flag(const struct mmio *m, uint64_t flag)
{
	uint64_t exist;
	struct lvgic_irq *irq = bank32(m, &exist);

	return irq ? gather(irq, flag) / flag & exist : 0;
}

/* What a write does to one interrupt. */
typedef void (*action_t)(const struct mmio *m, struct lvgic_irq *irq);

/* Do it to each interrupt whose bit is set. "action" is a constant at each call. */
__attribute__((__always_inline__)) static inline void for_each_set(const struct mmio *m, uint64_t value,
                                                                   action_t action)
{
	uint64_t exist;
	struct lvgic_irq *irq = bank32(m, &exist);

	if (!irq)
		return;
	for (value &= exist; value; value &= value - 1)
		action(m, &irq[__builtin_ctzll(value)]);
}

uint64_t bank_read_group(const struct mmio *m)
{
	return read_flag(m, W_GROUP1);
}

void bank_write_group(const struct mmio *m, uint64_t value)
{
	uint64_t exist;
	struct lvgic_irq *irq = bank32(m, &exist);
	uint32_t i;

	for (i = 0; irq && i < 32; i++)
		if (exist >> i & 1)
			(void)irq_apply(m->vgic, m->self, &irq[i], word_set_group1, value >> i & 1);
}

uint64_t bank_read_enable(const struct mmio *m)
{
	return read_flag(m, W_ENABLED);
}

static void enable(const struct mmio *m, struct lvgic_irq *irq)
{
	if (unlikely(irq_apply(m->vgic, m->self, irq, word_set_enabled, true) & W_HW))
		irq_hw_changed(m->vgic, irq);
}

/* Once GICD_CTLR.RWP or GICR_CTLR.RWP reads 0 it may not be taken any more: so it leaves its list register before we
 * return. */
static void disable(const struct mmio *m, struct lvgic_irq *irq)
{
	if (unlikely(irq_apply_withdraw(m->vgic, m->self, irq, word_set_enabled, false) & W_HW))
		irq_hw_changed(m->vgic, irq);
}

void bank_set_enable(const struct mmio *m, uint64_t value)
{
	for_each_set(m, value, enable);
}

void bank_clear_enable(const struct mmio *m, uint64_t value)
{
	for_each_set(m, value, disable);
}

/*
 * Pending: what the words say, and what list registers hold. IN_LR bits come along in the high half; for those the
 * register that has it is asked.
 */
uint64_t bank_read_pending(const struct mmio *m)
{
	uint64_t exist;
	struct lvgic_irq *irq = bank32(m, &exist);
	struct irq_hold hold = { .halted = NULL };
	uint64_t both, in_lr;

	if (!irq)
		return 0;
	both = gather(irq, W_PEND | W_IN_LR);
	for (in_lr = both >> 32; in_lr; in_lr &= in_lr - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(in_lr);
		uint64_t w = load64_relaxed(&irq[i].word);
		uint32_t state;

		/*
		 * A line that is high, or an edge that came since, is pending whatever the guest has done. It may have
		 * come back from its list register after we looked at all of them.
		 */
		if ((w & W_PEND) && (w & (W_EDGE | W_LINE))) {
			both |= 1ull << i;
			continue;
		}
		/*
		 * The list register has an edge. The latch of a level-sensitive one is consumed by the acknowledge,
		 * which the word shows once the vCPU has stopped. It may have left the list register since: then its
		 * word is right.
		 */
		state = irq_peek(m->vgic, m->self, &irq[i], &hold);
		w = load64_relaxed(&irq[i].word);
		both &= ~(1ull << i);
		if ((w & W_PEND) || ((state & LR_P) && (w & W_EDGE)))
			both |= 1ull << i;
	}
	irq_release(m->vgic, hold);
	if (m->redist && unlikely(load32_relaxed(&m->redist->vsgi)))
		both |= v4_vsgi_pending(m->redist);
	return both & exist;
}

/*
 * The physical interrupt behind a mapped one becomes active with it, as if the host had taken it: the guest's end of
 * interrupt will deactivate it (R92).
 */
static void physical_active(const struct mmio *m, struct lvgic_irq *irq, bool on)
{
	uint64_t w = load64_relaxed(&irq->word);
	uint32_t at = m->redist ? m->redist->id : w & W_QUEUED ? word_home(w) : word_target(w);
	struct lvgic_vcpu *v = at < m->vgic->cfg.nr_vcpus ? m->vgic->vcpu[at] : NULL;

	if (v && OPS(m->vgic)->hw_set)
		OPS(m->vgic)->hw_set(v->ctx, *irq_pintid(m->vgic, v, irq_intid(irq)), LVGIC_HW_ACTIVE, on);
}

/* R62: of an SGI that the hardware delivers, the pending state is the hardware's, whoever writes. */
static void pend(const struct mmio *m, struct lvgic_irq *irq)
{
	struct irq_hold hold;

	if (unlikely(load64_relaxed(&irq->word) & W_FORWARD)) {
		v4_vsgi_pend(m->vgic, m->self, m->redist, irq);
		return;
	}
	hold = irq_own(m->vgic, m->self, irq);
	if (load64_relaxed(&irq->word) & W_HW)
		physical_active(m, irq, true);
	(void)irq_apply(m->vgic, m->self, irq, word_latch, 0);
	irq_release(m->vgic, hold);
}

static void unpend(const struct mmio *m, struct lvgic_irq *irq)
{
	struct irq_hold hold;
	uint64_t w;

	if (unlikely(load64_relaxed(&irq->word) & W_FORWARD))
		v4_vsgi_clear(m->redist, m->self, 1u << irq_intid(irq));
	(void)irq_apply_held(m->vgic, m->self, irq, word_unlatch, 0, &hold);
	w = load64_relaxed(&irq->word);
	if ((w & (W_HW | W_PEND | W_ACTIVE)) == W_HW)
		physical_active(m, irq, false);
	irq_release(m->vgic, hold);
}

void bank_set_pending(const struct mmio *m, uint64_t value)
{
	for_each_set(m, value, pend);
}

void bank_clear_pending(const struct mmio *m, uint64_t value)
{
	for_each_set(m, value, unpend);
}

/* Active: in a list register the register knows, else the word. */
uint64_t bank_read_active(const struct mmio *m)
{
	uint64_t exist;
	struct lvgic_irq *irq = bank32(m, &exist);
	struct irq_hold hold = { .halted = NULL };
	uint64_t active, in_lr;

	if (!irq)
		return 0;
	active = gather(irq, W_ACTIVE) / W_ACTIVE;
	for (in_lr = gather(irq, W_IN_LR) >> 32; in_lr; in_lr &= in_lr - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(in_lr);
		uint32_t state = irq_peek(m->vgic, m->self, &irq[i], &hold);

		/* It may have left the list register since: then its word is right. */
		if (!state)
			state = load64_relaxed(&irq[i].word) & W_ACTIVE ? LR_A : 0;
		active = (active & ~(1ull << i)) | (uint64_t) !!(state & LR_A) << i;
	}
	irq_release(m->vgic, hold);
	return active & exist;
}

/* As irq_apply_exactly(), with the physical interrupt first. */
static void activate(const struct mmio *m, struct lvgic_irq *irq)
{
	unsigned int tries = 8;
	uint64_t old;

	do {
		struct irq_hold hold = irq_own(m->vgic, m->self, irq);

		if (load64_relaxed(&irq->word) & W_HW)
			physical_active(m, irq, true);
		old = irq_apply(m->vgic, m->self, irq, word_set_active, true);
		irq_release(m->vgic, hold);
	} while (unlikely(old & W_IN_LR) && --tries);
}

static void deactivate(const struct mmio *m, struct lvgic_irq *irq)
{
	irq_deactivate(m->vgic, m->self, irq);
}

void bank_set_active(const struct mmio *m, uint64_t value)
{
	for_each_set(m, value, activate);
}

void bank_clear_active(const struct mmio *m, uint64_t value)
{
	for_each_set(m, value, deactivate);
}

/* "nr" interrupts from "first" on, a multiple of nr, which divides 32; *exist says how many of them there are. NULL:
 * none. */
static struct lvgic_irq *bank_part(const struct mmio *m, uint32_t first, uint32_t nr, uint32_t *exist)
{
	struct lvgic_irq *irq = bank(m, first & ~31u);

	*exist = first >= 1020 ? 0 : first + nr > 1020 ? 1020 - first : nr;
	return irq && *exist ? irq + (first & 31u) : NULL;
}

uint64_t bank_read_priority(const struct mmio *m)
{
	uint32_t i, exist;
	struct lvgic_irq *irq = bank_part(m, m->index, m->size, &exist);
	uint64_t value = 0;

	for (i = 0; irq && i < exist; i++)
		value |= (uint64_t)word_prio(load64_relaxed(&irq[i].word)) << (8 * i);
	return value;
}

/* Unimplemented priority bits are RAZ/WI (4.8). */
void bank_write_priority(const struct mmio *m, uint64_t value)
{
	uint64_t implemented = 0xffu << (8 - m->vgic->cfg.pri_bits) & 0xffu;
	uint32_t i, exist;
	struct lvgic_irq *irq = bank_part(m, m->index, m->size, &exist);

	for (i = 0; irq && i < exist; i++)
		(void)irq_apply(m->vgic, m->self, &irq[i], word_set_prio, value >> (8 * i) & implemented);
}

/* Horner's rule again, with two bits an interrupt: bit 1 of each pair says edge-triggered. */
uint64_t bank_read_config(const struct mmio *m)
{
	uint32_t i, exist;
	struct lvgic_irq *irq = bank_part(m, m->index * 4, 16, &exist);
	uint64_t sum = 0;

	for (i = exist; irq && i-- > 0;)
		sum = 4 * sum + (load64_relaxed(&irq[i].word) & W_EDGE);
	return sum / (W_EDGE / 2);
}

/* SGIs are always edge-triggered. */
void bank_write_config(const struct mmio *m, uint64_t value)
{
	uint32_t exist;
	struct lvgic_irq *irq = bank_part(m, m->index * 4, 16, &exist);
	uint64_t differ;

	if (!irq || irq_intid(irq) < LVGIC_NR_SGIS)
		return;
	differ = (bank_read_config(m) ^ value) & (0xaaaaaaaau >> (32 - 2 * exist));
	for (; differ; differ &= differ - 1) {
		uint32_t bit = (uint32_t)__builtin_ctzll(differ);

		if (irq_apply_exactly(m->vgic, m->self, &irq[bit / 2], word_set_edge, value >> bit & 1) & W_HW)
			irq_hw_changed(m->vgic, &irq[bit / 2]);
	}
}

/*
 * GICD_PIDR<n>, GICD_CIDR<n> and the GICR ones (12.1.7): CoreSight identification; PIDR2 is the one that software looks
 * at, ArchRev 3 (GICv3). The part number is ours to choose.
 */
uint64_t ident_read(const struct mmio *m)
{
	static const uint8_t ident[] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

	return ident[index_nospec(m->index / 4, sizeof(ident))];
}

uint64_t statusr_read(const struct mmio *m)
{
	return load32_relaxed(mmio_statusr(m));
}

/* Write one to clear. */
void statusr_write(const struct mmio *m, uint64_t value)
{
	(void)and32_seq(mmio_statusr(m), ~(uint32_t)value);
}

uint64_t iidr_read(const struct mmio *m)
{
	return m->vgic->cfg.iidr;
}
