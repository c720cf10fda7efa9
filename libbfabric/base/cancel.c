#include "cancel.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum bfabric_status bfabric_cancel_new(
	struct bfabric_cancel **ret_cancel, struct bfabric_error *err)
{
	struct bfabric_cancel *cancel = calloc(1, sizeof(*cancel));

	if (!cancel)
		return bf_fail_nomem(err);
	cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (cancel->fd < 0) {
		free(cancel);
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make an event descriptor: %m");
	}
	*ret_cancel = cancel;
	return BFABRIC_OK;
}

/* write(2) is async-signal-safe; a counter that is full says the same. */
void bfabric_cancel_now(struct bfabric_cancel *cancel)
{
	static const uint64_t one = 1;

	if (cancel)
		(void)!write(cancel->fd, &one, sizeof(one));
}

void bfabric_cancel_free(struct bfabric_cancel *cancel)
{
	if (!cancel)
		return;
	close(cancel->fd);
	free(cancel);
}

int bf_cancel_fd(const struct bfabric_cancel *cancel)
{
	return cancel ? cancel->fd : -1;
}

static bool wait_for_wish(const struct bfabric_cancel *cancel, int64_t ms)
{
	struct pollfd wish = {.fd = cancel->fd, .events = POLLIN};

	/* Interrupted: the caller looks at its clock. */
	return poll(&wish, 1, ms > 1000 ? 1000 : (int)ms) == 1;
}

bool bf_cancelled(const struct bfabric_cancel *cancel)
{
	return cancel && wait_for_wish(cancel, 0);
}

void bf_cancel_sleep(const struct bfabric_cancel *cancel, const struct bf_sys *sys, int64_t ms)
{
	if (ms <= 0)
		return;
	if (cancel && sys == &bf_sys_real)
		(void)wait_for_wish(cancel, ms); /* the caller asks bf_cancelled */
	else
		bf_sleep_ms(sys, ms);
}
