#include "items.h"
#include "attributes.h"
#include "collection.h"
#include <string.h>

/* More of them are not ours; looking at one takes a round trip. */
#define LOOK_AT_MAX 64

static void item_free(void *pointer)
{
	struct bf_item *item = pointer;

	g_free(item->path);
	g_free(item->user);
	g_free(item);
}

void bf_items_release(struct bf_items *items)
{
	g_clear_pointer(&items->found, g_ptr_array_unref);
	g_clear_pointer(&items->locked, g_free);
}

const struct bf_item *bf_items_get(const struct bf_items *items, unsigned index)
{
	return items->found && index < items->found->len ? items->found->pdata[index] : NULL;
}

/* The same order whatever order the service has. */
static int compare(const void *a, const void *b)
{
	const struct bf_item *const *left = a;
	const struct bf_item *const *right = b;

	if ((*left)->exact != (*right)->exact)
		return (*left)->exact ? -1 : 1;
	if ((*left)->further != (*right)->further)
		return (*left)->further < (*right)->further ? -1 : 1;
	if ((*left)->changed != (*right)->changed)
		return (*left)->changed > (*right)->changed ? -1 : 1;
	return strcmp((*left)->path, (*right)->path);
}

/* Those of ours aside: libsecret or the service adds some for itself, and the same to each item. */
static size_t count_further(GVariant *attributes)
{
	static const char *const ours[] = {
		"xdg:schema", "service", "username", "base_url", "client_id", NULL};
	GVariantIter iter;
	const char *name = NULL;
	size_t count = 0;

	g_variant_iter_init(&iter, attributes);
	while (g_variant_iter_next(&iter, "{&s&s}", &name, NULL))
		count += !g_strv_contains(ours, name);
	return count;
}

/* Read what an item is, and keep it if it is what was asked for. Gone meanwhile: no error. */
static enum bf_outcome look_at(const struct bf_bus *bus, const char *path,
	const struct bf_request *request, bool any_client, struct bf_items *items,
	struct bf_answer *answer)
{
	const struct bf_call call = {path, BF_PROPERTIES, "GetAll",
		g_variant_new("(s)", "org.freedesktop.Secret.Item"), "(a{sv})"};
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) properties = NULL;
	g_autoptr(GVariant) attributes = NULL;
	struct bf_item *item;
	const char *user = NULL;
	enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome != BF_OUT_OK)
		return outcome == BF_OUT_NOT_FOUND ? BF_OUT_OK : outcome;
	properties = g_variant_get_child_value(reply, 0);
	attributes = g_variant_lookup_value(properties, "Attributes", G_VARIANT_TYPE("a{ss}"));
	if (!attributes || !bf_attributes_own(request, attributes, any_client))
		return BF_OUT_OK;
	item = g_new0(struct bf_item, 1);
	item->path = g_strdup(path);
	item->exact = bf_attributes_exact(request, attributes);
	item->further = count_further(attributes);
	(void)g_variant_lookup(properties, "Modified", "t", &item->changed); /* else 0 */
	if (g_variant_lookup(attributes, "user", "&s", &user))
		item->user = g_strdup(user);
	g_ptr_array_add(items->found, item);
	return BF_OUT_OK;
}

enum bf_outcome bf_items_find(const struct bf_bus *bus, const struct bf_request *request,
	bool any_client, struct bf_items *ret_items, struct bf_answer *answer)
{
	const struct bf_call call = {BF_SERVICE_PATH, "Service", "SearchItems",
		g_variant_new("(@a{ss})", bf_attributes_pattern(request)), "(aoao)"};
	BF_AUTO_ITEMS struct bf_items items = BF_ITEMS_INIT;
	g_autoptr(GVariant) reply = NULL;
	g_autofree const char **unlocked = NULL;
	g_autofree const char **locked = NULL;
	enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	g_variant_get(reply, "(^a&o^a&o)", &unlocked, &locked);
	items.found = g_ptr_array_new_with_free_func(item_free);
	items.locked = g_strdup(locked[0]);
	for (unsigned i = 0; unlocked[i] && i < LOOK_AT_MAX && outcome == BF_OUT_OK; i++)
		outcome = look_at(bus, unlocked[i], request, any_client, &items, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	g_ptr_array_sort(items.found, compare);
	bf_items_release(ret_items);
	*ret_items = items;
	items = (struct bf_items)BF_ITEMS_INIT;
	return BF_OUT_OK;
}

/* KeePassXC calls what it has to confirm locked, in a collection that is not. */
static enum bf_outcome why_locked(
	const struct bf_bus *bus, const char *path, struct bf_answer *answer)
{
	const char *slash = strrchr(path, '/');
	g_autofree char *parent = g_strndup(path, (size_t)(slash - path));
	bool locked = true;
	const enum bf_outcome outcome =
		slash == path ? BF_OUT_OK
			      : bf_bus_locked(bus, parent, "org.freedesktop.Secret.Collection",
					&locked, answer);

	if (outcome != BF_OUT_OK && outcome != BF_OUT_NOT_FOUND)
		return outcome;
	if (locked)
		return bf_end(answer, BF_OUT_LOCKED, "the keyring that has it is locked");
	return bf_end(answer, BF_OUT_DENIED,
		"the secret service wants to ask each time that it is read "
		"(KeePassXC: Confirm when passwords are retrieved by clients)");
}

/* A keyring that is locked may hide what it holds, or show it as locked. */
enum bf_outcome bf_items_missing(
	const struct bf_bus *bus, const struct bf_items *items, struct bf_answer *answer)
{
	BF_AUTO_COLLECTION struct bf_collection collection = BF_COLLECTION_INIT;
	enum bf_outcome outcome;

	if (items->locked)
		return why_locked(bus, items->locked, answer);
	outcome = bf_collection_open(bus, &collection, answer);
	return outcome == BF_OUT_OK ? BF_OUT_NOT_FOUND : outcome;
}
