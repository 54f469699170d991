/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: trapped accesses: from an address to a frame, from an offset to a row, widths and halves. Total: what is not
 * allowed is RAZ/WI and reported. Locks: none; those of the rows. Implements: IHI 0069 12.1.3 (access sizes), 12.9.38
 * GICD_STATUSR.
 */
#include "mmio.h"
#include "v4/v4.h"

/* The row of an offset that is inside the frame: rows have no gaps. */
static const struct mmio_row *bisect(const struct mmio_frame *frame, uint32_t offset)
{
	uint32_t low = 0, n = frame->nr_rows;

	while (n > 1) {
		uint32_t half = n / 2;

		if (frame->rows[low + half].offset <= offset)
			low += half;
		n -= half;
	}
	return &frame->rows[low];
}

/*
 * The same by an index: for each 64 KiB, the rows in which each 128 bytes of the busy first 4 KiB begin, then those in
 * which each further 4 KiB begin. The rows from there to the right one are few.
 */
static const struct mmio_row *find_row(const struct mmio_frame *frame, const uint8_t *index, uint32_t offset)
{
	uint32_t page = offset >> 12 & 15;
	const struct mmio_row *row;

	row = &frame->rows[index[(offset >> 16) * MMIO_INDEX + (page ? 31 + page : offset >> 7 & 31)]];
	while (offset >= row->end)
		row++;
	return row;
}

static void index_frame(const struct mmio_frame *frame, uint8_t *index)
{
	uint32_t base, i;

	for (base = 0; base < frame->size; base += 0x10000, index += MMIO_INDEX)
		for (i = 0; i < MMIO_INDEX; i++)
			index[i] = (uint8_t)(bisect(frame, base + (i < 32 ? i * 128 : (i - 31) * 4096)) - frame->rows);
}

void mmio_start(struct lvgic *vg)
{
	index_frame(&gicd_frame, vg->gicd_index);
	index_frame(&gicr_frame, vg->gicr_index);
	index_frame(&gits_frame, vg->gits_index);
}

uint32_t *mmio_statusr(const struct mmio *m)
{
	if (m->its)
		return &m->its->statusr;
	return m->redist ? &m->redist->gicr_statusr : &m->vgic->gicd_statusr;
}

static void complain(const struct mmio *m, enum lvgic_guest_error_kind kind, uint32_t status, uint64_t value)
{
	report_guest_error(m->vgic, m->self, kind, m->size, m->offset, value);
	(void)or32_seq(mmio_statusr(m), status);
}

/* Is the access one that the row has? An access never crosses a register. */
static bool allowed(const struct mmio *m, const struct mmio_row *row)
{
	return (m->size & row->widths) && !(m->size & (m->size - 1)) && !(m->offset & (m->size - 1));
}

/* Says whether the row refuses the access; an access that it refuses is rare, so why comes second. */
static bool refused(const struct mmio *m, const struct mmio_row *row, uint32_t flags)
{
	return unlikely(row->flags & flags) || unlikely(!allowed(m, row));
}

__attribute__((__noinline__, __cold__)) static void refuse(const struct mmio *m, const struct mmio_row *row, bool write,
                                                           uint64_t value)
{
	if (row->flags & ROW_RESERVED)
		complain(m, LVGIC_GUEST_ERROR_MMIO_RESERVED, write ? GIC_STATUSR_WRD : GIC_STATUSR_RRD, value);
	else if (!allowed(m, row))
		complain(m, LVGIC_GUEST_ERROR_MMIO_WIDTH, write ? GIC_STATUSR_WRD : GIC_STATUSR_RRD, value);
	else if (write)
		complain(m, LVGIC_GUEST_ERROR_MMIO_RO, GIC_STATUSR_WROD, value);
	else
		complain(m, LVGIC_GUEST_ERROR_MMIO_WO, GIC_STATUSR_RWOD, 0);
}

static uint64_t access_read(struct mmio *m, const struct mmio_row *row)
{
	if (refused(m, row, ROW_RESERVED | ROW_WO)) {
		refuse(m, row, false, 0);
		return 0;
	}
	if (!row->read)
		return 0;
	m->index = m->offset - row->offset;
	if (row->bytes == 8 && m->size == 4) {
		uint32_t shift = (m->offset & 4) * 8;

		m->index &= ~7u;
		return (row->read(m) >> shift) & 0xffffffffu;
	}
	return row->read(m);
}

static void access_write(struct mmio *m, const struct mmio_row *row, uint64_t value)
{
	m->mask = m->size < 8 ? (1ull << (8 * m->size)) - 1 : ~0ull;
	value &= m->mask;
	if (refused(m, row, ROW_RESERVED | ROW_RO)) {
		refuse(m, row, true, value);
		return;
	}
	if (!row->write)
		return;
	m->index = m->offset - row->offset;
	if (row->bytes == 8 && m->size == 4) {
		uint32_t shift = (m->offset & 4) * 8;

		m->index &= ~7u;
		m->mask <<= shift;
		value <<= shift;
	}
	row->write(m, value);
}

/* Any frame: "index" is that of its rows. One function, so that the way to a handler is short. */
static uint64_t frame_read(struct mmio *m, const struct mmio_frame *frame, const uint8_t *index)
{
	uint64_t value;

	if (unlikely(m->offset >= frame->size))
		return 0;
	value = access_read(m, find_row(frame, index, m->offset));
	trace(m->vgic, LVGIC_EVENT_MMIO, m->self ? m->self->id : UINT32_MAX, m->offset, 0, value);
	return value;
}

static void frame_write(struct mmio *m, const struct mmio_frame *frame, const uint8_t *index, uint64_t value)
{
	if (unlikely(m->offset >= frame->size))
		return;
	trace(m->vgic, LVGIC_EVENT_MMIO, m->self ? m->self->id : UINT32_MAX, m->offset, 1, value);
	access_write(m, find_row(frame, index, m->offset), value);
}

uint64_t lvgic_dist_read(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t offset, uint32_t size)
{
	struct mmio m = { .vgic = vg, .self = self, .offset = offset, .size = size };

	return frame_read(&m, &gicd_frame, vg->gicd_index);
}

void lvgic_dist_write(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t offset, uint32_t size, uint64_t value)
{
	struct mmio m = { .vgic = vg, .self = self, .offset = offset, .size = size };

	frame_write(&m, &gicd_frame, vg->gicd_index, value);
}

uint64_t lvgic_redist_read(struct lvgic_vcpu *redist, struct lvgic_vcpu *self, uint32_t offset, uint32_t size)
{
	struct mmio m = { .vgic = redist->vgic, .self = self, .redist = redist, .offset = offset, .size = size };

	return frame_read(&m, &gicr_frame, redist->vgic->gicr_index);
}

void lvgic_redist_write(struct lvgic_vcpu *redist, struct lvgic_vcpu *self, uint32_t offset, uint32_t size,
                        uint64_t value)
{
	struct mmio m = { .vgic = redist->vgic, .self = self, .redist = redist, .offset = offset, .size = size };

	frame_write(&m, &gicr_frame, redist->vgic->gicr_index, value);
	/* The hardware has SGIs of it: perhaps their configuration has changed. */
	if (unlikely(load32_relaxed(&redist->vsgi)))
		v4_vsgi_clear(redist, self, 0);
}

uint64_t lvgic_its_read(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t offset, uint32_t size)
{
	struct mmio m = { .vgic = its->vgic, .self = self, .its = its, .offset = offset, .size = size };

	return frame_read(&m, &gits_frame, its->vgic->gits_index);
}

void lvgic_its_write(struct lvgic_its *its, struct lvgic_vcpu *self, uint32_t offset, uint32_t size, uint64_t value)
{
	struct mmio m = { .vgic = its->vgic, .self = self, .its = its, .offset = offset, .size = size };

	frame_write(&m, &gits_frame, its->vgic->gits_index, value);
}

/*
 * The Redistributor whose frame holds gpa, with the offset in it; NULL with *hole true: inside a region, but of no
 * vCPU. Wider accesses that run out of the frame are cut off by alignment: allowed() refuses them.
 */
__attribute__((__always_inline__)) static inline struct lvgic_vcpu *find_redist(const struct lvgic *vg, uint64_t gpa,
                                                                                uint32_t *offset, bool *hole)
{
	uint32_t i;

	*hole = false;
	for (i = 0; i < vg->nr_regions; i++) {
		const struct redist_region *r = &vg->region[i];
		uint64_t frame = (gpa - r->gpa) >> 17;

		if (gpa < r->gpa || frame >= r->count)
			continue;
		*offset = (uint32_t)(gpa - r->gpa) & 0x1ffffu;
		if (frame < r->used)
			return vg->by_frame[r->first + index_nospec((uint32_t)frame, r->used)];
		*hole = true;
		return NULL;
	}
	return NULL;
}

/* The vCPU whose Redistributor frame begins at gpa (RDbase, if GITS_TYPER.PTA is 1); NULL: none. */
struct lvgic_vcpu *redist_at(const struct lvgic *vg, uint64_t gpa)
{
	uint32_t offset = 1;
	bool hole;
	struct lvgic_vcpu *v = find_redist(vg, gpa, &offset, &hole);

	return offset ? NULL : v;
}

struct lvgic_its *lvgic_its_by_gpa(struct lvgic *vg, uint64_t gpa)
{
	uint32_t i;

	for (i = 0; i < vg->nr_its; i++)
		if (gpa - vg->its[i]->cfg.gpa < gits_frame.size && vg->its[i]->cfg.gpa != LVGIC_ITS_NO_GPA)
			return vg->its[i];
	return NULL;
}

static bool in_dist(const struct lvgic *vg, uint64_t gpa)
{
	return vg->has_dist && gpa - vg->dist_gpa < 0x10000u;
}

enum lvgic_status lvgic_mmio_read(struct lvgic *vg, struct lvgic_vcpu *self, uint64_t gpa, uint32_t size, uint64_t *val)
{
	struct lvgic_vcpu *redist;
	uint32_t offset = 0;
	bool hole;

	*val = 0;
	if (in_dist(vg, gpa)) {
		*val = lvgic_dist_read(vg, self, (uint32_t)(gpa - vg->dist_gpa), size);
		return LVGIC_OK;
	}
	redist = find_redist(vg, gpa, &offset, &hole);
	if (!redist && !hole) {
		struct lvgic_its *its = lvgic_its_by_gpa(vg, gpa);

		if (its)
			*val = lvgic_its_read(its, self, (uint32_t)(gpa - its->cfg.gpa), size);
		return its ? LVGIC_OK : LVGIC_ERR_NOENT;
	}
	if (redist)
		*val = lvgic_redist_read(redist, self, offset, size);
	else
		report_guest_error(vg, self, LVGIC_GUEST_ERROR_MMIO_RESERVED, size, gpa, 0);
	return LVGIC_OK;
}

enum lvgic_status lvgic_mmio_write(struct lvgic *vg, struct lvgic_vcpu *self, uint64_t gpa, uint32_t size, uint64_t val)
{
	struct lvgic_vcpu *redist;
	uint32_t offset = 0;
	bool hole;

	if (in_dist(vg, gpa)) {
		lvgic_dist_write(vg, self, (uint32_t)(gpa - vg->dist_gpa), size, val);
		return LVGIC_OK;
	}
	redist = find_redist(vg, gpa, &offset, &hole);
	if (!redist && !hole) {
		struct lvgic_its *its = lvgic_its_by_gpa(vg, gpa);

		if (its)
			lvgic_its_write(its, self, (uint32_t)(gpa - its->cfg.gpa), size, val);
		return its ? LVGIC_OK : LVGIC_ERR_NOENT;
	}
	if (redist)
		lvgic_redist_write(redist, self, offset, size, val);
	else
		report_guest_error(vg, self, LVGIC_GUEST_ERROR_MMIO_RESERVED, size, gpa, val);
	return LVGIC_OK;
}
