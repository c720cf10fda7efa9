/*
 * The long-lived secrets of an environment from one store to another.
 *
 * Two locks are held: that of manage.h, so that nobody changes the client meanwhile, and that of
 * the login, from reading what moves until the configuration says where it is. What of the refresh
 * token is left in files after that is taken out by whoever finds it (settle.h); what is left in
 * another store is named by a note (move_note.h).
 */
#include "store_move.h"

#include <stdlib.h>

#include "manage_rescue.h"
#include "move_note.h"
#include "move_private.h"
#include "settle.h"

#define MOVE_MS 60000

static void mover_release(struct bf_mover *m)
{
	bf_lock_release(&m->login_lock);
	bf_lock_release(&m->lock);
	bf_state_release(&m->state);
	bf_stored_release(&m->found);
	bf_stored_release(&m->wanted);
	bfabric_session_free(m->from);
	bfabric_session_free(m->to);
	bf_secret_release(&m->warning);
	bf_moved_release(&m->result);
	free(m->name);
	free(m->note);
}

void bf_moved_release(struct bf_moved *moved)
{
	free(moved->warning);
	free(moved->old_place);
	*moved = (struct bf_moved){0};
}

/* What is done, but not as it should be; none of it undoes the move. */
static void note_trouble(struct bf_mover *m, const char *what, const struct bfabric_error *why)
{
	bf_secret_puts(&m->warning, bf_secret_empty(&m->warning) ? "" : "; ");
	bf_secret_puts(&m->warning, what);
	if (why)
		bf_secret_printf(&m->warning, ": %.400s", why->text);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* `store` NULL: what the configuration says. */
static enum bfabric_status open_session(struct bf_mover *m, const char *store,
	struct bfabric_session **ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	enum bfabric_status status = bf_config_load(m->move->config_file, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, m->name ? m->name : m->move->environment,
			/* ret_chosen_by= */ NULL, &env, err);
	if (status != BFABRIC_OK)
		return status;
	if (store) {
		free(env.store);
		if (!bf_copy_string(&env.store, store))
			return bf_fail_nomem(err);
	}
	status = bf_session_new(&env, "--env", m->move->seams, ret, err);
	if (status == BFABRIC_OK && m->move->trace)
		bf_session_trace_to(*ret, m->move->trace, m->move->trace_data);
	return status;
}

static enum bfabric_status take_manage_lock(struct bf_mover *m, struct bfabric_error *err)
{
	static const char ending[] = ".registration";
	BF_AUTO_FREE char *file = NULL, *lock = NULL;
	enum bfabric_status status =
		bf_rescue_paths(m->move->config_file, m->name, &file, &lock, err);

	if (status != BFABRIC_OK)
		return status;
	file[strlen(file) - (sizeof(ending) - 1)] = '\0';
	m->note = bf_concat(file, ".move", NULL);
	if (!m->note)
		return bf_fail_nomem(err);
	return bf_rescue_lock(lock, m->sys, m->cancel, m->deadline, &m->lock, err);
}

static enum bfabric_status open_move(struct bf_mover *m, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (secure_getenv("BFABRICPY_CONFIG_OVERRIDE"))
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"BFABRICPY_CONFIG_OVERRIDE is set and replaces the configuration, which "
			"has to say where secrets lie: unset it first");
	status = open_session(m, /* store= */ NULL, &m->from, err);
	if (status == BFABRIC_OK && !bf_copy_string(&m->name, m->from->env.name))
		status = bf_fail_nomem(err);
	if (status == BFABRIC_OK)
		status = take_manage_lock(m, err);
	if (status != BFABRIC_OK)
		return status;
	bfabric_session_free(m->from); /* as it is now that nobody else can change it */
	m->from = NULL;
	status = open_session(m, /* store= */ NULL, &m->from, err);
	if (status == BFABRIC_OK)
		status = open_session(m, m->move->store, &m->to, err);
	if (status == BFABRIC_OK && m->from->env.method == BFABRIC_AUTH_PASSWORD)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"environment %.80s logs in with a password, which stays in the "
			"configuration",
			m->name);
	return status;
}

/* ---- what an earlier move left --------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_store(const struct bf_store *a, const struct bf_store *b)
{
	return strcmp(bf_store_name(a), bf_store_name(b)) == 0 && same_text(a->host, b->host) &&
	       same_text(a->client_id, b->client_id);
}

/* Where the configuration had changed already, only emptying the old place is left of that move. */
static enum bfabric_status finish_earlier(struct bf_mover *m, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment old = {0};
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	struct bfabric_error why = {0};
	bool found = false;
	enum bfabric_status status = bf_move_note_read(m->note, m->name, &found, &old, err);

	if (status == BFABRIC_OK && found)
		status = bf_store_open(&old, /* name= */ NULL, m->sys, m->cancel, &store, err);
	if (status != BFABRIC_OK || !found)
		return status;
	if (!same_store(&store, &m->from->store) &&
		bf_store_erase(&store, m->deadline, &why) != BFABRIC_OK) {
		note_trouble(m, "what an earlier move left behind is still there", &why);
		return BFABRIC_OK;
	}
	return bf_file_remove(m->note, err);
}

/* A login that is not there, or no good any more, does not keep the rest from moving. */
static enum bfabric_status settle_first(struct bf_mover *m, struct bfabric_error *err)
{
	struct bfabric_error why = {0};
	enum bfabric_status status = bf_session_settle(m->from, m->deadline, &why);

	if (status == BFABRIC_OK || status == BFABRIC_NOT_LOGGED_IN)
		return BFABRIC_OK;
	return bf_fail(err, status, "%s", why.text);
}

/* ---- the old place --------------------------------------------------------------------------- */

/* As the configuration says it now; without memory for that, as it was going to be. */
static void reopen(struct bf_mover *m)
{
	struct bfabric_session *now = NULL;

	if (open_session(m, /* store= */ NULL, &now, /* err= */ NULL) != BFABRIC_OK)
		return;
	bfabric_session_free(m->to);
	m->to = now;
}

static void empty_old_place(struct bf_mover *m)
{
	struct bfabric_error why = {0};

	if (bf_move_to_apart(m) && bf_move_is_login(m)) {
		enum bfabric_status status = bf_session_settle(m->to, m->deadline, &why);

		if (status != BFABRIC_OK && status != BFABRIC_NOT_LOGGED_IN)
			note_trouble(m, "the refresh token is still in the token files, too", &why);
	}
	if (bf_move_same_place(m) || bf_move_from_file(m))
		return;
	if (bf_store_erase(&m->from->store, /* deadline= */ 0, &why) != BFABRIC_OK)
		note_trouble(m, "the old place could not be emptied", &why);
	else if (bf_file_remove(m->note, &why) != BFABRIC_OK)
		note_trouble(m, "a note of this move stays", &why);
}

static void refresh(struct bf_mover *m)
{
	struct bfabric_token token = {0};
	struct bfabric_error why = {0};

	if (bf_move_same_place(m) || bf_secret_empty(&m->wanted.refresh_token))
		return;
	m->result.refreshed = bf_session_get(m->to, /* min_ttl= */ -1, /* force_refresh= */ true,
				      m->deadline, &token, &why) == BFABRIC_OK &&
			      !token.warning;
	if (token.warning)
		(void)bf_fail(&why, BFABRIC_RETRY_LATER, "%s", token.warning);
	if (!m->result.refreshed)
		note_trouble(m,
			"the login was not refreshed, and copies of the old place in backups stay "
			"valid until it is",
			&why);
	bfabric_token_clear(&token);
}

static enum bfabric_status report(
	struct bf_mover *m, struct bf_moved *ret, struct bfabric_error *err)
{
	const char *old = bf_move_from_file(m) ? m->from->env.file : bf_store_name(&m->from->store);

	m->result.was_there = bf_move_same_place(m) && m->result.count == 0;
	if (m->from->env.client_secret_file && bf_move_to_apart(m) && !bf_move_same_place(m))
		note_trouble(m,
			"the client secret stays in its file, which the configuration names; "
			"bfabric auth service-account --store moves it",
			/* why= */ NULL);
	if (m->warning.failed || !bf_copy_string(&m->result.old_place, old) ||
		(!bf_secret_empty(&m->warning) &&
			!bf_copy_string(&m->result.warning, bf_secret_reveal(&m->warning))))
		return bf_fail_nomem(err);
	*ret = m->result;
	m->result = (struct bf_moved){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_store_move(
	const struct bf_move *move, struct bf_moved *ret, struct bfabric_error *err)
{
	const struct bf_session_seams *seams = move->seams;
	BF_CLEANUP(mover_release)
	struct bf_mover m = {
		.move = move,
		.sys = seams && seams->sys ? seams->sys : &bf_sys_real,
		.cancel = seams ? seams->cancel : NULL,
		.lock = BF_LOCK_INIT,
		.login_lock = BF_LOCK_INIT,

	};
	enum bfabric_status status;

	m.deadline = move->deadline ? move->deadline : bf_boot_ms(m.sys) + MOVE_MS;
	status = open_move(&m, err);
	if (status == BFABRIC_OK)
		status = finish_earlier(&m, err);
	if (status == BFABRIC_OK && bf_move_is_login(&m))
		status = settle_first(&m, err);
	if (status == BFABRIC_OK)
		status = bf_move_carry(&m, err);
	if (status != BFABRIC_OK)
		return status;
	reopen(&m);
	empty_old_place(&m);
	refresh(&m);
	return report(&m, ret, err);
}
