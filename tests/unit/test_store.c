/* Stores that are real programs: git's own, and small ones that do everything wrong. */
#include "unit.h"
#include "ask.h"
#include "leftovers.h"
#include "libbfabric/local/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFRESH "canary-refresh-token"

static char url_text[] = "https://bfabric.example.org:8443/bfabric";
static char name[] = "PRODUCTION", client_id[] = "CLI";

static struct bf_environment environment(void)
{
	return (struct bf_environment){.name = name,
		.url = {.text = url_text},
		.client_id = client_id,
		.source = BF_FROM_USER};
}

/* "keyring" finds bfabric-keyring in the scratch folder. */
static struct bf_store open_store(const char *which)
{
	struct bf_environment env = environment();
	struct bf_store store = BF_STORE_INIT;
	struct bfabric_error err = {0};

	setenv("BFABRIC_LIBEXEC", scratch(""), 1);
	if (bf_store_open(&env, which, &bf_sys_real, NULL, &store, &err) != BFABRIC_OK)
		fail_msg("%s", err.text);
	return store;
}

static const char *keyring_program(const char *lines)
{
	static char text[4096];

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", lines);
	return scratch_file("bfabric-keyring", text, 0700);
}

static struct bf_stored document(const char *refresh)
{
	struct bf_stored stored = BF_STORED_INIT;

	bf_secret_puts(&stored.refresh_token, refresh);
	stored.login = strdup("a-login");
	return stored;
}

static void must_fail(enum bfabric_status status, const struct bfabric_error *err, const char *text)
{
	assert_fails(status, BFABRIC_STORE_UNAVAILABLE, *err, text);
	assert_null(strchr(err->text, '\n'));
	assert_null(strstr(err->text, "canary"));
}

/* ---- which one ------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	static const char *const wrong[] = {"", "File", "keyring ", "./x", "KEYRING", "none"};
	struct bf_environment env = environment();
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	struct bfabric_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(bf_store_open(&env, wrong[i], &bf_sys_real, NULL, &store, &err),
			BFABRIC_BAD_CALL, err, "there is no store");
	assert_int_equal(bf_store_open(&env, NULL, &bf_sys_real, NULL, &store, &err), BFABRIC_OK);
	assert_string_equal(bf_store_name(&store), "file");
	assert_false(bf_store_apart(&store));
	env.store = strdup("/opt/a helper");
	assert_int_equal(bf_store_open(&env, NULL, &bf_sys_real, NULL, &store, &err), BFABRIC_OK);
	assert_string_equal(bf_store_name(&store), "/opt/a helper");
	assert_true(bf_store_apart(&store));
	assert_string_equal(store.host, "bfabric.example.org:8443");
	assert_int_equal(
		bf_store_open(&env, "keyring", &bf_sys_real, NULL, &store, &err), BFABRIC_OK);
	assert_string_equal(bf_store_name(&store), "keyring");
	assert_non_null(strstr(store.program, "/bfabric-keyring"));
	free(env.store);
}

static void test_file_is_none(void **state)
{
	BF_AUTO_STORE struct bf_store store = open_store("file");
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct bfabric_error err;
	bool found = true;

	(void)state;
	assert_int_equal(bf_store_probe(&store, 0, &err), BF_STORE_READY);
	assert_int_equal(bf_store_unlock(&store, 0, &err), BFABRIC_OK);
	assert_int_equal(bf_store_get(&store, 0, &found, &stored, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bf_store_put(&store, 0, &stored, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bf_store_erase(&store, 0, &err), BFABRIC_BAD_CALL);
}

static void test_names_that_break_lines(void **state)
{
	struct bf_environment env = environment();
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	char broken[] = "CLI\npassword=x";
	struct bfabric_error err;

	(void)state;
	env.client_id = broken;
	assert_fails(bf_store_open(&env, "keyring", &bf_sys_real, NULL, &store, &err),
		BFABRIC_BAD_CALL, err, "cannot be told to a store");
	assert_int_equal(bf_store_open(&env, "file", &bf_sys_real, NULL, &store, &err), BFABRIC_OK);
}

static void test_override_runs_nothing(void **state)
{
	struct bf_environment env = environment();
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct bfabric_error err;
	bool found = false;

	(void)state;
	env.source = BF_FROM_OVERRIDE;
	assert_int_equal(
		bf_store_open(&env, program("touch \"$0.ran\""), &bf_sys_real, NULL, &store, &err),
		BFABRIC_OK);
	must_fail(
		bf_store_get(&store, 0, &found, &stored, &err), &err, "BFABRICPY_CONFIG_OVERRIDE");
	must_fail(bf_store_erase(&store, 0, &err), &err, "BFABRICPY_CONFIG_OVERRIDE");
	assert_int_equal(bf_store_probe(&store, 0, &err), BF_STORE_UNAVAILABLE);
	assert_false(scratch_exists(scratch("program.ran")));
}

/* ---- what is asked and answered -------------------------------------------------------------- */

static void test_request(void **state)
{
	BF_AUTO_STORE struct bf_store store =
		open_store(keyring_program("echo \"$1\" >\"$0.asked\"; cat >>\"$0.asked\""));
	BF_AUTO_STORED struct bf_stored stored = document(REFRESH);
	struct bfabric_error err;
	const char *asked;

	(void)state;
	assert_int_equal(bf_store_put(&store, 0, &stored, &err), BFABRIC_OK);
	asked = scratch_content(scratch("bfabric-keyring.asked"));
	assert_non_null(strstr(asked,
		"store\nprotocol=bfabric\nhost=bfabric.example.org:8443\npath=CLI\n"
		"username=PRODUCTION\nbase_url=https://bfabric.example.org:8443/bfabric\n"
		"timeout="));
	assert_non_null(strstr(asked, "\npassword={\"version\":1,\"login\":\"a-login\","
				      "\"refresh_token\":\"" REFRESH "\"}\n\n"));
	assert_int_equal(bf_store_erase(&store, 0, &err), BFABRIC_OK);
	asked = scratch_content(scratch("bfabric-keyring.asked"));
	assert_int_equal(strncmp(asked, "erase\n", 6), 0);
	assert_null(strstr(asked, "password"));
}

/* Nor does anybody see it who lists the processes of this machine. */
static void test_secret_is_on_stdin_only(void **state)
{
	BF_AUTO_STORE struct bf_store store = open_store(
		program("cat /proc/$$/cmdline /proc/$$/environ | tr '\\0' '\\n' >\"$0.seen\"; "
			"grep -c canary >\"$0.read\""));
	BF_AUTO_STORED struct bf_stored stored = document(REFRESH);

	(void)state;
	assert_int_equal(bf_store_put(&store, 0, &stored, NULL), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("program.read")), "1\n");
	assert_non_null(strstr(scratch_content(scratch("program.seen")), "store\n"));
	assert_null(strstr(scratch_content(scratch("program.seen")), "canary"));
}

static void test_timeout_is_told(void **state)
{
	BF_AUTO_STORE struct bf_store store =
		open_store(program("sed -n s/^timeout=//p >\"$0.asked\""));
	struct bfabric_error err;
	long told;

	(void)state;
	assert_int_equal(bf_store_erase(&store, 0, &err), BFABRIC_OK);
	told = strtol(scratch_content(scratch("program.asked")), NULL, 10);
	assert_in_range(told, 1000, 1800);
	assert_int_equal(bf_store_erase(&store, bf_boot_ms(&bf_sys_real) + 1000, &err), BFABRIC_OK);
	told = strtol(scratch_content(scratch("program.asked")), NULL, 10);
	assert_in_range(told, 100, 800);
}

/* The keyring's answers: what it prints and its exit code, what comes of it. */
static const struct said {
	const char *lines;
	bool found;
	const char *text; /* of STORE_UNAVAILABLE; NULL: OK */
	enum bf_store_state state;
} said[] = {
	{"echo status=ok; echo 'password={\"version\":1,\"refresh_token\":\"" REFRESH "\"}'", true,
		NULL, BF_STORE_READY},
	/* the reply counts, not the exit code */
	{"echo status=ok; echo 'password={\"version\":1,\"refresh_token\":\"" REFRESH
	 "\"}'; exit 9",
		true, NULL, BF_STORE_READY},
	{"echo status=not-found", false, NULL, BF_STORE_UNAVAILABLE},
	{"echo status=locked; echo message=there is none yet; exit 10", false,
		"there is none yet: run 'bfabric auth unlock'", BF_STORE_LOCKED},
	{"echo status=no-service; echo message=no bus; exit 11", false,
		"no keyring to be used (no bus): start one (gnome-keyring, KeePassXC) in a "
		"desktop session; without one: 'bfabric login",
		BF_STORE_UNAVAILABLE},
	{"echo status=no-service; exit 11", false, "no keyring to be used: start one",
		BF_STORE_UNAVAILABLE},
	{"echo status=denied; echo message=dismissed; exit 12", false, "refused (dismissed)",
		BF_STORE_UNAVAILABLE},
	{"echo status=timeout; exit 13", false, "did not answer in time", BF_STORE_UNAVAILABLE},
	{"echo status=error; echo message=two items; exit 1", false,
		"the keyring failed (two items)", BF_STORE_UNAVAILABLE},
	{"echo status=brand-new; exit 0", false, "the keyring failed", BF_STORE_UNAVAILABLE},
	/* it could not tell, but its exit code says it */
	{"exit 10", false, "auth unlock", BF_STORE_LOCKED},
	{"exit 11", false, "no keyring to be used", BF_STORE_UNAVAILABLE},
	{"exit 12", false, "refused", BF_STORE_UNAVAILABLE},
	{"exit 13", false, "in time", BF_STORE_UNAVAILABLE},
	{"exit 0", false, "ended without an answer", BF_STORE_UNAVAILABLE},
	{"exit 7", false, "exit code 7", BF_STORE_UNAVAILABLE},
	{"kill -SEGV $$", false, "died of signal 11", BF_STORE_UNAVAILABLE},
	{"printf 'status=error\\nmessage=\\033[31mred\\n'", false, "failed (?[31mred)",
		BF_STORE_UNAVAILABLE},
	{"echo status=ok; echo password=canary", false, "cannot be used", BF_STORE_READY},
	{"echo status=ok", false, "it is empty", BF_STORE_READY},
	{"echo status=ok; echo 'password={\"version\":2}'", false,
		"written by a newer bfabric: update this one", BF_STORE_READY},
	{"echo status=ok; echo 'password={}'", false, "there is no \"version\"", BF_STORE_READY},
	{"echo canary", false, "makes no sense", BF_STORE_UNAVAILABLE},
	{"printf 'status=ok\\000\\n'", false, "makes no sense", BF_STORE_UNAVAILABLE},
	{"printf 'status=o\\rk\\n'", false, "makes no sense", BF_STORE_UNAVAILABLE},
	{"head -c 2097152 /dev/zero", false, "more than 1048576 bytes", BF_STORE_UNAVAILABLE},
};

static void test_keyring_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
		BF_AUTO_STORED struct bf_stored stored = document("before");
		struct bfabric_error err = {0};
		bool found = !said[i].found;
		enum bfabric_status status;

		(void)keyring_program(said[i].lines);
		store = open_store("keyring");
		status = bf_store_get(&store, 0, &found, &stored, &err);
		if (said[i].text) {
			must_fail(status, &err, said[i].text);
			assert_true(found);
			assert_string_equal(bf_secret_reveal(&stored.refresh_token), "before");
		} else {
			assert_int_equal(status, BFABRIC_OK);
			assert_int_equal(found, said[i].found);
			assert_string_equal(bf_secret_reveal(&stored.refresh_token),
				said[i].found ? REFRESH : "");
		}
		err = (struct bfabric_error){0};
		assert_int_equal(bf_store_probe(&store, 0, &err), said[i].state);
		assert_int_equal(
			err.status == BFABRIC_STORE_UNAVAILABLE, said[i].state != BF_STORE_READY);
		assert_int_equal(bf_store_unlock(&store, 0, NULL),
			said[i].state == BF_STORE_READY ? BFABRIC_OK : BFABRIC_STORE_UNAVAILABLE);
	}
}

/* Others say nothing but a password, and their exit code. */
static void test_helper_answers(void **state)
{
	static const struct said others[] = {
		{"echo 'password={\"version\":1,\"refresh_token\":\"" REFRESH "\"}'", true, NULL,
			0},
		{"exit 0", false, NULL, 0},
		{"echo username=x", false, NULL, 0},
		{"echo status=locked", false, NULL, 0},
		{"exit 10", false, "exit code 10", 0},
		{"echo 'password={\"version\":1}'; exit 1", false, "exit code 1", 0},
		{"echo password=canary", false, "cannot be used", 0},
		{"kill -KILL $$", false, "died of signal 9", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		BF_AUTO_STORE struct bf_store store = open_store(program(others[i].lines));
		BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
		struct bfabric_error err = {0};
		bool found = !others[i].found;
		enum bfabric_status status = bf_store_get(&store, 0, &found, &stored, &err);

		if (others[i].text)
			must_fail(status, &err, others[i].text);
		else
			assert_int_equal(status, BFABRIC_OK);
		assert_int_equal(bf_store_probe(&store, 0, &err), BF_STORE_READY);
		assert_int_equal(bf_store_unlock(&store, 0, &err), BFABRIC_OK);
	}
}

static void test_put_fails(void **state)
{
	BF_AUTO_STORED struct bf_stored stored = document(REFRESH);
	struct bfabric_error err;

	(void)state;
	{
		BF_AUTO_STORE struct bf_store store = open_store(program("exit 3"));

		must_fail(bf_store_put(&store, 0, &stored, &err), &err, "exit code 3");
		must_fail(bf_store_erase(&store, 0, &err), &err, "exit code 3");
	}
	(void)keyring_program("echo status=not-found");
	{
		BF_AUTO_STORE struct bf_store store = open_store("keyring");

		must_fail(bf_store_put(&store, 0, &stored, &err), &err, "the keyring failed");
		assert_int_equal(bf_store_erase(&store, 0, &err), BFABRIC_OK);
	}
}

/* What is empty is not kept, unless it has something that we do not know. */
static void test_blank_is_erased(void **state)
{
	static const char later[] = "{\"version\":1,\"later\":\"x\",\"pat\":\"p\"}";
	BF_AUTO_STORE struct bf_store store = open_store(program("echo $1 >\"$0.asked\""));
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;

	(void)state;
	assert_int_equal(bf_store_put(&store, 0, &stored, NULL), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("program.asked")), "erase\n");
	assert_int_equal(bf_stored_parse(later, sizeof(later) - 1, &stored, NULL), BFABRIC_OK);
	bf_secret_release(&stored.pat);
	assert_int_equal(bf_store_put(&store, 0, &stored, NULL), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("program.asked")), "store\n");
}

static void test_too_large(void **state)
{
	BF_AUTO_STORE struct bf_store store = open_store(program("touch \"$0.ran\""));
	BF_AUTO_STORED struct bf_stored stored = document("");
	struct bfabric_error err;

	(void)state;
	bf_secret_release(&stored.refresh_token);
	stored.refresh_token = much(BF_STORED_MAX);
	assert_fails(bf_store_put(&store, 0, &stored, &err), BFABRIC_BAD_CALL, err, "larger than");
	assert_false(scratch_exists(scratch("program.ran")));
}

static void test_hangs(void **state)
{
	struct leftovers before = leftovers();
	BF_AUTO_STORED struct bf_stored stored = document(REFRESH);
	struct bfabric_error err;
	bool found;
	int64_t begin;

	(void)state;
	(void)keyring_program("exec sleep 100");
	BF_AUTO_STORE struct bf_store store = open_store("keyring");
	begin = bf_boot_ms(&bf_sys_real);
	must_fail(bf_store_get(&store, begin + 500, &found, &stored, &err), &err,
		"the keyring did not answer in time");
	must_fail(bf_store_put(&store, begin + 1000, &stored, &err), &err, "in time");
	must_fail(bf_store_unlock(&store, begin + 1500, &err), &err, "in time");
	assert_int_equal(bf_store_probe(&store, begin + 1500, &err), BF_STORE_UNAVAILABLE);
	assert_in_range(bf_boot_ms(&bf_sys_real) - begin, 1400, LONG_MS);
	begin = bf_boot_ms(&bf_sys_real);
	must_fail(bf_store_erase(&store, begin + LONG_MS, &err), &err, "in time");
	assert_in_range(bf_boot_ms(&bf_sys_real) - begin, BF_STORE_MS - 150, LONG_MS / 2);
	assert_nothing_left(before);
}

static void test_cancel(void **state)
{
	struct bf_environment env = environment();
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	BF_AUTO_STORED struct bf_stored stored = document(REFRESH);
	struct bfabric_cancel *cancel = NULL;
	struct bfabric_error err;
	bool found;

	(void)state;
	assert_int_equal(bfabric_cancel_new(&cancel, NULL), BFABRIC_OK);
	bfabric_cancel_now(cancel);
	assert_int_equal(bf_store_open(&env, program("cat >\"$0.stored\""), &bf_sys_real, cancel,
				 &store, &err),
		BFABRIC_OK);
	assert_int_equal(bf_store_get(&store, 0, &found, &stored, &err), BFABRIC_CANCELLED);
	/* half of a change is worse than all of it */
	assert_int_equal(bf_store_put(&store, 0, &stored, &err), BFABRIC_OK);
	assert_non_null(strstr(scratch_content(scratch("program.stored")), REFRESH));
	bfabric_cancel_free(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_names),
		unit_in_scratch(test_file_is_none),
		unit_in_scratch(test_names_that_break_lines),
		unit_in_scratch(test_override_runs_nothing),
		unit_in_scratch(test_request),
		unit_in_scratch(test_secret_is_on_stdin_only),
		unit_in_scratch(test_timeout_is_told),
		unit_in_scratch(test_keyring_answers),
		unit_in_scratch(test_helper_answers),
		unit_in_scratch(test_put_fails),
		unit_in_scratch(test_blank_is_erased),
		unit_in_scratch(test_too_large),
		unit_in_scratch(test_hangs),
		unit_in_scratch(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
