/*
 * A login that lives in memory only: a program's own, shared with nobody and gone with the session.
 *
 * The record is changed by the holder of `policy`; memory.token is a copy of its token for those
 * who only look. There is no lock, no file and no sibling: what remains of the policy is short.
 */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

enum bfabric_status bf_own_begin(struct bfabric_session *s, struct bfabric_error *err)
{
	s->own = calloc(1, sizeof(*s->own));
	return s->own ? BFABRIC_OK : bf_fail_nomem(err);
}

void bf_own_end(struct bfabric_session *s)
{
	if (s->own)
		bf_record_release(s->own);
	free(s->own);
	s->own = NULL;
}

enum bfabric_status bf_own_look(struct bf_call *call, struct bfabric_error *err)
{
	struct bf_memory *memory = &call->s->memory;
	enum bfabric_status status = BFABRIC_OK;

	pthread_mutex_lock(&memory->mutex);
	call->found = !bf_secret_empty(&memory->token.access);
	call->rejected = call->found && !memory->valid;
	if (call->found)
		status = bf_token_copy(&call->cached, &memory->token, err);
	pthread_mutex_unlock(&memory->mutex);
	return status;
}

enum bfabric_status bf_own_publish(struct bfabric_session *s, struct bfabric_error *err)
{
	struct bf_memory *memory = &s->memory;
	enum bfabric_status status;

	pthread_mutex_lock(&memory->mutex);
	status = bf_token_copy(&memory->token, &s->own->token, err);
	memory->valid = status == BFABRIC_OK;
	memory->refused = false;
	memory->forced_at = s->own->forced_at;
	pthread_mutex_unlock(&memory->mutex);
	return status;
}

/* For who only looks, and does not wait for a refresh under way. */
static void note_refusal(struct bf_memory *memory)
{
	pthread_mutex_lock(&memory->mutex);
	memory->refused = true;
	pthread_mutex_unlock(&memory->mutex);
}

static enum bfabric_status renew(struct bf_call *call, struct bfabric_error *err)
{
	struct bfabric_session *s = call->s;
	bool service = s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS;
	enum bfabric_status status;

	if (!service && bf_record_spent(s->own, &s->own->token.refresh)) {
		if (call->found && bf_call_can_fall_back(call))
			return bf_call_serve(call, &call->cached, err);
		return bf_fail(err, call->found ? BFABRIC_LOGIN_REQUIRED : BFABRIC_NOT_LOGGED_IN,
			"the login to %s is over", s->env.url.text);
	}
	status = bf_renew_unsaved(call, s->own, err);
	if (status == BFABRIC_LOGIN_REQUIRED && !service)
		note_refusal(&s->memory);
	if (status == BFABRIC_OK)
		status = bf_own_publish(s, err);
	return status == BFABRIC_OK ? status : bf_call_fall_back(call, status, err);
}

enum bfabric_status bf_own_token(struct bf_call *call, struct bfabric_error *err)
{
	enum bfabric_status status = bf_own_look(call, err);

	if (status != BFABRIC_OK)
		return status;
	if (call->found && !call->rejected && bf_call_accepts(call, &call->cached))
		return bf_call_serve(call, &call->cached, err);
	return renew(call, err);
}

void bf_own_reject(struct bfabric_session *s, const char *token)
{
	struct bf_memory *memory = &s->memory;
	int64_t now = bf_wall(s->sys);

	pthread_mutex_lock(&memory->mutex);
	if (!token || strcmp(token, bf_secret_reveal(&memory->token.access)) == 0)
		memory->valid =
			memory->valid && bf_reject_too_soon(&memory->token, memory->forced_at, now);
	pthread_mutex_unlock(&memory->mutex);
}
