/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * maint.h - TLB and instruction cache maintenance that one CPU broadcasts to the others.
 */
#ifndef VGIC_MAINT_H
#define VGIC_MAINT_H

#include <stdbool.h>
#include <stdint.h>

#define MAINT_LOG_SIZE 1024
#define MAINT_NOBODY   UINT32_MAX

struct machine;
struct vcpu;

enum maint_kind {
	MAINT_TLBI,    /* arg: the operand of the instruction; op2: which instruction */
	MAINT_IC_PAGE, /* arg: guest physical address of a 4 KiB page */
	MAINT_IC_ALL,
};

struct maint_op {
	enum maint_kind kind;
	unsigned int origin; /* CPU that has done it for itself already, or MAINT_NOBODY */
	unsigned int op2;
	uint64_t arg;
};

/* A ring of operations; every CPU has a cursor (struct vcpu.maint_seen) and catches up before it runs. */
struct maint {
	struct maint_op ops[MAINT_LOG_SIZE];
	uint64_t head;   /* operations ever logged */
	uint64_t sealed; /* operations below this one have been seen by somebody: no merging into them */
	uint8_t *dma;    /* bit n: a device has written to page n of RAM; of the machine's, RAM size / 32768 bytes */
};

/* A TLBI ...IS: CRm is 3, op2 tells which. */
void maint_tlbi(struct vcpu *v, unsigned int op2, uint64_t operand);

/*
 * IC IVAU of a line in this page; IC IALLUIS. The CPU's own engine sees what the CPU itself has written; what a device
 * has written it must be told of, by catching up: the slice ends.
 */
void maint_ic_page(struct vcpu *v, uint64_t gpa);
void maint_ic_all(struct vcpu *v);

/* A device has written to RAM: no engine has noticed. */
void maint_dma(struct machine *m, uint64_t gpa, uint64_t size);

/* Do on this CPU what the others have asked for since the last time. */
void maint_catch_up(struct vcpu *v);

#endif
