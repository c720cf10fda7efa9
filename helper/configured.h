/*
 * configured.h - what the verbs that manage environments share: which one is meant, is there such a
 * one, may the configuration be written.
 */
#ifndef BF_CONFIGURED_H
#define BF_CONFIGURED_H

#include "../libbfabric/local/config.h"
#include "options.h"
#include "terminal.h"

/*
 * The environment that a command line names: its first argument or --env. NULL: neither. BAD_CALL:
 * both, and they differ.
 */
BF_MUST_USE enum bfabric_status bf_named_environment(
	const struct bf_command_line *call, const char **ret_name, struct bfabric_error *err);

/* FORBIDDEN while BFABRICPY_CONFIG_OVERRIDE replaces the configuration. */
BF_MUST_USE enum bfabric_status bf_require_own_config(struct bfabric_error *err);

/* Load the configuration; NOT_LOGGED_IN when it has no environment. */
BF_MUST_USE enum bfabric_status bf_load_environments(const struct bf_command_line *call,
	struct bf_config **ret_config, struct bfabric_error *err);

bool bf_config_has(const struct bf_config *config, const char *name);

/* BAD_CALL when there is no such environment; the text has the nearest name, or all of them. */
BF_MUST_USE enum bfabric_status bf_require_environment(
	const struct bf_config *config, const char *name, struct bfabric_error *err);

/*
 * Let the person choose from the list of environments; the one in effect is what Enter means.
 * *ret_name is the configuration's. BAD_CALL without a terminal: the text lists the names.
 */
BF_MUST_USE enum bfabric_status bf_choose_environment(const struct bf_config *config,
	const struct bf_terminal *terminal, const char *question, const char **ret_name,
	struct bfabric_error *err);

#endif
