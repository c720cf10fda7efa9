/* revoke BASE_URL CLIENT_ID - secret (an empty line: a public client) and token on standard input.
 */
#include "example.h"

int main(int argc, char *argv[])
{
	char secret[256], token[8192];
	struct bfabric_server server = {.base_url = argc > 1 ? argv[1] : NULL};
	struct bfabric_credentials credentials = {.client_id = argc > 2 ? argv[2] : NULL};
	struct bfabric_error err;
	enum bfabric_status status;

	credentials.client_secret = example_secret(secret, sizeof(secret));
	example_secret(token, sizeof(token));
	status = bfabric_revoke(&server, &credentials, token, 0, &err);
	if (status == BFABRIC_OK)
		puts("revoked");
	return example_end(status, &err);
}
