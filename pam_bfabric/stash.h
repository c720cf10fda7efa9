/*
 * stash.h - files of root's in which one process of sshd leaves a token for another.
 *
 * They lie in conf->run_dir (BF_PAM_RUN_DIR), a directory of root's with mode 0700 that is opened
 * once, never through a link, and that everything is relative to. A file is root's, regular, 0600,
 * has one link, and is written under another name first, so that it is there whole or not at all.
 * (Where we are not root, "root's" means ours.) Its name is its handle: 32 digits of chance, never
 * used again, so that who removes the name, of all who try, owns the token.
 */
#ifndef PAM_BFABRIC_STASH_H
#define PAM_BFABRIC_STASH_H

#include "../libbfabric/base/secret.h"
#include "pam_conf.h"
#include "stash_form.h"

/* SYSTEM: it is not there, or cannot be opened; BAD_CONFIG: it is not what it has to be. */
BF_MUST_USE enum bfabric_status bf_stash_open(
	const struct bf_pam_conf *conf, int *ret_dir, struct bfabric_error *err);

/* A new file with this content. SYSTEM. */
BF_MUST_USE enum bfabric_status bf_stash_write(int dir, const struct bf_secret *text,
	char ret_handle[BF_STASH_HANDLE + 1], struct bfabric_error *err);

/* SYSTEM: there is none, or it cannot be read; BAD_REPLY: it is not what we write. */
BF_MUST_USE enum bfabric_status bf_stash_read(
	int dir, const char *name, struct bf_secret *ret_text, struct bfabric_error *err);

/* True for one of all who try: the token is theirs. */
BF_MUST_USE bool bf_stash_take(int dir, const char *name);

/* Of the running kernel. SYSTEM. */
#define BF_BOOT_ID 36
BF_MUST_USE enum bfabric_status bf_boot_id(char ret[BF_BOOT_ID + 1], struct bfabric_error *err);

/* Behind a handle while the file is written; one that stays was left by a crash. */
#define BF_STASH_NEW ".new"

#endif
