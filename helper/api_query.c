#include "api_query.h"
#include "../libbfabric/base/secret.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ID_MAX       999999999999999 /* what bf_parse_seconds reads */
#define ENDPOINT_LEN 100

/* ---- pairs ----------------------------------------------------------------------------------- */

static enum bfabric_status fail_text(const char *text, struct bfabric_error *err)
{
	/* jansson takes UTF-8 only, and says no more than that it failed. */
	return bf_fail(err, BFABRIC_BAD_CALL, "\"%.100s\" is not text in UTF-8", text);
}

/* One more value for a key that has one. */
static bool add_alternative(json_t *object, const char *key, json_t *before, json_t *value)
{
	json_t *list = json_is_array(before) ? json_incref(before) : json_pack("[O]", before);
	bool added = list && json_array_append(list, value) == 0 &&
		     json_object_set(object, key, list) == 0;

	json_decref(list);
	return added;
}

static enum bfabric_status add_pair(json_t *object, const char *key, const char *text,
	enum bf_repeated repeated, struct bfabric_error *err)
{
	json_auto_t *value = json_string(text);
	json_t *before = json_object_get(object, key);

	if (!*key)
		return bf_fail(err, BFABRIC_BAD_CALL, "a KEY is empty");
	if (!value)
		return fail_text(text, err);
	if (before && repeated == BF_REPEATED_REFUSED)
		return bf_fail(err, BFABRIC_BAD_CALL, "%.100s is given twice", key);
	if (before)
		return add_alternative(object, key, before, value) ? BFABRIC_OK
								   : bf_fail_nomem(err);
	return json_object_set(object, key, value) == 0 ? BFABRIC_OK : fail_text(key, err);
}

static enum bfabric_status read_pairs(const struct bf_command_line *call, size_t first,
	enum bf_repeated repeated, json_t *object, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (call->many_count > first && (call->many_count - first) % 2 != 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "\"%.100s\" has no value: KEY VALUE pairs",
			call->many[call->many_count - 1]);
	for (size_t i = first; status == BFABRIC_OK && i + 1 < call->many_count; i += 2)
		status = add_pair(object, call->many[i], call->many[i + 1], repeated, err);
	return status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static enum bfabric_status read_json(
	const struct bf_command_line *call, bool file, json_t **ret, struct bfabric_error *err)
{
	const char *what = file ? "--json-file" : "--json";
	const size_t flags = JSON_REJECT_DUPLICATES;
	bool from_stdin = file && strcmp(call->json_file, "-") == 0;
	json_error_t why = {0};
	json_auto_t *read = NULL;

	errno = 0;
	if (from_stdin)
		read = json_loadf(stdin, flags, &why);
	else if (file)
		read = json_load_file(call->json_file, flags, &why);
	else
		read = json_loads(call->json_text, flags, &why);
	if (!read && json_error_code(&why) == json_error_cannot_open_file)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot read %.200s: %m", call->json_file);
	if (!read && json_error_code(&why) == json_error_out_of_memory)
		return bf_fail_nomem(err);
	if (!read)
		return bf_fail(err, BFABRIC_BAD_CALL, "%s, line %d, column %d: %.150s", what,
			why.line, why.column, why.text);
	if (!json_is_object(read))
		return bf_fail(
			err, BFABRIC_BAD_CALL, "%s takes a JSON object: {\"KEY\": ...}", what);
	*ret = json_incref(read);
	return BFABRIC_OK;
}

static enum bfabric_status merge_json(
	const struct bf_command_line *call, bool file, json_t *merged, struct bfabric_error *err)
{
	json_auto_t *read = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (!(file ? call->json_file : call->json_text))
		return BFABRIC_OK;
	status = read_json(call, file, &read, err);
	if (status == BFABRIC_OK && json_object_update(merged, read) != 0)
		return bf_fail_nomem(err);
	return status;
}

enum bfabric_status bf_records_query(const struct bf_command_line *call, size_t first,
	enum bf_repeated repeated, json_t **ret, struct bfabric_error *err)
{
	json_auto_t *object = json_object(), *merged = json_object();
	enum bfabric_status status = object && merged ? BFABRIC_OK : bf_fail_nomem(err);
	const char *key;
	json_t *value;

	if (status == BFABRIC_OK)
		status = read_pairs(call, first, repeated, object, err);
	if (status == BFABRIC_OK)
		status = merge_json(call, /* file= */ true, merged, err);
	if (status == BFABRIC_OK)
		status = merge_json(call, /* file= */ false, merged, err);
	if (status != BFABRIC_OK)
		return status;
	json_object_foreach (merged, key, value)
		if (json_object_get(object, key))
			return bf_fail(err, BFABRIC_BAD_CALL,
				"%.100s is given twice: as a pair, and in JSON", key);
	if (json_object_update(object, merged) != 0)
		return bf_fail_nomem(err);
	*ret = json_incref(object);
	return BFABRIC_OK;
}

/* ---- single arguments ------------------------------------------------------------------------ */

enum bfabric_status bf_records_id(
	const char *what, const char *text, int64_t *ret, struct bfabric_error *err)
{
	if (!bf_parse_seconds(text, 1, ID_MAX, ret))
		return bf_fail(err, BFABRIC_BAD_CALL, "%s \"%.100s\" is not a whole number from 1",
			what, text);
	return BFABRIC_OK;
}

enum bfabric_status bf_records_limit(const char *text, int64_t *ret, struct bfabric_error *err)
{
	int64_t number = 0;

	if (text && strcmp(text, "all") == 0)
		number = -1;
	else if (text && !bf_parse_seconds(text, 1, ID_MAX, &number))
		return bf_fail(err, BFABRIC_BAD_CALL, "--limit takes a number from 1, or all");
	*ret = number;
	return BFABRIC_OK;
}

enum bfabric_status bf_records_endpoint(
	const struct bf_command_line *call, const char **ret, struct bfabric_error *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	const char *name = call->many_count ? call->many[0] : NULL;

	if (!name)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"no ENDPOINT was given: sample, workunit, resource, ...");
	if (!*name || strlen(name) > ENDPOINT_LEN || name[strspn(name, letters)])
		return bf_fail(err, BFABRIC_BAD_CALL,
			"\"%.100s\" is not the name of an endpoint: sample, workunit, resource, "
			"...",
			name);
	*ret = name;
	return BFABRIC_OK;
}
