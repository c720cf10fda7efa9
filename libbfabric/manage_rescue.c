#include "manage_rescue.h"
#include "base/concat.h"
#include "oauth/reply.h"
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (BF_REPLY_MAX + 8192)

static const char *const kinds[] = {
	[BF_RESCUE_REGISTER] = "register",
	[BF_RESCUE_CHANGE] = "change",
	[BF_RESCUE_DELETE] = "delete",
};

void bf_rescue_head_release(struct bf_rescue_head *head)
{
	free(head->environment);
	free(head->base_url);
	free(head->store);
	*head = (struct bf_rescue_head){0};
}

void bf_rescue_release(struct bf_rescue *rescue)
{
	bf_slot_release(&rescue->slot);
	bf_secret_release(&rescue->text);
}

/* ---- what the configuration holds ------------------------------------------------------------ */

void bf_rescue_digest_of(const struct bf_secret *value, char hex[BF_SHA256_HEX])
{
	bf_sha256_hex(bf_secret_reveal(value), value->len, hex);
}

enum bfabric_status bf_rescue_digest(const struct bf_environment *env, char token[BF_SHA256_HEX],
	char secret[BF_SHA256_HEX], struct bfabric_error *err)
{
	static const struct bf_secret none = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret held = BF_SECRET_INIT;

	/* A secret file that cannot be read is as good as none: the next update brings another. */
	if (env && bf_client_secret(env, /* store= */ NULL, &held, err) == BFABRIC_NO_MEMORY)
		return BFABRIC_NO_MEMORY;
	bf_rescue_digest_of(env ? &env->registration_access_token : &none, token);
	bf_rescue_digest_of(&held, secret);
	return BFABRIC_OK;
}

/* ---- where ----------------------------------------------------------------------------------- */

static enum bfabric_status real_path(const char *config_file, char **ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	enum bfabric_status status = bf_config_load(config_file, &config, err);

	if (status != BFABRIC_OK)
		return status;
	*ret = realpath(bf_config_user_file(config), NULL);
	if (!*ret) /* not there yet */
		*ret = strdup(bf_config_user_file(config));
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status own_dir(char **ret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL, *dir = NULL;
	enum bfabric_status status = bf_home(&home, err);

	if (status == BFABRIC_OK)
		status = bf_home_writable(home, err);
	if (status != BFABRIC_OK)
		return status;
	dir = bf_concat(home, "/.bfabric", NULL);
	if (!dir)
		return bf_fail_nomem(err);
	status = bf_dir_ensure(dir, /* depth= */ 1, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(dir);
	return status;
}

/* "<dir>/<hash of configuration and environment>.registration" */
static enum bfabric_status path_in(const char *dir, const char *config_file,
	const char *environment, char **ret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *config = NULL;
	BF_AUTO_SECRET struct bf_secret named = BF_SECRET_INIT;
	char hex[BF_SHA256_HEX];
	enum bfabric_status status = real_path(config_file, &config, err);

	if (status != BFABRIC_OK)
		return status;
	bf_secret_put(&named, config, strlen(config) + 1);
	bf_secret_puts(&named, environment);
	if (named.failed)
		return bf_fail_nomem(err);
	bf_sha256_hex(bf_secret_reveal(&named), named.len, hex);
	hex[16] = '\0';
	*ret = bf_concat(dir, "/", hex, ".registration", NULL);
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_rescue_paths(const char *config_file, const char *environment,
	char **ret_file, char **ret_lock, struct bfabric_error *err)
{
	BF_AUTO_FREE char *dir = NULL, *file = NULL, *lock = NULL;
	enum bfabric_status status = own_dir(&dir, err);

	if (status == BFABRIC_OK)
		status = path_in(dir, config_file, environment, &file, err);
	if (status != BFABRIC_OK)
		return status;
	lock = bf_concat(file, ".lock", NULL);
	if (!lock)
		return bf_fail_nomem(err);
	*ret_file = BF_TAKE(file);
	*ret_lock = BF_TAKE(lock);
	return BFABRIC_OK;
}

enum bfabric_status bf_rescue_lock(const char *path, const struct bf_sys *sys,
	const struct bfabric_cancel *cancel, int64_t deadline, struct bf_lock *ret_lock,
	struct bfabric_error *err)
{
	bool held = false;
	enum bfabric_status status = bf_lock_open(ret_lock, path, /* fallback_path= */ NULL, err);

	for (int64_t pause = 5; status == BFABRIC_OK; pause = pause < 50 ? pause + 5 : 50) {
		status = bf_lock_try(ret_lock, &held, err);
		if (status != BFABRIC_OK || held)
			return status;
		if (bf_cancelled(cancel))
			return bf_fail(err, BFABRIC_CANCELLED, "cancelled");
		if (bf_boot_ms(sys) >= deadline)
			return bf_fail(err, BFABRIC_LOCK_TIMEOUT,
				"another process is managing this client (it holds %s)", path);
		bf_cancel_sleep(cancel, sys, pause);
	}
	return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum bfabric_status put_head(
	const struct bf_rescue_head *head, struct bf_secret *out, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:b, s:s, s:s, s:s?}",
		"version", 1, "kind", kinds[head->kind], "environment", head->environment,
		"base_url", head->base_url, "service", head->service, "token", head->token,
		"secret", head->secret, "store", head->store);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text)
		return bf_fail_nomem(err);
	bf_secret_puts(out, text);
	bf_secret_putc(out, '\n');
	free(text);
	return out->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bf_rescue_reserve(const char *path, const struct bf_rescue_head *head,
	struct bf_rescue *ret, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	bf_rescue_release(ret);
	status = put_head(head, &ret->text, err);
	if (status == BFABRIC_OK && !bf_secret_room(&ret->text, BF_REPLY_MAX + 1))
		status = bf_fail_nomem(err);
	return status == BFABRIC_OK ? bf_slot_reserve(&ret->slot, path, BF_RESERVE, err) : status;
}

enum bfabric_status bf_rescue_commit(
	struct bf_rescue *rescue, const struct bf_secret *body, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (body)
		bf_secret_put_secret(&rescue->text, body);
	if (rescue->text.failed)
		return bf_fail_nomem(err);
	status = bf_slot_commit(
		&rescue->slot, bf_secret_reveal(&rescue->text), rescue->text.len, err);
	return rescue->slot.committed ? BFABRIC_OK : status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool take_kind(const char *text, enum bf_rescue_kind *ret)
{
	for (size_t i = 0; text && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], text) != 0)
			continue;
		*ret = (enum bf_rescue_kind)i;
		return true;
	}
	return false;
}

static bool take_digest(const json_t *json, const char *name, char ret[BF_SHA256_HEX])
{
	const char *text = json_string_value(json_object_get(json, name));

	if (!text || strlen(text) != BF_SHA256_HEX - 1)
		return false;
	memcpy(ret, text, BF_SHA256_HEX);
	return true;
}

static enum bfabric_status take_head(
	const json_t *json, struct bf_rescue_head *head, bool *ret_good, struct bfabric_error *err)
{
	const char *environment = json_string_value(json_object_get(json, "environment"));
	const char *base_url = json_string_value(json_object_get(json, "base_url"));
	const char *store = json_string_value(json_object_get(json, "store"));

	*ret_good = json_integer_value(json_object_get(json, "version")) == 1 && environment &&
		    base_url &&
		    take_kind(json_string_value(json_object_get(json, "kind")), &head->kind) &&
		    take_digest(json, "token", head->token) &&
		    take_digest(json, "secret", head->secret);
	if (!*ret_good)
		return BFABRIC_OK;
	head->service = json_is_true(json_object_get(json, "service"));
	head->environment = strdup(environment);
	head->base_url = strdup(base_url);
	return head->environment && head->base_url && bf_copy_string(&head->store, store)
		       ? BFABRIC_OK
		       : bf_fail_nomem(err);
}

static enum bfabric_status take_text(const char *path, const struct bf_secret *text,
	struct bf_rescue_head *head, struct bf_secret *body, struct bfabric_error *err)
{
	const char *bytes = bf_secret_reveal(text);
	size_t len = strcspn(bytes, "\n");
	json_error_t trouble;
	BF_AUTO_JSON json_t *json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &trouble);
	bool good = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!json && json_error_code(&trouble) == json_error_out_of_memory)
		return bf_fail_nomem(err);
	if (json && len < text->len)
		status = take_head(json, head, &good, err);
	if (status != BFABRIC_OK)
		return status;
	if (!good)
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"%s holds what a server said about a client, but cannot be understood: "
			"look into it, then remove it",
			path);
	bf_secret_put(body, bytes + len + 1, text->len - len - 1);
	return body->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* Zeros that were promised and not cut off yet. */
static void cut_zeros(struct bf_secret *text)
{
	bf_secret_cut(text, strlen(bf_secret_reveal(text)));
}

static bool is_object(const struct bf_secret *body)
{
	BF_AUTO_JSON json_t *json = json_loadb(bf_secret_reveal(body), body->len, 0, NULL);

	return json_is_object(json);
}

/*
 * A run that was killed while it wrote the file, which takes as long as the disk does. What is
 * whole becomes the file; anything less is left for the next writer to remove.
 */
static enum bfabric_status adopt_temporary(const char *path, struct bfabric_error *err)
{
	BF_AUTO_FREE char *temporary = bf_concat(path, ".tmp", NULL);
	BF_AUTO_RESCUE_HEAD struct bf_rescue_head head = {0};
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT, body = BF_SECRET_INIT;
	struct bf_file_info info = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (!temporary)
		return bf_fail_nomem(err);
	status = bf_file_read(temporary, BF_FILE_PRIVATE, FILE_MAX, &text, &info, err);
	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status != BFABRIC_OK || !info.found)
		return BFABRIC_OK;
	cut_zeros(&text);
	status = take_text(path, &text, &head, &body, err);
	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status == BFABRIC_OK && is_object(&body))
		return rename(temporary, path) == 0
			       ? BFABRIC_OK
			       : bf_fail(err, BFABRIC_SYSTEM, "cannot rename %s: %m", temporary);
	return BFABRIC_OK;
}

enum bfabric_status bf_rescue_look(const char *path, bool *ret_found,
	struct bf_rescue_head *ret_head, struct bf_secret *ret_body, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct bf_file_info info = {0};
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_PRIVATE, FILE_MAX, &text, &info, err);

	if (status != BFABRIC_OK)
		return status;
	*ret_found = info.found;
	cut_zeros(&text);
	return info.found ? take_text(path, &text, ret_head, ret_body, err) : BFABRIC_OK;
}

enum bfabric_status bf_rescue_read(const char *path, bool *ret_found,
	struct bf_rescue_head *ret_head, struct bf_secret *ret_body, struct bfabric_error *err)
{
	enum bfabric_status status = bf_rescue_look(path, ret_found, ret_head, ret_body, err);

	if (status != BFABRIC_OK || *ret_found)
		return status;
	status = adopt_temporary(path, err);
	return status == BFABRIC_OK ? bf_rescue_look(path, ret_found, ret_head, ret_body, err)
				    : status;
}

enum bfabric_status bf_rescue_pending(const char *config_file, const char *environment,
	char **ret_path, enum bf_rescue_kind *ret_kind, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL, *dir = NULL, *path = NULL;
	BF_AUTO_RESCUE_HEAD struct bf_rescue_head head = {0};
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	bool found = false;
	enum bfabric_status status = bf_home(&home, err);

	*ret_path = NULL;
	if (status != BFABRIC_OK)
		return status;
	dir = bf_concat(home, "/.bfabric", NULL);
	if (!dir)
		return bf_fail_nomem(err);
	status = path_in(dir, config_file, environment, &path, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_look(path, &found, &head, &body, err);
	if (status != BFABRIC_OK || !found)
		return status;
	*ret_kind = head.kind;
	*ret_path = BF_TAKE(path);
	return BFABRIC_OK;
}
