/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * report.c - the state of a machine that did not get to its end, on standard error.
 */
#include <stdio.h>

#include "irqchip.h"
#include "vcpu.h"

static const char *state_name(enum vcpu_state state)
{
	switch (state) {
	case VCPU_OFF:
		return "off";
	case VCPU_RUNS:
		return "running";
	case VCPU_SLEEPS:
		return "in WFI";
	}
	return "?";
}

static void report_cpu(struct vcpu *v)
{
	struct irqchip *chip = v->m->chip;
	uint32_t pstate = vcpu_pstate(v);
	unsigned int lines;

	fprintf(stderr, "CPU %u: %s", v->id, state_name(v->state));
	if (v->state != VCPU_OFF) {
		lines = irqchip_lines(chip, v->id);
		fprintf(stderr, ", PC 0x%llx, LR 0x%llx, EL%u, IRQ %s%s, FIQ %s%s",
		        (unsigned long long)vcpu_reg(v, UC_ARM64_REG_PC), (unsigned long long)vcpu_x(v, 30),
		        pstate_el(pstate), lines & IRQCHIP_IRQ ? "signalled" : "quiet",
		        pstate & PSTATE_I ? " and masked" : "", lines & IRQCHIP_FIQ ? "signalled" : "quiet",
		        pstate & PSTATE_F ? " and masked" : "");
	}
	fputc('\n', stderr);
	irqchip_explain(chip, v->id, stderr);
}

void machine_report(struct machine *m)
{
	unsigned int cpu;

	for (cpu = 0; cpu < m->nr_cpus; cpu++)
		report_cpu(m->cpus[cpu]);
	fputs("SPIs:\n", stderr);
	irqchip_explain(m->chip, IRQCHIP_SPIS, stderr);
	fputs("LPIs:\n", stderr);
	irqchip_explain(m->chip, IRQCHIP_LPIS, stderr);
}
