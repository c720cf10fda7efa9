#include "static_login.h"
#include "../libbfabric/document.h"
#include "log_out.h"
#include "store_ready.h"
#include <stdio.h>
#include <string.h>

void bf_static_login_release(struct bf_static_login *login)
{
	bf_login_plan_release(&login->plan);
	bf_store_release(&login->store);
}

static enum bfabric_status confirm_change(const struct bf_static_login *login,
	enum bfabric_auth_method method, const struct bf_terminal *terminal,
	struct bfabric_error *err)
{
	const struct bf_environment *env = &login->plan.environment;
	const char *url = login->plan.recorded_url ? login->plan.recorded_url : env->url.text;
	char question[700];
	bool yes = false;
	enum bfabric_status status;

	if (!terminal->person)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"environment %.80s is recorded for %.150s with method %s: give another "
			"name with --env",
			env->name, url, bfabric_auth_method_name(env->method));
	snprintf(question, sizeof(question),
		"Environment %.80s is recorded for\n%.200s\nwith method %s. Change it to\n%.200s\n"
		"with method %s? [y/N] ",
		env->name, url, bfabric_auth_method_name(env->method), env->url.text,
		bfabric_auth_method_name(method));
	status = bf_terminal_confirm(question, &yes, err);
	if (status == BFABRIC_OK && !yes)
		return bf_fail(err, BFABRIC_CANCELLED, "nothing was changed");
	return status;
}

enum bfabric_status bf_static_login_plan(const struct bf_command_line *call,
	enum bfabric_auth_method method, const char *client_id, const struct bf_terminal *terminal,
	struct bf_static_login *ret, struct bfabric_error *err)
{
	BF_AUTO_STATIC_LOGIN struct bf_static_login login = {0};
	const struct bf_environment *env = &login.plan.environment;
	enum bfabric_status status = bf_login_plan_where(call, &login.plan, err);

	if (status != BFABRIC_OK)
		return status;
	login.exists = env->line > 0;
	login.replaces = login.exists && env->method != BFABRIC_AUTH_NONE &&
			 (env->method != method || login.plan.recorded_url);
	if (login.replaces)
		status = confirm_change(&login, method, terminal, err);
	if (status != BFABRIC_OK)
		return status;
	if (login.exists && client_id && env->client_id && strcmp(client_id, env->client_id) != 0)
		login.replaces = true;
	login.continues = login.exists && !login.replaces && env->method == method;
	*ret = login;
	login = (struct bf_static_login){0};
	return BFABRIC_OK;
}

/* Is the store that held the secrets so far going to be left? */
static bool is_left(const struct bf_static_login *login)
{
	const struct bf_store *before = &login->plan.recorded;

	return before->type && bf_store_apart(before) &&
	       strcmp(bf_store_name(before), bf_store_name(&login->store)) != 0;
}

enum bfabric_status bf_static_login_ready(struct bf_static_login *login,
	const struct bf_environment *environment, struct bfabric_cancel *cancel,
	const struct bf_terminal *terminal, struct bfabric_error *err)
{
	enum bfabric_status status = bf_store_open(
		environment, /* name= */ NULL, &bf_sys_real, cancel, &login->store, err);

	if (status == BFABRIC_OK)
		status = bf_store_make_ready(&login->store, terminal, err);
	if (status == BFABRIC_OK && is_left(login)) /* nobody is kept in one that is lost */
		(void)!bf_store_make_ready(&login->plan.recorded, terminal, /* err= */ NULL);
	return status;
}

enum bfabric_status bf_static_login_recall(const struct bf_static_login *login,
	const struct bf_environment *environment, struct bf_secret *ret, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!login->continues)
		return BFABRIC_OK;
	if (!bf_secret_empty(&environment->registration_access_token))
		return bf_document_set(ret, &environment->registration_access_token, err);
	if (bf_store_apart(&login->plan.recorded))
		status = bf_store_get(
			&login->plan.recorded, /* deadline= */ 0, &found, &stored, err);
	if (status == BFABRIC_OK)
		bf_secret_move(ret, &stored.registration_access_token);
	return status == BFABRIC_STORE_UNAVAILABLE && is_left(login) ? BFABRIC_OK : status;
}

enum bfabric_status bf_static_login_clear(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, const struct bf_static_login *login,
	const struct bf_config_change *change, struct bf_secret *told, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment old = {0};
	enum bfabric_status status = bf_config_check_write(call->config_file, change, err);

	if (status != BFABRIC_OK || !login->replaces)
		return status;
	status = bf_config_load(call->config_file, &config, err);
	if (status == BFABRIC_OK)
		status = bf_config_select(config, change->name, NULL, &old, err);
	if (status == BFABRIC_OK)
		status = bf_log_out_environment(
			call, cancel, &old, BF_LOGOUT_FORGET, /* deadline= */ 0, told, err);
	return status;
}

/* ---- keeping it ------------------------------------------------------------------------------ */

enum bfabric_status bf_static_login_put(struct bf_static_login *login,
	const struct bf_environment *environment, const struct bf_static_secrets *secrets,
	struct bfabric_error *err)
{
	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
	const struct bf_document_call call = {.sys = &bf_sys_real};
	struct bf_stored *stored = &document.stored;
	enum bfabric_status status = BFABRIC_OK;

	if (!bf_store_apart(&login->store))
		return BFABRIC_OK;
	status = bf_document_open(environment, /* store= */ NULL, &call, &document, err);
	if (status == BFABRIC_OK)
		status = bf_document_set(&stored->pat, secrets->pat, err);
	if (status == BFABRIC_OK)
		status = bf_document_set(&stored->client_secret, secrets->client_secret, err);
	if (status == BFABRIC_OK)
		status = bf_document_set(&stored->registration_access_token,
			secrets->registration_access_token, err);
	if (status == BFABRIC_OK)
		status = bf_document_set(&stored->refresh_token, /* value= */ NULL, err);
	if (status == BFABRIC_OK)
		status = bf_document_save(&document, err);
	login->put = status == BFABRIC_OK;
	return status;
}

size_t bf_static_login_value(const struct bf_static_login *login, struct bf_config_value *ret)
{
	const struct bf_store *before = &login->plan.recorded;
	bool apart = bf_store_apart(&login->store);

	if (!apart && (!before->type || !bf_store_apart(before)))
		return 0;
	*ret = (struct bf_config_value){
		"libbfabric.store", apart ? bf_store_name(&login->store) : NULL};
	return 1;
}

/* Does the environment look there, with or without the change? */
static bool is_used(const struct bf_static_login *login)
{
	return login->continues &&
	       strcmp(bf_store_name(&login->plan.recorded), bf_store_name(&login->store)) == 0;
}

static enum bfabric_status take_back(const struct bf_command_line *call,
	const struct bf_static_login *login, const char *name, enum bfabric_status status,
	struct bfabric_error *err)
{
	const char *place = bf_store_place(&login->store);

	if (!login->put)
		return status;
	if (is_used(login) || bf_document_used(call->config_file, name,
				      bf_store_name(&login->store)) == BF_DOCUMENT_USED)
		return bf_fail_context(err, status,
			"the secret is in %.200s now, where the environment looks for it, but not "
			"everything could be written",
			place);
	if (bf_store_erase(&login->store, /* deadline= */ 0, /* err= */ NULL) != BFABRIC_OK)
		return bf_fail_context(err, status,
			"the secret is in %.200s, but the configuration does not say so", place);
	return bf_fail_context(err, status, "nothing is kept");
}

enum bfabric_status bf_static_login_write(const struct bf_command_line *call,
	const struct bf_static_login *login, const struct bf_config_change *change,
	struct bf_secret *told, struct bfabric_error *err)
{
	enum bfabric_status status = bf_config_write(call->config_file, change, err);

	if (status != BFABRIC_OK)
		return take_back(call, login, change->name, status, err);
	bf_store_leave(&login->plan.recorded, &login->store, told);
	return BFABRIC_OK;
}
