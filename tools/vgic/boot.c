/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * boot.c - where things are in RAM when the guest starts: the image where it wants to be, the initrd behind it, the
 * device tree at the top, so that a program without a header has all of the RAM between for its bss and stacks.
 */
#include "boot.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "util.h"

#define BLOCK (UINT64_C(2) << 20) /* Linux maps its device tree by such blocks */

static bool load_initrd(struct machine *m, struct boot_info *info)
{
	const char *path = m->config->initrd;
	size_t size = 0;
	uint8_t *data;
	void *p;

	if (!path)
		return true;
	data = read_file(path, &size);
	if (!data)
		return false;
	info->initrd_start = align_up(info->image_end, BLOCK);
	info->initrd_end = info->initrd_start + size;
	p = machine_ram(m, info->initrd_start, size);
	if (p)
		memcpy(p, data, size);
	else
		complain("%s: too little memory for the initrd behind the image (--mem)", path);
	free(data);
	return p != NULL;
}

static bool load_dtb(struct machine *m, struct boot_info *info)
{
	const uint64_t used = info->initrd_end > info->image_end ? info->initrd_end : info->image_end;
	const uint64_t ram_end = MACH_RAM_BASE + m->ram_size;
	size_t size = 0;
	void *fdt = dtb_make(m, info, &size);
	bool ok = false;

	if (!fdt)
		return false;
	if (size > BLOCK) {
		complain("the device tree has more than 2 MiB");
	} else {
		info->dtb = align_down(ram_end - size, BLOCK);
		ok = m->ram_size >= BLOCK && info->dtb >= used;
		if (ok)
			memcpy(machine_ram(m, info->dtb, size), fdt, size);
		else
			complain(
				"too little memory: no 2 MiB free behind the image and the initrd for the device tree (--mem)");
	}
	free(fdt);
	return ok;
}

bool boot_load(struct machine *m, struct boot_info *info)
{
	memset(info, 0, sizeof(*info));
	return image_load(m, m->config->image, info) && load_initrd(m, info) && load_dtb(m, info);
}
