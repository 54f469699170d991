/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the library's standard types, from Xen: LVGIC_PORT_HEADER of <libvgic/port.h>.
 */
#ifndef VGIC_XEN_PORT_H
#define VGIC_XEN_PORT_H

#include <xen/types.h>
#include <xen/compiler.h>
#include <xen/stdbool.h>
#include <xen/lib.h>

#ifndef UINT32_MAX
#define UINT32_MAX 0xffffffffu
#endif

#endif
