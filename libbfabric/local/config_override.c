#include "config_private.h"
#include <stdlib.h>
#include <string.h>

/*
 * BFABRICPY_CONFIG_OVERRIDE, as bfabricPy exports it to the jobs it starts:
 *	{"client": {"base_url": ...}, "auth": {"login": ..., "password": ...} or null,
 *	 "auth_method", "client_id", "client_secret", "scope", "env_name"}
 * Errors never quote it.
 */

struct override {
	const json_t *json;
	struct bf_environment *env;
	struct bfabric_error *err;
};

static enum bfabric_status bad(struct bfabric_error *err, const char *key, const char *problem)
{
	return bf_fail(err, BFABRIC_BAD_CONFIG, "%s: %s%s%s", BF_OVERRIDE_VARIABLE, key,
		*key ? " " : "", problem);
}

enum bfabric_status bf_config_override_load(
	const char *text, json_t **ret, struct bfabric_error *err)
{
	json_error_t where;
	size_t length = strlen(text);
	json_t *json;

	if (length > BF_CONFIG_MAX)
		return bad(err, "", "is larger than 1 MiB");
	json = json_loadb(text, length, 0, &where);
	if (!json && json_error_code(&where) == json_error_out_of_memory)
		return bf_fail_nomem(err);
	if (!json)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s: line %d, column %d: not valid JSON (the variable replaces the "
			"configuration file; unset it to use the file)",
			BF_OVERRIDE_VARIABLE, where.line, where.column);
	if (!json_is_object(json)) {
		json_decref(json);
		return bad(err, "", "must be a JSON object");
	}
	*ret = json;
	return BFABRIC_OK;
}

const char *bf_config_override_name(const json_t *json)
{
	const char *name = json_string_value(json_object_get(json, "env_name"));

	return name && *name ? name : BF_OVERRIDE_VARIABLE;
}

const char *bf_config_override_url(const json_t *json)
{
	return json_string_value(json_object_get(json_object_get(json, "client"), "base_url"));
}

static const char *string_problem(const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		return "must be a string";
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return "contains a line break or another control character";
	return NULL;
}

/* *ret_text is NULL when the key is absent or null. */
static enum bfabric_status text_of(
	struct override *o, const json_t *object, const char *key, const char **ret_text)
{
	const json_t *value = json_object_get(object, key);
	const char *problem;

	*ret_text = NULL;
	if (!value || json_is_null(value))
		return BFABRIC_OK;
	problem = string_problem(value);
	if (problem)
		return bad(o->err, key, problem);
	*ret_text = json_string_value(value);
	return BFABRIC_OK;
}

static enum bfabric_status string(
	struct override *o, const json_t *object, const char *key, char **ret)
{
	const char *text;
	enum bfabric_status status = text_of(o, object, key, &text);

	if (status != BFABRIC_OK || !text)
		return status;
	*ret = strdup(text);
	return *ret ? BFABRIC_OK : bf_fail_nomem(o->err);
}

static enum bfabric_status secret(
	struct override *o, const json_t *object, const char *key, struct bf_secret *ret)
{
	const char *text;
	enum bfabric_status status = text_of(o, object, key, &text);

	if (status != BFABRIC_OK || !text)
		return status;
	bf_secret_puts(ret, text);
	return ret->failed ? bf_fail_nomem(o->err) : BFABRIC_OK;
}

static enum bfabric_status read_url(struct override *o)
{
	struct bfabric_error why = {.text = ""};
	const char *text;
	enum bfabric_status status =
		text_of(o, json_object_get(o->json, "client"), "base_url", &text);

	if (status != BFABRIC_OK)
		return status;
	if (!text)
		return bad(o->err, "client: base_url", "is missing");
	status = bf_url_parse(text, &o->env->url, &why);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(o->err);
	return status == BFABRIC_OK ? BFABRIC_OK : bad(o->err, "client: base_url:", why.text);
}

static enum bfabric_status read_oauth(struct override *o, enum bfabric_auth_method method)
{
	struct bf_environment *env = o->env;
	enum bfabric_status status = string(o, o->json, "client_id", &env->client_id);

	env->method = method;
	if (status == BFABRIC_OK)
		status = string(o, o->json, "scope", &env->scope);
	if (status == BFABRIC_OK && method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		status = secret(o, o->json, "client_secret", &env->client_secret);
	if (status != BFABRIC_OK)
		return status;
	if (!env->client_id || !*env->client_id)
		return bad(o->err, "client_id", "is missing");
	if (!json_string_value(json_object_get(o->json, "env_name")))
		return bad(o->err, "env_name",
			"is missing: it names the environment whose cached token is used");
	return BFABRIC_OK;
}

static enum bfabric_status check_password(struct override *o, size_t length)
{
	if (!*o->env->login)
		return bad(o->err, "auth: login", "is empty");
	if (length == 0)
		return bad(o->err, "auth: password", "is empty");
	if (strcmp(o->env->login, BF_OAUTH_LOGIN) != 0 && length != 32)
		return bad(o->err, "auth: password", "must be exactly 32 characters");
	return BFABRIC_OK;
}

/* `auth`, which holds a login and password, or a personal access token for `__oauth__`. */
static enum bfabric_status read_static(struct override *o, const char *declared)
{
	const json_t *auth = json_object_get(o->json, "auth");
	struct bf_environment *env = o->env;
	bool pat = declared && strcmp(declared, "pat") == 0;
	enum bfabric_status status;

	if (!auth || json_is_null(auth))
		return BFABRIC_OK;
	if (!json_is_object(auth))
		return bad(o->err, "auth", "must be an object or null");
	env->method = BFABRIC_AUTH_PASSWORD;
	status = string(o, auth, "login", &env->login);
	if (status == BFABRIC_OK)
		status = secret(o, auth, "password", &env->password);
	if (status != BFABRIC_OK)
		return status;
	if (!env->login)
		return bad(o->err, "auth: login", "is missing");
	status = check_password(o, bf_config_characters(bf_secret_reveal(&env->password)));
	if (status == BFABRIC_OK && pat && strcmp(env->login, BF_OAUTH_LOGIN) == 0) {
		env->method = BFABRIC_AUTH_PAT;
		bf_secret_move(&env->pat, &env->password);
		free(BF_TAKE(env->login));
	}
	return status;
}

static bool given(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

static enum bfabric_status read_method(struct override *o)
{
	const char *declared;
	enum bfabric_status status = text_of(o, o->json, "auth_method", &declared);

	if (status != BFABRIC_OK)
		return status;
	if (declared && strcmp(declared, "oauth") == 0)
		return read_oauth(o, BFABRIC_AUTH_OAUTH);
	if (declared && strcmp(declared, "client_credentials") == 0)
		return read_oauth(o, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	if (declared && strcmp(declared, "pat") != 0 && strcmp(declared, "password") != 0)
		return bad(o->err, "auth_method",
			"must be oauth, client_credentials, pat or password");
	if (!declared && (given(o->json, "client_id") || given(o->json, "scope")))
		return read_oauth(o, BFABRIC_AUTH_OAUTH);
	return read_static(o, declared);
}

enum bfabric_status bf_config_read_override(
	const json_t *json, struct bf_environment *env, struct bfabric_error *err)
{
	struct override o = {json, env, err};
	const char *name;
	enum bfabric_status status = text_of(&o, json, "env_name", &name);

	env->source = BF_FROM_OVERRIDE;
	env->file = strdup(BF_OVERRIDE_VARIABLE);
	if (!env->file)
		return bf_fail_nomem(err);
	if (given(json, "libbfabric"))
		return bad(err, "libbfabric", "has no place here: use the configuration file");
	if (status == BFABRIC_OK)
		status = read_url(&o);
	return status == BFABRIC_OK ? read_method(&o) : status;
}
