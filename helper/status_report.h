/*
 * status_report.h - the state of a login, in words and as JSON.
 */
#ifndef BF_STATUS_REPORT_H
#define BF_STATUS_REPORT_H

#include "../libbfabric/base/secret.h"

/*
 * Can a token be had? OK; NOT_LOGGED_IN when there is no login at all; LOGIN_REQUIRED when it ended
 * and nothing can renew it. The text says which; the exit code of `bfabric auth status` follows.
 */
BF_MUST_USE enum bfabric_status bf_status_verdict(
	const struct bfabric_session_status *status, struct bfabric_error *err);

/* Lines "label  value", for a person. */
void bf_status_put_text(const struct bfabric_session_status *status, struct bf_secret *out);

/*
 * One JSON object, `version` 1; members are null where there is nothing to say. `verdict` is what
 * bf_status_verdict said, its text empty when a token can be had.
 */
BF_MUST_USE enum bfabric_status bf_status_put_json(const struct bfabric_session_status *status,
	const struct bfabric_error *verdict, struct bf_secret *out, struct bfabric_error *err);

#endif
