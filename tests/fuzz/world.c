/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the VM of a fuzz target on the mock hypervisor, and the operations on it that all targets share.
 * Locks: none; one thread. The operations in the middle of others (world_nested()) are those which the library has
 * promised to allow at any time: a device, or another vCPU that is in the guest.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "invariants.h"

void fuzz_fail(const char *format, ...)
{
	va_list args;

	fputs("fuzz: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

uint64_t in_value(struct input *in)
{
	switch (in_below(in, 8)) {
	case 0:
		return 0;
	case 1:
		return ~0ull;
	case 2:
		return 1ull << in_below(in, 64);
	case 3:
		return in_byte(in) * 0x0101010101010101ull;
	case 4:
		return in_bytes(in, 2);
	case 5:
		return in_bytes(in, 4);
	case 6:
		return in_bytes(in, 8);
	default:
		return in_byte(in);
	}
}

/* --- Checks --- */

static void check_vcpu(struct world *w, uint32_t cpu)
{
	bool stays = mock_vcpu_in_guest(w->vm, cpu) || w->asleep[cpu];

	/* A lost kick: nobody would look. */
	if (stays && !w->off[cpu] && !mock_kicked(w->vm, cpu) && invariants_wants_kick(mock_vcpu(w->vm, cpu)))
		fuzz_fail("vCPU %u has something to look at and was not kicked", cpu);
}

void world_check(struct world *w)
{
	char what[256];

	if (!invariants_hold(mock_vgic(w->vm), what, sizeof(what)))
		fuzz_fail("%s", what);
	if (invariants_work_left(mock_vgic(w->vm)) && !mock_deferred(w->vm))
		fuzz_fail("work is left that nobody was asked to do");
	for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++)
		check_vcpu(w, cpu);
}

void world_create(struct world *w, const struct mock_config *config)
{
	w->nr_vcpus = config->nr_vcpus;
	w->nr_spis = config->nr_spis;
	w->nr_its = config->nr_its;
	w->lpi_id_bits = config->lpi_id_bits;
	w->v4 = config->v4;
	w->vm = mock_vm_create(config);
}

void world_run(struct world *w, void (*step)(struct world *w))
{
	world_check(w);
	while (w->in.left) {
		step(w);
		world_check(w);
	}
	world_end(w);
}

void world_end(struct world *w)
{
	mock_on_event(w->vm, NULL, NULL);
	if (w->v4) {
		mock_v4_between(w->vm, NULL, NULL);
		mock_v4_fail(w->vm, 0, 0, 0);
		for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++)
			mock_vcpu_put(w->vm, cpu);
		mock_vm_fini(w->vm);
		mock_v4_check_end(w->vm);
	}
	mock_vm_destroy(w->vm);
}

/* --- Who acts --- */

bool world_runs(struct world *w, uint32_t cpu)
{
	if (w->off[cpu])
		return false;
	if (w->asleep[cpu])
		w->asleep[cpu] = !mock_guest_wake(w->vm, cpu);
	return !w->asleep[cpu];
}

uint32_t world_actor(struct world *w)
{
	uint32_t cpu = in_byte(&w->in) % (w->nr_vcpus + 1);

	return cpu < w->nr_vcpus && world_runs(w, cpu) ? cpu : MOCK_DEBUGGER;
}

/* --- The CPU interface --- */

static void took(struct world *w, uint32_t cpu, uint32_t intid)
{
	if (intid == GIC_INTID_SPURIOUS)
		return;
	memmove(&w->taken[cpu][1], &w->taken[cpu][0], 3 * sizeof(w->taken[0][0]));
	w->taken[cpu][0] = intid;
}

static uint32_t some_intid(struct world *w, uint32_t cpu)
{
	uint32_t i = in_below(&w->in, 6);

	return i < 4 ? w->taken[cpu][i] : i == 4 ? in_byte(&w->in) : (uint32_t)in_bytes(&w->in, 3);
}

static const uint32_t sysregs[] = { ICC_PMR_EL1,     ICC_IAR0_EL1,   ICC_EOIR0_EL1,  ICC_HPPIR0_EL1, ICC_BPR0_EL1,
	                            ICC_AP0R0_EL1,   ICC_AP0R1_EL1,  ICC_AP0R2_EL1,  ICC_AP0R3_EL1,  ICC_AP1R0_EL1,
	                            ICC_AP1R1_EL1,   ICC_AP1R2_EL1,  ICC_AP1R3_EL1,  ICC_NMIAR1_EL1, ICC_DIR_EL1,
	                            ICC_RPR_EL1,     ICC_SGI1R_EL1,  ICC_ASGI1R_EL1, ICC_SGI0R_EL1,  ICC_IAR1_EL1,
	                            ICC_EOIR1_EL1,   ICC_HPPIR1_EL1, ICC_BPR1_EL1,   ICC_CTLR_EL1,   ICC_SRE_EL1,
	                            ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1 };

static void any_sysreg(struct world *w, uint32_t cpu)
{
	uint32_t what = in_byte(&w->in);
	uint32_t sysreg = what & 0x80 ? (uint32_t)in_bytes(&w->in, 2) :
	                                sysregs[what % (sizeof(sysregs) / sizeof(sysregs[0]))];
	uint64_t val = 0;

	if (what & 0x40)
		(void)!mock_guest_msr(w->vm, cpu, sysreg, in_value(&w->in));
	else if (mock_guest_mrs(w->vm, cpu, sysreg, &val) == LVGIC_OK &&
	         (sysreg == ICC_IAR0_EL1 || sysreg == ICC_IAR1_EL1))
		took(w, cpu, (uint32_t)val);
}

/* What is harmless in the middle of another operation comes first: nothing that would halt a vCPU. */
static void cpu_op(struct world *w, uint32_t cpu, uint32_t op)
{
	struct mock_vm *vm = w->vm;
	uint32_t group = op >> 7, sgi;

	switch (op % 16) {
	case 0:
	case 1:
	case 2:
		took(w, cpu, mock_guest_ack(vm, cpu, !group));
		break;
	case 3:
	case 4:
		mock_guest_eoi(vm, cpu, !group, some_intid(w, cpu));
		break;
	case 5:
		sgi = in_below(&w->in, 16);
		mock_guest_sgi(vm, cpu, !group, sgi, in_below(&w->in, w->nr_vcpus));
		break;
	case 6:
		mock_guest_nop(vm, cpu);
		break;
	case 7:
		(void)mock_guest_lines(vm, cpu);
		break;
	case 8:
		mock_guest_set_pmr(vm, cpu, in_byte(&w->in));
		break;
	case 9:
		mock_guest_set_igrpen(vm, cpu, !group, in_byte(&w->in) & 1);
		break;
	case 10:
		mock_guest_dir(vm, cpu, some_intid(w, cpu));
		break;
	case 11:
		mock_guest_set_ctlr(vm, cpu, in_below(&w->in, 4));
		break;
	case 12:
		mock_guest_set_bpr(vm, cpu, !group, in_below(&w->in, 8));
		break;
	case 13:
		(void)mock_guest_hppir(vm, cpu, !group);
		(void)mock_guest_rpr(vm, cpu);
		break;
	default:
		any_sysreg(w, cpu);
		break;
	}
}

void world_cpu_op(struct world *w)
{
	uint32_t cpu = in_below(&w->in, w->nr_vcpus);
	uint32_t op = in_byte(&w->in);

	if (world_runs(w, cpu))
		cpu_op(w, cpu, op);
}

/* --- Devices --- */

static void inject(struct world *w)
{
	uint32_t what = in_byte(&w->in), cpu = in_below(&w->in, w->nr_vcpus);
	uint32_t intid = what & 0x40 ? 16 + what % 16 : 32 + what % 32;

	(void)!lvgic_inject(mock_vgic(w->vm), mock_vcpu(w->vm, cpu), intid, what >> 7);
}

static void inject_anything(struct world *w)
{
	struct lvgic *vg = mock_vgic(w->vm);
	struct lvgic_vcpu *v = mock_vcpu(w->vm, in_below(&w->in, w->nr_vcpus));
	uint32_t intid = (uint32_t)in_bytes(&w->in, 2) % 1100, pintid = 32 + in_byte(&w->in) % 64;

	if (intid < LVGIC_NR_PRIVATE)
		pintid = 16 + pintid % 16;
	switch (in_below(&w->in, 8)) {
	case 0:
		(void)!lvgic_map_hw(vg, v, intid, pintid);
		break;
	case 1:
		(void)!lvgic_unmap_hw(vg, v, intid);
		break;
	case 2:
		(void)!lvgic_notify_eoi(vg, v, intid, in_byte(&w->in) & 1);
		break;
	case 3:
		mock_phys_set_level(w->vm, lvgic_vcpu_id(v), pintid, in_byte(&w->in) & 1);
		break;
	case 4:
		mock_phys_set_active(w->vm, lvgic_vcpu_id(v), pintid, in_byte(&w->in) & 1);
		break;
	default:
		(void)!lvgic_inject(vg, v, intid, in_byte(&w->in) & 1);
		break;
	}
}

void world_device_op(struct world *w)
{
	if (in_byte(&w->in) & 3)
		inject(w);
	else
		inject_anything(w);
}

/*
 * In the middle of what the library does: a device, or an instruction of a vCPU that is in the guest. Not one that
 * would halt another: that one may be in the library, further out on this stack.
 */
static void nested(struct mock_vm *vm, const struct lvgic_event *event, void *arg)
{
	struct world *w = arg;
	uint32_t cpu;

	if (w->trace)
		fprintf(stderr, "%4zu left: %-8s vCPU %d INTID %u word %#llx arg %#llx\n", w->in.left,
		        lvgic_strevent(event->kind), (int)event->vcpu, event->intid, (unsigned long long)event->word,
		        (unsigned long long)event->arg);
	if (event->kind == LVGIC_EVENT_MMIO || !w->pending_event || --w->pending_event || w->nested)
		return;
	w->nested = true;
	cpu = in_below(&w->in, w->nr_vcpus);
	if (in_byte(&w->in) & 1)
		inject(w);
	else if (!w->off[cpu] && !w->asleep[cpu] && mock_vcpu_in_guest(vm, cpu))
		cpu_op(w, cpu, in_byte(&w->in) & 0x87);
	w->nested = false;
}

void world_interleave(struct world *w)
{
	w->trace = getenv("VGIC_FUZZ_TRACE") != NULL;
	mock_on_event(w->vm, nested, w);
}

/* --- Registers --- */

struct range {
	uint32_t base, size;
};

static const struct range gicd[] = {
	{ GICD_CTLR, 0x10 },        { GICD_STATUSR, 0x70 },
	{ GICD_IGROUPR, 0x20 },     { GICD_ISENABLER, 0x20 },
	{ GICD_ICENABLER, 0x20 },   { GICD_ISPENDR, 0x20 },
	{ GICD_ICPENDR, 0x20 },     { GICD_ISACTIVER, 0x20 },
	{ GICD_ICACTIVER, 0x20 },   { GICD_IPRIORITYR + 32, 0x60 },
	{ GICD_ICFGR, 0x20 },       { GICD_ITARGETSR, 0x20 },
	{ GICD_IGRPMODR, 0x300 },   { GICD_IROUTER + 0x100, 0x200 },
	{ 0x6000, 0x2000 },         { GIC_IDREGS, 0x30 },
	{ GICD_IPRIORITYR, 0x400 }, { 0, 0x10000 },
};

static const struct range gicr[] = {
	{ GICR_CTLR, 0x20 },
	{ GICR_SETLPIR, 0x90 },
	{ GICR_CTLR, 4 },
	{ GICR_WAKER, 4 },
	{ GIC_IDREGS, 0x30 },
	{ GICR_SGI_BASE + GICD_IGROUPR, 4 },
	{ GICR_SGI_BASE + GICD_ISENABLER, 4 },
	{ GICR_SGI_BASE + GICD_ICENABLER, 4 },
	{ GICR_SGI_BASE + GICD_ISPENDR, 4 },
	{ GICR_SGI_BASE + GICD_ICPENDR, 4 },
	{ GICR_SGI_BASE + GICD_ISACTIVER, 4 },
	{ GICR_SGI_BASE + GICD_ICACTIVER, 4 },
	{ GICR_SGI_BASE + GICD_IPRIORITYR, 0x20 },
	{ GICR_SGI_BASE + GICD_ICFGR, 8 },
	{ GICR_SGI_BASE, 0x1000 },
	{ 0, 0x20000 },
};

static const struct range gits[] = {
	{ GITS_CTLR, 0x10 },  { GITS_CTLR, 4 },       { GITS_STATUSR, 4 }, { GITS_CBASER, 8 },
	{ GITS_CWRITER, 8 },  { GITS_CREADR, 8 },     { GITS_BASER, 16 },  { GITS_BASER, 0x40 },
	{ GIC_IDREGS, 0x30 }, { GITS_TRANSLATER, 4 }, { 0, 0x20000 },
};

static uint32_t offset_in(struct world *w, const struct range *ranges, uint32_t nr, uint32_t *size)
{
	const struct range *r = &ranges[in_below(&w->in, nr)];
	uint32_t where = r->size > 0x100 ? (uint32_t)in_bytes(&w->in, 3) : in_byte(&w->in);
	uint32_t how = in_byte(&w->in);

	*size = how & 0x80 ? 1u << (how & 3) : how & 1 && r->size >= 8 ? 8 : 4;
	return how & 0x40 ? r->base + where % r->size : r->base + (where % r->size & ~(*size - 1));
}

#define OFFSET_IN(w, ranges, size) offset_in(w, ranges, sizeof(ranges) / sizeof((ranges)[0]), size)

void world_mmio_op(struct world *w)
{
	uint32_t actor = world_actor(w), what = in_byte(&w->in), size, offset;
	bool write = what & 0x80;
	uint64_t gpa;

	switch (what % 4) {
	case 0:
	case 1:
		offset = OFFSET_IN(w, gicd, &size);
		gpa = MOCK_DIST_GPA + offset;
		break;
	case 2:
		offset = OFFSET_IN(w, gicr, &size);
		gpa = MOCK_REDIST_GPA + (what >> 2) % w->nr_vcpus * 0x20000ull + offset;
		break;
	default:
		if (!w->nr_its)
			return;
		offset = OFFSET_IN(w, gits, &size);
		gpa = FUZZ_GITS((what >> 2) % w->nr_its) + offset;
		break;
	}
	if (write)
		mock_mmio_w(w->vm, actor, gpa, size, in_value(&w->in));
	else
		(void)mock_mmio_r(w->vm, actor, gpa, size);
}

/* --- Power --- */

static void sleep_or_wake(struct world *w, uint32_t cpu)
{
	if (world_runs(w, cpu))
		w->asleep[cpu] = !mock_guest_wfi(w->vm, cpu);
}

static void reset(struct world *w)
{
	for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++)
		if (!w->off[cpu] && !world_runs(w, cpu))
			return;
	for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++)
		mock_vcpu_exit(w->vm, cpu);
	/* Nobody may inject meanwhile. */
	w->pending_event = 0;
	if (lvgic_reset(mock_vgic(w->vm)) != LVGIC_OK)
		fuzz_fail("lvgic_reset failed");
}

static void look(struct world *w, uint32_t cpu)
{
	struct lvgic *vg = mock_vgic(w->vm);
	struct lvgic_explanation why;
	struct lvgic_stats stats;

	lvgic_explain(vg, mock_vcpu(w->vm, cpu), (uint32_t)in_bytes(&w->in, 2), &why);
	lvgic_get_stats(vg, in_byte(&w->in) & 1 ? NULL : mock_vcpu(w->vm, cpu), &stats);
	(void)lvgic_vcpu_has_work(mock_vcpu(w->vm, cpu));
	(void)lvgic_vcpu_by_affinity(vg, (uint32_t)in_bytes(&w->in, 2));
}

void world_power_op(struct world *w)
{
	uint32_t cpu = in_below(&w->in, w->nr_vcpus);

	switch (in_below(&w->in, 8)) {
	case 0:
		if (world_runs(w, cpu)) {
			mock_vcpu_off(w->vm, cpu);
			w->off[cpu] = true;
		}
		break;
	case 1:
		if (w->off[cpu]) {
			w->off[cpu] = false;
			mock_vcpu_on(w->vm, cpu);
		}
		break;
	case 2:
		if (world_runs(w, cpu))
			mock_vcpu_enter(w->vm, cpu);
		break;
	case 3:
		mock_vcpu_exit(w->vm, cpu);
		break;
	case 4:
		sleep_or_wake(w, cpu);
		break;
	case 5:
		mock_obey_kicks(w->vm, in_byte(&w->in) & 1);
		break;
	case 6:
		if (!in_byte(&w->in))
			reset(w);
		break;
	default:
		look(w, cpu);
		break;
	}
}
