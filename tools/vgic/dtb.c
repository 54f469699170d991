/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * dtb.c - the device tree of the machine, in the way of QEMU's "virt" board, and the initrd and command line in it.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "machine.h"
#include "util.h"

#define DEFAULT_BOOTARGS "console=ttyAMA0 earlycon nokaslr"

/* Room for the tree: a CPU takes about 100 bytes. */
#define DTB_ROOM 0x10000u

#define PHANDLE_GIC   1u
#define PHANDLE_CLOCK 2u
#define PHANDLE_ITS   3u /* of the first; the others follow */

#define IRQ_SPI        0u
#define IRQ_PPI        1u
#define IRQ_LEVEL_HIGH 4u

/* The first error stays; writing on after one does no harm. */
struct tree {
	void *fdt;
	int err;
};

static void keep(struct tree *t, int err)
{
	if (err < 0 && t->err == 0)
		t->err = err;
}

static void begin(struct tree *t, const char *name)
{
	keep(t, fdt_begin_node(t->fdt, name));
}

static void end(struct tree *t)
{
	keep(t, fdt_end_node(t->fdt));
}

static void prop_string(struct tree *t, const char *name, const char *val)
{
	keep(t, fdt_property(t->fdt, name, val, (int)strlen(val) + 1));
}

static void prop_u32(struct tree *t, const char *name, uint32_t val)
{
	keep(t, fdt_property_u32(t->fdt, name, val));
}

static void prop_empty(struct tree *t, const char *name)
{
	keep(t, fdt_property(t->fdt, name, NULL, 0));
}

static void prop_bytes(struct tree *t, const char *name, const void *val, size_t size)
{
	keep(t, fdt_property(t->fdt, name, val, (int)size));
}

#define MAX_CELLS 192u

static void prop_cells(struct tree *t, const char *name, const uint32_t *cells, size_t nr_cells)
{
	fdt32_t be[MAX_CELLS];
	size_t i;

	for (i = 0; i < nr_cells; i++)
		be[i] = cpu_to_fdt32(cells[i]);
	prop_bytes(t, name, be, 4 * nr_cells);
}

static void prop_ranges(struct tree *t, const uint64_t *val, size_t nr)
{
	uint32_t cells[16];
	size_t i;

	for (i = 0; i < nr; i++) {
		cells[2 * i] = (uint32_t)(val[i] >> 32);
		cells[2 * i + 1] = (uint32_t)val[i];
	}
	prop_cells(t, "reg", cells, 2 * nr);
}

static void add_cpus(struct tree *t, const struct machine *m)
{
	unsigned int cpu;

	begin(t, "cpus");
	prop_u32(t, "#address-cells", 1);
	prop_u32(t, "#size-cells", 0);
	for (cpu = 0; cpu < m->nr_cpus; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu@%x", (unsigned int)machine_affinity(cpu));
		begin(t, name);
		prop_string(t, "device_type", "cpu");
		prop_string(t, "compatible", "arm,cortex-a57");
		prop_string(t, "enable-method", "psci");
		prop_u32(t, "reg", machine_affinity(cpu));
		end(t);
	}
	end(t);
}

static void add_psci(struct tree *t)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	begin(t, "psci");
	prop_bytes(t, "compatible", compatible, sizeof(compatible));
	prop_string(t, "method", "hvc");
	end(t);
}

static void add_timer(struct tree *t)
{
	static const char compatible[] = "arm,armv8-timer\0arm,armv7-timer";
	/* Secure, physical, virtual, hypervisor. */
	static const uint32_t interrupts[] = {
		IRQ_PPI,
		13,
		IRQ_LEVEL_HIGH,
		IRQ_PPI,
		MACH_INTID_PTIMER - 16,
		IRQ_LEVEL_HIGH,
		IRQ_PPI,
		MACH_INTID_VTIMER - 16,
		IRQ_LEVEL_HIGH,
		IRQ_PPI,
		10,
		IRQ_LEVEL_HIGH,
	};

	begin(t, "timer");
	prop_bytes(t, "compatible", compatible, sizeof(compatible));
	prop_cells(t, "interrupts", interrupts, sizeof(interrupts) / sizeof(interrupts[0]));
	prop_empty(t, "always-on");
	end(t);
}

static void add_gic(struct tree *t, const struct machine *m)
{
	const uint64_t reg[] = { MACH_GICD_BASE, MACH_GICD_SIZE, MACH_GICR_BASE, MACH_GICR_STRIDE * m->nr_cpus };
	unsigned int i;

	begin(t, "intc@8000000");
	prop_string(t, "compatible", "arm,gic-v3");
	prop_u32(t, "#interrupt-cells", 3);
	prop_u32(t, "#address-cells", 2);
	prop_u32(t, "#size-cells", 2);
	prop_empty(t, "ranges");
	prop_empty(t, "interrupt-controller");
	prop_u32(t, "#redistributor-regions", 1);
	prop_ranges(t, reg, 4);
	prop_u32(t, "phandle", PHANDLE_GIC);
	for (i = 0; i < m->config->nr_its; i++) {
		const uint64_t its[] = { machine_its_base(i), MACH_GITS_SIZE };
		char name[32];

		snprintf(name, sizeof(name), "its@%llx", (unsigned long long)its[0]);
		begin(t, name);
		prop_string(t, "compatible", "arm,gic-v3-its");
		prop_empty(t, "msi-controller");
		prop_u32(t, "#msi-cells", 1);
		prop_ranges(t, its, 2);
		prop_u32(t, "phandle", PHANDLE_ITS + i);
		end(t);
	}
	end(t);
}

/* INTA to INTD of each slot, with the usual swizzle: the slots repeat every four. */
static void add_interrupt_map(struct tree *t)
{
	static const uint32_t mask[] = { 0x1800, 0, 0, 7 };
	uint32_t map[16 * 10];
	uint32_t slot, pin, n = 0;

	for (slot = 0; slot < 4; slot++)
		for (pin = 1; pin <= 4; pin++) {
			const uint32_t row[] = { slot << 11,
				                 0,
				                 0,
				                 pin,
				                 PHANDLE_GIC,
				                 0,
				                 0,
				                 IRQ_SPI,
				                 MACH_INTID_PCI - 32 + (slot + pin - 1) % 4,
				                 IRQ_LEVEL_HIGH };

			memcpy(&map[n], row, sizeof(row));
			n += 10;
		}
	prop_cells(t, "interrupt-map", map, n);
	prop_cells(t, "interrupt-map-mask", mask, 4);
	prop_u32(t, "#interrupt-cells", 1);
}

static void add_pci(struct tree *t, const struct machine *m)
{
	static const uint64_t reg[] = { MACH_ECAM_BASE, MACH_ECAM_SIZE };
	static const uint32_t buses[] = { 0, (uint32_t)(MACH_ECAM_SIZE >> 20) - 1 };
	/* 32-bit memory space, addresses alike on both sides. */
	static const uint32_t window[] = { 0x02000000, 0, MACH_PCI_MEM, 0, MACH_PCI_MEM, 0, MACH_PCI_MEM_SIZE };
	static const uint32_t msi_map[] = { 0, PHANDLE_ITS, 0, 0x10000 };

	begin(t, "pcie@3f000000");
	prop_string(t, "compatible", "pci-host-ecam-generic");
	prop_string(t, "device_type", "pci");
	prop_u32(t, "#address-cells", 3);
	prop_u32(t, "#size-cells", 2);
	prop_u32(t, "linux,pci-domain", 0);
	prop_cells(t, "bus-range", buses, 2);
	prop_empty(t, "dma-coherent");
	prop_ranges(t, reg, 2);
	prop_cells(t, "ranges", window, 7);
	if (m->config->nr_its)
		prop_cells(t, "msi-map", msi_map, 4);
	add_interrupt_map(t);
	end(t);
}

static void add_uart(struct tree *t)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	static const uint32_t interrupts[] = { IRQ_SPI, MACH_INTID_UART - 32, IRQ_LEVEL_HIGH };
	static const uint32_t clocks[] = { PHANDLE_CLOCK, PHANDLE_CLOCK };
	static const uint64_t reg[] = { MACH_UART_BASE, MACH_UART_SIZE };

	begin(t, "apb-pclk");
	prop_string(t, "compatible", "fixed-clock");
	prop_u32(t, "#clock-cells", 0);
	prop_u32(t, "clock-frequency", 24000000);
	prop_string(t, "clock-output-names", "clk24mhz");
	prop_u32(t, "phandle", PHANDLE_CLOCK);
	end(t);
	begin(t, "pl011@9000000");
	prop_bytes(t, "compatible", compatible, sizeof(compatible));
	prop_ranges(t, reg, 2);
	prop_cells(t, "interrupts", interrupts, 3);
	prop_cells(t, "clocks", clocks, 2);
	prop_bytes(t, "clock-names", clock_names, sizeof(clock_names));
	end(t);
}

static int make_tree(const struct machine *m, void *fdt)
{
	struct tree t = { .fdt = fdt };
	const uint64_t ram[] = { MACH_RAM_BASE, m->ram_size };

	keep(&t, fdt_create(fdt, DTB_ROOM));
	keep(&t, fdt_finish_reservemap(fdt));
	begin(&t, "");
	prop_string(&t, "compatible", "linux,dummy-virt");
	prop_string(&t, "model", "libvgic virtual machine");
	prop_u32(&t, "#address-cells", 2);
	prop_u32(&t, "#size-cells", 2);
	prop_u32(&t, "interrupt-parent", PHANDLE_GIC);
	begin(&t, "chosen");
	prop_string(&t, "stdout-path", "/pl011@9000000");
	end(&t);
	begin(&t, "memory@40000000");
	prop_string(&t, "device_type", "memory");
	prop_ranges(&t, ram, 2);
	end(&t);
	add_psci(&t);
	add_cpus(&t, m);
	add_timer(&t);
	add_gic(&t, m);
	add_pci(&t, m);
	add_uart(&t);
	end(&t);
	keep(&t, fdt_finish(fdt));
	return t.err;
}

/* The user's tree; libfdt checks every access to it, but the blob must be all there. */
static int open_tree(const char *path, void **fdt, size_t room)
{
	size_t size = 0;
	uint8_t *data = read_file(path, &size);
	int err;

	if (!data)
		return 1;
	if (size < sizeof(struct fdt_header) || fdt_check_header(data) != 0 || fdt_totalsize(data) > size ||
	    fdt_check_full(data, size) != 0) {
		complain("%s: not a device tree blob", path);
		free(data);
		return 1;
	}
	*fdt = calloc(1, size + room);
	err = *fdt ? fdt_open_into(data, *fdt, (int)(size + room)) : -FDT_ERR_NOSPACE;
	free(data);
	return err;
}

static int set_chosen(const struct machine *m, const struct boot_info *info, void *fdt, size_t room)
{
	const char *append = m->config->append;
	const char *sep = append && *append ? " " : "";
	char *bootargs = malloc(room);
	int node = fdt_path_offset(fdt, "/chosen");
	int err = 0;

	if (!bootargs)
		return -FDT_ERR_NOSPACE;
	snprintf(bootargs, room, "%s%s%s", DEFAULT_BOOTARGS, sep, append ? append : "");
	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(fdt, 0, "chosen");
	if (node < 0)
		err = node;
	/* A command line that came with the user's tree is replaced only by one that the user gives. */
	if (!err && (append || !fdt_getprop(fdt, node, "bootargs", NULL)))
		err = fdt_setprop(fdt, node, "bootargs", bootargs, (int)strlen(bootargs) + 1);
	if (!err && info->initrd_end > info->initrd_start)
		err = fdt_setprop_u64(fdt, node, "linux,initrd-start", info->initrd_start);
	if (!err && info->initrd_end > info->initrd_start)
		err = fdt_setprop_u64(fdt, node, "linux,initrd-end", info->initrd_end);
	free(bootargs);
	return err;
}

void *dtb_make(const struct machine *m, const struct boot_info *info, size_t *size)
{
	size_t room = 1024 + (m->config->append ? strlen(m->config->append) : 0);
	void *fdt = NULL;
	int err;

	if (m->config->dtb) {
		err = open_tree(m->config->dtb, &fdt, 2 * room);
		if (err > 0)
			return NULL;
	} else {
		fdt = calloc(1, DTB_ROOM + 2 * room);
		err = fdt ? make_tree(m, fdt) : -FDT_ERR_NOSPACE;
		if (!err)
			err = fdt_open_into(fdt, fdt, (int)(DTB_ROOM + 2 * room));
	}
	if (!err)
		err = set_chosen(m, info, fdt, room);
	if (!err)
		err = fdt_pack(fdt);
	if (err) {
		complain("cannot make the device tree: %s", fdt_strerror(err));
		free(fdt);
		return NULL;
	}
	*size = fdt_totalsize(fdt);
	return fdt;
}
