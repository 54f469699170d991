/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * timer.h - the generic timer of a CPU: counters, virtual and physical EL1 timer.
 */
#ifndef VGIC_TIMER_H
#define VGIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define TIMER_NS_PER_TICK 16u /* the engine's CNTFRQ_EL0 says 62.5 MHz */
#define TIMER_NEVER       UINT64_MAX

struct machine;
struct vcpu;

enum timer_which {
	TIMER_VIRTUAL,
	TIMER_PHYSICAL,
	NR_TIMERS
};
enum timer_reg {
	TIMER_TVAL,
	TIMER_CTL,
	TIMER_CVAL
}; /* as op2 of CNT<x>_<reg>_EL0 */

struct arch_timers {
	struct {
		uint64_t cval;
		uint32_t ctl; /* ENABLE and IMASK */
		bool level;   /* as the interrupt controller was told */
	} timer[NR_TIMERS];
	uint64_t deadline; /* host_ns() when a level rises next, or TIMER_NEVER */
};

/* CNTVCT_EL0 and CNTPCT_EL0: the same for all CPUs, and no offset between the two. */
uint64_t timer_count(const struct machine *m);

uint64_t timer_read(struct vcpu *v, enum timer_which which, enum timer_reg reg);
void timer_write(struct vcpu *v, enum timer_which which, enum timer_reg reg, uint64_t val);

/* Power on. */
void timer_reset(struct vcpu *v);

/* Drive the interrupt lines as of now. */
void timer_update(struct vcpu *v);

#endif
