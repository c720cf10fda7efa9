#include "trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the file -------------------------------------------------------------------------------- */

static enum bfabric_status check_trust(
	const char *path, const struct stat *st, struct bfabric_error *err)
{
	if (!S_ISREG(st->st_mode))
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is not a regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid()) /* ours is root's where we are root */
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s is owned by uid %u and must be root's: chown root %s", path,
			(unsigned)st->st_uid, path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s can be written by others: chmod go-w %s", path, path);
	return BFABRIC_OK;
}

/*
 * A machine out of descriptors has no wrong configuration, which a stack may answer with a password
 * instead: it denies, whoever brought it there.
 */
static enum bfabric_status status_of(int why)
{
	return why == EMFILE || why == ENFILE || why == ENOMEM ? BFABRIC_NO_MEMORY : BFABRIC_SYSTEM;
}

static enum bfabric_status read_content(
	int fd, const char *path, size_t max, struct bf_secret *content, struct bfabric_error *err)
{
	for (;;) {
		char *room = bf_secret_room(content, 4096);
		ssize_t n;

		if (!room)
			return bf_fail_nomem(err);
		n = read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bf_fail(err, status_of(errno), "cannot read %s: %m", path);
		if (n == 0)
			return BFABRIC_OK;
		bf_secret_added(content, (size_t)n);
		if (content->len > max)
			return bf_fail(
				err, BFABRIC_BAD_CONFIG, "%s is larger than %zu bytes", path, max);
	}
}

enum bfabric_status bf_pam_trusted_read(
	const char *path, size_t max, struct bf_secret *ret_content, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	BF_AUTO_CLOSE int fd = -1;
	struct stat st = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (path[0] != '/')
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is not an absolute path", path);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ELOOP)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s is a symbolic link, which is not followed", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return bf_fail(err, status_of(errno), "cannot open %s: %m", path);
	status = check_trust(path, &st, err);
	if (status == BFABRIC_OK)
		status = read_content(fd, path, max, &content, err);
	if (status == BFABRIC_OK)
		bf_secret_move(ret_content, &content);
	return status;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool bf_pam_is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < ' ' || text[i] > '~') && text[i] != '\t')
			return false;
	return true;
}

char *bf_pam_trim(char *text, char *end)
{
	while (text < end && is_blank(*text))
		text++;
	while (end > text && is_blank(end[-1]))
		end--;
	*end = '\0';
	return text;
}

enum bfabric_status bf_pam_trusted_lines(const char *content, size_t len,
	enum bfabric_status (*take)(
		void *data, unsigned line, char *text, size_t len, struct bfabric_error *err),
	void *data, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret copy = BF_SECRET_INIT;
	unsigned line = 0;
	char *at = NULL;
	char *end = NULL;

	bf_secret_put(&copy, content, len);
	end = bf_secret_room(&copy, 1); /* its end */
	if (!end)
		return bf_fail_nomem(err);
	for (at = end - len; at < end; at++) {
		char *lf = memchr(at, '\n', (size_t)(end - at));
		char *stop = lf ? lf : end;
		enum bfabric_status status = BFABRIC_OK;

		line++;
		while (at < stop && is_blank(*at))
			at++;
		if (at < stop && *at != '#')
			status = take(data, line, at, (size_t)(stop - at), err);
		if (status != BFABRIC_OK)
			return status;
		at = stop;
	}
	return BFABRIC_OK;
}
