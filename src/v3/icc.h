/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#ifndef LVGIC_V3_ICC_H
#define LVGIC_V3_ICC_H

#include "core/internal.h"

/* A CPU interface register. read NULL: a read is UNDEFINED; write NULL: a write is. */
struct icc_row {
	uint32_t sysreg;
	uint8_t min_pri_bits; /* with fewer priority bits the register does not exist */
	const char *name;
	uint64_t (*read)(struct lvgic_vcpu *v, uint32_t arg);
	void (*write)(struct lvgic_vcpu *v, uint32_t arg, uint64_t value);
	uint32_t arg; /* passed to both */
	const char *why;
};

extern const struct icc_row icc_rows[];
extern const uint32_t nr_icc_rows;

#endif
