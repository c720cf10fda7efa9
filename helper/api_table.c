#include "api_format.h"
#include "api_width.h"
#include <stdlib.h>
#include <string.h>

#define GAP    2
#define NARROW 6 /* no column is made narrower to make room, but for one that is by itself */

/* One row of cells at a time; how wide each column is to be takes all of them once before. */
struct grid {
	const struct bf_records_view *view;
	json_t *names; /* of the columns; borrowed */
	char **cells;  /* owned: of the current row */
	size_t *widths;
	size_t columns;
};

static void clear_row(struct grid *grid)
{
	for (size_t i = 0; grid->cells && i < grid->columns; i++)
		free(BF_TAKE(grid->cells[i]));
}

static void grid_release(struct grid *grid)
{
	clear_row(grid);
	free(grid->cells);
	free(grid->widths);
}

static const char *name_of(const struct grid *grid, size_t column)
{
	return json_string_value(json_array_get(grid->names, column));
}

/* ---- what a cell says ------------------------------------------------------------------------ */

/* A reference is told by its id, a grouping variable by its name. */
static void put_value(const char *column, json_t *value, struct bf_secret *out)
{
	json_t *item;
	size_t i;

	if (json_is_object(value))
		value = json_object_get(value, strcmp(column, "groupingvar") == 0 ? "name" : "id");
	json_array_foreach (value, i, item) {
		bf_secret_puts(out, i ? ", " : "");
		put_value(column, item, out);
	}
	if (json_is_string(value))
		bf_secret_puts(out, json_string_value(value));
	else if (value && !json_is_null(value) && !json_is_array(value) && !json_is_object(value))
		bf_records_put_scalar(value, out);
}

/* Fit to be shown: breaks of lines become spaces, what could steer a terminal goes. */
static char *clean(const struct bf_secret *text)
{
	char *raw = strdup(bf_secret_reveal(text)), *shown = malloc(text->len + 1);

	for (char *p = raw; p && (p = strpbrk(p, "\t\r\n"));)
		*p = ' ';
	if (raw && shown)
		bf_show(shown, text->len + 1, raw, text->len);
	else
		free(BF_TAKE(shown));
	free(raw);
	return shown;
}

static char *cell_of(const char *column, json_t *record)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	if (record)
		put_value(column, json_object_get(record, column), &text);
	else
		bf_secret_puts(&text, column);
	return text.failed ? NULL : clean(&text);
}

/* Row 0 is the heading. */
static bool fill_row(struct grid *grid, size_t row, struct bf_secret *out)
{
	json_auto_t *record = row ? bf_records_at(grid->view, row - 1, out) : NULL;

	clear_row(grid);
	if (row && !record)
		return false;
	for (size_t i = 0; i < grid->columns; i++) {
		grid->cells[i] = cell_of(name_of(grid, i), record);
		if (!grid->cells[i])
			return false;
	}
	return true;
}

static bool measure(struct grid *grid, struct bf_secret *out)
{
	const size_t rows = bf_records_count(grid->view) + 1;

	grid->columns = json_array_size(grid->names);
	grid->cells = calloc(grid->columns + 1, sizeof(*grid->cells));
	grid->widths = calloc(grid->columns + 1, sizeof(*grid->widths));
	if (!grid->cells || !grid->widths)
		return false;
	for (size_t row = 0; row < rows; row++) {
		if (!fill_row(grid, row, out))
			return false;
		for (size_t i = 0; i < grid->columns; i++) {
			size_t width = bf_records_width(grid->cells[i]);

			if (width > grid->widths[i])
				grid->widths[i] = width;
		}
	}
	return true;
}

/* ---- making it fit --------------------------------------------------------------------------- */

/* An id is of no use cut. */
static size_t least_width(const struct grid *grid, size_t column)
{
	size_t width = grid->widths[column];

	return width < NARROW || strcmp(name_of(grid, column), "id") == 0 ? width : NARROW;
}

/* How many columns fit when all are as narrow as they may be; at least one. */
static size_t count_fitting(const struct grid *grid, size_t width)
{
	size_t total = 0;

	for (size_t i = 0; i < grid->columns; i++) {
		total += least_width(grid, i) + (i ? GAP : 0);
		if (total > width)
			return i ? i : 1;
	}
	return grid->columns;
}

/* The column that has most to spare. */
static size_t widest(const struct grid *grid, size_t columns)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < columns; i++)
		if (grid->widths[i] > most && grid->widths[i] > least_width(grid, i)) {
			best = i;
			most = grid->widths[i];
		}
	return best;
}

/* Leaves out columns from the right and narrows the widest of the others. Returns how many are
 * shown. */
static size_t squeeze(struct grid *grid, size_t width)
{
	size_t columns = count_fitting(grid, width), total = 0;

	for (size_t i = 0; i < columns; i++) {
		if (grid->widths[i] > width && least_width(grid, i) < width)
			grid->widths[i] = width;
		total += grid->widths[i] + (i ? GAP : 0);
	}
	for (; total > width; total--) {
		size_t i = widest(grid, columns);

		if (grid->widths[i] <= least_width(grid, i))
			break;
		grid->widths[i]--;
	}
	return columns;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static size_t put_cut(const char *text, size_t width, const char *ellipsis, struct bf_secret *out)
{
	size_t used = bf_records_width(text), len = strlen(text);

	if (used > width) {
		len = bf_records_fit(text, width - 1, &used);
		bf_secret_put(out, text, len);
		bf_secret_puts(out, ellipsis);
		return used + 1;
	}
	bf_secret_put(out, text, len);
	return used;
}

/* OSC 8, which terminals that do not know it pass over. Nothing but digits goes into it. */
static size_t put_linked(
	const char *text, size_t width, const struct bf_records_view *view, struct bf_secret *out)
{
	size_t used = 0;
	bool link = *text && text[strspn(text, "0123456789")] == '\0';

	if (link)
		bf_secret_printf(out, "\033]8;;%s%s\033\\", view->link, text);
	used = put_cut(text, width, view->ellipsis, out);
	if (link)
		bf_secret_puts(out, "\033]8;;\033\\");
	return used;
}

static void put_line(const struct grid *grid, size_t row, size_t columns,
	const struct bf_records_view *view, struct bf_secret *out)
{
	size_t owed = 0; /* spaces before the next text: none stand at the end of a line */

	for (size_t i = 0; i < columns; i++) {
		const char *text = grid->cells[i];
		bool link = view->link && row && strcmp(name_of(grid, i), "id") == 0;
		size_t used = 0;

		for (; *text && owed; owed--)
			bf_secret_putc(out, ' ');
		used = link ? put_linked(text, grid->widths[i], view, out)
			    : put_cut(text, grid->widths[i], view->ellipsis, out);
		owed += grid->widths[i] - used + GAP;
	}
	bf_secret_putc(out, '\n');
}

void bf_records_put_table(struct bf_records_view *view, json_t *columns, struct bf_secret *out)
{
	BF_CLEANUP(grid_release) struct grid grid = {.view = view, .names = columns};
	const size_t rows = bf_records_count(view) + 1;
	size_t shown = 0;

	if (!measure(&grid, out)) {
		out->failed = true;
		return;
	}
	shown = view->width ? squeeze(&grid, view->width) : grid.columns;
	view->left_out = (unsigned)(grid.columns - shown);
	for (size_t row = 0; row < rows; row++) {
		if (!fill_row(&grid, row, out)) {
			out->failed = true;
			return;
		}
		put_line(&grid, row, shown, view, out);
		if (!bf_records_go_on(view, out))
			return;
	}
}
