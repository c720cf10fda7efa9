/*
 * What a person wants to know about a login, from the files alone.
 */
#include "apart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *bfabric_token_state_name(enum bfabric_token_state state)
{
	switch (state) {
	case BFABRIC_TOKEN_NONE:
		return "none";
	case BFABRIC_TOKEN_FRESH:
		return "fresh";
	case BFABRIC_TOKEN_STALE:
		return "stale";
	case BFABRIC_TOKEN_EXPIRED:
		return "expired";
	case BFABRIC_TOKEN_REJECTED:
		return "rejected";
	case BFABRIC_TOKEN_STATIC:
		return "static";
	}
	return "none";
}

void bfabric_session_status_clear(struct bfabric_session_status *status)
{
	if (!status)
		return;
	free(status->environment);
	free(status->chosen_by);
	free(status->config_file);
	free(status->base_url);
	free(status->client_id);
	free(status->scope_requested);
	free(status->scope_granted);
	free(status->subject);
	free(status->store);
	free(status->secret_path);
	free(status->cache_path);
	free(status->warnings);
	*status = (struct bfabric_session_status){0};
}

static void status_clearp(struct bfabric_session_status *status)
{
	bfabric_session_status_clear(status);
}

/* What is being put together; `failed` when memory ran out. */
struct report {
	struct bfabric_session_status *out;
	struct bf_secret warnings;
	bool failed;
};

static void copy(struct report *r, char **ret, const char *text)
{
	if (!text || *ret)
		return;
	*ret = strdup(text);
	r->failed |= !*ret;
}

static void warn_readable(struct report *r, const char *path, bool readable)
{
	if (readable)
		bf_secret_printf(
			&r->warnings, "%s can be read by others: chmod go= %s\n", path, path);
}

static void describe_environment(struct report *r, const struct bfabric_session *s)
{
	const struct bf_environment *env = &s->env;

	copy(r, &r->out->environment, env->name);
	copy(r, &r->out->chosen_by, s->chosen_by);
	copy(r, &r->out->config_file, env->file);
	copy(r, &r->out->base_url, env->url.text);
	copy(r, &r->out->client_id, env->client_id);
	copy(r, &r->out->scope_requested, env->scope);
	copy(r, &r->out->cache_path, s->paths.cache);
	r->out->config_line = env->line;
	r->out->method = env->method;
	warn_readable(r, env->file, env->readable_by_others);
}

static void describe_static(struct report *r, const struct bfabric_session *s)
{
	bool here = !bf_secret_empty(&s->env.pat) || !bf_secret_empty(&s->env.password);

	copy(r, &r->out->subject, s->env.login);
	if (!here && s->env.method == BFABRIC_AUTH_PAT && bf_store_apart(&s->store)) {
		/* Whether it is there only the store knows, and it is not asked here. */
		copy(r, &r->out->store, bf_store_name(&s->store));
		r->out->token_state = BFABRIC_TOKEN_STATIC;
		return;
	}
	copy(r, &r->out->store, "config");
	copy(r, &r->out->secret_path, s->env.file);
	/* A logout takes the secret out of the configuration and leaves the method. */
	if (here)
		r->out->token_state = BFABRIC_TOKEN_STATIC;
}

static enum bfabric_token_state state_of(
	const struct bfabric_session *s, const struct bf_token *token)
{
	int64_t now = bf_wall(s->sys);

	if (bf_secret_empty(&token->access))
		return BFABRIC_TOKEN_NONE;
	if (!bf_token_unexpired(token, now))
		return BFABRIC_TOKEN_EXPIRED;
	if (!s->own && bf_cache_rejected(&s->paths, token))
		return BFABRIC_TOKEN_REJECTED;
	return bf_token_fresh(token, now, s->env.min_ttl) ? BFABRIC_TOKEN_FRESH
							  : BFABRIC_TOKEN_STALE;
}

static void describe_one(
	struct report *r, const struct bfabric_session *s, const struct bf_token *token)
{
	BF_AUTO_FREE char *subject = bf_token_subject(token);

	copy(r, &r->out->subject, subject);
	copy(r, &r->out->scope_granted, token->scope);
	r->out->token_state = state_of(s, token);
	r->out->expires_at = token->expires_at;
	r->out->can_refresh = !bf_secret_empty(&token->refresh);
}

static void describe_token(struct report *r, const struct bfabric_session *s)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info file = {0};
	struct bfabric_error trouble = {0};

	if (bf_cache_read(&s->paths, &token, &file, &trouble) != BFABRIC_OK) {
		bf_secret_printf(&r->warnings, "%s\n", trouble.text);
		return;
	}
	if (!file.found)
		return;
	describe_one(r, s, &token);
	warn_readable(r, s->paths.cache, file.readable_by_others);
}

static void describe_record(struct report *r, const struct bfabric_session *s)
{
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	struct bfabric_error trouble = {0};

	if (bf_state_load(s, &state, &trouble) != BFABRIC_OK) {
		bf_secret_printf(&r->warnings, "%s\n", trouble.text);
		return;
	}
	/* One that waits for its home has no cache yet. */
	if (state.rescued && !state.record.cache_written &&
		r->out->token_state == BFABRIC_TOKEN_NONE)
		describe_one(r, s, &state.record.token);
	copy(r, &r->out->subject, state.record.subject);
	r->out->login_required = bf_record_lapsed(&state.record);
	if (bf_session_apart(s) && r->out->token_state != BFABRIC_TOKEN_NONE)
		r->out->can_refresh |= bf_record_renewable(&state.record);
	if (r->out->login_required)
		r->out->can_refresh = false;
	if (state.rescued)
		bf_secret_printf(&r->warnings,
			"the newest login could not be saved yet and is kept as a rescue copy: "
			"%s\n",
			bf_session_apart(s)
				? "'bfabric auth unlock' moves it to its store, once that "
				  "can be reached"
				: "make room in the home directory");
}

/* Where the refresh token should lie, and whether bfabricPy has put one elsewhere. */
static void describe_place(struct report *r, const struct bfabric_session *s)
{
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	struct bf_file_info file = {0};

	if (!bf_session_apart(s)) {
		copy(r, &r->out->store, "file");
		copy(r, &r->out->secret_path, s->paths.record);
		return;
	}
	copy(r, &r->out->store, bf_store_name(&s->store));
	if (bf_cache_read(&s->paths, &cached, &file, /* err= */ NULL) == BFABRIC_OK && file.found &&
		!bf_secret_empty(&cached.refresh))
		bf_secret_printf(&r->warnings,
			"another program has put a refresh token into %s; it moves to %s at the "
			"next refresh (at once: bfabric auth refresh --pending)\n",
			s->paths.cache, r->out->store ? r->out->store : "");
}

static void describe_service(struct report *r, const struct bfabric_session *s)
{
	const struct bf_environment *env = &s->env;
	struct bf_file_info file = {0};
	struct bfabric_error trouble = {0};

	r->out->can_refresh = !bf_environment_disarmed(env);
	if (!r->out->can_refresh)
		r->out->token_state = BFABRIC_TOKEN_NONE; /* what the cache holds is not served */
	if (!env->client_secret_file && bf_secret_empty(&env->client_secret) &&
		bf_store_apart(&s->store)) {
		copy(r, &r->out->store, bf_store_name(&s->store));
		return;
	}
	copy(r, &r->out->store, env->client_secret_file ? "file" : "config");
	copy(r, &r->out->secret_path,
		env->client_secret_file ? env->client_secret_file : env->file);
	if (!env->client_secret_file)
		return;
	if (bf_file_stat(env->client_secret_file, BF_FILE_PRIVATE, &file, &trouble) != BFABRIC_OK)
		bf_secret_printf(&r->warnings, "%s\n", trouble.text);
	else if (!file.found)
		bf_secret_printf(&r->warnings, "%s is missing\n", env->client_secret_file);
	warn_readable(r, env->client_secret_file, file.readable_by_others);
}

/* A login in memory: nothing of it is on disk. A refresh under way is not waited for. */
static void describe_own(struct report *r, struct bfabric_session *s)
{
	struct bf_memory *memory = &s->memory;

	pthread_mutex_lock(&memory->mutex);
	describe_one(r, s, &memory->token);
	r->out->login_required = memory->refused;
	if (r->out->token_state == BFABRIC_TOKEN_FRESH && !memory->valid)
		r->out->token_state = BFABRIC_TOKEN_REJECTED;
	pthread_mutex_unlock(&memory->mutex);
	r->out->can_refresh = s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS ||
			      (r->out->can_refresh && !r->out->login_required);
	copy(r, &r->out->store, "memory");
}

static void describe_cached(struct report *r, const struct bfabric_session *s)
{
	describe_token(r, s);
	describe_record(r, s);
	if (s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		describe_service(r, s);
	else
		describe_place(r, s);
}

enum bfabric_status bfabric_session_status(struct bfabric_session *session,
	struct bfabric_session_status *ret_status, struct bfabric_error *err)
{
	BF_CLEANUP(status_clearp) struct bfabric_session_status status = {0};
	BF_AUTO_SECRET struct bf_secret warnings = BF_SECRET_INIT;
	struct report r = {.out = &status};

	describe_environment(&r, session);
	if (session->own)
		describe_own(&r, session);
	else if (bf_session_cached(session))
		describe_cached(&r, session);
	else
		describe_static(&r, session);
	bf_secret_move(&warnings, &r.warnings);
	if (!bf_secret_empty(&warnings))
		copy(&r, &status.warnings, bf_secret_reveal(&warnings));
	if (r.failed || warnings.failed)
		return bf_fail_nomem(err);
	*ret_status = status;
	status = (struct bfabric_session_status){0};
	return BFABRIC_OK;
}
