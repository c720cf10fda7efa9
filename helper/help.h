/*
 * help.h - help texts, generated from the rows of verb.h so that they cannot disagree with them.
 */
#ifndef BF_HELP_H
#define BF_HELP_H

#include "verb.h"

/* Help of one verb, wrapped at `width` columns (at least 30 are assumed). */
void bf_help_verb(const struct bf_verb *verb, unsigned width, struct bf_secret *out);

/* One line of a list: "  name   summary". */
void bf_help_row(const char *name, const char *summary, unsigned indent, unsigned width,
	struct bf_secret *out);

/* A paragraph, indented. */
void bf_help_wrap(const char *text, unsigned indent, unsigned width, struct bf_secret *out);

#endif
