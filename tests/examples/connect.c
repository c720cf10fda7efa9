/* connect [ENVIRONMENT] - the environment of the configuration, whatever way it logs in. */
#include "example.h"

int main(int argc, char *argv[])
{
	struct bfabric_options options = {.environment = argc > 1 ? argv[1] : NULL};
	struct bfabric_error err;
	struct bfabric *client = NULL;
	struct bfabric_auth auth = {0};
	enum bfabric_status status = bfabric_connect(&options, &client, &err);
	int code = 0;

	if (status == BFABRIC_OK) /* what the web services take */
		status = bfabric_session_auth(bfabric_session(client), 60, 0, &auth, &err);
	if (status == BFABRIC_OK)
		printf("login %s\n", auth.login);
	code = example_end(status, &err);
	bfabric_auth_clear(&auth);
	bfabric_free(client);
	return code;
}
