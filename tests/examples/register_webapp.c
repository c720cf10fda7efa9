/* register_webapp NAME WEB_URL SERVICE_USER [APPLICATION_ID] - a web application, with the login of
 * an employee that the configuration names. */
#include "records.h"

int main(int argc, char *argv[])
{
	struct bfabric_webapp_metadata metadata = {
		.name = argc > 1 ? argv[1] : NULL,
		.web_url = argc > 2 ? argv[2] : NULL,
		.service_user_login = argc > 3 ? argv[3] : NULL,
		.application_id = argc > 4 ? atoll(argv[4]) : 0,
		.scope = "api:read api:write",
		.description = "made by an example",
	};
	struct bfabric_registration registration = {0};
	struct bfabric_error err;
	struct bfabric *client = NULL;
	json_t *application = NULL;
	enum bfabric_status status = bfabric_connect(NULL, &client, &err);
	int code;

	if (status == BFABRIC_OK)
		status = bfabric_register_webapp(
			client, &metadata, 0, &registration, &application, &err);
	if (registration.client_id) /* its secret belongs into a file of mode 0600 now */
		printf("client %s, number %lld\n", registration.client_id,
			(long long)registration.id);
	if (application) {
		json_dumpf(application, stdout, 0);
		putchar('\n');
	}
	code = example_end(status, &err);
	json_decref(application);
	bfabric_registration_clear(&registration);
	bfabric_free(client);
	return code;
}
