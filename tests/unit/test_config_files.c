/* The files that a configuration is read from: where they lie, whose they are, who may write them.
 */
#include "unit.h"

#include "libbfabric/local/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENVIRONMENT(name) name ": {base_url: 'https://a.example.org/bfabric', pat: abc}\n"
#define NOBODY            65534

static struct bfabric_error err;

static int setup(void **state)
{
	int result = scratch_setup(state);

	setenv("HOME", scratch(""), 1);
	setenv("BFABRIC_SITE_CONFIG", "", 1);
	unsetenv("BFABRICPY_CONFIG_ENV");
	unsetenv("BFABRICPY_CONFIG_OVERRIDE");
	return result;
}

#define in_home(f) cmocka_unit_test_setup_teardown(f, setup, scratch_teardown)

static enum bfabric_status load_and_select(
	const char *file, const char *name, struct bf_environment *ret)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	enum bfabric_status status = bf_config_load(file, &config, &err);

	return status == BFABRIC_OK ? bf_config_select(config, name, NULL, ret, &err) : status;
}

static void test_default_place(void **state)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	(void)state;
	scratch_file(".bfabricpy.yml", ENVIRONMENT("A"), 0600);
	assert_int_equal(load_and_select(NULL, "A", &env), BFABRIC_OK);
	assert_string_equal(env.file, scratch(".bfabricpy.yml"));
	assert_false(env.readable_by_others);
}

static void test_tilde(void **state)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	(void)state;
	scratch_file("x.yml", ENVIRONMENT("A"), 0600);
	assert_int_equal(load_and_select("~/x.yml", "A", &env), BFABRIC_OK);
	assert_string_equal(env.file, scratch("x.yml"));
}

static void test_missing(void **state)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_environment env;
	struct bf_host_request request = {.protocol = "https", .host = "a.example.org"};
	bool matched = true;

	(void)state;
	assert_int_equal(bf_config_load(NULL, &config, &err), BFABRIC_OK);
	assert_int_equal(bf_config_count(config), 0);
	assert_null(bf_config_default(config));
	assert_fails(bf_config_select(config, NULL, NULL, &env, &err), BFABRIC_NOT_LOGGED_IN, err,
		".bfabricpy.yml does not exist");
	assert_fails(bf_config_select(config, "A", NULL, &env, &err), BFABRIC_NOT_LOGGED_IN, err,
		"log in");
	assert_int_equal(bf_config_match(config, &request, &matched, &env, &err), BFABRIC_OK);
	assert_false(matched);
	assert_string_equal(err.text, "");
}

static void test_others_may_read(void **state)
{
	BF_AUTO_ENVIRONMENT struct bf_environment secret = {0}, open = {0};

	(void)state;
	scratch_file(
		"x.yml", ENVIRONMENT("A") "B: {base_url: 'https://a.example.org/bfabric'}\n", 0644);
	assert_int_equal(load_and_select(scratch("x.yml"), "A", &secret), BFABRIC_OK);
	assert_true(secret.readable_by_others);
	assert_int_equal(load_and_select(scratch("x.yml"), "B", &open), BFABRIC_OK);
	assert_false(open.readable_by_others);
}

static void test_others_may_write(void **state)
{
	struct bf_environment env;

	(void)state;
	scratch_file("x.yml", ENVIRONMENT("A"), 0620);
	assert_fails(load_and_select(scratch("x.yml"), "A", &env), BFABRIC_SYSTEM, err, "x.yml");
	scratch_file("y.yml", ENVIRONMENT("A"), 0602);
	assert_fails(load_and_select(scratch("y.yml"), "A", &env), BFABRIC_SYSTEM, err, "y.yml");
}

static void test_symbolic_link(void **state)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_environment none;

	(void)state;
	scratch_file("real.yml", ENVIRONMENT("A"), 0600);
	assert_int_equal(symlink(scratch("real.yml"), scratch("link.yml")), 0);
	assert_int_equal(load_and_select(scratch("link.yml"), "A", &env), BFABRIC_OK);
	assert_int_equal(symlink(scratch("loop.yml"), scratch("loop.yml")), 0);
	assert_fails(
		load_and_select(scratch("loop.yml"), "A", &none), BFABRIC_SYSTEM, err, "loop.yml");
}

static void test_no_file(void **state)
{
	struct bf_environment env;

	(void)state;
	assert_int_equal(mkdir(scratch("folder"), 0700), 0);
	assert_fails(load_and_select(scratch("folder"), "A", &env), BFABRIC_SYSTEM, err, "folder");
	assert_int_equal(mkfifo(scratch("fifo"), 0600), 0);
	assert_fails(load_and_select(scratch("fifo"), "A", &env), BFABRIC_SYSTEM, err, "fifo");
}

static void test_too_large(void **state)
{
	struct bf_environment env;
	size_t size = (1 << 20) + 1;
	char *content = malloc(size + 1);

	(void)state;
	assert_non_null(content);
	memset(content, '#', size);
	content[size] = '\0';
	scratch_file("big.yml", content, 0600);
	free(content);
	assert_fails(
		load_and_select(scratch("big.yml"), "A", &env), BFABRIC_BAD_CONFIG, err, "big.yml");
}

static void test_thousand_environments(void **state)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_host_request request = {.protocol = "https", .host = "h999.example.org"};
	bool matched = false;
	FILE *out = fopen(scratch("many.yml"), "we");

	(void)state;
	assert_non_null(out);
	for (int i = 0; i < 1000; i++)
		fprintf(out, "E%d: {base_url: 'https://h%d.example.org/bfabric', pat: p%d}\n", i, i,
			i);
	fclose(out);
	assert_int_equal(chmod(scratch("many.yml"), 0600), 0);
	assert_int_equal(bf_config_load(scratch("many.yml"), &config, &err), BFABRIC_OK);
	assert_int_equal(bf_config_count(config), 1000);
	assert_string_equal(bf_config_name(config, 500), "E500");
	assert_int_equal(bf_config_match(config, &request, &matched, &env, &err), BFABRIC_OK);
	assert_true(matched);
	assert_string_equal(env.name, "E999");
}

static int read_foreign(void *file)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;

	CHECK(bf_config_load(file, &config, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, file));
	return 0;
}

static void test_foreign_owner(void **state)
{
	int result;

	(void)state;
	if (geteuid() != 0)
		LEAVE_BECAUSE("needs root");
	scratch_file("x.yml", ENVIRONMENT("A"), 0644);
	result = unprivileged(read_foreign, (void *)(uintptr_t)scratch("x.yml"));
	assert_int_equal(result, 0);
	/* sudo with the user's HOME: the file is the user's, and we are root */
	assert_int_equal(chown(scratch("x.yml"), NOBODY, NOBODY), 0);
	assert_int_equal(read_foreign((void *)(uintptr_t)scratch("x.yml")), 0);
}

static int read_site(void *user_file)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;

	CHECK(bf_config_load(user_file, &config, &err) == BFABRIC_OK);
	CHECK(bf_config_count(config) == 1);
	CHECK(bf_config_source(config, 0) == BF_FROM_SITE);
	return 0;
}

static int refuse_site(void *user_file)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;

	CHECK(bf_config_load(user_file, &config, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "site.yml"));
	return 0;
}

/* One that is ours will do; one that is root's will do for everybody; one of a third party not. */
static void test_site_file(void **state)
{
	char none[] = "/nonexistent/user.yml";
	int result;

	(void)state;
	scratch_file("site.yml", ENVIRONMENT("S"), 0644);
	setenv("BFABRIC_SITE_CONFIG", scratch("site.yml"), 1);
	assert_int_equal(read_site(none), 0);
	assert_int_equal(chmod(scratch("site.yml"), 0666), 0);
	assert_int_equal(refuse_site(none), 0);
	assert_int_equal(chmod(scratch("site.yml"), 0644), 0);
	if (geteuid() != 0)
		LEAVE_BECAUSE("needs root");
	result = unprivileged(read_site, none);
	assert_int_equal(result, 0);
	assert_int_equal(chown(scratch("site.yml"), NOBODY, NOBODY), 0);
	assert_int_equal(unprivileged(read_site, none), 0);
	assert_int_equal(refuse_site(none), 0);
}

static void test_every_allocation(void **state)
{
	(void)state;
	scratch_file("x.yml",
		"GENERAL: {default_config: A}\n"
		"A: {base_url: 'https://a.example.org/bfabric', auth_method: client_credentials,\n"
		"  client_id: c, scope: s, libbfabric: {hosts: [b.example.org, c.example.org],\n"
		"  ca_file: ~/ca.pem, proxy: 'http://p:1', client_secret_file: /s}}\n"
		"B: {base_url: 'https://a.example.org/bfabric', login: l,\n"
		"  password: 0123456789abcdef0123456789abcdef}\n",
		0600);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_CONFIG struct bf_config *config = NULL;
		BF_AUTO_ENVIRONMENT struct bf_environment a = {0}, b = {0}, m = {0};
		struct bf_host_request request = {.protocol = "https", .host = "c.example.org"};
		bool matched = false, failed;
		enum bfabric_status status = bf_config_load(NULL, &config, &err);

		bf_config_free(config);
		config = NULL;
		status = bf_config_load(scratch("x.yml"), &config, &err);
		if (status == BFABRIC_OK)
			status = bf_config_select(config, NULL, NULL, &a, &err);
		if (status == BFABRIC_OK)
			status = bf_config_select(config, "B", NULL, &b, &err);
		if (status == BFABRIC_OK)
			status = bf_config_match(config, &request, &matched, &m, &err);
		failed = fault_disarm();
		if (status != BFABRIC_OK)
			assert_int_equal(status, BFABRIC_NO_MEMORY);
		if (!failed) {
			assert_int_equal(status, BFABRIC_OK);
			assert_true(matched);
		}
	}
}

static void test_every_allocation_of_the_override(void **state)
{
	(void)state;
	setenv("BFABRICPY_CONFIG_OVERRIDE",
		"{\"client\": {\"base_url\": \"https://a.example.org/bfabric\"}, \"auth\": "
		"{\"login\": \"__oauth__\", \"password\": \"p\"}, \"auth_method\": \"pat\"}",
		1);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_CONFIG struct bf_config *config = NULL;
		BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
		enum bfabric_status status = bf_config_load(NULL, &config, &err);

		if (status == BFABRIC_OK)
			status = bf_config_select(config, NULL, NULL, &env, &err);
		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_home(test_default_place),
		in_home(test_tilde),
		in_home(test_missing),
		in_home(test_others_may_read),
		in_home(test_others_may_write),
		in_home(test_symbolic_link),
		in_home(test_no_file),
		in_home(test_too_large),
		in_home(test_thousand_environments),
		in_home(test_foreign_owner),
		in_home(test_site_file),
		in_home(test_every_allocation),
		in_home(test_every_allocation_of_the_override),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
