/*
 * nearest.h - the known name that a misspelt one was probably meant to be.
 */
#ifndef BF_NEAREST_H
#define BF_NEAREST_H

#include <stddef.h>

struct bf_nearest {
	const char *wanted;
	size_t wanted_len;
	const char *best; /* NULL: nothing is near */
	size_t distance;
};

#define BF_NEAREST_INIT(text, len)                                                                 \
	{                                                                                          \
		.wanted = (text), .wanted_len = (len), .best = NULL, .distance = 0                 \
	}

/* Consider a candidate (NULL is skipped). One edit in three letters is near, at least one. */
void bf_nearest_try(struct bf_nearest *nearest, const char *candidate);

#endif
