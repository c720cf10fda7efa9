/*
 * evidence.h - who approved a login, as far as it can be proved: oauth/evidence.h with the
 * signatures checked and the server asked.
 *
 * The keys are fetched for each check, from where discovery of the base URL says they are (its
 * origin, see oauth/discovery.h): a cache that a user can write would let them sign for others.
 */
#ifndef BF_EVIDENCE_H
#define BF_EVIDENCE_H

#include "login_flow.h"
#include "oauth/evidence.h"

/* What the server's clock may differ from ours before somebody should hear of it, in seconds. */
#define BF_EVIDENCE_CLOCK 60

/* A login that was granted; borrowed. */
struct bf_evidence_grant {
	json_t *reply;                         /* of the token endpoint (bf_token_accept) */
	int64_t date;                          /* its Date, Unix seconds; 0: it had none */
	const struct bf_secret *client_secret; /* empty or NULL: a public client */
};

/*
 * `expected` without issuer: the one that discovery named. DENIED: the evidence does not count, or
 * there is none (an opaque token of a public client; text: what to register). RETRY_LATER, TIMEOUT,
 * BAD_REPLY: keys or introspection could not be had. Without a Date the times are compared with our
 * own clock, and ret->clock_off is 0.
 */
BF_MUST_USE enum bfabric_status bf_evidence_check(struct bf_login_flow *flow,
	const struct bf_evidence_grant *grant, const struct bf_evidence_expected *expected,
	struct bf_evidence *ret, struct bfabric_error *err);

#endif
