#include "token.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX (INT64_C(1) << 53)

void bf_token_release(struct bf_token *token)
{
	bf_secret_release(&token->access);
	bf_secret_release(&token->refresh);
	free(token->scope);
	json_decref(token->members);
	*token = (struct bf_token)BF_TOKEN_INIT;
}

void bf_token_move(struct bf_token *to, struct bf_token *from)
{
	bf_token_release(to);
	*to = *from;
	*from = (struct bf_token)BF_TOKEN_INIT;
}

enum bfabric_status bf_token_copy(
	struct bf_token *to, const struct bf_token *from, struct bfabric_error *err)
{
	return bf_token_from_json(from->members, to, err);
}

enum bfabric_status bf_token_set_refresh(
	struct bf_token *token, const struct bf_secret *refresh, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret copy = BF_SECRET_INIT;

	if (!refresh || bf_secret_empty(refresh)) {
		(void)json_object_del(token->members, "refresh_token"); /* absent is as good */
		bf_secret_release(&token->refresh);
		return BFABRIC_OK;
	}
	bf_secret_put_secret(&copy, refresh);
	if (copy.failed || json_object_set_new(token->members, "refresh_token",
				   json_string(bf_secret_reveal(refresh))) != 0)
		return bf_fail_nomem(err);
	bf_secret_move(&token->refresh, &copy);
	return BFABRIC_OK;
}

/* Printable ASCII from `first` on. */
static bool printable(const char *text, size_t len, char first)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < first || text[i] > 0x7e)
			return false;
	return true;
}

/*
 * An access token must stand in a header or a line of a protocol: no space, not empty. A refresh
 * token is only ever encoded, and may have spaces (RFC 6749, appendix A.17); an empty one is none.
 */
static enum bfabric_status take_secret(json_t *object, const char *name, bool access,
	struct bf_secret *ret, struct bfabric_error *err)
{
	json_t *value = json_object_get(object, name);
	size_t len = json_string_length(value);

	if (!access && (!value || json_is_null(value)))
		return BFABRIC_OK;
	if (!json_is_string(value) || (access && len == 0) ||
		!printable(json_string_value(value), len, access ? '!' : ' '))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"%s\" is %s", name,
			value ? "not a string of printable characters" : "missing");
	bf_secret_put(ret, json_string_value(value), json_string_length(value));
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* bfabricPy caches what the server said, and some say "28800". */
static bool number_of(const json_t *value, double *ret)
{
	const char *text = json_string_value(value);

	*ret = text ? strtod(text, NULL) : json_number_value(value);
	return json_is_number(value) || (text && *text && text[strspn(text, "0123456789")] == '\0');
}

/* Absent, null or out of all proportion: 0, "unknown". */
static enum bfabric_status take_number(
	json_t *object, const char *name, int64_t *ret, struct bfabric_error *err)
{
	json_t *value = json_object_get(object, name);
	double number;

	*ret = 0;
	if (!value || json_is_null(value))
		return BFABRIC_OK;
	if (!number_of(value, &number))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"%s\" is not a number", name);
	if (number > 0 && number < (double)NUMBER_MAX)
		*ret = (int64_t)number;
	return BFABRIC_OK;
}

static enum bfabric_status take_scope(json_t *object, char **ret, struct bfabric_error *err)
{
	json_t *value = json_object_get(object, "scope");

	if (!value || json_is_null(value))
		return BFABRIC_OK;
	if (!json_is_string(value))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"scope\" is not a string");
	*ret = strdup(json_string_value(value));
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

/* What was read from a string is written as the number that it is. */
static bool as_number(json_t *members, const char *name, int64_t value)
{
	return !json_is_string(json_object_get(members, name)) ||
	       json_object_set_new(members, name, json_integer(value)) == 0;
}

enum bfabric_status bf_token_from_json(
	json_t *object, struct bf_token *ret, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token t = BF_TOKEN_INIT;
	enum bfabric_status status;

	if (!json_is_object(object))
		return bf_fail(err, BFABRIC_BAD_REPLY, "not a JSON object");
	status = take_secret(object, "access_token", /* access= */ true, &t.access, err);
	if (status == BFABRIC_OK)
		status = take_secret(object, "refresh_token", /* access= */ false, &t.refresh, err);
	if (status == BFABRIC_OK)
		status = take_number(object, "expires_at", &t.expires_at, err);
	if (status == BFABRIC_OK)
		status = take_number(object, "expires_in", &t.expires_in, err);
	if (status == BFABRIC_OK)
		status = take_scope(object, &t.scope, err);
	if (status != BFABRIC_OK)
		return status;
	if (t.expires_at == 0)
		t.expires_at = bf_token_claimed_expiry(&t);
	t.members = json_deep_copy(object);
	if (!t.members || !as_number(t.members, "expires_at", t.expires_at) ||
		!as_number(t.members, "expires_in", t.expires_in))
		return bf_fail_nomem(err);
	bf_token_move(ret, &t);
	return BFABRIC_OK;
}

/*
 * jansson calls many a failed allocation a syntax error, and what is called damaged is replaced:
 * only what is malformed at the same place twice is.
 */
enum bfabric_status bf_json_read(
	const char *text, size_t len, json_t **ret_document, struct bfabric_error *err)
{
	json_error_t first = {0}, second = {0};
	json_t *document;

	if (len == 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, "the file is empty");
	document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &first);
	if (!document)
		document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &second);
	if (!document && (first.position != second.position || !*first.text))
		return bf_fail_nomem(err);
	if (!document)
		return bf_fail(err, BFABRIC_BAD_REPLY, "line %d is not valid JSON", second.line);
	*ret_document = document;
	return BFABRIC_OK;
}

enum bfabric_status bf_token_parse(
	const char *text, size_t len, struct bf_token *ret, struct bfabric_error *err)
{
	json_t *object = NULL;
	enum bfabric_status status = bf_json_read(text, len, &object, err);

	if (status == BFABRIC_OK)
		status = bf_token_from_json(object, ret, err);
	json_decref(object);
	return status;
}

static int collect(const char *bytes, size_t len, void *data)
{
	struct bf_secret *text = data;

	bf_secret_put(text, bytes, len);
	return text->failed ? -1 : 0;
}

enum bfabric_status bf_json_write(
	const json_t *document, struct bf_secret *ret_text, struct bfabric_error *err)
{
	int rc = json_dump_callback(document, collect, ret_text, JSON_INDENT(2));

	bf_secret_putc(ret_text, '\n');
	return rc == 0 && !ret_text->failed ? BFABRIC_OK : bf_fail_nomem(err);
}

/* ASCII: nothing on the way can take it for another character set. */
enum bfabric_status bf_json_write_line(
	const json_t *document, struct bf_secret *ret_line, struct bfabric_error *err)
{
	int rc = json_dump_callback(document, collect, ret_line, JSON_COMPACT | JSON_ENSURE_ASCII);

	return rc == 0 && !ret_line->failed ? BFABRIC_OK : bf_fail_nomem(err);
}

bool bf_token_fresh(const struct bf_token *token, int64_t now, int64_t min_ttl)
{
	int64_t leeway = min_ttl > 0 ? min_ttl : 0;

	if (token->expires_at == 0)
		return true;
	if (token->expires_in > 0 && token->expires_in / 5 < leeway)
		leeway = token->expires_in / 5;
	if (token->expires_in > 0 && now < token->expires_at - token->expires_in - 300)
		return false;
	return now < token->expires_at - leeway;
}

bool bf_token_unexpired(const struct bf_token *token, int64_t now)
{
	return token->expires_at == 0 || now < token->expires_at;
}
