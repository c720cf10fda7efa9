/*
 * fuzz_token_reply.c - any reply of the token endpoint. Input: a line with the status, the body.
 * What must hold is what a caller relies on without looking again.
 */
#include "fuzz.h"
#include "libbfabric/oauth/grant.h"
#include "tests/unit/cases.h"
#include <string.h>

static void must_be_clean(const json_t *token, const char *name, bool demanded)
{
	const json_t *member = json_object_get(token, name);
	const char *text = json_string_value(member);

	FUZZ_MUST(text || (!member && !demanded));
	for (; text && *text; text++)
		FUZZ_MUST(*text >= ' ' && *text <= '~');
}

static void must_be_usable(const json_t *token)
{
	const json_t *expires_in = json_object_get(token, "expires_in");

	must_be_clean(token, "access_token", /* demanded= */ true);
	must_be_clean(token, "refresh_token", /* demanded= */ false);
	must_be_clean(token, "scope", /* demanded= */ false);
	FUZZ_MUST(*json_string_value(json_object_get(token, "access_token")));
	FUZZ_MUST(!json_object_get(token, "expires_at"));
	FUZZ_MUST(
		!expires_in || (json_is_integer(expires_in) && json_integer_value(expires_in) > 0));
}

/* An exchange is accepted only where the plain reply is, and says what it brought. */
static void exchange(const struct bf_reply *reply, enum bf_token_verdict plain)
{
	struct bfabric_error err = {0};
	json_t *token = NULL;
	enum bf_token_verdict verdict = bf_token_exchange_accept(reply, &token, &err);

	FUZZ_MUST((verdict == BF_TOKEN_ISSUED) == (token != NULL));
	FUZZ_MUST(verdict != BF_TOKEN_ISSUED || plain == BF_TOKEN_ISSUED);
	FUZZ_MUST(!token || json_is_string(json_object_get(token, "issued_token_type")));
	FUZZ_MUST(fuzz_one_line(err.text));
	json_decref(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	struct bfabric_error err = {0};
	json_t *token = NULL;
	enum bf_token_verdict verdict;

	cases_reply((const char *)data, size, &reply);
	verdict = bf_token_accept(&reply, &token, &err);
	FUZZ_MUST((verdict == BF_TOKEN_ISSUED) == (token != NULL));
	FUZZ_MUST((verdict == BF_TOKEN_ISSUED) == (err.status == BFABRIC_OK));
	FUZZ_MUST(fuzz_one_line(err.text));
	if (token)
		must_be_usable(token);
	json_decref(token);
	exchange(&reply, verdict);
	return 0;
}
