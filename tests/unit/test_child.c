/* What a program is given, says and does: answers, shouts, dies, cannot be started. */
#include "unit.h"
#include "ask.h"
#include "leftovers.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what a program does --------------------------------------------------------------------- */

static void test_answer(void **state)
{
	AUTO_ASKED struct asked asked = ask("echo \"$1\" \"$#\"; exit 7", LONG_MS);

	(void)state;
	assert_int_equal(asked.status, BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&asked.output), "get 1\n");
	assert_true(asked.end.known);
	assert_int_equal(asked.end.code, 7);
	assert_int_equal(asked.end.signal, 0);
}

static void test_output_is_appended(void **state)
{
	const char *const argv[] = {program("echo two"), NULL};
	struct bf_child child = {
		.argv = argv, .deadline = bf_boot_ms(&bf_sys_real) + LONG_MS, .sys = &bf_sys_real};
	BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;
	struct bf_child_end end;

	(void)state;
	bf_secret_puts(&output, "one ");
	assert_int_equal(bf_child_run(&child, &output, &end, NULL), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&output), "one two\n");
}

static void test_signal(void **state)
{
	AUTO_ASKED struct asked asked = ask("echo so far; kill -SEGV $$", LONG_MS);

	(void)state;
	assert_int_equal(asked.status, BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&asked.output), "so far\n");
	assert_true(asked.end.known);
	assert_int_equal(asked.end.code, -1);
	assert_int_equal(asked.end.signal, SIGSEGV);
}

static void test_any_bytes(void **state)
{
	AUTO_ASKED struct asked asked = ask("printf 'a\\000b\\r\\n\\377'", LONG_MS);

	(void)state;
	assert_int_equal(asked.status, BFABRIC_OK);
	assert_int_equal(asked.output.len, 6);
	assert_memory_equal(bf_secret_reveal(&asked.output), "a\0b\r\n\377", 6);
}

static void test_input_comes_whole(void **state)
{
	static const size_t sizes[] = {0, 1, 60 << 10, 1 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		BF_AUTO_SECRET struct bf_secret input = much(sizes[i]);
		AUTO_ASKED struct asked asked =
			ask_this(program("exec cat"), &input, LONG_MS, NULL);

		assert_int_equal(asked.status, BFABRIC_OK);
		assert_true(bf_secret_equal(&asked.output, &input));
	}
}

/* The answer is larger than a pipe, and so is the request, and nobody reads before he has written.
 */
static void test_input_is_not_read(void **state)
{
	static const char *const ways[] = {"echo done", "exec <&-; echo done",
		"head -c 1 >/dev/null; echo done", "sleep 0.1; echo done"};
	BF_AUTO_SECRET struct bf_secret input = much(200 << 10);

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		AUTO_ASKED struct asked asked = ask_this(program(ways[i]), &input, LONG_MS, NULL);

		assert_int_equal(asked.status, BFABRIC_OK);
		assert_string_equal(bf_secret_reveal(&asked.output), "done\n");
		assert_int_equal(asked.end.code, 0);
	}
}

static void test_dev_stdin_can_be_opened(void **state)
{
	BF_AUTO_SECRET struct bf_secret input = much(10);
	AUTO_ASKED struct asked asked = ask_this(program("cat </dev/stdin"), &input, LONG_MS, NULL);

	(void)state;
	assert_string_equal(bf_secret_reveal(&asked.output), "abcdefghij");
}

static void test_no_input(void **state)
{
	AUTO_ASKED struct asked asked = ask("cat; readlink /proc/self/fd/0", LONG_MS);

	(void)state;
	assert_string_equal(bf_secret_reveal(&asked.output), "/dev/null\n");
}

static void test_too_much(void **state)
{
	AUTO_ASKED struct asked asked = ask("exec head -c 2097152 /dev/zero", LONG_MS);
	AUTO_ASKED struct asked endless = ask("yes & yes", LONG_MS);
	AUTO_ASKED struct asked just = ask("exec head -c 1048576 /dev/zero", LONG_MS);

	(void)state;
	assert_fails(asked.status, BFABRIC_BAD_REPLY, asked.err, "more than 1048576 bytes");
	assert_int_equal(asked.output.len, 0);
	assert_fails(endless.status, BFABRIC_BAD_REPLY, endless.err, "more than");
	assert_int_equal(just.status, BFABRIC_OK);
	assert_int_equal(just.output.len, 1 << 20);
}

/* ---- what it inherits ------------------------------------------------------------------------ */

static void test_environment(void **state)
{
	static const char *const ours[] = {
		"BFABRIC_TRACE", "BFABRICPY_CONFIG_OVERRIDE", "BEARER_TOKEN", "SSLKEYLOGFILE"};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		setenv(ours[i], "canary", 1);
	setenv("UNIT_TEST_OTHER", "stays", 1);
	{
		AUTO_ASKED struct asked asked = ask("exec env", LONG_MS);

		assert_null(strstr(bf_secret_reveal(&asked.output), "canary"));
		assert_non_null(strstr(bf_secret_reveal(&asked.output), "UNIT_TEST_OTHER=stays"));
	}
	for (size_t i = 0; i < 4; i++)
		unsetenv(ours[i]);
}

static void test_session_descriptors_signals(void **state)
{
	sigset_t some, before;
	int open_here = dup(1); /* not close-on-exec */

	(void)state;
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &some, &before);
	signal(SIGUSR2, SIG_IGN);
	{
		AUTO_ASKED struct asked fds = ask("exec ls /proc/self/fd", LONG_MS);
		AUTO_ASKED struct asked signals =
			ask("exec grep -E '^Sig(Blk|Ign)' /proc/self/status", LONG_MS);
		AUTO_ASKED struct asked session = ask("cut -d' ' -f1,6 /proc/$$/stat", LONG_MS);
		unsigned long long blocked = 1, ignored = 1;
		int pid = 0, sid = -1;

		/* 3 is the folder that is listed */
		assert_string_equal(bf_secret_reveal(&fds.output), "0\n1\n2\n3\n");
		assert_int_equal(sscanf(bf_secret_reveal(&signals.output),
					 "SigBlk: %llx SigIgn: %llx", &blocked, &ignored),
			2);
		assert_int_equal(blocked, 0);
		/* 32 and 33 are libc's own, which ignores them for whom it spawns */
		assert_int_equal(ignored & 0x7fffffff, 0);
		assert_int_equal(sscanf(bf_secret_reveal(&session.output), "%d %d", &pid, &sid), 2);
		assert_int_equal(pid, sid);
	}
	signal(SIGUSR2, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(open_here);
}

static int closed_standard_descriptors(void *path)
{
	BF_AUTO_SECRET struct bf_secret input = BF_SECRET_INIT;

	bf_secret_puts(&input, "x");
	for (int closed = 1; closed < 8; closed++) {
		for (int fd = 0; fd < 3; fd++)
			if (closed & 1 << fd)
				close(fd);
		AUTO_ASKED struct asked asked = ask_this(path, &input, LONG_MS, NULL);
		CHECK(asked.status == BFABRIC_OK);
		CHECK(strcmp(bf_secret_reveal(&asked.output), "x/dev/null\n") == 0);
	}
	return 0;
}

static void test_host_without_standard_descriptors(void **state)
{
	char *path = strdup(program("cat; exec readlink /proc/self/fd/2"));

	(void)state;
	assert_int_equal(in_child(closed_standard_descriptors, path), 0);
	free(path);
}

/* ---- programs that cannot be started --------------------------------------------------------- */

/* There the child has a copy of our memory, and cannot tell us that it failed. */
static bool under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "vgpreload");
}

static void test_cannot_start(void **state)
{
	struct leftovers before = leftovers();
	AUTO_ASKED struct asked missing = ask_this("/nowhere/at/all", NULL, LONG_MS, NULL);
	AUTO_ASKED struct asked plain =
		ask_this(scratch_file("plain", "x", 0600), NULL, LONG_MS, NULL);
	AUTO_ASKED struct asked folder = ask_this(scratch(""), NULL, LONG_MS, NULL);
	AUTO_ASKED struct asked nonsense =
		ask_this(scratch_file("nonsense", "x", 0700), NULL, LONG_MS, NULL);
	AUTO_ASKED struct asked late = ask("echo", 0);

	(void)state;
	if (under_valgrind())
		LEAVE_BECAUSE("valgrind has no vfork");
	assert_fails(missing.status, BFABRIC_SYSTEM, missing.err, "cannot run /nowhere/at/all");
	assert_fails(plain.status, BFABRIC_SYSTEM, plain.err, "cannot run");
	assert_fails(folder.status, BFABRIC_SYSTEM, folder.err, "cannot run");
	assert_fails(nonsense.status, BFABRIC_SYSTEM, nonsense.err, "cannot run");
	assert_fails(late.status, BFABRIC_TIMEOUT, late.err, "no time is left");
	assert_nothing_left(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_answer),
		unit_in_scratch(test_output_is_appended),
		unit_in_scratch(test_signal),
		unit_in_scratch(test_any_bytes),
		unit_in_scratch(test_input_comes_whole),
		unit_in_scratch(test_input_is_not_read),
		unit_in_scratch(test_dev_stdin_can_be_opened),
		unit_in_scratch(test_no_input),
		unit_in_scratch(test_too_much),
		unit_in_scratch(test_environment),
		unit_in_scratch(test_session_descriptors_signals),
		unit_in_scratch(test_host_without_standard_descriptors),
		unit_in_scratch(test_cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
