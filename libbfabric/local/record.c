#include "record.h"

#include <stdlib.h>
#include <string.h>
#include "members.h"

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
	free(record->replaces);
	free(record->session);
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

	if (*record->held)
		bf_record_spend(record, &record->token.access);
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

bool bf_record_waits(const struct bf_record *rescue, const struct bf_record *record)
{
	if (!rescue->replaces || (rescue->subject && record->subject &&
					 strcmp(rescue->subject, record->subject) != 0))
		return false;
	return strcmp(rescue->replaces, BF_REPLACES_ANY) == 0 ||
	       strcmp(rescue->replaces, record->login ? record->login : "") == 0;
}

void bf_record_succeed(struct bf_record *rescue, const struct bf_record *record)
{
	char hex[BF_SHA256_HEX];

	if (bf_record_continues(rescue, record))
		rescue->cache_written |= record->cache_written;
	for (size_t i = 0; i < record->spent_count; i++)
		if (!spent_digest(rescue, record->spent[i]))
			push_spent(rescue, record->spent[i]);
	if (rescue->replaces) {
		if (current_digest(record, hex) && !spent_digest(rescue, hex))
			push_spent(rescue, hex);
		bf_record_unspend(rescue, &rescue->token.refresh);
	}
	free(rescue->replaces);
	rescue->replaces = NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum bfabric_status take_spent(
	json_t *object, struct bf_record *ret, struct bfabric_error *err)
{
	json_t *list = json_object_get(object, "spent");
	json_t *item;
	size_t i;

	if (list && !json_is_array(list))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"spent\" is not a list");
	json_array_foreach (list, i, item) {
		char hex[BF_SHA256_HEX];

		if (!bf_members_is_digest(item, hex))
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

	bf_members_digest(object, "predecessor", r->predecessor);
	bf_members_digest(object, "held", r->held);
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
	enum bfabric_status status = bf_members_version(object, VERSION, err);

	if (status == BFABRIC_OK)
		status = bf_members_string(object, "login", &r.login, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(object, "subject", &r.subject, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(object, "token_endpoint", &r.token_endpoint, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(
			object, "revocation_endpoint", &r.revocation_endpoint, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(object, "client_auth", &r.client_auth, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(object, "scope_requested", &r.scope_requested, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(object, "replaces", &r.replaces, err);
	if (status == BFABRIC_OK)
		status = bf_members_string(object, "session", &r.session, err);
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

static bool set_spent(json_t *object, const struct bf_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < r->spent_count; i++) {
		if (json_array_append_new(list, json_string(r->spent[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return bf_members_set(object, "spent", list);
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
	copy = bf_members_copy(r->token.members);
	if (copy)
		(void)json_object_del(copy, "refresh_token"); /* absent is as good */
	return bf_members_set(object, "token", copy);
}

static bool fill(json_t *object, const struct bf_record *r, bool apart)
{
	char held[BF_SHA256_HEX] = "";

	if (apart || bf_secret_empty(&r->token.refresh))
		(void)current_digest(r, held); /* "": there is none */
	return bf_members_set(object, "version", json_integer(VERSION)) &&
	       bf_members_set_string(object, "login", r->login) &&
	       bf_members_set_string(object, "subject", r->subject) &&
	       bf_members_set_string(object, "token_endpoint", r->token_endpoint) &&
	       bf_members_set_string(object, "revocation_endpoint", r->revocation_endpoint) &&
	       bf_members_set_string(object, "client_auth", r->client_auth) &&
	       bf_members_set_string(object, "scope_requested", r->scope_requested) &&
	       bf_members_set_string(object, "predecessor", r->predecessor) &&
	       bf_members_set_string(object, "replaces", r->replaces) &&
	       bf_members_set_string(object, "session", r->session) && set_spent(object, r) &&
	       bf_members_set(object, "cache_written", json_boolean(r->cache_written)) &&
	       bf_members_set(object, "forced_at", json_integer(r->forced_at)) &&
	       bf_members_set_string(object, "held", *held ? held : NULL) &&
	       set_token(object, r, apart);
}

static enum bfabric_status encode(const struct bf_record *record, bool apart,
	struct bf_secret *ret_text, struct bfabric_error *err)
{
	json_t *object = bf_members_copy(record->members);
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
