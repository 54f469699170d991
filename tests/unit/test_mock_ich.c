/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The model of the virtual CPU interface hardware against cases worked out by hand from IHI 0069, 4.8, 12.2 and 12.4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libvgic/gic.h>
#include <vgic_mock_ich.h>

#define PENDING     1ull
#define ACTIVE      2ull
#define PEND_ACTIVE 3ull
#define STATE(lr)   ((lr) >> 62)

/* Everything open: both groups on, PMR at its lowest, binary points at their minimum. */
static struct mock_ich ready(uint32_t nr_lrs, uint32_t pri_bits)
{
	struct mock_ich ich;

	mock_ich_init(&ich, nr_lrs, pri_bits);
	ich.hcr = ICH_HCR_En;
	mock_ich_write_vmcr(&ich, 0xff000000u | ICH_VMCR_VENG0 | ICH_VMCR_VENG1);
	return ich;
}

static uint64_t lr(uint64_t state, uint32_t group, uint32_t prio, uint32_t intid)
{
	return state << 62 | (uint64_t)group << 60 | (uint64_t)prio << 48 | intid;
}

static void ack_eoi(void **unused)
{
	struct mock_ich ich = ready(4, 5);

	(void)unused;
	assert_int_equal(mock_ich_lines(&ich), 0);
	assert_int_equal(mock_ich_rpr(&ich), 0xff);
	assert_int_equal(mock_ich_ack(&ich, 1), 1023);
	ich.lr[2] = lr(PENDING, 1, 0xa0, 40);
	assert_int_equal(mock_ich_lines(&ich), MOCK_LINE_IRQ);
	assert_int_equal(mock_ich_hppir(&ich, 1), 40);
	assert_int_equal(mock_ich_hppir(&ich, 0), 1023);
	assert_int_equal(mock_ich_ack(&ich, 0), 1023);
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
	assert_int_equal(STATE(ich.lr[2]), ACTIVE);
	assert_int_equal(ich.ap1r[0], 1u << (0xa0 >> 3));
	assert_int_equal(ich.ap0r[0], 0);
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	assert_int_equal(mock_ich_lines(&ich), 0);
	mock_ich_eoi(&ich, 1, 40);
	assert_int_equal(STATE(ich.lr[2]), 0);
	assert_int_equal(ich.ap1r[0], 0);
	assert_int_equal(mock_ich_elrsr(&ich), 0xf);
	assert_int_equal(ich.hcr >> 27, 0);
}

static void groups(void **unused)
{
	struct mock_ich ich = ready(4, 5);

	(void)unused;
	ich.lr[0] = lr(PENDING, 1, 0x80, 40);
	ich.lr[1] = lr(PENDING, 0, 0x40, 41);
	assert_int_equal(mock_ich_lines(&ich), MOCK_LINE_FIQ);
	/* The highest is of group 0: group 1 reads spurious, it does not take the lower one. */
	assert_int_equal(mock_ich_ack(&ich, 1), 1023);
	assert_int_equal(mock_ich_hppir(&ich, 1), 1023);
	assert_int_equal(mock_ich_ack(&ich, 0), 41);
	assert_int_equal(ich.ap0r[0], 1u << (0x40 >> 3));
	assert_int_equal(mock_ich_lines(&ich), 0);
	/* The running priority is of group 0: an EOIR1 does not drop it. */
	mock_ich_eoi(&ich, 1, 41);
	assert_int_equal(mock_ich_rpr(&ich), 0x40);
	mock_ich_eoi(&ich, 0, 41);
	assert_int_equal(mock_ich_lines(&ich), MOCK_LINE_IRQ);
	/* A disabled group is as if not there. */
	mock_ich_write_vmcr(&ich, ich.vmcr & ~ICH_VMCR_VENG1);
	assert_int_equal(mock_ich_lines(&ich), 0);
	assert_int_equal(mock_ich_hppir(&ich, 1), 1023);
	assert_int_equal(mock_ich_ack(&ich, 1), 1023);
	ich.hcr = 0;
	mock_ich_write_vmcr(&ich, ich.vmcr | ICH_VMCR_VENG1);
	assert_int_equal(mock_ich_lines(&ich), 0);
}

static void mask(void **unused)
{
	struct mock_ich ich = ready(1, 5);

	(void)unused;
	ich.lr[0] = lr(PENDING, 1, 0xa0, 40);
	assert_int_equal(mock_ich_write(&ich, ICC_PMR_EL1, 0xa0), MOCK_ACCESS_DONE);
	assert_int_equal(mock_ich_lines(&ich), 0); /* equal is masked */
	assert_int_equal(mock_ich_ack(&ich, 1), 1023);
	assert_int_equal(mock_ich_hppir(&ich, 1), 40); /* but pending */
	mock_ich_write(&ich, ICC_PMR_EL1, 0xaf);       /* five bits are there: 0xa8 */
	assert_int_equal(ich.vmcr >> 24, 0xa8);
	assert_int_equal(mock_ich_lines(&ich), MOCK_LINE_IRQ);
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
}

static void preemption(void **unused)
{
	struct mock_ich ich = ready(4, 5);

	(void)unused;
	/* BPR1 = 5: group priority is bits 7:5, so 0xa0 and 0x80 differ, 0xb0 and 0xa0 do not. */
	mock_ich_write(&ich, ICC_BPR1_EL1, 5);
	ich.lr[0] = lr(PENDING, 1, 0xb0, 40);
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	ich.lr[1] = lr(PENDING, 1, 0xa0, 41);
	assert_int_equal(mock_ich_lines(&ich), 0);
	assert_int_equal(mock_ich_ack(&ich, 1), 1023);
	ich.lr[2] = lr(PENDING, 1, 0x98, 42);
	assert_int_equal(mock_ich_lines(&ich), MOCK_LINE_IRQ);
	assert_int_equal(mock_ich_ack(&ich, 1), 42);
	assert_int_equal(mock_ich_rpr(&ich), 0x80);
	assert_int_equal(ich.ap1r[0], 1u << (0x80 >> 3) | 1u << (0xa0 >> 3));
	/* Out of order: the drop is of the highest active priority, and 40 does not match it, so stays active. */
	mock_ich_eoi(&ich, 1, 40);
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	assert_int_equal(STATE(ich.lr[0]), ACTIVE);
}

static void binary_points(void **unused)
{
	static const uint32_t min0[] = { 2, 1, 0 };
	uint64_t val;

	(void)unused;
	for (uint32_t bits = 5; bits <= 7; bits++) {
		struct mock_ich ich = ready(1, bits);

		mock_ich_read(&ich, ICC_BPR0_EL1, &val);
		assert_int_equal(val, min0[bits - 5]);
		mock_ich_read(&ich, ICC_BPR1_EL1, &val);
		assert_int_equal(val, min0[bits - 5] + 1);
		mock_ich_write(&ich, ICC_BPR0_EL1, 6);
		mock_ich_write(&ich, ICC_BPR1_EL1, 7);
		mock_ich_read(&ich, ICC_BPR0_EL1, &val);
		assert_int_equal(val, 6);
		/* CBPR: BPR1 reads BPR0 + 1, at most 7, and cannot be written. */
		mock_ich_write(&ich, ICC_BPR0_EL1, 4);
		mock_ich_write(&ich, ICC_CTLR_EL1, ICC_CTLR_CBPR);
		mock_ich_read(&ich, ICC_BPR1_EL1, &val);
		assert_int_equal(val, 5);
		mock_ich_write(&ich, ICC_BPR1_EL1, 3);
		mock_ich_write(&ich, ICC_BPR0_EL1, 7);
		mock_ich_read(&ich, ICC_BPR1_EL1, &val);
		assert_int_equal(val, 7);
		mock_ich_write(&ich, ICC_CTLR_EL1, 0);
		mock_ich_read(&ich, ICC_BPR1_EL1, &val);
		assert_int_equal(val, 7);
	}
}

static void common_binary_point(void **unused)
{
	struct mock_ich ich = ready(2, 5);

	(void)unused;
	/* BPR0 = 4: bits 7:5 for both groups; BPR1 alone would have been 3: bits 7:3. */
	mock_ich_write(&ich, ICC_BPR0_EL1, 4);
	mock_ich_write(&ich, ICC_BPR1_EL1, 3);
	ich.lr[0] = lr(PENDING, 1, 0xa8, 40);
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
	assert_int_equal(mock_ich_rpr(&ich), 0xa8);
	mock_ich_eoi(&ich, 1, 40);
	mock_ich_write(&ich, ICC_CTLR_EL1, ICC_CTLR_CBPR);
	ich.lr[0] = lr(PENDING, 1, 0xa8, 40);
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	/* BPR0 = 7: no preemption at all. */
	mock_ich_eoi(&ich, 1, 40);
	mock_ich_write(&ich, ICC_BPR0_EL1, 7);
	ich.lr[0] = lr(PENDING, 0, 0xf0, 41);
	assert_int_equal(mock_ich_ack(&ich, 0), 41);
	assert_int_equal(mock_ich_rpr(&ich), 0);
	ich.lr[1] = lr(PENDING, 0, 0x00, 42);
	assert_int_equal(mock_ich_lines(&ich), 0);
}

static void active_priorities(void **unused)
{
	uint64_t val;

	(void)unused;
	for (uint32_t bits = 5; bits <= 7; bits++) {
		struct mock_ich ich = ready(1, bits);
		uint32_t prio = 0xfeu & ~(0xffu >> bits), i = prio >> (8 - bits);

		assert_int_equal(mock_ich_nr_aprs(&ich), 1u << (bits - 5));
		mock_ich_write_vmcr(&ich, ich.vmcr);
		ich.lr[0] = lr(PENDING, 0, prio - (1u << (8 - bits)), 40);
		assert_int_equal(mock_ich_ack(&ich, 0), 40);
		assert_int_equal(ich.ap0r[(i - 1) / 32], 1u << (i - 1) % 32);
		assert_int_equal(mock_ich_rpr(&ich), prio - (1u << (8 - bits)));
		/* AP<n>R1 needs 6 bits, 2 and 3 need 7. */
		assert_int_equal(mock_ich_read(&ich, ICC_AP1R1_EL1, &val),
		                 bits >= 6 ? MOCK_ACCESS_DONE : MOCK_ACCESS_UNDEF);
		assert_int_equal(mock_ich_write(&ich, ICC_AP0R3_EL1, 0),
		                 bits >= 7 ? MOCK_ACCESS_DONE : MOCK_ACCESS_UNDEF);
		assert_int_equal(mock_ich_write(&ich, ICC_AP0R0_EL1, 2), MOCK_ACCESS_DONE);
		assert_int_equal(mock_ich_rpr(&ich), 1u << (8 - bits));
	}
}

static void eoi_without_lr(void **unused)
{
	struct mock_ich ich = ready(1, 5);

	(void)unused;
	ich.ap1r[0] = 1u << (0xa0 >> 3) | 1u << (0x80 >> 3);
	mock_ich_eoi(&ich, 1, 40);
	assert_int_equal(ich.hcr >> 27, 1);
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	/* LPIs are never counted; special INTIDs do nothing. */
	mock_ich_eoi(&ich, 1, 1023);
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	mock_ich_eoi(&ich, 1, 8192);
	assert_int_equal(ich.hcr >> 27, 1);
	assert_int_equal(mock_ich_rpr(&ich), 0xff);
	/* Nothing to drop: ignored. */
	mock_ich_eoi(&ich, 1, 40);
	assert_int_equal(ich.hcr >> 27, 1);
	assert_int_equal(ich.hcr & 0xffff, ICH_HCR_En);
}

static void split_eoi(void **unused)
{
	struct mock_ich ich = ready(2, 5);

	(void)unused;
	ich.lr[0] = lr(PENDING, 1, 0xa0, 40);
	mock_ich_dir(&ich, 40);
	assert_int_equal(ich.hcr >> 27, 0); /* EOImode 0: ignored */
	mock_ich_write(&ich, ICC_CTLR_EL1, ICC_CTLR_EOImode);
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
	mock_ich_eoi(&ich, 1, 40);
	assert_int_equal(mock_ich_rpr(&ich), 0xff);
	assert_int_equal(STATE(ich.lr[0]), ACTIVE);
	mock_ich_write(&ich, ICC_DIR_EL1, 40);
	assert_int_equal(STATE(ich.lr[0]), 0);
	/* No list register: counted by DIR, not by EOIR. */
	ich.ap1r[0] = 1;
	mock_ich_eoi(&ich, 1, 41);
	assert_int_equal(ich.hcr >> 27, 0);
	mock_ich_dir(&ich, 41);
	assert_int_equal(ich.hcr >> 27, 1);
	mock_ich_dir(&ich, 8200);
	mock_ich_dir(&ich, 1021);
	assert_int_equal(ich.hcr >> 27, 1);
	/* Pending and active becomes pending. */
	ich.lr[1] = lr(PEND_ACTIVE, 1, 0xa0, 42);
	assert_int_equal(mock_ich_lines(&ich), 0);
	mock_ich_dir(&ich, 42);
	assert_int_equal(STATE(ich.lr[1]), PENDING);
	assert_int_equal(mock_ich_lines(&ich), MOCK_LINE_IRQ);
}

static void lpis(void **unused)
{
	struct mock_ich ich = ready(1, 5);

	(void)unused;
	ich.lr[0] = lr(PENDING, 1, 0xa0, 8192);
	assert_int_equal(mock_ich_ack(&ich, 1), 8192);
	assert_int_equal(STATE(ich.lr[0]), 0); /* no active state */
	assert_int_equal(mock_ich_rpr(&ich), 0xa0);
	mock_ich_eoi(&ich, 1, 8192);
	assert_int_equal(mock_ich_rpr(&ich), 0xff);
	assert_int_equal(ich.hcr >> 27, 0);
	/* The other kind of implementation, under EOImode 1: the end of interrupt is all that comes. */
	ich.lpi_active = true;
	mock_ich_write(&ich, ICC_CTLR_EL1, ICC_CTLR_EOImode);
	ich.lr[0] = lr(PENDING, 1, 0xa0, 8193);
	assert_int_equal(mock_ich_ack(&ich, 1), 8193);
	assert_int_equal(STATE(ich.lr[0]), ACTIVE);
	mock_ich_eoi(&ich, 1, 8193);
	assert_int_equal(STATE(ich.lr[0]), 0);
}

static void note(void *arg, uint32_t pintid)
{
	*(uint32_t *)arg = pintid;
}

static void hardware_interrupts(void **unused)
{
	struct mock_ich ich = ready(2, 5);
	uint32_t ended = 0;

	(void)unused;
	ich.hw_deactivate = note;
	ich.hw_arg = &ended;
	/* pINTID 1000 has bit 9 set, which would be EOI without HW. */
	ich.lr[0] = lr(PENDING, 1, 0xa0, 40) | ICH_LR_HW | 1000ull << ICH_LR_PINTID_SHIFT;
	assert_int_equal(mock_ich_ack(&ich, 1), 40);
	assert_int_equal(ended, 0);
	mock_ich_eoi(&ich, 1, 40);
	assert_int_equal(ended, 1000);
	assert_int_equal(STATE(ich.lr[0]), 0);
	assert_int_equal(mock_ich_eisr(&ich), 0);
	assert_int_equal(mock_ich_elrsr(&ich), 3);
}

static void maintenance(void **unused)
{
	struct mock_ich ich = ready(4, 5);

	(void)unused;
	assert_int_equal(mock_ich_misr(&ich), 0);
	/* U: none or one valid. */
	ich.hcr = ICH_HCR_En | ICH_HCR_UIE;
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_U);
	ich.lr[0] = lr(ACTIVE, 1, 0xa0, 40);
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_U);
	ich.lr[1] = lr(ACTIVE, 1, 0xa0, 41);
	assert_int_equal(mock_ich_misr(&ich), 0);
	/* NP: none pending; pending and active is not. */
	ich.hcr = ICH_HCR_En | ICH_HCR_NPIE;
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_NP);
	ich.lr[1] = lr(PEND_ACTIVE, 1, 0xa0, 41);
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_NP);
	ich.lr[1] = lr(PENDING, 1, 0xa0, 41);
	assert_int_equal(mock_ich_misr(&ich), 0);
	/* LRENP: EOIcount. */
	ich.hcr = ICH_HCR_En | ICH_HCR_LRENPIE;
	assert_int_equal(mock_ich_misr(&ich), 0);
	ich.hcr |= 1u << ICH_HCR_EOIcount_SHIFT;
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_LRENP);
	/* EOI: an inactive list register with the EOI bit. */
	ich.hcr = ICH_HCR_En;
	ich.lr[2] = lr(ACTIVE, 1, 0xa0, 42) | ICH_LR_EOI;
	assert_int_equal(mock_ich_misr(&ich), 0);
	ich.ap1r[0] = 1u << (0xa0 >> 3);
	mock_ich_eoi(&ich, 1, 42);
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_EOI);
	assert_int_equal(mock_ich_eisr(&ich), 4);
	assert_int_equal(mock_ich_elrsr(&ich), 8);
	ich.lr[2] = 0;
	/* Group enables. */
	ich.hcr = ICH_HCR_En | ICH_HCR_VGrp0EIE | ICH_HCR_VGrp1DIE;
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_VGrp0E);
	mock_ich_write(&ich, ICC_IGRPEN0_EL1, 0);
	mock_ich_write(&ich, ICC_IGRPEN1_EL1, 0);
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_VGrp1D);
	ich.hcr = ICH_HCR_En | ICH_HCR_VGrp0DIE | ICH_HCR_VGrp1EIE;
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_VGrp0D);
	mock_ich_write(&ich, ICC_IGRPEN1_EL1, 1);
	assert_int_equal(mock_ich_misr(&ich), MOCK_MISR_VGrp0D | MOCK_MISR_VGrp1E);
	ich.hcr &= ~ICH_HCR_En;
	assert_int_equal(mock_ich_misr(&ich), 0);
}

static void traps(void **unused)
{
	static const struct {
		uint32_t hcr, sysreg;
		bool write, trap;
	} cases[] = {
		{ 0, ICC_DIR_EL1, true, false },
		{ ICH_HCR_TDIR, ICC_DIR_EL1, true, true },
		{ ICH_HCR_TDIR, ICC_EOIR1_EL1, true, false },
		{ ICH_HCR_TC, ICC_DIR_EL1, true, true },
		{ ICH_HCR_TC, ICC_PMR_EL1, false, true },
		{ ICH_HCR_TC, ICC_RPR_EL1, false, true },
		{ ICH_HCR_TC, ICC_CTLR_EL1, true, true },
		{ ICH_HCR_TC, ICC_IAR1_EL1, false, false },
		{ 1u << 11, ICC_IAR0_EL1, false, true },
		{ 1u << 11, ICC_AP0R0_EL1, false, true },
		{ 1u << 11, ICC_IAR1_EL1, false, false },
		{ 1u << 12, ICC_IGRPEN1_EL1, true, true },
		{ 1u << 12, ICC_IAR0_EL1, false, false },
		{ 0, ICC_SGI1R_EL1, true, true },
		{ 0, ICC_ASGI1R_EL1, true, true },
		{ 0, ICC_SGI0R_EL1, true, true },
	};
	struct mock_ich ich = ready(1, 5);
	uint64_t val;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum mock_access access;

		ich.hcr = ICH_HCR_En | cases[i].hcr;
		access = cases[i].write ? mock_ich_write(&ich, cases[i].sysreg, 0) :
		                          mock_ich_read(&ich, cases[i].sysreg, &val);
		assert_int_equal(access, cases[i].trap ? MOCK_ACCESS_TRAP : MOCK_ACCESS_DONE);
	}
	/* The wrong direction, and no register at all. */
	assert_int_equal(mock_ich_write(&ich, ICC_IAR1_EL1, 0), MOCK_ACCESS_UNDEF);
	assert_int_equal(mock_ich_read(&ich, ICC_EOIR1_EL1, &val), MOCK_ACCESS_UNDEF);
	assert_int_equal(mock_ich_read(&ich, ICC_SGI1R_EL1, &val), MOCK_ACCESS_UNDEF);
	assert_int_equal(mock_ich_read(&ich, LVGIC_SYSREG(3, 0, 12, 13, 0), &val), MOCK_ACCESS_UNDEF);
	mock_ich_read(&ich, ICC_CTLR_EL1, &val);
	assert_int_equal(val & 0x700, 4u << 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ack_eoi),
		cmocka_unit_test(groups),
		cmocka_unit_test(mask),
		cmocka_unit_test(preemption),
		cmocka_unit_test(binary_points),
		cmocka_unit_test(common_binary_point),
		cmocka_unit_test(active_priorities),
		cmocka_unit_test(eoi_without_lr),
		cmocka_unit_test(split_eoi),
		cmocka_unit_test(lpis),
		cmocka_unit_test(hardware_interrupts),
		cmocka_unit_test(maintenance),
		cmocka_unit_test(traps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
