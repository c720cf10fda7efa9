#include "dispatch.h"

#include "build_paths.h"
#include "format.h"
#include "handover.h"
#include "help.h"
#include "nearest.h"
#include "program.h"
#include "say.h"
#include "terminal.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One run of the program. */
struct run {
	const struct bf_program *program;
	char **argv;
};

static const char overview[] =
	"Logins for B-Fabric: one login, shared by git, scripts and Python.\n";
static const char overview_end[] =
	"bfabric VERB --help explains a verb. git asks through " BF_GIT_PROGRAM ".\n";
static const char first_login[] = "\nA first login\n"
				  "  bfabric login fgcz-prod\n"
				  "  bfabric configure git\n";

/* How many of the words of `name` (up to '|') stand at the beginning of argv; 0 unless all. */
static int words_matched(const char *name, int argc, char *const argv[])
{
	int n = 0;

	while (*name && *name != '|') {
		size_t len = strcspn(name, " |");

		if (n >= argc || strlen(argv[n]) != len || memcmp(argv[n], name, len) != 0)
			return 0;
		name += len + (name[len] == ' ');
		n++;
	}
	return n;
}

/* The next of the names "a|b|c", NULL after the last one. */
static const char *next_name(const char *names)
{
	const char *bar = strchr(names, '|');

	return bar ? bar + 1 : NULL;
}

static const struct bf_command *find(
	const struct run *run, int argc, char *const argv[], int *ret_words)
{
	for (const struct bf_command *c = run->program->commands; c->verb; c++) {
		const char *other = c->verb->aliases;

		*ret_words = words_matched(c->verb->name, argc, argv);
		for (; !*ret_words && other; other = next_name(other))
			*ret_words = words_matched(other, argc, argv);
		if (*ret_words)
			return c;
	}
	return NULL;
}

/* Is `word` the first of the two words of some verbs ("auth")? NULL: any verb at all. */
static bool in_group(const char *name, const char *word)
{
	size_t len = word ? strlen(word) : 0;

	return !word || (strncmp(name, word, len) == 0 && name[len] == ' ');
}

static bool is_group(const struct run *run, const char *word)
{
	for (const struct bf_command *c = run->program->commands; c->verb; c++)
		if (in_group(c->verb->name, word))
			return true;
	return false;
}

static void put_overview(
	const struct run *run, const char *group, unsigned width, struct bf_secret *out)
{
	bf_secret_printf(
		out, "usage: bfabric %s%sVERB [options]\n", group ? group : "", group ? " " : "");
	if (!group)
		bf_help_wrap(overview, 0, width, out);
	bf_secret_putc(out, '\n');
	for (const struct bf_command *c = run->program->commands; c->verb; c++)
		if (in_group(c->verb->name, group))
			bf_help_row(c->verb->name, c->verb->summary, 24, width, out);
	bf_secret_putc(out, '\n');
	bf_help_wrap(overview_end, 0, width, out);
	if (!group)
		bf_secret_puts(out, first_login);
}

/* Of the aliases only a last one, which ends where its string ends, can be offered. */
static void try_names(const struct run *run, struct bf_nearest *nearest)
{
	for (const struct bf_command *c = run->program->commands; c->verb; c++) {
		const char *other = c->verb->aliases;

		bf_nearest_try(nearest, c->verb->name);
		while (other && next_name(other))
			other = next_name(other);
		if (other)
			bf_nearest_try(nearest, other);
	}
}

static enum bfabric_status fail_unknown(const struct run *run, int argc, char *const argv[],
	const char *group, struct bfabric_error *err)
{
	BF_AUTO_FREE char *words = NULL;
	struct bf_nearest nearest = {0};

	if (asprintf(&words, "%.60s%s%.60s", argv[0], argc > 1 ? " " : "",
		    argc > 1 ? argv[1] : "") < 0) {
		words = NULL;
		return bf_fail_nomem(err);
	}
	nearest.wanted = words;
	nearest.wanted_len = strlen(words);
	try_names(run, &nearest);
	if (!nearest.best) { /* "tokne --env X": the second word was no part of the verb */
		nearest.wanted_len = strcspn(words, " ");
		try_names(run, &nearest);
	}
	if (nearest.best)
		return bf_fail(err, BFABRIC_BAD_CALL, "unknown verb \"%s\"; did you mean %s?",
			group ? words : argv[0], nearest.best);
	return bf_fail(err, BFABRIC_BAD_CALL, "unknown verb \"%s\"; see bfabric --help",
		group ? words : argv[0]);
}

static void put_version(struct bf_secret *out)
{
	bf_secret_puts(out, "bfabric " BF_VERSION "\n");
}

static enum bfabric_status run_command(const struct run *run, const struct bf_command *command,
	int argc, char *const argv[], struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_FREE const char **many = NULL;
	struct bf_command_line call = BF_COMMAND_LINE_INIT;
	enum bfabric_status status = BFABRIC_OK;

	if (command->verb->max_arguments == BF_ARGUMENTS_MANY) {
		many = calloc((size_t)argc + 1, sizeof(*many));
		if (!many)
			return bf_fail_nomem(err);
		call.many = many;
	}
	status = bf_options_parse(
		command->verb->options, command->verb->max_arguments, argc, argv, &call, err);
	if (status != BFABRIC_OK)
		return status;
	if (call.help)
		bf_help_verb(command->verb, bf_terminal_columns(STDOUT_FILENO), &answer->out);
	else if (call.version)
		put_version(&answer->out);
	else if (!command->run)
		return bf_hand_over(
			command->program, run->argv, /* request= */ NULL, bf_child_guard, err);
	else
		return command->run(&call, answer, err);
	return BFABRIC_OK;
}

/* `bfabric`, `bfabric auth`: nothing was asked. With --help or `help` it was. */
static enum bfabric_status overview_of(const struct run *run, const char *group, bool asked,
	struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	put_overview(run, group, bf_terminal_columns(asked ? STDOUT_FILENO : STDERR_FILENO), &text);
	if (asked) {
		bf_secret_put_secret(&answer->out, &text);
		return BFABRIC_OK;
	}
	bf_say_raw(bf_secret_reveal(&text), text.len);
	answer->failure_was_told = true;
	return bf_fail(err, BFABRIC_BAD_CALL, "no verb was given");
}

static bool asks_help(const char *text)
{
	return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

/* Of those in no list. */
static const struct bf_command *find_hidden(const struct run *run, const char *name)
{
	for (const struct bf_command *c = run->program->hidden; c && c->verb; c++)
		if (strcmp(c->verb->name, name) == 0)
			return c;
	return NULL;
}

/* argv without the program's name. */
static enum bfabric_status run_help(const struct run *run, int argc, char *argv[],
	struct bf_answer *answer, struct bfabric_error *err)
{
	static char help_option[] = "--help";
	char *only_help[] = {help_option, NULL};
	int words = 0;
	const struct bf_command *command = NULL;

	if (argc == 0 || asks_help(argv[0]))
		return overview_of(run, NULL, /* asked= */ true, answer, err);
	command = find(run, argc, argv, &words);
	if (!command && strcmp(argv[0], BF_GIT_PROGRAM) == 0)
		command = find_hidden(run, BF_GIT_PROGRAM);
	if (command)
		return run_command(run, command, 1, only_help, answer, err);
	if (is_group(run, argv[0]) && (argc == 1 || asks_help(argv[1])))
		return overview_of(run, argv[0], /* asked= */ true, answer, err);
	return fail_unknown(run, argc, argv, is_group(run, argv[0]) ? argv[0] : NULL, err);
}

static enum bfabric_status run_verb(const struct run *run, int argc, char *argv[],
	struct bf_answer *answer, struct bfabric_error *err)
{
	int words = 0;
	const struct bf_command *command = find(run, argc, argv, &words);

	if (command)
		return run_command(run, command, argc - words, argv + words, answer, err);
	if (argc > 1 && strcmp(argv[1], "help") == 0 && is_group(run, argv[0])) {
		argv[1] = argv[0]; /* "api help read" is "help api read" */
		return run_help(run, argc - 1, argv + 1, answer, err);
	}
	if (is_group(run, argv[0]) && (argc == 1 || asks_help(argv[1])))
		return overview_of(run, argv[0], argc > 1, answer, err);
	return fail_unknown(run, argc, argv, is_group(run, argv[0]) ? argv[0] : NULL, err);
}

/* argv without the program's name. */
static enum bfabric_status run_bfabric(const struct run *run, int argc, char *argv[],
	struct bf_answer *answer, struct bfabric_error *err)
{
	const struct bf_command *hidden = argc > 0 ? find_hidden(run, argv[0]) : NULL;

	if (argc == 0)
		return overview_of(run, NULL, /* asked= */ false, answer, err);
	if (asks_help(argv[0]) || strcmp(argv[0], "help") == 0)
		return run_help(run, argc - 1, argv + 1, answer, err);
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
		put_version(&answer->out);
		return BFABRIC_OK;
	}
	if (argv[0][0] == '-')
		return bf_fail(err, BFABRIC_BAD_CALL,
			"unknown option %.100s here; a verb comes first, see bfabric --help",
			argv[0]);
	if (hidden && strcmp(argv[0], BF_GIT_PROGRAM) != 0)
		return run_command(run, hidden, argc - 1, argv + 1, answer, err);
	return run_verb(run, argc, argv, answer, err);
}

static enum bfabric_status run_it(
	const struct run *run, int argc, struct bf_answer *answer, struct bfabric_error *err)
{
	char **argv = run->argv;
	int skip = argc > 0 ? 1 : 0;
	bool git = strcmp(bf_program_name(argv[0]), BF_GIT_PROGRAM) == 0;
	const struct bf_command *command = git ? find_hidden(run, BF_GIT_PROGRAM) : NULL;

	if (command)
		return run_command(run, command, argc - skip, argv + skip, answer, err);
	return run_bfabric(run, argc - skip, argv + skip, answer, err);
}

static void begin(struct bf_guard *guard)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	bf_guard_init(guard);
	bf_child_guard = guard;
	/* A closed pipe or connection is an error to report, not a death with a spent token. */
	(void)sigaction(SIGPIPE, &ignore, NULL);
	/* libcurl would write the keys of every connection there. */
	guard->key_log = getenv("SSLKEYLOGFILE"); /* stays in memory */
	unsetenv("SSLKEYLOGFILE");
}

/* End as a program does that nobody listens to any more: what it was to say is no longer wanted. */
static void end_by_closed_pipe(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};

	(void)sigaction(SIGPIPE, &usual, NULL);
	(void)raise(SIGPIPE); /* blocked by who started us: then the exit code says it */
}

int bf_dispatch(const struct bf_program *program, int argc, char *argv[])
{
	const struct run run = {program, argv};
	struct bf_answer answer = BF_ANSWER_INIT;
	struct bf_guard guard = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = BFABRIC_OK;

	begin(&guard);
	status = run_it(&run, argc, &answer, &err);
	if (status == BFABRIC_OK || answer.also_on_failure) {
		struct bfabric_error trouble = {0};

		errno = 0;
		if (bf_answer_write(&answer.out, &trouble) != BFABRIC_OK) {
			if (answer.may_be_cut_off && errno == EPIPE)
				end_by_closed_pipe();
			status = trouble.status;
			err = trouble;
			answer.failure_was_told = false;
		}
	}
	if (status != BFABRIC_OK && !answer.failure_was_told)
		bf_say("%s", err.text);
	bf_secret_release(&answer.out);
	return answer.exit_code ? answer.exit_code : bfabric_status_exit_code(status);
}
