/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The driver: see gic.h.
 */
#include "guest.h"

struct gic gic;

#define UART_IMSC 0x09000038ul
#define UART_ICR  0x09000044ul

u32 gicr_read(unsigned int cpu, u32 off)
{
	return read32(cpus[cpu].rd + off);
}

void gicr_write(unsigned int cpu, u32 off, u32 val)
{
	write32(cpus[cpu].rd + off, val);
}

void gicd_wait_rwp(void)
{
	if (!WAIT(!(gicd_read(GICD_CTLR) & GICD_CTLR_RWP)))
		die("GICD_CTLR.RWP stays 1");
}

void gicr_wait_rwp(unsigned int cpu)
{
	if (!WAIT(!(gicr_read(cpu, GICR_CTLR) & GICR_CTLR_RWP)))
		die("GICR_CTLR.RWP of CPU %u stays 1", cpu);
}

/* The bit of an interrupt in a register group with one bit for each. */
static uintptr_t bit_reg(unsigned int cpu, u32 group, u32 intid)
{
	if (intid < 32)
		return cpus[cpu].rd + GICR_SGI + group;
	return GICD_BASE + group + intid / 32 * 4;
}

static void set_bit(unsigned int cpu, u32 group, u32 intid)
{
	write32(bit_reg(cpu, group, intid), 1u << (intid % 32));
	dsb();
}

static bool test_bit(unsigned int cpu, u32 group, u32 intid)
{
	dsb();
	return (read32(bit_reg(cpu, group, intid)) >> (intid % 32)) & 1u;
}

void irq_enable(unsigned int cpu, u32 intid)
{
	set_bit(cpu, GICD_ISENABLER, intid);
}
bool irq_enabled(unsigned int cpu, u32 intid)
{
	return test_bit(cpu, GICD_ISENABLER, intid);
}
void irq_pend(unsigned int cpu, u32 intid)
{
	set_bit(cpu, GICD_ISPENDR, intid);
}
void irq_unpend(unsigned int cpu, u32 intid)
{
	set_bit(cpu, GICD_ICPENDR, intid);
}
bool irq_pending(unsigned int cpu, u32 intid)
{
	return test_bit(cpu, GICD_ISPENDR, intid);
}
void irq_activate(unsigned int cpu, u32 intid)
{
	set_bit(cpu, GICD_ISACTIVER, intid);
}
void irq_deactivate(unsigned int cpu, u32 intid)
{
	set_bit(cpu, GICD_ICACTIVER, intid);
}
bool irq_active(unsigned int cpu, u32 intid)
{
	return test_bit(cpu, GICD_ISACTIVER, intid);
}

void irq_disable(unsigned int cpu, u32 intid)
{
	set_bit(cpu, GICD_ICENABLER, intid);
	if (intid < 32)
		gicr_wait_rwp(cpu);
	else
		gicd_wait_rwp();
}

static uintptr_t prio_reg(unsigned int cpu, u32 intid)
{
	if (intid < 32)
		return cpus[cpu].rd + GICR_SGI + GICD_IPRIORITYR + intid;
	return GICD_BASE + GICD_IPRIORITYR + intid;
}

void irq_set_prio(unsigned int cpu, u32 intid, u32 prio)
{
	write8(prio_reg(cpu, intid), (u8)prio);
	dsb();
}

u32 irq_prio(unsigned int cpu, u32 intid)
{
	return read8(prio_reg(cpu, intid));
}

void irq_set_group(unsigned int cpu, u32 intid, u32 group)
{
	uintptr_t reg = bit_reg(cpu, GICD_IGROUPR, intid);
	u32 bit = 1u << (intid % 32);

	write32(reg, group ? read32(reg) | bit : read32(reg) & ~bit);
	dsb();
}

void irq_set_edge(unsigned int cpu, u32 intid, bool edge)
{
	uintptr_t reg = intid < 32 ? cpus[cpu].rd + GICR_SGI + GICD_ICFGR + intid / 16 * 4 :
	                             GICD_BASE + GICD_ICFGR + intid / 16 * 4;
	u32 bit = 2u << (intid % 16 * 2);

	write32(reg, edge ? read32(reg) | bit : read32(reg) & ~bit);
	dsb();
}

u64 mpidr_to_irouter(u64 mpidr)
{
	return mpidr & 0xff00fffffful;
}

void spi_route_raw(u32 intid, u64 irouter)
{
	write64(GICD_BASE + GICD_IROUTER + intid * 8, irouter);
	dsb();
}

void spi_route(u32 intid, unsigned int cpu)
{
	spi_route_raw(intid, mpidr_to_irouter(cpus[cpu].mpidr));
}

void irq_setup(unsigned int cpu, u32 intid, u32 prio)
{
	irq_set_prio(cpu, intid, prio);
	if (intid >= 32)
		spi_route(intid, cpu);
	irq_enable(cpu, intid);
}

u64 sgi_value(u64 mpidr, u32 target_list, u32 intid)
{
	u64 aff0 = mpidr & 0xff;

	return (((mpidr >> 32) & 0xff) << 48) | ((aff0 / 16) << 44) | (((mpidr >> 16) & 0xff) << 32) |
	       ((u64)intid << 24) | (((mpidr >> 8) & 0xff) << 16) | target_list;
}

void sgi_send_mask(unsigned int first_cpu, u32 target_list, u32 intid)
{
	icc_sgi1r(sgi_value(cpus[first_cpu].mpidr, target_list, intid));
}

void sgi_send(unsigned int cpu, u32 intid)
{
	sgi_send_mask(cpu, 1u << (cpus[cpu].mpidr & 15), intid);
}

void sgi_send_others(u32 intid)
{
	icc_sgi1r((1ull << 40) | ((u64)intid << 24));
}

void gic_probe(void)
{
	u32 lines;

	sysreg_write("icc_sre_el1", 7);
	isb();
	gic.typer = gicd_read(GICD_TYPER);
	lines = 32 * ((gic.typer & 0x1f) + 1);
	gic.nr_irqs = lines > 1020 ? 1020 : lines;
	gic.pri_bits = ICC_CTLR_PRIbits(icc_ctlr());
	icc_set_ctlr(0);
	icc_set_bpr0(0);
	icc_set_bpr1(0);
	gic.min_bpr0 = icc_bpr0();
	gic.min_bpr1 = icc_bpr1();
	/* IHI 0069, "Priority grouping": the minimum of ICC_BPR0_EL1 leaves all preemption bits */
	gic.pre_bits = 7 - gic.min_bpr0;
}

void gic_wake(unsigned int cpu)
{
	u32 waker = gicr_read(cpu, GICR_WAKER);

	gicr_write(cpu, GICR_WAKER, waker & ~GICR_WAKER_ProcessorSleep);
	if (!WAIT(!(gicr_read(cpu, GICR_WAKER) & GICR_WAKER_ChildrenAsleep)))
		die("GICR_WAKER.ChildrenAsleep of CPU %u stays 1", cpu);
}

static u64 job_cpuif_off(u64 unused)
{
	struct cpu *c = this_cpu();

	(void)unused;
	int_mask();
	sysreg_write("cntv_ctl_el0", 0);
	sysreg_write("cntp_ctl_el0", 0);
	icc_set_igrpen0(0);
	icc_set_igrpen1(0);
	icc_set_ctlr(0);
	icc_set_pmr(0xff);
	icc_set_bpr0(0);
	icc_set_bpr1(0);
	c->hook = NULL;
	c->hold = false;
	c->watchdog = false;
	/* A case that leaves an active priority behind, or whose EOI did not drop it. */
	if (!CHECK_EQ(icc_rpr(), RPR_IDLE, "left from the case before: ICC_RPR_EL1")) {
		sysreg_write("icc_ap0r0_el1", 0);
		sysreg_write("icc_ap1r0_el1", 0);
		if (gic.pre_bits > 5) {
			sysreg_write("s3_0_c12_c8_5", 0); /* ICC_AP0R1_EL1 */
			sysreg_write("s3_0_c12_c9_1", 0); /* ICC_AP1R1_EL1 */
		}
		if (gic.pre_bits > 6) {
			sysreg_write("s3_0_c12_c8_6", 0);
			sysreg_write("s3_0_c12_c8_7", 0);
			sysreg_write("s3_0_c12_c9_2", 0);
			sysreg_write("s3_0_c12_c9_3", 0);
		}
		isb();
	}
	return 0;
}

static u64 job_cpuif_on(u64 unused)
{
	(void)unused;
	icc_set_igrpen0(1);
	icc_set_igrpen1(1);
	int_unmask();
	return 0;
}

void gic_reset(void)
{
	write32(UART_IMSC, 0);
	write32(UART_ICR, 0x7ff);

	gicd_write(GICD_CTLR, GICD_CTLR_ARE);
	gicd_wait_rwp();
	run_on_all(job_cpuif_off, 0);

	for (u32 i = 1; i < (gic.nr_irqs + 31) / 32; i++)
		gicd_write(GICD_ICENABLER + i * 4, ~0u);
	gicd_wait_rwp();
	for (u32 i = 1; i < (gic.nr_irqs + 31) / 32; i++) {
		gicd_write(GICD_ICPENDR + i * 4, ~0u);
		gicd_write(GICD_ICACTIVER + i * 4, ~0u);
		gicd_write(GICD_IGROUPR + i * 4, ~0u);
		gicd_write(GICD_ICFGR + i * 8, 0xaaaaaaaau);
		gicd_write(GICD_ICFGR + i * 8 + 4, 0xaaaaaaaau);
		/* the change to edge may have latched */
		gicd_write(GICD_ICPENDR + i * 4, ~0u);
	}
	for (u32 i = 32; i < gic.nr_irqs; i += 4)
		gicd_write(GICD_IPRIORITYR + i, 0xa0a0a0a0u);
	for (u32 i = 32; i < gic.nr_irqs; i++)
		write64(GICD_BASE + GICD_IROUTER + i * 8, mpidr_to_irouter(cpus[0].mpidr));

	for (unsigned int c = 0; c < nr_cpus; c++) {
		gicr_write(c, GICR_SGI + GICD_ICENABLER, ~0u);
		gicr_wait_rwp(c);
		gicr_write(c, GICR_SGI + GICD_ICPENDR, ~0u);
		gicr_write(c, GICR_SGI + GICD_ICACTIVER, ~0u);
		gicr_write(c, GICR_SGI + GICD_IGROUPR, ~0u);
		gicr_write(c, GICR_SGI + GICD_ICFGR + 4, 0);
		for (u32 i = 0; i < 32; i += 4)
			gicr_write(c, GICR_SGI + GICD_IPRIORITYR + i, 0xa0a0a0a0u);
	}
	dsb();

	for (u32 i = 1; i < (gic.nr_irqs + 31) / 32; i++) {
		CHECK_EQ(gicd_read(GICD_ISPENDR + i * 4), 0, "after clearing: GICD_ISPENDR%u", i);
		CHECK_EQ(gicd_read(GICD_ISACTIVER + i * 4), 0, "after clearing: GICD_ISACTIVER%u", i);
	}
	for (unsigned int c = 0; c < nr_cpus; c++) {
		CHECK_EQ(gicr_read(c, GICR_SGI + GICD_ISPENDR), 0, "after clearing: GICR_ISPENDR0 of CPU %u", c);
		CHECK_EQ(gicr_read(c, GICR_SGI + GICD_ISACTIVER), 0, "after clearing: GICR_ISACTIVER0 of CPU %u", c);
	}

	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	gicd_wait_rwp();
	run_on_all(job_cpuif_on, 0);
	settle();
}
