/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * pci.c - PCIe host and functions: PCI Local Bus 3.0 (type 0 headers, BARs, MSI-X in 6.8.2), PCIe ECAM.
 */
#include "pci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irqchip.h"
#include "machine.h"
#include "util.h"

#define NR_SLOTS    32u
#define CONFIG_SIZE 256u

#define CFG_VENDOR    0x00u
#define CFG_COMMAND   0x04u
#define CFG_STATUS    0x06u
#define CFG_REVISION  0x08u
#define CFG_BAR0      0x10u
#define CFG_SUBSYSTEM 0x2cu
#define CFG_CAPS      0x34u
#define CFG_LINE      0x3cu
#define CFG_PIN       0x3du

#define COMMAND_MEMORY 0x0002u
#define COMMAND_MASTER 0x0004u
#define COMMAND_NO_INT 0x0400u
#define STATUS_INT     0x0008u
#define STATUS_CAPS    0x0010u

#define CAP_MSIX      0x11u
#define MSIX_ENABLE   0x8000u
#define MSIX_MASK_ALL 0x4000u

#define ENTRY_SIZE  16u
#define ENTRY_MASK  1u
#define MSIX_OFFSET 0x40u /* of the capability */

struct msix_entry {
	uint64_t address;
	uint32_t data;
	uint32_t control;
};

struct pci_function {
	struct pci_host *host;
	const struct pci_model *model;
	void *opaque;
	unsigned int slot;
	unsigned int end; /* of the capabilities */
	uint8_t config[CONFIG_SIZE];
	uint8_t writable[CONFIG_SIZE];
	struct msix_entry entry[PCI_MAX_VECTORS];
	uint64_t pending;
	bool intx;
};

struct pci_host {
	struct machine *m;
	struct pci_function *slot[NR_SLOTS];
};

static uint32_t get(const uint8_t *p, unsigned int size)
{
	uint32_t val = 0;

	while (size--)
		val = val << 8 | p[size];
	return val;
}

static void put(uint8_t *p, unsigned int size, uint32_t val)
{
	for (; size--; val >>= 8)
		*p++ = (uint8_t)val;
}

static uint32_t config(const struct pci_function *f, unsigned int offset, unsigned int size)
{
	return get(&f->config[offset], size);
}

struct pci_host *pci_create(struct machine *m)
{
	struct pci_host *host = calloc(1, sizeof(*host));

	if (!host)
		complain("no memory for the PCIe host");
	else
		host->m = m;
	return host;
}

void pci_destroy(struct pci_host *host)
{
	unsigned int i;

	for (i = 0; host && i < NR_SLOTS; i++)
		free(host->slot[i]);
	free(host);
}

void pci_add_capability(struct pci_function *f, uint8_t id, const void *body, size_t size)
{
	unsigned int at = f->end;

	/* In front of the others. */
	f->config[at] = id;
	f->config[at + 1] = f->config[CFG_CAPS];
	memcpy(&f->config[at + 2], body, size);
	f->config[CFG_CAPS] = (uint8_t)at;
	f->end = (at + 2 + (unsigned int)size + 3) & ~3u;
}

struct pci_function *pci_add(struct pci_host *host, unsigned int slot, const struct pci_model *model, void *opaque)
{
	struct pci_function *f = calloc(1, sizeof(*f));
	uint8_t msix[10] = { 0 };
	unsigned int i;

	if (!f)
		return NULL;
	f->host = host;
	f->model = model;
	f->opaque = opaque;
	f->slot = slot;
	put(&f->config[CFG_VENDOR], 4, (uint32_t)model->device << 16 | model->vendor);
	put(&f->config[CFG_STATUS], 2, STATUS_CAPS);
	put(&f->config[CFG_REVISION], 4, model->class_code << 8 | model->revision);
	put(&f->config[CFG_SUBSYSTEM], 4, (uint32_t)model->subsystem << 16 | model->subsystem_vendor);
	f->config[CFG_PIN] = 1;
	put(&f->writable[CFG_COMMAND], 2, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INT);
	put(&f->writable[CFG_BAR0], 4, ~(model->bar_size - 1));
	f->writable[CFG_LINE] = 0xff;
	/* Table in the third quarter of the BAR, pending bits in the fourth. */
	put(&msix[0], 2, model->nr_vectors - 1);
	put(&msix[2], 4, model->bar_size / 2);
	put(&msix[6], 4, model->bar_size / 4 * 3);
	f->end = MSIX_OFFSET;
	pci_add_capability(f, CAP_MSIX, msix, sizeof(msix));
	put(&f->writable[MSIX_OFFSET + 2], 2, MSIX_ENABLE | MSIX_MASK_ALL);
	for (i = 0; i < PCI_MAX_VECTORS; i++)
		f->entry[i].control = ENTRY_MASK;
	host->slot[slot] = f;
	return f;
}

bool pci_is_master(const struct pci_function *f)
{
	return config(f, CFG_COMMAND, 2) & COMMAND_MASTER;
}

static bool msix_enabled(const struct pci_function *f)
{
	return config(f, MSIX_OFFSET + 2, 2) & MSIX_ENABLE;
}

/* The four pins of the bus, with the usual swizzle. */
static void drive_pins(struct pci_host *host)
{
	bool level[4] = { false };
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		struct pci_function *f = host->slot[i];

		if (!f)
			continue;
		put(&f->config[CFG_STATUS], 2, STATUS_CAPS | (f->intx ? STATUS_INT : 0));
		if (f->intx && !msix_enabled(f) && !(config(f, CFG_COMMAND, 2) & COMMAND_NO_INT))
			level[i % 4] = true;
	}
	for (i = 0; i < 4; i++)
		irqchip_set_spi(host->m->chip, MACH_INTID_PCI + i, level[i]);
}

/* A memory write like any other: to a doorbell, or to RAM. */
static void send(struct pci_function *f, unsigned int vector)
{
	const struct msix_entry *e = &f->entry[vector];
	struct machine *m = f->host->m;
	void *ram;

	f->pending &= ~(UINT64_C(1) << vector);
	if (!pci_is_master(f) || irqchip_msi(m->chip, e->address, f->slot << 3, e->data))
		return;
	ram = machine_ram(m, e->address, sizeof(e->data));
	if (ram) {
		memcpy(ram, &e->data, sizeof(e->data));
		machine_dirty(m, e->address, sizeof(e->data));
	}
}

static void send_pending(struct pci_function *f)
{
	unsigned int i;

	if ((config(f, MSIX_OFFSET + 2, 2) & (MSIX_ENABLE | MSIX_MASK_ALL)) != MSIX_ENABLE)
		return;
	for (i = 0; i < f->model->nr_vectors; i++)
		if ((f->pending >> i & 1) && !(f->entry[i].control & ENTRY_MASK))
			send(f, i);
}

void pci_signal(struct pci_function *f, unsigned int vector)
{
	if (!msix_enabled(f)) {
		f->intx = true;
		drive_pins(f->host);
	} else if (vector < f->model->nr_vectors) {
		f->pending |= UINT64_C(1) << vector;
		send_pending(f);
	}
}

void pci_intx_clear(struct pci_function *f)
{
	if (f->intx) {
		f->intx = false;
		drive_pins(f->host);
	}
}

/* --- Configuration space --- */

static uint64_t config_read(const struct pci_host *host, uint64_t offset, unsigned int size)
{
	unsigned int bdf = (unsigned int)(offset >> 12), reg = offset & 0xfffu;
	const struct pci_function *f = bdf % 8 == 0 && bdf / 8 < NR_SLOTS ? host->slot[bdf / 8] : NULL;

	if (!f)
		return UINT64_MAX >> (64 - 8 * size);
	if (reg + size > CONFIG_SIZE || size > 4)
		return 0;
	return config(f, reg, size);
}

static void config_write(struct pci_host *host, uint64_t offset, unsigned int size, uint64_t val)
{
	unsigned int bdf = (unsigned int)(offset >> 12), reg = offset & 0xfffu, i;
	struct pci_function *f = bdf % 8 == 0 && bdf / 8 < NR_SLOTS ? host->slot[bdf / 8] : NULL;

	if (!f || reg + size > CONFIG_SIZE || size > 4)
		return;
	for (i = reg; i < reg + size; i++, val >>= 8)
		f->config[i] = (uint8_t)((f->config[i] & ~f->writable[i]) | ((uint8_t)val & f->writable[i]));
	drive_pins(host);
	send_pending(f);
}

/* --- BARs --- */

static struct pci_function *find(const struct pci_host *host, uint64_t gpa, uint32_t *offset)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		struct pci_function *f = host->slot[i];
		uint64_t base = f ? config(f, CFG_BAR0, 4) : 0;

		if (!f || !(config(f, CFG_COMMAND, 2) & COMMAND_MEMORY) || gpa < base ||
		    gpa - base >= f->model->bar_size)
			continue;
		*offset = (uint32_t)(gpa - base);
		return f;
	}
	return NULL;
}

/* The MSI-X table, in units of 32 bits. */
static uint32_t *table_word(struct pci_function *f, uint32_t offset, uint32_t *spare)
{
	struct msix_entry *e = &f->entry[offset / ENTRY_SIZE % PCI_MAX_VECTORS];

	if (offset / ENTRY_SIZE >= f->model->nr_vectors)
		return spare;
	switch (offset % ENTRY_SIZE / 4) {
	case 0:
		return (uint32_t *)(void *)&e->address;
	case 1:
		return (uint32_t *)(void *)&e->address + 1;
	case 2:
		return &e->data;
	default:
		return &e->control;
	}
}

static uint64_t msix_read(struct pci_function *f, uint32_t offset, unsigned int size)
{
	uint32_t quarter = f->model->bar_size / 4, spare = 0;
	uint64_t val;

	if (size < 4 || offset % size)
		return 0;
	if (offset >= 3 * quarter)
		return offset - 3 * quarter >= 8 ? 0 : f->pending >> (offset % 8 * 8);
	val = *table_word(f, offset - 2 * quarter, &spare);
	if (size == 8)
		val |= (uint64_t)*table_word(f, offset - 2 * quarter + 4, &spare) << 32;
	return val;
}

static void msix_write(struct pci_function *f, uint32_t offset, unsigned int size, uint64_t val)
{
	uint32_t quarter = f->model->bar_size / 4, spare;

	if (size < 4 || offset % size || offset >= 3 * quarter)
		return;
	*table_word(f, offset - 2 * quarter, &spare) = (uint32_t)val;
	if (size == 8)
		*table_word(f, offset - 2 * quarter + 4, &spare) = (uint32_t)(val >> 32);
	send_pending(f);
}

bool pci_mmio_read(struct pci_host *host, uint64_t gpa, unsigned int size, uint64_t *val)
{
	struct pci_function *f;
	uint32_t offset;

	if (gpa >= MACH_ECAM_BASE) {
		*val = config_read(host, gpa - MACH_ECAM_BASE, size);
		return true;
	}
	f = find(host, gpa, &offset);
	if (!f || offset + size > f->model->bar_size)
		*val = UINT64_MAX; /* nobody answers: as on a real bus */
	else if (offset >= f->model->bar_size / 2)
		*val = msix_read(f, offset, size);
	else
		*val = f->model->read(f->opaque, offset, size);
	return true;
}

bool pci_mmio_write(struct pci_host *host, uint64_t gpa, unsigned int size, uint64_t val)
{
	struct pci_function *f;
	uint32_t offset;

	if (gpa >= MACH_ECAM_BASE) {
		config_write(host, gpa - MACH_ECAM_BASE, size, val);
		return true;
	}
	f = find(host, gpa, &offset);
	if (!f || offset + size > f->model->bar_size)
		return true;
	if (offset >= f->model->bar_size / 2)
		msix_write(f, offset, size, val);
	else
		f->model->write(f->opaque, offset, size, val);
	return true;
}
