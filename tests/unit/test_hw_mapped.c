/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Physical interrupts mapped to virtual ones, and notification of the end of interrupts. That no list register is ever
 * HW, pending and active (R92) is checked by the mock at each entry.
 */
#include "hw.h"

#define VIRT 40u
#define PHYS 100u

static struct mock_vm *mapped(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	mock_irq_set_edge(vm, 0, VIRT, false);
	mock_phys_map(vm, 0, VIRT, PHYS);
	return vm;
}

static bool is_trapped(void **state)
{
	return hw_config(state, 1).trapped;
}

static void level_once(void **state)
{
	struct mock_vm *vm = mapped(state);

	mock_phys_set_level(vm, 0, PHYS, true);
	assert_true(mock_phys_active(vm, 0, PHYS));
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	if (!is_trapped(state)) {
		assert_true(mock_ich(vm, 0)->lr[0] & ICH_LR_HW);
		assert_int_equal(mock_ich(vm, 0)->lr[0] >> ICH_LR_PINTID_SHIFT & 0x1fff, PHYS);
	}
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	assert_true(mock_phys_active(vm, 0, PHYS));
	/* The driver serves the device, then ends the interrupt: that ends the physical one too. */
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_false(mock_phys_active(vm, 0, PHYS));
	assert_int_equal(mock_counts(vm, 0)->deactivations, !is_trapped(state));
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* R25: the line stays high: it comes again, each time. */
static void level_stays(void **state)
{
	struct mock_vm *vm = mapped(state);

	mock_phys_set_level(vm, 0, PHYS, true);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
		if (i == 4)
			mock_phys_set_level(vm, 0, PHYS, false);
		mock_guest_eoi(vm, 0, 1, VIRT);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_false(mock_phys_active(vm, 0, PHYS));
	mock_vm_destroy(vm);
}

/* The line falls before the guest takes it: withdrawn at the next exit, and the physical one is not left active. */
static void level_falls(void **state)
{
	struct mock_vm *vm = mapped(state);
	uint32_t got;

	mock_phys_set_level(vm, 0, PHYS, true);
	mock_guest_nop(vm, 0);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_vcpu_exit(vm, 0);
	got = hw_take(vm, 0); /* once more is allowed */
	assert_true(got == SPURIOUS || got == VIRT);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vcpu_exit(vm, 0);
	assert_false(mock_phys_active(vm, 0, PHYS));
	/* It is not dead. */
	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_false(mock_phys_active(vm, 0, PHYS));
	mock_vm_destroy(vm);
}

/* EOImode 1, and so many active that the mapped one is spilled: its end deactivates the physical one all the same. */
static void spilled(void **state)
{
	struct mock_vm *vm = mapped(state);

	mock_guest_set_ctlr(vm, 0, ICC_CTLR_EOImode);
	mock_guest_set_ctlr(vm, 1, ICC_CTLR_EOImode);
	for (uint32_t who = 0; who < 2; who++) {
		mock_phys_set_level(vm, 0, PHYS, true);
		assert_int_equal(hw_take(vm, 0), VIRT);
		mock_phys_set_level(vm, 0, PHYS, false);
		for (uint32_t intid = 50; intid < 80; intid++) {
			mock_irq_set_edge(vm, 0, intid, true);
			mock_inject(vm, 0, intid, true);
			assert_int_equal(hw_take(vm, 0), intid);
		}
		assert_true(mock_phys_active(vm, 0, PHYS));
		mock_guest_dir(vm, who, VIRT);
		assert_false(mock_phys_active(vm, 0, PHYS));
		for (uint32_t intid = 50; intid < 80; intid++)
			mock_guest_dir(vm, 0, intid);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* The same with nesting in EOImode 0: found by EOIcount. */
static void nested(void **state)
{
	struct mock_vm *vm = mapped(state);

	mock_irq_set_prio(vm, 0, VIRT, 0xf0);
	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	for (uint32_t i = 0; i < 20; i++) {
		mock_irq_set_edge(vm, 0, 50 + i, true);
		mock_irq_set_prio(vm, 0, 50 + i, 0xe0 - 8 * i);
		mock_inject(vm, 0, 50 + i, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 50 + i);
	}
	for (uint32_t i = 20; i-- > 0;) {
		mock_guest_eoi(vm, 0, 1, 50 + i);
		assert_true(mock_phys_active(vm, 0, PHYS));
	}
	mock_guest_eoi(vm, 0, 1, VIRT);
	/* The line is still high: taken again at once. */
	assert_true(mock_phys_active(vm, 0, PHYS));
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_false(mock_phys_active(vm, 0, PHYS));
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* R92: pending and active set and cleared by software. */
static void by_software(void **state)
{
	struct mock_vm *vm = mapped(state);

	/* Set pending while idle: one delivery, and the physical one is idle afterwards. */
	mock_irq_write(vm, 1, GICD_ISPENDR, VIRT);
	assert_true(mock_irq_read(vm, 1, GICD_ISPENDR, VIRT));
	assert_int_equal(hw_take(vm, 0), VIRT);
	assert_false(mock_phys_active(vm, 0, PHYS));
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Set and cleared again: nothing, and the device works. */
	mock_irq_write(vm, 1, GICD_ISPENDR, VIRT);
	mock_guest_nop(vm, 0);
	mock_irq_write(vm, 1, GICD_ICPENDR, VIRT);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_false(mock_phys_active(vm, 0, PHYS));
	/* Set pending while active. */
	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_irq_write(vm, 1, GICD_ISPENDR, VIRT);
	mock_guest_nop(vm, 0);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	mock_vcpu_exit(vm, 0);
	assert_int_equal(hw_take(vm, 0), VIRT);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vcpu_exit(vm, 0);
	assert_false(mock_phys_active(vm, 0, PHYS));
	/* ICACTIVER of one that a running vCPU has active. */
	mock_guest_set_ctlr(vm, 0, ICC_CTLR_EOImode);
	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(hw_take(vm, 0), VIRT);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_irq_write(vm, 1, GICD_ICACTIVER, VIRT);
	assert_false(mock_irq_read(vm, 1, GICD_ISACTIVER, VIRT));
	assert_false(mock_phys_active(vm, 0, PHYS));
	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(hw_take(vm, 0), VIRT);
	mock_vm_destroy(vm);
}

/* A PPI: the timer of each vCPU. */
static void timers(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));

	for (uint32_t cpu = 0; cpu < 2; cpu++)
		mock_phys_map(vm, cpu, 27, 27);
	for (int i = 0; i < 3; i++) {
		mock_phys_set_level(vm, 1, 27, true);
		assert_int_equal(mock_guest_lines(vm, 0), 0);
		assert_int_equal(mock_guest_ack(vm, 1, 1), 27);
		mock_phys_set_level(vm, 1, 27, false);
		mock_guest_eoi(vm, 1, 1, 27);
		assert_false(mock_phys_active(vm, 1, 27));
		assert_int_equal(hw_take(vm, 1), SPURIOUS);
	}
	mock_vm_destroy(vm);
}

/* Disabled while the physical one is active; enabled again. */
static void disabled(void **state)
{
	struct mock_vm *vm = mapped(state);

	mock_phys_set_level(vm, 0, PHYS, true);
	mock_guest_nop(vm, 0);
	mock_irq_write(vm, 1, GICD_ICENABLER, VIRT);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_irq_write(vm, 1, GICD_ISENABLER, VIRT);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	assert_false(mock_phys_active(vm, 0, PHYS));
	mock_vm_destroy(vm);
}

static void errors(void **state)
{
	struct mock_vm *vm = mapped(state);
	struct lvgic *vg = mock_vgic(vm);

	assert_int_equal(lvgic_map_hw(vg, NULL, VIRT, 101), LVGIC_ERR_EXIST);
	assert_int_equal(lvgic_map_hw(vg, NULL, 41, 15), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_map_hw(vg, NULL, 41, 1020), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_map_hw(vg, NULL, 5, 100), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_map_hw(vg, NULL, 27, 27), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_map_hw(vg, NULL, 5000, 100), LVGIC_ERR_INVAL);
	mock_irq_write(vm, 0, GICD_ISPENDR, 41);
	assert_int_equal(lvgic_map_hw(vg, NULL, 41, 101), LVGIC_ERR_STATE);
	assert_int_equal(lvgic_unmap_hw(vg, NULL, 42), LVGIC_ERR_NOENT);
	mock_irq_write(vm, 0, GICD_ICPENDR, 41);
	/* Unmapped: an ordinary interrupt again. */
	assert_int_equal(lvgic_unmap_hw(vg, NULL, VIRT), LVGIC_OK);
	mock_inject(vm, 0, VIRT, true);
	mock_guest_nop(vm, 0);
	if (!is_trapped(state))
		assert_false(mock_ich(vm, 0)->lr[0] & ICH_LR_HW);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_inject(vm, 0, VIRT, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_int_equal(mock_counts(vm, 0)->deactivations, 0);
	mock_vm_destroy(vm);
}

static void unmap_in_lr(void **state)
{
	struct mock_vm *vm = mapped(state);
	enum lvgic_status status;

	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	status = lvgic_unmap_hw(mock_vgic(vm), NULL, VIRT);
	assert_int_equal(status, is_trapped(state) ? status : LVGIC_ERR_STATE);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* Without hw_get and hw_set there is no mapping. */
static void no_ops(void **state)
{
	struct mock_config config = hw_config(state, 1);
	struct mock_vm *vm;

	config.omit = 1u << MOCK_OP_HW_GET | 1u << MOCK_OP_HW_SET;
	vm = hw_vm(config);
	assert_int_equal(lvgic_map_hw(mock_vgic(vm), NULL, VIRT, PHYS), LVGIC_ERR_INVAL);
	mock_vm_destroy(vm);
}

/* --- ops->acked --- */

static void lower_line(struct mock_vm *vm, uint32_t cpu, uint32_t intid, void *arg)
{
	int *left = arg;

	(void)cpu;
	mock_inject(vm, 0, intid, false);
	/* The device has more to say. */
	if (--*left > 0)
		mock_inject(vm, 0, intid, true);
}

/* Level resampling: the line is held until the guest has ended the interrupt, and the callback injects. */
static void notify_level(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));
	int left = 3;

	mock_irq_set_edge(vm, 0, VIRT, false);
	mock_on_acked(vm, lower_line, &left);
	assert_int_equal(lvgic_notify_eoi(mock_vgic(vm), NULL, VIRT, true), LVGIC_OK);
	mock_inject(vm, 0, VIRT, true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
		assert_int_equal(mock_counts(vm, 0)->acked, i);
		mock_guest_eoi(vm, 0, 1, VIRT);
		assert_int_equal(mock_counts(vm, 0)->acked, i + 1);
	}
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	/* Off: no more calls. */
	assert_int_equal(lvgic_notify_eoi(mock_vgic(vm), NULL, VIRT, false), LVGIC_OK);
	mock_inject(vm, 0, VIRT, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_inject(vm, 0, VIRT, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked, 3);
	mock_vm_destroy(vm);
}

/* Turned on while it is in a list register; edge; EOImode 1; ended by another vCPU and by ICACTIVER. */
static void notify_everywhere(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 2));
	uint64_t n = 0;

	mock_irq_set_edge(vm, 0, VIRT, true);
	mock_guest_set_ctlr(vm, 0, ICC_CTLR_EOImode);
	mock_guest_set_ctlr(vm, 1, ICC_CTLR_EOImode);
	mock_inject(vm, 0, VIRT, true);
	assert_int_equal(hw_take(vm, 0), VIRT);
	assert_int_equal(lvgic_notify_eoi(mock_vgic(vm), NULL, VIRT, true), LVGIC_OK);
	mock_guest_dir(vm, 0, VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked, ++n);
	mock_inject(vm, 0, VIRT, true);
	assert_int_equal(hw_take(vm, 0), VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked, n);
	mock_guest_dir(vm, 1, VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked + mock_counts(vm, 1)->acked, ++n);
	/* Spilled. */
	mock_inject(vm, 0, VIRT, true);
	assert_int_equal(hw_take(vm, 0), VIRT);
	for (uint32_t intid = 50; intid < 70; intid++) {
		mock_irq_set_edge(vm, 0, intid, true);
		mock_inject(vm, 0, intid, true);
		assert_int_equal(hw_take(vm, 0), intid);
	}
	mock_guest_dir(vm, 0, VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked + mock_counts(vm, 1)->acked, ++n);
	/* One edge while active: two ends. */
	mock_inject(vm, 0, VIRT, true);
	assert_int_equal(hw_take(vm, 0), VIRT);
	mock_inject(vm, 0, VIRT, true);
	mock_guest_dir(vm, 0, VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked + mock_counts(vm, 1)->acked, ++n);
	assert_int_equal(hw_take(vm, 0), VIRT);
	mock_guest_dir(vm, 0, VIRT);
	assert_int_equal(mock_counts(vm, 0)->acked + mock_counts(vm, 1)->acked, ++n);
	mock_vm_destroy(vm);
}

/* EOImode 0, nested: EOIcount. */
static void notify_nested(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	for (uint32_t i = 0; i < 20; i++) {
		mock_irq_set_edge(vm, 0, 40 + i, true);
		mock_irq_set_prio(vm, 0, 40 + i, 0xe0 - 8 * i);
		assert_int_equal(lvgic_notify_eoi(mock_vgic(vm), NULL, 40 + i, true), LVGIC_OK);
		mock_inject(vm, 0, 40 + i, true);
		assert_int_equal(mock_guest_ack(vm, 0, 1), 40 + i);
	}
	for (uint32_t i = 20; i-- > 0;) {
		mock_guest_eoi(vm, 0, 1, 40 + i);
		assert_int_equal(mock_counts(vm, 0)->acked, 20 - i);
	}
	mock_vm_destroy(vm);
}

/* A PPI and the first SPI keep each a physical number of its own. */
static void first_of_both(void **state)
{
	struct mock_vm *vm = hw_vm(hw_config(state, 1));

	mock_irq_set_edge(vm, 0, 16, false);
	mock_irq_set_edge(vm, 0, 32, false);
	mock_phys_map(vm, 0, 16, 24);
	mock_phys_map(vm, 0, 32, PHYS);
	mock_phys_set_level(vm, 0, 24, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 16);
	mock_phys_set_level(vm, 0, 24, false);
	mock_guest_eoi(vm, 0, 1, 16);
	assert_false(mock_phys_active(vm, 0, 24));
	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), 32);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, 32);
	assert_false(mock_phys_active(vm, 0, PHYS));
	mock_vm_destroy(vm);
}

/* The list register that a mapped one has had is an ordinary one again: its next interrupt has no physical level. */
static void place_of_a_mapped_one(void **state)
{
	struct mock_vm *vm = mapped(state);

	mock_phys_set_level(vm, 0, PHYS, true);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT);
	mock_phys_set_level(vm, 0, PHYS, false);
	mock_guest_eoi(vm, 0, 1, VIRT);
	mock_irq_set_edge(vm, 0, VIRT + 1, false);
	mock_inject(vm, 0, VIRT + 1, true);
	mock_guest_nop(vm, 0);
	mock_guest_nop(vm, 0);
	assert_int_equal(mock_guest_lines(vm, 0), MOCK_LINE_IRQ);
	assert_int_equal(mock_guest_ack(vm, 0, 1), VIRT + 1);
	mock_guest_nop(vm, 0);
	assert_int_equal(mock_dist_r(vm, 0, GICD_ISPENDR + 4, 4), 1u << (VIRT + 1 - 32));
	mock_inject(vm, 0, VIRT + 1, false);
	mock_guest_eoi(vm, 0, 1, VIRT + 1);
	assert_int_equal(hw_take(vm, 0), SPURIOUS);
	mock_vm_destroy(vm);
}

/* Whatever the guest changes that the physical one has to follow, and nothing else, is told. */
static void physical_follows(void **state)
{
	struct mock_vm *vm = mapped(state);
	struct lvgic *vg = mock_vgic(vm);
	struct lvgic_hw_config c;
	uint32_t intid = 0;

	assert_int_equal(lvgic_query_hw(vg, NULL, VIRT, &c), LVGIC_OK);
	assert_int_equal(c.pintid, PHYS);
	assert_true(c.enabled);
	assert_false(c.edge);
	assert_int_equal(c.vcpu, 0);
	uint64_t n = mock_hw_changes(vm, NULL);
	mock_irq_write(vm, 0, GICD_ICENABLER, VIRT);
	assert_int_equal(mock_hw_changes(vm, &intid), ++n);
	assert_int_equal(intid, VIRT);
	assert_int_equal(lvgic_query_hw(vg, NULL, VIRT, &c), LVGIC_OK);
	assert_false(c.enabled);
	mock_irq_set_edge(vm, 0, VIRT, true);
	assert_int_equal(mock_hw_changes(vm, NULL), ++n);
	mock_irq_route(vm, 0, VIRT, 1);
	assert_int_equal(mock_hw_changes(vm, NULL), ++n);
	mock_irq_write(vm, 0, GICD_ISENABLER, VIRT);
	assert_int_equal(mock_hw_changes(vm, NULL), ++n);
	assert_int_equal(lvgic_query_hw(vg, NULL, VIRT, &c), LVGIC_OK);
	assert_true(c.enabled && c.edge);
	assert_int_equal(c.vcpu, 1);
	mock_dist_w(vm, 0, GICD_IROUTER + VIRT * 8, 8, 0x00ffffff);
	assert_int_equal(mock_hw_changes(vm, NULL), ++n);
	assert_int_equal(lvgic_query_hw(vg, NULL, VIRT, &c), LVGIC_OK);
	assert_int_equal(c.vcpu, UINT32_MAX);
	/* Its neighbour is not mapped, and a priority is the virtual one's own. */
	mock_irq_write(vm, 0, GICD_ICENABLER, VIRT + 1);
	mock_irq_route(vm, 0, VIRT + 1, 1);
	mock_irq_set_prio(vm, 0, VIRT, 0x80);
	assert_int_equal(mock_hw_changes(vm, NULL), n);
	assert_int_equal(lvgic_query_hw(vg, NULL, VIRT + 1, &c), LVGIC_ERR_NOENT);
	assert_int_equal(lvgic_query_hw(vg, NULL, 3, &c), LVGIC_ERR_INVAL);
	assert_int_equal(lvgic_query_hw(vg, NULL, 27, &c), LVGIC_ERR_INVAL);
	/* A PPI names its vCPU. */
	assert_int_equal(lvgic_map_hw(vg, mock_vcpu(vm, 1), 27, 30), LVGIC_OK);
	mock_redist_w(vm, 1, 1, GICR_SGI_BASE + GICD_ICENABLER, 4, 1u << 27);
	assert_int_equal(mock_hw_changes(vm, &intid), ++n);
	assert_int_equal(intid, 27);
	assert_int_equal(lvgic_query_hw(vg, mock_vcpu(vm, 1), 27, &c), LVGIC_OK);
	assert_int_equal(c.vcpu, 1);
	mock_vm_destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_EACH(level_once),
		HW_EACH(physical_follows),
		HW_EACH(level_stays),
		HW_EACH(level_falls),
		HW_EACH(spilled),
		HW_EACH(first_of_both),
		HW_EACH(place_of_a_mapped_one),
		HW_EACH(nested),
		HW_EACH(by_software),
		HW_EACH(timers),
		HW_EACH(disabled),
		HW_EACH(errors),
		HW_EACH(unmap_in_lr),
		HW_EACH(no_ops),
		HW_EACH(notify_level),
		HW_EACH(notify_everywhere),
		HW_EACH(notify_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
