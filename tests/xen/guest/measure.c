/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What a domain pays for its interrupt controller. Under QEMU with "-icount shift=0,sleep=off" a nanosecond of
 * CNTVCT_EL0 is an instruction of the machine, of the hypervisor's too, so that the figures are the same each time.
 * Each is a line "measure: NAME VALUE ns", an average of ROUNDS except where only one was made (the full queues).
 *
 * A vCPU that waits for another is in WFI: one that polls would be counted too.
 */
#include "its.h"

#define ROUNDS 128u
#define SPARE  45u /* an SPI of no device, in the machine and in a domU */
#define SGI    1u
#define REPLY  2u
#define DEVICE 8u
#define EVENT  0u
#define LPI    (LPI_FIRST + 7)

static volatile u64 came_at; /* when the hook was called, 0: not yet */
static volatile bool stop;

static void report(const char *name, u64 ns, u32 rounds)
{
	u64 tenths = ns * 10 / rounds;

	print("measure: %s %lu.%lu ns\n", name, tenths / 10, tenths % 10);
}

/* One operation, ROUNDS times. */
#define MEASURE(name, op)                                          \
	do {                                                       \
		u64 start_ = now();                                \
		for (u32 i = 0; i < ROUNDS; i++) {                 \
			op;                                        \
		}                                                  \
		report(name, ticks_to_ns(now() - start_), ROUNDS); \
	} while (0)

static void measure_registers(void)
{
	const struct vcpu *v = this_vcpu();
	uintptr_t d = machine.gicd, r = v->rd, s = v->rd + GICR_SGI;
	const u32 spare = 1u << SPARE % 32;

	MEASURE("gicd_typer_read", read32(d + GICD_TYPER));
	MEASURE("gicd_isenabler1_read", read32(d + GICD_ISENABLER + 4));
	MEASURE("gicd_ispendr1_read", read32(d + GICD_ISPENDR + 4));
	MEASURE("gicd_ipriorityr_read", read32(d + GICD_IPRIORITYR + 44));
	MEASURE("gicd_ipriorityr_write", write8(d + GICD_IPRIORITYR + SPARE, i & 1 ? 0xa0 : 0x80));
	MEASURE("gicd_isenabler1_write", write32(d + GICD_ISENABLER + 4, spare));
	MEASURE("gicd_icenabler1_write", write32(d + GICD_ICENABLER + 4, spare));
	MEASURE("gicd_enable_disable", {
		write32(d + GICD_ISENABLER + 4, spare);
		write32(d + GICD_ICENABLER + 4, spare);
	});
	if (machine.rtc) {
		const u32 rtc = 1u << machine.rtc_intid % 32;

		MEASURE("gicd_enable_disable_host", {
			write32(d + GICD_ISENABLER + 4, rtc);
			write32(d + GICD_ICENABLER + 4, rtc);
		});
	}
	MEASURE("gicd_irouter_read", read64(d + GICD_IROUTER + 8 * SPARE));
	MEASURE("gicd_irouter_write",
	        write64(d + GICD_IROUTER + 8 * SPARE, vcpus[i % machine.nr_vcpus].mpidr & 0xff00fffffful));
	MEASURE("gicr_typer_read", read64(r + GICR_TYPER));
	MEASURE("gicr_isenabler0_read", read32(s + GICD_ISENABLER));
	MEASURE("gicr_isenabler0_write", write32(s + GICD_ISENABLER, 1u << SGI));
	MEASURE("gicr_icenabler0_write", write32(s + GICD_ICENABLER, 1u << 15));
	MEASURE("gicr_ipriorityr_write", write8(s + GICD_IPRIORITYR + SGI, 0xa0));
}

static void note_time(struct vcpu *v, u32 intid)
{
	u64 t = now();

	(void)v;
	if (intid == PPI_VTIMER)
		sysreg_write("cntv_ctl_el0", 0);
	came_at = t;
}

static void answer(struct vcpu *v, u32 intid)
{
	(void)v;
	if (intid == SGI)
		sysreg_write("icc_sgi1r_el1", sgi_to(0, REPLY));
	isb();
}

static void wait_spinning(const char *what)
{
	u64 end = now() + ms_to_ticks(1000);

	while (!came_at)
		if (now() > end)
			die("%s: the interrupt did not come", what);
}

static void wait_sleeping(void)
{
	for (;;) {
		irq_mask();
		if (came_at)
			break;
		wfi();
		interrupts_on();
	}
	interrupts_on();
}

/* From START(), which is counted, to the handler, and to when the interrupted program goes on. */
#define MEASURE_INTERRUPT(name, wait, start)                                  \
	do {                                                                  \
		u64 to_handler_ = 0, round_ = 0;                              \
		for (u32 i = 0; i < ROUNDS; i++) {                            \
			u64 begin_;                                           \
			interrupts_on();                                      \
			came_at = 0;                                          \
			begin_ = now();                                       \
			start;                                                \
			wait;                                                 \
			round_ += now() - begin_;                             \
			to_handler_ += came_at - begin_;                      \
		}                                                             \
		report(name "_to_handler", ticks_to_ns(to_handler_), ROUNDS); \
		report(name "_round", ticks_to_ns(round_), ROUNDS);           \
	} while (0)

static u64 responder(u64 unused)
{
	cpu_interface_on();
	interrupt_enable(SGI, true);
	while (!stop) {
		irq_mask();
		wfi();
		interrupts_on();
	}
	return unused;
}

static void measure_interrupts(void)
{
	struct vcpu *v = this_vcpu();
	u64 ticks = 0;

	v->hook = note_time;
	interrupt_enable(SGI, true);
	interrupt_enable(REPLY, true);
	interrupt_enable(PPI_VTIMER, true);
	MEASURE_INTERRUPT("sgi_self", wait_spinning("SGI"), sysreg_write("icc_sgi1r_el1", sgi_to(0, SGI)); isb());

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 at = now() + ms_to_ticks(1) / 10;

		interrupts_on();
		came_at = 0;
		sysreg_write("cntv_cval_el0", at);
		sysreg_write("cntv_ctl_el0", 1);
		isb();
		wait_spinning("timer");
		ticks += came_at - at;
	}
	report("timer_to_handler", ticks_to_ns(ticks), ROUNDS);
	MEASURE_INTERRUPT("timer_now", wait_spinning("timer"), sysreg_write("cntv_cval_el0", begin_);
	                  sysreg_write("cntv_ctl_el0", 1); isb());

	if (machine.nr_vcpus > 1) {
		vcpus[1].hook = answer;
		if (!vcpu_start(1, responder, 0))
			die("CPU_ON was refused");
		MEASURE_INTERRUPT("sgi_other_and_back", wait_sleeping(), sysreg_write("icc_sgi1r_el1", sgi_to(1, SGI));
		                  isb());
		stop = true;
		sysreg_write("icc_sgi1r_el1", sgi_to(1, SGI));
		isb();
		if (!vcpu_join(1, 1000))
			die("the other vCPU does not end");
	}
}

/* One command, ROUNDS times. */
#define MEASURE_COMMAND(name, w0, w1, w2)                                     \
	do {                                                                  \
		u64 store_ = 0, done_ = 0;                                    \
		for (u32 i = 0; i < ROUNDS; i++) {                            \
			struct its_times t_;                                  \
			its_post((w0), (w1), (w2), 0);                        \
			if (!its_ring(DONE_MS, &t_))                          \
				die(name ": CREADR does not follow CWRITER"); \
			store_ += t_.store;                                   \
			done_ += t_.done;                                     \
		}                                                             \
		report(name "_store", store_, ROUNDS);                        \
		report(name "_done", done_, ROUNDS);                          \
	} while (0)

/* As many as the queue holds, by one store. */
#define MEASURE_QUEUE(name, w0, w1, w2)                               \
	do {                                                          \
		struct its_times t_;                                  \
		for (u32 i = 0; i < NR_COMMANDS - 1; i++)             \
			its_post((w0), (w1), (w2), 0);                \
		if (!its_ring(DONE_MS, &t_))                          \
			die(name ": CREADR does not follow CWRITER"); \
		report(name "_store", t_.store, 1);                   \
		report(name "_done", t_.done, 1);                     \
	} while (0)

static void measure_its(void)
{
	const u64 event = its_word0(0, DEVICE);

	if (!machine.its) {
		print("measure: no ITS\n");
		return;
	}
	its_start();
	if (!its_mapd(DEVICE, 10, true))
		die("MAPD: CREADR does not follow CWRITER");
	/* events of their own for MAPTI and DISCARD; EVENT is what the others work with */
	its_mapti(DEVICE, EVENT, LPI, 0);
	its_command(event | CMD_INV, EVENT, 0);
	MEASURE_COMMAND("its_mapti", event | CMD_MAPTI, (u64)(LPI + 1 + i) << 32 | (EVENT + 1 + i), 0);
	MEASURE_COMMAND("its_discard", event | CMD_DISCARD, EVENT + 1 + i, 0);
	/* switched on and off: an average of the two */
	MEASURE_COMMAND("its_mapd_32", its_word0(CMD_MAPD, DEVICE + 1), 5 - 1,
	                (i & 1 ? 0 : ITS_VALID) | (u64)(its_itt + 0x4000));
	MEASURE_COMMAND("its_mapd_1024", its_word0(CMD_MAPD, DEVICE + 2), 10 - 1,
	                (i & 1 ? 0 : ITS_VALID) | (u64)(its_itt + 0x8000));
	MEASURE_COMMAND("its_movi", event | CMD_MOVI, EVENT, (i + 1) % machine.nr_vcpus);
	its_command(event | CMD_MOVI, EVENT, 0);
	MEASURE_COMMAND("its_inv", event | CMD_INV, EVENT, 0);
	MEASURE_COMMAND("its_sync", CMD_SYNC, 0, its_target(0));
	MEASURE_COMMAND("its_invall", CMD_INVALL, 0, 0);
	MEASURE_INTERRUPT("its_int", wait_spinning("LPI"), its_post(event | CMD_INT, EVENT, 0, 0);
	                  its_ring(DONE_MS, NULL));
	irq_mask();
	MEASURE_COMMAND("its_int_pending", event | CMD_INT, EVENT, 0);
	MEASURE_COMMAND("its_clear", event | CMD_CLEAR, EVENT, 0);

	MEASURE_QUEUE("cwriter_32767_sync", CMD_SYNC, 0, its_target(0));
	MEASURE_QUEUE("cwriter_32767_movi", event | CMD_MOVI, EVENT, i % machine.nr_vcpus);
	MEASURE_QUEUE("cwriter_32767_inv", event | CMD_INV, EVENT, 0);
	MEASURE_QUEUE("cwriter_32767_int", event | CMD_INT, EVENT, 0);
	MEASURE_QUEUE("cwriter_32767_unknown", 0xff, 0, 0);
	MEASURE_QUEUE("cwriter_32767_unmapped", its_word0(CMD_INT, 0x3fff), 5, 0);
	its_stop();
}

void domain_main(void)
{
	cpu_interface_on();
	write32(machine.gicd + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp1);
	measure_registers();
	measure_interrupts();
	measure_its();
	print("measure: done\n");
}
