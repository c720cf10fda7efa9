#include "config_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Adding to a file that a person wrote: find the places by libyaml's marks, put text there, read
 * the result and compare. Whatever the marks missed, the comparison finds, and then the file stays
 * as it is. Marks count characters, not bytes.
 */

/* Bytes to be replaced; text is empty when there is nothing to do. */
struct splice {
	size_t at, remove;
	struct bf_secret text;
};

struct edit {
	const char *path;
	const struct bf_secret *before;
	const struct bf_environment_entry *entry;
	struct bf_config *old;
	struct bf_url url;
	bool add_environment;
	bool set_default;
	struct splice general; /* the default environment, in an existing GENERAL */
	struct splice append;
	struct bfabric_error *err;
};

static void release_edit(struct edit *e)
{
	bf_config_free(e->old);
	bf_url_release(&e->url);
	bf_secret_release(&e->general.text);
	bf_secret_release(&e->append.text);
}

/* The file cannot be extended: say what to write, where a program does not dare to. */
static enum bfabric_status by_hand(struct edit *e, const char *why)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

	bf_secret_puts(&line, "");
	if (e->add_environment)
		bf_config_put_line(&line, e->entry, e->url.text);
	if (e->set_default) {
		bf_secret_puts(&line, e->add_environment ? " and in GENERAL: " : "in GENERAL: ");
		bf_secret_puts(&line, "default_config: ");
		bf_config_put_scalar(&line, e->entry->name);
	}
	if (line.failed)
		return bf_fail_nomem(e->err);
	return bf_fail(e->err, BFABRIC_UNSUPPORTED, "%.120s: %s; add by hand: %s", e->path, why,
		bf_secret_reveal(&line));
}

static size_t mark_length(const struct bf_secret *text)
{
	return text->len >= 3 && memcmp(bf_secret_reveal(text), "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Where a character of the file begins. */
static size_t byte_of(const struct bf_secret *text, uint32_t character)
{
	const char *bytes = bf_secret_reveal(text);
	size_t i = mark_length(text);

	for (; i < text->len; i++)
		if (((unsigned char)bytes[i] & 0xc0) != 0x80 && character-- == 0)
			break;
	return i;
}

/* The line ends that the file uses. */
static const char *line_end(const struct bf_secret *text)
{
	const char *bytes = bf_secret_reveal(text);
	const char *lf = memchr(bytes, '\n', text->len);

	return lf && lf > bytes && lf[-1] == '\r' ? "\r\n" : "\n";
}

/* ---- the default environment ----------------------------------------------------------------- */

/* The value of default_config as it stands in the file; NULL if GENERAL has none of its own. */
static const struct bf_yaml_node *default_value(
	const struct bf_yaml *tree, const struct bf_yaml_node *general)
{
	const struct bf_yaml_node *found = NULL;

	for (uint32_t i = general->first; i;) {
		const struct bf_yaml_node *key = &tree->nodes[i];

		if (bf_yaml_is(tree, key, "default_config"))
			found = &tree->nodes[key->next];
		i = tree->nodes[key->next].next;
	}
	return found;
}

static enum bfabric_status replace_default(struct edit *e, const struct bf_yaml_node *value)
{
	struct splice *s = &e->general;

	if (value->type != BF_YAML_SCALAR)
		return by_hand(e, "default_config is an alias");
	s->at = byte_of(e->before, value->start);
	s->remove = byte_of(e->before, value->end) - s->at;
	if (s->remove == 0)
		bf_secret_putc(&s->text, ' ');
	bf_config_put_scalar(&s->text, e->entry->name);
	return BFABRIC_OK;
}

static enum bfabric_status insert_default(struct edit *e, const struct bf_yaml_node *general)
{
	const struct bf_yaml *tree = &e->old->user.yaml;
	const struct bf_yaml_node *first = &tree->nodes[general->first];
	struct splice *s = &e->general;

	s->at = byte_of(e->before, first->start);
	bf_secret_puts(&s->text, "default_config: ");
	bf_config_put_scalar(&s->text, e->entry->name);
	bf_secret_puts(&s->text, line_end(e->before));
	bf_secret_printf(&s->text, "%*s", (int)first->column, "");
	return BFABRIC_OK;
}

static enum bfabric_status plan_default(struct edit *e)
{
	const struct bf_config_file *file = &e->old->user;
	const struct bf_yaml_node *general = file->general, *value;

	if (!e->set_default || !general)
		return BFABRIC_OK;
	if (general->type != BF_YAML_MAPPING)
		return by_hand(e, "GENERAL is not a mapping");
	value = default_value(&file->yaml, general);
	if (value)
		return replace_default(e, value);
	if (general->flow || !general->first)
		return by_hand(e, "GENERAL is written in braces");
	return insert_default(e, general);
}

/* ---- the environment ------------------------------------------------------------------------- */

static enum bfabric_status plan_append(struct edit *e, bool blank_line)
{
	const struct bf_yaml *tree = &e->old->user.yaml;
	const struct bf_yaml_node *root = bf_yaml_root(tree);
	const char *eol = line_end(e->before), *bytes = bf_secret_reveal(e->before);
	bool add_general = e->set_default && !e->old->user.general;
	struct splice *s = &e->append;
	unsigned indent = 0;

	bf_secret_clear(&s->text);
	if (!e->add_environment && !add_general)
		return BFABRIC_OK;
	if (root && root->type != BF_YAML_SCALAR) {
		if (root->flow || !root->first)
			return by_hand(e, "the file is written in braces");
		indent = tree->nodes[root->first].column;
	}
	s->at = tree->end == UINT32_MAX ? e->before->len : byte_of(e->before, tree->end);
	if (s->at > mark_length(e->before)) {
		if (bytes[s->at - 1] != '\n')
			bf_secret_puts(&s->text, eol);
		bf_secret_puts(&s->text, blank_line ? eol : "");
	}
	if (add_general) {
		bf_secret_printf(&s->text, "%*sGENERAL:%s%*sdefault_config: ", (int)indent, "", eol,
			(int)indent + 2, "");
		bf_config_put_scalar(&s->text, e->entry->name);
		bf_secret_printf(&s->text, "%s%s", eol, e->add_environment ? eol : "");
	}
	if (e->add_environment)
		bf_config_put_block(&s->text, e->entry, e->url.text, indent, eol);
	return BFABRIC_OK;
}

static enum bfabric_status join(const struct edit *e, struct bf_secret *after)
{
	const char *bytes = bf_secret_reveal(e->before);
	const struct splice *g = &e->general, *a = &e->append;
	size_t end = bf_secret_empty(&a->text) ? e->before->len : a->at, from = 0;

	bf_secret_clear(after);
	if (g->text.failed || a->text.failed)
		return bf_fail_nomem(e->err);
	if (!bf_secret_empty(&g->text)) {
		bf_secret_put(after, bytes, g->at);
		bf_secret_put_secret(after, &g->text);
		from = g->at + g->remove;
	}
	bf_secret_put(after, bytes + from, end - from);
	bf_secret_put_secret(after, &a->text);
	bf_secret_put(after, bytes + end, e->before->len - end);
	return after->failed ? bf_fail_nomem(e->err) : BFABRIC_OK;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static const char *method_name(enum bfabric_auth_method method)
{
	return method == BFABRIC_AUTH_NONE ? "" : bfabric_auth_method_name(method);
}

/* The first key in which an environment differs from the entry; NULL: it says the same. */
static const char *difference(const struct edit *e, const struct bf_environment *env,
	const char **ret_found, const char **ret_wanted)
{
	const struct {
		const char *key, *found, *wanted;
	} keys[] = {
		{"base_url", or_empty(env->url.text), e->url.text},
		{"auth_method", method_name(env->method), e->entry->auth_method},
		{"client_id", or_empty(env->client_id), or_empty(e->entry->client_id)},
		{"scope", or_empty(env->scope), or_empty(e->entry->scope)},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].found, keys[i].wanted) == 0)
			continue;
		*ret_found = keys[i].found;
		*ret_wanted = keys[i].wanted;
		return keys[i].key;
	}
	return NULL;
}

static enum bfabric_status check_existing(struct edit *e, const struct bf_config_entry *found)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	const char *is, *wanted, *key;
	enum bfabric_status status = bf_config_read_entry(e->old, found, &env, e->err);

	if (status != BFABRIC_OK)
		return status;
	key = difference(e, &env, &is, &wanted);
	if (!key)
		return BFABRIC_OK;
	return bf_fail(e->err, BFABRIC_UNSUPPORTED,
		"%.120s:%u: environment '%.60s' says %s '%.80s', not '%.80s': change it by hand, "
		"or "
		"choose another name with --env",
		e->path, env.line, e->entry->name, key, is, wanted);
}

/* Does the new text say everything the old one did, and what we wanted? */
static bool holds(const struct edit *e, const struct bf_secret *after)
{
	BF_AUTO_CONFIG struct bf_config *new = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	const struct bf_config_entry *entry;
	const char *found, *wanted, *name = NULL;

	if (bf_config_parse(e->path, after, &new, NULL) != BFABRIC_OK ||
		!bf_config_only_added(&e->old->user.yaml, &new->user.yaml, e->entry->name))
		return false;
	entry = bf_config_find(new, e->entry->name);
	if (!entry || bf_config_read_entry(new, entry, &env, NULL) != BFABRIC_OK ||
		difference(e, &env, &found, &wanted))
		return false;
	return !e->set_default || (bf_config_file_default(&new->user, &name, NULL) == BFABRIC_OK &&
					  name && strcmp(name, e->entry->name) == 0);
}

static enum bfabric_status decide(struct edit *e, enum bf_set_default set_default)
{
	const struct bf_config_entry *found = bf_config_find(e->old, e->entry->name);
	const char *current = NULL;
	enum bfabric_status status = bf_config_file_default(&e->old->user, &current, e->err);

	if (status != BFABRIC_OK)
		return status;
	switch (set_default) {
	case BF_DEFAULT_IF_FIRST:
		e->set_default = !current;
		break;
	case BF_DEFAULT_YES:
		e->set_default = !current || strcmp(current, e->entry->name) != 0;
		break;
	case BF_DEFAULT_NO:
		break;
	}
	e->add_environment = !found;
	return found ? check_existing(e, found) : BFABRIC_OK;
}

static enum bfabric_status make_text(struct edit *e, struct bf_secret *after)
{
	enum bfabric_status status = plan_default(e);

	/* without the blank line where it would become part of a block scalar */
	for (int blank_line = 1; status == BFABRIC_OK && blank_line >= 0; blank_line--) {
		status = plan_append(e, blank_line);
		if (status == BFABRIC_OK)
			status = join(e, after);
		if (status == BFABRIC_OK && holds(e, after))
			return BFABRIC_OK;
	}
	if (status != BFABRIC_OK)
		return status;
	return by_hand(e, "the file has a form that cannot be extended safely");
}

static enum bfabric_status edit(
	struct edit *e, enum bf_set_default set_default, struct bf_secret *after, bool *ret_changed)
{
	enum bfabric_status status = bf_url_parse(e->entry->base_url, &e->url, e->err);

	if (status == BFABRIC_OK)
		status = bf_config_parse(e->path, e->before, &e->old, e->err);
	if (status == BFABRIC_OK)
		status = decide(e, set_default);
	if (status != BFABRIC_OK)
		return status;
	if (e->add_environment || e->set_default)
		status = make_text(e, after);
	if (status == BFABRIC_OK)
		*ret_changed = e->add_environment || e->set_default;
	return status;
}

enum bfabric_status bf_config_edit(const char *path, const struct bf_secret *before,
	const struct bf_environment_entry *entry, enum bf_set_default set_default,
	struct bf_secret *after, bool *ret_changed, struct bfabric_error *err)
{
	struct edit e = {.path = path, .before = before, .entry = entry, .err = err};
	enum bfabric_status status = edit(&e, set_default, after, ret_changed);

	release_edit(&e);
	return status;
}
