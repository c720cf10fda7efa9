/*
 * What happens to a token that was just obtained: record and cache, else a rescue copy; unless
 * bfabricPy logged out or in meanwhile.
 */
#include "apart.h"

static void forget_marks(struct bfabric_session *s)
{
	(void)!bf_file_remove(s->paths.rejected, /* err= */ NULL); /* names a token that is gone */
	bf_save_forget_rescue(s);
}

/* What bfabricPy, which takes no lock, did while our request was under way. */
enum meanwhile { NOTHING, LOGGED_OUT, LOGGED_IN };

static enum meanwhile look_meanwhile(struct bf_call *call, const struct bf_record *record)
{
	const struct bf_secret *theirs = &call->cached.refresh;

	if (call->s->env.method != BFABRIC_AUTH_OAUTH || !call->found ||
		bf_call_look(call, /* err= */ NULL) != BFABRIC_OK ||
		call->damage.status != BFABRIC_OK)
		return NOTHING;
	if (!call->found)
		return LOGGED_OUT;
	if (bf_record_spent(record, theirs) || bf_secret_equal(theirs, &record->token.refresh) ||
		!bf_call_accepts(call, &call->cached))
		return NOTHING;
	return LOGGED_IN;
}

static enum bfabric_status log_out(struct bf_call *call, struct bf_record *record,
	struct bf_save *save, struct bfabric_error *err)
{
	const struct bf_environment *env = &call->s->env;

	bf_record_log_out(record);
	/* Unsaved, the next call finds no cache and does it. */
	(void)!bf_save_commit_record(save, record, /* err= */ NULL);
	if (bf_session_apart(call->s)) /* a server that does not rotate would still take it */
		(void)!bf_apart_drop(call->s, /* all= */ false, /* err= */ NULL);
	bf_save_forget_rescue(call->s);
	return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
		"not logged in to %s (environment %s) any more: logged out during a refresh",
		env->url.text, env->name);
}

static enum bfabric_status save_all(struct bf_call *call, struct bf_record *record,
	struct bf_save *save, struct bfabric_error *err)
{
	struct bfabric_session *s = call->s;
	const char *rescue = NULL;
	struct bfabric_error trouble = {0};
	enum bfabric_status stored = bf_save_apart(s, record, &rescue, &trouble);
	enum bfabric_status saved;

	bf_trace(s, "refresh token %s goes into record and cache",
		bf_token_name(&record->token.refresh).text);
	saved = bf_save_commit(save, record, stored == BFABRIC_OK ? &trouble : NULL);
	if (stored == BFABRIC_OK && saved == BFABRIC_OK)
		forget_marks(s);
	else if (rescue || bf_save_rescue(s, record, &rescue, NULL) == BFABRIC_OK)
		bf_call_warn(call,
			"the new login could not be saved (%.300s); it is kept in %s until it can",
			trouble.text, rescue);
	else if (save->cache.committed && stored == BFABRIC_OK)
		bf_call_warn(call, "%.400s", trouble.text);
	else
		bf_call_warn(call,
			"the new login could not be saved anywhere (%.300s): when this token "
			"expires, a new login is needed",
			trouble.text);
	bf_trace(s, "record %s: %s", s->paths.record, call->warning ? call->warning : "saved");
	return bf_call_serve(call, &record->token, err);
}

enum bfabric_status bf_keep(struct bf_call *call, struct bf_record *record, struct bf_save *save,
	struct bfabric_error *err)
{
	switch (look_meanwhile(call, record)) {
	case NOTHING:
		return save_all(call, record, save, err);
	case LOGGED_OUT:
		return log_out(call, record, save, err);
	case LOGGED_IN:
		/* The cache is theirs and is adopted when it is due; ours only matters without it.
		 */
		if (bf_session_apart(call->s))
			(void)!bf_apart_put(call->s, record, /* err= */ NULL);
		(void)!bf_save_commit_record(save, record, /* err= */ NULL);
		return bf_call_serve(call, &call->cached, err);
	}
	return bf_fail(err, BFABRIC_SYSTEM, "internal error in %s", __func__);
}
