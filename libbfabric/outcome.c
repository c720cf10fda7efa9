/*
 * The last outcome, kept in the lock file: whoever waited while the server refused or was out of
 * reach shares that answer instead of asking again.
 */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#define NOTE_MAX 1024

static enum bfabric_status status_by_name(const char *name)
{
	for (int i = BFABRIC_OK; i <= BFABRIC_CANCELLED; i++)
		if (strcmp(bfabric_status_name((enum bfabric_status)i), name) == 0)
			return (enum bfabric_status)i;
	return BFABRIC_SYSTEM;
}

static void parse(const char *text, size_t len, struct bf_outcome *ret)
{
	json_t *note = len ? json_loadb(text, len, 0, NULL) : NULL;
	const char *status = json_string_value(json_object_get(note, "status"));
	const char *words = json_string_value(json_object_get(note, "text"));

	if (status && words) {
		ret->seq = json_integer_value(json_object_get(note, "seq"));
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

void bf_outcome_write(struct bf_lock *lock, const struct bf_sys *sys, enum bfabric_status status,
	const struct bfabric_error *err)
{
	struct bf_outcome last;
	json_t *note;
	char text[NOTE_MAX];
	size_t len;

	bf_outcome_read(lock, &last);
	note = json_pack("{s:I, s:I, s:s, s:s}", "seq", (json_int_t)last.seq + 1, "time",
		(json_int_t)bf_wall(sys), "status", bfabric_status_name(status), "text",
		status == BFABRIC_OK ? "" : err->text);
	len = note ? json_dumpb(note, text, sizeof(text), JSON_COMPACT | JSON_ENSURE_ASCII) : 0;
	json_decref(note);
	if (len > 0 && len <= sizeof(text))
		(void)!bf_lock_write_note(
			lock, text, len, /* err= */ NULL); /* best effort, see above */
}
