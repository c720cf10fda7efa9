/*
 * Saving a login: record, then cache, under the lock.
 */
#include "login_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "login_undo.h"

void bf_login_result_release(struct bf_login_result *result)
{
	free(result->subject);
	free(result->scope_granted);
	free(result->warning);
	*result = (struct bf_login_result){0};
}

enum bfabric_status bf_login_prepare(struct bfabric_session *s, const struct bfabric_ui *ui,
	int64_t deadline, struct bfabric_error *err)
{
	int64_t limit;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	BF_AUTO_SAVE struct bf_save save = BF_SAVE_INIT;
	enum bfabric_status status;

	if (s->env.method != BFABRIC_AUTH_OAUTH)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"environment %s uses auth_method %s: a person "
			"logs in with auth_method oauth only",
			s->env.name, bfabric_auth_method_name(s->env.method));
	if (s->own)
		return BFABRIC_OK;
	status = bf_apart_ready(s, ui, deadline, err);
	limit = bf_boot_ms(s->sys) + BF_LOCK_MS; /* a person may have taken their time */
	if (status == BFABRIC_OK)
		status = bf_session_lock(
			s, &lock, deadline && deadline < limit ? deadline : limit, err);
	if (status == BFABRIC_OK)
		status = bf_state_load(s, &state, err);
	if (status == BFABRIC_OK)
		status = bf_save_reserve(s, &save, err);
	return status;
}

/*
 * Whose login is there now, as far as it can be known. Only a lack of memory is an error: what is
 * damaged belongs to nobody.
 */
static enum bfabric_status subject_before(
	struct bfabric_session *s, char **ret, struct bfabric_error *err)
{
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	BF_AUTO_FREE char *subject = NULL;
	struct bf_file_info file = {0};
	enum bfabric_status status = bf_cache_read(&s->paths, &cached, &file, err);

	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status == BFABRIC_OK && file.found) {
		/* bfabricPy may have logged in since our record */
		status = bf_token_read_subject(&cached, &subject, err);
		if (status == BFABRIC_OK && !subject)
			status = bf_state_load(s, &state, err);
		if (status == BFABRIC_NO_MEMORY)
			return status;
		if (status == BFABRIC_OK && !subject && state.record.subject) {
			subject = strdup(state.record.subject);
			if (!subject)
				return bf_fail_nomem(err);
		}
	}
	*ret = BF_TAKE(subject);
	return BFABRIC_OK;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* May the login of `before` become that of `now`? */
static enum bfabric_status confirm_subject(struct bfabric_session *s, const struct bfabric_ui *ui,
	const char *before, const char *now, struct bfabric_error *err)
{
	if (!before || !now || strcmp(before, now) == 0)
		return BFABRIC_OK;
	if (ui->other_subject && ui->other_subject(ui->data, before, now))
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_FORBIDDEN,
		"environment %s belongs to the login of %.60s; this login "
		"is by %.60s and was not kept: choose another environment",
		s->env.name, before, now);
}

/*
 * Ask outside the lock, because a person takes their time, and take it then. Somebody else's login
 * that came meanwhile is another question.
 */
static enum bfabric_status lock_confirmed(struct bfabric_session *s, const struct bfabric_ui *ui,
	const char *now, struct bf_lock *lock, struct bfabric_error *err)
{
	BF_AUTO_FREE char *before = NULL;
	enum bfabric_status status = subject_before(s, &before, err);

	while (status == BFABRIC_OK) {
		BF_AUTO_FREE char *found = NULL;

		status = confirm_subject(s, ui, before, now, err);
		if (status == BFABRIC_OK)
			status = bf_session_lock(s, lock, bf_boot_ms(s->sys) + BF_LOCK_MS, err);
		if (status == BFABRIC_OK)
			status = subject_before(s, &found, err);
		if (status != BFABRIC_OK || same(found, before))
			return status;
		bf_lock_release(lock);
		free(before);
		before = BF_TAKE(found);
	}
	return status;
}

static bool replace_string(char **to, const char *text)
{
	free(*to);
	return bf_copy_string(to, text);
}

enum bfabric_status bf_login_record(struct bfabric_session *s, struct bf_record *record,
	const struct bf_login_grant *grant, struct bf_token *token, struct bfabric_error *err)
{
	enum bfabric_status status;

	bf_record_log_out(record);
	status = bf_token_read_subject(token, &record->subject, err);
	if (status != BFABRIC_OK)
		return status;
	bf_token_move(&record->token, token);
	bf_record_unspend(record, &record->token.refresh);
	if (!replace_string(&record->token_endpoint, grant->token_endpoint) ||
		!replace_string(&record->revocation_endpoint, grant->revocation_endpoint) ||
		!replace_string(&record->client_auth, bf_client_auth_name(grant->client_auth)) ||
		!replace_string(&record->scope_requested, s->env.scope) ||
		!replace_string(&record->session, grant->session))
		return bf_fail_nomem(err);
	return bf_new_login_id(s->sys, &record->login, err);
}

/* What the cache holds ends here, whoever put it there. */
static void spend_cached(struct bfabric_session *s, struct bf_record *record)
{
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	struct bf_file_info file = {0};

	if (bf_cache_read(&s->paths, &cached, &file, /* err= */ NULL) == BFABRIC_OK && file.found)
		bf_record_spend(record, &cached.refresh);
}

/* A login is not thrown away because its store failed meanwhile: a rescue copy is as good. */
static enum bfabric_status keep_apart(struct bfabric_session *s, const struct bf_record *record,
	const char **ret_rescue, struct bf_login_result *result, struct bfabric_error *err)
{
	struct bfabric_error trouble = {0};
	enum bfabric_status status = bf_save_apart(s, record, ret_rescue, &trouble);

	if (status == BFABRIC_OK)
		return status;
	if (!*ret_rescue)
		return bf_fail(err, status, "%s", trouble.text);
	if (asprintf(&result->warning,
		    "the login could not be put into %s (%s); it is kept in %s until it can",
		    bf_store_place(&s->store), trouble.text, *ret_rescue) < 0)
		result->warning = NULL; /* status tells it, too */
	return BFABRIC_OK;
}

static enum bfabric_status write_login(struct bfabric_session *s, struct bf_lock *lock,
	struct bf_record *record, struct bf_login_result *result, struct bfabric_error *err)
{
	BF_AUTO_SAVE struct bf_save save = BF_SAVE_INIT;
	BF_AUTO_STORED struct bf_stored before = BF_STORED_INIT;
	bool known = false;
	const char *rescue = NULL;
	enum bfabric_status status = bf_save_reserve(s, &save, err);

	bf_apart_remember(s, &before, &known);
	if (status == BFABRIC_OK)
		status = keep_apart(s, record, &rescue, result, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_save_commit(&save, record, err);
	if (status != BFABRIC_OK && !save.cache.committed) {
		if (known && !rescue)
			bf_apart_put_back(s, &before);
		if (rescue) /* of a login that is to be undone */
			bf_save_forget_rescue(s);
		return status;
	}
	if (save.cache.committed) {
		record->cache_written = true;
		/* Unsaved, only a logout that follows at once is not noticed. */
		(void)!bf_save_record(s, record, /* err= */ NULL);
	}
	(void)!bf_file_remove(s->paths.rejected, /* err= */ NULL); /* names a token that is gone */
	if (!rescue)
		bf_save_forget_rescue(s);
	bf_outcome_write(lock, s->sys, BFABRIC_OK, /* err= */ NULL);
	return BFABRIC_OK;
}

enum bfabric_status bf_login_describe(
	const struct bf_record *record, struct bf_login_result *ret, struct bfabric_error *err)
{
	struct bf_login_result result = {
		.expires_at = record->token.expires_at,
		.can_refresh = !bf_secret_empty(&record->token.refresh),
	};

	if (!replace_string(&result.subject, record->subject) ||
		!replace_string(&result.scope_granted, record->token.scope)) {
		bf_login_result_release(&result);
		return bf_fail_nomem(err);
	}
	*ret = result;
	return BFABRIC_OK;
}

static enum bfabric_status save_to_files(struct bfabric_session *s, const struct bfabric_ui *ui,
	const struct bf_login_grant *grant, struct bf_token *token, struct bf_login_result *ret,
	struct bfabric_error *err)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	BF_AUTO_FREE char *subject = NULL;
	enum bfabric_status status = bf_token_read_subject(token, &subject, err);

	if (status == BFABRIC_OK)
		status = lock_confirmed(s, ui, subject, &lock, err);
	if (status == BFABRIC_OK)
		status = bf_state_load(s, &state, err);
	if (status != BFABRIC_OK)
		return status;
	spend_cached(s, &state.record);
	status = bf_login_record(s, &state.record, grant, token, err);
	if (status == BFABRIC_OK)
		status = bf_login_describe(
			&state.record, ret, err); /* before: nothing fails after it */
	if (status == BFABRIC_OK)
		status = write_login(s, &lock, &state.record, ret, err);
	bf_session_forget(s);
	return status;
}

/* What failed leaves nobody logged in: the login before is gone from the record. */
static enum bfabric_status save_to_memory(struct bfabric_session *s,
	const struct bf_login_grant *grant, struct bf_token *token, struct bf_login_result *ret,
	struct bfabric_error *err)
{
	enum bfabric_status status;

	pthread_mutex_lock(&s->policy);
	status = bf_login_record(s, s->own, grant, token, err);
	if (status == BFABRIC_OK)
		status = bf_login_describe(s->own, ret, err);
	if (status == BFABRIC_OK)
		status = bf_own_publish(s, err);
	if (status != BFABRIC_OK)
		bf_record_log_out(s->own);
	pthread_mutex_unlock(&s->policy);
	return status;
}

enum bfabric_status bf_login_keep(struct bfabric_session *s, const struct bfabric_ui *ui,
	const struct bf_login_grant *grant, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	enum bfabric_status status = bf_token_from_reply(
		grant->reply, bf_wall(s->sys), /* previous= */ NULL, &token, err);

	if (status != BFABRIC_OK)
		return status;
	return s->own ? save_to_memory(s, grant, &token, ret, err)
		      : save_to_files(s, ui, grant, &token, ret, err);
}

enum bfabric_status bf_login_save(struct bfabric_session *s, const struct bfabric_ui *ui,
	const struct bf_login_grant *grant, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_error why = {0};
	enum bfabric_status status = bf_login_keep(s, ui, grant, &result, &why);

	if (status == BFABRIC_OK) {
		*ret = result;
		result = (struct bf_login_result){0};
		return BFABRIC_OK;
	}
	if (status != BFABRIC_FORBIDDEN) /* which says that itself */
		(void)bf_fail_context(&why, status, "the login was granted, but not kept");
	bf_login_undo(s, grant, &why);
	return bf_fail(err, status, "%s", why.text);
}
