#include "yaml_edit_private.h"

/* A new pair, behind the last one of its mapping; missing mappings around it are written too. */

static void put_value(struct bf_secret *out, const struct bf_yaml_edit *edit, bool flow)
{
	if (edit->raw)
		bf_secret_puts(out, edit->text);
	else
		bf_yaml_put_string(out, edit->text, flow);
}

/* "A: {b: {c: d}}" for what is missing of the path. */
static void put_flow(struct bf_secret *out, const struct bf_yaml_edit *edit, size_t from)
{
	for (size_t i = from; i < edit->depth; i++) {
		bf_yaml_put_key(out, edit->path[i]);
		bf_secret_puts(out, ": {");
	}
	bf_yaml_put_key(out, edit->key);
	bf_secret_puts(out, ": ");
	put_value(out, edit, /* flow= */ true);
	for (size_t i = from; i < edit->depth; i++)
		bf_secret_putc(out, '}');
}

/* The same as lines; without the last line's end. */
static void put_block(struct bf_secret *out, const struct bf_yaml_edit *edit, size_t from,
	unsigned indent, const char *eol)
{
	for (size_t i = from; i < edit->depth; i++, indent += 2) {
		bf_secret_printf(out, "%*s", (int)indent, "");
		bf_yaml_put_key(out, edit->path[i]);
		bf_secret_printf(out, ":%s", eol);
	}
	bf_secret_printf(out, "%*s", (int)indent, "");
	bf_yaml_put_key(out, edit->key);
	bf_secret_puts(out, ": ");
	put_value(out, edit, /* flow= */ false);
}

static void insert_flow(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice)
{
	const struct bf_yaml_node *mapping = spot->mapping;

	if (mapping->last) {
		splice->at = bf_yaml_trimmed_end(doc, &doc->tree->nodes[mapping->last]);
		bf_secret_puts(&splice->text, ", ");
	} else {
		splice->at = bf_yaml_content(doc, mapping) + 1; /* behind the brace */
	}
	put_flow(&splice->text, edit, spot->depth);
}

/* Put lines where a line begins, or behind a last line that has no end. */
static void insert_lines(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, size_t at, unsigned indent, struct bf_yaml_splice *splice)
{
	const char *bytes = bf_secret_reveal(doc->text), *eol = bf_yaml_eol(doc->text);
	bool open_line = at > 0 && bytes[at - 1] != '\n';

	splice->at = at;
	bf_secret_puts(&splice->text, open_line ? eol : "");
	put_block(&splice->text, edit, spot->key ? spot->depth + 1 : spot->depth, indent, eol);
	bf_secret_puts(&splice->text, open_line ? "" : eol);
}

static void insert_block(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice)
{
	const struct bf_yaml_node *mapping = spot->mapping;
	const struct bf_yaml_node *last = spot->key ? spot->value : mapping;
	const char *bytes = bf_secret_reveal(doc->text);
	unsigned column = doc->tree->nodes[mapping->first].column;
	size_t at = bf_yaml_end(doc, last);

	/* a block scalar ends at the beginning of a line */
	if (at > 0 && bytes[at - 1] != '\n')
		at = bf_yaml_next_line(doc->text, at);
	insert_lines(doc, edit, spot, at, spot->key ? column + 2 : column, splice);
}

static bool ends_with_blank_line(const struct bf_secret *text, size_t at)
{
	const char *bytes = bf_secret_reveal(text);
	size_t i = at;

	if (i == 0 || bytes[i - 1] != '\n')
		return false;
	for (i--; i > 0 && bytes[i - 1] != '\n'; i--)
		if (bytes[i - 1] != ' ' && bytes[i - 1] != '\r' && bytes[i - 1] != '\t')
			return false;
	return true;
}

/* A new top-level entry stands at the end of the file, behind what a person wrote there. */
static void append(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, bool blank_line, struct bf_yaml_splice *splice)
{
	const struct bf_yaml *tree = doc->tree;
	const char *bytes = bf_secret_reveal(doc->text), *eol = bf_yaml_eol(doc->text);
	size_t at =
		tree->end == UINT32_MAX ? doc->text->len : bf_yaml_byte_of(doc->text, tree->end);
	bool empty = at == bf_yaml_byte_of(doc->text, 0);

	splice->at = at;
	if (!empty && bytes[at - 1] != '\n')
		bf_secret_puts(&splice->text, eol);
	if (!empty && blank_line && !ends_with_blank_line(doc->text, at))
		bf_secret_puts(&splice->text, eol);
	put_block(&splice->text, edit, 0,
		spot->mapping ? tree->nodes[spot->mapping->first].column : 0, eol);
	bf_secret_puts(&splice->text, eol);
}

/* The file says "{}", which is how an empty one is written: lines are better to read. */
static void replace_braces(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice)
{
	splice->at = bf_yaml_byte_of(doc->text, spot->mapping->start);
	splice->remove = bf_yaml_byte_of(doc->text, spot->mapping->end) - splice->at;
	put_block(&splice->text, edit, 0, 0, bf_yaml_eol(doc->text));
}

enum bfabric_status bf_yaml_plan_insert(const struct bf_yaml_doc *doc,
	const struct bf_yaml_edit *edit, const struct bf_yaml_spot *spot, bool blank_line,
	struct bf_yaml_splice *splice, struct bfabric_error *err)
{
	const struct bf_yaml_node *mapping = spot->mapping;

	if (spot->key && spot->value->anchor_length)
		return bf_yaml_refuse(spot->value, "an anchor stands in place of a mapping", err);
	if (spot->key)
		insert_block(doc, edit, spot, splice);
	else if (mapping && mapping->flow && !mapping->first && spot->depth == 0)
		replace_braces(doc, edit, spot, splice);
	else if (mapping && mapping->flow)
		insert_flow(doc, edit, spot, splice);
	else if (spot->depth == 0)
		append(doc, edit, spot, blank_line, splice);
	else
		insert_block(doc, edit, spot, splice);
	return BFABRIC_OK;
}
