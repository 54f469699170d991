/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * virtio.c - the PCI transport of virtio 1.x and its split virtqueues.
 */
#include "virtio.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "pci.h"
#include "util.h"

#define VENDOR        0x1af4u
#define FIRST_DEVICE  0x1040u
#define BAR_SIZE      0x10000u
#define COMMON_OFFSET 0x0000u
#define ISR_OFFSET    0x1000u
#define CONFIG_OFFSET 0x2000u
#define NOTIFY_OFFSET 0x3000u
#define NOTIFY_STRIDE 4u
#define REGION_SIZE   0x1000u

#define CAP_VENDOR 0x09u
#define CFG_COMMON 1u
#define CFG_NOTIFY 2u
#define CFG_ISR    3u
#define CFG_DEVICE 4u

#define F_VERSION_1 (UINT64_C(1) << 32)

#define STATUS_DRIVER_OK   0x04u
#define STATUS_FEATURES_OK 0x08u
#define STATUS_NEEDS_RESET 0x40u

#define DESC_NEXT    1u
#define DESC_WRITE   2u
#define AVAIL_NO_INT 1u
#define MAX_CHAIN    VIRTIO_QUEUE_SIZE

struct queue {
	uint16_t size;
	uint16_t vector;
	bool enabled;
	uint64_t desc, avail, used;
	uint16_t seen; /* next entry of the available ring */
};

struct virtio {
	struct machine *m;
	const struct virtio_model *model;
	void *opaque;
	struct pci_function *pci;
	struct pci_model pci_model;
	uint32_t device_select, driver_select;
	uint64_t accepted;
	uint16_t config_vector;
	uint16_t selected;
	uint8_t status;
	uint8_t isr;
	struct queue queue[VIRTIO_MAX_QUEUES];
	struct virtio_request request;
};

struct descriptor {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static void reset(struct virtio *v)
{
	unsigned int i;

	v->device_select = 0;
	v->driver_select = 0;
	v->accepted = 0;
	v->config_vector = PCI_NO_VECTOR;
	v->selected = 0;
	v->status = 0;
	v->isr = 0;
	memset(v->queue, 0, sizeof(v->queue));
	for (i = 0; i < v->model->nr_queues; i++) {
		v->queue[i].size = VIRTIO_QUEUE_SIZE;
		v->queue[i].vector = PCI_NO_VECTOR;
	}
	pci_intx_clear(v->pci);
}

static void broken(struct virtio *v)
{
	v->status |= STATUS_NEEDS_RESET;
	v->isr |= 2;
	pci_signal(v->pci, v->config_vector);
}

/* --- Queues --- */

static bool read_guest(const struct virtio *v, uint64_t gpa, void *buf, size_t size)
{
	const void *ram = machine_ram(v->m, gpa, size);

	if (ram)
		memcpy(buf, ram, size);
	return ram != NULL;
}

static bool write_guest(const struct virtio *v, uint64_t gpa, const void *buf, size_t size)
{
	void *ram = machine_ram(v->m, gpa, size);

	if (ram) {
		memcpy(ram, buf, size);
		machine_dirty(v->m, gpa, size);
	}
	return ram != NULL;
}

/* The chain that begins at "head"; false: it is no good. A loop ends at the size of the queue. */
static bool collect(struct virtio *v, const struct queue *q, uint16_t head)
{
	struct virtio_request *r = &v->request;
	unsigned int n;

	r->nr_out = r->nr_in = 0;
	for (n = 0; n < q->size; n++) {
		struct virtio_segment *s;
		struct descriptor d;

		if (head >= q->size || !read_guest(v, q->desc + 16u * head, &d, sizeof(d)))
			return false;
		if (d.flags & ~(DESC_NEXT | DESC_WRITE))
			return false;
		/* What is read comes before what is written. */
		if (d.flags & DESC_WRITE ? r->nr_in == VIRTIO_MAX_SEGMENTS :
		                           r->nr_in || r->nr_out == VIRTIO_MAX_SEGMENTS)
			return false;
		s = d.flags & DESC_WRITE ? &r->in[r->nr_in++] : &r->out[r->nr_out++];
		s->mem = machine_ram(v->m, d.addr, d.len);
		s->gpa = d.addr;
		s->size = d.len;
		if (!s->mem)
			return false;
		if (!(d.flags & DESC_NEXT))
			return true;
		head = d.next;
	}
	return false;
}

static bool serve_one(struct virtio *v, struct queue *q, uint16_t *used_index)
{
	uint32_t entry[2];
	uint16_t head;

	if (!read_guest(v, q->avail + 4 + 2u * (q->seen % q->size), &head, sizeof(head)) || !collect(v, q, head))
		return false;
	q->seen++;
	entry[0] = head;
	entry[1] = v->model->serve(v->opaque, &v->request);
	if (!write_guest(v, q->used + 4 + 8u * (*used_index % q->size), entry, sizeof(entry)))
		return false;
	++*used_index;
	return write_guest(v, q->used + 2, used_index, sizeof(*used_index));
}

/* The driver has put something into the queue. At most a queue full: what comes meanwhile is notified again. */
static void serve_queue(struct virtio *v, unsigned int n)
{
	struct queue *q = &v->queue[n];
	uint16_t flags, index, used_index, nr;

	if (!q->enabled || !(v->status & STATUS_DRIVER_OK) || (v->status & STATUS_NEEDS_RESET) ||
	    !pci_is_master(v->pci))
		return;
	if (!read_guest(v, q->avail + 2, &index, sizeof(index)) ||
	    !read_guest(v, q->used + 2, &used_index, sizeof(used_index))) {
		broken(v);
		return;
	}
	nr = (uint16_t)(index - q->seen);
	if (nr > q->size) {
		broken(v);
		return;
	}
	for (index = 0; index < nr; index++)
		if (!serve_one(v, q, &used_index)) {
			broken(v);
			return;
		}
	if (nr && read_guest(v, q->avail, &flags, sizeof(flags)) && !(flags & AVAIL_NO_INT)) {
		v->isr |= 1;
		pci_signal(v->pci, q->vector);
	}
}

/* --- Registers --- */

static uint64_t features(const struct virtio *v)
{
	return v->model->features | F_VERSION_1;
}

static uint64_t common_read(struct virtio *v, uint32_t offset)
{
	static const struct queue none = { .vector = PCI_NO_VECTOR };
	const struct queue *q = v->selected < v->model->nr_queues ? &v->queue[v->selected] : &none;

	switch (offset) {
	case 0x00:
		return v->device_select;
	case 0x04:
		return v->device_select < 2 ? features(v) >> (32 * v->device_select) & 0xffffffffu : 0;
	case 0x08:
		return v->driver_select;
	case 0x0c:
		return v->driver_select < 2 ? v->accepted >> (32 * v->driver_select) & 0xffffffffu : 0;
	case 0x10:
		return v->config_vector;
	case 0x12:
		return v->model->nr_queues;
	case 0x14:
		return v->status;
	case 0x16:
		return v->selected;
	case 0x18:
		return q->size;
	case 0x1a:
		return q->vector;
	case 0x1c:
		return q->enabled;
	case 0x1e:
		return v->selected;
	case 0x20:
	case 0x28:
	case 0x30:
		return offset == 0x20 ? q->desc : offset == 0x28 ? q->avail : q->used;
	case 0x24:
		return q->desc >> 32;
	case 0x2c:
		return q->avail >> 32;
	case 0x34:
		return q->used >> 32;
	default:
		return 0;
	}
}

static void set_status(struct virtio *v, uint8_t status)
{
	if (!status) {
		reset(v);
		return;
	}
	/* Features that were not offered are not accepted. */
	if ((status & STATUS_FEATURES_OK) && ((v->accepted & ~features(v)) || !(v->accepted & F_VERSION_1)))
		status &= (uint8_t)~STATUS_FEATURES_OK;
	v->status = (v->status & STATUS_NEEDS_RESET) | status;
}

static void set_half(uint64_t *reg, bool high, unsigned int size, uint64_t val)
{
	if (size == 8)
		*reg = val;
	else if (high)
		*reg = (*reg & 0xffffffffu) | val << 32;
	else
		*reg = (*reg & ~UINT64_C(0xffffffff)) | (val & 0xffffffffu);
}

static void queue_write(struct virtio *v, struct queue *q, uint32_t offset, unsigned int size, uint64_t val)
{
	switch (offset) {
	case 0x18:
		if (val && val <= VIRTIO_QUEUE_SIZE && !(val & (val - 1)) && !q->enabled)
			q->size = (uint16_t)val;
		break;
	case 0x1a:
		q->vector = val < v->pci_model.nr_vectors ? (uint16_t)val : PCI_NO_VECTOR;
		break;
	case 0x1c:
		q->enabled = q->enabled || val == 1;
		break;
	case 0x20:
	case 0x24:
		set_half(&q->desc, offset & 4, size, val);
		break;
	case 0x28:
	case 0x2c:
		set_half(&q->avail, offset & 4, size, val);
		break;
	case 0x30:
	case 0x34:
		set_half(&q->used, offset & 4, size, val);
		break;
	default:
		break;
	}
}

static void common_write(struct virtio *v, uint32_t offset, unsigned int size, uint64_t val)
{
	switch (offset) {
	case 0x00:
		v->device_select = (uint32_t)val;
		break;
	case 0x08:
		v->driver_select = (uint32_t)val;
		break;
	case 0x0c:
		if (v->driver_select < 2 && !(v->status & STATUS_FEATURES_OK))
			set_half(&v->accepted, v->driver_select, 4, val);
		break;
	case 0x10:
		v->config_vector = val < v->pci_model.nr_vectors ? (uint16_t)val : PCI_NO_VECTOR;
		break;
	case 0x14:
		set_status(v, (uint8_t)val);
		break;
	case 0x16:
		v->selected = (uint16_t)val;
		break;
	default:
		if (v->selected < v->model->nr_queues)
			queue_write(v, &v->queue[v->selected], offset, size, val);
		break;
	}
}

static uint64_t bar_read(void *opaque, uint32_t offset, unsigned int size)
{
	struct virtio *v = opaque;
	uint64_t val = 0;

	if (offset < ISR_OFFSET)
		return common_read(v, offset);
	if (offset == ISR_OFFSET) {
		val = v->isr;
		v->isr = 0;
		pci_intx_clear(v->pci);
	} else if (offset >= CONFIG_OFFSET && offset - CONFIG_OFFSET < v->model->config_size) {
		offset -= CONFIG_OFFSET;
		if (size > v->model->config_size - offset)
			size = (unsigned int)(v->model->config_size - offset);
		memcpy(&val, (const uint8_t *)v->model->config + offset, size);
	}
	return val;
}

static void bar_write(void *opaque, uint32_t offset, unsigned int size, uint64_t val)
{
	struct virtio *v = opaque;

	if (offset < ISR_OFFSET)
		common_write(v, offset, size, val);
	else if (offset >= NOTIFY_OFFSET && (offset - NOTIFY_OFFSET) / NOTIFY_STRIDE < v->model->nr_queues)
		serve_queue(v, (offset - NOTIFY_OFFSET) / NOTIFY_STRIDE);
}

/* struct virtio_pci_cap, behind the first two bytes (4.1.4). */
static void add_region(struct virtio *v, uint8_t type, uint32_t offset, uint32_t multiplier)
{
	uint8_t body[18] = { 0 };
	uint32_t length = REGION_SIZE;
	size_t size = type == CFG_NOTIFY ? 18 : 14;

	body[0] = (uint8_t)(size + 2);
	body[1] = type;
	memcpy(&body[6], &offset, 4);
	memcpy(&body[10], &length, 4);
	memcpy(&body[14], &multiplier, 4);
	pci_add_capability(v->pci, CAP_VENDOR, body, size);
}

struct virtio *virtio_create(struct machine *m, struct pci_host *host, unsigned int slot,
                             const struct virtio_model *model, void *opaque)
{
	struct virtio *v = calloc(1, sizeof(*v));

	if (!v) {
		complain("no memory for a virtio device");
		return NULL;
	}
	v->m = m;
	v->model = model;
	v->opaque = opaque;
	v->pci_model = (struct pci_model){
		.vendor = VENDOR,
		.device = (uint16_t)(FIRST_DEVICE + model->id),
		.subsystem_vendor = VENDOR,
		.subsystem = model->id,
		.class_code = model->class_code,
		.revision = 1,
		.nr_vectors = model->nr_vectors,
		.bar_size = BAR_SIZE,
		.read = bar_read,
		.write = bar_write,
	};
	v->pci = pci_add(host, slot, &v->pci_model, v);
	if (!v->pci) {
		complain("no memory for a virtio device");
		free(v);
		return NULL;
	}
	add_region(v, CFG_COMMON, COMMON_OFFSET, 0);
	add_region(v, CFG_ISR, ISR_OFFSET, 0);
	add_region(v, CFG_DEVICE, CONFIG_OFFSET, 0);
	add_region(v, CFG_NOTIFY, NOTIFY_OFFSET, NOTIFY_STRIDE);
	reset(v);
	return v;
}

void virtio_destroy(struct virtio *v)
{
	free(v);
}
