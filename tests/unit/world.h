/*
 * world.h - one user's machine for a test of the session policy: an empty home, a runtime folder, a
 * clock that only moves when told (or slept on), and an authorization server in memory.
 *
 *	cmocka_unit_test_setup_teardown(test_x, world_setup, world_teardown)
 *
 * and `struct world *w = *state;`. The files are real; bfabricPy, the second writer that takes no
 * lock, is played by the py_ functions.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "authserver.h"
#include "libbfabric/login_save.h"
#include "libbfabric/policy.h"

#define WORLD_NOW INT64_C(1800000000) /* wall clock at the beginning */

struct world_clock {
	int64_t wall, boot_ms; /* wall in milliseconds too */
	unsigned sleeps;
	/* called in each sleep, with its number from 1, after time has passed */
	void (*on_sleep)(void *data, unsigned n);
	void *data;
	bool no_random;
};

struct world {
	char root[64];
	struct world_clock *clock; /* shared by forked processes */
	struct bf_sys sys;
	struct authserver *server;
	struct bf_transport transport;
	struct bf_session_seams seams;
	struct bf_paths paths;
	const struct bf_store_type *store; /* of sessions opened from now on; NULL: files */
	struct bfabric_session *s;         /* opened by the set-up, method oauth */
	struct bfabric_token token;        /* of the last world_get */
	struct bfabric_error err;
};

int world_setup(void **state);
int world_teardown(void **state);
#define world_test(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

/* A person of whom nothing is wanted. */
extern const struct bfabric_ui world_nobody;

/* Another session of the same environment, or of one with another method. */
struct bfabric_session *world_open(struct world *w, enum bfabric_auth_method method);
/* Close w->s and open a new one: another process, as far as memory goes. */
void world_reopen(struct world *w);

void world_pass(struct world *w, int64_t seconds);
int64_t world_now(const struct world *w);

/* Ask w->s; the answer is in w->token or w->err. */
enum bfabric_status world_get(struct world *w);
enum bfabric_status world_get_forced(struct world *w);
/* The same from a new session. */
enum bfabric_status world_get_new(struct world *w);

/* Log in by our own login code. */
void world_login(struct world *w);

/* ---- files ----------------------------------------------------------------------------------- */

/* Text of a file; NULL when missing. Owned. */
char *world_read(const char *path);
void world_write(const char *path, const char *text);
bool world_exists(const char *path);
void world_copy(const char *from, const char *to);

/* Load a record or token; the test fails when it is missing or damaged. */
void world_record(struct world *w, struct bf_record *ret);
void world_cache(struct world *w, struct bf_token *ret);
/* The refresh token of the cache, "" when there is none. Valid until the next call. */
const char *world_refresh_token(struct world *w);

/* ---- bfabricPy ------------------------------------------------------------------------------- */

void py_write(struct world *w, json_t *reply); /* steals; adds expires_at */
void py_login(struct world *w, const char *subject);
bool py_refresh(struct world *w);
void py_logout(struct world *w);

#endif
