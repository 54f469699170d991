/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * virtio.h - a virtio 1.x device on PCI (Virtual I/O Device 1.1: 2.6 split virtqueues, 4.1 PCI transport).
 *
 * Everything in the queues is the guest's and not to be trusted: a queue that is inconsistent sets
 * DEVICE_NEEDS_RESET, and nothing of it is looked at any more.
 */
#ifndef VGIC_VIRTIO_H
#define VGIC_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_MAX_QUEUES   16u
#define VIRTIO_QUEUE_SIZE   256u
#define VIRTIO_MAX_SEGMENTS 128u

struct machine;
struct pci_host;
struct virtio;

/* A piece of guest memory, in RAM as a whole. */
struct virtio_segment {
	uint8_t *mem;
	uint64_t gpa;
	uint32_t size;
};

/* A chain of descriptors: what the device reads, then what it writes. */
struct virtio_request {
	unsigned int nr_out, nr_in;
	struct virtio_segment out[VIRTIO_MAX_SEGMENTS], in[VIRTIO_MAX_SEGMENTS];
};

struct virtio_model {
	uint16_t id; /* virtio device ID */
	uint32_t class_code;
	uint64_t features; /* besides VIRTIO_F_VERSION_1 */
	unsigned int nr_queues;
	unsigned int nr_vectors; /* MSI-X */
	const void *config;      /* device-specific configuration, read-only */
	size_t config_size;
	/* Serve a request at once; the number of bytes written to "in". */
	uint32_t (*serve)(void *opaque, const struct virtio_request *r);
};

/* A device in a slot. *model must live on. NULL after a message. */
struct virtio *virtio_create(struct machine *m, struct pci_host *host, unsigned int slot,
                             const struct virtio_model *model, void *opaque);
void virtio_destroy(struct virtio *v);

#endif
