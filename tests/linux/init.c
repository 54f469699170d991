/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * init.c - process 1 of a Linux guest: checks that interrupts work as seen from Linux, says LINUX-OK, and powers off.
 *
 * On every CPU runs a pair of processes that play ping-pong with a pair on the next CPU, so that all timers tick and
 * CPUs wake each other by IPI. /proc/interrupts from before and after is compared. A failed check is a line that starts
 * with LINUX-FAIL.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS   128
#define BUSY_MS    1000
#define TABLE_SIZE 262144

static unsigned int nr_bad;

__attribute__((format(printf, 1, 2))) static void bad(const char *fmt, ...)
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
static char *slurp(const char *path)
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

static bool write_file(const char *path, const char *text)
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
static unsigned int count_rows(const char *table, const char *what, unsigned int nr_cpus, unsigned long long *counts)
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

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static bool run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* One side of a ping-pong: pass the byte on until time is up, computing a little in between. */
static void play(int cpu, int in, int out, bool serves)
{
	long long end;
	char c = 0;

	if (!run_on_cpu(cpu))
		_exit(2);
	end = now_ms() + BUSY_MS;
	if (serves && write(out, &c, 1) != 1)
		_exit(3);
	while (now_ms() < end) {
		volatile unsigned int i;

		if (read(in, &c, 1) != 1)
			break;
		for (i = 0; i < 2000; i++)
			;
		if (write(out, &c, 1) != 1)
			break;
	}
	_exit(0);
}

/* Each CPU plays with the next one, for a second; the last one to stop closes its pipes, which ends the other. */
static void keep_busy(unsigned int nr_cpus, const int *cpus)
{
	unsigned int i;
	int status;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < nr_cpus; i++) {
		int there[2], back[2];

		if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0) {
			bad("no pipe");
			return;
		}
		if (fork() == 0) {
			close(there[0]);
			close(back[1]);
			play(cpus[i], back[0], there[1], true);
		}
		if (fork() == 0) {
			close(there[1]);
			close(back[0]);
			play(cpus[(i + 1) % nr_cpus], there[0], back[1], false);
		}
		close(there[0]);
		close(there[1]);
		close(back[0]);
		close(back[1]);
	}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bad("a busy process ended with status 0x%x", status);
}

/* The numbers of the online CPUs, from "0-3,5". */
static unsigned int online_cpus(int *cpus)
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

static void check_interrupts(unsigned int nr_cpus, const int *cpus, const char *when)
{
	unsigned long long before[MAX_CPUS], after[MAX_CPUS], ipis = 0;
	char *old = slurp("/proc/interrupts"), *new;
	unsigned int i;

	keep_busy(nr_cpus, cpus);
	new = slurp("/proc/interrupts");
	if (count_rows(old, "arch_timer", nr_cpus, before) == 0 || count_rows(new, "arch_timer", nr_cpus, after) == 0)
		bad("%s: no arch_timer in /proc/interrupts", when);
	for (i = 0; i < nr_cpus; i++) {
		printf("%s: CPU%d: %llu timer interrupts\n", when, cpus[i], after[i] - before[i]);
		if (after[i] <= before[i])
			bad("%s: no timer interrupt on CPU%d", when, cpus[i]);
	}
	count_rows(old, "Rescheduling interrupts", nr_cpus, before);
	count_rows(new, "Rescheduling interrupts", nr_cpus, after);
	for (i = 0; i < nr_cpus; i++)
		ipis += after[i] - before[i];
	count_rows(old, "Function call interrupts", nr_cpus, before);
	count_rows(new, "Function call interrupts", nr_cpus, after);
	for (i = 0; i < nr_cpus; i++)
		ipis += after[i] - before[i];
	printf("%s: %llu IPIs\n", when, ipis);
	if (nr_cpus > 1 && ipis == 0)
		bad("%s: no IPI", when);
	free(old);
	free(new);
}

/* CPU 1 off and on again; the timer and IPIs must work on it afterwards. */
static void check_hotplug(void)
{
	static const char path[] = "/sys/devices/system/cpu/cpu1/online";
	int cpus[MAX_CPUS];
	unsigned int nr;

	if (!write_file(path, "0"))
		bad("CPU1 does not go offline");
	nr = online_cpus(cpus);
	if (!write_file(path, "1"))
		bad("CPU1 does not come online");
	if (online_cpus(cpus) != nr + 1)
		bad("CPU1 is not back");
	check_interrupts(nr + 1, cpus, "after hotplug");
}

static bool on_command_line(const char *word)
{
	char *text = slurp("/proc/cmdline");
	bool found = strstr(text, word) != NULL;

	free(text);
	return found;
}

int main(void)
{
	int cpus[MAX_CPUS];
	unsigned long long counts[MAX_CPUS];
	struct utsname name;
	unsigned int nr;
	char *table;

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

	if (uname(&name) == 0)
		printf("%s %s %s %s\n", name.sysname, name.release, name.version, name.machine);
	nr = online_cpus(cpus);
	printf("%u CPUs online\n", nr);
	if (nr == 0)
		bad("no CPU is online");

	check_interrupts(nr, cpus, "busy");
	table = slurp("/proc/interrupts");
	if (count_rows(table, "uart-pl011", nr, counts) == 0)
		bad("no uart-pl011 in /proc/interrupts");
	free(table);
	if (nr > 1 && !on_command_line("nohotplug"))
		check_hotplug();

	table = slurp("/proc/interrupts");
	fputs(table, stdout);
	free(table);
	if (nr_bad == 0)
		printf("LINUX-OK %u\n", nr);
	fflush(stdout);
	/* What the console still holds would be lost. */
	sync();
	usleep(100000);
	reboot(RB_POWER_OFF);
	return 1;
}
