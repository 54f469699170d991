/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * virtio_blk.h - a block device backed by a file.
 */
#ifndef VGIC_VIRTIO_BLK_H
#define VGIC_VIRTIO_BLK_H

struct machine;
struct pci_host;
struct virtio_blk;

/*
 * "drive" is the name of the file; behind it there may be ",queues=N" (default: one for each CPU, at most 8) and
 * ",vectors=N" (MSI-X vectors; default: one for each queue and one for the configuration). A file that cannot be
 * written is read-only. NULL after a message.
 */
struct virtio_blk *virtio_blk_create(struct machine *m, struct pci_host *host, unsigned int slot, const char *drive);
void virtio_blk_destroy(struct virtio_blk *b);

#endif
