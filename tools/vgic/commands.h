/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* The subcommands of the vgic program: argv starts behind the subcommand's name (argv[-1]); the result is the exit
 * status. */
#ifndef VGIC_COMMANDS_H
#define VGIC_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_qtest(int argc, char **argv);

#endif
