/*
 * Block mappings of plain scalars on one line each, comments and blank lines, indented by spaces.
 * Characters are ASCII, so that bytes and characters count the same.
 */
#include "yaml_private.h"
#include <string.h>

#define LEVELS_MAX 8
#define KEY_MAX    128 /* libyaml allows 1024 */

struct plain {
	const char *begin, *end;
	const char *line; /* the line that is being read */
	uint32_t number;  /* from 1 */
	struct bf_yaml *tree;
	uint32_t open[LEVELS_MAX]; /* the mappings that are being read, outermost first */
	unsigned depth;
	bool want_mapping; /* the last line was a key without a value */
};

static uint32_t offset_of(const struct plain *p, const char *at)
{
	return (uint32_t)(at - p->begin);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

static const char *past_spaces(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

static const char *past_key(const char *at, const char *end)
{
	while (at < end && (is_word(*at) || *at == '-' || *at == '.'))
		at++;
	return at;
}

/*
 * No '#', which may begin a comment, no quote, bracket or indicator. A colon before a space or at
 * the end would make a mapping; spaces at the end do not belong to the value.
 */
static bool is_plain_value(const char *at, const char *end)
{
	static const char others[] = "-./:+=@%~, ";

	if (at == end || !(is_word(*at) || *at == '/'))
		return false;
	for (; at < end; at++)
		if (!is_word(*at) && !memchr(others, *at, sizeof(others) - 1))
			return false;
		else if (*at == ':' && (at + 1 == end || at[1] == ' '))
			return false;
	return end[-1] != ' ';
}

static uint32_t append(struct plain *p, enum bf_yaml_type type, const char *from, const char *to)
{
	uint32_t parent = p->depth ? p->open[p->depth - 1] : 0, index = 0;

	if (p->tree->count <= BF_YAML_NODES)
		index = bf_yaml_append(p->tree, parent, type);
	if (index) {
		struct bf_yaml_node *node = &p->tree->nodes[index];

		node->line = p->number;
		node->column = (uint32_t)(from - p->line);
		node->start = offset_of(p, from);
		node->end = offset_of(p, to);
	}
	return index;
}

static bool add_scalar(struct plain *p, const char *from, const char *to)
{
	uint32_t index = append(p, BF_YAML_SCALAR, from, to);
	struct bf_yaml_node *node = &p->tree->nodes[index];

	if (!index)
		return false;
	node->plain = true;
	node->length = (uint32_t)(to - from);
	node->text = bf_yaml_keep(p->tree, from, node->length);
	return true;
}

static bool open_mapping(struct plain *p, const char *at)
{
	uint32_t index = p->depth < LEVELS_MAX ? append(p, BF_YAML_MAPPING, at, at) : 0;

	if (!index)
		return false;
	p->open[p->depth++] = index;
	p->want_mapping = false;
	return true;
}

/* A mapping ends where the next thing after it begins. */
static void close_mappings(struct plain *p, unsigned depth, const char *at)
{
	while (p->depth > depth)
		p->tree->nodes[p->open[--p->depth]].end = offset_of(p, at);
}

/* Bring the open mappings in line with a key that stands here. */
static bool arrange(struct plain *p, const char *at)
{
	uint32_t column = (uint32_t)(at - p->line);
	unsigned depth = p->depth;

	while (depth && p->tree->nodes[p->open[depth - 1]].column > column)
		depth--;
	if (p->want_mapping)
		return depth == p->depth &&
		       (!depth || p->tree->nodes[p->open[depth - 1]].column < column) &&
		       open_mapping(p, at);
	close_mappings(p, depth, at);
	return depth && p->tree->nodes[p->open[depth - 1]].column == column;
}

static bool read_pair(struct plain *p, const char *at, const char *eol)
{
	const char *colon = past_key(at, eol), *value;

	if (!is_letter(*at) || colon == eol || *colon != ':' || colon - at > KEY_MAX ||
		!arrange(p, at) || !add_scalar(p, at, colon))
		return false;
	if (colon + 1 == eol)
		return p->want_mapping = true;
	value = past_spaces(colon + 1, eol);
	return colon[1] == ' ' && is_plain_value(value, eol) && add_scalar(p, value, eol);
}

static bool is_printable(const char *at, const char *end)
{
	while (at < end && *at >= ' ' && *at <= '~')
		at++;
	return at == end;
}

static bool read_line(struct plain *p, const char *eol)
{
	const char *at = past_spaces(p->line, eol);

	if (at == eol)
		return true;
	if (*at == '#')
		return is_printable(at, eol);
	return read_pair(p, at, eol);
}

bool bf_yaml_read_plain(const char *bytes, size_t len, struct bf_yaml *tree)
{
	struct plain p = {.begin = bytes,
		.end = bytes + len,
		.line = bytes,
		.tree = tree,
		.want_mapping = true};

	while (p.line < p.end) {
		const char *lf = memchr(p.line, '\n', (size_t)(p.end - p.line));
		const char *eol = lf ? lf : p.end;

		p.number++;
		if (!read_line(&p, eol))
			return false;
		p.line = lf ? lf + 1 : p.end;
	}
	close_mappings(&p, 0, p.end);
	return tree->count > 1 && !p.want_mapping;
}
