/*
 * authserver.h - an authorization server in memory, behind struct bf_transport.
 *
 * It rotates refresh tokens, notices reuse and revokes the family then, as RFC 9700
 * (section 4.14.2) wants it; it has switches for what servers do differently, and one trouble at a
 * time. Everything lies in one shared mapping, so that forked processes and threads ask the same
 * server.
 */
#ifndef TESTS_AUTHSERVER_H
#define TESTS_AUTHSERVER_H

#include <jansson.h>
#include <pthread.h>

#include "libbfabric/base/http.h"
#include "libbfabric/base/sys.h"

enum authserver_trouble {
	TROUBLE_NONE,
	TROUBLE_NOT_SENT,     /* no connection: nothing reached the server */
	TROUBLE_LOST_REQUEST, /* sent, but the server never saw it */
	TROUBLE_LOST_REPLY,   /* the server did its work, the reply never came */
	TROUBLE_503,
	TROUBLE_HTML_404,
	TROUBLE_GARBAGE,  /* 200 with something that is no JSON; nothing was done */
	TROUBLE_REDIRECT, /* 302 */
	TROUBLE_REFUSE,   /* invalid_grant whatever was sent; nothing was done */
	TROUBLE_LAST = TROUBLE_REFUSE,
};

/* Which client authentication the token endpoint takes (RFC 6749, section 2.3). */
enum authserver_form { FORM_EITHER, FORM_EMPTY_BASIC, FORM_BODY, FORM_SECRET };

#define AUTHSERVER_TOKENS 8192

struct authserver_token {
	char value[24];
	unsigned family;
	bool used; /* it was exchanged for a newer one */
};

struct authserver {
	pthread_mutex_t mutex; /* process-shared */
	const struct bf_sys *sys;
	/* switches */
	bool rotates, detects_reuse;
	enum authserver_form form;
	const char *refusal; /* of a client, with 400; NULL: invalid_client, 401 */
	int64_t lifetime;    /* seconds */
	bool says_expires_in;
	bool opaque;               /* access tokens are no JWTs */
	bool service_rt;           /* client_credentials replies carry a refresh_token */
	bool discovers;            /* has a discovery document, which lists "none" */
	bool names_revocation;     /* the document says where, and it is not the fixed path */
	long revoke_status;        /* of every revocation: 404, 501, 503, ...; 0: it works */
	bool revokes_refresh_only; /* "unsupported_token_type" of an access token */
	char scope[64];            /* granted */
	char subject[32];          /* of the next token, "" for that of the login */
	char secret[32];           /* of a confidential client */
	enum authserver_trouble trouble;
	int trouble_left;  /* so many requests more; -1: for ever */
	int approve_after; /* device polls that are still pending */
	bool deny, slow_down_once;
	/* called inside the exchange, before the server looks at the request */
	void (*during)(void *data);
	void *data;
	/* what happened */
	unsigned revocations, revoked_refresh, revoked_access;
	unsigned requests, issued, refused, reuses, client_refused, gets, polls;
	unsigned serial, families;
	bool revoked[1024];
	char owner[1024][32];
	struct authserver_token tokens[AUTHSERVER_TOKENS];
	size_t token_count;
	char last_url[256];
	char last_body[2048];
	char last_authorization[256];
};

struct authserver *authserver_new(const struct bf_sys *sys);
void authserver_free(struct authserver *server);

struct bf_transport authserver_transport(struct authserver *server);

/* A login by another way, as bfabricPy does it: the token endpoint's reply. Owned. */
json_t *authserver_login(struct authserver *server, const char *subject);

/* A refresh by somebody else: the reply, or NULL when it is refused. Owned. */
json_t *authserver_refresh(struct authserver *server, const char *refresh_token);

void authserver_trouble_set(struct authserver *server, enum authserver_trouble trouble, int count);

/* Would this refresh token still be taken? Looks only. */
bool authserver_takes(struct authserver *server, const char *refresh_token);

#endif
