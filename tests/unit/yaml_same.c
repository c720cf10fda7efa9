#include "yaml_same.h"
#include <string.h>

static bool same_node(const struct bf_yaml_node *a, const struct bf_yaml_node *b)
{
	return a->type == b->type && a->plain == b->plain && a->foreign == b->foreign &&
	       a->flow == b->flow && a->line == b->line && a->column == b->column &&
	       a->start == b->start && a->end == b->end && a->text == b->text &&
	       a->length == b->length && a->first == b->first && a->last == b->last &&
	       a->next == b->next && a->anchor == b->anchor &&
	       a->anchor_length == b->anchor_length && a->anchor_next == b->anchor_next;
}

bool yaml_same(const struct bf_yaml *a, const struct bf_yaml *b)
{
	if (a->count != b->count || a->end != b->end || !bf_secret_equal(&a->text, &b->text))
		return false;
	for (uint32_t i = 1; i < a->count; i++)
		if (!same_node(&a->nodes[i], &b->nodes[i]))
			return false;
	return true;
}
