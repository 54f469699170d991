/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the walk over a virtual GIC that compares what is said twice: where an interrupt is by its word and by the list
 * that holds it, what is in use by the pools and by the maps, what the tables of an ITS count and contain.
 * Locks: none; nothing may change meanwhile.
 * Implements: what core/word.h, core/queue.c, core/lr.c, core/lpi.c and its/map.c say of themselves at their heads.
 */
#include "invariants.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "its/map.h"
#include "v4/v4.h"

/* Where a walk has met an interrupt. */
#define MET_INBOX 0x01u
#define MET_FIFO  0x02u
#define MET_SPILL 0x04u
#define MET_LR    0x08u
#define MET_FREE  0x10u /* in the stack of retired LPIs */
#define MET_INDEX 0x20u /* in the index by INTID */

struct walk {
	struct lvgic *vg;
	uint32_t nr_handles;
	uint8_t *met;      /* by handle */
	uint32_t *nr_maps; /* by LPI: events that are mapped to it */
	char *what;
	size_t size;
	bool bad;
};

static void __attribute__((format(printf, 2, 3))) broken(struct walk *k, const char *format, ...)
{
	va_list args;

	if (k->bad)
		return;
	k->bad = true;
	va_start(args, format);
	vsnprintf(k->what, k->size, format, args);
	va_end(args);
}

#define EXPECT(k, holds, ...)                   \
	do {                                    \
		if (!(holds))                   \
			broken(k, __VA_ARGS__); \
	} while (0)

/* Once for each place: a list that meets itself is found by that too. NULL: reported. */
static struct lvgic_irq *meet(struct walk *k, uint32_t handle, uint8_t where)
{
	if (!handle || handle > k->nr_handles) {
		broken(k, "handle %u in a list", handle);
		return NULL;
	}
	if (k->met[handle] & where) {
		broken(k, "handle %u is twice in places %#x", handle, where);
		return NULL;
	}
	k->met[handle] |= where;
	return irq_at(k->vg, handle);
}

/* --- A vCPU's lists and list registers --- */

static void walk_inbox(struct walk *k, const struct lvgic_vcpu *v, uint32_t handle)
{
	while (handle && !k->bad) {
		const struct lvgic_irq *irq = meet(k, handle, MET_INBOX);

		if (!irq)
			return;
		EXPECT(k, word_home(irq->word) == v->id, "INTID %u: in the inbox of vCPU %u, home %u", irq_intid(irq),
		       v->id, word_home(irq->word));
		handle = irq->inbox_next;
	}
}

/* Returns the length. */
static uint32_t walk_ring(struct walk *k, const struct lvgic_vcpu *v, ring_t head, uint8_t where, uint32_t slot)
{
	uint32_t handle = head, n = 0;

	while (handle && !k->bad) {
		const struct lvgic_irq *irq = meet(k, handle, where);
		const struct lvgic_irq *next;

		if (!irq)
			return n;
		n++;
		EXPECT(k, word_home(irq->word) == v->id, "INTID %u: in a list of vCPU %u, home %u", irq_intid(irq),
		       v->id, word_home(irq->word));
		EXPECT(k, where != MET_FIFO || irq_slot(irq) == slot, "INTID %u: in FIFO %u, slot %u", irq_intid(irq),
		       slot, irq_slot(irq));
		EXPECT(k, irq->next && irq->next <= k->nr_handles, "INTID %u: next is %u", irq_intid(irq), irq->next);
		if (k->bad)
			return n;
		next = irq_at(k->vg, irq->next);
		EXPECT(k, next->prev == handle, "INTID %u: prev of its next is %u, not %u", irq_intid(irq), next->prev,
		       handle);
		handle = irq->next == head ? 0 : irq->next;
	}
	return n;
}

static void walk_fifos(struct walk *k, const struct lvgic_vcpu *v)
{
	uint32_t bits = k->vg->cfg.pri_bits, i, n = 0;

	for (i = 0; i < NR_GROUPS << bits && !k->bad; i++) {
		uint32_t level = i & ((1u << bits) - 1);
		bool mapped = v->fifo_map[i >> bits][level / 64] >> (level % 64) & 1;

		EXPECT(k, mapped == (v->fifo[i] != 0), "vCPU %u: FIFO %u is %s, its bit is %d", v->id, i,
		       v->fifo[i] ? "in use" : "empty", mapped);
		n += walk_ring(k, v, v->fifo[i], MET_FIFO, i);
	}
	n += walk_ring(k, v, v->spill, MET_SPILL, 0);
	EXPECT(k, n == v->nr_queued, "vCPU %u: %u interrupts in its lists, nr_queued is %u", v->id, n, v->nr_queued);
}

/* One that is in a list register, and not in the inbox besides: register and word tell the same. */
static void check_lr(struct walk *k, const struct lvgic_vcpu *v, uint32_t n, const struct lvgic_irq *irq)
{
	uint64_t lr = v->ich.lr[n], w = irq->word;
	uint64_t key = lr_prio(lr) >> 1 | (lr & ICH_LR_GROUP1 ? 0x80u : 0);
	uint32_t was = v->lr_was[n], intid = irq_intid(irq);

	EXPECT(k, irq_slot(irq) == n, "INTID %u: in list register %u, slot %u", intid, n, irq_slot(irq));
	EXPECT(k, word_home(w) == v->id, "INTID %u: in a list register of vCPU %u, home %u", intid, v->id,
	       word_home(w));
	EXPECT(k, (lr & ICH_LR_VINTID_MASK) == intid, "INTID %u: its list register has %#llx", intid,
	       (unsigned long long)lr);
	EXPECT(k, was != 0, "INTID %u: in list register %u without a state", intid, n);
	if (w & W_INBOX)
		return;
	EXPECT(k, key == word_lr_key(w), "INTID %u: key %#llx, its list register has %#llx", intid,
	       (unsigned long long)word_lr_key(w), (unsigned long long)key);
	EXPECT(k, !(w & W_HW) == !(lr & ICH_LR_HW), "INTID %u: HW of word and list register differ", intid);
	EXPECT(k, (w & W_LPI) || !(w & W_ACTIVE) == !(was & LR_A), "INTID %u: word %#llx, list register was %u", intid,
	       (unsigned long long)w, was);
	EXPECT(k,
	       was != LR_P || ((w & (W_ENABLED | W_DEAD | W_FORWARD)) == W_ENABLED && word_target(w) == word_home(w)),
	       "INTID %u: pending in a list register where it does not belong, word %#llx", intid,
	       (unsigned long long)w);
}

static void walk_lrs(struct walk *k, const struct lvgic_vcpu *v)
{
	uint32_t n;

	for (n = 0; n < LVGIC_MAX_LRS && !k->bad; n++) {
		const struct lvgic_irq *irq;

		EXPECT(k, (v->lr_pending >> n & 1) == (v->lr_was[n] & LR_P), "vCPU %u: lr_pending %#x, lr_was[%u] %u",
		       v->id, v->lr_pending, n, v->lr_was[n]);
		if (!(v->lr_used >> n & 1)) {
			EXPECT(k, !v->lr_was[n] && !v->ich.lr[n] && !(v->lr_hw >> n & 1),
			       "vCPU %u: list register %u is unused and not empty", v->id, n);
			continue;
		}
		EXPECT(k, n < k->vg->cfg.nr_lrs, "vCPU %u: list register %u of %u", v->id, n, k->vg->cfg.nr_lrs);
		irq = meet(k, v->lr_irq[n], MET_LR);
		if (irq)
			check_lr(k, v, n, irq);
	}
}

static void walk_vcpu(struct walk *k, const struct lvgic_vcpu *v)
{
	walk_inbox(k, v, v->inbox);
	walk_inbox(k, v, v->backlog);
	walk_fifos(k, v);
	walk_lrs(k, v);
	EXPECT(k, v->online || (!v->nr_queued && !v->lr_used && !v->backlog), "vCPU %u: off, and holds something",
	       v->id);
	EXPECT(k, !v->lpi_todo || k->vg->lpi_todo, "vCPU %u: lpi_todo %#x, that of the VM is 0", v->id, v->lpi_todo);
}

/* --- Interrupts --- */

/* What the four bits of a word say, and what the law says of them (core/word.h). */
static void check_irq(struct walk *k, uint32_t handle, const struct lvgic_irq *irq)
{
	uint64_t w = irq->word;
	uint8_t says = (w & W_INBOX ? MET_INBOX : 0) | (w & W_FIFO ? MET_FIFO : 0) | (w & W_SPILL ? MET_SPILL : 0) |
	               (w & W_IN_LR ? MET_LR : 0);
	uint8_t met = k->met[handle] & (MET_INBOX | MET_FIFO | MET_SPILL | MET_LR);
	uint8_t place = says & ~MET_INBOX;
	uint32_t bits = k->vg->cfg.pri_bits, to = word_oracle(w);
	unsigned long long word = w;

	EXPECT(k, says == met, "INTID %u: word %#llx says %#x, it is in %#x", irq_intid(irq), word, says, met);
	EXPECT(k, !(place & (place - 1)), "INTID %u: in two places, word %#llx", irq_intid(irq), word);
	EXPECT(k, word_settle(w) == w, "INTID %u: PEND of word %#llx", irq_intid(irq), word);
	EXPECT(k, !(w & W_ACKED) || (w & W_ACTIVE), "INTID %u: acknowledged and not active, word %#llx", irq_intid(irq),
	       word);
	EXPECT(k, !(w & W_LPI) || !(w & W_ACTIVE), "INTID %u: an active LPI, word %#llx", irq_intid(irq), word);
	if (!says)
		EXPECT(k, to == W_NOWHERE, "INTID %u: for vCPU %u and in no place, word %#llx", irq_intid(irq), to,
		       word);
	if (says == MET_FIFO)
		EXPECT(k,
		       to == word_home(w) &&
		               irq_slot(irq) == ((w & W_GROUP1 ? 1u << bits : 0) | word_prio(w) >> (8 - bits)),
		       "INTID %u: in the wrong FIFO %u, word %#llx", irq_intid(irq), irq_slot(irq), word);
	if (says == MET_SPILL)
		EXPECT(k, w & W_ACTIVE, "INTID %u: spilled and not active, word %#llx", irq_intid(irq), word);
}

static void walk_irqs(struct walk *k)
{
	struct lvgic *vg = k->vg;
	uint32_t n, i, nr_irm = 0;

	for (i = 0; i < vg->cfg.nr_spis && !k->bad; i++) {
		check_irq(k, 1 + i, &vg->spi[i]);
		nr_irm += (vg->spi[i].word & W_IRM) != 0;
	}
	EXPECT(k, nr_irm == vg->nr_irm, "%u 1 of N interrupts, nr_irm is %u", nr_irm, vg->nr_irm);
	for (n = 0; n < vg->nr_vcpus; n++)
		for (i = 0; i < LVGIC_NR_PRIVATE && !k->bad; i++) {
			const struct lvgic_vcpu *v = vg->by_frame[n];
			uint64_t w = v->priv[i].word;

			EXPECT(k, word_target(w) == v->id, "vCPU %u: its private interrupt %u is for %u", v->id, i,
			       word_target(w));
			check_irq(k, irq_handle(vg, &v->priv[i], w), &v->priv[i]);
		}
}

/* --- ITSs --- */

struct its_walk {
	struct walk *k;
	const struct lvgic_its *its;
	uint8_t *used; /* by node */
	uint32_t nodes, devices, events;
};

/* A node is in the tree once. NULL: reported. */
static const struct its_node *enter_node(struct its_walk *t, uint32_t index)
{
	if (index >= t->its->fresh_node || t->used[index]) {
		broken(t->k, "ITS %u: node %u of %u is used twice or not taken", t->its->index, index,
		       t->its->fresh_node);
		return NULL;
	}
	t->used[index] = 1;
	t->nodes++;
	return &t->its->node[index];
}

/* Has this object of the pool ever been taken? lpi_nth() backwards. */
static bool was_taken(const struct lvgic *vg, uint32_t i)
{
	uint32_t apart = vg->cfg.max_lpis / LPI_SPREAD;

	return (i < apart * LPI_SPREAD ? i % apart * LPI_SPREAD + i / apart : i) < vg->lpi_fresh;
}

static void check_event(struct its_walk *t, uint64_t slot)
{
	struct lvgic *vg = t->k->vg;
	uint32_t i = ((uint32_t)slot & SLOT_INDEX_MASK) - 1;
	uint64_t w;

	t->events++;
	if (i >= vg->cfg.max_lpis || !was_taken(vg, i)) {
		broken(t->k, "ITS %u: event slot %#llx names no LPI", t->its->index, (unsigned long long)slot);
		return;
	}
	w = vg->lpi[i].word;
	t->k->nr_maps[i]++;
	EXPECT(t->k, !(w & W_DEAD) && word_gen(w) == EVENT_GEN(slot), "ITS %u: event slot %#llx, LPI %u has word %#llx",
	       t->its->index, (unsigned long long)slot, irq_intid(&vg->lpi[i]), (unsigned long long)w);
	EXPECT(t->k, EVENT_ICID(slot) <= t->its->collection_mask, "ITS %u: event slot %#llx has no collection",
	       t->its->index, (unsigned long long)slot);
}

/* Three levels at most. */
static void walk_tree(struct its_walk *t, uint32_t index, uint32_t levels)
{
	const struct its_node *node = enter_node(t, index);
	uint32_t i;

	for (i = 0; node && i < ITS_FANOUT && !t->k->bad; i++) {
		uint64_t slot = node->slot[i];

		if (!slot)
			continue;
		EXPECT(t->k, !(slot & SLOT_DEVICE) && !(slot & SLOT_CHILD) == !levels,
		       "ITS %u: slot %#llx at %u levels above the events", t->its->index, (unsigned long long)slot,
		       levels);
		if (levels && !t->k->bad)
			walk_tree(t, (uint32_t)slot & SLOT_INDEX_MASK, levels - 1);
		else
			check_event(t, slot);
	}
}

static void walk_devices(struct its_walk *t, uint32_t root)
{
	const struct its_node *leaf = root ? enter_node(t, root - 1) : NULL;
	uint32_t i;

	for (i = 0; leaf && i < ITS_FANOUT && !t->k->bad; i++) {
		uint64_t slot = leaf->slot[i];

		if (!slot)
			continue;
		t->devices++;
		/* One without its mark is being removed, by a command in hand or because its table was replaced. */
		EXPECT(t->k, (slot & SLOT_DEVICE) || t->its->in_hand || t->its->forget,
		       "ITS %u: a device slot %#llx is left behind", t->its->index, (unsigned long long)slot);
		walk_tree(t, (uint32_t)slot & SLOT_INDEX_MASK, DEVICE_SHIFT(slot) / LEVEL_BITS);
	}
}

static void check_its_registers(struct walk *k, const struct lvgic_its *its)
{
	uint64_t size = ((its->cbaser & GITS_CBASER_SIZE_MASK) + 1) * 4096;
	uint32_t i;

	EXPECT(k, (its->creadr & GITS_CQ_OFFSET_MASK) < size && its->cwriter < size,
	       "ITS %u: CREADR %#llx, CWRITER %#llx of %#llx bytes", its->index, (unsigned long long)its->creadr,
	       (unsigned long long)its->cwriter, (unsigned long long)size);
	EXPECT(k, !its->in_hand || its->working, "ITS %u: a command in hand, and quiescent", its->index);
	EXPECT(k, its->live == (its->ctlr && !its->forget), "ITS %u: live is %u, enabled %u, forget %#x", its->index,
	       its->live, its->ctlr, its->forget);
	for (i = 0; i <= its->collection_mask; i++) {
		uint32_t vcpu = its->collection[i];

		EXPECT(k, vcpu == W_NOWHERE || (vcpu < k->vg->cfg.nr_vcpus && k->vg->vcpu[vcpu]),
		       "ITS %u: collection %u is mapped to %u", its->index, i, vcpu);
	}
}

static void walk_its(struct walk *k, const struct lvgic_its *its)
{
	struct its_walk t = { .k = k, .its = its, .used = calloc(its->nr_nodes + 1u, 1) };
	uint32_t i, free_nodes = 0, node;

	check_its_registers(k, its);
	for (i = 0; i < ((1u << its->cfg.device_bits) + ITS_FANOUT - 1) / ITS_FANOUT && !k->bad; i++)
		walk_devices(&t, its->device_root[i]);
	for (node = its->free_node; node && !k->bad; node = (uint32_t)its->node[node - 1].slot[0]) {
		if (!enter_node(&t, node - 1))
			break;
		free_nodes++;
	}
	EXPECT(k, t.nodes == its->fresh_node, "ITS %u: %u nodes used, %u free, of %u", its->index, t.nodes - free_nodes,
	       free_nodes, its->fresh_node);
	EXPECT(k, its->fresh_node <= its->nr_nodes, "ITS %u: %u nodes of %u", its->index, its->fresh_node,
	       its->nr_nodes);
	EXPECT(k, t.devices == its->nr_devices && t.devices <= its->cfg.max_devices,
	       "ITS %u: %u devices, counted %u, quota %u", its->index, t.devices, its->nr_devices,
	       its->cfg.max_devices);
	EXPECT(k, t.events == its->nr_events, "ITS %u: %u events, counted %u", its->index, t.events, its->nr_events);
	free(t.used);
}

/* --- The pool of LPIs --- */

static void walk_index(struct walk *k)
{
	struct lvgic *vg = k->vg;
	uint32_t roots = ((1u << vg->cfg.lpi_id_bits) - LVGIC_FIRST_LPI) / LPI_BLOCK;
	uint32_t r, i, blocks = 0, block;

	for (r = 0; r < roots && !k->bad; r++) {
		uint32_t n = 0;

		block = vg->lpi_root[r];
		if (!block)
			continue;
		blocks++;
		for (i = 0; i < LPI_BLOCK && !k->bad; i++) {
			uint32_t entry = vg->lpi_block[(block - 1) * LPI_BLOCK + i], lpi = entry & 0xffffffu;
			uint32_t intid = LVGIC_FIRST_LPI + r * LPI_BLOCK + i;
			const struct lvgic_irq *irq;

			if (!entry)
				continue;
			n++;
			irq = meet(k, lpi + vg->cfg.nr_spis, MET_INDEX);
			if (!irq || !was_taken(vg, lpi - 1)) {
				broken(k, "INTID %u: index entry %#x", intid, entry);
				return;
			}
			EXPECT(k, irq_intid(irq) == intid, "INTID %u: its object is INTID %u", intid, irq_intid(irq));
			EXPECT(k, entry >> 24 == k->nr_maps[lpi - 1], "INTID %u: %u events, counted %u", intid,
			       k->nr_maps[lpi - 1], entry >> 24);
		}
		EXPECT(k, n && n == vg->lpi_block_nr[block - 1], "block %u of the index: %u entries, counted %u", block,
		       n, vg->lpi_block_nr[block - 1]);
	}
	for (block = vg->lpi_free_block; block && blocks <= vg->nr_lpi_blocks; block = vg->lpi_block_nr[block - 1])
		blocks++;
	EXPECT(k, blocks == vg->lpi_fresh_block, "%u blocks of the index used and free, of %u", blocks,
	       vg->lpi_fresh_block);
}

/* free + alive + dying = all that were ever used. No two of them with one INTID are in list registers. */
static void walk_lpis(struct walk *k)
{
	struct lvgic *vg = k->vg;
	uint32_t handle, i, j;

	if (!vg->cfg.lpi_id_bits)
		return;
	walk_index(k);
	for (handle = vg->lpi_free; handle && !k->bad; handle = irq_at(vg, handle)->inbox_next)
		if (!meet(k, handle, MET_FREE))
			return;
	EXPECT(k, vg->lpi_fresh <= vg->cfg.max_lpis, "%u LPIs of %u", vg->lpi_fresh, vg->cfg.max_lpis);
	for (i = 0; i < vg->cfg.max_lpis && !k->bad; i++) {
		const struct lvgic_irq *irq = &vg->lpi[i];
		uint32_t h = 1 + vg->cfg.nr_spis + i;
		bool queued = irq->word & W_QUEUED;
		uint8_t met = k->met[h] & (MET_FREE | MET_INDEX);
		unsigned long long word = irq->word;

		if (!was_taken(vg, i)) {
			EXPECT(k, !met && !queued, "LPI object %u was never used, and is in %#x", i, k->met[h]);
			continue;
		}
		check_irq(k, h, irq);
		if (irq->word & W_DEAD)
			EXPECT(k, met == (queued ? 0 : MET_FREE), "INTID %u: dead, in %#x, word %#llx", irq_intid(irq),
			       k->met[h], word);
		else
			EXPECT(k, met == MET_INDEX, "INTID %u: alive, in %#x, word %#llx", irq_intid(irq), k->met[h],
			       word);
		for (j = 0; (irq->word & W_IN_LR) && j < i; j++)
			EXPECT(k, !(vg->lpi[j].word & W_IN_LR) || irq_intid(&vg->lpi[j]) != irq_intid(irq),
			       "INTID %u: in two list registers", irq_intid(irq));
	}
}

bool invariants_hold(struct lvgic *vg, char *what, size_t size)
{
	struct walk k = { .vg = vg, .what = what, .size = size };
	uint32_t i;

	k.nr_handles = vg->nr_shared + vg->cfg.nr_vcpus * LVGIC_NR_PRIVATE;
	k.met = calloc(k.nr_handles + 1u, sizeof(*k.met));
	k.nr_maps = calloc(vg->cfg.max_lpis + 1u, sizeof(*k.nr_maps));
	if (!k.met || !k.nr_maps)
		abort();
	EXPECT(&k, !vg->lpi_worker, "a worker has gone and left its mark");
	for (i = 0; i < vg->nr_vcpus && !k.bad; i++)
		walk_vcpu(&k, vg->by_frame[i]);
	walk_irqs(&k);
	for (i = 0; i < vg->nr_its && !k.bad; i++)
		walk_its(&k, vg->its[i]);
	walk_lpis(&k);
	free(k.met);
	free(k.nr_maps);
	return !k.bad;
}

bool invariants_work_left(const struct lvgic *vg)
{
	uint32_t i;

	if (vg->lpi_todo || (vg->v4 && v4_has_work(vg)))
		return true;
	for (i = 0; i < vg->nr_its; i++) {
		const struct lvgic_its *its = vg->its[i];

		if (its->forget || its->in_hand)
			return true;
		if (its->ctlr && (its->cbaser & GITS_CBASER_Valid) &&
		    (!(its->creadr & GITS_CREADR_Stalled) || its->retry) &&
		    ((its->creadr ^ its->cwriter) & GITS_CQ_OFFSET_MASK))
			return true;
	}
	return false;
}

bool invariants_wants_kick(const struct lvgic_vcpu *v)
{
	return v->inbox || v->backlog || v->request;
}
