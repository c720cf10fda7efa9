#include "login_plan.h"
#include "instance.h"
#include "scope.h"
#include <stdlib.h>
#include <string.h>

#define CLIENT_ID "CLI" /* the public client that every B-Fabric has */

void bf_login_plan_release(struct bf_login_plan *plan)
{
	bf_environment_release(&plan->environment);
	free(plan->recorded_url);
	bf_store_release(&plan->recorded);
	*plan = (struct bf_login_plan){0};
}

static bool exists(const struct bf_config *config, const char *name)
{
	for (size_t i = 0; i < bf_config_count(config); i++)
		if (strcmp(bf_config_name(config, i), name) == 0)
			return true;
	return false;
}

static enum bfabric_status set(char **member, const char *value, struct bfabric_error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return bf_fail_nomem(err);
	free(*member);
	*member = copy;
	return BFABRIC_OK;
}

/* An environment that is not in the configuration yet. Takes `url` over. */
static enum bfabric_status make_new(const struct bf_config *config, const char *name,
	struct bf_url *url, struct bf_environment *ret, struct bfabric_error *err)
{
	enum bfabric_status status = set(&ret->name, name, err);

	if (status == BFABRIC_OK)
		status = set(&ret->file, bf_config_user_file(config), err);
	if (status == BFABRIC_OK)
		status = set(&ret->store, "file", err);
	ret->source = BF_FROM_USER;
	ret->method = BFABRIC_AUTH_OAUTH;
	ret->min_ttl = 60;
	bf_url_release(&ret->url);
	ret->url = *url;
	*url = (struct bf_url)BF_URL_INIT;
	return status;
}

static void forget_secret(struct bf_environment *env)
{
	bf_secret_release(&env->client_secret);
	free(env->client_secret_file);
	env->client_secret_file = NULL;
	bf_secret_release(&env->registration_access_token);
	free(env->registration_client_uri);
	env->registration_client_uri = NULL;
}

/* Nobody waits while a login is planned, so that nobody can wish to stop it. */
static enum bfabric_status record_store(struct bf_login_plan *plan, struct bfabric_error *err)
{
	return bf_store_open(&plan->environment, /* name= */ NULL, &bf_sys_real,
		/* cancel= */ NULL, &plan->recorded, err);
}

/* Take up the environment `name`; another URL than its own is remembered for a confirmation. */
static enum bfabric_status take_existing(const struct bf_config *config, const char *name,
	struct bf_url *url, struct bf_login_plan *plan, struct bfabric_error *err)
{
	struct bf_environment *env = &plan->environment;
	enum bfabric_status status = bf_config_select(config, name, NULL, env, err);

	if (status == BFABRIC_OK)
		status = record_store(plan, err);
	if (status != BFABRIC_OK || !url->text || strcmp(url->text, env->url.text) == 0)
		return status;
	plan->recorded_url = env->url.text;
	env->url.text = NULL;
	forget_secret(env); /* it is for the other server only */
	bf_url_release(&env->url);
	env->url = *url;
	*url = (struct bf_url)BF_URL_INIT;
	return BFABRIC_OK;
}

/* Is the active environment at this URL? Then a login there is meant for it. */
static enum bfabric_status active_at(const struct bf_config *config, const struct bf_url *url,
	char **ret_name, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment active = {0};

	if (bf_config_select(config, NULL, NULL, &active, NULL) != BFABRIC_OK ||
		strcmp(active.url.text, url->text) != 0)
		return BFABRIC_OK;
	return set(ret_name, active.name, err);
}

static enum bfabric_status choose_with_url(const struct bf_config *config,
	const struct bf_command_line *call, const char *typed, struct bf_login_plan *plan,
	struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	BF_AUTO_FREE char *name = NULL;
	enum bfabric_status status = bf_instance_url(typed, &url, err);

	if (status == BFABRIC_OK && call->environment)
		status = set(&name, call->environment, err);
	if (status == BFABRIC_OK && !name)
		status = active_at(config, &url, &name, err);
	if (status == BFABRIC_OK && !name)
		status = bf_instance_name(&url, &name, err);
	if (status != BFABRIC_OK)
		return status;
	if (exists(config, name))
		return take_existing(config, name, &url, plan, err);
	return make_new(config, name, &url, &plan->environment, err);
}

static enum bfabric_status choose_without_url(const struct bf_config *config,
	const struct bf_command_line *call, struct bf_login_plan *plan, struct bfabric_error *err)
{
	const char *name = call->environment;
	struct bfabric_error why = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (name && !exists(config, name) && bf_instance_known(name))
		return choose_with_url(config, call, name, plan, err);
	if (name && !exists(config, name))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"there is no environment %.80s yet: give its URL too, as in bfabric login "
			"https://HOST/bfabric --env %.80s",
			name, name);
	status = bf_config_select(config, name, NULL, &plan->environment, &why);
	if (status == BFABRIC_NOT_LOGGED_IN)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"log in where? Give a URL (https://HOST/bfabric) or a known instance: "
			"fgcz-prod, fgcz-test, fgcz-demo, trace");
	if (status != BFABRIC_OK)
		return bf_fail(err, status, "%s", why.text);
	return record_store(plan, err);
}

static enum bfabric_status ask_scope(
	const struct bf_terminal *terminal, char **ret_scope, struct bfabric_error *err)
{
	/* Lines of less than 40 columns. */
	static const char question[] = "What may this login do? read-only,\n"
				       "read-write, upload, or a scope such as\n"
				       "\"api:write tus\" [" BF_SCOPE_DEFAULT "]: ";
	char answer[512];
	enum bfabric_status status = BFABRIC_OK;

	if (!terminal->person)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a first login needs --scope: read-only, read-write, upload, or a scope "
			"such as \"api:write tus\"");
	status = bf_terminal_ask(question, answer, sizeof(answer), err);
	if (status != BFABRIC_OK)
		return status;
	return bf_scope_expand(*answer ? answer : BF_SCOPE_DEFAULT, ret_scope, err);
}

static enum bfabric_status settle_client_and_scope(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_environment *env, struct bfabric_error *err)
{
	BF_AUTO_FREE char *scope = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (env->method == BFABRIC_AUTH_NONE)
		env->method = BFABRIC_AUTH_OAUTH; /* nothing is there that a login would replace */
	if (call->client_id && env->client_id && strcmp(call->client_id, env->client_id) != 0)
		forget_secret(env); /* it is another client's */
	if (call->client_id || !env->client_id || !*env->client_id)
		status = set(&env->client_id, call->client_id ? call->client_id : CLIENT_ID, err);
	if (status != BFABRIC_OK)
		return status;
	if (call->scope)
		status = bf_scope_expand(call->scope, &scope, err);
	else if (!env->scope || !*env->scope)
		status = ask_scope(terminal, &scope, err);
	if (status != BFABRIC_OK || !scope)
		return status;
	free(env->scope);
	env->scope = BF_TAKE(scope);
	return BFABRIC_OK;
}

enum bfabric_status bf_login_plan_where(
	const struct bf_command_line *call, struct bf_login_plan *ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_LOGIN_PLAN struct bf_login_plan plan = {0};
	const char *typed = call->argument_count ? call->arguments[0] : NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (secure_getenv("BFABRICPY_CONFIG_OVERRIDE"))
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"BFABRICPY_CONFIG_OVERRIDE is set and replaces the configuration: a login "
			"could not be recorded; unset it first");
	status = bf_config_load(call->config_file, &config, err);
	if (status == BFABRIC_OK)
		status = typed ? choose_with_url(config, call, typed, &plan, err)
			       : choose_without_url(config, call, &plan, err);
	if (status == BFABRIC_OK && call->store)
		status = set(&plan.environment.store, call->store, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = plan;
	plan = (struct bf_login_plan){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_login_plan_make(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_login_plan *ret, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_PLAN struct bf_login_plan plan = {0};
	enum bfabric_status status = bf_login_plan_where(call, &plan, err);

	if (status == BFABRIC_OK)
		status = settle_client_and_scope(call, terminal, &plan.environment, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = plan;
	plan = (struct bf_login_plan){0};
	return BFABRIC_OK;
}
