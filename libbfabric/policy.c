/*
 * The one policy: who answers a call for a token.
 *
 *   the cache            when its token is fresh: no lock, no network, no record
 *   a sibling            who holds the lock and is refreshing: its token, or its failure
 *   this call            with the lock: see state.c and renew.c
 */
#include "apart.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bf_call_release(struct bf_call *call)
{
	bf_token_release(&call->cached);
	bf_token_release(&call->token);
	free(call->warning);
	call->warning = NULL;
}

void bf_call_warn(struct bf_call *call, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	free(call->warning);
	call->warning = text; /* without memory the answer goes out without its warning */
}

static enum bfabric_status look_at_cache(struct bf_call *call, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info file = {0};
	struct bfabric_error trouble = {0};
	enum bfabric_status status = bf_cache_read(&call->s->paths, &token, &file, &trouble);

	call->damage = (struct bfabric_error){0};
	if (status == BFABRIC_BAD_REPLY)
		call->damage = trouble;
	else if (status != BFABRIC_OK)
		return bf_fail(err, status, "%s", trouble.text);
	call->found = status == BFABRIC_OK && file.found;
	call->file = file;
	bf_token_move(&call->cached, &token);
	call->rejected = call->found && bf_cache_rejected(&call->s->paths, &call->cached);
	return BFABRIC_OK;
}

enum bfabric_status bf_call_look(struct bf_call *call, struct bfabric_error *err)
{
	return call->s->own ? bf_own_look(call, err) : look_at_cache(call, err);
}

static void digest_of(const struct bf_token *token, char ret_hex[BF_SHA256_HEX])
{
	bf_sha256_hex(bf_secret_reveal(&token->access), token->access.len, ret_hex);
}

/* Looking may also mend: a folder that is open to others is closed. */
static void look_at_files(struct bf_call *call)
{
	struct bf_outcome outcome;

	if (bf_cache_exposed(&call->s->paths) &&
		bf_home_writable(call->s->paths.home, /* err= */ NULL) == BFABRIC_OK)
		/* Failing that, status warns and the next write refuses. */
		(void)!bf_dir_ensure(call->s->paths.dir, /* depth= */ 0, /* err= */ NULL);
	bf_outcome_peek(&call->s->paths, &outcome);
	call->seq = outcome.seq;
}

enum bfabric_status bf_call_begin(struct bf_call *call, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (!call->s->own)
		look_at_files(call);
	status = bf_call_look(call, err);
	if (status == BFABRIC_OK && call->found)
		digest_of(&call->cached, call->seen);
	if (status == BFABRIC_OK && !call->s->own)
		bf_trace_cache(call);
	return status;
}

bool bf_call_accepts(const struct bf_call *call, const struct bf_token *token)
{
	int64_t now = bf_wall(call->s->sys);
	char digest[BF_SHA256_HEX];

	if (!call->force && bf_token_fresh(token, now, call->min_ttl))
		return true;
	digest_of(token, digest);
	return strcmp(digest, call->seen) != 0 && token->expires_at > now &&
	       bf_token_fresh(token, now, /* min_ttl= */ 0);
}

/* The cache as last read answers the call. */
static bool cache_answers(const struct bf_call *call)
{
	return call->found && !call->rejected && bf_call_accepts(call, &call->cached);
}

bool bf_call_can_fall_back(const struct bf_call *call)
{
	return call->found && !call->rejected &&
	       bf_token_unexpired(&call->cached, bf_wall(call->s->sys));
}

enum bfabric_status bf_call_serve(
	struct bf_call *call, const struct bf_token *token, struct bfabric_error *err)
{
	return bf_token_copy(&call->token, token, err);
}

enum bfabric_status bf_call_fall_back(
	struct bf_call *call, enum bfabric_status status, struct bfabric_error *err)
{
	if (status == BFABRIC_NO_MEMORY || status == BFABRIC_CANCELLED ||
		status == BFABRIC_LOGIN_REQUIRED || status == BFABRIC_NOT_LOGGED_IN ||
		!bf_call_can_fall_back(call))
		return status;
	bf_call_warn(call, "the token could not be refreshed and is used until it expires: %.400s",
		err->text);
	return bf_call_serve(call, &call->cached, err);
}

enum bfabric_status bf_call_fall_back_all(struct bf_call *call, struct bf_lock *lock,
	enum bfabric_status status, struct bfabric_error *err)
{
	if (status == BFABRIC_STORE_UNAVAILABLE)
		bf_outcome_write(lock, call->s->sys, status, err);
	return bf_call_fall_back(call, status, err);
}

/* ---- the lock -------------------------------------------------------------------------------- */

enum bfabric_status bf_session_open_lock(
	struct bfabric_session *s, struct bf_lock *lock, struct bfabric_error *err)
{
	enum bfabric_status status =
		s->paths.stays ? BFABRIC_OK : bf_home_writable(s->paths.home, err);

	if (status != BFABRIC_OK)
		return status;
	status = bf_dir_ensure(s->paths.dir, /* depth= */ 2, err);
	if (status != BFABRIC_OK && !s->paths.runtime_lock)
		return status;
	return bf_lock_open(lock, s->paths.lock, s->paths.runtime_lock, err);
}

static int64_t next_pause(int64_t pause)
{
	return pause < 50 ? pause + 5 : 50;
}

enum bfabric_status bf_session_lock(struct bfabric_session *s, struct bf_lock *lock,
	int64_t deadline, struct bfabric_error *err)
{
	enum bfabric_status status = bf_session_open_lock(s, lock, err);

	return status == BFABRIC_OK ? bf_session_await_lock(s, lock, deadline, err) : status;
}

enum bfabric_status bf_session_await_lock(const struct bfabric_session *s, struct bf_lock *lock,
	int64_t deadline, struct bfabric_error *err)
{
	bool held = false;
	int64_t pause = 5;
	enum bfabric_status status = BFABRIC_OK;

	while (status == BFABRIC_OK) {
		status = bf_lock_try(lock, &held, err);
		if (status != BFABRIC_OK || held)
			return status;
		if (bf_boot_ms(s->sys) >= deadline)
			return bf_fail(err, BFABRIC_LOCK_TIMEOUT,
				"another process holds the lock %s for too long", lock->path);
		status = bf_session_sleep(s, pause, err);
		pause = next_pause(pause);
	}
	return status;
}

/* ---- waiting for a sibling ------------------------------------------------------------------- */

enum answer { UNDECIDED, ANSWERED, NO_LOCK };

/* A failure that a sibling met after this call began is this call's answer too. */
static enum answer share_outcome(struct bf_call *call, const struct bf_lock *lock,
	enum bfabric_status *ret_status, struct bfabric_error *err)
{
	struct bf_outcome outcome;

	bf_outcome_read(lock, &outcome);
	if (outcome.seq <= call->seq || outcome.status == BFABRIC_OK)
		return UNDECIDED;
	bf_trace(call->s, "another process has just met this: %s", outcome.text);
	*ret_status = bf_fail(err, outcome.status, "%s", outcome.text);
	*ret_status = bf_call_fall_back(call, *ret_status, err);
	return ANSWERED;
}

static enum answer look_again(struct bf_call *call, const struct bf_lock *lock,
	enum bfabric_status *ret_status, struct bfabric_error *err)
{
	*ret_status = bf_call_look(call, err);
	if (*ret_status != BFABRIC_OK)
		return ANSWERED;
	if (cache_answers(call)) {
		*ret_status = bf_call_serve(call, &call->cached, err);
		return ANSWERED;
	}
	return share_outcome(call, lock, ret_status, err);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until the lock is ours (UNDECIDED), somebody else's work answered, or it cannot be had. */
static enum answer wait_for_lock(struct bf_call *call, struct bf_lock *lock,
	enum bfabric_status *ret_status, struct bfabric_error *err)
{
	const struct bf_sys *sys = call->s->sys;
	int64_t began = bf_boot_ms(sys);
	int64_t until = earlier(began + BF_LOCK_MS, call->deadline);
	int64_t pause = 5;

	for (;;) {
		bool held = false;

		*ret_status = bf_lock_try(lock, &held, err);
		if (*ret_status != BFABRIC_OK)
			return NO_LOCK;
		if (look_again(call, lock, ret_status, err) == ANSWERED) {
			if (held && *ret_status == BFABRIC_OK)
				bf_state_note(call);
			return ANSWERED;
		}
		if (held)
			return UNDECIDED;
		if (pause == 5)
			bf_trace(call->s, "lock %s: held by another process, waiting", lock->path);
		if (!call->force && bf_boot_ms(sys) >= began + BF_PATIENCE_MS &&
			bf_call_can_fall_back(call)) {
			*ret_status = bf_call_serve(call, &call->cached, err);
			return ANSWERED;
		}
		if (bf_boot_ms(sys) >= until) {
			*ret_status = bf_fail(err, BFABRIC_LOCK_TIMEOUT,
				"another process holds the lock %s for too long", lock->path);
			return NO_LOCK;
		}
		*ret_status = bf_session_sleep(call->s, pause, err);
		if (*ret_status != BFABRIC_OK)
			return ANSWERED;
		pause = next_pause(pause);
	}
}

/* ---- with the lock --------------------------------------------------------------------------- */

/*
 * Bring cache and record together. What was saved as a rescue copy only is not spent before it lies
 * where it belongs: the copy of its successor would continue nothing that is on disk.
 */
static enum bfabric_status mend(
	struct bf_call *call, struct bf_state *state, struct bfabric_error *err)
{
	enum bfabric_status status = bf_state_mend(call, state, err);

	if (status == BFABRIC_OK || state->rescued || status == BFABRIC_NO_MEMORY ||
		status == BFABRIC_STORE_UNAVAILABLE)
		return status;
	bf_call_warn(call, "%s", err->text);
	return BFABRIC_OK;
}

/* *ret_overtaken: bfabricPy was faster, nothing is decided. */
static enum bfabric_status bring_up_to_date(struct bf_call *call, struct bf_lock *lock,
	struct bf_state *state, bool *ret_overtaken, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;
	bool restore = false, waited = false;

	if (call->s->env.method == BFABRIC_AUTH_OAUTH)
		status = bf_state_reconcile(call, state, &restore, err);
	/* A login that waited in a file may have copies: exchanged, they are worth nothing. */
	waited = state->rescued && !*state->record.predecessor && bf_session_apart(call->s);
	if (status == BFABRIC_OK && (restore || state->rescued))
		status = mend(call, state, err);
	if (status != BFABRIC_OK)
		return bf_call_fall_back_all(call, lock, status, err);
	if (restore && !waited && !call->force && !call->rejected &&
		bf_token_fresh(&call->cached, bf_wall(call->s->sys), call->min_ttl))
		return bf_call_serve(call, &call->cached, err);
	return bf_renew(call, lock, state, ret_overtaken, err);
}

/* Another round only after bfabricPy put a new token there during the last. */
static enum bfabric_status with_lock(
	struct bf_call *call, struct bf_lock *lock, struct bfabric_error *err)
{
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	enum bfabric_status status = bf_apart_current(call->s, err);
	bool overtaken, restore;

	if (status == BFABRIC_OK)
		status = bf_state_load(call->s, &state, err);
	if (status != BFABRIC_OK)
		return bf_call_fall_back(call, status, err);
	do {
		overtaken = false;
		status = bring_up_to_date(call, lock, &state, &overtaken, err);
		if (overtaken && cache_answers(call)) {
			/* Only to learn which token it replaced. */
			(void)!bf_state_reconcile(call, &state, &restore, /* err= */ NULL);
			status = bf_call_serve(call, &call->cached, err);
			overtaken = false;
		}
	} while (overtaken);
	bf_state_keep(call, &state);
	return status;
}

static enum bfabric_status without_lock(
	struct bf_call *call, enum bfabric_status status, struct bfabric_error *err)
{
	if (call->s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS &&
		!bf_call_can_fall_back(call)) {
		bf_call_warn(call, "the token is not cached: %.400s", err->text);
		return bf_renew_uncached(call, err);
	}
	return bf_call_fall_back(call, status, err);
}

/* Missing only where that is certain. */
static bool may_exist(const char *path)
{
	struct bf_file_info info = {0};

	return path && (bf_file_stat(path, BF_FILE_PRIVATE, &info, /* err= */ NULL) != BFABRIC_OK ||
			       info.found);
}

/*
 * A login that left a record but no cache may have been cut off, or waits as a rescue copy for its
 * home: only the lock's holder can tell.
 */
static bool may_have_login(const struct bf_call *call)
{

	if (call->found || call->damage.status != BFABRIC_OK ||
		call->s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		return true;
	return may_exist(call->s->paths.record) || may_exist(call->s->paths.runtime_rescue);
}

enum bfabric_status bf_policy_token(struct bf_call *call, struct bfabric_error *err)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	enum bfabric_status status = bf_call_look(call, err);

	if (status != BFABRIC_OK)
		return status;
	if (cache_answers(call))
		return bf_call_serve(call, &call->cached, err);
	if (!may_have_login(call))
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN, "not logged in to %s (environment %s)",
			call->s->env.url.text, call->s->env.name);
	status = bf_session_open_lock(call->s, &lock, err);
	if (status != BFABRIC_OK)
		return without_lock(call, status, err);
	switch (wait_for_lock(call, &lock, &status, err)) {
	case ANSWERED:
		return status;
	case NO_LOCK:
		return without_lock(call, status, err);
	case UNDECIDED:
		break;
	}
	return with_lock(call, &lock, err);
}
