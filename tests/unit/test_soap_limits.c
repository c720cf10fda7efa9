/* test_soap_limits.c - replies of web services that are large, and reading them without memory. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "soap_case.h"

#define BEGIN "<e:Envelope xmlns:e=\"e\"><e:Body><r><return>"
#define MIB   ((size_t)1 << 20)

static struct bfabric_error err;

static bool count_record(void *data, json_t *record)
{
	(void)record;
	++*(unsigned *)data;
	return true;
}

static struct bf_soap_reader *begin(const struct bf_soap_expected *expected)
{
	struct bf_soap_reader *reader = NULL;

	assert_int_equal(bf_soap_reader_new(expected, &reader, &err), BFABRIC_OK);
	assert_int_equal(bf_soap_reader_feed(reader, BEGIN, strlen(BEGIN), &err), BFABRIC_OK);
	return reader;
}

/* The same piece again and again, until it is refused; returns how many bytes were taken. */
static size_t pour(struct bf_soap_reader *reader, const char *piece, size_t times)
{
	const size_t len = strlen(piece);

	for (size_t i = 0; i < times; i++)
		if (bf_soap_reader_feed(reader, piece, len, &err) != BFABRIC_OK)
			return i * len;
	return times * len;
}

static void a_text_of_15_mib_is_read(void **state)
{
	unsigned records = 0;
	const struct bf_soap_expected expected = {
		.operation = "read", .record = count_record, .data = &records};
	BF_AUTO_SOAP_HEAD struct bf_soap_head head = {0};
	struct bf_soap_reader *reader = begin(&expected);
	char piece[16385];

	(void)state;
	memset(piece, 'x', sizeof(piece) - 1);
	piece[sizeof(piece) - 1] = '\0';
	assert_int_equal(pour(reader, "<sample><s>", 1), 11);
	assert_int_equal(pour(reader, piece, 15 * 64), 15 * MIB);
	assert_int_equal(pour(reader, "</s></sample></return></r></e:Body></e:Envelope>", 1), 48);
	assert_int_equal(bf_soap_reader_end(reader, &head, &err), BFABRIC_OK);
	assert_int_equal(records, 1);
	bf_soap_reader_free(reader);
}

static void too_much(const char *first, const char *piece, size_t times, const char *said)
{
	unsigned records = 0;
	const struct bf_soap_expected expected = {
		.operation = "read", .record = count_record, .data = &records};
	struct bf_soap_reader *reader = begin(&expected);

	err = (struct bfabric_error){0};
	assert_int_equal(pour(reader, first, 1), strlen(first));
	assert_in_range(pour(reader, piece, times), 1, times * strlen(piece) - 1);
	assert_int_equal(err.status, BFABRIC_BAD_REPLY);
	if (!strstr(err.text, said))
		fail_msg("\"%s\" does not say \"%s\"", err.text, said);
	/* and stays refused */
	assert_int_equal(bf_soap_reader_feed(reader, "x", 1, &err), BFABRIC_BAD_REPLY);
	bf_soap_reader_free(reader);
}

static void what_is_too_large_is_refused(void **state)
{
	char piece[16385];

	(void)state;
	memset(piece, 'x', sizeof(piece) - 1);
	piece[sizeof(piece) - 1] = '\0';
	too_much("<sample><s>", piece, 17 * 64, "a record of more than 16 MiB");
	too_much("<errorreport>", piece, 17 * 64, "a record of more than 16 MiB");
	too_much("<sample>", "<a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/>",
		100000, "a record of more than 16 MiB");
	/* in one tag or comment libxml2 has limits of its own */
	too_much("<sample a=\"", piece, 17 * 64, "not XML");
	too_much("<", piece, 17 * 64, "not XML");
}

static void whoever_has_enough_stops_looking(void **state)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	static const char reply[] = BEGIN "<a><name>stop</name></a><a><name>b</name></a><<<";

	(void)state;
	assert_int_equal(soap_case_describe(NULL, reply, sizeof(reply) - 1, 0, &text), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&text),
		"{\"name\":\"stop\"}\npages=-1 page=-1 count=-1 answered\n");
}

/* ---- no memory ------------------------------------------------------------------------------- */

static const char page[] =
	"<?xml version=\"1.0\"?>" BEGIN "<numberofpages>2</numberofpages><errorreport>no"
	"</errorreport><sample id=\"1\" classname=\"x\"><i>5</i><d>1.5</d><n>a</n><n>b</n><c "
	"id=\"2\">"
	"t</c><l/></sample></return></r></e:Body></e:Envelope>";

static json_t *description_of_page(void)
{
	return json_loads(
		"{\"operations\":{\"read\":{\"out\":\"r\"}},\"types\":{\"r\":[{\"name\":\"sample\","
		"\"type\":\"s\",\"many\":true}],\"s\":[{\"name\":\"id\",\"attribute\":true,"
		"\"type\":\"long\"},{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"d\",\"type\":"
		"\"double\"},{\"name\":\"l\",\"type\":\"s\",\"many\":true}]}}",
		0, NULL);
}

static void our_allocations_may_fail(void **state)
{
	json_t *description = description_of_page();

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
		enum bfabric_status status =
			soap_case_describe(description, page, sizeof(page) - 1, 0, &text);
		bool failed = fault_disarm();

		if (failed && !text.failed) /* else the memory of the test itself */
			assert_int_equal(status, BFABRIC_NO_MEMORY);
		else if (!failed)
			assert_int_equal(status, BFABRIC_OK);
	}
	json_decref(description);
}

static unsigned json_left;

static void *json_malloc_or_not(size_t size)
{
	return json_left && --json_left == 0 ? NULL : malloc(size);
}

static void json_free_it(void *pointer)
{
	free(pointer);
}

static enum bfabric_status read_page(const json_t *description, unsigned *ret_records)
{
	const struct bf_soap_expected expected = {.description = description,
		.operation = "read",
		.record = count_record,
		.data = ret_records};
	BF_AUTO_SOAP_HEAD struct bf_soap_head head = {0};
	struct bf_soap_reader *reader = NULL;
	enum bfabric_status status = bf_soap_reader_new(&expected, &reader, &err);

	if (status == BFABRIC_OK)
		status = bf_soap_reader_feed(reader, page, sizeof(page) - 1, &err);
	if (status == BFABRIC_OK)
		status = bf_soap_reader_end(reader, &head, &err);
	bf_soap_reader_free(reader);
	return status;
}

static void janssons_allocations_may_fail(void **state)
{
	json_t *description = description_of_page();
	unsigned n = 0;
	bool failed = true;

	(void)state;
	json_set_alloc_funcs(json_malloc_or_not, json_free_it);
	while (failed && n < 10000) {
		unsigned records = 0;
		enum bfabric_status status;

		json_left = ++n;
		status = read_page(description, &records);
		failed = json_left == 0;
		json_left = 0;
		assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(records, !failed);
	}
	json_set_alloc_funcs(malloc, free);
	assert_in_range(n, 20, 9999);
	json_decref(description);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_of_15_mib_is_read),
		cmocka_unit_test(what_is_too_large_is_refused),
		cmocka_unit_test(whoever_has_enough_stops_looking),
		cmocka_unit_test(our_allocations_may_fail),
		cmocka_unit_test(janssons_allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
