/* exists ENDPOINT KEY VALUE - is there such a record? */
#include "example.h"

int main(int argc, char *argv[])
{
	struct bfabric_error err;
	struct bfabric *client = NULL;
	bool exists = false;
	enum bfabric_status status = bfabric_connect(NULL, &client, &err);
	int code = 0;

	if (argc < 4) {
		fputs("exists ENDPOINT KEY VALUE\n", stderr);
		return 2;
	}
	if (status == BFABRIC_OK)
		status = bfabric_exists(
			client, argv[1], argv[2], argv[3], /* query= */ NULL, &exists, &err);
	if (status == BFABRIC_OK)
		puts(exists ? "yes" : "no");
	code = example_end(status, &err);
	bfabric_free(client);
	return code;
}
