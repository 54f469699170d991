/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * run.c - the command "vgic run": options, and one machine after the other until the guest is done.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "irqchip.h"
#include "machine.h"
#include "pl011.h"
#include "util.h"

#define EXIT_TIMEOUT 124

#define DEFAULT_MEM_MIB 512
#define MAX_TIMEOUT_S   (UINT64_C(10) * 365 * 24 * 3600)
#define MAX_LRS         16

/* Linux takes 2048 at most; libfdt needs a bound. */
#define MAX_APPEND 65536u

static const char usage[] =
	"usage: vgic run [OPTION]... IMAGE\n"
	"Runs IMAGE, an arm64 Linux Image, an AArch64 ELF file or a flat binary (loaded and entered at RAM + 0x80000),\n"
	"at EL1 on a virtual machine like QEMU's \"virt\" whose interrupt controller is libvgic.\n"
	"  --cpus N      CPUs, 1 to %u (1)\n"
	"  --mem MIB     RAM in MiB, 1 to %llu (%u)\n"
	"  --initrd FILE initial RAM disk\n"
	"  --append S    added to the kernel command line\n"
	"  --dtb FILE    this device tree instead of an own one\n"
	"  --its N       interrupt translation services, 0 to %u (1); LPIs if not 0\n"
	"  --drive F     block device backed by a file, as PCIe device with MSI-X; F[,queues=N][,vectors=N]; up to %u\n"
	"  --timeout S   end after S seconds\n"
	"  --lrs N       list registers, 1 to %u\n"
	"  --stats       print what the interrupt controller did\n"
	"  --trace       print what it does, on standard error\n"
	"Console: standard input and output; on a terminal Ctrl-A x ends the run. A reset by the guest restarts it.\n"
	"On timeout it prints where each CPU is and which interrupts wait for what.\n"
	"Exit status: 0 the guest has switched the machine off, 124 timeout, 1 anything else.\n";

static void print_usage(FILE *stream)
{
	fprintf(stream, usage, MACH_MAX_CPUS, (unsigned long long)MACH_MAX_MEM_MIB, DEFAULT_MEM_MIB, MACH_MAX_ITS,
	        MACH_MAX_DRIVES, MAX_LRS);
}

enum {
	OPT_CPUS = 256,
	OPT_MEM,
	OPT_INITRD,
	OPT_APPEND,
	OPT_DTB,
	OPT_ITS,
	OPT_DRIVE,
	OPT_TIMEOUT,
	OPT_LRS,
	OPT_STATS,
	OPT_TRACE,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "dtb", required_argument, NULL, OPT_DTB },
	{ "its", required_argument, NULL, OPT_ITS },
	{ "drive", required_argument, NULL, OPT_DRIVE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "lrs", required_argument, NULL, OPT_LRS },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool number_option(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *val)
{
	if (parse_number(text, min, max, val))
		return true;
	complain("--%s %s: must be a whole number from %llu to %llu", name, text, (unsigned long long)min,
	         (unsigned long long)max);
	return false;
}

/* -1: go on, else the exit status. */
static int set_option(int opt, const char *arg, struct machine_config *config)
{
	uint64_t val;

	switch (opt) {
	case OPT_CPUS:
		if (!number_option("cpus", arg, 1, MACH_MAX_CPUS, &val))
			return 1;
		config->nr_cpus = (unsigned int)val;
		return -1;
	case OPT_MEM:
		if (!number_option("mem", arg, 1, MACH_MAX_MEM_MIB, &val))
			return 1;
		config->mem_size = val << 20;
		return -1;
	case OPT_TIMEOUT:
		if (!number_option("timeout", arg, 1, MAX_TIMEOUT_S, &val))
			return 1;
		config->deadline_ns = host_ns() + val * UINT64_C(1000000000);
		return -1;
	case OPT_ITS:
		if (!number_option("its", arg, 0, MACH_MAX_ITS, &val))
			return 1;
		config->nr_its = (unsigned int)val;
		return -1;
	case OPT_DRIVE:
		if (config->nr_drives == MACH_MAX_DRIVES) {
			complain("--drive: more than %u", MACH_MAX_DRIVES);
			return 1;
		}
		config->drives[config->nr_drives++] = arg;
		return -1;
	case OPT_LRS:
		if (!number_option("lrs", arg, 1, MAX_LRS, &val))
			return 1;
		config->nr_lrs = (unsigned int)val;
		return -1;
	case OPT_INITRD:
		config->initrd = arg;
		return -1;
	case OPT_APPEND:
		if (strlen(arg) > MAX_APPEND) {
			complain("--append: longer than %u characters", MAX_APPEND);
			return 1;
		}
		config->append = arg;
		return -1;
	case OPT_DTB:
		config->dtb = arg;
		return -1;
	case OPT_STATS:
		config->stats = true;
		return -1;
	case OPT_TRACE:
		config->trace = true;
		return -1;
	case OPT_HELP:
		print_usage(stdout);
		return 0;
	}
	return 1;
}

static int parse_options(int argc, char **argv, struct machine_config *config)
{
	int opt, status;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (opt == ':' || opt == '?') {
			complain("%s: %s", argv[optind - 1],
			         opt == ':' ? "needs an argument" : "no such option, or one argument too many");
			print_usage(stderr);
			return 1;
		}
		status = set_option(opt, optarg, config);
		if (status >= 0)
			return status;
	}
	if (optind + 1 != argc) {
		complain(optind == argc ? "no IMAGE given" : "more than one IMAGE given");
		print_usage(stderr);
		return 1;
	}
	config->image = argv[optind];
	return -1;
}

/* One run from power on. */
static enum machine_end run_machine(const struct machine_config *config)
{
	struct machine *m = machine_create(config);
	enum machine_end end;

	if (!m)
		return MACHINE_FAILED;
	end = machine_run(m);
	if (end == MACHINE_TIMEOUT)
		machine_report(m);
	if (config->stats)
		irqchip_print_stats(m->chip, stderr);
	machine_destroy(m);
	return end;
}

int cmd_run(int argc, char **argv)
{
	struct machine_config config = { .nr_cpus = 1, .mem_size = (uint64_t)DEFAULT_MEM_MIB << 20, .nr_its = 1 };
	enum machine_end end;
	/* getopt_long() starts behind the program's name: here that of the command. */
	int status = parse_options(argc + 1, argv - 1, &config);

	if (status >= 0)
		return status;
	console_raw();
	do
		end = run_machine(&config);
	while (end == MACHINE_RESET && !(config.deadline_ns && host_ns() >= config.deadline_ns));
	/* A guest that resets itself for ever. */
	if (end == MACHINE_RESET)
		end = MACHINE_TIMEOUT;
	console_restore();
	switch (end) {
	case MACHINE_OFF:
		return 0;
	case MACHINE_TIMEOUT:
		complain("timeout");
		return EXIT_TIMEOUT;
	case MACHINE_QUIT:
		complain("ended by the user");
		return 1;
	default:
		return 1;
	}
}
