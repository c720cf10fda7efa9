/*
 * What moves, and into the new place with it.
 */
#include "move_private.h"

#include "document.h"
#include "move_note.h"
#include "settle.h"

#define VALUES_MAX 5

/* What the keys of another method hold in the configuration is not looked at. */
static bool has_pat(const struct bf_mover *m)
{
	return m->from->env.method == BFABRIC_AUTH_PAT;
}

static bool has_client_secret(const struct bf_mover *m)
{
	return bf_session_cached(m->from) && !m->from->env.client_secret_file;
}

/* ---- what moves ------------------------------------------------------------------------------ */

static enum bfabric_status collect_login(struct bf_mover *m, struct bfabric_error *err)
{
	struct bf_record *record = &m->state.record;
	struct bf_secret *refresh = &record->token.refresh;
	struct bfabric_error why = {0};
	enum bfabric_status status = bf_state_load(m->from, &m->state, err);

	if (status != BFABRIC_OK)
		return status;
	status = bf_apart_fetch(m->from, record, /* ret_client_secret= */ NULL, &why);
	if (status != BFABRIC_OK && status != BFABRIC_LOGIN_REQUIRED)
		return bf_fail(err, status, "%s", why.text);
	if (status != BFABRIC_OK || bf_record_spent(record, refresh))
		return BFABRIC_OK;
	bf_secret_put_secret(&m->wanted.refresh_token, refresh);
	memcpy(m->wanted.predecessor, record->predecessor, sizeof(m->wanted.predecessor));
	return !m->wanted.refresh_token.failed && bf_copy_string(&m->wanted.login, record->login)
		       ? BFABRIC_OK
		       : bf_fail_nomem(err);
}

/* What is written in the configuration counts, as it does for those who use it. */
static void want(struct bf_mover *m, const struct bf_secret *written,
	const struct bf_secret *stored, struct bf_secret *ret)
{
	bool in_files = !bf_secret_empty(written);

	bf_secret_put_secret(ret, in_files ? written : stored);
	m->result.count += !bf_secret_empty(ret) && (in_files || !bf_move_same_place(m));
}

static enum bfabric_status collect(struct bf_mover *m, struct bfabric_error *err)
{
	const struct bf_environment *env = &m->from->env;
	struct bf_stored *w = &m->wanted;
	bool found = false;
	enum bfabric_status status = BFABRIC_OK;

	if (bf_move_from_file(m) && !bf_move_to_apart(m))
		return BFABRIC_OK;
	if (!bf_move_from_file(m))
		status = bf_store_get(&m->from->store, m->deadline, &found, &m->found, err);
	if (status == BFABRIC_OK && bf_move_is_login(m))
		status = collect_login(m, err);
	if (status != BFABRIC_OK)
		return status;
	if (!bf_move_same_place(m))
		m->result.count += !bf_secret_empty(&w->refresh_token);
	w->members = json_incref(m->found.members);
	want(m, &env->registration_access_token, &m->found.registration_access_token,
		&w->registration_access_token);
	if (has_pat(m))
		want(m, &env->pat, &m->found.pat, &w->pat);
	if (has_client_secret(m))
		want(m, &env->client_secret, &m->found.client_secret, &w->client_secret);
	return w->pat.failed || w->registration_access_token.failed || w->client_secret.failed
		       ? bf_fail_nomem(err)
		       : BFABRIC_OK;
}

/* ---- the new place --------------------------------------------------------------------------- */

static bool same_secrets(const struct bf_stored *a, const struct bf_stored *b)
{
	return bf_secret_equal(&a->refresh_token, &b->refresh_token) &&
	       bf_secret_equal(&a->pat, &b->pat) &&
	       bf_secret_equal(&a->client_secret, &b->client_secret) &&
	       bf_secret_equal(&a->registration_access_token, &b->registration_access_token);
}

static enum bfabric_status put_into_store(struct bf_mover *m, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored back = BF_STORED_INIT;
	const struct bf_store *store = &m->to->store;
	bool found = false;
	enum bfabric_status status;

	if (bf_stored_empty(&m->wanted) ||
		(bf_move_same_place(m) && same_secrets(&m->found, &m->wanted)))
		return BFABRIC_OK;
	m->put = true;
	status = bf_store_put(store, /* deadline= */ 0, &m->wanted, err);
	if (status == BFABRIC_OK)
		status = bf_store_get(store, /* deadline= */ 0, &found, &back, err);
	if (status != BFABRIC_OK || (found && same_secrets(&back, &m->wanted)))
		return status;
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
		"%.200s took the secrets of environment %.80s, but does not give them back",
		bf_store_place(store), m->name);
}

/* Record and cache; what else there is goes with the change of the configuration. */
static enum bfabric_status put_into_files(struct bf_mover *m, struct bfabric_error *err)
{
	BF_AUTO_RECORD struct bf_record back = BF_RECORD_INIT;
	struct bf_record *record = &m->state.record;
	bool found = false;
	enum bfabric_status status;

	if (bf_move_same_place(m) || bf_secret_empty(&m->wanted.refresh_token))
		return BFABRIC_OK;
	m->put = true;
	status = bf_save_record(m->to, record, err);
	if (status == BFABRIC_OK)
		status = bf_save_cache(m->to, &record->token, err);
	if (status == BFABRIC_OK)
		status = bf_record_read(m->to->paths.record, &found, &back, err);
	if (status != BFABRIC_OK ||
		(found && bf_secret_equal(&back.token.refresh, &m->wanted.refresh_token)))
		return status;
	return bf_fail(err, BFABRIC_SYSTEM, "%.300s does not hold what was written into it",
		m->to->paths.record);
}

static const char *text_of(const struct bf_mover *m, const struct bf_secret *secret)
{
	return bf_move_to_apart(m) || bf_secret_empty(secret) ? NULL : bf_secret_reveal(secret);
}

static enum bfabric_status change_config(struct bf_mover *m, bool commit, struct bfabric_error *err)
{
	const struct bf_stored *w = &m->wanted;
	struct bf_config_value values[VALUES_MAX];
	struct bf_config_change change = {
		.name = m->name, .values = values, .set_default = BF_DEFAULT_NO};
	size_t n = 0;

	if (bf_move_same_place(m) && !bf_move_to_apart(m))
		return BFABRIC_OK;
	values[n++] = (struct bf_config_value){
		"libbfabric.store", bf_move_to_apart(m) ? bf_store_name(&m->to->store) : NULL};
	if (has_pat(m))
		values[n++] = (struct bf_config_value){"pat", text_of(m, &w->pat)};
	values[n++] = (struct bf_config_value){
		"registration_access_token", text_of(m, &w->registration_access_token)};
	if (has_client_secret(m))
		values[n++] =
			(struct bf_config_value){"client_secret", text_of(m, &w->client_secret)};
	if (bf_move_is_login(m) &&
		text_of(m, &w->client_secret)) /* as verbs that log in write it */
		values[n++] = (struct bf_config_value){"auth_method", NULL};
	change.value_count = n;
	return commit ? bf_config_write(m->move->config_file, &change, err)
		      : bf_config_check_write(m->move->config_file, &change, err);
}

/* What could not be synced to the disk is written all the same, and then counts. */
static enum bfabric_status name_new_place(struct bf_mover *m, struct bfabric_error *err)
{
	enum bfabric_status status = change_config(m, /* commit= */ true, err);

	if (status == BFABRIC_OK || bf_move_same_place(m))
		return status;
	switch (bf_document_used(m->move->config_file, m->name, bf_store_name(&m->to->store))) {
	case BF_DOCUMENT_USED:
		return BFABRIC_OK;
	case BF_DOCUMENT_UNKNOWN:
		m->put = m->noted = false; /* in either place: nothing is taken back */
		break;
	case BF_DOCUMENT_NOT_USED:
		break;
	}
	return status;
}

/* Until the configuration says so, the old place is the one that counts. */
static void take_back(struct bf_mover *m)
{
	bf_lock_release(&m->login_lock);
	if (!m->put || bf_move_same_place(m))
		return;
	if (bf_move_to_apart(m))
		(void)!bf_store_erase(&m->to->store, /* deadline= */ 0, /* err= */ NULL);
	else
		(void)!bf_session_settle(m->from, /* deadline= */ 0, /* err= */ NULL);
}

static enum bfabric_status carry(struct bf_mover *m, struct bfabric_error *err)
{
	enum bfabric_status status = collect(m, err);

	if (status == BFABRIC_OK)
		status = change_config(m, /* commit= */ false, err);
	if (status == BFABRIC_OK && !bf_move_same_place(m) && !bf_move_from_file(m)) {
		m->noted = true;
		status = bf_move_note_write(m->note, &m->from->env, err);
	}
	if (status != BFABRIC_OK)
		return status;
	status = bf_move_to_apart(m) ? put_into_store(m, err) : put_into_files(m, err);
	if (status == BFABRIC_OK)
		status = name_new_place(m, err);
	return status;
}

enum bfabric_status bf_move_carry(struct bf_mover *m, struct bfabric_error *err)
{
	struct bfabric_error why = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (bf_session_cached(m->from))
		status = bf_session_lock(m->from, &m->login_lock, m->deadline, &why);
	if (status == BFABRIC_OK)
		status = carry(m, &why);
	if (status == BFABRIC_OK) {
		bf_lock_release(&m->login_lock);
		return status;
	}
	take_back(m);
	if (m->noted)
		(void)!bf_file_remove(m->note, /* err= */ NULL); /* nothing has to be emptied */
	return bf_fail(err, status, "%s", why.text);
}
