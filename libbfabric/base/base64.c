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

/* The six bits that a character of url_safe stands for; 64: none. A token is read at every call. */
/* clang-format off */
static const unsigned char six_bits[128] = {
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
	64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63,
	64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
};
/* clang-format on */

static uint32_t url_safe_value(char c)
{
	unsigned char at = (unsigned char)c;

	return at < sizeof(six_bits) ? six_bits[at] : 64;
}

/* To room for three bytes of every four characters; *ret_n says how many were written. */
static bool decode(char *out, const char *text, size_t len, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += 4) {
		size_t count = len - i < 4 ? len - i : 4;
		uint32_t bits = 0, foreign = 0;

		for (size_t k = 0; k < count; k++) {
			uint32_t value = url_safe_value(text[i + k]);

			foreign |= value & 64;
			bits |= (value & 63) << (18 - 6 * k);
		}
		/* One character alone holds no byte; unused bits must be zero, or two texts are one
		 */
		if (foreign || count == 1 || bits & (0xffffffu >> (8 * (count - 1))))
			return false;
		for (size_t k = 0; k + 1 < count; k++)
			out[n++] = (char)(bits >> (16 - 8 * k) & 0xff);
	}
	*ret_n = n;
	return true;
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
