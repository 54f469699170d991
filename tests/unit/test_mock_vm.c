/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The mock hypervisor itself: its accounts, its checkers (do they see what they are for?), guest memory, halt.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "hw.h"

/* Counts reports and keeps the last one. */
struct reports {
	unsigned int n;
	char last[256];
};

static void note(void *arg, const char *what)
{
	struct reports *r = arg;

	r->n++;
	snprintf(r->last, sizeof(r->last), "%s", what);
}

static struct mock_vm *quiet_vm(struct reports *r, struct mock_config config)
{
	memset(r, 0, sizeof(*r));
	config.failure = note;
	config.failure_arg = r;
	return mock_vm_new(&config);
}

static void assert_report(struct reports *r, const char *part)
{
	assert_int_equal(r->n, 1);
	if (!strstr(r->last, part))
		fail_msg("\"%s\" does not say \"%s\"", r->last, part);
	r->n = 0;
}

static void lock_checker(void **unused)
{
	struct reports r;
	struct mock_vm *vm = quiet_vm(&r, (struct mock_config){ 0 });
	const struct lvgic_ops *ops = mock_ops(vm);
	void *config = ops->lock_create(vm, LVGIC_LOCK_CONFIG);
	void *redist = ops->lock_create(vm, LVGIC_LOCK_REDIST);
	void *other = ops->lock_create(vm, LVGIC_LOCK_REDIST);
	void *late = ops->lock_create(vm, LVGIC_LOCK_CONFIG); /* not "config": a sanitizer would see the cycle too */
	uintptr_t f, g;

	(void)unused;
	/* The allowed order. */
	f = ops->lock(vm, config);
	g = ops->lock(vm, redist);
	ops->unlock(vm, redist, g);
	ops->unlock(vm, config, f);
	assert_int_equal(r.n, 0);
	/* The wrong order, and two of a rank. */
	f = ops->lock(vm, redist);
	g = ops->lock(vm, late);
	assert_report(&r, "CONFIG lock is taken after the REDIST lock");
	ops->unlock(vm, late, g);
	g = ops->lock(vm, other);
	assert_report(&r, "REDIST lock is taken after the REDIST lock");
	ops->unlock(vm, other, g);
	/* Recursion. */
	g = ops->lock(vm, redist);
	assert_report(&r, "taken twice");
	ops->unlock(vm, redist, g);
	ops->unlock(vm, redist, f);
	assert_int_equal(r.n, 0);
	/* Not held; wrong flags. */
	ops->unlock(vm, redist, f);
	assert_report(&r, "does not hold");
	ops->lock(vm, redist);
	ops->unlock(vm, redist, 0);
	assert_report(&r, "flags");
	/* With a lock held. */
	f = ops->lock(vm, redist);
	ops->kick(mock_vctx(vm, 0));
	assert_report(&r, "kick called with the REDIST lock held");
	ops->acked(mock_vctx(vm, 0), 40);
	assert_report(&r, "acked called");
	ops->free(vm, ops->alloc(vm, 8), 8);
	assert_int_equal(r.n, 2);
	ops->unlock(vm, redist, f);
	assert_int_equal(mock_leaks(vm), 4);
	ops->lock_destroy(vm, config);
	ops->lock_destroy(vm, redist);
	ops->lock_destroy(vm, other);
	ops->lock_destroy(vm, late);
	assert_int_equal(mock_leaks(vm), 0);
	mock_vm_destroy(vm);
}

static void accounts(void **unused)
{
	struct reports r;
	struct mock_vm *vm = quiet_vm(&r, (struct mock_config){ 0 });
	const struct lvgic_ops *ops = mock_ops(vm);
	void *mem[3], *lock;

	(void)unused;
	mock_fail(vm, MOCK_OP_ALLOC, 2);
	for (int i = 0; i < 3; i++)
		mem[i] = ops->alloc(vm, 100);
	assert_non_null(mem[0]);
	assert_null(mem[1]);
	assert_non_null(mem[2]);
	for (int i = 0; i < 100; i++)
		assert_int_equal(((char *)mem[0])[i], 0);
	assert_int_equal(mock_calls(vm, MOCK_OP_ALLOC), 3);
	assert_int_equal(mock_leaks(vm), 2);
	assert_int_equal(mock_leaked_bytes(vm), 200);
	ops->free(vm, mem[0], 100);
	assert_int_equal(r.n, 0);
	ops->free(vm, mem[2], 99);
	assert_report(&r, "free of 99 bytes of an allocation of 100");
	ops->free(vm, &r, 4);
	assert_report(&r, "which alloc has not returned");
	mock_fail(vm, MOCK_OP_LOCK_CREATE, 1);
	assert_null(ops->lock_create(vm, LVGIC_LOCK_DIST));
	lock = ops->lock_create(vm, LVGIC_LOCK_DIST);
	assert_non_null(lock);
	mock_fail(vm, MOCK_OP_KICK, 1);
	assert_report(&r, "cannot fail");
	mock_fail(vm, MOCK_OP_KICK, 0);
	r.n = 0;
	mock_vm_destroy(vm);
	assert_report(&r, "1 leaks");
}

static void memory(void **unused)
{
	struct reports r;
	struct mock_vm *vm = quiet_vm(&r, (struct mock_config){ 0 });
	const struct lvgic_ops *ops = mock_ops(vm);
	unsigned char out[16], in[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	uint64_t gpa;
	size_t size;

	(void)unused;
	mock_mem_add(vm, 0x1000, 0x1000);
	mock_mem_add(vm, 0x2000, 0x1000);
	/* Across two regions. */
	assert_int_equal(ops->mem_write(vm, 0x1ff8, in, 16), LVGIC_OK);
	assert_int_equal(ops->mem_read(vm, 0x1ff8, out, 16), LVGIC_OK);
	assert_memory_equal(in, out, 16);
	/* Across the end: nothing is written. */
	assert_int_equal(ops->mem_write(vm, 0x2ff8, in, 16), LVGIC_ERR_FAULT);
	assert_true(mock_mem_peek(vm, 0x2ff8, out, 8));
	assert_int_equal(out[0], 0);
	assert_int_equal(ops->mem_read(vm, 0xff8, out, 16), LVGIC_ERR_FAULT);
	assert_int_equal(ops->mem_read(vm, UINT64_MAX - 3, out, 16), LVGIC_ERR_FAULT);
	assert_int_equal(mock_mem_nr_writes(vm), 1);
	mock_mem_write_at(vm, 0, &gpa, &size);
	assert_int_equal(gpa, 0x1ff8);
	assert_int_equal(size, 16);
	/* Injected. */
	mock_mem_again(vm, 0x1800, 8, 2);
	assert_int_equal(ops->mem_read(vm, 0x1804, out, 16), LVGIC_ERR_AGAIN);
	assert_int_equal(ops->mem_read(vm, 0x1808, out, 8), LVGIC_OK);
	assert_int_equal(ops->mem_read(vm, 0x17f8, out, 8), LVGIC_OK);
	assert_int_equal(ops->mem_write(vm, 0x17f9, in, 8), LVGIC_ERR_AGAIN);
	assert_int_equal(ops->mem_read(vm, 0x1804, out, 16), LVGIC_OK);
	mock_mem_fault(vm, 0x1400, 1);
	assert_int_equal(ops->mem_read(vm, 0x13ff, out, 2), LVGIC_ERR_FAULT);
	assert_true(mock_mem_peek(vm, 0x13ff, out, 2));
	mock_mem_heal(vm);
	assert_int_equal(ops->mem_read(vm, 0x13ff, out, 2), LVGIC_OK);
	assert_true(mock_mem_poke(vm, 0x1000, in, 16));
	assert_false(mock_mem_poke(vm, 0x2ffc, in, 16));
	mock_fail(vm, MOCK_OP_MEM_WRITE, 1);
	assert_int_equal(ops->mem_write(vm, 0x1000, in, 1), LVGIC_ERR_FAULT);
	assert_int_equal(mock_mem_nr_writes(vm), 1);
	assert_int_equal(r.n, 0);
	mock_vm_destroy(vm);
}

static void list_register_checker(void **unused)
{
	static const struct {
		uint64_t lr;
		const char *report; /* NULL: allowed */
	} cases[] = {
		{ 1ull << 62 | 40, NULL },
		{ 1ull << 62 | 1021, "no such INTID" },
		{ 1ull << 62 | 2000, "no such INTID" },
		{ 1ull << 62 | 8192, NULL },
		{ 3ull << 62 | 40, NULL },
		{ 3ull << 62 | ICH_LR_HW | 40, "pending and active" },
		{ 1ull << 62 | ICH_LR_HW | 1019ull << 32 | 40, NULL },
		{ 1ull << 62 | ICH_LR_HW | 1020ull << 32 | 40, "no such physical" },
		{ 1ull << 62 | ICH_LR_HW | 3, "SGI or LPI with HW" },
		{ 1ull << 62 | 64ull << 32 | 40, "physical INTID without HW" },
		{ 1ull << 62 | ICH_LR_EOI | 40, NULL },
		{ 1ull << 62 | 1ull << 45 | 40, "reserved" },
		{ 1ull << 62 | 4ull << 48 | 40, "priority bits" },
		{ 1ull << 62 | 8ull << 48 | 40, NULL },
	};
	struct reports r;
	struct mock_vm *vm = quiet_vm(&r, (struct mock_config){ .nr_lrs = 2 });
	struct lvgic_ich ich = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ich.lr[0] = cases[i].lr;
		mock_ops(vm)->lr_store(mock_vctx(vm, 0), &ich, 1);
		if (cases[i].report)
			assert_report(&r, cases[i].report);
		assert_int_equal(r.n, 0);
	}
	ich.lr[0] = ich.lr[1] = 1ull << 62 | 40;
	mock_ops(vm)->lr_store(mock_vctx(vm, 0), &ich, 1);
	assert_int_equal(r.n, 0);
	assert_int_equal(mock_ich(vm, 0)->lr[1], 0);
	mock_ops(vm)->lr_store(mock_vctx(vm, 0), &ich, 3); /* R18 */
	assert_report(&r, "INTID 40 in LR 0 and LR 1");
	mock_ops(vm)->lr_store(mock_vctx(vm, 0), &ich, 4);
	assert_report(&r, "uses list registers 0x4 of 2");
	mock_vm_destroy(vm);
}

static void halt_checker(void **unused)
{
	struct reports r;
	struct mock_vm *vm = quiet_vm(&r, (struct mock_config){ .nr_vcpus = 3 });
	const struct lvgic_ops *ops;

	(void)unused;
	assert_int_equal(mock_vm_init(vm), LVGIC_OK);
	mock_guest_enable_all(vm);
	ops = mock_ops(vm);
	mock_vcpu_enter(vm, 1);
	ops->halt(mock_vctx(vm, 1));
	assert_false(mock_vcpu_in_guest(vm, 1));
	ops->halt(mock_vctx(vm, 2));
	assert_report(&r, "halt of vCPU 2 while vCPU 1 is halted");
	ops->resume(mock_vctx(vm, 2));
	ops->resume(mock_vctx(vm, 1));
	assert_report(&r, "has not halted");
	assert_true(mock_vcpu_in_guest(vm, 1));
	ops->halt(mock_vctx(vm, 2));
	mock_vcpu_enter(vm, 2);
	assert_report(&r, "runs while it is halted");
	ops->resume(mock_vctx(vm, 2));
	assert_int_equal(mock_counts(vm, 1)->halts, 1);
	mock_vm_destroy(vm);
	assert_int_equal(r.n, 0);
}

/* A maintenance condition makes the vCPU leave the guest before its next instruction, once. */
static void maintenance_exit(void **unused)
{
	struct reports r;
	struct mock_vm *vm = quiet_vm(&r, (struct mock_config){ 0 });

	(void)unused;
	assert_int_equal(mock_vm_init(vm), LVGIC_OK);
	mock_vcpu_enter(vm, 0);
	mock_guest_nop(vm, 0);
	assert_int_equal(r.n, 0);
	mock_ich(vm, 0)->lr[0] = ICH_LR_EOI | 40;
	mock_guest_nop(vm, 0);
	assert_int_equal(mock_counts(vm, 0)->maintenance, 1);
	mock_vm_destroy(vm);
	assert_int_equal(r.n, 0);
}

/* --- Threads --- */

static atomic_uint owned[2];

/* Each vCPU halts the other again and again; whoever has halted one owns it alone. */
static void halt_each_other(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	const struct lvgic_ops *ops = mock_ops(vm);
	uint32_t other = !cpu;

	(void)arg;
	for (int i = 0; i < 2000; i++) {
		mock_guest_nop(vm, cpu);
		mock_vcpu_exit(vm, cpu);
		ops->halt(mock_vctx(vm, other));
		if (mock_vcpu_in_guest(vm, other) || atomic_fetch_add(&owned[other], 1))
			fail_msg("halted, but not alone");
		atomic_fetch_sub(&owned[other], 1);
		ops->resume(mock_vctx(vm, other));
	}
}

static void *halt_from_outside(void *arg)
{
	struct mock_vm *vm = arg;

	for (uint32_t i = 0; i < 2000; i++) {
		mock_ops(vm)->halt(mock_vctx(vm, i % 2));
		if (mock_vcpu_in_guest(vm, i % 2) || atomic_fetch_add(&owned[i % 2], 1))
			fail_msg("halted, but not alone");
		atomic_fetch_sub(&owned[i % 2], 1);
		mock_ops(vm)->resume(mock_vctx(vm, i % 2));
	}
	return NULL;
}

static void threads_halt(void **unused)
{
	struct mock_vm *vm = hw_vm((struct mock_config){ .nr_vcpus = 2, .threaded = true });
	pthread_t outside;

	(void)unused;
	mock_threads_start(vm, halt_each_other, NULL);
	assert_int_equal(pthread_create(&outside, NULL, halt_from_outside, vm), 0);
	pthread_join(outside, NULL);
	mock_threads_stop(vm);
	assert_int_equal(mock_counts(vm, 0)->halts + mock_counts(vm, 1)->halts, 6000);
	mock_vm_destroy(vm);
}

static atomic_uint off_stage;

/* Stays off until its thread is told otherwise. */
static void stays_off(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	(void)arg;
	mock_guest_nop(vm, cpu);
	mock_vcpu_off(vm, cpu);
	atomic_store(&off_stage, 1);
	while (atomic_load(&off_stage) < 2)
		;
	mock_vcpu_on(vm, cpu);
	if (atomic_load(&off_stage) != 3)
		fail_msg("on while it was halted");
	mock_guest_nop(vm, cpu);
}

/* A vCPU that is off is stopped, whatever its thread does; and does not come on while it is halted. */
static void threads_halt_off(void **unused)
{
	struct mock_vm *vm = hw_vm((struct mock_config){ .nr_vcpus = 1, .threaded = true });

	(void)unused;
	mock_threads_start(vm, stays_off, NULL);
	while (!atomic_load(&off_stage))
		;
	mock_ops(vm)->halt(mock_vctx(vm, 0));
	atomic_store(&off_stage, 2);
	usleep(20000);
	atomic_store(&off_stage, 3);
	mock_ops(vm)->resume(mock_vctx(vm, 0));
	mock_threads_stop(vm);
	mock_vm_destroy(vm);
}

/* Sleeps in WFI and takes one interrupt a time. */
static void sleeper(struct mock_vm *vm, uint32_t cpu, void *arg)
{
	atomic_uint *taken = arg;

	while (!mock_stopping(vm)) {
		mock_guest_wfi(vm, cpu);
		while (hw_take(vm, cpu) != SPURIOUS)
			atomic_fetch_add(taken, 1);
	}
}

/* Ping: the next edge only when the last one was taken. A lost wake-up would hang. */
static void threads_wfi(void **state)
{
	struct mock_config config = *(struct mock_config *)*state;
	struct mock_vm *vm;
	atomic_uint taken = 0;

	config.threaded = true;
	vm = hw_vm(config);
	mock_irq_set_edge(vm, 0, 40, true);
	mock_threads_start(vm, sleeper, &taken);
	for (unsigned int i = 0; i < 5000; i++) {
		mock_inject(vm, 0, 40, true);
		while (atomic_load(&taken) == i)
			;
	}
	mock_threads_stop(vm);
	assert_int_equal(atomic_load(&taken), 5000);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lock_checker),
		cmocka_unit_test(accounts),
		cmocka_unit_test(memory),
		cmocka_unit_test(list_register_checker),
		cmocka_unit_test(halt_checker),
		cmocka_unit_test(maintenance_exit),
		cmocka_unit_test(threads_halt),
		cmocka_unit_test(threads_halt_off),
		{ "threads_wfi, list registers", threads_wfi, NULL, NULL, &(struct mock_config){ 0 } },
		{ "threads_wfi, trapped", threads_wfi, NULL, NULL, &(struct mock_config){ .trapped = true } },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
