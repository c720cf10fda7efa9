/*
 * error.h - one way to fail.
 *
 * A function returns a status chosen by what its caller does next, and fills the caller's
 * struct bfabric_error with one line for a person. `return bf_fail(err, STATUS, "...")` does both
 * in one expression. A layer adds context only where it knows something new. No text may contain a
 * secret; text that came from outside goes through bf_fail's cleaning (bf_show): control
 * characters, escapes and invalid UTF-8 in the finished text are replaced by '?', so that an error
 * can always be shown.
 */
#ifndef BF_ERROR_H
#define BF_ERROR_H

#include "../bfabric.h"

#define BF_MUST_USE      __attribute__((warn_unused_result))
#define BF_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define BF_CLEANUP(func) __attribute__((cleanup(func)))

/* Fill `err` (may be NULL) and return `status`. "%m" is errno's text. Keeps errno. */
enum bfabric_status bf_fail(struct bfabric_error *err, enum bfabric_status status, const char *fmt,
	...) BF_PRINTF(3, 4);

/* Put "prefix: " before the text that is there, with `status` from now on; returns `status`. */
enum bfabric_status bf_fail_context(struct bfabric_error *err, enum bfabric_status status,
	const char *fmt, ...) BF_PRINTF(3, 4);

/* Out of memory; allocates nothing. */
enum bfabric_status bf_fail_nomem(struct bfabric_error *err);

/*
 * Copy text of foreign origin to `dst` (size `size` > 0) for showing it to a person: escapes,
 * control characters, bidirectional and other invisible format characters and invalid UTF-8 are
 * dropped or replaced, and what does not fit is cut at a character with "..." at the end.
 */
void bf_show(char *dst, size_t size, const char *src, size_t len);

/* Cleanup helpers for locals: BF_AUTO_FREE char *path = NULL; */
void bf_freep(void *pointer_to_pointer);
void bf_closep(int *fd);
#define BF_AUTO_FREE  BF_CLEANUP(bf_freep)
#define BF_AUTO_CLOSE BF_CLEANUP(bf_closep)

/* Give an owned pointer away: the local no longer frees it. */
#define BF_TAKE(p)                                                                                 \
	(__extension__({                                                                           \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	}))

#endif
