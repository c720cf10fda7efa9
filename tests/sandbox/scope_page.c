/* SPDX-License-Identifier: MIT */
/* What each scope means, for the person who is asked to grant it. */
#include "reply.h"

#include <string.h>

static const struct {
	const char *scope;
	const char *meaning;
} meanings[] = {
	{"openid", "know who you are"},
	{"profile", "see your profile"},
	{"email", "see your e-mail address"},
	{"api:read", "read your data"},
	{"api:write", "read and change your data"},
	{"tus", "upload files"},
	{"download", "download files"},
	{"groups", "see which groups you are in"},
	{"containers", "see your projects and orders"},
	{"employee", "act with your rights as an employee"},
	{"offline_access", "stay logged in when you are away"},
};

static void add_scope(struct sb_text *body, const char *scope)
{
	sb_text_puts(body, "<li><code>");
	sb_text_html(body, scope);
	sb_text_puts(body, "</code>");
	for (size_t i = 0; i < SB_COUNTOF(meanings); i++) {
		if (!strcmp(meanings[i].scope, scope))
			sb_text_printf(body, " – %s", meanings[i].meaning);
	}
	sb_text_puts(body, "</li>\n");
}

void sb_reply_page_scopes(struct sb_reply *reply, const char *scopes)
{
	struct sb_text *body = &reply->body;

	sb_text_puts(body, "<dt>It may</dt>\n<dd><ul>\n");
	while (*scopes) {
		size_t len = strcspn(scopes, " ");
		SB_AUTOFREE char *scope = sb_strndup(scopes, len);

		add_scope(body, scope);
		scopes += len;
		scopes += *scopes == ' ';
	}
	sb_text_puts(body, "</ul></dd>\n");
}
