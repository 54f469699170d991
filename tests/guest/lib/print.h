/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Formatted output: %s %c %d %u %x %lx %lu %ld %%, with a width and 0.
 */
#ifndef GUEST_PRINT_H
#define GUEST_PRINT_H

#include <stdarg.h>

#include "cpu.h"

void uart_putc(char c); /* by the program: one character of the console */

__attribute__((format(printf, 1, 2))) void print(const char *fmt, ...);
/* Into a buffer, cut to its size. */
__attribute__((format(printf, 3, 0))) void vformat(char *buf, size_t size, const char *fmt, va_list ap);
__attribute__((format(printf, 3, 4))) void sformat(char *buf, size_t size, const char *fmt, ...);

#endif
