/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * timer.c - the generic timer (DDI 0487, D11). The counters run on the host's clock from 0 at power on; the guest reads
 * them here and not from the engine, so that what it reads and when its timers fire always agree.
 */
#include "timer.h"

#include "irqchip.h"
#include "util.h"
#include "vcpu.h"

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

static const unsigned int timer_intid[NR_TIMERS] = {
	[TIMER_VIRTUAL] = MACH_INTID_VTIMER,
	[TIMER_PHYSICAL] = MACH_INTID_PTIMER,
};

uint64_t timer_count(const struct machine *m)
{
	return (host_ns() - m->clock_origin) / TIMER_NS_PER_TICK;
}

uint64_t timer_read(struct vcpu *v, enum timer_which which, enum timer_reg reg)
{
	uint64_t cval = v->timers.timer[which].cval;
	uint32_t ctl = v->timers.timer[which].ctl;

	switch (reg) {
	case TIMER_TVAL:
		return (uint32_t)(cval - timer_count(v->m));
	case TIMER_CVAL:
		return cval;
	case TIMER_CTL:
		break;
	}
	if ((ctl & CTL_ENABLE) && timer_count(v->m) >= cval)
		ctl |= CTL_ISTATUS;
	return ctl;
}

void timer_write(struct vcpu *v, enum timer_which which, enum timer_reg reg, uint64_t val)
{
	switch (reg) {
	case TIMER_TVAL:
		v->timers.timer[which].cval = timer_count(v->m) + (uint64_t)(int64_t)(int32_t)(uint32_t)val;
		break;
	case TIMER_CVAL:
		v->timers.timer[which].cval = val;
		break;
	case TIMER_CTL:
		v->timers.timer[which].ctl = (uint32_t)val & (CTL_ENABLE | CTL_IMASK);
		break;
	}
	timer_update(v);
}

void timer_reset(struct vcpu *v)
{
	int i;

	for (i = 0; i < NR_TIMERS; i++) {
		v->timers.timer[i].ctl = 0;
		v->timers.timer[i].cval = 0;
	}
	timer_update(v);
}

void timer_update(struct vcpu *v)
{
	uint64_t now = timer_count(v->m);
	uint64_t next = TIMER_NEVER;
	int i;

	for (i = 0; i < NR_TIMERS; i++) {
		uint64_t cval = v->timers.timer[i].cval;
		bool counts = (v->timers.timer[i].ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
		bool level = counts && now >= cval;

		if (level != v->timers.timer[i].level) {
			v->timers.timer[i].level = level;
			v->dirty = true;
			if (!irqchip_set_ppi(v->m->chip, v->id, timer_intid[i], level))
				machine_fail(v->m, "CPU %u: timer interrupt %u refused", v->id, timer_intid[i]);
		}
		if (counts && !level && cval < next)
			next = cval;
	}
	/* In nanoseconds, unless that is centuries away. */
	if (next < (TIMER_NEVER - v->m->clock_origin) / TIMER_NS_PER_TICK)
		v->timers.deadline = v->m->clock_origin + next * TIMER_NS_PER_TICK;
	else
		v->timers.deadline = TIMER_NEVER;
}
