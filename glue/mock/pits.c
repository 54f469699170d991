/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the model of physical ITSs: what commands mean, and which are wrong.
 * Locks: hw_lock is held.
 * Implements: IHI 0069 5.3, the commands of a GICv4.0 or GICv4.1 ITS. The encodings are this file's own.
 */
#include "v4.h"

#define FIELD(word, high, low) ((uint32_t)((word) >> (low) & ((1ull << ((high) - (low) + 1)) - 1)))

struct pits_cmd {
	struct mock_v4 *h;
	uint32_t its;
	const uint64_t *w;
	struct effects *effects;
};

#define WRONG(c, ...)                                                  \
	do {                                                           \
		mock_report((c)->h->vm, "physical ITS: " __VA_ARGS__); \
		return;                                                \
	} while (0)

/* The table is made by the devices: an event is there from the beginning, mapped or not. */
struct pevent *pits_event(struct mock_v4 *h, uint32_t its, uint32_t device, uint32_t event)
{
	for (uint32_t i = 0; i < MOCK_MAX_DEVS; i++)
		if (h->event[its][i].device == device && h->event[its][i].event == event && device)
			return &h->event[its][i];
	return NULL;
}

static struct pevent *event_of(struct pits_cmd *c)
{
	return pits_event(c->h, c->its, FIELD(c->w[0], 63, 32), FIELD(c->w[1], 31, 0));
}

static void touched(struct pits_cmd *c, struct hw_vpe *p)
{
	struct pevent *e = event_of(c);

	p->unsynced |= 1u << c->its;
	if (e)
		e->unsynced = true;
}

static void vmapp(struct pits_cmd *c)
{
	struct mock_v4 *h = c->h;
	struct hw_vpe *p = hw_vpe(h, FIELD(c->w[1], 47, 32), "VMAPP");
	bool valid = c->w[2] >> 63, known = false;

	if (!p)
		return;
	for (uint32_t i = 0; i < MAX_PITS; i++)
		known |= p->mapped[i] && i != c->its;
	if (p->resident_at >= 0)
		WRONG(c, "VMAPP of a resident vPE");
	if (valid == p->mapped[c->its])
		WRONG(c, "VMAPP V=%d of a vPE that is %s", valid, valid ? "mapped" : "not mapped");
	if (!valid) {
		for (uint32_t i = 0; i < MOCK_MAX_DEVS; i++)
			if (h->event[c->its][i].to == TO_VLPI && h->event[c->its][i].vpe == hw_vpe_index(h, p))
				WRONG(c, "VMAPP V=0 of a vPE with events");
		if (h->config.v4_1 && known == FIELD(c->w[0], 8, 8))
			WRONG(c, "VMAPP V=0: ALLOC");
		if ((p->unsynced & 1u << c->its) && !h->unlucky)
			WRONG(c, "VMAPP V=0 with effects under way");
		p->mapped[c->its] = false;
		return;
	}
	if (FIELD(c->w[3], 4, 0) != ID_BITS - 1)
		WRONG(c, "VMAPP: VPT_size");
	if (known && p->pcpu != FIELD(c->w[2], 51, 16))
		WRONG(c, "VMAPP: two ITSs, two Redistributors");
	if (known && p->vpt != (c->w[3] & 0x000fffffffff0000ull))
		WRONG(c, "VMAPP: two ITSs, two pending tables");
	if (FIELD(c->w[2], 51, 16) > h->vm->config.nr_vcpus)
		WRONG(c, "VMAPP: RDbase");
	if (h->config.v4_1) {
		if (known == FIELD(c->w[0], 8, 8))
			WRONG(c, "VMAPP: ALLOC");
		if ((c->w[0] & 0x000fffffffff0000ull) != CONFIG_PA)
			WRONG(c, "VMAPP: VCONF_addr");
		p->default_doorbell = FIELD(c->w[1], 31, 0);
	}
	p->stale |= !known;
	p->mapped[c->its] = true;
	p->pcpu = FIELD(c->w[2], 51, 16);
	p->vpt = c->w[3] & 0x000fffffffff0000ull;
	touched(c, p);
}

static void map_virtual(struct pits_cmd *c, bool api)
{
	struct mock_v4 *h = c->h;
	struct pevent *e = event_of(c);
	struct hw_vpe *p = hw_vpe(h, FIELD(c->w[1], 47, 32), "VMAPTI");
	uint32_t intid = api ? FIELD(c->w[1], 31, 0) : FIELD(c->w[2], 31, 0);
	uint32_t doorbell = FIELD(c->w[2], 63, 32);

	if (!e)
		WRONG(c, "VMAPTI: unmapped device, or EventID");
	if (e->to != UNMAPPED)
		WRONG(c, "VMAPTI over a mapped event");
	if (!p || !p->mapped[c->its])
		WRONG(c, "VMAPTI to a vPE that is not mapped");
	if (intid < FIRST_LPI || intid >> ID_BITS)
		WRONG(c, "VMAPTI: vINTID %u", intid);
	if (doorbell != SPURIOUS_DB && doorbell != FIRST_DOORBELL + hw_vpe_index(h, p))
		WRONG(c, "VMAPTI: doorbell %u", doorbell);
	if (!h->config.v4_1 && doorbell == SPURIOUS_DB)
		WRONG(c, "VMAPTI: no doorbell");
	e->to = TO_VLPI;
	e->intid = intid;
	e->vpe = hw_vpe_index(h, p);
	e->doorbell = doorbell;
	hw_read_config(h, p, intid);
	touched(c, p);
}

static void vmovi(struct pits_cmd *c)
{
	struct mock_v4 *h = c->h;
	struct pevent *e = event_of(c);
	struct hw_vpe *p = hw_vpe(h, FIELD(c->w[1], 47, 32), "VMOVI"), *old;

	if (!e || e->to != TO_VLPI)
		WRONG(c, "VMOVI of an event that is not mapped to a vLPI");
	if (!p || !p->mapped[c->its])
		WRONG(c, "VMOVI to a vPE that is not mapped");
	old = &h->vpe[e->vpe];
	if (!h->config.v4_1 && (c->w[2] & 1))
		e->doorbell = FIELD(c->w[2], 63, 32);
	if (!h->config.v4_1 && e->doorbell != FIRST_DOORBELL + hw_vpe_index(h, p))
		WRONG(c, "VMOVI: doorbell of another vPE");
	e->vpe = hw_vpe_index(h, p);
	hw_read_config(h, p, e->intid);
	/* The pending state goes along. No doorbell is made of it here: nobody may count on one. */
	if (p != old && old->pending[e->intid - FIRST_LPI]) {
		old->pending[e->intid - FIRST_LPI] = 0;
		p->pending[e->intid - FIRST_LPI] = 1;
	}
	/* A message goes to the one or to the other, not into a gap. */
	p->unsynced |= 1u << c->its;
}

static void vmovp(struct pits_cmd *c)
{
	struct mock_v4 *h = c->h;
	struct hw_vpe *p = hw_vpe(h, FIELD(c->w[1], 47, 32), "VMOVP");
	uint32_t to = FIELD(c->w[2], 51, 16), all = 0;

	if (!p)
		return;
	for (uint32_t i = 0; i < MAX_PITS; i++)
		all |= p->mapped[i] ? 1u << i : 0;
	if (!(all & 1u << c->its))
		WRONG(c, "VMOVP of a vPE that is not mapped");
	if (p->resident_at >= 0)
		WRONG(c, "VMOVP of a resident vPE");
	if (to > h->vm->config.nr_vcpus)
		WRONG(c, "VMOVP: RDbase");
	if (h->config.v4_1 && (!(c->w[2] >> 63) || FIELD(c->w[3], 31, 0) != p->default_doorbell))
		WRONG(c, "VMOVP: default doorbell");
	touched(c, p);
	if (!h->config.vmovp_each) {
		p->pcpu = to;
		return;
	}
	if (FIELD(c->w[1], 15, 0) != all)
		WRONG(c, "VMOVP: ITSList %#x, mapped at %#x", FIELD(c->w[1], 15, 0), all);
	if (!FIELD(c->w[0], 47, 32))
		WRONG(c, "VMOVP: not the number that the host has given it");
	if (p->moving && (p->moving_seq != FIELD(c->w[0], 47, 32) || p->moving_to != to))
		WRONG(c, "VMOVP: two moves at once");
	p->moving |= 1u << c->its;
	p->moving_seq = FIELD(c->w[0], 47, 32);
	p->moving_to = to;
	if (p->moving == all) {
		p->moving = 0;
		p->pcpu = to;
	}
}

static void vsync(struct pits_cmd *c)
{
	struct hw_vpe *p = hw_vpe(c->h, FIELD(c->w[1], 47, 32), "VSYNC");

	if (!p)
		return;
	/* GICv4.0: also what unmapped it is waited for. */
	if (!p->mapped[c->its] && (c->h->config.v4_1 || !p->vpt))
		WRONG(c, "VSYNC of a vPE that is not mapped");
	/* With threads that of another one, who is about to go on. */
	if (p->moving && !c->h->unlucky)
		WRONG(c, "VSYNC in the middle of a VMOVP");
	p->unsynced &= ~(1u << c->its);
	for (uint32_t i = 0; i < MOCK_MAX_DEVS; i++)
		if (c->h->event[c->its][i].vpe == hw_vpe_index(c->h, p))
			c->h->event[c->its][i].unsynced = false;
}

static void vinvall(struct pits_cmd *c)
{
	struct hw_vpe *p = hw_vpe(c->h, FIELD(c->w[1], 47, 32), "VINVALL");

	if (!p)
		return;
	if (!p->mapped[c->its])
		WRONG(c, "VINVALL of a vPE that is not mapped");
	p->stale = false;
	for (uint32_t i = 0; i < c->h->top; i++)
		if (p->config[i])
			hw_read_config(c->h, p, FIRST_LPI + i);
	touched(c, p);
}

static void invdb(struct pits_cmd *c)
{
	struct hw_vpe *p = hw_vpe(c->h, FIELD(c->w[1], 47, 32), "INVDB");

	if (!c->h->config.v4_1)
		WRONG(c, "INVDB without GICv4.1");
	if (!p)
		return;
	if (!p->mapped[c->its])
		WRONG(c, "INVDB of a vPE that is not mapped");
	touched(c, p);
}

static void vsgi(struct pits_cmd *c)
{
	struct hw_vpe *p = hw_vpe(c->h, FIELD(c->w[1], 47, 32), "VSGI");
	uint32_t sgi = FIELD(c->w[0], 35, 32);

	if (!c->h->config.v4_1)
		WRONG(c, "VSGI without GICv4.1");
	if (!p)
		return;
	if (!p->mapped[c->its])
		WRONG(c, "VSGI of a vPE that is not mapped");
	/* One or the other. */
	if (FIELD(c->w[0], 9, 9))
		p->vsgi_pending &= ~(1u << sgi);
	else
		p->vsgi_config[sgi] = (uint8_t)(FIELD(c->w[0], 23, 20) << 4 | FIELD(c->w[0], 10, 10) << 1 |
		                                FIELD(c->w[0], 8, 8));
	touched(c, p);
}

static void map_physical(struct pits_cmd *c)
{
	struct pevent *e = event_of(c);

	if (!e)
		WRONG(c, "MAPTI: unmapped device, or EventID");
	if (e->to != UNMAPPED)
		WRONG(c, "MAPTI over a mapped event");
	e->to = TO_LPI;
	e->intid = FIELD(c->w[1], 63, 32);
}

static void discard(struct pits_cmd *c)
{
	struct pevent *e = event_of(c);

	if (!e || e->to == UNMAPPED)
		WRONG(c, "DISCARD of an event that is not mapped");
	if (e->to == TO_VLPI) {
		c->h->vpe[e->vpe].pending[e->intid - FIRST_LPI] = 0;
		touched(c, &c->h->vpe[e->vpe]);
	}
	e->to = UNMAPPED;
}

static void event_cmd(struct pits_cmd *c, uint32_t code)
{
	struct mock_v4 *h = c->h;
	struct pevent *e = event_of(c);
	struct hw_vpe *p;

	if (!e || e->to == UNMAPPED)
		WRONG(c, "command %#x for an event that is not mapped", code);
	if (e->to == TO_LPI)
		return;
	p = &h->vpe[e->vpe];
	if (code == 0x03)
		hw_pend(h, p, e->intid, e->doorbell, c->effects);
	else if (code == 0x04)
		p->pending[e->intid - FIRST_LPI] = 0;
	else
		hw_read_config(h, p, e->intid);
	/* The mapping is as it was, so a message may come. */
	p->unsynced |= 1u << c->its;
}

enum lvgic_status pits_command(struct mock_v4 *h, uint32_t its, const uint64_t cmd[4], struct effects *effects)
{
	struct pits_cmd c = { .h = h, .its = its, .w = cmd, .effects = effects };
	uint32_t code = (uint32_t)cmd[0] & 0xffu;

	if (its >= h->config.nr_host_its) {
		mock_report(h->vm, "no physical ITS %u", its);
		return LVGIC_ERR_HOST;
	}
	h->commands[code]++;
	h->commands[0]++;
	switch (code) {
	case 0x03:
	case 0x04:
	case 0x0c:
		event_cmd(&c, code);
		break;
	case 0x05: /* SYNC */
		break;
	case 0x0a:
		map_physical(&c);
		break;
	case 0x0f:
		discard(&c);
		break;
	case 0x21:
		vmovi(&c);
		break;
	case 0x22:
		vmovp(&c);
		break;
	case 0x23:
		vsgi(&c);
		break;
	case 0x25:
		vsync(&c);
		break;
	case 0x29:
		vmapp(&c);
		break;
	case 0x2a:
		map_virtual(&c, false);
		break;
	case 0x2b:
		map_virtual(&c, true);
		break;
	case 0x2d:
		vinvall(&c);
		break;
	case 0x2e:
		invdb(&c);
		break;
	default:
		mock_report(h->vm, "physical ITS: command %#x", code);
		return LVGIC_ERR_HOST;
	}
	return LVGIC_OK;
}
