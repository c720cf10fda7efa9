/* SPDX-License-Identifier: MIT */
/*
 * The authorization endpoint (RFC 6749 section 3.1, PKCE by RFC 7636), in three files: authorize.c
 * checks the request and decides, authorize_page.c shows a person the two pages, redirect.c sends
 * the browser back to the client. All under the lock.
 */
#ifndef SB_AUTHORIZE_H
#define SB_AUTHORIZE_H

#include "browser.h"
#include "sandbox.h"

struct sb_authorize {
	struct sb_request *rq;
	const struct sb_params *params;
	const struct sb_client *client;
	const char *redirect_uri;
	char *scope; /* what will be granted; owned */
};

void sb_authorize_sign_in_page(const struct sb_authorize *az);
void sb_authorize_consent_page(const struct sb_authorize *az, const struct sb_browser *browser);
/* The redirect with a code for this user. */
void sb_authorize_approve(const struct sb_authorize *az, const char *user);
/* The redirect with an error (RFC 6749 section 4.1.2.1). */
void sb_authorize_refuse(const struct sb_authorize *az, const char *error, const char *description);

#endif
