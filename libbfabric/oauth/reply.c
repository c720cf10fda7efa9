/* reply.c - see reply.h. */
#include "reply.h"
#include "said.h"
#include "strict.h"
#include <string.h>

void bf_json_release(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

/*
 * A number too large for 64 bits must not cost the whole reply (a refresh token may be in it): such
 * a document is read again with all numbers as reals, and the consumer calls them nonsense.
 */
static json_t *load(const struct bf_secret *body, json_error_t *error)
{
	json_t *json = json_loadb(bf_secret_reveal(body), body->len, 0, error);

	if (!json && json_error_code(error) == json_error_numeric_overflow)
		json = json_loadb(
			bf_secret_reveal(body), body->len, JSON_DECODE_INT_AS_REAL, error);
	return json;
}

enum bfabric_status bf_reply_object(const char *what, const struct bf_reply *reply,
	json_t **ret_object, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *json = NULL;
	json_error_t error = {0};

	if (reply->body.len > BF_REPLY_MAX)
		return bf_fail(err, BFABRIC_BAD_REPLY, "%s answered with more than 1 MiB", what);
	json = load(&reply->body, &error);
	/* jansson says nothing when memory runs out; what it else says quotes the input: not used
	 */
	if (!json && error.text[0] == '\0')
		return bf_fail_nomem(err);
	if (!json_is_object(json))
		return bf_fail(err, BFABRIC_BAD_REPLY, "%s answered HTTP %ld without a JSON object",
			what, reply->status);
	if (!bf_json_shallow(json, BF_REPLY_DEPTH_MAX))
		return bf_fail(
			err, BFABRIC_BAD_REPLY, "%s answered with JSON nested too deeply", what);
	*ret_object = BF_TAKE(json);
	return BFABRIC_OK;
}

/* Does it stand there, between quotes? */
static bool quoted_in(const struct bf_reply *reply, const char *string)
{
	const char *at = bf_secret_reveal(&reply->body);
	size_t len = strlen(string);

	while ((at = strchr(at, '"')))
		if (strncmp(++at, string, len) == 0 && at[len] == '"')
			return true;
	return false;
}

/* Is it `name` with some of its letters left out? */
static bool is_rest_of(const char *rest, const char *name)
{
	if (strlen(rest) >= strlen(name))
		return false;
	for (; *name; name++)
		rest += *rest == *name;
	return !*rest;
}

bool bf_reply_whole(const struct bf_reply *reply, const json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);
	const char *key;
	json_t *value;

	if (memchr(bf_secret_reveal(&reply->body), '\\', reply->body.len))
		return true;
	if (json_is_string(member))
		return quoted_in(reply, json_string_value(member));
	/* the macro iterates without changing, but takes no const object */
	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		if (is_rest_of(key, name) && !quoted_in(reply, key))
			return false;
	return true;
}

bool bf_reply_busy(const struct bf_reply *reply)
{
	return reply->status == 0 || reply->status == 408 || reply->status == 429 ||
	       (reply->status >= 500 && reply->status <= 599);
}

enum bfabric_status bf_fail_later(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err)
{
	if (reply->status == 0)
		return bf_fail(err, BFABRIC_RETRY_LATER, "%s did not answer", what);
	if (reply->retry_after > 0)
		return bf_fail(err, BFABRIC_RETRY_LATER,
			"%s cannot answer now (HTTP %ld) and asks to wait %lld s", what,
			reply->status, (long long)reply->retry_after);
	return bf_fail(
		err, BFABRIC_RETRY_LATER, "%s cannot answer now (HTTP %ld)", what, reply->status);
}

enum bfabric_status bf_fail_odd(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err)
{
	if (reply->status >= 300 && reply->status <= 399)
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"%s answered with a redirect (HTTP %ld), which is never followed", what,
			reply->status);
	return bf_fail(err, BFABRIC_BAD_REPLY, "%s answered HTTP %ld, which makes no sense here",
		what, reply->status);
}

const char *bf_oauth_error(const json_t *object)
{
	const char *error = json_string_value(json_object_get(object, "error"));

	return error && *error ? error : NULL;
}

enum bfabric_status bf_fail_oauth(struct bfabric_error *err, enum bfabric_status status,
	const char *what, const json_t *object)
{
	char code[80], description[240];

	bf_said(code, sizeof(code), bf_oauth_error(object));
	bf_said(description, sizeof(description),
		json_string_value(json_object_get(object, "error_description")));
	if (!*description)
		return bf_fail(err, status, "%s says %s", what, *code ? code : "no");
	return bf_fail(err, status, "%s says %s: %s", what, *code ? code : "no", description);
}

json_t *bf_member(const json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	return json_is_null(member) ? NULL : member;
}

static bool string_seconds(const char *text, int64_t *ret_seconds)
{
	int64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || n > BF_SECONDS_MAX)
			return false;
		n = n * 10 + (*text - '0');
	}
	*ret_seconds = n;
	return true;
}

bool bf_member_seconds(const json_t *object, const char *name, int64_t *ret_seconds)
{
	const json_t *member = json_object_get(object, name);
	int64_t n = 0;

	if (json_is_integer(member))
		n = json_integer_value(member);
	else if (json_is_real(member) && json_real_value(member) >= 1 &&
		 json_real_value(member) <= (double)BF_SECONDS_MAX)
		n = (int64_t)json_real_value(member);
	else if (!json_is_string(member) || !string_seconds(json_string_value(member), &n))
		return false;
	if (n < 1 || n > BF_SECONDS_MAX)
		return false;
	*ret_seconds = n;
	return true;
}

bool bf_printable(const char *text, char first)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (*text < first || *text > '~')
			return false;
	return true;
}
