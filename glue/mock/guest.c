/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what a guest's GIC driver does, in short words for tests.
 * Locks: none.
 * Implements: IHI 0069 12.8 and 12.10 (the accesses), 12.2 (the system registers by name).
 */
#include "internal.h"

static uint64_t mrs(struct mock_vm *vm, uint32_t cpu, uint32_t sysreg)
{
	uint64_t val = 0;
	enum lvgic_status status = mock_guest_mrs(vm, cpu, sysreg, &val);

	if (status != LVGIC_OK)
		mock_report(vm, "read of system register %#x: %s", sysreg, lvgic_strstatus(status));
	return val;
}

static void msr(struct mock_vm *vm, uint32_t cpu, uint32_t sysreg, uint64_t val)
{
	enum lvgic_status status = mock_guest_msr(vm, cpu, sysreg, val);

	if (status != LVGIC_OK)
		mock_report(vm, "write of system register %#x: %s", sysreg, lvgic_strstatus(status));
}

uint32_t mock_guest_ack(struct mock_vm *vm, uint32_t cpu, uint32_t group)
{
	return (uint32_t)mrs(vm, cpu, group ? ICC_IAR1_EL1 : ICC_IAR0_EL1);
}

void mock_guest_eoi(struct mock_vm *vm, uint32_t cpu, uint32_t group, uint32_t intid)
{
	msr(vm, cpu, group ? ICC_EOIR1_EL1 : ICC_EOIR0_EL1, intid);
}

void mock_guest_dir(struct mock_vm *vm, uint32_t cpu, uint32_t intid)
{
	msr(vm, cpu, ICC_DIR_EL1, intid);
}

uint32_t mock_guest_hppir(struct mock_vm *vm, uint32_t cpu, uint32_t group)
{
	return (uint32_t)mrs(vm, cpu, group ? ICC_HPPIR1_EL1 : ICC_HPPIR0_EL1);
}

uint32_t mock_guest_rpr(struct mock_vm *vm, uint32_t cpu)
{
	return (uint32_t)mrs(vm, cpu, ICC_RPR_EL1);
}

void mock_guest_set_pmr(struct mock_vm *vm, uint32_t cpu, uint32_t pmr)
{
	msr(vm, cpu, ICC_PMR_EL1, pmr);
}

void mock_guest_set_bpr(struct mock_vm *vm, uint32_t cpu, uint32_t group, uint32_t bpr)
{
	msr(vm, cpu, group ? ICC_BPR1_EL1 : ICC_BPR0_EL1, bpr);
}

void mock_guest_set_ctlr(struct mock_vm *vm, uint32_t cpu, uint32_t ctlr)
{
	msr(vm, cpu, ICC_CTLR_EL1, ctlr);
}

void mock_guest_set_igrpen(struct mock_vm *vm, uint32_t cpu, uint32_t group, bool on)
{
	msr(vm, cpu, group ? ICC_IGRPEN1_EL1 : ICC_IGRPEN0_EL1, on);
}

void mock_guest_sgi(struct mock_vm *vm, uint32_t cpu, uint32_t group, uint32_t intid, uint32_t target)
{
	uint64_t val = (uint64_t)intid << ICC_SGIR_INTID_SHIFT;

	if (target == MOCK_DEBUGGER) {
		val |= ICC_SGIR_IRM;
	} else {
		uint64_t affinity = vm->affinity[target];
		uint64_t aff0 = affinity & 0xff;

		val |= 1ull << aff0 % 16 | (aff0 / 16) << ICC_SGIR_RS_SHIFT;
		val |= (affinity >> 8 & 0xff) << ICC_SGIR_Aff1_SHIFT;
		val |= (affinity >> 16 & 0xff) << ICC_SGIR_Aff2_SHIFT;
		val |= (affinity >> 24 & 0xff) << ICC_SGIR_Aff3_SHIFT;
	}
	msr(vm, cpu, group ? ICC_SGI1R_EL1 : ICC_SGI0R_EL1, val);
}

/* A register of the Distributor's interrupt arrays, or the same of a Redistributor for private interrupts. */
static uint64_t array_r(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t offset, uint32_t size)
{
	if (intid >= LVGIC_NR_PRIVATE)
		return mock_dist_r(vm, cpu, offset, size);
	return mock_redist_r(vm, cpu, cpu, GICR_SGI_BASE + offset, size);
}

static void array_w(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t offset, uint32_t size, uint64_t val)
{
	if (intid >= LVGIC_NR_PRIVATE)
		mock_dist_w(vm, cpu, offset, size, val);
	else
		mock_redist_w(vm, cpu, cpu, GICR_SGI_BASE + offset, size, val);
}

void mock_irq_write(struct mock_vm *vm, uint32_t cpu, uint32_t reg, uint32_t intid)
{
	array_w(vm, cpu, intid, reg + intid / 32 * 4, 4, 1u << intid % 32);
}

bool mock_irq_read(struct mock_vm *vm, uint32_t cpu, uint32_t reg, uint32_t intid)
{
	return array_r(vm, cpu, intid, reg + intid / 32 * 4, 4) >> intid % 32 & 1u;
}

void mock_irq_set_prio(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t prio)
{
	array_w(vm, cpu, intid, GICD_IPRIORITYR + intid, 1, prio);
}

void mock_irq_set_edge(struct mock_vm *vm, uint32_t cpu, uint32_t intid, bool edge)
{
	uint32_t offset = GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;
	uint64_t val = array_r(vm, cpu, intid, offset, 4);

	array_w(vm, cpu, intid, offset, 4, edge ? val | bit : val & ~(uint64_t)bit);
}

void mock_irq_set_group(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t group)
{
	uint32_t offset = GICD_IGROUPR + intid / 32 * 4;
	uint32_t bit = 1u << intid % 32;
	uint64_t val = array_r(vm, cpu, intid, offset, 4);

	array_w(vm, cpu, intid, offset, 4, group ? val | bit : val & ~(uint64_t)bit);
}

void mock_irq_route(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t target)
{
	uint64_t val = GICD_IROUTER_IRM;

	if (target != MOCK_DEBUGGER) {
		uint64_t affinity = vm->affinity[target];

		val = (affinity & 0xffffffu) | (affinity >> 24) << 32;
	}
	mock_dist_w(vm, cpu, GICD_IROUTER + intid * 8, 8, val);
}

void mock_inject(struct mock_vm *vm, uint32_t cpu, uint32_t intid, bool level)
{
	struct lvgic_vcpu *lv = intid < LVGIC_NR_PRIVATE ? mock_cpu(vm, cpu)->lv : NULL;
	enum lvgic_status status = lvgic_inject(vm->vgic, lv, intid, level);

	if (status != LVGIC_OK)
		mock_report(vm, "lvgic_inject of %u: %s", intid, lvgic_strstatus(status));
}

static void enable_private(struct mock_vm *vm, uint32_t cpu)
{
	mock_redist_w(vm, cpu, cpu, GICR_WAKER, 4, 0);
	mock_redist_w(vm, cpu, cpu, GICR_SGI_BASE + GICD_IGROUPR, 4, UINT32_MAX);
	for (uint32_t intid = 0; intid < LVGIC_NR_PRIVATE; intid += 4)
		mock_redist_w(vm, cpu, cpu, GICR_SGI_BASE + GICD_IPRIORITYR + intid, 4, 0xa0a0a0a0u);
	mock_redist_w(vm, cpu, cpu, GICR_SGI_BASE + GICD_ISENABLER, 4, UINT32_MAX);
	mock_guest_set_bpr(vm, cpu, 0, 0);
	mock_guest_set_bpr(vm, cpu, 1, 0);
	mock_guest_set_pmr(vm, cpu, 0xff);
	mock_guest_set_igrpen(vm, cpu, 0, true);
	mock_guest_set_igrpen(vm, cpu, 1, true);
	mock_vcpu_exit(vm, cpu);
}

void mock_guest_enable_all(struct mock_vm *vm)
{
	uint32_t end = LVGIC_FIRST_SPI + vm->config.nr_spis;

	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_ARE);
	for (uint32_t intid = LVGIC_FIRST_SPI; intid < end; intid += 32)
		mock_dist_w(vm, 0, GICD_IGROUPR + intid / 8, 4, UINT32_MAX);
	for (uint32_t intid = LVGIC_FIRST_SPI; intid < end && intid < 1020; intid += 4)
		mock_dist_w(vm, 0, GICD_IPRIORITYR + intid, 4, 0xa0a0a0a0u);
	for (uint32_t intid = LVGIC_FIRST_SPI; intid < end && intid < 1020; intid++)
		mock_irq_route(vm, 0, intid, 0);
	for (uint32_t intid = LVGIC_FIRST_SPI; intid < end; intid += 32)
		mock_dist_w(vm, 0, GICD_ISENABLER + intid / 8, 4, UINT32_MAX);
	mock_dist_w(vm, 0, GICD_CTLR, 4, GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		enable_private(vm, cpu);
}
