/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * pattern.h - what a drive made by mkdrive contains: a word for each index, no two alike.
 */
#ifndef VGIC_TESTS_LINUX_PATTERN_H
#define VGIC_TESTS_LINUX_PATTERN_H

#include <stdint.h>

static inline uint64_t pattern(uint64_t index)
{
	uint64_t x = (index + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return x ^ x >> 29;
}

#endif
