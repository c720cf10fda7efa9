/*
 * Spending a refresh token once (or a client secret, which can be used again).
 *
 * Before the request: both files are promised on disk. From the first byte until the reply is
 * saved, the signals that a person or a closing terminal sends are held back, for at most the time
 * of one request. After it: one verdict, one consequence.
 */
#include "apart.h"
#include "base/hold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one request ----------------------------------------------------------------------------- */

/* What one renewal knows. */
struct renewal {
	struct bf_call *call;
	struct bf_state *state; /* NULL: nothing is kept */
	struct bf_record *record;
	const struct bf_grant *grant;
	struct bf_secret secret;
	struct bf_secret beside; /* one that lies beside the refresh token, */
	bool looked;             /* if that was looked for */
	char *endpoint;
	int64_t deadline; /* of all its requests together: signals are held back so long */
	enum bf_token_verdict verdict;
	json_t *reply;
};

static void renewal_release(struct renewal *r)
{
	bf_secret_release(&r->secret);
	bf_secret_release(&r->beside);
	free(r->endpoint);
	json_decref(r->reply);
}

/*
 * A refresh is waited for once its request has left, even past the caller's deadline: the reply
 * holds the only copy of the next refresh token. A service can ask again.
 */
static void set_deadlines(const struct renewal *r, struct bf_request *request)
{
	request->deadline = r->call->deadline < r->deadline ? r->call->deadline : r->deadline;
	request->cancel = r->call->s->cancel;
	if (r->grant->spends)
		request->reply_deadline = r->deadline;
}

static enum bfabric_status exchange(
	struct renewal *r, enum bf_client_auth auth, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	struct bf_grant_params params = {
		.token_endpoint = r->endpoint,
		.client_id = r->call->s->env.client_id,
		.client_auth = auth,
		.client_secret = &r->secret,
		.refresh_token = &r->record->token.refresh,
		.scope = r->grant == &bf_grant_client_credentials ? r->call->s->env.scope : NULL,
	};
	struct bf_transport transport;
	enum bfabric_status status = bf_session_transport(r->call->s, &transport, err);

	if (status == BFABRIC_OK)
		status = r->grant->build(&params, &request, err);
	if (status != BFABRIC_OK)
		return status;
	set_deadlines(r, &request);
	status = bf_trace_perform(r->call->s, &transport, &request, &reply, err);
	if (status != BFABRIC_OK) {
		r->verdict = BF_TOKEN_TRANSIENT;
		return status;
	}
	r->verdict = bf_token_accept(&reply, &r->reply, err);
	bf_trace(r->call->s, "%s with client authentication \"%s\": %s", r->grant->type,
		bf_client_auth_name(auth),
		r->verdict == BF_TOKEN_ISSUED ? "a new token"
		: err                         ? err->text
					      : "refused");
	return BFABRIC_OK;
}

/* A second form of client authentication only after the server refused the first as such. */
static enum bfabric_status ask(struct renewal *r, struct bfabric_error *err)
{
	enum bf_client_auth forms[2];
	size_t count =
		bf_client_auth_forms(r->record->client_auth, !bf_secret_empty(&r->secret), forms);
	enum bfabric_status status = BFABRIC_OK;

	if (r->grant->spends)
		bf_trace(r->call->s, "refresh token %s is sent",
			bf_token_name(&r->record->token.refresh).text);
	for (size_t i = 0; i < count; i++) {
		status = exchange(r, forms[i], err);
		if (status != BFABRIC_OK || !bf_client_auth_refused(forms[i], r->verdict)) {
			if (r->verdict == BF_TOKEN_ISSUED && status == BFABRIC_OK) {
				free(r->record->client_auth);
				r->record->client_auth = strdup(bf_client_auth_name(forms[i]));
			}
			return status;
		}
	}
	return status;
}

static enum bfabric_status renewal_init(struct renewal *r, struct bf_call *call,
	struct bf_record *record, struct bfabric_error *err)
{
	const struct bf_environment *env = &call->s->env;
	bool service = env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS;
	enum bfabric_status status =
		bf_client_secret(env, r->looked ? NULL : &call->s->store, &r->secret, err);

	if (status != BFABRIC_OK)
		return status;
	if (bf_secret_empty(&r->secret))
		bf_secret_move(&r->secret, &r->beside);
	r->call = call;
	r->record = record;
	r->grant = service ? &bf_grant_client_credentials : &bf_grant_refresh_token;
	r->deadline = bf_boot_ms(call->s->sys) + BF_REQUEST_MS;
	if (bf_endpoint_usable(env, record->token_endpoint))
		r->endpoint = strdup(record->token_endpoint);
	else if (asprintf(&r->endpoint, "%s/rest/oauth/token", env->url.text) < 0)
		r->endpoint = NULL;
	return r->endpoint ? BFABRIC_OK : bf_fail_nomem(err);
}

/* ---- the consequence ------------------------------------------------------------------------- */

static enum bfabric_status check_subject(struct bf_call *call, struct bf_record *record,
	const struct bf_token *token, struct bfabric_error *err)
{
	BF_AUTO_FREE char *subject = bf_token_subject(token);
	char before[100], now[100];

	if (call->s->env.method != BFABRIC_AUTH_OAUTH || !subject || !record->subject ||
		strcmp(subject, record->subject) == 0) {
		if (subject) {
			free(record->subject);
			record->subject = BF_TAKE(subject);
		}
		return BFABRIC_OK;
	}
	bf_show(before, sizeof(before), record->subject, strlen(record->subject));
	bf_show(now, sizeof(now), subject, strlen(subject));
	return bf_fail(err, BFABRIC_LOGIN_REQUIRED,
		"%s answered the refresh for %s with a token of %s, "
		"which is not used: log in again",
		call->s->env.url.text, before, now);
}

/* The reply becomes the record's token. */
static enum bfabric_status take_reply(struct renewal *r, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_record *record = r->record;
	struct bf_secret *spent = &record->token.refresh;
	bool service = r->grant == &bf_grant_client_credentials;
	enum bfabric_status status;

	if (service)
		(void)json_object_del(r->reply, "refresh_token"); /* a service asks anew instead */
	status = bf_token_from_reply(
		r->reply, bf_wall(r->call->s->sys), service ? NULL : spent, &token, err);
	if (status != BFABRIC_OK)
		return status;
	status = check_subject(r->call, record, &token, err);
	if (status != BFABRIC_OK) {
		bf_record_spend(record, spent);
		return status;
	}
	if (!bf_secret_equal(&token.refresh, spent)) {
		bf_sha256_hex(bf_secret_reveal(spent), spent->len, record->predecessor);
		bf_record_spend(record, spent);
	}
	if (bf_session_apart(r->call->s))
		bf_record_spend(record, &record->token.access); /* see record.h */
	bf_token_move(&record->token, &token);
	bf_record_unspend(record, &record->token.refresh);
	record->cache_written = true;
	if (r->call->rejected)
		record->forced_at = bf_wall(r->call->s->sys);
	return BFABRIC_OK;
}

/*
 * The server refused the token. Once: did bfabricPy, which takes no lock, refresh at the same
 * moment? Then a token that was neither tried nor spent is there now.
 */
static bool find_rival(struct renewal *r)
{
	struct bf_call *call = r->call;

	bf_record_spend(r->record, &r->record->token.refresh);
	bf_sleep_ms(call->s->sys, 100);
	if (bf_state_look_last(call) != BFABRIC_OK || !call->found ||
		bf_record_spent(r->record, &call->cached.refresh) ||
		bf_token_copy(&r->record->token, &call->cached, /* err= */ NULL) != BFABRIC_OK)
		return false;
	free(r->record->subject);
	r->record->subject = bf_token_subject(&call->cached);
	return true;
}

static enum bfabric_status refused(struct renewal *r, struct bfabric_error *err)
{
	struct bfabric_error why = *err;

	bf_record_spend(r->record, &r->record->token.refresh);
	return bf_fail(err, BFABRIC_LOGIN_REQUIRED,
		"the login to %s (environment %s) has lapsed: %.300s", r->call->s->env.url.text,
		r->call->s->env.name, why.text);
}

/* What a verdict leads to. OK: the record holds the new token. */
static enum bfabric_status consequence(struct renewal *r, struct bfabric_error *err)
{
	const struct bf_environment *env = &r->call->s->env;

	switch (r->verdict) {
	case BF_TOKEN_ISSUED:
		return take_reply(r, err);
	case BF_TOKEN_GRANT_REFUSED:
		return refused(r, err);
	case BF_TOKEN_TRANSIENT:
	case BF_TOKEN_PENDING:
	case BF_TOKEN_SLOW_DOWN:
		return bf_fail_context(err, BFABRIC_RETRY_LATER, "%s", env->url.text);
	case BF_TOKEN_GARBAGE:
		return bf_fail_context(err, BFABRIC_BAD_REPLY, "%s", r->endpoint);
	case BF_TOKEN_DENIED:
	case BF_TOKEN_CODE_EXPIRED:
	case BF_TOKEN_CLIENT_REFUSED:
	case BF_TOKEN_REQUEST_REFUSED:
	case BF_TOKEN_REFUSED:
		return bf_fail_context(err, BFABRIC_LOGIN_REQUIRED, "%s refused client %s",
			env->url.text, env->client_id);
	}
	return bf_fail(err, BFABRIC_SYSTEM, "internal error in %s", __func__);
}

/* ---- the renewal ----------------------------------------------------------------------------- */

static enum bfabric_status keep(struct renewal *r, struct bf_save *save, struct bfabric_error *err)
{
	r->state->learned = false; /* saved with the token */
	return bf_keep(r->call, r->record, save, err);
}

static enum bfabric_status spend(struct renewal *r, struct bf_save *save, struct bfabric_error *err)
{
	enum bfabric_status status = ask(r, err);

	if (status == BFABRIC_OK && r->verdict == BF_TOKEN_GRANT_REFUSED && find_rival(r)) {
		r->state->learned = true;
		if (bf_call_accepts(r->call, &r->record->token))
			return keep(r, save, err);
		status = ask(r, err);
	}
	if (status == BFABRIC_OK)
		status = consequence(r, err);
	if (status == BFABRIC_OK)
		return keep(r, save, err);
	if (status == BFABRIC_LOGIN_REQUIRED &&
		/* Unsaved, the next call asks once more and is refused once more. */
		bf_save_commit_record(save, r->record, /* err= */ NULL) == BFABRIC_OK)
		r->state->learned = false;
	return status;
}

static enum bfabric_status spend_undisturbed(
	struct renewal *r, struct bf_lock *lock, struct bf_save *save, struct bfabric_error *err)
{
	struct bfabric_error trouble = {0};
	sigset_t before;
	enum bfabric_status status;

	bf_hold_signals(&before);
	status = spend(r, save, &trouble);
	/* Too little time, patience or memory is this caller's trouble, not that of those who wait.
	 */
	if (status != BFABRIC_TIMEOUT && status != BFABRIC_CANCELLED && status != BFABRIC_NO_MEMORY)
		bf_outcome_write(lock, r->call->s->sys, status, &trouble);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status == BFABRIC_OK)
		return status;
	(void)bf_fail(err, status, "%s", trouble.text);
	return bf_call_fall_back(r->call, status, err);
}

static enum bfabric_status nothing_to_spend(
	struct bf_call *call, const struct bf_record *record, struct bfabric_error *err)
{
	const struct bf_environment *env = &call->s->env;
	bool spent = bf_record_lapsed(record);

	if (!spent && bf_call_can_fall_back(call))
		return bf_call_serve(call, &call->cached, err);
	if (!spent && bf_record_renewable(record))
		return bf_fail(err, BFABRIC_LOGIN_REQUIRED,
			"the login to %s (environment %s) lies in another store: move it from "
			"there (bfabric auth store), or log in again; a program that has been "
			"running since before it moved has to be started anew",
			env->url.text, env->name);
	return bf_fail(err, BFABRIC_LOGIN_REQUIRED, "the login to %s (environment %s) has %s",
		env->url.text, env->name,
		spent ? "lapsed" : "expired and came without a refresh token");
}

static enum bfabric_status no_space(
	struct bf_call *call, enum bfabric_status status, struct bfabric_error *err)
{
	if (call->s->env.method == BFABRIC_AUTH_CLIENT_CREDENTIALS) {
		bf_call_warn(call, "the token is not cached: %.400s", err->text);
		return bf_renew_uncached(call, err);
	}
	return bf_call_fall_back(call,
		bf_fail_context(
			err, status, "a new token could not be saved, so the old one is not spent"),
		err);
}

/* Who has no time left should not begin what may take half a minute. */
static enum bfabric_status check_time(const struct bf_call *call, struct bfabric_error *err)
{
	if (call->s->env.method != BFABRIC_AUTH_OAUTH || call->s->stays ||
		call->deadline - bf_boot_ms(call->s->sys) >= BF_SPEND_MS)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_TIMEOUT, "too little time is left for a refresh at %s",
		call->s->env.url.text);
}

static bool without_refresh(const struct bf_call *call, const struct bf_state *state)
{
	return call->s->env.method == BFABRIC_AUTH_OAUTH &&
	       bf_record_spent(&state->record, &state->record.token.refresh);
}

enum bfabric_status bf_renew(struct bf_call *call, struct bf_lock *lock, struct bf_state *state,
	bool *ret_overtaken, struct bfabric_error *err)
{
	BF_CLEANUP(renewal_release) struct renewal r = {0};
	BF_AUTO_SAVE struct bf_save save = BF_SAVE_INIT;
	enum bfabric_status status;

	if (without_refresh(call, state) && !bf_apart_expected(call->s, &state->record))
		return nothing_to_spend(call, &state->record, err);
	status = check_time(call, err);
	r.looked = bf_apart_expected(call->s, &state->record);
	if (status == BFABRIC_OK)
		status = bf_apart_fetch(call->s, &state->record, &r.beside, err);
	if (status == BFABRIC_OK)
		status = check_time(call, err); /* the store may have taken it */
	if (status != BFABRIC_OK)
		return bf_call_fall_back_all(call, lock, status, err);
	if (without_refresh(call, state))
		return nothing_to_spend(call, &state->record, err);
	status = renewal_init(&r, call, &state->record, err);
	if (status == BFABRIC_STORE_UNAVAILABLE) /* a service's secret */
		return bf_call_fall_back_all(call, lock, status, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_save_reserve(call->s, &save, err);
	if (status != BFABRIC_OK)
		return no_space(call, status, err);
	r.state = state;
	if (bf_state_overtaken(call, state)) {
		*ret_overtaken = true;
		return BFABRIC_OK;
	}
	return spend_undisturbed(&r, lock, &save, err);
}

enum bfabric_status bf_renew_unsaved(
	struct bf_call *call, struct bf_record *record, struct bfabric_error *err)
{
	BF_CLEANUP(renewal_release) struct renewal r = {0};
	enum bfabric_status status = renewal_init(&r, call, record, err);

	if (status == BFABRIC_OK)
		status = ask(&r, err);
	if (status == BFABRIC_OK)
		status = consequence(&r, err);
	return status == BFABRIC_OK ? bf_call_serve(call, &record->token, err) : status;
}

enum bfabric_status bf_renew_uncached(struct bf_call *call, struct bfabric_error *err)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	return bf_renew_unsaved(call, &record, err);
}
