/*
 * verify.h - is this token one that the server issued, for us, and valid now?
 *
 * The signature is checked with the keys that the server publishes (JWKS), which are kept on disk
 * for a day (local/jwks_cache.h). The server is asked again when a token names a key that is not
 * among them, or was not signed with the one that it names (a key may be replaced by one of the
 * same name), but not more often than once in five minutes, whoever sends such tokens: so long at
 * most is the token of a key refused that is newer than the last answer. When the server cannot be
 * reached, keys that are kept still count, for a week at most.
 */
#ifndef BF_VERIFY_H
#define BF_VERIFY_H

#include "base/http.h"
#include "base/sys.h"
#include "base/url.h"
#include "oauth/discovery.h"
#include "oauth/jwks.h"
#include "oauth/jwt.h"

/* Seconds. */
#define BF_JWKS_DAY   86400  /* keys are fetched anew when they are older */
#define BF_JWKS_WEEK  604800 /* keys this old count no more, reachable or not */
#define BF_JWKS_PAUSE 300    /* between two requests that no new day demands */

/* Whom to ask, and with what; borrowed. */
struct bf_verifier {
	const struct bf_transport *transport;
	const struct bf_sys *sys;
	const struct bf_url *base;
	const struct bf_endpoints *endpoints; /* NULL: not known yet, see `discover` */
	/* Called at most once, and only when keys have to be fetched. `*ret` stays the callee's. */
	enum bfabric_status (*discover)(
		void *data, const struct bf_endpoints **ret, struct bfabric_error *err);
	void *data;
	int64_t deadline;                    /* CLOCK_BOOTTIME ms; 0: 30 s from now */
	const struct bfabric_cancel *cancel; /* NULL: nobody can */
};

/*
 * Verify an access token. expected->issuer NULL stands for the base URL, expected->audience
 * NULL for B-Fabric's. DENIED: refused, text says why. UNSUPPORTED: it is no JWT, introspect it
 * instead. BAD_REPLY: the server's keys make no sense. RETRY_LATER, TIMEOUT: they cannot be had
 * now. `ret_claims` must be initialised (zeroed is fine): what it held is released.
 *
 * A folder that cannot be written costs a request at every call, and nothing else.
 */
BF_MUST_USE enum bfabric_status bf_verify_jwt(const struct bf_verifier *verifier,
	const struct bf_secret *token, const struct bf_jwt_expected *expected,
	struct bf_jwt_claims *ret_claims, struct bfabric_error *err);

/*
 * Only the signature, with keys that the caller got hold of: the candidates among them are tried
 * one after the other. DENIED: none of them made it.
 */
BF_MUST_USE enum bfabric_status bf_verify_with(
	const struct bf_jwks *jwks, const struct bf_jwt *jwt, struct bfabric_error *err);

#endif
