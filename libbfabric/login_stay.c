/*
 * A login that ends with the session of the machine that brought it.
 */
#include "login_stay.h"

#include <stdio.h>
#include <string.h>

#include "base/hold.h"
#include "logout_revoke.h"

static void held_release(struct bf_held *held)
{
	for (size_t i = 0; i < BF_HELD_MAX; i++)
		bf_token_release(&held->tokens[i]);
}

static enum bfabric_status hold(const struct bfabric_session *s, const struct bf_record *record,
	struct bf_held *held, struct bfabric_error *err)
{
	struct bf_file_info file = {0};
	enum bfabric_status status = bf_token_copy(&held->tokens[0], &record->token, err);

	if (status != BFABRIC_OK)
		return status;
	held->count = 1;
	/* The cache may have an earlier access token, if a refresh was cut off. */
	if (s->paths.stays && bf_cache_read(&s->paths, &held->tokens[1], &file, /* err= */ NULL) ==
				      BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	held->count += !bf_secret_empty(&held->tokens[1].access);
	return BFABRIC_OK;
}

static void tell_left(const struct bf_logout_result *result, char ret_left[256])
{
	const char *text = result->refresh.revoked > BF_REVOKED_DONE ? result->refresh.text
								     : result->access.text;

	if (bf_logout_leaves_valid(result))
		snprintf(ret_left, 256, "%.255s", text);
}

/* The record last: as long as it is there, the rest is found. */
static enum bfabric_status erase(const struct bfabric_session *s, struct bfabric_error *err)
{
	const char *const staying[] = {
		s->paths.cache, s->paths.rejected, s->paths.rescued, s->paths.record};
	const char *const waiting[] = {s->paths.runtime_rescue};
	const char *const *files = s->paths.stays ? staying : waiting;
	const size_t count = s->paths.stays ? 4 : 1;
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; i < count; i++) {
		struct bfabric_error trouble = {0};

		if (bf_file_remove(files[i], &trouble) != BFABRIC_OK && status == BFABRIC_OK)
			status = bf_fail(err, trouble.status, "%s", trouble.text);
	}
	return status;
}

static bool is_of(const struct bf_record *record, const char *session)
{
	return !session || (record->session && strcmp(record->session, session) == 0);
}

static enum bfabric_status end(struct bfabric_session *s, const char *session, int64_t deadline,
	bool *ret_ended, char ret_left[256], struct bfabric_error *err)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_CLEANUP(held_release) struct bf_held held = {0};
	struct bf_logout_result result = {0};
	const char *path = s->paths.stays ? s->paths.record : s->paths.runtime_rescue;
	bool found = false;
	enum bfabric_status status =
		bf_lock_open(&lock, s->paths.stays ? s->paths.lock : s->paths.runtime_lock,
			/* fallback_path= */ NULL, err);

	if (status == BFABRIC_OK)
		status = bf_session_await_lock(s, &lock, deadline, err);
	if (status == BFABRIC_OK)
		status = bf_record_read(path, &found, &record, err);
	if (status != BFABRIC_OK || !found || !is_of(&record, session))
		return status;
	status = hold(s, &record, &held, err);
	if (status == BFABRIC_OK)
		status = bf_logout_revoke(
			s, &record, &held, /* cancel= */ NULL, deadline, &result, err);
	if (status != BFABRIC_OK)
		return status;
	*ret_ended = true;
	tell_left(&result, ret_left);
	return erase(s, err);
}

enum bfabric_status bf_login_end(struct bfabric_session *s, const char *session, int64_t deadline,
	bool *ret_ended, char ret_left[256], struct bfabric_error *err)
{
	sigset_t before;
	enum bfabric_status status;

	ret_left[0] = '\0';
	*ret_ended = false;
	if (!s->paths.stays && !s->paths.runtime_rescue)
		return BFABRIC_OK; /* there is no such directory (any more) */
	bf_hold_signals(&before);
	status = end(s, session, deadline, ret_ended, ret_left, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	bf_session_forget(s);
	return status;
}
