/* launch_find.c - a token in a pasted text. */
#include "launch.h"
#include "query.h"
#include "reply.h"
#include "../base/ascii.h"
#include <string.h>

#define SPACE     " \t\r\n"
#define TOKEN_MAX ((size_t)64 << 10)

/* Three parts of base64url, none empty (RFC 7515, section 7.1). */
static bool jwt_shaped(const char *text, size_t len)
{
	size_t part = 0, dots = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			if (part == 0 || ++dots > 2)
				return false;
			part = 0;
		} else if (bf_is_alnum(text[i]) || text[i] == '-' || text[i] == '_') {
			part++;
		} else {
			return false;
		}
	}
	return dots == 2 && part > 0;
}

/* A query may be cut off by a fragment. */
static enum bfabric_status find_in_query(const char *query, size_t len,
	enum bf_launch_kind *ret_kind, struct bf_secret *token, struct bfabric_error *err)
{
	const char *fragment = memchr(query, '#', len);
	const size_t end = fragment ? (size_t)(fragment - query) : len;
	const unsigned jwts = bf_query_get(query, end, "jwt", NULL);
	const unsigned olds = bf_query_get(query, end, "token", NULL);
	const bool jwt = jwts > 0;

	if (jwts + olds == 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "this URL holds no launch token (jwt=...)");
	if (jwts + olds > 1)
		return bf_fail(err, BFABRIC_BAD_CALL, "this URL holds more than one launch token");
	(void)bf_query_get(query, end, jwt ? "jwt" : "token", token); /* there is one */
	*ret_kind = jwt ? BF_LAUNCH_JWT : BF_LAUNCH_OLD;
	return token->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static bool usable(enum bf_launch_kind kind, const struct bf_secret *token)
{
	switch (kind) {
	case BF_LAUNCH_JWT:
		return jwt_shaped(bf_secret_reveal(token), token->len);
	case BF_LAUNCH_OLD:
		return bf_printable(bf_secret_reveal(token), '!');
	}
	return false;
}

enum bfabric_status bf_launch_find(const char *text, enum bf_launch_kind *ret_kind,
	struct bf_secret *ret_token, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	enum bf_launch_kind kind = BF_LAUNCH_JWT;
	enum bfabric_status status = BFABRIC_OK;
	const char *query = NULL;
	size_t len;

	text += strspn(text, SPACE);
	len = strlen(text);
	while (len > 0 && strchr(SPACE, text[len - 1]))
		len--;
	if (len > TOKEN_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "this is too long for a launch token");
	query = memchr(text, '?', len);
	if (query)
		status = find_in_query(
			query + 1, len - (size_t)(query + 1 - text), &kind, &token, err);
	else
		bf_secret_put(&token, text, len);
	if (status != BFABRIC_OK)
		return status;
	if (token.failed)
		return bf_fail_nomem(err);
	if (!usable(kind, &token))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"this is neither a launch URL (...?jwt=...) nor a launch token");
	bf_secret_move(ret_token, &token);
	*ret_kind = kind;
	return BFABRIC_OK;
}
