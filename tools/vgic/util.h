/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * util.h - messages, numbers, files and time for the vgic program.
 */
#ifndef VGIC_UTIL_H
#define VGIC_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "vgic: " and the message and a newline, on standard error. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A whole decimal number within min..max and nothing else around it. */
bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *val);

/* Nanoseconds of the host's monotonic clock. */
uint64_t host_ns(void);

/* The whole file in memory obtained with malloc(); NULL after a message. An empty file is refused too. */
uint8_t *read_file(const char *path, size_t *size);

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
	return value / alignment * alignment;
}

/* Unsigned bit field of a word. */
static inline uint64_t bits64(uint64_t value, unsigned int low, unsigned int width)
{
	return (value >> low) & (width < 64 ? (UINT64_C(1) << width) - 1 : UINT64_MAX);
}

#endif
