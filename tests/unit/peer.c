/* peer.c - see peer.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "peer.h"
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on_loopback(unsigned *ret_port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

unsigned peer_free_port(void)
{
	unsigned port = 0;

	close(listen_on_loopback(&port));
	return port;
}

static void close_conn(struct peer_conn *conn)
{
	SSL_free(conn->tls);
	conn->tls = NULL;
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
}

void peer_reset(struct peer_conn *conn)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close_conn(conn);
}

/* Bytes are there; false when the peer is stopped or the client is silent for ever. */
static bool readable(struct peer_conn *conn)
{
	struct pollfd p = {.fd = conn->fd, .events = POLLIN};

	while (!conn->peer->stopping && (!conn->tls || !SSL_pending(conn->tls)))
		if (poll(&p, 1, /* ms= */ 20) != 0)
			break;
	return !conn->peer->stopping;
}

static bool read_some(struct peer_conn *conn)
{
	char part[16384];
	ssize_t n;

	if (conn->fd < 0 || !readable(conn))
		return false;
	n = conn->tls ? SSL_read(conn->tls, part, sizeof(part))
		      : read(conn->fd, part, sizeof(part));
	if (n <= 0)
		return false;
	bf_secret_put(&conn->peer->seen, part, (size_t)n);
	return true;
}

bool peer_send(struct peer_conn *conn, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = conn->tls ? SSL_write(conn->tls, p, len > 16384 ? 16384 : (int)len)
				      : send(conn->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool peer_puts(struct peer_conn *conn, const char *text)
{
	return peer_send(conn, text, strlen(text));
}

bool peer_receive(struct peer_conn *conn)
{
	const struct bf_secret *seen = &conn->peer->seen;
	const size_t from = seen->len;
	const char *head_end = NULL, *length = NULL;
	size_t want = 0;

	while (!(head_end = strstr(bf_secret_reveal(seen) + from, "\r\n\r\n")))
		if (!read_some(conn))
			return false;
	length = strcasestr(bf_secret_reveal(seen) + from, "\r\nContent-Length: ");
	if (length && length < head_end)
		want = strtoul(length + 18, NULL, 10);
	want += (size_t)(head_end + 4 - bf_secret_reveal(seen));
	while (seen->len < want)
		if (!read_some(conn))
			return false;
	conn->peer->requests++;
	return true;
}

void peer_hang(struct peer_conn *conn)
{
	while (read_some(conn))
		;
}

/* Something to read on this connection, before another client knocks? */
static bool wanted(struct peer_conn *conn)
{
	struct pollfd p[] = {
		{.fd = conn->fd, .events = POLLIN}, {.fd = conn->peer->listener, .events = POLLIN}};

	if (conn->tls && SSL_pending(conn->tls))
		return true;
	return poll(p, 2, /* ms= */ -1) > 0 && p[0].revents;
}

void peer_serve_answer(struct peer_conn *conn)
{
	while (wanted(conn) && peer_receive(conn) && peer_puts(conn, conn->peer->answer))
		;
}

bool peer_handshake(struct peer_conn *conn)
{
	conn->tls = SSL_new(conn->peer->tls);
	return readable(conn) && conn->tls && SSL_set_fd(conn->tls, conn->fd) == 1 &&
	       SSL_accept(conn->tls) == 1;
}

static void serve_one(struct peer *peer, int fd)
{
	struct peer_conn conn = {.fd = fd, .peer = peer};
	bool open = true;

	peer->connections++;
	if (peer->tunnel)
		open = peer_receive(&conn) &&
		       peer_puts(&conn, "HTTP/1.1 200 Connection established\r\n\r\n");
	if (open && peer->tls)
		open = peer_handshake(&conn);
	if (open)
		peer->serve(&conn);
	close_conn(&conn);
}

static void *run(void *data)
{
	struct peer *peer = data;

	while (!peer->stopping) {
		int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			serve_one(peer, fd);
	}
	return NULL;
}

/* OpenSSL writes without MSG_NOSIGNAL: the peer's thread does without SIGPIPE, the test does not.
 */
void peer_start(struct peer *peer)
{
	sigset_t pipe_only, before;

	peer->listener = listen_on_loopback(&peer->port);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void peer_stop(struct peer *peer)
{
	if (peer->stopping)
		return;
	peer->stopping = true;
	shutdown(peer->listener, SHUT_RDWR); /* ends accept() */
	assert_int_equal(pthread_join(peer->thread, NULL), 0);
	close(peer->listener);
}

void peer_release(struct peer *peer)
{
	if (peer->thread)
		peer_stop(peer);
	SSL_CTX_free(peer->tls);
	bf_secret_release(&peer->seen);
}
