/* SPDX-License-Identifier: MIT */
/* The page where a person enters a device code, sees who asks for what, and approves or denies. */
#include "device.h"
#include "endpoints.h"
#include "reply.h"

#include <string.h>

static void entry_page(struct sb_request *rq, unsigned status, const char *typed, const char *error)
{
	struct sb_text *body = &rq->reply.body;

	sb_reply_page_begin(&rq->reply, status, "Log in a device");
	if (error)
		sb_text_printf(
			body, "<p class=\"error\" role=\"alert\" id=\"error\">%s</p>\n", error);
	sb_text_puts(body,
		"<p>Enter the code that your program or device shows.</p>\n"
		"<form method=\"get\" action=\"" SB_BASE "/device\">\n"
		"<label for=\"user_code\">Code</label>\n"
		"<input id=\"user_code\" name=\"user_code\" required maxlength=\"16\" "
		"autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" "
		"placeholder=\"XXXX-XXXX\"");
	if (error)
		sb_text_puts(body, " aria-invalid=\"true\" aria-describedby=\"error\"");
	sb_text_puts(body, " value=\"");
	sb_text_html(body, typed ? typed : "");
	sb_text_puts(
		body, "\">\n<br><button class=\"go\" type=\"submit\">Continue</button>\n</form>\n");
	sb_reply_page_end(&rq->reply);
}

static void decision_page(struct sb_request *rq, const struct sb_device *device)
{
	struct sb_text *body = &rq->reply.body;

	sb_reply_page_begin(&rq->reply, 200, "Approve this login?");
	sb_text_puts(body,
		"<p>Go on only if you have just started this login yourself and the code "
		"below is the one you see there.</p>\n<dl>\n<dt>Code</dt>\n<dd "
		"class=\"code\"><code>");
	sb_text_html(body, device->user_code);
	sb_text_puts(body, "</code></dd>\n<dt>Program</dt>\n<dd>");
	sb_text_html(body, device->client->label);
	sb_text_puts(body, " (<code>");
	sb_text_html(body, device->client->id);
	sb_text_puts(body, "</code>)</dd>\n<dt>It will act as</dt>\n<dd>");
	sb_text_html(body, rq->sb->set.user);
	sb_text_puts(body, " (made up)</dd>\n");
	sb_reply_page_scopes(&rq->reply, device->scope);
	sb_text_puts(body, "</dl>\n<form method=\"post\" action=\"" SB_BASE "/device\">\n"
			   "<input type=\"hidden\" name=\"user_code\" value=\"");
	sb_text_html(body, device->user_code);
	sb_text_puts(body,
		"\">\n<button class=\"go\" name=\"action\" value=\"approve\">Approve</button>\n"
		"<button class=\"no\" name=\"action\" value=\"deny\">Deny</button>\n</form>\n");
	sb_reply_page_end(&rq->reply);
}

static void decide(struct sb_request *rq, struct sb_device *device, const char *action)
{
	bool approve = !strcmp(action, "approve");

	if (!sb_device_decide(rq->sb, device, approve ? SB_APPROVED : SB_DENIED)) {
		entry_page(rq, 409, NULL, "This code has already been answered or has expired.");
		return;
	}
	rq->log.outcome = approve ? "approved" : "denied";
	if (approve)
		sb_reply_page(&rq->reply, 200, "Approved",
			"The login goes on by itself. You may close this page.");
	else
		sb_reply_page(&rq->reply, 200, "Denied",
			"The login was refused. You may close this page.");
}

void sb_handle_device_page(struct sb_request *rq)
{
	bool post = !strcmp(rq->method, "POST");
	const struct sb_params *params = post ? &rq->form : &rq->query;
	const char *typed = sb_params_get(params, "user_code");
	const char *action = post ? sb_params_get(params, "action") : NULL;
	struct sb_device *device = typed ? sb_device_by_user_code(rq->sb, typed) : NULL;

	if (!typed)
		entry_page(rq, 200, NULL, NULL);
	else if (!device)
		entry_page(rq, 404, typed, "This code is not known. Check it, or start again.");
	else if (action && (!strcmp(action, "approve") || !strcmp(action, "deny")))
		decide(rq, device, action);
	else if (sb_device_look(rq->sb, device) != SB_PENDING)
		entry_page(rq, 409, NULL, "This code has already been answered or has expired.");
	else
		decision_page(rq, device);
}
