/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * image.c - recognizes a guest program and loads it: arm64 Linux Image, ELF, or a flat binary.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "machine.h"
#include "util.h"

#define FLAT_OFFSET 0x80000u

/* The header of Linux's Documentation/arm64/booting.rst. */
#define IMAGE_MAGIC_OFFSET 56u
#define IMAGE_HEADER_SIZE  64u
#define IMAGE_TEXT_OFFSET  8u
#define IMAGE_SIZE         16u
#define IMAGE_FLAGS        24u
#define IMAGE_FLAG_BE      1u

static uint64_t get_u64(const uint8_t *p)
{
	uint64_t val;

	memcpy(&val, p, sizeof(val));
	return val;
}

/* "size" bytes of data in "room" bytes of RAM, the rest zero. */
static bool place(struct machine *m, const char *path, uint64_t gpa, const void *data, uint64_t size, uint64_t room)
{
	uint8_t *p = machine_ram(m, gpa, room);

	if (!p) {
		complain(
			"%s: needs RAM from 0x%llx to 0x%llx, which is not all there (RAM: 0x%llx to 0x%llx, see --mem)",
			path, (unsigned long long)gpa, (unsigned long long)(gpa + room),
			(unsigned long long)MACH_RAM_BASE, (unsigned long long)(MACH_RAM_BASE + m->ram_size));
		return false;
	}
	memcpy(p, data, size);
	memset(p + size, 0, room - size);
	return true;
}

static bool load_linux(struct machine *m, const char *path, const uint8_t *data, uint64_t size, struct boot_info *info)
{
	uint64_t text_offset = get_u64(data + IMAGE_TEXT_OFFSET);
	uint64_t room = get_u64(data + IMAGE_SIZE);

	if (get_u64(data + IMAGE_FLAGS) & IMAGE_FLAG_BE) {
		complain("%s: a big-endian kernel", path);
		return false;
	}
	/* Before Linux 3.17 there was no size, and the offset was this. */
	if (room == 0)
		text_offset = FLAT_OFFSET;
	if (room < size)
		room = size;
	if (text_offset >= m->ram_size || room > m->ram_size) {
		complain("%s: the kernel needs %llu MiB of RAM (--mem)", path,
		         (unsigned long long)(align_up(room, 1u << 20) >> 20));
		return false;
	}
	info->entry = MACH_RAM_BASE + text_offset;
	info->image_end = info->entry + room;
	return place(m, path, info->entry, data, size, room);
}

static bool load_segment(struct machine *m, const char *path, const uint8_t *data, uint64_t size, const Elf64_Phdr *ph,
                         struct boot_info *info)
{
	if (ph->p_memsz == 0)
		return true;
	if (ph->p_filesz > ph->p_memsz || ph->p_offset > size || ph->p_filesz > size - ph->p_offset) {
		complain("%s: a segment of this ELF file is not all in the file", path);
		return false;
	}
	if (ph->p_paddr + ph->p_memsz > info->image_end)
		info->image_end = ph->p_paddr + ph->p_memsz;
	return place(m, path, ph->p_paddr, data + ph->p_offset, ph->p_filesz, ph->p_memsz);
}

static bool load_elf(struct machine *m, const char *path, const uint8_t *data, uint64_t size, struct boot_info *info)
{
	Elf64_Ehdr eh;
	bool loaded = false;
	unsigned int i;

	if (size < sizeof(eh)) {
		complain("%s: a truncated ELF file", path);
		return false;
	}
	memcpy(&eh, data, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB || eh.e_machine != EM_AARCH64) {
		complain("%s: an ELF file, but not for little-endian AArch64", path);
		return false;
	}
	if ((eh.e_type != ET_EXEC && eh.e_type != ET_DYN) || eh.e_phentsize != sizeof(Elf64_Phdr) ||
	    eh.e_phoff > size || eh.e_phnum > (size - eh.e_phoff) / sizeof(Elf64_Phdr)) {
		complain("%s: an ELF file, but not an executable one", path);
		return false;
	}
	info->entry = eh.e_entry;
	info->image_end = 0;
	for (i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, data + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_LOAD)
			continue;
		if (!load_segment(m, path, data, size, &ph, info))
			return false;
		/* It is entered with the MMU off. */
		if (eh.e_entry >= ph.p_vaddr && eh.e_entry - ph.p_vaddr < ph.p_memsz)
			info->entry = eh.e_entry - ph.p_vaddr + ph.p_paddr;
		loaded = true;
	}
	if (!loaded) {
		complain("%s: an ELF file with nothing to load", path);
		return false;
	}
	if (info->entry % 4 != 0 || !machine_ram(m, info->entry, 4)) {
		complain("%s: the entry point 0x%llx is not in RAM", path, (unsigned long long)info->entry);
		return false;
	}
	return true;
}

static bool load_flat(struct machine *m, const char *path, const uint8_t *data, uint64_t size, struct boot_info *info)
{
	info->entry = MACH_RAM_BASE + FLAT_OFFSET;
	info->image_end = info->entry + size;
	return place(m, path, info->entry, data, size, size);
}

/* Things that are no program, but are given as one now and then. */
static const char *known_mistake(const uint8_t *data, uint64_t size)
{
	if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		return "compressed with gzip; decompress it first";
	if (size >= 8 && memcmp(data, "MZ\0\0zimg", 8) == 0)
		return "a compressed EFI kernel; extract the Image from it first";
	if (size >= 6 && memcmp(data,
	                        "\xfd"
	                        "7zXZ",
	                        6) == 0)
		return "compressed with xz; decompress it first";
	if (size >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0)
		return "compressed with zstd; decompress it first";
	if (size >= 4 && memcmp(data, "\xd0\x0d\xfe\xed", 4) == 0)
		return "a device tree (see --dtb)";
	if (size >= 6 && memcmp(data, "070701", 6) == 0)
		return "a cpio archive (see --initrd)";
	if (size >= 2 && memcmp(data, "#!", 2) == 0)
		return "a script";
	if (size < 4)
		return "too short";
	return NULL;
}

bool image_load(struct machine *m, const char *path, struct boot_info *info)
{
	size_t size = 0;
	uint8_t *data = read_file(path, &size);
	const char *mistake;
	bool ok = false;

	if (!data)
		return false;
	mistake = known_mistake(data, size);
	if (mistake)
		complain("%s: not a guest program: %s", path, mistake);
	else if (size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0)
		ok = load_elf(m, path, data, size, info);
	else if (size >= IMAGE_HEADER_SIZE && memcmp(data + IMAGE_MAGIC_OFFSET, "ARM\x64", 4) == 0)
		ok = load_linux(m, path, data, size, info);
	else
		ok = load_flat(m, path, data, size, info);
	free(data);
	return ok;
}
