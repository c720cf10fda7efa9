/*
 * prompt.h - a dialogue that the secret service shows the person (Secret Service API, "Prompts").
 */
#ifndef BF_PROMPT_H
#define BF_PROMPT_H

#include "bus.h"

/*
 * Show it and wait until the person is done. "/" means that nothing has to be asked. When the
 * budget ends it is taken off the screen again: TIMEOUT. DENIED: dismissed. *ret_path, unless
 * `ret_path` is NULL: the object that came of it (g_free), left alone where none did.
 */
BF_MUST_USE enum bf_outcome bf_prompt(
	const struct bf_bus *bus, const char *path, char **ret_path, struct bf_answer *answer);

#endif
