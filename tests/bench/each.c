/*
 * each - read records by the callback form and throw them away.
 *
 *	each ENDPOINT MAX
 *
 * Ends with an error unless there are MAX records. What it takes at most must not depend on their
 * number. Uses nothing but the public interface.
 */
#include <bfabric.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool count(void *data, struct json_t *record)
{
	(void)record; /* read is all that it is to be */
	++*(long long *)data;
	return true;
}

int main(int argc, char **argv)
{
	const long long max = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
	const struct bfabric_read read = {.max_results = max};
	struct bfabric *client = NULL;
	struct bfabric_error err = {0};
	long long found = 0;

	if (max < 1) {
		fprintf(stderr, "usage: each ENDPOINT MAX\n");
		return 2;
	}
	if (bfabric_connect(/* options= */ NULL, &client, &err) != BFABRIC_OK ||
		bfabric_read_each(client, argv[1], &read, count, &found, &err) != BFABRIC_OK)
		fprintf(stderr, "each: %s\n", err.text);
	else if (found != max)
		fprintf(stderr, "each: %lld records\n", found);
	bfabric_free(client);
	return found == max ? 0 : 1;
}
