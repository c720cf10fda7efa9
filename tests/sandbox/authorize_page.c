/* SPDX-License-Identifier: MIT */
/* The two pages a person sees between the program and its token: sign in, and approve. */
#include "authorize.h"
#include "endpoints.h"
#include "reply.h"

/* The answer redirects to the client, and browsers hold form-action against redirects too. */
#define FORM_ACTION "'self' http: https:"

/* The form carries the whole request: nothing about it is kept in the server between two pages. */
static void begin_form(const struct sb_authorize *az)
{
	static const char *const names[] = {"response_type", "client_id", "redirect_uri", "scope",
		"state", "code_challenge", "code_challenge_method"};
	struct sb_text *body = &az->rq->reply.body;

	sb_text_puts(body, "<form method=\"post\" action=\"" SB_BASE "/rest/oauth/authorize\">\n");
	for (size_t i = 0; i < SB_COUNTOF(names); i++) {
		const char *value = sb_params_get(az->params, names[i]);

		if (!value)
			continue;
		sb_text_printf(body, "<input type=\"hidden\" name=\"%s\" value=\"", names[i]);
		sb_text_html(body, value);
		sb_text_puts(body, "\">\n");
	}
}

void sb_authorize_sign_in_page(const struct sb_authorize *az)
{
	struct sb_text *body = &az->rq->reply.body;

	az->rq->log.outcome = "sign-in-page";
	sb_reply_form_page_begin(&az->rq->reply, 200, "Sign in", FORM_ACTION);
	sb_text_puts(body, "<p>to go on to <strong>");
	sb_text_html(body, az->client->label);
	sb_text_puts(body, "</strong></p>\n");
	begin_form(az);
	sb_text_puts(body, "<label for=\"username\">User name</label>\n"
			   "<input class=\"text\" id=\"username\" name=\"username\" required "
			   "maxlength=\"64\" autocomplete=\"username\" autocapitalize=\"none\" "
			   "spellcheck=\"false\" value=\"");
	sb_text_html(body, az->rq->sb->set.user);
	sb_text_puts(body,
		"\">\n<label for=\"password\">Password</label>\n"
		"<input class=\"text\" id=\"password\" name=\"password\" type=\"password\" "
		"autocomplete=\"off\" aria-describedby=\"hint\">\n"
		"<p class=\"hint\" id=\"hint\">Any password will do, or none. Do not type a real "
		"one.</p>\n"
		"<button class=\"go\" name=\"action\" value=\"sign-in\">Sign in</button>\n"
		"</form>\n");
	sb_reply_page_end(&az->rq->reply);
}

void sb_authorize_consent_page(const struct sb_authorize *az, const struct sb_browser *browser)
{
	struct sb_text *body = &az->rq->reply.body;

	if (!az->rq->log.outcome)
		az->rq->log.outcome = "consent-page";
	sb_reply_form_page_begin(&az->rq->reply, 200, "Approve this login?", FORM_ACTION);
	sb_text_puts(body, "<p>Go on only if you have just started this login yourself.</p>\n"
			   "<dl>\n<dt>Program</dt>\n<dd>");
	sb_text_html(body, az->client->label);
	sb_text_puts(body, " (<code>");
	sb_text_html(body, az->client->id);
	sb_text_puts(body, "</code>)</dd>\n<dt>It will act as</dt>\n<dd>");
	sb_text_html(body, browser->user);
	sb_text_puts(body, " (made up)</dd>\n");
	sb_reply_page_scopes(&az->rq->reply, az->scope);
	sb_text_puts(body, "<dt>You will be sent back to</dt>\n<dd><code>");
	sb_text_html(body, az->redirect_uri);
	sb_text_puts(body, "</code></dd>\n</dl>\n");
	begin_form(az);
	sb_text_puts(body, "<button class=\"go\" name=\"action\" value=\"approve\">Approve"
			   "</button>\n<button class=\"no\" name=\"action\" value=\"deny\">Deny"
			   "</button>\n</form>\n");
	sb_reply_page_end(&az->rq->reply);
}
