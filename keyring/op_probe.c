#include "budget.h"
#include "collection.h"
#include "items.h"
#include "libbfabric/base/kv.h"
#include "operation.h"
#include <string.h>

/* What the steps build up. */
struct probe {
	const struct bf_request *request;
	struct bf_bus bus;
	struct bf_collection collection;
	struct bf_transfer transfer;
	struct bf_items items;
};

static void probe_release(struct probe *probe)
{
	bf_transfer_release(&probe->transfer);
	bf_items_release(&probe->items);
	bf_collection_release(&probe->collection);
	bf_bus_release(&probe->bus);
}

/* Each step: OK, and what it found (to be freed), or how the probe ends. */

static enum bf_outcome step_backend(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_bus_backend(answer);

	(void)probe;
	if (outcome == BF_OUT_OK)
		*ret_found = g_strdup("the secret service");
	return outcome;
}

static enum bf_outcome step_address(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_bus_find(&probe->bus, answer);

	if (outcome == BF_OUT_OK)
		*ret_found = g_strdup_printf("%s: %s", probe->bus.address_from, probe->bus.address);
	return outcome;
}

static enum bf_outcome step_connect(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_bus_connect(&probe->bus, answer);

	if (outcome == BF_OUT_OK)
		*ret_found = g_strdup_printf(
			"as %s", g_dbus_connection_get_unique_name(probe->bus.connection));
	return outcome;
}

static enum bf_outcome step_service(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_bus_service(&probe->bus, answer);
	g_autofree char *who = NULL;

	if (outcome != BF_OUT_OK)
		return outcome;
	who = bf_bus_describe(&probe->bus);
	*ret_found = g_strdup_printf("%s: %s", probe->bus.started ? "started" : "running", who);
	return outcome;
}

static enum bf_outcome step_keyring(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_collection_open(&probe->bus, &probe->collection, answer);
	g_autofree char *label = NULL;

	if (outcome != BF_OUT_OK)
		return outcome;
	label = bf_collection_label(&probe->bus, &probe->collection);
	*ret_found = g_strdup_printf(
		"\"%s\", unlocked, at %s", label ? label : "", probe->collection.path);
	return outcome;
}

static enum bf_outcome step_session(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	const enum bf_outcome outcome = bf_transfer_open(&probe->bus, &probe->transfer, answer);

	if (outcome == BF_OUT_OK)
		*ret_found = g_strdup(bf_transfer_algorithms(&probe->transfer));
	return outcome;
}

/* Only when the request says which. */
static enum bf_outcome step_item(struct probe *probe, char **ret_found, struct bf_answer *answer)
{
	enum bf_outcome outcome = BF_OUT_OK;

	if (!probe->request->ours || !probe->request->username || !probe->request->host)
		return BF_OUT_OK;
	outcome = bf_items_find(
		&probe->bus, probe->request, /* any_client= */ false, &probe->items, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	if (probe->items.locked && !bf_items_get(&probe->items, 0))
		return bf_items_missing(&probe->bus, &probe->items, answer);
	*ret_found = g_strdup_printf("%u of this environment", probe->items.found->len);
	return BF_OUT_OK;
}

static const struct step {
	const char *name;
	enum bf_outcome (*take)(struct probe *probe, char **ret_found, struct bf_answer *answer);
} steps[] = {
	{"backend", step_backend},
	{"bus", step_address},
	{"connection", step_connect},
	{"service", step_service},
	{"keyring", step_keyring},
	{"session", step_session},
	{"items", step_item},
};

/* Told at once, so that a person sees what hangs: "service: running: ... (0.4 ms)". */
static void tell(struct bf_answer *answer, const char *name, const char *found, double ms)
{
	g_autofree char *raw = g_strdup_printf("%s: %s (%.1f ms)", name, found, ms);
	char line[512];

	bf_show(line, sizeof(line), raw, strlen(raw));
	bf_kv_put(&answer->lines, "step[]", line);
	bf_answer_flush(answer);
}

enum bf_outcome bf_operation_probe(const struct bf_request *request, struct bf_answer *answer)
{
	BF_CLEANUP(probe_release) struct probe probe = {.request = request};
	enum bf_outcome outcome = BF_OUT_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(steps) && outcome == BF_OUT_OK; i++) {
		const double before = bf_budget_spent();
		g_autofree char *found = NULL;

		outcome = steps[i].take(&probe, &found, answer);
		if (outcome != BF_OUT_OK)
			tell(answer, steps[i].name, bf_outcome_name(outcome),
				bf_budget_spent() - before);
		else if (found)
			tell(answer, steps[i].name, found, bf_budget_spent() - before);
	}
	return outcome;
}
