#include "bus.h"
#include "budget.h"
#include <string.h>
#include <sys/stat.h>

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"

static const char hangs[] = "the secret service does not answer";

void bf_bus_release(struct bf_bus *bus)
{
	g_free(bus->address);
	g_free(bus->owner);
	g_clear_object(&bus->connection);
	*bus = (struct bf_bus)BF_BUS_INIT;
}

/*
 * libsecret waits for ever for a backend that it does not know. Its backend "file" is not what we
 * promise: of several programs that write at once, most lose what they wrote.
 */
enum bf_outcome bf_bus_backend(struct bf_answer *answer)
{
	const char *name = g_getenv("SECRET_BACKEND");

	if (!name || !*name || strcmp(name, "service") == 0)
		return BF_OUT_OK;
	if (strcmp(name, "file") == 0)
		return bf_end(answer, BF_OUT_NO_SERVICE,
			"SECRET_BACKEND=file names libsecret's file, which is not safe to share "
			"between programs: unset it");
	return bf_end(answer, BF_OUT_NO_SERVICE,
		"SECRET_BACKEND names no backend of libsecret: "
		"unset it");
}

/* The socket that systemd and others make for every user; NULL when there is none. */
static char *runtime_address(void)
{
	const char *folder = g_getenv("XDG_RUNTIME_DIR");
	g_autofree char *path = NULL;
	g_autofree char *escaped = NULL;
	struct stat st;

	if (!folder || *folder != '/')
		return NULL;
	path = g_strconcat(folder, "/bus", NULL);
	if (stat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return NULL;
	escaped = g_dbus_address_escape_value(path);
	return g_strconcat("unix:path=", escaped, NULL);
}

enum bf_outcome bf_bus_find(struct bf_bus *bus, struct bf_answer *answer)
{
	const char *said = g_getenv("DBUS_SESSION_BUS_ADDRESS");

	if (said && strstr(said, "autolaunch:"))
		return bf_end(answer, BF_OUT_NO_SERVICE,
			"DBUS_SESSION_BUS_ADDRESS asks to start a bus, which is not done here");
	bus->address = said && *said ? g_strdup(said) : runtime_address();
	bus->address_from = said && *said ? "DBUS_SESSION_BUS_ADDRESS" : "XDG_RUNTIME_DIR";
	if (bus->address)
		return BF_OUT_OK;
	return bf_end(answer, BF_OUT_NO_SERVICE,
		"there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set, and "
		"XDG_RUNTIME_DIR has no socket \"bus\"");
}

enum bf_outcome bf_bus_connect(struct bf_bus *bus, struct bf_answer *answer)
{
	g_autoptr(GError) error = NULL;

	bf_budget_waits_for("the session bus does not answer");
	bus->connection = g_dbus_connection_new_for_address_sync(bus->address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		/* observer= */ NULL, /* cancellable= */ NULL, &error);
	if (bus->connection)
		return BF_OUT_OK;
	return bf_end(answer, BF_OUT_NO_SERVICE, "cannot connect to the session bus at %s: %s",
		bus->address, error->message);
}

/* Ask the bus itself. */
static GVariant *ask_bus(const struct bf_bus *bus, const char *method, GVariant *arguments,
	const char *reply, GError **error)
{
	return g_dbus_connection_call_sync(bus->connection, DBUS_NAME, DBUS_PATH, DBUS_NAME, method,
		arguments, G_VARIANT_TYPE(reply), G_DBUS_CALL_FLAGS_NONE, G_MAXINT,
		/* cancellable= */ NULL, error);
}

/* False: nobody has the name (then `error` is not set), or the bus failed. */
static bool find_owner(struct bf_bus *bus, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GVariant) reply =
		ask_bus(bus, "GetNameOwner", g_variant_new("(s)", BF_SERVICE_NAME), "(s)", &failed);

	if (reply)
		g_variant_get(reply, "(s)", &bus->owner);
	else if (!g_error_matches(failed, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
		g_propagate_error(error, g_steal_pointer(&failed));
	return bus->owner != NULL;
}

static bool can_be_started(const struct bf_bus *bus, GError **error)
{
	g_autofree const char **names = NULL;
	g_autoptr(GVariant) reply = ask_bus(bus, "ListActivatableNames", NULL, "(as)", error);

	if (!reply)
		return false;
	g_variant_get(reply, "(^a&s)", &names);
	return g_strv_contains(names, BF_SERVICE_NAME);
}

static bool start_service(struct bf_bus *bus, GError **error)
{
	g_autoptr(GVariant) reply = NULL;

	bf_budget_waits_for("the secret service does not start");
	reply = ask_bus(
		bus, "StartServiceByName", g_variant_new("(su)", BF_SERVICE_NAME, 0), "(u)", error);
	bf_budget_waits_for("the session bus does not answer");
	bus->started = reply != NULL;
	return reply && find_owner(bus, error);
}

enum bf_outcome bf_bus_service(struct bf_bus *bus, struct bf_answer *answer)
{
	g_autoptr(GError) error = NULL;
	bool startable = false;

	if (!find_owner(bus, &error) && !error)
		startable = can_be_started(bus, &error);
	if (startable)
		(void)start_service(bus, &error); /* bus->owner tells */
	if (error && startable) {
		g_dbus_error_strip_remote_error(error);
		return bf_end(answer, BF_OUT_NO_SERVICE, "the secret service cannot be started: %s",
			error->message);
	}
	if (error)
		return bf_bus_error(error, "asking the session bus", answer);
	if (!bus->owner)
		return bf_end(answer, BF_OUT_NO_SERVICE,
			startable ? "the secret service ended as soon as it was started"
				  : "no program on the session bus keeps secrets "
				    "(gnome-keyring, KWallet or KeePassXC would)");
	bf_budget_waits_for(hangs);
	return BF_OUT_OK;
}

enum bf_outcome bf_bus_open(struct bf_bus *ret_bus, struct bf_answer *answer)
{
	BF_AUTO_BUS struct bf_bus bus = BF_BUS_INIT;
	enum bf_outcome outcome = bf_bus_backend(answer);

	if (outcome == BF_OUT_OK)
		outcome = bf_bus_find(&bus, answer);
	if (outcome == BF_OUT_OK)
		outcome = bf_bus_connect(&bus, answer);
	if (outcome == BF_OUT_OK)
		outcome = bf_bus_service(&bus, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	*ret_bus = bus;
	bus = (struct bf_bus)BF_BUS_INIT;
	return BF_OUT_OK;
}

char *bf_bus_describe(const struct bf_bus *bus)
{
	g_autoptr(GVariant) reply = ask_bus(bus, "GetConnectionUnixProcessID",
		g_variant_new("(s)", bus->owner), "(u)", /* error= */ NULL);
	g_autofree char *file = NULL;
	g_autofree char *name = NULL;
	guint32 pid = 0;

	if (!reply)
		return g_strdup("a process that the bus does not name");
	g_variant_get(reply, "(u)", &pid);
	file = g_strdup_printf("/proc/%u/comm", pid);
	if (!g_file_get_contents(file, &name, /* length= */ NULL, /* error= */ NULL))
		return g_strdup_printf("process %u", pid);
	return g_strdup_printf("%s, process %u", g_strstrip(name), pid);
}
