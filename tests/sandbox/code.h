/* SPDX-License-Identifier: MIT */
/*
 * Authorization codes (RFC 6749 section 4.1.2): good once and for a short time, bound to client,
 * redirect_uri and code_challenge. Under the lock of struct sandbox.
 */
#ifndef SB_CODE_H
#define SB_CODE_H

#include "sandbox.h"

#define SB_CODES_MAX 10000

struct sb_code {
	unsigned char digest[SB_DIGEST_LEN];
	const struct sb_client *client;
	char *redirect_uri;
	char *challenge; /* S256 */
	char *user;
	char *scope;
	double expires;
	struct sb_family *family; /* what it was exchanged for; NULL: not yet used */
	struct sb_code *next;
};

/*
 * What a new code is bound to; the strings are copied. The code, on the heap; NULL when there are
 * too many.
 */
char *sb_code_new(struct sandbox *sb, const struct sb_code *bound_to);
void sb_codes_release(struct sandbox *sb);

#endif
