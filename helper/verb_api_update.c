#include "api.h"
#include "api_query.h"
#include "full.h"
#include "say.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 200 /* bytes of a value in the preview */

struct wanted {
	int64_t id;
	json_t *object; /* owned; without id */
};

static void wanted_release(struct wanted *wanted)
{
	json_decref(wanted->object);
}

/* An id among the values is the same one or a mistake. */
static enum bfabric_status drop_id(struct wanted *wanted, struct bfabric_error *err)
{
	json_t *id = json_object_get(wanted->object, "id");
	int64_t same = json_integer_value(id);

	if (!id)
		return BFABRIC_OK;
	if (json_is_string(id) &&
		bf_records_id("id", json_string_value(id), &same, err) != BFABRIC_OK)
		return err ? err->status : BFABRIC_BAD_CALL;
	if (same != wanted->id)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"id is not among what can be changed, and is not %" PRId64, wanted->id);
	return json_object_del(wanted->object, "id") == 0 ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status understand(
	const struct bf_command_line *call, struct wanted *ret, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (call->many_count < 2)
		return bf_fail(err, BFABRIC_BAD_CALL, "no ID was given");
	status = bf_records_id("ID", call->many[1], &ret->id, err);
	if (status == BFABRIC_OK)
		status = bf_records_query(call, 2, BF_REPEATED_REFUSED, &ret->object, err);
	if (status == BFABRIC_OK)
		status = drop_id(ret, err);
	if (status == BFABRIC_OK && json_object_size(ret->object) == 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "there is nothing to change: KEY VALUE ...");
	return status;
}

/* ---- the preview ----------------------------------------------------------------------------- */

/* The id of a record that is referred to, or an array of them. */
static json_t *ids_of(json_t *reference)
{
	json_t *ids = NULL, *one;
	size_t i;

	if (!json_is_array(reference))
		return json_incref(json_object_get(reference, "id"));
	ids = json_array();
	json_array_foreach (reference, i, one)
		if (json_array_append(ids, json_object_get(one, "id")) != 0) {
			json_decref(ids);
			return NULL; /* not references */
		}
	return ids;
}

/* What the record has now: what is saved as "containerid" is read as "container". NULL: nothing. */
static json_t *value_before(json_t *record, const char *key)
{
	size_t len = strlen(key);
	json_t *same = json_object_get(record, key);
	BF_AUTO_FREE char *name = NULL;

	if (same || len < 3 || strcmp(key + len - 2, "id") != 0)
		return json_incref(same);
	name = strndup(key, len - 2);
	return name ? ids_of(json_object_get(record, name)) : NULL;
}

/* As the server would understand it: 5 and "5" are the same. */
static void put_value(json_t *value, struct bf_secret *out)
{
	if (json_is_string(value))
		bf_secret_puts(out, json_string_value(value));
	else if (value)
		bf_records_put_compact(value, out);
}

static void show_value(json_t *value, const struct bf_secret *text, struct bf_secret *out)
{
	char shown[SHOWN];

	bf_show(shown, sizeof(shown), bf_secret_reveal(text), text->len);
	bf_secret_puts(out, !value ? "(none)" : *shown ? shown : "(empty)");
	out->failed |= text->failed;
}

static void put_change(const struct bf_records *api, const char *key, json_t *before, json_t *now,
	struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret old = BF_SECRET_INIT, new = BF_SECRET_INIT;
	char shown[SHOWN];

	put_value(before, &old);
	put_value(now, &new);
	bf_show(shown, sizeof(shown), key, strlen(key));
	bf_secret_printf(out, "  %s: ", shown);
	show_value(before, &old, out);
	if (before && old.len ==
			      new.len &&memcmp(bf_secret_reveal(&old), bf_secret_reveal(&new),
				      old.len) == 0) {
		bf_secret_puts(out, " (as it is)\n");
		return;
	}
	bf_secret_printf(out, " %s ", bf_records_arrow(api));
	show_value(now, &new, out);
	bf_secret_putc(out, '\n');
}

static enum bfabric_status confirm(
	struct bf_records *api, const struct wanted *wanted, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret preview = BF_SECRET_INIT;
	json_auto_t *found = NULL;
	char question[200];
	const char *key;
	json_t *value, *record;
	enum bfabric_status status = bf_records_read_ids(api, &wanted->id, 1, &found, err);

	if (status != BFABRIC_OK)
		return status;
	record = json_array_get(found, 0);
	if (!record)
		return bf_fail(err, BFABRIC_REFUSED, "there is no %s with id %" PRId64,
			api->endpoint, wanted->id);
	bf_secret_printf(&preview, "%s %" PRId64 "\n", api->endpoint, wanted->id);
	json_object_foreach (wanted->object, key, value) {
		json_auto_t *before = value_before(record, key);

		put_change(api, key, before, value, &preview);
	}
	snprintf(question, sizeof(question), "Change this %s? [y/N] ", api->endpoint);
	return bf_records_confirm(&preview, question, err);
}

enum bfabric_status bf_run_api_update(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_CLEANUP(wanted_release) struct wanted wanted = {0};
	BF_AUTO_RECORDS struct bf_records api = {0};
	json_auto_t *saved = NULL;
	enum bfabric_status status = bf_records_open(&api, call, err);

	bf_records_expect(answer);
	if (status == BFABRIC_OK)
		status = understand(call, &wanted, err);
	if (status == BFABRIC_OK && !call->no_confirm)
		status = bf_records_need_person(&api, "change it", err);
	if (status == BFABRIC_OK && !call->no_confirm)
		status = confirm(&api, &wanted, err);
	if (status == BFABRIC_OK &&
		json_object_set_new(wanted.object, "id", json_integer(wanted.id)) != 0)
		status = bf_fail_nomem(err);
	if (status == BFABRIC_OK)
		status = bf_records_save(&api, wanted.object, &saved, err);
	if (status != BFABRIC_OK)
		return status;
	bf_records_tell(&api, json_array_get(saved, 0), "was changed");
	return bf_records_show(
		&api, bf_records_format_saved(call->format), saved, NULL, &answer->out, err);
}
