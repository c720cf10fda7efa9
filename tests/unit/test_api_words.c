/*
 * What a server's sentences mean, how several become one line, which name was meant.
 */
#include "unit.h"
#include "libbfabric/api.h"

#include <stdio.h>

static void test_judge(void **state)
{
	static const struct {
		const char *words;
		enum bf_api_verdict verdict;
	} cases[] = {
		{NULL, BF_API_TAKEN},
		{"", BF_API_TAKEN},
		{" \n", BF_API_TAKEN},
		{"Invalid login or password. Could not login.", BF_API_BAD_LOGIN},
		{"\n  invalid login or password", BF_API_BAD_LOGIN},
		{"Token expired", BF_API_BAD_LOGIN},
		{"Insufficient scope. Required: api:write", BF_API_SCOPE},
		{"Invalid login: only admins, application managers and feeders can use this web "
		 "service. alice",
			BF_API_NOT_ALLOWED},
		{"There is no workunit with id 5!", BF_API_REFUSED},
		{"The name 'Insufficient scope' is taken", BF_API_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(bf_api_judge(cases[i].words), cases[i].verdict);
}

static void test_one_line(void **state)
{
	struct bf_api_words words = {0};

	(void)state;
	bf_api_words_add(&words, "  first\n\tline \r\n");
	bf_api_words_add(&words, "second\x1b[31m");
	assert_string_equal(bf_api_words_end(&words), "first line; second?[31m");
	words = (struct bf_api_words){0};
	assert_string_equal(bf_api_words_end(&words), "");
}

/* Whatever comes, the text fits and every sentence is shown or counted. */
static void test_many(void **state)
{
	(void)state;
	for (size_t len = 0; len < 1200; len += 7) {
		struct bf_api_words words = {0};
		char sentence[1300];
		char end[40];
		const char *text;
		size_t shown = 1;

		memset(sentence, 'x', len);
		memcpy(sentence + len, "y", 2);
		for (int i = 0; i < 50; i++)
			bf_api_words_add(&words, sentence);
		text = bf_api_words_end(&words);
		assert_true(strlen(text) < sizeof(words.text));
		for (const char *at = text; (at = strstr(at, "; x")); at += 3)
			shown++;
		if (len == 0)
			continue;
		snprintf(end, sizeof(end), "; and %zu more", 50 - shown);
		assert_non_null(strstr(text, end));
		assert_int_equal(strncmp(text, "xxxxxxx", 7), 0);
	}
}

static void test_cut_at_a_character(void **state)
{
	struct bf_api_words words = {0};
	char sentence[1300] = "";

	(void)state;
	for (int i = 0; i < 400; i++)
		strcat(sentence, "\xc3\xa4");
	bf_api_words_add(&words, sentence);
	assert_null(strchr(words.text, '?'));
	assert_string_equal(words.text + strlen(words.text) - 3, "...");
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *meant(const char *name)
{
	struct bf_api_nearest nearest = {.name = name};

	for (const char *const *known = bf_api_known_endpoints; *known; known++)
		bf_api_nearest_try(&nearest, *known);
	return nearest.best ? nearest.best : "";
}

static void test_nearest(void **state)
{
	char longest[200];

	(void)state;
	assert_string_equal(meant("smaple"), "sample");
	assert_string_equal(meant("Sample"), "sample");
	assert_string_equal(meant("samples"), "sample");
	assert_string_equal(meant("workunt"), "workunit");
	assert_string_equal(meant("work_unit"), "workunit");
	assert_string_equal(meant("externalJob"), "externaljob");
	assert_string_equal(meant("banana"), "");
	assert_string_equal(meant("x"), "");
	assert_string_equal(meant(""), "");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_string_equal(meant(longest), "");
}

/* Known distances, through the first that is taken. */
static void test_distance(void **state)
{
	struct bf_api_nearest nearest = {.name = "containerid"};

	(void)state;
	bf_api_nearest_try(&nearest, "conatinerid");
	assert_int_equal(nearest.distance, 1);
	bf_api_nearest_try(&nearest, "container_id");
	assert_string_equal(nearest.best, "conatinerid"); /* not nearer */
	bf_api_nearest_try(&nearest, "CONTAINERID");
	assert_int_equal(nearest.distance, 0);
	nearest = (struct bf_api_nearest){.name = "abcdefgh"};
	bf_api_nearest_try(&nearest, "bcdefghi");
	assert_int_equal(nearest.distance, 2);
	nearest = (struct bf_api_nearest){.name = "abcdefgh"};
	bf_api_nearest_try(&nearest, "abxdexgx");
	assert_int_equal(nearest.distance, 3);
	nearest = (struct bf_api_nearest){.name = "abcdefgh"};
	bf_api_nearest_try(&nearest, "abxdexxx");
	assert_null(nearest.best);
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static void test_http(void **state)
{
	static const struct {
		long http;
		int64_t retry_after;
		enum bfabric_status status;
		const char *says;
	} cases[] = {
		{302, -1, BFABRIC_BAD_REPLY, "redirection (HTTP 302)"},
		{400, -1, BFABRIC_BAD_REPLY, "HTTP 400"},
		{403, -1, BFABRIC_FORBIDDEN, "HTTP 403"},
		{404, -1, BFABRIC_RETRY_LATER, "restarted"},
		{408, -1, BFABRIC_RETRY_LATER, "HTTP 408"},
		{413, -1, BFABRIC_BAD_REPLY, "HTTP 413"},
		{429, 7, BFABRIC_RETRY_LATER, "in 7 s"},
		{500, -1, BFABRIC_RETRY_LATER, "HTTP 500"},
		{503, 120, BFABRIC_RETRY_LATER, "in 120 s"},
		{503, -1, BFABRIC_RETRY_LATER, "try again later"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bf_reply reply = {
			.status = cases[i].http, .retry_after = cases[i].retry_after};
		struct bfabric_error err = {0};

		assert_fails(bf_api_fail_http("https://x.test/sample", &reply, &err),
			cases[i].status, err, cases[i].says);
		assert_non_null(strstr(err.text, "https://x.test/sample"));
	}
}

/* ---- scope and login ------------------------------------------------------------------------- */

static const char *scope_text(
	enum bfabric_auth_method method, const char *scope, bool in_memory, bool writes)
{
	static struct bfabric_error err;
	char name[] = "PROD", client[] = "CLI", copy[80];
	struct bf_environment env = {.name = name, .client_id = client, .method = method};

	snprintf(copy, sizeof(copy), "%s", scope ? scope : "");
	env.scope = scope ? copy : NULL;
	assert_int_equal(bf_api_fail_scope(&env, in_memory, writes, "Insufficient scope", &err),
		BFABRIC_FORBIDDEN);
	return err.text;
}

static void test_scope(void **state)
{
	(void)state;
	assert_string_equal(scope_text(BFABRIC_AUTH_OAUTH, "api:read", false, true),
		"the login of PROD lacks the scope api:write (Insufficient scope); run: bfabric "
		"login --env PROD --scope \"api:read api:write\"");
	assert_non_null(strstr(scope_text(BFABRIC_AUTH_OAUTH, NULL, false, false),
		"bfabric login --env PROD --scope \"api:read\""));
	assert_non_null(strstr(scope_text(BFABRIC_AUTH_CLIENT_CREDENTIALS, "tus", false, true),
		"bfabric auth service-account --env PROD --scope \"tus api:write\""));
	assert_non_null(strstr(scope_text(BFABRIC_AUTH_PAT, NULL, false, true),
		"then run: bfabric auth pat --env PROD"));
	assert_non_null(strstr(scope_text(BFABRIC_AUTH_OAUTH, "openid api:write", false, true),
		"it was asked for: have it added to client CLI"));
	/* a word is not a part of one */
	assert_non_null(strstr(scope_text(BFABRIC_AUTH_OAUTH, "api:writer xapi:write", false, true),
		"run: bfabric login"));
	assert_null(strstr(scope_text(BFABRIC_AUTH_OAUTH, "api:read", true, true), "--env"));
	assert_null(strstr(scope_text(BFABRIC_AUTH_PASSWORD, NULL, false, true), "run:"));
}

static void test_login(void **state)
{
	char name[] = "PROD", file[] = "/home/u/.bfabricpy.yml";
	struct bf_environment env = {.name = name, .file = file, .method = BFABRIC_AUTH_OAUTH};
	struct bfabric_error err = {0};

	(void)state;
	assert_fails(bf_api_fail_login(&env, "Invalid login", &err), BFABRIC_LOGIN_REQUIRED, err,
		"token of environment PROD (Invalid login)");
	env.method = BFABRIC_AUTH_PASSWORD;
	assert_fails(bf_api_fail_login(&env, "Invalid login", &err), BFABRIC_DENIED, err,
		"correct them in /home/u/.bfabricpy.yml");
}

/* Whatever of a secret can be told from any other word. */
static void test_hide(void **state)
{
	static const char secret[] = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"", ""},
		{"No.", "No."},
		{"<eyJhbGciOiJSUzI1NiJ9.e30.c2ln>", "<***>"},
		{"eyJhbGciOiJSUzI1NiJ9.e30.c2lneyJhbGciOiJSUzI1NiJ9.e30.c2ln", "******"},
		{"the token eyJhbGciOiJSU", "the token ***"},
		{"eyJhbGci", "***"},
		{"eyJhbGc", "eyJhbGc"},
		{"eyeyJhbGciOx", "ey***x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		bf_api_hide(text, secret);
		assert_string_equal(text, cases[i].shown);
		snprintf(text, sizeof(text), "%s", cases[i].text);
		bf_api_hide(text, "");
		bf_api_hide(text, NULL);
		bf_api_hide(text, "short");
		assert_string_equal(text, cases[i].text);
	}
	bf_api_hide(NULL, secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_cut_at_a_character),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_hide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
