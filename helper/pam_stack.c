#include "pam_stack.h"
#include "../libbfabric/base/concat.h"
#include "pam_control.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\n";

struct reading {
	const struct bf_stack_files *from;
	struct bf_stack stack;
	size_t room; /* of stack.lines */
	unsigned files;
};

/* One file, while it is read. */
struct source {
	char *path;
	char *content;
	unsigned number; /* of the line being read */
	unsigned depth;  /* includes and substacks */
	unsigned level;  /* substacks */
	bool every;      /* lines of all types, or only of `type` */
	enum bf_stack_type type;
};

static enum bfabric_status include(struct reading *reading, const char *name,
	const struct source *from, bool *ret_found, struct bfabric_error *err);

/* ---- lines ----------------------------------------------------------------------------------- */

static void release_line(struct bf_stack_line *line)
{
	free(line->file);
	free(line->control);
	free(line->module);
	for (size_t i = 0; i < line->argc; i++)
		free(line->argv[i]);
	free(line->argv);
	*line = (struct bf_stack_line){0};
}

void bf_stack_release(struct bf_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		release_line(&stack->lines[i]);
	free(stack->lines);
	*stack = (struct bf_stack){0};
}

/* Takes the line over. */
static enum bfabric_status append(
	struct reading *reading, struct bf_stack_line *line, struct bfabric_error *err)
{
	struct bf_stack *stack = &reading->stack;

	if (stack->count >= BF_STACK_LINES_MAX)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s, line %u: more than %d lines",
			line->file, line->number, BF_STACK_LINES_MAX);
	if (stack->count == reading->room) {
		const size_t room = reading->room ? reading->room * 2 : 32;
		struct bf_stack_line *more =
			reallocarray(stack->lines, room, sizeof(*stack->lines));

		if (!more)
			return bf_fail_nomem(err);
		stack->lines = more;
		reading->room = room;
	}
	stack->lines[stack->count++] = *line;
	*line = (struct bf_stack_line){0};
	return BFABRIC_OK;
}

/*
 * The next word; NULL: there is none. One that begins with '[' goes to the next ']', blanks
 * included, where "\]" is a ']'; its brackets are not part of it.
 */
static char *next_word(char **at, bool *ret_brackets)
{
	char *begin = *at + strspn(*at, blanks);
	char *to = begin + 1;
	char *from = NULL;

	*ret_brackets = *begin == '[';
	if (!*begin)
		return NULL;
	if (*begin != '[') {
		from = begin + strcspn(begin, blanks);
		*at = *from ? from + 1 : from;
		*from = '\0';
		return begin;
	}
	for (from = to; *from && *from != ']'; from++) {
		if (from[0] == '\\' && from[1] == ']')
			from++;
		*to++ = *from;
	}
	*at = *from ? from + 1 : from;
	*to = '\0';
	return begin + 1;
}

static enum bfabric_status take_arguments(
	struct bf_stack_line *line, char *rest, struct bfabric_error *err)
{
	bool brackets = false;
	char *word = NULL;

	/* each is a byte and a blank at least */
	line->argv = calloc(strlen(rest) / 2 + 2, sizeof(*line->argv));
	if (!line->argv)
		return bf_fail_nomem(err);
	while ((word = next_word(&rest, &brackets))) {
		line->argv[line->argc] = strdup(word);
		if (!line->argv[line->argc])
			return bf_fail_nomem(err);
		line->argc++;
	}
	return BFABRIC_OK;
}

static void break_line(struct bf_stack_line *line, const char *why)
{
	line->broken = why;
	line->fails = true;
	bf_control_all(line->actions, BF_STACK_DO_BAD);
}

static bool find_type(const char *word, enum bf_stack_type *ret)
{
	static const char *const names[BF_STACK_TYPES] = {"auth", "account", "password", "session"};

	for (int i = 0; i < BF_STACK_TYPES; i++)
		if (strcasecmp(names[i], word) == 0) {
			*ret = (enum bf_stack_type)i;
			return true;
		}
	return false;
}

/* `include` and `substack`, whose word for the module is the name of a stack. */
static enum bfabric_status take_stack(struct reading *reading, const struct source *from,
	struct bf_stack_line *line, bool substack, struct bfabric_error *err)
{
	struct source inner = *from;
	BF_AUTO_FREE char *name = strdup(line->module);
	enum bfabric_status status = BFABRIC_OK;
	size_t head = reading->stack.count;
	bool found = false;

	if (!name)
		return bf_fail_nomem(err);
	inner.every = false;
	inner.type = line->type;
	inner.level += substack;
	line->substack = true;
	status = append(reading, line, err);
	if (status == BFABRIC_OK)
		status = include(reading, name, &inner, &found, err);
	if (status == BFABRIC_OK && !found) {
		reading->stack.lines[head].substack = false;
		break_line(&reading->stack.lines[head], "there is no such file to include");
	} else if (status == BFABRIC_OK && !substack) {
		/* Lines that are included count one by one: of the line itself nothing stays. */
		struct bf_stack *stack = &reading->stack;

		release_line(&stack->lines[head]);
		memmove(&stack->lines[head], &stack->lines[head + 1],
			(stack->count - head - 1) * sizeof(*stack->lines));
		stack->count--;
	}
	return status;
}

/* Behind the type. */
static enum bfabric_status take_module(struct reading *reading, const struct source *from,
	struct bf_stack_line *line, char *at, struct bfabric_error *err)
{
	bool brackets = false, unused = false;
	char *control = next_word(&at, &brackets);
	bool substack = control && !brackets && strcasecmp(control, "substack") == 0;
	bool included = control && !brackets && strcasecmp(control, "include") == 0;
	char *module = control ? next_word(&at, &unused) : NULL;
	enum bfabric_status status = BFABRIC_OK;

	line->control = strdup(control ? control : "");
	line->module = strdup(module ? module : "");
	if (!line->control || !line->module)
		return bf_fail_nomem(err);
	if (!module)
		break_line(line, control ? "no module is named" : "there is no control");
	else if (substack || included)
		return take_stack(reading, from, line, substack, err);
	else if (!bf_control_parse(control, brackets, line->actions))
		line->broken = "its control is not understood";
	status = take_arguments(line, at, err);
	return status == BFABRIC_OK ? append(reading, line, err) : status;
}

/* Nobody knows which type was meant: the one that matters most. */
static enum bfabric_status take_broken(struct reading *reading, const struct source *from,
	struct bf_stack_line *line, const char *why, struct bfabric_error *err)
{
	line->type = from->every ? BF_STACK_AUTH : from->type;
	line->control = strdup("");
	line->module = strdup("");
	break_line(line, why);
	return line->control && line->module ? append(reading, line, err) : bf_fail_nomem(err);
}

static enum bfabric_status take_line(
	struct reading *reading, struct source *from, char *at, struct bfabric_error *err)
{
	struct bf_stack_line line __attribute__((cleanup(release_line))) = {
		.number = from->number, .level = from->level};
	bool brackets = false, found = false;
	char *word = next_word(&at, &brackets);
	const char *why = NULL;

	if (!word)
		return BFABRIC_OK;
	if (strcasecmp(word, "@include") == 0) {
		enum bfabric_status status = BFABRIC_OK;

		why = "there is no such file to include";
		word = next_word(&at, &brackets);
		if (word)
			status = include(reading, word, from, &found, err);
		if (status != BFABRIC_OK || found)
			return status;
	}
	line.file = strdup(from->path);
	if (!line.file)
		return bf_fail_nomem(err);
	line.quiet = !why && *word == '-';
	if (!why && !find_type(word + line.quiet, &line.type))
		why = "it begins with none of auth, account, password and session";
	if (why)
		return take_broken(reading, from, &line, why, err);
	if (!from->every && line.type != from->type)
		return BFABRIC_OK;
	return take_module(reading, from, &line, at, err);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Cut a physical line at its comment and the blanks before. True: it goes on in the next one. */
static bool trim(char *line)
{
	size_t len = strcspn(line, "#");

	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	line[len] = '\0';
	if (len == 0 || line[len - 1] != '\\')
		return false;
	line[len - 1] = ' ';
	return true;
}

static enum bfabric_status take_whole(struct reading *reading, struct source *from,
	struct bf_secret *whole, struct bfabric_error *err)
{
	BF_AUTO_FREE char *line = strdup(bf_secret_reveal(whole));

	if (!line || whole->failed)
		return bf_fail_nomem(err);
	bf_secret_clear(whole);
	return take_line(reading, from, line, err);
}

/* Physical lines that are one are put together; lines that are empty end nothing. */
static enum bfabric_status take_lines(
	struct reading *reading, struct source *from, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret whole = BF_SECRET_INIT;
	enum bfabric_status status = BFABRIC_OK;
	unsigned number = 0;

	for (char *at = from->content, *next = NULL; at && status == BFABRIC_OK; at = next) {
		bool goes_on;

		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (whole.len == 0)
			from->number = number;
		goes_on = trim(at);
		bf_secret_puts(&whole, at + strspn(at, blanks));
		if (!goes_on && *at)
			status = take_whole(reading, from, &whole, err);
	}
	if (status == BFABRIC_OK && whole.len > 0)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u goes on, but the file ends there", from->path, from->number);
	return status;
}

static enum bfabric_status fetch(struct reading *reading, const char *path, bool *ret_found,
	char **ret_content, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	enum bfabric_status status =
		reading->from->read(reading->from->data, path, ret_found, &content, err);

	if (status != BFABRIC_OK || !*ret_found)
		return status;
	if (content.len > BF_STACK_FILE_MAX)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is larger than %zu bytes", path,
			BF_STACK_FILE_MAX);
	if (memchr(bf_secret_reveal(&content), '\0', content.len))
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is not text", path);
	*ret_content = strdup(bf_secret_reveal(&content));
	return *ret_content ? BFABRIC_OK : bf_fail_nomem(err);
}

static void release_source(struct source *source)
{
	free(source->path);
	free(source->content);
}

static enum bfabric_status include(struct reading *reading, const char *name,
	const struct source *from, bool *ret_found, struct bfabric_error *err)
{
	static const char *const folders[] = {"/etc/pam.d/", "/usr/lib/pam.d/"};
	struct source source __attribute__((cleanup(release_source))) = {.depth = from->depth + 1,
		.level = from->level,
		.every = from->every,
		.type = from->type};
	enum bfabric_status status = BFABRIC_OK;

	*ret_found = false;
	if (source.depth > BF_STACK_DEPTH_MAX || ++reading->files > BF_STACK_FILES_MAX)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u: too many files that include each other", from->path,
			from->number);
	for (size_t i = 0; i < (*name == '/' ? 1 : 2) && status == BFABRIC_OK && !*ret_found; i++) {
		free(source.path);
		source.path =
			*name == '/' ? strdup(name) : bf_concat(folders[i], name, (char *)NULL);
		if (!source.path)
			return bf_fail_nomem(err);
		status = fetch(reading, source.path, ret_found, &source.content, err);
	}
	if (status != BFABRIC_OK || !*ret_found)
		return status;
	return take_lines(reading, &source, err);
}

static void release_reading(struct reading *reading)
{
	bf_stack_release(&reading->stack);
}

enum bfabric_status bf_stack_read(const char *service, const struct bf_stack_files *files,
	bool *ret_found, struct bf_stack *ret, struct bfabric_error *err)
{
	struct reading reading __attribute__((cleanup(release_reading))) = {.from = files};
	char nowhere[] = "";
	const struct source top = {.path = nowhere, .every = true};
	enum bfabric_status status = include(&reading, service, &top, ret_found, err);

	if (status == BFABRIC_OK) {
		*ret = reading.stack;
		reading.stack = (struct bf_stack){0};
	}
	return status;
}
