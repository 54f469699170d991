/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the ops table of a VM, and the ops that are not of one of the other files.
 * Locks: account_lock.
 * Implements: <libvgic/ops.h>.
 */
#include <stdlib.h>

#include "v4.h"

static void op_acked(void *vctx, uint32_t intid)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_ACKED);
	mock_check_unlocked(c->vm, "acked");
	c->counts.acked++;
	if (c->vm->acked)
		c->vm->acked(c->vm, c->id, intid, c->vm->acked_arg);
}

static void op_defer(void *ctx)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_DEFER);
	mock_check_unlocked(vm, "defer");
	atomic_store(&vm->deferred, true);
}

/* Each look at the clock is 100 ns later than the one before: the same in every run. */
static uint64_t op_clock(void *ctx)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_CLOCK);
	return atomic_fetch_add_explicit(&vm->now, 100, memory_order_relaxed) + 100;
}

static void op_guest_error(void *ctx, void *vctx, const struct lvgic_guest_error *error)
{
	struct mock_vm *vm = ctx;

	(void)vctx;
	mock_called(vm, MOCK_OP_GUEST_ERROR);
	pthread_mutex_lock(&vm->account_lock);
	vm->nr_guest_errors++;
	vm->guest_error = *error;
	pthread_mutex_unlock(&vm->account_lock);
}

static void op_hw_changed(void *ctx, void *vctx, uint32_t intid)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_HW_CHANGED);
	mock_check_unlocked(vm, "hw_changed");
	if (!vctx != (intid >= LVGIC_FIRST_SPI))
		mock_report(vm, "hw_changed of INTID %u with the wrong vCPU", intid);
	pthread_mutex_lock(&vm->account_lock);
	vm->hw_changes++;
	vm->hw_changed = intid;
	pthread_mutex_unlock(&vm->account_lock);
}

uint64_t mock_hw_changes(struct mock_vm *vm, uint32_t *intid)
{
	if (intid)
		*intid = vm->hw_changed;
	return vm->hw_changes;
}

/* A reset forgets the devices without a word, so one may be mapped anew. */
static enum lvgic_status op_device_map(void *ctx, struct lvgic_its *its, uint32_t device, uint32_t event_bits)
{
	struct mock_vm *vm = ctx;
	uint32_t n = 0;

	mock_check_unlocked(vm, "device_map");
	if (mock_called(vm, MOCK_OP_DEVICE_MAP))
		return LVGIC_ERR_HOST;
	while (vm->its[n] != its)
		n++;
	if (device >> LVGIC_ITS_MAX_DEVICE_BITS || event_bits > 16)
		mock_report(vm, "device_map: device %#x with %u bits", device, event_bits);
	else if (!vm->device_bits[n])
		vm->device_bits[n] = calloc(1, 1u << LVGIC_ITS_MAX_DEVICE_BITS);
	if (!event_bits && !vm->device_bits[n][device])
		mock_report(vm, "device %#x is unmapped, and was not mapped", device);
	vm->device_bits[n][device] = (uint8_t)event_bits;
	return LVGIC_OK;
}

uint32_t mock_mapped_device(struct mock_vm *vm, uint32_t its, uint32_t device)
{
	return vm->device_bits[its] ? vm->device_bits[its][device] : 0;
}

static void op_trace(void *ctx, const struct lvgic_event *event)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_TRACE);
	if ((unsigned int)event->kind >= LVGIC_NR_EVENTS)
		mock_report(vm, "trace of event %d", (int)event->kind);
	if (vm->event)
		vm->event(vm, event, vm->event_arg);
}

void mock_on_event(struct mock_vm *vm, void (*fn)(struct mock_vm *vm, const struct lvgic_event *event, void *arg),
                   void *arg)
{
	vm->event = fn;
	vm->event_arg = arg;
}

/* Leave out member "op" of the table if the test wants it NULL. */
#define KEEP(op, fn) (vm->config.omit & 1ull << (op) ? NULL : (fn))

void mock_ops_init(struct mock_vm *vm)
{
	vm->ops = (struct lvgic_ops){
		.size = sizeof(vm->ops),
		.alloc = KEEP(MOCK_OP_ALLOC, mock_op_alloc),
		.free = KEEP(MOCK_OP_FREE, mock_op_free),
		.lock_create = KEEP(MOCK_OP_LOCK_CREATE, mock_op_lock_create),
		.lock_destroy = KEEP(MOCK_OP_LOCK_DESTROY, mock_op_lock_destroy),
		.lock = KEEP(MOCK_OP_LOCK, mock_op_lock),
		.unlock = KEEP(MOCK_OP_UNLOCK, mock_op_unlock),
		.kick = KEEP(MOCK_OP_KICK, mock_op_kick),
		.halt = KEEP(MOCK_OP_HALT, mock_op_halt),
		.resume = KEEP(MOCK_OP_RESUME, mock_op_resume),
		.lr_load = KEEP(MOCK_OP_LR_LOAD, mock_op_lr_load),
		.lr_store = KEEP(MOCK_OP_LR_STORE, mock_op_lr_store),
		.mem_read = KEEP(MOCK_OP_MEM_READ, mock_op_mem_read),
		.mem_write = KEEP(MOCK_OP_MEM_WRITE, mock_op_mem_write),
		.hw_get = KEEP(MOCK_OP_HW_GET, mock_op_hw_get),
		.hw_set = KEEP(MOCK_OP_HW_SET, mock_op_hw_set),
		.acked = KEEP(MOCK_OP_ACKED, op_acked),
		.defer = KEEP(MOCK_OP_DEFER, op_defer),
		.clock = KEEP(MOCK_OP_CLOCK, op_clock),
		.guest_error = KEEP(MOCK_OP_GUEST_ERROR, op_guest_error),
		.trace = KEEP(MOCK_OP_TRACE, op_trace),
		.hw_changed = KEEP(MOCK_OP_HW_CHANGED, op_hw_changed),
		.device_map = KEEP(MOCK_OP_DEVICE_MAP, op_device_map),
	};
	if (vm->v4)
		mock_v4_ops(vm);
}
