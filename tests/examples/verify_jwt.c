/* verify_jwt BASE_URL < TOKEN - is it the server's, and whose? */
#include "example.h"

int main(int argc, char *argv[])
{
	char token[8192];
	struct bfabric_server server = {.base_url = argc > 1 ? argv[1] : NULL};
	struct bfabric_expected expected = {.audience = "bfabric-api"};
	struct bfabric_error err;
	struct bfabric_claims claims = {0};
	enum bfabric_status status = bfabric_verify_jwt(
		&server, example_secret(token, sizeof(token)), &expected, 0, &claims, &err);

	if (status == BFABRIC_OK)
		printf("valid, of %s, scope %s, until %lld\n",
			claims.subject ? claims.subject : "nobody",
			claims.scope ? claims.scope : "not said", (long long)claims.expires_at);
	bfabric_claims_clear(&claims);
	return example_end(status, &err);
}
