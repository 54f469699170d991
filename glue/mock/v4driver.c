/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the second hypervisor: an ITS driver of its own, as Linux has one, behind struct lvgic_v4_driver.
 * Locks: hw_lock, for the registers.
 * Implements: <libvgic/v4.h> struct lvgic_v4_driver. It maps vPEs lazily, masks by its own means, syncs more than it
 * must.
 */
#include "v4.h"

static struct mock_v4 *hw(void *ctx)
{
	struct mock_vm *vm = ctx;

	mock_check_unlocked(vm, "the ITS driver");
	return vm->v4;
}

static enum lvgic_status cmd(struct mock_v4 *h, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	const uint64_t words[4] = { w0, w1, w2, w3 };

	return host_its_cmd(h, its, words);
}

/* A command that this driver cannot do without: it has its own ways to make a stuck ITS go on. */
static void must(struct mock_v4 *h, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	uint32_t tries = 100000;

	while (cmd(h, its, w0, w1, w2, w3) != LVGIC_OK && --tries)
		;
	if (!tries)
		mock_report(h->vm, "the ITS driver gives up");
}

static uint64_t id(uint32_t vpe)
{
	return (uint64_t)(FIRST_VPEID + vpe) << 32;
}

static void sync_all(struct mock_v4 *h, uint32_t vpe)
{
	for (uint32_t its = 0; its < h->config.nr_host_its; its++)
		must(h, its, 0x25, id(vpe), 0, 0);
}

static enum lvgic_status drv_open(void *ctx, uint32_t nr)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK)
		return status;
	for (uint32_t vpe = 0; vpe <= nr; vpe++) {
		uint32_t pcpu = vpe % h->vm->config.nr_vcpus;

		for (uint32_t its = 0; its < h->config.nr_host_its; its++) {
			uint64_t w0 = 0x29, w1 = id(vpe);

			if (h->config.v4_1) {
				w0 |= CONFIG_PA | (its ? 0 : 3u << 8);
				w1 |= FIRST_DOORBELL + vpe;
			}
			must(h, its, w0, w1, 1ull << 63 | (uint64_t)pcpu << 16,
			     h->host_vpe[vpe].pending_table | (ID_BITS - 1));
			must(h, its, 0x2d, id(vpe), 0, 0);
		}
		sync_all(h, vpe);
	}
	h->opened = true;
	return LVGIC_OK;
}

static void drv_close(void *ctx)
{
	struct mock_v4 *h = hw(ctx);

	for (uint32_t vpe = 0; h->opened && vpe <= h->nr_vpes; vpe++) {
		sync_all(h, vpe);
		for (uint32_t its = h->config.nr_host_its; its--;)
			must(h, its, 0x29 | (h->config.v4_1 && !its ? 1u << 8 : 0), id(vpe), 0, 0);
	}
}

static void write_table(struct mock_v4 *h, const struct lvgic_vlpi *v)
{
	__atomic_store_n(&h->table[v->intid - FIRST_LPI], v->config, __ATOMIC_SEQ_CST);
}

static uint64_t word0(const struct lvgic_vlpi *v, uint32_t code)
{
	return (uint64_t)v->host.device << 32 | code;
}

/* All or nothing, which is what Linux's does. */
static enum lvgic_status drv_map(void *ctx, struct lvgic_vlpi *v)
{
	struct mock_v4 *h = hw(ctx);
	uint64_t doorbell = h->config.v4_1 ? SPURIOUS_DB : FIRST_DOORBELL + v->vpe;
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK)
		return status;
	write_table(h, v);
	must(h, v->host.its, word0(v, 0x0f), v->host.event, 0, 0);
	must(h, v->host.its, word0(v, 0x2a), id(v->vpe) | v->host.event, doorbell << 32 | v->intid, 0);
	sync_all(h, v->vpe);
	v->stage = 1;
	return LVGIC_OK;
}

static enum lvgic_status drv_move(void *ctx, struct lvgic_vlpi *v)
{
	struct mock_v4 *h = hw(ctx);
	uint64_t doorbell = (uint64_t)(FIRST_DOORBELL + v->vpe) << 32 | 1;
	enum lvgic_status status = cmd(h, v->host.its, word0(v, 0x21), id(v->vpe) | v->host.event,
	                               h->config.v4_1 ? 0 : doorbell, 0);

	if (status == LVGIC_OK)
		sync_all(h, v->vpe);
	return status;
}

static enum lvgic_status drv_unmap(void *ctx, struct lvgic_vlpi *v)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK || !v->stage)
		return status;
	must(h, v->host.its, word0(v, 0x0f), v->host.event, 0, 0);
	for (uint32_t vpe = 0; vpe <= h->nr_vpes; vpe++)
		sync_all(h, vpe);
	must(h, v->host.its, word0(v, 0x0a), (uint64_t)v->host.intid << 32 | v->host.event, 0, 0);
	v->stage = 0;
	return LVGIC_OK;
}

static enum lvgic_status drv_configure(void *ctx, struct lvgic_vlpi *v)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK)
		return status;
	write_table(h, v);
	must(h, v->host.its, 0x2d, id(v->vpe), 0, 0);
	sync_all(h, v->vpe);
	return LVGIC_OK;
}

static enum lvgic_status drv_set_pending(void *ctx, struct lvgic_vlpi *v, bool on)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = cmd(h, v->host.its, word0(v, on ? 0x03 : 0x04), v->host.event, 0, 0);

	if (status == LVGIC_OK)
		sync_all(h, v->vpe);
	return status;
}

/* Registers. */
static uint64_t poll(struct mock_v4 *h, uint32_t pcpu)
{
	uint64_t value;

	do {
		pthread_mutex_lock(&h->hw_lock);
		value = hw_vlpi_read(h, pcpu, 0x78);
		pthread_mutex_unlock(&h->hw_lock);
	} while (value >> 60 & 1);
	return value;
}

static void write(struct mock_v4 *h, uint32_t pcpu, uint32_t offset, uint64_t value)
{
	pthread_mutex_lock(&h->hw_lock);
	hw_vlpi_write(h, pcpu, offset, value);
	pthread_mutex_unlock(&h->hw_lock);
}

static void schedule(struct mock_v4 *h, uint32_t vpe, uint32_t pcpu, uint32_t groups)
{
	if (h->vpe[vpe].pcpu != pcpu) {
		uint16_t seq;

		pthread_mutex_lock(&h->vmovp_lock);
		seq = h->vmovp_seq = (uint16_t)(h->vmovp_seq % 0xffff + 1);
		for (uint32_t its = 0; its < (h->config.vmovp_each ? h->config.nr_host_its : 1); its++)
			must(h, its, 0x22 | (uint64_t)seq << 32, id(vpe) | ((1u << h->config.nr_host_its) - 1),
			     (uint64_t)pcpu << 16 | (h->config.v4_1 ? 1ull << 63 : 0),
			     h->config.v4_1 ? FIRST_DOORBELL + vpe : 0);
		pthread_mutex_unlock(&h->vmovp_lock);
		sync_all(h, vpe);
	}
	if (h->config.v4_1) {
		write(h, pcpu, 0x78, 1ull << 63 | (uint64_t)(groups & 3u) << 58 | (FIRST_VPEID + vpe));
		/* VGrp0En is above VGrp1En. */
		return;
	}
	write(h, pcpu, 0x70, CONFIG_PA | (ID_BITS - 1));
	write(h, pcpu, 0x78, 5ull << 61 | h->host_vpe[vpe].pending_table);
}

static enum lvgic_status drv_probe(void *ctx, bool *pending)
{
	struct mock_v4 *h = hw(ctx);
	uint32_t pcpu = h->vm->config.nr_vcpus;
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK)
		return status;
	schedule(h, h->nr_vpes, pcpu, 3);
	write(h, pcpu, 0x78, poll(h, pcpu) & ~(7ull << 61));
	*pending = poll(h, pcpu) >> 61 & 1;
	return LVGIC_OK;
}

static enum lvgic_status drv_resident(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu, uint32_t groups)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = host_luck(h);

	if (status != LVGIC_OK)
		return status;
	schedule(h, vpe, cpu->cpu, (groups & 1u) << 1 | (groups & 2u) >> 1);
	pthread_mutex_lock(&h->hw_lock);
	h->doorbell_on[vpe] = false;
	h->doorbell_latched[vpe] = false;
	pthread_mutex_unlock(&h->hw_lock);
	return LVGIC_OK;
}

static void drv_commit(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu)
{
	(void)vpe;
	(void)poll(hw(ctx), cpu->cpu);
}

static bool drv_nonresident(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu, bool doorbell)
{
	struct mock_v4 *h = hw(ctx);
	uint64_t value = poll(h, cpu->cpu) & ~(7ull << 61);
	struct effects effects = { .nr = 0 };
	bool last;

	if (h->config.v4_1)
		value |= doorbell ? 1ull << 62 : 1ull << 61;
	write(h, cpu->cpu, 0x78, value);
	last = poll(h, cpu->cpu) >> 61 & 1;
	if (!h->config.v4_1 && doorbell) {
		pthread_mutex_lock(&h->hw_lock);
		h->doorbell_on[vpe] = true;
		if (h->doorbell_latched[vpe]) {
			h->doorbell_latched[vpe] = false;
			effects.of[effects.nr].kind = EFFECT_DOORBELL;
			effects.of[effects.nr++].what = vpe;
			h->nr_doorbells++;
		}
		pthread_mutex_unlock(&h->hw_lock);
		host_effects(h, &effects);
	}
	return last;
}

static enum lvgic_status drv_vsgi_configure(void *ctx, uint32_t vpe, uint32_t sgi, uint32_t config)
{
	struct mock_v4 *h = hw(ctx);
	uint64_t w0 = 0x23 | (uint64_t)sgi << 32 | (uint64_t)(config >> 4) << 20 | (config & 2u) << 9 |
	              (config & 1u) << 8;
	enum lvgic_status status = cmd(h, 0, w0, id(vpe), 0, 0);

	if (status == LVGIC_OK)
		sync_all(h, vpe);
	return status;
}

static enum lvgic_status drv_vsgi_clear(void *ctx, uint32_t vpe, uint32_t sgi)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = cmd(h, 0, 0x223 | (uint64_t)sgi << 32, id(vpe), 0, 0);

	if (status == LVGIC_OK)
		sync_all(h, vpe);
	return status;
}

static void drv_vsgi_pend(void *ctx, uint32_t vpe, uint32_t sgi)
{
	struct mock_v4 *h = hw(ctx);
	struct effects effects = { .nr = 0 };

	pthread_mutex_lock(&h->hw_lock);
	hw_pend_sgi(h, &h->vpe[vpe], sgi, &effects);
	pthread_mutex_unlock(&h->hw_lock);
	host_effects(h, &effects);
}

static enum lvgic_status drv_vsgi_pending(void *ctx, uint32_t vpe, uint32_t *mask)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = host_luck(h);

	pthread_mutex_lock(&h->hw_lock);
	*mask = h->vpe[vpe].vsgi_pending;
	pthread_mutex_unlock(&h->hw_lock);
	return status;
}

static enum lvgic_status drv_invalidate_doorbell(void *ctx, uint32_t vpe)
{
	struct mock_v4 *h = hw(ctx);
	enum lvgic_status status = h->config.v4_1 ? cmd(h, 0, 0x2e, id(vpe), 0, 0) : LVGIC_OK;

	if (status == LVGIC_OK && h->config.v4_1)
		sync_all(h, vpe);
	return status;
}

const struct lvgic_v4_driver mock_v4_driver = {
	.size = sizeof(mock_v4_driver),
	.open = drv_open,
	.close = drv_close,
	.map = drv_map,
	.move = drv_move,
	.unmap = drv_unmap,
	.configure = drv_configure,
	.set_pending = drv_set_pending,
	.probe = drv_probe,
	.resident = drv_resident,
	.commit = drv_commit,
	.nonresident = drv_nonresident,
	.vsgi_configure = drv_vsgi_configure,
	.vsgi_clear = drv_vsgi_clear,
	.vsgi_pend = drv_vsgi_pend,
	.vsgi_pending = drv_vsgi_pending,
	.invalidate_doorbell = drv_invalidate_doorbell,
};
