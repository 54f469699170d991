/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the way of the virtual interface control registers between the library and the hardware model.
 * Locks: none; the vCPU's owner.
 * Implements: ops->lr_load, ops->lr_store; what IHI 0069 12.4 says a hypervisor must not write (ICH_LR<n>_EL2).
 */
#include "internal.h"

#define STATE(lr) ((uint32_t)((lr) >> 62))

static void check_lr(struct mock_vcpu *c, uint32_t n, uint64_t lr)
{
	uint32_t intid = (uint32_t)(lr & ICH_LR_VINTID_MASK);
	uint32_t prio = (uint32_t)(lr >> ICH_LR_PRIORITY_SHIFT) & 0xffu;
	const char *wrong = NULL;

	if (!STATE(lr))
		return;
	if ((intid >= 1020 && intid < LVGIC_FIRST_LPI) || intid > 0xffffff)
		wrong = "no such INTID";
	else if ((lr & ICH_LR_HW) && STATE(lr) == 3)
		wrong = "a hardware interrupt pending and active"; /* R92 */
	else if ((lr & ICH_LR_HW) && (intid < 16 || intid >= LVGIC_FIRST_LPI))
		wrong = "an SGI or LPI with HW";
	else if ((lr & ICH_LR_HW) && ((lr >> ICH_LR_PINTID_SHIFT) & 0x1fffu) >= NR_PHYS)
		wrong = "no such physical INTID"; /* R94 */
	else if (!(lr & ICH_LR_HW) && (lr & (0x1dffull << ICH_LR_PINTID_SHIFT)))
		wrong = "a physical INTID without HW";
	else if (lr & (0x0f00e000ull << 32))
		wrong = "reserved bits set";
	else if (prio & (0xffu >> c->ich.pri_bits))
		wrong = "priority bits that are not implemented";
	if (wrong)
		mock_report(c->vm, "vCPU %u, LR %u, %#llx: %s", c->id, n, (unsigned long long)lr, wrong);
}

void mock_op_lr_store(void *vctx, const struct lvgic_ich *ich, uint32_t used)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_LR_STORE);
	if (c->ich.nr_lrs < 16 && used >> c->ich.nr_lrs)
		mock_report(c->vm, "vCPU %u uses list registers %#x of %u", c->id, used, c->ich.nr_lrs);
	for (uint32_t n = 0; n < c->ich.nr_lrs; n++) {
		c->ich.lr[n] = used & 1u << n ? ich->lr[n] : 0;
		check_lr(c, n, c->ich.lr[n]);
		for (uint32_t m = 0; m < n; m++) /* R18 */
			if (STATE(c->ich.lr[n]) && STATE(c->ich.lr[m]) &&
			    (uint32_t)c->ich.lr[n] == (uint32_t)c->ich.lr[m])
				mock_report(c->vm, "vCPU %u: INTID %u in LR %u and LR %u", c->id,
				            (uint32_t)c->ich.lr[n], m, n);
	}
	c->ich.hcr = ich->hcr;
	mock_ich_write_vmcr(&c->ich, ich->vmcr);
	for (uint32_t n = 0; n < mock_ich_nr_aprs(&c->ich); n++) {
		c->ich.ap0r[n] = ich->ap0r[n];
		c->ich.ap1r[n] = ich->ap1r[n];
	}
}

void mock_op_lr_load(void *vctx, struct lvgic_ich *ich, uint32_t used)
{
	struct mock_vcpu *c = vctx;

	mock_called(c->vm, MOCK_OP_LR_LOAD);
	for (uint32_t n = 0; n < c->ich.nr_lrs; n++)
		if (used & 1u << n)
			ich->lr[n] = c->ich.lr[n];
	ich->hcr = c->ich.hcr;
	ich->vmcr = c->ich.vmcr;
	for (uint32_t n = 0; n < mock_ich_nr_aprs(&c->ich); n++) {
		ich->ap0r[n] = c->ich.ap0r[n];
		ich->ap1r[n] = c->ich.ap1r[n];
	}
}
