/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: a vCPU enters and leaves the guest; kick and halt; WFI; the list registers of this physical CPU.
 * Locks: halt_lock.
 *
 * Who may touch the list registers and lists of a vCPU: its owner. A vCPU is its own owner while "inside" is set: in
 * the guest, and while Xen calls the library on its behalf. Whoever wants it stopped (ops->halt, which is rare: a
 * register read that must be exact) sets "halted" and waits until it is not inside. It sets "inside" before it looks
 * at "halted", with a full barrier in between, and so does the other with the two in the other order: one of them sees
 * the other. A halt is done under halt_lock from beginning to end, by one at a time in a domain; a vCPU that waits for
 * the lock is not inside. So nobody who waits here is waited for, and interrupts and entries take no lock.
 */
#include "vgic.h"

#include <xen/perfc.h>

#include <asm/event.h>
#include <asm/smp.h>

#include "compat.h"
#include "ops.h"

#define ICH_HCR_LRENPIE        (1u << 2) /* and the same bit of ICH_MISR_EL2 */
#define ICH_HCR_VGrp0DIE       (1u << 5)
#define ICH_HCR_TDIR           (1u << 14)
#define ICH_HCR_EOIcount_SHIFT 27
#define ICH_VMCR_VENG0         (1u << 0)

/* Bits of ICH_HCR_EL2 that are not for this machine: TDIR (docs/xen.md), and see distrust(). */
static uint32_t __read_mostly hcr_unusable = ICH_HCR_TDIR;

/* Somebody has halted it, or is about to. */
void vgic_wait(struct vgic_run *run)
{
	do {
		write_atomic(&run->inside, 0u);
		while (read_atomic(&run->halted))
			cpu_relax();
		write_atomic(&run->inside, 1u);
		smp_mb();
	} while (read_atomic(&run->halted));
}

/* The caller may be a vCPU of the same domain inside of the library, or a timer, when nobody is inside here. */
void vgic_op_halt(void *vctx)
{
	struct vcpu *v = vctx;
	struct vgic_run *run = v->arch.vgic.run, *self = current->arch.vgic.run;
	bool inside = self && read_atomic(&self->inside);

	if (inside)
		vgic_leave(self);
	spin_lock(&vgic_dist(v)->halt_lock);
	/* Who could halt us would need the lock. */
	if (inside)
		write_atomic(&self->inside, 1u);
	write_atomic(&run->halted, 1u);
	smp_mb();
	if (read_atomic(&run->inside))
		smp_send_event_check_mask(cpumask_of(v->processor));
	while (read_atomic(&run->inside))
		cpu_relax();
	smp_mb();
}

void vgic_op_resume(void *vctx)
{
	struct vcpu *v = vctx;

	smp_mb();
	write_atomic(&v->arch.vgic.run->halted, 0u);
	spin_unlock(&vgic_dist(v)->halt_lock);
}

/*
 * The push comes before the look at "is_running" in vcpu_kick(); the vCPU is marked as running before vgic_enter(),
 * whose barrier comes before the flush. An interprocessor interrupt that comes after the flush makes it leave the guest
 * again. One that is switched off cannot look: what it was sent may be somebody else's, see domain_work().
 */
void vgic_op_kick(void *vctx)
{
	struct vcpu *v = vctx;

	smp_mb();
	if (unlikely(test_bit(_VPF_down, &v->pause_flags)) && !read_atomic(&v->arch.vgic.run->off))
		vgic_op_defer(v->domain);
	vcpu_kick(v);
}

/* --- Entry and exit --- */

static uint64_t lr_read(unsigned int n)
{
	switch (n) {
#define LR(n)   \
	case n: \
		return READ_SYSREG(ICH_LR##n##_EL2);
		LR(0) LR(1) LR(2) LR(3) LR(4) LR(5) LR(6) LR(7) LR(8) LR(9) LR(10) LR(11) LR(12) LR(13) LR(14) LR(15)
#undef LR
	}
	return 0;
}

static void lr_write(unsigned int n, uint64_t value)
{
	switch (n) {
#define LR(n)                                         \
	case n:                                       \
		WRITE_SYSREG(value, ICH_LR##n##_EL2); \
		break;
		LR(0) LR(1) LR(2) LR(3) LR(4) LR(5) LR(6) LR(7) LR(8) LR(9) LR(10) LR(11) LR(12) LR(13) LR(14) LR(15)
#undef LR
	}
}

/* How many active priority registers there are for a group: 5, 6 or 7 bits of preemption. */
static unsigned int nr_aprs(void)
{
	return 1u << (((READ_SYSREG(ICH_VTR_EL2) >> 26) & 7) - 4);
}

static void aprs_read(struct lvgic_ich *ich)
{
	switch (nr_aprs()) {
	case 4:
		ich->ap0r[3] = READ_SYSREG(ICH_AP0R3_EL2);
		ich->ap1r[3] = READ_SYSREG(ICH_AP1R3_EL2);
		ich->ap0r[2] = READ_SYSREG(ICH_AP0R2_EL2);
		ich->ap1r[2] = READ_SYSREG(ICH_AP1R2_EL2);
		fallthrough;
	case 2:
		ich->ap0r[1] = READ_SYSREG(ICH_AP0R1_EL2);
		ich->ap1r[1] = READ_SYSREG(ICH_AP1R1_EL2);
		fallthrough;
	default:
		ich->ap0r[0] = READ_SYSREG(ICH_AP0R0_EL2);
		ich->ap1r[0] = READ_SYSREG(ICH_AP1R0_EL2);
	}
}

static void aprs_write(const struct lvgic_ich *ich)
{
	switch (nr_aprs()) {
	case 4:
		WRITE_SYSREG(ich->ap0r[3], ICH_AP0R3_EL2);
		WRITE_SYSREG(ich->ap1r[3], ICH_AP1R3_EL2);
		WRITE_SYSREG(ich->ap0r[2], ICH_AP0R2_EL2);
		WRITE_SYSREG(ich->ap1r[2], ICH_AP1R2_EL2);
		fallthrough;
	case 2:
		WRITE_SYSREG(ich->ap0r[1], ICH_AP0R1_EL2);
		WRITE_SYSREG(ich->ap1r[1], ICH_AP1R1_EL2);
		fallthrough;
	default:
		WRITE_SYSREG(ich->ap0r[0], ICH_AP0R0_EL2);
		WRITE_SYSREG(ich->ap1r[0], ICH_AP1R0_EL2);
	}
}

/*
 * QEMU (7.2) has LRENP asserted as soon as LRENPIE is set, and takes VENG1 for VENG0 in VGrp0D: a maintenance interrupt
 * without a cause and without an end. The vCPU would never execute another instruction, so we do without. Then the end
 * of an interrupt outside of the list registers is noticed at the next exit, and Group 0 being disabled, too.
 */
static void __attribute__((__noinline__, __cold__)) distrust(uint32_t hcr, uint32_t vmcr)
{
	uint32_t wrong = READ_SYSREG(ICH_MISR_EL2) & hcr;

	if (hcr >> ICH_HCR_EOIcount_SHIFT)
		wrong &= ~ICH_HCR_LRENPIE;
	if (!(vmcr & ICH_VMCR_VENG0))
		wrong &= ~ICH_HCR_VGrp0DIE;
	wrong &= ICH_HCR_LRENPIE | ICH_HCR_VGrp0DIE;
	if (!wrong)
		return;
	hcr_unusable |= wrong;
	printk(XENLOG_WARNING "vGIC: maintenance interrupt %#x of this machine has no cause; not used any more\n",
	       wrong);
}

/*
 * ICH_HCR_EL2 is 0 while Xen runs: what it asks for is for the guest, and would interrupt us again and again. The
 * active priorities stay in the hardware: the library wants them in vgic_vcpu_pending_irq() alone.
 */
void vgic_op_lr_load(void *vctx, struct lvgic_ich *ich, uint32_t used)
{
	struct vgic_run *run = ((struct vcpu *)vctx)->arch.vgic.run;

	for (; used; used &= used - 1)
		ich->lr[__builtin_ctz(used)] = lr_read(__builtin_ctz(used));
	ich->hcr = READ_SYSREG(ICH_HCR_EL2);
	ich->vmcr = READ_SYSREG(ICH_VMCR_EL2);
	run->vmcr = ich->vmcr;
	if (unlikely(ich->hcr & (ICH_HCR_LRENPIE | ICH_HCR_VGrp0DIE)))
		distrust(ich->hcr, ich->vmcr);
	WRITE_SYSREG(0, ICH_HCR_EL2);
	isb();
}

/*
 * When Xen gives the CPU to another vCPU, it saves the list registers, VMCR and the active priorities as they are, and
 * brings them back: so they are as they were at the last exit, and only what differs is written. TDIR is left out, for
 * Xen gives ICC_DIR_EL1 to nobody: see docs/xen.md.
 */
void vgic_op_lr_store(void *vctx, const struct lvgic_ich *ich, uint32_t used)
{
	struct vgic_run *run = ((struct vcpu *)vctx)->arch.vgic.run;
	uint32_t unused = run->lr_used & ~used;

	run->lr_used = used;
	for (; used; used &= used - 1)
		lr_write(__builtin_ctz(used), ich->lr[__builtin_ctz(used)]);
	for (; unused; unused &= unused - 1)
		lr_write(__builtin_ctz(unused), 0);
	if (unlikely(ich->vmcr != run->vmcr))
		WRITE_SYSREG(ich->vmcr, ICH_VMCR_EL2);
	if (unlikely(run->reset)) {
		aprs_write(ich);
		run->reset = false;
	}
	WRITE_SYSREG(ich->hcr & ~hcr_unusable, ICH_HCR_EL2);
}

/* The vCPU has left the guest; interrupts of the host may be on. */
void vgic_sync_from_lrs(struct vcpu *v)
{
	struct vgic_run *run = v->arch.vgic.run;

	if (unlikely(!read_atomic(&run->inside)))
		return; /* its domain has no GIC yet */
	lvgic_vcpu_sync(v->arch.vgic.lv);
	vgic_leave(run);
}

/* The last step before the guest; interrupts are off. It is inside from here until it has left the guest. */
void vgic_sync_to_lrs(void)
{
	struct vcpu *v = current;
	struct vgic_run *run = v->arch.vgic.run;

	ASSERT(!local_irq_is_enabled());
	if (unlikely(!vgic_dist(v)->started))
		return;
	vgic_enter(run);
	if (unlikely(run->off)) {
		lvgic_vcpu_on(v->arch.vgic.lv);
		write_atomic(&run->off, false);
		run->reset = true;
	}
	if (unlikely(run->blocked)) {
		lvgic_vcpu_unblock(v->arch.vgic.lv);
		run->blocked = false;
	}
	lvgic_vcpu_flush(v->arch.vgic.lv);
}

/*
 * Has the vCPU, which is the caller and has this CPU, a reason to run? Xen asks when it is about to sleep in WFI (then
 * it is "blocked" already, and this is the last look before it sleeps), and in long hypercalls.
 */
int vgic_vcpu_pending_irq(struct vcpu *v)
{
	struct vgic_run *run = v->arch.vgic.run;
	bool pending;

	if (unlikely(!vgic_dist(v)->started))
		return 0;
	vgic_enter(run);
	if (test_bit(_VPF_blocked, &v->pause_flags) && !run->blocked) {
		lvgic_vcpu_block(v->arch.vgic.lv);
		run->blocked = true;
	}
	aprs_read(lvgic_vcpu_ich(v->arch.vgic.lv));
	pending = lvgic_vcpu_pending(v->arch.vgic.lv);
	vgic_leave(run);
	return pending;
}

/* Is the event channel upcall, a level, pending or on its way? */
bool vgic_evtchn_irq_pending(struct vcpu *v)
{
	struct lvgic_explanation e;

	lvgic_explain(vgic_dist(v)->lv, v->arch.vgic.lv, v->domain->arch.evtchn_irq, &e);
	return e.why != LVGIC_WHY_NO_SUCH && e.why != LVGIC_WHY_NOT_PENDING;
}

/* --- Off --- */

/*
 * A vCPU was switched off by PSCI, of which Xen does not tell us: what waits for it may be another's (1 of N). On it is
 * when it enters the guest.
 */
static void switch_off(struct vcpu *v)
{
	struct vgic_run *run = v->arch.vgic.run;

	vgic_op_halt(v);
	if (test_bit(_VPF_down, &v->pause_flags) && !run->off) {
		lvgic_vcpu_off(v->arch.vgic.lv);
		write_atomic(&run->off, true);
	}
	vgic_op_resume(v);
}

/* About to be switched on by PSCI: its CPU interface begins anew. */
void vgic_clear_pending_irqs(struct vcpu *v)
{
	if (vgic_dist(v)->started)
		switch_off(v);
}

/* After lvgic_start(). The first vCPU is never switched on. */
void vgic_run_init(struct vcpu *v)
{
	v->arch.vgic.run->reset = true;
	if (v->vcpu_id) {
		lvgic_vcpu_off(v->arch.vgic.lv);
		v->arch.vgic.run->off = true;
	}
}

/* A timer's: a trap's worth of what a trap has left behind, and what was sent to vCPUs that are off. */
void vgic_domain_work(void *domain)
{
	struct domain *d = domain;
	struct vcpu *v;

	for_each_vcpu(d, v) if (unlikely(test_bit(_VPF_down, &v->pause_flags)) && !read_atomic(&v->arch.vgic.run->off))
		switch_off(v);
	d->arch.vgic.may_map = true;
	(void)lvgic_run_deferred(d->arch.vgic.lv);
	d->arch.vgic.may_map = false;
}
