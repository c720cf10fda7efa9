/*
 * replay.c - run a fuzz target over files and folders (recursively) without libFuzzer: TAP output,
 * one test a file; every prefix of a small file is fed as well, which finds reads past the end.
 * With TEST_SCALE below 1 it is every n-th prefix, each file beginning with another.
 */
#include "fuzz.h"
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_MAX 512

static unsigned count; /* nftw() takes no argument for its callback */
static size_t step = 1;

/* A copy of exactly that size, so that a sanitizer sees a read past the end. */
static void feed(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	FUZZ_MUST(copy);
	memcpy(copy, bytes, size);
	(void)LLVMFuzzerTestOneInput(copy, size); /* always 0 */
	free(copy);
}

static int replay(const char *path, const struct stat *st, int type, struct FTW *where)
{
	const char *name = path + where->base;
	uint8_t *bytes = NULL;
	size_t size = 0;
	FILE *f = NULL;

	/* what a case must lead to is no input */
	if (type != FTW_F || strcmp(name, "expect") == 0)
		return 0;
	f = fopen(path, "re");
	bytes = malloc((size_t)st->st_size + 1);
	FUZZ_MUST(f && bytes);
	size = fread(bytes, 1, (size_t)st->st_size, f);
	fclose(f);
	feed(bytes, size);
	for (size_t n = count % step; n < size && n < PREFIX_MAX; n += step)
		feed(bytes, n);
	free(bytes);
	printf("ok %u - %s\n", ++count, path);
	return 0;
}

static size_t step_from(const char *scale)
{
	double part = scale ? strtod(scale, NULL) : 1;

	return part > 0 && part < 1 ? (size_t)(0.5 + 1 / (part < 0.02 ? 0.02 : part)) : 1;
}

int main(int argc, char **argv)
{
	step = step_from(getenv("TEST_SCALE"));
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], replay, /* descriptors= */ 8, FTW_PHYS) != 0) {
			printf("Bail out! cannot walk %s\n", argv[i]);
			return 1;
		}
	printf("1..%u\n", count);
	return count == 0;
}
