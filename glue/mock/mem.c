/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: guest memory, the ranges of it that fail, and the log of what the library wrote.
 * Locks: account_lock.
 * Implements: ops->mem_read, ops->mem_write.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void add(struct mock_vm *vm, struct mock_region **list, struct mock_region region)
{
	struct mock_region *r = calloc(1, sizeof(*r));

	if (!r) {
		if (!region.lent)
			free(region.mem);
		mock_report(vm, "no memory");
		return;
	}
	*r = region;
	pthread_mutex_lock(&vm->account_lock);
	r->next = *list;
	*list = r;
	pthread_mutex_unlock(&vm->account_lock);
}

static void drop(struct mock_region **list)
{
	while (*list) {
		struct mock_region *r = *list;

		*list = r->next;
		if (!r->lent)
			free(r->mem);
		free(r);
	}
}

void mock_mem_add(struct mock_vm *vm, uint64_t gpa, size_t size)
{
	unsigned char *mem = calloc(1, size);

	if (!mem)
		mock_report(vm, "no memory for %zu bytes of RAM", size);
	else
		add(vm, &vm->ram, (struct mock_region){ .gpa = gpa, .size = size, .mem = mem });
}

void mock_mem_lend(struct mock_vm *vm, uint64_t gpa, size_t size, void *mem)
{
	add(vm, &vm->ram, (struct mock_region){ .gpa = gpa, .size = size, .mem = mem, .lent = true });
}

static void spoil(struct mock_vm *vm, uint64_t gpa, size_t size, enum lvgic_status status, uint64_t n)
{
	add(vm, &vm->faults, (struct mock_region){ .gpa = gpa, .size = size, .status = status, .left = n });
}

void mock_mem_fault(struct mock_vm *vm, uint64_t gpa, size_t size)
{
	spoil(vm, gpa, size, LVGIC_ERR_FAULT, UINT64_MAX);
}

void mock_mem_again(struct mock_vm *vm, uint64_t gpa, size_t size, uint64_t n)
{
	spoil(vm, gpa, size, LVGIC_ERR_AGAIN, n);
}

void mock_mem_heal(struct mock_vm *vm)
{
	pthread_mutex_lock(&vm->account_lock);
	drop(&vm->faults);
	pthread_mutex_unlock(&vm->account_lock);
}

void mock_mem_fini(struct mock_vm *vm)
{
	drop(&vm->ram);
	drop(&vm->faults);
	free(vm->writes);
}

/* The part of [gpa, gpa + *len) that begins at gpa and lies in one region; NULL: gpa is no RAM. */
static unsigned char *span(struct mock_vm *vm, uint64_t gpa, size_t *len)
{
	for (struct mock_region *r = vm->ram; r; r = r->next) {
		uint64_t offset = gpa - r->gpa;

		if (gpa < r->gpa || offset >= r->size)
			continue;
		if (*len > r->size - offset)
			*len = (size_t)(r->size - offset);
		return r->mem + offset;
	}
	return NULL;
}

/* All or nothing: the first pass only looks. */
static bool copy(struct mock_vm *vm, uint64_t gpa, void *out, const void *in, size_t len)
{
	for (int pass = 0; pass < 2; pass++) {
		size_t done = 0;

		while (done < len) {
			size_t n = len - done;
			unsigned char *mem = gpa + done >= gpa ? span(vm, gpa + done, &n) : NULL;

			if (!mem)
				return false;
			if (pass && out)
				memcpy((unsigned char *)out + done, mem, n);
			else if (pass)
				memcpy(mem, (const unsigned char *)in + done, n);
			done += n;
		}
	}
	return true;
}

static enum lvgic_status injected_fault(struct mock_vm *vm, uint64_t gpa, size_t len)
{
	for (struct mock_region *r = vm->faults; r; r = r->next) {
		bool overlap = gpa < r->gpa ? r->gpa - gpa < len : gpa - r->gpa < r->size;

		if (!overlap || !r->left)
			continue;
		if (r->left != UINT64_MAX)
			r->left--;
		return r->status;
	}
	return LVGIC_OK;
}

static void log_write(struct mock_vm *vm, uint64_t gpa, size_t len)
{
	if (vm->nr_writes == vm->max_writes) {
		size_t max = vm->max_writes ? 2 * vm->max_writes : 64;
		struct mock_write *writes = realloc(vm->writes, max * sizeof(*writes));

		if (!writes)
			return;
		vm->writes = writes;
		vm->max_writes = max;
	}
	vm->writes[vm->nr_writes].gpa = gpa;
	vm->writes[vm->nr_writes].size = len;
	vm->nr_writes++;
}

static enum lvgic_status access_mem(struct mock_vm *vm, uint64_t gpa, void *out, const void *in, size_t len)
{
	enum lvgic_status status;

	mock_check_unlocked(vm, in ? "mem_write" : "mem_read");
	if (len > 64)
		mock_report(vm, "%zu bytes of guest memory at once", len);
	pthread_mutex_lock(&vm->account_lock);
	status = injected_fault(vm, gpa, len);
	if (status == LVGIC_OK && !copy(vm, gpa, out, in, len))
		status = LVGIC_ERR_FAULT;
	if (status == LVGIC_OK && in)
		log_write(vm, gpa, len);
	pthread_mutex_unlock(&vm->account_lock);
	return status;
}

enum lvgic_status mock_op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	return mock_called(ctx, MOCK_OP_MEM_READ) ? LVGIC_ERR_FAULT : access_mem(ctx, gpa, buf, NULL, len);
}

enum lvgic_status mock_op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	return mock_called(ctx, MOCK_OP_MEM_WRITE) ? LVGIC_ERR_FAULT : access_mem(ctx, gpa, NULL, buf, len);
}

bool mock_mem_peek(struct mock_vm *vm, uint64_t gpa, void *buf, size_t size)
{
	bool ok;

	pthread_mutex_lock(&vm->account_lock);
	ok = copy(vm, gpa, buf, NULL, size);
	pthread_mutex_unlock(&vm->account_lock);
	return ok;
}

bool mock_mem_poke(struct mock_vm *vm, uint64_t gpa, const void *buf, size_t size)
{
	bool ok;

	pthread_mutex_lock(&vm->account_lock);
	ok = copy(vm, gpa, NULL, buf, size);
	pthread_mutex_unlock(&vm->account_lock);
	return ok;
}

size_t mock_mem_nr_writes(struct mock_vm *vm)
{
	size_t n;

	pthread_mutex_lock(&vm->account_lock);
	n = vm->nr_writes;
	pthread_mutex_unlock(&vm->account_lock);
	return n;
}

void mock_mem_write_at(struct mock_vm *vm, size_t index, uint64_t *gpa, size_t *size)
{
	pthread_mutex_lock(&vm->account_lock);
	*gpa = index < vm->nr_writes ? vm->writes[index].gpa : 0;
	*size = index < vm->nr_writes ? vm->writes[index].size : 0;
	pthread_mutex_unlock(&vm->account_lock);
}
