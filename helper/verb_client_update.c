#include "client_view.h"
#include "full.h"
#include "scope.h"
#include "../libbfabric/local/store.h"
#include <string.h>

static const struct bf_option options[] = {
	{.name = "name",
		.alias = "client-name",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(name),
		.argument = "NAME",
		.help = "Give the client this name, which people see when they log in."},
	{.name = "redirect-uri",
		.kind = BF_OPTION_LIST,
		.member = BF_MEMBER(redirect_uris),
		.argument = "URI",
		.help = "Replace the redirect URIs; give it once for each."},
	{.name = "scope",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(scope),
		.argument = "SCOPE",
		.help = "Replace what the client may ask for: read-only, read-write, upload, or a "
			"scope."},
	{.name = "grant-types",
		.kind = BF_OPTION_LIST,
		.member = BF_MEMBER(grant_types),
		.argument = "TYPE",
		.help = "Replace the grant types; give it once for each."},
	BF_ROW_CLIENT_JSON,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CLIENT_TIMEOUT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_client_update = {
	.name = "auth client-update",
	.summary = "change the registration of an environment's OAuth client",
	.options = options,
	.text = "Changes the client that was registered with auth register --save-env: what is not "
		"named stays as the server has it. The server then issues a new client secret and "
		"a new token to manage the client, and the old ones are void: both are written "
		"into the configuration, or into the store of the environment, before anything "
		"else is done. Where the secret is used "
		"elsewhere, too, it has to be replaced there.\n\n"
		"Should that turn out not to be possible, or this program be killed, "
		"the server's answer is in a file of ~/.bfabric, which the next call finds by "
		"itself.",
	.examples = "bfabric auth client-update --env CRON --scope \"api:read api:write\"\n"
		    "bfabric auth client-update --redirect-uri https://app.example.org/callback",
};

static const char *const *list_of(const struct bf_option_list *list)
{
	return list->count ? list->items : NULL;
}

static void tell_secrets(const struct bf_manager *manager, bool rotated)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	const struct bf_environment *env = bf_manage_environment(manager);
	/* It was used just now. */
	bool apart = bf_store_open(env, /* name= */ NULL, &bf_sys_real, /* cancel= */ NULL, &store,
			     /* err= */ NULL) == BFABRIC_OK &&
		     bf_store_apart(&store);

	bf_secret_printf(&text, "The client of environment %.200s was changed", env->name);
	if (!rotated)
		bf_secret_puts(&text, "; its secret stays as it was.\n");
	else if (env->client_secret_file)
		bf_secret_printf(
			&text, "; its new secret is in %.600s.\n", env->client_secret_file);
	else
		bf_secret_printf(&text, "; its new secret is in %.600s.\n",
			apart ? bf_store_place(&store) : env->file);
	bf_client_tell(bf_secret_reveal(&text));
}

static enum bfabric_status update(const struct bf_command_line *call, struct bf_manager *manager,
	struct bf_answer *answer, struct bfabric_error *err)
{
	struct bf_client_metadata changes = {
		.client_name = call->name,
		.redirect_uris = list_of(&call->redirect_uris),
		.grant_types = list_of(&call->grant_types),
	};
	BF_AUTO_FREE char *scope = NULL;
	BF_AUTO_SECRET struct bf_secret before = BF_SECRET_INIT;
	const struct bf_client_registration *client = bf_manage_client(manager);
	enum bfabric_status status =
		call->scope ? bf_scope_expand(call->scope, &scope, err) : BFABRIC_OK;

	if (status != BFABRIC_OK)
		return status;
	changes.scope = scope;
	bf_secret_put_secret(&before, &client->client_secret);
	status = bf_manage_update(manager, &changes, err);
	bf_client_tell(bf_manage_notes(manager));
	if (status != BFABRIC_OK)
		return status;
	tell_secrets(manager, !bf_secret_equal(&before, &client->client_secret));
	return bf_client_view(&(struct bf_client_shown){.client = client,
				      .environment = bf_manage_environment(manager)->name,
				      .json = call->json != 0},
		&answer->out, err);
}

enum bfabric_status bf_run_client_update(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_MANAGER struct bf_manager *manager = NULL;
	struct bf_screen screen = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (!call->name && !call->scope && !call->redirect_uris.count && !call->grant_types.count)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"nothing to change: give --name, --redirect-uri, --scope or --grant-types");
	status = bf_client_open(call, &screen, &manager, err);
	return status == BFABRIC_OK ? update(call, manager, answer, err) : status;
}
