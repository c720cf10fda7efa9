#include "items.h"
#include "operation.h"
#include "value.h"

/* git names the password that was refused: another one, stored meanwhile, stays. */
static enum bf_outcome is_meant(const struct bf_bus *bus, struct bf_transfer *transfer,
	const struct bf_request *request, const struct bf_item *item, struct bf_answer *answer)
{
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	enum bf_outcome outcome = BF_OUT_OK;

	if (!request->password)
		return BF_OUT_OK;
	if (!transfer->service)
		outcome = bf_transfer_open(bus, transfer, answer);
	if (outcome == BF_OUT_OK)
		outcome = bf_item_read(bus, transfer, item, &value, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	return bf_value_has_password(request, &value) ? BF_OUT_OK : BF_OUT_NOT_FOUND;
}

enum bf_outcome bf_operation_erase(const struct bf_request *request, struct bf_answer *answer)
{
	BF_AUTO_BUS struct bf_bus bus = BF_BUS_INIT;
	BF_AUTO_TRANSFER struct bf_transfer transfer = BF_TRANSFER_INIT;
	BF_AUTO_ITEMS struct bf_items items = BF_ITEMS_INIT;
	const struct bf_item *item;
	enum bf_outcome outcome = bf_bus_open(&bus, answer);

	if (outcome == BF_OUT_OK)
		outcome = bf_items_find(&bus, request, /* any_client= */ false, &items, answer);
	if (outcome != BF_OUT_OK)
		return outcome;
	if (items.locked || !bf_items_get(&items, 0))
		outcome = bf_items_missing(&bus, &items, answer);
	for (unsigned i = 0; (item = bf_items_get(&items, i)); i++) {
		enum bf_outcome one = is_meant(&bus, &transfer, request, item, answer);

		if (one == BF_OUT_OK)
			one = bf_item_delete(&bus, item->path, answer);
		if (one != BF_OUT_OK && one != BF_OUT_NOT_FOUND)
			return one;
	}
	return outcome;
}
