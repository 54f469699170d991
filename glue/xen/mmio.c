/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: traps: accesses to the frames of the GIC, and the system registers that send SGIs.
 * Locks: none.
 *
 * A domain's Distributor need not be at a multiple of 64 KiB (GUEST_GICV3_GICD_BASE is not), so it is found here; the
 * other frames are found by the library.
 */
#include "vgic.h"

#include <xen/sizes.h>

#include <asm/cpregs.h>
#include <asm/mmio.h>
#include <asm/sysregs.h>
#include <asm/vreg.h>

#include "compat.h"

/* As in the trap's syndrome: ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1. */
#define SGI1R  LVGIC_SYSREG(3, 0, 12, 11, 5)
#define ASGI1R LVGIC_SYSREG(3, 0, 12, 11, 6)
#define SGI0R  LVGIC_SYSREG(3, 0, 12, 11, 7)

/* --- Frames --- */

static int dist_read(struct vcpu *v, mmio_info_t *info, register_t *r, void *priv)
{
	struct vgic_dist *dist = vgic_dist(v);

	vgic_enter(v->arch.vgic.run);
	*r = lvgic_dist_read(dist->lv, v->arch.vgic.lv, info->gpa - dist->dbase, 1u << info->dabt.size);
	vgic_leave(v->arch.vgic.run);
	return 1;
}

static int dist_write(struct vcpu *v, mmio_info_t *info, register_t r, void *priv)
{
	struct vgic_dist *dist = vgic_dist(v);

	vgic_enter(v->arch.vgic.run);
	lvgic_dist_write(dist->lv, v->arch.vgic.lv, info->gpa - dist->dbase, 1u << info->dabt.size, r);
	vgic_leave(v->arch.vgic.run);
	return 1;
}

static const struct mmio_handler_ops dist_ops = {
	.read = dist_read,
	.write = dist_write,
};

/* A region has room for more Redistributors than there are vCPUs: what is behind the last one is not there. */
static int frame_read(struct vcpu *v, mmio_info_t *info, register_t *r, void *priv)
{
	uint64_t val = 0;

	vgic_enter(v->arch.vgic.run);
	(void)!lvgic_mmio_read(vgic_dist(v)->lv, v->arch.vgic.lv, info->gpa, 1u << info->dabt.size, &val);
	vgic_leave(v->arch.vgic.run);
	*r = val;
	return 1;
}

static int frame_write(struct vcpu *v, mmio_info_t *info, register_t r, void *priv)
{
	vgic_enter(v->arch.vgic.run);
	(void)!lvgic_mmio_write(vgic_dist(v)->lv, v->arch.vgic.lv, info->gpa, 1u << info->dabt.size, r);
	vgic_leave(v->arch.vgic.run);
	return 1;
}

static const struct mmio_handler_ops frame_ops = {
	.read = frame_read,
	.write = frame_write,
};

void vgic_register_frame(struct domain *d, paddr_t base, paddr_t size)
{
	register_mmio_handler(d, &frame_ops, base, size, NULL);
}

void vgic_register_frames(struct domain *d)
{
	const struct vgic_dist *dist = &d->arch.vgic;

	register_mmio_handler(d, &dist_ops, dist->dbase, SZ_64K, NULL);
	for (int i = 0; i < dist->nr_regions; i++)
		vgic_register_frame(d, dist->rdist_regions[i].base, dist->rdist_regions[i].size);
}

/* --- System registers --- */

static bool sgi(uint32_t sysreg, uint64_t value)
{
	struct vcpu *v = current;
	enum lvgic_status status;

	vgic_enter(v->arch.vgic.run);
	status = lvgic_icc_write(v->arch.vgic.lv, sysreg, value);
	vgic_leave(v->arch.vgic.run);
	return status == LVGIC_OK;
}

/* False: Xen injects an Undefined Instruction. The registers can only be written. */
#define SGI_REGISTER(name, sysreg)                                                     \
	static bool name(struct cpu_user_regs *regs, register_t *r, bool read)         \
	{                                                                              \
		return !read && sgi(sysreg, *r);                                       \
	}                                                                              \
	static bool name##_aarch32(struct cpu_user_regs *regs, uint64_t *r, bool read) \
	{                                                                              \
		return !read && sgi(sysreg, *r);                                       \
	}
SGI_REGISTER(sgi1r, SGI1R)
SGI_REGISTER(asgi1r, ASGI1R)
SGI_REGISTER(sgi0r, SGI0R)

bool vgic_emulate(struct cpu_user_regs *regs, union hsr hsr)
{
	if (hsr.ec == HSR_EC_SYSREG) {
		switch (hsr.bits & HSR_SYSREG_REGS_MASK) {
		case HSR_SYSREG_ICC_SGI1R_EL1:
			return vreg_emulate_sysreg(regs, hsr, sgi1r);
		case HSR_SYSREG_ICC_ASGI1R_EL1:
			return vreg_emulate_sysreg(regs, hsr, asgi1r);
		case HSR_SYSREG_ICC_SGI0R_EL1:
			return vreg_emulate_sysreg(regs, hsr, sgi0r);
		}
	} else if (hsr.ec == HSR_EC_CP15_64) {
		switch (hsr.bits & HSR_CP64_REGS_MASK) {
		case HSR_CPREG64(ICC_SGI1R):
			return vreg_emulate_cp64(regs, hsr, sgi1r_aarch32);
		case HSR_CPREG64(ICC_ASGI1R):
			return vreg_emulate_cp64(regs, hsr, asgi1r_aarch32);
		case HSR_CPREG64(ICC_SGI0R):
			return vreg_emulate_cp64(regs, hsr, sgi0r_aarch32);
		}
	}
	return false;
}
