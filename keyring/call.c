/* Calls of the service's methods, and what its errors mean: the second half of bus.h. */
#include "bus.h"
#include <string.h>

#define STARTING_TRIES 5
#define STARTING_US    50000 /* between two of them */

/* By the name on the wire where the service has errors of its own. */
static enum bf_outcome outcome_of_remote(const char *name)
{
	static const struct {
		const char *name;
		enum bf_outcome outcome;
	} known[] = {
		{"org.freedesktop.Secret.Error.IsLocked", BF_OUT_LOCKED},
		{"org.freedesktop.Secret.Error.NoSuchObject", BF_OUT_NOT_FOUND},
		{"org.freedesktop.DBus.Error.AccessDenied", BF_OUT_DENIED},
		{"org.freedesktop.DBus.Error.AuthFailed", BF_OUT_DENIED},
		/* From the bus: the process died, before the call or during it. */
		{"org.freedesktop.DBus.Error.NoReply", BF_OUT_NO_SERVICE},
		{"org.freedesktop.DBus.Error.ServiceUnknown", BF_OUT_NO_SERVICE},
		{"org.freedesktop.DBus.Error.NameHasNoOwner", BF_OUT_NO_SERVICE},
		{"org.freedesktop.DBus.Error.Disconnected", BF_OUT_NO_SERVICE},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].outcome;
	return BF_OUT_ERROR;
}

/* Errors without a name on the wire are GLib's own. */
static enum bf_outcome outcome_of_local(const GError *error)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		return BF_OUT_TIMEOUT;
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
		g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
		return BF_OUT_NO_SERVICE;
	return BF_OUT_ERROR;
}

enum bf_outcome bf_bus_error(const GError *error, const char *what, struct bf_answer *answer)
{
	g_autofree char *name = g_dbus_error_get_remote_error(error);
	g_autoptr(GError) bare = g_error_copy(error);
	const enum bf_outcome outcome = name ? outcome_of_remote(name) : outcome_of_local(error);

	g_dbus_error_strip_remote_error(bare);
	switch (outcome) {
	case BF_OUT_LOCKED:
		return bf_end(answer, outcome, "the keyring is locked");
	case BF_OUT_NO_SERVICE:
		return bf_end(answer, outcome, "the secret service went away while %s: %s", what,
			bare->message);
	case BF_OUT_OK:
	case BF_OUT_NOT_FOUND:
	case BF_OUT_DENIED:
	case BF_OUT_TIMEOUT:
	case BF_OUT_ERROR:
		break;
	}
	return bf_end(answer, outcome, "%s failed: %s", what, bare->message);
}

/*
 * Services say in many ways that an object is gone. GDBus calls its methods unknown; so what the
 * service itself does not know must not look like an item that is not there.
 */
static bool is_unknown(const GError *error)
{
	return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE);
}

static bool is_service(const struct bf_call *call)
{
	return strcmp(call->path, BF_SERVICE_PATH) == 0;
}

/* A busy gnome-keyring now and then does not know its own methods, and does a moment later. */
static GVariant *call_patiently(
	const struct bf_bus *bus, const struct bf_call *call, const char *interface, GError **error)
{
	g_autoptr(GVariant) arguments =
		call->arguments ? g_variant_ref_sink(call->arguments) : NULL;

	for (unsigned left = STARTING_TRIES;; left--) {
		g_autoptr(GError) failed = NULL;
		GVariant *reply = g_dbus_connection_call_sync(bus->connection, bus->owner,
			call->path, interface, call->method, arguments, G_VARIANT_TYPE(call->reply),
			G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT,
			/* cancellable= */ NULL, &failed);

		if (reply)
			return reply;
		if (left == 0 || !is_service(call) || !is_unknown(failed)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return NULL;
		}
		g_usleep(STARTING_US);
	}
}

enum bf_outcome bf_bus_call(const struct bf_bus *bus, const struct bf_call *call,
	GVariant **ret_reply, struct bf_answer *answer)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *interface =
		strchr(call->interface, '.')
			? g_strdup(call->interface)
			: g_strconcat("org.freedesktop.Secret.", call->interface, NULL);
	g_autofree char *what = g_strdup_printf("calling %s.%s", call->interface, call->method);
	GVariant *reply = call_patiently(bus, call, interface, &error);

	if (!reply && !is_service(call) && is_unknown(error))
		return bf_end(answer, BF_OUT_NOT_FOUND, "%s: there is no such object", what);
	if (!reply)
		return bf_bus_error(error, what, answer);
	*ret_reply = reply;
	return BF_OUT_OK;
}

enum bf_outcome bf_bus_property(const struct bf_bus *bus, const char *path, const char *interface,
	const char *name, GVariant **ret_value, struct bf_answer *answer)
{
	const struct bf_call call = {
		path, BF_PROPERTIES, "Get", g_variant_new("(ss)", interface, name), "(v)"};
	g_autoptr(GVariant) reply = NULL;
	const enum bf_outcome outcome = bf_bus_call(bus, &call, &reply, answer);

	if (outcome == BF_OUT_OK)
		g_variant_get(reply, "(v)", ret_value);
	return outcome;
}

enum bf_outcome bf_bus_locked(const struct bf_bus *bus, const char *path, const char *interface,
	bool *ret_locked, struct bf_answer *answer)
{
	g_autoptr(GVariant) value = NULL;
	const enum bf_outcome outcome =
		bf_bus_property(bus, path, interface, "Locked", &value, answer);

	if (outcome != BF_OUT_OK)
		return outcome;
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
		return bf_end(answer, BF_OUT_ERROR,
			"the secret service does not say whether it is locked");
	*ret_locked = g_variant_get_boolean(value);
	return BF_OUT_OK;
}
