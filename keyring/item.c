#include "item.h"
#include "attributes.h"
#include "prompt.h"
#include <string.h>

#define INTERFACE            "org.freedesktop.Secret.Item"
#define COLLECTION_INTERFACE "org.freedesktop.Secret.Collection"

enum bf_outcome bf_item_read(const struct bf_bus *bus, const struct bf_transfer *transfer,
	const struct bf_item *item, struct bf_secret *ret_secret, struct bf_answer *answer)
{
	const struct bf_call call = {item->path, "Item", "GetSecret",
		g_variant_new("(o)", bf_transfer_path(transfer)), "((oayays))"};
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) sealed = NULL;
	const enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	sealed = g_variant_get_child_value(reply, 0);
	return bf_transfer_unseal(transfer, sealed, ret_secret, answer);
}

enum bf_outcome bf_item_write(const struct bf_bus *bus, const struct bf_transfer *transfer,
	const struct bf_item *item, const char *secret, struct bf_answer *answer)
{
	const struct bf_call call = {item->path, "Item", "SetSecret",
		g_variant_new("(@(oayays))", bf_transfer_seal(transfer, secret)), "()"};
	g_autoptr(GVariant) reply = NULL;

	return bf_bus_call(bus, &call, &reply, answer);
}

/*
 * A prompt instead of the deed. Where something is locked, it would ask a person: nobody is asked
 * here. Otherwise it is the service's way of doing it.
 */
static enum bf_outcome go_through(const struct bf_bus *bus, const char *path, const char *interface,
	const char *prompt, GVariant **ret_result, struct bf_answer *answer)
{
	bool locked = true;
	const enum bf_outcome outcome = bf_bus_locked(bus, path, interface, &locked, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	if (locked)
		return bf_end(answer, BF_OUT_LOCKED, "the keyring is locked");
	return bf_prompt(bus, prompt, ret_result, answer);
}

enum bf_outcome bf_item_create(const struct bf_bus *bus, const struct bf_transfer *transfer,
	const char *collection, const struct bf_request *request, const char *secret,
	char **ret_path, struct bf_answer *answer)
{
	g_autofree char *label = bf_attributes_label(request);
	GVariantBuilder properties;
	struct bf_call call = {
		collection, "Collection", "CreateItem", /* arguments= */ NULL, "(oo)"};
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) result = NULL;
	const char *path = NULL;
	const char *prompt = NULL;
	enum bf_outcome outcome;

	g_variant_builder_init(&properties, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&properties, "{sv}", INTERFACE ".Label", g_variant_new_string(label));
	g_variant_builder_add(
		&properties, "{sv}", INTERFACE ".Attributes", bf_attributes_full(request));
	call.arguments = g_variant_new("(a{sv}@(oayays)b)", &properties,
		bf_transfer_seal(transfer, secret), /* replace= */ TRUE);
	outcome = bf_bus_call(bus, &call, &reply, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	g_variant_get(reply, "(&o&o)", &path, &prompt);
	if (bf_prompt_needed(prompt)) {
		outcome =
			go_through(bus, collection, COLLECTION_INTERFACE, prompt, &result, answer);
		if (outcome != BF_OUT_OK)
			return outcome;
		path = g_variant_is_of_type(result, G_VARIANT_TYPE_OBJECT_PATH)
			       ? g_variant_get_string(result, /* length= */ NULL)
			       : "/";
	}
	if (strcmp(path, "/") == 0)
		return bf_end(answer, BF_OUT_ERROR, "the secret service made no item");
	*ret_path = g_strdup(path);
	return BF_OUT_OK;
}

enum bf_outcome bf_item_delete(const struct bf_bus *bus, const char *path, struct bf_answer *answer)
{
	const struct bf_call call = {path, "Item", "Delete", /* arguments= */ NULL, "(o)"};
	g_autoptr(GVariant) reply = NULL;
	const char *prompt = NULL;
	const enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome == BF_OUT_NOT_FOUND)
		return BF_OUT_OK;
	if (outcome != BF_OUT_OK)
		return outcome;
	g_variant_get(reply, "(&o)", &prompt);
	if (!bf_prompt_needed(prompt))
		return BF_OUT_OK;
	return go_through(bus, path, INTERFACE, prompt, /* ret_result= */ NULL, answer);
}
