/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * libvgic.h - all of the public interface.
 *
 * Read in this order: types.h, ops.h (what you lend), vgic.h (life cycle), inject.h (devices), its.h (MSIs), run.h
 * (vCPUs), mmio.h (traps), trace.h (looking inside), v4.h (direct injection), gic.h (names of the architecture).
 */
#ifndef LIBVGIC_LIBVGIC_H
#define LIBVGIC_LIBVGIC_H

#include <libvgic/gic.h>
#include <libvgic/inject.h>
#include <libvgic/its.h>
#include <libvgic/mmio.h>
#include <libvgic/ops.h>
#include <libvgic/run.h>
#include <libvgic/trace.h>
#include <libvgic/types.h>
#include <libvgic/v4.h>
#include <libvgic/vgic.h>

#endif
