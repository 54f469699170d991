/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * boot.h - the guest's program, its initrd and its device tree in RAM.
 */
#ifndef VGIC_BOOT_H
#define VGIC_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;

struct boot_info {
	uint64_t entry;
	uint64_t image_end;                /* first free address behind the image */
	uint64_t initrd_start, initrd_end; /* equal: none */
	uint64_t dtb;
};

/* Put all of it into RAM. False after a message. */
bool boot_load(struct machine *m, struct boot_info *info);

/* image.c: the program alone; sets entry and image_end. */
bool image_load(struct machine *m, const char *path, struct boot_info *info);

/* dtb.c: the tree for this machine, or that of the user with the initrd and command line added; obtained with malloc().
 */
void *dtb_make(const struct machine *m, const struct boot_info *info, size_t *size);

#endif
