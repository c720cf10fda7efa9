/* SPDX-License-Identifier: MIT */
/*
 * Bare repositories over smart HTTP, behind a token check: git http-backend as a CGI program (RFC
 * 3875).
 *
 * The request body was spooled into an unlinked file, so a slow client holds no process and the
 * length is known even when it came chunked; the answer is streamed. A made-up environment, no
 * shell.
 */
#include "bearer.h"
#include "endpoints.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX     16384
#define SLOT_SECONDS 60

struct cgi {
	struct sandbox *sb;
	pid_t pid;
	int out;
	char head[HEAD_MAX]; /* the CGI header and what was read behind it */
	size_t len;
	size_t at; /* the first byte not yet handed on */
	char **env;
	size_t env_count;
};

static void cgi_free(void *ctx)
{
	struct cgi *cgi = ctx;

	if (cgi->out >= 0)
		close(cgi->out);
	if (cgi->pid > 0) {
		kill(cgi->pid, SIGTERM); /* harmless if it has ended: it is not reaped yet */
		while (waitpid(cgi->pid, NULL, 0) < 0 && errno == EINTR)
			;
		sem_post(&cgi->sb->git_slots);
	}
	for (size_t i = 0; i < cgi->env_count; i++)
		free(cgi->env[i]);
	free(cgi->env);
	free(cgi);
}

static void add_env(struct cgi *cgi, const char *name, const char *value)
{
	struct sb_text text = {0};

	sb_text_printf(&text, "%s=%s", name, value);
	cgi->env = reallocarray(cgi->env, cgi->env_count + 2, sizeof(*cgi->env));
	if (!cgi->env)
		sb_die("out of memory");
	cgi->env[cgi->env_count++] = text.data;
	cgi->env[cgi->env_count] = NULL;
}

static void add_header_env(
	struct cgi *cgi, const struct sb_request *rq, const char *name, const char *header)
{
	const char *value = sb_header(rq, header);

	if (value)
		add_env(cgi, name, value);
}

static void make_env(struct cgi *cgi, const struct sb_request *rq, const char *user)
{
	static const char *const fixed[][2] = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
		{"HOME", "/nonexistent"}, {"LC_ALL", "C"}, {"GATEWAY_INTERFACE", "CGI/1.1"},
		{"SERVER_PROTOCOL", "HTTP/1.1"}, {"SERVER_SOFTWARE", SB_NAME},
		{"REMOTE_ADDR", "127.0.0.1"}, {"GIT_HTTP_EXPORT_ALL", "1"},
		{"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_CONFIG_COUNT", "1"},
		{"GIT_CONFIG_KEY_0", "safe.directory"}, {"GIT_CONFIG_VALUE_0", "*"}};
	const char *query = strchr(rq->uri, '?');
	char length[24];

	for (size_t i = 0; i < SB_COUNTOF(fixed); i++)
		add_env(cgi, fixed[i][0], fixed[i][1]);
	add_env(cgi, "GIT_PROJECT_ROOT", rq->sb->set.git_root);
	add_env(cgi, "PATH_INFO", rq->path + strlen("/git"));
	add_env(cgi, "REQUEST_METHOD", rq->method);
	add_env(cgi, "QUERY_STRING", query ? query + 1 : "");
	add_env(cgi, "REMOTE_USER", user);
	add_header_env(cgi, rq, "CONTENT_TYPE", "Content-Type");
	add_header_env(cgi, rq, "HTTP_CONTENT_ENCODING", "Content-Encoding");
	add_header_env(cgi, rq, "HTTP_GIT_PROTOCOL", "Git-Protocol");
	add_header_env(cgi, rq, "GIT_PROTOCOL", "Git-Protocol");
	if (rq->spool_fd >= 0) {
		snprintf(length, sizeof(length), "%zu", rq->body_len);
		add_env(cgi, "CONTENT_LENGTH", length);
	}
}

static bool take_slot(struct sandbox *sb)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SLOT_SECONDS;
	while (sem_clockwait(&sb->git_slots, CLOCK_MONOTONIC, &until)) {
		if (errno != EINTR)
			return false;
	}
	return true;
}

static int spawn_git(struct cgi *cgi, int in, int out)
{
	char *argv[] = {(char[]){"git"}, (char[]){"http-backend"}, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int failed;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&files, in, 0);
	else
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	failed = posix_spawnp(&cgi->pid, "git", &files, &attributes, argv, cgi->env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

/* False if git could not be started; whatever was taken is then given back. */
static bool cgi_start(struct cgi *cgi, const struct sb_request *rq)
{
	int pipe_fds[2], failed;

	if (rq->spool_fd >= 0 && lseek(rq->spool_fd, 0, SEEK_SET) != 0)
		return false;
	if (!take_slot(cgi->sb))
		return false;
	if (pipe2(pipe_fds, O_CLOEXEC)) {
		sem_post(&cgi->sb->git_slots);
		return false;
	}
	cgi->out = pipe_fds[0];
	failed = spawn_git(cgi, rq->spool_fd, pipe_fds[1]);
	close(pipe_fds[1]);
	if (failed) {
		cgi->pid = 0;
		sem_post(&cgi->sb->git_slots);
		return false;
	}
	return true;
}

static ssize_t read_out(const struct cgi *cgi, char *buffer, size_t max)
{
	ssize_t len;

	if (!sb_wait_readable(cgi->sb, cgi->out))
		return -1;
	do {
		len = read(cgi->out, buffer, max);
	} while (len < 0 && errno == EINTR);
	return len;
}

static ssize_t cgi_read(struct sb_request *rq, void *ctx, char *buffer, size_t max)
{
	struct cgi *cgi = ctx;
	size_t left = cgi->len - cgi->at;

	(void)rq;
	if (!left)
		return read_out(cgi, buffer, max);
	if (left > max)
		left = max;
	memcpy(buffer, cgi->head + cgi->at, left);
	cgi->at += left;
	return (ssize_t)left;
}

/* Reads until the empty line that ends the CGI header; its end, or 0. */
static size_t read_head(struct cgi *cgi)
{
	while (cgi->len < HEAD_MAX - 1) {
		ssize_t got = read_out(cgi, cgi->head + cgi->len, HEAD_MAX - 1 - cgi->len);
		char *end;

		if (got <= 0)
			return 0;
		cgi->len += (size_t)got;
		end = memmem(cgi->head, cgi->len, "\r\n\r\n", 4);
		if (end)
			return (size_t)(end - cgi->head) + 4;
	}
	return 0;
}

static void use_header_line(struct sb_request *rq, char *line)
{
	static const char *const passed[] = {"Expires", "Pragma", "Cache-Control"};
	static const char *const types[] = {"application/x-git-upload-pack-advertisement",
		"application/x-git-receive-pack-advertisement",
		"application/x-git-upload-pack-result", "application/x-git-receive-pack-result",
		"text/plain"};
	char *value = strchr(line, ':');

	if (!value)
		return;
	*value++ = '\0';
	value += strspn(value, " ");
	if (!strcasecmp(line, "Status"))
		rq->reply.status = (unsigned)strtoul(value, NULL, 10);
	for (size_t i = 0; i < SB_COUNTOF(types) && !strcasecmp(line, "Content-Type"); i++) {
		if (!strcmp(value, types[i]))
			rq->reply.type = types[i];
	}
	for (size_t i = 0; i < SB_COUNTOF(passed); i++) {
		if (!strcasecmp(line, passed[i]))
			sb_reply_header(&rq->reply, passed[i], value);
	}
}

static void use_head(struct sb_request *rq, const struct cgi *cgi, size_t end)
{
	SB_AUTOFREE char *head = sb_strndup(cgi->head, end);
	char *rest = head, *line;

	rq->reply.status = 200;
	rq->reply.type = "application/octet-stream";
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		use_header_line(rq, line);
	}
	if (rq->reply.status < 200 || rq->reply.status > 599)
		rq->reply.status = 502;
}

static void run_backend(struct sb_request *rq, const char *user)
{
	struct cgi *cgi = sb_zalloc(sizeof(*cgi));
	size_t end = 0;

	cgi->sb = rq->sb;
	cgi->out = -1;
	make_env(cgi, rq, user);
	if (cgi_start(cgi, rq))
		end = read_head(cgi);
	if (!end) {
		cgi_free(cgi);
		sb_reply_page(&rq->reply, 502, "Git failed", "git http-backend gave no answer.");
		return;
	}
	use_head(rq, cgi, end);
	cgi->at = end;
	rq->reply.stream = (struct sb_stream){cgi_read, cgi_free, cgi};
}

void sb_handle_git(struct sb_request *rq)
{
	SB_AUTOFREE char *user = NULL;
	const struct sb_token *token;

	pthread_mutex_lock(&rq->sb->lock);
	token = sb_bearer(rq);
	user = token ? sb_strdup(token->user) : NULL;
	pthread_mutex_unlock(&rq->sb->lock);
	if (!user) {
		sb_reply_page(
			&rq->reply, 401, "Login needed", "A B-Fabric access token is needed.");
		sb_reply_header(&rq->reply, "WWW-Authenticate", "Basic realm=\"B-Fabric sandbox\"");
	} else if (!*rq->sb->set.git_root) {
		sb_reply_page(&rq->reply, 404, "No repositories", "Started without --git-root.");
	} else {
		run_backend(rq, user);
	}
}
