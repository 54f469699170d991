/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * One pass over the structure block of a flattened device tree (Devicetree Specification, chapter 5). A node is looked
 * at when it ends, because its properties come in any order.
 */
#include "fdt.h"

#define FDT_MAGIC      0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u

#define MAX_DEPTH 8u

struct property {
	const u8 *data;
	u32 len;
};

struct node {
	const char *name;
	struct property compatible, reg, interrupts, device_type, bootargs;
};

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* The n-th number of two cells; 0 behind the end. */
static u64 cell_pair(const struct property *prop, u32 n)
{
	return prop->len < 8 * (n + 1) ? 0 : (u64)be32(prop->data + 8 * n) << 32 | be32(prop->data + 8 * n + 4);
}

static bool equal(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

/* One of the strings of a property, which end with NUL each. */
static bool has_string(const struct property *prop, const char *string)
{
	for (u32 i = 0; i < prop->len; i++)
		if ((i == 0 || !prop->data[i - 1]) && equal((const char *)prop->data + i, string))
			return true;
	return false;
}

static void look_at(const struct node *node, struct machine *m)
{
	if (equal(node->name, "chosen") && node->bootargs.len) {
		m->bootargs = (const char *)node->bootargs.data;
	} else if (has_string(&node->compatible, "arm,gic-v3")) {
		m->gicd = cell_pair(&node->reg, 0);
		m->gicr = cell_pair(&node->reg, 2);
	} else if (has_string(&node->compatible, "arm,gic-v3-its") && !m->its) {
		m->its = cell_pair(&node->reg, 0);
	} else if (has_string(&node->compatible, "arm,sbsa-uart")) {
		m->uart = cell_pair(&node->reg, 0);
	} else if (has_string(&node->compatible, "arm,pl031") && node->interrupts.len >= 8) {
		m->rtc = cell_pair(&node->reg, 0);
		m->rtc_intid = 32 + be32(node->interrupts.data + 4);
	} else if (has_string(&node->compatible, "xen,xen") && node->interrupts.len >= 8) {
		m->evtchn_intid = 16 + be32(node->interrupts.data + 4); /* a PPI */
	} else if (has_string(&node->device_type, "cpu") && m->nr_vcpus < MAX_VCPUS) {
		m->mpidr[m->nr_vcpus++] = node->reg.len == 4 ? be32(node->reg.data) : cell_pair(&node->reg, 0);
	}
}

static void note_property(struct node *node, const char *name, struct property prop)
{
	if (equal(name, "compatible"))
		node->compatible = prop;
	else if (equal(name, "reg"))
		node->reg = prop;
	else if (equal(name, "interrupts"))
		node->interrupts = prop;
	else if (equal(name, "device_type"))
		node->device_type = prop;
	else if (equal(name, "bootargs"))
		node->bootargs = prop;
}

bool fdt_read(const void *fdt, struct machine *m)
{
	const u8 *blob = fdt, *p, *strings;
	struct node nodes[MAX_DEPTH];
	u32 depth = 0;

	*m = (struct machine){ .bootargs = "" };
	if (be32(blob) != FDT_MAGIC)
		return false;
	p = blob + be32(blob + 8);
	strings = blob + be32(blob + 12);
	for (;;) {
		u32 token = be32(p);

		p += 4;
		switch (token) {
		case FDT_BEGIN_NODE:
			if (depth == MAX_DEPTH)
				return false;
			nodes[depth++] = (struct node){ .name = (const char *)p };
			while (*p)
				p++;
			p += 4 - ((size_t)(p - blob) & 3);
			break;
		case FDT_END_NODE:
			if (depth == 0)
				return false;
			look_at(&nodes[--depth], m);
			break;
		case FDT_PROP:
			if (depth == 0)
				return false;
			note_property(&nodes[depth - 1], (const char *)strings + be32(p + 4),
			              (struct property){ p + 8, be32(p) });
			p += 8 + ((be32(p) + 3) & ~3u);
			break;
		case FDT_NOP:
			break;
		default: /* FDT_END */
			return m->gicd && m->gicr && m->nr_vcpus;
		}
	}
}

bool argument(const char *args, const char *name, const char *otherwise, char *buf, size_t size)
{
	const char *value = otherwise;
	bool found = false;
	size_t n = 0;

	for (const char *p = args; *p && !found; p++) {
		const char *a = p, *b = name;

		if (p != args && p[-1] != ' ')
			continue;
		for (; *b && *a == *b; a++)
			b++;
		if (!*b && *a == '=') {
			value = a + 1;
			found = true;
		}
	}
	for (; value[n] && value[n] != ' ' && n + 1 < size; n++)
		buf[n] = value[n];
	buf[n] = '\0';
	return found;
}

u64 argument_number(const char *args, const char *name, u64 otherwise)
{
	char text[24];
	u64 n = 0, base = 10;

	if (!argument(args, name, "", text, sizeof(text)))
		return otherwise;
	for (const char *p = text; *p; p++) {
		if (*p == 'x' && n == 0)
			base = 16;
		else if (*p >= '0' && *p <= '9')
			n = n * base + (u64)(*p - '0');
		else if (*p >= 'a' && *p <= 'f' && base == 16)
			n = n * base + (u64)(*p - 'a') + 10;
		else
			return otherwise;
	}
	return n;
}

bool list_has(const char *list, const char *word)
{
	for (const char *p = list; *p; p++) {
		const char *a = p, *b = word;

		if (p != list && p[-1] != ',')
			continue;
		for (; *b && *a == *b; a++)
			b++;
		if (!*b && (*a == ',' || !*a))
			return true;
	}
	return false;
}
