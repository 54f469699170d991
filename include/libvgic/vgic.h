/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vgic.h - life cycle of a virtual GIC: create, add vCPUs and frames, start, reset, destroy.
 *
 * All functions of this header: context sleep; they take the CONFIG lock where they change something.
 */
#ifndef LIBVGIC_VGIC_H
#define LIBVGIC_VGIC_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* lvgic_config.flags: */
#define LVGIC_CONFIG_STATS 0x1u /* keep statistics and latencies (trace.h); costs memory and time */

/*
 * Configuration of a VM. Zero in a member means the default given with it. The structure is only ever
 * extended at its end; "size" tells which version the caller knows, as for struct lvgic_ops.
 */
struct lvgic_config {
	uint32_t size;     /* sizeof(struct lvgic_config) */
	uint32_t flags;    /* LVGIC_CONFIG_*; unknown bits: LVGIC_ERR_INVAL */
	uint32_t nr_vcpus; /* vCPU ids are 0..nr_vcpus-1, 1..LVGIC_MAX_VCPUS; no default */
	uint32_t nr_spis;  /* multiple of 32 in 32..992 (988 usable); default 256 */
	uint32_t nr_lrs;   /* list registers, 1..LVGIC_MAX_LRS; default 4 */
	uint32_t pri_bits; /* priority bits, LVGIC_MIN_PRI_BITS..LVGIC_MAX_PRI_BITS; default 5 */
	uint32_t iidr;     /* GICD_IIDR and GICR_IIDR (IHI 0069, 12.9.18); default 0x4c00043b */
	uint32_t reserved; /* 0 */

	/* LPIs, since 0.2. */
	uint32_t lpi_id_bits; /* INTID bits (GICD_TYPER.IDbits + 1), 14..24; default 0: the VM has no LPIs */
	uint32_t max_lpis;  /* quota: LPIs mapped or in flight at once, 1..2^lpi_id_bits - 8192; default 8192 or that */
	uint32_t trap_cmds; /* ITS commands done in one trap, 1..65536; default 64 */
	uint32_t trap_lpis; /* LPIs looked at in one trap (INVALL, MOVALL, MAPD, EnableLPIs), 64..65536; default 1024 */
};

/*
 * Create the virtual GIC of one VM. *cfg and *ops are copied. "ctx" is passed to the ops.
 * INVAL: a NULL pointer or a member out of range. OPS: the table cannot be imported, or the VM shall have LPIs and the
 * table has no mem_read, mem_write or defer. NOMEM.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_create(const struct lvgic_config *cfg, const struct lvgic_ops *ops, void *ctx,
                                                struct lvgic **vgic);

/* Destroy it with its vCPUs. Nothing of it may be in use any more, in any thread. NULL is allowed. */
void lvgic_destroy(struct lvgic *vgic);

/*
 * Add a vCPU. Ids need not be added in order or without gaps. "affinity" is Aff3.Aff2.Aff1.Aff0 as in bits 31:0 (unlike
 * MPIDR_EL1, where Aff3 is in bits 39:32) and must be unique in the VM; "vctx" is passed to the ops.
 * The vCPU starts switched on, see lvgic_vcpu_off().
 * STATE: after lvgic_start(). INVAL: bad id. EXIST: id or affinity in use. NOMEM.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_vcpu_create(struct lvgic *vgic, uint32_t id, uint32_t affinity, void *vctx,
                                                     struct lvgic_vcpu **vcpu);

/* Take back a vCPU before lvgic_start(), when the rest of its creation failed. STATE: after lvgic_start(). */
LVGIC_MUST_CHECK enum lvgic_status lvgic_vcpu_destroy(struct lvgic_vcpu *vcpu);

/* The vCPU with this id; NULL if there is none. Any context. */
struct lvgic_vcpu *lvgic_vcpu_by_id(struct lvgic *vgic, uint32_t id);

/* The vCPU with this affinity (as for lvgic_vcpu_create()); NULL if there is none. Any context. After lvgic_start(). */
struct lvgic_vcpu *lvgic_vcpu_by_affinity(struct lvgic *vgic, uint32_t affinity);

/* The id and the vctx given at creation. Any context. */
uint32_t lvgic_vcpu_id(const struct lvgic_vcpu *vcpu);
void *lvgic_vcpu_ctx(const struct lvgic_vcpu *vcpu);

/*
 * Place the Distributor frame (64 KiB) at a guest physical address, a multiple of 64 KiB.
 * STATE: after lvgic_start(). EXIST: placed already, or overlaps another frame. INVAL: misaligned, wraps.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_set_dist(struct lvgic *vgic, uint64_t gpa);

/*
 * Add a region of "count" Redistributors (128 KiB each) at a multiple of 64 KiB. vCPUs get their frames in the order of
 * their ids, filling the regions in the order of their addition; the last used frame of each region has
 * GICR_TYPER.Last set. Errors as for lvgic_set_dist(); QUOTA: more than LVGIC_MAX_REDIST_REGIONS regions.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_add_redists(struct lvgic *vgic, uint64_t gpa, uint32_t count);

/*
 * End of configuration: from here on the guest may run. Frames may be absent (an embedder that routes MMIO
 * itself uses lvgic_dist_read() and so on, mmio.h).
 * STATE: started already. INVAL: no vCPU, or Redistributor regions too small for the vCPUs. NOMEM.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_start(struct lvgic *vgic);

/*
 * Power-on state again for all registers and interrupts; line levels stay as the devices drive them, hardware mappings
 * and notifications stay. All vCPUs must be outside of flush..sync and nobody may inject meanwhile. STATE: before
 * lvgic_start().
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_reset(struct lvgic *vgic);

#ifdef __cplusplus
}
#endif

#endif
