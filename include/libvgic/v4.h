/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * v4.h - GICv4 and GICv4.1: interrupts that the hardware delivers to the guest without the hypervisor.
 *
 * A message of a passed-through device goes to a physical ITS. With GICv4 that ITS can be told that it is a virtual LPI
 * of a vPE; while the vPE is resident on a physical CPU the guest takes it without an exit, and while it is not, the
 * hypervisor gets a doorbell. This header is the bridge: the embedder says which event of a virtual ITS comes from
 * which host interrupt, and when a vCPU is loaded on a physical CPU; the library keeps the hardware in step with all
 * that the guest does to its virtual ITS (docs/v4.md).
 *
 * The library reaches the hardware in one of two ways:
 *   commands  it makes the ITS commands itself and sends them by ops->its_cmd; residency is by ops->vlpi_read and
 *             vlpi_write. For a hypervisor that leaves the GICv4 part of the ITS to the library.
 *   driver    the hypervisor has an ITS driver of its own (Linux): it supplies struct lvgic_v4_driver.
 *
 * What is forwarded is the library's to choose within the embedder's policy: an event for which
 * lvgic_v4_set_forwarding() was called is delivered by the hardware whenever that is possible, and in software
 * otherwise; the guest cannot tell.
 */
#ifndef LIBVGIC_V4_H
#define LIBVGIC_V4_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A host interrupt: one event of a device as the physical ITS knows it, and the LPI that the host has mapped it to.
 * Copied. With a driver only "handle" means something to the library's other side.
 */
struct lvgic_host_irq {
	uint64_t handle;   /* the embedder's; not looked at */
	uint32_t its;      /* physical ITS, as for ops->its_cmd; below lvgic_v4_config.nr_host_its */
	uint32_t device;   /* DeviceID */
	uint32_t event;    /* EventID */
	uint32_t intid;    /* the host's LPI, to which the event is mapped while it is not forwarded */
	uint32_t icid;     /* the host's collection */
	uint32_t reserved; /* 0 */
	uint64_t rdbase;   /* RDbase of that collection, bits 51:16 as in a command (for SYNC) */
};

/* A physical CPU: its number for ops->vlpi_read, and the RDbase of its Redistributor, bits 51:16 as in a command. */
struct lvgic_host_cpu {
	uint32_t cpu;
	uint32_t reserved; /* 0 */
	uint64_t rdbase;
};

/* What the hardware is to know of one vPE (commands only). */
struct lvgic_host_vpe {
	uint64_t pending_table; /* physical address of its VPT, zeroed, 64 KiB aligned, 2^(lpi_id_bits - 3) bytes */
	uint32_t vpeid;         /* unique in the host, 16 bits */
	uint32_t doorbell;      /* INTID of the physical LPI that is its doorbell; the host enables it (GICv4.1) */
};

/* A vLPI, as a driver is told of it. */
struct lvgic_vlpi {
	struct lvgic_host_irq host;
	uint32_t intid; /* of the guest */
	uint32_t vpe;   /* index: the vCPU's id, or nr_vpes for the spare one */
	uint8_t config; /* byte of the LPI configuration table: priority in 7:2, bit 1 set, enable in bit 0 */
	uint8_t stage;  /* the driver's own, 0 before the first map */
	uint16_t reserved;
};

/*
 * The operations of a hypervisor that has an ITS driver. "ctx" is that of lvgic_create(). An operation that fails
 * (LVGIC_ERR_HOST), or cannot be done in this context (LVGIC_ERR_AGAIN: to be repeated from lvgic_run_deferred()), is
 * repeated with the same arguments, or unmap is called; it may have done a part, as long as it knows that itself.
 * Context, where not noted: that of lvgic_mmio_*() or lvgic_run_deferred(); one at a time for a VM; no lock held.
 */
struct lvgic_v4_driver {
	uint32_t size;     /* sizeof(struct lvgic_v4_driver) */
	uint32_t reserved; /* 0 */

	/*
	 * Before the first map: make the vPEs 0..nr (nr is the spare one) ready. After the last unmap: destroy them;
	 * also if open has never succeeded.
	 */
	enum lvgic_status (*open)(void *ctx, uint32_t nr);
	void (*close)(void *ctx);

	/* Take the event from the host and give it to the vPE. The device is masked (ops->host_mask). */
	enum lvgic_status (*map)(void *ctx, struct lvgic_vlpi *vlpi);
	/* vlpi->vpe has changed: move it there, with its pending state. */
	enum lvgic_status (*move)(void *ctx, struct lvgic_vlpi *vlpi);
	/* Give it back to the host, as it was before map; its pending state is forgotten. After a map that failed too.
	 */
	enum lvgic_status (*unmap)(void *ctx, struct lvgic_vlpi *vlpi);
	/* vlpi->config has changed. */
	enum lvgic_status (*configure)(void *ctx, struct lvgic_vlpi *vlpi);
	/* Make it pending, or not pending. */
	enum lvgic_status (*set_pending)(void *ctx, struct lvgic_vlpi *vlpi, bool on);
	/*
	 * Has the spare vPE an enabled interrupt that is pending? Make it resident and non-resident again on any
	 * physical CPU where no vPE is resident, and answer PendingLast. NULL: unknown, see
	 * lvgic_v4_unset_forwarding().
	 */
	enum lvgic_status (*probe)(void *ctx, bool *pending);

	/*
	 * Make the vPE resident on this physical CPU; "groups": bit n, Group n is enabled in the guest's GICD_CTLR.
	 * Turn its doorbell off. Context: that of lvgic_v4_load(), atomic.
	 */
	enum lvgic_status (*resident)(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu, uint32_t groups);
	/* Wait until the hardware has made itself ready (GICR_VPENDBASER.Dirty). Context: lvgic_vcpu_flush(). */
	void (*commit)(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu);
	/*
	 * Make it non-resident; "doorbell": an interrupt that becomes pending from now on is announced, else not.
	 * PendingLast. Context: that of lvgic_v4_put(), atomic.
	 */
	bool (*nonresident)(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu, bool doorbell);

	/* GICv4.1; NULL: no virtual SGIs. "config" is priority in 7:4, group in bit 1, enable in bit 0. */
	enum lvgic_status (*vsgi_configure)(void *ctx, uint32_t vpe, uint32_t sgi, uint32_t config);
	/* Make it not pending. (A VSGI command does one or the other, never both.) */
	enum lvgic_status (*vsgi_clear)(void *ctx, uint32_t vpe, uint32_t sgi);
	/* Make it pending. Context: that of ICC_SGI1R_EL1, atomic. */
	void (*vsgi_pend)(void *ctx, uint32_t vpe, uint32_t sgi);
	/* Bit n: SGI n is pending. */
	enum lvgic_status (*vsgi_pending)(void *ctx, uint32_t vpe, uint32_t *mask);
	/* The host has changed the configuration of the vPE's doorbell LPI. NULL: nothing to do. */
	enum lvgic_status (*invalidate_doorbell)(void *ctx, uint32_t vpe);
};

/* lvgic_v4_config.flags: */
/* The hardware is GICv4.1; its vPE tables (GITS_BASER, GICR_VPROPBASER of each CPU) are the host's to set up. */
#define LVGIC_V4_1    0x1u
#define LVGIC_V4_VSGI 0x2u /* with GICv4.1: offer the guest SGIs without active state (GICD_TYPER2.nASSGIcap) */

struct lvgic_v4_config {
	uint32_t size;       /* sizeof(struct lvgic_v4_config) */
	uint32_t flags;      /* LVGIC_V4_*; unknown bits: LVGIC_ERR_INVAL */
	uint32_t nr_vpes;    /* vCPUs with a lower id have a vPE, the others do without; 1..nr_vcpus of the VM */
	uint32_t max_events; /* quota of lvgic_v4_set_forwarding(), 1..65536 */
	const struct lvgic_v4_driver *driver; /* NULL: commands; all that follows is for them */
	const struct lvgic_host_vpe *vpe;     /* nr_vpes + 1 of them: the last one is the spare */
	uint8_t *config_table;      /* vLPI configuration table of the VM, 2^lpi_id_bits - 8192 bytes, zeroed */
	uint64_t config_table_pa;   /* its physical address, 64 KiB aligned */
	struct lvgic_host_cpu home; /* where vPEs are mapped that were not loaded yet */
	uint32_t nr_host_its;       /* physical ITSs, 1..16 */
	uint32_t reserved;          /* 0 */
};

/*
 * Let the VM use GICv4. *cfg, *driver and the vpe array are copied; the tables must stay until lvgic_destroy() has
 * returned, and for ever if lvgic_v4_query() says STUCK of an event before that: a physical ITS may still write
 * there. After lvgic_its_create(), before lvgic_start(): from then on the number of vPEs is fixed. INVAL: a member is
 * out of range, or the VM has no LPIs. STATE: after lvgic_start(). EXIST: done already. OPS: the driver cannot be
 * imported, or ops that commands need are NULL. NOMEM. Context: sleep.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_v4_create(struct lvgic *vgic, const struct lvgic_v4_config *cfg);

/*
 * Messages of this host interrupt are what arrives as this event at the virtual ITS: let the hardware deliver them, now
 * or, if the guest has not mapped the event yet, as soon as it does, and again whenever it maps it anew. Until then
 * and in between the host interrupt is the host's, which passes it on by lvgic_inject_msi().
 * While the switch is made the device is masked (ops->host_mask), so nothing is lost and nothing comes twice; without
 * that op one interrupt more may be seen by the guest, never one less.
 * OK: done, or on record. HOST: a physical operation failed; the LPI works in software, the wish stays on record.
 * AGAIN: on record, another thread is at it or it must be done from lvgic_run_deferred(), see lvgic_v4_query().
 * EXIST: the event has a host interrupt. QUOTA. INVAL. STATE: no lvgic_v4_create(). Context: as lvgic_mmio_write(),
 * not in a vCPU thread between lvgic_v4_load() and lvgic_v4_put().
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_v4_set_forwarding(struct lvgic_its *its, uint32_t device, uint32_t event,
                                                           const struct lvgic_host_irq *host);

/*
 * Forget the host interrupt: it is the host's again when OK is returned, the LPI works in software, and what was
 * pending in the hardware is pending in software. (Exact if the hardware can be asked: probe, or ops->borrow_cpu, and
 * ops->host_mask; else it is taken for pending.) Not OK: it is not the host's yet, do not free it.
 * AGAIN: as above; call lvgic_run_deferred() and ask again. HOST: the hardware refuses; call again, or give the device
 * up: it is masked. NOENT. Context: as above.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_v4_unset_forwarding(struct lvgic_its *its, uint32_t device, uint32_t event);

/*
 * Policy: may the hardware deliver this event; may it deliver to this vCPU? Default: yes. NOENT: no host interrupt, no
 * vPE. AGAIN and context as above.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_v4_allow(struct lvgic_its *its, uint32_t device, uint32_t event, bool allow);
LVGIC_MUST_CHECK enum lvgic_status lvgic_v4_allow_vcpu(struct lvgic_vcpu *vcpu, bool allow);

/* Why the hardware does not deliver an event: the first obstacle found. */
enum lvgic_v4_why {
	LVGIC_V4_FORWARDED,        /* it does */
	LVGIC_V4_NO_HOST_IRQ,      /* no lvgic_v4_set_forwarding() */
	LVGIC_V4_BUSY,             /* work is to be done, see lvgic_run_deferred() */
	LVGIC_V4_NOT_ALLOWED,      /* lvgic_v4_allow() */
	LVGIC_V4_VCPU_NOT_ALLOWED, /* lvgic_v4_allow_vcpu() */
	LVGIC_V4_NOT_MAPPED,       /* the guest has not mapped the event, or its ITS is disabled */
	LVGIC_V4_NO_COLLECTION,    /* its collection is not mapped */
	LVGIC_V4_LPIS_OFF,         /* GICR_CTLR.EnableLPIs is 0 at its vCPU */
	LVGIC_V4_SHARED,           /* more than one event is mapped to its LPI */
	LVGIC_V4_NO_VPE,           /* its vCPU has no vPE */
	LVGIC_V4_VPE_FAILED,       /* the vPE could not be made resident */
	LVGIC_V4_ELSEWHERE,        /* it is pending at another vCPU still (MAPC without MOVALL) */
	LVGIC_V4_HOST_FAILED,      /* a physical operation failed; tried again when the guest maps the event */
	LVGIC_V4_STUCK,            /* could not be given back to the host, or unmasked: it is masked (if it can be) */
	LVGIC_V4_NR_WHY
};

struct lvgic_v4_info {
	enum lvgic_v4_why why;
	enum lvgic_status status; /* of the last physical operation on it that failed; OK: none */
	uint32_t intid;           /* of the guest; 0: not mapped */
	uint32_t vpe;             /* where the hardware has it; UINT32_MAX: nowhere */
};

/* Is it forwarded, and if not why? Any thread; a guess if work is under way. STATE: no lvgic_v4_create(). */
enum lvgic_status lvgic_v4_query(struct lvgic_its *its, uint32_t device, uint32_t event, struct lvgic_v4_info *info);

/* A vCPU: may the hardware deliver to it, and if not why; what it delivers; where its vPE is. */
struct lvgic_v4_vcpu_info {
	enum lvgic_v4_why
		why; /* FORWARDED (it may), NO_VPE, VCPU_NOT_ALLOWED, VPE_FAILED; BUSY: no event was forwarded yet */
	uint32_t events; /* that the hardware delivers to it */
	bool resident;   /* its vPE is on a physical CPU */
	bool doorbell;   /* away, with the doorbell on */
	bool pending;    /* away, and PendingLast or a doorbell says that there is something */
	bool sgis;       /* the hardware delivers its SGIs */
};

/* Ask. Any thread; a guess of a moving thing. STATE: no lvgic_v4_create(). */
enum lvgic_status lvgic_v4_query_vcpu(const struct lvgic_vcpu *vcpu, struct lvgic_v4_vcpu_info *info);

/* One English sentence. Never NULL. */
const char *lvgic_v4_strwhy(enum lvgic_v4_why why);

/* Counters of a VM since lvgic_v4_create(). */
struct lvgic_v4_stats {
	uint64_t forwarded; /* times that an event was given to the hardware */
	uint64_t returned;  /* times that one was taken back, with its pending state */
	uint64_t moved;     /* moves between vPEs */
	uint64_t failures;  /* physical operations that failed */
	uint64_t guesses;   /* pending states that could not be known and were taken for pending */
	uint64_t doorbells; /* calls of lvgic_v4_doorbell() that woke somebody */
	uint64_t loads;     /* vPEs made resident */
	uint64_t hardware;  /* events in hardware now */
};
void lvgic_v4_get_stats(const struct lvgic *vgic, struct lvgic_v4_stats *stats);

/*
 * The vCPU's thread begins and ends to run on a physical CPU (also when it is preempted): its vPE becomes resident and
 * non-resident. Between the two lvgic_vcpu_block() and lvgic_vcpu_unblock() do the same for the time that the vCPU
 * waits in WFI, with the doorbell on; they are then to be called on this CPU, as atomic as these. A vCPU that is
 * preempted while blocked keeps its doorbell. No effect without lvgic_v4_create().
 * By the vCPU's owner, outside of flush..sync. Context: atomic, and the thread stays on this CPU.
 */
void lvgic_v4_load(struct lvgic_vcpu *vcpu, const struct lvgic_host_cpu *cpu);
void lvgic_v4_put(struct lvgic_vcpu *vcpu);

/* The vCPU's doorbell came. Wakes it by ops->kick if it waits. Any context. */
void lvgic_v4_doorbell(struct lvgic_vcpu *vcpu);

/*
 * The host has changed the configuration (priority, enable) of a vPE's doorbell LPI in its own table: GICv4.1 hardware
 * must read it again (INVDB). HOST, AGAIN: call again. NOENT: no vPE. Context: as lvgic_mmio_write().
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_v4_invalidate_doorbell(struct lvgic_vcpu *vcpu);

#ifdef __cplusplus
}
#endif

#endif
