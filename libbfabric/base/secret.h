/*
 * secret.h - the one growing byte string of this project; it erases itself.
 *
 * Tokens, codes, verifiers, client secrets and every file or message that contains one are kept in
 * a struct bf_secret. It grows by copy-and-erase (never realloc), is erased before it is freed, is
 * compared in constant time and is read through one function that can be searched for.
 *
 * Errors are sticky: when memory runs out or `max` would be exceeded, `failed` is set and every
 * later append does nothing, so that a message is built without a check on every line:
 *
 *	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
 *	bf_secret_puts(&body, "grant_type=refresh_token&refresh_token=");
 *	bf_secret_put(&body, token, len);
 *	if (body.failed)
 *		return bf_fail_nomem(err);
 *
 * A zeroed struct is a valid empty secret.
 */
#ifndef BF_SECRET_H
#define BF_SECRET_H

#include "error.h"

struct bf_secret {
	char *bytes; /* do not touch: bf_secret_reveal() */
	size_t len;
	size_t cap;
	size_t max; /* 0: BF_SECRET_MAX */
	bool failed;
};

#define BF_SECRET_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_SECRET_MAX  ((size_t)16 << 20)
#define BF_AUTO_SECRET BF_CLEANUP(bf_secret_release)

/* Append; `bytes` must not point into `s`, which may move. */
void bf_secret_put(struct bf_secret *s, const void *bytes, size_t len);
void bf_secret_puts(struct bf_secret *s, const char *text);
void bf_secret_putc(struct bf_secret *s, char c);
void bf_secret_printf(struct bf_secret *s, const char *fmt, ...)
	BF_PRINTF(2, 3); /* at most 4 KiB */
void bf_secret_put_secret(struct bf_secret *s, const struct bf_secret *from);

/* Make room for at least `extra` more bytes; returns where to write them, NULL when failed. */
char *bf_secret_room(struct bf_secret *s, size_t extra);
void bf_secret_added(struct bf_secret *s, size_t n);

/* Cut to `len` bytes (no-op if shorter), erasing the rest. */
void bf_secret_cut(struct bf_secret *s, size_t len);

void bf_secret_clear(struct bf_secret *s);   /* erase, keep the memory, forget `failed` */
void bf_secret_release(struct bf_secret *s); /* erase and free; reusable afterwards */
void bf_secret_move(struct bf_secret *to, struct bf_secret *from); /* `to` is released first */

/* NUL-terminated bytes, "" when empty; never NULL; valid until the next change. */
const char *bf_secret_reveal(const struct bf_secret *s);

bool bf_secret_equal(const struct bf_secret *a, const struct bf_secret *b); /* constant time */
static inline bool bf_secret_empty(const struct bf_secret *s)
{
	return s->len == 0;
}

/* Erase and free a C string that holds a secret; NULL is fine. */
void bf_free_secret_string(char *s);

#endif
