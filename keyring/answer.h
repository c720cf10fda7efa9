/*
 * answer.h - how an operation ended, and saying so: in the reply on stdout, and as exit code.
 *
 * The reply counts: a host that ignores SIGCHLD never learns the exit code. For a request of ours
 * it ends with `status=` and, unless that is ok or not-found, `message=` with one line for a
 * person. git, which asks with a protocol of its own, gets the credential alone and the message on
 * stderr.
 *
 * Exactly one answer is given: by bf_answer_send, or by the alarm of budget.h, whoever is first.
 */
#ifndef BF_ANSWER_H
#define BF_ANSWER_H

#include "libbfabric/base/secret.h"

enum bf_outcome {
	BF_OUT_OK,
	BF_OUT_NOT_FOUND,
	BF_OUT_LOCKED,     /* the keyring, or there is none yet: a person can unlock or make it */
	BF_OUT_NO_SERVICE, /* no bus, or nobody on it who keeps secrets */
	BF_OUT_DENIED,     /* a person or the service said no */
	BF_OUT_TIMEOUT,
	BF_OUT_ERROR,
};

/* "ok", "not-found", ...: the value of status=. */
const char *bf_outcome_name(enum bf_outcome outcome);
int bf_outcome_exit_code(enum bf_outcome outcome);

struct bf_answer {
	struct bf_secret lines; /* key=value lines before status= */
	char message[512];
	bool to_git;
};

#define BF_ANSWER_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

/* Set the message (made fit to be shown, bf_show) and return `outcome`, in one expression. */
enum bf_outcome bf_end(struct bf_answer *answer, enum bf_outcome outcome, const char *fmt, ...)
	BF_PRINTF(3, 4);

/* Write what is in `lines` now and forget it: probe tells each step as it is done. */
void bf_answer_flush(struct bf_answer *answer);

/* Write the reply and end the process. */
_Noreturn void bf_answer_send(struct bf_answer *answer, enum bf_outcome outcome);

#endif
