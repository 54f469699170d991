/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: libFuzzer's mutation of a guest's code, an instruction at a time; the rest of the input, and every other time
 * all of it, is mutated byte by byte. Of random words few are instructions, and fewer touch a GIC.
 * Locks: none.
 */
#include <string.h>

#include "guest.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

struct rng {
	uint32_t state;
};

static uint32_t below(struct rng *r, uint32_t n)
{
	r->state = r->state * 1664525u + 1013904223u;
	return (r->state >> 8) % n;
}

#define PICK(r, table) ((table)[below(r, sizeof(table) / sizeof((table)[0]))])

/* LDR or STR of X0..X15, at a register's offset from one of the pointers that are in X1..X7. */
static uint32_t load_store(struct rng *r)
{
	static const uint16_t offsets[] = {
		GICD_CTLR,    GICD_TYPER,     GICD_IGROUPR,   GICD_ISENABLER, GICD_ICENABLER,
		GICD_ISPENDR, GICD_ICPENDR,   GICD_ISACTIVER, GICD_ICACTIVER, GICD_IPRIORITYR,
		GICD_ICFGR,   0x100,          0x108,          0x180,          0x400,
		GICR_WAKER,   GICR_PROPBASER, GICR_PENDBASER, GICR_INVLPIR,   GICR_INVALLR,
		GICR_SYNCR,   GITS_CBASER,    GITS_CWRITER,   GITS_CREADR,    GITS_BASER,
	};
	uint32_t size = below(r, 4) ? 2 + below(r, 2) : below(r, 4), load = below(r, 3) == 0;
	uint32_t offset = PICK(r, offsets) + (below(r, 2) ? 4 * below(r, 16) : 0);

	return size << 30 | 0x39000000u | load << 22 | (offset >> size & 0xfffu) << 10 | (1 + below(r, 7)) << 5 |
	       below(r, 16);
}

static uint32_t system_register(struct rng *r)
{
	static const uint32_t regs[] = {
		ICC_PMR_EL1,     ICC_IAR0_EL1,  ICC_EOIR0_EL1, ICC_BPR0_EL1,  ICC_AP0R0_EL1,
		ICC_AP1R0_EL1,   ICC_DIR_EL1,   ICC_RPR_EL1,   ICC_SGI1R_EL1, ICC_SGI0R_EL1,
		ICC_IAR1_EL1,    ICC_EOIR1_EL1, ICC_BPR1_EL1,  ICC_CTLR_EL1,  ICC_IGRPEN0_EL1,
		ICC_IGRPEN1_EL1, 0xdf19,        0xdf1a,        0xdf11,        0xdf12
	}; /* CNTV, CNTP */
	uint32_t reg = PICK(r, regs), rt = below(r, 16);

	return below(r, 3) ? guest_msr(reg, rt) : guest_mrs(reg, rt);
}

static uint32_t instruction(struct rng *r)
{
	static const uint32_t others[] = {
		0xd503207fu, /* wfi */
		0xd50342ffu, /* msr daifclr, #2 */
		0xd50342dfu, /* msr daifset, #2 */
		0xd5033fdfu, /* isb */
		0xd4000002u, /* hvc #0: PSCI */
		0xd69f03e0u, /* eret */
		0x91001042u, /* add x2, x2, #4 */
		0x914080c6u, /* add x6, x6, #0x20000 */
		0x914040a5u, /* add x5, x5, #0x10000 */
		0x910080a5u, /* add x5, x5, #32 */
	};

	switch (below(r, 8)) {
	case 0:
	case 1:
	case 2:
		return load_store(r);
	case 3:
	case 4:
		return system_register(r);
	case 5:
		/* movz or movk of a 64-bit register */
		return (below(r, 2) ? 0xd2800000u : 0xf2800000u) | below(r, 4) << 21 | below(r, 0x10000) << 5 |
		       (8 + below(r, 8));
	case 6:
		/* cbz, up to eight instructions back or ahead */
		return 0xb4000000u | ((below(r, 16) - 8) & 0x7ffffu) << 5 | below(r, 16);
	default:
		return PICK(r, others);
	}
}

/* Put an instruction in the place of one, or in front of it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct rng r = { .state = seed };
	size_t begin = size < 2 ? 2 : 2 + data[1] % GUEST_MAX_EVENTS, at;
	uint32_t word;

	if (size < begin || size + 4 > max_size || below(&r, 2))
		return LLVMFuzzerMutate(data, size, max_size);
	at = begin + 4 * below(&r, (uint32_t)(size - begin) / 4 + 1);
	if (below(&r, 2) || at + 4 > size) {
		memmove(data + at + 4, data + at, size - at);
		size += 4;
	}
	word = instruction(&r);
	memcpy(data + at, &word, 4);
	return size;
}
