/*
 * What happens to a store of its own, and beside it.
 */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libbfabric/settle.h"
#include "logout.h"

/* ---- the store ------------------------------------------------------------------------------- */

/* Between the store and the record (`both`), or the record and the cache. */
static void we_are_cut_off(struct story *t)
{
	char cache[512], record[512];
	bool login = below(t, 3) == 0, both = below(t, 2) == 0;

	note(t, login ? (both ? "login-is-cut-off-at-1" : "login-is-cut-off-at-2")
		      : (both ? "refresh-is-cut-off-at-1" : "refresh-is-cut-off-at-2"));
	snprintf(cache, sizeof(cache), "%s/cache", t->w->root);
	snprintf(record, sizeof(record), "%s/record", t->w->root);
	world_copy(t->w->paths.cache, cache);
	world_copy(t->w->paths.record, record);
	if (shelf.locked)
		return;
	if (login)
		world_login(t->w);
	else if (ask(t, true) != BFABRIC_OK)
		return;
	if (login && !both) {
		BF_AUTO_RECORD struct bf_record saved = BF_RECORD_INIT;
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

		world_record(t->w, &saved);
		saved.cache_written = false;
		assert_int_equal(bf_record_encode(&saved, &text, NULL), BFABRIC_OK);
		world_write(t->w->paths.record, bf_secret_reveal(&text));
		t->logged_out = false;
	}
	if (both)
		world_copy(record, t->w->paths.record);
	world_copy(cache, t->w->paths.cache);
	if (both) /* nobody could tell, were the document put back before we have seen it */
		(void)ask(t, true);
}

static void store_is_put_back(struct story *t)
{
	note(t, "put-back");
	note(t, shelf_refresh_token());
	memcpy(shelf.line, t->document, sizeof(shelf.line));
	note(t, shelf_refresh_token());
}

static void store_is_locked_in_the_middle(struct story *t)
{
	note(t, "locked-in-the-middle");
	t->close = true;
	(void)ask(t, below(t, 2));
	t->close = false;
}

void we_settle(struct story *t)
{
	enum bfabric_status status;

	world_reopen(t->w);
	status = bf_session_settle(t->w->s, 0, &t->w->err);
	note(t, "we-settle");
	note(t, bfabric_status_name(status));
	MUST(t, status == BFABRIC_OK || status == BFABRIC_NOT_LOGGED_IN ||
			(status == BFABRIC_STORE_UNAVAILABLE && t->apart &&
				(shelf.locked || shelf.slow_ms)));
	MUST(t, status != BFABRIC_OK || !t->logged_out);
}

void we_log_out(struct story *t)
{
	struct bf_logout_result result;

	note(t, "we-log-out");
	world_reopen(t->w);
	t->w->server->during = NULL; /* revocations are no refreshes */
	MUST(t, log_out(t->w, &result) == BFABRIC_OK);
	t->w->server->during = check_request;
	MUST(t, !t->apart || *result.left || !*shelf_refresh_token());
	t->logged_out = true;
}

void happens_to_the_store(struct story *t)
{
	switch (below(t, 12)) {
	case 0:
	case 1:
		note(t, "locked");
		shelf.locked = true;
		break;
	case 2:
	case 3:
	case 4:
		note(t, "unlocked");
		shelf.locked = false;
		break;
	case 5:
		memcpy(t->document, shelf.line, sizeof(shelf.line));
		note(t, "document-is-copied");
		note(t, shelf_refresh_token());
		break;
	case 6:
		store_is_put_back(t);
		break;
	case 7:
		note(t, below(t, 4) ? "nothing" : "document-is-deleted");
		if (below(t, 4) == 0)
			*shelf.line = '\0';
		break;
	case 8:
		store_is_locked_in_the_middle(t);
		break;
	case 9:
	case 10:
		we_are_cut_off(t);
		break;
	case 11:
		note(t, shelf.slow_ms ? "quick" : "slow");
		shelf.slow_ms = shelf.slow_ms ? 0 : below(t, 4000);
		break;
	}
}
