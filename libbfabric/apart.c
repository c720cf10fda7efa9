/*
 * The refresh token that lies in a store of its own.
 */
#include "apart.h"

#include <stdlib.h>
#include <string.h>

bool bf_session_apart(const struct bfabric_session *s)
{
	return !s->own && !s->paths.stays && s->env.method == BFABRIC_AUTH_OAUTH &&
	       bf_store_apart(&s->store);
}

/* A configuration that cannot be read says nothing about it. */
enum bfabric_status bf_apart_current(const struct bfabric_session *s, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment now = {0};
	const char *before = bf_store_name(&s->store), *store;

	if (!bf_session_apart(s) || s->env.source == BF_FROM_OVERRIDE ||
		bf_config_load(s->env.file, &config, /* err= */ NULL) != BFABRIC_OK ||
		bf_config_select(config, s->env.name, /* ret_chosen_by= */ NULL, &now,
			/* err= */ NULL) != BFABRIC_OK)
		return BFABRIC_OK;
	store = now.store ? now.store : "file";
	if (strcmp(store, before) == 0)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CONFIG,
		"the login of environment %s has moved from %.100s to %.100s while this program "
		"was running: try again, and start it anew if it goes on like this",
		s->env.name, before, store);
}

/* Reading and writing together take no longer than one of them may. */
static int64_t limit(const struct bfabric_session *s)
{
	return bf_boot_ms(s->sys) + BF_STORE_MS;
}

enum bfabric_status bf_apart_ready(struct bfabric_session *s, const struct bfabric_ui *ui,
	int64_t deadline, struct bfabric_error *err)
{
	struct bfabric_error why = {0};

	if (!bf_session_apart(s) || s->no_programs) /* whose login waits, as it is meant to */
		return BFABRIC_OK;
	switch (bf_store_probe(&s->store, deadline, &why)) {
	case BF_STORE_READY:
		return BFABRIC_OK;
	case BF_STORE_UNAVAILABLE: /* or interrupted */
		return bf_fail(err, why.status, "%s", why.text);
	case BF_STORE_LOCKED:
		break;
	}
	if (!ui->notice)
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s", why.text);
	ui->notice(ui->data, "Your keyring is locked: unlock it in the window that opens now.");
	return bf_store_unlock(&s->store, deadline, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum bfabric_status gone(const struct bfabric_session *s, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
		"%.100s has no login for environment %.60s any more, something else removed it: "
		"log in again (bfabric login --env %.60s)",
		bf_store_place(&s->store), s->env.name, s->env.name);
}

/* One that is spent is of no use, whoever put it there. */
static enum bfabric_status take(const struct bfabric_session *s, struct bf_record *record,
	const struct bf_stored *stored, struct bfabric_error *err)
{
	const struct bf_secret *refresh = &stored->refresh_token;

	if (bf_secret_empty(refresh))
		return record->login ? gone(s, err) : BFABRIC_OK;
	if (bf_record_spent(record, refresh))
		return bf_fail(err, BFABRIC_LOGIN_REQUIRED,
			"the login in %.100s (environment %.60s) has been used already, something "
			"else put an old one back: log in again (bfabric login --env %.60s)",
			bf_store_place(&s->store), s->env.name, s->env.name);
	bf_trace(s, "refresh token %s comes from the store%s", bf_token_name(refresh).text,
		bf_record_current(record, refresh) ? "" : ", which the record does not know");
	/* We were cut off before the record, or another program spent it. */
	if (*record->held && strcmp(stored->predecessor, record->held) == 0)
		bf_record_spend_current(record);
	return bf_token_set_refresh(&record->token, refresh, err);
}

bool bf_apart_expected(const struct bfabric_session *s, const struct bf_record *record)
{
	return bf_session_apart(s) && bf_secret_empty(&record->token.refresh) &&
	       !bf_record_lapsed(record) && (bf_record_renewable(record) || !record->login);
}

enum bfabric_status bf_apart_fetch(const struct bfabric_session *s, struct bf_record *record,
	struct bf_secret *ret_client_secret, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status;

	if (!bf_apart_expected(s, record))
		return BFABRIC_OK;
	status = bf_store_get(&s->store, /* deadline= */ 0, &found, &stored, err);
	if (status == BFABRIC_OK)
		status = take(s, record, &stored, err);
	if (status == BFABRIC_OK && ret_client_secret)
		bf_secret_move(ret_client_secret, &stored.client_secret);
	return status;
}

enum bfabric_status bf_apart_peek(
	struct bfabric_session *s, struct bf_secret *ret_refresh, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status = bf_store_get(&s->store, limit(s), &found, &stored, err);

	if (status == BFABRIC_OK)
		bf_secret_move(ret_refresh, &stored.refresh_token);
	return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool replace_string(char **to, const char *text)
{
	free(*to);
	return bf_copy_string(to, text);
}

/*
 * The store for what has to be done once it has begun: a person who interrupts a refresh is not in
 * so great a hurry. Borrows from the session.
 */
static struct bf_store undisturbed(const struct bfabric_session *s)
{
	struct bf_store store = s->store;

	store.cancel = NULL;
	return store;
}

/* `stored`: what is there now. */
static enum bfabric_status replace(struct bfabric_session *s, const struct bf_record *record,
	struct bf_stored *stored, int64_t deadline, struct bfabric_error *err)
{
	const struct bf_store store = undisturbed(s);
	enum bfabric_status status;

	if (bf_secret_equal(&stored->refresh_token, &record->token.refresh))
		return BFABRIC_OK;
	bf_secret_release(&stored->refresh_token);
	bf_secret_put_secret(&stored->refresh_token, &record->token.refresh);
	memcpy(stored->predecessor, record->predecessor, sizeof(stored->predecessor));
	if (stored->refresh_token.failed || !replace_string(&stored->login, record->login))
		return bf_fail_nomem(err);
	status = bf_store_put(&store, deadline, stored, err);
	bf_trace(s, "refresh token %s goes into the store: %s",
		bf_token_name(&record->token.refresh).text,
		status == BFABRIC_OK ? "done"
		: err                ? err->text
				     : "it could not");
	return status;
}

enum bfabric_status bf_apart_put(
	struct bfabric_session *s, const struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	const struct bf_store store = undisturbed(s);
	int64_t deadline = limit(s);
	bool found = false;
	enum bfabric_status status = bf_store_get(&store, deadline, &found, &stored, err);

	return status == BFABRIC_OK ? replace(s, record, &stored, deadline, err) : status;
}

static bool has_successor(const struct bf_stored *stored, const struct bf_record *record)
{
	const struct bf_secret *refresh = &record->token.refresh;
	char hex[BF_SHA256_HEX];

	bf_sha256_hex(bf_secret_reveal(refresh), refresh->len, hex);
	return strcmp(hex, stored->predecessor) == 0 &&
	       !bf_record_spent(record, &stored->refresh_token);
}

enum bfabric_status bf_apart_move(
	struct bfabric_session *s, struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	int64_t deadline = limit(s);
	bool found = false;
	enum bfabric_status status;

	if (bf_record_spent(record, &record->token.refresh))
		return BFABRIC_OK;
	status = bf_store_get(&s->store, deadline, &found, &stored, err);
	if (status != BFABRIC_OK)
		return status;
	if (!has_successor(&stored, record))
		return replace(s, record, &stored, deadline, err);
	bf_trace(s, "refresh token %s stays out of the store, which has its successor",
		bf_token_name(&record->token.refresh).text);
	bf_record_spend(record, &record->token.refresh);
	memcpy(record->predecessor, stored.predecessor, sizeof(record->predecessor));
	return bf_token_set_refresh(&record->token, &stored.refresh_token, err);
}

void bf_apart_remember(const struct bfabric_session *s, struct bf_stored *ret, bool *ret_known)
{
	const struct bf_store store = undisturbed(s);
	bool found = false;

	*ret_known = bf_session_apart(s) &&
		     bf_store_get(&store, limit(s), &found, ret, /* err= */ NULL) == BFABRIC_OK;
}

void bf_apart_put_back(const struct bfabric_session *s, const struct bf_stored *before)
{
	const struct bf_store store = undisturbed(s);

	/* Failing that, a login that is to be undone is in its place. */
	(void)!bf_store_put(&store, limit(s), before, /* err= */ NULL);
}

enum bfabric_status bf_apart_drop(struct bfabric_session *s, bool all, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	const struct bf_store store = undisturbed(s);
	int64_t deadline = limit(s);
	bool found = false;
	enum bfabric_status status;

	if (all)
		return bf_store_erase(&store, deadline, err);
	status = bf_store_get(&store, deadline, &found, &stored, err);
	if (status != BFABRIC_OK || !found || bf_secret_empty(&stored.refresh_token))
		return status;
	bf_secret_release(&stored.refresh_token);
	stored.predecessor[0] = '\0';
	return replace_string(&stored.login, NULL) ? bf_store_put(&store, deadline, &stored, err)
						   : bf_fail_nomem(err);
}
