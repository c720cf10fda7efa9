/*
 * exec_environment.h - the environment variables through which a command finds its login.
 */
#ifndef BF_EXEC_ENVIRONMENT_H
#define BF_EXEC_ENVIRONMENT_H

#include "../libbfabric/local/config.h"

struct bf_exec_environment {
	const char *token_file;    /* BEARER_TOKEN_FILE; BEARER_TOKEN, which would win, goes */
	const char *name;          /* BFABRICPY_CONFIG_ENV; NULL: as it is */
	const char *key_log;       /* SSLKEYLOGFILE, if there was one */
	struct bf_secret override; /* BFABRICPY_CONFIG_OVERRIDE; empty: as it is */
};

#define BF_AUTO_EXEC_ENVIRONMENT BF_CLEANUP(bf_exec_environment_release)
void bf_exec_environment_release(struct bf_exec_environment *variables);

/*
 * For bf_command_start: set them in this process, which is the new one. `data` is a struct
 * bf_exec_environment. False: no memory.
 */
bool bf_exec_environment_set(const void *data);

/*
 * The text of BFABRICPY_CONFIG_OVERRIDE: this server and this access token, and nothing that could
 * renew it. FORBIDDEN for a personal access token or password: these do not expire, so they have
 * no place where each program of the user can read them.
 */
BF_MUST_USE enum bfabric_status bf_exec_override(const struct bf_environment *environment,
	const struct bf_secret *token, struct bf_secret *ret_text, struct bfabric_error *err);

#endif
