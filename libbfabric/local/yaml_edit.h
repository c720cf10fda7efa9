/*
 * yaml_edit.h - change one key of a YAML document and keep everything else as a person wrote it.
 *
 * An edit names a mapping by the keys that lead to it, and one key in it. The bytes that must
 * change are found by libyaml's marks and replaced by one splice; comments, blank lines, anchors,
 * the order of the keys, line ends and a missing final newline stay. Then the result is parsed and
 * compared: it must say what was wanted and be otherwise the same, node by node. Whatever the
 * marks missed, the comparison finds, and then there is no result.
 *
 *	static const char *const path[] = {"PRODUCTION", "libbfabric"};
 *	const struct bf_yaml_edit edit = {path, 2, "store", "keyring"};
 *
 * Not edited, because it could not be done without guessing: a key that stands there twice, that
 * comes from a merge key, that carries a tag; mappings that an alias elsewhere refers to; odd forms
 * such as "? key". A new pair is put behind the last one; a comment behind a value stays where it
 * is, even when its key goes away (but a whole top-level entry goes with the comments in it).
 */
#ifndef BF_YAML_EDIT_H
#define BF_YAML_EDIT_H

#include "yaml_tree.h"

#define BF_YAML_EDIT_DEPTH 2

struct bf_yaml_edit {
	const char *const *path; /* keys that lead to the mapping; missing mappings are made */
	size_t depth;            /* their number, at most BF_YAML_EDIT_DEPTH; 0: the root */
	const char *key;
	const char *text; /* the new value, a string; NULL: the key goes away */
	bool raw;         /* `text` is YAML in flow style, as bf_yaml_put_flow writes it */
};

/* Does the document say this already (merge keys and aliases followed; null is none)? NO_MEMORY. */
BF_MUST_USE enum bfabric_status bf_yaml_says(const struct bf_yaml *tree,
	const struct bf_yaml_edit *edit, bool *ret, struct bfabric_error *err);

/*
 * The edited document; `tree` is what `before` was parsed to. UNSUPPORTED: it cannot be done safely
 * (text: a line and a reason, no value and no file name); NO_MEMORY. Pure.
 */
BF_MUST_USE enum bfabric_status bf_yaml_apply(const struct bf_secret *before,
	const struct bf_yaml *tree, const struct bf_yaml_edit *edit, struct bf_secret *ret_after,
	struct bf_yaml *ret_tree, struct bfabric_error *err);

/* ---- writing single values ------------------------------------------------------------------- */

/*
 * A string that YAML 1.1 and 1.2 readers take for this string: plain where it is in no way special,
 * else in double quotes. `flow`: inside braces, where less is plain. UTF-8.
 */
void bf_yaml_put_string(struct bf_secret *out, const char *text, bool flow);
void bf_yaml_put_key(struct bf_secret *out, const char *text);

/*
 * A node in flow style on one line, aliases replaced by what they stand for. False: it carries a
 * tag, is nested too deeply or contains itself, or is longer than `out` may become.
 */
BF_MUST_USE bool bf_yaml_put_flow(
	struct bf_secret *out, const struct bf_yaml *tree, const struct bf_yaml_node *node);

#endif
