/*
 * What a browser shows at the end of a login.
 */
#include "login_page.h"

#include "base/base64.h"
#include "base/hash.h"

#include <string.h>

#define STYLE                                                                                      \
	":root{color-scheme:light dark}"                                                           \
	"body{margin:0;background:#f4f6f8;color:#1b2430;"                                          \
	"font:1.0625rem/1.5 system-ui,sans-serif}"                                                 \
	"main{box-sizing:border-box;max-width:34rem;margin:12vh auto 0;padding:1.5rem 1.75rem;"    \
	"background:#fff;border:1px solid #c8d0d9;border-top:.35rem solid #1b6e3c;"                \
	"border-radius:.4rem;overflow-wrap:anywhere}"                                              \
	"main.no{border-top-color:#b3261e}"                                                        \
	"h1{margin:0 0 .75rem;font-size:1.4rem;line-height:1.25}"                                  \
	"p{margin:0 0 .75rem}p:last-child{margin:0;color:#4a5664}"                                 \
	"@media(max-width:36rem){main{margin:1rem}}"                                               \
	"@media(prefers-color-scheme:dark){body{background:#12161b;color:#e6eaef}"                 \
	"main{background:#1c222a;border-color:#3a4450;border-top-color:#5fbf85}"                   \
	"main.no{border-top-color:#f2867d}p:last-child{color:#b4bfcb}}"

struct page {
	const char *status, *class, *title;
	const char *before, *after; /* around the text */
	const char *without;        /* instead, where there is no text */
	const char *last;
};

/* A page for each value, or the compiler says which one is missing. */
static struct page page_of(enum bf_login_page page)
{
	switch (page) {
	case BF_PAGE_DONE:
		return (struct page){"200 OK", "yes", "Logged in",
			"You are logged in to B-Fabric as <strong>", "</strong>.",
			"You are logged in to B-Fabric.",
			"You can close this tab and go back to your program."};
	case BF_PAGE_FAILED:
		return (struct page){"400 Bad Request", "no", "Not logged in", "It failed: ", "",
			"The login failed.",
			"You can close this tab; the program that asked for the login says the "
			"same."};
	case BF_PAGE_ASKED:
		return (struct page){"200 OK", "yes", "One question is left",
			"You signed in as <strong>",
			"</strong>, but until now the login was somebody else's. The program that "
			"asked for it wants to know whether to replace that.",
			"The program that asked for the login has a question.",
			"You can close this tab and answer there."};
	case BF_PAGE_WRONG:
		return (struct page){"400 Bad Request", "no", "Not this login", "", "",
			"This answer does not belong to the login that waits here. Perhaps it is "
			"an earlier one's.",
			"You can close this tab; the login still waits."};
	case BF_PAGE_NOTHING:
		return (struct page){"404 Not Found", "no", "Nothing here", "", "",
			"This address waits for the end of a login, and for nothing else.",
			"You can close this tab."};
	}
	return (struct page){0};
}

static void put_escaped(const char *text, struct bf_secret *out)
{
	char shown[600];

	bf_show(shown, sizeof(shown), text, strlen(text));
	for (const char *c = shown; *c; c++) {
		if (*c == '&')
			bf_secret_puts(out, "&amp;");
		else if (*c == '<')
			bf_secret_puts(out, "&lt;");
		else if (*c == '>')
			bf_secret_puts(out, "&gt;");
		else if (*c == '"')
			bf_secret_puts(out, "&quot;");
		else if (*c == '\'')
			bf_secret_puts(out, "&#39;");
		else
			bf_secret_putc(out, *c);
	}
}

static void put_body(const struct page *page, const char *text, struct bf_secret *out)
{
	bf_secret_puts(out,
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<link rel=\"icon\" href=\"data:,\">\n<title>");
	bf_secret_puts(out, page->title);
	bf_secret_puts(out,
		" - B-Fabric</title>\n<style>" STYLE "</style>\n</head>\n<body>\n<main class=\"");
	bf_secret_puts(out, page->class);
	bf_secret_puts(out, "\">\n<h1>");
	bf_secret_puts(out, page->title);
	bf_secret_puts(out, "</h1>\n<p>");
	if (text) {
		bf_secret_puts(out, page->before);
		put_escaped(text, out);
		bf_secret_puts(out, page->after);
	} else {
		bf_secret_puts(out, page->without);
	}
	bf_secret_puts(out, "</p>\n<p>");
	bf_secret_puts(out, page->last);
	bf_secret_puts(out, "</p>\n</main>\n</body>\n</html>\n");
}

/* The one style sheet is named by its hash (CSP level 3, section 2.3.1): no other can slip in. */
static void put_policy(struct bf_secret *out)
{
	unsigned char digest[BF_SHA256_SIZE];

	bf_sha256(STYLE, strlen(STYLE), digest);
	bf_secret_puts(out, "Content-Security-Policy: default-src 'none'; img-src data:; "
			    "style-src 'sha256-");
	bf_base64_encode(out, digest, sizeof(digest));
	bf_secret_puts(out, "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n");
}

void bf_login_page(enum bf_login_page which, const char *text, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	struct page page = page_of(which);

	put_body(&page, text, &body);
	bf_secret_printf(out,
		"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n",
		page.status, body.len);
	put_policy(out);
	/* The address of the page had the code in it: it goes nowhere from here. */
	bf_secret_puts(out, "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
			    "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
	bf_secret_put_secret(out, &body);
	out->failed |= body.failed;
}
