/* SPDX-License-Identifier: MIT */
/*
 * Which path does what: one row per endpoint. A handler reads the request and fills rq->reply; the
 * metadata document lists every row that has a name for it there.
 */
#ifndef SB_ENDPOINTS_H
#define SB_ENDPOINTS_H

#include "sandbox.h"

#define SB_BASE "/bfabric"

enum sb_body { SB_BODY_NONE, SB_BODY_FORM, SB_BODY_JSON, SB_BODY_ANY, SB_BODY_SPOOL, SB_BODY_XML };
enum sb_place { SB_EXACT, SB_BELOW, SB_SERVICE /* a web service right below */ };

struct sb_endpoint {
	const char *name; /* in the log, in --fault, in the counters */
	const char *path;
	enum sb_place place;
	const char *methods; /* space-separated */
	enum sb_body body;
	void (*handle)(struct sb_request *rq);
	void (*describe)(
		struct sb_request *rq); /* optional: fills the log before anything can fail */
	bool unlocked;                  /* the handler takes the lock itself */
	bool no_fault;                  /* faults do not reach it */
	const char *metadata;           /* its member in the metadata document, or NULL */
};

const struct sb_endpoint *sb_endpoint_find(const char *path);
const struct sb_endpoint *sb_endpoint_by_name(const char *name);
/* Calls fn for each row. */
void sb_endpoint_each(void (*fn)(void *ctx, const struct sb_endpoint *endpoint), void *ctx);
/* Fault, handler, counters: everything between a complete request and its reply. */
void sb_endpoint_run(struct sb_request *rq);

/* The handlers, each in a file of its own. */
void sb_handle_discovery(struct sb_request *rq);
void sb_handle_jwks(struct sb_request *rq);
void sb_handle_authorize(struct sb_request *rq);
void sb_handle_token(struct sb_request *rq);
void sb_describe_token(struct sb_request *rq);
void sb_handle_introspect(struct sb_request *rq);
void sb_handle_register(struct sb_request *rq);
void sb_handle_register_client(struct sb_request *rq);
void sb_handle_revoke(struct sb_request *rq);
void sb_handle_device_authorization(struct sb_request *rq);
void sb_handle_device_page(struct sb_request *rq);
void sb_handle_whoami(struct sb_request *rq);
void sb_handle_git(struct sb_request *rq);
void sb_handle_control(struct sb_request *rq);
void sb_handle_soap(struct sb_request *rq);
void sb_describe_soap(struct sb_request *rq);
void sb_free_call(struct sb_call *call); /* NULL is fine */

#endif
