/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * trace.h - what the library sees and decides: statistics, events, and "why is this interrupt not delivered".
 */
#ifndef LIBVGIC_TRACE_H
#define LIBVGIC_TRACE_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of interrupts in the statistics. */
enum lvgic_irq_kind {
	LVGIC_KIND_SGI,
	LVGIC_KIND_PPI,
	LVGIC_KIND_SPI,
	LVGIC_KIND_LPI,
	LVGIC_NR_KINDS
};

#define LVGIC_LATENCY_BUCKETS 40 /* bucket n: 2^n <= ns < 2^(n+1); bucket 0 also has 0 ns */

/* Counters of one vCPU, or the sum over a VM. All zero without LVGIC_CONFIG_STATS, but for guest_errors. */
struct lvgic_stats {
	uint64_t injected[LVGIC_NR_KINDS];  /* became pending for this vCPU (coalesced ones do not count) */
	uint64_t delivered[LVGIC_NR_KINDS]; /* acknowledged by the guest */
	uint64_t kicks;                     /* calls of ops->kick */
	uint64_t forwards;                  /* passed on to another vCPU when taken from the queue */
	uint64_t drops;                     /* no longer deliverable when taken from the queue */
	uint64_t lr_loads;                  /* list registers filled */
	uint64_t lr_evictions;              /* list registers taken back */
	uint64_t lr_max;                    /* most list registers in use at once */
	uint64_t overflows;                 /* fillings that left something in the queue */
	uint64_t halts;                     /* calls of ops->halt for this vCPU */
	uint64_t latency_ns;                /* sum from injection to acknowledge; only with ops->clock */
	uint64_t latency_max_ns;
	uint64_t latency[LVGIC_LATENCY_BUCKETS];
	uint64_t guest_errors; /* of the VM */
};

/* Counters of one vCPU, or with vcpu NULL of the VM. Any thread; not a snapshot. */
void lvgic_get_stats(struct lvgic *vgic, struct lvgic_vcpu *vcpu, struct lvgic_stats *stats);

/* Why an interrupt is not (or is) on its way to the guest, the first obstacle found. */
enum lvgic_why {
	LVGIC_WHY_NO_SUCH,       /* the INTID does not exist here */
	LVGIC_WHY_NOT_PENDING,   /* neither latched nor, if level-sensitive, its line high */
	LVGIC_WHY_DISABLED,      /* GICD_ISENABLER / GICR_ISENABLER0 */
	LVGIC_WHY_ACTIVE,        /* active: the guest has not ended the last one */
	LVGIC_WHY_NO_TARGET,     /* IROUTER names no vCPU; 1 of N: all that could are deselected by GICR_CTLR.DPG */
	LVGIC_WHY_GROUP_DIST,    /* its group is disabled in GICD_CTLR */
	LVGIC_WHY_VCPU_OFF,      /* its vCPU is switched off */
	LVGIC_WHY_ASLEEP,        /* its vCPU's GICR_WAKER.ProcessorSleep */
	LVGIC_WHY_GROUP_CPU,     /* its group is disabled in ICC_IGRPEN<n>_EL1 */
	LVGIC_WHY_PMR,           /* masked by ICC_PMR_EL1 */
	LVGIC_WHY_RUNNING,       /* not high enough to preempt the running priority */
	LVGIC_WHY_OUTRANKED,     /* others of higher or equal priority are before it */
	LVGIC_WHY_QUEUED,        /* on its way: the vCPU has not entered the guest since */
	LVGIC_WHY_SIGNALLED,     /* presented to the vCPU: the PE masks it (PSTATE) or is about to take it */
	LVGIC_WHY_LPIS_OFF,      /* GICR_CTLR.EnableLPIs is 0 at its Redistributor */
	LVGIC_WHY_ITS_DISABLED,  /* GITS_CTLR.Enabled is 0 */
	LVGIC_WHY_NO_DEVICE,     /* the DeviceID is not mapped (MAPD) */
	LVGIC_WHY_NO_EVENT,      /* the EventID is not mapped (MAPTI, MAPI) */
	LVGIC_WHY_NO_COLLECTION, /* the collection is not mapped (MAPC) */
	LVGIC_WHY_FORWARDED,     /* the hardware delivers it, and knows whether it is pending: lvgic_v4_query() */
};

struct lvgic_explanation {
	enum lvgic_why why;
	uint32_t intid;
	uint32_t vcpu; /* where it is or would go; UINT32_MAX: nowhere */
	uint64_t word; /* the state word, for the record (docs/architecture.md) */
};

/*
 * Ask. "vcpu" as for lvgic_inject(). Context: the answer is exact when the vCPU concerned is stopped, else a
 * good guess of a moving thing; any thread, never blocks.
 */
void lvgic_explain(struct lvgic *vgic, struct lvgic_vcpu *vcpu, uint32_t intid, struct lvgic_explanation *out);

/* The same for a message: what would happen to it, from the ITS on. */
void lvgic_explain_msi(struct lvgic_its *its, uint32_t device, uint32_t event, struct lvgic_explanation *out);

/* One English sentence. Never NULL. */
const char *lvgic_strwhy(enum lvgic_why why);

/* Events for ops->trace. */
enum lvgic_event_kind {
	LVGIC_EVENT_INJECT,  /* input changed; arg: level */
	LVGIC_EVENT_QUEUE,   /* pushed to the vCPU's queue */
	LVGIC_EVENT_KICK,    /* ops->kick */
	LVGIC_EVENT_FORWARD, /* taken by a vCPU that must pass it on; arg: id of the next vCPU */
	LVGIC_EVENT_DROP,    /* taken, no longer deliverable */
	LVGIC_EVENT_LOAD,    /* into a list register; arg: its value */
	LVGIC_EVENT_EVICT,   /* out of a list register, not ended; arg: its value */
	LVGIC_EVENT_ACK,     /* the guest has acknowledged it */
	LVGIC_EVENT_END,     /* the guest has deactivated it */
	LVGIC_EVENT_MMIO,    /* trapped access; intid: offset; arg: value */
	LVGIC_EVENT_COMMAND, /* an ITS command is over; intid: its code; arg: number of its error, or 0 */
	LVGIC_NR_EVENTS
};

struct lvgic_event {
	enum lvgic_event_kind kind;
	uint32_t vcpu; /* id, or UINT32_MAX */
	uint32_t intid;
	uint64_t word; /* state word after the event, or 0 */
	uint64_t arg;
};

/* The name of an event kind, for logs. Never NULL. */
const char *lvgic_strevent(enum lvgic_event_kind kind);

#ifdef __cplusplus
}
#endif

#endif
