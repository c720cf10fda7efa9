/*
 * flow_request.h - what bfabric-pam-login is asked for (line.h); only flow.c includes it.
 */
#ifndef PAM_BFABRIC_FLOW_REQUEST_H
#define PAM_BFABRIC_FLOW_REQUEST_H

#include "flow.h"
#include "qr_room.h"

/* `room` of 0 rows: no picture. DENIED: nobody may approve for this user; out->failed: no memory.
 */
BF_MUST_USE enum bfabric_status bf_pam_flow_request(const struct bf_pam_flow *flow,
	const struct bf_pam_room *room, struct bf_secret *out, struct bfabric_error *err);

#endif
