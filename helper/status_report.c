#include "status_report.h"
#include "../libbfabric/local/token.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum bfabric_status bf_status_verdict(
	const struct bfabric_session_status *status, struct bfabric_error *err)
{
	switch (status->token_state) {
	case BFABRIC_TOKEN_FRESH:
	case BFABRIC_TOKEN_STATIC:
		return BFABRIC_OK;
	case BFABRIC_TOKEN_STALE: /* still good for a while, even if it cannot be renewed */
		return BFABRIC_OK;
	case BFABRIC_TOKEN_NONE:
		if (status->method == BFABRIC_AUTH_CLIENT_CREDENTIALS && status->can_refresh)
			return BFABRIC_OK;
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN, "not logged in to %s (environment %s)",
			status->base_url, status->environment);
	case BFABRIC_TOKEN_EXPIRED:
	case BFABRIC_TOKEN_REJECTED:
		if (status->can_refresh && !status->login_required)
			return BFABRIC_OK;
		return bf_fail(err, BFABRIC_LOGIN_REQUIRED,
			"the login to %s (environment %s) has ended", status->base_url,
			status->environment);
	}
	return BFABRIC_OK;
}

static void put(struct bf_secret *out, const char *label, const char *value)
{
	char shown[1024];

	if (!value || !*value)
		return;
	bf_show(shown, sizeof(shown), value, strlen(value));
	bf_secret_printf(out, "%-13s %s\n", label, shown);
}

static void put_environment(const struct bfabric_session_status *s, struct bf_secret *out)
{
	char text[900];

	snprintf(text, sizeof(text), "%.300s (%s)", s->environment,
		s->chosen_by ? s->chosen_by : "asked for");
	put(out, "environment", text);
	if (s->config_line)
		snprintf(text, sizeof(text), "%.800s, line %u", s->config_file, s->config_line);
	else
		snprintf(text, sizeof(text), "%.800s", s->config_file);
	put(out, "written in", text);
	put(out, "server", s->base_url);
	put(out, "method", bfabric_auth_method_name(s->method));
	put(out, "client", s->client_id);
}

void bf_status_span(int64_t seconds, char *buf, size_t size)
{
	int64_t s = seconds < 0 ? -seconds : seconds;

	if (s >= 172800)
		snprintf(buf, size, "%" PRId64 " days", s / 86400);
	else if (s >= 3600)
		snprintf(buf, size, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(buf, size, "%" PRId64 " min", s / 60);
	else
		snprintf(buf, size, "%" PRId64 " s", s);
}

void bf_status_time(int64_t at, char *buf, size_t size)
{
	time_t when = (time_t)at;
	struct tm local = {0};

	if (!localtime_r(&when, &local) || !strftime(buf, size, "%Y-%m-%d %H:%M:%S", &local))
		snprintf(buf, size, "%" PRId64, at);
}

static void put_expiry(int64_t expires_at, struct bf_secret *out)
{
	char when[40] = "", span[40], text[160];
	int64_t left = expires_at - (int64_t)time(NULL);

	bf_status_time(expires_at, when, sizeof(when));
	bf_status_span(left, span, sizeof(span));
	snprintf(text, sizeof(text), left >= 0 ? "%s (in %s)" : "%s (%s ago)", when, span);
	put(out, left >= 0 ? "expires" : "expired", text);
}

static const char *renewal(const struct bfabric_session_status *s)
{
	if (s->token_state == BFABRIC_TOKEN_STATIC || s->method == BFABRIC_AUTH_NONE)
		return NULL;
	if (s->login_required)
		return "refused by the server: a new login is needed";
	if (s->can_refresh)
		return s->method == BFABRIC_AUTH_CLIENT_CREDENTIALS
			       ? "with the client secret, by itself"
			       : "with the refresh token, by itself";
	return s->token_state == BFABRIC_TOKEN_NONE ? NULL : "not possible";
}

static const char *state_in_words(const struct bfabric_session_status *s)
{
	switch (s->token_state) {
	case BFABRIC_TOKEN_NONE:
		return s->method == BFABRIC_AUTH_CLIENT_CREDENTIALS && s->can_refresh
			       ? "none yet"
			       : "none: not logged in";
	case BFABRIC_TOKEN_FRESH:
		return "fresh";
	case BFABRIC_TOKEN_STALE:
		return s->can_refresh ? "about to expire: the next use renews it"
				      : "about to expire";
	case BFABRIC_TOKEN_EXPIRED:
		return s->can_refresh ? "expired: the next use renews it" : "expired";
	case BFABRIC_TOKEN_REJECTED:
		return s->can_refresh ? "refused by a server: the next use renews it"
				      : "refused by a server";
	case BFABRIC_TOKEN_STATIC:
		return s->method == BFABRIC_AUTH_PASSWORD ? "a password, no token"
							  : "personal access token";
	}
	return NULL;
}

static void put_warnings(const char *warnings, struct bf_secret *out)
{
	while (warnings && *warnings) {
		char line[1024];
		size_t len = strcspn(warnings, "\n");

		bf_show(line, sizeof(line), warnings, len);
		put(out, "warning", line);
		warnings += len + (warnings[len] == '\n');
	}
}

static void put_store(const struct bfabric_session_status *s, const struct bf_status_store *store,
	struct bf_secret *out)
{
	char where[900];

	if (!bf_status_store_words(s, store, where, sizeof(where)))
		return;
	put(out, "secret in", where);
	put(out, "bfabricPy", bf_status_store_remark(s));
}

void bf_status_put_text(const struct bfabric_session_status *s, const struct bf_status_store *store,
	struct bf_secret *out)
{
	put_environment(s, out);
	put(out, "logged in as", s->subject);
	put(out, "scope", s->scope_requested);
	if (s->scope_granted &&
		(!s->scope_requested || strcmp(s->scope_granted, s->scope_requested) != 0))
		put(out, "granted scope", s->scope_granted);
	put(out, "token", state_in_words(s));
	if (s->expires_at)
		put_expiry(s->expires_at, out);
	put(out, "renewal", renewal(s));
	put_store(s, store, out);
	put(out, "token cache", s->cache_path);
	if (store && s->token_state != BFABRIC_TOKEN_NONE)
		put(out, "warning", store->message);
	put_warnings(s->warnings, out);
}

static json_t *text_or_null(const char *text)
{
	json_t *value = text && *text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static json_t *warning_list(const char *warnings)
{
	json_t *list = json_array();

	while (warnings && *warnings) {
		size_t len = strcspn(warnings, "\n");

		if (json_array_append_new(list, json_stringn(warnings, len)) != 0)
			break;
		warnings += len + (warnings[len] == '\n');
	}
	return list;
}

json_t *bf_status_json(const struct bfabric_session_status *s, const struct bf_status_store *store,
	const struct bfabric_error *verdict)
{
	const char *state = bf_status_store_name(store);
	bool usable = !verdict->text[0];
	json_t *object = json_pack("{s:b, s:s, s:o, s:o, s:o, s:o, s:i, s:o, s:s}", "usable",
		usable, "status", bfabric_status_name(usable ? BFABRIC_OK : verdict->status),
		"message", text_or_null(verdict->text), "environment", text_or_null(s->environment),
		"chosen_by", text_or_null(s->chosen_by), "config_file",
		text_or_null(s->config_file), "config_line", (int)s->config_line, "base_url",
		text_or_null(s->base_url), "auth_method", bfabric_auth_method_name(s->method));
	json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, "
				 "s:o, s:o}",
		"client_id", text_or_null(s->client_id), "scope_requested",
		text_or_null(s->scope_requested), "scope_granted", text_or_null(s->scope_granted),
		"subject", text_or_null(s->subject), "token_state",
		bfabric_token_state_name(s->token_state), "expires_at",
		s->expires_at ? json_integer(s->expires_at) : json_null(), "can_refresh",
		s->can_refresh, "login_required", s->login_required, "store",
		text_or_null(s->store), "store_state", text_or_null(state), "store_message",
		text_or_null(state ? store->message : NULL), "secret_path",
		text_or_null(s->secret_path), "cache_path", text_or_null(s->cache_path), "warnings",
		warning_list(s->warnings));

	if (!object || !more || json_object_update(object, more) != 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	return object;
}

enum bfabric_status bf_status_put_json(const struct bfabric_session_status *s,
	const struct bf_status_store *store, const struct bfabric_error *verdict,
	struct bf_secret *out, struct bfabric_error *err)
{
	json_t *object = json_pack("{s:i}", "version", 1);
	json_t *rest = bf_status_json(s, store, verdict);
	enum bfabric_status status = BFABRIC_OK;

	if (object && rest && json_object_update(object, rest) == 0)
		status = bf_json_write(object, out, err);
	else
		status = bf_fail_nomem(err);
	json_decref(rest);
	json_decref(object);
	return status;
}
