#include "keep.h"

#include <security/pam_ext.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include "../libbfabric/base/concat.h"
#include "spawn.h"
#include "stash.h"
#include "sweep.h"

#define KEPT_DATA "pam_bfabric_kept"
#define REVOKE_MS 2000

/* What the handle holds. Data survive fork: only the process that kept it may use it. */
struct kept {
	pid_t owner;
	char handle[BF_STASH_HANDLE + 1]; /* "": there is no file */
	struct bf_secret text;            /* as in the file; empty: it was taken */
};

/*
 * sshd authenticates in a process of its own, which ends without a word. It may have been given
 * another name, so that the others are named, whose one process does both.
 */
static bool needs_file(const char *service)
{
	return !bf_pam_list_has(
		"login remote gdm-fingerprint gdm-password gdm-smartcard lightdm sddm xdm",
		service);
}

/* ---- what both places have in common --------------------------------------------------------- */

static enum bfabric_status describe(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const struct bf_pam_grant *grant, const char *boot,
	struct bf_secret *out, struct bfabric_error *err)
{
	const char *config = call->arguments.config;
	const char *token = bf_secret_reveal(&grant->token);
	const struct bf_stash stash = {.uid = user->uid,
		.time = bf_pam_now(),
		.service = bf_pam_item(call, PAM_SERVICE),
		.boot = boot,
		.config = config ? config : BF_PAM_CONF_PATH,
		.base_url = conf->base_url,
		.client_id = conf->client_id,
		.name = grant->name && *grant->name ? grant->name : NULL,
		.token = token};

	if (grant->token.len > BF_STASH_TOKEN_MAX || strlen(token) != grant->token.len)
		return bf_fail(err, BFABRIC_BAD_REPLY, "the token is too large to be kept");
	bf_stash_put(out, &stash);
	return out->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* For whom it was kept, and to whom it belongs. */
static bool fits(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const struct bf_stash *stash)
{
	return stash->uid == user->uid &&
	       strcmp(stash->service, bf_pam_item(call, PAM_SERVICE)) == 0 &&
	       strcmp(stash->base_url, conf->base_url) == 0 &&
	       strcmp(stash->client_id, conf->client_id) == 0;
}

static bool make_grant(
	const struct bf_pam_call *call, const struct bf_stash *stash, struct bf_pam_grant *ret)
{
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;

	bf_secret_puts(&grant.token, stash->token);
	if (grant.token.failed || !bf_copy_string(&grant.name, stash->name)) {
		bf_pam_log(call, LOG_ERR, "out of memory: a login that was kept is lost");
		bf_pam_give_back(call, stash, bf_pam_now() + REVOKE_MS);
		return false;
	}
	*ret = grant;
	grant = (struct bf_pam_grant)BF_PAM_GRANT_INIT;
	return true;
}

/* ---- in the memory of this process ----------------------------------------------------------- */

/* Is it still ours alone? Where there is a file as well, its name says so. */
static bool claim(const struct kept *kept, const struct bf_pam_conf *conf)
{
	BF_AUTO_CLOSE int dir = -1;

	if (kept->owner != getpid())
		return false;
	if (!kept->handle[0])
		return true;
	return bf_stash_open(conf, &dir, /* err= */ NULL) == BFABRIC_OK &&
	       bf_stash_take(dir, kept->handle);
}

static void revoke_kept(const struct bf_pam_call *call, const struct kept *kept)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	struct bf_stash stash = {0};

	if (bf_stash_parse(bf_secret_reveal(&kept->text), kept->text.len, &kv, &stash,
		    /* err= */ NULL) != BFABRIC_OK) {
		if (!kept->handle[0]) /* a file is swept */
			bf_pam_log(call, LOG_ERR,
				"out of memory: a login that was kept stays valid at the server");
		return;
	}
	if (kept->handle[0] && bf_pam_conf_load(stash.config, /* note= */ NULL, NULL, &conf,
				       /* err= */ NULL) != BFABRIC_OK)
		return;
	if (claim(kept, &conf))
		bf_pam_give_back(call, &stash, bf_pam_now() + REVOKE_MS);
}

static void free_kept(struct kept *kept)
{
	bf_secret_release(&kept->text);
	free(kept);
}

/* The handle ends, or another token takes the place. In a copy of the process it only goes away. */
static void release_kept(pam_handle_t *pamh, void *data, int status)
{
	const struct bf_pam_call call = {.pamh = pamh};
	struct kept *kept = data;

	if (!bf_secret_empty(&kept->text) && kept->owner == getpid() && !(status & PAM_DATA_SILENT))
		revoke_kept(&call, kept);
	free_kept(kept);
}

static bool kept_here(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *ret)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	struct bf_stash stash = {0};
	const void *found = NULL;
	struct kept *kept = NULL;

	if (pam_get_data(call->pamh, KEPT_DATA, &found) != PAM_SUCCESS || !found)
		return false;
	kept = (struct kept *)(uintptr_t)found; /* ours; PAM only keeps it */
	if (kept->owner != getpid() || bf_secret_empty(&kept->text))
		return false;
	if (bf_stash_parse(bf_secret_reveal(&kept->text), kept->text.len, &kv, &stash,
		    /* err= */ NULL) != BFABRIC_OK)
		return false; /* no memory: it is given back when the handle ends */
	bf_secret_move(&text, &kept->text);
	if (!claim(kept, conf))
		return false;
	if (fits(call, conf, user, &stash))
		return make_grant(call, &stash, ret);
	bf_pam_log(call, LOG_NOTICE, "a login was kept for somebody else: it is not stored");
	bf_pam_give_back(call, &stash, bf_pam_now() + REVOKE_MS);
	return false;
}

/* ---- in a file ------------------------------------------------------------------------------- */

static void ignore(const struct bf_pam_call *call, const char *why)
{
	bf_pam_log(call, LOG_NOTICE, "the environment names a login that is ignored: %s", why);
}

/* What does not fit is left where it is: it is not ours, and is swept in its time. */
static bool kept_in_file(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, int dir, const char *handle, struct bf_pam_grant *ret)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	char boot[BF_BOOT_ID + 1];
	struct bf_stash stash = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_stash_read(dir, handle, &text, &err);

	if (status == BFABRIC_OK)
		status = bf_stash_parse(bf_secret_reveal(&text), text.len, &kv, &stash, &err);
	if (status == BFABRIC_OK)
		status = bf_boot_id(boot, &err);
	if (status != BFABRIC_OK)
		ignore(call, err.text);
	else if (!fits(call, conf, user, &stash))
		ignore(call, "it is for another user, service or server");
	else if (!bf_stash_is_live(&stash, boot, bf_pam_now()))
		ignore(call, "it is too old");
	else if (!bf_stash_take(dir, handle))
		ignore(call, "it was taken before");
	else
		return make_grant(call, &stash, ret);
	return false;
}

static bool kept_there(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *ret)
{
	const char *handle = pam_getenv(call->pamh, BF_PAM_HANDLE);
	BF_AUTO_CLOSE int dir = -1;
	struct bfabric_error err = {0};
	bool found = false;

	if (!handle || !needs_file(bf_pam_item(call, PAM_SERVICE)))
		return false;
	if (!bf_stash_is_handle(handle)) {
		ignore(call, "that is no name of ours");
		return false;
	}
	if (bf_stash_open(conf, &dir, &err) != BFABRIC_OK) {
		bf_pam_log(call, LOG_ERR, "%s", err.text);
		return false;
	}
	found = kept_in_file(call, conf, user, dir, handle, ret);
	bf_pam_sweep_some(call, dir);
	return found;
}

/* ---- the two together ------------------------------------------------------------------------ */

bool bf_pam_kept(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *ret)
{
	const void *here = NULL;

	if (pam_get_data(call->pamh, KEPT_DATA, &here) == PAM_SUCCESS && here &&
		kept_here(call, conf, user, ret))
		return true;
	return kept_there(call, conf, user, ret);
}

static enum bfabric_status name_in_environment(
	const struct bf_pam_call *call, const char *handle, struct bfabric_error *err)
{
	BF_AUTO_FREE char *variable = bf_concat(BF_PAM_HANDLE "=", handle, (char *)NULL);

	if (!variable || pam_putenv(call->pamh, variable) != PAM_SUCCESS)
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

static enum bfabric_status keep_in_file(
	const struct bf_pam_call *call, int dir, struct kept *kept, struct bfabric_error *err)
{
	enum bfabric_status status = bf_stash_write(dir, &kept->text, kept->handle, err);

	if (status == BFABRIC_OK)
		status = name_in_environment(call, kept->handle, err);
	return status;
}

static enum bfabric_status keep_everywhere(
	const struct bf_pam_call *call, int dir, struct kept *kept, struct bfabric_error *err)
{
	enum bfabric_status status = dir < 0 ? BFABRIC_OK : keep_in_file(call, dir, kept, err);

	if (status == BFABRIC_OK &&
		pam_set_data(call->pamh, KEPT_DATA, kept, release_kept) != PAM_SUCCESS)
		status = bf_fail_nomem(err);
	if (status != BFABRIC_OK && kept->handle[0] && !bf_stash_take(dir, kept->handle))
		bf_pam_log(call, LOG_ERR, "a file of the stash cannot be removed: %m");
	return status;
}

enum bfabric_status bf_pam_keep(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *grant, struct bfabric_error *err)
{
	const bool file = needs_file(bf_pam_item(call, PAM_SERVICE));
	struct kept *kept = calloc(1, sizeof(*kept));
	char boot[BF_BOOT_ID + 1] = "-";
	BF_AUTO_CLOSE int dir = -1;
	enum bfabric_status status = kept ? BFABRIC_OK : bf_fail_nomem(err);

	if (status != BFABRIC_OK)
		return status;
	kept->owner = getpid();
	if (file)
		status = bf_stash_open(conf, &dir, err);
	if (status == BFABRIC_OK && file)
		status = bf_boot_id(boot, err);
	if (status == BFABRIC_OK)
		status = describe(call, conf, user, grant, boot, &kept->text, err);
	if (status == BFABRIC_OK)
		status = keep_everywhere(call, dir, kept, err);
	if (status != BFABRIC_OK) {
		free_kept(kept);
		return status;
	}
	bf_pam_grant_release(grant);
	if (file)
		bf_pam_sweep_some(call, dir);
	return BFABRIC_OK;
}

void bf_pam_forget_handle(const struct bf_pam_call *call)
{
	if (pam_getenv(call->pamh, BF_PAM_HANDLE) &&
		pam_putenv(call->pamh, BF_PAM_HANDLE) != PAM_SUCCESS)
		bf_pam_log(call, LOG_ERR, BF_PAM_HANDLE " stays in the environment");
}
