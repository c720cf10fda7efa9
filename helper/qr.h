/*
 * qr.h - a QR code (ISO/IEC 18004) as text: two modules a character, by half blocks.
 *
 * Colours are set explicitly, black on white from the part of the palette that themes leave alone,
 * so that it can be scanned from dark and light terminals.
 */
#ifndef BF_QR_H
#define BF_QR_H

#include "../libbfabric/base/secret.h"

/*
 * Append the code for `text` to `out` if it fits into that many columns and rows with a quiet zone
 * of at least two modules (four, as the standard wants, where there is room). False: it does not
 * fit, or the text is too long; nothing was appended.
 */
bool bf_qr_put(const char *text, unsigned columns, unsigned rows, struct bf_secret *out);

#endif
