/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * fuzz.h - what the fuzz targets share: the bytes of an input taken as numbers, the check after each step, and a
 * guest's driver whose memory the input may spoil.
 *
 * An input is a configuration of some bytes and then a sequence of operations: a byte that chooses one, and the bytes
 * that it takes. All is total: an input that ends reads as zeros, and every byte string is a program. No two bytes are
 * taken in one expression whose operands C leaves unordered: an input means the same to every compiler.
 */
#ifndef VGIC_TESTS_FUZZ_FUZZ_H
#define VGIC_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <vgic_mock.h>

/* What each target defines; libFuzzer's name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- Input --- */

struct input {
	const uint8_t *p;
	size_t left;
};

static inline uint32_t in_byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline uint64_t in_bytes(struct input *in, uint32_t n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | in_byte(in);
	return value;
}

static inline uint32_t in_below(struct input *in, uint32_t n)
{
	return in_byte(in) % n;
}

#define IN_PICK(in, table) ((table)[in_below(in, sizeof(table) / sizeof((table)[0]))])

/* A value of a register: mostly one in which something is set and little else. */
uint64_t in_value(struct input *in);

/* --- The VM under test --- */

#define FUZZ_MAX_VCPUS 8u

struct world {
	struct mock_vm *vm;
	struct input in;
	uint32_t nr_vcpus, nr_spis, nr_its, lpi_id_bits;
	bool v4;
	void *ram; /* of a guest with CPUs, with all that is put into it; NULL: only what an ITS needs */
	size_t ram_size;
	bool off[FUZZ_MAX_VCPUS], asleep[FUZZ_MAX_VCPUS];
	uint32_t taken[FUZZ_MAX_VCPUS][4]; /* INTIDs that a vCPU acknowledged last, newest first */
	uint32_t tail[2];                  /* where the driver's next command goes, by ITS */
	uint32_t pending_event;            /* 0: none, else an operation is to be done at that many events from now */
	bool nested;
	bool trace; /* VGIC_FUZZ_TRACE is in the environment: print what the library does */
};

/* Print what is wrong and abort: the fuzzer keeps the input. */
void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The VM, with w->in in hand. */
void world_create(struct world *w, const struct mock_config *config);
/* Steps until the input is used up, with a check after each, and the end. */
void world_run(struct world *w, void (*step)(struct world *w));

/* What must hold when no thread is in the library (invariants.h), and what the mock knows besides. */
void world_check(struct world *w);
void world_end(struct world *w);

/* May this vCPU execute an instruction? One that sleeps is woken if it can be. */
bool world_runs(struct world *w, uint32_t cpu);
/* Who makes an access: a vCPU of the input's choice, or a debugger if that one does not run. */
uint32_t world_actor(struct world *w);
/* Operations of a guest on its CPU interface; the rest of the guest's instructions. */
void world_cpu_op(struct world *w);
/* An access to a frame of the GIC. */
void world_mmio_op(struct world *w);
/* Power, sleep, entry and exit. */
void world_power_op(struct world *w);
/* A line of a device, or the physical side of one. */
void world_device_op(struct world *w);
/* From now on an input may ask for something to happen in the middle of an operation (pending_event), see "trace". */
void world_interleave(struct world *w);

/*
 * The memory of a guest with ITSs: little of it, so that much is not RAM. For LPIs: one configuration table, a pending
 * table for each vCPU. For each ITS: a flat or first-level device table, collections, second-level pages, a queue.
 */
#define FUZZ_PROP         0x40000000ull
#define FUZZ_PEND         0x40100000ull
#define FUZZ_PEND_STRIDE  0x10000ull
#define FUZZ_ITS          0x40200000ull
#define FUZZ_ITS_STRIDE   0x10000ull
#define FUZZ_DEVICES      0x0000u
#define FUZZ_COLLECTIONS  0x1000u
#define FUZZ_LEVEL2       0x2000u /* two pages */
#define FUZZ_QUEUE        0x4000u
#define FUZZ_QUEUE_SIZE   0x1000u
#define FUZZ_ITS_SIZE     0x5000u
#define FUZZ_GITS(n)      (MOCK_ITS_GPA + (n)*0x20000ull)
#define FUZZ_PEND_OF(cpu) (FUZZ_PEND + (cpu)*FUZZ_PEND_STRIDE)
#define FUZZ_ITS_OF(n)    (FUZZ_ITS + (n)*FUZZ_ITS_STRIDE)

void world_its_memory(struct world *w);
/* A driver that does it right: LPIs on, ITSs on, collections and devices 0 and 1 mapped, some events. */
void world_its_setup(struct world *w, bool indirect);
/* Into the queue; without telling. */
void world_command(struct world *w, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);
void world_ring(struct world *w, uint32_t its);
/* An operation of the guest's driver, or of somebody who spoils its memory, or of a device. */
void world_its_op(struct world *w);

#endif
