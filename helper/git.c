#include "git.h"
#include "format.h"
#include "../libbfabric/base/ascii.h"
#include "../libbfabric/base/concat.h"
#include <stdlib.h>
#include <string.h>

enum bf_git_operation bf_git_operation(const char *name)
{
	static const char *const names[] = {"get", "store", "erase", "capability"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum bf_git_operation)i;
	return BF_GIT_OTHER;
}

void bf_git_request_release(struct bf_git_request *request)
{
	free(request->protocol);
	free(request->host);
	free(request->username);
	bf_free_secret_string(request->secret);
	*request = (struct bf_git_request)BF_GIT_REQUEST_INIT;
}

/* Replace an owned string; secrets may pass through, so the old one is erased. */
static enum bfabric_status set(
	char **member, const char *value, size_t len, struct bfabric_error *err)
{
	char *copy = strndup(value, len);

	if (!copy)
		return bf_fail_nomem(err);
	bf_free_secret_string(*member);
	*member = copy;
	return BFABRIC_OK;
}

/* Percent-decode a part of a URL; what decodes to a control character is an attack, not a name. */
static enum bfabric_status set_decoded(
	char **member, const char *value, size_t len, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c == '%') {
			int high = i + 2 < len ? bf_hex_value(value[i + 1]) : -1;
			int low = high >= 0 ? bf_hex_value(value[i + 2]) : -1;

			if (low < 0)
				return bf_fail(
					err, BFABRIC_BAD_CALL, "url= has a malformed %% escape");
			c = (unsigned char)(high << 4 | low);
			i += 2;
		}
		if (c < ' ' || c == 0x7f)
			return bf_fail(err, BFABRIC_BAD_CALL, "url= hides a control character");
		bf_secret_putc(&text, (char)c);
	}
	if (text.failed)
		return bf_fail_nomem(err);
	return set(member, bf_secret_reveal(&text), text.len, err);
}

/* user[:password]@, as git takes it apart: up to the first '@' before the path. */
static enum bfabric_status read_userinfo(
	const char *text, size_t len, struct bf_git_request *request, struct bfabric_error *err)
{
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon ? (size_t)(colon - text) : len;
	enum bfabric_status status = set_decoded(&request->username, text, name_len, err);

	if (status == BFABRIC_OK && colon)
		status = set_decoded(&request->secret, colon + 1, len - name_len - 1, err);
	return status;
}

static enum bfabric_status read_url(
	const char *url, struct bf_git_request *request, struct bfabric_error *err)
{
	const char *scheme_end = strstr(url, "://");
	const char *host = scheme_end ? scheme_end + 3 : NULL;
	const char *at = NULL;
	size_t len = 0;
	enum bfabric_status status = BFABRIC_OK;

	bf_git_request_release(request);
	if (!host || scheme_end == url)
		return bf_fail(err, BFABRIC_BAD_CALL, "url= is not a URL");
	len = strcspn(host, "/?#");
	at = memchr(host, '@', len);
	if (at) {
		status = read_userinfo(host, (size_t)(at - host), request, err);
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (status == BFABRIC_OK)
		status = set(&request->protocol, url, (size_t)(scheme_end - url), err);
	if (status == BFABRIC_OK)
		status = set_decoded(&request->host, host, len, err);
	return status;
}

static enum bfabric_status read_line(
	const struct bf_kv_line *line, struct bf_git_request *request, struct bfabric_error *err)
{
	const char *value = line->value;

	if (strcmp(line->key, "url") == 0)
		return read_url(value, request, err);
	if (strcmp(line->key, "protocol") == 0)
		return set(&request->protocol, value, strlen(value), err);
	if (strcmp(line->key, "host") == 0)
		return set(&request->host, value, strlen(value), err);
	if (strcmp(line->key, "username") == 0)
		return set(&request->username, value, strlen(value), err);
	if (strcmp(line->key, "password") == 0 || strcmp(line->key, "credential") == 0)
		return set(&request->secret, value, strlen(value), err);
	if (strcmp(line->key, "capability[]") == 0) {
		if (!*value)
			request->authtype = false;
		else if (strcmp(value, "authtype") == 0)
			request->authtype = true;
	}
	return BFABRIC_OK;
}

enum bfabric_status bf_git_request_read(
	const struct bf_kv *kv, struct bf_git_request *ret, struct bfabric_error *err)
{
	BF_AUTO_GIT_REQUEST struct bf_git_request request = BF_GIT_REQUEST_INIT;

	for (size_t i = 0; i < kv->count; i++) {
		enum bfabric_status status = read_line(&kv->lines[i], &request, err);

		if (status != BFABRIC_OK)
			return status;
	}
	*ret = request;
	request = (struct bf_git_request)BF_GIT_REQUEST_INIT;
	return BFABRIC_OK;
}

enum bfabric_status bf_git_find(const struct bf_git_request *request,
	const struct bf_command_line *call, bool *ret_matched, struct bf_environment *ret,
	struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_host_request wanted = {
		.environment = call->environment,
		.username = request->username,
		.protocol = request->protocol,
		.host = request->host,
	};
	enum bfabric_status status = BFABRIC_OK;

	if (!request->protocol || !request->host || !*request->protocol || !*request->host) {
		*ret_matched = false;
		return BFABRIC_OK;
	}
	status = bf_config_load(call->config_file, &config, err);
	if (status != BFABRIC_OK)
		return status;
	return bf_config_match(config, &wanted, ret_matched, ret, err);
}

void bf_git_put_capability(struct bf_secret *out)
{
	bf_secret_puts(out, "version 0\ncapability authtype\ncapability state\n");
}

enum bfabric_status bf_git_put_answer(const struct bf_git_request *request, const char *token,
	size_t len, int64_t expires_at, struct bf_secret *out, struct bfabric_error *err)
{
	char number[BF_DECIMAL_SIZE];

	if (!bf_token_is_safe(token, len) || token[len])
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"the token has characters that no access token may have");
	if (request->authtype) {
		bf_kv_put(out, "capability[]", "authtype");
		bf_kv_put(out, "authtype", "Bearer");
		bf_kv_put(out, "credential", token);
		bf_kv_put(out, "ephemeral", "1");
	} else {
		bf_kv_put(out, "username", "__oauth__");
		bf_kv_put(out, "password", token);
	}
	if (expires_at > 0) {
		bf_kv_put(out, "password_expiry_utc", bf_decimal((uint64_t)expires_at, number));
	}
	if (out->failed)
		return bf_fail(err, BFABRIC_BAD_REPLY, "the token is too long for git");
	return BFABRIC_OK;
}

void bf_git_put_quit(struct bf_secret *out)
{
	bf_secret_puts(out, "quit=1\n");
}
