#include "yaml_private.h"
#include <yaml.h>
#include <errno.h>
#include <string.h>
#include <stdlib.h>

#define BUCKETS 256

/* A tree under construction. */
struct builder {
	yaml_parser_t parser;
	struct bf_yaml *tree;
	const char *bytes;
	size_t len;
	const char *file;
	struct bfabric_error *err;
	uint32_t buckets[BUCKETS]; /* anchors by hash of their names */
	uint32_t stack[BF_YAML_DEPTH];
	unsigned depth;
	bool ended;
};

static enum bfabric_status bad(const struct builder *b, size_t line, const char *problem)
{
	return bf_fail(b->err, BFABRIC_BAD_CONFIG, "%s:%zu: %s", b->file, line, problem);
}

static size_t line_of_byte(const struct builder *b, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < b->len; i++)
		line += b->bytes[i] == '\n';
	return line;
}

static enum bfabric_status bad_syntax(const struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *problem = p->problem ? p->problem : "not valid YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return bf_fail_nomem(b->err);
	if (p->error == YAML_READER_ERROR)
		return bad(b, line_of_byte(b, p->problem_offset), problem);
	return bad(b, p->problem_mark.line + 1, problem);
}

bool bf_yaml_grow(struct bf_yaml *tree)
{
	uint32_t capacity = tree->capacity ? tree->capacity * 2 : 16;
	void *nodes = reallocarray(tree->nodes, capacity, sizeof(*tree->nodes));

	if (!nodes)
		return false;
	tree->nodes = nodes;
	tree->capacity = capacity;
	tree->count += tree->count == 0; /* index 0 stands for none */
	memset(&tree->nodes[tree->count], 0, (capacity - tree->count) * sizeof(*tree->nodes));
	return true;
}

uint32_t bf_yaml_append(struct bf_yaml *tree, uint32_t parent, enum bf_yaml_type type)
{
	uint32_t index = tree->count;

	if (index == tree->capacity && !bf_yaml_grow(tree))
		return 0;
	tree->count++;
	tree->nodes[index].type = type;
	if (parent) {
		struct bf_yaml_node *above = &tree->nodes[parent];

		*(above->last ? &tree->nodes[above->last].next : &above->first) = index;
		above->last = index;
	}
	return index;
}

uint32_t bf_yaml_keep(struct bf_yaml *tree, const void *text, size_t len)
{
	uint32_t offset = (uint32_t)tree->text.len;

	bf_secret_put(&tree->text, text, len);
	bf_secret_putc(&tree->text, '\0');
	return offset;
}

static uint32_t *bucket(struct builder *b, const yaml_char_t *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ *name) * 16777619u;
	return &b->buckets[(hash ^ hash >> 16) % BUCKETS];
}

/* The node that carries the anchor; 0: none. */
static uint32_t find_anchor(struct builder *b, const yaml_char_t *name)
{
	size_t length = strlen((const char *)name);
	const char *text = bf_secret_reveal(&b->tree->text);

	for (uint32_t i = *bucket(b, name); i; i = b->tree->nodes[i].anchor_next) {
		const struct bf_yaml_node *node = &b->tree->nodes[i];

		if (node->anchor_length == length && memcmp(text + node->anchor, name, length) == 0)
			return i;
	}
	return 0;
}

static enum bfabric_status set_anchor(struct builder *b, uint32_t index, const yaml_char_t *name)
{
	struct bf_yaml_node *node = &b->tree->nodes[index];

	if (!name)
		return BFABRIC_OK;
	if (find_anchor(b, name))
		return bad(b, node->line, "an anchor of this name exists already");
	node->anchor_length = (uint32_t)strlen((const char *)name);
	node->anchor = bf_yaml_keep(b->tree, name, node->anchor_length);
	node->anchor_next = *bucket(b, name);
	*bucket(b, name) = index;
	return BFABRIC_OK;
}

/* Make a node and hang it below the innermost open collection. */
static enum bfabric_status add(
	struct builder *b, const yaml_event_t *event, enum bf_yaml_type type, uint32_t *ret_index)
{
	struct bf_yaml_node *node;
	uint32_t index;

	if (b->tree->count > BF_YAML_NODES)
		return bad(b, event->start_mark.line + 1, "too many entries");
	index = bf_yaml_append(b->tree, b->depth ? b->stack[b->depth - 1] : 0, type);
	if (!index)
		return bf_fail_nomem(b->err);
	node = &b->tree->nodes[index];
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column;
	node->start = (uint32_t)event->start_mark.index;
	node->end = (uint32_t)event->end_mark.index;
	*ret_index = index;
	return BFABRIC_OK;
}

static enum bfabric_status add_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	struct bf_yaml_node *node;
	uint32_t index = 0;
	enum bfabric_status status = add(b, event, BF_YAML_SCALAR, &index);

	if (status != BFABRIC_OK)
		return status;
	node = &b->tree->nodes[index];
	node->plain = !tag && event->data.scalar.plain_implicit;
	node->foreign = tag && strcmp(tag, YAML_STR_TAG) != 0;
	node->flow = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->length = (uint32_t)event->data.scalar.length;
	node->text = bf_yaml_keep(b->tree, event->data.scalar.value, event->data.scalar.length);
	return set_anchor(b, index, event->data.scalar.anchor);
}

static enum bfabric_status add_alias(struct builder *b, const yaml_event_t *event)
{
	uint32_t target = find_anchor(b, event->data.alias.anchor), index;
	enum bfabric_status status;

	if (!target)
		return bad(b, event->start_mark.line + 1, "an alias without an anchor");
	status = add(b, event, BF_YAML_ALIAS, &index);
	if (status == BFABRIC_OK) {
		b->tree->nodes[index].first = target;
	}
	return status;
}

static enum bfabric_status open_collection(struct builder *b, const yaml_event_t *event,
	enum bf_yaml_type type, const yaml_char_t *tag, const char *own_tag, bool flow,
	const yaml_char_t *anchor)
{
	uint32_t index = 0;
	enum bfabric_status status;

	if (b->depth == BF_YAML_DEPTH)
		return bad(b, event->start_mark.line + 1, "nested too deeply");
	status = add(b, event, type, &index);
	if (status != BFABRIC_OK)
		return status;
	b->tree->nodes[index].flow = flow;
	b->tree->nodes[index].foreign = tag && strcmp((const char *)tag, own_tag) != 0;
	b->stack[b->depth++] = index;
	return set_anchor(b, index, anchor);
}

static void close_collection(struct builder *b, const yaml_event_t *event)
{
	struct bf_yaml_node *node = &b->tree->nodes[b->stack[--b->depth]];

	node->end = (uint32_t)event->end_mark.index;
}

static enum bfabric_status take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return b->ended ? bad(b, event->start_mark.line + 1,
					  "only one YAML document is allowed here")
				: BFABRIC_OK;
	case YAML_DOCUMENT_END_EVENT:
		b->ended = true;
		if (!event->data.document_end.implicit)
			b->tree->end = (uint32_t)event->start_mark.index;
		return BFABRIC_OK;
	case YAML_ALIAS_EVENT:
		return add_alias(b, event);
	case YAML_SCALAR_EVENT:
		return add_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(b, event, BF_YAML_SEQUENCE, event->data.sequence_start.tag,
			YAML_SEQ_TAG, event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
			event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return open_collection(b, event, BF_YAML_MAPPING, event->data.mapping_start.tag,
			YAML_MAP_TAG, event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
			event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(b, event);
		return BFABRIC_OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		return BFABRIC_OK;
	}
	return BFABRIC_OK;
}

static void erase_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value)
		explicit_bzero(event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

static enum bfabric_status take_events(struct builder *b)
{
	enum bfabric_status status = BFABRIC_OK;
	bool more = true;

	while (more && status == BFABRIC_OK) {
		yaml_event_t event;

		if (!yaml_parser_parse(&b->parser, &event))
			return bad_syntax(b);
		more = event.type != YAML_STREAM_END_EVENT;
		status = take_event(b, &event);
		erase_event(&event);
	}
	if (status == BFABRIC_OK && b->tree->text.failed)
		return bf_fail_nomem(b->err);
	return status;
}

static void erase(void *start, const void *end, size_t used)
{
	size_t size = start ? (size_t)((const char *)end - (const char *)start) : 0;

	if (size)
		explicit_bzero(start, used < size ? used : size);
}

static enum bfabric_status build(struct builder *b)
{
	enum bfabric_status status;

	if (!yaml_parser_initialize(&b->parser))
		return bf_fail_nomem(b->err);
	yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b->parser, (const unsigned char *)b->bytes, b->len);
	status = take_events(b);
	/* what the parser read ahead of its events */
	erase(b->parser.raw_buffer.start, b->parser.raw_buffer.end, b->len);
	erase(b->parser.buffer.start, b->parser.buffer.end, b->len);
	yaml_parser_delete(&b->parser);
	return status;
}

/* Escapes may make text longer than its source; twice the source is more than enough. */
static bool prepare(struct bf_yaml *tree, size_t len)
{
	*tree = (struct bf_yaml){.end = UINT32_MAX};
	return bf_yaml_grow(tree) && bf_secret_room(&tree->text, 2 * len + 64);
}

enum bfabric_status bf_yaml_parse_any(const char *bytes, size_t len, const char *file,
	struct bf_yaml *ret, struct bfabric_error *err)
{
	struct bf_yaml tree = BF_YAML_INIT;
	struct builder b = {.tree = &tree, .bytes = bytes, .len = len, .file = file, .err = err};
	enum bfabric_status status = prepare(&tree, len) ? build(&b) : bf_fail_nomem(err);

	if (status == BFABRIC_OK)
		*ret = tree;
	else
		bf_yaml_release(&tree);
	return status;
}

bool bf_yaml_parse_plain(const char *bytes, size_t len, struct bf_yaml *ret)
{
	struct bf_yaml tree = BF_YAML_INIT;

	if (prepare(&tree, len) && bf_yaml_read_plain(bytes, len, &tree) && !tree.text.failed) {
		*ret = tree;
		return true;
	}
	bf_yaml_release(&tree);
	return false;
}

enum bfabric_status bf_yaml_parse(const char *bytes, size_t len, const char *file,
	struct bf_yaml *ret, struct bfabric_error *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skip = len >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;

	if (bf_yaml_parse_plain(bytes + skip, len - skip, ret))
		return BFABRIC_OK;
	return bf_yaml_parse_any(bytes + skip, len - skip, file, ret, err);
}

void bf_yaml_release(struct bf_yaml *tree)
{
	free(tree->nodes);
	bf_secret_release(&tree->text);
	*tree = (struct bf_yaml)BF_YAML_INIT;
}
