/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The virtual ITS of a domain, driven as an operating system does: flat tables, a queue as long as there can be
 * (32,768 commands), LPIs on all vCPUs, a collection for each. The memory is there to be abused too.
 */
#ifndef XEN_GUEST_ITS_H
#define XEN_GUEST_ITS_H

#include "domain.h"

#define QUEUE_SIZE   0x100000u
#define NR_COMMANDS  (QUEUE_SIZE / 32)
#define LPI_ID_BITS  16u
#define NR_LPIS      ((1u << LPI_ID_BITS) - LPI_FIRST)
#define LPI_FIRST    8192u
#define LPI_ENABLED  0xa1u /* in the configuration table: priority 0xa0, enabled */
#define COMMAND_SIZE 32u

extern u64 its_queue[QUEUE_SIZE / 8];
extern u8 lpi_config[NR_LPIS];
extern u8 its_itt[0x10000];

/* Everything off; then tables cleared and given, LPIs and ITS on, collection N on vCPU N for each vCPU. */
void its_start(void);
void its_stop(void);

/* LPIs of one vCPU. */
void lpis_on(struct vcpu *v);
void lpis_off(struct vcpu *v);

/* A command at the end of the queue; nothing is told to the ITS before its_ring(). */
void its_post(u64 w0, u64 w1, u64 w2, u64 w3);
/* Tells, and waits. ns until the store has retired, and until the last command is done; false: CREADR did not come
 * there in time. */
struct its_times {
	u64 store, done;
};
bool its_ring(u32 ms, struct its_times *times);
#define DONE_MS 20000u /* enough for a queue full of commands, in an emulated hypervisor */

/* its_post(), its_ring(), for those who do not care. */
bool its_command(u64 w0, u64 w1, u64 w2);
bool its_mapd(u32 device, u32 event_bits, bool valid);
bool its_mapc(u32 icid, u32 vcpu, bool valid);
bool its_mapti(u32 device, u32 event, u32 intid, u32 icid);
u64 its_target(u32 vcpu); /* RDbase, in its place */

#endif
