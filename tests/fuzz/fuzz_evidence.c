/*
 * fuzz_evidence.c - anything that a server may say about who approved. Whoever is named is named by
 * something that is shown as it is, and only when nothing is wrong.
 */
#include "fuzz.h"
#include "../unit/evidence_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_SECRET struct bf_secret said = BF_SECRET_INIT;
	const char *text;

	evidence_case_describe((const char *)data, size, &said);
	FUZZ_MUST(!said.failed);
	text = bf_secret_reveal(&said);
	for (const char *line = text; *line; line++)
		FUZZ_MUST(*line == '\n' || ((unsigned char)*line >= ' ' && *line != 0x7f));
	return 0;
}
