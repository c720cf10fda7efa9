#include "yaml_edit_private.h"
#include <string.h>

/*
 * Is what a person wrote still there? Compared is what was written, aliases by name: a nest of
 * aliases costs nothing, and a changed anchor shows where it stands.
 */

struct pair {
	const struct bf_yaml *before, *after;
};

static bool same_bytes(const struct pair *p, uint32_t x, uint32_t x_len, uint32_t y, uint32_t y_len)
{
	return x_len == y_len && memcmp(bf_secret_reveal(&p->before->text) + x,
					 bf_secret_reveal(&p->after->text) + y, x_len) == 0;
}

static bool same_anchor(
	const struct pair *p, const struct bf_yaml_node *x, const struct bf_yaml_node *y)
{
	return same_bytes(p, x->anchor, x->anchor_length, y->anchor, y->anchor_length);
}

/* Recursion as deep as the tree: at most BF_YAML_DEPTH. */
static bool same(const struct pair *p, uint32_t before, uint32_t after)
{
	const struct bf_yaml_node *x = &p->before->nodes[before], *y = &p->after->nodes[after];
	uint32_t i = x->first, j = y->first;

	if (x->type != y->type || x->plain != y->plain || x->foreign != y->foreign ||
		!same_anchor(p, x, y))
		return false;
	if (x->type == BF_YAML_ALIAS)
		return same_anchor(p, &p->before->nodes[i], &p->after->nodes[j]);
	if (x->type == BF_YAML_SCALAR)
		return same_bytes(p, x->text, x->length, y->text, y->length);
	while (i && j && same(p, i, j)) {
		i = p->before->nodes[i].next;
		j = p->after->nodes[j].next;
	}
	return !i && !j;
}

/* Step over pairs with this key. */
static uint32_t skip(const struct bf_yaml *tree, uint32_t i, const char *key)
{
	while (i && bf_yaml_is(tree, &tree->nodes[i], key))
		i = tree->nodes[tree->nodes[i].next].next;
	return i;
}

/* The pairs but for those with this key; x may be NULL, for a mapping that was not there. */
static bool same_others(const struct pair *p, const struct bf_yaml_node *x,
	const struct bf_yaml_node *y, const char *key)
{
	uint32_t i = skip(p->before, x ? x->first : 0, key), j = skip(p->after, y->first, key);

	while (i && j && same(p, i, j)) {
		i = p->before->nodes[i].next;
		j = p->after->nodes[j].next;
		if (!same(p, i, j))
			return false;
		i = skip(p->before, p->before->nodes[i].next, key);
		j = skip(p->after, p->after->nodes[j].next, key);
	}
	return !i && !j;
}

/* The one pair with this key; 0: none. *ret_twice: there is another. */
static uint32_t find(
	const struct bf_yaml *tree, const struct bf_yaml_node *x, const char *key, bool *ret_twice)
{
	uint32_t found = 0;

	for (uint32_t i = x ? x->first : 0; i; i = tree->nodes[tree->nodes[i].next].next) {
		if (!bf_yaml_is(tree, &tree->nodes[i], key))
			continue;
		*ret_twice |= found != 0;
		found = i;
	}
	return found;
}

/* The value that was changed: what it says is looked at elsewhere; its anchor stays. */
static bool same_but_text(
	const struct pair *p, const struct bf_yaml_node *x, const struct bf_yaml_node *y)
{
	return x->type == BF_YAML_ALIAS || same_anchor(p, x, y);
}

static bool same_mapping(
	const struct pair *p, const struct bf_yaml_node *x, const struct bf_yaml_node *y)
{
	return y->type == BF_YAML_MAPPING && !y->foreign &&
	       (!x || (x->foreign == y->foreign && same_anchor(p, x, y)));
}

/* A mapping; what was null before does not count as one. */
static const struct bf_yaml_node *mapping_at(const struct bf_yaml *tree, uint32_t i)
{
	return i && tree->nodes[i].type == BF_YAML_MAPPING ? &tree->nodes[i] : NULL;
}

bool bf_yaml_only_changed(
	const struct bf_yaml *before, const struct bf_yaml *after, const struct bf_yaml_edit *edit)
{
	const struct pair p = {before, after};
	const struct bf_yaml_node *x = mapping_at(before, before->count > 1);
	const struct bf_yaml_node *y = bf_yaml_root(after);

	for (size_t level = 0; y && same_mapping(&p, x, y); level++) {
		const char *key = level < edit->depth ? edit->path[level] : edit->key;
		bool twice = false;
		uint32_t i = find(before, x, key, &twice), j = find(after, y, key, &twice);

		if (twice || !same_others(&p, x, y, key) || (i && j && !same(&p, i, j)))
			return false;
		if (level == edit->depth && !edit->text)
			return !j;
		if (!j)
			return false;
		i = i ? before->nodes[i].next : 0;
		y = &after->nodes[after->nodes[j].next];
		if (level == edit->depth)
			return !i || same_but_text(&p, &before->nodes[i], y);
		x = mapping_at(before, i);
	}
	return false;
}
