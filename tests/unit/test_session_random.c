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
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libbfabric/settle.h"
#include "logout.h"

#define STEPS    60
#define EPISODES 60

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
