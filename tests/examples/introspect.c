/* introspect BASE_URL CLIENT_ID - ask the server; secret and token are the lines of standard input.
 */
#include "example.h"

int main(int argc, char *argv[])
{
	char secret[256], token[8192];
	struct bfabric_server server = {.base_url = argc > 1 ? argv[1] : NULL};
	struct bfabric_credentials credentials = {.client_id = argc > 2 ? argv[2] : NULL};
	struct bfabric_error err;
	struct bfabric_claims claims = {0};
	enum bfabric_status status;

	credentials.client_secret = example_secret(secret, sizeof(secret));
	example_secret(token, sizeof(token));
	status = bfabric_introspect(&server, &credentials, token, 0, &claims, &err);
	if (status == BFABRIC_OK)
		printf("active, of %s\n", claims.subject ? claims.subject : "nobody");
	bfabric_claims_clear(&claims);
	return example_end(status, &err);
}
