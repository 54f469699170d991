/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * sysreg.c - system instructions of the guest that the engine must not execute alone: the GIC's CPU interface, which it
 * does not have, the timers, whose interrupts it does not have, ID registers, and what CPUs broadcast.
 *
 * A callback returns 0 to have the engine execute the instruction. For a register that the engine knows, 1 skips it;
 * for one that it does not know, the callback must also write the PC, or the block would start over.
 */
#include <string.h>

#include "irqchip.h"
#include "util.h"
#include "vcpu.h"

#define SYSREG(op0, op1, crn, crm, op2) IRQCHIP_SYSREG(op0, op1, crn, crm, op2)
#define ICC_PMR_EL1                     SYSREG(3, 0, 4, 6, 0)
#define ICC_SGI1R_EL1                   SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R_EL1                  SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1                   SYSREG(3, 0, 12, 11, 7)
#define ISR_EL1                         SYSREG(3, 0, 12, 1, 0)
#define ID_AA64PFR0_EL1                 SYSREG(3, 0, 0, 4, 0)
#define CNTPCT_EL0                      SYSREG(3, 3, 14, 0, 1)
#define CNTVCT_EL0                      SYSREG(3, 3, 14, 0, 2)

#define ZVA_SIZE  UINT64_C(64) /* DCZID_EL0 of the engine's CPU */
#define SCTLR_DZE (UINT64_C(1) << 14)

/* CNTKCTL_EL1: what EL0 may use */
#define CNTKCTL_EL0PCTEN UINT64_C(0x001)
#define CNTKCTL_EL0VCTEN UINT64_C(0x002)
#define CNTKCTL_EL0VTEN  UINT64_C(0x100)
#define CNTKCTL_EL0PTEN  UINT64_C(0x200)

static uint32_t encoding(const uc_arm64_cp_reg *reg)
{
	return SYSREG(reg->op0, reg->op1, reg->crn, reg->crm, reg->op2);
}

/* Of the CPU interface, as seen from EL1: ICC_PMR_EL1, and CRn 12 with CRm 8 and up. */
static bool is_icc(const uc_arm64_cp_reg *reg)
{
	if (reg->op0 != 3 || reg->op1 != 0)
		return false;
	return encoding(reg) == ICC_PMR_EL1 || (reg->crn == 12 && reg->crm >= 8);
}

/* Of CNTP_* and CNTV_*_EL0? */
static bool is_timer(const uc_arm64_cp_reg *reg, enum timer_which *which)
{
	if (reg->op0 != 3 || reg->op1 != 3 || reg->crn != 14 || (reg->crm != 2 && reg->crm != 3) || reg->op2 > 2)
		return false;
	*which = reg->crm == 2 ? TIMER_PHYSICAL : TIMER_VIRTUAL;
	return true;
}

static bool at_el0(struct vcpu *v)
{
	return pstate_el(vcpu_pstate(v)) == 0;
}

/* EL1 may, and EL0 if EL1 lets it. If not, the engine's own check raises the right exception. */
static bool may_use_clock(struct vcpu *v, uint64_t cntkctl_bit)
{
	return !at_el0(v) || (vcpu_sysreg(v, 3, 0, 14, 1, 0) & cntkctl_bit);
}

static uint32_t skip_unknown(struct vcpu *v)
{
	vcpu_set_reg(v, UC_ARM64_REG_PC, vcpu_reg(v, UC_ARM64_REG_PC) + 4);
	return 1;
}

static void set_rt(struct vcpu *v, uc_arm64_reg rt, uint64_t val)
{
	if (rt != UC_ARM64_REG_XZR)
		vcpu_set_reg(v, (int)rt, val);
}

uint32_t sysreg_read_hook(uc_engine *uc, uc_arm64_reg rt, const uc_arm64_cp_reg *reg, void *user)
{
	struct vcpu *v = user;
	enum timer_which which;
	uint64_t val;

	(void)uc;
	if (reg->op0 != 3)
		return 0;
	if (is_icc(reg)) {
		if (at_el0(v) || !irqchip_sysreg_read(v->m->chip, v->id, encoding(reg), &val))
			return 0;
		set_rt(v, rt, val);
		vcpu_attention(v);
		return skip_unknown(v);
	}
	if (is_timer(reg, &which)) {
		if (!may_use_clock(v, which == TIMER_PHYSICAL ? CNTKCTL_EL0PTEN : CNTKCTL_EL0VTEN))
			return 0;
		set_rt(v, rt, timer_read(v, which, (enum timer_reg)reg->op2));
		return 1;
	}
	switch (encoding(reg)) {
	case CNTPCT_EL0:
	case CNTVCT_EL0:
		if (!may_use_clock(v, reg->op2 == 1 ? CNTKCTL_EL0PCTEN : CNTKCTL_EL0VCTEN))
			return 0;
		set_rt(v, rt, timer_count(v->m));
		return 1;
	case ISR_EL1:
		if (at_el0(v))
			return 0;
		val = irqchip_lines(v->m->chip, v->id);
		set_rt(v, rt, (val & IRQCHIP_IRQ ? PSTATE_I : 0) | (val & IRQCHIP_FIQ ? PSTATE_F : 0));
		return 1;
	case ID_AA64PFR0_EL1:
		/* GICv3 system registers; no AArch32, which the runner cannot take exceptions from; no EL2 and EL3. */
		if (at_el0(v))
			return 0;
		val = vcpu_sysreg(v, 3, 0, 0, 4, 0) & ~UINT64_C(0x0f00ffff);
		set_rt(v, rt, val | UINT64_C(0x01000011));
		return 1;
	}
	return 0;
}

uint32_t sysreg_write_hook(uc_engine *uc, uc_arm64_reg rt, const uc_arm64_cp_reg *reg, void *user)
{
	struct vcpu *v = user;
	enum timer_which which;
	uint32_t sysreg;

	(void)uc;
	(void)rt;
	if (reg->op0 != 3)
		return 0;
	if (is_icc(reg)) {
		sysreg = encoding(reg);
		if (at_el0(v) || !irqchip_sysreg_write(v->m->chip, v->id, sysreg, reg->val))
			return 0;
		/* Let the receiver of an SGI run: the sender often waits for it. */
		if (sysreg == ICC_SGI1R_EL1 || sysreg == ICC_ASGI1R_EL1 || sysreg == ICC_SGI0R_EL1)
			v->yields = true;
		vcpu_attention(v);
		return skip_unknown(v);
	}
	if (is_timer(reg, &which)) {
		if (!may_use_clock(v, which == TIMER_PHYSICAL ? CNTKCTL_EL0PTEN : CNTKCTL_EL0VTEN))
			return 0;
		timer_write(v, which, (enum timer_reg)reg->op2, reg->val);
		vcpu_attention(v);
		return 1;
	}
	return 0;
}

/*
 * DC ZVA: Unicorn does it byte by byte, and each write takes some 200 ns. Where the CPU may write without a fault it is
 * done here. That code was in the block goes unnoticed; nobody executes zeros.
 */
static uint32_t zero_block(struct vcpu *v, uint64_t va)
{
	bool el0 = at_el0(v);
	uint64_t gpa;
	void *p;

	/* EL0 may if SCTLR_EL1.DZE is set. */
	if (el0 && !(vcpu_sysreg(v, 3, 0, 1, 0, 0) & SCTLR_DZE))
		return 0;
	va &= ~(ZVA_SIZE - 1);
	if (!mmu_writable(v, va, el0, &gpa))
		return 0;
	p = machine_ram(v->m, gpa, ZVA_SIZE);
	if (!p)
		return 0;
	memset(p, 0, ZVA_SIZE);
	return 1;
}

uint32_t sysreg_sys_hook(uc_engine *uc, uc_arm64_reg rt, const uc_arm64_cp_reg *reg, void *user)
{
	struct vcpu *v = user;
	uint64_t gpa;

	(void)uc;
	(void)rt;
	if (reg->crn == 8 && reg->op1 == 0 && reg->crm == 3) {
		if (!at_el0(v))
			maint_tlbi(v, reg->op2, reg->val);
	} else if (reg->crn == 7 && reg->op1 == 3 && reg->crm == 5 && reg->op2 == 1) {
		if (mmu_translate(v, reg->val, &gpa))
			maint_ic_page(v, gpa);
	} else if (reg->crn == 7 && reg->op1 == 0 && reg->crm == 1 && reg->op2 == 0) {
		if (!at_el0(v))
			maint_ic_all(v);
	} else if (reg->crn == 7 && reg->op1 == 3 && reg->crm == 4 && reg->op2 == 1) {
		return zero_block(v, reg->val);
	}
	return 0;
}
