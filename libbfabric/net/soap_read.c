/* soap_read.c - replies of net/soap.h. */
#include "soap_read.h"
#include "html.h"
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX   ((size_t)256 << 20)
#define GLIMPSE_MAX ((size_t)1024)     /* of the beginning: is it HTML? */
#define PAGE_MAX    ((size_t)16 << 10) /* of an HTML page: its title */

void bf_soap_head_clear(struct bf_soap_head *head)
{
	free(head->errorreport);
	free(head->fault);
	*head = (struct bf_soap_head){.pages = -1, .page = -1, .count = -1};
}

void bf_soap_reader_free(struct bf_soap_reader *reader)
{
	if (!reader)
		return;
	bf_xml_free(reader->xml);
	bf_soap_types_release(&reader->types);
	bf_soap_pile_release(&reader->pile);
	bf_secret_release(&reader->open);
	bf_secret_release(&reader->text);
	bf_secret_release(&reader->glimpse);
	bf_soap_head_clear(&reader->head);
	free(reader);
}

static void reader_freep(struct bf_soap_reader **reader)
{
	bf_soap_reader_free(*reader);
}

/* ---- the reply ------------------------------------------------------------------------------- */

enum bfabric_status bf_soap_reader_new(const struct bf_soap_expected *expected,
	struct bf_soap_reader **ret, struct bfabric_error *err)
{
	BF_CLEANUP(reader_freep) struct bf_soap_reader *reader = calloc(1, sizeof(*reader));
	enum bfabric_status status;

	if (!reader)
		return bf_fail_nomem(err);
	reader->expected = expected;
	reader->types.description = expected->description;
	bf_soap_head_clear(&reader->head);
	reader->events = (struct bf_xml_events){.start = bf_soap_on_start,
		.text = bf_soap_on_text,
		.end = bf_soap_on_end,
		.data = reader,
		.max = REPLY_MAX};
	reader->pile.names.max = reader->open.max = reader->text.max = 2 * BF_SOAP_RECORD_MAX;
	status = bf_xml_new(&reader->events, &reader->xml, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(reader);
	return status;
}

static enum bfabric_status fail_html(const struct bf_soap_reader *reader, struct bfabric_error *err)
{
	return bf_html_fail(bf_secret_reveal(&reader->glimpse), reader->glimpse.len, err);
}

/* What follows the last record that is wanted may be anything. */
static enum bfabric_status parse(
	struct bf_soap_reader *reader, const char *bytes, size_t len, struct bfabric_error *err)
{
	struct bfabric_error trouble = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (!reader->enough)
		status = bf_xml_feed(reader->xml, bytes, len, &trouble);
	if (reader->enough || status == BFABRIC_OK)
		return BFABRIC_OK;
	if (err)
		*err = trouble;
	return status;
}

/* Enough has come, or there is no more: is it a page? If not, on with what was kept. */
static enum bfabric_status look(struct bf_soap_reader *reader, struct bfabric_error *err)
{
	const char *bytes = bf_secret_reveal(&reader->glimpse);

	reader->looked = true;
	reader->is_html = bf_html_is(bytes, reader->glimpse.len);
	return reader->is_html ? BFABRIC_OK : parse(reader, bytes, reader->glimpse.len, err);
}

/* Moves bytes to the glimpse until it has `max`; returns how many. */
static size_t keep(struct bf_soap_reader *reader, const char *bytes, size_t len, size_t max)
{
	const size_t room = max - reader->glimpse.len;
	const size_t n = len < room ? len : room;

	bf_secret_put(&reader->glimpse, bytes, n);
	return n;
}

enum bfabric_status bf_soap_reader_feed(
	struct bf_soap_reader *reader, const char *bytes, size_t len, struct bfabric_error *err)
{
	size_t kept = 0;
	enum bfabric_status status = BFABRIC_OK;

	if (!reader->looked) {
		kept = keep(reader, bytes, len, GLIMPSE_MAX);
		if (reader->glimpse.len == GLIMPSE_MAX)
			status = look(reader, err);
	}
	if (reader->is_html)
		(void)keep(reader, bytes + kept, len - kept, PAGE_MAX); /* the rest is not wanted */
	if (reader->glimpse.failed)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK || !reader->looked)
		return status;
	if (reader->is_html)
		return reader->glimpse.len == PAGE_MAX ? fail_html(reader, err) : BFABRIC_OK;
	return parse(reader, bytes + kept, len - kept, err);
}

static bool is_blank(const struct bf_secret *bytes)
{
	return strspn(bf_secret_reveal(bytes), " \t\r\n") == bytes->len;
}

enum bfabric_status bf_soap_reader_end(
	struct bf_soap_reader *reader, struct bf_soap_head *ret, struct bfabric_error *err)
{
	enum bfabric_status status = reader->looked ? BFABRIC_OK : look(reader, err);

	if (reader->is_html)
		return fail_html(reader, err);
	if (is_blank(&reader->glimpse))
		return bf_fail(err, BFABRIC_BAD_REPLY, "an empty reply instead of XML");
	if (status == BFABRIC_OK && !reader->enough)
		status = bf_xml_end(reader->xml, err);
	if (status != BFABRIC_OK)
		return status;
	if (!reader->is_soap)
		return bf_fail(err, BFABRIC_BAD_REPLY, "not SOAP: an envelope without a body");
	*ret = reader->head;
	reader->head = (struct bf_soap_head){.pages = -1, .page = -1, .count = -1};
	return BFABRIC_OK;
}
