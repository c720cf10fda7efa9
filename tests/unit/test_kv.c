#include "unit.h"

#include "libbfabric/base/kv.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bfabric_error err;

static enum bfabric_status parse(struct bf_kv *kv, const char *text)
{
	return bf_kv_parse(text, strlen(text), kv, &err);
}

static void test_parses(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	(void)state;
	assert_int_equal(
		parse(&kv, "protocol=https\nhost=h.org\r\nx=a=b\nempty=\n\nafter=1\n"), BFABRIC_OK);
	assert_int_equal(kv.count, 4);
	assert_string_equal(kv.lines[0].key, "protocol");
	assert_string_equal(kv.lines[0].value, "https");
	assert_string_equal(bf_kv_get(&kv, "host"), "h.org");
	assert_string_equal(bf_kv_get(&kv, "x"), "a=b");
	assert_string_equal(bf_kv_get(&kv, "empty"), "");
	assert_null(bf_kv_get(&kv, "after"));
	assert_null(bf_kv_get(&kv, "hos"));
}

static void test_ends(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	(void)state;
	assert_int_equal(parse(&kv, ""), BFABRIC_OK);
	assert_int_equal(kv.count, 0);
	assert_null(bf_kv_get(&kv, "a"));
	assert_int_equal(parse(&kv, "\na=1\n"), BFABRIC_OK);
	assert_int_equal(kv.count, 0);
	assert_int_equal(parse(&kv, "a=1\r\n\r\nb=\rbad\n"), BFABRIC_OK);
	assert_int_equal(kv.count, 1);
	assert_int_equal(parse(&kv, "a=1\nb=2"), BFABRIC_OK); /* the last line may lack its LF */
	assert_string_equal(bf_kv_get(&kv, "b"), "2");
	assert_int_equal(parse(&kv, "a=1\r"), BFABRIC_OK);
	assert_string_equal(bf_kv_get(&kv, "a"), "1");
	assert_int_equal(parse(&kv, "=v\n"), BFABRIC_OK);
	assert_string_equal(bf_kv_get(&kv, ""), "v");
}

static void test_last_value_counts(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	(void)state;
	assert_int_equal(parse(&kv, "a=1\na=\na=3\nA=4\n"), BFABRIC_OK);
	assert_string_equal(bf_kv_get(&kv, "a"), "3");
}

static void test_lists(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	(void)state;
	assert_int_equal(parse(&kv, "c[]=old\nc[]=\nc[]=authtype\nc[]=state\nd[]=x\nd[]=\ne[]=1\n"),
		BFABRIC_OK);
	assert_true(bf_kv_has(&kv, "c[]", "authtype"));
	assert_true(bf_kv_has(&kv, "c[]", "state"));
	assert_false(bf_kv_has(&kv, "c[]", "old"));
	assert_false(bf_kv_has(&kv, "c[]", ""));
	assert_false(bf_kv_has(&kv, "c", "state"));
	assert_false(bf_kv_has(&kv, "d[]", "x"));
	assert_string_equal(bf_kv_get(&kv, "c[]"), "state");
	assert_null(bf_kv_get(&kv, "d[]"));
}

static void refuse(const char *text, size_t len, const char *fragment)
{
	struct bf_kv kv = BF_KV_INIT; /* not released: a failure must leave nothing in it */

	assert_fails(bf_kv_parse(text, len, &kv, &err), BFABRIC_BAD_CALL, err, fragment);
	assert_null(kv.lines);
	assert_null(kv.text.bytes);
}

static void test_malformed(void **state)
{
	(void)state;
	refuse("a=1\nnonsense\n", 13, "line 2 is not key=value");
	refuse("a=1\nb=\rx\n", 9, "line 2 contains a carriage return");
	refuse("a=1\r\r\n", 6, "line 1 contains a carriage return");
	refuse("\rb=1\n", 5, "line 1 contains a carriage return");
	refuse("a=1\nb=2\nc=\0\n", 12, "line 3 contains a NUL");
	refuse("a\0=1\n", 5, "line 1 contains a NUL");
	refuse("a=1\n\r", 5, "line 2 is not key=value");
	refuse("secret\n", 7, "line 1");
	assert_null(strstr(err.text, "secret"));
}

/* "k=xxx...": `len` bytes without LF, owned */
static char *long_line(size_t len)
{
	char *line = malloc(len + 2);

	memset(line, 'x', len);
	memcpy(line, "k=", 2);
	line[len] = '\n';
	line[len + 1] = '\0';
	return line;
}

static void test_line_limit(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	char *most = long_line(BF_KV_LINE_MAX - 1);
	char *more = long_line(BF_KV_LINE_MAX);

	(void)state;
	assert_int_equal(parse(&kv, most), BFABRIC_OK);
	assert_int_equal(strlen(bf_kv_get(&kv, "k")), BF_KV_LINE_MAX - 3);
	refuse(more, BF_KV_LINE_MAX + 1, "line 1 is longer than 65535 bytes");
	refuse(more, BF_KV_LINE_MAX, "line 1 is longer than 65535 bytes");
	free(most);
	free(more);
}

static void test_message_limits(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		bf_secret_puts(&text, "a=1\n");
	assert_int_equal(bf_kv_parse(bf_secret_reveal(&text), text.len, &kv, &err), BFABRIC_OK);
	assert_int_equal(kv.count, 1000);
	bf_secret_puts(&text, "a=1\n");
	refuse(bf_secret_reveal(&text), text.len, "more than 1000 lines");
	bf_secret_clear(&text);
	while (text.len <= BF_KV_MESSAGE_MAX)
		bf_secret_printf(&text, "a=%02040d\n", 0);
	refuse(bf_secret_reveal(&text), text.len, "longer than 1048576 bytes");
	refuse(bf_secret_reveal(&text), BF_KV_MESSAGE_MAX + 1, "longer than 1048576 bytes");
	assert_int_equal(
		bf_kv_parse(bf_secret_reveal(&text), BF_KV_MESSAGE_MAX, &kv, &err), BFABRIC_OK);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A pipe into which a child writes `text` in pieces. */
static int feed(const char *text, size_t len, size_t piece)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	if (fork() == 0) {
		close(fds[0]);
		for (size_t i = 0; i < len; i += piece)
			if (write(fds[1], text + i, len - i < piece ? len - i : piece) < 0)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static enum bfabric_status read_fed(const char *text, size_t len, size_t piece, struct bf_kv *kv)
{
	BF_AUTO_CLOSE int fd = feed(text, len, piece);

	return bf_kv_read(fd, kv, &err);
}

static void test_reads_in_pieces(void **state)
{
	static const char text[] = "protocol=https\r\nhost=h\n\nmore=1\n";

	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

		assert_int_equal(read_fed(text, sizeof(text) - 1, piece, &kv), BFABRIC_OK);
		assert_int_equal(kv.count, 2);
		assert_string_equal(bf_kv_get(&kv, "host"), "h");
		wait(NULL);
	}
}

/* The writer keeps the pipe open: what is complete, or broken for good, must not wait for more. */
static void test_does_not_wait_for_end(void **state)
{
	BF_AUTO_SECRET struct bf_secret lines = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fds[2];

	(void)state;
	for (int i = 0; i < 1001; i++)
		bf_secret_puts(&lines, "a=1\n");
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "a=1\n\n", 5), 5);
	assert_int_equal(bf_kv_read(fds[0], &kv, &err), BFABRIC_OK);
	assert_string_equal(bf_kv_get(&kv, "a"), "1");
	assert_int_equal(write(fds[1], "\r\n", 2), 2);
	assert_int_equal(bf_kv_read(fds[0], &kv, &err), BFABRIC_OK);
	assert_int_equal(kv.count, 0);
	assert_int_equal(write(fds[1], bf_secret_reveal(&lines), lines.len), lines.len);
	assert_fails(bf_kv_read(fds[0], &kv, &err), BFABRIC_BAD_CALL, err, "1000 lines");
	close(fds[0]);
	close(fds[1]);
}

static void test_endless_line(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fd = open("/dev/zero", O_RDONLY);

	(void)state;
	assert_fails(bf_kv_read(fd, &kv, &err), BFABRIC_BAD_CALL, err, "line 1 is longer");
	close(fd);
}

static void test_huge_message(void **state)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fd = -1;

	(void)state;
	while (text.len < 2 * BF_KV_MESSAGE_MAX)
		bf_secret_printf(&text, "a=%04000d\n", 0);
	fd = open(scratch_file("huge", bf_secret_reveal(&text), 0600), O_RDONLY);
	assert_fails(bf_kv_read(fd, &kv, &err), BFABRIC_BAD_CALL, err, "longer than 1048576");
	close(fd);
}

/*
 * A message that fits is not refused because of what follows it. Packets make the reads end where
 * the test wants: the last one holds the end of the message and goes beyond the limit.
 */
static void send_packets(int fd)
{
	char line[4001];

	memset(line, 'x', 4000);
	memcpy(line, "a=", 2);
	line[3999] = '\n';
	for (int i = 0; i < 262; i++)
		if (write(fd, line, 4000) != 4000)
			_exit(1);
	line[3] = line[4] = '\n'; /* "a=x", and the end */
	_exit(write(fd, line, 4000) != 4000);
}

static void test_limit_counts_the_message_only(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fds[2];

	(void)state;
	assert_true(262 * 4000 < BF_KV_MESSAGE_MAX && 263 * 4000 > BF_KV_MESSAGE_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	if (fork() == 0)
		send_packets(fds[1]);
	close(fds[1]);
	assert_int_equal(bf_kv_read(fds[0], &kv, &err), BFABRIC_OK);
	assert_int_equal(kv.count, 263);
	assert_string_equal(bf_kv_get(&kv, "a"), "x");
	close(fds[0]);
	wait(NULL);
}

static void test_unreadable(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fd = open("/", O_RDONLY);

	(void)state;
	assert_fails(bf_kv_read(fd, &kv, &err), BFABRIC_SYSTEM, err, "Is a directory");
	close(fd);
	assert_fails(bf_kv_read(fd, &kv, &err), BFABRIC_SYSTEM, err, "Bad file descriptor");
}

static void test_interrupted(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "a=1\n\n", 5), 5);
	fault_arm(FAULT_BIT(FAULT_READ), 1, EINTR);
	assert_int_equal(bf_kv_read(fds[0], &kv, &err), BFABRIC_OK);
	assert_true(fault_disarm());
	assert_string_equal(bf_kv_get(&kv, "a"), "1");
	close(fds[0]);
	close(fds[1]);
}

static void test_nonblocking_input(void **state)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	if (fork() == 0) {
		usleep(20000);
		_exit(write(fds[1], "a=1\n", 4) != 4);
	}
	close(fds[1]);
	assert_int_equal(bf_kv_read(fds[0], &kv, &err), BFABRIC_OK);
	assert_string_equal(bf_kv_get(&kv, "a"), "1");
	wait(NULL);
	close(fds[0]);
}

static void test_no_memory(void **state)
{
	static const char text[] = "a=1\nb=2\n\n";

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
		enum bfabric_status status = bf_kv_parse(text, sizeof(text) - 1, &kv, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
		int fds[2];
		enum bfabric_status status;

		assert_int_equal(pipe(fds), 0);
		assert_int_equal(write(fds[1], text, sizeof(text) - 1), sizeof(text) - 1);
		status = bf_kv_read(fds[0], &kv, &err);
		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		close(fds[0]);
		close(fds[1]);
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static void test_puts(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	(void)state;
	bf_kv_put(&out, "capability[]", "authtype");
	bf_kv_put(&out, "x", "a=b ");
	bf_kv_put(&out, "y", "");
	assert_string_equal(bf_secret_reveal(&out), "capability[]=authtype\nx=a=b \ny=\n");
	assert_int_equal(parse(&kv, bf_secret_reveal(&out)), BFABRIC_OK);
	assert_string_equal(bf_kv_get(&kv, "x"), "a=b ");
}

static void test_refuses_to_put(void **state)
{
	char *most = long_line(BF_KV_LINE_MAX - 3), *more = long_line(BF_KV_LINE_MAX - 2);
	const char *const bad[][2] = {{"a", "x\nhost=evil"}, {"a", "x\ry"}, {"a\n", "x"},
		{"a\r", "x"}, {"a=b", "x"}, {"k", more}};

	(void)state;
	most[strlen(most) - 1] = '\0';
	more[strlen(more) - 1] = '\0';
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		bf_kv_put(&out, bad[i][0], bad[i][1]);
		assert_true(out.failed);
		bf_kv_put(&out, "good", "1");
		assert_true(bf_secret_empty(&out));
	}
	{
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		bf_kv_put(&out, "k", most);
		assert_false(out.failed);
		assert_int_equal(out.len, BF_KV_LINE_MAX);
	}
	free(most);
	free(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_last_value_counts),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_message_limits),
		cmocka_unit_test(test_reads_in_pieces),
		cmocka_unit_test(test_does_not_wait_for_end),
		cmocka_unit_test(test_endless_line),
		unit_in_scratch(test_huge_message),
		cmocka_unit_test(test_limit_counts_the_message_only),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_nonblocking_input),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_puts),
		cmocka_unit_test(test_refuses_to_put),
	};

	return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
