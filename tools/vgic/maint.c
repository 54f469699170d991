/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * maint.c - broadcast of TLB and instruction cache maintenance.
 *
 * Each engine has its own TLB and its own translated code, and its instructions act on that only. What is broadcast
 * goes into a log, and each CPU catches up before it runs again, which is early enough because only one runs at a time.
 *
 * For an engine, instruction cache maintenance means to forget translated code; it notices by itself only what it wrote
 * itself.
 */
#include "maint.h"

#include <string.h>

#include "vcpu.h"

#define PAGE_SIZE UINT64_C(4096)

/*
 * Unicorn takes the address as virtual and silently does nothing where it is not executable, so the MMU is switched off
 * meanwhile, which must leave no trace in the TLB. (Writing through the engine would not do: that leaves translated
 * code alone. Nor would uc_ctl_flush_tlb(): it takes 100 ms and makes 1 GiB of translation buffer resident.)
 */
static void forget(struct vcpu *v, uint64_t gpa, uint64_t size)
{
	uint64_t sctlr = vcpu_sysreg(v, 3, 0, 1, 0, 0);

	if (!machine_ram(v->m, gpa, size))
		return;
	vcpu_set_sysreg(v, 3, 0, 1, 0, 0, sctlr & ~UINT64_C(1));
	vcpu_set_sysreg(v, 1, 0, 8, 7, 0, 0); /* TLBI VMALLE1 */
	uc_ctl_remove_cache(v->uc, gpa, gpa + size);
	vcpu_set_sysreg(v, 3, 0, 1, 0, 0, sctlr);
	vcpu_set_sysreg(v, 1, 0, 8, 7, 0, 0);
}

void maint_catch_up(struct vcpu *v)
{
	struct maint *log = &v->m->maint;

	for (; v->maint_seen < log->head; v->maint_seen++) {
		const struct maint_op *op = &log->ops[v->maint_seen % MAINT_LOG_SIZE];

		if (op->origin == v->id)
			continue;
		switch (op->kind) {
		case MAINT_TLBI:
			/* CRm 3 is the inner shareable kind; the engine takes it as its own. */
			vcpu_set_sysreg(v, 1, 0, 8, 3, op->op2, op->arg);
			break;
		case MAINT_IC_PAGE:
			forget(v, op->arg, PAGE_SIZE);
			break;
		case MAINT_IC_ALL:
			forget(v, MACH_RAM_BASE, v->m->ram_size);
			break;
		}
	}
	log->sealed = log->head;
}

/* What was translated from there may stay until the guest itself invalidates it (Arm ARM B2.4.4): see maint_ic_page().
 */
void maint_dma(struct machine *m, uint64_t gpa, uint64_t size)
{
	uint64_t page = (gpa - MACH_RAM_BASE) / PAGE_SIZE;
	uint64_t end = (gpa - MACH_RAM_BASE + size + PAGE_SIZE - 1) / PAGE_SIZE;

	for (; page < end; page++)
		m->maint.dma[page / 8] |= (uint8_t)(1u << page % 8);
}

static void append(struct vcpu *v, unsigned int origin, enum maint_kind kind, unsigned int op2, uint64_t arg)
{
	struct machine *m = v->m;
	struct maint *log = &m->maint;
	unsigned int i;

	if (m->nr_cpus == 1 && origin == v->id)
		return;
	if (log->head > log->sealed) {
		const struct maint_op *last = &log->ops[(log->head - 1) % MAINT_LOG_SIZE];

		if (last->origin == origin && last->kind == kind && last->op2 == op2 && last->arg == arg)
			return;
	}
	/* Whoever would lose the oldest operation does it now; none of them is running. */
	for (i = 0; i < m->nr_cpus; i++)
		if (m->cpus[i] != v && log->head - m->cpus[i]->maint_seen >= MAINT_LOG_SIZE)
			maint_catch_up(m->cpus[i]);
	if (log->head - v->maint_seen >= MAINT_LOG_SIZE)
		v->maint_seen = log->head;
	log->ops[log->head % MAINT_LOG_SIZE] =
		(struct maint_op){ .kind = kind, .origin = origin, .op2 = op2, .arg = arg };
	log->head++;
}

void maint_tlbi(struct vcpu *v, unsigned int op2, uint64_t operand)
{
	append(v, v->id, MAINT_TLBI, op2, operand);
}

void maint_ic_page(struct vcpu *v, uint64_t gpa)
{
	uint64_t page = (gpa - MACH_RAM_BASE) / PAGE_SIZE;

	gpa &= ~(PAGE_SIZE - 1);
	if (machine_ram(v->m, gpa, PAGE_SIZE) && (v->m->maint.dma[page / 8] >> page % 8 & 1)) {
		append(v, MAINT_NOBODY, MAINT_IC_PAGE, 0, gpa);
		v->yields = true;
		vcpu_attention(v);
	} else {
		append(v, v->id, MAINT_IC_PAGE, 0, gpa);
	}
}

void maint_ic_all(struct vcpu *v)
{
	append(v, v->id, MAINT_IC_ALL, 0, 0);
}
