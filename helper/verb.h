/*
 * verb.h - what a person can ask for: one row a verb, from which parsing and help both come.
 *
 * The rows of the two hot verbs are shared by front and full program (faces.c); the others lie
 * beside what they do. A verb's run function builds its answer in memory; main writes it once, and
 * on failure not at all, because git uses what a failing helper printed.
 * Only `api read` writes most of what it has itself, in pieces, once everything has been read.
 */
#ifndef BF_VERB_H
#define BF_VERB_H

#include "../libbfabric/base/secret.h"
#include "options.h"

struct bf_verb {
	const char *name;    /* "token", "auth status", or the name of a program */
	const char *aliases; /* other names of it, separated by '|': "auth login|login"; or NULL */
	const char *summary; /* one line without full stop, for the list of verbs */
	const char *arguments; /* "[BASE_URL]", or NULL */
	size_t max_arguments;  /* or BF_ARGUMENTS_COMMAND, BF_ARGUMENTS_MANY */
	const struct bf_option *options;
	const char *text;     /* paragraphs separated by an empty line */
	const char *examples; /* lines */
};

/* What a verb hands to main. */
struct bf_answer {
	struct bf_secret out;  /* for stdout */
	bool also_on_failure;  /* a status report, or git's `quit=1`: print it all the same */
	bool failure_was_told; /* the answer says it: no line on stderr */
	bool may_be_cut_off;   /* who reads it may stop early, as head(1) does: no failure */
	int exit_code;         /* not 0: this one, whatever the status says */
};

#define BF_ANSWER_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

#endif
