#include "config_private.h"
#include <stdlib.h>
#include <string.h>

/*
 * The top level of the files: GENERAL and the environments. Equal names are found by sorting, so
 * that a file with thousands of them loads in time proportional to its size (nearly).
 */

struct collector {
	struct bf_config *config;
	struct bf_config_file *file;
	bool failed;
};

static bool add_entry(struct bf_config *config, const struct bf_config_entry *entry)
{
	if (config->count == config->capacity) {
		size_t capacity = config->capacity ? config->capacity * 2 : 16;
		void *entries = reallocarray(config->entries, capacity, sizeof(*config->entries));

		if (!entries)
			return false;
		config->entries = entries;
		config->capacity = capacity;
	}
	config->entries[config->count++] = *entry;
	return true;
}

/* Keys that are no strings at all are passed over: nobody can ask for them. */
static void visit(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct collector *c = data;
	struct bf_config_entry entry = {
		.name = bf_yaml_text(&c->file->yaml, key),
		.file = c->file,
		.key = key,
		.value = value,
		/* the user's environments win */
		.rank = c->config->count + (c->file->source == BF_FROM_USER ? SIZE_MAX / 2 : 0),
	};

	if (bf_yaml_is(&c->file->yaml, key, "GENERAL"))
		c->file->general = value;
	else if (key->type == BF_YAML_SCALAR && strlen(entry.name) == key->length)
		c->failed |= !add_entry(c->config, &entry);
}

static enum bfabric_status collect_file(
	struct bf_config *config, struct bf_config_file *file, struct bfabric_error *err)
{
	const struct bf_yaml_node *root = bf_yaml_root(&file->yaml);
	struct collector c = {.config = config, .file = file};
	const char *problem;

	if (!root || bf_yaml_kind(&file->yaml, root) == BF_YAML_NULL)
		return BFABRIC_OK;
	if (root->type != BF_YAML_MAPPING || root->foreign)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s:%u: the file must be a mapping of environments (NAME: ...)", file->path,
			root->line);
	problem = bf_yaml_walk(&file->yaml, root, visit, &c);
	if (problem)
		return bf_fail(
			err, BFABRIC_BAD_CONFIG, "%s:%u: %s", file->path, root->line, problem);
	return c.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static int by_name_and_rank(const void *a, const void *b)
{
	const struct bf_config_entry *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : ((*x)->rank > (*y)->rank) - ((*x)->rank < (*y)->rank);
}

/* Of entries with one name, keep the one of the highest rank. */
static enum bfabric_status drop_superseded(struct bf_config *config, struct bfabric_error *err)
{
	BF_AUTO_FREE struct bf_config_entry **sorted = calloc(config->count + 1, sizeof(*sorted));
	size_t kept = 0;

	if (!sorted)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < config->count; i++)
		sorted[i] = &config->entries[i];
	qsort(sorted, config->count, sizeof(struct bf_config_entry *), by_name_and_rank);
	for (size_t i = 0; i + 1 < config->count; i++)
		if (strcmp(sorted[i]->name, sorted[i + 1]->name) == 0)
			sorted[i]->file = NULL;
	for (size_t i = 0; i < config->count; i++)
		if (config->entries[i].file)
			config->entries[kept++] = config->entries[i];
	config->count = kept;
	return BFABRIC_OK;
}

enum bfabric_status bf_config_collect(struct bf_config *config, struct bfabric_error *err)
{
	enum bfabric_status status = collect_file(config, &config->user, err);

	if (status == BFABRIC_OK)
		status = collect_file(config, &config->site, err);
	return status == BFABRIC_OK ? drop_superseded(config, err) : status;
}

const struct bf_config_entry *bf_config_find(const struct bf_config *config, const char *name)
{
	for (size_t i = 0; i < config->count; i++)
		if (strcmp(config->entries[i].name, name) == 0)
			return &config->entries[i];
	return NULL;
}

struct find_default {
	const struct bf_yaml *yaml;
	const struct bf_yaml_node *value;
};

static void visit_general(
	void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct find_default *f = data;

	if (bf_yaml_is(f->yaml, key, "default_config"))
		f->value = value;
}

static enum bfabric_status bad_general(const struct bf_config_file *file,
	const struct bf_yaml_node *at, const char *problem, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_BAD_CONFIG, "%s:%u: %s", file->path, at->line, problem);
}

enum bfabric_status bf_config_file_default(
	const struct bf_config_file *file, const char **ret, struct bfabric_error *err)
{
	const struct bf_yaml_node *general = file->general;
	struct find_default f = {&file->yaml, NULL};
	const char *problem;

	*ret = NULL;
	if (!general || bf_yaml_kind(&file->yaml, general) == BF_YAML_NULL)
		return BFABRIC_OK;
	if (general->type != BF_YAML_MAPPING || general->foreign)
		return bad_general(file, general, "GENERAL must be a mapping", err);
	problem = bf_yaml_walk(&file->yaml, general, visit_general, &f);
	if (problem)
		return bad_general(file, general, problem, err);
	if (!f.value || bf_yaml_kind(&file->yaml, f.value) == BF_YAML_NULL)
		return BFABRIC_OK;
	if (bf_yaml_kind(&file->yaml, f.value) != BF_YAML_STRING || f.value->length == 0)
		return bad_general(file, f.value,
			"GENERAL: default_config must be a name; quote it if it looks like a "
			"number",
			err);
	*ret = bf_yaml_text(&file->yaml, f.value);
	return BFABRIC_OK;
}
