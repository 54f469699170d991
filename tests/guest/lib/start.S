/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Entry of the first CPU and of the others, and the exception vectors.
 * EL1, MMU off: all data is Device memory, so nothing here may be unaligned.
 */

	.equ	FRAME_SIZE, 288		/* struct frame of guest.h, a multiple of 16 */
	.equ	CPU_STACK_TOP, 0	/* offsets in struct cpu */

	.section .text.start, "ax"
	.globl	_start
_start:
	msr	daifset, #0xf
	mov	x19, x0
	adrp	x1, __bss_start
	add	x1, x1, :lo12:__bss_start
	adrp	x2, __bss_end
	add	x2, x2, :lo12:__bss_end
1:	cmp	x1, x2
	b.hs	2f
	stp	xzr, xzr, [x1], #16
	b	1b
2:	adrp	x1, boot_stack_top
	add	x1, x1, :lo12:boot_stack_top
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	isb
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x19
	bl	guest_boot
3:	wfi
	b	3b

	/* PSCI CPU_ON lands here; x0 = struct cpu of this CPU */
	.globl	secondary_entry
secondary_entry:
	msr	daifset, #0xf
	ldr	x1, [x0, #CPU_STACK_TOP]
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	msr	tpidr_el1, x0
	isb
	mov	x29, xzr
	mov	x30, xzr
	bl	secondary_main
4:	wfi
	b	4b

	.macro	vector kind
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp, #0]
	mov	x0, #\kind
	b	exception_common
	.endm

	.section .text.vectors, "ax"
	.balign	2048
vectors:
	/* kinds: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError, +4 when not from EL1 with SP_EL1 */
	vector	4
	vector	5
	vector	6
	vector	7
	vector	0
	vector	1
	vector	2
	vector	3
	vector	4
	vector	5
	vector	6
	vector	7
	vector	4
	vector	5
	vector	6
	vector	7

exception_common:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x30, x2, [sp, #240]
	mrs	x4, esr_el1
	mrs	x5, far_el1
	stp	x3, x4, [sp, #256]
	str	x5, [sp, #272]
	mov	x1, sp
	bl	guest_exception
	ldp	x30, x2, [sp, #240]
	ldr	x3, [sp, #256]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldp	x0, x1, [sp, #0]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	add	sp, sp, #FRAME_SIZE
	eret

	.section .noinit, "aw", @nobits
	.balign	64
	.skip	32768
boot_stack_top:
