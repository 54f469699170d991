/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * lib.h - what the programs of the initial RAM disk share. Each is process 1; a failed check is a line that starts with
 * LINUX-FAIL, and LINUX-OK with the number of CPUs at the end says that there was none.
 */
#ifndef VGIC_TESTS_LINUX_LIB_H
#define VGIC_TESTS_LINUX_LIB_H

#include <stdbool.h>

#define MAX_CPUS 128

extern unsigned int nr_bad;
void bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Mount /proc, /sys and /dev, and open the console. Print /proc/interrupts and the verdict, and switch off. */
void guest_start(void);
void guest_end(void);

/* The whole of a small file; "" if it cannot be read. To be freed. */
char *slurp(const char *path);
bool write_file(const char *path, const char *text);
bool on_command_line(const char *word);

/*
 * Adds up the rows of /proc/interrupts that contain "what", by column; the columns are the online CPUs in order.
 * The result is the number of such rows.
 */
unsigned int count_rows(const char *table, const char *what, unsigned int nr_cpus, unsigned long long *counts);

/* The numbers of the online CPUs. */
unsigned int online_cpus(int *cpus);
bool run_on_cpu(int cpu);
long long now_ms(void);

#endif
