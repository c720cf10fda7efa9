/*
 * Where the files lie: bfabricPy must compute the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libbfabric/local/paths.h"

static void expect_stem(
	const char *url, const char *client, const char *environment, const char *stem)
{
	char *path = NULL;
	char expected[128];
	struct bfabric_error err = {0};

	setenv("HOME", "/home/of-alice", 1);
	if (bfabric_token_cache_path(url, client, environment, &path, &err) != BFABRIC_OK)
		fail_msg("%s: %s", url, err.text);
	snprintf(expected, sizeof(expected), "/home/of-alice/.bfabric/tokens/%s.json", stem);
	assert_string_equal(path, expected);
	free(path);
}

static void test_known_stems(void **state)
{
	(void)state; /* none */
	expect_stem("https://fgcz-bfabric.uzh.ch/bfabric", "CLI", "fgcz-prod", "d72d610e1973ac66");
	expect_stem("https://fgcz-bfabric-test.uzh.ch/bfabric", "CLI", "PRODUCTION",
		"e7618bb2d42ee672");
}

static void test_equivalent_urls_have_one_stem(void **state)
{
	static const char *const same[] = {"https://fgcz-bfabric.uzh.ch/bfabric/",
		"https://fgcz-bfabric.uzh.ch/bfabric//", "HTTPS://FGCZ-bfabric.UZH.ch/bfabric",
		"https://fgcz-bfabric.uzh.ch:443/bfabric"};

	(void)state; /* none */
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		expect_stem(same[i], "CLI", "fgcz-prod", "d72d610e1973ac66");
}

static void stem_of(const char *url, const char *client, const char *environment, char ret[17])
{
	char *path = NULL;

	assert_int_equal(
		bfabric_token_cache_path(url, client, environment, &path, NULL), BFABRIC_OK);
	snprintf(ret, 17, "%s", strrchr(path, '/') + 1);
	free(path);
}

/* The parts are told apart: no two of them can be shifted into each other. */
static void test_different_things_have_different_stems(void **state)
{
	static const char *const cases[][3] = {{"https://a.example/b", "CLI", "X"},
		{"https://a.example/B", "CLI", "X"}, {"https://a.example/b", "cli", "X"},
		{"https://a.example/b", "CLI", "x"}, {"https://a.example/b", "CLIX", ""},
		{"https://a.example:8443/b", "CLI", "X"}, {"https://a.example", "CLI", "X"},
		{"https://a.example/b", "CLI", "\xc3\x84"}};
	enum { COUNT = sizeof(cases) / sizeof(*cases) };
	char stems[COUNT][17];

	(void)state; /* none */
	for (size_t i = 0; i < COUNT; i++) {
		stem_of(cases[i][0], cases[i][1], cases[i][2], stems[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(stems[i], stems[k]);
	}
}

static void test_bad_url(void **state)
{
	char *path = NULL;
	struct bfabric_error err = {0};

	(void)state; /* none */
	assert_int_equal(
		bfabric_token_cache_path("ftp://x", "CLI", "E", &path, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bfabric_token_cache_path(NULL, "CLI", "E", &path, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bfabric_token_cache_path("https://h.example", NULL, "E", &path, &err),
		BFABRIC_BAD_CALL);
	assert_int_equal(bfabric_token_cache_path("https://h.example", "CLI", NULL, &path, &err),
		BFABRIC_BAD_CALL);
	assert_null(path);
	assert_true(*err.text);
}

/* ---- all the names --------------------------------------------------------------------------- */

static void init(const char *url_text, bool with_runtime, struct bf_paths *ret)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	assert_int_equal(bf_url_parse(url_text, &url, NULL), BFABRIC_OK);
	assert_int_equal(
		bf_paths_init(&url, "CLI", "fgcz-prod", with_runtime, ret, NULL), BFABRIC_OK);
}

static void test_names(void **state)
{
	BF_AUTO_PATHS struct bf_paths p = BF_PATHS_INIT;

	(void)state; /* none */
	setenv("HOME", "/h/", 1);
	init("https://fgcz-bfabric.uzh.ch/bfabric", false, &p);
	assert_string_equal(p.home, "/h");
	assert_string_equal(p.dir, "/h/.bfabric/tokens");
	assert_string_equal(p.cache, "/h/.bfabric/tokens/d72d610e1973ac66.json");
	assert_string_equal(p.record, "/h/.bfabric/tokens/d72d610e1973ac66.session");
	assert_string_equal(p.rejected, "/h/.bfabric/tokens/d72d610e1973ac66.rejected");
	assert_string_equal(p.lock, "/h/.bfabric/tokens/d72d610e1973ac66.json.lock");
	assert_string_equal(p.rescued, "/h/.bfabric/tokens/d72d610e1973ac66.rescued");
	assert_null(p.cache_port);
	assert_null(p.runtime_lock);
	assert_null(p.runtime_rescue);
}

/* bfabricPy 1.21 keeps an explicit :443 when it logs in: SHA-256 of that spelling. */
static void test_the_other_spelling_of_a_default_port(void **state)
{
	BF_AUTO_PATHS struct bf_paths p = BF_PATHS_INIT;
	BF_AUTO_PATHS struct bf_paths other = BF_PATHS_INIT;

	(void)state; /* none */
	setenv("HOME", "/h", 1);
	init("https://fgcz-bfabric.uzh.ch:443/bfabric", false, &p);
	assert_string_equal(p.cache, "/h/.bfabric/tokens/d72d610e1973ac66.json");
	assert_string_equal(p.cache_port, "/h/.bfabric/tokens/955f648e1cec5d5a.json");
	init("https://fgcz-bfabric.uzh.ch:8443/bfabric", false, &other);
	assert_null(other.cache_port);
}

/* The password database decides; an account without an entry there (a container's) has no home. */
static void check_home_of_the_account(void)
{
	BF_AUTO_PATHS struct bf_paths p = BF_PATHS_INIT;
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	const struct passwd *account = getpwuid(geteuid());
	struct bfabric_error err = {0};

	assert_int_equal(bf_url_parse("https://a.example", &url, NULL), BFABRIC_OK);
	if (account) {
		assert_int_equal(bf_paths_init(&url, "CLI", "E", /* runtime= */ false, &p, &err),
			BFABRIC_OK);
		assert_int_equal(p.home[0], '/');
	} else {
		assert_int_equal(bf_paths_init(&url, "CLI", "E", /* runtime= */ false, &p, &err),
			BFABRIC_SYSTEM);
		assert_non_null(strstr(err.text, "set HOME"));
	}
}

static void test_homes(void **state)
{
	BF_AUTO_PATHS struct bf_paths p = BF_PATHS_INIT;

	(void)state; /* none */
	setenv("HOME", "/h///", 1);
	init("https://a.example", false, &p);
	assert_string_equal(p.home, "/h");
	bf_paths_release(&p);
	setenv("HOME", "relative", 1);
	check_home_of_the_account();
	unsetenv("HOME");
	check_home_of_the_account();
	setenv("HOME", "/", 1);
	init("https://a.example", false, &p);
	assert_non_null(strstr(p.dir, "/.bfabric/tokens"));
}

static void test_runtime_folder(void **state)
{
	BF_AUTO_PATHS struct bf_paths p = BF_PATHS_INIT;
	char dir[] = "/tmp/bf-paths-XXXXXX", ours[64];
	struct stat st;

	(void)state; /* none */
	setenv("HOME", "/h", 1);
	assert_non_null(mkdtemp(dir));
	snprintf(ours, sizeof(ours), "%s/bfabric", dir);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	init("https://a.example", true, &p);
	assert_memory_equal(p.runtime_lock, ours, strlen(ours));
	assert_memory_equal(p.runtime_rescue, ours, strlen(ours));
	assert_int_equal(stat(ours, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	bf_paths_release(&p);
	assert_int_equal(chmod(dir, 0777), 0); /* anybody's */
	init("https://a.example", true, &p);
	assert_null(p.runtime_lock);
	assert_int_equal(rmdir(ours), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_stems),
		cmocka_unit_test(test_equivalent_urls_have_one_stem),
		cmocka_unit_test(test_different_things_have_different_stems),
		cmocka_unit_test(test_bad_url),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_the_other_spelling_of_a_default_port),
		cmocka_unit_test(test_homes),
		cmocka_unit_test(test_runtime_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
