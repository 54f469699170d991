/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Stand-ins, second half: struct kvm and struct kvm_vcpu with the members that the vgic uses, guest memory, the MMIO
 * bus, requests and kicks, and the parts of the interrupt subsystem that it names but that nothing here calls. The host
 * is an nVHE one with GICv3: list registers stay in memory between flush and sync, and no function of the vgic touches
 * hardware.
 */
#ifndef RACE_KVM_HOST_H
#define RACE_KVM_HOST_H

#include "kernel.h"

/* --- what only declarations and code that does not run need --- */

struct user_pt_regs {
	u64 regs[31], sp, pc, pstate;
};
struct user_fpsimd_state {
	u64 unused;
};
struct resource {
	phys_addr_t start, end;
};
struct irq_domain;
struct fwnode_handle;
struct page;
struct seq_file;
struct dentry;
struct irq_data {
	unsigned long hwirq;
	struct irq_data *parent_data;
	struct irq_domain *domain;
};
struct irq_desc {
	struct irq_data irq_data;
	struct mutex request_mutex;
	raw_spinlock_t lock;
};
typedef enum {
	IRQ_HANDLED
} irqreturn_t;
enum irqchip_irq_state {
	IRQCHIP_STATE_PENDING,
	IRQCHIP_STATE_ACTIVE,
	IRQCHIP_STATE_LINE_LEVEL
};
enum {
	IRQ_NOAUTOEN = 1,
	IRQ_DISABLE_UNLAZY = 2,
	IRQ_NO_BALANCING = 4,
	CPUHP_AP_KVM_ARM_VGIC_INIT_STARTING
};
enum {
	KVM_MODE_DEFAULT,
	KVM_MODE_PROTECTED,
	KVM_MODE_NONE
};
enum {
	ARM64_WORKAROUND_CAVIUM_30115,
	ARM64_SPECTRE_V2
};

/* The host's hardware: called by code that does not run here. */
#define RACE_NOT_HERE(type, value)                            \
	({                                                    \
		race_die(__FILE__, __LINE__, "not modelled"); \
		(type)(value);                                \
	})
#define irq_to_desc(irq)                     RACE_NOT_HERE(struct irq_desc *, NULL)
#define irq_desc_get_irq_data(d)             (&(d)->irq_data)
#define irq_set_irqchip_state(i, w, v)       RACE_NOT_HERE(int, 0)
#define irq_get_irqchip_state(i, w, v)       ((void)(v), RACE_NOT_HERE(int, 0))
#define irq_find_mapping(d, h)               RACE_NOT_HERE(int, 0)
#define irq_domain_activate_irq(d, e)        RACE_NOT_HERE(int, 0)
#define irq_domain_deactivate_irq(d)         RACE_NOT_HERE(void, 0)
#define irq_set_affinity(i, m)               RACE_NOT_HERE(int, 0)
#define irq_set_status_flags(i, f)           RACE_NOT_HERE(void, 0)
#define irq_clear_status_flags(i, f)         RACE_NOT_HERE(void, 0)
#define request_irq(i, h, f, n, d)           RACE_NOT_HERE(int, (long)(h))
#define request_percpu_irq(i, h, n, d)       RACE_NOT_HERE(int, (long)(h))
#define free_irq(i, d)                       RACE_NOT_HERE(void, 0)
#define free_percpu_irq(i, d)                RACE_NOT_HERE(void, 0)
#define enable_percpu_irq(i, f)              RACE_NOT_HERE(void, 0)
#define disable_percpu_irq(i)                RACE_NOT_HERE(void, 0)
#define enable_irq(i)                        RACE_NOT_HERE(void, 0)
#define disable_irq_nosync(i)                RACE_NOT_HERE(void, 0)
#define cpuhp_setup_state(s, n, u, d)        RACE_NOT_HERE(int, (long)(u) + (long)(d))
#define readl_relaxed(a)                     RACE_NOT_HERE(u32, 0)
#define writel_relaxed(v, a)                 RACE_NOT_HERE(void, v)
#define page_address(p)                      RACE_NOT_HERE(void *, 0)
#define resource_size(r)                     ((r)->end - (r)->start + 1)
#define create_hyp_io_mappings(a, s, k, h)   RACE_NOT_HERE(int, 0)
#define iounmap(a)                           RACE_NOT_HERE(void, 0)
#define kvm_phys_addr_ioremap(k, g, p, s, w) RACE_NOT_HERE(int, 0)
#define kvm_call_hyp(f, args...)             RACE_NOT_HERE(void, 0)
#define kvm_call_hyp_ret(f, args...)         RACE_NOT_HERE(u64, 0)
#define cpus_have_const_cap(c)               false
#define cpus_have_final_cap(c)               false
#define is_midr_in_range_list(m, l)          false
#define is_protected_kvm_enabled()           false
#define kvm_get_mode()                       KVM_MODE_DEFAULT
#define has_vhe()                            false
#define read_cpuid_id()                      0
#define kvm_has_feat(k, r, f, v)             true
#define cpumask_of(c)                        NULL
#define smp_processor_id()                   0
struct midr_range {
	u32 model;
};
#define MIDR_ALL_VERSIONS(m) \
	{                    \
		.model = (m) \
	}
enum {
	MIDR_APPLE_M1_ICESTORM,
	MIDR_APPLE_M1_FIRESTORM,
	MIDR_APPLE_M1_ICESTORM_PRO,
	MIDR_APPLE_M1_FIRESTORM_PRO,
	MIDR_APPLE_M1_ICESTORM_MAX,
	MIDR_APPLE_M1_FIRESTORM_MAX,
	MIDR_APPLE_M2_BLIZZARD,
	MIDR_APPLE_M2_AVALANCHE,
	MIDR_APPLE_M2_BLIZZARD_PRO,
	MIDR_APPLE_M2_AVALANCHE_PRO,
	MIDR_APPLE_M2_BLIZZARD_MAX,
	MIDR_APPLE_M2_AVALANCHE_MAX
};

/* --- the virtual CPU interface, IHI 0069 12.4 and 12.5 --- */

#define ICH_LR_VIRTUAL_ID_MASK 0xffffffffull
#define ICH_LR_PHYS_ID_SHIFT   32
#define ICH_LR_EOI             (1ull << 41)
#define ICH_LR_PRIORITY_SHIFT  48
#define ICH_LR_GROUP           (1ull << 60)
#define ICH_LR_HW              (1ull << 61)
#define ICH_LR_PENDING_BIT     (1ull << 62)
#define ICH_LR_ACTIVE_BIT      (1ull << 63)
#define ICH_LR_STATE           (3ull << 62)

enum {
	ICH_HCR_EN = 1,
	ICH_HCR_UIE = 2,
	ICH_HCR_TC = 1 << 10,
	ICH_HCR_TALL0 = 1 << 11,
	ICH_HCR_TALL1 = 1 << 12,
	ICH_HCR_TDIR = 1 << 14
};

#define RACE_VMCR(name, shift, bits) \
	ICH_VMCR_##name##_SHIFT = (shift), ICH_VMCR_##name##_MASK = ((1 << (bits)) - 1) << (shift)
enum {
	RACE_VMCR(ENG0, 0, 1),
	RACE_VMCR(ENG1, 1, 1),
	RACE_VMCR(ACK_CTL, 2, 1),
	RACE_VMCR(FIQ_EN, 3, 1),
	RACE_VMCR(CBPR, 4, 1),
	RACE_VMCR(EOIM, 9, 1),
	RACE_VMCR(BPR1, 18, 3),
	RACE_VMCR(BPR0, 21, 3)
};
#define ICH_VMCR_PMR_SHIFT 24
#define ICH_VMCR_PMR_MASK  0xff000000u

enum {
	ICC_SRE_EL1_SRE = 1,
	ICC_SRE_EL1_DFB = 2,
	ICC_SRE_EL1_DIB = 4
};
#define ICH_VTR_PRI_BITS_SHIFT 29
#define ICH_VTR_PRI_BITS_MASK  (7u << 29)
#define ICH_VTR_ID_BITS_SHIFT  23
#define ICH_VTR_ID_BITS_MASK   (7u << 23)
#define ICH_VTR_SEIS_MASK      (1u << 22)
#define ICH_VTR_TDS_MASK       (1u << 19)

/* --- affinities: the guest's MPIDR_EL1 --- */

#define add_taint(t, l) ((void)0)

#define MPIDR_HWID_BITMASK                 0xff00ffffffull
#define MPIDR_LEVEL_BITS_SHIFT             3
#define MPIDR_LEVEL_MASK                   0xff
#define MPIDR_LEVEL_SHIFT(level)           (((1 << (level)) >> 1) << MPIDR_LEVEL_BITS_SHIFT)
#define MPIDR_AFFINITY_LEVEL(mpidr, level) (((mpidr) >> MPIDR_LEVEL_SHIFT(level)) & MPIDR_LEVEL_MASK)

/* --- KVM --- */

#define KVM_STATS_NAME_SIZE 48
struct kvm;
struct kvm_vcpu;
#include <linux/kvm.h>
#include <linux/xarray.h>
#include <linux/list_sort.h>
#include <kvm/arm_vgic.h>

#define RACE_MAX_VCPUS 512
enum kvm_bus {
	KVM_MMIO_BUS
};
enum {
	KVM_REQ_IRQ_PENDING,
	KVM_REQ_RELOAD_GICv4
};

struct kvm_device;
struct kvm_device_ops {
	const char *name;
	int (*create)(struct kvm_device *dev, u32 type);
	void (*init)(struct kvm_device *dev);
	void (*destroy)(struct kvm_device *dev);
	void (*release)(struct kvm_device *dev);
	int (*set_attr)(struct kvm_device *dev, struct kvm_device_attr *attr);
	int (*get_attr)(struct kvm_device *dev, struct kvm_device_attr *attr);
	int (*has_attr)(struct kvm_device *dev, struct kvm_device_attr *attr);
};
struct kvm_device {
	const struct kvm_device_ops *ops;
	struct kvm *kvm;
	void *private;
	struct list_head vm_node;
};

struct kvm_vcpu_arch {
	struct vgic_cpu vgic_cpu;
	struct {
		int unused;
	} hw_mmu;
	bool pause;
};
struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_id, vcpu_idx;
	struct mutex mutex;
	u64 mpidr;
	bool preempted;
	struct kvm_vcpu_arch arch;
};

struct kvm_s2_mmu {
	int unused;
};
struct kvm {
	struct mutex lock, slots_lock;
	struct srcu_struct srcu, irq_srcu;
	atomic_t online_vcpus;
	int created_vcpus, max_vcpus;
	struct list_head devices;
	struct {
		struct vgic_dist vgic;
		struct mutex config_lock;
		struct kvm_s2_mmu mmu;
	} arch;
	struct kvm_vcpu *vcpus[RACE_MAX_VCPUS];
	/* Frames by address, in order. */
	struct race_frame {
		gpa_t base;
		int len;
		struct kvm_io_device *dev;
	} frames[RACE_MAX_VCPUS + 2];
	int nr_frames;
	/* vCPUs by the bits of the affinity that differ (6.12 keeps such an index; 6.1 searches). */
	u64 mpidr_mask;
	u16 by_mpidr[RACE_MAX_VCPUS];
};

struct kvm_kernel_irq_routing_entry {
	u32 gsi, type;
	int (*set)(struct kvm_kernel_irq_routing_entry *e, struct kvm *kvm, int source, int level, bool line_status);
	union {
		struct {
			unsigned int irqchip, pin;
		} irqchip;
		struct {
			u32 address_lo, address_hi, data, flags, devid;
		} msi;
	};
};
#define KVM_NR_IRQCHIPS 1

int kvm_register_device_ops(const struct kvm_device_ops *ops, u32 type);
#define kvm_unregister_device_ops(type) ((void)(type))
extern struct kvm_device_ops kvm_arm_vgic_v2_ops, kvm_arm_vgic_v3_ops;
int kvm_set_routing_entry(struct kvm *kvm, struct kvm_kernel_irq_routing_entry *e,
                          const struct kvm_irq_routing_entry *ue);
int kvm_set_msi(struct kvm_kernel_irq_routing_entry *e, struct kvm *kvm, int source, int level, bool line_status);
int kvm_arch_set_irq_inatomic(struct kvm_kernel_irq_routing_entry *e, struct kvm *kvm, int source, int level,
                              bool line_status);
#define kvm_set_irq_routing(k, e, n, f) 0
#define kvm_notify_acked_irq(k, c, p)   ((void)(c))

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	return i >= 0 && i < atomic_read(&kvm->online_vcpus) ? kvm->vcpus[i] : NULL;
}
static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	return kvm_get_vcpu(kvm, id);
}
#define kvm_for_each_vcpu(i, v, kvm) \
	for ((i) = 0; (i) < (unsigned long)atomic_read(&(kvm)->online_vcpus) && ((v) = (kvm)->vcpus[i], true); (i)++)

static inline unsigned long kvm_vcpu_get_mpidr_aff(const struct kvm_vcpu *vcpu)
{
	return vcpu->mpidr & MPIDR_HWID_BITMASK;
}
static inline struct kvm_vcpu *kvm_mpidr_to_vcpu(struct kvm *kvm, unsigned long mpidr)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	mpidr &= MPIDR_HWID_BITMASK;
#if RACE_KVM_VERSION >= 612
	unsigned long mask = kvm->mpidr_mask, index = 0;

	for (i = 0; mask; mask &= mask - 1, i++)
		index |= (mpidr >> __ffs(mask) & 1) << i;
	vcpu = kvm_get_vcpu(kvm, kvm->by_mpidr[index]);
	if (vcpu && mpidr == kvm_vcpu_get_mpidr_aff(vcpu))
		return vcpu;
#endif
	kvm_for_each_vcpu(i, vcpu, kvm) if (mpidr == kvm_vcpu_get_mpidr_aff(vcpu)) return vcpu;
	return NULL;
}

/* Requests and kicks cost nothing but the count: what wakes a vCPU is the same for every virtual GIC. */
#define kvm_make_request(r, v)          ((void)(r), (void)(v))
#define kvm_vcpu_kick(v)                ((void)(v), race_kick())
#define kvm_make_all_cpus_request(k, r) ((void)(k), true)
#define kvm_arm_halt_guest(k)           ((void)(k), race_kick())
#define kvm_arm_resume_guest(k)         ((void)(k))
#define kvm_get_running_vcpu()          ((struct kvm_vcpu *)NULL)
#define kvm_get_running_vcpus()         NULL
#define vcpu_has_run_once(v)            false
#define vcpu_get_flag(v, f)             false
#if RACE_KVM_VERSION >= 612
#define lock_all_vcpus(k)   ((void)(k), true)
#define unlock_all_vcpus(k) ((void)(k))
#endif
#define kvm_vm_dead(k) race_die(__FILE__, __LINE__, "the VM is dead")

/* Guest memory. */
#define kvm_is_visible_gfn(k, gfn) race_visible((gfn) << PAGE_SHIFT)
static inline bool race_visible(gpa_t gpa)
{
	return gpa - RACE_RAM < RACE_RAM_SIZE;
}
static inline int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *buf, unsigned long len)
{
	return race_ram_read(gpa, buf, len) ? 0 : -EFAULT;
}
static inline int kvm_write_guest(struct kvm *kvm, gpa_t gpa, const void *buf, unsigned long len)
{
	return race_ram_write(gpa, buf, len) ? 0 : -EFAULT;
}
#define kvm_read_guest_lock  kvm_read_guest
#define kvm_write_guest_lock kvm_write_guest
#define kvm_phys_mask(m)     ((1ull << 48) - 1)
#define kvm_phys_size(m)     (1ull << 48)

/* User memory is the process's own. */
#define get_user(v, p)          ((v) = *(p), 0)
#define put_user(v, p)          (*(p) = (v), 0)
#define copy_from_user(t, f, n) (memcpy(t, f, n), 0)
#define copy_to_user(t, f, n)   (memcpy(t, f, n), 0)

/* The MMIO bus: a binary search, as in KVM. */
static inline struct kvm_io_device *kvm_io_bus_get_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr)
{
	int lo = 0, hi = kvm->nr_frames, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (addr < kvm->frames[mid].base)
			hi = mid;
		else if (addr >= kvm->frames[mid].base + (gpa_t)kvm->frames[mid].len)
			lo = mid + 1;
		else
			return kvm->frames[mid].dev;
	}
	return NULL;
}
int kvm_io_bus_register_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr, int len, struct kvm_io_device *dev);
int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus, struct kvm_io_device *dev);

static inline void *bsearch(const void *key, const void *base, size_t n, size_t size,
                            int (*cmp)(const void *key, const void *elt))
{
	const char *p = base;
	int result;

	for (; n; n >>= 1) {
		const char *pivot = p + (n >> 1) * size;

		result = cmp(key, pivot);
		if (!result)
			return (void *)pivot;
		if (result > 0) {
			p = pivot + size;
			n--;
		}
	}
	return NULL;
}

static inline void kvm_mmio_write_buf(void *buf, unsigned int len, unsigned long data)
{
	memcpy(buf, &data, len);
}
static inline unsigned long kvm_mmio_read_buf(const void *buf, unsigned int len)
{
	u64 data = 0;

	memcpy(&data, buf, len);
	return data;
}

/* What other files of KVM have: debugfs, the world switch, system registers from user space. */
struct sys_reg_params;
struct sys_reg_desc;
int vgic_v3_has_cpu_sysregs_attr(struct kvm_vcpu *vcpu, struct kvm_device_attr *attr);
int vgic_v3_cpu_sysregs_uaccess(struct kvm_vcpu *vcpu, struct kvm_device_attr *attr, bool is_write);

#endif
