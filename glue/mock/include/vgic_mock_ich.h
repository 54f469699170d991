/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vgic_mock_ich.h - a model of the virtual CPU interface hardware of one PE.
 *
 * What a hypervisor programs through ICH_*_EL2 and a guest sees as ICV_*_EL1 (IHI 0069, 4.8, 12.2 and 12.4). It knows
 * nothing of the library: all functions work on the registers in struct mock_ich and on nothing else. No locks; one
 * thread at a time for each struct.
 */
#ifndef VGIC_MOCK_ICH_H
#define VGIC_MOCK_ICH_H

#include <stdbool.h>
#include <stdint.h>

#define MOCK_ICH_MAX_LRS 16

/* Bits of ICH_MISR_EL2: why the maintenance interrupt is asserted. */
#define MOCK_MISR_EOI    0x01u
#define MOCK_MISR_U      0x02u
#define MOCK_MISR_LRENP  0x04u
#define MOCK_MISR_NP     0x08u
#define MOCK_MISR_VGrp0E 0x10u
#define MOCK_MISR_VGrp0D 0x20u
#define MOCK_MISR_VGrp1E 0x40u
#define MOCK_MISR_VGrp1D 0x80u

/* Signals to the PE. */
#define MOCK_LINE_IRQ 0x1u
#define MOCK_LINE_FIQ 0x2u

/* How an access to a system register ends. */
enum mock_access {
	MOCK_ACCESS_DONE,
	MOCK_ACCESS_TRAP,  /* to the hypervisor */
	MOCK_ACCESS_UNDEF, /* to the guest: Undefined Instruction */
};

struct mock_ich {
	/* Implementation choices, constant after mock_ich_init(). */
	uint32_t nr_lrs;   /* 1..16 */
	uint32_t pri_bits; /* 5..7, priority bits and preemption bits */
	/*
	 * What acknowledging an LPI does. The architecture's: the list register becomes invalid. Some implementations
	 * keep it active until the end of interrupt.
	 */
	bool lpi_active;

	/* ICH_*_EL2. */
	uint32_t hcr;
	uint32_t vmcr;
	uint32_t ap0r[4];
	uint32_t ap1r[4];
	uint64_t lr[MOCK_ICH_MAX_LRS];

	/*
	 * GICv4: the interrupt that the Redistributor presents directly, beside the list registers; it is always of an
	 * enabled group at the Distributor. direct_ack: it is taken; false: it was withdrawn. NULL: there is none.
	 */
	bool (*direct)(void *arg, uint32_t *intid, uint32_t *prio, uint32_t *group);
	bool (*direct_ack)(void *arg, uint32_t intid);

	/* Called when a list register with HW=1 is deactivated; the physical GIC. NULL: nobody. */
	void (*hw_deactivate)(void *arg, uint32_t pintid);
	void *hw_arg;
};

/* Reset state. nr_lrs and pri_bits out of range are clamped. */
void mock_ich_init(struct mock_ich *ich, uint32_t nr_lrs, uint32_t pri_bits);

/* A write of ICH_VMCR_EL2: keeps what is implemented, raises the binary points to their minimum. */
void mock_ich_write_vmcr(struct mock_ich *ich, uint32_t vmcr);

/* ICH_VTR_EL2, ICH_MISR_EL2, ICH_EISR_EL2, ICH_ELRSR_EL2. */
uint32_t mock_ich_vtr(const struct mock_ich *ich);
uint32_t mock_ich_misr(const struct mock_ich *ich);
uint32_t mock_ich_eisr(const struct mock_ich *ich);
uint32_t mock_ich_elrsr(const struct mock_ich *ich);

/* MOCK_LINE_*: what the virtual CPU interface signals to the PE. */
uint32_t mock_ich_lines(const struct mock_ich *ich);

/* Number of active priority registers a group. */
uint32_t mock_ich_nr_aprs(const struct mock_ich *ich);

/* Guest accesses, group 0 or 1, without traps. */
uint32_t mock_ich_ack(struct mock_ich *ich, uint32_t group);
void mock_ich_eoi(struct mock_ich *ich, uint32_t group, uint32_t intid);
void mock_ich_dir(struct mock_ich *ich, uint32_t intid);
uint32_t mock_ich_hppir(const struct mock_ich *ich, uint32_t group);
uint32_t mock_ich_rpr(const struct mock_ich *ich);

/*
 * A guest access by encoding (LVGIC_SYSREG), with the traps that ICH_HCR_EL2 asks for. ICC_SGI*R_EL1 always trap, as
 * with HCR_EL2.{IMO,FMO} set. On MOCK_ACCESS_TRAP and MOCK_ACCESS_UNDEF nothing has changed.
 */
enum mock_access mock_ich_read(struct mock_ich *ich, uint32_t sysreg, uint64_t *val);
enum mock_access mock_ich_write(struct mock_ich *ich, uint32_t sysreg, uint64_t val);

#endif
