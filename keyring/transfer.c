#include "transfer.h"
/* What lies between the D-Bus paths and libsecret's objects; there since its version 0.18. */
#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>

void bf_transfer_release(struct bf_transfer *transfer)
{
	g_clear_object(&transfer->service);
}

/*
 * libsecret's own way to its service connects anew, starts services, watches for signals and loads
 * properties, each for a round trip over the bus. Its constructor insists on that, so what we
 * construct it with is said once more after it.
 */
static GObject *construct(GType type, unsigned count, GObjectConstructParam *wanted)
{
	GObjectClass *parent = g_type_class_peek(SECRET_TYPE_SERVICE);
	GObject *object = parent->constructor(type, count, wanted);

	for (unsigned i = 0; i < count; i++)
		g_object_set_property(object, wanted[i].pspec->name, wanted[i].value);
	return object;
}

static void class_init(void *class, void *data)
{
	GObjectClass *object_class = class;

	(void)data;
	object_class->constructor = construct;
}

enum bf_outcome bf_transfer_open(
	const struct bf_bus *bus, struct bf_transfer *ret_transfer, struct bf_answer *answer)
{
	const GType type = g_type_register_static_simple(SECRET_TYPE_SERVICE, "BfSecretService",
		sizeof(SecretServiceClass), class_init, sizeof(SecretService), /* init= */ NULL,
		G_TYPE_FLAG_NONE);
	g_autoptr(GError) error = NULL;
	g_autoptr(GObject) service = g_initable_new(type, /* cancellable= */ NULL, &error,
		"g-connection", bus->connection, "g-name", bus->owner, "g-object-path",
		BF_SERVICE_PATH, "g-interface-name", "org.freedesktop.Secret.Service", "g-flags",
		G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
			G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |
			G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
		"flags", SECRET_SERVICE_OPEN_SESSION, NULL);

	if (!service)
		return bf_bus_error(error, "agreeing upon a key", answer);
	ret_transfer->service = g_steal_pointer(&service);
	return BF_OUT_OK;
}

const char *bf_transfer_algorithms(const struct bf_transfer *transfer)
{
	return secret_service_get_session_algorithms(transfer->service);
}

const char *bf_transfer_path(const struct bf_transfer *transfer)
{
	return secret_service_get_session_dbus_path(transfer->service);
}

GVariant *bf_transfer_seal(const struct bf_transfer *transfer, const char *text)
{
	g_autoptr(SecretValue) value = secret_value_new(text, -1, "text/plain");

	return secret_service_encode_dbus_secret(transfer->service, value);
}

enum bf_outcome bf_transfer_unseal(const struct bf_transfer *transfer, GVariant *sealed,
	struct bf_secret *ret_bytes, struct bf_answer *answer)
{
	g_autoptr(SecretValue) value = secret_service_decode_dbus_secret(transfer->service, sealed);
	const char *bytes;
	gsize len = 0;

	if (!value)
		return bf_end(answer, BF_OUT_ERROR,
			"the secret service sent a secret that cannot be decrypted");
	bytes = secret_value_get(value, &len); /* erased when it is freed */
	bf_secret_put(ret_bytes, bytes, len);
	return ret_bytes->failed ? bf_end(answer, BF_OUT_ERROR, "out of memory") : BF_OUT_OK;
}
