#include "config_private.h"
#include <string.h>

/*
 * A change of one environment is a row of edits of the file, each of one key (yaml_edit.h), each
 * read back and compared before the next. At the end the whole is read as a configuration.
 */

#define COPIED_MAX ((size_t)64 << 10) /* bytes of a value of the site's file */

struct job {
	const char *path; /* of the file, for errors */
	const struct bf_config_change *change;
	struct bf_config *old;
	const struct bf_config_entry *found;      /* in the user's file, or NULL */
	const struct bf_config_entry *site_entry; /* else in the site's, or NULL */
	struct bf_config_wanted wanted;
	struct bf_secret text; /* as far as it is edited */
	struct bf_yaml tree;
	bool changed;
	struct bfabric_error *err;
};

static void release_job(struct job *job)
{
	bf_config_free(job->old);
	bf_secret_release(&job->text);
	bf_yaml_release(&job->tree);
}

static enum bfabric_status by_hand(struct job *job, const char *why)
{
	BF_AUTO_SECRET struct bf_secret lines = BF_SECRET_INIT;

	bf_config_put_by_hand(&lines, &job->wanted);
	if (lines.failed)
		return bf_fail_nomem(job->err);
	return bf_fail(job->err, BFABRIC_UNSUPPORTED, "%.120s: %s; write by hand: %s", job->path,
		why, bf_secret_reveal(&lines));
}

/* As many as there could be. */
static size_t comments(const struct bf_secret *text)
{
	size_t count = 0;

	for (const char *at = bf_secret_reveal(text); (at = strchr(at, '#')); at++)
		count++;
	return count;
}

/* `tidy`: not if a comment would be lost. */
static enum bfabric_status apply(
	struct job *job, const struct bf_yaml_edit *edit, bool tidy, struct bfabric_error *why)
{
	BF_AUTO_SECRET struct bf_secret after = BF_SECRET_INIT;
	struct bf_yaml tree = BF_YAML_INIT;
	enum bfabric_status status =
		bf_yaml_apply(&job->text, &job->tree, edit, &after, &tree, why);

	if (status != BFABRIC_OK)
		return status;
	if (tidy && comments(&after) != comments(&job->text)) {
		bf_yaml_release(&tree);
		return BFABRIC_OK;
	}
	bf_secret_move(&job->text, &after);
	bf_yaml_release(&job->tree);
	job->tree = tree;
	job->changed = true;
	return BFABRIC_OK;
}

static enum bfabric_status step(struct job *job, const struct bf_yaml_edit *edit)
{
	struct bfabric_error why = {.text = ""};
	bool said = false;
	enum bfabric_status status = bf_yaml_says(&job->tree, edit, &said, job->err);

	if (status != BFABRIC_OK || said)
		return status;
	status = apply(job, edit, /* tidy= */ false, &why);
	if (status == BFABRIC_UNSUPPORTED)
		return by_hand(job, why.text);
	return status == BFABRIC_OK ? BFABRIC_OK : bf_fail(job->err, status, "%s", why.text);
}

/* ---- the default environment ----------------------------------------------------------------- */

static bool is_login(const struct bf_config_change *change)
{
	for (size_t i = 0; i < change->value_count; i++)
		if ((strcmp(change->values[i].key, "auth_method") == 0 ||
			    strcmp(change->values[i].key, "client_id") == 0) &&
			bf_config_text(&change->values[i]))
			return true;
	return false;
}

static bool wants_default(const struct bf_config_change *change, const char *current)
{
	switch (change->set_default) {
	case BF_DEFAULT_IF_FIRST:
		return !current && is_login(change);
	case BF_DEFAULT_YES:
		return !current || strcmp(current, change->name) != 0;
	case BF_DEFAULT_NO:
		break;
	}
	return false;
}

static enum bfabric_status change_default(struct job *job)
{
	static const char *const path[] = {"GENERAL"};
	const struct bf_yaml_edit edit = {
		path, 1, "default_config", job->wanted.new_default, /* raw= */ false};

	return job->wanted.new_default || job->wanted.drop_default ? step(job, &edit) : BFABRIC_OK;
}

/* ---- the environment ------------------------------------------------------------------------- */

/* The site's entry is copied key by key. */
struct copy {
	struct job *job;
	const struct bf_yaml *yaml;
	const char *path[2];
	size_t depth;
	enum bfabric_status status;
};

static enum bfabric_status cannot_copy(const struct job *job)
{
	return bf_fail(job->err, BFABRIC_UNSUPPORTED,
		"%.200s: the site's entry '%.100s' cannot be copied: write one by hand", job->path,
		job->change->name);
}

static void copy_key(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value);

static void copy_ours(struct copy *c, const struct bf_yaml_node *mapping)
{
	struct copy deeper = *c;

	deeper.depth = 2;
	if (bf_yaml_walk(c->yaml, mapping, copy_key, &deeper) == NULL)
		c->status = deeper.status;
}

static void copy_key(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct copy *c = data;
	BF_AUTO_SECRET struct bf_secret text = {.max = COPIED_MAX};
	const enum bf_yaml_kind kind = bf_yaml_kind(c->yaml, value);
	struct bf_yaml_edit edit = {c->path, c->depth, bf_yaml_text(c->yaml, key), NULL, false};

	if (c->status != BFABRIC_OK || kind == BF_YAML_NULL ||
		bf_yaml_kind(c->yaml, key) != BF_YAML_STRING || strlen(edit.key) != key->length ||
		bf_config_placeholder(edit.key))
		return;
	if (c->depth == 1 && value->type == BF_YAML_MAPPING && strcmp(edit.key, c->path[1]) == 0) {
		copy_ours(c, value);
		return;
	}
	edit.raw = kind != BF_YAML_STRING;
	if (edit.raw ? !bf_yaml_put_flow(&text, c->yaml, value)
		     : strlen(bf_yaml_text(c->yaml, value)) != value->length) {
		/* short of what it may become, it ran out of memory */
		c->status = text.failed && text.len < COPIED_MAX / 2 ? bf_fail_nomem(c->job->err)
								     : cannot_copy(c->job);
		return;
	}
	edit.text = edit.raw ? bf_secret_reveal(&text) : bf_yaml_text(c->yaml, value);
	c->status = step(c->job, &edit);
}

static enum bfabric_status copy_site(struct job *job)
{
	const struct bf_config_entry *entry = job->site_entry;
	struct copy c = {.job = job, .path = {job->change->name, BF_CONFIG_OURS}, .depth = 1};

	if (!entry)
		return BFABRIC_OK;
	c.yaml = &entry->file->yaml;
	if (bf_yaml_walk(c.yaml, entry->value, copy_key, &c) != NULL)
		return cannot_copy(job);
	return c.status;
}

/* base_url is the same in several spellings. */
static bool is_same_url(const struct job *job, const struct bf_url *url)
{
	BF_AUTO_URL struct bf_url found = BF_URL_INIT;
	const struct bf_config_entry *entry = job->found ? job->found : job->site_entry;
	const struct bf_yaml_node *base_url = NULL, *ours = NULL;

	if (!entry)
		return false;
	bf_config_peek(entry, &base_url, &ours);
	return base_url && bf_yaml_kind(&entry->file->yaml, base_url) == BF_YAML_STRING &&
	       bf_url_parse(bf_yaml_text(&entry->file->yaml, base_url), &found, NULL) ==
		       BFABRIC_OK &&
	       strcmp(found.text, url->text) == 0;
}

static enum bfabric_status change_url(struct job *job, const char *text)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	const char *path[] = {job->change->name};
	struct bf_yaml_edit edit = {path, 1, "base_url", NULL, /* raw= */ false};
	enum bfabric_status status = bf_url_parse(text, &url, job->err);

	if (status != BFABRIC_OK || is_same_url(job, &url))
		return status;
	edit.text = url.text;
	return step(job, &edit);
}

static enum bfabric_status change_value(struct job *job, const struct bf_config_value *value)
{
	const char *path[2];
	const struct bf_yaml_edit edit = bf_config_edit_of(job->change->name, value, path);

	return strcmp(value->key, "base_url") == 0 ? change_url(job, value->text)
						   : step(job, &edit);
}

/* Our mapping goes when nothing is left in it, where that is safe. */
static enum bfabric_status tidy(struct job *job)
{
	const char *path[] = {job->change->name};
	const struct bf_yaml_edit empty = {path, 1, BF_CONFIG_OURS, "{}", /* raw= */ true};
	const struct bf_yaml_edit gone = {path, 1, BF_CONFIG_OURS, NULL, /* raw= */ false};
	struct bfabric_error why = {0};
	bool was = false, is = false;
	enum bfabric_status status = bf_yaml_says(&job->old->user.yaml, &empty, &was, job->err);

	if (status == BFABRIC_OK)
		status = bf_yaml_says(&job->tree, &empty, &is, job->err);
	if (status != BFABRIC_OK || was || !is)
		return status;
	status = apply(job, &gone, /* tidy= */ true, &why);
	if (status == BFABRIC_OK || status == BFABRIC_UNSUPPORTED)
		return BFABRIC_OK;
	return bf_fail(job->err, status, "%s", why.text);
}

static enum bfabric_status change_environment(struct job *job)
{
	const struct bf_config_change *change = job->change;
	const struct bf_yaml_edit none = {NULL, 0, change->name, NULL, /* raw= */ false};
	enum bfabric_status status = BFABRIC_OK;

	if (change->remove)
		return step(job, &none);
	status = copy_site(job);
	for (size_t i = 0; status == BFABRIC_OK && i < change->value_count; i++)
		status = change_value(job, &change->values[i]);
	return status == BFABRIC_OK ? tidy(job) : status;
}

/* ---- before and after ------------------------------------------------------------------------ */

static bool has_url(const struct bf_config_change *change)
{
	for (size_t i = 0; i < change->value_count; i++)
		if (strcmp(change->values[i].key, "base_url") == 0)
			return true;
	return false;
}

static bool is_readable(const struct bf_config *config, const struct bf_config_entry *entry,
	struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	return bf_config_read_entry(config, entry, &env, err) == BFABRIC_OK;
}

static enum bfabric_status check_missing(struct job *job, const struct bf_config *site)
{
	const struct bf_config_change *change = job->change;
	enum bfabric_status status = BFABRIC_OK;

	if (change->remove && job->site_entry)
		return bf_fail(job->err, BFABRIC_FORBIDDEN,
			"environment '%.100s' is in the site's file and cannot be removed here",
			change->name);
	if (change->remove || (!job->site_entry && !has_url(change)))
		return bf_fail(job->err, BFABRIC_BAD_CALL,
			"%.200s: there is no environment '%.100s'", job->path, change->name);
	status = bf_config_check_name(change->name, job->err);
	if (status == BFABRIC_OK && job->site_entry &&
		!is_readable(site, job->site_entry, job->err))
		return job->err ? job->err->status : BFABRIC_BAD_CONFIG;
	return status;
}

static enum bfabric_status decide(struct job *job, const struct bf_config *site)
{
	const char *current = NULL;
	enum bfabric_status status = bf_config_file_default(&job->old->user, &current, job->err);

	if (status != BFABRIC_OK)
		return status;
	job->found = bf_config_find(job->old, job->change->name);
	if (!job->found && site)
		job->site_entry = bf_config_find(site, job->change->name);
	job->wanted = (struct bf_config_wanted){.change = job->change,
		.tree = &job->old->user.yaml,
		.new_environment = !job->found};
	if (job->change->remove)
		job->wanted.drop_default = current && strcmp(current, job->change->name) == 0;
	else if (wants_default(job->change, current))
		job->wanted.new_default = job->change->name;
	return job->found ? BFABRIC_OK : check_missing(job, site);
}

static bool sets_something(const struct bf_config_change *change)
{
	for (size_t i = 0; i < change->value_count; i++)
		if (bf_config_text(&change->values[i]))
			return true;
	return false;
}

/* Read the whole as a configuration: what was good stays good, what is set is good. */
static enum bfabric_status check_result(struct job *job)
{
	BF_AUTO_CONFIG struct bf_config *new = NULL;
	const struct bf_config_change *change = job->change;
	const struct bf_config_entry *entry = NULL;
	enum bfabric_status status = bf_config_parse(job->path, &job->text, &new, job->err);
	bool must =
		!job->found || sets_something(change) || is_readable(job->old, job->found, NULL);

	if (status != BFABRIC_OK)
		return status;
	entry = bf_config_find(new, change->name);
	if (change->remove)
		return entry ? by_hand(job, "the environment comes from a merge key") : BFABRIC_OK;
	if (!entry)
		return by_hand(job, "the file has a form that cannot be edited safely");
	if (must && !is_readable(new, entry, job->err))
		return bf_fail_context(job->err, job->err ? job->err->status : BFABRIC_BAD_CONFIG,
			"this change would not make sense");
	if (sets_something(change) && !bf_config_has_good_password(entry))
		return bf_fail(job->err, BFABRIC_BAD_CONFIG,
			"%.200s: environment '%.100s': login without a password of 32 characters",
			job->path, change->name);
	return BFABRIC_OK;
}

static enum bfabric_status edit(
	struct job *job, const struct bf_secret *before, const struct bf_config *site)
{
	enum bfabric_status status = bf_config_parse(job->path, before, &job->old, job->err);

	if (status == BFABRIC_OK)
		status = decide(job, site);
	if (status != BFABRIC_OK)
		return status;
	bf_secret_put_secret(&job->text, before);
	if (job->text.failed)
		return bf_fail_nomem(job->err);
	status = bf_yaml_parse(
		bf_secret_reveal(&job->text), job->text.len, job->path, &job->tree, job->err);
	/* first, so that a new file begins with it */
	if (status == BFABRIC_OK)
		status = change_default(job);
	if (status == BFABRIC_OK)
		status = change_environment(job);
	return status == BFABRIC_OK && job->changed ? check_result(job) : status;
}

enum bfabric_status bf_config_edit(const char *path, const struct bf_secret *before,
	const struct bf_config *site, const struct bf_config_change *change,
	struct bf_secret *after, bool *ret_changed, struct bfabric_error *err)
{
	struct job job = {.path = path, .change = change, .err = err};
	enum bfabric_status status = edit(&job, before, site);

	if (status == BFABRIC_OK && job.changed)
		bf_secret_move(after, &job.text);
	if (status == BFABRIC_OK)
		*ret_changed = job.changed;
	release_job(&job);
	return status;
}
