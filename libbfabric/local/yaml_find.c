#include "yaml_edit_private.h"
#include <string.h>

/* Where in a tree an edit takes place, what is said there now, and who else looks at it. */

enum bfabric_status bf_yaml_refuse(
	const struct bf_yaml_node *at, const char *reason, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_UNSUPPORTED, "line %u: %s", at->line, reason);
}

struct lookup {
	const struct bf_yaml *tree;
	const char *key;
	const struct bf_yaml_node *value;
};

static void look(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct lookup *l = data;

	if (bf_yaml_is(l->tree, key, l->key))
		l->value = value;
}

/* The value that counts, wherever it comes from; NULL: none. */
static const struct bf_yaml_node *value_of(
	const struct bf_yaml *tree, const struct bf_yaml_node *mapping, const char *key)
{
	struct lookup l = {tree, key, NULL};

	if (!mapping || mapping->type != BF_YAML_MAPPING ||
		bf_yaml_walk(tree, mapping, look, &l) != NULL)
		return NULL;
	return l.value;
}

static enum bfabric_status says_raw(const struct bf_yaml *tree, const struct bf_yaml_node *value,
	const char *text, bool *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret found = {.max = 2 * strlen(text) + 64};

	*ret = bf_yaml_put_flow(&found, tree, value) && strcmp(bf_secret_reveal(&found), text) == 0;
	/* longer than the text, it ran into its limit; else out of memory */
	return found.failed && found.len <= strlen(text) ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bf_yaml_says(const struct bf_yaml *tree, const struct bf_yaml_edit *edit,
	bool *ret, struct bfabric_error *err)
{
	const struct bf_yaml_node *node = bf_yaml_root(tree);

	for (size_t i = 0; i < edit->depth; i++)
		node = value_of(tree, node, edit->path[i]);
	node = value_of(tree, node, edit->key);
	if (node && edit->text && edit->raw)
		return says_raw(tree, node, edit->text, ret, err);
	if (!node)
		*ret = !edit->text;
	else if (!edit->text)
		*ret = bf_yaml_kind(tree, node) == BF_YAML_NULL && edit->depth > 0;
	else
		*ret = bf_yaml_kind(tree, node) == BF_YAML_STRING &&
		       bf_yaml_is(tree, node, edit->text);
	return BFABRIC_OK;
}

/* The pair as written. `own`: a merged one stands in the way, as it cannot be removed or extended.
 */
static enum bfabric_status find_pair(const struct bf_yaml *tree, const char *key, bool own,
	struct bf_yaml_spot *spot, struct bfabric_error *err)
{
	const struct bf_yaml_node *mapping = spot->mapping, *previous = NULL;

	spot->previous = spot->key = spot->value = NULL;
	for (uint32_t i = mapping ? mapping->first : 0; i;) {
		const struct bf_yaml_node *name = &tree->nodes[i],
					  *value = &tree->nodes[name->next];

		if (bf_yaml_is(tree, name, key)) {
			if (spot->key)
				return bf_yaml_refuse(name, "this key stands there twice", err);
			spot->previous = previous;
			spot->key = name;
			spot->value = value;
		}
		previous = value;
		i = value->next;
	}
	if (own && !spot->key && value_of(tree, mapping, key))
		return bf_yaml_refuse(mapping, "a key to be changed comes from a merge key", err);
	return BFABRIC_OK;
}

static bool is_empty(const struct bf_yaml_node *value)
{
	return value->type == BF_YAML_SCALAR && value->start == value->end;
}

/* Step into the mapping that was found; *ret_stop: there is none yet. */
static enum bfabric_status enter(
	struct bf_yaml_spot *spot, bool *ret_stop, struct bfabric_error *err)
{
	const struct bf_yaml_node *value = spot->value;

	*ret_stop = !value || (is_empty(value) && !spot->mapping->flow);
	if (*ret_stop)
		return BFABRIC_OK;
	if (value->type == BF_YAML_ALIAS)
		return bf_yaml_refuse(value, "an alias stands in place of a mapping", err);
	if (value->type != BF_YAML_MAPPING)
		return bf_yaml_refuse(value, "a mapping is expected here", err);
	if (value->foreign)
		return bf_yaml_refuse(value, "the mapping carries a tag", err);
	spot->mapping = value;
	spot->path[++spot->depth] = value;
	return BFABRIC_OK;
}

enum bfabric_status bf_yaml_find(const struct bf_yaml *tree, const struct bf_yaml_edit *edit,
	struct bf_yaml_spot *ret, struct bfabric_error *err)
{
	const struct bf_yaml_node *root = bf_yaml_root(tree);
	struct bf_yaml_spot spot = {0};
	enum bfabric_status status = BFABRIC_OK;
	bool stop = false;

	if (root && root->type == BF_YAML_MAPPING && !root->foreign)
		spot.mapping = spot.path[0] = root;
	else if (root && (root->type != BF_YAML_SCALAR || root->start != root->end))
		return bf_yaml_refuse(root, "the file is not a mapping", err);
	while (status == BFABRIC_OK && !stop) {
		bool last = spot.depth == edit->depth;

		status = find_pair(tree, last ? edit->key : edit->path[spot.depth],
			!last || !edit->text, &spot, err);
		if (status == BFABRIC_OK && !last)
			status = enter(&spot, &stop, err);
		stop |= last;
	}
	if (status == BFABRIC_OK)
		*ret = spot;
	return status;
}

/* ---- aliases --------------------------------------------------------------------------------- */

/* Nodes lie in the order of the document: a pair is a range of them. */
struct range {
	uint32_t first, last; /* 0: nothing */
};

static bool within(struct range r, uint32_t i)
{
	return r.first && i >= r.first && i <= r.last;
}

static struct range range_of(const struct bf_yaml *tree, const struct bf_yaml_spot *spot)
{
	struct range r = {0, 0};
	const struct bf_yaml_node *last = spot->value;

	if (!spot->key)
		return r;
	while ((last->type == BF_YAML_MAPPING || last->type == BF_YAML_SEQUENCE) && last->last)
		last = &tree->nodes[last->last];
	r.first = (uint32_t)(spot->key - tree->nodes);
	r.last = (uint32_t)(last - tree->nodes);
	return r;
}

/* Is the node one of the mappings that contain the change? */
static bool is_on_path(const struct bf_yaml_spot *spot, const struct bf_yaml_node *node)
{
	for (size_t i = 0; spot->mapping && i <= spot->depth; i++)
		if (spot->path[i] == node)
			return true;
	return false;
}

enum bfabric_status bf_yaml_check_aliases(
	const struct bf_yaml *tree, const struct bf_yaml_spot *spot, struct bfabric_error *err)
{
	const struct range changed = range_of(tree, spot);

	for (uint32_t i = 1; i < tree->count; i++) {
		const struct bf_yaml_node *node = &tree->nodes[i];

		if (node->type != BF_YAML_ALIAS || within(changed, i))
			continue;
		if (within(changed, node->first) || is_on_path(spot, &tree->nodes[node->first]))
			return bf_yaml_refuse(
				node, "the alias there would change its meaning", err);
	}
	return BFABRIC_OK;
}
