/*
 * stash_form.h - what stands in a file of the stash (stash.h), in key=value lines (base/kv.h) that
 * an empty line ends:
 *
 *	version=1
 *	uid=1000               whose token it is
 *	service=sshd           that authenticated them
 *	boot=...               boot_id of the kernel (random(4)); "-" where it never leaves a
 *process time=123456            CLOCK_BOOTTIME, ms config=/etc/bfabric/pam.conf    of the call that
 *kept it base_url=, client_id=  to whom it belongs name=alice             who approved; may be
 *missing token={...}            the reply of the token endpoint
 *
 * Each key once, in any order, and no other: a version that says more has another number.
 */
#ifndef PAM_BFABRIC_STASH_FORM_H
#define PAM_BFABRIC_STASH_FORM_H

#include "../libbfabric/base/kv.h"
#include <sys/types.h>

#define BF_STASH_TOKEN_MAX (BF_KV_LINE_MAX - sizeof("token=")) /* bytes, so that its line fits */
#define BF_STASH_MAX       ((size_t)80 << 10)                  /* of a file */
#define BF_STASH_LIFE_MS   120000

#define BF_STASH_HANDLE 32 /* hexadecimal digits */

/* Strings are borrowed. */
struct bf_stash {
	uid_t uid;
	int64_t time;
	const char *service, *boot, *config, *base_url, *client_id;
	const char *name; /* NULL: nobody said */
	const char *token;
};

/* Append it; out->failed when a value cannot stand in a line. */
void bf_stash_put(struct bf_secret *out, const struct bf_stash *stash);

/* The strings of *ret live in *ret_kv. BAD_REPLY: it is not exactly the above; NO_MEMORY. */
BF_MUST_USE enum bfabric_status bf_stash_parse(const char *bytes, size_t len, struct bf_kv *ret_kv,
	struct bf_stash *ret, struct bfabric_error *err);

/* Of this boot, and at most two minutes old? `now` is CLOCK_BOOTTIME, ms. */
bool bf_stash_is_live(const struct bf_stash *stash, const char *boot, int64_t now);

/* 32 digits in lower case, and nothing else. */
bool bf_stash_is_handle(const char *text);

#endif
