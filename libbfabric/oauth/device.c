/* device.c - when to poll and when to stop (RFC 8628, section 3.5). */
#include "device.h"

#define SLOW_DOWN_MS   5000
#define BACKOFF_MAX_MS 60000

static int64_t min_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max_ms(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void bf_device_flow_init(
	struct bf_device_flow *flow, const struct bf_device *device, int64_t now_ms)
{
	*flow = (struct bf_device_flow){
		.interval_ms = device->interval * 1000,
		.expires_ms = now_ms + device->expires_in * 1000,
	};
	flow->next_ms = min_ms(now_ms + flow->interval_ms, flow->expires_ms);
}

/* The first delay after trouble is twice the interval, as the RFC suggests. */
static void back_off(struct bf_device_flow *flow)
{
	int64_t last = flow->backoff_ms ? flow->backoff_ms : flow->interval_ms;

	flow->backoff_ms = max_ms(flow->interval_ms, min_ms(last * 2, BACKOFF_MAX_MS));
}

static enum bf_device_action fail(struct bfabric_error *err, enum bfabric_status status,
	const struct bfabric_error *why, const char *otherwise)
{
	if (why && why->status == BFABRIC_NO_MEMORY)
		(void)bf_fail_nomem(err);
	else
		(void)bf_fail(err, status, "%s", why && *why->text ? why->text : otherwise);
	return BF_DEVICE_FAILED;
}

/* Whoever asks again without an event must not poll faster than the server allows. */
static void schedule(struct bf_device_flow *flow, int64_t now_ms)
{
	int64_t delay = max_ms(flow->interval_ms, flow->backoff_ms);

	flow->next_ms = min_ms(now_ms + delay, flow->expires_ms);
}

/* Let time pass: wait, poll, or find that the code has expired. */
static enum bf_device_action tick(struct bf_device_flow *flow, int64_t now_ms,
	int64_t *ret_until_ms, struct bfabric_error *err)
{
	if (flow->polled && flow->backoff_ms)
		return fail(err, BFABRIC_RETRY_LATER, /* why= */ NULL,
			"the server could not be reached until the code expired");
	if (flow->polled)
		return fail(err, BFABRIC_TIMEOUT, /* why= */ NULL,
			"the code expired before the login was approved");
	if (now_ms < flow->next_ms) {
		*ret_until_ms = flow->next_ms;
		return BF_DEVICE_WAIT;
	}
	flow->polled = now_ms >= flow->expires_ms; /* that was the last one */
	schedule(flow, now_ms);
	return BF_DEVICE_POLL;
}

/* The login is still possible: set the time of the next poll. */
static enum bf_device_action go_on(struct bf_device_flow *flow, int64_t now_ms,
	int64_t *ret_until_ms, struct bfabric_error *err)
{
	schedule(flow, now_ms);
	return tick(flow, now_ms, ret_until_ms, err);
}

static enum bf_device_action after_reply(struct bf_device_flow *flow, enum bf_token_verdict verdict,
	const struct bfabric_error *why, int64_t now_ms, int64_t *ret_until_ms,
	struct bfabric_error *err)
{
	switch (verdict) {
	case BF_TOKEN_ISSUED:
		return BF_DEVICE_DONE;
	case BF_TOKEN_PENDING:
		flow->backoff_ms = 0;
		return go_on(flow, now_ms, ret_until_ms, err);
	case BF_TOKEN_SLOW_DOWN:
		flow->backoff_ms = 0;
		flow->interval_ms += SLOW_DOWN_MS;
		return go_on(flow, now_ms, ret_until_ms, err);
	case BF_TOKEN_TRANSIENT:
		back_off(flow);
		return go_on(flow, now_ms, ret_until_ms, err);
	case BF_TOKEN_DENIED:
		return fail(err, BFABRIC_DENIED, why, "the login was denied");
	case BF_TOKEN_CODE_EXPIRED:
		return fail(err, BFABRIC_TIMEOUT, why, "the code expired");
	case BF_TOKEN_GRANT_REFUSED:
	case BF_TOKEN_CLIENT_REFUSED:
	case BF_TOKEN_REQUEST_REFUSED:
	case BF_TOKEN_REFUSED:
		return fail(err, BFABRIC_DENIED, why, "the server refused the login");
	case BF_TOKEN_GARBAGE:
		break;
	}
	return fail(err, BFABRIC_BAD_REPLY, why, "the server answered nonsense");
}

enum bf_device_action bf_device_step(struct bf_device_flow *flow, enum bf_device_event event,
	enum bf_token_verdict verdict, const struct bfabric_error *why, int64_t now_ms,
	int64_t *ret_until_ms, struct bfabric_error *err)
{
	switch (event) {
	case BF_DEVICE_REPLY:
		return after_reply(flow, verdict, why, now_ms, ret_until_ms, err);
	case BF_DEVICE_NO_REPLY:
		back_off(flow);
		return go_on(flow, now_ms, ret_until_ms, err);
	case BF_DEVICE_NOTHING:
		break;
	}
	return tick(flow, now_ms, ret_until_ms, err);
}
