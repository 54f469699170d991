/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the two frames of an ITS as a guest sees them: control, and 64 KiB above translation.
 * Locks: ITS.
 * Implements: IHI 0069 12.18 and 12.19.
 */
#include "core/mmio.h"
#include "map.h"
#include "v3/bank.h"
#include "v4/v4.h"

/* Tables and queue change only while the ITS is disabled and quiescent (12.19: else UNPREDICTABLE; here ignored). */
static bool changeable(const struct lvgic_its *its)
{
	return !its->ctlr && !load32_seq(&its->working);
}

static uint64_t ctlr_read(const struct mmio *m)
{
	const struct lvgic_its *its = m->its;
	uint32_t enabled = load32_seq(&its->ctlr);
	bool quiescent = !enabled && !load32_seq(&its->working) && !load32_seq(&its->forget) &&
	                 !(its->vgic->v4 && v4_has_work(its->vgic));

	return enabled | (quiescent ? GITS_CTLR_Quiescent : 0);
}

/* R28: what CWRITER says already is run now. */
static void ctlr_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_its *its = m->its;
	struct lock_token lock = lock_take(m->vgic, its->lock);

	store32_seq(&its->ctlr, (uint32_t)value & GITS_CTLR_Enabled);
	store32_seq(&its->live, its->ctlr && !load32_seq(&its->forget));
	lock_drop(lock);
	if (m->vgic->v4)
		v4_sweep(m->vgic);
	lpi_work(m->vgic, m->self);
}

static uint64_t typer_read(const struct mmio *m)
{
	const struct lvgic_its_config *cfg = &m->its->cfg;

	return GITS_TYPER_Physical | 7u << GITS_TYPER_ITT_entry_size_SHIFT |
	       (uint64_t)(cfg->event_bits - 1) << GITS_TYPER_ID_bits_SHIFT |
	       (uint64_t)(cfg->device_bits - 1) << GITS_TYPER_Devbits_SHIFT |
	       (cfg->flags & LVGIC_ITS_PTA ? GITS_TYPER_PTA : 0) | (uint64_t)cfg->hcc << GITS_TYPER_HCC_SHIFT |
	       (uint64_t)(cfg->collection_bits - 1) << GITS_TYPER_CIDbits_SHIFT | GITS_TYPER_CIL;
}

static uint64_t merge(const struct mmio *m, uint64_t old, uint64_t value)
{
	return (old & ~m->mask) | (value & m->mask);
}

static uint64_t cbaser_read(const struct mmio *m)
{
	return load64_relaxed(&m->its->cbaser);
}

/* The queue begins at its start: CREADR and CWRITER are zero (R27). Reserved Shareability reads as Non-shareable. */
static void cbaser_write(const struct mmio *m, uint64_t value)
{
	const uint64_t attributes = 7ull << 59 | 7ull << 53 | 3ull << 10;
	struct lvgic_its *its = m->its;
	struct lock_token lock = lock_take(m->vgic, its->lock);

	if (changeable(its)) {
		value = merge(m, its->cbaser, value) &
		        (GITS_CBASER_Valid | attributes | GITS_CBASER_ADDR_MASK | GITS_CBASER_SIZE_MASK);
		if ((value >> 10 & 3u) == 3)
			value &= ~(3ull << 10);
		store64_relaxed(&its->cbaser, value);
		store64_relaxed(&its->creadr, 0);
		store64_relaxed(&its->cwriter, 0);
		store32_seq(&its->retry, 0);
		its->covered = 0;
	}
	lock_drop(lock);
}

static uint64_t cwriter_read(const struct mmio *m)
{
	return load64_relaxed(&m->its->cwriter);
}

/* R27: an offset outside of the queue is ignored, as a whole. Retry reads as zero. */
static void cwriter_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_its *its = m->its;
	struct lock_token lock = lock_take(m->vgic, its->lock);
	uint64_t offset = merge(m, its->cwriter, value) & GITS_CQ_OFFSET_MASK;
	bool good = offset < ((its->cbaser & GITS_CBASER_SIZE_MASK) + 1) * 4096;

	if (good) {
		store64_seq(&its->cwriter, offset);
		if (value & m->mask & GITS_CWRITER_Retry)
			store32_seq(&its->retry, 1);
	}
	lock_drop(lock);
	if (good)
		lpi_work(m->vgic, m->self);
	else
		report_guest_error(m->vgic, m->self, LVGIC_GUEST_ERROR_ITS_QUEUE, m->size, m->offset, value);
}

static uint64_t creadr_read(const struct mmio *m)
{
	return load64_relaxed(&m->its->creadr);
}

static uint64_t baser_read(const struct mmio *m)
{
	uint32_t n = m->index / 8;

	return n < 2 ? load64_relaxed(&m->its->baser[n]) | table_baser_fixed(n) : 0;
}

/*
 * A table that is replaced takes with it what it described (R46); the same one written again, as an operating system
 * does after a suspend, does not.
 */
static void baser_write(const struct mmio *m, uint64_t value)
{
	struct lvgic_its *its = m->its;
	uint32_t n = m->index / 8;
	struct lock_token lock;

	if (n >= 2)
		return;
	lock = lock_take(m->vgic, its->lock);
	if (changeable(its)) {
		value = table_baser_value(n, merge(m, its->baser[n], value));
		if (!table_same(value, its->baser[n]))
			(void)or32_seq(&its->forget, 1u << n);
		store64_relaxed(&its->baser[n], value);
	}
	lock_drop(lock);
	lpi_work(m->vgic, m->self);
}

/* A vCPU's own write; R34: it is write-only, and reading it is harmless. */
static void translater_write(const struct mmio *m, uint64_t value)
{
	(void)lvgic_inject_msi(m->its, m->its->cfg.cpu_device, (uint32_t)value);
}

#define RESERVED "reserved"
#define IMPDEF   "RAZ/WI: IMPLEMENTATION DEFINED, nothing is there"

/* clang-format off */
static const struct mmio_row rows[] = {
	{ .name = "GITS_CTLR", .offset = 0x0000, .end = 0x0004, .widths = W32, .bytes = 4, .read = ctlr_read,
	  .write = ctlr_write },
	{ .name = "GITS_IIDR", .offset = 0x0004, .end = 0x0008, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .read = iidr_read, .why = "read-only" },
	{ .name = "GITS_TYPER", .offset = 0x0008, .end = 0x0010, .widths = W32 | W64, .bytes = 8, .flags = ROW_RO,
	  .read = typer_read, .why = "read-only" },
	{ .name = "GITS_MPAMIDR", .offset = 0x0010, .end = 0x0014, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .why = "read-only; 0: no MPAM" },
	{ .name = "GITS_PARTIDR", .offset = 0x0014, .end = 0x0018, .widths = W32, .bytes = 4,
	  .why = "RAZ/WI: no MPAM" },
	{ .name = "GITS_MPIDR", .offset = 0x0018, .end = 0x001c, .widths = W32, .bytes = 4, .flags = ROW_RO,
	  .why = "read-only; 0: no virtual LPIs of the guest's own (GITS_TYPER.Virtual = 0)" },
	{ .name = "-", .offset = 0x001c, .end = 0x0020, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0x0020, .end = 0x0040, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "GITS_STATUSR", .offset = 0x0040, .end = 0x0044, .widths = W32, .bytes = 4, .read = statusr_read,
	  .write = statusr_write },
	{ .name = "-", .offset = 0x0044, .end = 0x0048, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GITS_UMSIR", .offset = 0x0048, .end = 0x0050, .widths = W64, .bytes = 8, .flags = ROW_RO,
	  .why = "read-only; 0: unmapped messages are not reported (GITS_TYPER.UMSI = 0)" },
	{ .name = "-", .offset = 0x0050, .end = 0x0080, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GITS_CBASER", .offset = 0x0080, .end = 0x0088, .widths = W32 | W64, .bytes = 8, .read = cbaser_read,
	  .write = cbaser_write },
	{ .name = "GITS_CWRITER", .offset = 0x0088, .end = 0x0090, .widths = W32 | W64, .bytes = 8,
	  .read = cwriter_read, .write = cwriter_write },
	{ .name = "GITS_CREADR", .offset = 0x0090, .end = 0x0098, .widths = W32 | W64, .bytes = 8, .flags = ROW_RO,
	  .read = creadr_read, .why = "read-only" },
	{ .name = "-", .offset = 0x0098, .end = 0x0100, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GITS_BASER<n>", .offset = 0x0100, .end = 0x0140, .widths = W32 | W64, .bytes = 8,
	  .read = baser_read, .write = baser_write, .why = "0: devices, 1: collections, 2 to 7: RAZ/WI" },
	{ .name = "-", .offset = 0x0140, .end = 0xc000, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "-", .offset = 0xc000, .end = 0xffd0, .widths = W32, .bytes = 4, .why = IMPDEF },
	{ .name = "GITS_PIDR<n>, GITS_CIDR<n>", .offset = 0xffd0, .end = 0x10000, .widths = W32, .bytes = 4,
	  .flags = ROW_RO, .read = ident_read, .why = "read-only" },

	/* Translation. */
	{ .name = "-", .offset = 0x10000, .end = 0x10040, .flags = ROW_RESERVED, .why = RESERVED },
	{ .name = "GITS_TRANSLATER", .offset = 0x10040, .end = 0x10044, .widths = W16 | W32, .bytes = 4,
	  .flags = ROW_WO, .write = translater_write, .why = "write-only" },
	{ .name = "-", .offset = 0x10044, .end = 0x20000, .flags = ROW_RESERVED, .why = RESERVED },
};
/* clang-format on */

const struct mmio_frame gits_frame = {
	.name = "ITS", .rows = rows, .nr_rows = sizeof(rows) / sizeof(rows[0]), .size = 0x20000
};
