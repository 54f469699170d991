/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * From an injection to the end of an interrupt, on the hardware model with 1 to 16 list registers and on the trapped
 * CPU interface: the guest sees the same.
 */
#include "hw.h"

static void edge(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	mock_irq_set_edge(vm, 0, 40, true);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	/* Several edges before the acknowledge are one. */
	for (int i = 0; i < 3; i++)
		mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	mock_inject(vm, 0, 40, true); /* R20: now it is in a list register */
	assert_int_equal(mock_guest_hppir(vm, 0, 1), 40);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	assert_int_equal(mock_guest_rpr(vm, 0), 0xa0);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	mock_guest_eoi(vm, 0, 1, 40);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	/* R83: an edge while it is active is the next one. */
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_inject(vm, 0, 40, true);
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	mock_guest_eoi(vm, 0, 1, 40);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* R20: re-pended while active in a list register of a vCPU that does not obey kicks at once: late, but not lost. */
static void edge_while_active_late_kick(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	mock_irq_set_edge(vm, 0, 40, true);
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_obey_kicks(vm, false);
	mock_inject(vm, 0, 40, true);
	mock_guest_eoi(vm, 0, 1, 40);
	mock_obey_kicks(vm, true);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

static void level(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	mock_irq_set_edge(vm, 0, 41, false);
	/* Gone before it is looked at. */
	mock_inject(vm, 0, 41, true);
	mock_inject(vm, 0, 41, false);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	/* High until the second time around. */
	mock_inject(vm, 0, 41, true);
	assert_int_equal(hw_take(vm, 0), 41);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 41);
	mock_inject(vm, 0, 41, false);
	mock_guest_eoi(vm, 0, 1, 41);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	/* Low and high again while active. */
	mock_inject(vm, 0, 41, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 41);
	mock_inject(vm, 0, 41, false);
	mock_inject(vm, 0, 41, true);
	mock_guest_eoi(vm, 0, 1, 41);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 41);
	mock_inject(vm, 0, 41, false);
	mock_guest_eoi(vm, 0, 1, 41);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	mock_vm_destroy(vm);
}

/* The latch of a level-sensitive interrupt is apart from its line (IHI 0069, 4.3). */
static void level_and_latch(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	mock_irq_set_edge(vm, 0, 41, false);
	mock_irq_write(vm, 0, GICD_ISPENDR, 41);
	assert_true(mock_irq_read(vm, 0, GICD_ISPENDR, 41));
	assert_int_equal(hw_take(vm, 0), 41);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* ICPENDR does not lower the line. */
	mock_inject(vm, 0, 41, true);
	mock_irq_write(vm, 0, GICD_ICPENDR, 41);
	assert_true(mock_irq_read(vm, 0, GICD_ISPENDR, 41));
	/* Both: the line falls, the latch stays. */
	mock_irq_write(vm, 0, GICD_ISPENDR, 41);
	mock_inject(vm, 0, 41, false);
	assert_true(mock_irq_read(vm, 0, GICD_ISPENDR, 41));
	assert_int_equal(hw_take(vm, 0), 41);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_false(mock_irq_read(vm, 0, GICD_ISPENDR, 41));
	mock_vm_destroy(vm);
}

/* R23: the line is looked at again when the interrupt is enabled. */
static void level_enabled_late(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	mock_irq_set_edge(vm, 0, 41, false);
	mock_irq_write(vm, 0, GICD_ICENABLER, 41);
	mock_inject(vm, 0, 41, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	mock_irq_write(vm, 0, GICD_ISENABLER, 41);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 41);
	/* R83: disabled while active: the end of interrupt counts. */
	mock_irq_write(vm, 0, GICD_ICENABLER, 41);
	mock_guest_eoi(vm, 0, 1, 41);
	assert_false(mock_irq_read(vm, 0, GICD_ISACTIVER, 41));
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	mock_irq_write(vm, 0, GICD_ISENABLER, 41);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 41);
	mock_inject(vm, 0, 41, false);
	mock_guest_eoi(vm, 0, 1, 41);
	mock_vm_destroy(vm);
}

static void private_interrupts(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 3));

	/* R85: all 16 SGIs, also to oneself. */
	for (uint32_t sgi = 0; sgi < 16; sgi++)
		for (uint32_t cpu = 0; cpu < 3; cpu++) {
			mock_guest_sgi(vm, 1, 1, sgi, cpu);
			assert_int_equal(hw_take(vm, cpu), sgi);
		}
	mock_guest_sgi(vm, 1, 1, 5, MOCK_DEBUGGER);
	assert_int_equal(hw_take(vm, 0), 5);
	assert_int_equal(hw_take(vm, 1), SPURIOUS);
	assert_int_equal(hw_take(vm, 2), 5);
	/* An SGI of each group by its register. */
	mock_irq_set_group(vm, 2, 7, 0);
	mock_guest_sgi(vm, 0, 0, 7, 2);
	assert_int_equal(mock_guest_lines(vm, 2), MOCK_LINE_FIQ);
	assert_int_equal(mock_guest_ack(vm, 2, 1), SPURIOUS);
	assert_int_equal(mock_guest_ack(vm, 2, 0), 7);
	mock_guest_eoi(vm, 2, 0, 7);
	/* A PPI belongs to its vCPU. */
	mock_inject(vm, 2, 27, true);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	assert_int_equal(mock_guest_ack(vm, 2, 1), 27);
	mock_inject(vm, 2, 27, false);
	mock_guest_eoi(vm, 2, 1, 27);
	assert_int_equal(hw_take(vm, 2), SPURIOUS);
	for (uint32_t cpu = 0; cpu < 3; cpu++)
		assert_int_equal(mock_guest_errors(vm, NULL), 0);
	mock_vm_destroy(vm);
}

/* SGIs to PEs beyond the first 16 of a cluster, and to other clusters. */
static void sgi_targets(void **state)
{
	static const uint32_t affinity[] = { 0x0, 0xf, 0x10, 0xff, 0x100, 0x010203, 0x7f010203 };
	struct mock_config config = hw_config(state, 7);
	struct mock_vm *vm;

	config.affinity = affinity;
	vm = hw_vm(config);
	for (uint32_t target = 0; target < 7; target++) {
		mock_guest_sgi(vm, 3, 1, 1, target);
		for (uint32_t cpu = 0; cpu < 7; cpu++)
			assert_int_equal(hw_take(vm, cpu), cpu == target ? 1 : SPURIOUS);
	}
	/* R70: a PE that does not exist is reported, and nothing else. */
	assert_int_equal(mock_guest_msr(vm, 0, ICC_SGI1R_EL1, 1ull << 48 | 0xffff), LVGIC_OK);
	assert_true(mock_guest_errors(vm, NULL) > 0);
	for (uint32_t cpu = 0; cpu < 7; cpu++)
		assert_int_equal(hw_take(vm, cpu), SPURIOUS);
	mock_vm_destroy(vm);
}

static uint32_t scattered_prio(uint32_t intid)
{
	return (intid * 37u % 28u + 1u) << 3;
}

/* 60 pending, few list registers: each exactly once, the most urgent first. */
static void overflow(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));
	unsigned char seen[128] = { 0 };
	uint32_t last = 0;

	for (uint32_t intid = 40; intid < 100; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_irq_set_prio(vm, 0, intid, scattered_prio(intid));
		if (intid == 70) /* some are in list registers before the others come */
			mock_vcpu_enter(vm, 0);
		mock_inject(vm, 0, intid, true);
	}
	for (int i = 0; i < 60; i++) {
		uint32_t intid = hw_take(vm, 0);

		assert_in_range(intid, 40, 99);
		assert_true(scattered_prio(intid) >= last);
		last = scattered_prio(intid);
		assert_int_equal(seen[intid]++, 0);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* One list register: the acknowledge wants the next one in (NPIE), and the end of what made room for it is
	 * counted (EOIcount). */
	assert_true(mock_counts(vm, 0)->maintenance <= (hw_config(state, 1).nr_lrs == 1 ? 2 * 60 : 60) + 8);
	mock_vm_destroy(vm);
}

/* Levels too: those that stay high come again, but only after the others of higher priority. */
static void overflow_levels(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));
	unsigned int seen[128] = { 0 };

	for (uint32_t intid = 40; intid < 70; intid++) {
		mock_irq_set_edge(vm, 0, intid, false);
		mock_irq_set_prio(vm, 0, intid, scattered_prio(intid));
		mock_inject(vm, 0, intid, true);
	}
	for (int i = 0; i < 60; i++) {
		uint32_t intid = mock_guest_ack(vm, 0, 1);

		assert_in_range(intid, 40, 69);
		if (++seen[intid] == 2)
			mock_inject(vm, 0, intid, false);
		mock_guest_eoi(vm, 0, 1, intid);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	for (uint32_t intid = 40; intid < 70; intid++)
		assert_int_equal(seen[intid], 2);
	mock_vm_destroy(vm);
}

/* Preemption 20 deep: with few list registers most of the active ones are elsewhere (EOIcount, R5, R6, R84). */
static void nested(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	for (uint32_t i = 0; i < 20; i++) {
		mock_irq_set_edge(vm, 0, 40 + i, true);
		mock_irq_set_prio(vm, 0, 40 + i, 0xf0 - 8 * i);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40 + i);
		assert_int_equal(mock_guest_rpr(vm, 0), 0xf0 - 8 * i);
	}
	for (uint32_t i = 20; i-- > 0;) {
		for (uint32_t k = 0; k < 20; k++)
			assert_int_equal(mock_irq_read(vm, 0, GICD_ISACTIVER, 40 + k), k <= i);
		if (i % 3 == 0)
			mock_inject(vm, 0, 40 + i, true);
		mock_guest_eoi(vm, 0, 1, 40 + i);
		if (i % 3 == 0)
			assert_int_equal(hw_take(vm, 0), 40 + i);
	}
	assert_int_equal(mock_guest_rpr(vm, 0), 0xff);
	for (uint32_t i = 0; i < 20; i++) {
		assert_false(mock_irq_read(vm, 0, GICD_ISACTIVER, 40 + i));
		mock_inject(vm, 0, 40 + i, true);
	}
	for (uint32_t i = 20; i-- > 0;)
		assert_int_equal(hw_take(vm, 0), 40 + i);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* The same without any exit between the ends of interrupts than those that the hardware asks for. */
static void nested_eoi_burst(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	for (uint32_t i = 0; i < 28; i++) {
		mock_irq_set_prio(vm, 0, 40 + i, 0xe0 - 8 * i);
		mock_irq_set_edge(vm, 0, 40 + i, true);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40 + i);
	}
	for (uint32_t i = 28; i-- > 0;)
		mock_guest_eoi(vm, 0, 1, 40 + i);
	for (uint32_t i = 0; i < 28; i++)
		assert_false(mock_irq_read(vm, 0, GICD_ISACTIVER, 40 + i));
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* Take one of those after 40 and end it; all of them have the same priority. */
static void take_and_end(struct mock_vm *vm)
{
	uint32_t intid = mock_guest_ack(vm, 0, 1);

	assert_in_range(intid, 41, 59);
	mock_guest_eoi(vm, 0, 1, intid);
	assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, intid));
}

/* A device has marked 40 as queued and is about to push it: meanwhile the guest ends 40, and takes and ends another. */
static void end_two(struct mock_vm *vm, const struct lvgic_event *event, void *arg)
{
	bool *done = arg;

	if (event->kind != LVGIC_EVENT_QUEUE || event->intid != 40 || *done)
		return;
	*done = true;
	mock_guest_eoi(vm, 0, 1, 40);
	take_and_end(vm);
}

/* R5: EOIcount while another thread is half way through an event of an interrupt that is active outside of the list
 * registers. */
static void eoicount_amid_push(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));
	bool done = false;

	mock_irq_set_edge(vm, 0, 40, false);
	mock_irq_set_prio(vm, 0, 40, 0x80);
	for (uint32_t intid = 40; intid < 60; intid++) {
		if (intid > 40)
			mock_irq_set_edge(vm, 0, intid, true);
		mock_inject(vm, 0, intid, true);
	}
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_on_event(vm, end_two, &done);
	mock_inject(vm, 0, 40, false);
	mock_on_event(vm, NULL, NULL);
	if (!done) { /* it is in a list register: its level is looked at when it ends */
		mock_guest_eoi(vm, 0, 1, 40);
		take_and_end(vm);
	}
	for (uint32_t intid = 42; intid < 60; intid++)
		take_and_end(vm);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_int_equal(mock_dist_r(vm, 1, GICD_ISACTIVER + 4, 4), 0);
	mock_vm_destroy(vm);
}

/* R84: EOImode 1, every list register holds an active interrupt, and more come: no storm, and all are taken. */
static void all_active(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));
	uint32_t prio[] = { 0xa0, 0xe0, 0x20, 0xa0 };
	uint32_t nr = 24;

	mock_guest_set_ctlr(vm, 0, ICC_CTLR_EOImode);
	mock_guest_set_ctlr(vm, 1, ICC_CTLR_EOImode);
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t before = mock_counts(vm, 0)->maintenance;

		mock_irq_set_edge(vm, 0, 40 + i, true);
		mock_irq_set_prio(vm, 0, 40 + i, prio[i % 4]);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(hw_take(vm, 0), 40 + i); /* drops the priority only */
		assert_int_equal(mock_guest_rpr(vm, 0), 0xff);
		assert_true(mock_counts(vm, 0)->maintenance - before <= 4);
	}
	/* Active and pending again: not signalled. */
	for (uint32_t i = 0; i < nr; i += 2)
		mock_inject(vm, 0, 40 + i, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), SPURIOUS);
	/* Deactivated in an order of their own, every third by the other vCPU (F30). */
	for (uint32_t k = 0; k < nr; k++) {
		uint32_t i = k * 7 % nr;

		assert_true(mock_irq_read(vm, 1, GICD_ISACTIVER, 40 + i));
		mock_guest_dir(vm, k % 3 == 0, 40 + i);
		assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, 40 + i));
		assert_int_equal(hw_take(vm, 1), SPURIOUS);
		if (i % 2 == 0) {
			assert_int_equal(hw_take(vm, 0), 40 + i);
			mock_guest_dir(vm, 0, 40 + i);
		}
		assert_int_equal(hw_take(vm, 0), SPURIOUS);
	}
	mock_vm_destroy(vm);
}

/* R84: as above, but many pending of lower, equal and higher priority at once while all are active. */
static void all_active_overflow(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));
	unsigned char seen[128] = { 0 };
	uint64_t before;

	mock_guest_set_ctlr(vm, 0, ICC_CTLR_EOImode);
	for (uint32_t intid = 40; intid < 100; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_irq_set_prio(vm, 0, intid, scattered_prio(intid));
	}
	for (uint32_t intid = 40; intid < 60; intid++) {
		mock_inject(vm, 0, intid, true);
		assert_int_equal(hw_take(vm, 0), intid);
	}
	before = mock_counts(vm, 0)->maintenance;
	for (uint32_t intid = 60; intid < 100; intid++)
		mock_inject(vm, 0, intid, true);
	for (uint32_t intid = 60; intid < 100; intid++) {
		uint32_t got = hw_take(vm, 0);

		assert_in_range(got, 60, 99);
		assert_int_equal(seen[got]++, 0);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_true(mock_counts(vm, 0)->maintenance - before <= 40 + 8);
	for (uint32_t intid = 40; intid < 100; intid++)
		mock_guest_dir(vm, 0, intid);
	for (uint32_t intid = 40; intid < 100; intid++)
		assert_false(mock_irq_read(vm, 0, GICD_ISACTIVER, intid));
	mock_vm_destroy(vm);
}

/* A higher one comes while the list registers are full of lower ones that are masked or outranked. */
static void higher_arrives(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	for (uint32_t intid = 40; intid < 60; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_inject(vm, 0, intid, true);
	}
	mock_irq_set_edge(vm, 0, 60, true);
	mock_irq_set_prio(vm, 0, 60, 0x40);
	mock_guest_set_pmr(vm, 0, 0x80);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	mock_inject(vm, 0, 60, true);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 60);
	mock_guest_set_pmr(vm, 0, 0xf8);
	assert_int_equal(mock_guest_lines(vm, 0), 0);
	mock_guest_eoi(vm, 0, 1, 60);
	for (uint32_t intid = 40; intid < 60; intid++)
		assert_in_range(hw_take(vm, 0), 40, 59);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* WFI: asleep until something is signalled; a masked interrupt does not wake. */
static void wfi(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	mock_irq_set_edge(vm, 0, 40, true);
	mock_guest_set_pmr(vm, 0, 0x80);
	assert_false(mock_guest_wfi(vm, 0));
	mock_inject(vm, 0, 40, true);
	assert_false(mock_guest_wake(vm, 0));
	mock_irq_set_prio(vm, 1, 40, 0x40);
	assert_true(mock_kicked(vm, 0));
	assert_true(mock_guest_wake(vm, 0));
	assert_int_equal(hw_take(vm, 0), 40);
	assert_false(mock_guest_wfi(vm, 0));
	mock_guest_sgi(vm, 1, 1, 3, 0);
	assert_false(mock_guest_wake(vm, 0)); /* 0xa0 is masked too */
	mock_irq_write(vm, 1, GICD_ISPENDR, 40);
	assert_true(mock_kicked(vm, 0));
	assert_true(lvgic_vcpu_has_work(mock_vcpu(vm, 0)));
	assert_true(mock_guest_wake(vm, 0));
	assert_int_equal(hw_take(vm, 0), 40);
	mock_guest_set_pmr(vm, 0, 0xf8);
	assert_true(mock_guest_wfi(vm, 0));
	assert_int_equal(hw_take(vm, 0), 3);
	mock_vm_destroy(vm);
}

/* An interrupt that is active and pending at once must not come before others when it ends, without an exit. */
static void active_and_pending_waits(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));
	uint32_t seen = 0;

	for (uint32_t i = 40; i < 45; i++) {
		mock_irq_set_edge(vm, 0, i, true);
		mock_irq_set_prio(vm, 0, i, i == 40 ? 0xc0 : 0xa0);
	}
	mock_inject(vm, 0, 40, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 40);
	mock_inject(vm, 0, 40, true);
	mock_guest_nop(vm, 0);
	/* They wait: it runs at 0xc0, so let nothing preempt it. */
	mock_guest_set_pmr(vm, 0, 0x80);
	for (uint32_t i = 41; i < 45; i++)
		mock_inject(vm, 0, i, true);
	mock_guest_nop(vm, 0);
	mock_guest_eoi(vm, 0, 1, 40);
	mock_guest_set_pmr(vm, 0, 0xf8);
	/* The four in any order, then the first one again. */
	for (uint32_t i = 41; i < 45; i++)
		seen |= 1u << (hw_take(vm, 0) - 40);
	assert_int_equal(seen, 0x1e);
	assert_int_equal(hw_take(vm, 0), 40);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* ISPENDR of several edges in list registers: reading one makes the vCPU leave, and what comes back is still pending.
 */
static void ispendr_of_many(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	for (uint32_t i = 40; i < 44; i++) {
		mock_irq_set_edge(vm, 0, i, true);
		mock_irq_route(vm, 0, i, i % 2);
		mock_inject(vm, 0, i, true);
		mock_guest_nop(vm, i % 2);
		assert_int_equal(mock_guest_ack(vm, i % 2, 1) != SPURIOUS, i < 42);
		mock_inject(vm, 0, i, true);
	}
	for (uint32_t cpu = 0; cpu < 2; cpu++)
		mock_guest_nop(vm, cpu);
	mock_dist_w(vm, MOCK_DEBUGGER, GICD_CTLR, 4, 0);
	assert_int_equal(mock_dist_r(vm, MOCK_DEBUGGER, GICD_ISPENDR + 4, 4), 0xf00);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(edge),
		HW_EACH(edge_while_active_late_kick),
		HW_EACH(level),
		HW_EACH(level_and_latch),
		HW_EACH(level_enabled_late),
		HW_EACH(private_interrupts),
		HW_EACH(sgi_targets),
		HW_EACH(overflow),
		HW_EACH(overflow_levels),
		HW_EACH(nested),
		HW_EACH(nested_eoi_burst),
		HW_EACH(eoicount_amid_push),
		HW_EACH(all_active),
		HW_EACH(all_active_overflow),
		HW_EACH(higher_arrives),
		HW_EACH(wfi),
		HW_EACH(active_and_pending_waits),
		HW_EACH(ispendr_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
