/* inspect ENDPOINT - what the endpoint's description says, as JSON. */
#include "records.h"

int main(int argc, char *argv[])
{
	struct bfabric_error err;
	struct bfabric *client = NULL;
	json_t *description = NULL;
	enum bfabric_status status = bfabric_connect(NULL, &client, &err);
	int code = 0;

	if (status == BFABRIC_OK)
		status = bfabric_inspect(
			client, argc > 1 ? argv[1] : NULL, /* deadline= */ 0, &description, &err);
	if (status == BFABRIC_OK) {
		json_dumpf(description, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	code = example_end(status, &err);
	json_decref(description);
	bfabric_free(client);
	return code;
}
