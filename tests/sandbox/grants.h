/* SPDX-License-Identifier: MIT */
/*
 * The grants of the token endpoint, one row each in grants.c, and what they share: who the client
 * is, which scopes it gets, and the reply that carries the tokens.
 */
#ifndef SB_GRANTS_H
#define SB_GRANTS_H

#include "sandbox.h"

#include <limits.h>

#define SB_ISSUE_DEFAULT INT_MIN

struct sb_grant {
	const char *name;  /* in the log and the counters */
	const char *type;  /* grant_type */
	bool refresh_rule; /* --refresh-auth applies */
	void (*run)(struct sb_request *rq, struct sb_client *client);
};

/* By grant_type; NULL if there is none. */
const struct sb_grant *sb_grant_find(const char *type);
/* ["device_code URN", …] for the metadata document. A new reference. */
json_t *sb_grants_json(void);

/* The grants, each in its own file (the short ones share token.c). */
void sb_grant_authorization_code(struct sb_request *rq, struct sb_client *client);
void sb_grant_exchange(struct sb_request *rq, struct sb_client *client);
void sb_grant_device(struct sb_request *rq, struct sb_client *client);
void sb_grant_refresh(struct sb_request *rq, struct sb_client *client);
void sb_grant_client_credentials(struct sb_request *rq, struct sb_client *client);

/*
 * RFC 6749 section 2.3: Basic, client_secret in the body, or client_id alone for a public client.
 * Fills the log. NULL after filling the reply with invalid_client.
 */
struct sb_client *sb_client_authenticate(struct sb_request *rq, bool refresh_rule);

/*
 * What is granted of the scopes asked for (NULL or "": everything but offline_access): those the
 * client is registered for, others dropped silently. On the heap.
 */
char *sb_scope_grant(const struct sandbox *sb, const struct sb_client *client, const char *asked);
/* Whether every scope in part is in whole. */
bool sb_scope_within(const char *part, const char *whole);
bool sb_scope_has(const char *scopes, const char *scope, size_t len);

struct sb_issue {
	struct sb_family *family;
	const char *user;
	const char *scope;
	int lifetime; /* of the access token in seconds; SB_ISSUE_DEFAULT: as the settings say */
	bool refresh_token;
	bool id_token;
	const json_t *claims;       /* merged into the access token, null takes away; or NULL */
	const struct sb_sign *sign; /* how the access token is signed; NULL: as the settings say */
	const char *issued_token_type;    /* RFC 8693; or NULL */
	const char *repeat_refresh_token; /* answer with this one instead of a new one; or NULL */
};

/* Makes the tokens and fills the reply and the log. */
void sb_issue(struct sb_request *rq, const struct sb_issue *what);
/* The JWT of these claims, signed so (NULL: as the settings say), on the heap. */
char *sb_sign(struct sandbox *sb, const struct sb_sign *how, const json_t *claims);
/* Our issuer, with or without slash, on the heap. */
char *sb_issuer(const struct sandbox *sb);

#endif
