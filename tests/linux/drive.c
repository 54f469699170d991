/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * drive.c - process 1 of a Linux guest: MSIs of PCIe devices through the ITS, as seen from Linux (rdinit=/drive).
 *
 * Loads the virtio drivers. The first drive has a queue for each CPU: a process on each CPU reads its part of it, so
 * each CPU must count ITS-MSI interrupts of its own. The second drive has fewer vectors than queues, so its one vector
 * may be moved: its affinity changes while it is read, which is MOVI, and each CPU must have counted. Meanwhile the
 * last CPU goes off and comes back. Every word that is read is checked, and their sum against "sum=" on the command
 * line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"
#include "pattern.h"

#define CHUNK 65536u

static void load_modules(void)
{
	static const char *const names[] = { "virtio_ring",           "virtio",     "virtio_pci_legacy_dev",
		                             "virtio_pci_modern_dev", "virtio_pci", "virtio_blk" };
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%s.ko", names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
			bad("%s does not load", path);
		if (fd >= 0)
			close(fd);
	}
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

/* Read [from, to) of a device past the page cache; each word must be what the pattern says. Their sum in *sum. */
static bool read_part(const char *path, uint64_t from, uint64_t to, uint64_t *sum)
{
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	uint64_t *buf = aligned_alloc(4096, CHUNK);
	bool ok = fd >= 0 && buf;
	uint64_t at;
	size_t i;

	*sum = 0;
	for (at = from; ok && at < to; at += CHUNK) {
		ok = pread(fd, buf, CHUNK, (off_t)at) == CHUNK;
		for (i = 0; ok && i < CHUNK / 8; i++) {
			ok = buf[i] == pattern(at / 8 + i);
			*sum += buf[i];
		}
	}
	free(buf);
	if (fd >= 0)
		close(fd);
	return ok;
}

struct reader {
	pid_t pid;
	int result; /* a pipe: the sum */
};

static struct reader start_reader(const char *path, int cpu, uint64_t from, uint64_t to)
{
	struct reader r;
	int ends[2];

	if (pipe(ends) != 0)
		_exit(1);
	r.result = ends[0];
	r.pid = fork();
	if (r.pid == 0) {
		uint64_t sum;
		bool ok = (cpu < 0 || run_on_cpu(cpu)) && read_part(path, from, to, &sum) &&
		          write(ends[1], &sum, sizeof(sum)) == sizeof(sum);

		_exit(ok ? 0 : 1);
	}
	close(ends[1]);
	return r;
}

static uint64_t end_reader(struct reader r, const char *what)
{
	uint64_t sum = 0;
	int status;

	if (read(r.result, &sum, sizeof(sum)) != sizeof(sum))
		bad("%s: wrong data or an error", what);
	close(r.result);
	waitpid(r.pid, &status, 0);
	return sum;
}

static uint64_t size_of(const char *name)
{
	char path[64], *text;
	uint64_t sectors;

	snprintf(path, sizeof(path), "/sys/block/%s/size", name);
	text = slurp(path);
	sectors = strtoull(text, NULL, 10);
	free(text);
	return sectors * 512;
}

static uint64_t expected_sum(void)
{
	char *text = slurp("/proc/cmdline");
	const char *p = strstr(text, "sum=");
	uint64_t sum = p ? strtoull(p + 4, NULL, 16) : 0;

	free(text);
	return sum;
}

/* Linux's number of the interrupt whose row contains "what"; 0: none. */
static unsigned int number_of(const char *what)
{
	char *table = slurp("/proc/interrupts");
	char *hit = strstr(table, what);
	unsigned int number = 0;

	while (hit && hit > table && hit[-1] != '\n')
		hit--;
	if (hit)
		number = (unsigned int)strtoul(hit, NULL, 10);
	free(table);
	return number;
}

static void counts_of(const char *what, unsigned int nr, unsigned long long *counts)
{
	char *table = slurp("/proc/interrupts");

	if (count_rows(table, what, nr, counts) == 0)
		bad("no %s in /proc/interrupts", what);
	free(table);
}

/* One process on each CPU reads its part of the first drive. */
static void read_on_all(unsigned int nr, const int *cpus, uint64_t size)
{
	unsigned long long before[MAX_CPUS], after[MAX_CPUS];
	uint64_t part = size / nr / CHUNK * CHUNK, sum = 0;
	struct reader readers[MAX_CPUS];
	unsigned int i;

	counts_of("virtio0-req", nr, before);
	for (i = 0; i < nr; i++)
		readers[i] = start_reader("/dev/vda", cpus[i], i * part, i + 1 == nr ? size : (i + 1) * part);
	for (i = 0; i < nr; i++)
		sum += end_reader(readers[i], "parallel read");
	counts_of("virtio0-req", nr, after);
	for (i = 0; i < nr; i++) {
		printf("CPU%d: %llu ITS-MSI interrupts of the first drive\n", cpus[i], after[i] - before[i]);
		if (after[i] <= before[i])
			bad("no ITS-MSI interrupt of the first drive on CPU%d", cpus[i]);
	}
	printf("%llu bytes, sum %llx\n", (unsigned long long)size, (unsigned long long)sum);
	if (sum != expected_sum())
		bad("sum %llx instead of %llx", (unsigned long long)sum, (unsigned long long)expected_sum());
}

/* The second drive is read from anywhere while its vector goes from CPU to CPU. */
static void read_while_moving(unsigned int nr, const int *cpus, uint64_t size)
{
	unsigned long long before[MAX_CPUS], after[MAX_CPUS];
	unsigned int irq = number_of("virtio1-virtqueues"), i, round;
	char path[64], mask[16];
	struct reader r;

	if (!irq) {
		bad("no vector of the second drive");
		return;
	}
	snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity", irq);
	counts_of("virtio1-virtqueues", nr, before);
	r = start_reader("/dev/vdb", -1, 0, size);
	for (round = 0; round < 8; round++)
		for (i = 0; i < nr; i++) {
			snprintf(mask, sizeof(mask), "%x", 1u << cpus[i]);
			if (!write_file(path, mask))
				bad("%s does not take %s", path, mask);
			usleep(40000);
		}
	(void)end_reader(r, "read while the vector moves");
	counts_of("virtio1-virtqueues", nr, after);
	for (i = 0; i < nr; i++) {
		printf("CPU%d: %llu ITS-MSI interrupts of the second drive\n", cpus[i], after[i] - before[i]);
		if (after[i] <= before[i])
			bad("no ITS-MSI interrupt of the second drive on CPU%d", cpus[i]);
	}
}

/* The last CPU goes off and comes back while both are read; its queue's vector goes and comes with it. */
static void read_through_hotplug(unsigned int nr, const int *cpus, uint64_t size)
{
	struct reader readers[2];
	char path[64];
	int again[MAX_CPUS];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpus[nr - 1]);
	readers[0] = start_reader("/dev/vda", -1, 0, size / 4 / CHUNK * CHUNK);
	readers[1] = start_reader("/dev/vdb", -1, 0, size / 4 / CHUNK * CHUNK);
	usleep(50000);
	if (!write_file(path, "0"))
		bad("CPU%d does not go offline", cpus[nr - 1]);
	usleep(100000);
	if (!write_file(path, "1"))
		bad("CPU%d does not come online", cpus[nr - 1]);
	(void)end_reader(readers[0], "read of the first drive through hotplug");
	(void)end_reader(readers[1], "read of the second drive through hotplug");
	if (online_cpus(again) != nr)
		bad("CPU%d is not back", cpus[nr - 1]);
}

int main(void)
{
	int cpus[MAX_CPUS];
	unsigned int nr;
	uint64_t size;

	guest_start();
	nr = online_cpus(cpus);
	printf("%u CPUs online\n", nr);
	load_modules();
	if (wait_for("/dev/vda") && wait_for("/dev/vdb") && (size = size_of("vda")) != 0) {
		read_on_all(nr, cpus, size);
		read_while_moving(nr, cpus, size);
		if (nr > 1) {
			read_through_hotplug(nr, cpus, size);
			read_on_all(nr, cpus, size);
		}
	}
	guest_end();
	return 1;
}
