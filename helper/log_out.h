/*
 * log_out.h - logging out of an environment as a person means it: at the server, in the token
 * files, and where its secret is written in the configuration.
 */
#ifndef BF_LOG_OUT_H
#define BF_LOG_OUT_H

#include "../libbfabric/logout.h"
#include "options.h"

/*
 * Log out of `environment`, which is taken over, and add what happened to `told`: lines for a
 * person.
 * BF_LOGOUT_KEEP: secrets are taken out of the configuration and the environment stays, so that a
 * later login finds URL and method. BF_LOGOUT_FORGET: the caller writes the configuration.
 * `deadline` is that of bf_logout: 0 for its own. The errors of bf_logout and of bf_config_write;
 * the latter's are found before anything happens.
 */
BF_MUST_USE enum bfabric_status bf_log_out_environment(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, struct bf_environment *environment, enum bf_logout_kind kind,
	int64_t deadline, struct bf_secret *told, struct bfabric_error *err);

/*
 * The file for the client secret of an environment, ours to write and to remove:
 * ~/.bfabric/NAME.secret. Owned string.
 */
BF_MUST_USE enum bfabric_status bf_secret_file_of(
	const char *environment, char **ret_path, struct bfabric_error *err);

#endif
