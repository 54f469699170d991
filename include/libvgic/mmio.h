/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * mmio.h - trapped accesses to the memory-mapped frames.
 *
 * An access never fails: what the architecture does not allow reads as zero, is ignored when written, and is reported
 * through ops->guest_error. "size" is 1, 2, 4 or 8 bytes. "vcpu" is the vCPU that makes the access, of which the caller
 * is the owner, outside of flush..sync; NULL for an access by a debugger or a test. Values are little endian numbers.
 * Context: sleep if ops->halt sleeps, else atomic. Locks: DIST, ROUTE, REDIST, one at a time.
 */
#ifndef LIBVGIC_MMIO_H
#define LIBVGIC_MMIO_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* By guest physical address. NOENT: the address is in no frame of this VM; *val is 0 then. */
LVGIC_MUST_CHECK enum lvgic_status lvgic_mmio_read(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint64_t gpa,
                                                   uint32_t size, uint64_t *val);
LVGIC_MUST_CHECK enum lvgic_status lvgic_mmio_write(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint64_t gpa,
                                                    uint32_t size, uint64_t val);

/* By frame, for an embedder that finds the frame itself. "offset" is 0..0xffff, for the Redistributor 0..0x1ffff. */
uint64_t lvgic_dist_read(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t offset, uint32_t size);
void lvgic_dist_write(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t val);
uint64_t lvgic_redist_read(struct lvgic_vcpu *redist, struct lvgic_vcpu *vcpu, uint32_t offset, uint32_t size);
void lvgic_redist_write(struct lvgic_vcpu *redist, struct lvgic_vcpu *vcpu, uint32_t offset, uint32_t size,
                        uint64_t val);

#ifdef __cplusplus
}
#endif

#endif
