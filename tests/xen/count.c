/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * count.c - a plugin of QEMU: how often is each instruction of a range of addresses executed, and how many are in all?
 *
 * usage: -plugin count.so,from=ADDRESS,size=BYTES,to=FILE with one thread and -icount; FILE gets a line "all COUNT" and
 * lines "OFFSET COUNT" in hexadecimal and decimal. QEMU's interface for plugins is declared here: Debian has no header
 * of it.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
enum {
	INLINE_ADD_U64
};

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *ptr, uint64_t imm);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *), void *data);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

static uint64_t from, size, elsewhere, *counts;
static char *to;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t offset = qemu_plugin_insn_vaddr(insn) - from;

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64,
		                                           offset < size ? &counts[offset / 4] : &elsewhere, 1);
	}
}

static void done(qemu_plugin_id_t id, void *data)
{
	FILE *file = fopen(to, "w");
	uint64_t i, all = elsewhere;

	(void)id;
	(void)data;
	if (!file)
		return;
	for (i = 0; i < size / 4; i++) {
		all += counts[i];
		if (counts[i])
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", i * 4, counts[i]);
	}
	fprintf(file, "all %" PRIu64 "\n", all);
	fclose(file);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		char *value = strchr(argv[i], '=') + 1;

		if (strncmp(argv[i], "from=", 5) == 0)
			from = strtoull(value, NULL, 0);
		else if (strncmp(argv[i], "size=", 5) == 0)
			size = strtoull(value, NULL, 0);
		else if (strncmp(argv[i], "to=", 3) == 0)
			to = strdup(value);
	}
	counts = calloc(size / 4 + 1, sizeof(*counts));
	if (!size || !to || !counts)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, done, NULL);
	return 0;
}
