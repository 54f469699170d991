/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the layout of the library's objects, and the private interface between the files of the core.
 * Locks: named where a member needs one. "Owner" is the thread that runs the vCPU or has halted it.
 */
#ifndef LVGIC_CORE_INTERNAL_H
#define LVGIC_CORE_INTERNAL_H

#include <libvgic/libvgic.h>

#include "atomic.h"
#include "names.h"
#include "word.h"

/*
 * One interrupt: 24 bytes, because a VM may have tens of thousands of LPIs. Links are handles (see irq_at()): 1 + the
 * index of the interrupt in the VM; 0 is none.
 */
struct lvgic_irq {
	uint64_t word;       /* word.h */
	uint32_t inbox_next; /* belongs to whoever's transition set INBOX, then to whoever took the inbox */
	uint32_t next, prev; /* ring of a FIFO or of the spill list; owner */
	/*
	 * INTID in bits 23:0, constant; the slot in bits 31:24, written by the owner. IN_LR: index of the list
	 * register; FIFO: see fifo_index().
	 */
	uint32_t intid_slot;
};

/* Head of a ring: the handle of its first member, or 0. The last one is prev of the first. */
typedef uint32_t ring_t;

/* Entries of the index of a frame for each of its 64 KiB, see find_row() in mmio.c. */
#define MMIO_INDEX 47u

/* Requests to a vCPU, besides its inbox. */
#define REQ_GROUPS 0x1u /* GICD_CTLR or GICR_WAKER changed: look at every list register again */
#define REQ_V4     0x2u /* GICv4: residency may not be as it should be */
#define REQ_COMMIT 0x4u /* GICv4: wait for the hardware before the guest is entered */

#define NR_GROUPS 2u

struct lvgic_vcpu {
	struct lvgic *vgic;
	void *ctx;
	uint32_t id;
	uint32_t affinity;

	/* Any thread: */
	uint32_t inbox;      /* handle of the newest entry; whoever makes it non-empty kicks */
	uint32_t request;    /* REQ_* */
	uint32_t online;     /* not switched off */
	uint32_t asleep;     /* the guest has put the Redistributor to sleep (GICR_WAKER) */
	uint32_t lr_pending; /* bit n: list register n is pending, as of the last fold; the owner writes */
	uint32_t running;    /* between flush and sync */
	uint32_t gicr_ctlr;  /* DPG bits; REDIST lock */
	uint32_t gicr_waker; /* REDIST lock */
	uint32_t gicr_statusr;
	uint32_t lpi_todo; /* TODO_*: work on the LPI tables, for the worker */
	uint32_t vsgi;     /* its SGIs are forwarded (v4/vsgi.c); the worker writes */

	/* The LPI tables (v3/lpitab.c): REDIST lock for the registers; the cursor is the worker's. */
	uint64_t gicr_propbaser;
	uint64_t gicr_pendbaser;
	uint32_t lpi_cursor, config_cursor;
	uint32_t lpi_inv; /* INTID written to GICR_INVLPIR, with TODO_INV */

	/* Owner: */
	uint32_t backlog;   /* taken from the inbox, not looked at yet; oldest first */
	uint32_t vmcr_seen; /* group enables of ich.vmcr that eligibility and the last fill were computed with */
	uint32_t lr_used;   /* bit n: list register n holds lr_irq[n] */
	uint32_t nr_queued; /* interrupts in the FIFOs and the spill list */
	uint32_t lr_hw;     /* bit n: level-sensitive with HW=1, to be sampled at each sync */
	bool dirty;         /* the list registers may not be the best choice any more */
	ring_t spill;
	uint32_t lr_irq[LVGIC_MAX_LRS];
	uint8_t lr_was[LVGIC_MAX_LRS]; /* LR_P, LR_A as loaded or last folded */
	struct lvgic_ich ich;
	uint64_t fifo_map[NR_GROUPS][2]; /* bit n: fifo[group][n] is not empty */
	ring_t *fifo;                    /* [group << pri_bits | level]; behind this structure */

	uint16_t hw_pintid[16]; /* of the PPIs, 0: not mapped; CONFIG */
	void *redist_lock;
	struct vpe *vpe;           /* src/v4; NULL: the hardware delivers nothing to it */
	struct lvgic_stats *stats; /* NULL without LVGIC_CONFIG_STATS */

	struct lvgic_irq priv[LVGIC_NR_PRIVATE];
};

/*
 * A node of the maps of an ITS: 32 slots, each a child, a device or an event (its/map.h). Type-stable: a reader without
 * a lock may look at one that has been given to somebody else meanwhile, and finds that out.
 */
#define ITS_FANOUT 32u
struct its_node {
	uint64_t slot[ITS_FANOUT];
};

struct lvgic_its {
	struct lvgic *vgic;
	uint32_t index; /* in vgic->its */
	struct lvgic_its_config cfg;

	/* Registers (its/gits.c): ITS lock for writing, and for the worker to begin. */
	void *lock;
	uint32_t ctlr; /* GITS_CTLR.Enabled */
	uint32_t statusr;
	uint32_t live;    /* messages are translated: enabled, and no table to be forgotten first */
	uint32_t working; /* the worker is at it, or has a command in hand: not quiescent */
	uint32_t forget;  /* bit n: what GITS_BASER<n> described is to be forgotten */
	uint32_t retry;   /* GITS_CWRITER.Retry was written */
	uint64_t baser[2];
	uint64_t cbaser, cwriter, creadr;

	/* The worker: */
	uint64_t cmd[4];         /* the command in hand */
	uint32_t in_hand;        /* cmd is to be done, or to be gone on with */
	uint32_t cursor;         /* how far, for a command that takes more than one trap */
	uint32_t cover, covered; /* commands whose INVALL is being done, has been done; see invall() */
	uint32_t generation;     /* of the device that was mapped last */

	/* Maps (its/map.c): the worker writes, injectors read. */
	uint32_t device_mask, collection_mask; /* highest DeviceID and ICID */
	uint32_t *device_root;                 /* by DeviceID / ITS_FANOUT: 1 + node */
	uint16_t *collection;                  /* by ICID: vCPU id, or W_NOWHERE */
	struct its_node *node;
	uint32_t nr_nodes, fresh_node, free_node;
	uint32_t nr_devices, nr_events;

	struct lvgic_its_stats stats;
};

struct redist_region {
	uint64_t gpa;
	uint32_t count; /* frames of the region */
	uint32_t first; /* index in by_frame of its first vCPU */
	uint32_t used;  /* frames with a vCPU */
};

struct lvgic {
	struct lvgic_ops ops;
	void *ctx;
	struct lvgic_config cfg;
	bool started;

	uint32_t nr_vcpus;            /* created */
	uint32_t nr_words;            /* 64-bit words of a vCPU bitmap */
	struct lvgic_vcpu **vcpu;     /* by id, sparse */
	struct lvgic_vcpu **by_frame; /* by Redistributor frame, dense */

	/* Distributor */
	uint32_t gicd_ctlr; /* group enables; DIST for writing */
	uint32_t gicd_statusr;
	uint32_t nassgireq; /* GICD_CTLR.nASSGIreq; DIST for writing */
	uint32_t rwp;       /* a group was disabled; some vCPU may not have noticed */
	struct lvgic_irq *spi;
	uint32_t *irouter;    /* affinity as written; ROUTE; IRM is in the word */
	uint16_t *spi_pintid; /* 0: not mapped; CONFIG */
	uint64_t *stamp;      /* time of injection by handle; NULL without statistics and clock */

	/* Routing (route.c) */
	uint16_t *hash; /* 1 + vCPU id, by affinity; open addressing */
	uint32_t hash_mask;
	uint32_t rotor;
	uint32_t parked; /* some 1 of N interrupt found no eligible vCPU */
	uint32_t nr_irm; /* SPIs with IROUTER.IRM = 1 */
	uint64_t *eligible[NR_GROUPS];
	uint64_t *awake;

	/*
	 * LPIs (lpi.c). One thread at a time works on their tables and maps: whoever sets "lpi_worker" (its/work.c).
	 * Injection only reads, without a lock.
	 */
	uint32_t nr_shared;     /* SPIs and LPIs: one array, LPIs behind SPIs */
	struct lvgic_irq *lpi;  /* cfg.max_lpis, type-stable; spi + nr_spis */
	uint32_t *lpi_root;     /* by INTID / LPI_BLOCK: 1 + block; 0: none */
	uint32_t *lpi_block;    /* by block and INTID % LPI_BLOCK: 1 + index in lpi[], number of events mapped to it */
	uint32_t *lpi_block_nr; /* by block: entries in use; of a free block: 1 + the next free one */
	uint32_t nr_lpi_blocks;
	uint32_t lpi_fresh_block, lpi_free_block;
	uint32_t lpi_fresh;  /* objects that were never used begin here */
	uint32_t lpi_free;   /* handle of the last retired one; any thread pushes, the worker pops */
	uint32_t lpi_worker; /* somebody works */
	uint32_t lpi_todo;   /* some vCPU's lpi_todo is not 0 */
	uint64_t lpi_prop;   /* GICR_PROPBASER in force; 0: LPIs were never enabled */
	uint32_t lpi_turn;   /* which ITS comes first */
	uint32_t nr_its;
	struct lvgic_its *its[LVGIC_MAX_ITS];

	struct v4 *v4; /* src/v4; NULL without lvgic_v4_create() */

	uint64_t guest_errors;

	/* Rows by offset: of the frames, MMIO_INDEX for each 64 KiB (mmio.c), and of system registers (icc.c). */
	uint8_t gicd_index[MMIO_INDEX], gicr_index[2 * MMIO_INDEX], gits_index[2 * MMIO_INDEX], icc_index[128];

	void *config_lock;
	void *dist_lock;
	void *route_lock;

	bool has_dist;
	uint64_t dist_gpa;
	uint32_t nr_regions;
	struct redist_region region[LVGIC_MAX_REDIST_REGIONS];
};

/*
 * A glue that compiles the core itself may give its table at compile time, so that calls of it are direct:
 * LVGIC_OPS_HEADER names a header that defines "static const struct lvgic_ops lvgic_static_ops".
 */
#ifdef LVGIC_OPS_HEADER
#include LVGIC_OPS_HEADER
#define OPS(vg) ((void)(vg), &lvgic_static_ops)
#else
#define OPS(vg) (&(vg)->ops)
#endif

/* Locks: ops behind two functions, so that they cannot be unbalanced unseen. */
struct lock_token {
	struct lvgic *vgic;
	void *lock;
	uintptr_t flags;
};

static inline struct lock_token lock_take(struct lvgic *vg, void *lock)
{
	return (struct lock_token){ .vgic = vg, .lock = lock, .flags = OPS(vg)->lock(vg->ctx, lock) };
}

static inline void lock_drop(struct lock_token t)
{
	OPS(t.vgic)->unlock(t.vgic->ctx, t.lock, t.flags);
}

/* Interrupts and handles. Order of handles: SPIs, LPIs, then the private interrupts of vCPU 0, 1, ... */
static inline uint32_t irq_intid(const struct lvgic_irq *irq)
{
	return load32_relaxed(&irq->intid_slot) & 0xffffffu;
}

static inline uint32_t irq_slot(const struct lvgic_irq *irq)
{
	return load32_relaxed(&irq->intid_slot) >> 24;
}

/* Owner only. Others may read the INTID meanwhile, which does not change. */
static inline void irq_set_slot(struct lvgic_irq *irq, uint32_t slot)
{
	store32_relaxed(&irq->intid_slot, irq_intid(irq) | slot << 24);
}

static inline struct lvgic_irq *irq_at(struct lvgic *vg, uint32_t handle)
{
	uint32_t i = handle - 1;

	if (likely(i < vg->nr_shared))
		return &vg->spi[i];
	i -= vg->nr_shared;
	return &vg->vcpu[i / LVGIC_NR_PRIVATE]->priv[i % LVGIC_NR_PRIVATE];
}

static inline uint32_t irq_handle(const struct lvgic *vg, const struct lvgic_irq *irq, uint64_t word)
{
	uint32_t intid = irq_intid(irq);

	if (likely(intid >= LVGIC_NR_PRIVATE))
		return 1 + (uint32_t)(irq - vg->spi);
	/* The target of a private interrupt never changes. */
	return 1 + vg->nr_shared + word_target(word) * LVGIC_NR_PRIVATE + intid;
}

static inline bool spi_exists(const struct lvgic *vg, uint32_t intid)
{
	return intid - LVGIC_FIRST_SPI < vg->cfg.nr_spis && intid < 1020;
}

/* ops.c */
enum lvgic_status ops_import(struct lvgic_ops *to, const struct lvgic_ops *from);

/* irq.c */
struct lvgic_irq *irq_find(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid);
void irq_init(struct lvgic_irq *irq, uint32_t intid, uint64_t word);
uint16_t *irq_pintid(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid);

/* inject.c */
void irq_hw_changed(struct lvgic *vg, struct lvgic_irq *irq);

/* An interrupt made exact for the caller: out of the list register of a vCPU that cannot run meanwhile. */
struct irq_hold {
	struct lvgic_vcpu *halted; /* to be resumed, or NULL */
};
struct irq_hold irq_own(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq);
uint32_t irq_peek(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct irq_hold *hold);
void irq_release(struct lvgic *vg, struct irq_hold hold);
void irq_deactivate(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq);

/* lpi.c */
#define LPI_BLOCK 64u
enum lvgic_status lpi_start(struct lvgic *vg);
void lpi_stop(struct lvgic *vg);
void lpi_reset(struct lvgic *vg);
struct lvgic_irq *lpi_find(const struct lvgic *vg, uint32_t intid);
struct lvgic_irq *lpi_get(struct lvgic *vg, uint32_t intid);
struct lvgic_irq *lpi_map(struct lvgic *vg, uint32_t intid);
void lpi_unmap(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq);
uint32_t lpi_maps(const struct lvgic *vg, const struct lvgic_irq *irq);
void lpi_drop_unmapped(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq);
void lpi_retire(struct lvgic *vg, struct lvgic_irq *irq);
void lpi_move(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint32_t vcpu);
void lpi_clear(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq);

static inline bool lpi_exists(const struct lvgic *vg, uint32_t intid)
{
	return vg->cfg.lpi_id_bits && intid >= LVGIC_FIRST_LPI && !(intid >> vg->cfg.lpi_id_bits);
}

/* Objects that are in use or may be: for (i = 0; i < vg->lpi_fresh; i++) if (lpi_alive(&vg->lpi[i])) ... */
static inline bool lpi_alive(const struct lvgic_irq *irq)
{
	return (load64_relaxed(&irq->word) & (W_LPI | W_DEAD)) == W_LPI;
}

/* The argument of word_configure(): unimplemented priority bits are 0. */
static inline uint64_t lpi_config_arg(const struct lvgic *vg, uint64_t word, uint8_t byte)
{
	uint32_t prio = byte & 0xfcu & (0xff00u >> vg->cfg.pri_bits);

	return word_lpi_arg(word_gen(word), prio | (byte & 1u));
}

static inline bool lpis_enabled(const struct lvgic_vcpu *v)
{
	return load32_relaxed(&v->gicr_ctlr) & GICR_CTLR_EnableLPIs;
}

/* What one trap may do (lvgic_config.trap_cmds, trap_lpis). */
struct budget {
	uint32_t cmds;
	uint32_t lpis;
};

/* How a piece of bounded work ended. */
enum progress {
	PROGRESS_DONE,
	PROGRESS_MORE,  /* the budget is used up */
	PROGRESS_AGAIN, /* guest memory would block: go on from a sleepable context */
};

/* src/v3/lpitab.c: work on the LPI tables of one Redistributor; read the configuration of all LPIs again. */
#define TODO_LOAD     0x1u  /* EnableLPIs was set: configuration, then the pending table */
#define TODO_STORE    0x2u  /* EnableLPIs was cleared: pending state into the table */
#define TODO_CONFIG   0x4u  /* GICR_INVALLR */
#define TODO_INV      0x8u  /* GICR_INVLPIR */
#define TODO_AGAIN    0x10u /* with TODO_CONFIG: begin anew */
#define TODO_VSGI     0x20u /* SGIs are to be forwarded, or not any more, or otherwise */
#define TODO_VSGI_RUN 0x40u /* and that is being done */
enum progress lpitab_run(struct lvgic_vcpu *v, struct lvgic_vcpu *self, struct budget *budget);
enum progress lpitab_config_all(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t *cursor, struct budget *budget);
enum lvgic_status lpitab_config(struct lvgic *vg, uint32_t intid, uint8_t *byte);
enum progress lpitab_refresh(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, struct budget *budget);

/* src/its: */
void its_stop(struct lvgic *vg);
void its_reset(struct lvgic *vg);
void lpi_work(struct lvgic *vg, struct lvgic_vcpu *self);
void lpi_request(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t todo);

/* queue.c */
void queue_push(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint64_t word);
void queue_drain(struct lvgic_vcpu *v);
uint64_t queue_decide(struct lvgic_vcpu *v, uint64_t w);
void queue_place(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t w, bool first);
void queue_link(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t word, bool first);
void queue_unlink(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t word);
uint32_t queue_head(const struct lvgic_vcpu *v, uint32_t groups, uint32_t *prio);
void queue_return_all(struct lvgic_vcpu *v);
void queue_steal(struct lvgic *vg, struct lvgic_vcpu *off);
void queue_recheck(struct lvgic *vg, uint64_t w);
void ring_add(struct lvgic *vg, ring_t *ring, uint32_t handle, bool first);
void ring_remove(struct lvgic *vg, ring_t *ring, uint32_t handle);

/* The groups that the Distributor forwards to this vCPU: bit 0 Group 0, bit 1 Group 1. */
static inline uint32_t vcpu_groups(const struct lvgic_vcpu *v)
{
	if (unlikely(load32_relaxed(&v->asleep)))
		return 0;
	return load32_relaxed(&v->vgic->gicd_ctlr) & (GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
}

/* The bit of a group in such a set, from a word. */
static inline uint32_t word_group_bit(uint64_t w)
{
	return w & W_GROUP1 ? 2u : 1u;
}

/* lr.c */
void lr_unload(struct lvgic_vcpu *v, uint32_t n);
void lr_fold(struct lvgic_vcpu *v, uint32_t n);
bool lr_load_direct(struct lvgic_vcpu *v, struct lvgic_irq *irq, uint32_t handle, uint64_t old);
void lr_refresh(struct lvgic_vcpu *v);
void lr_unload_all(struct lvgic_vcpu *v);

static inline uint32_t lr_state(uint64_t lr)
{
	return (uint32_t)(lr >> ICH_LR_STATE_SHIFT);
}

static inline uint32_t lr_prio(uint64_t lr)
{
	return (uint32_t)(lr >> ICH_LR_PRIORITY_SHIFT) & 0xffu;
}

/* route.c */
enum lvgic_status route_start(struct lvgic *vg);
void route_stop(struct lvgic *vg);
struct lvgic_vcpu *route_lookup(const struct lvgic *vg, uint32_t affinity);
uint64_t route_one_of_n(struct lvgic *vg, uint64_t word);
uint64_t route_event(struct lvgic *vg, uint64_t old, uint64_t w);
uint64_t route_decide(struct lvgic_vcpu *v, uint64_t w);
void route_park(struct lvgic *vg, uint32_t groups);
bool route_eligible(const struct lvgic *vg, const struct lvgic_vcpu *v, uint64_t word);
void route_update(struct lvgic_vcpu *v);
void route_reconsider(struct lvgic *vg, struct lvgic_vcpu *home);
uint64_t route_read(const struct lvgic *vg, const struct lvgic_irq *irq);
void route_write(struct lvgic *vg, struct lvgic_vcpu *self, struct lvgic_irq *irq, uint64_t value, uint64_t mask);

/* vcpu.c */
void vcpu_reset(struct lvgic_vcpu *v);
void vcpu_request_all(struct lvgic *vg, struct lvgic_vcpu *self, uint32_t request);

/* vif.c: the part of a priority that decides preemption; may an interrupt of this priority preempt what runs? */
uint32_t vif_group_priority(const struct lvgic_vcpu *v, uint32_t group, uint32_t prio);
bool vif_preempts(const struct lvgic_vcpu *v, uint32_t prio, bool group1);

struct lvgic_vcpu *redist_at(const struct lvgic *vg, uint64_t gpa);

/* vgic.c: may a frame be placed there? CONFIG lock held. */
enum lvgic_status frame_check(const struct lvgic *vg, uint64_t gpa, uint64_t size);

/* mmio.c, and src/v3/icc.c: fill the indices of their tables. */
void mmio_start(struct lvgic *vg);
void icc_start(struct lvgic *vg);

/* trace.c */
void report_guest_error(struct lvgic *vg, struct lvgic_vcpu *self, enum lvgic_guest_error_kind kind, uint32_t size,
                        uint64_t address, uint64_t value);
void stats_injected(struct lvgic_vcpu *v, const struct lvgic_irq *irq, uint32_t handle);
void stats_delivered(struct lvgic_vcpu *v, const struct lvgic_irq *irq, uint64_t word);
void trace_emit(struct lvgic *vg, enum lvgic_event_kind kind, uint32_t vcpu, uint32_t intid, uint64_t word,
                uint64_t arg);

static inline void trace(struct lvgic *vg, enum lvgic_event_kind kind, uint32_t vcpu, uint32_t intid, uint64_t word,
                         uint64_t arg)
{
	if (unlikely(OPS(vg)->trace != NULL))
		trace_emit(vg, kind, vcpu, intid, word, arg);
}

/* Count into a vCPU's statistics: relaxed, readers want no snapshot. */
#define STAT_ADD(v, member, n)                                         \
	do {                                                           \
		if (unlikely((v)->stats != NULL))                      \
			(void)add64_relaxed(&(v)->stats->member, (n)); \
	} while (0)

/*
 * The n-th LPI that is taken from the pool. Events of one device are mapped one after the other and often go to
 * different vCPUs (the queues of a drive or a network card), so neighbours are apart: words that different CPUs change
 * share no cache line, nor one that is fetched along.
 */
#define LPI_SPREAD 64u

static inline struct lvgic_irq *lpi_nth(const struct lvgic *vg, uint32_t n)
{
	uint32_t apart = vg->cfg.max_lpis / LPI_SPREAD;

	return &vg->lpi[n / LPI_SPREAD < apart ? n % LPI_SPREAD * apart + n / LPI_SPREAD : n];
}

static inline void vcpu_kick(struct lvgic_vcpu *v)
{
	STAT_ADD(v, kicks, 1);
	trace(v->vgic, LVGIC_EVENT_KICK, v->id, 0, 0, 0);
	OPS(v->vgic)->kick(v->ctx);
}

/*
 * Apply an event: the only way in which a word changes from outside of its home. Returns the word before.
 * The function is a constant at each call, so it is inlined.
 */
typedef uint64_t (*word_event_t)(uint64_t word, uint64_t arg);

__attribute__((__always_inline__)) static inline uint64_t irq_apply(struct lvgic *vg, struct lvgic_vcpu *self,
                                                                    struct lvgic_irq *irq, word_event_t event,
                                                                    uint64_t arg)
{
	uint64_t old = load64_relaxed(&irq->word);
	uint64_t w;

	do {
		w = word_queue(old, event(old, arg));
		if (w == old)
			return old;
		if (unlikely(w & W_IRM))
			w = route_event(vg, old, w);
	} while (!cas64_seq(&irq->word, &old, w));

	if (w & ~old & W_INBOX)
		queue_push(vg, self, irq, w);
	else if (unlikely(w & W_INBOX))
		queue_recheck(vg, w);
	return old;
}

/*
 * Apply an event so that it is exact: out of a list register first, on a vCPU that is stopped for it if need be. One
 * that is in a list may be loaded between the two, and then the list register, not the word, says what it is: once
 * more. That takes the home another entry each time, so the tries are bounded, and the home is told anyway
 * (word_attention()). *hold is the caller's to release.
 */
__attribute__((__always_inline__)) static inline uint64_t irq_apply_held(struct lvgic *vg, struct lvgic_vcpu *self,
                                                                         struct lvgic_irq *irq, word_event_t event,
                                                                         uint64_t arg, struct irq_hold *hold)
{
	unsigned int tries = 8;

	for (;;) {
		uint64_t old;

		*hold = irq_own(vg, self, irq);
		old = irq_apply(vg, self, irq, event, arg);
		if (likely(!(old & W_IN_LR)) || !--tries)
			return old;
		irq_release(vg, *hold);
	}
}

__attribute__((__always_inline__)) static inline uint64_t irq_apply_exactly(struct lvgic *vg, struct lvgic_vcpu *self,
                                                                            struct lvgic_irq *irq, word_event_t event,
                                                                            uint64_t arg)
{
	struct irq_hold hold;
	uint64_t old = irq_apply_held(vg, self, irq, event, arg, &hold);

	irq_release(vg, hold);
	return old;
}

/* The usual edge (word_edge_is_plain). False: it is not, and nothing changed. */
__attribute__((__always_inline__)) static inline bool irq_edge_plainly(struct lvgic *vg, struct lvgic_vcpu *self,
                                                                       struct lvgic_irq *irq, uint64_t old,
                                                                       uint64_t line)
{
	uint64_t w = word_plain_edge(old) | line;

	if (!word_edge_is_plain(old) || !cas64_seq(&irq->word, &old, w))
		return false;
	queue_push(vg, self, irq, w);
	return true;
}

/* The same for an event after which it may not be taken (disabled): it is not loaded again, so out comes what is in. */
__attribute__((__always_inline__)) static inline uint64_t irq_apply_withdraw(struct lvgic *vg, struct lvgic_vcpu *self,
                                                                             struct lvgic_irq *irq, word_event_t event,
                                                                             uint64_t arg)
{
	uint64_t old = irq_apply(vg, self, irq, event, arg);

	if (unlikely(old & W_IN_LR))
		irq_release(vg, irq_own(vg, self, irq));
	return old;
}

#endif
