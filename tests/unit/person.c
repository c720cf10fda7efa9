#include "person.h"

#include <stdio.h>

bool person_answers(void *data, const char *before, const char *now)
{
	struct person *p = data;

	snprintf(p->before, sizeof(p->before), "%s", before);
	snprintf(p->now, sizeof(p->now), "%s", now);
	if (p->asked++ == 0 && p->meanwhile)
		p->meanwhile(p->data);
	return p->agree;
}

enum bfabric_status person_logs_in(
	struct world *w, const char *subject, struct person *person, struct bf_login_result *ret)
{
	struct bfabric_ui ui = {.other_subject = person ? person_answers : NULL, .data = person};
	json_t *reply = authserver_login(w->server, subject);
	struct bf_login_grant grant = {.reply = reply,
		.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token",
		.revocation_endpoint = "https://bfabric.test/bfabric/rest/oauth/revoke",
		.client_auth = BF_CLIENT_AUTH_BODY};
	enum bfabric_status status = bf_login_save(w->s, &ui, &grant, ret, &w->err);

	json_decref(reply);
	return status;
}
