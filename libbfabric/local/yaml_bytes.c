#include "yaml_edit_private.h"
#include <string.h>

/* From libyaml's marks to bytes of the file. */

static size_t mark_length(const struct bf_secret *text)
{
	return text->len >= 3 && memcmp(bf_secret_reveal(text), "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

size_t bf_yaml_byte_of(const struct bf_secret *text, uint32_t character)
{
	const char *bytes = bf_secret_reveal(text);
	size_t i = mark_length(text);

	for (; i < text->len; i++)
		if (((unsigned char)bytes[i] & 0xc0) != 0x80 && character-- == 0)
			break;
	return i;
}

/* A block collection's end mark lies behind the comments that follow it. */
size_t bf_yaml_end(const struct bf_yaml_doc *doc, const struct bf_yaml_node *node)
{
	while ((node->type == BF_YAML_MAPPING || node->type == BF_YAML_SEQUENCE) && !node->flow &&
		node->last)
		node = &doc->tree->nodes[node->last];
	return bf_yaml_byte_of(doc->text, node->end);
}

size_t bf_yaml_trimmed_end(const struct bf_yaml_doc *doc, const struct bf_yaml_node *node)
{
	const char *bytes = bf_secret_reveal(doc->text);
	size_t end = bf_yaml_end(doc, node), start = bf_yaml_byte_of(doc->text, node->start);

	while (end > start && strchr(" \t\r\n", bytes[end - 1]))
		end--;
	return end;
}

size_t bf_yaml_skip_blanks(const struct bf_secret *text, size_t at)
{
	const char *bytes = bf_secret_reveal(text);

	while (at < text->len && (bytes[at] == ' ' || bytes[at] == '\t'))
		at++;
	return at;
}

size_t bf_yaml_content(const struct bf_yaml_doc *doc, const struct bf_yaml_node *node)
{
	const char *bytes = bf_secret_reveal(doc->text);
	size_t at = bf_yaml_byte_of(doc->text, node->start);
	size_t end = bf_yaml_byte_of(doc->text, node->end);

	if (node->anchor_length == 0 || at == end || bytes[at] != '&')
		return at;
	while (at < end && !strchr(" \t\r\n", bytes[at]))
		at++;
	while (at < end && strchr(" \t", bytes[at]))
		at++;
	return at;
}

size_t bf_yaml_next_line(const struct bf_secret *text, size_t at)
{
	const char *bytes = bf_secret_reveal(text);
	const char *lf = at < text->len ? memchr(bytes + at, '\n', text->len - at) : NULL;

	return lf ? (size_t)(lf - bytes) + 1 : text->len;
}

size_t bf_yaml_line_break(const struct bf_secret *text, size_t at)
{
	const char *bytes = bf_secret_reveal(text);
	size_t end = bf_yaml_next_line(text, at);

	if (end > at && bytes[end - 1] == '\n')
		end--;
	if (end > at && bytes[end - 1] == '\r')
		end--;
	return end;
}

const char *bf_yaml_eol(const struct bf_secret *text)
{
	const char *bytes = bf_secret_reveal(text);
	const char *lf = memchr(bytes, '\n', text->len);

	return lf && lf > bytes && lf[-1] == '\r' ? "\r\n" : "\n";
}
