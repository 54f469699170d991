/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * maint.h - TLB and instruction cache maintenance that one CPU broadcasts to the others.
 */
#ifndef VGIC_MAINT_H
#define VGIC_MAINT_H

#include <stdbool.h>
#include <stdint.h>

#define MAINT_LOG_SIZE 1024

struct machine;
struct vcpu;

enum maint_kind {
	MAINT_TLBI,    /* arg: the operand of the instruction; op2: which instruction */
	MAINT_IC_PAGE, /* arg: guest physical address of a 4 KiB page */
	MAINT_IC_ALL,
};

struct maint_op {
	enum maint_kind kind;
	unsigned int origin; /* CPU that has done it for itself already */
	unsigned int op2;
	uint64_t arg;
};

/* A ring of operations; every CPU has a cursor (struct vcpu.maint_seen) and catches up before it runs. */
struct maint {
	struct maint_op ops[MAINT_LOG_SIZE];
	uint64_t head;   /* operations ever logged */
	uint64_t sealed; /* operations below this one have been seen by somebody: no merging into them */
};

/* A TLBI ...IS: CRm is 3, op2 tells which. */
void maint_tlbi(struct vcpu *v, unsigned int op2, uint64_t operand);

/* IC IVAU of a line in this page; IC IALLUIS. */
void maint_ic_page(struct vcpu *v, uint64_t gpa);
void maint_ic_all(struct vcpu *v);

/* Do on this CPU what the others have asked for since the last time. */
void maint_catch_up(struct vcpu *v);

#endif
