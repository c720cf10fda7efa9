/*
 * Each allocation (jansson's too) and each system call of a call fails once, and then: from one of
 * them on, all that follow. Nothing crashes or leaks, every file is whole, and no login is lost
 * unless the server had rotated and nothing at all could be remembered.
 */
#include "shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "libbfabric/logout.h"
#include "libbfabric/settle.h"

/* ---- what is done, and what it may lead to --------------------------------------------------- */

struct deed {
	const char *name;
	void (*prepare)(struct world *w);
	enum bfabric_status (*act)(struct world *w);
};

static void log_in(struct world *w)
{
	world_login(w);
	world_reopen(w);
}

static void expire(struct world *w)
{
	world_login(w);
	world_pass(w, 30000);
	world_reopen(w);
}

static void adopt(struct world *w)
{
	py_login(w, "alice");
	world_pass(w, 30000);
}

static void go_stale(struct world *w)
{
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	stale = world_read(w->paths.cache);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	world_write(w->paths.cache, stale);
	world_pass(w, 28790);
	world_reopen(w);
}

static void damage(struct world *w)
{
	expire(w);
	world_write(w->paths.cache, "{");
}

static void refuse(struct world *w)
{
	log_in(w);
	world_pass(w, 40);
	assert_int_equal(bfabric_session_reject(w->s, NULL, NULL), BFABRIC_OK);
}

static void log_in_apart(struct world *w)
{
	shelf_log_in(w);
	world_reopen(w);
}

static void expire_apart(struct world *w)
{
	shelf_log_in(w);
	shelf_expire(w);
}

static void adopt_apart(struct world *w)
{
	shelf_log_in(w);
	py_login(w, "alice");
	world_pass(w, 30000);
	world_reopen(w);
}

static void lock_shelf(void *data)
{
	(void)data; /* there is one shelf */
	shelf.locked = true;
}

/* The server has rotated, and only a rescue copy has the new token. */
static void rescue_apart(struct world *w)
{
	expire_apart(w);
	w->server->during = lock_shelf;
	assert_int_equal(world_get(w), BFABRIC_OK);
	w->server->during = NULL;
	shelf.locked = false;
	world_reopen(w);
}

/* From now on the refresh token of what is in the files belongs into the store. */
static void move_apart(struct world *w)
{
	world_login(w);
	shelf_begin(w);
}

static enum bfabric_status get(struct world *w)
{
	return bf_session_get(w->s, 60, /* force_refresh= */ false, 0, &w->token, &w->err);
}

static enum bfabric_status reject(struct world *w)
{
	world_pass(w, 40);
	return bfabric_session_reject(w->s, NULL, &w->err);
}

static enum bfabric_status look(struct world *w)
{
	struct bfabric_session_status report = {0};
	enum bfabric_status status = bfabric_session_status(w->s, &report, &w->err);

	bfabric_session_status_clear(&report);
	return status;
}

static enum bfabric_status auth(struct world *w)
{
	struct bfabric_auth a = {0};
	enum bfabric_status status = bfabric_session_auth(w->s, 60, 0, &a, &w->err);

	bfabric_auth_clear(&a);
	return status;
}

static enum bfabric_status log_in_anew(struct world *w)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_ui ui = {0};
	struct bf_login_grant grant = {.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC,
		.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token"};
	enum bfabric_status status;

	fault_hold(true);
	grant.reply = authserver_login(w->server, "alice");
	fault_hold(false);
	status = bf_login_save(w->s, &ui, &grant, &result, &w->err);
	fault_hold(true);
	json_decref(grant.reply);
	fault_hold(false);
	return status;
}

static enum bfabric_status settle(struct world *w)
{
	return bf_session_settle(w->s, 0, &w->err);
}

static bool left; /* the last logout says that something is */

static enum bfabric_status log_out(struct world *w)
{
	struct bf_logout_result result = {0};
	enum bfabric_status status = bf_logout(w->s, BF_LOGOUT_KEEP, 0, &result, &w->err);

	left = *result.left;
	return status;
}

static void show(void *data, const struct bfabric_device_code *device)
{
	(void)data, (void)device; /* nobody looks */
}

static enum bfabric_status log_in_by_device(struct world *w)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_ui ui = {.show_code = show, .data = w};

	return bf_login_device(w->s, &ui, 0, &result, &w->err);
}

static void become_service(struct world *w)
{
	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "s3cret");
}

static void serve_once(struct world *w)
{
	become_service(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
}

static void nothing(struct world *w)
{
	(void)w; /* a machine as it was delivered */
}

static const struct deed deeds[] = {
	{"refresh", expire, get},
	{"refresh of bfabricPy's login", adopt, get},
	{"refresh with a stale cache", go_stale, get},
	{"refresh with a damaged cache", damage, get},
	{"refresh of a refused token", refuse, get},
	{"a fresh token", log_in, get},
	{"auth", log_in, auth},
	{"reject", log_in, reject},
	{"status", expire, look},
	{"service", become_service, get},
	{"first login", nothing, log_in_anew},
	{"login again", log_in, log_in_anew},
	{"device login", nothing, log_in_by_device},
	{"logout", log_in, log_out},
	{"refresh, store", expire_apart, get},
	{"refresh of bfabricPy's login, store", adopt_apart, get},
	{"settling of a rescue copy, store", rescue_apart, settle},
	{"settling of files, store", move_apart, settle},
	{"login again, store", log_in_apart, log_in_anew},
	{"logout, store", log_in_apart, log_out},
	{"logout of a service", serve_once, log_out},
};

/* ---- rounds ---------------------------------------------------------------------------------- */

static struct bf_transport inner;

static enum bfabric_status perform_held(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	enum bfabric_status status;

	fault_hold(true);
	status = inner.perform(data, request, ret_reply, ret_sent, err);
	fault_hold(false);
	return status;
}

static void sleep_held(void *data, unsigned n)
{
	(void)data, (void)n; /* only the clock moves */
}

static void files_are_whole(struct world *w, const char *what)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	struct bf_file_info info = {0};
	bool found = false;
	const char *const records[] = {w->paths.record, w->paths.runtime_rescue, w->paths.rescued};

	unlink(w->paths.rejected);
	if (bf_cache_read(&w->paths, &token, &info, &w->err) != BFABRIC_OK)
		fail_msg("%s: %s", what, w->err.text);
	for (size_t i = 0; i < 3; i++)
		if (bf_record_read(records[i], &found, &record, &w->err) != BFABRIC_OK)
			fail_msg("%s: %s", what, w->err.text);
}

/* Whatever happened: a login that was there, or was reported as made, is still there. */
static bool login_is_alive(struct world *w)
{
	world_pass(w, 60000);
	return world_get_new(w) == BFABRIC_OK;
}

static bool login_must_live(const struct world *w, const struct deed *deed, unsigned calls,
	enum bfabric_status status, bool rotated)
{
	if (deed->prepare == become_service || deed->act == log_out)
		return false; /* there is none */
	if (deed->prepare == nothing || deed->act == log_in_anew)
		return status == BFABRIC_OK; /* what was not said to be saved need not be there */
	/* a reply that no memory was left for, or that neither store nor disk took, is lost */
	return !rotated || !(calls & (w->store ? FAULT_MEMORY : FAULT_MEMORY | FAULT_STAYS));
}

/* A logout that says OK leaves no token behind. */
static void nothing_is_left(struct world *w, const char *what)
{
	BF_AUTO_FREE char *record = world_read(w->paths.record);

	if ((*shelf_refresh_token() && !left) || world_exists(w->paths.cache) ||
		world_exists(w->paths.rescued) || world_exists(w->paths.runtime_rescue) ||
		(record && strstr(record, "RT")))
		fail_msg("%s: a token is left", what);
}

/* Settled, the refresh token is where it belongs. */
static void nothing_is_in_files(struct world *w, const char *what)
{
	BF_AUTO_FREE char *record = world_read(w->paths.record);
	BF_AUTO_FREE char *cache = world_read(w->paths.cache);

	if ((record && strstr(record, "RT")) || (cache && strstr(cache, "RT")))
		fail_msg("%s: a refresh token is in a file", what);
}

/* False when nothing failed any more. */
static bool one_round(const struct deed *deed, unsigned calls, int error, unsigned n)
{
	struct world *w;
	void *state = NULL;
	enum bfabric_status status;
	unsigned issued;
	char failed[32], what[128];
	bool fired;

	assert_int_equal(world_setup(&state), 0);
	w = state;
	shelf = (struct shelf){0};
	inner = w->transport;
	w->transport.perform = perform_held;
	world_reopen(w);
	deed->prepare(w);
	issued = w->server->issued;
	w->clock->on_sleep = sleep_held;
	bfabric_token_clear(&w->token);
	w->err = (struct bfabric_error){0};
	fault_arm(calls, n, error);
	status = deed->act(w);
	fired = fault_disarm();
	snprintf(failed, sizeof(failed), "%s", fault_name());
	if (!fired && status != BFABRIC_OK)
		fail_msg("%s: %s", deed->name, w->err.text);
	if (status != BFABRIC_OK)
		assert_int_equal(w->err.status, status);
	if (status == BFABRIC_OK && deed->act == get)
		assert_true(w->token.length > 0);
	snprintf(what, sizeof(what), "%s: call %u (%s) failed, %s", deed->name, n, failed,
		bfabric_status_name(status));
	if (deed->prepare != damage || status == BFABRIC_OK) /* else it may still be damaged */
		files_are_whole(w, what);
	if (login_must_live(w, deed, calls, status, w->server->issued != issued) &&
		!login_is_alive(w))
		fail_msg("%s: call %u (%s) failed and the login is lost: %s, then %s", deed->name,
			n, failed, bfabric_status_name(status), w->err.text);
	if (deed->act == settle && status == BFABRIC_OK)
		nothing_is_in_files(w, what);
	if (deed->act == log_out && status == BFABRIC_OK)
		nothing_is_left(w, what);
	world_teardown(&state);
	return fired;
}

static unsigned stride(void)
{
	const char *scale = getenv("TEST_SCALE");

	return scale && atof(scale) < 0.5 ? 7 : 1;
}

static void all_rounds(unsigned calls, int error)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
		unsigned n = 1;

		while (one_round(&deeds[i], calls, error, n))
			n += stride();
		print_message("# %s: %u rounds\n", deeds[i].name, n);
	}
}

static void test_each_allocation_fails(void **state)
{
	(void)state; /* each round has its own */
	all_rounds(FAULT_MEMORY, ENOMEM);
}

static void test_from_one_allocation_on_all_fail(void **state)
{
	(void)state; /* each round has its own */
	all_rounds(FAULT_MEMORY | FAULT_STAYS, ENOMEM);
}

static void test_each_system_call_fails(void **state)
{
	(void)state; /* each round has its own */
	all_rounds(FAULT_SYSTEM, EIO);
}

static void test_from_one_system_call_on_all_fail(void **state)
{
	(void)state; /* each round has its own */
	all_rounds(FAULT_SYSTEM | FAULT_STAYS, ENOSPC);
}

static void test_no_random_numbers(void **state)
{
	struct world *w = *state;

	py_login(w, "alice");
	world_pass(w, 30000);
	w->clock->no_random = true;
	assert_int_equal(world_get(w), BFABRIC_SYSTEM);
	assert_int_equal(w->server->requests, 0);
	w->clock->no_random = false;
	assert_int_equal(world_get(w), BFABRIC_OK);
}

/* Calls of this object are counted, so jansson's allocations become ours. */
static void *counted_malloc(size_t n)
{
	return malloc(n);
}

static void counted_free(void *p)
{
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_allocation_fails),
		cmocka_unit_test(test_from_one_allocation_on_all_fail),
		cmocka_unit_test(test_each_system_call_fails),
		cmocka_unit_test(test_from_one_system_call_on_all_fail),
		world_test(test_no_random_numbers),
	};

	json_set_alloc_funcs(counted_malloc, counted_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
