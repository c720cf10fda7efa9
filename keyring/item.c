#include "item.h"
#include "attributes.h"
#include "prompt.h"
#include <string.h>

#define INTERFACE "org.freedesktop.Secret.Item"

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

enum bf_outcome bf_item_create(const struct bf_bus *bus, const struct bf_transfer *transfer,
	const char *collection, const struct bf_request *request, const char *secret,
	char **ret_path, struct bf_answer *answer)
{
	g_autofree char *label = bf_attributes_label(request);
	g_autofree char *made = NULL;
	GVariantBuilder properties;
	struct bf_call call = {
		collection, "Collection", "CreateItem", /* arguments= */ NULL, "(oo)"};
	g_autoptr(GVariant) reply = NULL;
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
	/* KeePassXC answers with a prompt in any case: one that asks nobody in an open database. */
	if (strcmp(prompt, "/") == 0)
		made = g_strdup(path);
	else
		outcome = bf_prompt(bus, prompt, &made, answer);
	if (outcome == BF_OUT_OK && !made)
		return bf_end(answer, BF_OUT_ERROR, "the keyring does not say what it has made");
	if (outcome == BF_OUT_OK)
		*ret_path = g_steal_pointer(&made);
	return outcome;
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
	return bf_prompt(bus, prompt, /* ret_path= */ NULL, answer);
}
