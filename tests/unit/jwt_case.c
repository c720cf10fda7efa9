/* jwt_case.c - see jwt_case.h. */
#include "jwt_case.h"
#include <stdlib.h>
#include <string.h>
#include "libbfabric/verify.h"

#define BASE "https://bfabric.example.org/bfabric"

struct scenery {
	int64_t now;
	const char *keys;
	size_t keys_len;
};

static int64_t wall(void *data)
{
	const struct scenery *s = data;

	return s->now;
}

static int64_t boot_ms(void *data)
{
	(void)data;
	return 1000;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	const struct scenery *s = data;

	(void)request;
	(void)err;
	*ret_reply = (struct bf_reply){.status = 200, .retry_after = -1};
	bf_secret_put(&ret_reply->body, s->keys, s->keys_len);
	*ret_sent = true;
	return BFABRIC_OK;
}

static void verify(struct scenery *s, const json_t *settings, const struct bf_secret *token,
	struct bf_secret *ret_text)
{
	struct bf_sys sys = {.wall = wall, .boot_ms = boot_ms, .data = s};
	struct bf_transport transport = {.perform = perform, .data = s};
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;
	BF_AUTO_ENDPOINTS struct bf_endpoints endpoints = {0};
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	struct bfabric_error err = {0};
	struct bf_verifier verifier = {
		.transport = &transport, .sys = &sys, .base = &base, .endpoints = &endpoints};
	struct bf_jwt_expected expected = {
		.issuer = json_string_value(json_object_get(settings, "issuer")),
		.audience = json_string_value(json_object_get(settings, "audience")),
		.client_id = json_string_value(json_object_get(settings, "client_id")),
		.subject = json_string_value(json_object_get(settings, "wanted_subject"))};
	enum bfabric_status status;

	if (bf_url_parse(BASE, &base, &err) != BFABRIC_OK ||
		bf_endpoints_fixed(&base, &endpoints, &err) != BFABRIC_OK)
		abort();
	status = bf_verify_jwt(&verifier, token, &expected, &claims, &err);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != err.status || (status == BFABRIC_OK) != (claims.all != NULL))
		bf_secret_puts(ret_text, "the status is not that of the error\n");
	if (status == BFABRIC_OK)
		bf_secret_printf(ret_text, "sub=%s client_id=%s\n",
			claims.subject ? claims.subject : "-",
			claims.client_id ? claims.client_id : "-");
	else
		bf_secret_printf(ret_text, "%s\n", err.text);
}

void jwt_case_describe(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	const char *end = bytes + len;
	const char *first = memchr(bytes, '\n', len);
	const char *second = first ? memchr(first + 1, '\n', (size_t)(end - first - 1)) : NULL;
	json_t *settings = first ? json_loadb(bytes, (size_t)(first - bytes), 0, NULL) : NULL;
	struct scenery s = {
		.now = json_integer_value(json_object_get(settings, "now")), .keys = first + 1};

	if (settings && second) {
		s.keys_len = (size_t)(second - first - 1);
		bf_secret_put(&token, second + 1, (size_t)(end - second - 1));
		verify(&s, settings, &token, ret_text);
	} else {
		bf_secret_puts(ret_text, "no case\n");
	}
	json_decref(settings);
}
