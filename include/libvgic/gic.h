/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * gic.h - register offsets, fields and system register encodings, named as in Arm IHI 0069 (GICv3 and GICv4).
 */
#ifndef LIBVGIC_GIC_H
#define LIBVGIC_GIC_H

#include <libvgic/run.h>

/* Special INTIDs (IHI 0069, 2.2.1). */
#define GIC_INTID_SPURIOUS 1023u

/* Distributor, IHI 0069 12.8. */
#define GICD_CTLR       0x0000u
#define GICD_TYPER      0x0004u
#define GICD_IIDR       0x0008u
#define GICD_TYPER2     0x000cu
#define GICD_STATUSR    0x0010u
#define GICD_SETSPI_NSR 0x0040u
#define GICD_CLRSPI_NSR 0x0048u
#define GICD_SETSPI_SR  0x0050u
#define GICD_CLRSPI_SR  0x0058u
#define GICD_IGROUPR    0x0080u
#define GICD_ISENABLER  0x0100u
#define GICD_ICENABLER  0x0180u
#define GICD_ISPENDR    0x0200u
#define GICD_ICPENDR    0x0280u
#define GICD_ISACTIVER  0x0300u
#define GICD_ICACTIVER  0x0380u
#define GICD_IPRIORITYR 0x0400u
#define GICD_ITARGETSR  0x0800u
#define GICD_ICFGR      0x0c00u
#define GICD_IGRPMODR   0x0d00u
#define GICD_NSACR      0x0e00u
#define GICD_SGIR       0x0f00u
#define GICD_CPENDSGIR  0x0f10u
#define GICD_SPENDSGIR  0x0f20u
#define GICD_INMIR      0x0f80u
#define GICD_IROUTER    0x6000u
#define GIC_IDREGS      0xffd0u
#define GIC_PIDR2       0xffe8u

#define GICD_CTLR_EnableGrp0 0x00000001u
#define GICD_CTLR_EnableGrp1 0x00000002u
#define GICD_CTLR_ARE        0x00000010u
#define GICD_CTLR_DS         0x00000040u
#define GICD_CTLR_E1NWF      0x00000080u
#define GICD_CTLR_nASSGIreq  0x00000100u
#define GICD_CTLR_RWP        0x80000000u

#define GICD_TYPER2_nASSGIcap 0x00000100u

#define GICD_TYPER_ITLinesNumber_MASK 0x1fu
#define GICD_TYPER_LPIS               0x00020000u
#define GICD_TYPER_IDbits_SHIFT       19
#define GICD_TYPER_A3V                0x01000000u
#define GICD_TYPER_No1N               0x02000000u
#define GICD_TYPER_RSS                0x04000000u

#define GIC_STATUSR_RRD  0x1u /* read of a reserved location */
#define GIC_STATUSR_WRD  0x2u /* write of a reserved location */
#define GIC_STATUSR_RWOD 0x4u /* read of a write-only location */
#define GIC_STATUSR_WROD 0x8u /* write of a read-only location */

#define GICD_IROUTER_IRM 0x80000000u /* Interrupt_Routing_Mode, in the low word */

/* Redistributor, IHI 0069 12.10: RD_base, then SGI_base 64 KiB above. */
#define GICR_CTLR      0x0000u
#define GICR_IIDR      0x0004u
#define GICR_TYPER     0x0008u
#define GICR_STATUSR   0x0010u
#define GICR_WAKER     0x0014u
#define GICR_MPAMIDR   0x0018u
#define GICR_PARTIDR   0x001cu
#define GICR_SETLPIR   0x0040u
#define GICR_CLRLPIR   0x0048u
#define GICR_PROPBASER 0x0070u
#define GICR_PENDBASER 0x0078u
#define GICR_INVLPIR   0x00a0u
#define GICR_INVALLR   0x00b0u
#define GICR_SYNCR     0x00c0u
#define GICR_SGI_BASE  0x10000u

#define GICR_CTLR_EnableLPIs 0x00000001u
#define GICR_CTLR_CES        0x00000002u
#define GICR_CTLR_IR         0x00000004u
#define GICR_CTLR_RWP        0x00000008u

#define GICR_CTLR_DPG0   0x01000000u
#define GICR_CTLR_DPG1NS 0x02000000u
#define GICR_CTLR_DPG1S  0x04000000u

#define GICR_TYPER_PLPIS 0x01u
#define GICR_TYPER_Last  0x10u
#define GICR_TYPER_DPGS  0x20u

#define GICR_PROPBASER_IDbits_MASK 0x1full
#define GICR_PROPBASER_ADDR_MASK   0x000ffffffffff000ull
#define GICR_PENDBASER_ADDR_MASK   0x000fffffffff0000ull
#define GICR_PENDBASER_PTZ         (1ull << 62)
#define GICR_SYNCR_Busy            0x1u

#define GICR_WAKER_ProcessorSleep 0x2u
#define GICR_WAKER_ChildrenAsleep 0x4u

/* ITS, IHI 0069 12.18: the control frame, then 64 KiB above the translation frame. */
#define GITS_CTLR       0x0000u
#define GITS_IIDR       0x0004u
#define GITS_TYPER      0x0008u
#define GITS_MPAMIDR    0x0010u
#define GITS_PARTIDR    0x0014u
#define GITS_MPIDR      0x0018u
#define GITS_STATUSR    0x0040u
#define GITS_UMSIR      0x0048u
#define GITS_CBASER     0x0080u
#define GITS_CWRITER    0x0088u
#define GITS_CREADR     0x0090u
#define GITS_BASER      0x0100u
#define GITS_TRANSLATER 0x10040u

#define GITS_CTLR_Enabled   0x00000001u
#define GITS_CTLR_Quiescent 0x80000000u

#define GITS_TYPER_Physical             0x1u
#define GITS_TYPER_ITT_entry_size_SHIFT 4
#define GITS_TYPER_ID_bits_SHIFT        8
#define GITS_TYPER_Devbits_SHIFT        13
#define GITS_TYPER_PTA                  (1ull << 19)
#define GITS_TYPER_HCC_SHIFT            24
#define GITS_TYPER_CIDbits_SHIFT        32
#define GITS_TYPER_CIL                  (1ull << 36)

#define GITS_CBASER_Valid     (1ull << 63)
#define GITS_CBASER_ADDR_MASK 0x000ffffffffff000ull
#define GITS_CBASER_SIZE_MASK 0xffull
#define GITS_CWRITER_Retry    0x1u
#define GITS_CREADR_Stalled   0x1u
#define GITS_CQ_OFFSET_MASK   0xfffe0ull /* of GITS_CWRITER and GITS_CREADR */

#define GITS_BASER_Valid            (1ull << 63)
#define GITS_BASER_Indirect         (1ull << 62)
#define GITS_BASER_Type_SHIFT       56
#define GITS_BASER_Entry_Size_SHIFT 48
#define GITS_BASER_Page_Size_SHIFT  8
#define GITS_BASER_SIZE_MASK        0xffull
#define GITS_BASER_TYPE_DEVICE      1u
#define GITS_BASER_TYPE_COLLECTION  4u

/* Commands, IHI 0069 5.3. */
#define GITS_CMD_MOVI    0x01u
#define GITS_CMD_INT     0x03u
#define GITS_CMD_CLEAR   0x04u
#define GITS_CMD_SYNC    0x05u
#define GITS_CMD_MAPD    0x08u
#define GITS_CMD_MAPC    0x09u
#define GITS_CMD_MAPTI   0x0au
#define GITS_CMD_MAPI    0x0bu
#define GITS_CMD_INV     0x0cu
#define GITS_CMD_INVALL  0x0du
#define GITS_CMD_MOVALL  0x0eu
#define GITS_CMD_DISCARD 0x0fu

/* CPU interface system registers, IHI 0069 12.2. */
#define ICC_PMR_EL1     LVGIC_SYSREG(3, 0, 4, 6, 0)
#define ICC_IAR0_EL1    LVGIC_SYSREG(3, 0, 12, 8, 0)
#define ICC_EOIR0_EL1   LVGIC_SYSREG(3, 0, 12, 8, 1)
#define ICC_HPPIR0_EL1  LVGIC_SYSREG(3, 0, 12, 8, 2)
#define ICC_BPR0_EL1    LVGIC_SYSREG(3, 0, 12, 8, 3)
#define ICC_AP0R0_EL1   LVGIC_SYSREG(3, 0, 12, 8, 4)
#define ICC_AP0R1_EL1   LVGIC_SYSREG(3, 0, 12, 8, 5)
#define ICC_AP0R2_EL1   LVGIC_SYSREG(3, 0, 12, 8, 6)
#define ICC_AP0R3_EL1   LVGIC_SYSREG(3, 0, 12, 8, 7)
#define ICC_AP1R0_EL1   LVGIC_SYSREG(3, 0, 12, 9, 0)
#define ICC_AP1R1_EL1   LVGIC_SYSREG(3, 0, 12, 9, 1)
#define ICC_AP1R2_EL1   LVGIC_SYSREG(3, 0, 12, 9, 2)
#define ICC_AP1R3_EL1   LVGIC_SYSREG(3, 0, 12, 9, 3)
#define ICC_NMIAR1_EL1  LVGIC_SYSREG(3, 0, 12, 9, 5)
#define ICC_DIR_EL1     LVGIC_SYSREG(3, 0, 12, 11, 1)
#define ICC_RPR_EL1     LVGIC_SYSREG(3, 0, 12, 11, 3)
#define ICC_SGI1R_EL1   LVGIC_SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R_EL1  LVGIC_SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1   LVGIC_SYSREG(3, 0, 12, 11, 7)
#define ICC_IAR1_EL1    LVGIC_SYSREG(3, 0, 12, 12, 0)
#define ICC_EOIR1_EL1   LVGIC_SYSREG(3, 0, 12, 12, 1)
#define ICC_HPPIR1_EL1  LVGIC_SYSREG(3, 0, 12, 12, 2)
#define ICC_BPR1_EL1    LVGIC_SYSREG(3, 0, 12, 12, 3)
#define ICC_CTLR_EL1    LVGIC_SYSREG(3, 0, 12, 12, 4)
#define ICC_SRE_EL1     LVGIC_SYSREG(3, 0, 12, 12, 5)
#define ICC_IGRPEN0_EL1 LVGIC_SYSREG(3, 0, 12, 12, 6)
#define ICC_IGRPEN1_EL1 LVGIC_SYSREG(3, 0, 12, 12, 7)

/* ICC_CTLR_EL1 */
#define ICC_CTLR_CBPR          0x00000001u
#define ICC_CTLR_EOImode       0x00000002u
#define ICC_CTLR_PRIbits_SHIFT 8
#define ICC_CTLR_IDbits_SHIFT  11
#define ICC_CTLR_A3V           0x00008000u
#define ICC_CTLR_RSS           0x00040000u

/* ICC_SGI<n>R_EL1 */
#define ICC_SGIR_TargetList_MASK 0xffffu
#define ICC_SGIR_Aff1_SHIFT      16
#define ICC_SGIR_INTID_SHIFT     24
#define ICC_SGIR_Aff2_SHIFT      32
#define ICC_SGIR_IRM             (1ull << 40)
#define ICC_SGIR_RS_SHIFT        44
#define ICC_SGIR_Aff3_SHIFT      48

/* Virtual interface control registers, IHI 0069 12.4. */
#define ICH_LR_VINTID_MASK    0xffffffffull
#define ICH_LR_PINTID_SHIFT   32
#define ICH_LR_EOI            (1ull << 41)
#define ICH_LR_PRIORITY_SHIFT 48
#define ICH_LR_GROUP1         (1ull << 60)
#define ICH_LR_HW             (1ull << 61)
#define ICH_LR_PENDING        (1ull << 62)
#define ICH_LR_ACTIVE         (1ull << 63)
#define ICH_LR_STATE_SHIFT    62

#define ICH_HCR_En             0x00000001u
#define ICH_HCR_UIE            0x00000002u
#define ICH_HCR_LRENPIE        0x00000004u
#define ICH_HCR_NPIE           0x00000008u
#define ICH_HCR_VGrp0EIE       0x00000010u
#define ICH_HCR_VGrp0DIE       0x00000020u
#define ICH_HCR_VGrp1EIE       0x00000040u
#define ICH_HCR_VGrp1DIE       0x00000080u
#define ICH_HCR_vSGIEOICount   0x00000100u
#define ICH_HCR_TC             0x00000400u
#define ICH_HCR_TDIR           0x00004000u
#define ICH_HCR_EOIcount_SHIFT 27
#define ICH_HCR_EOIcount_MASK  0xf8000000u

#define ICH_VMCR_VENG0       0x00000001u
#define ICH_VMCR_VENG1       0x00000002u
#define ICH_VMCR_VAckCtl     0x00000004u
#define ICH_VMCR_VFIQEn      0x00000008u
#define ICH_VMCR_VCBPR       0x00000010u
#define ICH_VMCR_VEOIM       0x00000200u
#define ICH_VMCR_VBPR1_SHIFT 18
#define ICH_VMCR_VBPR0_SHIFT 21
#define ICH_VMCR_VPMR_SHIFT  24

#endif
