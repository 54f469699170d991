/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the interface of the software CPU interface (vif.c) to the register rows (src/v3/icc.c).
 * All functions are the owner's.
 */
#ifndef LVGIC_CORE_VIF_H
#define LVGIC_CORE_VIF_H

#include "internal.h"

uint32_t vif_ack(struct lvgic_vcpu *v, uint32_t group);
void vif_eoi(struct lvgic_vcpu *v, uint32_t group, uint32_t intid);
void vif_deactivate(struct lvgic_vcpu *v, uint32_t intid);
uint32_t vif_hppi(struct lvgic_vcpu *v, uint32_t group);
uint32_t vif_running(const struct lvgic_vcpu *v);
uint32_t vif_bpr(const struct lvgic_vcpu *v, uint32_t group);
void vif_set_bpr(struct lvgic_vcpu *v, uint32_t group, uint32_t value);

#endif
