/* SPDX-License-Identifier: MIT */
/* Tokens without a login, for tests: right ones, and such as a client must refuse. */
#ifndef SB_MINT_H
#define SB_MINT_H

#include "sandbox.h"

/* How one token is to differ from what the settings say. */
struct sb_forge {
	struct sb_sign sign;
	json_t *header; /* owned, as the next one */
	json_t *claims; /* merged, null takes a claim away; or NULL */
	int lifetime;   /* seconds; SB_ISSUE_DEFAULT when none was asked for */
};

/*
 * Reads claims, header (JSON objects), alg, key and lifetime of a control request. NULL on success,
 * else the parameter that is wrong; released either way.
 */
const char *sb_forge_read(struct sb_request *rq, struct sb_forge *ret_forge);
void sb_forge_release(struct sb_forge *forge);
/* The control actions: they fill the reply. */
void sb_mint(struct sb_request *rq);
void sb_mint_pat(struct sb_request *rq);

#endif
