/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * irqchip.c - the machine's interrupt controller: libvgic with the trapped CPU interface, on one thread.
 */
#include "irqchip.h"

#include <libvgic/libvgic.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

struct irqchip_cpu {
	struct irqchip *chip;
	struct lvgic_vcpu *vcpu;
	unsigned int id;
};

#define LPI_ID_BITS 16
#define MAX_LPIS    ((1u << LPI_ID_BITS) - LVGIC_FIRST_LPI)

struct irqchip {
	struct irqchip_config config;
	struct lvgic *vgic;
	struct lvgic_its **its;
	bool deferred;
	struct irqchip_cpu *cpus;
	char lock; /* one thread: its address serves for all locks */
};

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
	(void)rank;
	return &((struct irqchip *)ctx)->lock;
}

static void op_lock_destroy(void *ctx, void *lock)
{
	(void)ctx;
	(void)lock;
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

static void op_kick(void *vctx)
{
	const struct irqchip_cpu *cpu = vctx;

	cpu->chip->config.kick(cpu->chip->config.opaque, cpu->id);
}

/* While one CPU traps, no other one runs. */
static void op_halt(void *vctx)
{
	(void)vctx;
}

static enum lvgic_status op_mem_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	const struct irqchip *chip = ctx;
	const void *ram = chip->config.ram(chip->config.opaque, gpa, len);

	if (!ram)
		return LVGIC_ERR_FAULT;
	memcpy(buf, ram, len);
	return LVGIC_OK;
}

static enum lvgic_status op_mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	const struct irqchip *chip = ctx;
	void *ram = chip->config.ram(chip->config.opaque, gpa, len);

	if (!ram)
		return LVGIC_ERR_FAULT;
	memcpy(ram, buf, len);
	chip->config.dirty(chip->config.opaque, gpa, len);
	return LVGIC_OK;
}

static void op_defer(void *ctx)
{
	((struct irqchip *)ctx)->deferred = true;
}

static uint64_t op_clock(void *ctx)
{
	(void)ctx;
	return host_ns();
}

static void op_guest_error(void *ctx, void *vctx, const struct lvgic_guest_error *error)
{
	static const char *const what[] = {
		[LVGIC_GUEST_ERROR_MMIO_WIDTH] = "access of a width or alignment that the register does not have",
		[LVGIC_GUEST_ERROR_MMIO_RESERVED] = "access of a reserved offset",
		[LVGIC_GUEST_ERROR_MMIO_RO] = "write of a read-only register",
		[LVGIC_GUEST_ERROR_MMIO_WO] = "read of a write-only register",
		[LVGIC_GUEST_ERROR_SYSREG] = "undefined system register",
		[LVGIC_GUEST_ERROR_SGI_TARGET] = "SGI for a CPU that does not exist",
		[LVGIC_GUEST_ERROR_ROUTE] = "route to a CPU that does not exist",
		[LVGIC_GUEST_ERROR_LPI_TABLE] = "an LPI table is not in RAM",
		[LVGIC_GUEST_ERROR_LPI_QUOTA] = "a pending LPI exceeds the quota",
		[LVGIC_GUEST_ERROR_ITS_COMMAND] = "ITS command error",
		[LVGIC_GUEST_ERROR_ITS_QUEUE] = "GITS_CWRITER outside of the queue",
	};
	const struct irqchip *chip = ctx;
	const struct irqchip_cpu *cpu = vctx;

	/* Guests probe; that is worth a line only to somebody who looks at the interrupt controller. */
	if (!chip->config.stats || (size_t)error->kind >= sizeof(what) / sizeof(what[0]))
		return;
	complain("guest error %llu, CPU %d: %s: 0x%llx, %u bytes, value 0x%llx", (unsigned long long)error->count,
	         cpu ? (int)cpu->id : -1, what[error->kind], (unsigned long long)error->address,
	         (unsigned int)error->size, (unsigned long long)error->value);
}

static void op_trace(void *ctx, const struct lvgic_event *event)
{
	(void)ctx;
	fprintf(stderr, "vgic: %-8s", lvgic_strevent(event->kind));
	if (event->vcpu != UINT32_MAX)
		fprintf(stderr, " CPU %u", (unsigned int)event->vcpu);
	if (event->kind == LVGIC_EVENT_MMIO)
		fprintf(stderr, " offset 0x%x", (unsigned int)event->intid);
	else if (event->kind == LVGIC_EVENT_COMMAND)
		fprintf(stderr, " code 0x%x", (unsigned int)event->intid);
	else
		fprintf(stderr, " INTID %u", (unsigned int)event->intid);
	fprintf(stderr, " arg 0x%llx word 0x%llx\n", (unsigned long long)event->arg, (unsigned long long)event->word);
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
	.halt = op_halt,
	.resume = op_halt,
	.mem_read = op_mem_read,
	.mem_write = op_mem_write,
	.defer = op_defer,
	.clock = op_clock,
	.guest_error = op_guest_error,
};

static enum lvgic_status set_up(struct irqchip *chip)
{
	const struct irqchip_config *c = &chip->config;
	const struct lvgic_config config = {
		.size = sizeof(config),
		.flags = c->stats ? LVGIC_CONFIG_STATS : 0,
		.nr_vcpus = c->nr_cpus,
		.nr_spis = c->nr_spis,
		.nr_lrs = c->nr_lrs,
		.lpi_id_bits = c->nr_its ? LPI_ID_BITS : 0,
		.max_lpis = c->nr_its ? MAX_LPIS : 0,
	};
	struct lvgic_ops used_ops = ops;
	enum lvgic_status status;
	unsigned int i;

	/* A trace that nobody wants should cost nothing. */
	if (c->trace)
		used_ops.trace = op_trace;
	status = lvgic_create(&config, &used_ops, chip, &chip->vgic);
	for (i = 0; status == LVGIC_OK && i < c->nr_cpus; i++) {
		chip->cpus[i].chip = chip;
		chip->cpus[i].id = i;
		status = lvgic_vcpu_create(chip->vgic, i, c->affinity(i), &chip->cpus[i], &chip->cpus[i].vcpu);
	}
	if (status == LVGIC_OK)
		status = lvgic_set_dist(chip->vgic, c->dist_base);
	if (status == LVGIC_OK)
		status = lvgic_add_redists(chip->vgic, c->redist_base, c->nr_cpus);
	for (i = 0; status == LVGIC_OK && i < c->nr_its; i++) {
		const struct lvgic_its_config its = {
			.size = sizeof(its), .gpa = c->its_base(i), .max_devices = 1024, .max_events = 65536
		};

		status = lvgic_its_create(chip->vgic, &its, &chip->its[i]);
	}
	if (status == LVGIC_OK)
		status = lvgic_start(chip->vgic);
	return status;
}

struct irqchip *irqchip_create(const struct irqchip_config *config)
{
	struct irqchip *chip = calloc(1, sizeof(*chip));
	enum lvgic_status status = LVGIC_ERR_NOMEM;

	if (chip) {
		chip->config = *config;
		chip->cpus = calloc(config->nr_cpus, sizeof(*chip->cpus));
		chip->its = calloc(config->nr_its + 1u, sizeof(struct lvgic_its *));
		if (chip->cpus && chip->its)
			status = set_up(chip);
	}
	if (status != LVGIC_OK) {
		complain("cannot make the interrupt controller: %s", lvgic_strstatus(status));
		irqchip_destroy(chip);
		return NULL;
	}
	return chip;
}

void irqchip_destroy(struct irqchip *chip)
{
	if (!chip)
		return;
	lvgic_destroy(chip->vgic);
	free(chip->cpus);
	free(chip->its);
	free(chip);
}

bool irqchip_mmio_read(struct irqchip *chip, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t *val)
{
	return lvgic_mmio_read(chip->vgic, chip->cpus[cpu].vcpu, gpa, size, val) == LVGIC_OK;
}

bool irqchip_mmio_write(struct irqchip *chip, unsigned int cpu, uint64_t gpa, unsigned int size, uint64_t val)
{
	return lvgic_mmio_write(chip->vgic, chip->cpus[cpu].vcpu, gpa, size, val) == LVGIC_OK;
}

bool irqchip_sysreg_read(struct irqchip *chip, unsigned int cpu, uint32_t sysreg, uint64_t *val)
{
	return lvgic_icc_read(chip->cpus[cpu].vcpu, sysreg, val) == LVGIC_OK;
}

bool irqchip_sysreg_write(struct irqchip *chip, unsigned int cpu, uint32_t sysreg, uint64_t val)
{
	return lvgic_icc_write(chip->cpus[cpu].vcpu, sysreg, val) == LVGIC_OK;
}

bool irqchip_set_spi(struct irqchip *chip, unsigned int intid, bool level)
{
	return lvgic_inject(chip->vgic, NULL, intid, level) == LVGIC_OK;
}

bool irqchip_set_ppi(struct irqchip *chip, unsigned int cpu, unsigned int intid, bool level)
{
	return lvgic_inject(chip->vgic, chip->cpus[cpu].vcpu, intid, level) == LVGIC_OK;
}

bool irqchip_msi(struct irqchip *chip, uint64_t doorbell, uint32_t device, uint32_t event)
{
	struct lvgic_its *its = lvgic_its_by_gpa(chip->vgic, doorbell);

	if (!its)
		return false;
	/* That nothing is mapped is the guest's business. */
	(void)lvgic_inject_msi(its, device, event);
	return true;
}

bool irqchip_work(struct irqchip *chip)
{
	if (!chip->deferred)
		return false;
	chip->deferred = false;
	(void)lvgic_run_deferred(chip->vgic);
	return chip->deferred;
}

unsigned int irqchip_lines(struct irqchip *chip, unsigned int cpu)
{
	uint32_t lines = lvgic_vcpu_lines(chip->cpus[cpu].vcpu);

	return (lines & LVGIC_LINE_IRQ ? IRQCHIP_IRQ : 0) | (lines & LVGIC_LINE_FIQ ? IRQCHIP_FIQ : 0);
}

bool irqchip_pending(struct irqchip *chip, unsigned int cpu)
{
	return lvgic_vcpu_pending(chip->cpus[cpu].vcpu);
}

void irqchip_cpu_sleeps(struct irqchip *chip, unsigned int cpu, bool sleeps)
{
	if (sleeps)
		lvgic_vcpu_block(chip->cpus[cpu].vcpu);
	else
		lvgic_vcpu_unblock(chip->cpus[cpu].vcpu);
}

void irqchip_cpu_on(struct irqchip *chip, unsigned int cpu)
{
	lvgic_vcpu_on(chip->cpus[cpu].vcpu);
}

void irqchip_cpu_off(struct irqchip *chip, unsigned int cpu)
{
	lvgic_vcpu_off(chip->cpus[cpu].vcpu);
}

void irqchip_explain(struct irqchip *chip, unsigned int cpu, FILE *stream)
{
	struct lvgic_vcpu *vcpu = cpu < chip->config.nr_cpus ? chip->cpus[cpu].vcpu : NULL;
	uint32_t first = vcpu ? 0 : cpu == IRQCHIP_SPIS ? LVGIC_FIRST_SPI : LVGIC_FIRST_LPI;
	uint32_t end = vcpu                ? LVGIC_NR_PRIVATE :
	               cpu == IRQCHIP_SPIS ? LVGIC_FIRST_SPI + chip->config.nr_spis :
	                                     LVGIC_FIRST_LPI + MAX_LPIS;
	uint32_t intid;

	for (intid = first; intid < end; intid++) {
		struct lvgic_explanation e;

		lvgic_explain(chip->vgic, vcpu, intid, &e);
		if (e.why == LVGIC_WHY_NO_SUCH || e.why == LVGIC_WHY_NOT_PENDING)
			continue;
		fprintf(stream, "  INTID %u", (unsigned int)intid);
		if (!vcpu && e.vcpu != UINT32_MAX)
			fprintf(stream, " for CPU %u", (unsigned int)e.vcpu);
		fprintf(stream, ": %s (word 0x%llx)\n", lvgic_strwhy(e.why), (unsigned long long)e.word);
	}
}

static void print_histogram(FILE *stream, const struct lvgic_stats *s)
{
	int bucket;

	fprintf(stream, "latencies from injection to acknowledge:\n");
	for (bucket = 0; bucket < LVGIC_LATENCY_BUCKETS; bucket++)
		if (s->latency[bucket])
			fprintf(stream, "  from %12llu ns: %llu\n", bucket ? 1ull << bucket : 0ull,
			        (unsigned long long)s->latency[bucket]);
}

static void print_line(FILE *stream, const char *name, const struct lvgic_stats *s)
{
	uint64_t delivered = 0;
	int kind;

	for (kind = 0; kind < LVGIC_NR_KINDS; kind++)
		delivered += s->delivered[kind];
	fprintf(stream, "%-6s", name);
	for (kind = 0; kind < LVGIC_NR_KINDS; kind++)
		fprintf(stream, " %9llu %9llu", (unsigned long long)s->injected[kind],
		        (unsigned long long)s->delivered[kind]);
	fprintf(stream, " %9llu %9llu %9llu %9llu %9llu %6llu %9llu %9llu %9llu\n", (unsigned long long)s->kicks,
	        (unsigned long long)s->forwards, (unsigned long long)s->drops, (unsigned long long)s->lr_loads,
	        (unsigned long long)s->lr_evictions, (unsigned long long)s->lr_max, (unsigned long long)s->overflows,
	        (unsigned long long)(delivered ? s->latency_ns / delivered : 0), (unsigned long long)s->latency_max_ns);
}

void irqchip_print_stats(struct irqchip *chip, FILE *stream)
{
	struct lvgic_stats stats;
	unsigned int cpu, i;

	fprintf(stream,
	        "libvgic: interrupts (made pending, acknowledged) and the work for them; latencies in ns\n"
	        "%-6s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s %6s %9s %9s %9s\n",
	        "CPU", "SGI", "ack", "PPI", "ack", "SPI", "ack", "LPI", "ack", "kicks", "forwards", "drops", "LR loads",
	        "evicted", "LR max", "overflows", "mean lat", "max lat");
	for (cpu = 0; cpu < chip->config.nr_cpus; cpu++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", cpu);
		lvgic_get_stats(chip->vgic, chip->cpus[cpu].vcpu, &stats);
		print_line(stream, name, &stats);
	}
	lvgic_get_stats(chip->vgic, NULL, &stats);
	print_line(stream, "all", &stats);
	print_histogram(stream, &stats);
	for (i = 0; i < chip->config.nr_its; i++) {
		struct lvgic_its_stats its;

		lvgic_its_get_stats(chip->its[i], &its);
		fprintf(stream,
		        "ITS %u: %llu commands, %llu errors (the last 0x%llx), %llu deferred, %llu messages dropped, %u devices, "
		        "%u events\n",
		        i, (unsigned long long)its.commands, (unsigned long long)its.errors,
		        (unsigned long long)its.last_error, (unsigned long long)its.deferrals,
		        (unsigned long long)its.dropped, (unsigned int)its.devices, (unsigned int)its.events);
	}
	fprintf(stream, "guest errors: %llu\n", (unsigned long long)stats.guest_errors);
}
