/* url_token BASE_URL < ADDRESS - what a launch token says, first unverified, then verified. */
#include "example.h"

int main(int argc, char *argv[])
{
	char address[8192];
	struct bfabric_server server = {.base_url = argc > 1 ? argv[1] : NULL};
	struct bfabric_error err;
	struct bfabric_claims claims = {0};
	enum bfabric_status status =
		bfabric_parse_url_token(example_secret(address, sizeof(address)), &claims, &err);

	if (status != BFABRIC_OK)
		return example_end(status, &err);
	printf("issued by %s, it says\n", claims.issuer ? claims.issuer : "nobody");
	bfabric_claims_clear(&claims);
	status = bfabric_verify_url_token(&server, address, /* expected= */ NULL, 0, &claims, &err);
	if (status == BFABRIC_OK)
		printf("entity %lld, application %lld, job %lld\n", (long long)claims.entity_id,
			(long long)claims.application_id, (long long)claims.job_id);
	bfabric_claims_clear(&claims);
	return example_end(status, &err);
}
