/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what a register is: a row of a const table. The tables are in src/v3 (and later src/its); mmio.c walks them;
 * the generator of docs/registers.md prints them.
 */
#ifndef LVGIC_CORE_MMIO_H
#define LVGIC_CORE_MMIO_H

#include "internal.h"

/* One access, as the handlers of a row see it. */
struct mmio {
	struct lvgic *vgic;
	struct lvgic_vcpu *self;   /* who makes the access, or NULL */
	struct lvgic_vcpu *redist; /* whose Redistributor; NULL: Distributor or ITS */
	struct lvgic_its *its;     /* which ITS; NULL: Distributor or Redistributor */
	uint32_t offset;           /* in the frame */
	uint32_t index;            /* offset in the row's range */
	uint32_t size;             /* bytes: 1, 2, 4, 8 */
	uint64_t mask;             /* writes: the bits of the value that are written */
};

/* Widths a row allows, as a mask of sizes in bytes. */
#define W8  1u
#define W16 2u
#define W32 4u
#define W64 8u

/*
 * A row covers [offset, end) of its frame. "bytes" is the size of one register of the row (4 or 8): an access must lie
 * within one. A 64-bit register is also accessible by aligned 32-bit halves, in either order: "read" gives it whole,
 * "write" gets the half in its place and a mask, and merges under its own lock. read NULL: reads as zero. write NULL:
 * writes are ignored. "why" says why, where neither is there or one is not.
 */
struct mmio_row {
	const char *name;
	uint32_t offset;
	uint32_t end;
	uint8_t widths;
	uint8_t bytes;
	uint8_t flags;
	uint64_t (*read)(const struct mmio *m);
	void (*write)(const struct mmio *m, uint64_t value);
	const char *why;
};

#define ROW_RO       0x1u /* a write is a guest error, GICx_STATUSR.WROD */
#define ROW_WO       0x2u /* a read is a guest error, GICx_STATUSR.RWOD */
#define ROW_RESERVED 0x4u /* no register there: any access is a guest error, RRD or WRD */

struct mmio_frame {
	const char *name;
	const struct mmio_row *rows; /* sorted by offset, disjoint, without gaps */
	uint32_t nr_rows;
	uint32_t size;
};

extern const struct mmio_frame gicd_frame;
extern const struct mmio_frame gicr_frame;
extern const struct mmio_frame gits_frame;

/* GICD_STATUSR, GICR_STATUSR or GITS_STATUSR of the frame that is accessed (IHI 0069, 12.9.38). */
uint32_t *mmio_statusr(const struct mmio *m);

#endif
