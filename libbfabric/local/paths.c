#include "paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/concat.h"
#include "../base/file.h"
#include "../base/hash.h"

#define STEM_DIGITS 16

void bf_paths_release(struct bf_paths *paths)
{
	char **all[] = {&paths->home, &paths->dir, &paths->cache, &paths->cache_port,
		&paths->record, &paths->rejected, &paths->lock, &paths->rescued,
		&paths->runtime_lock, &paths->runtime_rescue};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		free(*all[i]);
		*all[i] = NULL;
	}
	paths->stays = false;
}

static bool stem_of(const char *base_url, const char *client_id, const char *environment,
	char ret_stem[STEM_DIGITS + 1])
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	char hex[BF_SHA256_HEX];

	bf_secret_puts(&text, base_url);
	bf_secret_putc(&text, '\0');
	bf_secret_puts(&text, client_id);
	bf_secret_putc(&text, '\0');
	bf_secret_puts(&text, environment);
	if (text.failed)
		return false;
	bf_sha256_hex(bf_secret_reveal(&text), text.len, hex);
	memcpy(ret_stem, hex, STEM_DIGITS);
	ret_stem[STEM_DIGITS] = '\0';
	return true;
}

static bool name_in(char **ret, const char *dir, const char *stem, const char *suffix)
{
	*ret = bf_concat(dir, "/", stem, suffix, NULL);
	return *ret;
}

/* The stem that a base URL with a spelled-out default port has: "https://host:443/path". */
static bool port_stem(const struct bf_url *url, const char *client_id, const char *environment,
	char ret_stem[STEM_DIGITS + 1])
{
	char port[BF_DECIMAL_SIZE];
	BF_AUTO_FREE char *text = bf_concat(
		url->scheme, "://", url->host, ":", bf_decimal(url->port, port), url->path, NULL);

	return text && stem_of(text, client_id, environment, ret_stem);
}

/* In p->dir. */
static bool fill_names(struct bf_paths *p, const char *stem)
{
	return p->dir && name_in(&p->cache, p->dir, stem, ".json") &&
	       name_in(&p->record, p->dir, stem, ".session") &&
	       name_in(&p->rejected, p->dir, stem, ".rejected") &&
	       name_in(&p->lock, p->dir, stem, ".json.lock") &&
	       name_in(&p->rescued, p->dir, stem, ".rescued");
}

static enum bfabric_status fill_runtime(
	struct bf_paths *p, const char *stem, struct bfabric_error *err)
{
	BF_AUTO_FREE char *dir = NULL;
	enum bfabric_status status = bf_runtime_dir(&dir, err);

	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status != BFABRIC_OK || !dir)
		return BFABRIC_OK; /* a fallback that is not usable must not stop what needs no
				      fallback */
	if (!name_in(&p->runtime_lock, dir, stem, ".lock") ||
		!name_in(&p->runtime_rescue, dir, stem, ".rescue"))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

static enum bfabric_status fill_staying(
	struct bf_paths *p, const char *stem, struct bfabric_error *err)
{
	enum bfabric_status status = bf_runtime_dir(&p->dir, err);

	if (status != BFABRIC_OK)
		return status;
	if (!p->dir)
		return bf_fail(err, BFABRIC_SYSTEM,
			"there is no runtime directory (XDG_RUNTIME_DIR) to keep the login in");
	p->stays = true;
	return fill_names(p, stem) ? BFABRIC_OK : bf_fail_nomem(err);
}

/*
 * On the way to every token: nothing but a look, unless one is there. A directory of somebody else,
 * as after su(1), counts for nothing.
 */
static enum bfabric_status look_for_staying(
	struct bf_paths *p, const char *stem, struct bfabric_error *err)
{
	const char *base = secure_getenv("XDG_RUNTIME_DIR");
	BF_AUTO_FREE char *record = NULL;
	enum bfabric_status status;

	if (!base || base[0] != '/')
		return BFABRIC_OK;
	record = bf_concat(base, "/bfabric/", stem, ".session", NULL);
	if (!record)
		return bf_fail_nomem(err);
	if (faccessat(AT_FDCWD, record, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return BFABRIC_OK;
	status = fill_staying(p, stem, err);
	return status == BFABRIC_SYSTEM ? BFABRIC_OK : status;
}

static enum bfabric_status fill_home(struct bf_paths *p, const char *stem,
	const struct bf_url *base_url, const char *client_id, const char *environment,
	struct bfabric_error *err)
{
	char alternative[STEM_DIGITS + 1];

	p->dir = bf_concat(p->home, "/.bfabric/tokens", NULL);
	if (!fill_names(p, stem))
		return bf_fail_nomem(err);
	if (base_url->explicit_default_port &&
		(!port_stem(base_url, client_id, environment, alternative) ||
			!name_in(&p->cache_port, p->dir, alternative, ".json")))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

/* Where they may lie. */
enum where { HOME, HOME_AND_RUNTIME, STAYING };

/* `look`: a login that stays is preferred. */
static enum bfabric_status init(const struct bf_url *base_url, const char *client_id,
	const char *environment, enum where where, bool look, struct bf_paths *ret,
	struct bfabric_error *err)
{
	BF_AUTO_PATHS struct bf_paths p = BF_PATHS_INIT;
	char stem[STEM_DIGITS + 1];
	enum bfabric_status status = bf_home(&p.home, err);

	if (status != BFABRIC_OK)
		return status;
	if (!stem_of(base_url->text, client_id, environment, stem))
		return bf_fail_nomem(err);
	if (where == STAYING)
		status = fill_staying(&p, stem, err);
	else if (look)
		status = look_for_staying(&p, stem, err);
	if (status == BFABRIC_OK && !p.stays)
		status = fill_home(&p, stem, base_url, client_id, environment, err);
	if (status == BFABRIC_OK && where == HOME_AND_RUNTIME && !p.stays)
		status = fill_runtime(&p, stem, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = p;
	p = (struct bf_paths)BF_PATHS_INIT;
	return BFABRIC_OK;
}

enum bfabric_status bf_paths_init(const struct bf_url *base_url, const char *client_id,
	const char *environment, bool with_runtime, struct bf_paths *ret, struct bfabric_error *err)
{
	return init(base_url, client_id, environment, with_runtime ? HOME_AND_RUNTIME : HOME,
		/* look= */ true, ret, err);
}

enum bfabric_status bf_paths_init_staying(const struct bf_url *base_url, const char *client_id,
	const char *environment, struct bf_paths *ret, struct bfabric_error *err)
{
	return init(base_url, client_id, environment, STAYING, /* look= */ false, ret, err);
}

enum bfabric_status bfabric_token_cache_path(const char *base_url, const char *client_id,
	const char *environment, char **ret_path, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	enum bfabric_status status;

	if (!base_url || !client_id || !environment)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a token cache has a base URL, a client id and an environment");
	status = bf_url_parse(base_url, &url, err);
	if (status == BFABRIC_OK)
		status = init(&url, client_id, environment, HOME, /* look= */ false, &paths, err);
	if (status == BFABRIC_OK)
		*ret_path = BF_TAKE(paths.cache);
	return status;
}
