/*
 * prompt.h - a dialogue that the secret service shows the person (Secret Service API, "Prompts").
 */
#ifndef BF_PROMPT_H
#define BF_PROMPT_H

#include "bus.h"

/*
 * Show it and wait until it is done. When the budget ends it is taken off the screen again:
 * TIMEOUT. DENIED: dismissed. *ret_result is what came of it; NULL: of no interest.
 *
 * A prompt need not ask anybody: KeePassXC makes one of whatever it creates or deletes.
 */
BF_MUST_USE enum bf_outcome bf_prompt(const struct bf_bus *bus, const char *path,
	GVariant **ret_result, struct bf_answer *answer);

/* Is there one? "/" means that nothing has to be asked. */
bool bf_prompt_needed(const char *path);

#endif
