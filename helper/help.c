#include "help.h"
#include <stdio.h>
#include <string.h>

#define COLUMN    24 /* where the explanation of an option begins, when the terminal is wide */
#define NARROW    60
#define WIDTH_MIN 30

static void put_spaces(unsigned n, struct bf_secret *out)
{
	while (n--)
		bf_secret_putc(out, ' ');
}

/* Words of one paragraph; the cursor stands at column `at`, later lines begin at `indent`. */
static void put_words(const char *text, size_t len, unsigned at, unsigned indent, unsigned width,
	struct bf_secret *out)
{
	const char *end = text + len;
	bool first = true;

	while (text < end) {
		size_t word = 0;

		while (text < end && *text == ' ')
			text++;
		while (text + word < end && text[word] != ' ')
			word++;
		if (!word)
			break;
		if (!first && at + 1 + word > width) {
			bf_secret_putc(out, '\n');
			put_spaces(indent, out);
			at = indent;
		} else if (!first) {
			bf_secret_putc(out, ' ');
			at++;
		}
		bf_secret_put(out, text, word);
		at += (unsigned)word;
		text += word;
		first = false;
	}
	bf_secret_putc(out, '\n');
}

void bf_help_wrap(const char *text, unsigned indent, unsigned width, struct bf_secret *out)
{
	width = width < WIDTH_MIN ? WIDTH_MIN : width;
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len)
			put_spaces(indent, out);
		put_words(text, len, indent, indent, width, out);
		text += len + (text[len] == '\n');
	}
}

void bf_help_row(const char *name, const char *summary, unsigned indent, unsigned width,
	struct bf_secret *out)
{
	unsigned at = 2 + (unsigned)strlen(name);
	bool own_line = at + 2 > indent || width < NARROW;

	width = width < WIDTH_MIN ? WIDTH_MIN : width;
	if (width < NARROW)
		indent = 6;
	bf_secret_puts(out, "  ");
	bf_secret_puts(out, name);
	if (own_line)
		bf_secret_putc(out, '\n');
	put_spaces(own_line ? indent : indent - at, out);
	put_words(summary, strlen(summary), indent, indent, width, out);
}

static void put_option(const struct bf_option *o, unsigned width, struct bf_secret *out)
{
	char name[80], value[40] = "", letter[8] = "";

	if (o->kind == BF_OPTION_REFUSED)
		return;
	if (o->kind != BF_OPTION_SET)
		snprintf(value, sizeof(value), " %s", o->argument);
	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	if (o->alias)
		snprintf(name, sizeof(name), "%s--%s, --%s%s", letter, o->name, o->alias, value);
	else
		snprintf(name, sizeof(name), "%s--%s%s", letter, o->name, value);
	bf_help_row(name, o->help, COLUMN, width, out);
}

static void put_usage(const struct bf_verb *verb, struct bf_secret *out)
{
	bool program = strchr(verb->name, '-') && strncmp(verb->name, "git-", 4) == 0;

	bf_secret_printf(out, "usage: %s%s [options]%s%s\n", program ? "" : "bfabric ", verb->name,
		verb->arguments ? " " : "", verb->arguments ? verb->arguments : "");
	for (const char *other = verb->aliases; other && *other;) {
		size_t len = strcspn(other, "|");

		bf_secret_printf(out, "also:  bfabric %.*s\n", (int)len, other);
		other += len + (other[len] == '|');
	}
}

static void put_examples(const char *text, struct bf_secret *out)
{
	bf_secret_puts(out, "\nExamples\n");
	while (*text) {
		size_t len = strcspn(text, "\n");

		bf_secret_puts(out, "  ");
		bf_secret_put(out, text, len);
		bf_secret_putc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

void bf_help_verb(const struct bf_verb *verb, unsigned width, struct bf_secret *out)
{
	put_usage(verb, out);
	bf_secret_putc(out, '\n');
	bf_help_wrap(verb->text, 0, width, out);
	bf_secret_puts(out, "\nOptions\n");
	for (const struct bf_option *o = verb->options; o->name; o++)
		put_option(o, width, out);
	if (verb->examples)
		put_examples(verb->examples, out);
}
