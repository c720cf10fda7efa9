/* request.c - see net/request.h. */
#include "request.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX_MS 30000
#define TIMER_SLACK_MS 50

enum bfabric_status bf_request_check(
	const struct bf_request *request, struct bf_url *ret_url, struct bfabric_error *err)
{
	const char *authorization = bf_secret_reveal(&request->authorization);
	size_t len = strcspn(request->url, "?");
	BF_AUTO_FREE char *bare = strndup(request->url, len);

	if (!bare)
		return bf_fail_nomem(err);
	if (strlen(authorization) != request->authorization.len || strpbrk(authorization, "\r\n"))
		return bf_fail(
			err, BFABRIC_BAD_CALL, "line break or NUL in an Authorization header");
	for (const char *c = request->url + len; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '#')
			return bf_fail(
				err, BFABRIC_BAD_CALL, "bad character in the query of %s", bare);
	return bf_url_parse(bare, ret_url, err);
}

int64_t bf_request_end(const struct bf_request *request, bool sent, int64_t now)
{
	int64_t deadline =
		sent && request->reply_deadline ? request->reply_deadline : request->deadline;
	const int64_t end = now + (request->whole_max_ms ? request->whole_max_ms : REQUEST_MAX_MS);

	return deadline && deadline < end ? deadline : end;
}

/* libcurl's clock and ours round differently: a few milliseconds before the deadline is at it. */
bool bf_request_late(const struct bf_request *request, bool sent, int64_t now)
{
	if (sent && request->reply_deadline)
		return false; /* the bound of a request, not its caller's */
	return request->deadline && request->deadline <= now + TIMER_SLACK_MS;
}

bool bf_request_cancelled(const struct bf_request *request, bool sent)
{
	return !(sent && request->reply_deadline) && bf_cancelled(request->cancel);
}

/* A host that bf_url_parse let through needs no cleaning; cut, it still tells what was meant. */
void bf_request_show_host(const struct bf_url *url, char *dst, size_t size)
{
	if (url->port == (strcmp(url->scheme, "https") == 0 ? 443U : 80U))
		(void)snprintf(dst, size, "%s", url->host);
	else
		(void)snprintf(dst, size, "%s:%u", url->host, url->port);
}

void bf_media_type(char *dst, size_t size, const char *content_type)
{
	size_t n = 0;

	for (const char *c = content_type; c && *c && !strchr("; \t", *c) && n + 1 < size; c++)
		dst[n++] = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	dst[n] = '\0';
}
