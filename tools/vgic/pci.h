/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * pci.h - a PCIe host (ECAM, one bus) and what every device on it has: configuration space, a BAR, MSI-X, INTA.
 *
 * A device's DeviceID at the ITS is its requester ID: slot << 3, on bus 0.
 */
#ifndef VGIC_PCI_H
#define VGIC_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_MAX_VECTORS 64u
#define PCI_NO_VECTOR   0xffffu

struct machine;
struct pci_function;
struct pci_host;

struct pci_model {
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint32_t class_code; /* class, subclass, interface */
	uint8_t revision;
	unsigned int nr_vectors; /* MSI-X, 1 to PCI_MAX_VECTORS */
	/* BAR 0, a power of two; the MSI-X structures are in its upper half, the lower half is the device's. */
	uint32_t bar_size;
	uint64_t (*read)(void *opaque, uint32_t offset, unsigned int size);
	void (*write)(void *opaque, uint32_t offset, unsigned int size, uint64_t val);
};

/* NULL after a message. */
struct pci_host *pci_create(struct machine *m);
void pci_destroy(struct pci_host *host);

/* An access to the ECAM or to the window; false if no device is there. */
bool pci_mmio_read(struct pci_host *host, uint64_t gpa, unsigned int size, uint64_t *val);
bool pci_mmio_write(struct pci_host *host, uint64_t gpa, unsigned int size, uint64_t val);

/* A device in a slot (1 to 31) that is free. *model must live on. NULL: no memory. */
struct pci_function *pci_add(struct pci_host *host, unsigned int slot, const struct pci_model *model, void *opaque);
/* A capability: id, and what comes behind the pointer to the next one. */
void pci_add_capability(struct pci_function *f, uint8_t id, const void *body, size_t size);

/* The device signals: by MSI-X the vector (unless PCI_NO_VECTOR), else INTA, which stays until pci_intx_clear(). */
void pci_signal(struct pci_function *f, unsigned int vector);
void pci_intx_clear(struct pci_function *f);
/* May the device access memory (Bus Master Enable)? */
bool pci_is_master(const struct pci_function *f);

#endif
