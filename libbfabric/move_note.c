#include "move_note.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/concat.h"
#include "base/file.h"
#include "local/token.h"

#define NOTE_MAX 16384

enum bfabric_status bf_move_note_write(
	const char *path, const struct bf_environment *environment, struct bfabric_error *err)
{
	json_t *json = json_pack("{s:i, s:s, s:s, s:s?}", "version", 1, "store", environment->store,
		"base_url", environment->url.text, "client_id", environment->client_id);
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = json ? bf_json_write(json, &text, err) : bf_fail_nomem(err);

	json_decref(json);
	return status == BFABRIC_OK ? bf_file_replace(path, bf_secret_reveal(&text), text.len, err)
				    : status;
}

static enum bfabric_status take(const json_t *json, const char *path, const char *name,
	bool *ret_found, struct bf_environment *ret, struct bfabric_error *err)
{
	const char *store = json_string_value(json_object_get(json, "store"));
	const char *base_url = json_string_value(json_object_get(json, "base_url"));
	struct bf_url url = BF_URL_INIT;
	enum bfabric_status status;

	if (json_integer_value(json_object_get(json, "version")) != 1 || !store || !base_url)
		return BFABRIC_OK;
	status = bf_url_parse(base_url, &url, err);
	if (status != BFABRIC_OK)
		return status == BFABRIC_NO_MEMORY ? status : BFABRIC_OK;
	ret->url = url;
	*ret_found = true;
	return bf_copy_string(&ret->name, name) && bf_copy_string(&ret->file, path) &&
			       bf_copy_string(&ret->store, store) &&
			       bf_copy_string(&ret->client_id,
				       json_string_value(json_object_get(json, "client_id")))
		       ? BFABRIC_OK
		       : bf_fail_nomem(err);
}

enum bfabric_status bf_move_note_read(const char *path, const char *name, bool *ret_found,
	struct bf_environment *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct bf_file_info info = {0};
	json_t *json = NULL;
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_PRIVATE, NOTE_MAX, &text, &info, err);

	*ret_found = false;
	if (status == BFABRIC_OK && info.found)
		status = bf_json_read(bf_secret_reveal(&text), text.len, &json, err);
	if (status == BFABRIC_OK && json)
		status = take(json, path, name, ret_found, ret, err);
	json_decref(json);
	return status == BFABRIC_BAD_REPLY ? BFABRIC_OK : status;
}
