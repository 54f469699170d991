/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * util.c - messages, numbers, files and time.
 */
#define _GNU_SOURCE
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void complain(const char *fmt, ...)
{
	va_list args;

	fputs("vgic: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *val)
{
	char *end;
	unsigned long long n;

	/* strtoull() would also take a sign, white space and the empty string. */
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return false;
	*val = n;
	return true;
}

uint64_t host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

/* Read a stream of unknown length, so that pipes work too. */
static uint8_t *read_stream(FILE *stream, const char *path, size_t *size)
{
	size_t room = 1u << 20, used = 0;
	uint8_t *data = malloc(room);

	while (data) {
		uint8_t *bigger;

		used += fread(data + used, 1, room - used, stream);
		if (used < room) {
			if (ferror(stream)) {
				complain("%s: %s", path, strerror(errno));
				break;
			}
			if (used == 0) {
				complain("%s: the file is empty", path);
				break;
			}
			*size = used;
			return data;
		}
		bigger = room <= SIZE_MAX / 2 ? realloc(data, room * 2) : NULL;
		if (!bigger) {
			complain("%s: no memory for the file", path);
			break;
		}
		data = bigger;
		room *= 2;
	}
	free(data);
	return NULL;
}

uint8_t *read_file(const char *path, size_t *size)
{
	FILE *stream = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	if (!stream) {
		complain("%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(stream), &st) == 0 && S_ISDIR(st.st_mode)) {
		complain("%s: is a directory", path);
		fclose(stream);
		return NULL;
	}
	data = read_stream(stream, path, size);
	fclose(stream);
	return data;
}
