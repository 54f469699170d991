/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A domain of Xen without an operating system. dom0 speaks through CONSOLEIO_write, a domU through its virtual PL011
 * (SBSA: Xen sets it up). Memory is mapped one to one in blocks of 1 GiB, because what is not cacheable could not be
 * shared with Xen, nor used for exclusives.
 */
#include "domain.h"

#define UART_DR      0x00u
#define UART_FR      0x18u
#define UART_FR_TXFF (1u << 5)

#define CONSOLEIO_WRITE 0u

#define PSCI_CPU_OFF       0x84000002u
#define PSCI_CPU_ON        0xc4000003u
#define PSCI_AFFINITY_INFO 0xc4000004u
#define PSCI_SYSTEM_OFF    0x84000008u

#define UNDEFINED   0x00u /* ESR_EL1.EC */
#define FETCH_ABORT 0x21u
#define DATA_ABORT  0x25u

#define MAX_IN_A_ROW 200u
#define PSR_I        (1ull << 7)

struct machine machine;
struct vcpu vcpus[MAX_VCPUS];
struct vcpu *vcpu_by_aff0[16];

static u8 stacks[MAX_VCPUS][16384] __attribute__((aligned(64), section(".noinit,\"aw\",@nobits//")));
static u64 page_table[512] __attribute__((aligned(4096)));

void secondary_entry(void);
void secondary_main(void);
void domain_boot(const void *fdt);

/* Console */

void uart_putc(char c)
{
	static char line[128]; /* dom0: one hypercall for each line */
	static u32 len;

	if (machine.uart) {
		while (read32(machine.uart + UART_FR) & UART_FR_TXFF)
			;
		write32(machine.uart + UART_DR, (u32)(unsigned char)c);
		return;
	}
	if (c != '\r')
		line[len++] = c;
	if (c == '\n' || len == sizeof(line)) {
		hypercall(HYPERVISOR_CONSOLE_IO, CONSOLEIO_WRITE, len, (u64)line);
		len = 0;
	}
}

void die(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	irq_mask();
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	print("\nFAIL: %s\n", text);
	power_off();
}

/* Calls */

#define CLOBBERED "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x17", "memory"

int64_t hypercall(u64 nr, u64 a0, u64 a1, u64 a2)
{
	register u64 x0 __asm__("x0") = a0;
	register u64 x1 __asm__("x1") = a1;
	register u64 x2 __asm__("x2") = a2;
	register u64 x16 __asm__("x16") = nr;

	__asm__ volatile("dsb sy\n\thvc #0xea1" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x16) : : "x3", CLOBBERED);
	return (int64_t)x0;
}

static int32_t psci(u64 fn, u64 a, u64 b, u64 c)
{
	register u64 x0 __asm__("x0") = fn;
	register u64 x1 __asm__("x1") = a;
	register u64 x2 __asm__("x2") = b;
	register u64 x3 __asm__("x3") = c;

	__asm__ volatile("dsb sy\n\thvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "x16", CLOBBERED);
	return (int32_t)x0;
}

void power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

/* Memory */

static void set_mair(u8 mmio)
{
	sysreg_write("mair_el1", 0xff00u | mmio);
	isb();
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
}

void mmio_is_normal(bool normal)
{
	set_mair(normal ? 0xff : 0x04);
}

static void mmu_on(void)
{
	u64 parange = sysreg_read("id_aa64mmfr0_el1") & 7;

	set_mair(0x04);
	/* 4 KiB granule, 39 bits of VA by TTBR0, inner shareable write-back tables, TTBR1 off */
	sysreg_write("tcr_el1", 25u | 1u << 8 | 1u << 10 | 3u << 12 | 1u << 23 | parange << 32);
	sysreg_write("ttbr0_el1", (u64)page_table);
	isb();
	sysreg_write("sctlr_el1", (sysreg_read("sctlr_el1") & ~(1ull << 1 | 1ull << 3 | 1ull << 4 | 1ull << 19)) |
	                                  1u << 0 | 1u << 2 | 1u << 12);
	isb();
}

static void map_memory(void)
{
	for (u64 i = 0; i < 512; i++)
		page_table[i] = i << 30 | 1u << 10 | 3u << 8 | (i ? 1u : 0u) << 2 | 1u; /* AF, inner shareable, block */
	dsb();
}

/* vCPUs */

void secondary_main(void)
{
	struct vcpu *v = this_vcpu();

	mmu_on();
	v->ret = v->job(v->arg);
	irq_mask();
	psci(PSCI_CPU_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

bool vcpu_start(u32 id, u64 (*fn)(u64), u64 arg)
{
	struct vcpu *v = &vcpus[id];

	v->stack_top = (u64)&stacks[id][sizeof(stacks[id])];
	v->job = fn;
	v->arg = arg;
	dsb();
	return psci(PSCI_CPU_ON, v->mpidr, (u64)&secondary_entry, (u64)v) == 0;
}

bool vcpu_is_off(u32 id)
{
	return psci(PSCI_AFFINITY_INFO, vcpus[id].mpidr, 0, 0) == 1;
}

bool vcpu_join(u32 id, u32 ms)
{
	u64 end = now() + ms_to_ticks(ms);

	while (!vcpu_is_off(id))
		if (now() > end)
			return false;
	return true;
}

static void find_redistributors(void)
{
	bool last = false;

	for (uintptr_t rd = machine.gicr; !last; rd += 0x20000) {
		u64 typer = read64(rd + GICR_TYPER);
		u64 affinity = (typer >> 32 & 0xffffff) | typer >> 56 << 32;

		for (u32 i = 0; i < machine.nr_vcpus; i++)
			if (machine.mpidr[i] == affinity)
				vcpus[i].rd = rd;
		last = (typer & GICR_TYPER_Last) != 0;
	}
}

void domain_boot(const void *fdt)
{
	bool found;

	map_memory();
	mmu_on();
	sysreg_write("tpidr_el1", (u64)&vcpus[0]);
	found = fdt_read(fdt, &machine);
	machine.its = argument_number(machine.bootargs, "its", machine.its);
	if (!found)
		die("no device tree with a GICv3 at 0x%lx", (u64)fdt);
	for (u32 i = 0; i < machine.nr_vcpus; i++) {
		vcpus[i].id = i;
		vcpus[i].mpidr = machine.mpidr[i];
		vcpu_by_aff0[machine.mpidr[i] & 0xf] = &vcpus[i];
	}
	find_redistributors();
	for (u32 i = 0; i < machine.nr_vcpus; i++)
		if (!vcpus[i].rd)
			die("vCPU %u (0x%lx) has no Redistributor", i, machine.mpidr[i]);
	print("domain: %s, %u vCPUs, GICD 0x%lx, GICR 0x%lx, ITS 0x%lx, arguments \"%s\"\n",
	      machine.uart ? "domU" : "dom0", machine.nr_vcpus, machine.gicd, machine.gicr, machine.its,
	      machine.bootargs);
	domain_main();
	power_off();
}

/* Interrupts */

void cpu_interface_on(void)
{
	sysreg_write("icc_sre_el1", 7);
	isb();
	sysreg_write("icc_ctlr_el1", 0);
	sysreg_write("icc_pmr_el1", 0xff);
	sysreg_write("icc_bpr1_el1", 0);
	sysreg_write("icc_igrpen1_el1", 1);
	isb();
}

void interrupts_on(void)
{
	this_vcpu()->nr_in_a_row = 0;
	irq_unmask();
}

void interrupts_off(void)
{
	irq_mask();
}

void interrupt_enable(u32 intid, bool on)
{
	uintptr_t base = intid < 32 ? this_vcpu()->rd + GICR_SGI : machine.gicd;
	u32 bit = 1u << intid % 32, off = intid / 32 * 4;

	write32(base + GICD_IGROUPR + off, read32(base + GICD_IGROUPR + off) | bit);
	write8(base + GICD_IPRIORITYR + intid, 0xa0);
	write32(base + (on ? GICD_ISENABLER : GICD_ICENABLER) + off, bit);
}

u64 sgi_to(u32 vcpu, u32 intid)
{
	u64 mpidr = vcpus[vcpu].mpidr;

	return (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | (u64)intid << 24 | (mpidr >> 8 & 0xff) << 16 |
	       1ull << (mpidr & 0xf);
}

void guest_exception(u64 kind, struct frame *f)
{
	struct vcpu *v = this_vcpu();
	u32 class = (u32)(f->esr >> 26) & 0x3f;

	if (kind == 1) {
		u32 intid = icc_iar1();

		v->nr_irqs = v->nr_irqs + 1;
		v->nr_in_a_row = v->nr_in_a_row + 1;
		v->last_intid = intid;
		if (v->nr_in_a_row > MAX_IN_A_ROW)
			f->spsr |= PSR_I;
		if (intid >= 1020 && intid <= 1023)
			return;
		if (v->hook)
			v->hook(v, intid);
		icc_eoir1(intid);
		return;
	}
	if (v->reckless && kind == 0 && (class == UNDEFINED || class == DATA_ABORT || class == FETCH_ABORT)) {
		if (class == UNDEFINED)
			v->nr_undefined = v->nr_undefined + 1;
		else
			v->nr_aborts = v->nr_aborts + 1;
		/* behind the instruction, or back from the call that led to where nothing can be fetched */
		f->elr = class == FETCH_ABORT ? f->x[30] : f->elr + 4;
		return;
	}
	if (v->reckless && kind == 3) {
		v->nr_serrors = v->nr_serrors + 1;
		return;
	}
	die("vCPU %u: exception, kind %lu ESR 0x%lx ELR 0x%lx (image + 0x%lx) FAR 0x%lx", v->id, kind, f->esr, f->elr,
	    f->elr - ((u64)&secondary_entry & ~0xffffful), f->far);
}

u64 random64(u64 *state)
{
	u64 x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}
