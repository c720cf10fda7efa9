/*
 * Saving what a refresh brought: first the promise of space, then store, record and cache; a rescue
 * copy where all of that turned out impossible after the server had rotated.
 */
#include "apart.h"

void bf_save_release(struct bf_save *save)
{
	bf_slot_release(&save->record);
	bf_slot_release(&save->cache);
}

enum bfabric_status bf_save_reserve(
	struct bfabric_session *s, struct bf_save *save, struct bfabric_error *err)
{
	enum bfabric_status status =
		bf_slot_reserve(&save->record, s->paths.record, BF_RESERVE, err);

	save->apart = bf_session_apart(s);
	if (status == BFABRIC_OK)
		status = bf_slot_reserve(&save->cache, s->paths.cache, BF_RESERVE, err);
	return status;
}

/* Into its place, but the directory is not synced yet. */
static enum bfabric_status replace_record(
	struct bf_slot *slot, bool apart, const struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = apart ? bf_record_encode_apart(record, &text, err)
					   : bf_record_encode(record, &text, err);

	if (status == BFABRIC_OK)
		status = bf_slot_replace(slot, bf_secret_reveal(&text), text.len, err);
	return status;
}

static enum bfabric_status commit_record(
	struct bf_slot *slot, bool apart, const struct bf_record *record, struct bfabric_error *err)
{
	enum bfabric_status status = replace_record(slot, apart, record, err);

	if (status == BFABRIC_OK)
		(void)!bf_slot_sync(slot, /* err= */ NULL); /* it is in place all the same */
	return status;
}

static enum bfabric_status encode_stripped(
	const struct bf_token *token, struct bf_secret *ret_text, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token copy = BF_TOKEN_INIT;
	enum bfabric_status status = bf_token_copy(&copy, token, err);

	if (status == BFABRIC_OK)
		status = bf_token_set_refresh(&copy, NULL, err);
	return status == BFABRIC_OK ? bf_cache_encode(&copy, ret_text, err) : status;
}

static enum bfabric_status commit_cache(
	struct bf_slot *slot, bool apart, const struct bf_token *token, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status =
		apart ? encode_stripped(token, &text, err) : bf_cache_encode(token, &text, err);

	if (status == BFABRIC_OK)
		status = bf_slot_commit(slot, bf_secret_reveal(&text), text.len, err);
	return slot->committed ? BFABRIC_OK : status;
}

/*
 * One sync of the directory serves both renames, each of which a power failure alone could undo:
 * - File systems with a journal or transactions (ext4, XFS, btrfs) keep the order of two renames
 *   in one directory: the new cache is never there without the new record.
 * - On ext4 and XFS the sync of the cache's content, which comes after the record's rename, writes
 *   the journal up to there. So the record lasts no later than with a sync of its own.
 * - Elsewhere an old record may be found beside the new cache, whose refresh token is not among
 *   the spent ones then: it is adopted like a login of bfabricPy's, and the login lives on.
 */
enum bfabric_status bf_save_commit(
	struct bf_save *save, const struct bf_record *record, struct bfabric_error *err)
{
	enum bfabric_status status = replace_record(&save->record, save->apart, record, err);

	/* Its failure is no error, see policy.h. */
	(void)!commit_cache(&save->cache, save->apart, &record->token, /* err= */ NULL);
	if (save->record.committed && !save->cache.committed)
		(void)!bf_slot_sync(&save->record, /* err= */ NULL); /* as in commit_record() */
	return status;
}

enum bfabric_status bf_save_commit_record(
	struct bf_save *save, const struct bf_record *record, struct bfabric_error *err)
{
	return commit_record(&save->record, save->apart, record, err);
}

enum bfabric_status bf_save_record(
	struct bfabric_session *s, const struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	enum bfabric_status status = bf_slot_reserve(&slot, s->paths.record, 0, err);

	return status == BFABRIC_OK ? commit_record(&slot, bf_session_apart(s), record, err)
				    : status;
}

enum bfabric_status bf_save_cache(
	struct bfabric_session *s, const struct bf_token *token, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	enum bfabric_status status = bf_slot_reserve(&slot, s->paths.cache, 0, err);

	return status == BFABRIC_OK ? commit_cache(&slot, bf_session_apart(s), token, err) : status;
}

enum bfabric_status bf_save_rescue(struct bfabric_session *s, const struct bf_record *record,
	const char **ret_path, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = bf_record_encode(record, &text, err);
	const char *places[] = {s->paths.runtime_rescue, s->paths.rescued};

	for (size_t i = 0; status == BFABRIC_OK && i < 2; i++) {
		if (places[i] && bf_file_replace(places[i], bf_secret_reveal(&text), text.len,
					 err) == BFABRIC_OK) {
			*ret_path = places[i];
			return BFABRIC_OK;
		}
	}
	return status == BFABRIC_OK ? BFABRIC_SYSTEM : status;
}

/*
 * The store is another program's, and takes as long as it takes. Until it has the token a copy in
 * the runtime directory, which is memory, outlives us; whoever saves the record removes it.
 */
static bool bridge(const struct bfabric_session *s, const struct bf_record *record)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	return s->paths.runtime_rescue &&
	       bf_record_encode(record, &text, /* err= */ NULL) == BFABRIC_OK &&
	       bf_file_replace(s->paths.runtime_rescue, bf_secret_reveal(&text), text.len,
		       /* err= */ NULL) == BFABRIC_OK;
}

enum bfabric_status bf_save_apart(struct bfabric_session *s, const struct bf_record *record,
	const char **ret_rescue, struct bfabric_error *err)
{
	bool bridged;
	enum bfabric_status status;

	if (!bf_session_apart(s))
		return BFABRIC_OK;
	bridged = bridge(s, record);
	status = bf_apart_put(s, record, err);
	if (status == BFABRIC_OK)
		return status;
	if (bridged)
		*ret_rescue = s->paths.runtime_rescue;
	else
		(void)!bf_save_rescue(s, record, ret_rescue, /* err= */ NULL);
	return status;
}

void bf_save_forget_rescue(struct bfabric_session *s)
{
	if (s->paths.runtime_rescue)
		(void)!bf_file_remove(s->paths.runtime_rescue, /* err= */ NULL);
	(void)!bf_file_remove(s->paths.rescued, /* err= */ NULL);
}
