/*
 * kv.h - the key=value codec of the git credential protocol (git-credential(1), "INPUT/OUTPUT
 * FORMAT"), used by every program of ours that speaks it.
 *
 * Lines `key=value` ended by LF, the message ended by an empty line or end of input. Key: any byte
 * but '=', LF, NUL; value: any byte but LF, NUL. One CR before the LF is taken off; any other CR is
 * refused (CVE-2024-52006). A line with its LF is at most 65,535 bytes, a message 1 MiB and 1,000
 * lines. `key[]` is multi-valued and ordered; an empty `key[]=` clears the values so far.
 */
#ifndef BF_KV_H
#define BF_KV_H

#include "secret.h"

#define BF_KV_LINE_MAX    65535
#define BF_KV_MESSAGE_MAX ((size_t)1 << 20)

struct bf_kv {
	struct bf_secret text; /* the message; lines are NUL-terminated in place */
	struct bf_kv_line {
		const char *key;   /* including a trailing "[]" */
		const char *value; /* both point into text */
	} * lines;
	size_t count;
};

#define BF_KV_INIT                                                                                 \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_KV BF_CLEANUP(bf_kv_release)

/* Read until empty line, end of file or limit. BAD_CALL names the offending line by number. */
BF_MUST_USE enum bfabric_status bf_kv_read(int fd, struct bf_kv *ret, struct bfabric_error *err);
/* Parse a message in memory; the same rules. */
BF_MUST_USE enum bfabric_status bf_kv_parse(
	const char *data, size_t len, struct bf_kv *ret, struct bfabric_error *err);
void bf_kv_release(struct bf_kv *kv);

/* Last value of a key, NULL when absent. */
const char *bf_kv_get(const struct bf_kv *kv, const char *key);
/* Is `value` among the values of the multi-valued `key` ("capability[]")? */
bool bf_kv_has(const struct bf_kv *kv, const char *key, const char *value);

/* Append "key=value\n"; a value with LF, CR or NUL, or a too long line, sets out->failed. */
void bf_kv_put(struct bf_secret *out, const char *key, const char *value);

#endif
