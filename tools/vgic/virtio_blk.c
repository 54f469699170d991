/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * virtio_blk.c - virtio block device (Virtual I/O Device 1.1, 5.2): read, write, flush, get ID.
 */
#define _GNU_SOURCE
#include "virtio_blk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "util.h"
#include "virtio.h"

#define ID_BLOCK    2u
#define CLASS_BLOCK 0x010000u /* mass storage, SCSI: as other hypervisors */
#define MAX_QUEUES  8u
#define SECTOR      512u

#define F_SEG_MAX (1u << 2)
#define F_RO      (1u << 5)
#define F_FLUSH   (1u << 9)
#define F_MQ      (1u << 12)

#define T_IN     0u
#define T_OUT    1u
#define T_FLUSH  4u
#define T_GET_ID 8u

enum {
	S_OK,
	S_IOERR,
	S_UNSUPP
};

struct config {
	uint64_t capacity; /* sectors */
	uint32_t size_max;
	uint32_t seg_max;
	uint8_t geometry[4];
	uint32_t blk_size;
	uint8_t topology[8];
	uint8_t writeback, unused;
	uint16_t num_queues;
};

struct header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

struct virtio_blk {
	struct machine *m;
	struct virtio *virtio;
	struct virtio_model model;
	struct config config;
	char path[512];
	int fd;
};

static uint64_t total(const struct virtio_segment *s, unsigned int nr)
{
	uint64_t sum = 0;

	while (nr--)
		sum += s[nr].size;
	return sum;
}

/* Copy out of the first bytes of what the driver gave to read. */
static bool take_header(const struct virtio_request *r, struct header *h)
{
	size_t have = 0;
	unsigned int i;

	for (i = 0; i < r->nr_out && have < sizeof(*h); i++) {
		size_t n = sizeof(*h) - have < r->out[i].size ? sizeof(*h) - have : r->out[i].size;

		memcpy((uint8_t *)h + have, r->out[i].mem, n);
		have += n;
	}
	return have == sizeof(*h);
}

/* All of the file's bytes of [offset, offset + size), to or from the segments behind "skip" bytes. */
static bool transfer(struct virtio_blk *b, const struct virtio_segment *s, unsigned int nr, uint64_t skip,
                     uint64_t offset, uint64_t size, bool write)
{
	unsigned int i;

	for (i = 0; i < nr && size; i++) {
		uint64_t n = s[i].size, done = 0;

		if (skip >= n) {
			skip -= n;
			continue;
		}
		n = n - skip < size ? n - skip : size;
		while (done < n) {
			void *mem = s[i].mem + skip + done;
			ssize_t k = write ? pwrite(b->fd, mem, n - done, (off_t)(offset + done)) :
			                    pread(b->fd, mem, n - done, (off_t)(offset + done));

			if (k < 0 && errno == EINTR)
				continue;
			if (k <= 0)
				return false;
			done += (uint64_t)k;
		}
		if (!write)
			machine_dirty(b->m, s[i].gpa + skip, n);
		offset += n;
		size -= n;
		skip = 0;
	}
	return true;
}

static int execute(struct virtio_blk *b, const struct virtio_request *r, const struct header *h, uint64_t in_size)
{
	uint64_t out_size = total(r->out, r->nr_out) - sizeof(*h);
	uint64_t size = h->type == T_IN ? in_size : out_size;

	switch (h->type) {
	case T_IN:
	case T_OUT:
		if (size % SECTOR || h->sector > b->config.capacity || size / SECTOR > b->config.capacity - h->sector)
			return S_IOERR;
		if (h->type == T_OUT && (b->model.features & F_RO))
			return S_IOERR;
		if (h->type == T_IN)
			return transfer(b, r->in, r->nr_in, 0, h->sector * SECTOR, size, false) ? S_OK : S_IOERR;
		return transfer(b, r->out, r->nr_out, sizeof(*h), h->sector * SECTOR, size, true) ? S_OK : S_IOERR;
	case T_FLUSH:
		return fdatasync(b->fd) ? S_IOERR : S_OK;
	case T_GET_ID:
		if (r->nr_in && r->in[0].size >= 20) {
			memset(r->in[0].mem, 0, 20);
			memcpy(r->in[0].mem, "libvgic", 7);
			machine_dirty(b->m, r->in[0].gpa, 20);
			return S_OK;
		}
		return S_IOERR;
	default:
		return S_UNSUPP;
	}
}

/* The last byte that the driver gave to write is the status. */
static uint32_t serve(void *opaque, const struct virtio_request *r)
{
	struct virtio_blk *b = opaque;
	uint64_t in_size = total(r->in, r->nr_in);
	unsigned int last = r->nr_in;
	struct header h;

	while (last && !r->in[last - 1].size)
		last--;
	if (!last || !take_header(r, &h))
		return 0;
	r->in[last - 1].mem[r->in[last - 1].size - 1] = (uint8_t)execute(b, r, &h, in_size - 1);
	machine_dirty(b->m, r->in[last - 1].gpa + r->in[last - 1].size - 1, 1);
	return (uint32_t)in_size;
}

static bool open_file(struct virtio_blk *b)
{
	struct stat st;

	b->fd = open(b->path, O_RDWR | O_CLOEXEC);
	if (b->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) {
		b->model.features |= F_RO;
		b->fd = open(b->path, O_RDONLY | O_CLOEXEC);
	}
	if (b->fd < 0 || fstat(b->fd, &st) != 0) {
		complain("--drive %s: %s", b->path, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)SECTOR) {
		complain("--drive %s: not a regular file of at least %u bytes", b->path, SECTOR);
		return false;
	}
	b->config.capacity = (uint64_t)st.st_size / SECTOR;
	return true;
}

/* "FILE[,queues=N][,vectors=N]" */
static bool parse(struct virtio_blk *b, const char *drive, unsigned int nr_cpus)
{
	uint64_t queues = nr_cpus < MAX_QUEUES ? nr_cpus : MAX_QUEUES, vectors = 0;
	char *option;
	bool ok;

	ok = (size_t)snprintf(b->path, sizeof(b->path), "%s", drive) < sizeof(b->path);
	while (ok && (option = strrchr(b->path, ',')) != NULL) {
		*option++ = 0;
		if (!strncmp(option, "queues=", 7))
			ok = parse_number(option + 7, 1, MAX_QUEUES, &queues);
		else
			ok = !strncmp(option, "vectors=", 8) && parse_number(option + 8, 1, MAX_QUEUES + 1, &vectors);
	}
	if (!ok)
		complain("--drive %s: must be FILE[,queues=1..%u][,vectors=1..%u]", drive, MAX_QUEUES, MAX_QUEUES + 1);
	b->model.nr_queues = (unsigned int)queues;
	b->model.nr_vectors = (unsigned int)(vectors ? vectors : queues + 1);
	return ok;
}

struct virtio_blk *virtio_blk_create(struct machine *m, struct pci_host *host, unsigned int slot, const char *drive)
{
	struct virtio_blk *b = calloc(1, sizeof(*b));

	if (!b) {
		complain("no memory for --drive %s", drive);
		return NULL;
	}
	b->m = m;
	b->fd = -1;
	b->model = (struct virtio_model){
		.id = ID_BLOCK,
		.class_code = CLASS_BLOCK,
		.features = F_SEG_MAX | F_FLUSH | F_MQ,
		.config = &b->config,
		.config_size = sizeof(b->config),
		.serve = serve,
	};
	if (parse(b, drive, m->nr_cpus) && open_file(b)) {
		b->config.seg_max = VIRTIO_MAX_SEGMENTS - 2;
		b->config.num_queues = (uint16_t)b->model.nr_queues;
		b->virtio = virtio_create(m, host, slot, &b->model, b);
	}
	if (!b->virtio) {
		virtio_blk_destroy(b);
		return NULL;
	}
	return b;
}

void virtio_blk_destroy(struct virtio_blk *b)
{
	if (!b)
		return;
	virtio_destroy(b->virtio);
	if (b->fd >= 0)
		close(b->fd);
	free(b);
}
