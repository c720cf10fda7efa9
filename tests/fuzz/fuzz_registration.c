/*
 * fuzz_registration.c - any reply to a registration: the management token may not be led away from
 * the server, and what is kept for showing holds no secret.
 */
#include "fuzz.h"
#include "libbfabric/oauth/registration.h"
#include "tests/unit/cases.h"
#include <string.h>

#define ORIGIN "https://bfabric.example.org"

static void must_be_registered(const struct bf_client_registration *r, const struct bf_url *base)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	FUZZ_MUST(r->client_id && *r->client_id);
	FUZZ_MUST(!json_object_get(r->document, "client_secret"));
	FUZZ_MUST(!json_object_get(r->document, "registration_access_token"));
	FUZZ_MUST(!strpbrk(bf_secret_reveal(&r->registration_access_token), " \r\n"));
	FUZZ_MUST(r->id >= 0 && r->client_secret_expires_at >= 0);
	if (!r->registration_client_uri)
		return;
	FUZZ_MUST(bf_url_parse(r->registration_client_uri, &url, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_url_same_origin(base, &url));
}

/* Whatever was read can be sent back, or is refused for a reason. */
static void must_be_updatable(const struct bf_client_registration *r)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	const struct bf_client_metadata changes = {.scope = "api:read"};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_registration_update_build(r, &changes, &request, &err);

	FUZZ_MUST(status == BFABRIC_OK || status == BFABRIC_UNSUPPORTED);
	FUZZ_MUST((status == BFABRIC_OK) == !bf_secret_empty(&request.body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;
	BF_AUTO_REGISTRATION struct bf_client_registration r = {0}, again = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status;

	FUZZ_MUST(bf_url_parse(ORIGIN "/bfabric", &base, &err) == BFABRIC_OK);
	cases_reply((const char *)data, size, &reply);
	status = bf_registration_accept(&base, /* before= */ NULL, &reply, &r, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (status != BFABRIC_OK)
		return 0;
	must_be_registered(&r, &base);
	must_be_updatable(&r);
	if (reply.status != 200)
		return 0;
	FUZZ_MUST(bf_registration_accept(&base, &r, &reply, &again, &err) == BFABRIC_OK);
	FUZZ_MUST(bf_secret_equal(&r.client_secret, &again.client_secret));
	return 0;
}
