/*
 * Every allocation and every system call fails once while a client is changed: what the server
 * rotated to is in the configuration or in the rescue file, and the next run goes on from there.
 */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "libbfabric/manage.h"

#define BASE "https://bfabric.test/bfabric"

/* A registration endpoint that rotates on every update, and on reads too when told to. */
struct endpoint {
	unsigned serial;
	bool rotates_on_read;
};

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
	if (strcmp(bf_secret_reveal(&request->authorization), expected) != 0) {
		reply->status = 401;
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

static void write_config(const struct world *w)
{
	char path[128];

	put_path(path, sizeof(path), w, ".bfabricpy.yml");
	world_write(path, "TEST:\n  base_url: " BASE "\n  auth_method: client_credentials\n"
			  "  client_id: c1\n  client_secret: secret-0-.\n"
			  "  registration_access_token: token-0-.\n"
			  "  registration_client_uri: " BASE "/rest/oauth/register/c1\n");
}

static bool holds(const char *path, const struct endpoint *e)
{
	BF_AUTO_FREE char *text = world_read(path);
	char token[64], secret[64];

	snprintf(token, sizeof(token), "token-%u-.", e->serial);
	snprintf(secret, sizeof(secret), "secret-%u-.", e->serial);
	return text && strstr(text, token) && strstr(text, secret);
}

static bool in_config(const struct world *w, const struct endpoint *e)
{
	char path[128];

	put_path(path, sizeof(path), w, ".bfabricpy.yml");
	return holds(path, e);
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

	if (!in_config(w, e) && !rescued(w, e))
		fail_msg("after a failed %s the secrets are lost: %s", call, err->text);
	if (status == BFABRIC_OK)
		assert_true(in_config(w, e));
	assert_null(strstr(err->text, "token-"));
	assert_null(strstr(err->text, "secret-"));
	if (update(w, e, &second) != BFABRIC_OK)
		fail_msg("after a failed %s: %s; then: %s", call, err->text, second.text);
	assert_true(in_config(w, e));
	assert_false(rescued(w, e));
}

static void each(struct world *w, unsigned calls, int error, bool rotates_on_read)
{
	FAULT_EACH (calls, error) {
		struct endpoint e = {.rotates_on_read = rotates_on_read};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		fault_disarm();
		write_config(w);
		fault_arm(calls, fault_n_, error);
		status = update(w, &e, &err);
		fault_disarm();
		check(w, &e, fault_name(), status, &err);
	}
}

static void test_memory(void **state)
{
	each(*state, FAULT_MEMORY, ENOMEM, false);
	each(*state, FAULT_MEMORY, ENOMEM, true);
}

static void test_system(void **state)
{
	each(*state, FAULT_SYSTEM, EIO, false);
	each(*state, FAULT_SYSTEM, ENOSPC, true);
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
		struct endpoint e = {.rotates_on_read = n % 2};
		struct bfabric_error err = {0};
		enum bfabric_status status;

		write_config(w);
		json_count = 0;
		json_n = n;
		status = update(w, &e, &err);
		failed = json_count >= n;
		json_n = 0;
		check(w, &e, "allocation of jansson's", status, &err);
	}
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_memory),
		world_test(test_system),
		world_test(test_jansson),
	};

	return cmocka_run_group_tests_name("manage_faults", tests, NULL, NULL);
}
