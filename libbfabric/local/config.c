#include "config_private.h"
#include "build_paths.h"
#include "../base/concat.h"
#include <stdlib.h>
#include <string.h>

/* The user's file: the default place, or as given with "~/" expanded. */
enum bfabric_status bf_config_user_path(
	const char *config_file, char **ret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL;
	const char *rest = BF_CONFIG_DEFAULT;
	enum bfabric_status status;

	if (config_file && strncmp(config_file, "~/", 2) != 0) {
		*ret = strdup(config_file);
		return *ret ? BFABRIC_OK : bf_fail_nomem(err);
	}
	if (config_file)
		rest = config_file + 2;
	status = bf_home(&home, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = bf_concat(home, "/", rest, NULL);
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status load_file(
	struct bf_config_file *file, unsigned rules, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	enum bfabric_status status =
		bf_file_read(file->path, rules, BF_CONFIG_MAX, &content, &file->info, err);

	if (status == BFABRIC_BAD_REPLY)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is too large", file->path);
	if (status != BFABRIC_OK || !file->info.found)
		return status;
	return bf_yaml_parse(bf_secret_reveal(&content), content.len, file->path, &file->yaml, err);
}

static enum bfabric_status load_user(
	struct bf_config *config, const char *config_file, struct bfabric_error *err)
{
	enum bfabric_status status = bf_config_user_path(config_file, &config->user.path, err);

	config->user.source = BF_FROM_USER;
	return status == BFABRIC_OK ? load_file(&config->user, BF_FILE_FOLLOW, err) : status;
}

/*
 * The site's file belongs to root. One that is named by BFABRIC_SITE_CONFIG may also be ours:
 * whoever sets our environment could set HOME as well.
 */
static enum bfabric_status load_site(struct bf_config *config, struct bfabric_error *err)
{
	const char *named = secure_getenv("BFABRIC_SITE_CONFIG");

	config->site.source = BF_FROM_SITE;
	if (named && *named == '\0')
		return BFABRIC_OK;
	config->site.path = strdup(named ? named : BF_SITE_CONFIG);
	if (!config->site.path)
		return bf_fail_nomem(err);
	if (named && bf_file_stat(named, BF_FILE_FOLLOW, &config->site.info, NULL) == BFABRIC_OK)
		return config->site.info.found ? load_file(&config->site, BF_FILE_FOLLOW, err)
					       : BFABRIC_OK;
	return load_file(&config->site, BF_FILE_ROOTS, err);
}

static enum bfabric_status load_override(
	struct bf_config *config, const char *text, struct bfabric_error *err)
{
	enum bfabric_status status = bf_config_override_load(text, &config->override, err);

	if (status != BFABRIC_OK)
		return status;
	config->entries = calloc(1, sizeof(*config->entries));
	if (!config->entries)
		return bf_fail_nomem(err);
	config->entries[0].name = bf_config_override_name(config->override);
	config->count = config->capacity = 1;
	return BFABRIC_OK;
}

enum bfabric_status bf_config_load(
	const char *config_file, struct bf_config **ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = calloc(1, sizeof(*config));
	const char *override = secure_getenv(BF_OVERRIDE_VARIABLE);
	enum bfabric_status status;

	if (!config)
		return bf_fail_nomem(err);
	if (override)
		status = load_override(config, override, err);
	else
		status = load_user(config, config_file, err);
	if (status == BFABRIC_OK && !override)
		status = load_site(config, err);
	if (status == BFABRIC_OK && !override)
		status = bf_config_collect(config, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(config);
	return status;
}

enum bfabric_status bf_config_parse(const char *path, const struct bf_secret *content,
	struct bf_config **ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = calloc(1, sizeof(*config));
	enum bfabric_status status;

	if (config)
		config->user.path = strdup(path);
	if (!config || !config->user.path)
		return bf_fail_nomem(err);
	config->user.source = BF_FROM_USER;
	config->user.info.found = true;
	status = bf_yaml_parse(
		bf_secret_reveal(content), content->len, path, &config->user.yaml, err);
	if (status == BFABRIC_OK)
		status = bf_config_collect(config, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(config);
	return status;
}

enum bfabric_status bf_config_load_site(struct bf_config **ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = calloc(1, sizeof(*config));
	enum bfabric_status status;

	if (!config)
		return bf_fail_nomem(err);
	status = load_site(config, err);
	if (status == BFABRIC_OK)
		status = bf_config_collect(config, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(config);
	return status;
}

static void release_file(struct bf_config_file *file)
{
	free(file->path);
	bf_yaml_release(&file->yaml);
}

void bf_config_free(struct bf_config *config)
{
	if (!config)
		return;
	release_file(&config->user);
	release_file(&config->site);
	free(config->entries);
	json_decref(config->override);
	free(config);
}

void bf_config_freep(struct bf_config **config)
{
	bf_config_free(*config);
}

size_t bf_config_count(const struct bf_config *config)
{
	return config->count;
}

const char *bf_config_name(const struct bf_config *config, size_t index)
{
	return config->entries[index].name;
}

enum bf_config_source bf_config_source(const struct bf_config *config, size_t index)
{
	const struct bf_config_file *file = config->entries[index].file;

	return file ? file->source : BF_FROM_OVERRIDE;
}

const char *bf_config_default(const struct bf_config *config)
{
	const char *name = NULL;

	if (config->override)
		return config->entries[0].name;
	if (bf_config_file_default(&config->user, &name, NULL) != BFABRIC_OK || name)
		return name;
	return bf_config_file_default(&config->site, &name, NULL) == BFABRIC_OK ? name : NULL;
}

const char *bf_config_user_file(const struct bf_config *config)
{
	return config->user.path ? config->user.path : "";
}
