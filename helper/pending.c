#include "pending.h"
#include "full.h"
#include "../libbfabric/local/cache.h"
#include "../libbfabric/local/record.h"
#include "../libbfabric/settle.h"
#include <string.h>
#include <unistd.h>

#define SECONDS 10 /* a sibling may hold the lock for a request */

static bool is_there(const char *path)
{
	return path && access(path, F_OK) == 0;
}

static bool cache_has_refresh_token(const struct bf_paths *paths)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info file = {0};

	return bf_cache_read(paths, &token, &file, NULL) == BFABRIC_OK && file.found &&
	       !bf_secret_empty(&token.refresh);
}

enum bf_pending bf_pending_look(const struct bf_environment *environment)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	bool apart = environment->store && strcmp(environment->store, "file") != 0;

	if (!environment->client_id ||
		bf_paths_init(&environment->url, environment->client_id, environment->name,
			/* with_runtime= */ true, &paths, NULL) != BFABRIC_OK)
		return BF_PENDING_NONE;
	if (is_there(paths.runtime_rescue) || is_there(paths.rescued))
		return BF_PENDING_RESCUE;
	return apart && !paths.stays && cache_has_refresh_token(&paths) ? BF_PENDING_ADOPT
									: BF_PENDING_NONE;
}

/* Does a whole login wait for its store, not what one was exchanged for when that was locked? */
static bool login_waits(const struct bf_environment *environment)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	bool found = false;

	return bf_environment_apart(environment) &&
	       bf_paths_init(&environment->url, environment->client_id, environment->name,
		       /* with_runtime= */ true, &paths, NULL) == BFABRIC_OK &&
	       paths.runtime_rescue &&
	       bf_record_read(paths.runtime_rescue, &found, &record, NULL) == BFABRIC_OK && found &&
	       !*record.predecessor;
}

/*
 * It lay in a file, of which there may be copies, and lies in a store now: once exchanged, they are
 * worth nothing. Where the server cannot be asked, they are as good as they were.
 */
static void spend_copies(struct bfabric_session *session)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};

	(void)!bf_session_get(session, /* min_ttl= */ -1, /* force_refresh= */ true,
		bfabric_deadline_in(SECONDS), &token, /* err= */ NULL);
}

enum bfabric_status bf_pending_settle(
	struct bfabric_session *session, bool *ret_moved, struct bfabric_error *err)
{
	const struct bf_environment *env = bf_session_environment(session);
	const enum bf_pending what = bf_pending_look(env);
	struct bfabric_error why = {0};
	enum bfabric_status status = BFABRIC_OK;
	bool waits = false;

	if (what == BF_PENDING_NONE)
		return BFABRIC_OK;
	waits = what == BF_PENDING_RESCUE && login_waits(env);
	status = bf_session_settle(session, bfabric_deadline_in(SECONDS), &why);
	if (status == BFABRIC_NOT_LOGGED_IN)
		return BFABRIC_OK;
	if (status != BFABRIC_OK)
		return bf_fail(err, status, "%s", why.text);
	*ret_moved = bf_pending_look(env) == BF_PENDING_NONE;
	if (*ret_moved && waits)
		spend_copies(session);
	return BFABRIC_OK;
}
