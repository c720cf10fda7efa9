#include "sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include "../libbfabric/base/concat.h"
#include "revoke.h"
#include "spawn.h"
#include "stash.h"

#define LOOK_AT 256 /* entries; a directory with more is nobody's normal day */
#define SOME    4
#define SOME_MS 2000

/* ---- one token ------------------------------------------------------------------------------- */

/* Its own configuration, which may not be the one of this call; and only if it still says to whom
 * the token belongs. */
static enum bfabric_status load_configuration(
	const struct bf_stash *stash, struct bf_pam_conf *ret, struct bfabric_error *err)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	enum bfabric_status status =
		bf_pam_conf_load(stash->config, /* note= */ NULL, NULL, &conf, err);

	if (status != BFABRIC_OK)
		return status;
	if (strcmp(conf.base_url, stash->base_url) != 0 ||
		strcmp(conf.client_id, stash->client_id) != 0)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%.200s names another server or client now",
			stash->config);
	*ret = conf;
	conf = (struct bf_pam_conf){0};
	return BFABRIC_OK;
}

void bf_pam_give_back(
	const struct bf_pam_call *call, const struct bf_stash *stash, int64_t deadline)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;
	struct bfabric_error err = {0};
	char quoted[BF_PAM_QUOTED];
	enum bfabric_status status = load_configuration(stash, &conf, &err);

	bf_secret_puts(&grant.token, stash->token);
	if (status == BFABRIC_OK && grant.token.failed)
		status = bf_fail_nomem(&err);
	if (status == BFABRIC_OK)
		bf_pam_revoke_until(call, &conf, &grant, deadline);
	else
		bf_pam_log(call, LOG_WARNING,
			"a login that reached nobody stays valid at the server: %s",
			bf_pam_quote(quoted, err.text));
}

/* ---- the directory --------------------------------------------------------------------------- */

struct sweep {
	const struct bf_pam_call *call;
	int dir;
	char boot[BF_BOOT_ID + 1];
	unsigned most;
	int64_t deadline;
};

static void close_dirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* A handle, or one whose file was never finished. Others use this directory too. */
static bool is_ours(const char *name)
{
	char handle[BF_STASH_HANDLE + 1];
	const size_t len = strlen(name);

	if (len > BF_STASH_HANDLE && strcmp(name + BF_STASH_HANDLE, BF_STASH_NEW) != 0)
		return false;
	if (len < BF_STASH_HANDLE)
		return false;
	memcpy(handle, name, BF_STASH_HANDLE);
	handle[BF_STASH_HANDLE] = '\0';
	return bf_stash_is_handle(handle);
}

/* Nothing in it can be given back; the one that is being written now is young. */
static void remove_damaged(const struct sweep *sweep, const char *name)
{
	struct timespec now = {0};
	struct stat st = {0};

	if (fstatat(sweep->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		clock_gettime(CLOCK_REALTIME, &now) != 0)
		return;
	if (now.tv_sec - st.st_mtim.tv_sec <= BF_STASH_LIFE_MS / 1000)
		return;
	if (bf_stash_take(sweep->dir, name))
		bf_pam_log(sweep->call, LOG_WARNING, "a damaged file was removed from the stash");
}

static void sweep_one(struct sweep *sweep, const char *name)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	struct bf_stash stash = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_stash_read(sweep->dir, name, &text, &err);

	if (status == BFABRIC_OK)
		status = bf_stash_parse(bf_secret_reveal(&text), text.len, &kv, &stash, &err);
	if (status == BFABRIC_BAD_REPLY)
		remove_damaged(sweep, name);
	if (status != BFABRIC_OK || bf_stash_is_live(&stash, sweep->boot, bf_pam_now()) ||
		!bf_stash_take(sweep->dir, name))
		return;
	sweep->most--;
	bf_pam_give_back(sweep->call, &stash, sweep->deadline);
}

void bf_pam_sweep(const struct bf_pam_call *call, int dir, unsigned most, int64_t deadline)
{
	struct sweep sweep = {.call = call, .dir = dir, .most = most, .deadline = deadline};
	BF_AUTO_CLOSE int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	BF_CLEANUP(close_dirp) DIR *entries = again < 0 ? NULL : fdopendir(again);
	struct bfabric_error err = {0};

	if (!entries)
		return;
	again = -1; /* closed with them */
	if (bf_boot_id(sweep.boot, &err) != BFABRIC_OK)
		return;
	for (unsigned i = 0; i < LOOK_AT && sweep.most > 0 && bf_pam_now() < deadline; i++) {
		const struct dirent *entry = readdir(entries);

		if (!entry)
			break;
		if (is_ours(entry->d_name))
			sweep_one(&sweep, entry->d_name);
	}
}

void bf_pam_sweep_some(const struct bf_pam_call *call, int dir)
{
	bf_pam_sweep(call, dir, SOME, bf_pam_now() + SOME_MS);
}
