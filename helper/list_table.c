#include "list_table.h"
#include <stdlib.h>
#include <string.h>

#define GAP 2

struct bf_list_row {
	bool marked;
	char cells[BF_LIST_COLUMNS][256];
};

static const char *const heads[BF_LIST_COLUMNS] = {
	"environment", "server", "method", "login", "token lives"};

void bf_list_release(struct bf_list *list)
{
	free(list->rows);
}

void bf_list_add(struct bf_list *list, bool marked, const char *const cells[BF_LIST_COLUMNS])
{
	struct bf_list_row *rows = reallocarray(list->rows, list->count + 1, sizeof(*rows));

	if (!rows) {
		list->failed = true;
		return;
	}
	list->rows = rows;
	rows[list->count].marked = marked;
	for (size_t i = 0; i < BF_LIST_COLUMNS; i++)
		bf_show(rows[list->count].cells[i], sizeof(rows->cells[i]), cells[i],
			strlen(cells[i]));
	list->count++;
}

/* Characters, as far as each takes one column: bytes that begin one. */
static unsigned width_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void put_padded(const char *text, unsigned width, struct bf_secret *out)
{
	bf_secret_puts(out, text);
	for (unsigned n = width_of(text); n < width; n++)
		bf_secret_putc(out, ' ');
}

static void put_line(const char *mark, const char *const cells[BF_LIST_COLUMNS],
	const unsigned widths[BF_LIST_COLUMNS], struct bf_secret *out)
{
	size_t last = 0;

	for (size_t i = 0; i < BF_LIST_COLUMNS; i++)
		if (*cells[i])
			last = i;
	bf_secret_puts(out, mark);
	for (size_t i = 0; i <= last; i++)
		put_padded(cells[i], i < last ? widths[i] + GAP : 0, out);
	bf_secret_putc(out, '\n');
}

static void put_table(
	const struct bf_list *list, const unsigned widths[BF_LIST_COLUMNS], struct bf_secret *out)
{
	put_line("  ", heads, widths, out);
	for (size_t i = 0; i < list->count; i++) {
		const struct bf_list_row *row = &list->rows[i];
		const char *cells[BF_LIST_COLUMNS];

		for (size_t k = 0; k < BF_LIST_COLUMNS; k++)
			cells[k] = row->cells[k];
		put_line(row->marked ? "* " : "  ", cells, widths, out);
	}
}

static void put_stacked(const struct bf_list *list, struct bf_secret *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct bf_list_row *row = &list->rows[i];

		bf_secret_puts(out, row->marked ? "* " : "  ");
		bf_secret_puts(out, row->cells[BF_LIST_NAME]);
		bf_secret_putc(out, '\n');
		if (*row->cells[BF_LIST_URL]) {
			bf_secret_puts(out, row->cells[BF_LIST_URL]);
			bf_secret_putc(out, '\n');
		}
		bf_secret_puts(out, "    ");
		for (size_t k = BF_LIST_METHOD; k < BF_LIST_COLUMNS; k++) {
			if (!*row->cells[k])
				continue;
			if (k > BF_LIST_METHOD && *row->cells[BF_LIST_METHOD])
				bf_secret_puts(out, ", ");
			bf_secret_puts(out, row->cells[k]);
		}
		bf_secret_putc(out, '\n');
	}
}

void bf_list_put(const struct bf_list *list, unsigned columns, struct bf_secret *out)
{
	unsigned widths[BF_LIST_COLUMNS], total = 2;

	if (list->count == 0)
		return;
	for (size_t k = 0; k < BF_LIST_COLUMNS; k++) {
		widths[k] = width_of(heads[k]);
		for (size_t i = 0; i < list->count; i++) {
			unsigned n = width_of(list->rows[i].cells[k]);

			widths[k] = n > widths[k] ? n : widths[k];
		}
		total += widths[k] + (k + 1 < BF_LIST_COLUMNS ? GAP : 0);
	}
	if (columns && total > columns)
		put_stacked(list, out);
	else
		put_table(list, widths, out);
}
