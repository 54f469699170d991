/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the bridge's life cycle, and the table of host interrupts with what the embedder wishes for each.
 * Locks: CONFIG for the life cycle, V4 for the table.
 * Implements: <libvgic/v4.h> but for scheduling. What the embedder wishes is put on record here and done by the worker
 * (vlpi.c), which is whoever finds nobody else at work: usually the caller.
 */
#include "bridge.h"
#include "its/map.h"

static uint32_t hash_of(uint32_t its, uint32_t device, uint32_t event)
{
	uint32_t h = (device * 0x9e3779b1u) ^ (event * 0x85ebca6bu) ^ its;

	return (h ^ h >> 15) & ((1u << HASH_BITS) - 1);
}

struct vlpi *host_find(struct v4 *b, uint32_t its, uint32_t device, uint32_t event)
{
	uint32_t n;

	for (n = b->hash[hash_of(its, device, event)]; n; n = b->vlpi[n - 1].hash_next) {
		struct vlpi *vl = vlpi_at(b, n);

		if (vl->its == its && vl->device == device && vl->event == event)
			return vl;
	}
	return NULL;
}

void host_remove(struct v4 *b, struct vlpi *vl)
{
	uint32_t *link = &b->hash[hash_of(vl->its, vl->device, vl->event)];

	while (vlpi_at(b, *link) != vl)
		link = &vlpi_at(b, *link)->hash_next;
	*link = vl->hash_next;
	store32_relaxed(&vl->wish, 0);
	vl->hash_next = b->free;
	b->free = 1 + (uint32_t)(vl - b->vlpi);
}

static struct vlpi *host_add(struct v4 *b, struct lvgic_its *its, uint32_t device, uint32_t event,
                             const struct lvgic_host_irq *host)
{
	uint32_t *head = &b->hash[hash_of(its->index, device, event)];
	uint32_t n = b->free;
	struct vlpi *vl;

	if (n)
		b->free = vlpi_at(b, n)->hash_next;
	else if (b->fresh < b->cfg.max_events)
		n = b->fresh + 1;
	else
		return NULL;
	vl = vlpi_at(b, n);
	vl->hw = (struct lvgic_vlpi){ .host = *host };
	vl->its = its->index;
	vl->device = device;
	vl->event = event;
	vl->lpi = 0;
	vl->state = 0;
	vl->failures = 0;
	store32_relaxed(&vl->status, LVGIC_OK);
	store32_relaxed(&vl->why, LVGIC_V4_BUSY);
	store32_seq(&vl->wish, WISH_USED);
	vl->hash_next = *head;
	*head = n;
	if (n > b->fresh)
		store32_release(&b->fresh, n);
	return vl;
}

static bool same_host(const struct lvgic_host_irq *a, const struct lvgic_host_irq *b)
{
	return a->handle == b->handle && a->its == b->its && a->device == b->device && a->event == b->event &&
	       a->intid == b->intid && a->icid == b->icid && a->rdbase == b->rdbase;
}

/* The request is on record: do it, if nobody else is at it. */
static void do_now(struct lvgic *vg, struct vlpi *vl)
{
	if (vl)
		vlpi_request(vg->v4, vl);
	if (vg->started)
		lpi_work(vg, NULL);
}

/* What has become of a wish that was not to forget it. */
static enum lvgic_status outcome(const struct vlpi *vl)
{
	uint32_t why = load32_relaxed(&vl->why);

	if (load32_seq(&vl->request) || load32_seq(&vl->busy) || why == LVGIC_V4_BUSY)
		return LVGIC_ERR_AGAIN;
	return why == LVGIC_V4_HOST_FAILED || why == LVGIC_V4_STUCK ? LVGIC_ERR_HOST : LVGIC_OK;
}

enum lvgic_status lvgic_v4_set_forwarding(struct lvgic_its *its, uint32_t device, uint32_t event,
                                          const struct lvgic_host_irq *host)
{
	enum lvgic_status status = LVGIC_OK;
	struct lock_token lock;
	struct vlpi *vl;
	struct v4 *b;

	if (!its || !host || host->reserved || device >> its->cfg.device_bits || event >> its->cfg.event_bits)
		return LVGIC_ERR_INVAL;
	b = its->vgic->v4;
	if (!b || !its->vgic->started)
		return LVGIC_ERR_STATE;
	if (b->cfg.nr_host_its && host->its >= b->cfg.nr_host_its)
		return LVGIC_ERR_INVAL;
	lock = lock_take(its->vgic, b->lock);
	vl = host_find(b, its->index, device, event);
	if (!vl)
		vl = host_add(b, its, device, event, host);
	else if ((vl->wish & WISH_FORGET) || !same_host(&vl->hw.host, host))
		status = LVGIC_ERR_EXIST;
	else
		(void)or32_seq(&vl->wish, WISH_ANEW);
	lock_drop(lock);
	if (!vl)
		return LVGIC_ERR_QUOTA;
	if (status != LVGIC_OK)
		return status;
	do_now(its->vgic, vl);
	return outcome(vl);
}

static struct vlpi *find(struct lvgic_its *its, uint32_t device, uint32_t event, uint32_t set, uint32_t clear)
{
	struct v4 *b = its->vgic->v4;
	struct lock_token lock = lock_take(its->vgic, b->lock);
	struct vlpi *vl = host_find(b, its->index, device, event);

	if (vl) {
		(void)and32_seq(&vl->wish, ~clear);
		(void)or32_seq(&vl->wish, set);
	}
	lock_drop(lock);
	return vl;
}

enum lvgic_status lvgic_v4_unset_forwarding(struct lvgic_its *its, uint32_t device, uint32_t event)
{
	struct vlpi *vl;

	if (!its)
		return LVGIC_ERR_INVAL;
	if (!its->vgic->v4)
		return LVGIC_ERR_STATE;
	vl = find(its, device, event, WISH_FORGET | WISH_ANEW, 0);
	if (!vl)
		return LVGIC_ERR_NOENT;
	do_now(its->vgic, vl);
	if (find(its, device, event, 0, 0) != vl)
		return LVGIC_OK;
	return load32_relaxed(&vl->why) == LVGIC_V4_STUCK ? LVGIC_ERR_HOST : LVGIC_ERR_AGAIN;
}

enum lvgic_status lvgic_v4_allow(struct lvgic_its *its, uint32_t device, uint32_t event, bool allow)
{
	struct vlpi *vl;

	if (!its)
		return LVGIC_ERR_INVAL;
	if (!its->vgic->v4)
		return LVGIC_ERR_STATE;
	vl = find(its, device, event, WISH_ANEW | (allow ? 0 : WISH_OFF), allow ? WISH_OFF : 0);
	if (!vl)
		return LVGIC_ERR_NOENT;
	do_now(its->vgic, vl);
	return outcome(vl);
}

enum lvgic_status lvgic_v4_allow_vcpu(struct lvgic_vcpu *v, bool allow)
{
	struct lvgic *vg;

	if (!v)
		return LVGIC_ERR_INVAL;
	vg = v->vgic;
	if (!vg->v4)
		return LVGIC_ERR_STATE;
	if (!v->vpe)
		return LVGIC_ERR_NOENT;
	store32_seq(&v->vpe->allowed, allow);
	/* One that failed is made resident again when the vCPU looks. */
	if (allow && xchg32_seq(&v->vpe->failed, 0) && !(or32_seq(&v->request, REQ_V4) & REQ_V4))
		vcpu_kick(v);
	v4_sweep(vg);
	if (v4_has_vsgi(vg)) {
		store32_relaxed(&v->vpe->vsgi_refused, 0);
		lpi_request(vg, v, TODO_VSGI);
	}
	do_now(vg, NULL);
	return v4_has_work(vg) || (load32_seq(&v->lpi_todo) & (TODO_VSGI | TODO_VSGI_RUN)) ? LVGIC_ERR_AGAIN : LVGIC_OK;
}

enum lvgic_status lvgic_v4_query(struct lvgic_its *its, uint32_t device, uint32_t event, struct lvgic_v4_info *info)
{
	struct lvgic *vg;
	struct vlpi *vl;
	uint32_t lpi;

	if (!its || !info)
		return LVGIC_ERR_INVAL;
	vg = its->vgic;
	if (!vg->v4)
		return LVGIC_ERR_STATE;
	*info = (struct lvgic_v4_info){ .why = LVGIC_V4_NO_HOST_IRQ, .vpe = UINT32_MAX };
	vl = find(its, device, event, 0, 0);
	if (!vl)
		return LVGIC_OK;
	lpi = load32_relaxed(&vl->lpi);
	info->why = (enum lvgic_v4_why)load32_relaxed(&vl->why);
	info->status = (enum lvgic_status)(int32_t)load32_relaxed(&vl->status);
	info->intid = lpi ? irq_intid(&vg->lpi[lpi - 1]) : 0;
	if (info->why == LVGIC_V4_FORWARDED)
		info->vpe = load32_relaxed(&vl->hw.vpe);
	if ((load32_seq(&vl->request) || load32_seq(&vl->busy)) && info->why != LVGIC_V4_STUCK)
		info->why = LVGIC_V4_BUSY;
	return LVGIC_OK;
}

enum lvgic_status lvgic_v4_query_vcpu(const struct lvgic_vcpu *v, struct lvgic_v4_vcpu_info *info)
{
	const struct v4 *b;
	const struct vpe *p;
	uint32_t n;

	if (!v || !info)
		return LVGIC_ERR_INVAL;
	b = v->vgic->v4;
	if (!b)
		return LVGIC_ERR_STATE;
	p = v->vpe;
	*info = (struct lvgic_v4_vcpu_info){ .why = LVGIC_V4_NO_VPE };
	if (!p)
		return LVGIC_OK;
	info->why = !load32_relaxed(&p->allowed) ? LVGIC_V4_VCPU_NOT_ALLOWED :
	            load32_relaxed(&p->failed)   ? LVGIC_V4_VPE_FAILED :
	            !load32_relaxed(&b->open)    ? LVGIC_V4_BUSY :
	                                           LVGIC_V4_FORWARDED;
	for (n = 0; n < load32_acquire(&b->fresh); n++)
		info->events += load32_relaxed(&b->vlpi[n].why) == LVGIC_V4_FORWARDED &&
		                load32_relaxed(&b->vlpi[n].hw.vpe) == v->id &&
		                (load32_relaxed(&b->vlpi[n].wish) & WISH_USED);
	info->resident = load32_relaxed(&p->place) == VPE_RESIDENT;
	info->doorbell = load32_relaxed(&p->place) == VPE_ARMED;
	info->pending = load32_relaxed(&p->away) == (AWAY_YES | AWAY_PENDING);
	info->sgis = load32_relaxed(&v->vsgi);
	return LVGIC_OK;
}

const char *lvgic_v4_strwhy(enum lvgic_v4_why why)
{
	static const char *const text[] = {
		[LVGIC_V4_FORWARDED] = "the hardware delivers it",
		[LVGIC_V4_NO_HOST_IRQ] = "no host interrupt is known for it",
		[LVGIC_V4_BUSY] = "work is under way",
		[LVGIC_V4_NOT_ALLOWED] = "the event may not be forwarded",
		[LVGIC_V4_VCPU_NOT_ALLOWED] = "its vCPU may not use the hardware",
		[LVGIC_V4_NOT_MAPPED] = "the guest has not mapped the event, or has disabled its ITS",
		[LVGIC_V4_NO_COLLECTION] = "the guest has not mapped its collection",
		[LVGIC_V4_LPIS_OFF] = "LPIs are disabled at its vCPU",
		[LVGIC_V4_SHARED] = "more than one event is mapped to its LPI",
		[LVGIC_V4_NO_VPE] = "its vCPU has no vPE",
		[LVGIC_V4_VPE_FAILED] = "the vPE of its vCPU could not be made resident",
		[LVGIC_V4_ELSEWHERE] = "it is pending at another vCPU still",
		[LVGIC_V4_HOST_FAILED] = "a physical operation failed",
		[LVGIC_V4_STUCK] = "it could not be given back to the host, its device is masked",
	};

	return (uint32_t)why < LVGIC_V4_NR_WHY ? text[why] : "unknown";
}

void lvgic_v4_get_stats(const struct lvgic *vg, struct lvgic_v4_stats *stats)
{
	const uint64_t *from = vg->v4 ? &vg->v4->stats.forwarded : NULL;
	uint64_t *to = &stats->forwarded;
	size_t i;

	for (i = 0; i < sizeof(*stats) / sizeof(uint64_t); i++)
		to[i] = from ? load64_relaxed(&from[i]) : 0;
}

/* Life cycle. */

/* The layout on 64-bit machines, as for struct lvgic_ops: members are appended, none moves. */
#define FROZEN(type, member, offset) \
	_Static_assert(sizeof(void *) != 8 || offsetof(struct type, member) == (offset), #member " moved")

FROZEN(lvgic_host_irq, rdbase, 32);
FROZEN(lvgic_vlpi, intid, 40);
FROZEN(lvgic_vlpi, stage, 49);
FROZEN(lvgic_host_vpe, doorbell, 12);
FROZEN(lvgic_host_cpu, rdbase, 8);
FROZEN(lvgic_v4_driver, open, 8);
FROZEN(lvgic_v4_driver, close, 16);
FROZEN(lvgic_v4_driver, map, 24);
FROZEN(lvgic_v4_driver, move, 32);
FROZEN(lvgic_v4_driver, unmap, 40);
FROZEN(lvgic_v4_driver, configure, 48);
FROZEN(lvgic_v4_driver, set_pending, 56);
FROZEN(lvgic_v4_driver, probe, 64);
FROZEN(lvgic_v4_driver, resident, 72);
FROZEN(lvgic_v4_driver, commit, 80);
FROZEN(lvgic_v4_driver, nonresident, 88);
FROZEN(lvgic_v4_driver, vsgi_configure, 96);
FROZEN(lvgic_v4_driver, vsgi_clear, 104);
FROZEN(lvgic_v4_driver, vsgi_pend, 112);
FROZEN(lvgic_v4_driver, vsgi_pending, 120);
FROZEN(lvgic_v4_driver, invalidate_doorbell, 128);
FROZEN(lvgic_v4_config, driver, 16);
FROZEN(lvgic_v4_config, nr_host_its, 64);

static size_t sizes(const struct v4 *b, size_t *of_lpi, size_t *vpe, size_t *host_vpe)
{
	*of_lpi = b->vgic->cfg.max_lpis * sizeof(*b->of_lpi);
	*vpe = (b->cfg.nr_vpes + 1) * sizeof(*b->vpe);
	*host_vpe = (b->cfg.nr_vpes + 1) * sizeof(*b->host_vpe);
	return b->cfg.max_events * sizeof(*b->vlpi);
}

static void destroy(struct v4 *b)
{
	const struct lvgic_ops *ops = OPS(b->vgic);
	void *ctx = b->vgic->ctx;
	size_t of_lpi, vpe, host_vpe, vlpi = sizes(b, &of_lpi, &vpe, &host_vpe);

	if (b->vlpi)
		ops->free(ctx, b->vlpi, vlpi);
	if (b->of_lpi)
		ops->free(ctx, b->of_lpi, of_lpi);
	if (b->vpe)
		ops->free(ctx, b->vpe, vpe);
	if (b->host_vpe)
		ops->free(ctx, b->host_vpe, host_vpe);
	if (b->lock)
		ops->lock_destroy(ctx, b->lock);
	ops->free(ctx, b, sizeof(*b));
}

/* Bytes of a structure that begins with its size: what both sides know. False: the caller uses what we do not know. */
static bool import(void *to, size_t size, const void *from)
{
	const unsigned char *in = from;
	unsigned char *out = to;
	uint32_t nr = *(const uint32_t *)from;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (i < size)
			out[i] = in[i];
		else if (in[i])
			return false;
	}
	return true;
}

static enum lvgic_status check_driver(struct v4 *b, const struct lvgic_v4_driver *driver)
{
	const struct lvgic_v4_driver *d = &b->driver;

	if (driver->size < offsetof(struct lvgic_v4_driver, open) || !import(&b->driver, sizeof(b->driver), driver))
		return LVGIC_ERR_OPS;
	if (d->reserved || !d->open || !d->close || !d->map || !d->move || !d->unmap || !d->configure ||
	    !d->set_pending || !d->resident || !d->commit || !d->nonresident ||
	    ((b->cfg.flags & LVGIC_V4_VSGI) &&
	     (!d->vsgi_configure || !d->vsgi_clear || !d->vsgi_pend || !d->vsgi_pending)))
		return LVGIC_ERR_OPS;
	return LVGIC_OK;
}

static enum lvgic_status check_commands(struct v4 *b)
{
	const struct lvgic_v4_config *cfg = &b->cfg;
	const struct lvgic_ops *ops = OPS(b->vgic);
	uint32_t i;

	if (!cfg->vpe || !cfg->config_table || (cfg->config_table_pa & 0xffff) || !cfg->nr_host_its ||
	    cfg->nr_host_its > 16)
		return LVGIC_ERR_INVAL;
	for (i = 0; i <= cfg->nr_vpes; i++)
		if (cfg->vpe[i].vpeid > 0xffff || (cfg->vpe[i].pending_table & 0xffff))
			return LVGIC_ERR_INVAL;
	if (!ops->its_cmd || !ops->vlpi_read || !ops->vlpi_write || !ops->vmovp_begin != !ops->vmovp_end ||
	    ((cfg->flags & LVGIC_V4_VSGI) && (!ops->sgir_write || !ops->vsgi_pending)))
		return LVGIC_ERR_OPS;
	b->driver = command_driver;
	if (!ops->borrow_cpu || !ops->return_cpu)
		b->driver.probe = NULL;
	b->driver_ctx = b;
	return LVGIC_OK;
}

static enum lvgic_status check(struct v4 *b, const struct lvgic_v4_config *cfg)
{
	struct lvgic *vg = b->vgic;

	if (cfg->size < offsetof(struct lvgic_v4_config, driver) || !import(&b->cfg, sizeof(b->cfg), cfg))
		return LVGIC_ERR_OPS;
	if ((b->cfg.flags & ~(LVGIC_V4_1 | LVGIC_V4_VSGI)) || b->cfg.reserved || b->cfg.home.reserved ||
	    !b->cfg.nr_vpes || b->cfg.nr_vpes > vg->cfg.nr_vcpus || !b->cfg.max_events || b->cfg.max_events > 65536 ||
	    !vg->cfg.lpi_id_bits)
		return LVGIC_ERR_INVAL;
	if ((b->cfg.flags & (LVGIC_V4_1 | LVGIC_V4_VSGI)) == LVGIC_V4_VSGI)
		return LVGIC_ERR_INVAL;
	b->driver_ctx = vg->ctx;
	return b->cfg.driver ? check_driver(b, b->cfg.driver) : check_commands(b);
}

static enum lvgic_status alloc_all(struct v4 *b)
{
	const struct lvgic_ops *ops = OPS(b->vgic);
	void *ctx = b->vgic->ctx;
	size_t of_lpi, vpe, host_vpe, vlpi = sizes(b, &of_lpi, &vpe, &host_vpe);
	uint32_t i;

	b->vlpi = ops->alloc(ctx, vlpi);
	b->of_lpi = ops->alloc(ctx, of_lpi);
	b->vpe = ops->alloc(ctx, vpe);
	b->host_vpe = ops->alloc(ctx, host_vpe);
	b->lock = ops->lock_create(ctx, LVGIC_LOCK_V4);
	if (!b->vlpi || !b->of_lpi || !b->vpe || !b->host_vpe || !b->lock)
		return LVGIC_ERR_NOMEM;
	for (i = 0; i <= b->cfg.nr_vpes; i++) {
		b->vpe[i].allowed = 1;
		b->vpe[i].away = AWAY_YES;
		b->vpe[i].mapped_at = b->cfg.home;
		if (!b->cfg.driver)
			b->host_vpe[i] = b->cfg.vpe[i];
	}
	return LVGIC_OK;
}

enum lvgic_status lvgic_v4_create(struct lvgic *vg, const struct lvgic_v4_config *cfg)
{
	enum lvgic_status status;
	struct lock_token lock;
	struct v4 *b;

	if (!vg || !cfg)
		return LVGIC_ERR_INVAL;
	b = OPS(vg)->alloc(vg->ctx, sizeof(*b));
	if (!b)
		return LVGIC_ERR_NOMEM;
	b->vgic = vg;
	status = check(b, cfg);
	if (status == LVGIC_OK)
		status = alloc_all(b);
	if (status == LVGIC_OK) {
		lock = lock_take(vg, vg->config_lock);
		if (vg->v4)
			status = LVGIC_ERR_EXIST;
		else if (vg->started)
			status = LVGIC_ERR_STATE;
		else
			vg->v4 = b;
		lock_drop(lock);
	}
	if (status != LVGIC_OK)
		destroy(b);
	return status;
}

/* The VM starts: the vCPUs are known. */
void v4_start(struct lvgic *vg)
{
	uint32_t i;

	for (i = 0; i < vg->v4->cfg.nr_vpes; i++)
		if (vg->vcpu[i])
			vg->vcpu[i]->vpe = &vg->v4->vpe[i];
}

/*
 * All host interrupts are the host's again; what was pending is forgotten. Tried a few times each: one that the host
 * refuses to take stays masked.
 */
static void return_all(struct v4 *b)
{
	uint32_t n;

	for (n = 1; n <= b->fresh; n++) {
		struct vlpi *vl = vlpi_at(b, n);
		uint32_t tries = 2 * MAX_FAILURES;
		struct budget budget;

		if (!(vl->wish & WISH_USED))
			continue;
		vlpi_asked_anew(vl);
		do {
			budget.lpis = COST_OPERATION;
			(void)vlpi_return(b, NULL, vl, true, &budget);
		} while ((vl->state & (VLPI_VIRT | VLPI_MASKED)) && --tries);
		vl->lpi = 0;
		store32_relaxed(&vl->why, vl->state & VLPI_VIRT ? LVGIC_V4_STUCK : LVGIC_V4_NOT_MAPPED);
	}
}

/* Power on: nothing is mapped. The host interrupts stay known, and are forwarded again when the guest maps them. */
void v4_reset(struct lvgic *vg)
{
	struct v4 *b = vg->v4;
	uint32_t i;

	return_all(b);
	for (i = 0; i < vg->cfg.max_lpis; i++)
		b->of_lpi[i] = 0;
	b->sweep = 0;
	b->sweeping = 0;
	for (i = 0; i < b->cfg.nr_vpes; i++)
		if (vg->vcpu[i])
			vsgi_reset(vg->vcpu[i]);
}

/* Interrupts first, then the vPEs, then what the embedder frees when we have returned: the tables. */
void v4_stop(struct lvgic *vg)
{
	struct v4 *b = vg->v4;

	if (!b)
		return;
	return_all(b);
	/* Begun, perhaps, and not finished. */
	if (b->opened)
		b->driver.close(b->driver_ctx);
	destroy(b);
	vg->v4 = NULL;
}
