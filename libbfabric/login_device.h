/*
 * login_device.h - the device grant (RFC 8628) up to the token, for those who decide themselves
 * what becomes of it; bf_login_device (login.h) saves it at once.
 *
 *	BF_AUTO_DEVICE_LOGIN struct bf_device_login login = {.sure = true};
 *	status = bf_device_login_run(&login, session, ui, deadline, err);
 *	if (status == BFABRIC_OK)
 *		bf_device_login_grant(&login, &grant);	for bf_login_save, or bf_login_undo
 */
#ifndef BF_LOGIN_DEVICE_H
#define BF_LOGIN_DEVICE_H

#include "login_flow.h"
#include "oauth/device.h"

struct bf_device_login {
	/*
	 * A poll whose request has left is waited for, up to 30 s, whoever wishes to stop and
	 * whatever the deadline: it may bring the token, and nobody else knows that there is one.
	 */
	bool sure;
	struct bf_login_flow flow;
	struct bf_device device;
	struct bf_secret client_secret; /* empty: a public client */
	json_t *reply;                  /* of the token endpoint, accepted by bf_token_accept */
	int64_t date;                   /* its Date, Unix seconds; 0: it had none */
};

#define BF_AUTO_DEVICE_LOGIN BF_CLEANUP(bf_device_login_release)
void bf_device_login_release(struct bf_device_login *login);

/* Discover, ask for a code, show it, poll. As bf_login_device, but nothing is saved. */
BF_MUST_USE enum bfabric_status bf_device_login_run(struct bf_device_login *login,
	struct bfabric_session *session, const struct bfabric_ui *ui, int64_t deadline,
	struct bfabric_error *err);

/* What it brought; borrows from `login`. */
void bf_device_login_grant(const struct bf_device_login *login, struct bf_login_grant *ret);

#endif
