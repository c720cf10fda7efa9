/*
 * fuzz_soap.c - any reply of a web service: what is read does not depend on the pieces in which it
 * came, is valid JSON, and an error fits a terminal.
 */
#include "fuzz.h"
#include "tests/unit/soap_case.h"
#include <string.h>

static const char description[] =
	"{\"operations\":{\"read\":{\"out\":\"r\"}},\"types\":{\"r\":[{\"name\":\"sample\","
	"\"type\":"
	"\"s\",\"many\":true}],\"s\":[{\"name\":\"id\",\"attribute\":true,\"type\":\"long\"},"
	"{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"d\",\"type\":\"double\"},{\"name\":\"b\","
	"\"type\":\"boolean\"},{\"name\":\"many\",\"type\":\"s\",\"many\":true},"
	"{\"name\":\"strs\",\"type\":\"string\",\"many\":true}]}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_SECRET struct bf_secret whole = BF_SECRET_INIT, pieces = BF_SECRET_INIT;
	json_t *typed = json_loads(description, 0, NULL);
	enum bfabric_status status, again;

	FUZZ_MUST(typed);
	status = soap_case_describe(typed, (const char *)data, size, 0, &whole);
	again = soap_case_describe(typed, (const char *)data, size, 1 + size % 7, &pieces);
	json_decref(typed);
	FUZZ_MUST(!strchr(bf_secret_reveal(&whole), *SOAP_CASE_INVALID));
	FUZZ_MUST(status == BFABRIC_OK || status == BFABRIC_BAD_REPLY);
	FUZZ_MUST(status == again);
	if (status == BFABRIC_OK)
		FUZZ_MUST(bf_secret_equal(&whole, &pieces));
	return 0;
}
