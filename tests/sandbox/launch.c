/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include "grants.h"
#include "mint.h"
#include "reply.h"

#include <string.h>

struct context_row {
	const char *name;
	bool id; /* a number, unless the settings want text */
	const char *fallback;
};

static const struct context_row rows[] = {
	{"entityClassName", false, "Workunit"},
	{"entityId", true, "321"},
	{"applicationId", true, "7"},
	{"jobId", true, "65"},
	{"email", false, "scientist@sandbox.example"},
	{"name", false, "Sandra Scientist"},
};

struct sb_launch *sb_launch_find(struct sandbox *sb, const char *value)
{
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(value, strlen(value), digest);
	for (struct sb_launch *l = sb->launches; l; l = l->next) {
		if (!memcmp(l->digest, digest, sizeof(digest)))
			return l;
	}
	return NULL;
}

void sb_launches_release(struct sandbox *sb)
{
	for (struct sb_launch *l = sb->launches, *next; l; l = next) {
		next = l->next;
		json_decref(l->context);
		free(l->user);
		free(l);
	}
	sb->launches = NULL;
	sb->launch_count = 0;
}

static json_t *context_value(const struct sandbox *sb, const struct context_row *row, const char *s)
{
	char *end = NULL;
	long long number = strtoll(s, &end, 10);

	if (row->id && sb->set.context_ids == SB_IDS_NUMBER && *s && !*end)
		return json_integer(number);
	return json_string(s);
}

/* A parameter that is given but empty leaves its claim out. */
static json_t *make_context(struct sb_request *rq)
{
	json_t *context = json_object();

	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		const char *value = sb_params_get(&rq->form, rows[i].name);
		bool given = sb_params_has(&rq->form, rows[i].name);

		if (value || !given)
			json_object_set_new(context, rows[i].name,
				context_value(rq->sb, &rows[i], value ? value : rows[i].fallback));
	}
	json_object_set_new(context, "groups", json_pack("[s, s]", "sandbox", "rehearsal"));
	return context;
}

static struct sb_launch *launch_new(struct sb_request *rq, const struct sb_client *client)
{
	const char *user = sb_params_get(&rq->form, "user");
	struct sandbox *sb = rq->sb;
	struct sb_launch *launch = sb_zalloc(sizeof(*launch));

	launch->context = make_context(rq);
	launch->client = client;
	launch->user = sb_strdup(user ? user : sb->set.user);
	launch->next = sb->launches;
	sb->launches = launch;
	sb->launch_count++;
	return launch;
}

static char *launch_jwt(
	struct sandbox *sb, const struct sb_launch *launch, const struct sb_forge *forge)
{
	SB_AUTOFREE char *issuer = sb_issuer(sb);
	SB_AUTOFREE char *jti = sb_random_token("", 12);
	json_t *claims = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "iss", issuer, "sub",
		launch->user, "aud", launch->client ? launch->client->id : "bfabric-api", "iat",
		(json_int_t)sb_now(sb), "exp", (json_int_t)launch->expires, "jti", jti);
	char *jwt;

	json_object_update(claims, launch->context);
	sb_json_merge(claims, forge->claims);
	jwt = sb_sign(sb, &forge->sign, claims);
	json_decref(claims);
	return jwt;
}

void sb_launch_mint(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;
	const char *id = sb_params_get(&rq->form, "client_id");
	struct sb_client *client = id ? sb_store_client(&sb->store, id) : NULL;
	struct sb_forge forge __attribute__((cleanup(sb_forge_release))) = {0};
	const char *wrong = id && !client ? "client_id" : sb_forge_read(rq, &forge);
	int lifetime =
		forge.lifetime == SB_ISSUE_DEFAULT ? sb->set.launch_lifetime : forge.lifetime;
	SB_AUTOFREE char *jwt = NULL;
	struct sb_launch *launch;

	rq->log.grant = "launch";
	if (wrong || sb->launch_count == SB_LAUNCHES_MAX) {
		sb_reply_json(&rq->reply, 400,
			json_pack("{s:o}", "error",
				json_sprintf("%s is none that I can use",
					wrong ? wrong : "one launch token more")));
		return;
	}
	launch = launch_new(rq, client);
	launch->expires = sb_now(sb) + lifetime;
	jwt = launch_jwt(sb, launch, &forge);
	sb_sha256(jwt, strlen(jwt), launch->digest);
	rq->log.outcome = "issued";
	sb_reply_json(&rq->reply, 200,
		json_pack("{s:s, s:i}", "launch_token", jwt, "expires_in", lifetime));
}
