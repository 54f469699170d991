/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the Distributor frame as a guest sees it: one Security state (DS=1), affinity routing always on (ARE=1).
 * Locks: DIST for GICD_CTLR, ROUTE for GICD_IROUTER<n>.
 * Implements: IHI 0069 12.8 and 12.9.
 */
#include "bank.h"
#include "v4/v4.h"

/*
 * RWP: has a vCPU that is in the guest not yet seen that a group was disabled? It is asked to leave; until it has
 * synced, an interrupt in its list registers may be taken. A vCPU sets "running" before it looks at its requests and,
 * in the hypervisor's way into the guest, before it looks for a kick; we request and kick before we look at "running".
 * So one that is not running either sees the request, or is told to flush once more before it enters.
 */
static uint32_t rwp(struct lvgic *vg)
{
	uint32_t n;

	if (likely(!load32_relaxed(&vg->rwp)))
		return 0;
	for (n = 0; n < vg->nr_vcpus; n++)
		if (((load32_seq(&vg->by_frame[n]->request) & REQ_GROUPS) && load32_seq(&vg->by_frame[n]->running)) ||
		    (load32_seq(&vg->by_frame[n]->lpi_todo) & (TODO_VSGI | TODO_VSGI_RUN)))
			return GICD_CTLR_RWP;
	store32_relaxed(&vg->rwp, 0);
	return 0;
}

static uint64_t ctlr_read(const struct mmio *m)
{
	return load32_relaxed(&m->vgic->gicd_ctlr) | GICD_CTLR_ARE | GICD_CTLR_DS | rwp(m->vgic) |
	       (load32_relaxed(&m->vgic->nassgireq) ? GICD_CTLR_nASSGIreq : 0);
}

/* SGIs without active state, by the hardware: may change while all groups are disabled (12.9 GICD_CTLR). */
static bool set_nassgireq(struct lvgic *vg, uint32_t old, bool on)
{
	uint32_t n;

	if (!vg->v4 || !v4_has_vsgi(vg) || old || !load32_relaxed(&vg->nassgireq) == !on)
		return false;
	store32_seq(&vg->nassgireq, on);
	store32_relaxed(&vg->rwp, 1);
	for (n = 0; n < vg->nr_vcpus; n++)
		lpi_request(vg, vg->by_frame[n], TODO_VSGI);
	return true;
}

/* ARE and DS are RAO/WI; E1NWF is not supported and RAZ/WI, nASSGIreq too if GICD_TYPER2.nASSGIcap is 0. */
static void ctlr_write(const struct mmio *m, uint64_t value)
{
	struct lvgic *vg = m->vgic;
	uint32_t new = (uint32_t)value &(GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	struct lock_token lock = lock_take(vg, vg->dist_lock);
	uint32_t old = vg->gicd_ctlr;
	bool vsgi = set_nassgireq(vg, old, value & GICD_CTLR_nASSGIreq);

	store32_relaxed(&vg->gicd_ctlr, new);
	if (old & ~new)
		store32_relaxed(&vg->rwp, 1);
	lock_drop(lock);
	if (vsgi)
		lpi_work(vg, m->self);
	if (old != new)
		vcpu_request_all(vg, m->self, REQ_GROUPS);
}

/* Without LPIs 10 bits of INTID. CPUNumber is 0: it counts PEs that work without affinity routing. */
static uint64_t typer_read(const struct mmio *m)
{
	uint32_t bits = m->vgic->cfg.lpi_id_bits;

	return m->vgic->cfg.nr_spis / 32 | (bits ? bits - 1 : 9u) << GICD_TYPER_IDbits_SHIFT |
	       (bits ? GICD_TYPER_LPIS : 0) | GICD_TYPER_A3V | GICD_TYPER_RSS;
}

static uint64_t typer2_read(const struct mmio *m)
{
	return m->vgic->v4 && v4_has_vsgi(m->vgic) ? GICD_TYPER2_nASSGIcap : 0;
}

static struct lvgic_irq *routed(const struct mmio *m)
{
	return irq_find(m->vgic, NULL, LVGIC_FIRST_SPI + m->index / 8);
}

static uint64_t irouter_read(const struct mmio *m)
{
	struct lvgic_irq *irq = routed(m);

	return irq ? route_read(m->vgic, irq) : 0;
}

static void irouter_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_irq *irq = routed(m);

	if (irq)
		route_write(m->vgic, m->self, irq, value, m->mask);
}

#define LEGACY   "RAZ/WI: only for interrupts without affinity routing, which is always on (GICD_CTLR.ARE)"
#define DS_ONE   "RAZ/WI: one Security state (GICD_CTLR.DS = 1)"
#define NO_ESPI  "RAZ/WI: no extended SPIs (GICD_TYPER.ESPI = 0)"
#define NO_MBIS  "WI: no message-based SPIs (GICD_TYPER.MBIS = 0)"
#define RESERVED "reserved"
#define IMPDEF   "RAZ/WI: IMPLEMENTATION DEFINED, nothing is there"

/* clang-format off */
static const struct mmio_row rows[] = {
	{ .name = "GICD_CTLR", .offset = 0x0000, .end = 0x0004, .widths = W32, .bytes = 4, .read = ctlr_read,
	  .write = ctlr_write },
	{ .name = "GICD_TYPER", .offset = 0x0004, .end = 0x0008, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .read = typer_read, .why = "read-only" },
	{ .name = "GICD_IIDR", .offset = 0x0008, .end = 0x000c, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .read = iidr_read, .why = "read-only" },
	{ .name = "GICD_TYPER2", .offset = 0x000c, .end = 0x0010, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .read = typer2_read, .why = "read-only" },
	{ .name = "GICD_STATUSR", .offset = 0x0010, .end = 0x0014, .widths = W32, .bytes = 4, .read = statusr_read,
	  .write = statusr_write },
	{ .name = "-", .offset = 0x0014, .end = 0x0020, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0x0020, .end = 0x0040, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "GICD_SETSPI_NSR", .offset = 0x0040, .end = 0x0044, .widths = W16 | W32, .bytes = 4,
	  .flags = ROW_WO, .why = NO_MBIS },
	{ .name = "-", .offset = 0x0044, .end = 0x0048, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_CLRSPI_NSR", .offset = 0x0048, .end = 0x004c, .widths = W16 | W32, .bytes = 4,
	  .flags = ROW_WO, .why = NO_MBIS },
	{ .name = "-", .offset = 0x004c, .end = 0x0050, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_SETSPI_SR", .offset = 0x0050, .end = 0x0054, .widths = W16 | W32, .bytes = 4,
	  .flags = ROW_WO, .why = DS_ONE },
	{ .name = "-", .offset = 0x0054, .end = 0x0058, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_CLRSPI_SR", .offset = 0x0058, .end = 0x005c, .widths = W16 | W32, .bytes = 4,
	  .flags = ROW_WO, .why = DS_ONE },
	{ .name = "-", .offset = 0x005c, .end = 0x0080, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_IGROUPR<n>", .offset = 0x0080, .end = 0x0100, .widths = W32, .bytes = 4,
	  .read = bank_read_group, .write = bank_write_group },
	{ .name = "GICD_ISENABLER<n>", .offset = 0x0100, .end = 0x0180, .widths = W32, .bytes = 4,
	  .read = bank_read_enable, .write = bank_set_enable },
	{ .name = "GICD_ICENABLER<n>", .offset = 0x0180, .end = 0x0200, .widths = W32, .bytes = 4,
	  .read = bank_read_enable, .write = bank_clear_enable },
	{ .name = "GICD_ISPENDR<n>", .offset = 0x0200, .end = 0x0280, .widths = W32, .bytes = 4,
	  .read = bank_read_pending, .write = bank_set_pending },
	{ .name = "GICD_ICPENDR<n>", .offset = 0x0280, .end = 0x0300, .widths = W32, .bytes = 4,
	  .read = bank_read_pending, .write = bank_clear_pending },
	{ .name = "GICD_ISACTIVER<n>", .offset = 0x0300, .end = 0x0380, .widths = W32, .bytes = 4,
	  .read = bank_read_active, .write = bank_set_active },
	{ .name = "GICD_ICACTIVER<n>", .offset = 0x0380, .end = 0x0400, .widths = W32, .bytes = 4,
	  .read = bank_read_active, .write = bank_clear_active },
	{ .name = "GICD_IPRIORITYR<n>", .offset = 0x0400, .end = 0x0800, .widths = W8 | W32, .bytes = 4,
	  .read = bank_read_priority, .write = bank_write_priority },
	{ .name = "GICD_ITARGETSR<n>", .offset = 0x0800, .end = 0x0c00, .widths = W8 | W32, .bytes = 4,
	  .why = LEGACY },
	{ .name = "GICD_ICFGR<n>", .offset = 0x0c00, .end = 0x0d00, .widths = W32, .bytes = 4,
	  .read = bank_read_config, .write = bank_write_config },
	{ .name = "GICD_IGRPMODR<n>", .offset = 0x0d00, .end = 0x0d80, .widths = W32, .bytes = 4, .why = DS_ONE },
	{ .name = "-", .offset = 0x0d80, .end = 0x0e00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_NSACR<n>", .offset = 0x0e00, .end = 0x0f00, .widths = W32, .bytes = 4, .why = DS_ONE },
	{ .name = "GICD_SGIR", .offset = 0x0f00, .end = 0x0f04, .widths = W32, .bytes = 4, .flags = ROW_WO,
	  .why = LEGACY },
	{ .name = "-", .offset = 0x0f04, .end = 0x0f10, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_CPENDSGIR<n>", .offset = 0x0f10, .end = 0x0f20, .widths = W8 | W32, .bytes = 4,
	  .why = LEGACY },
	{ .name = "GICD_SPENDSGIR<n>", .offset = 0x0f20, .end = 0x0f30, .widths = W8 | W32, .bytes = 4,
	  .why = LEGACY },
	{ .name = "-", .offset = 0x0f30, .end = 0x0f80, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_INMIR<n>", .offset = 0x0f80, .end = 0x1000, .widths = W32, .bytes = 4,
	  .why = "RAZ/WI: no non-maskable interrupts (GICD_TYPER.NMI = 0)" },
	{ .name = "GICD_IGROUPR<n>E", .offset = 0x1000, .end = 0x1080, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1080, .end = 0x1200, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ISENABLER<n>E", .offset = 0x1200, .end = 0x1280, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1280, .end = 0x1400, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ICENABLER<n>E", .offset = 0x1400, .end = 0x1480, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1480, .end = 0x1600, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ISPENDR<n>E", .offset = 0x1600, .end = 0x1680, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1680, .end = 0x1800, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ICPENDR<n>E", .offset = 0x1800, .end = 0x1880, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1880, .end = 0x1a00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ISACTIVER<n>E", .offset = 0x1a00, .end = 0x1a80, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1a80, .end = 0x1c00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ICACTIVER<n>E", .offset = 0x1c00, .end = 0x1c80, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x1c80, .end = 0x2000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_IPRIORITYR<n>E", .offset = 0x2000, .end = 0x2400, .widths = W8 | W32, .bytes = 4,
	  .why = NO_ESPI },
	{ .name = "-", .offset = 0x2400, .end = 0x3000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_ICFGR<n>E", .offset = 0x3000, .end = 0x3100, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x3100, .end = 0x3400, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_IGRPMODR<n>E", .offset = 0x3400, .end = 0x3480, .widths = W32, .bytes = 4, .why = DS_ONE },
	{ .name = "-", .offset = 0x3480, .end = 0x3600, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_NSACR<n>E", .offset = 0x3600, .end = 0x3700, .widths = W32, .bytes = 4, .why = DS_ONE },
	{ .name = "-", .offset = 0x3700, .end = 0x3b00, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_INMIR<n>E", .offset = 0x3b00, .end = 0x3b80, .widths = W32, .bytes = 4, .why = NO_ESPI },
	{ .name = "-", .offset = 0x3b80, .end = 0x6100, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_IROUTER<n>", .offset = 0x6100, .end = 0x7fe0, .widths = W32 | W64, .bytes = 8,
	  .read = irouter_read, .write = irouter_write },
	{ .name = "-", .offset = 0x7fe0, .end = 0x8000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GICD_IROUTER<n>E", .offset = 0x8000, .end = 0xa000, .widths = W32 | W64, .bytes = 8,
	  .why = NO_ESPI },
	{ .name = "-", .offset = 0xa000, .end = 0xc000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0xc000, .end = 0xffd0, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "GICD_PIDR<n>, GICD_CIDR<n>", .offset = 0xffd0, .end = 0x10000, .widths = W32, .bytes = 4,
	  .flags = ROW_RO, .read = ident_read, .why = "read-only" },
};
/* clang-format on */

const struct mmio_frame gicd_frame = {
	.name = "Distributor", .rows = rows, .nr_rows = sizeof(rows) / sizeof(rows[0]), .size = 0x10000
};
