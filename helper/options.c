#include "options.h"
#include "nearest.h"
#include <limits.h>
#include <string.h>

int bf_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);
	int position = 0;

	for (const char *at = choices;; position++) {
		size_t n = strcspn(at, "|");

		if (n == len && memcmp(at, text, n) == 0)
			return position;
		if (!at[n])
			return -1;
		at += n + 1;
	}
}

bool bf_parse_seconds(const char *text, int64_t low, int64_t high, int64_t *ret)
{
	int64_t n = 0;

	if (!*text || strlen(text) > 15)
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (*p - '0');
	}
	if (n < low || n > high)
		return false;
	*ret = n;
	return true;
}

static const struct bf_option *find(const struct bf_option *options, const char *name, size_t len)
{
	for (const struct bf_option *o = options; o->name; o++) {
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
		if (o->alias && strlen(o->alias) == len && memcmp(o->alias, name, len) == 0)
			return o;
	}
	return NULL;
}

static const struct bf_option *find_letter(const struct bf_option *options, char letter)
{
	for (const struct bf_option *o = options; o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

static enum bfabric_status fail_unknown(
	const struct bf_option *options, const char *name, size_t len, struct bfabric_error *err)
{
	struct bf_nearest nearest = BF_NEAREST_INIT(name, len);

	for (const struct bf_option *o = options; o->name; o++) {
		bf_nearest_try(&nearest, o->name);
		bf_nearest_try(&nearest, o->alias);
	}
	if (nearest.best)
		return bf_fail(err, BFABRIC_BAD_CALL, "unknown option --%.*s; did you mean --%s?",
			(int)(len < 100 ? len : 100), name, nearest.best);
	return bf_fail(err, BFABRIC_BAD_CALL, "unknown option --%.*s; see --help",
		(int)(len < 100 ? len : 100), name);
}

enum bfabric_status bf_check_store_name(
	const char *what, const char *text, struct bfabric_error *err)
{
	size_t len = strlen(text);

	if (strcmp(text, "file") == 0 || strcmp(text, "keyring") == 0)
		return BFABRIC_OK;
	if (text[0] != '/')
		return bf_fail(err, BFABRIC_BAD_CALL,
			"%s takes keyring, file, or the absolute path of a credential helper, not "
			"\"%.100s\"",
			what, text);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return bf_fail(err, BFABRIC_BAD_CALL,
				"%s: the path has a control character in it", what);
	if (len >= PATH_MAX || text[len - 1] == '/')
		return bf_fail(err, BFABRIC_BAD_CALL, "%s: %.100s is not the path of a program",
			what, text);
	return BFABRIC_OK;
}

static enum bfabric_status store_item(const struct bf_option *o, const char *value,
	struct bf_option_list *list, struct bfabric_error *err)
{
	if (!*value)
		return bf_fail(
			err, BFABRIC_BAD_CALL, "--%s needs a value that is not empty", o->name);
	if (list->count == BF_LIST_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "--%s is given more than %d times", o->name,
			BF_LIST_MAX);
	list->items[list->count++] = value;
	return BFABRIC_OK;
}

static enum bfabric_status store(const struct bf_option *o, const char *value,
	struct bf_command_line *call, struct bfabric_error *err)
{
	char *member = (char *)call + o->member;
	int choice = 0;

	switch (o->kind) {
	case BF_OPTION_SET:
		choice = (int)o->value;
		memcpy(member, &choice, sizeof(choice));
		return BFABRIC_OK;
	case BF_OPTION_TEXT:
		if (!*value)
			return bf_fail(err, BFABRIC_BAD_CALL,
				"--%s needs a value that is not empty", o->name);
		memcpy(member, &value, sizeof(value));
		return BFABRIC_OK;
	case BF_OPTION_SECONDS:
	case BF_OPTION_NUMBER: {
		int64_t number = 0;

		if (!bf_parse_seconds(value, o->value, o->limit, &number))
			return bf_fail(err, BFABRIC_BAD_CALL, "--%s takes %s from %lld to %lld",
				o->name,
				o->kind == BF_OPTION_SECONDS ? "whole seconds" : "a number",
				(long long)o->value, (long long)o->limit);
		memcpy(member, &number, sizeof(number));
		return BFABRIC_OK;
	}
	case BF_OPTION_CHOICE:
		choice = bf_choice(o->choices, value);
		if (choice < 0)
			return bf_fail(
				err, BFABRIC_BAD_CALL, "--%s takes one of %s", o->name, o->choices);
		memcpy(member, &choice, sizeof(choice));
		return BFABRIC_OK;
	case BF_OPTION_LIST:
		return store_item(o, value, (struct bf_option_list *)(void *)member, err);
	case BF_OPTION_STORE:
		if (bf_check_store_name("--store", value, err) != BFABRIC_OK)
			return BFABRIC_BAD_CALL;
		memcpy(member, &value, sizeof(value));
		return BFABRIC_OK;
	case BF_OPTION_REFUSED:
		return bf_fail(err, BFABRIC_BAD_CALL, "--%s: %s", o->name, o->help);
	}
	return bf_fail(err, BFABRIC_BAD_CALL, "--%s cannot be used", o->name);
}

/* One option, its value inline, in the next string, or none; *taken counts strings used up. */
static enum bfabric_status take(const struct bf_option *o, const char *inline_value,
	const char *next, int *taken, struct bf_command_line *call, struct bfabric_error *err)
{
	*taken = 1;
	if (o->kind == BF_OPTION_REFUSED)
		return store(o, NULL, call, err);
	if (o->kind == BF_OPTION_SET) {
		if (inline_value)
			return bf_fail(err, BFABRIC_BAD_CALL, "--%s takes no value", o->name);
		return store(o, NULL, call, err);
	}
	if (!inline_value) {
		if (!next)
			return bf_fail(err, BFABRIC_BAD_CALL, "--%s needs a value: %s", o->name,
				o->choices ? o->choices : o->argument);
		inline_value = next;
		*taken = 2;
	}
	return store(o, inline_value, call, err);
}

static enum bfabric_status take_long(const struct bf_option *options, const char *text,
	const char *next, int *taken, struct bf_command_line *call, struct bfabric_error *err)
{
	size_t len = strcspn(text, "=");
	const struct bf_option *o = find(options, text, len);

	if (!o)
		return fail_unknown(options, text, len, err);
	return take(o, text[len] ? text + len + 1 : NULL, next, taken, call, err);
}

static enum bfabric_status take_letter(const struct bf_option *options, const char *text,
	const char *next, int *taken, struct bf_command_line *call, struct bfabric_error *err)
{
	const struct bf_option *o = find_letter(options, text[0]);

	if (!o || (o->kind == BF_OPTION_SET && text[1]))
		return bf_fail(err, BFABRIC_BAD_CALL, "unknown option -%.100s; see --help", text);
	return take(o, text[1] ? text + 1 : NULL, next, taken, call, err);
}

enum bfabric_status bf_options_parse(const struct bf_option *options, size_t max_arguments,
	int argc, char *const argv[], struct bf_command_line *call, struct bfabric_error *err)
{
	bool only_arguments = false;

	for (int i = 0, taken = 1; i < argc && !call->help; i += taken) {
		const char *text = argv[i];
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		enum bfabric_status status = BFABRIC_OK;

		taken = 1;
		if (!only_arguments && strcmp(text, "--") == 0 &&
			max_arguments == BF_ARGUMENTS_COMMAND) {
			call->command = argv + i + 1;
			return BFABRIC_OK;
		}
		if (!only_arguments && strcmp(text, "--") == 0)
			only_arguments = true;
		else if (!only_arguments && text[0] == '-' && text[1] == '-')
			status = take_long(options, text + 2, next, &taken, call, err);
		else if (!only_arguments && text[0] == '-' && text[1])
			status = take_letter(options, text + 1, next, &taken, call, err);
		else if (max_arguments == BF_ARGUMENTS_COMMAND)
			status = bf_fail(err, BFABRIC_BAD_CALL,
				"unexpected argument \"%.100s\": the command stands behind --",
				text);
		else if (max_arguments == BF_ARGUMENTS_MANY)
			call->many[call->many_count++] = text;
		else if (call->argument_count < max_arguments &&
			 call->argument_count < BF_ARGUMENTS_MAX)
			call->arguments[call->argument_count++] = text;
		else
			status = bf_fail(err, BFABRIC_BAD_CALL,
				"unexpected argument \"%.100s\"; see --help", text);
		if (status != BFABRIC_OK)
			return status;
	}
	return BFABRIC_OK;
}
