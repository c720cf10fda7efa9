/* SPDX-License-Identifier: MIT */
/*
 * The request log: one JSON object a line, written with one write() after the reply has left (or
 * has not), so that a test can tell a rotation whose reply reached the kernel from one whose reply
 * did not. Lines therefore stand in the order in which requests ended; "n" counts them as they
 * began. It never holds a token: tokens are named by the first 8 hex digits of their SHA-256.
 */
#ifndef SB_LOG_H
#define SB_LOG_H

#include "text.h"

#include <stdbool.h>

struct sb_request;

enum sb_sent { SB_REPLY_NONE, SB_REPLY_CUT, SB_REPLY_SENT };

struct sb_log {
	int fd; /* -1: no log */
};

struct sb_log_line {
	unsigned long number;
	double time;
	unsigned status;
	const char *grant;       /* a literal or NULL, as all that follow */
	const char *client_auth; /* none, basic, basic-empty, body */
	const char *outcome;
	const char *fault;
	char *client_id; /* owned */
	char refresh_token_id[SB_ID_LEN + 1];
	char new_refresh_token_id[SB_ID_LEN + 1];
	char access_token_id[SB_ID_LEN + 1]; /* of a web service */
	char *user;                          /* as whom it is asked; owned */
	bool cookie;                         /* one came back that must not */
	unsigned family;
	int peer_port;
	char *user_agent; /* owned */
};

/* Opens for appending; "" for no log. Ends the program if that fails. */
void sb_log_open(struct sb_log *log, const char *file);
void sb_log_write(const struct sb_log *log, const struct sb_request *rq, enum sb_sent sent);
void sb_log_close(struct sb_log *log);

#endif
