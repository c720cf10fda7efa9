#include "secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define PRINTF_MAX     4096

static size_t limit(const struct bf_secret *s)
{
	return s->max ? s->max : BF_SECRET_MAX;
}

static void erase_and_free(struct bf_secret *s)
{
	if (s->bytes)
		explicit_bzero(s->bytes, s->cap);
	free(s->bytes);
	s->bytes = NULL;
	s->cap = 0;
}

/* Never realloc: it may leave a copy behind. */
static bool grow(struct bf_secret *s, size_t need)
{
	size_t cap = s->cap ? s->cap : FIRST_CAPACITY;
	char *bytes = NULL;

	while (cap < need)
		cap *= 2; /* ends: need is at most `max` + 1 */
	bytes = malloc(cap);
	if (!bytes)
		return false;
	if (s->len)
		memcpy(bytes, s->bytes, s->len);
	bytes[s->len] = '\0';
	erase_and_free(s);
	s->bytes = bytes;
	s->cap = cap;
	return true;
}

char *bf_secret_room(struct bf_secret *s, size_t extra)
{
	if (s->failed)
		return NULL;
	if (s->len > limit(s) || extra > limit(s) - s->len ||
		(s->cap <= s->len + extra && !grow(s, s->len + extra + 1))) {
		s->failed = true;
		return NULL;
	}
	return s->bytes + s->len;
}

void bf_secret_added(struct bf_secret *s, size_t n)
{
	if (s->failed || n == 0)
		return;
	if (n >= s->cap - s->len) { /* more than the room that was given: a bug of the caller */
		s->failed = true;
		return;
	}
	s->len += n;
	s->bytes[s->len] = '\0';
}

void bf_secret_put(struct bf_secret *s, const void *bytes, size_t len)
{
	char *room = bf_secret_room(s, len);

	if (!room || len == 0)
		return;
	memcpy(room, bytes, len);
	bf_secret_added(s, len);
}

void bf_secret_puts(struct bf_secret *s, const char *text)
{
	bf_secret_put(s, text, strlen(text));
}

void bf_secret_putc(struct bf_secret *s, char c)
{
	bf_secret_put(s, &c, 1);
}

/* Measured first, then printed in place: no copy on the stack that would have to be erased. */
void bf_secret_printf(struct bf_secret *s, const char *fmt, ...)
{
	va_list ap;
	char *room = NULL;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || n > PRINTF_MAX) {
		s->failed = true;
		return;
	}
	room = bf_secret_room(s, (size_t)n);
	if (!room)
		return;
	va_start(ap, fmt);
	vsnprintf(room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	bf_secret_added(s, (size_t)n);
}

void bf_secret_put_secret(struct bf_secret *s, const struct bf_secret *from)
{
	if (from->failed)
		s->failed = true;
	else
		bf_secret_put(s, bf_secret_reveal(from), from->len);
}

void bf_secret_cut(struct bf_secret *s, size_t len)
{
	if (len >= s->len)
		return;
	explicit_bzero(s->bytes + len, s->len - len);
	s->len = len;
}

void bf_secret_clear(struct bf_secret *s)
{
	if (s->bytes)
		explicit_bzero(s->bytes, s->cap);
	s->len = 0;
	s->failed = false;
}

void bf_secret_release(struct bf_secret *s)
{
	erase_and_free(s);
	s->len = 0;
	s->failed = false;
}

void bf_secret_move(struct bf_secret *to, struct bf_secret *from)
{
	if (to == from)
		return;
	bf_secret_release(to);
	*to = *from;
	*from = (struct bf_secret){.max = to->max};
}

const char *bf_secret_reveal(const struct bf_secret *s)
{
	return s->bytes ? s->bytes : "";
}

/* The length is no secret; a string that lacks a part of itself equals nothing. */
bool bf_secret_equal(const struct bf_secret *a, const struct bf_secret *b)
{
	const volatile unsigned char *x = (const volatile unsigned char *)bf_secret_reveal(a);
	const volatile unsigned char *y = (const volatile unsigned char *)bf_secret_reveal(b);
	unsigned char difference = 0;

	if (a->len != b->len || a->failed || b->failed)
		return false;
	for (size_t i = 0; i < a->len; i++)
		difference |= x[i] ^ y[i];
	return difference == 0;
}

void bf_free_secret_string(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}
