/*
 * Anything in any order: our calls and logins, bfabricPy reading, refreshing, writing back, logging
 * in and out, lost replies, lost writes, crashes between two writes, a clock that moves. After each
 * step, what must always hold:
 *
 *   - every file is whole;
 *   - we send no refresh token that our record knows as spent, and none a second time whose
 *     exchange we had received and could save;
 *   - a call sends one request; two where the server refused and bfabricPy was quicker;
 *   - who is logged out stays so until somebody writes a cache;
 *   - and in the end, when all is quiet: if the current token is alive, a call succeeds.
 *
 * Every other episode keeps the refresh token in a store of its own, which is locked, slow, emptied
 * or put back in between. There also holds:
 *
 *   - without the store nothing is sent;
 *   - settled, no file has a refresh token, and the current one lies in the store.
 *
 * TEST_SEED repeats a run; TEST_SCALE scales the number of episodes.
 */
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libbfabric/settle.h"
#include "logout.h"

#define STEPS    60
#define EPISODES 60
#define PYTHONS  3

struct story {
	struct world *w;
	uint64_t random;
	char *python[PYTHONS];             /* what each bfabricPy process has read */
	bool delivered[AUTHSERVER_TOKENS]; /* we exchanged it and could keep the answer */
	size_t sent;                       /* index of the token sent last, +1; 0: none */
	bool interfere;                    /* bfabricPy acts while our request is under way */
	int lose;                          /* 1: the promised record, 2: the cache, 3: both */
	bool logged_out;
	bool apart;                        /* the refresh token lies on the shelf */
	bool close;                        /* which is locked while our request is under way */
	char document[sizeof(shelf.line)]; /* as it was once */
	char trace[16384];
	size_t traced;
};

static unsigned below(struct story *t, unsigned n)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (unsigned)(t->random >> 11) % n;
}

static void note(struct story *t, const char *what)
{
	size_t left = sizeof(t->trace) - t->traced;
	int n = snprintf(t->trace + t->traced, left, " %s", what);

	if (n > 0 && (size_t)n < left)
		t->traced += (size_t)n;
}

/* cmocka cuts long messages: the last steps are what matters. */
#define MUST(t, condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s does not hold after ...%s", #condition,                       \
				(t)->trace + ((t)->traced > 600 ? (t)->traced - 600 : 0));         \
	} while (0)

/* ---- what must hold -------------------------------------------------------------------------- */

static void load_record(struct story *t, struct bf_record *ret, bool *ret_found)
{
	MUST(t, bf_record_read(t->w->paths.record, ret_found, ret, NULL) == BFABRIC_OK);
}

static void files_are_whole(struct story *t)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	struct bf_file_info info = {0};
	bool found = false;

	MUST(t, bf_cache_read(&t->w->paths, &token, &info, NULL) == BFABRIC_OK);
	load_record(t, &record, &found);
	MUST(t, bf_record_read(t->w->paths.runtime_rescue, &found, &record, NULL) == BFABRIC_OK);
	MUST(t, bf_record_read(t->w->paths.rescued, &found, &record, NULL) == BFABRIC_OK);
}

static size_t index_of(const struct world *w, const char *value, size_t len)
{
	for (size_t i = 0; i < w->server->token_count; i++)
		if (strlen(w->server->tokens[i].value) == len &&
			strncmp(w->server->tokens[i].value, value, len) == 0)
			return i + 1;
	return 0;
}

static void lose_promises(struct story *t)
{
	char temporary[512];

	snprintf(temporary, sizeof(temporary), "%s.tmp", t->w->paths.record);
	if (t->lose & 1)
		unlink(temporary);
	snprintf(temporary, sizeof(temporary), "%s.tmp", t->w->paths.cache);
	if (t->lose & 2)
		unlink(temporary);
}

static void python_refreshes(struct story *t, unsigned who);
static void python_logs_in(struct story *t, unsigned who);
static void python_logs_out(struct story *t);

static void interfere(struct story *t)
{
	unsigned what = below(t, 4);

	t->interfere = false;
	if (what == 0)
		python_logs_out(t);
	else if (what == 1)
		python_logs_in(t, below(t, PYTHONS));
	else
		python_refreshes(t, below(t, PYTHONS));
}

/* Called while our request is on its way. */
static void check_request(void *data)
{
	struct story *t = data;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	const char *value = strstr(t->w->server->last_body, "refresh_token=RT");
	bool found = false;

	MUST(t, value);
	value += strlen("refresh_token=");
	t->sent = index_of(t->w, value, strcspn(value, "&"));
	note(t, t->sent ? t->w->server->tokens[t->sent - 1].value : "unknown");
	bf_secret_put(&token, value, strcspn(value, "&"));
	load_record(t, &record, &found);
	MUST(t, !found || !bf_record_spent(&record, &token));
	MUST(t, t->sent > 0);
	MUST(t, !t->delivered[t->sent - 1] || !t->w->server->rotates);
	lose_promises(t);
	shelf.locked |= t->close;
	if (t->interfere)
		interfere(t);
}

/* ---- bfabricPy ------------------------------------------------------------------------------- */

static void python_reads(struct story *t, unsigned who)
{
	note(t, "python-reads");
	free(t->python[who]);
	t->python[who] = world_read(t->w->paths.cache);
}

static void python_writes_back(struct story *t, unsigned who)
{
	if (!t->python[who])
		return;
	world_write(t->w->paths.cache, t->python[who]);
	note(t, "python-writes-back");
	note(t, world_refresh_token(t->w));
	t->logged_out = false;
}

static void python_refreshes(struct story *t, unsigned who)
{
	json_t *old = t->python[who] ? json_loads(t->python[who], 0, NULL) : NULL;
	const char *value = json_string_value(json_object_get(old, "refresh_token"));
	json_t *reply = value ? authserver_refresh(t->w->server, value) : NULL;

	note(t, reply ? "python-refreshes" : "python-is-refused");
	json_decref(old);
	if (!reply)
		return;
	py_write(t->w, reply);
	t->logged_out = false;
	free(t->python[who]);
	t->python[who] = world_read(t->w->paths.cache);
}

static void python_logs_in(struct story *t, unsigned who)
{
	note(t, "python-logs-in");
	py_login(t->w, below(t, 4) ? "alice" : "bob");
	t->logged_out = false;
	free(t->python[who]);
	t->python[who] = world_read(t->w->paths.cache);
}

static bool login_was_cut_off(struct story *t)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	bool found = false;

	load_record(t, &record, &found);
	return found && !bf_secret_empty(&record.token.access) && !record.cache_written;
}

static void python_logs_out(struct story *t)
{
	note(t, "python-logs-out");
	py_logout(t->w);
	t->logged_out = !login_was_cut_off(t);
}

/* ---- we -------------------------------------------------------------------------------------- */

static enum bfabric_status ask(struct story *t, bool force)
{
	struct authserver *server = t->w->server;
	unsigned requests = server->requests - server->client_refused;
	unsigned issued = server->issued;
	bool received, alone = !t->interfere, was_out = t->logged_out;
	bool saved = !(t->lose & 1); /* what only a rescue copy knows ends with a logout */
	enum bfabric_status status;

	t->sent = 0;
	world_reopen(t->w);
	status = force ? world_get_forced(t->w) : world_get(t->w);
	note(t, bfabric_status_name(status));
	requests = server->requests - server->client_refused - requests;
	MUST(t, requests <= (alone ? 1u : 2u));
	if (was_out && t->logged_out)
		MUST(t, status == BFABRIC_NOT_LOGGED_IN && requests == 0);
	if (status == BFABRIC_STORE_UNAVAILABLE)
		MUST(t, t->apart && requests == 0);
	received = requests > 0 && server->issued > issued && status == BFABRIC_OK;
	if (received && saved && t->sent && server->trouble != TROUBLE_LOST_REPLY)
		t->delivered[t->sent - 1] = true;
	t->interfere = false;
	t->lose = 0;
	authserver_trouble_set(server, TROUBLE_NONE, 0);
	return status;
}

static void we_ask(struct story *t, bool force)
{
	note(t, force ? "we-insist" : "we-ask");
	(void)ask(t, force);
}

static void we_ask_in_trouble(struct story *t)
{
	unsigned trouble = 1 + below(t, TROUBLE_REDIRECT);

	note(t, "we-ask-in-trouble");
	authserver_trouble_set(t->w->server, (enum authserver_trouble)trouble, 1);
	(void)ask(t, below(t, 2));
}

static void we_ask_in_company(struct story *t)
{
	note(t, "we-ask-in-company");
	t->interfere = true;
	(void)ask(t, below(t, 2));
}

static void we_ask_and_lose_promises(struct story *t)
{
	t->lose = 1 + (int)below(t, 3);
	note(t, t->lose == 1   ? "we-lose-the-record"
		: t->lose == 2 ? "we-lose-the-cache"
			       : "we-lose-both");
	(void)ask(t, below(t, 2));
}

static void we_reject(struct story *t)
{
	note(t, "we-reject");
	MUST(t, bfabric_session_reject(t->w->s, NULL, NULL) == BFABRIC_OK);
}

static void we_log_in(struct story *t)
{
	note(t, "we-log-in");
	world_login(t->w);
	t->logged_out = false;
}

/* A crash leaves a beginning of the writes: record, then cache, then (a login) the record again. */
static void we_crash(struct story *t)
{
	if (t->apart)
		return; /* we_are_cut_off */
	char kept[512];
	bool login = below(t, 3) == 0, both = below(t, 3) == 0;

	note(t, login ? (both ? "login-crashes-at-2" : "login-crashes-at-1")
		      : (both ? "refresh-crashes-at-0" : "refresh-crashes-at-1"));
	snprintf(kept, sizeof(kept), "%s/cache", t->w->root);
	world_copy(t->w->paths.cache, kept);
	if (login) {
		BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

		world_login(t->w);
		t->logged_out = false;
		world_record(t->w, &record);
		record.cache_written = false;
		assert_int_equal(bf_record_encode(&record, &text, NULL), BFABRIC_OK);
		world_write(t->w->paths.record, bf_secret_reveal(&text));
		if (!both)
			world_copy(kept, t->w->paths.cache);
		return;
	}
	if (both) { /* the reply was lost with us */
		authserver_trouble_set(t->w->server, TROUBLE_LOST_REPLY, 1);
		(void)ask(t, true);
	} else if (ask(t, true) == BFABRIC_OK) {
		world_copy(kept, t->w->paths.cache);
	}
}

/* ---- the store ------------------------------------------------------------------------------- */

/* Between the store and the record (`both`), or the record and the cache. */
static void we_are_cut_off(struct story *t)
{
	char cache[512], record[512];
	bool login = below(t, 3) == 0, both = below(t, 2) == 0;

	note(t, login ? (both ? "login-is-cut-off-at-1" : "login-is-cut-off-at-2")
		      : (both ? "refresh-is-cut-off-at-1" : "refresh-is-cut-off-at-2"));
	snprintf(cache, sizeof(cache), "%s/cache", t->w->root);
	snprintf(record, sizeof(record), "%s/record", t->w->root);
	world_copy(t->w->paths.cache, cache);
	world_copy(t->w->paths.record, record);
	if (shelf.locked)
		return;
	if (login)
		world_login(t->w);
	else if (ask(t, true) != BFABRIC_OK)
		return;
	if (login && !both) {
		BF_AUTO_RECORD struct bf_record saved = BF_RECORD_INIT;
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

		world_record(t->w, &saved);
		saved.cache_written = false;
		assert_int_equal(bf_record_encode(&saved, &text, NULL), BFABRIC_OK);
		world_write(t->w->paths.record, bf_secret_reveal(&text));
		t->logged_out = false;
	}
	if (both)
		world_copy(record, t->w->paths.record);
	world_copy(cache, t->w->paths.cache);
	if (both) /* nobody could tell, were the document put back before we have seen it */
		(void)ask(t, true);
}

static void store_is_put_back(struct story *t)
{
	note(t, "put-back");
	note(t, shelf_refresh_token());
	memcpy(shelf.line, t->document, sizeof(shelf.line));
	note(t, shelf_refresh_token());
}

static void store_is_locked_in_the_middle(struct story *t)
{
	note(t, "locked-in-the-middle");
	t->close = true;
	(void)ask(t, below(t, 2));
	t->close = false;
}

static void we_settle(struct story *t)
{
	enum bfabric_status status;

	world_reopen(t->w);
	status = bf_session_settle(t->w->s, 0, &t->w->err);
	note(t, "we-settle");
	note(t, bfabric_status_name(status));
	MUST(t, status == BFABRIC_OK || status == BFABRIC_NOT_LOGGED_IN ||
			(status == BFABRIC_STORE_UNAVAILABLE && t->apart &&
				(shelf.locked || shelf.slow_ms)));
	MUST(t, status != BFABRIC_OK || !t->logged_out);
}

static void we_log_out(struct story *t)
{
	struct bf_logout_result result;

	note(t, "we-log-out");
	world_reopen(t->w);
	t->w->server->during = NULL; /* revocations are no refreshes */
	MUST(t, log_out(t->w, &result) == BFABRIC_OK);
	t->w->server->during = check_request;
	MUST(t, !t->apart || *result.left || !*shelf_refresh_token());
	t->logged_out = true;
}

static void happens_to_the_store(struct story *t)
{
	switch (below(t, 12)) {
	case 0:
	case 1:
		note(t, "locked");
		shelf.locked = true;
		break;
	case 2:
	case 3:
	case 4:
		note(t, "unlocked");
		shelf.locked = false;
		break;
	case 5:
		memcpy(t->document, shelf.line, sizeof(shelf.line));
		note(t, "document-is-copied");
		note(t, shelf_refresh_token());
		break;
	case 6:
		store_is_put_back(t);
		break;
	case 7:
		note(t, below(t, 4) ? "nothing" : "document-is-deleted");
		if (below(t, 4) == 0)
			*shelf.line = '\0';
		break;
	case 8:
		store_is_locked_in_the_middle(t);
		break;
	case 9:
	case 10:
		we_are_cut_off(t);
		break;
	case 11:
		note(t, shelf.slow_ms ? "quick" : "slow");
		shelf.slow_ms = shelf.slow_ms ? 0 : below(t, 4000);
		break;
	}
}

static void time_passes(struct story *t)
{
	static const int64_t spans[] = {1, 40, 70, 3600, 28770, 40000, -400, -40000};

	note(t, "time-passes");
	world_pass(t->w, spans[below(t, sizeof(spans) / sizeof(*spans))]);
}

/* ---- the story ------------------------------------------------------------------------------- */

static void step(struct story *t)
{
	unsigned who = below(t, PYTHONS);

	switch (below(t, t->apart ? 26 : 22)) {
	case 0:
		python_reads(t, who);
		break;
	case 1:
	case 2:
		python_writes_back(t, who);
		break;
	case 3:
		python_refreshes(t, who);
		break;
	case 4:
		python_logs_in(t, who);
		break;
	case 5:
		python_logs_out(t);
		break;
	case 6:
		we_log_in(t);
		break;
	case 7:
		we_reject(t);
		break;
	case 8:
		we_ask_in_trouble(t);
		break;
	case 9:
		we_ask_in_company(t);
		break;
	case 10:
		we_ask_and_lose_promises(t);
		break;
	case 11:
		we_crash(t);
		break;
	case 12:
		we_ask(t, /* force= */ true);
		break;
	case 13:
	case 14:
	case 15:
		time_passes(t);
		break;
	case 16:
		we_settle(t);
		break;
	case 17:
		if (below(t, 3) == 0)
			we_log_out(t);
		break;
	case 22:
	case 23:
	case 24:
	case 25:
		happens_to_the_store(t);
		break;
	default:
		we_ask(t, /* force= */ false);
	}
	files_are_whole(t);
}

static bool lives(struct story *t, const struct bf_record *record, const struct bf_secret *refresh)
{
	return !bf_record_spent(record, refresh) &&
	       authserver_takes(t->w->server, bf_secret_reveal(refresh));
}

/* The same where it lies in the store, or in a rescue copy until it can get there. */
static bool lives_apart(struct story *t, const struct bf_record *record)
{
	BF_AUTO_SECRET struct bf_secret stored = BF_SECRET_INIT;
	const char *const places[] = {t->w->paths.runtime_rescue, t->w->paths.rescued};

	for (size_t i = 0; i < 2; i++) {
		BF_AUTO_RECORD struct bf_record rescue = BF_RECORD_INIT;
		bool found = false;

		MUST(t, bf_record_read(places[i], &found, &rescue, NULL) == BFABRIC_OK);
		if (found && bf_record_continues(&rescue, record))
			return lives(t, &rescue, &rescue.token.refresh);
	}
	bf_secret_puts(&stored, shelf_refresh_token());
	return !bf_record_lapsed(record) && lives(t, record, &stored);
}

static void expect_settled(struct story *t, bool alive)
{
	BF_AUTO_FREE char *record = world_read(t->w->paths.record);
	BF_AUTO_FREE char *cache = world_read(t->w->paths.cache);

	MUST(t, !record || !strstr(record, "RT"));
	MUST(t, !cache || !strstr(cache, "RT"));
	MUST(t, !alive || authserver_takes(t->w->server, shelf_refresh_token()));
}

/* Is there a token that we can know, that is current, and that the server would take? */
static bool alive(struct story *t)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	struct bf_file_info info = {0};
	bool found = false;

	load_record(t, &record, &found);
	MUST(t, bf_cache_read(&t->w->paths, &cached, &info, NULL) == BFABRIC_OK);
	if (t->apart &&
		(info.found ? bf_record_spent(&record, &cached.refresh) : login_was_cut_off(t)))
		return lives_apart(t, &record);
	if (!info.found)
		return login_was_cut_off(t) &&
		       authserver_takes(t->w->server, bf_secret_reveal(&record.token.refresh));
	if (!bf_record_spent(&record, &cached.refresh))
		return authserver_takes(t->w->server, bf_secret_reveal(&cached.refresh));
	return authserver_takes(t->w->server, bf_secret_reveal(&record.token.refresh));
}

static void in_the_end(struct story *t)
{
	bool good;

	world_pass(t->w, 200000);
	good = alive(t);
	note(t, good ? "END-alive" : "END-dead");
	if (t->apart) {
		shelf.locked = false;
		shelf.slow_ms = 0;
		we_settle(t);
		expect_settled(t, good);
	}
	if (good)
		MUST(t, ask(t, false) == BFABRIC_OK);
	else
		MUST(t, ask(t, false) != BFABRIC_RETRY_LATER);
	files_are_whole(t);
}

static void episode(uint64_t seed)
{
	struct story *t = calloc(1, sizeof(*t));
	void *state = NULL;

	assert_non_null(t);
	assert_int_equal(world_setup(&state), 0);
	t->w = state;
	t->random = seed * 0x9e3779b97f4a7c15u | 1;
	for (int i = 0; i < 8; i++)
		(void)below(t, 2);
	t->w->server->rotates = below(t, 4) != 0;
	t->w->server->detects_reuse = below(t, 3) != 0;
	t->w->server->form = (enum authserver_form)below(t, 3);
	t->w->server->opaque = below(t, 4) == 0;
	t->w->server->data = t;
	t->w->server->during = check_request;
	t->w->clock->boot_ms = INT64_C(1) << 50; /* never before zero, however time goes */
	t->apart = seed % 2;
	if (t->apart)
		shelf_begin(t->w);
	for (int i = 0; i < STEPS; i++)
		step(t);
	in_the_end(t);
	for (int i = 0; i < PYTHONS; i++)
		free(t->python[i]);
	free(t);
	world_teardown(&state);
}

static void test_anything_in_any_order(void **state)
{
	const char *scale = getenv("TEST_SCALE"), *seed = getenv("TEST_SEED");
	unsigned count = (unsigned)(EPISODES * (scale ? atof(scale) : 1));
	uint64_t first = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) % 1000000 * 1000;

	(void)state; /* each episode has its own */
	for (unsigned i = 0; i < (count < 5 ? 5 : count); i++) {
		print_message("# TEST_SEED=%llu\n", (unsigned long long)(first + i));
		episode(first + i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anything_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
