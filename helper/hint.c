#include "full.h"
#include "format.h"
#include "unfinished.h"
#include <stdio.h>
#include <string.h>

#define DOCTOR "doctor" /* looks, and mends nothing */

const char *bf_login_verb(enum bfabric_auth_method method)
{
	switch (method) {
	case BFABRIC_AUTH_OAUTH:
		return "login";
	case BFABRIC_AUTH_CLIENT_CREDENTIALS:
		return "auth service-account";
	case BFABRIC_AUTH_PAT:
		return "auth pat";
	case BFABRIC_AUTH_NONE:
	case BFABRIC_AUTH_PASSWORD:
		return DOCTOR;
	}
	return DOCTOR;
}

/* The command that mends it; nothing where no command does. */
static const char *verb_for(const struct bf_environment *environment, enum bfabric_status why)
{
	switch (why) {
	case BFABRIC_NOT_LOGGED_IN:
	case BFABRIC_LOGIN_REQUIRED:
		return bf_login_verb(environment->method);
	case BFABRIC_RETRY_LATER:
	case BFABRIC_TIMEOUT:
	case BFABRIC_STORE_UNAVAILABLE:
	case BFABRIC_LOCK_TIMEOUT:
	case BFABRIC_SYSTEM:
	case BFABRIC_BAD_REPLY:
		return DOCTOR;
	case BFABRIC_OK:
	case BFABRIC_BAD_CONFIG:
	case BFABRIC_NO_MEMORY:
	case BFABRIC_UNSUPPORTED:
	case BFABRIC_BAD_CALL:
	case BFABRIC_DENIED:
	case BFABRIC_FORBIDDEN:
	case BFABRIC_CANCELLED:
	case BFABRIC_REFUSED:
		return NULL;
	}
	return NULL;
}

/* A void secret, or one that is not there yet: what brings the new one goes before a login. */
static bool point_at_unfinished(const struct bf_environment *environment,
	const struct bf_command_line *call, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

	if (err->status != BFABRIC_DENIED && err->status != BFABRIC_LOGIN_REQUIRED &&
		err->status != BFABRIC_NOT_LOGGED_IN)
		return false;
	bf_unfinished_put(call->config_file, environment->name, &line);
	bf_secret_cut(&line, line.len ? line.len - 1 : 0);
	if (line.failed || !line.len || line.len + sizeof("; ") > sizeof(err->text))
		return false;
	/* What the server said may be long, and tells less. */
	snprintf(err->text + strnlen(err->text, sizeof(err->text) - line.len - sizeof("; ")),
		line.len + sizeof("; "), "; %s", bf_secret_reveal(&line));
	return true;
}

/* A scope's remedy ends in a command of the library's, which knows of no other configuration. */
static void add_config_file(const struct bf_command_line *call, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	size_t used = strlen(err->text);

	if (!call->config_file || !strstr(err->text, "run: bfabric "))
		return;
	bf_secret_puts(&text, " --config-file ");
	bf_shell_word(call->config_file, &text);
	if (!text.failed && used + text.len < sizeof(err->text))
		snprintf(err->text + used, sizeof(err->text) - used, "%s", bf_secret_reveal(&text));
}

enum bfabric_status bf_fail_with_hint(const struct bf_environment *environment,
	const struct bf_command_line *call, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status = err->status;
	const char *verb = verb_for(environment, status);
	size_t used = 0;

	if (point_at_unfinished(environment, call, err))
		return status;
	if (status == BFABRIC_FORBIDDEN)
		add_config_file(call, err);
	/* Already said, or no room to say it in one line. */
	if (!verb || strstr(err->text, "bfabric auth") || strstr(err->text, "bfabric login") ||
		strstr(err->text, "bfabric " DOCTOR))
		return status;
	bf_secret_printf(
		&text, "%s: bfabric %s --env ", strcmp(verb, DOCTOR) == 0 ? "see" : "run", verb);
	bf_shell_word(environment->name, &text);
	if (call->config_file) {
		bf_secret_puts(&text, " --config-file ");
		bf_shell_word(call->config_file, &text);
	}
	used = strlen(err->text);
	if (!text.failed && used + text.len + sizeof("; ") <= sizeof(err->text))
		snprintf(err->text + used, sizeof(err->text) - used, "; %s",
			bf_secret_reveal(&text));
	return status;
}
