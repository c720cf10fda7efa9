#include "configured.h"
#include "nearest.h"
#include "pick.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OVERRIDE "BFABRICPY_CONFIG_OVERRIDE"

enum bfabric_status bf_named_environment(
	const struct bf_command_line *call, const char **ret_name, struct bfabric_error *err)
{
	const char *argument = call->argument_count ? call->arguments[0] : NULL;

	if (argument && !*argument)
		return bf_fail(err, BFABRIC_BAD_CALL, "the name of an environment is empty");
	if (argument && call->environment && strcmp(argument, call->environment) != 0)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"which environment: %.80s, or %.80s of --env?", argument,
			call->environment);
	*ret_name = argument ? argument : call->environment;
	return BFABRIC_OK;
}

enum bfabric_status bf_require_own_config(struct bfabric_error *err)
{
	if (!secure_getenv(OVERRIDE))
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_FORBIDDEN,
		OVERRIDE " is set and replaces the configuration, so that there is nothing to "
			 "change: unset it first");
}

enum bfabric_status bf_load_environments(const struct bf_command_line *call,
	struct bf_config **ret_config, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	enum bfabric_status status = bf_config_load(call->config_file, &config, err);

	if (status != BFABRIC_OK)
		return status;
	if (bf_config_count(config) == 0)
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
			"%.300s has no environment; a first login makes one: bfabric login "
			"fgcz-prod",
			bf_config_user_file(config));
	*ret_config = BF_TAKE(config);
	return BFABRIC_OK;
}

bool bf_config_has(const struct bf_config *config, const char *name)
{
	for (size_t i = 0; i < bf_config_count(config); i++)
		if (strcmp(bf_config_name(config, i), name) == 0)
			return true;
	return false;
}

/* "A, B, C": as many as there is room for in an error. */
static void put_names(const struct bf_config *config, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; i < bf_config_count(config); i++) {
		int n = snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
			bf_config_name(config, i));

		if (n < 0 || (size_t)n >= size - used) {
			snprintf(buf + used, size - used, "%s", used + 5 < size ? ", ..." : "");
			return;
		}
		used += (size_t)n;
	}
}

enum bfabric_status bf_require_environment(
	const struct bf_config *config, const char *name, struct bfabric_error *err)
{
	struct bf_nearest nearest = BF_NEAREST_INIT(name, strlen(name));
	char names[300];

	if (bf_config_has(config, name))
		return BFABRIC_OK;
	for (size_t i = 0; i < bf_config_count(config); i++)
		bf_nearest_try(&nearest, bf_config_name(config, i));
	if (nearest.best)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"there is no environment %.80s; did you mean %.80s?", name, nearest.best);
	put_names(config, names, sizeof(names));
	return bf_fail(
		err, BFABRIC_BAD_CALL, "there is no environment %.80s; there are: %s", name, names);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static void describe(void *data, size_t index, char *buf, size_t size)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	const struct bf_config *config = data;

	if (bf_config_select(config, bf_config_name(config, index), NULL, &env, NULL) == BFABRIC_OK)
		snprintf(buf, size, "%s, %s", env.url.host, bfabric_auth_method_name(env.method));
	else
		snprintf(buf, size, "(not valid)");
}

static const char *name_of(void *data, size_t index)
{
	return bf_config_name(data, index);
}

static size_t in_effect(const struct bf_config *config)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	if (bf_config_select(config, NULL, NULL, &env, NULL) == BFABRIC_OK)
		for (size_t i = 0; i < bf_config_count(config); i++)
			if (strcmp(bf_config_name(config, i), env.name) == 0)
				return i;
	return BF_PICK_NONE;
}

enum bfabric_status bf_choose_environment(const struct bf_config *config,
	const struct bf_terminal *terminal, const char *question, const char **ret_name,
	struct bfabric_error *err)
{
	const struct bf_pick pick = {
		.question = question,
		.count = bf_config_count(config),
		.preset = in_effect(config),
		.name = name_of,
		.describe = describe,
		.data = (void *)(uintptr_t)config, /* the callbacks only read it */
	};
	char names[300];
	size_t index = 0;
	enum bfabric_status status;

	if (!terminal->person) {
		put_names(config, names, sizeof(names));
		return bf_fail(err, BFABRIC_BAD_CALL,
			"name the environment (there is no terminal to ask on): %s", names);
	}
	status = bf_pick_ask(&pick, terminal, &index, err);
	if (status == BFABRIC_OK)
		*ret_name = bf_config_name(config, index);
	return status;
}
