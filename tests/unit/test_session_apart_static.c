/*
 * Tokens that are written down in a store of secrets, and services whose client secret lies there.
 */
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct world *w, enum bfabric_auth_method method)
{
	shelf_begin(w);
	bfabric_session_free(w->s);
	w->s = world_open(w, method);
}

static void write_down(const char *pat)
{
	snprintf(shelf.line, sizeof(shelf.line), "{\"version\":1,\"pat\":\"%s\"}", pat);
}

static void expect(struct world *w, const char *pat)
{
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_equal(w->token.value, pat);
	assert_int_equal(w->token.length, strlen(pat));
	assert_int_equal(w->token.expires_at, 0);
	assert_null(w->token.warning);
}

/* Asked for once; those who find that it is out of date get what is there now. */
static void test_token(void **state)
{
	struct world *w = *state;

	begin(w, BFABRIC_AUTH_PAT);
	write_down("first");
	expect(w, "first");
	write_down("second");
	expect(w, "first");
	assert_int_equal(shelf.gets, 1);
	assert_int_equal(bfabric_session_reject(w->s, "first", &w->err), BFABRIC_OK);
	expect(w, "second");
	write_down("third");
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_string_equal(w->token.value, "third");
	expect(w, "third");
	assert_int_equal(shelf.gets, 3);
	assert_int_equal(shelf.puts, 0);
	assert_int_equal(w->server->requests, 0);
}

static void test_no_token(void **state)
{
	struct world *w = *state;

	begin(w, BFABRIC_AUTH_PAT);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_non_null(strstr(w->err.text, "environment TEST is logged out"));
	shelf.locked = true;
	assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE);
	assert_non_null(strstr(w->err.text, "the shelf is locked"));
	shelf.locked = false;
	write_down("token");
	expect(w, "token");
	shelf.locked = true;
	expect(w, "token");
	assert_int_equal(world_get_forced(w), BFABRIC_STORE_UNAVAILABLE);
	assert_null(strstr(w->err.text, "token\""));
}

static void begin_service(struct world *w)
{
	begin(w, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	bf_secret_release(&w->s->env.client_secret);
	free(w->s->env.store);
	w->s->env.store = strdup("keyring");
	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "from-the-shelf");
}

static void test_service(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *record = NULL;

	begin_service(w);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_non_null(strstr(w->err.text, "no client secret"));
	assert_int_equal(w->server->requests, 0);
	shelf_set("client_secret", "from-the-shelf");
	assert_int_equal(world_get(w), BFABRIC_OK);
	record = world_read(w->paths.record);
	assert_null(strstr(record, "from-the-shelf"));
	assert_int_equal(shelf.puts, 0);
	/* What was fetched is served without the store, and what is not expired when it is gone. */
	shelf.gets = 0;
	shelf.locked = true;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(shelf.gets, 0);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, "the shelf is locked"));
	world_pass(w, 40000);
	assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE);
	shelf.locked = false;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
}

/* The configuration comes before the store: whoever wrote it there came later. */
static void test_written_in_the_configuration(void **state)
{
	struct world *w = *state;

	begin(w, BFABRIC_AUTH_PAT);
	write_down("stored");
	bf_secret_puts(&w->s->env.pat, "written");
	expect(w, "written");
	begin_service(w);
	shelf_set("client_secret", "stored");
	bf_secret_puts(&w->s->env.client_secret, "from-the-shelf");
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(shelf.gets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_token),
		world_test(test_no_token),
		world_test(test_service),
		world_test(test_written_in_the_configuration),
	};

	return cmocka_run_group_tests_name("session_apart_static", tests, NULL, NULL);
}
