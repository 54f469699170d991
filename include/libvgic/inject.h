/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * inject.h - interrupts into the virtual GIC.
 */
#ifndef LIBVGIC_INJECT_H
#define LIBVGIC_INJECT_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Drive the input of an interrupt. "vcpu" names the owner of a PPI (INTID 16..31) and is ignored (may be NULL) for
 * an SPI. For an interrupt that the guest configured as level-sensitive, "level" is the level of the line. For an
 * edge-triggered one each call with level true is one edge (the caller need not drive it low in between).
 * Context: any. Takes no lock, allocates nothing, touches no guest memory; may call ops->kick.
 * INVAL: not a PPI or SPI of this VM, or a PPI without a vCPU. STATE: before lvgic_start().
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_inject(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t intid,
                                                bool level);

/*
 * Map a physical interrupt to a virtual PPI or SPI: while the virtual one is in a list register it carries the HW bit,
 * so that the guest's deactivation deactivates the physical one (IHI 0069, ICH_LR<n>_EL2.HW). "pintid" is 16..1019.
 * Context: atomic. INVAL: bad INTID, or ops has no hw_get or hw_set. EXIST: mapped already. STATE: before
 * lvgic_start(), or the interrupt is pending or active now.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_map_hw(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t intid,
                                                uint32_t pintid);

/* Undo it. NOENT: not mapped. STATE: in a list register now (halt the vCPU or try later). Context: atomic. */
LVGIC_MUST_CHECK enum lvgic_status lvgic_unmap_hw(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t intid);

/* What a physical interrupt has to follow: see ops->hw_changed. */
struct lvgic_hw_config {
	uint32_t pintid;
	bool enabled;
	bool edge;     /* edge-triggered, else level-sensitive */
	uint32_t vcpu; /* id of the vCPU that it would go to now; UINT32_MAX: none */
};

/* Configuration of a mapped PPI or SPI. NOENT: not mapped. INVAL: no PPI or SPI of this VM. Context: any. */
LVGIC_MUST_CHECK enum lvgic_status lvgic_query_hw(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t intid,
                                                  struct lvgic_hw_config *config);

/* Have ops->acked called when the guest ends this PPI or SPI (for level resampling), or stop that. INVAL. Context: any.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_notify_eoi(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t intid,
                                                    bool on);

#ifdef __cplusplus
}
#endif

#endif
