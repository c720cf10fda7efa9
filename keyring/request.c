#include "request.h"
#include "budget.h"
#include "libbfabric/base/ascii.h"
#include "libbfabric/base/concat.h"
#include <glib.h>
#include <stdlib.h>
#include <string.h>

void bf_request_release(struct bf_request *request)
{
	bf_kv_release(&request->kv);
	bf_url_release(&request->url);
	free(request->server);
	*request = (struct bf_request)BF_REQUEST_INIT;
}

/* Attributes of items are D-Bus strings: anything else would end the connection. */
static enum bfabric_status check_text(
	const char *name, const char *value, struct bfabric_error *err)
{
	if (!value || g_utf8_validate(value, -1, /* end= */ NULL))
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL, "%s= of the request is not UTF-8", name);
}

/* Fill the members that are a key's value. */
static enum bfabric_status read_keys(struct bf_request *request, struct bfabric_error *err)
{
	const struct {
		const char *name, **to;
		bool secret; /* any bytes */
	} keys[] = {
		{"protocol", &request->protocol, false},
		{"host", &request->host, false},
		{"username", &request->username, false},
		{"path", &request->path, false},
		{"password", &request->password, true},
		{"password_expiry_utc", &request->password_expiry_utc, true},
		{"oauth_refresh_token", &request->oauth_refresh_token, true},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = bf_kv_get(&request->kv, keys[i].name);
		enum bfabric_status status =
			keys[i].secret ? BFABRIC_OK : check_text(keys[i].name, value, err);

		if (status != BFABRIC_OK)
			return status;
		*keys[i].to = value && *value ? value : NULL;
	}
	return BFABRIC_OK;
}

static enum bfabric_status read_timeout(struct bf_request *request, struct bfabric_error *err)
{
	const char *text = bf_kv_get(&request->kv, "timeout");
	unsigned ms = 0;

	if (!text)
		return BFABRIC_OK;
	for (const char *digit = text; *digit; digit++) {
		if (bf_is_digit(*digit) && ms <= BF_BUDGET_MAX_MS)
			ms = ms * 10 + (unsigned)(*digit - '0');
		else
			ms = BF_BUDGET_MAX_MS + 1;
	}
	if (ms == 0 || ms > BF_BUDGET_MAX_MS)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"timeout= of the request is no number of milliseconds from 1 to %d",
			BF_BUDGET_MAX_MS);
	request->timeout = ms;
	return BFABRIC_OK;
}

/* The host must be one that a B-Fabric can have, and that of base_url. */
static enum bfabric_status read_url(struct bf_request *request, struct bfabric_error *err)
{
	const char *base_url = bf_kv_get(&request->kv, "base_url");
	BF_AUTO_FREE char *made = NULL;
	enum bfabric_status status;

	if (!request->host)
		return BFABRIC_OK;
	if (!base_url || !*base_url) {
		base_url = made = bf_concat("https://", request->host, NULL);
		if (!made)
			return bf_fail_nomem(err);
	}
	status = bf_url_parse(base_url, &request->url, err);
	if (status != BFABRIC_OK)
		return bf_fail_context(
			err, status, made ? "host= of the request" : "base_url= of the request");
	if (bf_url_serves(&request->url, request->url.scheme, request->host))
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL, "base_url= of the request lies on another host");
}

/* As git-credential-libsecret does it, save that a colon within [::1] begins no port. */
static enum bfabric_status split_host(struct bf_request *request, struct bfabric_error *err)
{
	const char *host = request->host;
	const char *colon = host ? strrchr(host, ':') : NULL;
	size_t len = host ? strlen(host) : 0;

	if (!host)
		return BFABRIC_OK;
	if (colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")]) {
		request->port = colon + 1;
		len = (size_t)(colon - host);
	}
	request->server = strndup(host, len);
	return request->server ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status check_ours(
	const struct bf_request *request, enum bf_request_need need, struct bfabric_error *err)
{
	if (need == BF_NEED_NOTHING)
		return BFABRIC_OK;
	if (!request->host)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no host");
	if (!request->username)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no environment");
	return BFABRIC_OK;
}

/* A pattern without content would fit everything. */
static enum bfabric_status check_git(
	const struct bf_request *request, enum bf_request_need need, struct bfabric_error *err)
{
	if (need == BF_NEED_NOTHING)
		return BFABRIC_OK;
	if (!request->protocol)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no protocol");
	if (!request->host && !request->path)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names neither host nor path");
	if (need == BF_NEED_PASSWORD && !request->username)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no user");
	return BFABRIC_OK;
}

static enum bfabric_status check_password(
	const struct bf_request *request, enum bf_request_need need, struct bfabric_error *err)
{
	if (need != BF_NEED_PASSWORD)
		return BFABRIC_OK;
	if (!request->password)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request has nothing to store");
	if (strlen(request->password) > BF_SECRET_BYTES_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "the secret is larger than %zu bytes",
			BF_SECRET_BYTES_MAX);
	return BFABRIC_OK;
}

static enum bfabric_status understand(
	struct bf_request *request, enum bf_request_need need, struct bfabric_error *err)
{
	enum bfabric_status status = read_keys(request, err);

	if (status == BFABRIC_OK)
		status = read_timeout(request, err);
	if (status != BFABRIC_OK)
		return status;
	request->ours = request->protocol && strcmp(request->protocol, BF_OUR_PROTOCOL) == 0;
	status = request->ours ? read_url(request, err) : split_host(request, err);
	if (status == BFABRIC_OK)
		status = request->ours ? check_ours(request, need, err)
				       : check_git(request, need, err);
	return status == BFABRIC_OK ? check_password(request, need, err) : status;
}

enum bfabric_status bf_request_take(struct bf_kv *kv, enum bf_request_need need,
	struct bf_request *ret, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {.kv = *kv};
	enum bfabric_status status;

	*kv = (struct bf_kv)BF_KV_INIT;
	status = understand(&request, need, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = request;
	request = (struct bf_request)BF_REQUEST_INIT;
	return BFABRIC_OK;
}

bool bf_request_owns(const struct bf_request *request, const char *base_url, const char *client_id,
	bool any_client)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	if (!base_url || bf_url_parse(base_url, &url, /* err= */ NULL) != BFABRIC_OK)
		return false;
	if (!request->host || !bf_url_serves(&url, url.scheme, request->host))
		return false;
	return any_client || !client_id || !request->path || strcmp(client_id, request->path) == 0;
}
