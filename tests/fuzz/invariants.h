/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * invariants.h - what must hold of a virtual GIC whenever no thread is in the library. For fuzzers and any other test.
 */
#ifndef VGIC_TESTS_FUZZ_INVARIANTS_H
#define VGIC_TESTS_FUZZ_INVARIANTS_H

#include <libvgic/libvgic.h>

/*
 * Walk over all of the VM, which has been started. False: something does not hold; "what" says the first of it in a
 * sentence. vCPUs may be in the guest.
 */
bool invariants_hold(struct lvgic *vgic, char *what, size_t size);

/* Is work on record that only lvgic_run_deferred() or a trap will do? Then ops->defer must have been called. */
bool invariants_work_left(const struct lvgic *vgic);

/* Is something on record that the vCPU must look at? Then, if it is in the guest or sleeps, it must have been kicked.
 */
bool invariants_wants_kick(const struct lvgic_vcpu *vcpu);

#endif
