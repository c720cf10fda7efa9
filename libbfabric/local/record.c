#include "record.h"

#include <stdlib.h>
#include <string.h>

#define VERSION 1

void bf_record_release(struct bf_record *record)
{
	json_decref(record->members);
	free(record->login);
	free(record->subject);
	bf_token_release(&record->token);
	free(record->token_endpoint);
	free(record->revocation_endpoint);
	free(record->client_auth);
	free(record->scope_requested);
	*record = (struct bf_record)BF_RECORD_INIT;
}

static void digest(const struct bf_secret *token, char ret_hex[BF_SHA256_HEX])
{
	bf_sha256_hex(bf_secret_reveal(token), token->len, ret_hex);
}

static bool spent_digest(const struct bf_record *record, const char *hex)
{
	for (size_t i = 0; i < record->spent_count; i++)
		if (strcmp(record->spent[i], hex) == 0)
			return true;
	return false;
}

bool bf_record_spent(const struct bf_record *record, const struct bf_secret *refresh)
{
	char hex[BF_SHA256_HEX];

	if (bf_secret_empty(refresh))
		return true;
	digest(refresh, hex);
	return spent_digest(record, hex);
}

/* Of the current refresh token, wherever it lies; false: there is none. */
static bool current_digest(const struct bf_record *record, char ret_hex[BF_SHA256_HEX])
{
	if (!bf_secret_empty(&record->token.refresh))
		digest(&record->token.refresh, ret_hex);
	else
		memcpy(ret_hex, record->held, BF_SHA256_HEX);
	return *ret_hex != '\0';
}

bool bf_record_renewable(const struct bf_record *record)
{
	return !bf_secret_empty(&record->token.refresh) || *record->held;
}

bool bf_record_current(const struct bf_record *record, const struct bf_secret *refresh)
{
	char mine[BF_SHA256_HEX], theirs[BF_SHA256_HEX];

	if (bf_secret_empty(refresh) || !current_digest(record, mine))
		return false;
	digest(refresh, theirs);
	return strcmp(mine, theirs) == 0;
}

bool bf_record_lapsed(const struct bf_record *record)
{
	char hex[BF_SHA256_HEX];

	return current_digest(record, hex) && spent_digest(record, hex);
}

static void push_spent(struct bf_record *record, const char *hex)
{
	if (record->spent_count == BF_SPENT_MAX) {
		memmove(record->spent[0], record->spent[1],
			sizeof(record->spent[0]) * (BF_SPENT_MAX - 1));
		record->spent_count--;
	}
	memcpy(record->spent[record->spent_count++], hex, BF_SHA256_HEX);
}

void bf_record_spend(struct bf_record *record, const struct bf_secret *refresh)
{
	char hex[BF_SHA256_HEX];

	if (bf_record_spent(record, refresh))
		return;
	digest(refresh, hex);
	push_spent(record, hex);
}

void bf_record_spend_current(struct bf_record *record)
{
	char hex[BF_SHA256_HEX];

	if (current_digest(record, hex) && !spent_digest(record, hex))
		push_spent(record, hex);
	record->held[0] = '\0';
}

void bf_record_unspend(struct bf_record *record, const struct bf_secret *refresh)
{
	char hex[BF_SHA256_HEX];
	size_t kept = 0;

	digest(refresh, hex);
	for (size_t i = 0; i < record->spent_count; i++)
		if (strcmp(record->spent[i], hex) != 0)
			memmove(record->spent[kept++], record->spent[i], BF_SHA256_HEX);
	record->spent_count = kept;
}

void bf_record_log_out(struct bf_record *record)
{
	struct bf_record kept = BF_RECORD_INIT;

	bf_record_spend_current(record);
	memcpy(kept.spent, record->spent, sizeof(kept.spent));
	kept.spent_count = record->spent_count;
	bf_record_release(record);
	*record = kept;
}

bool bf_record_follows(const struct bf_record *rescue, const struct bf_secret *refresh)
{
	char hex[BF_SHA256_HEX];

	if (bf_secret_empty(refresh))
		return false;
	digest(refresh, hex);
	return strcmp(hex, rescue->predecessor) == 0;
}

bool bf_record_continues(const struct bf_record *rescue, const struct bf_record *record)
{
	char hex[BF_SHA256_HEX];

	return rescue->login && record->login && strcmp(rescue->login, record->login) == 0 &&
	       ((current_digest(record, hex) && strcmp(hex, rescue->predecessor) == 0) ||
		       (bf_secret_empty(&record->token.refresh) &&
			       bf_record_current(record, &rescue->token.refresh)));
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum bfabric_status take_string(
	json_t *object, const char *name, char **ret, struct bfabric_error *err)
{
	json_t *value = json_object_get(object, name);

	if (!value || json_is_null(value))
		return BFABRIC_OK;
	if (!json_is_string(value))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"%s\" is not a string", name);
	*ret = strdup(json_string_value(value));
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

static bool is_digest(const char *hex)
{
	return hex && strlen(hex) == BF_SHA256_HEX - 1 &&
	       strspn(hex, "0123456789abcdef") == BF_SHA256_HEX - 1;
}

static enum bfabric_status take_spent(
	json_t *object, struct bf_record *ret, struct bfabric_error *err)
{
	json_t *list = json_object_get(object, "spent");
	json_t *item;
	size_t i;

	if (list && !json_is_array(list))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"spent\" is not a list");
	json_array_foreach (list, i, item) {
		const char *hex = json_string_value(item);

		if (!is_digest(hex))
			return bf_fail(err, BFABRIC_BAD_REPLY,
				"\"spent\" holds something else than "
				"SHA-256 digests");
		push_spent(ret, hex);
	}
	return BFABRIC_OK;
}

static enum bfabric_status take_rest(json_t *object, struct bf_record *r, struct bfabric_error *err)
{
	json_t *token = json_object_get(object, "token");
	const char *predecessor = json_string_value(json_object_get(object, "predecessor"));
	const char *held = json_string_value(json_object_get(object, "held"));

	if (is_digest(predecessor))
		memcpy(r->predecessor, predecessor, BF_SHA256_HEX);
	if (is_digest(held))
		memcpy(r->held, held, BF_SHA256_HEX);
	r->cache_written = json_is_true(json_object_get(object, "cache_written"));
	r->forced_at = json_integer_value(json_object_get(object, "forced_at"));
	if (!token || json_is_null(token))
		return BFABRIC_OK;
	return bf_token_from_json(token, &r->token, err);
}

static enum bfabric_status from_json(
	json_t *object, struct bf_record *ret, struct bfabric_error *err)
{
	BF_AUTO_RECORD struct bf_record r = BF_RECORD_INIT;
	json_t *version = json_object_get(object, "version");
	enum bfabric_status status;

	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return bf_fail(err, BFABRIC_BAD_REPLY, "there is no \"version\"");
	if (json_integer_value(version) > VERSION)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"it is of version %lld, written by a newer "
			"bfabric: update this one",
			(long long)json_integer_value(version));
	status = take_string(object, "login", &r.login, err);
	if (status == BFABRIC_OK)
		status = take_string(object, "subject", &r.subject, err);
	if (status == BFABRIC_OK)
		status = take_string(object, "token_endpoint", &r.token_endpoint, err);
	if (status == BFABRIC_OK)
		status = take_string(object, "revocation_endpoint", &r.revocation_endpoint, err);
	if (status == BFABRIC_OK)
		status = take_string(object, "client_auth", &r.client_auth, err);
	if (status == BFABRIC_OK)
		status = take_string(object, "scope_requested", &r.scope_requested, err);
	if (status == BFABRIC_OK)
		status = take_spent(object, &r, err);
	if (status == BFABRIC_OK)
		status = take_rest(object, &r, err);
	if (status != BFABRIC_OK)
		return status;
	r.members = json_incref(object);
	bf_record_release(ret);
	*ret = r;
	r = (struct bf_record)BF_RECORD_INIT;
	return BFABRIC_OK;
}

enum bfabric_status bf_record_parse(
	const char *text, size_t len, struct bf_record *ret, struct bfabric_error *err)
{
	json_t *object = NULL;
	enum bfabric_status status = bf_json_read(text, len, &object, err);

	if (status == BFABRIC_OK)
		status = from_json(object, ret, err);
	json_decref(object);
	return status;
}

enum bfabric_status bf_record_read(
	const char *path, bool *ret_found, struct bf_record *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct bf_file_info info = {0};
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_PRIVATE, BF_TOKEN_FILE_MAX, &text, &info, err);

	if (status != BFABRIC_OK)
		return status;
	*ret_found = info.found;
	if (!info.found)
		return BFABRIC_OK;
	status = bf_record_parse(bf_secret_reveal(&text), text.len, ret, err);
	return status == BFABRIC_OK ? status
				    : bf_fail_context(err, status, "session record %s", path);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

/* NULL text: the member goes away. */
static bool set_string(json_t *object, const char *name, const char *text)
{
	if (text)
		return set(object, name, json_string(text));
	(void)json_object_del(object, name); /* absent is as good */
	return true;
}

static bool set_spent(json_t *object, const struct bf_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < r->spent_count; i++) {
		if (json_array_append_new(list, json_string(r->spent[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return set(object, "spent", list);
}

/* NULL: no memory. json_copy ignores failed allocations: what it had none for is missing. */
static json_t *copy_of(json_t *object)
{
	json_t *copy = json_copy(object);

	if (copy && json_object_size(copy) != json_object_size(object)) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

/* `apart`: without the refresh token. */
static bool set_token(json_t *object, const struct bf_record *r, bool apart)
{
	json_t *copy;

	if (!r->token.members) {
		(void)json_object_del(object, "token"); /* absent is as good */
		return true;
	}
	if (!apart)
		return json_object_set(object, "token", r->token.members) == 0;
	copy = copy_of(r->token.members);
	if (copy)
		(void)json_object_del(copy, "refresh_token"); /* absent is as good */
	return set(object, "token", copy);
}

static bool fill(json_t *object, const struct bf_record *r, bool apart)
{
	char held[BF_SHA256_HEX] = "";

	if (apart || bf_secret_empty(&r->token.refresh))
		(void)current_digest(r, held); /* "": there is none */
	return set(object, "version", json_integer(VERSION)) &&
	       set_string(object, "login", r->login) && set_string(object, "subject", r->subject) &&
	       set_string(object, "token_endpoint", r->token_endpoint) &&
	       set_string(object, "revocation_endpoint", r->revocation_endpoint) &&
	       set_string(object, "client_auth", r->client_auth) &&
	       set_string(object, "scope_requested", r->scope_requested) &&
	       set_string(object, "predecessor", r->predecessor) && set_spent(object, r) &&
	       set(object, "cache_written", json_boolean(r->cache_written)) &&
	       set(object, "forced_at", json_integer(r->forced_at)) &&
	       set_string(object, "held", *held ? held : NULL) && set_token(object, r, apart);
}

static enum bfabric_status encode(const struct bf_record *record, bool apart,
	struct bf_secret *ret_text, struct bfabric_error *err)
{
	json_t *object = record->members ? copy_of(record->members) : json_object();
	enum bfabric_status status;

	if (object && fill(object, record, apart))
		status = bf_json_write(object, ret_text, err);
	else
		status = bf_fail_nomem(err);
	json_decref(object);
	return status;
}

enum bfabric_status bf_record_encode(
	const struct bf_record *record, struct bf_secret *ret_text, struct bfabric_error *err)
{
	return encode(record, /* apart= */ false, ret_text, err);
}

enum bfabric_status bf_record_encode_apart(
	const struct bf_record *record, struct bf_secret *ret_text, struct bfabric_error *err)
{
	return encode(record, /* apart= */ true, ret_text, err);
}
