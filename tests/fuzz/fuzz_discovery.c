/* fuzz_discovery.c - any discovery document: no endpoint may leave the origin of the base URL. */
#include "fuzz.h"
#include "libbfabric/oauth/discovery.h"
#include "tests/unit/cases.h"
#include <string.h>

#define ORIGIN "https://bfabric.example.org"

static void must_stay(const char *endpoint)
{
	const size_t len = strlen(ORIGIN);
	const char *rest = NULL;

	FUZZ_MUST(endpoint && strncasecmp(endpoint, ORIGIN, len) == 0);
	rest = endpoint + len;
	if (strncmp(rest, ":443", 4) == 0)
		rest += 4;
	FUZZ_MUST(*rest == '\0' || *rest == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;
	BF_AUTO_ENDPOINTS struct bf_endpoints found = {0};
	struct bfabric_error err = {0};
	bool is_found = false;
	enum bfabric_status status;

	FUZZ_MUST(bf_url_parse(ORIGIN "/bfabric", &base, &err) == BFABRIC_OK);
	cases_reply((const char *)data, size, &reply);
	status = bf_discovery_accept(&base, &reply, &is_found, &found, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (status != BFABRIC_OK)
		return 0;
	must_stay(found.token);
	must_stay(found.device_authorization);
	return 0;
}
