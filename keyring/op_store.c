#include "collection.h"
#include "items.h"
#include "operation.h"
#include "value.h"
#include <string.h>

/* What every step of a store works with. */
struct store {
	const struct bf_request *request;
	struct bf_bus bus;
	struct bf_transfer transfer;
	struct bf_items items;
	struct bf_secret value;
	char *path; /* of the item that has the value now */
};

static void store_release(struct store *store)
{
	bf_transfer_release(&store->transfer);
	bf_items_release(&store->items);
	bf_bus_release(&store->bus);
	bf_secret_release(&store->value);
	g_free(store->path);
}

/* NOT_FOUND: it was deleted meanwhile. A write costs the service its whole file: only a change. */
static enum bf_outcome update(
	struct store *store, const struct bf_item *item, struct bf_answer *answer)
{
	BF_AUTO_SECRET struct bf_secret before = BF_SECRET_INIT;
	enum bf_outcome outcome =
		bf_item_read(&store->bus, &store->transfer, item, &before, answer);

	/* What cannot be read can still be replaced. */
	if (outcome == BF_OUT_ERROR ||
		(outcome == BF_OUT_OK && !bf_secret_equal(&before, &store->value)))
		outcome = bf_item_write(&store->bus, &store->transfer, item,
			bf_secret_reveal(&store->value), answer);
	if (outcome == BF_OUT_OK)
		store->path = g_strdup(item->path);
	return outcome;
}

static enum bf_outcome create(struct store *store, struct bf_answer *answer)
{
	BF_AUTO_COLLECTION struct bf_collection collection = BF_COLLECTION_INIT;
	const enum bf_outcome outcome = bf_collection_open(&store->bus, &collection, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	return bf_item_create(&store->bus, &store->transfer, collection.path, store->request,
		bf_secret_reveal(&store->value), &store->path, answer);
}

/* Somebody else's has a meaning of its own, which its further attributes tell. */
static bool is_spare(const struct store *store, const struct bf_item *item)
{
	return strcmp(item->path, store->path) != 0 &&
	       item->further <= bf_items_get(&store->items, 0)->further;
}

/*
 * One item an environment: those of an earlier base URL or client, and whatever else was doubled.
 * The new one is there already, and is found before them; what cannot be deleted waits for the next
 * store. git's others are further passwords.
 */
static void delete_others(struct store *store)
{
	struct bf_answer ignored = BF_ANSWER_INIT;
	const struct bf_item *item;

	for (unsigned i = 0; store->request->ours && (item = bf_items_get(&store->items, i)); i++)
		if (is_spare(store, item) &&
			bf_item_delete(&store->bus, item->path, &ignored) != BF_OUT_OK)
			return;
}

static enum bf_outcome prepare(struct store *store, struct bf_answer *answer)
{
	enum bf_outcome outcome = bf_bus_open(&store->bus, answer);

	if (outcome == BF_OUT_OK)
		outcome = bf_items_find(
			&store->bus, store->request, /* any_client= */ true, &store->items, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	/* It would be doubled. */
	if (!bf_items_get(&store->items, 0) && store->items.locked)
		return bf_items_missing(&store->bus, &store->items, answer);
	bf_value_make(store->request, &store->value);
	if (store->value.failed)
		return bf_end(answer, BF_OUT_ERROR, "out of memory");
	return bf_transfer_open(&store->bus, &store->transfer, answer);
}

enum bf_outcome bf_operation_store(const struct bf_request *request, struct bf_answer *answer)
{
	BF_CLEANUP(store_release) struct store store = {.request = request};
	const struct bf_item *best;
	enum bf_outcome outcome = prepare(&store, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	best = bf_items_get(&store.items, 0);
	outcome = best && best->exact ? update(&store, best, answer) : BF_OUT_NOT_FOUND;
	if (outcome == BF_OUT_NOT_FOUND)
		outcome = create(&store, answer);
	if (outcome == BF_OUT_OK)
		delete_others(&store);
	if (outcome == BF_OUT_NOT_FOUND)
		return bf_end(answer, BF_OUT_ERROR, "the keyring went away");
	return outcome;
}
