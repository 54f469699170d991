/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * exception.c - every exception of a CPU ends up here: those of the guest are given back to it, stage-2 faults become
 * device accesses, HVC is PSCI. Unicorn delivers nothing by itself.
 */
#include "irqchip.h"
#include "util.h"
#include "vcpu.h"

/* intno of the callback: */
#define EXC_UNDEF          1u
#define EXC_PREFETCH_ABORT 3u
#define EXC_DATA_ABORT     4u
#define EXC_HVC            11u
#define EXC_SMC            13u

/* ESR_ELx: */
#define ESR_EC_SHIFT  26
#define ESR_IL        (UINT32_C(1) << 25)
#define EC_FP         0x07u
#define EC_DABT_LOWER 0x24u
#define EC_DABT_SAME  0x25u
#define ISS_ISV       (UINT32_C(1) << 24)
#define ISS_S1PTW     (UINT32_C(1) << 7)
#define ISS_WNR       (UINT32_C(1) << 6)
#define DFSC_EXTERNAL 0x10u
#define MAX_NOTES     10u

void exception_enter(struct vcpu *v, unsigned int vector, uint64_t elr)
{
	uint32_t pstate = vcpu_pstate(v);
	uint64_t pc = vcpu_reg(v, UC_ARM64_REG_VBAR_EL1) + vector;

	vcpu_set_sysreg(v, 3, 0, 4, 0, 0, pstate); /* SPSR_EL1 */
	vcpu_set_reg(v, UC_ARM64_REG_ELR_EL1, elr);
	if (pstate_el(pstate) == 0)
		pc += 0x400;
	else if (pstate & PSTATE_SP)
		pc += 0x200;
	if (pstate_el(pstate) == 0 || !(pstate & PSTATE_SP)) {
		/* The engine keeps the current stack pointer apart from the banked ones. */
		vcpu_set_reg(v, UC_ARM64_REG_SP_EL0, vcpu_reg(v, UC_ARM64_REG_SP));
		vcpu_set_reg(v, UC_ARM64_REG_SP, vcpu_reg(v, UC_ARM64_REG_SP_EL1));
	}
	if (pstate_el(pstate) == 0) {
		if (!vcpu_enter_el1(v, pc))
			machine_fail(v->m, "CPU %u runs AArch32 code at EL0, which is not supported", v->id);
	} else {
		vcpu_set_pstate(v, PSTATE_EXCEPTION_ENTRY);
		vcpu_set_reg(v, UC_ARM64_REG_PC, pc);
	}
}

static void enter_sync(struct vcpu *v, uint32_t esr, uint64_t elr)
{
	vcpu_set_reg(v, UC_ARM64_REG_ESR_EL1, esr);
	exception_enter(v, VECTOR_SYNC, elr);
}

/* A synchronous external abort: what a CPU gets that makes an access the device cannot decode. */
static void enter_external_abort(struct vcpu *v, const struct vcpu_exception *e, uint64_t pc)
{
	uint32_t ec = pstate_el(vcpu_pstate(v)) == 0 ? EC_DABT_LOWER : EC_DABT_SAME;

	vcpu_set_reg(v, UC_ARM64_REG_FAR_EL1, e->far);
	enter_sync(v, ec << ESR_EC_SHIFT | ESR_IL | (e->syndrome & ISS_WNR) | DFSC_EXTERNAL, pc);
}

static uint64_t sign_extend(uint64_t val, unsigned int bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (uint64_t)((int64_t)(val << shift) >> shift);
}

/* Pre- and post-indexed loads and stores change their base register too; Unicorn gives them a syndrome like the plain
 * ones. */
static void write_back(struct vcpu *v, uint64_t pc)
{
	uint32_t insn = mmu_fetch(v, pc);
	unsigned int rn = (insn >> 5) & 31;
	uint64_t offset;

	/* size 111 0 00 opc 0 imm9 x1 Rn Rt: x = 0 post-indexed, 1 pre-indexed */
	if ((insn & UINT32_C(0x3f200400)) != UINT32_C(0x38000400))
		return;
	offset = bits64(insn, 12, 9);
	if (offset & 0x100)
		offset -= 0x200;
	if (rn == 31)
		vcpu_set_reg(v, UC_ARM64_REG_SP, vcpu_reg(v, UC_ARM64_REG_SP) + offset);
	else
		vcpu_set_x(v, rn, vcpu_x(v, rn) + offset);
}

/* An access with a decoded syndrome to a device. */
static void device_access(struct vcpu *v, uint32_t iss, uint64_t gpa, uint64_t pc)
{
	unsigned int size = 1u << bits64(iss, 22, 2);
	unsigned int rt = (unsigned int)bits64(iss, 16, 5);
	bool sixty_four = bits64(iss, 15, 1);
	uint64_t val;
	bool done;

	if (iss & ISS_WNR) {
		val = vcpu_x(v, rt);
		if (size < 8)
			val &= (UINT64_C(1) << (8 * size)) - 1;
		done = machine_mmio_write(v->m, v->id, gpa, size, val);
	} else {
		done = machine_mmio_read(v->m, v->id, gpa, size, &val);
		if (bits64(iss, 21, 1))
			val = sign_extend(val, size);
		if (!sixty_four)
			val &= UINT32_MAX;
		/* Before the data, as for "ldr x0, [x0], #8", which is unpredictable anyway. */
		if (done)
			write_back(v, pc);
		if (done)
			vcpu_set_x(v, rt, val);
	}
	if (!done) {
		machine_fail(
			v->m, "CPU %u at PC 0x%llx: %s of %u bytes at 0x%llx, where there is neither RAM nor a device",
			v->id, (unsigned long long)pc, iss & ISS_WNR ? "write" : "read", size, (unsigned long long)gpa);
		return;
	}
	if (iss & ISS_WNR)
		write_back(v, pc);
	vcpu_attention(v);
	vcpu_set_reg(v, UC_ARM64_REG_PC, pc + 4);
}

static void stage2_fault(struct vcpu *v, uint32_t intno, const struct vcpu_exception *e, uint64_t pc)
{
	struct machine *m = v->m;
	uint64_t gpa = vcpu_sysreg(v, 3, 4, 6, 0, 4) << 8 | (e->far & 0xfff); /* HPFAR_EL2 */
	unsigned long long where = gpa;

	if (e->syndrome & ISS_S1PTW) {
		machine_fail(m, "CPU %u at PC 0x%llx: its translation tables are at 0x%llx, where there is no RAM",
		             v->id, (unsigned long long)pc, where);
	} else if (intno == EXC_PREFETCH_ABORT) {
		machine_fail(m, "CPU %u at PC 0x%llx: executes at 0x%llx, where there is no RAM", v->id,
		             (unsigned long long)pc, where);
	} else if (e->syndrome & ISS_ISV) {
		device_access(v, e->syndrome, gpa, pc);
	} else if (machine_is_device(m, gpa)) {
		if (m->nr_notes++ < MAX_NOTES)
			complain(
				"CPU %u at PC 0x%llx: an access to the device at 0x%llx by an instruction that gives no "
				"syndrome (a pair, say); it gets an external abort",
				v->id, (unsigned long long)pc, where);
		enter_external_abort(v, e, pc);
	} else {
		machine_fail(m, "CPU %u at PC 0x%llx: access at 0x%llx, where there is neither RAM nor a device", v->id,
		             (unsigned long long)pc, where);
	}
}

/* Without a basic block in between. */
#define MAX_EXCEPTIONS 1000u

void exception_hook(uc_engine *uc, uint32_t intno, void *user)
{
	struct vcpu *v = user;
	struct vcpu_exception e;
	uint64_t pc;

	(void)uc;
	pc = vcpu_reg(v, UC_ARM64_REG_PC);
	vcpu_get_exception(v, &e);
	/* A vector that cannot be fetched is an exception, whose vector cannot be fetched: the scheduler never looks.
	 */
	if (++v->exceptions == MAX_EXCEPTIONS) {
		machine_fail(v->m, "CPU %u at PC 0x%llx: takes exceptions for ever, and executes nothing", v->id,
		             (unsigned long long)pc);
		vcpu_stop(v);
		return;
	}
	switch (intno) {
	case EXC_HVC:
		psci_call(v);
		break;
	case EXC_SMC:
		/* There is no EL3 for the guest. */
		enter_sync(v, ESR_IL, pc - 4);
		break;
	case EXC_PREFETCH_ABORT:
	case EXC_DATA_ABORT:
		if (e.target_el == 2) {
			stage2_fault(v, intno, &e, pc);
			break;
		}
		vcpu_set_reg(v, UC_ARM64_REG_FAR_EL1, e.far);
		enter_sync(v, e.syndrome, pc);
		break;
	case EXC_UNDEF:
		/* What the hidden EL2 and EL3 would trap does not exist for the guest. */
		if (e.target_el > 1)
			e.syndrome = ESR_IL;
		else if (e.syndrome >> ESR_EC_SHIFT == EC_FP)
			e.syndrome &= ~UINT32_C(0xfffff);
		enter_sync(v, e.syndrome, pc);
		break;
	default:
		enter_sync(v, e.syndrome, pc);
		break;
	}
	if (v->m->end != MACHINE_RUNS)
		vcpu_stop(v);
}
