/*
 * yaml_edit_private.h - what the parts of the YAML editor share; for yaml_*.c only.
 */
#ifndef BF_YAML_EDIT_PRIVATE_H
#define BF_YAML_EDIT_PRIVATE_H

#include "yaml_edit.h"

/* A document before the edit. */
struct bf_yaml_doc {
	const struct bf_secret *text;
	const struct bf_yaml *tree;
};

/* Where the edit takes place. Nodes are as written: a value may be an alias. */
struct bf_yaml_spot {
	const struct bf_yaml_node *mapping; /* innermost that exists; NULL: an empty document */
	size_t depth;                       /* how many names of the path lead to it */
	const struct bf_yaml_node *path[BF_YAML_EDIT_DEPTH + 1]; /* root ... mapping */
	const struct bf_yaml_node *previous; /* the value before `key`, NULL for the first */
	const struct bf_yaml_node *key;      /* the pair to be changed, NULL: to be made */
	const struct bf_yaml_node *value;
};

/* UNSUPPORTED with a reason where the path cannot be followed. */
enum bfabric_status bf_yaml_find(const struct bf_yaml *tree, const struct bf_yaml_edit *edit,
	struct bf_yaml_spot *ret, struct bfabric_error *err);

/* Would an alias elsewhere mean something else after the edit? */
enum bfabric_status bf_yaml_check_aliases(
	const struct bf_yaml *tree, const struct bf_yaml_spot *spot, struct bfabric_error *err);

/* "line N: REASON", UNSUPPORTED. */
enum bfabric_status bf_yaml_refuse(
	const struct bf_yaml_node *at, const char *reason, struct bfabric_error *err);

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Bytes to be replaced. */
struct bf_yaml_splice {
	size_t at, remove;
	struct bf_secret text;
};

/* Marks count characters, not bytes, and no byte order mark. */
size_t bf_yaml_byte_of(const struct bf_secret *text, uint32_t character);

/* Where the text of a node ends: of a block collection, its last scalar. A byte. */
size_t bf_yaml_end(const struct bf_yaml_doc *doc, const struct bf_yaml_node *node);

/* The same without line ends that a block scalar took along. */
size_t bf_yaml_trimmed_end(const struct bf_yaml_doc *doc, const struct bf_yaml_node *node);

/* Where a node begins, after its anchor. */
size_t bf_yaml_content(const struct bf_yaml_doc *doc, const struct bf_yaml_node *node);

/* The line break at or after a byte (of CRLF the CR), or the end of the text; and behind it. */
size_t bf_yaml_line_break(const struct bf_secret *text, size_t at);
size_t bf_yaml_next_line(const struct bf_secret *text, size_t at);

/* The line ends that the file uses. */
const char *bf_yaml_eol(const struct bf_secret *text);

/* Behind spaces and tabs. */
size_t bf_yaml_skip_blanks(const struct bf_secret *text, size_t at);

/* ---- the three kinds of edit ----------------------------------------------------------------- */

/* `blank_line`: separate a new top-level entry from what precedes it. */
enum bfabric_status bf_yaml_plan_insert(const struct bf_yaml_doc *doc,
	const struct bf_yaml_edit *edit, const struct bf_yaml_spot *spot, bool blank_line,
	struct bf_yaml_splice *splice, struct bfabric_error *err);
enum bfabric_status bf_yaml_plan_replace(const struct bf_yaml_doc *doc,
	const struct bf_yaml_edit *edit, const struct bf_yaml_spot *spot,
	struct bf_yaml_splice *splice, struct bfabric_error *err);
enum bfabric_status bf_yaml_plan_remove(const struct bf_yaml_doc *doc,
	const struct bf_yaml_spot *spot, struct bf_yaml_splice *splice, struct bfabric_error *err);

/* Is `after` the same document but for what the edit names? Aliases are compared by name. */
bool bf_yaml_only_changed(
	const struct bf_yaml *before, const struct bf_yaml *after, const struct bf_yaml_edit *edit);

#endif
