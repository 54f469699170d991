/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The first and only process of the Linux guest: make timers fire and IPIs fly on every CPU, take a CPU away and bring
 * it back, and say whether the kernel's own counters saw it all. The last line is "LINUX-OK <cpus>" or
 * "LINUX-FAIL <reason>"; then the power goes off.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS 128
#define BUSY_MS	 500 /* of spinning, so that the tick must fire */
#define RING_MS	 500 /* of passing a token around, so that CPUs must wake each other */

/* What the kernel counted, by CPU number. */
struct counts {
	uint64_t timer[MAX_CPUS];
	uint64_t ipi[MAX_CPUS];
};

static cpu_set_t online;
static int nr_online;

static void power_off(void)
{
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	/* init must not exit: the kernel would panic, which looks like another failure. */
	for (;;)
		pause();
}

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *fmt, ...)
{
	va_list args;

	printf("LINUX-FAIL ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	power_off();
	abort();
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL) != 0 && errno != EBUSY)
		fail("mount %s: %s", type, strerror(errno));
}

/* "0-2,5": into the set of CPUs that are online. */
static void read_online(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "r");
	unsigned int first, last;

	if (!file)
		fail("list of online CPUs: %s", strerror(errno));
	CPU_ZERO(&online);
	while (fscanf(file, "%u", &first) == 1) {
		int c = fgetc(file);

		last = first;
		if (c == '-') {
			if (fscanf(file, "%u", &last) != 1)
				fail("list of online CPUs does not parse");
			c = fgetc(file);
		}
		for (; first <= last && first < MAX_CPUS; first++)
			CPU_SET(first, &online);
		if (c != ',')
			break;
	}
	fclose(file);
	nr_online = CPU_COUNT(&online);
	if (nr_online < 1)
		fail("no CPU is online");
}

/* One row of /proc/interrupts behind its label: a number for each online CPU, in their order. */
static void add_row(const char *text, uint64_t *sum)
{
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		char *end;
		uint64_t n;

		if (!CPU_ISSET(cpu, &online))
			continue;
		n = strtoull(text, &end, 10);
		if (end == text)
			return;
		sum[cpu] += n;
		text = end;
	}
}

static void read_counts(struct counts *counts)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096];

	if (!file)
		fail("/proc/interrupts: %s", strerror(errno));
	memset(counts, 0, sizeof(*counts));
	while (fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (!colon)
			continue;
		if (strstr(line, "arch_timer"))
			add_row(colon + 1, counts->timer);
		else if (strstr(line, "IPI"))
			add_row(colon + 1, counts->ipi);
	}
	fclose(file);
}

static void print_interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096];

	if (!file)
		fail("/proc/interrupts: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		fputs(line, stdout);
	fclose(file);
}

/* A CPU that is online, counted from 0 and around. */
static unsigned int nth_online(int n)
{
	n %= nr_online;
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		if (CPU_ISSET(cpu, &online) && n-- == 0)
			return cpu;
	fail("CPU set is inconsistent");
}

static int pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static void spin(uint64_t ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		for (volatile int i = 0; i < 1000; i++)
			;
}

/* A process of the workload; the result is its exit status. The token comes by "in" and leaves by "out". */
static int worker(unsigned int cpu, int in, int out, bool starts)
{
	uint64_t end;
	char token = 't';

	if (pin(cpu) != 0)
		return 2;
	spin(BUSY_MS);
	if (sched_getcpu() != (int)cpu)
		return 3;
	if (starts && write(out, &token, 1) != 1)
		return 4;
	/* Whoever has had enough hangs up, which his neighbours see as end of file and as a broken pipe. */
	end = now_ms() + RING_MS;
	for (unsigned int rounds = 0; now_ms() < end; rounds++) {
		if (read(in, &token, 1) != 1)
			return 0;
		if (rounds % 16 == 0)
			usleep(1000);
		if (write(out, &token, 1) != 1)
			return 0;
	}
	return 0;
}

/* One process on each CPU (two if there is only one CPU), all in a ring. */
static void workload(void)
{
	int nr = nr_online > 1 ? nr_online : 2;
	int pipes[MAX_CPUS][2];
	pid_t pids[MAX_CPUS];

	for (int i = 0; i < nr; i++)
		if (pipe(pipes[i]) != 0)
			fail("pipe: %s", strerror(errno));
	for (int i = 0; i < nr; i++) {
		int out = (i + 1) % nr;

		pids[i] = fork();
		if (pids[i] < 0)
			fail("fork: %s", strerror(errno));
		if (pids[i] > 0)
			continue;
		signal(SIGPIPE, SIG_IGN);
		for (int k = 0; k < nr; k++) {
			if (k != i)
				close(pipes[k][0]);
			if (k != out)
				close(pipes[k][1]);
		}
		_exit(worker(nth_online(i), pipes[i][0], pipes[out][1], i == 0));
	}
	for (int i = 0; i < nr; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	for (int i = 0; i < nr; i++) {
		int status;

		if (waitpid(pids[i], &status, 0) != pids[i])
			fail("waitpid: %s", strerror(errno));
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail("process of CPU %u ended with status 0x%x", nth_online(i), (unsigned int)status);
	}
}

static void work_and_check(const char *when)
{
	static struct counts before, after;
	uint64_t ipis = 0;

	read_counts(&before);
	workload();
	read_counts(&after);
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (!CPU_ISSET(cpu, &online))
			continue;
		printf("%s: CPU %u took %llu timer interrupts, %llu IPIs\n", when, cpu,
		       (unsigned long long)(after.timer[cpu] - before.timer[cpu]),
		       (unsigned long long)(after.ipi[cpu] - before.ipi[cpu]));
		if (after.timer[cpu] <= before.timer[cpu]) {
			print_interrupts();
			fail("%s: no timer interrupt on CPU %u", when, cpu);
		}
		ipis += after.ipi[cpu] - before.ipi[cpu];
	}
	if (nr_online > 1 && ipis == 0) {
		print_interrupts();
		fail("%s: no IPI between %d CPUs", when, nr_online);
	}
}

static void set_online(unsigned int cpu, bool on)
{
	int expected = nr_online + (on ? 1 : -1);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	if (write(fd, on ? "1" : "0", 1) != 1)
		fail("CPU %u %s: %s", cpu, on ? "on" : "off", strerror(errno));
	close(fd);
	read_online();
	if (nr_online != expected)
		fail("CPU %u %s: %d CPUs online instead of %d", cpu, on ? "on" : "off", nr_online, expected);
	printf("CPU %u is %s\n", cpu, on ? "on" : "off");
}

int main(void)
{
	struct utsname uts;
	int console;

	mount_one("devtmpfs", "/dev");
	console = open("/dev/console", O_RDWR);
	if (console >= 0) {
		dup2(console, STDIN_FILENO);
		dup2(console, STDOUT_FILENO);
		dup2(console, STDERR_FILENO);
	}
	/* Line by line: forked processes must not inherit and repeat unwritten output. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");

	if (uname(&uts) != 0)
		fail("uname: %s", strerror(errno));
	printf("%s %s %s %s\n", uts.sysname, uts.release, uts.version, uts.machine);
	read_online();
	printf("%d CPUs online\n", nr_online);

	work_and_check("all CPUs");
	if (nr_online > 1) {
		set_online(1, false);
		work_and_check("without CPU 1");
		set_online(1, true);
		work_and_check("CPU 1 back");
	}
	print_interrupts();
	printf("LINUX-OK %d\n", nr_online);
	power_off();
	return 0;
}
