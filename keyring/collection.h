/*
 * collection.h - the default collection: the keyring that new items go to, and whether it is open.
 */
#ifndef BF_COLLECTION_H
#define BF_COLLECTION_H

#include "bus.h"

struct bf_collection {
	char *path;
	bool locked;
};

#define BF_COLLECTION_INIT                                                                         \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_COLLECTION BF_CLEANUP(bf_collection_release)
void bf_collection_release(struct bf_collection *collection);

/* NOT_FOUND: the service has no default collection. */
BF_MUST_USE enum bf_outcome bf_collection_find(
	const struct bf_bus *bus, struct bf_collection *ret_collection, struct bf_answer *answer);

/* The same, and it can be used now: else LOCKED, also when there is none, which unlocking makes. */
BF_MUST_USE enum bf_outcome bf_collection_open(
	const struct bf_bus *bus, struct bf_collection *ret_collection, struct bf_answer *answer);

/* Its name for a person; NULL when it does not say. To be freed. */
char *bf_collection_label(const struct bf_bus *bus, const struct bf_collection *collection);

/*
 * Ask the person, by a dialogue of the service, to unlock it or to make one. DENIED: dismissed, or
 * nobody could be asked. The caller looks again at what became of it.
 */
BF_MUST_USE enum bf_outcome bf_collection_unlock(
	const struct bf_bus *bus, const struct bf_collection *collection, struct bf_answer *answer);
BF_MUST_USE enum bf_outcome bf_collection_create(
	const struct bf_bus *bus, struct bf_answer *answer);

#endif
