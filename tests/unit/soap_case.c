/* soap_case.c - see soap_case.h. */
#include "soap_case.h"
#include <stdlib.h>
#include <string.h>

static bool on_record(void *data, json_t *record)
{
	struct bf_secret *text = data;
	const char *name = json_string_value(json_object_get(record, "name"));
	char *dump = json_dumps(record, JSON_COMPACT | JSON_ENSURE_ASCII);

	bf_secret_puts(text, dump ? dump : SOAP_CASE_INVALID);
	bf_secret_putc(text, '\n');
	free(dump);
	return !name || strcmp(name, "stop") != 0;
}

static enum bfabric_status feed(struct bf_soap_reader *reader, const char *bytes, size_t len,
	size_t piece, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	for (size_t n; len && status == BFABRIC_OK; bytes += n, len -= n) {
		n = piece && piece < len ? piece : len;
		status = bf_soap_reader_feed(reader, bytes, n, err);
	}
	return status;
}

static void describe_head(const struct bf_soap_head *head, struct bf_secret *text)
{
	bf_secret_printf(text, "pages=%lld page=%lld count=%lld%s\n", (long long)head->pages,
		(long long)head->page, (long long)head->count, head->answered ? " answered" : "");
	if (head->errorreport)
		bf_secret_printf(text, "errorreport=%s\n", head->errorreport);
	if (head->fault)
		bf_secret_printf(text, "fault=%s\n", head->fault);
}

enum bfabric_status soap_case_describe(const json_t *description, const char *bytes, size_t len,
	size_t piece, struct bf_secret *ret_text)
{
	const struct bf_soap_expected expected = {.description = description,
		.operation = "read",
		.record = on_record,
		.data = ret_text};
	BF_AUTO_SOAP_HEAD struct bf_soap_head head = {0};
	struct bf_soap_reader *reader = NULL;
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_soap_reader_new(&expected, &reader, &err);

	if (status == BFABRIC_OK)
		status = feed(reader, bytes, len, piece, &err);
	if (status == BFABRIC_OK)
		status = bf_soap_reader_end(reader, &head, &err);
	bf_soap_reader_free(reader);
	if (status == BFABRIC_OK)
		describe_head(&head, ret_text);
	else
		bf_secret_printf(ret_text, "%s\n%s\n", bfabric_status_name(status), err.text);
	return status;
}
