#include "yaml_tree.h"
#include <string.h>

#define WALK_MAX  200000 /* pairs seen; eight times what a file can hold */
#define MERGE_MAX 100    /* depth of merges, length of a list of them */

static const char too_many[] = "too many or too deeply nested merge keys '<<'";
static const char not_mapping[] = "a merge key '<<' needs a mapping or a list of mappings";

const struct bf_yaml_node *bf_yaml_root(const struct bf_yaml *tree)
{
	return tree->count > 1 ? &tree->nodes[1] : NULL;
}

uint32_t bf_yaml_children(const struct bf_yaml_node *node)
{
	return node->type == BF_YAML_SCALAR ? 0 : node->first;
}

const struct bf_yaml_node *bf_yaml_next(const struct bf_yaml *tree, uint32_t *cursor)
{
	const struct bf_yaml_node *node = *cursor ? &tree->nodes[*cursor] : NULL;

	if (!node)
		return NULL;
	*cursor = node->next;
	return node->type == BF_YAML_ALIAS ? &tree->nodes[node->first] : node;
}

const char *bf_yaml_text(const struct bf_yaml *tree, const struct bf_yaml_node *node)
{
	return node->type == BF_YAML_SCALAR ? bf_secret_reveal(&tree->text) + node->text : "";
}

bool bf_yaml_is(const struct bf_yaml *tree, const struct bf_yaml_node *node, const char *text)
{
	return node->type == BF_YAML_SCALAR && !node->foreign && node->length == strlen(text) &&
	       memcmp(bf_yaml_text(tree, node), text, node->length) == 0;
}

struct walk {
	const struct bf_yaml *tree;
	void (*visit)(void *, const struct bf_yaml_node *, const struct bf_yaml_node *);
	void *data;
	unsigned seen;
};

/* The mappings that are being walked, innermost first. */
struct frame {
	const struct bf_yaml_node *mapping;
	const struct frame *outer;
	unsigned depth;
};

static bool is_merge(const struct bf_yaml *tree, const struct bf_yaml_node *key)
{
	return key->type == BF_YAML_SCALAR && key->plain && bf_yaml_is(tree, key, "<<");
}

static const char *walk_mapping(
	struct walk *w, const struct bf_yaml_node *mapping, const struct frame *outer);

/* PyYAML lets the first of a list of merged mappings win: go through it backwards. */
static const char *merge_list(
	struct walk *w, const struct bf_yaml_node *list, uint32_t cursor, const struct frame *frame)
{
	const struct bf_yaml_node *item = bf_yaml_next(w->tree, &cursor);
	const char *problem;

	if (!item)
		return NULL;
	if (++w->seen > WALK_MAX || frame->depth > MERGE_MAX)
		return too_many;
	if (item->type != BF_YAML_MAPPING || item->foreign)
		return not_mapping;
	struct frame deeper = {frame->mapping, frame, frame->depth + 1};
	problem = merge_list(w, list, cursor, &deeper);
	return problem ? problem : walk_mapping(w, item, frame);
}

static const char *merge(
	struct walk *w, const struct bf_yaml_node *value, const struct frame *frame)
{
	if (value->foreign || value->type == BF_YAML_SCALAR)
		return not_mapping;
	if (value->type == BF_YAML_MAPPING)
		return walk_mapping(w, value, frame);
	return merge_list(w, value, value->first, frame);
}

static bool is_active(const struct frame *frame, const struct bf_yaml_node *mapping)
{
	for (; frame; frame = frame->outer)
		if (frame->mapping == mapping)
			return true;
	return false;
}

static const char *walk_mapping(
	struct walk *w, const struct bf_yaml_node *mapping, const struct frame *outer)
{
	const struct frame frame = {mapping, outer, outer ? outer->depth + 1 : 0};
	const struct bf_yaml_node *key, *value;
	const char *problem = NULL;

	if (is_active(outer, mapping))
		return NULL; /* merges itself: its own keys are seen anyway */
	if (frame.depth > MERGE_MAX)
		return too_many;
	for (uint32_t c = mapping->first; !problem && (key = bf_yaml_next(w->tree, &c));) {
		value = bf_yaml_next(w->tree, &c);
		if (++w->seen > WALK_MAX)
			return too_many;
		if (is_merge(w->tree, key))
			problem = merge(w, value, &frame);
	}
	for (uint32_t c = mapping->first; !problem && (key = bf_yaml_next(w->tree, &c));) {
		value = bf_yaml_next(w->tree, &c);
		if (!is_merge(w->tree, key))
			w->visit(w->data, key, value);
	}
	return problem;
}

const char *bf_yaml_walk(const struct bf_yaml *tree, const struct bf_yaml_node *mapping,
	void (*visit)(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value),
	void *data)
{
	struct walk w = {.tree = tree, .visit = visit, .data = data};

	return walk_mapping(&w, mapping, NULL);
}
