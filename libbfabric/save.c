/*
 * Saving what a refresh brought: first the promise of space, then record and cache; a rescue copy
 * where all of that turned out impossible after the server had rotated.
 */
#include "policy.h"

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

	if (status == BFABRIC_OK)
		status = bf_slot_reserve(&save->cache, s->paths.cache, BF_RESERVE, err);
	return status;
}

static enum bfabric_status commit_record(
	struct bf_slot *slot, const struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = bf_record_encode(record, &text, err);

	if (status == BFABRIC_OK)
		status = bf_slot_commit(slot, bf_secret_reveal(&text), text.len, err);
	return slot->committed ? BFABRIC_OK : status;
}

static enum bfabric_status commit_cache(
	struct bf_slot *slot, const struct bf_token *token, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = bf_cache_encode(token, &text, err);

	if (status == BFABRIC_OK)
		status = bf_slot_commit(slot, bf_secret_reveal(&text), text.len, err);
	return slot->committed ? BFABRIC_OK : status;
}

enum bfabric_status bf_save_commit(
	struct bf_save *save, const struct bf_record *record, struct bfabric_error *err)
{
	enum bfabric_status status = commit_record(&save->record, record, err);

	(void)!commit_cache(&save->cache, &record->token, /* err= */ NULL); /* see policy.h */
	return status;
}

enum bfabric_status bf_save_commit_record(
	struct bf_save *save, const struct bf_record *record, struct bfabric_error *err)
{
	return commit_record(&save->record, record, err);
}

enum bfabric_status bf_save_record(
	struct bfabric_session *s, const struct bf_record *record, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	enum bfabric_status status = bf_slot_reserve(&slot, s->paths.record, 0, err);

	return status == BFABRIC_OK ? commit_record(&slot, record, err) : status;
}

enum bfabric_status bf_save_cache(
	struct bfabric_session *s, const struct bf_token *token, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	enum bfabric_status status = bf_slot_reserve(&slot, s->paths.cache, 0, err);

	return status == BFABRIC_OK ? commit_cache(&slot, token, err) : status;
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

void bf_save_forget_rescue(struct bfabric_session *s)
{
	if (s->paths.runtime_rescue)
		(void)!bf_file_remove(s->paths.runtime_rescue, /* err= */ NULL);
	(void)!bf_file_remove(s->paths.rescued, /* err= */ NULL);
}
