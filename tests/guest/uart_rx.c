/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A character that arrives from outside raises the receive interrupt of the PL011, a level, which falls when the
 * character is read. The test feeds "xy" to the UART.
 */
#include "guest.h"

const char guest_name[] = "uart_rx";

#define UART      0x09000000ul
#define UART_DR   (UART + 0x00)
#define UART_CR   (UART + 0x30)
#define UART_IMSC (UART + 0x38)
#define UART_RX   (1u << 4 | 1u << 6) /* received, and receive time-out */

static volatile u32 received[2], nr;

static bool hook_rx(struct cpu *c, u32 intid, bool fiq)
{
	(void)c;
	(void)fiq;
	if (intid == SPI_UART && nr < 2)
		received[nr++] = read32(UART_DR) & 0xff;
	return false;
}

void guest_main(void)
{
	case_begin("two characters, read one by one");
	irq_set_edge(0, SPI_UART, false);
	irq_setup(0, SPI_UART, 0xa0);
	cpus[0].hook = hook_rx;
	write32(UART_CR, 0x301);
	write32(UART_IMSC, UART_RX);
	dsb();
	WAIT(nr == 2);
	write32(UART_IMSC, 0);
	CHECK_EQ(nr, 2, "characters received");
	CHECK_EQ(received[0], 'x', "the first");
	CHECK_EQ(received[1], 'y', "the second");
	CHECK(cpus[0].taken[SPI_UART] >= 1, "no interrupt taken");
	CHECK(!irq_pending(0, SPI_UART), "all read: the line is still up");
}
