#include "full.h"
#include "configured.h"
#include "../libbfabric/local/token.h"
#include "list_table.h"
#include "say.h"
#include "status_report.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct bf_option options[] = {
	{.name = "json",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(json),
		.value = 1,
		.help = "Print a JSON object for programs (its `version` is 1)."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_list = {
	.name = "auth list",
	.summary = "list the environments and their logins",
	.options = options,
	.text = "Lists every environment of the configuration: name, server, method, whether one "
		"is logged in, and how long its token lives. An asterisk marks the one in effect. "
		"Never shows a token, never uses the network.",
	.examples = "bfabric auth list\nbfabric auth list --json",
};

/* One environment: the session's report and what it comes to. */
struct entry {
	struct bfabric_session_status status;
	struct bfabric_error verdict; /* text "": a token can be had */
	bool active, known;           /* known: false where the configuration of it is not valid */
};

struct entries {
	struct entry *all;
	size_t count;
};

static void entries_release(struct entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		bfabric_session_status_clear(&e->all[i].status);
	free(e->all);
}

/* What is wrong with one environment is its row; only lack of memory ends the list. */
static enum bfabric_status look(const struct bf_command_line *call, const char *name,
	struct entry *ret, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	const struct bfabric_options where = {
		.config_file = call->config_file, .environment = name};
	enum bfabric_status status = bfabric_session_open(&where, &session, &ret->verdict);

	if (status == BFABRIC_OK)
		status = bfabric_session_status(session, &ret->status, &ret->verdict);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status == BFABRIC_OK) {
		ret->known = true;
		(void)!bf_status_verdict(&ret->status, &ret->verdict); /* its text tells */
		return BFABRIC_OK;
	}
	ret->status.environment = strdup(name);
	return ret->status.environment ? BFABRIC_OK : bf_fail_nomem(err);
}

/* The environment in effect, also where it is not valid; NULL: none. Owned. */
static enum bfabric_status find_active(const struct bf_command_line *call,
	const struct bf_config *config, char **ret, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	const char *asked = call->environment ? call->environment : getenv("BFABRICPY_CONFIG_ENV");
	const char *name = asked && *asked ? asked : bf_config_default(config);

	if (bf_config_select(config, call->environment, NULL, &env, NULL) == BFABRIC_OK)
		name = env.name;
	*ret = name ? strdup(name) : NULL;
	return *ret || !name ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status gather(const struct bf_command_line *call,
	const struct bf_config *config, const char *active, struct entries *ret,
	struct bfabric_error *err)
{
	size_t count = bf_config_count(config);
	enum bfabric_status status = BFABRIC_OK;

	ret->all = calloc(count ? count : 1, sizeof(*ret->all));
	if (!ret->all)
		return bf_fail_nomem(err);
	for (size_t i = 0; status == BFABRIC_OK && i < count; i++) {
		const char *name = bf_config_name(config, i);

		ret->count = i + 1;
		ret->all[i].active = active && strcmp(active, name) == 0;
		status = look(call, name, &ret->all[i], err);
	}
	return status;
}

/* ---- for a person ---------------------------------------------------------------------------- */

static const char *state_of(const struct entry *e)
{
	if (!e->known)
		return "not valid";
	/* Whether it is still there, only the store knows, which is not asked for a list. */
	if (!e->verdict.text[0] && !e->status.secret_path && e->status.store &&
		e->status.method != BFABRIC_AUTH_OAUTH)
		return "in its store";
	if (!e->verdict.text[0])
		return "logged in";
	return e->verdict.status == BFABRIC_NOT_LOGGED_IN ? "logged out" : "ended";
}

static void put_life(const struct entry *e, char *buf, size_t size)
{
	int64_t left = e->status.expires_at - (int64_t)time(NULL);

	*buf = '\0';
	if (!e->status.expires_at)
		return;
	if (left > 0)
		bf_status_span(left, buf, size);
	else
		bf_show(buf, size, e->verdict.text[0] ? "expired" : "renews itself",
			e->verdict.text[0] ? strlen("expired") : strlen("renews itself"));
}

static enum bfabric_status put_text(
	const struct entries *entries, struct bf_secret *out, struct bfabric_error *err)
{
	BF_CLEANUP(bf_list_release) struct bf_list list = {0};

	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *e = &entries->all[i];
		char life[40];
		const char *cells[BF_LIST_COLUMNS] = {e->status.environment,
			e->status.base_url ? e->status.base_url : "",
			e->known ? bfabric_auth_method_name(e->status.method) : "", state_of(e),
			life};

		put_life(e, life, sizeof(life));
		bf_list_add(&list, e->active, cells);
	}
	if (list.failed)
		return bf_fail_nomem(err);
	bf_list_put(&list, isatty(STDOUT_FILENO) ? bf_terminal_columns(STDOUT_FILENO) : 0, out);
	for (size_t i = 0; i < entries->count; i++)
		if (!entries->all[i].known)
			bf_say("%s", entries->all[i].verdict.text);
	return BFABRIC_OK;
}

/* ---- for a program --------------------------------------------------------------------------- */

static json_t *string_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static enum bfabric_status put_json(const struct bf_config *config, const char *active,
	const struct entries *entries, struct bf_secret *out, struct bfabric_error *err)
{
	json_t *list = json_array();
	json_t *object =
		json_pack("{s:i, s:o, s:o, s:o}", "version", 1, "active", string_or_null(active),
			"default", string_or_null(bf_config_default(config)), "environments", list);
	enum bfabric_status status = object ? BFABRIC_OK : bf_fail_nomem(err);

	for (size_t i = 0; status == BFABRIC_OK && i < entries->count; i++) {
		const struct entry *e = &entries->all[i];
		json_t *one = bf_status_json(&e->status, /* store= */ NULL, &e->verdict);

		if (!one || json_object_del(one, "chosen_by") != 0 ||
			json_object_set_new(one, "active", json_boolean(e->active)) != 0 ||
			json_array_append(list, one) != 0)
			status = bf_fail_nomem(err);
		json_decref(one);
	}
	if (status == BFABRIC_OK)
		status = bf_json_write(object, out, err);
	json_decref(object);
	return status;
}

enum bfabric_status bf_run_list(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_CLEANUP(entries_release) struct entries entries = {0};
	BF_AUTO_FREE char *active = NULL;
	enum bfabric_status status = bf_config_load(call->config_file, &config, err);

	if (status == BFABRIC_OK && call->environment)
		status = bf_require_environment(config, call->environment, err);
	if (status == BFABRIC_OK)
		status = find_active(call, config, &active, err);
	if (status == BFABRIC_OK)
		status = gather(call, config, active, &entries, err);
	if (status != BFABRIC_OK)
		return status;
	if (call->json)
		return put_json(config, active, &entries, &answer->out, err);
	if (entries.count == 0)
		bf_say("%s has no environment; a first login makes one: bfabric login "
		       "fgcz-prod",
			bf_config_user_file(config));
	return put_text(&entries, &answer->out, err);
}
