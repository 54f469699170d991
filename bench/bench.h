/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * bench.h - what the benchmarks share.
 */
#ifndef VGIC_BENCH_BENCH_H
#define VGIC_BENCH_BENCH_H

#include <libvgic/libvgic.h>

/* Guest memory. */
#define BENCH_RAM      0x40000000ull
#define BENCH_RAM_SIZE 0x1000000ull
uint8_t *bench_ram(uint64_t gpa);

extern const struct lvgic_ops ops;
extern size_t allocated; /* bytes asked for by ops->alloc */

void need(enum lvgic_status status);
void expect(bool ok, const char *what);

/* A figure: what ran since begin(), divided by "per". run.py knows the unit and the goal by the name. */
void begin(void);
__attribute__((format(printf, 2, 3))) void end(uint32_t per, const char *fmt, ...);

/* Enter the guest until nothing is left for it; how many interrupts it took. */
uint32_t run_guest(struct lvgic_vcpu *v, uint32_t nr_lrs);

void bench_its(void);
void bench_v4(void);

#endif
