/*
 * stored.h - the secrets of one environment as they lie in a store: one line of JSON.
 *
 *	{"version":1,"login":"...","predecessor":"...","refresh_token":"...","client_secret":"..."}
 *
 * Only what lives long; access tokens stay in the cache. Members that we do not know are kept; what
 * a later version wrote is not touched (UNSUPPORTED).
 */
#ifndef BF_STORED_H
#define BF_STORED_H

#include <jansson.h>
#include "../base/hash.h"
#include "../base/secret.h"

#define BF_STORED_MAX ((size_t)60 << 10) /* bytes of the line; more is refused, BAD_CALL */

struct bf_stored {
	json_t *members;                 /* as read; NULL: new */
	char *login;                     /* id of the login that the refresh token belongs to */
	char predecessor[BF_SHA256_HEX]; /* of the refresh token that it replaced; "": none known */
	/* Empty: there is none. */
	struct bf_secret refresh_token;
	struct bf_secret pat;
	struct bf_secret client_secret;
	struct bf_secret registration_access_token;
};

#define BF_STORED_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_STORED BF_CLEANUP(bf_stored_release)
void bf_stored_release(struct bf_stored *stored);

/* Does it hold no secret (of those that we know)? */
bool bf_stored_empty(const struct bf_stored *stored);
/* Nor anything that we do not know? Then it need not be kept. */
bool bf_stored_blank(const struct bf_stored *stored);

/* BAD_REPLY: damaged; UNSUPPORTED: of a later version. */
BF_MUST_USE enum bfabric_status bf_stored_parse(
	const char *text, size_t len, struct bf_stored *ret, struct bfabric_error *err);
/* BAD_CALL: too large, or a secret with control characters or invalid UTF-8. */
BF_MUST_USE enum bfabric_status bf_stored_encode(
	const struct bf_stored *stored, struct bf_secret *ret_line, struct bfabric_error *err);

#endif
