/* save ENDPOINT KEY VALUE [KEY VALUE]... - creates a record, or changes the one whose id is given.
 */
#include "records.h"

int main(int argc, char *argv[])
{
	struct bfabric_error err;
	struct bfabric *client = NULL;
	json_t *object = records_from(argc - 2, argv + 2);
	json_t *records = NULL;
	enum bfabric_status status = bfabric_connect(NULL, &client, &err);
	int code = 0;

	if (status == BFABRIC_OK)
		status = bfabric_save(
			client, argc > 1 ? argv[1] : NULL, object, NULL, &records, &err);
	if (status == BFABRIC_OK)
		records_print(records);
	code = example_end(status, &err);
	json_decref(object);
	json_decref(records);
	bfabric_free(client);
	return code;
}
