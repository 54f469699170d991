/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#ifndef LVGIC_V3_SGI_H
#define LVGIC_V3_SGI_H

#include "core/internal.h"

/* ICC_SGI1R_EL1; ICC_SGI0R_EL1 and ICC_ASGI1R_EL1. */
void sgi_write_1(struct lvgic_vcpu *v, uint64_t value);
void sgi_write_0(struct lvgic_vcpu *v, uint64_t value);

#endif
