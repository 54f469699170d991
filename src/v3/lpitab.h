/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the handlers of the Redistributor's LPI registers; their rows are in gicr.c.
 */
#ifndef LVGIC_V3_LPITAB_H
#define LVGIC_V3_LPITAB_H

#include "core/mmio.h"

uint64_t lpitab_propbaser_read(const struct mmio *m);
void lpitab_propbaser_write(const struct mmio *m, uint64_t value);
uint64_t lpitab_pendbaser_read(const struct mmio *m);
void lpitab_pendbaser_write(const struct mmio *m, uint64_t value);
void lpitab_invlpir_write(const struct mmio *m, uint64_t value);
void lpitab_invallr_write(const struct mmio *m, uint64_t value);
uint64_t lpitab_syncr_read(const struct mmio *m);

/* GICR_CTLR.EnableLPIs was written; REDIST lock held. The work to do (TODO_*), to be passed to lpi_request(). */
uint32_t lpitab_enable(struct lvgic_vcpu *v, bool on);

#endif
