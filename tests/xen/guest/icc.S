/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Functions that read and write each encoding where the CPU interface has its
 * registers: S3_{0,4,6}_C12_C{8..15}_{0..7} (ICC_*_EL1; ICH_*_EL2 and
 * ICC_*_EL3, which are undefined at EL1), and ICC_PMR_EL1. 16 bytes each.
 */

	.macro	access name
	mrs	x0, \name
	ret
	msr	\name, x0
	ret
	.endm

	.macro	access_c12 op1, crm, op2
	access	S3_\op1\()_C12_C\crm\()_\op2
	.endm

	.section .text.icc, "ax"
	.balign	16
	.globl	icc_encodings
icc_encodings:
	.irp	op1, 0, 4, 6
	.irp	crm, 8, 9, 10, 11, 12, 13, 14, 15
	.irp	op2, 0, 1, 2, 3, 4, 5, 6, 7
	access_c12 \op1, \crm, \op2
	.endr
	.endr
	.endr
	access	S3_0_C4_C6_0
	.globl	icc_encodings_end
icc_encodings_end:
