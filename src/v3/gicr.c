/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the two frames of a Redistributor as a guest sees them: RD_base and, 64 KiB above, SGI_base.
 * Locks: REDIST for GICR_CTLR and GICR_WAKER.
 * Implements: IHI 0069 12.10 and 12.11.
 */
#include "bank.h"
#include "lpitab.h"
#include "v4/v4.h"

#define DPG_BITS (GICR_CTLR_DPG0 | GICR_CTLR_DPG1NS)

static uint64_t ctlr_read(const struct mmio *m)
{
	const struct lvgic_vcpu *v = m->redist;
	uint32_t ctlr = load32_relaxed(&v->gicr_ctlr);

	if (m->vgic->cfg.lpi_id_bits)
		ctlr |= GICR_CTLR_CES | GICR_CTLR_IR;
	if (load32_seq(&v->lpi_todo) & (TODO_LOAD | TODO_STORE | TODO_VSGI | TODO_VSGI_RUN))
		ctlr |= GICR_CTLR_RWP;
	return ctlr;
}

/* The vCPU itself must see the change: ask it, or leave it to its next entry if it is the one that asks. */
static void notice(const struct mmio *m)
{
	if (!(or32_seq(&m->redist->request, REQ_GROUPS) & REQ_GROUPS) && m->redist != m->self)
		vcpu_kick(m->redist);
}

/*
 * DPG0 and DPG1NS (GICR_TYPER.DPGS = 1) are stored; DPG1S is RAZ/WI with one Security state. EnableLPIs may be cleared
 * again (CES); while the effect of the last change is not there (RWP) it keeps its value.
 */
static void ctlr_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_vcpu *v = m->redist;
	struct lock_token lock = lock_take(m->vgic, v->redist_lock);
	uint32_t old = v->gicr_ctlr;
	uint32_t new = (uint32_t)value &(DPG_BITS | GICR_CTLR_EnableLPIs);
	uint32_t todo = 0;

	if (!m->vgic->cfg.lpi_id_bits || (load32_seq(&v->lpi_todo) & (TODO_LOAD | TODO_STORE)))
		new = (new & ~GICR_CTLR_EnableLPIs) | (old & GICR_CTLR_EnableLPIs);
	if ((old ^ new) & GICR_CTLR_EnableLPIs)
		todo = lpitab_enable(v, new &GICR_CTLR_EnableLPIs);
	/* EnableLPIs first: what is injected after it was cleared is dropped, what came before is found by the work. */
	store32_seq(&v->gicr_ctlr, new);
	if (todo)
		lpi_request(m->vgic, v, todo);
	if (todo && m->vgic->v4)
		v4_sweep(m->vgic);
	lock_drop(lock);
	if ((old ^ new) & DPG_BITS)
		notice(m);
	if (todo)
		lpi_work(m->vgic, m->self);
}

/* Last: the last Redistributor in its region of contiguous frames (12.11 GICR_TYPER). */
static bool is_last(const struct lvgic *vg, const struct lvgic_vcpu *v)
{
	uint32_t i;

	for (i = 0; i < vg->nr_regions; i++) {
		const struct redist_region *r = &vg->region[i];

		if (r->used && vg->by_frame[r->first + r->used - 1] == v)
			return true;
	}
	return !vg->nr_regions && vg->by_frame[vg->nr_vcpus - 1] == v;
}

static uint64_t typer_read(const struct mmio *m)
{
	const struct lvgic_vcpu *v = m->redist;

	return (uint64_t)v->affinity << 32 | (uint64_t)v->id << 8 | GICR_TYPER_DPGS |
	       (m->vgic->cfg.lpi_id_bits ? GICR_TYPER_PLPIS : 0) | (is_last(m->vgic, v) ? GICR_TYPER_Last : 0);
}

static uint64_t waker_read(const struct mmio *m)
{
	return load32_relaxed(&m->redist->gicr_waker);
}

/*
 * ChildrenAsleep follows ProcessorSleep at once: the CPU interface of a vCPU is quiescent whenever we look. The
 * power-on value says asleep, but interrupts are withheld only after the guest has said so itself: software that never
 * touches GICR_WAKER works, as it does on other hypervisors (docs/architecture.md, IMPLEMENTATION DEFINED choices).
 */
static void waker_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_vcpu *v = m->redist;
	struct lock_token lock = lock_take(m->vgic, v->redist_lock);
	uint32_t old = v->gicr_waker;
	uint32_t new = value &GICR_WAKER_ProcessorSleep ? GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep : 0;

	store32_relaxed(&v->gicr_waker, new);
	if (old != new)
		store32_relaxed(&v->asleep, new != 0);
	lock_drop(lock);
	if (old != new)
		notice(m);
}

#define DS_ONE    "RAZ/WI: one Security state (GICD_CTLR.DS = 1)"
#define NO_DIRECT "WI: no direct LPIs (GICR_TYPER.DirectLPI = 0)"
#define NO_EPPI   "RAZ/WI: no extended PPIs (GICR_TYPER.PPInum = 0)"
#define RESERVED  "reserved"
#define IMPDEF    "RAZ/WI: IMPLEMENTATION DEFINED, nothing is there"

/* clang-format off */
static const struct mmio_row rows[] = {
	{ .name = "GICR_CTLR", .offset = 0x0000, .end = 0x0004, .widths = W32, .bytes = 4, .read = ctlr_read,
	  .write = ctlr_write },
	{ .name = "GICR_IIDR", .offset = 0x0004, .end = 0x0008, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .read = iidr_read, .why = "read-only" },
	{ .name = "GICR_TYPER", .offset = 0x0008, .end = 0x0010, .widths = W32 | W64, .bytes = 8, .flags = ROW_RO,
	  .read = typer_read, .why = "read-only" },
	{ .name = "GICR_STATUSR", .offset = 0x0010, .end = 0x0014, .widths = W32, .bytes = 4, .read = statusr_read,
	  .write = statusr_write },
	{ .name = "GICR_WAKER", .offset = 0x0014, .end = 0x0018, .widths = W32, .bytes = 4, .read = waker_read,
	  .write = waker_write },
	{ .name = "GICR_MPAMIDR", .offset = 0x0018, .end = 0x001c, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .why = "read-only; 0: no MPAM" },
	{ .name = "GICR_PARTIDR", .offset = 0x001c, .end = 0x0020, .widths = W32, .bytes = 4,
	  .why = "RAZ/WI: no MPAM" },
	{ .name = "-", .offset = 0x0020, .end = 0x0040, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "GICR_SETLPIR", .offset = 0x0040, .end = 0x0048, .widths = W32 | W64, .bytes = 8, .flags = ROW_WO,
	  .why = NO_DIRECT },
	{ .name = "GICR_CLRLPIR", .offset = 0x0048, .end = 0x0050, .widths = W32 | W64, .bytes = 8, .flags = ROW_WO,
	  .why = NO_DIRECT },
	{ .name = "-", .offset = 0x0050, .end = 0x0070, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_PROPBASER", .offset = 0x0070, .end = 0x0078, .widths = W32 | W64, .bytes = 8,
	  .read = lpitab_propbaser_read, .write = lpitab_propbaser_write },
	{ .name = "GICR_PENDBASER", .offset = 0x0078, .end = 0x0080, .widths = W32 | W64, .bytes = 8,
	  .read = lpitab_pendbaser_read, .write = lpitab_pendbaser_write },
	{ .name = "-", .offset = 0x0080, .end = 0x00a0, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_INVLPIR", .offset = 0x00a0, .end = 0x00a8, .widths = W32 | W64, .bytes = 8, .flags = ROW_WO,
	  .write = lpitab_invlpir_write, .why = "write-only" },
	{ .name = "-", .offset = 0x00a8, .end = 0x00b0, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_INVALLR", .offset = 0x00b0, .end = 0x00b8, .widths = W32 | W64, .bytes = 8, .flags = ROW_WO,
	  .write = lpitab_invallr_write, .why = "write-only" },
	{ .name = "-", .offset = 0x00b8, .end = 0x00c0, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_SYNCR", .offset = 0x00c0, .end = 0x00c4, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .read = lpitab_syncr_read, .why = "read-only" },
	{ .name = "-", .offset = 0x00c4, .end = 0x0100, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0x0100, .end = 0x0118, .widths = W32 | W64, .bytes = 8, .why = IMPDEF },
	{ .name = "-", .offset = 0x0118, .end = 0xc000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0xc000, .end = 0xffd0, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "GICR_PIDR<n>, GICR_CIDR<n>", .offset = 0xffd0, .end = 0x10000, .widths = W32, .bytes = 4,
	  .flags = ROW_RO, .read = ident_read, .why = "read-only" },

	/* SGI_base */
	{ .name = "-", .offset = 0x10000, .end = 0x10080, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_IGROUPR0", .offset = 0x10080, .end = 0x10084, .widths = W32, .bytes = 4,
	  .read = bank_read_group, .write = bank_write_group },
	{ .name = "GICR_IGROUPR<n>E", .offset = 0x10084, .end = 0x1008c, .widths = W32, .bytes = 4, .why = NO_EPPI },
	{ .name = "-", .offset = 0x1008c, .end = 0x10100, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ISENABLER0", .offset = 0x10100, .end = 0x10104, .widths = W32, .bytes = 4,
	  .read = bank_read_enable, .write = bank_set_enable },
	{ .name = "GICR_ISENABLER<n>E", .offset = 0x10104, .end = 0x1010c, .widths = W32, .bytes = 4,
	  .why = NO_EPPI },
	{ .name = "-", .offset = 0x1010c, .end = 0x10180, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ICENABLER0", .offset = 0x10180, .end = 0x10184, .widths = W32, .bytes = 4,
	  .read = bank_read_enable, .write = bank_clear_enable },
	{ .name = "GICR_ICENABLER<n>E", .offset = 0x10184, .end = 0x1018c, .widths = W32, .bytes = 4,
	  .why = NO_EPPI },
	{ .name = "-", .offset = 0x1018c, .end = 0x10200, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ISPENDR0", .offset = 0x10200, .end = 0x10204, .widths = W32, .bytes = 4,
	  .read = bank_read_pending, .write = bank_set_pending },
	{ .name = "GICR_ISPENDR<n>E", .offset = 0x10204, .end = 0x1020c, .widths = W32, .bytes = 4, .why = NO_EPPI },
	{ .name = "-", .offset = 0x1020c, .end = 0x10280, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ICPENDR0", .offset = 0x10280, .end = 0x10284, .widths = W32, .bytes = 4,
	  .read = bank_read_pending, .write = bank_clear_pending },
	{ .name = "GICR_ICPENDR<n>E", .offset = 0x10284, .end = 0x1028c, .widths = W32, .bytes = 4, .why = NO_EPPI },
	{ .name = "-", .offset = 0x1028c, .end = 0x10300, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ISACTIVER0", .offset = 0x10300, .end = 0x10304, .widths = W32, .bytes = 4,
	  .read = bank_read_active, .write = bank_set_active },
	{ .name = "GICR_ISACTIVER<n>E", .offset = 0x10304, .end = 0x1030c, .widths = W32, .bytes = 4,
	  .why = NO_EPPI },
	{ .name = "-", .offset = 0x1030c, .end = 0x10380, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ICACTIVER0", .offset = 0x10380, .end = 0x10384, .widths = W32, .bytes = 4,
	  .read = bank_read_active, .write = bank_clear_active },
	{ .name = "GICR_ICACTIVER<n>E", .offset = 0x10384, .end = 0x1038c, .widths = W32, .bytes = 4,
	  .why = NO_EPPI },
	{ .name = "-", .offset = 0x1038c, .end = 0x10400, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_IPRIORITYR<n>", .offset = 0x10400, .end = 0x10420, .widths = W8 | W32, .bytes = 4,
	  .read = bank_read_priority, .write = bank_write_priority },
	{ .name = "GICR_IPRIORITYR<n>E", .offset = 0x10420, .end = 0x10460, .widths = W8 | W32, .bytes = 4,
	  .why = NO_EPPI },
	{ .name = "-", .offset = 0x10460, .end = 0x10c00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_ICFGR0, GICR_ICFGR1", .offset = 0x10c00, .end = 0x10c08, .widths = W32, .bytes = 4,
	  .read = bank_read_config, .write = bank_write_config },
	{ .name = "GICR_ICFGR<n>E", .offset = 0x10c08, .end = 0x10c18, .widths = W32, .bytes = 4, .why = NO_EPPI },
	{ .name = "-", .offset = 0x10c18, .end = 0x10d00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_IGRPMODR0", .offset = 0x10d00, .end = 0x10d0c, .widths = W32, .bytes = 4, .why = DS_ONE },
	{ .name = "-", .offset = 0x10d0c, .end = 0x10e00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_NSACR", .offset = 0x10e00, .end = 0x10e04, .widths = W32, .bytes = 4, .why = DS_ONE },
	{ .name = "-", .offset = 0x10e04, .end = 0x10f80, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICR_INMIR0", .offset = 0x10f80, .end = 0x11000, .widths = W32, .bytes = 4,
	  .why = "RAZ/WI: no non-maskable interrupts (GICD_TYPER.NMI = 0)" },
	{ .name = "-", .offset = 0x11000, .end = 0x1c000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0x1c000, .end = 0x1ffd0, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "-", .offset = 0x1ffd0, .end = 0x20000, .flags = ROW_RESERVED, .why = RESERVED },
};
/* clang-format on */

const struct mmio_frame gicr_frame = {
	.name = "Redistributor", .rows = rows, .nr_rows = sizeof(rows) / sizeof(rows[0]), .size = 0x20000
};
