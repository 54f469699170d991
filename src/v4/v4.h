/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * v4.h - the one door to src/v4: what the rest of the library tells the bridge to the hardware.
 *
 * Nothing behind it exists unless lvgic_v4_create() was called: "vg->v4" and "v->vpe" are NULL then. An interrupt that
 * the hardware delivers has FORWARD in its word; callers test that bit before they come here.
 *
 * Functions that answer "enum progress" are the worker's (its/work.c). AGAIN: a physical operation failed or cannot be
 * done in this context, nothing that the guest could see has changed, call again from lvgic_run_deferred().
 */
#ifndef LVGIC_V4_V4_H
#define LVGIC_V4_V4_H

#include "core/internal.h"

/* Life cycle. The VM is quiet. */
void v4_start(struct lvgic *vg);
void v4_stop(struct lvgic *vg);
void v4_reset(struct lvgic *vg);

/* vlpi.c: requests that are on record. */
bool v4_has_work(const struct lvgic *vg);
enum progress v4_run(struct lvgic *vg, struct lvgic_vcpu *self, struct budget *budget);
/* Look at all host interrupts again: something that decides where they should be has changed. */
void v4_sweep(struct lvgic *vg);
/* A message of this LPI arrived in software. Any context. */
void v4_message(struct lvgic *vg, const struct lvgic_irq *irq);

/* An event was mapped or moved: its host interrupt, if there is one, is looked at again. */
void v4_mapped(struct lvgic_its *its, uint32_t device, uint32_t event);
/* Take a forwarded LPI back, with its pending state, or ("drop") because the guest unmaps it. */
enum progress v4_take_back(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, bool drop,
                           struct budget *budget);
/* An event of the LPI is about to be unmapped: no host interrupt is behind it any more. */
enum progress v4_unmapped(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct budget *budget);
/* A forwarded LPI goes to this vCPU; taken back if it cannot be forwarded there. */
enum progress v4_move(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint32_t vcpu,
                      struct budget *budget);
/* Its configuration byte is this from now on. */
enum progress v4_configure(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint8_t byte,
                           struct budget *budget);
/* CLEAR. */
enum progress v4_clear(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct budget *budget);
/* The collection has changed: its forwarded LPIs are taken back where they do not belong any more. From *cursor on. */
enum progress v4_collection(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t icid, uint32_t *cursor,
                            struct budget *budget);

/* vpe.c: the owner. Residency as it should be, after a request (REQ_V4) or a change of groups. */
void v4_update(struct lvgic_vcpu *v);
void v4_commit(struct lvgic_vcpu *v);
/* Has the hardware an interrupt for a vCPU that waits? */
bool v4_pending(const struct lvgic_vcpu *v);
bool v4_maybe_pending(const struct lvgic_vcpu *v);
void v4_block(struct lvgic_vcpu *v, bool block);

/* vsgi.c */
bool v4_has_vsgi(const struct lvgic *vg);
/* Work that TODO_VSGI asks for: nASSGIreq has changed, or the configuration of SGIs, or some are to be cleared. */
enum progress v4_vsgi_run(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget);
/* A forwarded SGI becomes pending. Any context. */
void v4_vsgi_pend(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_vcpu *to, struct lvgic_irq *irq);
void v4_vsgi_clear(struct lvgic_vcpu *v, struct lvgic_vcpu *self, uint32_t mask);
/* Bit n: SGI n is forwarded and pending. */
uint32_t v4_vsgi_pending(struct lvgic_vcpu *v);

#endif
