/* What module and children say: each file in tests/data/pam-line, at once and byte by byte. */
#include "unit.h"
#include "cases.h"
#include "pam_bfabric/line.h"

/* Long fields are described by their length. */
static void field(struct bf_secret *out, const char *name, const char *value)
{
	if (value && strlen(value) > 200)
		bf_secret_printf(out, " %s=(%zu bytes)", name, strlen(value));
	else
		bf_secret_printf(out, " %s=%s", name, value ? value : "(none)");
}

static void say(const struct bf_line *line, struct bf_secret *out)
{
	switch (line->verb) {
	case BF_LINE_CODE:
		bf_secret_puts(out, "code");
		field(out, "user_code", line->user_code);
		field(out, "uri", line->uri);
		field(out, "complete", line->uri_complete);
		bf_secret_printf(out, " expires=%lld", (long long)line->seconds);
		break;
	case BF_LINE_QR:
		bf_secret_puts(out, "qr");
		field(out, "row", line->row);
		break;
	case BF_LINE_WAIT:
		bf_secret_printf(out, "wait %lld", (long long)line->seconds);
		break;
	case BF_LINE_IDENTITY:
		bf_secret_puts(out, "identity");
		field(out, "name", line->name);
		field(out, "by", line->evidence);
		break;
	case BF_LINE_TOKEN:
		bf_secret_puts(out, "token");
		field(out, "json", line->token);
		break;
	case BF_LINE_STORED:
		bf_secret_puts(out, "stored");
		field(out, "name", line->name);
		break;
	case BF_LINE_VALID:
		bf_secret_puts(out, line->valid ? "valid" : "not valid");
		break;
	case BF_LINE_NOTE:
		bf_secret_puts(out, "note");
		field(out, "text", line->text);
		break;
	case BF_LINE_FAILED:
		bf_secret_printf(out, "failed %s:", bfabric_status_name(line->status));
		field(out, "text", line->text);
		break;
	}
	bf_secret_putc(out, '\n');
}

static void listen(const char *bytes, size_t len, size_t step, struct bf_secret *out)
{
	BF_AUTO_LINE_DECODER struct bf_line_decoder decoder = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; status == BFABRIC_OK && i < len; i += step) {
		bool found = true;

		status = bf_line_feed(&decoder, bytes + i, len - i < step ? len - i : step, &err);
		while (status == BFABRIC_OK && found) {
			struct bf_line line = {0};

			status = bf_line_next(&decoder, &line, &found, &err);
			if (status == BFABRIC_OK && found)
				say(&line, out);
		}
	}
	if (status != BFABRIC_OK) {
		bool found = false;
		struct bf_line line = {0};

		bf_secret_printf(out, "%s: %s\n", bfabric_status_name(err.status), err.text);
		assert_int_equal(bf_line_next(&decoder, &line, &found, NULL), BFABRIC_BAD_REPLY);
		assert_int_equal(bf_line_feed(&decoder, "\n", 1, NULL), BFABRIC_BAD_REPLY);
	} else if (bf_line_incomplete(&decoder)) {
		bf_secret_puts(out, "(incomplete)\n");
	}
}

static void describe(const char *bytes, size_t len, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret slowly = BF_SECRET_INIT;

	listen(bytes, len, BF_LINE_TOKEN_MAX, out);
	listen(bytes, len, 1, &slowly);
	if (len <= BF_LINE_TOKEN_MAX)
		assert_true(bf_secret_equal(out, &slowly));
	if (out->len == 0)
		bf_secret_puts(out, "(nothing)\n");
}

static void test_cases(void **state)
{
	(void)state;
	cases_run_files("pam-line", describe);
}

static void writes(const struct bf_line *line, const char *expected)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	bf_line_put(&out, line);
	assert_int_equal(out.failed, expected == NULL);
	if (expected)
		assert_string_equal(bf_secret_reveal(&out), expected);
}

static void test_writing(void **state)
{
	static const struct bf_line lines[] = {
		{.verb = BF_LINE_CODE, .user_code = "A-B", .uri = "https://b/d", .seconds = 600},
		{.verb = BF_LINE_CODE, .user_code = "A-B", .uri = "u", .uri_complete = "u?A-B"},
		{.verb = BF_LINE_QR, .row = " \u2580\u2584\u2588 "},
		{.verb = BF_LINE_WAIT, .seconds = 3},
		{.verb = BF_LINE_IDENTITY, .name = "ada", .evidence = "id_token"},
		{.verb = BF_LINE_TOKEN, .token = "{\"a\": 1}"},
		{.verb = BF_LINE_STORED, .name = "ada"},
		{.verb = BF_LINE_STORED},
		{.verb = BF_LINE_VALID, .valid = true},
		{.verb = BF_LINE_VALID},
		{.verb = BF_LINE_NOTE, .text = "a clock is off"},
		{.verb = BF_LINE_FAILED, .status = BFABRIC_TIMEOUT, .text = "too late"},
	};
	static const char *const texts[] = {
		"code\tA-B\thttps://b/d\t-\t600\n",
		"code\tA-B\tu\tu?A-B\t0\n",
		"qr\t \u2580\u2584\u2588 \n",
		"wait\t3\n",
		"identity\tada\tid_token\n",
		"token\t{\"a\": 1}\n",
		"stored\tada\n",
		"stored\t-\n",
		"valid\tyes\n",
		"valid\tno\n",
		"note\ta clock is off\n",
		"failed\tTIMEOUT\ttoo late\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		writes(&lines[i], texts[i]);
}

/* What could make two lines of one, or move a cursor, is never sent. */
static void test_refuses_to_write(void **state)
{
	char long_name[BF_LINE_MAX + 1];

	(void)state;
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	const struct bf_line lines[] = {
		{.verb = BF_LINE_IDENTITY, .name = "ada\nvalid\tyes", .evidence = "id_token"},
		{.verb = BF_LINE_IDENTITY, .name = "ada\tid_token", .evidence = "id_token"},
		{.verb = BF_LINE_IDENTITY, .name = "", .evidence = "id_token"},
		{.verb = BF_LINE_IDENTITY, .name = "ada"},
		{.verb = BF_LINE_IDENTITY, .name = "\x1b[2J", .evidence = "id_token"},
		{.verb = BF_LINE_STORED, .name = long_name},
		{.verb = BF_LINE_TOKEN, .token = "{\"a\":\n1}"},
		{.verb = BF_LINE_TOKEN},
		{.verb = BF_LINE_QR, .row = "\u2580\u2581"},
		{.verb = BF_LINE_QR, .row = ""},
		{.verb = BF_LINE_QR},
		{.verb = BF_LINE_WAIT, .seconds = -1},
		{.verb = BF_LINE_WAIT, .seconds = (int64_t)BF_LINE_SECONDS_MAX + 1},
		{.verb = BF_LINE_CODE, .user_code = "A", .seconds = 1},
		{.verb = BF_LINE_FAILED, .status = BFABRIC_OK, .text = "all is well"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		writes(&lines[i], NULL);
}

static void test_an_error_always_arrives(void **state)
{
	static const char *const texts[] = {"a\tb\nc", "\x1b[2J", "\xff", "", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT, said = BF_SECRET_INIT;
		const struct bf_line line = {
			.verb = BF_LINE_FAILED, .status = BFABRIC_DENIED, .text = texts[i]};

		bf_line_put(&out, &line);
		assert_false(out.failed);
		listen(bf_secret_reveal(&out), out.len, 7, &said);
		assert_non_null(strstr(bf_secret_reveal(&said), "failed DENIED:"));
	}
}

/* However memory runs out, what is handed out is a line that was sent. */
static void test_every_failure(void **state)
{
	static const char text[] = "wait\t5\nstored\tada\n";

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_LINE_DECODER struct bf_line_decoder decoder = {0};
		struct bf_line line = {0};
		bool found = true;
		unsigned lines = 0;
		enum bfabric_status status = bf_line_feed(&decoder, text, sizeof(text) - 1, NULL);

		while (status == BFABRIC_OK && found) {
			status = bf_line_next(&decoder, &line, &found, NULL);
			lines += status == BFABRIC_OK && found;
		}
		if (fault_disarm())
			assert_int_equal(status, BFABRIC_NO_MEMORY);
		else
			assert_int_equal(lines, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_refuses_to_write),
		cmocka_unit_test(test_an_error_always_arrives),
		cmocka_unit_test(test_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
