/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What a domain reads from the device tree that Xen hands it: as dom0 a copy of the host's with the host's addresses,
 * as a domU one that Xen wrote. All addresses and sizes are two cells, as both kinds have them.
 */
#ifndef XEN_GUEST_FDT_H
#define XEN_GUEST_FDT_H

#include "cpu.h"

#define MAX_VCPUS 8u

struct machine {
	uintptr_t gicd, gicr, its; /* its: 0 when there is none; its=ADDRESS among the arguments goes before it */
	uintptr_t uart;            /* the virtual PL011 of a domU, 0 for dom0 */
	uintptr_t rtc;             /* a PL031 that dom0 owns, or 0; and its interrupt */
	u32 rtc_intid;
	u32 evtchn_intid; /* the upcall of event channels */
	u32 nr_vcpus;
	u64 mpidr[MAX_VCPUS];
	const char *bootargs; /* "" when there are none */
};

/* False: not a device tree, or one without a GICv3. */
bool fdt_read(const void *fdt, struct machine *machine);

/* The value of the word "name=value" in the arguments, into buf; false, and the default, when it is not there. */
bool argument(const char *args, const char *name, const char *otherwise, char *buf, size_t size);
u64 argument_number(const char *args, const char *name, u64 otherwise); /* decimal, or 0x and hexadecimal */
/* "word" is one of the words of a comma-separated list. */
bool list_has(const char *list, const char *word);

#endif
