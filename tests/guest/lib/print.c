/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Formatted output, and the four memory functions that the compiler may call.
 */
#include "print.h"

void *memset(void *dst, int val, size_t n);
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memset(void *dst, int val, size_t n)
{
	unsigned char *d = dst;

	while (n--)
		*d++ = (unsigned char)val;
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (d < s) {
		while (n--)
			*d++ = *s++;
	} else {
		while (n--)
			d[n] = s[n];
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a;
	const unsigned char *y = b;

	for (; n--; x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

struct sink {
	char *buf; /* NULL: the UART */
	size_t size;
	size_t len;
};

static void put(struct sink *s, char c)
{
	if (!s->buf) {
		if (c == '\n')
			uart_putc('\r');
		uart_putc(c);
	} else if (s->len + 1 < s->size) {
		s->buf[s->len++] = c;
		s->buf[s->len] = '\0';
	}
}

static void put_number(struct sink *s, u64 val, u32 base, u32 width, char pad)
{
	char digits[24];
	u32 n = 0;

	do {
		digits[n++] = "0123456789abcdef"[val % base];
		val /= base;
	} while (val);
	while (width > n) {
		put(s, pad);
		width--;
	}
	while (n)
		put(s, digits[--n]);
}

static void format(struct sink *s, const char *fmt, va_list ap)
{
	for (; *fmt; fmt++) {
		char pad = ' ';
		u32 width = 0;
		bool is_long = false;

		if (*fmt != '%') {
			put(s, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0') {
			pad = '0';
			fmt++;
		}
		while (*fmt >= '0' && *fmt <= '9')
			width = width * 10 + (u32)(*fmt++ - '0');
		while (*fmt == 'l') {
			is_long = true;
			fmt++;
		}
		switch (*fmt) {
		case 's': {
			const char *p = va_arg(ap, const char *);

			while (*p)
				put(s, *p++);
			break;
		}
		case 'c':
			put(s, (char)va_arg(ap, int));
			break;
		case 'd': {
			int64_t v = is_long ? va_arg(ap, int64_t) : va_arg(ap, int);

			if (v < 0) {
				put(s, '-');
				put_number(s, 0 - (u64)v, 10, width, pad);
			} else {
				put_number(s, (u64)v, 10, width, pad);
			}
			break;
		}
		case 'u':
			put_number(s, is_long ? va_arg(ap, u64) : va_arg(ap, u32), 10, width, pad);
			break;
		case 'x':
			put_number(s, is_long ? va_arg(ap, u64) : va_arg(ap, u32), 16, width, pad);
			break;
		case '\0':
			return;
		default:
			put(s, *fmt);
			break;
		}
	}
}

void vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct sink s = { .buf = buf, .size = size, .len = 0 };

	buf[0] = '\0';
	format(&s, fmt, ap);
}

void sformat(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vformat(buf, size, fmt, ap);
	va_end(ap);
}

void print(const char *fmt, ...)
{
	struct sink s = { .buf = NULL, .size = 0, .len = 0 };
	va_list ap;

	va_start(ap, fmt);
	format(&s, fmt, ap);
	va_end(ap);
}
