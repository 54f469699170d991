/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * internal.h - what the files of the mock share.
 *
 * Locks, taken in this order: a lock lent to the library, run_lock (halt, sleep), account_lock (memory, faults).
 */
#ifndef VGIC_MOCK_INTERNAL_H
#define VGIC_MOCK_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <vgic_mock.h>

#define NR_PHYS 1020u

/* One thing lent to the library: memory, or a lock. */
struct mock_loan {
	struct mock_loan *next;
	void *mem; /* NULL: a lock */
	size_t size;
};

struct mock_lock {
	struct mock_loan loan; /* first member */
	struct mock_vm *vm;
	pthread_mutex_t mutex;
	enum lvgic_lock_rank rank;
};

struct mock_vcpu {
	struct mock_vm *vm;
	uint32_t id;
	struct lvgic_vcpu *lv;
	struct mock_ich ich;
	struct mock_counts counts;
	atomic_uint_fast64_t nr_kicks;
	atomic_bool in_guest;  /* written by the owner */
	atomic_bool exit_req;  /* leave the guest, or do not go to sleep */
	uint32_t instructions; /* since it last obeyed a kick; the owner's */
	bool off;
	bool asleep; /* deterministic: in WFI */
	bool slept;  /* its thread has given the CPU away since */
	/* Banked physical interrupts. */
	atomic_bool phys_active[32];
	atomic_bool phys_level[32];

	/* Under run_lock. */
	bool stopped;     /* out of the guest and out of the library, or waiting in halt */
	bool halted;      /* somebody else owns it until resume */
	bool reenter;     /* deterministic: was in the guest when halted */
	uint32_t waiters; /* threads that want to halt it */
	uint64_t nr_halts;
	pthread_cond_t wake; /* in WFI, with "sleeping" set */
	atomic_bool sleeping;
	pthread_t thread;
};

struct mock_region {
	struct mock_region *next;
	uint64_t gpa;
	size_t size;
	unsigned char *mem;       /* RAM; NULL: a range that fails */
	bool lent;                /* mem is the test's */
	enum lvgic_status status; /* how it fails */
	uint64_t left;            /* for so many accesses */
};

struct mock_write {
	uint64_t gpa;
	size_t size;
};

#define MOCK_MAX_ITS 4u

struct mock_phys_map {
	struct mock_phys_map *next;
	uint32_t cpu, intid, pintid;
};

struct mock_vm {
	struct mock_config config;
	struct lvgic_ops ops;
	struct lvgic *vgic;
	struct mock_vcpu *vcpus;
	uint32_t *affinity;
	bool obey_kicks;
	struct lvgic_its *its[MOCK_MAX_ITS];
	uint32_t its_tail[MOCK_MAX_ITS]; /* the driver's: where the next command goes */
	atomic_bool deferred;

	atomic_uint_fast64_t calls[MOCK_NR_OPS];
	atomic_uint_fast64_t fail[MOCK_NR_OPS]; /* calls until the one that fails; 0: none */
	atomic_uint_fast64_t now;

	pthread_mutex_t account_lock;
	struct mock_loan *loans;
	struct mock_region *ram, *faults;
	struct mock_write *writes;
	size_t nr_writes, max_writes;
	struct lvgic_guest_error guest_error;
	uint64_t nr_guest_errors;
	uint64_t hw_changes;
	uint32_t hw_changed;
	uint8_t *device_bits[MOCK_MAX_ITS]; /* EventID bits of each device that is mapped; NULL: none ever was */

	struct mock_v4 *v4; /* v4.h; NULL: no such hardware */

	atomic_bool phys_active[NR_PHYS];
	atomic_bool phys_level[NR_PHYS];
	struct mock_phys_map *phys_maps;
	atomic_bool phys_changed;
	void (*acked)(struct mock_vm *vm, uint32_t cpu, uint32_t intid, void *arg);
	void *acked_arg;
	void (*event)(struct mock_vm *vm, const struct lvgic_event *event, void *arg);
	void *event_arg;

	pthread_mutex_t run_lock;
	pthread_cond_t run_cond;
	mock_guest_fn *guest;
	void *guest_arg;
	atomic_bool running; /* the vCPUs have threads */
	atomic_bool stop;
};

/* The vCPU that the calling thread runs, or makes a call for; NULL: none. */
extern _Thread_local struct mock_vcpu *mock_self;

/* Report what is wrong. Any thread, any lock held. */
void mock_report(struct mock_vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* account.c: note a call of an op; true: it is to fail. */
bool mock_called(struct mock_vm *vm, enum mock_op op);
void mock_loan_add(struct mock_vm *vm, struct mock_loan *loan);
void mock_loan_remove(struct mock_vm *vm, struct mock_loan *loan);
/* Free what was not given back. */
void mock_loans_fini(struct mock_vm *vm);
void *mock_op_alloc(void *ctx, size_t size);
void mock_op_free(void *ctx, void *mem, size_t size);

/* lock.c */
void *mock_op_lock_create(void *ctx, enum lvgic_lock_rank rank);
void mock_op_lock_destroy(void *ctx, void *lock);
uintptr_t mock_op_lock(void *ctx, void *lock);
void mock_op_unlock(void *ctx, void *lock, uintptr_t flags);
/* Report an op that was called with a lock held. */
void mock_check_unlocked(struct mock_vm *vm, const char *op);

/* mem.c */
enum lvgic_status mock_op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len);
enum lvgic_status mock_op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len);
void mock_mem_fini(struct mock_vm *vm);

/* ops.c */
void mock_ops_init(struct mock_vm *vm);

/* phys.c */
bool mock_op_hw_get(void *vctx, uint32_t pintid, enum lvgic_hw_state which);
void mock_op_hw_set(void *vctx, uint32_t pintid, enum lvgic_hw_state which, bool value);
void mock_phys_deactivate(void *vcpu, uint32_t pintid);
/* Let devices whose physical interrupt is free again fire. No lock held. */
void mock_phys_settle(struct mock_vm *vm);
void mock_phys_fini(struct mock_vm *vm);

/* image.c */
void mock_op_lr_load(void *vctx, struct lvgic_ich *ich, uint32_t used);
void mock_op_lr_store(void *vctx, const struct lvgic_ich *ich, uint32_t used);

/* vcpu.c */
struct mock_vcpu *mock_cpu(const struct mock_vm *vm, uint32_t cpu);

/* thread.c; gate: wait until nobody wants the vCPU stopped, then clear its exit request. */
void mock_op_kick(void *vctx);
void mock_op_halt(void *vctx);
void mock_op_resume(void *vctx);
void mock_stopped(struct mock_vcpu *c);
void mock_gate(struct mock_vcpu *c);
/* Sleep until kicked, halted or told to stop. */
void mock_sleep(struct mock_vcpu *c);

#endif
