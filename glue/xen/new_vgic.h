/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what Xen's own code sees of the virtual GIC: takes the place of asm/new_vgic.h (CONFIG_NEW_VGIC).
 * Locks: halt_lock, see run.c; its_devices_lock is the host ITS driver's.
 */
#ifndef __ASM_ARM_NEW_VGIC_H
#define __ASM_ARM_NEW_VGIC_H

#include <xen/rbtree.h>
#include <xen/spinlock.h>
#include <xen/timer.h>
#include <xen/types.h>

struct lvgic;
struct lvgic_its;
struct lvgic_vcpu;
struct vgic_device;
struct vgic_run;

/* The driver of the host ITSs keeps one per event of a device, and asks irq_to_pending() for the one of an LPI. */
struct pending_irq {
	uint8_t lpi_vcpu_id;
};

struct vgic_rdist_region {
	paddr_t base;
	paddr_t size;
};

struct vgic_dist {
	unsigned int version; /* enum gic_version, of asm/gic.h, which includes this */
	unsigned int nr_spis;
	unsigned long *allocated_irqs; /* bitmap of the vIRQs that Xen has given out */

	paddr_t dbase;
	struct vgic_rdist_region *rdist_regions;
	int nr_regions;

	struct rb_root its_devices;
	spinlock_t its_devices_lock;

	/* The rest is the glue's. */
	struct lvgic *lv;
	bool started;                /* all vCPUs are there */
	uint16_t *host_irq;          /* by SPI: the physical one behind it, 0: none; desc->lock of that one */
	spinlock_t halt_lock;        /* held by whoever has halted a vCPU of the domain */
	struct timer work;           /* lvgic_run_deferred() */
	struct vgic_device *devices; /* physical ones that the guest has mapped to an ITS (its.c) */
	unsigned int nr_devices;
	bool may_map;          /* one device may be mapped at the host's ITS now */
	struct lvgic_its *its; /* the one of a domain that is not the hardware domain; NULL: none */
	struct pending_irq lpi;
};

/* Part of struct vcpu, which is to be small. */
struct vgic_cpu {
	struct lvgic_vcpu *lv;
	struct vgic_run *run;
};

static inline paddr_t vgic_dist_base(const struct vgic_dist *vgic)
{
	return vgic->dbase;
}

/* Of GICv2, which guests do not get. */
static inline paddr_t vgic_cpu_base(const struct vgic_dist *vgic)
{
	return INVALID_PADDR;
}

struct domain;
struct vcpu;
struct pending_irq *irq_to_pending(struct vcpu *v, unsigned int irq);

/*
 * A message from software, a device model in Xen say, to a domain's ITS. -ENOENT: the domain has no ITS, or its guest
 * has not mapped that. Any context.
 */
int vgic_inject_msi(struct domain *d, uint32_t device, uint32_t event);

#endif
