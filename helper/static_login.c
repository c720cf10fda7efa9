#include "static_login.h"
#include "log_out.h"
#include <stdio.h>
#include <string.h>

void bf_static_login_release(struct bf_static_login *login)
{
	bf_login_plan_release(&login->plan);
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
	*ret = login;
	login = (struct bf_static_login){0};
	return BFABRIC_OK;
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
