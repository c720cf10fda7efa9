/*
 * ask.h - run a small program made of shell lines, once, and keep everything that came of it: for
 * the tests of base/child.h. Include after unit.h; the program lies in the scratch folder.
 */
#ifndef TESTS_ASK_H
#define TESTS_ASK_H

#include "libbfabric/base/child.h"

#define LONG_MS 20000 /* more than anything here takes; nobody waits for it */

struct asked {
	enum bfabric_status status;
	struct bf_secret output;
	struct bf_child_end end;
	struct bfabric_error err;
	int64_t took; /* milliseconds */
};

void asked_release(struct asked *asked);
#define AUTO_ASKED BF_CLEANUP(asked_release)

/* Its path; replaces the one before. */
const char *program(const char *lines);

struct asked ask_this(const char *path, const struct bf_secret *input, int64_t ms,
	const struct bfabric_cancel *cancel);
/* Without input, and nobody cancels. */
struct asked ask(const char *lines, int64_t ms);

/* So many bytes, no two alike side by side. */
struct bf_secret much(size_t len);

#endif
