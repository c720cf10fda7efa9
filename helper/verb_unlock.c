#include "full.h"
#include "client_view.h"
#include "configured.h"
#include "pending.h"
#include "say.h"
#include "screen.h"
#include "store_ready.h"
#include "trace.h"

static const struct bf_option options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_unlock = {
	.name = "auth unlock",
	.summary = "unlock the keyring that secrets are in",
	.arguments = "[ENV]",
	.max_arguments = 1,
	.options = options,
	.text = "Lets your desktop ask for the password of the keyring, if it is locked, and then "
		"moves logins there that had to wait for it. Without ENV, for every environment "
		"that keeps its secrets in the keyring; where none does yet, the keyring is "
		"unlocked all the same, for one that is to.\n\n"
		"Exit code 0: it is unlocked, or there is nothing to unlock. 6: it is not.",
	.examples = "bfabric auth unlock",
};

/* One run of the verb. */
struct run {
	const struct bf_command_line *call;
	const struct bf_config *config;
	struct bfabric_cancel *cancel;
	bool asked; /* the keyring is one for all environments */
	size_t apart;
	struct bf_secret told;
};

static void run_release(struct run *r)
{
	bf_secret_release(&r->told);
}

static enum bfabric_status unlock(
	struct run *r, const struct bf_store *store, struct bfabric_error *err)
{
	struct bfabric_error why = {0};
	enum bfabric_status status = BFABRIC_OK;

	switch (bf_store_probe(store, /* deadline= */ 0, &why)) {
	case BF_STORE_READY:
		bf_secret_puts(&r->told, "The keyring is unlocked already.\n");
		return BFABRIC_OK;
	case BF_STORE_LOCKED:
		status = bf_store_ask_to_unlock(store, err);
		if (status == BFABRIC_OK)
			bf_secret_puts(&r->told, "The keyring is unlocked.\n");
		return status;
	case BF_STORE_UNAVAILABLE:
		break;
	}
	return bf_fail(err, why.status, "%s", why.text); /* the person may have interrupted it */
}

/* What waits for the keyring goes there now. */
static enum bfabric_status settle(struct run *r, struct bf_environment *environment,
	const struct bf_store *store, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	struct bf_session_seams seams = {.cancel = r->cancel};
	bool moved = false;
	enum bfabric_status status =
		bf_session_new(environment, /* chosen_by= */ NULL, &seams, &session, err);

	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(r->call, session);
	status = bf_pending_settle(session, &moved, err);
	if (moved)
		bf_secret_printf(&r->told,
			"The login of %.200s, which had to wait, is in %.600s now.\n",
			store->environment, bf_store_place(store));
	return status;
}

static enum bfabric_status visit(struct run *r, const char *name, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	enum bfabric_status status = bf_config_select(r->config, name, NULL, &env, err);

	if (status == BFABRIC_OK)
		status =
			bf_store_open(&env, /* name= */ NULL, &bf_sys_real, r->cancel, &store, err);
	if (status != BFABRIC_OK || !bf_store_apart(&store))
		return status;
	r->apart++;
	if (store.type->unlock && !r->asked) {
		r->asked = true;
		status = unlock(r, &store, err);
	}
	return status == BFABRIC_OK ? settle(r, &env, &store, err) : status;
}

/* One environment that is not valid, or a locked store, does not keep the others waiting. */
static enum bfabric_status visit_all(struct run *r, struct bfabric_error *err)
{
	enum bfabric_status first = BFABRIC_OK;

	for (size_t i = 0; i < bf_config_count(r->config); i++) {
		const char *name = bf_config_name(r->config, i);
		struct bfabric_error trouble = {0};
		enum bfabric_status status = visit(r, name, &trouble);

		if (status == BFABRIC_OK || first != BFABRIC_OK)
			continue;
		first = bf_fail(err, status, "%s", trouble.text);
		if (r->asked && status == BFABRIC_STORE_UNAVAILABLE)
			break; /* as it will be for the next */
	}
	return first;
}

/*
 * Nobody has a secret there yet, but a login that was to put one there may have sent the person
 * here. A keyring that cannot be used is no failure then.
 */
static enum bfabric_status unlock_for_later(struct run *r, struct bfabric_error *err)
{
	char nothing[] = "";
	const struct bf_environment nobody = {.name = nothing, .url = {.text = nothing}};
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	enum bfabric_status status =
		bf_store_open(&nobody, "keyring", &bf_sys_real, r->cancel, &store, err);

	if (status != BFABRIC_OK ||
		bf_store_probe(&store, /* deadline= */ 0, NULL) == BF_STORE_UNAVAILABLE)
		return status;
	r->asked = true;
	return unlock(r, &store, err);
}

/* Why there was nothing to do. */
static void put_nothing(struct run *r, const char *name)
{
	if (r->apart == 0 && name)
		bf_secret_printf(&r->told,
			"%.200s keeps its secrets in files: there is nothing to unlock.\n", name);
	else if (r->apart == 0)
		bf_secret_puts(&r->told,
			"No environment keeps its secrets in the keyring: there is nothing to "
			"unlock.\n");
	else
		bf_secret_puts(&r->told, "The store is not the keyring: it has no lock that we "
					 "could open.\n");
}

enum bfabric_status bf_run_unlock(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_CLEANUP(run_release) struct run r = {.call = call};
	struct bf_screen screen = {0};
	const char *name = NULL;
	enum bfabric_status status = bf_named_environment(call, &name, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK)
		status = name ? bf_load_environments(call, &config, err)
			      : bf_config_load(call->config_file, &config, err);
	if (status == BFABRIC_OK && name)
		status = bf_require_environment(config, name, err);
	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &r.cancel, err);
	if (status != BFABRIC_OK)
		return status;
	r.config = config;
	status = name ? visit(&r, name, err) : visit_all(&r, err);
	if (status == BFABRIC_OK && !name && !r.asked)
		status = unlock_for_later(&r, err);
	if (status == BFABRIC_OK && !r.asked)
		put_nothing(&r, name);
	bf_client_tell(bf_secret_reveal(&r.told));
	return status;
}
