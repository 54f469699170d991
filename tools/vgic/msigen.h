/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * msigen.h - a device for guest programs that signals any message: one page of registers.
 *
 *   0x0  DeviceID, 32 bits. A 64-bit write is DeviceID (low) and EventID (high), and signals.
 *   0x4  EventID, 32 bits: signals
 *   0x8  which ITS, 32 bits; 0 at power-on
 */
#ifndef VGIC_MSIGEN_H
#define VGIC_MSIGEN_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

struct msigen {
	uint32_t device;
	uint32_t event;
	uint32_t its;
};

uint64_t msigen_read(const struct msigen *g, uint32_t offset, unsigned int size);
void msigen_write(struct machine *m, uint32_t offset, unsigned int size, uint64_t val);

#endif
