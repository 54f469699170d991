/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * types.h - status codes, object names and limits shared by all public headers.
 */
#ifndef LIBVGIC_TYPES_H
#define LIBVGIC_TYPES_H

#include <libvgic/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of the library (semantic versioning); the same numbers as in CMakeLists.txt. */
#define LVGIC_VERSION_MAJOR 0
#define LVGIC_VERSION_MINOR 1
#define LVGIC_VERSION_PATCH 0

/* The result of the marked function must not be ignored. */
#define LVGIC_MUST_CHECK __attribute__((warn_unused_result))

/*
 * Status of a call: LVGIC_OK or a negative value, grouped by who is to blame. A call that
 * does not return LVGIC_OK has changed nothing, unless its description says otherwise.
 */
enum lvgic_status {
	LVGIC_OK = 0,

	/* The caller: */
	LVGIC_ERR_INVAL = -1, /* an argument is outside of its documented range */
	LVGIC_ERR_STATE = -2, /* not now: before or after lvgic_start(), vCPU running, ... */
	LVGIC_ERR_EXIST = -3, /* the thing to create exists already */
	LVGIC_ERR_NOENT = -4, /* no such vCPU, interrupt or frame */

	/* Resources: */
	LVGIC_ERR_NOMEM = -16, /* ops->alloc returned NULL */
	LVGIC_ERR_QUOTA = -17, /* a configured quota of the VM is used up */

	/* The guest: */
	LVGIC_ERR_UNDEF = -32, /* UNDEFINED system register access: inject an Undefined Instruction */
	LVGIC_ERR_FAULT = -33, /* guest memory is not there */

	/* The host: */
	LVGIC_ERR_AGAIN = -48, /* an op would block: call again from a sleepable context */
	LVGIC_ERR_HOST = -49,  /* an op failed */

	/* Version: */
	LVGIC_ERR_OPS = -64, /* the ops table or the configuration cannot be imported */

	/* The library itself: */
	LVGIC_ERR_BUG = -80, /* an internal invariant does not hold; please report */
};

/* The five nouns. All are opaque but for lvgic_ops (ops.h). */
struct lvgic;      /* one virtual machine: Distributor and configuration */
struct lvgic_vcpu; /* one virtual CPU: Redistributor, CPU interface, list registers, queue */
struct lvgic_irq;  /* one interrupt */
struct lvgic_its;  /* one Interrupt Translation Service */
struct lvgic_ops;  /* the hypervisor */

/* Limits of this implementation. */
#define LVGIC_MAX_VCPUS          4096u
#define LVGIC_MAX_SPIS           988u /* INTIDs 32..1019 */
#define LVGIC_MAX_LRS            16u
#define LVGIC_MIN_PRI_BITS       5u
#define LVGIC_MAX_PRI_BITS       7u
#define LVGIC_MAX_REDIST_REGIONS 32u
#define LVGIC_MAX_ITS            64u

/* INTID ranges (IHI 0069, 2.2.1). */
#define LVGIC_NR_SGIS    16u
#define LVGIC_NR_PRIVATE 32u /* SGIs and PPIs */
#define LVGIC_FIRST_SPI  32u
#define LVGIC_FIRST_LPI  8192u

/* A short English description of a status, for logs. Never NULL. Any context. */
const char *lvgic_strstatus(enum lvgic_status status);

#ifdef __cplusplus
}
#endif

#endif
