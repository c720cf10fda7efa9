/* said.c - see said.h. */
#include "said.h"
#include "../base/secret.h"
#include <string.h>

#define TOKEN_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=%"
#define TOKEN_MIN      20 /* 120 bits in base64url; 128 bits need 22 */

/* Ordinary long words (two_factor_enrolment, host names) have neither digits nor both cases. */
static bool token_like(const char *run, size_t len)
{
	bool upper = false, lower = false, digit = false;

	for (size_t i = 0; i < len; i++) {
		upper |= run[i] >= 'A' && run[i] <= 'Z';
		lower |= run[i] >= 'a' && run[i] <= 'z';
		digit |= run[i] >= '0' && run[i] <= '9';
	}
	return len >= TOKEN_MIN && (digit || (upper && lower));
}

void bf_said(char *dst, size_t size, const char *text)
{
	BF_AUTO_SECRET struct bf_secret kept = BF_SECRET_INIT;

	while (text && *text) {
		size_t run = strspn(text, TOKEN_ALPHABET);
		size_t rest = strcspn(text + run, TOKEN_ALPHABET);

		if (token_like(text, run))
			bf_secret_puts(&kept, "[...]");
		else
			bf_secret_put(&kept, text, run);
		bf_secret_put(&kept, text + run, rest);
		text += run + rest;
	}
	bf_show(dst, size, bf_secret_reveal(&kept), kept.failed ? 0 : kept.len);
}
