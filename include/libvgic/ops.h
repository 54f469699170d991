/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * ops.h - what the hypervisor lends to the library.
 *
 * One const table of function pointers per hypervisor. The library copies it once, in
 * lvgic_create(), which refuses a table that it cannot import: a table shorter than this
 * header's is filled with NULL, a longer one is accepted if the part that this library
 * does not know is all zero. New members are only ever appended.
 *
 * Every member gets as first argument an opaque pointer of the hypervisor: "ctx" is the one
 * given to lvgic_create(), "vctx" the one given to lvgic_vcpu_create().
 *
 * Contexts, from lenient to strict:
 *   sleep   the caller may sleep; no lock of the library is held
 *   atomic  the caller must not sleep; a lock of the library may be held, preemption may be off
 *   any     atomic, and possibly in a hardware interrupt that interrupted the hypervisor
 * The context given with a member is the strictest that the library calls it in.
 */
#ifndef LIBVGIC_OPS_H
#define LIBVGIC_OPS_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Lock ranks, outermost first: a thread may take a lock only while all locks that it holds have a
 * smaller rank. X(name, text) is the single list: the enum, docs/locking.md and the run-time checker of
 * test builds are made from it.
 */
#define LVGIC_LOCK_RANKS(X)                                                                   \
	X(CONFIG, "one per VM: creation of vCPUs, frames, start, reset, hardware mappings")   \
	X(DIST, "one per VM: Distributor registers that span more than one interrupt's word") \
	X(ROUTE, "one per VM: IROUTER value and state word of an SPI change together")        \
	X(REDIST, "one per vCPU: Redistributor registers that are not an interrupt's word")   \
	X(ITS, "one per ITS: its registers, and who may change its tables")                   \
	X(V4, "one per VM: host interrupts, and the list of requests for them")

enum lvgic_lock_rank {
#define LVGIC_LOCK_RANK_ENUM(name, text) LVGIC_LOCK_##name,
	LVGIC_LOCK_RANKS(LVGIC_LOCK_RANK_ENUM)
#undef LVGIC_LOCK_RANK_ENUM
	LVGIC_NR_LOCK_RANKS
};

/* Whose misbehaviour ops->guest_error reports. */
enum lvgic_guest_error_kind {
	LVGIC_GUEST_ERROR_MMIO_WIDTH,    /* access width or alignment that the register does not have */
	LVGIC_GUEST_ERROR_MMIO_RESERVED, /* offset that holds no register */
	LVGIC_GUEST_ERROR_MMIO_RO,       /* write of a read-only register */
	LVGIC_GUEST_ERROR_MMIO_WO,       /* read of a write-only register */
	LVGIC_GUEST_ERROR_SYSREG,        /* UNDEFINED system register access */
	LVGIC_GUEST_ERROR_SGI_TARGET,    /* SGI for a PE that does not exist */
	LVGIC_GUEST_ERROR_ROUTE,         /* IROUTER names a PE that does not exist */
	LVGIC_GUEST_ERROR_LPI_TABLE,     /* an LPI table is not in RAM; address: where */
	LVGIC_GUEST_ERROR_LPI_QUOTA,     /* a pending LPI that would exceed the quota is lost; address: INTID */
	LVGIC_GUEST_ERROR_ITS_COMMAND,   /* ITS command error; address: GITS_CREADR; value: its number, see its.h */
	LVGIC_GUEST_ERROR_ITS_QUEUE,     /* GITS_CWRITER points outside of the queue; value: as written */
};

struct lvgic_guest_error {
	enum lvgic_guest_error_kind kind;
	uint32_t size;    /* bytes of the access; 0 if it was none */
	uint64_t address; /* guest physical address, system register encoding, affinity or INTID */
	uint64_t value;   /* the value written; 0 for a read */
	uint64_t count;   /* guest errors of this VM so far, this one included */
};

/* Which state of a physical interrupt hw_get and hw_set are about. */
enum lvgic_hw_state {
	LVGIC_HW_ACTIVE, /* active at the physical GIC */
	LVGIC_HW_LEVEL,  /* level of the physical line (hw_get only) */
};

/* What ops->trace is told; see trace.h for how to print one. */
struct lvgic_event;

/* GICv4, see v4.h. */
struct lvgic_host_irq;
struct lvgic_host_cpu;

/*
 * The virtual interface control registers of one vCPU, as the hardware has them (IHI 0069, 12.4). The library keeps
 * one image per vCPU; the hypervisor (or its world switch) moves it to and from the hardware. Only lr[0] to
 * lr[nr_lrs - 1] and the first 1, 2 or 4 active priority registers (5, 6 or 7 priority bits) are used.
 */
struct lvgic_ich {
	uint64_t lr[16]; /* ICH_LR<n>_EL2 */
	uint32_t hcr;    /* ICH_HCR_EL2, EOIcount included */
	uint32_t vmcr;   /* ICH_VMCR_EL2 */
	uint32_t ap0r[4];
	uint32_t ap1r[4];
};

struct lvgic_ops {
	/* sizeof(struct lvgic_ops) at the time when the hypervisor was compiled. */
	uint32_t size;
	/* Must be 0. */
	uint32_t reserved;

	/*
	 * Memory: "size" zeroed bytes (never 0), aligned to at least 16; NULL if there is none.
	 * Context: sleep. May not be NULL. Called only by the functions that create something.
	 */
	void *(*alloc)(void *ctx, size_t size);
	/* Give back what alloc returned, with the same size. Context: sleep. May not be NULL. */
	void (*free)(void *ctx, void *mem, size_t size);

	/*
	 * Make a lock of the given rank; NULL if there is no memory. A lock is not recursive and must be
	 * usable in context "any" (a spin lock that saves and disables interrupts). Context: sleep. May not be NULL.
	 */
	void *(*lock_create)(void *ctx, enum lvgic_lock_rank rank);
	/* Destroy a lock that nobody holds. Context: sleep. May not be NULL. */
	void (*lock_destroy)(void *ctx, void *lock);
	/* Take the lock; the result (saved interrupt flags, say) is passed to unlock. Context: any. May not be NULL. */
	uintptr_t (*lock)(void *ctx, void *lock);
	/* Release the lock. Context: any. May not be NULL. */
	void (*unlock)(void *ctx, void *lock, uintptr_t flags);

	/*
	 * Make the vCPU call lvgic_vcpu_sync() and lvgic_vcpu_flush() (or, with the trapped CPU interface, ask
	 * lvgic_vcpu_lines()) soon: leave the guest if it runs, wake it if it is blocked, do nothing if it is on its
	 * way to flush anyway. A request that comes while flush runs must not be lost: the vCPU says that it runs, and
	 * then, after a full barrier, looks for a request a last time before it enters; kick makes the request, and
	 * then, after a full barrier, looks whether the vCPU runs. GICD_CTLR.RWP relies on this too. May be called for
	 * the calling vCPU. Context: any, no lock of the library held. May not be NULL.
	 */
	void (*kick)(void *vctx);

	/*
	 * Stop the vCPU outside of the guest (after lvgic_vcpu_sync(), before the next lvgic_vcpu_flush()) and keep it
	 * there until resume: return only when it is so. A second halt of the same vCPU by another thread waits for the
	 * resume; a vCPU thread that waits inside of halt counts as stopped itself, and so does a vCPU that is off.
	 * Needed for exact reads and writes of the pending and active state of an interrupt that sits in a list
	 * register of a running vCPU. At most one vCPU is halted at a time, and never the one that makes the access. An
	 * embedder that runs all vCPUs in one thread has nothing to do here. Context: that of the lvgic_mmio_*() call,
	 * no lock of the library held. May not be NULL.
	 */
	void (*halt)(void *vctx);
	void (*resume)(void *vctx);

	/*
	 * lvgic_vcpu_sync() begins by lr_load: read the list registers in "used" (bit n: LR n), and hcr (EOIcount),
	 * vmcr and the active priority registers, from the hardware into *ich. lvgic_vcpu_flush() ends by lr_store:
	 * write the list registers in "used" into the hardware, and zero into the others; hcr, vmcr and the active
	 * priority registers too. Context: that of flush and sync. NULL: the hypervisor moves the image itself, see
	 * lvgic_vcpu_ich().
	 */
	void (*lr_load)(void *vctx, struct lvgic_ich *ich, uint32_t used);
	void (*lr_store)(void *vctx, const struct lvgic_ich *ich, uint32_t used);

	/*
	 * Read or write guest physical memory. The range may be anything. Return LVGIC_OK, LVGIC_ERR_FAULT (not RAM),
	 * or LVGIC_ERR_AGAIN (would sleep): the work is then repeated from lvgic_run_deferred(). On failure nothing was
	 * written. At most 64 bytes at a time; nothing that was read is read again for the same purpose. This is also
	 * the notice for dirty tracking: the library touches guest memory in no other way. Context: that of
	 * lvgic_mmio_*() or lvgic_run_deferred(), no lock of the library held. NULL: no LPIs, no ITS.
	 */
	enum lvgic_status (*mem_read)(void *ctx, uint64_t gpa, void *buf, size_t len);
	enum lvgic_status (*mem_write)(void *ctx, uint64_t gpa, const void *buf, size_t len);

	/*
	 * Send one 32-byte command to a physical ITS and wait until it is done (GITS_CREADR has passed it). Not OK: it
	 * was not done. Several threads may be in it at once. LVGIC_ERR_AGAIN: cannot wait here; from
	 * lvgic_run_deferred(), please. Context: that of lvgic_mmio_*(), lvgic_run_deferred() or lvgic_v4_*(); of
	 * lvgic_v4_load() for VMOVP and VSYNC, and of lvgic_reset() and lvgic_destroy(), where AGAIN counts as a
	 * failure. NULL: no GICv4, but by a driver (v4.h).
	 */
	enum lvgic_status (*its_cmd)(void *ctx, uint32_t host_its, const uint64_t cmd[4]);

	/*
	 * State of a physical interrupt that lvgic_map_hw() mapped. Context: atomic (in flush, sync and MMIO).
	 * NULL: mapped level interrupts are sampled only by lvgic_inject(), the physical active state is never touched
	 * when the guest ends an interrupt outside of a list register; lvgic_map_hw() then answers LVGIC_ERR_INVAL.
	 */
	bool (*hw_get)(void *vctx, uint32_t pintid, enum lvgic_hw_state which);
	void (*hw_set)(void *vctx, uint32_t pintid, enum lvgic_hw_state which, bool value);

	/*
	 * The guest ended (deactivated) an interrupt for which lvgic_notify_eoi() is on. May call lvgic_inject().
	 * Context: that of sync and of the trapped CPU interface, no lock held. NULL: nobody is told.
	 */
	void (*acked)(void *vctx, uint32_t intid);

	/*
	 * There is work left that needs a sleepable context or a new time budget: have lvgic_run_deferred() called
	 * soon. Context: any, no lock of the library held. NULL: no LPIs, no ITS.
	 */
	void (*defer)(void *ctx);

	/* Monotonic time in nanoseconds, for statistics. Context: any. NULL: no latencies. */
	uint64_t (*clock)(void *ctx);

	/*
	 * The guest did something that the architecture does not allow; the library has ignored it as documented.
	 * "vctx" is the vCPU that did it, or NULL. Rate limited: after the first 16 errors of a VM only every count
	 * that is a power of two is reported. Context: any. NULL: only counted (struct lvgic_stats).
	 */
	void (*guest_error)(void *ctx, void *vctx, const struct lvgic_guest_error *error);

	/* A decision of the library (trace.h). Context: any. NULL: no trace, at the cost of one test. */
	void (*trace)(void *ctx, const struct lvgic_event *event);

	/*
	 * GICv4, since 0.2 (v4.h). The frame VLPI_base of a physical CPU's Redistributor, 64-bit accesses:
	 * GICR_VPROPBASER and GICR_VPENDBASER. Where GICR_TYPER.Dirty is 0, GICR_VPENDBASER.Dirty means nothing while
	 * Valid is 1: read it as 0 then. Context: atomic. NULL: no GICv4, but by a driver.
	 */
	uint64_t (*vlpi_read)(void *ctx, uint32_t cpu, uint32_t offset);
	void (*vlpi_write)(void *ctx, uint32_t cpu, uint32_t offset, uint64_t value);
	/* Write GITS_SGIR of a physical ITS. Context: atomic. NULL: no virtual SGIs, but by a driver. */
	void (*sgir_write)(void *ctx, uint32_t host_its, uint64_t value);

	/*
	 * Mask a host interrupt at the device, or unmask it: from the return on no message of it reaches the physical
	 * ITS, and each that did before has been passed to lvgic_inject_msi(); the device remembers those to come
	 * (MSI-X: mask bit and pending bit). LVGIC_ERR_AGAIN as for its_cmd. Context: as its_cmd. NULL: messages may
	 * fall into the gap, see lvgic_v4_set_forwarding().
	 */
	enum lvgic_status (*host_mask)(void *ctx, const struct lvgic_host_irq *irq, bool mask);

	/*
	 * GICv4.0: enable the physical LPI that is this vCPU's doorbell; or disable it, and forget that it is pending.
	 * Context: atomic. NULL: it is always enabled; those that come while the vCPU does not wait are ignored.
	 */
	void (*doorbell)(void *vctx, bool on);

	/*
	 * Keep a physical CPU on which no vPE is resident from making one so, until it is given back: an unused vPE is
	 * made resident there for a moment. Any CPU will do, the calling one if its vPE can be put aside meanwhile.
	 * LVGIC_ERR_AGAIN as for its_cmd. Context: as its_cmd. NULL (either): pending state cannot be read, see
	 * lvgic_v4_unset_forwarding().
	 */
	enum lvgic_status (*borrow_cpu)(void *ctx, struct lvgic_host_cpu *cpu);
	void (*return_cpu)(void *ctx, const struct lvgic_host_cpu *cpu);

	/*
	 * VMOVP on several ITSs (GITS_TYPER.VMOVP = 0): take the host's lock for it and return the sequence number to
	 * be used; release it. Context: that of lvgic_v4_load(). NULL: one VMOVP to one ITS is enough (GITS_TYPER.VMOVP
	 * = 1, or there is one only).
	 */
	uint16_t (*vmovp_begin)(void *ctx);
	void (*vmovp_end)(void *ctx);

	/*
	 * Which SGIs of a vPE are pending (bit n: SGI n): write GICR_VSGIR of this physical CPU, wait until
	 * GICR_VSGIPENDR.Busy is 0, read it; one at a time for a CPU, of all VMs. Context: atomic. NULL: no virtual
	 * SGIs, but by a driver.
	 */
	enum lvgic_status (*vsgi_pending)(void *ctx, uint32_t cpu, uint32_t vpeid, uint32_t *mask);

	/*
	 * Since 0.3. The guest has enabled or disabled an SPI or PPI that is mapped to a physical one, or changed its
	 * trigger or its target: ask lvgic_query_hw() and have the physical one follow (under a lock of your own: two
	 * such calls may overtake each other, but the later question gets the later answer). "vctx" is the owner of a
	 * PPI, NULL for an SPI. Context: that of lvgic_mmio_*(), no lock held. NULL: the physical one does not follow.
	 */
	void (*hw_changed)(void *ctx, void *vctx, uint32_t intid);

	/*
	 * Since 0.3. The guest maps a device to a virtual ITS (MAPD; so many bits of EventID, 1..16), or unmaps it
	 * ("event_bits" is 0): have the messages of the physical device behind it arrive, or not any more. A device is
	 * unmapped before it is mapped anew. LVGIC_ERR_AGAIN as for its_cmd; any other failure makes the MAPD fail
	 * with LVGIC_ITS_QUOTA. What is returned for an unmapping does not matter. Not called by lvgic_reset() and
	 * lvgic_destroy(), after which nothing is mapped. Context: as its_cmd; one call at a time for a VM. NULL:
	 * messages come from software alone, or the embedder knows.
	 */
	enum lvgic_status (*device_map)(void *ctx, struct lvgic_its *its, uint32_t device, uint32_t event_bits);
};

#ifdef __cplusplus
}
#endif

#endif
