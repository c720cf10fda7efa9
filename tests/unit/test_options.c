#include "unit.h"

#include "helper/nearest.h"
#include "helper/options.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static struct bfabric_error err;

static const struct bf_option options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_MIN_TTL,
	{.name = "format",
		.kind = BF_OPTION_CHOICE,
		.member = BF_MEMBER(format),
		.argument = "FORM",
		.choices = "plain|header|json"},
	{.name = "set-default",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(set_default),
		.value = 1},
	{.name = "no-set-default",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(set_default),
		.value = 2},
	BF_ROW_STORE,
	BF_ROW_HELP,
	BF_ROW_END,
};

#define PARSE(call, ...)                                                                           \
	parse(call, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                 \
		(const char *[]){__VA_ARGS__, NULL})

/* argv's type is older than const. */
static enum bfabric_status parse(struct bf_command_line *call, int argc, const char *const argv[])
{
	*call = (struct bf_command_line)BF_COMMAND_LINE_INIT;
	err = (struct bfabric_error){0};
	return bf_options_parse(options, 2, argc, (char *const *)(uintptr_t)argv, call, &err);
}

static void test_two_ways_to_give_a_value(void **state)
{
	static const char *const forms[][3] = {{"--env=A", NULL}, {"--env", "A", NULL},
		{"--config-env=A", NULL}, {"--config-env", "A", NULL}};
	struct bf_command_line call;

	(void)state;
	for (int i = 0; i < COUNT(forms); i++) {
		assert_int_equal(parse(&call, forms[i][1] ? 2 : 1, forms[i]), BFABRIC_OK);
		assert_string_equal(call.environment, "A");
	}
	assert_int_equal(PARSE(&call, "-f", "F"), BFABRIC_OK);
	assert_string_equal(call.config_file, "F");
	assert_int_equal(PARSE(&call, "-fF"), BFABRIC_OK);
	assert_string_equal(call.config_file, "F");
	assert_int_equal(PARSE(&call, "--config-file=a=b"), BFABRIC_OK);
	assert_string_equal(call.config_file, "a=b");
	assert_int_equal(PARSE(&call, "--env", "--format"), BFABRIC_OK); /* a value all the same */
	assert_string_equal(call.environment, "--format");
}

static void test_kinds(void **state)
{
	struct bf_command_line call;

	(void)state;
	assert_int_equal(PARSE(&call, "get"), BFABRIC_OK);
	assert_int_equal(call.min_ttl, -1);
	assert_int_equal(PARSE(&call, "--min-ttl=0"), BFABRIC_OK);
	assert_int_equal(call.min_ttl, 0);
	assert_int_equal(PARSE(&call, "--min-ttl", "86400"), BFABRIC_OK);
	assert_int_equal(call.min_ttl, 86400);
	assert_int_equal(PARSE(&call, "--format", "json"), BFABRIC_OK);
	assert_int_equal(call.format, 2);
	assert_int_equal(PARSE(&call, "--set-default", "--no-set-default"), BFABRIC_OK);
	assert_int_equal(call.set_default, 2);
}

static void test_arguments(void **state)
{
	struct bf_command_line call;

	(void)state;
	assert_int_equal(PARSE(&call, "a", "--format=json", "b"), BFABRIC_OK);
	assert_int_equal(call.argument_count, 2);
	assert_string_equal(call.arguments[1], "b");
	assert_int_equal(PARSE(&call, "--", "--env", "-"), BFABRIC_OK);
	assert_string_equal(call.arguments[0], "--env");
	assert_string_equal(call.arguments[1], "-");
	assert_fails(PARSE(&call, "a", "b", "c"), BFABRIC_BAD_CALL, err, "\"c\"");
}

static void test_refuses(void **state)
{
	struct bf_command_line call;

	(void)state;
	assert_fails(PARSE(&call, "--env"), BFABRIC_BAD_CALL, err, "--env needs a value: NAME");
	assert_fails(PARSE(&call, "--env="), BFABRIC_BAD_CALL, err, "not empty");
	assert_fails(PARSE(&call, "--min-ttl", "-1"), BFABRIC_BAD_CALL, err, "0 to 86400");
	assert_fails(PARSE(&call, "--min-ttl", "86401"), BFABRIC_BAD_CALL, err, "0 to 86400");
	assert_fails(PARSE(&call, "--min-ttl", "1e3"), BFABRIC_BAD_CALL, err, "whole seconds");
	assert_fails(PARSE(&call, "--min-ttl", "99999999999999999999"), BFABRIC_BAD_CALL, err,
		"whole seconds");
	assert_fails(PARSE(&call, "--format", "jso"), BFABRIC_BAD_CALL, err, "plain|header|json");
	assert_fails(PARSE(&call, "--format", "plain|header"), BFABRIC_BAD_CALL, err, "one of");
	assert_fails(PARSE(&call, "--set-default=yes"), BFABRIC_BAD_CALL, err, "takes no value");
	assert_fails(PARSE(&call, "-x"), BFABRIC_BAD_CALL, err, "-x");
	assert_fails(PARSE(&call, "-hf"), BFABRIC_BAD_CALL, err, "-hf");
	assert_fails(PARSE(&call, "--formt", "json"), BFABRIC_BAD_CALL, err, "mean --format");
	assert_fails(PARSE(&call, "--confgi-env=A"), BFABRIC_BAD_CALL, err, "mean --config-env");
	assert_fails(PARSE(&call, "--nothing-like-it"), BFABRIC_BAD_CALL, err, "see --help");
	assert_fails(PARSE(&call, "--e\nv"), BFABRIC_BAD_CALL, err, "--e?v");
}

static void test_a_store(void **state)
{
	struct bf_command_line call;

	(void)state;
	assert_int_equal(PARSE(&call, "a"), BFABRIC_OK);
	assert_null(call.store);
	assert_int_equal(PARSE(&call, "--store", "keyring"), BFABRIC_OK);
	assert_string_equal(call.store, "keyring");
	assert_int_equal(PARSE(&call, "--store=file"), BFABRIC_OK);
	assert_int_equal(PARSE(&call, "--store", "/usr/bin/a b"), BFABRIC_OK);
	assert_string_equal(call.store, "/usr/bin/a b");
	assert_fails(PARSE(&call, "--store"), BFABRIC_BAD_CALL, err, "keyring|file|PROGRAM");
	assert_fails(PARSE(&call, "--store="), BFABRIC_BAD_CALL, err, "--store takes keyring");
	assert_fails(PARSE(&call, "--store", "Keyring"), BFABRIC_BAD_CALL, err, "\"Keyring\"");
	assert_fails(PARSE(&call, "--store", "git-credential-store"), BFABRIC_BAD_CALL, err,
		"absolute path");
	assert_fails(PARSE(&call, "--store", "/usr/bin/"), BFABRIC_BAD_CALL, err, "--store: ");
	assert_fails(PARSE(&call, "--store", "/a\nb"), BFABRIC_BAD_CALL, err, "control character");
}

static void test_help_wins(void **state)
{
	struct bf_command_line call;

	(void)state;
	assert_int_equal(PARSE(&call, "--help", "--nonsense"), BFABRIC_OK);
	assert_int_equal(call.help, 1);
	assert_int_equal(PARSE(&call, "-h"), BFABRIC_OK);
	assert_int_equal(call.help, 1);
}

static const char *nearest(const char *wanted)
{
	static const char *const names[] = {
		"token", "auth status", "auth device-code", "configure"};
	struct bf_nearest n = BF_NEAREST_INIT(wanted, strlen(wanted));

	bf_nearest_try(&n, NULL);
	for (int i = 0; i < COUNT(names); i++)
		bf_nearest_try(&n, names[i]);
	return n.best ? n.best : "";
}

static void test_nearest(void **state)
{
	static const char huge[] = "tokentokentokentokentokentokentokentokentokentokentoken";

	(void)state;
	assert_string_equal(nearest("tokne"), "token"); /* swapped neighbours are one edit */
	assert_string_equal(nearest("tokens"), "token");
	assert_string_equal(nearest("oken"), "token");
	assert_string_equal(nearest("auth statsu"), "auth status");
	assert_string_equal(nearest("configuer"), "configure");
	assert_string_equal(nearest(""), "");
	assert_string_equal(nearest("t"), "");
	assert_string_equal(nearest("tkns"), "");
	assert_string_equal(nearest(huge), "");
}

/* What is behind "--" is nobody's but the command's. */
static void test_a_command_behind_the_dashes(void **state)
{
	static char env[] = "--env", a[] = "A", dashes[] = "--", help[] = "--help";
	char *const argv[] = {env, a, dashes, help, dashes, NULL};
	char *const bare[] = {a, NULL};
	struct bf_command_line call = BF_COMMAND_LINE_INIT;

	(void)state;
	assert_int_equal(
		bf_options_parse(options, BF_ARGUMENTS_COMMAND, 5, argv, &call, &err), BFABRIC_OK);
	assert_string_equal(call.environment, "A");
	assert_false(call.help);
	assert_ptr_equal(call.command, argv + 3);
	assert_fails(bf_options_parse(options, BF_ARGUMENTS_COMMAND, 1, bare, &call, &err),
		BFABRIC_BAD_CALL, err, "behind --");
	call = (struct bf_command_line)BF_COMMAND_LINE_INIT;
	assert_int_equal(
		bf_options_parse(options, BF_ARGUMENTS_COMMAND, 3, argv, &call, &err), BFABRIC_OK);
	assert_ptr_equal(call.command, argv + 3);
	assert_int_equal(
		bf_options_parse(options, BF_ARGUMENTS_COMMAND, 2, argv, &call, &err), BFABRIC_OK);
}

/* As many as there are, between options and behind "--". */
static void test_many_arguments(void **state)
{
	static const char *const words[] = {
		"sample", "id", "1", "--env", "A", "id", "2", "name", "", "--", "-x", "--help"};
	static const char *const expected[] = {
		"sample", "id", "1", "id", "2", "name", "", "-x", "--help"};
	const char *many[COUNT(words)] = {NULL};
	struct bf_command_line call = BF_COMMAND_LINE_INIT;

	(void)state;
	call.many = many;
	assert_int_equal(bf_options_parse(options, BF_ARGUMENTS_MANY, COUNT(words),
				 (char *const *)(uintptr_t)words, &call, &err),
		BFABRIC_OK);
	assert_string_equal(call.environment, "A");
	assert_false(call.help);
	assert_int_equal(call.many_count, COUNT(expected));
	for (int i = 0; i < COUNT(expected); i++)
		assert_string_equal(many[i], expected[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_behind_the_dashes),
		cmocka_unit_test(test_many_arguments),
		cmocka_unit_test(test_two_ways_to_give_a_value),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_a_store),
		cmocka_unit_test(test_help_wins),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
