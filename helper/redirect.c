#include "redirect.h"
#include "../libbfabric/base/ascii.h"
#include "../libbfabric/base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "login-"
#define SUFFIX ".html"

static enum bfabric_status find_folder(char **ret_dir, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL;
	char *dir = NULL;
	enum bfabric_status status = bf_runtime_dir(&dir, /* err= */ NULL);

	if (status == BFABRIC_OK && dir) {
		*ret_dir = dir;
		return BFABRIC_OK;
	}
	status = bf_home(&home, err);
	if (status != BFABRIC_OK)
		return status;
	if (asprintf(&dir, "%s/.bfabric", home) < 0)
		return bf_fail_nomem(err);
	status = bf_dir_ensure(dir, 1, err);
	if (status == BFABRIC_OK)
		*ret_dir = dir;
	else
		free(dir);
	return status;
}

/* The process that a page belongs to; 0: it is no page of ours. */
static pid_t owner_of(const char *name)
{
	char *end = NULL;
	long pid = 0;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || !bf_is_digit(name[strlen(PREFIX)]))
		return 0;
	pid = strtol(name + strlen(PREFIX), &end, 10);
	return strcmp(end, SUFFIX) == 0 && pid > 0 && pid < INT32_MAX ? (pid_t)pid : 0;
}

static void tidy(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry = NULL;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		pid_t pid = owner_of(entry->d_name);

		if (pid && kill(pid, 0) != 0 && errno == ESRCH)
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* best effort */
	}
	closedir(dir);
}

static void put_page(const char *url, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret escaped = BF_SECRET_INIT;

	for (; *url; url++) {
		if (*url == '&')
			bf_secret_puts(&escaped, "&amp;");
		else if (strchr("<>\"'", *url))
			bf_secret_printf(&escaped, "&#%d;", *url);
		else
			bf_secret_putc(&escaped, *url);
	}
	bf_secret_puts(out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
			    "<meta name=\"referrer\" content=\"no-referrer\">\n"
			    "<meta name=\"color-scheme\" content=\"light dark\">\n"
			    "<meta http-equiv=\"refresh\" content=\"0;url=");
	bf_secret_put_secret(out, &escaped);
	bf_secret_puts(out, "\">\n<title>B-Fabric</title>\n<p><a href=\"");
	bf_secret_put_secret(out, &escaped);
	bf_secret_puts(out, "\">Go on to the login</a>\n</html>\n");
	out->failed |= escaped.failed;
}

static enum bfabric_status write_page(
	const char *path, const struct bf_secret *page, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = -1;

	(void)unlink(path); /* of an earlier process with our number */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || !bf_write_all(fd, bf_secret_reveal(page), page->len))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot write %s: %m", path);
	return BFABRIC_OK;
}

enum bfabric_status bf_redirect_write(const char *url, char **ret_path, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret page = BF_SECRET_INIT;
	BF_AUTO_FREE char *folder = NULL;
	char *path = NULL;
	enum bfabric_status status = find_folder(&folder, err);

	if (status != BFABRIC_OK)
		return status;
	tidy(folder);
	put_page(url, &page);
	if (page.failed || asprintf(&path, "%s/" PREFIX "%ld" SUFFIX, folder, (long)getpid()) < 0)
		return bf_fail_nomem(err);
	status = write_page(path, &page, err);
	if (status == BFABRIC_OK)
		*ret_path = path;
	else
		bf_redirect_remove(&path);
	return status;
}

void bf_redirect_remove(char **path)
{
	if (*path)
		(void)unlink(*path); /* its login is over: worth nothing to anybody */
	free(*path);
	*path = NULL;
}

void bf_redirect_file_url(const char *path, struct bf_secret *out)
{
	bf_secret_puts(out, "file://");
	for (; *path; path++)
		if (bf_is_alnum(*path) || strchr("/-._~", *path))
			bf_secret_putc(out, *path);
		else
			bf_secret_printf(out, "%%%02X", (unsigned char)*path);
}
