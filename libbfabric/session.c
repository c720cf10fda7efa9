/*
 * The session object, the token it keeps in memory, and the public calls.
 */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/http.h"

#define YOUNG_SECONDS 30 /* a token this young is not refused for its age */
#define FORCE_SECONDS 60 /* one refresh because of a refused token per minute */

bool bf_session_cached(const struct bfabric_session *s)
{
	return s->env.method == BFABRIC_AUTH_OAUTH ||
	       s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS;
}

const struct bf_environment *bf_session_environment(const struct bfabric_session *session)
{
	return &session->env;
}

const char *bfabric_session_cache_path(const struct bfabric_session *session)
{
	return session->paths.cache ? session->paths.cache : "";
}

enum bfabric_status bf_session_sleep(
	const struct bfabric_session *s, int64_t ms, struct bfabric_error *err)
{
	bf_cancel_sleep(s->cancel, s->sys, ms);
	return bf_cancelled(s->cancel) ? bf_fail(err, BFABRIC_CANCELLED, "cancelled") : BFABRIC_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

void bfabric_session_free(struct bfabric_session *session)
{
	if (!session)
		return;
	bf_environment_release(&session->env);
	bf_paths_release(&session->paths);
	bf_store_release(&session->store);
	bf_own_end(session);
	bf_http_free(session->http);
	bf_token_release(&session->memory.token);
	pthread_mutex_destroy(&session->memory.mutex);
	pthread_mutex_destroy(&session->policy);
	free(session);
}

void bf_session_freep(struct bfabric_session **session)
{
	bfabric_session_free(*session);
	*session = NULL;
}

static enum bfabric_status require_client(
	const struct bf_environment *env, struct bfabric_error *err)
{
	if (env->client_id && *env->client_id)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CONFIG, "%s:%u: environment %s has no client_id", env->file,
		env->line, env->name);
}

static enum bfabric_status find_place(struct bfabric_session *s, const struct bf_environment *env,
	const struct bf_session_seams *seams, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!bf_session_cached(s))
		return BFABRIC_OK;
	status = require_client(env, err);
	if (status != BFABRIC_OK)
		return status;
	if (seams && seams->in_memory)
		return bf_own_begin(s, err);
	if (seams && seams->in_runtime)
		return bf_paths_init_staying(&env->url, env->client_id, env->name, &s->paths, err);
	return bf_paths_init(
		&env->url, env->client_id, env->name, /* with_runtime= */ true, &s->paths, err);
}

enum bfabric_status bf_session_new(struct bf_environment *environment, const char *chosen_by,
	const struct bf_session_seams *seams, struct bfabric_session **ret_session,
	struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *s = calloc(1, sizeof(*s));
	enum bfabric_status status;

	if (!s)
		return bf_fail_nomem(err);
	pthread_mutex_init(&s->memory.mutex, NULL);
	pthread_mutex_init(&s->policy, NULL);
	s->chosen_by = chosen_by;
	s->sys = seams && seams->sys ? seams->sys : &bf_sys_real;
	s->seam = seams ? seams->transport : NULL;
	s->cancel = seams ? seams->cancel : NULL;
	s->env.method = environment->method;
	status = find_place(s, environment, seams, err);
	/* What stays in the runtime directory does so with its secrets. */
	if (status == BFABRIC_OK)
		status = bf_store_open(environment,
			(seams && seams->in_memory) || s->paths.stays ? "file" : NULL, s->sys,
			s->cancel, &s->store, err);
	if (status == BFABRIC_OK && seams && bf_store_apart(&s->store) && seams->no_programs) {
		s->store.refused = seams->no_programs;
		s->no_programs = true;
	}
	s->stays = seams && seams->stays;
	if (status != BFABRIC_OK)
		return status;
	s->env = *environment;
	*environment = (struct bf_environment){0};
	*ret_session = BF_TAKE(s);
	return BFABRIC_OK;
}

enum bfabric_status bfabric_session_open(const struct bfabric_options *options,
	struct bfabric_session **ret_session, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_session_seams seams = {.cancel = options ? options->cancel : NULL};
	const char *chosen_by = NULL;
	enum bfabric_status status =
		bf_config_load(options ? options->config_file : NULL, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(
			config, options ? options->environment : NULL, &chosen_by, &env, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&env, chosen_by, &seams, ret_session, err);
	return status;
}

enum bfabric_status bf_session_open_http(
	const struct bfabric_session *s, struct bf_http **ret, struct bfabric_error *err)
{
	struct bf_http_options options = {.ca_file = s->env.ca_file, .proxy = s->env.proxy};

	return bf_http_new(&options, ret, err);
}

enum bfabric_status bf_session_transport(
	struct bfabric_session *s, struct bf_transport *ret, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!s->seam && !s->http)
		status = bf_session_open_http(s, &s->http, err);
	if (status == BFABRIC_OK)
		*ret = s->seam ? *s->seam : bf_http_transport(s->http);
	return status;
}

/* ---- handing a token out --------------------------------------------------------------------- */

void bfabric_token_clear(struct bfabric_token *token)
{
	if (!token)
		return;
	bf_free_secret_string(token->value);
	free(token->scope);
	free(token->warning);
	*token = (struct bfabric_token){0};
}

/* ---- getting a token ------------------------------------------------------------------------- */

/* Lock the policy, waiting so many milliseconds for the other threads of this process. */
static bool enter_policy(struct bfabric_session *s, int64_t left)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	if (left > 0) {
		until.tv_sec += (time_t)(left / 1000);
		until.tv_nsec += (long)(left % 1000) * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
	}
	return pthread_mutex_clocklock(&s->policy, CLOCK_MONOTONIC, &until) == 0;
}

/* The threads before us take as long as a sibling process may take: the same patience. */
static enum bfabric_status wait_and_run(struct bf_call *call, struct bfabric_error *err)
{
	struct bfabric_session *s = call->s;
	int64_t left = call->deadline - bf_boot_ms(s->sys);
	bool content = !call->force && bf_call_can_fall_back(call);
	enum bfabric_status status;

	if (content && left > BF_PATIENCE_MS)
		left = BF_PATIENCE_MS;
	if (enter_policy(s, left)) {
		status = s->own ? bf_own_token(call, err) : bf_policy_token(call, err);
		pthread_mutex_unlock(&s->policy);
		return status;
	}
	if (content)
		return bf_call_serve(call, &call->cached, err);
	status = bf_fail(err, BFABRIC_TIMEOUT, "another thread is still busy with the login of %s",
		s->env.name);
	return bf_call_fall_back(call, status, err);
}

static enum bfabric_status run_policy(
	struct bf_call *call, struct bfabric_token *ret, struct bfabric_error *err)
{
	enum bfabric_status status = bf_call_begin(call, err);

	if (status == BFABRIC_OK)
		status = wait_and_run(call, err);
	if (status == BFABRIC_OK)
		status = bf_hand_out(
			&call->token.access, call->token.scope, call->token.expires_at, ret, err);
	if (status != BFABRIC_OK)
		return status;
	ret->warning = BF_TAKE(call->warning);
	bf_memory_keep(call);
	return BFABRIC_OK;
}

enum bfabric_status bf_session_get(struct bfabric_session *session, int64_t min_ttl,
	bool force_refresh, int64_t deadline, struct bfabric_token *ret_token,
	struct bfabric_error *err)
{
	BF_AUTO_CALL struct bf_call call = {
		.s = session,
		.min_ttl = min_ttl < 0 ? session->env.min_ttl : min_ttl,
		.force = force_refresh,
		.deadline = deadline < 0 ? 1 : deadline, /* long past; computed with below */
	};
	struct bfabric_error own = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (!err) /* warnings quote it */
		err = &own;
	if (!bf_session_cached(session))
		return bf_static_token(session, force_refresh, deadline, ret_token, err);
	if (bf_environment_disarmed(&session->env))
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
			"environment %s (%s, line %u) has neither "
			"client_secret nor libbfabric.client_secret_file",
			session->env.name, session->env.file, session->env.line);
	if (!force_refresh && bf_memory_serve(session, call.min_ttl, ret_token, &status, err))
		return status;
	if (call.deadline == 0)
		call.deadline = bf_boot_ms(session->sys) + BF_CALL_MS;
	status = run_policy(&call, ret_token, err);
	if (status == BFABRIC_NOT_LOGGED_IN && bf_password_is_token(&session->env))
		return bf_static_token(session, force_refresh, deadline, ret_token, err);
	return status;
}

enum bfabric_status bfabric_session_token(struct bfabric_session *session, int64_t min_ttl,
	int64_t deadline, struct bfabric_token *ret_token, struct bfabric_error *err)
{
	return bf_session_get(
		session, min_ttl, /* force_refresh= */ false, deadline, ret_token, err);
}

/* ---- login and password ---------------------------------------------------------------------- */

void bfabric_auth_clear(struct bfabric_auth *auth)
{
	if (!auth)
		return;
	free(auth->login);
	bf_free_secret_string(auth->password);
	*auth = (struct bfabric_auth){0};
}

enum bfabric_status bfabric_session_auth(struct bfabric_session *session, int64_t min_ttl,
	int64_t deadline, struct bfabric_auth *ret_auth, struct bfabric_error *err)
{
	const struct bf_environment *env = &session->env;
	struct bfabric_token token = {0};
	struct bfabric_auth auth = {0};
	bool password = env->method == BFABRIC_AUTH_PASSWORD;
	enum bfabric_status status;

	if (!password) {
		status = bfabric_session_token(session, min_ttl, deadline, &token, err);
		if (status != BFABRIC_OK)
			return status;
	}
	if (!bf_copy_string(&auth.login, password ? env->login : BF_TOKEN_LOGIN) ||
		!bf_copy_string(&auth.password,
			password ? bf_secret_reveal(&env->password) : token.value)) {
		bfabric_auth_clear(&auth);
		bfabric_token_clear(&token);
		return bf_fail_nomem(err);
	}
	bfabric_token_clear(&token);
	*ret_auth = auth;
	return BFABRIC_OK;
}

/* ---- a token was refused --------------------------------------------------------------------- */

bool bf_reject_too_soon(const struct bf_token *token, int64_t forced_at, int64_t now)
{
	int64_t obtained = token->expires_at - token->expires_in;
	bool young = token->expires_at > 0 && token->expires_in > 0 && now >= obtained &&
		     now < obtained + YOUNG_SECONDS;

	return young || (now >= forced_at && now < forced_at + FORCE_SECONDS);
}

static bool too_soon(struct bfabric_session *s, const struct bf_token *token)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	bool found = false;
	bool read = bf_record_read(s->paths.record, &found, &record, /* err= */ NULL) == BFABRIC_OK;

	return bf_reject_too_soon(
		token, read && found ? record.forced_at : INT64_MIN / 2, bf_wall(s->sys));
}

static enum bfabric_status mark_rejected(
	struct bfabric_session *s, const struct bf_token *token, struct bfabric_error *err)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	char line[BF_SHA256_HEX];
	enum bfabric_status status =
		bf_session_lock(s, &lock, bf_boot_ms(s->sys) + BF_PATIENCE_MS, err);

	if (status != BFABRIC_OK)
		return status;
	bf_sha256_hex(bf_secret_reveal(&token->access), token->access.len, line);
	line[BF_SHA256_HEX - 1] = '\n';
	return bf_file_replace(s->paths.rejected, line, sizeof(line), err);
}

enum bfabric_status bfabric_session_reject(
	struct bfabric_session *session, const char *token, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	BF_AUTO_SECRET struct bf_secret refused = BF_SECRET_INIT;
	struct bf_file_info file = {0};
	enum bfabric_status status;

	if (session->own)
		bf_own_reject(session, token);
	if (!session->own && !bf_session_cached(session))
		bf_session_forget(session); /* another one may lie in the store by now */
	if (session->own || !bf_session_cached(session))
		return BFABRIC_OK;
	status = bf_cache_read(&session->paths, &cached, &file, err);
	if (status != BFABRIC_OK || !file.found)
		return status;
	if (token) {
		bf_secret_puts(&refused, token);
		if (refused.failed)
			return bf_fail_nomem(err);
		if (!bf_secret_equal(&refused, &cached.access))
			return BFABRIC_OK;
	}
	if (too_soon(session, &cached) || bf_cache_rejected(&session->paths, &cached))
		return BFABRIC_OK;
	status = mark_rejected(session, &cached, err);
	bf_session_forget(session);
	return status;
}
