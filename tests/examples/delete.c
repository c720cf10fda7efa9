/* delete ENDPOINT ID... - says of each what became of it. */
#include "records.h"

int main(int argc, char *argv[])
{
	struct bfabric_error err;
	struct bfabric *client = NULL;
	const struct bfabric_write each = {.keep_errors = true};
	int64_t ids[100];
	size_t count = 0;
	json_t *records = NULL;
	enum bfabric_status status = bfabric_connect(NULL, &client, &err);
	int code = 0;

	for (int i = 2; i < argc && count < 100; i++)
		ids[count++] = strtoll(argv[i], NULL, 10);
	if (status == BFABRIC_OK)
		status = bfabric_delete(
			client, argc > 1 ? argv[1] : NULL, ids, count, &each, &records, &err);
	for (size_t i = 0; status == BFABRIC_OK && i < json_array_size(records); i++) {
		json_t *record = json_array_get(records, i);
		const char *error = json_string_value(json_object_get(record, "errorreport"));

		printf("%s\n", error ? error : "deleted");
	}
	code = example_end(status, &err);
	json_decref(records);
	bfabric_free(client);
	return code;
}
