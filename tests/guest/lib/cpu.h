/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Instructions: system registers, barriers, single-instruction MMIO accesses
 * (each is one plain load or store without write-back, so that a hypervisor
 * gets a valid syndrome), and PSTATE; and what vectors.S makes of an exception.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* Laid down by vectors.S; what it calls: kind 0 synchronous, 1 IRQ, 2 FIQ, 3 SError, +4 not from EL1 with SP_EL1. */
struct frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 esr;
	u64 far;
	u64 pad;
};
void guest_exception(u64 kind, struct frame *f);

#define sysreg_read(name)                                                    \
	({                                                                   \
		u64 val_;                                                    \
		__asm__ volatile("mrs %0, " name : "=r"(val_) : : "memory"); \
		val_;                                                        \
	})

#define sysreg_write(name, val)                                                \
	do {                                                                   \
		u64 new_ = (val);                                              \
		__asm__ volatile("msr " name ", %0" : : "r"(new_) : "memory"); \
	} while (0)

static inline void isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}
static inline void dsb(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}
static inline void dmb(void)
{
	__asm__ volatile("dmb sy" : : : "memory");
}
static inline void wfi(void)
{
	__asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

static inline void irq_mask(void)
{
	__asm__ volatile("msr daifset, #2" : : : "memory");
}
static inline void irq_unmask(void)
{
	__asm__ volatile("msr daifclr, #2\n\tisb" : : : "memory");
}
static inline void fiq_mask(void)
{
	__asm__ volatile("msr daifset, #1" : : : "memory");
}
static inline void fiq_unmask(void)
{
	__asm__ volatile("msr daifclr, #1\n\tisb" : : : "memory");
}
static inline void int_mask(void)
{
	__asm__ volatile("msr daifset, #3" : : : "memory");
}
static inline void int_unmask(void)
{
	__asm__ volatile("msr daifclr, #3\n\tisb" : : : "memory");
}

static inline u8 read8(uintptr_t addr)
{
	u32 val;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(val) : "r"(addr) : "memory");
	return (u8)val;
}

static inline u16 read16(uintptr_t addr)
{
	u32 val;

	__asm__ volatile("ldrh %w0, [%1]" : "=r"(val) : "r"(addr) : "memory");
	return (u16)val;
}

static inline u32 read32(uintptr_t addr)
{
	u32 val;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(val) : "r"(addr) : "memory");
	return val;
}

static inline u64 read64(uintptr_t addr)
{
	u64 val;

	__asm__ volatile("ldr %0, [%1]" : "=r"(val) : "r"(addr) : "memory");
	return val;
}

static inline void write8(uintptr_t addr, u8 val)
{
	__asm__ volatile("strb %w0, [%1]" : : "r"((u32)val), "r"(addr) : "memory");
}

static inline void write16(uintptr_t addr, u16 val)
{
	__asm__ volatile("strh %w0, [%1]" : : "r"((u32)val), "r"(addr) : "memory");
}

static inline void write32(uintptr_t addr, u32 val)
{
	__asm__ volatile("str %w0, [%1]" : : "r"(val), "r"(addr) : "memory");
}

static inline void write64(uintptr_t addr, u64 val)
{
	__asm__ volatile("str %0, [%1]" : : "r"(val), "r"(addr) : "memory");
}

static inline u32 nr_bits(u32 v)
{
	u32 n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}

#endif
