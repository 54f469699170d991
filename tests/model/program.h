/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * program.h - a program: a list of events that stand alone, so that any of them can be left out.
 */
#ifndef VGIC_TESTS_MODEL_PROGRAM_H
#define VGIC_TESTS_MODEL_PROGRAM_H

#include <stdio.h>

#include "model.h"

#define MAX_EVENTS 100000u

enum op {
	OP_READ,    /* MMIO: frame, n, offset, size; by vCPU cpu, or by a debugger if that is off or NOBODY */
	OP_WRITE,   /* and val */
	OP_LINE,    /* n: INTID, val: level; a PPI of vCPU cpu */
	OP_MSI,     /* n: DeviceID, val: EventID */
	OP_ICC,     /* vCPU cpu writes val to system register n */
	OP_ACK,     /* n: group */
	OP_EOI,     /* of what was acknowledged last */
	OP_DIR,     /* n: INTID */
	OP_POWER,   /* off or on */
	OP_POKE,    /* memory: gpa val, size, n: value */
	OP_COMMAND, /* w: put into the queue, and GITS_CWRITER */
	OP_LOOK,    /* at what the CPU interface says */
	OP_WFI,     /* does WFI fall through? */
	NR_OPS
};

struct event {
	enum op op;
	uint32_t cpu;
	enum frame frame;
	uint32_t n, offset, size;
	uint64_t val, w[4];
};

struct program {
	uint32_t seed;
	/* Of the GIC; the same program must do the same whatever these are. */
	struct model_config cfg;
	uint32_t nr_lrs;   /* 0: all accesses to the CPU interface trap */
	uint32_t nr_setup; /* the first events, which are never left out */
	uint32_t nr_events;
	struct event *event;
};

/* program.c */
void program_make(struct program *p, uint32_t seed, uint32_t steps);
void program_free(struct program *p);

/*
 * run.c: the program on both; false: they differ, and "why" says how, at event "at". What is done is written to
 * "script" (NULL: not) as "vgic qtest" understands it.
 */
struct outcome {
	char why[256];
	uint32_t at;
	uint64_t taken, reads, looks;
};
bool program_run(const struct program *p, struct outcome *out, FILE *script);

#endif
