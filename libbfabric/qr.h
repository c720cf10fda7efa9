/*
 * qr.h - a QR code (ISO/IEC 18004) as text: two modules a character, by half blocks.
 *
 * Where colours can be set they are, black on white from the part of the palette that themes leave
 * alone, so that it can be scanned from dark and light terminals.
 */
#ifndef BF_QR_H
#define BF_QR_H

#include "base/secret.h"

enum bf_qr_style {
	BF_QR_COLOURS, /* dark on white, whatever the terminal's own colours */
	BF_QR_PLAIN,   /* without escape sequences: light modules are the blocks, for a dark console
			*/
};

/*
 * Append the code for `text` to `out` if it fits into that many columns and rows with a quiet zone
 * of at least two modules (four, as the standard wants, where there is room). False: it does not
 * fit, or the text is too long; nothing was appended.
 */
bool bf_qr_put(const char *text, enum bf_qr_style style, unsigned columns, unsigned rows,
	struct bf_secret *out);

#endif
