#include "items.h"
#include "operation.h"
#include "value.h"

enum bf_outcome bf_operation_get(const struct bf_request *request, struct bf_answer *answer)
{
	BF_AUTO_BUS struct bf_bus bus = BF_BUS_INIT;
	BF_AUTO_TRANSFER struct bf_transfer transfer = BF_TRANSFER_INIT;
	BF_AUTO_ITEMS struct bf_items items = BF_ITEMS_INIT;
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	const struct bf_item *item = NULL;
	enum bf_outcome outcome = bf_bus_open(&bus, answer);

	if (outcome == BF_OUT_OK)
		outcome = bf_items_find(&bus, request, /* any_client= */ false, &items, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	if (!bf_items_get(&items, 0))
		return bf_items_missing(&bus, &items, answer);
	outcome = bf_transfer_open(&bus, &transfer, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	/* Another program may delete the best one right now: the next best is tried then. */
	outcome = BF_OUT_NOT_FOUND;
	for (unsigned i = 0; outcome == BF_OUT_NOT_FOUND && (item = bf_items_get(&items, i)); i++)
		outcome = bf_item_read(&bus, &transfer, item, &value, answer);
	return outcome == BF_OUT_OK ? bf_value_answer(request, item->user, &value, answer)
				    : outcome;
}
