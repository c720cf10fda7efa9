/* test_loopback.c - the listener that a browser comes back to, and whose connection is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "libbfabric/net/loopback.h"
#include "libbfabric/net/owner.h"
#include "scratch.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bfabric_error err;

static int connect_four(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? fd : -1;
}

/* As Java does it: an IPv6 socket, an IPv4 address in it. */
static int connect_mapped(unsigned port)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin6_addr.s6_addr[10] = to.sin6_addr.s6_addr[11] = 0xff;
	to.sin6_addr.s6_addr[12] = 127, to.sin6_addr.s6_addr[15] = 1;
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? fd : -1;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All that comes until the other end closes; "" when it just closed. */
static const char *hear(int fd)
{
	static char text[4096];
	size_t used = 0;
	ssize_t n = 0;

	while (used < sizeof(text) - 1 &&
		(n = recv(fd, text + used, sizeof(text) - 1 - used, 0)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return text;
}

/* "no" is turned away, "yes" is held, everything else is not complete. */
static enum bf_loopback_say visit(
	void *data, const char *bytes, size_t len, struct bf_secret *reply)
{
	unsigned *visits = data;

	++*visits;
	if (len >= 3 && memcmp(bytes, "yes", 3) == 0)
		return BF_LOOPBACK_HOLD;
	if (len < 2 || memcmp(bytes, "no", 2) != 0)
		return BF_LOOPBACK_MORE;
	bf_secret_puts(reply, "go away");
	return BF_LOOPBACK_ANSWER;
}

struct scene {
	struct bf_loopback *l;
	struct bf_loopback_watch watch;
	unsigned visits, port;
};

static void scene_init(struct scene *s)
{
	*s = (struct scene){.watch = {.visit = visit, .cancel_fd = -1, .paste_fd = -1}};
	s->watch.data = &s->visits;
	assert_int_equal(bf_loopback_open(/* ipv6= */ false, 0, &s->l, &err), BFABRIC_OK);
	s->port = bf_loopback_port(s->l);
}

/* So many rounds as there may be something to do in. */
static enum bf_loopback_event turn(struct scene *s)
{
	enum bf_loopback_event event = BF_LOOPBACK_TIME;

	for (int i = 0; i < 12 && event == BF_LOOPBACK_TIME; i++)
		assert_int_equal(bf_loopback_wait(s->l, &s->watch, 10, &event, &err), BFABRIC_OK);
	return event;
}

static void test_one_comes(void **state)
{
	BF_AUTO_SECRET struct bf_secret reply = BF_SECRET_INIT;
	struct scene s;
	int fd;

	(void)state;
	scene_init(&s);
	assert_string_equal(bf_loopback_host(s.l), "127.0.0.1");
	fd = connect_four(s.port);
	say(fd, "y");
	assert_int_equal(turn(&s), BF_LOOPBACK_TIME);
	say(fd, "es");
	assert_int_equal(turn(&s), BF_LOOPBACK_HELD);
	assert_int_equal(connect_four(s.port), -1); /* nobody else is to come */
	for (int i = 0; i < 100000; i++)
		bf_secret_puts(&reply, "0123456789"); /* more than any buffer holds */
	bf_loopback_answer(s.l, &reply);              /* nobody reads: bounded all the same */
	bf_loopback_answer(s.l, &reply);
	assert_int_equal(strncmp(hear(fd), "0123456789", 10), 0);
	close(fd);
	bf_loopback_free(s.l);
}

static void test_others_are_in_nobodys_way(void **state)
{
	BF_AUTO_SECRET struct bf_secret reply = BF_SECRET_INIT;
	struct scene s;
	int idle[40], stranger, fd;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < 40; i++) {
		idle[i] = connect_four(s.port);
		say(idle[i], i % 2 ? "slow" : "s");
	}
	stranger = connect_four(s.port);
	say(stranger, "no");
	assert_int_equal(turn(&s), BF_LOOPBACK_TIME);
	assert_string_equal(hear(stranger), "go away");
	fd = connect_four(s.port);
	say(fd, "yes");
	assert_int_equal(turn(&s), BF_LOOPBACK_HELD);
	bf_secret_puts(&reply, "welcome");
	bf_loopback_answer(s.l, &reply);
	assert_string_equal(hear(fd), "welcome");
	for (size_t i = 0; i < 40; i++)
		close(idle[i]);
	close(fd), close(stranger);
	bf_loopback_free(s.l);
}

static void test_wishes_and_pastes(void **state)
{
	struct scene s;
	uint64_t one = 1;

	(void)state;
	scene_init(&s);
	s.watch.paste_fd = eventfd(0, EFD_CLOEXEC);
	s.watch.cancel_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(turn(&s), BF_LOOPBACK_TIME);
	assert_int_equal(write(s.watch.paste_fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(turn(&s), BF_LOOPBACK_PASTED);
	assert_int_equal(write(s.watch.cancel_fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(turn(&s), BF_LOOPBACK_CANCELLED);
	close(s.watch.paste_fd), close(s.watch.cancel_fd);
	bf_loopback_free(s.l);
}

static void test_ports(void **state)
{
	struct bf_loopback *second = NULL;
	struct scene s;
	unsigned port;

	(void)state;
	scene_init(&s);
	port = s.port;
	assert_int_equal(bf_loopback_open(false, port, &second, &err), BFABRIC_SYSTEM);
	assert_non_null(strstr(err.text, "in use"));
	assert_null(second);
	close(connect_four(port));
	bf_loopback_free(s.l);
	/* Free again at once, whatever its last connection did. */
	assert_int_equal(bf_loopback_open(false, port, &second, &err), BFABRIC_OK);
	assert_int_equal(bf_loopback_port(second), port);
	bf_loopback_free(second);
	assert_int_equal(bf_loopback_open(false, 65536, &second, &err), BFABRIC_BAD_CALL);
	if (bf_loopback_open(/* ipv6= */ true, 0, &second, &err) != BFABRIC_OK)
		LEAVE_BECAUSE("no IPv6 here");
	assert_string_equal(bf_loopback_host(second), "[::1]");
	assert_true(bf_loopback_port(second) > 0);
	bf_loopback_free(second);
	bf_loopback_free(NULL);
}

/* ---- owners ---------------------------------------------------------------------------------- */

/* Accept one connection that `make` made, and say whose it is. */
static enum bf_owner owner_of(int (*make)(unsigned port), void (*then)(int fd))
{
	struct sockaddr_in here = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client, accepted;
	enum bf_owner owner;

	assert_int_equal(bind(listener, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &size), 0);
	client = make(ntohs(here.sin_port));
	assert_true(client >= 0);
	accepted = accept(listener, NULL, NULL);
	then(client);
	owner = bf_owner_of_peer(accepted);
	close(accepted), close(listener);
	return owner;
}

static void leave(int fd)
{
	(void)fd; /* the test ends soon */
}

static void hang_up(int fd)
{
	send(fd, "yes", 3, MSG_NOSIGNAL);
	close(fd);
}

static void break_off(int fd)
{
	struct linger at_once = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	hang_up(fd);
}

static void test_our_own(void **state)
{
	(void)state;
	assert_int_equal(owner_of(connect_four, leave), BF_OWNER_US);
	assert_int_equal(owner_of(connect_mapped, leave), BF_OWNER_US);
	/* Nobody's any more, whether or not it is still listed. */
	assert_int_equal(owner_of(connect_four, hang_up), BF_OWNER_OTHER);
	assert_int_equal(owner_of(connect_four, break_off), BF_OWNER_OTHER);
	assert_int_equal(bf_owner_of_peer(-1), BF_OWNER_OTHER);
}

/* A socket belongs to whoever made it: one of another user, handed back. */
static int connect_as_other(unsigned port, int (*make)(unsigned port))
{
	int fd = -1;

	if (seteuid(65534) == 0) {
		fd = make(port);
		if (seteuid(0) != 0)
			return -1;
	}
	return fd;
}

static int other_four(unsigned port)
{
	return connect_as_other(port, connect_four);
}

static int other_mapped(unsigned port)
{
	return connect_as_other(port, connect_mapped);
}

static void test_another_users(void **state)
{
	struct scene s;
	int fd;

	(void)state;
	if (geteuid() != 0)
		LEAVE_BECAUSE("only root can be two users");
	assert_int_equal(owner_of(other_four, leave), BF_OWNER_OTHER);
	assert_int_equal(owner_of(other_mapped, leave), BF_OWNER_OTHER);
	scene_init(&s);
	fd = other_four(s.port);
	say(fd, "yes");
	assert_int_equal(turn(&s), BF_LOOPBACK_TIME);
	assert_int_equal(bf_loopback_strangers(s.l), 1);
	assert_int_equal(s.visits, 0);
	assert_string_equal(hear(fd), "");
	close(fd);
	bf_loopback_free(s.l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_comes),
		cmocka_unit_test(test_others_are_in_nobodys_way),
		cmocka_unit_test(test_wishes_and_pastes),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_our_own),
		cmocka_unit_test(test_another_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
