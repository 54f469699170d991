/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vcpu.c - the engine of one CPU: creation under an invisible EL2, registers, and what Unicorn's interface cannot do.
 *
 * Unicorn starts a CPU at secure EL1 and rebuilds its cached translation flags only when the guest itself changes them.
 * Both are repaired by saving the engine's context (a copy of its CPU state), patching it and putting it back. Where
 * things are in a context is found out at creation, and an engine where it cannot be found is refused.
 */
#include "vcpu.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Relative to X0 in a context: */
#define CTX_PC      256u
#define CTX_AARCH64 268u
#define CTX_HFLAGS  272u

/* Cached translation flags: */
#define HFLAGS_UNPRIV     (UINT32_C(1) << 14) /* LDTR and STTR access as EL0 */
#define HFLAGS_FPEXC(el)  ((uint32_t)(el) << 22)
#define HFLAGS_FPEXC_MASK (UINT32_C(3) << 22)
#define HFLAGS_MMU_NS_EL1 (UINT32_C(2) << 24)
#define HFLAGS_MMU_MASK   (UINT32_C(15) << 24)
#define HFLAGS_STEP       (UINT32_C(3) << 29) /* software step: active, pending */

/* Hidden EL2 and EL3: */
#define SCR_NS_RW_HCE UINT64_C(0x501)
#define HCR_RW_VM     UINT64_C(0x80000001)
/* 40-bit addresses in and out, tables from level 1 (two concatenated), 4 KiB, inner shareable, write-back. */
#define VTCR (UINT64_C(1) << 31 | 2u << 16 | 3u << 12 | 1u << 10 | 1u << 8 | 1u << 6 | 24u)

static int uc_x(unsigned int n)
{
	if (n < 29)
		return UC_ARM64_REG_X0 + (int)n;
	return n == 29 ? UC_ARM64_REG_X29 : UC_ARM64_REG_X30;
}

uint64_t vcpu_reg(struct vcpu *v, int uc_reg)
{
	uint64_t val = 0;

	uc_reg_read(v->uc, uc_reg, &val);
	return val;
}

void vcpu_set_reg(struct vcpu *v, int uc_reg, uint64_t val)
{
	uc_reg_write(v->uc, uc_reg, &val);
}

uint64_t vcpu_x(struct vcpu *v, unsigned int n)
{
	return n < 31 ? vcpu_reg(v, uc_x(n)) : 0;
}

void vcpu_set_x(struct vcpu *v, unsigned int n, uint64_t val)
{
	if (n < 31)
		vcpu_set_reg(v, uc_x(n), val);
}

uint32_t vcpu_pstate(struct vcpu *v)
{
	uint32_t val = 0;

	uc_reg_read(v->uc, UC_ARM64_REG_PSTATE, &val);
	return val;
}

void vcpu_set_pstate(struct vcpu *v, uint32_t val)
{
	uc_reg_write(v->uc, UC_ARM64_REG_PSTATE, &val);
}

uint64_t vcpu_sysreg(struct vcpu *v, unsigned int op0, unsigned int op1, unsigned int crn, unsigned int crm,
                     unsigned int op2)
{
	uc_arm64_cp_reg reg = { .op0 = op0, .op1 = op1, .crn = crn, .crm = crm, .op2 = op2 };

	if (uc_reg_read(v->uc, UC_ARM64_REG_CP_REG, &reg) != UC_ERR_OK)
		machine_fail(v->m, "the engine does not know S%u_%u_C%u_C%u_%u", op0, op1, crn, crm, op2);
	return reg.val;
}

void vcpu_set_sysreg(struct vcpu *v, unsigned int op0, unsigned int op1, unsigned int crn, unsigned int crm,
                     unsigned int op2, uint64_t val)
{
	uc_arm64_cp_reg reg = { .op0 = op0, .op1 = op1, .crn = crn, .crm = crm, .op2 = op2, .val = val };

	if (uc_reg_write(v->uc, UC_ARM64_REG_CP_REG, &reg) != UC_ERR_OK)
		machine_fail(v->m, "the engine does not know S%u_%u_C%u_C%u_%u", op0, op1, crn, crm, op2);
}

static uint8_t *context_at(const struct vcpu *v, size_t offset)
{
	return (uint8_t *)v->scratch + offset;
}

static uint32_t context_u32(const struct vcpu *v, size_t offset)
{
	uint32_t val;

	memcpy(&val, context_at(v, offset), sizeof(val));
	return val;
}

static void set_context_u32(struct vcpu *v, size_t offset, uint32_t val)
{
	memcpy(context_at(v, offset), &val, sizeof(val));
}

void vcpu_get_exception(struct vcpu *v, struct vcpu_exception *e)
{
	uc_context_save(v->uc, v->scratch);
	e->syndrome = context_u32(v, v->exc_offset);
	memcpy(&e->far, context_at(v, v->exc_offset + 8), sizeof(e->far));
	e->target_el = context_u32(v, v->exc_offset + 16);
}

bool vcpu_enter_el1(struct vcpu *v, uint64_t pc)
{
	uint64_t cpacr = vcpu_sysreg(v, 3, 0, 1, 0, 2);
	uint32_t hflags;

	vcpu_set_pstate(v, PSTATE_EXCEPTION_ENTRY);
	uc_context_save(v->uc, v->scratch);
	if (context_u32(v, v->regs_offset + CTX_AARCH64) == 0)
		return false;
	memcpy(context_at(v, v->regs_offset + CTX_PC), &pc, sizeof(pc));
	hflags = context_u32(v, v->regs_offset + CTX_HFLAGS);
	hflags &= ~(HFLAGS_MMU_MASK | HFLAGS_FPEXC_MASK | HFLAGS_STEP);
	hflags |= HFLAGS_MMU_NS_EL1 | HFLAGS_UNPRIV;
	/* CPACR_EL1.FPEN 0b00 and 0b10 trap EL1's use of FP to EL1. */
	if (!(cpacr & (UINT64_C(1) << 20)))
		hflags |= HFLAGS_FPEXC(1);
	set_context_u32(v, v->regs_offset + CTX_HFLAGS, hflags);
	uc_context_restore(v->uc, v->scratch);
	/* Once more by the interface, which makes the engine leave the block. */
	vcpu_set_reg(v, UC_ARM64_REG_PC, pc);
	return true;
}

void vcpu_stop(struct vcpu *v)
{
	v->stopping = true;
	uc_emu_stop(v->uc);
}

void vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t x0)
{
	uc_context_restore(v->uc, v->reset);
	/* TLBI VMALLE1: what the CPU had cached before it was switched off. */
	vcpu_set_sysreg(v, 1, 0, 8, 7, 0, 0);
	vcpu_set_x(v, 0, x0);
	vcpu_set_reg(v, UC_ARM64_REG_PC, entry);
	timer_reset(v);
	v->lines = 0;
	v->dirty = true;
	v->state = VCPU_RUNS;
}

/* Where the registers are in a context. */
static bool find_registers(struct vcpu *v, size_t size)
{
	const uint64_t magic = UINT64_C(0x6c76676963000000);
	unsigned int n, hits = 0;
	size_t i;

	for (n = 0; n < 31; n++)
		vcpu_set_x(v, n, magic + n);
	vcpu_set_reg(v, UC_ARM64_REG_SP, magic + 31);
	vcpu_set_reg(v, UC_ARM64_REG_PC, magic + 32);
	uc_context_save(v->uc, v->scratch);
	for (i = 0; i + CTX_HFLAGS + 4 <= size; i += 8) {
		for (n = 0; n <= 32; n++) {
			uint64_t val;

			memcpy(&val, context_at(v, i + 8 * n), sizeof(val));
			if (val != magic + n)
				break;
		}
		if (n == 33) {
			v->regs_offset = i;
			hits++;
		}
	}
	for (n = 0; n < 31; n++)
		vcpu_set_x(v, n, 0);
	vcpu_set_reg(v, UC_ARM64_REG_SP, 0);
	return hits == 1 && context_u32(v, v->regs_offset + CTX_AARCH64) == 1;
}

static void probe_hook(uc_engine *uc, uint32_t intno, void *user)
{
	struct vcpu *v = user;

	(void)intno;
	uc_context_save(uc, v->scratch);
	uc_emu_stop(uc);
}

/* Where the syndrome of an exception is in a context: take an SVC whose syndrome nothing else can equal. */
static bool find_exception(struct vcpu *v, size_t size)
{
	static const uint8_t svc[4] = { 0x81, 0x47, 0x0b, 0xd4 }; /* svc #0x5a3c */
	unsigned int hits = 0;
	uc_hook hook;
	size_t i;

	/* The page of the stage-2 tables is free until they are written. */
	memcpy(v->m->stage2 + MACH_STAGE2_SIZE - 4096, svc, sizeof(svc));
	if (uc_hook_add(v->uc, &hook, UC_HOOK_INTR, (void *)(uintptr_t)probe_hook, v, 1, 0) != UC_ERR_OK)
		return false;
	uc_emu_start(v->uc, MACH_STAGE2_BASE + MACH_STAGE2_SIZE - 4096, 0, 0, 0);
	uc_hook_del(v->uc, hook);
	for (i = 0; i + 20 <= size; i += 4)
		if (context_u32(v, i) == UINT32_C(0x56005a3c)) {
			v->exc_offset = i;
			hits++;
		}
	/* The exception went to EL1. */
	return hits == 1 && context_u32(v, v->exc_offset + 16) == 1;
}

/* Virtual addresses that are no physical address of RAM must look mapped to Unicorn; no access ever gets here. */
static uint64_t nowhere_read(uc_engine *uc, uint64_t offset, unsigned int size, void *user)
{
	(void)uc;
	(void)offset;
	(void)size;
	(void)user;
	return 0;
}

static void nowhere_write(uc_engine *uc, uint64_t offset, unsigned int size, uint64_t val, void *user)
{
	(void)uc;
	(void)offset;
	(void)size;
	(void)val;
	(void)user;
}

static bool nowhere_fetch(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t val, void *user)
{
	(void)uc;
	(void)type;
	(void)address;
	(void)size;
	(void)val;
	(void)user;
	return true;
}

static uc_err map_memory(struct vcpu *v)
{
	const struct machine *m = v->m;
	const uint64_t stage2_end = MACH_STAGE2_BASE + MACH_STAGE2_SIZE;
	const uint64_t ram_end = MACH_RAM_BASE + m->ram_size;
	const struct {
		uint64_t start, size;
	} nowhere[] = {
		{ 0, MACH_STAGE2_BASE },
		{ stage2_end, MACH_RAM_BASE - stage2_end },
		{ ram_end, (UINT64_C(1) << 48) - ram_end },
		{ UINT64_C(0xffff) << 48, UINT64_C(1) << 48 },
	};
	uc_hook hook;
	uc_err err;
	size_t i;

	err = uc_mem_map_ptr(v->uc, MACH_RAM_BASE, m->ram_size, UC_PROT_ALL, m->ram);
	if (!err)
		err = uc_mem_map_ptr(v->uc, MACH_STAGE2_BASE, MACH_STAGE2_SIZE, UC_PROT_ALL, m->stage2);
	for (i = 0; !err && i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		err = uc_mmio_map(v->uc, nowhere[i].start, nowhere[i].size, nowhere_read, NULL, nowhere_write, NULL);
	if (!err)
		err = uc_hook_add(v->uc, &hook, UC_HOOK_MEM_FETCH_PROT, (void *)(uintptr_t)nowhere_fetch, NULL, 1, 0);
	return err;
}

static uc_err add_hooks(struct vcpu *v)
{
	const struct {
		int type;
		int insn;
		uintptr_t callback;
	} hooks[] = {
		{ UC_HOOK_BLOCK, 0, (uintptr_t)sched_block_hook },
		{ UC_HOOK_INTR, 0, (uintptr_t)exception_hook },
		{ UC_HOOK_INSN, UC_ARM64_INS_MRS, (uintptr_t)sysreg_read_hook },
		{ UC_HOOK_INSN, UC_ARM64_INS_MSR, (uintptr_t)sysreg_write_hook },
		{ UC_HOOK_INSN, UC_ARM64_INS_SYS, (uintptr_t)sysreg_sys_hook },
	};
	uc_hook hook;
	uc_err err = UC_ERR_OK;
	size_t i;

	for (i = 0; !err && i < sizeof(hooks) / sizeof(hooks[0]); i++)
		err = uc_hook_add(v->uc, &hook, hooks[i].type, (void *)hooks[i].callback, v, 1, 0, hooks[i].insn);
	return err;
}

/* Non-secure EL1 under stage 2. */
static void set_up_hypervisor(struct vcpu *v)
{
	uint32_t hflags;

	vcpu_set_sysreg(v, 3, 6, 1, 1, 0, SCR_NS_RW_HCE);
	vcpu_set_sysreg(v, 3, 4, 2, 1, 2, VTCR);
	vcpu_set_sysreg(v, 3, 4, 2, 1, 0, MACH_STAGE2_BASE);
	vcpu_set_sysreg(v, 3, 4, 1, 1, 0, HCR_RW_VM);
	vcpu_set_sysreg(v, 3, 4, 0, 0, 5, UINT64_C(1) << 31 | machine_affinity(v->id));
	vcpu_set_pstate(v, PSTATE_EXCEPTION_ENTRY);
	uc_context_save(v->uc, v->scratch);
	hflags = context_u32(v, v->regs_offset + CTX_HFLAGS);
	hflags = (hflags & ~HFLAGS_MMU_MASK) | HFLAGS_MMU_NS_EL1 | HFLAGS_UNPRIV;
	set_context_u32(v, v->regs_offset + CTX_HFLAGS, hflags);
	uc_context_restore(v->uc, v->scratch);
	uc_context_save(v->uc, v->reset);
}

static bool set_up(struct vcpu *v)
{
	uc_err err = uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &v->uc);
	size_t size;

	if (!err)
		err = uc_ctl_set_cpu_model(v->uc, UC_CPU_ARM64_A57);
	if (!err)
		err = map_memory(v);
	if (!err)
		err = uc_context_alloc(v->uc, &v->scratch);
	if (!err)
		err = uc_context_alloc(v->uc, &v->reset);
	if (err) {
		complain("CPU %u: cannot make a Unicorn engine: %s", v->id, uc_strerror(err));
		return false;
	}
	size = uc_context_size(v->uc);
	if (!find_registers(v, size) || !find_exception(v, size)) {
		complain(
			"this version of Unicorn keeps its CPU state where it cannot be found; 2.0.1 is known to work");
		return false;
	}
	err = add_hooks(v);
	if (err) {
		complain("CPU %u: cannot hook the Unicorn engine: %s", v->id, uc_strerror(err));
		return false;
	}
	set_up_hypervisor(v);
	return true;
}

struct vcpu *vcpu_create(struct machine *m, unsigned int id)
{
	struct vcpu *v = calloc(1, sizeof(*v));

	if (!v) {
		complain("no memory for CPU %u", id);
		return NULL;
	}
	v->m = m;
	v->id = id;
	v->state = VCPU_OFF;
	v->timers.deadline = TIMER_NEVER;
	if (!set_up(v)) {
		vcpu_destroy(v);
		return NULL;
	}
	return v;
}

void vcpu_destroy(struct vcpu *v)
{
	if (!v)
		return;
	if (v->scratch)
		uc_context_free(v->scratch);
	if (v->reset)
		uc_context_free(v->reset);
	if (v->uc)
		uc_close(v->uc);
	free(v);
}
