/*
 * Our own calls, bfabricPy, and what must hold.
 */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned below(struct story *t, unsigned n)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (unsigned)(t->random >> 11) % n;
}

void note(struct story *t, const char *what)
{
	size_t left = sizeof(t->trace) - t->traced;
	int n = snprintf(t->trace + t->traced, left, " %s", what);

	if (n > 0 && (size_t)n < left)
		t->traced += (size_t)n;
}

/* ---- what must hold -------------------------------------------------------------------------- */

void load_record(struct story *t, struct bf_record *ret, bool *ret_found)
{
	MUST(t, bf_record_read(t->w->paths.record, ret_found, ret, NULL) == BFABRIC_OK);
}

void files_are_whole(struct story *t)
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
void check_request(void *data)
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

void python_reads(struct story *t, unsigned who)
{
	note(t, "python-reads");
	free(t->python[who]);
	t->python[who] = world_read(t->w->paths.cache);
}

void python_writes_back(struct story *t, unsigned who)
{
	if (!t->python[who])
		return;
	world_write(t->w->paths.cache, t->python[who]);
	note(t, "python-writes-back");
	note(t, world_refresh_token(t->w));
	t->logged_out = false;
}

void python_refreshes(struct story *t, unsigned who)
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

void python_logs_in(struct story *t, unsigned who)
{
	note(t, "python-logs-in");
	py_login(t->w, below(t, 4) ? "alice" : "bob");
	t->logged_out = false;
	free(t->python[who]);
	t->python[who] = world_read(t->w->paths.cache);
}

bool login_was_cut_off(struct story *t)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	bool found = false;

	load_record(t, &record, &found);
	return found && !bf_secret_empty(&record.token.access) && !record.cache_written;
}

void python_logs_out(struct story *t)
{
	note(t, "python-logs-out");
	py_logout(t->w);
	t->logged_out = !login_was_cut_off(t);
}

/* ---- we -------------------------------------------------------------------------------------- */

enum bfabric_status ask(struct story *t, bool force)
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

void we_ask(struct story *t, bool force)
{
	note(t, force ? "we-insist" : "we-ask");
	(void)ask(t, force);
}

void we_ask_in_trouble(struct story *t)
{
	unsigned trouble = 1 + below(t, TROUBLE_REDIRECT);

	note(t, "we-ask-in-trouble");
	authserver_trouble_set(t->w->server, (enum authserver_trouble)trouble, 1);
	(void)ask(t, below(t, 2));
}

void we_ask_in_company(struct story *t)
{
	note(t, "we-ask-in-company");
	t->interfere = true;
	(void)ask(t, below(t, 2));
}

void we_ask_and_lose_promises(struct story *t)
{
	t->lose = 1 + (int)below(t, 3);
	note(t, t->lose == 1   ? "we-lose-the-record"
		: t->lose == 2 ? "we-lose-the-cache"
			       : "we-lose-both");
	(void)ask(t, below(t, 2));
}

void we_reject(struct story *t)
{
	note(t, "we-reject");
	MUST(t, bfabric_session_reject(t->w->s, NULL, NULL) == BFABRIC_OK);
}

void we_log_in(struct story *t)
{
	note(t, "we-log-in");
	world_login(t->w);
	t->logged_out = false;
}

/* A crash leaves a beginning of the writes: record, then cache, then (a login) the record again. */
void we_crash(struct story *t)
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

void time_passes(struct story *t)
{
	static const int64_t spans[] = {1, 40, 70, 3600, 28770, 40000, -400, -40000};

	note(t, "time-passes");
	world_pass(t->w, spans[below(t, sizeof(spans) / sizeof(*spans))]);
}
