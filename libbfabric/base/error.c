#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One row a status: the comment in bfabric.h promises the exit codes. */
int bfabric_status_exit_code(enum bfabric_status status)
{
	switch (status) {
	case BFABRIC_OK:
		return 0;
	case BFABRIC_SYSTEM:
	case BFABRIC_BAD_CONFIG:
	case BFABRIC_BAD_REPLY:
	case BFABRIC_NO_MEMORY:
	case BFABRIC_UNSUPPORTED:
	case BFABRIC_REFUSED:
		return 1;
	case BFABRIC_BAD_CALL:
		return 2;
	case BFABRIC_NOT_LOGGED_IN:
		return 3;
	case BFABRIC_LOGIN_REQUIRED:
	case BFABRIC_DENIED:
		return 4;
	case BFABRIC_RETRY_LATER:
	case BFABRIC_TIMEOUT:
		return 5;
	case BFABRIC_STORE_UNAVAILABLE:
		return 6;
	case BFABRIC_LOCK_TIMEOUT:
		return 7;
	case BFABRIC_FORBIDDEN:
		return 8;
	case BFABRIC_CANCELLED:
		return 130;
	}
	return 1;
}

const char *bfabric_status_name(enum bfabric_status status)
{
	switch (status) {
	case BFABRIC_OK:
		return "OK";
	case BFABRIC_SYSTEM:
		return "SYSTEM";
	case BFABRIC_BAD_CONFIG:
		return "BAD_CONFIG";
	case BFABRIC_BAD_REPLY:
		return "BAD_REPLY";
	case BFABRIC_NO_MEMORY:
		return "NO_MEMORY";
	case BFABRIC_UNSUPPORTED:
		return "UNSUPPORTED";
	case BFABRIC_BAD_CALL:
		return "BAD_CALL";
	case BFABRIC_NOT_LOGGED_IN:
		return "NOT_LOGGED_IN";
	case BFABRIC_LOGIN_REQUIRED:
		return "LOGIN_REQUIRED";
	case BFABRIC_DENIED:
		return "DENIED";
	case BFABRIC_RETRY_LATER:
		return "RETRY_LATER";
	case BFABRIC_TIMEOUT:
		return "TIMEOUT";
	case BFABRIC_STORE_UNAVAILABLE:
		return "STORE_UNAVAILABLE";
	case BFABRIC_LOCK_TIMEOUT:
		return "LOCK_TIMEOUT";
	case BFABRIC_FORBIDDEN:
		return "FORBIDDEN";
	case BFABRIC_CANCELLED:
		return "CANCELLED";
	case BFABRIC_REFUSED:
		return "REFUSED";
	}
	return "UNKNOWN";
}

/*
 * Decode one UTF-8 character (RFC 3629: no overlong form, no surrogate, at most U+10FFFF).
 * Returns its length, 0 when the bytes are not one.
 */
static size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	uint32_t c = n < 2 ? s[0] : s[0] & (0x7fu >> n);

	if (n == 0 || n > len || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* Characters that show nothing, or that change the order in which others are shown. */
static bool is_invisible(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x00ad, 0x00ad},
		{0x034f, 0x034f},
		{0x061c, 0x061c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x202a, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfffb},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

void bf_show(char *dst, size_t size, const char *src, size_t len)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;
	size_t room_for_dots = 0; /* the last place where "..." still fits */

	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c = 0;
		const char *shown = src + i;
		size_t shown_len;

		n = utf8_decode(s + i, len - i, &c);
		shown_len = n;
		if (n && is_invisible(c))
			continue;
		if (n == 0 || is_control(c)) {
			n = n ? n : 1;
			shown = "?";
			shown_len = 1;
		}
		if (used + shown_len >= size) {
			used = room_for_dots;
			for (int dot = 0; dot < 3 && used + 1 < size; dot++)
				dst[used++] = '.';
			break;
		}
		memcpy(dst + used, shown, shown_len);
		used += shown_len;
		if (used + 3 < size)
			room_for_dots = used;
	}
	dst[used] = '\0';
}

/* Twice the visible size, so that what is dropped by the cleaning does not cost visible text. */
#define RAW_SIZE (2 * sizeof(((struct bfabric_error *)0)->text))

static void set(struct bfabric_error *err, enum bfabric_status status, const char *raw)
{
	err->status = status;
	bf_show(err->text, sizeof(err->text), raw, strlen(raw));
}

enum bfabric_status bf_fail(
	struct bfabric_error *err, enum bfabric_status status, const char *fmt, ...)
{
	const int saved = errno;
	char raw[RAW_SIZE];
	va_list ap;

	if (!err)
		return status;
	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	set(err, status, raw);
	errno = saved;
	return status;
}

enum bfabric_status bf_fail_context(
	struct bfabric_error *err, enum bfabric_status status, const char *fmt, ...)
{
	const int saved = errno;
	char raw[RAW_SIZE + sizeof(err->text) + 2];
	va_list ap;
	int n;

	if (!err)
		return status;
	va_start(ap, fmt);
	n = vsnprintf(raw, RAW_SIZE, fmt, ap);
	va_end(ap);
	n = n < 0 ? 0 : n >= (int)RAW_SIZE ? (int)RAW_SIZE - 1 : n;
	snprintf(raw + n, sizeof(raw) - (size_t)n, ": %s", err->text);
	set(err, status, raw);
	errno = saved;
	return status;
}

enum bfabric_status bf_fail_nomem(struct bfabric_error *err)
{
	if (err)
		set(err, BFABRIC_NO_MEMORY, "out of memory");
	return BFABRIC_NO_MEMORY;
}

void bf_freep(void *pointer_to_pointer)
{
	void *p;

	memcpy(&p, pointer_to_pointer, sizeof(p));
	free(p);
}

void bf_closep(int *fd)
{
	const int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}
