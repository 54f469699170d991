/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The registers themselves: every offset of every frame, access sizes, fields
 * that are read-only, RES0 or banked elsewhere; and the ICC_* registers.
 * IHI 0069, "Programmers' Model": the register maps and descriptions of the
 * Distributor and the Redistributor, and of the AArch64 System registers; one
 * Security state (GICD_CTLR.DS = 1), affinity routing always on.
 */
#include "guest.h"

const char guest_name[] = "mmio";

#define A (SPI_BASE + 0)

/* What one access did, for the messages. */
static u64 last_esr(void)
{
	return this_cpu()->fault_esr & ~(1ull << 63);
}

/* R76 R77 R78: no offset is missing, none aborts. */
static void sweep_frame(const char *name, uintptr_t base)
{
	u32 bad = 0;

	for (u32 off = 0; off < 0x10000; off += 4) {
		if (FAULTS((void)read32(base + off))) {
			if (bad < 4)
				CHECK(false, "%s + 0x%x: a 32-bit read faults (ESR 0x%lx)", name, off, last_esr());
			bad++;
		}
	}
	CHECK_EQ(bad, 0, "%s: offsets that fault", name);
}

static void sweep(void)
{
	case_begin("every 32-bit register can be read");
	sweep_frame("GICD", GICD_BASE);
	for (unsigned int i = 0; i < nr_cpus; i++) {
		sweep_frame("RD_base", cpus[i].rd);
		sweep_frame("SGI_base", cpus[i].rd + GICR_SGI);
	}
	expect_nothing("all registers read");
}

struct range {
	u32 first;
	u32 last;
	const char *why;
};

static void check_zero(const char *frame, uintptr_t base, const struct range *r)
{
	u32 bad = 0;

	for (u32 off = r->first; off <= r->last; off += 4) {
		u32 before = 0;
		u32 after = 0;
		bool fault = FAULTS(before = read32(base + off));

		fault |= FAULTS(write32(base + off, ~0u));
		fault |= FAULTS(after = read32(base + off));
		fault |= FAULTS(write32(base + off, 0));
		if (fault || before || after) {
			if (bad < 3)
				CHECK(false,
				      "%s + 0x%x (%s): expected RAZ/WI, reads 0x%x, after a write of ones 0x%x%s",
				      frame, off, r->why, before, after, fault ? ", faults" : "");
			bad++;
		}
	}
	CHECK(!bad, "%s + 0x%x to 0x%x (%s): %u words are not RAZ/WI", frame, r->first, r->last, r->why, bad);
}

static void reserved(void)
{
	static const struct range dist[] = {
		{ 0x0014, 0x001c, "reserved" },
		{ 0x0044, 0x0044, "reserved" },
		{ 0x004c, 0x004c, "reserved" },
		{ 0x0054, 0x0054, "reserved" },
		{ 0x005c, 0x007c, "reserved" },
		/* with affinity routing, SGIs and PPIs are in the Redistributor */
		{ 0x0080, 0x0080, "GICD_IGROUPR0" },
		{ 0x0100, 0x0100, "GICD_ISENABLER0" },
		{ 0x0180, 0x0180, "GICD_ICENABLER0" },
		{ 0x0200, 0x0200, "GICD_ISPENDR0" },
		{ 0x0280, 0x0280, "GICD_ICPENDR0" },
		{ 0x0300, 0x0300, "GICD_ISACTIVER0" },
		{ 0x0380, 0x0380, "GICD_ICACTIVER0" },
		{ 0x0400, 0x041c, "GICD_IPRIORITYR0 to 7" },
		{ 0x07fc, 0x07fc, "GICD_IPRIORITYR255, special INTIDs" },
		{ 0x0800, 0x0bfc, "GICD_ITARGETSR" },
		{ 0x0c00, 0x0c04, "GICD_ICFGR0 and 1" },
		{ 0x0d00, 0x0d7c, "GICD_IGRPMODR with DS = 1" },
		{ 0x0d80, 0x0dfc, "reserved" },
		{ 0x0e00, 0x0efc, "GICD_NSACR with DS = 1" },
		{ 0x0f00, 0x0f00, "GICD_SGIR" },
		{ 0x0f04, 0x0f0c, "reserved" },
		{ 0x0f10, 0x0f1c, "GICD_CPENDSGIR" },
		{ 0x0f20, 0x0f2c, "GICD_SPENDSGIR" },
		{ 0x0f30, 0x0f7c, "reserved" },
		{ 0x4000, 0x5ffc, "reserved" },
		{ 0x6000, 0x60fc, "GICD_IROUTER0 to 31" },
		{ 0x7fe0, 0x7ffc, "GICD_IROUTER1020 to 1023" },
		{ 0xa000, 0xbffc, "reserved" },
	};
	static const struct range dist_espi[] = {
		{ 0x1000, 0x3ffc, "extended SPIs with ESPI = 0" },
		{ 0x8000, 0x9ffc, "GICD_IROUTER<n>E with ESPI = 0" },
	};
	static const struct range rd[] = {
		{ 0x0050, 0x006c, "reserved" }, { 0x0080, 0x009c, "reserved" }, { 0x00a8, 0x00ac, "reserved" },
		{ 0x00b8, 0x00bc, "reserved" }, { 0x00c4, 0x00fc, "reserved" }, { 0x0118, 0xbffc, "reserved" },
	};
	static const struct range sgi[] = {
		{ 0x0000, 0x007c, "reserved" },
		{ 0x008c, 0x00fc, "reserved" },
		{ 0x010c, 0x017c, "reserved" },
		{ 0x018c, 0x01fc, "reserved" },
		{ 0x020c, 0x027c, "reserved" },
		{ 0x028c, 0x02fc, "reserved" },
		{ 0x030c, 0x037c, "reserved" },
		{ 0x038c, 0x03fc, "reserved" },
		{ 0x0460, 0x0bfc, "reserved" },
		{ 0x0c18, 0x0cfc, "reserved" },
		{ 0x0d00, 0x0d00, "GICR_IGRPMODR0 with DS = 1" },
		{ 0x0d0c, 0x0dfc, "reserved" },
		{ 0x0e00, 0x0e00, "GICR_NSACR with DS = 1" },
		{ 0x0e04, 0x0f7c, "reserved" },
		{ 0x0f90, 0xbffc, "reserved" },
	};
	static const struct range sgi_eppi[] = {
		{ 0x0084, 0x0088, "extended PPIs with PPInum = 0" },
		{ 0x0104, 0x0108, "extended PPIs with PPInum = 0" },
		{ 0x0204, 0x0208, "extended PPIs with PPInum = 0" },
		{ 0x0304, 0x0308, "extended PPIs with PPInum = 0" },
		{ 0x0420, 0x045c, "extended PPIs with PPInum = 0" },
		{ 0x0c08, 0x0c14, "extended PPIs with PPInum = 0" },
		{ 0x0d04, 0x0d08, "extended PPIs with PPInum = 0" },
	};

	case_begin("reserved and absent registers of the Distributor");
	for (u32 i = 0; i < sizeof(dist) / sizeof(dist[0]); i++)
		check_zero("GICD", GICD_BASE, &dist[i]);
	if (!(gic.typer & GICD_TYPER_ESPI))
		for (u32 i = 0; i < sizeof(dist_espi) / sizeof(dist_espi[0]); i++)
			check_zero("GICD", GICD_BASE, &dist_espi[i]);
	expect_nothing("reserved registers written");
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ISPENDR), 0,
		         "reserved registers written: GICR_ISPENDR0 of CPU %u", i);

	case_begin("registers of SPIs that do not exist");
	if (gic.nr_irqs < 1020) {
		u32 n = gic.nr_irqs;
		struct range r[] = {
			{ GICD_IGROUPR + n / 8, GICD_IGROUPR + 0x7c, "GICD_IGROUPR" },
			{ GICD_ISENABLER + n / 8, GICD_ISENABLER + 0x7c, "GICD_ISENABLER" },
			{ GICD_ICENABLER + n / 8, GICD_ICENABLER + 0x7c, "GICD_ICENABLER" },
			{ GICD_ISPENDR + n / 8, GICD_ISPENDR + 0x7c, "GICD_ISPENDR" },
			{ GICD_ICPENDR + n / 8, GICD_ICPENDR + 0x7c, "GICD_ICPENDR" },
			{ GICD_ISACTIVER + n / 8, GICD_ISACTIVER + 0x7c, "GICD_ISACTIVER" },
			{ GICD_ICACTIVER + n / 8, GICD_ICACTIVER + 0x7c, "GICD_ICACTIVER" },
			{ GICD_IPRIORITYR + n, GICD_IPRIORITYR + 0x3f8, "GICD_IPRIORITYR" },
			{ GICD_ICFGR + n / 4, GICD_ICFGR + 0xfc, "GICD_ICFGR" },
			{ GICD_IROUTER + n * 8, GICD_IROUTER + 0x1fdc, "GICD_IROUTER" },
		};

		for (u32 i = 0; i < sizeof(r) / sizeof(r[0]); i++)
			check_zero("GICD", GICD_BASE, &r[i]);
	}

	case_begin("reserved registers of the Redistributors");
	for (unsigned int c = 0; c < nr_cpus; c++) {
		for (u32 i = 0; i < sizeof(rd) / sizeof(rd[0]); i++)
			check_zero("RD_base", cpus[c].rd, &rd[i]);
		for (u32 i = 0; i < sizeof(sgi) / sizeof(sgi[0]); i++)
			check_zero("SGI_base", cpus[c].rd + GICR_SGI, &sgi[i]);
		if (!(read64(cpus[c].rd + GICR_TYPER) >> 27 & 0x1f))
			for (u32 i = 0; i < sizeof(sgi_eppi) / sizeof(sgi_eppi[0]); i++)
				check_zero("SGI_base", cpus[c].rd + GICR_SGI, &sgi_eppi[i]);
		/* one is enough when there are many CPUs */
		if (c >= 3)
			break;
	}
	expect_nothing("reserved registers written");
}

static void check_read_only(const char *name, uintptr_t addr)
{
	u32 before = read32(addr);

	write32(addr, ~before);
	CHECK_EQ(read32(addr), before, "%s after a write", name);
}

static void identification(void)
{
	u32 n = (gic.typer >> 19 & 0x1f) + 1;

	case_begin("identification registers");
	/* ArchRev: 3 is GICv3, 4 is GICv4 */
	CHECK((gicd_read(GIC_PIDR2) >> 4 & 0xf) == 3 || (gicd_read(GIC_PIDR2) >> 4 & 0xf) == 4,
	      "GICD_PIDR2 0x%x: ArchRev", gicd_read(GIC_PIDR2));
	check_read_only("GICD_PIDR2", GICD_BASE + GIC_PIDR2);
	check_read_only("GICD_TYPER", GICD_BASE + GICD_TYPER);
	check_read_only("GICD_IIDR", GICD_BASE + GICD_IIDR);
	check_read_only("GICD_TYPER2", GICD_BASE + GICD_TYPER2);
	note("GICD_TYPER 0x%x GICD_IIDR 0x%x GICD_PIDR2 0x%x", gic.typer, gicd_read(GICD_IIDR), gicd_read(GIC_PIDR2));
	CHECK(n >= 10 && n <= 24, "GICD_TYPER.IDbits: %u bits", n);
	/* SecurityExtn is RES0 when there is one Security state */
	CHECK_EQ(gic.typer >> 10 & 1, 0, "GICD_TYPER.SecurityExtn");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		u64 typer = read64(cpus[i].rd + GICR_TYPER);
		u64 aff = cpus[i].mpidr;

		CHECK_EQ(gicr_read(i, GIC_PIDR2) >> 4 & 0xf, gicd_read(GIC_PIDR2) >> 4 & 0xf,
		         "GICR_PIDR2 of CPU %u: ArchRev", i);
		check_read_only("GICR_PIDR2", cpus[i].rd + GIC_PIDR2);
		check_read_only("GICR_IIDR", cpus[i].rd + GICR_IIDR);
		check_read_only("GICR_TYPER", cpus[i].rd + GICR_TYPER);
		check_read_only("GICR_TYPER + 4", cpus[i].rd + GICR_TYPER + 4);
		/* R47: a 64-bit register by halves */
		CHECK_EQ((u64)gicr_read(i, GICR_TYPER + 4) << 32 | gicr_read(i, GICR_TYPER), typer,
		         "GICR_TYPER of CPU %u by halves", i);
		CHECK_EQ(typer >> 32, aff >> 32 << 24 | (aff & 0xffffff), "GICR_TYPER.Affinity_Value of CPU %u", i);
		CHECK_EQ((typer & GICR_TYPER_Last) != 0, i == nr_cpus - 1, "GICR_TYPER.Last of CPU %u", i);
		for (unsigned int k = 0; k < i; k++)
			CHECK((read64(cpus[k].rd + GICR_TYPER) >> 8 & 0xffff) != (typer >> 8 & 0xffff),
			      "GICR_TYPER.Processor_Number of CPUs %u and %u is the same", k, i);
	}
	note("GICR_TYPER of CPU 0 0x%lx", read64(cpus[0].rd + GICR_TYPER));
}

static u64 job_mpidr(u64 unused)
{
	(void)unused;
	return sysreg_read("mpidr_el1") & 0xff00fffffful;
}

static void affinity(void)
{
	case_begin("MPIDR_EL1 and GICR_TYPER agree");
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(run_on(i, job_mpidr, 0), cpus[i].mpidr, "MPIDR_EL1 of CPU %u", i);
}

/* R80: ITLinesNumber. The last SPI works, the next INTID does not exist. */
static void last_spi(void)
{
	u32 last = gic.nr_irqs - 1;

	case_begin("the last SPI");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		log_clear();
		irq_setup(i, last, 0xa0);
		irq_pend(0, last);
		expect_taken(i, last, 1);
	}
	if (gic.nr_irqs < 1020) {
		irq_enable(0, gic.nr_irqs);
		CHECK(!irq_enabled(0, gic.nr_irqs), "INTID %u, past GICD_TYPER.ITLinesNumber, can be enabled",
		      gic.nr_irqs);
		irq_set_prio(0, gic.nr_irqs, 0);
		irq_pend(0, gic.nr_irqs);
		CHECK(!irq_pending(0, gic.nr_irqs), "INTID %u, past GICD_TYPER.ITLinesNumber, can be made pending",
		      gic.nr_irqs);
		log_clear();
		expect_nothing("past the last SPI");
	}
}

/*
 * R76: each word of each group has its own bits: a different pattern in each, all
 * read back. The registers that set and clear are pairs.
 */
static u32 pattern(u32 i)
{
	u32 state = i * 2654435761u + 12345;

	return rnd(&state) ^ rnd(&state);
}

static void pairs(const char *name, u32 set, u32 clear)
{
	/* of INTIDs 992 to 1023, the last four are not SPIs */
	u32 n = (gic.nr_irqs + 31) / 32;

	for (u32 i = 1; i < n; i++)
		gicd_write(set + i * 4, pattern(i));
	dsb();
	for (u32 i = 1; i < n; i++) {
		u32 valid = i == 31 ? 0x0fffffff : ~0u;

		CHECK_EQ(gicd_read(set + i * 4), pattern(i) & valid, "GICD_IS%s%u", name, i);
		CHECK_EQ(gicd_read(clear + i * 4), pattern(i) & valid, "GICD_IC%s%u", name, i);
	}
	/* zeros written change nothing */
	for (u32 i = 1; i < n; i++) {
		gicd_write(set + i * 4, 0);
		gicd_write(clear + i * 4, 0);
	}
	for (u32 i = 1; i < n; i++)
		gicd_write(clear + i * 4, pattern(i + 100));
	dsb();
	gicd_wait_rwp();
	for (u32 i = 1; i < n; i++) {
		u32 valid = i == 31 ? 0x0fffffff : ~0u;

		CHECK_EQ(gicd_read(set + i * 4), pattern(i) & ~pattern(i + 100) & valid, "GICD_IS%s%u after a clear",
		         name, i);
	}
	for (u32 i = 1; i < n; i++)
		gicd_write(clear + i * 4, ~0u);
	gicd_wait_rwp();
	for (u32 i = 1; i < n; i++)
		CHECK_EQ(gicd_read(set + i * 4), 0, "GICD_IS%s%u after a clear of all", name, i);
}

static void private_pairs(const char *name, u32 set, u32 clear)
{
	for (unsigned int c = 0; c < nr_cpus; c++)
		gicr_write(c, GICR_SGI + set, pattern(c + 40));
	dsb();
	for (unsigned int c = 0; c < nr_cpus; c++) {
		CHECK_EQ(gicr_read(c, GICR_SGI + set), pattern(c + 40), "GICR_IS%s0 of CPU %u", name, c);
		CHECK_EQ(gicr_read(c, GICR_SGI + clear), pattern(c + 40), "GICR_IC%s0 of CPU %u", name, c);
	}
	for (unsigned int c = 0; c < nr_cpus; c++) {
		gicr_write(c, GICR_SGI + set, 0);
		gicr_write(c, GICR_SGI + clear, 0);
		gicr_write(c, GICR_SGI + clear, pattern(c + 80));
		gicr_wait_rwp(c);
	}
	for (unsigned int c = 0; c < nr_cpus; c++) {
		CHECK_EQ(gicr_read(c, GICR_SGI + set), pattern(c + 40) & ~pattern(c + 80),
		         "GICR_IS%s0 of CPU %u after a clear", name, c);
		gicr_write(c, GICR_SGI + clear, ~0u);
		gicr_wait_rwp(c);
	}
}

static void bits(void)
{
	u32 n = (gic.nr_irqs + 31) / 32;

	case_begin("GICD_ISENABLER, ISPENDR, ISACTIVER and their pairs");
	pairs("ENABLER", GICD_ISENABLER, GICD_ICENABLER);
	pairs("PENDR", GICD_ISPENDR, GICD_ICPENDR);
	pairs("ACTIVER", GICD_ISACTIVER, GICD_ICACTIVER);
	expect_nothing("set and cleared");

	case_begin("GICR_ISENABLER0, ISPENDR0, ISACTIVER0 and their pairs");
	/* an SGI or PPI that is not implemented would be RES0; all 32 are expected */
	private_pairs("ENABLER", GICD_ISENABLER, GICD_ICENABLER);
	private_pairs("PENDR", GICD_ISPENDR, GICD_ICPENDR);
	private_pairs("ACTIVER", GICD_ISACTIVER, GICD_ICACTIVER);
	expect_nothing("set and cleared");

	case_begin("GICD_IGROUPR and GICR_IGROUPR0");
	for (u32 i = 1; i < n; i++)
		gicd_write(GICD_IGROUPR + i * 4, pattern(i));
	for (unsigned int c = 0; c < nr_cpus; c++)
		gicr_write(c, GICR_SGI + GICD_IGROUPR, pattern(c + 40));
	for (u32 i = 1; i < n; i++)
		CHECK_EQ(gicd_read(GICD_IGROUPR + i * 4), pattern(i) & (i == 31 ? 0x0fffffff : ~0u), "GICD_IGROUPR%u",
		         i);
	for (unsigned int c = 0; c < nr_cpus; c++)
		CHECK_EQ(gicr_read(c, GICR_SGI + GICD_IGROUPR), pattern(c + 40), "GICR_IGROUPR0 of CPU %u", c);

	case_begin("GICD_ICFGR and GICR_ICFGR1");
	for (u32 i = 2; i < gic.nr_irqs / 16; i++)
		gicd_write(GICD_ICFGR + i * 4, pattern(i) & 0xaaaaaaaa);
	for (u32 i = 2; i < gic.nr_irqs / 16; i++)
		CHECK_EQ(gicd_read(GICD_ICFGR + i * 4) & 0xaaaaaaaa, pattern(i) & 0xaaaaaaaa, "GICD_ICFGR%u", i);
	for (unsigned int c = 0; c < nr_cpus; c++) {
		/* PPIs: whether their configuration can be changed is implementation defined */
		u32 before = gicr_read(c, GICR_SGI + GICD_ICFGR + 4);

		gicr_write(c, GICR_SGI + GICD_ICFGR + 4, 0xaaaaaaaa);
		if (c == 0)
			note("GICR_ICFGR1 0x%x, after a write of all edge 0x%x", before,
			     gicr_read(c, GICR_SGI + GICD_ICFGR + 4));
		gicr_write(c, GICR_SGI + GICD_ICFGR + 4, before);
		CHECK_EQ(gicr_read(c, GICR_SGI + GICD_ICFGR + 4), before, "GICR_ICFGR1 of CPU %u, back", c);
	}
	/* the group is read back before any of it is enabled */
	expect_nothing("groups and configuration written");
}

/* R79: GICD_IPRIORITYR by bytes and by words. */
static void priorities(void)
{
	u32 mask;

	case_begin("GICD_IPRIORITYR and GICR_IPRIORITYR by bytes and words");
	irq_set_prio(0, A, 0xff);
	mask = irq_prio(0, A);
	for (u32 i = 32; i < gic.nr_irqs; i++)
		write8(GICD_BASE + GICD_IPRIORITYR + i, (u8)(pattern(i) & mask));
	for (u32 i = 32; i < gic.nr_irqs; i += 4) {
		u32 want = (pattern(i) & mask) | (pattern(i + 1) & mask) << 8 | (pattern(i + 2) & mask) << 16 |
		           (pattern(i + 3) & mask) << 24;

		CHECK_EQ(gicd_read(GICD_IPRIORITYR + i), want, "GICD_IPRIORITYR%u", i / 4);
	}
	for (u32 i = 32; i < gic.nr_irqs; i += 4)
		gicd_write(GICD_IPRIORITYR + i, pattern(i + 7));
	for (u32 i = 32; i < gic.nr_irqs; i++)
		CHECK_EQ(read8(GICD_BASE + GICD_IPRIORITYR + i), pattern(i / 4 * 4 + 7) >> (i % 4 * 8) & mask,
		         "priority of INTID %u", i);
	for (unsigned int c = 0; c < nr_cpus; c++)
		for (u32 i = 0; i < 32; i++)
			write8(cpus[c].rd + GICR_SGI + GICD_IPRIORITYR + i, (u8)(pattern(c * 32 + i) & mask));
	for (unsigned int c = 0; c < nr_cpus; c++) {
		for (u32 i = 0; i < 32; i++)
			CHECK_EQ(read8(cpus[c].rd + GICR_SGI + GICD_IPRIORITYR + i), pattern(c * 32 + i) & mask,
			         "priority of INTID %u of CPU %u", i, c);
		for (u32 i = 0; i < 32; i += 4) {
			gicr_write(c, GICR_SGI + GICD_IPRIORITYR + i, 0xf0a05010);
			write8(cpus[c].rd + GICR_SGI + GICD_IPRIORITYR + i + 2, 0x60);
			CHECK_EQ(gicr_read(c, GICR_SGI + GICD_IPRIORITYR + i), 0xf0605010,
			         "GICR_IPRIORITYR%u of CPU %u", i / 4, c);
		}
	}
}

/* R47: GICD_IROUTER whole and by halves, in both orders. */
static void routers(void)
{
	bool a3v = gic.typer & GICD_TYPER_A3V;
	u64 valid = 0x00ffffff | (a3v ? 0xff00000000ul : 0);

	case_begin("GICD_IROUTER whole and by halves");
	for (u32 i = 32; i < gic.nr_irqs; i++)
		write64(GICD_BASE + GICD_IROUTER + i * 8, (u64)pattern(i) << 16 & valid);
	for (u32 i = 32; i < gic.nr_irqs; i++)
		CHECK_EQ(read64(GICD_BASE + GICD_IROUTER + i * 8), (u64)pattern(i) << 16 & valid, "GICD_IROUTER%u", i);
	for (u32 i = 32; i < gic.nr_irqs; i += 7) {
		uintptr_t reg = GICD_BASE + GICD_IROUTER + i * 8;
		u32 hi = a3v ? 0x12 : 0;

		write64(reg, 0);
		write32(reg, 0x00345678);
		CHECK_EQ(read64(reg), 0x00345678, "GICD_IROUTER%u, lower half written", i);
		write32(reg + 4, hi);
		CHECK_EQ(read64(reg), (u64)hi << 32 | 0x00345678, "GICD_IROUTER%u, both written", i);
		CHECK_EQ(read32(reg), 0x00345678, "GICD_IROUTER%u, lower half", i);
		CHECK_EQ(read32(reg + 4), hi, "GICD_IROUTER%u, upper half", i);
		write64(reg, 0);
		write32(reg + 4, hi);
		CHECK_EQ(read64(reg), (u64)hi << 32, "GICD_IROUTER%u, upper half written", i);
		write32(reg, 0x00876543);
		CHECK_EQ(read64(reg), (u64)hi << 32 | 0x00876543, "GICD_IROUTER%u, both written, upper first", i);
		/* RES0 fields may hold what is written; Interrupt_Routing_Mode apart */
		write64(reg, ~GICD_IROUTER_IRM);
		CHECK_EQ(read64(reg) & valid, valid, "GICD_IROUTER%u, all ones written", i);
		if (i == 32 && read64(reg) != valid)
			note("GICD_IROUTER32 holds RES0 bits: 0x%lx", read64(reg));
		write64(reg, 0);
	}
}

static void control(void)
{
	u32 fields = GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1 | GICD_CTLR_ARE | GICD_CTLR_DS;

	case_begin("GICD_CTLR");
	for (u32 v = 0; v < 4; v++) {
		gicd_write(GICD_CTLR, GICD_CTLR_ARE | v);
		gicd_wait_rwp();
		CHECK_EQ(gicd_read(GICD_CTLR) & fields, GICD_CTLR_ARE | GICD_CTLR_DS | v, "GICD_CTLR after 0x%x",
		         GICD_CTLR_ARE | v);
	}
	/* no legacy operation: ARE is RAO/WI; one Security state: DS is RAO/WI */
	gicd_write(GICD_CTLR, 0);
	gicd_wait_rwp();
	CHECK_EQ(gicd_read(GICD_CTLR) & fields, GICD_CTLR_ARE | GICD_CTLR_DS, "GICD_CTLR after 0");
	/* RWP is read-only, and clear when nothing is in progress */
	gicd_write(GICD_CTLR, GICD_CTLR_RWP | GICD_CTLR_ARE | 3);
	gicd_wait_rwp();
	for (unsigned int i = 0; i < nr_cpus; i++) {
		gicr_wait_rwp(i);
		CHECK_EQ(gicr_read(i, GICR_CTLR) & GICR_CTLR_UWP, 0, "GICR_CTLR.UWP of CPU %u", i);
		gicr_write(i, GICR_SGI + GICD_ICENABLER, ~0u);
		gicr_wait_rwp(i);
	}
}

/* GICR_WAKER: the handshake, and what comes meanwhile. */
static void waker(void)
{
	case_begin("GICR_WAKER");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		u32 v = gicr_read(i, GICR_WAKER);

		log_clear();
		CHECK_EQ(v & (GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep), 0, "GICR_WAKER of CPU %u, awake",
		         i);
		irq_setup(i, A, 0xa0);
		irq_setup(i, 3, 0xa0);
		/* the groups are disabled before the CPU interface goes to sleep */
		run_on(i, job_set_igrpen1, 0);
		gicr_write(i, GICR_WAKER, v | GICR_WAKER_ProcessorSleep);
		WAIT(gicr_read(i, GICR_WAKER) & GICR_WAKER_ChildrenAsleep);
		CHECK_EQ(gicr_read(i, GICR_WAKER) & (GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep),
		         GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep, "GICR_WAKER of CPU %u, asleep", i);
		irq_pend(0, A);
		sgi_send(i, 3);
		expect_nothing("asleep");
		CHECK(irq_pending(0, A), "asleep: INTID %u not pending", A);
		/* ChildrenAsleep is read-only */
		gicr_write(i, GICR_WAKER, v | GICR_WAKER_ProcessorSleep);
		CHECK(gicr_read(i, GICR_WAKER) & GICR_WAKER_ChildrenAsleep,
		      "GICR_WAKER.ChildrenAsleep of CPU %u written", i);
		gic_wake(i);
		CHECK_EQ(gicr_read(i, GICR_WAKER) & (GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep), 0,
		         "GICR_WAKER of CPU %u, awake again", i);
		expect_nothing("awake, group disabled");
		run_on(i, job_set_igrpen1, 1);
		expect_taken(i, A, 1);
		expect_taken(i, 3, 1);
	}
}

/* F7: GICD_STATUSR and GICR_STATUSR, when there are. */
static void statusr(void)
{
	static const struct {
		u32 bit;
		const char *name;
	} kinds[] = { { 1, "RRD" }, { 2, "WRD" }, { 4, "RWOD" }, { 8, "WROD" } };
	u32 seen;

	case_begin("GICD_STATUSR and GICR_STATUSR");
	gicd_write(GICD_STATUSR, 0xf);
	(void)gicd_read(0x0014);
	seen = gicd_read(GICD_STATUSR);
	if (!seen) {
		case_skip("GICD_STATUSR stays 0, not implemented");
		return;
	}
	for (u32 k = 0; k < 4; k++) {
		gicd_write(GICD_STATUSR, 0xf);
		CHECK_EQ(gicd_read(GICD_STATUSR), 0, "GICD_STATUSR after clearing");
		if (k == 0)
			(void)gicd_read(0x0014);
		if (k == 1)
			gicd_write(0x0014, 1);
		if (k == 2)
			(void)gicd_read(GICD_SETSPI_NSR);
		if (k == 3)
			gicd_write(GICD_TYPER, 0);
		CHECK_EQ(gicd_read(GICD_STATUSR), kinds[k].bit, "GICD_STATUSR.%s", kinds[k].name);
		/* a bit written 0 stays */
		gicd_write(GICD_STATUSR, 0xf & ~kinds[k].bit);
		CHECK_EQ(gicd_read(GICD_STATUSR), kinds[k].bit, "GICD_STATUSR.%s, others cleared", kinds[k].name);
	}
	gicd_write(GICD_STATUSR, 0xf);
	for (unsigned int i = 0; i < nr_cpus; i++) {
		gicr_write(i, GICR_STATUSR, 0xf);
		(void)gicr_read(i, 0x0050);
		CHECK_EQ(gicr_read(i, GICR_STATUSR), 1, "GICR_STATUSR.RRD of CPU %u", i);
		gicr_write(i, GICR_STATUSR, 0xf);
		gicr_write(i, GICR_TYPER, 0);
		CHECK_EQ(gicr_read(i, GICR_STATUSR), 8, "GICR_STATUSR.WROD of CPU %u", i);
		gicr_write(i, GICR_STATUSR, 0xf);
		CHECK_EQ(gicr_read(i, GICR_STATUSR), 0, "GICR_STATUSR of CPU %u after clearing", i);
	}
}

/*
 * R79: accesses of a size that a register does not support. What they do is
 * unpredictable to the architecture; that none aborts is this library's promise.
 */
static void widths(void)
{
	static const u32 regs[] = {
		GICD_CTLR,
		GICD_TYPER,
		GICD_IIDR,
		GICD_STATUSR,
		GICD_SETSPI_NSR,
		GICD_IGROUPR + 4,
		GICD_ISENABLER + 4,
		GICD_ICENABLER + 4,
		GICD_ISPENDR + 4,
		GICD_ICPENDR + 4,
		GICD_ISACTIVER + 4,
		GICD_ICACTIVER + 4,
		GICD_IPRIORITYR + 40,
		GICD_ITARGETSR + 40,
		GICD_ICFGR + 8,
		GICD_SGIR,
		GICD_CPENDSGIR,
		0x6180,
		0x0014,
		GIC_PIDR2,
	};
	u32 bad = 0;

	case_begin("accesses of other sizes do not abort");
	for (u32 i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		uintptr_t reg = GICD_BASE + regs[i];
		u32 sizes = 0;

		for (u32 b = 0; b < 4; b++) {
			sizes |= FAULTS((void)read8(reg + b)) ? 1 : 0;
			sizes |= FAULTS(write8(reg + b, 0)) ? 2 : 0;
		}
		for (u32 b = 0; b < 4; b += 2) {
			sizes |= FAULTS((void)read16(reg + b)) ? 4 : 0;
			sizes |= FAULTS(write16(reg + b, 0)) ? 8 : 0;
		}
		if (reg % 8 == 0) {
			sizes |= FAULTS((void)read64(reg)) ? 16 : 0;
			sizes |= FAULTS(write64(reg, 0)) ? 32 : 0;
		}
		if (sizes) {
			bad++;
			CHECK(false, "GICD + 0x%x: sizes that fault (r8 w8 r16 w16 r64 w64): 0x%x", regs[i], sizes);
		}
	}
	for (u32 off = 0; off < 0x100; off += 8) {
		u32 sizes = FAULTS((void)read64(cpus[0].rd + off)) ? 16 : 0;

		sizes |= FAULTS((void)read8(cpus[0].rd + off)) ? 1 : 0;
		sizes |= FAULTS((void)read16(cpus[0].rd + off)) ? 4 : 0;
		sizes |= FAULTS((void)read64(cpus[0].rd + GICR_SGI + off)) ? 16 : 0;
		CHECK(!sizes, "GICR + 0x%x: sizes that fault (r8 w8 r16 w16 r64 w64): 0x%x", off, sizes);
	}
	/* and all works as before */
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	gicd_write(GICD_IGROUPR + 4, ~0u);
	irq_setup(0, A, 0xa0);
	irq_pend(0, A);
	expect_taken(0, A, 1);
}

static u64 job_system_registers(u64 unused)
{
	u32 ctlr = icc_ctlr();
	u32 rw = ICC_CTLR_CBPR | ICC_CTLR_EOImode | 1u << 6; /* PMHE */

	(void)unused;
	int_mask();
	/* no legacy operation, so SRE is RAO/WI */
	CHECK_EQ(sysreg_read("icc_sre_el1") & 1, 1, "ICC_SRE_EL1.SRE");
	sysreg_write("icc_sre_el1", 0);
	isb();
	CHECK_EQ(sysreg_read("icc_sre_el1") & 1, 1, "ICC_SRE_EL1.SRE after a write of 0");
	sysreg_write("icc_sre_el1", 7);
	isb();

	icc_set_ctlr(~0u);
	CHECK_EQ(icc_ctlr() & ~rw, ctlr & ~rw, "ICC_CTLR_EL1, read-only fields after ones");
	CHECK_EQ(icc_ctlr() & 3, 3, "ICC_CTLR_EL1, CBPR and EOImode after ones");
	icc_set_ctlr(0);
	CHECK_EQ(icc_ctlr() & ~rw, ctlr & ~rw, "ICC_CTLR_EL1, read-only fields after zeros");
	CHECK_EQ(icc_ctlr() & 3, 0, "ICC_CTLR_EL1, CBPR and EOImode after zeros");

	sysreg_write("icc_igrpen0_el1", ~0ul);
	CHECK_EQ(sysreg_read("icc_igrpen0_el1"), 1, "ICC_IGRPEN0_EL1 after ones");
	sysreg_write("icc_igrpen0_el1", ~1ul);
	CHECK_EQ(sysreg_read("icc_igrpen0_el1"), 0, "ICC_IGRPEN0_EL1 after zero");
	sysreg_write("icc_igrpen0_el1", 1);
	sysreg_write("icc_igrpen1_el1", ~0ul);
	CHECK_EQ(sysreg_read("icc_igrpen1_el1"), 1, "ICC_IGRPEN1_EL1 after ones");
	sysreg_write("icc_igrpen1_el1", ~1ul);
	CHECK_EQ(sysreg_read("icc_igrpen1_el1"), 0, "ICC_IGRPEN1_EL1 after zero");
	sysreg_write("icc_igrpen1_el1", 1);
	isb();
	CHECK_EQ(sysreg_read("icc_rpr_el1"), RPR_IDLE, "ICC_RPR_EL1, all 64 bits");
	CHECK_EQ(sysreg_read("icc_iar1_el1"), INTID_SPURIOUS, "ICC_IAR1_EL1, all 64 bits");
	int_unmask();
	return ctlr;
}

#define UNDEFINED(stmt, what) CHECK(FAULTS(stmt) && this_cpu()->fault_esr << 1 >> 27 == 0, what " is not UNDEFINED")

static void system_registers(void)
{
	case_begin("ICC_* fields");
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(run_on(i, job_system_registers, 0), icc_ctlr(), "ICC_CTLR_EL1 of CPU %u", i);
	note("ICC_CTLR_EL1 0x%x", icc_ctlr());

	/* "UNDEFINED": a direct access the wrong way, and registers that do not exist */
	case_begin("ICC_* accesses that are UNDEFINED");
	UNDEFINED((void)sysreg_read("s3_0_c12_c12_1"), "a read of ICC_EOIR1_EL1");
	UNDEFINED((void)sysreg_read("s3_0_c12_c8_1"), "a read of ICC_EOIR0_EL1");
	UNDEFINED((void)sysreg_read("s3_0_c12_c11_1"), "a read of ICC_DIR_EL1");
	UNDEFINED((void)sysreg_read("s3_0_c12_c11_5"), "a read of ICC_SGI1R_EL1");
	UNDEFINED((void)sysreg_read("s3_0_c12_c11_6"), "a read of ICC_ASGI1R_EL1");
	UNDEFINED((void)sysreg_read("s3_0_c12_c11_7"), "a read of ICC_SGI0R_EL1");
	UNDEFINED(sysreg_write("s3_0_c12_c12_0", 0), "a write of ICC_IAR1_EL1");
	UNDEFINED(sysreg_write("s3_0_c12_c8_0", 0), "a write of ICC_IAR0_EL1");
	UNDEFINED(sysreg_write("s3_0_c12_c12_2", 0), "a write of ICC_HPPIR1_EL1");
	UNDEFINED(sysreg_write("s3_0_c12_c8_2", 0), "a write of ICC_HPPIR0_EL1");
	UNDEFINED(sysreg_write("s3_0_c12_c11_3", 0), "a write of ICC_RPR_EL1");
	if (gic.pre_bits < 6) {
		UNDEFINED((void)sysreg_read("s3_0_c12_c8_5"), "ICC_AP0R1_EL1 with 5 preemption bits");
		UNDEFINED((void)sysreg_read("s3_0_c12_c9_1"), "ICC_AP1R1_EL1 with 5 preemption bits");
	}
	if (gic.pre_bits < 7) {
		UNDEFINED((void)sysreg_read("s3_0_c12_c8_6"), "ICC_AP0R2_EL1 with fewer than 7 preemption bits");
		UNDEFINED((void)sysreg_read("s3_0_c12_c9_3"), "ICC_AP1R3_EL1 with fewer than 7 preemption bits");
	}
}

void guest_main(void)
{
	sweep();
	reserved();
	identification();
	affinity();
	last_spi();
	bits();
	priorities();
	routers();
	control();
	waker();
	statusr();
	widths();
	system_registers();
}
