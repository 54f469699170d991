/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the CPU interface registers as a guest at EL1 sees them: a row each.
 * Locks: none; the owner's.
 * Implements: IHI 0069 12.2 (encodings, access), 12.5 (ICV_*, which is what a virtual machine has).
 */
#include "icc.h"

#include "core/vif.h"
#include "sgi.h"

static uint64_t pmr_read(struct lvgic_vcpu *v, uint32_t arg)
{
	(void)arg;
	return v->ich.vmcr >> ICH_VMCR_VPMR_SHIFT;
}

static void pmr_write(struct lvgic_vcpu *v, uint32_t arg, uint64_t value)
{
	uint32_t pmr = (uint32_t)value & 0xffu << (8 - v->vgic->cfg.pri_bits) & 0xffu;

	(void)arg;
	v->ich.vmcr = (v->ich.vmcr & ~(0xffu << ICH_VMCR_VPMR_SHIFT)) | pmr << ICH_VMCR_VPMR_SHIFT;
}

static uint64_t iar_read(struct lvgic_vcpu *v, uint32_t group)
{
	return vif_ack(v, group);
}

static void eoir_write(struct lvgic_vcpu *v, uint32_t group, uint64_t value)
{
	vif_eoi(v, group, (uint32_t)value & 0xffffffu);
}

static uint64_t hppir_read(struct lvgic_vcpu *v, uint32_t group)
{
	return vif_hppi(v, group);
}

static uint64_t bpr_read(struct lvgic_vcpu *v, uint32_t group)
{
	return vif_bpr(v, group);
}

static void bpr_write(struct lvgic_vcpu *v, uint32_t group, uint64_t value)
{
	vif_set_bpr(v, group, (uint32_t)value);
}

static uint64_t ap0r_read(struct lvgic_vcpu *v, uint32_t n)
{
	return v->ich.ap0r[n];
}

static void ap0r_write(struct lvgic_vcpu *v, uint32_t n, uint64_t value)
{
	v->ich.ap0r[n] = (uint32_t)value;
}

static uint64_t ap1r_read(struct lvgic_vcpu *v, uint32_t n)
{
	return v->ich.ap1r[n];
}

static void ap1r_write(struct lvgic_vcpu *v, uint32_t n, uint64_t value)
{
	v->ich.ap1r[n] = (uint32_t)value;
}

static void dir_write(struct lvgic_vcpu *v, uint32_t arg, uint64_t value)
{
	(void)arg;
	vif_deactivate(v, (uint32_t)value & 0xffffffu);
}

static uint64_t rpr_read(struct lvgic_vcpu *v, uint32_t arg)
{
	(void)arg;
	return vif_running(v);
}

static uint64_t ctlr_read(struct lvgic_vcpu *v, uint32_t arg)
{
	(void)arg;
	return (v->ich.vmcr & ICH_VMCR_VCBPR ? ICC_CTLR_CBPR : 0) |
	       (v->ich.vmcr & ICH_VMCR_VEOIM ? ICC_CTLR_EOImode : 0) |
	       (v->vgic->cfg.pri_bits - 1) << ICC_CTLR_PRIbits_SHIFT |
	       (v->vgic->cfg.lpi_id_bits > 16 ? 1u << ICC_CTLR_IDbits_SHIFT : 0) | ICC_CTLR_A3V | ICC_CTLR_RSS;
}

static void ctlr_write(struct lvgic_vcpu *v, uint32_t arg, uint64_t value)
{
	uint32_t vmcr = v->ich.vmcr & ~(ICH_VMCR_VCBPR | ICH_VMCR_VEOIM);

	(void)arg;
	if (value & ICC_CTLR_CBPR)
		vmcr |= ICH_VMCR_VCBPR;
	if (value & ICC_CTLR_EOImode)
		vmcr |= ICH_VMCR_VEOIM;
	v->ich.vmcr = vmcr;
}

/* SRE, DFB and DIB are RAO/WI: system registers only, no bypass (12.2 ICC_SRE_EL1). */
static uint64_t sre_read(struct lvgic_vcpu *v, uint32_t arg)
{
	(void)v;
	(void)arg;
	return 7;
}

static void sre_write(struct lvgic_vcpu *v, uint32_t arg, uint64_t value)
{
	(void)v;
	(void)arg;
	(void)value;
}

static uint64_t igrpen_read(struct lvgic_vcpu *v, uint32_t enable)
{
	return v->ich.vmcr & enable ? 1 : 0;
}

/* 1 of N routing depends on it: look at once, not at the next entry. */
static void igrpen_write(struct lvgic_vcpu *v, uint32_t enable, uint64_t value)
{
	v->ich.vmcr = value & 1 ? v->ich.vmcr | enable : v->ich.vmcr & ~enable;
	lr_refresh(v);
}

static void sgi_write(struct lvgic_vcpu *v, uint32_t group1, uint64_t value)
{
	if (group1)
		sgi_write_1(v, value);
	else
		sgi_write_0(v, value);
}

/* clang-format off */
/* Sorted by encoding. */
const struct icc_row icc_rows[] = {
	{ .sysreg = ICC_PMR_EL1, .name = "ICC_PMR_EL1", .read = pmr_read, .write = pmr_write },
	{ .sysreg = ICC_IAR0_EL1, .name = "ICC_IAR0_EL1", .read = iar_read, .why = "read-only" },
	{ .sysreg = ICC_EOIR0_EL1, .name = "ICC_EOIR0_EL1", .write = eoir_write, .why = "write-only" },
	{ .sysreg = ICC_HPPIR0_EL1, .name = "ICC_HPPIR0_EL1", .read = hppir_read, .why = "read-only" },
	{ .sysreg = ICC_BPR0_EL1, .name = "ICC_BPR0_EL1", .read = bpr_read, .write = bpr_write },
	{ .sysreg = ICC_AP0R0_EL1, .name = "ICC_AP0R0_EL1", .read = ap0r_read, .write = ap0r_write },
	{ .sysreg = ICC_AP0R1_EL1, .name = "ICC_AP0R1_EL1", .read = ap0r_read, .write = ap0r_write, .arg = 1,
	  .min_pri_bits = 6, .why = "with 6 or more priority bits" },
	{ .sysreg = ICC_AP0R2_EL1, .name = "ICC_AP0R2_EL1", .read = ap0r_read, .write = ap0r_write, .arg = 2,
	  .min_pri_bits = 7, .why = "with 7 priority bits" },
	{ .sysreg = ICC_AP0R3_EL1, .name = "ICC_AP0R3_EL1", .read = ap0r_read, .write = ap0r_write, .arg = 3,
	  .min_pri_bits = 7, .why = "with 7 priority bits" },
	{ .sysreg = ICC_AP1R0_EL1, .name = "ICC_AP1R0_EL1", .read = ap1r_read, .write = ap1r_write },
	{ .sysreg = ICC_AP1R1_EL1, .name = "ICC_AP1R1_EL1", .read = ap1r_read, .write = ap1r_write, .arg = 1,
	  .min_pri_bits = 6, .why = "with 6 or more priority bits" },
	{ .sysreg = ICC_AP1R2_EL1, .name = "ICC_AP1R2_EL1", .read = ap1r_read, .write = ap1r_write, .arg = 2,
	  .min_pri_bits = 7, .why = "with 7 priority bits" },
	{ .sysreg = ICC_AP1R3_EL1, .name = "ICC_AP1R3_EL1", .read = ap1r_read, .write = ap1r_write, .arg = 3,
	  .min_pri_bits = 7, .why = "with 7 priority bits" },
	{ .sysreg = ICC_DIR_EL1, .name = "ICC_DIR_EL1", .write = dir_write, .why = "write-only" },
	{ .sysreg = ICC_RPR_EL1, .name = "ICC_RPR_EL1", .read = rpr_read, .why = "read-only" },
	{ .sysreg = ICC_SGI1R_EL1, .name = "ICC_SGI1R_EL1", .write = sgi_write, .arg = 1, .why = "write-only" },
	{ .sysreg = ICC_ASGI1R_EL1, .name = "ICC_ASGI1R_EL1", .write = sgi_write, .why = "write-only" },
	{ .sysreg = ICC_SGI0R_EL1, .name = "ICC_SGI0R_EL1", .write = sgi_write, .why = "write-only" },
	{ .sysreg = ICC_IAR1_EL1, .name = "ICC_IAR1_EL1", .read = iar_read, .arg = 1, .why = "read-only" },
	{ .sysreg = ICC_EOIR1_EL1, .name = "ICC_EOIR1_EL1", .write = eoir_write, .arg = 1, .why = "write-only" },
	{ .sysreg = ICC_HPPIR1_EL1, .name = "ICC_HPPIR1_EL1", .read = hppir_read, .arg = 1, .why = "read-only" },
	{ .sysreg = ICC_BPR1_EL1, .name = "ICC_BPR1_EL1", .read = bpr_read, .write = bpr_write, .arg = 1 },
	{ .sysreg = ICC_CTLR_EL1, .name = "ICC_CTLR_EL1", .read = ctlr_read, .write = ctlr_write },
	{ .sysreg = ICC_SRE_EL1, .name = "ICC_SRE_EL1", .read = sre_read, .write = sre_write,
	  .why = "RAO/WI: SRE, DFB, DIB" },
	{ .sysreg = ICC_IGRPEN0_EL1, .name = "ICC_IGRPEN0_EL1", .read = igrpen_read, .write = igrpen_write,
	  .arg = ICH_VMCR_VENG0 },
	{ .sysreg = ICC_IGRPEN1_EL1, .name = "ICC_IGRPEN1_EL1", .read = igrpen_read, .write = igrpen_write,
	  .arg = ICH_VMCR_VENG1 },
};
/* clang-format on */

const uint32_t nr_icc_rows = sizeof(icc_rows) / sizeof(icc_rows[0]);

/* CRm and op2 tell all rows apart. */
void icc_start(struct lvgic *vg)
{
	uint32_t i;

	for (i = 0; i < nr_icc_rows; i++)
		vg->icc_index[icc_rows[i].sysreg & 0x7f] = (uint8_t)i;
}

/* NULL: no such register here. */
static const struct icc_row *find(const struct lvgic_vcpu *v, uint32_t sysreg)
{
	const struct icc_row *row = &icc_rows[v->vgic->icc_index[sysreg & 0x7f]];

	return row->sysreg == sysreg && v->vgic->cfg.pri_bits >= row->min_pri_bits ? row : NULL;
}

enum lvgic_status lvgic_icc_read(struct lvgic_vcpu *v, uint32_t sysreg, uint64_t *val)
{
	const struct icc_row *row = find(v, sysreg);

	*val = 0;
	if (!row || !row->read) {
		report_guest_error(v->vgic, v, LVGIC_GUEST_ERROR_SYSREG, 8, sysreg, 0);
		return LVGIC_ERR_UNDEF;
	}
	*val = row->read(v, row->arg);
	return LVGIC_OK;
}

enum lvgic_status lvgic_icc_write(struct lvgic_vcpu *v, uint32_t sysreg, uint64_t val)
{
	const struct icc_row *row = find(v, sysreg);

	if (!row || !row->write) {
		report_guest_error(v->vgic, v, LVGIC_GUEST_ERROR_SYSREG, 8, sysreg, val);
		return LVGIC_ERR_UNDEF;
	}
	row->write(v, row->arg, val);
	return LVGIC_OK;
}
