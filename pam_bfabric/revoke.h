/*
 * revoke.h - tokens that reach nobody are given back to the server (RFC 7009), by a child that is
 * neither root nor the user. That is tried once; the log says what became of it.
 */
#ifndef PAM_BFABRIC_REVOKE_H
#define PAM_BFABRIC_REVOKE_H

#include "call.h"
#include "grant.h"

/* Waits at most two seconds; then the child is left to finish. An empty grant is fine. */
void bf_pam_revoke(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_grant *grant);

/* The same for who has more to do: waits until `deadline` (CLOCK_BOOTTIME ms). */
void bf_pam_revoke_until(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_grant *grant, int64_t deadline);

#endif
