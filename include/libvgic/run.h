/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * run.h - a vCPU enters and leaves the guest; the CPU interface.
 *
 * "Owner" is the thread that runs the vCPU, or one that has halted it. All functions that take a vCPU are for its
 * owner only, one at a time, unless they say "any thread". There are two ways to give the guest its CPU interface:
 *
 * 1. Virtualization hardware: lvgic_vcpu_flush() before each entry, lvgic_vcpu_sync() after each exit, with
 *    interrupts of the host masked in between; ICC_SGI*R_EL1 and ICC_DIR_EL1 trap and go to lvgic_icc_write().
 * 2. No virtualization hardware: every ICC_* access traps to lvgic_icc_read() and lvgic_icc_write(), and
 *    lvgic_vcpu_lines() tells whether IRQ and FIQ are asserted: ask it before each entry, after ops->kick too. Neither
 *    flush nor sync is called.
 */
#ifndef LIBVGIC_RUN_H
#define LIBVGIC_RUN_H

#include <libvgic/ops.h>
#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fill the list registers for the next entry. Bounded by what arrived since the last call. Context: atomic, IRQs may be
 * off. */
void lvgic_vcpu_flush(struct lvgic_vcpu *vcpu);

/* Fold the list registers after an exit, before anything else is done for the vCPU. Context: atomic, IRQs may be off.
 */
void lvgic_vcpu_sync(struct lvgic_vcpu *vcpu);

/* The image of the virtual interface control registers; valid as long as the vCPU. See lvgic_ops.lr_load. */
struct lvgic_ich *lvgic_vcpu_ich(struct lvgic_vcpu *vcpu);

/*
 * Is an interrupt signalled to the vCPU, as WFI sees it: regardless of PSTATE, but with group enables, priority mask
 * and running priority? Exact, but for what GICv4 hardware has pending, of which only PendingLast is known: ask after
 * lvgic_vcpu_block(). Context: atomic.
 */
bool lvgic_vcpu_pending(struct lvgic_vcpu *vcpu);

/*
 * The same from any thread: conservative, it may say yes where the answer is no, never the reverse once the
 * injection has returned; but while the owner is in flush, sync, pending or lines, it is the owner who knows (what it
 * has in its hands is in none of the places that are looked at here). Any context.
 */
bool lvgic_vcpu_has_work(const struct lvgic_vcpu *vcpu);

/*
 * The vCPU goes to sleep in WFI, or is runnable again: hints for 1 of N routing (an awake vCPU is preferred).
 * After lvgic_vcpu_block() ask lvgic_vcpu_pending() once more before sleeping. Any context; with GICv4 see
 * lvgic_v4_load().
 */
void lvgic_vcpu_block(struct lvgic_vcpu *vcpu);
void lvgic_vcpu_unblock(struct lvgic_vcpu *vcpu);

/*
 * The vCPU is switched off (PSCI CPU_OFF) or on. Off: interrupts that another vCPU may take are passed on, others wait;
 * the CPU interface is reset at lvgic_vcpu_on(), the Redistributor is not. A vCPU is on after its creation. Context:
 * atomic.
 */
void lvgic_vcpu_off(struct lvgic_vcpu *vcpu);
void lvgic_vcpu_on(struct lvgic_vcpu *vcpu);

/* Encoding of an AArch64 system register as in the ISS of a trapped MSR or MRS: op0 2 bits, op1 3, CRn 4, CRm 4, op2 3.
 */
#define LVGIC_SYSREG(op0, op1, crn, crm, op2)                                                                  \
	(((uint32_t)(op0) << 14) | ((uint32_t)(op1) << 11) | ((uint32_t)(crn) << 7) | ((uint32_t)(crm) << 3) | \
	 (uint32_t)(op2))

/*
 * A trapped read (MRS) or write (MSR) of a CPU interface register by EL1; the encodings are in gic.h (IHI 0069, 12.2).
 * UNDEF: no such register in this direction, inject an Undefined Instruction; *val is 0 then. Context: atomic.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_icc_read(struct lvgic_vcpu *vcpu, uint32_t sysreg, uint64_t *val);
LVGIC_MUST_CHECK enum lvgic_status lvgic_icc_write(struct lvgic_vcpu *vcpu, uint32_t sysreg, uint64_t val);

/* The signals of the CPU interface to the PE. Exact. Context: atomic. */
#define LVGIC_LINE_IRQ 0x1u
#define LVGIC_LINE_FIQ 0x2u
uint32_t lvgic_vcpu_lines(struct lvgic_vcpu *vcpu);

#ifdef __cplusplus
}
#endif

#endif
