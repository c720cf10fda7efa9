/*
 * What saving and deleting have in common: one request that is never sent twice, and an answer that
 * has a record for each input, in order. There is no transaction, so that some may have failed.
 */
#include "api.h"

#include <stdio.h>
#include <string.h>

void bf_api_answers_release(struct bf_api_answers *answers)
{
	json_decref(answers->records);
}

static bool keep(void *data, json_t *record)
{
	struct bf_api_answers *answers = data;

	answers->no_memory = answers->no_memory || json_array_append(answers->records, record) != 0;
	return true; /* read on: the answer says what happened, also where it cannot be kept */
}

enum bfabric_status bf_api_write(struct bf_api_call *call, size_t count,
	struct bf_api_answers *answers, struct bfabric_error *err)
{
	enum bfabric_status status;
	size_t got;

	answers->records = json_array();
	if (!answers->records)
		return bf_fail_nomem(err);
	call->record = keep;
	call->data = answers;
	status = bf_api_ask(call, err);
	if (status != BFABRIC_OK)
		return status;
	if (answers->no_memory)
		return bf_fail(err, BFABRIC_NO_MEMORY,
			"out of memory: what was %s is not known here", call->done);
	got = json_array_size(answers->records);
	if (got != count)
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"the endpoint '%s' answers for %zu of %zu: which were %s is not known",
			call->endpoint, got, count, call->done);
	return BFABRIC_OK;
}

/* ---- what failed ----------------------------------------------------------------------------- */

/* NULL: it was done. */
static const char *report_of(const json_t *record)
{
	const char *report = json_string_value(json_object_get(record, "errorreport"));

	return bf_api_judge(report) != BF_API_TAKEN ? report : NULL;
}

static size_t count_failed(const json_t *records, const char **ret_first)
{
	size_t failed = 0;

	for (size_t i = 0; i < json_array_size(records); i++) {
		const char *report = report_of(json_array_get(records, i));

		if (report && failed++ == 0)
			*ret_first = report;
	}
	return failed;
}

static enum bfabric_status fail_reports(const struct bf_api_call *call, const json_t *records,
	size_t failed, struct bfabric_error *err)
{
	struct bf_api_words said = {0};
	size_t count = json_array_size(records);
	char others[80] = "";

	for (size_t i = 0; i < count; i++) {
		const char *report = report_of(json_array_get(records, i));

		if (report)
			bf_api_words_add(&said, report);
	}
	if (failed < count)
		(void)snprintf(others, sizeof(others), " (%zu of %zu were %s)", count - failed,
			count, call->done); /* numbers fit */
	return bf_fail(err, BFABRIC_REFUSED, "Query was not successful: %s%s",
		bf_api_words_end(&said), others);
}

enum bfabric_status bf_api_settle(const struct bf_api_call *call, struct bf_api_answers *answers,
	bool keep_errors, json_t **ret_records, struct bfabric_error *err)
{
	const char *first = NULL;
	size_t failed = count_failed(answers->records, &first);
	enum bf_api_verdict verdict = bf_api_judge(first);

	/* No permission, no scope: a server may say so for each record. */
	if (failed && failed == json_array_size(answers->records) && verdict != BF_API_REFUSED)
		return bf_api_fail_words(call, verdict, first, err);
	if (failed && !keep_errors)
		return fail_reports(call, answers->records, failed, err);
	if (ret_records)
		*ret_records = BF_TAKE(answers->records);
	return BFABRIC_OK;
}

enum bfabric_status bf_api_nothing_to_do(json_t **ret_records, struct bfabric_error *err)
{
	json_t *none = ret_records ? json_array() : NULL;

	if (ret_records && !none)
		return bf_fail_nomem(err);
	if (ret_records)
		*ret_records = none;
	return BFABRIC_OK;
}
