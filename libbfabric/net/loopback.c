/* loopback.c - see loopback.h. */
#include "loopback.h"
#include "owner.h"
#include "../base/sys.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 16
#define BYTES_MAX   ((size_t)32 << 10) /* the visitor makes up its mind before */
#define READ_MS     10000              /* from the first byte, or none, to a whole request */
#define SEND_MS     2000
#define LINGER_MS   1000

struct connection {
	int fd; /* -1: free */
	int64_t end_ms;
	bool answered; /* only waits for the peer to close */
	bool seen;     /* what it sent, if anything, was looked at once */
	struct bf_secret received;
};

struct bf_loopback {
	int fd;
	bool ipv6;
	unsigned port, strangers;
	struct connection connections[CONNECTIONS];
	int held; /* -1 */
};

static int64_t now_ms(void)
{
	return bf_boot_ms(&bf_sys_real);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void hang_up(struct connection *c)
{
	if (c->fd >= 0)
		(void)close(c->fd); /* whatever it says, there is nothing left to do */
	c->fd = -1;
	c->answered = c->seen = false;
	bf_secret_release(&c->received);
}

static void close_listener(struct bf_loopback *l)
{
	bf_closep(&l->fd);
	l->fd = -1;
	for (int i = 0; i < CONNECTIONS; i++)
		if (l->connections[i].fd != l->held)
			hang_up(&l->connections[i]);
}

void bf_loopback_free(struct bf_loopback *l)
{
	if (!l)
		return;
	l->held = -1;
	close_listener(l);
	free(l);
}

static enum bfabric_status fail_to_bind(
	const struct bf_loopback *l, unsigned port, struct bfabric_error *err)
{
	if (errno == EADDRINUSE && port)
		return bf_fail(err, BFABRIC_SYSTEM,
			"port %u of %s is in use, by another login or another program: choose "
			"another port, or none in particular",
			port, bf_loopback_host(l));
	if (errno == EACCES && port)
		return bf_fail(err, BFABRIC_SYSTEM,
			"port %u is reserved for the system: choose one from 1024 on", port);
	return bf_fail(
		err, BFABRIC_SYSTEM, "cannot wait for a browser on %s: %m", bf_loopback_host(l));
}

static int bind_to(int fd, bool ipv6, unsigned port)
{
	struct sockaddr_in four = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons((uint16_t)port)};

	return ipv6 ? bind(fd, (struct sockaddr *)&six, sizeof(six))
		    : bind(fd, (struct sockaddr *)&four, sizeof(four));
}

static bool find_port(struct bf_loopback *l)
{
	struct sockaddr_in6 six = {0};
	struct sockaddr_in four = {0};
	socklen_t size = sizeof(six);

	if (getsockname(l->fd, (struct sockaddr *)&six, &size) != 0)
		return false;
	memcpy(&four, &six, sizeof(four));
	l->port = ntohs(l->ipv6 ? six.sin6_port : four.sin_port);
	return true;
}

static enum bfabric_status start(struct bf_loopback *l, unsigned port, struct bfabric_error *err)
{
	int one = 1;

	l->fd = socket(l->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A port that was used a moment ago can be used again; never by two at a time. */
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
		bind_to(l->fd, l->ipv6, port) != 0 || listen(l->fd, SOMAXCONN) != 0 ||
		!find_port(l))
		return fail_to_bind(l, port, err);
	return BFABRIC_OK;
}

enum bfabric_status bf_loopback_open(
	bool ipv6, unsigned port, struct bf_loopback **ret, struct bfabric_error *err)
{
	struct bf_loopback *l = NULL;
	enum bfabric_status status;

	if (port > 65535)
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no port %u", port);
	l = calloc(1, sizeof(*l));
	if (!l)
		return bf_fail_nomem(err);
	l->ipv6 = ipv6;
	l->held = -1;
	for (int i = 0; i < CONNECTIONS; i++)
		l->connections[i] = (struct connection){.fd = -1, .received.max = BYTES_MAX};
	status = start(l, port, err);
	if (status == BFABRIC_OK)
		*ret = l;
	else
		bf_loopback_free(l);
	return status;
}

unsigned bf_loopback_port(const struct bf_loopback *l)
{
	return l->port;
}

const char *bf_loopback_host(const struct bf_loopback *l)
{
	return l->ipv6 ? "[::1]" : "127.0.0.1";
}

unsigned bf_loopback_strangers(const struct bf_loopback *l)
{
	return l->strangers;
}

/* ---- connections ----------------------------------------------------------------------------- */

static struct connection *oldest(struct bf_loopback *l)
{
	struct connection *found = NULL;

	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &l->connections[i];

		if (c->fd >= 0 && (!found || c->end_ms < found->end_ms))
			found = c;
	}
	return found;
}

/*
 * A free place; if there is none, that of the one who has had the longest time; NULL: all came just
 * now. Nobody is sent away unread, or a crowd could push the browser out before it was heard.
 */
static struct connection *find_room(struct bf_loopback *l)
{
	struct connection *found = NULL;

	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &l->connections[i];

		if (c->fd < 0)
			return c;
		if (c->seen && (!found || c->end_ms < found->end_ms))
			found = c;
	}
	return found;
}

static void take_in(struct bf_loopback *l, struct connection *c, int fd)
{
	if (bf_owner_of_peer(fd) == BF_OWNER_OTHER) {
		l->strangers++;
		(void)close(fd);
		return;
	}
	hang_up(c);
	c->fd = fd;
	c->received.max = BYTES_MAX;
	c->end_ms = now_ms() + READ_MS;
}

static enum bfabric_status accept_all(struct bf_loopback *l, struct bfabric_error *err)
{
	/* So many at a time: somebody who connects without end must not keep us here. */
	for (int i = 0; i < 2 * CONNECTIONS; i++) {
		struct connection *room = find_room(l);
		int fd = -1;

		if (!room)
			return BFABRIC_OK;
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			take_in(l, room, fd);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED || errno == EAGAIN)
			return BFABRIC_OK;
		if (!oldest(l))
			return bf_fail(err, BFABRIC_SYSTEM, "cannot take a connection: %m");
		hang_up(oldest(l)); /* no descriptors: those who wait longest give theirs */
	}
	return BFABRIC_OK;
}

/* All that fits the socket's buffer; a reply that does not is cut, as its reader hangs. */
static void send_off(struct connection *c, const struct bf_secret *reply)
{
	(void)!send(c->fd, bf_secret_reveal(reply), reply->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(c->fd, SHUT_WR);
	/* Closed with unread bytes, the reply would be lost by a reset: wait for the peer's end. */
	bf_secret_release(&c->received);
	c->answered = true;
	c->end_ms = now_ms() + LINGER_MS;
}

/* False: the connection is over. */
static bool read_some(struct connection *c)
{
	char bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n > 0 && !c->answered)
		bf_secret_put(&c->received, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof(bytes));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	return n > 0 && !c->received.failed;
}

/* True: this connection is to be held. */
static bool serve(struct connection *c, const struct bf_loopback_watch *watch)
{
	BF_AUTO_SECRET struct bf_secret reply = BF_SECRET_INIT;

	if (!read_some(c)) {
		hang_up(c);
		return false;
	}
	if (c->answered)
		return false;
	switch (watch->visit(
		watch->data, bf_secret_reveal(&c->received), c->received.len, &reply)) {
	case BF_LOOPBACK_MORE:
		return false;
	case BF_LOOPBACK_ANSWER:
		send_off(c, &reply);
		return false;
	case BF_LOOPBACK_HOLD:
		return true;
	}
	return false;
}

static bool serve_all(struct bf_loopback *l, const struct bf_loopback_watch *watch,
	const struct pollfd ready[CONNECTIONS])
{
	int64_t now = now_ms();

	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &l->connections[i];

		if (c->fd < 0)
			continue;
		if (ready[i].revents && serve(c, watch)) {
			l->held = c->fd;
			close_listener(l);
			return true;
		}
		c->seen = true;
		if (c->fd >= 0 && now >= c->end_ms)
			hang_up(c);
	}
	return false;
}

/* ---- waiting --------------------------------------------------------------------------------- */

enum { CANCEL, PASTE, LISTENER, FIRST };

static void fill(const struct bf_loopback *l, const struct bf_loopback_watch *watch,
	struct pollfd polled[FIRST + CONNECTIONS])
{
	polled[CANCEL] = (struct pollfd){.fd = watch->cancel_fd, .events = POLLIN};
	polled[PASTE] = (struct pollfd){.fd = watch->paste_fd, .events = POLLIN};
	polled[LISTENER] = (struct pollfd){.fd = l->fd, .events = POLLIN};
	for (int i = 0; i < CONNECTIONS; i++)
		polled[FIRST + i] = (struct pollfd){.fd = l->connections[i].fd, .events = POLLIN};
}

static int until_next_end(struct bf_loopback *l, int timeout_ms)
{
	const struct connection *c = oldest(l);
	int64_t left = c ? c->end_ms - now_ms() : timeout_ms;

	if (left > timeout_ms)
		return timeout_ms;
	return left > 0 ? (int)left : 0;
}

enum bfabric_status bf_loopback_wait(struct bf_loopback *l, const struct bf_loopback_watch *watch,
	int timeout_ms, enum bf_loopback_event *ret, struct bfabric_error *err)
{
	struct pollfd polled[FIRST + CONNECTIONS];
	enum bfabric_status status = BFABRIC_OK;

	*ret = BF_LOOPBACK_TIME;
	fill(l, watch, polled);
	if (poll(polled, FIRST + CONNECTIONS, until_next_end(l, timeout_ms)) < 0)
		return errno == EINTR ? BFABRIC_OK
				      : bf_fail(err, BFABRIC_SYSTEM, "cannot wait: %m");
	if (polled[CANCEL].revents) {
		*ret = BF_LOOPBACK_CANCELLED;
		return BFABRIC_OK;
	}
	if (serve_all(l, watch, polled + FIRST)) {
		*ret = BF_LOOPBACK_HELD;
		return BFABRIC_OK;
	}
	if (polled[LISTENER].revents)
		status = accept_all(l, err);
	if (status == BFABRIC_OK && polled[PASTE].revents)
		*ret = BF_LOOPBACK_PASTED;
	return status;
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* Wait for `events` until `end_ms`. */
static bool ready_until(int fd, short events, int64_t end_ms)
{
	struct pollfd one = {.fd = fd, .events = events};
	int64_t left = end_ms - now_ms();

	return left > 0 && (poll(&one, 1, (int)left) > 0 || errno == EINTR);
}

static void send_all(int fd, const char *bytes, size_t len)
{
	int64_t end_ms = now_ms() + SEND_MS;

	while (len && ready_until(fd, POLLOUT, end_ms)) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

void bf_loopback_answer(struct bf_loopback *l, const struct bf_secret *reply)
{
	int64_t end_ms;
	char rest[1024];

	if (l->held < 0)
		return;
	send_all(l->held, bf_secret_reveal(reply), reply->len);
	(void)shutdown(l->held, SHUT_WR);
	end_ms = now_ms() + LINGER_MS;
	while (ready_until(l->held, POLLIN, end_ms) &&
		recv(l->held, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	l->held = -1;
	close_listener(l);
}
