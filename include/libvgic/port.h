/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * port.h - the one place where libvgic gets its standard types from.
 *
 * A hypervisor that has no hosted or freestanding C headers (-nostdinc) defines
 * LVGIC_PORT_HEADER to the name of its own header, which must provide: uint8_t,
 * uint16_t, uint32_t, uint64_t, int32_t, int64_t, uintptr_t, UINT32_MAX, size_t, NULL, offsetof,
 * bool, true, false.
 * Nothing else of the C library is used; the compiler may emit calls of memcpy, memset,
 * memmove and memcmp.
 */
#ifndef LIBVGIC_PORT_H
#define LIBVGIC_PORT_H

#ifdef LVGIC_PORT_HEADER
#include LVGIC_PORT_HEADER
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#endif
