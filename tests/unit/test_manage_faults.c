/*
 * Every allocation, every system call and every call of a store fails once while a client is
 * changed: what the server rotated to is in the configuration, or in the store where the
 * environment has one, or in the rescue file, and the next run goes on from there.
 */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault.h"
#include "libbfabric/manage.h"
#include "memstore.h"

#define BASE "https://bfabric.test/bfabric"

/* A registration endpoint that rotates on every update, and on reads too when told to. */
struct endpoint {
	unsigned serial;
	bool rotates_on_read;
	bool apart; /* the secrets lie in a store */
	bool deleted;
};

static struct memstore *store;
static char program[128];

static enum bfabric_status answer(const struct endpoint *e, struct bf_reply *reply)
{
	reply->status = 200;
	strcpy(reply->content_type, "application/json");
	bf_secret_printf(&reply->body,
		"{\"client_id\":\"c1\",\"client_name\":\"n\",\"client_secret\":\"secret-%u-.\","
		"\"registration_access_token\":\"token-%u-.\","
		"\"registration_client_uri\":\"" BASE "/rest/oauth/register/c1\"}",
		e->serial, e->serial);
	return BFABRIC_OK;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *reply, bool *ret_sent, struct bfabric_error *err)
{
	struct endpoint *e = data;
	char expected[64];

	(void)err; /* a reply always comes */
	fault_hold(true);
	*ret_sent = true;
	snprintf(expected, sizeof(expected), "Bearer token-%u-.", e->serial);
	if (e->deleted || strcmp(bf_secret_reveal(&request->authorization), expected) != 0) {
		reply->status = 401;
	} else if (strcmp(request->method, "DELETE") == 0) {
		e->deleted = true;
		reply->status = 204;
	} else {
		if (strcmp(request->method, "GET") != 0 || e->rotates_on_read)
			e->serial++;
		(void)answer(e, reply); /* cannot fail: nothing does now */
	}
	fault_hold(false);
	return BFABRIC_OK;
}

static void put_path(char *buf, size_t size, const struct world *w, const char *name)
{
	snprintf(buf, size, "%s/home/%s", w->root, name);
}

static void write_config(const struct world *w, bool apart)
{
	char path[128], text[1024];

	put_path(path, sizeof(path), w, ".bfabricpy.yml");
	snprintf(text, sizeof(text),
		"TEST:\n  base_url: " BASE "\n  auth_method: client_credentials\n"
		"  client_id: c1\n%s  registration_client_uri: " BASE
		"/rest/oauth/register/c1\n%s%s\n",
		apart ? ""
		      : "  client_secret: secret-0-.\n  registration_access_token: token-0-.\n",
		apart ? "  libbfabric:\n    store: " : "", apart ? program : "");
	world_write(path, text);
	memstore_clear(store);
	memstore_fail(store, 0, false);
	if (apart)
		memstore_put(store, program, "c1",
			"{\"version\":1,\"refresh_token\":\"of a sibling\","
			"\"client_secret\":\"secret-0-.\","
			"\"registration_access_token\":\"token-0-.\"}");
}

static bool has_secrets(const char *text, const struct endpoint *e)
{
	char token[64], secret[64];

	snprintf(token, sizeof(token), "token-%u-.", e->serial);
	snprintf(secret, sizeof(secret), "secret-%u-.", e->serial);
	return text && strstr(text, token) && strstr(text, secret);
}

static bool holds(const char *path, const struct endpoint *e)
{
	BF_AUTO_FREE char *text = world_read(path);

	return has_secrets(text, e);
}

/* Where they belong; what else the store holds is there, too. */
static bool kept(const struct world *w, const struct endpoint *e)
{
	char path[128];
	BF_AUTO_FREE char *config = NULL;
	const char *document = memstore_item(store, program, "c1");

	put_path(path, sizeof(path), w, ".bfabricpy.yml");
	config = world_read(path);
	if (!e->apart)
		return has_secrets(config, e) && !document;
	assert_null(strstr(config, "secret-"));
	assert_null(strstr(config, "token-"));
	assert_non_null(strstr(document, "of a sibling"));
	return has_secrets(document, e);
}

static bool rescued(const struct world *w, const struct endpoint *e)
{
	char dir[128], path[400];
	DIR *d = NULL;
	bool found = false;

	put_path(dir, sizeof(dir), w, ".bfabric");
	d = opendir(dir);
	for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
		snprintf(path, sizeof(path), "%s/%s", dir, f->d_name);
		found |= strstr(f->d_name, ".registration") && holds(path, e);
	}
	if (d)
		closedir(d);
	return found;
}

static enum bfabric_status delete_client(
	struct world *w, struct endpoint *e, struct bfabric_error *err)
{
	BF_AUTO_MANAGER struct bf_manager *manager = NULL;
	const struct bf_transport transport = {.perform = perform, .data = e};
	const struct bf_session_seams seams = {.sys = &w->sys, .transport = &transport};
	const struct bf_manage_options options = {.environment = "TEST", .seams = &seams};
	enum bfabric_status status = bf_manage_open(&options, &manager, err);

	return status == BFABRIC_OK ? bf_manage_delete(manager, err) : status;
}

static enum bfabric_status update(struct world *w, struct endpoint *e, struct bfabric_error *err)
{
	BF_AUTO_MANAGER struct bf_manager *manager = NULL;
	const struct bf_transport transport = {.perform = perform, .data = e};
	const struct bf_session_seams seams = {.sys = &w->sys, .transport = &transport};
	const struct bf_manage_options options = {.environment = "TEST", .seams = &seams};
	const struct bf_client_metadata changes = {.client_name = "new"};
	enum bfabric_status status = bf_manage_open(&options, &manager, err);

	return status == BFABRIC_OK ? bf_manage_update(manager, &changes, err) : status;
}

static void check(struct world *w, struct endpoint *e, const char *call, enum bfabric_status status,
	const struct bfabric_error *err)
{
	struct bfabric_error second = {0};

	memstore_fail(store, 0, false);
	if (!kept(w, e) && !rescued(w, e))
		fail_msg("after a failed %s the secrets are lost: %s", call, err->text);
	if (status == BFABRIC_OK)
		assert_true(kept(w, e));
	assert_null(strstr(err->text, "token-"));
	assert_null(strstr(err->text, "secret-"));
	if (update(w, e, &second) != BFABRIC_OK)
		fail_msg("after a failed %s: %s; then: %s", call, err->text, second.text);
	assert_true(kept(w, e));
	assert_false(rescued(w, e));
}

static void each(struct world *w, unsigned calls, int error, bool rotates_on_read, bool apart)
{
	FAULT_EACH (calls, error) {
		struct endpoint e = {.rotates_on_read = rotates_on_read, .apart = apart};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		fault_disarm();
		write_config(w, apart);
		fault_arm(calls, fault_n_, error);
		status = update(w, &e, &err);
		fault_disarm();
		check(w, &e, fault_name(), status, &err);
	}
}

static void test_memory(void **state)
{
	each(*state, FAULT_MEMORY, ENOMEM, false, false);
	each(*state, FAULT_MEMORY, ENOMEM, true, true);
}

static void test_system(void **state)
{
	each(*state, FAULT_SYSTEM, EIO, false, true);
	each(*state, FAULT_SYSTEM, ENOSPC, true, false);
}

static void test_store(void **state)
{
	struct world *w = *state;
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		struct endpoint e = {.rotates_on_read = n % 2, .apart = true};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		write_config(w, e.apart);
		memstore_fail(store, n, /* stays= */ n % 3);
		status = update(w, &e, &err);
		failed = memstore_calls(store) >= n;
		if (failed)
			assert_int_equal(status, BFABRIC_STORE_UNAVAILABLE);
		if (n == 1) /* before anything is asked of the server */
			assert_int_equal(e.serial, 0);
		check(w, &e, "call of the store", status, &err);
	}
}

/* Cut off after the server did it, the same call clears what is left. */
static void check_deleted(struct world *w, struct endpoint *e, const char *call,
	enum bfabric_status status, const struct bfabric_error *err)
{
	struct bfabric_error second = {0};
	char path[128];
	BF_AUTO_FREE char *config = NULL;

	memstore_fail(store, 0, false);
	assert_null(strstr(err->text, "token-"));
	if (status != BFABRIC_OK) /* UNSUPPORTED: only the sync had failed, nothing is left */
		status = delete_client(w, e, &second);
	if (status != BFABRIC_OK && status != BFABRIC_UNSUPPORTED)
		fail_msg("after a failed %s: %s; then: %s", call, err->text, second.text);
	assert_true(e->deleted);
	put_path(path, sizeof(path), w, ".bfabricpy.yml");
	config = world_read(path);
	assert_null(strstr(config, "client_id"));
	assert_null(strstr(config, "registration"));
	assert_int_equal(memstore_count(store, program), 0);
	assert_false(rescued(w, e));
}

static void test_delete(void **state)
{
	struct world *w = *state;

	FAULT_EACH (FAULT_SYSTEM, EIO) {
		struct endpoint e = {.apart = true};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		fault_disarm();
		write_config(w, e.apart);
		fault_arm(FAULT_SYSTEM, fault_n_, EIO);
		status = delete_client(w, &e, &err);
		fault_disarm();
		check_deleted(w, &e, fault_name(), status, &err);
	}
	for (unsigned n = 1; n < 8; n++) {
		struct endpoint e = {.apart = true};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		write_config(w, e.apart);
		memstore_fail(store, n, /* stays= */ true);
		status = delete_client(w, &e, &err);
		check_deleted(w, &e, "call of the store", status, &err);
	}
}

static unsigned json_count, json_n;

static void *counted_malloc(size_t size)
{
	return ++json_count == json_n ? NULL : malloc(size);
}

static void test_jansson(void **state)
{
	struct world *w = *state;
	bool failed = true;

	json_set_alloc_funcs(counted_malloc, free);
	for (unsigned n = 1; failed; n++) {
		struct endpoint e = {.rotates_on_read = n % 2, .apart = n % 3 == 0};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		write_config(w, e.apart);
		json_count = 0;
		json_n = n;
		status = update(w, &e, &err);
		failed = json_count >= n;
		json_n = 0;
		check(w, &e, "allocation of jansson's", status, &err);
	}
	json_set_alloc_funcs(malloc, free);
}

static int setup(void **state)
{
	int result = world_setup(state);
	const struct world *w = *state;

	store = memstore_new();
	snprintf(program, sizeof(program), "%s/helper", w->root);
	world_write(program, "#!/bin/false\n");
	assert_int_equal(chmod(program, 0700), 0);
	return result;
}

static int teardown(void **state)
{
	memstore_free(store);
	return world_teardown(state);
}

#define store_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(test_memory),
		store_test(test_system),
		store_test(test_store),
		store_test(test_delete),
		store_test(test_jansson),
	};

	return cmocka_run_group_tests_name("manage_faults", tests, NULL, NULL);
}
