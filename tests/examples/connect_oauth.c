/* connect_oauth BASE_URL CLIENT_ID SCOPE < SECRET - a service with client credentials. */
#include "example.h"

int main(int argc, char *argv[])
{
	char secret[256];
	struct bfabric_error err;
	struct bfabric *client = NULL;
	enum bfabric_status status;
	int code;

	if (argc != 4)
		return 2;
	status = bfabric_connect_oauth(
		&(struct bfabric_login){
			.server.base_url = argv[1],
			.client_id = argv[2],
			.client_secret = example_secret(secret, sizeof(secret)),
			.scope = argv[3],
		},
		&client, &err);
	code = status == BFABRIC_OK ? example_use(client) : example_end(status, &err);
	bfabric_free(client);
	return code;
}
