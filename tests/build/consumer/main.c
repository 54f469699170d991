/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* The least that uses the library, in C that is also C++. Prints the version of the headers. */
#include <libvgic/libvgic.h>
#include <stdio.h>

int main(void)
{
	struct lvgic *vgic = NULL;

	printf("%d.%d.%d\n", LVGIC_VERSION_MAJOR, LVGIC_VERSION_MINOR, LVGIC_VERSION_PATCH);
	return lvgic_create(NULL, NULL, NULL, &vgic) == LVGIC_ERR_INVAL && lvgic_strstatus(LVGIC_ERR_INVAL) ? 0 : 1;
}
