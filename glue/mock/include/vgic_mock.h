/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vgic_mock.h - a hypervisor on a laptop: one VM with its memory, its vCPUs and a model of the hardware they run on,
 * behind an ordinary struct lvgic_ops.
 *
 * Deterministic (default): all is done by the calling thread, in program order. A vCPU that "is in the guest" has its
 * list registers in the hardware model; a kick is noted and obeyed before its next guest instruction; halt makes it
 * leave at once.
 * Threaded (mock_config.threaded): mock_threads_start() gives each vCPU a thread that runs a guest function.
 *
 * Both check the library while they lend to it: lock ranks, callbacks with a lock held, list register values that
 * hardware would not accept, sizes given to free, maintenance interrupts that never end. What they find is told to
 * mock_config.failure; the default prints it and aborts.
 *
 * "cpu" is always a vCPU id. Functions for a vCPU are for its owner as defined in <libvgic/run.h>: the thread that
 * runs it, or, while no threads run, anybody.
 */
#ifndef VGIC_MOCK_H
#define VGIC_MOCK_H

#include <libvgic/libvgic.h>
#include <vgic_mock_ich.h>
#include <vgic_mock_v4.h>

#define MOCK_DIST_GPA   0x08000000ull
#define MOCK_REDIST_GPA 0x080a0000ull
#define MOCK_ITS_GPA    0x80000000ull /* of ITS 0; the others follow, 128 KiB each */
#define MOCK_DEBUGGER   UINT32_MAX    /* as "cpu" of an MMIO access: no vCPU makes it */

/* The members of struct lvgic_ops, in their order. */
enum mock_op {
	MOCK_OP_ALLOC,
	MOCK_OP_FREE,
	MOCK_OP_LOCK_CREATE,
	MOCK_OP_LOCK_DESTROY,
	MOCK_OP_LOCK,
	MOCK_OP_UNLOCK,
	MOCK_OP_KICK,
	MOCK_OP_HALT,
	MOCK_OP_RESUME,
	MOCK_OP_LR_LOAD,
	MOCK_OP_LR_STORE,
	MOCK_OP_MEM_READ,
	MOCK_OP_MEM_WRITE,
	MOCK_OP_ITS_CMD,
	MOCK_OP_HW_GET,
	MOCK_OP_HW_SET,
	MOCK_OP_ACKED,
	MOCK_OP_DEFER,
	MOCK_OP_CLOCK,
	MOCK_OP_GUEST_ERROR,
	MOCK_OP_TRACE,
	MOCK_OP_VLPI_READ,
	MOCK_OP_VLPI_WRITE,
	MOCK_OP_SGIR_WRITE,
	MOCK_OP_HOST_MASK,
	MOCK_OP_DOORBELL,
	MOCK_OP_BORROW_CPU,
	MOCK_OP_RETURN_CPU,
	MOCK_OP_VMOVP_BEGIN,
	MOCK_OP_VMOVP_END,
	MOCK_OP_VSGI_PENDING,
	MOCK_OP_HW_CHANGED,
	MOCK_OP_DEVICE_MAP,
	MOCK_NR_OPS
};

struct mock_vm;

struct mock_config {
	uint32_t nr_vcpus; /* default 1 */
	uint32_t nr_spis;  /* default 256 */
	uint32_t nr_lrs;   /* default 4 */
	uint32_t pri_bits; /* default 5 */
	uint32_t flags;    /* LVGIC_CONFIG_* */
	bool trapped;      /* all ICC_* accesses trap: no list registers, no flush and sync */
	bool threaded;
	uint32_t slow_kicks; /* threaded: a vCPU in the guest obeys a kick before each n-th instruction only; 0: at once
	                      */
	bool no_frames;      /* place no frames: mock_dist_*() and mock_redist_*() only */
	bool lpi_active;     /* struct mock_ich */
	uint64_t omit;       /* bit n: member n (enum mock_op) of the ops is NULL */
	/* LPIs, as in struct lvgic_config; lpi_id_bits is 16 if there are ITSs. */
	uint32_t lpi_id_bits, max_lpis, trap_cmds, trap_lpis;
	uint32_t nr_its;
	/* What the ITSs are like, all alike; gpa is filled in. NULL: the library's defaults. */
	const struct lvgic_its_config *its;
	/* Hardware with GICv4 (vgic_mock_v4.h); NULL: none. */
	const struct mock_v4_config *v4;
	/* Affinity of each vCPU; NULL: Aff0 = id % 16, Aff1 = id / 16. */
	const uint32_t *affinity;
	/* Told in one sentence what the library (or the test) did wrong. May return. NULL: print and abort. */
	void (*failure)(void *arg, const char *what);
	void *failure_arg;
};

/* What the ops of one vCPU have seen. Read them while the vCPU's thread does not run. */
struct mock_counts {
	uint64_t kicks;
	uint64_t halts;
	uint64_t entries;       /* flushes, or returns to the guest with the trapped CPU interface */
	uint64_t exits;         /* syncs */
	uint64_t maintenance;   /* exits for a maintenance interrupt */
	uint64_t traps;         /* system register accesses that trapped */
	uint64_t acks;          /* interrupts that the guest has acknowledged */
	uint64_t acked;         /* calls of ops->acked */
	uint64_t deactivations; /* physical interrupts deactivated by the hardware */
};

/*
 * Life cycle. mock_vm_new() makes a VM without a virtual GIC (never NULL); mock_vm_init() gives it one with frames and
 * vCPUs, started. mock_vm_create() is both and calls the failure function if the second fails. mock_vm_fini() destroys
 * the virtual GIC only, mock_vm_destroy() all, and reports what is left.
 */
struct mock_vm *mock_vm_new(const struct mock_config *config);
enum lvgic_status mock_vm_init(struct mock_vm *vm);
struct mock_vm *mock_vm_create(const struct mock_config *config);
void mock_vm_fini(struct mock_vm *vm);
void mock_vm_destroy(struct mock_vm *vm);

struct lvgic *mock_vgic(struct mock_vm *vm);
struct lvgic_vcpu *mock_vcpu(struct mock_vm *vm, uint32_t cpu);
struct mock_ich *mock_ich(struct mock_vm *vm, uint32_t cpu);
const struct mock_counts *mock_counts(const struct mock_vm *vm, uint32_t cpu);
uint32_t mock_nr_vcpus(const struct mock_vm *vm);
/* The ops table and its context, for a test that calls lvgic_create() itself; vctx of a vCPU. */
const struct lvgic_ops *mock_ops(const struct mock_vm *vm);
void *mock_vctx(struct mock_vm *vm, uint32_t cpu);

/* --- Faults and accounts (account.c, lock.c) --- */

/* The n-th call of this op from now on fails (1: the next), once; 0: no more. Allowed for ops that can fail. */
void mock_fail(struct mock_vm *vm, enum mock_op op, uint64_t n);
uint64_t mock_calls(struct mock_vm *vm, enum mock_op op);
/* Allocations and locks that the library has not given back; mock_leaked_bytes(): bytes of them, without the locks. */
size_t mock_leaks(struct mock_vm *vm);
size_t mock_leaked_bytes(struct mock_vm *vm);
/* What a physical interrupt has to follow changed so many times; the last one's INTID in *intid. */
uint64_t mock_hw_changes(struct mock_vm *vm, uint32_t *intid);
/* EventID bits of a device that the guest has mapped; 0: it is not mapped. */
uint32_t mock_mapped_device(struct mock_vm *vm, uint32_t its, uint32_t device);

/* Guest errors reported so far, and the last one. */
uint64_t mock_guest_errors(struct mock_vm *vm, struct lvgic_guest_error *last);

/* --- Guest memory (mem.c) --- */

/* Add zeroed RAM; regions must not overlap. */
void mock_mem_add(struct mock_vm *vm, uint64_t gpa, size_t size);
/* The same, of memory that the test owns until the VM is destroyed. */
void mock_mem_lend(struct mock_vm *vm, uint64_t gpa, size_t size, void *mem);
/* From now on accesses of the library to this range fail: as if not RAM, or n times as if paged out. */
void mock_mem_fault(struct mock_vm *vm, uint64_t gpa, size_t size);
void mock_mem_again(struct mock_vm *vm, uint64_t gpa, size_t size, uint64_t n);
/* Forget all such ranges. */
void mock_mem_heal(struct mock_vm *vm);
/* The guest's own accesses: not failing, not logged. False: not all of it is RAM. */
bool mock_mem_peek(struct mock_vm *vm, uint64_t gpa, void *buf, size_t size);
bool mock_mem_poke(struct mock_vm *vm, uint64_t gpa, const void *buf, size_t size);
/* Writes of the library so far, oldest first: what dirty tracking would see. */
size_t mock_mem_nr_writes(struct mock_vm *vm);
void mock_mem_write_at(struct mock_vm *vm, size_t index, uint64_t *gpa, size_t *size);

/* --- Running a vCPU (vcpu.c) --- */

void mock_vcpu_enter(struct mock_vm *vm, uint32_t cpu);
void mock_vcpu_exit(struct mock_vm *vm, uint32_t cpu);
bool mock_vcpu_in_guest(const struct mock_vm *vm, uint32_t cpu);
/* PSCI: leaves the guest, then lvgic_vcpu_off(); and back. */
void mock_vcpu_off(struct mock_vm *vm, uint32_t cpu);
void mock_vcpu_on(struct mock_vm *vm, uint32_t cpu);
/* Is a kick noted that the vCPU has not obeyed? */
bool mock_kicked(const struct mock_vm *vm, uint32_t cpu);
/* Deterministic: false makes kicks wait until the next exit for another reason. Default true. */
void mock_obey_kicks(struct mock_vm *vm, bool obey);

/*
 * Guest instructions; they enter the guest first if need be. With list registers they run on the hardware model, with
 * the trapped CPU interface in the library.
 */
enum lvgic_status mock_guest_mrs(struct mock_vm *vm, uint32_t cpu, uint32_t sysreg, uint64_t *val);
enum lvgic_status mock_guest_msr(struct mock_vm *vm, uint32_t cpu, uint32_t sysreg, uint64_t val);
void mock_guest_nop(struct mock_vm *vm, uint32_t cpu);
uint32_t mock_guest_lines(struct mock_vm *vm, uint32_t cpu); /* MOCK_LINE_* */
uint32_t mock_guest_ack(struct mock_vm *vm, uint32_t cpu, uint32_t group);
void mock_guest_eoi(struct mock_vm *vm, uint32_t cpu, uint32_t group, uint32_t intid);
void mock_guest_dir(struct mock_vm *vm, uint32_t cpu, uint32_t intid);
uint32_t mock_guest_hppir(struct mock_vm *vm, uint32_t cpu, uint32_t group);
uint32_t mock_guest_rpr(struct mock_vm *vm, uint32_t cpu);
void mock_guest_set_pmr(struct mock_vm *vm, uint32_t cpu, uint32_t pmr);
void mock_guest_set_bpr(struct mock_vm *vm, uint32_t cpu, uint32_t group, uint32_t bpr);
void mock_guest_set_ctlr(struct mock_vm *vm, uint32_t cpu, uint32_t ctlr); /* ICC_CTLR_EOImode | ICC_CTLR_CBPR */
void mock_guest_set_igrpen(struct mock_vm *vm, uint32_t cpu, uint32_t group, bool on);
/* ICC_SGI1R_EL1 (group 1) or ICC_SGI0R_EL1 (group 0) to one vCPU, or with MOCK_DEBUGGER to all but the sender. */
void mock_guest_sgi(struct mock_vm *vm, uint32_t cpu, uint32_t group, uint32_t intid, uint32_t target);
/* Wait for interrupt. Deterministic: false if the vCPU would sleep now (it stays blocked until mock_guest_wake()). */
bool mock_guest_wfi(struct mock_vm *vm, uint32_t cpu);
bool mock_guest_wake(struct mock_vm *vm, uint32_t cpu);

/* MMIO by the guest: leave it, do the access, enter again if it was in. 64-bit values; see MOCK_DEBUGGER. */
uint64_t mock_mmio_r(struct mock_vm *vm, uint32_t cpu, uint64_t gpa, uint32_t size);
void mock_mmio_w(struct mock_vm *vm, uint32_t cpu, uint64_t gpa, uint32_t size, uint64_t val);
/* The same by frame: any offset of the Distributor, or of the Redistributor of vCPU "redist". */
uint64_t mock_dist_r(struct mock_vm *vm, uint32_t cpu, uint32_t offset, uint32_t size);
void mock_dist_w(struct mock_vm *vm, uint32_t cpu, uint32_t offset, uint32_t size, uint64_t val);
uint64_t mock_redist_r(struct mock_vm *vm, uint32_t cpu, uint32_t redist, uint32_t offset, uint32_t size);
void mock_redist_w(struct mock_vm *vm, uint32_t cpu, uint32_t redist, uint32_t offset, uint32_t size, uint64_t val);

/* --- A guest that has set up its GIC (guest.c); cpu 0 makes the accesses, private interrupts by their own vCPU --- */

/* Groups on, all interrupts group 1, enabled, priority 0xa0; PMR 0xf8 (all), IGRPEN0 and IGRPEN1 on; SPIs to vCPU 0. */
void mock_guest_enable_all(struct mock_vm *vm);
/* One bit of a register array such as GICD_ISENABLER; "cpu" is the owner of a private interrupt and makes the access.
 */
void mock_irq_write(struct mock_vm *vm, uint32_t cpu, uint32_t reg, uint32_t intid);
bool mock_irq_read(struct mock_vm *vm, uint32_t cpu, uint32_t reg, uint32_t intid);
void mock_irq_set_prio(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t prio);
void mock_irq_set_edge(struct mock_vm *vm, uint32_t cpu, uint32_t intid, bool edge);
void mock_irq_set_group(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t group);
/* GICD_IROUTER: to one vCPU, or with MOCK_DEBUGGER 1 of N. "cpu" makes the access. */
void mock_irq_route(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t target);
/* lvgic_inject() that must succeed; "cpu" is the owner of a PPI. */
void mock_inject(struct mock_vm *vm, uint32_t cpu, uint32_t intid, bool level);

/* --- Deferred work and ITSs (its.c) --- */

struct lvgic_its *mock_its(struct mock_vm *vm, uint32_t its);
/* Has ops->defer been called since lvgic_run_deferred() was? */
bool mock_deferred(const struct mock_vm *vm);
/* One call of lvgic_run_deferred() if it was asked for; true: it is asked for again. */
bool mock_run_deferred_once(struct mock_vm *vm);
/* As many as are asked for; how many. */
uint32_t mock_run_deferred(struct mock_vm *vm);

/*
 * A guest's driver for LPIs and ITSs. mock_its_setup() adds RAM for the tables, enables LPIs on all vCPUs and all ITSs,
 * and maps collection n to vCPU n. All LPIs have priority 0xa0 and are enabled.
 */
#define MOCK_LPI_PROP_GPA  0x40000000ull /* 16 MiB: configuration of INTID i at - 8192 + i */
#define MOCK_LPI_PEND_GPA  0x42000000ull /* 2 MiB for each vCPU */
#define MOCK_LPI_PEND_SIZE 0x200000ull
#define MOCK_ITS_TABLES \
	0x70000000ull /* 8 MiB for each ITS: devices, collections at + 4 MiB, queue (1 MiB) at + 6 MiB */
#define MOCK_ITS_QUEUE 0x600000ull
void mock_its_setup(struct mock_vm *vm);
/* Only the RAM, and its contents. */
void mock_its_memory(struct mock_vm *vm);
void mock_lpi_enable(struct mock_vm *vm, uint32_t cpu, bool on);
/* The byte of the configuration table; the guest must invalidate it itself. */
void mock_lpi_config(struct mock_vm *vm, uint32_t intid, uint8_t byte);
/* A bit of the pending table in memory. */
bool mock_lpi_table_pending(struct mock_vm *vm, uint32_t cpu, uint32_t intid);
/* Registers of ITS "its", 32 or 64 bits; vCPU 0 makes the access, or while threads run a debugger. */
uint64_t mock_its_r(struct mock_vm *vm, uint32_t its, uint32_t offset, uint32_t size);
void mock_its_w(struct mock_vm *vm, uint32_t its, uint32_t offset, uint32_t size, uint64_t val);
/* Put a command into the queue, without telling; tell (GITS_CWRITER); both, and wait for the end. */
void mock_its_put(struct mock_vm *vm, uint32_t its, const uint64_t cmd[4]);
void mock_its_ring(struct mock_vm *vm, uint32_t its);
/* After a write of GITS_CBASER: the next one is the first. */
void mock_its_rewind(struct mock_vm *vm, uint32_t its);
void mock_its_cmd(struct mock_vm *vm, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);
void mock_its_mapd(struct mock_vm *vm, uint32_t its, uint32_t device, uint32_t event_bits, bool valid);
void mock_its_mapc(struct mock_vm *vm, uint32_t its, uint32_t icid, uint32_t cpu, bool valid);
void mock_its_mapti(struct mock_vm *vm, uint32_t its, uint32_t device, uint32_t event, uint32_t intid, uint32_t icid);
void mock_its_movi(struct mock_vm *vm, uint32_t its, uint32_t device, uint32_t event, uint32_t icid);
void mock_its_movall(struct mock_vm *vm, uint32_t its, uint32_t from, uint32_t to);
/* INT, CLEAR, INV, DISCARD: commands that name an event only. */
void mock_its_event_cmd(struct mock_vm *vm, uint32_t its, uint32_t code, uint32_t device, uint32_t event);
void mock_its_invall(struct mock_vm *vm, uint32_t its, uint32_t icid);
/* Number of the last command error, and how many there were. */
uint64_t mock_its_error(struct mock_vm *vm, uint32_t its, uint64_t *count);

/* --- The physical side (phys.c) --- */

/* State of physical interrupts; those below 32 are banked by vCPU. */
bool mock_phys_active(struct mock_vm *vm, uint32_t cpu, uint32_t pintid);
bool mock_phys_level(struct mock_vm *vm, uint32_t cpu, uint32_t pintid);
void mock_phys_set_active(struct mock_vm *vm, uint32_t cpu, uint32_t pintid, bool on);
/*
 * A level-sensitive physical device behind a mapped interrupt: when its line is high and the physical interrupt not
 * active, the host takes it (it becomes active) and injects the virtual one, now and after each deactivation.
 */
void mock_phys_map(struct mock_vm *vm, uint32_t cpu, uint32_t intid, uint32_t pintid);
void mock_phys_set_level(struct mock_vm *vm, uint32_t cpu, uint32_t pintid, bool level);
/* Called on ops->acked, after it was counted. */
void mock_on_acked(struct mock_vm *vm, void (*fn)(struct mock_vm *vm, uint32_t cpu, uint32_t intid, void *arg),
                   void *arg);

/*
 * Called on each ops->trace, in the middle of what the library does. A deterministic test can let a vCPU run here, as
 * if on another PE: the library has promised that this may happen at any time.
 */
void mock_on_event(struct mock_vm *vm, void (*fn)(struct mock_vm *vm, const struct lvgic_event *event, void *arg),
                   void *arg);

/* --- Threads (thread.c) --- */

/* What each vCPU's thread runs; it returns when mock_stopping() says so. */
typedef void mock_guest_fn(struct mock_vm *vm, uint32_t cpu, void *arg);
void mock_threads_start(struct mock_vm *vm, mock_guest_fn *fn, void *arg);
bool mock_stopping(const struct mock_vm *vm);
/* Ask all to stop, wake those that sleep, and wait for them. They are out of the guest afterwards. */
void mock_threads_stop(struct mock_vm *vm);

#endif
