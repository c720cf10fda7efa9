/*
 * What lies on disk under the lock, and which refresh token is the current one.
 *
 * No clock decides: a refresh token in the cache that the record knows as spent was written back by
 * a bfabricPy that had read it earlier; one that the record does not know at all was put there by a
 * bfabricPy login or refresh and is adopted.
 */
#include "apart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bf_state_release(struct bf_state *state)
{
	bf_record_release(&state->record);
}

/* A rescue copy whose token replaced this one, or is this one, where only the cache was saved. */
static bool belongs(const struct bf_record *rescue, const struct bf_token *cached)
{
	return bf_record_follows(rescue, &cached->refresh) ||
	       (!bf_secret_empty(&cached->refresh) &&
		       bf_secret_equal(&rescue->token.refresh, &cached->refresh));
}

/* `cached`: a token without a record, which a rescue copy may continue too; NULL: none. */
static bool load_rescue(const char *path, const struct bf_token *cached, struct bf_state *state)
{
	BF_AUTO_RECORD struct bf_record rescue = BF_RECORD_INIT;
	bool found = false;

	if (!path || bf_record_read(path, &found, &rescue, /* err= */ NULL) != BFABRIC_OK || !found)
		return false;
	if (cached ? !belongs(&rescue, cached)
		   : !bf_record_continues(&rescue, &state->record) &&
				!bf_record_waits(&rescue, &state->record))
		return false;
	/* Of a login that only the store did not take: the rest was saved after it. */
	bf_record_succeed(&rescue, &state->record);
	bf_record_release(&state->record);
	state->record = rescue;
	rescue = (struct bf_record)BF_RECORD_INIT;
	state->rescued = true;
	return true;
}

static bool find_rescue(
	const struct bfabric_session *s, const struct bf_token *cached, struct bf_state *state)
{
	return load_rescue(s->paths.runtime_rescue, cached, state) ||
	       load_rescue(s->paths.rescued, cached, state);
}

enum bfabric_status bf_state_load(
	const struct bfabric_session *s, struct bf_state *ret, struct bfabric_error *err)
{
	bool found = false;
	enum bfabric_status status = bf_record_read(s->paths.record, &found, &ret->record, err);

	/* Damaged: the cache is all there is, as after a bfabricPy login. */
	if (status == BFABRIC_BAD_REPLY)
		return BFABRIC_OK;
	if (status != BFABRIC_OK)
		return status;
	(void)find_rescue(s, /* cached= */ NULL, ret); /* also of a login that has no record yet */
	return BFABRIC_OK;
}

enum bfabric_status bf_new_login_id(const struct bf_sys *sys, char **ret, struct bfabric_error *err)
{
	unsigned char bytes[16];
	char *id = malloc(2 * sizeof(bytes) + 1);

	if (!id)
		return bf_fail_nomem(err);
	if (!bf_random(sys, bytes, sizeof(bytes))) {
		free(id);
		return bf_fail(err, BFABRIC_SYSTEM, "the kernel gives no random numbers: %m");
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	*ret = id;
	return BFABRIC_OK;
}

/*
 * bfabricPy put this token there: it begins a login of its own. Unless we adopted it before and
 * could save what it was exchanged for only as a rescue copy.
 */
static enum bfabric_status adopt(
	struct bf_call *call, struct bf_state *state, bool *ret_restore, struct bfabric_error *err)
{
	BF_AUTO_FREE char *login = NULL;
	struct bf_record *record = &state->record;
	enum bfabric_status status;

	if (find_rescue(call->s, &call->cached, state)) {
		*ret_restore = true;
		return BFABRIC_OK;
	}
	state->rescued = false;
	status = bf_new_login_id(call->s->sys, &login, err);
	if (status != BFABRIC_OK)
		return status;
	bf_trace(call->s, "refresh token %s is adopted from the cache, it replaces %s",
		bf_token_name(&call->cached.refresh).text,
		bf_token_name(&record->token.refresh).text);
	bf_record_spend_current(record);
	status = bf_token_copy(&record->token, &call->cached, err);
	if (status == BFABRIC_OK)
		status = bf_token_settle(&record->token, bf_wall(call->s->sys), err);
	if (status != BFABRIC_OK)
		return status;
	free(record->login);
	record->login = BF_TAKE(login);
	free(record->subject);
	record->subject = bf_token_subject(&record->token);
	record->predecessor[0] = '\0';
	record->cache_written = true;
	state->learned = true;
	return BFABRIC_OK;
}

/* A logout by bfabricPy, which knows only the cache. */
static void end_login(struct bfabric_session *s, struct bf_record *record)
{
	bf_record_log_out(record);
	/* Without space the next run does it; without the store, the next login or logout. */
	(void)!bf_save_record(s, record, /* err= */ NULL);
	if (bf_session_apart(s))
		(void)!bf_apart_drop(s, /* all= */ false, /* err= */ NULL);
	bf_save_forget_rescue(s);
}

static enum bfabric_status logged_out(
	struct bf_call *call, struct bf_state *state, struct bfabric_error *err)
{
	if (!bf_secret_empty(&state->record.token.access))
		end_login(call->s, &state->record);
	if (call->damage.status != BFABRIC_OK)
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN, "%.400s", call->damage.text);
	return bf_fail(err, BFABRIC_NOT_LOGGED_IN, "not logged in to %s (environment %s)",
		call->s->env.url.text, call->s->env.name);
}

/*
 * Does an access token without a refresh token belong to the person of the record? Where that lies
 * apart, all tokens in the cache are like this, and bfabricPy writes back an earlier one: without a
 * name on both sides it is one of those. Else it has to be proven.
 */
static bool same_subject(const struct bf_record *record, bool apart, const struct bf_token *token)
{
	BF_AUTO_FREE char *subject = bf_token_subject(token);

	if (!subject || !record->subject)
		return apart;
	return strcmp(subject, record->subject) == 0;
}

/* What the cache's token is to the record. */
enum kinship {
	SAME,    /* the current one */
	BEHIND,  /* an earlier one: written back, or our own write of the cache was cut off */
	AHEAD,   /* the same refresh token with a later access token */
	ACCESS,  /* an access token of the same person, without a refresh token */
	STRANGE, /* somebody else's login */
};

/*
 * Without a refresh token, as all caches are where that lies apart. Then one that is known is an
 * earlier one; so is whatever was there before our login, if its cache was not written yet, and
 * what runs out before the record's.
 */
static enum kinship kinship_of_access(
	const struct bf_record *record, bool apart, const struct bf_token *cached)
{
	if (bf_record_spent(record, &cached->access) || (apart && !record->cache_written))
		return BEHIND;
	if (!same_subject(record, apart, cached))
		return STRANGE;
	return apart && cached->expires_at < record->token.expires_at ? BEHIND : ACCESS;
}

static enum kinship kinship_of(
	const struct bf_record *record, bool apart, const struct bf_token *cached)
{
	if (bf_secret_equal(&cached->access, &record->token.access))
		return SAME;
	if (bf_secret_empty(&cached->refresh))
		return kinship_of_access(record, apart, cached);
	if (bf_record_current(record, &cached->refresh))
		return record->token.expires_at < cached->expires_at ? AHEAD : BEHIND;
	return bf_record_spent(record, &cached->refresh) ? BEHIND : STRANGE;
}

static enum bfabric_status without_cache(
	struct bf_call *call, struct bf_state *state, bool *ret_restore, struct bfabric_error *err)
{
	const struct bf_record *record = &state->record;
	bool lost = !record->cache_written || call->damage.status != BFABRIC_OK;

	if (bf_secret_empty(&record->token.access) || !lost)
		return logged_out(call, state, err);
	*ret_restore = true;
	return BFABRIC_OK;
}

/* One into the other, `*ret_restore` as below. */
static enum bfabric_status reconcile_files(
	struct bf_call *call, struct bf_state *state, bool *ret_restore, struct bfabric_error *err)
{
	struct bf_record *record = &state->record;
	bool apart = bf_session_apart(call->s) || *record->held;

	if (!call->found)
		return without_cache(call, state, ret_restore, err);
	if (bf_secret_empty(&record->token.access)) {
		/* Written back after a logout: there, but not to be used. */
		if (bf_record_spent(record, &call->cached.refresh))
			return bf_token_copy(&record->token, &call->cached, err);
		return adopt(call, state, ret_restore, err);
	}
	switch (kinship_of(record, apart, &call->cached)) {
	case SAME:
	case ACCESS:
		return BFABRIC_OK;
	case BEHIND:
		*ret_restore = true;
		return BFABRIC_OK;
	case AHEAD:
		return bf_token_copy(&record->token, &call->cached, err);
	case STRANGE:
		return adopt(call, state, ret_restore, err);
	}
	return bf_fail(err, BFABRIC_SYSTEM, "internal error in %s", __func__);
}

enum bfabric_status bf_state_look_last(struct bf_call *call)
{
	enum bfabric_status status;

	bf_trace(call->s, "a last look at the cache");
	status = bf_call_look(call, /* err= */ NULL);
	if (status == BFABRIC_OK && call->found)
		bf_trace(call->s, "the cache holds refresh token %s",
			bf_token_name(&call->cached.refresh).text);
	return status;
}

/*
 * A refresh token in the files of a login whose place is the store: put there by bfabricPy, or left
 * by a move that was cut off. The current one is taken, so that it comes into the store; no other
 * stays either.
 */
static enum bfabric_status take_out(struct bf_call *call, struct bf_record *record,
	bool *ret_restore, struct bfabric_error *err)
{
	const struct bf_secret *cached = &call->cached.refresh;

	if (!bf_session_apart(call->s))
		return BFABRIC_OK;
	*ret_restore |= !bf_secret_empty(&record->token.refresh);
	if (!call->found || bf_secret_empty(cached))
		return BFABRIC_OK;
	*ret_restore = true;
	if (bf_secret_empty(&record->token.refresh) && bf_record_current(record, cached))
		return bf_token_set_refresh(&record->token, cached, err);
	return BFABRIC_OK;
}

enum bfabric_status bf_state_reconcile(
	struct bf_call *call, struct bf_state *state, bool *ret_restore, struct bfabric_error *err)
{
	enum bfabric_status status;

	*ret_restore = false;
	status = reconcile_files(call, state, ret_restore, err);
	return status == BFABRIC_OK ? take_out(call, &state->record, ret_restore, err) : status;
}

/* `was_there`: the file, when it was read before; it may be that we could not restore it. */
static bool nothing_new(const struct bf_call *call, const struct bf_record *record,
	const struct bf_token *before, bool was_there)
{
	const struct bf_token *now = &call->cached;

	if (call->damage.status != BFABRIC_OK)
		return true;
	if (!call->found)
		return !was_there;
	if (!bf_record_spent(record, &now->refresh) && !bf_record_current(record, &now->refresh))
		return false;
	return call->rejected || bf_secret_equal(&now->access, &before->access) ||
	       !bf_call_accepts(call, now);
}

bool bf_state_overtaken(struct bf_call *call, const struct bf_state *state)
{
	BF_AUTO_TOKEN struct bf_token before = BF_TOKEN_INIT;
	struct bf_file_info file = call->file;
	bool rejected = call->rejected;

	if (call->s->env.method != BFABRIC_AUTH_OAUTH || !call->found)
		return false;
	bf_token_move(&before, &call->cached);
	if (bf_state_look_last(call) == BFABRIC_OK &&
		!nothing_new(call, &state->record, &before, file.found)) {
		bf_trace(call->s, "another program has just changed it: nothing is sent");
		return true;
	}
	/* What may be fallen back to is not what was written back. */
	bf_token_move(&call->cached, &before);
	call->file = file;
	call->found = true;
	call->rejected = rejected;
	return false;
}

void bf_state_keep(const struct bf_call *call, struct bf_state *state)
{
	/* The file's record has to stay as it is where a rescue copy continues it. */
	if (state->learned && !state->rescued)
		(void)!bf_save_record(call->s, &state->record, /* err= */ NULL);
	state->learned = false;
}

void bf_state_note(struct bf_call *call)
{
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	bool restore = false;

	if (call->s->env.method != BFABRIC_AUTH_OAUTH || !call->found ||
		bf_state_load(call->s, &state, /* err= */ NULL) != BFABRIC_OK ||
		bf_state_reconcile(call, &state, &restore, /* err= */ NULL) != BFABRIC_OK)
		return;
	bf_state_keep(call, &state);
}

enum bfabric_status bf_state_mend(
	struct bf_call *call, struct bf_state *state, struct bfabric_error *err)
{
	struct bfabric_session *s = call->s;
	struct bf_record *record = &state->record;
	bool move = bf_session_apart(s) && !bf_secret_empty(&record->token.refresh);
	enum bfabric_status status = move ? bf_apart_move(s, record, err) : BFABRIC_OK;

	if (status == BFABRIC_OK)
		status = bf_token_copy(&call->cached, &record->token, err);
	if (status != BFABRIC_OK)
		return status;
	call->found = true;
	call->rejected = bf_cache_rejected(&s->paths, &call->cached);
	if (state->rescued) { /* at home it outlives the session that brought it */
		free(record->session);
		record->session = NULL;
	}
	if (state->rescued || move)
		status = bf_save_record(s, record, err);
	bf_trace(s, "refresh token %s of the record goes back into the cache",
		bf_token_name(&record->token.refresh).text);
	if (status == BFABRIC_OK)
		status = bf_save_cache(s, &record->token, err);
	if (status != BFABRIC_OK)
		return status;
	bf_trace(s, "cache %s: saved", s->paths.cache);
	if (!record->cache_written) {
		record->cache_written = true;
		/* Unsaved, a logout is not noticed until the next refresh. */
		(void)!bf_save_record(s, record, /* err= */ NULL);
	}
	if (state->rescued)
		bf_save_forget_rescue(s);
	state->rescued = false;
	return BFABRIC_OK;
}
