/* SPDX-License-Identifier: MIT */
/*
 * Filling a reply: JSON, OAuth errors, HTML pages in the one frame that says what this server is.
 */
#ifndef SB_REPLY_H
#define SB_REPLY_H

#include "sandbox.h"

/* name is a literal; value is copied. */
void sb_reply_header(struct sb_reply *reply, const char *name, const char *value);
/* Takes the reference. Adds Cache-Control: no-store, which RFC 6749 section 5.1 asks for. */
void sb_reply_json(struct sb_reply *reply, unsigned status, json_t *json);
/* An error of RFC 6749 section 5.2; the outcome in the log is its name unless one was set. */
void sb_reply_oauth_error(
	struct sb_request *rq, unsigned status, const char *error, const char *description);
/* Opens a page with this title; the caller adds to reply->body and ends with sb_reply_page_end. */
void sb_reply_page_begin(struct sb_reply *reply, unsigned status, const char *title);
/* The same, with a form whose answer leads to form_action (of Content-Security-Policy; a literal).
 */
void sb_reply_form_page_begin(
	struct sb_reply *reply, unsigned status, const char *title, const char *form_action);
/* Within a <dl>: what the scopes allow. */
void sb_reply_page_scopes(struct sb_reply *reply, const char *scopes);
void sb_reply_page_end(struct sb_reply *reply);
/* A whole page of one paragraph. */
void sb_reply_page(struct sb_reply *reply, unsigned status, const char *title, const char *text);
/* Forgets what was filled in so far. */
void sb_reply_clear(struct sb_reply *reply);

#endif
