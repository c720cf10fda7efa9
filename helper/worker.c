#include "worker.h"
#include "full.h"
#include "trace.h"
#include "../libbfabric/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE  40 /* seconds */
#define PAUSE_MAX 60
#define TOKEN_MAX ((size_t)1 << 20)

/* What goes over the pipe, from one process of this very program to another; then the token. */
struct head {
	struct bfabric_error err;
	int64_t expires_at;
	char warning[512];
};

void bf_worker_release(struct bf_worker *worker)
{
	bf_closep(&worker->fd);
	bf_secret_release(&worker->said);
	*worker = (struct bf_worker)BF_WORKER_INIT;
}

void bf_worker_answer_release(struct bf_worker_answer *answer)
{
	bf_secret_release(&answer->token);
}

static enum bfabric_status get(
	const struct bf_command_line *call, struct bfabric_token *ret, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	struct bfabric_options options = {
		.config_file = call->config_file, .environment = call->environment};
	enum bfabric_status status = bfabric_session_open(&options, &session, err);

	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(call, session);
	status = bf_session_get(session, call->min_ttl, /* force_refresh= */ false,
		bfabric_deadline_in(DEADLINE), ret, err);
	if (status != BFABRIC_OK)
		return bf_fail_with_hint(bf_session_environment(session), call, err);
	return BFABRIC_OK;
}

/* Nobody must wait for us because we hold the other end of their pipe. */
static void let_go(int pipe_end, bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (setpgid(0, 0) != 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0 || (!keep_stderr && dup2(null, STDERR_FILENO) < 0) ||
		dup2(pipe_end, 3) < 0 || close_range(4, ~0U, 0) != 0)
		_exit(1);
}

static void work(const struct bf_command_line *call, int pipe_end)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	struct head head = {0};
	bool sent = false;

	let_go(pipe_end, bf_trace_wanted(call));
	if (get(call, &token, &head.err) == BFABRIC_OK) {
		head.expires_at = token.expires_at;
		snprintf(head.warning, sizeof(head.warning), "%s",
			token.warning ? token.warning : "");
	}
	/* Without a reader nobody wants to know. */
	sent = bf_write_all(3, &head, sizeof(head)) &&
	       (!token.value || bf_write_all(3, token.value, token.length));
	bfabric_token_clear(&token);
	_exit(sent ? 0 : 1);
}

enum bfabric_status bf_worker_start(
	struct bf_worker *worker, const struct bf_command_line *call, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int read_end = -1;
	BF_AUTO_CLOSE int write_end = -1;
	int ends[2];
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a pipe: %m");
	read_end = ends[0];
	write_end = ends[1];
	pid = fork();
	if (pid < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot start a process: %m");
	if (pid == 0)
		work(call, write_end);
	bf_worker_release(worker);
	worker->pid = pid;
	worker->fd = read_end;
	worker->said.max = sizeof(struct head) + TOKEN_MAX;
	read_end = -1;
	return BFABRIC_OK;
}

bool bf_worker_read(struct bf_worker *worker)
{
	char buf[4096];
	ssize_t n;

	do
		n = read(worker->fd, buf, sizeof(buf));
	while (n < 0 && errno == EINTR);
	if (n > 0)
		bf_secret_put(&worker->said, buf, (size_t)n);
	explicit_bzero(buf, sizeof(buf));
	return n <= 0;
}

enum bfabric_status bf_worker_take(
	struct bf_worker *worker, struct bf_worker_answer *ret_answer, struct bfabric_error *err)
{
	BF_AUTO_WORKER struct bf_worker done = *worker;
	struct head head = {0};

	*worker = (struct bf_worker)BF_WORKER_INIT;
	if (done.said.failed)
		return bf_fail_nomem(err);
	if (done.said.len < sizeof(head))
		return bf_fail(
			err, BFABRIC_SYSTEM, "the process that asks for tokens died; try again");
	memcpy(&head, bf_secret_reveal(&done.said), sizeof(head));
	if (head.err.status != BFABRIC_OK) {
		*err = head.err;
		return head.err.status;
	}
	bf_secret_clear(&ret_answer->token);
	bf_secret_put(&ret_answer->token, bf_secret_reveal(&done.said) + sizeof(head),
		done.said.len - sizeof(head));
	if (ret_answer->token.failed)
		return bf_fail_nomem(err);
	ret_answer->expires_at = head.expires_at;
	memcpy(ret_answer->warning, head.warning, sizeof(head.warning));
	return BFABRIC_OK;
}

int64_t bf_worker_pause(int64_t now, int64_t expires_at, int64_t min_ttl, unsigned failures)
{
	int64_t left = expires_at - now;
	int64_t pause = left - min_ttl;

	if (failures > 0)
		pause = failures < 7 ? (int64_t)1 << (failures - 1) : PAUSE_MAX;
	else if (expires_at <= 0)
		pause = PAUSE_MAX;
	else if (pause < 1)
		pause = left - (left < 5 ? 1 : left / 5);
	return pause < 1 ? 1 : pause < PAUSE_MAX ? pause : PAUSE_MAX;
}
