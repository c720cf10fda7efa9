/* form.c - application/x-www-form-urlencoded requests. */
#include "form.h"
#include "grant.h"
#include "../base/url.h"
#include <string.h>

enum bfabric_status bf_form_begin(
	const char *url, struct bf_request *request, struct bfabric_error *err)
{
	request->method = "POST";
	request->content_type = "application/x-www-form-urlencoded";
	request->url = strdup(url);
	return request->url ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_form_finish(
	struct bf_request *request, struct bf_request *ret_request, struct bfabric_error *err)
{
	if (request->body.failed || request->authorization.failed)
		return bf_fail_nomem(err);
	*ret_request = *request;
	*request = (struct bf_request){0};
	return BFABRIC_OK;
}

static void put(struct bf_secret *body, const char *name, const char *value, size_t len)
{
	if (!bf_secret_empty(body))
		bf_secret_putc(body, '&');
	bf_form_encode(body, name, strlen(name));
	bf_secret_putc(body, '=');
	bf_form_encode(body, value, len);
}

void bf_form_put(struct bf_secret *body, const char *name, const char *value)
{
	if (value)
		put(body, name, value, strlen(value));
}

void bf_form_put_secret(struct bf_secret *body, const char *name, const struct bf_secret *value)
{
	if (value)
		put(body, name, bf_secret_reveal(value), value->len);
}
