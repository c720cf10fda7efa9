/*
 * A login that waits for its home.
 */
#include "login_wait.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hold.h"
#include "login_stay.h"
#include "login_undo.h"

#define LOCK_MS      5000
#define MAKE_ROOM_MS 10000

/* ---- the home -------------------------------------------------------------------------------- */

enum bfabric_status bf_login_check_home(
	const struct bfabric_session *s, bool make, struct bfabric_error *err)
{
	BF_AUTO_FREE char *above = bf_concat(s->paths.home, "/.bfabric", NULL);
	const char *folders[] = {above, s->paths.dir};
	enum bfabric_status status = above ? BFABRIC_OK : bf_fail_nomem(err);

	if (s->paths.stays)
		return bf_dir_ensure(s->paths.dir, /* depth= */ 0, err);
	if (status == BFABRIC_OK && make)
		status = bf_home_writable(s->paths.home, err);
	for (size_t i = 0; status == BFABRIC_OK && i < 2; i++) {
		if (!make && faccessat(AT_FDCWD, folders[i], F_OK, AT_SYMLINK_NOFOLLOW) != 0)
			return BFABRIC_OK;
		status = bf_dir_ensure(folders[i], make ? 1 : 0, err);
	}
	return status;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Only those who write there take it here; the home's own lock may be out of reach. */
static enum bfabric_status lock_runtime(
	struct bfabric_session *s, struct bf_lock *lock, struct bfabric_error *err)
{
	int64_t deadline = bf_boot_ms(s->sys) + LOCK_MS;
	enum bfabric_status status =
		bf_lock_open(lock, s->paths.runtime_lock, /* fallback_path= */ NULL, err);

	return status == BFABRIC_OK ? bf_session_await_lock(s, lock, deadline, err) : status;
}

/* What was there, as far as it can be read: which login is replaced, and what is spent with it. */
static enum bfabric_status begin(
	struct bfabric_session *s, struct bf_record *record, char **ret_replaces)
{
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	struct bf_file_info file = {0};
	bool found = false;

	if (bf_record_read(s->paths.record, &found, record, /* err= */ NULL) != BFABRIC_OK)
		found = false; /* and the record blank */
	*ret_replaces = strdup(!found ? BF_REPLACES_ANY : record->login ? record->login : "");
	if (bf_cache_read(&s->paths, &cached, &file, /* err= */ NULL) == BFABRIC_OK && file.found)
		bf_record_spend(record, &cached.refresh);
	return *ret_replaces ? BFABRIC_OK : BFABRIC_NO_MEMORY;
}

/* Into its place; what is there then counts, whether that outlasts a power failure or not. */
static enum bfabric_status write_copy(
	struct bfabric_session *s, const struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = bf_record_encode(record, &text, err);

	if (status == BFABRIC_OK)
		status = lock_runtime(s, &lock, err);
	if (status == BFABRIC_OK)
		status = bf_slot_reserve(&slot, s->paths.runtime_rescue, text.len, err);
	if (status == BFABRIC_OK)
		status = bf_slot_commit(&slot, bf_secret_reveal(&text), text.len, err);
	return slot.committed ? BFABRIC_OK : status;
}

/* Who does not hear that a login waits thinks that it is there. */
static enum bfabric_status tell(const struct bfabric_session *s, const struct bf_record *record,
	const struct bfabric_error *why, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	enum bfabric_status status = bf_login_describe(record, &result, err);

	if (status != BFABRIC_OK)
		return status;
	if (asprintf(&result.warning, "the login waits in %s: %s", s->paths.runtime_rescue,
		    why->text) < 0) {
		result.warning = NULL;
		return bf_fail_nomem(err);
	}
	*ret = result;
	result = (struct bf_login_result){0};
	return BFABRIC_OK;
}

static enum bfabric_status let_wait(struct bfabric_session *s, const struct bf_login_grant *grant,
	const struct bfabric_error *why, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	BF_AUTO_FREE char *replaces = NULL;
	enum bfabric_status status;

	if (!s->paths.runtime_rescue)
		return bf_fail(err, BFABRIC_SYSTEM,
			"there is no runtime directory (XDG_RUNTIME_DIR) to keep it in");
	status = bf_token_from_reply(
		grant->reply, bf_wall(s->sys), /* previous= */ NULL, &token, err);
	if (status == BFABRIC_OK && begin(s, &record, &replaces) != BFABRIC_OK)
		status = bf_fail_nomem(err);
	if (status == BFABRIC_OK)
		status = bf_login_record(s, &record, grant, &token, err);
	if (status != BFABRIC_OK)
		return status;
	record.replaces = BF_TAKE(replaces);
	status = tell(s, &record, why, ret, err); /* before: nothing fails after it */
	return status == BFABRIC_OK ? write_copy(s, &record, err) : status;
}

/* ---- both ------------------------------------------------------------------------------------ */

/* Trouble of the home, which may pass; not of the login. */
static bool may_pass(enum bfabric_status status)
{
	return status == BFABRIC_SYSTEM || status == BFABRIC_LOCK_TIMEOUT;
}

static enum bfabric_status keep(struct bfabric_session *s, const struct bf_login_grant *grant,
	const char *not_now, struct bf_login_result *ret, struct bfabric_error *err)
{
	static const struct bfabric_ui nobody = {0};
	enum bfabric_status status;

	if (not_now)
		return bf_fail(err, BFABRIC_SYSTEM, "%s", not_now);
	status = bf_login_check_home(s, /* make= */ true, err);
	return status == BFABRIC_OK ? bf_login_keep(s, &nobody, grant, ret, err) : status;
}

static enum bfabric_status keep_or_wait(struct bfabric_session *s,
	const struct bf_login_grant *grant, const char *not_now, struct bf_login_result *ret,
	struct bfabric_error *err)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result kept = {0}, waiting = {0};
	struct bfabric_error why = {0}, more = {0};
	enum bfabric_status status = keep(s, grant, not_now, &kept, &why);

	if (status == BFABRIC_OK) {
		*ret = kept;
		kept = (struct bf_login_result){0};
		return status;
	}
	if (!may_pass(status))
		return bf_fail(err, status, "%s", why.text);
	if (let_wait(s, grant, &why, &waiting, &more) != BFABRIC_OK)
		return bf_fail(err, status, "%.240s; %.240s", why.text, more.text);
	*ret = waiting;
	waiting = (struct bf_login_result){0};
	return BFABRIC_OK;
}

/*
 * Where it stays, there is room for one login, and who came last is at the machine: the one before
 * is given back, whose ever it was, because nobody would do that afterwards.
 */
static void make_room(struct bfabric_session *s)
{
	char left[256];
	bool ended;

	if (s->paths.stays) /* what cannot be removed makes saving fail, too */
		(void)!bf_login_end(s, /* session= */ NULL, bf_boot_ms(s->sys) + MAKE_ROOM_MS,
			&ended, left, /* err= */ NULL);
}

enum bfabric_status bf_login_hand_over(struct bfabric_session *s,
	const struct bf_login_grant *grant, const char *not_now, struct bf_login_result *ret,
	struct bfabric_error *err)
{
	struct bfabric_error why = {0};
	sigset_t before;
	enum bfabric_status status;

	bf_hold_signals(&before);
	make_room(s);
	status = keep_or_wait(s, grant, not_now, ret, &why);
	if (status != BFABRIC_OK) {
		bf_login_undo(s, grant, &why);
		(void)bf_fail(err, status, "%s", why.text);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}
