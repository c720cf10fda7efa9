/* client_auth.c - how the client shows who it is (RFC 6749, section 2.3). */
#include "client_auth.h"
#include "../base/base64.h"
#include "../base/url.h"
#include <string.h>

static const struct {
	enum bf_client_auth auth;
	const char *name;
} forms[] = {
	{BF_CLIENT_AUTH_BODY, "body"},
	{BF_CLIENT_AUTH_EMPTY_BASIC, "empty-basic"},
	{BF_CLIENT_AUTH_BASIC, "basic"},
};

const char *bf_client_auth_name(enum bf_client_auth auth)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].auth == auth)
			return forms[i].name;
	return "unknown";
}

enum bf_client_auth bf_client_auth_parse(const char *name)
{
	for (size_t i = 0; name && i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].name, name) == 0)
			return forms[i].auth;
	return BF_CLIENT_AUTH_UNKNOWN;
}

/* Id and secret are form-encoded each before they are joined: a colon in an id stays an id's. */
static void put_basic(
	struct bf_secret *header, const char *client_id, const struct bf_secret *client_secret)
{
	BF_AUTO_SECRET struct bf_secret pair = BF_SECRET_INIT;

	bf_form_encode(&pair, client_id, strlen(client_id));
	bf_secret_putc(&pair, ':');
	if (client_secret)
		bf_form_encode(&pair, bf_secret_reveal(client_secret), client_secret->len);
	if (pair.failed) {
		header->failed = true;
		return;
	}
	bf_secret_puts(header, "Basic ");
	bf_base64_encode(header, bf_secret_reveal(&pair), pair.len);
}

enum bfabric_status bf_client_auth_put(
	const struct bf_grant_params *params, struct bf_request *request, struct bfabric_error *err)
{
	switch (params->client_auth) {
	case BF_CLIENT_AUTH_UNKNOWN:
		return bf_fail(err, BFABRIC_BAD_CALL, "client authentication has not been chosen");
	case BF_CLIENT_AUTH_BODY:
		bf_form_put(&request->body, "client_id", params->client_id);
		break;
	case BF_CLIENT_AUTH_EMPTY_BASIC:
		put_basic(&request->authorization, params->client_id, /* client_secret= */ NULL);
		break;
	case BF_CLIENT_AUTH_BASIC:
		if (!params->client_secret || bf_secret_empty(params->client_secret))
			return bf_fail(err, BFABRIC_BAD_CALL, "client %s has no client secret",
				params->client_id);
		put_basic(&request->authorization, params->client_id, params->client_secret);
		break;
	}
	return request->body.failed || request->authorization.failed ? bf_fail_nomem(err)
								     : BFABRIC_OK;
}
