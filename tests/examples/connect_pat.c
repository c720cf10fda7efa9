/* connect_pat BASE_URL < TOKEN - a personal access token. */
#include "example.h"

int main(int argc, char *argv[])
{
	char pat[256];
	struct bfabric_server server = {.base_url = argc > 1 ? argv[1] : NULL};
	struct bfabric_error err;
	struct bfabric *client = NULL;
	enum bfabric_status status =
		bfabric_connect_pat(&server, example_secret(pat, sizeof(pat)), &client, &err);
	int code = status == BFABRIC_OK ? example_use(client) : example_end(status, &err);

	bfabric_free(client);
	return code;
}
