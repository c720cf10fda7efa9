/*
 * oauth/evidence.h - who approved a login, judged by what the server says about it; pure.
 *
 * A login that lets somebody in must know who approved it, and the reply of the token endpoint may
 * say so in three ways. The first one that exists decides, and one that exists and is invalid is
 * never passed over for the next: whoever could spoil the best evidence would choose the worst.
 *
 *	id_token	OpenID Connect Core 1.0, section 3.1.3.7: for us and about this login
 *	access_token	a JWT for B-Fabric's interfaces that names us as its client (RFC 9068)
 *	introspection	what the server says about an opaque token to its confidential client (RFC
 *7662)
 *
 * Signatures and requests are evidence.h's (libbfabric/). Times are compared with `now`, which is
 * the server's clock as its Date header tells it, not ours; 60 s apart are allowed.
 *
 * DENIED is evidence that does not count; text says why, for a log.
 */
#ifndef BF_OAUTH_EVIDENCE_H
#define BF_OAUTH_EVIDENCE_H

#include "introspection.h"
#include "jwt.h"

enum bf_evidence_kind {
	BF_EVIDENCE_ID_TOKEN,
	BF_EVIDENCE_ACCESS_TOKEN,
	BF_EVIDENCE_INTROSPECTION,
};

/* "id_token", "access_token", "introspection"; a constant. */
const char *bf_evidence_kind_name(enum bf_evidence_kind kind);

/* What must be true; all but `nonce` are demanded (BAD_CALL). */
struct bf_evidence_expected {
	const char *client_id;
	const char *issuer; /* compared byte for byte, at most one trailing slash apart */
	const char *claim;  /* the only one that names the person */
	const char *nonce;  /* of the authorization request; NULL: there was none */
};

struct bf_evidence {
	enum bf_evidence_kind kind;
	char *name;        /* what the claim says: printable, at most BF_EVIDENCE_NAME_MAX bytes */
	json_t *claims;    /* everything that the evidence says; owned */
	int64_t clock_off; /* seconds that the server's clock is ahead of ours; see evidence.h */
};

#define BF_EVIDENCE_NAME_MAX 256

#define BF_AUTO_EVIDENCE BF_CLEANUP(bf_evidence_release)
void bf_evidence_release(struct bf_evidence *evidence);

/*
 * Which evidence a reply of the token endpoint holds (bf_token_accept took it), and the token that
 * it consists of; NULL: the id_token is no text. An access token that has the form of a JWT is one,
 * whatever it is worth. Borrowed from `reply`.
 */
enum bf_evidence_kind bf_evidence_choose(const json_t *reply, const char **ret_token);

/*
 * Of a JWT whose signature was verified. Here and below `ret` must be initialised (zeroed is fine):
 * what it held is released. `clock_off` is left alone.
 *
 * The id_token: iss, aud with our client in it, azp where there are several or where there is one,
 * exp, iat, nonce, at_hash (where there is one) of `access_token`. It is no access token (`typ`
 * at+jwt).
 */
BF_MUST_USE enum bfabric_status bf_evidence_id_token(const struct bf_jwt *jwt,
	const char *access_token, const struct bf_evidence_expected *expected, int64_t now,
	struct bf_evidence *ret, struct bfabric_error *err);

/* The access token: iss, aud with B-Fabric's interfaces in it, client_id ours, exp. */
BF_MUST_USE enum bfabric_status bf_evidence_access_token(const struct bf_jwt *jwt,
	const struct bf_evidence_expected *expected, int64_t now, struct bf_evidence *ret,
	struct bfabric_error *err);

/* The introspection: active, client_id ours, sub; iss, exp and nbf where it says them. */
BF_MUST_USE enum bfabric_status bf_evidence_introspection(
	const struct bf_introspection *introspection, const struct bf_evidence_expected *expected,
	int64_t now, struct bf_evidence *ret, struct bfabric_error *err);

/* Is `group`, byte for byte, one of the texts in the list `groups`? No list: in none. */
bool bf_evidence_in_group(const struct bf_evidence *evidence, const char *group);

#endif
