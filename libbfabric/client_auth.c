/*
 * Who the client is to the token endpoint (RFC 6749, section 2.3), and whether it is one.
 */
#include "policy.h"

#include <string.h>

static void cut_line_end(struct bf_secret *s)
{
	size_t len = s->len;
	const char *text = bf_secret_reveal(s);

	while (len > 0 && strchr("\r\n", text[len - 1]))
		len--;
	bf_secret_cut(s, len);
}

static enum bfabric_status from_file(
	const struct bf_environment *env, struct bf_secret *ret, struct bfabric_error *err)
{
	struct bf_file_info info = {0};
	enum bfabric_status status =
		bf_file_read(env->client_secret_file, BF_FILE_PRIVATE, 4096, ret, &info, err);

	if (status != BFABRIC_OK)
		return bf_fail_context(err, BFABRIC_BAD_CONFIG, "client_secret_file");
	cut_line_end(ret);
	if (!info.found || bf_secret_empty(ret))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"client_secret_file %s is %s (environment %s)", env->client_secret_file,
			info.found ? "empty" : "missing", env->name);
	return BFABRIC_OK;
}

/* A person's login may be by a client without a secret; a service is nobody without one. */
static enum bfabric_status from_store(const struct bf_environment *env,
	const struct bf_store *store, struct bf_secret *ret, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status = bf_store_get(store, /* deadline= */ 0, &found, &stored, err);

	if (status != BFABRIC_OK)
		return status;
	if (bf_secret_empty(&stored.client_secret) &&
		env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
			"environment %.80s is logged out: there is no client secret for it in its "
			"store (%.200s)",
			env->name, bf_store_place(store));
	bf_secret_move(ret, &stored.client_secret);
	return BFABRIC_OK;
}

enum bfabric_status bf_client_secret(const struct bf_environment *env, const struct bf_store *store,
	struct bf_secret *ret, struct bfabric_error *err)
{
	if (!bf_secret_empty(&env->client_secret)) {
		bf_secret_put_secret(ret, &env->client_secret);
		return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
	}
	if (env->client_secret_file)
		return from_file(env, ret, err);
	return store && bf_store_apart(store) ? from_store(env, store, ret, err) : BFABRIC_OK;
}

size_t bf_client_auth_forms(const char *known, bool has_secret, enum bf_client_auth ret_forms[2])
{
	bool body = bf_client_auth_parse(known) == BF_CLIENT_AUTH_BODY;

	if (has_secret) {
		ret_forms[0] = BF_CLIENT_AUTH_BASIC;
		return 1;
	}
	ret_forms[0] = body ? BF_CLIENT_AUTH_BODY : BF_CLIENT_AUTH_EMPTY_BASIC;
	ret_forms[1] = body ? BF_CLIENT_AUTH_EMPTY_BASIC : BF_CLIENT_AUTH_BODY;
	return 2;
}

bool bf_client_auth_refused(enum bf_client_auth form, enum bf_token_verdict verdict)
{
	return verdict == BF_TOKEN_CLIENT_REFUSED ||
	       (verdict == BF_TOKEN_REQUEST_REFUSED && form == BF_CLIENT_AUTH_EMPTY_BASIC);
}

bool bf_endpoint_usable(const struct bf_environment *env, const char *text)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	return text && bf_url_parse(text, &url, /* err= */ NULL) == BFABRIC_OK &&
	       bf_url_same_origin(&url, &env->url);
}
