/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * model: random programs on the model and on the library. A program on which they differ is made as short as it can be
 * and printed as a script for "vgic qtest", whose last answer is the wrong one and whose last line says why.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libvgic/libvgic.h>

#include "program.h"

struct totals {
	uint64_t programs, taken, reads, looks;
};

static void show(const struct program *p, const struct outcome *out, FILE *to)
{
	fprintf(to,
	        "seed %" PRIu32 ": %" PRIu32 " vCPUs, %" PRIu32 " list registers, %" PRIu32
	        " priority bits, %s: event %" PRIu32 " of %" PRIu32 ": %s\n",
	        p->seed, p->cfg.nr_cpus, p->nr_lrs, p->cfg.pri_bits, p->cfg.its ? "an ITS" : "no ITS", out->at,
	        p->nr_events, out->why);
}

/* Leave out whatever need not be there for the two to differ: halves, quarters, single events. */
static void shrink(struct program *p, struct outcome *out)
{
	struct event *all = malloc(p->nr_events * sizeof(*all));

	if (!all)
		abort();
	for (uint32_t part = (p->nr_events - p->nr_setup + 1) / 2; part; part = part == 1 ? 0 : (part + 1) / 2) {
		for (uint32_t from = p->nr_setup; from < p->nr_events;) {
			uint32_t nr = p->nr_events, gone = nr - from < part ? nr - from : part;
			struct outcome now;

			memcpy(all, p->event, nr * sizeof(*all));
			memmove(&p->event[from], &all[from + gone], (nr - from - gone) * sizeof(*all));
			p->nr_events -= gone;
			if (!program_run(p, &now, NULL)) {
				*out = now;
				continue;
			}
			memcpy(p->event, all, nr * sizeof(*all));
			p->nr_events = nr;
			from += gone;
		}
	}
	free(all);
}

static bool one(uint32_t seed, uint32_t steps, struct totals *t)
{
	struct program p;
	struct outcome out;
	bool same;

	program_make(&p, seed, steps);
	same = program_run(&p, &out, NULL);
	t->programs++;
	t->taken += out.taken;
	t->reads += out.reads;
	t->looks += out.looks;
	if (!same) {
		show(&p, &out, stderr);
		shrink(&p, &out);
		show(&p, &out, stderr);
		printf("# vgic qtest --cpus %" PRIu32 " --lrs %" PRIu32 " --pri-bits %" PRIu32 " --its %d\n",
		       p.cfg.nr_cpus, p.nr_lrs ? p.nr_lrs : LVGIC_MAX_LRS, p.cfg.pri_bits, p.cfg.its);
		(void)program_run(&p, &out, stdout);
		printf("# %s\n", out.why);
		fflush(stdout);
	}
	program_free(&p);
	return same;
}

static uint32_t number(const char *word)
{
	char *end;
	unsigned long val = strtoul(word, &end, 0);

	if (*end || !*word || val > MAX_EVENTS * 1000ul) {
		fprintf(stderr, "model: not a number: %s\n", word);
		exit(2);
	}
	return (uint32_t)val;
}

/* One of several processes: each takes every n-th seed. The status is the number of programs that differ, at most 100.
 */
static int work(uint32_t from, uint32_t programs, uint32_t steps, uint32_t job, uint32_t jobs, uint32_t most)
{
	struct totals t = { 0 };
	uint32_t differ = 0;

	for (uint32_t i = job; i < programs && differ < most; i += jobs)
		differ += !one(from + i, steps, &t);
	fprintf(stderr,
	        "model: %" PRIu64 " programs of %" PRIu32 " events: %" PRIu64 " interrupts taken, %" PRIu64
	        " registers read, %" PRIu64 " looks: %" PRIu32 " differ\n",
	        t.programs, steps, t.taken, t.reads, t.looks, differ);
	if (!t.taken || !t.reads || !t.looks)
		return 1;
	return (int)(differ < 100 ? differ : 100);
}

int main(int argc, char **argv)
{
	uint32_t opt[5] = { 1, 1000, 200, 1, 1 };
	static const char *const names[] = { "--seed", "--programs", "--steps", "--jobs", "--most" };
	int status = 0, bad = 0;

	for (int i = 1; i < argc; i += 2) {
		int n = 0;

		while (n < 5 && strcmp(argv[i], names[n]) != 0)
			n++;
		if (n == 5 || i + 1 == argc) {
			fprintf(stderr, "usage: model [--seed N] [--programs N] [--steps N] [--jobs N] [--most N]\n"
			                "  --most: stop after so many that differ\n");
			return 2;
		}
		opt[n] = number(argv[i + 1]);
	}
	if (opt[3] <= 1)
		return work(opt[0], opt[1], opt[2], 0, 1, opt[4]) != 0;
	for (uint32_t job = 0; job < opt[3]; job++)
		if (!fork())
			exit(work(opt[0], opt[1], opt[2], job, opt[3], opt[4]));
	while (wait(&status) > 0)
		bad |= status;
	return bad != 0;
}
