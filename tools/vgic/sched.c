/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * sched.c - the CPUs take turns on one thread: time slices, interrupts into the guest, WFI and sleep.
 *
 * The engine calls sched_block_hook() before each basic block. Nearly always that only counts down; at 0 it looks at
 * clocks, the interrupt lines and the end of the slice. Whatever needs a look before that sets the count to 1.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "irqchip.h"
#include "pl011.h"
#include "util.h"
#include "vcpu.h"

/* In basic blocks. A block takes some 10 ns. */
#define SLICE_BLOCKS 30000
/* Between looks at the clock; odd, so that a loop of two blocks shows both. */
#define POLL_BLOCKS 255

/* The console is looked at this often when the guest is busy. */
#define CONSOLE_PERIOD_NS UINT64_C(2000000)

#define INSN_YIELD UINT32_C(0xd503203f)
#define INSN_WFE   UINT32_C(0xd503205f)

/* A signal that asks the program to end. */
static volatile sig_atomic_t signalled;

static void on_signal(int sig)
{
	signalled = sig;
}

/* Take an interrupt if one is signalled and not masked; the block at "address" has not been entered. */
static bool take_interrupt(struct vcpu *v, uint64_t address)
{
	uint32_t pstate = vcpu_pstate(v);
	unsigned int unmasked = (pstate & PSTATE_I ? 0 : IRQCHIP_IRQ) | (pstate & PSTATE_F ? 0 : IRQCHIP_FIQ);

	if (!(v->lines & unmasked))
		return false;
	/* A line may have fallen without a kick since. */
	v->lines = irqchip_lines(v->m->chip, v->id);
	if (!(v->lines & unmasked))
		return false;
	exception_enter(v, v->lines & unmasked & IRQCHIP_FIQ ? VECTOR_FIQ : VECTOR_IRQ, address);
	return true;
}

/* Does the block wait for another CPU? Then the rest of the slice is better spent there. */
static bool waits(struct vcpu *v, uint64_t address, uint32_t size)
{
	uint64_t gpa, room;
	uint32_t offset;
	const uint8_t *p;

	if (!mmu_translate(v, address, &gpa))
		return false;
	/* One translation is enough for all but the few blocks that cross a page. */
	room = 4096 - gpa % 4096;
	if (size > room)
		size = (uint32_t)room;
	p = machine_ram(v->m, gpa, size);
	for (offset = 0; p && offset + 4 <= size; offset += 4) {
		uint32_t insn;

		memcpy(&insn, p + offset, sizeof(insn));
		if (insn == INSN_WFE || insn == INSN_YIELD)
			return true;
	}
	return false;
}

static void look(struct vcpu *v, uint64_t address, uint32_t size)
{
	bool poll_due;

	vcpu_set_countdown(v, 0); /* for its accounting */
	poll_due = v->budget <= v->next_poll;
	if (poll_due) {
		v->next_poll = v->budget - POLL_BLOCKS;
		if (v->timers.deadline <= host_ns())
			timer_update(v);
		if (v->m->nr_cpus > 1 && !v->yields && waits(v, address, size))
			v->yields = true;
	}
	if (v->dirty) {
		v->dirty = false;
		v->lines = irqchip_lines(v->m->chip, v->id);
	}
	if (v->lines && take_interrupt(v, address)) {
		/* The PC was written: no stop in this call. */
		vcpu_set_countdown(v, 1);
		return;
	}
	if (v->budget <= 0 || v->yields || v->m->end != MACHINE_RUNS) {
		vcpu_stop(v);
		return;
	}
	/* While an interrupt is masked, look at each block whether it still is. */
	vcpu_set_countdown(v, v->lines ? 1 : POLL_BLOCKS);
}

void sched_block_hook(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
	struct vcpu *v = user;

	(void)uc;
	v->exceptions = 0;
	if (--v->countdown <= 0)
		look(v, address, size);
}

static void run_slice(struct vcpu *v)
{
	struct machine *m = v->m;
	uint64_t pc;
	uc_err err;

	maint_catch_up(v);
	v->stopping = false;
	v->yields = false;
	v->dirty = true;
	v->budget = SLICE_BLOCKS;
	v->next_poll = SLICE_BLOCKS - POLL_BLOCKS;
	v->chunk = 1;
	v->countdown = 1;
	pc = vcpu_reg(v, UC_ARM64_REG_PC);
	err = uc_emu_start(v->uc, pc, 0, 0, 0);
	if (m->end != MACHINE_RUNS || v->stopping)
		return;
	pc = vcpu_reg(v, UC_ARM64_REG_PC);
	if (err != UC_ERR_OK) {
		machine_fail(m, "CPU %u at PC 0x%llx: %s", v->id, (unsigned long long)pc, uc_strerror(err));
	} else if (pc == 0) {
		/* The engine takes address 0 for the end of the program. */
		machine_fail(m, "CPU %u executes at address 0", v->id);
	} else {
		v->state = VCPU_SLEEPS;
		irqchip_cpu_sleeps(m->chip, v->id, true);
	}
}

/* May this CPU run now? */
static bool wake(struct vcpu *v)
{
	if (v->state == VCPU_SLEEPS && irqchip_pending(v->m->chip, v->id)) {
		v->state = VCPU_RUNS;
		irqchip_cpu_sleeps(v->m->chip, v->id, false);
	}
	return v->state == VCPU_RUNS;
}

/* One turn for everybody; false if all sleep. */
static bool run_round(struct machine *m)
{
	bool ran = false;
	unsigned int cpu;

	for (cpu = 0; cpu < m->nr_cpus && m->end == MACHINE_RUNS; cpu++) {
		struct vcpu *v = m->cpus[cpu];

		if (v->state == VCPU_OFF)
			continue;
		if (v->timers.deadline <= host_ns())
			timer_update(v);
		if (wake(v)) {
			run_slice(v);
			ran = true;
		}
	}
	return ran;
}

/* Sleep until a timer is due, input comes or the time is up. */
static void sleep_all(struct machine *m)
{
	struct pollfd pfd = { .fd = pl011_input_fd(m->uart), .events = POLLIN };
	uint64_t until = m->config->deadline_ns ? m->config->deadline_ns : TIMER_NEVER;
	struct timespec ts;
	uint64_t now;
	sigset_t none;
	unsigned int cpu;

	for (cpu = 0; cpu < m->nr_cpus; cpu++)
		if (m->cpus[cpu]->state != VCPU_OFF && m->cpus[cpu]->timers.deadline < until)
			until = m->cpus[cpu]->timers.deadline;
	now = host_ns();
	if (until <= now)
		return;
	ts.tv_sec = (time_t)((until - now) / UINT64_C(1000000000));
	ts.tv_nsec = (long)((until - now) % UINT64_C(1000000000));
	/* Signals are let in only here, or one could come between the look at it and the sleep. */
	sigemptyset(&none);
	ppoll(&pfd, 1, until == TIMER_NEVER ? NULL : &ts, &none);
}

static void catch_signals(bool on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on ? on_signal : SIG_DFL };
	sigset_t set;
	size_t i;

	sigemptyset(&action.sa_mask);
	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void look_at_console(struct machine *m)
{
	sigset_t pending;

	pl011_flush(m->uart);
	pl011_poll(m->uart);
	sigpending(&pending);
	if (signalled || sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
	    sigismember(&pending, SIGHUP) || pl011_quit(m->uart))
		machine_stop(m, MACHINE_QUIT);
}

enum machine_end machine_run(struct machine *m)
{
	uint64_t console_due = 0;

	signalled = 0;
	catch_signals(true);
	while (m->end == MACHINE_RUNS) {
		/* A piece of deferred work a round: the CPUs go on meanwhile. */
		bool work = irqchip_work(m->chip);
		bool ran = run_round(m) || work;
		uint64_t now = host_ns();

		if (m->end != MACHINE_RUNS)
			break;
		if (!ran || now >= console_due) {
			look_at_console(m);
			console_due = now + CONSOLE_PERIOD_NS;
		}
		if (m->config->deadline_ns && now >= m->config->deadline_ns)
			machine_stop(m, MACHINE_TIMEOUT);
		if (!ran && m->end == MACHINE_RUNS) {
			sleep_all(m);
			look_at_console(m);
		}
	}
	pl011_flush(m->uart);
	return m->end;
}
