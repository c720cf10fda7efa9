#include "exec_environment.h"
#include "../libbfabric/local/token.h"
#include <stdlib.h>

void bf_exec_environment_release(struct bf_exec_environment *variables)
{
	bf_secret_release(&variables->override);
}

static bool set(const char *name, const char *value)
{
	return !value || setenv(name, value, /* overwrite= */ 1) == 0;
}

bool bf_exec_environment_set(const void *data)
{
	const struct bf_exec_environment *e = data;

	unsetenv("BEARER_TOKEN");
	return set("BEARER_TOKEN_FILE", e->token_file) && set("BFABRICPY_CONFIG_ENV", e->name) &&
	       set("SSLKEYLOGFILE", e->key_log) &&
	       (bf_secret_empty(&e->override) ||
		       set("BFABRICPY_CONFIG_OVERRIDE", bf_secret_reveal(&e->override)));
}

enum bfabric_status bf_exec_override(const struct bf_environment *environment,
	const struct bf_secret *token, struct bf_secret *ret_text, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;
	json_t *document = NULL;

	if (environment->method != BFABRIC_AUTH_OAUTH &&
		environment->method != BFABRIC_AUTH_CLIENT_CREDENTIALS)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"--override puts the secret into the environment of the command: not for a "
			"personal access token or password, which do not expire");
	document = json_pack("{s:{s:s}, s:{s:s, s:s%}, s:s}", "client", "base_url",
		environment->url.text, "auth", "login", "__oauth__", "password",
		bf_secret_reveal(token), token->len, "env_name", environment->name);
	status = document ? bf_json_write(document, ret_text, err) : bf_fail_nomem(err);
	json_decref(document);
	return status;
}
