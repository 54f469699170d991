/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * main() of a fuzz target where libFuzzer's is not linked: replays files, folders of them, or standard input; under
 * AFL++ in persistent mode.
 *
 * usage: TARGET [-v] [FILE | FOLDER]...
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_SIZE (1u << 20)

static unsigned char buffer[INPUT_SIZE];
static bool verbose;

static void die(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(2);
}

/* The copy is as long as the input, so that a sanitizer sees where it ends. */
static void run(const unsigned char *data, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);

	if (!copy)
		die("malloc");
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static unsigned int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		die(path);
	size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	if (verbose)
		fprintf(stderr, "%s\n", path);
	run(buffer, size);
	return 1;
}

/* How many inputs. */
static unsigned int replay(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	if (!dir)
		return replay_file(path);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		n += replay_file(name);
	}
	closedir(dir);
	return n;
}

#ifdef __AFL_HAVE_MANUAL_CONTROL
__AFL_FUZZ_INIT();

static void serve_afl(void)
{
	__AFL_INIT();
	const unsigned char *shared = __AFL_FUZZ_TESTCASE_BUF;

	while (__AFL_LOOP(10000))
		run(shared, (size_t)__AFL_FUZZ_TESTCASE_LEN);
}
#else
static void serve_afl(void)
{
	run(buffer, fread(buffer, 1, sizeof(buffer), stdin));
}
#endif

int main(int argc, char **argv)
{
	unsigned int n = 0;
	int i = 1;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		verbose = true;
		i++;
	}
	if (i == argc) {
		serve_afl();
		return 0;
	}
	for (; i < argc; i++)
		n += replay(argv[i]);
	/* A corpus that is not there is no test. */
	printf("%u inputs\n", n);
	return n ? 0 : 1;
}
