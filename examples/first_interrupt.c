/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
#include <libvgic/libvgic.h> /* clang-format off */
#include <stdio.h>
#include <stdlib.h>
/* What the hypervisor lends: memory, locks (one thread needs none), kicks; no other vCPU runs that would have to be halted. */
static void *mem(void *ctx, size_t n) { (void)ctx; return calloc(1, n); }
static void mem_free(void *ctx, void *p, size_t n) { (void)ctx; (void)n; free(p); }
static void *lock_new(void *ctx, enum lvgic_lock_rank r) { (void)r; return ctx; }
static void lock_end(void *ctx, void *l) { (void)ctx; (void)l; }
static uintptr_t lock(void *ctx, void *l) { (void)ctx; (void)l; return 0; }
static void unlock(void *ctx, void *l, uintptr_t f) { (void)ctx; (void)l; (void)f; }
static void kick(void *vctx) { printf("kick %s\n", (const char *)vctx); }
static void stop(void *vctx) { (void)vctx; }
static const struct lvgic_ops ops = { .size = sizeof(ops), .alloc = mem, .free = mem_free, .lock_create = lock_new,
	.lock_destroy = lock_end, .lock = lock, .unlock = unlock, .kick = kick, .halt = stop, .resume = stop };
#define TRY(call) do { if ((call) != LVGIC_OK) { puts("failed: " #call); return 1; } } while (0)
int main(void)
{
	struct lvgic_config cfg = { .size = sizeof(cfg), .nr_vcpus = 1 };
	char name[] = "vCPU 0";
	struct lvgic_vcpu *v;
	struct lvgic *vm;
	uint64_t intid;
	TRY(lvgic_create(&cfg, &ops, name, &vm));
	TRY(lvgic_vcpu_create(vm, 0, 0, name, &v));
	TRY(lvgic_start(vm));
	/* What the guest would do: Group 1 on, SPI 40 in it, edge-triggered and enabled; its CPU interface open. */
	lvgic_dist_write(vm, v, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	lvgic_dist_write(vm, v, GICD_IGROUPR + 4, 4, 1u << 8);
	lvgic_dist_write(vm, v, GICD_ICFGR + 8, 4, 2u << 16);
	lvgic_dist_write(vm, v, GICD_ISENABLER + 4, 4, 1u << 8);
	TRY(lvgic_icc_write(v, ICC_PMR_EL1, 0xf0));
	TRY(lvgic_icc_write(v, ICC_IGRPEN1_EL1, 1));
	TRY(lvgic_inject(vm, NULL, 40, true)); /* a device */
	printf("IRQ line %u\n", lvgic_vcpu_lines(v) & LVGIC_LINE_IRQ);
	TRY(lvgic_icc_read(v, ICC_IAR1_EL1, &intid)); /* the guest's handler */
	printf("took interrupt %u\n", (unsigned int)intid);
	TRY(lvgic_icc_write(v, ICC_EOIR1_EL1, intid));
	lvgic_destroy(vm);
	return intid == 40 ? 0 : 1;
}
