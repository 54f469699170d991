/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the private interface between the files of the glue.
 */
#ifndef VGIC_XEN_VGIC_H
#define VGIC_XEN_VGIC_H

#include <xen/sched.h>

#include <asm/gic.h>
#include <asm/vgic.h>

#include <libvgic/inject.h>
#include <libvgic/its.h>
#include <libvgic/mmio.h>
#include <libvgic/ops.h>
#include <libvgic/run.h>
#include <libvgic/trace.h>
#include <libvgic/vgic.h>

/* What a vCPU needs to enter and leave the guest. */
struct vgic_run {
	/* See run.c. */
	uint32_t inside;
	uint32_t halted;

	bool off;           /* the library was told that it is switched off */
	bool blocked;       /* the library was told that it sleeps */
	bool reset;         /* its CPU interface begins anew */
	uint32_t lr_used;   /* list registers that are not 0 in the hardware */
	uint32_t vmcr;      /* as the hardware has it since the last exit */
	unsigned long high; /* bit n: PPI n may be high, see vgic_inject_irq() */
};

/* The owner's right to call the library for a vCPU; see run.c. */
void vgic_wait(struct vgic_run *run);

static inline void vgic_enter(struct vgic_run *run)
{
	write_atomic(&run->inside, 1u);
	smp_mb();
	if (unlikely(read_atomic(&run->halted)))
		vgic_wait(run);
}

static inline void vgic_leave(struct vgic_run *run)
{
	smp_mb();
	write_atomic(&run->inside, 0u);
}

/* run.c: power-on state of what is kept here, and of vCPUs other than the first: off. */
void vgic_run_init(struct vcpu *v);
void vgic_domain_work(void *domain);

/* hostirq.c: map what was connected before the domain's vCPUs were there. */
void vgic_map_host_irqs(struct domain *d);
void vgic_release_host_irqs(struct domain *d);
void vgic_map_timer(struct vcpu *v);

/* mmio.c */
void vgic_register_frames(struct domain *d);
void vgic_register_frame(struct domain *d, paddr_t base, paddr_t size);
/* its.c: how many ITSs the domain gets; make them; let go of physical devices. */
unsigned int vgic_nr_its(const struct domain *d);
uint32_t vgic_lpi_bits(const struct domain *d);
uint32_t vgic_max_lpis(const struct domain *d);
int vgic_its_init(struct domain *d);
void vgic_its_free(struct domain *d);
void vgic_inject_host_lpi(struct domain *d, unsigned int cookie);

static inline struct vgic_dist *vgic_dist(const struct vcpu *v)
{
	return &v->domain->arch.vgic;
}

static inline int vgic_errno(enum lvgic_status status)
{
	switch (status) {
	case LVGIC_OK:
		return 0;
	case LVGIC_ERR_NOMEM:
		return -ENOMEM;
	case LVGIC_ERR_NOENT:
		return -ENOENT;
	case LVGIC_ERR_EXIST:
		return -EBUSY;
	default:
		return -EINVAL;
	}
}

#endif
