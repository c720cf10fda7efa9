/* SPDX-License-Identifier: MIT */
/*
 * Small helpers of the sandbox server: growing text, encodings, digests, randomness.
 *
 * The sandbox shares no code with libbfabric on purpose: a mistake made in both would be invisible
 * to the tests. Running out of memory ends the program: it is a rehearsal server, nothing is lost.
 */
#ifndef SB_TEXT_H
#define SB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Growing text; data is NUL-terminated as soon as anything was added, NULL before. */
struct sb_text {
	char *data;
	size_t len;
	size_t cap;
};

#define SB_DIGEST_LEN 32
#define SB_ID_LEN     8

void sb_text_add(struct sb_text *t, const void *data, size_t len);
void sb_text_puts(struct sb_text *t, const char *s);
void sb_text_printf(struct sb_text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Adds s with the five characters that mean something in HTML escaped. */
void sb_text_html(struct sb_text *t, const char *s);
/* Adds s as one value of a query: everything but unreserved characters escaped. */
void sb_text_url(struct sb_text *t, const char *s);
void sb_text_free(struct sb_text *t);

void *sb_zalloc(size_t size);
char *sb_strdup(const char *s);
char *sb_strndup(const char *s, size_t len);
/* Copies src into dst of size bytes; false, and dst untouched, if it does not fit. */
bool sb_copy(char *dst, size_t size, const char *src);

/* Decodes %XX and '+' in place; false on a broken escape or an encoded NUL. */
bool sb_url_decode(char *s);
/* Base64url without padding (RFC 4648 section 5), on the heap. */
char *sb_base64url(const void *data, size_t len);
/* Standard base64 (RFC 4648 section 4) into NUL-terminated heap text; NULL if it is not base64 or
 * holds a NUL. */
char *sb_base64_decode(const char *s);

void sb_sha256(const void *data, size_t len, unsigned char ret_digest[SB_DIGEST_LEN]);
/* What the log calls a token: the first 8 hex digits of its SHA-256. */
void sb_token_id(const char *token, char ret_id[SB_ID_LEN + 1]);
/* prefix followed by the base64url of so many random bytes, on the heap. */
char *sb_random_token(const char *prefix, size_t bytes);
void sb_random_bytes(void *data, size_t len);

/* ASCII only, control characters and anything else as '?', at most max characters; on the heap. */
char *sb_printable(const char *s, size_t max);

/* One line on stderr and exit 1: for start-up and for memory, never for what a client sent. */
void sb_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static inline void sb_free_ptr(void *p)
{
	free(*(void **)p);
}

#define SB_AUTOFREE    __attribute__((cleanup(sb_free_ptr)))
#define SB_AUTOTEXT    __attribute__((cleanup(sb_text_free)))
#define SB_COUNTOF(a_) (sizeof(a_) / sizeof((a_)[0]))

#endif
