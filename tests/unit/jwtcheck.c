/*
 * jwtcheck - verify tokens that another program made.
 *
 * stdin: cases as jwt_case.h has them, three lines each (a token has no line feed). stdout: a line
 * for each, "OK sub=... client_id=..." or the status and the reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jwt_case.h"

/* Append a line; false at the end of the input. */
static bool add_line(struct bf_secret *text, char **line, size_t *room, bool last)
{
	ssize_t n = getline(line, room, stdin);

	if (n <= 0)
		return false;
	bf_secret_put(text, *line, (size_t)n - (last && (*line)[n - 1] == '\n'));
	return !text->failed;
}

static void answer(const struct bf_secret *text)
{
	BF_AUTO_SECRET struct bf_secret said = BF_SECRET_INIT;

	jwt_case_describe(bf_secret_reveal(text), text->len, &said);
	for (const char *c = bf_secret_reveal(&said); *c; c++)
		putchar(*c != '\n' ? *c : c[1] ? ' ' : '\n');
}

int main(void)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_FREE char *line = NULL;
	size_t room = 0;

	while (add_line(&text, &line, &room, false) && add_line(&text, &line, &room, false) &&
		add_line(&text, &line, &room, true)) {
		answer(&text);
		bf_secret_clear(&text);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
