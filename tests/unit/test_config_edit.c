/*
 * Thousands of made-up files in which comments, blank lines, anchors and odd quoting stand wherever
 * they may stand: after an environment was added, every line that was there is still there.
 */
#include "unit.h"

#include "libbfabric/local/config_private.h"

#include <stdlib.h>
#include <string.h>

/* xorshift64: the same files in every run. */
struct dice {
	uint64_t state;
};

static unsigned roll(struct dice *d, unsigned sides)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (unsigned)(d->state >> 33) % sides;
}

struct writer {
	struct dice *dice;
	struct bf_secret *out;
	const char *eol;
};

static void line(struct writer *w, unsigned indent, const char *text)
{
	static const char *const comments[] = {
		"", "", "", "", "  # b\xc3\xbcro \xf0\x9f\xa7\xac", " # default_config: X", "   "};

	bf_secret_printf(w->out, "%*s%s", (int)indent, "", text);
	if (*text && !strchr(text, '|') && !strchr(text, '#'))
		bf_secret_puts(w->out, comments[roll(w->dice, 7)]);
	bf_secret_puts(w->out, w->eol);
}

static void between(struct writer *w)
{
	static const char *const lines[] = {"", "# a comment", "    # indented: yes", "#",
		"# --- x", "# \xe2\x82\xac \xc3\xa4\xc3\xb6\xc3\xbc"};

	while (roll(w->dice, 3) == 0)
		line(w, 0, lines[roll(w->dice, 6)]);
}

static void general(struct writer *w, unsigned base, unsigned step)
{
	static const char *const forms[] = {"default_config: E0", "default_config: 'E0'",
		"\"default_config\": \"E0\"", "default_config :   E0",
		"default_config:", "other: 1", "other: {a: b}"};

	line(w, base, "GENERAL:");
	between(w);
	line(w, base + step, forms[roll(w->dice, 7)]);
	if (roll(w->dice, 3) == 0)
		line(w, base + step, "further: \"x\"");
	between(w);
}

static void environment(struct writer *w, unsigned base, unsigned step, int number)
{
	static const char *const extras[] = {"scope: 'api:read'", "scope: >-",
		"application_ids: {a: 1, b: 2}", "note: |", "note: |+",
		"list: [a, 'b, c', \"d # e\"]", "? odd", "anchored: &a%d value", "engine: SUDS"};
	char text[100];
	unsigned extra = roll(w->dice, 9);

	snprintf(text, sizeof(text), "E%d:", number);
	line(w, base, text);
	between(w);
	line(w, base + step, "base_url: https://a.example.org/bfabric");
	between(w);
	line(w, base + step, "pat: abc");
	snprintf(text, sizeof(text), "anchored: &a%d value", number);
	line(w, base + step, extra == 7 ? text : extras[extra]);
	if (extra == 1 || extra == 3 || extra == 4) {
		bf_secret_printf(w->out, "%*sfolded%s", (int)(base + 2 * step), "", w->eol);
		bf_secret_puts(w->out, roll(w->dice, 2) ? w->eol : "");
	}
	between(w);
}

static void make_file(struct dice *dice, struct bf_secret *out)
{
	struct writer w = {dice, out, roll(dice, 4) ? "\n" : "\r\n"};
	unsigned base = roll(dice, 8) ? 0 : 2, step = 1 + roll(dice, 5);
	int count = (int)roll(dice, 4), place = (int)roll(dice, 6);

	bf_secret_clear(out);
	bf_secret_puts(out, roll(dice, 12) ? "" : "\xef\xbb\xbf");
	between(&w);
	if (roll(dice, 8) == 0)
		line(&w, 0, "---");
	for (int i = 0; i < count; i++) {
		if (i == place)
			general(&w, base, step);
		environment(&w, base, step, i);
	}
	if (count && place == count)
		general(&w, base, step);
	between(&w);
	if (count && roll(dice, 10) == 0)
		bf_secret_printf(out, "...%s# after%s", w.eol, w.eol);
	if (roll(dice, 6) == 0 && out->len > 3)
		bf_secret_cut(out, out->len - strlen(w.eol));
}

static const char *next_line(const char *p)
{
	const char *lf = strchr(p, '\n');

	return lf ? lf + 1 : p + strlen(p);
}

static bool is_default_line(const char *p, const char *end)
{
	size_t n = (size_t)(end - p), spaces = strspn(p, " \"'");

	return spaces < n && strncmp(p + spaces, "default_config", 14) == 0;
}

/* Every line of `before`, in order, in `after`; but for default_config and a missing line end. */
static bool keeps_lines(const char *before, const char *after)
{
	while (*before) {
		const char *end = next_line(before);
		size_t n = (size_t)(end - before);

		if (!is_default_line(before, end)) {
			while (*after && strncmp(after, before, n) != 0)
				after = next_line(after);
			if (!*after)
				return false;
			after = next_line(after);
		}
		before = end;
	}
	return true;
}

static void check_one(struct dice *dice, unsigned *ret_written)
{
	static const struct bf_config_value values[] = {
		{"base_url", "https://new.example.org/bfabric"}, {"auth_method", "oauth"},
		{"client_id", "CLI"}, {"scope", "api:write"}};
	struct bf_config_change entry = {.name = "NEW", .values = values, .value_count = 4};
	BF_AUTO_SECRET struct bf_secret before = BF_SECRET_INIT, after = BF_SECRET_INIT,
					again = BF_SECRET_INIT;
	enum bf_set_default when = roll(dice, 3);
	struct bfabric_error err = {0};
	bool changed = false;
	enum bfabric_status status;

	entry.set_default = when;
	make_file(dice, &before);
	status = bf_config_edit("f", &before, NULL, &entry, &after, &changed, &err);
	if (status == BFABRIC_UNSUPPORTED)
		return;
	if (status != BFABRIC_OK)
		fail_msg("%s\n%s", err.text, bf_secret_reveal(&before));
	assert_true(changed);
	if (!keeps_lines(bf_secret_reveal(&before), bf_secret_reveal(&after)))
		fail_msg("lost a line of\n%s\nin\n%s", bf_secret_reveal(&before),
			bf_secret_reveal(&after));
	if (when == BF_DEFAULT_NO && !strstr(bf_secret_reveal(&before), "..."))
		assert_memory_equal(
			bf_secret_reveal(&before), bf_secret_reveal(&after), before.len);
	/* a second time there is nothing left to do */
	assert_int_equal(
		bf_config_edit("f", &after, NULL, &entry, &again, &changed, &err), BFABRIC_OK);
	assert_false(changed);
	(*ret_written)++;
}

static void test_files_survive(void **state)
{
	struct dice dice = {0x9e3779b97f4a7c15u};
	unsigned written = 0, files = 3000;

	(void)state;
	for (unsigned i = 0; i < files; i++)
		check_one(&dice, &written);
	print_message("# %u of %u files were extended\n", written, files);
	assert_true(written > files * 8 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_files_survive)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
