/*
 * Which name was meant: the candidate with the smallest distance (Damerau and Levenshtein, in its
 * restricted form: insert, remove, replace, swap neighbours).
 */
#include "api.h"

#include "base/ascii.h"
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 63 /* longer ones are not compared */

const char *const bf_api_known_endpoints[] = {"access", "annotation", "application", "attachement",
	"charge", "comment", "container", "dataset", "executable", "externaljob", "importresource",
	"institute", "instrument", "instrumentevent", "job", "multiplexid", "multiplexkit", "order",
	"parameter", "plate", "project", "resource", "role", "run", "sample", "storage", "user",
	"workflow", "workflowstep", "workflowtemplate", "workflowtemplatestep", "workunit", NULL};

bool bf_api_endpoint_known(const char *endpoint)
{
	for (const char *const *known = bf_api_known_endpoints; *known; known++)
		if (strcmp(*known, endpoint) == 0)
			return true;
	return false;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* One row of the table from the two before it. */
static void fill_row(const char *a, const char *b, size_t i, size_t len, size_t *row,
	const size_t *before, const size_t *before_that)
{
	row[0] = i;
	for (size_t j = 1; j <= len; j++) {
		size_t other = bf_lower(a[i - 1]) != bf_lower(b[j - 1]);

		row[j] = least(before[j] + 1, row[j - 1] + 1, before[j - 1] + other);
		if (i > 1 && j > 1 && bf_lower(a[i - 1]) == bf_lower(b[j - 2]) &&
			bf_lower(a[i - 2]) == bf_lower(b[j - 1]) && before_that[j - 2] + 1 < row[j])
			row[j] = before_that[j - 2] + 1;
	}
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++)
		fill_row(a, b, i, b_len, rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3]);
	return rows[a_len % 3][b_len];
}

void bf_api_nearest_try(struct bf_api_nearest *nearest, const char *candidate)
{
	size_t len = strlen(nearest->name), other_len = strlen(candidate);
	size_t found;

	if (len > NAME_MAX_LEN || other_len > NAME_MAX_LEN)
		return;
	found = distance(nearest->name, len, candidate, other_len);
	if (found > 1 + len / 4 || found >= len || (nearest->best && found >= nearest->distance))
		return;
	nearest->best = candidate;
	nearest->distance = found;
}

struct bf_api_suggestion bf_api_suggest(const struct bf_api_nearest *nearest)
{
	struct bf_api_suggestion suggestion = {""};

	if (nearest->best)
		(void)snprintf(suggestion.text, sizeof(suggestion.text), "; did you mean '%s'?",
			nearest->best); /* names that are compared fit */
	return suggestion;
}
