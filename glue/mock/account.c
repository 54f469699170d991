/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what was lent to the library, how often each op was called, and which call is to fail.
 * Locks: account_lock.
 * Implements: ops->alloc, ops->free.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

void mock_report(struct mock_vm *vm, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (vm->config.failure) {
		vm->config.failure(vm->config.failure_arg, text);
		return;
	}
	fprintf(stderr, "mock: %s\n", text);
	abort();
}

void mock_fail(struct mock_vm *vm, enum mock_op op, uint64_t n)
{
	if (op != MOCK_OP_ALLOC && op != MOCK_OP_LOCK_CREATE && op != MOCK_OP_MEM_READ && op != MOCK_OP_MEM_WRITE &&
	    op != MOCK_OP_ITS_CMD && op != MOCK_OP_DEVICE_MAP)
		mock_report(vm, "op %d cannot fail", (int)op);
	atomic_store(&vm->fail[op], n);
}

uint64_t mock_calls(struct mock_vm *vm, enum mock_op op)
{
	return atomic_load(&vm->calls[op]);
}

bool mock_called(struct mock_vm *vm, enum mock_op op)
{
	uint_fast64_t left = atomic_load_explicit(&vm->fail[op], memory_order_relaxed);

	atomic_fetch_add_explicit(&vm->calls[op], 1, memory_order_relaxed);
	while (left && !atomic_compare_exchange_weak(&vm->fail[op], &left, left - 1))
		;
	return left == 1;
}

void mock_loan_add(struct mock_vm *vm, struct mock_loan *loan)
{
	pthread_mutex_lock(&vm->account_lock);
	loan->next = vm->loans;
	vm->loans = loan;
	pthread_mutex_unlock(&vm->account_lock);
}

static bool unlink_loan(struct mock_vm *vm, struct mock_loan *loan)
{
	struct mock_loan **link = &vm->loans;

	while (*link && *link != loan)
		link = &(*link)->next;
	if (!*link)
		return false;
	*link = loan->next;
	return true;
}

void mock_loan_remove(struct mock_vm *vm, struct mock_loan *loan)
{
	bool found;

	pthread_mutex_lock(&vm->account_lock);
	found = unlink_loan(vm, loan);
	pthread_mutex_unlock(&vm->account_lock);
	if (!found)
		mock_report(vm, "given back, but was not lent: %p", (void *)loan);
}

void mock_loans_fini(struct mock_vm *vm)
{
	while (vm->loans) {
		struct mock_loan *loan = vm->loans;

		vm->loans = loan->next;
		free(loan->mem);
		/* The record itself, or the lock that it is the first member of. */
		free(loan);
	}
}

void *mock_op_alloc(void *ctx, size_t size)
{
	struct mock_vm *vm = ctx;
	struct mock_loan *loan;

	mock_check_unlocked(vm, "alloc");
	if (!size) {
		mock_report(vm, "alloc of 0 bytes");
		return NULL;
	}
	if (mock_called(vm, MOCK_OP_ALLOC))
		return NULL;
	/* The record is apart from the memory, so that a sanitizer sees both ends of it. */
	loan = calloc(1, sizeof(*loan));
	if (!loan)
		return NULL;
	loan->mem = calloc(1, size);
	loan->size = size;
	if (!loan->mem) {
		free(loan);
		return NULL;
	}
	mock_loan_add(vm, loan);
	return loan->mem;
}

void mock_op_free(void *ctx, void *mem, size_t size)
{
	struct mock_vm *vm = ctx;
	struct mock_loan *loan;

	mock_called(vm, MOCK_OP_FREE);
	mock_check_unlocked(vm, "free");
	pthread_mutex_lock(&vm->account_lock);
	for (loan = vm->loans; loan && (!mem || loan->mem != mem); loan = loan->next)
		;
	if (loan)
		unlink_loan(vm, loan);
	pthread_mutex_unlock(&vm->account_lock);
	if (!loan) {
		mock_report(vm, "free of %p, which alloc has not returned", mem);
		return;
	}
	if (loan->size != size)
		mock_report(vm, "free of %zu bytes of an allocation of %zu", size, loan->size);
	free(loan->mem);
	free(loan);
}

size_t mock_leaks(struct mock_vm *vm)
{
	size_t n = 0;

	pthread_mutex_lock(&vm->account_lock);
	for (struct mock_loan *loan = vm->loans; loan; loan = loan->next)
		n++;
	pthread_mutex_unlock(&vm->account_lock);
	return n;
}

size_t mock_leaked_bytes(struct mock_vm *vm)
{
	size_t n = 0;

	pthread_mutex_lock(&vm->account_lock);
	for (struct mock_loan *loan = vm->loans; loan; loan = loan->next)
		n += loan->size;
	pthread_mutex_unlock(&vm->account_lock);
	return n;
}

uint64_t mock_guest_errors(struct mock_vm *vm, struct lvgic_guest_error *last)
{
	uint64_t n;

	pthread_mutex_lock(&vm->account_lock);
	n = vm->nr_guest_errors;
	if (last)
		*last = vm->guest_error;
	pthread_mutex_unlock(&vm->account_lock);
	return n;
}
