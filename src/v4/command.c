/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the physical ITS commands and the registers of residency: how they are encoded and in which order they go.
 * Locks: none.
 * Implements: IHI 0069 5.3 (the commands by name), 12.11 GICR_VPROPBASER, GICR_VPENDBASER,
 * 12.19 GITS_SGIR.
 *
 * It is a driver (struct lvgic_v4_driver) like that of a hypervisor that has its own, and the only one that knows
 * commands. Each operation ends with the VSYNC or SYNC that makes its effects visible. An operation that fails half-way
 * knows from "stage" how far it came.
 */
#include "bridge.h"

/* Where the event of a host interrupt is. */
enum stage {
	AT_HOST,  /* mapped to the host's LPI */
	NOWHERE,  /* not mapped */
	AT_GUEST, /* mapped to a vLPI */
};

#define PITS_CMD_VMOVI   0x21u
#define PITS_CMD_VMOVP   0x22u
#define PITS_CMD_VSGI    0x23u
#define PITS_CMD_VSYNC   0x25u
#define PITS_CMD_VMAPP   0x29u
#define PITS_CMD_VMAPTI  0x2au
#define PITS_CMD_VMAPI   0x2bu
#define PITS_CMD_VINVALL 0x2du
#define PITS_CMD_INVDB   0x2eu

#define RDBASE_MASK 0x000fffffffff0000ull
#define NO_DOORBELL 1023u
#define VSGI_ENABLE (1ull << 8)
#define VSGI_CLEAR  (1ull << 9)
#define VSGI_GROUP1 (1ull << 10)
#define VMAPP_ALLOC (1ull << 8)
#define VMAPP_PTZ   (1ull << 9)
#define VMOVP_DB    (1ull << 63)
#define VALID       (1ull << 63)

/* The frame VLPI_base. */
#define VLPI_VPROPBASER        0x0070u
#define VLPI_VPENDBASER        0x0078u
#define VPENDBASER_Valid       (1ull << 63)
#define VPENDBASER_Doorbell    (1ull << 62) /* GICv4.1; IDAI in GICv4.0 */
#define VPENDBASER_IDAI        (1ull << 62)
#define VPENDBASER_PendingLast (1ull << 61)
#define VPENDBASER_Dirty       (1ull << 60)
#define VPENDBASER_VGrp0En     (1ull << 59)
#define VPENDBASER_VGrp1En     (1ull << 58)
#define VPENDBASER_ATTRIBUTES  (7ull << 56 | 1ull << 10 | 7ull << 7) /* GICv4.0: write-back, inner shareable */
#define VPROPBASER_ATTRIBUTES  (7ull << 56 | 1ull << 10 | 7ull << 7)

/* How often a register is read until the hardware is ready: it answers in microseconds, or never. */
#define MAX_POLLS 1000000u

static bool is_v4_1(const struct v4 *b)
{
	return b->cfg.flags & LVGIC_V4_1;
}

static uint64_t vpeid(const struct v4 *b, uint32_t vpe)
{
	return (uint64_t)b->host_vpe[vpe].vpeid << 32;
}

static enum lvgic_status send(const struct v4 *b, uint32_t its, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	const uint64_t cmd[4] = { w0, w1, w2, w3 };

	return OPS(b->vgic)->its_cmd(b->vgic->ctx, its, cmd);
}

static enum lvgic_status vsync(const struct v4 *b, uint32_t its, uint32_t vpe)
{
	return send(b, its, PITS_CMD_VSYNC, vpeid(b, vpe), 0, 0);
}

/* DISCARD, INT, CLEAR, INV of a host's event, whatever it is mapped to. */
static enum lvgic_status event_cmd(const struct v4 *b, const struct lvgic_host_irq *host, uint32_t code)
{
	return send(b, host->its, (uint64_t)host->device << 32 | code, host->event, 0, 0);
}

/* What the VM's vLPIs are like; read by the hardware after an INV. */
static void write_config(const struct v4 *b, const struct lvgic_vlpi *vlpi)
{
	store8_relaxed(&b->cfg.config_table[vlpi->intid - LVGIC_FIRST_LPI], vlpi->config);
	/* Before the command that makes the hardware look. */
	fence_seq();
}

/* One vPE at one ITS. ALLOC: the first that knows it, and the last one. PTZ: nothing was ever pending. */
static enum lvgic_status vmapp(const struct v4 *b, uint32_t its, uint32_t vpe, bool valid)
{
	const struct lvgic_host_vpe *h = &b->host_vpe[vpe];
	uint64_t w0 = PITS_CMD_VMAPP, w1 = vpeid(b, vpe);
	uint64_t w2 = b->vpe[vpe].mapped_at.rdbase & RDBASE_MASK;
	uint64_t w3 = (h->pending_table & RDBASE_MASK) | (b->vgic->cfg.lpi_id_bits - 1);

	if (is_v4_1(b)) {
		w0 |= (b->cfg.config_table_pa & RDBASE_MASK) | (its == 0 ? VMAPP_ALLOC : 0) |
		      (its == 0 && valid ? VMAPP_PTZ : 0);
		w1 |= h->doorbell;
	}
	return send(b, its, w0, w1, valid ? VALID | w2 : 0, w3);
}

/* Goes on where it failed. */
static enum lvgic_status map_vpe(struct v4 *b, uint32_t its, uint32_t vpe)
{
	enum lvgic_status status = LVGIC_OK;

	if (!b->half_mapped)
		status = vmapp(b, its, vpe, true);
	if (status != LVGIC_OK)
		return status;
	b->half_mapped = true;
	/* Nothing that the hardware knew of an earlier vPE with this number. */
	if (is_v4_1(b))
		status = send(b, its, PITS_CMD_INVDB, vpeid(b, vpe), 0, 0);
	if (status == LVGIC_OK)
		status = send(b, its, PITS_CMD_VINVALL, vpeid(b, vpe), 0, 0);
	if (status == LVGIC_OK)
		status = vsync(b, its, vpe);
	return status;
}

/*
 * In the reverse order: the ITS with ALLOC is the first to know a vPE and the last to forget it. What was sent before
 * is over first. Failures: there is nobody left to tell.
 */
static void unmap_vpes(struct v4 *b)
{
	uint32_t n = b->nr_mapped + b->half_mapped;

	while (n--) {
		uint32_t its = n / (b->cfg.nr_vpes + 1), vpe = n % (b->cfg.nr_vpes + 1);

		uint32_t tries = MAX_FAILURES;

		(void)vsync(b, its, vpe);
		while (vmapp(b, its, vpe, false) != LVGIC_OK && --tries)
			;
		/* GICv4.1: unmapping synchronizes itself. */
		if (!is_v4_1(b))
			(void)vsync(b, its, vpe);
	}
	b->nr_mapped = 0;
	b->half_mapped = false;
}

/* All vPEs at all physical ITSs, before any of them is resident: afterwards they only move. Goes on where it failed. */
static enum lvgic_status op_open(void *ctx, uint32_t nr)
{
	struct v4 *b = ctx;

	for (; b->nr_mapped < b->cfg.nr_host_its * (nr + 1); b->nr_mapped++) {
		enum lvgic_status status = map_vpe(b, b->nr_mapped / (nr + 1), b->nr_mapped % (nr + 1));

		if (status != LVGIC_OK)
			return status;
		b->half_mapped = false;
	}
	return LVGIC_OK;
}

static void op_close(void *ctx)
{
	unmap_vpes(ctx);
}

/* The message from the device: to a vLPI, and who is told if its vPE is not resident (GICv4.0: with each event). */
static enum lvgic_status vmapti(const struct v4 *b, const struct lvgic_vlpi *vlpi)
{
	const struct lvgic_host_irq *host = &vlpi->host;
	uint64_t doorbell = is_v4_1(b) ? NO_DOORBELL : b->host_vpe[vlpi->vpe].doorbell;
	uint32_t code = vlpi->intid == host->event ? PITS_CMD_VMAPI : PITS_CMD_VMAPTI;
	uint64_t w2 = doorbell << 32 | (code == PITS_CMD_VMAPTI ? vlpi->intid : 0);

	return send(b, host->its, (uint64_t)host->device << 32 | code, vpeid(b, vlpi->vpe) | host->event, w2, 0);
}

static enum lvgic_status invalidate(const struct v4 *b, const struct lvgic_vlpi *vlpi)
{
	enum lvgic_status status = event_cmd(b, &vlpi->host, GITS_CMD_INV);

	return status == LVGIC_OK ? vsync(b, vlpi->host.its, vlpi->vpe) : status;
}

/* An event that is mapped is not mapped over (5.3 VMAPTI: UNPREDICTABLE), so DISCARD comes first. */
static enum lvgic_status op_map(void *ctx, struct lvgic_vlpi *vlpi)
{
	const struct v4 *b = ctx;
	enum lvgic_status status = LVGIC_OK;

	write_config(b, vlpi);
	if (vlpi->stage == AT_HOST) {
		status = event_cmd(b, &vlpi->host, GITS_CMD_DISCARD);
		if (status != LVGIC_OK)
			return status;
		vlpi->stage = NOWHERE;
	}
	if (vlpi->stage == NOWHERE) {
		status = vmapti(b, vlpi);
		if (status != LVGIC_OK)
			return status;
		vlpi->stage = AT_GUEST;
	}
	return invalidate(b, vlpi);
}

/* VSYNC for the vPE that it comes to; it has left the other one before (5.3 VMOVI, by the same ITS). */
static enum lvgic_status op_move(void *ctx, struct lvgic_vlpi *vlpi)
{
	const struct v4 *b = ctx;
	const struct lvgic_host_irq *host = &vlpi->host;
	uint64_t w2 = is_v4_1(b) ? 0 : (uint64_t)b->host_vpe[vlpi->vpe].doorbell << 32 | 1u;
	enum lvgic_status status = send(b, host->its, (uint64_t)host->device << 32 | PITS_CMD_VMOVI,
	                                vpeid(b, vlpi->vpe) | host->event, w2, 0);

	return status == LVGIC_OK ? vsync(b, host->its, vlpi->vpe) : status;
}

static enum lvgic_status op_unmap(void *ctx, struct lvgic_vlpi *vlpi)
{
	const struct v4 *b = ctx;
	const struct lvgic_host_irq *host = &vlpi->host;
	enum lvgic_status status;

	if (vlpi->stage == AT_GUEST) {
		status = event_cmd(b, host, GITS_CMD_DISCARD);
		if (status != LVGIC_OK)
			return status;
		vlpi->stage = NOWHERE;
	}
	if (vlpi->stage == NOWHERE) {
		/* The vPE has lost it before the host gets it. */
		status = vsync(b, host->its, vlpi->vpe);
		if (status == LVGIC_OK)
			status = send(b, host->its, (uint64_t)host->device << 32 | GITS_CMD_MAPTI,
			              (uint64_t)host->intid << 32 | host->event, host->icid, 0);
		if (status != LVGIC_OK)
			return status;
		vlpi->stage = AT_HOST;
	}
	status = event_cmd(b, host, GITS_CMD_INV);
	if (status != LVGIC_OK)
		return status;
	return send(b, host->its, GITS_CMD_SYNC, 0, host->rdbase & RDBASE_MASK, 0);
}

static enum lvgic_status op_configure(void *ctx, struct lvgic_vlpi *vlpi)
{
	const struct v4 *b = ctx;

	write_config(b, vlpi);
	return invalidate(b, vlpi);
}

/*
 * An INT that was done is not repeated, for it might be taken twice: it arrives, also if there is no VSYNC to wait for
 * it. A CLEAR is: what comes before the guest's command is over may fall under it.
 */
static enum lvgic_status op_set_pending(void *ctx, struct lvgic_vlpi *vlpi, bool on)
{
	const struct v4 *b = ctx;
	enum lvgic_status status = event_cmd(b, &vlpi->host, on ? GITS_CMD_INT : GITS_CMD_CLEAR);

	if (status != LVGIC_OK)
		return status;
	status = vsync(b, vlpi->host.its, vlpi->vpe);
	return on ? LVGIC_OK : status;
}

/*
 * Residency. VMOVP tells the ITSs at which Redistributor the vPE is from now on; it is not resident then.
 */
static enum lvgic_status move_vpe(struct v4 *b, uint32_t vpe, const struct lvgic_host_cpu *cpu)
{
	const struct lvgic_ops *ops = OPS(b->vgic);
	void *ctx = b->vgic->ctx;
	uint64_t w0 = PITS_CMD_VMOVP, w1 = vpeid(b, vpe), w2 = cpu->rdbase & RDBASE_MASK, w3 = 0;
	uint32_t its, nr = ops->vmovp_begin ? b->cfg.nr_host_its : 1;
	enum lvgic_status status = LVGIC_OK;

	if (b->vpe[vpe].mapped_at.rdbase == cpu->rdbase && !b->vpe[vpe].moving)
		return LVGIC_OK;
	/* Until all of it is done nobody knows where it is. */
	b->vpe[vpe].moving = true;
	if (is_v4_1(b)) {
		w2 |= VMOVP_DB;
		w3 = b->host_vpe[vpe].doorbell;
	}
	if (ops->vmovp_begin) {
		w0 |= (uint64_t)ops->vmovp_begin(ctx) << 32;
		w1 |= (1u << nr) - 1;
	}
	for (its = 0; its < nr && status == LVGIC_OK; its++) {
		uint32_t tries = its ? MAX_FAILURES : 1;

		/* Once one ITS knows, the others must. */
		do
			status = send(b, its, w0, w1, w2, w3);
		while (status != LVGIC_OK && --tries);
	}
	for (its = 0; its < b->cfg.nr_host_its && status == LVGIC_OK; its++)
		status = vsync(b, its, vpe);
	if (ops->vmovp_end)
		ops->vmovp_end(ctx);
	if (status == LVGIC_OK) {
		store32_relaxed(&b->vpe[vpe].mapped_at.cpu, cpu->cpu);
		b->vpe[vpe].mapped_at.rdbase = cpu->rdbase;
		b->vpe[vpe].moving = false;
	}
	return status;
}

static uint64_t vlpi_read(const struct v4 *b, const struct lvgic_host_cpu *cpu, uint32_t offset)
{
	return OPS(b->vgic)->vlpi_read(b->vgic->ctx, cpu->cpu, offset);
}

static void vlpi_write(const struct v4 *b, const struct lvgic_host_cpu *cpu, uint32_t offset, uint64_t value)
{
	OPS(b->vgic)->vlpi_write(b->vgic->ctx, cpu->cpu, offset, value);
}

/* GICR_VPENDBASER once the hardware has done what it was told. */
static uint64_t settled(const struct v4 *b, const struct lvgic_host_cpu *cpu)
{
	uint32_t polls = MAX_POLLS;
	uint64_t value;

	do
		value = vlpi_read(b, cpu, VLPI_VPENDBASER);
	while (unlikely(value & VPENDBASER_Dirty) && --polls);
	return value;
}

/*
 * GICv4.0 takes PendingLast as a hint: 0 says that nothing can be pending, which we never know, for messages arrive
 * while the vPE is away.
 */
static void set_resident(struct v4 *b, uint32_t vpe, const struct lvgic_host_cpu *cpu, uint32_t groups)
{
	const struct lvgic_host_vpe *h = &b->host_vpe[vpe];
	uint64_t value = VPENDBASER_Valid;

	if (is_v4_1(b)) {
		value |= h->vpeid | (groups & GICD_CTLR_EnableGrp0 ? VPENDBASER_VGrp0En : 0) |
		         (groups & GICD_CTLR_EnableGrp1 ? VPENDBASER_VGrp1En : 0);
	} else {
		vlpi_write(b, cpu, VLPI_VPROPBASER,
		           b->cfg.config_table_pa | VPROPBASER_ATTRIBUTES | (b->vgic->cfg.lpi_id_bits - 1));
		value |= h->pending_table | VPENDBASER_ATTRIBUTES | VPENDBASER_PendingLast |
		         (b->vpe[vpe].idai ? VPENDBASER_IDAI : 0);
	}
	vlpi_write(b, cpu, VLPI_VPENDBASER, value);
}

/*
 * Valid 1 to 0. GICv4.1 takes the wish for a doorbell along in the same write: PendingLast 0 asks whether anything is
 * pending, and if not, the doorbell will come. PendingLast 1 says that we will be back: the hardware need not find out.
 */
static bool set_nonresident(struct v4 *b, uint32_t vpe, const struct lvgic_host_cpu *cpu, bool doorbell)
{
	uint64_t value = settled(b, cpu);

	value &= ~(VPENDBASER_Valid | VPENDBASER_PendingLast | VPENDBASER_Doorbell);
	if (is_v4_1(b))
		value |= doorbell ? VPENDBASER_Doorbell : VPENDBASER_PendingLast;
	vlpi_write(b, cpu, VLPI_VPENDBASER, value);
	value = settled(b, cpu);
	if (!is_v4_1(b))
		b->vpe[vpe].idai = value & VPENDBASER_IDAI;
	/* Not ready in all that time: nobody knows. */
	return value & (VPENDBASER_PendingLast | VPENDBASER_Dirty);
}

static void switch_doorbell(const struct v4 *b, uint32_t vpe, bool on)
{
	if (!is_v4_1(b) && OPS(b->vgic)->doorbell)
		OPS(b->vgic)->doorbell(b->vgic->vcpu[vpe]->ctx, on);
}

static enum lvgic_status op_resident(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu, uint32_t groups)
{
	struct v4 *b = ctx;
	enum lvgic_status status = move_vpe(b, vpe, cpu);

	if (status == LVGIC_OK)
		set_resident(b, vpe, cpu, groups);
	/* If it failed the software takes over, and no doorbell is waited for either. */
	switch_doorbell(b, vpe, false);
	return status;
}

static void op_commit(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu)
{
	(void)vpe;
	(void)settled(ctx, cpu);
}

/* The doorbell is on before the vPE is away. */
static bool op_nonresident(void *ctx, uint32_t vpe, const struct lvgic_host_cpu *cpu, bool doorbell)
{
	struct v4 *b = ctx;

	if (doorbell)
		switch_doorbell(b, vpe, true);
	return set_nonresident(b, vpe, cpu, doorbell);
}

/* The spare vPE, for a moment. Nobody listens to its doorbell. */
static enum lvgic_status op_probe(void *ctx, bool *pending)
{
	struct v4 *b = ctx;
	const struct lvgic_ops *ops = OPS(b->vgic);
	struct lvgic_host_cpu cpu;
	enum lvgic_status status = ops->borrow_cpu(b->vgic->ctx, &cpu);

	if (status != LVGIC_OK)
		return status;
	status = move_vpe(b, b->cfg.nr_vpes, &cpu);
	if (status == LVGIC_OK) {
		set_resident(b, b->cfg.nr_vpes, &cpu, GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
		*pending = set_nonresident(b, b->cfg.nr_vpes, &cpu, true);
	}
	ops->return_cpu(b->vgic->ctx, &cpu);
	return status;
}

/*
 * VSGI goes to one ITS: all of them reach the same Redistributor. With Clear it clears the pending state and leaves the
 * configuration alone, without it is the reverse.
 */
static enum lvgic_status vsgi(const struct v4 *b, uint32_t vpe, uint32_t sgi, uint64_t fields)
{
	enum lvgic_status status = send(b, 0, PITS_CMD_VSGI | (uint64_t)sgi << 32 | fields, vpeid(b, vpe), 0, 0);

	return status == LVGIC_OK ? vsync(b, 0, vpe) : status;
}

static enum lvgic_status op_vsgi_configure(void *ctx, uint32_t vpe, uint32_t sgi, uint32_t config)
{
	return vsgi(ctx, vpe, sgi,
	            (uint64_t)(config >> 4 & 0xfu) << 20 | (config & 1u ? VSGI_ENABLE : 0) |
	                    (config & 2u ? VSGI_GROUP1 : 0));
}

static enum lvgic_status op_vsgi_clear(void *ctx, uint32_t vpe, uint32_t sgi)
{
	return vsgi(ctx, vpe, sgi, VSGI_CLEAR);
}

static void op_vsgi_pend(void *ctx, uint32_t vpe, uint32_t sgi)
{
	const struct v4 *b = ctx;

	OPS(b->vgic)->sgir_write(b->vgic->ctx, 0, vpeid(b, vpe) | sgi);
}

/* Any Redistributor that shares the vPE's tables answers; the one where it is mapped does. */
static enum lvgic_status op_vsgi_pending(void *ctx, uint32_t vpe, uint32_t *mask)
{
	const struct v4 *b = ctx;

	return OPS(b->vgic)->vsgi_pending(b->vgic->ctx, load32_relaxed(&b->vpe[vpe].mapped_at.cpu),
	                                  b->host_vpe[vpe].vpeid, mask);
}

static enum lvgic_status op_invalidate_doorbell(void *ctx, uint32_t vpe)
{
	const struct v4 *b = ctx;
	enum lvgic_status status;

	if (!is_v4_1(b))
		return LVGIC_OK;
	status = send(b, 0, PITS_CMD_INVDB, vpeid(b, vpe), 0, 0);
	return status == LVGIC_OK ? vsync(b, 0, vpe) : status;
}

const struct lvgic_v4_driver command_driver = {
	.size = sizeof(command_driver),
	.open = op_open,
	.close = op_close,
	.map = op_map,
	.move = op_move,
	.unmap = op_unmap,
	.configure = op_configure,
	.set_pending = op_set_pending,
	.probe = op_probe,
	.resident = op_resident,
	.commit = op_commit,
	.nonresident = op_nonresident,
	.vsgi_configure = op_vsgi_configure,
	.vsgi_clear = op_vsgi_clear,
	.vsgi_pend = op_vsgi_pend,
	.vsgi_pending = op_vsgi_pending,
	.invalidate_doorbell = op_invalidate_doorbell,
};
