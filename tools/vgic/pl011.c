/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * pl011.c - the UART. Sending takes no time, so the transmit FIFO is always empty; what is received waits in
 * a FIFO of 16 characters, and no further one is read from standard input while that is full.
 */
#define _GNU_SOURCE
#include "pl011.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "util.h"

#define UARTDR    0x000u
#define UARTFR    0x018u
#define UARTILPR  0x020u
#define UARTIBRD  0x024u
#define UARTFBRD  0x028u
#define UARTLCR_H 0x02cu
#define UARTCR    0x030u
#define UARTIFLS  0x034u
#define UARTIMSC  0x038u
#define UARTRIS   0x03cu
#define UARTMIS   0x040u
#define UARTICR   0x044u
#define UARTDMACR 0x048u
#define UARTID    0xfe0u

#define FR_RXFE (1u << 4)
#define FR_RXFF (1u << 6)
#define FR_TXFE (1u << 7)

#define LCR_FEN  (1u << 4)
#define CR_RESET 0x300u /* TXE, RXE */

#define INT_RX  (1u << 4)
#define INT_TX  (1u << 5)
#define INT_RT  (1u << 6) /* receive timeout: less than the trigger level, but something */
#define INT_ALL 0x7ffu

#define FIFO_SIZE  16u
#define KEY_ESCAPE 0x01 /* Ctrl-A */

struct pl011 {
	void (*interrupt)(void *opaque, bool level);
	void *opaque;
	bool level;

	uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, dmacr;
	uint32_t tx_pending; /* INT_TX or 0 */

	uint8_t rx[FIFO_SIZE];
	unsigned int rx_first, rx_count;

	char out[1024];
	size_t nr_out;
	bool input_ended;
	bool escape; /* Ctrl-A came last */
	bool quit;
};

static struct termios saved_termios;
static bool termios_saved;

void console_restore(void)
{
	if (termios_saved)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
	termios_saved = false;
}

void console_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved_termios) != 0)
		return;
	termios_saved = true;
	atexit(console_restore);
	raw = saved_termios;
	/* Ctrl-C is the guest's too. Output processing stays: guests end lines with both CR and LF anyway. */
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static uint32_t raw_interrupts(const struct pl011 *uart)
{
	static const unsigned int eighths[8] = { 1, 2, 4, 6, 7, 7, 7, 7 };
	unsigned int trigger = FIFO_SIZE * eighths[(uart->ifls >> 3) & 7] / 8;
	uint32_t ris = uart->tx_pending;

	if (!(uart->lcr_h & LCR_FEN))
		trigger = 1;
	if (uart->rx_count >= trigger)
		ris |= INT_RX;
	if (uart->rx_count > 0)
		ris |= INT_RT;
	return ris;
}

static void update(struct pl011 *uart)
{
	bool level = (raw_interrupts(uart) & uart->imsc) != 0;

	if (level == uart->level)
		return;
	uart->level = level;
	uart->interrupt(uart->opaque, level);
}

static unsigned int fifo_size(const struct pl011 *uart)
{
	return uart->lcr_h & LCR_FEN ? FIFO_SIZE : 1;
}

void pl011_flush(struct pl011 *uart)
{
	size_t done = 0;

	while (done < uart->nr_out) {
		ssize_t n = write(STDOUT_FILENO, uart->out + done, uart->nr_out - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = { .fd = STDOUT_FILENO, .events = POLLOUT };

			poll(&pfd, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			/* Nobody reads the console: the guest runs on without. */
			break;
		}
	}
	uart->nr_out = 0;
}

static void send(struct pl011 *uart, uint8_t c)
{
	uart->out[uart->nr_out++] = (char)c;
	if (uart->nr_out == sizeof(uart->out))
		pl011_flush(uart);
	uart->tx_pending = INT_TX;
}

static void receive(struct pl011 *uart, uint8_t c)
{
	uart->rx[(uart->rx_first + uart->rx_count) % FIFO_SIZE] = c;
	uart->rx_count++;
}

/* On a terminal Ctrl-A x ends the program and Ctrl-A Ctrl-A is Ctrl-A, as in QEMU. */
static void typed(struct pl011 *uart, uint8_t c)
{
	if (!termios_saved) {
		receive(uart, c);
	} else if (!uart->escape) {
		uart->escape = c == KEY_ESCAPE;
		if (!uart->escape)
			receive(uart, c);
	} else {
		uart->escape = false;
		if (c == 'x')
			uart->quit = true;
		else
			receive(uart, c);
	}
}

int pl011_input_fd(const struct pl011 *uart)
{
	return uart->input_ended || uart->rx_count >= fifo_size(uart) ? -1 : STDIN_FILENO;
}

void pl011_poll(struct pl011 *uart)
{
	struct pollfd pfd = { .fd = pl011_input_fd(uart), .events = POLLIN };
	uint8_t buf[FIFO_SIZE];
	ssize_t n, i;

	if (pfd.fd < 0 || poll(&pfd, 1, 0) <= 0)
		return;
	n = read(pfd.fd, buf, fifo_size(uart) - uart->rx_count);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		uart->input_ended = true;
	for (i = 0; i < n; i++)
		typed(uart, buf[i]);
	update(uart);
}

bool pl011_quit(const struct pl011 *uart)
{
	return uart->quit;
}

static uint32_t read_data(struct pl011 *uart)
{
	uint32_t c;

	if (uart->rx_count == 0)
		return 0;
	c = uart->rx[uart->rx_first];
	uart->rx_first = (uart->rx_first + 1) % FIFO_SIZE;
	uart->rx_count--;
	return c;
}

static uint32_t flags(const struct pl011 *uart)
{
	uint32_t fr = FR_TXFE;

	if (uart->rx_count == 0)
		fr |= FR_RXFE;
	if (uart->rx_count >= fifo_size(uart))
		fr |= FR_RXFF;
	return fr;
}

uint64_t pl011_read(struct pl011 *uart, uint32_t offset)
{
	/* UARTPeriphID0.., UARTPCellID0..: r1p5 */
	static const uint8_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	uint32_t val = 0;

	switch (offset) {
	case UARTDR:
		val = read_data(uart);
		update(uart);
		break;
	case UARTFR:
		val = flags(uart);
		break;
	case UARTILPR:
		val = uart->ilpr;
		break;
	case UARTIBRD:
		val = uart->ibrd;
		break;
	case UARTFBRD:
		val = uart->fbrd;
		break;
	case UARTLCR_H:
		val = uart->lcr_h;
		break;
	case UARTCR:
		val = uart->cr;
		break;
	case UARTIFLS:
		val = uart->ifls;
		break;
	case UARTIMSC:
		val = uart->imsc;
		break;
	case UARTRIS:
		val = raw_interrupts(uart);
		break;
	case UARTMIS:
		val = raw_interrupts(uart) & uart->imsc;
		break;
	case UARTDMACR:
		val = uart->dmacr;
		break;
	default:
		if (offset >= UARTID && offset % 4 == 0)
			val = id[(offset - UARTID) / 4];
		break;
	}
	return val;
}

void pl011_write(struct pl011 *uart, uint32_t offset, uint64_t val)
{
	uint32_t word = (uint32_t)val;

	switch (offset) {
	case UARTDR:
		send(uart, (uint8_t)word);
		break;
	case UARTILPR:
		uart->ilpr = word & 0xff;
		break;
	case UARTIBRD:
		uart->ibrd = word & 0xffff;
		break;
	case UARTFBRD:
		uart->fbrd = word & 0x3f;
		break;
	case UARTLCR_H:
		/* A change of the FIFO enable empties the FIFOs. */
		if ((uart->lcr_h ^ word) & LCR_FEN)
			uart->rx_count = 0;
		uart->lcr_h = word & 0xff;
		break;
	case UARTCR:
		uart->cr = word & 0xffff;
		break;
	case UARTIFLS:
		uart->ifls = word & 0x3f;
		break;
	case UARTIMSC:
		uart->imsc = word & INT_ALL;
		break;
	case UARTICR:
		/* The receive interrupts are levels here: they go when the FIFO is read. */
		if (word & INT_TX)
			uart->tx_pending = 0;
		break;
	case UARTDMACR:
		uart->dmacr = word & 7;
		break;
	default: /* UARTECR (0x004) has no errors to clear */
		break;
	}
	update(uart);
}

struct pl011 *pl011_create(void (*interrupt)(void *opaque, bool level), void *opaque)
{
	struct pl011 *uart = calloc(1, sizeof(*uart));

	if (!uart) {
		complain("no memory for the UART");
		return NULL;
	}
	uart->interrupt = interrupt;
	uart->opaque = opaque;
	uart->cr = CR_RESET;
	uart->ifls = 0x12;
	return uart;
}

void pl011_destroy(struct pl011 *uart)
{
	if (!uart)
		return;
	pl011_flush(uart);
	free(uart);
}
