/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * mmu.c - stage 1 translation of a guest virtual address, for the runner's own use.
 *
 * The engine's AT instruction cannot be used from a callback: it changes PAR_EL1, and it leaves by a long jump
 * when the guest's tables are not in RAM.
 */
#include <string.h>

#include "util.h"
#include "vcpu.h"

#define DESC_VALID         UINT64_C(1)
#define DESC_TABLE_OR_PAGE UINT64_C(2)
#define DESC_AP_EL0        (UINT64_C(1) << 6)
#define DESC_AP_RO         (UINT64_C(1) << 7)
#define DESC_AF            (UINT64_C(1) << 10)
#define TABLE_AP_NO_EL0    (UINT64_C(1) << 61)
#define TABLE_AP_RO        (UINT64_C(1) << 62)

/* "attr": of the last descriptor, with the restrictions by the tables before it put in. */
static bool walk(struct vcpu *v, uint64_t table, unsigned int page_bits, unsigned int va_bits, uint64_t va,
                 uint64_t *gpa, uint64_t *attr)
{
	unsigned int level_bits = page_bits - 3;
	/* The lowest VA bit that the level decides. */
	unsigned int low = page_bits + (va_bits - page_bits - 1) / level_bits * level_bits;
	unsigned int high = va_bits;
	uint64_t read_only = 0, no_el0 = 0;

	for (;;) {
		uint64_t entry = table + 8 * bits64(va, low, high - low);
		const void *p = machine_ram(v->m, entry, 8);
		uint64_t desc;

		if (!p)
			return false;
		memcpy(&desc, p, sizeof(desc));
		if (!(desc & DESC_VALID))
			return false;
		if (!(desc & DESC_TABLE_OR_PAGE) || low == page_bits) {
			*gpa = bits64(desc, low, 48 - low) << low | bits64(va, 0, low);
			*attr = (desc | read_only) & ~no_el0;
			/* A block at the last level is reserved. */
			return (desc & DESC_TABLE_OR_PAGE) || low != page_bits;
		}
		if (desc & TABLE_AP_RO)
			read_only = DESC_AP_RO;
		if (desc & TABLE_AP_NO_EL0)
			no_el0 = DESC_AP_EL0;
		table = bits64(desc, page_bits, 48 - page_bits) << page_bits;
		high = low;
		low -= level_bits;
	}
}

static bool mmu_on(struct vcpu *v)
{
	return vcpu_sysreg(v, 3, 0, 1, 0, 0) & 1;
}

static bool translate(struct vcpu *v, uint64_t va, uint64_t *gpa, uint64_t *attr)
{
	uint64_t tcr, table;
	unsigned int page_bits, txsz;
	bool upper = bits64(va, 55, 1);

	tcr = vcpu_sysreg(v, 3, 0, 2, 0, 2);
	if (upper) {
		static const unsigned int tg1[4] = { 0, 14, 12, 16 };

		page_bits = tg1[bits64(tcr, 30, 2)];
		txsz = (unsigned int)bits64(tcr, 16, 6);
		table = vcpu_sysreg(v, 3, 0, 2, 0, 1);
	} else {
		static const unsigned int tg0[4] = { 12, 16, 14, 0 };

		page_bits = tg0[bits64(tcr, 14, 2)];
		txsz = (unsigned int)bits64(tcr, 0, 6);
		table = vcpu_sysreg(v, 3, 0, 2, 0, 0);
	}
	if (page_bits == 0 || txsz < 16 || txsz > 39)
		return false;
	/* Neither range reaches here. */
	if (bits64(va, 64 - txsz, txsz - 8) != (upper ? bits64(UINT64_MAX, 0, txsz - 8) : 0))
		return false;
	return walk(v, bits64(table, 1, 47) << 1, page_bits, 64 - txsz, va, gpa, attr);
}

bool mmu_translate(struct vcpu *v, uint64_t va, uint64_t *gpa)
{
	uint64_t attr;

	if (mmu_on(v))
		return translate(v, va, gpa, &attr);
	*gpa = va;
	return true;
}

bool mmu_writable(struct vcpu *v, uint64_t va, bool el0, uint64_t *gpa)
{
	uint64_t attr;

	/* An address with a tag is left to the engine. */
	if (bits64(va, 56, 8) != (bits64(va, 55, 1) ? 0xff : 0) || !mmu_on(v) || !translate(v, va, gpa, &attr))
		return false;
	return (attr & DESC_AF) && !(attr & DESC_AP_RO) && (!el0 || (attr & DESC_AP_EL0));
}

uint32_t mmu_fetch(struct vcpu *v, uint64_t va)
{
	uint64_t gpa;
	uint32_t insn;
	const void *p;

	if (!mmu_translate(v, va, &gpa))
		return 0;
	p = machine_ram(v->m, gpa, sizeof(insn));
	if (!p)
		return 0;
	memcpy(&insn, p, sizeof(insn));
	return insn;
}
