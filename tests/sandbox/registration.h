/* SPDX-License-Identifier: MIT */
/*
 * The document that describes a client (RFC 7591 section 2, with B-Fabric's service_user_login): as
 * it is sent to the registration endpoint, and as it is answered.
 */
#ifndef SB_REGISTRATION_H
#define SB_REGISTRATION_H

#include "sandbox.h"

struct sb_refusal {
	const char *error; /* RFC 7591 section 3.2.2 */
	const char *why;
};

/*
 * Reads label, scope, grants, redirect_uris and service_user of a client from its document. False,
 * and the client untouched, if something in it is wrong. *ret_public: it is to have no secret.
 */
bool sb_registration_read(const struct sandbox *sb, const json_t *document,
	struct sb_client *client, bool *ret_public, struct sb_refusal *ret_refusal);
/* The whole answer about a client; registration_token may be NULL. A new reference. */
json_t *sb_registration_json(
	const struct sandbox *sb, const struct sb_client *client, const char *registration_token);

#endif
