/* from_url_token BASE_URL CLIENT_ID - a web application that was opened with a launch token; its
 * secret and the address it was opened at are the two lines of standard input. */
#include "example.h"

int main(int argc, char *argv[])
{
	char secret[256], address[8192];
	struct bfabric_error err;
	struct bfabric *client = NULL;
	struct bfabric_claims context = {0};
	enum bfabric_status status;
	int code;

	if (argc != 3)
		return 2;
	example_secret(secret, sizeof(secret));
	example_secret(address, sizeof(address));
	status = bfabric_from_url_token(
		&(struct bfabric_login){
			.server.base_url = argv[1],
			.client_id = argv[2],
			.client_secret = secret,
		},
		address, &client, &context, &err);
	if (status == BFABRIC_OK)
		printf("%s looks at %s %lld\n", context.subject ? context.subject : "somebody",
			context.entity_class ? context.entity_class : "nothing",
			(long long)context.entity_id);
	code = status == BFABRIC_OK ? example_use(client) : example_end(status, &err);
	bfabric_claims_clear(&context);
	bfabric_free(client);
	return code;
}
