/*
 * gitconfig.h - what stands in git's configuration so that git asks our helper.
 *
 * For each host two values of `credential.https://HOST.helper`: an empty one, which takes all other
 * helpers off the list (git hands a login to every helper of a host to store, and one of them might
 * write our token into a file), and then ours by absolute path.
 */
#ifndef BF_GITCONFIG_H
#define BF_GITCONFIG_H

#include "../libbfabric/local/config.h"
#include "options.h"

struct bf_git_hosts {
	char **keys; /* "credential.https://HOST.helper" */
	char **urls; /* "https://HOST", for showing */
	size_t count;
};

#define BF_AUTO_GIT_HOSTS BF_CLEANUP(bf_git_hosts_release)
void bf_git_hosts_release(struct bf_git_hosts *hosts);

/* The environment's origin and each of its `hosts`. */
BF_MUST_USE enum bfabric_status bf_git_hosts_of(const struct bf_environment *environment,
	struct bf_git_hosts *ret, struct bfabric_error *err);

/* Absolute path of git-credential-bfabric as it is installed. SYSTEM: not found. */
BF_MUST_USE enum bfabric_status bf_git_helper_path(char **ret_path, struct bfabric_error *err);

/*
 * The value that names our helper: its path, and --env and --config-file if they were given. git
 * hands it to sh when it has a special character and takes it for a path only when it begins with
 * '/', so characters are quoted one by one. BAD_CALL: a control character in a name.
 */
BF_MUST_USE enum bfabric_status bf_git_helper_value(const char *path,
	const struct bf_command_line *call, struct bf_secret *ret_value, struct bfabric_error *err);

/* Append the lines for a host in the syntax of git-config(1). */
void bf_git_put_lines(const char *url, const char *value, struct bf_secret *out);

enum bf_git_change { BF_GIT_UNCHANGED, BF_GIT_WRITTEN, BF_GIT_REPLACED, BF_GIT_MOVED };

/*
 * Write both values with `git config --global`; *ret_change says whether there was anything to do,
 * REPLACED that other helpers of this host were taken out, and MOVED that another helper stood
 * below ours, where git would have given it the token. *ret_followed: one still does, because the
 * section holds more than ours and could not be moved.
 */
BF_MUST_USE enum bfabric_status bf_git_write(const char *git, const char *key, const char *value,
	enum bf_git_change *ret_change, bool *ret_followed, struct bfabric_error *err);

#endif
