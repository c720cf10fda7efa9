/* fuzz_device_reply.c - any reply of the device authorization endpoint. */
#include "fuzz.h"
#include "libbfabric/oauth/device.h"
#include "tests/unit/cases.h"
#include <string.h>

static void must_be_showable(const char *text, size_t max, bool demanded)
{
	FUZZ_MUST(text ? *text != '\0' : !demanded);
	FUZZ_MUST(!text || strlen(text) <= max);
	for (; text && *text; text++)
		FUZZ_MUST(*text >= ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_DEVICE struct bf_device device = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status;

	cases_reply((const char *)data, size, &reply);
	status = bf_device_start_accept(&reply, &device, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (status != BFABRIC_OK)
		return 0;
	must_be_showable(device.user_code, 64, /* demanded= */ true);
	must_be_showable(device.verification_uri, 2000, /* demanded= */ true);
	must_be_showable(device.verification_uri_complete, 2000, /* demanded= */ false);
	FUZZ_MUST(!bf_secret_empty(&device.device_code));
	FUZZ_MUST(device.expires_in >= 1 && device.expires_in <= 86400);
	FUZZ_MUST(device.interval >= 1 && device.interval <= 60);
	return 0;
}
