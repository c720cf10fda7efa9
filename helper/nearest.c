#include "nearest.h"
#include <string.h>

#define NAME_MAX_LEN 40 /* longer names are nobody's typing error */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance with swapped neighbours counted once (optimal string alignment). */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NAME_MAX_LEN + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_len; j++) {
		last[j] = j;
		before[j] = j;
	}
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(
				last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

void bf_nearest_try(struct bf_nearest *nearest, const char *candidate)
{
	size_t len = candidate ? strlen(candidate) : 0;
	size_t allowed = nearest->wanted_len / 3, d = 0;

	if (!candidate || len > NAME_MAX_LEN || nearest->wanted_len > NAME_MAX_LEN)
		return;
	d = distance(nearest->wanted, nearest->wanted_len, candidate, len);
	if (d > (allowed ? allowed : 1) || d >= len || (nearest->best && d >= nearest->distance))
		return;
	nearest->best = candidate;
	nearest->distance = d;
}
