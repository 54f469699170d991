/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: import of the ops table; status texts.
 * Locks: none.
 * Implements: the compatibility promise of ops.h. The layout is frozen here.
 */
#include "internal.h"

/* The layout on 64-bit machines: a member that moves breaks every glue that was compiled before. */
#define FROZEN(member, offset) \
	_Static_assert(sizeof(void *) != 8 || offsetof(struct lvgic_ops, member) == (offset), #member " moved")

FROZEN(size, 0);
FROZEN(reserved, 4);
FROZEN(alloc, 8);
FROZEN(free, 16);
FROZEN(lock_create, 24);
FROZEN(lock_destroy, 32);
FROZEN(lock, 40);
FROZEN(unlock, 48);
FROZEN(kick, 56);
FROZEN(halt, 64);
FROZEN(resume, 72);
FROZEN(lr_load, 80);
FROZEN(lr_store, 88);
FROZEN(mem_read, 96);
FROZEN(mem_write, 104);
FROZEN(its_cmd, 112);
FROZEN(hw_get, 120);
FROZEN(hw_set, 128);
FROZEN(acked, 136);
FROZEN(defer, 144);
FROZEN(clock, 152);
FROZEN(guest_error, 160);
FROZEN(trace, 168);
FROZEN(vlpi_read, 176);
FROZEN(vlpi_write, 184);
FROZEN(sgir_write, 192);
FROZEN(host_mask, 200);
FROZEN(doorbell, 208);
FROZEN(borrow_cpu, 216);
FROZEN(return_cpu, 224);
FROZEN(vmovp_begin, 232);
FROZEN(vmovp_end, 240);
FROZEN(vsgi_pending, 248);
FROZEN(hw_changed, 256);
FROZEN(device_map, 264);
_Static_assert(sizeof(void *) != 8 || sizeof(struct lvgic_ops) == 272, "append a FROZEN line for each new member");

/* Copy what both sides know; refuse what only the caller knows and uses. */
enum lvgic_status ops_import(struct lvgic_ops *to, const struct lvgic_ops *from)
{
	const unsigned char *bytes = (const unsigned char *)from;
	size_t i;

	if (from->size < offsetof(struct lvgic_ops, alloc) || from->reserved)
		return LVGIC_ERR_OPS;
	*to = (struct lvgic_ops){ .size = sizeof(*to) };
	for (i = offsetof(struct lvgic_ops, alloc); i < from->size; i++) {
		if (i < sizeof(*to))
			((unsigned char *)to)[i] = bytes[i];
		else if (bytes[i])
			return LVGIC_ERR_OPS;
	}
	if (!to->alloc || !to->free || !to->lock_create || !to->lock_destroy || !to->lock || !to->unlock || !to->kick ||
	    !to->halt || !to->resume)
		return LVGIC_ERR_OPS;
	return LVGIC_OK;
}

const char *lvgic_strstatus(enum lvgic_status status)
{
	switch (status) {
	case LVGIC_OK:
		return "ok";
	case LVGIC_ERR_INVAL:
		return "invalid argument";
	case LVGIC_ERR_STATE:
		return "not possible in this state";
	case LVGIC_ERR_EXIST:
		return "exists already";
	case LVGIC_ERR_NOENT:
		return "no such object";
	case LVGIC_ERR_NOMEM:
		return "out of memory";
	case LVGIC_ERR_QUOTA:
		return "quota used up";
	case LVGIC_ERR_UNDEF:
		return "undefined system register access";
	case LVGIC_ERR_FAULT:
		return "no guest memory there";
	case LVGIC_ERR_AGAIN:
		return "would block";
	case LVGIC_ERR_HOST:
		return "host operation failed";
	case LVGIC_ERR_OPS:
		return "incompatible ops table or configuration";
	case LVGIC_ERR_BUG:
		return "bug in libvgic";
	}
	return "unknown status";
}
