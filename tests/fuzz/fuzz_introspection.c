/* fuzz_introspection.c - any reply of the introspection endpoint: active only where it says so. */
#include "fuzz.h"
#include "libbfabric/oauth/introspection.h"
#include "tests/unit/cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_INTROSPECTION struct bf_introspection r = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status;

	cases_reply((const char *)data, size, &reply);
	status = bf_introspection_accept(&reply, &r, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	FUZZ_MUST((status == BFABRIC_OK) == (r.claims != NULL));
	FUZZ_MUST(r.active == json_is_true(json_object_get(r.claims, "active")));
	FUZZ_MUST(r.expires_at >= 0 && r.issued_at >= 0 && r.not_before >= 0);
	FUZZ_MUST(!bf_introspection_has_scope(&r, ""));
	FUZZ_MUST(r.active || !bf_introspection_is_for(&r, "bfabric-api"));
	return 0;
}
