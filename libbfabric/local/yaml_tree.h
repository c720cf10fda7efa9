/*
 * yaml_tree.h - a small YAML document in memory, as bfabricPy's PyYAML would see it.
 *
 * libyaml does the parsing; this keeps what a configuration reader needs of it: every scalar in one
 * buffer that erases itself, the line of each node for errors, the character range for the writer.
 * libyaml's own document type is not used because it forgets whether a scalar was plain or tagged,
 * copies a tag for every node, and leaves secrets behind in freed memory.
 *
 * The rules are PyYAML's (YAML 1.1): merge keys, duplicate keys (the last wins), duplicate anchors
 * and undefined aliases are errors, one document. Aliases are references, never copies, so that a
 * nest of them costs nothing; walks are bounded.
 */
#ifndef BF_YAML_TREE_H
#define BF_YAML_TREE_H

#include "../base/secret.h"

#define BF_YAML_DEPTH 1000
#define BF_YAML_NODES 50000

enum bf_yaml_type {
	BF_YAML_SCALAR,
	BF_YAML_SEQUENCE,
	BF_YAML_MAPPING,
	BF_YAML_ALIAS, /* never handed out by the functions below */
};

struct bf_yaml_node {
	enum bf_yaml_type type;
	bool plain;      /* a scalar whose type YAML 1.1 guesses from its text */
	bool foreign;    /* carries a tag of another type than it looks like */
	bool flow;       /* a mapping or sequence in flow style, a quoted scalar */
	uint32_t line;   /* from 1 */
	uint32_t column; /* characters, from 0 */
	uint32_t start;  /* of its range, in characters from the beginning; a byte order mark */
	uint32_t end;    /* is not counted */
	uint32_t text;   /* scalars: offset in the tree's text; aliases: of the anchor's name */
	uint32_t length;
	uint32_t first; /* first child, or an alias's target; 0: none. A mapping's children are */
	uint32_t last;  /* key, value, key, value ... */
	uint32_t next;  /* sibling */
	uint32_t anchor, anchor_length; /* name, an offset in text */
	uint32_t anchor_next;           /* chain of its hash bucket */
};

struct bf_yaml {
	struct bf_yaml_node *nodes; /* [0] is unused, [1] the root */
	uint32_t count, capacity;
	struct bf_secret text;
	uint32_t end; /* characters: where "..." ends the document, UINT32_MAX if nothing does */
};

#define BF_YAML_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * Parse `len` bytes of UTF-8 (a byte order mark is fine). `file` is for errors, which name file
 * and line and never quote content. BAD_CONFIG or NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_yaml_parse(const char *bytes, size_t len, const char *file,
	struct bf_yaml *ret, struct bfabric_error *err);
void bf_yaml_release(struct bf_yaml *tree);

/* NULL for an empty document. */
const struct bf_yaml_node *bf_yaml_root(const struct bf_yaml *tree);

/*
 * Children in order, aliases resolved; NULL after the last. `*cursor` starts as
 * bf_yaml_children(node).
 */
uint32_t bf_yaml_children(const struct bf_yaml_node *node);
const struct bf_yaml_node *bf_yaml_next(const struct bf_yaml *tree, uint32_t *cursor);

/*
 * Call `visit` for each key and value of a mapping, merged-in ones first, so that of equal keys
 * the last one seen is the one that counts. NULL when done, else what is wrong (a constant).
 */
BF_MUST_USE const char *bf_yaml_walk(const struct bf_yaml *tree, const struct bf_yaml_node *mapping,
	void (*visit)(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value),
	void *data);

/* NUL-terminated; may also contain NUL, compare with node->length. */
const char *bf_yaml_text(const struct bf_yaml *tree, const struct bf_yaml_node *node);

/* Is it the string `text`? */
bool bf_yaml_is(const struct bf_yaml *tree, const struct bf_yaml_node *node, const char *text);

enum bf_yaml_kind {
	BF_YAML_STRING,
	BF_YAML_NULL,
	BF_YAML_BOOL,
	BF_YAML_NUMBER, /* integer or floating point */
	BF_YAML_OTHER,  /* a time, a special key, a foreign tag */
	BF_YAML_COLLECTION,
};

/* What PyYAML makes of a node. */
enum bf_yaml_kind bf_yaml_kind(const struct bf_yaml *tree, const struct bf_yaml_node *node);

/* What YAML 1.1, as PyYAML implements it, makes of a plain scalar. */
enum bf_yaml_kind bf_yaml_plain_kind(const char *text);

#endif
