/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: ITSs: those of the host, which the hardware domain has again at the same addresses, with the LPIs of physical
 * devices; and one for each other domain, for messages from software.
 * Locks: none; device_map is called by one thread at a time, interrupts read one word.
 *
 * A device that the hardware domain maps to an ITS is mapped to the host's with host LPIs, and each of those is told
 * the domain and a number: which device of ours, which event. So a host LPI becomes the message that it was, and what
 * the guest maps and moves after that is the library's business, and no host ITS command. Mapping at the host's takes
 * long (thousands of commands): it is done from the timer, one device at a time, and stays when the guest unmaps the
 * device, so that who maps and unmaps in a loop costs nobody anything.
 */
#include "vgic.h"

#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/param.h>
#include <xen/sizes.h>

#include <asm/gic_v3_its.h>
#include <asm/new_vgic.h>

#include "compat.h"
#include "ops.h"

/* LPIs, events and devices that a domain can have the hypervisor remember. */
#define HWDOM_LPIS     8192u
#define MAX_DEVICES    128u
#define MAX_EVENT_BITS 11u /* of a physical device: MSI-X has no more */
#define DOMU_DEVICES   16u

/* Behind the Redistributors of Xen's guest layout: GITS frame of a domain that is not the hardware domain. */
#define DOMU_ITS_BASE (GUEST_GICV3_GICR0_BASE + GUEST_GICV3_GICR0_SIZE)

/* vgic-domu-lpis=<number>: LPIs of each other domain; 0, the default: it has no ITS. */
static unsigned int __read_mostly domu_lpis;
integer_param("vgic-domu-lpis", domu_lpis);

static bool has_host_its(const struct domain *d)
{
	return is_hardware_domain(d) && gicv3_its_host_has_its();
}

uint32_t vgic_max_lpis(const struct domain *d)
{
	return has_host_its(d) ? HWDOM_LPIS : is_hardware_domain(d) ? 0 : min(domu_lpis, 8192u);
}

uint32_t vgic_lpi_bits(const struct domain *d)
{
	return vgic_max_lpis(d) ? (is_hardware_domain(d) ? 16 : 14) : 0;
}

/* --- The hardware domain's --- */

#ifdef CONFIG_HAS_ITS

/* The number that a host LPI is told: no INTID, LPIs of the guest included. */
#define COOKIE(device, event) (0x80000000u | (device) << 16 | (event))

struct vgic_device {
	struct lvgic_its *its; /* what interrupts look at; NULL: none, and "device" means nothing */
	uint32_t device;
	uint32_t nr_events;
	paddr_t doorbell;
	bool idle; /* the guest has unmapped it */
};

unsigned int vgic_v3_its_count(const struct domain *d)
{
	const struct host_its *its;
	unsigned int nr = 0;

	if (is_hardware_domain(d))
		list_for_each_entry(its, &host_its_list, entry) nr++;
	return nr;
}

static int create_host_its(struct domain *d)
{
	struct vgic_dist *dist = &d->arch.vgic;
	const struct host_its *host;

	dist->devices = xzalloc_array(struct vgic_device, MAX_DEVICES);
	if (!dist->devices)
		return -ENOMEM;
	dist->nr_devices = MAX_DEVICES;
	list_for_each_entry(host, &host_its_list, entry)
	{
		struct lvgic_its_config config = {
			.size = sizeof(config),
			.gpa = host->addr,
			.device_bits = min_t(uint32_t, host->devid_bits, 16),
			.event_bits = min_t(uint32_t, host->evid_bits, 16),
			.max_devices = MAX_DEVICES,
			.max_events = HWDOM_LPIS,
		};
		struct lvgic_its *its;
		enum lvgic_status status = lvgic_its_create(dist->lv, &config, &its);

		if (status != LVGIC_OK)
			return vgic_errno(status);
		vgic_register_frame(d, host->addr, GICV3_ITS_SIZE);
	}
	return 0;
}

/* By the address of its frame, which the host's has as well. */
static const struct host_its *host_its(const struct domain *d, const struct lvgic_its *its)
{
	const struct host_its *host;

	list_for_each_entry(host, &host_its_list,
	                    entry) if (lvgic_its_by_gpa(d->arch.vgic.lv, host->addr) == its) return host;
	return NULL;
}

static struct vgic_device *find_device(struct domain *d, const struct lvgic_its *its, uint32_t device)
{
	struct vgic_dist *dist = &d->arch.vgic;

	for (unsigned int i = 0; i < dist->nr_devices; i++)
		if (dist->devices[i].its == its && dist->devices[i].device == device)
			return &dist->devices[i];
	return NULL;
}

static void unmap_device(struct domain *d, struct vgic_device *dev)
{
	int ret = gicv3_its_map_guest_device(d, dev->doorbell, dev->device, dev->doorbell, dev->device, dev->nr_events,
	                                     false);

	if (ret)
		printk(XENLOG_G_WARNING "%pd: vGIC: device %#x is not unmapped from the host's ITS: %d\n", d,
		       dev->device, ret);
	write_atomic(&dev->its, NULL);
}

/* A free place, or one whose device the guest does not use. */
static struct vgic_device *find_place(struct domain *d)
{
	struct vgic_dist *dist = &d->arch.vgic;
	struct vgic_device *idle = NULL;

	for (unsigned int i = 0; i < dist->nr_devices; i++) {
		if (!dist->devices[i].its)
			return &dist->devices[i];
		if (dist->devices[i].idle)
			idle = &dist->devices[i];
	}
	return idle;
}

static enum lvgic_status map_device(struct domain *d, struct vgic_device *dev, paddr_t doorbell, struct lvgic_its *its,
                                    uint32_t device, uint32_t nr_events)
{
	unsigned int index = dev - d->arch.vgic.devices;

	if (dev->its)
		unmap_device(d, dev);
	dev->idle = false;
	dev->doorbell = doorbell;
	dev->device = device;
	dev->nr_events = nr_events;
	if (gicv3_its_map_guest_device(d, doorbell, device, doorbell, device, nr_events, true))
		return LVGIC_ERR_HOST;
	smp_wmb();
	write_atomic(&dev->its, its);
	for (uint32_t event = 0; event < nr_events; event++)
		if (!gicv3_assign_guest_event(d, doorbell, device, event, COOKIE(index, event)))
			printk(XENLOG_G_WARNING "%pd: vGIC: device %#x has no event %u\n", d, device, event);
	return LVGIC_OK;
}

static enum lvgic_status host_device_map(struct domain *d, struct lvgic_its *its, uint32_t device, uint32_t event_bits)
{
	uint32_t nr_events = max(1u << event_bits, LPI_BLOCK);
	const struct host_its *host = host_its(d, its);
	struct vgic_device *dev;

	if (!host)
		return LVGIC_ERR_NOENT;
	dev = find_device(d, its, device);
	if (!event_bits || (dev && dev->nr_events >= nr_events)) {
		if (dev)
			dev->idle = !event_bits;
		return LVGIC_OK;
	}
	if (!dev)
		dev = find_place(d);
	if (!dev || event_bits > MAX_EVENT_BITS)
		return LVGIC_ERR_QUOTA;
	if (!d->arch.vgic.may_map)
		return LVGIC_ERR_AGAIN;
	d->arch.vgic.may_map = false;
	return map_device(d, dev, host->addr + ITS_DOORBELL_OFFSET, its, device, nr_events);
}

static void release_devices(struct domain *d)
{
	struct vgic_dist *dist = &d->arch.vgic;

	for (unsigned int i = 0; i < dist->nr_devices; i++)
		if (dist->devices[i].its)
			unmap_device(d, &dist->devices[i]);
	XFREE(dist->devices);
	dist->nr_devices = 0;
}

/* From the host LPI's handler; the guest may have unmapped it meanwhile. */
void vgic_inject_host_lpi(struct domain *d, unsigned int cookie)
{
	unsigned int index = (cookie & 0x7fffffff) >> 16;
	const struct vgic_device *dev = &d->arch.vgic.devices[index];
	struct lvgic_its *its = index < d->arch.vgic.nr_devices ? read_atomic(&dev->its) : NULL;

	if (!its)
		return;
	smp_rmb();
	(void)lvgic_inject_msi(its, dev->device, cookie & 0xffff);
}

#else

static int create_host_its(struct domain *d)
{
	return 0;
}

static enum lvgic_status host_device_map(struct domain *d, struct lvgic_its *its, uint32_t device, uint32_t event_bits)
{
	return LVGIC_OK;
}

static void release_devices(struct domain *d)
{
}

void vgic_inject_host_lpi(struct domain *d, unsigned int cookie)
{
}

#endif

/* --- All --- */

unsigned int vgic_nr_its(const struct domain *d)
{
	return has_host_its(d) ? vgic_v3_its_count(d) : vgic_max_lpis(d) != 0;
}

int vgic_its_init(struct domain *d)
{
	struct lvgic_its_config config = {
		.size = sizeof(config),
		.gpa = DOMU_ITS_BASE,
		.max_devices = DOMU_DEVICES,
		.max_events = max(vgic_max_lpis(d), 1024u),
	};
	enum lvgic_status status;

	if (!vgic_nr_its(d))
		return 0;
	if (has_host_its(d))
		return create_host_its(d);
	status = lvgic_its_create(d->arch.vgic.lv, &config, &d->arch.vgic.its);
	if (status == LVGIC_OK)
		vgic_register_frame(d, DOMU_ITS_BASE, GICV3_ITS_SIZE);
	return vgic_errno(status);
}

void vgic_its_free(struct domain *d)
{
	release_devices(d);
}

enum lvgic_status vgic_op_device_map(void *ctx, struct lvgic_its *its, uint32_t device, uint32_t event_bits)
{
	struct domain *d = ctx;

	return has_host_its(d) ? host_device_map(d, its, device, event_bits) : LVGIC_OK;
}

int vgic_inject_msi(struct domain *d, uint32_t device, uint32_t event)
{
	return d->arch.vgic.its ? vgic_errno(lvgic_inject_msi(d->arch.vgic.its, device, event)) : -ENOENT;
}

/* On the console: the first event of the first device, as a device model would send it. */
static void send_test_message(unsigned char key)
{
	struct domain *d;

	rcu_read_lock(&domlist_read_lock);
	for_each_domain(d) if (d->arch.vgic.its)
		printk("%pd: message 0 of device 0: %d\n", d, vgic_inject_msi(d, 0, 0));
	rcu_read_unlock(&domlist_read_lock);
}

static int __init register_key(void)
{
	if (domu_lpis)
		register_keyhandler('M', send_test_message, "send a message to the ITS of each domain", 0);
	return 0;
}
__initcall(register_key);

/* The driver of the host's LPIs wants the vCPU of one, for vgic_inject_irq(): it is of no interest there. */
struct pending_irq *irq_to_pending(struct vcpu *v, unsigned int irq)
{
	return &v->domain->arch.vgic.lpi;
}
