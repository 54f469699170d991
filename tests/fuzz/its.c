/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Programs of ITS commands, messages and direct injection, in a guest memory that the input spoils, that fails or would
 * block. The first bytes choose the VM: one or two ITSs, quotas and budgets so small that they are met, GICv4 or not.
 */
#include "fuzz.h"

#define NR_DEVS 12u

/* Before a physical operation: a device sends its message, at the worst moment. */
static void between(struct mock_vm *vm, void *arg)
{
	struct world *w = arg;

	if (w->pending_event && !--w->pending_event)
		mock_dev_fire(vm, in_below(&w->in, NR_DEVS));
}

static void create(struct world *w)
{
	struct input *in = &w->in;
	uint32_t shape = in_byte(in), quotas = in_byte(in), v4 = in_byte(in);
	const struct lvgic_its_config its = {
		.size = sizeof(its),
		.flags = (shape & 0x40 ? LVGIC_ITS_PTA : 0) | (shape & 0x80 ? LVGIC_ITS_STALL : 0),
		.device_bits = 10,
		.event_bits = quotas & 1 ? 16 : 11,
		.collection_bits = 4,
		.hcc = quotas & 2 ? 2 : 0,
		.max_devices = 4,
		.max_events = 1 + (quotas >> 2 & 7) * 32,
	};
	const struct mock_v4_config hw = {
		.v4_1 = v4 & 2,
		.vsgi = v4 & 2,
		.driver = v4 & 4,
		.no_mask = v4 & 8,
		.no_probe = v4 & 16,
		.vmovp_each = v4 & 32,
		.nr_host_its = 1 + (v4 >> 5 & 1),
		.nr_vpes = v4 & 64 ? 1 : 0,
		.max_events = NR_DEVS - 2,
	};
	struct mock_config config = {
		.nr_vcpus = 1 + shape % 4,
		.nr_lrs = 1 + (shape >> 2 & 3),
		.trapped = shape >> 4 & 1,
		.lpi_active = shape >> 5 & 1,
		.nr_spis = 32,
		.nr_its = 1 + (quotas >> 5 & 1),
		.its = &its,
		.max_lpis = quotas & 0x40 ? 4 : 24,
		.trap_cmds = quotas & 0x80 ? 1 : 8,
		.trap_lpis = 64,
		.v4 = v4 & 1 ? &hw : NULL,
	};

	/* The model of GICv4 hardware has vLPIs of 16 bits, and needs list registers beside. */
	config.lpi_id_bits = config.v4 ? 16 : 14;
	if (config.v4)
		config.trapped = false;
	world_create(w, &config);
	world_its_memory(w);
	mock_guest_enable_all(w->vm);
	for (uint32_t n = 0; n < NR_DEVS && w->v4; n++)
		(void)mock_dev_add(w->vm, n, 0, n & 1, n / 2);
	/* The guest unmaps what it likes, and without masks messages may fall into the gap. */
	if (w->v4) {
		(void)mock_v4_lost(w->vm, hw.no_mask);
		mock_v4_between(w->vm, between, w);
	}
	if (!(in_byte(in) & 1))
		world_its_setup(w, in_byte(in) & 1);
	world_interleave(w);
}

static void step(struct world *w)
{
	switch (in_below(&w->in, 8)) {
	case 0:
	case 1:
		world_cpu_op(w);
		break;
	case 2:
		if (in_byte(&w->in) & 1)
			world_power_op(w);
		else
			w->pending_event = 1 + in_below(&w->in, 16);
		break;
	case 3:
		world_mmio_op(w);
		break;
	default:
		world_its_op(w);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .in = { .p = data, .left = size } };

	create(&w);
	world_run(&w, step);
	return 0;
}
