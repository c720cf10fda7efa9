#include "config_private.h"
#include <stdlib.h>
#include <string.h>

enum key {
	BASE_URL,
	AUTH_METHOD,
	CLIENT_ID,
	SCOPE,
	LOGIN,
	PASSWORD,
	PAT,
	CLIENT_SECRET,
	REGISTRATION_ACCESS_TOKEN,
	REGISTRATION_CLIENT_URI,
	LIBBFABRIC,
	KEY_COUNT,
};

static const char *const key_names[KEY_COUNT] = {
	[BASE_URL] = "base_url",
	[AUTH_METHOD] = "auth_method",
	[CLIENT_ID] = "client_id",
	[SCOPE] = "scope",
	[LOGIN] = "login",
	[PASSWORD] = "password",
	[PAT] = "pat",
	[CLIENT_SECRET] = "client_secret",
	[REGISTRATION_ACCESS_TOKEN] = "registration_access_token",
	[REGISTRATION_CLIENT_URI] = "registration_client_uri",
	[LIBBFABRIC] = "libbfabric",
};

/* An environment while it is read. Values are NULL where the key is absent or null. */
struct reader {
	struct bf_config_place place;
	const struct bf_yaml_node *values[KEY_COUNT];
	struct bf_environment *env;
	struct bfabric_error *err;
};

/* Keys that we do not know belong to bfabricPy or to its future. */
static void visit(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct reader *r = data;
	const struct bf_yaml *yaml = &r->place.file->yaml;

	for (int i = 0; i < KEY_COUNT; i++)
		if (bf_yaml_is(yaml, key, key_names[i]))
			r->values[i] = bf_yaml_kind(yaml, value) == BF_YAML_NULL ? NULL : value;
}

static enum bfabric_status bad(struct reader *r, enum key key, const char *problem)
{
	return bf_config_bad(&r->place, r->values[key], key_names[key], problem, r->err);
}

static enum bfabric_status string(struct reader *r, enum key key, char **ret)
{
	return bf_config_string(&r->place, key_names[key], r->values[key], ret, r->err);
}

static enum bfabric_status secret(struct reader *r, enum key key, struct bf_secret *ret)
{
	return bf_config_secret(&r->place, key_names[key], r->values[key], ret, r->err);
}

static enum bfabric_status read_url(struct reader *r)
{
	BF_AUTO_FREE char *text = NULL;
	struct bfabric_error why = {.text = ""};
	enum bfabric_status status = string(r, BASE_URL, &text);

	if (status != BFABRIC_OK)
		return status;
	if (!text || !*text)
		return bad(r, BASE_URL, "is missing");
	status = bf_url_parse(text, &r->env->url, &why);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(r->err);
	return status == BFABRIC_OK ? BFABRIC_OK
				    : bf_config_bad(&r->place, r->values[BASE_URL],
					      "base_url:", why.text, r->err);
}

static enum bfabric_status read_oauth(struct reader *r, enum bfabric_auth_method method)
{
	struct bf_environment *env = r->env;
	enum bfabric_status status = string(r, CLIENT_ID, &env->client_id);

	env->method = method;
	if (status == BFABRIC_OK)
		status = string(r, SCOPE, &env->scope);
	if (status == BFABRIC_OK) /* a person's login may be by a client that has one, too */
		status = secret(r, CLIENT_SECRET, &env->client_secret);
	if (status == BFABRIC_OK && (!env->client_id || !*env->client_id))
		return bad(r, CLIENT_ID, "is missing (log in again to set it)");
	return status;
}

static enum bfabric_status read_password(struct reader *r)
{
	struct bf_environment *env = r->env;
	enum bfabric_status status = string(r, LOGIN, &env->login);

	env->method = BFABRIC_AUTH_PASSWORD;
	if (status == BFABRIC_OK)
		status = secret(r, PASSWORD, &env->password);
	if (status != BFABRIC_OK || !env->login)
		return status;
	if (!*env->login)
		return bad(r, LOGIN, "is empty");
	if (bf_secret_empty(&env->password))
		return bad(r, PASSWORD, "is missing");
	if (strcmp(env->login, BF_OAUTH_LOGIN) != 0 &&
		bf_config_characters(bf_secret_reveal(&env->password)) != 32)
		return bad(r, PASSWORD, "must be exactly 32 characters (the web service password)");
	return BFABRIC_OK;
}

static enum bfabric_status read_pat(struct reader *r)
{
	r->env->method = BFABRIC_AUTH_PAT;
	return secret(r, PAT, &r->env->pat);
}

/* Present and not an empty string. */
static bool has_pat(const struct reader *r)
{
	const struct bf_yaml_node *pat = r->values[PAT];

	return pat && (pat->type != BF_YAML_SCALAR || pat->length > 0);
}

/*
 * Which method: what auth_method says; without it, what the other keys say. An environment whose
 * credentials were taken out by a logout keeps its auth_method and reads as that method with an
 * empty secret.
 */
static enum bfabric_status read_method(struct reader *r)
{
	BF_AUTO_FREE char *declared = NULL;
	enum bfabric_status status = string(r, AUTH_METHOD, &declared);

	if (status != BFABRIC_OK)
		return status;
	if (declared && strcmp(declared, "oauth") == 0)
		return read_oauth(r, BFABRIC_AUTH_OAUTH);
	if (declared && strcmp(declared, "client_credentials") == 0)
		return read_oauth(r, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	if (declared && strcmp(declared, "pat") == 0)
		return read_pat(r);
	if (declared && strcmp(declared, "password") != 0)
		return bad(r, AUTH_METHOD, "must be oauth, client_credentials, pat or password");
	if (r->values[LOGIN])
		return read_password(r);
	if (has_pat(r))
		return read_pat(r);
	if (declared)
		return read_password(r);
	if (r->values[CLIENT_ID] || r->values[SCOPE])
		return read_oauth(r, BFABRIC_AUTH_OAUTH);
	return BFABRIC_OK;
}

static enum bfabric_status read_registration(struct reader *r)
{
	struct bf_environment *env = r->env;
	enum bfabric_status status =
		secret(r, REGISTRATION_ACCESS_TOKEN, &env->registration_access_token);

	return status == BFABRIC_OK
		       ? string(r, REGISTRATION_CLIENT_URI, &env->registration_client_uri)
		       : status;
}

/* The site's file is for everybody to read. */
static enum bfabric_status refuse_site_secrets(struct reader *r)
{
	static const enum key secrets[] = {PASSWORD, PAT, CLIENT_SECRET, REGISTRATION_ACCESS_TOKEN};

	if (r->env->source != BF_FROM_SITE)
		return BFABRIC_OK;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (r->values[secrets[i]])
			return bad(r, secrets[i],
				"is a secret and does not belong in the site's file");
	return BFABRIC_OK;
}

static enum bfabric_status read_ours(struct reader *r)
{
	struct bf_environment *env = r->env;
	enum bfabric_status status;

	if (!r->values[LIBBFABRIC])
		return BFABRIC_OK;
	status = bf_config_read_ours(&r->place, r->values[LIBBFABRIC], env, r->err);
	if (status != BFABRIC_OK || !env->client_secret_file)
		return status;
	if (env->method != BFABRIC_AUTH_CLIENT_CREDENTIALS && env->method != BFABRIC_AUTH_OAUTH)
		return bad(r, LIBBFABRIC,
			"says client_secret_file, which is for the auth_methods oauth and "
			"client_credentials only");
	if (!bf_secret_empty(&env->client_secret))
		return bad(r, CLIENT_SECRET, "and client_secret_file are both given");
	return BFABRIC_OK;
}

/* Names that mean something else, and keys that are no strings for bfabricPy. */
static enum bfabric_status check_name(struct reader *r)
{
	const char *name = r->place.environment;
	const struct bf_yaml *yaml = &r->place.file->yaml;

	if (!*name)
		return bf_config_bad(&r->place, NULL, "", "the name is empty", r->err);
	if (strcmp(name, "default") == 0)
		return bf_config_bad(&r->place, NULL, "", "this name is reserved", r->err);
	if (bf_yaml_kind(yaml, r->place.key) != BF_YAML_STRING)
		return bf_config_bad(&r->place, NULL, "",
			"the name would not be read as a string: quote it", r->err);
	return BFABRIC_OK;
}

enum bfabric_status bf_config_read_yaml(
	const struct bf_config_entry *entry, struct bf_environment *env, struct bfabric_error *err)
{
	struct reader r = {.place = {entry->file, entry->name, entry->key}, .env = env, .err = err};
	enum bfabric_status status = check_name(&r);
	const char *problem;

	env->source = entry->file->source;
	env->line = entry->key->line;
	env->file = strdup(entry->file->path);
	if (!env->file)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK)
		return status;
	if (entry->value->type != BF_YAML_MAPPING || entry->value->foreign)
		return bf_config_bad(&r.place, entry->value, "", "must be a mapping", err);
	problem = bf_yaml_walk(&entry->file->yaml, entry->value, visit, &r);
	if (problem)
		return bf_config_bad(&r.place, entry->value, "", problem, err);
	status = refuse_site_secrets(&r);
	if (status == BFABRIC_OK)
		status = read_url(&r);
	if (status == BFABRIC_OK)
		status = read_method(&r);
	if (status == BFABRIC_OK)
		status = read_registration(&r);
	if (status == BFABRIC_OK)
		status = read_ours(&r);
	env->readable_by_others = entry->file->info.readable_by_others &&
				  !(bf_secret_empty(&env->password) && bf_secret_empty(&env->pat) &&
					  bf_secret_empty(&env->client_secret) &&
					  bf_secret_empty(&env->registration_access_token));
	return status;
}

static void peek(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct reader *r = data;

	if (bf_yaml_is(&r->place.file->yaml, key, key_names[BASE_URL]))
		r->values[BASE_URL] = value;
	if (bf_yaml_is(&r->place.file->yaml, key, key_names[LIBBFABRIC]))
		r->values[LIBBFABRIC] = value;
}

void bf_config_peek(const struct bf_config_entry *entry, const struct bf_yaml_node **ret_base_url,
	const struct bf_yaml_node **ret_ours)
{
	struct reader r = {.place = {entry->file, entry->name, entry->key}};

	if (entry->value->type == BF_YAML_MAPPING && !entry->value->foreign &&
		!bf_yaml_walk(&entry->file->yaml, entry->value, peek, &r)) {
		*ret_base_url = r.values[BASE_URL];
		*ret_ours = r.values[LIBBFABRIC];
	}
}

bool bf_environment_apart(const struct bf_environment *environment)
{
	return environment->store && strcmp(environment->store, "file") != 0;
}

bool bf_environment_disarmed(const struct bf_environment *environment)
{
	return environment->method == BFABRIC_AUTH_CLIENT_CREDENTIALS &&
	       bf_secret_empty(&environment->client_secret) && !environment->client_secret_file &&
	       !bf_environment_apart(environment);
}
