/*
 * fuzz_record.c - any text as a session record. What is accepted can be written and read again as
 * the same, can be logged out of, and keeps its promises about spent tokens.
 */
#include "fuzz.h"
#include "libbfabric/local/record.h"
#include <string.h>

static void must_survive_writing(const struct bf_record *record)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret second = BF_SECRET_INIT;
	BF_AUTO_RECORD struct bf_record again = BF_RECORD_INIT;

	FUZZ_MUST(bf_record_encode(record, &text, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_record_parse(bf_secret_reveal(&text), text.len, &again, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_record_encode(&again, &second, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_secret_equal(&text, &second));
	FUZZ_MUST(again.spent_count == record->spent_count);
}

static void must_log_out(struct bf_record *record)
{
	BF_AUTO_SECRET struct bf_secret refresh = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_secret_put_secret(&refresh, &record->token.refresh);
	bf_record_log_out(record);
	FUZZ_MUST(bf_record_spent(record, &refresh));
	FUZZ_MUST(!record->login && !record->members && bf_secret_empty(&record->token.access));
	FUZZ_MUST(bf_record_encode(record, &text, NULL) == BFABRIC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	struct bfabric_error err = {0};

	if (bf_record_parse((const char *)data, size, &record, &err) != BFABRIC_OK) {
		FUZZ_MUST(err.status == BFABRIC_BAD_REPLY || err.status == BFABRIC_UNSUPPORTED);
		FUZZ_MUST(fuzz_one_line(err.text) && !record.members);
		return 0;
	}
	FUZZ_MUST(record.spent_count <= BF_SPENT_MAX);
	for (size_t i = 0; i < record.spent_count; i++)
		FUZZ_MUST(strlen(record.spent[i]) == 64);
	FUZZ_MUST(!*record.predecessor || strlen(record.predecessor) == 64);
	must_survive_writing(&record);
	must_log_out(&record);
	return 0;
}
