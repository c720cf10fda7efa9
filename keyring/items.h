/*
 * items.h - finding items. Nothing is unlocked for it, and nobody is asked.
 */
#ifndef BF_ITEMS_H
#define BF_ITEMS_H

#include "item.h"

/*
 * What a search found, best first: the exact one, the one with the fewest further attributes
 * (somebody else's may have ours and more), the one that was changed last.
 */
struct bf_items {
	GPtrArray *found; /* of struct bf_item, in unlocked collections */
	char *locked;     /* path of one that is locked; NULL: none is. Not to be looked into */
};

#define BF_ITEMS_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_ITEMS BF_CLEANUP(bf_items_release)
void bf_items_release(struct bf_items *items);
/* NULL: there is none. Borrowed. */
const struct bf_item *bf_items_get(const struct bf_items *items, unsigned index);

/* `any_client`: of ours, also those of another client. */
BF_MUST_USE enum bf_outcome bf_items_find(const struct bf_bus *bus,
	const struct bf_request *request, bool any_client, struct bf_items *ret_items,
	struct bf_answer *answer);

/*
 * Nothing was found: say why. LOCKED: it may be there, where nobody can look now.
 * DENIED: it is there, and the service wants to ask a person each time. NOT_FOUND otherwise.
 */
BF_MUST_USE enum bf_outcome bf_items_missing(
	const struct bf_bus *bus, const struct bf_items *items, struct bf_answer *answer);

#endif
