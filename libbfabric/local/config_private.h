/*
 * config_private.h - what the parts of the configuration reader share; for config*.c only.
 */
#ifndef BF_CONFIG_PRIVATE_H
#define BF_CONFIG_PRIVATE_H

#include "config.h"
#include "yaml_edit.h"
#include "../base/file.h"
#include <jansson.h>

#define BF_CONFIG_MAX        ((size_t)1 << 20)
#define BF_CONFIG_DEFAULT    ".bfabricpy.yml"
#define BF_OVERRIDE_VARIABLE "BFABRICPY_CONFIG_OVERRIDE"
#define BF_OAUTH_LOGIN       "__oauth__"

struct bf_config_file {
	char *path;
	enum bf_config_source source;
	struct bf_file_info info;
	struct bf_yaml yaml;
	const struct bf_yaml_node *general; /* value of the key GENERAL, NULL if absent */
};

/* A top-level key that is an environment; nothing in it has been checked yet. */
struct bf_config_entry {
	const char *name;                  /* belongs to the file's tree or to the override */
	const struct bf_config_file *file; /* NULL: the override */
	const struct bf_yaml_node *key, *value;
	size_t rank; /* of two with one name, the higher rank counts */
};

struct bf_config {
	struct bf_config_file user, site;
	struct bf_config_entry *entries; /* the user's first, in the order of the files */
	size_t count, capacity;
	json_t *override; /* NULL: not set */
};

/* The user's path for `config_file` (NULL: the default place), "~/" expanded. */
enum bfabric_status bf_config_user_path(
	const char *config_file, char **ret, struct bfabric_error *err);

/* A configuration that is nothing but this content of the user's file `path`. */
enum bfabric_status bf_config_parse(const char *path, const struct bf_secret *content,
	struct bf_config **ret, struct bfabric_error *err);

/* Fill config->entries from the parsed files. */
enum bfabric_status bf_config_collect(struct bf_config *config, struct bfabric_error *err);

const struct bf_config_entry *bf_config_find(const struct bf_config *config, const char *name);

/* GENERAL.default_config of a file: *ret is NULL when absent. BAD_CONFIG when malformed. */
enum bfabric_status bf_config_file_default(
	const struct bf_config_file *file, const char **ret, struct bfabric_error *err);

/* Read and check one environment, wherever it comes from. */
enum bfabric_status bf_config_read_entry(const struct bf_config *config,
	const struct bf_config_entry *entry, struct bf_environment *ret, struct bfabric_error *err);
enum bfabric_status bf_config_read_yaml(
	const struct bf_config_entry *entry, struct bf_environment *env, struct bfabric_error *err);
enum bfabric_status bf_config_read_override(
	const json_t *override, struct bf_environment *env, struct bfabric_error *err);

/* The override: parse, and the name of its environment (never NULL). */
enum bfabric_status bf_config_override_load(
	const char *text, json_t **ret, struct bfabric_error *err);
const char *bf_config_override_name(const json_t *override);
const char *bf_config_override_url(const json_t *override); /* NULL: none */

/*
 * Only the two values that say whom an environment serves, base_url and libbfabric, to match a
 * host without reading more. Left as they are when absent.
 */
void bf_config_peek(const struct bf_config_entry *entry, const struct bf_yaml_node **ret_base_url,
	const struct bf_yaml_node **ret_ours);

/* The URL that a host[:port] of `hosts` stands for; BAD_CALL when it may not stand there. */
enum bfabric_status bf_config_host_url(
	const char *text, struct bf_url *ret, struct bfabric_error *err);

/* Where a value stands, for errors. */
struct bf_config_place {
	const struct bf_config_file *file;
	const char *environment;
	const struct bf_yaml_node *key; /* the environment's */
};

/* "FILE:LINE: environment 'NAME': KEY PROBLEM"; the value itself is never shown. */
enum bfabric_status bf_config_bad(const struct bf_config_place *place,
	const struct bf_yaml_node *at, const char *key, const char *problem,
	struct bfabric_error *err);

/* A string, NULL in *ret when the key is absent or null. */
enum bfabric_status bf_config_string(const struct bf_config_place *place, const char *key,
	const struct bf_yaml_node *value, char **ret, struct bfabric_error *err);

enum bfabric_status bf_config_secret(const struct bf_config_place *place, const char *key,
	const struct bf_yaml_node *value, struct bf_secret *ret, struct bfabric_error *err);

/* Length as Python counts it: code points of UTF-8. */
size_t bf_config_characters(const char *text);

/* The sub-mapping `libbfabric:`. */
enum bfabric_status bf_config_read_ours(const struct bf_config_place *place,
	const struct bf_yaml_node *mapping, struct bf_environment *env, struct bfabric_error *err);

/* ---- writing --------------------------------------------------------------------------------- */

/* The site's file alone: an empty configuration when there is none. */
enum bfabric_status bf_config_load_site(struct bf_config **ret, struct bfabric_error *err);

/* Can the values and the name be written at all? BAD_CALL if not; no secret in the text. */
enum bfabric_status bf_config_check_change(
	const struct bf_config_change *change, struct bfabric_error *err);

/* May this be the name of a new environment? */
enum bfabric_status bf_config_check_name(const char *name, struct bfabric_error *err);

/* What to write by hand instead of a value that must not be shown; NULL: it may be shown. */
const char *bf_config_placeholder(const char *key);

/* Is the value no string but a number or a truth value? */
bool bf_config_is_raw(const char *key);

/* The text of a value; NULL: it goes away. */
const char *bf_config_text(const struct bf_config_value *value);

/* The edit of the file that a value asks for. `path` is filled in and must outlive it. */
#define BF_CONFIG_OURS "libbfabric"
struct bf_yaml_edit bf_config_edit_of(
	const char *name, const struct bf_config_value *value, const char *path[2]);

/*
 * The text of the file with the change in it: *ret_changed false and nothing in `after` when it
 * says all that already. `site` may be NULL. Pure. Errors as bf_config_write.
 */
enum bfabric_status bf_config_edit(const char *path, const struct bf_secret *before,
	const struct bf_config *site, const struct bf_config_change *change,
	struct bf_secret *after, bool *ret_changed, struct bfabric_error *err);

/* What of the change the file does not say yet, for a person to write. */
struct bf_config_wanted {
	const struct bf_config_change *change;
	const struct bf_yaml *tree;
	bool new_environment;
	const char *new_default; /* NULL: stays */
	bool drop_default;
};
void bf_config_put_by_hand(struct bf_secret *out, const struct bf_config_wanted *wanted);

/* Older bfabricPy rejects the whole file for a login with another password, whatever auth_method.
 */
bool bf_config_has_good_password(const struct bf_config_entry *entry);

#endif
