/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The dom0 beside a domU under test: says that it is alive once a second of virtual time, with the timer's interrupt
 * and not by polling, and ends the machine when Xen reports that a domain has gone (VIRQ_DOM_EXC, an event channel:
 * its upcall is a PPI that the device tree names), or after seconds=N.
 */
#include "domain.h"

#define EVTCHNOP_BIND_VIRQ 1u
#define VIRQ_DOM_EXC       3u

static volatile bool domain_gone;
static volatile u32 nr_seconds;

static void hook(struct vcpu *v, u32 intid)
{
	(void)v;
	if (intid == PPI_VTIMER) {
		nr_seconds = nr_seconds + 1;
		sysreg_write("cntv_cval_el0", sysreg_read("cntv_cval_el0") + ms_to_ticks(1000));
		sysreg_write("cntv_ctl_el0", 1); /* Xen's own vGIC knows no levels: it has set IMASK */
		isb();
	} else if (intid == machine.evtchn_intid) {
		domain_gone = true;
		interrupt_enable(machine.evtchn_intid,
		                 false); /* a level, and the shared page that holds it is not mapped */
	}
}

void domain_main(void)
{
	struct {
		u32 virq, vcpu, port;
	} bind = { VIRQ_DOM_EXC, 0, 0 };
	u32 seconds = (u32)argument_number(machine.bootargs, "seconds", 60), said = 0;
	int64_t ret;

	cpu_interface_on();
	write32(machine.gicd + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp1);
	vcpus[0].hook = hook;
	interrupt_enable(PPI_VTIMER, true);
	interrupt_enable(machine.evtchn_intid, true);
	ret = hypercall(HYPERVISOR_EVTCHN_OP, EVTCHNOP_BIND_VIRQ, (u64)&bind, 0);
	if (ret)
		die("EVTCHNOP_bind_virq: %ld", ret);
	sysreg_write("cntv_cval_el0", now() + ms_to_ticks(1000));
	sysreg_write("cntv_ctl_el0", 1);
	isb();
	print("idle: alive\n");
	while (!domain_gone && nr_seconds < seconds) {
		irq_mask();
		if (nr_seconds == said && !domain_gone)
			wfi();
		interrupts_on();
		if (nr_seconds != said) {
			said = nr_seconds;
			print("idle: alive after %u s\n", said);
		}
	}
	print("idle: done, %s\n", domain_gone ? "a domain has gone" : "time is over");
}
