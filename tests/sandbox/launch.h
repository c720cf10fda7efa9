/* SPDX-License-Identifier: MIT */
/*
 * Launch tokens: the short-lived JWT that B-Fabric appends to a web application's address when a
 * person opens it from an entity, and that the application exchanges for an access token (RFC
 * 8693). Here the control URL makes them. Under the lock of struct sandbox.
 */
#ifndef SB_LAUNCH_H
#define SB_LAUNCH_H

#include "sandbox.h"

#define SB_LAUNCHES_MAX 10000

struct sb_launch {
	unsigned char digest[SB_DIGEST_LEN];
	json_t *context;                /* entityId, … */
	const struct sb_client *client; /* who may exchange it; NULL: everyone with the grant */
	char *user;
	double expires;
	bool used;
	struct sb_launch *next;
};

struct sb_launch *sb_launch_find(struct sandbox *sb, const char *value);
/* The control action: fills the reply. */
void sb_launch_mint(struct sb_request *rq);
void sb_launches_release(struct sandbox *sb);

#endif
