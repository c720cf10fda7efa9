/* fuzz_revocation.c - any reply of the revocation endpoint: only a plain 200 or 204 is a success.
 */
#include "fuzz.h"
#include "libbfabric/oauth/revocation.h"
#include "tests/unit/cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status;

	cases_reply((const char *)data, size, &reply);
	status = bf_revocation_accept(&reply, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	FUZZ_MUST((status == BFABRIC_OK) == (reply.status == 200 || reply.status == 204));
	return 0;
}
