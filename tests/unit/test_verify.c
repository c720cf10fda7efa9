/* test_verify.c - where the keys come from: kept for a day, asked for again, not too often. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "libbfabric/base/file.h"
#include "libbfabric/local/jwks_cache.h"
#include "libbfabric/verify.h"

#define BASE "https://bfabric.example.org/bfabric"
#define NOW  INT64_C(1800000000) /* when the cases' tokens are valid, for an hour */

/* A server and a clock. */
static struct scene {
	int64_t now;
	char *keys; /* what the server answers with; owned */
	enum bfabric_status trouble;
	long status; /* of the reply */
	const char *type;
	unsigned asked;
	bool find;                  /* the endpoints are not known beforehand */
	struct bf_secret rsa, p256; /* tokens, by keys of the same names */
	char *both, *only_rsa;      /* sets of keys */
	struct bf_url base;
	struct bf_endpoints endpoints;
	struct bfabric_error err;
	struct bf_jwt_claims claims;
} scene;

static int64_t wall(void *data)
{
	(void)data;
	return scene.now;
}

static int64_t boot_ms(void *data)
{
	(void)data;
	return 1000;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	(void)data;
	fault_hold(true);
	assert_string_equal(request->url, scene.endpoints.jwks);
	assert_true(request->deadline > 0);
	scene.asked++;
	*ret_sent = true;
	*ret_reply = (struct bf_reply){.status = scene.status, .retry_after = -1};
	snprintf(ret_reply->content_type, sizeof(ret_reply->content_type), "%s", scene.type);
	bf_secret_puts(&ret_reply->body, scene.keys);
	fault_hold(false);
	return scene.trouble == BFABRIC_OK ? BFABRIC_OK
					   : bf_fail(err, scene.trouble, "the server is not there");
}

/* The tokens come from the cases, where every algorithm has an honest one. */
static void load(const char *name, struct bf_secret *ret_token, char **ret_keys)
{
	BF_AUTO_FREE char *path = NULL;
	BF_AUTO_FREE char *line = NULL;
	size_t room = 0;
	ssize_t n;
	FILE *file;

	assert_true(asprintf(&path, BF_TEST_DATA "/jwt/%s/file", name) > 0);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_true(getline(&line, &room, file) > 0);
	assert_true(getline(&line, &room, file) > 0);
	free(*ret_keys);
	*ret_keys = strdup(line);
	n = getline(&line, &room, file);
	assert_true(n > 0);
	bf_secret_put(ret_token, line, (size_t)n);
	fclose(file);
}

/* The set without the key p256. */
static char *without_p256(const char *keys)
{
	json_t *set = json_loads(keys, 0, NULL);
	char *text;

	assert_int_equal(json_array_remove(json_object_get(set, "keys"), 1), 0);
	text = json_dumps(set, 0);
	json_decref(set);
	return text;
}

static int setup(void **state)
{
	scratch_setup(state);
	scene = (struct scene){.now = NOW, .status = 200, .type = "application/json"};
	load("good-rs256", &scene.rsa, &scene.both);
	load("good-es256", &scene.p256, &scene.both);
	scene.only_rsa = without_p256(scene.both);
	scene.keys = scene.both;
	assert_int_equal(bf_url_parse(BASE, &scene.base, &scene.err), BFABRIC_OK);
	assert_int_equal(bf_endpoints_fixed(&scene.base, &scene.endpoints, &scene.err), BFABRIC_OK);
	return setenv("HOME", scratch(""), /* overwrite= */ 1);
}

static int teardown(void **state)
{
	bf_secret_release(&scene.rsa);
	bf_secret_release(&scene.p256);
	free(scene.both);
	free(scene.only_rsa);
	bf_url_release(&scene.base);
	bf_endpoints_release(&scene.endpoints);
	bf_jwt_claims_release(&scene.claims);
	return scratch_teardown(state);
}

static enum bfabric_status discover(
	void *data, const struct bf_endpoints **ret, struct bfabric_error *err)
{
	(void)data, (void)err;
	*ret = &scene.endpoints;
	return BFABRIC_OK;
}

static enum bfabric_status verify(const struct bf_secret *token)
{
	const struct bf_sys sys = {.wall = wall, .boot_ms = boot_ms};
	const struct bf_transport transport = {.perform = perform};
	const struct bf_jwt_expected expected = {0};
	const struct bf_verifier verifier = {.transport = &transport,
		.sys = &sys,
		.base = &scene.base,
		.endpoints = scene.find ? NULL : &scene.endpoints,
		.discover = discover};

	scene.err = (struct bfabric_error){0};
	return bf_verify_jwt(&verifier, token, &expected, &scene.claims, &scene.err);
}

/* Verify, and expect this many requests since the last time. */
static void expect(const struct bf_secret *token, enum bfabric_status status, unsigned asked)
{
	scene.asked = 0;
	assert_int_equal(verify(token), status);
	assert_int_equal(scene.err.status, status);
	assert_int_equal(scene.asked, asked);
}

static char *path_of_keys(void)
{
	char *path = NULL;

	assert_int_equal(bf_jwks_cache_path(&scene.base, &path, &scene.err), BFABRIC_OK);
	return path;
}

static void kept_for_a_day(void **state)
{
	BF_AUTO_FREE char *path = path_of_keys();

	(void)state;
	expect(&scene.rsa, BFABRIC_OK, 1);
	assert_string_equal(scene.claims.subject, "ada");
	assert_string_equal(bf_jwt_claim(&scene.claims, "scope"), "api:read");
	assert_int_equal(scratch_mode(path), 0600);
	assert_int_equal(scratch_mode(scratch(".bfabric/jwks")), 0700);
	expect(&scene.rsa, BFABRIC_OK, 0);
	expect(&scene.p256, BFABRIC_OK, 0);
}

/* Keys that were fetched so long ago, seen from NOW. */
static void fetched_ago(int64_t seconds)
{
	BF_AUTO_FREE char *path = path_of_keys();
	BF_AUTO_JWKS_CACHE struct bf_jwks_cache cache = {0};

	assert_int_equal(bf_jwks_cache_read(path, &cache, &scene.err), BFABRIC_OK);
	assert_non_null(cache.document);
	cache.fetched = cache.asked = NOW - seconds;
	assert_int_equal(bf_jwks_cache_write(path, &cache, &scene.err), BFABRIC_OK);
}

/* Fetch, and let it be so long ago. */
static void fetched_ago_with(
	int64_t seconds, const struct bf_secret *token, enum bfabric_status status)
{
	expect(token, status, 1);
	fetched_ago(seconds);
}

static void old_keys_are_fetched_anew(void **state)
{
	(void)state;
	expect(&scene.rsa, BFABRIC_OK, 1);
	fetched_ago(BF_JWKS_DAY - 1);
	expect(&scene.rsa, BFABRIC_OK, 0);
	fetched_ago(BF_JWKS_DAY);
	expect(&scene.rsa, BFABRIC_OK, 1);
	expect(&scene.rsa, BFABRIC_OK, 0);
	/* what the server took back is gone */
	fetched_ago(BF_JWKS_DAY);
	scene.keys = scene.only_rsa;
	expect(&scene.p256, BFABRIC_DENIED, 1);
	/* a file from the future was written under another clock */
	fetched_ago(-BF_JWKS_DAY);
	expect(&scene.rsa, BFABRIC_OK, 1);
}

static void unknown_key_is_asked_for_once(void **state)
{
	(void)state;
	scene.keys = scene.only_rsa;
	expect(&scene.rsa, BFABRIC_OK, 1);
	scene.keys = scene.both;
	/* just fetched: not again within five minutes */
	expect(&scene.p256, BFABRIC_DENIED, 0);
	assert_non_null(strstr(scene.err.text, "p256"));
	scene.now = NOW + BF_JWKS_PAUSE - 1;
	expect(&scene.p256, BFABRIC_DENIED, 0);
	scene.now = NOW + BF_JWKS_PAUSE;
	expect(&scene.p256, BFABRIC_OK, 1);
}

/* The set with another modulus in the key rsa. */
static char *with_another_rsa(const char *keys)
{
	json_t *set = json_loads(keys, 0, NULL), *list = json_object_get(set, "keys");
	json_t *other = json_object_get(json_array_get(list, 5), "n");
	char *text;

	assert_int_equal(json_object_set(json_array_get(list, 0), "n", other), 0);
	text = json_dumps(set, 0);
	json_decref(set);
	return text;
}

/* A server that gives its new key the name of the old one. */
static void replaced_key_is_asked_for_once(void **state)
{
	BF_AUTO_FREE char *replaced = with_another_rsa(scene.both);

	(void)state;
	scene.keys = replaced;
	fetched_ago_with(BF_JWKS_PAUSE, &scene.rsa, BFABRIC_DENIED);
	scene.trouble = BFABRIC_RETRY_LATER;
	expect(&scene.rsa, BFABRIC_DENIED, 1); /* the kept keys said no, and none are newer */
	expect(&scene.rsa, BFABRIC_DENIED, 0);
	fetched_ago(BF_JWKS_PAUSE);
	scene.trouble = BFABRIC_CANCELLED;
	expect(&scene.rsa, BFABRIC_CANCELLED, 1);
	scene.trouble = BFABRIC_OK;
	scene.keys = scene.both;
	fetched_ago(BF_JWKS_PAUSE - 1);
	expect(&scene.rsa, BFABRIC_DENIED, 0);
	fetched_ago(BF_JWKS_PAUSE);
	expect(&scene.rsa, BFABRIC_OK, 1);
	expect(&scene.rsa, BFABRIC_OK, 0);
}

/* The file of one base URL in the place of another's, by whoever may write the folder. */
static void keys_of_another_place_count_as_none(void **state)
{
	BF_AUTO_FREE char *path = path_of_keys();
	BF_AUTO_JWKS_CACHE struct bf_jwks_cache cache = {0};
	static const char *const elsewhere[] = {"https://bfabric-test.example.org/bfabric/jwks",
		"http://127.0.0.1:8080/bfabric/jwks", "https://bfabric.example.org:8443/jwks", "x"};

	(void)state;
	expect(&scene.rsa, BFABRIC_OK, 1);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++) {
		assert_int_equal(bf_jwks_cache_read(path, &cache, &scene.err), BFABRIC_OK);
		free(cache.jwks_uri);
		cache.jwks_uri = strdup(elsewhere[i]);
		assert_int_equal(bf_jwks_cache_write(path, &cache, &scene.err), BFABRIC_OK);
		scene.find = true;
		expect(&scene.rsa, BFABRIC_OK, 1);
		expect(&scene.rsa, BFABRIC_OK, 0);
		scene.find = false;
	}
}

static void unreachable_server(void **state)
{
	(void)state;
	scene.trouble = BFABRIC_TIMEOUT;
	expect(&scene.rsa, BFABRIC_TIMEOUT, 1);
	expect(&scene.rsa, BFABRIC_TIMEOUT, 1); /* nothing is kept: ask again */
	scene.trouble = BFABRIC_OK;
	scene.keys = scene.only_rsa;
	expect(&scene.rsa, BFABRIC_OK, 1);
	scene.trouble = BFABRIC_RETRY_LATER;
	fetched_ago(BF_JWKS_DAY);
	expect(&scene.rsa, BFABRIC_OK, 1); /* old keys are better than none */
	expect(&scene.rsa, BFABRIC_OK, 0); /* and the server is left alone */
	expect(&scene.p256, BFABRIC_RETRY_LATER, 0);
	assert_non_null(strstr(scene.err.text, "asked again"));
	scene.now += BF_JWKS_PAUSE;
	expect(&scene.p256, BFABRIC_RETRY_LATER, 1);
	scene.now = NOW;
	fetched_ago(BF_JWKS_WEEK);
	expect(&scene.rsa, BFABRIC_RETRY_LATER, 1); /* not for ever */
	scene.trouble = BFABRIC_CANCELLED;
	fetched_ago(BF_JWKS_DAY);
	expect(&scene.rsa, BFABRIC_CANCELLED, 1);
}

static void broken_answers(void **state)
{
	(void)state;
	scene.status = 503;
	expect(&scene.rsa, BFABRIC_RETRY_LATER, 1);
	scene.status = 404;
	expect(&scene.rsa, BFABRIC_BAD_REPLY, 1);
	scene.type = "text/html"; /* the application is deployed anew */
	expect(&scene.rsa, BFABRIC_RETRY_LATER, 1);
	scene.status = 200;
	scene.keys = scene.both + 1;
	expect(&scene.rsa, BFABRIC_BAD_REPLY, 1);
	scene.keys = scene.both;
	expect(&scene.rsa, BFABRIC_OK, 1);
}

static void damaged_files_count_as_none(void **state)
{
	BF_AUTO_FREE char *path = path_of_keys();
	static const char *const damaged[] = {"", "{", "[]", "{}",
		"{\"version\":1,\"jwks_uri\":\"" BASE "/rest/oauth/jwks\",\"fetched\":1800000000,"
		"\"asked\":1800000000,\"jwks\":{\"keys\":7}}",
		"{\"version\":1,\"jwks_uri\":\"https://evil.example/\",\"fetched\":1800000000,"
		"\"asked\":1800000000,\"jwks\":{\"keys\":[]}}",
		"{\"version\":2,\"jwks_uri\":\"" BASE "/rest/oauth/jwks\",\"fetched\":1800000000,"
		"\"asked\":1800000000,\"jwks\":{\"keys\":[]}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		expect(&scene.rsa, BFABRIC_OK, 1);
		assert_int_equal(bf_file_replace(path, damaged[i], strlen(damaged[i]), NULL), 0);
	}
	expect(&scene.rsa, BFABRIC_OK, 1);
	/* writable by others: whoever wrote it decides nothing; it is replaced */
	assert_int_equal(chmod(path, 0666), 0);
	expect(&scene.rsa, BFABRIC_OK, 1);
	expect(&scene.rsa, BFABRIC_OK, 0);
	assert_int_equal(scratch_mode(path), 0600);
}

/* A damaged file is none, an unsafe one is named, and of both nothing is taken. */
static void what_cannot_be_read(void **state)
{
	BF_AUTO_FREE char *path = path_of_keys();
	BF_AUTO_JWKS_CACHE struct bf_jwks_cache cache = {0};

	(void)state;
	assert_int_equal(bf_jwks_cache_read(path, &cache, &scene.err), BFABRIC_OK);
	assert_null(cache.document);
	expect(&scene.rsa, BFABRIC_OK, 1);
	assert_int_equal(bf_jwks_cache_read(path, &cache, &scene.err), BFABRIC_OK);
	assert_non_null(cache.document);
	assert_int_equal(cache.fetched, NOW);
	assert_int_equal(cache.asked, NOW);
	assert_int_equal(bf_file_replace(path, "{", 1, NULL), BFABRIC_OK);
	assert_int_equal(bf_jwks_cache_read(path, &cache, &scene.err), BFABRIC_OK);
	assert_null(cache.document);
	assert_int_equal(chmod(path, 0622), 0);
	assert_fails(bf_jwks_cache_read(path, &cache, &scene.err), BFABRIC_SYSTEM, scene.err, path);
}

/* What a server sends is kept only as far as it can be read again. */
static void too_large_to_keep(void **state)
{
	BF_AUTO_FREE char *path = path_of_keys();
	BF_AUTO_FREE char *text = malloc(BF_JWKS_FILE_MAX + 1);
	BF_AUTO_JWKS_CACHE struct bf_jwks_cache cache = {
		.jwks_uri = strdup(BASE), .fetched = NOW, .asked = NOW};

	(void)state;
	memset(text, 'x', BF_JWKS_FILE_MAX);
	text[BF_JWKS_FILE_MAX] = '\0';
	cache.document = json_pack("{s:s}", "x", text);
	assert_fails(bf_jwks_cache_write(path, &cache, &scene.err), BFABRIC_BAD_REPLY, scene.err,
		"too large");
}

static void no_home_to_keep_keys_in(void **state)
{
	(void)state;
	assert_int_equal(setenv("HOME", "/nonexistent", /* overwrite= */ 1), 0);
	expect(&scene.rsa, BFABRIC_OK, 1);
	expect(&scene.rsa, BFABRIC_OK, 1);
}

static void tokens_that_cost_no_request(void **state)
{
	BF_AUTO_SECRET struct bf_secret opaque = BF_SECRET_INIT;

	(void)state;
	bf_secret_puts(&opaque, "2YotnFZFEjr1zCsicMWpAA");
	expect(&opaque, BFABRIC_UNSUPPORTED, 0);
	assert_non_null(strstr(scene.err.text, "introspect"));
	scene.now = NOW + 3660;
	expect(&scene.rsa, BFABRIC_DENIED, 0);
}

static void forget(void)
{
	BF_AUTO_FREE char *path = path_of_keys();

	assert_int_equal(bf_file_remove(path, &scene.err), BFABRIC_OK);
}

static void no_memory(void **state)
{
	(void)state;
	for (int kept = 0; kept < 2; kept++)
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			enum bfabric_status status = verify(&scene.p256);
			bool failed = fault_disarm();

			/* what is only kept for later may fail without harm */
			assert_true(
				status == BFABRIC_OK || (failed && status == BFABRIC_NO_MEMORY));
			assert_int_equal(scene.err.status, status);
			if (!kept)
				forget();
		}
}

static void failing_system_calls(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_SYSTEM, EIO) {
		enum bfabric_status status = verify(&scene.p256);

		fault_disarm();
		assert_int_equal(status, BFABRIC_OK);
		forget();
	}
}

#define verify_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		verify_test(kept_for_a_day),
		verify_test(old_keys_are_fetched_anew),
		verify_test(unknown_key_is_asked_for_once),
		verify_test(replaced_key_is_asked_for_once),
		verify_test(keys_of_another_place_count_as_none),
		verify_test(unreachable_server),
		verify_test(broken_answers),
		verify_test(damaged_files_count_as_none),
		verify_test(what_cannot_be_read),
		verify_test(too_large_to_keep),
		verify_test(no_home_to_keep_keys_in),
		verify_test(tokens_that_cost_no_request),
		verify_test(no_memory),
		verify_test(failing_system_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
