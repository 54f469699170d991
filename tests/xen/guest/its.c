/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The tables, the queue and the commands. Tables are told by their type in GITS_BASER<n>, because Xen's own ITS and
 * libvgic's have them in different places.
 */
#include "its.h"

#define NOINIT __attribute__((aligned(65536), section(".noinit,\"aw\",@nobits//")))

#define BASER_TYPE(v)       ((u32)((v) >> 56) & 7u)
#define BASER_ENTRY(v)      (((u32)((v) >> 48) & 0x1fu) + 1u)
#define BASER_DEVICES       1u
#define BASER_COLLECTIONS   4u
#define CACHEABLE_SHAREABLE (7ull << 59 | 1ull << 10) /* of CBASER and BASER */
#define GITS_TYPER_PTA      (1ull << 19)

#define STOP_MS 100u /* Xen's own ITS is never quiescent with commands left in its queue */

u64 its_queue[QUEUE_SIZE / 8] NOINIT;
u8 lpi_config[NR_LPIS] NOINIT;
u8 its_itt[0x10000] NOINIT;
static u64 device_table[0x80000 / 8] NOINIT;
static u64 collection_table[0x10000 / 8] NOINIT;
static u64 pending_tables[MAX_VCPUS][0x10000 / 8] NOINIT;
static u32 tail; /* offset of the next command */

static void clear(void *p, size_t size)
{
	for (u64 *q = p; size; size -= 8)
		*q++ = 0;
}

void lpis_off(struct vcpu *v)
{
	write32(v->rd + GICR_CTLR, 0);
}

void lpis_on(struct vcpu *v)
{
	lpis_off(v);
	clear(pending_tables[v->id], sizeof(pending_tables[v->id]));
	dsb();
	write64(v->rd + GICR_PROPBASER, (u64)lpi_config | 7u << 7 | 1u << 10 | (LPI_ID_BITS - 1));
	write64(v->rd + GICR_PENDBASER, (u64)pending_tables[v->id] | 7u << 7 | 1u << 10 | GICR_PENDBASER_PTZ);
	write32(v->rd + GICR_CTLR, GICR_CTLR_LPIS);
}

static void give_table(u32 n)
{
	u64 baser = read64(machine.its + GITS_BASER + 8 * n);
	u64 *table;
	u32 size;

	if (BASER_TYPE(baser) == BASER_DEVICES) {
		table = device_table;
		size = sizeof(device_table);
	} else if (BASER_TYPE(baser) == BASER_COLLECTIONS) {
		table = collection_table;
		size = sizeof(collection_table);
	} else {
		return;
	}
	clear(table, size);
	dsb();
	/* pages of 4 KiB */
	write64(machine.its + GITS_BASER + 8 * n, ITS_VALID | CACHEABLE_SHAREABLE | (u64)table | (size / 4096 - 1));
}

void its_stop(void)
{
	u64 end = now() + ms_to_ticks(STOP_MS);

	write32(machine.its + GITS_CTLR, 0);
	while (!(read32(machine.its + GITS_CTLR) & GITS_CTLR_Quiescent) && now() < end)
		;
	for (u32 i = 0; i < machine.nr_vcpus; i++)
		lpis_off(&vcpus[i]);
}

void its_start(void)
{
	its_stop();
	for (u32 n = 0; n < 8; n++)
		give_table(n);
	for (u32 i = 0; i < NR_LPIS; i++)
		lpi_config[i] = LPI_ENABLED;
	clear(its_itt, sizeof(its_itt));
	dsb();
	write64(machine.its + GITS_CBASER, ITS_VALID | CACHEABLE_SHAREABLE | (u64)its_queue | (QUEUE_SIZE / 4096 - 1));
	write64(machine.its + GITS_CWRITER, 0);
	tail = 0;
	for (u32 i = 0; i < machine.nr_vcpus; i++)
		lpis_on(&vcpus[i]);
	write32(machine.its + GITS_CTLR, 1);
	for (u32 i = 0; i < machine.nr_vcpus; i++)
		its_mapc(i, i, true);
}

void its_post(u64 w0, u64 w1, u64 w2, u64 w3)
{
	u64 *slot = &its_queue[tail / 8];

	slot[0] = w0;
	slot[1] = w1;
	slot[2] = w2;
	slot[3] = w3;
	tail = (tail + COMMAND_SIZE) % QUEUE_SIZE;
}

bool its_ring(u32 ms, struct its_times *times)
{
	u64 start, stored, limit;
	bool done;

	dsb();
	start = now();
	write64(machine.its + GITS_CWRITER, tail);
	stored = now();
	limit = stored + ms_to_ticks(ms);
	do {
		u64 creadr = read64(machine.its + GITS_CREADR);

		done = (creadr & ~(u64)GITS_CREADR_Stalled) == tail;
	} while (!done && now() < limit);
	if (times)
		*times = (struct its_times){ ticks_to_ns(stored - start), ticks_to_ns(now() - start) };
	return done;
}

bool its_command(u64 w0, u64 w1, u64 w2)
{
	its_post(w0, w1, w2, 0);
	return its_ring(DONE_MS, NULL);
}

u64 its_target(u32 vcpu)
{
	if (read64(machine.its + GITS_TYPER) & GITS_TYPER_PTA)
		return vcpus[vcpu].rd;
	return (read64(vcpus[vcpu].rd + GICR_TYPER) >> 8 & 0xffff) << 16;
}

bool its_mapd(u32 device, u32 event_bits, bool valid)
{
	return its_command(its_word0(CMD_MAPD, device), event_bits - 1, (valid ? ITS_VALID : 0) | (u64)its_itt);
}

bool its_mapc(u32 icid, u32 vcpu, bool valid)
{
	return its_command(CMD_MAPC, 0, (valid ? ITS_VALID : 0) | its_target(vcpu) | icid);
}

bool its_mapti(u32 device, u32 event, u32 intid, u32 icid)
{
	return its_command(its_word0(CMD_MAPTI, device), (u64)intid << 32 | event, icid);
}
