#include "login_run.h"
#include "full.h"
#include "help.h"
#include "login_plan.h"
#include "say.h"
#include "scope.h"
#include "store_ready.h"
#include "trace.h"
#include "../libbfabric/document.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *text_of(const struct bf_secret *secret)
{
	return bf_secret_empty(secret) ? NULL : bf_secret_reveal(secret);
}

static bool in_files(const struct bf_environment *environment)
{
	return strcmp(environment->store, "file") == 0;
}

/* What a change consists of; borrows from the environment. */
struct wanted {
	struct bf_config_value values[BF_CONFIG_LOGIN_VALUES + 1];
	struct bf_config_change change;
};

static void want(const struct bf_command_line *call, const struct bf_environment *environment,
	struct wanted *ret)
{
	bool here = in_files(environment);
	const struct bf_config_login login = {
		.base_url = environment->url.text,
		/* Read as oauth all the same; bfabricPy writes nothing that says oauth beside a
		 * secret, and would lose what its next update of the client brings. */
		.auth_method = here && !bf_secret_empty(&environment->client_secret)
				       ? NULL
				       : bfabric_auth_method_name(BFABRIC_AUTH_OAUTH),
		.client_id = environment->client_id,
		.scope = environment->scope,
		/* What is not named goes away; what is the client's own outlives a login. */
		.client_secret = here ? text_of(&environment->client_secret) : NULL,
		.client_secret_file = environment->client_secret_file,
		.registration_access_token =
			here ? text_of(&environment->registration_access_token) : NULL,
		.registration_client_uri = environment->registration_client_uri,
	};

	size_t count = bf_config_login_values(&login, ret->values);

	ret->values[count] =
		(struct bf_config_value){"libbfabric.store", here ? NULL : environment->store};
	ret->change = (struct bf_config_change){
		.name = environment->name,
		.values = ret->values,
		.value_count = count + 1,
		.set_default = (enum bf_set_default)call->set_default,
	};
}

/* A name that is recorded for another server needs a person who wants that. */
static enum bfabric_status confirm_other_url(const struct bf_login_plan *plan,
	const struct bf_terminal *terminal, struct bfabric_error *err)
{
	const struct bf_environment *env = &plan->environment;
	char question[700];
	bool yes = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!terminal->person)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"environment %.80s is recorded for %.150s, not for %.150s: give another "
			"name with --env",
			env->name, plan->recorded_url, env->url.text);
	snprintf(question, sizeof(question),
		"Environment %.80s is recorded for\n%.200s\nLog it in to\n%.200s\ninstead? [y/N] ",
		env->name, plan->recorded_url, env->url.text);
	status = bf_terminal_confirm(question, &yes, err);
	if (status == BFABRIC_OK && !yes)
		return bf_fail(err, BFABRIC_CANCELLED, "nothing was changed");
	return status;
}

/* ---- another store --------------------------------------------------------------------------- */

/*
 * What the client itself has in a store that this login leaves comes along. Where that store does
 * not answer there may be nothing to bring, and if there is, the server will ask for it.
 */
static enum bfabric_status bring_along(
	struct bf_login_plan *plan, struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	struct bf_environment *env = &plan->environment;
	const struct bf_document_call call = {.sys = &bf_sys_real, .cancel = cancel};
	char *now = env->store;
	enum bfabric_status status;

	if (!plan->recorded.type || !bf_store_apart(&plan->recorded) || plan->recorded_url ||
		strcmp(bf_store_name(&plan->recorded), now) == 0 || !plan->recorded.client_id ||
		strcmp(plan->recorded.client_id, env->client_id) != 0)
		return BFABRIC_OK;
	env->store = strdup(bf_store_name(&plan->recorded));
	status = env->store ? bf_document_fill(env, &call, err) : bf_fail_nomem(err);
	free(env->store);
	env->store = now;
	return status == BFABRIC_STORE_UNAVAILABLE ? BFABRIC_OK : status;
}

/* What the configuration has of the client goes to the store that its login went to. */
static enum bfabric_status take_along(
	const struct bf_environment *env, struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
	const struct bf_document_call call = {.sys = &bf_sys_real, .cancel = cancel};
	enum bfabric_status status = BFABRIC_OK;

	if (in_files(env) || (bf_secret_empty(&env->client_secret) &&
				     bf_secret_empty(&env->registration_access_token)))
		return BFABRIC_OK;
	status = bf_document_open(env, /* store= */ NULL, &call, &document, err);
	if (status == BFABRIC_OK && !bf_secret_empty(&env->client_secret))
		status = bf_document_set(&document.stored.client_secret, &env->client_secret, err);
	if (status == BFABRIC_OK && !bf_secret_empty(&env->registration_access_token))
		status = bf_document_set(&document.stored.registration_access_token,
			&env->registration_access_token, err);
	return status == BFABRIC_OK ? bf_document_save(&document, err) : status;
}

/* Once: when the store is chosen. */
static void put_store(const struct bf_command_line *call, const struct bf_login_plan *plan,
	const struct bf_environment *env, struct bf_secret *out)
{
	BF_AUTO_STORE struct bf_store now = BF_STORE_INIT;

	if (bf_store_open(env, /* name= */ NULL, &bf_sys_real, /* cancel= */ NULL, &now, NULL) !=
		BFABRIC_OK)
		return;
	bf_store_leave(&plan->recorded, &now, out);
	if (!call->store)
		return;
	bf_secret_printf(out, "The refresh token is kept in %.600s.\n", bf_store_place(&now));
	if (!plan->recorded.type || strcmp(bf_store_name(&plan->recorded), env->store) != 0)
		bf_store_put_remark(&now, env->method, out);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Everything that can stand in the way is found before the person is sent to a browser. */
static enum bfabric_status prepare(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_login_plan *plan, struct bfabric_error *err)
{
	struct wanted wanted = {0};
	enum bfabric_status status = bf_login_plan_make(call, terminal, plan, err);

	if (status != BFABRIC_OK)
		return status;
	if (plan->recorded_url && !terminal->person)
		return confirm_other_url(plan, terminal, err);
	want(call, &plan->environment, &wanted);
	status = bf_config_check_write(call->config_file, &wanted.change, err);
	if (status == BFABRIC_OK && plan->recorded_url)
		status = confirm_other_url(plan, terminal, err);
	return status;
}

/* The library would ask anybody who is told something; here only a person who is there counts. */
static enum bfabric_status make_ready(const struct bf_environment *env,
	const struct bf_terminal *terminal, struct bfabric_cancel *cancel,
	struct bfabric_error *err)
{
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	enum bfabric_status status =
		bf_store_open(env, /* name= */ NULL, &bf_sys_real, cancel, &store, err);

	return status == BFABRIC_OK ? bf_store_make_ready(&store, terminal, err) : status;
}

static void put_shown(struct bf_secret *out, const char *text)
{
	char shown[600];

	bf_show(shown, sizeof(shown), text, strlen(text));
	bf_secret_puts(out, shown);
}

static void put_scope_difference(const char *requested, const char *granted, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret missing = BF_SECRET_INIT;

	if (!requested || !granted)
		return;
	bf_scope_missing(requested, granted, &missing);
	if (bf_secret_empty(&missing))
		return;
	bf_secret_puts(out, "Not granted: ");
	put_shown(out, bf_secret_reveal(&missing));
	bf_secret_puts(out, " (granted: ");
	put_shown(out, granted);
	bf_secret_puts(out, ")\n");
}

static void tell_result(const struct bf_command_line *call, const struct bf_login_plan *plan,
	const struct bf_login_result *result, const struct bf_environment *env)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT, about_store = BF_SECRET_INIT;

	bf_secret_puts(&text, "logged in as ");
	put_shown(&text, result->subject ? result->subject : "(the server does not say)");
	bf_secret_puts(&text, "\n");
	put_scope_difference(env->scope, result->scope_granted, &text);
	if (!result->can_refresh)
		bf_secret_puts(&text, "This login cannot be renewed: it ends with its token.\n");
	bf_secret_puts(&text, "Environment ");
	put_shown(&text, env->name);
	bf_secret_puts(&text, "\n");
	put_store(call, plan, env, &about_store);
	bf_help_wrap(bf_secret_reveal(&about_store), 0, bf_terminal_columns(STDERR_FILENO), &text);
	bf_secret_puts(&text, "Next, for git: bfabric configure git\n");
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

static enum bfabric_status write_down(const struct bf_command_line *call,
	const struct bf_environment *env, struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	struct wanted wanted = {0};

	want(call, env, &wanted);
	if (take_along(env, cancel, err) != BFABRIC_OK)
		return bf_fail_context(err, err->status,
			"the login worked, but the client's secret could not be kept with it, and "
			"the configuration is as it was");
	if (bf_config_write(call->config_file, &wanted.change, err) == BFABRIC_OK)
		return BFABRIC_OK;
	return bf_fail_context(err, err->status,
		"the login worked and its token is kept, but it could not be written into the "
		"configuration");
}

enum bfabric_status bf_login_run(const struct bf_command_line *call, const struct bf_login_way *way,
	struct bfabric_error *err)
{
	BF_AUTO_LOGIN_PLAN struct bf_login_plan plan = {0};
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bf_screen screen = {0};
	struct bf_session_seams seams = {0};
	const struct bf_environment *env = NULL;
	enum bfabric_status status = bf_screen_init(&screen, &seams.cancel, err);

	if (status == BFABRIC_OK)
		status = prepare(call, &screen.terminal, &plan, err);
	if (status == BFABRIC_OK)
		status = make_ready(&plan.environment, &screen.terminal, seams.cancel, err);
	if (status == BFABRIC_OK)
		status = bring_along(&plan, seams.cancel, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&plan.environment, "login", &seams, &session, err);
	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(call, session);
	env = bf_session_environment(session);
	status = way->log_in(
		session, call, &screen, bf_command_deadline(call, way->timeout), &result, err);
	bf_screen_end(&screen);
	if (status == BFABRIC_OK)
		status = write_down(call, env, seams.cancel, err);
	if (status == BFABRIC_OK)
		tell_result(call, &plan, &result, env);
	return status;
}
