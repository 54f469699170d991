/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A GICv3 driver for the tests: thin, explicit, without policy. Names of
 * registers and fields are those of IHI 0069, chapter "Programmers' Model".
 *
 * Everything here works on any INTID: for SGIs and PPIs the Redistributor of
 * the given CPU is used, for SPIs the Distributor (the CPU is then ignored).
 */
#ifndef GUEST_GIC_H
#define GUEST_GIC_H

#include "cpu.h"

#define GICD_BASE 0x08000000ul
#define GICR_BASE 0x080a0000ul
#define GICR_SGI  0x10000u /* SGI_base follows RD_base */

#define GICD_CTLR       0x0000u
#define GICD_TYPER      0x0004u
#define GICD_IIDR       0x0008u
#define GICD_TYPER2     0x000cu
#define GICD_STATUSR    0x0010u
#define GICD_SETSPI_NSR 0x0040u
#define GICD_CLRSPI_NSR 0x0048u
#define GICD_IGROUPR    0x0080u
#define GICD_ISENABLER  0x0100u
#define GICD_ICENABLER  0x0180u
#define GICD_ISPENDR    0x0200u
#define GICD_ICPENDR    0x0280u
#define GICD_ISACTIVER  0x0300u
#define GICD_ICACTIVER  0x0380u
#define GICD_IPRIORITYR 0x0400u
#define GICD_ITARGETSR  0x0800u
#define GICD_ICFGR      0x0c00u
#define GICD_IGRPMODR   0x0d00u
#define GICD_NSACR      0x0e00u
#define GICD_SGIR       0x0f00u
#define GICD_CPENDSGIR  0x0f10u
#define GICD_SPENDSGIR  0x0f20u
#define GICD_IROUTER    0x6000u
#define GIC_PIDR2       0xffe8u

#define GICD_CTLR_EnableGrp0 (1u << 0)
#define GICD_CTLR_EnableGrp1 (1u << 1)
#define GICD_CTLR_ARE        (1u << 4)
#define GICD_CTLR_DS         (1u << 6)
#define GICD_CTLR_RWP        (1u << 31)

#define GICD_TYPER_MBIS (1u << 16)
#define GICD_TYPER_ESPI (1u << 8)
#define GICD_TYPER_A3V  (1u << 24)
#define GICD_TYPER_No1N (1u << 25)
#define GICD_TYPER_RSS  (1u << 26)

#define GICD_IROUTER_IRM (1ull << 31)

#define GICR_CTLR    0x0000u
#define GICR_IIDR    0x0004u
#define GICR_TYPER   0x0008u
#define GICR_STATUSR 0x0010u
#define GICR_WAKER   0x0014u

#define GICR_CTLR_RWP             (1u << 3)
#define GICR_CTLR_DPG0            (1u << 24)
#define GICR_CTLR_DPG1NS          (1u << 25)
#define GICR_CTLR_UWP             (1u << 31)
#define GICR_TYPER_VLPIS          (1ull << 1)
#define GICR_TYPER_Last           (1ull << 4)
#define GICR_TYPER_DPGS           (1ull << 5)
#define GICR_WAKER_ProcessorSleep (1u << 1)
#define GICR_WAKER_ChildrenAsleep (1u << 2)

#define ICC_CTLR_CBPR       (1u << 0)
#define ICC_CTLR_EOImode    (1u << 1)
#define ICC_CTLR_PRIbits(v) ((((v) >> 8) & 7u) + 1u)
#define ICC_CTLR_RSS        (1u << 18)
#define ICC_CTLR_A3V        (1u << 15)

#define INTID_SPURIOUS 1023u
#define RPR_IDLE       0xffu

#define PPI_VTIMER 27u
#define PPI_PTIMER 30u
#define SPI_UART   33u
#define SPI_BASE   40u /* nothing but idle, low lines from here on */

static inline u32 gicd_read(u32 off)
{
	return read32(GICD_BASE + off);
}
static inline void gicd_write(u32 off, u32 val)
{
	write32(GICD_BASE + off, val);
}
u32 gicr_read(unsigned int cpu, u32 off);
void gicr_write(unsigned int cpu, u32 off, u32 val);

/* System registers; every write that changes what may be signalled is followed by an ISB. */
static inline u32 icc_iar1(void)
{
	u32 v = (u32)sysreg_read("icc_iar1_el1");
	dsb();
	return v;
}
static inline u32 icc_iar0(void)
{
	u32 v = (u32)sysreg_read("icc_iar0_el1");
	dsb();
	return v;
}
static inline void icc_eoir1(u32 v)
{
	sysreg_write("icc_eoir1_el1", v);
	isb();
	dsb();
}
static inline void icc_eoir0(u32 v)
{
	sysreg_write("icc_eoir0_el1", v);
	isb();
	dsb();
}
static inline void icc_dir(u32 v)
{
	sysreg_write("icc_dir_el1", v);
	isb();
	dsb();
}
static inline u32 icc_hppir1(void)
{
	return (u32)sysreg_read("icc_hppir1_el1");
}
static inline u32 icc_hppir0(void)
{
	return (u32)sysreg_read("icc_hppir0_el1");
}
static inline u32 icc_rpr(void)
{
	return (u32)sysreg_read("icc_rpr_el1");
}
static inline u32 icc_pmr(void)
{
	return (u32)sysreg_read("icc_pmr_el1");
}
static inline void icc_set_pmr(u32 v)
{
	sysreg_write("icc_pmr_el1", v);
	isb();
	dsb();
}
static inline u32 icc_bpr0(void)
{
	return (u32)sysreg_read("icc_bpr0_el1");
}
static inline u32 icc_bpr1(void)
{
	return (u32)sysreg_read("icc_bpr1_el1");
}
static inline void icc_set_bpr0(u32 v)
{
	sysreg_write("icc_bpr0_el1", v);
	isb();
}
static inline void icc_set_bpr1(u32 v)
{
	sysreg_write("icc_bpr1_el1", v);
	isb();
}
static inline u32 icc_ctlr(void)
{
	return (u32)sysreg_read("icc_ctlr_el1");
}
static inline void icc_set_ctlr(u32 v)
{
	sysreg_write("icc_ctlr_el1", v);
	isb();
}
static inline void icc_set_igrpen0(u32 v)
{
	sysreg_write("icc_igrpen0_el1", v);
	isb();
	dsb();
}
static inline void icc_set_igrpen1(u32 v)
{
	sysreg_write("icc_igrpen1_el1", v);
	isb();
	dsb();
}
static inline u32 icc_ap1r0(void)
{
	return (u32)sysreg_read("icc_ap1r0_el1");
}
static inline u32 icc_ap0r0(void)
{
	return (u32)sysreg_read("icc_ap0r0_el1");
}
static inline void icc_sgi1r(u64 v)
{
	dsb();
	sysreg_write("icc_sgi1r_el1", v);
	isb();
}
static inline void icc_sgi0r(u64 v)
{
	dsb();
	sysreg_write("icc_sgi0r_el1", v);
	isb();
}
static inline void icc_asgi1r(u64 v)
{
	dsb();
	sysreg_write("icc_asgi1r_el1", v);
	isb();
}

/* Found once at start-up. */
struct gic {
	u32 typer;
	u32 nr_irqs;  /* first INTID after the last SPI */
	u32 pri_bits; /* implemented bits of a priority */
	u32 pre_bits; /* of those, bits that can preempt */
	u32 min_bpr0;
	u32 min_bpr1;
};
extern struct gic gic;

void gic_probe(void);
void gic_wake(unsigned int cpu);
/*
 * Everything disabled, then inactive, not pending, Group 1, edge (SPI), level
 * (PPI), priority 0xa0, routed to CPU 0; the CPU interfaces at their defaults
 * with both groups enabled and interrupts unmasked on every CPU.
 */
void gic_reset(void);
void gicd_wait_rwp(void);
void gicr_wait_rwp(unsigned int cpu);

void irq_enable(unsigned int cpu, u32 intid);
void irq_disable(unsigned int cpu, u32 intid); /* returns when RWP is clear */
bool irq_enabled(unsigned int cpu, u32 intid);
void irq_pend(unsigned int cpu, u32 intid);
void irq_unpend(unsigned int cpu, u32 intid);
bool irq_pending(unsigned int cpu, u32 intid);
void irq_activate(unsigned int cpu, u32 intid);
void irq_deactivate(unsigned int cpu, u32 intid);
bool irq_active(unsigned int cpu, u32 intid);
void irq_set_prio(unsigned int cpu, u32 intid, u32 prio);
u32 irq_prio(unsigned int cpu, u32 intid);
void irq_set_group(unsigned int cpu, u32 intid, u32 group);
void irq_set_edge(unsigned int cpu, u32 intid, bool edge);
void spi_route(u32 intid, unsigned int cpu);
void spi_route_raw(u32 intid, u64 irouter);
/* enable, with a priority and (for an SPI) a route */
void irq_setup(unsigned int cpu, u32 intid, u32 prio);

void sgi_send_mask(unsigned int first_cpu, u32 target_list, u32 intid);
void sgi_send(unsigned int cpu, u32 intid);
void sgi_send_others(u32 intid);
u64 mpidr_to_irouter(u64 mpidr);
u64 sgi_value(u64 mpidr, u32 target_list, u32 intid);

/* The n-th implemented priority value, 0 the highest. */
static inline u32 prio_level(u32 n)
{
	return (n << (8u - gic.pri_bits)) & 0xffu;
}
/* The n-th priority value that differs in its preemption bits. */
static inline u32 prio_group(u32 n)
{
	return (n << (8u - gic.pre_bits)) & 0xffu;
}

#endif
