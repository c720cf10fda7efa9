/*
 * What the session is doing, line by line, for a person who looks for a fault. No call site hands a
 * secret to it; of a URL, which may hold one in its query, the values there are left out.
 */
#include "policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void bf_session_trace_to(
	struct bfabric_session *session, void (*line)(void *data, const char *text), void *data)
{
	session->trace = line;
	session->trace_data = data;
}

void bf_trace(const struct bfabric_session *s, const char *fmt, ...)
{
	char raw[700];
	char text[700];
	va_list args;

	if (!s->trace)
		return;
	va_start(args, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, args); /* a cut line is still a trace */
	va_end(args);
	bf_show(text, sizeof(text), raw, strlen(raw));
	s->trace(s->trace_data, text);
}

void bf_trace_cache(const struct bf_call *call)
{
	const char *path = call->s->paths.cache;
	long long left = call->cached.expires_at - bf_wall(call->s->sys);

	if (call->damage.status != BFABRIC_OK)
		bf_trace(call->s, "%s", call->damage.text);
	else if (!call->found)
		bf_trace(call->s, "cache %s: missing", path);
	else if (call->rejected)
		bf_trace(call->s, "cache %s: a server refused this token", path);
	else if (call->cached.expires_at == 0)
		bf_trace(call->s, "cache %s: a token without expiry", path);
	else
		bf_trace(call->s, "cache %s: a token that %s %lld s%s", path,
			left > 0 ? "expires in" : "expired", left > 0 ? left : -left,
			left > 0 ? "" : " ago");
}

struct bf_token_name bf_token_name(const struct bf_secret *refresh)
{
	struct bf_token_name name = {"none"};
	char hex[BF_SHA256_HEX];

	if (bf_secret_empty(refresh))
		return name;
	bf_sha256_hex(bf_secret_reveal(refresh), refresh->len, hex);
	memcpy(name.text, hex, sizeof(name.text) - 1);
	return name;
}

enum bfabric_status bf_trace_exchange(const struct bfabric_session *s,
	const struct bf_transport *transport, const struct bf_request *request,
	struct bf_reply *reply, bool *ret_sent, struct bfabric_error *err)
{
	int64_t began = bf_boot_ms(s->sys);
	struct bfabric_error trouble = {0};
	char url[400] = "";
	enum bfabric_status status =
		transport->perform(transport->data, request, reply, ret_sent, &trouble);
	long long ms = bf_boot_ms(s->sys) - began;

	if (s->trace)
		bf_url_show(url, sizeof(url), request->url);
	if (status == BFABRIC_OK) {
		bf_trace(s, "%s %s: HTTP %ld after %lld ms", request->method, url, reply->status,
			ms);
		return status;
	}
	bf_trace(s, "%s %s: %s (after %lld ms, %s)", request->method, url, trouble.text, ms,
		*ret_sent ? "the request had left" : "nothing was sent");
	return bf_fail(err, status, "%s", trouble.text);
}

enum bfabric_status bf_trace_perform(const struct bfabric_session *s,
	const struct bf_transport *transport, const struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err)
{
	bool sent = false;

	return bf_trace_exchange(s, transport, request, reply, &sent, err);
}
