#include "prompt.h"
#include "budget.h"
#include <string.h>

#define INTERFACE "org.freedesktop.Secret.Prompt"
/* Of the budget, to take the dialogue away and to answer: a part, and no more than this. */
#define RESERVE_PART 4
#define RESERVE_MS   300

/* What ends the wait. */
struct wait {
	GMainLoop *loop;
	enum bf_outcome outcome;
	GVariant *result;
};

static void on_completed(GDBusConnection *connection, const char *sender, const char *path,
	const char *interface, const char *name, GVariant *arguments, void *data)
{
	struct wait *wait = data;
	gboolean dismissed = TRUE;

	(void)connection, (void)sender, (void)path, (void)interface, (void)name;
	if (g_variant_is_of_type(arguments, G_VARIANT_TYPE("(bv)")))
		g_variant_get(arguments, "(bv)", &dismissed, &wait->result);
	wait->outcome = dismissed ? BF_OUT_DENIED : BF_OUT_OK;
	g_main_loop_quit(wait->loop);
}

static void on_vanished(GDBusConnection *connection, const char *name, void *data)
{
	struct wait *wait = data;

	(void)connection, (void)name;
	wait->outcome = BF_OUT_NO_SERVICE;
	g_main_loop_quit(wait->loop);
}

static gboolean on_late(void *data)
{
	struct wait *wait = data;

	wait->outcome = BF_OUT_TIMEOUT;
	g_main_loop_quit(wait->loop);
	return G_SOURCE_CONTINUE; /* removed by who added it */
}

static enum bf_outcome call_prompt(const struct bf_bus *bus, const char *path, const char *method,
	GVariant *arguments, struct bf_answer *answer)
{
	const struct bf_call call = {path, "Prompt", method, arguments, "()"};
	g_autoptr(GVariant) reply = NULL;

	return bf_bus_call(bus, &call, &reply, answer);
}

static enum bf_outcome tell(const struct bf_bus *bus, const char *path, enum bf_outcome outcome,
	struct bf_answer *answer)
{
	struct bf_answer ignored = BF_ANSWER_INIT;

	switch (outcome) {
	case BF_OUT_DENIED:
		return bf_end(answer, outcome,
			"the dialogue of the keyring was dismissed, or could not be shown");
	case BF_OUT_NO_SERVICE:
		return bf_end(answer, outcome, "the secret service went away");
	case BF_OUT_TIMEOUT:
		/* Should even that fail, the service sees us go. */
		(void)call_prompt(bus, path, "Dismiss", /* arguments= */ NULL, &ignored);
		return bf_end(
			answer, outcome, "nobody answered the dialogue of the keyring in time");
	case BF_OUT_OK:
	case BF_OUT_NOT_FOUND:
	case BF_OUT_LOCKED:
	case BF_OUT_ERROR:
		break;
	}
	return outcome;
}

bool bf_prompt_needed(const char *path)
{
	return strcmp(path, "/") != 0;
}

/* Ask, and wait for one of the callbacks. */
static enum bf_outcome show(
	const struct bf_bus *bus, const char *path, struct wait *wait, struct bf_answer *answer)
{
	enum bf_outcome outcome;

	bf_budget_waits_for("the secret service does not show its dialogue");
	/* The window that it belongs to: a program without one says "". */
	outcome = call_prompt(bus, path, "Prompt", g_variant_new("(s)", ""), answer);
	if (outcome == BF_OUT_NOT_FOUND)
		return bf_end(answer, BF_OUT_ERROR, "the dialogue of the keyring is gone");
	if (outcome != BF_OUT_OK)
		return outcome;
	g_main_loop_run(wait->loop);
	return tell(bus, path, wait->outcome, answer);
}

enum bf_outcome bf_prompt(
	const struct bf_bus *bus, const char *path, GVariant **ret_result, struct bf_answer *answer)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(/* context= */ NULL, /* is_running= */ FALSE);
	struct wait wait = {.loop = loop, .outcome = BF_OUT_ERROR};
	g_autoptr(GVariant) result = NULL;
	const unsigned left = bf_budget_left();
	const unsigned reserve = MIN(left / RESERVE_PART, RESERVE_MS);
	const unsigned completed = g_dbus_connection_signal_subscribe(bus->connection, bus->owner,
		INTERFACE, "Completed", path, /* arg0= */ NULL, G_DBUS_SIGNAL_FLAGS_NONE,
		on_completed, &wait, /* free= */ NULL);
	const unsigned vanished = g_bus_watch_name_on_connection(bus->connection, bus->owner,
		G_BUS_NAME_WATCHER_FLAGS_NONE, /* appeared= */ NULL, on_vanished, &wait,
		/* free= */ NULL);
	const unsigned late = g_timeout_add(left - reserve, on_late, &wait);
	const enum bf_outcome outcome = show(bus, path, &wait, answer);

	g_source_remove(late);
	g_bus_unwatch_name(vanished);
	g_dbus_connection_signal_unsubscribe(bus->connection, completed);
	result = wait.result;
	if (outcome == BF_OUT_OK && ret_result)
		*ret_result = g_steal_pointer(&result);
	return outcome;
}
