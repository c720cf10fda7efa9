/*
 * fuzz_pam_line.c - anything that a child of the module may say, in pieces of any size. Whatever is
 * taken as a line can be written again, and is then what was said, byte for byte.
 */
#include "fuzz.h"
#include "pam_bfabric/line.h"
#include <string.h>

static void written_again(const struct bf_line *line, struct bf_secret *said)
{
	const size_t before = said->len;

	bf_line_put(said, line);
	FUZZ_MUST(!said->failed);
	FUZZ_MUST(said->len - before <=
		  (line->verb == BF_LINE_TOKEN ? BF_LINE_TOKEN_MAX : BF_LINE_MAX));
	FUZZ_MUST(line->verb != BF_LINE_FAILED || line->status != BFABRIC_OK);
	FUZZ_MUST(!line->name || fuzz_one_line(line->name));
	FUZZ_MUST(!line->text || fuzz_one_line(line->text));
	FUZZ_MUST(!line->user_code || fuzz_one_line(line->user_code));
}

static enum bfabric_status take_all(struct bf_line_decoder *decoder, struct bf_secret *said)
{
	bool found = true;
	enum bfabric_status status = BFABRIC_OK;

	while (status == BFABRIC_OK && found) {
		struct bf_line line = {0};

		status = bf_line_next(decoder, &line, &found, NULL);
		if (status == BFABRIC_OK && found)
			written_again(&line, said);
	}
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_LINE_DECODER struct bf_line_decoder decoder = {0};
	BF_AUTO_SECRET struct bf_secret said = BF_SECRET_INIT;
	const size_t step = size ? data[size - 1] % 61 + (data[size - 1] & 64 ? 4096 : 1) : 1;
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; status == BFABRIC_OK && i < size; i += step) {
		status = bf_line_feed(&decoder, data + i, size - i < step ? size - i : step, NULL);
		if (status == BFABRIC_OK)
			status = take_all(&decoder, &said);
	}
	FUZZ_MUST(status == BFABRIC_OK || status == BFABRIC_BAD_REPLY);
	FUZZ_MUST(said.len <= size);
	/* a text that is as long as an error may be cut when it is written: those aside */
	if (size < sizeof(((struct bfabric_error *)0)->text) && said.len)
		FUZZ_MUST(memcmp(bf_secret_reveal(&said), data, said.len) == 0);
	return 0;
}
