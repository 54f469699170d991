/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The header of an arm64 Image, and the entry of the first vCPU and of the
 * others, at EL1 with the MMU off. The vectors are those of tests/guest/lib.
 */

	.section .text.start, "ax"
	.globl	_start
_start:
	b	1f
	.long	0
	.quad	0			/* text_offset */
	.quad	__image_end - _start	/* image_size */
	.quad	0xa			/* flags: 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

1:	msr	daifset, #0xf
	mov	x19, x0
	adrp	x0, _start		/* linked at 0: also the distance to relocate by */
	adrp	x1, __rela_start
	add	x1, x1, :lo12:__rela_start
	adrp	x2, __rela_end
	add	x2, x2, :lo12:__rela_end
2:	cmp	x1, x2
	b.hs	3f
	ldp	x3, x4, [x1], #16	/* r_offset; r_info, always R_AARCH64_RELATIVE */
	ldr	x5, [x1], #8		/* r_addend */
	add	x5, x5, x0
	str	x5, [x0, x3]
	b	2b
3:	adrp	x1, __bss_start
	add	x1, x1, :lo12:__bss_start
	adrp	x2, __bss_end
	add	x2, x2, :lo12:__bss_end
4:	cmp	x1, x2
	b.hs	5f
	stp	xzr, xzr, [x1], #16
	b	4b
5:	adrp	x1, boot_stack_top
	add	x1, x1, :lo12:boot_stack_top
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	isb
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x19
	bl	domain_boot
6:	wfi
	b	6b

	/*
	 * PSCI CPU_ON lands here. x0 is what it was told, but not to be trusted: a vCPU that is switched on while it is
	 * on its way out of CPU_OFF gets the result of that in x0 (Xen marks it as down before it has left).
	 */
	.globl	secondary_entry
secondary_entry:
	mrs	x1, mpidr_el1
	and	x1, x1, #0xf
	adrp	x0, vcpu_by_aff0
	add	x0, x0, :lo12:vcpu_by_aff0
	ldr	x0, [x0, x1, lsl #3]	/* struct vcpu, which begins with the top of its stack */
	msr	daifset, #0xf
	ldr	x1, [x0]
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	msr	tpidr_el1, x0
	isb
	mov	x29, xzr
	mov	x30, xzr
	bl	secondary_main
7:	wfi
	b	7b

	.section .noinit, "aw", @nobits
	.balign	64
	.skip	32768
boot_stack_top:
