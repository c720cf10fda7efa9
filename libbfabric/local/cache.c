#include "cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/hash.h"
#include "token_glance.h"

/* `whole`: with all members, not only what serving takes. */
static enum bfabric_status read_token(const char *path, bool whole, struct bf_token *ret,
	struct bf_file_info *ret_info, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_PRIVATE, BF_TOKEN_FILE_MAX, &text, ret_info, err);

	if (status != BFABRIC_OK || !ret_info->found)
		return status;
	if (!whole && bf_token_glance(bf_secret_reveal(&text), text.len, ret))
		return BFABRIC_OK;
	status = bf_token_parse(bf_secret_reveal(&text), text.len, ret, err);
	if (status == BFABRIC_BAD_REPLY)
		return bf_fail_context(err, status, "token cache %s is damaged", path);
	return status;
}

static enum bfabric_status read_either(const struct bf_paths *paths, bool whole,
	struct bf_token *ret, struct bf_file_info *ret_info, struct bfabric_error *err)
{
	struct bf_file_info info = {0};
	enum bfabric_status status = read_token(paths->cache, whole, ret, &info, err);

	if (status == BFABRIC_OK && !info.found && paths->cache_port)
		status = read_token(paths->cache_port, whole, ret, &info, err);
	if (ret_info)
		*ret_info = info;
	return status;
}

enum bfabric_status bf_cache_read(const struct bf_paths *paths, struct bf_token *ret,
	struct bf_file_info *ret_info, struct bfabric_error *err)
{
	return read_either(paths, /* whole= */ true, ret, ret_info, err);
}

enum bfabric_status bf_cache_encode(
	const struct bf_token *token, struct bf_secret *ret_text, struct bfabric_error *err)
{
	if (json_integer_value(json_object_get(token->members, "expires_at")) <= 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, "a token without expiry is not cached");
	return bf_json_write(token->members, ret_text, err);
}

bool bf_cache_rejected(const struct bf_paths *paths, const struct bf_token *token)
{
	BF_AUTO_SECRET struct bf_secret marker = BF_SECRET_INIT;
	struct bf_file_info info = {0};
	char hex[BF_SHA256_HEX];

	if (bf_file_read(paths->rejected, BF_FILE_PRIVATE, 256, &marker, &info, NULL) !=
			BFABRIC_OK ||
		!info.found)
		return false;
	bf_sha256_hex(bf_secret_reveal(&token->access), token->access.len, hex);
	return marker.len >= 64 && memcmp(bf_secret_reveal(&marker), hex, 64) == 0;
}

bool bf_cache_exposed(const struct bf_paths *paths)
{
	struct stat st = {0};

	return lstat(paths->dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	       (st.st_mode & (S_IWGRP | S_IWOTH));
}

enum bfabric_status bf_cache_serve(const struct bf_paths *paths, int64_t now, int64_t min_ttl,
	bool *ret_served, struct bf_token *ret, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info info = {0};

	*ret_served = false;
	if (bf_cache_exposed(paths) ||
		read_either(paths, /* whole= */ false, &token, &info, err) != BFABRIC_OK ||
		!info.found || !bf_token_fresh(&token, now, min_ttl) ||
		bf_cache_rejected(paths, &token))
		return BFABRIC_OK;
	bf_token_move(ret, &token);
	*ret_served = true;
	return BFABRIC_OK;
}
