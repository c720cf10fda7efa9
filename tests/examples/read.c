/* read ENDPOINT [KEY VALUE]... - all records, one JSON object a line, as they come. */
#include "records.h"

static bool print(void *data, struct json_t *record)
{
	(void)data; /* nothing is needed beside the record */
	return json_dumpf(record, stdout, 0) == 0 && putchar('\n') != EOF;
}

int main(int argc, char *argv[])
{
	struct bfabric_error err;
	struct bfabric *client = NULL;
	json_t *query = records_from(argc - 2, argv + 2);
	struct bfabric_read all = {.query = query, .max_results = -1};
	enum bfabric_status status = bfabric_connect(NULL, &client, &err);
	int code = 0;

	if (status == BFABRIC_OK)
		status = bfabric_read_each(
			client, argc > 1 ? argv[1] : NULL, &all, print, /* data= */ NULL, &err);
	code = example_end(status, &err);
	json_decref(query);
	bfabric_free(client);
	return code;
}
