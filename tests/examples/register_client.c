/* register_client BASE_URL NAME REDIRECT_URI < TOKEN - a client of one's own; an employee may. */
#include "example.h"

int main(int argc, char *argv[])
{
	char token[8192];
	struct bfabric_server server = {.base_url = argc > 1 ? argv[1] : NULL};
	const char *uris[] = {argc > 3 ? argv[3] : NULL, NULL};
	struct bfabric_client_metadata metadata = {
		.client_name = argc > 2 ? argv[2] : NULL,
		.redirect_uris = uris,
		.scope = "api:read",
	};
	struct bfabric_registration registration = {0};
	struct bfabric_error err;
	enum bfabric_status status = bfabric_register_client(
		&server, example_secret(token, sizeof(token)), &metadata, 0, &registration, &err);

	if (status == BFABRIC_OK) /* its secret belongs into a file of mode 0600 now */
		printf("client %s, number %lld, %s\n", registration.client_id,
			(long long)registration.id,
			registration.registration_client_uri ? "can be managed" : "fixed");
	bfabric_registration_clear(&registration);
	return example_end(status, &err);
}
