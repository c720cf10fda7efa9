/* SPDX-License-Identifier: MIT */
/*
 * A client (RFC 6749 section 2): the two that are always there, and those that were registered.
 * Pointers stay good until the server ends: a deleted client is only marked.
 */
#ifndef SB_CLIENT_H
#define SB_CLIENT_H

#include "text.h"

#include <jansson.h>
#include <stdbool.h>

#define SB_GRANT_CODE     "authorization_code"
#define SB_GRANT_REFRESH  "refresh_token"
#define SB_GRANT_SERVICE  "client_credentials"
#define SB_GRANT_DEVICE   "urn:ietf:params:oauth:grant-type:device_code"
#define SB_GRANT_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"

struct sb_client {
	char *id;
	char *alias;        /* second name, or NULL */
	char *label;        /* what the pages call it */
	char *secret;       /* NULL: a public client */
	char *service_user; /* client_credentials act as this one; NULL: as the settings say */
	char *scope;        /* what it is registered for; NULL: as the settings say */
	char *grants;       /* grant types, space-separated */
	json_t *redirect_uris;
	unsigned number; /* of a registration; 0: always there */
	double issued_at;
	unsigned char registration[SB_DIGEST_LEN]; /* of its registration access token */
	bool deleted;
	struct sb_client *next;
};

/* The public client CLI and the confidential sandbox-service, newest first; secret is taken over.
 */
struct sb_client *sb_client_builtins(char *service_secret);
void sb_client_free(struct sb_client *client);
/* Whether it is registered for this grant type. */
bool sb_client_may(const struct sb_client *client, const char *grant_type);
/*
 * Whether a browser may be sent there: an address the client is registered for, on the loopback
 * literals with any port (RFC 8252 section 7.3). "localhost" is no literal.
 */
bool sb_client_redirects(const struct sb_client *client, const char *uri);

#endif
