/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * AArch64 programs: loads and stores that trap into the frames of the GIC, MRS and MSR of its CPU interface, WFI,
 * timers, PSCI. The library is on the mock's model of the hardware, or traps the CPU interface.
 *
 * An input is a configuration of one byte, the number of bytes for what happens outside of the CPUs, these bytes, and
 * code. The code begins with the registers of POINTERS, vectors that acknowledge and end what comes and skip what
 * faults, and is repeated.
 */
#include "guest.h"

#include <string.h>

#define TURNS           32u
#define BLOCKS_PER_TURN 16u
#define MAX_CODE        1000u /* words */

/* The mock's frames; the RAM of world_its_memory(). X0 is the number of the CPU, X8 has a bit for each. */
static const uint64_t pointers[] = {
	MOCK_DIST_GPA, MOCK_DIST_GPA + GICD_IROUTER, MOCK_REDIST_GPA, MOCK_REDIST_GPA + GICR_SGI_BASE,
	MOCK_ITS_GPA,  FUZZ_ITS + FUZZ_QUEUE,        FUZZ_PROP,
};

static struct machine *machine;

static void create(struct irqchip *chip)
{
	static const uint32_t nr_lrs[] = { 1, 2, 4, 16 };
	struct world *w = &chip->w;
	uint32_t shape = in_byte(&w->in);
	struct mock_config config = {
		.nr_vcpus = 1 + (shape & 1),
		.trapped = shape >> 1 & 1,
		.nr_lrs = nr_lrs[shape >> 2 & 3],
		.nr_spis = 64,
		.nr_its = shape >> 4 & 1,
		.lpi_id_bits = shape & 0x10 ? 14 : 0,
		.max_lpis = shape & 0x10 ? 16 : 0,
	};

	world_create(w, &config);
	world_interleave(w);
	machine = guest_machine();
	guest_machine_reset(machine, chip, w->nr_vcpus);
	w->ram = machine->ram;
	w->ram_size = machine->ram_size;
	mock_mem_lend(w->vm, MACH_RAM_BASE, w->ram_size, w->ram);
	if (w->nr_its)
		world_its_memory(w);
	if (shape & 0x20)
		mock_guest_enable_all(w->vm);
	if (w->nr_its && shape & 0x40)
		world_its_setup(w, false);
}

static void put(uint64_t gpa, const uint32_t *words, size_t nr)
{
	memcpy(machine->ram + (gpa - MACH_RAM_BASE), words, nr * sizeof(*words));
}

static void load(struct input code)
{
	const uint32_t sync[] = { 0xd5384030u, 0x91001210u, 0xd5184030u, 0xd69f03e0u }; /* ELR_EL1 += 4; eret */
	const uint32_t irq[] = { guest_mrs(ICC_IAR1_EL1, 16), guest_msr(ICC_EOIR1_EL1, 16), 0xd69f03e0u };
	const uint32_t fiq[] = { guest_mrs(ICC_IAR0_EL1, 16), guest_msr(ICC_EOIR0_EL1, 16), 0xd69f03e0u };
	uint32_t nr = (uint32_t)(code.left / 4), end[2];

	/* Of EL1 with either stack pointer, and of EL0. */
	for (uint64_t vector = 0; vector < 0x600; vector += 0x200) {
		put(GUEST_VECTORS + vector, sync, 4);
		put(GUEST_VECTORS + vector + 0x80, irq, 3);
		put(GUEST_VECTORS + vector + 0x100, fiq, 3);
	}
	nr = nr < MAX_CODE ? nr : MAX_CODE;
	memcpy(machine->ram + (GUEST_CODE - MACH_RAM_BASE), code.p, nr * 4);
	end[0] = 0xd503207fu;                                /* wfi */
	end[1] = 0x14000000u | ((0u - nr - 1) & 0x3ffffffu); /* b to the beginning */
	put(GUEST_CODE + nr * 4, end, 2);
}

static void power_on(uint32_t cpu)
{
	struct vcpu *v = machine->cpus[cpu];

	vcpu_power_on(v, GUEST_CODE, cpu);
	for (uint32_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		vcpu_set_x(v, 1 + i, pointers[i]);
	vcpu_set_x(v, 8, ~0ull);
	/* No interrupt is masked: DAIF clear. */
	vcpu_set_pstate(v, 5);
	/* What was translated of the last input. */
	uc_ctl_remove_cache(v->uc, MACH_RAM_BASE, MACH_RAM_BASE + GUEST_RAM_SIZE);
}

/* Outside of the CPUs. */
static void event(struct world *w)
{
	switch (in_below(&w->in, 4)) {
	case 0:
		w->pending_event = 1 + in_below(&w->in, 16);
		break;
	case 1:
		if (w->nr_its)
			world_its_op(w);
		break;
	default:
		world_device_op(w);
		break;
	}
}

static void run(struct world *w)
{
	for (uint32_t turn = 0; turn < TURNS && machine->end == MACHINE_RUNS; turn++) {
		bool ran = false;

		if (w->in.left) {
			event(w);
			ran = true;
		}
		(void)mock_run_deferred_once(w->vm);
		for (uint32_t cpu = 0; cpu < w->nr_vcpus && machine->end == MACHINE_RUNS; cpu++) {
			if (!world_runs(w, cpu))
				continue;
			guest_machine_run(machine, cpu, BLOCKS_PER_TURN);
			ran = true;
		}
		world_check(w);
		if (!ran && !mock_deferred(w->vm) && !guest_machine_skip(machine))
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irqchip chip = { .w = { .in = { .p = data, .left = size } } };
	struct world *w = &chip.w;
	struct input code;
	size_t events;

	create(&chip);
	events = in_byte(&w->in) % GUEST_MAX_EVENTS;
	events = events < w->in.left ? events : w->in.left;
	code.p = w->in.p + events;
	code.left = w->in.left - events;
	w->in.left = events;
	load(code);
	for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++)
		power_on(cpu);
	world_check(w);
	run(w);
	world_end(w);
	return 0;
}
