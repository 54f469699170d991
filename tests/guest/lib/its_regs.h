/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Registers and commands of the ITS, and what LPIs add to the Redistributor: IHI 0069, chapters 5, 12.11 and 12.18.
 */
#ifndef GUEST_ITS_REGS_H
#define GUEST_ITS_REGS_H

#include "cpu.h"

#define GITS_CTLR       0x0000u
#define GITS_IIDR       0x0004u
#define GITS_TYPER      0x0008u
#define GITS_CBASER     0x0080u
#define GITS_CWRITER    0x0088u
#define GITS_CREADR     0x0090u
#define GITS_BASER      0x0100u
#define GITS_TRANSLATER 0x10040u

#define GITS_CTLR_Quiescent (1u << 31)
#define GITS_BASER_Indirect (1ull << 62)
#define GITS_CREADR_Stalled 1u
#define ITS_VALID           (1ull << 63) /* of CBASER, BASER and table entries */

#define GICR_PROPBASER     0x0070u
#define GICR_PENDBASER     0x0078u
#define GICR_INVLPIR       0x00a0u
#define GICR_INVALLR       0x00b0u
#define GICR_SYNCR         0x00c0u
#define GICR_CTLR_LPIS     (1u << 0) /* EnableLPIs */
#define GICR_CTLR_CES      (1u << 1)
#define GICR_CTLR_IR       (1u << 2)
#define GICR_TYPER_PLPIS   (1ull << 0)
#define GICR_PENDBASER_PTZ (1ull << 62)

/* Commands. */
#define CMD_MOVI    0x01u
#define CMD_INT     0x03u
#define CMD_CLEAR   0x04u
#define CMD_SYNC    0x05u
#define CMD_MAPD    0x08u
#define CMD_MAPC    0x09u
#define CMD_MAPTI   0x0au
#define CMD_MAPI    0x0bu
#define CMD_INV     0x0cu
#define CMD_INVALL  0x0du
#define CMD_MOVALL  0x0eu
#define CMD_DISCARD 0x0fu

/* The first word of any command. */
static inline u64 its_word0(u32 code, u32 device)
{
	return (u64)device << 32 | code;
}

#endif
