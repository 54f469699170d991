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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"

#define BUSY_MS 1000

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

int main(void)
{
	int cpus[MAX_CPUS];
	unsigned long long counts[MAX_CPUS];
	struct utsname name;
	unsigned int nr;
	char *table;

	guest_start();
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

	guest_end();
	return 1;
}
