/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the device and collection tables that the guest provides (GITS_BASER0, GITS_BASER1).
 * Locks: none; the worker reads, after the registers have ceased to change.
 * Implements: IHI 0069 5.2.1 to 5.2.3 (ITS tables, flat and two-level), 12.19 GITS_BASER<n>.
 *
 * What is mapped is kept elsewhere (map.c), so nothing that a guest writes to its tables can mislead us. But a guest
 * may map only what its tables have room for, in RAM: that is checked by each MAPD and MAPC, so that a guest which
 * works here works on hardware, and so that the tables can be written when the VM is saved.
 */
#include "map.h"

#define ENTRY_SIZE 8u /* of both tables, and of level 1 */

#define ADDR_4K  0x0000fffffffff000ull
#define L1_VALID (1ull << 63)

static uint32_t page_shift(uint64_t baser)
{
	static const uint8_t shift[] = { 12, 14, 16, 16 };

	return shift[baser >> GITS_BASER_Page_Size_SHIFT & 3u];
}

/* With 64 KiB pages bits 15:12 of the field are bits 51:48 of the address. */
static uint64_t table_address(uint64_t baser)
{
	uint64_t field = baser & ADDR_4K;

	if (page_shift(baser) == 16)
		return (field & ~0xf000ull) | (field & 0xf000ull) << 36;
	return field & ~((1ull << page_shift(baser)) - 1);
}

/* Is the entry there? Its value is of no interest. */
static enum lvgic_status probe(const struct lvgic *vg, uint64_t gpa)
{
	uint64_t value;

	return OPS(vg)->mem_read(vg->ctx, gpa, &value, sizeof(value));
}

static enum lvgic_status check_entry(const struct lvgic *vg, uint64_t baser, uint32_t id)
{
	uint64_t size = ((baser & GITS_BASER_SIZE_MASK) + 1) << page_shift(baser);
	uint32_t per_page = (1u << page_shift(baser)) / ENTRY_SIZE;
	enum lvgic_status status;
	uint64_t l1, l2;

	if (!(baser & GITS_BASER_Valid))
		return LVGIC_ERR_FAULT;
	if (!(baser & GITS_BASER_Indirect)) {
		if (id >= size / ENTRY_SIZE)
			return LVGIC_ERR_FAULT;
		return probe(vg, table_address(baser) + (uint64_t)id * ENTRY_SIZE);
	}
	/* R45: the level 1 entry is read once; level 2 must be valid and in RAM. */
	if (id / per_page >= size / ENTRY_SIZE)
		return LVGIC_ERR_FAULT;
	status = OPS(vg)->mem_read(vg->ctx, table_address(baser) + (uint64_t)(id / per_page) * ENTRY_SIZE, &l1,
	                           sizeof(l1));
	if (status != LVGIC_OK)
		return status;
	if (!(l1 & L1_VALID))
		return LVGIC_ERR_FAULT;
	l2 = l1 & GITS_CBASER_ADDR_MASK & ~((1ull << page_shift(baser)) - 1);
	return probe(vg, l2 + (uint64_t)(id % per_page) * ENTRY_SIZE);
}

enum lvgic_status table_check_device(const struct lvgic_its *its, uint32_t device)
{
	return check_entry(its->vgic, its->baser[0], device);
}

/* The first HCC collections need no memory, and the table need not have room for them. */
enum lvgic_status table_check_collection(const struct lvgic_its *its, uint32_t icid)
{
	if (icid < its->cfg.hcc)
		return LVGIC_OK;
	return check_entry(its->vgic, its->baser[1], icid - its->cfg.hcc);
}

/* What GITS_BASER<n> says about itself. */
uint64_t table_baser_fixed(uint32_t n)
{
	uint64_t type = n ? GITS_BASER_TYPE_COLLECTION : GITS_BASER_TYPE_DEVICE;

	return type << GITS_BASER_Type_SHIFT | (uint64_t)(ENTRY_SIZE - 1) << GITS_BASER_Entry_Size_SHIFT;
}

/*
 * What it keeps of a written value: both tables may be two-level. The reserved page size (3) reads as 64 KiB, the
 * reserved Shareability (3) as Non-shareable (12.19.1).
 */
uint64_t table_baser_value(uint32_t n, uint64_t value)
{
	const uint64_t attributes = 7ull << 59 | 7ull << 53 | 3ull << 10;
	uint64_t kept = value & (GITS_BASER_Valid | GITS_BASER_Indirect | attributes | ADDR_4K |
	                         3ull << GITS_BASER_Page_Size_SHIFT | GITS_BASER_SIZE_MASK);

	(void)n;
	if ((kept >> GITS_BASER_Page_Size_SHIFT & 3u) == 3)
		kept &= ~(1ull << GITS_BASER_Page_Size_SHIFT);
	if ((kept >> 10 & 3u) == 3)
		kept &= ~(3ull << 10);
	return kept;
}

/* Do both describe the same table? Attributes of the memory do not count. */
bool table_same(uint64_t a, uint64_t b)
{
	uint64_t counts = GITS_BASER_Valid | GITS_BASER_Indirect | ADDR_4K | 3ull << GITS_BASER_Page_Size_SHIFT |
	                  GITS_BASER_SIZE_MASK;

	return !((a ^ b) & counts);
}
