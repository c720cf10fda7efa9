#include "pending.h"
#include "../libbfabric/local/cache.h"
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

enum bfabric_status bf_pending_settle(
	struct bfabric_session *session, bool *ret_moved, struct bfabric_error *err)
{
	const struct bf_environment *env = bf_session_environment(session);
	struct bfabric_error why = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (bf_pending_look(env) == BF_PENDING_NONE)
		return BFABRIC_OK;
	status = bf_session_settle(session, bfabric_deadline_in(SECONDS), &why);
	if (status == BFABRIC_NOT_LOGGED_IN)
		return BFABRIC_OK;
	if (status != BFABRIC_OK)
		return bf_fail(err, status, "%s", why.text);
	*ret_moved = bf_pending_look(env) == BF_PENDING_NONE;
	return BFABRIC_OK;
}
