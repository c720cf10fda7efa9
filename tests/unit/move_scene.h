/*
 * move_scene.h - an environment whose secrets are moved between its files and two helpers
 * (memstore.h), and where they are then.
 */
#ifndef TESTS_MOVE_SCENE_H
#define TESTS_MOVE_SCENE_H

#include "world.h"

#include "libbfabric/store_move.h"
#include "memstore.h"

#define BASE "https://bfabric.test/bfabric"
#define HEAD "TEST:  # kept\n  base_url: " BASE "\n"

enum move_method { PAT, SERVICE, LOGIN, CONFIDENTIAL, METHODS };

/* As it is with files. */
struct move_login {
	const char *yaml;
	const char *client_id;
	bool is_login;
};
extern const struct move_login move_methods[METHODS];

struct move_scene {
	struct world *w;
	struct memstore *store;
	struct bf_transport transport;
	struct bf_session_seams seams;
	enum move_method method;
	char config[128], a[128], b[128];
};

int move_setup(void **state);
int move_teardown(void **state);
#define move_test(f) cmocka_unit_test_setup_teardown(f, move_setup, move_teardown)

/* From the beginning: the environment as it is with files. */
void move_begin(struct move_scene *s, enum move_method method);

/* "file", s->a or s->b. */
enum bfabric_status move_to(
	struct move_scene *s, const char *to, struct bf_moved *ret, struct bfabric_error *err);
void move_must(struct move_scene *s, const char *to, struct bf_moved *ret);
/* The same with nothing to warn of. */
void move_go(struct move_scene *s, const char *to);

/* Wherever the secrets are now: the environment can be used. */
void move_must_work(struct move_scene *s, const char *when);

/* A file of the home with this text; NULL: none. Valid until the next call. */
const char *move_file_with(struct move_scene *s, const char *text);
/* What a helper has; NULL: nothing. */
const char *move_item(struct move_scene *s, const char *program);
/* The secrets are in this place, all of them, and nowhere else. */
void move_assert_in(struct move_scene *s, const char *place, const char *when);

#endif
