/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * v4.h - what the files of the model of GICv4 hardware share.
 *
 * One lock (hw_lock) over all of the hardware; what the hardware does to the host (interrupts) is collected under it
 * and done afterwards, because the host's handlers call the library.
 */
#ifndef VGIC_MOCK_V4_INTERNAL_H
#define VGIC_MOCK_V4_INTERNAL_H

#include "internal.h"

#define MAX_VPES       33u /* one is the spare */
#define MAX_PITS       4u
#define MAX_EVENTS     (MAX_PITS * MOCK_MAX_DEVS)
#define ID_BITS        16u
#define FIRST_LPI      8192u
#define NR_VLPIS       ((1u << ID_BITS) - FIRST_LPI)
#define FIRST_VPEID    40u /* vPE n of the VM has this one plus n */
#define FIRST_DOORBELL 20000u
#define VPT_PA         0x900000000ull /* plus n << 20 */
#define CONFIG_PA      0x800000000ull
#define SPURIOUS_DB    1023u

enum mapped_to {
	UNMAPPED,
	TO_LPI,
	TO_VLPI
};

/* An entry of a physical ITS's interrupt translation table. */
struct pevent {
	uint32_t device, event;
	enum mapped_to to;
	uint32_t intid; /* physical or virtual */
	uint32_t vpe, doorbell;
	bool unsynced; /* a command about it, and no VSYNC of its vPE since */
};

struct hw_vpe {
	bool mapped[MAX_PITS];
	uint32_t pcpu; /* where, as of VMAPP or VMOVP */
	uint64_t vpt;
	uint32_t default_doorbell;
	int resident_at;   /* -1 */
	bool stale;        /* mapped, and what is cached of an earlier vPE with its number not invalidated yet */
	bool armed;        /* GICv4.1: the doorbell was asked for and has not come */
	uint32_t groups;   /* of GICv4.1: which it may deliver */
	uint32_t unsynced; /* bit n: ITS n has effects that no VSYNC has waited for */
	uint8_t *pending;  /* by vLPI */
	uint8_t *config;   /* what the hardware has read last; 0: not yet */
	uint32_t vsgi_pending;
	uint8_t vsgi_config[16]; /* enable bit 0, group bit 1, priority 7:4 */
	/* VMOVP to several ITSs */
	uint32_t moving, moving_seq, moving_to;
};

struct hw_pcpu {
	uint64_t vpropbaser, vpendbaser;
	uint32_t dirty; /* reads until it is not */
	uint32_t vsgir, vsgi_busy;
	int vpe; /* resident, or -1 */
};

struct dev {
	bool used, masked, latched, broken;
	uint32_t its, device, event; /* of the guest */
	struct lvgic_host_irq host;
};

/* What the hardware wants the host to do. */
enum effect_kind {
	EFFECT_LPI,
	EFFECT_DOORBELL
};
#define MAX_EFFECTS 64u
struct effects {
	uint32_t nr;
	struct {
		enum effect_kind kind;
		uint32_t what;
	} of[MAX_EFFECTS];
};

struct mock_v4 {
	struct mock_vm *vm;
	struct mock_v4_config config;
	pthread_mutex_t hw_lock;
	struct hw_vpe vpe[MAX_VPES];
	struct hw_pcpu pcpu[MAX_VPES];
	struct pevent event[MAX_PITS][MOCK_MAX_DEVS];
	uint8_t *table;   /* vLPI configuration table */
	uint32_t top;     /* vLPIs above this one were never mapped */
	uint32_t nr_vpes; /* without the spare */
	struct dev dev[MOCK_MAX_DEVS];
	uint64_t commands[256];
	uint64_t nr_doorbells, lost;

	/* The host */
	struct lvgic_host_vpe host_vpe[MAX_VPES];
	void (*between)(struct mock_vm *vm, void *arg);
	void *between_arg;
	pthread_mutex_t vmovp_lock;
	pthread_mutex_t fail_lock;
	uint64_t fail_nth, operations;
	uint32_t fail, again, seed;
	uint32_t pcpu_of[MAX_VPES]; /* where the thread of a vCPU runs */
	bool doorbell_on[MAX_VPES], doorbell_latched[MAX_VPES];
	bool loaded[MAX_VPES];
	uint16_t vmovp_seq;
	bool unlucky; /* something has been made to fail */
	bool in_between;
	bool expect_lost;
	bool opened; /* the driver's: it has mapped the vPEs */
};

/* pits.c: hw_lock held. */
enum lvgic_status pits_command(struct mock_v4 *h, uint32_t its, const uint64_t cmd[4], struct effects *effects);
struct pevent *pits_event(struct mock_v4 *h, uint32_t its, uint32_t device, uint32_t event);

/* pvpe.c: hw_lock held. */
struct hw_vpe *hw_vpe(struct mock_v4 *h, uint64_t vpeid, const char *what);
void hw_pend(struct mock_v4 *h, struct hw_vpe *p, uint32_t vintid, uint32_t doorbell, struct effects *effects);
void hw_pend_sgi(struct mock_v4 *h, struct hw_vpe *p, uint32_t sgi, struct effects *effects);
void hw_read_config(struct mock_v4 *h, struct hw_vpe *p, uint32_t vintid);
uint64_t hw_vlpi_read(struct mock_v4 *h, uint32_t pcpu, uint32_t offset);
void hw_vlpi_write(struct mock_v4 *h, uint32_t pcpu, uint32_t offset, uint64_t value);
uint32_t hw_vpe_index(const struct mock_v4 *h, const struct hw_vpe *p);

void hw_connect(struct mock_vcpu *c);

/* v4host.c */
void host_effects(struct mock_v4 *h, const struct effects *effects);
enum lvgic_status host_luck(struct mock_v4 *h);
enum lvgic_status host_its_cmd(struct mock_v4 *h, uint32_t its, const uint64_t cmd[4]);
void mock_v4_ops(struct mock_vm *vm);
void mock_v4_new(struct mock_vm *vm);
enum lvgic_status mock_v4_init(struct mock_vm *vm);
void mock_v4_free(struct mock_vm *vm);
/* Before and after the flush of an entry. */
void mock_v4_entering(struct mock_vcpu *c);
void mock_v4_entered(struct mock_vcpu *c);

/* v4driver.c */
extern const struct lvgic_v4_driver mock_v4_driver;

#endif
