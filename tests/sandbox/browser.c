/* SPDX-License-Identifier: MIT */
#include "browser.h"

#include "reply.h"

#include <string.h>

#define SESSION_SECONDS 28800

/* Cookies do not know ports (RFC 6265 section 8.5), so the name says which sandbox it belongs to.
 */
static void cookie_name(const struct sandbox *sb, struct sb_text *name)
{
	sb_text_printf(name, "sandbox_session%s", strrchr(sb->root_url, ':') + 1);
}

struct sb_browser *sb_browser_find(struct sb_request *rq)
{
	struct sb_text name SB_AUTOTEXT = {0};
	unsigned char digest[SB_DIGEST_LEN];
	const char *value;

	cookie_name(rq->sb, &name);
	value = MHD_lookup_connection_value(rq->connection, MHD_COOKIE_KIND, name.data);
	if (!value)
		return NULL;
	sb_sha256(value, strlen(value), digest);
	for (struct sb_browser *b = rq->sb->browsers; b; b = b->next) {
		if (!memcmp(b->digest, digest, sizeof(digest)))
			return sb_now(rq->sb) < b->expires ? b : NULL;
	}
	return NULL;
}

struct sb_browser *sb_browser_sign_in(struct sb_request *rq, const char *user)
{
	struct sandbox *sb = rq->sb;
	struct sb_text cookie SB_AUTOTEXT = {0};
	SB_AUTOFREE char *value = NULL;
	struct sb_browser *browser;

	if (sb->browser_count == SB_SESSIONS_MAX)
		return NULL;
	value = sb_random_token("", 24);
	browser = sb_zalloc(sizeof(*browser));
	sb_sha256(value, strlen(value), browser->digest);
	browser->user = sb_strdup(user);
	browser->approved = json_object();
	browser->expires = sb_now(sb) + SESSION_SECONDS;
	browser->next = sb->browsers;
	sb->browsers = browser;
	sb->browser_count++;
	cookie_name(sb, &cookie);
	sb_text_printf(&cookie, "=%s; Path=/bfabric; HttpOnly; SameSite=Lax%s", value,
		sb->set.tls ? "; Secure" : "");
	sb_reply_header(&rq->reply, "Set-Cookie", cookie.data);
	return browser;
}

size_t sb_browsers_release(struct sandbox *sb)
{
	size_t count = sb->browser_count;

	for (struct sb_browser *b = sb->browsers, *next; b; b = next) {
		next = b->next;
		free(b->user);
		json_decref(b->approved);
		free(b);
	}
	sb->browsers = NULL;
	sb->browser_count = 0;
	return count;
}
