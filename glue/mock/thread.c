/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: who may run which vCPU: kick, halt, resume, sleep, and the threads.
 * Locks: run_lock.
 * Implements: ops->kick, halt, resume; their contracts in <libvgic/ops.h>.
 *
 * A vCPU is "stopped" when its thread waits at the gate, sleeps in WFI, waits inside of halt, or does not exist, and
 * when it is off. To halt it means to own it, taken under run_lock when three things hold at once: it is stopped,
 * nobody else has halted it, and the taker itself is not halted. Because the taker counts as stopped while it waits,
 * two vCPUs that halt each other take turns.
 */
#include "internal.h"

_Thread_local struct mock_vcpu *mock_self;

/* The vCPU that the calling thread has halted. */
static _Thread_local struct mock_vcpu *halting;

void mock_op_kick(void *vctx)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_KICK);
	mock_check_unlocked(c->vm, "kick");
	atomic_fetch_add_explicit(&c->nr_kicks, 1, memory_order_relaxed);
	/*
	 * Either this thread sees that the vCPU sleeps, or the vCPU, which looks at exit_req after it has said that it
	 * sleeps, sees the request: both are sequentially consistent. Exchanges, because QEMU's user-mode emulation of
	 * AArch64 on x86 lets a load-acquire pass a store-release before it.
	 */
	atomic_exchange(&c->exit_req, true);
	if (atomic_load(&c->sleeping)) {
		pthread_mutex_lock(&c->vm->run_lock);
		pthread_cond_signal(&c->wake);
		pthread_mutex_unlock(&c->vm->run_lock);
	}
}

static void halt_now(struct mock_vcpu *c)
{
	if (c->halted) {
		mock_report(c->vm, "vCPU %u is halted twice: deadlock", c->id);
		return;
	}
	c->reenter = atomic_load(&c->in_guest);
	mock_vcpu_exit(c->vm, c->id);
	c->halted = true;
}

static void halt_thread(struct mock_vcpu *c)
{
	struct mock_vm *vm = c->vm;
	struct mock_vcpu *self = mock_self && mock_self->vm == vm ? mock_self : NULL;

	pthread_mutex_lock(&vm->run_lock);
	if (self)
		self->stopped = true;
	c->waiters++;
	atomic_store(&c->exit_req, true);
	pthread_cond_broadcast(&vm->run_cond);
	while (!c->stopped || c->halted || (self && self->halted))
		pthread_cond_wait(&vm->run_cond, &vm->run_lock);
	c->waiters--;
	c->halted = true;
	if (self)
		self->stopped = false;
	pthread_mutex_unlock(&vm->run_lock);
}

void mock_op_halt(void *vctx)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_HALT);
	mock_check_unlocked(c->vm, "halt");
	if (c == mock_self) {
		mock_report(c->vm, "vCPU %u halts itself", c->id);
		return;
	}
	if (halting && halting->vm == c->vm)
		mock_report(c->vm, "halt of vCPU %u while vCPU %u is halted", c->id, halting->id);
	pthread_mutex_lock(&c->vm->run_lock);
	c->nr_halts++;
	pthread_mutex_unlock(&c->vm->run_lock);
	halting = c;
	if (atomic_load(&c->vm->running))
		halt_thread(c);
	else
		halt_now(c);
}

void mock_op_resume(void *vctx)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_RESUME);
	mock_check_unlocked(c->vm, "resume");
	if (halting != c)
		mock_report(c->vm, "resume of vCPU %u, which this thread has not halted", c->id);
	halting = NULL;
	pthread_mutex_lock(&c->vm->run_lock);
	c->halted = false;
	pthread_cond_broadcast(&c->vm->run_cond);
	pthread_mutex_unlock(&c->vm->run_lock);
	if (!atomic_load(&c->vm->running) && c->reenter) {
		c->reenter = false;
		mock_vcpu_enter(c->vm, c->id);
	}
}

void mock_stopped(struct mock_vcpu *c)
{
	if (!atomic_load(&c->vm->running))
		return;
	pthread_mutex_lock(&c->vm->run_lock);
	c->stopped = true;
	pthread_cond_broadcast(&c->vm->run_cond);
	pthread_mutex_unlock(&c->vm->run_lock);
}

void mock_gate(struct mock_vcpu *c)
{
	struct mock_vm *vm = c->vm;

	if (!atomic_load(&vm->running)) {
		if (c->halted)
			mock_report(vm, "vCPU %u runs while it is halted", c->id);
		atomic_store(&c->exit_req, false);
		return;
	}
	pthread_mutex_lock(&vm->run_lock);
	c->stopped = true;
	if (c->halted || c->waiters) {
		pthread_cond_broadcast(&vm->run_cond);
		while (c->halted || c->waiters)
			pthread_cond_wait(&vm->run_cond, &vm->run_lock);
	}
	c->stopped = false;
	/*
	 * Here, so that a halt that comes after it is seen. An exchange, so that what the kicker did before the kick is
	 * visible to the flush that follows.
	 */
	atomic_exchange(&c->exit_req, false);
	pthread_mutex_unlock(&vm->run_lock);
}

void mock_sleep(struct mock_vcpu *c)
{
	struct mock_vm *vm = c->vm;

	pthread_mutex_lock(&vm->run_lock);
	c->stopped = true;
	atomic_exchange(&c->sleeping, true);
	pthread_cond_broadcast(&vm->run_cond);
	while (!atomic_load(&c->exit_req) && !atomic_load(&vm->stop))
		pthread_cond_wait(&c->wake, &vm->run_lock);
	atomic_store(&c->sleeping, false);
	while (c->halted || c->waiters)
		pthread_cond_wait(&vm->run_cond, &vm->run_lock);
	c->stopped = false;
	pthread_mutex_unlock(&vm->run_lock);
}

static void *thread_main(void *arg)
{
	struct mock_vcpu *c = arg;

	mock_self = c;
	mock_gate(c);
	c->vm->guest(c->vm, c->id, c->vm->guest_arg);
	mock_vcpu_exit(c->vm, c->id);
	mock_stopped(c);
	return NULL;
}

void mock_threads_start(struct mock_vm *vm, mock_guest_fn *fn, void *arg)
{
	if (!vm->config.threaded || atomic_load(&vm->running)) {
		mock_report(vm, "mock_threads_start: not a threaded VM, or running already");
		return;
	}
	vm->guest = fn;
	vm->guest_arg = arg;
	atomic_store(&vm->stop, false);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		mock_vcpu_exit(vm, cpu);
	atomic_store(&vm->running, true);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		if (pthread_create(&vm->vcpus[cpu].thread, NULL, thread_main, &vm->vcpus[cpu]))
			mock_report(vm, "no thread for vCPU %u", cpu);
}

bool mock_stopping(const struct mock_vm *vm)
{
	return atomic_load(&vm->stop);
}

void mock_threads_stop(struct mock_vm *vm)
{
	if (!atomic_load(&vm->running))
		return;
	pthread_mutex_lock(&vm->run_lock);
	atomic_store(&vm->stop, true);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++) {
		atomic_store(&vm->vcpus[cpu].exit_req, true);
		pthread_cond_signal(&vm->vcpus[cpu].wake);
	}
	pthread_mutex_unlock(&vm->run_lock);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		pthread_join(vm->vcpus[cpu].thread, NULL);
	atomic_store(&vm->running, false);
}
