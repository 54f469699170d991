/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Random programs on two VMs side by side: one delivers all in software, the other has what it can delivered by GICv4
 * hardware, while the embedder gives and takes host interrupts, moves vCPUs about, changes its policy, and physical
 * operations fail or would block. The guests must not see a difference: what is acknowledged, which commands fail, what
 * is in the pending tables, who wakes from WFI.
 */
#include <stdlib.h>

#include "v4.h"

#define NR_VCPUS 3u
#define NR_ICIDS 4u
#define NR_DEVS  12u /* host interrupts: events 0.. of guest device DEV and of the next */
#define NR_LPIS  20u
#define STEPS    1500u
#define SEEDS    150u

struct pair {
	struct mock_vm *vm[2]; /* software, hardware */
	uint32_t seed, seed0, step;
	bool set[NR_DEVS], lpis[NR_VCPUS], asleep[NR_VCPUS];
	uint32_t pmr[NR_VCPUS];
	uint8_t config[NR_LPIS];
	bool its_on, group1, nassgi;
	bool fails;
	char did[16][96];
};

static uint32_t roll(struct pair *p, uint32_t n)
{
	p->seed = p->seed * 1664525u + 1013904223u;
	return (p->seed >> 8) % n;
}

#define DID(p, ...) snprintf((p)->did[(p)->step % 16], sizeof((p)->did[0]), __VA_ARGS__)

static void check(struct pair *p, uint64_t soft, uint64_t hard, const char *what)
{
	if (soft == hard)
		return;
	for (uint32_t i = p->step < 15 ? 0 : p->step - 15; i <= p->step; i++)
		print_error("%u: %s\n", i, p->did[i % 16]);
	fail_msg("seed %u, step %u: %s: software %#llx, hardware %#llx", p->seed0, p->step, what,
	         (unsigned long long)soft, (unsigned long long)hard);
}

static uint32_t device_of(uint32_t n)
{
	return DEV + n / 6;
}

static uint32_t event_of(uint32_t n)
{
	return n % 6;
}

/* Both finish what they have begun: kicks are obeyed, deferred work is done. */
static void quiesce(struct pair *p)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t rounds = 0;

		do {
			mock_run_deferred(p->vm[i]);
			for (uint32_t cpu = 0; cpu < 2 * NR_VCPUS; cpu++)
				if (!p->asleep[cpu % NR_VCPUS])
					mock_guest_nop(p->vm[i], cpu % NR_VCPUS);
			if (++rounds > 1000)
				fail_msg("seed %u, step %u: never done", p->seed0, p->step);
		} while (mock_deferred(p->vm[i]));
	}
}

static void command(struct pair *p, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	uint64_t count[2], error[2];

	for (uint32_t i = 0; i < 2; i++) {
		mock_its_cmd(p->vm[i], 0, w0, w1, w2, w3);
		error[i] = mock_its_error(p->vm[i], 0, &count[i]);
	}
	check(p, count[0], count[1], "command errors");
	check(p, error[0], error[1], "last command error");
}

static uint64_t word0(uint32_t code, uint32_t n)
{
	return (uint64_t)device_of(n) << 32 | code;
}

static void its_command(struct pair *p)
{
	uint32_t n = roll(p, NR_DEVS), intid = LPI0 + roll(p, NR_LPIS), icid = roll(p, NR_ICIDS);
	uint32_t a = roll(p, NR_VCPUS), b = roll(p, NR_VCPUS);

	switch (roll(p, 18)) {
	case 14:
	case 15:
		/* The usual order: each event its own LPI. */
		intid = LPI0 + n;
		icid = roll(p, NR_VCPUS);
		/* fallthrough */
	case 0:
	case 1:
	case 2:
	case 3:
		DID(p, "MAPTI %u to %u, collection %u", n, intid, icid);
		command(p, word0(GITS_CMD_MAPTI, n), (uint64_t)intid << 32 | event_of(n), icid, 0);
		break;
	case 4:
	case 5:
	case 16:
	case 17:
		DID(p, "MOVI %u to collection %u", n, icid);
		command(p, word0(GITS_CMD_MOVI, n), event_of(n), icid, 0);
		break;
	case 6:
		DID(p, "DISCARD %u", n);
		command(p, word0(GITS_CMD_DISCARD, n), event_of(n), 0, 0);
		break;
	case 7:
		DID(p, "INT %u", n);
		command(p, word0(GITS_CMD_INT, n), event_of(n), 0, 0);
		break;
	case 8:
		DID(p, "CLEAR %u", n);
		command(p, word0(GITS_CMD_CLEAR, n), event_of(n), 0, 0);
		break;
	case 9:
		DID(p, "INV %u", n);
		command(p, word0(GITS_CMD_INV, n), event_of(n), 0, 0);
		break;
	case 10:
		DID(p, "INVALL %u", icid);
		command(p, GITS_CMD_INVALL, 0, icid, 0);
		break;
	case 11:
		DID(p, "MOVALL %u to %u", a, b);
		command(p, GITS_CMD_MOVALL, 0, (uint64_t)a << 16, (uint64_t)b << 16);
		break;
	case 12:
		DID(p, "MAPC %u to vCPU %u", icid, a);
		command(p, GITS_CMD_MAPC, 0,
		        (roll(p, 8) ? 1ull << 63 : 0) | (uint64_t)(roll(p, 2) ? a : icid % NR_VCPUS) << 16 | icid, 0);
		break;
	default:
		if (roll(p, 4))
			break;
		DID(p, "MAPD %u", device_of(n));
		command(p, word0(GITS_CMD_MAPD, n), 4, (roll(p, 4) ? 1ull << 63 : 0) | MOCK_ITS_TABLES, 0);
		break;
	}
}

static void registers(struct pair *p)
{
	uint32_t cpu = roll(p, NR_VCPUS), i = roll(p, NR_LPIS), reg;

	switch (roll(p, 7)) {
	case 0:
		p->lpis[cpu] = !p->lpis[cpu] || roll(p, 4);
		DID(p, "EnableLPIs of vCPU %u: %d", cpu, p->lpis[cpu]);
		for (uint32_t k = 0; k < 2; k++)
			mock_redist_w(p->vm[k], MOCK_DEBUGGER, cpu, GICR_CTLR, 4, p->lpis[cpu]);
		quiesce(p);
		check(p, mock_redist_r(p->vm[0], MOCK_DEBUGGER, cpu, GICR_CTLR, 4),
		      mock_redist_r(p->vm[1], MOCK_DEBUGGER, cpu, GICR_CTLR, 4), "GICR_CTLR");
		for (uint32_t k = 0; k < NR_LPIS; k++)
			check(p, mock_lpi_table_pending(p->vm[0], cpu, LPI0 + k),
			      mock_lpi_table_pending(p->vm[1], cpu, LPI0 + k), "pending table");
		break;
	case 1:
		p->its_on = !p->its_on || roll(p, 4);
		DID(p, "GITS_CTLR.Enabled %d", p->its_on);
		for (uint32_t k = 0; k < 2; k++)
			mock_mmio_w(p->vm[k], MOCK_DEBUGGER, MOCK_ITS_GPA + GITS_CTLR, 4, p->its_on);
		quiesce(p);
		check(p, mock_its_r(p->vm[0], 0, GITS_CTLR, 4), mock_its_r(p->vm[1], 0, GITS_CTLR, 4), "GITS_CTLR");
		break;
	case 2:
		p->group1 = !p->group1 || roll(p, 4);
		if (!p->group1)
			p->nassgi = roll(p, 2);
		DID(p, "GICD_CTLR.EnableGrp1 %d nASSGIreq %d", p->group1, p->nassgi);
		for (uint32_t k = 0; k < 2; k++) {
			/* Both groups off first: nASSGIreq may change then. */
			if (!p->group1)
				mock_dist_w(p->vm[k], MOCK_DEBUGGER, GICD_CTLR, 4, 0);
			mock_dist_w(p->vm[k], MOCK_DEBUGGER, GICD_CTLR, 4,
			            (p->group1 ? GICD_CTLR_EnableGrp1 : 0) | (p->nassgi ? GICD_CTLR_nASSGIreq : 0));
		}
		break;
	case 3:
	case 4:
		p->config[i] ^= roll(p, 2) ? 1 : 4;
		DID(p, "configuration of %u: %#x", LPI0 + i, p->config[i]);
		for (uint32_t k = 0; k < 2; k++)
			mock_lpi_config(p->vm[k], LPI0 + i, p->config[i]);
		break;
	case 5:
		reg = roll(p, 2) ? GICR_INVALLR : GICR_INVLPIR;
		DID(p, "register %#x of vCPU %u, %u", reg, cpu, LPI0 + i);
		for (uint32_t k = 0; k < 2; k++)
			mock_redist_w(p->vm[k], MOCK_DEBUGGER, cpu, reg, 8, reg == GICR_INVLPIR ? LPI0 + i : 0);
		break;
	default:
		if (p->asleep[cpu])
			break;
		p->pmr[cpu] = roll(p, 3) ? 0xf8 : roll(p, 16) << 4;
		DID(p, "PMR of vCPU %u: %#x", cpu, p->pmr[cpu]);
		for (uint32_t k = 0; k < 2; k++)
			mock_guest_set_pmr(p->vm[k], cpu, p->pmr[cpu]);
		break;
	}
}

/* SGIs 0 to 3 of each vCPU, with or without the hardware. */
static void sgis(struct pair *p)
{
	uint32_t cpu = roll(p, NR_VCPUS), to = roll(p, NR_VCPUS), n = roll(p, 4), what = roll(p, 8);
	static const uint32_t reg[] = { 0,
		                        0,
		                        0,
		                        GICR_SGI_BASE + GICD_ISPENDR,
		                        GICR_SGI_BASE + GICD_ICPENDR,
		                        GICR_SGI_BASE + GICD_ISENABLER,
		                        GICR_SGI_BASE + GICD_ICENABLER };

	if (what < 3) {
		if (p->asleep[cpu])
			return;
		DID(p, "SGI %u from vCPU %u to %u", n, cpu, to);
		for (uint32_t k = 0; k < 2; k++)
			mock_guest_sgi(p->vm[k], cpu, 1, n, to);
	} else if (what < 7) {
		DID(p, "register %#x of vCPU %u, SGI %u", reg[what], to, n);
		for (uint32_t k = 0; k < 2; k++)
			mock_redist_w(p->vm[k], MOCK_DEBUGGER, to, reg[what], 4, 1u << n);
		quiesce(p);
	} else {
		/* Below those of the LPIs, and different: a virtual SGI of the hardware has four bits of it. */
		uint8_t prio = (uint8_t)(n << 4 | (roll(p, 2) || n > 1 ? 0xc0 : 0xa0));

		DID(p, "priority of SGI %u of vCPU %u: %#x", n, to, prio);
		for (uint32_t k = 0; k < 2; k++)
			mock_redist_w(p->vm[k], MOCK_DEBUGGER, to, GICR_SGI_BASE + GICD_IPRIORITYR + n, 1, prio);
	}
	check(p, mock_redist_r(p->vm[0], MOCK_DEBUGGER, to, GICR_SGI_BASE + GICD_ISPENDR, 4) & 0xf,
	      mock_redist_r(p->vm[1], MOCK_DEBUGGER, to, GICR_SGI_BASE + GICD_ISPENDR, 4) & 0xf, "pending SGIs");
}

static void fire(struct pair *p)
{
	uint32_t n = roll(p, NR_DEVS);

	DID(p, "device %u fires", n);
	(void)lvgic_inject_msi(mock_its(p->vm[0], 0), device_of(n), event_of(n));
	mock_dev_fire(p->vm[1], n);
}

static void take(struct pair *p)
{
	uint32_t cpu = roll(p, NR_VCPUS);

	if (p->asleep[cpu]) {
		DID(p, "vCPU %u is woken by SGI 3", cpu);
		for (uint32_t k = 0; k < 2; k++)
			mock_redist_w(p->vm[k], MOCK_DEBUGGER, cpu, GICR_SGI_BASE + GICD_ISPENDR, 4, 1u << 3);
		return;
	}
	DID(p, "vCPU %u acknowledges", cpu);
	/* Others may have preempted it: it comes back, and if its vPE cannot, the software has its interrupts. */
	mock_guest_nop(p->vm[1], cpu);
	mock_run_deferred(p->vm[1]);
	check(p, hw_take(p->vm[0], cpu), hw_take(p->vm[1], cpu), "acknowledged");
}

static void wfi(struct pair *p)
{
	uint32_t cpu = roll(p, NR_VCPUS), tries = 4;
	bool soft, hard;

	if (p->asleep[cpu])
		return;
	DID(p, "vCPU %u waits", cpu);
	/* PendingLast knows nothing of the mask: with one, the guest would wake for ever, as on other hypervisors. */
	p->pmr[cpu] = 0xf8;
	for (uint32_t k = 0; k < 2; k++)
		mock_guest_set_pmr(p->vm[k], cpu, p->pmr[cpu]);
	soft = !mock_guest_wfi(p->vm[0], cpu);
	/* It may wake for nothing, once, for a stale doorbell. */
	do
		hard = !mock_guest_wfi(p->vm[1], cpu);
	while (!hard && soft && --tries);
	/* Its vPE failed just now: what it had comes back by the worker, and wakes it. */
	mock_run_deferred(p->vm[1]);
	if (!soft && hard)
		hard = !mock_guest_wake(p->vm[1], cpu);
	check(p, soft, hard, "sleeps");
	p->asleep[cpu] = soft;
}

/*
 * Who has been woken? With hardware somebody may be for nothing, for once. Twice each: what goes from one that sleeps
 * to another passes through the first.
 */
static void wake(struct pair *p)
{
	bool awake[2][NR_VCPUS] = { { false } };

	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
			for (uint32_t i = 0; i < 2 && p->asleep[cpu]; i++) {
				if (!awake[i][cpu])
					awake[i][cpu] = mock_guest_wake(p->vm[i], cpu);
				mock_run_deferred(p->vm[i]);
			}
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++) {
		uint32_t tries = 4;

		if (!p->asleep[cpu])
			continue;
		while (!awake[0][cpu] && awake[1][cpu] && --tries)
			awake[1][cpu] = mock_guest_wfi(p->vm[1], cpu);
		check(p, awake[0][cpu], awake[1][cpu], "is awake");
		if (awake[0][cpu])
			p->asleep[cpu] = false;
	}
}

/* What only the embedder knows of. */
static void embedder(struct pair *p)
{
	struct mock_vm *vm = p->vm[1];
	struct lvgic_its *its = mock_its(vm, 0);
	uint32_t n = roll(p, NR_DEVS), cpu = roll(p, NR_VCPUS);
	enum lvgic_status status = LVGIC_OK;

	switch (roll(p, 8)) {
	case 0:
	case 1:
	case 2:
		for (uint32_t i = 0; i < NR_DEVS && p->set[n]; i++)
			n = (n + 1) % NR_DEVS;
		if (p->set[n])
			break;
		DID(p, "set %u", n);
		status = lvgic_v4_set_forwarding(its, device_of(n), event_of(n),
		                                 mock_dev_add(vm, n, 0, device_of(n), event_of(n)));
		p->set[n] = true;
		break;
	case 3:
		if (!p->set[n])
			break;
		DID(p, "unset %u", n);
		status = lvgic_v4_unset_forwarding(its, device_of(n), event_of(n));
		quiesce(p);
		if (status != LVGIC_OK)
			status = lvgic_v4_unset_forwarding(its, device_of(n), event_of(n));
		check(p, status == LVGIC_OK || status == LVGIC_ERR_NOENT, 1, "unset");
		status = LVGIC_OK;
		p->set[n] = false;
		break;
	case 4:
		DID(p, "allow %u", n);
		status = lvgic_v4_allow(its, device_of(n), event_of(n), roll(p, 8));
		if (status == LVGIC_ERR_NOENT)
			status = LVGIC_OK;
		break;
	case 5:
		DID(p, "allow vCPU %u", cpu);
		status = lvgic_v4_allow_vcpu(mock_vcpu(vm, cpu), roll(p, 8));
		/* It may have no vPE. */
		if (status == LVGIC_ERR_NOENT && cpu == NR_VCPUS - 1)
			status = LVGIC_OK;
		break;
	case 6:
		if (p->asleep[cpu])
			break;
		DID(p, "vCPU %u migrates", cpu);
		mock_vcpu_migrate(vm, cpu, (cpu + roll(p, NR_VCPUS)) % NR_VCPUS);
		break;
	default:
		if (p->asleep[cpu])
			break;
		DID(p, "vCPU %u is preempted", cpu);
		mock_vcpu_put(vm, cpu);
		break;
	}
	/* A trap's budget is small here. */
	check(p, status == LVGIC_OK || status == LVGIC_ERR_AGAIN || (p->fails && status == LVGIC_ERR_HOST), 1,
	      "status of an embedder's call");
}

static void step(struct pair *p)
{
	DID(p, "-");
	switch (roll(p, 16)) {
	case 0:
	case 1:
	case 2:
		its_command(p);
		break;
	case 3:
		registers(p);
		break;
	case 4:
		sgis(p);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		fire(p);
		break;
	case 9:
		wfi(p);
		break;
	case 10:
	case 11:
		embedder(p);
		break;
	default:
		take(p);
		break;
	}
	quiesce(p);
	wake(p);
	/* Whatever failed: no device is left masked. */
	for (uint32_t n = 0; n < NR_DEVS; n++)
		check(p, mock_dev_masked(p->vm[1], n), false, "a device is masked");
}

static void setup(struct pair *p, const struct mock_v4_config *v4)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct mock_config config = { .nr_vcpus = NR_VCPUS, .nr_its = 1, .pri_bits = 7, .trap_lpis = 64 };

		config.nr_lrs = 1 + p->seed0 % 4;
		config.trap_cmds = 1 + p->seed0 % 3;
		config.v4 = i ? v4 : NULL;
		p->vm[i] = hw_vm(config);
		mock_its_setup(p->vm[i]);
		for (uint32_t n = 0; n < NR_LPIS; n++)
			mock_lpi_config(p->vm[i], LPI0 + n, p->config[n]);
		mock_its_mapd(p->vm[i], 0, DEV, 5, true);
		mock_its_mapd(p->vm[i], 0, DEV + 1, 5, true);
		for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++)
			for (uint32_t n = 0; n < 4; n++)
				mock_redist_w(p->vm[i], MOCK_DEBUGGER, cpu, GICR_SGI_BASE + GICD_IPRIORITYR + n, 1,
				              n << 4 | 0xc0);
	}
	for (uint32_t n = 0; n < NR_DEVS; n++)
		mock_dev_add(p->vm[1], n, 0, device_of(n), event_of(n));
}

static uint64_t covered[4];

static void program(const struct mock_v4_config *v4, uint32_t seed, bool fails)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct lvgic_v4_stats stats;

	*p = (struct pair){ .seed = seed, .seed0 = seed, .its_on = true, .group1 = true, .fails = fails };
	for (uint32_t n = 0; n < NR_LPIS; n++)
		p->config[n] = (uint8_t)(n * 8 | 1);
	for (uint32_t cpu = 0; cpu < NR_VCPUS; cpu++) {
		p->lpis[cpu] = true;
		p->pmr[cpu] = 0xf8;
	}
	setup(p, v4);
	if (fails)
		mock_v4_fail(p->vm[1], 60, 40, seed);
	for (p->step = 0; p->step < STEPS; p->step++)
		step(p);
	lvgic_v4_get_stats(mock_vgic(p->vm[1]), &stats);
	check(p, 0, stats.guesses, "guesses");
	covered[0] += stats.forwarded;
	covered[1] += stats.returned;
	covered[2] += stats.moved;
	covered[3] += stats.doorbells;
	mock_v4_fail(p->vm[1], 0, 0, 0);
	mock_vm_destroy(p->vm[0]);
	v4_end(p->vm[1]);
	free(p);
}

static void random_programs(void **state, bool fails)
{
	memset(covered, 0, sizeof(covered));
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct mock_v4_config v4 = *(struct mock_v4_config *)*state;

		/* Now and then a vCPU without a vPE. */
		if (seed % 5 == 0) {
			v4.nr_vpes = NR_VCPUS - 1;
		}
		program(&v4, seed, fails);
	}
	print_message("forwarded %llu, returned %llu, moved %llu, doorbells %llu\n", (unsigned long long)covered[0],
	              (unsigned long long)covered[1], (unsigned long long)covered[2], (unsigned long long)covered[3]);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(covered[i] > SEEDS);
}

static void test_random(void **state)
{
	random_programs(state, false);
}

static void test_random_failures(void **state)
{
	random_programs(state, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { V4_EACH(test_random), V4_EACH(test_random_failures) };

	return cmocka_run_group_tests_name("v4_random", tests, NULL, NULL);
}
