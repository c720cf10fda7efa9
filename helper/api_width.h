/*
 * api_width.h - how many columns of a terminal a text takes.
 *
 * wcwidth(3) would need setlocale(3), and knows no UTF-8 in the locale "C" that scripts run in.
 * Text is UTF-8 as bf_show leaves it: valid, without control and invisible characters.
 */
#ifndef BF_HELPER_API_WIDTH_H
#define BF_HELPER_API_WIDTH_H

#include <stddef.h>

/* Wide characters (Unicode Standard Annex #11: W and F, emoji) take two columns, those that combine
 * with the one before them none. */
size_t bf_records_width(const char *text);

/* How many bytes of `text` fit into `columns`, whole characters only; *ret_used: columns taken. */
size_t bf_records_fit(const char *text, size_t columns, size_t *ret_used);

#endif
