#include "pick.h"
#include "../libbfabric/base/secret.h"
#include "say.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH_MAX 24
#define TRIES          5 /* then something other than a person answers */

static int name_width(const struct bf_pick *pick)
{
	size_t width = 0;

	for (size_t i = 0; i < pick->count; i++) {
		size_t len = strlen(pick->name(pick->data, i));

		width = len > width ? len : width;
	}
	return (int)(width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX);
}

/* "  2* NAME  host, method": a row is cut rather than wrapped. */
static void put_row(
	const struct bf_pick *pick, size_t i, int width, unsigned columns, struct bf_secret *out)
{
	char words[200], line[600], shown[400];
	size_t room = columns > 20 ? columns : 20;

	pick->describe(pick->data, i, words, sizeof(words));
	snprintf(line, sizeof(line), "%3zu%c %-*s  %s", i + 1, i == pick->preset ? '*' : ' ', width,
		pick->name(pick->data, i), words);
	bf_show(shown, room < sizeof(shown) ? room : sizeof(shown), line, strlen(line));
	bf_secret_puts(out, shown);
	bf_secret_putc(out, '\n');
}

static void show(const struct bf_pick *pick, const struct bf_terminal *terminal)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	int width = name_width(pick);

	for (size_t i = 0; i < pick->count; i++)
		put_row(pick, i, width, terminal->columns, &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

static bool understood(const struct bf_pick *pick, const char *answer, size_t *ret_index)
{
	char *end = NULL;
	unsigned long number;

	if (!*answer) {
		*ret_index = pick->preset;
		return pick->preset < pick->count;
	}
	/* A name wins over a number: an environment may be called "2". */
	for (size_t i = 0; i < pick->count; i++)
		if (strcmp(pick->name(pick->data, i), answer) == 0) {
			*ret_index = i;
			return true;
		}
	number = strtoul(answer, &end, 10);
	if (*end || answer[0] < '0' || answer[0] > '9' || number < 1 || number > pick->count)
		return false;
	*ret_index = number - 1;
	return true;
}

enum bfabric_status bf_pick_ask(const struct bf_pick *pick, const struct bf_terminal *terminal,
	size_t *ret_index, struct bfabric_error *err)
{
	char question[200], preset[32] = "", answer[200];

	if (pick->preset < pick->count)
		snprintf(preset, sizeof(preset), " [%zu]", pick->preset + 1);
	snprintf(question, sizeof(question), "%.120s, number or name%s: ", pick->question, preset);
	show(pick, terminal);
	for (int i = 0; i < TRIES; i++) {
		enum bfabric_status status = bf_terminal_ask(question, answer, sizeof(answer), err);

		if (status != BFABRIC_OK)
			return status;
		if (understood(pick, answer, ret_index))
			return BFABRIC_OK;
		snprintf(question, sizeof(question), "One of 1 to %zu, or a name%s: ", pick->count,
			preset);
	}
	return bf_fail(err, BFABRIC_BAD_CALL, "nothing was chosen");
}
