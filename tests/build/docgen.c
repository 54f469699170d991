/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Documents that are made from the code: docgen registers, docgen locking. */
#include <stdio.h>
#include <string.h>

#include "core/mmio.h"
#include "v3/icc.h"

#define LICENCE "<!-- SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause -->\n"
#define MADE    "Made from the code by `./dev docs`; a test compares.\n\n"

static const char *how(bool read, bool write)
{
	return read ? write ? "RW" : "RO" : write ? "WO" : "-";
}

static void frame(const struct mmio_frame *f)
{
	uint32_t i;

	printf("## %s, %u KiB\n\n| offset | register | widths | access | note |\n|---|---|---|---|---|\n", f->name,
	       f->size / 1024);
	for (i = 0; i < f->nr_rows; i++) {
		const struct mmio_row *r = &f->rows[i];

		printf("| 0x%05x-0x%05x | %s |%s%s%s%s | %s | %s |\n", r->offset, r->end - 1, r->name,
		       r->widths & W8 ? " 8" : "", r->widths & W16 ? " 16" : "", r->widths & W32 ? " 32" : "",
		       r->widths & W64 ? " 64" : "", how(r->read != NULL, r->write != NULL), r->why ? r->why : "");
	}
	printf("\n");
}

static void registers(void)
{
	uint32_t i;

	printf(LICENCE
	       "# Registers\n\n" MADE
	       "Every offset of a frame has a row; an access of a width that is not listed, or that is not aligned to it, reads as zero or is\n"
	       "ignored, sets a bit of `GICD_STATUSR`, `GICR_STATUSR` or `GITS_STATUSR`, and is reported through `ops->guest_error`. Access: what the row does;\n"
	       "`-` is RAZ/WI.\n\n");
	frame(&gicd_frame);
	frame(&gicr_frame);
	frame(&gits_frame);
	printf("## CPU interface (system registers at EL1)\n\nAn access that is not listed is UNDEFINED.\n\n"
	       "| register | op0 op1 CRn CRm op2 | access | note |\n|---|---|---|---|\n");
	for (i = 0; i < nr_icc_rows; i++) {
		const struct icc_row *r = &icc_rows[i];

		printf("| %s | %u %u %u %u %u | %s | %s |\n", r->name, r->sysreg >> 14, r->sysreg >> 11 & 7,
		       r->sysreg >> 7 & 15, r->sysreg >> 3 & 15, r->sysreg & 7, how(r->read != NULL, r->write != NULL),
		       r->why ? r->why : "");
	}
}

static void locking(void)
{
	printf(LICENCE
	       "# Locking\n\n" MADE
	       "The state of an interrupt is one atomic word; injection, SGIs, flush, sync and the CPU interface take no lock. What remains are\n"
	       "slow paths. A thread may take a lock only while all locks that it holds are further up in this list; the locks of the mock\n"
	       "hypervisor check that at run time in every test. `ops->kick`, `ops->halt`, `ops->acked`, `ops->defer` and guest\n"
	       "memory are called with none held. Work on LPI tables and ITS commands is done by one worker at a time, which is no lock: nobody waits for it.\n\n"
	       "| rank | lock | what it is for |\n|---|---|---|\n");
#define ROW(name, text) printf("| %d | `LVGIC_LOCK_%s` | %s |\n", LVGIC_LOCK_##name, #name, text);
	LVGIC_LOCK_RANKS(ROW)
#undef ROW
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "registers"))
		registers();
	else if (argc == 2 && !strcmp(argv[1], "locking"))
		locking();
	else
		return 1;
	return 0;
}
