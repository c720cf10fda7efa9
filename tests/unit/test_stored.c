/* The document in a store: what each file in tests/data/stored is taken for, and what is written.
 */
#include "unit.h"
#include "cases.h"
#include "libbfabric/local/stored.h"

#include <stdio.h>
#include <stdlib.h>

static void put_all(struct bf_secret *out, const char *text, size_t len)
{
	if (len)
		bf_secret_put(out, text, len);
	bf_secret_putc(out, '\n');
}

static void put_text(struct bf_secret *out, const char *name, const char *text)
{
	if (text && *text) {
		bf_secret_printf(out, "%s ", name);
		put_all(out, text, strlen(text));
	}
}

static void put_secret(struct bf_secret *out, const char *name, const struct bf_secret *secret)
{
	put_text(out, name, bf_secret_reveal(secret));
}

/* What is written is one line of ASCII, read as the same. */
static void put_written(struct bf_secret *out, const struct bf_stored *stored)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret second = BF_SECRET_INIT;
	BF_AUTO_STORED struct bf_stored again = BF_STORED_INIT;

	assert_int_equal(bf_stored_encode(stored, &line, NULL), BFABRIC_OK);
	for (size_t i = 0; i < line.len; i++)
		assert_in_range(bf_secret_reveal(&line)[i], ' ', 0x7f);
	assert_int_equal(
		bf_stored_parse(bf_secret_reveal(&line), line.len, &again, NULL), BFABRIC_OK);
	assert_int_equal(bf_stored_encode(&again, &second, NULL), BFABRIC_OK);
	assert_true(bf_secret_equal(&line, &second));
	bf_secret_puts(out, "written ");
	put_all(out, bf_secret_reveal(&line), line.len);
}

static void describe(const char *bytes, size_t len, struct bf_secret *out)
{
	BF_AUTO_STORED struct bf_stored s = BF_STORED_INIT;
	struct bfabric_error err = {0};

	if (bf_stored_parse(bytes, len, &s, &err) != BFABRIC_OK) {
		bf_secret_printf(out, "%s: %s\n", bfabric_status_name(err.status), err.text);
		assert_null(s.members);
		return;
	}
	put_text(out, "login", s.login);
	put_text(out, "predecessor", s.predecessor);
	put_secret(out, "refresh_token", &s.refresh_token);
	put_secret(out, "pat", &s.pat);
	put_secret(out, "client_secret", &s.client_secret);
	put_secret(out, "registration_access_token", &s.registration_access_token);
	bf_secret_puts(out, bf_stored_empty(&s) ? "empty\n" : "");
	put_written(out, &s);
}

static void test_cases(void **state)
{
	(void)state;
	cases_run_files("stored", describe);
}

static void must_encode(const struct bf_stored *stored, const char *line)
{
	BF_AUTO_SECRET struct bf_secret written = BF_SECRET_INIT;

	assert_int_equal(bf_stored_encode(stored, &written, NULL), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&written), line);
}

static void test_new_document(void **state)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;

	(void)state;
	assert_true(bf_stored_empty(&stored));
	must_encode(&stored, "{\"version\":1}");
	bf_secret_puts(&stored.client_secret, "a \"quoted\" \\ \xc3\xa4");
	assert_false(bf_stored_empty(&stored));
	must_encode(&stored, "{\"version\":1,\"client_secret\":\"a \\\"quoted\\\" \\\\ \\u00E4\"}");
}

/* What is taken away goes, what is not known stays, in its place. */
static void test_change(void **state)
{
	static const char text[] = "{\"version\":1,\"later\":{\"a\":[1]},\"login\":\"x\","
				   "\"refresh_token\":\"old\",\"pat\":\"p\",\"also\":null}";
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;

	(void)state;
	assert_int_equal(bf_stored_parse(text, sizeof(text) - 1, &stored, NULL), BFABRIC_OK);
	bf_secret_release(&stored.pat);
	bf_secret_clear(&stored.refresh_token);
	bf_secret_puts(&stored.refresh_token, "new");
	bf_sha256_hex("old", 3, stored.predecessor);
	free(stored.login);
	stored.login = NULL;
	must_encode(&stored,
		"{\"version\":1,\"later\":{\"a\":[1]},\"refresh_token\":\"new\",\"also\":null,"
		"\"predecessor\":"
		"\"cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4\"}");
	/* the document as it was read is still that */
	assert_string_equal(
		json_string_value(json_object_get(stored.members, "refresh_token")), "old");
}

static void test_blank(void **state)
{
	static const struct {
		const char *text;
		bool empty, blank;
	} cases[] = {
		{"{\"version\":1,\"login\":\"x\",\"predecessor\":\"y\",\"pat\":\"\"}", true, true},
		{"{\"version\":1,\"later\":\"secret\"}", true, false},
		{"{\"version\":1,\"pat\":\"p\"}", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;

		assert_true(bf_stored_blank(&stored));
		assert_int_equal(
			bf_stored_parse(cases[i].text, strlen(cases[i].text), &stored, NULL),
			BFABRIC_OK);
		assert_int_equal(bf_stored_empty(&stored), cases[i].empty);
		assert_int_equal(bf_stored_blank(&stored), cases[i].blank);
	}
}

static void test_sizes(void **state)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	const size_t frame = sizeof("{\"version\":1,\"pat\":\"\"}") - 1;
	struct bfabric_error err;

	(void)state;
	for (size_t i = 0; i < BF_STORED_MAX - frame; i++)
		bf_secret_putc(&stored.pat, 'x');
	assert_int_equal(bf_stored_encode(&stored, &line, &err), BFABRIC_OK);
	assert_int_equal(line.len, BF_STORED_MAX);
	bf_secret_putc(&stored.pat, 'x');
	assert_fails(bf_stored_encode(&stored, &line, &err), BFABRIC_BAD_CALL, err, "larger");
	assert_int_equal(line.len, BF_STORED_MAX);
}

/* Nothing is written that would not be read. */
static void test_characters(void **state)
{
	static const char *const wrong[] = {"a\nb", "a\rb", "\x1b[31m", "\x7f", "\xff", "\xc3("};
	struct bfabric_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
		BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

		bf_secret_puts(&stored.pat, wrong[i]);
		assert_fails(bf_stored_encode(&stored, &line, &err), BFABRIC_BAD_CALL, err,
			"\"pat\" has characters");
		bf_secret_release(&stored.pat);
		bf_secret_put(&stored.pat, "a\0b", 3);
		assert_int_equal(bf_stored_encode(&stored, &line, &err), BFABRIC_BAD_CALL);
	}
}

static void test_every_failure(void **state)
{
	static const char text[] = "{\"version\":1,\"login\":\"x\",\"refresh_token\":\"r\","
				   "\"pat\":\"p\",\"later\":[1,2,3]}";

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
		BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
		enum bfabric_status status = bf_stored_parse(text, sizeof(text) - 1, &stored, NULL);

		if (status == BFABRIC_OK)
			status = bf_stored_encode(&stored, &line, NULL);
		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

/* jansson's own allocations, one by one. */
static unsigned allocations, failing;

static void *sometimes(size_t size)
{
	return ++allocations == failing ? NULL : malloc(size);
}

static void test_every_failure_of_jansson(void **state)
{
	static const char text[] = "{\"version\":1,\"login\":\"x\",\"refresh_token\":\"r\","
				   "\"pat\":\"p\",\"later\":[1,2,3],\"more\":{\"a\":{}}}";
	enum bfabric_status status = BFABRIC_NO_MEMORY;

	(void)state;
	json_set_alloc_funcs(sometimes, free);
	for (failing = 1; allocations + 1 >= failing; failing++) {
		BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
		BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

		allocations = 0;
		status = bf_stored_parse(text, sizeof(text) - 1, &stored, NULL);
		if (status == BFABRIC_OK)
			status = bf_stored_encode(&stored, &line, NULL);
		if (status == BFABRIC_OK)
			assert_string_equal(bf_secret_reveal(&line), text);
		else
			assert_int_equal(status, BFABRIC_NO_MEMORY);
	}
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(status, BFABRIC_OK);
	assert_true(failing > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_new_document),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_every_failure),
		cmocka_unit_test(test_every_failure_of_jansson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
