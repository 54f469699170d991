/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A domain that does to its interrupt controller whatever it can. It must not hurt Xen, nor another domain; what it
 * does to itself is its own affair, but in the end interrupts must work again when it has put everything in order.
 * No register stops the vCPU that writes it. "parts=a,b" on the command line chooses (all of them otherwise).
 *
 * The second vCPU attacks at the same time, except where CPU 0 switches it on and off.
 */
#include "attack.h"

#define FRAME_SIZE 0x10000u
#define NR_ROUNDS  10000u
#define NR_SGIS    1500u
#define HOTPLUG_MS 1000u

static u64 nr_accesses[MAX_VCPUS];

extern const u8 icc_encodings[], icc_encodings_end[];

/* Accesses */

static struct {
	u64 ticks;
	uintptr_t addr;
} longest[MAX_VCPUS]; /* of all accesses of a part */

static void account(uintptr_t addr, u64 start)
{
	u32 id = this_vcpu()->id;
	u64 ticks = now() - start;

	nr_accesses[id]++;
	if (ticks > longest[id].ticks) {
		longest[id].ticks = ticks;
		longest[id].addr = addr;
	}
}

void attack_write(uintptr_t addr, u32 width, u64 value)
{
	u64 start = now();

	if (width == 1)
		write8(addr, (u8)value);
	else if (width == 2)
		write16(addr, (u16)value);
	else if (width == 4)
		write32(addr, (u32)value);
	else
		write64(addr, value);
	account(addr, start);
}

void attack_read(uintptr_t addr, u32 width)
{
	u64 start = now();

	if (width == 1)
		read8(addr);
	else if (width == 2)
		read16(addr);
	else if (width == 4)
		read32(addr);
	else
		read64(addr);
	account(addr, start);
}

u64 evil_address(u64 *seed)
{
	const u64 addresses[] = {
		0,
		machine.gicd,
		machine.gicr,
		machine.its ? machine.its : machine.gicd,
		machine.its ? machine.its + FRAME_SIZE : machine.gicr,
		machine.uart ? machine.uart : 0x09000000,
		0x3fff0000,         /* below RAM */
		0x40000000,         /* dom0: Xen's RAM; a domU: its own first page */
		0x80000000,         /* behind RAM */
		0x7fffff0000,       /* the last of 512 GiB */
		0xfffffffff000,     /* the last of 48 bits, */
		0xfffffffffffff000, /* and of 64 */
		(u64)its_itt,
		(u64)its_queue,
	};

	return addresses[random64(seed) % (sizeof(addresses) / sizeof(addresses[0]))];
}

u64 evil_value(u64 *seed)
{
	u64 kind = random64(seed) % 8, bits = random64(seed);

	switch (kind) {
	case 0:
		return ~0ull;
	case 1:
		return 0;
	case 2:
	case 3:
		return 1ull << bits % 64;
	case 4:
	case 5:
		return evil_address(seed) | (bits & 0xff80000000000fff);
	default:
		return bits;
	}
}

/* Registers with more behind them than a bit for each interrupt. */
static const u16 gicd_registers[] = {
	GICD_CTLR,          GICD_SETSPI_NSR,    GICD_CLRSPI_NSR,       GICD_IGROUPR + 4,
	GICD_ISENABLER + 4, GICD_ICENABLER + 4, GICD_ISPENDR + 4,      GICD_ICPENDR + 4,
	GICD_ISACTIVER + 4, GICD_ICACTIVER + 4, GICD_IPRIORITYR + 32,  GICD_ITARGETSR + 32,
	GICD_ICFGR + 8,     GICD_SGIR,          GICD_IROUTER + 8 * 32, GICD_IROUTER + 8 * 45,
};
static const u16 gicr_registers[] = {
	GICR_CTLR,      GICR_STATUSR,   GICR_WAKER,   0x40,         0x48,
	GICR_PROPBASER, GICR_PENDBASER, GICR_INVLPIR, GICR_INVALLR, GICR_SYNCR,
};
static const u16 sgi_registers[] = {
	GICD_IGROUPR,   GICD_ISENABLER,  GICD_ICENABLER,       GICD_ISPENDR, GICD_ICPENDR,   GICD_ISACTIVER,
	GICD_ICACTIVER, GICD_IPRIORITYR, GICD_IPRIORITYR + 27, GICD_ICFGR,   GICD_ICFGR + 4, GICD_IGRPMODR,
};
static const u16 its_registers[] = {
	GITS_CTLR,   GITS_CTLR,  GITS_CBASER,    GITS_CWRITER,    GITS_CWRITER,
	GITS_CREADR, GITS_BASER, GITS_BASER + 8, GITS_BASER + 16,
};

#define PICK(list, seed) (list)[random64(seed) % (sizeof(list) / sizeof((list)[0]))]

void attack_somewhere(u64 *seed)
{
	uintptr_t rd = vcpus[random64(seed) % machine.nr_vcpus].rd, addr;
	u32 width = 1u << random64(seed) % 4;
	u64 kind = random64(seed) % 16;

	switch (kind & (machine.its ? 3 : 1)) {
	case 0:
		addr = machine.gicd + PICK(gicd_registers, seed);
		break;
	case 1:
		addr = kind & 4 ? rd + PICK(gicr_registers, seed) : rd + GICR_SGI + PICK(sgi_registers, seed);
		break;
	default:
		addr = machine.its + PICK(its_registers, seed);
		break;
	}
	if (kind == 15)
		addr = (addr & ~(FRAME_SIZE - 1ull)) | random64(seed) % FRAME_SIZE;
	else if (random64(seed) % 2)
		width = addr & 4 || random64(seed) % 2 ? 4 : 8; /* one that is likely to be right */
	if (random64(seed) % 4)
		attack_write(addr, width, evil_value(seed));
	else
		attack_read(addr, width);
}

/* Parts */

/*
 * Each offset of a frame: by one of the vCPUs, with any width and value. Where most registers are: by all, with all
 * widths, ones, zeros and random bits, and not aligned too.
 */
static void sweep(uintptr_t frame, u64 *seed)
{
	for (u32 off = 0; off < FRAME_SIZE; off += 4) {
		bool dense = off < 0x200 || (off & 0xfff) < 0x10 || off >= 0xffd0;

		if (!dense) {
			if (off / 4 % machine.nr_vcpus == this_vcpu()->id) {
				attack_write(frame + off, 1u << random64(seed) % 4, evil_value(seed));
				attack_read(frame + off + random64(seed) % 4, 1u << random64(seed) % 4);
			}
			continue;
		}
		for (u32 width = 1; width <= 8; width *= 2) {
			attack_read(frame + off, width);
			attack_read(frame + off + 1 + random64(seed) % 3, width);
			attack_write(frame + off, width, ~0ull);
			attack_write(frame + off, width, random64(seed));
			attack_write(frame + off, width, 0);
			attack_write(frame + off + 1 + random64(seed) % 3, width, random64(seed));
		}
	}
}

/* Instructions whose syndrome tells the hypervisor nothing, or that are no accesses at all. */
static void odd_instructions(uintptr_t addr)
{
	u64 a, b;

#define ODD(insn)                                                                     \
	do {                                                                          \
		a = addr;                                                             \
		nr_accesses[this_vcpu()->id]++;                                       \
		__asm__ volatile(insn : "+r"(a), "=&r"(b) : : "x9", "x10", "memory"); \
	} while (0)
	ODD("ldp x9, x10, [%0]");
	ODD("stp x9, x10, [%0]");
	ODD("ldpsw x9, x10, [%0]");
	ODD("ldr x9, [%0], #8");
	ODD("str w9, [%0, #4]!");
	ODD("ldrsb x9, [%0]");
	ODD("ldrsw x9, [%0]");
	ODD("ldr xzr, [%0]");
	ODD("str xzr, [%0]");
	ODD("ldxr w9, [%0]");
	ODD("stxr w10, w9, [%0]");
	ODD("ldar w9, [%0]");
	ODD("stlr w9, [%0]");
	ODD("dc zva, %0");
	ODD("dc civac, %0");
	ODD("dc ivac, %0");
	ODD("ic ivau, %0");
	ODD("prfm pldl1keep, [%0]");
	ODD("at s1e1w, %0");
#undef ODD
	nr_accesses[this_vcpu()->id]++;
	((void (*)(void))addr)();
}

static u64 attack_mmio(u64 seed)
{
	u32 me = this_vcpu()->id;

	/* each begins elsewhere, and does all */
	for (u32 i = 0; i < 2 * machine.nr_vcpus; i++) {
		u32 n = (i + me) % (2 * machine.nr_vcpus);

		sweep(vcpus[n / 2].rd + (n & 1) * GICR_SGI, &seed);
	}
	sweep(machine.gicd, &seed);
	if (machine.its) {
		sweep(machine.its, &seed);
		for (u32 off = 0; off < FRAME_SIZE; off += 64)
			attack_write(machine.its + FRAME_SIZE + off, 1u << random64(&seed) % 4, random64(&seed));
		attack_write(machine.its + GITS_TRANSLATER, 4, 5);
		odd_instructions(machine.its + GITS_CWRITER);
		odd_instructions(machine.its + GITS_TRANSLATER);
	}
	for (u32 off = 0; off <= GICD_ICFGR; off += 0x100)
		odd_instructions(machine.gicd + off);
	odd_instructions(vcpus[0].rd + GICR_PENDBASER);
	odd_instructions(vcpus[0].rd + GICR_SGI + GICD_ISENABLER);
	/* where a Redistributor could be, but there is no vCPU for it */
	sweep(machine.gicr + 0x20000ul * machine.nr_vcpus, &seed);
	return 0;
}

static u64 attack_icc(u64 seed)
{
	for (u32 round = 0; round < 8; round++) {
		for (const u8 *p = icc_encodings; p < icc_encodings_end; p += 16) {
			u64 (*read)(void) = (u64(*)(void))p;
			void (*write)(u64) = (void (*)(u64))(p + 8);

			nr_accesses[this_vcpu()->id] += 2;
			read();
			write(round < 2 ? 0 - (u64)round : evil_value(&seed));
		}
	}
	return 0;
}

/* Random accesses on both vCPUs; an SGI, an acknowledge, and an end of whatever in between. */
static u64 attack_both(u64 seed)
{
	for (u32 i = 0; i < NR_ROUNDS; i++) {
		attack_somewhere(&seed);
		if (i % 8 == 0)
			sysreg_write("icc_sgi1r_el1", evil_value(&seed));
		if (i % 64 == 0)
			interrupts_on();
		if (i % 64 == 32) {
			interrupts_off();
			icc_iar1();
			icc_eoir1((u32)evil_value(&seed));
		}
	}
	interrupts_off();
	return 0;
}

/* To each target list, to all but itself, and to affinities where nobody is, as fast as it goes. */
static u64 attack_sgi(u64 seed)
{
	cpu_interface_on();
	for (u32 i = 0; i < 16; i++)
		interrupt_enable(i, true);
	for (u32 i = 0; i < NR_SGIS; i++) {
		u64 intid = random64(&seed) % 16 << 24;

		interrupts_on();
		nr_accesses[this_vcpu()->id] += 3;
		sysreg_write("icc_sgi1r_el1", intid | 1ull << 40);
		sysreg_write("icc_sgi1r_el1", intid | 0xffff);
		sysreg_write("icc_sgi1r_el1", random64(&seed));
		if (i % 64 == 0) { /* Xen 4.17 makes these undefined, and a debug build says so each time */
			sysreg_write("icc_sgi0r_el1", intid | 0xffff | random64(&seed) << 44);
			sysreg_write("icc_asgi1r_el1", intid | 0xffff);
		}
	}
	interrupts_off();
	return 0;
}

/* All levels that a domain can raise by itself, and nobody who drops them; they stay for the parts that follow. */
static void attack_level(void)
{
	cpu_interface_on();
	sysreg_write("cntv_cval_el0", 0);
	sysreg_write("cntv_ctl_el0", 1);
	sysreg_write("cntp_cval_el0", 0);
	sysreg_write("cntp_ctl_el0", 1);
	isb();
	interrupt_enable(PPI_VTIMER, true);
	interrupt_enable(PPI_PTIMER, true);
	if (machine.uart) {
		write32(machine.uart + 0x38, 0x7ff); /* UARTIMSC: the empty FIFO */
		interrupt_enable(32, true);
	}
	if (machine.rtc) {
		write32(machine.rtc + 0x04, read32(machine.rtc)); /* RTCMR = RTCDR: match */
		write32(machine.rtc + 0x10, 1);                   /* RTCIMSC */
		interrupt_enable(machine.rtc_intid, true);
	}
	for (u32 i = 0; i < 20; i++) {
		interrupts_on();
		for (u64 end = now() + ms_to_ticks(5); now() < end;)
			;
		interrupts_off();
		attack_write(machine.gicd + GICD_ICPENDR + 4, 4, ~0u);
		attack_write(this_vcpu()->rd + GICR_SGI + GICD_ISACTIVER, 4, i & 1 ? ~0u : 0);
		attack_write(this_vcpu()->rd + GICR_SGI + GICD_ICACTIVER, 4, ~0u);
	}
}

static u64 short_life(u64 seed)
{
	this_vcpu()->reckless = true;
	cpu_interface_on();
	for (u32 i = 0; i < 32; i++)
		interrupt_enable(i, true);
	interrupts_on();
	for (u64 n = seed % 64; n; n--)
		attack_somewhere(&seed);
	if (seed & 1) /* off with an interrupt active, or one pending */
		interrupts_off();
	return 0;
}

static void attack_hotplug(void)
{
	u64 seed = 0x5eed, end = now() + ms_to_ticks(HOTPLUG_MS);
	u32 nr_lives = 0;

	if (machine.nr_vcpus < 2)
		return;
	for (u32 i = 0; now() < end; i++) {
		if (vcpu_start(1, short_life, random64(&seed)))
			nr_lives++;
		sysreg_write("icc_sgi1r_el1", sgi_to(1, i % 16));
		attack_somewhere(&seed);
		attack_write(vcpus[1].rd + GICR_SGI + GICD_ISPENDR, 4, 0xffff0000);
	}
	if (!vcpu_join(1, 20000))
		die("hotplug: vCPU 1 does not end; it had %lu accesses, %lu interrupts, %lu aborts", nr_accesses[1],
		    vcpus[1].nr_irqs, vcpus[1].nr_aborts);
	print("attack: vCPU 1 has been on %u times\n", nr_lives);
}

/* Programs that end by themselves, on all vCPUs at once. */
static u64 (*on_all)(u64);

static u64 reckless_job(u64 seed)
{
	this_vcpu()->reckless = true;
	return on_all(seed);
}

static void run_on_all(u64 (*fn)(u64))
{
	on_all = fn;
	for (u32 i = 1; i < machine.nr_vcpus; i++)
		if (!vcpu_start(i, reckless_job, 0x1234567 + i))
			die("vCPU %u does not start", i);
	fn(0x89abcdef);
	for (u32 i = 1; i < machine.nr_vcpus; i++)
		if (!vcpu_join(i, 60000))
			die("vCPU %u does not end", i);
}

static void all_mmio(void)
{
	run_on_all(attack_mmio);
}
static void all_icc(void)
{
	run_on_all(attack_icc);
}
static void all_sgi(void)
{
	run_on_all(attack_sgi);
}
static void all_both(void)
{
	run_on_all(attack_both);
}

/* Everything off, ended and forgotten, as an operating system leaves it to the next; then a timer interrupt. */
static void put_in_order(void)
{
	uintptr_t d = machine.gicd;
	u32 nr_words = (read32(d + GICD_TYPER) & 0x1f) + 1;

	interrupts_off();
	sysreg_write("cntv_ctl_el0", 0);
	sysreg_write("cntp_ctl_el0", 0);
	if (machine.uart)
		write32(machine.uart + 0x38, 0);
	if (machine.rtc) {
		write32(machine.rtc + 0x10, 0);
		write32(machine.rtc + 0x1c, 1);
	}
	if (machine.its)
		its_stop();
	write32(d + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp1);
	write32(this_vcpu()->rd + GICR_WAKER, 0);
	for (u32 n = 0; n < nr_words; n++) {
		uintptr_t base = n ? d : this_vcpu()->rd + GICR_SGI;

		write32(base + GICD_ICENABLER + 4 * n, ~0u);
		write32(base + GICD_ICPENDR + 4 * n, ~0u);
		write32(base + GICD_ICACTIVER + 4 * n, ~0u);
		write32(base + GICD_IGROUPR + 4 * n, ~0u);
	}
	for (u32 i = 0; i < 1024 && icc_rpr() != RPR_IDLE; i++) {
		/* priorities that were made active by AP1R0 or by acknowledges that nobody has ended */
		sysreg_write("icc_ap1r0_el1", 0);
		sysreg_write("icc_ap0r0_el1", 0);
		isb();
	}
	cpu_interface_on();
}

static volatile bool timer_came;

static void timer_hook(struct vcpu *v, u32 intid)
{
	(void)v;
	if (intid == PPI_VTIMER) {
		sysreg_write("cntv_ctl_el0", 0);
		timer_came = true;
	}
}

static void die_of_lost_interrupt(void)
{
	uintptr_t sgi = this_vcpu()->rd + GICR_SGI;

	die("no timer interrupt any more: CNTV_CTL %lu, ICC_RPR 0x%x, ICC_HPPIR1 %u; GICD_CTLR 0x%x, GICR_WAKER 0x%x; "
	    "IGROUPR0 0x%x, ISENABLER0 0x%x, ISPENDR0 0x%x, ISACTIVER0 0x%x, ICFGR1 0x%x",
	    sysreg_read("cntv_ctl_el0"), icc_rpr(), icc_hppir1(), read32(machine.gicd + GICD_CTLR),
	    read32(this_vcpu()->rd + GICR_WAKER), read32(sgi + GICD_IGROUPR), read32(sgi + GICD_ISENABLER),
	    read32(sgi + GICD_ISPENDR), read32(sgi + GICD_ISACTIVER), read32(sgi + GICD_ICFGR + 4));
}

static void check_that_interrupts_work(void)
{
	u64 end = now() + ms_to_ticks(1000);

	put_in_order();
	timer_came = false;
	vcpus[0].hook = timer_hook;
	interrupt_enable(PPI_VTIMER, true);
	sysreg_write("cntv_cval_el0", now() + ms_to_ticks(1));
	sysreg_write("cntv_ctl_el0", 1);
	interrupts_on();
	while (!timer_came && now() < end)
		;
	interrupts_off();
	vcpus[0].hook = NULL;
	if (!timer_came)
		die_of_lost_interrupt();
}

struct totals {
	u64 accesses, aborts, undefined, irqs, serrors;
};

static struct totals totals(void)
{
	struct totals t = { 0 };

	for (u32 i = 0; i < machine.nr_vcpus; i++) {
		t.accesses += nr_accesses[i];
		t.aborts += vcpus[i].nr_aborts;
		t.undefined += vcpus[i].nr_undefined;
		t.irqs += vcpus[i].nr_irqs;
		t.serrors += vcpus[i].nr_serrors;
	}
	return t;
}

static const struct {
	const char *name;
	void (*attack)(void);
	bool needs_its;
} parts[] = {
	{ "mmio", all_mmio, false },
	{ "icc", all_icc, false },
	{ "sgi", all_sgi, false },
	{ "level", attack_level, false },
	{ "hotplug", attack_hotplug, false },
	{ "queue", attack_queue, true },
	{ "tables", attack_tables, true },
	{ "invall", attack_invall, true },
	{ "both", all_both, false },
};

void domain_main(void)
{
	char list[128];
	bool chosen = argument(machine.bootargs, "parts", "", list, sizeof(list));
	struct totals t;

	this_vcpu()->reckless = true;
	mmio_is_normal(true);
	for (u32 i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct totals before = totals();
		u64 start = now();

		if ((chosen && !list_has(list, parts[i].name)) || (parts[i].needs_its && !machine.its))
			continue;
		print("attack: %s\n", parts[i].name);
		for (u32 k = 0; k < MAX_VCPUS; k++)
			longest[k].ticks = longest[k].addr = 0;
		parts[i].attack();
		check_that_interrupts_work();
		t = totals();
		print("attack: %s: %lu accesses, %lu aborts, %lu undefined, %lu interrupts, %lu ms, longest access",
		      parts[i].name, t.accesses - before.accesses, t.aborts - before.aborts,
		      t.undefined - before.undefined, t.irqs - before.irqs, ticks_to_ns(now() - start) / 1000000);
		for (u32 k = 0; k < machine.nr_vcpus; k++)
			print(" %lu us (0x%lx),", ticks_to_ns(longest[k].ticks) / 1000, longest[k].addr);
		print(" last INTIDs");
		for (u32 k = 0; k < machine.nr_vcpus; k++)
			print(" %u", vcpus[k].last_intid);
		print("\n");
	}
	t = totals();
	print("attack: done, %lu accesses, %lu aborts, %lu undefined, %lu interrupts, %lu SErrors\n", t.accesses,
	      t.aborts, t.undefined, t.irqs, t.serrors);
}
