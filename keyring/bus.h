/*
 * bus.h - the way to the program that keeps secrets: session bus, connection, owner of the name
 * org.freedesktop.secrets (Secret Service API 0.2), started when it is not there yet.
 *
 * No bus is ever started (GLib would run dbus-launch). All that is said to the service goes to the
 * unique name of the process that was found: should it die, nobody else answers in its place.
 *
 * No call here has a time limit; budget.h ends what hangs.
 */
#ifndef BF_KEYRING_BUS_H
#define BF_KEYRING_BUS_H

#include "answer.h"
#include <gio/gio.h>

#define BF_SERVICE_NAME "org.freedesktop.secrets"
#define BF_SERVICE_PATH "/org/freedesktop/secrets"

struct bf_bus {
	char *address;
	const char *address_from; /* the variable that named it */
	GDBusConnection *connection;
	char *owner;  /* unique name of the service */
	bool started; /* by us */
};

#define BF_BUS_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_BUS BF_CLEANUP(bf_bus_release)
void bf_bus_release(struct bf_bus *bus);

/* The steps, in this order; NO_SERVICE with what is wrong. bf_bus_open does all of them. */
BF_MUST_USE enum bf_outcome bf_bus_backend(struct bf_answer *answer); /* SECRET_BACKEND */
BF_MUST_USE enum bf_outcome bf_bus_find(struct bf_bus *bus, struct bf_answer *answer);
BF_MUST_USE enum bf_outcome bf_bus_connect(struct bf_bus *bus, struct bf_answer *answer);
BF_MUST_USE enum bf_outcome bf_bus_service(struct bf_bus *bus, struct bf_answer *answer);

BF_MUST_USE enum bf_outcome bf_bus_open(struct bf_bus *ret_bus, struct bf_answer *answer);

/* One method call to one object of the service. */
struct bf_call {
	const char *path;
	const char *interface; /* without "org.freedesktop.Secret.", save that of Properties */
	const char *method;
	GVariant *arguments; /* a floating one is taken over; NULL: none */
	const char *reply;   /* its type */
};

#define BF_PROPERTIES "org.freedesktop.DBus.Properties"

/*
 * NOT_FOUND: the object is not (or no longer) there. LOCKED, NO_SERVICE (the process died), DENIED
 * and ERROR as the service says it.
 */
BF_MUST_USE enum bf_outcome bf_bus_call(const struct bf_bus *bus, const struct bf_call *call,
	GVariant **ret_reply, struct bf_answer *answer);

/* One property of one object; *ret_value is to be unreferenced. Outcomes as above. */
BF_MUST_USE enum bf_outcome bf_bus_property(const struct bf_bus *bus, const char *path,
	const char *interface, const char *name, GVariant **ret_value, struct bf_answer *answer);
/* Property "Locked", of a collection or an item. */
BF_MUST_USE enum bf_outcome bf_bus_locked(const struct bf_bus *bus, const char *path,
	const char *interface, bool *ret_locked, struct bf_answer *answer);

/* What an error of GLib or of the service means to us. `what` was being done. */
enum bf_outcome bf_bus_error(const GError *error, const char *what, struct bf_answer *answer);

/* The name of the service's process, for a person; to be freed, never NULL. */
char *bf_bus_describe(const struct bf_bus *bus);

#endif
