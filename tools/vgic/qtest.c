/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * vgic qtest: QEMU virt's GIC and RAM without CPUs, driven over stdin and stdout by QEMU's qtest line protocol, so that
 * one script can drive this library and QEMU's GIC side by side. Accesses are made as vCPU 0 (if it is off, as a
 * debugger). What is neither RAM nor a GIC frame is answered by FAIL. A line that begins with # is a comment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include <libvgic/libvgic.h>

#include "commands.h"

#define GICD_BASE 0x08000000ull
#define GITS_BASE 0x08080000ull
#define GITS_MORE 0x0b100000ull /* the second and later ITSs: not on QEMU's board */
#define GICR_BASE 0x080a0000ull
#define RAM_BASE  0x40000000ull
#define RAM_SIZE  0x10000000ull
#define NR_SPIS   256u
#define MAX_CPUS  123u
#define MAX_ITS   4u
#define MAX_ARGS  8

struct machine {
	struct lvgic *vgic;
	struct lvgic_vcpu *vcpu[MAX_CPUS];
	uint32_t nr_cpus;
	struct lvgic_its *its[MAX_ITS];
	uint32_t nr_its;
	uint8_t *ram;
	bool kicked;
	bool deferred;
	bool off[MAX_CPUS];
	/* Levels of the wires: a wire that is driven to the level it has does nothing. SPIs, then 32 of each CPU. */
	bool wire[NR_SPIS + 32 * MAX_CPUS];
};

/* One thread: the ops have little to do. */
static void *op_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void op_free(void *ctx, void *mem, size_t size)
{
	(void)ctx;
	(void)size;
	free(mem);
}

static void *op_lock_create(void *ctx, enum lvgic_lock_rank rank)
{
	(void)ctx;
	(void)rank;
	return malloc(1);
}

static void op_lock_destroy(void *ctx, void *lock)
{
	(void)ctx;
	free(lock);
}

static uintptr_t op_lock(void *ctx, void *lock)
{
	(void)ctx;
	(void)lock;
	return 0;
}

static void op_unlock(void *ctx, void *lock, uintptr_t flags)
{
	(void)ctx;
	(void)lock;
	(void)flags;
}

/* A vCPU is asked to look: settle() has all of them do so after the command. */
static void op_kick(void *vctx)
{
	bool *kicked = vctx;

	*kicked = true;
}

/* No CPU runs. */
static void op_nothing(void *vctx)
{
	(void)vctx;
}

static bool in_ram(uint64_t addr, uint64_t len)
{
	return addr >= RAM_BASE && addr - RAM_BASE < RAM_SIZE && len <= RAM_SIZE - (addr - RAM_BASE);
}

static enum lvgic_status op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	const struct machine *m = ctx;

	if (!in_ram(gpa, len))
		return LVGIC_ERR_FAULT;
	memcpy(buf, m->ram + (gpa - RAM_BASE), len);
	return LVGIC_OK;
}

static enum lvgic_status op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	const struct machine *m = ctx;

	if (!in_ram(gpa, len))
		return LVGIC_ERR_FAULT;
	memcpy(m->ram + (gpa - RAM_BASE), buf, len);
	return LVGIC_OK;
}

static void op_defer(void *ctx)
{
	((struct machine *)ctx)->deferred = true;
}

static const struct lvgic_ops ops = {
	.size = sizeof(ops),
	.alloc = op_alloc,
	.free = op_free,
	.lock_create = op_lock_create,
	.lock_destroy = op_lock_destroy,
	.lock = op_lock,
	.unlock = op_unlock,
	.kick = op_kick,
	.halt = op_nothing,
	.resume = op_nothing,
	.mem_read = op_mem_read,
	.mem_write = op_mem_write,
	.defer = op_defer,
};

__attribute__((format(printf, 1, 2))) static void reply(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* A number as strtoull with base 0 reads it, all of the word, without a sign. */
static bool number(const char *word, uint64_t *value)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	*value = strtoull(word, &end, 0);
	return !errno && !*end;
}

static uint32_t width(char suffix)
{
	switch (suffix) {
	case 'b':
		return 1;
	case 'w':
		return 2;
	case 'l':
		return 4;
	case 'q':
		return 8;
	}
	return 0;
}

/* Who makes an access to memory. */
static struct lvgic_vcpu *accessor(const struct machine *m)
{
	return m->off[0] ? NULL : m->vcpu[0];
}

static void cmd_read(struct machine *m, uint32_t size, char **arg)
{
	uint64_t addr, value = 0;

	if (!number(arg[1], &addr))
		reply("FAIL bad address");
	else if (in_ram(addr, size)) {
		memcpy(&value, m->ram + (addr - RAM_BASE), size);
		reply("OK 0x%016llx", (unsigned long long)value);
	} else if (lvgic_mmio_read(m->vgic, accessor(m), addr, size, &value) == LVGIC_OK)
		reply("OK 0x%016llx", (unsigned long long)value);
	else
		reply("FAIL nothing at this address");
}

static void cmd_write(struct machine *m, uint32_t size, char **arg)
{
	uint64_t addr, value;

	if (!number(arg[1], &addr) || !number(arg[2], &value))
		reply("FAIL bad address or value");
	else if (in_ram(addr, size)) {
		memcpy(m->ram + (addr - RAM_BASE), &value, size);
		reply("OK");
	} else if (lvgic_mmio_write(m->vgic, accessor(m), addr, size, value) == LVGIC_OK)
		reply("OK");
	else
		reply("FAIL nothing at this address");
}

static void cmd_memset(struct machine *m, char **arg)
{
	uint64_t addr, len, byte;

	if (!number(arg[1], &addr) || !number(arg[2], &len) || !number(arg[3], &byte) || byte > 0xff)
		reply("FAIL bad address, length or byte");
	else if (!in_ram(addr, len))
		reply("FAIL not in RAM");
	else {
		memset(m->ram + (addr - RAM_BASE), (int)byte, len);
		reply("OK");
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void cmd_write_bytes(struct machine *m, char **arg)
{
	uint64_t addr, len, i;
	const char *hex = arg[3];

	if (!number(arg[1], &addr) || !number(arg[2], &len) || strncmp(hex, "0x", 2) != 0) {
		reply("FAIL bad address, length or data");
		return;
	}
	hex += 2;
	if (!in_ram(addr, len)) {
		reply("FAIL not in RAM");
		return;
	}
	/* All of it is checked before any of it is written. */
	if (strlen(hex) != 2 * len || strspn(hex, "0123456789abcdefABCDEF") != 2 * len) {
		reply("FAIL data is not LEN bytes of hexadecimal");
		return;
	}
	for (i = 0; i < len; i++)
		m->ram[addr - RAM_BASE + i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	reply("OK");
}

static void cmd_read_bytes(struct machine *m, char **arg)
{
	uint64_t addr, len, i;

	if (!number(arg[1], &addr) || !number(arg[2], &len)) {
		reply("FAIL bad address or length");
		return;
	}
	if (!len || !in_ram(addr, len)) {
		reply("FAIL not in RAM");
		return;
	}
	printf("OK 0x");
	for (i = 0; i < len; i++)
		printf("%02x", m->ram[addr - RAM_BASE + i]);
	reply("%s", "");
}

/* set_irq_in PATH unnamed-gpio-in N LEVEL: N as on QEMU's GIC, SPIs first, then 32 inputs for each CPU. */
static void cmd_set_irq_in(struct machine *m, char **arg)
{
	struct lvgic_vcpu *vcpu = NULL;
	uint64_t n, level;
	uint32_t intid;

	if (strcmp(arg[2], "unnamed-gpio-in") != 0 || !number(arg[3], &n) || !number(arg[4], &level)) {
		reply("FAIL expected set_irq_in PATH unnamed-gpio-in N LEVEL");
		return;
	}
	if (n >= NR_SPIS + 32 * m->nr_cpus) {
		reply("FAIL no such input");
		return;
	}
	if (n < NR_SPIS) {
		intid = LVGIC_FIRST_SPI + (uint32_t)n;
	} else {
		intid = (uint32_t)(n - NR_SPIS) % 32;
		vcpu = m->vcpu[(n - NR_SPIS) / 32];
		if (intid < LVGIC_NR_SGIS) {
			reply("FAIL an SGI has no input");
			return;
		}
	}
	if (m->wire[n] != (level != 0)) {
		m->wire[n] = level != 0;
		if (lvgic_inject(m->vgic, vcpu, intid, level != 0) != LVGIC_OK) {
			reply("FAIL not injected");
			return;
		}
	}
	reply("OK");
}

static const struct {
	const char *name;
	uint32_t sysreg;
} sysregs[] = {
	{ "ICC_PMR_EL1", ICC_PMR_EL1 },
	{ "ICC_IAR0_EL1", ICC_IAR0_EL1 },
	{ "ICC_EOIR0_EL1", ICC_EOIR0_EL1 },
	{ "ICC_HPPIR0_EL1", ICC_HPPIR0_EL1 },
	{ "ICC_BPR0_EL1", ICC_BPR0_EL1 },
	{ "ICC_AP0R0_EL1", ICC_AP0R0_EL1 },
	{ "ICC_AP0R1_EL1", ICC_AP0R1_EL1 },
	{ "ICC_AP0R2_EL1", ICC_AP0R2_EL1 },
	{ "ICC_AP0R3_EL1", ICC_AP0R3_EL1 },
	{ "ICC_AP1R0_EL1", ICC_AP1R0_EL1 },
	{ "ICC_AP1R1_EL1", ICC_AP1R1_EL1 },
	{ "ICC_AP1R2_EL1", ICC_AP1R2_EL1 },
	{ "ICC_AP1R3_EL1", ICC_AP1R3_EL1 },
	{ "ICC_NMIAR1_EL1", ICC_NMIAR1_EL1 },
	{ "ICC_DIR_EL1", ICC_DIR_EL1 },
	{ "ICC_RPR_EL1", ICC_RPR_EL1 },
	{ "ICC_SGI1R_EL1", ICC_SGI1R_EL1 },
	{ "ICC_ASGI1R_EL1", ICC_ASGI1R_EL1 },
	{ "ICC_SGI0R_EL1", ICC_SGI0R_EL1 },
	{ "ICC_IAR1_EL1", ICC_IAR1_EL1 },
	{ "ICC_EOIR1_EL1", ICC_EOIR1_EL1 },
	{ "ICC_HPPIR1_EL1", ICC_HPPIR1_EL1 },
	{ "ICC_BPR1_EL1", ICC_BPR1_EL1 },
	{ "ICC_CTLR_EL1", ICC_CTLR_EL1 },
	{ "ICC_SRE_EL1", ICC_SRE_EL1 },
	{ "ICC_IGRPEN0_EL1", ICC_IGRPEN0_EL1 },
	{ "ICC_IGRPEN1_EL1", ICC_IGRPEN1_EL1 },
	/* Of higher exception levels: UNDEFINED at EL1. */
	{ "ICC_SRE_EL2", LVGIC_SYSREG(3, 4, 12, 9, 5) },
	{ "ICC_CTLR_EL3", LVGIC_SYSREG(3, 6, 12, 12, 4) },
	{ "ICC_SRE_EL3", LVGIC_SYSREG(3, 6, 12, 12, 5) },
	{ "ICC_IGRPEN1_EL3", LVGIC_SYSREG(3, 6, 12, 12, 7) },
};

static bool sysreg_by_name(const char *name, uint32_t *sysreg)
{
	size_t i;

	for (i = 0; i < sizeof(sysregs) / sizeof(sysregs[0]); i++)
		if (!strcasecmp(name, sysregs[i].name)) {
			*sysreg = sysregs[i].sysreg;
			return true;
		}
	return false;
}

/* NULL: no such CPU, or it is off. */
static struct lvgic_vcpu *cpu_arg(const struct machine *m, const char *word)
{
	uint64_t cpu;

	return number(word, &cpu) && cpu < m->nr_cpus && !m->off[cpu] ? m->vcpu[cpu] : NULL;
}

static void cmd_icc(struct machine *m, char **arg, bool write)
{
	struct lvgic_vcpu *vcpu = cpu_arg(m, arg[1]);
	enum lvgic_status status;
	uint64_t value = 0;
	uint32_t sysreg;

	if (!vcpu) {
		reply("FAIL no such CPU");
		return;
	}
	if (!sysreg_by_name(arg[2], &sysreg)) {
		reply("FAIL no such register");
		return;
	}
	if (write && !number(arg[3], &value)) {
		reply("FAIL bad value");
		return;
	}
	status = write ? lvgic_icc_write(vcpu, sysreg, value) : lvgic_icc_read(vcpu, sysreg, &value);
	if (status == LVGIC_ERR_UNDEF)
		reply("FAIL UNDEF");
	else if (write)
		reply("OK");
	else
		reply("OK 0x%llx", (unsigned long long)value);
}

/* x-power CPU 0|1: PSCI's CPU_OFF and CPU_ON. */
static void cmd_power(struct machine *m, char **arg)
{
	uint64_t cpu, on;

	if (!number(arg[1], &cpu) || cpu >= m->nr_cpus || !number(arg[2], &on) || on > 1) {
		reply("FAIL expected x-power CPU 0|1");
		return;
	}
	if (on && m->off[cpu])
		lvgic_vcpu_on(m->vcpu[cpu]);
	else if (!on && !m->off[cpu])
		lvgic_vcpu_off(m->vcpu[cpu]);
	m->off[cpu] = !on;
	reply("OK");
}

static void cmd_lines(struct machine *m, char **arg)
{
	struct lvgic_vcpu *vcpu = cpu_arg(m, arg[1]);

	if (vcpu)
		reply("OK 0x%x", lvgic_vcpu_lines(vcpu));
	else
		reply("FAIL no such CPU");
}

/*
 * What CPUs that run would do at once: look at what came, and pass on what is another's. Each round is caused by a
 * kick; an interrupt moves on only if something changed, so there are few.
 */
static void settle(struct machine *m)
{
	uint32_t i;

	do {
		m->kicked = false;
		while (m->deferred) {
			m->deferred = false;
			(void)lvgic_run_deferred(m->vgic);
		}
		for (i = 0; i < m->nr_cpus; i++)
			if (!m->off[i])
				(void)lvgic_vcpu_lines(m->vcpu[i]);
	} while (m->kicked || m->deferred);
}

/* x-msi DEVICE EVENT [ITS]: a device writes EVENT to the doorbell. "OK 0" if it was dropped, as nothing is mapped. */
static void cmd_msi(struct machine *m, char **arg, int n)
{
	uint64_t device, event, its = 0;

	if (!number(arg[1], &device) || !number(arg[2], &event) || (n == 4 && !number(arg[3], &its)) ||
	    device > UINT32_MAX || event > UINT32_MAX)
		reply("FAIL bad device, event or ITS");
	else if (its >= m->nr_its)
		reply("FAIL no ITS");
	else
		reply("OK %d", lvgic_inject_msi(m->its[its], (uint32_t)device, (uint32_t)event) == LVGIC_OK);
}

static void command(struct machine *m, char **arg, int n)
{
	const char *name = arg[0];
	size_t len = strlen(name);

	if (len == 5 && !strncmp(name, "read", 4) && width(name[4]) && n == 2)
		cmd_read(m, width(name[4]), arg);
	else if (len == 6 && !strncmp(name, "write", 5) && width(name[5]) && n == 3)
		cmd_write(m, width(name[5]), arg);
	else if (!strcmp(name, "read") && n == 3)
		cmd_read_bytes(m, arg);
	else if (!strcmp(name, "write") && n == 4)
		cmd_write_bytes(m, arg);
	else if (!strcmp(name, "memset") && n == 4)
		cmd_memset(m, arg);
	else if (!strcmp(name, "set_irq_in") && n == 5)
		cmd_set_irq_in(m, arg);
	else if (!strcmp(name, "x-icc-read") && n == 3)
		cmd_icc(m, arg, false);
	else if (!strcmp(name, "x-icc-write") && n == 4)
		cmd_icc(m, arg, true);
	else if (!strcmp(name, "x-lines") && n == 2)
		cmd_lines(m, arg);
	else if (!strcmp(name, "x-power") && n == 3)
		cmd_power(m, arg);
	else if (!strcmp(name, "x-msi") && (n == 3 || n == 4))
		cmd_msi(m, arg, n);
	else
		reply("FAIL unknown command or wrong number of arguments");
}

static bool machine_create(struct machine *m, uint32_t nr_lrs, uint32_t pri_bits)
{
	struct lvgic_config cfg = { .size = sizeof(cfg),
		                    .nr_vcpus = m->nr_cpus,
		                    .nr_spis = NR_SPIS,
		                    .nr_lrs = nr_lrs,
		                    .pri_bits = pri_bits,
		                    .lpi_id_bits = m->nr_its ? 16 : 0,
		                    .max_lpis = m->nr_its ? 57344 : 0 };
	uint32_t i;

	m->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->ram == MAP_FAILED || lvgic_create(&cfg, &ops, m, &m->vgic) != LVGIC_OK)
		return false;
	for (i = 0; i < m->nr_cpus; i++)
		if (lvgic_vcpu_create(m->vgic, i, i % 16 | (i / 16) << 8, &m->kicked, &m->vcpu[i]) != LVGIC_OK)
			return false;
	for (i = 0; i < m->nr_its; i++) {
		struct lvgic_its_config its = { .size = sizeof(its), .max_devices = 1024, .max_events = 65536 };

		its.gpa = i ? GITS_MORE + (i - 1) * 0x20000ull : GITS_BASE;
		if (lvgic_its_create(m->vgic, &its, &m->its[i]) != LVGIC_OK)
			return false;
	}
	return lvgic_set_dist(m->vgic, GICD_BASE) == LVGIC_OK &&
	       lvgic_add_redists(m->vgic, GICR_BASE, m->nr_cpus) == LVGIC_OK && lvgic_start(m->vgic) == LVGIC_OK;
}

static void serve(struct machine *m)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		char *arg[MAX_ARGS + 1], *save = NULL, *word;
		int n = 0;

		if (line[0] == '#')
			continue;
		if (memchr(line, '\0', (size_t)len)) {
			reply("FAIL NUL byte in line");
			continue;
		}
		for (word = strtok_r(line, " \t\r\n", &save); word && n <= MAX_ARGS;
		     word = strtok_r(NULL, " \t\r\n", &save))
			arg[n++] = word;
		if (n == 0)
			reply("FAIL empty line");
		else
			command(m, arg, n);
		settle(m);
	}
	free(line);
}

int cmd_qtest(int argc, char **argv)
{
	static struct machine machine;
	uint64_t cpus = 1, lrs = 4, pri_bits = 5, its = 1;
	bool ok;
	int i;

	for (i = 0; i < argc; i += 2) {
		uint64_t *value = !strcmp(argv[i], "--cpus")     ? &cpus :
		                  !strcmp(argv[i], "--lrs")      ? &lrs :
		                  !strcmp(argv[i], "--pri-bits") ? &pri_bits :
		                  !strcmp(argv[i], "--its")      ? &its :
		                                                   NULL;

		if (!value || i + 1 >= argc || !number(argv[i + 1], value)) {
			fprintf(stderr,
			        "vgic qtest: bad option %s\n"
			        "usage: vgic qtest [--cpus N] [--lrs N] [--pri-bits N] [--its N]\n",
			        argv[i]);
			return 1;
		}
	}
	if (cpus < 1 || cpus > MAX_CPUS || lrs < 1 || lrs > LVGIC_MAX_LRS || pri_bits < 5 || pri_bits > 7 ||
	    its > MAX_ITS) {
		fprintf(stderr,
		        "vgic qtest: --cpus is 1 to %u, --lrs is 1 to %u, --pri-bits is 5 to 7, --its is 0 to %u\n",
		        MAX_CPUS, LVGIC_MAX_LRS, MAX_ITS);
		return 1;
	}
	machine.nr_cpus = (uint32_t)cpus;
	machine.nr_its = (uint32_t)its;
	ok = machine_create(&machine, (uint32_t)lrs, (uint32_t)pri_bits);
	if (ok)
		serve(&machine);
	else
		fprintf(stderr, "vgic qtest: cannot create the machine\n");
	lvgic_destroy(machine.vgic);
	return ok ? 0 : 1;
}
