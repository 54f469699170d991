/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the ops table: LVGIC_OPS_HEADER of the core, which is compiled with it, so that its calls are direct.
 */
#ifndef VGIC_XEN_OPS_H
#define VGIC_XEN_OPS_H

#include <libvgic/ops.h>

/* ops.c */
void *vgic_op_alloc(void *ctx, size_t size);
void vgic_op_free(void *ctx, void *mem, size_t size);
void *vgic_op_lock_create(void *ctx, enum lvgic_lock_rank rank);
void vgic_op_lock_destroy(void *ctx, void *lock);
uintptr_t vgic_op_lock(void *ctx, void *lock);
void vgic_op_unlock(void *ctx, void *lock, uintptr_t flags);
enum lvgic_status vgic_op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len);
enum lvgic_status vgic_op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len);
void vgic_op_defer(void *ctx);
uint64_t vgic_op_clock(void *ctx);
void vgic_op_guest_error(void *ctx, void *vctx, const struct lvgic_guest_error *error);
/* run.c */
void vgic_op_kick(void *vctx);
void vgic_op_halt(void *vctx);
void vgic_op_resume(void *vctx);
void vgic_op_lr_load(void *vctx, struct lvgic_ich *ich, uint32_t used);
void vgic_op_lr_store(void *vctx, const struct lvgic_ich *ich, uint32_t used);
/* hostirq.c */
bool vgic_op_hw_get(void *vctx, uint32_t pintid, enum lvgic_hw_state which);
void vgic_op_hw_set(void *vctx, uint32_t pintid, enum lvgic_hw_state which, bool value);
void vgic_op_hw_changed(void *ctx, void *vctx, uint32_t intid);
/* its.c */
enum lvgic_status vgic_op_device_map(void *ctx, struct lvgic_its *its, uint32_t device, uint32_t event_bits);

static const struct lvgic_ops lvgic_static_ops = {
	.size = sizeof(lvgic_static_ops),
	.alloc = vgic_op_alloc,
	.free = vgic_op_free,
	.lock_create = vgic_op_lock_create,
	.lock_destroy = vgic_op_lock_destroy,
	.lock = vgic_op_lock,
	.unlock = vgic_op_unlock,
	.kick = vgic_op_kick,
	.halt = vgic_op_halt,
	.resume = vgic_op_resume,
	.lr_load = vgic_op_lr_load,
	.lr_store = vgic_op_lr_store,
	.mem_read = vgic_op_mem_read,
	.mem_write = vgic_op_mem_write,
	.hw_get = vgic_op_hw_get,
	.hw_set = vgic_op_hw_set,
	.defer = vgic_op_defer,
	.clock = vgic_op_clock,
	.guest_error = vgic_op_guest_error,
	.hw_changed = vgic_op_hw_changed,
	.device_map = vgic_op_device_map,
};

#endif
