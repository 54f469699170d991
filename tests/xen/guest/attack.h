/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What the attacks share: accesses of any width anywhere, that are counted, and the choice of evil values.
 */
#ifndef XEN_GUEST_ATTACK_H
#define XEN_GUEST_ATTACK_H

#include "its.h"

/* One load (NULL: a store of value), 1, 2, 4 or 8 bytes, aligned or not. */
void attack_write(uintptr_t addr, u32 width, u64 value);
void attack_read(uintptr_t addr, u32 width);

/* Ones, zeros, one bit, an address that is good for nothing with a random rest, or random bits. */
u64 evil_value(u64 *seed);
u64 evil_address(u64 *seed);

/* One access of a random width to a register that matters of some frame, or to anywhere in it. */
void attack_somewhere(u64 *seed);

/* attack_its.c */
void attack_queue(void);  /* full of bad commands, and of random bytes */
void attack_tables(void); /* that are no RAM, that are code, or the GIC itself */
void attack_invall(void); /* of collections that are not mapped */

#endif
