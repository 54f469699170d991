/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the model of the virtual CPU interface: list registers, priorities, signals, maintenance conditions.
 * Locks: none.
 * Implements: IHI 0069 4.8 (virtual interrupt handling), 12.4 (ICH_*_EL2), 12.2 (ICV_*_EL1, without the decoding).
 *
 * The constants are this file's own: an error in the library's header must not hide here too.
 */
#include <string.h>

#include <vgic_mock_ich.h>

#define LR_STATE(lr)   ((uint32_t)((lr) >> 62) & 3u)
#define LR_INVALID     0u
#define LR_PENDING     1u
#define LR_ACTIVE      2u
#define LR_PEND_ACTIVE 3u
#define LR_HW(lr)      (((lr) >> 61) & 1u)
#define LR_GROUP(lr)   ((uint32_t)((lr) >> 60) & 1u)
#define LR_PRIO(lr)    ((uint32_t)((lr) >> 48) & 0xffu)
#define LR_EOI(lr)     (((lr) >> 41) & 1u)
#define LR_PINTID(lr)  ((uint32_t)((lr) >> 32) & 0x1fffu)
#define LR_VINTID(lr)  ((uint32_t)(lr))

#define HCR_En           (1u << 0)
#define HCR_UIE          (1u << 1)
#define HCR_LRENPIE      (1u << 2)
#define HCR_NPIE         (1u << 3)
#define HCR_VGrp0EIE     (1u << 4)
#define HCR_VGrp0DIE     (1u << 5)
#define HCR_VGrp1EIE     (1u << 6)
#define HCR_VGrp1DIE     (1u << 7)
#define HCR_vSGIEOICount (1u << 8)
#define HCR_EOIcount     27

#define VMCR_VENG0  (1u << 0)
#define VMCR_VENG1  (1u << 1)
#define VMCR_VFIQEn (1u << 3)
#define VMCR_VCBPR  (1u << 4)
#define VMCR_VEOIM  (1u << 9)

#define SPURIOUS  1023u
#define FIRST_LPI 8192u
#define IDLE      0xffu

static uint32_t clamp(uint32_t n, uint32_t low, uint32_t high)
{
	return n < low ? low : n > high ? high : n;
}

void mock_ich_init(struct mock_ich *ich, uint32_t nr_lrs, uint32_t pri_bits)
{
	memset(ich, 0, sizeof(*ich));
	ich->nr_lrs = clamp(nr_lrs, 1, MOCK_ICH_MAX_LRS);
	ich->pri_bits = clamp(pri_bits, 5, 7);
	mock_ich_write_vmcr(ich, 0);
}

uint32_t mock_ich_nr_aprs(const struct mock_ich *ich)
{
	return 1u << (ich->pri_bits - 5);
}

static uint32_t prio_mask(const struct mock_ich *ich)
{
	return 0xffu & ~(0xffu >> ich->pri_bits);
}

/* The group priority is the implemented bits at most: 7 - ICH_VTR_EL2.PREbits for group 0, one more for group 1. */
static uint32_t min_bpr(const struct mock_ich *ich, uint32_t group)
{
	return 7u - ich->pri_bits + group;
}

static uint32_t bpr0(const struct mock_ich *ich)
{
	return (ich->vmcr >> 21) & 7u;
}

static uint32_t bpr1(const struct mock_ich *ich)
{
	return (ich->vmcr >> 18) & 7u;
}

static uint32_t pmr(const struct mock_ich *ich)
{
	return ich->vmcr >> 24;
}

void mock_ich_write_vmcr(struct mock_ich *ich, uint32_t vmcr)
{
	uint32_t b0 = clamp((vmcr >> 21) & 7u, min_bpr(ich, 0), 7);
	uint32_t b1 = clamp((vmcr >> 18) & 7u, min_bpr(ich, 1), 7);
	uint32_t flags = vmcr & (VMCR_VENG0 | VMCR_VENG1 | VMCR_VCBPR | VMCR_VEOIM);
	uint32_t mask = (vmcr >> 24) & prio_mask(ich);

	/* System registers only: VFIQEn is RES1, VAckCtl RES0. */
	ich->vmcr = flags | VMCR_VFIQEn | b1 << 18 | b0 << 21 | mask << 24;
}

/* The part of a priority that decides preemption in this group. */
static uint32_t group_priority(const struct mock_ich *ich, uint32_t prio, uint32_t group)
{
	/* BPR0 names the lowest bit that is not in the group priority, BPR1 the lowest bit that is. */
	uint32_t lowest = group && !(ich->vmcr & VMCR_VCBPR) ? bpr1(ich) : bpr0(ich) + 1u;

	return (prio >> lowest) << lowest & 0xffu;
}

/* The most urgent active group priority of either group, as an index of a bit of the active priority registers. */
static uint32_t highest_active(const struct mock_ich *ich)
{
	uint32_t i;

	for (i = 0; i < 32u * mock_ich_nr_aprs(ich); i++)
		if ((ich->ap0r[i / 32] | ich->ap1r[i / 32]) & 1u << i % 32)
			break;
	return i;
}

uint32_t mock_ich_rpr(const struct mock_ich *ich)
{
	uint32_t i = highest_active(ich);

	return i < 32u * mock_ich_nr_aprs(ich) ? i << (8 - ich->pri_bits) : IDLE;
}

/* The interrupt that the CPU interface would signal: of a list register, or presented directly. */
struct best {
	bool any;
	uint32_t lr; /* nr_lrs: presented directly */
	uint32_t intid, prio, group;
};

static bool group_enabled(const struct mock_ich *ich, uint32_t group)
{
	return ich->vmcr & (group ? VMCR_VENG1 : VMCR_VENG0);
}

/* The highest priority pending interrupt of an enabled group. */
static struct best highest_pending(const struct mock_ich *ich)
{
	struct best best = { .lr = ich->nr_lrs }, direct = { .lr = ich->nr_lrs };

	if (!(ich->hcr & HCR_En))
		return best;
	for (uint32_t n = 0; n < ich->nr_lrs; n++) {
		uint64_t lr = ich->lr[n];

		/* Pending and active cannot be taken: it has to be deactivated first. */
		if (LR_STATE(lr) != LR_PENDING || !group_enabled(ich, LR_GROUP(lr)))
			continue;
		if (!best.any || LR_PRIO(lr) < best.prio)
			best = (struct best){ true, n, LR_VINTID(lr), LR_PRIO(lr), LR_GROUP(lr) };
	}
	if (ich->direct)
		direct.any = ich->direct(ich->hw_arg, &direct.intid, &direct.prio, &direct.group);
	if (direct.any && group_enabled(ich, direct.group) && (!best.any || direct.prio < best.prio))
		best = direct;
	return best;
}

/* Is it urgent enough for the mask and for what is running? */
static bool can_signal(const struct mock_ich *ich, struct best best)
{
	if (!best.any || best.prio >= pmr(ich))
		return false;
	return group_priority(ich, best.prio, best.group) < mock_ich_rpr(ich);
}

uint32_t mock_ich_lines(const struct mock_ich *ich)
{
	struct best best = highest_pending(ich);

	if (!can_signal(ich, best))
		return 0;
	return best.group ? MOCK_LINE_IRQ : MOCK_LINE_FIQ;
}

uint32_t mock_ich_hppir(const struct mock_ich *ich, uint32_t group)
{
	struct best best = highest_pending(ich);

	return best.any && best.group == group ? best.intid : SPURIOUS;
}

static uint64_t with_state(uint64_t lr, uint32_t state)
{
	return (lr & ~(3ull << 62)) | (uint64_t)state << 62;
}

uint32_t mock_ich_ack(struct mock_ich *ich, uint32_t group)
{
	struct best best = highest_pending(ich);
	uint32_t n = best.lr, intid = best.intid, i;

	if (best.group != group || !can_signal(ich, best))
		return SPURIOUS;
	if (intid >= 1020 && intid <= 1023) {
		/* A hypervisor's mistake: reported to the guest as it is, nothing becomes active. */
		ich->lr[n] = with_state(ich->lr[n], LR_INVALID);
		return intid;
	}
	if (n == ich->nr_lrs && !ich->direct_ack(ich->hw_arg, intid))
		return SPURIOUS;
	i = group_priority(ich, best.prio, group) >> (8 - ich->pri_bits);
	(group ? ich->ap1r : ich->ap0r)[i / 32] |= 1u << i % 32;
	if (n < ich->nr_lrs)
		ich->lr[n] = with_state(ich->lr[n], intid >= FIRST_LPI && !ich->lpi_active ? LR_INVALID : LR_ACTIVE);
	return intid;
}

static uint32_t find_active(const struct mock_ich *ich, uint32_t intid)
{
	uint32_t n;

	for (n = 0; n < ich->nr_lrs; n++)
		if (LR_VINTID(ich->lr[n]) == intid && LR_STATE(ich->lr[n]) >= LR_ACTIVE)
			break;
	return n;
}

static void deactivate(struct mock_ich *ich, uint32_t n)
{
	uint64_t lr = ich->lr[n];

	ich->lr[n] = with_state(lr, LR_STATE(lr) == LR_PEND_ACTIVE ? LR_PENDING : LR_INVALID);
	if (LR_HW(lr) && ich->hw_deactivate)
		ich->hw_deactivate(ich->hw_arg, LR_PINTID(lr));
}

static void count_eoi(struct mock_ich *ich, uint32_t intid)
{
	/* Five bits, wrapping; an LPI is never counted, nor an SGI without active state (vSGIEOICount). */
	if (intid < FIRST_LPI && !(ich->direct && intid < 16 && (ich->hcr & HCR_vSGIEOICount)))
		ich->hcr += 1u << HCR_EOIcount;
}

static bool valid_intid(uint32_t intid)
{
	return intid < 1020 || intid >= FIRST_LPI;
}

void mock_ich_eoi(struct mock_ich *ich, uint32_t group, uint32_t intid)
{
	uint32_t i = highest_active(ich);
	uint32_t *apr = group ? ich->ap1r : ich->ap0r;
	uint32_t n, dropped;

	if (!valid_intid(intid))
		return;
	/* Nothing to drop, or the running priority is of the other group: a programming error, ignored. */
	if (i == 32u * mock_ich_nr_aprs(ich) || !(apr[i / 32] & 1u << i % 32))
		return;
	apr[i / 32] &= ~(1u << i % 32);
	dropped = i << (8 - ich->pri_bits);
	/* EOImode 1 leaves the deactivation to DIR, but for LPIs, which DIR does not know. */
	if ((ich->vmcr & VMCR_VEOIM) && intid < FIRST_LPI)
		return;
	n = find_active(ich, intid);
	if (n == ich->nr_lrs)
		count_eoi(ich, intid);
	else if (LR_GROUP(ich->lr[n]) == group && group_priority(ich, LR_PRIO(ich->lr[n]), group) == dropped)
		deactivate(ich, n);
}

void mock_ich_dir(struct mock_ich *ich, uint32_t intid)
{
	uint32_t n;

	/* UNPREDICTABLE in EOImode 0, meaningless for LPIs: ignored. */
	if (!(ich->vmcr & VMCR_VEOIM) || !valid_intid(intid) || intid >= FIRST_LPI)
		return;
	n = find_active(ich, intid);
	if (n == ich->nr_lrs)
		count_eoi(ich, intid);
	else
		deactivate(ich, n);
}

uint32_t mock_ich_vtr(const struct mock_ich *ich)
{
	/* TDS: ICH_HCR_EL2.TDIR is there. nV4: no direct injection. A3V. 16 bits of INTID. */
	return (ich->pri_bits - 1) << 29 | (ich->pri_bits - 1) << 26 | 1u << 21 | 1u << 20 | 1u << 19 |
	       (ich->nr_lrs - 1);
}

uint32_t mock_ich_eisr(const struct mock_ich *ich)
{
	uint32_t eisr = 0;

	for (uint32_t n = 0; n < ich->nr_lrs; n++)
		if (LR_STATE(ich->lr[n]) == LR_INVALID && !LR_HW(ich->lr[n]) && LR_EOI(ich->lr[n]))
			eisr |= 1u << n;
	return eisr;
}

uint32_t mock_ich_elrsr(const struct mock_ich *ich)
{
	uint32_t elrsr = 0;

	for (uint32_t n = 0; n < ich->nr_lrs; n++)
		if (LR_STATE(ich->lr[n]) == LR_INVALID && (LR_HW(ich->lr[n]) || !LR_EOI(ich->lr[n])))
			elrsr |= 1u << n;
	return elrsr;
}

uint32_t mock_ich_misr(const struct mock_ich *ich)
{
	uint32_t nr_valid = 0, nr_pending = 0, misr = 0;
	uint32_t hcr = ich->hcr;

	for (uint32_t n = 0; n < ich->nr_lrs; n++) {
		nr_valid += LR_STATE(ich->lr[n]) != LR_INVALID;
		nr_pending += LR_STATE(ich->lr[n]) == LR_PENDING;
	}
	if (!(hcr & HCR_En))
		return 0;
	if (mock_ich_eisr(ich))
		misr |= MOCK_MISR_EOI;
	if ((hcr & HCR_UIE) && nr_valid <= 1)
		misr |= MOCK_MISR_U;
	if ((hcr & HCR_LRENPIE) && hcr >> HCR_EOIcount)
		misr |= MOCK_MISR_LRENP;
	if ((hcr & HCR_NPIE) && !nr_pending)
		misr |= MOCK_MISR_NP;
	if ((hcr & HCR_VGrp0EIE) && (ich->vmcr & VMCR_VENG0))
		misr |= MOCK_MISR_VGrp0E;
	if ((hcr & HCR_VGrp0DIE) && !(ich->vmcr & VMCR_VENG0))
		misr |= MOCK_MISR_VGrp0D;
	if ((hcr & HCR_VGrp1EIE) && (ich->vmcr & VMCR_VENG1))
		misr |= MOCK_MISR_VGrp1E;
	if ((hcr & HCR_VGrp1DIE) && !(ich->vmcr & VMCR_VENG1))
		misr |= MOCK_MISR_VGrp1D;
	return misr;
}
