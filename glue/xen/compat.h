/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what differs between versions of Xen: 4.17, and newer trees as far as seen.
 */
#ifndef VGIC_XEN_COMPAT_H
#define VGIC_XEN_COMPAT_H

#include <xen/compile.h>

#include <asm/guest_access.h>

/* Guest memory: renamed after 4.18. 0, or it is not there. */
static inline int vgic_access_guest(struct domain *d, uint64_t gpa, void *buf, size_t len, bool write)
{
#if XEN_VERSION * 100 + XEN_SUBVERSION >= 419
	return access_guest_memory_by_gpa(d, gpa, buf, len, write);
#else
	return access_guest_memory_by_ipa(d, gpa, buf, len, write);
#endif
}

#endif
