/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * main.c - the vgic program: finds the command.
 */
#include <stdio.h>
#include <string.h>

#include <libvgic/types.h>

#include "commands.h"
#include "util.h"

static const char usage[] = "usage: vgic COMMAND [ARGUMENT]...\n"
			    "  run      runs a guest on a virtual machine (vgic run --help)\n"
			    "  qtest    drives the interrupt controller by QEMU's qtest protocol\n"
			    "  version  prints the version\n";

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "run") == 0)
		return cmd_run(argc - 2, argv + 2);
	if (strcmp(command, "qtest") == 0)
		return cmd_qtest(argc - 2, argv + 2);
	if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0) {
		printf("vgic %d.%d.%d\n", LVGIC_VERSION_MAJOR, LVGIC_VERSION_MINOR, LVGIC_VERSION_PATCH);
		return 0;
	}
	if (strcmp(command, "--help") == 0 || strcmp(command, "help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (*command)
		complain("%s: no such command", command);
	fputs(usage, stderr);
	return 1;
}
