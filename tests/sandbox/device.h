/* SPDX-License-Identifier: MIT */
/*
 * Device codes (RFC 8628): what the device endpoint gives out, the page decides, and polls fetch.
 * Under the lock of struct sandbox.
 */
#ifndef SB_DEVICE_H
#define SB_DEVICE_H

#include "sandbox.h"

#define SB_DEVICES_MAX 10000
#define SB_USER_CODE   9 /* XXXX-XXXX */

enum sb_device_state { SB_PENDING, SB_APPROVED, SB_DENIED, SB_EXPIRED, SB_USED };

struct sb_device {
	unsigned char digest[SB_DIGEST_LEN]; /* of the device code */
	char user_code[SB_USER_CODE + 1];
	const struct sb_client *client;
	char *scope;
	char *user; /* who approved it */
	enum sb_device_state state;
	double created;
	double expires;
	double last_poll; /* 0: none yet */
	int interval;
	int polls;
	struct sb_device *next;
};

/* The state now: expiry and --auto-approve happen when somebody looks. */
enum sb_device_state sb_device_look(struct sandbox *sb, struct sb_device *device);
/* The newest with this user code, however it was typed (case, blanks, dashes); NULL if unknown. */
struct sb_device *sb_device_by_user_code(struct sandbox *sb, const char *typed);
/* Approves, denies or expires a pending one; false if it is not pending. */
bool sb_device_decide(struct sandbox *sb, struct sb_device *device, enum sb_device_state state);
const char *sb_device_state_name(enum sb_device_state state);
json_t *sb_devices_json(struct sandbox *sb);
void sb_devices_release(struct sandbox *sb);

#endif
