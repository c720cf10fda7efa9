/*
 * login_request.h - the first message that bfabric-pam-login gets (line.h), checked.
 *
 * It comes from the module, which has read it from a file of root's: nothing in it was chosen by
 * the person who logs in, and nothing else is looked at.
 */
#ifndef PAM_BFABRIC_LOGIN_REQUEST_H
#define PAM_BFABRIC_LOGIN_REQUEST_H

#include "../libbfabric/base/kv.h"

#define BF_LOGIN_TIMEOUT_MAX 3600 /* seconds */
#define BF_LOGIN_ROOM_MAX    128u /* columns and rows; BF_LINE_COLUMNS_MAX */

enum bf_login_mode {
	BF_LOGIN_AUTH,    /* say who approved and hand the token over */
	BF_LOGIN_REVOKE,  /* give a token back */
	BF_LOGIN_SESSION, /* keep it as the login of whoever runs this */
};

/* Strings live in `kv`; NULL: not given. */
struct bf_login_request {
	struct bf_kv kv;
	enum bf_login_mode mode;
	const char *base_url, *client_id;
	const char *client_secret_file, *scope, *issuer, *ca_file, *proxy;
	const char *token;   /* revoke; a secret */
	const char *env;     /* session */
	const char *claim;   /* never NULL */
	const char *session; /* session: what the module calls the session that brings the login */
	bool stays;          /* session: it stays in the runtime directory */
	unsigned qr_columns, qr_rows; /* 0: no picture is wanted */
	int64_t timeout;              /* seconds, 1 to BF_LOGIN_TIMEOUT_MAX */
};

#define BF_AUTO_LOGIN_REQUEST BF_CLEANUP(bf_login_request_release)
void bf_login_request_release(struct bf_login_request *request);

/* Read until its empty line. BAD_CALL: it is none, or something that must be there is not. */
BF_MUST_USE enum bfabric_status bf_login_request_read(
	int fd, struct bf_login_request *ret, struct bfabric_error *err);

/* Has the list `key` ("expect[]", "group[]") any value? */
bool bf_login_request_has(const struct bf_login_request *request, const char *key);

#endif
