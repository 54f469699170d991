/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: LPIs as objects: the pool they come from, the index by INTID, their life.
 * Locks: none. Everything but lpi_retire() and lpi_find() is the worker's (its/work.c), of which there is one at a
 * time. Implements: IHI 0069 5.1 (LPIs); the life of objects is ours (docs/architecture.md).
 *
 * An LPI is mapped by one or more events, of any ITS of the VM, or it is pending without being mapped (a bit of the
 * pending table that was set when LPIs were enabled). When the last event is unmapped, the object is taken out of the
 * index and marked DEAD; the next MAPTI of that INTID makes a new one, while the old one lives on until its home vCPU
 * has let go of it. Before it dies it is taken out of whatever list register it is in, so the old and the new one never
 * sit in two; a dead one is never loaded again.
 *
 * Who retires: the one transition that leaves the word dead and in no queue, list or list register. It is in
 * lpi_bury() if nobody held it, else at the home that lets go, or at a thief of an inbox. Retired objects go to a stack
 * that anybody pushes to and only the worker pops from, so it has no ABA problem. The generation in the word makes a
 * translation of before the death miss (word_means()); it would take 256 recyclings of the same object between two
 * instructions of an injector to defeat that, and the harm would be a spurious LPI in the same VM.
 */
#include "internal.h"

#define INDEX_MASK 0xffffffu
#define MAPS_SHIFT 24
#define MAX_MAPS   255u

static size_t nr_roots(const struct lvgic *vg)
{
	return ((1u << vg->cfg.lpi_id_bits) - LVGIC_FIRST_LPI) / LPI_BLOCK;
}

/* Blocks for LPIs that lie densely, and some for those that do not. */
static uint32_t count_blocks(const struct lvgic *vg)
{
	uint32_t dense = (vg->cfg.max_lpis + LPI_BLOCK - 1) / LPI_BLOCK + LPI_BLOCK;

	return dense < nr_roots(vg) ? dense : (uint32_t)nr_roots(vg);
}

enum lvgic_status lpi_start(struct lvgic *vg)
{
	if (!vg->cfg.lpi_id_bits)
		return LVGIC_OK;
	vg->nr_lpi_blocks = count_blocks(vg);
	vg->lpi_root = OPS(vg)->alloc(vg->ctx, nr_roots(vg) * sizeof(uint32_t));
	vg->lpi_block = OPS(vg)->alloc(vg->ctx, (size_t)vg->nr_lpi_blocks * LPI_BLOCK * sizeof(uint32_t));
	vg->lpi_block_nr = OPS(vg)->alloc(vg->ctx, vg->nr_lpi_blocks * sizeof(uint32_t));
	return vg->lpi_root && vg->lpi_block && vg->lpi_block_nr ? LVGIC_OK : LVGIC_ERR_NOMEM;
}

void lpi_stop(struct lvgic *vg)
{
	if (vg->lpi_root)
		OPS(vg)->free(vg->ctx, vg->lpi_root, nr_roots(vg) * sizeof(uint32_t));
	if (vg->lpi_block)
		OPS(vg)->free(vg->ctx, vg->lpi_block, (size_t)vg->nr_lpi_blocks * LPI_BLOCK * sizeof(uint32_t));
	if (vg->lpi_block_nr)
		OPS(vg)->free(vg->ctx, vg->lpi_block_nr, vg->nr_lpi_blocks * sizeof(uint32_t));
}

/* Power on: no LPI exists. */
void lpi_reset(struct lvgic *vg)
{
	size_t i;
	uint32_t n;

	if (!vg->cfg.lpi_id_bits)
		return;
	for (i = 0; i < nr_roots(vg); i++)
		vg->lpi_root[i] = 0;
	for (n = 0; n < vg->lpi_fresh; n++)
		irq_init(lpi_nth(vg, n), 0, W_LPI | W_DEAD);
	vg->lpi_fresh_block = 0;
	vg->lpi_free_block = 0;
	vg->lpi_fresh = 0;
	vg->lpi_free = 0;
	vg->lpi_prop = 0;
	vg->lpi_todo = 0;
}

/* The index entry of an INTID that is in range; NULL: its block has none in use. */
static uint32_t *entry_of(const struct lvgic *vg, uint32_t intid)
{
	uint32_t i = index_nospec(intid - LVGIC_FIRST_LPI, (1u << vg->cfg.lpi_id_bits) - LVGIC_FIRST_LPI);
	uint32_t block = load32_relaxed(&vg->lpi_root[i / LPI_BLOCK]);

	return block ? &vg->lpi_block[(block - 1) * LPI_BLOCK + i % LPI_BLOCK] : NULL;
}

static uint32_t *make_entry(struct lvgic *vg, uint32_t intid)
{
	uint32_t *root = &vg->lpi_root[(intid - LVGIC_FIRST_LPI) / LPI_BLOCK];
	uint32_t block = vg->lpi_free_block;
	uint32_t i;

	if (!*root) {
		if (block)
			vg->lpi_free_block = vg->lpi_block_nr[block - 1];
		else if (vg->lpi_fresh_block < vg->nr_lpi_blocks)
			block = ++vg->lpi_fresh_block;
		else
			return NULL;
		vg->lpi_block_nr[block - 1] = 0;
		for (i = 0; i < LPI_BLOCK; i++)
			store32_relaxed(&vg->lpi_block[(block - 1) * LPI_BLOCK + i], 0);
		store32_release(root, block);
	}
	return entry_of(vg, intid);
}

/* The entry of a living LPI is not needed any more. */
static void drop_entry(struct lvgic *vg, uint32_t intid, uint32_t *entry)
{
	uint32_t *root = &vg->lpi_root[(intid - LVGIC_FIRST_LPI) / LPI_BLOCK];
	uint32_t block = *root;

	store32_relaxed(entry, 0);
	if (--vg->lpi_block_nr[block - 1])
		return;
	store32_relaxed(root, 0);
	vg->lpi_block_nr[block - 1] = vg->lpi_free_block;
	vg->lpi_free_block = block;
}

/* The living LPI with this INTID; NULL if there is none. Any thread; for others than the worker a guess. */
struct lvgic_irq *lpi_find(const struct lvgic *vg, uint32_t intid)
{
	const uint32_t *entry = lpi_exists(vg, intid) ? entry_of(vg, intid) : NULL;
	uint32_t i = entry ? load32_relaxed(entry) & INDEX_MASK : 0;

	return i ? &vg->lpi[i - 1] : NULL;
}

/* An object that nobody uses, in its next generation; NULL: the quota is used up. */
static struct lvgic_irq *take_free(struct lvgic *vg, uint32_t intid)
{
	struct lvgic_irq *irq;
	uint32_t head;

	/* Retired ones last: the longer one rests, the better. */
	if (vg->lpi_fresh < vg->cfg.max_lpis) {
		irq = lpi_nth(vg, vg->lpi_fresh);
		irq_init(irq, intid, word_new_lpi(word_gen(load64_relaxed(&irq->word)) + 1));
		vg->lpi_fresh++;
		return irq;
	}
	do {
		/* Acquired each time anew: its link is the pusher's. */
		head = load32_acquire(&vg->lpi_free);
		if (!head)
			return NULL;
		irq = irq_at(vg, head);
	} while (!cas32_seq(&vg->lpi_free, &head, irq->inbox_next));
	irq_init(irq, intid, word_new_lpi((word_gen(load64_relaxed(&irq->word)) + 1) & 0xffu));
	return irq;
}

/* Nobody holds it any more; its word stays as it is until it is used again. Any thread. */
void lpi_retire(struct lvgic *vg, struct lvgic_irq *irq)
{
	uint32_t handle = 1 + (uint32_t)(irq - vg->spi);
	uint32_t head = load32_relaxed(&vg->lpi_free);

	do
		irq->inbox_next = head;
	while (!cas32_seq(&vg->lpi_free, &head, handle));
}

/*
 * The LPI with this INTID (in range, see lpi_exists()); made if there is none: disabled, at no vCPU, unmapped. NULL: a
 * quota is used up.
 */
struct lvgic_irq *lpi_get(struct lvgic *vg, uint32_t intid)
{
	uint32_t *entry = make_entry(vg, intid);
	struct lvgic_irq *irq;

	if (!entry)
		return NULL;
	if (*entry)
		return &vg->lpi[(*entry & INDEX_MASK) - 1];
	irq = take_free(vg, intid);
	vg->lpi_block_nr[vg->lpi_root[(intid - LVGIC_FIRST_LPI) / LPI_BLOCK] - 1]++;
	if (irq)
		store32_relaxed(entry, 1 + (uint32_t)(irq - vg->lpi));
	else
		drop_entry(vg, intid, entry);
	return irq;
}

/* One more event is mapped to this INTID. NULL: a quota is used up, or 255 events are. */
struct lvgic_irq *lpi_map(struct lvgic *vg, uint32_t intid)
{
	struct lvgic_irq *irq = lpi_get(vg, intid);
	uint32_t *entry = entry_of(vg, intid);

	if (!irq || *entry >> MAPS_SHIFT == MAX_MAPS)
		return NULL;
	store32_relaxed(entry, *entry + (1u << MAPS_SHIFT));
	return irq;
}

/* MOVI, MOVALL: to the vCPU with this id. */
void lpi_move(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint32_t vcpu)
{
	uint64_t w = load64_relaxed(&irq->word);

	/* The usual case: nothing of it is anywhere. */
	if (!(w & (W_PEND | W_QUEUED | W_FORWARD)) && cas64_seq(&irq->word, &w, word_set_target(w, vcpu)))
		return;
	if (word_target(w) != vcpu)
		(void)irq_apply_exactly(vg, self, irq, word_move, word_lpi_arg(word_gen(w), vcpu));
}

/* CLEAR, and the half of DISCARD that concerns an LPI which other events map too. */
void lpi_clear(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq)
{
	(void)irq_apply_exactly(vg, self, irq, word_clear, load64_relaxed(&irq->word) & W_GEN_MASK);
}

/*
 * Out of the index already: let it die, and retire it if it is nowhere. Out of a list register it is taken after it is
 * dead, so that it is not loaded again behind our back. (If its home retires it meanwhile and another LPI moves in,
 * that one is taken out for nothing.)
 */
static void bury(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq)
{
	uint64_t w = irq_apply(vg, self, irq, word_unlink, load64_relaxed(&irq->word) & W_GEN_MASK);

	if (!(w & W_QUEUED))
		lpi_retire(vg, irq);
	else if (unlikely(w & W_IN_LR))
		irq_release(vg, irq_own(vg, self, irq));
}

/* One event less is mapped to it. */
void lpi_unmap(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq)
{
	uint32_t intid = irq_intid(irq);
	uint32_t *entry = entry_of(vg, intid);

	store32_relaxed(entry, *entry - (1u << MAPS_SHIFT));
	if (*entry >> MAPS_SHIFT) {
		lpi_clear(vg, self, irq);
		return;
	}
	drop_entry(vg, intid, entry);
	bury(vg, self, irq);
}

/* How many events are mapped to it. */
uint32_t lpi_maps(const struct lvgic *vg, const struct lvgic_irq *irq)
{
	const uint32_t *entry = entry_of(vg, irq_intid(irq));

	return entry ? load32_relaxed(entry) >> MAPS_SHIFT : 0;
}

/* An LPI that no event is mapped to is of no use any more. */
void lpi_drop_unmapped(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq)
{
	uint32_t *entry = entry_of(vg, irq_intid(irq));

	if (*entry >> MAPS_SHIFT)
		return;
	drop_entry(vg, irq_intid(irq), entry);
	bury(vg, self, irq);
}
