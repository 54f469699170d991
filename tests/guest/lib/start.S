/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Entry of the first CPU and of the others.
 * EL1, MMU off: all data is Device memory, so nothing here may be unaligned.
 */

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

	.section .noinit, "aw", @nobits
	.balign	64
	.skip	32768
boot_stack_top:
