/*
 * Everything that can fail or be cut off while secrets are moved: nothing is lost, and the same
 * call finishes it.
 */
#include "move_scene.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

static const struct {
	enum move_method method;
	int from, to; /* 0: files, 1: a, 2: b */
} ways[] = {{PAT, 0, 1}, {PAT, 1, 2}, {PAT, 2, 0}, {SERVICE, 0, 1}, {SERVICE, 1, 0}, {LOGIN, 0, 1},
	{LOGIN, 1, 2}, {LOGIN, 2, 0}, {CONFIDENTIAL, 1, 0}};

static const char *place(const struct move_scene *s, int number)
{
	return number == 0 ? "file" : number == 1 ? s->a : s->b;
}

static void start(struct move_scene *s, size_t i)
{
	move_begin(s, ways[i].method);
	if (ways[i].from)
		move_go(s, place(s, ways[i].from));
}

/* Nothing is lost whatever came of it, nobody heard a secret, and the same call finishes it. */
static void check(struct move_scene *s, size_t i, const char *what, const struct bfabric_error *err,
	struct bf_moved *moved)
{
	memstore_fail(s->store, 0, false);
	assert_null(strstr(err->text, "canary"));
	if (moved->warning)
		assert_null(strstr(moved->warning, "canary"));
	bf_moved_release(moved);
	move_must_work(s, what);
	move_go(s, place(s, ways[i].to));
	move_assert_in(s, place(s, ways[i].to), what);
}

static void test_store_fails(void **state)
{
	struct move_scene *s = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		bool failed = true;

		for (unsigned n = 1; failed; n++) {
			struct bf_moved moved = {0};
			struct bfabric_error err = {0};
			enum bfabric_status status;

			start(s, i);
			memstore_fail(s->store, n, /* stays= */ n % 2);
			status = move_to(s, place(s, ways[i].to), &moved, &err);
			failed = memstore_calls(s->store) >= n;
			if (status != BFABRIC_OK)
				assert_int_equal(status, BFABRIC_STORE_UNAVAILABLE);
			if (failed && status == BFABRIC_OK && !moved.warning)
				fail_msg("way %zu, call %u failed unheard", i, n);
			check(s, i, "store", &err, &moved);
		}
	}
}

/* One way of each kind is enough here; of the many calls every second, in turn the odd and the
 * even. */
static void each(struct move_scene *s, unsigned calls, int error, unsigned step)
{
	static const size_t some[] = {0, 2, 4, 5, 7};

	for (size_t k = 0; k < sizeof(some) / sizeof(some[0]); k++) {
		bool failed = true;

		for (unsigned n = 1 + k % step; failed; n += step) {
			struct bf_moved moved = {0};
			struct bfabric_error err = {0};
			char what[800];

			start(s, some[k]);
			fault_arm(calls, n, error);
			(void)!move_to(s, place(s, ways[some[k]].to), &moved, &err);
			failed = fault_disarm();
			snprintf(what, sizeof(what), "way %zu, a failed %s (%u): %s %s", some[k],
				fault_name(), n, err.text, moved.warning ? moved.warning : "");
			check(s, some[k], what, &err, &moved);
		}
	}
}

static void test_memory(void **state)
{
	each(*state, FAULT_MEMORY, ENOMEM, 2);
}

static void test_system(void **state)
{
	each(*state, FAULT_SYSTEM, EIO, 2);
}

/* Before any other call everything is as before the next of these. */
#define CHANGES                                                                                    \
	(FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_TRUNCATE) |              \
		FAULT_BIT(FAULT_RENAME) | FAULT_BIT(FAULT_UNLINK))

/* In a child, which ends at its n-th system call. False: it came to its end. */
static bool killed_at(struct move_scene *s, const char *to, unsigned n)
{
	pid_t pid = fork();
	int how = 0;

	if (pid == 0) {
		struct bf_moved moved = {0};
		struct bfabric_error err = {0};

		fault_arm(CHANGES, n, FAULT_KILL);
		_exit(move_to(s, to, &moved, &err) == BFABRIC_OK ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	if (WIFSIGNALED(how))
		assert_int_equal(WTERMSIG(how), SIGKILL);
	else
		assert_int_equal(WEXITSTATUS(how), 0);
	return WIFSIGNALED(how);
}

static void test_killed(void **state)
{
	struct move_scene *s = *state;

	/* A reply that nobody saved is lost to anybody; a token that stays is not. */
	s->w->server->rotates = false;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		bool killed = true;

		for (unsigned n = 1; killed; n++) {
			struct bf_moved moved = {0};
			const struct bfabric_error err = {0};
			char what[64];

			start(s, i);
			snprintf(what, sizeof(what), "way %zu, killed at %u", i, n);
			killed = killed_at(s, place(s, ways[i].to), n);
			check(s, i, what, &err, &moved);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		move_test(test_store_fails),
		move_test(test_memory),
		move_test(test_system),
		move_test(test_killed),
	};

	return cmocka_run_group_tests_name("store_move_faults", tests, NULL, NULL);
}
