#include "faces.h"
#include "format.h"

static const struct bf_option token_options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_MIN_TTL,
	{.name = "force-refresh",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(force_refresh),
		.value = 1,
		.help = "Refresh even a token that is still good."},
	{.name = "timeout",
		.kind = BF_OPTION_SECONDS,
		.member = BF_MEMBER(timeout),
		.argument = "SECONDS",
		.value = 1,
		.limit = 3600,
		.help = "Give up after this time (default: 40); a refresh that is under way "
			"is finished first."},
	{.name = "format",
		.kind = BF_OPTION_CHOICE,
		.member = BF_MEMBER(format),
		.argument = "FORM",
		.choices = BF_FORMATS,
		.help = "How to print it: plain (default), header, json, env, curl."},
	{.name = "shell",
		.kind = BF_OPTION_CHOICE,
		.member = BF_MEMBER(shell),
		.argument = "SHELL",
		.choices = BF_SHELLS,
		.help = "For --format env: sh (default), csh, fish."},
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_token = {
	.name = "token",
	.summary = "print an access token that is valid now",
	.options = token_options,
	.text = "Prints an access token that is valid now, from the cache that all tools share, or "
		"a "
		"new one when it is about to expire. Prints nothing else on stdout, and nothing at "
		"all when there is none; the exit code says why.",
	.examples = "curl -H @<(bfabric token --format header) URL\n"
		    "bfabric token --format curl | curl -K - URL\n"
		    "eval \"$(bfabric token --format env)\"",
};

static const struct bf_option git_options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_MIN_TTL,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	{.name = "version",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(version),
		.value = 1,
		.help = "Print the version."},
	BF_ROW_END,
};

const struct bf_verb bf_verb_git = {
	.name = BF_GIT_PROGRAM,
	.summary = "give git the token of a B-Fabric host",
	.arguments = "get|store|erase|capability",
	.max_arguments = 1,
	.options = git_options,
	.text = "A credential helper: git runs it and writes a request on its stdin. It answers "
		"for "
		"the hosts of your environments and stays silent for all others. It never starts "
		"a login.\n\n"
		"Let `bfabric configure git` write it into git's configuration.",
	.examples =
		"printf 'protocol=https\\nhost=fgcz-bfabric.uzh.ch\\n\\n' | " BF_GIT_PROGRAM " get",
};
