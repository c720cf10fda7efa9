/*
 * registration.h - a client of one's own: registering it (RFC 7591), and reading, changing and
 * deleting it afterwards (RFC 7592).
 *
 * The reply to a registration holds the only copy of the client's secret and of the token that
 * manages it, and every update may replace both: whoever performs an update saves them before
 * anything else.
 */
#ifndef BF_REGISTRATION_H
#define BF_REGISTRATION_H

#include <jansson.h>
#include "../base/http.h"
#include "../base/url.h"

/*
 * What a client asks for; all borrowed. NULL: left out of a registration (grant_types: the
 * default), left as it is by an update.
 */
struct bf_client_metadata {
	const char *client_name;
	const char *const *redirect_uris; /* NULL at the end */
	/*
	 * NULL at the end. Default: token exchange, refresh_token, authorization_code, and
	 * client_credentials when there is a service user.
	 */
	const char *const *grant_types;
	const char *scope;
	const char *service_user_login; /* B-Fabric's: whom client_credentials act as */
};

/* What the server registered. Owned; zeroed is empty. */
struct bf_client_registration {
	char *client_id;
	struct bf_secret client_secret;             /* empty: none, a public client */
	int64_t client_secret_expires_at;           /* Unix seconds; 0: never, or not said */
	struct bf_secret registration_access_token; /* empty: the client cannot be managed */
	char *registration_client_uri;              /* NULL: the same */
	int64_t id; /* B-Fabric's own number of the client (an application's oauthclientid); 0: none
		     */
	json_t *document;  /* everything else that the server said, without the two secrets */
	const char *scope; /* granted; NULL: not said; in `document` */
	const json_t *redirect_uris, *grant_types; /* lists of strings, NULL: not said; the same */
};

#define BF_AUTO_REGISTRATION BF_CLEANUP(bf_client_registration_release)
void bf_client_registration_release(struct bf_client_registration *registration);

/*
 * POST to the registration endpoint. `initial_token`: the access token of an employee, for
 * B-Fabric; NULL for a server with open registration. BAD_CALL: no name, text that is not UTF-8, a
 * token that cannot be one.
 */
BF_MUST_USE enum bfabric_status bf_registration_build(const char *endpoint,
	const struct bf_client_metadata *metadata, const struct bf_secret *initial_token,
	struct bf_request *ret_request, struct bfabric_error *err);

/*
 * GET, PUT, DELETE at `client`'s registration_client_uri with its registration_access_token.
 * UNSUPPORTED when it has none: a server or a record from before management.
 *
 * The PUT replaces the whole client (RFC 7592, section 2.2): its body is `client`'s document, as it
 * was read last, with `changes`, with client_id and without what the section forbids. The client
 * secret is left out, which it allows: one that another update replaced meanwhile would be refused.
 * BAD_CALL when there is no document yet: what is not in it would be deleted.
 */
BF_MUST_USE enum bfabric_status bf_registration_read_build(
	const struct bf_client_registration *client, struct bf_request *ret_request,
	struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_registration_update_build(
	const struct bf_client_registration *client, const struct bf_client_metadata *changes,
	struct bf_request *ret_request, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_registration_delete_build(
	const struct bf_client_registration *client, struct bf_request *ret_request,
	struct bfabric_error *err);

/*
 * The reply to a registration (`before` NULL; 201, 200 is tolerated), to a read or an update
 * (`before`: the client that was asked about; 200). `ret` must be initialised and not be `before`:
 * what it held is released. What a read or update does not repeat is taken over from `before`: the
 * secret, the management token and URI, the number.
 *
 * BAD_REPLY: no client_id, or another one than `before` has; a secret, token, list or scope that
 * cannot be one; a registration_client_uri that is not on `base`'s origin, as a forged one would
 * get the token sent elsewhere. Refusals as in bf_fail_refused, with the server's words
 * (invalid_redirect_uri, invalid_client_metadata, ...: DENIED; 403: FORBIDDEN).
 */
BF_MUST_USE enum bfabric_status bf_registration_accept(const struct bf_url *base,
	const struct bf_client_registration *before, const struct bf_reply *reply,
	struct bf_client_registration *ret, struct bfabric_error *err);

/* 204 (200 is tolerated): the client and all that was issued to it are gone. */
BF_MUST_USE enum bfabric_status bf_registration_delete_accept(
	const struct bf_reply *reply, struct bfabric_error *err);

#endif
