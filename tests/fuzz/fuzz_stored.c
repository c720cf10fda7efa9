/*
 * fuzz_stored.c - any text as the document of a store. What is accepted can be written, unless it
 * is too large, as one line of ASCII that is read as the same.
 */
#include "fuzz.h"
#include "libbfabric/local/stored.h"
#include <string.h>

static void must_survive_writing(const struct bf_stored *stored)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret second = BF_SECRET_INIT;
	BF_AUTO_STORED struct bf_stored again = BF_STORED_INIT;
	enum bfabric_status status = bf_stored_encode(stored, &line, NULL);

	if (status == BFABRIC_BAD_CALL)
		return;
	FUZZ_MUST(status == BFABRIC_OK && line.len <= BF_STORED_MAX);
	for (size_t i = 0; i < line.len; i++)
		FUZZ_MUST((uint8_t)(bf_secret_reveal(&line)[i] - ' ') < 0x60);
	FUZZ_MUST(bf_stored_parse(bf_secret_reveal(&line), line.len, &again, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_secret_equal(&stored->refresh_token, &again.refresh_token));
	FUZZ_MUST(bf_secret_equal(&stored->client_secret, &again.client_secret));
	FUZZ_MUST(bf_stored_empty(stored) == bf_stored_empty(&again));
	FUZZ_MUST(strcmp(stored->predecessor, again.predecessor) == 0);
	FUZZ_MUST(bf_stored_encode(&again, &second, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_secret_equal(&line, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct bfabric_error err = {0};

	if (bf_stored_parse((const char *)data, size, &stored, &err) != BFABRIC_OK) {
		FUZZ_MUST(err.status == BFABRIC_BAD_REPLY || err.status == BFABRIC_UNSUPPORTED);
		FUZZ_MUST(fuzz_one_line(err.text) && !stored.members && bf_stored_empty(&stored));
		return 0;
	}
	FUZZ_MUST(!*stored.predecessor || strlen(stored.predecessor) == 64);
	must_survive_writing(&stored);
	return 0;
}
