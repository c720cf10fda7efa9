/*
 * tests/data/config-edit/CASE/: `before` is a file, `change` what is to become of it, `site` (if
 * there) the site's file; `after` is the file then, `same` says that nothing changes, or `error` is
 * the refusal. BF_TEST_UPDATE=1 writes the answers anew. In every case each allocation fails once.
 *
 * A change: lines of "env NAME", "default yes|no|first", "remove", "KEY VALUE", "KEY" (goes away).
 */
#include "unit.h"

#include "libbfabric/local/config_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_CASES 200

struct story {
	char folder[512];
	struct bf_secret before, words;
	struct bf_config *site;
	struct bf_config_value values[20];
	struct bf_config_change change;
};

static bool slurp(const char *folder, const char *name, struct bf_secret *ret)
{
	char path[600], buf[4096];
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "re");
	if (!in)
		return false;
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		bf_secret_put(ret, buf, n);
	fclose(in);
	return true;
}

static void take_line(struct story *s, char *line)
{
	char *rest = NULL;
	const char *word = strtok_r(line, " ", &rest);

	if (!word)
		return;
	if (strcmp(word, "env") == 0) {
		s->change.name = rest;
	} else if (strcmp(word, "remove") == 0) {
		s->change.remove = true;
	} else if (strcmp(word, "default") == 0) {
		s->change.set_default = strcmp(rest, "yes") == 0  ? BF_DEFAULT_YES
					: strcmp(rest, "no") == 0 ? BF_DEFAULT_NO
								  : BF_DEFAULT_IF_FIRST;
	} else {
		assert_true(s->change.value_count < 20);
		s->values[s->change.value_count++] =
			(struct bf_config_value){word, *rest ? rest : NULL};
	}
}

static void load(const char *folder, struct story *s)
{
	BF_AUTO_SECRET struct bf_secret site = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	char *rest = NULL, *words;

	snprintf(s->folder, sizeof(s->folder), "%s", folder);
	s->change.values = s->values;
	assert_true(slurp(folder, "before", &s->before));
	assert_true(slurp(folder, "change", &s->words));
	words = bf_secret_room(&s->words, 1) - s->words.len;
	for (char *line; (line = strtok_r(words, "\n", &rest)); words = NULL)
		take_line(s, line);
	if (!slurp(folder, "site", &site))
		return;
	if (bf_config_parse("site", &site, &s->site, &err) != BFABRIC_OK)
		fail_msg("%s", err.text);
}

static void unload(struct story *s)
{
	bf_secret_release(&s->before);
	bf_secret_release(&s->words);
	bf_config_free(s->site);
}

/* Name and content of the file that says how it ends. */
static const char *outcome(const struct story *s, enum bfabric_status status, bool changed,
	const struct bf_secret *after, const struct bfabric_error *err, struct bf_secret *content)
{
	if (status != BFABRIC_OK) {
		bf_secret_printf(content, "%s %s\n", bfabric_status_name(status), err->text);
		return "error";
	}
	bf_secret_put_secret(content, changed ? after : &s->before);
	return changed ? "after" : "same";
}

static enum bfabric_status apply(const struct story *s, struct bf_secret *after, bool *ret_changed,
	struct bfabric_error *err)
{
	enum bfabric_status status = bf_config_check_change(&s->change, err);

	return status == BFABRIC_OK ? bf_config_edit("f", &s->before, s->site, &s->change, after,
					      ret_changed, err)
				    : status;
}

static void update(const struct story *s, const char *name, const struct bf_secret *content)
{
	static const char *const names[] = {"after", "same", "error"};
	char path[600];
	FILE *out;

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", s->folder, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	out = fopen(path, "we");
	assert_non_null(out);
	if (strcmp(name, "same") != 0)
		fwrite(bf_secret_reveal(content), 1, content->len, out);
	fclose(out);
}

static void compare(const struct story *s, const char *name, const struct bf_secret *found)
{
	BF_AUTO_SECRET struct bf_secret expected = BF_SECRET_INIT;

	if (!slurp(s->folder, name, &expected))
		fail_msg("%s: there is no file %s to say so:\n%s", s->folder, name,
			bf_secret_reveal(found));
	if (strcmp(name, "same") != 0 && !bf_secret_equal(&expected, found))
		fail_msg("%s: expected %s\n%s\nbut found\n%s", s->folder, name,
			bf_secret_reveal(&expected), bf_secret_reveal(found));
}

/* What the change made of the file, it leaves alone the second time. */
static void check_again(struct story *s, const struct bf_secret *after)
{
	BF_AUTO_SECRET struct bf_secret twice = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	bool changed = false;

	if (s->change.remove)
		return;
	bf_secret_clear(&s->before);
	bf_secret_put_secret(&s->before, after);
	assert_int_equal(apply(s, &twice, &changed, &err), BFABRIC_OK);
	assert_false(changed);
}

static void fail_everything(const struct story *s, enum bfabric_status expected)
{
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret after = BF_SECRET_INIT;
		struct bfabric_error err = {0};
		bool changed = false;
		enum bfabric_status status = apply(s, &after, &changed, &err);

		fault_disarm();
		assert_true(status == expected || status == BFABRIC_NO_MEMORY);
		assert_true(status == BFABRIC_OK || bf_secret_empty(&after));
	}
}

static void run_case(void **state)
{
	struct story s = {.change = {.name = NULL}};
	BF_AUTO_SECRET struct bf_secret after = BF_SECRET_INIT, found = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	bool changed = false;
	enum bfabric_status status;
	const char *name;

	load(*state, &s);
	status = apply(&s, &after, &changed, &err);
	name = outcome(&s, status, changed, &after, &err, &found);
	assert_null(strstr(err.text, "secret-"));
	if (getenv("BF_TEST_UPDATE"))
		update(&s, name, &found);
	compare(&s, name, &found);
	fail_everything(&s, status);
	if (changed)
		check_again(&s, &after);
	unload(&s);
}

int main(void)
{
	static struct CMUnitTest tests[MAX_CASES];
	const char base[] = BF_TEST_DATA "/config-edit";
	struct dirent **names = NULL;
	size_t count = 0;
	int n = scandir(base, &names, NULL, alphasort), failed;

	for (int i = 0; i < n; i++) {
		char *path = NULL;

		if (names[i]->d_name[0] != '.' && count < MAX_CASES &&
			asprintf(&path, "%s/%s", base, names[i]->d_name) > 0)
			tests[count++] =
				(struct CMUnitTest){names[i]->d_name, run_case, NULL, NULL, path};
	}
	failed = count == 0 ? 1 : _cmocka_run_group_tests("config-edit", tests, count, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		free(tests[i].initial_state);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return failed;
}
