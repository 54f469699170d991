/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * its.h - Interrupt Translation Services: create, inject MSIs, let them work.
 *
 * A VM has any number of ITSs. LPIs exist if lvgic_config.lpi_id_bits is set; an ITS needs them. What a guest can make
 * the library remember comes out of pools that are allocated when the ITS (for LPIs: the VM) is created, so a guest can
 * use up no more than its own quota: a command that asks for more fails with a command error (IHI 0069, 5.3).
 */
#ifndef LIBVGIC_ITS_H
#define LIBVGIC_ITS_H

#include <libvgic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* lvgic_its_config.flags: */
#define LVGIC_ITS_PTA 0x1u /* GITS_TYPER.PTA = 1: RDbase is the address of the Redistributor, not its number */
#define LVGIC_ITS_STALL \
	0x2u /* a command error stalls the queue (GITS_CREADR.Stalled); default: the command is skipped */

/* Zero in a member means the default given with it. Extended only at its end, like struct lvgic_config. */
struct lvgic_its_config {
	uint32_t size;            /* sizeof(struct lvgic_its_config) */
	uint32_t flags;           /* LVGIC_ITS_*; unknown bits: LVGIC_ERR_INVAL */
	uint64_t gpa;             /* of the frame (128 KiB, multiple of 64 KiB); LVGIC_ITS_NO_GPA: placed nowhere */
	uint32_t device_bits;     /* GITS_TYPER.Devbits + 1, 1..LVGIC_ITS_MAX_DEVICE_BITS; default 16 */
	uint32_t event_bits;      /* GITS_TYPER.ID_bits + 1, 1..16; default 16 */
	uint32_t collection_bits; /* GITS_TYPER.CIDbits + 1, 1..16; default: enough for nr_vcpus + 1, at least 4 */
	uint32_t hcc;             /* GITS_TYPER.HCC: collections that need no guest memory, 0..255; default 0 */
	uint32_t max_devices;     /* quota: devices mapped at once; default 256, or all there are */
	uint32_t max_events;      /* quota: event slots, given out in blocks of 32; default 8192 */
	uint32_t cpu_device;      /* DeviceID of a write of GITS_TRANSLATER by a vCPU; default 0 */
	uint32_t reserved;        /* 0 */
};

#define LVGIC_ITS_NO_GPA          (~0ull)
#define LVGIC_ITS_MAX_DEVICE_BITS 20u

/*
 * Add an ITS to the VM. *cfg is copied. Destroyed with the VM.
 * INVAL: a member is out of range, or the VM has no LPIs. OPS: the configuration cannot be imported, or the ops have no
 * mem_read, mem_write or defer. STATE: after lvgic_start(). EXIST: the frame overlaps another. QUOTA: more than
 * LVGIC_MAX_ITS of them. NOMEM. Context: sleep.
 */
LVGIC_MUST_CHECK enum lvgic_status lvgic_its_create(struct lvgic *vgic, const struct lvgic_its_config *cfg,
                                                    struct lvgic_its **its);

/* The ITS whose frame holds this guest physical address (a doorbell that a device writes to); NULL: none. Any context.
 */
struct lvgic_its *lvgic_its_by_gpa(struct lvgic *vgic, uint64_t gpa);

/*
 * A device signals an event: the write of EventID to GITS_TRANSLATER with this DeviceID (IHI 0069, 5.2).
 * Context: any. Takes no lock, allocates nothing, touches no guest memory; costs the same however much is mapped.
 * NOENT: there is nothing to signal, the message is dropped: the ITS is disabled, the event or its collection is not
 * mapped, or the Redistributor has LPIs disabled. That is the guest's own doing and no error of the caller.
 */
enum lvgic_status lvgic_inject_msi(struct lvgic_its *its, uint32_t device, uint32_t event);

/*
 * Work that a trap left behind (ops->defer): commands, walks over LPIs, accesses to guest memory that would have
 * blocked. Does at most one trap's worth; true if there is more, which has been announced by ops->defer again.
 * Any thread that is not a vCPU inside of flush..sync; several at once are allowed. Context: as lvgic_mmio_write().
 */
bool lvgic_run_deferred(struct lvgic *vgic);

/* Trapped accesses by frame, as in mmio.h. "offset" is 0..0x1ffff; GITS_TRANSLATER is at 0x10040. */
uint64_t lvgic_its_read(struct lvgic_its *its, struct lvgic_vcpu *vcpu, uint32_t offset, uint32_t size);
void lvgic_its_write(struct lvgic_its *its, struct lvgic_vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t val);

/*
 * Command errors (IHI 0069, 5.3 and the tables of each command): 0x01 in bits 23:16, the command in 15:8, the error
 * below. ops->guest_error gets the whole number.
 */
enum lvgic_its_error {
	LVGIC_ITS_DEVICE_OOR = 0x01,          /* DeviceID out of range, or its table entry is not in RAM */
	LVGIC_ITS_ITT_SIZE_OOR = 0x02,        /* MAPD; of MAPC and MOVALL: RDbase names no Redistributor */
	LVGIC_ITS_COLLECTION_OOR = 0x03,      /* ICID out of range, or its table entry is not in RAM */
	LVGIC_ITS_UNMAPPED_DEVICE = 0x04,     /* MAPD has not been done */
	LVGIC_ITS_ID_OOR = 0x05,              /* EventID out of range of the device */
	LVGIC_ITS_PHYSICAL_ID_OOR = 0x06,     /* INTID is no LPI of this VM */
	LVGIC_ITS_UNMAPPED_INTERRUPT = 0x07,  /* no MAPTI or MAPI */
	LVGIC_ITS_UNMAPPED_COLLECTION = 0x09, /* no MAPC */
	LVGIC_ITS_QUOTA = 0xf0,               /* IMPLEMENTATION DEFINED: a quota of the VM is used up */
	LVGIC_ITS_UNREADABLE = 0xf1,          /* IMPLEMENTATION DEFINED: the command is not in RAM; command 0 */
	LVGIC_ITS_UNKNOWN_COMMAND = 0xf2,     /* IMPLEMENTATION DEFINED: no such command */
};

/* Counters of an ITS since its creation. */
struct lvgic_its_stats {
	uint64_t commands;   /* done, those with errors included */
	uint64_t errors;     /* commands with errors */
	uint64_t last_error; /* number of the last one; 0: none */
	uint64_t deferrals;  /* traps that left work behind */
	uint64_t retries;    /* commands put off because guest memory would have blocked */
	uint64_t dropped;    /* messages for which nothing is mapped */
	uint32_t devices;    /* mapped now */
	uint32_t events;     /* mapped now */
};
void lvgic_its_get_stats(const struct lvgic_its *its, struct lvgic_its_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
