/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * init.c - process 1 of Linux on Xen, as dom0 and as domU: does every kind of interrupt arrive, on every CPU?
 *
 * Each CPU takes timer interrupts and an event channel of its own; a line is read from the console; 32 MiB are copied
 * from the first to the second half of an NVMe drive, and whoever provides it compares them. The library of the other
 * Linux guests is in ../linux.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/types.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint16_t domid_t; /* which the next header takes for granted */
#include <xen/evtchn.h>

#include "../linux/lib.h"

#define EVENTS   100
#define TICKS    100
#define MIB      1048576
#define COPY_MIB 32

#define DOMID_SELF        0x7ff0u
#define HYPERVISOR_SYSCTL 35
#define SYSCTL_VERSION    0x15 /* of Xen 4.17 */
#define SYSCTL_DEBUG_KEYS 7
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))

struct hypercall {
	uint64_t op, arg[5];
};

struct sysctl_debug_keys {
	uint32_t cmd, version;
	uint64_t keys;
	uint32_t nr_keys;
	uint8_t rest[128];
};

static unsigned int nr_cpus;
static int cpus[MAX_CPUS];

static void load_module(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
		bad("%s does not load", path);
	if (fd >= 0)
		close(fd);
}

/* What a key of Xen's console would do; a domU may not. */
static void press(char key)
{
	struct hypercall call = { .op = HYPERVISOR_SYSCTL };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct sysctl_debug_keys *op = (void *)(page + 64);
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	*page = key;
	*op = (struct sysctl_debug_keys){ SYSCTL_DEBUG_KEYS, SYSCTL_VERSION, (uintptr_t)page, 1, { 0 } };
	call.arg[0] = (uintptr_t)op;
	mlock(page, 4096);
	fflush(stdout);
	if (fd < 0 || ioctl(fd, PRIVCMD_HYPERCALL, &call) != 0)
		bad("no key %c", key);
	if (fd >= 0)
		close(fd);
	munmap(page, 4096);
}

/* Counts that must have grown on every CPU, or (each == false) on any. */
static void must_grow(const char *old, const char *new, const char *what, bool each)
{
	unsigned long long before[MAX_CPUS], after[MAX_CPUS], sum = 0;
	unsigned int i;

	count_rows(old, what, nr_cpus, before);
	if (count_rows(new, what, nr_cpus, after) == 0)
		bad("no %s in /proc/interrupts", what);
	printf("%s:", what);
	for (i = 0; i < nr_cpus; i++) {
		printf(" %llu-%llu", before[i], after[i]);
		sum += after[i] - before[i];
		if (each && after[i] <= before[i])
			bad("no %s interrupt on CPU%d", what, cpus[i]);
	}
	printf("\n");
	if (sum == 0)
		bad("no %s interrupt", what);
}

/* All rows of event channels of /dev/xen/evtchn to one CPU. */
static void route_events(int cpu)
{
	char *table = slurp("/proc/interrupts"), *line = table, path[64], mask[16];

	while ((line = strchr(line, '\n')) != NULL && *++line != 0) {
		int irq = atoi(line);
		char *end = strchrnul(line, '\n');

		if (irq <= 0 || !memmem(line, (size_t)(end - line), "evtchn:", 7))
			continue;
		snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity", irq);
		snprintf(mask, sizeof(mask), "%x", 1u << cpu);
		if (!write_file(path, mask))
			bad("event channels do not move to CPU%d", cpu);
	}
	free(table);
}

/* What else is pending (a channel is when it is bound) is taken too; the kernel has masked what it hands out. */
static bool take_event(int fd, unsigned int wanted)
{
	unsigned int port;

	do {
		if (read(fd, &port, sizeof(port)) != sizeof(port) || write(fd, &port, sizeof(port)) != sizeof(port))
			return false;
	} while (port != wanted);
	return true;
}

/* A channel of the domain with itself: each notification must come back, on the CPU that it is routed to. It stays. */
static void events(void)
{
	struct ioctl_evtchn_bind_unbound_port unbound = { DOMID_SELF };
	struct ioctl_evtchn_bind_interdomain bind = { DOMID_SELF, 0 };
	struct ioctl_evtchn_notify notify;
	unsigned int i, n;
	int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC), server, client;

	server = fd < 0 ? -1 : ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &unbound);
	bind.remote_port = (unsigned int)server;
	client = server < 0 ? -1 : ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (client < 0) {
		bad("no event channel");
		return;
	}
	notify.port = (unsigned int)client;
	for (i = 0; i < nr_cpus; i++) {
		route_events(cpus[i]);
		for (n = 0; n < EVENTS; n++)
			if (ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify) != 0 || !take_event(fd, (unsigned int)server)) {
				bad("event %u on CPU%d", n, cpus[i]);
				break;
			}
	}
}

/* Each CPU sleeps and wakes up, and wakes others: timers and IPIs. */
static void tick(void)
{
	unsigned int i;
	int status;

	for (i = 0; i < nr_cpus; i++)
		if (fork() == 0) {
			int n;

			for (n = 0; n < TICKS && run_on_cpu(cpus[(i + (unsigned int)n / 10) % nr_cpus]); n++)
				usleep(1000);
			_exit(n != TICKS);
		}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bad("a process ended with status 0x%x", status);
}

static bool wait_for(const char *path)
{
	struct stat st;
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (stat(path, &st) == 0)
			return true;
		usleep(50000);
	}
	bad("no %s", path);
	return false;
}

/* Past the page cache, 1 MiB at a time, from every CPU in turn. */
static void copy_drive(void)
{
	char *buf = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = wait_for("/dev/nvme0n1") ? open("/dev/nvme0n1", O_RDWR | O_DIRECT | O_CLOEXEC) : -1;
	long long start = now_ms();
	int i;

	for (i = 0; i < COPY_MIB; i++) {
		run_on_cpu(cpus[(unsigned int)i % nr_cpus]);
		if (pread(fd, buf, MIB, (off_t)i * MIB) != MIB ||
		    pwrite(fd, buf, MIB, (off_t)(i + COPY_MIB) * MIB) != MIB) {
			bad("the drive ends at %d MiB", i);
			break;
		}
	}
	if (fd >= 0 && fsync(fd) != 0)
		bad("the drive does not keep what is written");
	close(fd);
	printf("%d MiB copied in %lld ms\n", i, now_ms() - start);
}

static void wait_for_go(void)
{
	char line[64];
	int fd = open("/dev/console", O_RDONLY | O_CLOEXEC);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

	printf("LINUX-READY\n");
	if (!in || !fgets(line, sizeof(line), in) || strncmp(line, "go", 2) != 0)
		bad("no line from the console");
	if (in)
		fclose(in);
}

int main(void)
{
	char *old, *new;
	bool dom0;

	guest_start();
	write_file("/proc/sys/kernel/printk", "4");
	nr_cpus = online_cpus(cpus);
	dom0 = on_command_line("dom0");
	printf("%u CPUs\n", nr_cpus);
	if (nr_cpus == 0)
		bad("no CPU is online");
	load_module("xen-evtchn");
	if (on_command_line("perf")) {
		load_module("xen-privcmd");
		press('p');
	}
	old = slurp("/proc/interrupts");
	tick();
	events();
	if (on_command_line("nvme"))
		copy_drive();
	if (!on_command_line("alone"))
		wait_for_go();
	if (on_command_line("perf"))
		press('p');
	new = slurp("/proc/interrupts");
	must_grow(old, new, "arch_timer", true);
	if (nr_cpus > 1)
		must_grow(old, new, "Rescheduling interrupts", false);
	must_grow(old, new, " events", true);
	must_grow(old, new, "evtchn:", true);
	if (!on_command_line("alone"))
		must_grow(old, new, dom0 ? "hvc_console" : "uart-pl011", false);
	if (on_command_line("nvme"))
		must_grow("\n", new, "nvme", false);
	if (on_command_line("nvme=msi"))
		must_grow("\n", new, "ITS-MSI", false);
	free(old);
	free(new);
	guest_end();
	return 1;
}
