/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the ops that need nothing of the glue: memory, locks, guest memory, time, deferred work, errors.
 * Locks: those of the library: spin locks with interrupts saved, whose ranks a debug build checks.
 */
#include "vgic.h"

#include <xen/mm.h>
#include <xen/percpu.h>

#include <asm/guest_access.h>

#include "compat.h"
#include "ops.h"

/* How long a guest runs between two rounds of work that a trap of its has left behind. */
#define WORK_GAP MICROSECS(20)

void *vgic_op_alloc(void *ctx, size_t size)
{
	return _xzalloc(size, 16);
}

void vgic_op_free(void *ctx, void *mem, size_t size)
{
	xfree(mem);
}

struct vgic_lock {
	spinlock_t lock;
	enum lvgic_lock_rank rank;
};

#ifndef NDEBUG
/* Ranks of the locks that this CPU holds, bit by bit; interrupts are off meanwhile. */
static DEFINE_PER_CPU(uint32_t, held);
#endif

void *vgic_op_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	struct vgic_lock *lock = xmalloc(struct vgic_lock);

	if (lock) {
		spin_lock_init(&lock->lock);
		lock->rank = rank;
	}
	return lock;
}

void vgic_op_lock_destroy(void *ctx, void *lock)
{
	xfree(lock);
}

uintptr_t vgic_op_lock(void *ctx, void *lock)
{
	struct vgic_lock *l = lock;
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
#ifndef NDEBUG
	/* Ascending, and one of a rank. */
	ASSERT(!(this_cpu(held) >> l->rank));
	this_cpu(held) |= 1u << l->rank;
#endif
	return flags;
}

void vgic_op_unlock(void *ctx, void *lock, uintptr_t flags)
{
	struct vgic_lock *l = lock;

#ifndef NDEBUG
	this_cpu(held) &= ~(1u << l->rank);
#endif
	spin_unlock_irqrestore(&l->lock, flags);
}

enum lvgic_status vgic_op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	return vgic_access_guest(ctx, gpa, buf, len, false) ? LVGIC_ERR_FAULT : LVGIC_OK;
}

/* Xen copies page by page: with two pages the first may be written when the second is not there. Look at both first. */
enum lvgic_status vgic_op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	uint64_t second = (gpa | (PAGE_SIZE - 1)) + 1;
	uint8_t probe;

	if (gpa + len > second && vgic_access_guest(ctx, second, &probe, 1, false))
		return LVGIC_ERR_FAULT;
	return vgic_access_guest(ctx, gpa, (void *)buf, len, true) ? LVGIC_ERR_FAULT : LVGIC_OK;
}

/*
 * Not a tasklet: Xen does those before any guest, so that one with 32,767 commands would have the CPU until they are
 * done. A timer leaves the guests a share.
 */
void vgic_op_defer(void *ctx)
{
	struct domain *d = ctx;

	set_timer(&d->arch.vgic.work, NOW() + WORK_GAP);
}

uint64_t vgic_op_clock(void *ctx)
{
	return NOW();
}

/* XENLOG_G_*: limited in rate by Xen, and by the library before. */
void vgic_op_guest_error(void *ctx, void *vctx, const struct lvgic_guest_error *error)
{
	struct domain *d = ctx;
	struct vcpu *v = vctx;

	if (v)
		printk(XENLOG_G_DEBUG "%pv: vGIC: guest error %u at %#" PRIx64 ", %#" PRIx64 "\n", v,
		       (unsigned int)error->kind, (uint64_t)error->address, (uint64_t)error->value);
	else
		printk(XENLOG_G_DEBUG "%pd: vGIC: guest error %u at %#" PRIx64 ", %#" PRIx64 "\n", d,
		       (unsigned int)error->kind, (uint64_t)error->address, (uint64_t)error->value);
}
