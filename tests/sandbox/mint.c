/* SPDX-License-Identifier: MIT */
#include "mint.h"

#include "grants.h"
#include "reply.h"

#define PAT_LIFETIME (365 * 86400)

static const char *param(struct sb_request *rq, const char *name)
{
	return sb_params_get(&rq->form, name);
}

static bool read_object(struct sb_request *rq, const char *name, json_t **ret_object)
{
	const char *text = param(rq, name);

	*ret_object = text ? json_loads(text, 0, NULL) : NULL;
	return !text || json_is_object(*ret_object);
}

static bool read_word(struct sb_request *rq, const char *name, const char *words, int *number)
{
	const char *word = param(rq, name);

	if (word)
		*number = sb_word_number(words, word);
	return *number >= 0;
}

static bool read_lifetime(struct sb_request *rq, int *ret_lifetime)
{
	const char *text = param(rq, "lifetime");
	char *end = NULL;
	double seconds = text ? strtod(text, &end) : 0;

	*ret_lifetime = text ? (int)seconds : SB_ISSUE_DEFAULT;
	return !text || (end != text && !*end && seconds > -1e9 && seconds < 1e9);
}

const char *sb_forge_read(struct sb_request *rq, struct sb_forge *ret_forge)
{
	int alg = rq->sb->set.signing_alg, key = rq->sb->set.signing_key;

	*ret_forge = (struct sb_forge){0};
	if (!read_lifetime(rq, &ret_forge->lifetime))
		return "lifetime";
	if (!read_object(rq, "claims", &ret_forge->claims))
		return "claims";
	if (!read_object(rq, "header", &ret_forge->header))
		return "header";
	if (!read_word(rq, "alg", SB_ALGS, &alg))
		return "alg";
	if (!read_word(rq, "key", SB_KEY_ROLES, &key))
		return "key";
	ret_forge->sign.alg = sb_alg_at(alg);
	ret_forge->sign.key = (enum sb_key_role)key;
	ret_forge->sign.header = ret_forge->header;
	return NULL;
}

void sb_forge_release(struct sb_forge *forge)
{
	json_decref(forge->header);
	json_decref(forge->claims);
}

void sb_mint(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;
	const char *user = param(rq, "user"), *id = param(rq, "client_id");
	struct sb_client *client = sb_store_client(&sb->store, id ? id : "CLI");
	struct sb_forge forge __attribute__((cleanup(sb_forge_release))) = {0};
	const char *wrong = client ? sb_forge_read(rq, &forge) : "client_id";
	SB_AUTOFREE char *scope = client ? sb_scope_grant(sb, client, param(rq, "scope")) : NULL;
	struct sb_issue what = {.user = user ? user : sb->set.user,
		.scope = scope,
		.lifetime = forge.lifetime,
		.claims = forge.claims,
		.sign = &forge.sign,
		.refresh_token = true,
		.id_token = true};

	rq->log.grant = "mint";
	if (wrong) {
		sb_reply_json(&rq->reply, 400,
			json_pack("{s:o}", "error",
				json_sprintf("%s is none that I can use", wrong)));
		return;
	}
	what.family = sb_store_family(&sb->store, client, what.user, scope);
	sb_issue(rq, &what);
}

/* A personal access token is an opaque one that lives long and has no login behind it. */
void sb_mint_pat(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;
	const char *user = param(rq, "user"), *scope = param(rq, "scope");
	const struct sb_client *client = sb_store_client(&sb->store, "CLI");
	SB_AUTOFREE char *value = sb_random_token("sandbox_pat_", 24);
	struct sb_family *family = sb_store_family(&sb->store, client, user ? user : sb->set.user,
		scope ? scope : "api:read api:write");

	rq->log.grant = "pat";
	if (sb_store_add(&sb->store, family, SB_ACCESS, value, sb_now(sb) + PAT_LIFETIME))
		sb_reply_json(&rq->reply, 200, json_pack("{s:s}", "pat", value));
	else
		sb_reply_json(&rq->reply, 500, json_pack("{s:s}", "error", "too many tokens"));
}
