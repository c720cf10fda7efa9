/* The configuration of the PAM module and its arguments: what is understood, and what is trusted.
 */
#include "unit.h"

#include "pam_bfabric/pam_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST "base_url = https://h.example.org/bfabric/\nclient_id = CLI\n"

static struct bfabric_error err;
static char noted[512];

static void note(void *data, unsigned line, const char *name)
{
	size_t used = strlen(noted);

	(void)data; /* the text is enough */
	snprintf(noted + used, sizeof(noted) - used, "%u:%s;", line, name);
}

static enum bfabric_status parse(const char *text, struct bf_pam_conf *ret)
{
	noted[0] = '\0';
	err = (struct bfabric_error){0};
	return bf_pam_conf_parse("/etc/x.conf", text, strlen(text), note, NULL, ret, &err);
}

static void test_defaults(void **state)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	(void)state;
	assert_int_equal(parse(LEAST, &conf), BFABRIC_OK);
	assert_string_equal(conf.base_url, "https://h.example.org/bfabric");
	assert_string_equal(conf.client_id, "CLI");
	assert_null(conf.scope);
	assert_null(conf.services);
	assert_int_equal(conf.min_uid, 1000);
	assert_int_equal(conf.timeout, 90);
	assert_int_equal(conf.prompt, BF_PAM_PROMPT_AUTO);
	assert_int_equal(conf.qr, BF_PAM_QR_AUTO);
	assert_int_equal(conf.remote, BF_PAM_REMOTE_REFUSE);
	assert_false(conf.same_names || conf.revoke_on_close);
}

static void test_every_key(void **state)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	(void)state;
	assert_int_equal(
		parse("# all of them\n\n" LEAST "client_secret_file=/etc/s\n"
		      "\tscope = api:read api:write \nenv = LAB\nissuer=https://i.org\n"
		      "ca_file = /ca.pem\nproxy = http://p:3128\nservices = a  b\tc\n"
		      "claim = email\nmap_file = /m\nsame_names = yes\n"
		      "allowed_groups = g\nmin_uid = 2000\ntimeout = 600\nprompt = enter\n"
		      "qr = on\nremote = second-factor\nshared_accounts = ms1 ms2\n"
		      "revoke_on_close = yes\nnet_user = _b\nlibexec = /opt/x\nrun_dir = /run/x",
			&conf),
		BFABRIC_OK);
	assert_string_equal(noted, "");
	assert_string_equal(conf.client_secret_file, "/etc/s");
	assert_string_equal(conf.scope, "api:read api:write");
	assert_string_equal(conf.env, "LAB");
	assert_string_equal(conf.issuer, "https://i.org");
	assert_string_equal(conf.ca_file, "/ca.pem");
	assert_string_equal(conf.proxy, "http://p:3128");
	assert_string_equal(conf.services, "a  b\tc");
	assert_string_equal(conf.claim, "email");
	assert_string_equal(conf.map_file, "/m");
	assert_string_equal(conf.allowed_groups, "g");
	assert_string_equal(conf.shared_accounts, "ms1 ms2");
	assert_string_equal(conf.net_user, "_b");
	assert_string_equal(conf.libexec, "/opt/x");
	assert_string_equal(conf.run_dir, "/run/x");
	assert_int_equal(conf.min_uid, 2000);
	assert_int_equal(conf.timeout, 600);
	assert_int_equal(conf.prompt, BF_PAM_PROMPT_ENTER);
	assert_int_equal(conf.qr, BF_PAM_QR_ON);
	assert_int_equal(conf.remote, BF_PAM_REMOTE_SECOND_FACTOR);
	assert_true(conf.same_names && conf.revoke_on_close);
}

static void test_refusals(void **state)
{
	static const char *const cases[][2] = {
		{"client_id = CLI\n", "does not say base_url"},
		{"base_url = https://h.org\n", "does not say client_id"},
		{LEAST "nonsense\n", "line 3 is not: key = value"},
		{LEAST "env = a\nenv = b\n", "line 4: env is there for the second time"},
		{LEAST "env =  \n", "line 3: env has no value"},
		{LEAST "env = a\r\n", "line 3: only printable ASCII"},
		{LEAST "env = \xc3\xa4\n", "line 3: only printable ASCII"},
		{LEAST "timeout = 4\n", "timeout must be a number from 5 to 600"},
		{LEAST "timeout = 601\n", "timeout must be"},
		{LEAST "timeout = 99999999999999999999\n", "timeout must be"},
		{LEAST "timeout = -9\n", "timeout must be"},
		{LEAST "min_uid = 999\n", "min_uid must be a number from 1000"},
		{LEAST "same_names = true\n", "same_names must be yes or no"},
		{LEAST "qr = maybe\n", "qr must be auto, on or off"},
		{LEAST "prompt = \"auto\"\n", "prompt must be"},
		{LEAST "remote = yes\n", "remote must be"},
		{LEAST "ca_file = ca.pem\n", "ca_file must be an absolute path"},
		{"base_url = http://h.org\nclient_id = C\n", "line 1: base_url"},
		{"base_url = https://h.org/?a=b\nclient_id = C\n", "line 1: base_url"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bf_pam_conf conf = {0};

		assert_fails(parse(cases[i][0], &conf), BFABRIC_BAD_CONFIG, err, cases[i][1]);
		assert_non_null(strstr(err.text, "/etc/x.conf"));
		assert_null(conf.base_url);
	}
}

static void test_unknown_keys_are_told(void **state)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	(void)state;
	assert_int_equal(parse(LEAST "Env = x\nfuture = 1\nfuture = 2\n=\n", &conf), BFABRIC_OK);
	assert_string_equal(noted, "3:Env;4:future;5:future;6:;");
	assert_null(conf.env);
}

static void test_no_nul_and_not_too_large(void **state)
{
	char *large = malloc(BF_PAM_CONF_MAX + 2);
	struct bf_pam_conf conf = {0};

	(void)state;
	assert_non_null(large);
	assert_fails(bf_pam_conf_parse("/x", "a\0=b\n", 5, NULL, NULL, &conf, &err),
		BFABRIC_BAD_CONFIG, err, "line 1: only printable");
	memset(large, '#', BF_PAM_CONF_MAX + 1);
	assert_fails(bf_pam_conf_parse("/x", large, BF_PAM_CONF_MAX + 1, NULL, NULL, &conf, &err),
		BFABRIC_BAD_CONFIG, err, "larger than");
	free(large);
}

static void test_lists(void **state)
{
	(void)state;
	assert_true(bf_pam_list_has("a bb\tc", "bb"));
	assert_true(bf_pam_list_has("a", "a"));
	assert_true(bf_pam_list_has(" a ", "a"));
	assert_false(bf_pam_list_has("abc", "ab"));
	assert_false(bf_pam_list_has("a b", "a b"));
	assert_false(bf_pam_list_has("a  b", ""));
	assert_false(bf_pam_list_has(NULL, "a"));
}

static enum bfabric_status load(const char *path)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	return bf_pam_conf_load(path, NULL, NULL, &conf, &err);
}

static void test_trust(void **state)
{
	const char *path = scratch_file("pam.conf", LEAST, 0644);
	const char *link = scratch("link");
	const char *pipe = scratch("pipe");

	(void)state;
	assert_int_equal(load(path), BFABRIC_OK);
	assert_int_equal(chmod(path, 0664), 0);
	assert_fails(load(path), BFABRIC_BAD_CONFIG, err, "written by others: chmod go-w");
	assert_int_equal(chmod(path, 0602), 0);
	assert_fails(load(path), BFABRIC_BAD_CONFIG, err, "written by others");
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(load(path), BFABRIC_OK);
	assert_int_equal(symlink(path, link), 0);
	assert_fails(load(link), BFABRIC_BAD_CONFIG, err, "symbolic link");
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_fails(load(pipe), BFABRIC_BAD_CONFIG, err, "not a regular file");
	assert_fails(load(scratch("")), BFABRIC_BAD_CONFIG, err, "not a regular file");
	assert_fails(load("pam.conf"), BFABRIC_BAD_CONFIG, err, "not an absolute path");
	assert_fails(load(scratch("none")), BFABRIC_SYSTEM, err, "cannot open");
}

/* Neither root's nor ours: only root can make one. */
static void test_foreign_owner(void **state)
{
	const char *path = scratch_file("pam.conf", LEAST, 0644);

	(void)state;
	if (geteuid() != 0)
		LEAVE_BECAUSE("only root can give a file away");
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_fails(load(path), BFABRIC_BAD_CONFIG, err, "owned by uid 65534 and must be root's");
}

static void test_arguments(void **state)
{
	static const char *const argv[] = {"config=/etc/other.conf", "debug", "mark", "acquire",
		"unprivileged", "prompt=info", "qr=off", "timeout=30", "services=a,b",
		"remote=second-factor", "use_first_pass", "qr"};
	struct bf_pam_arguments arguments = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	(void)state;
	assert_int_equal(parse(LEAST "services = c\n", &conf), BFABRIC_OK);
	assert_int_equal(bf_pam_arguments(12, argv, note, NULL, &arguments, &err), BFABRIC_OK);
	assert_string_equal(noted, "0:use_first_pass;0:qr;");
	assert_string_equal(arguments.config, "/etc/other.conf");
	assert_true(arguments.debug && arguments.mark && arguments.acquire);
	assert_true(arguments.unprivileged);
	assert_int_equal(bf_pam_conf_override(&conf, &arguments, &err), BFABRIC_OK);
	assert_string_equal(conf.services, "a b");
	assert_int_equal(conf.timeout, 30);
	assert_int_equal(conf.prompt, BF_PAM_PROMPT_INFO);
	assert_int_equal(conf.qr, BF_PAM_QR_OFF);
	assert_int_equal(conf.remote, BF_PAM_REMOTE_SECOND_FACTOR);
}

static void test_arguments_say_nothing(void **state)
{
	struct bf_pam_arguments arguments = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	(void)state;
	assert_int_equal(parse(LEAST "services = c\nqr = on\ntimeout = 7\n", &conf), BFABRIC_OK);
	assert_int_equal(bf_pam_arguments(0, NULL, note, NULL, &arguments, &err), BFABRIC_OK);
	assert_int_equal(bf_pam_conf_override(&conf, &arguments, &err), BFABRIC_OK);
	assert_string_equal(conf.services, "c");
	assert_int_equal(conf.timeout, 7);
	assert_int_equal(conf.qr, BF_PAM_QR_ON);
}

static void test_wrong_arguments(void **state)
{
	static const char *const wrong[] = {"config=pam.conf", "config=", "prompt=", "qr=yes",
		"timeout=4", "timeout=1e3", "services=", "remote=no"};
	struct bf_pam_arguments arguments = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(bf_pam_arguments(1, &wrong[i], NULL, NULL, &arguments, &err),
			BFABRIC_BAD_CONFIG, err, "module argument");
}

static void test_faults(void **state)
{
	const char *path =
		scratch_file("pam.conf", LEAST "issuer = https://i.org\nenv = E\n", 0600);

	(void)state;
	FAULT_EACH (FAULT_MEMORY | FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_READ) |
			    FAULT_BIT(FAULT_STAT),
		ENOMEM) {
		struct bf_pam_conf conf = {0};
		enum bfabric_status status = bf_pam_conf_load(path, NULL, NULL, &conf, &err);

		if (fault_disarm())
			assert_int_not_equal(status, BFABRIC_OK);
		else
			assert_int_equal(status, BFABRIC_OK);
		bf_pam_conf_release(&conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_unknown_keys_are_told),
		cmocka_unit_test(test_no_nul_and_not_too_large),
		cmocka_unit_test(test_lists),
		unit_in_scratch(test_trust),
		unit_in_scratch(test_foreign_owner),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_arguments_say_nothing),
		cmocka_unit_test(test_wrong_arguments),
		unit_in_scratch(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
