/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the life of a domain's GIC and of its vCPUs; the vIRQs that Xen gives out; injection.
 * Locks: none; the domain is being built, or dying.
 *
 * domain_vgic_register() says how many MMIO handlers there will be, domain_vgic_init() makes the GIC, vcpu_vgic_init()
 * is called for each vCPU in the order of their ids; the last one starts it.
 */
#include "vgic.h"

#include <xen/irq.h>

#include <asm/gic_v3_defs.h>
#include <asm/gic_v3_its.h>
#include <asm/new_vgic.h>

#include "compat.h"
#include "ops.h"

unsigned int vgic_max_vcpus(unsigned int domctl_vgic_version)
{
	return domctl_vgic_version == XEN_DOMCTL_CONFIG_GIC_V3 ? MAX_VIRT_CPUS : 0;
}

/* Where the host has its GICv3. */
static struct {
	paddr_t dbase;
	unsigned int nr_regions; /* 0: it has none */
	const struct rdist_region *regions;
} host;

void vgic_v3_setup_hw(paddr_t dbase, unsigned int nr_rdist_regions, const struct rdist_region *regions,
                      unsigned int intid_bits)
{
	host.dbase = dbase;
	host.nr_regions = nr_rdist_regions;
	host.regions = regions;
}

/* Guests get no GICv2. */
void vgic_v2_setup_hw(paddr_t dbase, paddr_t cbase, paddr_t csize, paddr_t vbase, uint32_t aliased_offset)
{
}

/* Where the frames are: the hardware domain has them where the host has, others where Xen's public headers say. */
static int place_frames(struct domain *d)
{
	struct vgic_dist *dist = &d->arch.vgic;
	unsigned int nr_regions = domain_use_host_layout(d) ? host.nr_regions : GUEST_GICV3_RDIST_REGIONS;
	unsigned int vcpus = 0;

	if (!host.nr_regions)
		return -ENODEV;
	dist->rdist_regions = xzalloc_array(struct vgic_rdist_region, nr_regions);
	if (!dist->rdist_regions)
		return -ENOMEM;
	if (!domain_use_host_layout(d)) {
		dist->dbase = GUEST_GICV3_GICD_BASE;
		dist->rdist_regions[0].base = GUEST_GICV3_GICR0_BASE;
		dist->rdist_regions[0].size = GUEST_GICV3_GICR0_SIZE;
		dist->nr_regions = 1;
		return 0;
	}
	dist->dbase = host.dbase;
	/* As many as the vCPUs fill; Xen tells the domain of no others. */
	for (unsigned int i = 0; i < nr_regions && vcpus < d->max_vcpus; i++) {
		dist->rdist_regions[i].base = host.regions[i].base;
		dist->rdist_regions[i].size = host.regions[i].size;
		dist->nr_regions++;
		vcpus += host.regions[i].size / GICV3_GICR_SIZE;
	}
	return 0;
}

int domain_vgic_register(struct domain *d, int *mmio_count)
{
	struct vgic_dist *dist = &d->arch.vgic;
	int ret;

	if (dist->version != GIC_V3)
		return -ENODEV;
	dist->its_devices = RB_ROOT;
	spin_lock_init(&dist->its_devices_lock);
	spin_lock_init(&dist->halt_lock);
	ret = place_frames(d);
	*mmio_count = 1 + dist->nr_regions + vgic_nr_its(d);
	return ret;
}

static int create(struct domain *d)
{
	struct vgic_dist *dist = &d->arch.vgic;
	struct lvgic_config config = {
		.size = sizeof(config),
		.nr_vcpus = d->max_vcpus,
		.nr_spis = dist->nr_spis ? dist->nr_spis : 32,
		.nr_lrs = gic_get_nr_lrs(),
		.pri_bits = ((READ_SYSREG(ICH_VTR_EL2) >> ICH_VTR_PRIBITS_SHIFT) & ICH_VTR_PRIBITS_MASK) + 1,
		.lpi_id_bits = vgic_lpi_bits(d),
		.max_lpis = vgic_max_lpis(d),
		.trap_lpis = vgic_lpi_bits(d) ? 256 : 0,
	};
	enum lvgic_status status;

	config.pri_bits = min_t(uint32_t, config.pri_bits, LVGIC_MAX_PRI_BITS);
	status = lvgic_create(&config, &lvgic_static_ops, d, &dist->lv);
	for (int i = 0; i < dist->nr_regions && status == LVGIC_OK; i++)
		status = lvgic_add_redists(dist->lv, dist->rdist_regions[i].base,
		                           dist->rdist_regions[i].size / GICV3_GICR_SIZE);
	if (status != LVGIC_OK)
		printk(XENLOG_G_ERR "%pd: vGIC: %s\n", d, lvgic_strstatus(status));
	return vgic_errno(status);
}

int domain_vgic_init(struct domain *d, unsigned int nr_spis)
{
	struct vgic_dist *dist = &d->arch.vgic;
	int ret;

	/* A multiple of 32; the last ones that Xen counts, 1020 to 1023, are none. */
	nr_spis = ROUNDUP(nr_spis, 32);
	if (nr_spis > 1024 - NR_LOCAL_IRQS)
		return -EINVAL;
	dist->nr_spis = nr_spis;
	dist->host_irq = xzalloc_array(uint16_t, nr_spis + 1);
	dist->allocated_irqs = xzalloc_array(unsigned long, BITS_TO_LONGS(vgic_num_irqs(d)));
	if (!dist->host_irq || !dist->allocated_irqs)
		return -ENOMEM;
	for (unsigned int i = 0; i < NR_GIC_SGI; i++)
		set_bit(i, dist->allocated_irqs);
	init_timer(&dist->work, vgic_domain_work, d, smp_processor_id());
	ret = create(d);
	if (!ret)
		ret = vgic_its_init(d);
	if (!ret)
		vgic_register_frames(d);
	return ret;
}

static void begin_vcpu(struct vcpu *v)
{
	vgic_run_init(v);
	vgic_map_timer(v);
}

static int begin(struct domain *d, struct vcpu *last)
{
	enum lvgic_status status = lvgic_start(d->arch.vgic.lv);
	struct vcpu *v;

	if (status != LVGIC_OK)
		return vgic_errno(status);
	/* The last one is not in the list yet. */
	for (v = d->vcpu[0]; v; v = v->next_in_list)
		begin_vcpu(v);
	begin_vcpu(last);
	vgic_map_host_irqs(d);
	smp_wmb();
	d->arch.vgic.started = true;
	return 0;
}

/* The timer's handler has ended, and is not called again. */
static void stop_work(struct vgic_dist *dist)
{
	if (dist->work.function)
		kill_timer(&dist->work);
}

int vcpu_vgic_init(struct vcpu *v)
{
	struct domain *d = v->domain;
	register_t affinity = vcpuid_to_vaffinity(v->vcpu_id);
	enum lvgic_status status;

	v->arch.vgic.run = xzalloc(struct vgic_run);
	if (!v->arch.vgic.run)
		return -ENOMEM;
	status = lvgic_vcpu_create(d->arch.vgic.lv, v->vcpu_id, (affinity & 0xffffff) | (affinity >> 32 & 0xff) << 24,
	                           v, &v->arch.vgic.lv);
	if (status != LVGIC_OK)
		return vgic_errno(status);
	return v->vcpu_id + 1 == d->max_vcpus ? begin(d, v) : 0;
}

/*
 * The vCPUs go first, and an interrupt of the host may come until domain_vgic_free(): what it needs stays until then,
 * unless the domain has not begun. But nothing is done for the domain by the timer any more.
 */
int vcpu_vgic_free(struct vcpu *v)
{
	struct vgic_dist *dist = vgic_dist(v);

	stop_work(dist);
	if (dist->started)
		return 0;
	if (v->arch.vgic.lv)
		(void)!lvgic_vcpu_destroy(v->arch.vgic.lv);
	v->arch.vgic.lv = NULL;
	XFREE(v->arch.vgic.run);
	return 0;
}

void domain_vgic_free(struct domain *d)
{
	struct vgic_dist *dist = &d->arch.vgic;

	stop_work(dist);
	vgic_release_host_irqs(d);
	vgic_its_free(d);
	dist->started = false;
	lvgic_destroy(dist->lv);
	dist->lv = NULL;
	for (unsigned int i = 0; d->vcpu && i < d->max_vcpus; i++)
		if (d->vcpu[i])
			XFREE(d->vcpu[i]->arch.vgic.run);
	XFREE(dist->host_irq);
	XFREE(dist->allocated_irqs);
	XFREE(dist->rdist_regions);
}

/* --- vIRQs --- */

bool vgic_reserve_virq(struct domain *d, unsigned int virq)
{
	return virq < vgic_num_irqs(d) && !test_and_set_bit(virq, d->arch.vgic.allocated_irqs);
}

/* Nobody else may take it between the look and the set. */
int vgic_allocate_virq(struct domain *d, bool spi)
{
	unsigned int first = spi ? NR_LOCAL_IRQS : NR_GIC_SGI;
	unsigned int end = spi ? min(vgic_num_irqs(d), 1020u) : NR_LOCAL_IRQS;
	unsigned int virq;

	do {
		virq = find_next_zero_bit(d->arch.vgic.allocated_irqs, end, first);
		if (virq >= end)
			return -1;
	} while (test_and_set_bit(virq, d->arch.vgic.allocated_irqs));
	return virq;
}

void vgic_free_virq(struct domain *d, unsigned int virq)
{
	clear_bit(virq, d->arch.vgic.allocated_irqs);
}

/* --- Injection: of lines in any context; LPIs of the host by the number that its.c has given them. --- */

/*
 * Xen lowers the lines of timers and of the event channel upcall at every exit. One that is low already needs no call:
 * "high" is set after a line was raised, and cleared before it is lowered, so a line that is high is marked, or is just
 * being raised, which may as well come after us.
 */
static void inject_ppi(struct vcpu *v, unsigned int virq, bool level)
{
	struct vgic_run *run = v->arch.vgic.run;

	if (!level) {
		clear_bit(virq, &run->high);
		smp_mb__after_atomic();
	}
	(void)!lvgic_inject(vgic_dist(v)->lv, v->arch.vgic.lv, virq, level);
	if (level) {
		smp_mb__before_atomic();
		set_bit(virq, &run->high);
	}
}

static void __attribute__((__noinline__)) inject(struct domain *d, struct vcpu *v, unsigned int virq, bool level)
{
	if (unlikely(!d->arch.vgic.started))
		return;
	if (virq < NR_LOCAL_IRQS) {
		if (v)
			inject_ppi(v, virq, level);
	} else if (likely(virq < LVGIC_FIRST_LPI)) {
		(void)!lvgic_inject(d->arch.vgic.lv, NULL, virq, level);
	} else {
		vgic_inject_host_lpi(d, virq);
	}
}

void vgic_inject_irq(struct domain *d, struct vcpu *v, unsigned int virq, bool level)
{
	if (!level && virq < NR_LOCAL_IRQS && v && likely(!(read_atomic(&v->arch.vgic.run->high) >> virq & 1)))
		return;
	inject(d, v, virq, level);
}

/* --- The console: why is it not delivered? --- */

static void dump(struct vcpu *v, unsigned int intid)
{
	struct lvgic_explanation e;

	lvgic_explain(vgic_dist(v)->lv, v->arch.vgic.lv, intid, &e);
	if (e.why == LVGIC_WHY_NO_SUCH || e.why == LVGIC_WHY_NOT_PENDING || e.vcpu != v->vcpu_id)
		return;
	printk("   INTID %u: %s (word %#" PRIx64 ")\n", intid, lvgic_strwhy(e.why), (uint64_t)e.word);
}

/* What is pending or active at this vCPU, and why it is not taken. A guess if the vCPU runs. */
void gic_dump_vgic_info(struct vcpu *v)
{
	struct domain *d = v->domain;
	const struct vgic_run *run = v->arch.vgic.run;

	if (!d->arch.vgic.started)
		return;
	printk("   vGIC: %s%s%s\n", run->off ? "off" : "on", run->blocked ? ", asleep" : "",
	       run->inside ? ", in the guest" : "");
	for (unsigned int intid = 0; intid < vgic_num_irqs(d); intid++)
		dump(v, intid);
}
