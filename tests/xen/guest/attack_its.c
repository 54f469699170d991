/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Attacks on the ITS. While vCPU 0 gives it commands and tables, the second vCPU writes its registers.
 */
#include "attack.h"

#define DISTURBED_MS 300u

static volatile bool stop;

static u64 disturb(u64 seed)
{
	u64 n = 0;

	this_vcpu()->reckless = true;
	for (; !stop; n++) {
		u64 off = random64(&seed) % 4;

		attack_read(machine.its + GITS_CREADR, 8);
		attack_write(machine.its + (off ? GITS_CWRITER : GITS_CTLR), off ? 8 : 4, random64(&seed) | (off == 0));
		if (n % 64 == 0)
			attack_write(this_vcpu()->rd + GICR_CTLR, 4, random64(&seed));
	}
	return n;
}

static void disturb_begin(void)
{
	stop = false;
	if (machine.nr_vcpus > 1 && !vcpu_start(1, disturb, 0xd157))
		die("vCPU 1 does not start");
}

static void disturb_end(void)
{
	stop = true;
	if (machine.nr_vcpus > 1 && !vcpu_join(1, 60000))
		die("vCPU 1 does not end");
}

/*
 * 32,767 commands by one store, which may be slow, but must retire. If nobody else writes CWRITER, CREADR must come.
 */
static void full_queue(const char *name, void (*post)(u64 *seed), bool disturbed)
{
	u64 seed = 0xc0ffee;
	struct its_times times;
	bool done;

	its_start();
	its_mapd(1, 5, true);
	for (u32 e = 0; e < 32; e++)
		its_mapti(1, e, LPI_FIRST + e, e % machine.nr_vcpus);
	for (u32 i = 0; i < NR_COMMANDS - 1; i++)
		post(&seed);
	if (disturbed)
		disturb_begin();
	done = its_ring(disturbed ? DISTURBED_MS : DONE_MS, &times);
	if (disturbed)
		disturb_end();
	if (!done && !disturbed)
		die("32767 %s: CREADR stays at 0x%lx", name, read64(machine.its + GITS_CREADR));
	print("attack: 32767 %s%s: the store took %lu us, the commands %lu us\n", name, disturbed ? ", disturbed" : "",
	      times.store / 1000, times.done / 1000);
}

static void post_unknown(u64 *seed)
{
	its_post(0xf0 | (random64(seed) & 0xf), random64(seed), random64(seed), random64(seed));
}

static void post_unmapped(u64 *seed)
{
	its_post(its_word0(CMD_INT, 0x8000 | (u32)(random64(seed) & 0x3fff)), random64(seed) & 0x1f, 0, 0);
}

static void post_random(u64 *seed)
{
	its_post(random64(seed), random64(seed), random64(seed), random64(seed));
}

/* The right code, and fields that are nearly right. Never INVALL of what is not mapped: that is a part of its own. */
static void post_nearly(u64 *seed)
{
	static const u8 codes[] = { CMD_MOVI,  CMD_INT,  CMD_CLEAR, CMD_SYNC,   CMD_MAPD,   CMD_MAPC,
		                    CMD_MAPTI, CMD_MAPI, CMD_INV,   CMD_MOVALL, CMD_DISCARD };
	u32 code = codes[random64(seed) % sizeof(codes)];
	u64 r = random64(seed), w1 = (r >> 8 & 0x3f) | (LPI_FIRST + (r >> 16 & 0x7f)) << 32, w2 = r >> 24 & 3;

	if (code == CMD_MAPD) {
		w1 = r >> 8 & 0x1f;
		w2 = (r & 0x80 ? ITS_VALID : 0) | (r & 0x40 ? (u64)its_itt : evil_address(seed));
	} else if (code == CMD_MAPC) {
		w2 = (r & 0x80 ? ITS_VALID : 0) | (r >> 40 & 7) << 16 | (r >> 48 & 7);
	} else if (code == CMD_MOVALL || code == CMD_SYNC) {
		w2 = (r >> 24 & 7) << 16;
	}
	its_post(its_word0(code, (u32)r & 3), w1, w2, (r >> 52 & 7) << 16); /* RDbase2 of MOVALL */
}

void attack_queue(void)
{
	full_queue("unknown commands", post_unknown, false);
	full_queue("commands for devices that are not mapped", post_unmapped, false);
	full_queue("commands that are nearly right", post_nearly, false);
	full_queue("commands that are nearly right", post_nearly, true);
}

/* INVALL is among the random ones. */
void attack_invall(void)
{
	u64 seed = 7;

	its_start();
	its_command(CMD_INVALL, 0, 5);
	print("attack: INVALL of a collection that is not mapped has been survived\n");
	its_command(CMD_INVALL, 0, 0xffff);
	its_mapc(0, 0, false);
	its_command(CMD_INVALL, 0, 0);
	for (u32 i = 0; i < 1000; i++)
		its_post(CMD_INVALL, random64(&seed), random64(&seed) & 0xffff, 0);
	its_ring(DONE_MS, NULL);
	full_queue("commands of random bytes", post_random, false);
	full_queue("commands of random bytes", post_random, true);
}

/* Every table and queue at every bad address, then commands that want them, messages, and LPIs on and off. */
void attack_tables(void)
{
	u64 seed = 0x7ab1e5;

	for (u32 round = 0; round < 300; round++) {
		struct vcpu *v = &vcpus[round % machine.nr_vcpus];

		its_stop();
		for (u32 n = 0; n < 2; n++)
			if (random64(&seed) % 2)
				attack_write(machine.its + GITS_BASER + 8 * n, 8,
				             ITS_VALID | evil_address(&seed) | (random64(&seed) & 0x40000000000003ff));
		if (random64(&seed) % 4 == 0)
			attack_write(machine.its + GITS_CBASER, 8,
			             ITS_VALID | evil_address(&seed) | (random64(&seed) & 0xff));
		else
			attack_write(machine.its + GITS_CBASER, 8, ITS_VALID | (u64)its_queue | 0xff);
		/* read only: code will do */
		attack_write(v->rd + GICR_PROPBASER, 8,
		             (random64(&seed) % 4 ? evil_address(&seed) : (u64)attack_tables & ~0xfffull) |
		                     (random64(&seed) & 0x1f));
		attack_write(v->rd + GICR_PENDBASER, 8, evil_address(&seed) | (random64(&seed) & 1) << 62);
		attack_write(v->rd + GICR_CTLR, 4, GICR_CTLR_LPIS);
		attack_write(machine.its + GITS_CTLR, 4, 1);
		for (u32 i = 0; i < 24; i++)
			post_nearly(&seed);
		attack_write(machine.its + GITS_CWRITER, 8, random64(&seed) & 0x7e0);
		attack_write(v->rd + GICR_CTLR, 4, 0);
		attack_write(v->rd + GICR_INVALLR, 8, 0);
	}
	its_stop();
}
