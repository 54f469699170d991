/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the layout of the bridge to the hardware, and the private interface between its files.
 */
#ifndef LVGIC_V4_BRIDGE_H
#define LVGIC_V4_BRIDGE_H

#include <libvgic/v4.h>

#include "v4/v4.h"

/*
 * A host interrupt that the embedder has told us of: "messages of this are that event of that ITS". It outlives what
 * the guest maps to the event, which is how a DISCARD and MAPTI is forwarded again.
 */
struct vlpi {
	struct lvgic_vlpi hw; /* what the driver is told */

	/* Constant while it is in use: */
	uint32_t its; /* index of the virtual ITS */
	uint32_t device, event;

	uint32_t request; /* in the list of requests; any thread sets it, and then owns next_request */
	uint32_t next_request;

	uint32_t hash_next; /* V4 lock; or the next free one */
	uint32_t wish;      /* WISH_*; V4 lock */

	/* The worker; others may look. */
	uint32_t busy; /* a request is being done */
	uint32_t lpi;  /* 1 + index of the LPI that the event is mapped to; 0: none that we know of */
	uint32_t state;
	uint32_t failures; /* in a row */
	uint32_t why;      /* enum lvgic_v4_why */
	uint32_t status;   /* last failure, enum lvgic_status */
};

#define WISH_USED   0x1u /* in the hash */
#define WISH_OFF    0x2u /* lvgic_v4_allow(false) */
#define WISH_FORGET 0x4u /* lvgic_v4_unset_forwarding() */
#define WISH_ANEW   0x8u /* asked for again: forget that it failed */

#define VLPI_MASKED  0x1u   /* masked at the device */
#define VLPI_VIRT    0x2u   /* the driver has (or may have) made it a vLPI */
#define VLPI_MOVED   0x4u   /* on the spare vPE */
#define VLPI_MOVING  0x40u  /* or on its way there */
#define VLPI_REFUSED 0x8u   /* a physical operation failed: software, until it is asked for anew */
#define VLPI_STUCK   0x80u  /* the host did not take it back: not tried again until it is asked for anew */
#define VLPI_MUTE    0x100u /* the same, could not be unmasked */
#define VLPI_DROP    0x20u  /* being unmapped because the guest has unmapped it: its pending state goes too */
#define VLPI_GOING   0x200u /* its unmap was begun: the hardware may not have it any more */
#define VLPI_LEAVING (VLPI_MOVING | VLPI_MOVED | VLPI_DROP | VLPI_GOING)
#define VLPI_LOUD    0x10u /* could not be masked: go on without, until it is asked for anew */

/* After so many failures in a row we stop to try, until we are asked anew: a broken ITS must not keep us busy. */
#define MAX_FAILURES 16u

/* What an operation on a physical ITS is worth in the LPIs of a trap's budget: it waits for hardware. */
#define COST_OPERATION 32u

/* Where a vPE is; the owner's. */
enum {
	VPE_OFF, /* not resident, no doorbell */
	VPE_RESIDENT,
	VPE_ARMED, /* not resident, doorbell on */
};

#define AWAY_YES     0x1u /* not resident: doorbells mean something */
#define AWAY_PENDING 0x2u /* there is something: PendingLast, or a doorbell came */

struct vpe {
	/* Any thread: */
	uint32_t away;         /* AWAY_* */
	uint32_t blocked;      /* in WFI; the owner writes */
	uint32_t allowed;      /* lvgic_v4_allow_vcpu() */
	uint32_t vsgi_refused; /* given up: SGIs are in software, until it is allowed again */
	uint32_t failed;       /* could not be made resident: the worker takes everything back */

	/* Owner: */
	uint32_t place;  /* VPE_* */
	bool loaded;     /* between lvgic_v4_load() and lvgic_v4_put() */
	uint32_t groups; /* as the hardware was told when it was made resident */
	struct lvgic_host_cpu cpu;

	/* vsgi.c: the worker. */
	uint32_t vsgi_clear;   /* any thread: SGIs to be cleared */
	uint32_t vsgi_seq;     /* odd: a clear is being done; see v4_vsgi_pend() */
	uint32_t vsgi_again;   /* any thread: sent while a clear was being done, which may have swallowed them */
	uint32_t vsgi_senders; /* any thread: SGIs that are being sent */
	uint32_t vsgi_sent;    /* any thread: sent since they were switched on */
	bool vsgi_leaving;     /* they are ours in the words, and the hardware has some still: to be finished first */
	uint32_t vsgi_taken;   /* while they are switched off: those whose pending state is ours already */
	uint32_t vsgi_failures;
	bool vsgi_broken;                 /* and not even that can be told to the hardware */
	uint8_t vsgi_told[LVGIC_NR_SGIS]; /* configuration that the hardware has */

	/* command.c: */
	struct lvgic_host_cpu mapped_at; /* as of the last VMAPP or VMOVP; the owner's, of the spare one the worker's */
	bool moving;                     /* a VMOVP was begun, and not all of it succeeded */
	bool idai;
};

#define HASH_BITS 8u

struct v4 {
	struct lvgic *vgic;
	struct lvgic_v4_config cfg;
	struct lvgic_v4_driver driver;
	void *driver_ctx;
	void *lock; /* V4 */

	uint32_t open;     /* the vPEs are ready */
	bool opened;       /* the driver was asked to make them so */
	uint32_t request;  /* 1 + index of the newest request; any thread pushes, the worker takes all */
	uint32_t todo;     /* requests that were taken and are not done; the worker */
	uint32_t sweep;    /* all are to be looked at; any thread sets it */
	uint32_t sweeping; /* the worker has begun; 1 + the next one */

	struct vlpi *vlpi;              /* cfg.max_events */
	uint32_t *of_lpi;               /* by LPI: 1 + index of its host interrupt; the worker writes */
	uint32_t hash[1u << HASH_BITS]; /* 1 + index; V4 lock */
	uint32_t fresh, free;           /* V4 lock */
	uint32_t at_spare; /* 1 + the one that is on the spare vPE: one at a time, or it would be asked for another */

	struct vpe *vpe; /* nr_vpes + 1 */

	/* command.c */
	struct lvgic_host_vpe *host_vpe;
	uint32_t nr_mapped; /* vPEs mapped, counting through all ITSs */
	bool half_mapped;   /* the next one has had its VMAPP */

	struct lvgic_v4_stats stats;
};

static inline struct vlpi *vlpi_at(struct v4 *b, uint32_t n)
{
	return &b->vlpi[n - 1];
}

/* vlpi.c */
void vlpi_request(struct v4 *b, struct vlpi *vl);
enum lvgic_status vlpi_open(struct v4 *b, struct lvgic_vcpu *self);
void vlpi_asked_anew(struct vlpi *vl);
enum progress vlpi_return(struct v4 *b, struct lvgic_vcpu *self, struct vlpi *vl, bool drop, struct budget *budget);

/* vpe.c */
void vpe_poke(const struct v4 *b, uint32_t vcpu);

/* vsgi.c: the VM is quiet. */
void vsgi_reset(struct lvgic_vcpu *v);

/* host.c: V4 lock held. */
struct vlpi *host_find(struct v4 *b, uint32_t its, uint32_t device, uint32_t event);
void host_remove(struct v4 *b, struct vlpi *vl);

/* command.c: a driver that makes ITS commands; its context is the struct v4. */
extern const struct lvgic_v4_driver command_driver;

/* The vPE of a vCPU; NULL: it has none, or may not use it. */
static inline struct vpe *vpe_usable(const struct v4 *b, uint32_t vcpu)
{
	struct vpe *p = vcpu < b->cfg.nr_vpes ? &b->vpe[vcpu] : NULL;

	return p && load32_relaxed(&p->allowed) && !load32_relaxed(&p->failed) ? p : NULL;
}

#endif
