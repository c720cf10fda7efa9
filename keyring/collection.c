#include "collection.h"
#include "prompt.h"
#include <string.h>

#define INTERFACE "org.freedesktop.Secret.Collection"
/* What a person reads in the dialogue and in programs that manage keyrings. */
#define NEW_LABEL "Default keyring"

void bf_collection_release(struct bf_collection *collection)
{
	g_free(collection->path);
	*collection = (struct bf_collection)BF_COLLECTION_INIT;
}

enum bf_outcome bf_collection_find(
	const struct bf_bus *bus, struct bf_collection *ret_collection, struct bf_answer *answer)
{
	const struct bf_call call = {
		BF_SERVICE_PATH, "Service", "ReadAlias", g_variant_new("(s)", "default"), "(o)"};
	g_autoptr(GVariant) reply = NULL;
	const char *path = NULL;
	bool locked = true;
	enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	g_variant_get(reply, "(&o)", &path);
	if (strcmp(path, "/") == 0)
		return bf_end(answer, BF_OUT_NOT_FOUND, "there is no default keyring");
	outcome = bf_bus_locked(bus, path, INTERFACE, &locked, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	bf_collection_release(ret_collection);
	ret_collection->path = g_strdup(path);
	ret_collection->locked = locked;
	return BF_OUT_OK;
}

enum bf_outcome bf_collection_open(
	const struct bf_bus *bus, struct bf_collection *ret_collection, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_collection_find(bus, ret_collection, answer);

	if (outcome == BF_OUT_NOT_FOUND)
		return bf_end(answer, BF_OUT_LOCKED, "there is no default keyring yet");
	if (outcome == BF_OUT_OK && ret_collection->locked)
		return bf_end(answer, BF_OUT_LOCKED, "the keyring is locked");
	return outcome;
}

char *bf_collection_label(const struct bf_bus *bus, const struct bf_collection *collection)
{
	struct bf_answer ignored = BF_ANSWER_INIT;
	g_autoptr(GVariant) label = NULL;

	if (bf_bus_property(bus, collection->path, INTERFACE, "Label", &label, &ignored) !=
			BF_OUT_OK ||
		!g_variant_is_of_type(label, G_VARIANT_TYPE_STRING))
		return NULL;
	return g_variant_dup_string(label, /* length= */ NULL);
}

enum bf_outcome bf_collection_unlock(
	const struct bf_bus *bus, const struct bf_collection *collection, struct bf_answer *answer)
{
	const char *const paths[] = {collection->path};
	const struct bf_call call = {BF_SERVICE_PATH, "Service", "Unlock",
		g_variant_new("(@ao)", g_variant_new_objv(paths, 1)), "(aoo)"};
	g_autoptr(GVariant) reply = NULL;
	const char *prompt = NULL;
	enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	g_variant_get(reply, "(@ao&o)", NULL, &prompt);
	return bf_prompt_needed(prompt) ? bf_prompt(bus, prompt, /* ret_result= */ NULL, answer)
					: BF_OUT_OK;
}

enum bf_outcome bf_collection_create(const struct bf_bus *bus, struct bf_answer *answer)
{
	GVariantBuilder properties;
	struct bf_call call = {
		BF_SERVICE_PATH, "Service", "CreateCollection", /* arguments= */ NULL, "(oo)"};
	g_autoptr(GVariant) reply = NULL;
	const char *prompt = NULL;
	enum bf_outcome outcome;

	g_variant_builder_init(&properties, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(
		&properties, "{sv}", INTERFACE ".Label", g_variant_new_string(NEW_LABEL));
	call.arguments = g_variant_new("(a{sv}s)", &properties, "default");
	outcome = bf_bus_call(bus, &call, &reply, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	g_variant_get(reply, "(@o&o)", NULL, &prompt);
	return bf_prompt_needed(prompt) ? bf_prompt(bus, prompt, /* ret_result= */ NULL, answer)
					: BF_OUT_OK;
}
