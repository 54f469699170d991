/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Shared peripheral interrupts: edge, level by software, and a line that a
 * device really holds (the transmit interrupt of the PL011, INTID 33).
 * IHI 0069: "Shared Peripheral Interrupts", "Interrupt handling state
 * machine", GICD_ISPENDR<n>, GICD_ICPENDR<n>, GICD_ICFGR<n>, GICD_SETSPI_NSR.
 */
#include "guest.h"

const char guest_name[] = "spi";

#define UART         0x09000000ul
#define UART_DR      (UART + 0x00)
#define UART_FR      (UART + 0x18)
#define UART_CR      (UART + 0x30)
#define UART_IMSC    (UART + 0x38)
#define UART_RIS     (UART + 0x3c)
#define UART_MIS     (UART + 0x40)
#define UART_ICR     (UART + 0x44)
#define UART_TX      (1u << 5)
#define UART_FR_TXFF (1u << 5)

static void edge(void)
{
	u32 end = gic.nr_irqs < SPI_BASE + 64 ? gic.nr_irqs : SPI_BASE + 64;

	case_begin("edge SPIs by GICD_ISPENDR");
	for (u32 i = SPI_BASE; i < end; i++)
		irq_setup(i % nr_cpus, i, 0xa0);
	for (u32 i = SPI_BASE; i < end; i++) {
		u32 cpu = i % nr_cpus;

		irq_pend(0, i);
		WAIT(cpus[cpu].taken[i]);
	}
	settle();
	for (u32 i = SPI_BASE; i < end; i++) {
		CHECK_EQ(cpus[i % nr_cpus].taken[i], 1, "INTID %u taken by CPU %u, times", i, i % nr_cpus);
		CHECK_EQ(total_taken(i), 1, "INTID %u taken by all", i);
		CHECK(!irq_pending(0, i), "INTID %u pending after it was taken", i);
		CHECK(!irq_active(0, i), "INTID %u active after EOI", i);
	}
}

static bool hook_repend(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	CHECK(!irq_pending(0, intid), "acknowledged: GICD_ISPENDR reads 1");
	CHECK(irq_active(0, intid), "acknowledged: GICD_ISACTIVER reads 0");
	if (c->taken[intid] <= 3) {
		/* R20: two edges while active are one pending state */
		irq_pend(0, intid);
		irq_pend(0, intid);
		CHECK(irq_pending(0, intid), "made pending while active: GICD_ISPENDR reads 0");
		CHECK(irq_active(0, intid), "made pending while active: GICD_ISACTIVER reads 0");
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "active and pending: ICC_HPPIR1_EL1");
		CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "active and pending: ICC_IAR1_EL1");
	}
	return false;
}

static void edge_while_active(void)
{
	case_begin("edge again while active");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		irq_setup(i, SPI_BASE, 0xa0);
		cpus[i].hook = hook_repend;
		dsb();
		irq_pend(0, SPI_BASE);
		expect_taken(i, SPI_BASE, 4);
		cpus[i].hook = NULL;
	}
}

static void config(void)
{
	u32 first = SPI_BASE / 16 + 1;
	u32 n = gic.nr_irqs / 16;

	case_begin("GICD_ICFGR reads as written");
	for (u32 i = first; i < n; i++) {
		static const u32 pattern[] = { 0, 0xaaaaaaaa, 0x88888888, 0x22222222, 0xa0a0a0a0 };

		for (u32 k = 0; k < 5; k++) {
			gicd_write(GICD_ICFGR + i * 4, pattern[k]);
			CHECK_EQ(gicd_read(GICD_ICFGR + i * 4), pattern[k], "GICD_ICFGR%u", i);
			/* the lower bit of each pair is RES0 */
			gicd_write(GICD_ICFGR + i * 4, pattern[k] | 0x55555555);
			CHECK_EQ(gicd_read(GICD_ICFGR + i * 4) & 0xaaaaaaaa, pattern[k],
			         "GICD_ICFGR%u, bits RES0 written", i);
		}
		gicd_write(GICD_ICFGR + i * 4, 0xaaaaaaaa);
	}
}

static void level_by_software(void)
{
	case_begin("level SPI made pending by software");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		irq_disable(0, SPI_BASE + 1);
		irq_set_edge(0, SPI_BASE + 1, false);
		irq_setup(i, SPI_BASE + 1, 0xa0);
		cpus[i].hook = hook_repend;
		dsb();
		/* the latch goes with the acknowledge, and can be set again while active */
		irq_pend(0, SPI_BASE + 1);
		expect_taken(i, SPI_BASE + 1, 4);
		cpus[i].hook = NULL;

		run_on(i, job_mask, 0);
		irq_pend(0, SPI_BASE + 1);
		WAIT(run_on(i, job_hppir1, 0) == SPI_BASE + 1);
		CHECK_EQ(run_on(i, job_hppir1, 0), SPI_BASE + 1, "latched: ICC_HPPIR1_EL1 of CPU %u", i);
		irq_unpend(0, SPI_BASE + 1);
		CHECK(!irq_pending(0, SPI_BASE + 1), "latch cleared: GICD_ISPENDR reads 1");
		WAIT(run_on(i, job_hppir1, 0) == INTID_SPURIOUS);
		run_on(i, job_unmask, 0);
		expect_taken(i, SPI_BASE + 1, 4);
	}
}

/* The line of the UART. */

static void line_down(void)
{
	write32(UART_IMSC, 0);
	write32(UART_ICR, 0x7ff);
	dsb();
}

/* TXRIS is set when a character has gone out; it then stays until ICR. */
static bool line_possible(void)
{
	write32(UART_CR, 0x301);
	line_down();
	WAIT(!(read32(UART_FR) & UART_FR_TXFF));
	write32(UART_DR, ' ');
	return WAIT(read32(UART_RIS) & UART_TX);
}

static void line_up(void)
{
	write32(UART_IMSC, UART_TX);
	dsb();
}

static volatile u32 line_uses;

static bool hook_line(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid != SPI_UART)
		return false;
	/* the line is up all the time: active and pending */
	CHECK(irq_pending(0, intid), "line up in the handler: GICD_ISPENDR reads 0");
	CHECK(irq_active(0, intid), "in the handler: GICD_ISACTIVER reads 0");
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "in the handler: ICC_HPPIR1_EL1");
	if (c->taken[intid] < line_uses)
		return false;
	/* alternately by the mask and by the status */
	if (line_uses & 1)
		write32(UART_IMSC, 0);
	else
		write32(UART_ICR, UART_TX);
	dsb();
	WAIT(!irq_pending(0, intid));
	CHECK(!irq_pending(0, intid), "line dropped in the handler: GICD_ISPENDR reads 1");
	CHECK(irq_active(0, intid), "line dropped in the handler: GICD_ISACTIVER reads 0");
	return false;
}

static bool setup_line(unsigned int cpu)
{
	if (!CHECK(line_possible(), "UARTRIS.TXRIS stays 0 after a character"))
		return false;
	irq_set_edge(0, SPI_UART, false);
	irq_setup(cpu, SPI_UART, 0xa0);
	CHECK_EQ(read32(UART_MIS), 0, "UARTMIS with UARTIMSC 0");
	CHECK(!irq_pending(0, SPI_UART), "line down: GICD_ISPENDR reads 1");
	return true;
}

static void line_refires(void)
{
	case_begin("a held line fires again after EOI");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		for (u32 uses = 5; uses <= 6; uses++) {
			log_clear();
			irq_disable(0, SPI_UART);
			if (!setup_line(i))
				return;
			line_uses = uses;
			cpus[i].hook = hook_line;
			line_up();
			WAIT(cpus[i].taken[SPI_UART] >= uses);
			settle();
			CHECK_EQ(cpus[i].taken[SPI_UART], uses, "held for %u interrupts: CPU %u took", uses, i);
			CHECK_EQ(total_taken(SPI_UART), uses, "held for %u interrupts: all took", uses);
			CHECK(!irq_pending(0, SPI_UART), "at the end: pending");
			CHECK(!irq_active(0, SPI_UART), "at the end: active");
			cpus[i].hook = NULL;
			line_down();
		}
	}
}

static void line_drops(void)
{
	case_begin("a line that drops before it is taken");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		for (u32 how = 0; how < 2; how++) {
			log_clear();
			irq_disable(0, SPI_UART);
			if (!setup_line(i))
				return;
			run_on(i, job_mask, 0);
			line_up();
			CHECK_EQ(read32(UART_MIS), UART_TX, "UARTMIS");
			WAIT(run_on(i, job_hppir1, 0) == SPI_UART);
			CHECK_EQ(run_on(i, job_hppir1, 0), SPI_UART, "line up: ICC_HPPIR1_EL1 of CPU %u", i);
			CHECK(irq_pending(0, SPI_UART), "line up: GICD_ISPENDR reads 0");
			/* GICD_ICPENDR<n>: no effect on a level that is held */
			irq_unpend(0, SPI_UART);
			CHECK(irq_pending(0, SPI_UART), "GICD_ICPENDR cleared a held level");
			CHECK_EQ(run_on(i, job_hppir1, 0), SPI_UART,
			         "line up, GICD_ICPENDR written: ICC_HPPIR1_EL1 of CPU %u", i);
			if (how)
				write32(UART_IMSC, 0);
			else
				write32(UART_ICR, UART_TX);
			dsb();
			WAIT(!irq_pending(0, SPI_UART));
			CHECK(!irq_pending(0, SPI_UART), "line down: GICD_ISPENDR reads 1");
			WAIT(run_on(i, job_hppir1, 0) == INTID_SPURIOUS);
			CHECK_EQ(run_on(i, job_hppir1, 0), INTID_SPURIOUS, "line down: ICC_HPPIR1_EL1 of CPU %u", i);
			CHECK_EQ(run_on(i, job_iar1, 0), INTID_SPURIOUS, "line down: ICC_IAR1_EL1 of CPU %u", i);
			run_on(i, job_unmask, 0);
			expect_nothing("the line has dropped");
			line_down();
		}
	}
}

static bool hook_line_off(struct cpu *c, u32 intid, bool fiq)
{
	(void)c;
	(void)fiq;
	if (intid == SPI_UART)
		write32(UART_IMSC, 0);
	dsb();
	return false;
}

static void line_enable(void)
{
	case_begin("disabled and enabled with the line up");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		if (!setup_line(i))
			return;
		cpus[i].hook = hook_line_off;
		/* R23: up while disabled, then enabled */
		irq_disable(0, SPI_UART);
		line_up();
		CHECK(irq_pending(0, SPI_UART), "disabled, line up: GICD_ISPENDR reads 0");
		expect_nothing("INTID 33 is disabled");
		irq_enable(0, SPI_UART);
		expect_taken(i, SPI_UART, 1);

		/* up and down while disabled */
		irq_disable(0, SPI_UART);
		line_up();
		write32(UART_IMSC, 0);
		dsb();
		CHECK(!irq_pending(0, SPI_UART), "disabled, line down: GICD_ISPENDR reads 1");
		irq_enable(0, SPI_UART);
		expect_taken(i, SPI_UART, 1);

		/* up, signalled, disabled, down, enabled */
		run_on(i, job_mask, 0);
		line_up();
		WAIT(run_on(i, job_hppir1, 0) == SPI_UART);
		irq_disable(0, SPI_UART);
		CHECK_EQ(run_on(i, job_hppir1, 0), INTID_SPURIOUS, "disabled: ICC_HPPIR1_EL1 of CPU %u", i);
		write32(UART_IMSC, 0);
		dsb();
		irq_enable(0, SPI_UART);
		run_on(i, job_unmask, 0);
		expect_taken(i, SPI_UART, 1);
		cpus[i].hook = NULL;
		line_down();
	}
}

/* The latch of GICD_ISPENDR and the line are two things; pending is their OR. */
static void line_and_latch(void)
{
	case_begin("latch and line of a level SPI");
	if (!setup_line(0))
		return;
	cpus[0].hook = hook_line_off;
	int_mask();
	line_up();
	irq_pend(0, SPI_UART);
	write32(UART_IMSC, 0);
	dsb();
	CHECK(irq_pending(0, SPI_UART), "latched, line down again: GICD_ISPENDR reads 0");
	expect_hppir1(SPI_UART, "latched, line down again");
	int_unmask();
	expect_taken(0, SPI_UART, 1);

	int_mask();
	line_up();
	irq_pend(0, SPI_UART);
	irq_unpend(0, SPI_UART);
	CHECK(irq_pending(0, SPI_UART), "line up, latch cleared: GICD_ISPENDR reads 0");
	write32(UART_IMSC, 0);
	dsb();
	CHECK(!irq_pending(0, SPI_UART), "latch cleared, line down: GICD_ISPENDR reads 1");
	expect_hppir1(INTID_SPURIOUS, "latch cleared, line down");
	int_unmask();
	expect_taken(0, SPI_UART, 1);
	line_down();
}

static void line_as_edge(void)
{
	struct cpu *c = this_cpu();

	case_begin("a held line, configured as edge");
	if (!setup_line(0))
		return;
	irq_disable(0, SPI_UART);
	irq_set_edge(0, SPI_UART, true);
	irq_unpend(0, SPI_UART);
	irq_enable(0, SPI_UART);
	for (u32 i = 1; i <= 4; i++) {
		line_up();
		WAIT(c->taken[SPI_UART] >= i);
		settle();
		/* one edge, one interrupt, though the line stays up */
		CHECK_EQ(c->taken[SPI_UART], i, "after edge %u: taken", i);
		CHECK(!irq_pending(0, SPI_UART), "line still up, edge taken: GICD_ISPENDR reads 1");
		write32(UART_IMSC, 0);
		dsb();
	}
	/* GICD_ICPENDR clears an edge */
	int_mask();
	line_up();
	CHECK(irq_pending(0, SPI_UART), "edge: GICD_ISPENDR reads 0");
	write32(UART_IMSC, 0);
	dsb();
	CHECK(irq_pending(0, SPI_UART), "edge, line down: GICD_ISPENDR reads 0");
	irq_unpend(0, SPI_UART);
	CHECK(!irq_pending(0, SPI_UART), "edge cleared: GICD_ISPENDR reads 1");
	int_unmask();
	expect_taken(0, SPI_UART, 4);
	line_down();
}

/* Two more edges in the first handler: one more interrupt, though the line is up at the end of each. */
static bool hook_edge_again(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid != SPI_UART || c->taken[intid] > 1)
		return false;
	CHECK(!irq_pending(0, intid), "edge taken, line up: GICD_ISPENDR reads 1");
	for (u32 i = 0; i < 2; i++) {
		write32(UART_IMSC, 0);
		line_up();
	}
	CHECK(irq_pending(0, intid), "edge while active: GICD_ISPENDR reads 0");
	CHECK(irq_active(0, intid), "edge while active: GICD_ISACTIVER reads 0");
	CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "edge while active: ICC_HPPIR1_EL1");
	return false;
}

/* R20: the input itself, not GICD_ISPENDR. */
static void line_edge_while_active(void)
{
	case_begin("an edge of the line while active");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		if (!setup_line(i))
			return;
		irq_disable(0, SPI_UART);
		irq_set_edge(0, SPI_UART, true);
		irq_unpend(0, SPI_UART);
		irq_enable(0, SPI_UART);
		cpus[i].hook = hook_edge_again;
		dsb();
		line_up();
		expect_taken(i, SPI_UART, 2);
		CHECK_EQ(total_taken(SPI_UART), 2, "two edges, the second while active: all took");
		CHECK(!irq_pending(0, SPI_UART), "both edges taken, line up: GICD_ISPENDR reads 1");
		cpus[i].hook = NULL;
		line_down();
		irq_disable(0, SPI_UART);
	}
}

static void line_moves(void)
{
	case_begin("a held line is routed to another CPU");
	if (!need_cpus(2) || !setup_line(0))
		return;
	cpus[1].hook = hook_line_off;
	int_mask();
	line_up();
	expect_hppir1(SPI_UART, "line up");
	spi_route(SPI_UART, 1);
	WAIT(cpus[1].taken[SPI_UART]);
	expect_hppir1(INTID_SPURIOUS, "routed to CPU 1");
	int_unmask();
	settle();
	CHECK_EQ(cpus[1].taken[SPI_UART], 1, "taken by CPU 1");
	CHECK_EQ(cpus[0].taken[SPI_UART], 0, "taken by CPU 0");
	line_down();
}

static void wake(void)
{
	case_begin("an SPI ends WFI");
	irq_setup(0, SPI_BASE, 0xa0);
	for (u32 i = 1; i <= 50; i++) {
		/* pending before the WFI, and taken before it */
		if (i & 1)
			irq_mask();
		irq_pend(0, SPI_BASE);
		WAIT_WFI(this_cpu()->taken[SPI_BASE] >= i);
		if (!CHECK_EQ(this_cpu()->taken[SPI_BASE], i, "round %u: taken", i))
			break;
	}
}

/* F13: a message-based SPI. GICD_SETSPI_NSR, GICD_CLRSPI_NSR. */
static void message(void)
{
	u32 intid = SPI_BASE + 2;

	case_begin("GICD_SETSPI_NSR and GICD_CLRSPI_NSR");
	if (!(gic.typer & GICD_TYPER_MBIS)) {
		case_skip("GICD_TYPER.MBIS = 0");
		return;
	}
	irq_setup(0, intid, 0xa0);
	gicd_write(GICD_SETSPI_NSR, intid);
	dsb();
	expect_taken(0, intid, 1);
	/* 16-bit accesses are permitted here (R79) */
	write16(GICD_BASE + GICD_SETSPI_NSR, (u16)intid);
	dsb();
	expect_taken(0, intid, 2);
	int_mask();
	gicd_write(GICD_SETSPI_NSR, intid);
	dsb();
	CHECK(irq_pending(0, intid), "GICD_SETSPI_NSR: GICD_ISPENDR reads 0");
	gicd_write(GICD_CLRSPI_NSR, intid);
	dsb();
	CHECK(!irq_pending(0, intid), "GICD_CLRSPI_NSR: GICD_ISPENDR reads 1");
	int_unmask();
	expect_taken(0, intid, 2);
	/* not an SPI, or none that exists: no effect */
	gicd_write(GICD_SETSPI_NSR, 3);
	gicd_write(GICD_SETSPI_NSR, PPI_VTIMER);
	gicd_write(GICD_SETSPI_NSR, 1023);
	if (gic.nr_irqs < 1020)
		gicd_write(GICD_SETSPI_NSR, gic.nr_irqs);
	dsb();
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ISPENDR), 0, "GICD_SETSPI_NSR of no SPI: GICR_ISPENDR0 of CPU %u",
		         i);
	expect_taken(0, intid, 2);
}

void guest_main(void)
{
	edge();
	edge_while_active();
	config();
	level_by_software();
	line_refires();
	line_drops();
	line_enable();
	line_and_latch();
	line_as_edge();
	line_edge_while_active();
	line_moves();
	wake();
	message();
}
