/*
 * A login that the server granted and that is not kept: whose it is decides a person, and nothing
 * of it stays valid.
 */
#include "person.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

/* The newest token family of the server. */
static bool newest_is_revoked(const struct world *w)
{
	return w->server->revoked[w->server->families - 1];
}

static void test_a_login_that_is_not_kept_is_given_back(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	BF_AUTO_LOCK struct bf_lock busy = BF_LOCK_INIT;
	struct bfabric_cancel *cancel = NULL;
	char temporary[512];

	world_login(w);
	assert_int_equal(person_logs_in(w, "bob", NULL, &result), BFABRIC_FORBIDDEN);
	assert_true(newest_is_revoked(w));
	assert_int_equal(w->server->revoked_refresh, 1);
	assert_int_equal(w->server->revoked_access, 1);
	assert_non_null(strstr(w->err.text, "it was revoked at the server"));
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	w->server->revoke_status = 503;
	assert_int_equal(person_logs_in(w, "bob", NULL, &result), BFABRIC_FORBIDDEN);
	assert_non_null(strstr(w->err.text, "could not be revoked"));
	w->server->revoke_status = 0;

	snprintf(temporary, sizeof(temporary), "%s.tmp", w->paths.record);
	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_SYSTEM);
	assert_true(newest_is_revoked(w));
	assert_non_null(strstr(w->err.text, "the login was granted, but not kept"));
	assert_non_null(strstr(w->err.text, w->paths.record));
	assert_int_equal(rmdir(temporary), 0);

	assert_int_equal(bfabric_cancel_new(&cancel, &w->err), BFABRIC_OK);
	assert_int_equal(bf_session_lock(w->s, &busy, INT64_MAX, &w->err), BFABRIC_OK);
	w->s->cancel = cancel;
	bfabric_cancel_now(cancel);
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_CANCELLED);
	w->s->cancel = NULL;
	bfabric_cancel_free(cancel);
	assert_true(newest_is_revoked(w));
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
}

static void log_in_as_carol(void *data)
{
	py_login(data, "carol");
}

/* Two people at once: the second answer to the first question is none to the second. */
static void test_a_login_while_the_person_is_asked(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person answer = {.agree = true, .meanwhile = log_in_as_carol, .data = w};

	world_login(w);
	assert_int_equal(person_logs_in(w, "bob", &answer, &result), BFABRIC_OK);
	assert_int_equal(answer.asked, 2);
	assert_string_equal(answer.before, "carol");
}

/* Whose login it is must not be forgotten for lack of memory. */
static void test_memory_confirms_too(void **state)
{
	struct world *w = *state;
	json_t *reply = NULL;
	unsigned failures = 0;
	struct bfabric_ui ui = {0};

	world_login(w);
	reply = authserver_login(w->server, "bob");
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
		struct bf_login_grant grant = {.reply = reply,
			.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token",
			.client_auth = BF_CLIENT_AUTH_BODY};
		enum bfabric_status status = bf_login_save(w->s, &ui, &grant, &result, &w->err);
		bool failed = fault_disarm();

		failures += failed;
		assert_true(status == BFABRIC_FORBIDDEN || (failed && status == BFABRIC_NO_MEMORY));
	}
	assert_true(failures > 20);
	json_decref(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_a_login_that_is_not_kept_is_given_back),
		world_test(test_a_login_while_the_person_is_asked),
		world_test(test_memory_confirms_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
