/* The arguments of one line of a stack. */
#include <stdlib.h>
#include <string.h>
#include "pam_words.h"

static const char *value_of(const char *argument, const char *name)
{
	size_t n = strlen(name);

	return strncmp(argument, name, n) == 0 && argument[n] == '=' ? argument + n + 1 : NULL;
}

static enum bfabric_status fail(
	struct bfabric_error *err, const char *argument, const char *expected)
{
	return bf_fail(err, BFABRIC_BAD_CONFIG, "module argument \"%.64s\" must be %s", argument,
		expected);
}

static enum bfabric_status read_path(
	struct bf_pam_arguments *out, const char *value, struct bfabric_error *err)
{
	out->config = value;
	return value[0] == '/' ? BFABRIC_OK : fail(err, "config=", "followed by an absolute path");
}

static enum bfabric_status read_prompt(
	struct bf_pam_arguments *out, const char *value, struct bfabric_error *err)
{
	int word = 0;

	if (!bf_pam_word_prompt(value, &word))
		return fail(err, "prompt=", "followed by auto, enter or info");
	out->prompt = (enum bf_pam_prompt)word;
	out->has_prompt = true;
	return BFABRIC_OK;
}

static enum bfabric_status read_qr(
	struct bf_pam_arguments *out, const char *value, struct bfabric_error *err)
{
	int word = 0;

	if (!bf_pam_word_qr(value, &word))
		return fail(err, "qr=", "followed by auto, on or off");
	out->qr = (enum bf_pam_qr)word;
	out->has_qr = true;
	return BFABRIC_OK;
}

static enum bfabric_status read_remote(
	struct bf_pam_arguments *out, const char *value, struct bfabric_error *err)
{
	int word = 0;

	if (!bf_pam_word_remote(value, &word))
		return fail(err, "remote=", "followed by refuse or second-factor");
	out->remote = (enum bf_pam_remote)word;
	out->has_remote = true;
	return BFABRIC_OK;
}

static enum bfabric_status read_timeout(
	struct bf_pam_arguments *out, const char *value, struct bfabric_error *err)
{
	if (!bf_pam_number(value, BF_PAM_TIMEOUT_MIN, BF_PAM_TIMEOUT_MAX, &out->timeout))
		return fail(err, "timeout=", "followed by 5 to 600 seconds");
	return BFABRIC_OK;
}

static enum bfabric_status read_services(
	struct bf_pam_arguments *out, const char *value, struct bfabric_error *err)
{
	out->services = value;
	return *value ? BFABRIC_OK : fail(err, "services=", "followed by names");
}

static const struct {
	const char *name;
	enum bfabric_status (*read)(
		struct bf_pam_arguments *out, const char *value, struct bfabric_error *err);
} arguments_with_value[] = {
	{"config", read_path},
	{"prompt", read_prompt},
	{"qr", read_qr},
	{"remote", read_remote},
	{"timeout", read_timeout},
	{"services", read_services},
};

static bool *flag_of(struct bf_pam_arguments *out, const char *name)
{
	if (strcmp(name, "debug") == 0)
		return &out->debug;
	if (strcmp(name, "mark") == 0)
		return &out->mark;
	if (strcmp(name, "acquire") == 0)
		return &out->acquire;
	if (strcmp(name, "unprivileged") == 0)
		return &out->unprivileged;
	return NULL;
}

static enum bfabric_status read_one(struct bf_pam_arguments *out, const char *argument,
	bf_pam_note *note, void *data, struct bfabric_error *err)
{
	const size_t count = sizeof(arguments_with_value) / sizeof(arguments_with_value[0]);
	bool *flag = flag_of(out, argument);
	char shown[65];

	if (flag) {
		*flag = true;
		return BFABRIC_OK;
	}
	for (size_t i = 0; i < count; i++) {
		const char *value = value_of(argument, arguments_with_value[i].name);

		if (value)
			return arguments_with_value[i].read(out, value, err);
	}
	bf_show(shown, sizeof(shown), argument, strlen(argument));
	if (note)
		note(data, 0, shown);
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_arguments(int argc, const char *const *argv, bf_pam_note *note,
	void *data, struct bf_pam_arguments *ret, struct bfabric_error *err)
{
	struct bf_pam_arguments out = {0};

	for (int i = 0; i < argc; i++) {
		enum bfabric_status status = read_one(&out, argv[i], note, data, err);

		if (status != BFABRIC_OK)
			return status;
	}
	*ret = out;
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_conf_override(struct bf_pam_conf *conf,
	const struct bf_pam_arguments *arguments, struct bfabric_error *err)
{
	if (arguments->services) {
		char *services = strdup(arguments->services);

		if (!services)
			return bf_fail_nomem(err);
		for (char *at = services; (at = strchr(at, ','));)
			*at = ' '; /* a stack separates arguments by blanks, the file names */
		free(conf->services);
		conf->services = services;
	}
	if (arguments->timeout)
		conf->timeout = arguments->timeout;
	if (arguments->has_prompt)
		conf->prompt = arguments->prompt;
	if (arguments->has_qr)
		conf->qr = arguments->qr;
	if (arguments->has_remote)
		conf->remote = arguments->remote;
	return BFABRIC_OK;
}
