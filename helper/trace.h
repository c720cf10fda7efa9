/*
 * trace.h - -v and BFABRIC_TRACE=1: what happens, a line at a time on stderr, without secrets.
 */
#ifndef BF_TRACE_H
#define BF_TRACE_H

#include "options.h"

struct bfabric_session;

/* Does the person want to see what happens? The front then leaves all work to the full program. */
bool bf_trace_wanted(const struct bf_command_line *call);

/* Tell about this session from now on, if that is wanted. */
void bf_trace_session(const struct bf_command_line *call, struct bfabric_session *session);

/* A line of it, for what takes a function. */
void bf_trace_say(void *data, const char *text);

#endif
