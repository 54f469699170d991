/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the decoding of guest accesses to ICC_*_EL1 (with HCR_EL2.{IMO,FMO} set: ICV_*_EL1) and their traps.
 * Locks: none.
 * Implements: IHI 0069 12.2 (ICV_*_EL1), 12.4 (ICH_HCR_EL2.{TC,TALL0,TALL1,TDIR}).
 */
#include <stddef.h>

#include <vgic_mock_ich.h>

#define HCR_TC    (1u << 10)
#define HCR_TALL0 (1u << 11)
#define HCR_TALL1 (1u << 12)
#define HCR_TDIR  (1u << 14)

#define VMCR_VENG(group) (1u << (group))
#define VMCR_VCBPR       (1u << 4)
#define VMCR_VEOIM       (1u << 9)

enum reg {
	REG_PMR,
	REG_IAR,
	REG_EOIR,
	REG_HPPIR,
	REG_BPR,
	REG_APR,
	REG_DIR,
	REG_RPR,
	REG_SGIR,
	REG_CTLR,
	REG_SRE,
	REG_IGRPEN,
};

#define R 1u
#define W 2u

/* All are op0 3, op1 0. "group" is also the number of the register where a name has one. */
static const struct row {
	uint8_t crn, crm, op2;
	uint8_t reg;
	uint8_t group;
	uint8_t rw;
	uint8_t index; /* of an active priority register */
	uint32_t trap; /* bits of ICH_HCR_EL2 that trap it */
} rows[] = {
	{ 4, 6, 0, REG_PMR, 0, R | W, 0, HCR_TC },
	{ 12, 8, 0, REG_IAR, 0, R, 0, HCR_TALL0 },
	{ 12, 8, 1, REG_EOIR, 0, W, 0, HCR_TALL0 },
	{ 12, 8, 2, REG_HPPIR, 0, R, 0, HCR_TALL0 },
	{ 12, 8, 3, REG_BPR, 0, R | W, 0, HCR_TALL0 },
	{ 12, 8, 4, REG_APR, 0, R | W, 0, HCR_TALL0 },
	{ 12, 8, 5, REG_APR, 0, R | W, 1, HCR_TALL0 },
	{ 12, 8, 6, REG_APR, 0, R | W, 2, HCR_TALL0 },
	{ 12, 8, 7, REG_APR, 0, R | W, 3, HCR_TALL0 },
	{ 12, 9, 0, REG_APR, 1, R | W, 0, HCR_TALL1 },
	{ 12, 9, 1, REG_APR, 1, R | W, 1, HCR_TALL1 },
	{ 12, 9, 2, REG_APR, 1, R | W, 2, HCR_TALL1 },
	{ 12, 9, 3, REG_APR, 1, R | W, 3, HCR_TALL1 },
	{ 12, 11, 1, REG_DIR, 0, W, 0, HCR_TC | HCR_TDIR },
	{ 12, 11, 3, REG_RPR, 0, R, 0, HCR_TC },
	{ 12, 11, 5, REG_SGIR, 1, W, 0, 0 },
	{ 12, 11, 6, REG_SGIR, 1, W, 0, 0 },
	{ 12, 11, 7, REG_SGIR, 0, W, 0, 0 },
	{ 12, 12, 0, REG_IAR, 1, R, 0, HCR_TALL1 },
	{ 12, 12, 1, REG_EOIR, 1, W, 0, HCR_TALL1 },
	{ 12, 12, 2, REG_HPPIR, 1, R, 0, HCR_TALL1 },
	{ 12, 12, 3, REG_BPR, 1, R | W, 0, HCR_TALL1 },
	{ 12, 12, 4, REG_CTLR, 0, R | W, 0, HCR_TC },
	{ 12, 12, 5, REG_SRE, 0, R | W, 0, 0 },
	{ 12, 12, 6, REG_IGRPEN, 0, R | W, 0, HCR_TALL0 },
	{ 12, 12, 7, REG_IGRPEN, 1, R | W, 0, HCR_TALL1 },
};

/* The row of an encoding: op0 15:14, op1 13:11, CRn 10:7, CRm 6:3, op2 2:0. */
static const struct row *find(uint32_t sysreg)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (sysreg == (3u << 14 | (uint32_t)rows[i].crn << 7 | (uint32_t)rows[i].crm << 3 | rows[i].op2))
			return &rows[i];
	return NULL;
}

static enum mock_access check(const struct mock_ich *ich, const struct row *row, uint32_t direction)
{
	if (!row || !(row->rw & direction))
		return MOCK_ACCESS_UNDEF;
	if (row->reg == REG_APR && row->index >= mock_ich_nr_aprs(ich))
		return MOCK_ACCESS_UNDEF;
	return (ich->hcr & row->trap) || row->reg == REG_SGIR ? MOCK_ACCESS_TRAP : MOCK_ACCESS_DONE;
}

static uint32_t read_bpr(const struct mock_ich *ich, uint32_t group)
{
	uint32_t bpr0 = (ich->vmcr >> 21) & 7u;

	if (!group)
		return bpr0;
	if (ich->vmcr & VMCR_VCBPR)
		return bpr0 < 7 ? bpr0 + 1 : 7;
	return (ich->vmcr >> 18) & 7u;
}

/* Writes go through ICH_VMCR_EL2, which knows what is implemented. */
static void set_vmcr(struct mock_ich *ich, uint32_t mask, uint32_t bits)
{
	mock_ich_write_vmcr(ich, (ich->vmcr & ~mask) | (bits & mask));
}

static uint32_t read_ctlr(const struct mock_ich *ich)
{
	/* PRIbits, IDbits 0: 16 bits, A3V. */
	return (ich->vmcr & VMCR_VCBPR ? 1u : 0u) | (ich->vmcr & VMCR_VEOIM ? 2u : 0u) | (ich->pri_bits - 1) << 8 |
	       1u << 15;
}

enum mock_access mock_ich_read(struct mock_ich *ich, uint32_t sysreg, uint64_t *val)
{
	const struct row *row = find(sysreg);
	enum mock_access access = check(ich, row, R);

	*val = 0;
	if (access != MOCK_ACCESS_DONE)
		return access;
	switch ((enum reg)row->reg) {
	case REG_PMR:
		*val = ich->vmcr >> 24;
		break;
	case REG_IAR:
		*val = mock_ich_ack(ich, row->group);
		break;
	case REG_HPPIR:
		*val = mock_ich_hppir(ich, row->group);
		break;
	case REG_BPR:
		*val = read_bpr(ich, row->group);
		break;
	case REG_APR:
		*val = (row->group ? ich->ap1r : ich->ap0r)[row->index];
		break;
	case REG_RPR:
		*val = mock_ich_rpr(ich);
		break;
	case REG_CTLR:
		*val = read_ctlr(ich);
		break;
	case REG_SRE:
		/* DIB, DFB, SRE: system registers only. */
		*val = 7;
		break;
	case REG_IGRPEN:
		*val = (ich->vmcr & VMCR_VENG(row->group)) != 0;
		break;
	case REG_EOIR:
	case REG_DIR:
	case REG_SGIR:
		break;
	}
	return MOCK_ACCESS_DONE;
}

enum mock_access mock_ich_write(struct mock_ich *ich, uint32_t sysreg, uint64_t val)
{
	const struct row *row = find(sysreg);
	enum mock_access access = check(ich, row, W);
	uint32_t v = (uint32_t)val;

	if (access != MOCK_ACCESS_DONE)
		return access;
	switch ((enum reg)row->reg) {
	case REG_PMR:
		set_vmcr(ich, 0xff000000u, v << 24);
		break;
	case REG_EOIR:
		mock_ich_eoi(ich, row->group, v & 0xffffffu);
		break;
	case REG_BPR:
		if (!row->group)
			set_vmcr(ich, 7u << 21, v << 21);
		else if (!(ich->vmcr & VMCR_VCBPR)) /* else written to nowhere: BPR0 decides */
			set_vmcr(ich, 7u << 18, v << 18);
		break;
	case REG_APR:
		(row->group ? ich->ap1r : ich->ap0r)[row->index] = v;
		break;
	case REG_DIR:
		mock_ich_dir(ich, v & 0xffffffu);
		break;
	case REG_CTLR:
		set_vmcr(ich, VMCR_VCBPR | VMCR_VEOIM, (v & 1u ? VMCR_VCBPR : 0u) | (v & 2u ? VMCR_VEOIM : 0u));
		break;
	case REG_IGRPEN:
		set_vmcr(ich, VMCR_VENG(row->group), v & 1u ? VMCR_VENG(row->group) : 0u);
		break;
	case REG_SRE:
	case REG_IAR:
	case REG_HPPIR:
	case REG_RPR:
	case REG_SGIR:
		break;
	}
	return MOCK_ACCESS_DONE;
}
