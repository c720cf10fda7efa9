#include "attributes.h"
#include <string.h>

#define SCHEMA      "xdg:schema"
#define OUR_SCHEMA  "org.freedesktop.Secret.Generic"
#define GIT_SCHEMA  "org.git.Password"
#define OUR_SERVICE "bfabric"

#define ATTRIBUTES_MAX 6

/* NULL values stand for attributes that the item must not have. */
struct attribute {
	const char *name, *value;
};

/* Without the schema; ends with a NULL name. */
static void list_attributes(const struct bf_request *request, struct attribute list[ATTRIBUTES_MAX])
{
	const struct attribute ours[] = {{"service", OUR_SERVICE}, {"username", request->username},
		{"base_url", request->url.text}, {"client_id", request->path}, {NULL, NULL}};
	const struct attribute gits[] = {{"protocol", request->protocol},
		{"server", request->server}, {"user", request->username}, {"port", request->port},
		{"object", request->path}, {NULL, NULL}};

	if (request->ours)
		memcpy(list, ours, sizeof(ours));
	else
		memcpy(list, gits, sizeof(gits));
}

static void add(GVariantBuilder *builder, const char *name, const char *value)
{
	if (value)
		g_variant_builder_add(builder, "{ss}", name, value);
}

GVariant *bf_attributes_pattern(const struct bf_request *request)
{
	struct attribute list[ATTRIBUTES_MAX];
	GVariantBuilder builder;

	list_attributes(request, list);
	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
	for (size_t i = 0; list[i].name && (i < 2 || !request->ours); i++)
		add(&builder, list[i].name, list[i].value);
	return g_variant_builder_end(&builder);
}

GVariant *bf_attributes_full(const struct bf_request *request)
{
	struct attribute list[ATTRIBUTES_MAX];
	GVariantBuilder builder;

	list_attributes(request, list);
	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
	add(&builder, SCHEMA, request->ours ? OUR_SCHEMA : GIT_SCHEMA);
	for (size_t i = 0; list[i].name; i++)
		add(&builder, list[i].name, list[i].value);
	return g_variant_builder_end(&builder);
}

char *bf_attributes_label(const struct bf_request *request)
{
	if (request->ours)
		return g_strdup_printf("B-Fabric login %s (%s)", request->username, request->host);
	return g_strdup_printf("Git: %s://%s%s%s/%s", request->protocol,
		request->server ? request->server : "", request->port ? ":" : "",
		request->port ? request->port : "", request->path ? request->path : "");
}

static const char *value_of(GVariant *attributes, const char *name)
{
	const char *value = NULL;

	(void)g_variant_lookup(attributes, name, "&s", &value); /* else NULL */
	return value;
}

bool bf_attributes_own(const struct bf_request *request, GVariant *attributes, bool any_client)
{
	/* git's: the service has compared all of them. */
	return !request->ours || bf_request_owns(request, value_of(attributes, "base_url"),
					 value_of(attributes, "client_id"), any_client);
}

bool bf_attributes_exact(const struct bf_request *request, GVariant *attributes)
{
	struct attribute list[ATTRIBUTES_MAX];

	list_attributes(request, list);
	for (size_t i = 0; list[i].name; i++)
		if (g_strcmp0(list[i].value, value_of(attributes, list[i].name)) != 0)
			return false;
	return true;
}
