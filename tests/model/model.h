/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * model.h - a second GIC, written from IHI 0069 as plainly as possible: flat arrays, linear scans, no queue, no list
 * registers, nothing of src/. It does everything at once. Where the architecture leaves a choice (which of two equal
 * interrupts, which PE of 1 of N) it says whether an answer is right, and follows it.
 *
 * One Security state, affinity routing, one ITS whose maps are arrays here. Affinity of vCPU n is n.
 */
#ifndef VGIC_TESTS_MODEL_H
#define VGIC_TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CPUS  8u
#define NR_SPIS   256u
#define NR_LPIS   32u /* a program uses INTIDs from 8192 on, so many */
#define FIRST_LPI 8192u
#define NR_IRQS   (MAX_CPUS * 32 + NR_SPIS + NR_LPIS)
#define ID_BITS   16u
#define NOBODY    UINT32_MAX
#define SPURIOUS  1023u

/* Guest memory; the program's layout of it. */
#define RAM_GPA   0x40000000ull
#define RAM_SIZE  0x200000u
#define PROP_GPA  (RAM_GPA + 0x00000) /* LPI configuration, 64 KiB */
#define DT_GPA    (RAM_GPA + 0x10000) /* device table, or its level 1 */
#define DT2_GPA   (RAM_GPA + 0x20000) /* a page of level 2 */
#define CT_GPA    (RAM_GPA + 0x30000)
#define QUEUE_GPA (RAM_GPA + 0x40000)
#define PEND_GPA  (RAM_GPA + 0x100000) /* 64 KiB for each vCPU */

#define NR_DEVICES 6u
#define NR_EVENTS  128u /* what a program mostly uses */
#define NR_MAPS    1024u
#define NR_ICIDS   16u

struct model_config {
	uint32_t nr_cpus;
	uint32_t pri_bits;
	bool its;
};

struct irq {
	uint32_t intid;
	uint32_t owner; /* of an SGI or PPI */
	uint32_t group, prio;
	uint64_t irouter; /* of an SPI */
	bool edge, enabled, latch, line, active;
	bool running; /* acknowledged, and its priority not dropped */
	/* Of an LPI. */
	uint32_t maps; /* events that are mapped to it */
	uint32_t at;   /* Redistributor where it is (or was last) pending */
	bool exists;
};

struct cpu {
	bool off, asleep, lpis;
	uint32_t waker, dpg;
	bool eoimode, cbpr, igrpen[2];
	uint32_t pmr, bpr[2];
	uint32_t depth;
	struct {
		struct irq *irq;
		uint32_t group, prio; /* as acknowledged; the group priority */
	} stack[256];
};

struct its {
	bool enabled;
	uint64_t cbaser, cwriter, creadr, baser[2];
	struct {
		uint32_t id, bits; /* bits 0: not mapped */
	} device[NR_DEVICES];
	struct mapping {
		uint32_t device, event, intid, icid; /* of the device its index; intid 0: not mapped */
	} map[NR_MAPS];
	uint32_t collection[NR_ICIDS];
	uint64_t errors, last_error;
};

struct model {
	struct model_config cfg;
	uint32_t gicd_ctlr;
	struct irq irq[NR_IRQS];
	struct cpu cpu[MAX_CPUS];
	struct its its;
	uint8_t ram[RAM_SIZE];
};

enum frame {
	DIST,
	REDIST,
	ITS
};

/* gic.c: the Distributor and the Redistributors. */
void model_init(struct model *g, const struct model_config *cfg);
/* What a read returns; only the bits in *care are certain. */
uint64_t model_read(struct model *g, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, uint64_t *care);
void model_write(struct model *g, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, uint64_t val);
/*
 * The bits of a write that a program may make: not those that are UNPREDICTABLE now, nor those after which an end of
 * interrupt would be.
 */
uint64_t model_may_write(struct model *g, enum frame frame, uint32_t n, uint32_t offset, uint32_t size, uint64_t val);
void model_line(struct model *g, uint32_t cpu, uint32_t intid, bool level);
struct irq *model_find(struct model *g, uint32_t cpu, uint32_t intid);
bool model_pending(const struct irq *irq);

/* cpuif.c: the CPU interfaces. The answers are those of another GIC; false: wrong. */
void model_cpu_reset(struct model *g, uint32_t cpu);
bool model_lines(struct model *g, uint32_t cpu, uint32_t lines);
/* Does WFI fall through? */
bool model_wfi(struct model *g, uint32_t cpu, bool pending);
bool model_hppir(struct model *g, uint32_t cpu, uint32_t group, uint32_t intid);
bool model_ack(struct model *g, uint32_t cpu, uint32_t group, uint32_t intid);
uint32_t model_rpr(const struct model *g, uint32_t cpu);
/* Ends what was acknowledged last; NULL: nothing. */
struct irq *model_end(struct model *g, uint32_t cpu, uint32_t *group);
bool model_may_deactivate(struct model *g, uint32_t cpu, uint32_t intid);
void model_deactivate(struct model *g, uint32_t cpu, uint32_t intid);
void model_sgi(struct model *g, uint32_t cpu, uint32_t reg, uint64_t val);
void model_off(struct model *g, uint32_t cpu);
uint32_t model_implemented(const struct model *g, uint32_t prio);
/* Is there anything left that a vCPU could be given now? */
bool model_any_candidate(struct model *g);

/* its.c: LPIs and the ITS. */
void its_init(struct model *g);
uint64_t its_read(struct model *g, uint32_t offset, uint64_t *care);
void its_write(struct model *g, uint32_t offset, uint64_t val, uint64_t mask);
void its_run(struct model *g);
/* True: it was translated, and its Redistributor has LPIs enabled. */
bool its_message(struct model *g, uint32_t device, uint32_t event);
void lpi_enable(struct model *g, uint32_t cpu, bool on);
void lpi_invalidate(struct model *g, uint32_t intid);
void lpi_invalidate_all(struct model *g);

static inline struct irq *model_lpi(struct model *g, uint32_t intid)
{
	return intid - FIRST_LPI < NR_LPIS ? &g->irq[MAX_CPUS * 32 + NR_SPIS + intid - FIRST_LPI] : NULL;
}

#endif
