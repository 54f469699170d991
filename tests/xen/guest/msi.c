/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A domain with an ITS that has no hardware behind it: messages from software. It sends some to itself, by the ITS
 * command INT and by GITS_TRANSLATER, each of which must come once, at its vCPU; and then waits for those that Xen
 * sends (its console key M): event 0 of device 0.
 */
#include "its.h"

#define DEVICE    0u /* also that of a vCPU's own writes of GITS_TRANSLATER */
#define NR_EVENTS 5u /* of which Xen sends event 0 */
#define ROUNDS    200u
#define FROM_XEN  3u
#define LPI(e)    (LPI_FIRST + 16 + (e))

static volatile u32 taken[NR_EVENTS];
static volatile bool stop;

static void count(struct vcpu *v, u32 intid)
{
	if (intid - LPI(0) >= NR_EVENTS)
		return;
	if (v->id != (intid - LPI(0)) % machine.nr_vcpus)
		die("LPI %u came to vCPU %u", intid, v->id);
	taken[intid - LPI(0)]++;
}

static u64 take(u64 unused)
{
	(void)unused;
	this_vcpu()->hook = count;
	cpu_interface_on();
	while (!stop) {
		irq_mask();
		wfi();
		interrupts_on();
	}
	return 0;
}

static void wait_for(u32 event, u32 nr, const char *what)
{
	u64 end = now() + ms_to_ticks(2000);

	while (taken[event] != nr)
		if (now() > end)
			die("%s: event %u was taken %u times, not %u", what, event, taken[event], nr);
		else
			interrupts_on();
}

static void send_to_itself(void)
{
	u32 nr[NR_EVENTS] = { 0 };

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 e = 1 + i % (NR_EVENTS - 1);

		if (i / (NR_EVENTS - 1) % 2) {
			write32(machine.its + GITS_TRANSLATER, e);
			wait_for(e, ++nr[e], "GITS_TRANSLATER");
		} else {
			its_command(its_word0(CMD_INT, DEVICE), e, 0);
			wait_for(e, ++nr[e], "INT");
		}
	}
	write32(machine.its + GITS_TRANSLATER, NR_EVENTS); /* not mapped: dropped */
	its_command(its_word0(CMD_MOVI, DEVICE), 1, 0);
	for (u32 e = 1; e < NR_EVENTS; e++)
		if (taken[e] != nr[e])
			die("event %u was taken %u times, not %u", e, taken[e], nr[e]);
}

void domain_main(void)
{
	if (!machine.its)
		die("no ITS");
	write32(machine.gicd + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp1);
	its_start();
	if (!its_mapd(DEVICE, 5, true))
		die("MAPD");
	for (u32 e = 0; e < NR_EVENTS; e++)
		if (!its_mapti(DEVICE, e, LPI(e), e % machine.nr_vcpus))
			die("MAPTI");
	for (u32 i = 1; i < machine.nr_vcpus; i++)
		vcpu_start(i, take, 0);
	this_vcpu()->hook = count;
	cpu_interface_on();
	interrupts_on();
	send_to_itself();
	print("msi: ready, %u messages taken\n", ROUNDS);
	while (taken[0] < FROM_XEN) {
		irq_mask();
		if (taken[0] < FROM_XEN)
			wfi();
		interrupts_on();
	}
	print("msi: done, %u messages from Xen\n", FROM_XEN);
	power_off();
}
