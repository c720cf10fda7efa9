#include "config_private.h"
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

/* GENERAL but for its default_config. */
static bool same_general(const struct pair *p, uint32_t before, uint32_t after)
{
	static const char key[] = "default_config";
	const struct bf_yaml_node *x = &p->before->nodes[before], *y = &p->after->nodes[after];
	uint32_t i, j;

	if (x->type != BF_YAML_MAPPING || y->type != BF_YAML_MAPPING || x->foreign != y->foreign ||
		!same_anchor(p, x, y))
		return same(p, before, after);
	i = skip(p->before, x->first, key);
	j = skip(p->after, y->first, key);
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

static bool is_general(const struct bf_yaml *tree, uint32_t key)
{
	return bf_yaml_is(tree, &tree->nodes[key], "GENERAL");
}

/* What follows the pairs of before: GENERAL if it was not there, the environment. */
static bool only_new(const struct bf_yaml *after, uint32_t j, bool had_general, const char *name)
{
	if (j && !had_general && is_general(after, j))
		j = after->nodes[after->nodes[j].next].next;
	if (j && bf_yaml_is(after, &after->nodes[j], name))
		j = after->nodes[after->nodes[j].next].next;
	return !j;
}

static uint32_t first_pair(const struct bf_yaml *tree)
{
	const struct bf_yaml_node *root = bf_yaml_root(tree);

	return root && root->type == BF_YAML_MAPPING ? root->first : 0;
}

bool bf_config_only_added(
	const struct bf_yaml *before, const struct bf_yaml *after, const char *name)
{
	const struct pair p = {before, after};
	uint32_t i = first_pair(before), j = first_pair(after);
	bool had_general = false;

	while (i && j) {
		uint32_t value = before->nodes[i].next, other = after->nodes[j].next;
		bool general = is_general(before, i);

		if (!same(&p, i, j) ||
			!(general ? same_general(&p, value, other) : same(&p, value, other)))
			return false;
		had_general |= general;
		i = before->nodes[value].next;
		j = after->nodes[other].next;
	}
	return !i && only_new(after, j, had_general, name);
}
