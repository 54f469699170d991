/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * mkdrive.c - mkdrive FILE MIB: fill a file with the pattern, and print the sum of its words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pattern.h"

int main(int argc, char **argv)
{
	uint64_t words = argc == 3 ? strtoull(argv[2], NULL, 10) << 17 : 0, sum = 0, i;
	FILE *file = words ? fopen(argv[1], "wb") : NULL;

	if (!file) {
		fprintf(stderr, "usage: mkdrive FILE MIB\n");
		return 2;
	}
	for (i = 0; i < words; i++) {
		uint64_t word = pattern(i);

		sum += word;
		if (fwrite(&word, sizeof(word), 1, file) != 1)
			return 1;
	}
	if (fclose(file) != 0)
		return 1;
	printf("%" PRIx64 "\n", sum);
	return 0;
}
