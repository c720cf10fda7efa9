#include "config_private.h"
#include <string.h>

/* Letters that are in no way special to a YAML reader, of any version. */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SAFE    LETTERS "0123456789._/+-"

/* Words of safe characters with single spaces or inner colons between them. */
static bool is_surely_plain(const char *text)
{
	const char *p = text + strspn(text, SAFE);

	if (strlen(text) < 2 || !strchr(LETTERS, *text))
		return false;
	while (*p == ' ' || *p == ':') {
		size_t word = strspn(++p, SAFE);

		if (word == 0 || *p == '-')
			return false;
		p += word;
	}
	return *p == '\0' && bf_yaml_plain_kind(text) == BF_YAML_STRING;
}

static void put_quoted(struct bf_secret *out, const char *text)
{
	bf_secret_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			bf_secret_putc(out, '\\');
		bf_secret_putc(out, *text);
	}
	bf_secret_putc(out, '"');
}

void bf_config_put_scalar(struct bf_secret *out, const char *text)
{
	/* "https://" is the one place where a colon is followed by something but a word */
	size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
			: strncmp(text, "http://", 7) == 0 ? 7
							   : 0;

	if (is_surely_plain(text + scheme))
		bf_secret_puts(out, text);
	else
		put_quoted(out, text);
}

struct line {
	const char *key, *value;
};

#define LINES 4

static void collect_lines(
	const struct bf_environment_entry *entry, const char *base_url, struct line lines[LINES])
{
	lines[0] = (struct line){"base_url", base_url};
	lines[1] = (struct line){"auth_method", entry->auth_method};
	lines[2] = (struct line){"client_id", entry->client_id};
	lines[3] = (struct line){"scope", entry->scope};
}

void bf_config_put_block(struct bf_secret *out, const struct bf_environment_entry *entry,
	const char *base_url, unsigned indent, const char *eol)
{
	struct line lines[LINES];

	collect_lines(entry, base_url, lines);
	bf_secret_printf(out, "%*s", (int)indent, "");
	bf_config_put_scalar(out, entry->name);
	bf_secret_printf(out, ":%s", eol);
	for (size_t i = 0; i < LINES; i++) {
		if (!lines[i].value || !*lines[i].value)
			continue;
		bf_secret_printf(out, "%*s%s: ", (int)indent + 2, "", lines[i].key);
		bf_config_put_scalar(out, lines[i].value);
		bf_secret_puts(out, eol);
	}
}

void bf_config_put_line(
	struct bf_secret *out, const struct bf_environment_entry *entry, const char *base_url)
{
	struct line lines[LINES];
	const char *between = "";

	collect_lines(entry, base_url, lines);
	bf_config_put_scalar(out, entry->name);
	bf_secret_puts(out, ": {");
	for (size_t i = 0; i < LINES; i++) {
		if (!lines[i].value || !*lines[i].value)
			continue;
		bf_secret_printf(out, "%s%s: ", between, lines[i].key);
		put_quoted(out, lines[i].value);
		between = ", ";
	}
	bf_secret_putc(out, '}');
}
