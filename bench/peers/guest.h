/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A guest's driver and the way into the guest and out, the same source for every peer: included behind its adapter, so
 * that calls are direct ones. An adapter defines, as static functions of "struct peer" (a VM with 16 list registers;
 *vCPU n has affinity n / 16, n % 16):
 *
 *	create(nr_vcpus, its), destroy     frames at RACE_GICD, RACE_GICR, RACE_GITS; 960 SPIs; room for 57,344 LPIs
 *	inject(p, intid)                   rising edge of an SPI
 *	msi(p, device, event)              a device writes to the doorbell of the ITS
 *	sgi(p, vcpu, value)                the vCPU writes ICC_SGI1R_EL1
 *	flush, sync(p, vcpu)               before an entry, after an exit
 *	lrs(p, vcpu)                       the list registers between the two
 *	load, store(p, vcpu, gpa, size)    trapped access by a vCPU
 *	settle(p)                          do what a trap has left to be done
 *	pool_bytes()                       memory set aside for a mapped LPI, if it is not allocated on demand
 */
#ifndef RACE_GUEST_H
#define RACE_GUEST_H

#include "common.h"

/* --- a guest's driver --- */

#define CONFIG     RACE_RAM
#define PENDING    (RACE_RAM + 0x100000)
#define TABLES     (RACE_RAM + 0x1000000)
#define QUEUE      (RACE_RAM + 0x1800000)
#define QUEUE_SIZE 0x100000u
#define MANY_LPIS  57344u

static unsigned int tail; /* of the command queue, as the guest's driver remembers it */

static void boot_cpu(struct peer *p, unsigned int id)
{
	race_u64 rd = RACE_GICR + 0x20000ull * id;

	store(p, id, rd + 0x10080, 4, 0xffffffff); /* GICR_IGROUPR0 */
	store(p, id, rd + 0x10100, 4, 0xffff);     /* GICR_ISENABLER0 */
}

/* Edge-triggered SPIs in Group 1 at vCPU 0, all SGIs, priority 0xa0 each. */
static struct peer *boot(unsigned int nr_vcpus, _Bool its)
{
	struct peer *p = create(nr_vcpus, its);
	unsigned int i, id;

	store(p, 0, RACE_GICD, 4, 0x12); /* GICD_CTLR: ARE, EnableGrp1 */
	for (id = 0; id < nr_vcpus; id++) {
		boot_cpu(p, id);
		for (i = 0; i < 32; i += 4)
			store(p, id, RACE_GICR + 0x20000ull * id + 0x10400 + i, 4, 0xa0a0a0a0);
	}
	for (i = 1; i < 31; i++) {
		store(p, 0, RACE_GICD + 0x80 + 4 * i, 4, 0xffffffff);  /* GICD_IGROUPR */
		store(p, 0, RACE_GICD + 0x100 + 4 * i, 4, 0xffffffff); /* GICD_ISENABLER */
	}
	for (i = 2; i < 62; i++)
		store(p, 0, RACE_GICD + 0xc00 + 4 * i, 4, 0xaaaaaaaa); /* GICD_ICFGR */
	for (i = 8; i < 248; i++)
		store(p, 0, RACE_GICD + 0x400 + 4 * i, 4, 0xa0a0a0a0); /* GICD_IPRIORITYR */
	return p;
}

static void command(race_u64 w0, race_u64 w1, race_u64 w2)
{
	const race_u64 words[4] = { w0, w1, w2, 0 };

	race_need(race_ram_write(QUEUE + tail, words, sizeof(words)));
	tail = (tail + 32) % QUEUE_SIZE;
}

static void ring(struct peer *p)
{
	store(p, 0, RACE_GITS + 0x88, 8, tail); /* GITS_CWRITER */
	settle(p);
}

static race_u64 device(unsigned int d)
{
	return (race_u64)(d * 7) << 32;
}

enum {
	MOVI = 0x01,
	SYNC = 0x05,
	MAPD = 0x08,
	MAPC = 0x09,
	MAPTI = 0x0a,
	INV = 0x0c,
	INVALL = 0x0d,
	DISCARD = 0x0f
};

/* With LPIs: an ITS, collection n at vCPU n, all LPIs enabled with priority 0xa0. */
static struct peer *boot_its(unsigned int nr_vcpus)
{
	unsigned char config[4096];
	struct peer *p = boot(nr_vcpus, 1);
	unsigned int i;

	for (i = 0; i < sizeof(config); i++)
		config[i] = 0xa1;
	for (i = 0; i < MANY_LPIS; i += sizeof(config))
		race_need(race_ram_write(CONFIG + i, config, sizeof(config)));
	for (i = 0; i < nr_vcpus; i++) {
		race_u64 rd = RACE_GICR + 0x20000ull * i;

		store(p, i, rd + 0x70, 8, CONFIG | 15);                          /* GICR_PROPBASER */
		store(p, i, rd + 0x78, 8, (PENDING + i * 0x10000) | 1ull << 62); /* GICR_PENDBASER, PTZ */
		store(p, i, rd, 4, 1);                                           /* GICR_CTLR.EnableLPIs */
		settle(p);
	}
	tail = 0;
	store(p, 0, RACE_GITS + 0x100, 8, 1ull << 63 | TABLES | 2 << 8 | 3);            /* GITS_BASER0: 64 KiB pages */
	store(p, 0, RACE_GITS + 0x108, 8, 1ull << 63 | (TABLES + 0x100000) | 2 << 8);   /* GITS_BASER1 */
	store(p, 0, RACE_GITS + 0x80, 8, 1ull << 63 | QUEUE | (QUEUE_SIZE / 4096 - 1)); /* GITS_CBASER */
	store(p, 0, RACE_GITS, 4, 1);                                                   /* GITS_CTLR.Enabled */
	for (i = 0; i < nr_vcpus; i++)
		command(MAPC, 0, 1ull << 63 | i << 16 | i);
	ring(p);
	return p;
}

/* Events of devices of 2^bits each, LPIs in order, at collection 0. */
static void map(struct peer *p, unsigned int first_device, unsigned int first_lpi, unsigned int nr, unsigned int bits)
{
	unsigned int i, d = 0;

	for (i = 0; i < nr; i++) {
		d = first_device + (i >> bits);
		if (!(i & ((1u << bits) - 1)))
			command(device(d) | MAPD, bits ? bits - 1 : 0, 1ull << 63 | (TABLES + 0x200000));
		command(device(d) | MAPTI, (race_u64)(8192 + first_lpi + i) << 32 | (i & ((1u << bits) - 1)), 0);
		if (i % 4096 == 4095)
			ring(p);
	}
	ring(p);
}

static inline void messages(struct peer *p, unsigned int nr, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		msi(p, (i >> bits) * 7, i & ((1u << bits) - 1));
}

/* Enter the guest until an entry leaves a list register empty. */
static inline unsigned int run_guest(struct peer *p, unsigned int vcpu)
{
	unsigned int taken = 0, n;

	do {
		flush(p, vcpu);
		n = race_guest(lrs(p, vcpu));
		sync(p, vcpu);
		taken += n;
	} while (n == RACE_LRS);
	return taken;
}

/* The same within race_aside(). */
static inline void drain(struct peer *p, unsigned int vcpu)
{
	unsigned int n;

	do {
		flush(p, vcpu);
		n = race_guest_aside(lrs(p, vcpu));
		sync(p, vcpu);
	} while (n == RACE_LRS);
}

#endif
