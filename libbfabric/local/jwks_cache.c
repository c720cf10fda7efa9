/* jwks_cache.c - see jwks_cache.h. */
#include "jwks_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../base/hash.h"
#include "../base/lock.h"
#include "token.h"

#define VERSION 1

static void json_free(json_t **json)
{
	json_decref(*json);
}

void bf_jwks_cache_release(struct bf_jwks_cache *cache)
{
	free(cache->jwks_uri);
	json_decref(cache->document);
	*cache = (struct bf_jwks_cache){0};
}

enum bfabric_status bf_jwks_cache_path(
	const struct bf_url *base, char **ret_path, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL;
	char hex[BF_SHA256_HEX];
	char *path = NULL;
	enum bfabric_status status = bf_home(&home, err);

	if (status != BFABRIC_OK)
		return status;
	bf_sha256_hex(base->text, strlen(base->text), hex);
	if (asprintf(&path, "%s/.bfabric/jwks/%.16s.json", home, hex) < 0)
		return bf_fail_nomem(err);
	*ret_path = path;
	return BFABRIC_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum bfabric_status take(json_t *file, struct bf_jwks_cache *ret, struct bfabric_error *err)
{
	char *copy = NULL;
	const char *uri = json_string_value(json_object_get(file, "jwks_uri"));
	json_t *document = json_object_get(file, "jwks");

	if (json_integer_value(json_object_get(file, "version")) != VERSION || !uri ||
		!json_is_object(document))
		return BFABRIC_OK;
	copy = strdup(uri);
	if (!copy)
		return bf_fail_nomem(err);
	ret->jwks_uri = copy;
	ret->document = json_incref(document);
	ret->fetched = json_integer_value(json_object_get(file, "fetched"));
	ret->asked = json_integer_value(json_object_get(file, "asked"));
	return BFABRIC_OK;
}

enum bfabric_status bf_jwks_cache_read(
	const char *path, struct bf_jwks_cache *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_CLEANUP(json_free) json_t *file = NULL;
	struct bf_file_info info = {0};
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_PRIVATE, BF_JWKS_FILE_MAX, &text, &info, err);

	if (status == BFABRIC_OK && info.found)
		status = bf_json_read(bf_secret_reveal(&text), text.len, &file, err);
	if (status != BFABRIC_OK && status != BFABRIC_BAD_REPLY)
		return status;
	bf_jwks_cache_release(ret);
	return file ? take(file, ret, err) : BFABRIC_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static enum bfabric_status encode(
	const struct bf_jwks_cache *cache, struct bf_secret *ret_text, struct bfabric_error *err)
{
	BF_CLEANUP(json_free) json_t *file = json_object();

	if (!file || !put(file, "version", json_integer(VERSION)) ||
		!put(file, "jwks_uri", json_string(cache->jwks_uri)) ||
		!put(file, "fetched", json_integer(cache->fetched)) ||
		!put(file, "asked", json_integer(cache->asked)) ||
		json_object_set(file, "jwks", cache->document) != 0)
		return bf_fail_nomem(err);
	return bf_json_write(file, ret_text, err);
}

/* The folder of the file, two levels below the home directory. */
static enum bfabric_status make_folder(const char *path, struct bfabric_error *err)
{
	BF_AUTO_FREE char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
	BF_AUTO_FREE char *home = NULL;
	enum bfabric_status status = folder ? bf_home(&home, err) : bf_fail_nomem(err);

	if (status == BFABRIC_OK)
		status = bf_home_writable(home, err);
	if (status == BFABRIC_OK)
		status = bf_dir_ensure(folder, /* depth= */ 2, err);
	return status;
}

static enum bfabric_status take_lock(
	const char *path, struct bf_lock *lock, struct bfabric_error *err)
{
	BF_AUTO_FREE char *name = NULL;
	bool held = false;
	enum bfabric_status status;

	if (asprintf(&name, "%s.lock", path) < 0)
		return bf_fail_nomem(err);
	status = bf_lock_open(lock, name, /* fallback_path= */ NULL, err);
	if (status == BFABRIC_OK)
		status = bf_lock_try(lock, &held, err);
	if (status == BFABRIC_OK && !held)
		status = bf_fail(err, BFABRIC_LOCK_TIMEOUT, "another process writes %s", path);
	return status;
}

enum bfabric_status bf_jwks_cache_write(
	const char *path, const struct bf_jwks_cache *cache, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	enum bfabric_status status = encode(cache, &text, err);

	if (status == BFABRIC_OK && text.len > BF_JWKS_FILE_MAX)
		status = bf_fail(err, BFABRIC_BAD_REPLY, "the server's keys are too large to keep");
	if (status == BFABRIC_OK)
		status = make_folder(path, err);
	if (status == BFABRIC_OK)
		status = take_lock(path, &lock, err);
	if (status == BFABRIC_OK)
		status = bf_file_replace(path, bf_secret_reveal(&text), text.len, err);
	return status;
}
