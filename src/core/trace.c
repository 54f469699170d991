/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: what the library tells about itself: statistics, events, guest errors, "why is this interrupt not delivered".
 * Locks: none; counters are relaxed.
 * Implements: nothing of the architecture; the order of the questions in explain() is that of IHI 0069 4.6 to 4.8.
 */
#include "internal.h"

static enum lvgic_irq_kind kind_of(uint32_t intid)
{
	if (intid < LVGIC_NR_SGIS)
		return LVGIC_KIND_SGI;
	if (intid < LVGIC_NR_PRIVATE)
		return LVGIC_KIND_PPI;
	return intid < LVGIC_FIRST_LPI ? LVGIC_KIND_SPI : LVGIC_KIND_LPI;
}

void stats_injected(struct lvgic_vcpu *v, const struct lvgic_irq *irq, uint32_t handle)
{
	struct lvgic *vg = v->vgic;

	STAT_ADD(v, injected[kind_of(irq_intid(irq))], 1);
	if (vg->stamp)
		store64_relaxed(&vg->stamp[handle], OPS(vg)->clock(vg->ctx));
}

void stats_delivered(struct lvgic_vcpu *v, const struct lvgic_irq *irq, uint64_t word)
{
	struct lvgic *vg = v->vgic;
	uint64_t ns, bucket;

	STAT_ADD(v, delivered[kind_of(irq_intid(irq))], 1);
	if (!vg->stamp)
		return;
	ns = OPS(vg)->clock(vg->ctx) - load64_relaxed(&vg->stamp[irq_handle(vg, irq, word)]);
	bucket = 63 - (uint64_t)__builtin_clzll(ns | 1);
	STAT_ADD(v, latency_ns, ns);
	STAT_ADD(v, latency[bucket < LVGIC_LATENCY_BUCKETS ? bucket : LVGIC_LATENCY_BUCKETS - 1], 1);
	if (ns > load64_relaxed(&v->stats->latency_max_ns))
		store64_relaxed(&v->stats->latency_max_ns, ns);
}

void lvgic_get_stats(struct lvgic *vg, struct lvgic_vcpu *only, struct lvgic_stats *out)
{
	uint32_t id, i;

	*out = (struct lvgic_stats){ .guest_errors = load64_relaxed(&vg->guest_errors) };
	for (id = 0; id < vg->cfg.nr_vcpus; id++) {
		struct lvgic_vcpu *v = vg->vcpu[id];
		const struct lvgic_stats *s = v ? v->stats : NULL;

		if (!s || (only && v != only))
			continue;
		for (i = 0; i < LVGIC_NR_KINDS; i++) {
			out->injected[i] += load64_relaxed(&s->injected[i]);
			out->delivered[i] += load64_relaxed(&s->delivered[i]);
		}
		for (i = 0; i < LVGIC_LATENCY_BUCKETS; i++)
			out->latency[i] += load64_relaxed(&s->latency[i]);
		out->kicks += load64_relaxed(&s->kicks);
		out->forwards += load64_relaxed(&s->forwards);
		out->drops += load64_relaxed(&s->drops);
		out->lr_loads += load64_relaxed(&s->lr_loads);
		out->lr_evictions += load64_relaxed(&s->lr_evictions);
		if (load64_relaxed(&s->lr_max) > out->lr_max)
			out->lr_max = load64_relaxed(&s->lr_max);
		out->overflows += load64_relaxed(&s->overflows);
		out->halts += load64_relaxed(&s->halts);
		out->latency_ns += load64_relaxed(&s->latency_ns);
		if (load64_relaxed(&s->latency_max_ns) > out->latency_max_ns)
			out->latency_max_ns = load64_relaxed(&s->latency_max_ns);
	}
}

/* The first 16 are reported, then every power of two: a guest can make 64 more lines at most (R74). */
void report_guest_error(struct lvgic *vg, struct lvgic_vcpu *self, enum lvgic_guest_error_kind kind, uint32_t size,
                        uint64_t address, uint64_t value)
{
	uint64_t count = add64_relaxed(&vg->guest_errors, 1) + 1;
	struct lvgic_guest_error error = {
		.kind = kind, .size = size, .address = address, .value = value, .count = count
	};

	if (OPS(vg)->guest_error && (count <= 16 || !(count & (count - 1))))
		OPS(vg)->guest_error(vg->ctx, self ? self->ctx : NULL, &error);
}

void trace_emit(struct lvgic *vg, enum lvgic_event_kind kind, uint32_t vcpu, uint32_t intid, uint64_t word,
                uint64_t arg)
{
	struct lvgic_event event = { .kind = kind, .vcpu = vcpu, .intid = intid, .word = word, .arg = arg };

	OPS(vg)->trace(vg->ctx, &event);
}

/* The list register of v that holds the interrupt; 0 if none does. */
static uint64_t lr_of(const struct lvgic_vcpu *v, uint32_t intid)
{
	uint32_t used;

	for (used = v->lr_used; used; used &= used - 1) {
		uint64_t lr = v->ich.lr[__builtin_ctz(used)];

		if ((uint32_t)lr == intid)
			return lr;
	}
	return 0;
}

static enum lvgic_why explain(struct lvgic *vg, const struct lvgic_irq *irq, uint64_t w, uint32_t *vcpu)
{
	bool in_lr = w & W_IN_LR;
	const struct lvgic_vcpu *v;
	uint64_t lr = 0;

	*vcpu = w & W_QUEUED ? word_home(w) : word_target(w);
	v = *vcpu < vg->cfg.nr_vcpus ? vg->vcpu[*vcpu] : NULL;
	if (!v)
		*vcpu = UINT32_MAX;
	if (v && in_lr)
		lr = lr_of(v, irq_intid(irq));
	if (w & W_FORWARD)
		return LVGIC_WHY_FORWARDED;
	if (!(w & W_PEND) && !(lr & ICH_LR_PENDING) && !(w & W_ACTIVE))
		return LVGIC_WHY_NOT_PENDING;
	if ((w & W_ACTIVE) || (lr & ICH_LR_ACTIVE))
		return LVGIC_WHY_ACTIVE;
	if (!(w & W_ENABLED))
		return LVGIC_WHY_DISABLED;
	if (!v)
		return LVGIC_WHY_NO_TARGET;
	if (!load32_relaxed(&v->online))
		return LVGIC_WHY_VCPU_OFF;
	if ((w & W_LPI) && !lpis_enabled(v))
		return LVGIC_WHY_LPIS_OFF;
	if (!(load32_relaxed(&vg->gicd_ctlr) & (w & W_GROUP1 ? GICD_CTLR_EnableGrp1 : GICD_CTLR_EnableGrp0)))
		return LVGIC_WHY_GROUP_DIST;
	if (load32_relaxed(&v->asleep))
		return LVGIC_WHY_ASLEEP;
	if (!(v->ich.vmcr & (w & W_GROUP1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0)))
		return LVGIC_WHY_GROUP_CPU;
	if (word_prio(w) >= v->ich.vmcr >> ICH_VMCR_VPMR_SHIFT)
		return LVGIC_WHY_PMR;
	if (w & W_INBOX)
		return LVGIC_WHY_QUEUED;
	if (!vif_preempts(v, word_prio(w), w & W_GROUP1))
		return LVGIC_WHY_RUNNING;
	return in_lr ? LVGIC_WHY_SIGNALLED : LVGIC_WHY_OUTRANKED;
}

void lvgic_explain(struct lvgic *vg, struct lvgic_vcpu *v, uint32_t intid, struct lvgic_explanation *out)
{
	struct lvgic_irq *irq = vg->started ? irq_find(vg, v, intid) : NULL;

	if (!irq && vg->started)
		irq = lpi_find(vg, intid);

	*out = (struct lvgic_explanation){ .why = LVGIC_WHY_NO_SUCH, .intid = intid, .vcpu = UINT32_MAX };
	if (!irq)
		return;
	out->word = load64_relaxed(&irq->word);
	out->why = explain(vg, irq, out->word, &out->vcpu);
}

const char *lvgic_strwhy(enum lvgic_why why)
{
	switch (why) {
	case LVGIC_WHY_NO_SUCH:
		return "there is no such interrupt";
	case LVGIC_WHY_NOT_PENDING:
		return "it is not pending: no edge or software write is latched, and no level is asserted";
	case LVGIC_WHY_DISABLED:
		return "it is disabled (ISENABLER)";
	case LVGIC_WHY_ACTIVE:
		return "it is active: the guest has not deactivated the last one";
	case LVGIC_WHY_NO_TARGET:
		return "IROUTER names no vCPU, or it is 1 of N and all vCPUs are deselected (GICR_CTLR.DPG)";
	case LVGIC_WHY_GROUP_DIST:
		return "its group is disabled at the Distributor (GICD_CTLR)";
	case LVGIC_WHY_VCPU_OFF:
		return "its vCPU is switched off";
	case LVGIC_WHY_ASLEEP:
		return "its vCPU's Redistributor was put to sleep (GICR_WAKER)";
	case LVGIC_WHY_GROUP_CPU:
		return "its group is disabled at the CPU interface (ICC_IGRPEN)";
	case LVGIC_WHY_PMR:
		return "it is masked by the priority mask (ICC_PMR)";
	case LVGIC_WHY_RUNNING:
		return "its priority does not preempt the running priority";
	case LVGIC_WHY_OUTRANKED:
		return "others of higher or equal priority are before it";
	case LVGIC_WHY_QUEUED:
		return "it is on its way: its vCPU has not looked yet";
	case LVGIC_WHY_SIGNALLED:
		return "it is signalled: the PE masks it or is about to take it";
	case LVGIC_WHY_LPIS_OFF:
		return "LPIs are disabled at its Redistributor (GICR_CTLR.EnableLPIs)";
	case LVGIC_WHY_ITS_DISABLED:
		return "the ITS is disabled (GITS_CTLR)";
	case LVGIC_WHY_NO_DEVICE:
		return "its device is not mapped (MAPD)";
	case LVGIC_WHY_NO_EVENT:
		return "its event is not mapped (MAPTI)";
	case LVGIC_WHY_NO_COLLECTION:
		return "its collection is not mapped (MAPC)";
	case LVGIC_WHY_FORWARDED:
		return "the hardware delivers it (GICv4): whether it is pending, only the hardware knows";
	}
	return "unknown reason";
}

const char *lvgic_strevent(enum lvgic_event_kind kind)
{
	switch (kind) {
	case LVGIC_EVENT_INJECT:
		return "inject";
	case LVGIC_EVENT_QUEUE:
		return "queue";
	case LVGIC_EVENT_KICK:
		return "kick";
	case LVGIC_EVENT_FORWARD:
		return "forward";
	case LVGIC_EVENT_DROP:
		return "drop";
	case LVGIC_EVENT_LOAD:
		return "load";
	case LVGIC_EVENT_EVICT:
		return "evict";
	case LVGIC_EVENT_ACK:
		return "ack";
	case LVGIC_EVENT_END:
		return "end";
	case LVGIC_EVENT_MMIO:
		return "mmio";
	case LVGIC_EVENT_COMMAND:
		return "command";
	case LVGIC_NR_EVENTS:
		break;
	}
	return "unknown event";
}
