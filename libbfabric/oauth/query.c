/* query.c - see query.h. */
#include "query.h"
#include "../base/ascii.h"
#include <string.h>

/* One character of an encoded text; -1: it is malformed. */
static int take(const char **at, const char *end)
{
	int high, low;

	if (**at != '%')
		return *(*at)++ == '+' ? ' ' : (unsigned char)(*at)[-1];
	if (end - *at < 3)
		return -1;
	high = bf_hex_value((*at)[1]);
	low = bf_hex_value((*at)[2]);
	*at += 3;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool decode(const char *text, const char *end, struct bf_secret *ret)
{
	while (text < end) {
		int c = take(&text, end);

		if (c < ' ' || c == 0x7f)
			return false;
		bf_secret_putc(ret, (char)c);
	}
	return !ret->failed;
}

/* Does the encoded name spell `name`? Decoded without a copy, so that no memory is needed. */
static bool names(const char *text, const char *end, const char *name)
{
	for (; text < end; name++)
		if (take(&text, end) != (unsigned char)*name || !*name)
			return false;
	return !*name;
}

unsigned bf_query_get(const char *query, size_t len, const char *name, struct bf_secret *ret)
{
	const char *end = query + len;
	unsigned count = 0;

	while (query < end) {
		const char *next = memchr(query, '&', (size_t)(end - query));
		const char *stop = next ? next : end;
		const char *equals = memchr(query, '=', (size_t)(stop - query));
		const char *value = equals ? equals + 1 : stop;

		if (names(query, equals ? equals : stop, name) && ++count == 1 && ret) {
			size_t before = ret->len;

			if (!decode(value, stop, ret))
				bf_secret_cut(ret, before);
		}
		query = next ? next + 1 : end;
	}
	return count;
}
