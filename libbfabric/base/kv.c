#include "kv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX  1000
#define READ_BLOCK 4096

/* What a look at a (still growing) message found. */
struct scan {
	size_t next;  /* first byte that no complete line holds yet */
	size_t lines; /* complete lines before it, without the empty one */
	bool ended;   /* by an empty line */
	bool broken;  /* too long already: no more input can mend it */
};

static void scan_lines(struct scan *scan, const char *text, size_t len)
{
	while (!scan->ended && !scan->broken) {
		const char *line = text + scan->next;
		const char *lf = memchr(line, '\n', len - scan->next);
		size_t n = lf ? (size_t)(lf - line) : len - scan->next;

		if (!lf) {
			scan->broken = n >= BF_KV_LINE_MAX;
			return;
		}
		scan->next += n + 1;
		if (n == 0 || (n == 1 && line[0] == '\r'))
			scan->ended = true;
		else
			scan->broken = n >= BF_KV_LINE_MAX || ++scan->lines > LINES_MAX;
	}
}

void bf_kv_release(struct bf_kv *kv)
{
	bf_secret_release(&kv->text);
	free(kv->lines);
	*kv = (struct bf_kv)BF_KV_INIT;
}

/* Check one line of `n` bytes, without its LF, and split it in place. */
static enum bfabric_status split_line(
	struct bf_kv *kv, char *line, size_t n, struct bfabric_error *err)
{
	const size_t number = kv->count + 1;
	char *equals = NULL;

	if (n >= BF_KV_LINE_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "line %zu is longer than %d bytes", number,
			BF_KV_LINE_MAX);
	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (memchr(line, '\0', n))
		return bf_fail(err, BFABRIC_BAD_CALL, "line %zu contains a NUL byte", number);
	if (memchr(line, '\r', n))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"line %zu contains a carriage return inside the line", number);
	equals = memchr(line, '=', n);
	if (!equals)
		return bf_fail(err, BFABRIC_BAD_CALL, "line %zu is not key=value", number);
	line[n] = '\0';
	*equals = '\0';
	kv->lines[kv->count++] = (struct bf_kv_line){.key = line, .value = equals + 1};
	return BFABRIC_OK;
}

/* Takes the text that is in kv->text apart. */
static enum bfabric_status split(struct bf_kv *kv, struct bfabric_error *err)
{
	char *text = kv->text.bytes; /* changed in place */
	size_t left = kv->text.len;
	size_t lines = 1;

	for (size_t i = 0; i < left; i++)
		lines += text[i] == '\n';
	kv->lines = calloc(lines < LINES_MAX ? lines : LINES_MAX, sizeof(kv->lines[0]));
	if (!kv->lines)
		return bf_fail_nomem(err);
	while (left > 0) {
		char *lf = memchr(text, '\n', left);
		size_t n = lf ? (size_t)(lf - text) : left;
		enum bfabric_status status = BFABRIC_OK;

		if (n == 0 || (n == 1 && lf && text[0] == '\r'))
			break;
		if (kv->count == LINES_MAX)
			return bf_fail(
				err, BFABRIC_BAD_CALL, "message has more than %d lines", LINES_MAX);
		status = split_line(kv, text, n, err);
		if (status != BFABRIC_OK)
			return status;
		text += lf ? n + 1 : n;
		left -= lf ? n + 1 : n;
	}
	return BFABRIC_OK;
}

/* Takes the text over, also on failure. */
static enum bfabric_status parse_owned(
	struct bf_secret *text, struct bf_kv *ret, struct bfabric_error *err)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	enum bfabric_status status = BFABRIC_OK;

	if (text->failed)
		return bf_fail_nomem(err);
	if (text->len > BF_KV_MESSAGE_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "message is longer than %zu bytes",
			BF_KV_MESSAGE_MAX);
	bf_secret_move(&kv.text, text);
	status = split(&kv, err);
	if (status != BFABRIC_OK)
		return status;
	bf_kv_release(ret);
	*ret = kv;
	kv = (struct bf_kv)BF_KV_INIT;
	return BFABRIC_OK;
}

enum bfabric_status bf_kv_parse(
	const char *data, size_t len, struct bf_kv *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	text.max = BF_KV_MESSAGE_MAX + 1; /* one more is enough to be refused */
	bf_secret_put(&text, data, len <= BF_KV_MESSAGE_MAX ? len : text.max);
	return parse_owned(&text, ret, err);
}

/* One block; -1 with errno on failure, 0 at the end of input. */
static ssize_t read_block(int fd, char *buf, size_t size)
{
	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		ssize_t n = read(fd, buf, size);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			(void)poll(&ready, 1, -1); /* whatever it says, read tells */
		else if (errno != EINTR)
			return -1;
	}
}

enum bfabric_status bf_kv_read(int fd, struct bf_kv *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct scan scan = {0};

	while (!scan.ended && !scan.broken && text.len <= BF_KV_MESSAGE_MAX) {
		char *room = bf_secret_room(&text, READ_BLOCK);
		ssize_t n;

		if (!room)
			return bf_fail_nomem(err);
		n = read_block(fd, room, READ_BLOCK);
		if (n < 0)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot read the request: %m");
		if (n == 0)
			break;
		bf_secret_added(&text, (size_t)n);
		scan_lines(&scan, bf_secret_reveal(&text), text.len);
	}
	if (scan.ended)
		bf_secret_cut(&text, scan.next);
	return parse_owned(&text, ret, err);
}

static bool is_list(const char *key)
{
	size_t n = strlen(key);

	return n >= 2 && strcmp(key + n - 2, "[]") == 0;
}

const char *bf_kv_get(const struct bf_kv *kv, const char *key)
{
	for (size_t i = kv->count; i > 0; i--)
		if (strcmp(kv->lines[i - 1].key, key) == 0) {
			const char *value = kv->lines[i - 1].value;

			return is_list(key) && !*value ? NULL : value;
		}
	return NULL;
}

bool bf_kv_has(const struct bf_kv *kv, const char *key, const char *value)
{
	for (size_t i = kv->count; i > 0; i--) {
		const struct bf_kv_line *line = &kv->lines[i - 1];

		if (strcmp(line->key, key) != 0)
			continue;
		if (!*line->value) /* cleared here */
			return false;
		if (strcmp(line->value, value) == 0)
			return true;
	}
	return false;
}

void bf_kv_put(struct bf_secret *out, const char *key, const char *value)
{
	if (strpbrk(key, "=\r\n") || strpbrk(value, "\r\n") ||
		strlen(key) + strlen(value) + 2 > BF_KV_LINE_MAX) {
		out->failed = true;
		return;
	}
	bf_secret_puts(out, key);
	bf_secret_putc(out, '=');
	bf_secret_puts(out, value);
	bf_secret_putc(out, '\n');
}
