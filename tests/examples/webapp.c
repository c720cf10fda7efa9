/* webapp BASE_URL CLIENT_ID [USER_ENV SERVICE_ENV] - a web application that was opened with a
 * launch token: reads as its user what the person looks at, and notes that down as its service. Its
 * secret and the address it was opened at are the two lines of standard input. */
#include "records.h"
#include <ctype.h>

/* "Workunit" -> "workunit" */
static void endpoint_of(const struct bfabric_claims *context, char *to, size_t size)
{
	snprintf(to, size, "%s", context->entity_class ? context->entity_class : "");
	for (char *c = to; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

static enum bfabric_status work(const struct bfabric_webapp *webapp, struct bfabric_error *err)
{
	const long long id = webapp->context.entity_id;
	char endpoint[64], seen[200];
	json_t *query = json_pack("{s:I}", "id", (json_int_t)id), *note = NULL, *found = NULL;
	struct bfabric_read read = {.query = query};
	enum bfabric_status status;

	puts(webapp->context.json);
	endpoint_of(&webapp->context, endpoint, sizeof(endpoint));
	status = bfabric_read(webapp->user, endpoint, &read, &found, err);
	if (status == BFABRIC_OK)
		records_print(found);
	snprintf(seen, sizeof(seen), "seen by %s", webapp->context.subject);
	note = json_pack("{s:I, s:s}", "id", (json_int_t)id, "description", seen);
	if (status == BFABRIC_OK)
		status = bfabric_save(webapp->service, endpoint, note, NULL, NULL, err);
	json_decref(note);
	json_decref(found);
	json_decref(query);
	return status;
}

int main(int argc, char *argv[])
{
	char secret[256], address[8192];
	struct bfabric_error err;
	struct bfabric_webapp webapp = {0};
	struct bfabric_webapp_login login = {
		.server.base_url = argc > 1 ? argv[1] : NULL,
		.client_id = argc > 2 ? argv[2] : NULL,
		.client_secret = example_secret(secret, sizeof(secret)),
		.scope = "api:read api:write",
		.user_environment = argc > 3 ? argv[3] : NULL,
		.service_environment = argc > 4 ? argv[4] : NULL,
	};
	enum bfabric_status status = bfabric_webapp_open(
		&login, example_secret(address, sizeof(address)), &webapp, &err);

	if (status == BFABRIC_OK)
		status = work(&webapp, &err);
	bfabric_webapp_clear(&webapp);
	return example_end(status, &err);
}
