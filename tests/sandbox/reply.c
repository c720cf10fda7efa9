/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <string.h>

static const char style[] =
	":root{color-scheme:light "
	"dark;--line:#8a8a8a;--warn:#7a4b00;--warnbg:#fff3d6;--go:#0b5cad;--no:#a3261b}"
	"@media(prefers-color-scheme:dark){:root{--warn:#ffd98a;--warnbg:#3a2c08;--go:#8ec5ff;--no:"
	"#ffa69e}}"
	"*{box-sizing:border-box}"
	"body{margin:0;font:1.0625rem/1.5 system-ui,sans-serif}"
	".banner{margin:0;padding:.6rem 1rem;color:var(--warn);background:var(--warnbg);"
	"border-bottom:2px solid;font-weight:600}"
	"main{max-width:34rem;margin:0 auto;padding:1rem}"
	"h1{font-size:1.5rem;line-height:1.2;margin:1rem 0}"
	"label{display:block;margin:1rem 0 .3rem;font-weight:600}"
	"input{font:1.4rem ui-monospace,monospace;letter-spacing:.12em;text-transform:uppercase;"
	"width:100%;max-width:14rem;padding:.5rem;border:1px solid var(--line);border-radius:.3rem}"
	"input.text{font:inherit;letter-spacing:0;text-transform:none;max-width:none}"
	".hint{margin:.4rem 0 0}code{overflow-wrap:anywhere}"
	"button{font:inherit;font-weight:600;padding:.6rem 1.4rem;margin:1.2rem .6rem 0 0;"
	"border:2px solid;border-radius:.3rem;background:transparent;cursor:pointer}"
	".go{color:var(--go)}.no{color:var(--no)}"
	":focus-visible{outline:3px solid var(--go);outline-offset:2px}"
	"dt{font-weight:600;margin-top:.8rem}dd{margin:0}ul{margin:.2rem 0;padding-left:1.2rem}"
	"code{font-family:ui-monospace,monospace}.code{font-size:1.4rem;letter-spacing:.12em}"
	".error{color:var(--no);font-weight:600}";

void sb_reply_header(struct sb_reply *reply, const char *name, const char *value)
{
	if (reply->header_count == SB_HEADERS_MAX)
		sb_die("too many headers in one reply");
	reply->headers[reply->header_count].name = name;
	reply->headers[reply->header_count++].value = sb_strdup(value);
}

void sb_reply_json(struct sb_reply *reply, unsigned status, json_t *json)
{
	if (!json)
		sb_die("out of memory");
	reply->status = status;
	reply->type = "application/json";
	reply->json = json;
	sb_reply_header(reply, "Cache-Control", "no-store");
	sb_reply_header(reply, "Pragma", "no-cache");
}

void sb_reply_oauth_error(
	struct sb_request *rq, unsigned status, const char *error, const char *description)
{
	sb_reply_json(&rq->reply, status,
		json_pack("{s:s, s:s}", "error", error, "error_description", description));
	if (!rq->log.outcome)
		rq->log.outcome = error;
}

void sb_reply_page_begin(struct sb_reply *reply, unsigned status, const char *title)
{
	sb_reply_form_page_begin(reply, status, title, "'self'");
}

void sb_reply_form_page_begin(
	struct sb_reply *reply, unsigned status, const char *title, const char *form_action)
{
	struct sb_text *body = &reply->body;
	struct sb_text policy SB_AUTOTEXT = {0};

	reply->status = status;
	reply->type = "text/html; charset=utf-8";
	sb_reply_header(reply, "Cache-Control", "no-store");
	sb_text_printf(&policy,
		"default-src 'none'; style-src 'unsafe-inline'; form-action %s; "
		"frame-ancestors 'none'; base-uri 'none'",
		form_action);
	sb_reply_header(reply, "Content-Security-Policy", policy.data);
	sb_reply_header(reply, "Referrer-Policy", "no-referrer");
	sb_reply_header(reply, "X-Content-Type-Options", "nosniff");
	sb_text_puts(body,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
	sb_text_html(body, title);
	sb_text_printf(body, " – sandbox</title>\n<style>%s</style>\n</head>\n<body>\n", style);
	sb_text_puts(body, "<p class=\"banner\" role=\"note\">" SB_BANNER "</p>\n<main>\n<h1>");
	sb_text_html(body, title);
	sb_text_puts(body, "</h1>\n");
}

void sb_reply_page_end(struct sb_reply *reply)
{
	sb_text_puts(&reply->body, "</main>\n</body>\n</html>\n");
}

void sb_reply_page(struct sb_reply *reply, unsigned status, const char *title, const char *text)
{
	sb_reply_page_begin(reply, status, title);
	sb_text_puts(&reply->body, "<p>");
	sb_text_html(&reply->body, text);
	sb_text_puts(&reply->body, "</p>\n");
	sb_reply_page_end(reply);
}

void sb_reply_clear(struct sb_reply *reply)
{
	if (reply->stream.free)
		reply->stream.free(reply->stream.ctx);
	for (size_t i = 0; i < reply->header_count; i++)
		free(reply->headers[i].value);
	json_decref(reply->json);
	sb_text_free(&reply->body);
	*reply = (struct sb_reply){.cut_after = -1};
}
