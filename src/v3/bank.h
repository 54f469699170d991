/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the handlers of registers that are fields of interrupts, shared by the Distributor (SPIs) and the Redistributor
 * (SGIs, PPIs).
 */
#ifndef LVGIC_V3_BANK_H
#define LVGIC_V3_BANK_H

#include "core/mmio.h"

/* One bit per interrupt, 32 a register. */
uint64_t bank_read_group(const struct mmio *m);
void bank_write_group(const struct mmio *m, uint64_t value);
uint64_t bank_read_enable(const struct mmio *m);
void bank_set_enable(const struct mmio *m, uint64_t value);
void bank_clear_enable(const struct mmio *m, uint64_t value);
uint64_t bank_read_pending(const struct mmio *m);
void bank_set_pending(const struct mmio *m, uint64_t value);
void bank_clear_pending(const struct mmio *m, uint64_t value);
uint64_t bank_read_active(const struct mmio *m);
void bank_set_active(const struct mmio *m, uint64_t value);
void bank_clear_active(const struct mmio *m, uint64_t value);

/* One byte per interrupt. */
uint64_t bank_read_priority(const struct mmio *m);
void bank_write_priority(const struct mmio *m, uint64_t value);

/* Two bits per interrupt, 16 a register. */
uint64_t bank_read_config(const struct mmio *m);
void bank_write_config(const struct mmio *m, uint64_t value);

/* Registers of the frame as a whole that both frames have. */
uint64_t ident_read(const struct mmio *m);
uint64_t statusr_read(const struct mmio *m);
void statusr_write(const struct mmio *m, uint64_t value);
uint64_t iidr_read(const struct mmio *m);

#endif
