/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vgic_mock_v4.h - the physical side of direct injection: devices, ITSs and Redistributors with GICv4.0 or GICv4.1.
 *
 * The ITSs parse every command and check it: what real hardware would find UNPREDICTABLE is told to the failure
 * function. So are residency of what is not mapped, an entry to the guest before the hardware was ready, effects that
 * were relied on without a VSYNC, and messages that fall into a gap. Physical CPU n runs vCPU n unless the test moves
 * it; there is one more, which is lent by ops->borrow_cpu.
 *
 * Two hypervisors are on top of it: one whose commands the library makes (ops->its_cmd), and one that has an ITS driver
 * of its own (struct lvgic_v4_driver), written without a look at the library's.
 */
#ifndef VGIC_MOCK_V4_H
#define VGIC_MOCK_V4_H

#include <libvgic/libvgic.h>

struct mock_vm;

struct mock_v4_config {
	bool v4_1;
	bool driver;          /* the second hypervisor */
	bool vsgi;            /* LVGIC_V4_VSGI */
	bool no_mask;         /* ops->host_mask is NULL */
	bool no_probe;        /* nor is there a way to ask the spare vPE */
	bool vmovp_each;      /* GITS_TYPER.VMOVP = 0: a VMOVP for each ITS */
	uint32_t nr_vpes;     /* default: all */
	uint32_t max_events;  /* default 64 */
	uint32_t nr_host_its; /* default 1 */
};

/*
 * A device of the host behind an event of a virtual ITS: number n is event n % 64 of device 100 + n / 64 at physical
 * ITS n % nr_host_its, mapped to physical LPI 9000 + n. The host's handler injects the event.
 */
#define MOCK_MAX_DEVS 256u
const struct lvgic_host_irq *mock_dev_add(struct mock_vm *vm, uint32_t n, uint32_t its, uint32_t device,
                                          uint32_t event);
const struct lvgic_host_irq *mock_dev_irq(struct mock_vm *vm, uint32_t n);
void mock_dev_remove(struct mock_vm *vm, uint32_t n);
/* It sends its message; any thread. A masked one remembers to. */
void mock_dev_fire(struct mock_vm *vm, uint32_t n);
/* It cannot be unmasked any more, or again. */
void mock_dev_broken(struct mock_vm *vm, uint32_t n, bool broken);
bool mock_dev_masked(struct mock_vm *vm, uint32_t n);
/* Where the physical ITS sends it: to a vLPI? */
bool mock_dev_virtual(struct mock_vm *vm, uint32_t n);

/* Messages that found no mapping. They are reported too, unless "expected". */
uint64_t mock_v4_lost(struct mock_vm *vm, bool expected);

/*
 * Of 1000 physical operations of the library (commands, masking, borrowing), so many fail at random, and so many cannot
 * wait. With none of both: the n-th from now on fails.
 */
void mock_v4_fail(struct mock_vm *vm, uint32_t fail, uint32_t again, uint32_t seed);
void mock_v4_fail_nth(struct mock_vm *vm, uint64_t n);
/* Called before each physical operation, as if on another CPU. */
void mock_v4_between(struct mock_vm *vm, void (*fn)(struct mock_vm *vm, void *arg), void *arg);

/* The vCPU's thread goes: from this physical CPU to that one; is preempted; comes back. */
void mock_vcpu_migrate(struct mock_vm *vm, uint32_t cpu, uint32_t pcpu);
void mock_vcpu_put(struct mock_vm *vm, uint32_t cpu);
void mock_vcpu_load(struct mock_vm *vm, uint32_t cpu);
bool mock_vcpu_resident(struct mock_vm *vm, uint32_t cpu);
bool mock_doorbell_on(struct mock_vm *vm, uint32_t cpu);

/* Commands done, by code; all with code 0. Doorbells raised. Accesses of residency registers. */
uint64_t mock_v4_commands(struct mock_vm *vm, uint32_t code);
/* Physical operations asked for, those that failed included. */
uint64_t mock_v4_operations(struct mock_vm *vm);
uint64_t mock_v4_doorbells(struct mock_vm *vm);
/* Reports what is left behind: vPEs, events. Before mock_vm_destroy(), after mock_vm_fini(). */
void mock_v4_check_end(struct mock_vm *vm);

#endif
