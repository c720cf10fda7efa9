/*
 * Secrets from one store to another: every method in every direction.
 */
#include "move_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- every way ------------------------------------------------------------------------------- */

static void test_every_way(void **state)
{
	struct move_scene *s = *state;

	for (int method = 0; method < METHODS; method++) {
		const char *const way[] = {s->a, s->b, s->a, "file", s->b, "file"};

		move_begin(s, method);
		for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
			struct bf_moved moved = {0};
			BF_AUTO_FREE char *before = NULL, *after = NULL;

			move_must(s, way[i], &moved);
			if (moved.warning)
				fail_msg("%d: to %s: %s", method, way[i], moved.warning);
			assert_false(moved.was_there);
			assert_int_equal(
				moved.count, method == SERVICE || method == CONFIDENTIAL ? 2 : 1);
			assert_int_equal(moved.refreshed, move_methods[method].is_login);
			bf_moved_release(&moved);
			move_assert_in(s, way[i], move_methods[method].yaml);
			move_must_work(s, way[i]);
			move_assert_in(s, way[i], move_methods[method].yaml);
			before = world_read(s->config);
			move_must(s, way[i], &moved); /* nothing is left to do */
			assert_true(moved.was_there);
			assert_int_equal(moved.count, 0);
			bf_moved_release(&moved);
			after = world_read(s->config);
			assert_string_equal(before, after);
			assert_non_null(strstr(after, "TEST:  # kept"));
		}
	}
}

/* What lies in backups is spent, where the server rotates. */
static void test_old_copies_are_spent(void **state)
{
	struct move_scene *s = *state;
	char before[64];

	move_begin(s, LOGIN);
	snprintf(before, sizeof(before), "%s", world_refresh_token(s->w));
	assert_true(authserver_takes(s->w->server, before));
	move_go(s, s->a);
	assert_false(authserver_takes(s->w->server, before));
}

/* bfabricPy logged in meanwhile: its token is the one that moves. */
static void test_login_of_bfabricpy(void **state)
{
	struct move_scene *s = *state;

	move_begin(s, LOGIN);
	py_login(s->w, "alice");
	move_go(s, s->a);
	move_assert_in(s, s->a, "bfabricPy's");
	py_login(s->w, "alice");
	move_must_work(s, "apart");
	move_go(s, "file");
	move_assert_in(s, "file", "bfabricPy's, and back");
	move_must_work(s, "back");
}

/* What somebody wrote into the configuration beside the store is newer, and goes there too. */
static void test_written_beside(void **state)
{
	struct move_scene *s = *state;
	struct bf_moved moved = {0};
	char text[512];

	move_begin(s, PAT);
	move_go(s, s->a);
	snprintf(text, sizeof(text),
		HEAD "  auth_method: pat\n  pat: canary-pat\n"
		     "  libbfabric:\n    store: %s\n",
		s->b);
	world_write(s->config, text);
	move_must_work(s, "beside");
	move_must(s, s->b, &moved);
	assert_int_equal(moved.count, 1);
	assert_false(moved.was_there);
	bf_moved_release(&moved);
	assert_non_null(strstr(move_item(s, s->b), "canary-pat"));
	assert_null(move_file_with(s, "canary"));
}

static void test_nothing_to_move(void **state)
{
	struct move_scene *s = *state;
	struct bf_moved moved = {0};
	BF_AUTO_FREE char *config = NULL;

	move_begin(s, LOGIN);
	unlink(s->w->paths.cache);
	move_must(s, s->a, &moved);
	assert_int_equal(moved.count, 0);
	assert_false(moved.was_there);
	assert_false(moved.refreshed);
	assert_null(moved.warning);
	bf_moved_release(&moved);
	config = world_read(s->config);
	assert_non_null(strstr(config, s->a));
}

static void test_secret_file_stays(void **state)
{
	struct move_scene *s = *state;
	struct bf_moved moved = {0};
	char path[128], text[512];

	move_begin(s, SERVICE);
	snprintf(path, sizeof(path), "%s/home/service.secret", s->w->root);
	world_write(path, "canary-secret\n");
	snprintf(text, sizeof(text),
		HEAD "  auth_method: client_credentials\n  client_id: CLI\n"
		     "  registration_access_token: canary-registration\n"
		     "  libbfabric:\n    client_secret_file: %s\n",
		path);
	world_write(s->config, text);
	move_must(s, s->a, &moved);
	assert_int_equal(moved.count, 1);
	assert_non_null(strstr(moved.warning, "stays in its file"));
	bf_moved_release(&moved);
	assert_null(strstr(move_item(s, s->a), "canary-secret"));
	move_must_work(s, "secret file");
	move_go(s, "file");
	move_must_work(s, "secret file, and back");
}

static void test_refused(void **state)
{
	struct move_scene *s = *state;
	struct bf_moved moved = {0};
	struct bfabric_error err = {0};

	move_begin(s, PAT);
	world_write(
		s->config, HEAD "  login: alice\n  password: 0123456789abcdef0123456789abcdeX\n");
	assert_int_equal(move_to(s, s->a, &moved, &err), BFABRIC_UNSUPPORTED);
	assert_non_null(strstr(err.text, "password"));
	setenv("BFABRICPY_CONFIG_OVERRIDE", "{}", 1);
	assert_int_equal(move_to(s, s->a, &moved, &err), BFABRIC_FORBIDDEN);
	unsetenv("BFABRICPY_CONFIG_OVERRIDE");
	assert_int_equal(move_to(s, "cellar", &moved, &err), BFABRIC_BAD_CALL);
	world_write(s->config, "GENERAL:\n  default_config: OTHER\n");
	assert_int_equal(move_to(s, s->a, &moved, &err), BFABRIC_NOT_LOGGED_IN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		move_test(test_every_way),
		move_test(test_old_copies_are_spent),
		move_test(test_login_of_bfabricpy),
		move_test(test_written_beside),
		move_test(test_nothing_to_move),
		move_test(test_secret_file_stays),
		move_test(test_refused),
	};

	return cmocka_run_group_tests_name("store_move", tests, NULL, NULL);
}
