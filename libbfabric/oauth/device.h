/*
 * device.h - the device authorization grant (RFC 8628) as a state machine without socket or clock.
 *
 * Someone starts it, shows the code to a person, and then asks bf_device_step what to do, giving it
 * what came of the last poll and the time. Fifteen minutes of polling are tested in microseconds,
 * and every front end shares one behaviour.
 *
 *	for (;;) {
 *		switch (bf_device_step(&flow, event, now_ms, &until, &err)) {
 *		case BF_DEVICE_WAIT: sleep until `until`; event = BF_DEVICE_NOTHING; continue;
 *		case BF_DEVICE_POLL: perform the poll; event = what came; continue;
 *		...
 */
#ifndef BF_DEVICE_H
#define BF_DEVICE_H

#include "grant.h"

/* Reply of the device authorization endpoint (section 3.2). */
struct bf_device {
	struct bf_secret device_code;
	char *user_code;
	char *verification_uri;
	char *verification_uri_complete; /* NULL: not sent */
	int64_t expires_in;              /* seconds; 600 when missing or nonsense, at most 86400 */
	int64_t interval;                /* seconds; 5 when missing, 1..60 */
};

#define BF_AUTO_DEVICE BF_CLEANUP(bf_device_release)
void bf_device_release(struct bf_device *device);

/* Section 3.1. The client is public: client_id in the body. scope may be NULL. */
BF_MUST_USE enum bfabric_status bf_device_start_build(const char *endpoint, const char *client_id,
	const char *scope, struct bf_request *ret_request, struct bfabric_error *err);

/*
 * BAD_REPLY, RETRY_LATER (5xx, HTML 404), DENIED (the server's OAuth error). What is shown to a
 * person is checked here: user_code is short printable ASCII; both URIs are http(s) URIs of
 * printable ASCII, at most 2,000 bytes.
 */
BF_MUST_USE enum bfabric_status bf_device_start_accept(
	const struct bf_reply *reply, struct bf_device *ret_device, struct bfabric_error *err);

/* What happened since the last step. */
enum bf_device_event {
	BF_DEVICE_NOTHING,  /* only time passed */
	BF_DEVICE_REPLY,    /* a reply came: see verdict */
	BF_DEVICE_NO_REPLY, /* network trouble or a timeout */
};

enum bf_device_action {
	BF_DEVICE_WAIT,   /* nothing to do until *ret_until_ms */
	BF_DEVICE_POLL,   /* send the poll now */
	BF_DEVICE_DONE,   /* the verdict was ISSUED */
	BF_DEVICE_FAILED, /* err is filled: DENIED, TIMEOUT (code expired), BAD_REPLY, RETRY_LATER
			   */
};

/* Times in milliseconds of any monotonic clock. Zero it with bf_device_flow_init. */
struct bf_device_flow {
	int64_t next_ms, expires_ms;
	int64_t interval_ms; /* grows by 5 s for good on slow_down */
	int64_t backoff_ms;  /* doubles on trouble, 0 when a reply came; capped at 60 s */
	bool polled;
};

void bf_device_flow_init(
	struct bf_device_flow *flow, const struct bf_device *device, int64_t now_ms);

/*
 * First poll after one interval; authorization_pending keeps the interval; slow_down adds 5 s for
 * good; no reply and transient replies back off exponentially (section 3.5), always at least the
 * interval; a poll that would come after the expiry is sent at the expiry at the latest, once.
 * `verdict` and `why` count only for BF_DEVICE_REPLY (`why` is bf_token_accept's error, may be
 * NULL).
 */
enum bf_device_action bf_device_step(struct bf_device_flow *flow, enum bf_device_event event,
	enum bf_token_verdict verdict, const struct bfabric_error *why, int64_t now_ms,
	int64_t *ret_until_ms, struct bfabric_error *err);

#endif
