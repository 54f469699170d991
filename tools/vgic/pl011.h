/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * pl011.h - the UART (DDI 0183) and the console behind it: standard input and output of the program.
 */
#ifndef VGIC_PL011_H
#define VGIC_PL011_H

#include <stdbool.h>
#include <stdint.h>

struct pl011;

/* "interrupt" drives the interrupt line. NULL after a message. */
struct pl011 *pl011_create(void (*interrupt)(void *opaque, bool level), void *opaque);
void pl011_destroy(struct pl011 *uart);

/* Access to a register at an offset of 0..0xfff. */
uint64_t pl011_read(struct pl011 *uart, uint32_t offset);
void pl011_write(struct pl011 *uart, uint32_t offset, uint64_t val);

/* Send out what the guest has written, take in what has been typed. */
void pl011_flush(struct pl011 *uart);
void pl011_poll(struct pl011 *uart);

/* The descriptor to wait for input on; -1 when there is none to expect, or no room for it. */
int pl011_input_fd(const struct pl011 *uart);

/* Ctrl-A x was typed. */
bool pl011_quit(const struct pl011 *uart);

/* Have a terminal on standard input deliver each key, or put it back as it was. */
void console_raw(void);
void console_restore(void);

#endif
