/* test_soap_write.c - requests to web services, and that what is written is read as it was. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "libbfabric/net/soap.h"

#define HEAD                                                                                       \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                               \
	"<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:b=\"urn:x\">"     \
	"<s:Body><b:save><parameters><login>me</login><password>p&lt;w</password>"
#define TAIL "</parameters></b:save></s:Body></s:Envelope>"

static struct bfabric_error err;

static enum bfabric_status write_as(
	const char *operation, bool ids_only, const json_t *parameters, struct bf_secret *ret)
{
	BF_AUTO_SECRET struct bf_secret password = BF_SECRET_INIT;
	const struct bf_soap_request request = {.ns = "urn:x",
		.operation = operation,
		.ids_only = ids_only,
		.login = "me",
		.password = &password,
		.parameters = parameters};

	bf_secret_puts(&password, "p<w");
	return password.failed ? BFABRIC_NO_MEMORY : bf_soap_write(&request, ret, &err);
}

static void check(const char *json, const char *expected)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	json_t *parameters = json_loads(json, JSON_ALLOW_NUL, NULL);
	const char *text = NULL;

	assert_non_null(parameters);
	assert_int_equal(write_as("save", false, parameters, &body), BFABRIC_OK);
	json_decref(parameters);
	text = bf_secret_reveal(&body);
	assert_memory_equal(text, HEAD, strlen(HEAD));
	assert_string_equal(text + body.len - strlen(TAIL), TAIL);
	bf_secret_cut(&body, body.len - strlen(TAIL));
	assert_string_equal(text + strlen(HEAD), expected);
}

static void values_become_elements(void **state)
{
	(void)state;
	check("{}", "");
	check("{\"query\":{}}", "<query></query>");
	check("{\"b\":1,\"a\":{\"y\":true,\"x\":false}}", "<b>1</b><a><y>true</y><x>false</x></a>");
	check("{\"id\":[1,2],\"none\":[],\"null\":null,\"some\":[null,\"\"]}",
		"<id>1</id><id>2</id><some></some>");
	check("{\"sample\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
		"<sample><name>a</name></sample><sample><name>b</name></sample>");
	check("{\"n\":[9223372036854775807,-9007199254740993,0.0,-0.0,0.1,-1e300,1.0]}",
		"<n>9223372036854775807</n><n>-9007199254740993</n><n>0.0</n><n>-0.0</n><n>0.1</"
		"n><n>-1e300</n>"
		"<n>1.0</n>");
}

static void texts_are_escaped(void **state)
{
	(void)state;
	check("{\"t\":\"<a href=\\\"x\\\">'&amp;]]>\"}",
		"<t>&lt;a href=&quot;x&quot;&gt;'&amp;amp;]]&gt;</t>");
	check("{\"t\":\" a\\tb\\nc\\rd \"}", "<t> a\tb\nc&#13;d </t>");
	check("{\"t\":\"\\ud83e\\uddec \\u8a66 \\ud7ff\\ue000\\ufffd\"}",
		"<t>\xf0\x9f\xa7\xac \xe8\xa9\xa6 \xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd</t>");
}

static void refused(const char *json, const char *said)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	json_t *parameters = json_loads(json, JSON_ALLOW_NUL, NULL);

	assert_non_null(parameters);
	assert_fails(write_as("save", false, parameters, &body), BFABRIC_BAD_CALL, err, said);
	assert_true(bf_secret_empty(&body));
	json_decref(parameters);
}

static void what_xml_cannot_have_is_refused(void **state)
{
	(void)state;
	refused("{\"query\":{\"name\":\"a\\u0001b\"}}", "query.name has a character");
	refused("{\"query\":{\"name\":\"a\\u0001b\"}}", "U+0001");
	refused("{\"t\":\"\\u0000\"}", "U+0000");
	refused("{\"t\":\"\\u001f\"}", "U+001F");
	refused("{\"t\":\"\\uffff\"}", "U+FFFF");
	refused("{\"a b\":1}", "no name");
	refused("{\"\":1}", "no name");
	refused("{\"1a\":1}", "no name");
	refused("{\"a><b\":1}", "no name");
	refused("{\"q\":{\"a:b\":1}}", "no name");
	refused("{\"\\u00e9\":1}", "no name");
	refused("{\"a\":[[1]]}", "a is a list in a list");
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char *const texts[] = {"\xc3(", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80",
		"\x80", "a\xf0\x9f", "\xff", "\xe0\x80\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
		json_t *parameters = json_object();

		json_object_set_new(parameters, "t", json_string_nocheck(texts[i]));
		assert_int_equal(write_as("save", false, parameters, &body), BFABRIC_BAD_CALL);
		assert_memory_equal(err.text, "t ", 2);
		json_decref(parameters);
	}
}

static void what_is_too_deep_or_too_large_is_refused(void **state)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	const size_t len = (size_t)17 << 20;
	char *text = malloc(len);
	json_t *parameters = json_object();

	(void)state;
	for (int i = 0; i < 40; i++)
		parameters = json_pack("{so}", "a", parameters);
	assert_fails(write_as("save", false, parameters, &body), BFABRIC_BAD_CALL, err, "too deep");
	json_decref(parameters);
	assert_non_null(text);
	memset(text, 'x', len);
	parameters = json_pack("{ss%}", "a", text, len);
	assert_fails(write_as("save", false, parameters, &body), BFABRIC_BAD_CALL, err, "16 MiB");
	json_decref(parameters);
	free(text);
}

static void reading_says_whether_ids_suffice(void **state)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	json_t *none = json_object();

	(void)state;
	assert_int_equal(write_as("read", false, none, &body), BFABRIC_OK);
	assert_non_null(strstr(
		bf_secret_reveal(&body), "<b:read><parameters><idonly>false</idonly><login>"));
	assert_int_equal(write_as("read", true, none, &body), BFABRIC_OK);
	assert_non_null(strstr(bf_secret_reveal(&body), "<idonly>true</idonly>"));
	assert_int_equal(write_as("save", false, none, &body), BFABRIC_OK);
	assert_null(strstr(bf_secret_reveal(&body), "idonly"));
	assert_int_equal(write_as("no good", false, none, &body), BFABRIC_BAD_CALL);
	json_decref(none);
}

/* ---- written and read again ------------------------------------------------------------------ */

static unsigned seed = 1;

static unsigned dice(unsigned sides)
{
	seed = seed * 1103515245U + 12345U;
	return (seed >> 16) % sides;
}

static json_t *random_text(void)
{
	static const char *const parts[] = {"a", "Z", " ", "\t", "\n", "\r", "<", ">", "&", "\"",
		"'", "]]>", "&amp;", "\xc3\xa9", "\xe8\xa9\xa6", "\xf0\x9f\xa7\xac", "<![CDATA["};
	char text[200] = "x";

	for (unsigned n = dice(12); n > 0; n--)
		strcat(text, parts[dice(sizeof(parts) / sizeof(*parts))]);
	return json_string(text + dice(2) * (strlen(text) > 1));
}

static json_t *random_object(unsigned depth);

static json_t *random_value(unsigned depth)
{
	json_t *array = NULL;

	switch (depth ? dice(5) : 0) {
	case 0:
	case 1:
	case 2:
		return random_text();
	case 3:
		return random_object(depth - 1);
	default:
		array = json_array();
		for (unsigned n = 2 + dice(3); n > 0; n--)
			json_array_append_new(
				array, dice(2) ? random_text() : random_object(depth - 1));
		return array;
	}
}

static json_t *random_object(unsigned depth)
{
	json_t *object = json_object();
	char name[] = "a_x";

	for (unsigned n = 1 + dice(6); n > 0; n--) {
		name[0] = (char)('a' + dice(26));
		name[2] = (char)('A' + dice(26));
		json_object_set_new(object, name, random_value(depth));
	}
	return object;
}

static bool keep_record(void *data, json_t *record)
{
	*(json_t **)data = json_incref(record);
	return true;
}

/* The parameters of a request are what a record is in a reply. */
static json_t *read_back(const struct bf_secret *request)
{
	json_t *record = NULL;
	const struct bf_soap_expected expected = {
		.operation = "read", .record = keep_record, .data = &record};
	BF_AUTO_SOAP_HEAD struct bf_soap_head head = {0};
	const char *begin =
		strstr(bf_secret_reveal(request), "</password>") + strlen("</password>");
	const char *end = strstr(begin, "</parameters>");
	struct bf_soap_reader *reader = NULL;
	BF_AUTO_FREE char *reply = NULL;

	assert_true(asprintf(&reply,
			    "<e:Envelope xmlns:e=\"e\"><e:Body><r><return><x>%.*s</x>"
			    "</return></r></e:Body></e:Envelope>",
			    (int)(end - begin), begin) > 0);
	assert_int_equal(bf_soap_reader_new(&expected, &reader, &err), BFABRIC_OK);
	assert_int_equal(bf_soap_reader_feed(reader, reply, strlen(reply), &err), BFABRIC_OK);
	assert_int_equal(bf_soap_reader_end(reader, &head, &err), BFABRIC_OK);
	bf_soap_reader_free(reader);
	return record;
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
		json_t *record = random_object(3);
		json_t *again = NULL;

		assert_int_equal(write_as("save", false, record, &body), BFABRIC_OK);
		again = read_back(&body);
		if (!json_equal(record, again))
			fail_msg("round %d is read as another", i);
		json_decref(record);
		json_decref(again);
	}
}

static void every_allocation_may_fail(void **state)
{
	json_t *parameters = json_pack("{s{ss},sf}", "query", "name", "a&b", "n", 0.5);

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
		enum bfabric_status status = write_as("save", false, parameters, &body);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(bf_secret_empty(&body), status != BFABRIC_OK);
	}
	json_decref(parameters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_become_elements),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(what_xml_cannot_have_is_refused),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(what_is_too_deep_or_too_large_is_refused),
		cmocka_unit_test(reading_says_whether_ids_suffice),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
