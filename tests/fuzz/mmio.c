/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Programs of register accesses, CPU interface accesses, device lines and power, on the mock's model of the hardware or
 * with the trapped CPU interface. The first bytes choose the VM.
 */
#include "fuzz.h"

static void create(struct world *w)
{
	struct input *in = &w->in;
	uint32_t shape = in_byte(in), more = in_byte(in);
	struct mock_config config = {
		.nr_vcpus = 1 + shape % FUZZ_MAX_VCPUS,
		.nr_lrs = 1 + (shape >> 3) % 16,
		.trapped = shape >> 7,
		.pri_bits = 5 + more % 3,
		.lpi_active = more >> 2 & 1,
		.flags = more & 0x08 ? LVGIC_CONFIG_STATS : 0,
		.nr_its = more >> 4 & 1,
		.nr_spis = more & 0x20 ? 992 : 64,
		.lpi_id_bits = more & 0x10 ? 14 : 0,
		.max_lpis = more & 0x10 ? 16 : 0,
	};

	/* The hypervisor moves the image itself; or it has no physical interrupts, no clock, nobody to tell. */
	if (more & 0x40)
		config.omit = 1u << MOCK_OP_LR_LOAD | 1u << MOCK_OP_LR_STORE;
	if (more & 0x80)
		config.omit |= 1u << MOCK_OP_HW_GET | 1u << MOCK_OP_HW_SET | 1u << MOCK_OP_CLOCK | 1u << MOCK_OP_ACKED |
		               1u << MOCK_OP_GUEST_ERROR | 1u << MOCK_OP_TRACE;
	world_create(w, &config);
	if (w->nr_its)
		world_its_memory(w);
	if (in_byte(in) & 1)
		mock_guest_enable_all(w->vm);
	if (w->nr_its && in_byte(in) & 1)
		world_its_setup(w, false);
	world_interleave(w);
}

static void step(struct world *w)
{
	switch (in_below(&w->in, 8)) {
	case 0:
	case 1:
		world_mmio_op(w);
		break;
	case 2:
	case 3:
		world_cpu_op(w);
		break;
	case 4:
		world_power_op(w);
		break;
	case 5:
		/* The next operation is interrupted. */
		w->pending_event = 1 + in_below(&w->in, 16);
		break;
	case 6:
		if (w->nr_its && in_byte(&w->in) & 1)
			world_its_op(w);
		else
			(void)mock_run_deferred_once(w->vm);
		break;
	default:
		world_device_op(w);
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
