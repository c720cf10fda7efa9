/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is a libFuzzer function (-Dfuzz=true with clang: a fuzzing program). Otherwise it is
 * linked with replay.c, which runs it over its seeds as an ordinary test, so that a target that no
 * longer holds is noticed by everybody.
 */
#ifndef BF_FUZZ_H
#define BF_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test; survives NDEBUG. */
#define FUZZ_MUST(condition)                                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* Is this error text safe to show on a terminal: no control character, no newline? */
static inline bool fuzz_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

#endif
