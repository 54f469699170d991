/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * lib.c - what the programs of the initial RAM disk share.
 */
#define _GNU_SOURCE
#include "lib.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TABLE_SIZE 262144

unsigned int nr_bad;

void bad(const char *fmt, ...)
{
	va_list args;

	nr_bad++;
	fputs("LINUX-FAIL ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

/* The whole of a small file; "" if it cannot be read. */
char *slurp(const char *path)
{
	char *buf = calloc(1, TABLE_SIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (!buf)
		_exit(1);
	while (fd >= 0 && used < TABLE_SIZE - 1 && (n = read(fd, buf + used, TABLE_SIZE - 1 - used)) > 0)
		used += (size_t)n;
	if (fd >= 0)
		close(fd);
	return buf;
}

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * Adds up the rows of /proc/interrupts that contain "what", by column; the columns are the online CPUs in order.
 * The result is the number of such rows.
 */
unsigned int count_rows(const char *table, const char *what, unsigned int nr_cpus, unsigned long long *counts)
{
	unsigned int rows = 0, cpu;
	const char *line;

	memset(counts, 0, nr_cpus * sizeof(*counts));
	for (line = strchr(table, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		const char *end = strchrnul(line + 1, '\n');
		const char *colon = memchr(line + 1, ':', (size_t)(end - line - 1));
		char *p;

		if (!colon || !memmem(line + 1, (size_t)(end - line - 1), what, strlen(what)))
			continue;
		p = (char *)(uintptr_t)(colon + 1);
		for (cpu = 0; cpu < nr_cpus; cpu++)
			counts[cpu] += strtoull(p, &p, 10);
		rows++;
	}
	return rows;
}

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

bool run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* The numbers of the online CPUs, from "0-3,5". */
unsigned int online_cpus(int *cpus)
{
	char *text = slurp("/sys/devices/system/cpu/online");
	unsigned int nr = 0;
	char *p = text;

	while (*p >= '0' && *p <= '9') {
		long first = strtol(p, &p, 10), last = first;

		if (*p == '-')
			last = strtol(p + 1, &p, 10);
		for (; first <= last && nr < MAX_CPUS; first++)
			cpus[nr++] = (int)first;
		if (*p == ',')
			p++;
	}
	free(text);
	return nr;
}

bool on_command_line(const char *word)
{
	char *text = slurp("/proc/cmdline");
	bool found = strstr(text, word) != NULL;

	free(text);
	return found;
}

void guest_start(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) != 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) != 0)
		bad("no /proc or /sys");
	/* The kernel may have mounted it. */
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (freopen("/dev/console", "w", stdout) == NULL)
		_exit(1);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void guest_end(void)
{
	char *table = slurp("/proc/interrupts");
	int cpus[MAX_CPUS];

	fputs(table, stdout);
	free(table);
	if (nr_bad == 0)
		printf("LINUX-OK %u\n", online_cpus(cpus));
	fflush(stdout);
	/* What the console still holds would be lost. */
	sync();
	usleep(100000);
	reboot(RB_POWER_OFF);
}
