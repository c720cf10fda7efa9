#include "unit.h"

#include "helper/gitconfig.h"
#include "helper/help.h"
#include "helper/instance.h"
#include "libbfabric/qr.h"
#include "helper/scope.h"
#include "helper/status_report.h"

#include <stdlib.h>

static struct bfabric_error err;

static void test_instances(void **state)
{
	static const struct {
		const char *typed, *url, *name;
	} cases[] = {
		{"fgcz-prod", "https://fgcz-bfabric.uzh.ch/bfabric", "fgcz-prod"},
		{"FGCZ-bfabric-test.uzh.ch", "https://fgcz-bfabric-test.uzh.ch/bfabric",
			"fgcz-test"},
		{"https://fgcz-bfabric-demo.uzh.ch:443/bfabric/",
			"https://fgcz-bfabric-demo.uzh.ch/bfabric", "fgcz-demo"},
		{"trace", "https://trace.fgcz.uzh.ch/bfabric", "trace"},
		{"https://b.lab.org/bfabric", "https://b.lab.org/bfabric", "b-lab-org"},
		{"https://b.lab.org:8443/bfabric", "https://b.lab.org:8443/bfabric",
			"b-lab-org-8443"},
		{"http://127.0.0.1:8080/bfabric", "http://127.0.0.1:8080/bfabric",
			"127-0-0-1-8080"},
		{"http://[::1]:8080/bfabric", "http://[::1]:8080/bfabric", "1-8080"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_URL struct bf_url url = BF_URL_INIT;
		BF_AUTO_FREE char *name = NULL;

		assert_int_equal(bf_instance_url(cases[i].typed, &url, &err), BFABRIC_OK);
		assert_string_equal(url.text, cases[i].url);
		assert_int_equal(bf_instance_name(&url, &name, &err), BFABRIC_OK);
		assert_string_equal(name, cases[i].name);
	}
}

static void test_no_instances(void **state)
{
	struct bf_url url = BF_URL_INIT;

	(void)state;
	assert_fails(bf_instance_url("fgcz", &url, &err), BFABRIC_BAD_CALL, err, "fgcz-prod");
	assert_fails(bf_instance_url("other.org", &url, &err), BFABRIC_BAD_CALL, err, "other.org");
	assert_fails(bf_instance_url("http://other.org", &url, &err), BFABRIC_BAD_CALL, err,
		"http://other.org: ");
	assert_null(bf_instance_known("fgcz-bfabric.uzh.ch"));
}

static void test_scopes(void **state)
{
	static const char *const good[][2] = {{"read-only", "api:read"},
		{"read-write", "api:write"}, {"upload", "api:write tus"},
		{"api:read openid", "api:read openid"}, {"x", "x"}};
	static const char *const bad[] = {
		"", " ", " a", "a ", "a  b", "a\tb", "a\"b", "a\\b", "a\nb", "\xc3\xa9"};
	char *scope = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(bf_scope_expand(good[i][0], &scope, &err), BFABRIC_OK);
		assert_string_equal(scope, good[i][1]);
		free(scope);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(
			bf_scope_expand(bad[i], &scope, &err), BFABRIC_BAD_CALL, err, "read-only");
}

static void test_missing_scope(void **state)
{
	static const char *const cases[][3] = {{"api:read", "api:read", ""},
		{"api:read", "api:write", ""}, {"api:write", "api:read", "api:write"},
		{"api:write tus", "tus api:read", "api:write"}, {"a b c", "b", "a c"},
		{"api:read", "", "api:read"}, {"", "a", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		bf_scope_missing(cases[i][0], cases[i][1], &out);
		assert_string_equal(bf_secret_reveal(&out), cases[i][2]);
	}
}

static void test_helper_value(void **state)
{
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret lines = BF_SECRET_INIT;
	struct bf_command_line call = BF_COMMAND_LINE_INIT;

	(void)state;
	call.environment = "LAB 1";
	assert_int_equal(bf_git_helper_value("/opt/b f/$(x)/'h'", &call, &value, &err), BFABRIC_OK);
	/* begins with a slash, or git would look for a program git-credential-... */
	assert_string_equal(
		bf_secret_reveal(&value), "/opt/b\\ f/\\$\\(x\\)/\\'h\\' --env LAB\\ 1");
	bf_git_put_lines("https://h.org", bf_secret_reveal(&value), &lines);
	assert_string_equal(bf_secret_reveal(&lines),
		"[credential \"https://h.org\"]\n\thelper =\n\thelper = \"/opt/b\\\\ "
		"f/\\\\$\\\\(x\\\\)/\\\\'h\\\\' --env LAB\\\\ 1\"\n");
	call.environment = "a\nb";
	assert_fails(bf_git_helper_value("/h", &call, &value, &err), BFABRIC_BAD_CALL, err,
		"control character");
}

static void test_git_hosts(void **state)
{
	BF_AUTO_GIT_HOSTS struct bf_git_hosts hosts = {0};
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	(void)state;
	assert_int_equal(bf_url_parse("https://h.org:8443/bfabric", &env.url, &err), BFABRIC_OK);
	env.hosts = calloc(1, sizeof(char *));
	assert_non_null(env.hosts);
	env.hosts[0] = strdup("files.h.org");
	env.host_count = 1;
	assert_int_equal(bf_git_hosts_of(&env, &hosts, &err), BFABRIC_OK);
	assert_int_equal(hosts.count, 2);
	assert_string_equal(hosts.keys[0], "credential.https://h.org:8443.helper");
	assert_string_equal(hosts.keys[1], "credential.https://files.h.org.helper");
	assert_string_equal(hosts.urls[1], "https://files.h.org");
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") > longest)
			longest = strcspn(text, "\n");
	return longest;
}

static void test_help_fits(void **state)
{
	static const struct bf_option options[] = {BF_ROW_ENVIRONMENT, BF_ROW_MIN_TTL, BF_ROW_END};
	static const struct bf_verb verb = {.name = "verb",
		.options = options,
		.text = "A text of many words that has to be wrapped somewhere before it reaches "
			"the "
			"right hand side of any terminal.\n\nAnother paragraph."};

	(void)state;
	for (unsigned width = 40; width <= 120; width += 20) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		bf_help_verb(&verb, width, &out);
		assert_true(longest_line(bf_secret_reveal(&out)) <= width);
		assert_non_null(strstr(bf_secret_reveal(&out), "--env, --config-env NAME"));
		assert_non_null(strstr(bf_secret_reveal(&out), "\n\nAnother paragraph.\n"));
	}
}

/* Rows of the QR code as text, and their width in characters. */
static void measure(const char *text, size_t *rows, size_t *columns)
{
	static const char colour[] = "\033[38;5;16;48;5;231m", end[] = "\033[0m\n";

	for (*rows = 0; *text; ++*rows) {
		const char *stop = NULL;

		assert_int_equal(strncmp(text, colour, sizeof(colour) - 1), 0);
		text += sizeof(colour) - 1;
		stop = strstr(text, end);
		assert_non_null(stop);
		for (*columns = 0; text < stop; ++*columns)
			text += *text == ' ' ? 1 : 3;
		text = stop + sizeof(end) - 1;
	}
}

static void test_qr_fits_or_is_left_out(void **state)
{
	static const char url[] =
		"https://h.org/bfabric/device?user_code=ABCD-EFGH"; /* version 3 */
	static const struct {
		unsigned columns, rows, wide, high;
	} cases[] = {{200, 100, 29 + 8, 19}, {37, 100, 29 + 8, 19}, {36, 100, 29 + 6, 18},
		{33, 17, 29 + 4, 17}, {32, 100, 0, 0}, {100, 16, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
		size_t rows = 0, columns = 0;

		assert_int_equal(
			bf_qr_put(url, BF_QR_COLOURS, cases[i].columns, cases[i].rows, &out),
			cases[i].wide > 0);
		measure(bf_secret_reveal(&out), &rows, &columns);
		assert_int_equal(rows, cases[i].high);
		assert_int_equal(columns, cases[i].wide);
	}
}

/* Without colours it is the same picture, drawn by what is light. */
static void test_qr_without_colours(void **state)
{
	static const char *const blocks[] = {" ", "\u2580", "\u2584", "\u2588"};
	BF_AUTO_SECRET struct bf_secret coloured = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret plain = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret wanted = BF_SECRET_INIT;

	(void)state;
	assert_true(bf_qr_put("https://h.org/d?user_code=A", BF_QR_COLOURS, 80, 40, &coloured));
	assert_true(bf_qr_put("https://h.org/d?user_code=A", BF_QR_PLAIN, 80, 40, &plain));
	for (const char *at = bf_secret_reveal(&coloured); *at;) {
		size_t i = 0;

		while (i < 4 && strncmp(at, blocks[i], strlen(blocks[i])) != 0)
			i++;
		if (i < 4)
			bf_secret_puts(&wanted, blocks[3 - i]);
		else if (*at == '\n')
			bf_secret_putc(&wanted, '\n');
		else
			assert_int_equal(*at, '\033');
		at = i < 4 ? at + strlen(blocks[i]) : *at == '\n' ? at + 1 : strchr(at, 'm') + 1;
	}
	assert_string_equal(bf_secret_reveal(&plain), bf_secret_reveal(&wanted));
}

static void test_verdicts(void **state)
{
	static const struct {
		enum bfabric_token_state state;
		enum bfabric_auth_method method;
		bool can_refresh, login_required;
		enum bfabric_status verdict;
	} cases[] = {
		{BFABRIC_TOKEN_FRESH, BFABRIC_AUTH_OAUTH, false, true, BFABRIC_OK},
		{BFABRIC_TOKEN_STALE, BFABRIC_AUTH_OAUTH, false, false, BFABRIC_OK},
		{BFABRIC_TOKEN_STATIC, BFABRIC_AUTH_PAT, false, false, BFABRIC_OK},
		{BFABRIC_TOKEN_NONE, BFABRIC_AUTH_OAUTH, false, false, BFABRIC_NOT_LOGGED_IN},
		{BFABRIC_TOKEN_NONE, BFABRIC_AUTH_NONE, false, false, BFABRIC_NOT_LOGGED_IN},
		{BFABRIC_TOKEN_NONE, BFABRIC_AUTH_CLIENT_CREDENTIALS, true, false, BFABRIC_OK},
		{BFABRIC_TOKEN_NONE, BFABRIC_AUTH_CLIENT_CREDENTIALS, false, false,
			BFABRIC_NOT_LOGGED_IN},
		{BFABRIC_TOKEN_EXPIRED, BFABRIC_AUTH_OAUTH, true, false, BFABRIC_OK},
		{BFABRIC_TOKEN_EXPIRED, BFABRIC_AUTH_OAUTH, false, false, BFABRIC_LOGIN_REQUIRED},
		{BFABRIC_TOKEN_EXPIRED, BFABRIC_AUTH_OAUTH, true, true, BFABRIC_LOGIN_REQUIRED},
		{BFABRIC_TOKEN_REJECTED, BFABRIC_AUTH_OAUTH, true, false, BFABRIC_OK},
		{BFABRIC_TOKEN_REJECTED, BFABRIC_AUTH_OAUTH, false, false, BFABRIC_LOGIN_REQUIRED},
	};
	char url[] = "https://h.org", name[] = "E";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bfabric_session_status status = {.base_url = url,
			.environment = name,
			.token_state = cases[i].state,
			.method = cases[i].method,
			.can_refresh = cases[i].can_refresh,
			.login_required = cases[i].login_required};

		assert_int_equal(bf_status_verdict(&status, &err), cases[i].verdict);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_no_instances),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_missing_scope),
		cmocka_unit_test(test_helper_value),
		cmocka_unit_test(test_git_hosts),
		cmocka_unit_test(test_help_fits),
		cmocka_unit_test(test_qr_fits_or_is_left_out),
		cmocka_unit_test(test_qr_without_colours),
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
