/* SPDX-License-Identifier: MIT */
/* The endpoint of the web services: GET …?wsdl describes one, POST calls it. */
#include "soap.h"

#include "endpoints.h"
#include "reply.h"

#include <string.h>

#define COOKIE "JSESSIONID"

/* A client must not send back what it got with another call: noted, but not refused. */
static void note_cookie(struct sb_request *rq)
{
	const char *cookie = sb_header(rq, "Cookie");

	rq->log.cookie = cookie && strstr(cookie, COOKIE);
}

static void set_cookie(struct sb_request *rq)
{
	SB_AUTOFREE char *value = sb_random_token(COOKIE "=", 16);
	struct sb_text text SB_AUTOTEXT = {0};

	sb_text_printf(&text, "%s; Path=" SB_BASE "; HttpOnly", value);
	sb_reply_header(&rq->reply, "Set-Cookie", text.data);
}

void sb_describe_soap(struct sb_request *rq)
{
	struct sb_call *call = sb_zalloc(sizeof(*call));

	rq->call = call;
	call->service = sb_service_find(rq->path + strlen(SB_BASE "/"));
	note_cookie(rq);
	if (strcmp(rq->method, "POST") != 0) {
		rq->place = rq->log.grant = "wsdl";
		if (!sb_params_has(&rq->query, "wsdl"))
			call->wrong = "A call must be a POST.";
		return;
	}
	if (!rq->too_large)
		sb_call_read(rq, call);
	rq->page = call->page;
	if (call->operation) {
		rq->place = call->operation->place;
		rq->log.grant = call->operation->name;
	}
}

void sb_handle_soap(struct sb_request *rq)
{
	struct sb_call *call = rq->call;

	set_cookie(rq);
	if (call->wrong)
		sb_return_fault(rq, call->wrong, NULL);
	else if (!call->operation)
		sb_soap_wsdl(rq, call->service);
	else if (sb_call_admit(rq, call))
		call->operation->run(rq, call);
}

void sb_free_call(struct sb_call *call)
{
	if (!call)
		return;
	sb_call_release(call);
	free(call);
}
