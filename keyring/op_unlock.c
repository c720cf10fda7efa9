#include "collection.h"
#include "operation.h"

/* NOT_FOUND: there is none, so one is made. */
static enum bf_outcome ask(const struct bf_bus *bus, const struct bf_collection *collection,
	enum bf_outcome found, struct bf_answer *answer)
{
	if (found == BF_OUT_NOT_FOUND)
		return bf_collection_create(bus, answer);
	return bf_collection_unlock(bus, collection, answer);
}

enum bf_outcome bf_operation_unlock(const struct bf_request *request, struct bf_answer *answer)
{
	BF_AUTO_BUS struct bf_bus bus = BF_BUS_INIT;
	BF_AUTO_COLLECTION struct bf_collection collection = BF_COLLECTION_INIT;
	enum bf_outcome outcome = bf_bus_open(&bus, answer);

	(void)request; /* there is one default keyring, whoever asks */
	if (outcome != BF_OUT_OK)
		return outcome;
	outcome = bf_collection_find(&bus, &collection, answer);
	if (outcome == BF_OUT_OK && !collection.locked)
		return BF_OUT_OK;
	if (outcome != BF_OUT_OK && outcome != BF_OUT_NOT_FOUND)
		return outcome;
	outcome = ask(&bus, &collection, outcome, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	outcome = bf_collection_open(&bus, &collection, answer);
	/* The dialogue is over, and nothing has come of it. */
	if (outcome == BF_OUT_LOCKED)
		return bf_end(answer, BF_OUT_DENIED, "the keyring did not let itself be unlocked");
	return outcome;
}
