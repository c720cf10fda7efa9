/*
 * The last outcome, kept in the lock file: whoever waited while the server refused or was out of
 * reach shares that answer instead of asking again.
 */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#define NOTE_MAX 1024
#define SEQ_MAX  (INT64_C(1) << 53) /* beyond: damaged */

static enum bfabric_status status_by_name(const char *name)
{
	for (int i = BFABRIC_OK; i <= BFABRIC_REFUSED; i++)
		if (strcmp(bfabric_status_name((enum bfabric_status)i), name) == 0)
			return (enum bfabric_status)i;
	return BFABRIC_SYSTEM;
}

static void parse(const char *text, size_t len, struct bf_outcome *ret)
{
	json_t *note = len ? json_loadb(text, len, 0, NULL) : NULL;
	const char *status = json_string_value(json_object_get(note, "status"));
	const char *words = json_string_value(json_object_get(note, "text"));
	json_int_t seq = json_integer_value(json_object_get(note, "seq"));

	if (status && words && seq > 0 && seq < SEQ_MAX) {
		ret->seq = seq;
		ret->status = status_by_name(status);
		bf_show(ret->text, sizeof(ret->text), words, strlen(words));
	}
	json_decref(note);
}

void bf_outcome_read(const struct bf_lock *lock, struct bf_outcome *ret)
{
	char text[NOTE_MAX];
	size_t len = 0;

	*ret = (struct bf_outcome){0};
	if (bf_lock_read_note(lock, text, sizeof(text), &len, /* err= */ NULL) == BFABRIC_OK)
		parse(text, len, ret);
}

void bf_outcome_peek(const struct bf_paths *paths, struct bf_outcome *ret)
{
	const char *places[] = {paths->lock, paths->runtime_lock};

	*ret = (struct bf_outcome){0};
	for (size_t i = 0; i < 2; i++) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
		struct bf_file_info info = {0};
		struct bf_outcome found = {0};

		if (!places[i] || bf_file_read(places[i], BF_FILE_PRIVATE, NOTE_MAX, &text, &info,
					  /* err= */ NULL) != BFABRIC_OK)
			continue;
		parse(bf_secret_reveal(&text), text.len, &found);
		if (found.seq > ret->seq)
			*ret = found;
	}
}

/* The length of the note, 0 when it did not work out. The words are cut to `words_max` bytes. */
static size_t compose(char note_text[NOTE_MAX], int64_t seq, int64_t now,
	enum bfabric_status status, const char *words, size_t words_max)
{
	char shown[512];
	json_t *note;
	size_t len;

	bf_show(shown, words_max, words, strlen(words));
	note = json_pack("{s:I, s:I, s:s, s:s}", "seq", (json_int_t)seq, "time", (json_int_t)now,
		"status", bfabric_status_name(status), "text", shown);
	len = note ? json_dumpb(note, note_text, NOTE_MAX, JSON_COMPACT | JSON_ENSURE_ASCII) : 0;
	json_decref(note);
	return len <= NOTE_MAX ? len : 0;
}

void bf_outcome_write(struct bf_lock *lock, const struct bf_sys *sys, enum bfabric_status status,
	const struct bfabric_error *err)
{
	const char *words = status == BFABRIC_OK ? "" : err->text;
	struct bf_outcome last;
	char text[NOTE_MAX];
	size_t len = 0;

	bf_outcome_read(lock, &last);
	/* escaped, a text in another script than Latin is several times as long */
	for (size_t max = sizeof(err->text); len == 0 && max > 64; max /= 2)
		len = compose(text, last.seq + 1, bf_wall(sys), status, words, max);
	if (len > 0)
		(void)!bf_lock_write_note(
			lock, text, len, /* err= */ NULL); /* best effort, see above */
}
