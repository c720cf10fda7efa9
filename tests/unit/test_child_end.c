/* Programs that do not end, and hosts that take our children away. */
#include "unit.h"
#include "ask.h"
#include "leftovers.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- programs that do not end ---------------------------------------------------------------- */

#define SAY_SESSION "echo $$ >\"$0.pid\"; "

static pid_t said_session(void)
{
	const char *text = scratch_content(scratch("program.pid"));

	return text ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void must_time_out(const char *lines)
{
	struct leftovers before = leftovers();
	AUTO_ASKED struct asked asked = ask(lines, 700);

	assert_fails(asked.status, BFABRIC_TIMEOUT, asked.err, "did not end in time");
	assert_in_range(asked.took, 600, LONG_MS / 2);
	assert_int_equal(asked.output.len, 0);
	assert_true(said_session() > 1);
	assert_true(session_is_empty(said_session()));
	assert_nothing_left(before);
}

static void test_hangs(void **state)
{
	(void)state;
	must_time_out(SAY_SESSION "sleep 100");
	must_time_out(SAY_SESSION "exec sleep 100");
	must_time_out(SAY_SESSION "echo answer; sleep 100");
	must_time_out(SAY_SESSION "echo answer; exec >&-; sleep 100");
	must_time_out(SAY_SESSION "sleep 100 & sleep 100 & wait");
	must_time_out(SAY_SESSION "trap '' TERM HUP INT; sleep 100; sleep 100");
	must_time_out(SAY_SESSION "kill -STOP $$; sleep 100");
	must_time_out(SAY_SESSION "while :; do echo x; sleep 0.01; done");
}

/*
 * git-credential-store holds a lock file, which it removes when it is asked to end. On a machine
 * that is busy the time for that may be too short, but not always.
 */
static void test_may_tidy_up(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		must_time_out(SAY_SESSION "touch \"$0.lock\"; "
					  "trap 'rm \"$0.lock\"; exit 1' TERM; sleep 100 & wait");
		if (!scratch_exists(scratch("program.lock")))
			return;
	}
	fail_msg("%s", "never asked to end");
}

static void test_finished_when_asked(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		AUTO_ASKED struct asked asked =
			ask("trap 'echo answer; exit 0' TERM; sleep 100 & wait", 1000);

		if (asked.status == BFABRIC_TIMEOUT) /* busy, as above */
			continue;
		assert_int_equal(asked.status, BFABRIC_OK);
		assert_string_equal(bf_secret_reveal(&asked.output), "answer\n");
		return;
	}
	fail_msg("%s", "its last words were never heard");
}

/* A helper may leave a daemon behind (git-credential-cache), which keeps the pipe or not. */
static void test_daemon_is_left_alone(void **state)
{
	static const char *const ways[] = {SAY_SESSION "echo answer; sleep 100 & exit 0",
		SAY_SESSION "sleep 100 >/dev/null & echo answer"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct leftovers before = leftovers();
		AUTO_ASKED struct asked asked = ask(ways[i], LONG_MS);

		assert_int_equal(asked.status, BFABRIC_OK);
		assert_string_equal(bf_secret_reveal(&asked.output), "answer\n");
		assert_true(asked.took < LONG_MS / 2);
		assert_nothing_left(before);
		assert_int_equal(kill(-said_session(), SIGKILL), 0);
		assert_true(session_is_empty(said_session()));
	}
}

static void *wish_soon(void *cancel)
{
	usleep(200000);
	bfabric_cancel_now(cancel);
	return NULL;
}

static void test_cancel(void **state)
{
	struct bfabric_cancel *cancel = NULL;
	pthread_t thread;
	struct leftovers before;

	(void)state;
	assert_int_equal(bfabric_cancel_new(&cancel, NULL), BFABRIC_OK);
	before = leftovers();
	assert_int_equal(pthread_create(&thread, NULL, wish_soon, cancel), 0);
	{
		AUTO_ASKED struct asked asked =
			ask_this(program(SAY_SESSION "sleep 100"), NULL, LONG_MS, cancel);
		AUTO_ASKED struct asked again =
			ask_this(program("echo answer"), NULL, LONG_MS, cancel);

		pthread_join(thread, NULL);
		assert_fails(asked.status, BFABRIC_CANCELLED, asked.err, "interrupted while");
		assert_true(asked.took < LONG_MS / 2);
		assert_true(session_is_empty(said_session()));
		assert_fails(again.status, BFABRIC_CANCELLED, again.err, "interrupted before");
	}
	assert_nothing_left(before);
	bfabric_cancel_free(cancel);
}

static struct bfabric_cancel *ctrl_c;

/* Whoever is told so late finds that the child has ended. */
static void interrupt(int number)
{
	(void)number;
	usleep(200000);
	bfabric_cancel_now(ctrl_c);
}

/* Ctrl-C on a terminal ends the child that is not in a session of its own yet, too. */
static void test_both_interrupted(void **state)
{
	(void)state;
	assert_int_equal(bfabric_cancel_new(&ctrl_c, NULL), BFABRIC_OK);
	(void)signal(SIGINT, interrupt);
	{
		AUTO_ASKED struct asked asked =
			ask_this(program("kill -INT $PPID; kill -INT $$"), NULL, LONG_MS, ctrl_c);

		assert_fails(asked.status, BFABRIC_CANCELLED, asked.err, "interrupted while");
	}
	(void)signal(SIGINT, SIG_DFL);
	bfabric_cancel_free(ctrl_c);
}

/* The child's time is over at the same moment. */
static void test_interrupted_when_time_is_over(void **state)
{
	(void)state;
	assert_int_equal(bfabric_cancel_new(&ctrl_c, NULL), BFABRIC_OK);
	(void)signal(SIGINT, interrupt);
	{
		AUTO_ASKED struct asked asked =
			ask_this(program("trap 'kill -INT $PPID; exit 1' TERM; sleep 100 & wait"),
				NULL, 1000, ctrl_c);

		assert_fails(asked.status, BFABRIC_CANCELLED, asked.err, "interrupted while");
	}
	(void)signal(SIGINT, SIG_DFL);
	bfabric_cancel_free(ctrl_c);
}

static int64_t clock_that_stands(void *data)
{
	(void)data;
	return 1000;
}

/* A clock of a test says when the deadline is, not how long a second takes. */
static void test_other_clock(void **state)
{
	const char *const argv[] = {program("sleep 100"), NULL};
	struct bf_sys sys = bf_sys_real;
	struct bf_child child = {.argv = argv, .deadline = 1300, .sys = &sys};
	BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;
	struct bf_child_end end;
	struct bfabric_error err;

	(void)state;
	sys.boot_ms = clock_that_stands;
	assert_fails(bf_child_run(&child, &output, &end, &err), BFABRIC_TIMEOUT, err, "in time");
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static int as_usual(void *path, bool known)
{
	struct leftovers before = leftovers();
	AUTO_ASKED struct asked asked = ask_this(path, NULL, LONG_MS, NULL);

	CHECK(asked.status == BFABRIC_OK);
	CHECK(strcmp(bf_secret_reveal(&asked.output), "answer\n") == 0);
	CHECK(asked.end.known == known);
	CHECK(!known || asked.end.code == 3);
	CHECK(memcmp(&(struct leftovers){0}, &before, sizeof(before)) != 0);
	assert_nothing_left(before);
	return 0;
}

static int host_ignores(void *path)
{
	signal(SIGCHLD, SIG_IGN);
	return as_usual(path, /* known= */ false);
}

static int host_wants_no_zombies(void *path)
{
	struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};

	sigaction(SIGCHLD, &action, NULL);
	return as_usual(path, /* known= */ false);
}

static void nothing(int signal)
{
	(void)signal;
}

static int host_has_handler(void *path)
{
	signal(SIGCHLD, nothing);
	signal(SIGALRM, nothing);
	ualarm(1000, 1000); /* whatever waits is interrupted all the time */
	return as_usual(path, /* known= */ true);
}

static atomic_bool enough;

static void *reap_all(void *data)
{
	(void)data;
	while (!atomic_load(&enough))
		if (waitpid(-1, NULL, WNOHANG) <= 0)
			usleep(100);
	return NULL;
}

/* Whoever is first has it; what was said is the same. */
static int host_reaps_all(void *path)
{
	pthread_t thread;
	int unknown = 0;

	CHECK(pthread_create(&thread, NULL, reap_all, NULL) == 0);
	for (int i = 0; i < 50; i++) {
		AUTO_ASKED struct asked asked = ask_this(path, NULL, LONG_MS, NULL);

		CHECK(asked.status == BFABRIC_OK);
		CHECK(strcmp(bf_secret_reveal(&asked.output), "answer\n") == 0);
		CHECK(!asked.end.known || asked.end.code == 3);
		unknown += !asked.end.known;
	}
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
	print_message("# %d of 50 reaped by the host\n", unknown);
	return 0;
}

static int host_ignores_and_it_hangs(void *path)
{
	signal(SIGCHLD, SIG_IGN);
	struct leftovers before = leftovers();
	AUTO_ASKED struct asked asked = ask_this(path, NULL, 400, NULL);

	CHECK(asked.status == BFABRIC_TIMEOUT);
	CHECK(session_is_empty(said_session()));
	assert_nothing_left(before);
	return 0;
}

static void test_hosts(void **state)
{
	char *path = strdup(program("echo answer; exit 3"));

	(void)state;
	assert_int_equal(in_child(host_ignores, path), 0);
	assert_int_equal(in_child(host_wants_no_zombies, path), 0);
	assert_int_equal(in_child(host_has_handler, path), 0);
	assert_int_equal(in_child(host_reaps_all, path), 0);
	(void)program(SAY_SESSION "sleep 100");
	assert_int_equal(in_child(host_ignores_and_it_hangs, path), 0);
	free(path);
}

struct caller {
	pthread_t thread;
	const char *path;
	unsigned number;
	bool good;
};

static void *call_often(void *data)
{
	struct caller *me = data;

	me->good = true;
	for (int i = 0; i < 10; i++) {
		BF_AUTO_SECRET struct bf_secret input = BF_SECRET_INIT;
		AUTO_ASKED struct asked asked = {0};

		bf_secret_printf(&input, "%u.%d", me->number, i);
		asked = ask_this(me->path, &input, LONG_MS, NULL);
		me->good = me->good && asked.status == BFABRIC_OK && asked.end.known &&
			   bf_secret_equal(&asked.output, &input);
	}
	return NULL;
}

static void test_threads(void **state)
{
	char *path = strdup(program("exec cat"));
	struct leftovers before = leftovers();
	struct caller callers[8] = {0};

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		callers[i] = (struct caller){.path = path, .number = i};
		pthread_create(&callers[i].thread, NULL, call_often, &callers[i]);
	}
	for (unsigned i = 0; i < 8; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_true(callers[i].good);
	}
	assert_nothing_left(before);
	free(path);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_every_failure(void **state)
{
	static const unsigned kinds[] = {FAULT_MEMORY, FAULT_BIT(FAULT_PROCESS),
		FAULT_BIT(FAULT_READ), FAULT_BIT(FAULT_WRITE)};
	BF_AUTO_SECRET struct bf_secret input = much(100);
	char *path = strdup(program("exec cat"));
	const char *const argv[] = {path, NULL};
	struct leftovers before = leftovers();

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		FAULT_EACH (kinds[i], ENOMEM) {
			BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;
			struct bf_child child = {.argv = argv,
				.input = &input,
				.deadline = bf_boot_ms(&bf_sys_real) + LONG_MS,
				.sys = &bf_sys_real};
			struct bf_child_end end = {0};
			enum bfabric_status status = bf_child_run(&child, &output, &end, NULL);

			if (fault_disarm())
				assert_int_equal(
					status, i == 0 ? BFABRIC_NO_MEMORY : BFABRIC_SYSTEM);
			else
				assert_int_equal(status, BFABRIC_OK);
			assert_nothing_left(before);
		}
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_hangs),
		unit_in_scratch(test_may_tidy_up),
		unit_in_scratch(test_finished_when_asked),
		unit_in_scratch(test_daemon_is_left_alone),
		unit_in_scratch(test_cancel),
		unit_in_scratch(test_both_interrupted),
		unit_in_scratch(test_interrupted_when_time_is_over),
		unit_in_scratch(test_other_clock),
		unit_in_scratch(test_hosts),
		unit_in_scratch(test_threads),
		unit_in_scratch(test_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
