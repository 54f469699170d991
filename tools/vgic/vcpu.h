/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vcpu.h - one virtual CPU: a Unicorn engine under an invisible EL2.
 */
#ifndef VGIC_VCPU_H
#define VGIC_VCPU_H

#include <unicorn/unicorn.h>

#include "machine.h"
#include "timer.h"

enum vcpu_state {
	VCPU_OFF,
	VCPU_RUNS,
	VCPU_SLEEPS, /* in WFI */
};

struct vcpu {
	uc_engine *uc;
	struct machine *m;
	unsigned int id;
	enum vcpu_state state;

	/* Time slice, all in basic blocks (sched.c). */
	int countdown; /* to the next look at anything */
	int chunk;     /* what countdown was set to */
	int budget;    /* rest of the slice */
	int next_poll; /* budget at which clocks are looked at again */
	bool yields;   /* end the slice at the next block */
	bool stopping; /* uc_emu_stop() was called: uc_emu_start() does not return because of a WFI */
	bool dirty;    /* ask irqchip_lines() again */
	unsigned int lines;
	unsigned int exceptions; /* taken since the last block */

	struct arch_timers timers;
	uint64_t maint_seen;

	uc_context *scratch; /* for looking into the engine and patching it */
	uc_context *reset;   /* the state after power on */
	size_t regs_offset;  /* of X0 in a context; X1.., SP, PC, PSTATE follow */
	size_t exc_offset;   /* of the last exception's syndrome in a context */
};

/* PSTATE: */
#define PSTATE_SP              UINT32_C(0x1)
#define PSTATE_NRW             UINT32_C(0x10)
#define PSTATE_F               UINT32_C(0x40)
#define PSTATE_I               UINT32_C(0x80)
#define PSTATE_EXCEPTION_ENTRY UINT32_C(0x3c5) /* DAIF, EL1h */

static inline unsigned int pstate_el(uint32_t pstate)
{
	return (pstate >> 2) & 3;
}

/* What the engine says of the exception that it has just taken. */
struct vcpu_exception {
	uint32_t syndrome; /* as ESR_ELx */
	uint32_t target_el;
	uint64_t far;
};

/* Engine and power-on state; the CPU is off. NULL after a message. */
struct vcpu *vcpu_create(struct machine *m, unsigned int id);
void vcpu_destroy(struct vcpu *v);

/* Power on at EL1 with the MMU off. */
void vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t x0);

uint64_t vcpu_reg(struct vcpu *v, int uc_reg);
void vcpu_set_reg(struct vcpu *v, int uc_reg, uint64_t val);
/* X0..X30; 31 is XZR. */
uint64_t vcpu_x(struct vcpu *v, unsigned int n);
void vcpu_set_x(struct vcpu *v, unsigned int n, uint64_t val);
uint32_t vcpu_pstate(struct vcpu *v);
void vcpu_set_pstate(struct vcpu *v, uint32_t val);
uint64_t vcpu_sysreg(struct vcpu *v, unsigned int op0, unsigned int op1, unsigned int crn, unsigned int crm,
                     unsigned int op2);
void vcpu_set_sysreg(struct vcpu *v, unsigned int op0, unsigned int op1, unsigned int crn, unsigned int crm,
                     unsigned int op2, uint64_t val);

/* Inside of the UC_HOOK_INTR callback only. */
void vcpu_get_exception(struct vcpu *v, struct vcpu_exception *e);

/* Go from EL0 to EL1 at a new PC: PSTATE, and what the engine has cached of it. False: it was in AArch32. */
bool vcpu_enter_el1(struct vcpu *v, uint64_t pc);

/* Make the engine return to the scheduler. Not in a callback that writes the PC. */
void vcpu_stop(struct vcpu *v);

/* Blocks until the scheduler looks at this CPU again. */
static inline void vcpu_set_countdown(struct vcpu *v, int blocks)
{
	v->budget -= v->chunk - v->countdown;
	v->chunk = blocks;
	v->countdown = blocks;
}

/* Something may have changed that the scheduler must see at the next block. */
static inline void vcpu_attention(struct vcpu *v)
{
	v->dirty = true;
	vcpu_set_countdown(v, 1);
}

/* exception.c: */
void exception_hook(uc_engine *uc, uint32_t intno, void *user);
#define VECTOR_SYNC 0x000u
#define VECTOR_IRQ  0x080u
#define VECTOR_FIQ  0x100u
/* Take an exception to EL1 that returns to "elr". ESR and FAR are the caller's. */
void exception_enter(struct vcpu *v, unsigned int vector, uint64_t elr);

/* sysreg.c: */
uint32_t sysreg_read_hook(uc_engine *uc, uc_arm64_reg rt, const uc_arm64_cp_reg *reg, void *user);
uint32_t sysreg_write_hook(uc_engine *uc, uc_arm64_reg rt, const uc_arm64_cp_reg *reg, void *user);
uint32_t sysreg_sys_hook(uc_engine *uc, uc_arm64_reg rt, const uc_arm64_cp_reg *reg, void *user);

/* sched.c: */
void sched_block_hook(uc_engine *uc, uint64_t address, uint32_t size, void *user);

/* psci.c: the call in X0..X3. */
void psci_call(struct vcpu *v);

/* mmu.c: stage 1 of a guest virtual address, without side effects; false if it does not translate. */
bool mmu_translate(struct vcpu *v, uint64_t va, uint64_t *gpa);
/* Is the MMU on and may EL1 (or EL0) write there without a fault? */
bool mmu_writable(struct vcpu *v, uint64_t va, bool el0, uint64_t *gpa);
/* The instruction at a virtual address; 0 (which is UDF) if it cannot be read. */
uint32_t mmu_fetch(struct vcpu *v, uint64_t va);

#endif
