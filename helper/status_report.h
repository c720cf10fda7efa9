/*
 * status_report.h - the state of a login, in words and as JSON.
 */
#ifndef BF_STATUS_REPORT_H
#define BF_STATUS_REPORT_H

#include <jansson.h>
#include "../libbfabric/base/secret.h"
#include "status_store.h"

/*
 * Can a token be had? OK; NOT_LOGGED_IN when there is no login at all; LOGIN_REQUIRED when it ended
 * and nothing can renew it. The text says which; the exit code of `bfabric auth status` follows.
 */
BF_MUST_USE enum bfabric_status bf_status_verdict(
	const struct bfabric_session_status *status, struct bfabric_error *err);

/* Lines "label  value", for a person. `store` NULL: nobody asked it. */
void bf_status_put_text(const struct bfabric_session_status *status,
	const struct bf_status_store *store, struct bf_secret *out);

/*
 * One JSON object, `version` 1; members are null where there is nothing to say. `verdict` is what
 * bf_status_verdict said, its text empty when a token can be had.
 */
BF_MUST_USE enum bfabric_status bf_status_put_json(const struct bfabric_session_status *status,
	const struct bf_status_store *store, const struct bfabric_error *verdict,
	struct bf_secret *out, struct bfabric_error *err);

/* The object itself, without `version`; owned by the caller. NULL: out of memory. */
json_t *bf_status_json(const struct bfabric_session_status *status,
	const struct bf_status_store *store, const struct bfabric_error *verdict);

/* "2026-11-23 14:05:00", local time. */
void bf_status_time(int64_t at, char *buf, size_t size);
/* "3 days", "7 h 59 min", "12 min", "40 s"; the sign does not count. */
void bf_status_span(int64_t seconds, char *buf, size_t size);

#endif
