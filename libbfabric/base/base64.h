/*
 * base64.h - base64url without padding (RFC 4648, section 5; RFC 7515, section 2) and plain base64
 * with padding (section 4; HTTP Basic, RFC 7617).
 */
#ifndef BF_BASE64_H
#define BF_BASE64_H

#include "secret.h"

void bf_base64url_encode(struct bf_secret *out, const void *bytes, size_t len);
void bf_base64_encode(struct bf_secret *out, const void *bytes, size_t len);

/* Strict: no padding, no white space, no foreign character, unused bits zero. False if malformed.
 */
BF_MUST_USE bool bf_base64url_decode(struct bf_secret *out, const char *text, size_t len);

#endif
