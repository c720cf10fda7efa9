#include "full.h"
#include "gitconfig.h"
#include "say.h"
#include "program.h"

static const struct bf_option options[] = {
	{.name = "print",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(print),
		.value = 1,
		.help = "Only print the lines on stdout, change nothing."},
	{.name = "global",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(global),
		.value = 1,
		.help = "Write the configuration of the user (this is the default)."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_configure_git = {
	.name = "configure git",
	.summary = "let git use your B-Fabric login",
	.options = options,
	.text = "Writes our credential helper into git's configuration, for the server of the "
		"active "
		"environment and the hosts it names, and for no other. Other helpers are taken "
		"off these hosts, because git would give them the token to store.",
	.examples = "bfabric configure git\nbfabric configure git --print --env PRODUCTION",
};

static enum bfabric_status load(const struct bf_command_line *call,
	struct bf_environment *ret_environment, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	enum bfabric_status status = bf_config_load(call->config_file, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, call->environment, NULL, ret_environment, err);
	return status;
}

static void tell(const char *url, enum bf_git_change change, bool followed)
{
	switch (change) {
	case BF_GIT_UNCHANGED:
	case BF_GIT_WRITTEN:
		break;
	case BF_GIT_REPLACED:
		bf_say("the helpers that were set for %s were replaced", url);
		break;
	case BF_GIT_MOVED:
		bf_say("another helper stood below ours for %s: ours now comes last", url);
		break;
	}
	if (followed)
		bf_say("warning: another helper still stands below ours for %s in git's "
		       "configuration; "
		       "git would give it the token to store: remove it",
			url);
}

static enum bfabric_status write_all(const struct bf_git_hosts *hosts, const char *value,
	bool *ret_changed, struct bfabric_error *err)
{
	BF_AUTO_FREE char *git = NULL;
	enum bfabric_status status = bf_find_program("git", &git, err);

	*ret_changed = false;
	for (size_t i = 0; i < hosts->count && status == BFABRIC_OK; i++) {
		enum bf_git_change change = BF_GIT_UNCHANGED;
		bool followed = false;

		status = bf_git_write(git, hosts->keys[i], value, &change, &followed, err);
		*ret_changed |= change != BF_GIT_UNCHANGED;
		if (status == BFABRIC_OK)
			tell(hosts->urls[i], change, followed);
	}
	return status;
}

enum bfabric_status bf_run_configure_git(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment environment = {0};
	BF_AUTO_GIT_HOSTS struct bf_git_hosts hosts = {0};
	BF_AUTO_FREE char *path = NULL;
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret lines = BF_SECRET_INIT;
	bool changed = false;
	enum bfabric_status status = load(call, &environment, err);

	if (status == BFABRIC_OK)
		status = bf_git_hosts_of(&environment, &hosts, err);
	if (status == BFABRIC_OK)
		status = bf_git_helper_path(&path, err);
	if (status == BFABRIC_OK)
		status = bf_git_helper_value(path, call, &value, err);
	for (size_t i = 0; i < hosts.count && status == BFABRIC_OK; i++)
		bf_git_put_lines(hosts.urls[i], bf_secret_reveal(&value), &lines);
	if (status != BFABRIC_OK)
		return status;
	if (call->print) {
		bf_secret_move(&answer->out, &lines);
		return BFABRIC_OK;
	}
	status = write_all(&hosts, bf_secret_reveal(&value), &changed, err);
	if (status != BFABRIC_OK)
		return status;
	bf_say(changed ? "git's configuration now has:" : "git's configuration already has:");
	bf_say_raw(bf_secret_reveal(&lines), lines.len);
	return BFABRIC_OK;
}
