/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * msigen.c - messages of any device, for guest programs.
 */
#include "msigen.h"

#include "irqchip.h"
#include "machine.h"

#define TRANSLATER 0x10040u

uint64_t msigen_read(const struct msigen *g, uint32_t offset, unsigned int size)
{
	switch (offset) {
	case 0x0:
		return size == 8 ? (uint64_t)g->event << 32 | g->device : g->device;
	case 0x4:
		return g->event;
	case 0x8:
		return g->its;
	default:
		return 0;
	}
}

void msigen_write(struct machine *m, uint32_t offset, unsigned int size, uint64_t val)
{
	struct msigen *g = &m->msigen;

	if (offset == 0x8) {
		g->its = (uint32_t)val;
		return;
	}
	if (offset == 0x0)
		g->device = (uint32_t)val;
	if (offset == 0x0 && size == 8)
		g->event = (uint32_t)(val >> 32);
	else if (offset == 0x4)
		g->event = (uint32_t)val;
	else
		return;
	if (g->its < m->config->nr_its)
		irqchip_msi(m->chip, machine_its_base(g->its) + TRANSLATER, g->device, g->event);
}
