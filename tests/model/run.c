/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: running a program on the model and, through the mock, on the library, in lock step. What would be UNPREDICTABLE
 * is left out, by what the model knows.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <vgic_mock.h>

#include "program.h"

struct run {
	const struct program *p;
	struct outcome *out;
	struct mock_vm *vm;
	struct model *g;
	FILE *script;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void differ(struct run *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failed)
		return;
	r->failed = true;
	va_start(ap, fmt);
	vsnprintf(r->out->why, sizeof(r->out->why), fmt, ap);
	va_end(ap);
}

static void mock_failure(void *arg, const char *what)
{
	differ(arg, "the mock: %s", what);
}

/* --- What is done, as a script --- */

__attribute__((format(printf, 2, 3))) static void note(struct run *r, const char *fmt, ...)
{
	va_list ap;

	/* Nothing after what differs. */
	if (!r->script || r->failed)
		return;
	va_start(ap, fmt);
	vfprintf(r->script, fmt, ap);
	va_end(ap);
	fputc('\n', r->script);
}

static uint64_t script_address(const struct event *e)
{
	return (e->frame == DIST   ? 0x08000000u :
	        e->frame == REDIST ? 0x080a0000u + e->n * 0x20000u :
	                             0x08080000u) +
	       e->offset;
}

static char width(uint32_t size)
{
	return size == 8 ? 'q' : size == 4 ? 'l' : size == 2 ? 'w' : 'b';
}

static const char *sysreg_name(uint32_t sysreg)
{
	static const struct {
		uint32_t sysreg;
		const char *name;
	} names[] = { { ICC_PMR_EL1, "ICC_PMR_EL1" },         { ICC_BPR0_EL1, "ICC_BPR0_EL1" },
		      { ICC_BPR1_EL1, "ICC_BPR1_EL1" },       { ICC_CTLR_EL1, "ICC_CTLR_EL1" },
		      { ICC_IGRPEN0_EL1, "ICC_IGRPEN0_EL1" }, { ICC_IGRPEN1_EL1, "ICC_IGRPEN1_EL1" },
		      { ICC_SGI1R_EL1, "ICC_SGI1R_EL1" },     { ICC_SGI0R_EL1, "ICC_SGI0R_EL1" },
		      { ICC_ASGI1R_EL1, "ICC_ASGI1R_EL1" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].sysreg == sysreg)
			return names[i].name;
	return "?";
}

/* --- Looking --- */

/* All vCPUs obey their kicks. What is another's is passed on by the one that has it, perhaps to one that was asked. */
static void settle(struct run *r)
{
	mock_run_deferred(r->vm);
	for (uint32_t i = 0; i < 2 * r->p->cfg.nr_cpus; i++)
		if (!r->g->cpu[i % r->p->cfg.nr_cpus].off)
			mock_guest_nop(r->vm, i % r->p->cfg.nr_cpus);
}

static void look(struct run *r, uint32_t cpu)
{
	uint32_t val;

	settle(r);
	r->out->looks++;
	val = mock_guest_lines(r->vm, cpu);
	note(r, "x-lines %" PRIu32, cpu);
	if (!model_lines(r->g, cpu, val))
		differ(r, "lines of vCPU %" PRIu32 " are %" PRIu32, cpu, val);
	for (uint32_t group = 0; group < 2; group++) {
		val = mock_guest_hppir(r->vm, cpu, group);
		note(r, "x-icc-read %" PRIu32 " ICC_HPPIR%" PRIu32 "_EL1", cpu, group);
		if (!model_hppir(r->g, cpu, group, val))
			differ(r, "ICC_HPPIR%" PRIu32 "_EL1 of vCPU %" PRIu32 " is %" PRIu32, group, cpu, val);
	}
	val = mock_guest_rpr(r->vm, cpu);
	note(r, "x-icc-read %" PRIu32 " ICC_RPR_EL1", cpu);
	if (val != model_rpr(r->g, cpu))
		differ(r, "ICC_RPR_EL1 of vCPU %" PRIu32 " is %#" PRIx32 ", the model says %#" PRIx32, cpu, val,
		       model_rpr(r->g, cpu));
}

/* WFI falls through for an interrupt that is signalled (D1.6.2 of the Arm ARM), masked by PSTATE or not. */
static void look_wfi(struct run *r, uint32_t cpu)
{
	bool pending;

	settle(r);
	mock_vcpu_exit(r->vm, cpu);
	pending = lvgic_vcpu_pending(mock_vcpu(r->vm, cpu));
	if (!model_wfi(r->g, cpu, pending))
		differ(r, "lvgic_vcpu_pending of vCPU %" PRIu32 " is %d", cpu, pending);
	if (pending && !lvgic_vcpu_has_work(mock_vcpu(r->vm, cpu)))
		differ(r, "vCPU %" PRIu32 " is pending and has no work", cpu);
}

/* --- Events --- */

static uint64_t frame_read(struct run *r, uint32_t cpu, const struct event *e)
{
	if (e->frame == DIST)
		return mock_dist_r(r->vm, cpu, e->offset, e->size);
	if (e->frame == REDIST)
		return mock_redist_r(r->vm, cpu, e->n, e->offset, e->size);
	return mock_mmio_r(r->vm, cpu, MOCK_ITS_GPA + e->offset, e->size);
}

static void frame_write(struct run *r, uint32_t cpu, const struct event *e, uint64_t val)
{
	if (e->frame == DIST)
		mock_dist_w(r->vm, cpu, e->offset, e->size, val);
	else if (e->frame == REDIST)
		mock_redist_w(r->vm, cpu, e->n, e->offset, e->size, val);
	else
		mock_mmio_w(r->vm, cpu, MOCK_ITS_GPA + e->offset, e->size, val);
}

static uint32_t accessor(const struct run *r, const struct event *e)
{
	return e->cpu == NOBODY || r->g->cpu[e->cpu].off ? MOCK_DEBUGGER : e->cpu;
}

static void do_read(struct run *r, const struct event *e)
{
	uint64_t care, want = model_read(r->g, e->frame, e->n, e->offset, e->size, &care), got;

	/* The model is never busy with an effect: no RWP (GICD_CTLR, GICR_CTLR). */
	if (e->frame != ITS && e->offset < 4)
		settle(r);
	got = frame_read(r, accessor(r, e), e);
	r->out->reads++;
	note(r, "read%c 0x%" PRIx64, width(e->size), script_address(e));
	if ((got ^ want) & care)
		differ(r, "%s %" PRIu32 " offset %#" PRIx32 " reads %#" PRIx64 ", the model says %#" PRIx64,
		       e->frame == DIST   ? "Distributor" :
		       e->frame == REDIST ? "Redistributor" :
		                            "ITS",
		       e->n, e->offset, got, want);
}

static void check_its(struct run *r)
{
	uint64_t count, error;

	if (!r->p->cfg.its)
		return;
	mock_run_deferred(r->vm);
	error = mock_its_error(r->vm, 0, &count);
	if (count != r->g->its.errors || (count && error != r->g->its.last_error))
		differ(r, "%" PRIu64 " command errors, the last %#" PRIx64 ", the model says %" PRIu64 ", %#" PRIx64,
		       count, error, r->g->its.errors, r->g->its.last_error);
}

static void do_write(struct run *r, const struct event *e)
{
	uint64_t val = model_may_write(r->g, e->frame, e->n, e->offset, e->size, e->val);

	note(r, "write%c 0x%" PRIx64 " 0x%" PRIx64, width(e->size), script_address(e), val);
	frame_write(r, accessor(r, e), e, val);
	model_write(r->g, e->frame, e->n, e->offset, e->size, val);
	check_its(r);
}

static void do_line(struct run *r, const struct event *e)
{
	const struct irq *irq = model_find(r->g, e->cpu, e->n);

	/* A wire that is driven to the level that it has. */
	if (irq->line == (e->val != 0))
		return;
	note(r, "set_irq_in /machine/gic unnamed-gpio-in %" PRIu32 " %d",
	     e->n >= 32 ? e->n - 32 : NR_SPIS + 32 * e->cpu + e->n, e->val != 0);
	mock_inject(r->vm, e->cpu, e->n, e->val);
	model_line(r->g, e->cpu, e->n, e->val);
}

static void do_msi(struct run *r, const struct event *e)
{
	bool want = its_message(r->g, e->n, (uint32_t)e->val);
	enum lvgic_status got = lvgic_inject_msi(mock_its(r->vm, 0), e->n, (uint32_t)e->val);

	note(r, "x-msi 0x%" PRIx32 " 0x%" PRIx64, e->n, e->val);
	if ((got == LVGIC_OK) != want)
		differ(r, "message %#" PRIx32 " %#" PRIx64 ": %s, the model says %s", e->n, e->val,
		       lvgic_strstatus(got), want ? "signalled" : "dropped");
}

/* Is anything active that would be ended otherwise than it was begun, if EOImode changed? */
static bool keeps_eoimode(const struct run *r, const struct cpu *c, uint64_t val)
{
	bool any = false;

	for (uint32_t i = 0; i < NR_IRQS; i++)
		any |= r->g->irq[i].active;
	return !any || !(val & ICC_CTLR_EOImode) == !c->eoimode;
}

/* A register of the CPU interface; not what would make the end of an acknowledged interrupt UNPREDICTABLE. */
static void do_icc(struct run *r, const struct event *e)
{
	struct cpu *c = &r->g->cpu[e->cpu];
	uint32_t val = (uint32_t)e->val, min;

	if (c->off || (c->depth && (e->n == ICC_BPR0_EL1 || e->n == ICC_BPR1_EL1 || e->n == ICC_CTLR_EL1)) ||
	    (e->n == ICC_CTLR_EL1 && !keeps_eoimode(r, c, e->val)))
		return;
	note(r, "x-icc-write %" PRIu32 " %s 0x%" PRIx64, e->cpu, sysreg_name(e->n), e->val);
	(void)mock_guest_msr(r->vm, e->cpu, e->n, e->val);
	switch (e->n) {
	case ICC_PMR_EL1:
		c->pmr = model_implemented(r->g, val);
		break;
	case ICC_BPR0_EL1:
	case ICC_BPR1_EL1:
		/* ICC_BPR1_EL1 while CBPR is 1: writes are ignored. */
		min = 7 - r->g->cfg.pri_bits + (e->n == ICC_BPR1_EL1);
		if (e->n == ICC_BPR0_EL1 || !c->cbpr)
			c->bpr[e->n == ICC_BPR1_EL1] = (val & 7) < min ? min : val & 7;
		break;
	case ICC_CTLR_EL1:
		c->cbpr = val & ICC_CTLR_CBPR;
		c->eoimode = val & ICC_CTLR_EOImode;
		break;
	case ICC_IGRPEN0_EL1:
	case ICC_IGRPEN1_EL1:
		c->igrpen[e->n == ICC_IGRPEN1_EL1] = val & 1;
		break;
	default:
		model_sgi(r->g, e->cpu, e->n, e->val);
		break;
	}
}

static uint32_t acknowledge(struct run *r, uint32_t cpu, uint32_t group)
{
	uint32_t intid;

	settle(r);
	intid = mock_guest_ack(r->vm, cpu, group);
	note(r, "x-icc-read %" PRIu32 " ICC_IAR%" PRIu32 "_EL1", cpu, group);
	if (!model_ack(r->g, cpu, group, intid))
		differ(r, "ICC_IAR%" PRIu32 "_EL1 of vCPU %" PRIu32 " is %" PRIu32, group, cpu, intid);
	r->out->taken += intid != SPURIOUS;
	return intid;
}

static void end(struct run *r, uint32_t cpu)
{
	uint32_t group = 0;
	const struct irq *irq = model_end(r->g, cpu, &group);

	if (!irq)
		return;
	note(r, "x-icc-write %" PRIu32 " ICC_EOIR%" PRIu32 "_EL1 %" PRIu32, cpu, group, irq->intid);
	mock_guest_eoi(r->vm, cpu, group, irq->intid);
}

static void deactivate(struct run *r, uint32_t cpu, uint32_t intid)
{
	if (!model_may_deactivate(r->g, cpu, intid))
		return;
	note(r, "x-icc-write %" PRIu32 " ICC_DIR_EL1 %" PRIu32, cpu, intid);
	mock_guest_dir(r->vm, cpu, intid);
	model_deactivate(r->g, cpu, intid);
}

/* PSCI; what resets with the CPU interface is set up again. */
static void power(struct run *r, uint32_t cpu)
{
	static const struct {
		uint32_t sysreg, val;
	} setup[] = { { ICC_PMR_EL1, 0xff }, { ICC_IGRPEN0_EL1, 1 }, { ICC_IGRPEN1_EL1, 1 } };

	note(r, "x-power %" PRIu32 " %d", cpu, r->g->cpu[cpu].off);
	if (!r->g->cpu[cpu].off) {
		mock_vcpu_off(r->vm, cpu);
		model_off(r->g, cpu);
		return;
	}
	mock_vcpu_on(r->vm, cpu);
	model_cpu_reset(r->g, cpu);
	for (uint32_t i = 0; i < 3; i++) {
		const struct event e = { .cpu = cpu, .n = setup[i].sysreg, .val = setup[i].val };

		do_icc(r, &e);
	}
}

/* Memory; not the pending table of a Redistributor that uses it (UNPREDICTABLE, 5.1.2). */
static void poke(struct run *r, const struct event *e)
{
	if (e->val >= PEND_GPA && r->g->cpu[(e->val - PEND_GPA) / 0x10000].lpis)
		return;
	for (uint32_t i = 0; i < e->size; i++)
		note(r, "writeb 0x%" PRIx64 " 0x%x", e->val + i, (unsigned int)(e->w[0] >> 8 * i & 0xff));
	memcpy(&r->g->ram[e->val - RAM_GPA], &e->w[0], e->size);
	mock_mem_poke(r->vm, e->val, &e->w[0], e->size);
}

/* Into the queue where the next one goes, if there is a queue. */
static void command(struct run *r, const struct event *e)
{
	const struct its *its = &r->g->its;
	uint64_t size = ((its->cbaser & 0xff) + 1) * 4096;
	struct event write = { .cpu = e->cpu, .frame = ITS, .offset = GITS_CWRITER, .size = 8 };

	/* A full queue would be an empty one. */
	if (!(its->cbaser >> 63) || (its->cwriter + 32) % size == its->creadr)
		return;
	for (uint32_t i = 0; i < 4; i++) {
		const struct event word = { .val = QUEUE_GPA + its->cwriter + i * 8, .size = 8, .w = { e->w[i] } };

		poke(r, &word);
	}
	write.val = (its->cwriter + 32) % size;
	do_write(r, &write);
}

static void do_event(struct run *r, const struct event *e)
{
	switch (e->op) {
	case OP_READ:
		do_read(r, e);
		return;
	case OP_WRITE:
		do_write(r, e);
		return;
	case OP_LINE:
		do_line(r, e);
		return;
	case OP_MSI:
		do_msi(r, e);
		return;
	case OP_ICC:
		do_icc(r, e);
		return;
	case OP_POWER:
		power(r, e->cpu);
		return;
	case OP_POKE:
		poke(r, e);
		return;
	case OP_COMMAND:
		command(r, e);
		return;
	default:
		break;
	}
	if (r->g->cpu[e->cpu].off)
		return;
	if (e->op == OP_ACK)
		(void)acknowledge(r, e->cpu, e->n);
	else if (e->op == OP_EOI)
		end(r, e->cpu);
	else if (e->op == OP_DIR)
		deactivate(r, e->cpu, e->n);
	else if (e->op == OP_LOOK)
		look(r, e->cpu);
	else
		look_wfi(r, e->cpu);
}

/* --- The end: nothing is lost --- */

static void read_bits(struct run *r, enum frame frame, uint32_t n, uint32_t offset)
{
	const struct event e = { .op = OP_READ, .cpu = NOBODY, .frame = frame, .n = n, .offset = offset, .size = 4 };

	do_read(r, &e);
}

static void read_state(struct run *r)
{
	static const uint32_t regs[] = { GICD_ISPENDR, GICD_ISACTIVER, GICD_ISENABLER };

	for (uint32_t i = 0; i < 3; i++) {
		for (uint32_t n = 0; n < r->p->cfg.nr_cpus; n++)
			read_bits(r, REDIST, n, GICR_SGI_BASE + regs[i]);
		for (uint32_t n = 1; n <= NR_SPIS / 32; n++)
			read_bits(r, DIST, 0, regs[i] + 4 * n);
	}
}

/* The pending tables in memory. */
static void read_tables(struct run *r)
{
	for (uint32_t cpu = 0; r->p->cfg.its && cpu < r->p->cfg.nr_cpus; cpu++) {
		uint64_t gpa = PEND_GPA + cpu * 0x10000 + FIRST_LPI / 8;
		uint8_t got[64];

		if (r->g->cpu[cpu].lpis) {
			const struct event off = {
				.cpu = NOBODY, .frame = REDIST, .n = cpu, .offset = GICR_CTLR, .size = 4
			};

			do_write(r, &off);
		}
		(void)mock_mem_peek(r->vm, gpa, got, sizeof(got));
		if (memcmp(got, &r->g->ram[gpa - RAM_GPA], sizeof(got)) != 0)
			differ(r, "the pending table of vCPU %" PRIu32, cpu);
	}
}

/* All wires low, all that is running ended, then everything that is there is taken; then nothing may be left. */
static void drain(struct run *r)
{
	bool more = true;

	for (uint32_t i = 0; i < NR_IRQS; i++)
		if (r->g->irq[i].line) {
			const struct event low = { .cpu = r->g->irq[i].owner == NOBODY ? 0 : r->g->irq[i].owner,
				                   .n = r->g->irq[i].intid };

			do_line(r, &low);
		}
	for (uint32_t cpu = 0; cpu < r->p->cfg.nr_cpus; cpu++) {
		const struct event open = { .cpu = cpu, .n = ICC_PMR_EL1, .val = 0xff };

		while (r->g->cpu[cpu].depth)
			end(r, cpu);
		do_icc(r, &open);
	}
	while (more && !r->failed) {
		more = false;
		for (uint32_t i = 0; i < 2 * r->p->cfg.nr_cpus; i++)
			if (!r->g->cpu[i / 2].off && acknowledge(r, i / 2, i % 2) != SPURIOUS) {
				end(r, i / 2);
				more = true;
			}
	}
	if (!r->failed && model_any_candidate(r->g))
		differ(r, "something is left that nobody was given");
}

static void prologue(struct run *r)
{
	uint32_t n;

	note(r, "writel 0x08000000 3");
	for (n = 1; n <= NR_SPIS / 32; n++) {
		note(r, "writel 0x%x 0xffffffff", 0x08000080 + 4 * n);
		note(r, "writel 0x%x 0xffffffff", 0x08000100 + 4 * n);
	}
	for (n = 8; n < 8 + NR_SPIS / 4; n++)
		note(r, "writel 0x%x 0xa0a0a0a0", 0x08000400 + 4 * n);
	for (n = 0; n < r->p->cfg.nr_cpus; n++) {
		note(r, "writel 0x%x 0", 0x080a0014 + 0x20000 * n);
		note(r, "writel 0x%x 0xffffffff", 0x080b0080 + 0x20000 * n);
		note(r, "writel 0x%x 0xffffffff", 0x080b0100 + 0x20000 * n);
		for (uint32_t i = 0; i < 8; i++)
			note(r, "writel 0x%x 0xa0a0a0a0", 0x080b0400 + 0x20000 * n + 4 * i);
		note(r, "x-icc-write %u ICC_PMR_EL1 0xff", n);
		note(r, "x-icc-write %u ICC_IGRPEN0_EL1 1", n);
		note(r, "x-icc-write %u ICC_IGRPEN1_EL1 1", n);
	}
}

bool program_run(const struct program *p, struct outcome *out, FILE *script)
{
	static const struct lvgic_its_config its = {
		.size = sizeof(its), .collection_bits = 4, .max_devices = NR_DEVICES + 1, .max_events = 8192
	};
	struct run r = { .p = p, .out = out, .script = script, .g = malloc(sizeof(*r.g)) };
	struct mock_config config = { .nr_vcpus = p->cfg.nr_cpus,
		                      .nr_spis = NR_SPIS,
		                      .nr_lrs = p->nr_lrs,
		                      .trapped = !p->nr_lrs,
		                      .pri_bits = p->cfg.pri_bits,
		                      .nr_its = p->cfg.its,
		                      .its = &its,
		                      .max_lpis = p->cfg.its ? 256 : 0,
		                      .failure = mock_failure,
		                      .failure_arg = &r };

	if (!r.g)
		abort();
	memset(out, 0, sizeof(*out));
	model_init(r.g, &p->cfg);
	r.vm = mock_vm_create(&config);
	mock_guest_enable_all(r.vm);
	for (uint32_t cpu = 0; cpu < p->cfg.nr_cpus; cpu++)
		mock_guest_set_pmr(r.vm, cpu, 0xff);
	if (p->cfg.its)
		mock_mem_add(r.vm, RAM_GPA, RAM_SIZE);
	prologue(&r);
	for (out->at = 0; out->at < p->nr_events && !r.failed; out->at++)
		do_event(&r, &p->event[out->at]);
	if (!r.failed)
		drain(&r);
	if (!r.failed) {
		read_state(&r);
		read_tables(&r);
	}
	mock_vm_destroy(r.vm);
	free(r.g);
	return !r.failed;
}
