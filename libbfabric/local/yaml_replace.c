#include "yaml_edit_private.h"
#include <string.h>

/* Another value for a key, and none. */

static bool is_block_scalar(const char *bytes, size_t at)
{
	return bytes[at] == '|' || bytes[at] == '>';
}

enum bfabric_status bf_yaml_plan_replace(const struct bf_yaml_doc *doc,
	const struct bf_yaml_edit *edit, const struct bf_yaml_spot *spot,
	struct bf_yaml_splice *splice, struct bfabric_error *err)
{
	const struct bf_yaml_node *value = spot->value;
	const char *bytes = bf_secret_reveal(doc->text);
	size_t at = bf_yaml_content(doc, value), end = bf_yaml_trimmed_end(doc, value);
	bool flow = spot->mapping->flow;

	if (value->type == BF_YAML_MAPPING || value->type == BF_YAML_SEQUENCE)
		return bf_yaml_refuse(value, "a single value is expected here", err);
	if (end > at && bytes[at] == '!')
		return bf_yaml_refuse(value, "the value carries a tag", err);
	if (end > at && is_block_scalar(bytes, at) && value->flow &&
		memchr(bytes + at, '#', bf_yaml_line_break(doc->text, at) - at))
		return bf_yaml_refuse(value, "a comment stands within the value", err);
	splice->at = at;
	splice->remove = end > at ? end - at : 0;
	if (splice->remove == 0)
		bf_secret_putc(&splice->text, ' ');
	if (edit->raw)
		bf_secret_puts(&splice->text, edit->text);
	else
		bf_yaml_put_string(&splice->text, edit->text, flow);
	return BFABRIC_OK;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* The bytes of the pair itself. */
static void bounds(const struct bf_yaml_doc *doc, const struct bf_yaml_spot *spot,
	size_t *ret_start, size_t *ret_end)
{
	size_t key_end = bf_yaml_byte_of(doc->text, spot->key->end);

	*ret_start = bf_yaml_byte_of(doc->text, spot->key->start);
	*ret_end = bf_yaml_trimmed_end(doc, spot->value);
	if (*ret_end < key_end)
		*ret_end = key_end;
}

/*
 * Whole lines; a comment behind the value stays, at the place of the key. A top-level entry takes
 * the comments in it along, and so the one behind its last value.
 */
static enum bfabric_status remove_lines(const struct bf_yaml_doc *doc,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice, struct bfabric_error *err)
{
	const char *bytes = bf_secret_reveal(doc->text);
	size_t start = 0, end = 0, rest, from;
	bool alone = &doc->tree->nodes[spot->key->next] == &doc->tree->nodes[spot->mapping->last] &&
		     &doc->tree->nodes[spot->mapping->first] == spot->key;

	bounds(doc, spot, &start, &end);
	rest = bf_yaml_skip_blanks(doc->text, end);
	if (spot->depth == 0 && rest < doc->text->len && bytes[rest] == '#')
		rest = end = bf_yaml_line_break(doc->text, end);
	if (alone) {
		splice->at = start;
		splice->remove = end - start;
		bf_secret_puts(&splice->text, "{}");
		return BFABRIC_OK;
	}
	for (from = start; from > 0 && bytes[from - 1] == ' '; from--)
		;
	if (start - from != spot->key->column)
		return bf_yaml_refuse(spot->key, "the key does not begin its line", err);
	splice->at = rest == bf_yaml_line_break(doc->text, end) ? from : start;
	end = splice->at == from ? bf_yaml_next_line(doc->text, end) : rest;
	splice->remove = end - splice->at;
	return BFABRIC_OK;
}

/* The comma behind a value, with nothing but blanks before it. */
static bool find_comma(const struct bf_secret *text, size_t *at)
{
	*at = bf_yaml_skip_blanks(text, *at);
	return *at < text->len && bf_secret_reveal(text)[*at] == ',';
}

/* The last pair in braces: the comma before it goes too; a comment between them stays. */
static enum bfabric_status remove_last(const struct bf_yaml_doc *doc,
	const struct bf_yaml_spot *spot, size_t start, struct bf_yaml_splice *splice,
	struct bfabric_error *err)
{
	const char *bytes = bf_secret_reveal(doc->text);
	size_t comma = bf_yaml_trimmed_end(doc, spot->previous), end = start + splice->remove;

	if (!find_comma(doc->text, &comma) || comma >= start)
		return bf_yaml_refuse(spot->key, "the comma before the key was not found", err);
	splice->at = comma;
	splice->remove = end - comma;
	if (memchr(bytes + comma, '\n', start - comma))
		bf_secret_put(&splice->text, bytes + comma + 1, start - comma - 1);
	return BFABRIC_OK;
}

static enum bfabric_status remove_flow(const struct bf_yaml_doc *doc,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice, struct bfabric_error *err)
{
	size_t start = 0, end = 0, comma;

	bounds(doc, spot, &start, &end);
	splice->at = start;
	splice->remove = end - start;
	comma = end;
	if (find_comma(doc->text, &comma)) {
		splice->remove = bf_yaml_skip_blanks(doc->text, comma + 1) - start;
		return BFABRIC_OK;
	}
	if (spot->value->next)
		return bf_yaml_refuse(spot->value, "the comma behind the value was not found", err);
	return spot->previous ? remove_last(doc, spot, start, splice, err) : BFABRIC_OK;
}

enum bfabric_status bf_yaml_plan_remove(const struct bf_yaml_doc *doc,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice, struct bfabric_error *err)
{
	return spot->mapping->flow ? remove_flow(doc, spot, splice, err)
				   : remove_lines(doc, spot, splice, err);
}
