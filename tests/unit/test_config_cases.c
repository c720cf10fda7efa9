/*
 * Every folder in tests/data/config holds configuration files and a file `expected` of questions
 * and answers (config_transcript.h). BF_TEST_UPDATE=1 writes the answers anew.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config_transcript.h"

/* The files of a case, private as the reader wants them, whatever git made of them. */
static void copy_case(const char *from, const char *to)
{
	DIR *dir = opendir(from);

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		char source[4096], target[4096], buf[65536];
		FILE *in, *out;
		size_t n;

		if (e->d_name[0] == '.')
			continue;
		snprintf(source, sizeof(source), "%s/%s", from, e->d_name);
		snprintf(target, sizeof(target), "%s/%s", to, e->d_name);
		in = fopen(source, "re");
		out = fopen(target, "we");
		assert_non_null(in);
		assert_non_null(out);
		while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
			assert_int_equal(fwrite(buf, 1, n, out), n);
		fclose(in);
		fclose(out);
		chmod(target, 0600);
	}
	closedir(dir);
}

static void remove_case(const char *path)
{
	DIR *dir = opendir(path);

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(path);
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 1 << 20);
	FILE *in = fopen(path, "re");

	assert_non_null(text);
	assert_non_null(in);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static void set_environment(const char *home)
{
	char site[4096];

	snprintf(site, sizeof(site), "%s/site.yml", home);
	setenv("HOME", home, 1);
	setenv("BFABRIC_SITE_CONFIG", access(site, F_OK) == 0 ? site : "", 1);
	unsetenv("BFABRICPY_CONFIG_ENV");
	unsetenv("BFABRICPY_CONFIG_OVERRIDE");
}

static void run_case(void **state)
{
	const char *source = *state;
	char home[] = "/tmp/bf-config-XXXXXX", path[4096], answers[64 + sizeof(home)];
	char *expected, *found;
	FILE *in, *out;

	assert_non_null(mkdtemp(home));
	copy_case(source, home);
	set_environment(home);
	snprintf(path, sizeof(path), "%s/expected", home);
	snprintf(answers, sizeof(answers), "%s/answers", home);
	in = fopen(path, "re");
	out = fopen(answers, "we");
	assert_non_null(in);
	assert_non_null(out);
	config_transcript(in, out, home);
	fclose(in);
	fclose(out);
	expected = slurp(path);
	found = slurp(answers);
	if (getenv("BF_TEST_UPDATE")) {
		snprintf(path, sizeof(path), "%s/expected", source);
		out = fopen(path, "we");
		assert_non_null(out);
		fputs(found, out);
		fclose(out);
	} else if (strcmp(expected, found) != 0) {
		fprintf(stderr, "%s: expected\n%s--- but found\n%s", source, expected, found);
		fail();
	}
	free(expected);
	free(found);
	remove_case(home);
}

int main(void)
{
	static struct CMUnitTest tests[200];
	struct dirent **names = NULL;
	char base[4096];
	size_t count = 0;
	int n, failed;

	snprintf(base, sizeof(base), "%s", BF_TEST_DATA "/config");
	n = scandir(base, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *path = NULL;

		if (names[i]->d_name[0] != '.' && count < 200 &&
			asprintf(&path, "%s/%s", base, names[i]->d_name) > 0)
			tests[count++] =
				(struct CMUnitTest){names[i]->d_name, run_case, NULL, NULL, path};
	}
	if (count == 0) {
		fprintf(stderr, "no cases in %s\n", base);
		return 1;
	}
	failed = _cmocka_run_group_tests("config cases", tests, count, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		free(tests[i].initial_state);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return failed;
}
