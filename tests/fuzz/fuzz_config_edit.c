/*
 * fuzz_config_edit.c - any file, and a row of changes of each environment in it. After a change the
 * file must parse, hold every other environment as before (seen with aliases and merge keys
 * followed, not by how it is written) and keep its bytes around the one place that was changed; and
 * what was put in comes out again without a trace.
 */
#include "fuzz.h"
#include "libbfabric/local/config_private.h"
#include <string.h>

#define LOOKED_AT 2            /* environments */
#define SHOWN_MAX (256u << 10) /* bytes of an environment that is compared */

#define SECRET "secret-\xc3\xbc # \"x\" {[,:"

static const struct bf_config_value login[] = {{"auth_method", "oauth"}, {"client_id", "CLI"},
	{"scope", "a b"}, {"login", NULL}, {"password", NULL}, {"pat", NULL}};
static const struct bf_config_value pat[] = {{"auth_method", "pat"}, {"pat", SECRET}};
static const struct bf_config_value logout[] = {{"login", NULL}, {"password", NULL}, {"pat", NULL}};
static const struct bf_config_value ours[] = {
	{"libbfabric.store", "keyring"}, {"libbfabric.min_ttl", "60"}};
static const struct bf_config_value not_ours[] = {
	{"libbfabric.store", NULL}, {"libbfabric.min_ttl", NULL}};
static const struct bf_config_value extra[] = {{"job_notification_emails", "a@b"}};
static const struct bf_config_value no_extra[] = {{"job_notification_emails", NULL}};

#define CHANGE(list)                                                                               \
	{                                                                                          \
		.values = (list), .value_count = sizeof(list) / sizeof((list)[0]),                 \
		.set_default = BF_DEFAULT_NO                                                       \
	}

static const struct bf_config_change changes[] = {
	CHANGE(login),
	CHANGE(pat),
	CHANGE(logout),
	CHANGE(ours),
	CHANGE(not_ours),
	CHANGE(extra),
	{.set_default = BF_DEFAULT_YES},
	{.remove = true},
};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

static enum bfabric_status edit(const struct bf_secret *before,
	const struct bf_config_change *change, struct bf_secret *after, bool *ret_changed)
{
	struct bfabric_error err = {0};
	enum bfabric_status status =
		bf_config_edit("f", before, NULL, change, after, ret_changed, &err);

	if (status != BFABRIC_OK) {
		FUZZ_MUST(*err.text && fuzz_one_line(err.text));
		FUZZ_MUST(!strstr(err.text, SECRET));
		FUZZ_MUST(bf_secret_empty(after));
	}
	return status;
}

/* Where a walk ends up: the last value of each key, flattened. */
struct seen {
	const struct bf_yaml *tree;
	struct bf_secret text;
	bool readable;
};

static void see(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct seen *s = data;

	s->readable = s->readable && bf_yaml_put_flow(&s->text, s->tree, key) &&
		      bf_yaml_put_flow(&s->text, s->tree, value);
}

static void see_all(const struct bf_config_entry *entry, struct seen *s)
{
	s->tree = &entry->file->yaml;
	s->text.max = SHOWN_MAX;
	s->readable = true;
	if (entry->value->type == BF_YAML_MAPPING)
		s->readable = !bf_yaml_walk(s->tree, entry->value, see, s) && s->readable;
	else
		see(s, entry->key, entry->value);
}

static void must_be_same(const struct bf_config_entry *old, const struct bf_config_entry *new)
{
	struct seen x = {0}, y = {0};

	see_all(old, &x);
	see_all(new, &y);
	FUZZ_MUST(x.readable == y.readable);
	FUZZ_MUST(!x.readable || bf_secret_equal(&x.text, &y.text));
	bf_secret_release(&x.text);
	bf_secret_release(&y.text);
}

static void must_keep_others(const struct bf_config *old, const struct bf_secret *after,
	const struct bf_config_change *c)
{
	BF_AUTO_CONFIG struct bf_config *new = NULL;

	FUZZ_MUST(bf_config_parse("f", after, &new, NULL) == BFABRIC_OK);
	FUZZ_MUST(!bf_config_find(new, c->name) == c->remove);
	FUZZ_MUST(bf_config_count(new) == bf_config_count(old) - (c->remove ? 1 : 0));
	for (size_t i = 0; i < bf_config_count(old) && i < 2 * LOOKED_AT; i++) {
		const char *name = bf_config_name(old, i);
		const struct bf_config_entry *found = bf_config_find(new, name);

		if (strcmp(name, c->name) == 0)
			continue;
		FUZZ_MUST(found);
		must_be_same(bf_config_find(old, name), found);
	}
}

/* The same change again has nothing to do. */
static void must_be_done(const struct bf_secret *after, const struct bf_config_change *change)
{
	BF_AUTO_SECRET struct bf_secret again = BF_SECRET_INIT;
	bool changed = true;

	if (change->remove)
		return;
	FUZZ_MUST(edit(after, change, &again, &changed) == BFABRIC_OK);
	FUZZ_MUST(!changed);
}

static size_t common(const char *x, const char *y, size_t most, bool from_end)
{
	size_t n = 0;

	while (n < most && (from_end ? x[-(long)n - 1] == y[-(long)n - 1] : x[n] == y[n]))
		n++;
	return n;
}

/* One new key: all bytes that were there are there, before and behind it. */
static void must_insert(const struct bf_secret *before, const struct bf_secret *after)
{
	const char *x = bf_secret_reveal(before), *y = bf_secret_reveal(after);
	size_t head = common(x, y, before->len, false);
	size_t tail = common(x + before->len, y + after->len, before->len - head, true);

	FUZZ_MUST(after->len > before->len && head + tail == before->len);
}

static bool has_key(const struct bf_config *config, const char *name, const char *key)
{
	const struct bf_config_entry *entry = bf_config_find(config, name);
	const struct bf_yaml *tree = &entry->file->yaml;

	if (entry->value->type != BF_YAML_MAPPING)
		return true;
	for (uint32_t i = entry->value->first; i; i = tree->nodes[tree->nodes[i].next].next)
		if (bf_yaml_is(tree, &tree->nodes[i], key))
			return true;
	return false;
}

static void must_come_and_go(
	const struct bf_secret *before, const struct bf_config *old, const char *name)
{
	struct bf_config_change put = CHANGE(extra), take = CHANGE(no_extra);
	BF_AUTO_SECRET struct bf_secret with = BF_SECRET_INIT, without = BF_SECRET_INIT;
	bool changed = false;

	put.name = take.name = name;
	if (has_key(old, name, extra[0].key) || edit(before, &put, &with, &changed) != BFABRIC_OK ||
		!changed)
		return;
	must_insert(before, &with);
	if (edit(&with, &take, &without, &changed) != BFABRIC_OK)
		return;
	FUZZ_MUST(changed);
	/* a last line without an end gets one */
	FUZZ_MUST(without.len >= before->len && without.len <= before->len + 2);
	FUZZ_MUST(memcmp(bf_secret_reveal(&without), bf_secret_reveal(before), before->len) == 0);
}

static void must_change(const struct bf_secret *before, const struct bf_config *old,
	const char *name, const struct bf_config_change *which)
{
	BF_AUTO_SECRET struct bf_secret after = BF_SECRET_INIT;
	struct bf_config_change change = *which;
	bool changed = false;

	change.name = name;
	if (edit(before, &change, &after, &changed) != BFABRIC_OK || !changed)
		return;
	must_keep_others(old, &after, &change);
	must_be_done(&after, &change);
}

/* One change an input, chosen by its length: there are many inputs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_SECRET struct bf_secret before = BF_SECRET_INIT;
	BF_AUTO_CONFIG struct bf_config *old = NULL;

	bf_secret_put(&before, data, size);
	if (bf_config_parse("f", &before, &old, NULL) != BFABRIC_OK)
		return 0;
	for (size_t i = 0; i < bf_config_count(old) && i < LOOKED_AT; i++) {
		const char *name = bf_config_name(old, i);

		if (!*name)
			continue;
		if (size % 2)
			must_come_and_go(&before, old, name);
		else
			must_change(&before, old, name, &changes[size / 2 % CHANGES]);
	}
	return 0;
}
