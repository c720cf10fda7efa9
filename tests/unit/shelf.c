#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shelf shelf;

static enum bfabric_status closed(struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "the shelf is locked");
}

/* Within the time that there is. */
static bool opens(const struct bf_store *store, int64_t deadline)
{
	int64_t left = deadline - bf_boot_ms(store->sys);

	assert_true(deadline > 0);
	if (shelf.slow_ms > 0 && left > 0)
		bf_sleep_ms(store->sys, shelf.slow_ms < left ? shelf.slow_ms : left);
	return !shelf.locked && shelf.slow_ms <= left;
}

static enum bfabric_status get(const struct bf_store *store, int64_t deadline, bool *ret_found,
	struct bf_secret *ret_line, struct bfabric_error *err)
{
	shelf.gets++;
	if (bf_cancelled(store->cancel))
		return bf_fail(err, BFABRIC_CANCELLED, "cancelled at the shelf");
	if (!opens(store, deadline))
		return closed(err);
	*ret_found = *shelf.line != '\0';
	bf_secret_puts(ret_line, shelf.line);
	return BFABRIC_OK;
}

static enum bfabric_status put(const struct bf_store *store, int64_t deadline,
	const struct bf_secret *line, struct bfabric_error *err)
{
	shelf.puts++;
	if (shelf.on_put)
		shelf.on_put(shelf.data);
	if (!opens(store, deadline))
		return closed(err);
	assert_true(line->len < sizeof(shelf.line));
	snprintf(shelf.line, sizeof(shelf.line), "%s", bf_secret_reveal(line));
	return BFABRIC_OK;
}

static enum bfabric_status erase(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	if (!opens(store, deadline))
		return closed(err);
	*shelf.line = '\0';
	return BFABRIC_OK;
}

static enum bf_store_state probe(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	if (opens(store, deadline))
		return BF_STORE_READY;
	(void)!closed(err);
	return BF_STORE_LOCKED;
}

static enum bfabric_status unlock(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	(void)store;
	(void)err;
	assert_true(deadline > 0);
	shelf.unlocks++;
	shelf.locked = false;
	return BFABRIC_OK;
}

static const struct bf_store_type type = {.name = "shelf",
	.apart = true,
	.get = get,
	.put = put,
	.erase = erase,
	.probe = probe,
	.unlock = unlock};

void shelf_begin(struct world *w)
{
	shelf = (struct shelf){0};
	w->store = &type;
	world_reopen(w);
}

const char *shelf_refresh_token(void)
{
	static char value[64];
	json_t *document = json_loads(shelf.line, 0, NULL);
	const char *text = json_string_value(json_object_get(document, "refresh_token"));

	snprintf(value, sizeof(value), "%s", text ? text : "");
	json_decref(document);
	return value;
}

void shelf_set(const char *member, const char *text)
{
	json_t *document =
		*shelf.line ? json_loads(shelf.line, 0, NULL) : json_pack("{s:i}", "version", 1);
	char *line;

	json_object_set_new(document, member, json_string(text));
	line = json_dumps(document, JSON_COMPACT);
	snprintf(shelf.line, sizeof(shelf.line), "%s", line);
	free(line);
	json_decref(document);
}

void shelf_expire(struct world *w)
{
	world_pass(w, 40000);
	world_reopen(w);
}

void shelf_expect_apart(struct world *w)
{
	BF_AUTO_FREE char *record = world_read(w->paths.record);
	BF_AUTO_FREE char *cache = world_read(w->paths.cache);

	assert_non_null(record);
	assert_non_null(cache);
	assert_null(strstr(record, "refresh_token"));
	assert_null(strstr(cache, "refresh_token"));
	assert_true(authserver_takes(w->server, shelf_refresh_token()));
	assert_false(world_exists(w->paths.runtime_rescue));
	assert_false(world_exists(w->paths.rescued));
}

void shelf_expect_alive(struct world *w)
{
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_null(w->token.warning);
	shelf_expect_apart(w);
	assert_int_equal(w->server->reuses, 0);
}

void shelf_log_in(struct world *w)
{
	shelf_begin(w);
	world_login(w);
}
