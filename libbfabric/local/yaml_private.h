/*
 * yaml_private.h - the two ways to a tree, and what they share.
 *
 * The configuration of nearly everybody is nested mappings of plain words. These are read in one
 * pass over the text, because starting libyaml costs more than all else that the front program does
 * with the file; whatever is less plain goes to libyaml, which alone says what is wrong. A fuzz
 * target holds the two against each other.
 */
#ifndef BF_YAML_PRIVATE_H
#define BF_YAML_PRIVATE_H

#include "yaml_tree.h"

/* bf_yaml_parse() without a byte order mark, by libyaml. */
BF_MUST_USE enum bfabric_status bf_yaml_parse_any(const char *bytes, size_t len, const char *file,
	struct bf_yaml *ret, struct bfabric_error *err);

/* The same tree, or false (then nothing is known about the text). */
BF_MUST_USE bool bf_yaml_parse_plain(const char *bytes, size_t len, struct bf_yaml *ret);

/* The reader below it: fills a tree that is prepared; false leaves it as far as it came. */
BF_MUST_USE bool bf_yaml_read_plain(const char *bytes, size_t len, struct bf_yaml *tree);

/* A new node, the last child of `parent` (0: the root); its index, 0 without memory. */
BF_MUST_USE uint32_t bf_yaml_append(struct bf_yaml *tree, uint32_t parent, enum bf_yaml_type type);
BF_MUST_USE bool bf_yaml_grow(struct bf_yaml *tree);

/* Keep text, NUL-terminated; its offset. */
uint32_t bf_yaml_keep(struct bf_yaml *tree, const void *text, size_t len);

#endif
