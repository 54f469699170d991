/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the host around GICv4 hardware: the ops for it, devices, where vCPU threads run, luck.
 * Locks: hw_lock, released before the library is called.
 * Implements: the GICv4 members of <libvgic/ops.h>; scheduling as in <libvgic/v4.h>.
 */
#include <stdio.h>
#include <stdlib.h>

#include "v4.h"

#define FIRST_PLPI 9000u

/* --- Luck --- */

void mock_v4_fail(struct mock_vm *vm, uint32_t fail, uint32_t again, uint32_t seed)
{
	pthread_mutex_lock(&vm->v4->fail_lock);
	vm->v4->fail = fail;
	vm->v4->again = again;
	vm->v4->seed = seed;
	vm->v4->fail_nth = 0;
	vm->v4->unlucky |= fail || again;
	pthread_mutex_unlock(&vm->v4->fail_lock);
}

void mock_v4_fail_nth(struct mock_vm *vm, uint64_t n)
{
	vm->v4->fail_nth = n;
	vm->v4->unlucky = true;
}

void mock_v4_between(struct mock_vm *vm, void (*fn)(struct mock_vm *vm, void *arg), void *arg)
{
	vm->v4->between = fn;
	vm->v4->between_arg = arg;
}

/* Before each physical operation. */
enum lvgic_status host_luck(struct mock_v4 *h)
{
	enum lvgic_status status = LVGIC_OK;
	uint32_t n;

	if (h->between && !h->in_between) {
		h->in_between = true;
		h->between(h->vm, h->between_arg);
		h->in_between = false;
	}
	pthread_mutex_lock(&h->fail_lock);
	h->operations++;
	h->seed = h->seed * 1664525u + 1013904223u;
	n = (h->seed >> 8) % 1000;
	if ((h->fail_nth && !--h->fail_nth) || n < h->fail)
		status = LVGIC_ERR_HOST;
	else if (n < h->fail + h->again)
		status = LVGIC_ERR_AGAIN;
	pthread_mutex_unlock(&h->fail_lock);
	return status;
}

/* --- What the hardware does to the host --- */

void host_effects(struct mock_v4 *h, const struct effects *effects)
{
	struct mock_vm *vm = h->vm;

	for (uint32_t i = 0; i < effects->nr; i++) {
		uint32_t what = effects->of[i].what;

		if (effects->of[i].kind == EFFECT_DOORBELL) {
			/* The spare one's is nobody's. */
			if (what < h->nr_vpes && vm->vcpus[what].lv)
				lvgic_v4_doorbell(vm->vcpus[what].lv);
		} else if (h->dev[what].used && vm->vgic) {
			const struct dev *d = &h->dev[what];

			(void)lvgic_inject_msi(vm->its[d->its], d->device, d->event);
		}
	}
}

enum lvgic_status host_its_cmd(struct mock_v4 *h, uint32_t its, const uint64_t cmd[4])
{
	struct effects effects = { .nr = 0 };
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK)
		return status;
	pthread_mutex_lock(&h->hw_lock);
	status = pits_command(h, its, cmd, &effects);
	pthread_mutex_unlock(&h->hw_lock);
	host_effects(h, &effects);
	return status;
}

/* --- Ops --- */

static enum lvgic_status op_its_cmd(void *ctx, uint32_t its, const uint64_t cmd[4])
{
	struct mock_vm *vm = ctx;

	mock_check_unlocked(vm, "its_cmd");
	if (mock_called(vm, MOCK_OP_ITS_CMD))
		return LVGIC_ERR_HOST;
	return host_its_cmd(vm->v4, its, cmd);
}

static uint64_t op_vlpi_read(void *ctx, uint32_t cpu, uint32_t offset)
{
	struct mock_vm *vm = ctx;
	uint64_t value;

	mock_called(vm, MOCK_OP_VLPI_READ);
	pthread_mutex_lock(&vm->v4->hw_lock);
	value = hw_vlpi_read(vm->v4, cpu, offset);
	pthread_mutex_unlock(&vm->v4->hw_lock);
	return value;
}

static void op_vlpi_write(void *ctx, uint32_t cpu, uint32_t offset, uint64_t value)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_VLPI_WRITE);
	pthread_mutex_lock(&vm->v4->hw_lock);
	hw_vlpi_write(vm->v4, cpu, offset, value);
	pthread_mutex_unlock(&vm->v4->hw_lock);
}

static void op_sgir_write(void *ctx, uint32_t its, uint64_t value)
{
	struct mock_vm *vm = ctx;
	struct effects effects = { .nr = 0 };
	struct hw_vpe *p;

	mock_called(vm, MOCK_OP_SGIR_WRITE);
	pthread_mutex_lock(&vm->v4->hw_lock);
	p = hw_vpe(vm->v4, value >> 32 & 0xffffu, "GITS_SGIR");
	if (p && !p->mapped[its])
		mock_report(vm, "GITS_SGIR: a vPE that is not mapped");
	else if (p)
		hw_pend_sgi(vm->v4, p, (uint32_t)value & 0xfu, &effects);
	pthread_mutex_unlock(&vm->v4->hw_lock);
	host_effects(vm->v4, &effects);
}

/* A device that fires, or may again. */
static void message(struct mock_v4 *h, uint32_t n, struct effects *effects)
{
	struct dev *d = &h->dev[n];
	struct pevent *e = pits_event(h, d->host.its, d->host.device, d->host.event);

	if (d->masked) {
		d->latched = true;
	} else if (!e || e->to == UNMAPPED) {
		h->lost++;
		if (!h->expect_lost)
			mock_report(h->vm, "a message of device %u fell into a gap", n);
	} else if (e->to == TO_LPI) {
		effects->of[effects->nr].kind = EFFECT_LPI;
		effects->of[effects->nr++].what = n;
	} else {
		hw_pend(h, &h->vpe[e->vpe], e->intid, e->doorbell, effects);
	}
}

static enum lvgic_status op_host_mask(void *ctx, const struct lvgic_host_irq *irq, bool mask)
{
	struct mock_vm *vm = ctx;
	struct mock_v4 *h = vm->v4;
	struct effects effects = { .nr = 0 };
	struct dev *d = &h->dev[irq->handle];
	enum lvgic_status status = host_luck(h);
	struct pevent *e;

	mock_called(vm, MOCK_OP_HOST_MASK);
	mock_check_unlocked(vm, "host_mask");
	if (status == LVGIC_OK && d->broken && !mask)
		status = LVGIC_ERR_HOST;
	if (status != LVGIC_OK)
		return status;
	pthread_mutex_lock(&h->hw_lock);
	if (d->masked == mask)
		mock_report(vm, "device %u is %s already", (unsigned int)irq->handle, mask ? "masked" : "unmasked");
	d->masked = mask;
	e = pits_event(h, d->host.its, d->host.device, d->host.event);
	if (!mask && e->to == TO_VLPI && e->unsynced)
		mock_report(vm, "device %u is unmasked with effects under way", (unsigned int)irq->handle);
	if (!mask && d->latched) {
		d->latched = false;
		message(h, (uint32_t)irq->handle, &effects);
	}
	pthread_mutex_unlock(&h->hw_lock);
	host_effects(h, &effects);
	return LVGIC_OK;
}

static void op_doorbell(void *vctx, bool on)
{
	struct mock_vcpu *c = vctx;
	struct mock_v4 *h = c->vm->v4;
	struct effects effects = { .nr = 0 };

	mock_called(c->vm, MOCK_OP_DOORBELL);
	pthread_mutex_lock(&h->hw_lock);
	h->doorbell_on[c->id] = on;
	if (!on)
		h->doorbell_latched[c->id] = false;
	if (on && h->doorbell_latched[c->id]) {
		h->doorbell_latched[c->id] = false;
		effects.of[effects.nr].kind = EFFECT_DOORBELL;
		effects.of[effects.nr++].what = c->id;
		h->nr_doorbells++;
	}
	pthread_mutex_unlock(&h->hw_lock);
	host_effects(h, &effects);
}

static enum lvgic_status op_borrow_cpu(void *ctx, struct lvgic_host_cpu *cpu)
{
	struct mock_vm *vm = ctx;
	enum lvgic_status status = host_luck(vm->v4);

	mock_called(vm, MOCK_OP_BORROW_CPU);
	mock_check_unlocked(vm, "borrow_cpu");
	*cpu = (struct lvgic_host_cpu){ .cpu = vm->config.nr_vcpus, .rdbase = (uint64_t)vm->config.nr_vcpus << 16 };
	return status;
}

static void op_return_cpu(void *ctx, const struct lvgic_host_cpu *cpu)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_RETURN_CPU);
	if (vm->v4->pcpu[cpu->cpu].vpe >= 0)
		mock_report(vm, "a CPU is given back with a vPE");
}

static enum lvgic_status op_vsgi_pending(void *ctx, uint32_t cpu, uint32_t vpeid, uint32_t *mask)
{
	struct mock_vm *vm = ctx;
	enum lvgic_status status = host_luck(vm->v4);
	uint64_t value;

	mock_called(vm, MOCK_OP_VSGI_PENDING);
	pthread_mutex_lock(&vm->v4->hw_lock);
	hw_vlpi_write(vm->v4, cpu, 0x80, vpeid);
	do
		value = hw_vlpi_read(vm->v4, cpu, 0x88);
	while (value >> 31 & 1);
	pthread_mutex_unlock(&vm->v4->hw_lock);
	*mask = (uint32_t)value & 0xffffu;
	return status;
}

static uint16_t op_vmovp_begin(void *ctx)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_VMOVP_BEGIN);
	pthread_mutex_lock(&vm->v4->vmovp_lock);
	/* Never 0, so that it is seen if it is not passed on. */
	vm->v4->vmovp_seq = (uint16_t)(vm->v4->vmovp_seq % 0xffff + 1);
	return vm->v4->vmovp_seq;
}

static void op_vmovp_end(void *ctx)
{
	struct mock_vm *vm = ctx;

	mock_called(vm, MOCK_OP_VMOVP_END);
	pthread_mutex_unlock(&vm->v4->vmovp_lock);
}

void mock_v4_ops(struct mock_vm *vm)
{
	const struct mock_v4_config *config = &vm->v4->config;

	if (!config->no_mask)
		vm->ops.host_mask = op_host_mask;
	if (config->driver)
		return;
	vm->ops.its_cmd = op_its_cmd;
	vm->ops.vlpi_read = op_vlpi_read;
	vm->ops.vlpi_write = op_vlpi_write;
	vm->ops.sgir_write = op_sgir_write;
	vm->ops.doorbell = op_doorbell;
	vm->ops.vsgi_pending = op_vsgi_pending;
	if (!config->no_probe) {
		vm->ops.borrow_cpu = op_borrow_cpu;
		vm->ops.return_cpu = op_return_cpu;
	}
	if (config->vmovp_each) {
		vm->ops.vmovp_begin = op_vmovp_begin;
		vm->ops.vmovp_end = op_vmovp_end;
	}
}

/* --- Life cycle --- */

static void *must_calloc(size_t n, size_t size)
{
	void *mem = calloc(n, size);

	if (!mem) {
		fprintf(stderr, "mock: out of memory\n");
		abort();
	}
	return mem;
}

void mock_v4_new(struct mock_vm *vm)
{
	struct mock_v4 *h = must_calloc(1, sizeof(*h));

	vm->v4 = h;
	h->vm = vm;
	/* With threads a command may be under way that is no business of the CPU that looks. */
	h->unlucky = vm->config.threaded;
	h->config = *vm->config.v4;
	h->nr_vpes = h->config.nr_vpes ? h->config.nr_vpes : vm->config.nr_vcpus;
	h->config.nr_host_its = h->config.nr_host_its ? h->config.nr_host_its : 1;
	h->config.max_events = h->config.max_events ? h->config.max_events : 64;
	if (vm->config.nr_vcpus >= MAX_VPES || h->config.nr_host_its > MAX_PITS)
		mock_report(vm, "GICv4 model: too many vCPUs or ITSs");
	h->table = must_calloc(NR_VLPIS, 1);
	pthread_mutex_init(&h->hw_lock, NULL);
	pthread_mutex_init(&h->vmovp_lock, NULL);
	pthread_mutex_init(&h->fail_lock, NULL);
	for (uint32_t i = 0; i < MAX_VPES; i++) {
		h->pcpu[i].vpe = -1;
		/* Nobody has cleared its SGIs yet. */
		h->vpe[i].vsgi_pending = 0xffff;
		h->vpe[i].resident_at = -1;
		h->pcpu_of[i] = i;
		if (i > h->nr_vpes)
			continue;
		h->vpe[i].pending = must_calloc(NR_VLPIS, 1);
		h->vpe[i].config = must_calloc(NR_VLPIS, 1);
		h->host_vpe[i] = (struct lvgic_host_vpe){ .pending_table = VPT_PA + ((uint64_t)i << 20),
			                                  .vpeid = FIRST_VPEID + i,
			                                  .doorbell = FIRST_DOORBELL + i };
	}
	for (uint32_t cpu = 0; cpu < vm->config.nr_vcpus; cpu++)
		hw_connect(&vm->vcpus[cpu]);
}

enum lvgic_status mock_v4_init(struct mock_vm *vm)
{
	struct mock_v4 *h = vm->v4;
	struct lvgic_v4_config config = {
		.size = sizeof(config),
		.flags = (h->config.v4_1 ? LVGIC_V4_1 : 0) | (h->config.vsgi ? LVGIC_V4_VSGI : 0),
		.nr_vpes = h->nr_vpes,
		.max_events = h->config.max_events,
	};
	struct lvgic_v4_driver driver = mock_v4_driver;

	if (h->config.driver) {
		if (h->config.no_probe)
			driver.probe = NULL;
		config.driver = &driver;
	} else {
		config.vpe = h->host_vpe;
		config.config_table = h->table;
		config.config_table_pa = CONFIG_PA;
		config.nr_host_its = h->config.nr_host_its;
	}
	return lvgic_v4_create(vm->vgic, &config);
}

void mock_v4_check_end(struct mock_vm *vm)
{
	struct mock_v4 *h = vm->v4;

	for (uint32_t i = 0; i <= h->nr_vpes; i++) {
		for (uint32_t n = 0; n < MAX_PITS; n++)
			if (h->vpe[i].mapped[n])
				mock_report(vm, "vPE %u is left mapped", i);
		if (h->vpe[i].resident_at >= 0)
			mock_report(vm, "vPE %u is left resident", i);
	}
	for (uint32_t i = 0; i < MOCK_MAX_DEVS; i++) {
		const struct dev *d = &h->dev[i];

		if (d->used && (d->masked || pits_event(h, d->host.its, d->host.device, d->host.event)->to != TO_LPI))
			mock_report(vm, "device %u is not the host's again", i);
	}
}

void mock_v4_free(struct mock_vm *vm)
{
	struct mock_v4 *h = vm->v4;

	for (uint32_t i = 0; i <= h->nr_vpes; i++) {
		free(h->vpe[i].pending);
		free(h->vpe[i].config);
	}
	pthread_mutex_destroy(&h->hw_lock);
	pthread_mutex_destroy(&h->vmovp_lock);
	pthread_mutex_destroy(&h->fail_lock);
	free(h->table);
	free(h);
	vm->v4 = NULL;
}

/* --- Devices --- */

const struct lvgic_host_irq *mock_dev_add(struct mock_vm *vm, uint32_t n, uint32_t its, uint32_t device, uint32_t event)
{
	struct mock_v4 *h = vm->v4;
	struct dev *d = &h->dev[n];
	uint32_t pits = n % h->config.nr_host_its;

	*d = (struct dev){ .used = true, .its = its, .device = device, .event = event };
	d->host = (struct lvgic_host_irq){
		.handle = n, .its = pits, .device = 100 + n / 64, .event = n % 64, .intid = FIRST_PLPI + n, .rdbase = 0
	};
	h->event[pits][n] = (struct pevent){
		.device = d->host.device, .event = d->host.event, .to = TO_LPI, .intid = d->host.intid
	};
	return &d->host;
}

const struct lvgic_host_irq *mock_dev_irq(struct mock_vm *vm, uint32_t n)
{
	return &vm->v4->dev[n].host;
}

void mock_dev_remove(struct mock_vm *vm, uint32_t n)
{
	if (mock_dev_virtual(vm, n) || mock_dev_masked(vm, n))
		mock_report(vm, "device %u is removed, and not the host's", n);
	vm->v4->dev[n].used = false;
}

void mock_dev_fire(struct mock_vm *vm, uint32_t n)
{
	struct mock_v4 *h = vm->v4;
	struct effects effects = { .nr = 0 };

	pthread_mutex_lock(&h->hw_lock);
	message(h, n, &effects);
	pthread_mutex_unlock(&h->hw_lock);
	host_effects(h, &effects);
}

void mock_dev_broken(struct mock_vm *vm, uint32_t n, bool broken)
{
	vm->v4->dev[n].broken = broken;
}

bool mock_dev_masked(struct mock_vm *vm, uint32_t n)
{
	return vm->v4->dev[n].masked;
}

bool mock_dev_virtual(struct mock_vm *vm, uint32_t n)
{
	const struct lvgic_host_irq *host = &vm->v4->dev[n].host;

	return pits_event(vm->v4, host->its, host->device, host->event)->to == TO_VLPI;
}

uint64_t mock_v4_lost(struct mock_vm *vm, bool expected)
{
	vm->v4->expect_lost = expected;
	return vm->v4->lost;
}

uint64_t mock_v4_commands(struct mock_vm *vm, uint32_t code)
{
	return vm->v4->commands[code & 0xffu];
}

uint64_t mock_v4_operations(struct mock_vm *vm)
{
	return vm->v4->operations;
}

uint64_t mock_v4_doorbells(struct mock_vm *vm)
{
	return vm->v4->nr_doorbells;
}

/* --- Threads on physical CPUs --- */

bool mock_vcpu_resident(struct mock_vm *vm, uint32_t cpu)
{
	return vm->v4->vpe[cpu].resident_at >= 0;
}

bool mock_doorbell_on(struct mock_vm *vm, uint32_t cpu)
{
	return vm->v4->config.v4_1 ? vm->v4->vpe[cpu].armed : vm->v4->doorbell_on[cpu];
}

void mock_vcpu_put(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;

	mock_vcpu_exit(vm, cpu);
	if (!vm->v4->loaded[cpu])
		return;
	vm->v4->loaded[cpu] = false;
	mock_self = c;
	lvgic_v4_put(c->lv);
	mock_self = self;
	if (cpu < vm->v4->nr_vpes && mock_vcpu_resident(vm, cpu))
		mock_report(vm, "vCPU %u is put, its vPE is resident", cpu);
}

void mock_vcpu_load(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_v4 *h = vm->v4;
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;
	struct lvgic_host_cpu where = { .cpu = h->pcpu_of[cpu], .rdbase = (uint64_t)h->pcpu_of[cpu] << 16 };

	if (h->loaded[cpu])
		return;
	/* Whoever runs there is preempted. */
	for (uint32_t i = 0; i < vm->config.nr_vcpus; i++)
		if (i != cpu && h->pcpu_of[i] == where.cpu && h->loaded[i])
			mock_vcpu_put(vm, i);
	h->loaded[cpu] = true;
	mock_self = c;
	lvgic_v4_load(c->lv, &where);
	mock_self = self;
}

void mock_vcpu_migrate(struct mock_vm *vm, uint32_t cpu, uint32_t pcpu)
{
	mock_vcpu_put(vm, cpu);
	vm->v4->pcpu_of[cpu] = pcpu;
}

void mock_v4_entering(struct mock_vcpu *c)
{
	mock_vcpu_load(c->vm, c->id);
}

void mock_v4_entered(struct mock_vcpu *c)
{
	struct mock_v4 *h = c->vm->v4;

	pthread_mutex_lock(&h->hw_lock);
	if (h->pcpu[h->pcpu_of[c->id]].vpe >= 0 && h->pcpu[h->pcpu_of[c->id]].dirty)
		mock_report(c->vm, "vCPU %u enters the guest before its vPE is ready", c->id);
	pthread_mutex_unlock(&h->hw_lock);
}
