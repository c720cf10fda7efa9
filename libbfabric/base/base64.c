#include "base64.h"

#include <string.h>

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(
	struct bf_secret *out, const char *alphabet, bool pad, const unsigned char *in, size_t len)
{
	for (size_t i = 0; i < len && !out->failed; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)in[i] << 16 | (n > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				(n > 2 ? in[i + 2] : 0);

		for (size_t k = 0; k < n + 1; k++)
			bf_secret_putc(out, alphabet[bits >> (18 - 6 * k) & 63]);
		for (size_t k = n; pad && k < 3; k++)
			bf_secret_putc(out, '=');
	}
}

void bf_base64url_encode(struct bf_secret *out, const void *bytes, size_t len)
{
	encode(out, url_safe, /* pad= */ false, bytes, len);
}

void bf_base64_encode(struct bf_secret *out, const void *bytes, size_t len)
{
	encode(out, plain, /* pad= */ true, bytes, len);
}

static int url_safe_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* To room for three bytes of every four characters; *ret_n says how many were written. */
static bool decode(char *out, const char *text, size_t len, size_t *ret_n)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int value = url_safe_value(text[i]);

		if (value < 0)
			return false;
		bits = (bits << 6 | (uint32_t)value) & 0xffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (char)(bits >> held & 0xff);
		}
	}
	*ret_n = n;
	/* One character left over holds no byte; unused bits must be zero, or two texts are one */
	return held < 6 && (bits & ((1u << held) - 1)) == 0;
}

bool bf_base64url_decode(struct bf_secret *out, const char *text, size_t len)
{
	const size_t room = len / 4 * 3 + len % 4;
	char *to = bf_secret_room(out, room);
	size_t n = 0;

	if (!to)
		return false;
	if (decode(to, text, len, &n)) {
		bf_secret_added(out, n);
		return !out->failed;
	}
	explicit_bzero(to, room);
	return false;
}
