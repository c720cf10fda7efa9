/* cases.c - see cases.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void slurp(const char *area, const char *name, const char *file, struct bf_secret *out)
{
	BF_AUTO_FREE char *path = NULL;
	FILE *f = NULL;
	char part[4096];
	size_t n = 0;

	assert_true(asprintf(&path, BF_TEST_DATA "/%s/%s/%s", area, name, file) > 0);
	f = fopen(path, "re");
	if (!f)
		fail_msg("cannot open %s", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		bf_secret_put(out, part, n);
	assert_int_equal(fclose(f), 0);
	assert_false(out->failed);
}

/* One of the two. */
struct describer {
	void (*reply)(const struct bf_reply *reply, struct bf_secret *ret_text);
	void (*file)(const char *bytes, size_t len, struct bf_secret *ret_text);
};

static void describe(
	const struct describer *d, const struct bf_secret *input, struct bf_secret *ret_text)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};

	if (d->file) {
		d->file(bf_secret_reveal(input), input->len, ret_text);
		return;
	}
	cases_reply(bf_secret_reveal(input), input->len, &reply);
	d->reply(&reply, ret_text);
}

static bool run_case(const char *area, const char *name, const struct describer *d)
{
	BF_AUTO_SECRET struct bf_secret input = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret expected = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	slurp(area, name, d->file ? "file" : "reply", &input);
	slurp(area, name, "expect", &expected);
	describe(d, &input, &text);
	if (strcmp(bf_secret_reveal(&text), bf_secret_reveal(&expected)) == 0)
		return true;
	print_error("case %s/%s\nexpected: %sgot:      %s", area, name, bf_secret_reveal(&expected),
		bf_secret_reveal(&text));
	return false;
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_all(const char *area, const struct describer *d)
{
	BF_AUTO_FREE char *path = NULL;
	struct dirent **entries = NULL;
	int n, failures = 0;

	assert_true(asprintf(&path, BF_TEST_DATA "/%s", area) > 0);
	n = scandir(path, &entries, is_case, alphasort);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		failures += !run_case(area, entries[i]->d_name, d);
		free(entries[i]);
	}
	free(entries);
	assert_int_equal(failures, 0);
}

void cases_run(const char *area,
	void (*describe_reply)(const struct bf_reply *reply, struct bf_secret *ret_text))
{
	run_all(area, &(struct describer){.reply = describe_reply});
}

void cases_run_files(const char *area,
	void (*describe_file)(const char *bytes, size_t len, struct bf_secret *ret_text))
{
	run_all(area, &(struct describer){.file = describe_file});
}
