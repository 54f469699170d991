/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the locks lent to the library, and the checker of their order.
 * Locks: those.
 * Implements: ops->lock_create, lock_destroy, lock, unlock; the rule of ranks in <libvgic/ops.h>.
 *
 * The checker is here and not in the library, which has no thread-local state: it works on a release build too.
 */
#include <stdlib.h>

#include "internal.h"

#define MAX_HELD 8

/* What the calling thread holds, in the order of taking, of all VMs. */
static _Thread_local struct {
	struct mock_lock *lock;
	bool phantom; /* reported, and not really taken */
} held[MAX_HELD];
static _Thread_local unsigned int nr_held;

/* Names for the reports, from the library's list. */
static const char *const rank_names[] = {
#define NAME(name, text) #name,
	LVGIC_LOCK_RANKS(NAME)
#undef NAME
};

void mock_check_unlocked(struct mock_vm *vm, const char *op)
{
	for (unsigned int i = 0; i < nr_held; i++)
		if (held[i].lock->vm == vm)
			mock_report(vm, "%s called with the %s lock held", op, rank_names[held[i].lock->rank]);
}

void *mock_op_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	struct mock_vm *vm = ctx;
	struct mock_lock *lock;

	mock_check_unlocked(vm, "lock_create");
	if ((unsigned int)rank >= LVGIC_NR_LOCK_RANKS) {
		mock_report(vm, "lock_create with rank %d", (int)rank);
		return NULL;
	}
	if (mock_called(vm, MOCK_OP_LOCK_CREATE))
		return NULL;
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return NULL;
	lock->vm = vm;
	lock->rank = rank;
	pthread_mutex_init(&lock->mutex, NULL);
	mock_loan_add(vm, &lock->loan);
	return lock;
}

void mock_op_lock_destroy(void *ctx, void *lock)
{
	struct mock_vm *vm = ctx;
	struct mock_lock *l = lock;

	mock_called(vm, MOCK_OP_LOCK_DESTROY);
	mock_check_unlocked(vm, "lock_destroy");
	if (!l) {
		mock_report(vm, "lock_destroy of NULL");
		return;
	}
	mock_loan_remove(vm, &l->loan);
	if (pthread_mutex_destroy(&l->mutex))
		mock_report(vm, "lock_destroy of a lock that is held");
	free(l);
}

uintptr_t mock_op_lock(void *ctx, void *lock)
{
	struct mock_vm *vm = ctx;
	struct mock_lock *l = lock;
	bool phantom = false;

	mock_called(vm, MOCK_OP_LOCK);
	if (l->vm != vm)
		mock_report(vm, "lock of another VM");
	for (unsigned int i = 0; i < nr_held; i++) {
		if (held[i].lock == l) {
			mock_report(vm, "the %s lock is taken twice", rank_names[l->rank]);
			phantom = true;
		} else if (held[i].lock->vm == vm && held[i].lock->rank >= l->rank) {
			mock_report(vm, "the %s lock is taken after the %s lock", rank_names[l->rank],
			            rank_names[held[i].lock->rank]);
		}
	}
	if (nr_held == MAX_HELD) {
		mock_report(vm, "more than %d locks held", MAX_HELD);
		abort();
	}
	if (!phantom)
		pthread_mutex_lock(&l->mutex);
	held[nr_held].lock = l;
	held[nr_held].phantom = phantom;
	nr_held++;
	/* Different for each lock and never 0, to see that the library hands it back. */
	return (uintptr_t)l ^ 1u;
}

void mock_op_unlock(void *ctx, void *lock, uintptr_t flags)
{
	struct mock_vm *vm = ctx;
	struct mock_lock *l = lock;
	unsigned int i = nr_held;

	mock_called(vm, MOCK_OP_UNLOCK);
	while (i && held[i - 1].lock != l)
		i--;
	if (!i) {
		mock_report(vm, "unlock of a lock that this thread does not hold");
		return;
	}
	if (flags != ((uintptr_t)l ^ 1u))
		mock_report(vm, "unlock with flags that lock has not returned");
	if (!held[i - 1].phantom)
		pthread_mutex_unlock(&l->mutex);
	for (nr_held--; i <= nr_held; i++)
		held[i - 1] = held[i];
}
