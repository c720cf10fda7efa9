#include "config_private.h"

/* What a person writes where a program does not dare to; never a secret. */

static bool is_wanted(const struct bf_config_wanted *w, const struct bf_config_value *value)
{
	const char *path[2];
	const struct bf_yaml_edit edit = bf_config_edit_of(w->change->name, value, path);

	bool said = false;

	return bf_yaml_says(w->tree, &edit, &said, NULL) != BFABRIC_OK || !said;
}

static void put_value(struct bf_secret *out, const struct bf_config_value *value)
{
	const char *placeholder = bf_config_placeholder(value->key);

	bf_secret_printf(out, "%s: ", value->key);
	if (placeholder)
		bf_secret_puts(out, placeholder);
	else if (bf_config_is_raw(value->key))
		bf_secret_puts(out, value->text);
	else
		bf_yaml_put_string(out, value->text, /* flow= */ true);
}

/* Returns how many there were. */
static size_t put_values(struct bf_secret *out, const struct bf_config_wanted *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->change->value_count; i++) {
		const struct bf_config_value *value = &w->change->values[i];

		if (!bf_config_text(value) || !is_wanted(w, value))
			continue;
		bf_secret_puts(out, count++ ? ", " : "");
		put_value(out, value);
	}
	return count;
}

static void put_removals(struct bf_secret *out, const struct bf_config_wanted *w, size_t count)
{
	bool first = true;

	for (size_t i = 0; i < w->change->value_count; i++) {
		const struct bf_config_value *value = &w->change->values[i];

		if (bf_config_text(value) || !is_wanted(w, value))
			continue;
		if (first && count)
			bf_secret_puts(out, "; ");
		bf_secret_puts(out, first ? "without " : ", ");
		bf_secret_puts(out, value->key);
		first = false;
	}
}

static void put_environment(struct bf_secret *out, const struct bf_config_wanted *w)
{
	size_t count;

	if (w->change->remove) {
		bf_secret_puts(out, "no ");
		bf_yaml_put_key(out, w->change->name);
		return;
	}
	if (!w->new_environment)
		bf_secret_puts(out, "in ");
	bf_yaml_put_key(out, w->change->name);
	bf_secret_puts(out, w->new_environment ? ": {" : ": ");
	count = put_values(out, w);
	if (w->new_environment)
		bf_secret_putc(out, '}');
	else
		put_removals(out, w, count);
}

void bf_config_put_by_hand(struct bf_secret *out, const struct bf_config_wanted *w)
{
	bool environment = w->change->remove || w->new_environment;

	for (size_t i = 0; !environment && i < w->change->value_count; i++)
		environment = is_wanted(w, &w->change->values[i]);
	if (environment)
		put_environment(out, w);
	if (!w->new_default && !w->drop_default)
		return;
	bf_secret_puts(out, environment ? ", and in GENERAL: " : "in GENERAL: ");
	bf_secret_puts(out, w->drop_default ? "no default_config" : "default_config: ");
	if (w->new_default)
		bf_yaml_put_string(out, w->new_default, /* flow= */ false);
}
