/* SPDX-License-Identifier: MIT */
/*
 * What the server remembers: families (one per login), their access and refresh tokens (by digest
 * only; no token value is kept), and the clients that may ask for them.
 *
 * Everything here is read and written under the lock of struct sandbox. Families and clients are
 * never freed while the server runs, so pointers to them stay good.
 */
#ifndef SB_STORE_H
#define SB_STORE_H

#include "client.h"
#include "text.h"

#define SB_TOKENS_MAX     400000
#define SB_BUCKETS        16384
#define SB_FAMILIES_SHOWN 100

enum sb_token_kind { SB_ACCESS, SB_REFRESH };

struct sb_family {
	unsigned number;
	const struct sb_client *client;
	char *user;
	char *scope;
	bool refresh_revoked;
	bool access_revoked;
	unsigned refreshes;
	struct sb_family *next;
};

struct sb_token {
	enum sb_token_kind kind;
	unsigned char digest[SB_DIGEST_LEN];
	struct sb_family *family;
	char *user;
	char *scope;
	json_t *claims; /* of an access token, as in its JWT */
	double expires;
	bool spent;   /* a refresh token that was rotated away */
	bool revoked; /* this one alone */
	double spent_at;
	struct sb_token *next;
};

struct sb_store {
	struct sb_client *clients;
	unsigned registered;        /* so many clients ever */
	struct sb_family *families; /* newest first */
	unsigned family_count;
	struct sb_token *buckets[SB_BUCKETS];
	size_t token_count;
};

/* With the clients that are always there; secret is taken over. */
void sb_store_init(struct sb_store *st, char *service_secret);
void sb_store_release(struct sb_store *st);

/* By id or alias; NULL if it is unknown or deleted. */
struct sb_client *sb_store_client(struct sb_store *st, const char *id);
struct sb_family *sb_store_family(
	struct sb_store *st, const struct sb_client *client, const char *user, const char *scope);
struct sb_family *sb_store_family_by_number(struct sb_store *st, unsigned number);
/* NULL when the store is full. */
struct sb_token *sb_store_add(struct sb_store *st, struct sb_family *family,
	enum sb_token_kind kind, const char *value, double expires);
struct sb_token *sb_store_find(struct sb_store *st, enum sb_token_kind kind, const char *value);
/* Whether the token may be used at that time: not expired, spent or revoked. */
bool sb_token_alive(const struct sb_token *token, double now);
/* The newest families, for the control URL. A new reference. */
json_t *sb_store_json(const struct sb_store *st);

#endif
