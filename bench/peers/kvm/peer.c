/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * KVM's vgic as a peer of the race, set up as a VMM does it: by device attributes.
 */
#include "vgic.h"

extern const struct kvm_device_ops *race_its_ops;

struct peer {
	struct kvm kvm;
	struct kvm_device gic;
	struct kvm_device *its; /* the device frees it */
};

static void set(struct kvm_device *dev, u32 group, u64 attr, u64 value)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (u64)&value };

	race_need(!dev->ops->set_attr(dev, &a));
}

static void vcpus_create(struct peer *p, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct kvm_vcpu *vcpu = race_alloc(sizeof(*vcpu));

		vcpu->kvm = &p->kvm;
		vcpu->vcpu_id = vcpu->vcpu_idx = i;
		vcpu->mpidr = 1ull << 31 | i / 16 << 8 | i % 16;
		p->kvm.vcpus[i] = vcpu;
		p->kvm.created_vcpus = i + 1;
		race_need(!kvm_vgic_vcpu_init(vcpu));
		atomic_set(&p->kvm.online_vcpus, i + 1);
	}
	/* The index by affinity that 6.12 makes when a vCPU runs first; here affinity bits 0-3 and 8-12 differ. */
	p->kvm.mpidr_mask = nr > 1 ? 0x1f0f : 0;
	for (i = 0; i < nr; i++)
		p->kvm.by_mpidr[i] = i;
}

static struct peer *create(unsigned int nr_vcpus, bool its)
{
	struct peer *p = race_alloc(sizeof(*p));

	kvm_vgic_global_state.type = VGIC_V3;
	kvm_vgic_global_state.nr_lr = RACE_LRS;
	kvm_vgic_global_state.max_gic_vcpus = VGIC_V3_MAX_CPUS;
	kvm_vgic_global_state.ich_vtr_el2 = 4u << ICH_VTR_PRI_BITS_SHIFT | (RACE_LRS - 1);
	INIT_LIST_HEAD(&p->kvm.devices);
	p->kvm.max_vcpus = RACE_MAX_VCPUS;
	kvm_vgic_early_init(&p->kvm);
	vcpus_create(p, nr_vcpus);

	p->gic = (struct kvm_device){ .ops = &kvm_arm_vgic_v3_ops, .kvm = &p->kvm };
	race_need(!p->gic.ops->create(&p->gic, KVM_DEV_TYPE_ARM_VGIC_V3));
	set(&p->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, RACE_GICD);
	set(&p->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION,
	    RACE_GICR | (u64)nr_vcpus << KVM_VGIC_V3_RDIST_COUNT_SHIFT);
	set(&p->gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, 992);
	if (its) {
		kvm_vgic_register_its_device();
		p->its = race_alloc(sizeof(*p->its));
		*p->its = (struct kvm_device){ .ops = race_its_ops, .kvm = &p->kvm };
		list_add(&p->its->vm_node, &p->kvm.devices);
		race_need(!p->its->ops->create(p->its, KVM_DEV_TYPE_ARM_VGIC_ITS));
		set(p->its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, RACE_GITS);
		set(p->its, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0);
	}
	set(&p->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0);
	race_need(!kvm_vgic_map_resources(&p->kvm));
	return p;
}

static void destroy(struct peer *p)
{
	int i, nr = atomic_read(&p->kvm.online_vcpus);

	kvm_vgic_destroy(&p->kvm);
	if (p->its)
		p->its->ops->destroy(p->its);
	race_quiesce();
	for (i = 0; i < nr; i++)
		race_free(p->kvm.vcpus[i]);
	race_free(p);
}

static inline void inject(struct peer *p, unsigned int intid)
{
#if RACE_KVM_VERSION >= 612
	race_need(!kvm_vgic_inject_irq(&p->kvm, NULL, intid, true, NULL));
#else
	race_need(!kvm_vgic_inject_irq(&p->kvm, 0, intid, true, NULL));
#endif
}

static inline void msi(struct peer *p, unsigned int device, unsigned int event)
{
	struct kvm_msi message = {
		.address_lo = RACE_GITS + 0x10040, .data = event, .flags = KVM_MSI_VALID_DEVID, .devid = device
	};

	race_need(vgic_its_inject_msi(&p->kvm, &message) == 1);
}

static inline void sgi(struct peer *p, unsigned int vcpu, race_u64 value)
{
	vgic_v3_dispatch_sgi(p->kvm.vcpus[vcpu], value, true);
}

static inline void flush(struct peer *p, unsigned int vcpu)
{
	kvm_vgic_flush_hwstate(p->kvm.vcpus[vcpu]);
}

static inline void sync(struct peer *p, unsigned int vcpu)
{
	kvm_vgic_sync_hwstate(p->kvm.vcpus[vcpu]);
}

static inline race_u64 *lrs(struct peer *p, unsigned int vcpu)
{
	return p->kvm.vcpus[vcpu]->arch.vgic_cpu.vgic_v3.vgic_lr;
}

/* As KVM's MMIO abort does it, from the bus on. */
static inline race_u64 load(struct peer *p, unsigned int vcpu, race_u64 gpa, unsigned int size)
{
	struct kvm_io_device *dev = kvm_io_bus_get_dev(&p->kvm, KVM_MMIO_BUS, gpa);
	race_u64 value = 0;

	race_need(dev && !kvm_iodevice_read(p->kvm.vcpus[vcpu], dev, gpa, (int)size, &value));
	return value;
}

static inline void store(struct peer *p, unsigned int vcpu, race_u64 gpa, unsigned int size, race_u64 value)
{
	struct kvm_io_device *dev = kvm_io_bus_get_dev(&p->kvm, KVM_MMIO_BUS, gpa);

	race_need(dev && !kvm_iodevice_write(p->kvm.vcpus[vcpu], dev, gpa, (int)size, &value));
}

static inline void settle(struct peer *p)
{
}

static unsigned long pool_bytes(void)
{
	return 0;
}

/* What a struct kvm_vcpu of this harness has beside the vgic's part. */
#define VCPU_OVERHEAD (sizeof(struct kvm_vcpu) - sizeof(struct vgic_cpu))

#include "../work.h"

#define NAME_(n) race_peer_kvm_##n
#define NAME(n)  NAME_(n)
const struct race_peer NAME(RACE_KVM_VERSION) = { RACE_KVM_VERSION >= 612 ? "KVM 6.12" : "KVM 6.1", works, NR_WORKS,
	                                          RACE_KVM_VERSION < 612 };
