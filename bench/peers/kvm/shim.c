/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Stand-ins that are functions: RCU's end of a grace period, the MMIO bus, devices, and what the vgic calls of a GICv4
 * that this host does not have.
 */

/* --- RCU --- */

static struct rcu_head *waiting;

void race_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next = waiting;
	waiting = head;
}

void race_quiesce(void)
{
	while (waiting) {
		struct rcu_head *head = waiting;

		waiting = head->next;
		if ((unsigned long)head->func < 4096) /* kfree_rcu() */
			kfree((char *)head - (unsigned long)head->func);
		else
			head->func(head);
	}
}

/* --- xarray's nodes --- */

struct kmem_cache *radix_tree_node_cachep;

void *race_node_alloc(void)
{
	struct xa_node *node = race_alloc(sizeof(*node));

	INIT_LIST_HEAD(&node->private_list);
	return node;
}

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	kfree(container_of(head, struct xa_node, rcu_head));
}

/* --- the MMIO bus --- */

int kvm_io_bus_register_dev(struct kvm *kvm, enum kvm_bus bus, gpa_t addr, int len, struct kvm_io_device *dev)
{
	int i = kvm->nr_frames;

	race_need(kvm->nr_frames < (int)ARRAY_SIZE(kvm->frames));
	for (; i > 0 && kvm->frames[i - 1].base > addr; i--)
		kvm->frames[i] = kvm->frames[i - 1];
	kvm->frames[i] = (struct race_frame){ .base = addr, .len = len, .dev = dev };
	kvm->nr_frames++;
	return 0;
}

int kvm_io_bus_unregister_dev(struct kvm *kvm, enum kvm_bus bus, struct kvm_io_device *dev)
{
	int i, j = 0;

	for (i = 0; i < kvm->nr_frames; i++)
		if (kvm->frames[i].dev != dev)
			kvm->frames[j++] = kvm->frames[i];
	kvm->nr_frames = j;
	return 0;
}

/* --- devices: that of the ITS has no other name outside of its file --- */

const struct kvm_device_ops *race_its_ops;

int kvm_register_device_ops(const struct kvm_device_ops *ops, u32 type)
{
	if (type == KVM_DEV_TYPE_ARM_VGIC_ITS)
		race_its_ops = ops;
	return 0;
}

void vgic_debug_init(struct kvm *kvm)
{
}
void vgic_debug_destroy(struct kvm *kvm)
{
}
bool gic_cpuif_has_vsgi(void)
{
	return false;
}

/* --- not here --- */

#define NOT_HERE(type, name, args...)                \
	type name(args)                              \
	{                                            \
		race_die(__FILE__, __LINE__, #name); \
	}
NOT_HERE(int, its_alloc_vcpu_irqs, struct its_vm *vm)
NOT_HERE(void, its_free_vcpu_irqs, struct its_vm *vm)
NOT_HERE(int, its_make_vpe_non_resident, struct its_vpe *vpe, bool db)
NOT_HERE(int, its_make_vpe_resident, struct its_vpe *vpe, bool g0en, bool g1en)
NOT_HERE(int, its_commit_vpe, struct its_vpe *vpe)
NOT_HERE(int, its_invall_vpe, struct its_vpe *vpe)
NOT_HERE(int, its_map_vlpi, int irq, struct its_vlpi_map *map)
NOT_HERE(int, its_get_vlpi, int irq, struct its_vlpi_map *map)
NOT_HERE(int, its_unmap_vlpi, int irq)
NOT_HERE(int, its_prop_update_vlpi, int irq, u8 config, bool inv)
NOT_HERE(int, its_prop_update_vsgi, int irq, u8 priority, bool group)
NOT_HERE(int, vgic_v3_has_cpu_sysregs_attr, struct kvm_vcpu *vcpu, struct kvm_device_attr *attr)
NOT_HERE(int, vgic_v3_cpu_sysregs_uaccess, struct kvm_vcpu *vcpu, struct kvm_device_attr *attr, bool is_write)
