#include "yaml_edit_private.h"
#include <string.h>

#define DEEP 20 /* levels of a value in flow style */

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

/* What a reader might take for a line break or drop: escaped. Returns the length of the escape's
 * source, 0 for a character that stands for itself. */
static size_t put_escaped(struct bf_secret *out, const char *text)
{
	const unsigned char *u = (const unsigned char *)text;

	if (*u == '"' || *u == '\\') {
		bf_secret_printf(out, "\\%c", *u);
		return 1;
	}
	if (*u < ' ' || *u == 0x7f) {
		bf_secret_printf(out, "\\x%02X", *u);
		return 1;
	}
	if (*u == 0xc2 && u[1] < 0xa0) {
		bf_secret_printf(out, "\\x%02X", u[1]);
		return 2;
	}
	if (*u == 0xe2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9)) {
		bf_secret_printf(out, "\\u20%02X", u[2] - 0x80);
		return 3;
	}
	if (*u == 0xef && u[1] == 0xbb && u[2] == 0xbf) {
		bf_secret_puts(out, "\\uFEFF");
		return 3;
	}
	return 0;
}

static void put_quoted(struct bf_secret *out, const char *text)
{
	bf_secret_putc(out, '"');
	while (*text) {
		size_t n = put_escaped(out, text);

		if (n == 0)
			bf_secret_putc(out, *text);
		text += n ? n : 1;
	}
	bf_secret_putc(out, '"');
}

void bf_yaml_put_string(struct bf_secret *out, const char *text, bool flow)
{
	/* "https://" is the one place where a colon is followed by something but a word */
	size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
			: strncmp(text, "http://", 7) == 0 ? 7
							   : 0;

	if (!flow && is_surely_plain(text + scheme))
		bf_secret_puts(out, text);
	else
		put_quoted(out, text);
}

void bf_yaml_put_key(struct bf_secret *out, const char *text)
{
	if (is_surely_plain(text) && !strchr(text, ':'))
		bf_secret_puts(out, text);
	else
		put_quoted(out, text);
}

/* ---- whole values ---------------------------------------------------------------------------- */

static bool put_node(struct bf_secret *out, const struct bf_yaml *tree,
	const struct bf_yaml_node *node, unsigned depth);

static bool put_scalar(
	struct bf_secret *out, const struct bf_yaml *tree, const struct bf_yaml_node *node)
{
	const char *text = bf_yaml_text(tree, node);

	if (strlen(text) != node->length)
		return false;
	switch (bf_yaml_kind(tree, node)) {
	case BF_YAML_STRING:
		put_quoted(out, text);
		return true;
	case BF_YAML_NULL:
		bf_secret_puts(out, "null");
		return true;
	case BF_YAML_BOOL:
	case BF_YAML_NUMBER:
	case BF_YAML_OTHER: /* a time: the same characters are the same time */
		bf_secret_puts(out, text);
		return true;
	case BF_YAML_COLLECTION:
		break;
	}
	return false;
}

/* Items, or keys and values; merge keys are not followed but refused. */
static bool put_items(struct bf_secret *out, const struct bf_yaml *tree,
	const struct bf_yaml_node *node, unsigned depth)
{
	const bool mapping = node->type == BF_YAML_MAPPING;
	const struct bf_yaml_node *item;
	uint32_t cursor = bf_yaml_children(node);

	bf_secret_putc(out, mapping ? '{' : '[');
	for (unsigned i = 0; (item = bf_yaml_next(tree, &cursor)); i++) {
		bool value = mapping && i % 2 == 1;

		if (mapping && !value && bf_yaml_kind(tree, item) != BF_YAML_STRING)
			return false;
		bf_secret_puts(out, i == 0 ? "" : value ? ": " : ", ");
		if (!put_node(out, tree, item, depth))
			return false;
	}
	bf_secret_putc(out, mapping ? '}' : ']');
	return true;
}

static bool put_node(struct bf_secret *out, const struct bf_yaml *tree,
	const struct bf_yaml_node *node, unsigned depth)
{
	if (node->foreign || depth > DEEP || out->failed)
		return false;
	if (node->type == BF_YAML_SCALAR)
		return put_scalar(out, tree, node);
	return put_items(out, tree, node, depth + 1);
}

bool bf_yaml_put_flow(
	struct bf_secret *out, const struct bf_yaml *tree, const struct bf_yaml_node *node)
{
	return put_node(out, tree, node, 0) && !out->failed;
}
