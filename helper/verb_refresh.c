#include "full.h"
#include "configured.h"
#include "pending.h"
#include "say.h"
#include "screen.h"
#include "status_report.h"
#include "store_ready.h"
#include "trace.h"
#include "../libbfabric/local/cache.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DEADLINE 40 /* seconds for an environment */

static const struct bf_option options[] = {
	{.name = "all",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(all),
		.value = 1,
		.help = "Every login of the configuration that can be refreshed."},
	{.name = "pending",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(pending),
		.value = 1,
		.help = "Without the network: only move what waits for the keyring there, if it is "
			"unlocked."},
	{.name = "timeout",
		.kind = BF_OPTION_SECONDS,
		.member = BF_MEMBER(timeout),
		.argument = "SECONDS",
		.value = 1,
		.limit = 3600,
		.help = "Give up on an environment after this time (default: 40)."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_refresh = {
	.name = "auth refresh",
	.summary = "refresh a login now, before it lapses",
	.arguments = "[ENV]",
	.max_arguments = 1,
	.options = options,
	.text = "Refreshes the login of the environment ENV, or of the active one, whether its "
		"token is still good or not: a login that is not used for long lapses. Made for a "
		"timer; nobody is asked anything, and no keyring is unlocked. With --all, "
		"environments that are not logged in are left out, and one that fails does not "
		"stop the others.\n\n"
		"Exit code: as of bfabric token; with --all that of the worst, where what a person "
		"has to mend (6: the keyring is locked, then 4: log in) counts most.",
	.examples = "bfabric auth refresh\nbfabric auth refresh --all",
};

/* One run of the verb. */
struct run {
	const struct bf_command_line *call;
	struct bfabric_cancel *cancel;
};

/* ---- one environment ------------------------------------------------------------------------- */

static void tell_refreshed(const char *name, const struct bfabric_token *token)
{
	char when[40] = "", span[40];

	if (token->warning)
		bf_say("%s: warning: %s", name, token->warning);
	if (!token->expires_at) {
		bf_say("%s: refreshed", name);
		return;
	}
	bf_status_time(token->expires_at, when, sizeof(when));
	bf_status_span(token->expires_at - (int64_t)time(NULL), span, sizeof(span));
	bf_say("%s: refreshed; the token expires %s (in %s)", name, when, span);
}

static void look_at_cache(const struct bf_environment *env, struct bf_secret *ret_access)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info file = {0};

	if (bf_paths_init(&env->url, env->client_id, env->name, /* with_runtime= */ false, &paths,
		    NULL) == BFABRIC_OK &&
		bf_cache_read(&paths, &token, &file, NULL) == BFABRIC_OK && file.found)
		bf_secret_move(ret_access, &token.access);
}

/* A session that cannot refresh serves a token that still lives; that is no refresh. */
static enum bfabric_status refresh(
	const struct run *r, struct bfabric_session *session, struct bfabric_error *err)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	BF_AUTO_SECRET struct bf_secret before = BF_SECRET_INIT;
	const struct bf_environment *env = bf_session_environment(session);
	enum bfabric_status status = BFABRIC_OK;

	look_at_cache(env, &before);
	status = bf_session_get(session, /* min_ttl= */ -1, /* force_refresh= */ true,
		bf_command_deadline(r->call, DEADLINE), &token, err);
	if (status != BFABRIC_OK)
		return status;
	if (strcmp(bf_secret_reveal(&before), token.value) == 0)
		return bf_fail(err, BFABRIC_RETRY_LATER, "%s",
			token.warning ? token.warning : "not refreshed");
	tell_refreshed(env->name, &token);
	return BFABRIC_OK;
}

/*
 * Is what refreshes it to be had? Asked here, because a session would serve a token that still
 * lives instead of saying no.
 */
static enum bfabric_status require_store(
	const struct run *r, const struct bf_environment *env, struct bfabric_error *err)
{
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status =
		bf_store_open(env, /* name= */ NULL, &bf_sys_real, r->cancel, &store, err);

	if (status != BFABRIC_OK || !bf_store_apart(&store) || env->method != BFABRIC_AUTH_OAUTH)
		return status;
	status = bf_store_get(&store, /* deadline= */ 0, &found, &stored, err);
	if (status != BFABRIC_OK || found || bf_pending_look(env) != BF_PENDING_NONE)
		return status;
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
		"%.200s has nothing for environment %.80s any more: log in again; run: bfabric %s "
		"--env %.80s",
		bf_store_place(&store), env->name, bf_login_verb(env->method), env->name);
}

static enum bfabric_status settle(struct bfabric_session *session, struct bfabric_error *err)
{
	const struct bf_environment *env = bf_session_environment(session);
	bool moved = false;
	enum bfabric_status status = bf_pending_settle(session, &moved, err);

	if (moved)
		bf_say("%s: the login, which had to wait, is where it belongs now", env->name);
	return status;
}

static bool has_tokens(enum bfabric_auth_method method)
{
	return method == BFABRIC_AUTH_OAUTH || method == BFABRIC_AUTH_CLIENT_CREDENTIALS;
}

static enum bfabric_status work(
	const struct run *r, struct bfabric_session *session, struct bfabric_error *err)
{
	const struct bf_environment *env = bf_session_environment(session);
	enum bfabric_status status = BFABRIC_OK;

	bf_trace_session(r->call, session);
	if (!has_tokens(env->method))
		return r->call->pending ? BFABRIC_OK
					: bf_fail(err, BFABRIC_UNSUPPORTED,
						  "a login by the method %s is not refreshed",
						  bfabric_auth_method_name(env->method));
	if (r->call->pending)
		return settle(session, err);
	status = require_store(r, env, err);
	return status == BFABRIC_OK ? refresh(r, session, err) : status;
}

static enum bfabric_status open_session(const struct run *r, const char *name,
	struct bfabric_session **ret, struct bfabric_error *err)
{
	const struct bfabric_options where = {
		.config_file = r->call->config_file, .environment = name, .cancel = r->cancel};

	return bfabric_session_open(&where, ret, err);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* What only a person can mend comes first, what time mends last. */
static int weight(enum bfabric_status status)
{
	switch (status) {
	case BFABRIC_OK:
		return 0;
	case BFABRIC_RETRY_LATER:
	case BFABRIC_TIMEOUT:
	case BFABRIC_LOCK_TIMEOUT:
		return 1;
	case BFABRIC_SYSTEM:
	case BFABRIC_BAD_CONFIG:
	case BFABRIC_BAD_REPLY:
	case BFABRIC_NO_MEMORY:
	case BFABRIC_UNSUPPORTED:
	case BFABRIC_BAD_CALL:
	case BFABRIC_FORBIDDEN:
	case BFABRIC_REFUSED:
		return 2;
	case BFABRIC_NOT_LOGGED_IN:
	case BFABRIC_LOGIN_REQUIRED:
	case BFABRIC_DENIED:
		return 3;
	case BFABRIC_STORE_UNAVAILABLE:
		return 4;
	case BFABRIC_CANCELLED:
		return 5;
	}
	return 2;
}

static void clearp(struct bfabric_session_status *status)
{
	bfabric_session_status_clear(status);
}

/* Is there anything that a refresh could do for it? A login that has ended is known as such. */
static bool wanted(const struct run *r, struct bfabric_session *session)
{
	BF_CLEANUP(clearp) struct bfabric_session_status s = {0};

	if (r->call->pending)
		return true;
	return bf_session_environment(session)->method == BFABRIC_AUTH_OAUTH &&
	       bfabric_session_status(session, &s, NULL) == BFABRIC_OK &&
	       s.token_state != BFABRIC_TOKEN_NONE && s.can_refresh && !s.login_required;
}

static enum bfabric_status one_of_all(
	const struct run *r, const char *name, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	enum bfabric_status status = open_session(r, name, &session, err);

	if (status != BFABRIC_OK || !wanted(r, session))
		return status;
	status = work(r, session, err);
	if (status == BFABRIC_OK || status == BFABRIC_CANCELLED)
		return status;
	return bf_fail_with_hint(bf_session_environment(session), r->call, err);
}

static enum bfabric_status refresh_all(
	const struct run *r, const struct bf_config *config, struct bfabric_error *err)
{
	enum bfabric_status worst = BFABRIC_OK;
	size_t failed = 0;

	for (size_t i = 0; i < bf_config_count(config); i++) {
		struct bfabric_error trouble = {0};
		enum bfabric_status status = one_of_all(r, bf_config_name(config, i), &trouble);

		if (status == BFABRIC_CANCELLED)
			return bf_fail(err, status, "%s", trouble.text);
		if (status == BFABRIC_OK)
			continue;
		bf_say("%s: %s", bf_config_name(config, i), trouble.text);
		worst = weight(status) > weight(worst) ? status : worst;
		failed++;
	}
	if (worst == BFABRIC_OK)
		return BFABRIC_OK;
	return bf_fail(
		err, worst, "%zu of %zu environments failed", failed, bf_config_count(config));
}

static enum bfabric_status refresh_one(
	const struct run *r, const char *name, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	enum bfabric_status status = open_session(r, name, &session, err);

	if (status == BFABRIC_OK)
		status = work(r, session, err);
	return status != BFABRIC_OK && session
		       ? bf_fail_with_hint(bf_session_environment(session), r->call, err)
		       : status;
}

enum bfabric_status bf_run_refresh(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct run r = {.call = call};
	struct bf_screen screen = {0};
	const char *name = NULL;
	enum bfabric_status status = bf_named_environment(call, &name, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK && name && call->all)
		return bf_fail(err, BFABRIC_BAD_CALL, "--all and the name of an environment");
	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &r.cancel, err);
	if (status != BFABRIC_OK || !call->all)
		return status == BFABRIC_OK ? refresh_one(&r, name, err) : status;
	/* For a timer: a user without any environment has nothing to refresh. */
	status = bf_config_load(call->config_file, &config, err);
	return status == BFABRIC_OK ? refresh_all(&r, config, err) : status;
}
