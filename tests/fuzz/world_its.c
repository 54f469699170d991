/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the guest's memory for LPIs and ITSs, and the operations on it: commands, contents that are spoilt, ranges that
 * fail or would block, messages, direct injection.
 * Locks: none; one thread.
 */
#include "fuzz.h"

#define PRIORITY 0xa0u

/* Host interrupts of GICv4: host device n is event n of guest device 0, or of 1. */
#define NR_DEVS 12u

static const uint32_t devices[] = { 0, 1, 0, 1, 2, 3, 31, 32, 33, 511, 512, 1023, 0x3ff, 0xffff };
static const uint32_t events[] = { 0, 1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 1023, 1024, 0xffff };
static const uint32_t lpis[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 127, 8191, 8192 };
static const uint32_t icids[] = { 0, 1, 2, 3, 4, 7, 15, 16 };

void world_its_memory(struct world *w)
{
	uint8_t config[256];

	if (!w->ram) {
		mock_mem_add(w->vm, FUZZ_PROP, (1u << w->lpi_id_bits) - LVGIC_FIRST_LPI);
		for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++)
			mock_mem_add(w->vm, FUZZ_PEND_OF(cpu), (1u << w->lpi_id_bits) / 8);
		for (uint32_t n = 0; n < w->nr_its; n++)
			mock_mem_add(w->vm, FUZZ_ITS_OF(n), FUZZ_ITS_SIZE);
	}
	for (uint32_t i = 0; i < sizeof(config); i++)
		config[i] = PRIORITY | 1;
	mock_mem_poke(w->vm, FUZZ_PROP, config, sizeof(config));
}

void world_command(struct world *w, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	const uint64_t cmd[4] = { w0, w1, w2, w3 };

	mock_mem_poke(w->vm, FUZZ_ITS_OF(its) + FUZZ_QUEUE + w->tail[its], cmd, sizeof(cmd));
	w->tail[its] = (w->tail[its] + (uint32_t)sizeof(cmd)) % FUZZ_QUEUE_SIZE;
}

void world_ring(struct world *w, uint32_t its)
{
	mock_mmio_w(w->vm, MOCK_DEBUGGER, FUZZ_GITS(its) + GITS_CWRITER, 8, w->tail[its]);
}

static void setup_tables(struct world *w, uint32_t its, bool indirect)
{
	uint64_t at = FUZZ_ITS_OF(its);

	if (indirect)
		for (uint64_t page = 0; page < 2; page++) {
			uint64_t entry = 1ull << 63 | (at + FUZZ_LEVEL2 + page * 0x1000);

			mock_mem_poke(w->vm, at + FUZZ_DEVICES + 8 * page, &entry, sizeof(entry));
		}
	mock_mmio_w(w->vm, MOCK_DEBUGGER, FUZZ_GITS(its) + GITS_BASER, 8,
	            GITS_BASER_Valid | (indirect ? GITS_BASER_Indirect : 0) | (at + FUZZ_DEVICES));
	mock_mmio_w(w->vm, MOCK_DEBUGGER, FUZZ_GITS(its) + GITS_BASER + 8, 8,
	            GITS_BASER_Valid | (at + FUZZ_COLLECTIONS));
	mock_mmio_w(w->vm, MOCK_DEBUGGER, FUZZ_GITS(its) + GITS_CBASER, 8, GITS_CBASER_Valid | (at + FUZZ_QUEUE));
	mock_mmio_w(w->vm, MOCK_DEBUGGER, FUZZ_GITS(its) + GITS_CTLR, 4, GITS_CTLR_Enabled);
}

void world_its_setup(struct world *w, bool indirect)
{
	for (uint32_t cpu = 0; cpu < w->nr_vcpus; cpu++) {
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_PROPBASER, 8, FUZZ_PROP | (w->lpi_id_bits - 1));
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_PENDBASER, 8, FUZZ_PEND_OF(cpu));
		mock_lpi_enable(w->vm, cpu, true);
		mock_run_deferred(w->vm);
	}
	for (uint32_t n = 0; n < w->nr_its; n++) {
		setup_tables(w, n, indirect);
		for (uint64_t cpu = 0; cpu < w->nr_vcpus; cpu++)
			world_command(w, n, GITS_CMD_MAPC, 0, 1ull << 63 | cpu << 16 | cpu, 0);
		for (uint64_t device = 0; device < 2; device++) {
			world_command(w, n, device << 32 | GITS_CMD_MAPD, 4, 1ull << 63, 0);
			for (uint64_t event = 0; event < 4; event++)
				world_command(w, n, device << 32 | GITS_CMD_MAPTI,
				              (LVGIC_FIRST_LPI + 4 * device + event) << 32 | event, event % w->nr_vcpus,
				              0);
		}
		world_ring(w, n);
		mock_run_deferred(w->vm);
	}
}

/* --- The driver --- */

static uint64_t rdbase(struct world *w)
{
	uint64_t cpu = in_below(&w->in, w->nr_vcpus + 1);

	return (in_byte(&w->in) & 0x80 ? MOCK_REDIST_GPA + cpu * 0x20000 : cpu << 16);
}

static void command(struct world *w)
{
	static const uint8_t codes[] = { GITS_CMD_MAPTI,
		                         GITS_CMD_MAPTI,
		                         GITS_CMD_MAPD,
		                         GITS_CMD_MAPC,
		                         GITS_CMD_MOVI,
		                         GITS_CMD_INT,
		                         GITS_CMD_CLEAR,
		                         GITS_CMD_INV,
		                         GITS_CMD_INVALL,
		                         GITS_CMD_DISCARD,
		                         GITS_CMD_MOVALL,
		                         GITS_CMD_SYNC,
		                         GITS_CMD_MAPI,
		                         0,
		                         0x21,
		                         0xff };
	struct input *in = &w->in;
	uint32_t its = in_below(in, w->nr_its), code = IN_PICK(in, codes), how = in_byte(in);
	uint64_t device = IN_PICK(in, devices), event = IN_PICK(in, events), word1 = event, word2 = 0, word3 = 0;

	switch (code) {
	case GITS_CMD_MAPTI:
		word1 |= (uint64_t)(LVGIC_FIRST_LPI + IN_PICK(in, lpis)) << 32;
		word2 = IN_PICK(in, icids);
		break;
	case GITS_CMD_MAPI:
		word1 = LVGIC_FIRST_LPI + IN_PICK(in, lpis);
		word2 = IN_PICK(in, icids);
		break;
	case GITS_CMD_MAPD:
		word1 = in_below(in, 32);
		word2 = (how & 1 ? 1ull << 63 : 0);
		break;
	case GITS_CMD_MAPC:
		word2 = (how & 3 ? 1ull << 63 : 0) | IN_PICK(in, icids);
		word2 |= rdbase(w);
		break;
	case GITS_CMD_MOVALL:
		word2 = rdbase(w);
		word3 = rdbase(w);
		break;
	default:
		word2 = IN_PICK(in, icids);
		break;
	}
	world_command(w, its, device << 32 | code, word1, word2, word3);
	/* Often one by one; else with those that follow. */
	if (how & 0x30)
		world_ring(w, its);
}

static void raw_command(struct world *w)
{
	uint64_t word[4];

	for (uint32_t i = 0; i < 4; i++)
		word[i] = in_bytes(&w->in, 8);
	world_command(w, 0, word[0], word[1], word[2], word[3]);
	world_ring(w, 0);
}

/* The registers of the tables, with values that mean something. */
static void tables(struct world *w)
{
	struct input *in = &w->in;
	uint32_t its = in_below(in, w->nr_its), how = in_byte(in), cpu = in_below(in, w->nr_vcpus);
	uint64_t gits = FUZZ_GITS(its), at = FUZZ_ITS_OF(its) + (how & 0x10 ? in_byte(in) * 0x400ull : 0);
	uint64_t attributes = (uint64_t)(how >> 5 & 3) << GITS_BASER_Page_Size_SHIFT |
	                      (how & 0x80 ? 0 : GITS_BASER_Valid);

	switch (how % 8) {
	case 0:
		mock_mmio_w(w->vm, MOCK_DEBUGGER, gits + GITS_CTLR, 4, how >> 4 & 1);
		break;
	case 1:
		mock_mmio_w(w->vm, MOCK_DEBUGGER, gits + GITS_BASER, 8,
		            attributes | (how & 0x08 ? GITS_BASER_Indirect : 0) | at);
		break;
	case 2:
		mock_mmio_w(w->vm, MOCK_DEBUGGER, gits + GITS_BASER + 8, 8, attributes | (at + FUZZ_COLLECTIONS));
		break;
	case 3:
		mock_mmio_w(w->vm, MOCK_DEBUGGER, gits + GITS_CBASER, 8,
		            (how & 0x80 ? 0 : GITS_CBASER_Valid) | (at + FUZZ_QUEUE) | in_below(in, 4));
		w->tail[its] = 0;
		break;
	case 4:
		mock_mmio_w(w->vm, MOCK_DEBUGGER, gits + GITS_CWRITER, 8, in_bytes(in, 2) * (how & 0x10 ? 1 : 32));
		break;
	case 5:
		at = FUZZ_PROP + (how & 0x10 ? in_byte(in) * 0x1000ull : 0);
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_PROPBASER, 8, at + in_below(in, 32));
		break;
	case 6:
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_PENDBASER, 8,
		              FUZZ_PEND_OF(in_below(in, 9)) | (how & 0x10 ? GICR_PENDBASER_PTZ : 0));
		break;
	default:
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_CTLR, 4, how >> 4 & 1);
		break;
	}
}

static void invalidate(struct world *w)
{
	uint32_t cpu = in_below(&w->in, w->nr_vcpus), lpi = IN_PICK(&w->in, lpis);

	if (in_byte(&w->in) & 1)
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_INVALLR, 8, 0);
	else
		mock_redist_w(w->vm, MOCK_DEBUGGER, cpu, GICR_INVLPIR, 8, LVGIC_FIRST_LPI + lpi);
	(void)mock_redist_r(w->vm, MOCK_DEBUGGER, cpu, GICR_SYNCR, 4);
}

/* --- Memory --- */

static uint64_t somewhere(struct world *w)
{
	uint32_t where = in_byte(&w->in), offset = (uint32_t)in_bytes(&w->in, 2);

	switch (where % 4) {
	case 0:
		return FUZZ_PROP + offset % 512;
	case 1:
		/* The LPIs begin at byte 1024 of a pending table. */
		return FUZZ_PEND_OF((where >> 2) % w->nr_vcpus) + 1024 + offset % 64;
	case 2:
		return FUZZ_ITS_OF(0) + FUZZ_DEVICES + offset % 0x4000;
	default:
		return FUZZ_ITS_OF((where >> 2) % w->nr_its) + FUZZ_QUEUE + offset % FUZZ_QUEUE_SIZE;
	}
}

static void memory(struct world *w)
{
	uint32_t how = in_byte(&w->in);
	uint64_t gpa = somewhere(w), value = in_value(&w->in);

	switch (how % 8) {
	case 0:
		mock_mem_fault(w->vm, gpa, 1u << how / 32);
		break;
	case 1:
		mock_mem_again(w->vm, gpa, 1u << how / 16, 1 + value % 4);
		break;
	case 2:
		mock_mem_heal(w->vm);
		break;
	case 3:
		mock_fail(w->vm, how & 0x10 ? MOCK_OP_MEM_READ : MOCK_OP_MEM_WRITE, value % 64);
		break;
	default:
		mock_mem_poke(w->vm, gpa, &value, how & 0x10 ? 8 : 1);
		break;
	}
}

/* --- Direct injection --- */

static void forwarding(struct world *w)
{
	struct lvgic_its *its = mock_its(w->vm, 0);
	uint32_t n = in_below(&w->in, NR_DEVS), what = in_byte(&w->in), device = n & 1, event = n / 2;
	uint32_t cpu = in_below(&w->in, w->nr_vcpus), again;
	struct lvgic_v4_info info;
	struct lvgic_v4_vcpu_info vinfo;

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
		(void)!lvgic_v4_set_forwarding(its, device, event, mock_dev_irq(w->vm, n));
		break;
	case 3:
		(void)!lvgic_v4_unset_forwarding(its, device, event);
		break;
	case 4:
		(void)!lvgic_v4_allow(its, device, event, what >> 7);
		break;
	case 5:
		(void)!lvgic_v4_allow_vcpu(mock_vcpu(w->vm, cpu), what >> 7);
		break;
	case 6:
		if (world_runs(w, cpu))
			mock_vcpu_migrate(w->vm, cpu, (what >> 4) % w->nr_vcpus);
		break;
	case 7:
		if (world_runs(w, cpu))
			mock_vcpu_put(w->vm, cpu);
		break;
	case 8:
		/* Not all of them: work would never end. */
		again = in_below(&w->in, 16) * 20;
		mock_v4_fail(w->vm, (what >> 4) * 20, again, in_byte(&w->in));
		break;
	case 9:
		(void)!lvgic_v4_invalidate_doorbell(mock_vcpu(w->vm, cpu));
		break;
	case 10:
		(void)!lvgic_v4_query(its, device, event, &info);
		(void)lvgic_v4_strwhy(info.why);
		(void)!lvgic_v4_query_vcpu(mock_vcpu(w->vm, cpu), &vinfo);
		break;
	case 11:
		/* SGIs without an active state may be chosen while both groups are off. */
		mock_dist_w(w->vm, MOCK_DEBUGGER, GICD_CTLR, 4, 0);
		mock_dist_w(w->vm, MOCK_DEBUGGER, GICD_CTLR, 4, 3u | (what & 0x80 ? GICD_CTLR_nASSGIreq : 0));
		break;
	default:
		mock_dev_fire(w->vm, n);
		break;
	}
}

void world_its_op(struct world *w)
{
	struct input *in = &w->in;
	uint32_t what = in_byte(in), its = (what >> 4) % w->nr_its;
	struct lvgic_explanation why;
	uint32_t device, event;

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		command(w);
		break;
	case 5:
		raw_command(w);
		break;
	case 6:
	case 7:
		tables(w);
		break;
	case 8:
		invalidate(w);
		break;
	case 9:
		memory(w);
		break;
	case 10:
		(void)mock_run_deferred_once(w->vm);
		break;
	case 11:
		if (w->v4)
			forwarding(w);
		break;
	case 12:
		if (w->v4)
			mock_dev_fire(w->vm, in_below(in, NR_DEVS));
		break;
	default:
		device = IN_PICK(in, devices);
		event = IN_PICK(in, events);
		(void)lvgic_inject_msi(mock_its(w->vm, its), device, event);
		if (what & 0x80)
			lvgic_explain_msi(mock_its(w->vm, its), device, event, &why);
		break;
	}
}
