/*
 * request.h - what is asked for: a message in the git credential format (base/kv.h).
 *
 * `protocol=bfabric` is ours: the long-lived secrets of one environment, found by exactly that
 * environment's name and host. Any other protocol is git's, and is answered from the items that
 * git-credential-libsecret keeps. Neither ever sees the other's items.
 *
 *	protocol=bfabric
 *	host=HOST[:PORT]       of the B-Fabric
 *	username=ENVIRONMENT
 *	path=CLIENT_ID         optional
 *	base_url=URL           optional; its host is `host`
 *	timeout=MILLISECONDS   optional: the budget of the whole operation
 *	password=SECRET        to store
 */
#ifndef BF_REQUEST_H
#define BF_REQUEST_H

#include "libbfabric/base/kv.h"
#include "libbfabric/base/url.h"

#define BF_OUR_PROTOCOL "bfabric"

#define BF_SECRET_BYTES_MAX ((size_t)60 << 10) /* gnome-keyring and others take this much */

struct bf_request {
	struct bf_kv kv; /* the rest points into it; "" counts as not given, which is NULL */
	bool ours;       /* protocol=bfabric */
	const char *protocol, *host, *username, *path, *password;
	const char *password_expiry_utc, *oauth_refresh_token; /* git's, kept beside the password */
	struct bf_url url; /* ours: base_url, canonical; without one https://HOST */
	char *server;      /* git's: host without port */
	const char *port;  /* git's; NULL: none */
	unsigned timeout;  /* milliseconds; 0: not given */
};

#define BF_REQUEST_INIT                                                                            \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_REQUEST BF_CLEANUP(bf_request_release)
void bf_request_release(struct bf_request *request);

/* What an operation needs to know. */
enum bf_request_need {
	BF_NEED_NOTHING, /* an empty request will do; what is there must be right */
	BF_NEED_PATTERN, /* something to look for */
	BF_NEED_PASSWORD /* that, and a secret to keep under a name */
};

/*
 * Understand a message; it is taken over, also on failure. BAD_CALL with the reason, which quotes
 * nothing of the message.
 */
BF_MUST_USE enum bfabric_status bf_request_take(struct bf_kv *kv, enum bf_request_need need,
	struct bf_request *ret, struct bfabric_error *err);

/*
 * Is an item with this base_url and client_id (NULL: it has none) that of our request? Host and
 * port must agree, whatever the path: an environment whose base URL changes keeps its item.
 * `any_client` says whether one of another client counts too.
 */
bool bf_request_owns(const struct bf_request *request, const char *base_url, const char *client_id,
	bool any_client);

#endif
