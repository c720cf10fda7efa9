/* login_talk.c - see login_talk.h. */
#include "login_talk.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "../libbfabric/base/cancel.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/sys.h"
#include "../libbfabric/qr.h"

bool bf_login_say(const struct bf_login_talk *talk, const struct bf_line *line)
{
	BF_AUTO_SECRET struct bf_secret bytes = BF_SECRET_INIT;

	bf_line_put(&bytes, line);
	return !bytes.failed && bf_write_all(talk->fd, bf_secret_reveal(&bytes), bytes.len);
}

bool bf_login_heard_out(
	const struct bf_login_talk *talk, const struct bfabric_cancel *cancel, int64_t deadline)
{
	struct pollfd ready[] = {
		{.fd = talk->fd, .events = POLLIN},
		{.fd = bf_cancel_fd(cancel), .events = POLLIN},
	};

	if (shutdown(talk->fd, SHUT_WR) != 0)
		return false;
	for (;;) {
		int64_t left = deadline - bf_boot_ms(&bf_sys_real);
		char byte;
		ssize_t n;

		if (left <= 0 ||
			(poll(ready, 2, (int)(left < 1000 ? left : 1000)) < 0 && errno != EINTR))
			return false;
		n = recv(talk->fd, &byte, 1, MSG_DONTWAIT);
		if (n == 0)
			return true;
		if (n > 0 || (errno != EAGAIN && errno != EINTR) || bf_cancelled(cancel))
			return false; /* it had said all that it had to say before */
	}
}

static void end_talk(struct bf_login_talk *talk, enum bfabric_status status, const char *text)
{
	if (talk->trouble.status == BFABRIC_OK)
		(void)bf_fail(&talk->trouble, status, "%s", text);
	bfabric_cancel_now(talk->cancel);
}

/* What stands before a query says where a URI leads. */
static bool leads_to(const struct bf_url *base, const char *uri)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	BF_AUTO_SECRET struct bf_secret place = BF_SECRET_INIT;

	bf_secret_put(&place, uri, strcspn(uri, "?#"));
	return !place.failed &&
	       bf_url_parse(bf_secret_reveal(&place), &url, /* err= */ NULL) == BFABRIC_OK &&
	       bf_url_same_origin(&url, base);
}

static int64_t seconds_left(const struct bf_login_talk *talk, int64_t left_ms)
{
	int64_t ours = talk->deadline - bf_boot_ms(&bf_sys_real);

	if (ours < left_ms)
		left_ms = ours;
	return left_ms > 0 ? left_ms / 1000 : 0;
}

/* Before the code, which is shown at once when it comes. What cannot be drawn is left out. */
static void draw(const struct bf_login_talk *talk, const char *uri)
{
	BF_AUTO_SECRET struct bf_secret picture = BF_SECRET_INIT;
	struct bf_line line = {.verb = BF_LINE_QR};

	if (!talk->qr_columns || !talk->qr_rows ||
		!bf_qr_put(uri, BF_QR_PLAIN, talk->qr_columns, talk->qr_rows, &picture))
		return;
	while (picture.len > 0 && !picture.failed) {
		BF_AUTO_SECRET struct bf_secret rest = BF_SECRET_INIT;
		BF_AUTO_SECRET struct bf_secret row = BF_SECRET_INIT;
		const char *text = bf_secret_reveal(&picture);
		const size_t n = strcspn(text, "\n");

		bf_secret_put(&row, text, n);
		bf_secret_puts(&rest, text + n + (text[n] == '\n'));
		line.row = bf_secret_reveal(&row);
		if (row.failed || rest.failed || !bf_login_say(talk, &line))
			return;
		bf_secret_move(&picture, &rest);
	}
}

static void show_code(void *data, const struct bfabric_device_code *code)
{
	struct bf_login_talk *talk = data;
	const struct bf_line line = {
		.verb = BF_LINE_CODE,
		.user_code = code->user_code,
		.uri = code->verification_uri,
		.uri_complete = code->verification_uri_complete,
		.seconds = seconds_left(talk, code->expires_in * 1000),
	};

	if (!leads_to(talk->base, code->verification_uri) ||
		(code->verification_uri_complete &&
			!leads_to(talk->base, code->verification_uri_complete)))
		end_talk(talk, BFABRIC_BAD_REPLY,
			"the server sends people who log in to another server");
	else
		draw(talk, line.uri_complete ? line.uri_complete : line.uri);
	if (talk->trouble.status == BFABRIC_OK && !bf_login_say(talk, &line))
		end_talk(talk, BFABRIC_CANCELLED, "the code could not be shown");
}

static bool gone(int fd)
{
	struct pollfd end = {.fd = fd};

	return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static void waiting(void *data, int64_t left_ms)
{
	struct bf_login_talk *talk = data;
	const struct bf_line line = {.verb = BF_LINE_WAIT, .seconds = seconds_left(talk, left_ms)};

	if (gone(talk->fd)) {
		end_talk(talk, BFABRIC_CANCELLED, "nobody waits for the login any more");
		return;
	}
	if (line.seconds == talk->said)
		return;
	talk->said = line.seconds;
	if (!bf_login_say(talk, &line))
		end_talk(talk, BFABRIC_CANCELLED, "nobody waits for the login any more");
}

struct bfabric_ui bf_login_talk_ui(struct bf_login_talk *talk)
{
	return (struct bfabric_ui){.data = talk, .show_code = show_code, .waiting = waiting};
}
