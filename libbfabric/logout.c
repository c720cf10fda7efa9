/*
 * Logging out: what is here, what the server says, and the removal.
 */
#include "apart.h"
#include "logout_revoke.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOGOUT_MS 45000 /* a refresh that is under way, and then the server */

static void held_release(struct bf_held *held)
{
	for (size_t i = 0; i < BF_HELD_MAX; i++)
		bf_token_release(&held->tokens[i]);
}

bool bf_logout_leaves_valid(const struct bf_logout_result *result)
{
	return result->refresh.revoked > BF_REVOKED_DONE ||
	       result->access.revoked > BF_REVOKED_DONE;
}

/* ---- what is here ---------------------------------------------------------------------------- */

static bool exists(const char *path)
{
	return path && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Is there any file of this login? The record alone says only what was spent. */
static bool traces(const struct bf_paths *p)
{
	return exists(p->cache) || exists(p->cache_port) || exists(p->record) ||
	       exists(p->rejected) || exists(p->rescued) || exists(p->runtime_rescue);
}

/* What cannot be read cannot be revoked; it is removed all the same. */
static enum bfabric_status hold_cache(char *path, struct bf_held *held, struct bfabric_error *err)
{
	struct bf_paths only = {.cache = path};
	struct bf_file_info file = {0};

	if (!path)
		return BFABRIC_OK;
	if (bf_cache_read(&only, &held->tokens[held->count], &file, err) == BFABRIC_NO_MEMORY)
		return BFABRIC_NO_MEMORY;
	if (!bf_secret_empty(&held->tokens[held->count].access))
		held->count++;
	return BFABRIC_OK;
}

static enum bfabric_status look(struct bfabric_session *s, struct bf_state *state,
	struct bf_held *held, struct bfabric_error *err)
{
	enum bfabric_status status = bf_state_load(s, state, err);

	if (status == BFABRIC_NO_MEMORY || status == BFABRIC_UNSUPPORTED)
		return status;
	status = BFABRIC_OK;
	if (!bf_secret_empty(&state->record.token.access)) {
		status = bf_token_copy(&held->tokens[0], &state->record.token, err);
		held->count = status == BFABRIC_OK;
	}
	if (status == BFABRIC_OK)
		status = hold_cache(s->paths.cache, held, err);
	if (status == BFABRIC_OK)
		status = hold_cache(s->paths.cache_port, held, err);
	return status;
}

/* Without an answer of the store the rest is logged out, and a person hears what is left. */
static enum bfabric_status look_apart(struct bfabric_session *s, struct bf_held *held,
	struct bf_logout_result *result, struct bfabric_error *err)
{
	struct bf_token *token = &held->tokens[held->count];
	struct bfabric_error why = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (bf_session_apart(s))
		status = bf_apart_peek(s, &token->refresh, &why);
	if (status == BFABRIC_NO_MEMORY || status == BFABRIC_CANCELLED)
		return bf_fail(err, status, "%s", why.text);
	if (!bf_secret_empty(&token->refresh))
		held->count++;
	if (status == BFABRIC_OK)
		return status;
	result->refresh.revoked = BF_REVOKED_UNREACHABLE;
	snprintf(result->refresh.text, sizeof(result->refresh.text), "%.255s", why.text);
	return BFABRIC_OK;
}

/* ---- removing it ----------------------------------------------------------------------------- */

static void keep_first(enum bfabric_status *status, enum bfabric_status next,
	const struct bfabric_error *trouble, struct bfabric_error *err)
{
	if (*status != BFABRIC_OK || next == BFABRIC_OK)
		return;
	*status = bf_fail(err, next, "%s", trouble->text);
}

/* Where the record cannot be written (a full disk), the secret in it goes with it. */
static enum bfabric_status end_record(struct bfabric_session *s, enum bf_logout_kind kind,
	struct bf_record *record, const struct bf_held *held, struct bfabric_error *err)
{
	for (size_t i = 0; i < held->count; i++)
		bf_record_spend(record, &held->tokens[i].refresh);
	bf_record_log_out(record);
	if (kind == BF_LOGOUT_KEEP && record->spent_count &&
		bf_save_record(s, record, /* err= */ NULL) == BFABRIC_OK)
		return BFABRIC_OK;
	return bf_file_remove(s->paths.record, err);
}

/*
 * The cache first: without it nobody is logged in, also to bfabricPy, however far the rest gets.
 * Everything is tried; the first failure is reported.
 */
static enum bfabric_status remove_all(struct bfabric_session *s, enum bf_logout_kind kind,
	struct bf_record *record, const struct bf_held *held, struct bfabric_error *err)
{
	const char *const files[] = {s->paths.cache, s->paths.cache_port, s->paths.rescued,
		s->paths.runtime_rescue, s->paths.rejected};
	struct bfabric_error trouble = {0};
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i])
			keep_first(&status, bf_file_remove(files[i], &trouble), &trouble, err);
	keep_first(&status, end_record(s, kind, record, held, &trouble), &trouble, err);
	return status;
}

static void empty_store(
	struct bfabric_session *s, enum bf_logout_kind kind, struct bf_logout_result *result)
{
	struct bfabric_error why = {0};

	if (bf_session_apart(s) && bf_apart_drop(s, kind != BF_LOGOUT_KEEP, &why) != BFABRIC_OK)
		snprintf(result->left, sizeof(result->left), "the login is still in %.100s: %.260s",
			bf_store_place(&s->store), why.text);
}

/* The configuration named a store before, which nobody can ask now. */
static bool lies_elsewhere(const struct bfabric_session *s, const struct bf_record *record)
{
	return !bf_session_apart(s) && *record->held && !bf_record_lapsed(record) &&
	       bf_secret_empty(&record->token.refresh);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool anything_to_remove(const struct bf_paths *p, const struct bf_record *record)
{
	return !bf_secret_empty(&record->token.access) || exists(p->cache) ||
	       exists(p->cache_port) || exists(p->rescued) || exists(p->runtime_rescue);
}

static enum bfabric_status log_out_files(struct bfabric_session *s, enum bf_logout_kind kind,
	int64_t deadline, struct bf_logout_result *ret, struct bfabric_error *err)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	BF_CLEANUP(held_release) struct bf_held held = {0};
	enum bfabric_status status;

	if (!traces(&s->paths) && !bf_session_apart(s))
		return BFABRIC_OK;
	status = bf_session_lock(s, &lock, deadline, err);
	if (status == BFABRIC_OK)
		status = look(s, &state, &held, err);
	if (status == BFABRIC_OK)
		status = look_apart(s, &held, ret, err);
	if (status == BFABRIC_OK && kind != BF_LOGOUT_CLIENT_GONE)
		status = bf_logout_revoke(s, &state.record, &held, s->cancel, deadline, ret, err);
	if (status != BFABRIC_OK)
		return status;
	if (lies_elsewhere(s, &state.record))
		snprintf(ret->left, sizeof(ret->left),
			"the refresh token is still valid, in a store that the configuration does "
			"not name any more: name it there (store) and log out again");
	ret->was_there = held.count || anything_to_remove(&s->paths, &state.record);
	status = remove_all(s, kind, &state.record, &held, err);
	empty_store(s, kind, ret);
	bf_session_forget(s);
	return status;
}

/* A login in memory; the caller holds `policy`. */
static enum bfabric_status log_out_own(struct bfabric_session *s, int64_t deadline,
	struct bf_logout_result *ret, struct bfabric_error *err)
{
	BF_CLEANUP(held_release) struct bf_held held = {0};
	enum bfabric_status status = BFABRIC_OK;

	ret->was_there = !bf_secret_empty(&s->own->token.access);
	if (!ret->was_there)
		return BFABRIC_OK;
	status = bf_token_copy(&held.tokens[0], &s->own->token, err);
	held.count = 1;
	if (status == BFABRIC_OK)
		status = bf_logout_revoke(s, s->own, &held, s->cancel, deadline, ret, err);
	if (status != BFABRIC_OK)
		return status;
	bf_record_log_out(s->own);
	pthread_mutex_lock(&s->memory.mutex);
	bf_token_release(&s->memory.token);
	s->memory.valid = s->memory.refused = false;
	pthread_mutex_unlock(&s->memory.mutex);
	return BFABRIC_OK;
}

enum bfabric_status bf_logout(struct bfabric_session *s, enum bf_logout_kind kind, int64_t deadline,
	struct bf_logout_result *ret, struct bfabric_error *err)
{
	struct bf_logout_result result = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (deadline == 0)
		deadline = bf_boot_ms(s->sys) + LOGOUT_MS;
	if (s->own) {
		pthread_mutex_lock(&s->policy);
		status = log_out_own(s, deadline, &result, err);
		pthread_mutex_unlock(&s->policy);
	} else if (bf_session_cached(s)) {
		status = log_out_files(s, kind, deadline, &result, err);
	}
	if (status == BFABRIC_OK)
		*ret = result;
	return status;
}
