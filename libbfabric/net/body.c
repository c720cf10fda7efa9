/* body.c - see net/body.h. */
#include "body.h"
#include <stdio.h>

#define MIB         ((size_t)1 << 20)
#define HEADERS_MAX ((size_t)64 << 10)

bool bf_body_count_header(struct bf_body *body, size_t len)
{
	body->headers += len;
	if (body->headers <= HEADERS_MAX)
		return true;
	(void)snprintf(body->too_much, sizeof(body->too_much), "more than %zu KiB of headers",
		HEADERS_MAX >> 10);
	return false;
}

size_t bf_body_max(const struct bf_request *request)
{
	return request->body_max ? request->body_max : MIB;
}

bool bf_body_take(struct bf_body *body, const struct bf_request *request, struct bf_reply *reply,
	const char *bytes, size_t len)
{
	const size_t max = bf_body_max(request);

	if (len > max - body->taken) {
		(void)snprintf(body->too_much, sizeof(body->too_much), "more than %zu %s",
			max < MIB ? max : max / MIB, max < MIB ? "bytes" : "MiB");
		return false;
	}
	body->taken += len;
	if (request->on_body) {
		body->enough = !request->on_body(request->on_body_data, reply, bytes, len);
		return !body->enough;
	}
	bf_secret_put(&reply->body, bytes, len);
	return !reply->body.failed;
}
