/*
 * fuzz_store_reply.c - anything that a store may print, however it ended. Whatever is shown of it
 * is one line, and nothing but `status=ok` of ours or a password of others is a success.
 */
#include "fuzz.h"
#include "libbfabric/local/store_private.h"
#include <string.h>

static void one(const struct bf_secret *output, const struct bf_child_end *end, bool tells)
{
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_store_reply_parse(output, end, tells, &reply, &err);

	FUZZ_MUST((status == BFABRIC_OK) == (err.status == BFABRIC_OK));
	if (status != BFABRIC_OK) {
		FUZZ_MUST(status == BFABRIC_BAD_REPLY && fuzz_one_line(err.text));
		FUZZ_MUST(bf_secret_empty(&reply.password) && !*reply.message);
		return;
	}
	FUZZ_MUST(fuzz_one_line(reply.message) && strlen(reply.message) < BF_STORE_MESSAGE_SIZE);
	FUZZ_MUST(!strpbrk(bf_secret_reveal(&reply.password), "\r\n"));
	FUZZ_MUST(strlen(bf_secret_reveal(&reply.password)) == reply.password.len);
	if (reply.verdict == BF_STORE_SAYS_OK)
		FUZZ_MUST(strstr(bf_secret_reveal(output), tells ? "status=ok" : "password="));
	if (!tells && end->known && end->code != 0)
		FUZZ_MUST(reply.verdict == BF_STORE_SAYS_ERROR && *reply.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bf_child_end ends[] = {{.known = true}, {.known = true, .code = 10},
		{.known = true, .code = -1, .signal = 11}, {.known = false}};
	BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;

	bf_secret_put(&output, data, size);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		one(&output, &ends[i], /* tells= */ true);
		one(&output, &ends[i], /* tells= */ false);
	}
	return 0;
}
