#include "qr.h"
#include <qrencode.h>

#define BLACK_ON_WHITE "\033[38;5;16;48;5;231m"
#define PLAIN          "\033[0m"

static void freep_code(QRcode **code)
{
	QRcode_free(*code);
}

/* Modules outside the code are the quiet zone: light. */
static bool dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

static void put_module_pair(bool upper, bool lower, struct bf_secret *out)
{
	if (upper && lower)
		bf_secret_puts(out, "\u2588");
	else if (upper)
		bf_secret_puts(out, "\u2580");
	else if (lower)
		bf_secret_puts(out, "\u2584");
	else
		bf_secret_putc(out, ' ');
}

/* Rows of characters for a code with this quiet zone: two modules each. */
static unsigned rows_for(const QRcode *code, int quiet)
{
	return (unsigned)(code->width + 2 * quiet + 1) / 2;
}

bool bf_qr_put(const char *text, enum bf_qr_style style, unsigned columns, unsigned rows,
	struct bf_secret *out)
{
	BF_CLEANUP(freep_code)
	QRcode *code = QRcode_encodeString8bit(text, /* version= */ 0, QR_ECLEVEL_L);
	const bool plain = style == BF_QR_PLAIN;
	int quiet = 4;

	if (!code)
		return false;
	while (quiet >= 2 &&
		((unsigned)(code->width + 2 * quiet) > columns || rows_for(code, quiet) > rows))
		quiet--;
	if (quiet < 2)
		return false;
	for (int y = -quiet; y < code->width + quiet; y += 2) {
		bf_secret_puts(out, plain ? "" : BLACK_ON_WHITE);
		for (int x = -quiet; x < code->width + quiet; x++)
			put_module_pair(
				dark(code, x, y) != plain, dark(code, x, y + 1) != plain, out);
		bf_secret_puts(out, plain ? "\n" : PLAIN "\n");
	}
	return true;
}
