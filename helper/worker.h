/*
 * worker.h - one call for a token, made by a process of its own, so that whoever waits for it can
 * do something else meanwhile and may go away in the middle of it.
 *
 * A refresh that was sent has to be waited for, up to 30 seconds: its reply holds the only copy of
 * the next refresh token. The process that watches over a command cannot sit through that (signals
 * have to be passed on, the command may end), and a thread would die with it. A worker finishes by
 * itself: it is a fork in a process group of its own (Control-Z does not stop it while it holds the
 * lock) that keeps none of our descriptors open, and hands its answer over a pipe.
 */
#ifndef BF_WORKER_H
#define BF_WORKER_H

#include "../libbfabric/base/secret.h"
#include "options.h"
#include <sys/types.h>

struct bf_worker {
	pid_t pid; /* 0: none */
	int fd;    /* poll it for POLLIN */
	struct bf_secret said;
};

#define BF_WORKER_INIT                                                                             \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define BF_AUTO_WORKER BF_CLEANUP(bf_worker_release)
void bf_worker_release(struct bf_worker *worker); /* leaves the process alone */

/* Like `bfabric token` with this command line. Its trace (-v) goes to our stderr. */
BF_MUST_USE enum bfabric_status bf_worker_start(
	struct bf_worker *worker, const struct bf_command_line *call, struct bfabric_error *err);

/* Take what is there, waiting if there is nothing. True: that was all. */
bool bf_worker_read(struct bf_worker *worker);

struct bf_worker_answer {
	struct bf_secret token;
	int64_t expires_at; /* Unix seconds, 0: unknown */
	char warning[512];  /* "": none */
};

#define BF_AUTO_WORKER_ANSWER BF_CLEANUP(bf_worker_answer_release)
void bf_worker_answer_release(struct bf_worker_answer *answer);

/* What it came to; the worker is released. Fails as bfabric_session_token does. */
BF_MUST_USE enum bfabric_status bf_worker_take(
	struct bf_worker *worker, struct bf_worker_answer *ret_answer, struct bfabric_error *err);

/*
 * Seconds from `now` until a token should be asked for again: when it has `min_ttl` left, and when
 * it then still was the same, in the last fifth of what is left; after `failures` in a row 1, 2, 4,
 * ... instead; never more than 60, because it may be replaced or taken back by somebody else.
 */
int64_t bf_worker_pause(int64_t now, int64_t expires_at, int64_t min_ttl, unsigned failures);

#endif
