/*
 * login_page.h - what a browser shows at the end of a login: whole HTTP replies.
 *
 * The page says what really happened, because it is written after that. No script, nothing loaded
 * from elsewhere, nothing kept (RFC 9111: no-store), no secret; text from outside is cleaned and
 * escaped. It follows the browser's light or dark scheme and is plain text to a screen reader.
 */
#ifndef BF_LOGIN_PAGE_H
#define BF_LOGIN_PAGE_H

#include "base/secret.h"

enum bf_login_page {
	BF_PAGE_DONE,    /* text: whose login it is, or NULL */
	BF_PAGE_FAILED,  /* text: why */
	BF_PAGE_ASKED,   /* the person is asked in the program; text: as whom they signed in */
	BF_PAGE_WRONG,   /* the answer to another login; no text */
	BF_PAGE_NOTHING, /* any other request; no text */
};

/* Append the reply. Memory: out->failed. */
void bf_login_page(enum bf_login_page page, const char *text, struct bf_secret *out);

#endif
