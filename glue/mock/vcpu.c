/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the loop around a vCPU: entry, exit, what makes it leave the guest, the guest's instructions.
 * Locks: none; the vCPU's owner. It waits at the gate (thread.c) before each entry.
 * Implements: the two ways to run a vCPU in <libvgic/run.h>.
 */
#include "v4.h"

/*
 * Maintenance interrupts and kicks that follow each other without a guest instruction in between. Nothing else happens
 * meanwhile, so a few are enough to be sure that it never ends.
 */
#define MAX_MAINTENANCE 4
#define MAX_KICKS       64

bool mock_vcpu_in_guest(const struct mock_vm *vm, uint32_t cpu)
{
	return atomic_load(&mock_cpu(vm, cpu)->in_guest);
}

bool mock_kicked(const struct mock_vm *vm, uint32_t cpu)
{
	return atomic_load(&mock_cpu(vm, cpu)->exit_req);
}

void mock_obey_kicks(struct mock_vm *vm, bool obey)
{
	vm->obey_kicks = obey;
}

void mock_vcpu_enter(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;

	if (atomic_load(&c->in_guest))
		return;
	if (c->off)
		mock_report(vm, "vCPU %u is off", cpu);
	mock_gate(c);
	mock_self = c;
	if (vm->v4)
		mock_v4_entering(c);
	if (!vm->config.trapped) {
		lvgic_vcpu_flush(c->lv);
		if (vm->v4)
			mock_v4_entered(c);
		if (vm->config.omit & 1u << MOCK_OP_LR_STORE)
			mock_op_lr_store(c, lvgic_vcpu_ich(c->lv), (1u << c->ich.nr_lrs) - 1);
	} else {
		/* What came meanwhile is looked at before each entry. */
		(void)lvgic_vcpu_lines(c->lv);
	}
	mock_self = self;
	c->counts.entries++;
	atomic_store(&c->in_guest, true);
}

void mock_vcpu_exit(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;

	if (!atomic_load(&c->in_guest))
		return;
	atomic_store(&c->in_guest, false);
	c->counts.exits++;
	mock_self = c;
	if (!vm->config.trapped) {
		if (vm->config.omit & 1u << MOCK_OP_LR_LOAD)
			mock_op_lr_load(c, lvgic_vcpu_ich(c->lv), (1u << c->ich.nr_lrs) - 1);
		lvgic_vcpu_sync(c->lv);
	}
	mock_phys_settle(vm);
	mock_self = self;
}

void mock_vcpu_off(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;

	mock_vcpu_exit(vm, cpu);
	mock_self = c;
	lvgic_vcpu_off(c->lv);
	if (vm->v4 && mock_vcpu_resident(vm, cpu))
		mock_report(vm, "vCPU %u is off, its vPE is resident", cpu);
	if (vm->v4)
		mock_vcpu_put(vm, cpu);
	mock_self = self;
	c->off = true;
	mock_stopped(c);
}

void mock_vcpu_on(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;

	mock_gate(c);
	c->off = false;
	mock_self = c;
	lvgic_vcpu_on(c->lv);
	mock_self = self;
}

/* An interprocessor interrupt takes its time, in which the guest goes on with the list registers that it has. */
static bool kick_arrives(struct mock_vcpu *c)
{
	if (!atomic_load(&c->exit_req) || (c->vm->config.slow_kicks && ++c->instructions < c->vm->config.slow_kicks))
		return false;
	c->instructions = 0;
	return true;
}

/* Be in the guest, with nothing that would make the hardware leave it before the next instruction. */
static void settle(struct mock_vcpu *c)
{
	struct mock_vm *vm = c->vm;
	bool threads = atomic_load(&vm->running);
	unsigned int maintenance = 0, kicks = 0;

	if (c->asleep && !mock_guest_wake(vm, c->id)) {
		mock_report(vm, "an instruction of vCPU %u, which sleeps", c->id);
		c->asleep = false;
	}
	for (;;) {
		uint32_t misr;

		mock_vcpu_enter(vm, c->id);
		if (threads ? kick_arrives(c) : vm->obey_kicks && atomic_load(&c->exit_req)) {
			mock_vcpu_exit(vm, c->id);
			maintenance = 0;
			if (!threads && ++kicks > MAX_KICKS) {
				mock_report(vm, "vCPU %u is kicked for ever", c->id);
				return;
			}
			continue;
		}
		misr = vm->config.trapped ? 0 : mock_ich_misr(&c->ich);
		if (!misr)
			return;
		c->counts.maintenance++;
		if (++maintenance > MAX_MAINTENANCE) { /* R84 */
			mock_report(vm, "maintenance interrupt of vCPU %u for ever, MISR %#x, HCR %#x", c->id, misr,
			            c->ich.hcr);
			return;
		}
		mock_vcpu_exit(vm, c->id);
	}
}

/* After an instruction: the hardware leaves the guest at once if it has to. */
static void instruction_done(struct mock_vcpu *c)
{
	if (atomic_load(&c->vm->phys_changed)) {
		/* The physical interrupt is taken by the hypervisor: an exit like any other. */
		mock_vcpu_exit(c->vm, c->id);
		mock_phys_settle(c->vm);
	}
	settle(c);
}

static enum lvgic_status trapped(struct mock_vcpu *c, uint32_t sysreg, bool write, uint64_t *val)
{
	struct mock_vcpu *self = mock_self;
	enum lvgic_status status;

	c->counts.traps++;
	mock_vcpu_exit(c->vm, c->id);
	mock_self = c;
	status = write ? lvgic_icc_write(c->lv, sysreg, *val) : lvgic_icc_read(c->lv, sysreg, val);
	mock_self = self;
	mock_phys_settle(c->vm);
	return status;
}

static enum lvgic_status access_sysreg(struct mock_vcpu *c, uint32_t sysreg, bool write, uint64_t *val)
{
	enum mock_access access = MOCK_ACCESS_TRAP;
	enum lvgic_status status = LVGIC_OK;

	settle(c);
	if (!c->vm->config.trapped)
		access = write ? mock_ich_write(&c->ich, sysreg, *val) : mock_ich_read(&c->ich, sysreg, val);
	if (access == MOCK_ACCESS_UNDEF)
		return LVGIC_ERR_UNDEF;
	if (access == MOCK_ACCESS_TRAP)
		status = trapped(c, sysreg, write, val);
	instruction_done(c);
	return status;
}

enum lvgic_status mock_guest_mrs(struct mock_vm *vm, uint32_t cpu, uint32_t sysreg, uint64_t *val)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu);
	enum lvgic_status status = access_sysreg(c, sysreg, false, val);

	if (status == LVGIC_OK && (sysreg == ICC_IAR0_EL1 || sysreg == ICC_IAR1_EL1) && *val != GIC_INTID_SPURIOUS)
		c->counts.acks++;
	return status;
}

enum lvgic_status mock_guest_msr(struct mock_vm *vm, uint32_t cpu, uint32_t sysreg, uint64_t val)
{
	return access_sysreg(mock_cpu(vm, cpu), sysreg, true, &val);
}

void mock_guest_nop(struct mock_vm *vm, uint32_t cpu)
{
	settle(mock_cpu(vm, cpu));
}

uint32_t mock_guest_lines(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu), *self = mock_self;
	uint32_t lines, lib;

	settle(c);
	if (!vm->config.trapped)
		return mock_ich_lines(&c->ich);
	mock_self = c;
	lib = lvgic_vcpu_lines(c->lv);
	mock_self = self;
	lines = (lib & LVGIC_LINE_IRQ ? MOCK_LINE_IRQ : 0) | (lib & LVGIC_LINE_FIQ ? MOCK_LINE_FIQ : 0);
	return lines;
}

/* With list registers and trapped alike: does WFI fall through? */
static bool wfi_pending(struct mock_vcpu *c)
{
	struct mock_vcpu *self = mock_self;
	bool pending;

	mock_self = c;
	pending = lvgic_vcpu_pending(c->lv);
	mock_self = self;
	return pending;
}

bool mock_guest_wfi(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu);

	settle(c);
	mock_vcpu_exit(vm, cpu);
	lvgic_vcpu_block(c->lv);
	if (!atomic_load(&vm->running)) {
		c->asleep = true;
		return mock_guest_wake(vm, cpu);
	}
	for (;;) {
		mock_gate(c);
		if (mock_stopping(vm) || wfi_pending(c))
			break;
		if (vm->v4)
			mock_vcpu_put(vm, cpu);
		mock_sleep(c);
		if (vm->v4)
			mock_vcpu_load(vm, cpu);
	}
	lvgic_vcpu_unblock(c->lv);
	return true;
}

bool mock_guest_wake(struct mock_vm *vm, uint32_t cpu)
{
	struct mock_vcpu *c = mock_cpu(vm, cpu);

	if (!c->asleep)
		return true;
	/* With GICv4 it matters who wakes a thread: it does not look by itself. */
	if (vm->v4 && c->slept && !atomic_load(&c->exit_req))
		return false;
	mock_gate(c);
	if (vm->v4)
		mock_vcpu_load(vm, cpu);
	if (!wfi_pending(c)) {
		c->slept = true;
		if (vm->v4)
			mock_vcpu_put(vm, cpu);
		return false;
	}
	c->asleep = false;
	c->slept = false;
	lvgic_vcpu_unblock(c->lv);
	mock_vcpu_enter(vm, cpu);
	return true;
}

/* --- MMIO --- */

struct mmio {
	uint64_t gpa; /* or the offset in a frame */
	uint32_t size;
	bool write;
	uint64_t val;
};

enum frame {
	BY_ADDRESS,
	DISTRIBUTOR,
	REDISTRIBUTOR
};

static void library_access(struct mock_vm *vm, struct lvgic_vcpu *lv, enum frame frame, struct lvgic_vcpu *redist,
                           struct mmio *m)
{
	uint32_t offset = (uint32_t)m->gpa;
	enum lvgic_status status = LVGIC_OK;

	if (frame == DISTRIBUTOR && m->write)
		lvgic_dist_write(vm->vgic, lv, offset, m->size, m->val);
	else if (frame == DISTRIBUTOR)
		m->val = lvgic_dist_read(vm->vgic, lv, offset, m->size);
	else if (frame == REDISTRIBUTOR && m->write)
		lvgic_redist_write(redist, lv, offset, m->size, m->val);
	else if (frame == REDISTRIBUTOR)
		m->val = lvgic_redist_read(redist, lv, offset, m->size);
	else if (m->write)
		status = lvgic_mmio_write(vm->vgic, lv, m->gpa, m->size, m->val);
	else
		status = lvgic_mmio_read(vm->vgic, lv, m->gpa, m->size, &m->val);
	if (status != LVGIC_OK)
		mock_report(vm, "MMIO at %#llx: %s", (unsigned long long)m->gpa, lvgic_strstatus(status));
}

static uint64_t mmio(struct mock_vm *vm, uint32_t cpu, enum frame frame, uint32_t redist, struct mmio m)
{
	struct mock_vcpu *c = cpu == MOCK_DEBUGGER ? NULL : mock_cpu(vm, cpu);
	struct lvgic_vcpu *lv = c ? c->lv : NULL;
	struct mock_vcpu *self = mock_self;
	bool reenter = c && atomic_load(&c->in_guest);

	if (reenter)
		mock_vcpu_exit(vm, cpu);
	mock_self = c;
	library_access(vm, lv, frame, frame == REDISTRIBUTOR ? mock_cpu(vm, redist)->lv : NULL, &m);
	mock_self = self;
	mock_phys_settle(vm);
	if (reenter)
		settle(c);
	return m.val;
}

uint64_t mock_mmio_r(struct mock_vm *vm, uint32_t cpu, uint64_t gpa, uint32_t size)
{
	return mmio(vm, cpu, BY_ADDRESS, 0, (struct mmio){ .gpa = gpa, .size = size });
}

void mock_mmio_w(struct mock_vm *vm, uint32_t cpu, uint64_t gpa, uint32_t size, uint64_t val)
{
	mmio(vm, cpu, BY_ADDRESS, 0, (struct mmio){ .gpa = gpa, .size = size, .write = true, .val = val });
}

uint64_t mock_dist_r(struct mock_vm *vm, uint32_t cpu, uint32_t offset, uint32_t size)
{
	return mmio(vm, cpu, DISTRIBUTOR, 0, (struct mmio){ .gpa = offset, .size = size });
}

void mock_dist_w(struct mock_vm *vm, uint32_t cpu, uint32_t offset, uint32_t size, uint64_t val)
{
	mmio(vm, cpu, DISTRIBUTOR, 0, (struct mmio){ .gpa = offset, .size = size, .write = true, .val = val });
}

uint64_t mock_redist_r(struct mock_vm *vm, uint32_t cpu, uint32_t redist, uint32_t offset, uint32_t size)
{
	return mmio(vm, cpu, REDISTRIBUTOR, redist, (struct mmio){ .gpa = offset, .size = size });
}

void mock_redist_w(struct mock_vm *vm, uint32_t cpu, uint32_t redist, uint32_t offset, uint32_t size, uint64_t val)
{
	mmio(vm, cpu, REDISTRIBUTOR, redist, (struct mmio){ .gpa = offset, .size = size, .write = true, .val = val });
}
