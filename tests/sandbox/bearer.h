/* SPDX-License-Identifier: MIT */
/* Whose access token a request to a protected resource carries. */
#ifndef SB_BEARER_H
#define SB_BEARER_H

#include "sandbox.h"

/*
 * "Authorization: Bearer TOKEN", or Basic with user __oauth__ and the token as password, as git
 * sends it. NULL if there is none or it is unknown, expired or revoked. Under the lock; fills the
 * log.
 */
struct sb_token *sb_bearer(struct sb_request *rq);

#endif
