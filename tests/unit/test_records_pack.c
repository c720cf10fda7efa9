/*
 * Packed records: each comes back as it went in, in the order of ids, and shows as one that was
 * never packed.
 */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "helper/api_format.h"
#include "helper/api_pack.h"

#define MANY 3000 /* records: more than a chunk, and more text than one piece */

#define AUTO_PACK BF_CLEANUP(bf_records_pack_release)

static struct bfabric_error err;

static void add_all(struct bf_records_pack *pack, json_t *records)
{
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record)
		assert_true(bf_records_pack_add(pack, record));
	assert_int_equal(bf_records_pack_sort(pack, &err), BFABRIC_OK);
}

static json_t *records_of(const char *text)
{
	json_t *records = json_loads(text, 0, NULL);

	assert_non_null(records);
	return records;
}

static void check_back(const char *text)
{
	AUTO_PACK struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	json_auto_t *records = records_of(text), *back = NULL;
	BF_AUTO_FREE char *before = json_dumps(json_array_get(records, 0), 0);
	BF_AUTO_FREE char *after = NULL;

	add_all(&pack, records);
	back = bf_records_pack_get(&pack, 0);
	after = json_dumps(back, 0);
	assert_string_equal(after, before);
}

static void test_every_kind(void **state)
{
	(void)state;
	check_back("[{}]");
	check_back("[{\"a\":null,\"b\":true,\"c\":false,\"d\":[],\"e\":{},\"f\":\"\"}]");
	check_back("[{\"z\":0,\"y\":1,\"x\":-1,\"w\":63,\"v\":64,\"u\":-64,\"t\":-65,"
		   "\"max\":9223372036854775807,\"min\":-9223372036854775808}]");
	check_back("[{\"r\":0.1,\"s\":-0.0,\"t\":1e308,\"u\":5e-324}]");
	check_back("[{\"t\":\"5 < 6 \\\"q\\\" \\u0001 \303\274 \360\237\247\254\"}]");
	check_back("[{\"id\":1,\"l\":[1,[2,[]],{\"id\":3,\"l\":{\"id\":[null,\"x\"]}}]}]");
}

static void test_long_string(void **state)
{
	AUTO_PACK struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	const size_t len = 200000;
	BF_AUTO_FREE char *text = malloc(len + 1);
	json_auto_t *record = NULL, *back = NULL, *small = json_pack("{s:i}", "id", 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	record = json_pack("{s:i, s:s}", "id", 2, "text", text);
	assert_true(bf_records_pack_add(&pack, record));
	assert_true(bf_records_pack_add(&pack, small));
	assert_int_equal(bf_records_pack_sort(&pack, &err), BFABRIC_OK);
	back = bf_records_pack_get(&pack, 1);
	assert_true(json_equal(back, record));
}

static void test_order(void **state)
{
	AUTO_PACK struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	json_auto_t *records =
		records_of("[{\"id\":10},{\"id\":\"b\"},{\"x\":1},{\"id\":9,\"n\":1},"
			   "{\"id\":9,\"n\":2},{\"id\":\"a\"},{\"id\":-3},{\"id\":null}]");
	json_auto_t *sorted = json_array();
	BF_AUTO_FREE char *text = NULL;

	(void)state;
	add_all(&pack, records);
	assert_int_equal(pack.count, 8);
	for (size_t i = 0; i < pack.count; i++)
		json_array_append_new(sorted, bf_records_pack_get(&pack, i));
	text = json_dumps(sorted, JSON_COMPACT);
	assert_string_equal(text,
		"[{\"id\":-3},{\"id\":9,\"n\":1},{\"id\":9,\"n\":2},{\"id\":10},{\"id\":\"a\"},"
		"{\"id\":\"b\"},{\"x\":1},{\"id\":null}]");
}

/* ---- shown ----------------------------------------------------------------------------------- */

static bool collect(void *data, struct bf_secret *out)
{
	bf_secret_put_secret(data, out);
	bf_secret_cut(out, 0);
	return true;
}

static bool refuse(void *data, struct bf_secret *out)
{
	unsigned *asked = data;

	(void)out; /* stays */
	++*asked;
	return false;
}

/* The newest first, as the server sends them; each with a member that most others have not. */
static json_t *many_records(void)
{
	json_t *records = json_array();

	for (int i = MANY; i > 0; i--) {
		json_t *record = json_pack("{s:i, s:s, s:{s:i, s:s}, s:[i, i]}", "id", i, "name",
			"measured.raw", "container", "id", 3000, "classname", "project", "list", i,
			7);
		BF_AUTO_FREE char *name = NULL;

		if (i % 500 == 0 && asprintf(&name, "only_%d", i) > 0)
			json_object_set_new(record, name, json_real(0.1));
		json_array_append_new(records, record);
	}
	return records;
}

static json_t *reversed(json_t *records)
{
	json_t *made = json_array();

	for (size_t i = json_array_size(records); i > 0; i--)
		json_array_append(made, json_array_get(records, i - 1));
	return made;
}

static const enum bf_records_format formats[] = {
	BF_RECORDS_TABLE, BF_RECORDS_JSON, BF_RECORDS_YAML, BF_RECORDS_TSV};

static void test_shown_in_pieces(void **state)
{
	AUTO_PACK struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	json_auto_t *records = many_records(), *sorted = reversed(records);

	(void)state;
	add_all(&pack, records);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		BF_AUTO_SECRET struct bf_secret whole = {.max = 64 << 20},
						pieces = {.max = 64 << 20};
		BF_AUTO_SECRET struct bf_secret out = {.max = 1 << 17};
		struct bf_records_view view = {
			.records = sorted, .max_columns = 9, .ellipsis = "~"};

		assert_int_equal(bf_records_put(formats[i], &view, &whole, &err), BFABRIC_OK);
		view = (struct bf_records_view){.pack = &pack,
			.max_columns = 9,
			.ellipsis = "~",
			.take = collect,
			.data = &pieces};
		assert_int_equal(bf_records_put(formats[i], &view, &out, &err), BFABRIC_OK);
		assert_true(pieces.len > 0);
		collect(&pieces, &out);
		assert_string_equal(bf_secret_reveal(&pieces), bf_secret_reveal(&whole));
	}
}

static void test_refused_pieces(void **state)
{
	AUTO_PACK struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	json_auto_t *records = many_records();

	(void)state;
	add_all(&pack, records);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = {.max = 1 << 17};
		unsigned asked = 0;
		struct bf_records_view view = {.pack = &pack,
			.max_columns = 9,
			.ellipsis = "~",
			.take = refuse,
			.data = &asked};

		assert_int_equal(bf_records_put(formats[i], &view, &out, &err), BFABRIC_OK);
		assert_int_equal(asked, 1);
		assert_true(out.len > 0);
	}
}

/* ---- no memory: jansson's and ours ----------------------------------------------------------- */

static void *give(size_t size)
{
	return malloc(size);
}

static enum bfabric_status pack_and_show(
	json_t *records, enum bf_records_format format, struct bf_secret *out)
{
	AUTO_PACK struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	struct bf_records_view view = {.pack = &pack, .max_columns = 9, .ellipsis = "~"};
	enum bfabric_status status;
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record)
		if (!bf_records_pack_add(&pack, record))
			break; /* as a reader ends */
	status = bf_records_pack_sort(&pack, &err);
	return status == BFABRIC_OK ? bf_records_put(format, &view, out, &err) : status;
}

static void test_out_of_memory(void **state)
{
	json_auto_t *records =
		records_of("[{\"id\":2,\"o\":{\"a\":\"x\"},\"l\":[1.5,{\"id\":3}]},{\"id\":\"b\","
			   "\"p\":\"\\u0001\",\"q\\n\":true}]");

	(void)state;
	json_set_alloc_funcs(give, free);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
			enum bfabric_status status = pack_and_show(records, formats[i], &out);

			assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		}
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_long_string),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_shown_in_pieces),
		cmocka_unit_test(test_refused_pieces),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
