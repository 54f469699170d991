/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Software generated interrupts.
 * IHI 0069: "Software Generated Interrupts", ICC_SGI1R_EL1, ICC_SGI0R_EL1,
 * GICR_ISPENDR0, GICR_ICPENDR0, GICR_ICFGR0.
 */
#include "guest.h"

const char guest_name[] = "sgi";

/* With many CPUs, the ends of the clusters of 16 stand for all. */
static bool sampled(unsigned int cpu)
{
	return nr_cpus <= 8 || cpu <= 1 || cpu == 15 || cpu == 16 || cpu == nr_cpus - 1;
}

static void enable_sgis(void)
{
	for (unsigned int i = 0; i < nr_cpus; i++)
		gicr_write(i, GICR_SGI + GICD_ISENABLER, 0xffff);
	dsb();
}

/* R85: all 16 INTIDs work, also to oneself and with one CPU. */
static void all_ids_to_self(void)
{
	struct cpu *c = this_cpu();

	case_begin("all 16 INTIDs to self");
	enable_sgis();
	for (u32 id = 0; id < 16; id++) {
		int_mask();
		CHECK_EQ(icc_iar1(), INTID_SPURIOUS, "SGI %u: ICC_IAR1_EL1 before", id);
		sgi_send(0, id);
		expect_hppir1(id, "sent to self");
		CHECK(irq_pending(0, id), "SGI %u sent to self: GICR_ISPENDR0 reads 0", id);
		CHECK(!irq_active(0, id), "SGI %u pending: GICR_ISACTIVER0 reads 1", id);
		CHECK_EQ(c->taken[id], 0, "SGI %u taken while masked", id);
		int_unmask();
		expect_taken(0, id, 1);
		CHECK(!irq_pending(0, id), "SGI %u taken: GICR_ISPENDR0 still 1", id);
		CHECK(!irq_active(0, id), "SGI %u ended: GICR_ISACTIVER0 still 1", id);
	}
	CHECK_EQ(c->nr_taken, 16, "interrupts of CPU 0");
	for (u32 i = 0; i < c->nr_log && i < 16; i++) {
		CHECK_EQ(c->log[i].intid, i, "log entry %u", i);
		CHECK_EQ(c->log[i].rpr, 0xa0, "running priority in SGI %u", i);
	}
}

static u64 job_send_all(u64 dst)
{
	for (u32 id = 0; id < 16; id++)
		sgi_send((unsigned int)dst, id);
	return 0;
}

static void all_pairs(void)
{
	case_begin("each INTID, each pair");
	if (!need_cpus(2))
		return;
	enable_sgis();
	for (unsigned int src = 0; src < nr_cpus; src++) {
		for (unsigned int dst = 0; dst < nr_cpus; dst++) {
			if (!sampled(src) || !sampled(dst))
				continue;
			log_clear();
			run_on(src, job_send_all, dst);
			WAIT(cpus[dst].nr_taken >= 16);
			settle();
			for (unsigned int i = 0; i < nr_cpus; i++)
				CHECK_EQ(cpus[i].nr_taken, i == dst ? 16 : 0, "%u to %u: interrupts of CPU %u", src,
				         dst, i);
			for (u32 id = 0; id < 16; id++)
				CHECK_EQ(cpus[dst].taken[id], 1, "%u to %u: SGI %u", src, dst, id);
		}
	}
}

static u64 job_broadcast(u64 id)
{
	sgi_send_others((u32)id);
	return 0;
}

static void broadcast(void)
{
	/* IRM = 1: "all PEs in the system, excluding self"; with one CPU nobody. */
	case_begin("IRM=1 from each CPU");
	enable_sgis();
	for (unsigned int src = 0; src < nr_cpus; src++) {
		u32 id = src % 16;

		if (!sampled(src))
			continue;
		log_clear();
		run_on(src, job_broadcast, id);
		WAIT(total_taken(id) >= nr_cpus - 1);
		settle();
		for (unsigned int i = 0; i < nr_cpus; i++) {
			CHECK_EQ(cpus[i].taken[id], i == src ? 0 : 1, "IRM=1 from %u: SGI %u of CPU %u", src, id, i);
			CHECK_EQ(cpus[i].nr_taken, cpus[i].taken[id], "IRM=1 from %u: all of CPU %u", src, i);
		}
	}
}

static void target_lists(void)
{
	u32 n = nr_cpus < 4 ? nr_cpus : nr_cpus <= 8 ? 4 : 2;

	case_begin("every target list of the first CPUs");
	enable_sgis();
	for (u32 mask = 0; mask < 1u << n; mask++) {
		log_clear();
		sgi_send_mask(0, mask, 9);
		WAIT(total_taken(9) >= nr_bits(mask));
		settle();
		for (unsigned int i = 0; i < nr_cpus; i++)
			CHECK_EQ(cpus[i].nr_taken, i < n ? (mask >> i) & 1 : 0,
			         "target list 0x%x: interrupts of CPU %u", mask, i);
	}
	/* the whole first cluster: bits of CPUs that do not exist are ignored. R70 R71 */
	log_clear();
	sgi_send_mask(0, 0xffff, 5);
	WAIT(total_taken(5) >= (nr_cpus < 16 ? nr_cpus : 16));
	settle();
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(cpus[i].nr_taken, i < 16 ? 1 : 0, "target list 0xffff: interrupts of CPU %u", i);
}

/* R70 R71: targets that do not exist are dropped, without any effect. */
static void absent_targets(void)
{
	u32 ctlr = icc_ctlr();
	u64 last = cpus[nr_cpus - 1].mpidr;
	u64 no_aff1 = ((last >> 8 & 0xff) + 1) << 8;

	case_begin("targets that do not exist");
	enable_sgis();
	icc_sgi1r(sgi_value(no_aff1, 0xffff, 3));
	icc_sgi1r(sgi_value(0xff00, 0xffff, 3));
	icc_sgi1r(sgi_value(0xff0000, 0xffff, 3));
	icc_sgi1r(sgi_value(0xffff00, 0x8001, 15));
	/* with A3V = 0 the field is RES0, what it then does is not defined */
	if ((ctlr & ICC_CTLR_A3V) && (gic.typer & GICD_TYPER_A3V)) {
		icc_sgi1r(sgi_value(0xff00000000, 0xffff, 3));
		icc_sgi1r(sgi_value(0x100000000, 0xffff, 3));
	}
	/* RS selects Aff0 values 16 and up; with RSS = 0 it is RES0 */
	if ((ctlr & ICC_CTLR_RSS) && (gic.typer & GICD_TYPER_RSS))
		for (u64 rs = 1; rs < 16; rs++)
			icc_sgi1r(sgi_value(0, 0xffff, 3) | rs << 44);
	else
		note("range selector not implemented (RSS = 0)");
	if (nr_cpus < 16)
		icc_sgi1r(sgi_value(0, 0xffffu & ~((1u << nr_cpus) - 1u), 3));
	expect_nothing("SGIs to absent CPUs");
	sgi_send(0, 3);
	expect_taken(0, 3, 1);
}

/* IHI 0069, "Interrupt prioritization": the highest priority first. */
static u64 job_order(u64 seed)
{
	struct cpu *c = this_cpu();
	u32 level[16];

	for (u32 i = 0; i < 16; i++)
		level[i] = i;
	shuffle(level, 16, (u32)seed);
	int_mask();
	for (u32 id = 0; id < 16; id++)
		irq_set_prio(c->id, id, prio_level(level[id]));
	for (u32 id = 0; id < 16; id++)
		sgi_send(c->id, id);
	WAIT(gicr_read(c->id, GICR_SGI + GICD_ISPENDR) == 0xffff);
	CHECK_EQ(gicr_read(c->id, GICR_SGI + GICD_ISPENDR), 0xffff, "GICR_ISPENDR0");
	int_unmask();
	WAIT(c->nr_taken >= 16);
	CHECK_EQ(c->nr_taken, 16, "interrupts");
	for (u32 i = 0; i < c->nr_log && i < 16; i++) {
		CHECK_EQ(level[c->log[i].intid & 15], i, "rank of the interrupt taken as %u.", i);
		CHECK_EQ(c->log[i].rpr, prio_level(i), "running priority of the %u.", i);
	}
	for (u32 id = 0; id < 16; id++)
		CHECK_EQ(c->taken[id], 1, "SGI %u", id);
	return 0;
}

static void order_by_priority(void)
{
	case_begin("16 pending, order by priority");
	enable_sgis();
	for (u64 seed = 1; seed <= 8; seed++) {
		log_clear();
		run_on_all(job_order, seed * 7919);
		if (nr_cpus > 8)
			break;
	}
	/* all equal: the order is the implementation's, each exactly once */
	log_clear();
	int_mask();
	for (u32 id = 0; id < 16; id++) {
		irq_set_prio(0, id, 0x80);
		sgi_send(0, id);
	}
	int_unmask();
	WAIT(cpus[0].nr_taken >= 16);
	settle();
	for (u32 id = 0; id < 16; id++)
		CHECK_EQ(cpus[0].taken[id], 1, "equal priorities: SGI %u", id);
}

static bool hook_send_again(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (c->taken[intid] == 1) {
		/* R20: pending again while active */
		for (u32 i = 0; i < 3; i++)
			sgi_send(c->id, intid);
		WAIT(irq_pending(c->id, intid));
		CHECK(irq_pending(c->id, intid), "sent while active: GICR_ISPENDR0 reads 0");
		CHECK(irq_active(c->id, intid), "in the handler: GICR_ISACTIVER0 reads 0");
		/* an active interrupt is never signalled again */
		CHECK_EQ(icc_hppir1(), INTID_SPURIOUS, "active and pending: ICC_HPPIR1_EL1");
	}
	return false;
}

static void collapse(void)
{
	/* IHI 0069, "Interrupt handling state machine": one pending state, no count. */
	case_begin("repeated SGIs collapse");
	enable_sgis();
	int_mask();
	for (u32 i = 0; i < 5; i++)
		sgi_send(0, 4);
	settle();
	int_unmask();
	expect_taken(0, 4, 1);

	cpus[0].hook = hook_send_again;
	sgi_send(0, 6);
	expect_taken(0, 6, 2);
	cpus[0].hook = NULL;
	CHECK_EQ(cpus[0].nr_taken, 3, "all interrupts of CPU 0");
}

static void pending_registers(void)
{
	case_begin("GICR_ISPENDR0 and GICR_ICPENDR0");
	enable_sgis();
	for (unsigned int i = 0; i < nr_cpus; i++) {
		/* "SGIs are always edge-triggered": GICR_ICFGR0 is read-only */
		gicr_write(i, GICR_SGI + GICD_ICFGR, 0);
		CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ICFGR), 0xaaaaaaaa, "GICR_ICFGR0 of CPU %u", i);
		for (u32 id = 0; id < 16; id++) {
			irq_pend(i, id);
			WAIT(cpus[i].taken[id] >= 1);
		}
	}
	settle();
	for (unsigned int i = 0; i < nr_cpus; i++) {
		for (u32 id = 0; id < 16; id++)
			CHECK_EQ(cpus[i].taken[id], 1, "SGI %u taken by CPU %u, times", id, i);
		CHECK_EQ(cpus[i].nr_taken, 16, "interrupts of CPU %u", i);
	}

	/* sent, then cleared before it is taken, by the same and by another CPU */
	for (unsigned int i = 0; i < nr_cpus; i++) {
		if (!sampled(i))
			continue;
		log_clear();
		run_on(i, job_mask, 0);
		sgi_send(i, 2);
		sgi_send(i, 8);
		WAIT((gicr_read(i, GICR_SGI + GICD_ISPENDR) & 0x104) == 0x104);
		irq_unpend(i, 2);
		CHECK_EQ(gicr_read(i, GICR_SGI + GICD_ISPENDR), 0x100, "GICR_ISPENDR0 of CPU %u", i);
		WAIT(run_on(i, job_hppir1, 0) == 8);
		CHECK_EQ(run_on(i, job_hppir1, 0), 8, "SGI 2 cleared: ICC_HPPIR1_EL1 of CPU %u", i);
		run_on(i, job_unmask, 0);
		expect_taken(i, 8, 1);
		CHECK_EQ(cpus[i].taken[2], 0, "cleared SGI 2 taken by CPU %u", i);
	}
}

static void disabled(void)
{
	case_begin("disabled SGIs stay pending");
	for (unsigned int i = 0; i < nr_cpus; i++) {
		if (!sampled(i))
			continue;
		log_clear();
		sgi_send(i, 11);
		expect_nothing("SGI 11 is disabled");
		CHECK(irq_pending(i, 11), "SGI 11 of CPU %u not pending", i);
		irq_enable(i, 11);
		expect_taken(i, 11, 1);
	}
}

static void group_mismatch(void)
{
	/*
	 * IHI 0069, "Forwarding an SGI to a target PE", one Security state:
	 * ICC_SGI0R_EL1 generates Group 0 SGIs only.
	 */
	case_begin("ICC_SGI0R_EL1 and a Group 1 SGI");
	enable_sgis();
	icc_sgi0r(sgi_value(cpus[0].mpidr, 1, 7));
	expect_nothing("ICC_SGI0R_EL1 to a Group 1 SGI");
	CHECK(!irq_pending(0, 7), "ICC_SGI0R_EL1 made a Group 1 SGI pending");
	/* KVM forwards ICC_SGI1R_EL1 to a Group 0 SGI, QEMU does not: only said */
	irq_disable(0, 7);
	irq_set_group(0, 7, 0);
	sgi_send(0, 7);
	settle();
	note("ICC_SGI1R_EL1 to a Group 0 SGI is %s", irq_pending(0, 7) ? "forwarded" : "dropped");
	irq_unpend(0, 7);
	irq_set_group(0, 7, 1);
}

static volatile u32 ring_laps;
static volatile u32 ring_target;

static bool hook_ring(struct cpu *c, u32 intid, bool fiq)
{
	(void)fiq;
	if (intid != 1)
		return false;
	if (c->id == 0) {
		ring_laps = ring_laps + 1;
		if (ring_laps >= ring_target)
			return false;
	}
	sgi_send((c->id + 1) % nr_cpus, 1);
	return false;
}

/* Wakes for each token; the last one may come before the WFI, hence the condition. */
static u64 job_ring(u64 unused)
{
	(void)unused;
	WAIT_WFI(this_cpu()->taken[1] >= ring_target);
	return 0;
}

static void ring(void)
{
	case_begin("a token round all CPUs, in WFI");
	enable_sgis();
	ring_laps = 0;
	ring_target = nr_cpus <= 8 ? 200 : 20;
	for (unsigned int i = 0; i < nr_cpus; i++)
		cpus[i].hook = hook_ring;
	dsb();
	for (unsigned int i = 1; i < nr_cpus; i++)
		cpu_start(i, job_ring, 0);
	sgi_send(1 % nr_cpus, 1);
	job_ring(0);
	for (unsigned int i = 1; i < nr_cpus; i++)
		cpu_finish(i);
	settle();
	CHECK_EQ(ring_laps, ring_target, "laps");
	for (unsigned int i = 0; i < nr_cpus; i++)
		CHECK_EQ(cpus[i].taken[1], ring_target, "tokens of CPU %u", i);
}

static u32 storm_rounds;

static u64 job_storm(u64 id)
{
	struct cpu *c = this_cpu();
	u32 n = nr_cpus < 8 ? nr_cpus : 8;

	/* each CPU uses its own INTID: a count for each sender at each receiver */
	for (u32 round = 1; round <= storm_rounds; round++) {
		for (u32 dst = 0; dst < n; dst++) {
			sgi_send(dst, c->id);
			/* wait until it is taken, or it would collapse with the next */
			if (!WAIT(cpus[dst].taken[c->id] >= round)) {
				CHECK(false, "SGI %u to CPU %u lost in round %u", c->id, dst, round);
				return 1;
			}
		}
	}
	return id;
}

static void storm(void)
{
	u32 n = nr_cpus < 8 ? nr_cpus : 8;

	storm_rounds = nr_cpus <= 8 ? 20 : 2;
	case_begin("all to all at once");
	enable_sgis();
	for (unsigned int i = 1; i < n; i++)
		cpu_start(i, job_storm, 0);
	job_storm(0);
	for (unsigned int i = 1; i < n; i++)
		cpu_finish(i);
	settle();
	for (unsigned int dst = 0; dst < n; dst++)
		for (unsigned int src = 0; src < n; src++)
			CHECK_EQ(cpus[dst].taken[src], storm_rounds, "SGI %u at CPU %u", src, dst);
}

void guest_main(void)
{
	all_ids_to_self();
	all_pairs();
	broadcast();
	target_lists();
	absent_targets();
	order_by_priority();
	collapse();
	pending_registers();
	disabled();
	group_mismatch();
	ring();
	storm();
}
