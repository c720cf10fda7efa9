/*
 * qr_room.h - may a QR code be shown, and how large?
 *
 * With qr=auto only where it is known to come out as it is sent: on the console of login(1), when
 * the terminal is in UTF-8 mode (IUTF8), and as large as that terminal. ssh shows such characters
 * as octal numbers in some locales, so that sshd needs qr=on.
 */
#ifndef PAM_BFABRIC_QR_ROOM_H
#define PAM_BFABRIC_QR_ROOM_H

#include "call.h"

struct bf_pam_room {
	unsigned columns, rows;
};

/* False: no picture. */
BF_MUST_USE bool bf_pam_qr_room(
	const struct bf_pam_call *call, const struct bf_pam_conf *conf, struct bf_pam_room *ret);

#endif
